/* The clipper against GEOS: whenever it is sure, it is right; and it is sure where it should be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/clip.h"
#include "guotu/geos.h"
#include "support/support.h"

enum { MOST = 64 };

typedef struct bench {
    gt_ctx *ctx;
    gt_geos *geos;
    gt_geom subject, parts[MOST], out, all, want;
    size_t n;
    bool meets[MOST], sure, whole;
} bench;

static int setup(void **state)
{
    bench *b = calloc(1, sizeof *b);
    b->ctx = test_ctx();
    assert_ok(b->ctx, gt_geos_new(b->ctx, &b->geos));
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;
    for (int i = 0; i < MOST; i++) {
        gt_geom_free(b->ctx, &b->parts[i]);
    }
    gt_geom_free(b->ctx, &b->subject);
    gt_geom_free(b->ctx, &b->out);
    gt_geom_free(b->ctx, &b->all);
    gt_geom_free(b->ctx, &b->want);
    gt_geos_free(b->geos);
    assert_int_equal(gt_ctx_memory_used(b->ctx), 0);
    gt_ctx_free(b->ctx);
    free(b);
    return 0;
}

static void wkt(bench *b, const char *text, gt_geom *out)
{
    assert_ok(b->ctx, gt_geom_from_wkt(b->ctx, text, strlen(text), out));
}

static void run(bench *b)
{
    gt_clip *clip = NULL;
    const gt_geom *list[MOST];
    for (size_t i = 0; i < b->n; i++) {
        list[i] = &b->parts[i];
    }
    assert_ok(b->ctx, gt_clip_new(b->ctx, &b->subject, &clip));
    assert_ok(b->ctx,
              gt_clip_run(b->ctx, clip, list, b->n, b->meets, &b->out, &b->whole, &b->sure));
    gt_clip_free(clip);
}

/* Area of what is in exactly one of two geometries. */
static double differing(bench *b, const gt_geom *p, const gt_geom *q)
{
    gt_geom d;
    double m2 = 0;
    gt_geom_init(&d);
    assert_ok(b->ctx, gt_geos_difference(b->ctx, b->geos, p, q, &d));
    m2 += gt_geom_plane_area(&d);
    assert_ok(b->ctx, gt_geos_difference(b->ctx, b->geos, q, p, &d));
    m2 += gt_geom_plane_area(&d);
    gt_geom_free(b->ctx, &d);
    return m2;
}

/* Compares a sure answer with GEOS; returns whether it was sure. */
static bool compare(bench *b)
{
    const gt_geom *list[MOST];
    run(b);
    if (!b->sure) {
        assert_int_equal(b->out.n_points, 0);
        return false;
    }
    for (size_t i = 0; i < b->n; i++) {
        list[i] = &b->parts[i];
        assert_ok(b->ctx,
                  gt_geos_intersection(b->ctx, b->geos, &b->subject, &b->parts[i], &b->want));
        assert_int_equal(b->meets[i], b->want.n_points > 0);
    }
    assert_ok(b->ctx, gt_geos_union(b->ctx, b->geos, list, b->n, &b->all));
    assert_ok(b->ctx, gt_geos_intersection(b->ctx, b->geos, &b->subject, &b->all, &b->want));
    double m2 = gt_geom_plane_area(&b->want);
    assert_near(gt_geom_plane_area(&b->out), m2, 1e-7 * (m2 + 1));
    assert_int_equal(b->out.n_parts, b->want.n_parts);
    assert_int_equal(b->out.n_rings, b->want.n_rings);
    if (m2 > 0) {
        assert_true(differing(b, &b->out, &b->want) <= 1e-6 * (m2 + 1));
    }
    assert_int_equal(b->whole, m2 > 0 && fabs(m2 - gt_geom_plane_area(&b->subject)) < 1e-9 * m2);
    return true;
}

/* A ring around (x, y) whose radius varies; n points; `turn` < 0: clockwise. */
static void star(bench *b, test_rng *rng, gt_geom *g, double x, double y, double r, int n,
                 bool back)
{
    double first[2] = {0, 0};
    for (int i = 0; i < n; i++) {
        double a = 2 * 3.14159265358979 * (back ? n - i : i) / n;
        double d = r * (0.4 + 0.6 * test_rng_real(rng));
        double p[2] = {x + d * cos(a), y + d * sin(a)};
        if (i == 0) {
            first[0] = p[0];
            first[1] = p[1];
        }
        assert_ok(b->ctx, gt_geom_add_point(b->ctx, g, p[0], p[1]));
    }
    assert_ok(b->ctx, gt_geom_add_point(b->ctx, g, first[0], first[1]));
    assert_ok(b->ctx, gt_geom_end_ring(b->ctx, g));
}

static void one_star(bench *b, test_rng *rng, gt_geom *g, double x, double y, double r)
{
    gt_geom_reset(g, GT_POLYGON);
    star(b, rng, g, x, y, r, 5 + (int)(test_rng_next(rng) % 20), test_rng_next(rng) % 2 == 0);
    if (test_rng_next(rng) % 3 == 0) { /* a hole, of either direction */
        star(b, rng, g, x, y, r * 0.35, 5 + (int)(test_rng_next(rng) % 9),
             test_rng_next(rng) % 2 == 0);
    }
    assert_ok(b->ctx, gt_geom_end_part(b->ctx, g));
}

static void stars_agree_with_geos(void **state)
{
    bench *b = *state;
    test_rng rng;
    test_rng_seed(&rng, 20260101);
    int sure = 0, rounds = 3000;
    for (int i = 0; i < rounds; i++) {
        double x = 500000 + 1000 * test_rng_real(&rng), y = 4430000 + 1000 * test_rng_real(&rng);
        one_star(b, &rng, &b->subject, x, y, 20 + 200 * test_rng_real(&rng));
        b->n = 1 + test_rng_next(&rng) % 2;
        for (size_t k = 0; k < b->n; k++) {
            one_star(b, &rng, &b->parts[k], x + 300 * (test_rng_real(&rng) - 0.5),
                     y + 300 * (test_rng_real(&rng) - 0.5), 10 + 200 * test_rng_real(&rng));
        }
        sure += compare(b);
    }
    /* pairs of stars often overlap each other, single ones are always in general position */
    assert_true(sure > rounds / 2);
}

/* Cells of a bent grid: neighbours share their vertices, as in a cadastre. */
static double bend(uint64_t seed, int i, int k, int axis)
{
    test_rng rng;
    test_rng_seed(&rng, seed * 1000003 + (uint64_t)((i + 50) * 211 + (k + 50) * 2 + axis));
    return floor(1000 * (60 * (test_rng_real(&rng) - 0.5))) / 1000;
}

static void cell(bench *b, gt_geom *g, uint64_t seed, int i, int k, bool back)
{
    static const int step[9][2] = {{0, 0}, {1, 0}, {2, 0}, {2, 1}, {2, 2},
                                   {1, 2}, {0, 2}, {0, 1}, {0, 0}};
    gt_geom_reset(g, GT_POLYGON);
    for (int s = 0; s < 9; s++) {
        const int *at = step[back ? 8 - s : s];
        int u = 2 * i + at[0], v = 2 * k + at[1];
        assert_ok(b->ctx, gt_geom_add_point(b->ctx, g, 500000 + 100.0 * u + bend(seed, u, v, 0),
                                            4430000 + 100.0 * v + bend(seed, u, v, 1)));
    }
    assert_ok(b->ctx, gt_geom_end_ring(b->ctx, g));
    assert_ok(b->ctx, gt_geom_end_part(b->ctx, g));
}

static void coverages_are_dissolved(void **state)
{
    bench *b = *state;
    test_rng rng;
    test_rng_seed(&rng, 7);
    int sure = 0, rounds = 600;
    for (int i = 0; i < rounds; i++) {
        b->n = 0;
        for (int u = 0; u < 5; u++) {
            for (int v = 0; v < 5; v++) {
                if (test_rng_next(&rng) % 4 != 0) { /* some cells are filtered out */
                    cell(b, &b->parts[b->n++], (uint64_t)i, u, v, test_rng_next(&rng) % 2 == 0);
                }
            }
        }
        one_star(b, &rng, &b->subject, 500500 + 200 * (test_rng_real(&rng) - 0.5),
                 4430500 + 200 * (test_rng_real(&rng) - 0.5), 50 + 500 * test_rng_real(&rng));
        sure += compare(b);
    }
    /* where two cells of the layer meet in a corner only, GEOS is asked */
    assert_true(sure > rounds / 4);
}

typedef struct hard {
    const char *subject, *parts[3];
    int sure; /* 1 must be, 0 must not be, -1 either */
} hard;

static const hard hards[] = {
    /* the subject itself, and the same ring turned and shifted */
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))", {"POLYGON((0 0,4 0,4 4,0 4,0 0))"}, 0},
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))", {"POLYGON((4 4,4 0,0 0,0 4,4 4))"}, 0},
    /* a common border, a common corner, a corner on a border */
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))", {"POLYGON((4 0,8 0,8 4,4 4,4 0))"}, 0},
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))", {"POLYGON((4 4,8 4,8 8,4 8,4 4))"}, 0},
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))", {"POLYGON((4 2,8 1,8 3,4 2))"}, 0},
    /* inside, around, apart, with a hole around */
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))", {"POLYGON((1 1,2 1,2 2.5,1 2,1 1))"}, 1},
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))", {"POLYGON((-1 -2,9 -1,9 9,-1 8,-1 -2))"}, 1},
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))", {"POLYGON((5.5 1,9 1,9 3,5.5 2,5.5 1))"}, 1},
    {"POLYGON((0 0,4 0,4 4,0 4,0 0))",
     {"POLYGON((-9 -8,9 -9,9 9,-8 9,-9 -8),(-1 -2,-2 5,6 7,5 -3,-1 -2))"},
     1},
    /* across, in two pieces; a hole cut open; a hole kept */
    {"POLYGON((0 0,9 0,9 1,1 1.2,1 3,9 3.3,9 4,0 4,0 0))",
     {"POLYGON((4 -1,5 -1,5 5,4 5.5,4 -1))"},
     1},
    {"POLYGON((0 0,6 0,6 6,0 6,0 0),(2 2,4 2,4 4,2 4,2 2))",
     {"POLYGON((3 -1,9 -2,9 9,3 8,3 -1))"},
     1},
    {"POLYGON((0 0,6 0,6 6,0 6,0 0),(2 2,4 2,4 4,2 4,2 2))",
     {"POLYGON((-1 -2,9 -1,9 9,-1 8,-1 -2))"},
     1},
    /* two polygons over each other: crossing, one in the other, the same twice */
    {"POLYGON((0 0,9 0,9 9,0 9,0 0))",
     {"POLYGON((1 1,5 1.5,5 5,1 5,1 1))", "POLYGON((3 3,7 3.5,7 7,3 7,3 3))"},
     0},
    {"POLYGON((0 0,9 0,9 9,0 9,0 0))",
     {"POLYGON((1 1,7 1.5,7 7,1 7,1 1))", "POLYGON((3 3,5 3.5,5 5,3 5,3 3))"},
     0},
    {"POLYGON((0 0,9 0,9 9,0 9,0 0))",
     {"POLYGON((1 1,7 1.5,7 7,1 7,1 1))", "POLYGON((1 1,7 1.5,7 7,1 7,1 1))"},
     0},
    /* neighbours with a vertex only one of them has */
    {"POLYGON((0 0,9 0,9 9,0 9,0 0))",
     {"POLYGON((1 1,4 1,4 4,1 4,1 1))", "POLYGON((4 1,7 1,7 4,4 4,4 2,4 1))"},
     0},
    /* neighbours that fit; a third around the corner */
    {"POLYGON((0.5 0.5,9 0,9 9,0 9,0.5 0.5))",
     {"POLYGON((1 1,4 1,4 4,1 4,1 1))", "POLYGON((4 1,7 1,7 4,4 4,4 1))",
      "POLYGON((1 4,4 4,4 7,1 7,1 4))"},
     1},
    /* a ring of no area; a polygon whose border crosses itself near the subject */
    {"POLYGON((0 0,9 0,9 9,0 9,0 0))", {"POLYGON((1 1,2 2,3 3,1 1))"}, 0},
    {"POLYGON((0 0,9 0,9 9,0 9,0 0))", {"POLYGON((1 1,5 5,5 1,1 4,1 1))"}, 0},
    {"MULTIPOLYGON(((0 0,2 0,2 2,0 2,0 0)),((5 5,7 5,7 7,5 7,5 5)))",
     {"POLYGON((1 -1,6 3,6.5 9,1 5,1 -1))"},
     1},
};

static void hard_positions(void **state)
{
    bench *b = *state;
    for (size_t i = 0; i < sizeof hards / sizeof *hards; i++) {
        wkt(b, hards[i].subject, &b->subject);
        b->n = 0;
        for (int k = 0; k < 3 && hards[i].parts[k] != NULL; k++) {
            wkt(b, hards[i].parts[k], &b->parts[b->n++]);
        }
        if (hards[i].sure == 0) {
            run(b);
        }
        bool sure = hards[i].sure == 0 ? b->sure : compare(b);
        if (hards[i].sure >= 0 && sure != (hards[i].sure == 1)) {
            fail_msg("case %zu: sure is %d", i, (int)sure);
        }
    }
}

static void memory_can_run_out_anywhere(void **state)
{
    bench *b = *state;
    wkt(b, "POLYGON((0 0,6 0,6 6,0 6,0 0),(2 2,4 2,4 4,2 4,2 2))", &b->subject);
    wkt(b, "POLYGON((3 -1,9 -2,9 9,3 8,3 -1))", &b->parts[0]);
    const gt_geom *list[1] = {&b->parts[0]};
    bool done = false;
    for (long n = 0; !done; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_clip *clip = NULL;
        gt_geom out;
        bool sure = false, whole = false;
        gt_geom_init(&out);
        gt_status st = gt_clip_new(ctx, &b->subject, &clip);
        if (st == GT_OK) {
            st = gt_clip_run(ctx, clip, list, 1, b->meets, &out, &whole, &sure);
        }
        assert_true(st == GT_OK || st == GT_E_MEMORY);
        done = st == GT_OK && left >= 0;
        gt_clip_free(clip);
        gt_geom_free(ctx, &out);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hard_positions),
        cmocka_unit_test(stars_agree_with_geos),
        cmocka_unit_test(coverages_are_dissolved),
        cmocka_unit_test(memory_can_run_out_anywhere),
    };
    return cmocka_run_group_tests_name("check.clip", tests, setup, teardown);
}
