/* Ellipsoidal areas of rings. The survey rule is the shoelace formula in the cylindrical equal-area
 * plane (L, q(B)), where
 *   q(B) = b^2/2 [ sin B / (1 - e^2 sin^2 B) + atanh(e sin B) / e ]
 * is the area from the equator to B for one radian of longitude (m2). Notice 32 of 2008 prints q as
 * a series in e^2; the closed form agrees with it to 1e-12 (test_area.c keeps the series to check).
 */
#include <math.h>

#include "geo/plane.h"
#include "geo/proj_lib.h"

/* Sum with Neumaier's compensation: exact to the last bit of the result for parcels and cities
 * alike. */
typedef struct exact_sum {
    double sum, lost;
} exact_sum;

static void add(exact_sum *s, double v)
{
    double t = s->sum + v;
    s->lost += fabs(s->sum) >= fabs(v) ? (s->sum - t) + v : (v - t) + s->sum;
    s->sum = t;
}

/* A vertex: radians, longitude from the first vertex of the ring. Eastings from Greenwich and
 * strips from the equator would cost a parcel four digits, so that all is kept as differences. */
typedef struct vertex {
    double lon, lat, sin_lat, cos_lat;
} vertex;

static vertex project(const gt_plane *plane, double x, double y, const double *origin)
{
    vertex v;
    if (plane->geographic) {
        v.lon = (x - origin[0]) * (M_PI / 180);
        v.lat = (y - origin[1]) * (M_PI / 180); /* a difference too, until the sine is taken */
        sincos(y * (M_PI / 180), &v.sin_lat, &v.cos_lat);
    } else {
        gt_tmerc_inverse(&plane->tm, x, y, &v.lon, &v.lat);
        v.lon -= origin[0];
        sincos(v.lat, &v.sin_lat, &v.cos_lat);
    }
    return v;
}

/* sin(b) - sin(a) without cancellation. */
static double sine_difference(const vertex *a, const vertex *b)
{
    double d = b->lat - a->lat, d2 = d * d;
    if (d2 > 1e-2) {
        return b->sin_lat - a->sin_lat;
    }
    double sine = d * (1 - d2 / 6 * (1 - d2 / 20 * (1 - d2 / 42 * (1 - d2 / 72))));
    double versine = d2 / 2 * (1 - d2 / 12 * (1 - d2 / 30 * (1 - d2 / 56 * (1 - d2 / 90))));
    return a->cos_lat * sine - a->sin_lat * versine;
}

/* q(b) - q(a) = (sin b - sin a) times the divided difference of the series
 *   q = b^2/2 sum_k (2 k + 2) / (2 k + 1) e^2k s^(2k+1),
 * whose 9th term is under 1e-17 of the first on the earth. */
static double strip_difference(const gt_plane *plane, const vertex *from, const vertex *to)
{
    enum { TERMS = 9 };
    double e2 = plane->f * (2 - plane->f), b = plane->a * (1 - plane->f);
    double s1 = from->sin_lat, s2 = to->sin_lat;
    double divided = 1, power = s1, sum = 2, scale = 1; /* divided: (s2^n - s1^n) / (s2 - s1) */
    for (int k = 1; k < TERMS; k++) {
        divided = s2 * divided + power;
        power *= s1;
        divided = s2 * divided + power;
        power *= s1;
        scale *= e2;
        sum += (2. * k + 2) / (2. * k + 1) * scale * divided;
    }
    return b * b / 2 * sum * sine_difference(from, to);
}

/* Pieces an edge is cut into so that none is longer than max_step. */
static size_t pieces(const gt_plane *plane, const double *p, double max_step)
{
    if (plane->geographic || !(max_step > 0)) {
        return 1;
    }
    double n = ceil(hypot(p[2] - p[0], p[3] - p[1]) / max_step);
    return n <= 1 ? 1 : n >= 1e9 ? (size_t)1e9 : (size_t)n;
}

static double ring_area(const gt_plane *plane, const double *xy, uint32_t from, uint32_t to,
                        double max_step)
{
    if (to - from < 4) {
        return 0;
    }
    exact_sum total = {0, 0};
    double origin[2] = {xy[2 * (size_t)from], xy[2 * (size_t)from + 1]};
    if (!plane->geographic) {
        gt_tmerc_inverse(&plane->tm, origin[0], origin[1], &origin[0], &origin[1]);
    }
    vertex last = project(plane, xy[2 * (size_t)from], xy[2 * (size_t)from + 1], origin);
    for (size_t i = from; i + 1 < to; i++) {
        const double *p = xy + 2 * i;
        size_t n = pieces(plane, p, max_step);
        for (size_t k = 1; k <= n; k++) {
            double t = (double)k / (double)n;
            double x = k == n ? p[2] : p[0] + t * (p[2] - p[0]);
            double y = k == n ? p[3] : p[1] + t * (p[3] - p[1]);
            vertex next = project(plane, x, y, origin);
            add(&total, (last.lon + next.lon) / 2 * strip_difference(plane, &last, &next));
            last = next;
        }
    }
    return fabs(total.sum + total.lost);
}

double gt_area_survey(const gt_plane *plane, const gt_geom *geom, double max_step)
{
    exact_sum total = {0, 0};
    uint32_t from = 0, ring = 0;
    for (uint32_t part = 0; part < geom->n_parts; part++) {
        for (uint32_t first = ring; ring < geom->part_end[part]; ring++) {
            double area = ring_area(plane, geom->xy, from, geom->ring_end[ring], max_step);
            add(&total, ring == first ? area : -area);
            from = geom->ring_end[ring];
        }
    }
    double area = total.sum + total.lost;
    return area > 0 ? area : 0;
}

double gt_area_sheet(double a, double f, double lon1, double lat1, double lon2, double lat2)
{
    const gt_plane plane = {.a = a, .f = f};
    const vertex from = {0, lat1, sin(lat1), cos(lat1)}, to = {0, lat2, sin(lat2), cos(lat2)};
    return fabs((lon2 - lon1) * strip_difference(&plane, &from, &to));
}

static double geodesic_ring(const gt_proj_lib *p, const struct geod_geodesic *g,
                            const gt_plane *plane, const double *xy, uint32_t from, uint32_t to)
{
    struct geod_polygon polygon;
    double area = 0, perimeter = 0;
    p->geod_polygon_init(&polygon, 0);
    for (size_t i = from; i + 1 < to; i++) {
        double lon = xy[2 * i], lat = xy[2 * i + 1]; /* degrees stay as they are, to the bit */
        if (!plane->geographic) {
            gt_tmerc_inverse(&plane->tm, xy[2 * i], xy[2 * i + 1], &lon, &lat);
            lon *= 180 / M_PI;
            lat *= 180 / M_PI;
        }
        p->geod_polygon_addpoint(g, &polygon, lat, lon);
    }
    (void)p->geod_polygon_compute(g, &polygon, 0, 1, &area, &perimeter);
    return fabs(area);
}

gt_status gt_area_geodesic(gt_ctx *ctx, const gt_plane *plane, const gt_geom *geom, double *m2)
{
    const gt_proj_lib *p = NULL;
    gt_status st = gt_proj_load(ctx, &p);
    struct geod_geodesic g;
    if (st == GT_OK) {
        p->geod_init(&g, plane->a, plane->f);
    }
    exact_sum total = {0, 0};
    uint32_t from = 0, ring = 0;
    for (uint32_t part = 0; st == GT_OK && part < geom->n_parts; part++) {
        for (uint32_t first = ring; st == GT_OK && ring < geom->part_end[part]; ring++) {
            double area = geodesic_ring(p, &g, plane, geom->xy, from, geom->ring_end[ring]);
            add(&total, ring == first ? area : -area);
            from = geom->ring_end[ring];
            st = gt_check_cancel(ctx);
        }
    }
    if (st == GT_OK) {
        *m2 = total.sum + total.lost;
    }
    return st;
}
