#include "synth/values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/messages.h"
#include "synth/noise.h"

typedef enum value_kind {
    V_NULL = 0,
    V_ID,
    V_TEXT,     /* as it is */
    V_TEMPLATE, /* with {unit} {label} {n} */
    V_PICK,     /* one of several texts */
    V_NUMBER,   /* lo..hi, whole for integers */
    V_DATE,     /* lo..hi */
    V_CHANCE,   /* boolean, true with probability lo */
    V_UNIT,
    V_UNIT_NAME,
    V_TOWN,
    V_TOWN_NAME,
    V_LABEL,
    V_LABEL_NAME,
    V_AREA,
    V_YEAR,
    V_SLOPE_CLASS,
    V_SEQUENCE
} value_kind;

typedef struct value_plan {
    value_kind kind;
    gt_field_type type;
    const char *text;
    double lo, hi;
    int n_picks;
} value_plan;

struct sy_value_plan {
    size_t n;
    value_plan *of;
};

static const struct {
    const char *word;
    value_kind kind;
} words[] = {
    {"@unit", V_UNIT},           {"@unit_name", V_UNIT_NAME}, {"@town", V_TOWN},
    {"@town_name", V_TOWN_NAME}, {"@label", V_LABEL},         {"@label_name", V_LABEL_NAME},
    {"@area", V_AREA},           {"@year", V_YEAR},           {"@slope_class", V_SLOPE_CLASS},
    {"@number", V_SEQUENCE}};

static bool parse_real(const char *text, size_t len, double *out)
{
    char copy[40], *end = NULL;
    if (len == 0 || len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' && isfinite(*out);
}

static bool parse_day(const char *text, size_t len, double *out)
{
    char copy[GT_DATE_TEXT];
    gt_date day;
    if (len + 1 != sizeof copy) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (!gt_date_parse(copy, &day)) {
        return false;
    }
    *out = day;
    return true;
}

/* "lo..hi" or one value, by the field's type. */
static bool parse_range(const char *text, bool days, double *lo, double *hi)
{
    bool (*one)(const char *, size_t, double *) = days ? parse_day : parse_real;
    const char *dots = strstr(text, "..");
    if (dots == NULL) {
        bool ok = one(text, strlen(text), lo);
        *hi = *lo;
        return ok;
    }
    return one(text, (size_t)(dots - text), lo) && one(dots + 2, strlen(dots + 2), hi) &&
           *lo <= *hi;
}

/* The i-th text of a|b|c; its length in *len. */
static const char *pick(const char *text, int i, size_t *len)
{
    while (i-- > 0) {
        text += strcspn(text, "|") + 1;
    }
    *len = strcspn(text, "|");
    return text;
}

/* All picks are codes of the field's list. */
static bool codes_known(const gt_field *field, const value_plan *p)
{
    for (int i = 0; i < p->n_picks; i++) {
        size_t len;
        const char *text = pick(p->text, i, &len);
        char code[64];
        if (len >= sizeof code) {
            return false;
        }
        memcpy(code, text, len);
        code[len] = '\0';
        if (gt_codelist_find(field->codes, code) == NULL) {
            return false;
        }
    }
    return true;
}

static bool plan_text(const gt_field *field, const char *text, value_plan *p)
{
    p->text = text;
    p->n_picks = 1;
    for (const char *c = text; *c != '\0'; c++) {
        p->n_picks += *c == '|';
    }
    p->kind = strchr(text, '{') != NULL ? V_TEMPLATE : p->n_picks > 1 ? V_PICK : V_TEXT;
    return field->codes == NULL || codes_known(field, p);
}

static bool plan_value(const gt_field *field, const char *text, value_plan *p)
{
    *p = (value_plan){.type = field->type};
    for (size_t i = 0; text[0] == '@' && i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i].word) == 0) {
            p->kind = words[i].kind;
            bool numeric = p->kind == V_AREA || p->kind == V_YEAR;
            return numeric == (field->type == GT_FIELD_INT || field->type == GT_FIELD_REAL) ||
                   p->kind == V_SEQUENCE;
        }
    }
    switch (field->type) {
    case GT_FIELD_TEXT:
        return text[0] != '@' && plan_text(field, text, p);
    case GT_FIELD_INT:
    case GT_FIELD_REAL:
        p->kind = V_NUMBER;
        return parse_range(text, false, &p->lo, &p->hi);
    case GT_FIELD_BOOL:
        p->kind = V_CHANCE;
        return parse_real(text, strlen(text), &p->lo) && p->lo >= 0 && p->lo <= 1;
    case GT_FIELD_DATE:
        p->kind = V_DATE;
        return parse_range(text, true, &p->lo, &p->hi);
    }
    return false;
}

static gt_status plan_attrs(gt_ctx *ctx, const gt_standard *s, const sy_attr *attrs, size_t n,
                            sy_value_plan *plan)
{
    for (size_t i = 0; i < n; i++) {
        int f = gt_standard_field(s, attrs[i].field);
        if (f < 0) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_NO_FIELD,
                           GT_PLACE(.layer = s->id, .field = attrs[i].field), GT_NO_ARGS);
        }
        if (!plan_value(&s->fields[f], attrs[i].value, &plan->of[f])) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_VALUE,
                           GT_PLACE(.layer = s->id, .field = attrs[i].field),
                           GT_ARGS(GT_TEXT("value", attrs[i].value)));
        }
    }
    return GT_OK;
}

gt_status sy_values_plan(gt_ctx *ctx, const gt_standard *s, const sy_attr *layer, size_t n_layer,
                         const sy_label *label, sy_value_plan **out)
{
    sy_value_plan *plan = gt_alloc(ctx, 1, sizeof *plan);
    value_plan *of = gt_zalloc(ctx, s->n_fields, sizeof *of);
    if (plan == NULL || of == NULL) {
        gt_free(ctx, plan);
        gt_free(ctx, of);
        return GT_E_MEMORY;
    }
    *plan = (sy_value_plan){s->n_fields, of};
    if (s->class_field != NULL && label != NULL) { /* unless the recipe says otherwise */
        int f = gt_standard_field(s, s->class_field);
        if (f >= 0 && s->fields[f].codes != NULL &&
            gt_codelist_find(s->fields[f].codes, label->code) != NULL) {
            of[f] = (value_plan){.kind = V_LABEL, .type = s->fields[f].type};
        }
    }
    gt_status st = plan_attrs(ctx, s, layer, n_layer, plan);
    if (st == GT_OK && label != NULL) {
        st = plan_attrs(ctx, s, label->attrs, label->n_attrs, plan);
    }
    int id = s->id_field != NULL ? gt_standard_field(s, s->id_field) : -1;
    if (id >= 0 && of[id].kind == V_NULL) {
        of[id] = (value_plan){.kind = V_ID, .type = s->fields[id].type};
    }
    for (size_t f = 0; st == GT_OK && f < s->n_fields; f++) {
        if (s->fields[f].required && of[f].kind == V_NULL) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_REQUIRED,
                         GT_PLACE(.layer = s->id, .field = s->fields[f].name), GT_NO_ARGS);
        }
    }
    if (st != GT_OK) {
        sy_values_free(ctx, plan);
        return st;
    }
    *out = plan;
    return GT_OK;
}

void sy_values_free(gt_ctx *ctx, sy_value_plan *plan)
{
    if (plan != NULL) {
        gt_free(ctx, plan->of);
        gt_free(ctx, plan);
    }
}

/* ---- filling
 * ---------------------------------------------------------------------------------------- */

static gt_value text_value(const char *text)
{
    if (text == NULL) {
        return (gt_value){.kind = GT_NULL};
    }
    return (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
}

static gt_value copied(const char *text, size_t len, char *buffer)
{
    len = len < SY_VALUE_TEXT - 1 ? len : SY_VALUE_TEXT - 1;
    memcpy(buffer, text, len);
    buffer[len] = '\0';
    return (gt_value){.kind = GT_VAL_TEXT, .text = buffer, .len = len};
}

static gt_value number_value(gt_field_type type, double v)
{
    if (type == GT_FIELD_REAL) {
        return (gt_value){.kind = GT_VAL_REAL, .real = v};
    }
    return (gt_value){.kind = GT_VAL_INT, .integer = (int64_t)floor(v)};
}

static void append(char *buffer, size_t *n, const char *text, size_t len)
{
    size_t room = SY_VALUE_TEXT - 1 - *n;
    len = len < room ? len : room;
    memcpy(buffer + *n, text, len);
    *n += len;
}

static gt_value template_value(const char *text, const sy_scene *scene, const sy_subject *s,
                               char *buffer)
{
    size_t n = 0;
    while (*text != '\0') {
        size_t plain = strcspn(text, "{");
        append(buffer, &n, text, plain);
        text += plain;
        if (*text == '\0') {
            break;
        }
        char number[24];
        int len = snprintf(number, sizeof number, "%llu", (unsigned long long)s->number);
        const char *put = "";
        if (strncmp(text, "{unit}", 6) == 0) {
            put = s->unit >= 0 ? scene->unit_names[s->unit] : "";
        } else if (strncmp(text, "{label}", 7) == 0) {
            put = s->label != NULL ? s->label->title.zh : "";
        } else if (strncmp(text, "{town}", 6) == 0) {
            put = s->town_name != NULL ? s->town_name : "";
        } else if (strncmp(text, "{n}", 3) == 0 && len > 0) {
            put = number;
        }
        append(buffer, &n, put, strlen(put));
        text += strcspn(text, "}");
        text += *text == '}';
    }
    buffer[n] = '\0';
    return (gt_value){.kind = GT_VAL_TEXT, .text = buffer, .len = n};
}

/* Slope classes of the survey: 2, 6, 15, 25 degrees as rise over run. */
static const char *slope_class(const sy_scene *scene, sy_pt at)
{
    static const char *const names[5] = {"1", "2", "3", "4", "5"};
    static const double limits[4] = {0.034921, 0.105104, 0.267949, 0.466308};
    double slope = sy_sample(&scene->fields, SY_F_SLOPE, at);
    int i = 0;
    while (i < 4 && slope > limits[i]) {
        i++;
    }
    return names[i];
}

static gt_value value_of(const value_plan *p, size_t field, const sy_scene *scene,
                         const sy_subject *s, char *buffer)
{
    double u = sy_unit(sy_hash(s->hash, 700, field));
    switch (p->kind) {
    case V_NULL:
        break;
    case V_ID:
        return text_value(s->id);
    case V_TEXT:
        return text_value(p->text);
    case V_TEMPLATE:
        return template_value(p->text, scene, s, buffer);
    case V_PICK: {
        size_t len;
        const char *text = pick(p->text, (int)(u * p->n_picks), &len);
        return copied(text, len, buffer);
    }
    case V_NUMBER:
        return number_value(p->type,
                            p->lo + u * (p->hi - p->lo + (p->type == GT_FIELD_INT ? 1 : 0)));
    case V_DATE:
        gt_date_format((gt_date)(p->lo + floor(u * (p->hi - p->lo + 1))), buffer);
        return text_value(buffer);
    case V_CHANCE:
        return (gt_value){.kind = GT_VAL_INT, .integer = u < p->lo ? 1 : 0};
    case V_UNIT:
        return text_value(s->unit >= 0 ? scene->unit_codes[s->unit] : NULL);
    case V_UNIT_NAME:
        return text_value(s->unit >= 0 ? scene->unit_names[s->unit] : NULL);
    case V_TOWN:
        return text_value(s->town_code);
    case V_TOWN_NAME:
        return text_value(s->town_name);
    case V_LABEL:
        return text_value(s->label != NULL ? s->label->code : NULL);
    case V_LABEL_NAME:
        return text_value(s->label != NULL ? s->label->title.zh : NULL);
    case V_AREA: /* the survey writes 0.01 m2 */
        return number_value(p->type, floor(s->area_m2 * 100.0 + 0.5) / 100.0);
    case V_YEAR:
        return number_value(p->type, s->year);
    case V_SLOPE_CLASS:
        return text_value(slope_class(scene, s->at));
    case V_SEQUENCE: {
        int len = snprintf(buffer, SY_VALUE_TEXT, "%llu", (unsigned long long)s->number);
        return (gt_value){.kind = GT_VAL_TEXT, .text = buffer, .len = len > 0 ? (size_t)len : 0};
    }
    }
    return (gt_value){.kind = GT_NULL};
}

void sy_values_fill(const sy_value_plan *plan, const sy_scene *scene, const sy_subject *subject,
                    gt_value *values, char (*buffers)[SY_VALUE_TEXT])
{
    if (buffers == NULL) { /* a standard without fields */
        return;
    }
    for (size_t f = 0; f < plan->n; f++) {
        values[f] = value_of(&plan->of[f], f, scene, subject, buffers[f]);
    }
}
