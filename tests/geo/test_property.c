/* What must hold for any polygon: random stars with holes, in degrees and on the plane. */
#include <math.h>
#include <string.h>

#include "guotu/area.h"
#include "guotu/geos.h"
#include "support/support.h"

enum { ROUNDS = 60 };

typedef struct kit {
    gt_ctx *ctx;
    gt_geos *geos;
    gt_plane *degrees, *gk;
    gt_transform *to_gk;
    test_rng rng;
    gt_geom a, b, c, d;
} kit;

static gt_plane *plane_of(gt_ctx *ctx, const gt_crs *crs)
{
    gt_plane *plane = NULL;
    assert_ok(ctx, gt_plane_new(ctx, crs, &plane));
    return plane;
}

static void open_kit(kit *k, uint64_t seed)
{
    gt_crs *degrees = NULL, *gk = NULL;
    memset(k, 0, sizeof *k);
    k->ctx = test_ctx();
    test_rng_seed(&k->rng, seed);
    assert_ok(k->ctx, gt_geos_new(k->ctx, &k->geos));
    assert_ok(k->ctx, gt_crs_new(k->ctx, "EPSG:4490", &degrees));
    assert_ok(k->ctx, gt_crs_new(k->ctx, "EPSG:4548", &gk));
    k->degrees = plane_of(k->ctx, degrees);
    k->gk = plane_of(k->ctx, gk);
    assert_ok(k->ctx, gt_transform_new(k->ctx, degrees, gk, GT_DATUM_AS_STATED, &k->to_gk));
    gt_crs_free(k->ctx, degrees);
    gt_crs_free(k->ctx, gk);
}

static void close_kit(kit *k)
{
    gt_geom_free(k->ctx, &k->a);
    gt_geom_free(k->ctx, &k->b);
    gt_geom_free(k->ctx, &k->c);
    gt_geom_free(k->ctx, &k->d);
    gt_geos_free(k->geos);
    gt_plane_free(k->ctx, k->degrees);
    gt_plane_free(k->ctx, k->gk);
    gt_transform_free(k->ctx, k->to_gk);
    assert_int_equal(gt_ctx_memory_used(k->ctx), 0);
    gt_ctx_free(k->ctx);
}

static void add_ring(kit *k, gt_geom *g, double x, double y, double low, double high, int n)
{
    double fx = 0, fy = 0;
    for (int i = 0; i < n; i++) {
        double r = low + (high - low) * test_rng_real(&k->rng), angle = 2 * M_PI * i / n;
        double px = x + r * cos(angle), py = y + r * sin(angle);
        fx = i == 0 ? px : fx;
        fy = i == 0 ? py : fy;
        assert_ok(k->ctx, gt_geom_add_point(k->ctx, g, px, py));
    }
    assert_ok(k->ctx, gt_geom_add_point(k->ctx, g, fx, fy));
    assert_ok(k->ctx, gt_geom_end_ring(k->ctx, g));
}

/* A star about (x, y) of radius size, with a hole in every other one. */
static void star(kit *k, gt_geom *g, double x, double y, double size)
{
    gt_geom_reset(g, GT_POLYGON);
    add_ring(k, g, x, y, 0.5 * size, size, 5 + (int)(40 * test_rng_real(&k->rng)));
    if (test_rng_real(&k->rng) < 0.5) {
        add_ring(k, g, x, y, 0.1 * size, 0.3 * size, 12);
    }
    assert_ok(k->ctx, gt_geom_end_part(k->ctx, g));
}

static double between(kit *k, double low, double high)
{
    return low + (high - low) * test_rng_real(&k->rng);
}

static void assert_bits(const gt_geom *a, const gt_geom *b)
{
    assert_int_equal(a->n_points, b->n_points);
    assert_int_equal(a->n_rings, b->n_rings);
    assert_memory_equal(a->xy, b->xy, 16 * (size_t)a->n_points);
}

static void codecs_keep_every_bit(void **state)
{
    (void)state;
    kit k;
    open_kit(&k, 101);
    uint8_t *buffer = NULL;
    size_t cap = 0, len = 0;
    gt_text t;
    gt_text_init(&t, k.ctx, 0);
    for (int i = 0; i < ROUNDS; i++) {
        star(&k, &k.a, between(&k, 116, 117), between(&k, 39.5, 41), 0.01);
        /* writing turns holes: once written, all is as the codecs want it */
        assert_ok(k.ctx, gt_geom_to_wkb(k.ctx, &k.a, &buffer, &cap, &len));
        assert_ok(k.ctx, gt_geom_from_wkb(k.ctx, buffer, len, &k.a));
        assert_ok(k.ctx, gt_geom_to_gpkg(k.ctx, &k.a, 4490, &buffer, &cap, &len));
        assert_ok(k.ctx, gt_geom_from_gpkg(k.ctx, buffer, len, NULL, &k.b));
        assert_bits(&k.a, &k.b);
        gt_text_clear(&t);
        gt_geom_to_wkt(&k.a, 17, &t); /* 17 decimals of a number over 1: more than enough */
        assert_ok(k.ctx, gt_geom_from_wkt(k.ctx, t.data, t.len, &k.b));
        assert_bits(&k.a, &k.b);
        gt_text_clear(&t);
        gt_geom_to_geojson(&k.a, 17, &t);
        assert_ok(k.ctx, gt_geom_from_geojson(k.ctx, t.data, t.len, &k.b));
        assert_bits(&k.a, &k.b);
    }
    gt_text_free(&t);
    gt_free(k.ctx, buffer);
    close_kit(&k);
}

static void survey_and_karney_agree_for_short_edges(void **state)
{
    (void)state;
    kit k;
    open_kit(&k, 102);
    for (int i = 0; i < ROUNDS; i++) {
        star(&k, &k.a, between(&k, 115.6, 118.4), between(&k, 20, 50),
             1e-4); /* ~10 m, edges ~1 m */
        double karney = 0, survey = gt_area_survey(k.degrees, &k.a, 0);
        assert_ok(k.ctx, gt_area_geodesic(k.ctx, k.degrees, &k.a, &karney));
        /* s^3 tan B / 12 R of a 10 m edge is 1e-5 m2; Karney's own noise is about as much */
        assert_near(survey, karney, 1e-3);
        assert_true(survey > 10);
        assert_ok(k.ctx, gt_transform_points(k.ctx, k.to_gk, k.a.xy, k.a.n_points));
        assert_near(gt_area_survey(k.gk, &k.a, 0), survey, 1e-6);
    }
    close_kit(&k);
}

/* Cut by a meridian, which is straight in the survey's plane too: the halves sum to the whole. */
static void survey_areas_add_up_along_a_meridian(void **state)
{
    (void)state;
    kit k;
    open_kit(&k, 103);
    for (int i = 0; i < ROUNDS; i++) {
        double x = between(&k, 116, 117), y = between(&k, 39.5, 41);
        star(&k, &k.a, x, y, 0.005);
        const double west[] = {x - 1, y - 1, x, y - 1, x, y + 1, x - 1, y + 1, x - 1, y - 1};
        gt_geom_reset(&k.b, GT_POLYGON);
        for (int p = 0; p < 5; p++) {
            assert_ok(k.ctx, gt_geom_add_point(k.ctx, &k.b, west[2 * p], west[2 * p + 1]));
        }
        assert_ok(k.ctx, gt_geom_end_ring(k.ctx, &k.b));
        assert_ok(k.ctx, gt_geom_end_part(k.ctx, &k.b));
        assert_ok(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.c));
        assert_ok(k.ctx, gt_geos_difference(k.ctx, k.geos, &k.a, &k.b, &k.d));
        double whole = gt_area_survey(k.degrees, &k.a, 0);
        double halves = gt_area_survey(k.degrees, &k.c, 0) + gt_area_survey(k.degrees, &k.d, 0);
        /* where the cut splits an edge of up to 500 m, q(B) is not quite straight in B */
        assert_near(halves / whole, 1, 1e-6);
    }
    close_kit(&k);
}

static void overlays_conserve_area(void **state)
{
    (void)state;
    kit k;
    open_kit(&k, 104);
    for (int i = 0; i < ROUNDS; i++) {
        star(&k, &k.a, 500000, 4400000, 1000);
        star(&k, &k.b, 500000 + between(&k, -1200, 1200), 4400000 + between(&k, -1200, 1200), 800);
        double a = gt_geom_plane_area(&k.a), b = gt_geom_plane_area(&k.b);
        assert_ok(k.ctx, gt_geos_intersection(k.ctx, k.geos, &k.a, &k.b, &k.c));
        double both = gt_geom_plane_area(&k.c);
        assert_ok(k.ctx, gt_geos_difference(k.ctx, k.geos, &k.a, &k.b, &k.c));
        assert_near(gt_geom_plane_area(&k.c) + both, a, 1e-3);
        assert_ok(k.ctx, gt_geos_difference(k.ctx, k.geos, &k.b, &k.a, &k.c));
        assert_near(gt_geom_plane_area(&k.c) + both, b, 1e-3);
        const gt_geom *list[] = {&k.a, &k.b, &k.a};
        assert_ok(k.ctx, gt_geos_union(k.ctx, k.geos, list, 3, &k.d));
        assert_near(gt_geom_plane_area(&k.d), a + b - both, 1e-3);
        bool valid = false;
        char reason[64];
        double x = 0, y = 0;
        assert_ok(k.ctx, gt_geos_validity(k.ctx, k.geos, &k.d, &valid, reason, &x, &y));
        assert_true(valid);
    }
    close_kit(&k);
}

static void prepared_and_distance_tell_the_same(void **state)
{
    (void)state;
    kit k;
    open_kit(&k, 105);
    for (int i = 0; i < ROUNDS; i++) {
        gt_prepared *p = NULL;
        bool meets = false, covers = false;
        double there = -1, back = -1;
        star(&k, &k.a, 0, 0, 1000);
        star(&k, &k.b, between(&k, -2000, 2000), between(&k, -2000, 2000), 200);
        assert_ok(k.ctx, gt_geos_prepare(k.ctx, k.geos, &k.a, &p));
        assert_ok(k.ctx, gt_prepared_intersects(k.ctx, p, &k.b, &meets));
        assert_ok(k.ctx, gt_prepared_covers(k.ctx, p, &k.b, &covers));
        assert_ok(k.ctx, gt_geos_distance(k.ctx, k.geos, &k.a, &k.b, &there));
        assert_ok(k.ctx, gt_geos_distance(k.ctx, k.geos, &k.b, &k.a, &back));
        assert_near(there, back, 1e-9);
        assert_int_equal(meets, there == 0);
        assert_true(!covers || meets);
        /* grown by the distance they meet, grown by less they do not */
        if (there > 1) {
            assert_ok(k.ctx, gt_geos_buffer(k.ctx, k.geos, &k.b, there * 1.002 + 0.01, &k.c));
            assert_ok(k.ctx, gt_prepared_intersects(k.ctx, p, &k.c, &meets));
            assert_true(meets);
            assert_ok(k.ctx, gt_geos_buffer(k.ctx, k.geos, &k.b, there * 0.998, &k.c));
            assert_ok(k.ctx, gt_prepared_intersects(k.ctx, p, &k.c, &meets));
            assert_false(meets);
        }
        double x = 0, y = 0;
        gt_geom_reset(&k.d, GT_POINT);
        assert_ok(k.ctx, gt_geos_label_point(k.ctx, k.geos, &k.a, &x, &y));
        assert_ok(k.ctx, gt_geom_add_point(k.ctx, &k.d, x, y));
        assert_ok(k.ctx, gt_prepared_covers(k.ctx, p, &k.d, &covers));
        assert_true(covers);
        gt_prepared_free(p);
    }
    close_kit(&k);
}

/* Vertices in any order make a polygon that crosses itself; mended, it is valid. */
static void make_valid_makes_valid(void **state)
{
    (void)state;
    kit k;
    open_kit(&k, 106);
    for (int i = 0; i < ROUNDS; i++) {
        gt_geom_reset(&k.a, GT_POLYGON);
        for (int p = 0; p < 12; p++) {
            assert_ok(k.ctx,
                      gt_geom_add_point(k.ctx, &k.a, between(&k, 0, 100), between(&k, 0, 100)));
        }
        assert_ok(k.ctx, gt_geom_add_point(k.ctx, &k.a, k.a.xy[0], k.a.xy[1]));
        assert_ok(k.ctx, gt_geom_end_ring(k.ctx, &k.a));
        assert_ok(k.ctx, gt_geom_end_part(k.ctx, &k.a));
        bool valid = true;
        char reason[64];
        double x = 0, y = 0;
        assert_ok(k.ctx, gt_geos_make_valid(k.ctx, k.geos, &k.a, &k.b));
        assert_ok(k.ctx, gt_geos_validity(k.ctx, k.geos, &k.b, &valid, reason, &x, &y));
        assert_true(valid);
        assert_true(k.b.n_points > 0);
        gt_box was = gt_geom_box(&k.a), is = gt_geom_box(&k.b);
        assert_true(is.xmin >= was.xmin && is.xmax <= was.xmax && is.ymin >= was.ymin &&
                    is.ymax <= was.ymax);
    }
    close_kit(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codecs_keep_every_bit),
        cmocka_unit_test(survey_and_karney_agree_for_short_edges),
        cmocka_unit_test(survey_areas_add_up_along_a_meridian),
        cmocka_unit_test(overlays_conserve_area),
        cmocka_unit_test(prepared_and_distance_tell_the_same),
        cmocka_unit_test(make_valid_makes_valid),
    };
    return cmocka_run_group_tests_name("geo.property", tests, NULL, NULL);
}
