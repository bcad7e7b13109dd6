/* Bridge to GEOS through its reentrant C API. Coordinates cross in bulk
 * (GEOSCoordSeq_copyFromBuffer_r, GEOSCoordSeq_copyToBuffer_r); what GEOS says goes to a buffer of
 * the handle and from there into the error record. GEOS allocates with its own malloc: its memory
 * does not count against the ceiling. */
#include "guotu/geos.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <geos_c.h>

#include "geo/geom.h"
#include "geo/messages.h"

enum { MESSAGE = 256, QUARTER_SEGMENTS = 16, DEPTH = 8 };

struct gt_geos {
    gt_ctx *ctx;
    GEOSContextHandle_t handle;
    bool trusted;
    char message[MESSAGE]; /* last error text of GEOS */
};

struct gt_prepared {
    gt_geos *geos; /* borrowed */
    GEOSGeometry *geometry;
    const GEOSPreparedGeometry *prepared;
};

static void keep_message(const char *message, void *user)
{
    gt_geos *geos = user;
    (void)snprintf(geos->message, sizeof geos->message, "%s", message);
}

static void drop_message(const char *message, void *user)
{
    (void)message;
    (void)user;
}

gt_status gt_geos_new(gt_ctx *ctx, gt_geos **out)
{
    gt_geos *geos = gt_zalloc(ctx, 1, sizeof *geos);
    if (geos == NULL) {
        return GT_E_MEMORY;
    }
    geos->ctx = ctx;
    geos->handle = GEOS_init_r();
    if (geos->handle == NULL) {
        gt_free(ctx, geos);
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_GEOS_START, GT_NOWHERE, GT_NO_ARGS);
    }
    GEOSContext_setErrorMessageHandler_r(geos->handle, keep_message, geos);
    GEOSContext_setNoticeMessageHandler_r(geos->handle, drop_message, geos);
    *out = geos;
    return GT_OK;
}

void gt_geos_free(gt_geos *geos)
{
    if (geos != NULL) {
        GEOS_finish_r(geos->handle);
        gt_free(geos->ctx, geos);
    }
}

void gt_geos_trust(gt_geos *geos, bool inputs_are_valid)
{
    geos->trusted = inputs_are_valid;
}

static gt_status fail_geos(gt_ctx *ctx, gt_geos *geos, const char *operation)
{
    gt_status st =
        gt_fail(ctx, GT_E_INPUT, &GT_MSG_GEOS_FAILED, GT_NOWHERE,
                GT_ARGS(GT_TEXT("operation", operation),
                        GT_TEXT("reason", geos->message[0] != '\0' ? geos->message : "?")));
    geos->message[0] = '\0';
    return st;
}

static void destroy(gt_geos *geos, GEOSGeometry *geometry)
{
    if (geometry != NULL) {
        GEOSGeom_destroy_r(geos->handle, geometry);
    }
}

/* ---- to GEOS: NULL on failure, the reason in geos->message ----------------------------------- */

static GEOSCoordSequence *make_sequence(gt_geos *geos, const gt_geom *g, uint32_t from, uint32_t to)
{
    return GEOSCoordSeq_copyFromBuffer_r(geos->handle, g->xy + 2 * (size_t)from, to - from, 0, 0);
}

static GEOSGeometry *make_point(gt_geos *geos, const gt_geom *g, uint32_t i)
{
    return GEOSGeom_createPointFromXY_r(geos->handle, g->xy[2 * (size_t)i],
                                        g->xy[2 * (size_t)i + 1]);
}

static GEOSGeometry *make_line(gt_geos *geos, const gt_geom *g, uint32_t line, bool ring)
{
    uint32_t from = line == 0 ? 0 : g->ring_end[line - 1];
    GEOSCoordSequence *seq = make_sequence(geos, g, from, g->ring_end[line]);
    if (seq == NULL) {
        return NULL;
    }
    return ring ? GEOSGeom_createLinearRing_r(geos->handle, seq)
                : GEOSGeom_createLineString_r(geos->handle, seq);
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
                destroy(geos, list[--i]);
            }
            return NULL;
        }
    }
    return GEOSGeom_createPolygon_r(geos->handle, list[0], list + 1, n - 1);
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

/* The geometry for GEOS in *out, owned by the caller. */
static gt_status to_geos(gt_ctx *ctx, gt_geos *geos, const gt_geom *g, GEOSGeometry **out)
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
        *out = GEOSGeom_createEmptyCollection_r(geos->handle, GEOS_GEOMETRYCOLLECTION);
        return *out != NULL ? GT_OK : fail_geos(ctx, geos, "create");
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
        st = fail_geos(ctx, geos, "create");
        while (made > 0) {
            destroy(geos, list[--made]);
        }
    } else {
        *out = multi ? GEOSGeom_createCollection_r(geos->handle, geos_type(g->type), list, n)
                     : list[0];
        st = *out != NULL ? GT_OK : fail_geos(ctx, geos, "create");
    }
    gt_free(ctx, list);
    return st;
}

/* ---- from GEOS ---------------------------------------------------------------------------------
 */

static gt_status take_ring(gt_ctx *ctx, gt_geos *geos, const GEOSGeometry *ring, gt_geom *out)
{
    const GEOSCoordSequence *seq = GEOSGeom_getCoordSeq_r(geos->handle, ring);
    unsigned n = 0;
    if (seq == NULL || GEOSCoordSeq_getSize_r(geos->handle, seq, &n) == 0) {
        return fail_geos(ctx, geos, "read");
    }
    gt_status st = gt_geom_reserve(ctx, out, n, 1, 0);
    if (st != GT_OK) {
        return st;
    }
    if (GEOSCoordSeq_copyToBuffer_r(geos->handle, seq, out->xy + 2 * (size_t)out->n_points, 0, 0) ==
        0) {
        return fail_geos(ctx, geos, "read");
    }
    out->n_points += n;
    return gt_geom_end_ring(ctx, out);
}

static gt_status take_polygon(gt_ctx *ctx, gt_geos *geos, const GEOSGeometry *polygon, gt_geom *out)
{
    if (GEOSisEmpty_r(geos->handle, polygon) != 0) {
        return GT_OK;
    }
    gt_status st = take_ring(ctx, geos, GEOSGetExteriorRing_r(geos->handle, polygon), out);
    int holes = GEOSGetNumInteriorRings_r(geos->handle, polygon);
    for (int i = 0; st == GT_OK && i < holes; i++) {
        st = take_ring(ctx, geos, GEOSGetInteriorRingN_r(geos->handle, polygon, i), out);
    }
    return st == GT_OK ? gt_geom_end_part(ctx, out) : st;
}

/* Appends the polygons of a geometry. Overlay results nest collections once; DEPTH is a guard. */
static gt_status take_polygons(gt_ctx *ctx, gt_geos *geos, const GEOSGeometry *from, int depth,
                               gt_geom *out)
{
    int type = GEOSGeomTypeId_r(geos->handle, from);
    if (type == GEOS_POLYGON) {
        return take_polygon(ctx, geos, from, out);
    }
    gt_status st = GT_OK;
    if ((type == GEOS_MULTIPOLYGON || type == GEOS_GEOMETRYCOLLECTION) && depth < DEPTH) {
        int n = GEOSGetNumGeometries_r(geos->handle, from);
        for (int i = 0; st == GT_OK && i < n; i++) {
            st =
                take_polygons(ctx, geos, GEOSGetGeometryN_r(geos->handle, from, i), depth + 1, out);
        }
    }
    return st;
}

/* Consumes `result` (NULL: GEOS failed). */
static gt_status take_result(gt_ctx *ctx, gt_geos *geos, GEOSGeometry *result,
                             const char *operation, gt_geom *out)
{
    gt_geom_reset(out, GT_MULTIPOLYGON);
    if (result == NULL) {
        return fail_geos(ctx, geos, operation);
    }
    gt_status st = take_polygons(ctx, geos, result, 0, out);
    destroy(geos, result);
    if (st != GT_OK) {
        gt_geom_reset(out, GT_MULTIPOLYGON);
    } else if (out->n_parts == 1) {
        out->type = GT_POLYGON;
    }
    return st;
}

/* ---- validity ----------------------------------------------------------------------------------
 */

/* Faults that GEOS refuses to build a geometry from. */
static bool ring_fault(const gt_geom *g, char reason[64], double *x, double *y)
{
    if (g->type != GT_POLYGON && g->type != GT_MULTIPOLYGON) {
        return false;
    }
    for (uint32_t r = 0, from = 0; r < g->n_rings; from = g->ring_end[r++]) {
        uint32_t n = g->ring_end[r] - from;
        const double *first = g->xy + 2 * (size_t)from;
        const double *last = g->xy + 2 * ((size_t)g->ring_end[r] - 1);
        bool open = first[0] != last[0] || first[1] != last[1];
        if (open || n < 4) {
            (void)snprintf(reason, 64, "%s", open ? "Ring not closed" : "Too few points in ring");
            *x = first[0];
            *y = first[1];
            return true;
        }
    }
    return false;
}

static void place_of(gt_geos *geos, const GEOSGeometry *location, double *x, double *y)
{
    if (location != NULL && GEOSisEmpty_r(geos->handle, location) == 0) {
        (void)GEOSGeomGetX_r(geos->handle, location, x);
        (void)GEOSGeomGetY_r(geos->handle, location, y);
    }
}

static gt_status validity(gt_ctx *ctx, gt_geos *geos, const GEOSGeometry *geometry, bool *valid,
                          char reason[64], double *x, double *y)
{
    char *text = NULL;
    GEOSGeometry *location = NULL;
    char answer = GEOSisValidDetail_r(geos->handle, geometry, 0, &text, &location);
    if (answer == 0) {
        (void)snprintf(reason, 64, "%s", text != NULL ? text : "invalid");
        place_of(geos, location, x, y);
    }
    if (text != NULL) {
        GEOSFree_r(geos->handle, text);
    }
    destroy(geos, location);
    *valid = answer == 1;
    return answer == 2 ? fail_geos(ctx, geos, "validity") : GT_OK;
}

gt_status gt_geos_validity(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, bool *valid,
                           char reason[64], double *x, double *y)
{
    GEOSGeometry *geometry = NULL;
    reason[0] = '\0';
    *x = geom->n_points > 0 ? geom->xy[0] : 0;
    *y = geom->n_points > 0 ? geom->xy[1] : 0;
    gt_status st = gt_geom_check(ctx, geom);
    if (st == GT_OK && ring_fault(geom, reason, x, y)) {
        *valid = false;
        return GT_OK;
    }
    if (st == GT_OK) {
        st = to_geos(ctx, geos, geom, &geometry);
    }
    if (st == GT_OK) {
        st = validity(ctx, geos, geometry, valid, reason, x, y);
    }
    destroy(geos, geometry);
    return st;
}

/* An input of an overlay: converted and, unless trusted, found valid. */
static gt_status input(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, const char *which,
                       GEOSGeometry **out)
{
    char reason[64] = "";
    double x = 0, y = 0;
    bool valid = true;
    gt_status st = gt_geom_check(ctx, geom);
    if (st == GT_OK && ring_fault(geom, reason, &x, &y)) {
        valid = false;
    }
    if (st == GT_OK && valid) {
        st = to_geos(ctx, geos, geom, out);
    }
    if (st == GT_OK && valid && !geos->trusted) {
        st = validity(ctx, geos, *out, &valid, reason, &x, &y);
    }
    if (st == GT_OK && !valid) {
        st =
            gt_fail(ctx, GT_E_INPUT, &GT_MSG_GEOS_INVALID, GT_PLACE(.has_xy = true, .x = x, .y = y),
                    GT_ARGS(GT_TEXT("which", which), GT_TEXT("reason", reason)));
    }
    return st;
}

/* ---- operations --------------------------------------------------------------------------------
 */

typedef GEOSGeometry *(*overlay_fn)(GEOSContextHandle_t, const GEOSGeometry *,
                                    const GEOSGeometry *);

static gt_status overlay(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                         overlay_fn fn, const char *name, gt_geom *out)
{
    GEOSGeometry *ga = NULL, *gb = NULL;
    gt_geom_reset(out, GT_MULTIPOLYGON);
    gt_status st = input(ctx, geos, a, "first", &ga);
    if (st == GT_OK) {
        st = input(ctx, geos, b, "second", &gb);
    }
    if (st == GT_OK) {
        st = take_result(ctx, geos, fn(geos->handle, ga, gb), name, out);
    }
    destroy(geos, ga);
    destroy(geos, gb);
    return st;
}

gt_status gt_geos_intersection(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                               gt_geom *out)
{
    return overlay(ctx, geos, a, b, GEOSIntersection_r, "intersection", out);
}

gt_status gt_geos_difference(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                             gt_geom *out)
{
    return overlay(ctx, geos, a, b, GEOSDifference_r, "difference", out);
}

gt_status gt_geos_union(gt_ctx *ctx, gt_geos *geos, const gt_geom *const *parts, size_t n,
                        gt_geom *out)
{
    gt_geom_reset(out, GT_MULTIPOLYGON);
    if (n == 0) {
        return GT_OK;
    }
    if (n > UINT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GEO_TOO_MANY, GT_NOWHERE,
                       GT_ARGS(GT_INT("max", UINT32_MAX)));
    }
    GEOSGeometry **list = gt_zalloc(ctx, n, sizeof(GEOSGeometry *));
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    GEOSGeometry *all = NULL;
    gt_status st = GT_OK;
    size_t owned = n;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        char which[32];
        (void)snprintf(which, sizeof which, "%zu.", i + 1);
        st = input(ctx, geos, parts[i], which, &list[i]);
    }
    if (st != GT_OK) {
        goto done;
    }
    all = GEOSGeom_createCollection_r(geos->handle, GEOS_GEOMETRYCOLLECTION, list, (unsigned)n);
    owned = 0; /* consumed, also when it fails */
    st = all == NULL ? fail_geos(ctx, geos, "union")
                     : take_result(ctx, geos, GEOSUnaryUnion_r(geos->handle, all), "union", out);
done:
    for (size_t i = 0; i < owned; i++) {
        destroy(geos, list[i]);
    }
    destroy(geos, all);
    gt_free(ctx, list);
    return st;
}

/* Copy of geom with open rings closed and rings of under 4 points dropped. */
static gt_status mend_rings(gt_ctx *ctx, const gt_geom *geom, gt_geom *to)
{
    gt_geom_reset(to, geom->type);
    gt_status st = GT_OK;
    uint32_t ring = 0, from = 0;
    for (uint32_t part = 0; st == GT_OK && part < geom->n_parts; part++) {
        bool shell_lost = false;
        uint32_t first = ring, kept = to->n_rings;
        for (; st == GT_OK && ring < geom->part_end[part]; ring++) {
            uint32_t end = geom->ring_end[ring], n = end - from;
            const double *a = geom->xy + 2 * (size_t)from, *b = geom->xy + 2 * ((size_t)end - 1);
            bool open = a[0] != b[0] || a[1] != b[1];
            from = end;
            if (n + (open ? 1U : 0U) < 4 || shell_lost) {
                shell_lost = shell_lost || ring == first; /* its holes are holes in nothing */
                continue;
            }
            st = gt_geom_reserve(ctx, to, (size_t)n + 1, 1, 0);
            if (st == GT_OK) {
                memcpy(to->xy + 2 * (size_t)to->n_points, a, (size_t)n * 16);
                to->n_points += n;
                st = open ? gt_geom_add_point(ctx, to, a[0], a[1]) : GT_OK;
            }
            if (st == GT_OK) {
                st = gt_geom_end_ring(ctx, to);
            }
        }
        if (st == GT_OK && to->n_rings > kept) {
            st = gt_geom_end_part(ctx, to);
        }
    }
    return st;
}

gt_status gt_geos_make_valid(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, gt_geom *out)
{
    gt_geom mended;
    GEOSGeometry *in = NULL, *result = NULL;
    GEOSMakeValidParams *params = NULL;
    gt_geom_init(&mended);
    gt_geom_reset(out, GT_MULTIPOLYGON);
    gt_status st = gt_geom_check(ctx, geom);
    if (st == GT_OK) {
        st = mend_rings(ctx, geom, &mended);
    }
    if (st == GT_OK) {
        st = to_geos(ctx, geos, &mended, &in);
    }
    if (st != GT_OK) {
        goto done;
    }
    params = GEOSMakeValidParams_create_r(geos->handle);
    if (params != NULL &&
        GEOSMakeValidParams_setMethod_r(geos->handle, params, GEOS_MAKE_VALID_STRUCTURE) != 0 &&
        GEOSMakeValidParams_setKeepCollapsed_r(geos->handle, params, 0) != 0) {
        result = GEOSMakeValidWithParams_r(geos->handle, in, params);
    }
    st = take_result(ctx, geos, result, "make-valid", out);
done:
    if (params != NULL) {
        GEOSMakeValidParams_destroy_r(geos->handle, params);
    }
    destroy(geos, in);
    gt_geom_free(ctx, &mended);
    return st;
}

/* Facet distance by index does not see that one geometry lies inside the other. */
static bool distance_of(gt_geos *geos, const GEOSGeometry *a, const GEOSGeometry *b, double *out)
{
    char meets = GEOSIntersects_r(geos->handle, a, b);
    if (meets == 1) {
        *out = 0;
        return true;
    }
    return meets == 0 && GEOSDistanceIndexed_r(geos->handle, a, b, out) != 0;
}

static gt_status fail_empty(gt_ctx *ctx, gt_geos *geos, const char *operation)
{
    (void)snprintf(geos->message, sizeof geos->message, "%s", "a geometry is empty");
    return fail_geos(ctx, geos, operation);
}

gt_status gt_geos_distance(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                           double *metres)
{
    if (a->n_points == 0 || b->n_points == 0) {
        return fail_empty(ctx, geos, "distance");
    }
    GEOSGeometry *ga = NULL, *gb = NULL;
    double distance = 0;
    gt_status st = to_geos(ctx, geos, a, &ga);
    if (st == GT_OK) {
        st = to_geos(ctx, geos, b, &gb);
    }
    if (st == GT_OK && !distance_of(geos, ga, gb, &distance)) {
        st = fail_geos(ctx, geos, "distance");
    }
    if (st == GT_OK) {
        *metres = distance;
    }
    destroy(geos, ga);
    destroy(geos, gb);
    return st;
}

gt_status gt_geos_length_inside(gt_ctx *ctx, gt_geos *geos, const gt_geom *line,
                                const gt_geom *polygon, double *metres)
{
    GEOSGeometry *gl = NULL, *gp = NULL, *inside = NULL;
    double length = 0;
    gt_status st = to_geos(ctx, geos, line, &gl);
    if (st == GT_OK) {
        st = to_geos(ctx, geos, polygon, &gp);
    }
    if (st == GT_OK) {
        inside = GEOSIntersection_r(geos->handle, gl, gp);
        bool failed = inside == NULL || GEOSLength_r(geos->handle, inside, &length) != 1;
        st = failed ? fail_geos(ctx, geos, "length inside") : GT_OK;
    }
    if (st == GT_OK) {
        *metres = length;
    }
    destroy(geos, gl);
    destroy(geos, gp);
    destroy(geos, inside);
    return st;
}

gt_status gt_geos_buffer(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, double metres,
                         gt_geom *out)
{
    GEOSGeometry *in = NULL;
    gt_geom_reset(out, GT_MULTIPOLYGON);
    gt_status st = input(ctx, geos, geom, "given", &in);
    if (st == GT_OK) {
        st = take_result(ctx, geos, GEOSBuffer_r(geos->handle, in, metres, QUARTER_SEGMENTS),
                         "buffer", out);
    }
    destroy(geos, in);
    return st;
}

gt_status gt_geos_label_point(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, double *x, double *y)
{
    if (geom->n_points == 0) {
        return fail_empty(ctx, geos, "label point");
    }
    GEOSGeometry *in = NULL, *point = NULL;
    gt_status st = to_geos(ctx, geos, geom, &in);
    if (st == GT_OK) {
        point = GEOSPointOnSurface_r(geos->handle, in);
        st = point != NULL && GEOSisEmpty_r(geos->handle, point) == 0
                 ? GT_OK
                 : fail_geos(ctx, geos, "label point");
    }
    if (st == GT_OK) {
        place_of(geos, point, x, y);
    }
    destroy(geos, in);
    destroy(geos, point);
    return st;
}

/* ---- prepared ----------------------------------------------------------------------------------
 */

gt_status gt_geos_prepare(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, gt_prepared **out)
{
    gt_prepared *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    p->geos = geos;
    gt_status st = input(ctx, geos, geom, "given", &p->geometry);
    if (st == GT_OK) {
        p->prepared = GEOSPrepare_r(geos->handle, p->geometry);
        st = p->prepared != NULL ? GT_OK : fail_geos(ctx, geos, "prepare");
    }
    if (st != GT_OK) {
        gt_prepared_free(p);
        return st;
    }
    *out = p;
    return GT_OK;
}

void gt_prepared_free(gt_prepared *p)
{
    if (p == NULL) {
        return;
    }
    if (p->prepared != NULL) {
        GEOSPreparedGeom_destroy_r(p->geos->handle, p->prepared);
    }
    destroy(p->geos, p->geometry);
    gt_free(p->geos->ctx, p);
}

typedef char (*prepared_fn)(GEOSContextHandle_t, const GEOSPreparedGeometry *,
                            const GEOSGeometry *);

static gt_status ask(gt_ctx *ctx, gt_prepared *p, const gt_geom *other, prepared_fn fn,
                     const char *name, bool *yes)
{
    GEOSGeometry *geometry = NULL;
    gt_status st = to_geos(ctx, p->geos, other, &geometry);
    if (st == GT_OK) {
        char answer = fn(p->geos->handle, p->prepared, geometry);
        st = answer == 2 ? fail_geos(ctx, p->geos, name) : GT_OK;
        *yes = st == GT_OK ? answer == 1 : *yes;
    }
    destroy(p->geos, geometry);
    return st;
}

gt_status gt_prepared_intersects(gt_ctx *ctx, gt_prepared *prepared, const gt_geom *other,
                                 bool *yes)
{
    return ask(ctx, prepared, other, GEOSPreparedIntersects_r, "intersects", yes);
}

gt_status gt_prepared_covers(gt_ctx *ctx, gt_prepared *prepared, const gt_geom *other, bool *yes)
{
    return ask(ctx, prepared, other, GEOSPreparedCovers_r, "covers", yes);
}
