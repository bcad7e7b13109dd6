/* The polynomial way to Web Mercator beside the exact one. */
#include <math.h>
#include <string.h>

#include "serve/warp.h"
#include "support/support.h"

typedef struct bench {
    gt_desk desk;
    gt_crs *work, *web;
} bench;

static void open_bench(bench *b, const char *crs)
{
    memset(b, 0, sizeof *b);
    b->desk.ctx = test_ctx();
    assert_ok(b->desk.ctx, gt_crs_new(b->desk.ctx, crs, &b->work));
    assert_ok(b->desk.ctx, gt_crs_new(b->desk.ctx, "EPSG:3857", &b->web));
    assert_ok(b->desk.ctx, gt_transform_new(b->desk.ctx, b->work, b->web, GT_DATUM_AS_STATED,
                                            &b->desk.out[GT_EPSG_3857]));
}

static void close_bench(bench *b)
{
    gt_transform_free(b->desk.ctx, b->desk.out[GT_EPSG_3857]);
    gt_crs_free(b->desk.ctx, b->work);
    gt_crs_free(b->desk.ctx, b->web);
    gt_ctx_free(b->desk.ctx);
}

/* How far the two ways are apart over the box and twice as far beyond, m. */
static double apart(bench *b, const gt_warp *w, gt_box box)
{
    enum { N = 29 };
    double worst = 0, dx = box.xmax - box.xmin, dy = box.ymax - box.ymin;
    for (int i = 0; i < N * N; i++) {
        double x = box.xmin + dx * (2.0 * (i % N) / (N - 1) - 0.5);
        double y = box.ymin + dy * (2.0 * (i / N) / (N - 1) - 0.5);
        double got[2] = {x, y}, truth[2] = {x, y};
        assert_ok(b->desk.ctx, gt_warp_points(&b->desk, w, got, 1));
        assert_ok(b->desk.ctx,
                  gt_transform_points(b->desk.ctx, b->desk.out[GT_EPSG_3857], truth, 1));
        worst = fmax(worst, fmax(fabs(got[0] - truth[0]), fabs(got[1] - truth[1])));
    }
    return worst;
}

/* Tiles of zoom 10 to 16, near the meridian and far from it. */
static void keeps_its_tolerance(void **state)
{
    static const char *const crs[] = {"EPSG:4548", "EPSG:32650", "EPSG:4490"};
    (void)state;
    for (int c = 0; c < 3; c++) {
        bench b;
        open_bench(&b, crs[c]);
        for (int z = 10; z <= 16; z++) {
            double side = 30e3 / (1 << (z - 10)) / (c == 2 ? 1e5 : 1); /* degrees */
            double x = c == 2 ? 116.4 : 420e3, y = c == 2 ? 39.9 : 4430e3;
            const gt_box box = {x, y, x + side, y + side};
            double tolerance = 30e3 / (1 << (z - 10)) / 4096 * 0.02;
            gt_warp w;
            assert_ok(b.desk.ctx, gt_warp_fit(&b.desk, box, tolerance, &w));
            assert_true(w.fits);
            assert_true(apart(&b, &w, box) <= 1.1 * tolerance);
        }
        close_bench(&b);
    }
}

/* What is too large, empty or off the plane goes the exact way, and fails as that does. */
static void leaves_the_rest_to_the_projection(void **state)
{
    bench b;
    gt_warp w;
    (void)state;
    open_bench(&b, "EPSG:4548");
    const gt_box large = {0, 4e6, 1e6, 5e6}, none = {1, 1, 0, 0}, point = {5e5, 4e6, 5e5, 4e6};
    const gt_box far = {-1e300, -1e300, -1e300, -1e300}, strict = {4e5, 4.4e6, 5e5, 4.5e6};
    const gt_box *const list[] = {&large, &none, &point, &far};
    for (size_t i = 0; i < 4; i++) {
        assert_ok(b.desk.ctx, gt_warp_fit(&b.desk, *list[i], 1, &w));
        assert_false(w.fits);
    }
    assert_true(apart(&b, &w, large) == 0);
    assert_ok(b.desk.ctx, gt_warp_fit(&b.desk, strict, 1e-9, &w)); /* not as near as asked */
    assert_false(w.fits);
    const gt_box off = {39e6, 4.4e6, 39e6 + 1000, 4.4e6 + 1000}; /* a zone prefix it has not */
    assert_ok(b.desk.ctx, gt_warp_fit(&b.desk, off, 1, &w));
    assert_false(w.fits);
    double bad[2] = {39e6, 4.4e6};
    assert_fails(b.desk.ctx, gt_warp_points(&b.desk, &w, bad, 1), GT_E_INPUT,
                 "geo.transform-point");
    const gt_box good = {5e5, 4.4e6, 5.1e5, 4.41e6};
    assert_ok(b.desk.ctx, gt_warp_fit(&b.desk, good, 0.01, &w));
    assert_true(w.fits);
    bad[0] = 39e6;
    bad[1] = 4.4e6;
    assert_fails(b.desk.ctx, gt_warp_points(&b.desk, &w, bad, 1), GT_E_INPUT,
                 "geo.transform-point");
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_tolerance),
        cmocka_unit_test(leaves_the_rest_to_the_projection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
