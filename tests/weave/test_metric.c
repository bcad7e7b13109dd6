/* The edge function of ellipsoidal area: docs/theory/area.md, LA-3's figures, antisymmetry, no
 * change when an edge is split, agreement with geodesic and survey areas. */
#include "guotu/area.h"
#include "weave/metric.h"
#include "weave/shapes.h"

static double scale_of(const void *user, double x, double y)
{
    return gt_plane_scale(user, x, y);
}

static gt_plane *plane_of(gt_ctx *ctx, const char *name)
{
    gt_crs *crs = NULL;
    gt_plane *plane = NULL;
    assert_ok(ctx, gt_crs_new(ctx, name, &crs));
    assert_ok(ctx, gt_plane_new(ctx, crs, &plane));
    gt_crs_free(ctx, crs);
    return plane;
}

/* Green's sum over a ring of metres, cell at (x0, y0) of the given side. */
static double ring_area(const wv_metric *m, const double *xy, size_t n, double x0, double y0)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = xy + 2 * i, *q = xy + 2 * ((i + 1) % n);
        double ax = (p[0] - x0) * 1e3, ay = (p[1] - y0) * 1e3;
        double bx = (q[0] - x0) * 1e3, by = (q[1] - y0) * 1e3;
        sum += 0.5 * (ax * by - bx * ay) + gt_wv_metric_edge(m, ax, ay, bx, by);
    }
    return sum * 1e-6;
}

static void the_figure_of_the_design(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_plane *plane = plane_of(ctx, "EPSG:4548");
    const double ring[8] = {116.30, 39.90, 116.3012, 39.9001, 116.3010, 39.9011, 116.2999, 39.9009};
    double xy[8];
    for (int i = 0; i < 4; i++) {
        gt_plane_forward(plane, ring[2 * i] * M_PI / 180, ring[2 * i + 1] * M_PI / 180, &xy[2 * i],
                         &xy[2 * i + 1]);
    }
    const double sides[] = {500, 3000, 33000};
    for (int i = 0; i < 3; i++) {
        wv_metric m;
        double x0 = xy[0] - 0.4 * sides[i], y0 = xy[1] - 0.3 * sides[i];
        gt_wv_metric_fit(scale_of, plane, x0, y0, sides[i], &m);
        assert_near(ring_area(&m, xy, 4, x0, y0), 10587.212391, 2e-6);
    }
    gt_plane_free(ctx, plane);
    gt_ctx_free(ctx);
}

static void split_and_turned_edges(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_plane *plane = plane_of(ctx, "EPSG:4548");
    test_rng rng;
    wv_metric m;
    test_rng_seed(&rng, 61);
    gt_wv_metric_fit(scale_of, plane, 620000, 4400000, 33000, &m);
    for (int i = 0; i < 2000; i++) {
        double p[6];
        for (int k = 0; k < 6; k++) {
            p[k] = 33e6 * test_rng_real(&rng);
        }
        double t = test_rng_real(&rng), x = p[0] + t * (p[2] - p[0]), y = p[1] + t * (p[3] - p[1]);
        double whole = gt_wv_metric_edge(&m, p[0], p[1], p[2], p[3]);
        double parts =
            gt_wv_metric_edge(&m, p[0], p[1], x, y) + gt_wv_metric_edge(&m, x, y, p[2], p[3]);
        assert_near(whole, parts, 1e-12 * 33e6 * 33e6);
        assert_near(whole, -gt_wv_metric_edge(&m, p[2], p[3], p[0], p[1]), 1e-14 * 33e6 * 33e6);
    }
    gt_wv_metric_fit(NULL, NULL, 0, 0, 100, &m);
    assert_true(gt_wv_metric_edge(&m, 0, 0, 5, 7) == 0);
    gt_plane_free(ctx, plane);
    gt_ctx_free(ctx);
}

/* 120 km east of the meridian, big cell: the cubic against the geodesic area of a dense ring. */
static void far_from_the_meridian(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_plane *plane = plane_of(ctx, "EPSG:4548");
    gt_geom g;
    double x0 = 620000, y0 = 4400000, side = 33000;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_POLYGON);
    enum { N = 4000 };
    double *xy = malloc(2 * N * sizeof *xy);
    assert_non_null(xy);
    for (int i = 0; i <= N; i++) {
        double a = 2 * M_PI * (i % N) / N;
        double x = x0 + side / 2 * (1 + 0.99 * cos(a)), y = y0 + side / 2 * (1 + 0.99 * sin(a));
        double lon = 0, lat = 0;
        if (i < N) {
            xy[2 * i] = x;
            xy[2 * i + 1] = y;
        }
        gt_plane_inverse(plane, x, y, &lon, &lat);
        assert_ok(ctx, gt_geom_add_point(ctx, &g, x, y));
    }
    assert_ok(ctx, gt_geom_end_ring(ctx, &g));
    assert_ok(ctx, gt_geom_end_part(ctx, &g));
    wv_metric m;
    gt_wv_metric_fit(scale_of, plane, x0, y0, side, &m);
    double ours = ring_area(&m, xy, N, x0, y0), survey = gt_area_survey(plane, &g, 1);
    assert_near(ours / survey, 1, 1e-10);
    double plane_area = gt_geom_plane_area(&g);
    assert_true(fabs(ours / plane_area - 1) > 4e-4); /* the correction is real out here */
    free(xy);
    gt_geom_free(ctx, &g);
    gt_plane_free(ctx, plane);
    gt_ctx_free(ctx);
}

/* A whole weave on the ellipsoid: parts sum to wholes whatever the cells. */
static void sums_on_the_ellipsoid(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_plane *plane = plane_of(ctx, "EPSG:4548");
    shapes s[2] = {{0}};
    shapes_coverage(&s[0], 71, 580000, 4420000, 900, 20, 20, 0.7, 3);
    shapes_coverage(&s[1], 72, 580000, 4420000, 3000, 6, 6, 0.7, 3);
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_geom whole;
    gt_geom_init(&whole);
    const char *square = "POLYGON((580000 4420000,598000 4420000,598000 4438000,580000 4438000,"
                         "580000 4420000))";
    assert_ok(ctx, gt_geom_from_wkt(ctx, square, strlen(square), &whole));
    double survey = gt_area_survey(plane, &whole, 1);
    double first = 0;
    for (double cell = 700; cell < 33000; cell *= 2.3) {
        gt_weave_options o;
        gt_weave *w = NULL;
        gt_account *fine = NULL, *coarse = NULL;
        const bool only[2] = {false, true};
        gt_weave_options_init(&o);
        o.cell = cell;
        o.scale = scale_of;
        o.scale_user = plane;
        assert_ok(ctx, gt_weave_run(ctx, 2, b, 2, &o, &w));
        assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &fine));
        assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, only, &coarse));
        assert_true(gt_account_total(fine) == gt_account_total(coarse)); /* to the last bit */
        assert_near(gt_account_total(fine) / survey, 1, 1e-10);
        first = first == 0 ? gt_account_total(fine) : first;
        assert_near(gt_account_total(fine), first, 1e-11 * first);
        gt_account_free(ctx, fine);
        gt_account_free(ctx, coarse);
        gt_weave_free(ctx, w);
    }
    gt_geom_free(ctx, &whole);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
    gt_plane_free(ctx, plane);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_figure_of_the_design),
        cmocka_unit_test(split_and_turned_edges),
        cmocka_unit_test(far_from_the_meridian),
        cmocka_unit_test(sums_on_the_ellipsoid),
    };
    return cmocka_run_group_tests_name("weave.metric", tests, NULL, NULL);
}
