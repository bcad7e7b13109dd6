/* The last step of a grid in the making: header, packing, overviews, name. */
#ifndef GT_GRID_FINISH_H
#define GT_GRID_FINISH_H

#include "guotu/grid.h"

enum { GRID_OVERVIEWS_MAX = 16 };

/* Bytes of the header of a plain grid without overviews: where its data start. */
gt_status grid_header_size(gt_ctx *ctx, const gt_grid *grid, uint64_t *out) GT_CHECKED;

#endif
