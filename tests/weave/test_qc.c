/* Coverage QC finds what was put in, with place and size, whatever the cells. */
#include "weave/shapes.h"

static gt_weave_finding *find(gt_ctx *ctx, const shapes *s, uint32_t n_layers, double cell,
                              size_t *n)
{
    gt_weave_batch b[4];
    gt_weave_options o;
    const bool coverage[4] = {true, false, false, false};
    gt_weave_options_init(&o);
    o.cell = cell;
    o.coverage = coverage;
    for (uint32_t k = 0; k < n_layers; k++) {
        b[k] = shapes_batch(&s[k], k);
    }
    gt_weave *w = NULL;
    gt_weave_finding *found = NULL;
    assert_ok(ctx, gt_weave_run(ctx, n_layers, b, n_layers, &o, &w));
    assert_ok(ctx, gt_weave_qc(ctx, w, &found, n));
    gt_weave_free(ctx, w);
    return found;
}

static void assert_box(gt_box b, double x0, double y0, double x1, double y1)
{
    assert_near(b.xmin, x0, 1e-9);
    assert_near(b.ymin, y0, 1e-9);
    assert_near(b.xmax, x1, 1e-9);
    assert_near(b.ymax, y1, 1e-9);
}

static void a_clean_coverage_has_none(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s = {0};
    shapes_coverage(&s, 51, 100, 200, 10, 12, 12, 0.7, 3);
    for (double cell = 3.1; cell < 300; cell *= 2.2) {
        size_t n = 1;
        gt_weave_finding *found = find(ctx, &s, 1, cell, &n);
        assert_int_equal(n, 0);
        gt_free(ctx, found);
    }
    shapes_free(&s);
    gt_ctx_free(ctx);
}

static void faults_are_found(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s = {0};
    /* 0 and 1 leave a gap of 2 cm x 10 m between them, closed by 2 and 3; 4 overlaps 3 by 1 x 1; 5
     * is a bow-tie; the square 6 is thin */
    shapes_box(&s, 0, 0, 10, 10);
    shapes_box(&s, 10.02, 0, 20, 10);
    shapes_box(&s, 0, 10, 20, 12);
    shapes_box(&s, 0, -2, 20, 0);
    shapes_box(&s, 19, -1, 25, 0);
    shapes_polygon(&s, (double[]){30, 0, 34, 4, 34, 0, 30, 4}, 4);
    shapes_box(&s, 40, 0, 45, 0.03);
    for (double cell = 0.7; cell < 100; cell *= 1.9) {
        size_t n = 0;
        gt_weave_finding *f = find(ctx, &s, 1, cell, &n);
        for (size_t i = 0; n != 4 && i < n; i++) {
            print_error("%s %u %u %g m2 %g m\n", gt_weave_fault_name(f[i].fault), f[i].first,
                        f[i].second, f[i].m2, f[i].width);
        }
        assert_int_equal(n, 4);
        assert_int_equal(f[0].fault, GT_WEAVE_GAP);
        assert_near(f[0].m2, 0.2, 1e-9);
        assert_near(f[0].width, 2 * 0.2 / 20.04, 1e-4);
        assert_box(f[0].box, 10, 0, 10.02, 10);
        assert_int_equal(f[1].fault, GT_WEAVE_OVERLAP);
        assert_int_equal(f[1].first, 3);
        assert_int_equal(f[1].second, 4);
        assert_near(f[1].m2, 1, 1e-9);
        assert_box(f[1].box, 19, -1, 20, 0);
        assert_int_equal(f[2].fault, GT_WEAVE_SELF_CROSS);
        assert_int_equal(f[2].first, 5);
        assert_near(f[2].m2, 4, 0.02);
        assert_int_equal(f[3].fault, GT_WEAVE_SLIVER);
        assert_int_equal(f[3].first, 6);
        assert_near(f[3].m2, 0.15, 1e-9);
        assert_string_equal(gt_weave_fault_name(f[3].fault), "sliver");
        gt_free(ctx, f);
    }
    shapes_free(&s);
    gt_ctx_free(ctx);
}

/* A boundary layer shows what the coverage does not fill; an open bay is no gap without it. */
static void a_boundary_shows_open_gaps(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s[2] = {{0}};
    shapes_box(&s[0], 0, 0, 10, 10);
    shapes_box(&s[0], 10, 0, 20, 4);
    shapes_box(&s[1], 0, 0, 20, 10);
    for (double cell = 0.9; cell < 60; cell *= 2.7) {
        size_t n = 0;
        gt_weave_finding *f = find(ctx, s, 1, cell, &n);
        assert_int_equal(n, 0);
        gt_free(ctx, f);
        f = find(ctx, s, 2, cell, &n);
        assert_int_equal(n, 1);
        assert_int_equal(f[0].fault, GT_WEAVE_GAP);
        assert_int_equal(f[0].layer, 0);
        assert_near(f[0].m2, 60, 1e-9);
        assert_box(f[0].box, 10, 4, 20, 10);
        gt_free(ctx, f);
    }
    shapes_free(&s[0]);
    shapes_free(&s[1]);
    gt_ctx_free(ctx);
}

static void enclosed_emptiness_spans_cells(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s = {0};
    shapes_ring(&s, (double[]){0, 0, 50, 0, 50, 50, 0, 50}, 4);
    shapes_ring(&s, (double[]){1, 1, 49, 1, 49, 49, 1, 49}, 4);
    shapes_end_part(&s);
    shapes_end_feature(&s);
    for (double cell = 2.3; cell < 200; cell *= 2) { /* many cells lie wholly inside the gap */
        size_t n = 0;
        gt_weave_finding *f = find(ctx, &s, 1, cell, &n);
        assert_int_equal(n, 1);
        assert_int_equal(f[0].fault, GT_WEAVE_GAP);
        assert_near(f[0].m2, 48.0 * 48, 1e-6);
        assert_box(f[0].box, 1, 1, 49, 49);
        gt_free(ctx, f);
    }
    shapes_free(&s);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_coverage_has_none),
        cmocka_unit_test(faults_are_found),
        cmocka_unit_test(a_boundary_shows_open_gaps),
        cmocka_unit_test(enclosed_emptiness_spans_cells),
    };
    return cmocka_run_group_tests_name("weave.qc", tests, NULL, NULL);
}
