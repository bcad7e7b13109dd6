/* Inside weave: the run over all bands of a grid. */
#ifndef GT_WEAVE_BANDS_H
#define GT_WEAVE_BANDS_H

#include "weave/weave.h"

/* Where results go: cells, or areas to fold, with counts to stats. */
typedef struct wv_target {
    wv_cell **cells; /* of the whole grid */
    struct wv_rows *fold;
    gt_weave_stats *stats;
} wv_target;

/* bin: batches, spans, grid and wanted are set. */
gt_status gt_wv_bands(gt_ctx *ctx, gt_weave *w, wv_bin *bin, const wv_target *to) GT_CHECKED;

#endif
