/* Survey area (LA-1) of many small polygons. gt_area_survey takes every vertex back to the
 * ellipsoid; here the projection is expanded once for a square of 8 km and evaluated as
 * polynomials.
 *
 * Gauss-Krueger is conformal: longitude + i * isometric latitude psi is an analytic function of
 * z = east + i * north, so one complex polynomial gives both. Its coefficients are Cauchy's
 * integral over a circle around the square's centre (16 nodes; the next singularity is thousands of
 * km away, so what the nodes cannot tell apart is below 1e-40). The authalic strip q is a
 * polynomial of psi: dq/dpsi = N^2 cos^2 B, interpolated at Chebyshev nodes and integrated. With
 * squares of 8 km, used up to 8 km from the centre, and degree 6, what is left out is (11.3 km /
 * 6378 km)^7 = 6e-20.
 *
 * All is relative to the square's centre. A polygon that leaves the square's surroundings takes
 * gt_area_survey. The squares are on a fixed grid, so a result does not depend on what was computed
 * before it. */
#include <math.h>
#include <string.h>

#include "store/import.h"

#define CELL       8000.0
#define RADIUS     16000.0
#define MAX_PIECES 1e7 /* of one edge: a step of 2 mm over the 23 km an edge can have here */
enum { DEGREE = IMP_AREA_DEGREE, NODES = 16, CHUNK = 64 };

void imp_area_init(imp_area *a, const gt_plane *plane, bool geographic, double step)
{
    memset(a, 0, sizeof *a);
    a->plane = plane;
    a->geographic = geographic;
    a->step = step;
}

/* ---- expansion ------------------------------------------------------------------------------- */

static double isometric(double lat, double e)
{
    double s = sin(lat);
    return atanh(s) - e * atanh(e * s);
}

/* Geographic latitude of isometric latitude psi, by Newton's rule from a near one. */
static double latitude(double psi, double e2, double near)
{
    double lat = near, e = sqrt(e2);
    for (int i = 0; i < 6; i++) {
        double s = sin(lat);
        double slope = (1.0 - e2) / ((1.0 - e2 * s * s) * cos(lat));
        double step = (isometric(lat, e) - psi) / slope;
        lat -= step;
        if (fabs(step) < 1e-16) {
            break;
        }
    }
    return lat;
}

static void expand_projection(const imp_area *a, imp_area_cell *c, double *lat0, double *reach)
{
    double x0 = (c->column + 0.5) * CELL, y0 = (c->row + 0.5) * CELL, axis, f, lon0;
    gt_plane_ellipsoid(a->plane, &axis, &f);
    double e = sqrt(f * (2.0 - f));
    gt_plane_inverse(a->plane, x0, y0, &lon0, lat0);
    double psi0 = isometric(*lat0, e);
    memset(c->re, 0, sizeof c->re);
    memset(c->im, 0, sizeof c->im);
    *reach = 0.0;
    for (int n = 0; n < NODES; n++) {
        double angle = 2.0 * M_PI * n / NODES, lon, lat;
        gt_plane_inverse(a->plane, x0 + RADIUS * cos(angle), y0 + RADIUS * sin(angle), &lon, &lat);
        double dl = lon - lon0, dp = isometric(lat, e) - psi0, scale = 1.0 / NODES;
        *reach = fmax(*reach, fabs(dp));
        for (int k = 0; k <= DEGREE; k++) { /* mean of F(z) (z - z0)^-k */
            double co = cos(k * angle) * scale, si = sin(k * angle) * scale;
            c->re[k] += dl * co + dp * si;
            c->im[k] += dp * co - dl * si;
            scale /= RADIUS;
        }
    }
}

/* q - q0 as a polynomial of d = psi - psi0: its derivative through DEGREE Chebyshev nodes. */
static void expand_strip(const imp_area *a, imp_area_cell *c, double lat0, double reach)
{
    double axis, f, node[DEGREE], value[DEGREE], power[DEGREE] = {0};
    gt_plane_ellipsoid(a->plane, &axis, &f);
    double e2 = f * (2.0 - f), psi0 = isometric(lat0, sqrt(e2));
    for (int i = 0; i < DEGREE; i++) {
        node[i] = reach * cos(M_PI * (i + 0.5) / DEGREE);
        double lat = latitude(psi0 + node[i], e2, lat0 + node[i] * cos(lat0));
        double s = sin(lat), co = cos(lat);
        value[i] = axis * axis * co * co / (1.0 - e2 * s * s);
    }
    for (int k = 1; k < DEGREE; k++) { /* divided differences */
        for (int i = DEGREE - 1; i >= k; i--) {
            value[i] = (value[i] - value[i - 1]) / (node[i] - node[i - k]);
        }
    }
    for (int i = DEGREE - 1; i >= 0; i--) { /* Newton's form to powers */
        for (int k = DEGREE - 1; k > 0; k--) {
            power[k] = power[k - 1] - node[i] * power[k];
        }
        power[0] = value[i] - node[i] * power[0];
    }
    c->strip[0] = 0.0;
    for (int k = 0; k < DEGREE; k++) {
        c->strip[k + 1] = power[k] / (k + 1);
    }
}

static const imp_area_cell *cell_of(imp_area *a, double column, double row)
{
    double at = fmod(column + 8.0 * row, IMP_AREA_CELLS);
    imp_area_cell *c = &a->cell[(size_t)(at < 0.0 ? at + IMP_AREA_CELLS : at)];
    if (!c->known || c->column != column || c->row != row) {
        double lat0, reach;
        c->known = true;
        c->column = column;
        c->row = row;
        expand_projection(a, c, &lat0, &reach);
        expand_strip(a, c, lat0, reach);
    }
    return c;
}

/* ---- rings ----------------------------------------------------------------------------------- */

typedef struct walk { /* points of a ring, edges densified, in chunks */
    const imp_area_cell *cell;
    double x[CHUNK], y[CHUNK]; /* from the square's centre */
    size_t n;
    bool any;
    double lon0, strip0; /* first point: the shoelace is relative to it */
    double lon, strip;   /* last point */
    double sum, lost;    /* compensated, twice the area */
} walk;

static void add(walk *w, double v)
{
    double t = w->sum + v;
    w->lost += fabs(w->sum) >= fabs(v) ? (w->sum - t) + v : (v - t) + w->sum;
    w->sum = t;
}

static void flush(walk *w)
{
    double lon[CHUNK], strip[CHUNK];
    const imp_area_cell *c = w->cell;
    for (size_t i = 0; i < w->n; i++) {
        double x = w->x[i], y = w->y[i];
        double re = c->re[DEGREE], im = c->im[DEGREE];
        for (int k = DEGREE - 1; k >= 0; k--) {
            double t = re * x - im * y + c->re[k];
            im = re * y + im * x + c->im[k];
            re = t;
        }
        double q = c->strip[DEGREE];
        for (int k = DEGREE - 1; k >= 0; k--) {
            q = q * im + c->strip[k];
        }
        lon[i] = re;
        strip[i] = q;
    }
    for (size_t i = 0; i < w->n; i++) {
        if (!w->any) {
            w->lon0 = lon[i];
            w->strip0 = strip[i];
            w->any = true;
        }
        double l = lon[i] - w->lon0, s = strip[i] - w->strip0;
        add(w, w->lon * s - l * w->strip);
        w->lon = l;
        w->strip = s;
    }
    w->n = 0;
}

static void point(walk *w, double x, double y)
{
    if (w->n == CHUNK) {
        flush(w);
    }
    w->x[w->n] = x;
    w->y[w->n] = y;
    w->n++;
}

static double ring_area(const imp_area *a, const imp_area_cell *c, const double *xy, size_t n)
{
    double x0 = (c->column + 0.5) * CELL, y0 = (c->row + 0.5) * CELL;
    walk w;
    w.cell = c;
    w.n = 0;
    w.any = false;
    w.lon = w.strip = w.sum = w.lost = 0.0;
    double ax = xy[0] - x0, ay = xy[1] - y0;
    point(&w, ax, ay);
    for (size_t i = 1; i < n; i++) {
        double bx = xy[2 * i] - x0, by = xy[2 * i + 1] - y0, dx = bx - ax, dy = by - ay;
        double length2 = dx * dx + dy * dy;
        if (a->step > 0.0 && length2 > a->step * a->step) {
            double pieces = fmin(ceil(sqrt(length2) / a->step), MAX_PIECES);
            for (uint32_t k = 1; k < (uint32_t)pieces; k++) {
                point(&w, ax + k / pieces * dx, ay + k / pieces * dy);
            }
        }
        point(&w, bx, by);
        ax = bx;
        ay = by;
    }
    flush(&w);
    return 0.5 * fabs(w.sum + w.lost);
}

double imp_area_survey(imp_area *a, const gt_geom *g, gt_box box)
{
    double column = floor(0.5 * (box.xmin + box.xmax) / CELL);
    double row = floor(0.5 * (box.ymin + box.ymax) / CELL);
    bool near = box.xmin >= (column - 0.5) * CELL && box.xmax <= (column + 1.5) * CELL &&
                box.ymin >= (row - 0.5) * CELL && box.ymax <= (row + 1.5) * CELL;
    if (a->geographic || !near || !(fabs(row) < 1200.0)) { /* 1200 * 8 km: the poles */
        return gt_area_survey(a->plane, g, a->step);
    }
    const imp_area_cell *c = cell_of(a, column, row);
    double area = 0.0;
    for (uint32_t p = 0, r = 0, at = 0; p < g->n_parts; p++) {
        for (uint32_t first = r; r < g->part_end[p]; at = g->ring_end[r++]) {
            uint32_t n = g->ring_end[r] - at;
            double ring = n < 4 ? 0.0 : ring_area(a, c, g->xy + 2 * (size_t)at, n);
            area += r == first ? ring : -ring;
        }
    }
    return area > 0.0 ? area : 0.0;
}
