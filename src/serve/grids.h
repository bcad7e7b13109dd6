/* Grids of the workspace over HTTP: the list with legends, tiles as PNG, a value at a place.
 *
 * A grid is known by its fingerprint: inode, size and time of change of its file. Its colours are
 * those of its map (gt_grid_look), worked out once a desk and fingerprint. Internal to serve. */
#ifndef GT_SERVE_GRIDS_H
#define GT_SERVE_GRIDS_H

#include "serve/desk.h"

/* Gives up the looks a desk holds; NULL is accepted. */
void gt_grid_looks_free(gt_ctx *ctx, gt_grid_looks *looks);

/* GET /grids and /grids/G */
gt_status gt_get_grids(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_grid(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /grids/G/map/tiles/WebMercatorQuad/Z/ROW/COL */
gt_status gt_get_grid_tile(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /grids/G/value?x&y&crs */
gt_status gt_get_grid_value(gt_desk *desk, const gt_request *request, gt_reply *reply);

#endif
