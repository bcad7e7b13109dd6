/* Makes a grid larger than the tools that synthesize terrain can hold: the cells of a smaller one
 * mirrored over the plane, plus `TREND` times a second one spread smoothly over the whole, so that
 * no two parts are alike. Neighbours differ as in the smaller one: the time of a cell is
 * comparable.
 *
 *   gen_large_grid SMALL OUT SIDE [TREND SPREAD]       (SIDE cells a side; 13 ns a cell)
 *   gen_large_grid - OUT SIDE LIKE                     (20 sources, 0 elsewhere, place of LIKE)
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/grid.h"
#include "guotu/pool.h"

enum { BAND = 512, SOURCES = 20 };

typedef struct job {
    gt_grid *small, *spread, *out;
    double trend;
    int64_t side;
} job;

static int64_t mirrored(int64_t i, int64_t n)
{
    int64_t k = i % (2 * n);
    return k < n ? k : 2 * n - 1 - k;
}

static gt_status add_trend(gt_ctx *ctx, const job *j, int64_t row, float *cells)
{
    int64_t n = gt_grid_facts(j->spread)->n_cols;
    double scale = (double)n / (double)j->side, y = ((double)row + 0.5) * scale - 0.5;
    int64_t top = y < 0 ? 0 : y > (double)(n - 2) ? n - 2 : (int64_t)y;
    float *two = gt_alloc(ctx, (size_t)n * 2, sizeof *two);
    const gt_window w = {0, top, n, 2};
    gt_status st =
        two == NULL ? GT_E_MEMORY : gt_grid_read(ctx, j->spread, &w, GT_CELL_F32, two, (size_t)n);
    for (int64_t c = 0; st == GT_OK && c < j->side; c++) {
        double x = ((double)c + 0.5) * scale - 0.5, fy = fmin(1, fmax(0, y - (double)top));
        int64_t left = x < 0 ? 0 : x > (double)(n - 2) ? n - 2 : (int64_t)x;
        double fx = fmin(1, fmax(0, x - (double)left));
        const float *a = two + left, *b = two + n + left;
        double v = (1 - fy) * ((1 - fx) * (double)a[0] + fx * (double)a[1]) +
                   fy * ((1 - fx) * (double)b[0] + fx * (double)b[1]);
        cells[c] += (float)(j->trend * v);
    }
    gt_free(ctx, two);
    return st;
}

static gt_status one_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const job *j = user;
    int64_t row = (int64_t)task * BAND, n = j->side - row < BAND ? j->side - row : BAND;
    int64_t cols = gt_grid_facts(j->small)->n_cols, rows = gt_grid_facts(j->small)->n_rows;
    float *from = gt_alloc(ctx, (size_t)cols, sizeof *from);
    float *band = gt_alloc(ctx, (size_t)(n * j->side), sizeof *band);
    gt_status st = from == NULL || band == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < n; r++) {
        const gt_window one = {0, mirrored(row + r, rows), cols, 1};
        float *to = band + r * j->side;
        st = gt_grid_read(ctx, j->small, &one, GT_CELL_F32, from, (size_t)cols);
        for (int64_t c = 0; st == GT_OK && c < j->side; c++) {
            to[c] = from[mirrored(c, cols)];
        }
        st = st == GT_OK && j->spread != NULL ? add_trend(ctx, j, row + r, to) : st;
    }
    const gt_window w = {0, row, j->side, n};
    st = st == GT_OK ? gt_grid_write(ctx, j->out, &w, GT_CELL_F32, band, (size_t)j->side) : st;
    gt_free(ctx, from);
    gt_free(ctx, band);
    return st;
}

static gt_status put_sources(gt_ctx *ctx, const job *j)
{
    gt_status st = GT_OK;
    uint32_t x = 2463534242U; /* xorshift */
    for (int32_t i = 1; st == GT_OK && i <= SOURCES; i++) {
        int64_t at[2] = {0, 0};
        for (int k = 0; k < 2; k++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            at[k] = (int64_t)((double)x / 4294967296.0 * (double)j->side);
        }
        const gt_window w = {at[0], at[1], 1, 1};
        st = gt_grid_write(ctx, j->out, &w, GT_CELL_I32, &i, 1);
    }
    return st;
}

static gt_status run(gt_ctx *ctx, int argc, char **argv)
{
    job j = {.side = strtol(argv[3], NULL, 10)};
    bool sources = strcmp(argv[1], "-") == 0;
    gt_grid_spec s;
    gt_status st = gt_grid_open(ctx, sources ? argv[4] : argv[1], &j.small);
    if (st == GT_OK && !sources && argc > 5) {
        j.trend = strtod(argv[4], NULL);
        st = gt_grid_open(ctx, argv[5], &j.spread);
    }
    if (st == GT_OK) {
        gt_grid_spec_like(j.small, sources ? GT_CELL_U8 : GT_CELL_F32, &s);
        s.n_cols = s.n_rows = j.side;
        st = gt_grid_create(ctx, argv[2], &s, &j.out);
    }
    if (st == GT_OK) {
        st = sources ? put_sources(ctx, &j)
                     : gt_parallel_for(ctx, (size_t)(j.side + BAND - 1) / BAND, one_band, &j);
    }
    st = st == GT_OK ? gt_grid_finish(ctx, j.out) : st;
    gt_grid_close(ctx, j.out);
    gt_grid_close(ctx, j.spread);
    gt_grid_close(ctx, j.small);
    return st;
}

int main(int argc, char **argv)
{
    gt_ctx_options o;
    if (argc < 4 || (strcmp(argv[1], "-") == 0 && argc < 5)) {
        (void)fprintf(stderr, "usage: gen_large_grid SMALL|- OUT SIDE [TREND SPREAD | LIKE]\n");
        return 2;
    }
    gt_ctx_options_init(&o);
    gt_ctx *ctx = gt_ctx_new(&o);
    gt_status st = ctx == NULL ? GT_E_MEMORY : run(ctx, argc, argv);
    if (st != GT_OK) {
        (void)fprintf(stderr, "%s\n", ctx == NULL ? "memory" : gt_error_id(ctx));
    }
    gt_ctx_free(ctx);
    return st == GT_OK ? 0 : 3;
}
