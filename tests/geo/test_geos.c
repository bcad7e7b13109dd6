/* The GEOS bridge: known overlays, validity with its place, damage, failed allocations. */
#include <math.h>
#include <string.h>

#include "guotu/geos.h"
#include "support/support.h"

typedef struct kit {
    gt_ctx *ctx;
    gt_geos *geos;
    gt_geom a, b, out;
} kit;

static void open_kit(kit *k)
{
    memset(k, 0, sizeof *k);
    k->ctx = test_ctx();
    assert_ok(k->ctx, gt_geos_new(k->ctx, &k->geos));
}

static void close_kit(kit *k)
{
    gt_geom_free(k->ctx, &k->a);
    gt_geom_free(k->ctx, &k->b);
    gt_geom_free(k->ctx, &k->out);
    gt_geos_free(k->geos);
    assert_int_equal(gt_ctx_memory_used(k->ctx), 0);
    gt_ctx_free(k->ctx);
}

static void set(gt_ctx *ctx, gt_geom *g, const char *wkt)
{
    assert_ok(ctx, gt_geom_from_wkt(ctx, wkt, strlen(wkt), g));
}

static const char SQUARE[] = "POLYGON((0 0,10 0,10 10,0 10,0 0))";
static const char SHIFTED[] = "POLYGON((5 5,15 5,15 15,5 15,5 5))";
static const char BOWTIE[] = "POLYGON((0 0,10 10,10 0,0 10,0 0))";

static void overlays_have_known_areas(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    set(k.ctx, &k.a, SQUARE);
    set(k.ctx, &k.b, SHIFTED);
    assert_ok(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.out));
    assert_int_equal(k.out.type, GT_POLYGON);
    assert_near(gt_geom_plane_area(&k.out), 25, 0);
    assert_ok(k.ctx, gt_geos_difference(k.ctx, k.geos, &k.a, &k.b, &k.out));
    assert_near(gt_geom_plane_area(&k.out), 75, 0);
    const gt_geom *both[] = {&k.a, &k.b};
    assert_ok(k.ctx, gt_geos_union(k.ctx, k.geos, both, 2, &k.out));
    assert_near(gt_geom_plane_area(&k.out), 175, 0);
    assert_ok(k.ctx, gt_geos_union(k.ctx, k.geos, both, 0, &k.out));
    assert_int_equal(k.out.n_parts, 0);
    set(k.ctx, &k.b, "POLYGON((20 20,21 20,21 21,20 20))");
    assert_ok(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.out));
    assert_int_equal(k.out.n_points, 0);
    assert_ok(k.ctx, gt_geos_union(k.ctx, k.geos, both, 2, &k.out));
    assert_int_equal(k.out.type, GT_MULTIPOLYGON);
    assert_int_equal(k.out.n_parts, 2);
    close_kit(&k);
}

static void touching_gives_no_polygon(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    set(k.ctx, &k.a, SQUARE);
    set(k.ctx, &k.b, "POLYGON((10 0,20 0,20 10,10 10,10 0))"); /* shares an edge */
    assert_ok(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.out));
    assert_int_equal(k.out.n_parts, 0);
    /* an edge in common and a piece of area: the line of the collection is dropped */
    set(k.ctx, &k.b, "MULTIPOLYGON(((10 0,20 0,20 5,10 5,10 0)),((8 6,12 6,12 8,8 8,8 6)))");
    assert_ok(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.out));
    assert_near(gt_geom_plane_area(&k.out), 4, 0);
    set(k.ctx, &k.b, "MULTIPOLYGON EMPTY");
    assert_ok(k.ctx, gt_geos_difference(k.ctx, k.geos, &k.a, &k.b, &k.out));
    assert_near(gt_geom_plane_area(&k.out), 100, 0);
    close_kit(&k);
}

static void holes_come_back(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    set(k.ctx, &k.a, SQUARE);
    set(k.ctx, &k.b, "POLYGON((2 2,4 2,4 4,2 4,2 2))");
    assert_ok(k.ctx, gt_geos_difference(k.ctx, k.geos, &k.a, &k.b, &k.out));
    assert_int_equal(k.out.n_parts, 1);
    assert_int_equal(k.out.n_rings, 2);
    assert_near(gt_geom_plane_area(&k.out), 96, 0);
    close_kit(&k);
}

static void validity_names_reason_and_place(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    bool valid = false;
    char reason[64];
    double x = 0, y = 0;
    set(k.ctx, &k.a, SQUARE);
    assert_ok(k.ctx, gt_geos_validity(k.ctx, k.geos, &k.a, &valid, reason, &x, &y));
    assert_true(valid);
    assert_string_equal(reason, "");
    set(k.ctx, &k.a, BOWTIE);
    assert_ok(k.ctx, gt_geos_validity(k.ctx, k.geos, &k.a, &valid, reason, &x, &y));
    assert_false(valid);
    assert_string_equal(reason, "Self-intersection");
    assert_near(x, 5, 0);
    assert_near(y, 5, 0);
    set(k.ctx, &k.a, "POLYGON((0 0,10 0,10 10,0 0),(20 20,21 20,21 21,20 20))");
    assert_ok(k.ctx, gt_geos_validity(k.ctx, k.geos, &k.a, &valid, reason, &x, &y));
    assert_string_equal(reason, "Hole lies outside shell");
    assert_near(x, 20, 0);
    /* rings no codec lets through, built by hand */
    gt_geom_reset(&k.a, GT_POLYGON);
    for (int i = 0; i < 3; i++) {
        assert_ok(k.ctx, gt_geom_add_point(k.ctx, &k.a, 7 + i % 2, 8));
    }
    assert_ok(k.ctx, gt_geom_end_ring(k.ctx, &k.a));
    assert_ok(k.ctx, gt_geom_end_part(k.ctx, &k.a));
    assert_ok(k.ctx, gt_geos_validity(k.ctx, k.geos, &k.a, &valid, reason, &x, &y));
    assert_false(valid);
    assert_string_equal(reason, "Too few points in ring");
    assert_near(x, 7, 0);
    k.a.xy[4] = 9;
    assert_ok(k.ctx, gt_geos_validity(k.ctx, k.geos, &k.a, &valid, reason, &x, &y));
    assert_string_equal(reason, "Ring not closed");
    close_kit(&k);
}

static void invalid_inputs_are_refused(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    set(k.ctx, &k.a, SQUARE);
    set(k.ctx, &k.b, BOWTIE);
    gt_status st = gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.out);
    const gt_place *place = gt_error_place(k.ctx);
    assert_true(place->has_xy && place->x == 5 && place->y == 5);
    assert_fails(k.ctx, st, GT_E_INPUT, "geo.invalid-geometry");
    assert_int_equal(k.out.n_points, 0);
    assert_fails(k.ctx, gt_geos_difference(k.ctx, k.geos, &k.b, &k.a, &k.out), GT_E_INPUT,
                 "geo.invalid-geometry");
    const gt_geom *both[] = {&k.a, &k.b};
    assert_fails(k.ctx, gt_geos_union(k.ctx, k.geos, both, 2, &k.out), GT_E_INPUT,
                 "geo.invalid-geometry");
    assert_fails(k.ctx, gt_geos_buffer(k.ctx, k.geos, &k.b, 1, &k.out), GT_E_INPUT,
                 "geo.invalid-geometry");
    gt_prepared *p = NULL;
    assert_fails(k.ctx, gt_geos_prepare(k.ctx, k.geos, &k.b, &p), GT_E_INPUT,
                 "geo.invalid-geometry");
    assert_null(p);
    /* a geometry out of step is a defect of the caller, not of the data */
    k.b.n_rings = 0;
    assert_fails(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.out), GT_E_USAGE,
                 "geo.out-of-step");
    gt_geom none;
    gt_geom_init(&none);
    assert_fails(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &none, &k.out), GT_E_USAGE,
                 "geo.out-of-step");
    close_kit(&k);
}

static void trust_skips_the_check(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    set(k.ctx, &k.a, SQUARE);
    set(k.ctx, &k.b, SHIFTED);
    gt_geos_trust(k.geos, true);
    assert_ok(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.out));
    assert_near(gt_geom_plane_area(&k.out), 25, 0);
    close_kit(&k);
}

static void make_valid_keeps_the_outline(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    set(k.ctx, &k.a, BOWTIE);
    assert_ok(k.ctx, gt_geos_make_valid(k.ctx, k.geos, &k.a, &k.out));
    assert_near(gt_geom_plane_area(&k.out), 50, 1e-12);
    bool valid = false;
    char reason[64];
    double x = 0, y = 0;
    assert_ok(k.ctx, gt_geos_validity(k.ctx, k.geos, &k.out, &valid, reason, &x, &y));
    assert_true(valid);
    /* an open ring and a spike of two points, by hand */
    gt_geom_reset(&k.a, GT_MULTIPOLYGON);
    const double xy[] = {0, 0, 4, 0, 4, 4, 0, 4, 9, 9, 10, 9};
    for (int i = 0; i < 6; i++) {
        assert_ok(k.ctx, gt_geom_add_point(k.ctx, &k.a, xy[2 * i], xy[2 * i + 1]));
        if (i == 3 || i == 5) {
            assert_ok(k.ctx, gt_geom_end_ring(k.ctx, &k.a));
            assert_ok(k.ctx, gt_geom_end_part(k.ctx, &k.a));
        }
    }
    assert_ok(k.ctx, gt_geos_make_valid(k.ctx, k.geos, &k.a, &k.out));
    assert_int_equal(k.out.n_parts, 1);
    assert_near(gt_geom_plane_area(&k.out), 16, 0);
    set(k.ctx, &k.a, "POLYGON EMPTY");
    assert_ok(k.ctx, gt_geos_make_valid(k.ctx, k.geos, &k.a, &k.out));
    assert_int_equal(k.out.n_points, 0);
    close_kit(&k);
}

static void distance_sees_inside_and_outside(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    double d = -1;
    set(k.ctx, &k.a, SQUARE);
    set(k.ctx, &k.b, "POINT(13 14)");
    assert_ok(k.ctx, gt_geos_distance(k.ctx, k.geos, &k.a, &k.b, &d));
    assert_near(d, 5, 0);
    set(k.ctx, &k.b, "POINT(5 5)"); /* inside: facets alone would say 5 */
    assert_ok(k.ctx, gt_geos_distance(k.ctx, k.geos, &k.a, &k.b, &d));
    assert_near(d, 0, 0);
    set(k.ctx, &k.b, "MULTILINESTRING((0 30,10 30),(0 12,10 12))");
    assert_ok(k.ctx, gt_geos_distance(k.ctx, k.geos, &k.a, &k.b, &d));
    assert_near(d, 2, 0);
    set(k.ctx, &k.b, "MULTIPOINT EMPTY");
    assert_fails(k.ctx, gt_geos_distance(k.ctx, k.geos, &k.a, &k.b, &d), GT_E_INPUT,
                 "geo.geos-failed");
    assert_near(d, 2, 0);
    close_kit(&k);
}

static void buffer_and_label(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    set(k.ctx, &k.a, "POINT(100 100)");
    assert_ok(k.ctx, gt_geos_buffer(k.ctx, k.geos, &k.a, 10, &k.out));
    assert_near(gt_geom_plane_area(&k.out), 314.159, 0.6);
    assert_true(gt_geom_plane_area(&k.out) < 314.1593);
    set(k.ctx, &k.a, SQUARE);
    assert_ok(k.ctx, gt_geos_buffer(k.ctx, k.geos, &k.a, -2, &k.out));
    assert_near(gt_geom_plane_area(&k.out), 36, 1e-9);
    assert_ok(k.ctx, gt_geos_buffer(k.ctx, k.geos, &k.a, -6, &k.out));
    assert_int_equal(k.out.n_points, 0);
    double x = 0, y = 0;
    set(k.ctx, &k.a, "POLYGON((0 0,10 0,10 10,9 10,9 1,0 1,0 0))"); /* the centroid is outside */
    assert_ok(k.ctx, gt_geos_label_point(k.ctx, k.geos, &k.a, &x, &y));
    assert_true((y > 0 && y < 1 && x > 0 && x < 10) || (x > 9 && x < 10 && y > 0 && y < 10));
    set(k.ctx, &k.a, "POLYGON EMPTY");
    assert_fails(k.ctx, gt_geos_label_point(k.ctx, k.geos, &k.a, &x, &y), GT_E_INPUT,
                 "geo.geos-failed");
    close_kit(&k);
}

static void prepared_answers(void **state)
{
    (void)state;
    kit k;
    open_kit(&k);
    gt_prepared *p = NULL;
    bool yes = false;
    set(k.ctx, &k.a, SQUARE);
    assert_ok(k.ctx, gt_geos_prepare(k.ctx, k.geos, &k.a, &p));
    static const struct {
        const char *wkt;
        bool intersects, covers;
    } cases[] = {{"POINT(5 5)", true, true},
                 {"POINT(10 10)", true, true},
                 {"POINT(11 10)", false, false},
                 {"LINESTRING(0 0,10 0)", true, true},
                 {"LINESTRING(5 5,15 5)", true, false},
                 {"POLYGON((2 2,3 2,3 3,2 2))", true, true},
                 {"POLYGON((9 9,12 9,12 12,9 9))", true, false},
                 {"POLYGON EMPTY", false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set(k.ctx, &k.b, cases[i].wkt);
        assert_ok(k.ctx, gt_prepared_intersects(k.ctx, p, &k.b, &yes));
        assert_int_equal(yes, cases[i].intersects);
        assert_ok(k.ctx, gt_prepared_covers(k.ctx, p, &k.b, &yes));
        assert_int_equal(yes, cases[i].covers);
    }
    gt_prepared_free(p);
    gt_prepared_free(NULL);
    gt_geos_free(NULL);
    close_kit(&k);
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    gt_ctx *plain = test_ctx();
    gt_geom a = {0}, b = {0};
    set(plain, &a, SQUARE);
    set(plain, &b,
        "MULTIPOLYGON(((5 5,15 5,15 15,5 15,5 5),(6 6,6 7,7 7,6 6)),((1 1,2 1,2 2,1 1)))");
    bool passed = false;
    for (long n = 0; !passed && n < 200; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_geos *geos = NULL;
        gt_prepared *p = NULL;
        gt_geom out = {0};
        const gt_geom *both[] = {&a, &b};
        bool yes = false;
        gt_status st = gt_geos_new(ctx, &geos);
        st = st == GT_OK ? gt_geos_intersection(ctx, geos, &a, &b, &out) : st;
        st = st == GT_OK ? gt_geos_union(ctx, geos, both, 2, &out) : st;
        st = st == GT_OK ? gt_geos_make_valid(ctx, geos, &b, &out) : st;
        st = st == GT_OK ? gt_geos_prepare(ctx, geos, &b, &p) : st;
        st = st == GT_OK ? gt_prepared_intersects(ctx, p, &a, &yes) : st;
        passed = st == GT_OK;
        assert_true(passed || st == GT_E_MEMORY);
        gt_prepared_free(p);
        gt_geom_free(ctx, &out);
        gt_geos_free(geos);
        left = 1000;
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(passed);
    gt_geom_free(plain, &a);
    gt_geom_free(plain, &b);
    gt_ctx_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlays_have_known_areas),
        cmocka_unit_test(touching_gives_no_polygon),
        cmocka_unit_test(holes_come_back),
        cmocka_unit_test(validity_names_reason_and_place),
        cmocka_unit_test(invalid_inputs_are_refused),
        cmocka_unit_test(trust_skips_the_check),
        cmocka_unit_test(make_valid_keeps_the_outline),
        cmocka_unit_test(distance_sees_inside_and_outside),
        cmocka_unit_test(buffer_and_label),
        cmocka_unit_test(prepared_answers),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("geo.geos", tests, NULL, NULL);
}
