/* Ellipsoidal areas, lengths and units. CGCS2000 unless the CRS says otherwise.
 * Three rules of an edge, never mixed (docs/theory/area.md: LA-1, LA-2):
 *   survey    the legal figure of one parcel: plane edges densified at `max_step`, authalic strips
 *   geodesic  Karney: edges are geodesics; for GNSS-drawn rings and as a cross-check
 *   additive  (weave) edge function that does not change when an edge is split: see weave.h */
#ifndef GUOTU_AREA_H
#define GUOTU_AREA_H

#include "guotu/crs.h"

/* Ellipsoid and plane of a working CRS, precomputed: Gauss-Krueger (transverse Mercator, any
 * meridian, scale, false origin, with or without zone prefix) or geographic. Immutable. */
typedef struct gt_plane gt_plane;
/* GT_E_INPUT "geo.crs-no-plane" for a CRS that is neither. Keeps nothing of crs. Owned by the
 * caller. */
gt_status gt_plane_new(gt_ctx *ctx, const gt_crs *crs, gt_plane **out) GT_CHECKED;
void gt_plane_free(gt_ctx *ctx, gt_plane *plane);
/* Plane (or degrees, x = lon) to radians on the plane's own ellipsoid; exact series, no PROJ call.
 */
void gt_plane_inverse(const gt_plane *plane, double x, double y, double *lon, double *lat);
void gt_plane_forward(const gt_plane *plane, double lon, double lat, double *x, double *y);
/* Semi-major axis (m) and flattening. */
void gt_plane_ellipsoid(const gt_plane *plane, double *a, double *f);
/* Scale factor m of the conformal plane at (x, y): dA = dx dy / m^2. 1 for a geographic plane,
 * where that has no meaning. Undefined at the poles. ~0.15 us. */
double gt_plane_scale(const gt_plane *plane, double x, double y);

/* Survey area in m2 (LA-1: 2008 No. 32, closed form). max_step in metres on the plane, <= 0:
 * no densification (rings in degrees are never densified). Shells minus holes, whatever the
 * orientation, not under 0; points and lines give 0. Cost: one inverse projection per densified
 * vertex, ~0.15 us. Exact to the rounding of the coordinates: 1e-8 m2 for a parcel. Thread safe. */
double gt_area_survey(const gt_plane *plane, const gt_geom *geom, double max_step);
/* Geodesic area in m2 (Karney 2013, PROJ's geodesic.c): vertices joined by geodesics on the plane's
 * ellipsoid. ~1 us a vertex. GT_E_ENV "geo.proj-missing". Thread safe. */
gt_status gt_area_geodesic(gt_ctx *ctx, const gt_plane *plane, const gt_geom *geom,
                           double *m2) GT_CHECKED;
/* Area of a lon/lat box on the ellipsoid (map-sheet theoretical area), radians, m2. */
double gt_area_sheet(double a, double f, double lon1, double lat1, double lon2, double lat2);

/* ---- units (LA-4): exact rationals -------------------------------------------------------
 */
typedef enum gt_area_unit { GT_M2 = 0, GT_MU, GT_HA, GT_KM2, GT_WAN_MU } gt_area_unit;
double gt_area_to(gt_area_unit unit, double m2); /* 1 mu = 10000/15 m2 */
double gt_area_from(gt_area_unit unit, double value);
const char *gt_area_unit_name(gt_area_unit unit, gt_lang lang); /* "ha", "公顷" */
bool gt_area_unit_parse(const char *text, gt_area_unit *out);

#endif
