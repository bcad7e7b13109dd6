/* Along directions tile by tile: watersheds, heights above streams and Strahler orders are those of
 * a plain count of the whole grid, whatever the tiles and threads, and mirror with the input. */
#include <math.h>
#include <stdlib.h>

#include "grid/ways.h"
#include "grids.h"
#include "guotu/grid_analysis.h"

#define NONE ((double)NAN)

static const int DX[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, DY[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
static const int SIDES[] = {1, 2, 3, 7, 16, 33, 512};

typedef struct field { /* a grid in plain memory */
    int w, h;
    double *dir, *target;
} field;

static gt_grid *scratch(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, gt_cell type)
{
    gt_grid_spec spec = *s;
    gt_grid *g = NULL;
    spec.type = type;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &spec, &g));
    return g;
}

/* The next cell of the way, or -1 off the map. */
static int next_of(const field *f, int i)
{
    int d = (int)f->dir[i], x = i % f->w + DX[d], y = i / f->w + DY[d];
    return d == 0 || x < 0 || y < 0 || x >= f->w || y >= f->h ? -1 : y * f->w + x;
}

/* ---- the whole at once --------------------------------------------------------------------------
 */

static double *plain_downstream(const field *f)
{
    size_t n = (size_t)f->w * (size_t)f->h;
    double *out = malloc(n * sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        int c = (int)i;
        while (c >= 0 && !isnan(f->dir[c]) && isnan(f->target[c])) {
            c = next_of(f, c);
        }
        out[i] = c < 0 ? NONE : f->target[c];
    }
    return out;
}

static bool stream_at(const field *f, int i)
{
    return i >= 0 && !isnan(f->dir[i]) && !isnan(f->target[i]) && f->target[i] != 0;
}

/* Again and again over all cells until nothing changes. */
static double *plain_orders(const field *f)
{
    int n = f->w * f->h;
    double *out = malloc((size_t)n * sizeof *out);
    bool more = true;
    assert_non_null(out);
    for (int i = 0; i < n; i++) {
        out[i] = stream_at(f, i) ? 0 : NONE;
    }
    while (more) {
        more = false;
        for (int i = 0; i < n; i++) {
            int most = 0, times = 0, open = 0;
            for (int e = 1; out[i] == 0 && e <= 8; e++) {
                int x = i % f->w + DX[e], y = i / f->w + DY[e];
                int from = x < 0 || y < 0 || x >= f->w || y >= f->h ? -1 : y * f->w + x;
                if (!stream_at(f, from) || next_of(f, from) != i) {
                    continue;
                }
                int order = (int)out[from];
                open += order == 0;
                times = order > most ? 1 : times + (order == most);
                most = order > most ? order : most;
            }
            if (out[i] == 0 && open == 0) {
                out[i] = most == 0 ? 1 : most + (times >= 2);
                more = true;
            }
        }
    }
    return out;
}

/* ---- the room's -------------------------------------------------------------------------------
 */

typedef gt_status (*way_fn)(gt_ctx *ctx, gt_grid *direction, gt_grid *targets, int64_t side,
                            gt_grid *out);

/* `run` on the field with tiles of every side and 1 and 3 threads equals `want`. */
static void same_in_tiles(const field *f, gt_cell type, way_fn run, const double *want)
{
    char *dir = test_dir();
    for (int threads = 1; threads <= 3; threads += 2) {
        gt_ctx *ctx = test_ctx_threads(threads);
        gt_grid_spec s = spec_of(f->w, f->h, type);
        s.tile = 16;
        gt_grid *targets = make_grid(ctx, test_path(dir, "t.tif"), &s, f->target);
        s.type = GT_CELL_U8;
        gt_grid *way = make_grid(ctx, test_path(dir, "d.tif"), &s, f->dir);
        for (size_t k = 0; k < sizeof SIDES / sizeof *SIDES; k++) {
            gt_grid *out = scratch(ctx, dir, &s, type);
            assert_ok(ctx, run(ctx, way, targets, SIDES[k], out));
            double *got = read_all(ctx, out);
            for (int i = 0; i < f->w * f->h; i++) {
                if (!same_value(got[i], want[i])) {
                    fail_msg("side %d, %d threads: column %d, row %d is %g, not %g", SIDES[k],
                             threads, i % f->w, i / f->w, got[i], want[i]);
                }
            }
            free(got);
            gt_grid_close(ctx, out);
        }
        gt_grid_close(ctx, way);
        gt_grid_close(ctx, targets);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    test_dir_remove(dir);
}

/* Directions of the water on random heights with flats and holes. */
static field field_of(int w, int h, uint64_t seed, double relief, double holes)
{
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_grid_spec s = spec_of(w, h, GT_CELL_F32);
    double *z = random_values((size_t)w * (size_t)h, seed, 0, relief, holes);
    gt_grid *dem = make_grid(ctx, test_path(dir, "z.tif"), &s, z);
    gt_grid *way = scratch(ctx, dir, &s, GT_CELL_U8), *sum = scratch(ctx, dir, &s, GT_CELL_I32);
    assert_ok(ctx, gt_grid_flow(ctx, dem, NULL, NULL, way, sum, NULL));
    field f = {w, h, read_all(ctx, way), calloc((size_t)w * (size_t)h, sizeof(double))};
    assert_non_null(f.target);
    gt_grid_close(ctx, dem);
    gt_grid_close(ctx, way);
    gt_grid_close(ctx, sum);
    gt_ctx_free(ctx);
    test_dir_remove(dir);
    free(z);
    return f;
}

static void free_field(const field *f)
{
    free(f->dir);
    free(f->target);
}

static field mirrored(const field *f)
{
    static const int east_west[9] = {0, 5, 4, 3, 2, 1, 8, 7, 6};
    size_t n = (size_t)f->w * (size_t)f->h;
    field m = {f->w, f->h, malloc(n * sizeof(double)), malloc(n * sizeof(double))};
    assert_non_null(m.dir);
    assert_non_null(m.target);
    for (int i = 0; i < f->w * f->h; i++) {
        int j = i / f->w * f->w + f->w - 1 - i % f->w;
        m.dir[j] = isnan(f->dir[i]) ? NONE : east_west[(int)f->dir[i]];
        m.target[j] = f->target[i];
    }
    return m;
}

/* Both kernels on the field and its mirror image; the mirror's results are mirrored. */
static void both_kernels(const field *f, gt_cell type)
{
    const field m = mirrored(f);
    double *down = plain_downstream(f), *order = plain_orders(f);
    double *down_m = plain_downstream(&m), *order_m = plain_orders(&m);
    for (int i = 0; i < f->w * f->h; i++) {
        int j = i / f->w * f->w + f->w - 1 - i % f->w;
        assert_true(same_value(down[i], down_m[j]) && same_value(order[i], order_m[j]));
    }
    same_in_tiles(f, type, way_downstream, down);
    same_in_tiles(&m, type, way_downstream, down_m);
    same_in_tiles(f, GT_CELL_I32, way_stream_order, order);
    same_in_tiles(&m, GT_CELL_I32, way_stream_order, order_m);
    free(down);
    free(order);
    free(down_m);
    free(order_m);
    free_field(&m);
}

static void few_targets(void **state)
{
    (void)state;
    field f = field_of(71, 64, 5, 300, 0.03);
    for (int i = 0; i < f.w * f.h; i++) { /* also on cells without a direction */
        f.target[i] = i % 37 == 0 ? i : NONE;
    }
    both_kernels(&f, GT_CELL_I32);
    free_field(&f);
}

/* Every cell a stream: the graph between tiles is as large as it can be. */
static void all_streams(void **state)
{
    (void)state;
    field f = field_of(67, 50, 6, 40, 0.01);
    for (int i = 0; i < f.w * f.h; i++) {
        f.target[i] = 1;
    }
    double *order = plain_orders(&f);
    double most = 0;
    for (int i = 0; i < f.w * f.h; i++) {
        most = fmax(most, isnan(order[i]) ? 0 : order[i]);
    }
    assert_true(most >= 4); /* else little was tested */
    free(order);
    both_kernels(&f, GT_CELL_F32);
    free_field(&f);
}

/* Streams with gaps: an order ends where the next cell is none. */
static void broken_streams(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        field f = field_of(40 + (int)seed, 45, seed, 2000, 0.02);
        test_rng rng;
        test_rng_seed(&rng, seed * 7);
        for (int i = 0; i < f.w * f.h; i++) {
            double u = test_rng_real(&rng);
            f.target[i] = u < 0.05 ? NONE : u < 0.1 ? 0 : 1 + floor(100 * u);
        }
        double *order = plain_orders(&f);
        same_in_tiles(&f, GT_CELL_I32, way_stream_order, order);
        free(order);
        free_field(&f);
    }
}

/* Trees drawn at random over the whole grid: ways wind over the borders of tiles many times, and
 * are met by others on both sides. */
static void winding_ways(void **state)
{
    (void)state;
    enum { W = 48, H = 48 };
    for (uint64_t seed = 1; seed <= 6; seed++) {
        field f = {W, H, malloc(sizeof(double) * W * H), malloc(sizeof(double) * W * H)};
        int list[W * H], n = 0;
        test_rng rng;
        test_rng_seed(&rng, seed);
        assert_non_null(f.dir);
        assert_non_null(f.target);
        for (int i = 0; i < W * H; i++) {
            f.dir[i] = NONE;
            f.target[i] = 1 + i % 5;
        }
        int root = (int)(test_rng_real(&rng) * W);
        f.dir[root] = seed % 2 == 0 ? 0 : 3; /* ends there, or leads over the edge */
        list[n++] = root;
        for (int tries = 0; tries < 400000; tries++) {
            /* from one of the last cells mostly: long ways */
            double u = test_rng_real(&rng);
            int from = list[(int)(n * (seed % 3 == 0 ? u : 1 - u * u * u * 0.999)) % n];
            int e = 1 + (int)(test_rng_real(&rng) * 8) % 8;
            int x = from % W - DX[e], y = from / W - DY[e];
            if (x >= 0 && y >= 0 && x < W && y < H && isnan(f.dir[y * W + x])) {
                f.dir[y * W + x] = e;
                list[n++] = y * W + x;
            }
        }
        assert_true(n > W * H / 2);
        double *order = plain_orders(&f);
        same_in_tiles(&f, GT_CELL_I32, way_stream_order, order);
        for (int i = 0; i < W * H; i++) {
            f.target[i] = i == root || i % 301 == 0 ? i : NONE;
        }
        double *down = plain_downstream(&f);
        same_in_tiles(&f, GT_CELL_I32, way_downstream, down);
        free(down);
        free(order);
        free_field(&f);
    }
}

/* ---- small and bad ------------------------------------------------------------------------------
 */

static void smallest(void **state)
{
    (void)state;
    const int sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {2, 7}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        field f = field_of(sizes[k][0], sizes[k][1], 3 + k, 9, 0.2);
        for (int i = 0; i < f.w * f.h; i++) {
            f.target[i] = i % 3 == 0 ? 7 : NONE;
        }
        both_kernels(&f, GT_CELL_I32);
        free_field(&f);
    }
    field f = {3, 3, malloc(9 * sizeof(double)), malloc(9 * sizeof(double))};
    assert_non_null(f.dir);
    assert_non_null(f.target);
    for (int i = 0; i < 9; i++) { /* all nodata */
        f.dir[i] = f.target[i] = NONE;
    }
    both_kernels(&f, GT_CELL_I32);
    free_field(&f);
}

/* Circles inside a tile, over two tiles and over four, with and without border cells between. */
static void circles(void **state)
{
    (void)state;
    enum { W = 12, H = 12 };
    const int corner[][3] = {{0, 0, 1}, {3, 3, 2}, {5, 5, 1}, {1, 1, 9}, {2, 6, 5}};
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    const gt_grid_spec s = spec_of(W, H, GT_CELL_U8);
    for (size_t k = 0; k < sizeof corner / sizeof *corner; k++) {
        double d[W * H], none[W * H], one[W * H];
        int x0 = corner[k][0], y0 = corner[k][1], side = corner[k][2];
        for (int i = 0; i < W * H; i++) {
            d[i] = 0;
            none[i] = NONE;
            one[i] = 1;
        }
        for (int i = 0; i < side; i++) {
            d[y0 * W + x0 + i] = 1;
            d[(y0 + i) * W + x0 + side] = 7;
            d[(y0 + side) * W + x0 + side - i] = 5;
            d[(y0 + side - i) * W + x0] = 3;
        }
        gt_grid *way = make_grid(ctx, test_path(dir, "d.tif"), &s, d),
                *off = make_grid(ctx, test_path(dir, "n.tif"), &s, none),
                *on = make_grid(ctx, test_path(dir, "o.tif"), &s, one);
        gt_grid *out = scratch(ctx, dir, &s, GT_CELL_I32);
        for (size_t t = 0; t < sizeof SIDES / sizeof *SIDES; t++) {
            assert_fails(ctx, way_downstream(ctx, way, off, SIDES[t], out), GT_E_INPUT,
                         "grid.direction");
            assert_fails(ctx, way_stream_order(ctx, way, on, SIDES[t], out), GT_E_INPUT,
                         "grid.direction");
            /* ways that end at once never meet it */
            assert_ok(ctx, way_downstream(ctx, way, on, SIDES[t], out));
            assert_ok(ctx, way_stream_order(ctx, way, off, SIDES[t], out));
        }
        gt_grid_close(ctx, out);
        gt_grid_close(ctx, on);
        gt_grid_close(ctx, off);
        gt_grid_close(ctx, way);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* What is no direction, grids that do not lie on each other, a ceiling that is too low. */
static void bad_input(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_grid_spec s = spec_of(6, 2, GT_CELL_I16), other = spec_of(5, 2, GT_CELL_I16);
    const double codes[][12] = {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9},
                                {1, 1, 1, -1, 1, 1, 1, 1, 1, 1, 1, 1},
                                {1, 1, 1, 1, 1, 1, 1, 1, 255, 1, 1, 1}};
    const double one[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    gt_grid *on = make_grid(ctx, test_path(dir, "o.tif"), &s, one),
            *off = make_grid(ctx, test_path(dir, "s.tif"), &other, one);
    gt_grid *out = scratch(ctx, dir, &s, GT_CELL_I32);
    for (size_t k = 0; k < 3; k++) {
        gt_grid *way = make_grid(ctx, test_path(dir, "d.tif"), &s, codes[k]);
        assert_fails(ctx, way_downstream(ctx, way, on, 2, out), GT_E_INPUT, "grid.direction");
        assert_fails(ctx, way_stream_order(ctx, way, on, 2, out), GT_E_INPUT, "grid.direction");
        assert_fails(ctx, way_downstream(ctx, way, off, 2, out), GT_E_INPUT, "grid.extent-differs");
        gt_grid_close(ctx, way);
    }
    /* a fraction is no direction either */
    gt_grid_spec real = s;
    real.type = GT_CELL_F32;
    double half[12];
    memcpy(half, one, sizeof half);
    half[7] = 1.5;
    gt_grid *way = make_grid(ctx, test_path(dir, "h.tif"), &real, half);
    assert_fails(ctx, way_downstream(ctx, way, on, 0, out), GT_E_INPUT, "grid.not-integer");
    gt_grid_close(ctx, way);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, off);
    gt_grid_close(ctx, on);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A ceiling far below 5 bytes a cell is enough, and the process stays below it. */
static void under_a_ceiling(void **state)
{
    (void)state;
    enum { W = 1500, H = 1200 };
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = 2 << 20;
    o.threads = 2;
    gt_ctx *wide = test_ctx_threads(2), *tight = gt_ctx_new(&o);
    char *dir = test_dir();
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    double *z = random_values((size_t)W * H, 12, 0, 900, 0.01);
    gt_grid *dem = make_grid(wide, test_path(dir, "z.tif"), &s, z);
    gt_grid *way = scratch(wide, dir, &s, GT_CELL_U8), *sum = scratch(wide, dir, &s, GT_CELL_I32);
    gt_grid *a = scratch(wide, dir, &s, GT_CELL_I32), *b = scratch(wide, dir, &s, GT_CELL_I32);
    assert_ok(wide, gt_grid_flow(wide, dem, NULL, NULL, way, sum, NULL));
    for (int kernel = 0; kernel < 2; kernel++) {
        way_fn run = kernel == 0 ? way_downstream : way_stream_order;
        assert_ok(wide, run(wide, way, sum, 0, a));
        assert_ok(tight, run(tight, way, sum, 0, b));
        double *x = read_all(wide, a), *y = read_all(wide, b);
        for (size_t i = 0; i < (size_t)W * H; i++) {
            assert_true(same_value(x[i], y[i]));
        }
        free(x);
        free(y);
    }
    free(z);
    gt_grid_close(wide, a);
    gt_grid_close(wide, b);
    gt_grid_close(wide, sum);
    gt_grid_close(wide, way);
    gt_grid_close(wide, dem);
    gt_ctx_free(tight);
    gt_ctx_free(wide);
    test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_targets),    cmocka_unit_test(all_streams),
        cmocka_unit_test(broken_streams), cmocka_unit_test(winding_ways),
        cmocka_unit_test(smallest),       cmocka_unit_test(circles),
        cmocka_unit_test(bad_input),      cmocka_unit_test(under_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
