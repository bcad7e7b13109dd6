/* The walker: the same bytes at any number of threads, size of tiles, size of blocks and ceiling.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/grid.h"
#include "support/support.h"

enum { COLS = 310, ROWS = 205, RADIUS = 2 };

static double height(int64_t col, int64_t row)
{
    uint64_t h = (uint64_t)(col * 73856093) ^ (uint64_t)(row * 19349663);
    h = (h ^ (h >> 13)) * 0x9E3779B97F4A7C15ULL;
    return h % 23 == 0 ? (double)NAN : (double)(h >> 40) / 1024.0;
}

/* Mean over 5 x 5 cells, counted in a fixed order; nodata left out. */
static gt_status mean(gt_ctx *ctx, void *user, const gt_block *b)
{
    (void)ctx, (void)user;
    const float *in = b->in[0].cells;
    float *out = b->out[0].cells;
    for (int r = 0; r < b->n_rows; r++) {
        for (int c = 0; c < b->n_cols; c++) {
            double sum = 0;
            int n = 0;
            for (int dr = -RADIUS; dr <= RADIUS; dr++) {
                for (int dc = -RADIUS; dc <= RADIUS; dc++) {
                    float v = in[(ptrdiff_t)(r + dr) * (ptrdiff_t)b->in[0].stride + c + dc];
                    sum += isnan(v) ? 0 : (double)v;
                    n += !isnan(v);
                }
            }
            out[(size_t)r * b->out[0].stride + (size_t)c] = n == 0 ? NAN : (float)(sum / n);
        }
    }
    return GT_OK;
}

static gt_grid_spec spec_of(int tile, gt_grid_packing packing)
{
    gt_grid_spec s;
    gt_grid_spec_init(&s);
    s.n_cols = COLS;
    s.n_rows = ROWS;
    s.cell_x = s.cell_y = 30;
    s.crs = "EPSG:4548";
    s.tile = tile;
    s.packing = packing;
    return s;
}

static gt_grid *heights(gt_ctx *ctx, const char *path, const gt_grid_spec *s)
{
    gt_grid *g = NULL;
    float *cells = calloc(COLS * ROWS, sizeof *cells);
    const gt_window all = {0, 0, COLS, ROWS};
    for (int64_t i = 0; i < COLS * ROWS; i++) {
        cells[i] = (float)height(i % COLS, i / COLS);
    }
    assert_ok(ctx, gt_grid_create(ctx, path, s, &g));
    assert_ok(ctx, gt_grid_write(ctx, g, &all, GT_CELL_F32, cells, COLS));
    assert_ok(ctx, gt_grid_finish(ctx, g));
    gt_grid_close(ctx, g);
    free(cells);
    assert_ok(ctx, gt_grid_open(ctx, path, &g));
    return g;
}

/* The mean of the whole grid as one array; freed by the caller. */
static float *run(int threads, int tile, gt_grid_packing packing, int block, size_t ceiling,
                  const gt_window *only)
{
    gt_ctx_options o;
    char *dir = test_dir();
    gt_ctx_options_init(&o);
    o.threads = threads;
    o.memory_ceiling = ceiling;
    gt_ctx *ctx = gt_ctx_new(&o);
    gt_grid_spec s = spec_of(tile, packing);
    gt_grid *in = heights(ctx, test_path(dir, "in.tif"), &s), *out = NULL;
    s.packing = GT_GRID_PLAIN;
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "out.tif"), &s, &out));
    const gt_walk_input input = {in, GT_CELL_F32, RADIUS};
    const gt_walk_output output = {out, GT_CELL_F32};
    gt_walk w;
    gt_walk_plan plan;
    gt_walk_init(&w);
    w.in = &input;
    w.n_in = 1;
    w.out = &output;
    w.n_out = 1;
    w.block_cols = w.block_rows = block;
    w.only = only;
    assert_ok(ctx, gt_walk_law(ctx, &w, &plan));
    assert_true(ceiling == 0 || plan.bytes <= ceiling);
    assert_ok(ctx, gt_grid_walk(ctx, &w, mean, NULL));
    float *cells = malloc(sizeof *cells * COLS * ROWS);
    const gt_window all = {0, 0, COLS, ROWS};
    assert_ok(ctx, gt_grid_read(ctx, out, &all, GT_CELL_F32, cells, COLS));
    gt_grid_close(ctx, in);
    gt_grid_close(ctx, out);
    gt_ctx_free(ctx);
    test_dir_remove(dir);
    return cells;
}

static void whole_equals_tiled_at_any_thread_count(void **state)
{
    (void)state;
    static const struct {
        int threads, tile;
        gt_grid_packing packing;
        int block;
        size_t ceiling;
    } ways[] = {{1, 512, GT_GRID_PLAIN, 0, 0},     {2, 512, GT_GRID_PLAIN, 0, 0},
                {4, 16, GT_GRID_PLAIN, 0, 0},      {3, 64, GT_GRID_ZSTD, 0, 0},
                {2, 48, GT_GRID_DEFLATE, 0, 0},    {4, 64, GT_GRID_PLAIN, 37, 0},
                {2, 32, GT_GRID_ZSTD, 1, 0},       {1, 32, GT_GRID_PLAIN, 64, 400000},
                {4, 64, GT_GRID_PLAIN, 0, 350000}, {8, 128, GT_GRID_PLAIN, 0, 900000}};
    float *first = run(1, 512, GT_GRID_PLAIN, 1000, 0, NULL);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        float *other = run(ways[i].threads, ways[i].tile, ways[i].packing, ways[i].block,
                           ways[i].ceiling, NULL);
        assert_memory_equal(first, other, sizeof *first * COLS * ROWS);
        free(other);
    }
    free(first);
}

/* A plain loop over the formula, borders included. */
static void equals_the_plain_loop(void **state)
{
    (void)state;
    float *got = run(2, 64, GT_GRID_PLAIN, 0, 0, NULL);
    for (int64_t r = 0; r < ROWS; r++) {
        for (int64_t c = 0; c < COLS; c++) {
            double sum = 0;
            int n = 0;
            for (int64_t y = r - RADIUS; y <= r + RADIUS; y++) {
                for (int64_t x = c - RADIUS; x <= c + RADIUS; x++) {
                    bool inside = x >= 0 && y >= 0 && x < COLS && y < ROWS;
                    float v = inside ? (float)height(x, y) : NAN;
                    sum += isnan(v) ? 0 : (double)v;
                    n += !isnan(v);
                }
            }
            float want = n == 0 ? NAN : (float)(sum / n);
            float have = got[r * COLS + c];
            assert_true(isnan(want) ? isnan(have) : want == have);
        }
    }
    free(got);
}

static void a_part_is_walked_alone(void **state)
{
    (void)state;
    const gt_window part = {100, 60, 90, 70};
    float *all = run(2, 64, GT_GRID_PLAIN, 0, 0, NULL),
          *some = run(2, 64, GT_GRID_PLAIN, 0, 0, &part);
    for (int64_t r = 0; r < ROWS; r++) {
        for (int64_t c = 0; c < COLS; c++) {
            bool inside = c >= 100 && c < 190 && r >= 60 && r < 130;
            float v = some[r * COLS + c], want = all[r * COLS + c];
            assert_true(inside ? v == want || (isnan(v) && isnan(want)) : isnan(v));
        }
    }
    free(all);
    free(some);
}

typedef struct stop {
    gt_ctx *ctx;
    int how;
} stop;

static gt_status stops(gt_ctx *ctx, void *user, const gt_block *b)
{
    const stop *s = user;
    if (b->index == 5 && s->how == 0) {
        static const gt_message why = {"test.stop", "stop", "停", NULL, NULL};
        return gt_fail(ctx, GT_E_INPUT, &why, GT_NOWHERE, GT_NO_ARGS);
    }
    if (b->index == 5) {
        gt_cancel(s->ctx);
    }
    return GT_OK;
}

static void failures_and_cancel_end_the_walk(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        gt_ctx *ctx = test_ctx_threads(2);
        char *dir = test_dir();
        gt_grid_spec s = spec_of(16, GT_GRID_PLAIN);
        gt_grid *in = heights(ctx, test_path(dir, "in.tif"), &s);
        const gt_walk_input input = {in, GT_CELL_F32, 0};
        stop user = {ctx, how};
        gt_walk w;
        gt_walk_init(&w);
        w.in = &input;
        w.n_in = 1;
        w.block_cols = w.block_rows = 16;
        gt_status st = gt_grid_walk(ctx, &w, stops, &user);
        assert_int_equal(st, how == 0 ? GT_E_INPUT : GT_E_CANCELLED);
        gt_grid_close(ctx, in);
        gt_ctx_free(ctx);
        test_dir_remove(dir);
    }
}

static void senseless_walks_are_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(64, GT_GRID_PLAIN), other = s;
    gt_grid *in = heights(ctx, test_path(dir, "in.tif"), &s), *small = NULL;
    gt_walk_input input = {in, GT_CELL_F32, 0};
    gt_walk w;
    gt_walk_init(&w);
    assert_fails(ctx, gt_grid_walk(ctx, &w, mean, NULL), GT_E_USAGE, "grid.walk");
    w.in = &input;
    w.n_in = 1;
    input.halo = 1025;
    assert_fails(ctx, gt_grid_walk(ctx, &w, mean, NULL), GT_E_USAGE, "grid.walk");
    input.halo = -1;
    assert_fails(ctx, gt_grid_walk(ctx, &w, mean, NULL), GT_E_USAGE, "grid.walk");
    input.halo = 0;
    input.type = GT_CELL_U8;
    assert_fails(ctx, gt_grid_walk(ctx, &w, mean, NULL), GT_E_USAGE, "grid.walk");
    input.type = GT_CELL_F32;
    const gt_window beyond = {COLS - 2, 0, 5, 5};
    w.only = &beyond;
    assert_fails(ctx, gt_grid_walk(ctx, &w, mean, NULL), GT_E_USAGE, "grid.walk");
    w.only = NULL;
    const gt_walk_output readonly = {in, GT_CELL_F32};
    w.out = &readonly;
    w.n_out = 1;
    assert_fails(ctx, gt_grid_walk(ctx, &w, mean, NULL), GT_E_USAGE, "grid.walk");
    other.n_cols = 17;
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "small.tif"), &other, &small));
    const gt_walk_output narrow = {small, GT_CELL_F32};
    w.out = &narrow;
    assert_fails(ctx, gt_grid_walk(ctx, &w, mean, NULL), GT_E_INPUT, "grid.extent-differs");
    gt_grid_close(ctx, small);
    gt_grid_close(ctx, in);
    gt_ctx_free(ctx);
    test_dir_remove(dir);
}

static void a_ceiling_too_low_says_what_is_needed(void **state)
{
    (void)state;
    gt_ctx_options o;
    char *dir = test_dir();
    gt_ctx *plenty = test_ctx();
    gt_grid_spec s = spec_of(64, GT_GRID_PLAIN);
    gt_grid_close(plenty, heights(plenty, test_path(dir, "in.tif"), &s));
    gt_ctx_options_init(&o);
    o.memory_ceiling = 30000;
    gt_ctx *ctx = gt_ctx_new(&o);
    gt_grid *in = NULL;
    assert_ok(ctx, gt_grid_open(ctx, test_path(dir, "in.tif"), &in));
    const gt_walk_input input = {in, GT_CELL_F64, 100};
    gt_walk w;
    gt_walk_init(&w);
    w.in = &input;
    w.n_in = 1;
    assert_fails(ctx, gt_grid_walk(ctx, &w, mean, NULL), GT_E_MEMORY, "grid.ceiling");
    gt_grid_close(ctx, in);
    gt_ctx_free(ctx);
    gt_ctx_free(plenty);
    test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_equals_tiled_at_any_thread_count),
        cmocka_unit_test(equals_the_plain_loop),
        cmocka_unit_test(a_part_is_walked_alone),
        cmocka_unit_test(failures_and_cancel_end_the_walk),
        cmocka_unit_test(senseless_walks_are_refused),
        cmocka_unit_test(a_ceiling_too_low_says_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
