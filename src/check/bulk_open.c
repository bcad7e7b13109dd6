/* A bulk check is opened: the distinct questions of its rules, and what each layer must keep. */
#include <string.h>

#include "check/bulk_rules.h"

gt_status gt_bulk_near_of(gt_bulk *b, const char *layer, size_t *out)
{
    for (size_t i = 0; i < b->n_nears; i++) {
        if (strcmp(b->nears[i].near.layer, layer) == 0) {
            *out = i;
            return GT_OK;
        }
    }
    void *block = b->nears;
    gt_status st = gt_grow(b->ctx, &block, &b->cap_nears, b->n_nears + 1, sizeof *b->nears);
    b->nears = block;
    if (st == GT_OK) {
        gt_bulk_near *n = &b->nears[b->n_nears];
        memset(n, 0, sizeof *n);
        *out = b->n_nears++;
        st = gt_land_open(b->ctx, b->store, layer, &n->near);
    }
    return st;
}

/* Which values of the layer the question reads. */
static gt_status keep_fields(gt_bulk *b, gt_question *q)
{
    gt_land *near = &b->nears[q->near].near;
    const gt_standard *s = near->info.standard;
    gt_status st = GT_OK;
    if (!near->known) {
        return GT_OK;
    }
    if (q->measure->where != NULL) {
        size_t n = 0;
        st = gt_checker_where(b->ctx, b->checker, q->measure, s, &q->where);
        const size_t *used = st == GT_OK ? gt_expr_used(q->where, &n) : NULL;
        for (size_t i = 0; i < n; i++) {
            near->keep[used[i]] = true;
        }
    }
    q->field = q->measure->kind == GT_MEASURE_VALUE ? gt_standard_field(s, q->measure->field) : -1;
    if (q->field >= 0) {
        near->keep[q->field] = true;
    }
    bool beyond = q->measure->kind != GT_MEASURE_TOTAL && q->measure->within_m > near->reach;
    near->reach = beyond ? q->measure->within_m : near->reach;
    return st;
}

static gt_status question_of(gt_bulk *b, const gt_measure *m, size_t *out)
{
    for (size_t i = 0; i < b->n_questions; i++) {
        if (gt_measure_same(b->questions[i].measure, m)) {
            *out = i;
            return GT_OK;
        }
    }
    void *block = b->questions;
    gt_status st =
        gt_grow(b->ctx, &block, &b->cap_questions, b->n_questions + 1, sizeof *b->questions);
    b->questions = block;
    if (st != GT_OK) {
        return st;
    }
    gt_question *q = &b->questions[b->n_questions];
    memset(q, 0, sizeof *q);
    q->measure = m;
    *out = b->n_questions++;
    st = gt_bulk_near_of(b, m->layer, &q->near);
    if (st == GT_OK && m->kind == GT_MEASURE_TOTAL && m->same_unit != NULL) {
        size_t unit = 0;
        st = gt_bulk_near_of(b, m->same_unit, &unit);
    }
    return st == GT_OK ? keep_fields(b, &b->questions[*out]) : st;
}

size_t gt_bulk_fact(const gt_bulk *b, const char *name)
{
    for (size_t i = 0; i < b->kind->n_fields; i++) {
        if (strcmp(b->kind->fields[i].name, name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static gt_status plan_rule(gt_bulk *b, size_t index)
{
    gt_rule_plan *p = &b->plans[b->n_plans];
    const gt_rule *r = gt_package_rule(b->package, index);
    memset(p, 0, sizeof *p);
    p->index = index;
    p->rule = r;
    p->questions = gt_arena_zalloc(b->arena, r->n_measures + 1, sizeof *p->questions);
    p->facts = gt_arena_zalloc(b->arena, r->n_names + 1, sizeof *p->facts);
    gt_status st = p->questions == NULL || p->facts == NULL
                       ? GT_E_MEMORY
                       : gt_checker_code(b->checker, index, &p->code);
    for (size_t i = 0; st == GT_OK && i < r->n_measures; i++) {
        st = question_of(b, &r->measures[i], &p->questions[i]);
    }
    for (size_t i = 0; st == GT_OK && i < r->n_names; i++) {
        const gt_name *n = &r->names[i];
        p->facts[i] = n->kind == GT_NAME_FACT ? gt_bulk_fact(b, n->name) : SIZE_MAX;
        bool shape = n->kind == GT_NAME_MEASURE &&
                     (n->aspect == GT_ASPECT_PIECES || n->aspect == GT_ASPECT_LARGEST_M2 ||
                      n->aspect == GT_ASPECT_LENGTH_M);
        size_t used = 0;
        const size_t *list =
            shape && p->code->condition != NULL ? gt_expr_used(p->code->condition, &used) : NULL;
        for (size_t u = 0; u < used; u++) {
            if (list[u] == i) {
                b->questions[p->questions[n->measure]].needs_shape = true;
            }
        }
    }
    b->n_plans += st == GT_OK;
    return st;
}

static gt_status plan_all(gt_bulk *b)
{
    size_t n = gt_package_n_rules(b->package), most = 1;
    gt_status st = GT_OK;
    b->plans = gt_arena_zalloc(b->arena, n + 1, sizeof *b->plans);
    st = b->plans == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        const gt_rule *r = gt_package_rule(b->package, i);
        if (gt_rule_speaks_of(r, b->kind->id, b->day)) {
            st = plan_rule(b, i);
            most = r->n_names > most ? r->n_names : most;
        }
    }
    if (st == GT_OK) {
        b->values = gt_arena_zalloc(b->arena, most + 1, sizeof *b->values);
        st = b->values == NULL ? GT_E_MEMORY : GT_OK;
    }
    const char *layer = gt_package_unit_layer(b->package);
    const char *field = gt_package_unit_name_field(b->package);
    b->unit_question = SIZE_MAX;
    if (st == GT_OK && layer != NULL && field != NULL) {
        b->unit_measure =
            (gt_measure){.id = "unit", .layer = layer, .kind = GT_MEASURE_VALUE, .field = field};
        st = question_of(b, &b->unit_measure, &b->unit_question);
    }
    return st;
}

gt_status gt_bulk_open(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *kind,
                       const gt_bulk_options *options, gt_bulk *b)
{
    memset(b, 0, sizeof *b);
    b->ctx = ctx;
    b->store = store;
    b->package = package;
    b->check = options->check;
    b->list_passes = options->list_passes;
    b->day = b->check.as_of == GT_DATE_NONE ? gt_date_today() : b->check.as_of;
    gt_date_format(b->day, b->as_of);
    b->hooks = (gt_bulk_hooks){.nearby = {b, gt_bulk_find}, .total = gt_bulk_total};
    gt_status st = gt_checker_new(ctx, store, package, &b->checker);
    st = st == GT_OK ? gt_checker_kind(b->checker, kind) : st;
    st = st == GT_OK ? gt_arena_new(ctx, 0, &b->arena) : st;
    if (st == GT_OK) {
        b->kind = gt_package_find_subject_kind(package, kind);
        st = plan_all(b);
    }
    return st;
}

void gt_bulk_close(gt_bulk *b)
{
    for (size_t i = 0; i < b->n_nears; i++) {
        gt_land_free(b->ctx, &b->nears[i].near);
        gt_free(b->ctx, b->nears[i].list);
        gt_free(b->ctx, b->nears[i].cuts);
    }
    for (size_t i = 0; i < b->n_questions; i++) {
        gt_free(b->ctx, b->questions[i].truth);
    }
    gt_free(b->ctx, b->nears);
    gt_free(b->ctx, b->questions);
    gt_free(b->ctx, b->totals);
    gt_free(b->ctx, b->found);
    gt_cutter_free(b->ctx, &b->cutter);
    gt_arena_free(b->arena);
    gt_checker_free(b->checker);
}

void gt_bulk_block(gt_bulk *b, gt_box box, size_t most_points)
{
    b->block++;
    b->box = box;
    b->most_points = most_points;
    b->held = 0;
    b->overflow = false;
}
