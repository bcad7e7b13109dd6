/* Reading a package that has been read: lookups by id, figures in force, what carries a clause. */
#include "plan/package.h"

#include <string.h>

#include "guotu/area.h"

static const struct {
    const char *word;
    gt_title title;
} kind_names[GT_ITEM_KINDS] = {
    {"layer", {"图层", "layer"}},
    {"model", {"模型", "model"}},
    {"rule", {"规则", "rule"}},
    {"indicator", {"指标", "indicator"}},
    {"ledger", {"台账", "ledger"}},
    {"view", {"视图", "view"}},
    {"parameter", {"参数", "parameter"}},
    {"process", {"流程", "process"}},
    {"codes", {"代码表", "code list"}},
    {"subject", {"审查对象", "kind of subject"}},
    {"total", {"公布数据", "published figure"}},
    {"plan", {"规划登记", "plan register entry"}},
    {"series", {"时间序列", "time series"}},
};

const char *gt_item_kind_name(gt_item_kind kind)
{
    return kind_names[kind].word;
}

gt_title gt_item_kind_title(gt_item_kind kind)
{
    return kind_names[kind].title;
}

/* ---- the id index --------------------------------------------------------------------------- */

gt_status gt_index_new(gt_arena *arena, size_t n, gt_index *out)
{
    size_t size = 16;
    while (size < n * 2 + 2) {
        size *= 2;
    }
    out->slots = gt_arena_zalloc(arena, size, sizeof *out->slots);
    out->mask = size - 1;
    return out->slots == NULL ? GT_E_MEMORY : GT_OK;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_id(gt_item_kind kind, const char *id)
{
    uint64_t h = 0xCBF29CE484222325ULL ^ (uint64_t)kind;
    for (const char *p = id; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * 0x100000001B3ULL;
    }
    return h ^ (h >> 29);
}

gt_slot *gt_index_slot(const gt_index *index, gt_item_kind kind, const char *id)
{
    size_t i = (size_t)hash_id(kind, id) & index->mask;
    while (index->slots[i].id != NULL &&
           (index->slots[i].kind != kind || strcmp(index->slots[i].id, id) != 0)) {
        i = (i + 1) & index->mask;
    }
    return &index->slots[i];
}

/* Index within the kind, or SIZE_MAX. */
static size_t find(const gt_package *p, gt_item_kind kind, const char *id)
{
    const gt_slot *slot = id == NULL ? NULL : gt_index_slot(&p->index, kind, id);
    return slot == NULL || slot->id == NULL ? SIZE_MAX : slot->index;
}

/* ---- the package ---------------------------------------------------------------------------- */

void gt_package_free(gt_package *package)
{
    if (package != NULL) {
        gt_arena_free(package->arena);
    }
}

const char *gt_package_id(const gt_package *package)
{
    return package->id;
}

const char *gt_package_version(const gt_package *package)
{
    return package->version;
}

gt_title gt_package_title(const gt_package *package)
{
    return package->title;
}

const char *gt_package_crs(const gt_package *package)
{
    return package->crs;
}

gt_status gt_package_check_crs(gt_ctx *ctx, const gt_package *package)
{
    gt_crs *crs = NULL;
    gt_plane *plane = NULL;
    gt_status st = gt_crs_new(ctx, package->crs, &crs);
    if (st == GT_OK) {
        st = gt_plane_new(ctx, crs, &plane);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = package->crs_file, .line = package->crs_line,
                                 .column = package->crs_column));
    }
    gt_plane_free(ctx, plane);
    gt_crs_free(ctx, crs);
    return st;
}

const char *gt_package_dir(const gt_package *package)
{
    return package->dir;
}

const char *gt_package_hash(const gt_package *package)
{
    return package->hash;
}

const char *gt_package_unit_layer(const gt_package *package)
{
    return package->unit_layer;
}

const char *gt_package_unit_name_field(const gt_package *package)
{
    return package->unit_name;
}

const char *const *gt_package_units(const gt_package *package)
{
    return package->units;
}

const char *gt_package_land_layer(const gt_package *package)
{
    return package->land_layer;
}

const gt_codelist *gt_package_land_classes(const gt_package *package)
{
    return package->land_classes;
}

bool gt_package_extent(const gt_package *package, gt_box *out)
{
    if (package->has_extent) {
        *out = package->extent;
    }
    return package->has_extent;
}

#define ACCESS(noun, type, array, item_kind)                                                       \
    size_t gt_package_n_##noun##s(const gt_package *package)                                       \
    {                                                                                              \
        return package->n[item_kind];                                                              \
    }                                                                                              \
    const type *gt_package_##noun(const gt_package *package, size_t i)                             \
    {                                                                                              \
        return &package->array[i];                                                                 \
    }                                                                                              \
    const type *gt_package_find_##noun(const gt_package *package, const char *id)                  \
    {                                                                                              \
        size_t i = find(package, item_kind, id);                                                   \
        return i == SIZE_MAX ? NULL : &package->array[i];                                          \
    }

ACCESS(layer, gt_standard, layers, GT_ITEM_LAYER)
ACCESS(codelist, gt_codelist, codelists, GT_ITEM_CODES)
ACCESS(rule, gt_rule, rules, GT_ITEM_RULE)
ACCESS(parameter, gt_parameter, parameters, GT_ITEM_PARAMETER)
ACCESS(subject_kind, gt_subject_kind, subjects, GT_ITEM_SUBJECT)
ACCESS(view, gt_view, views, GT_ITEM_VIEW)
ACCESS(ledger, gt_ledger, ledgers, GT_ITEM_LEDGER)
ACCESS(plan, gt_plan, plans, GT_ITEM_PLAN)
ACCESS(total, gt_total, totals, GT_ITEM_TOTAL)
ACCESS(indicator, gt_indicator, indicators, GT_ITEM_INDICATOR)
ACCESS(model, gt_model_decl, models, GT_ITEM_MODEL)

size_t gt_package_n_series(const gt_package *package)
{
    return package->n[GT_ITEM_SERIES];
}

const gt_series *gt_package_series(const gt_package *package, size_t i)
{
    return &package->series[i];
}

const gt_series *gt_package_find_series(const gt_package *package, const char *id)
{
    size_t i = find(package, GT_ITEM_SERIES, id);
    return i == SIZE_MAX ? NULL : &package->series[i];
}

gt_import_from gt_package_import(const gt_package *package, size_t i)
{
    return package->imports[i];
}

size_t gt_package_n_items(const gt_package *package)
{
    return package->n_items;
}

const gt_item *gt_package_item(const gt_package *package, size_t i)
{
    return &package->items[i];
}

/* ---- figures in force ----------------------------------------------------------------------- */

const char *gt_precedence_name(gt_precedence test)
{
    static const char *const names[] = {"only one", "final", "later", "listed"};
    return names[test];
}

gt_title gt_precedence_title(gt_precedence test)
{
    static const gt_title titles[] = {
        {"仅此一项", "the only one"},
        {"正式稿优先于草案", "a final plan goes before a draft"},
        {"后发布的优先于先发布的", "the later issue goes before the earlier"},
        {"登记在前的规划优先", "the plan listed first goes before"},
    };
    return titles[test];
}

const gt_precedence *gt_package_precedence(const gt_package *package, size_t *n)
{
    *n = package->n_precedence;
    return package->precedence;
}

/* Does a go before b by this test (> 0), b before a (< 0), or does the test not tell? */
static int compare_by(gt_precedence test, const gt_plan *a, const gt_plan *b)
{
    switch (test) {
    case GT_FINAL_OVER_DRAFT:
        return (int)a->final - (int)b->final;
    case GT_LATER_OVER_EARLIER:
        return (a->issued > b->issued) - (a->issued < b->issued);
    case GT_LISTED_FIRST:
        return (a < b) - (a > b); /* the register is one array */
    case GT_ONLY_ONE:
        return 0;
    }
    return 0;
}

static bool plan_prevails(const gt_package *p, const gt_plan *a, const gt_plan *b,
                          gt_precedence *why)
{
    int told = 0;
    for (size_t i = 0; i < p->n_precedence && told == 0; i++) {
        told = compare_by(p->precedence[i], a, b);
        *why = p->precedence[i];
    }
    return told > 0;
}

bool gt_plan_prevails(const gt_package *package, const gt_plan *a, const gt_plan *b)
{
    gt_precedence why = GT_ONLY_ONE;
    return plan_prevails(package, a, b, &why);
}

/* Is a to be preferred to b? */
static bool prevails(const gt_package *p, const gt_total *a, const gt_total *b, gt_precedence *why)
{
    return plan_prevails(p, a->plan, b->plan, why);
}

const gt_total *gt_package_in_force(const gt_package *package, const char *quantity,
                                    const char *area, int year, const gt_total **other,
                                    gt_precedence *why)
{
    const gt_total *best = NULL, *second = NULL;
    gt_precedence reason = GT_ONLY_ONE, test = GT_ONLY_ONE;
    for (size_t i = 0; i < package->n[GT_ITEM_TOTAL]; i++) {
        const gt_total *t = &package->totals[i];
        if (t->superseded || t->year != year || strcmp(t->quantity, quantity) != 0 ||
            strcmp(t->area, area) != 0) {
            continue;
        }
        if (best == NULL) {
            best = t;
        } else if (prevails(package, t, best, &test)) {
            second = best;
            best = t;
            reason = test;
        } else if (second == NULL || prevails(package, t, second, &test)) {
            second = t;
            (void)prevails(package, best, t, &reason);
        }
    }
    if (other != NULL) {
        *other = second;
    }
    if (why != NULL) {
        *why = reason;
    }
    return best;
}

/* ---- clauses -------------------------------------------------------------------------------- */

size_t gt_package_n_clauses(const gt_package *package)
{
    return package->n_clauses;
}

const gt_clause *gt_package_clause(const gt_package *package, size_t i)
{
    return &package->clauses[i];
}

const gt_clause *gt_package_find_clause(const gt_package *package, const char *id)
{
    const gt_slot *slot = gt_index_slot(&package->clause_index, (gt_item_kind)GT_CLAUSE_ITEM, id);
    return slot->id == NULL ? NULL : &package->clauses[slot->index];
}

const gt_model_decl *gt_package_model_of_grid(const gt_package *p, const char *grid)
{
    for (size_t i = 0; i < gt_package_n_models(p); i++) {
        const gt_model_decl *m = gt_package_model(p, i);
        if (m->n_out > 0 && m->out[0].value != NULL && strcmp(m->out[0].value, grid) == 0) {
            return m;
        }
    }
    return NULL;
}

static bool carries(const gt_package *p, const gt_clause *clause, const gt_item *item)
{
    if (!gt_clause_carried_by(clause, item->kind)) {
        return false;
    }
    bool layer_by_codes = item->kind == GT_ITEM_CODES && strcmp(clause->kind, "layer") == 0 &&
                          strcmp(clause->strength, "descriptive") != 0;
    return !layer_by_codes || p->codes_used[find(p, GT_ITEM_CODES, item->id)];
}

static size_t list_citers(const gt_package *p, size_t clause, bool carrying, size_t max,
                          gt_item_kind *kinds, const char **ids)
{
    size_t n = 0;
    for (size_t k = p->citer_start[clause]; k < p->citer_start[clause + 1]; k++) {
        const gt_item *item = &p->items[p->citers[k]];
        if (carrying && !carries(p, &p->clauses[clause], item)) {
            continue;
        }
        if (n < max) {
            kinds[n] = item->kind;
            ids[n] = item->id;
        }
        n++;
    }
    return n;
}

size_t gt_package_carriers(const gt_package *package, size_t clause, size_t max,
                           gt_item_kind *kinds, const char **ids)
{
    return list_citers(package, clause, true, max, kinds, ids);
}

size_t gt_package_citers(const gt_package *package, size_t clause, size_t max, gt_item_kind *kinds,
                         const char **ids)
{
    return list_citers(package, clause, false, max, kinds, ids);
}
