#include "weave/metric.h"

#include <math.h>

enum { NODES = 4 };

/* Chebyshev coefficients of f(u, v) = 1/m^2 - 1 on the nodes; k + l <= 3 is kept. */
static void chebyshev(gt_weave_scale_fn scale, const void *user, double x, double y, double side,
                      double cheb[NODES][NODES])
{
    double node[NODES], t[NODES][NODES]; /* t[k][i] = T_k(node i) */
    for (int i = 0; i < NODES; i++) {
        double angle = M_PI * (i + 0.5) / NODES;
        node[i] = cos(angle);
        for (int k = 0; k < NODES; k++) {
            t[k][i] = cos(k * angle);
            cheb[k][i] = 0;
        }
    }
    for (int i = 0; i < NODES; i++) {
        for (int j = 0; j < NODES; j++) {
            double m = scale(user, x + 0.5 * side * (1 + node[i]), y + 0.5 * side * (1 + node[j]));
            double f = 1 / (m * m) - 1;
            for (int k = 0; k < NODES; k++) {
                for (int l = 0; k + l < NODES; l++) {
                    double norm = (k == 0 ? 1.0 : 2.0) * (l == 0 ? 1.0 : 2.0) / (NODES * NODES);
                    cheb[k][l] += norm * f * t[k][i] * t[l][j];
                }
            }
        }
    }
}

void gt_wv_metric_fit(gt_weave_scale_fn scale, const void *user, double x, double y, double side,
                      wv_metric *out)
{
    /* T_k as powers of u */
    static const double power[NODES][NODES] = {
        {1, 0, 0, 0}, {0, 1, 0, 0}, {-1, 0, 2, 0}, {0, -3, 0, 4}};
    double a[NODES][NODES] = {{0}}, cheb[NODES][NODES];
    out->flat = scale == NULL;
    out->half = side * 500;
    if (out->flat) {
        return;
    }
    chebyshev(scale, user, x, y, side, cheb);
    for (int k = 0; k < NODES; k++) {
        for (int l = 0; k + l < NODES; l++) {
            for (int i = 0; i <= k; i++) {
                for (int j = 0; j <= l; j++) {
                    a[i][j] += cheb[k][l] * power[k][i] * power[l][j];
                }
            }
        }
    }
    const double c[10] = {a[0][0],     a[1][0] / 2, a[2][0] / 3, a[3][0] / 4, a[0][1],
                          a[1][1] / 2, a[2][1] / 3, a[0][2],     a[1][2] / 2, a[0][3]};
    for (int i = 0; i < 10; i++) {
        out->c[i] = c[i];
    }
}

static inline double share(const double c[10], double u, double v)
{
    double v2 = v * v;
    double p1 = c[0] + c[4] * v + c[7] * v2 + c[9] * v2 * v;
    double p2 = c[1] + c[5] * v + c[8] * v2;
    double p3 = c[2] + c[6] * v;
    return u * (p1 + u * (p2 + u * (p3 + u * c[3])));
}

double gt_wv_metric_edge(const wv_metric *m, double x0, double y0, double x1, double y1)
{
    double dy = y1 - y0;
    if (m->flat || dy == 0) {
        return 0;
    }
    static const double at = 0.77459666924148337704; /* sqrt(3/5) */
    double h = m->half, um = (0.5 * (x0 + x1) - h) / h, vm = (0.5 * (y0 + y1) - h) / h;
    double du = 0.5 * (x1 - x0) / h * at, dv = 0.5 * dy / h * at;
    double sum = 8 * share(m->c, um, vm) +
                 5 * (share(m->c, um - du, vm - dv) + share(m->c, um + du, vm + dv));
    return dy * h * sum / 18;
}
