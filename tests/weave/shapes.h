/* Shapes for the weave tests: a growing batch per layer, random coverages, stars, grids. */
#ifndef GT_TESTS_SHAPES_H
#define GT_TESTS_SHAPES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/weave.h"
#include "support/support.h"

typedef struct shapes {
    double *xy;
    uint32_t *ring_end, *part_end, *feature_end, *number;
    size_t n_points, n_rings, n_parts, n_features, cap;
} shapes;

static inline void shapes_free(shapes *s)
{
    free(s->xy);
    free(s->ring_end);
    free(s->part_end);
    free(s->feature_end);
    free(s->number);
    memset(s, 0, sizeof *s);
}

static inline void shapes_room(shapes *s)
{
    if (s->n_points + 2 > s->cap) {
        s->cap = s->cap == 0 ? 1024 : 2 * s->cap;
        s->xy = realloc(s->xy, 2 * s->cap * sizeof *s->xy);
        s->ring_end = realloc(s->ring_end, s->cap * sizeof *s->ring_end);
        s->part_end = realloc(s->part_end, s->cap * sizeof *s->part_end);
        s->feature_end = realloc(s->feature_end, s->cap * sizeof *s->feature_end);
        s->number = realloc(s->number, s->cap * sizeof *s->number);
        assert_non_null(s->xy);
        assert_non_null(s->number);
    }
}

static inline void shapes_point(shapes *s, double x, double y)
{
    shapes_room(s);
    s->xy[2 * s->n_points] = x;
    s->xy[2 * s->n_points + 1] = y;
    s->n_points++;
}

static inline void shapes_end_ring(shapes *s)
{
    size_t first = s->n_rings == 0 ? 0 : s->ring_end[s->n_rings - 1];
    shapes_point(s, s->xy[2 * first], s->xy[2 * first + 1]);
    s->ring_end[s->n_rings++] = (uint32_t)s->n_points;
}

static inline void shapes_end_part(shapes *s)
{
    s->part_end[s->n_parts++] = (uint32_t)s->n_rings;
}

static inline void shapes_end_feature(shapes *s)
{
    s->number[s->n_features] = (uint32_t)s->n_features;
    s->feature_end[s->n_features++] = (uint32_t)s->n_parts;
}

/* One ring, one part, one feature from x, y pairs (not closed). */
static inline void shapes_ring(shapes *s, const double *xy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        shapes_point(s, xy[2 * i], xy[2 * i + 1]);
    }
    shapes_end_ring(s);
}

static inline void shapes_polygon(shapes *s, const double *xy, size_t n)
{
    shapes_ring(s, xy, n);
    shapes_end_part(s);
    shapes_end_feature(s);
}

static inline void shapes_box(shapes *s, double x0, double y0, double x1, double y1)
{
    shapes_polygon(s, (double[]){x0, y0, x1, y0, x1, y1, x0, y1}, 4);
}

static inline gt_weave_batch shapes_batch(const shapes *s, uint32_t layer)
{
    return (gt_weave_batch){.layer = layer,
                            .n_features = s->n_features,
                            .xy = s->xy,
                            .ring_end = s->ring_end,
                            .part_end = s->part_end,
                            .feature_end = s->feature_end,
                            .number = s->number};
}

static inline double mm(double v)
{
    return floor(v * 1000 + 0.5) / 1000;
}

/* Star around (x, y): n corners, radius from r0 to r1; always simple before rounding. */
static inline void shapes_star(shapes *s, test_rng *rng, double x, double y, double r0, double r1,
                               int n)
{
    for (int i = 0; i < n; i++) {
        double a = 2 * M_PI * (i + 0.8 * test_rng_real(rng)) / n;
        double r = r0 + (r1 - r0) * test_rng_real(rng);
        shapes_point(s, mm(x + r * cos(a)), mm(y + r * sin(a)));
    }
    shapes_end_ring(s);
    shapes_end_part(s);
    shapes_end_feature(s);
}

/* A coverage: nx * ny quadrilaterals whose inner corners are shaken by up to `shake` cells and
 * whose sides are bent at `bends` places shared by both neighbours. Covers [x0, x0 + nx*d] exactly.
 */
static inline void shapes_coverage(shapes *s, uint64_t seed, double x0, double y0, double d, int nx,
                                   int ny, double shake, int bends)
{
    test_rng rng;
    size_t n = (size_t)(nx + 1) * (size_t)(ny + 1);
    double *v = malloc(2 * n * sizeof *v);
    assert_non_null(v);
    test_rng_seed(&rng, seed);
    for (int j = 0; j <= ny; j++) {
        for (int i = 0; i <= nx; i++) {
            double sx = i > 0 && i < nx ? shake : 0, sy = j > 0 && j < ny ? shake : 0;
            double *p = v + 2 * ((size_t)j * (size_t)(nx + 1) + (size_t)i);
            p[0] = mm(x0 + d * (i + sx * (test_rng_real(&rng) - 0.5)));
            p[1] = mm(y0 + d * (j + sy * (test_rng_real(&rng) - 0.5)));
        }
    }
    for (int j = 0; j < ny; j++) {
        for (int i = 0; i < nx; i++) {
            const size_t c[4] = {(size_t)j * (size_t)(nx + 1) + (size_t)i,
                                 (size_t)j * (size_t)(nx + 1) + (size_t)i + 1,
                                 (size_t)(j + 1) * (size_t)(nx + 1) + (size_t)i + 1,
                                 (size_t)(j + 1) * (size_t)(nx + 1) + (size_t)i};
            for (int k = 0; k < 4; k++) {
                size_t a = c[k], b = c[(k + 1) % 4];
                shapes_point(s, v[2 * a], v[2 * a + 1]);
                bool rim = (k == 0 && j == 0) || (k == 1 && i == nx - 1) ||
                           (k == 2 && j == ny - 1) || (k == 3 && i == 0);
                for (int q = 1; q <= bends && !rim; q++) { /* same points seen from both sides */
                    size_t lo = a < b ? a : b, hi = a < b ? b : a;
                    int at = a < b ? q : bends + 1 - q;
                    double t = (double)at / (bends + 1), w = 0.12 * d * sin(9.7 * (double)lo + at);
                    double dx = v[2 * hi] - v[2 * lo], dy = v[2 * hi + 1] - v[2 * lo + 1];
                    double len = hypot(dx, dy) + 1e-9, side = w * sin(M_PI * t);
                    shapes_point(s, mm(v[2 * lo] + t * dx - side * dy / len),
                                 mm(v[2 * lo + 1] + t * dy + side * dx / len));
                }
            }
            shapes_end_ring(s);
            shapes_end_part(s);
            shapes_end_feature(s);
        }
    }
    free(v);
}

#endif
