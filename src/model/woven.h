/* Polygons traced from a grid, woven: kernels that write them share borders by it. Internal. */
#ifndef GT_MODEL_WOVEN_H
#define GT_MODEL_WOVEN_H

#include "guotu/area.h"
#include "guotu/grid_zones.h"
#include "guotu/weave.h"

/* One layer of the table's features with their lines kept (gt_weave_polygons). plane NULL: areas
 * of the plane; else on the ellipsoid; it is borrowed until the weave is freed. table: of one run
 * at most, as gt_grid_polygons makes it. *out is the caller's. Cost and errors: gt_weave_run. */
gt_status gt_woven_table(gt_ctx *ctx, const gt_polygon_table *table, const gt_plane *plane,
                         gt_weave **out) GT_CHECKED;

#endif
