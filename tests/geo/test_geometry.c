/* The flat geometry itself: building, copying, box, area, the check of its counts; the mending
 * reader. */
#include <math.h>
#include <string.h>

#include "geo/geom.h"
#include "geo/wkb.h"
#include "guotu/geometry.h"
#include "support/support.h"

static void built_by_hand(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_geom g, copy;
    gt_geom_init(&g);
    gt_geom_init(&copy);
    for (int round = 0; round < 3; round++) { /* the memory is used again */
        gt_geom_reset(&g, GT_POLYGON);
        for (int i = 0; i < 100; i++) {
            assert_ok(ctx, gt_geom_add_point(ctx, &g, cos(i * M_PI / 50), sin(i * M_PI / 50)));
        }
        assert_ok(ctx, gt_geom_add_point(ctx, &g, 1, 0));
        assert_ok(ctx, gt_geom_end_ring(ctx, &g));
        assert_ok(ctx, gt_geom_end_part(ctx, &g));
        assert_ok(ctx, gt_geom_check(ctx, &g));
        assert_near(gt_geom_plane_area(&g), 50 * sin(M_PI / 50), 1e-14);
        assert_ok(ctx, gt_geom_copy(ctx, &g, &copy));
        assert_memory_equal(copy.xy, g.xy, 101 * 16);
        assert_int_equal(copy.part_end[0], 1);
    }
    gt_geom_reset(&g, GT_MULTIPOINT);
    assert_ok(ctx, gt_geom_copy(ctx, &g, &copy));
    assert_int_equal(copy.n_points, 0);
    assert_int_equal(copy.type, GT_MULTIPOINT);
    gt_geom_free(ctx, &g);
    gt_geom_free(ctx, &copy);
    gt_geom_free(ctx, NULL);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void bad_points_and_limits(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_geom g = {0};
    gt_geom_reset(&g, GT_MULTIPOINT);
    static const double bad[][2] = {{NAN, 0}, {0, NAN}, {INFINITY, 0}, {0, -INFINITY}};
    for (size_t i = 0; i < 4; i++) {
        assert_fails(ctx, gt_geom_add_point(ctx, &g, bad[i][0], bad[i][1]), GT_E_INPUT,
                     "geo.not-finite");
        assert_int_equal(g.n_points, 0);
    }
    assert_fails(ctx, gt_geom_reserve(ctx, &g, (size_t)UINT32_MAX + 1, 0, 0), GT_E_LIMIT,
                 "geo.too-many-points");
    assert_fails(ctx, gt_geom_reserve(ctx, &g, 0, (size_t)UINT32_MAX + 1, 0), GT_E_LIMIT,
                 "geo.too-many-points");
    g.n_points = UINT32_MAX;
    assert_fails(ctx, gt_geom_add_point(ctx, &g, 1, 1), GT_E_LIMIT, "geo.too-many-points");
    g.n_points = 0;
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void first_bad_is_found_at_any_place(void **state)
{
    (void)state;
    double xy[40];
    gt_geom g = {.type = GT_MULTIPOINT, .xy = xy, .n_points = 20};
    for (uint32_t at = 0; at < 20; at++) {
        for (int i = 0; i < 40; i++) {
            xy[i] = i % 2 == 0 ? 1e308 : -5e-324;
        }
        assert_int_equal(gt_geom_first_bad(&g, 0), 20);
        xy[2 * at + at % 2] = at % 3 == 0 ? NAN : at % 3 == 1 ? INFINITY : -INFINITY;
        assert_int_equal(gt_geom_first_bad(&g, 0), at);
        assert_int_equal(gt_geom_first_bad(&g, at), at);
        assert_int_equal(gt_geom_first_bad(&g, at + 1), 20);
    }
}

static void boxes(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_geom g = {0};
    gt_box empty = gt_geom_box(&g);
    assert_true(empty.xmin > empty.xmax && empty.ymin > empty.ymax);
    const char *wkt = "LINESTRING(3 -1, -2 5, 0 0)";
    assert_ok(ctx, gt_geom_from_wkt(ctx, wkt, strlen(wkt), &g));
    gt_box b = gt_geom_box(&g);
    assert_true(b.xmin == -2 && b.xmax == 3 && b.ymin == -1 && b.ymax == 5);
    assert_true(gt_box_meets(b, (gt_box){3, 5, 9, 9})); /* a corner is enough */
    assert_true(gt_box_meets((gt_box){0, 0, 1, 1}, b));
    assert_false(gt_box_meets(b, (gt_box){3.1, 5, 9, 9}));
    assert_false(gt_box_meets(b, (gt_box){-9, 5.1, 9, 9}));
    assert_false(gt_box_meets(b, empty));
    assert_false(gt_box_meets(empty, empty));
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void area_keeps_its_digits_far_from_the_origin(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_geom g = {0};
    const char *wkt = "POLYGON((39500000 4400000,39500000.5 4400000,39500000.5 4400000.5,39500000 "
                      "4400000.5,39500000 4400000))";
    assert_ok(ctx, gt_geom_from_wkt(ctx, wkt, strlen(wkt), &g));
    assert_near(gt_geom_plane_area(&g), 0.25, 0);
    /* a hole larger than its shell is nonsense, not a negative area */
    wkt = "POLYGON((0 0,1 0,1 1,0 0),(0 0,9 0,9 9,0 0))";
    assert_ok(ctx, gt_geom_from_wkt(ctx, wkt, strlen(wkt), &g));
    assert_near(gt_geom_plane_area(&g), 0, 0);
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void counts_out_of_step_are_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    double xy[16] = {0};
    uint32_t rings[2] = {4, 8}, parts[2] = {1, 2}, falling[2] = {8, 4}, empty_ring[2] = {0, 8};
    const gt_geom bad[] = {
        {.type = GT_GEOM_NONE},
        {.type = GT_POINT, .xy = xy, .n_points = 2},
        {.type = GT_POINT, .xy = xy, .n_points = 1, .ring_end = rings, .n_rings = 1},
        {.type = GT_LINESTRING, .xy = xy, .n_points = 8, .ring_end = rings, .n_rings = 2},
        {.type = GT_LINESTRING, .xy = xy, .n_points = 8},
        {.type = GT_MULTILINESTRING, .xy = xy, .n_points = 8, .ring_end = falling, .n_rings = 2},
        {.type = GT_MULTILINESTRING, .xy = xy, .n_points = 8, .ring_end = empty_ring, .n_rings = 2},
        {.type = GT_MULTILINESTRING, .xy = xy, .n_points = 7, .ring_end = rings, .n_rings = 2},
        {.type = GT_POLYGON, .xy = xy, .n_points = 8, .ring_end = rings, .n_rings = 2},
        {.type = GT_POLYGON,
         .xy = xy,
         .n_points = 8,
         .ring_end = rings,
         .n_rings = 2,
         .part_end = parts,
         .n_parts = 2},
        {.type = GT_MULTIPOLYGON,
         .xy = xy,
         .n_points = 8,
         .ring_end = rings,
         .n_rings = 2,
         .part_end = parts,
         .n_parts = 1},
    };
    uint8_t *buffer = NULL;
    size_t cap = 0, len = 77;
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(ctx, gt_geom_check(ctx, &bad[i]), GT_E_USAGE, "geo.out-of-step");
        assert_fails(ctx, gt_geom_to_wkb(ctx, &bad[i], &buffer, &cap, &len), GT_E_USAGE, NULL);
        assert_fails(ctx, gt_geom_to_gpkg(ctx, &bad[i], 1, &buffer, &cap, &len), GT_E_USAGE, NULL);
        assert_int_equal(len, 77);
        gt_text_clear(&t);
        gt_geom_to_wkt(&bad[i], 3, &t);
        assert_true(t.failed);
        gt_error_clear(ctx);
        gt_text_clear(&t);
        gt_geom_to_geojson(&bad[i], 3, &t);
        assert_true(t.failed);
        gt_error_clear(ctx);
    }
    gt_text_free(&t);
    gt_ctx_free(ctx);
}

static void type_names(void **state)
{
    (void)state;
    assert_string_equal(gt_geom_type_name(GT_GEOM_NONE), "none");
    assert_string_equal(gt_geom_type_name(GT_POINT), "point");
    assert_string_equal(gt_geom_type_name(GT_MULTIPOLYGON), "multipolygon");
}

/* ---- mending ------------------------------------------------------------------------------------
 */

static uint8_t *put_ring(uint8_t *to, const double *xy, uint32_t n)
{
    to = gt_put_u32(to, n);
    for (uint32_t i = 0; i < 2 * n; i++) {
        to = gt_put_double(to, xy[i]);
    }
    return to;
}

static uint8_t *put_start(uint8_t *to, gt_geom_type type, uint32_t n)
{
    *to = 1;
    return gt_put_u32(gt_put_u32(to + 1, (uint32_t)type), n);
}

static void mending_closes_and_drops(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const double open[] = {0, 0, 4, 0, 4, 4, 0, 4}, flat[] = {1, 1, 2, 2, 1, 1};
    static const double hole[] = {1, 1, 1, 2, 2, 2, 1, 1},
                        torn[] = {8, 0, NAN, 1, 9, 0, 9, 9, 8, 0};
    uint8_t wkb[1024], *end = put_start(wkb, GT_MULTIPOLYGON, 3);
    end = put_ring(put_ring(put_start(end, GT_POLYGON, 2), open, 4), hole, 4);
    end = put_ring(put_ring(put_start(end, GT_POLYGON, 2), flat, 3), hole, 4);
    end = put_ring(put_start(end, GT_POLYGON, 1), torn, 5);
    size_t len = (size_t)(end - wkb);
    gt_geom g = {0};
    gt_mending done;
    assert_fails(ctx, gt_geom_from_wkb(ctx, wkb, len, &g), GT_E_INPUT, "geo.ring-open");
    assert_ok(ctx, gt_geom_from_wkb_mending(ctx, wkb, len, &g, &done));
    assert_int_equal(done.rings_closed, 1);
    assert_int_equal(done.rings_dropped, 2); /* the flat shell and its hole */
    assert_int_equal(done.points_dropped, 1);
    assert_int_equal(done.changes, 4);
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_geom_to_wkt(&g, 3, &t);
    assert_string_equal(gt_text_cstr(&t),
                        "MULTIPOLYGON (((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 1 1)), "
                        "((8 0, 9 0, 9 9, 8 0)))");
    /* cuts are not mended */
    for (size_t cut = 0; cut < len; cut++) {
        assert_fails(ctx, gt_geom_from_wkb_mending(ctx, wkb, cut, &g, &done), GT_E_INPUT, NULL);
    }
    gt_text_free(&t);
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void mending_may_leave_nothing(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const double line[] = {1, 1, NAN, NAN}, flat[] = {1, 1, 2, 2, 1, 1};
    uint8_t wkb[256];
    gt_geom g = {0};
    gt_mending done;
    uint8_t *end = put_ring(put_start(wkb, GT_POLYGON, 1), flat, 3);
    assert_ok(ctx, gt_geom_from_wkb_mending(ctx, wkb, (size_t)(end - wkb), &g, &done));
    assert_int_equal(g.n_points + g.n_rings + g.n_parts, 0);
    assert_int_equal(done.rings_dropped, 1);
    wkb[0] = 1;
    end = put_ring(gt_put_u32(wkb + 1, GT_LINESTRING), line, 2);
    assert_ok(ctx, gt_geom_from_wkb_mending(ctx, wkb, (size_t)(end - wkb), &g, &done));
    assert_int_equal(g.n_points + g.n_rings, 0);
    assert_int_equal(done.lines_dropped, 1);
    assert_int_equal(done.points_dropped, 1);
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_by_hand),
        cmocka_unit_test(bad_points_and_limits),
        cmocka_unit_test(first_bad_is_found_at_any_place),
        cmocka_unit_test(boxes),
        cmocka_unit_test(area_keeps_its_digits_far_from_the_origin),
        cmocka_unit_test(counts_out_of_step_are_refused),
        cmocka_unit_test(type_names),
        cmocka_unit_test(mending_closes_and_drops),
        cmocka_unit_test(mending_may_leave_nothing),
    };
    return cmocka_run_group_tests_name("geo.geometry", tests, NULL, NULL);
}
