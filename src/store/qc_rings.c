/* Scan of a polygon's rings: copies them without repeated points and without the closing point, and
 * measures on the way what thresholds need. */
#include <float.h>
#include <string.h>

#include "store/qc.h"

typedef struct scan {
    gt_qc *qc;
    const gt_geom *geom;
    gt_qc_result *result;
    uint32_t part, ring_in_part;
    bool sound;
} scan;

/* Start- and direction-free: a sum of mixed points (constants of splitmix64, Steele et al. 2014).
 */
static uint64_t point_hash(double x, double y)
{
    uint64_t a, b;
    memcpy(&a, &x, sizeof a);
    memcpy(&b, &y, sizeof b);
    uint64_t z = a * 0x9E3779B97F4A7C15ULL + ((b << 32) | (b >> 32));
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static double plain(double v)
{
    return fabs(v) < QC_TINY ? 0.0 : v; /* -0 too */
}

/* Copies ring points [a, b) behind s->n; false when it has fewer than three different ones. */
static bool copy_ring(scan *k, uint32_t a, uint32_t b, qc_ring *ring)
{
    qc_scratch *s = &k->qc->s;
    const double *xy = k->geom->xy;
    double *x = s->x + s->n, *y = s->y + s->n;
    uint32_t n = 0;
    for (uint32_t i = a; i < b; i++) {
        double px = plain(xy[2 * i]), py = plain(xy[2 * i + 1]);
        if (n > 0 && px == x[n - 1] && py == y[n - 1]) {
            qc_find_at(k->result, GT_QC_REPEATED, k->part, k->ring_in_part, px, py);
            continue;
        }
        x[n] = px;
        y[n] = py;
        n++;
    }
    if (n > 0 && b - a > 1) {
        if (xy[2 * a] != xy[2 * b - 2] || xy[2 * a + 1] != xy[2 * b - 1]) {
            qc_find_at(k->result, GT_QC_UNCLOSED, k->part, k->ring_in_part, xy[2 * b - 2],
                       xy[2 * b - 1]);
        }
        if (n > 1 && x[0] == x[n - 1] && y[0] == y[n - 1]) {
            n--;
        }
    }
    ring->first = s->n;
    ring->end = s->n + n;
    return n >= 3;
}

/* All points on one line, exactly? */
static bool is_flat(const double *x, const double *y, uint32_t n, uint32_t stride)
{
    size_t far = 0;
    double far2 = 0.0;
    for (size_t i = 1; i < n; i++) {
        double dx = x[i * stride] - x[0], dy = y[i * stride] - y[0], d2 = dx * dx + dy * dy;
        if (d2 > far2) {
            far2 = d2;
            far = i * stride;
        }
    }
    bool flat = true;
    for (size_t i = 1; i < n && flat; i++) {
        flat = qc_side(x[0], y[0], x[far], y[far], x[i * stride], y[i * stride]) == 0;
    }
    return flat;
}

bool qc_ring_area(const double *x, const double *y, uint32_t n, uint32_t stride, double *area)
{
    double x0 = x[0], y0 = y[0];
    double twice = 0.0, extent = 0.0;
    double ax = 0.0, ay = 0.0; /* the point before, relative to the first */
    for (size_t i = 1; i < n; i++) {
        double bx = x[i * stride] - x0, by = y[i * stride] - y0;
        twice += ax * by - bx * ay;
        double reach = fmax(fabs(bx), fabs(by));
        extent = reach > extent ? reach : extent;
        ax = bx;
        ay = by;
    }
    *area = 0.5 * fabs(twice);
    /* rounding leaves something of a flat ring; and a bow-tie's halves may cancel, which is a
     * crossing */
    return *area > 1e-13 * extent * extent || !is_flat(x, y, n, stride);
}

static double ring_perimeter(const double *x, const double *y, uint32_t n)
{
    double sum = 0.0;
    for (uint32_t i = 0, before = n - 1; i < n; before = i++) {
        double dx = x[i] - x[before], dy = y[i] - y[before];
        sum += sqrt(dx * dx + dy * dy);
    }
    return sum;
}

static uint64_t ring_hash(const double *x, const double *y, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += point_hash(x[i], y[i]);
    }
    return sum * 0xD6E8FEB86659FD93ULL; /* odd: keeps rings apart from their union */
}

/* Angle at b between the edges to a and c, degrees. */
static double angle_deg(double ax, double ay, double bx, double by, double cx, double cy)
{
    double ux = ax - bx, uy = ay - by, vx = cx - bx, vy = cy - by;
    return atan2(fabs(ux * vy - uy * vx), ux * vx + uy * vy) * (180.0 / 3.14159265358979323846);
}

/* Corners sharper than allowed. Exact folds (angle 0) are the sweep's to name. */
static void check_corners(scan *k, const qc_ring *ring)
{
    const qc_scratch *s = &k->qc->s;
    const double *x = s->x + ring->first, *y = s->y + ring->first;
    uint32_t n = ring->end - ring->first;
    double limit = k->qc->spike_tan2;
    for (uint32_t i = 0, before = n - 1; i < n; before = i++) {
        uint32_t after = i + 1 == n ? 0 : i + 1;
        double ux = x[before] - x[i], uy = y[before] - y[i];
        double vx = x[after] - x[i], vy = y[after] - y[i];
        double dot = ux * vx + uy * vy, cross = ux * vy - uy * vx;
        if (dot > 0.0 && cross * cross < limit * dot * dot) {
            gt_qc_finding *f = qc_find(k->result, GT_QC_SPIKE);
            if (f->count == 1) {
                f->part = k->part;
                f->ring = k->ring_in_part;
                f->has_xy = true;
                f->x = x[i];
                f->y = y[i];
                f->value = angle_deg(x[before], y[before], x[i], y[i], x[after], y[after]);
                f->limit = k->qc->rules.min_angle_deg;
            }
        }
    }
}

static void check_sliver(scan *k, uint32_t first_ring, uint32_t end_ring)
{
    const gt_qc_rules *rules = &k->qc->rules;
    const qc_scratch *s = &k->qc->s;
    if (first_ring == end_ring) {
        return;
    }
    double area = s->rings[first_ring].area, perimeter = s->rings[first_ring].perimeter;
    for (uint32_t r = first_ring + 1; r < end_ring; r++) {
        area -= s->rings[r].area;
        perimeter += s->rings[r].perimeter;
    }
    uint32_t at = s->rings[first_ring].first;
    gt_qc_finding *f = NULL;
    if (rules->min_area_m2 > 0.0 && area < rules->min_area_m2) {
        f = qc_find(k->result, GT_QC_SLIVER_AREA);
        if (f->count == 1) {
            *f = (gt_qc_finding){GT_QC_SLIVER_AREA, 1,    k->part,           0, true, s->x[at],
                                 s->y[at],          area, rules->min_area_m2};
        }
    }
    double width = perimeter > 0.0 ? 2.0 * area / perimeter : 0.0;
    if (rules->min_width_m > 0.0 && width < rules->min_width_m) {
        f = qc_find(k->result, GT_QC_SLIVER_WIDTH);
        if (f->count == 1) {
            *f = (gt_qc_finding){GT_QC_SLIVER_WIDTH, 1,     k->part,           0, true, s->x[at],
                                 s->y[at],           width, rules->min_width_m};
        }
    }
}

static void scan_ring(scan *k, uint32_t a, uint32_t b)
{
    gt_qc *qc = k->qc;
    qc_scratch *s = &qc->s;
    qc_ring *ring = &s->rings[s->n_rings];
    ring->part = k->part;
    ring->hole = k->ring_in_part > 0;
    if (!copy_ring(k, a, b, ring)) {
        gt_qc_finding *f = qc_find(k->result, GT_QC_TOO_FEW);
        if (f->count == 1) {
            f->part = k->part;
            f->ring = k->ring_in_part;
            f->value = ring->end - ring->first;
            f->has_xy = b > a;
            f->x = b > a ? k->geom->xy[2 * a] : 0.0;
            f->y = b > a ? k->geom->xy[2 * a + 1] : 0.0;
        }
        k->sound = false;
        return;
    }
    const double *x = s->x + ring->first, *y = s->y + ring->first;
    uint32_t n = ring->end - ring->first;
    bool has_area = qc_ring_area(x, y, n, 1, &ring->area);
    k->result->shape += ring_hash(x, y, n);
    ring->perimeter = qc->rules.min_width_m > 0.0 ? ring_perimeter(x, y, n) : 0.0;
    if (!has_area) {
        qc_find_at(k->result, GT_QC_ZERO_AREA, k->part, k->ring_in_part, s->x[ring->first],
                   s->y[ring->first]);
        k->sound = false;
    } else if (qc->spike_tan2 > 0.0) {
        check_corners(k, ring);
    }
    s->n = ring->end;
    s->n_rings++;
}

gt_status qc_rings_scan(gt_ctx *ctx, gt_qc *qc, const gt_geom *geom, gt_qc_result *result,
                        bool *sound)
{
    qc_scratch *s = &qc->s;
    scan k = {.qc = qc, .geom = geom, .result = result, .sound = true};
    void *block = s->x;
    gt_status st = gt_grow(ctx, &block, &s->cap_x, geom->n_points, sizeof *s->x);
    if (st == GT_OK) {
        s->x = block;
        block = s->y;
        st = gt_grow(ctx, &block, &s->cap_y, geom->n_points, sizeof *s->y);
    }
    if (st == GT_OK) {
        s->y = block;
        block = s->rings;
        st = gt_grow(ctx, &block, &s->cap_rings, geom->n_rings, sizeof *s->rings);
    }
    if (st != GT_OK) {
        return st;
    }
    s->rings = block;
    s->n = 0;
    s->n_rings = 0;
    for (uint32_t p = 0, r = 0, a = 0; p < geom->n_parts; p++) {
        uint32_t first = s->n_rings;
        k.part = p;
        k.ring_in_part = 0;
        bool empty = r == geom->part_end[p];
        for (; r < geom->part_end[p]; r++, k.ring_in_part++) {
            scan_ring(&k, a, geom->ring_end[r]);
            a = geom->ring_end[r];
        }
        if (empty) {
            gt_qc_finding *f = qc_find(result, GT_QC_TOO_FEW);
            f->part = p;
            k.sound = false;
        } else if (k.sound) {
            check_sliver(&k, first, s->n_rings);
            for (uint32_t i = first; i < s->n_rings; i++) {
                result->plane_area += i == first ? s->rings[i].area : -s->rings[i].area;
            }
        }
    }
    *sound = k.sound;
    return GT_OK;
}
