/* The page being drawn: a cairo surface for PNG, PDF or SVG, with lengths in points and the origin
 * top left, written beside its path and renamed at the end. */
#ifndef GT_REPORT_CANVAS_H
#define GT_REPORT_CANVAS_H

#include "guotu/context.h"
#include "report/draw_lib.h"

typedef enum gt_canvas_kind { GT_CANVAS_PNG = 0, GT_CANVAS_PDF, GT_CANVAS_SVG } gt_canvas_kind;

typedef struct gt_canvas gt_canvas;

/* Kind by the extension of path. GT_E_USAGE "report.extension". */
gt_status gt_canvas_kind_of(gt_ctx *ctx, const char *path, gt_canvas_kind *out) GT_CHECKED;
/* Checks size and dpi against the limits of map.h. */
gt_status gt_canvas_check_size(gt_ctx *ctx, int width, int height, double dpi) GT_CHECKED;
/* Opens a white page of width x height pixels. Owned by the caller; ended by finish or abort. */
gt_status gt_canvas_open(gt_ctx *ctx, const char *path, int width, int height, double dpi,
                         gt_canvas **out) GT_CHECKED;
/* The drawing handle in points; borrowed. */
cairo_t *gt_canvas_cr(gt_canvas *canvas);
gt_canvas_kind gt_canvas_kind_get(const gt_canvas *canvas);
/* Points to device pixels (PNG), or pixels of embedded images (PDF, SVG). */
double gt_canvas_px(const gt_canvas *canvas);
/* Ends the page and begins another of the same size (PDF). */
void gt_canvas_next_page(gt_canvas *canvas);
/* Writes and renames; consumed either way. */
gt_status gt_canvas_finish(gt_ctx *ctx, gt_canvas *canvas) GT_CHECKED;
/* Consumed; nothing is left behind. NULL is accepted. */
void gt_canvas_abort(gt_ctx *ctx, gt_canvas *canvas);

/* A cairo status as a gt_status with an error record; GT_OK for success. */
gt_status gt_cairo_check(gt_ctx *ctx, cairo_status_t status) GT_CHECKED;

#endif
