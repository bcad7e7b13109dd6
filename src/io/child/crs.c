/* Which CRS the coordinates are in, and the way to the one that is wanted. */
#include <cpl_conv.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <string.h>

#include "io/messages.h"
#include "reader.h"

/* GeoPackage has two names for "not known"; an engineering CRS has no place on the Earth. */
static bool is_unknown(OGRSpatialReferenceH srs)
{
    const char *name = OSRGetName(srs);
    return OSRIsLocal(srs) ||
           (name != NULL &&
            (strncmp(name, "Undefined ", 10) == 0 || strcmp(name, "unknown") == 0) &&
            OSRGetAuthorityCode(srs, NULL) == NULL && !OSRIsProjected(srs));
}

gt_status io_crs_of(gt_ctx *ctx, OGRSpatialReferenceH given, gt_crs **out)
{
    if (given == NULL || is_unknown(given)) {
        return GT_OK;
    }
    OGRSpatialReferenceH srs = OSRClone(given);
    (void)OSRStripVertical(srs);
    const char *authority = OSRGetAuthorityName(srs, NULL);
    const char *code = OSRGetAuthorityCode(srs, NULL);
    gt_status st = GT_OK;
    char text[64];
    char *wkt = NULL;
    if (authority != NULL && code != NULL && strcmp(authority, "EPSG") == 0 && strlen(code) < 16) {
        (void)snprintf(text, sizeof text, "EPSG:%s", code);
        st = gt_crs_new(ctx, text, out);
    } else {
        const char *const options[] = {"FORMAT=WKT2_2018", NULL};
        st = OSRExportToWktEx(srs, &wkt, options) == OGRERR_NONE
                 ? gt_crs_new(ctx, wkt, out)
                 : gt_fail(ctx, GT_E_INPUT, &GT_MSG_IO_NO_CRS, GT_NOWHERE, GT_NO_ARGS);
    }
    CPLFree(wkt);
    OSRDestroySpatialReference(srs);
    return st;
}

/* The two commonest mistakes, seen from the extent when it is at hand: metres under a CRS of
 * degrees (a thousand is far beyond a stray point), and degrees of China under a plane CRS (there
 * they would be a spot of 70 x 52 m near the plane's origin). */
static bool is_implausible(const OGREnvelope *e, bool geographic)
{
    if (geographic) {
        return fmax(fabs(e->MinX), fabs(e->MaxX)) > 1000 ||
               fmax(fabs(e->MinY), fabs(e->MaxY)) > 1000;
    }
    return e->MinX >= 70 && e->MaxX <= 140 && e->MinY >= 3 && e->MaxY <= 55;
}

static gt_status check_extent(io_reader *r)
{
    OGREnvelope e;
    memset(&e, 0, sizeof e);
    const bool geographic = gt_crs_is_geographic(r->source);
    if (OGR_L_GetExtent(r->data.layer, &e, FALSE) != OGRERR_NONE || !(e.MinX <= e.MaxX) ||
        !is_implausible(&e, geographic)) {
        return GT_OK;
    }
    return gt_fail(r->session->ctx, GT_E_INPUT,
                   geographic ? &GT_MSG_IO_CRS_WRONG : &GT_MSG_IO_CRS_DEGREES, GT_NOWHERE,
                   GT_ARGS(GT_REAL("xmin", e.MinX), GT_REAL("ymin", e.MinY),
                           GT_REAL("xmax", e.MaxX), GT_REAL("ymax", e.MaxY),
                           GT_TEXT("crs", gt_crs_name(r->source))));
}

gt_status io_reader_crs(io_reader *r)
{
    gt_ctx *ctx = r->session->ctx;
    const gt_read_ask *ask = r->ask;
    if (!r->info.has_geometry) {
        return GT_OK;
    }
    gt_status st = GT_OK;
    if (ask->crs == NULL && strcmp(r->data.driver, "GeoJSON") == 0) {
        st = io_reader_geojson_crs(r);
    }
    if (st != GT_OK) {
        return st;
    }
    st = ask->crs != NULL ? gt_crs_new(ctx, ask->crs, &r->source)
                          : io_crs_of(ctx, OGR_L_GetSpatialRef(r->data.layer), &r->source);
    io_log_reset(r->session);
    if (st != GT_OK) {
        return st;
    }
    if (r->source == NULL) {
        return ask->target_crs == NULL && ask->datum == GT_DATUM_AS_STATED
                   ? GT_OK
                   : gt_fail(ctx, GT_E_INPUT, &GT_MSG_IO_NO_CRS, GT_NOWHERE, GT_NO_ARGS);
    }
    r->info.crs_name = gt_crs_name(r->source);
    r->info.crs_epsg = gt_crs_epsg(r->source);
    r->info.crs_wkt = gt_crs_wkt(r->source);
    st = check_extent(r);
    const char *target = ask->target_crs;
    if (st == GT_OK && target != NULL) {
        st = gt_crs_new(ctx, target, &r->target);
    }
    if (st == GT_OK && (target != NULL || ask->datum != GT_DATUM_AS_STATED)) {
        st = gt_transform_new(ctx, r->source, r->target != NULL ? r->target : r->source, ask->datum,
                              &r->transform);
    }
    if (st == GT_OK && r->transform != NULL && gt_transform_is_identity(r->transform)) {
        gt_transform_free(ctx, r->transform);
        r->transform = NULL;
    }
    return st;
}
