/* Current between patches and omnidirectional current as kernels: closed forms, symmetry, bad maps,
 * the same on any thread count. */
#include "guotu/circuit.h"
#include "model/grids.h"

enum { N = 3 };

/* 3 x 3, corner to corner, centre ten times worse: current of the centre by the card (CO-5). */
static void between(void **state)
{
    (void)state;
    world w;
    world_new(&w, N, N);
    const double r[N * N] = {1, 1, 1, 1, 10, 1, 1, 1, 1};
    const double patches[N * N] = {1, 0, 0, 0, 0, 0, 0, 0, 2};
    put_grid(&w, "r.tif", GT_CELL_F64, r);
    put_grid(&w, "p.tif", GT_CELL_I32, patches);
    assert_ok(w.ctx,
              RUN(&w, "circuit-current", {IN, "resistance", "r.tif"}, {IN, "patches", "p.tif"},
                  {OUT, "current", "c.tif"}, {WITH, "neighbours", "4"}));
    double *c = get_grid(&w, "c.tif");
    assert_near(c[4], 0.153846, 1e-6);
    assert_near(c[0], 1, 1e-6);
    assert_near(c[8], 1, 1e-6);
    assert_near(c[1], c[3], 1e-6);
    free(c);
    assert_ok(w.ctx, RUN(&w, "circuit-current", {IN, "resistance", "r.tif"},
                         {IN, "patches", "p.tif"}, {OUT, "current", "c.tif"}));
    c = get_grid(&w, "c.tif");
    assert_near(c[4], 0.146074, 1e-6);
    free(c);
    world_free(&w);
}

/* One patch, no patch, patches that do not meet: no current, which is no mistake. */
static void nothing_to_join(void **state)
{
    (void)state;
    world w;
    world_new(&w, N, N);
    const double r[N * N] = {1, NAN, 1, 1, NAN, 1, 1, NAN, 1};
    static const double patches[3][N * N] = {
        {0}, {5, 0, 0, 5, 0, 0, 0, 0, 0}, {1, 0, 2, 0, 0, 0, 0, 0, 0}};
    put_grid(&w, "r.tif", GT_CELL_F64, r);
    for (int k = 0; k < 3; k++) {
        put_grid(&w, "p.tif", GT_CELL_I32, patches[k]);
        assert_ok(w.ctx, RUN(&w, "circuit-current", {IN, "resistance", "r.tif"},
                             {IN, "patches", "p.tif"}, {OUT, "current", "c.tif"}));
        double *c = get_grid(&w, "c.tif");
        for (int i = 0; i < N * N; i++) {
            assert_true(isnan(r[i]) ? isnan(c[i]) : c[i] == 0);
        }
        free(c);
    }
    world_free(&w);
}

/* On even ground, blocks of 2 x 2 cells give the current of the map of half the size; a cell that
 * is not there stays without value, and a bad one is named though it stands in a block. */
static void in_blocks(void **state)
{
    (void)state;
    enum { S = 6, H = 3 };
    world w;
    double fine[S * S], patches[S * S] = {0}, half[H * H],
                                    ends[H * H] = {1, 0, 0, 0, 0, 0, 0, 0, 2};
    world_new(&w, H, H);
    for (int i = 0; i < H * H; i++) {
        half[i] = i == 4 ? 10 : 1;
    }
    put_grid(&w, "half.tif", GT_CELL_F64, half);
    put_grid(&w, "ends.tif", GT_CELL_I32, ends);
    assert_ok(w.ctx, RUN(&w, "circuit-current", {IN, "resistance", "half.tif"},
                         {IN, "patches", "ends.tif"}, {OUT, "current", "whole.tif"}));
    double *whole = get_grid(&w, "whole.tif");
    world_free(&w);
    world_new(&w, S, S);
    for (int i = 0; i < S * S; i++) {
        fine[i] = half[i / S / 2 * H + i % S / 2];
    }
    fine[2 * S + 2] = NAN; /* of the centre, whose mean stays 10 */
    patches[0] = 1;        /* one cell of four is enough */
    patches[S * S - 1] = patches[S * S - 2] = 2;
    patches[S * S - 1 - S] = 3; /* outnumbered */
    put_grid(&w, "fine.tif", GT_CELL_F64, fine);
    put_grid(&w, "p.tif", GT_CELL_I32, patches);
    assert_ok(w.ctx,
              RUN(&w, "circuit-current", {IN, "resistance", "fine.tif"}, {IN, "patches", "p.tif"},
                  {OUT, "current", "c.tif"}, {WITH, "block", "2"}));
    double *c = get_grid(&w, "c.tif");
    for (int i = 0; i < S * S; i++) {
        if (isnan(fine[i])) {
            assert_true(isnan(c[i]));
        } else {
            assert_near(c[i], whole[i / S / 2 * H + i % S / 2], 1e-6);
        }
    }
    fine[7] = -1;
    put_grid(&w, "fine.tif", GT_CELL_F64, fine);
    assert_fails(w.ctx,
                 RUN(&w, "circuit-current", {IN, "resistance", "fine.tif"},
                     {IN, "patches", "p.tif"}, {OUT, "current", "c.tif"}, {WITH, "block", "2"}),
                 GT_E_INPUT, NULL);
    assert_fails(w.ctx,
                 RUN(&w, "circuit-current", {IN, "resistance", "fine.tif"},
                     {IN, "patches", "p.tif"}, {OUT, "current", "c.tif"}, {WITH, "block", "17"}),
                 GT_E_INPUT, "model.range");
    free(whole);
    free(c);
    world_free(&w);
}

static void bad_maps(void **state)
{
    (void)state;
    world w;
    world_new(&w, N, N);
    const double zero[N * N] = {1, 1, 1, 1, 1, 0, 1, 1, 1};
    const double minus[N * N] = {1, 1, 1, 1, 1, 1, 1, -2, 1};
    const double half[N * N] = {0, 0.5, 0, 0, 0, 0, 0, 0, 0};
    put_grid(&w, "z.tif", GT_CELL_F64, zero);
    put_grid(&w, "m.tif", GT_CELL_F64, minus);
    put_grid(&w, "h.tif", GT_CELL_F64, half);
    assert_fails(w.ctx,
                 RUN(&w, "circuit-current", {IN, "resistance", "z.tif"}, {IN, "patches", "z.tif"},
                     {OUT, "current", "c.tif"}),
                 GT_E_INPUT, "circuit.resistance-zero");
    assert_fails(w.ctx,
                 RUN(&w, "omni-current", {IN, "resistance", "m.tif"}, {IN, "source", "z.tif"},
                     {OUT, "current", "c.tif"}, {WITH, "radius", "20 m"}),
                 GT_E_INPUT, "circuit.habitat-negative");
    assert_fails(w.ctx,
                 RUN(&w, "circuit-current", {IN, "resistance", "h.tif"}, {IN, "patches", "h.tif"},
                     {OUT, "current", "c.tif"}),
                 GT_E_INPUT, NULL);
    assert_fails(w.ctx,
                 RUN(&w, "omni-current", {IN, "resistance", "z.tif"}, {IN, "source", "z.tif"},
                     {OUT, "current", "c.tif"}, {WITH, "radius", "-1 m"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

/* On even ground current is the flow potential and all is symmetric. */
static void omni_even(void **state)
{
    (void)state;
    enum { S = 21 };
    world w;
    world_new(&w, S, S);
    put_constant(&w, "one.tif", 1);
    assert_ok(w.ctx,
              RUN(&w, "omni-current", {IN, "resistance", "one.tif"}, {IN, "source", "one.tif"},
                  {OUT, "current", "c.tif"}, {OUT, "flow", "f.tif"}, {OUT, "normalized", "n.tif"},
                  {WITH, "radius", "300 m"}, {WITH, "block", "3"}));
    double *c = get_grid(&w, "c.tif"), *f = get_grid(&w, "f.tif"), *n = get_grid(&w, "n.tif");
    for (int i = 0; i < S * S; i++) {
        int r = i / S, k = i % S;
        assert_near(n[i], 1, 1e-5); /* the window covers the map: the same system twice */
        assert_near(c[i], f[i], 1e-5 * f[i]);
        assert_near(c[i], c[k * S + r], 1e-5 * c[i]);
        assert_near(c[i], c[(S - 1 - r) * S + S - 1 - k], 1e-5 * c[i]);
    }
    free(c);
    free(f);
    free(n);
    world_free(&w);
}

/* The same bits on one thread and on three; doubling the sources doubles the current. */
static void omni_threads(void **state)
{
    (void)state;
    enum { C = 60, R = 44 };
    static double r[C * R], s[C * R], first[C * R], c[C * R], flow[C * R];
    test_rng rng;
    test_rng_seed(&rng, 9);
    for (int i = 0; i < C * R; i++) {
        r[i] = test_rng_real(&rng) < 0.1 ? (double)NAN : 1 + 99 * test_rng_real(&rng);
        s[i] = test_rng_real(&rng) < 0.5 ? 0 : test_rng_real(&rng);
    }
    const gt_circuit_map map = {.n_cols = C, .n_rows = R, .resistance = r};
    const gt_circuit_window window = {.radius = 9, .buffer = 2, .block = 3};
    for (int threads = 1; threads <= 3; threads += 2) {
        gt_ctx *ctx = test_ctx_threads(threads);
        gt_circuit_facts facts;
        assert_ok(ctx, gt_circuit_omni(ctx, &map, s, &window, c, flow, &facts));
        assert_true(facts.points > 0 && facts.residual < 1e-8);
        if (threads == 1) {
            memcpy(first, c, sizeof c);
        } else {
            assert_memory_equal(first, c, sizeof c);
        }
        gt_ctx_free(ctx);
    }
    gt_ctx *ctx = test_ctx();
    for (int i = 0; i < C * R; i++) {
        s[i] *= 2;
    }
    assert_ok(ctx, gt_circuit_omni(ctx, &map, s, &window, c, NULL, NULL));
    for (int i = 0; i < C * R; i++) {
        assert_true(isnan(r[i]) ? isnan(c[i]) : fabs(c[i] - 2 * first[i]) <= 1e-6 * (c[i] + 1e-6));
    }
    gt_cancel(ctx);
    assert_int_equal(gt_circuit_omni(ctx, &map, s, &window, c, NULL, NULL), GT_E_CANCELLED);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between),   cmocka_unit_test(nothing_to_join),
        cmocka_unit_test(in_blocks), cmocka_unit_test(bad_maps),
        cmocka_unit_test(omni_even), cmocka_unit_test(omni_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
