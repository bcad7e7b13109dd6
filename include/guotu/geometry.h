/* Geometry in memory: flat coordinate array with ring and part ends; no Z, no M, no curves.
 *
 * Layout (all types share it):
 *   xy[2*i], xy[2*i+1]   point i, i < n_points, in the unit of the CRS (metres or degrees; x = east
 *                        or longitude, y = north or latitude, always in this order)
 *   ring_end[r]          one past the last point of ring (or line) r, r < n_rings
 *   part_end[p]          one past the last ring of part (polygon) p, p < n_parts
 * Rings are closed (first point repeated last), the first ring of a part is its shell, the others
 * are holes. Orientation is not significant on input; codecs write shells counter-clockwise.
 *   POINT, MULTIPOINT    n_rings = n_parts = 0
 *   (MULTI)LINESTRING    rings are lines, n_parts = 0
 *   (MULTI)POLYGON       rings and parts
 * An empty geometry has n_points == 0. */
#ifndef GUOTU_GEOMETRY_H
#define GUOTU_GEOMETRY_H

#include <stdint.h>

#include "guotu/context.h"
#include "guotu/text.h"

typedef enum gt_geom_type { /* OGC codes */
                            GT_GEOM_NONE = 0,
                            GT_POINT = 1,
                            GT_LINESTRING = 2,
                            GT_POLYGON = 3,
                            GT_MULTIPOINT = 4,
                            GT_MULTILINESTRING = 5,
                            GT_MULTIPOLYGON = 6
} gt_geom_type;

typedef struct gt_box {
    double xmin, ymin, xmax, ymax; /* empty: xmin > xmax */
} gt_box;

typedef struct gt_geom {
    gt_geom_type type;
    double *xy; /* owned by the geometry */
    uint32_t *ring_end;
    uint32_t *part_end;
    uint32_t n_points, n_rings, n_parts;
    size_t cap_xy, cap_rings, cap_parts; /* capacities in points, rings, parts; for reuse */
} gt_geom;

/* Zeroed geometry, holds no memory. The same object may be filled again and again. */
void gt_geom_init(gt_geom *geom);
void gt_geom_free(gt_ctx *ctx, gt_geom *geom);
/* Empties, keeps the memory. */
void gt_geom_reset(gt_geom *geom, gt_geom_type type);
/* GT_E_INPUT for a NaN or infinite ordinate, GT_E_LIMIT beyond 2^32 - 1 points. */
gt_status gt_geom_add_point(gt_ctx *ctx, gt_geom *geom, double x, double y) GT_CHECKED;
/* Ends the current ring or line after the points added so far; the caller has closed it. */
gt_status gt_geom_end_ring(gt_ctx *ctx, gt_geom *geom) GT_CHECKED;
gt_status gt_geom_end_part(gt_ctx *ctx, gt_geom *geom) GT_CHECKED;
/* Deep copy into `to`, which is reused. */
gt_status gt_geom_copy(gt_ctx *ctx, const gt_geom *from, gt_geom *to) GT_CHECKED;
/* Inverted infinities for an empty geometry, which meet nothing. */
gt_box gt_geom_box(const gt_geom *geom);
/* Do the boxes share a point? Borders count. */
bool gt_box_meets(gt_box a, gt_box b);
/* Plain shoelace area in the plane of the coordinates, shells minus holes, >= 0 whatever the
 * orientation. Not a legal area: see area.h. */
double gt_geom_plane_area(const gt_geom *geom);
const char *gt_geom_type_name(gt_geom_type type); /* "polygon" ... */

/* ---- codecs: each reads all of its input or fails with a place in it -------------------------
 * Z and M ordinates are dropped on reading. NaN or infinite ordinates, truncated input, counts that
 * the input cannot hold, nesting beyond the model (GEOMETRYCOLLECTION, curves), rings that are open
 * or have under 4 points and lines of one point are GT_E_INPUT ("geo.not-finite",
 * "geo.wkb-truncated", "geo.wkb-count", "geo.type-unsupported", "geo.ring-open", "geo.ring-short",
 * "geo.line-short", ...). Empty members of a multi geometry are dropped. On failure *out is empty.
 * Memory is at most proportional to the input. Thread safe. */

/* ISO and EWKB (its SRID is not read), both byte orders. 1 ns a point for little endian XY. */
gt_status gt_geom_from_wkb(gt_ctx *ctx, const uint8_t *wkb, size_t len, gt_geom *out) GT_CHECKED;
/* What the mending reader did; `changes` is their sum. */
typedef struct gt_mending {
    uint32_t changes;
    uint32_t points_dropped; /* NaN or infinite */
    uint32_t rings_closed;
    uint32_t rings_dropped; /* under 4 points once closed, or a hole whose shell went */
    uint32_t lines_dropped; /* under 2 points */
} gt_mending;
/* For --repair: as gt_geom_from_wkb, but points that are not finite are dropped, open rings are
 * closed, rings and lines that are too short are dropped; *done counts. Damage to the bytes
 * themselves (cuts, counts, types) is refused as before. The result may still cross itself: see
 * gt_geos_make_valid. */
gt_status gt_geom_from_wkb_mending(gt_ctx *ctx, const uint8_t *wkb, size_t len, gt_geom *out,
                                   gt_mending *done) GT_CHECKED;
/* GeoPackage binary (OGC 12-128r18, 2.1.3); *srs_id may be NULL. */
gt_status gt_geom_from_gpkg(gt_ctx *ctx, const uint8_t *blob, size_t len, int32_t *srs_id,
                            gt_geom *out) GT_CHECKED;
/* RFC 7946 geometry object, or a Feature for its geometry. The "crs" member of older files is not
 * read. */
gt_status gt_geom_from_geojson(gt_ctx *ctx, const char *json, size_t len, gt_geom *out) GT_CHECKED;
/* OGC well-known text, type names in any case. "SRID=...;" is refused ("geo.wkt-srid"). */
gt_status gt_geom_from_wkt(gt_ctx *ctx, const char *wkt, size_t len, gt_geom *out) GT_CHECKED;

/* Little endian ISO WKB; shells counter-clockwise, holes clockwise. *buffer (capacity *cap) is
 * grown with gt_grow and owned by the caller; *len is the length written. */
gt_status gt_geom_to_wkb(gt_ctx *ctx, const gt_geom *geom, uint8_t **buffer, size_t *cap,
                         size_t *len) GT_CHECKED;
/* GeoPackage binary with XY envelope (points: none). */
gt_status gt_geom_to_gpkg(gt_ctx *ctx, const gt_geom *geom, int32_t srs_id, uint8_t **buffer,
                          size_t *cap, size_t *len) GT_CHECKED;
/* Envelope straight from a blob's header where it has one, else from its coordinates. */
gt_status gt_gpkg_box(gt_ctx *ctx, const uint8_t *blob, size_t len, gt_box *out) GT_CHECKED;
/* RFC 7946 geometry object; digits = decimals kept (0-17), trailing zeros are not written. The same
 * in every locale. A geometry whose counts are out of step sets out->failed. */
void gt_geom_to_geojson(const gt_geom *geom, int digits, gt_text *out);
void gt_geom_to_wkt(const gt_geom *geom, int digits, gt_text *out);

#endif
