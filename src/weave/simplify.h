/* Inside weave: boundaries shared by groups, simplified together. */
#ifndef GT_WEAVE_SIMPLIFY_H
#define GT_WEAVE_SIMPLIFY_H

#include "weave/weave.h"

/* A piece of boundary from 0 to 1 with the groups on its sides; mm from the grid's corner. */
typedef struct wv_seg {
    uint32_t x0, y0, x1, y1;
    uint32_t left, right;
} wv_seg;

/* Simplifies in place: *n goes down. A corner goes when its triangle with its neighbours is smaller
 * than tolerance^2 (mm) and holds no other vertex; places where three groups meet stay. */
gt_status gt_wv_simplify(gt_ctx *ctx, wv_seg *segs, size_t *n, double tolerance) GT_CHECKED;

#endif
