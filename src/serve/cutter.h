/* Cutting rings to a square. Internal to serve. */
#ifndef GT_SERVE_CUTTER_H
#define GT_SERVE_CUTTER_H

#include "guotu/context.h"

typedef struct gt_frame_cut { /* zeroed at first; keeps its memory */
    double *a, *b;
    size_t cap_a, cap_b;
} gt_frame_cut;

void gt_frame_cut_free(gt_ctx *ctx, gt_frame_cut *cutter);
/* The ring (open: last point not repeated) within low <= x, y <= high, by Sutherland and Hodgman,
 * in cutter->a: *out points, 0 when nothing is left. Pieces of a ring that leaves the square stay
 * joined along its border. */
gt_status gt_frame_cut_ring(gt_ctx *ctx, gt_frame_cut *cutter, const double *xy, size_t n,
                            double low, double high, size_t *out) GT_CHECKED;

#endif
