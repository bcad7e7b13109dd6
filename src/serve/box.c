/* Boxes of requests. */
#include "serve/box.h"

#include <math.h>
#include <string.h>

enum { SIDE = 20 };

/* Cuts the box to where the working CRS is in use, widened by half: beyond, the projection may have
 * no answer, and there is nothing of the territory there. */
static gt_box cut_to_use(const gt_desk *desk, gt_map_crs crs, gt_box box)
{
    gt_box use;
    if (!gt_crs_is_geographic(desk->crs.crs[crs]) ||
        !gt_crs_area_of_use(gt_store_crs(desk->store), &use)) {
        return box;
    }
    double dx = (use.xmax - use.xmin) / 2, dy = (use.ymax - use.ymin) / 2;
    use = (gt_box){use.xmin - dx, use.ymin - dy, use.xmax + dx, use.ymax + dy};
    return (gt_box){fmax(box.xmin, use.xmin), fmax(box.ymin, use.ymin), fmin(box.xmax, use.xmax),
                    fmin(box.ymax, use.ymax)};
}

gt_status gt_box_to_work(gt_desk *desk, gt_map_crs crs, gt_box given, gt_box *out)
{
    gt_transform *transform = NULL;
    double xy[2 * 4 * SIDE];
    gt_box box = cut_to_use(desk, crs, given);
    *out = (gt_box){1, 1, 0, 0};
    if (box.xmin > box.xmax || box.ymin > box.ymax) {
        *out = (gt_box){-1e300, -1e300, -1e300, -1e300}; /* nothing lies there */
        return GT_OK;
    }
    gt_status st = gt_desk_in(desk, crs, &transform);
    for (int i = 0; i < SIDE; i++) {
        double t = (double)i / SIDE, w = box.xmax - box.xmin, h = box.ymax - box.ymin;
        const double points[8] = {box.xmin + t * w, box.ymin, box.xmax, box.ymin + t * h,
                                  box.xmax - t * w, box.ymax, box.xmin, box.ymax - t * h};
        memcpy(&xy[8 * i], points, sizeof points);
    }
    if (st == GT_OK) {
        st = gt_transform_points(desk->ctx, transform, xy, 4 * (size_t)SIDE);
    }
    if (st == GT_OK) {
        *out = (gt_box){xy[0], xy[1], xy[0], xy[1]};
        for (size_t i = 0; i < 4 * (size_t)SIDE; i++) {
            out->xmin = fmin(out->xmin, xy[2 * i]);
            out->xmax = fmax(out->xmax, xy[2 * i]);
            out->ymin = fmin(out->ymin, xy[2 * i + 1]);
            out->ymax = fmax(out->ymax, xy[2 * i + 1]);
        }
    }
    return st;
}

gt_status gt_tile_box(gt_desk *desk, gt_box m, gt_box *out)
{
    const double radius = 6378137, degrees = 180 / acos(-1), half = acos(-1) / 2;
    gt_box box = {m.xmin / radius * degrees, (2 * atan(exp(m.ymin / radius)) - half) * degrees,
                  m.xmax / radius * degrees, (2 * atan(exp(m.ymax / radius)) - half) * degrees};
    return gt_box_to_work(desk, GT_CRS84, box, out);
}

/* Liang and Barsky: is any of the segment inside? */
static bool crosses(const double *a, const double *b, gt_box box)
{
    double dx = b[0] - a[0], dy = b[1] - a[1], t0 = 0, t1 = 1;
    const double p[4] = {-dx, dx, -dy, dy};
    const double q[4] = {a[0] - box.xmin, box.xmax - a[0], a[1] - box.ymin, box.ymax - a[1]};
    for (int i = 0; i < 4; i++) {
        if (p[i] == 0) {
            if (q[i] < 0) {
                return false;
            }
        } else if (p[i] < 0) {
            t0 = fmax(t0, q[i] / p[i]);
        } else {
            t1 = fmin(t1, q[i] / p[i]);
        }
    }
    return t0 <= t1;
}

static bool holds(const gt_geom *geom, double x, double y)
{
    bool in = false;
    uint32_t from = 0;
    for (uint32_t r = 0; r < geom->n_rings; from = geom->ring_end[r++]) {
        for (uint32_t i = from; i + 1 < geom->ring_end[r]; i++) {
            const double *a = &geom->xy[2 * (size_t)i], *b = a + 2;
            if ((a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]) {
                in = !in;
            }
        }
    }
    return in;
}

bool gt_box_touches(const gt_geom *geom, gt_box box)
{
    gt_box own = gt_geom_box(geom);
    if (!gt_box_meets(own, box)) {
        return false;
    }
    if (geom->n_rings == 0) {
        for (uint32_t i = 0; i < geom->n_points; i++) {
            const double *p = &geom->xy[2 * (size_t)i];
            if (p[0] >= box.xmin && p[0] <= box.xmax && p[1] >= box.ymin && p[1] <= box.ymax) {
                return true;
            }
        }
        return false;
    }
    if (own.xmin >= box.xmin && own.xmax <= box.xmax && own.ymin >= box.ymin &&
        own.ymax <= box.ymax) {
        return true;
    }
    uint32_t from = 0;
    for (uint32_t r = 0; r < geom->n_rings; from = geom->ring_end[r++]) {
        for (uint32_t i = from; i + 1 < geom->ring_end[r]; i++) {
            if (crosses(&geom->xy[2 * (size_t)i], &geom->xy[2 * (size_t)i + 2], box)) {
                return true;
            }
        }
    }
    return geom->n_parts > 0 && holds(geom, box.xmin, box.ymin);
}
