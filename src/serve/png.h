/* Pictures of at most 256 colours as PNG (RFC 2083 / ISO 15948): what tiles of grids need of it.
 * Internal to serve. */
#ifndef GT_SERVE_PNG_H
#define GT_SERVE_PNG_H

#include "guotu/text.h"

typedef struct gt_png {
    int width, height;
    const uint8_t *pixels;   /* width * height indexes into the palette, rows from the top */
    uint8_t palette[256][4]; /* red, green, blue, opacity */
    int n_colors;            /* 1 .. 256 */
} gt_png;

/* Appends the file. GT_E_MEMORY. */
gt_status gt_png_write(gt_ctx *ctx, const gt_png *png, gt_text *out) GT_CHECKED;

#endif
