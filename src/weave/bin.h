/* Inside weave: from rings in metres to pieces of edges in cells.
 *
 * The lines between cells are thought to lie an infinitely small step left of (below) their integer
 * place: x = c * side - e1, y = r * side - e2 with e2 << e1 << 1. No vertex lies on a line, every
 * edge crosses it cleanly or not at all, and a corner lies on a definite side of every edge. A
 * crossing's place is computed from the whole edge in its canonical direction, so both neighbours
 * get the same. */
#ifndef GT_WEAVE_BIN_H
#define GT_WEAVE_BIN_H

#include <stdatomic.h>

#include "weave/cell.h"

typedef struct wv_grid {
    int64_t side;       /* mm */
    int64_t col0, row0; /* of the first cell, counted from the origin of the CRS */
    uint32_t n_cols, n_rows;
} wv_grid;

/* An edge crossing the bottom side of a cell changes what covers the corners to its right. */
typedef struct wv_crossing {
    uint32_t cell, number;
    uint16_t layer;
    int16_t n;
} wv_crossing;

/* Scratch of a worker of the binning loop. */
typedef struct wv_ring {
    WV_LIST(int64_t, at); /* x, y pairs, mm from the grid's origin */
    WV_LIST(wv_crossing, crossings);
    int64_t box[4]; /* extent of all points seen, mm from the CRS's origin */
    uint64_t n_edges;
} wv_ring;

typedef struct wv_bin {
    const gt_weave_batch *batches;
    size_t n_batches;
    size_t *first_feature; /* of each batch, n_batches + 1 */
    wv_grid grid;
    uint32_t row_from, row_to; /* at hand: the band, or all rows while counting */
    const uint8_t *wanted;     /* per cell of the grid; NULL: all */
    _Atomic uint32_t *count;   /* per cell of the grid: pieces, then the next free place */
    uint32_t *first_row;       /* of each band, n_bands + 1 */
    size_t n_bands, band;
    uint32_t *by_band;     /* features that meet each band, in order; NULL: one band, all */
    size_t *first_by_band; /* n_bands + 1 */
    const size_t *start;   /* per cell of the band: first record; NULL while counting */
    wv_rec *recs;
    wv_ring *rings;   /* one per worker */
    float (*span)[2]; /* of each feature: south and north, m, rounded outwards */
} wv_bin;

enum { WV_CHUNK = 2048 }; /* features per task */

gt_status gt_wv_bin_init(gt_ctx *ctx, wv_bin *bin, const gt_weave_batch *batches,
                         size_t n) GT_CHECKED;
void gt_wv_bin_free(gt_ctx *ctx, wv_bin *bin);
/* Tasks of the loops below: over all features, or those of the band at hand. */
size_t gt_wv_bin_tasks(const wv_bin *bin);
/* Lists the features of each band, from their spans. */
gt_status gt_wv_bin_by_band(gt_ctx *ctx, wv_bin *bin) GT_CHECKED;
/* Extent and number of edges; checks coordinates. */
gt_status gt_wv_extent_task(gt_ctx *ctx, void *bin, size_t task, int worker) GT_CHECKED;
/* Counts or places the pieces of a chunk of features. */
gt_status gt_wv_bin_task(gt_ctx *ctx, void *bin, size_t task, int worker) GT_CHECKED;

#endif
