/* What each kind of item looks like in a package: one table of keys a kind, and the small steps
 * from the text's form to the public structs. */
#include "plan/items.h"

#include <math.h>
#include <string.h>

#include "plan/messages.h"
#include "plan/unit.h"

const gt_word gt_strength_words[] = {
    {"binding", GT_BINDING}, {"guidance", GT_GUIDANCE}, {"descriptive", GT_DESCRIPTIVE}, {NULL, 0}};
static const gt_word statuses[] = {{"final", 1}, {"draft", 0}, {NULL, 0}};

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
    {.name = "precedence", .kind = GT_K_TEXTS, .at = AT(gt_raw_package, precedence)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(gt_raw_package, remark)},
};
const gt_schema gt_schema_package = {"package", KEYS(package_keys), sizeof(gt_raw_package)};

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
    {.name = "since", .kind = GT_K_INT, .at = AT(gt_total, since), .min = 1900, .max = 2100},
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

/* ---- views and frames ----------------------------------------------------------------------- */

typedef struct raw_view {
    gt_view view;
    struct {
        const char *const *base, *const *show, *where, *grid;
    } map;
} raw_view;

static const gt_key map_keys[] = {
    {.name = "base", .kind = GT_K_REFS, .at = 0, .ref = GT_ITEM_LAYER},
    {.name = "show", .kind = GT_K_REFS, .at = sizeof(char *), .ref = GT_ITEM_LAYER},
    {.name = "where", .kind = GT_K_SQL, .at = 2 * sizeof(char *)},
    {.name = "grid", .kind = GT_K_NAME, .at = 3 * sizeof(char *)},
};
static const gt_schema map_schema = {"map", KEYS(map_keys), 4 * sizeof(char *)};

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
         .extra = gt_strength_words,                                                               \
         .has = AT(raw_frame, has_strength)},                                                      \
    {                                                                                              \
        .name = "remark", .kind = GT_K_TITLE, .at = AT(raw_frame, remark)                          \
    }
#define ANY(word)                                                                                  \
    {                                                                                              \
        .name = (word), .kind = GT_K_ANY                                                           \
    }

static const gt_key process_keys[] = {FRAME("process"), ANY("steps"), ANY("who")};
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

void *gt_item_keep(gt_reader *r, size_t n, size_t size)
{
    return gt_arena_zalloc(r->arena, n == 0 ? 1 : n, size);
}

const char *const *gt_item_list(const char *const *texts)
{
    return texts == NULL ? gt_no_texts : texts;
}

static void take_parameter(gt_reader *r, gt_raw_item *item)
{
    raw_parameter raw = {0};
    item->whole = gt_fill(&r->filler, &parameter_schema, item->node, &raw);
    gt_parameter *p = &r->package->parameters[item->index];
    *p = raw.parameter;
    p->clauses = gt_item_list(p->clauses);
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

static void take_view(gt_reader *r, gt_raw_item *item)
{
    raw_view raw = {0};
    item->whole = gt_fill(&r->filler, &view_schema, item->node, &raw);
    raw.view.clauses = gt_item_list(raw.view.clauses);
    raw.view.base = raw.map.base;
    raw.view.show = gt_item_list(raw.map.show);
    memcpy(&raw.view.where, &raw.map.where, sizeof raw.view.where);
    raw.view.grid = raw.map.grid;
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
    case GT_ITEM_PROCESS:
        return &process_schema;
    case GT_ITEM_LEDGER:
    case GT_ITEM_LAYER:
    case GT_ITEM_MODEL:
    case GT_ITEM_RULE:
    case GT_ITEM_VIEW:
    case GT_ITEM_PARAMETER:
    case GT_ITEM_CODES:
    case GT_ITEM_SUBJECT:
    case GT_ITEM_TOTAL:
    case GT_ITEM_PLAN:
    case GT_ITEM_INDICATOR:
    case GT_ITEM_SERIES:
        break;
    }
    return NULL;
}

/* The tests between plans, in the order package.yaml gives; final, then later, when it is silent.
 */
static gt_status take_precedence(gt_reader *r)
{
    static const gt_word words[] = {{"final", GT_FINAL_OVER_DRAFT},
                                    {"later", GT_LATER_OVER_EARLIER},
                                    {"listed", GT_LISTED_FIRST},
                                    {NULL, 0}};
    static const gt_precedence usual[] = {GT_FINAL_OVER_DRAFT, GT_LATER_OVER_EARLIER};
    size_t n = gt_texts_count(r->raw.precedence);
    gt_precedence *tests = gt_item_keep(r, n + 2, sizeof *tests);
    if (tests == NULL) {
        return GT_E_MEMORY;
    }
    r->package->precedence = tests;
    if (n == 0) {
        memcpy(tests, usual, sizeof usual);
        r->package->n_precedence = 2;
        return GT_OK;
    }
    const gt_ynode *list = gt_y_get(r->root, "precedence");
    const gt_ynode *at = list->kind == GT_Y_LIST ? list->first : list;
    for (size_t i = 0; i < n; i++, at = at->next) {
        const gt_word *w = words;
        while (w->word != NULL && strcmp(w->word, r->raw.precedence[i]) != 0) {
            w++;
        }
        if (w->word == NULL) {
            gt_y_problem(&r->problems, at, &GT_MSG_BAD_WORD,
                         GT_ARGS(GT_TEXT("value", r->raw.precedence[i]),
                                 GT_TEXT("key", "precedence"),
                                 GT_TEXT("words", "final, later, listed")));
        } else {
            tests[r->package->n_precedence++] = (gt_precedence)w->value;
        }
    }
    return GT_OK;
}

gt_status gt_plans_take(gt_reader *r)
{
    const raw_plan *raw = (const raw_plan *)r->raw.plans;
    gt_plan *plans = gt_item_keep(r, r->raw.n_plans, sizeof *plans);
    if (plans == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < r->raw.n_plans; i++) {
        plans[i] = raw[i].plan;
        plans[i].final = raw[i].final == 1;
        plans[i].clauses = gt_item_list(plans[i].clauses);
        plans[i].superseded = gt_item_list(plans[i].superseded);
    }
    r->package->plans = plans;
    r->package->n[GT_ITEM_PLAN] = r->raw.n_plans;
    return take_precedence(r);
}

/* The common part, from whichever struct the kind has. */
static void describe(gt_reader *r, const gt_raw_item *item, gt_title title,
                     const char *const *clauses)
{
    gt_item *common = &r->package->items[item - r->items];
    common->kind = item->kind;
    common->id = item->id;
    common->title = title;
    common->clauses = gt_item_list(clauses);
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
        st = gt_take_layer(r, item);
        describe(r, item, p->layers[i].title, p->layers[i].clauses);
        break;
    case GT_ITEM_RULE:
        st = gt_take_rule(r, item);
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
        st = gt_take_codes(r, item, &clauses);
        describe(r, item, p->codelists[i].title, clauses);
        break;
    case GT_ITEM_SUBJECT:
        st = gt_take_subject(r, item);
        describe(r, item, p->subjects[i].title, p->subjects[i].clauses);
        break;
    case GT_ITEM_TOTAL: {
        take_total(r, item);
        const char **one = gt_item_keep(r, 2, sizeof *one);
        if (one == NULL) {
            return GT_E_MEMORY;
        }
        one[0] = p->totals[i].clause;
        describe(r, item, p->totals[i].title, one);
        break;
    }
    case GT_ITEM_SERIES:
        st = gt_take_series(r, item);
        describe(r, item, p->series[i].title, p->series[i].clauses);
        break;
    case GT_ITEM_INDICATOR:
        st = gt_take_indicator(r, item);
        describe(r, item, p->indicators[i].title, p->indicators[i].clauses);
        break;
    case GT_ITEM_MODEL:
        st = gt_take_model(r, item);
        describe(r, item, p->models[i].title, p->models[i].clauses);
        break;
    case GT_ITEM_LEDGER:
        st = gt_take_ledger(r, item);
        describe(r, item, p->ledgers[i].title, p->ledgers[i].clauses);
        break;
    case GT_ITEM_PROCESS:
        st = fill_frame(r, item);
        break;
    case GT_ITEM_PLAN:
        break;
    }
    return st == GT_OK ? r->filler.status : st;
}
