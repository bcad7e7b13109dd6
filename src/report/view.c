#include "report/view.h"

#include <math.h>

#include "report/messages.h"

/* Below a centimetre the picture would show the rounding of the coordinates. */
static const double MIN_METRES = 0.01;
static const double METRES_PER_DEGREE = 111195.0; /* mean sphere, 6 371 008.8 m; layout only */

bool gt_rect_meets(gt_rect a, gt_rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

bool gt_rect_holds(gt_rect outer, gt_rect inner)
{
    const double slack = 1e-6;
    return inner.x >= outer.x - slack && inner.y >= outer.y - slack &&
           inner.x + inner.w <= outer.x + outer.w + slack &&
           inner.y + inner.h <= outer.y + outer.h + slack;
}

gt_status gt_box_check(gt_ctx *ctx, const gt_map_source *source, gt_box box)
{
    double least = source->geographic ? MIN_METRES / METRES_PER_DEGREE : MIN_METRES;
    bool good = isfinite(box.xmin) && isfinite(box.ymin) && isfinite(box.xmax) &&
                isfinite(box.ymax) && box.xmax - box.xmin >= least &&
                box.ymax - box.ymin >= least && box.xmax - box.xmin < 1e9 &&
                box.ymax - box.ymin < 1e9;
    if (good && source->geographic) {
        good = box.ymin >= -90 && box.ymax <= 90 && box.xmin >= -360 && box.xmax <= 360;
    }
    if (!good) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAP_BAD_BOX, GT_NOWHERE,
                       GT_ARGS(GT_REAL("xmin", box.xmin), GT_REAL("ymin", box.ymin),
                               GT_REAL("xmax", box.xmax), GT_REAL("ymax", box.ymax)));
    }
    return GT_OK;
}

gt_status gt_window_fit(gt_ctx *ctx, const gt_map_source *source, gt_box box, gt_rect frame,
                        double margin, gt_window *out)
{
    gt_status st = gt_box_check(ctx, source, box);
    if (st != GT_OK) {
        return st;
    }
    double middle_x = 0.5 * (box.xmin + box.xmax);
    double middle_y = 0.5 * (box.ymin + box.ymax);
    /* degrees are drawn with the true shape at the middle parallel */
    double squeeze = 1;
    if (source->geographic) {
        double c = cos(middle_y * 3.14159265358979323846 / 180);
        squeeze = c > 0.05 ? c : 0.05;
    }
    double ky = fmin(frame.w * (1 - 2 * margin) / ((box.xmax - box.xmin) * squeeze),
                     frame.h * (1 - 2 * margin) / (box.ymax - box.ymin));
    double kx = ky * squeeze;
    *out = (gt_window){.box = {middle_x - 0.5 * frame.w / kx, middle_y - 0.5 * frame.h / ky,
                               middle_x + 0.5 * frame.w / kx, middle_y + 0.5 * frame.h / ky},
                       .frame = frame,
                       .kx = kx,
                       .ky = ky};
    if (source->geographic) {
        out->per_metre = ky / METRES_PER_DEGREE;
    } else {
        double scale =
            source->plane != NULL ? gt_plane_scale(source->plane, middle_x, middle_y) : 1;
        out->per_metre = isfinite(scale) && scale > 0.5 && scale < 2 ? ky * scale : ky;
    }
    return GT_OK;
}

double gt_window_x(const gt_window *view, double x)
{
    return view->frame.x + (x - view->box.xmin) * view->kx;
}

double gt_window_y(const gt_window *view, double y)
{
    return view->frame.y + (view->box.ymax - y) * view->ky;
}

void gt_clipper_free(gt_ctx *ctx, gt_clipper *clipper)
{
    gt_free(ctx, clipper->a);
    gt_free(ctx, clipper->b);
    *clipper = (gt_clipper){0};
}

/* Keeps the side of the line  axis = limit  that `sign` points to (+1: >= limit); a to b, swapped.
 */
static gt_status cut(gt_ctx *ctx, gt_clipper *c, size_t *count, int axis, double limit, double sign)
{
    size_t n = *count;
    const double *from = c->a;
    size_t crossings = 0;
    for (size_t i = 0; i < n; i++) {
        double da = (from[2 * (i == 0 ? n - 1 : i - 1) + (size_t)axis] - limit) * sign;
        double db = (from[2 * i + (size_t)axis] - limit) * sign;
        crossings += (da >= 0) != (db >= 0) ? 1U : 0U;
    }
    gt_status st = gt_grow(ctx, (void **)&c->b, &c->cap_b, 2 * (n + crossings), sizeof *c->b);
    if (st != GT_OK) {
        return st;
    }
    double *to = c->b;
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const double *a = from + 2 * (i == 0 ? n - 1 : i - 1);
        const double *b = from + 2 * i;
        double da = (a[axis] - limit) * sign;
        double db = (b[axis] - limit) * sign;
        if ((da >= 0) != (db >= 0)) {
            double t = da / (da - db);
            to[2 * m + (size_t)axis] = limit;
            to[2 * m + (size_t)(1 - axis)] = a[1 - axis] + t * (b[1 - axis] - a[1 - axis]);
            m++;
        }
        if (db >= 0) {
            to[2 * m] = b[0];
            to[2 * m + 1] = b[1];
            m++;
        }
    }
    gt_clipper swapped = {c->b, c->a, c->cap_b, c->cap_a};
    *c = swapped;
    *count = m;
    return GT_OK;
}

gt_status gt_clip_ring(gt_ctx *ctx, gt_clipper *clipper, gt_box box, size_t *n)
{
    gt_status st = cut(ctx, clipper, n, 0, box.xmin, 1);
    st = st != GT_OK ? st : cut(ctx, clipper, n, 0, box.xmax, -1);
    st = st != GT_OK ? st : cut(ctx, clipper, n, 1, box.ymin, 1);
    st = st != GT_OK ? st : cut(ctx, clipper, n, 1, box.ymax, -1);
    return st;
}

/* One side of Liang-Barsky: p * t <= q. */
static bool narrow(double p, double q, double *t0, double *t1)
{
    if (p == 0) {
        return q >= 0;
    }
    double t = q / p;
    if (p < 0) {
        *t0 = fmax(*t0, t);
    } else {
        *t1 = fmin(*t1, t);
    }
    return *t0 <= *t1;
}

bool gt_clip_segment(double *ax, double *ay, double *bx, double *by, gt_box box)
{
    double dx = *bx - *ax;
    double dy = *by - *ay;
    double t0 = 0;
    double t1 = 1;
    if (!narrow(-dx, *ax - box.xmin, &t0, &t1) || !narrow(dx, box.xmax - *ax, &t0, &t1) ||
        !narrow(-dy, *ay - box.ymin, &t0, &t1) || !narrow(dy, box.ymax - *ay, &t0, &t1)) {
        return false;
    }
    double x = *ax;
    double y = *ay;
    if (t0 > 0) {
        *ax = x + t0 * dx;
        *ay = y + t0 * dy;
    }
    if (t1 < 1) {
        *bx = x + t1 * dx;
        *by = y + t1 * dy;
    }
    return true;
}
