/* A class grid as a layer of a weave: its patches traced along the sides of its cells. What the
 * borders of other layers cut off a cell is counted to the bit as anything else. Internal. */
#ifndef GT_COVERAGE_TRACED_H
#define GT_COVERAGE_TRACED_H

#include "coverage/read.h"
#include "guotu/grid_zones.h"

typedef struct gt_traced {
    gt_polygon_table *table; /* of one run at most; owned */
    gt_box *boxes;           /* of each patch; owned */
    gt_box extent;           /* of all; empty (xmin > xmax) when there is none */
    size_t n_points;
    bool generated; /* the grid says so */
} gt_traced;

/* NAME of the word "grid.NAME"; NULL when it is none. Borrowed. */
const char *gt_traced_name(const char *word);
/* Traces WORKSPACE/grids/NAME.tif. GT_E_NOT_FOUND "coverage.no-grid"; GT_E_INPUT
 * "coverage.grid-crs", and as gt_grid_polygons. Memory: 24 bytes a point, 92 a patch. */
gt_status gt_traced_open(gt_ctx *ctx, gt_store *store, const char *name, gt_traced *out) GT_CHECKED;
void gt_traced_free(gt_ctx *ctx, gt_traced *traced);
/* As gt_flat_read, of the patches whose box meets `box` (NULL: all). A patch is shown as a feature
 * whose id is its class; its number is that of the patch. */
gt_status gt_traced_read(gt_ctx *ctx, const gt_traced *traced, const gt_box *box, size_t most,
                         gt_flat_fn seen, void *user, gt_flat *out, bool *whole) GT_CHECKED;

#endif
