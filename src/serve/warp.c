/* Interpolation by tensor product of cubics in Chebyshev's nodes (Trefethen, Approximation Theory
 * and Approximation Practice, 2013, ch. 4 and 5). The projection is smooth: over a tile of zoom 10
 * a cubic is off by less than a millimetre. */
#include "serve/warp.h"

#include <math.h>

enum { N = 4, TESTS = 5 };
static const double FAR = 2e5; /* m: beyond such sides it is not tried */

/* The nodes, and coefficients of the polynomial that is 1 in one and 0 in the others. */
static void bases(double node[N], double basis[N][N])
{
    for (int k = 0; k < N; k++) {
        node[k] = cos(acos(-1) * (2 * k + 1) / (2 * N));
    }
    for (int k = 0; k < N; k++) {
        double c[N] = {1, 0, 0, 0}, by = 1;
        for (int i = 0, degree = 0; i < N; i++) {
            if (i == k) {
                continue;
            }
            degree++;
            for (int p = degree; p > 0; p--) {
                c[p] = c[p - 1] - node[i] * c[p];
            }
            c[0] *= -node[i];
            by *= node[k] - node[i];
        }
        for (int p = 0; p < N; p++) {
            basis[k][p] = c[p] / by;
        }
    }
}

static void solve(const double values[2 * N * N], double basis[N][N], gt_warp *out)
{
    for (int axis = 0; axis < 2; axis++) {
        for (int p = 0; p < N; p++) {
            for (int q = 0; q < N; q++) {
                double sum = 0;
                for (int k = 0; k < N * N; k++) {
                    sum += basis[k / N][p] * basis[k % N][q] * values[2 * k + axis];
                }
                out->at[axis][p][q] = sum;
            }
        }
    }
}

static void evaluate(const gt_warp *w, const double *point, double out[2])
{
    const double x = (point[0] - w->x) / w->width, y = (point[1] - w->y) / w->height;
    for (int axis = 0; axis < 2; axis++) {
        double sum = 0;
        for (int p = N - 1; p >= 0; p--) {
            const double *c = w->at[axis][p];
            sum = sum * x + (((c[3] * y + c[2]) * y + c[1]) * y + c[0]);
        }
        out[axis] = sum;
    }
}

/* Is the polynomial near enough at points that it was not made from? */
static gt_status test(gt_desk *desk, gt_transform *exact, double tolerance, gt_warp *w)
{
    double points[2 * TESTS * TESTS], truth[2 * TESTS * TESTS];
    for (int k = 0; k < TESTS * TESTS; k++) {
        const int col = k % TESTS, row = k / TESTS;
        points[2 * k] = truth[2 * k] = w->x + w->width * (2.0 * col / (TESTS - 1) - 1);
        points[2 * k + 1] = truth[2 * k + 1] = w->y + w->height * (2.0 * row / (TESTS - 1) - 1);
    }
    gt_status st = gt_transform_points(desk->ctx, exact, truth, (size_t)TESTS * TESTS);
    w->fits = st == GT_OK;
    for (size_t k = 0; st == GT_OK && k < (size_t)TESTS * TESTS; k++) {
        double got[2];
        evaluate(w, &points[2 * k], got);
        w->fits = w->fits && fabs(got[0] - truth[2 * k]) <= tolerance &&
                  fabs(got[1] - truth[2 * k + 1]) <= tolerance;
    }
    return st;
}

gt_status gt_warp_fit(gt_desk *desk, gt_box box, double tolerance, gt_warp *out)
{
    gt_transform *exact = NULL;
    double node[N], basis[N][N], values[2 * N * N];
    *out = (gt_warp){.box = box,
                     .x = (box.xmin + box.xmax) / 2,
                     .y = (box.ymin + box.ymax) / 2,
                     .width = (box.xmax - box.xmin) / 2,
                     .height = (box.ymax - box.ymin) / 2};
    if (!(out->width > 0 && out->height > 0 && out->width < FAR && out->height < FAR)) {
        return GT_OK;
    }
    bases(node, basis);
    for (int k = 0; k < N * N; k++) {
        values[2 * k] = out->x + out->width * node[k / N];
        values[2 * k + 1] = out->y + out->height * node[k % N];
    }
    gt_status st = gt_desk_out(desk, GT_EPSG_3857, &exact);
    if (st != GT_OK) {
        return st;
    }
    st = gt_transform_points(desk->ctx, exact, values, (size_t)N * N);
    if (st == GT_OK) {
        solve(values, basis, out);
        st = test(desk, exact, tolerance, out);
    }
    if (st == GT_E_INPUT) { /* the box reaches where the projection ends, features need not */
        gt_error_clear(desk->ctx);
        st = GT_OK;
    }
    return st;
}

gt_status gt_warp_points(gt_desk *desk, const gt_warp *w, double *xy, size_t n)
{
    gt_transform *exact = NULL;
    gt_status st = gt_desk_out(desk, GT_EPSG_3857, &exact);
    if (st == GT_OK && !w->fits) {
        return gt_transform_points(desk->ctx, exact, xy, n);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        double *p = &xy[2 * i], got[2];
        if (p[0] >= w->box.xmin && p[0] <= w->box.xmax && p[1] >= w->box.ymin &&
            p[1] <= w->box.ymax) {
            evaluate(w, p, got);
            p[0] = got[0];
            p[1] = got[1];
        } else {
            st = gt_transform_points(desk->ctx, exact, p, 1);
        }
    }
    return st;
}
