/* Terrain kernels, tables, classes, combinations, grades by share; dirty windows; lineage. */
#include "model/grids.h"

/* z = 0.3 x + 0.4 y through the registry; relief and wetness beside it. */
static void terrain(void **state)
{
    enum { N = 24 };
    double z[N * N];
    world w;
    (void)state;
    world_new(&w, N, N);
    for (int i = 0; i < N * N; i++) {
        z[i] = 3.0 * (i % N) - 4.0 * (i / N) + 200;
    }
    put_grid(&w, "dem.tif", GT_CELL_F32, z);
    assert_ok(w.ctx, RUN(&w, "slope", {IN, "dem", "dem.tif"}, {OUT, "slope", "s.tif"}));
    assert_ok(w.ctx, RUN(&w, "slope", {IN, "dem", "dem.tif"}, {OUT, "slope", "p.tif"},
                         {WITH, "in", "percent"}));
    assert_ok(w.ctx, RUN(&w, "aspect", {IN, "dem", "dem.tif"}, {OUT, "aspect", "a.tif"}));
    assert_ok(w.ctx, RUN(&w, "curvature", {IN, "dem", "dem.tif"}, {OUT, "curvature", "c.tif"}));
    assert_ok(w.ctx, RUN(&w, "relief", {IN, "dem", "dem.tif"}, {OUT, "relief", "r.tif"},
                         {WITH, "radius", "2"}));
    static const char *const files[] = {"s.tif", "p.tif", "a.tif", "c.tif", "r.tif"};
    static const double want[] = {26.565051, 50, 216.869898, 0, 4 * 3 + 4 * 4};
    for (int k = 0; k < 5; k++) {
        double *v = get_grid(&w, files[k]);
        assert_near(v[5 * N + 7], want[k], 2e-4);
        free(v);
    }
    double *r = get_grid(&w, "r.tif");
    assert_near(r[0], 2 * 3 + 2 * 4, 1e-4); /* a corner: only the cells there are */
    free(r);
    world_free(&w);
}

/* As = 100 m, tan = 0.1: 6.9078. */
static void wetness(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "s.tif", GT_CELL_F64, (const double[]){atan(0.1) * 57.29577951308232, 0});
    put_grid(&w, "acc.tif", GT_CELL_I32, (const double[]){10, 10});
    assert_ok(w.ctx, RUN(&w, "wetness", {IN, "slope", "s.tif"}, {IN, "accumulation", "acc.tif"},
                         {OUT, "wetness", "t.tif"}));
    double *v = get_grid(&w, "t.tif");
    assert_near(v[0], 6.9078, 1e-4);
    assert_near(v[1], log(100 / 1e-3), 1e-5); /* flat: the floor */
    free(v);
    world_free(&w);
}

/* A plane that falls to the south: rows 1 .. 5 drain 1 .. 5 cells. Friction 1 .. 5: 0, 15, 40, 75,
 * 120. */
static void flow_and_cost(void **state)
{
    double z[25];
    world w;
    (void)state;
    world_new(&w, 5, 5);
    for (int i = 0; i < 25; i++) {
        z[i] = 100 - i / 5;
    }
    put_grid(&w, "dem.tif", GT_CELL_F32, z);
    assert_ok(w.ctx, RUN(&w, "flow", {IN, "dem", "dem.tif"}, {OUT, "accumulation", "acc.tif"},
                         {OUT, "direction", "d.tif"}));
    double *acc = get_grid(&w, "acc.tif");
    for (int r = 0; r < 5; r++) {
        assert_near(acc[r * 5 + 2], r + 1, 0);
    }
    free(acc);
    w.rows = 1;
    put_grid(&w, "f.tif", GT_CELL_F32, (const double[]){1, 2, 3, 4, 5});
    put_grid(&w, "src.tif", GT_CELL_U8, (const double[]){1, 0, 0, 0, 0});
    assert_ok(w.ctx, RUN(&w, "cost-distance", {IN, "friction", "f.tif"}, {IN, "sources", "src.tif"},
                         {OUT, "cost", "c.tif"}, {OUT, "back", "b.tif"}));
    static const double want[] = {0, 15, 40, 75, 120};
    double *c = get_grid(&w, "c.tif");
    for (int i = 0; i < 5; i++) {
        assert_near(c[i], want[i], 1e-4);
    }
    free(c);
    world_free(&w);
}

static void tables_and_classes(void **state)
{
    static const double codes[] = {1, 301, 5000, -3, (double)NAN, 7};
    world w;
    (void)state;
    world_new(&w, 6, 1);
    put_grid(&w, "land.tif", GT_CELL_I32, codes);
    assert_ok(w.ctx, RUN(&w, "lookup", {IN, "classes", "land.tif"}, {OUT, "values", "v.tif"},
                         {WITH, "table", "1=10,301=20,5000=30,-3=40"}));
    static const double want[] = {10, 20, 30, 40};
    double *v = get_grid(&w, "v.tif");
    for (int i = 0; i < 4; i++) {
        assert_near(v[i], want[i], 0);
    }
    assert_true(isnan(v[4]) && isnan(v[5]));
    free(v);
    assert_ok(w.ctx, RUN(&w, "lookup", {IN, "classes", "land.tif"}, {OUT, "values", "v2.tif"},
                         {WITH, "table", "1=10"}, {WITH, "otherwise", "-1"}));
    v = get_grid(&w, "v2.tif");
    assert_near(v[1], -1, 0);
    assert_true(isnan(v[4])); /* nodata is no code */
    free(v);
    put_grid(&w, "x.tif", GT_CELL_F64, (const double[]){-5, 2, 1.999, 200, (double)NAN, 25});
    assert_ok(w.ctx, RUN(&w, "classify", {IN, "values", "x.tif"}, {OUT, "classes", "c.tif"},
                         {WITH, "breaks", "2, 25"}));
    static const double class[] = {1, 2, 1, 3, 0, 3};
    v = get_grid(&w, "c.tif");
    for (int i = 0; i < 6; i++) {
        assert_true(i == 4 ? isnan(v[i]) : v[i] == class[i]);
    }
    free(v);
    assert_fails(w.ctx,
                 RUN(&w, "classify", {IN, "values", "x.tif"}, {OUT, "classes", "c.tif"},
                     {WITH, "breaks", "2, 2"}),
                 GT_E_INPUT, "model.ascend");
    assert_fails(w.ctx,
                 RUN(&w, "classify", {IN, "values", "x.tif"}, {OUT, "classes", "c.tif"},
                     {WITH, "breaks", "2, 3"}, {WITH, "classes", "1, 2"}),
                 GT_E_INPUT, "model.count");
    world_free(&w);
}

/* Windows of 3 cells over a row: a hole stays or is filled, as asked; majority of classes. */
static void windows_of_values(void **state)
{
    static const double v[] = {1, 2, (double)NAN, 5, 5};
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "v.tif", GT_CELL_F32, v);
    assert_ok(w.ctx, RUN(&w, "focal", {IN, "values", "v.tif"}, {OUT, "result", "m.tif"}));
    double *m = get_grid(&w, "m.tif");
    assert_true(m[0] == 1.5 && m[1] == 1.5 && isnan(m[2]) && m[3] == 5 && m[4] == 5);
    free(m);
    assert_ok(w.ctx,
              RUN(&w, "focal", {IN, "values", "v.tif"}, {OUT, "result", "r.tif"},
                  {WITH, "of", "range"}, {WITH, "radius", "2"}, {WITH, "keep-nodata", "no"}));
    m = get_grid(&w, "r.tif");
    assert_true(m[0] == 1 && m[1] == 4 && m[2] == 4 && m[3] == 3 && m[4] == 0);
    free(m);
    put_grid(&w, "c.tif", GT_CELL_U8, (const double[]){3, 7, 7, 3, 3});
    assert_ok(w.ctx, RUN(&w, "focal", {IN, "values", "c.tif"}, {OUT, "result", "k.tif"},
                         {WITH, "of", "majority"}, {WITH, "shape", "circle"}));
    m = get_grid(&w, "k.tif");
    assert_true(m[0] == 3 && m[1] == 7 && m[2] == 7 && m[3] == 3 && m[4] == 3);
    free(m);
    assert_fails(
        w.ctx,
        RUN(&w, "focal", {IN, "values", "v.tif"}, {OUT, "result", "x.tif"}, {WITH, "radius", "0"}),
        GT_E_INPUT, "model.range");
    assert_fails(
        w.ctx,
        RUN(&w, "focal", {IN, "values", "v.tif"}, {OUT, "result", "x.tif"}, {WITH, "of", "median"}),
        GT_E_INPUT, "model.choice");
    put_grid(&w, "half.tif", GT_CELL_F32, (const double[]){1, 1.5, 2, 2, 2});
    assert_fails(w.ctx,
                 RUN(&w, "focal", {IN, "values", "half.tif"}, {OUT, "result", "x.tif"},
                     {WITH, "of", "majority"}),
                 GT_E_INPUT, "grid.not-integer");
    world_free(&w);
}

/* A value on a bound belongs to the class above, in float32 too, where 0.7 is 0.699999988; in
 * float64 what is a hair below stays below. */
static void bounds_as_stored(void **state)
{
    static const double x[] = {0.7, 0.69999999, 0.1, 0.30000001};
    static const double want[2][4] = {{3, 3, 1, 2}, {3, 2, 1, 2}};
    world w;
    (void)state;
    world_new(&w, 4, 1);
    for (int wide = 0; wide < 2; wide++) {
        put_grid(&w, "x.tif", wide ? GT_CELL_F64 : GT_CELL_F32, x);
        assert_ok(w.ctx, RUN(&w, "classify", {IN, "values", "x.tif"}, {OUT, "classes", "c.tif"},
                             {WITH, "breaks", "0.3, 0.7"}));
        double *c = get_grid(&w, "c.tif");
        for (int i = 0; i < 4; i++) {
            assert_near(c[i], want[wide][i], 0);
        }
        free(c);
    }
    world_free(&w);
}

/* Least sum of squares within classes of sorted values, by trying every pair of cuts. */
static double least_squares(const double *v, int n, int *a, int *b)
{
    double best = INFINITY;
    for (int i = 1; i < n - 1; i++) {
        for (int j = i + 1; j < n; j++) {
            const int ends[] = {0, i, j, n};
            double all = 0;
            for (int k = 0; k < 3; k++) {
                double sum = 0, squares = 0;
                for (int m = ends[k]; m < ends[k + 1]; m++) {
                    sum += v[m];
                    squares += v[m] * v[m];
                }
                all += squares - sum * sum / (ends[k + 1] - ends[k]);
            }
            if (all < best) {
                best = all;
                *a = i;
                *b = j;
            }
        }
    }
    return best;
}

/* Classes by the spread of values: natural breaks as every pair of cuts tried, quantiles of equal
 * counts, equal intervals. */
static void spread_classes(void **state)
{
    enum { N = 18 };
    static const double v[N] = {0,   3,   4,   9,   17,  60,  64,  66,  71,
                                200, 205, 211, 213, 600, 701, 800, 900, 1023};
    world w;
    int a = 0, b = 0;
    (void)state;
    world_new(&w, N, 1);
    put_grid(&w, "v.tif", GT_CELL_F32, v);
    (void)least_squares(v, N, &a, &b);
    assert_ok(w.ctx, RUN(&w, "classify-spread", {IN, "values", "v.tif"}, {OUT, "classes", "c.tif"},
                         {WITH, "n", "3"}));
    double *c = get_grid(&w, "c.tif");
    for (int i = 0; i < N; i++) {
        assert_near(c[i], i < a ? 1 : i < b ? 2 : 3, 0);
    }
    free(c);
    assert_ok(w.ctx, RUN(&w, "classify-spread", {IN, "values", "v.tif"}, {OUT, "classes", "c.tif"},
                         {WITH, "n", "3"}, {WITH, "by", "quantile"}));
    c = get_grid(&w, "c.tif");
    for (int i = 0; i < N; i++) {
        assert_near(c[i], 1 + i / 6, 0);
    }
    free(c);
    assert_ok(w.ctx, RUN(&w, "classify-spread", {IN, "values", "v.tif"}, {OUT, "classes", "c.tif"},
                         {WITH, "n", "3"}, {WITH, "by", "equal"}));
    c = get_grid(&w, "c.tif");
    for (int i = 0; i < N; i++) {
        assert_near(c[i], v[i] < 341 ? 1 : v[i] < 682 ? 2 : 3, 0);
    }
    free(c);
    put_constant(&w, "none.tif", (double)NAN);
    assert_ok(w.ctx,
              RUN(&w, "classify-spread", {IN, "values", "none.tif"}, {OUT, "classes", "c.tif"}));
    assert_true(isnan(first_of(&w, "c.tif")));
    assert_fails(w.ctx,
                 RUN(&w, "classify-spread", {IN, "values", "v.tif"}, {OUT, "classes", "c.tif"},
                     {WITH, "n", "33"}),
                 GT_E_INPUT, "model.range");
    assert_fails(w.ctx,
                 RUN(&w, "classify-spread", {IN, "values", "v.tif"}, {OUT, "classes", "c.tif"},
                     {WITH, "by", "jenks"}),
                 GT_E_INPUT, "model.choice");
    world_free(&w);
}

/* Heavy tails, as accumulations have: the cuts fall among the many small values too. */
static void spread_of_a_heavy_tail(void **state)
{
    enum { N = 18 };
    static const double v[N] = {1, 2, 2, 3, 4, 5, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 1e6};
    world w;
    int a = 0, b = 0;
    (void)state;
    world_new(&w, N, 1);
    put_grid(&w, "v.tif", GT_CELL_F32, v);
    (void)least_squares(v, N, &a, &b);
    assert_true(a == 6 && b == 17);
    assert_ok(w.ctx, RUN(&w, "classify-spread", {IN, "values", "v.tif"}, {OUT, "classes", "c.tif"},
                         {WITH, "n", "3"}));
    double *c = get_grid(&w, "c.tif");
    for (int i = 0; i < N; i++) {
        assert_near(c[i], i < a ? 1 : i < b ? 2 : 3, 0);
    }
    free(c);
    world_free(&w);
}

static void combinations(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "a.tif", GT_CELL_U8, (const double[]){1, 3, (double)NAN, (double)NAN});
    put_grid(&w, "b.tif", GT_CELL_U8, (const double[]){2, 3, 2, (double)NAN});
#define AB {IN, "a", "a.tif"}, {IN, "b", "b.tif"}
    assert_ok(w.ctx, RUN(&w, "combine", AB, {OUT, "result", "m.tif"}, {OUT, "causes", "k.tif"},
                         {WITH, "classes", "yes"}));
    static const double most[] = {2, 3, 2}, causes[] = {2, 3, 2};
    double *m = get_grid(&w, "m.tif"), *k = get_grid(&w, "k.tif");
    for (int i = 0; i < 3; i++) {
        assert_near(m[i], most[i], 0);
        assert_near(k[i], causes[i], 0);
    }
    assert_true(isnan(m[3]) && isnan(k[3]));
    free(m);
    free(k);
    assert_ok(w.ctx, RUN(&w, "combine", AB, {OUT, "result", "s.tif"}, {WITH, "how", "sum"},
                         {WITH, "weights", "0.25, 0.5"}));
    m = get_grid(&w, "s.tif");
    assert_near(m[0], 1.25, 0);
    assert_true(isnan(m[2]));
    free(m);
    assert_ok(w.ctx, RUN(&w, "combine", AB, {OUT, "result", "f.tif"}, {WITH, "how", "first"}));
    m = get_grid(&w, "f.tif");
    assert_near(m[0], 1, 0);
    assert_near(m[2], 2, 0);
    free(m);
    assert_fails(w.ctx,
                 RUN(&w, "combine", AB, {OUT, "result", "s.tif"}, {WITH, "how", "sum"},
                     {WITH, "weights", "1"}),
                 GT_E_INPUT, "model.count");
    world_free(&w);
}

/* 50, 30, 10, 6, 4 are 3, 2, 1, 1, 1; order does not matter; nodata stays, negative cells are 1. */
static void grades_by_share(void **state)
{
    static const double v[] = {6, 50, 30, -7, 10, 4, (double)NAN, 0};
    static const double want[] = {1, 3, 2, 1, 1, 1, 0, 1};
    world w;
    (void)state;
    world_new(&w, 8, 1);
    put_grid(&w, "v.tif", GT_CELL_F32, v);
    assert_ok(w.ctx, RUN(&w, "share-grade", {IN, "values", "v.tif"}, {OUT, "grade", "g.tif"}));
    double *g = get_grid(&w, "g.tif");
    for (int i = 0; i < 8; i++) {
        assert_true(i == 6 ? isnan(g[i]) : g[i] == want[i]);
    }
    free(g);
    /* equals at the bound go up: four cells of 25, share 50 %: all of grade 3 */
    w.cols = 4;
    put_constant(&w, "e.tif", 25);
    assert_ok(w.ctx, RUN(&w, "share-grade", {IN, "values", "e.tif"}, {OUT, "grade", "g2.tif"}));
    g = get_grid(&w, "g2.tif");
    for (int i = 0; i < 4; i++) {
        assert_near(g[i], 3, 0);
    }
    free(g);
    put_constant(&w, "big.tif", 1e30);
    assert_fails(w.ctx, RUN(&w, "share-grade", {IN, "values", "big.tif"}, {OUT, "grade", "g.tif"}),
                 GT_E_LIMIT, "model.too-many-cells");
    assert_fails(w.ctx,
                 RUN(&w, "share-grade", {IN, "values", "e.tif"}, {OUT, "grade", "g.tif"},
                     {WITH, "shares", "0.8, 0.5"}),
                 GT_E_INPUT, "model.ascend");
    world_free(&w);
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Against sorting, on random values. */
static void grades_as_sorting(void **state)
{
    enum { N = 20000 };
    world w;
    (void)state;
    world_new(&w, 200, N / 200);
    double *v = malloc(N * sizeof *v), *sorted = malloc(N * sizeof *v), total = 0, sum = 0;
    test_rng rng;
    test_rng_seed(&rng, 7);
    for (int i = 0; i < N; i++) {
        v[i] = floor(4096 * test_rng_real(&rng)) / 16; /* exact in fixed point */
        sorted[i] = v[i];
        total += v[i];
    }
    qsort(sorted, N, sizeof *sorted, descending);
    double bound3 = 0, bound2 = 0;
    for (int i = 0; i < N; i++) {
        bound3 = sum < 0.5 * total ? sorted[i] : bound3;
        bound2 = sum < 0.8 * total ? sorted[i] : bound2;
        while (i + 1 < N && sorted[i + 1] == sorted[i]) {
            sum += sorted[i++];
        }
        sum += sorted[i];
    }
    put_grid(&w, "v.tif", GT_CELL_F32, v);
    assert_ok(w.ctx, RUN(&w, "share-grade", {IN, "values", "v.tif"}, {OUT, "grade", "g.tif"}));
    double *g = get_grid(&w, "g.tif");
    for (int i = 0; i < N; i++) {
        assert_near(g[i], v[i] >= bound3 ? 3 : v[i] >= bound2 ? 2 : 1, 0);
    }
    free(g);
    free(v);
    free(sorted);
    world_free(&w);
}

/* Expressions, distances, patches, catchments. */
static void operations(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    w.cell = 100;
    put_grid(&w, "a.tif", GT_CELL_F32, (const double[]){1, 2, 3, (double)NAN, 5});
    put_grid(&w, "b.tif", GT_CELL_U8, (const double[]){1, 1, 0, 1, (double)NAN});
    assert_ok(w.ctx,
              RUN(&w, "calc", {IN, "a", "a.tif"}, {IN, "c", "b.tif"}, {OUT, "result", "r.tif"},
                  {WITH, "expression", "coalesce(a, 9) * 2 + coalesce(c, 0)"}));
    static const double want[] = {3, 5, 6, 19, 10};
    double *v = get_grid(&w, "r.tif");
    for (int i = 0; i < 5; i++) {
        assert_near(v[i], want[i], 0);
    }
    free(v);
    assert_fails(w.ctx,
                 RUN(&w, "calc", {IN, "a", "a.tif"}, {OUT, "result", "r2.tif"},
                     {WITH, "expression", "a + b"}),
                 GT_E_USAGE, "grid.expression");
    assert_ok(w.ctx, RUN(&w, "distance", {IN, "sources", "b.tif"}, {OUT, "distance", "d.tif"}));
    v = get_grid(&w, "d.tif");
    assert_near(v[2], 100, 1e-4);
    assert_near(v[4], 100, 1e-4);
    free(v);
    put_constant(&w, "zero.tif", 0);
    assert_ok(w.ctx, RUN(&w, "distance", {IN, "sources", "zero.tif"}, {OUT, "distance", "d0.tif"}));
    assert_true(isnan(first_of(&w, "d0.tif"))); /* nothing is near */
    assert_ok(w.ctx, RUN(&w, "patches", {IN, "classes", "b.tif"}, {OUT, "size", "p.tif"},
                         {OUT, "number", "n.tif"}));
    static const double size[] = {2, 2, 1, 1}, number[] = {1, 1, 2, 3};
    v = get_grid(&w, "p.tif");
    double *n = get_grid(&w, "n.tif");
    for (int i = 0; i < 4; i++) {
        assert_near(v[i], size[i], 0); /* hectares: cells of 100 m */
        assert_near(n[i], number[i], 0);
    }
    assert_true(isnan(v[4]) && isnan(n[4]));
    free(v);
    free(n);
    put_grid(&w, "way.tif", GT_CELL_U8, (const double[]){1, 1, 1, 1, 0}); /* all to the east */
    put_grid(&w, "lake.tif", GT_CELL_U8,
             (const double[]){(double)NAN, (double)NAN, 7, (double)NAN, (double)NAN});
    assert_ok(w.ctx, RUN(&w, "upstream", {IN, "direction", "way.tif"}, {IN, "targets", "lake.tif"},
                         {OUT, "target", "u.tif"}));
    v = get_grid(&w, "u.tif");
    assert_near(v[0], 7, 0);
    assert_near(v[2], 7, 0);
    assert_true(isnan(v[3]));
    free(v);
    world_free(&w);
}

/* ---- dirty windows, content, lineage ------------------------------------------------------------
 */

/* Cells to the bit, and lineage; where tiles stand in the file may differ. */
static void same_files(world *w, const char *a, const char *b)
{
    double *x = get_grid(w, a), *y = get_grid(w, b);
    gt_grid *g = NULL, *h = NULL;
    assert_memory_equal(x, y, (size_t)(w->cols * w->rows) * sizeof *x);
    assert_ok(w->ctx, gt_grid_open(w->ctx, test_path(w->dir, a), &g));
    assert_ok(w->ctx, gt_grid_open(w->ctx, test_path(w->dir, b), &h));
    assert_int_equal(gt_grid_facts(g)->type, gt_grid_facts(h)->type);
    assert_string_equal(gt_grid_item_value(g, GT_LINEAGE_ITEM),
                        gt_grid_item_value(h, GT_LINEAGE_ITEM));
    gt_grid_close(w->ctx, g);
    gt_grid_close(w->ctx, h);
    free(x);
    free(y);
}

static double *random_classes(world *w, uint64_t seed)
{
    size_t n = (size_t)(w->cols * w->rows);
    double *v = malloc(n * sizeof *v);
    test_rng rng;
    test_rng_seed(&rng, seed);
    for (size_t i = 0; i < n; i++) {
        v[i] = 1 + floor(3 * test_rng_real(&rng));
    }
    return v;
}

/* An edit within one block: what is computed for the block alone is the full run, to the bit. */
static void a_dirty_window_equals_a_full_run(void **state)
{
    static const bound args[] = {{IN, "classes", "land.tif"},
                                 {OUT, "values", "v.tif"},
                                 {WITH, "table", "1=0.1,2=0.2,3=0.3,9=0.9"},
                                 {0}};
    world w;
    (void)state;
    world_new(&w, 700, 600);
    double *land = random_classes(&w, 3);
    put_grid(&w, "land.tif", GT_CELL_U8, land);
    assert_ok(w.ctx, run_kernel(&w, "lookup", args));
    land[550 * 700 + 600] = 9;
    put_grid(&w, "land.tif", GT_CELL_U8, land);
    gt_model_call *call = NULL;
    const gt_window dirty = {512, 512, 188, 88};
    assert_ok(w.ctx, call_of(&w, "lookup", args, &call));
    assert_ok(w.ctx, gt_model_set_dirty(w.ctx, call, &dirty, 1));
    assert_ok(w.ctx, gt_model_run(w.ctx, call));
    gt_model_call_free(call);
    assert_ok(w.ctx, RUN(&w, "lookup", {IN, "classes", "land.tif"}, {OUT, "values", "full.tif"},
                         {WITH, "table", "1=0.1,2=0.2,3=0.3,9=0.9"}));
    same_files(&w, "v.tif", "full.tif");
    double *v = get_grid(&w, "v.tif");
    assert_near(v[550 * 700 + 600], 0.9, 1e-6);
    free(v);
    free(land);
    world_free(&w);
}

/* Content does not depend on packing or tiles; one cell changes one block. */
static void prints_follow_cells(void **state)
{
    world w;
    (void)state;
    world_new(&w, 700, 600);
    double *land = random_classes(&w, 5);
    put_grid(&w, "a.tif", GT_CELL_U8, land);
    land[10] = (double)NAN;
    put_grid(&w, "b.tif", GT_CELL_U8, land);
    gt_grid_print *a = NULL, *b = NULL;
    gt_grid *g = NULL;
    assert_ok(w.ctx, gt_grid_open(w.ctx, test_path(w.dir, "a.tif"), &g));
    assert_ok(w.ctx, gt_grid_print_new(w.ctx, g, &a));
    gt_grid_close(w.ctx, g);
    assert_ok(w.ctx, gt_grid_open(w.ctx, test_path(w.dir, "b.tif"), &g));
    assert_ok(w.ctx, gt_grid_print_new(w.ctx, g, &b));
    gt_grid_close(w.ctx, g);
    assert_int_equal(a->across, 2);
    assert_int_equal(a->down, 2);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(memcmp(a->blocks[i], b->blocks[i], GT_PRINT_BYTES) != 0, i == 0);
    }
    assert_memory_not_equal(a->digest, b->digest, GT_HASH_BYTES);
    gt_grid_print_free(w.ctx, a);
    gt_grid_print_free(w.ctx, b);
    free(land);
    world_free(&w);
}

static void results_hold_their_lineage(void **state)
{
    world w;
    gt_grid *g = NULL;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "x.tif", GT_CELL_F32, (const double[]){1, 2});
    assert_ok(w.ctx, RUN(&w, "classify", {IN, "values", "x.tif"}, {OUT, "classes", "c.tif"},
                         {WITH, "breaks", "2"}));
    assert_ok(w.ctx, gt_grid_open(w.ctx, test_path(w.dir, "c.tif"), &g));
    const char *json = gt_grid_item_value(g, GT_LINEAGE_ITEM);
    assert_non_null(json);
    assert_non_null(strstr(json,
                           "{\"model\":\"classify\",\"version\":2,\"in\":{\"values\":{\"file\":"
                           "\"x.tif\",\"blake2b\":\""));
    assert_non_null(strstr(json, "\"with\":{\"breaks\":\"2\"}}"));
    gt_grid_close(w.ctx, g);
    world_free(&w);
}

/* Nodata everywhere, one cell, one row: no kernel that takes one grid fails. */
static void poor_grids(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_grid(&w, "x.tif", GT_CELL_F32, (const double[]){(double)NAN});
    assert_ok(w.ctx, RUN(&w, "slope", {IN, "dem", "x.tif"}, {OUT, "slope", "s.tif"}));
    assert_ok(w.ctx, RUN(&w, "relief", {IN, "dem", "x.tif"}, {OUT, "relief", "r.tif"}));
    assert_ok(w.ctx, RUN(&w, "share-grade", {IN, "values", "x.tif"}, {OUT, "grade", "g.tif"}));
    assert_ok(w.ctx, RUN(&w, "lookup", {IN, "classes", "x.tif"}, {OUT, "values", "l.tif"},
                         {WITH, "table", "1=1"}));
    static const char *const files[] = {"s.tif", "r.tif", "g.tif", "l.tif"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(isnan(first_of(&w, files[i])));
    }
    put_grid(&w, "h.tif", GT_CELL_F32, (const double[]){1.5});
    assert_fails(
        w.ctx,
        RUN(&w, "relief", {IN, "dem", "h.tif"}, {OUT, "relief", "r.tif"}, {WITH, "radius", "0"}),
        GT_E_INPUT, "model.range");
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terrain),
        cmocka_unit_test(wetness),
        cmocka_unit_test(flow_and_cost),
        cmocka_unit_test(tables_and_classes),
        cmocka_unit_test(windows_of_values),
        cmocka_unit_test(bounds_as_stored),
        cmocka_unit_test(spread_classes),
        cmocka_unit_test(spread_of_a_heavy_tail),
        cmocka_unit_test(combinations),
        cmocka_unit_test(grades_by_share),
        cmocka_unit_test(grades_as_sorting),
        cmocka_unit_test(operations),
        cmocka_unit_test(a_dirty_window_equals_a_full_run),
        cmocka_unit_test(prints_follow_cells),
        cmocka_unit_test(results_hold_their_lineage),
        cmocka_unit_test(poor_grids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
