/* Nearest cell of another patch of the same class. Internal. */
#ifndef GT_MODEL_CONNECT_NEAREST_H
#define GT_MODEL_CONNECT_NEAREST_H

#include "guotu/context.h"

typedef struct gt_spot {
    int32_t col, row;
    int32_t patch;
} gt_spot;

/* best[patch]: least squared distance, in cells, from a spot of the patch to one of another patch;
 * lowered where this is less, so start it with INFINITY. Spots are reordered. A k-d tree whose
 * branches of one patch are passed over by that patch. Cost: n log n. */
gt_status gt_nearest_patches(gt_ctx *ctx, gt_spot *spots, size_t n, double *best) GT_CHECKED;

#endif
