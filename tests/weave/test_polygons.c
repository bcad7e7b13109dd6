/* Polygons of the graph are valid (GEOS), add up to the account, and share their borders. */
#include <geos_c.h>

#include "weave/shapes.h"

typedef struct sums {
    GEOSContextHandle_t g;
    double area;
    size_t n, parts, holes;
    uint32_t only;
} sums;

static GEOSGeometry *ring_of(GEOSContextHandle_t g, const gt_geom *geom, uint32_t r)
{
    uint32_t from = r == 0 ? 0 : geom->ring_end[r - 1], n = geom->ring_end[r] - from;
    GEOSCoordSequence *q = GEOSCoordSeq_create_r(g, n, 2);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(
            GEOSCoordSeq_setXY_r(g, q, i, geom->xy[2 * (from + i)], geom->xy[2 * (from + i) + 1]),
            1);
    }
    return GEOSGeom_createLinearRing_r(g, q);
}

static GEOSGeometry *to_geos(GEOSContextHandle_t g, const gt_geom *geom)
{
    GEOSGeometry **parts = calloc(geom->n_parts + 1, sizeof *parts);
    uint32_t ring = 0;
    for (uint32_t p = 0; p < geom->n_parts; p++) {
        GEOSGeometry *shell = ring_of(g, geom, ring++);
        uint32_t n = geom->part_end[p] - ring;
        GEOSGeometry **holes = calloc(n + 1, sizeof *holes);
        for (uint32_t i = 0; i < n; i++) {
            holes[i] = ring_of(g, geom, ring++);
        }
        parts[p] = GEOSGeom_createPolygon_r(g, shell, holes, n);
        free((void *)holes);
    }
    GEOSGeometry *all = GEOSGeom_createCollection_r(g, GEOS_MULTIPOLYGON, parts, geom->n_parts);
    free((void *)parts);
    return all;
}

static gt_status on_polygon(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                            double plane_m2, const gt_geom *geom)
{
    (void)ctx;
    (void)codes;
    sums *s = user;
    GEOSGeometry *x = to_geos(s->g, geom);
    double area = 0;
    if (GEOSisValid_r(s->g, x) != 1) {
        char *why = GEOSisValidReason_r(s->g, x);
        print_error("not valid: %s\n", why);
        fail();
    }
    assert_int_equal(GEOSArea_r(s->g, x, &area), 1);
    assert_near(area, plane_m2, 1e-7 + 1e-12 * fabs(area));
    assert_true(m2 == plane_m2);
    s->area += area;
    s->n++;
    s->parts += geom->n_parts;
    s->holes += geom->n_rings - geom->n_parts;
    GEOSGeom_destroy_r(s->g, x);
    return GT_OK;
}

static bool only_row(void *user, const uint32_t *codes)
{
    const sums *s = user;
    return codes[0] == s->only;
}

static gt_weave *run_lines(gt_ctx *ctx, const shapes *layers, uint32_t n, double cell)
{
    gt_weave_batch batches[8];
    gt_weave_options o;
    gt_weave_options_init(&o);
    o.cell = cell;
    o.keep_lines = true;
    for (uint32_t i = 0; i < n; i++) {
        batches[i] = shapes_batch(&layers[i], i);
    }
    gt_weave *w = NULL;
    assert_ok(ctx, gt_weave_run(ctx, n, batches, n, &o, &w));
    return w;
}

static sums polygons(gt_ctx *ctx, const gt_weave *w, const uint32_t *const *code_of,
                     const size_t *len, const bool *use)
{
    sums s = {.g = GEOS_init_r()};
    gt_account *a = NULL;
    gt_weave_view view;
    gt_weave_view_init(&view);
    view.code_of = code_of;
    view.code_len = len;
    view.use_layer = use;
    assert_ok(ctx, gt_weave_polygons(ctx, w, &view, on_polygon, &s));
    assert_ok(ctx, gt_weave_account(ctx, w, code_of, len, use, &a));
    assert_int_equal(s.n, gt_account_rows(a));
    assert_near(s.area, gt_account_total(a), 1e-6 + 1e-11 * s.area);
    gt_account_free(ctx, a);
    GEOS_finish_r(s.g);
    return s;
}

static void atoms_and_dissolves(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s[2] = {{0}};
    shapes_coverage(&s[0], 41, 4000, 5000, 10, 20, 20, 0.7, 3);
    shapes_coverage(&s[1], 42, 4000, 5000, 20, 10, 10, 0.7, 2);
    uint32_t class_of[400];
    test_rng rng;
    test_rng_seed(&rng, 45);
    for (uint32_t i = 0; i < 400; i++) {
        class_of[i] = (uint32_t)(test_rng_next(&rng) % 2);
    }
    const uint32_t *code_of[2] = {class_of, NULL};
    const size_t len[2] = {400, 0};
    const bool first[2] = {true, false};
    size_t parts = 0;
    for (double cell = 6.5; cell < 500; cell *= 2.3) {
        gt_weave *w = run_lines(ctx, s, 2, cell);
        sums all = polygons(ctx, w, NULL, NULL, NULL);
        assert_true(parts == 0 || parts == all.parts || cell < 20);
        parts = all.parts;
        sums classes = polygons(ctx, w, code_of, len, first);
        assert_int_equal(classes.n, 2);
        assert_true(classes.holes > 0);
        (void)polygons(ctx, w, code_of, len, NULL);
        gt_weave_free(ctx, w);
    }
    shapes_free(&s[0]);
    shapes_free(&s[1]);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void stars_with_everything(void **state)
{
    (void)state;
    test_rng rng;
    gt_ctx *ctx = test_ctx();
    test_rng_seed(&rng, 43);
    for (int round = 0; round < 15; round++) {
        shapes s[2] = {{0}};
        for (int i = 0; i < 40; i++) {
            shapes_star(&s[i % 2], &rng, 30 * test_rng_real(&rng), 30 * test_rng_real(&rng), 1, 9,
                        11);
        }
        gt_weave *w = run_lines(ctx, s, 2, round == 0 ? 0 : 1 + 20 * test_rng_real(&rng));
        (void)polygons(ctx, w, NULL, NULL, NULL);
        const bool second[2] = {false, true};
        (void)polygons(ctx, w, NULL, NULL, second);
        gt_weave_free(ctx, w);
        shapes_free(&s[0]);
        shapes_free(&s[1]);
    }
    gt_ctx_free(ctx);
}

/* Shapes on a coarse grid touch in points and share pieces of edges all the time. */
static void touching_in_points(void **state)
{
    (void)state;
    test_rng rng;
    gt_ctx *ctx = test_ctx();
    test_rng_seed(&rng, 44);
    for (int round = 0; round < 40; round++) {
        shapes s = {0};
        uint32_t one[400];
        for (int i = 0; i < 60; i++) {
            double x = floor(9 * test_rng_real(&rng)), y = floor(9 * test_rng_real(&rng));
            if (i % 3 == 0) {
                shapes_polygon(&s, (double[]){x, y, x + 1, y, x, y + 1}, 3);
            } else {
                shapes_box(&s, x, y, x + 1, y + 1);
            }
            one[i] = (uint32_t)(i % 2);
        }
        const uint32_t *code_of[1] = {one};
        const size_t len[1] = {60};
        gt_weave *w = run_lines(ctx, &s, 1, round % 2 == 0 ? 100 : 0.9 + 3 * test_rng_real(&rng));
        (void)polygons(ctx, w, code_of, len, NULL);
        gt_weave_free(ctx, w);
        shapes_free(&s);
    }
    gt_ctx_free(ctx);
}

/* ---- simplified ---------------------------------------------------------------------------- */

typedef struct simple {
    GEOSContextHandle_t g;
    double area;
    size_t n, points, parts, holes;
    GEOSGeometry *all[1024];
} simple;

static gt_status on_simple(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                           double plane_m2, const gt_geom *geom)
{
    (void)ctx;
    (void)codes;
    (void)m2;
    (void)plane_m2;
    simple *s = user;
    GEOSGeometry *x = to_geos(s->g, geom);
    double area = 0;
    assert_int_equal(GEOSisValid_r(s->g, x), 1);
    assert_int_equal(GEOSArea_r(s->g, x, &area), 1);
    assert_true(area > 0);
    s->area += area;
    s->points += geom->n_points;
    s->parts += geom->n_parts;
    s->holes += geom->n_rings - geom->n_parts;
    assert_true(s->n < 1024);
    s->all[s->n++] = x;
    return GT_OK;
}

static simple simplified(gt_ctx *ctx, const gt_weave *w, const uint32_t *const *code_of,
                         const size_t *len, double tolerance)
{
    simple s = {.g = GEOS_init_r()};
    gt_weave_view view;
    gt_weave_view_init(&view);
    view.code_of = code_of;
    view.code_len = len;
    view.tolerance = tolerance;
    assert_ok(ctx, gt_weave_polygons(ctx, w, &view, on_simple, &s));
    GEOSGeometry *all =
        GEOSGeom_createCollection_r(s.g, GEOS_GEOMETRYCOLLECTION, s.all, (unsigned)s.n);
    GEOSGeometry *whole = GEOSUnaryUnion_r(s.g, all);
    double area = 0;
    assert_int_equal(GEOSArea_r(s.g, whole, &area), 1);
    assert_near(area, s.area, 1e-6 * area); /* nothing overlaps */
    GEOSGeom_destroy_r(s.g, whole);
    GEOSGeom_destroy_r(s.g, all);
    GEOS_finish_r(s.g);
    return s;
}

/* ---- borders agree vertex by vertex ------------------------------------------------------------
 */

typedef struct border {
    double x0, y0, x1, y1;
} border;

typedef struct borders {
    border *all;
    size_t n, cap;
} borders;

static gt_status on_border(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                           double plane_m2, const gt_geom *geom)
{
    (void)ctx;
    (void)codes;
    (void)m2;
    (void)plane_m2;
    borders *b = user;
    for (uint32_t r = 0; r < geom->n_rings; r++) {
        uint32_t from = r == 0 ? 0 : geom->ring_end[r - 1];
        for (uint32_t i = from; i + 1 < geom->ring_end[r]; i++) {
            const double *p = geom->xy + 2 * (size_t)i;
            if (b->n == b->cap) {
                b->cap = b->cap == 0 ? 1024 : 2 * b->cap;
                b->all = realloc(b->all, b->cap * sizeof *b->all);
                assert_non_null(b->all);
            }
            b->all[b->n++] = (border){p[0], p[1], p[2], p[3]};
        }
    }
    return GT_OK;
}

static int border_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(border));
}

static bool on_rim(const double square[4], double x, double y)
{
    return x == square[0] || x == square[2] || y == square[1] || y == square[3];
}

/* Every edge of a polygon runs the other way in exactly one neighbour, or goes from rim to rim of
 * the square (simplified, it may cut a corner off): there is neither a gap nor an overlap. */
static void assert_borders_agree(gt_ctx *ctx, const gt_weave *w, const uint32_t *const *code_of,
                                 const size_t *len, double tolerance, const double square[4])
{
    borders b = {0};
    gt_weave_view view;
    double rim = 0;
    gt_weave_view_init(&view);
    view.code_of = code_of;
    view.code_len = len;
    view.tolerance = tolerance;
    assert_ok(ctx, gt_weave_polygons(ctx, w, &view, on_border, &b));
    qsort(b.all, b.n, sizeof *b.all, border_order);
    for (size_t i = 0; i < b.n; i++) {
        const border *e = &b.all[i];
        const border back = {e->x1, e->y1, e->x0, e->y0};
        bool twin = bsearch(&back, b.all, b.n, sizeof *b.all, border_order) != NULL;
        assert_true(i == 0 || border_order(e - 1, e) != 0); /* once only */
        assert_true(twin || (on_rim(square, e->x0, e->y0) && on_rim(square, e->x1, e->y1)));
        rim += twin ? 0 : hypot(e->x1 - e->x0, e->y1 - e->y0);
    }
    double round = 2 * (square[2] - square[0] + square[3] - square[1]);
    assert_near(rim, round, tolerance == 0 ? 1e-6 : 0.4 * round);
    free(b.all);
}

static void neighbours_agree_vertex_by_vertex(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    test_rng rng;
    test_rng_seed(&rng, 51);
    for (int round = 0; round < 8; round++) {
        shapes s = {0};
        uint32_t class_of[196];
        shapes_coverage(&s, 60 + (uint64_t)round, 4000, 5000, 10, 14, 14, 0.7, 9);
        for (size_t i = 0; i < 196; i++) {
            class_of[i] = (uint32_t)(test_rng_next(&rng) % 4);
        }
        const uint32_t *code_of[1] = {class_of};
        const size_t len[1] = {196};
        const double square[4] = {4000, 5000, 4140, 5140};
        gt_weave *w = run_lines(ctx, &s, 1, round == 0 ? 0 : 5 + 40 * test_rng_real(&rng));
        for (double t = 0; t < 50; t = t == 0 ? 0.03 : 3 * t) {
            assert_borders_agree(ctx, w, NULL, NULL, t, square);
            assert_borders_agree(ctx, w, code_of, len, t, square);
        }
        gt_weave_free(ctx, w);
        shapes_free(&s);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void simplified_without_gaps(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s = {0};
    shapes_coverage(&s, 47, 4000, 5000, 10, 14, 14, 0.7, 9);
    for (double cell = 7; cell < 200; cell *= 4) {
        gt_weave *w = run_lines(ctx, &s, 1, cell);
        simple first = simplified(ctx, w, NULL, NULL, 0);
        size_t points = first.points;
        for (double t = 0.05; t < 200; t *= 3) {
            simple less = simplified(ctx, w, NULL, NULL, t);
            assert_int_equal(less.n, first.n);
            assert_int_equal(less.parts, first.parts);
            assert_true(less.points <= points);
            points = less.points;
        }
        assert_true(points * 2 < first.points);
        /* the outside's corners go too, but the four sides are straight: the square stays */
        assert_near(first.area, 140 * 140, 1e-6);
        gt_weave_free(ctx, w);
    }
    shapes_free(&s);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* Islands, holes, lenses and touching corners keep their number at any tolerance. */
static void simplified_topology_stays(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    test_rng rng;
    test_rng_seed(&rng, 48);
    for (int round = 0; round < 12; round++) {
        shapes s[2] = {{0}};
        for (int i = 0; i < 14; i++) {
            shapes_star(&s[i % 2], &rng, 30 * test_rng_real(&rng), 30 * test_rng_real(&rng), 1, 9,
                        17);
        }
        gt_weave *w = run_lines(ctx, s, 2, 3 + 20 * test_rng_real(&rng));
        simple first = simplified(ctx, w, NULL, NULL, 0);
        for (double t = 0.02; t < 100; t *= 9) {
            simple less = simplified(ctx, w, NULL, NULL, t);
            assert_int_equal(less.n, first.n);
            assert_int_equal(less.parts, first.parts);
            assert_int_equal(less.holes, first.holes);
            assert_true(less.points <= first.points);
        }
        gt_weave_free(ctx, w);
        shapes_free(&s[0]);
        shapes_free(&s[1]);
    }
    gt_ctx_free(ctx);
}

static void a_filter_and_bad_use(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s = {0};
    shapes_box(&s, 0, 0, 10, 10);
    shapes_box(&s, 10, 0, 20, 10);
    gt_weave *w = run_lines(ctx, &s, 1, 3.3);
    sums one = {.g = GEOS_init_r(), .only = 1};
    gt_weave_view view;
    gt_weave_view_init(&view);
    view.want = only_row;
    assert_ok(ctx, gt_weave_polygons(ctx, w, &view, on_polygon, &one));
    assert_int_equal(one.n, 1);
    assert_near(one.area, 100, 1e-9);
    GEOS_finish_r(one.g);
    gt_weave_free(ctx, w);
    gt_weave_batch b = shapes_batch(&s, 0);
    assert_ok(ctx, gt_weave_run(ctx, 1, &b, 1, NULL, &w)); /* without keep_lines */
    assert_fails(ctx, gt_weave_polygons(ctx, w, NULL, on_polygon, &one), GT_E_USAGE,
                 "weave.no-lines");
    gt_weave_free(ctx, w);
    shapes_box(&s, 5e6, 0, 5e6 + 1, 1);
    w = run_lines(ctx, &s, 1, 30000);
    assert_fails(ctx, gt_weave_polygons(ctx, w, NULL, on_polygon, &one), GT_E_LIMIT,
                 "weave.too-wide");
    gt_weave_free(ctx, w);
    shapes_free(&s);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(atoms_and_dissolves),
        cmocka_unit_test(stars_with_everything),
        cmocka_unit_test(touching_in_points),
        cmocka_unit_test(simplified_without_gaps),
        cmocka_unit_test(neighbours_agree_vertex_by_vertex),
        cmocka_unit_test(simplified_topology_stays),
        cmocka_unit_test(a_filter_and_bad_use),
    };
    return cmocka_run_group_tests_name("weave.polygons", tests, NULL, NULL);
}
