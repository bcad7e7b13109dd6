/* Web datums: the test points that the open implementations share (eviltransform, coordtransform),
 * the inverse, and real district borders that were published in GCJ-02. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "guotu/crs.h"
#include "support/support.h"

static void shared_test_points(void **state)
{
    (void)state;
    static const struct {
        gt_datum_shift shift;
        double wgs[2], shifted[2];
    } cases[] = {
        {GT_DATUM_GCJ02, {121.5272106, 31.1774276}, {121.531541859215, 31.17530398364597}},
        {GT_DATUM_GCJ02, {113.912316, 22.543847}, {113.9171764808363, 22.540796131694766}},
        {GT_DATUM_GCJ02, {116.377817, 39.911954}, {116.38404722455657, 39.91334545536069}},
        {GT_DATUM_GCJ02, {116.404, 39.915}, {116.41024449916938, 39.91640428150164}},
        {GT_DATUM_BD09, {116.404, 39.915}, {116.41662724378733, 39.922699552216216}},
        {GT_DATUM_AS_STATED, {116.404, 39.915}, {116.404, 39.915}},
        {GT_DATUM_GCJ02, {-122.4, 37.7}, {-122.4, 37.7}}, /* not in China */
        {GT_DATUM_BD09, {9.5, 47.1}, {9.5, 47.1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double xy[2] = {cases[i].wgs[0], cases[i].wgs[1]};
        gt_datum_apply(cases[i].shift, xy, 1);
        assert_near(xy[0], cases[i].shifted[0], 5e-14);
        assert_near(xy[1], cases[i].shifted[1], 5e-14);
        gt_datum_undo(cases[i].shift, xy, 1);
        assert_near(xy[0], cases[i].wgs[0], 1e-12);
        assert_near(xy[1], cases[i].wgs[1], 1e-12);
    }
}

static void undo_is_the_inverse_everywhere(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 9);
    for (int i = 0; i < 20000; i++) {
        gt_datum_shift shift = i % 2 == 0 ? GT_DATUM_GCJ02 : GT_DATUM_BD09;
        double wgs[2] = {73 + 64 * test_rng_real(&rng), 1.5 + 54 * test_rng_real(&rng)};
        double xy[2] = {wgs[0], wgs[1]};
        gt_datum_apply(shift, xy, 1);
        double moved = hypot((xy[0] - wgs[0]) * cos(wgs[1] * M_PI / 180), xy[1] - wgs[1]) * 111320;
        assert_true(moved > 1 && moved < 3000);
        gt_datum_undo(shift, xy, 1);
        assert_near(xy[0], wgs[0], 1e-9);
        assert_near(xy[1], wgs[1], 1e-9);
    }
    double on_axis[2] = {105, 35}; /* sqrt|lon - 105| has no derivative here */
    gt_datum_apply(GT_DATUM_GCJ02, on_axis, 1);
    gt_datum_undo(GT_DATUM_GCJ02, on_axis, 1);
    assert_near(on_axis[0], 105, 1e-9);
    assert_near(on_axis[1], 35, 1e-9);
}

static void words(void **state)
{
    (void)state;
    gt_datum_shift shift = GT_DATUM_AS_STATED;
    assert_true(gt_datum_parse("gcj02", &shift));
    assert_int_equal(shift, GT_DATUM_GCJ02);
    assert_true(gt_datum_parse("BD-09", &shift));
    assert_int_equal(shift, GT_DATUM_BD09);
    assert_true(gt_datum_parse("none", &shift));
    assert_int_equal(shift, GT_DATUM_AS_STATED);
    static const char *const wrong[] = {"", "gcj", "mars", "gcj02 ", "wgs84"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(gt_datum_parse(wrong[i], &shift));
    }
}

static void transforms_undo_first(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_crs *wgs = NULL, *plane = NULL;
    gt_transform *t = NULL, *plain = NULL;
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4326", &wgs));
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4548", &plane));
    assert_ok(ctx, gt_transform_new(ctx, wgs, plane, GT_DATUM_GCJ02, &t));
    assert_ok(ctx, gt_transform_new(ctx, wgs, plane, GT_DATUM_AS_STATED, &plain));
    double a[2] = {116.41024449916938, 39.91640428150164}, b[2] = {116.404, 39.915};
    assert_ok(ctx, gt_transform_points(ctx, t, a, 1));
    assert_ok(ctx, gt_transform_points(ctx, plain, b, 1));
    assert_near(hypot(a[0] - b[0], a[1] - b[1]), 0, 1e-7);
    gt_transform_free(ctx, t);
    gt_transform_free(ctx, plain);
    /* degrees to degrees: still not an identity */
    assert_ok(ctx, gt_transform_new(ctx, wgs, wgs, GT_DATUM_BD09, &t));
    assert_false(gt_transform_is_identity(t));
    double c[2] = {116.41662724378733, 39.922699552216216};
    assert_ok(ctx, gt_transform_points(ctx, t, c, 1));
    assert_near(c[0], 116.404, 1e-11);
    gt_transform_free(ctx, t);
    assert_fails(ctx, gt_transform_new(ctx, plane, wgs, GT_DATUM_GCJ02, &t), GT_E_INPUT,
                 "geo.datum-not-geographic");
    gt_crs_free(ctx, wgs);
    gt_crs_free(ctx, plane);
    gt_ctx_free(ctx);
}

/* ---- real borders -------------------------------------------------------------------------------
 */

/* All points of a table, appended; the geometry serves as a list of points. */
static void read_points(gt_ctx *ctx, sqlite3 *db, const char *sql, gt_geom *all)
{
    sqlite3_stmt *stmt = NULL;
    gt_geom g = {0};
    gt_geom_reset(all, GT_MULTIPOINT);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        int32_t srs = 0;
        assert_ok(ctx, gt_geom_from_gpkg(ctx, sqlite3_column_blob(stmt, 0),
                                         (size_t)sqlite3_column_bytes(stmt, 0), &srs, &g));
        assert_int_equal(srs, 4326);
        for (size_t i = 0; i < g.n_points; i++) {
            assert_ok(ctx, gt_geom_add_point(ctx, all, g.xy[2 * i], g.xy[2 * i + 1]));
        }
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    gt_geom_free(ctx, &g);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

/* Median distance in metres from each point of a to the nearest point of b (degrees, near 40 N). */
static double median_distance(const gt_geom *a, const gt_geom *b)
{
    double *d = malloc(a->n_points * sizeof *d);
    assert_non_null(d);
    for (size_t i = 0; i < a->n_points; i++) {
        double best = INFINITY;
        for (size_t j = 0; j < b->n_points; j++) {
            double dx = (a->xy[2 * i] - b->xy[2 * j]) * 85300,
                   dy = (a->xy[2 * i + 1] - b->xy[2 * j + 1]) * 111030;
            double d2 = dx * dx + dy * dy;
            best = d2 < best ? d2 : best;
        }
        d[i] = sqrt(best);
    }
    qsort(d, a->n_points, sizeof *d, by_value);
    double median = d[a->n_points / 2];
    free(d);
    return median;
}

static void real_borders_fall_into_place(void **state)
{
    (void)state;
    const char *data = test_data_dir();
    sqlite3 *db = NULL;
    if (data == NULL || sqlite3_open_v2(test_path(data, "bj-admin/bj_admin.gpkg"), &db,
                                        SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        (void)sqlite3_close(db);
        test_skip("needs bj-admin/bj_admin.gpkg of the test data (GUOTU_DATA)");
    }
    gt_ctx *ctx = test_ctx();
    gt_geom shifted = {0}, truth = {0};
    read_points(ctx, db, "SELECT geom FROM districts_datav_gcj02", &shifted);
    read_points(ctx, db, "SELECT geom FROM districts_detailed_wgs84", &truth);
    assert_true(shifted.n_points > 1000 && truth.n_points > shifted.n_points);
    double before = median_distance(&shifted, &truth);
    gt_datum_undo(GT_DATUM_GCJ02, shifted.xy, shifted.n_points);
    double after = median_distance(&shifted, &truth);
    print_message("median distance to the WGS 84 border: %.0f m before, %.2f m after\n", before,
                  after);
    assert_true(before > 100);
    assert_true(after < 2);
    gt_geom_free(ctx, &shifted);
    gt_geom_free(ctx, &truth);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_test_points),
        cmocka_unit_test(undo_is_the_inverse_everywhere),
        cmocka_unit_test(words),
        cmocka_unit_test(transforms_undo_first),
        cmocka_unit_test(real_borders_fall_into_place),
    };
    return cmocka_run_group_tests_name("geo.datum", tests, NULL, NULL);
}
