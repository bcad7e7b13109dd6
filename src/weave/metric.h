/* Ellipsoidal area as a Green's sum: dA = dx dy / m^2 on a conformal plane, with 1/m^2 - 1 as a
 * polynomial of total degree 3 over the cell. The integral along a straight edge is then a
 * polynomial of degree 4, exact with 3 Gauss-Legendre points: antisymmetric in the edge, and the
 * same when the edge is cut. Error of the fit: < 1e-11 of the area for cells of 33 km within 200 km
 * of the meridian, < 1e-15 for cells of 3 km. Source: docs/theory/area.md, LA-3; Chebyshev
 * interpolation, e.g. Trefethen 2013. */
#ifndef GT_WEAVE_METRIC_H
#define GT_WEAVE_METRIC_H

#include <stdbool.h>

#include "guotu/weave.h"

typedef struct wv_metric {
    bool flat;    /* no correction */
    double half;  /* mm: half the cell's side, centre at (half, half) from its corner */
    double c[10]; /* integrated in u: u, u2, u3, u4, uv, u2v, u3v, uv2, u2v2, uv3 */
} wv_metric;

/* Fit over the square with lower left corner (x, y) and side, all in metres. scale NULL: flat. */
void gt_wv_metric_fit(gt_weave_scale_fn scale, const void *user, double x, double y, double side,
                      wv_metric *out);
/* Integral of (1/m^2 - 1) to the left of... the edge's share of the Green's sum, mm2; coordinates
 * in mm from the cell's corner. Add the plane share to have the ellipsoidal one. */
double gt_wv_metric_edge(const wv_metric *metric, double x0, double y0, double x1, double y1);

#endif
