/* Inside of the GEOS bridge: the handle and the conversions both ways. */
#ifndef GT_GEO_GEOS_CONVERT_H
#define GT_GEO_GEOS_CONVERT_H

#include "geo/geos_lib.h"
#include "guotu/geos.h"

enum { GT_GEOS_MESSAGE = 256 };

struct gt_geos {
    gt_ctx *ctx;
    const gt_geos_lib *lib; /* borrowed */
    GEOSContextHandle_t handle;
    bool trusted;
    char message[GT_GEOS_MESSAGE]; /* last error text of GEOS */
};

/* The error record with GEOS's last message, which is then forgotten. */
gt_status gt_geos_fail(gt_ctx *ctx, gt_geos *geos, const char *operation);
/* NULL is accepted. */
void gt_geos_destroy(gt_geos *geos, GEOSGeometry *geometry);
/* The geometry for GEOS in *out, owned by the caller; an empty one becomes an empty collection. */
gt_status gt_geos_from_geom(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom,
                            GEOSGeometry **out) GT_CHECKED;
/* Consumes `result` (NULL: GEOS failed) and fills out with its polygons; out is empty on failure.
 */
gt_status gt_geos_take_result(gt_ctx *ctx, gt_geos *geos, GEOSGeometry *result,
                              const char *operation, gt_geom *out) GT_CHECKED;

#endif
