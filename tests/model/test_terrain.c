/* Terrain kernels over files: shared flow and wetness of it, channels through depressions. */
#include "model/grids.h"

/* A plane to the south at tan b = 0.1: row r holds r + 1 cells, so the wetness of row 9 is that of
 * the card: As = 10 cells x 10 m = 100 m, ln(100 / 0.1) = 6.9078. */
static void wetness_of_a_plane(void **state)
{
    static const char *const ways[] = {"dinf", "freeman", "quinn"};
    enum { W = 31, H = 12 };
    double v[W * H];
    world w;
    (void)state;
    world_new(&w, W, H);
    for (int i = 0; i < W * H; i++) {
        v[i] = H - i / W; /* 1 m a cell of 10 m */
    }
    put_grid(&w, "dem.tif", GT_CELL_F32, v);
    put_constant(&w, "slope.tif", atan(0.1) * 57.29577951308232);
    for (int k = 0; k < 3; k++) {
        assert_ok(w.ctx, RUN(&w, "multiflow", {IN, "dem", "dem.tif"}, {WITH, "way", ways[k]},
                             {OUT, "accumulation", "acc.tif"}, {OUT, "width", "width.tif"},
                             {OUT, "filled", "filled.tif"}));
        assert_ok(w.ctx,
                  RUN(&w, "wetness", {IN, "slope", "slope.tif"}, {IN, "accumulation", "acc.tif"},
                      {IN, "width", "width.tif"}, {OUT, "wetness", "twi.tif"}));
        double *twi = get_grid(&w, "twi.tif"), *filled = get_grid(&w, "filled.tif");
        double side = k == 0 ? 10 : 10 * (0.5 + sqrt(0.5));
        assert_near(twi[9 * W + 15], log(10 * 100 / side / 0.1), 1e-5);
        assert_true(k != 0 || fabs(twi[9 * W + 15] - 6.9078) < 1e-4);
        assert_near(filled[5], v[5], 0);
        free(twi);
        free(filled);
    }
    /* without widths: sides of cells, as ever */
    assert_ok(w.ctx, RUN(&w, "wetness", {IN, "slope", "slope.tif"}, {IN, "accumulation", "acc.tif"},
                         {OUT, "wetness", "twi.tif"}));
    double *twi = get_grid(&w, "twi.tif");
    assert_near(twi[9 * W + 15], 6.907755, 1e-5);
    free(twi);
    world_free(&w);
}

static void bank_opened(void **state)
{
    enum { N = 7 };
    double v[N * N];
    world w;
    (void)state;
    world_new(&w, N, N);
    for (int i = 0; i < N * N; i++) { /* a bowl of 1 behind a bank of 5, 0 outside of it */
        int c = i % N, r = i / N, ring = c < r ? c : r;
        ring = ring < N - 1 - c ? ring : N - 1 - c;
        ring = ring < N - 1 - r ? ring : N - 1 - r;
        v[i] = ring == 0 ? 0 : ring == 1 ? 5 : 1;
    }
    put_grid(&w, "dem.tif", GT_CELL_F32, v);
    assert_ok(w.ctx, RUN(&w, "breach", {IN, "dem", "dem.tif"}, {OUT, "breached", "out.tif"}));
    double *z = get_grid(&w, "out.tif");
    int dug = 0;
    for (int i = 0; i < N * N; i++) {
        dug += z[i] == 1 && v[i] == 5;
        assert_true(z[i] == v[i] || (z[i] == 1 && v[i] == 5));
    }
    assert_int_equal(dug, 1);
    free(z);
    static const char *const fill[] = {"yes", "no"};
    for (int k = 0; k < 2; k++) {
        assert_ok(w.ctx, RUN(&w, "breach", {IN, "dem", "dem.tif"}, {OUT, "breached", "out.tif"},
                             {WITH, "max-depth", "3 m"}, {WITH, "fill", fill[k]}));
        assert_near(first_of(&w, "out.tif"), 0, 0);
        z = get_grid(&w, "out.tif");
        assert_near(z[3 * N + 3], k == 0 ? 5 : 1, 0);
        free(z);
    }
    world_free(&w);
}

static void bad_input(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 2);
    put_constant(&w, "dem.tif", 4);
    assert_fails(w.ctx,
                 RUN(&w, "multiflow", {IN, "dem", "dem.tif"}, {WITH, "way", "quinn"},
                     {OUT, "accumulation", "a.tif"}, {OUT, "angle", "g.tif"}),
                 GT_E_USAGE, "grid.walk");
    assert_fails(w.ctx, RUN(&w, "multiflow", {IN, "dem", "dem.tif"}, {WITH, "way", "d8"}),
                 GT_E_INPUT, "model.choice");
    assert_fails(w.ctx, RUN(&w, "multiflow", {IN, "dem", "dem.tif"}, {WITH, "exponent", "21"}),
                 GT_E_INPUT, "model.range");
    assert_fails(w.ctx, RUN(&w, "multiflow", {OUT, "accumulation", "a.tif"}), GT_E_USAGE,
                 "model.missing");
    assert_fails(w.ctx, RUN(&w, "breach", {IN, "dem", "dem.tif"}, {WITH, "max-length", "5 kg"}),
                 GT_E_INPUT, "model.unit");
    assert_fails(w.ctx, RUN(&w, "breach", {IN, "dem", "none.tif"}, {OUT, "breached", "b.tif"}),
                 GT_E_NOT_FOUND, NULL);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wetness_of_a_plane),
        cmocka_unit_test(bank_opened),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
