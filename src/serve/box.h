/* Boxes of requests: into the working CRS, and the exact test whether a geometry meets one.
 * Internal to serve. */
#ifndef GT_SERVE_BOX_H
#define GT_SERVE_BOX_H

#include "serve/desk.h"

/* The smallest box in the working CRS that holds the image of `given`, its sides cut into 20. Sides
 * far from the territory, where the projection ends, give everything on that side. */
gt_status gt_box_to_work(gt_desk *desk, gt_map_crs crs, gt_box given, gt_box *out) GT_CHECKED;
/* The same for a box in EPSG:3857, which is first made one of degrees. */
gt_status gt_tile_box(gt_desk *desk, gt_box mercator, gt_box *out) GT_CHECKED;
/* Does the geometry share a point with the box? Borders count. */
bool gt_box_touches(const gt_geom *geom, gt_box box);

#endif
