/* Furniture of the frame: graticule or metre grid with figures, scale bar, north arrow. */
#ifndef GT_REPORT_FRAME_H
#define GT_REPORT_FRAME_H

#include "report/draw_lib.h"
#include "report/type.h"
#include "report/view.h"

typedef struct gt_look { /* what all furniture needs; borrowed */
    gt_type *type;
    gt_lang lang;
    double factor;
} gt_look;

/* Room that the figures need around the frame, points. */
double gt_grid_gutter(gt_map_grid grid, double factor);
/* Draws lines within the frame and figures around it. GT_GRID_AUTO is decided here. */
gt_status gt_grid_draw(gt_ctx *ctx, const gt_map_source *source, const gt_window *view,
                       gt_map_grid grid, const gt_look *look, cairo_t *cr) GT_CHECKED;

/* Step of a graticule in degrees that gives about `wanted` degrees between lines: 10, 5, 2, 1
 * degrees, 30, 20, 10, 5, 2, 1 minutes or seconds. */
double gt_degree_step(double wanted);
/* "116 30'" with degree and minute signs, as far as the step needs. */
void gt_degree_text(double degrees, double step, bool longitude, char out[GT_NUMBER_TEXT]);

typedef struct gt_scale_bar {
    double metres; /* whole length, a round number */
    double length; /* points */
    int parts;
    char end[GT_NUMBER_TEXT], ratio[GT_NUMBER_TEXT]; /* "20 km", "1:520,000" */
    gt_rect rect;                                    /* plate, on the page */
} gt_scale_bar;
/* Lower left corner of the frame. */
void gt_scale_bar_plan(const gt_window *view, const gt_look *look, gt_scale_bar *out);
void gt_scale_bar_draw(const gt_scale_bar *bar, const gt_look *look, cairo_t *cr);

/* Upper right corner of the frame. */
gt_rect gt_north_plan(const gt_window *view, const gt_look *look);
void gt_north_draw(gt_rect rect, const gt_look *look, cairo_t *cr);

/* "1:520,000" for points per metre on the ground. */
void gt_ratio_text(double per_metre, char out[GT_NUMBER_TEXT]);

#endif
