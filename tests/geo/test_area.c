/* Areas: every value of LA-1 to its last printed digit, the notice's own series, Karney's
 * polygon cases, units. */
#include <math.h>
#include <string.h>

#include "guotu/area.h"
#include "support/support.h"

static const double A = 6378137, F = 1 / 298.257222101;
static const double DEGREE = M_PI / 180;

static gt_plane *plane_of(gt_ctx *ctx, const char *crs_name)
{
    gt_crs *crs = NULL;
    gt_plane *plane = NULL;
    assert_ok(ctx, gt_crs_new(ctx, crs_name, &crs));
    assert_ok(ctx, gt_plane_new(ctx, crs, &plane));
    gt_crs_free(ctx, crs);
    return plane;
}

static void set(gt_ctx *ctx, gt_geom *g, const char *wkt)
{
    assert_ok(ctx, gt_geom_from_wkt(ctx, wkt, strlen(wkt), g));
}

/* Half a unit of the last printed digit, and the rounding of the last bit where that is larger. */
static double digit(double unit)
{
    return unit / 2 * 1.02;
}

/* The printed figures were computed in doubles. Two of them differ from 40-digit arithmetic in
 * their last printed digits; "exact" below is that arithmetic, which is what the code must meet. */
static void sheets(void **state)
{
    (void)state;
    assert_near(gt_area_sheet(A, F, 0, 39.9 * DEGREE, 0.1 * DEGREE, 40 * DEGREE),
                94885042.119555161281, 1e-5); /* an ulp of the limits in radians is 1e-5 m2 */
    assert_near(gt_area_sheet(A, F, 0, 40 * DEGREE, 0.125 * DEGREE, (40 + 5. / 60) * DEGREE),
                98708098.780794669598, 1e-5);
    assert_near(gt_area_sheet(A, F, 0, 40 * DEGREE, 0.125 * DEGREE, (40 + 5. / 60) * DEGREE),
                98708098.7808, digit(1e-4));
    assert_near(gt_area_sheet(A, F, 0, 39.9 * DEGREE, 0.1 * DEGREE, 40 * DEGREE), 94885042.1195,
                1e-4); /* exact: .11956 */
    assert_near(gt_area_sheet(A, F, 0, 0, 2 * M_PI, M_PI / 2), 255032810859245.6, digit(0.1));
    /* turned limits give the same area, an empty box none */
    assert_near(gt_area_sheet(A, F, 0.1, 0.8, 0, 0.7), gt_area_sheet(A, F, 0, 0.7, 0.1, 0.8), 0);
    assert_near(gt_area_sheet(A, F, 1, 0.5, 1, 0.7), 0, 0);
}

/* The series of notice 32 of 2008, item 4. */
static double notice_sheet(double dl, double b1, double b2)
{
    double e2 = F * (2 - F), e4 = e2 * e2, e6 = e4 * e2, e8 = e4 * e4, b = A * (1 - F);
    double ca = 1 + 3 * e2 / 6 + 30 * e4 / 80 + 35 * e6 / 112 + 630 * e8 / 2304;
    double cb = e2 / 6 + 15 * e4 / 80 + 21 * e6 / 112 + 420 * e8 / 2304;
    double cc = 3 * e4 / 80 + 7 * e6 / 112 + 180 * e8 / 2304;
    double cd = e6 / 112 + 45 * e8 / 2304, ce = 5 * e8 / 2304;
    double d = b2 - b1, m = (b1 + b2) / 2;
    return 2 * b * b * dl *
           (ca * sin(d / 2) * cos(m) - cb * sin(3 * d / 2) * cos(3 * m) +
            cc * sin(5 * d / 2) * cos(5 * m) - cd * sin(7 * d / 2) * cos(7 * m) +
            ce * sin(9 * d / 2) * cos(9 * m));
}

static void closed_form_agrees_with_the_notice(void **state)
{
    (void)state;
    for (int lat = 0; lat < 60; lat += 3) {
        for (int minutes = 5; minutes <= 240; minutes += 47) {
            double b1 = lat * DEGREE, b2 = b1 + minutes / 60. * DEGREE, dl = 0.125 * DEGREE;
            double closed = gt_area_sheet(A, F, 0, b1, dl, b2), series = notice_sheet(dl, b1, b2);
            /* the series stops at e^8, which leaves 3e-11 relative */
            assert_near(closed, series, 5e-11 * closed);
        }
    }
}

static void rings_of_the_card(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_plane *plane = plane_of(ctx, "EPSG:4490");
    static const struct {
        const char *wkt;
        double survey, survey_unit, karney, karney_unit, exact, tolerance;
    } cases[] = {
        {"POLYGON((116.3 39.9,116.3012 39.9001,116.3010 39.9011,116.2999 39.9009,116.3 39.9))",
         10587.209805, 1e-6, 10587.212350, 1e-6, 10587.209804789040, 1e-8},
        {"POLYGON((116 39.5,117 39.7,116.4 40.6,116 39.5))", 4829635482.19, 1e-2, 4856943705.128,
         1e-3, 4829635482.1904073, 2e-6},
        {"POLYGON((116 40,116.1 40,116.1 40.1,116 40.1,116 40))", 94748370.575348, 2e-5,
         94748364.807968, 1e-6, 94748370.575356232, 1e-7},
    };
    gt_geom g = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double karney = 0;
        set(ctx, &g, cases[i].wkt);
        assert_near(gt_area_survey(plane, &g, 0), cases[i].survey, digit(cases[i].survey_unit));
        assert_near(gt_area_survey(plane, &g, 0), cases[i].exact, cases[i].tolerance);
        assert_near(gt_area_survey(plane, &g, 70), cases[i].survey, digit(cases[i].survey_unit));
        assert_ok(ctx, gt_area_geodesic(ctx, plane, &g, &karney));
        assert_near(karney, cases[i].karney, digit(cases[i].karney_unit));
    }
    gt_geom_free(ctx, &g);
    gt_plane_free(ctx, plane);
    gt_ctx_free(ctx);
}

/* The printed ring, projected, densified at the steps of the design: 70 m is the practice, 1 m the
 * limit. */
static void densified_on_the_plane(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_crs *degrees = NULL, *gk = NULL;
    gt_transform *t = NULL;
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4490", &degrees));
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4548", &gk));
    assert_ok(ctx, gt_transform_new(ctx, degrees, gk, GT_DATUM_AS_STATED, &t));
    gt_plane *plane = plane_of(ctx, "EPSG:4548");
    gt_geom g = {0};
    set(ctx, &g,
        "POLYGON((116.3 39.9,116.3012 39.9001,116.3010 39.9011,116.2999 39.9009,116.3 39.9))");
    assert_ok(ctx, gt_transform_points(ctx, t, g.xy, g.n_points));
    assert_near(gt_area_survey(plane, &g, 0), 10587.209805, 1e-6);
    assert_near(gt_area_survey(plane, &g, 70), 10587.211745, 1e-6);
    assert_near(gt_area_survey(plane, &g, 1), 10587.212391, 1e-6);
    /* a nonsensical step means none */
    assert_near(gt_area_survey(plane, &g, NAN), 10587.209805, 1e-6);
    assert_near(gt_area_survey(plane, &g, -1), 10587.209805, 1e-6);
    double karney = 0;
    assert_ok(ctx, gt_area_geodesic(ctx, plane, &g, &karney));
    assert_near(karney, 10587.21235, 2e-5);
    /* LA-2: densified survey and densified Karney agree to 1e-9 */
    gt_geom fine = {0};
    gt_geom_reset(&fine, GT_POLYGON);
    for (uint32_t i = 0; i + 1 < g.n_points; i++) {
        for (int k = 0; k < 100; k++) {
            double u = k / 100., *p = g.xy + 2 * (size_t)i;
            assert_ok(ctx, gt_geom_add_point(ctx, &fine, p[0] + u * (p[2] - p[0]),
                                             p[1] + u * (p[3] - p[1])));
        }
    }
    assert_ok(ctx, gt_geom_add_point(ctx, &fine, g.xy[0], g.xy[1]));
    assert_ok(ctx, gt_geom_end_ring(ctx, &fine));
    assert_ok(ctx, gt_geom_end_part(ctx, &fine));
    assert_ok(ctx, gt_area_geodesic(ctx, plane, &fine, &karney));
    assert_near(karney, gt_area_survey(plane, &fine, 0), 1e-9 * karney + 1e-4);
    gt_geom_free(ctx, &fine);
    gt_geom_free(ctx, &g);
    gt_plane_free(ctx, plane);
    gt_transform_free(ctx, t);
    gt_crs_free(ctx, degrees);
    gt_crs_free(ctx, gk);
    gt_ctx_free(ctx);
}

static void orientation_and_parts_do_not_matter(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_plane *plane = plane_of(ctx, "EPSG:4548");
    static const char *const same[] = {
        "POLYGON((0 0,4000 0,4000 4000,0 4000,0 0),(1000 1000,2000 1000,2000 2000,1000 1000))",
        "POLYGON((0 0,0 4000,4000 4000,4000 0,0 0),(1000 1000,2000 1000,2000 2000,1000 1000))",
        "POLYGON((4000 0,4000 4000,0 4000,0 0,4000 0),(2000 2000,2000 1000,1000 1000,2000 2000))",
        "MULTIPOLYGON(((0 0,4000 0,4000 4000,0 4000,0 0),(1000 1000,2000 1000,2000 2000,1000 "
        "1000)))",
    };
    gt_geom g = {0};
    double first = 0;
    for (int i = 0; i < 4; i++) {
        set(ctx, &g, same[i]);
        for (uint32_t k = 0; k < g.n_points; k++) {
            g.xy[2 * k] += 500000;
            g.xy[2 * k + 1] += 4400000;
        }
        double area = gt_area_survey(plane, &g, 500);
        first = i == 0 ? area : first;
        assert_near(area, first, 1e-6);
        assert_near(area, 15.5e6, 20);
    }
    gt_geom_free(ctx, &g);
    gt_plane_free(ctx, plane);
    gt_ctx_free(ctx);
}

static void units_are_exact_rationals(void **state)
{
    (void)state;
    assert_near(gt_area_to(GT_KM2, gt_area_from(GT_WAN_MU, 150)), 1000, 0);
    assert_near(gt_area_to(GT_KM2, gt_area_from(GT_WAN_MU, 185)), 1233.33, 0.005);
    assert_near(gt_area_to(GT_HA, gt_area_from(GT_MU, 15)), 1, 0);
    assert_near(gt_area_to(GT_MU, 10000), 15, 0);
    assert_near(gt_area_to(GT_MU, 1e6), 1500, 0);
    assert_near(gt_area_from(GT_MU, 1), 666.66666666666667, 1.2e-13);
    assert_near(gt_area_to(GT_HA, gt_area_from(GT_MU, 100)), 6.6667, 5e-5);
    for (int u = GT_M2; u <= GT_WAN_MU; u++) {
        for (double m2 = 0.01; m2 < 1e11; m2 *= 7.3) {
            double back = gt_area_from((gt_area_unit)u, gt_area_to((gt_area_unit)u, m2));
            assert_near(back, m2, 2.3e-16 * m2);
        }
    }
}

static void unit_words(void **state)
{
    (void)state;
    gt_area_unit u = GT_M2;
    for (int i = GT_M2; i <= GT_WAN_MU; i++) {
        assert_true(gt_area_unit_parse(gt_area_unit_name((gt_area_unit)i, GT_LANG_EN), &u));
        assert_int_equal(u, i);
        assert_true(gt_area_unit_parse(gt_area_unit_name((gt_area_unit)i, GT_LANG_ZH), &u));
        assert_int_equal(u, i);
    }
    assert_true(gt_area_unit_parse("HA", &u));
    assert_int_equal(u, GT_HA);
    assert_true(gt_area_unit_parse("平方千米", &u));
    assert_int_equal(u, GT_KM2);
    static const char *const wrong[] = {"", "m", "acre", "公里", "ha2", "hectares"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(gt_area_unit_parse(wrong[i], &u));
        assert_int_equal(u, GT_KM2);
    }
}

static void cancelled(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_plane *plane = plane_of(ctx, "EPSG:4490");
    gt_geom g = {0};
    double m2 = -1, xy[2] = {5e5, 4e6};
    set(ctx, &g, "POLYGON((116 39.5,117 39.7,116.4 40.6,116 39.5))");
    gt_crs *a = NULL, *b = NULL;
    gt_transform *t = NULL;
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4548", &a));
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4549", &b));
    assert_ok(ctx, gt_transform_new(ctx, a, b, GT_DATUM_AS_STATED, &t));
    gt_cancel(ctx);
    assert_fails(ctx, gt_area_geodesic(ctx, plane, &g, &m2), GT_E_CANCELLED, "base.cancelled");
    assert_near(m2, -1, 0);
    assert_fails(ctx, gt_transform_points(ctx, t, xy, 1), GT_E_CANCELLED, "base.cancelled");
    gt_transform_free(ctx, t);
    gt_crs_free(ctx, a);
    gt_crs_free(ctx, b);
    gt_geom_free(ctx, &g);
    gt_plane_free(ctx, plane);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sheets),
        cmocka_unit_test(closed_form_agrees_with_the_notice),
        cmocka_unit_test(rings_of_the_card),
        cmocka_unit_test(densified_on_the_plane),
        cmocka_unit_test(orientation_and_parts_do_not_matter),
        cmocka_unit_test(units_are_exact_rationals),
        cmocka_unit_test(unit_words),
        cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests_name("geo.area", tests, NULL, NULL);
}
