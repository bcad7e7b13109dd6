/* The plane of a working CRS: the exact series behind area, scale and the weave kernel. */
#include <math.h>

#include "geo/crs.h"
#include "geo/messages.h"
#include "geo/plane.h"

gt_status gt_plane_new(gt_ctx *ctx, const gt_crs *crs, gt_plane **out)
{
    if (crs->kind == GT_CRS_OTHER) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CRS_NO_PLANE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", crs->name)));
    }
    gt_plane *plane = gt_zalloc(ctx, 1, sizeof *plane);
    if (plane == NULL) {
        return GT_E_MEMORY;
    }
    plane->geographic = crs->kind == GT_CRS_GEOGRAPHIC;
    plane->a = crs->a;
    plane->f = crs->f;
    if (!plane->geographic) {
        gt_crs_tmerc(crs, &plane->tm);
    }
    *out = plane;
    return GT_OK;
}

void gt_plane_free(gt_ctx *ctx, gt_plane *plane)
{
    gt_free(ctx, plane);
}

void gt_plane_inverse(const gt_plane *plane, double x, double y, double *lon, double *lat)
{
    if (plane->geographic) {
        *lon = x * (M_PI / 180);
        *lat = y * (M_PI / 180);
    } else {
        gt_tmerc_inverse(&plane->tm, x, y, lon, lat);
    }
}

void gt_plane_forward(const gt_plane *plane, double lon, double lat, double *x, double *y)
{
    if (plane->geographic) {
        *x = lon * (180 / M_PI);
        *y = lat * (180 / M_PI);
    } else {
        gt_tmerc_forward(&plane->tm, lon, lat, x, y);
    }
}

void gt_plane_ellipsoid(const gt_plane *plane, double *a, double *f)
{
    *a = plane->a;
    *f = plane->f;
}

double gt_plane_scale(const gt_plane *plane, double x, double y)
{
    return plane->geographic ? 1 : gt_tmerc_scale(&plane->tm, x, y);
}
