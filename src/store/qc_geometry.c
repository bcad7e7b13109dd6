/* Check of one geometry: order of the steps, thresholds, findings. See store/qc.h for the map. */
#include <string.h>

#include "store/qc.h"
#include "store/qc_messages.h"

/* ---- findings -------------------------------------------------------------------------------- */

gt_qc_finding *qc_find(gt_qc_result *result, gt_qc_kind kind)
{
    for (size_t i = 0; i < result->n; i++) {
        if (result->findings[i].kind == kind) {
            result->findings[i].count++;
            return &result->findings[i];
        }
    }
    gt_qc_finding *f = &result->findings[result->n++];
    memset(f, 0, sizeof *f);
    f->kind = kind;
    f->count = 1;
    return f;
}

void qc_find_at(gt_qc_result *result, gt_qc_kind kind, uint32_t part, uint32_t ring, double x,
                double y)
{
    gt_qc_finding *f = qc_find(result, kind);
    if (f->count == 1) {
        f->part = part;
        f->ring = ring;
        f->has_xy = isfinite(x) && isfinite(y);
        f->x = f->has_xy ? x : 0.0;
        f->y = f->has_xy ? y : 0.0;
    }
}

static void order_findings(gt_qc_result *result)
{
    result->error = false;
    for (size_t i = 0; i < result->n; i++) {
        gt_qc_finding f = result->findings[i];
        size_t j = i;
        for (; j > 0 && result->findings[j - 1].kind > f.kind; j--) {
            result->findings[j] = result->findings[j - 1];
        }
        result->findings[j] = f;
        result->error |= gt_qc_severity(f.kind) == GT_ERROR;
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

static gt_geom_type family(gt_geom_type type)
{
    switch (type) {
    case GT_GEOM_NONE:
        return GT_GEOM_NONE;
    case GT_POINT:
    case GT_MULTIPOINT:
        return GT_MULTIPOINT;
    case GT_LINESTRING:
    case GT_MULTILINESTRING:
        return GT_MULTILINESTRING;
    case GT_POLYGON:
    case GT_MULTIPOLYGON:
        return GT_MULTIPOLYGON;
    }
    return GT_GEOM_NONE;
}

/* Box of the finite points; false when there is one that is not a place. */
static bool check_points(const gt_geom *g, gt_qc_result *result)
{
    gt_box b = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    bool sound = true;
    for (uint32_t i = 0; i < g->n_points; i++) {
        double x = g->xy[2 * (size_t)i], y = g->xy[2 * (size_t)i + 1];
        if (!(fabs(x) <= QC_HUGE && fabs(y) <= QC_HUGE)) {
            qc_find_at(result, GT_QC_NOT_FINITE, 0, 0, x, y);
            sound = false;
            continue;
        }
        b.xmin = x < b.xmin ? x : b.xmin;
        b.xmax = x > b.xmax ? x : b.xmax;
        b.ymin = y < b.ymin ? y : b.ymin;
        b.ymax = y > b.ymax ? y : b.ymax;
    }
    result->box = b;
    return sound;
}

static void check_bounds(const gt_qc *qc, const gt_geom *g, gt_qc_result *result)
{
    const gt_box *in = &qc->rules.bounds, *b = &result->box;
    if (!qc->rules.has_bounds || (b->xmin >= in->xmin && b->ymin >= in->ymin &&
                                  b->xmax <= in->xmax && b->ymax <= in->ymax)) {
        return;
    }
    for (uint32_t i = 0; i < g->n_points; i++) {
        double x = g->xy[2 * (size_t)i], y = g->xy[2 * (size_t)i + 1];
        if (!(x >= in->xmin && x <= in->xmax && y >= in->ymin && y <= in->ymax)) {
            qc_find_at(result, GT_QC_OUT_OF_BOUNDS, 0, 0, x, y);
        }
    }
}

static void check_lines(const gt_geom *g, gt_qc_result *result)
{
    for (uint32_t r = 0, a = 0; r < g->n_rings; a = g->ring_end[r++]) {
        uint32_t different = 0;
        for (uint32_t i = a; i < g->ring_end[r]; i++) {
            const double *p = g->xy + 2 * (size_t)i;
            if (i > a && p[0] == p[-2] && p[1] == p[-1]) {
                qc_find_at(result, GT_QC_REPEATED, 0, r, p[0], p[1]);
            } else {
                different++;
            }
        }
        if (different < 2) {
            bool some = g->ring_end[r] > a;
            qc_find_at(result, GT_QC_TOO_FEW, 0, r, some ? g->xy[2 * (size_t)a] : NAN,
                       some ? g->xy[2 * (size_t)a + 1] : NAN);
        }
    }
}

static bool same_ring(const qc_scratch *s, uint32_t a, uint32_t b)
{
    const qc_ring *ra = &s->rings[a], *rb = &s->rings[b];
    uint32_t n = ra->end - ra->first;
    if (n != rb->end - rb->first || s->ccw == NULL) {
        return false;
    }
    const double *xa = s->x + ra->first, *ya = s->y + ra->first;
    const double *xb = s->x + rb->first, *yb = s->y + rb->first;
    for (uint32_t start = 0; start < n; start++) {
        if (xb[start] != xa[0] || yb[start] != ya[0]) {
            continue;
        }
        bool ahead = true, back = true;
        for (uint32_t i = 1; i < n && (ahead || back); i++) {
            uint32_t f = start + i < n ? start + i : start + i - n;
            uint32_t w = start >= i ? start - i : start + n - i;
            ahead = ahead && xb[f] == xa[i] && yb[f] == ya[i];
            back = back && xb[w] == xa[i] && yb[w] == ya[i];
        }
        return ahead || back; /* a sound ring passes a point once */
    }
    return false;
}

/* Edges lie on each other: is it because a whole ring is there twice? */
static void name_duplicate(const qc_scratch *s, qc_fault *fault)
{
    for (uint32_t r = 0; r < s->n_rings; r++) {
        if (r != fault->ring && same_ring(s, fault->ring, r)) {
            uint32_t later = r > fault->ring ? r : fault->ring;
            uint32_t v = s->rings[later].first;
            *fault = (qc_fault){true, GT_QC_DUPLICATE_RING, later, s->x[v], s->y[v]};
            return;
        }
    }
}

static gt_status check_structure(gt_ctx *ctx, gt_qc *qc, gt_qc_result *result)
{
    qc_scratch *s = &qc->s;
    bool simple = false;
    gt_status st = GT_OK;
    if (s->n_rings == 1 && s->n <= QC_QUICK_MAX) {
        st = qc_quick_simple(ctx, s, &simple);
    }
    if (st != GT_OK || simple) {
        return st;
    }
    qc_fault fault;
    st = qc_sweep(ctx, s, &fault);
    if (st == GT_OK && fault.found && fault.kind == GT_QC_LINE_TOUCH) {
        name_duplicate(s, &fault);
    }
    if (st == GT_OK && !fault.found) {
        st = qc_structure(ctx, s, &fault);
    }
    if (st == GT_OK && fault.found) {
        uint32_t part = s->rings[fault.ring].part, first = fault.ring;
        while (first > 0 && s->rings[first - 1].part == part) {
            first--;
        }
        qc_find_at(result, fault.kind, part, fault.ring - first, fault.x, fault.y);
    }
    return st;
}

gt_status gt_qc_geometry(gt_ctx *ctx, gt_qc *qc, const gt_geom *geom, gt_qc_result *result)
{
    gt_status st = GT_OK;
    result->n = 0;
    result->error = false;
    result->plane_area = 0.0;
    result->shape = 0;
    result->box = (gt_box){INFINITY, INFINITY, -INFINITY, -INFINITY};
    if (geom == NULL || geom->n_points == 0) {
        (void)qc_find(result, GT_QC_EMPTY);
        goto done;
    }
    if (qc->declared != GT_GEOM_NONE && family(geom->type) != family(qc->declared)) {
        qc_find_at(result, GT_QC_WRONG_TYPE, 0, 0, geom->xy[0], geom->xy[1]);
        goto done;
    }
    if (geom->n_points > qc->max_points) {
        qc_find_at(result, GT_QC_TOO_MANY, 0, 0, geom->xy[0], geom->xy[1]);
        result->findings[0].value = geom->n_points;
        result->findings[0].limit = qc->max_points;
        goto done;
    }
    bool sound = check_points(geom, result);
    check_bounds(qc, geom, result);
    switch (family(geom->type)) {
    case GT_MULTIPOLYGON:
        if (sound) {
            st = qc_rings_scan(ctx, qc, geom, result, &sound);
        }
        if (st == GT_OK && sound) {
            st = check_structure(ctx, qc, result);
        }
        break;
    case GT_MULTILINESTRING:
        check_lines(geom, result);
        break;
    case GT_MULTIPOINT:
    case GT_GEOM_NONE:
    case GT_POINT:
    case GT_LINESTRING:
    case GT_POLYGON:
        break;
    }
done:
    order_findings(result);
    return st;
}

/* ---- object ---------------------------------------------------------------------------------- */

gt_status gt_qc_new(gt_ctx *ctx, gt_geom_type declared, const gt_qc_rules *rules,
                    uint32_t max_points, gt_qc **out)
{
    gt_qc *qc = gt_zalloc(ctx, 1, sizeof *qc);
    if (qc == NULL) {
        return GT_E_MEMORY;
    }
    qc->declared = declared;
    qc->max_points = max_points == 0 ? 10000000U : max_points;
    if (rules != NULL) {
        qc->rules = *rules;
        double t = tan(rules->min_angle_deg * (3.14159265358979323846 / 180.0));
        qc->spike_tan2 = rules->min_angle_deg > 0.0 ? t * t : 0.0;
    }
    gt_geom_init(&qc->mended);
    *out = qc;
    return GT_OK;
}

void gt_qc_free(gt_ctx *ctx, gt_qc *qc)
{
    if (qc == NULL) {
        return;
    }
    qc_scratch *s = &qc->s;
    void *const blocks[] = {s->x,         s->y,   s->rings, s->boxes,     s->vert, s->key,
                            s->key_other, s->arm, s->touch, s->container, s->ccw,  s->parent};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        gt_free(ctx, blocks[i]);
    }
    qc_order_free(ctx, &s->order);
    gt_geom_free(ctx, &qc->mended);
    gt_geos_free(qc->geos);
    gt_free(ctx, qc);
}
