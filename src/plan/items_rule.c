/* Rules: their tables of keys, and the step to the public struct. */
#include "plan/items.h"

#include <string.h>

#include "plan/messages.h"

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
    int together;
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

static const gt_word together_words[] = {{"project", 1}, {NULL, 0}};

static const gt_key rule_keys[] = {
    {.name = "rule", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_rule, rule.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_rule, rule.title)},
    {.name = "clauses", .kind = GT_K_CLAUSES, .flags = REQ, .at = AT(raw_rule, rule.clauses)},
    {.name = "strength",
     .kind = GT_K_WORD,
     .flags = REQ,
     .at = AT(raw_rule, strength),
     .extra = gt_strength_words},
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
    {.name = "together", .kind = GT_K_WORD, .at = AT(raw_rule, together), .extra = together_words},
    {.name = "needs", .kind = GT_K_TEXTS, .at = AT(raw_rule, rule.needs)},
    {.name = "say", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_rule, rule.say)},
    {.name = "comply", .kind = GT_K_ONE, .at = AT(raw_rule, comply), .extra = &comply_schema},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_rule, rule.note)},
};
static const gt_schema rule_schema = {"rule", KEYS(rule_keys), sizeof(raw_rule)};

/* ---- from text to structs ------------------------------------------------------------------- */

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

gt_status gt_take_rule(gt_reader *r, gt_raw_item *item)
{
    raw_rule raw = {0};
    item->whole = gt_fill(&r->filler, &rule_schema, item->node, &raw);
    gt_rule *rule = &r->package->rules[item->index];
    *rule = raw.rule;
    rule->clauses = gt_item_list(rule->clauses);
    rule->applies_to = gt_item_list(rule->applies_to);
    rule->strength = (gt_strength)raw.strength;
    rule->together = raw.together == 1;
    rule->from = raw.in_force.from;
    rule->to = raw.in_force.to;
    rule->comply_cut_out = raw.comply.cut_out;
    rule->comply_say = raw.comply.say;
    rule->exceptions = raw.exceptions;
    rule->n_exceptions = raw.n_exceptions;
    rule->file = item->node->file->path;
    rule->line = item->node->line;
    rule->column = item->node->column;
    gt_measure *measures = gt_item_keep(r, raw.n_measures, sizeof *measures);
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
