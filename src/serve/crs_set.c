/* The coordinate systems the portal speaks (OGC API Features part 2). GeoJSON in CRS84 is the
 * default; in any other system coordinates stand in the order of its definition. */
#include <stdio.h>
#include <string.h>

#include "serve/desk.h"

/* Definitions with the north (latitude) axis first. EPSG 4491-4554: Gauss-Krueger on CGCS2000,
 * axes X north and Y east. */
static bool first_is_north(const gt_crs *crs)
{
    int code = gt_crs_epsg(crs);
    if (code == 0) {
        return false;
    }
    if (gt_crs_is_geographic(crs) || (code >= 4491 && code <= 4554)) {
        return true;
    }
    const char *axis = strstr(gt_crs_wkt(crs), "AXIS[");
    const char *end = axis == NULL ? NULL : strchr(axis, ']');
    const char *north = axis == NULL ? NULL : strstr(axis, "NORTH");
    return north != NULL && end != NULL && north < end;
}

gt_status gt_crs_set_open(gt_ctx *ctx, const gt_crs *work, gt_crs_set *out)
{
    static const char *const names[GT_CRS_WORK] = {"EPSG:4326", "EPSG:4326", "EPSG:4490",
                                                   "EPSG:3857"};
    gt_status st = GT_OK;
    memset(out, 0, sizeof *out);
    for (int i = 0; st == GT_OK && i < GT_CRS_WORK; i++) {
        st = gt_crs_new(ctx, names[i], &out->own[i]);
        out->crs[i] = out->own[i];
        (void)snprintf(out->uri[i], sizeof out->uri[i], "http://www.opengis.net/def/crs/EPSG/0/%s",
                       names[i] + 5);
    }
    if (st != GT_OK) {
        gt_crs_set_close(ctx, out);
        return st;
    }
    (void)snprintf(out->uri[GT_CRS84], sizeof out->uri[0],
                   "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
    out->crs[GT_CRS_WORK] = work;
    if (gt_crs_epsg(work) > 0) {
        (void)snprintf(out->uri[GT_CRS_WORK], sizeof out->uri[0],
                       "http://www.opengis.net/def/crs/EPSG/0/%d", gt_crs_epsg(work));
    }
    for (int i = 0; i < GT_N_CRS; i++) {
        out->north_first[i] = i != GT_CRS84 && first_is_north(out->crs[i]);
        out->digits[i] = gt_crs_is_geographic(out->crs[i]) ? 8 : 3;
    }
    return GT_OK;
}

void gt_crs_set_close(gt_ctx *ctx, gt_crs_set *set)
{
    for (int i = 0; i < GT_CRS_WORK; i++) {
        gt_crs_free(ctx, set->own[i]);
        set->own[i] = NULL;
    }
}

bool gt_crs_set_find(const gt_crs_set *set, const char *text, gt_map_crs *out)
{
    size_t len = strlen(text);
    char name[128];
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)(len < 120 ? len : 120), text);
    if (strncmp(name, "EPSG:", 5) == 0) {
        char code[64];
        (void)snprintf(code, sizeof code, "%.60s", name + 5);
        (void)snprintf(name, sizeof name, "http://www.opengis.net/def/crs/EPSG/0/%s", code);
    } else if (strcmp(name, "OGC:CRS84") == 0) {
        *out = GT_CRS84;
        return true;
    }
    for (int i = 0; i < GT_N_CRS; i++) {
        if (set->uri[i][0] != '\0' && strcmp(set->uri[i], name) == 0) {
            *out = (gt_map_crs)i;
            return true;
        }
    }
    return false;
}

gt_status gt_desk_out(gt_desk *desk, gt_map_crs crs, gt_transform **out)
{
    gt_status st = GT_OK;
    if (desk->out[crs] == NULL) {
        st = gt_transform_new(desk->ctx, gt_store_crs(desk->store), desk->crs.crs[crs],
                              GT_DATUM_AS_STATED, &desk->out[crs]);
    }
    *out = desk->out[crs];
    return st;
}

gt_status gt_desk_in(gt_desk *desk, gt_map_crs crs, gt_transform **out)
{
    gt_status st = GT_OK;
    if (desk->in[crs] == NULL) {
        st = gt_transform_new(desk->ctx, desk->crs.crs[crs], gt_store_crs(desk->store),
                              GT_DATUM_AS_STATED, &desk->in[crs]);
    }
    *out = desk->in[crs];
    return st;
}

gt_status gt_desk_geometry(gt_desk *desk, const gt_feature *feature, gt_map_crs crs, gt_geom *geom,
                           gt_text *out)
{
    gt_transform *transform = NULL;
    if (feature->blob == NULL) {
        gt_text_puts(out, "null");
        return GT_OK;
    }
    gt_status st = gt_geom_from_gpkg(desk->ctx, feature->blob, feature->blob_len, NULL, geom);
    if (st == GT_OK) {
        st = gt_desk_out(desk, crs, &transform);
    }
    if (st == GT_OK) {
        st = gt_transform_points(desk->ctx, transform, geom->xy, geom->n_points);
    }
    if (st == GT_OK) {
        for (size_t i = 0; desk->crs.north_first[crs] && i < geom->n_points; i++) {
            double x = geom->xy[2 * i];
            geom->xy[2 * i] = geom->xy[2 * i + 1];
            geom->xy[2 * i + 1] = x;
        }
        gt_geom_to_geojson(geom, desk->crs.digits[crs], out);
    }
    return st;
}
