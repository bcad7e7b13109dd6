/* Terrain and least-cost distance: published values, a plain reference, GDAL, and properties:
 * threads, tiles and ceilings cannot be seen, mirrored input mirrors output. */
#include <stdio.h>

#include "grid/grids.h"
#include "guotu/grid_ops.h"

#define DEGREE 57.29577951308232

static gt_grid *like(gt_ctx *ctx, const char *path, const gt_grid *g, gt_cell type, int tile)
{
    gt_grid_spec s;
    gt_grid *out = NULL;
    gt_grid_spec_like(g, type, &s);
    s.tile = tile;
    assert_ok(ctx, gt_grid_create(ctx, path, &s, &out));
    return out;
}

static double *terrain_of(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *v,
                          gt_terrain what, int tile)
{
    gt_grid *dem = make_grid(ctx, test_path(dir, "dem.tif"), s, v);
    gt_grid *out = like(ctx, test_path(dir, "out.tif"), dem, GT_CELL_F32, tile);
    assert_ok(ctx, gt_grid_terrain(ctx, dem, what, out));
    double *got = read_all(ctx, out);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, dem);
    return got;
}

/* z = 0.3 x + 0.4 y: 26.565051 degrees towards 216.869898 everywhere. */
static void plane(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    enum { W = 40, H = 33 };
    double v[W * H];
    for (int i = 0; i < W * H; i++) {
        v[i] = 0.3 * 10 * (i % W) - 0.4 * 10 * (i / W) + 200;
    }
    static const double want[] = {26.565051, 50, 216.869898, 0, 0, 0};
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    for (int k = 0; k < 6; k++) {
        double *got = terrain_of(ctx, dir, &s, v, (gt_terrain)k, 16);
        for (int i = 0; i < W * H; i++) {
            int c = i % W, r = i / W;
            bool edge = c == 0 || r == 0 || c == W - 1 || r == H - 1;
            if (edge) {
                assert_true(isnan(got[i]));
            } else {
                assert_near(got[i], want[k], 2e-4);
            }
        }
        free(got);
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* z = -(x^2 + y^2) / 2: total curvature 2. A flat: slope 0, aspect -1. */
static void curved_and_flat(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { N = 21 };
    double v[N * N];
    gt_grid_spec s = spec_of(N, N, GT_CELL_F64);
    s.cell_x = s.cell_y = 1;
    for (int i = 0; i < N * N; i++) {
        double x = i % N - 10, y = i / N - 10;
        v[i] = -(x * x + y * y) / 2;
    }
    double *got = terrain_of(ctx, dir, &s, v, GT_TERRAIN_CURVATURE, 0);
    for (int i = 0; i < N * N; i++) {
        assert_true(isnan(got[i]) || got[i] == 2);
    }
    free(got);
    for (int i = 0; i < N * N; i++) {
        v[i] = 1234.5;
    }
    static const double want[] = {0, 0, -1, 0, 0, 0};
    for (int k = 0; k < 6; k++) {
        got = terrain_of(ctx, dir, &s, v, (gt_terrain)k, 0);
        assert_true(got[N * 5 + 5] == want[k]);
        free(got);
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* On a ridge z = -x^2 / 2 the slope bends by 1 along it and not at all across; flat on the crest.
 */
static void curvature_along_and_across(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { N = 21 };
    double v[N * N];
    gt_grid_spec s = spec_of(N, N, GT_CELL_F64);
    s.cell_x = s.cell_y = 1;
    for (int i = 0; i < N * N; i++) {
        double x = i % N - 10;
        v[i] = -x * x / 2;
    }
    double *along = terrain_of(ctx, dir, &s, v, GT_TERRAIN_PROFILE, 0);
    double *across = terrain_of(ctx, dir, &s, v, GT_TERRAIN_PLAN, 0);
    double *total = terrain_of(ctx, dir, &s, v, GT_TERRAIN_CURVATURE, 0);
    for (int i = 0; i < N * N; i++) {
        bool flat = i % N == 10;
        assert_true(isnan(along[i]) || along[i] == (flat ? 0 : 1));
        assert_true(isnan(across[i]) || across[i] == 0);
        assert_true(isnan(total[i]) || total[i] == 1);
    }
    free(along);
    free(across);
    free(total);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Smallest shapes, nodata, and a mirror. */
static void terrain_edges(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double one[7] = {1, 2, 3, 4, 5, 6, 7};
    const int64_t shapes[][2] = {{1, 1}, {7, 1}, {1, 7}};
    for (int k = 0; k < 3; k++) {
        const gt_grid_spec s = spec_of(shapes[k][0], shapes[k][1], GT_CELL_F32);
        double *got = terrain_of(ctx, dir, &s, one, GT_TERRAIN_SLOPE, 0);
        for (int64_t i = 0; i < shapes[k][0] * shapes[k][1]; i++) {
            assert_true(isnan(got[i]));
        }
        free(got);
    }
    enum { W = 50, H = 20 };
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    double *v = random_values((size_t)W * H, 8, 0, 500, 0.03), mirrored[W * H];
    for (int i = 0; i < W * H; i++) {
        mirrored[i] = v[i / W * W + W - 1 - i % W];
    }
    double *a = terrain_of(ctx, dir, &s, v, GT_TERRAIN_SLOPE, 0);
    double *b = terrain_of(ctx, dir, &s, mirrored, GT_TERRAIN_SLOPE, 32);
    for (int i = 0; i < W * H; i++) {
        double m = b[i / W * W + W - 1 - i % W];
        assert_true(isnan(a[i]) ? isnan(m) : fabs(a[i] - m) < 1e-4);
        bool hole = false;
        for (int e = 0; e < 9; e++) {
            int c = i % W + e % 3 - 1, r = i / W + e / 3 - 1;
            hole = hole || c < 0 || r < 0 || c >= W || r >= H || isnan(v[r * W + c]);
        }
        assert_true(isnan(a[i]) == hole);
    }
    free(a);
    free(b);
    free(v);
    /* degrees are no metres */
    gt_grid_spec g = spec_of(7, 1, GT_CELL_F32);
    g.crs = "EPSG:4490";
    g.x_west = 116;
    g.y_north = 40;
    g.cell_x = g.cell_y = 0.001;
    gt_grid *dem = make_grid(ctx, test_path(dir, "d.tif"), &g, one);
    gt_grid *out = like(ctx, test_path(dir, "o.tif"), dem, GT_CELL_F32, 0);
    assert_fails(ctx, gt_grid_terrain(ctx, dem, GT_TERRAIN_SLOPE, out), GT_E_INPUT,
                 "grid.not-projected");
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, dem);
    gt_terrain what = GT_TERRAIN_SLOPE;
    assert_true(gt_terrain_parse("aspect", &what) && what == GT_TERRAIN_ASPECT);
    assert_false(gt_terrain_parse("steepness", &what));
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void slope_and_aspect_as_gdal(void **state)
{
    (void)state;
    if (system("command -v gdaldem >/dev/null 2>&1") != 0) {
        test_skip("needs gdaldem");
    }
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir(), command[1024];
    enum { W = 120, H = 90 };
    double *v = random_values((size_t)W * H, 9, 100, 160, 0.02);
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    static const char *const modes[] = {"slope", "slope -p", "aspect"};
    for (int k = 0; k < 3; k++) {
        double *got = terrain_of(ctx, dir, &s, v, (gt_terrain)k, 64);
        (void)snprintf(command, sizeof command, "gdaldem %s -q '%s' '%s'", modes[k],
                       test_path(dir, "dem.tif"), test_path(dir, "gdal.tif"));
        assert_int_equal(system(command), 0);
        gt_grid *g = NULL;
        assert_ok(ctx, gt_grid_open(ctx, test_path(dir, "gdal.tif"), &g));
        double *want = read_all(ctx, g);
        for (int i = 0; i < W * H; i++) {
            bool flat = k == 2 && got[i] == -1; /* nodata there */
            assert_true(flat || isnan(got[i]) == isnan(want[i]));
            assert_true(flat || isnan(got[i]) || fabs(got[i] - want[i]) < 1e-3);
        }
        free(want);
        free(got);
        gt_grid_close(ctx, g);
    }
    free(v);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- cost --------------------------------------------------------------------------------------
 */

typedef struct costs {
    double *cost, *back;
    gt_cost_facts facts;
    gt_status st;
} costs;

static costs cost_of(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *friction,
                     const double *source, const gt_cost_options *o)
{
    costs c = {0};
    gt_grid_spec is = *s;
    is.type = GT_CELL_I32;
    gt_grid *f = make_grid(ctx, test_path(dir, "f.tif"), s, friction);
    gt_grid *q = make_grid(ctx, test_path(dir, "q.tif"), &is, source);
    gt_grid *out = like(ctx, test_path(dir, "c.tif"), f, GT_CELL_F32, 64);
    gt_grid *back = like(ctx, test_path(dir, "b.tif"), f, GT_CELL_U8, 0);
    c.st = gt_grid_cost_distance(ctx, f, q, o, out, back, &c.facts);
    if (c.st == GT_OK) {
        c.cost = read_all(ctx, out);
        c.back = read_all(ctx, back);
    }
    gt_grid_close(ctx, back);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, q);
    gt_grid_close(ctx, f);
    return c;
}

static void free_costs(costs *c)
{
    free(c->cost);
    free(c->back);
}

/* Plain Dijkstra, one linear search a step. */
static void reference(int w, int h, const double *r, const double *source, double cell, double *d)
{
    int n = w * h;
    bool *done = calloc((size_t)n, sizeof *done);
    assert_non_null(done);
    for (int i = 0; i < n; i++) {
        d[i] = source[i] > 0 && !isnan(r[i]) ? 0 : (double)INFINITY;
    }
    for (;;) {
        int best = -1;
        for (int i = 0; i < n; i++) {
            if (!done[i] && !isinf(d[i]) && (best < 0 || d[i] < d[best])) {
                best = i;
            }
        }
        if (best < 0) {
            break;
        }
        done[best] = true;
        for (int e = 0; e < 9; e++) {
            int x = best % w + e % 3 - 1, y = best / w + e / 3 - 1;
            if (x < 0 || y < 0 || x >= w || y >= h || isnan(r[y * w + x])) {
                continue;
            }
            double step = (e % 2 == 0 ? sqrt(2 * cell * cell) : cell) / 2;
            double v = d[best] + step * (r[best] + r[y * w + x]);
            d[y * w + x] = v < d[y * w + x] ? v : d[y * w + x];
        }
    }
    free(done);
}

static void known_costs(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(5, 1, GT_CELL_F32);
    const double r[] = {1, 2, 3, 4, 5}, q[] = {1, 0, 0, 0, 0}, want[] = {0, 15, 40, 75, 120};
    costs c = cost_of(ctx, dir, &s, r, q, NULL);
    assert_ok(ctx, c.st);
    for (int i = 0; i < 5; i++) {
        assert_true(c.cost[i] == want[i]);
        assert_true(c.back[i] == (i == 0 ? 0 : 5)); /* west */
    }
    assert_int_equal(c.facts.n_reached, 5);
    free_costs(&c);
    /* (3, 5) cells away over friction 1: 3 sqrt 2 + 2 */
    double ones[100], one[100] = {0};
    for (int i = 0; i < 100; i++) {
        ones[i] = 1;
    }
    one[0] = 4;
    s = spec_of(10, 10, GT_CELL_F32);
    gt_cost_options o;
    gt_cost_options_init(&o);
    o.per_cell = true;
    c = cost_of(ctx, dir, &s, ones, one, &o);
    assert_near(c.cost[5 * 10 + 3], 6.242640687, 1e-6);
    free_costs(&c);
    o.max_cost = 4;
    c = cost_of(ctx, dir, &s, ones, one, &o);
    assert_true(c.cost[4] == 4 && isnan(c.cost[5]) && isnan(c.back[5]));
    free_costs(&c);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Random friction with barriers, across several working tiles: the reference to the last bit that
 * float32 keeps, at any thread count, in memory or in a scratch file. */
static void costs_as_dijkstra(void **state)
{
    (void)state;
    enum { W = 300, H = 70 };
    char *dir = test_dir();
    double *r = random_values((size_t)W * H, 10, 1, 100, 0.25), q[W * H] = {0};
    double *want = malloc(sizeof(double) * W * H), *first = NULL;
    assert_non_null(want);
    q[3] = 1;
    q[W * 60 + 290] = 2;
    q[W * 30 + 150] = 3;
    r[W * 30 + 150] = 7;
    reference(W, H, r, q, 10, want);
    for (int k = 0; k < 4; k++) {
        gt_ctx_options o;
        gt_ctx_options_init(&o);
        o.threads = 1 + k;
        o.memory_ceiling = k < 2 ? 0 : (size_t)6 << 20;
        gt_ctx *ctx = gt_ctx_new(&o);
        gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        s.tile = k % 2 == 0 ? 16 : 512;
        costs c = cost_of(ctx, dir, &s, r, q, NULL);
        assert_ok(ctx, c.st);
        for (int i = 0; i < W * H; i++) {
            assert_true(isinf(want[i]) ? isnan(c.cost[i]) : c.cost[i] == (double)(float)want[i]);
        }
        if (first == NULL) {
            first = c.back;
            c.back = NULL;
        } else {
            assert_memory_equal(first, c.back, sizeof(double) * W * H);
        }
        free_costs(&c);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    free(first);
    free(want);
    free(r);
    test_dir_remove(dir);
}

/* Twelve working tiles, three of them in memory at once, walls, a pocket nobody reaches, a limit:
 * the same costs and links as with all in memory. */
static void costs_under_a_ceiling(void **state)
{
    (void)state;
    enum { W = 700, H = 900, N = W * H };
    char *dir = test_dir();
    double *r = random_values(N, 12, 1, 400, 0.05), *q = calloc(N, sizeof *q);
    assert_non_null(q);
    for (int i = 0; i < N; i++) {
        int x = i % W, y = i / W, a = abs(x - 350), b = abs(y - 120);
        bool wall = (y == 400 && x != 690) || (a == 20 && b <= 20) || (b == 20 && a <= 20);
        r[i] = wall ? (double)NAN : r[i];
        q[i] = i % 90001 == 5 || (y == 2 && x % 3 == 0) ? i % 7 + 1 : 0;
    }
    for (int k = 0; k < 2; k++) { /* without and with a limit */
        costs all = {0};
        gt_cost_options o;
        gt_cost_options_init(&o);
        o.max_cost = k == 0 ? 0 : 90000;
        o.scratch_dir = dir;
        for (int turn = 0; turn < 3; turn++) {
            gt_ctx_options co;
            gt_ctx_options_init(&co);
            co.threads = turn == 1 ? 1 : 2;
            co.memory_ceiling = turn == 0 ? 0 : (size_t)14 << 20;
            gt_ctx *ctx = gt_ctx_new(&co);
            const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
            costs c = cost_of(ctx, dir, &s, r, q, &o);
            assert_ok(ctx, c.st);
            if (turn == 0) {
                all = c;
                assert_true(k == 0 ? c.facts.n_reached > N / 2 : c.facts.max <= 90000);
                assert_true(isnan(c.cost[120 * W + 350]) && isnan(c.back[120 * W + 350]));
            } else {
                assert_memory_equal(all.cost, c.cost, sizeof(double) * N);
                assert_memory_equal(all.back, c.back, sizeof(double) * N);
                assert_int_equal(all.facts.n_reached, c.facts.n_reached);
                assert_true(all.facts.max == c.facts.max);
                free_costs(&c);
            }
            assert_int_equal(gt_ctx_memory_used(ctx), 0);
            gt_ctx_free(ctx);
        }
        free_costs(&all);
    }
    free(q);
    free(r);
    test_dir_remove(dir);
}

/* Under a ceiling that needs a scratch file, a folder that is none. */
static void cost_without_a_place(void **state)
{
    (void)state;
    enum { W = 1400, H = 900 };
    char *dir = test_dir();
    gt_ctx_options co;
    gt_ctx_options_init(&co);
    co.threads = 1;
    co.memory_ceiling = (size_t)8 << 20;
    gt_ctx *ctx = gt_ctx_new(&co);
    double *r = random_values((size_t)W * H, 13, 1, 90, 0), *q = calloc((size_t)W * H, sizeof *q);
    assert_non_null(q);
    for (int i = 0; i < W * H; i += 5000) {
        q[i] = 1;
    }
    gt_cost_options o;
    gt_cost_options_init(&o);
    o.scratch_dir = test_path(dir, "none");
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    costs c = cost_of(ctx, dir, &s, r, q, &o);
    assert_true(c.st != GT_OK && c.st != GT_E_MEMORY);
    assert_non_null(strstr(gt_error_place(ctx)->file, "none"));
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    free(q);
    free(r);
    gt_ctx_free(ctx);
    test_dir_remove(dir);
}

static void paths(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { N = 40 };
    double *r = random_values((size_t)N * N, 11, 1, 50, 0.2), q[N * N] = {0};
    q[N * 20 + 20] = 1;
    r[N * 20 + 20] = 1;
    const gt_grid_spec s = spec_of(N, N, GT_CELL_F32);
    costs c = cost_of(ctx, dir, &s, r, q, NULL);
    assert_ok(ctx, c.st);
    gt_grid_spec bs = s;
    bs.type = GT_CELL_U8;
    gt_grid *back = make_grid(ctx, test_path(dir, "back.tif"), &bs, c.back);
    for (int i = 0; i < N * N; i++) {
        int64_t *path = NULL;
        size_t n = 0;
        if (isnan(c.cost[i])) {
            assert_fails(ctx, gt_grid_cost_path(ctx, back, i % N, i / N, &path, &n), GT_E_INPUT,
                         "grid.no-path");
            continue;
        }
        assert_ok(ctx, gt_grid_cost_path(ctx, back, i % N, i / N, &path, &n));
        double sum = 0;
        for (size_t k = 1; k < n; k++) { /* the path costs what the grid says */
            int64_t a = path[2 * k - 2] + path[2 * k - 1] * N,
                    b = path[2 * k] + path[2 * k + 1] * N;
            bool straight = path[2 * k - 2] == path[2 * k] || path[2 * k - 1] == path[2 * k + 1];
            sum += (straight ? 10 : sqrt(200)) / 2 * (r[a] + r[b]);
        }
        assert_near(sum, c.cost[i], 1e-3);
        assert_true(path[2 * n - 2] == 20 && path[2 * n - 1] == 20);
        gt_free(ctx, path);
    }
    gt_grid_close(ctx, back);
    free_costs(&c);
    free(r);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void cost_refuses(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(3, 1, GT_CELL_F32);
    const double r[] = {1, 2, 3}, zero[] = {1, 0, 3}, minus[] = {1, 2, -3};
    const double none[] = {0, (double)NAN, 0}, q[] = {1, 0, 0};
    const double wall[] = {(double)NAN, 1, 1};
    costs c = cost_of(ctx, dir, &s, zero, q, NULL);
    assert_fails(ctx, c.st, GT_E_INPUT, "grid.friction");
    c = cost_of(ctx, dir, &s, minus, q, NULL);
    assert_fails(ctx, c.st, GT_E_INPUT, "grid.friction");
    c = cost_of(ctx, dir, &s, r, none, NULL);
    assert_fails(ctx, c.st, GT_E_INPUT, "grid.no-source");
    c = cost_of(ctx, dir, &s, wall, q, NULL); /* the only source lies on a barrier */
    assert_fails(ctx, c.st, GT_E_INPUT, "grid.no-source");
    gt_grid *f = make_grid(ctx, test_path(dir, "f.tif"), &s, r);
    s.x_west += 3;
    gt_grid *other = make_grid(ctx, test_path(dir, "o.tif"), &s, q);
    gt_grid *out = like(ctx, test_path(dir, "c.tif"), f, GT_CELL_F32, 0);
    assert_fails(ctx, gt_grid_cost_distance(ctx, f, other, NULL, out, NULL, NULL), GT_E_INPUT,
                 "grid.cells-differ");
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, other);
    gt_grid_close(ctx, f);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plane),
        cmocka_unit_test(curved_and_flat),
        cmocka_unit_test(curvature_along_and_across),
        cmocka_unit_test(terrain_edges),
        cmocka_unit_test(slope_and_aspect_as_gdal),
        cmocka_unit_test(known_costs),
        cmocka_unit_test(costs_as_dijkstra),
        cmocka_unit_test(paths),
        cmocka_unit_test(cost_refuses),
        cmocka_unit_test(costs_under_a_ceiling),
        cmocka_unit_test(cost_without_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
