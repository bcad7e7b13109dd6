/* Slope units: the roof of the card, a valley, what must hold on any relief, bad input. */
#include "grid/grids.h"
#include "grid/regions.h"
#include "guotu/grid_water.h"

static double *units_of(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *v,
                        double threshold, double least, gt_slope_unit **list,
                        gt_slope_unit_facts *facts)
{
    gt_slope_unit_options o;
    gt_grid_spec spec;
    gt_grid *out = NULL, *dem = make_grid(ctx, test_path(dir, "dem.tif"), s, v);
    gt_slope_unit_options_init(&o);
    o.threshold = threshold;
    o.min_area = least;
    gt_grid_spec_like(dem, GT_CELL_I32, &spec);
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "units.tif"), &spec, &out));
    assert_ok(ctx, gt_grid_slope_units(ctx, dem, &o, out, list, facts));
    double *units = read_all(ctx, out);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, dem);
    return units;
}

/* Two planes that meet in a ridge: exactly two units, split on the ridge. */
static void roof(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    enum { W = 40, H = 30 };
    double v[W * H];
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    for (int i = 0; i < W * H; i++) { /* the ridge lies between columns 19 and 20 */
        v[i] = 100 - 2 * fabs(i % W - 19.5);
    }
    gt_slope_unit *list = NULL;
    gt_slope_unit_facts f;
    double *u = units_of(ctx, dir, &s, v, 1e9, 45000, &list, &f);
    assert_int_equal(f.n_units, 2);
    for (int i = 0; i < W * H; i++) {
        assert_near(u[i], i % W < W / 2 ? 1 : 2, 0);
    }
    assert_int_equal(list[0].cells, W * H / 2);
    assert_int_equal(list[1].cells, W * H / 2);
    assert_near(list[0].aspect, 270, 1e-3);
    assert_near(list[1].aspect, 90, 1e-3);
    assert_near(list[0].variance, 0, 1e-9);
    assert_near(list[0].high - list[0].low, 38, 1e-6);
    assert_near(list[0].slope, (17 * atan(0.2) + atan(0.1)) / 18 * 57.29577951308232, 0.02);
    assert_near(f.within, 0, 1e-9);
    assert_near(f.between, 1, 1e-9);
    free(u);
    gt_free(ctx, list);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A valley to the south: two sides, told apart by the stream. */
static void valley(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { W = 41, H = 36 };
    double v[W * H];
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    for (int i = 0; i < W * H; i++) {
        v[i] = 3 * abs(i % W - 20) + 0.1 * (H - i / W);
    }
    gt_slope_unit_facts f;
    double *u = units_of(ctx, dir, &s, v, 1e9, 40000, NULL, &f);
    assert_int_equal(f.n_units, 2);
    assert_true(u[18 * W + 3] != u[18 * W + 37]);
    assert_near(u[18 * W + 3], u[5 * W + 15], 0);
    assert_true(f.between > 0.9);
    free(u);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static double relief_at(int i, int w)
{
    double x = i % w * 0.17, y = i / w * 0.21;
    return 60 * sin(x) * cos(y) + 25 * sin(2.3 * x + y) + 0.01 * (i % 7);
}

/* Units are joined, cover every cell once, and none with a neighbour is below the least area; the
 * same at any thread count, tile and ceiling; the finer the threshold the more units. */
static void any_relief(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 90, H = 70 };
    double v[W * H], *first = NULL;
    for (int i = 0; i < W * H; i++) {
        v[i] = i % 97 == 3 && i > 900 && i < 1300 ? (double)NAN : relief_at(i, W);
    }
    for (int k = 0; k < 3; k++) {
        gt_ctx_options o;
        gt_ctx_options_init(&o);
        o.threads = 1 + k;
        o.memory_ceiling = k == 2 ? (size_t)1200 << 10 : 0;
        gt_ctx *ctx = gt_ctx_new(&o);
        gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        s.tile = k == 1 ? 32 : 0;
        gt_slope_unit *list = NULL;
        gt_slope_unit_facts f, fine;
        double *u = units_of(ctx, dir, &s, v, 10000, 3000, &list, &f);
        uint64_t cells[W * H] = {0}, most = 0;
        for (int i = 0; i < W * H; i++) {
            assert_true(isnan(u[i]) == isnan(v[i]));
            if (!isnan(u[i])) {
                assert_true(u[i] >= 1 && u[i] <= (double)f.n_units && u[i] <= (double)most + 1);
                most = u[i] > (double)most ? (uint64_t)u[i] : most; /* numbered by rows */
                cells[(int)u[i] - 1]++;
            }
        }
        assert_true(f.n_units > 5 && most == f.n_units);
        for (size_t i = 0; i < f.n_units; i++) {
            assert_int_equal(cells[i], list[i].cells);
            assert_true(list[i].cells >= 30);
            assert_true(list[i].low <= list[i].high && list[i].slope > 0);
            assert_true(list[i].variance >= 0 && list[i].variance <= 1);
        }
        assert_true(f.within < f.between); /* alike inside, different beside */
        double *more = units_of(ctx, dir, &s, v, 3000, 0, NULL, &fine);
        assert_true(fine.n_units > f.n_units && fine.n_merged == 0);
        free(more);
        if (first == NULL) {
            first = u;
        } else {
            for (int i = 0; i < W * H; i++) {
                assert_true(same_value(first[i], u[i]));
            }
            free(u);
        }
        gt_free(ctx, list);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    free(first);
    test_dir_remove(dir);
}

/* The merging alone: by aspect, of equals by border, islands stay. */
static void merging(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    region r[5] = {{.cells = 2, .n_aspect = 2, .north = 2},            /* north, small */
                   {.cells = 9, .n_aspect = 9, .north = -9},           /* south */
                   {.cells = 8, .n_aspect = 8, .east = 4, .north = 7}, /* north by east */
                   {.cells = 1},                                       /* flat, small */
                   {.cells = 1}};                                      /* alone */
    const border b[] = {{0, 1, 90}, {0, 2, 1}, {1, 3, 4}, {2, 3, 3}};
    uint32_t root[5];
    assert_ok(ctx, regions_merge(ctx, r, 5, b, 4, 5, root));
    const uint32_t want[5] = {2, 1, 2, 1, 4};
    assert_memory_equal(root, want, sizeof want);
    assert_int_equal(r[2].cells, 10);
    assert_int_equal(r[1].cells, 10);
    assert_near(region_aspect(&r[2]), atan2(4, 9) * 57.29577951308232, 1e-9);
    assert_true(isnan(region_aspect(&r[4])) && isnan(region_variance(&r[4])));
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void odd_input(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double N = (double)NAN, none[6] = {N, N, N, N, N, N}, same[6] = {4, 4, 4, 4, 4, 4};
    const int64_t shapes[][2] = {{1, 1}, {6, 1}, {1, 6}, {3, 2}};
    gt_slope_unit_facts f;
    gt_slope_unit *list = NULL;
    for (int k = 0; k < 4; k++) {
        gt_grid_spec s = spec_of(shapes[k][0], shapes[k][1], GT_CELL_F32);
        double *u = units_of(ctx, dir, &s, none, 100, 100, &list, &f);
        assert_int_equal(f.n_units, 0);
        assert_true(isnan(u[0]));
        free(u);
        gt_free(ctx, list);
        u = units_of(ctx, dir, &s, same, 1e6, 1e6, &list, &f);
        assert_int_equal(f.n_units, 1);
        assert_true(isnan(list[0].aspect)); /* flat */
        assert_near(list[0].high - list[0].low, 0, 0);
        free(u);
        gt_free(ctx, list);
    }
    gt_grid_spec s = spec_of(3, 2, GT_CELL_I32);
    gt_grid *dem = make_grid(ctx, test_path(dir, "d.tif"), &s, same);
    gt_slope_unit_options o;
    gt_slope_unit_options_init(&o);
    assert_fails(ctx, gt_grid_slope_units(ctx, dem, &o, dem, NULL, NULL), GT_E_USAGE, "grid.walk");
    o.threshold = 100;
    o.min_area = N;
    assert_fails(ctx, gt_grid_slope_units(ctx, dem, &o, dem, NULL, NULL), GT_E_USAGE, "grid.walk");
    o.min_area = 0;
    s.cell_x = 11;
    gt_grid *other = make_grid(ctx, test_path(dir, "o.tif"), &s, same);
    assert_fails(ctx, gt_grid_slope_units(ctx, dem, &o, other, NULL, NULL), GT_E_INPUT,
                 "grid.cells-differ");
    gt_grid_close(ctx, other);
    gt_grid_close(ctx, dem);
    s = spec_of(3, 2, GT_CELL_I32);
    s.crs = "EPSG:4490";
    s.x_west = 116;
    s.y_north = 40;
    s.cell_x = s.cell_y = 0.001;
    dem = make_grid(ctx, test_path(dir, "g.tif"), &s, same);
    assert_fails(ctx, gt_grid_slope_units(ctx, dem, &o, dem, NULL, NULL), GT_E_INPUT,
                 "grid.not-projected");
    gt_grid_close(ctx, dem);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roof),    cmocka_unit_test(valley),    cmocka_unit_test(any_relief),
        cmocka_unit_test(merging), cmocka_unit_test(odd_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
