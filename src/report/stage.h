/* The frame of a map on a canvas: its ground (areas and relief, an image on vector pages) and its
 * lines, in drawing order. */
#ifndef GT_REPORT_STAGE_H
#define GT_REPORT_STAGE_H

#include "report/canvas.h"
#include "report/gather.h"

typedef struct gt_stage {
    gt_ctx *ctx;
    const gt_window *view;
    cairo_t *page;
    gt_pen pen;
    unsigned char *pixels; /* ground image of PDF and SVG; NULL for PNG */
    cairo_surface_t *image;
    bool dirty; /* the ground image holds something that is not on the page yet */
} gt_stage;

/* Bytes needed at least for a page and a frame (points). */
size_t gt_stage_least(gt_canvas_kind kind, int width, int height, double frame_w, double frame_h,
                      double px);
/* GT_E_LIMIT "report.memory" when the context's ceiling leaves less than `least`; *budget = bytes
 * that ink may take. */
gt_status gt_stage_budget(gt_ctx *ctx, size_t least, size_t *budget) GT_CHECKED;

/* Fills the frame with the colour of empty ground. view and canvas are borrowed;
 * the stage must stay where it is. */
gt_status gt_stage_begin(gt_ctx *ctx, gt_canvas *canvas, const gt_window *view, double factor,
                         double fade, size_t budget, gt_rgb paper, gt_stage *out) GT_CHECKED;
/* Brings the ground to the page; vectors drawn afterwards are on top. */
void gt_stage_settle(gt_stage *stage);
/* Settles and frees. */
gt_status gt_stage_end(gt_stage *stage) GT_CHECKED;
/* Frees without painting; harmless on a zeroed stage. */
void gt_stage_drop(gt_stage *stage);

#endif
