/* A grid of values as the ground of a map, and its legend. */
#ifndef GT_REPORT_SURFACE_H
#define GT_REPORT_SURFACE_H

#include "report/frame.h"
#include "report/gather.h"

/* Colours and shape make sense? GT_E_USAGE "report.bad-color", "report.bad-surface". */
gt_status gt_surface_check(gt_ctx *ctx, const gt_map_surface *surface) GT_CHECKED;
/* Lays the surface on the ground within the frame. */
gt_status gt_surface_draw(gt_ctx *ctx, const gt_map_surface *surface, const gt_window *view,
                          const gt_pen *pen) GT_CHECKED;

/* Height of the legend at full size. */
double gt_surface_legend_height(const gt_map_surface *surface, double factor);
/* Draws the legend at the top of `rect`, smaller where it must be; *took = its height. */
gt_status gt_surface_legend_draw(gt_ctx *ctx, const gt_map_surface *surface, const gt_look *look,
                                 gt_rect rect, cairo_t *cr, double *took) GT_CHECKED;
/* Figures of a ramp: those of its steps, at most `most`; returns how many. For tests too. */
size_t gt_surface_ticks(const gt_map_surface *surface, double *ticks, size_t most);

#endif
