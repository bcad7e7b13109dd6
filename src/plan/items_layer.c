/* Code lists, layers and subjects: their tables of keys, and the step to the public structs. */
#include "plan/items.h"

#include <string.h>

#include "plan/messages.h"

static const gt_word geometries[] = {{"point", GT_POINT},
                                     {"line", GT_LINESTRING},
                                     {"polygon", GT_POLYGON},
                                     {"none", GT_GEOM_NONE},
                                     {NULL, 0}};
static const gt_word field_types[] = {{"text", GT_FIELD_TEXT}, {"int", GT_FIELD_INT},
                                      {"real", GT_FIELD_REAL}, {"bool", GT_FIELD_BOOL},
                                      {"date", GT_FIELD_DATE}, {NULL, 0}};
static const gt_word big_classes[] = {{"farm", 1}, {"construction", 2}, {"unused", 3}, {NULL, 0}};

/* ---- code lists ----------------------------------------------------------------------------- */

typedef struct raw_code {
    gt_code code;
    int big;
} raw_code;

static const gt_key code_keys[] = {
    {.name = "code", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_code, code.code)},
    {.name = "zh", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_code, code.title.zh)},
    {.name = "en", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_code, code.title.en)},
    {.name = "parent", .kind = GT_K_TEXT, .at = AT(raw_code, code.parent)},
    {.name = "big", .kind = GT_K_WORD, .at = AT(raw_code, big), .extra = big_classes},
    {.name = "map", .kind = GT_K_TEXT, .at = AT(raw_code, code.map_to)},
    {.name = "color", .kind = GT_K_COLOR, .at = AT(raw_code, code.color)},
};
static const gt_schema code_schema = {"code", KEYS(code_keys), sizeof(raw_code)};

typedef struct raw_codes {
    const char *id, *source, *map_list;
    gt_title title, remark;
    const char *const *clauses;
    raw_code *list;
    size_t n;
} raw_codes;

static const gt_key codes_keys[] = {
    {.name = "codes", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_codes, id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_codes, title)},
    {.name = "source", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_codes, source)},
    {.name = "map_list", .kind = GT_K_REF, .at = AT(raw_codes, map_list), .ref = GT_ITEM_CODES},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_codes, clauses)},
    {.name = "list",
     .kind = GT_K_LIST,
     .flags = REQ,
     .at = AT(raw_codes, list),
     .extra = &code_schema},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_codes, remark)},
};
static const gt_schema codes_schema = {"codes", KEYS(codes_keys), sizeof(raw_codes)};

/* ---- fields, layers, subjects --------------------------------------------------------------- */

typedef struct raw_field {
    gt_field field;
    int type;
    const char *codes;
    const char *fallback; /* default: of a fact */
} raw_field;

/* What a field of a layer and a fact of a subject have in common. */
#define FIELD_KEYS                                                                                 \
    {.name = "name", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_field, field.name)},            \
        {.name = "zh", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_field, field.title.zh)},      \
        {.name = "en", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_field, field.title.en)},      \
        {.name = "type", .kind = GT_K_WORD, .at = AT(raw_field, type), .extra = field_types},      \
        {.name = "codes", .kind = GT_K_REF, .at = AT(raw_field, codes), .ref = GT_ITEM_CODES},     \
        {.name = "unit", .kind = GT_K_UNIT, .at = AT(raw_field, field.unit)},                      \
        {.name = "required", .kind = GT_K_BOOL, .at = AT(raw_field, field.required)},              \
        {.name = "unique", .kind = GT_K_BOOL, .at = AT(raw_field, field.unique)},                  \
        {.name = "min",                                                                            \
         .kind = GT_K_REAL,                                                                        \
         .flags = GT_KEY_PRESENCE,                                                                 \
         .at = AT(raw_field, field.min),                                                           \
         .has = AT(raw_field, field.has_min)},                                                     \
        {.name = "max",                                                                            \
         .kind = GT_K_REAL,                                                                        \
         .flags = GT_KEY_PRESENCE,                                                                 \
         .at = AT(raw_field, field.max),                                                           \
         .has = AT(raw_field, field.has_max)},                                                     \
        {.name = "length",                                                                         \
         .kind = GT_K_INT,                                                                         \
         .at = AT(raw_field, field.max_length),                                                    \
         .min = 1,                                                                                 \
         .max = 1e6},                                                                              \
    {                                                                                              \
        .name = "aliases", .kind = GT_K_TEXTS, .at = AT(raw_field, field.aliases)                  \
    }

static const gt_key field_keys[] = {FIELD_KEYS};
static const gt_key fact_keys[] = {
    FIELD_KEYS,
    {.name = "default", .kind = GT_K_SQL, .at = AT(raw_field, fallback)},
};
static const gt_schema fact_schema = {"fact", KEYS(fact_keys), sizeof(raw_field)};
const gt_schema gt_field_schema = {"field", KEYS(field_keys), sizeof(raw_field)};

static const gt_key qc_keys[] = {
    {.name = "min_area", .kind = GT_K_AREA, .at = AT(gt_qc_rules, min_area_m2)},
    {.name = "min_width", .kind = GT_K_LENGTH, .at = AT(gt_qc_rules, min_width_m)},
    {.name = "min_angle", .kind = GT_K_ANGLE, .at = AT(gt_qc_rules, min_angle_deg)},
    {.name = "no_overlap", .kind = GT_K_BOOL, .at = AT(gt_qc_rules, no_overlap)},
    {.name = "no_gaps", .kind = GT_K_BOOL, .at = AT(gt_qc_rules, no_gaps)},
};
static const gt_schema qc_schema = {"qc", KEYS(qc_keys), sizeof(gt_qc_rules)};

static const gt_key import_keys[] = {
    {.name = "layer", .kind = GT_K_TEXT, .at = AT(gt_import_from, layer)},
    {.name = "where", .kind = GT_K_TEXT, .at = AT(gt_import_from, where)},
};
static const gt_schema import_schema = {"import", KEYS(import_keys), sizeof(gt_import_from)};

typedef struct raw_layer {
    gt_standard layer;
    gt_import_from from;
    gt_title remark;
    int geometry;
    const char *extends;
    raw_field *fields;
    size_t n_fields;
} raw_layer;

static const gt_key layer_keys[] = {
    {.name = "layer", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_layer, layer.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_layer, layer.title)},
    {.name = "theme", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_layer, layer.theme)},
    {.name = "geometry",
     .kind = GT_K_WORD,
     .flags = REQ,
     .at = AT(raw_layer, geometry),
     .extra = geometries},
    {.name = "extends", .kind = GT_K_REF, .at = AT(raw_layer, extends), .ref = GT_ITEM_LAYER},
    {.name = "fields", .kind = GT_K_LIST, .at = AT(raw_layer, fields), .extra = &gt_field_schema},
    {.name = "id_field", .kind = GT_K_NAME, .at = AT(raw_layer, layer.id_field)},
    {.name = "class_field", .kind = GT_K_NAME, .at = AT(raw_layer, layer.class_field)},
    {.name = "area_field", .kind = GT_K_NAME, .at = AT(raw_layer, layer.area_field)},
    {.name = "subject",
     .kind = GT_K_REF,
     .at = AT(raw_layer, layer.subject),
     .ref = GT_ITEM_SUBJECT},
    {.name = "import", .kind = GT_K_ONE, .at = AT(raw_layer, from), .extra = &import_schema},
    {.name = "qc", .kind = GT_K_ONE, .at = AT(raw_layer, layer.qc), .extra = &qc_schema},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_layer, layer.clauses)},
    {.name = "source", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_layer, layer.source)},
    {.name = "color", .kind = GT_K_COLOR, .at = AT(raw_layer, layer.color)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_layer, remark)},
};
static const gt_schema layer_schema = {"layer", KEYS(layer_keys), sizeof(raw_layer)};

typedef struct raw_subject {
    gt_subject_kind subject;
    raw_field *fields;
    size_t n_fields;
} raw_subject;

static const gt_key subject_keys[] = {
    {.name = "subject", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_subject, subject.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_subject, subject.title)},
    {.name = "facts", .kind = GT_K_LIST, .at = AT(raw_subject, fields), .extra = &fact_schema},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_subject, subject.clauses)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_subject, subject.note)},
};
static const gt_schema subject_schema = {"subject", KEYS(subject_keys), sizeof(raw_subject)};

/* ---- from text to structs ------------------------------------------------------------------- */

/* Fields as written to fields of a standard; code lists are joined when all are known. */
static gt_status take_fields(gt_reader *r, const raw_field *raw, size_t n, const gt_ynode *nodes,
                             const gt_field **out)
{
    gt_field *fields = gt_item_keep(r, n, sizeof *fields);
    if (fields == NULL) {
        return GT_E_MEMORY;
    }
    const gt_ynode *node = nodes == NULL ? NULL : nodes->first;
    for (size_t i = 0; i < n && node != NULL; i++, node = node->next) {
        fields[i] = raw[i].field;
        if (fields[i].name == NULL) {
            fields[i].name = ""; /* reported; readers of the struct need not care */
        }
        fields[i].type = raw[i].type == 0 ? GT_FIELD_TEXT : (gt_field_type)raw[i].type;
        if (raw[i].type == 0 && raw[i].codes == NULL && node->kind == GT_Y_MAP &&
            gt_y_get(node, "type") == NULL && gt_y_get(node, "codes") == NULL) {
            gt_y_problem(&r->problems, node, &GT_MSG_FIELD_TYPE,
                         GT_ARGS(GT_TEXT("field", fields[i].name)));
        }
        const gt_field *f = &fields[i];
        if (f->has_min && f->has_max && f->min > f->max) {
            gt_y_problem(&r->problems, node, &GT_MSG_RANGE_EMPTY,
                         GT_ARGS(GT_REAL("min", f->min), GT_REAL("max", f->max)));
        }
        for (size_t k = 0; k < i && f->name[0] != '\0'; k++) {
            if (strcmp(fields[k].name, f->name) == 0) {
                gt_y_problem(&r->problems, node, &GT_MSG_FIELD_TWICE,
                             GT_ARGS(GT_TEXT("field", f->name)));
            }
        }
    }
    *out = fields;
    return GT_OK;
}

gt_status gt_take_fields(gt_reader *r, const void *raw, size_t n, const gt_ynode *nodes,
                         const gt_field **out)
{
    return take_fields(r, raw, n, nodes, out);
}

gt_status gt_take_layer(gt_reader *r, gt_raw_item *item)
{
    raw_layer raw = {0};
    item->whole = gt_fill(&r->filler, &layer_schema, item->node, &raw);
    raw.layer.geom_type = (gt_geom_type)raw.geometry;
    raw.layer.clauses = gt_item_list(raw.layer.clauses);
    raw.layer.n_fields = raw.n_fields;
    gt_status st =
        take_fields(r, raw.fields, raw.n_fields, gt_y_get(item->node, "fields"), &raw.layer.fields);
    r->package->layers[item->index] = raw.layer;
    r->package->imports[item->index] = raw.from;
    return st;
}

gt_status gt_take_subject(gt_reader *r, gt_raw_item *item)
{
    raw_subject raw = {0};
    item->whole = gt_fill(&r->filler, &subject_schema, item->node, &raw);
    raw.subject.clauses = gt_item_list(raw.subject.clauses);
    raw.subject.n_fields = raw.n_fields;
    gt_status st = take_fields(r, raw.fields, raw.n_fields, gt_y_get(item->node, "facts"),
                               &raw.subject.fields);
    const char **defaults = gt_item_keep(r, raw.n_fields + 1, sizeof *defaults);
    for (size_t i = 0; i < raw.n_fields && defaults != NULL; i++) {
        defaults[i] = raw.fields[i].fallback;
    }
    raw.subject.defaults = defaults;
    r->package->subjects[item->index] = raw.subject;
    return defaults == NULL ? GT_E_MEMORY : st;
}

gt_status gt_take_codes(gt_reader *r, gt_raw_item *item, const char *const **clauses)
{
    static const char *const big_words[] = {NULL, "farm", "construction", "unused"};
    raw_codes raw = {0};
    item->whole = gt_fill(&r->filler, &codes_schema, item->node, &raw);
    gt_code *codes = gt_item_keep(r, raw.n, sizeof *codes);
    if (codes == NULL) {
        return GT_E_MEMORY;
    }
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.list[i].code.code != NULL) {
            codes[n] = raw.list[i].code;
            codes[n].place = n;
            codes[n++].big = big_words[raw.list[i].big];
        }
    }
    r->package->codelists[item->index] = (gt_codelist){.id = raw.id,
                                                       .title = raw.title,
                                                       .source = raw.source,
                                                       .map_list = raw.map_list,
                                                       .codes = codes,
                                                       .n_codes = n};
    *clauses = raw.clauses;
    return GT_OK;
}
