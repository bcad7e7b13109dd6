/* Areas by edge pairs: known answers, agreement with the graph, bad input. */
#include "guotu/area.h"
#include "weave/shapes.h"

static double scale_of(const void *user, double x, double y)
{
    return gt_plane_scale(user, x, y);
}

static gt_account *pairs_of(gt_ctx *ctx, const shapes s[2], const gt_weave_options *o)
{
    gt_weave_batch a = shapes_batch(&s[0], 0), b = shapes_batch(&s[1], 1);
    gt_account *out = NULL;
    assert_ok(ctx, gt_weave_pair_areas(ctx, &a, 1, &b, 1, o, &out));
    return out;
}

static double area_at(gt_account *a, uint32_t p, uint32_t q)
{
    for (size_t i = 0; i < gt_account_rows(a); i++) {
        const uint32_t *codes = NULL;
        double m2 = 0, plane = 0;
        gt_account_get(a, i, &codes, &m2, &plane);
        if (codes[0] == p && codes[1] == q) {
            return m2;
        }
    }
    return 0;
}

static void known_answers(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s[2] = {{0}};
    /* a ring with a hole, clockwise, and an island as second part; crossed by a strip and a
     * triangle */
    shapes_ring(&s[0], (double[]){0, 0, 0, 30, 30, 30, 30, 0}, 4);
    shapes_ring(&s[0], (double[]){5, 5, 25, 5, 25, 25, 5, 25}, 4);
    shapes_end_part(&s[0]);
    shapes_ring(&s[0], (double[]){10, 10, 20, 10, 20, 20, 10, 20}, 4);
    shapes_end_part(&s[0]);
    shapes_end_feature(&s[0]);
    shapes_end_feature(&s[0]); /* no geometry */
    shapes_box(&s[1], -5, 14, 40, 16);
    shapes_polygon(&s[1], (double[]){0, 0, 10, 0, 0, 10}, 3);
    shapes_box(&s[1], 100, 100, 101, 101);
    gt_account *a = pairs_of(ctx, s, NULL);
    assert_int_equal(gt_account_rows(a), 2);
    assert_near(area_at(a, 0, 0), 2 * (5 + 10 + 5), 1e-9);
    assert_near(area_at(a, 0, 1), 50, 1e-9); /* the corner of the hole only touches it */
    gt_account_free(ctx, a);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void agrees_with_the_graph(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_crs *crs = NULL;
    gt_plane *plane = NULL;
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4548", &crs));
    assert_ok(ctx, gt_plane_new(ctx, crs, &plane));
    for (int round = 0; round < 4; round++) {
        shapes s[2] = {{0}};
        gt_weave_options o;
        shapes_coverage(&s[0], 81, 600000, 4400000, 40, 30, 30, 0.7, 3);
        shapes_coverage(&s[1], 82, 600000, 4400000, 150, 8, 8, 0.7, 3);
        gt_weave_options_init(&o);
        o.scale = round % 2 == 0 ? NULL : scale_of;
        o.scale_user = plane;
        gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
        gt_weave *w = NULL;
        gt_account *by_graph = NULL, *by_pairs = pairs_of(ctx, s, &o);
        assert_ok(ctx, gt_weave_run(ctx, 2, b, 2, &o, &w));
        assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &by_graph));
        assert_near(gt_account_total(by_graph), gt_account_total(by_pairs), 1e-2);
        for (size_t i = 0; i < gt_account_rows(by_pairs); i++) {
            const uint32_t *codes = NULL;
            double m2 = 0, flat = 0;
            gt_account_get(by_pairs, i, &codes, &m2, &flat);
            double other = area_at(by_graph, codes[0], codes[1]);
            assert_near(m2, other, 0.0015 * 200);
        }
        gt_account_free(ctx, by_graph);
        gt_account_free(ctx, by_pairs);
        gt_weave_free(ctx, w);
        shapes_free(&s[0]);
        shapes_free(&s[1]);
    }
    gt_plane_free(ctx, plane);
    gt_crs_free(ctx, crs);
    gt_ctx_free(ctx);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    shapes_coverage(&s[0], 83, 0, 0, 10, 40, 40, 0.7, 2);
    shapes_coverage(&s[1], 84, 0, 0, 33, 12, 12, 0.7, 2);
    gt_ctx *one = test_ctx_threads(1), *four = test_ctx_threads(4);
    gt_account *a = pairs_of(one, s, NULL), *b = pairs_of(four, s, NULL);
    assert_int_equal(gt_account_rows(a), gt_account_rows(b));
    for (size_t i = 0; i < gt_account_rows(a); i++) {
        const uint32_t *p = NULL, *q = NULL;
        double ma = 0, mb = 0, plane = 0;
        gt_account_get(a, i, &p, &ma, &plane);
        gt_account_get(b, i, &q, &mb, &plane);
        assert_memory_equal(p, q, 2 * sizeof *p);
        assert_true(ma == mb);
    }
    gt_account_free(one, a);
    gt_account_free(four, b);
    gt_ctx_free(one);
    gt_ctx_free(four);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

static void bad_input_and_nothing(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s[2] = {{0}};
    gt_account *a = pairs_of(ctx, s, NULL);
    assert_int_equal(gt_account_rows(a), 0);
    gt_account_free(ctx, a);
    shapes_box(&s[0], 0, 0, 1, 1);
    shapes_polygon(&s[1], (double[]){0, 0, 1, NAN, 2, 2}, 3);
    gt_weave_batch p = shapes_batch(&s[0], 0), q = shapes_batch(&s[1], 0);
    a = NULL;
    assert_fails(ctx, gt_weave_pair_areas(ctx, &p, 1, &q, 1, NULL, &a), GT_E_INPUT,
                 "weave.coordinate");
    assert_null(a);
    for (long k = 0; k < 12; k++) {
        long left = k;
        gt_ctx *poor = test_ctx_failing(&left);
        gt_status st = gt_weave_pair_areas(poor, &p, 1, &p, 1, NULL, &a);
        if (st != GT_OK) {
            assert_fails(poor, st, GT_E_MEMORY, NULL);
        } else {
            gt_account_free(poor, a);
        }
        assert_int_equal(gt_ctx_memory_used(poor), 0);
        gt_ctx_free(poor);
    }
    shapes_free(&s[0]);
    shapes_free(&s[1]);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(agrees_with_the_graph),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(bad_input_and_nothing),
    };
    return cmocka_run_group_tests_name("weave.pairs", tests, NULL, NULL);
}
