#include "store/qc_cover_pair.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORTH = 64, PER_SLAB = 8, MOST_SLABS = 1 << 20 };

void qc_edges_free(gt_ctx *ctx, qc_edges *e)
{
    gt_free(ctx, e->edge);
    gt_free(ctx, e->slab_at);
    gt_free(ctx, e->slab);
}

void qc_pair_scratch_free(gt_ctx *ctx, qc_pair_scratch *s)
{
    gt_free(ctx, s->a);
    gt_free(ctx, s->b);
}

static uint32_t slab_of(const qc_edges *e, double x)
{
    double at = (x - e->x) / e->width;
    return at <= 0 ? 0 : at >= e->n_slabs - 1 ? e->n_slabs - 1 : (uint32_t)at;
}

/* So many slabs that an edge stands in three on average, whatever its length. */
static gt_status make_slabs(gt_ctx *ctx, qc_edges *e)
{
    double left = HUGE_VAL, right = -HUGE_VAL, length = 0;
    void *at = e->slab_at, *slab = e->slab;
    e->n_slabs = 0;
    if (e->n < WORTH) {
        return GT_OK;
    }
    for (size_t i = 0; i < e->n; i++) {
        left = fmin(left, e->edge[i].x0);
        right = fmax(right, e->edge[i].x1);
        length += e->edge[i].x1 - e->edge[i].x0;
    }
    double n = fmin((double)e->n / PER_SLAB, 2.0 * (double)e->n * (right - left) / length);
    e->n_slabs = (uint32_t)fmin(fmax(n, 1), MOST_SLABS);
    e->x = left;
    e->width = (right - left) / e->n_slabs;
    gt_status st = gt_grow(ctx, &at, &e->cap_at, (size_t)e->n_slabs + 1, sizeof *e->slab_at);
    if (st != GT_OK) {
        return st;
    }
    e->slab_at = at;
    memset(e->slab_at, 0, ((size_t)e->n_slabs + 1) * sizeof *e->slab_at);
    for (size_t i = 0; i < e->n; i++) {
        for (uint32_t s = slab_of(e, e->edge[i].x0); s <= slab_of(e, e->edge[i].x1); s++) {
            e->slab_at[s]++;
        }
    }
    for (uint32_t s = 0; s < e->n_slabs; s++) {
        e->slab_at[s + 1] += e->slab_at[s];
    }
    st = gt_grow(ctx, &slab, &e->cap_slab, e->slab_at[e->n_slabs], sizeof *e->slab);
    if (st != GT_OK) {
        return st;
    }
    e->slab = slab;
    for (size_t i = e->n; i-- > 0;) { /* from the back: ends become beginnings */
        for (uint32_t s = slab_of(e, e->edge[i].x0); s <= slab_of(e, e->edge[i].x1); s++) {
            e->slab[--e->slab_at[s]] = (uint32_t)i;
        }
    }
    return GT_OK;
}

gt_status qc_edges_make(gt_ctx *ctx, const gt_geom *g, qc_edges *e)
{
    void *block = e->edge;
    gt_status st = gt_grow(ctx, &block, &e->cap, g->n_points, sizeof *e->edge);
    if (st != GT_OK) {
        return st;
    }
    e->edge = block;
    e->n = 0;
    uint32_t start = 0;
    for (uint32_t r = 0; r < g->n_rings; r++) {
        for (uint32_t i = start; i + 1 < g->ring_end[r]; i++) {
            const double *p = g->xy + 2 * (size_t)i;
            if (p[0] < p[2]) {
                e->edge[e->n++] = (qc_edge){p[0], p[1], p[2], p[3], -1};
            } else if (p[2] < p[0]) {
                e->edge[e->n++] = (qc_edge){p[2], p[3], p[0], p[1], 1};
            }
        }
        start = g->ring_end[r];
    }
    return make_slabs(ctx, e);
}

/* The part of an edge within the window's range of x and above its bottom, relative to its corner;
 * what is below adds nothing to "above the bottom and below both". */
static bool cut(const qc_edge *from, gt_box w, qc_edge *to)
{
    if (from->x1 <= w.xmin || from->x0 >= w.xmax || (from->y0 <= w.ymin && from->y1 <= w.ymin)) {
        return false;
    }
    double slope = (from->y1 - from->y0) / (from->x1 - from->x0);
    qc_edge e = {from->x0 - w.xmin, from->y0 - w.ymin, from->x1 - w.xmin, from->y1 - w.ymin,
                 from->sign};
    double wide = w.xmax - w.xmin;
    if (e.x0 < 0) {
        e.y0 -= slope * e.x0;
        e.x0 = 0;
    }
    if (e.x1 > wide) {
        e.y1 -= slope * (e.x1 - wide);
        e.x1 = wide;
    }
    if (e.y0 < 0 && e.y1 > 0) {
        e.x0 -= e.y0 / slope;
        e.y0 = 0;
    } else if (e.y1 < 0 && e.y0 > 0) {
        e.x1 -= e.y1 / slope;
        e.y1 = 0;
    }
    *to = e;
    return e.x0 < e.x1 && (e.y0 > 0 || e.y1 > 0);
}

static gt_status gather(gt_ctx *ctx, const qc_edges *e, gt_box w, qc_edge **list, size_t *cap,
                        size_t *n)
{
    void *block = *list;
    uint32_t first = e->n_slabs > 0 ? slab_of(e, w.xmin) : 0;
    uint32_t last = e->n_slabs > 0 ? slab_of(e, w.xmax) : 0;
    size_t most = e->n_slabs > 0 ? e->slab_at[last + 1] - e->slab_at[first] : e->n;
    gt_status st = gt_grow(ctx, &block, cap, most + 1, sizeof **list);
    if (st != GT_OK) {
        return st;
    }
    *list = block;
    *n = 0;
    if (e->n_slabs == 0) {
        for (size_t i = 0; i < e->n; i++) {
            *n += cut(&e->edge[i], w, &(*list)[*n]) ? 1 : 0;
        }
        return GT_OK;
    }
    for (uint32_t s = first; s <= last; s++) {
        for (uint32_t k = e->slab_at[s]; k < e->slab_at[s + 1]; k++) {
            const qc_edge *edge = &e->edge[e->slab[k]];
            bool new_here = slab_of(e, edge->x0) == s || s == first; /* stands in several: once */
            *n += new_here && cut(edge, w, &(*list)[*n]) ? 1 : 0;
        }
    }
    return GT_OK;
}

/* Integral over the common range of x of the lower of two edges. */
static double below_both(const qc_edge *a, const qc_edge *b)
{
    double x0 = fmax(a->x0, b->x0), x1 = fmin(a->x1, b->x1);
    if (!(x0 < x1)) {
        return 0;
    }
    double sa = (a->y1 - a->y0) / (a->x1 - a->x0), sb = (b->y1 - b->y0) / (b->x1 - b->x0);
    double a0 = a->y0 + sa * (x0 - a->x0), a1 = a->y0 + sa * (x1 - a->x0);
    double b0 = b->y0 + sb * (x0 - b->x0), b1 = b->y0 + sb * (x1 - b->x0);
    double d0 = a0 - b0, d1 = a1 - b1, wide = x1 - x0;
    if ((d0 <= 0 && d1 <= 0) || (d0 >= 0 && d1 >= 0)) {
        return 0.5 * wide * (d0 + d1 <= 0 ? a0 + a1 : b0 + b1);
    }
    double t = d0 / (d0 - d1); /* they cross: one is lower before, the other after */
    double y = a0 + t * (a1 - a0);
    double low0 = fmin(a0, b0), low1 = fmin(a1, b1);
    return 0.5 * wide * (t * (low0 + y) + (1 - t) * (y + low1));
}

static int by_left_end(const void *a, const void *b)
{
    double x = ((const qc_edge *)a)->x0, y = ((const qc_edge *)b)->x0;
    return x < y ? -1 : x > y;
}

/* Many edges: only pairs that share a range of x, found by their left ends. HUGE_VAL when even
 * those are too many (long edges side by side). */
static gt_status many(gt_ctx *ctx, const qc_pair_scratch *s, size_t n_a, size_t n_b, double *area)
{
    const double most_pairs = 5e7;
    double widest = 0, pairs = 0, sum = 0;
    gt_status st = GT_OK;
    qsort(s->b, n_b, sizeof *s->b, by_left_end);
    for (size_t k = 0; k < n_b; k++) {
        widest = fmax(widest, s->b[k].x1 - s->b[k].x0);
    }
    for (size_t i = 0; st == GT_OK && i < n_a && pairs <= most_pairs; i++) {
        const qc_edge *a = &s->a[i];
        size_t low = 0, high = n_b;
        while (low < high) { /* first that may reach a */
            size_t mid = (low + high) / 2;
            if (s->b[mid].x0 < a->x0 - widest) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        double row = 0;
        while (low < n_b && s->b[low].x0 < a->x1) {
            row += s->b[low].sign * below_both(a, &s->b[low]);
            low++;
            pairs++;
        }
        sum += a->sign * row;
        st = gt_check_cancel(ctx);
    }
    *area = pairs <= most_pairs ? sum : HUGE_VAL;
    return st;
}

gt_status qc_pair_area(gt_ctx *ctx, qc_pair_scratch *s, const qc_edges *a, const qc_edges *b,
                       gt_box window, double *area)
{
    const size_t few = 4096; /* pairs */
    size_t n_a = 0, n_b = 0;
    double sum = 0;
    gt_status st = gather(ctx, a, window, &s->a, &s->cap_a, &n_a);
    st = st == GT_OK && n_a > 0 ? gather(ctx, b, window, &s->b, &s->cap_b, &n_b) : st;
    if (st == GT_OK && n_b > 0 && n_a > few / n_b) {
        return many(ctx, s, n_a, n_b, area);
    }
    for (size_t i = 0; st == GT_OK && i < n_a; i++) {
        double row = 0;
        for (size_t k = 0; k < n_b; k++) {
            row += s->b[k].sign * below_both(&s->a[i], &s->b[k]);
        }
        sum += s->a[i].sign * row;
    }
    *area = sum;
    return st;
}
