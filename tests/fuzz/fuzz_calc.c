/* Expressions over grids: any text. It compiles or is refused with a column; what compiles runs
 * over a small grid, uses only the names it says, yields no infinities, and gives the same in
 * pieces of rows of any width. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/grid_ops.h"

enum { NAMES = 3, COLS = 5, ROWS = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gt_grid *make(gt_ctx *ctx, int64_t cols, int64_t rows, const double *values)
{
    gt_grid_spec s;
    gt_grid *g = NULL;
    const gt_window all = {0, 0, cols, rows};
    gt_grid_spec_init(&s);
    s.n_cols = cols;
    s.n_rows = rows;
    s.cell_x = s.cell_y = 1;
    s.type = GT_CELL_F64;
    s.tile = 16;
    if (gt_grid_create_scratch(ctx, NULL, &s, &g) != GT_OK ||
        (values != NULL &&
         gt_grid_write(ctx, g, &all, GT_CELL_F64, values, (size_t)cols) != GT_OK)) {
        abort();
    }
    return g;
}

/* The expression over the values, as a grid of cols columns. */
static void run(gt_ctx *ctx, const char *text, int64_t cols, double *out)
{
    static const char *const names[NAMES] = {"a", "b", "slope"};
    static const double values[NAMES][COLS * ROWS] = {
        {0, 1, -1, 2.5, NAN, 1e300, -1e-300, 7, 3, 100},
        {0, 0, 2, -3, 1, 1e300, 1e-300, NAN, 4, -7},
        {NAN, 5, 45, 89.9, 0, -0.0, 1, 2, 8, 1e9}};
    gt_grid *in[NAMES];
    const gt_window all = {0, 0, cols, COLS * ROWS / cols};
    for (int i = 0; i < NAMES; i++) {
        in[i] = make(ctx, cols, all.n_rows, values[i]);
    }
    gt_grid *to = make(ctx, cols, all.n_rows, NULL);
    if (gt_grid_calc(ctx, text, names, in, NAMES, to) != GT_OK ||
        gt_grid_read(ctx, to, &all, GT_CELL_F64, out, (size_t)cols) != GT_OK) {
        abort();
    }
    for (int i = 0; i < NAMES; i++) {
        gt_grid_close(ctx, in[i]);
    }
    gt_grid_close(ctx, to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[NAMES] = {"a", "b", "slope"};
    char *text = malloc(size + 1);
    gt_ctx *ctx = gt_ctx_new(NULL);
    uint32_t used = 0;
    if (text == NULL || ctx == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    gt_status st = gt_grid_calc_check(ctx, text, names, NAMES, &used);
    if ((st != GT_OK && st != GT_E_USAGE) || (st != GT_OK) != gt_failed(ctx)) {
        abort();
    }
    if (st == GT_OK) {
        double wide[COLS * ROWS], narrow[COLS * ROWS];
        run(ctx, text, COLS, wide);
        run(ctx, text, 1, narrow);
        for (int i = 0; i < COLS * ROWS; i++) {
            if (isinf(wide[i]) || (wide[i] != narrow[i] && !(isnan(wide[i]) && isnan(narrow[i])))) {
                abort();
            }
        }
        if (used >= 1U << NAMES) {
            abort();
        }
    }
    gt_error_clear(ctx);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    free(text);
    return 0;
}
