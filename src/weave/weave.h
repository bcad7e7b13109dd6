/* Inside weave: the result of a run. */
#ifndef GT_WEAVE_WEAVE_H
#define GT_WEAVE_WEAVE_H

#include "weave/bin.h"

struct gt_weave {
    wv_grid grid;
    uint32_t n_layers, n_coverage;
    bool coverage[GT_WEAVE_LAYERS_MAX];
    gt_weave_scale_fn scale;
    const void *scale_user;
    int64_t sliver;
    uint64_t n_edges, n_pieces;
    wv_cell **cells; /* row by row from the south west; NULL: nothing there */
};

static inline size_t wv_n_cells(const gt_weave *w)
{
    return (size_t)w->grid.n_cols * w->grid.n_rows;
}

#endif
