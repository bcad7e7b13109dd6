/* What each kind of item looks like in a package: one table of keys a kind, and the small steps
 * from the text's form to the public structs. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "plan/messages.h"
#include "plan/package.h"
#include "plan/unit.h"

#define KEYS(array)      (array), sizeof(array) / sizeof *(array)
#define AT(type, member) offsetof(type, member)
#define REQ              GT_KEY_REQUIRED

/* ---- words ---------------------------------------------------------------------------------- */

static const gt_word strengths[] = {
    {"binding", GT_BINDING}, {"guidance", GT_GUIDANCE}, {"descriptive", GT_DESCRIPTIVE}, {NULL, 0}};
static const gt_word statuses[] = {{"final", 1}, {"draft", 0}, {NULL, 0}};
static const gt_word geometries[] = {{"point", GT_POINT},
                                     {"line", GT_LINESTRING},
                                     {"polygon", GT_POLYGON},
                                     {"none", GT_GEOM_NONE},
                                     {NULL, 0}};
static const gt_word field_types[] = {{"text", GT_FIELD_TEXT}, {"int", GT_FIELD_INT},
                                      {"real", GT_FIELD_REAL}, {"bool", GT_FIELD_BOOL},
                                      {"date", GT_FIELD_DATE}, {NULL, 0}};
static const gt_word big_classes[] = {{"farm", 1}, {"construction", 2}, {"unused", 3}, {NULL, 0}};

/* ---- package.yaml --------------------------------------------------------------------------- */

static const gt_key unit_keys[] = {
    {.name = "layer",
     .kind = GT_K_REF,
     .flags = REQ,
     .at = AT(gt_unit_level, layer),
     .ref = GT_ITEM_LAYER},
    {.name = "name", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_unit_level, name)},
};
static const gt_schema unit_schema = {"unit", KEYS(unit_keys), sizeof(gt_unit_level)};

static const gt_key land_keys[] = {
    {.name = "layer", .kind = GT_K_REF, .flags = REQ, .at = 0, .ref = GT_ITEM_LAYER},
    {.name = "classes", .kind = GT_K_REF, .flags = REQ, .at = sizeof(char *), .ref = GT_ITEM_CODES},
};
static const gt_schema land_schema = {"land", KEYS(land_keys), 2 * sizeof(char *)};

typedef struct raw_plan {
    gt_plan plan;
    int final;
} raw_plan;

static const gt_key plan_keys[] = {
    {.name = "plan", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_plan, plan.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_plan, plan.title)},
    {.name = "status",
     .kind = GT_K_WORD,
     .flags = REQ,
     .at = AT(raw_plan, final),
     .extra = statuses},
    {.name = "issued", .kind = GT_K_DATE, .at = AT(raw_plan, plan.issued)},
    {.name = "from", .kind = GT_K_DATE, .at = AT(raw_plan, plan.from)},
    {.name = "to", .kind = GT_K_DATE, .at = AT(raw_plan, plan.to)},
    {.name = "document", .kind = GT_K_TEXT, .at = AT(raw_plan, plan.document)},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_plan, plan.clauses)},
    {.name = "superseded", .kind = GT_K_CLAUSES, .at = AT(raw_plan, plan.superseded)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_plan, plan.note)},
};
static const gt_schema plan_schema = {"plan", KEYS(plan_keys), sizeof(raw_plan)};

static const gt_key package_keys[] = {
    {.name = "package", .kind = GT_K_ID, .flags = REQ, .at = AT(gt_raw_package, id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(gt_raw_package, title)},
    {.name = "version", .kind = GT_K_TEXT, .flags = REQ, .at = AT(gt_raw_package, version)},
    {.name = "crs", .kind = GT_K_CRS, .flags = REQ, .at = AT(gt_raw_package, crs)},
    {.name = "extent",
     .kind = GT_K_REALS,
     .flags = GT_KEY_PRESENCE,
     .at = AT(gt_raw_package, extent),
     .has = AT(gt_raw_package, has_extent)},
    {.name = "units",
     .kind = GT_K_LIST,
     .flags = REQ,
     .at = AT(gt_raw_package, units),
     .extra = &unit_schema},
    {.name = "land", .kind = GT_K_ONE, .at = AT(gt_raw_package, land), .extra = &land_schema},
    {.name = "plans",
     .kind = GT_K_LIST,
     .flags = REQ,
     .at = AT(gt_raw_package, plans),
     .extra = &plan_schema},
    {.name = "clauses", .kind = GT_K_TEXT, .flags = REQ, .at = AT(gt_raw_package, clauses)},
    {.name = "files", .kind = GT_K_TEXTS, .flags = REQ, .at = AT(gt_raw_package, files)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(gt_raw_package, remark)},
};
const gt_schema gt_schema_package = {"package", KEYS(package_keys), sizeof(gt_raw_package)};

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
static const gt_schema field_schema = {"field", KEYS(field_keys), sizeof(raw_field)};

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
    {.name = "fields", .kind = GT_K_LIST, .at = AT(raw_layer, fields), .extra = &field_schema},
    {.name = "id_field", .kind = GT_K_NAME, .at = AT(raw_layer, layer.id_field)},
    {.name = "class_field", .kind = GT_K_NAME, .at = AT(raw_layer, layer.class_field)},
    {.name = "area_field", .kind = GT_K_NAME, .at = AT(raw_layer, layer.area_field)},
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

/* ---- parameters and figures ----------------------------------------------------------------- */

typedef struct raw_range {
    bool has_min, has_max;
    double min, max;
} raw_range;

static const gt_key range_keys[] = {
    {.name = "min",
     .kind = GT_K_REAL,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_range, min),
     .has = AT(raw_range, has_min)},
    {.name = "max",
     .kind = GT_K_REAL,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_range, max),
     .has = AT(raw_range, has_max)},
};
static const gt_schema range_schema = {"range", KEYS(range_keys), sizeof(raw_range)};

typedef struct raw_parameter {
    gt_parameter parameter;
    raw_range range;
} raw_parameter;

static const gt_key parameter_keys[] = {
    {.name = "parameter", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_parameter, parameter.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_parameter, parameter.title)},
    {.name = "value", .kind = GT_K_REAL, .flags = REQ, .at = AT(raw_parameter, parameter.value)},
    {.name = "unit", .kind = GT_K_UNIT, .flags = REQ, .at = AT(raw_parameter, parameter.unit)},
    {.name = "range",
     .kind = GT_K_ONE,
     .flags = REQ,
     .at = AT(raw_parameter, range),
     .extra = &range_schema},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_parameter, parameter.clauses)},
    {.name = "remark", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_parameter, parameter.note)},
};
static const gt_schema parameter_schema = {"parameter", KEYS(parameter_keys),
                                           sizeof(raw_parameter)};

static const gt_key total_keys[] = {
    {.name = "total", .kind = GT_K_ID, .flags = REQ, .at = AT(gt_total, id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(gt_total, title)},
    {.name = "quantity", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_total, quantity)},
    {.name = "area", .kind = GT_K_TEXT, .flags = REQ, .at = AT(gt_total, area)},
    {.name = "year", .kind = GT_K_INT, .at = AT(gt_total, year), .min = 1900, .max = 2100},
    {.name = "value", .kind = GT_K_REAL, .flags = REQ, .at = AT(gt_total, value)},
    {.name = "unit", .kind = GT_K_UNIT, .flags = REQ, .at = AT(gt_total, unit)},
    {.name = "of", .kind = GT_K_REF, .at = AT(gt_total, of), .ref = GT_ITEM_TOTAL},
    {.name = "layer", .kind = GT_K_REF, .at = AT(gt_total, layer), .ref = GT_ITEM_LAYER},
    {.name = "where", .kind = GT_K_SQL, .at = AT(gt_total, where)},
    {.name = "within", .kind = GT_K_REF, .at = AT(gt_total, within), .ref = GT_ITEM_LAYER},
    {.name = "tolerance", .kind = GT_K_SHARE, .at = AT(gt_total, tolerance)},
    {.name = "clause", .kind = GT_K_CLAUSE, .flags = REQ, .at = AT(gt_total, clause)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(gt_total, note)},
};
static const gt_schema total_schema = {"total", KEYS(total_keys), sizeof(gt_total)};

/* ---- rules ---------------------------------------------------------------------------------- */

typedef struct raw_measure {
    gt_measure measure; /* id first: filled from the key */
    const char *layer[5];
} raw_measure;

static const gt_key measure_keys[] = {
    {.name = "overlap", .kind = GT_K_REF, .at = AT(raw_measure, layer[0]), .ref = GT_ITEM_LAYER},
    {.name = "distance", .kind = GT_K_REF, .at = AT(raw_measure, layer[1]), .ref = GT_ITEM_LAYER},
    {.name = "count", .kind = GT_K_REF, .at = AT(raw_measure, layer[2]), .ref = GT_ITEM_LAYER},
    {.name = "value", .kind = GT_K_REF, .at = AT(raw_measure, layer[3]), .ref = GT_ITEM_LAYER},
    {.name = "total", .kind = GT_K_REF, .at = AT(raw_measure, layer[4]), .ref = GT_ITEM_LAYER},
    {.name = "where", .kind = GT_K_SQL, .at = AT(raw_measure, measure.where)},
    {.name = "within", .kind = GT_K_LENGTH, .at = AT(raw_measure, measure.within_m)},
    {.name = "field", .kind = GT_K_NAME, .at = AT(raw_measure, measure.field)},
    {.name = "same",
     .kind = GT_K_REF,
     .at = AT(raw_measure, measure.same_unit),
     .ref = GT_ITEM_LAYER},
};
static const gt_schema measure_schema = {"measure", KEYS(measure_keys), sizeof(raw_measure)};

static const gt_key exception_keys[] = {
    {.name = "when", .kind = GT_K_SQL, .flags = REQ, .at = AT(gt_exception, when)},
    {.name = "clause", .kind = GT_K_CLAUSES, .flags = REQ, .at = AT(gt_exception, clauses)},
    {.name = "say", .kind = GT_K_TITLE, .at = AT(gt_exception, say)},
};
static const gt_schema exception_schema = {"exception", KEYS(exception_keys), sizeof(gt_exception)};

typedef struct raw_rule {
    gt_rule rule;
    struct {
        gt_date from, to;
    } in_force;
    struct {
        const char *cut_out;
        gt_title say;
    } comply;
    raw_measure *measures;
    size_t n_measures;
    gt_exception *exceptions;
    size_t n_exceptions;
    int strength;
    const char *effect[4]; /* by gt_effect */
} raw_rule;

static const gt_key force_keys[] = {
    {.name = "from", .kind = GT_K_DATE, .flags = REQ, .at = 0},
    {.name = "to", .kind = GT_K_DATE, .at = sizeof(gt_date)},
};
static const gt_schema force_schema = {"in_force", KEYS(force_keys), 2 * sizeof(gt_date)};

static const gt_key comply_keys[] = {
    {.name = "cut_out",
     .kind = GT_K_NAME,
     .at = AT(raw_rule, comply.cut_out) - AT(raw_rule, comply)},
    {.name = "say", .kind = GT_K_TITLE, .at = AT(raw_rule, comply.say) - AT(raw_rule, comply)},
};
static const gt_schema comply_schema = {"comply", KEYS(comply_keys), 0};

static const gt_key rule_keys[] = {
    {.name = "rule", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_rule, rule.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_rule, rule.title)},
    {.name = "clauses", .kind = GT_K_CLAUSES, .flags = REQ, .at = AT(raw_rule, rule.clauses)},
    {.name = "strength",
     .kind = GT_K_WORD,
     .flags = REQ,
     .at = AT(raw_rule, strength),
     .extra = strengths},
    {.name = "in_force",
     .kind = GT_K_ONE,
     .flags = REQ,
     .at = AT(raw_rule, in_force),
     .extra = &force_schema},
    {.name = "applies_to",
     .kind = GT_K_REFS,
     .flags = REQ,
     .at = AT(raw_rule, rule.applies_to),
     .ref = GT_ITEM_SUBJECT},
    {.name = "when", .kind = GT_K_SQL, .at = AT(raw_rule, rule.when)},
    {.name = "measure", .kind = GT_K_KEYED, .at = AT(raw_rule, measures), .extra = &measure_schema},
    {.name = "deny", .kind = GT_K_SQL, .at = AT(raw_rule, effect[GT_DENY])},
    {.name = "condition", .kind = GT_K_SQL, .at = AT(raw_rule, effect[GT_CONDITION])},
    {.name = "duty", .kind = GT_K_SQL, .at = AT(raw_rule, effect[GT_DUTY])},
    {.name = "note", .kind = GT_K_SQL, .at = AT(raw_rule, effect[GT_NOTE])},
    {.name = "unless",
     .kind = GT_K_LIST,
     .at = AT(raw_rule, exceptions),
     .extra = &exception_schema},
    {.name = "needs", .kind = GT_K_TEXTS, .at = AT(raw_rule, rule.needs)},
    {.name = "say", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_rule, rule.say)},
    {.name = "comply", .kind = GT_K_ONE, .at = AT(raw_rule, comply), .extra = &comply_schema},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_rule, rule.note)},
};
static const gt_schema rule_schema = {"rule", KEYS(rule_keys), sizeof(raw_rule)};

/* ---- views and frames ----------------------------------------------------------------------- */

typedef struct raw_view {
    gt_view view;
    struct {
        const char *const *base, *const *show, *where;
    } map;
} raw_view;

static const gt_key map_keys[] = {
    {.name = "base", .kind = GT_K_REFS, .at = 0, .ref = GT_ITEM_LAYER},
    {.name = "show", .kind = GT_K_REFS, .flags = REQ, .at = sizeof(char *), .ref = GT_ITEM_LAYER},
    {.name = "where", .kind = GT_K_SQL, .at = 2 * sizeof(char *)},
};
static const gt_schema map_schema = {"map", KEYS(map_keys), 3 * sizeof(char *)};

static const gt_key view_keys[] = {
    {.name = "view", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_view, view.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_view, view.title)},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_view, view.clauses)},
    {.name = "map", .kind = GT_K_ONE, .flags = REQ, .at = AT(raw_view, map), .extra = &map_schema},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_view, view.note)},
};
static const gt_schema view_schema = {"view", KEYS(view_keys), sizeof(raw_view)};

typedef struct raw_frame {
    const char *id;
    gt_title title, remark;
    const char *const *clauses;
    const char *unit;
    int strength;
    bool has_strength;
} raw_frame;

#define FRAME(word)                                                                                \
    {.name = (word), .kind = GT_K_ID, .flags = REQ, .at = AT(raw_frame, id)},                      \
        {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_frame, title)},           \
        {.name = "clauses", .kind = GT_K_CLAUSES, .flags = REQ, .at = AT(raw_frame, clauses)},     \
        {.name = "strength",                                                                       \
         .kind = GT_K_WORD,                                                                        \
         .flags = GT_KEY_PRESENCE,                                                                 \
         .at = AT(raw_frame, strength),                                                            \
         .extra = strengths,                                                                       \
         .has = AT(raw_frame, has_strength)},                                                      \
    {                                                                                              \
        .name = "remark", .kind = GT_K_TITLE, .at = AT(raw_frame, remark)                          \
    }
#define ANY(word)                                                                                  \
    {                                                                                              \
        .name = (word), .kind = GT_K_ANY                                                           \
    }

static const gt_key model_keys[] = {FRAME("model"), ANY("kind"), ANY("in"), ANY("with"),
                                    ANY("out")};
static const gt_key indicator_keys[] = {
    FRAME("indicator"),
    {.name = "unit", .kind = GT_K_UNIT, .flags = REQ, .at = AT(raw_frame, unit)},
    ANY("value"),
    ANY("units"),
    ANY("base"),
    ANY("targets")};
static const gt_key ledger_keys[] = {FRAME("ledger"), ANY("place"), ANY("fields"), ANY("states"),
                                     ANY("moves"),    ANY("duty"),  ANY("account")};
static const gt_key process_keys[] = {FRAME("process"), ANY("steps"), ANY("who")};
static const gt_schema model_schema = {"model", KEYS(model_keys), sizeof(raw_frame)};
static const gt_schema indicator_schema = {"indicator", KEYS(indicator_keys), sizeof(raw_frame)};
static const gt_schema ledger_schema = {"ledger", KEYS(ledger_keys), sizeof(raw_frame)};
static const gt_schema process_schema = {"process", KEYS(process_keys), sizeof(raw_frame)};

/* ---- from text to structs ------------------------------------------------------------------- */

bool gt_item_kind_of(const gt_ynode *node, gt_item_kind *kind)
{
    for (const gt_ynode *c = node->kind == GT_Y_MAP ? node->first : NULL; c != NULL; c = c->next) {
        for (int k = 0; k < GT_ITEM_KINDS; k++) {
            if (k != GT_ITEM_PLAN &&
                strcmp(c->key->text, gt_item_kind_name((gt_item_kind)k)) == 0) {
                *kind = (gt_item_kind)k;
                return true;
            }
        }
        return false; /* the first key names the kind */
    }
    return false;
}

static void *keep(gt_reader *r, size_t n, size_t size)
{
    return gt_arena_zalloc(r->arena, n == 0 ? 1 : n, size);
}

static const char *const *list(const char *const *texts)
{
    return texts == NULL ? gt_no_texts : texts;
}

/* Fields as written to fields of a standard; code lists are joined when all are known. */
static gt_status take_fields(gt_reader *r, const raw_field *raw, size_t n, const gt_ynode *nodes,
                             const gt_field **out)
{
    gt_field *fields = keep(r, n, sizeof *fields);
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

static gt_status take_layer(gt_reader *r, gt_raw_item *item)
{
    raw_layer raw = {0};
    item->whole = gt_fill(&r->filler, &layer_schema, item->node, &raw);
    raw.layer.geom_type = (gt_geom_type)raw.geometry;
    raw.layer.clauses = list(raw.layer.clauses);
    raw.layer.n_fields = raw.n_fields;
    gt_status st =
        take_fields(r, raw.fields, raw.n_fields, gt_y_get(item->node, "fields"), &raw.layer.fields);
    r->package->layers[item->index] = raw.layer;
    r->package->imports[item->index] = raw.from;
    return st;
}

static gt_status take_subject(gt_reader *r, gt_raw_item *item)
{
    raw_subject raw = {0};
    item->whole = gt_fill(&r->filler, &subject_schema, item->node, &raw);
    raw.subject.clauses = list(raw.subject.clauses);
    raw.subject.n_fields = raw.n_fields;
    gt_status st = take_fields(r, raw.fields, raw.n_fields, gt_y_get(item->node, "facts"),
                               &raw.subject.fields);
    const char **defaults = keep(r, raw.n_fields + 1, sizeof *defaults);
    for (size_t i = 0; i < raw.n_fields && defaults != NULL; i++) {
        defaults[i] = raw.fields[i].fallback;
    }
    raw.subject.defaults = defaults;
    r->package->subjects[item->index] = raw.subject;
    return defaults == NULL ? GT_E_MEMORY : st;
}

static gt_status take_codes(gt_reader *r, gt_raw_item *item, const char *const **clauses)
{
    static const char *const big_words[] = {NULL, "farm", "construction", "unused"};
    raw_codes raw = {0};
    item->whole = gt_fill(&r->filler, &codes_schema, item->node, &raw);
    gt_code *codes = keep(r, raw.n, sizeof *codes);
    if (codes == NULL) {
        return GT_E_MEMORY;
    }
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.list[i].code.code != NULL) {
            codes[n] = raw.list[i].code;
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

static void take_parameter(gt_reader *r, gt_raw_item *item)
{
    raw_parameter raw = {0};
    item->whole = gt_fill(&r->filler, &parameter_schema, item->node, &raw);
    gt_parameter *p = &r->package->parameters[item->index];
    *p = raw.parameter;
    p->clauses = list(p->clauses);
    p->has_min = raw.range.has_min;
    p->has_max = raw.range.has_max;
    p->min = raw.range.min;
    p->max = raw.range.max;
    const gt_unit *unit = p->unit == NULL ? NULL : gt_unit_find(p->unit);
    p->base = unit == NULL ? p->value : gt_unit_to_base(unit, p->value);
    const gt_ynode *range = gt_y_get(item->node, "range"), *value = gt_y_get(item->node, "value");
    if (p->has_min && p->has_max && p->min > p->max) {
        gt_y_problem(&r->problems, range, &GT_MSG_RANGE_EMPTY,
                     GT_ARGS(GT_REAL("min", p->min), GT_REAL("max", p->max)));
    } else if (item->whole &&
               ((p->has_min && p->value < p->min) || (p->has_max && p->value > p->max))) {
        gt_y_problem(&r->problems, value, &GT_MSG_OUT_OF_RANGE,
                     GT_ARGS(GT_TEXT("key", "value"), GT_REAL("value", p->value),
                             GT_REAL("min", p->has_min ? p->min : -INFINITY),
                             GT_REAL("max", p->has_max ? p->max : INFINITY)));
    }
}

static const gt_measure_kind measure_kinds[] = {
    GT_MEASURE_OVERLAP, GT_MEASURE_DISTANCE, GT_MEASURE_COUNT, GT_MEASURE_VALUE, GT_MEASURE_TOTAL};

/* Each measure says one thing: which layer, and how. */
static void take_measure(gt_reader *r, const raw_measure *raw, const gt_ynode *node,
                         gt_measure *out)
{
    *out = raw->measure;
    int said = 0;
    for (size_t i = 0; i < sizeof measure_kinds / sizeof *measure_kinds; i++) {
        if (raw->layer[i] != NULL) {
            out->layer = raw->layer[i];
            out->kind = measure_kinds[i];
            said++;
        }
    }
    const gt_arg *args = GT_ARGS(GT_TEXT("measure", out->id == NULL ? "" : out->id));
    if (said != 1 && node->kind == GT_Y_MAP) {
        gt_y_problem(&r->problems, node->key, &GT_MSG_MEASURE_ONE, args);
        out->layer = NULL; /* what it measures is not known: every name of it is let pass */
    }
    if ((out->kind == GT_MEASURE_VALUE) != (out->field != NULL) && said == 1) {
        gt_y_problem(&r->problems, node->key, &GT_MSG_MEASURE_FIELD, args);
    }
    bool reaches = out->kind == GT_MEASURE_DISTANCE || out->kind == GT_MEASURE_COUNT;
    if (said == 1 && ((out->kind == GT_MEASURE_DISTANCE && out->within_m == 0) ||
                      (!reaches && out->within_m > 0))) {
        gt_y_problem(&r->problems, node->key, &GT_MSG_MEASURE_WITHIN, args);
    }
    if (said == 1 && out->same_unit != NULL && out->kind != GT_MEASURE_TOTAL) {
        gt_y_problem(&r->problems, node->key, &GT_MSG_MEASURE_SAME, args);
    }
}

static gt_status take_rule(gt_reader *r, gt_raw_item *item)
{
    raw_rule raw = {0};
    item->whole = gt_fill(&r->filler, &rule_schema, item->node, &raw);
    gt_rule *rule = &r->package->rules[item->index];
    *rule = raw.rule;
    rule->clauses = list(rule->clauses);
    rule->applies_to = list(rule->applies_to);
    rule->strength = (gt_strength)raw.strength;
    rule->from = raw.in_force.from;
    rule->to = raw.in_force.to;
    rule->comply_cut_out = raw.comply.cut_out;
    rule->comply_say = raw.comply.say;
    rule->exceptions = raw.exceptions;
    rule->n_exceptions = raw.n_exceptions;
    rule->file = item->node->file->path;
    rule->line = item->node->line;
    rule->column = item->node->column;
    gt_measure *measures = keep(r, raw.n_measures, sizeof *measures);
    if (measures == NULL) {
        return GT_E_MEMORY;
    }
    const gt_ynode *list_node = gt_y_get(item->node, "measure");
    const gt_ynode *node = list_node == NULL ? NULL : list_node->first;
    for (size_t i = 0; i < raw.n_measures && node != NULL; i++, node = node->next) {
        take_measure(r, &raw.measures[i], node, &measures[i]);
    }
    rule->measures = measures;
    rule->n_measures = raw.n_measures;
    int said = 0;
    for (int e = 0; e < 4; e++) {
        if (raw.effect[e] != NULL) {
            rule->effect = (gt_effect)e;
            rule->condition = raw.effect[e];
            said++;
        }
    }
    if (said != 1 && item->node->kind == GT_Y_MAP) {
        gt_y_problem(&r->problems, item->node, &GT_MSG_RULE_EFFECT, GT_NO_ARGS);
    }
    if (rule->from != GT_DATE_NONE && rule->to != GT_DATE_NONE && rule->to < rule->from) {
        gt_y_problem(&r->problems, gt_y_get(item->node, "in_force"), &GT_MSG_DATES_ORDER,
                     GT_NO_ARGS);
    }
    return GT_OK;
}

static void take_view(gt_reader *r, gt_raw_item *item)
{
    raw_view raw = {0};
    item->whole = gt_fill(&r->filler, &view_schema, item->node, &raw);
    raw.view.clauses = list(raw.view.clauses);
    raw.view.base = raw.map.base;
    raw.view.show = list(raw.map.show);
    memcpy(&raw.view.where, &raw.map.where, sizeof raw.view.where);
    r->package->views[item->index] = raw.view;
}

static void take_total(gt_reader *r, gt_raw_item *item)
{
    gt_total *t = &r->package->totals[item->index];
    item->whole = gt_fill(&r->filler, &total_schema, item->node, t);
    t->m2 = NAN;
}

static const gt_schema *frame_schema(gt_item_kind kind)
{
    switch (kind) {
    case GT_ITEM_MODEL:
        return &model_schema;
    case GT_ITEM_INDICATOR:
        return &indicator_schema;
    case GT_ITEM_LEDGER:
        return &ledger_schema;
    case GT_ITEM_PROCESS:
        return &process_schema;
    case GT_ITEM_LAYER:
    case GT_ITEM_RULE:
    case GT_ITEM_VIEW:
    case GT_ITEM_PARAMETER:
    case GT_ITEM_CODES:
    case GT_ITEM_SUBJECT:
    case GT_ITEM_TOTAL:
    case GT_ITEM_PLAN:
        break;
    }
    return NULL;
}

gt_status gt_plans_take(gt_reader *r)
{
    const raw_plan *raw = (const raw_plan *)r->raw.plans;
    gt_plan *plans = keep(r, r->raw.n_plans, sizeof *plans);
    if (plans == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < r->raw.n_plans; i++) {
        plans[i] = raw[i].plan;
        plans[i].final = raw[i].final == 1;
        plans[i].clauses = list(plans[i].clauses);
        plans[i].superseded = list(plans[i].superseded);
    }
    r->package->plans = plans;
    r->package->n[GT_ITEM_PLAN] = r->raw.n_plans;
    return GT_OK;
}

/* The common part, from whichever struct the kind has. */
static void describe(gt_reader *r, const gt_raw_item *item, gt_title title,
                     const char *const *clauses)
{
    gt_item *common = &r->package->items[item - r->items];
    common->kind = item->kind;
    common->id = item->id;
    common->title = title;
    common->clauses = list(clauses);
    common->file = item->node->file->path;
    common->line = item->node->line;
    common->column = item->node->column;
}

static gt_status fill_frame(gt_reader *r, gt_raw_item *item)
{
    raw_frame raw = {0};
    item->whole = gt_fill(&r->filler, frame_schema(item->kind), item->node, &raw);
    describe(r, item, raw.title, raw.clauses);
    r->package->items[item - r->items].strength = (gt_strength)raw.strength;
    return r->filler.status;
}

gt_status gt_item_fill(gt_reader *r, gt_raw_item *item)
{
    gt_status st = GT_OK;
    gt_package *p = r->package;
    const char *const *clauses = NULL;
    size_t i = item->index;
    switch (item->kind) {
    case GT_ITEM_LAYER:
        st = take_layer(r, item);
        describe(r, item, p->layers[i].title, p->layers[i].clauses);
        break;
    case GT_ITEM_RULE:
        st = take_rule(r, item);
        describe(r, item, p->rules[i].title, p->rules[i].clauses);
        p->items[item - r->items].strength = p->rules[i].strength;
        break;
    case GT_ITEM_VIEW:
        take_view(r, item);
        describe(r, item, p->views[i].title, p->views[i].clauses);
        break;
    case GT_ITEM_PARAMETER:
        take_parameter(r, item);
        describe(r, item, p->parameters[i].title, p->parameters[i].clauses);
        break;
    case GT_ITEM_CODES:
        st = take_codes(r, item, &clauses);
        describe(r, item, p->codelists[i].title, clauses);
        break;
    case GT_ITEM_SUBJECT:
        st = take_subject(r, item);
        describe(r, item, p->subjects[i].title, p->subjects[i].clauses);
        break;
    case GT_ITEM_TOTAL: {
        take_total(r, item);
        const char **one = keep(r, 2, sizeof *one);
        if (one == NULL) {
            return GT_E_MEMORY;
        }
        one[0] = p->totals[i].clause;
        describe(r, item, p->totals[i].title, one);
        break;
    }
    case GT_ITEM_MODEL:
    case GT_ITEM_INDICATOR:
    case GT_ITEM_LEDGER:
    case GT_ITEM_PROCESS:
        st = fill_frame(r, item);
        break;
    case GT_ITEM_PLAN:
        break;
    }
    return st == GT_OK ? r->filler.status : st;
}
