/* Inside weave: cells that come row by row, two rows at hand. What joins across sides of cells
 * needs no more: row 0 is the one before, row 1 the one being filled. */
#ifndef GT_WEAVE_WINDOW_H
#define GT_WEAVE_WINDOW_H

#include "weave/weave.h"

typedef struct wv_window {
    gt_weave w;          /* of two rows; grid.row0 is that of row 0 */
    int64_t first, last; /* rows that may come, counted from the origin of the CRS */
    bool borrowed;       /* cells are the caller's and last until the end */
    bool ended;
} wv_window;

/* What is done with row 1 once it is whole; `top`: it is the last one. */
typedef gt_status (*wv_row_fn)(gt_ctx *ctx, void *user, bool top);

/* GT_E_USAGE: side, no cells; GT_E_LIMIT: too many columns. */
gt_status gt_wv_window_open(gt_ctx *ctx, wv_window *win, uint32_t n_layers,
                            const gt_weave_rows_of *of) GT_CHECKED;
void gt_wv_window_free(gt_ctx *ctx, wv_window *win);
/* Takes a cell (copied unless borrowed), after fn was called for every row before its own.
 * GT_E_USAGE: outside, out of order, twice. */
gt_status gt_wv_window_put(gt_ctx *ctx, wv_window *win, const gt_weave_cell *cell, wv_row_fn fn,
                           void *user) GT_CHECKED;
/* Calls fn for every row up to and with `row`. */
gt_status gt_wv_window_upto(gt_ctx *ctx, wv_window *win, int64_t row, wv_row_fn fn,
                            void *user) GT_CHECKED;
/* The sides between row 0 and row 1 and those inside row 1, with the rim. */
gt_status gt_wv_window_seams(const wv_window *win, bool top, wv_seam_fn fn, void *user) GT_CHECKED;
static inline int64_t wv_window_row(const wv_window *win)
{
    return win->w.grid.row0 + 1; /* of row 1 */
}

#endif
