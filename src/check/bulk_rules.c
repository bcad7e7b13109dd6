#include "check/bulk_rules.h"

#include <math.h>
#include <string.h>

/* ---- opening: questions and plans ---------------------------------------------------------------
 */

static gt_status near_of(gt_bulk *b, const char *layer, size_t *out)
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
    st = near_of(b, m->layer, &q->near);
    if (st == GT_OK && m->kind == GT_MEASURE_TOTAL && m->same_unit != NULL) {
        size_t unit = 0;
        st = near_of(b, m->same_unit, &unit);
    }
    return st == GT_OK ? keep_fields(b, &b->questions[*out]) : st;
}

static size_t fact_of(const gt_bulk *b, const char *name)
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
        p->facts[i] = n->kind == GT_NAME_FACT ? fact_of(b, n->name) : SIZE_MAX;
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

static gt_status near_find(gt_ctx *ctx, void *user, const char *layer, gt_box box,
                           gt_near_feature **list, size_t *cap, size_t *n);
static gt_status near_total(gt_ctx *ctx, void *user, const gt_measure *measure, gt_measured *out);

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
    b->hooks = (gt_bulk_hooks){.nearby = {b, near_find}, .total = near_total};
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

/* ---- features near --------------------------------------------------------------------------- */

/* Reads the layer for this block; b->overflow when it does not fit. */
static gt_status read_near(gt_bulk *b, gt_bulk_near *n)
{
    gt_query when;
    bool whole = true;
    if (n->block == b->block || !n->near.known) {
        return GT_OK;
    }
    gt_query_init(&when, n->near.layer);
    when.as_of_date = b->check.as_of;
    when.as_of_rev = b->check.as_of_rev;
    size_t left = b->most_points == 0 ? 0 : b->most_points > b->held ? b->most_points - b->held : 1;
    gt_status st = gt_land_read(b->ctx, &n->near, b->store, &when, b->box, left, &whole);
    if (st == GT_OK && !whole) {
        b->overflow = true;
        return GT_OK;
    }
    n->block = b->block;
    b->held += n->near.n_points;
    b->n_features += n->near.n;
    return st;
}

static bool is_area(const gt_land_feature *f)
{
    return f->shape.geom.type == GT_POLYGON || f->shape.geom.type == GT_MULTIPOLYGON;
}

/* How the layer's features lie to the subject; lines and points near it count as cutting it. */
static gt_status cut_near(gt_bulk *b, gt_bulk_near *n)
{
    gt_status st = read_near(b, n);
    if (st != GT_OK || b->overflow || n->turn == b->turn) {
        return st;
    }
    st = gt_land_find(b->ctx, &n->near, b->cutter.box, &n->list, &n->cap_list, &n->n);
    void *block = n->cuts;
    st = st == GT_OK ? gt_grow(b->ctx, &block, &n->cap_cuts, n->n + 1, sizeof *n->cuts) : st;
    n->cuts = block;
    for (size_t i = 0; st == GT_OK && i < n->n; i++) {
        const gt_land_feature *f = &n->near.features[n->list[i]];
        if (is_area(f)) {
            st = gt_cutter_cut(b->ctx, &b->cutter, &f->shape, &n->cuts[i]);
        } else {
            n->cuts[i] = (gt_cut){.relation = GT_CUTS};
        }
    }
    n->turn = b->turn;
    return st;
}

static bool same_box(gt_box a, gt_box b)
{
    return a.xmin == b.xmin && a.ymin == b.ymin && a.xmax == b.xmax && a.ymax == b.ymax;
}

static gt_status append(gt_ctx *ctx, const gt_land_feature *f, gt_near_feature **list, size_t *cap,
                        size_t *n)
{
    void *block = *list;
    gt_status st = gt_grow(ctx, &block, cap, *n + 1, sizeof **list);
    *list = block;
    if (st == GT_OK) {
        (*list)[(*n)++] = (gt_near_feature){f->id, f->box, f->shape.geom, f->values};
    }
    return st;
}

static gt_status near_find(gt_ctx *ctx, void *user, const char *layer, gt_box box,
                           gt_near_feature **list, size_t *cap, size_t *n)
{
    gt_bulk *b = user;
    size_t at = 0, count = 0;
    gt_status st = near_of(b, layer, &at);
    gt_bulk_near *near = st == GT_OK ? &b->nears[at] : NULL;
    if (st == GT_OK && same_box(box, b->cutter.box)) {
        st = cut_near(b, near);
        for (size_t i = 0; st == GT_OK && !b->overflow && i < near->n; i++) {
            if (near->cuts[i].relation != GT_APART) {
                st = append(ctx, &near->near.features[near->list[i]], list, cap, n);
            }
        }
        return st;
    }
    st = st == GT_OK ? read_near(b, near) : st;
    if (st == GT_OK && !b->overflow) {
        st = gt_land_find(ctx, &near->near, box, &b->found, &b->cap_found, &count);
    }
    for (size_t i = 0; st == GT_OK && i < count; i++) {
        st = append(ctx, &near->near.features[b->found[i]], list, cap, n);
    }
    return st;
}

/* ---- quick answers ------------------------------------------------------------------------------
 */

static gt_status truth_of(gt_bulk *b, gt_question *q, uint32_t feature, gt_truth *out)
{
    const gt_land *near = &b->nears[q->near].near;
    if (q->where == NULL) {
        *out = GT_TRUE;
        return GT_OK;
    }
    if (q->block != b->block) {
        void *block = q->truth;
        gt_status st = gt_grow(b->ctx, &block, &q->cap_truth, near->n + 1, 1);
        q->truth = block;
        if (st != GT_OK) {
            return st;
        }
        memset(q->truth, 0, near->n + 1);
        q->block = b->block;
    }
    if (q->truth[feature] == 0) {
        gt_truth truth = GT_FALSE;
        gt_status st = gt_expr_test(b->ctx, q->where, near->features[feature].values, &truth);
        if (st != GT_OK) {
            gt_fail_at(b->ctx,
                       GT_PLACE(.layer = near->layer, .feature = near->features[feature].id));
            return st;
        }
        q->truth[feature] = (uint8_t)(1 + (int)truth);
    }
    *out = (gt_truth)(q->truth[feature] - 1);
    return GT_OK;
}

enum { MOST_TOGETHER = 16 };

/* Do the features that cut the subject overlap each other there? */
static bool together(const gt_bulk *b, const gt_bulk_near *n, const size_t *at, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            double m2 = gt_cutter_shared(&b->cutter, &n->cuts[at[i]], &n->cuts[at[k]]);
            if (fabs(m2) > GT_BULK_TOUCH * b->cutter.m2) {
                return true;
            }
        }
    }
    return false;
}

static gt_status quick_overlap(gt_bulk *b, gt_question *q)
{
    gt_bulk_near *n = &b->nears[q->near];
    gt_measured *r = &q->answer;
    double touch = GT_BULK_TOUCH * b->cutter.m2, sum = 0;
    size_t at[MOST_TOGETHER], count = 0;
    bool covered = false;
    gt_status st = cut_near(b, n);
    if (st != GT_OK || b->overflow) {
        return st;
    }
    for (size_t i = 0; i < n->n; i++) {
        gt_truth truth = GT_TRUE;
        const gt_cut *c = &n->cuts[i];
        if (c->relation == GT_APART) {
            continue;
        }
        st = truth_of(b, q, n->list[i], &truth);
        if (st != GT_OK || truth == GT_UNKNOWN) {
            return st; /* not sure */
        }
        if (truth == GT_FALSE) {
            continue;
        }
        if (c->relation == GT_COVERS) {
            covered = true;
        } else if (c->m2 <= touch || count == MOST_TOGETHER) {
            return GT_OK;
        } else {
            at[count++] = i;
            sum += c->m2;
        }
        r->count++;
    }
    if (r->count > 0 && (q->needs_shape || (!covered && together(b, n, at, count)))) {
        return GT_OK;
    }
    r->share = covered ? 1 : sum / b->cutter.m2;
    r->m2 = r->share * b->m2;
    q->sure = true;
    q->exact = r->count == 0;
    return GT_OK;
}

/* Where the largest overlap is. *best SIZE_MAX: nothing overlaps; *sure false: two are equal, or
 * it is a touch only. */
static gt_status largest(gt_bulk *b, gt_question *q, size_t near, size_t *best, bool *sure)
{
    gt_bulk_near *n = &b->nears[near];
    double first = 0, second = 0, touch = GT_BULK_TOUCH * b->cutter.m2;
    bool slight = false;
    *best = SIZE_MAX;
    *sure = false;
    gt_status st = cut_near(b, n);
    for (size_t i = 0; st == GT_OK && !b->overflow && i < n->n; i++) {
        gt_truth truth = GT_TRUE;
        const gt_cut *c = &n->cuts[i];
        const gt_land_feature *f = &n->near.features[n->list[i]];
        if (c->relation == GT_APART || !is_area(f)) {
            continue;
        }
        st = q == NULL ? GT_OK : truth_of(b, q, n->list[i], &truth);
        if (st != GT_OK || truth == GT_UNKNOWN) {
            return st;
        }
        double m2 = c->relation == GT_COVERS ? b->cutter.m2 : c->m2;
        if (truth == GT_FALSE || m2 <= touch) {
            slight |= truth == GT_TRUE;
            continue;
        }
        if (m2 > first) {
            second = first;
            first = m2;
            *best = n->list[i];
        } else {
            second = m2 > second ? m2 : second;
        }
    }
    *sure = *best == SIZE_MAX ? !slight : first - second > GT_BULK_SPAN * b->cutter.m2;
    return st;
}

static gt_status quick_value(gt_bulk *b, gt_question *q)
{
    size_t best = SIZE_MAX;
    bool sure = false;
    gt_status st = largest(b, q, q->near, &best, &sure);
    if (st != GT_OK || b->overflow || !sure) {
        return st;
    }
    if (best != SIZE_MAX && q->field >= 0) {
        q->answer.value = b->nears[q->near].near.features[best].values[q->field];
        q->answer.count = 1;
    }
    q->sure = q->exact = true;
    return GT_OK;
}

/* Nothing within reach: sure. */
static gt_status quick_distance(gt_bulk *b, gt_question *q)
{
    gt_bulk_near *n = &b->nears[q->near];
    double reach = q->measure->within_m;
    size_t count = 0;
    const gt_box *s = &b->cutter.box;
    gt_status st = read_near(b, n);
    if (st != GT_OK || b->overflow) {
        return st;
    }
    st = gt_land_find(b->ctx, &n->near,
                      (gt_box){s->xmin - reach, s->ymin - reach, s->xmax + reach, s->ymax + reach},
                      &b->found, &b->cap_found, &count);
    for (size_t i = 0; st == GT_OK && i < count; i++) {
        gt_truth truth = GT_TRUE;
        st = truth_of(b, q, b->found[i], &truth);
        if (st != GT_OK || truth != GT_FALSE) {
            return st;
        }
    }
    q->sure = q->exact = st == GT_OK;
    return st;
}

static gt_status open_verdict(gt_bulk *b);

static gt_status quick_total(gt_bulk *b, gt_question *q)
{
    const gt_measured *found = NULL;
    gt_status st = open_verdict(b);
    if (st == GT_OK && !b->overflow) {
        st = gt_meter_measure(b->ctx, b->verdict->meter, q->measure, &found);
    }
    if (found != NULL) {
        q->answer = *found;
        q->sure = q->exact = !b->overflow;
    }
    return st;
}

static gt_status ask(gt_bulk *b, gt_question *q)
{
    if (q->turn == b->turn) {
        return GT_OK;
    }
    q->turn = b->turn;
    q->sure = q->exact = false;
    q->answer = (gt_measured){.measure = q->measure, .distance_m = NAN};
    if (!b->nears[q->near].near.known) {
        q->sure = q->exact = true;
        return GT_OK;
    }
    q->answer.known = true;
    switch (q->measure->kind) {
    case GT_MEASURE_OVERLAP:
        return quick_overlap(b, q);
    case GT_MEASURE_COUNT:
        return q->measure->within_m > 0 ? quick_distance(b, q) : quick_overlap(b, q);
    case GT_MEASURE_DISTANCE:
        return quick_distance(b, q);
    case GT_MEASURE_VALUE:
        return quick_value(b, q);
    case GT_MEASURE_TOTAL:
        return quick_total(b, q);
    }
    return GT_OK;
}

/* ---- totals -----------------------------------------------------------------------------------
 */

/* Measured from the store, once for each unit. */
static gt_status total_afresh(gt_bulk *b, const gt_measure *measure, gt_measured *out)
{
    gt_meter *meter = NULL;
    const gt_measured *found = NULL;
    const gt_meter_setup setup = {.store = b->store,
                                  .package = b->package,
                                  .geos = gt_checker_geos(b->checker),
                                  .where_of = gt_checker_where,
                                  .user = b->checker,
                                  .subject = b->subject->geom,
                                  .as_of = b->check.as_of,
                                  .as_of_rev = b->check.as_of_rev,
                                  .densify_m = b->check.densify_m > 0 ? b->check.densify_m : 70.0};
    gt_status st = gt_meter_new(b->ctx, &setup, &meter);
    st = st == GT_OK ? gt_meter_measure(b->ctx, meter, measure, &found) : st;
    if (st == GT_OK) {
        out->known = found->known;
        out->m2 = found->m2;
        out->count = found->count;
        out->n_unknown = found->n_unknown;
    }
    gt_meter_free(meter);
    return st;
}

static gt_status near_total(gt_ctx *ctx, void *user, const gt_measure *measure, gt_measured *out)
{
    gt_bulk *b = user;
    int64_t row = 0;
    /* what cannot be decided counts only where it meets the subject: not the same for all */
    bool sure = measure->same_unit != NULL || measure->where == NULL;
    gt_status st = GT_OK;
    if (measure->same_unit != NULL) {
        size_t at = 0, best = SIZE_MAX;
        st = near_of(b, measure->same_unit, &at);
        st = st == GT_OK ? largest(b, NULL, at, &best, &sure) : st;
        sure = sure && best != SIZE_MAX;
        row = sure ? b->nears[at].near.features[best].row : 0;
    }
    if (st != GT_OK || b->overflow) {
        return st;
    }
    for (size_t i = 0; sure && i < b->n_totals; i++) {
        const gt_total_known *k = &b->totals[i];
        if (k->row == row && gt_measure_same(k->measure, measure)) {
            out->known = k->answer.known;
            out->m2 = k->answer.m2;
            out->count = k->answer.count;
            out->n_unknown = k->answer.n_unknown;
            return GT_OK;
        }
    }
    st = total_afresh(b, measure, out);
    if (st == GT_OK && sure) {
        void *block = b->totals;
        st = gt_grow(ctx, &block, &b->cap_totals, b->n_totals + 1, sizeof *b->totals);
        b->totals = block;
    }
    if (st == GT_OK && sure) {
        b->totals[b->n_totals++] = (gt_total_known){measure, row, *out};
    }
    return st;
}

/* ---- rules --------------------------------------------------------------------------------------
 */

static gt_value scaled(const gt_question *q, gt_aspect aspect, double factor)
{
    gt_measured m = q->answer;
    if (!q->exact) {
        m.m2 *= factor;
        m.share *= factor;
    }
    return gt_measured_aspect(&m, aspect);
}

static gt_value value_of(const gt_bulk *b, const gt_rule_plan *p, size_t at, double factor)
{
    const gt_name *n = &p->rule->names[at];
    gt_value v = {.kind = GT_NULL};
    switch (n->kind) {
    case GT_NAME_FACT:
        return p->facts[at] == SIZE_MAX ? v : b->facts[p->facts[at]];
    case GT_NAME_AREA:
        return (gt_value){.kind = GT_VAL_REAL, .real = b->m2};
    case GT_NAME_DATE:
        return (gt_value){.kind = GT_VAL_TEXT, .text = b->as_of, .len = strlen(b->as_of)};
    case GT_NAME_UNIT:
        if (*b->unit != '\0') {
            v = (gt_value){.kind = GT_VAL_TEXT, .text = b->unit, .len = strlen(b->unit)};
        }
        return v;
    case GT_NAME_MEASURE:
        return scaled(&b->questions[p->questions[n->measure]], n->aspect, factor);
    }
    return v;
}

static bool same_value(const gt_value *a, const gt_value *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case GT_NULL:
        return true;
    case GT_VAL_TEXT:
        return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    case GT_VAL_INT:
        return a->integer == b->integer;
    case GT_VAL_REAL:
        return a->real == b->real;
    }
    return false;
}

static void remember(gt_memo *m, const gt_value *values, const size_t *used, size_t n,
                     gt_truth truth)
{
    m->set = false;
    for (size_t i = 0; i < n; i++) {
        m->values[i] = values[used[i]];
        if (m->values[i].kind == GT_VAL_TEXT) {
            if (m->values[i].len > GT_MEMO_TEXT) {
                return;
            }
            memcpy(m->texts[i], m->values[i].text, m->values[i].len);
            m->values[i].text = m->texts[i];
        }
    }
    m->truth = truth;
    m->set = true;
}

/* Expressions are functions of their values alone (expr.h), so an answer may be remembered. */
static gt_status test(gt_bulk *b, const gt_rule_plan *p, gt_expr *expr, double factor,
                      gt_memo *memos, size_t n_memos, unsigned *at, gt_truth *out)
{
    size_t n = 0;
    const size_t *used = gt_expr_used(expr, &n);
    for (size_t i = 0; i < n; i++) {
        b->values[used[i]] = value_of(b, p, used[i], factor);
    }
    for (size_t k = 0; n <= GT_MEMO_VALUES && k < n_memos; k++) {
        bool same = memos[k].set;
        for (size_t i = 0; same && i < n; i++) {
            same = same_value(&memos[k].values[i], &b->values[used[i]]);
        }
        if (same) {
            *out = memos[k].truth;
            return GT_OK;
        }
    }
    gt_status st = gt_expr_test(b->ctx, expr, b->values, out);
    if (st == GT_OK && n <= GT_MEMO_VALUES) {
        remember(&memos[*at], b->values, used, n, *out);
        *at = (*at + 1) % (unsigned)n_memos;
    }
    return st;
}

typedef enum outcome { SILENT, HOLDS, OPEN } outcome;

static bool lacks_need(const gt_bulk *b, const gt_rule *r)
{
    for (size_t i = 0; r->needs != NULL && r->needs[i] != NULL; i++) {
        size_t at = fact_of(b, r->needs[i]);
        if (at == SIZE_MAX || b->facts[at].kind == GT_NULL) {
            return true;
        }
    }
    return false;
}

/* Does the rule clearly hold, or not speak of the subject at all? */
static gt_status settle(gt_bulk *b, gt_rule_plan *p, outcome *out)
{
    gt_truth truth = GT_TRUE;
    gt_status st = GT_OK;
    bool exact = true;
    *out = OPEN;
    if (p->code->when != NULL) {
        st = test(b, p, p->code->when, 1, p->when, 2, &p->when_at, &truth);
    }
    if (st != GT_OK || truth != GT_TRUE) {
        *out = truth == GT_FALSE ? SILENT : OPEN;
        return st;
    }
    if (b->list_passes || p->code->condition == NULL || lacks_need(b, p->rule)) {
        return GT_OK;
    }
    for (size_t i = 0; i < p->rule->n_measures; i++) {
        gt_question *q = &b->questions[p->questions[i]];
        st = ask(b, q);
        if (st != GT_OK || b->overflow || !q->sure || q->answer.n_unknown > 0) {
            return st;
        }
        exact = exact && q->exact;
    }
    for (int end = 0; end < (exact ? 1 : 2); end++) {
        st = test(b, p, p->code->condition,
                  exact      ? 1
                  : end == 0 ? 1 - GT_BULK_SPAN
                             : 1 + GT_BULK_SPAN,
                  p->condition, 4, &p->condition_at, &truth);
        if (st != GT_OK || truth != GT_FALSE) {
            return st;
        }
    }
    *out = HOLDS;
    return GT_OK;
}

/* ---- a subject --------------------------------------------------------------------------------
 */

static gt_origin unit_origin(const gt_bulk *b)
{
    const gt_question *q = b->unit_question == SIZE_MAX ? NULL : &b->questions[b->unit_question];
    const gt_land *land = q == NULL ? NULL : &b->nears[q->near].near;
    return land != NULL && land->known ? land->info.origin : GT_ORIGIN_SURVEY;
}

static gt_status open_verdict(gt_bulk *b)
{
    if (b->verdict != NULL) {
        return GT_OK;
    }
    gt_status st =
        gt_trial_open(b->checker, b->subject, &b->check, &b->hooks, b->unit, &b->verdict);
    if (st == GT_OK && b->unit != NULL) {
        b->verdict->unit_origin = unit_origin(b);
    }
    if (st == GT_OK && b->together != NULL) {
        b->verdict->together = b->together;
        b->verdict->n_together = b->n_together;
        b->verdict->borrowed = true;
    }
    return st;
}

static gt_status begin(gt_bulk *b, const gt_subject *s, gt_value *facts)
{
    double step = b->check.densify_m > 0 ? b->check.densify_m : 70.0;
    gt_status st = gt_meter_check(b->ctx, gt_checker_geos(b->checker), s->geom);
    if (st != GT_OK) {
        return st;
    }
    memset(facts, 0, (b->kind->n_fields + 1) * sizeof *facts);
    for (size_t i = 0; i < s->n_facts; i++) {
        size_t at = fact_of(b, s->facts[i].name);
        if (at != SIZE_MAX && facts[at].kind == GT_NULL) {
            facts[at] = s->facts[i].value;
        }
    }
    b->turn++;
    b->subject = s;
    b->facts = facts;
    b->verdict = NULL;
    b->unit = NULL;
    b->m2 = gt_area_survey(gt_store_plane(b->store), s->geom, step);
    return gt_cutter_take(b->ctx, &b->cutter, s->geom);
}

/* The unit the subject lies in; where that is not sure, or it lies in none, it is measured. */
static gt_status name_unit(gt_bulk *b)
{
    if (b->unit_question == SIZE_MAX) {
        b->unit = "";
        return GT_OK;
    }
    gt_question *q = &b->questions[b->unit_question];
    gt_status st = ask(b, q);
    if (st != GT_OK || b->overflow) {
        return st;
    }
    if (q->sure && (q->answer.count > 0 || !q->answer.known)) {
        b->unit = q->answer.value.kind == GT_VAL_TEXT ? q->answer.value.text : "";
        return GT_OK;
    }
    st = open_verdict(b);
    b->unit = st == GT_OK ? b->verdict->unit : "";
    return st;
}

static gt_status try_rules(gt_bulk *b, size_t *held)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && !b->overflow && i < b->n_plans; i++) {
        outcome o = OPEN;
        if (b->together == NULL || !b->plans[i].rule->together) {
            st = settle(b, &b->plans[i], &o); /* by the land of the subject alone */
        }
        if (st == GT_OK && !b->overflow && o == OPEN) {
            st = open_verdict(b);
            b->n_tried++;
            st = st == GT_OK ? gt_trial_rule(b->checker, b->verdict, b->subject, b->plans[i].index)
                             : st;
        }
        *held += o == HOLDS;
    }
    return st;
}

/* Findings that hold without exception need not be listed. */
static void drop_passes(gt_verdict *v, size_t *held)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_findings; i++) {
        if (v->findings[i].result == GT_PASS && v->findings[i].exempt == NULL) {
            ++*held;
        } else {
            v->findings[n++] = v->findings[i];
        }
    }
    v->n_findings = n;
}

gt_status gt_bulk_subject(gt_bulk *b, const gt_subject *subject, gt_verdict *light,
                          const gt_verdict **out)
{
    size_t held = 0;
    gt_value *facts = gt_alloc(b->ctx, b->kind->n_fields + 1, sizeof *facts);
    gt_status st = facts == NULL ? GT_E_MEMORY : begin(b, subject, facts);
    st = st == GT_OK ? name_unit(b) : st;
    st = st == GT_OK && !b->overflow ? try_rules(b, &held) : st;
    gt_free(b->ctx, facts);
    b->facts = NULL;
    if (st != GT_OK || b->overflow) {
        gt_verdict_free(b->verdict);
        b->verdict = NULL;
        return st;
    }
    gt_verdict *v = b->verdict;
    if (v == NULL) {
        v = light;
        *v = (gt_verdict){.ctx = b->ctx,
                          .package = b->package,
                          .kind = b->kind->id,
                          .name = subject->name == NULL ? "" : subject->name,
                          .project = subject->project,
                          .unit = b->unit,
                          .unit_origin = unit_origin(b),
                          .as_of = b->day,
                          .revision = b->check.as_of_rev > 0 ? b->check.as_of_rev
                                                             : gt_store_revision(b->store),
                          .m2 = b->m2,
                          .geom = subject->geom};
    } else if (!b->list_passes) {
        drop_passes(v, &held);
    }
    v->n_unlisted = held;
    gt_trial_close(v);
    b->n_settled += held;
    *out = v;
    return GT_OK;
}
