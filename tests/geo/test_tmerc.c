/* The series against itself: there and back, scale against differences, plane to plane against the
 * long way. Its values against the exact mapping are in cases/tmerc.gie, against PROJ in
 * test_crs.c. */
#include <math.h>

#include "geo/tmerc.h"
#include "support/support.h"

static const double A = 6378137, CGCS2000 = 1 / 298.257222101, WGS84 = 1 / 298.257223563;
static const double DEGREE = M_PI / 180;

static void there_and_back(void **state)
{
    (void)state;
    static const double flattening[] = {1 / 298.257222101, 1 / 298.3, 1 / 150., 0};
    test_rng rng;
    test_rng_seed(&rng, 3);
    for (int e = 0; e < 4; e++) {
        gt_tmerc tm;
        gt_tmerc_init(&tm, A, flattening[e], 117 * DEGREE, 0, 1, 500000, 0);
        for (int i = 0; i < 5000; i++) {
            double lon = (117 + 40 * (test_rng_real(&rng) - 0.5)) * DEGREE, lon2, lat2;
            double lat = 178 * (test_rng_real(&rng) - 0.5) * DEGREE, x, y;
            gt_tmerc_forward(&tm, lon, lat, &x, &y);
            gt_tmerc_inverse(&tm, x, y, &lon2, &lat2);
            /* an ulp of 117 degrees in radians is 3 nm */
            assert_near(A * (lat2 - lat), 0, 1.2e-8);
            assert_near(A * cos(lat) * (lon2 - lon), 0, 1.2e-8);
        }
    }
}

/* With the meridian at 0 and no false origin nothing but the series rounds. */
static void under_a_nanometre_near_the_meridian(void **state)
{
    (void)state;
    gt_tmerc tm;
    test_rng rng;
    test_rng_seed(&rng, 4);
    gt_tmerc_init(&tm, A, CGCS2000, 0, 0, 1, 0, 0);
    for (int i = 0; i < 20000; i++) {
        double lon = 8 * (test_rng_real(&rng) - 0.5) * DEGREE,
               lat = 60 * test_rng_real(&rng) * DEGREE;
        double x, y, lon2, lat2;
        gt_tmerc_forward(&tm, lon, lat, &x, &y);
        gt_tmerc_inverse(&tm, x, y, &lon2, &lat2);
        assert_near(A * (lat2 - lat), 0, 3e-9);
        assert_near(A * cos(lat) * (lon2 - lon), 0, 1e-9);
    }
}

static void symmetric(void **state)
{
    (void)state;
    gt_tmerc tm;
    gt_tmerc_init(&tm, A, CGCS2000, 0, 0, 1, 0, 0);
    double x, y, x2, y2;
    gt_tmerc_forward(&tm, 0.05, 0.7, &x, &y);
    gt_tmerc_forward(&tm, -0.05, 0.7, &x2, &y2);
    assert_near(x2, -x, 0);
    assert_near(y2, y, 0);
    gt_tmerc_forward(&tm, 0.05, -0.7, &x2, &y2);
    assert_near(x2, x, 0);
    assert_near(y2, -y, 0);
    gt_tmerc_forward(&tm, 0, 0, &x, &y);
    assert_near(x, 0, 0);
    assert_near(y, 0, 0);
}

static void poles_are_finite(void **state)
{
    (void)state;
    gt_tmerc tm;
    gt_tmerc_init(&tm, A, CGCS2000, 0, 0, 1, 0, 0);
    double x, y, lon, lat;
    gt_tmerc_forward(&tm, 0.3, M_PI / 2, &x, &y);
    assert_near(x, 0, 1e-8);
    assert_near(y, 10001965.7293, 1e-3); /* the quarter meridian of GRS 80 */
    gt_tmerc_inverse(&tm, x, y, &lon, &lat);
    assert_near(lat, M_PI / 2, 1e-14);
    assert_true(isfinite(lon));
}

static void false_origin_and_scale(void **state)
{
    (void)state;
    gt_tmerc plain, local;
    gt_tmerc_init(&plain, A, CGCS2000, 2, 0, 1, 0, 0);
    gt_tmerc_init(&local, A, CGCS2000, 2, 0.69, 0.9999, 500000, 300000);
    double x0, y0, x, y, px, py;
    gt_tmerc_forward(&local, 2, 0.69, &x, &y);
    assert_near(x, 500000, 1e-9);
    assert_near(y, 300000, 2e-9);
    gt_tmerc_forward(&plain, 2, 0.69, &x0, &y0);
    gt_tmerc_forward(&plain, 2.01, 0.7, &px, &py);
    gt_tmerc_forward(&local, 2.01, 0.7, &x, &y);
    assert_near(x, 500000 + 0.9999 * px, 2e-9);
    assert_near(y, 300000 + 0.9999 * (py - y0), 2e-9);
}

/* Metres on the ellipsoid of a small step, by the radii of curvature. */
static double ground(double f, double lat, double dlon, double dlat)
{
    double e2 = f * (2 - f), w = sqrt(1 - e2 * sin(lat) * sin(lat));
    double north = A * (1 - e2) / (w * w * w) * dlat, east = A / w * cos(lat) * dlon;
    return hypot(north, east);
}

static void scale_is_that_of_small_steps(void **state)
{
    (void)state;
    gt_tmerc tm;
    gt_tmerc_init(&tm, A, CGCS2000, 117 * DEGREE, 0, 1, 500000, 0);
    const double h = 2e-5;
    for (int lat10 = 0; lat10 <= 60; lat10 += 10) {
        for (int off = -5; off <= 5; off++) {
            double lon = (117 + off) * DEGREE, lat = lat10 * DEGREE, x, y, x1, y1, x2, y2;
            gt_tmerc_forward(&tm, lon, lat, &x, &y);
            double k = gt_tmerc_scale(&tm, x, y);
            gt_tmerc_forward(&tm, lon + h, lat, &x1, &y1);
            gt_tmerc_forward(&tm, lon - h, lat, &x2, &y2);
            assert_near(hypot(x2 - x1, y2 - y1) / ground(CGCS2000, lat, 2 * h, 0), k, 1e-9);
            gt_tmerc_forward(&tm, lon, lat + h, &x1, &y1); /* conformal: north too */
            gt_tmerc_forward(&tm, lon, lat - h, &x2, &y2);
            assert_near(hypot(x2 - x1, y2 - y1) / ground(CGCS2000, lat, 0, 2 * h), k, 1e-9);
        }
    }
    assert_near(gt_tmerc_scale(&tm, 500000, 4429529), 1, 1e-15);
    /* 1 + y^2 / (2 R^2) + y^4 / (24 R^4) at 100 km and 40 N, R^2 = M N */
    assert_near(gt_tmerc_scale(&tm, 600000, 4429529), 1.000123056, 1e-9);
}

static void plane_to_plane_is_the_long_way(void **state)
{
    (void)state;
    static const struct {
        double f1, lon1, k1, f2, lon2, k2;
    } cases[] = {{WGS84, 117, 0.9996, CGCS2000, 117, 1},
                 {CGCS2000, 117, 1, CGCS2000, 120, 1},
                 {CGCS2000, 114, 1, WGS84, 117, 0.9996},
                 {CGCS2000, 117, 1, CGCS2000, 117, 1},
                 {1 / 298.3, 117, 1, 1 / 298.257, 117, 1}};
    test_rng rng;
    test_rng_seed(&rng, 5);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        gt_tmerc from, to;
        gt_tmerc_pair pair;
        gt_tmerc_init(&from, A, cases[c].f1, cases[c].lon1 * DEGREE, 0, cases[c].k1, 500000, 0);
        gt_tmerc_init(&to, A, cases[c].f2, cases[c].lon2 * DEGREE, 0, cases[c].k2, 39500000, 0);
        gt_tmerc_pair_init(&pair, &from, &to);
        for (int i = 0; i < 2000; i++) {
            double xy[2] = {1e6 * test_rng_real(&rng), 9e6 * (test_rng_real(&rng) - 0.2)};
            double lon, lat, x, y;
            gt_tmerc_inverse(&from, xy[0], xy[1], &lon, &lat);
            gt_tmerc_forward(&to, lon, lat, &x, &y);
            gt_tmerc_pair_apply(&pair, xy, 1);
            assert_near(xy[0], x, 1.5e-8); /* two ulps of 39 500 000 */
            assert_near(xy[1], y, 1.2e-8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(under_a_nanometre_near_the_meridian),
        cmocka_unit_test(symmetric),
        cmocka_unit_test(poles_are_finite),
        cmocka_unit_test(false_origin_and_scale),
        cmocka_unit_test(scale_is_that_of_small_steps),
        cmocka_unit_test(plane_to_plane_is_the_long_way),
    };
    return cmocka_run_group_tests_name("geo.tmerc", tests, NULL, NULL);
}
