#include "report/shape.h"

#include <math.h>

void gt_shape_path(cairo_t *cr, const gt_geom *geom, const gt_window *view)
{
    const double least = 0.05;
    uint32_t start = 0;
    for (uint32_t r = 0; r < geom->n_rings; r++) {
        double last_x = HUGE_VAL;
        double last_y = HUGE_VAL;
        for (uint32_t i = start; i < geom->ring_end[r]; i++) {
            double x = gt_window_x(view, geom->xy[2 * (size_t)i]);
            double y = gt_window_y(view, geom->xy[2 * (size_t)i + 1]);
            if (i == start) {
                cairo_move_to(cr, x, y);
            } else if (hypot(x - last_x, y - last_y) >= least) {
                cairo_line_to(cr, x, y);
            } else {
                continue;
            }
            last_x = x;
            last_y = y;
        }
        cairo_close_path(cr);
        start = geom->ring_end[r];
    }
}

static double ring_area(const double *xy, uint32_t from, uint32_t to)
{
    double sum = 0;
    for (uint32_t i = from; i + 1 < to; i++) {
        const double *p = xy + 2 * (size_t)i;
        sum += (p[0] - xy[0]) * (p[3] - xy[1]) - (p[2] - xy[0]) * (p[1] - xy[1]);
    }
    return fabs(sum);
}

static gt_status add_ring(gt_ctx *ctx, const gt_geom *geom, uint32_t from, uint32_t to,
                          const gt_window *view, gt_rings *out)
{
    if (to - from < 4) {
        return GT_OK;
    }
    uint32_t n = to - from - 1; /* without the closing point */
    gt_status st = gt_rings_add(ctx, out, geom->xy + 2 * (size_t)from, n);
    double *xy = out->xy + 2 * (out->n_points - (st == GT_OK ? n : 0));
    for (uint32_t i = 0; st == GT_OK && i < n; i++) {
        xy[2 * (size_t)i] = gt_window_x(view, xy[2 * (size_t)i]);
        xy[2 * (size_t)i + 1] = gt_window_y(view, xy[2 * (size_t)i + 1]);
    }
    return st;
}

gt_status gt_shape_rings(gt_ctx *ctx, const gt_geom *geom, const gt_window *view, gt_rings *out)
{
    gt_rings_clear(out);
    uint32_t best = 0;
    double best_area = -1;
    for (uint32_t p = 0; p < geom->n_parts; p++) {
        uint32_t ring = p == 0 ? 0 : geom->part_end[p - 1];
        uint32_t from = ring == 0 ? 0 : geom->ring_end[ring - 1];
        double area =
            ring < geom->part_end[p] ? ring_area(geom->xy, from, geom->ring_end[ring]) : 0;
        if (area > best_area) {
            best_area = area;
            best = p;
        }
    }
    gt_status st = GT_OK;
    uint32_t first = best == 0 || geom->n_parts == 0 ? 0 : geom->part_end[best - 1];
    for (uint32_t r = first; st == GT_OK && geom->n_parts > 0 && r < geom->part_end[best]; r++) {
        st = add_ring(ctx, geom, r == 0 ? 0 : geom->ring_end[r - 1], geom->ring_end[r], view, out);
    }
    return st;
}
