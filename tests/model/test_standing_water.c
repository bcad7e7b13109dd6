/* Water that stands and what leads to it: depressions, floods by level, the curve number, streams,
 * height above drainage. Known answers by hand and of the literature; bad input. */
#include <stdio.h>
#include <unistd.h>

#include "model/grids.h"

static void expect_text(world *w, const char *name, const char *want)
{
    size_t len = 0;
    char *got = test_read_file(test_path(w->dir, name), &len);
    assert_string_equal(got, want);
    free(got);
}

/* 10 x 10 cells of 10 m at 0 inside walls of 5: a level of 2 holds 20 000 m3. */
static void box_of_the_card(void **state)
{
    enum { W = 12 };
    double z[W * W], s[W * W];
    world w;
    (void)state;
    world_new(&w, W, W);
    for (int i = 0; i < W * W; i++) {
        int r = i / W, c = i % W;
        z[i] = r == 0 || c == 0 || r == W - 1 || c == W - 1 ? 5 : 0;
        s[i] = r == 5 && c == 5 ? 1 : 0;
    }
    put_grid(&w, "z.tif", GT_CELL_F32, z);
    put_grid(&w, "s.tif", GT_CELL_U8, s);
    assert_ok(w.ctx,
              RUN(&w, "flood", {IN, "dem", "z.tif"}, {IN, "sources", "s.tif"},
                  {OUT, "depth", "d.tif"}, {OUT, "table", "t.csv"}, {WITH, "levels", "0, 1, 2"}));
    double *d = get_grid(&w, "d.tif");
    for (int i = 0; i < W * W; i++) {
        assert_near(d[i], z[i] == 0 ? 2 : 0, 0);
    }
    free(d);
    expect_text(&w, "t.csv",
                "level_m,m2,m3,depth_max_m\n"
                "0.000000,0.000000,0.000000,0.000000\n"
                "1.000000,10000.000000,10000.000000,1.000000\n"
                "2.000000,10000.000000,20000.000000,2.000000\n");
    /* the same box, full to its walls, as a depression */
    assert_ok(w.ctx, RUN(&w, "depressions", {IN, "dem", "z.tif"}, {OUT, "depth", "p.tif"},
                         {OUT, "number", "n.tif"}, {OUT, "table", "p.csv"}));
    expect_text(&w, "p.csv",
                "number,m2,m3,depth_max_m,depth_mean_m\n"
                "1,10000.000000,50000.000000,5.000000,5.000000\n");
    world_free(&w);
}

/* Low ground that the water cannot reach stays dry; without sources it floods too; corners. */
static void unconnected_ground(void **state)
{
    static const double z[] = {0, 9, 0, 0, //
                               9, 1, 9, 0, //
                               9, 9, 9, 9};
    static const double s[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const double want[3][12] = {{3, 0, 3, 3, 0, 2, 0, 3},  /* corners */
                                       {3, 0, 0, 0, 0, 0, 0, 0},  /* sides */
                                       {3, 0, 3, 3, 0, 2, 0, 3}}; /* no sources */
    world w;
    (void)state;
    world_new(&w, 4, 3);
    put_grid(&w, "z.tif", GT_CELL_F64, z);
    put_grid(&w, "s.tif", GT_CELL_F64, s);
    for (int k = 0; k < 3; k++) {
        const bound with[] = {{IN, "dem", "z.tif"},
                              {OUT, "depth", "d.tif"},
                              {WITH, "levels", "3"},
                              {WITH, "corners", k == 1 ? "no" : "yes"},
                              {k < 2 ? IN : 0, "sources", "s.tif"},
                              {0}};
        assert_ok(w.ctx, run_kernel(&w, "flood", with));
        double *d = get_grid(&w, "d.tif");
        for (int i = 0; i < 12; i++) {
            assert_near(d[i], want[k][i], 0);
        }
        free(d);
    }
    assert_fails(
        w.ctx,
        RUN(&w, "flood", {IN, "dem", "z.tif"}, {OUT, "depth", "d.tif"}, {WITH, "levels", "3, 2"}),
        GT_E_INPUT, "model.ascend");
    assert_fails(w.ctx, RUN(&w, "flood", {IN, "dem", "z.tif"}, {OUT, "depth", "d.tif"}), GT_E_USAGE,
                 "model.missing");
    world_free(&w);
}

/* Two ponds, the one over a sill of the other; small or shallow ones may be left out. */
static void ponds(void **state)
{
    static const double z[] = {9, 9, 9, 9, 9,   9, //
                               9, 1, 9, 5, 4.5, 9, //
                               9, 9, 6, 7, 5.5, 5, //
                               9, 9, 9, 9, 9,   9};
    world w;
    (void)state;
    world_new(&w, 6, 4);
    put_grid(&w, "z.tif", GT_CELL_F32, z);
    assert_ok(w.ctx, RUN(&w, "depressions", {IN, "dem", "z.tif"}, {OUT, "depth", "d.tif"},
                         {OUT, "number", "n.tif"}, {OUT, "table", "t.csv"}));
    /* the east pond spills at 5 over the edge to the east, the west one over 6 into it */
    expect_text(&w, "t.csv",
                "number,m2,m3,depth_max_m,depth_mean_m\n"
                "1,100.000000,500.000000,5.000000,5.000000\n"
                "2,100.000000,50.000000,0.500000,0.500000\n");
    double *n = get_grid(&w, "n.tif"), *d = get_grid(&w, "d.tif");
    assert_true(n[7] == 1 && n[10] == 2 && isnan(n[9]) && d[7] == 5 && d[10] == 0.5 && d[9] == 0);
    free(n);
    free(d);
    assert_ok(w.ctx, RUN(&w, "depressions", {IN, "dem", "z.tif"}, {OUT, "depth", "d.tif"},
                         {OUT, "number", "n.tif"}, {WITH, "least-depth", "1 m"}));
    n = get_grid(&w, "n.tif");
    assert_true(n[7] == 1 && isnan(n[10]));
    free(n);
    assert_ok(w.ctx, RUN(&w, "depressions", {IN, "dem", "z.tif"}, {OUT, "depth", "d.tif"},
                         {WITH, "least-area", "101 m2"}));
    d = get_grid(&w, "d.tif");
    assert_true(d[7] == 0 && d[10] == 0);
    free(d);
    /* heights of float64 that float32 rounds up are no depressions */
    put_constant(&w, "flat.tif", 7.1);
    assert_ok(w.ctx, RUN(&w, "depressions", {IN, "dem", "flat.tif"}, {OUT, "depth", "d.tif"},
                         {OUT, "table", "f.csv"}));
    expect_text(&w, "f.csv", "number,m2,m3,depth_max_m,depth_mean_m\n");
    world_free(&w);
}

/* P = 100 mm, CN = 75: S = 84.667, Q = 41.137 mm; CN 100 lets all run off; little rain none. */
static void curve_number(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "land.tif", GT_CELL_U8, (const double[]){1, 2, 1, 3});
    put_grid(&w, "rain.tif", GT_CELL_F32, (const double[]){100, 60, 16, 100});
    assert_ok(w.ctx, RUN(&w, "runoff", {IN, "land", "land.tif"}, {IN, "rain", "rain.tif"},
                         {OUT, "runoff", "q.tif"}, {WITH, "numbers", "1=75, 2=100"}));
    double *q = get_grid(&w, "q.tif");
    assert_near(q[0], 41.137, 5e-4);
    assert_near(q[1], 60, 1e-5);
    assert_near(q[2], 0, 0);
    assert_true(isnan(q[3]));
    free(q);
    assert_ok(w.ctx,
              RUN(&w, "runoff", {IN, "land", "land.tif"}, {OUT, "runoff", "q2.tif"},
                  {WITH, "numbers", "1=75"}, {WITH, "rain", "100 mm"}, {WITH, "loss", "5 %"}));
    double s = 25400.0 / 75 - 254, p = 100;
    assert_near(first_of(&w, "q2.tif"), (p - 0.05 * s) * (p - 0.05 * s) / (p + 0.95 * s), 1e-4);
    assert_fails(w.ctx,
                 RUN(&w, "runoff", {IN, "land", "land.tif"}, {OUT, "runoff", "q.tif"},
                     {WITH, "numbers", "1=75"}),
                 GT_E_USAGE, "model.neither");
    assert_fails(w.ctx,
                 RUN(&w, "runoff", {IN, "land", "land.tif"}, {OUT, "runoff", "q.tif"},
                     {WITH, "numbers", "1=0"}, {WITH, "rain", "100"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

/* Heights 10, 8, 5, 2 that drain to a stream at 2: 8, 6, 3, 0. Streams from accumulation. */
static void height_above_drainage(void **state)
{
    static const double want[] = {8, 6, 3, 0};
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "z.tif", GT_CELL_F32, (const double[]){10, 8, 5, 2});
    put_grid(&w, "d.tif", GT_CELL_U8, (const double[]){1, 1, 1, 0});
    put_grid(&w, "a.tif", GT_CELL_I32, (const double[]){1, 2, 3, 4});
    assert_ok(w.ctx,
              RUN(&w, "streams", {IN, "accumulation", "a.tif"}, {IN, "direction", "d.tif"},
                  {OUT, "streams", "s.tif"}, {OUT, "order", "o.tif"}, {WITH, "area", "400 m2"}));
    double *s = get_grid(&w, "s.tif"), *o = get_grid(&w, "o.tif");
    assert_true(isnan(s[2]) && s[3] == 1 && isnan(o[2]) && o[3] == 1);
    free(s);
    free(o);
    assert_ok(w.ctx, RUN(&w, "hand", {IN, "dem", "z.tif"}, {IN, "direction", "d.tif"},
                         {IN, "streams", "s.tif"}, {OUT, "hand", "h.tif"}));
    double *h = get_grid(&w, "h.tif");
    for (int i = 0; i < 4; i++) {
        assert_near(h[i], want[i], 0);
    }
    free(h);
    assert_fails(w.ctx,
                 RUN(&w, "streams", {IN, "accumulation", "a.tif"}, {OUT, "streams", "x.tif"},
                     {OUT, "order", "y.tif"}),
                 GT_E_USAGE, "model.missing");
    assert_int_not_equal(access(test_path(w.dir, "x.tif"), F_OK), 0);
    assert_fails(w.ctx,
                 RUN(&w, "streams", {IN, "accumulation", "a.tif"}, {OUT, "streams", "x.tif"},
                     {WITH, "area", "1 km"}),
                 GT_E_INPUT, "model.unit");
    put_grid(&w, "d.tif", GT_CELL_U8, (const double[]){1, 1, 5, 0}); /* round in a circle */
    assert_fails(w.ctx,
                 RUN(&w, "hand", {IN, "dem", "z.tif"}, {IN, "direction", "d.tif"},
                     {IN, "streams", "s.tif"}, {OUT, "hand", "x.tif"}),
                 GT_E_INPUT, "grid.direction");
    assert_int_not_equal(access(test_path(w.dir, "x.tif"), F_OK), 0);
    world_free(&w);
}

/* Volumes are the same on any number of threads, to the last figure, and with nodata on the way. */
static void threads_do_not_show(void **state)
{
    enum { W = 300, H = 200 };
    double *z = malloc(sizeof *z * W * H);
    char *first = NULL;
    test_rng rng;
    world w;
    (void)state;
    assert_non_null(z);
    world_new(&w, W, H);
    test_rng_seed(&rng, 11);
    for (int i = 0; i < W * H; i++) {
        z[i] = test_rng_real(&rng) < 0.01 ? (double)NAN : 10 * test_rng_real(&rng);
    }
    put_grid(&w, "z.tif", GT_CELL_F32, z);
    put_grid(&w, "s.tif", GT_CELL_F32, z); /* nearly all are sources */
    for (int k = 0; k < 3; k++) {
        size_t len = 0;
        gt_ctx *mine = w.ctx;
        w.ctx = test_ctx_threads(k + 1);
        assert_ok(w.ctx, RUN(&w, "depressions", {IN, "dem", "z.tif"}, {OUT, "depth", "d.tif"},
                             {OUT, "table", "d.csv"}));
        assert_ok(w.ctx, RUN(&w, "flood", {IN, "dem", "z.tif"}, {IN, "sources", "s.tif"},
                             {OUT, "depth", "f.tif"}, {OUT, "table", "f.csv"},
                             {WITH, "levels", "1.3, 4.7, 9"}));
        char *a = test_read_file(test_path(w.dir, "d.csv"), &len);
        char *b = test_read_file(test_path(w.dir, "f.csv"), &len);
        size_t all = strlen(a) + strlen(b) + 1;
        char *both = malloc(all);
        assert_non_null(both);
        (void)snprintf(both, all, "%s%s", a, b);
        if (first == NULL) {
            first = both;
            double sum = 0, *f = get_grid(&w, "f.tif");
            for (int i = 0; i < W * H; i++) {
                sum += isnan(f[i]) ? 0 : f[i] * 100;
                assert_true(isnan(f[i]) == isnan(z[i]));
            }
            const char *last = strstr(b, "\n9.000000,");
            double m2 = 0, m3 = 0;
            assert_non_null(last);
            assert_int_equal(sscanf(last, "\n9.000000,%lf,%lf", &m2, &m3), 2);
            assert_near(m3, sum, 1e-3 * sum);
            free(f);
        } else {
            assert_string_equal(first, both);
            free(both);
        }
        free(a);
        free(b);
        gt_ctx_free(w.ctx);
        w.ctx = mine;
    }
    free(first);
    free(z);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(box_of_the_card),
        cmocka_unit_test(unconnected_ground),
        cmocka_unit_test(ponds),
        cmocka_unit_test(curve_number),
        cmocka_unit_test(height_above_drainage),
        cmocka_unit_test(threads_do_not_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
