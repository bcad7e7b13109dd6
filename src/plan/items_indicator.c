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
    double value;
    const char *clause;
} raw_base;

typedef struct raw_indicator {
    gt_indicator indicator;
    int strength;
    bool has_strength;
    raw_base base;
    raw_target *targets;
    size_t n_targets;
} raw_indicator;

static const gt_word ops[] = {
    {"<=", GT_AT_MOST}, {"<", GT_BELOW},     {">=", GT_AT_LEAST},
    {">", GT_ABOVE},    {"about", GT_ABOUT}, {"no_decrease", GT_NO_DECREASE},
    {"open", GT_OPEN},  {NULL, 0},
};

static const gt_key target_keys[] = {
    {.name = "year",
     .kind = GT_K_INT,
     .flags = REQ,
     .at = AT(raw_target, target.year),
     .min = 1900,
     .max = 2100},
    {.name = "must", .kind = GT_K_WORD, .flags = REQ, .at = AT(raw_target, op), .extra = ops},
    {.name = "value",
     .kind = GT_K_REAL,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_target, target.value),
     .has = AT(raw_target, target.has_value)},
    {.name = "clause", .kind = GT_K_CLAUSE, .flags = REQ, .at = AT(raw_target, target.clause)},
};
static const gt_schema target_schema = {"target", KEYS(target_keys), sizeof(raw_target)};

static const gt_key base_keys[] = {
    {.name = "year",
     .kind = GT_K_INT,
     .flags = REQ,
     .at = AT(raw_base, year),
     .min = 1900,
     .max = 2100},
    {.name = "value", .kind = GT_K_REAL, .flags = REQ, .at = AT(raw_base, value)},
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
    {.name = "tolerance", .kind = GT_K_SHARE, .at = AT(raw_indicator, indicator.tolerance)},
    {.name = "base", .kind = GT_K_ONE, .at = AT(raw_indicator, base), .extra = &base_schema},
    {.name = "targets",
     .kind = GT_K_LIST,
     .at = AT(raw_indicator, targets),
     .extra = &target_schema},
};
static const gt_schema schema = {"indicator", KEYS(keys), sizeof(raw_indicator)};

/* Names of the account in conditions: the words of the area table, '.' written '_'. */
static gt_status name_account(gt_reader *r, gt_indicator *in)
{
    size_t n = gt_texts_count(in->account);
    const char **names = gt_item_keep(r, n + 2, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    names[0] = "district";
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(in->account[i]);
        char *name = gt_item_keep(r, len + 1, 1);
        if (name == NULL) {
            return GT_E_MEMORY;
        }
        for (size_t k = 0; k < len; k++) {
            name[k] = (char)(in->account[i][k] == '.' ? '_' : in->account[i][k]);
        }
        names[i + 1] = name;
    }
    in->names = names;
    in->n_names = n + 1;
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
    in->file = item->node->file->path;
    in->line = item->node->line;
    const gt_unit *unit = in->unit == NULL ? NULL : gt_unit_find(in->unit);
    in->unit_base = unit == NULL ? 1 : gt_unit_to_base(unit, 1);
    in->is_area = unit != NULL && unit->dimension == GT_DIM_AREA;
    in->is_share = unit != NULL && unit->dimension == GT_DIM_SHARE;
    in->base_year = raw.base.year;
    in->base_clause = raw.base.clause;
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
    return name_account(r, in);
}

/* Does the target need a number, and has it one? */
static void verify_number(gt_reader *r, const gt_target *t, const gt_ynode *node)
{
    bool wants = t->op != GT_NO_DECREASE && t->op != GT_OPEN;
    if (wants != t->has_value) {
        gt_y_problem(&r->problems, node, wants ? &GT_MSG_TARGET_VALUE : &GT_MSG_TARGET_NO_VALUE,
                     GT_NO_ARGS);
    }
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
        verify_number(r, t, at == NULL ? node : at);
        if (t->op == GT_NO_DECREASE && in->base_year == 0) {
            gt_y_problem(&r->problems, at == NULL ? node : at, &GT_MSG_TARGET_BASE, GT_NO_ARGS);
        }
        at = at == NULL ? NULL : at->next;
    }
    for (size_t i = 0; i < in->n_targets; i++) {
        for (size_t k = 0; k < in->n_targets; k++) {
            if (targets[i].year == targets[k].year && !targets[k].overruled &&
                targets[i].plan != NULL && targets[k].plan != NULL &&
                gt_plan_prevails(p, targets[k].plan, targets[i].plan)) {
                targets[i].overruled = true;
            }
        }
    }
}

gt_status gt_verify_indicator(gt_reader *r, gt_indicator *in, const gt_ynode *node)
{
    verify_targets(r, in, node);
    const gt_ynode *count = gt_y_get(node, "count"), *of = gt_y_get(node, "of");
    if (count != NULL && !in->is_area && !in->is_share) {
        gt_y_problem(&r->problems, gt_y_get(node, "unit"), &GT_MSG_COUNT_UNIT, GT_NO_ARGS);
    }
    if (count != NULL && in->is_share != (of != NULL)) {
        gt_y_problem(&r->problems, node, &GT_MSG_SHARE_NEEDS_OF, GT_NO_ARGS);
    }
    gt_status st = count == NULL ? GT_OK : gt_verify_sql(r, count, in->names, in->n_names);
    return st == GT_OK && of != NULL ? gt_verify_sql(r, of, in->names, in->n_names) : st;
}
