/* Ink: how the areas of one layer become an image without seams.
 *
 *   cells   one byte per sub-pixel (side x side of them make a pixel): 0 = nothing here, else the
 *           number of the class, painted by cairo without antialiasing
 *   dist    where outlines are asked: distance to the nearest border between two values, in fifths
 *           of a sub-pixel (chamfer 5-7, error < 4 %), saturating at 255
 * Coverage, outline, ribbon and hatch of a pixel are averaged over its sub-pixels at the end, so
 * two neighbours always add up to the whole pixel: no light shines through a shared border. */
#ifndef GT_REPORT_INK_H
#define GT_REPORT_INK_H

#include "report/draw_lib.h"
#include "report/words.h"

enum { GT_INK_MAX = 250 };    /* highest class number */
#define GT_RING_END INT32_MIN /* x of the mark after each ring in a path */

typedef struct gt_ink gt_ink;

typedef struct gt_ink_paint { /* lengths in pixels */
    gt_rgb color[GT_INK_MAX + 1];
    double opacity; /* of the fill */
    gt_map_hatch hatch;
    gt_rgb hatch_color;
    double hatch_gap, hatch_width;
    gt_rgb stroke, band;
    double stroke_width;             /* 0: none; centred on the border */
    double band_width, band_opacity; /* 0: none; inside */
} gt_ink_paint;

/* Sub-pixels a side (4, 3, 2 or 1) so that a buffer of w x h pixels takes at most `budget` bytes
 * and outlines `reach` pixels wide can be measured. 0: not even one fits. */
int gt_ink_side(int w, int h, bool outline, double reach, size_t budget);
size_t gt_ink_bytes(int w, int h, bool outline, int side);
gt_status gt_ink_new(gt_ctx *ctx, int w, int h, bool outline, int side, gt_ink **out) GT_CHECKED;
void gt_ink_free(gt_ctx *ctx, gt_ink *ink);
int gt_ink_sub(const gt_ink *ink); /* sub-pixels a side */
/* Fills rings (x, y in sub-pixels; GT_RING_END after each; shells and holes turn opposite ways)
 * with class `value`; overlapping rings of one call are filled once. n = pairs. */
void gt_ink_fill(gt_ink *ink, int value, const int32_t *xy, size_t n);
/* Sets the one sub-pixel at (x, y): what is smaller than that still leaves its mark. */
void gt_ink_dot(gt_ink *ink, int value, int32_t x, int32_t y);
/* Share of all pixels that carry class `value`. For tests. */
double gt_ink_share(const gt_ink *ink, int value);
/* Colours what was filled into a premultiplied ARGB32 image, w x h, owned by the ink until its end
 * or the next resolve; NULL when nothing was filled. Hatches are anchored at pixel (-x0, -y0), so
 * that neighbouring images agree. Ends by clearing the cells. */
gt_status gt_ink_resolve(gt_ctx *ctx, gt_ink *ink, const gt_ink_paint *paint,
                         cairo_surface_t **out) GT_CHECKED;

#endif
