/* Areas of two layers alone. A polygon is the signed sum of the regions below its edges, so the
 * area two polygons share is the sum over their edge pairs of sign(ea) sign(eb) integral over the
 * common x range of min(ya, yb) dx. On the ellipsoid the integrand is weighted with 1/m^2, a
 * quadratic of x about each feature of a (its change with y over a feature is below 1e-9);
 * Gauss-Legendre with two points is exact then. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "weave/messages.h"
#include "weave/weave.h"

enum { TASK = 256 };

typedef struct feature {
    const gt_weave_batch *batch;
    uint32_t part0, part1, number;
    double box[4];
} feature;

typedef struct layer {
    feature *features;
    size_t n;
} layer;

typedef struct grid {
    double x0, y0, cx, cy;
    uint32_t g;
    uint32_t *start, *list;
} grid;

/* Edges left to right inside an x range: parallel arrays, so that inner loops stay in cache lines.
 */
typedef struct edges {
    size_t n, cap;
    double *x0, *x1, *y0, *k, *s;
    double *block;
} edges;

typedef struct lane { /* one worker */
    edges a, b;
    uint64_t *seen;
} lane;

typedef struct found {
    wv_pair *pairs;
    size_t n, cap;
} found;

typedef struct sums {
    layer a, b;
    grid grid;
    lane *lanes;
    found *found; /* per task */
    gt_weave_scale_fn scale;
    const void *user;
} sums;

/* ---- layers --------------------------------------------------------------------------------- */

static gt_status feature_box(gt_ctx *ctx, feature *f)
{
    const gt_weave_batch *b = f->batch;
    f->box[0] = f->box[1] = INFINITY;
    f->box[2] = f->box[3] = -INFINITY;
    if (f->part0 == f->part1) {
        return GT_OK;
    }
    uint32_t r0 = f->part0 == 0 ? 0 : b->part_end[f->part0 - 1], r1 = b->part_end[f->part1 - 1];
    uint32_t i0 = r0 == 0 ? 0 : b->ring_end[r0 - 1], i1 = r1 == 0 ? 0 : b->ring_end[r1 - 1];
    for (uint32_t i = i0; i < i1; i++) {
        double x = b->xy[2 * (size_t)i], y = b->xy[2 * (size_t)i + 1];
        if (!(fabs(x) <= 1e9 && fabs(y) <= 1e9)) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_WEAVE_COORDINATE,
                           GT_PLACE(.has_xy = true, .x = x, .y = y), GT_NO_ARGS);
        }
        f->box[0] = x < f->box[0] ? x : f->box[0];
        f->box[1] = y < f->box[1] ? y : f->box[1];
        f->box[2] = x > f->box[2] ? x : f->box[2];
        f->box[3] = y > f->box[3] ? y : f->box[3];
    }
    return GT_OK;
}

static gt_status open_layer(gt_ctx *ctx, const gt_weave_batch *batches, size_t n, layer *out)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        total += batches[i].n_features;
    }
    if (total >= UINT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_WEAVE_OPTION, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "n_features"), GT_INT("value", total)));
    }
    out->features = gt_alloc(ctx, total + 1, sizeof *out->features);
    if (out->features == NULL) {
        return GT_E_MEMORY;
    }
    out->n = total;
    for (size_t i = 0; i < n; i++) {
        const gt_weave_batch *b = &batches[i];
        for (size_t f = 0; f < b->n_features; f++, at++) {
            out->features[at] = (feature){
                .batch = b,
                .part0 = f == 0 ? 0 : b->feature_end[f - 1],
                .part1 = b->feature_end[f],
                .number = b->number != NULL ? b->number[f] : b->first_number + (uint32_t)f};
            gt_status st = feature_box(ctx, &out->features[at]);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

/* ---- grid over b ---------------------------------------------------------------------------- */

static uint32_t bin_of(const grid *g, double v, double origin, double per)
{
    double b = (v - origin) * per;
    return b < 0 ? 0 : b >= g->g ? g->g - 1 : (uint32_t)b;
}

static void bins_of(const grid *g, const double box[4], uint32_t at[4])
{
    at[0] = bin_of(g, box[0], g->x0, g->cx);
    at[1] = bin_of(g, box[1], g->y0, g->cy);
    at[2] = bin_of(g, box[2], g->x0, g->cx);
    at[3] = bin_of(g, box[3], g->y0, g->cy);
}

static void spread(grid *g, const layer *b, bool fill)
{
    for (size_t i = 0; i < b->n; i++) {
        uint32_t at[4];
        if (b->features[i].box[0] > b->features[i].box[2]) {
            continue;
        }
        bins_of(g, b->features[i].box, at);
        for (uint32_t v = at[1]; v <= at[3]; v++) {
            for (uint32_t u = at[0]; u <= at[2]; u++) {
                uint32_t *start = &g->start[(size_t)v * g->g + u];
                if (fill) {
                    g->list[--*start] = (uint32_t)i;
                } else {
                    ++*start;
                }
            }
        }
    }
}

static gt_status open_grid(gt_ctx *ctx, const layer *b, grid *g)
{
    double x1 = -INFINITY, y1 = -INFINITY;
    g->x0 = g->y0 = INFINITY;
    for (size_t i = 0; i < b->n; i++) {
        const double *q = b->features[i].box;
        g->x0 = fmin(g->x0, q[0]);
        g->y0 = fmin(g->y0, q[1]);
        x1 = fmax(x1, q[2]);
        y1 = fmax(y1, q[3]);
    }
    g->g = (uint32_t)sqrt((double)b->n) + 1;
    g->cx = x1 > g->x0 ? g->g / (x1 - g->x0) : 0;
    g->cy = y1 > g->y0 ? g->g / (y1 - g->y0) : 0;
    size_t n = (size_t)g->g * g->g;
    g->start = gt_zalloc(ctx, n + 1, sizeof *g->start);
    if (g->start == NULL) {
        return GT_E_MEMORY;
    }
    spread(g, b, false);
    uint32_t sum = 0;
    for (size_t i = 0; i <= n; i++) {
        sum += g->start[i];
        g->start[i] = sum;
    }
    g->list = gt_alloc(ctx, (size_t)sum + 1, sizeof *g->list);
    if (g->list == NULL) {
        return GT_E_MEMORY;
    }
    spread(g, b, true);
    return GT_OK;
}

/* ---- edges ---------------------------------------------------------------------------------- */

static gt_status edges_room(gt_ctx *ctx, edges *e, size_t need)
{
    if (need <= e->cap) {
        return GT_OK;
    }
    size_t cap = 2 * need;
    double *block = gt_alloc(ctx, 5 * cap, sizeof *block);
    if (block == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < 5 && e->n > 0; i++) {
        memcpy(block + i * cap, e->block + i * e->cap, e->n * sizeof *block);
    }
    gt_free(ctx, e->block);
    *e = (edges){e->n, cap, block, block + cap, block + 2 * cap, block + 3 * cap, block + 4 * cap,
                 block};
    return GT_OK;
}

/* Adds the edges of a ring that reach into lo..hi, cut there. sign: +1 when it runs
 * counter-clockwise around the inside. Coordinates are taken relative to (ox, oy). */
static void add_ring(edges *e, const double *p, uint32_t n, const double range[2],
                     const double origin[2], double sign)
{
    for (uint32_t i = 0; i + 1 < n; i++) {
        double ax = p[2 * (size_t)i] - origin[0], ay = p[2 * (size_t)i + 1] - origin[1];
        double bx = p[2 * (size_t)i + 2] - origin[0], by = p[2 * (size_t)i + 3] - origin[1];
        double s =
            -sign; /* an edge running right has the inside above it: its region counts less */
        if (ax == bx) {
            continue;
        }
        if (ax > bx) {
            double t = ax;
            ax = bx;
            bx = t;
            t = ay;
            ay = by;
            by = t;
            s = sign;
        }
        if (bx <= range[0] || ax >= range[1]) {
            continue;
        }
        double k = (by - ay) / (bx - ax);
        if (ax < range[0]) {
            ay += k * (range[0] - ax);
            ax = range[0];
        }
        size_t j = e->n++;
        e->x0[j] = ax;
        e->x1[j] = bx > range[1] ? range[1] : bx;
        e->y0[j] = ay;
        e->k[j] = k;
        e->s[j] = s;
    }
}

static double turn(const double *p, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 1; i + 2 < n; i++) {
        const double *q = p + 2 * (size_t)i;
        sum += (q[0] - p[0]) * (q[3] - p[1]) - (q[2] - p[0]) * (q[1] - p[1]);
    }
    return sum < 0 ? -1 : 1;
}

static gt_status cut(gt_ctx *ctx, edges *e, const feature *f, const double range[2],
                     const double origin[2])
{
    const gt_weave_batch *b = f->batch;
    e->n = 0;
    for (uint32_t p = f->part0; p < f->part1; p++) {
        uint32_t r0 = p == 0 ? 0 : b->part_end[p - 1];
        for (uint32_t r = r0; r < b->part_end[p]; r++) {
            uint32_t i = r == 0 ? 0 : b->ring_end[r - 1], n = b->ring_end[r] - i;
            const double *xy = b->xy + 2 * (size_t)i;
            gt_status st = edges_room(ctx, e, e->n + n);
            if (st != GT_OK) {
                return st;
            }
            add_ring(e, xy, n, range, origin, r == r0 ? turn(xy, n) : -turn(xy, n));
        }
    }
    return GT_OK;
}

/* ---- sums ----------------------------------------------------------------------------------- */

static double shared_plane(const edges *a, const edges *b)
{
    double sum = 0;
    for (size_t i = 0; i < a->n; i++) {
        double x0 = a->x0[i], x1 = a->x1[i], y = a->y0[i], k = a->k[i], t = 0;
        for (size_t j = 0; j < b->n; j++) {
            double l = x0 > b->x0[j] ? x0 : b->x0[j], r = x1 < b->x1[j] ? x1 : b->x1[j];
            if (r <= l) {
                continue;
            }
            double al = y + k * (l - x0), ar = y + k * (r - x0);
            double bl = b->y0[j] + b->k[j] * (l - b->x0[j]);
            double br = b->y0[j] + b->k[j] * (r - b->x0[j]);
            double dl = al - bl, dr = ar - br, w = r - l, over = 0;
            /* integral of max(ya - yb, 0) */
            if (dl >= 0 && dr >= 0) {
                over = dl + dr;
            } else if (dl > 0 || dr > 0) {
                over = dl > 0 ? dl * dl / (dl - dr) : dr * dr / (dr - dl);
            }
            t += b->s[j] * w * (al + ar - over);
        }
        sum += a->s[i] * t;
    }
    return 0.5 * sum;
}

typedef struct weight {
    double w0, w1, w2; /* 1/m^2 = w0 + w1 x + w2 x^2, x from the feature's corner */
} weight;

/* Integral of the weight times a line through (l, yl), (r, yr). */
static inline double weighted(const weight *w, double l, double r, double yl, double yr)
{
    static const double at = 0.21132486540518711775; /* (1 - 1/sqrt 3) / 2 */
    double d = r - l, x = l + at * d, z = r - at * d;
    double dy = yr - yl;
    return 0.5 * d *
           ((w->w0 + x * (w->w1 + x * w->w2)) * (yl + at * dy) +
            (w->w0 + z * (w->w1 + z * w->w2)) * (yr - at * dy));
}

static double shared_weighted(const edges *a, const edges *b, const weight *w)
{
    double sum = 0;
    for (size_t i = 0; i < a->n; i++) {
        double x0 = a->x0[i], x1 = a->x1[i], y = a->y0[i], k = a->k[i], t = 0;
        for (size_t j = 0; j < b->n; j++) {
            double l = x0 > b->x0[j] ? x0 : b->x0[j], r = x1 < b->x1[j] ? x1 : b->x1[j];
            if (r <= l) {
                continue;
            }
            double al = y + k * (l - x0), ar = y + k * (r - x0);
            double bl = b->y0[j] + b->k[j] * (l - b->x0[j]);
            double br = b->y0[j] + b->k[j] * (r - b->x0[j]);
            double dl = al - bl, dr = ar - br, v = 0;
            if (dl <= 0 && dr <= 0) {
                v = weighted(w, l, r, al, ar);
            } else if (dl >= 0 && dr >= 0) {
                v = weighted(w, l, r, bl, br);
            } else {
                double m = l + (r - l) * dl / (dl - dr), ym = y + k * (m - x0);
                v = dl < 0 ? weighted(w, l, m, al, ym) + weighted(w, m, r, ym, br)
                           : weighted(w, l, m, bl, ym) + weighted(w, m, r, ym, ar);
            }
            t += b->s[j] * v;
        }
        sum += a->s[i] * t;
    }
    return sum;
}

/* The quadratic through 1/m^2 at both sides and the middle of the feature. */
static weight weight_of(const sums *s, const double box[4])
{
    double h = 0.5 * (box[2] - box[0]) + 1e-3, y = 0.5 * (box[1] + box[3]), f[3];
    for (int i = 0; i < 3; i++) {
        double m = s->scale(s->user, box[0] + h * i, y);
        f[i] = 1 / (m * m);
    }
    return (weight){f[0], (-3 * f[0] + 4 * f[1] - f[2]) / (2 * h),
                    (f[0] - 2 * f[1] + f[2]) / (2 * h * h)};
}

static gt_status meet(gt_ctx *ctx, sums *s, lane *w, const feature *a, const feature *b, weight *q,
                      found *out)
{
    const double origin[2] = {a->box[0], a->box[1]};
    const double range[2] = {fmax(a->box[0], b->box[0]) - origin[0],
                             fmin(a->box[2], b->box[2]) - origin[0]};
    gt_status st = cut(ctx, &w->a, a, range, origin);
    if (st == GT_OK) {
        st = cut(ctx, &w->b, b, range, origin);
    }
    if (st != GT_OK) {
        return st;
    }
    double plane = shared_plane(&w->a, &w->b), m2 = plane;
    if (!(plane > 1e-6)) {
        return GT_OK;
    }
    if (s->scale != NULL) {
        if (q->w0 == 0) {
            *q = weight_of(s, a->box);
        }
        m2 = shared_weighted(&w->a, &w->b, q);
    }
    st = gt_grow(ctx, (void **)&out->pairs, &out->cap, out->n + 1, sizeof *out->pairs);
    if (st == GT_OK) {
        out->pairs[out->n++] = (wv_pair){a->number, b->number, m2, plane};
    }
    return st;
}

static int pair_by_b(const void *x, const void *y)
{
    const wv_pair *p = x, *q = y;
    return (p->b > q->b) - (p->b < q->b);
}

static gt_status one_feature(gt_ctx *ctx, sums *s, lane *w, size_t i, found *out)
{
    const feature *a = &s->a.features[i];
    const grid *g = &s->grid;
    size_t first = out->n;
    uint32_t at[4];
    weight q = {0};
    gt_status st = GT_OK;
    if (a->box[0] > a->box[2]) {
        return GT_OK;
    }
    bins_of(g, a->box, at);
    for (uint32_t v = at[1]; v <= at[3]; v++) {
        for (uint32_t u = at[0]; u <= at[2]; u++) {
            size_t c = (size_t)v * g->g + u;
            for (uint32_t k = g->start[c]; st == GT_OK && k < g->start[c + 1]; k++) {
                const feature *b = &s->b.features[g->list[k]];
                bool apart = b->box[0] > a->box[2] || b->box[2] < a->box[0] ||
                             b->box[1] > a->box[3] || b->box[3] < a->box[1];
                if (apart || w->seen[g->list[k]] == i + 1) {
                    continue;
                }
                w->seen[g->list[k]] = i + 1;
                st = meet(ctx, s, w, a, b, &q, out);
            }
        }
    }
    if (out->n - first > 1) {
        qsort(out->pairs + first, out->n - first, sizeof *out->pairs, pair_by_b);
    }
    return st;
}

static gt_status pair_task(gt_ctx *ctx, void *user, size_t task, int worker)
{
    sums *s = user;
    gt_status st = GT_OK;
    lane *w = &s->lanes[worker];
    if (w->seen == NULL) {
        w->seen = gt_zalloc(ctx, s->b.n + 1, sizeof *w->seen);
        st = w->seen == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = task * TASK; st == GT_OK && i < (task + 1) * TASK && i < s->a.n; i++) {
        st = one_feature(ctx, s, w, i, &s->found[task]);
    }
    return st;
}

static gt_status join(gt_ctx *ctx, sums *s, size_t n_tasks, gt_account **out)
{
    size_t n = 0;
    for (size_t i = 0; i < n_tasks; i++) {
        n += s->found[i].n;
    }
    wv_pair *all = gt_alloc(ctx, n + 1, sizeof *all);
    if (all == NULL) {
        return GT_E_MEMORY;
    }
    n = 0;
    for (size_t i = 0; i < n_tasks; i++) {
        if (s->found[i].n > 0) {
            memcpy(all + n, s->found[i].pairs, s->found[i].n * sizeof *all);
        }
        n += s->found[i].n;
    }
    gt_status st = gt_wv_account_of_pairs(ctx, all, n, out);
    gt_free(ctx, all);
    return st;
}

static void sums_free(gt_ctx *ctx, sums *s, size_t n_tasks)
{
    for (int i = 0; s->lanes != NULL && i < gt_ctx_threads(ctx); i++) {
        gt_free(ctx, s->lanes[i].a.block);
        gt_free(ctx, s->lanes[i].b.block);
        gt_free(ctx, s->lanes[i].seen);
    }
    for (size_t i = 0; s->found != NULL && i < n_tasks; i++) {
        gt_free(ctx, s->found[i].pairs);
    }
    gt_free(ctx, s->lanes);
    gt_free(ctx, s->found);
    gt_free(ctx, s->a.features);
    gt_free(ctx, s->b.features);
    gt_free(ctx, s->grid.start);
    gt_free(ctx, s->grid.list);
}

gt_status gt_weave_pair_areas(gt_ctx *ctx, const gt_weave_batch *a, size_t n_a,
                              const gt_weave_batch *b, size_t n_b, const gt_weave_options *options,
                              gt_account **out)
{
    sums s = {.scale = options == NULL ? NULL : options->scale,
              .user = options == NULL ? NULL : options->scale_user};
    size_t n_tasks = 0;
    gt_status st = open_layer(ctx, a, n_a, &s.a);
    if (st == GT_OK) {
        st = open_layer(ctx, b, n_b, &s.b);
    }
    if (st == GT_OK) {
        st = open_grid(ctx, &s.b, &s.grid);
    }
    if (st == GT_OK) {
        n_tasks = (s.a.n + TASK - 1) / TASK;
        s.lanes = gt_zalloc(ctx, (size_t)gt_ctx_threads(ctx), sizeof *s.lanes);
        s.found = gt_zalloc(ctx, n_tasks + 1, sizeof *s.found);
        st = s.lanes == NULL || s.found == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, n_tasks, pair_task, &s);
    }
    if (st == GT_OK) {
        st = join(ctx, &s, n_tasks, out);
    }
    sums_free(ctx, &s, n_tasks);
    return st;
}
