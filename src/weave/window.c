#include "weave/window.h"

#include <math.h>
#include <string.h>

#include "weave/messages.h"

static gt_status bad(gt_ctx *ctx, const char *what, double value)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OPTION, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("what", what), GT_REAL("value", value)));
}

gt_status gt_wv_window_open(gt_ctx *ctx, wv_window *win, uint32_t n_layers,
                            const gt_weave_rows_of *of)
{
    memset(win, 0, sizeof *win);
    if (!(of->cell >= 0.016 && of->cell * 1000 <= WV_CELL_MAX)) {
        return bad(ctx, "cell", of->cell);
    }
    if (of->n_columns == 0 || of->n_rows == 0) {
        return bad(ctx, "n_columns", of->n_columns);
    }
    if (n_layers == 0 || n_layers > GT_WEAVE_LAYERS_MAX) {
        return bad(ctx, "n_layers", n_layers);
    }
    win->w.n_layers = n_layers;
    win->w.grid = (wv_grid){.side = (int64_t)llround(of->cell * 1000),
                            .col0 = of->column,
                            .row0 = of->row - 1,
                            .n_cols = of->n_columns,
                            .n_rows = 2};
    win->first = of->row;
    win->last = of->row + of->n_rows - 1;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    win->w.cells = gt_zalloc(ctx, 2 * (size_t)of->n_columns, sizeof *win->w.cells);
    return win->w.cells == NULL ? GT_E_MEMORY : GT_OK;
}

static void drop_row(gt_ctx *ctx, wv_window *win, size_t from)
{
    for (size_t i = from; i < from + win->w.grid.n_cols; i++) {
        if (!win->borrowed) {
            gt_free(ctx, win->w.cells[i]);
        }
        win->w.cells[i] = NULL;
    }
}

void gt_wv_window_free(gt_ctx *ctx, wv_window *win)
{
    if (win->w.cells != NULL) {
        drop_row(ctx, win, 0);
        drop_row(ctx, win, win->w.grid.n_cols);
        gt_free(ctx, win->w.cells);
    }
    memset(win, 0, sizeof *win);
}

gt_status gt_wv_window_upto(gt_ctx *ctx, wv_window *win, int64_t row, wv_row_fn fn, void *user)
{
    gt_status st = GT_OK;
    size_t n = win->w.grid.n_cols;
    row = row > win->last ? win->last : row;
    while (st == GT_OK && wv_window_row(win) <= row) {
        st = gt_check_cancel(ctx);
        st = st == GT_OK ? fn(ctx, user, wv_window_row(win) == win->last) : st;
        drop_row(ctx, win, 0);
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
        memcpy(win->w.cells, win->w.cells + n, n * sizeof *win->w.cells);
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
        memset(win->w.cells + n, 0, n * sizeof *win->w.cells);
        win->w.grid.row0++;
    }
    return st;
}

gt_status gt_wv_window_put(gt_ctx *ctx, wv_window *win, const gt_weave_cell *cell, wv_row_fn fn,
                           void *user)
{
    int64_t column = cell->column - win->w.grid.col0;
    if (column < 0 || column >= win->w.grid.n_cols || cell->row > win->last) {
        return bad(ctx, "column", (double)cell->column);
    }
    if (cell->row < wv_window_row(win)) {
        return bad(ctx, "row", (double)cell->row);
    }
    gt_status st = gt_wv_window_upto(ctx, win, cell->row - 1, fn, user);
    wv_cell **at = &win->w.cells[win->w.grid.n_cols + (size_t)column];
    if (st == GT_OK && *at != NULL) {
        return bad(ctx, "column", (double)cell->column);
    }
    if (st != GT_OK) {
        return st;
    }
    if (win->borrowed) {
        *at = (wv_cell *)(uintptr_t)cell->block; /* read only */
        return GT_OK;
    }
    *at = gt_alloc(ctx, 1, cell->bytes);
    if (*at == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(*at, cell->block, cell->bytes);
    return GT_OK;
}

gt_status gt_wv_window_seams(const wv_window *win, bool top, wv_seam_fn fn, void *user)
{
    const gt_weave *w = &win->w;
    size_t n = w->grid.n_cols;
    bool bottom = wv_window_row(win) == win->first;
    gt_status st = GT_OK;
    for (size_t c = 0; st == GT_OK && c <= n; c++) {
        st = gt_wv_seam(w, c > 0 ? n + c - 1 : WV_NO_CELL, c < n ? n + c : WV_NO_CELL, true, fn,
                        user);
        if (st == GT_OK && c < n) {
            st = gt_wv_seam(w, bottom ? WV_NO_CELL : c, n + c, false, fn, user);
        }
        if (st == GT_OK && c < n && top) {
            st = gt_wv_seam(w, n + c, WV_NO_CELL, false, fn, user);
        }
    }
    return st;
}
