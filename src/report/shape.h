/* Single shapes as vectors: the subject of a verdict and its overlaps. */
#ifndef GT_REPORT_SHAPE_H
#define GT_REPORT_SHAPE_H

#include "report/draw_lib.h"
#include "report/spot.h"
#include "report/view.h"

/* Appends the rings to the path; points closer than a twentieth of a point to the last are skipped.
 * Coordinates must be near the frame: shapes are drawn in views made for them. */
void gt_shape_path(cairo_t *cr, const gt_geom *geom, const gt_window *view);
/* The rings on the page, for placing tags: those of the largest part only. */
gt_status gt_shape_rings(gt_ctx *ctx, const gt_geom *geom, const gt_window *view,
                         gt_rings *out) GT_CHECKED;

#endif
