/* Standards: lookups of the public header, and the JSON form in which a workspace keeps them, so
 * that it can be read without its package. */
#include "guotu/standard.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "store/internal.h"
#include "store/messages.h"

const gt_code *gt_codelist_find(const gt_codelist *list, const char *code)
{
    size_t low = 0, high = list->n_codes;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(list->codes[mid].code, code);
        if (order == 0) {
            return &list->codes[mid];
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

int gt_standard_field(const gt_standard *standard, const char *name)
{
    for (size_t i = 0; i < standard->n_fields; i++) {
        if (strcasecmp(standard->fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    for (size_t i = 0; i < standard->n_fields; i++) {
        const char *const *alias = standard->fields[i].aliases;
        for (; alias != NULL && *alias != NULL; alias++) {
            if (strcasecmp(*alias, name) == 0) {
                return (int)i;
            }
        }
    }
    return -1;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool plain_name(const char *name)
{
    enum { MAX_NAME = 50 };
    size_t n = name == NULL ? 0 : strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n <= MAX_NAME && name[n] == '\0' && name[0] >= 'a' && name[0] <= 'z';
}

bool gt_layer_id_ok(const char *id)
{
    static const char *const ours[] = {"gt_", "gpkg_", "rtree_", "sqlite_"};
    if (!plain_name(id)) {
        return false;
    }
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strncmp(id, ours[i], strlen(ours[i])) == 0) {
            return false;
        }
    }
    return strstr(id, "__") == NULL;
}

bool gt_field_name_ok(const char *name)
{
    return plain_name(name) && strncmp(name, "gt_", 3) != 0 && strcmp(name, "fid") != 0 &&
           strcmp(name, "geom") != 0 && strcmp(name, "rowid") != 0 && strcmp(name, "oid") != 0;
}

gt_geom_type gt_column_type(gt_geom_type declared)
{
    switch (declared) {
    case GT_POLYGON:
    case GT_MULTIPOLYGON:
        return GT_MULTIPOLYGON;
    case GT_LINESTRING:
    case GT_MULTILINESTRING:
        return GT_MULTILINESTRING;
    case GT_POINT:
    case GT_MULTIPOINT:
    case GT_GEOM_NONE:
        return declared;
    }
    return GT_GEOM_NONE;
}

/* ---- to JSON --------------------------------------------------------------------------------- */

static void put_text(gt_text *out, const char *name, const char *value)
{
    if (value != NULL) {
        gt_text_printf(out, ",\"%s\":", name);
        gt_text_json_string(out, value);
    }
}

/* A standard made by hand may leave titles out; read back they are "". */
static void put_title(gt_text *out, gt_title title)
{
    put_text(out, "zh", title.zh == NULL ? "" : title.zh);
    put_text(out, "en", title.en == NULL ? "" : title.en);
}

static void put_real(gt_text *out, const char *name, bool has, double value)
{
    if (has) {
        gt_text_printf(out, ",\"%s\":", name);
        gt_text_json_real(out, value);
    }
}

static void put_list(gt_text *out, const char *name, const char *const *texts)
{
    if (texts == NULL) {
        return;
    }
    gt_text_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; texts[i] != NULL; i++) {
        gt_text_puts(out, i == 0 ? "" : ",");
        gt_text_json_string(out, texts[i]);
    }
    gt_text_putc(out, ']');
}

static void put_field(gt_text *out, const gt_field *f, int column)
{
    gt_text_printf(out, "{\"column\":%d,\"type\":%d", column, (int)f->type);
    put_text(out, "name", f->name);
    put_title(out, f->title);
    put_text(out, "unit", f->unit);
    put_text(out, "codes", f->codes == NULL ? NULL : f->codes->id);
    put_list(out, "aliases", f->aliases);
    put_real(out, "min", f->has_min, f->min);
    put_real(out, "max", f->has_max, f->max);
    gt_text_printf(out, ",\"max_length\":%d,\"required\":%s,\"unique\":%s}", f->max_length,
                   f->required ? "true" : "false", f->unique ? "true" : "false");
}

void gt_standard_to_json(const gt_standard *s, gt_origin origin, const int *columns, int n_columns,
                         gt_text *out)
{
    const gt_qc_rules *qc = &s->qc;
    gt_text_printf(out, "{\"origin\":%d,\"geom_type\":%d,\"n_columns\":%d", (int)origin,
                   (int)s->geom_type, n_columns);
    put_text(out, "id", s->id);
    put_title(out, s->title);
    put_text(out, "theme", s->theme);
    put_text(out, "id_field", s->id_field);
    put_text(out, "class_field", s->class_field);
    put_text(out, "source", s->source);
    put_text(out, "color", s->color);
    put_list(out, "clauses", s->clauses);
    put_real(out, "min_area_m2", true, qc->min_area_m2);
    put_real(out, "min_width_m", true, qc->min_width_m);
    put_real(out, "min_angle_deg", true, qc->min_angle_deg);
    gt_text_printf(out, ",\"no_overlap\":%s,\"no_gaps\":%s", qc->no_overlap ? "true" : "false",
                   qc->no_gaps ? "true" : "false");
    put_real(out, "xmin", qc->has_bounds, qc->bounds.xmin);
    put_real(out, "ymin", qc->has_bounds, qc->bounds.ymin);
    put_real(out, "xmax", qc->has_bounds, qc->bounds.xmax);
    put_real(out, "ymax", qc->has_bounds, qc->bounds.ymax);
    gt_text_puts(out, ",\"fields\":[");
    for (size_t i = 0; i < s->n_fields; i++) {
        gt_text_puts(out, i == 0 ? "" : ",");
        put_field(out, &s->fields[i], columns[i]);
    }
    gt_text_puts(out, "]}");
}

/* ---- from JSON ------------------------------------------------------------------------------- */

typedef struct reader {
    gt_arena *arena;
    bool bad; /* not the JSON that was written: the file is damaged */
    bool out; /* memory */
} reader;

static const char *get_text(reader *r, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL || !json_is_string(value)) {
        return NULL;
    }
    const char *copy =
        gt_arena_strndup(r->arena, json_string_value(value), json_string_length(value));
    r->out |= copy == NULL;
    return copy;
}

static const char *need_text(reader *r, const json_t *object, const char *name)
{
    const char *text = get_text(r, object, name);
    r->bad |= text == NULL && !r->out;
    return text;
}

static gt_title get_title(reader *r, const json_t *object)
{
    return (gt_title){.zh = need_text(r, object, "zh"), .en = need_text(r, object, "en")};
}

static int get_int(reader *r, const json_t *object, const char *name, int low, int high)
{
    const json_t *value = json_object_get(object, name);
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < low || n > high) {
        r->bad = true;
        return low;
    }
    return (int)n;
}

static bool get_real(const json_t *object, const char *name, double *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_number(value)) {
        return false;
    }
    *out = json_number_value(value);
    return true;
}

static const char *const *get_list(reader *r, const json_t *object, const char *name)
{
    const json_t *list = json_object_get(object, name);
    if (!json_is_array(list)) {
        return NULL;
    }
    size_t n = json_array_size(list);
    const char **texts = gt_arena_zalloc(r->arena, n + 1, sizeof *texts);
    r->out |= texts == NULL;
    for (size_t i = 0; texts != NULL && i < n; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        r->bad |= text == NULL;
        texts[i] = gt_arena_strdup(r->arena, text == NULL ? "" : text);
        r->out |= texts[i] == NULL;
    }
    return texts;
}

static void get_field(reader *r, const json_t *from, gt_field *f)
{
    f->name = need_text(r, from, "name");
    f->title = get_title(r, from);
    f->type = (gt_field_type)get_int(r, from, "type", GT_FIELD_TEXT, GT_FIELD_DATE);
    f->unit = get_text(r, from, "unit");
    f->required = json_is_true(json_object_get(from, "required"));
    f->unique = json_is_true(json_object_get(from, "unique"));
    f->has_min = get_real(from, "min", &f->min);
    f->has_max = get_real(from, "max", &f->max);
    f->max_length = get_int(r, from, "max_length", 0, INT32_MAX);
    f->aliases = get_list(r, from, "aliases");
    r->bad |= !r->out && !gt_field_name_ok(f->name);
}

/* Insertion sort: fields are few and come in column order unless some were added in between. */
static void sort_columns(gt_layer_rec *rec)
{
    for (size_t i = 0; i < rec->standard.n_fields; i++) {
        size_t at = i;
        for (; at > 0 && rec->columns[rec->by_column[at - 1]] > rec->columns[i]; at--) {
            rec->by_column[at] = rec->by_column[at - 1];
        }
        rec->by_column[at] = (int)i;
    }
}

static void get_fields(reader *r, const json_t *root, gt_layer_rec *rec)
{
    const json_t *list = json_object_get(root, "fields");
    size_t n = json_array_size(list);
    gt_field *fields = gt_arena_zalloc(r->arena, n + 1, sizeof *fields);
    int *columns = gt_arena_zalloc(r->arena, n + 1, sizeof *columns);
    int *by_column = gt_arena_zalloc(r->arena, n + 1, sizeof *by_column);
    r->bad |= !json_is_array(list) || n > GT_STORE_MAX_FIELDS;
    r->out |= fields == NULL || columns == NULL || by_column == NULL;
    rec->n_columns = get_int(r, root, "n_columns", 0, INT32_MAX);
    for (size_t i = 0; !r->out && !r->bad && i < n; i++) {
        const json_t *from = json_array_get(list, i);
        get_field(r, from, &fields[i]);
        columns[i] = get_int(r, from, "column", 0, rec->n_columns - 1);
    }
    rec->standard.fields = fields;
    rec->standard.n_fields = n;
    rec->columns = columns;
    rec->by_column = by_column;
    if (!r->out && !r->bad) {
        sort_columns(rec);
    }
}

static void get_standard(reader *r, const json_t *root, gt_layer_rec *rec)
{
    gt_standard *s = &rec->standard;
    gt_qc_rules *qc = &s->qc;
    rec->origin = (gt_origin)get_int(r, root, "origin", GT_ORIGIN_SURVEY, GT_ORIGIN_GENERATED);
    s->id = need_text(r, root, "id");
    s->title = get_title(r, root);
    s->theme = get_text(r, root, "theme");
    s->geom_type = (gt_geom_type)get_int(r, root, "geom_type", GT_GEOM_NONE, GT_MULTIPOLYGON);
    s->id_field = get_text(r, root, "id_field");
    s->class_field = get_text(r, root, "class_field");
    s->source = get_text(r, root, "source");
    s->color = get_text(r, root, "color");
    s->clauses = get_list(r, root, "clauses");
    (void)get_real(root, "min_area_m2", &qc->min_area_m2);
    (void)get_real(root, "min_width_m", &qc->min_width_m);
    (void)get_real(root, "min_angle_deg", &qc->min_angle_deg);
    qc->no_overlap = json_is_true(json_object_get(root, "no_overlap"));
    qc->no_gaps = json_is_true(json_object_get(root, "no_gaps"));
    qc->has_bounds =
        get_real(root, "xmin", &qc->bounds.xmin) && get_real(root, "ymin", &qc->bounds.ymin) &&
        get_real(root, "xmax", &qc->bounds.xmax) && get_real(root, "ymax", &qc->bounds.ymax);
    rec->column_type = gt_column_type(s->geom_type);
    r->bad |= !r->out && !gt_layer_id_ok(s->id);
    get_fields(r, root, rec);
}

gt_status gt_standard_from_json(gt_ctx *ctx, gt_arena *arena, const char *json, gt_layer_rec *rec)
{
    gt_status st = GT_OK;
    reader r = {.arena = arena};
    json_t *root = json_loads(json, 0, NULL);
    memset(&rec->standard, 0, sizeof rec->standard);
    if (!json_is_object(root)) {
        r.bad = true;
    } else {
        get_standard(&r, root, rec);
    }
    rec->definition = gt_arena_strdup(arena, json);
    r.out |= rec->definition == NULL;
    if (r.out) {
        st = GT_E_MEMORY;
    } else if (r.bad) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_DAMAGED, GT_PLACE(.layer = "gt_layer_def"),
                     GT_ARGS(GT_TEXT("reason", "layer definition")));
    }
    json_decref(root);
    return st;
}
