#include "check/bulk_area.h"

#include <math.h>
#include <string.h>

enum { WIDE = 16 * GT_SPAN };

size_t gt_span_count(size_t n_points)
{
    size_t edges = n_points > 0 ? n_points - 1 : 0;
    return n_points < GT_LONG_RING ? 0
                                   : (edges + GT_SPAN - 1) / GT_SPAN + (edges + WIDE - 1) / WIDE;
}

static gt_box span_box(const double *xy, size_t from, size_t to)
{
    gt_box b = {xy[2 * from], xy[2 * from + 1], xy[2 * from], xy[2 * from + 1]};
    for (size_t i = from + 1; i <= to; i++) {
        double x = xy[2 * i], y = xy[2 * i + 1];
        b.xmin = x < b.xmin ? x : b.xmin;
        b.ymin = y < b.ymin ? y : b.ymin;
        b.xmax = x > b.xmax ? x : b.xmax;
        b.ymax = y > b.ymax ? y : b.ymax;
    }
    return b;
}

void gt_span_fill(const double *xy, size_t n_points, gt_box *boxes)
{
    size_t edges = n_points - 1, at = 0;
    for (size_t step = GT_SPAN; step <= WIDE; step *= 16) {
        for (size_t i = 0; i < edges; i += step) {
            boxes[at++] = span_box(xy, i, i + step < edges ? i + step : edges);
        }
    }
}

int8_t gt_ring_sign(const double *xy, size_t n_points, bool hole)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < n_points; i++) {
        sum += (xy[2 * i] - xy[0]) * (xy[2 * i + 3] - xy[1]) -
               (xy[2 * i + 2] - xy[0]) * (xy[2 * i + 1] - xy[1]);
    }
    return (sum > 0) == !hole ? 1 : -1;
}

/* ---- cutting to the box -------------------------------------------------------------------------
 */

typedef struct cutting {
    gt_ctx *ctx;
    gt_cutter *c;
    double w, h;
    double sign; /* of the ring */
    bool inside; /* an edge may meet the box */
} cutting;

static gt_status put(cutting *k, double x0, double y0, double x1, double y1, double sign)
{
    gt_cutter *c = k->c;
    if (!(x1 > x0) || (y0 <= 0 && y1 <= 0)) {
        return GT_OK;
    }
    if (c->n_pieces == c->cap_pieces) {
        void *block = c->pieces;
        gt_status st = gt_grow(k->ctx, &block, &c->cap_pieces, c->n_pieces + 64, sizeof *c->pieces);
        c->pieces = block;
        if (st != GT_OK) {
            return st;
        }
    }
    c->pieces[c->n_pieces++] = (gt_slope){x0, x1, y0, y1, sign};
    return GT_OK;
}

/* An edge left to right inside the width of the box, cut at its bottom and top. */
static gt_status put_cut(cutting *k, double x0, double y0, double x1, double y1, double sign)
{
    double slope = (y1 - y0) / (x1 - x0);
    const double levels[2] = {y1 > y0 ? 0 : k->h, y1 > y0 ? k->h : 0};
    double x = x0, y = y0;
    gt_status st = GT_OK;
    for (int i = 0; st == GT_OK && i < 3; i++) {
        double ex = x1, ey = y1;
        if (i < 2) {
            bool crosses = (y < levels[i]) != (y1 < levels[i]) && y != levels[i];
            if (!crosses) {
                continue;
            }
            ey = levels[i];
            ex = x0 + (ey - y0) / slope;
            ex = ex < x ? x : ex > x1 ? x1 : ex;
        }
        double a = y < 0 ? 0 : y > k->h ? k->h : y, b = ey < 0 ? 0 : ey > k->h ? k->h : ey;
        st = put(k, x, a, ex, b, sign);
        x = ex;
        y = ey;
    }
    return st;
}

/* From point p to point q of a ring; whole: an edge, else a chain above the box. */
static gt_status put_edge(cutting *k, const double *p, const double *q)
{
    const gt_box *b = &k->c->box;
    double x0 = p[0] - b->xmin, y0 = p[1] - b->ymin, x1 = q[0] - b->xmin, y1 = q[1] - b->ymin;
    double sign = -k->sign;
    if (x0 > x1) {
        double x = x0, y = y0;
        x0 = x1;
        y0 = y1;
        x1 = x;
        y1 = y;
        sign = -sign;
    }
    if (x1 < 0 || x0 > k->w) {
        return GT_OK;
    }
    double low = y0 < y1 ? y0 : y1, high = y0 < y1 ? y1 : y0;
    if (high < 0) {
        return GT_OK;
    }
    if (low > k->h) {
        return put(k, x0 < 0 ? 0 : x0, k->h, x1 > k->w ? k->w : x1, k->h, sign);
    }
    k->inside = true;
    if (!(x1 > x0)) {
        return GT_OK;
    }
    double slope = (y1 - y0) / (x1 - x0), from = y0, left = x0;
    if (x0 < 0) {
        y0 = from - left * slope;
        x0 = 0;
    }
    if (x1 > k->w) {
        y1 = from + (k->w - left) * slope;
        x1 = k->w;
    }
    return x1 > x0 ? put_cut(k, x0, y0, x1, y1, sign) : GT_OK;
}

typedef enum place { BESIDE, ABOVE, NEAR } place;

static place place_of(const gt_box *at, const gt_box *b)
{
    if (b->xmax < at->xmin || b->xmin > at->xmax || b->ymax < at->ymin) {
        return BESIDE;
    }
    return b->ymin > at->ymax ? ABOVE : NEAR;
}

static gt_status cut_edges(cutting *k, const double *xy, size_t from, size_t to)
{
    gt_status st = GT_OK;
    for (size_t i = from; st == GT_OK && i < to; i++) {
        st = put_edge(k, xy + 2 * i, xy + 2 * i + 2);
    }
    return st;
}

/* A long ring: whole spans beside the box are skipped, those above it count by their ends. */
static gt_status cut_long(cutting *k, const double *xy, size_t edges, const gt_box *boxes)
{
    const gt_box *wide = boxes + (edges + GT_SPAN - 1) / GT_SPAN;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < edges; i += WIDE) {
        size_t end = i + WIDE < edges ? i + WIDE : edges;
        place at = place_of(&k->c->box, &wide[i / WIDE]);
        if (at == ABOVE) {
            st = put_edge(k, xy + 2 * i, xy + 2 * end);
        }
        for (size_t s = i; at == NEAR && st == GT_OK && s < end; s += GT_SPAN) {
            size_t stop = s + GT_SPAN < end ? s + GT_SPAN : end;
            place here = place_of(&k->c->box, &boxes[s / GT_SPAN]);
            if (here == ABOVE) {
                st = put_edge(k, xy + 2 * s, xy + 2 * stop);
            } else if (here == NEAR) {
                st = cut_edges(k, xy, s, stop);
            }
        }
    }
    return st;
}

/* ---- sums ---------------------------------------------------------------------------------------
 */

/* Integral of the lower of two pieces over their common width. */
static inline double lower(const gt_slope *e, const gt_slope *f)
{
    double l = e->x0 > f->x0 ? e->x0 : f->x0, r = e->x1 < f->x1 ? e->x1 : f->x1;
    if (!(r > l)) {
        return 0;
    }
    double ek = (e->y1 - e->y0) / (e->x1 - e->x0), fk = (f->y1 - f->y0) / (f->x1 - f->x0);
    double el = e->y0 + (l - e->x0) * ek, er = e->y0 + (r - e->x0) * ek;
    double fl = f->y0 + (l - f->x0) * fk, fr = f->y0 + (r - f->x0) * fk;
    double dl = el - fl, dr = er - fr, w = r - l;
    if (dl <= 0 && dr <= 0) {
        return (el + er) / 2 * w;
    }
    double sum = (fl + fr) / 2 * w;
    if (dl < 0) {
        sum += dl * dl / (dl - dr) * w / 2;
    } else if (dr < 0) {
        sum += dr * dr / (dr - dl) * w / 2;
    }
    return sum;
}

/* The two corrections above are negative: the wedge where e lies below f. */
static double sum_pairs(const gt_slope *a, size_t n_a, const gt_slope *b, size_t n_b)
{
    double sum = 0;
    for (size_t i = 0; i < n_a; i++) {
        for (size_t j = 0; j < n_b; j++) {
            sum += a[i].sign * b[j].sign * lower(&a[i], &b[j]);
        }
    }
    return sum;
}

/* ---- a subject --------------------------------------------------------------------------------
 */

gt_status gt_cutter_take(gt_ctx *ctx, gt_cutter *c, const gt_geom *g)
{
    c->box = gt_geom_box(g);
    c->m2 = gt_geom_plane_area(g);
    c->n_pieces = 0;
    cutting k = {
        .ctx = ctx, .c = c, .w = c->box.xmax - c->box.xmin, .h = c->box.ymax - c->box.ymin};
    gt_status st = GT_OK;
    uint32_t ring = 0;
    for (uint32_t p = 0; st == GT_OK && p < g->n_parts; p++) {
        for (uint32_t first = ring; st == GT_OK && ring < g->part_end[p]; ring++) {
            uint32_t from = ring == 0 ? 0 : g->ring_end[ring - 1];
            size_t n = g->ring_end[ring] - from;
            const double *xy = g->xy + 2 * (size_t)from;
            k.sign = gt_ring_sign(xy, n, ring > first);
            st = cut_edges(&k, xy, 0, n - 1);
        }
    }
    void *block = c->subject;
    if (st == GT_OK) {
        st = gt_grow(ctx, &block, &c->cap_subject, c->n_pieces + 1, sizeof *c->subject);
        c->subject = block;
    }
    if (st == GT_OK && c->n_pieces > 0) {
        memcpy(c->subject, c->pieces, c->n_pieces * sizeof *c->pieces);
    }
    c->n_subject = c->n_pieces;
    c->n_pieces = 0;
    return st;
}

/* Does the feature lie over the middle of the box, none of its edges being near? */
static bool covers(const gt_cutter *c, const gt_cut *cut, double w)
{
    bool odd = false;
    for (size_t i = 0; i < cut->n; i++) {
        const gt_slope *s = &c->pieces[cut->first + i];
        odd ^= s->x0 <= w / 2 && w / 2 < s->x1;
    }
    return odd;
}

gt_status gt_cutter_cut(gt_ctx *ctx, gt_cutter *c, const gt_shape *shape, gt_cut *out)
{
    const gt_geom *g = &shape->geom;
    cutting k = {
        .ctx = ctx, .c = c, .w = c->box.xmax - c->box.xmin, .h = c->box.ymax - c->box.ymin};
    gt_status st = GT_OK;
    *out = (gt_cut){.first = c->n_pieces};
    for (uint32_t r = 0; st == GT_OK && r < g->n_rings; r++) {
        uint32_t from = r == 0 ? 0 : g->ring_end[r - 1];
        size_t n = g->ring_end[r] - from;
        const double *xy = g->xy + 2 * (size_t)from;
        k.sign = shape->sign[r];
        st = shape->spans[r] == SIZE_MAX ? cut_edges(&k, xy, 0, n - 1)
                                         : cut_long(&k, xy, n - 1, shape->boxes + shape->spans[r]);
    }
    out->n = c->n_pieces - out->first;
    if (k.inside) {
        out->relation = GT_CUTS;
        out->m2 = sum_pairs(c->subject, c->n_subject, c->pieces + out->first, out->n);
    } else {
        out->relation = covers(c, out, k.w) ? GT_COVERS : GT_APART;
    }
    return st;
}

double gt_cutter_shared(const gt_cutter *c, const gt_cut *a, const gt_cut *b)
{
    return sum_pairs(c->pieces + a->first, a->n, c->pieces + b->first, b->n);
}

void gt_cutter_free(gt_ctx *ctx, gt_cutter *c)
{
    gt_free(ctx, c->subject);
    gt_free(ctx, c->pieces);
    memset(c, 0, sizeof *c);
}
