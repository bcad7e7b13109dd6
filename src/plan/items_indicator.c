/* Indicators: what is counted, against what, and which values the plans ask for by which year. */
#include <string.h>

#include "plan/items.h"
#include "plan/messages.h"
#include "plan/unit.h"
#include "plan/verify.h"

typedef struct raw_target {
    gt_target target;
    int op;
} raw_target;

typedef struct raw_base {
    int year;
    bool has_year, has_value;
    double value;
    const char *clause;
    bool first;
} raw_base;

typedef struct raw_indicator {
    gt_indicator indicator;
    int strength;
    bool has_strength;
    raw_base base;
    raw_target *targets;
    size_t n_targets;
    gt_ledger_sum *sums;
    size_t n_sums;
} raw_indicator;

typedef struct raw_series {
    gt_series series;
    int yearly, places;
} raw_series;

enum { YEAR_MIN = 1900, YEAR_MAX = 2100 };

static const gt_word ops[] = {
    {"<=", GT_AT_MOST},    {"<", GT_BELOW},     {">=", GT_AT_LEAST},
    {">", GT_ABOVE},       {"about", GT_ABOUT}, {"no_decrease", GT_NO_DECREASE},
    {"rising", GT_RISING}, {"open", GT_OPEN},   {NULL, 0},
};
static const gt_word yearly_words[] = {
    {"last", GT_GATHER_LAST}, {"mean", GT_GATHER_MEAN}, {"sum", GT_GATHER_SUM}, {NULL, 0}};
static const gt_word places_words[] = {
    {"none", GT_GATHER_NONE}, {"mean", GT_GATHER_MEAN}, {"sum", GT_GATHER_SUM}, {NULL, 0}};

#define YEAR_KEY(at_, flags_)                                                                      \
    {                                                                                              \
        .name = "year", .kind = GT_K_INT, .flags = (flags_), .at = (at_), .min = YEAR_MIN,         \
        .max = YEAR_MAX                                                                            \
    }

static const gt_key target_keys[] = {
    YEAR_KEY(AT(raw_target, target.year), REQ),
    {.name = "must", .kind = GT_K_WORD, .flags = REQ, .at = AT(raw_target, op), .extra = ops},
    {.name = "value",
     .kind = GT_K_REAL,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_target, target.value),
     .has = AT(raw_target, target.has_value)},
    {.name = "series",
     .kind = GT_K_REF,
     .at = AT(raw_target, target.asked_id),
     .ref = GT_ITEM_SERIES},
    {.name = "each", .kind = GT_K_BOOL, .at = AT(raw_target, target.each)},
    {.name = "alternative", .kind = GT_K_BOOL, .at = AT(raw_target, target.alternative)},
    {.name = "clause", .kind = GT_K_CLAUSE, .flags = REQ, .at = AT(raw_target, target.clause)},
};
static const gt_schema target_schema = {"target", KEYS(target_keys), sizeof(raw_target)};

static const gt_key base_keys[] = {
    {.name = "year",
     .kind = GT_K_INT,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_base, year),
     .min = YEAR_MIN,
     .max = YEAR_MAX,
     .has = AT(raw_base, has_year)},
    {.name = "value",
     .kind = GT_K_REAL,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_base, value),
     .has = AT(raw_base, has_value)},
    {.name = "first", .kind = GT_K_BOOL, .at = AT(raw_base, first)},
    {.name = "clause", .kind = GT_K_CLAUSE, .flags = REQ, .at = AT(raw_base, clause)},
};
static const gt_schema base_schema = {"base", KEYS(base_keys), sizeof(raw_base)};

static const gt_key keys[] = {
    {.name = "indicator", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_indicator, indicator.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_indicator, indicator.title)},
    {.name = "clauses",
     .kind = GT_K_CLAUSES,
     .flags = REQ,
     .at = AT(raw_indicator, indicator.clauses)},
    {.name = "strength",
     .kind = GT_K_WORD,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_indicator, strength),
     .extra = gt_strength_words,
     .has = AT(raw_indicator, has_strength)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_indicator, indicator.note)},
    {.name = "unit", .kind = GT_K_UNIT, .flags = REQ, .at = AT(raw_indicator, indicator.unit)},
    {.name = "account", .kind = GT_K_TEXTS, .at = AT(raw_indicator, indicator.account)},
    {.name = "count", .kind = GT_K_SQL, .at = AT(raw_indicator, indicator.count)},
    {.name = "of", .kind = GT_K_SQL, .at = AT(raw_indicator, indicator.of)},
    {.name = "series",
     .kind = GT_K_REFS,
     .at = AT(raw_indicator, indicator.series_ids),
     .ref = GT_ITEM_SERIES},
    {.name = "ledgers", .kind = GT_K_LIST, .at = AT(raw_indicator, sums), .extra = &gt_sum_schema},
    {.name = "from",
     .kind = GT_K_INT,
     .at = AT(raw_indicator, indicator.from),
     .min = YEAR_MIN,
     .max = YEAR_MAX},
    {.name = "formula", .kind = GT_K_SQL, .at = AT(raw_indicator, indicator.formula)},
    {.name = "tolerance", .kind = GT_K_SHARE, .at = AT(raw_indicator, indicator.tolerance)},
    {.name = "base", .kind = GT_K_ONE, .at = AT(raw_indicator, base), .extra = &base_schema},
    {.name = "targets",
     .kind = GT_K_LIST,
     .at = AT(raw_indicator, targets),
     .extra = &target_schema},
};
static const gt_schema schema = {"indicator", KEYS(keys), sizeof(raw_indicator)};

static const gt_key series_keys[] = {
    {.name = "series", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_series, series.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_series, series.title)},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_series, series.clauses)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_series, series.note)},
    {.name = "unit", .kind = GT_K_UNIT, .flags = REQ, .at = AT(raw_series, series.unit)},
    {.name = "yearly", .kind = GT_K_WORD, .at = AT(raw_series, yearly), .extra = yearly_words},
    {.name = "places", .kind = GT_K_WORD, .at = AT(raw_series, places), .extra = places_words},
    {.name = "min",
     .kind = GT_K_REAL,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_series, series.min),
     .has = AT(raw_series, series.has_min)},
    {.name = "max",
     .kind = GT_K_REAL,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_series, series.max),
     .has = AT(raw_series, series.has_max)},
};
static const gt_schema series_schema = {"series", KEYS(series_keys), sizeof(raw_series)};

gt_status gt_take_series(gt_reader *r, gt_raw_item *item)
{
    raw_series raw = {.places = GT_GATHER_NONE};
    item->whole = gt_fill(&r->filler, &series_schema, item->node, &raw);
    gt_series *s = &r->package->series[item->index];
    *s = raw.series;
    s->clauses = gt_item_list(s->clauses);
    s->yearly = (gt_gather)raw.yearly;
    s->places = (gt_gather)raw.places;
    s->file = item->node->file->path;
    s->line = item->node->line;
    const gt_unit *unit = s->unit == NULL ? NULL : gt_unit_find(s->unit);
    s->unit_base = unit == NULL ? 1 : gt_unit_to_base(unit, 1);
    return GT_OK;
}

/* `text` and `tail` as one name of SQL: '.' and '-' written '_'. NULL: no memory. */
static const char *name_of(gt_reader *r, const char *text, const char *tail)
{
    size_t len = strlen(text), more = strlen(tail);
    char *name = gt_item_keep(r, len + more + 1, 1);
    if (name != NULL) {
        for (size_t k = 0; k < len; k++) {
            name[k] = (char)(text[k] == '.' || text[k] == '-' ? '_' : text[k]);
        }
        memcpy(name + len, tail, more + 1);
    }
    return name;
}

static gt_status name_account(gt_reader *r, gt_indicator *in)
{
    size_t n = gt_texts_count(in->account);
    const char **names = gt_item_keep(r, n + 3, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    names[0] = "district";
    names[1] = "year";
    for (size_t i = 0; i < n; i++) {
        names[i + 2] = name_of(r, in->account[i], "");
        if (names[i + 2] == NULL) {
            return GT_E_MEMORY;
        }
    }
    in->names = names;
    in->n_names = n + 2;
    return GT_OK;
}

static gt_status name_formula(gt_reader *r, gt_indicator *in)
{
    static const char *const tails[GT_SERIES_NAMES] = {"", "_sum", "_before", "_first"};
    size_t n = gt_texts_count(in->series_ids);
    const char **names =
        gt_item_keep(r, GT_FORMULA_FIXED + GT_SERIES_NAMES * n + in->n_sums + 1, sizeof *names);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    in->series = gt_item_keep(r, n + 1, sizeof *in->series);
    if (names == NULL || in->series == NULL) {
        return GT_E_MEMORY;
    }
    names[0] = "counted";
    names[1] = "total";
    names[2] = "year";
    size_t at = GT_FORMULA_FIXED;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < GT_SERIES_NAMES; k++) {
            names[at] = name_of(r, in->series_ids[i], tails[k]);
            if (names[at++] == NULL) {
                return GT_E_MEMORY;
            }
        }
    }
    for (size_t i = 0; i < in->n_sums; i++) {
        names[at++] = in->sums[i].name == NULL ? "" : in->sums[i].name;
    }
    in->n_series = n;
    in->formula_names = names;
    in->n_formula_names = at;
    return GT_OK;
}

gt_status gt_take_indicator(gt_reader *r, gt_raw_item *item)
{
    raw_indicator raw = {0};
    item->whole = gt_fill(&r->filler, &schema, item->node, &raw);
    gt_indicator *in = &r->package->indicators[item->index];
    *in = raw.indicator;
    in->clauses = gt_item_list(in->clauses);
    in->account = gt_item_list(in->account);
    in->series_ids = gt_item_list(in->series_ids);
    in->file = item->node->file->path;
    in->line = item->node->line;
    const gt_unit *unit = in->unit == NULL ? NULL : gt_unit_find(in->unit);
    in->unit_base = unit == NULL ? 1 : gt_unit_to_base(unit, 1);
    in->is_area = unit != NULL && unit->dimension == GT_DIM_AREA;
    in->is_share = unit != NULL && unit->dimension == GT_DIM_SHARE;
    in->base_year = raw.base.year;
    in->base_clause = raw.base.clause;
    in->base_first = raw.base.first;
    in->base = unit == NULL ? raw.base.value : gt_unit_to_base(unit, raw.base.value);
    gt_target *targets = gt_item_keep(r, raw.n_targets, sizeof *targets);
    if (targets == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < raw.n_targets; i++) {
        targets[i] = raw.targets[i].target;
        targets[i].op = (gt_target_op)raw.targets[i].op;
        targets[i].base = unit == NULL ? targets[i].value : gt_unit_to_base(unit, targets[i].value);
    }
    in->targets = targets;
    in->n_targets = raw.n_targets;
    in->sums = raw.sums;
    in->n_sums = raw.n_sums;
    gt_status st = name_account(r, in);
    return st == GT_OK ? name_formula(r, in) : st;
}

/* Does the target need a number, and has it one? */
static void verify_number(gt_reader *r, const gt_target *t, const gt_ynode *node)
{
    bool wants = t->op != GT_NO_DECREASE && t->op != GT_RISING && t->op != GT_OPEN;
    bool has = t->has_value || t->asked_id != NULL;
    if (wants != has || (t->has_value && t->asked_id != NULL)) {
        gt_y_problem(&r->problems, node, wants ? &GT_MSG_TARGET_VALUE : &GT_MSG_TARGET_NO_VALUE,
                     GT_NO_ARGS);
    }
}

/* A figure and "not below the base" are two tests: neither takes the other's place. */
static bool on_base(const gt_target *t)
{
    return t->op == GT_NO_DECREASE || t->op == GT_RISING;
}

static void verify_targets(gt_reader *r, gt_indicator *in, const gt_ynode *node)
{
    gt_package *p = r->package;
    gt_target *targets = (gt_target *)in->targets;
    const gt_ynode *list = gt_y_get(node, "targets");
    const gt_ynode *at = list != NULL && list->kind == GT_Y_LIST ? list->first : list;
    for (size_t i = 0; i < in->n_targets; i++) {
        gt_target *t = &targets[i];
        const gt_clause *clause = t->clause == NULL ? NULL : gt_package_find_clause(p, t->clause);
        t->plan = clause == NULL ? NULL : gt_package_find_plan(p, clause->plan);
        t->binding = clause != NULL && clause->strength[0] == 'b';
        for (size_t k = 0; t->plan != NULL && t->plan->superseded[k] != NULL; k++) {
            t->overruled = t->overruled || strcmp(t->plan->superseded[k], t->clause) == 0;
        }
        size_t asked = gt_reader_find(r, GT_ITEM_SERIES, t->asked_id);
        t->asked = asked == SIZE_MAX ? NULL : &p->series[asked];
        verify_number(r, t, at == NULL ? node : at);
        if ((t->op == GT_NO_DECREASE || t->op == GT_RISING) && in->base_year == 0 &&
            !in->base_first) {
            gt_y_problem(&r->problems, at == NULL ? node : at, &GT_MSG_TARGET_BASE, GT_NO_ARGS);
        }
        at = at == NULL ? NULL : at->next;
    }
    for (size_t i = 0; i < in->n_targets; i++) {
        for (size_t k = 0; k < in->n_targets; k++) {
            if (targets[i].year == targets[k].year && !targets[k].overruled &&
                on_base(&targets[i]) == on_base(&targets[k]) && targets[i].plan != NULL &&
                targets[k].plan != NULL && gt_plan_prevails(p, targets[k].plan, targets[i].plan)) {
                targets[i].overruled = true;
            }
        }
    }
}

/* What an indicator is counted from must give one value. */
static void verify_shape(gt_reader *r, const gt_indicator *in, const gt_ynode *node)
{
    const gt_ynode *unit = gt_y_get(node, "unit"), *base = gt_y_get(node, "base");
    if (in->count != NULL && in->formula == NULL && !in->is_area && !in->is_share) {
        gt_y_problem(&r->problems, unit == NULL ? node : unit, &GT_MSG_COUNT_UNIT, GT_NO_ARGS);
    }
    if (in->count != NULL && in->formula == NULL && in->is_share != (in->of != NULL)) {
        gt_y_problem(&r->problems, node, &GT_MSG_SHARE_NEEDS_OF, GT_NO_ARGS);
    }
    if (in->count == NULL && in->formula == NULL && (in->n_series > 1 || in->n_sums > 0)) {
        gt_y_problem(&r->problems, node, &GT_MSG_SERIES_FORMULA, GT_NO_ARGS);
    }
    if (in->n_series > GT_MOST_SERIES || in->n_sums > GT_MOST_SUMS) {
        gt_y_problem(&r->problems, node, &GT_MSG_INGREDIENTS,
                     GT_ARGS(GT_INT("series", GT_MOST_SERIES), GT_INT("ledgers", GT_MOST_SUMS)));
    }
    bool year = gt_y_get(base, "year") != NULL, value = gt_y_get(base, "value") != NULL;
    if (base != NULL && (year != value || year == in->base_first)) {
        gt_y_problem(&r->problems, base, &GT_MSG_BASE_FORM, GT_NO_ARGS);
    }
}

gt_status gt_verify_indicator(gt_reader *r, gt_indicator *in, const gt_ynode *node)
{
    const gt_series **series = (const gt_series **)in->series;
    for (size_t i = 0; i < in->n_series; i++) {
        size_t k = gt_reader_find(r, GT_ITEM_SERIES, in->series_ids[i]);
        series[i] = k == SIZE_MAX ? NULL : &r->package->series[k];
    }
    verify_targets(r, in, node);
    verify_shape(r, in, node);
    gt_status told = gt_verify_sums(r, in->sums, in->n_sums, gt_y_get(node, "ledgers"),
                                    in->formula_names, in->n_formula_names);
    if (told != GT_OK) {
        return told;
    }
    const gt_ynode *count = gt_y_get(node, "count"), *of = gt_y_get(node, "of"),
                   *formula = gt_y_get(node, "formula");
    gt_status st = gt_verify_sql(r, count, in->names, in->n_names);
    st = st == GT_OK ? gt_verify_sql(r, of, in->names, in->n_names) : st;
    return st == GT_OK ? gt_verify_sql(r, formula, in->formula_names, in->n_formula_names) : st;
}
