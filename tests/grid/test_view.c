/* Viewsheds: rows whose answer is known (InVEST's and GDAL's tests), symmetry, a plain reference
 * without blocks, what is refused. */
#include "grid/grids.h"
#include "guotu/grid_analysis.h"

#define NONE ((double)NAN)

static double *view_of(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *z,
                       const gt_observer *o, size_t n, const gt_view_options *options)
{
    gt_grid *dem = make_grid(ctx, test_path(dir, "z.tif"), s, z), *out = NULL;
    gt_grid_spec spec = *s;
    spec.type = GT_CELL_I32;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &spec, &out));
    assert_ok(ctx, gt_grid_viewshed(ctx, dem, o, n, options, out));
    double *got = read_all(ctx, out);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, dem);
    return got;
}

static void known_rows(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_observer first = {0, 0};
    gt_view_options o;
    gt_view_options_init(&o);
    o.observer_height = 0;
    o.max_distance = 10000;
    o.refraction = 0.1;
    gt_grid_spec s = spec_of(10, 1, GT_CELL_F32);
    s.cell_x = s.cell_y = 1000;
    const double z[] = {2, 1, 1, 2, 1, 1, 1, 1, 1, 50}, want[] = {1, 1, 1, 1, 0, 0, 0, 0, 0, 1};
    double *got = view_of(ctx, dir, &s, z, &first, 1, &o);
    for (int i = 0; i < 10; i++) {
        assert_true(got[i] == want[i]);
    }
    free(got);
    s.n_cols = 4; /* nodata hides nothing and is not seen */
    const double gap[] = {2, 2, NONE, 3};
    got = view_of(ctx, dir, &s, gap, &first, 1, &o);
    assert_true(got[0] == 1 && got[1] == 1 && isnan(got[2]) && got[3] == 1);
    free(got);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* At 10 km with k = 0.13 the earth has bent away by 6.83 m: behind a crest that stands level with
 * the eye (0.0683 m at 1 km) a tower of 6.83 m shows, one of 6.82 does not. */
static void earth_bends_away(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_observer first = {0, 0};
    gt_view_options o;
    gt_view_options_init(&o);
    o.observer_height = 0;
    o.max_distance = 10000;
    gt_grid_spec s = spec_of(11, 1, GT_CELL_F64);
    s.cell_x = s.cell_y = 1000;
    double crest = 0.87 * 1e6 / (2 * 6371000.0);
    assert_near(100 * crest, 6.83, 0.005);
    for (int k = 0; k < 2; k++) {
        const double z[] = {0,    crest, NONE, NONE, NONE,           NONE,
                            NONE, NONE,  NONE, NONE, k ? 6.83 : 6.82};
        double *got = view_of(ctx, dir, &s, z, &first, 1, &o);
        assert_near(got[10], k, 0);
        free(got);
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A pit sees its walls and no farther, a peak everything, as far as the reach. */
static void pit_and_peak(void **state)
{
    (void)state;
    enum { W = 21 };
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    double pit[W * W], peak[W * W];
    const gt_grid_spec s = spec_of(W, W, GT_CELL_F32);
    const gt_observer mid = {10, 10};
    gt_view_options o;
    gt_view_options_init(&o);
    o.max_distance = 80;
    for (int i = 0; i < W * W; i++) {
        int x = abs(i % W - 10), y = abs(i / W - 10), r = x > y ? x : y;
        pit[i] = r < 3 ? 0 : r == 3 ? 100 : 50;
        peak[i] = 200 - 10 * r;
    }
    double *a = view_of(ctx, dir, &s, pit, &mid, 1, &o),
           *b = view_of(ctx, dir, &s, peak, &mid, 1, &o);
    for (int i = 0; i < W * W; i++) {
        int x = abs(i % W - 10), y = abs(i / W - 10), r = x > y ? x : y;
        assert_true(a[i] == (r <= 3));
        assert_true(b[i] == (x * x + y * y <= 64));
    }
    free(a);
    free(b);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Mirrored relief gives the mirrored view; blocks and threads do not show; equal heights of eye and
 * target see each other both ways. */
static void mirrors(void **state)
{
    (void)state;
    enum { W = 300, H = 40, N = 5 };
    char *dir = test_dir();
    double *z = random_values((size_t)W * H, 8, 0, 60, 0.02), *m = malloc(sizeof(double) * W * H);
    assert_non_null(m);
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    s.tile = 16;
    gt_observer o[N] = {{5, 5}, {250, 20}, {262, 39}, {140, 0}, {299, 11}}, back[N];
    for (int k = 0; k < N; k++) {
        z[o[k].row * W + o[k].col] = 70;
        back[k] = (gt_observer){W - 1 - o[k].col, o[k].row};
    }
    for (int i = 0; i < W * H; i++) {
        m[i / W * W + W - 1 - i % W] = z[i];
    }
    gt_view_options v;
    gt_view_options_init(&v);
    v.observer_height = v.target_height = 2;
    v.max_distance = 600;
    gt_ctx *one = test_ctx_threads(1), *three = test_ctx_threads(3);
    double *a = view_of(one, dir, &s, z, o, N, &v), *b = view_of(three, dir, &s, m, back, N, &v);
    v.first = true;
    double *f = view_of(three, dir, &s, z, o, N, &v);
    for (int i = 0; i < W * H; i++) {
        assert_true(same_value(a[i], b[i / W * W + W - 1 - i % W]));
        assert_true(isnan(a[i]) ? isnan(f[i]) : (a[i] > 0) == (f[i] > 0));
    }
    v.first = false;
    double *from = view_of(one, dir, &s, z, &o[1], 1, &v),
           *to = view_of(one, dir, &s, z, &o[2], 1, &v);
    assert_true(from[o[2].row * W + o[2].col] == to[o[1].row * W + o[1].col]);
    free(from);
    free(to);
    free(a);
    free(b);
    free(f);
    free(z);
    free(m);
    gt_ctx_free(one);
    gt_ctx_free(three);
    test_dir_remove(dir);
}

static void refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double z[] = {1, 2, 3, 4};
    gt_grid_spec s = spec_of(2, 2, GT_CELL_F32);
    gt_grid *dem = make_grid(ctx, test_path(dir, "z.tif"), &s, z), *out = NULL;
    const gt_observer outside = {2, 0};
    gt_view_options o;
    gt_view_options_init(&o);
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &out));
    assert_fails(ctx, gt_grid_viewshed(ctx, dem, &outside, 1, &o, out), GT_E_USAGE, "grid.walk");
    o.max_distance = 10250;
    assert_fails(ctx, gt_grid_viewshed(ctx, dem, NULL, 0, &o, out), GT_E_USAGE, "grid.walk");
    o.max_distance = 0;
    assert_fails(ctx, gt_grid_viewshed(ctx, dem, NULL, 0, &o, out), GT_E_USAGE, "grid.walk");
    o.max_distance = 100; /* nobody sees nothing */
    assert_ok(ctx, gt_grid_viewshed(ctx, dem, NULL, 0, &o, out));
    gt_grid_close(ctx, dem);
    gt_grid_close(ctx, out);
    s.crs = "EPSG:4490";
    s.cell_x = s.cell_y = 0.1;
    s.x_west = 116;
    s.y_north = 40;
    dem = make_grid(ctx, test_path(dir, "g.tif"), &s, z);
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &out));
    assert_fails(ctx, gt_grid_viewshed(ctx, dem, NULL, 0, &o, out), GT_E_INPUT,
                 "grid.not-projected");
    gt_grid_close(ctx, dem);
    gt_grid_close(ctx, out);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- views --------------------------------------------------------------------------------------
 * GDAL's cases have cells of 1, the eye on the ground and a flat earth. It asks which height could
 * just be seen by the two cells before (an approximation by rings); ours draws the line of sight.
 */

static double *flat_view(gt_ctx *ctx, const char *dir, int cols, int rows, const signed char *z,
                         gt_observer eye)
{
    double heights[25];
    gt_grid_spec s = spec_of(cols, rows, GT_CELL_F32);
    gt_view_options o;
    for (int i = 0; i < cols * rows; i++) {
        heights[i] = z[i];
    }
    s.cell_x = s.cell_y = 1;
    gt_view_options_init(&o);
    o.observer_height = 0;
    o.earth_radius = 0;
    o.max_distance = 100;
    return view_of(ctx, dir, &s, heights, &eye, 1, &o);
}

/* Viewshed.dem_vs_ground: a row is seen where nothing has to stand on it to be seen. */
static void gdal_dem_vs_ground(void **state)
{
    (void)state;
    static const struct {
        signed char z[8];
        int eye;
        const char *seen;
    } rows[] = {{{0, 0, 0, 1, 0, 0, 0, 0}, 2, "11110000"},
                {{1, 1, 0, 1, 0, 1, 2, 2}, 3, "11111110"},
                {{0, 0, 0, 1, 1, 0, 0, 0}, 0, "11110000"},
                {{0, 0, 1, 2, 3, 4, 5, 6}, 0, "11111111"},
                {{0, 0, 1, 1, 3, 4, 5, 4}, 0, "11101110"}};
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        double *got = flat_view(ctx, dir, 8, 1, rows[k].z, (gt_observer){rows[k].eye, 0});
        for (int i = 0; i < 8; i++) {
            assert_near(got[i], rows[k].seen[i] - '0', 0);
        }
        free(got);
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Viewshed.all_visible and Viewshed.simple_height. */
static void gdal_simple_height(void **state)
{
    (void)state;
    static const signed char small[] = {1, 2, 3, 4, 5, 6, 3, 2, 1};
    static const signed char z[] = {-1, 0,  1, 0, -1, -1, 2, 0,  4, -1, -1, 1, 0,
                                    -1, -1, 0, 3, 0,  2,  0, -1, 0, 0,  3,  -1};
    static const signed char least_seen[] = {4,  2,  0, 4, 8, 3, 2, 0, 4, 3, 2, 1, 0,
                                             -1, -2, 4, 3, 0, 2, 1, 6, 3, 0, 2, 4};
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double *got = flat_view(ctx, dir, 3, 3, small, (gt_observer){1, 1});
    for (int i = 0; i < 9; i++) {
        assert_near(got[i], 1, 0);
    }
    free(got);
    got = flat_view(ctx, dir, 5, 5, z, (gt_observer){2, 2});
    for (int i = 0; i < 25; i++) {
        if (got[i] != (z[i] >= least_seen[i])) {
            print_error("cell %d: %g\n", i, got[i]);
        }
        assert_near(got[i], z[i] >= least_seen[i], 0);
    }
    free(got);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Viewshed.oor_left, oor_right: GDAL lets the eye stand outside the map; ours refuses. */
static void gdal_oor(void **state)
{
    (void)state;
    static const double z[] = {1, 2, 0, 4, 1, 0, 0, 2, 1, 0, 1, 0, 0, 3, 3};
    static const gt_observer eyes[] = {{6, 1}, {6, 2}, {-2, 1}, {-2, 2}};
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(5, 3, GT_CELL_F32);
    gt_grid *dem = make_grid(ctx, test_path(dir, "z.tif"), &s, z), *out = NULL;
    gt_view_options o;
    gt_view_options_init(&o);
    s.type = GT_CELL_I32;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &out));
    for (size_t k = 0; k < sizeof eyes / sizeof *eyes; k++) {
        assert_fails(ctx, gt_grid_viewshed(ctx, dem, &eyes[k], 1, &o, out), GT_E_USAGE,
                     "grid.walk");
    }
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, dem);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_rows),
        cmocka_unit_test(earth_bends_away),
        cmocka_unit_test(pit_and_peak),
        cmocka_unit_test(mirrors),
        cmocka_unit_test(refused),
        cmocka_unit_test(gdal_dem_vs_ground),
        cmocka_unit_test(gdal_simple_height),
        cmocka_unit_test(gdal_oor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
