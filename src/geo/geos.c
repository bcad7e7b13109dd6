/* Bridge to GEOS through its reentrant C API. Coordinates cross in bulk
 * (GEOSCoordSeq_copyFromBuffer_r, GEOSCoordSeq_copyToBuffer_r); what GEOS says goes to a buffer of
 * the handle and from there into the error record. GEOS allocates with its own malloc: its memory
 * does not count against the ceiling. */
#include "guotu/geos.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "geo/geom.h"
#include "geo/geos_convert.h"
#include "geo/messages.h"

enum { QUARTER_SEGMENTS = 16 };

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
    gt_status st = gt_geos_load(ctx, &geos->lib);
    if (st != GT_OK) {
        gt_free(ctx, geos);
        return st;
    }
    geos->handle = geos->lib->GEOS_init_r();
    if (geos->handle == NULL) {
        gt_free(ctx, geos);
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_GEOS_START, GT_NOWHERE, GT_NO_ARGS);
    }
    geos->lib->GEOSContext_setErrorMessageHandler_r(geos->handle, keep_message, geos);
    geos->lib->GEOSContext_setNoticeMessageHandler_r(geos->handle, drop_message, geos);
    *out = geos;
    return GT_OK;
}

void gt_geos_free(gt_geos *geos)
{
    if (geos != NULL) {
        geos->lib->GEOS_finish_r(geos->handle);
        gt_free(geos->ctx, geos);
    }
}

void gt_geos_trust(gt_geos *geos, bool inputs_are_valid)
{
    geos->trusted = inputs_are_valid;
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
    if (location != NULL && geos->lib->GEOSisEmpty_r(geos->handle, location) == 0) {
        (void)geos->lib->GEOSGeomGetX_r(geos->handle, location, x);
        (void)geos->lib->GEOSGeomGetY_r(geos->handle, location, y);
    }
}

static gt_status validity(gt_ctx *ctx, gt_geos *geos, const GEOSGeometry *geometry, bool *valid,
                          char reason[64], double *x, double *y)
{
    char *text = NULL;
    GEOSGeometry *location = NULL;
    char answer = geos->lib->GEOSisValidDetail_r(geos->handle, geometry, 0, &text, &location);
    if (answer == 0) {
        (void)snprintf(reason, 64, "%s", text != NULL ? text : "invalid");
        place_of(geos, location, x, y);
    }
    if (text != NULL) {
        geos->lib->GEOSFree_r(geos->handle, text);
    }
    gt_geos_destroy(geos, location);
    *valid = answer == 1;
    return answer == 2 ? gt_geos_fail(ctx, geos, "validity") : GT_OK;
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
        st = gt_geos_from_geom(ctx, geos, geom, &geometry);
    }
    if (st == GT_OK) {
        st = validity(ctx, geos, geometry, valid, reason, x, y);
    }
    gt_geos_destroy(geos, geometry);
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
        st = gt_geos_from_geom(ctx, geos, geom, out);
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
        st = gt_geos_take_result(ctx, geos, fn(geos->handle, ga, gb), name, out);
    }
    gt_geos_destroy(geos, ga);
    gt_geos_destroy(geos, gb);
    return st;
}

gt_status gt_geos_intersection(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                               gt_geom *out)
{
    return overlay(ctx, geos, a, b, geos->lib->GEOSIntersection_r, "intersection", out);
}

gt_status gt_geos_difference(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                             gt_geom *out)
{
    return overlay(ctx, geos, a, b, geos->lib->GEOSDifference_r, "difference", out);
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
    all = geos->lib->GEOSGeom_createCollection_r(geos->handle, GEOS_GEOMETRYCOLLECTION, list,
                                                 (unsigned)n);
    owned = 0; /* consumed, also when it fails */
    st = all == NULL ? gt_geos_fail(ctx, geos, "union")
                     : gt_geos_take_result(
                           ctx, geos, geos->lib->GEOSUnaryUnion_r(geos->handle, all), "union", out);
done:
    for (size_t i = 0; i < owned; i++) {
        gt_geos_destroy(geos, list[i]);
    }
    gt_geos_destroy(geos, all);
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
        st = gt_geos_from_geom(ctx, geos, &mended, &in);
    }
    if (st != GT_OK) {
        goto done;
    }
    params = geos->lib->GEOSMakeValidParams_create_r(geos->handle);
    if (params != NULL &&
        geos->lib->GEOSMakeValidParams_setMethod_r(geos->handle, params,
                                                   GEOS_MAKE_VALID_STRUCTURE) != 0 &&
        geos->lib->GEOSMakeValidParams_setKeepCollapsed_r(geos->handle, params, 0) != 0) {
        result = geos->lib->GEOSMakeValidWithParams_r(geos->handle, in, params);
    }
    st = gt_geos_take_result(ctx, geos, result, "make-valid", out);
done:
    if (params != NULL) {
        geos->lib->GEOSMakeValidParams_destroy_r(geos->handle, params);
    }
    gt_geos_destroy(geos, in);
    gt_geom_free(ctx, &mended);
    return st;
}

/* Facet distance by index does not see that one geometry lies inside the other. */
static bool distance_of(gt_geos *geos, const GEOSGeometry *a, const GEOSGeometry *b, double *out)
{
    char meets = geos->lib->GEOSIntersects_r(geos->handle, a, b);
    if (meets == 1) {
        *out = 0;
        return true;
    }
    return meets == 0 && geos->lib->GEOSDistanceIndexed_r(geos->handle, a, b, out) != 0;
}

static gt_status fail_empty(gt_ctx *ctx, gt_geos *geos, const char *operation)
{
    (void)snprintf(geos->message, sizeof geos->message, "%s", "a geometry is empty");
    return gt_geos_fail(ctx, geos, operation);
}

gt_status gt_geos_distance(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                           double *metres)
{
    if (a->n_points == 0 || b->n_points == 0) {
        return fail_empty(ctx, geos, "distance");
    }
    GEOSGeometry *ga = NULL, *gb = NULL;
    double distance = 0;
    gt_status st = gt_geos_from_geom(ctx, geos, a, &ga);
    if (st == GT_OK) {
        st = gt_geos_from_geom(ctx, geos, b, &gb);
    }
    if (st == GT_OK && !distance_of(geos, ga, gb, &distance)) {
        st = gt_geos_fail(ctx, geos, "distance");
    }
    if (st == GT_OK) {
        *metres = distance;
    }
    gt_geos_destroy(geos, ga);
    gt_geos_destroy(geos, gb);
    return st;
}

gt_status gt_geos_length_inside(gt_ctx *ctx, gt_geos *geos, const gt_geom *line,
                                const gt_geom *polygon, double *metres)
{
    GEOSGeometry *gl = NULL, *gp = NULL, *inside = NULL;
    double length = 0;
    gt_status st = gt_geos_from_geom(ctx, geos, line, &gl);
    if (st == GT_OK) {
        st = gt_geos_from_geom(ctx, geos, polygon, &gp);
    }
    if (st == GT_OK) {
        inside = geos->lib->GEOSIntersection_r(geos->handle, gl, gp);
        bool failed = inside == NULL || geos->lib->GEOSLength_r(geos->handle, inside, &length) != 1;
        st = failed ? gt_geos_fail(ctx, geos, "length inside") : GT_OK;
    }
    if (st == GT_OK) {
        *metres = length;
    }
    gt_geos_destroy(geos, gl);
    gt_geos_destroy(geos, gp);
    gt_geos_destroy(geos, inside);
    return st;
}

gt_status gt_geos_buffer(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, double metres,
                         gt_geom *out)
{
    GEOSGeometry *in = NULL;
    gt_geom_reset(out, GT_MULTIPOLYGON);
    gt_status st = input(ctx, geos, geom, "given", &in);
    if (st == GT_OK) {
        st = gt_geos_take_result(
            ctx, geos, geos->lib->GEOSBuffer_r(geos->handle, in, metres, QUARTER_SEGMENTS),
            "buffer", out);
    }
    gt_geos_destroy(geos, in);
    return st;
}

gt_status gt_geos_label_point(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, double *x, double *y)
{
    if (geom->n_points == 0) {
        return fail_empty(ctx, geos, "label point");
    }
    GEOSGeometry *in = NULL, *point = NULL;
    gt_status st = gt_geos_from_geom(ctx, geos, geom, &in);
    if (st == GT_OK) {
        point = geos->lib->GEOSPointOnSurface_r(geos->handle, in);
        st = point != NULL && geos->lib->GEOSisEmpty_r(geos->handle, point) == 0
                 ? GT_OK
                 : gt_geos_fail(ctx, geos, "label point");
    }
    if (st == GT_OK) {
        place_of(geos, point, x, y);
    }
    gt_geos_destroy(geos, in);
    gt_geos_destroy(geos, point);
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
        p->prepared = geos->lib->GEOSPrepare_r(geos->handle, p->geometry);
        st = p->prepared != NULL ? GT_OK : gt_geos_fail(ctx, geos, "prepare");
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
        p->geos->lib->GEOSPreparedGeom_destroy_r(p->geos->handle, p->prepared);
    }
    gt_geos_destroy(p->geos, p->geometry);
    gt_free(p->geos->ctx, p);
}

typedef char (*prepared_fn)(GEOSContextHandle_t, const GEOSPreparedGeometry *,
                            const GEOSGeometry *);

static gt_status ask(gt_ctx *ctx, gt_prepared *p, const gt_geom *other, prepared_fn fn,
                     const char *name, bool *yes)
{
    GEOSGeometry *geometry = NULL;
    gt_status st = gt_geos_from_geom(ctx, p->geos, other, &geometry);
    if (st == GT_OK) {
        char answer = fn(p->geos->handle, p->prepared, geometry);
        st = answer == 2 ? gt_geos_fail(ctx, p->geos, name) : GT_OK;
        *yes = st == GT_OK ? answer == 1 : *yes;
    }
    gt_geos_destroy(p->geos, geometry);
    return st;
}

gt_status gt_prepared_intersects(gt_ctx *ctx, gt_prepared *prepared, const gt_geom *other,
                                 bool *yes)
{
    return ask(ctx, prepared, other, prepared->geos->lib->GEOSPreparedIntersects_r, "intersects",
               yes);
}

gt_status gt_prepared_covers(gt_ctx *ctx, gt_prepared *prepared, const gt_geom *other, bool *yes)
{
    return ask(ctx, prepared, other, prepared->geos->lib->GEOSPreparedCovers_r, "covers", yes);
}
