/* The flat geometry: building, copying, box and plane area. */
#include "guotu/geometry.h"

#include <math.h>
#include <string.h>

#include "geo/geom.h"
#include "geo/messages.h"

void gt_geom_init(gt_geom *geom)
{
    memset(geom, 0, sizeof *geom);
}

void gt_geom_free(gt_ctx *ctx, gt_geom *geom)
{
    if (geom == NULL) {
        return;
    }
    gt_free(ctx, geom->xy);
    gt_free(ctx, geom->ring_end);
    gt_free(ctx, geom->part_end);
    gt_geom_init(geom);
}

void gt_geom_reset(gt_geom *geom, gt_geom_type type)
{
    geom->type = type;
    geom->n_points = geom->n_rings = geom->n_parts = 0;
}

static gt_status grow_doubles(gt_ctx *ctx, double **array, size_t *cap, size_t need)
{
    void *block = *array;
    gt_status st = gt_grow(ctx, &block, cap, need, 2 * sizeof **array);
    *array = block;
    return st;
}

static gt_status grow_ends(gt_ctx *ctx, uint32_t **array, size_t *cap, size_t need)
{
    void *block = *array;
    gt_status st = gt_grow(ctx, &block, cap, need, sizeof **array);
    *array = block;
    return st;
}

gt_status gt_geom_reserve(gt_ctx *ctx, gt_geom *geom, size_t points, size_t rings, size_t parts)
{
    if (points > UINT32_MAX - geom->n_points || rings > UINT32_MAX - geom->n_rings ||
        parts > UINT32_MAX - geom->n_parts) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GEO_TOO_MANY, GT_NOWHERE,
                       GT_ARGS(GT_INT("max", UINT32_MAX)));
    }
    gt_status st = grow_doubles(ctx, &geom->xy, &geom->cap_xy, geom->n_points + points);
    if (st == GT_OK) {
        st = grow_ends(ctx, &geom->ring_end, &geom->cap_rings, geom->n_rings + rings);
    }
    if (st == GT_OK) {
        st = grow_ends(ctx, &geom->part_end, &geom->cap_parts, geom->n_parts + parts);
    }
    return st;
}

gt_status gt_geom_add_point(gt_ctx *ctx, gt_geom *geom, double x, double y)
{
    if (!isfinite(x) || !isfinite(y)) {
        return gt_geom_fail_not_finite(ctx, geom->n_points);
    }
    if (geom->n_points >= geom->cap_xy) {
        gt_status st = gt_geom_reserve(ctx, geom, 1, 0, 0);
        if (st != GT_OK) {
            return st;
        }
    }
    geom->xy[2 * (size_t)geom->n_points] = x;
    geom->xy[2 * (size_t)geom->n_points + 1] = y;
    geom->n_points++;
    return GT_OK;
}

gt_status gt_geom_end_ring(gt_ctx *ctx, gt_geom *geom)
{
    gt_status st = gt_geom_reserve(ctx, geom, 0, 1, 0);
    if (st == GT_OK) {
        geom->ring_end[geom->n_rings++] = geom->n_points;
    }
    return st;
}

gt_status gt_geom_end_part(gt_ctx *ctx, gt_geom *geom)
{
    gt_status st = gt_geom_reserve(ctx, geom, 0, 0, 1);
    if (st == GT_OK) {
        geom->part_end[geom->n_parts++] = geom->n_rings;
    }
    return st;
}

static void copy_bytes(void *to, const void *from, size_t count, size_t size)
{
    if (count > 0) {
        memcpy(to, from, count * size);
    }
}

gt_status gt_geom_copy(gt_ctx *ctx, const gt_geom *from, gt_geom *to)
{
    gt_geom_reset(to, from->type);
    gt_status st = gt_geom_reserve(ctx, to, from->n_points, from->n_rings, from->n_parts);
    if (st != GT_OK) {
        return st;
    }
    copy_bytes(to->xy, from->xy, from->n_points, 2 * sizeof *to->xy);
    copy_bytes(to->ring_end, from->ring_end, from->n_rings, sizeof *to->ring_end);
    copy_bytes(to->part_end, from->part_end, from->n_parts, sizeof *to->part_end);
    to->n_points = from->n_points;
    to->n_rings = from->n_rings;
    to->n_parts = from->n_parts;
    return GT_OK;
}

gt_box gt_geom_box(const gt_geom *geom)
{
    gt_box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < geom->n_points; i++) {
        double x = geom->xy[2 * i], y = geom->xy[2 * i + 1];
        box.xmin = x < box.xmin ? x : box.xmin;
        box.xmax = x > box.xmax ? x : box.xmax;
        box.ymin = y < box.ymin ? y : box.ymin;
        box.ymax = y > box.ymax ? y : box.ymax;
    }
    return box;
}

bool gt_box_meets(gt_box a, gt_box b)
{
    return a.xmin <= b.xmax && b.xmin <= a.xmax && a.ymin <= b.ymax && b.ymin <= a.ymax;
}

double gt_ring_twice_area(const double *xy, uint32_t from, uint32_t to)
{
    double sum = 0, x0 = 0, y0 = 0;
    if (to > from) { /* a local origin keeps the digits: eastings have 6 before the point */
        x0 = xy[2 * (size_t)from];
        y0 = xy[2 * (size_t)from + 1];
    }
    for (size_t i = from; i + 1 < to; i++) {
        double ax = xy[2 * i] - x0, ay = xy[2 * i + 1] - y0;
        double bx = xy[2 * i + 2] - x0, by = xy[2 * i + 3] - y0;
        sum += ax * by - bx * ay;
    }
    return sum;
}

double gt_geom_plane_area(const gt_geom *geom)
{
    double total = 0;
    uint32_t from = 0, ring = 0;
    for (uint32_t part = 0; part < geom->n_parts; part++) {
        uint32_t first = ring;
        for (; ring < geom->part_end[part]; ring++) {
            double area = fabs(gt_ring_twice_area(geom->xy, from, geom->ring_end[ring])) / 2;
            total += ring == first ? area : -area;
            from = geom->ring_end[ring];
        }
    }
    return total > 0 ? total : 0;
}

const char *gt_geom_type_name(gt_geom_type type)
{
    switch (type) {
    case GT_GEOM_NONE:
        return "none";
    case GT_POINT:
        return "point";
    case GT_LINESTRING:
        return "linestring";
    case GT_POLYGON:
        return "polygon";
    case GT_MULTIPOINT:
        return "multipoint";
    case GT_MULTILINESTRING:
        return "multilinestring";
    case GT_MULTIPOLYGON:
        return "multipolygon";
    }
    return "none";
}

/* Ends rise strictly and stop at `last`. */
static bool ends_in_step(const uint32_t *ends, uint32_t n, uint32_t last)
{
    uint32_t from = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (ends[i] <= from) {
            return false;
        }
        from = ends[i];
    }
    return from == last;
}

gt_status gt_geom_check(gt_ctx *ctx, const gt_geom *g)
{
    bool lines = g->n_parts == 0 && ends_in_step(g->ring_end, g->n_rings, g->n_points);
    bool polygons = ends_in_step(g->ring_end, g->n_rings, g->n_points) &&
                    ends_in_step(g->part_end, g->n_parts, g->n_rings);
    bool points = g->n_rings == 0 && g->n_parts == 0;
    bool good = false;
    switch (g->type) {
    case GT_GEOM_NONE:
        break;
    case GT_POINT:
        good = points && g->n_points <= 1;
        break;
    case GT_LINESTRING:
        good = lines && g->n_rings <= 1;
        break;
    case GT_POLYGON:
        good = polygons && g->n_parts <= 1;
        break;
    case GT_MULTIPOINT:
        good = points;
        break;
    case GT_MULTILINESTRING:
        good = lines;
        break;
    case GT_MULTIPOLYGON:
        good = polygons;
        break;
    }
    if (good) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GEO_OUT_OF_STEP, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("type", gt_geom_type_name(g->type)),
                           GT_INT("points", g->n_points), GT_INT("rings", g->n_rings),
                           GT_INT("parts", g->n_parts)));
}

uint32_t gt_geom_ring_start(const gt_geom *geom)
{
    return geom->n_rings == 0 ? 0 : geom->ring_end[geom->n_rings - 1];
}

static bool finite_pair(const double *xy)
{
    return isfinite(xy[0]) && isfinite(xy[1]);
}

uint32_t gt_geom_first_bad(const gt_geom *geom, uint32_t from)
{
    const uint64_t exponent = 0x7FF0000000000000U;
    uint64_t bad = 0;
    for (size_t i = 2 * (size_t)from; i < 2 * (size_t)geom->n_points; i++) {
        uint64_t bits;
        memcpy(&bits, &geom->xy[i], sizeof bits);
        bad |=
            (uint64_t)((bits & exponent) == exponent); /* no branch: the compiler vectorises it */
    }
    uint32_t point = geom->n_points;
    if (bad != 0) {
        for (point = from; finite_pair(&geom->xy[2 * (size_t)point]); point++) {
        }
    }
    return point;
}

gt_status gt_geom_fail_not_finite(gt_ctx *ctx, uint32_t point)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GEO_NOT_FINITE, GT_NOWHERE,
                   GT_ARGS(GT_INT("point", (long long)point + 1)));
}

gt_status gt_geom_finish_ring(gt_ctx *ctx, gt_geom *geom)
{
    uint32_t from = gt_geom_ring_start(geom), n = geom->n_points - from;
    const double *first = n > 0 ? &geom->xy[2 * (size_t)from] : NULL;
    gt_place at = {.has_xy = n > 0, .x = n > 0 ? first[0] : 0, .y = n > 0 ? first[1] : 0};
    if (n > 0) {
        const double *last = &geom->xy[2 * ((size_t)geom->n_points - 1)];
        if (first[0] != last[0] || first[1] != last[1]) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GEO_RING_OPEN, &at,
                           GT_ARGS(GT_INT("ring", (long long)geom->n_rings + 1)));
        }
    }
    if (n < 4) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GEO_RING_SHORT, &at,
                       GT_ARGS(GT_INT("ring", (long long)geom->n_rings + 1), GT_INT("points", n)));
    }
    return gt_geom_end_ring(ctx, geom);
}

gt_status gt_geom_finish_line(gt_ctx *ctx, gt_geom *geom)
{
    uint32_t n = geom->n_points - gt_geom_ring_start(geom);
    if (n < 2) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GEO_LINE_SHORT, GT_NOWHERE,
                       GT_ARGS(GT_INT("line", (long long)geom->n_rings + 1), GT_INT("points", n)));
    }
    return gt_geom_end_ring(ctx, geom);
}

gt_ring_view gt_geom_ring_view(const gt_geom *geom, uint32_t ring, bool is_shell)
{
    gt_ring_view view;
    view.from = ring == 0 ? 0 : geom->ring_end[ring - 1];
    view.to = geom->ring_end[ring];
    bool ccw = gt_ring_twice_area(geom->xy, view.from, view.to) >= 0;
    view.turn = ccw != is_shell;
    return view;
}
