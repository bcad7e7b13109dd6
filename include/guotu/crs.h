/* Coordinate reference systems and transformations (PROJ, loaded on first use), Chinese web datums
 * (GCJ-02, BD-09), and the package's own exact Gauss-Krueger series. */
#ifndef GUOTU_CRS_H
#define GUOTU_CRS_H

#include "guotu/geometry.h"

typedef struct gt_crs gt_crs; /* immutable once made; shareable between threads */

/* From "EPSG:4548", a bare EPSG number, WKT (1 or 2), a PROJ string, an OGC URN or a name. Heights
 * are dropped (compound and 3D CRSs). Owned by the caller. EPSG:4490, 4491-4554, 4326, 326zz and
 * 327zz need no PROJ (microseconds); anything else loads it (5 ms once) and asks its database (1-10
 * ms). GT_E_INPUT "geo.crs-unknown" with the text and a near match, "geo.crs-kind" for a CRS that
 * is not horizontal; GT_E_ENV "geo.proj-missing", "geo.proj-database". Thread safe. */
gt_status gt_crs_new(gt_ctx *ctx, const char *definition, gt_crs **out) GT_CHECKED;
void gt_crs_free(gt_ctx *ctx, gt_crs *crs);
bool gt_crs_is_geographic(const gt_crs *crs);
int gt_crs_epsg(const gt_crs *crs);         /* 0 when unknown */
const char *gt_crs_name(const gt_crs *crs); /* borrowed */
const char *gt_crs_wkt(
    const gt_crs *crs); /* WKT1 (GDAL flavour; WKT2 where it has none), borrowed */
/* Same code or same WKT: then coordinates need no transformation. */
bool gt_crs_same(const gt_crs *a, const gt_crs *b);
/* Area of use in degrees (west, south, east, north); false when not known. */
bool gt_crs_area_of_use(const gt_crs *crs, gt_box *out);

typedef enum gt_datum_shift { /* what the file's coordinates are really in */
                              GT_DATUM_AS_STATED = 0,
                              GT_DATUM_GCJ02, /* "Mars" coordinates: inverse by iteration, < 1e-9
                                                 degree; formula ~1 m of truth */
                              GT_DATUM_BD09   /* Baidu: first to GCJ-02, then as above */
} gt_datum_shift;
/* "gcj02", "bd09", "none" (also with a hyphen, in any case); false for anything else. */
bool gt_datum_parse(const char *text, gt_datum_shift *out);
/* In place, degrees. Points outside China's box (72.004-137.8347 E, 0.8293-55.8271 N) are left. */
void gt_datum_undo(gt_datum_shift shift, double *xy, size_t n_points);
void gt_datum_apply(gt_datum_shift shift, double *xy, size_t n_points); /* WGS 84 -> shifted */

typedef struct gt_transform gt_transform; /* belongs to one thread */

/* Transformation source -> target, x east / y north order on both sides. datum is undone first
 * (only with a geographic source: GT_E_INPUT "geo.datum-not-geographic" otherwise). Identity is
 * recognised and costs nothing; Gauss-Krueger and UTM pairs on ellipsoids that PROJ would treat as
 * a null datum shift use our own series (agreement with PROJ better than 2e-8 m within 6 degrees of
 * the meridian, tested). GT_E_INPUT "geo.transform-none" when there is no way. Owned by the caller.
 */
gt_status gt_transform_new(gt_ctx *ctx, const gt_crs *source, const gt_crs *target,
                           gt_datum_shift datum, gt_transform **out) GT_CHECKED;
void gt_transform_free(gt_ctx *ctx, gt_transform *transform);
bool gt_transform_is_identity(const gt_transform *transform);
/* No parameters are known between the two datums, so that the degrees were kept: the result may be
 * off by metres to 100 m (Xian 1980 or Beijing 1954 to CGCS2000). Worth a warning. False for WGS 84
 * with CGCS2000, where keeping them is right to decimetres. */
bool gt_transform_is_ballpark(const gt_transform *transform);
/* In place. GT_E_INPUT "geo.transform-point" names the first point that cannot be transformed; xy
 * is then unspecified. Latitudes beyond 90 (x and y swapped) and metres off the plane (a zone
 * prefix that the CRS does not have) are such points. 70-110 ns a point by our series, 130-200 by
 * PROJ. */
gt_status gt_transform_points(gt_ctx *ctx, gt_transform *transform, double *xy,
                              size_t n_points) GT_CHECKED;

#endif
