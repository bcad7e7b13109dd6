/* Where inside an area a line of text fits best. */
#ifndef GT_REPORT_SPOT_H
#define GT_REPORT_SPOT_H

#include "guotu/context.h"

typedef struct gt_rings { /* an area on the page, points; reused from feature to feature */
    double *xy;           /* owned; rings without the closing point */
    size_t *end;          /* one past the last point of each ring */
    size_t n_points, n_rings, cap_xy, cap_end;
} gt_rings;
void gt_rings_free(gt_ctx *ctx, gt_rings *rings);
void gt_rings_clear(gt_rings *rings);
gt_status gt_rings_add(gt_ctx *ctx, gt_rings *rings, const double *xy, size_t n) GT_CHECKED;

typedef struct gt_spot {
    double x, y; /* middle of the text */
    double room; /* width of the area there, over the text's height */
} gt_spot;

enum { GT_SPOTS = 3 };

/* Up to GT_SPOTS places for a text of w x h, best first: the area is cut by level scan lines; a
 * place is good when the text fits and is near the middle of the area. *n = 0 for an area thinner
 * than a hair. Cost: 45 passes over the points. */
gt_status gt_spots_find(gt_ctx *ctx, const gt_rings *rings, double w, double h,
                        gt_spot spots[GT_SPOTS], int *n) GT_CHECKED;

#endif
