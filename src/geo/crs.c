#include "geo/crs.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/messages.h"

/* "EPSG:4548", "epsg:4548", "4548" with blanks around; 0 when it is something else. */
static int plain_code(const char *text)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    if (strncasecmp(text, "EPSG:", 5) == 0) {
        text += 5;
    }
    int code = 0, digits = 0;
    for (; *text >= '0' && *text <= '9' && digits < 7; text++, digits++) {
        code = code * 10 + (*text - '0');
    }
    while (isspace((unsigned char)*text)) {
        text++;
    }
    return digits > 0 && *text == '\0' ? code : 0;
}

gt_status gt_crs_new(gt_ctx *ctx, const char *definition, gt_crs **out)
{
    gt_crs *crs = gt_zalloc(ctx, 1, sizeof *crs);
    if (crs == NULL) {
        return GT_E_MEMORY;
    }
    bool known = false;
    int code = plain_code(definition);
    gt_status st = code > 0 ? gt_crs_built_in(ctx, code, crs, &known) : GT_OK;
    if (st == GT_OK && !known) {
        st = gt_crs_from_proj(ctx, definition, crs);
    }
    if (st != GT_OK) {
        gt_crs_free(ctx, crs);
        return st;
    }
    *out = crs;
    return GT_OK;
}

void gt_crs_free(gt_ctx *ctx, gt_crs *crs)
{
    if (crs != NULL) {
        gt_free(ctx, crs->name);
        gt_free(ctx, crs->wkt);
        gt_free(ctx, crs->definition);
        gt_free(ctx, crs);
    }
}

bool gt_crs_is_geographic(const gt_crs *crs)
{
    return crs->geographic;
}

int gt_crs_epsg(const gt_crs *crs)
{
    return crs->epsg;
}

const char *gt_crs_name(const gt_crs *crs)
{
    return crs->name;
}

const char *gt_crs_wkt(const gt_crs *crs)
{
    return crs->wkt;
}

bool gt_crs_same(const gt_crs *a, const gt_crs *b)
{
    return a == b || (a->epsg != 0 && a->epsg == b->epsg) || strcmp(a->wkt, b->wkt) == 0;
}

bool gt_crs_area_of_use(const gt_crs *crs, gt_box *out)
{
    if (crs->has_area) {
        *out = crs->area;
    }
    return crs->has_area;
}

/* EPSG has no transformation between these two, and PROJ then takes the degrees as equal; they are
 * within decimetres (different epochs of ITRF), far below a parcel's survey error. */
static bool world_datum(const gt_crs *crs)
{
    return strcmp(crs->datum, GT_DATUM_WGS84) == 0 || strcmp(crs->datum, GT_DATUM_CGCS2000) == 0;
}

bool gt_crs_null_shift(const gt_crs *a, const gt_crs *b)
{
    bool same =
        a->datum[0] != '\0' && strcmp(a->datum, b->datum) == 0 && a->a == b->a && a->f == b->f;
    return same || (world_datum(a) && world_datum(b));
}

void gt_crs_tmerc(const gt_crs *crs, gt_tmerc *tm)
{
    gt_tmerc_init(tm, crs->a, crs->f, crs->lon0 * (M_PI / 180), crs->lat0 * (M_PI / 180), crs->k0,
                  crs->x0, crs->y0);
}
