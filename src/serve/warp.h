/* The way from the working CRS to Web Mercator within a small box, as polynomials: ten times as
 * fast as the projection, and as true as its user asks. Internal to serve. */
#ifndef GT_SERVE_WARP_H
#define GT_SERVE_WARP_H

#include "serve/desk.h"

typedef struct gt_warp {
    bool fits;                  /* false: every point goes the exact way */
    gt_box box;                 /* working CRS; points beyond go the exact way */
    double x, y, width, height; /* middle and half sides */
    double at[2][4][4];         /* coefficients of easting and northing by powers of x, then y */
} gt_warp;

/* Cubic in both directions through 16 points; kept when at 25 others it is not further off than
 * tolerance (m of EPSG:3857). Cost: 41 points transformed. */
gt_status gt_warp_fit(gt_desk *desk, gt_box box, double tolerance, gt_warp *out) GT_CHECKED;
/* In place, working CRS to EPSG:3857. Errors as gt_transform_points. What becomes of a point does
 * not depend on the others. */
gt_status gt_warp_points(gt_desk *desk, const gt_warp *warp, double *xy, size_t n) GT_CHECKED;

#endif
