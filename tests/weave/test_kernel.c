/* The kernel on shapes whose answer is known, and bad input. */
#include "weave/shapes.h"

static gt_weave *run_in(gt_ctx *ctx, const shapes *layers, uint32_t n, double cell)
{
    gt_weave_batch batches[8];
    gt_weave_options o;
    gt_weave_options_init(&o);
    o.cell = cell;
    for (uint32_t i = 0; i < n; i++) {
        batches[i] = shapes_batch(&layers[i], i);
    }
    gt_weave *w = NULL;
    assert_ok(ctx, gt_weave_run(ctx, n, batches, n, &o, &w));
    return w;
}

/* Area of one tuple of two layers, 0 when absent. */
static double area_of(gt_account *a, uint32_t p, uint32_t q)
{
    for (size_t i = 0; i < gt_account_rows(a); i++) {
        const uint32_t *codes = NULL;
        double m2 = 0, plane = 0;
        gt_account_get(a, i, &codes, &m2, &plane);
        if (codes[0] == p && codes[1] == q) {
            assert_true(m2 == plane);
            return m2;
        }
    }
    return 0;
}

static void two_boxes(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s[2] = {{0}};
    shapes_box(&s[0], 0, 0, 10, 10);
    shapes_box(&s[1], 5, 5, 20, 8);
    const double cells[] = {0, 100, 7, 3, 1, 0.5};
    for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
        gt_weave *w = run_in(ctx, s, 2, cells[k]);
        gt_account *a = NULL;
        assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &a));
        assert_int_equal(gt_account_rows(a), 3);
        assert_true(area_of(a, 0, 0) == 15);
        assert_true(area_of(a, 0, GT_WEAVE_NONE) == 85);
        assert_true(area_of(a, GT_WEAVE_NONE, 0) == 30);
        assert_true(gt_account_total(a) == 130);
        gt_account_free(ctx, a);
        gt_weave_free(ctx, w);
    }
    for (int i = 0; i < 2; i++) {
        shapes_free(&s[i]);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void holes_islands_and_parts(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s[2] = {{0}};
    /* a ring with a hole, given clockwise; an island in the hole is a second part; a second feature
     * fills the rest of the hole but for a slot */
    shapes_ring(&s[0], (double[]){0, 0, 0, 30, 30, 30, 30, 0}, 4);
    shapes_ring(&s[0], (double[]){5, 5, 25, 5, 25, 25, 5, 25}, 4);
    shapes_end_part(&s[0]);
    shapes_ring(&s[0], (double[]){10, 10, 20, 10, 20, 20, 10, 20}, 4);
    shapes_end_part(&s[0]);
    shapes_end_feature(&s[0]);
    shapes_box(&s[0], 40, 40, 41, 41);
    shapes_box(&s[1], 12, 12, 13, 13); /* island in the island */
    for (double cell = 1.7; cell < 100; cell *= 2.1) {
        gt_weave *w = run_in(ctx, s, 2, cell);
        gt_account *a = NULL;
        assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &a));
        assert_true(area_of(a, 0, GT_WEAVE_NONE) == 900 - 400 + 100 - 1);
        assert_true(area_of(a, 0, 0) == 1);
        assert_true(area_of(a, 1, GT_WEAVE_NONE) == 1);
        assert_int_equal(gt_account_rows(a), 3);
        gt_account_free(ctx, a);
        gt_weave_free(ctx, w);
    }
    for (int i = 0; i < 2; i++) {
        shapes_free(&s[i]);
    }
    gt_ctx_free(ctx);
}

static void coverages_fill_the_square(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s[3] = {{0}};
    shapes_coverage(&s[0], 1, 4000, 5000, 10, 30, 30, 0.7, 3);
    shapes_coverage(&s[1], 2, 4000, 5000, 20, 15, 15, 0.7, 2);
    shapes_coverage(&s[2], 3, 4000, 5000, 50, 6, 6, 0, 0);
    for (double cell = 13; cell < 700; cell *= 1.9) {
        gt_weave *w = run_in(ctx, s, 3, cell);
        gt_account *a = NULL;
        assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &a));
        for (size_t i = 0; i < gt_account_rows(a); i++) {
            const uint32_t *codes = NULL;
            double m2 = 0, plane = 0;
            gt_account_get(a, i, &codes, &m2, &plane);
            for (int k = 0; k < 3; k++) {
                assert_true(codes[k] < 900);
            }
        }
        assert_true(gt_account_total(a) == 90000);
        gt_account_free(ctx, a);
        gt_weave_free(ctx, w);
    }
    for (int i = 0; i < 3; i++) {
        shapes_free(&s[i]);
    }
    gt_ctx_free(ctx);
}

static void nothing_in_nothing_out(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s = {0};
    gt_weave *w = run_in(ctx, &s, 1, 0);
    gt_account *a = NULL;
    assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &a));
    assert_int_equal(gt_account_rows(a), 0);
    gt_account_free(ctx, a);
    gt_weave_free(ctx, w);
    /* rings without area: a point, a line there and back, empty feature */
    shapes_polygon(&s, (double[]){1, 1, 1, 1, 1, 1}, 3);
    shapes_polygon(&s, (double[]){0, 0, 9, 7, 0, 0.0001}, 3);
    shapes_end_feature(&s);
    w = run_in(ctx, &s, 1, 2);
    assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &a));
    assert_int_equal(gt_account_rows(a), 0);
    gt_account_free(ctx, a);
    gt_weave_free(ctx, w);
    shapes_free(&s);
    gt_ctx_free(ctx);
}

static void bad_coordinates_are_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    const double bad[] = {NAN, INFINITY, -INFINITY, 1.1e9, -1e300};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        shapes s = {0};
        shapes_box(&s, 0, 0, 1, 1);
        shapes_polygon(&s, (double[]){0, 0, 5, 0, 5, bad[i]}, 3);
        gt_weave_batch b = shapes_batch(&s, 0);
        gt_weave *w = NULL;
        gt_status st = gt_weave_run(ctx, 1, &b, 1, NULL, &w);
        assert_string_equal(gt_error_place(ctx)->feature, "1");
        assert_true(gt_error_place(ctx)->has_xy);
        assert_fails(ctx, st, GT_E_INPUT, "weave.coordinate");
        assert_null(w);
        shapes_free(&s);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s = {0};
    shapes_box(&s, 0, 0, 1, 1);
    gt_weave_batch b = shapes_batch(&s, 0);
    gt_weave *w = NULL;
    gt_weave_options o;
    const double cells[] = {-1, NAN, 0.001, 40000, INFINITY};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        gt_weave_options_init(&o);
        o.cell = cells[i];
        assert_fails(ctx, gt_weave_run(ctx, 1, &b, 1, &o, &w), GT_E_USAGE, "weave.option");
    }
    gt_weave_options_init(&o);
    o.sliver_width = -1;
    assert_fails(ctx, gt_weave_run(ctx, 1, &b, 1, &o, &w), GT_E_USAGE, "weave.option");
    assert_fails(ctx, gt_weave_run(ctx, 0, &b, 1, NULL, &w), GT_E_USAGE, "weave.option");
    assert_fails(ctx, gt_weave_run(ctx, 257, &b, 1, NULL, &w), GT_E_USAGE, "weave.option");
    b.layer = 1;
    assert_fails(ctx, gt_weave_run(ctx, 1, &b, 1, NULL, &w), GT_E_USAGE, "weave.option");
    b.layer = 0;
    b.number = NULL;
    b.first_number = UINT32_MAX - 1;
    assert_fails(ctx, gt_weave_run(ctx, 1, &b, 1, NULL, &w), GT_E_USAGE, "weave.option");
    shapes_box(&s, 1e8, 1e8, 1e8 + 1, 1e8 + 1);
    b = shapes_batch(&s, 0);
    gt_weave_options_init(&o);
    o.cell = 1;
    assert_fails(ctx, gt_weave_run(ctx, 1, &b, 1, &o, &w), GT_E_LIMIT, "weave.extent");
    shapes_free(&s);
    gt_ctx_free(ctx);
}

static void failing_memory_is_reported(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    shapes_coverage(&s[0], 5, 0, 0, 10, 4, 4, 0.5, 2);
    shapes_coverage(&s[1], 6, 0, 0, 13, 3, 3, 0.5, 2);
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_weave_options o;
    gt_weave_options_init(&o);
    o.cell = 17;
    bool done = false;
    for (long k = 0; !done && k < 5000; k++) {
        long left = k;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_weave *w = NULL;
        gt_status st = gt_weave_run(ctx, 2, b, 2, &o, &w);
        if (st != GT_OK) {
            assert_fails(ctx, st, GT_E_MEMORY, NULL);
            assert_null(w);
        } else {
            done = true;
        }
        gt_weave_free(ctx, w);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(done);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_boxes),
        cmocka_unit_test(holes_islands_and_parts),
        cmocka_unit_test(coverages_fill_the_square),
        cmocka_unit_test(nothing_in_nothing_out),
        cmocka_unit_test(bad_coordinates_are_refused),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(failing_memory_is_reported),
    };
    return cmocka_run_group_tests_name("weave.kernel", tests, NULL, NULL);
}
