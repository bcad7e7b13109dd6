/* What a bulk check knows of the land near one subject: features, cuts, quick answers, totals. */
#include <math.h>
#include <string.h>

#include "check/bulk_rules.h"

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

gt_status gt_bulk_find(gt_ctx *ctx, void *user, const char *layer, gt_box box,
                       gt_near_feature **list, size_t *cap, size_t *n)
{
    gt_bulk *b = user;
    size_t at = 0, count = 0;
    gt_status st = gt_bulk_near_of(b, layer, &at);
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

static gt_status quick_total(gt_bulk *b, gt_question *q)
{
    const gt_measured *found = NULL;
    gt_status st = gt_bulk_verdict(b);
    if (st == GT_OK && !b->overflow) {
        st = gt_meter_measure(b->ctx, b->verdict->meter, q->measure, &found);
    }
    if (found != NULL) {
        q->answer = *found;
        q->sure = q->exact = !b->overflow;
    }
    return st;
}

gt_status gt_bulk_ask(gt_bulk *b, gt_question *q)
{
    if (q->turn == b->turn) {
        return GT_OK;
    }
    q->turn = b->turn;
    q->sure = q->exact = false;
    q->answer = (gt_measured){.measure = q->measure, .distance_m = NAN};
    bool seen = b->check.may_see == NULL || b->check.may_see(b->check.user, q->measure->layer);
    if (!seen || !b->nears[q->near].near.known) {
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
                                  .densify_m = b->check.densify_m > 0 ? b->check.densify_m : 70.0,
                                  .may_see = b->check.may_see,
                                  .see_user = b->check.user};
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

gt_status gt_bulk_total(gt_ctx *ctx, void *user, const gt_measure *measure, gt_measured *out)
{
    gt_bulk *b = user;
    int64_t row = 0;
    /* what cannot be decided counts only where it meets the subject: not the same for all */
    bool sure = measure->same_unit != NULL || measure->where == NULL;
    gt_status st = GT_OK;
    if (measure->same_unit != NULL) {
        size_t at = 0, best = SIZE_MAX;
        st = gt_bulk_near_of(b, measure->same_unit, &at);
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
