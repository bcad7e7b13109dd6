/* Between the flat geometry and GEOS's. Coordinates cross in bulk. */
#include "geo/geos_convert.h"

#include "geo/geom.h"
#include "geo/messages.h"

enum { DEPTH = 8 };

gt_status gt_geos_fail(gt_ctx *ctx, gt_geos *geos, const char *operation)
{
    gt_status st =
        gt_fail(ctx, GT_E_INPUT, &GT_MSG_GEOS_FAILED, GT_NOWHERE,
                GT_ARGS(GT_TEXT("operation", operation),
                        GT_TEXT("reason", geos->message[0] != '\0' ? geos->message : "?")));
    geos->message[0] = '\0';
    return st;
}

void gt_geos_destroy(gt_geos *geos, GEOSGeometry *geometry)
{
    if (geometry != NULL) {
        geos->lib->GEOSGeom_destroy_r(geos->handle, geometry);
    }
}

/* ---- to GEOS: NULL on failure, the reason in geos->message ----------------------------------- */

static GEOSCoordSequence *make_sequence(gt_geos *geos, const gt_geom *g, uint32_t from, uint32_t to)
{
    return geos->lib->GEOSCoordSeq_copyFromBuffer_r(geos->handle, g->xy + 2 * (size_t)from,
                                                    to - from, 0, 0);
}

static GEOSGeometry *make_point(gt_geos *geos, const gt_geom *g, uint32_t i)
{
    return geos->lib->GEOSGeom_createPointFromXY_r(geos->handle, g->xy[2 * (size_t)i],
                                                   g->xy[2 * (size_t)i + 1]);
}

static GEOSGeometry *make_line(gt_geos *geos, const gt_geom *g, uint32_t line, bool ring)
{
    uint32_t from = line == 0 ? 0 : g->ring_end[line - 1];
    GEOSCoordSequence *seq = make_sequence(geos, g, from, g->ring_end[line]);
    if (seq == NULL) {
        return NULL;
    }
    return ring ? geos->lib->GEOSGeom_createLinearRing_r(geos->handle, seq)
                : geos->lib->GEOSGeom_createLineString_r(geos->handle, seq);
}

/* `list` has room for the rings of the part. */
static GEOSGeometry *make_polygon(gt_geos *geos, const gt_geom *g, uint32_t part,
                                  GEOSGeometry **list)
{
    uint32_t first = part == 0 ? 0 : g->part_end[part - 1], n = g->part_end[part] - first;
    for (uint32_t i = 0; i < n; i++) {
        list[i] = make_line(geos, g, first + i, true);
        if (list[i] == NULL) {
            while (i > 0) {
                gt_geos_destroy(geos, list[--i]);
            }
            return NULL;
        }
    }
    return geos->lib->GEOSGeom_createPolygon_r(geos->handle, list[0], list + 1, n - 1);
}

static GEOSGeometry *make_single(gt_geos *geos, const gt_geom *g, gt_geom_type type, uint32_t i,
                                 GEOSGeometry **rings)
{
    return type == GT_POINT        ? make_point(geos, g, i)
           : type == GT_LINESTRING ? make_line(geos, g, i, false)
                                   : make_polygon(geos, g, i, rings);
}

static int geos_type(gt_geom_type type)
{
    static const int types[] = {
        GEOS_GEOMETRYCOLLECTION, GEOS_POINT,           GEOS_LINESTRING,  GEOS_POLYGON,
        GEOS_MULTIPOINT,         GEOS_MULTILINESTRING, GEOS_MULTIPOLYGON};
    return types[type];
}

gt_status gt_geos_from_geom(gt_ctx *ctx, gt_geos *geos, const gt_geom *g, GEOSGeometry **out)
{
    gt_status st = gt_geom_check(ctx, g);
    if (st != GT_OK) {
        return st;
    }
    bool multi = g->type >= GT_MULTIPOINT;
    gt_geom_type single = multi ? (gt_geom_type)(g->type - 3) : g->type;
    uint32_t n = single == GT_POINT        ? g->n_points
                 : single == GT_LINESTRING ? g->n_rings
                                           : g->n_parts;
    if (n == 0) {
        *out = geos->lib->GEOSGeom_createEmptyCollection_r(geos->handle, GEOS_GEOMETRYCOLLECTION);
        return *out != NULL ? GT_OK : gt_geos_fail(ctx, geos, "create");
    }
    GEOSGeometry **list = gt_alloc(ctx, (size_t)n + g->n_rings, sizeof(GEOSGeometry *));
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    uint32_t made = 0;
    while (made < n) {
        list[made] = make_single(geos, g, single, made, list + n);
        if (list[made] == NULL) {
            break;
        }
        made++;
    }
    if (made < n) {
        st = gt_geos_fail(ctx, geos, "create");
        while (made > 0) {
            gt_geos_destroy(geos, list[--made]);
        }
    } else {
        *out = multi ? geos->lib->GEOSGeom_createCollection_r(geos->handle, geos_type(g->type),
                                                              list, n)
                     : list[0];
        st = *out != NULL ? GT_OK : gt_geos_fail(ctx, geos, "create");
    }
    gt_free(ctx, list);
    return st;
}

/* ---- from GEOS ---------------------------------------------------------------------------------
 */

static gt_status take_ring(gt_ctx *ctx, gt_geos *geos, const GEOSGeometry *ring, gt_geom *out)
{
    const GEOSCoordSequence *seq = geos->lib->GEOSGeom_getCoordSeq_r(geos->handle, ring);
    unsigned n = 0;
    if (seq == NULL || geos->lib->GEOSCoordSeq_getSize_r(geos->handle, seq, &n) == 0) {
        return gt_geos_fail(ctx, geos, "read");
    }
    gt_status st = gt_geom_reserve(ctx, out, n, 1, 0);
    if (st != GT_OK) {
        return st;
    }
    if (geos->lib->GEOSCoordSeq_copyToBuffer_r(geos->handle, seq,
                                               out->xy + 2 * (size_t)out->n_points, 0, 0) == 0) {
        return gt_geos_fail(ctx, geos, "read");
    }
    out->n_points += n;
    return gt_geom_end_ring(ctx, out);
}

static gt_status take_polygon(gt_ctx *ctx, gt_geos *geos, const GEOSGeometry *polygon, gt_geom *out)
{
    if (geos->lib->GEOSisEmpty_r(geos->handle, polygon) != 0) {
        return GT_OK;
    }
    gt_status st =
        take_ring(ctx, geos, geos->lib->GEOSGetExteriorRing_r(geos->handle, polygon), out);
    int holes = geos->lib->GEOSGetNumInteriorRings_r(geos->handle, polygon);
    for (int i = 0; st == GT_OK && i < holes; i++) {
        st = take_ring(ctx, geos, geos->lib->GEOSGetInteriorRingN_r(geos->handle, polygon, i), out);
    }
    return st == GT_OK ? gt_geom_end_part(ctx, out) : st;
}

/* Appends the polygons of a geometry. Overlay results nest collections once; DEPTH is a guard. */
static gt_status take_polygons(gt_ctx *ctx, gt_geos *geos, const GEOSGeometry *from, int depth,
                               gt_geom *out)
{
    int type = geos->lib->GEOSGeomTypeId_r(geos->handle, from);
    if (type == GEOS_POLYGON) {
        return take_polygon(ctx, geos, from, out);
    }
    gt_status st = GT_OK;
    if ((type == GEOS_MULTIPOLYGON || type == GEOS_GEOMETRYCOLLECTION) && depth < DEPTH) {
        int n = geos->lib->GEOSGetNumGeometries_r(geos->handle, from);
        for (int i = 0; st == GT_OK && i < n; i++) {
            st = take_polygons(ctx, geos, geos->lib->GEOSGetGeometryN_r(geos->handle, from, i),
                               depth + 1, out);
        }
    }
    return st;
}

gt_status gt_geos_take_result(gt_ctx *ctx, gt_geos *geos, GEOSGeometry *result,
                              const char *operation, gt_geom *out)
{
    gt_geom_reset(out, GT_MULTIPOLYGON);
    if (result == NULL) {
        return gt_geos_fail(ctx, geos, operation);
    }
    gt_status st = take_polygons(ctx, geos, result, 0, out);
    gt_geos_destroy(geos, result);
    if (st != GT_OK) {
        gt_geom_reset(out, GT_MULTIPOLYGON);
    } else if (out->n_parts == 1) {
        out->type = GT_POLYGON;
    }
    return st;
}
