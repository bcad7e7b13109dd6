#include "coverage/class.h"

#include <string.h>

/* Above this a layer without classes counts as one: its features are parcels, not zones. */
enum { MOST_SINGLE = 4096 };

static bool is_unit(const gt_package *p, const char *id)
{
    const char *const *units = gt_package_units(p);
    const char *unit = gt_package_unit_layer(p);
    bool found = unit != NULL && strcmp(unit, id) == 0;
    for (size_t i = 0; units != NULL && units[i] != NULL; i++) {
        found = found || strcmp(units[i], id) == 0;
    }
    return found;
}

gt_class gt_class_of(const gt_package *package, const gt_layer_info *info)
{
    const gt_standard *s = info->standard;
    const char *field = s->class_field;
    const char *name = gt_package_unit_name_field(package);
    if (field == NULL && name != NULL && is_unit(package, s->id)) {
        field = name;
    }
    int at = field == NULL ? -1 : gt_standard_field(s, field);
    if (at >= 0) {
        return (gt_class){GT_CLASS_FIELD, at};
    }
    return (gt_class){info->n_features <= MOST_SINGLE ? GT_CLASS_ID : GT_CLASS_NONE, -1};
}

int gt_class_also(const gt_package *package, const gt_layer_info *info, const gt_class *how)
{
    const char *name = gt_package_unit_name_field(package);
    if (how->kind != GT_CLASS_FIELD || name == NULL || !is_unit(package, info->standard->id)) {
        return -1;
    }
    int at = gt_standard_field(info->standard, name);
    return at == how->field ? -1 : at;
}

void gt_class_put_value(const gt_value *v, gt_text *out)
{
    switch (v->kind) {
    case GT_NULL:
        break;
    case GT_VAL_INT:
        gt_text_printf(out, "%lld", (long long)v->integer);
        break;
    case GT_VAL_REAL:
        gt_text_printf(out, "%.15g", v->real);
        break;
    case GT_VAL_TEXT:
        gt_text_add(out, v->text, v->len);
        break;
    }
}

void gt_class_put(const gt_class *how, const gt_feature *f, gt_text *out)
{
    switch (how->kind) {
    case GT_CLASS_FIELD:
        gt_class_put_value(&f->values[how->field], out);
        break;
    case GT_CLASS_ID:
        gt_text_puts(out, f->id);
        break;
    case GT_CLASS_NONE:
        break;
    }
}
