/* Shares by signed areas: every edge adds, in each row it passes, the area between it and the right
 * end of the row; a running sum along the row then is the share covered. Exact but for rounding,
 * O(edges' cells + window). The way is that of font rasterizers (Levien's font-rs); here in double
 * precision and clipped to any window. */
#include "grid/cover.h"

#include <math.h>
#include <string.h>

#define NOTHING 1e-9 /* share of a cell that is rounding, not cover */

typedef struct ring_range {
    size_t first_part, end_part;
} ring_range;

static ring_range parts_of(const cover_zone *z)
{
    const gt_polygon_run *r = z->run;
    return (ring_range){z->feature == 0 ? 0 : r->feature_end[z->feature - 1],
                        r->feature_end[z->feature]};
}

static size_t end_before(const uint32_t *ends, size_t i)
{
    return i == 0 ? 0 : ends[i - 1];
}

gt_box cover_box(const cover_zone *z)
{
    const gt_polygon_run *r = z->run;
    const ring_range parts = parts_of(z);
    const double inf = (double)INFINITY;
    gt_box b = {inf, inf, -inf, -inf};
    if (parts.first_part == parts.end_part) {
        return b;
    }
    size_t ring = end_before(r->part_end, parts.first_part);
    size_t ring_end = r->part_end[parts.end_part - 1];
    if (ring == ring_end) {
        return b;
    }
    for (size_t p = end_before(r->ring_end, ring); p < r->ring_end[ring_end - 1]; p++) {
        double x = r->xy[2 * p], y = r->xy[2 * p + 1];
        b.xmin = fmin(b.xmin, x);
        b.xmax = fmax(b.xmax, x);
        b.ymin = fmin(b.ymin, y);
        b.ymax = fmax(b.ymax, y);
    }
    return b;
}

gt_window cover_window(const gt_grid *grid, const cover_zone *z)
{
    const gt_grid_spec *s = gt_grid_facts(grid);
    const gt_box b = cover_box(z);
    double cols = (double)s->n_cols, rows = (double)s->n_rows;
    double west = fmax(floor((b.xmin - s->x_west) / s->cell_x), 0);
    double east = fmin(ceil((b.xmax - s->x_west) / s->cell_x), cols);
    double north = fmax(floor((s->y_north - b.ymax) / s->cell_y), 0);
    double south = fmin(ceil((s->y_north - b.ymin) / s->cell_y), rows);
    gt_window none = {0, 0, 0, 0};
    if (!(b.xmin <= b.xmax) || west >= east || north >= south) {
        return none;
    }
    return (gt_window){(int64_t)west, (int64_t)north, (int64_t)(east - west),
                       (int64_t)(south - north)};
}

static double ring_area(const gt_polygon_run *r, size_t ring)
{
    size_t from = end_before(r->ring_end, ring), end = r->ring_end[ring];
    double x0 = r->xy[2 * from], y0 = r->xy[2 * from + 1], twice = 0;
    for (size_t p = from; p + 1 < end; p++) {
        const double *a = r->xy + 2 * p;
        twice += (a[0] - x0) * (a[3] - y0) - (a[2] - x0) * (a[1] - y0);
    }
    return twice / 2;
}

double cover_area(const cover_zone *z)
{
    const gt_polygon_run *r = z->run;
    const ring_range parts = parts_of(z);
    double area = 0;
    for (size_t p = parts.first_part; p < parts.end_part; p++) {
        size_t first = end_before(r->part_end, p);
        for (size_t ring = first; ring < r->part_end[p]; ring++) {
            area += ring == first ? fabs(ring_area(r, ring)) : -fabs(ring_area(r, ring));
        }
    }
    return area;
}

/* A piece of an edge inside one row: its height d, signed, between columns xa and xb. */
static void row_piece(double *row, double cols, double xa, double xb, double d)
{
    if (xa > xb) {
        double x = xa;
        xa = xb;
        xb = x;
    }
    if (xa >= cols) {
        return;
    }
    if (xb <= 0) {
        row[0] += d;
        return;
    }
    if (xa < 0) {
        double part = d * (-xa / (xb - xa));
        row[0] += part;
        d -= part;
        xa = 0;
    }
    if (xb > cols) {
        d *= (cols - xa) / (xb - xa);
        xb = cols;
    }
    size_t i = (size_t)xa;
    if (xb <= (double)i + 1) {
        double right = d * ((xa + xb) / 2 - (double)i);
        row[i] += d - right;
        row[i + 1] += right;
        return;
    }
    double per_col = d / (xb - xa);
    for (double from = xa; from < xb; i++) {
        double to = fmin((double)i + 1, xb), part = per_col * (to - from);
        double right = part * ((from + to) / 2 - (double)i);
        row[i] += part - right;
        row[i + 1] += right;
        from = to;
    }
}

/* Coordinates in cells of the window, y to the south. */
static void add_edge(double *acc, const gt_window *w, const double *from, const double *to,
                     double sign)
{
    const double *a = from, *b = to;
    double cols = (double)w->n_cols, rows = (double)w->n_rows;
    if (a[1] > b[1]) { /* one direction: an edge shared by two polygons is cut alike */
        a = to;
        b = from;
        sign = -sign;
    }
    double y0 = fmax(a[1], 0), y1 = fmin(b[1], rows);
    if (!(y0 < y1)) {
        return;
    }
    double slope = (b[0] - a[0]) / (b[1] - a[1]);
    double low = fmin(a[0], b[0]), high = fmax(a[0], b[0]);
    for (int64_t r = (int64_t)y0; (double)r < y1; r++) {
        double ya = fmax((double)r, y0), yb = fmin((double)r + 1, y1);
        double xa = a[0] + (ya - a[1]) * slope, xb = a[0] + (yb - a[1]) * slope;
        xa = fmin(fmax(xa, low), high); /* rounding must not leave the edge */
        xb = fmin(fmax(xb, low), high);
        row_piece(acc + r * (w->n_cols + 1), cols, xa, xb, (yb - ya) * sign);
    }
}

void cover_edges(const gt_grid *grid, const cover_zone *z, const gt_window *w, double *acc)
{
    const gt_grid_spec *s = gt_grid_facts(grid);
    const gt_polygon_run *r = z->run;
    const ring_range parts = parts_of(z);
    memset(acc, 0, (size_t)(w->n_cols + 1) * (size_t)w->n_rows * sizeof *acc);
    for (size_t p = parts.first_part; p < parts.end_part; p++) {
        size_t first = end_before(r->part_end, p);
        for (size_t ring = first; ring < r->part_end[p]; ring++) {
            /* shells to the left of their edges, holes to the right */
            double sign = (ring_area(r, ring) >= 0) == (ring == first) ? 1 : -1;
            double last[2] = {0}, next[2];
            size_t from = end_before(r->ring_end, ring);
            for (size_t i = from; i < r->ring_end[ring]; i++) {
                next[0] = (r->xy[2 * i] - s->x_west) / s->cell_x - (double)w->col;
                next[1] = (s->y_north - r->xy[2 * i + 1]) / s->cell_y - (double)w->row;
                if (i > from) {
                    add_edge(acc, w, last, next, sign);
                }
                last[0] = next[0];
                last[1] = next[1];
            }
        }
    }
}

void cover_row(double *row, int64_t n_cols)
{
    double sum = 0;
    for (int64_t c = 0; c < n_cols; c++) {
        sum += row[c];
        row[c] = sum < NOTHING ? 0 : sum > 1 - NOTHING ? 1 : sum;
    }
}
