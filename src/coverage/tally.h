/* The sums of one cell: entries of the kernel turned into rows by code. Internal. */
#ifndef GT_COVERAGE_TALLY_H
#define GT_COVERAGE_TALLY_H

#include "coverage/region.h"
#include "coverage/sums.h"

typedef struct gt_tally_row {
    size_t first, n; /* run in keys */
    int64_t area, plane;
} gt_tally_row;

typedef struct gt_tally {
    uint64_t *keys;
    gt_tally_row *rows;
    size_t n_keys, cap_keys, n_rows, cap_rows;
    const gt_strip *strip;
} gt_tally;

/* Rows of the cell by the codes of the strip, tidy, distinct, sorted; that of nothing is left out.
 */
gt_status gt_tally_cell(gt_ctx *ctx, gt_tally *tally, const gt_weave_cell *cell,
                        const gt_strip *strip) GT_CHECKED;
void gt_tally_free(gt_ctx *ctx, gt_tally *tally);

#endif
