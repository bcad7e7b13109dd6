/* Shared by the synth tests: a little country of three districts (a western one, an eastern one
 * with a hole, and an exclave town in the hole), and a set of directed edges that finds gaps and
 * overlaps. */
#ifndef GT_TESTS_SYNTH_H
#define GT_TESTS_SYNTH_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

#include "guotu/geos.h"
#include "synth/border.h"
#include "synth/noise.h"

typedef struct country {
    double xy[3][400];
    uint32_t ring_end[3][2], part_end[3][1];
    sy_unit_rings units[3];
    sy_world world;
    sy_border border;
} country;

/* A jagged line between (x0,y0) and (x1,y1), n steps, without the last point. */
static inline uint32_t country_line(double *xy, uint32_t at, double x0, double y0, double x1,
                                    double y1, int n, uint64_t seed)
{
    for (int i = 0; i < n; i++) {
        double t = (double)i / n, w = i == 0 ? 0 : 180.0 * sy_sym(sy_hash(seed, (uint64_t)i, 1));
        xy[2 * at] = x0 + t * (x1 - x0) + (y0 == y1 ? 0 : w);
        xy[2 * at + 1] = y0 + t * (y1 - y0) + (y0 == y1 ? w : 0);
        at++;
    }
    return at;
}

static inline void country_reverse(double *xy, uint32_t from, uint32_t to)
{
    for (uint32_t i = from, j = to - 1; i < j; i++, j--) {
        for (int k = 0; k < 2; k++) {
            double t = xy[2 * i + (uint32_t)k];
            xy[2 * i + (uint32_t)k] = xy[2 * j + (uint32_t)k];
            xy[2 * j + (uint32_t)k] = t;
        }
    }
}

static inline void country_rings(country *c)
{
    const double X = 500000, Y = 4400000, S = 20000;
    uint32_t n, shared;
    /* west: left half; its eastern side is shared with east */
    double *w = c->xy[0], *e = c->xy[1], *t = c->xy[2];
    n = country_line(w, 0, X, Y, X + S / 2, Y, 12, 1);
    shared = n;
    n = country_line(w, n, X + S / 2, Y, X + S / 2, Y + S, 30, 2);
    uint32_t shared_end = n;
    n = country_line(w, n, X + S / 2, Y + S, X, Y + S, 12, 3);
    n = country_line(w, n, X, Y + S, X, Y, 20, 4);
    w[2 * n] = w[0], w[2 * n + 1] = w[1], n++;
    c->ring_end[0][0] = n, c->part_end[0][0] = 1;
    c->units[0] = (sy_unit_rings){"west", w, c->ring_end[0], c->part_end[0], 1, 1};
    /* east: right half, its western side is west's, reversed; a hole holds the town */
    n = country_line(e, 0, X + S / 2, Y, X + S, Y, 14, 5);
    n = country_line(e, n, X + S, Y, X + S, Y + S, 22, 6);
    n = country_line(e, n, X + S, Y + S, X + S / 2, Y + S, 9, 7);
    e[2 * n] = X + S / 2, e[2 * n + 1] = Y + S, n++;
    for (uint32_t i = shared_end - 1; i > shared; i--, n++) {
        e[2 * n] = w[2 * i], e[2 * n + 1] = w[2 * i + 1];
    }
    e[2 * n] = e[0], e[2 * n + 1] = e[1], n++;
    c->ring_end[1][0] = n;
    for (int i = 0; i <= 11; i++) {
        static const double cx[12] = {0, .25, .5, .75, 1, 1, 1, .5, 0, 0, 0, 0};
        static const double cy[12] = {0, -.1, 0, .07, 0, .5, 1, .9, 1, .7, .3, 0};
        e[2 * n] = X + 0.70 * S + cx[i] * 2000, e[2 * n + 1] = Y + 0.45 * S + cy[i] * 1700;
        t[2 * i] = e[2 * n], t[2 * i + 1] = e[2 * n + 1];
        n++;
    }
    c->ring_end[1][1] = n, c->part_end[1][0] = 2;
    c->units[1] = (sy_unit_rings){"east", e, c->ring_end[1], c->part_end[1], 2, 1};
    c->ring_end[2][0] = 12, c->part_end[2][0] = 1;
    c->units[2] = (sy_unit_rings){"town", t, c->ring_end[2], c->part_end[2], 1, 1};
}

static inline void country_make(gt_ctx *ctx, country *c)
{
    memset(c, 0, sizeof *c);
    country_rings(c);
    assert_ok(ctx, sy_world_fit(ctx, c->units, 3, 3000000, &c->world));
    assert_ok(ctx, sy_border_build(ctx, &c->world, c->units, 3, &c->border));
}

static inline void country_free(gt_ctx *ctx, country *c)
{
    sy_border_free(ctx, &c->border);
}

/* ---- edges -------------------------------------------------------------------------------------
 */
typedef struct edge_set {
    struct {
        sy_pt a, b;
    } * e;
    size_t n, cap;
} edge_set;

static inline void edge_set_add(edge_set *s, const sy_faces *f, size_t face)
{
    for (uint32_t r = 0; r < f->faces[face].n_rings; r++) {
        size_t ring = f->faces[face].first_ring + r;
        size_t from = sy_ring_start(f, ring), to = f->ring_end[ring];
        for (size_t i = from; i < to; i++) {
            if (s->n == s->cap) {
                s->cap = s->cap ? 2 * s->cap : 4096;
                s->e = realloc(s->e, s->cap * sizeof *s->e);
                assert_non_null(s->e);
            }
            s->e[s->n].a = f->pts[i];
            s->e[s->n].b = f->pts[i + 1 == to ? from : i + 1];
            s->n++;
        }
    }
}

static inline int edge_set_order(const void *pa, const void *pb)
{
    const sy_pt *a = pa, *b = pb; /* each is a pair of points */
    sy_pt al = sy_before(a[0], a[1]) ? a[0] : a[1], ah = sy_before(a[0], a[1]) ? a[1] : a[0];
    sy_pt bl = sy_before(b[0], b[1]) ? b[0] : b[1], bh = sy_before(b[0], b[1]) ? b[1] : b[0];
    if (!sy_same(al, bl)) {
        return sy_before(al, bl) ? -1 : 1;
    }
    if (!sy_same(ah, bh)) {
        return sy_before(ah, bh) ? -1 : 1;
    }
    return sy_before(a[0], a[1]) - sy_before(b[0], b[1]);
}

static inline double edge_set_distance(sy_pt p, const sy_seg *s)
{
    double dx = (double)s->b.x - s->a.x, dy = (double)s->b.y - s->a.y;
    double px = (double)p.x - s->a.x, py = (double)p.y - s->a.y;
    double t = (px * dx + py * dy) / (dx * dx + dy * dy);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return sqrt((px - t * dx) * (px - t * dx) + (py - t * dy) * (py - t * dy));
}

/* Edges that break the coverage: repeated in one direction, or without a twin away from the outline
 * of the territory. *n_open = edges without a twin on the outline. */
static inline size_t edge_set_check(edge_set *s, const sy_border *b, size_t *n_open)
{
    size_t bad = 0;
    *n_open = 0;
    qsort(s->e, s->n, sizeof *s->e, edge_set_order);
    for (size_t i = 0; i < s->n;) {
        size_t j = i + 1;
        while (j < s->n && (sy_same(s->e[i].a, s->e[j].a) || sy_same(s->e[i].a, s->e[j].b)) &&
               (sy_same(s->e[i].b, s->e[j].b) || sy_same(s->e[i].b, s->e[j].a))) {
            j++;
        }
        if (j - i == 2 && !sy_same(s->e[i].a, s->e[i + 1].a)) {
            i = j;
            continue;
        }
        bool outline = false;
        if (j - i == 1) {
            for (size_t k = 0; k < b->n_segs && !outline; k++) {
                const sy_seg *g = &b->segs[k];
                outline = (g->left < 0 || g->right < 0) && edge_set_distance(s->e[i].a, g) < 1.0 &&
                          edge_set_distance(s->e[i].b, g) < 1.0;
            }
        }
        if (outline) {
            ++*n_open;
        } else {
            bad += j - i;
        }
        i = j;
    }
    return bad;
}

static inline void edge_set_free(edge_set *s)
{
    free(s->e);
    memset(s, 0, sizeof *s);
}

/* No two edges of a face cross or touch but at common ends of neighbours. Quadratic: small faces.
 */
static inline bool face_is_simple(const sy_faces *f, size_t face)
{
    edge_set s = {0};
    edge_set_add(&s, f, face);
    bool ok = true;
    for (size_t i = 0; i < s.n && ok; i++) {
        for (size_t j = i + 1; j < s.n && ok; j++) {
            sy_pt a = s.e[i].a, b = s.e[i].b, c = s.e[j].a, d = s.e[j].b;
            if (sy_same(b, c) || sy_same(d, a)) { /* neighbours may only meet at their end */
                sy_pt far = sy_same(b, c) ? d : c, mid = sy_same(b, c) ? b : a;
                sy_pt near = sy_same(b, c) ? a : b;
                int64_t dot = (int64_t)(near.x - mid.x) * (far.x - mid.x) +
                              (int64_t)(near.y - mid.y) * (far.y - mid.y);
                ok = sy_turn(near, mid, far) != 0 || dot < 0;
                continue;
            }
            const sy_pt one[2] = {a, b}, two[2] = {c, d};
            if (!sy_rects_meet(sy_ring_rect(one, 2), sy_ring_rect(two, 2))) {
                continue;
            }
            int64_t p = sy_turn(a, b, c), q = sy_turn(a, b, d);
            int64_t r = sy_turn(c, d, a), t = sy_turn(c, d, b);
            ok = (p > 0 && q > 0) || (p < 0 && q < 0) || (r > 0 && t > 0) || (r < 0 && t < 0);
        }
    }
    edge_set_free(&s);
    return ok;
}

/* The same by GEOS, for faces with holes that may touch the shell at a vertex. */
static inline bool face_is_valid(gt_ctx *ctx, gt_geos *geos, const sy_faces *f, size_t face)
{
    gt_geom g;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_MULTIPOLYGON);
    for (uint32_t r = 0; r < f->faces[face].n_rings; r++) {
        size_t ring = f->faces[face].first_ring + r;
        size_t from = sy_ring_start(f, ring), to = f->ring_end[ring];
        for (size_t i = from; i <= to; i++) {
            sy_pt p = f->pts[i == to ? from : i];
            assert_ok(ctx, gt_geom_add_point(ctx, &g, p.x, p.y));
        }
        assert_ok(ctx, gt_geom_end_ring(ctx, &g));
    }
    assert_ok(ctx, gt_geom_end_part(ctx, &g));
    bool valid = false;
    char why[64];
    double x, y;
    assert_ok(ctx, gt_geos_validity(ctx, geos, &g, &valid, why, &x, &y));
    gt_geom_free(ctx, &g);
    return valid;
}

#endif
