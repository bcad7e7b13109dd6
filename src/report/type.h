/* Text on pictures: measured and set with Pango, the same at every resolution (no hinting, no
 * metric rounding), so that layout done in points holds for PNG, PDF and SVG. */
#ifndef GT_REPORT_TYPE_H
#define GT_REPORT_TYPE_H

#include "guotu/context.h"
#include "report/draw_lib.h"
#include "report/words.h"

typedef struct gt_type gt_type; /* one font map and one layout; belongs to one thread */

typedef struct gt_face { /* how a text is set; lengths in points */
    double size;
    bool bold;
    double spacing; /* extra between letters, share of size */
    double width;   /* 0: unlimited; text is wrapped or cut to it */
    int lines;      /* most lines; the last ends in an ellipsis. 0: no limit */
    int align;      /* -1 left, 0 centre, 1 right, within width */
    gt_rgb color;
    double halo; /* width of the white outline, 0: none */
} gt_face;

typedef struct gt_extent {
    double w, h;                       /* logical */
    double ink_x, ink_y, ink_w, ink_h; /* what is black, from the top left of the logical box */
    int lines;
    bool cut; /* an ellipsis stands for something */
} gt_extent;

/* GT_E_ENV "report.no-font" when no font writes Chinese. Owned by the caller. */
gt_status gt_type_new(gt_ctx *ctx, gt_lang lang, gt_type **out) GT_CHECKED;
void gt_type_free(gt_ctx *ctx, gt_type *type);
/* text NULL or "" measures 0 x 0. Broken UTF-8 is shown with U+FFFD. */
gt_extent gt_type_measure(gt_type *type, const gt_face *face, const char *text);
/* Top left of the logical box at (x, y); with a width and align >= 0 the box is `width` wide. */
void gt_type_draw(gt_type *type, cairo_t *cr, const gt_face *face, const char *text, double x,
                  double y);

#endif
