#include "synth/fields.h"

#include <math.h>
#include <string.h>

static const char *const NAMES[SY_FIELDS] = {"height", "slope", "relief", "centre",
                                             "seat",   "river", "stream", "road",
                                             "lake",   "site",  "east",   "north"};

const char *sy_field_name(sy_field f)
{
    return NAMES[f];
}

sy_field sy_field_find(const char *name)
{
    int f = 0;
    while (f < SY_FIELDS && strcmp(NAMES[f], name) != 0) {
        f++;
    }
    return (sy_field)f;
}

/* ---- polylines ----------------------------------------------------------------------------------
 */

enum { LINE_CELLS = 256 };

gt_status sy_lines_pt(gt_ctx *ctx, sy_lines *l, sy_pt p)
{
    gt_status st = gt_grow(ctx, (void **)&l->pts, &l->cap_pts, l->n_pts + 1, sizeof *l->pts);
    if (st == GT_OK) {
        l->pts[l->n_pts++] = p;
    }
    return st;
}

gt_status sy_lines_end(gt_ctx *ctx, sy_lines *l)
{
    size_t from = l->n_lines == 0 ? 0 : l->line_end[l->n_lines - 1];
    if (l->n_pts - from < 2) { /* a line of one point is none */
        l->n_pts = from;
        return GT_OK;
    }
    gt_status st =
        gt_grow(ctx, (void **)&l->line_end, &l->cap_lines, l->n_lines + 1, sizeof *l->line_end);
    if (st == GT_OK) {
        l->line_end[l->n_lines++] = (uint32_t)l->n_pts;
    }
    return st;
}

static int line_cell(const sy_lines *l, int32_t v)
{
    int c = v < 0 ? 0 : v / l->cell;
    return c >= l->n_cells ? l->n_cells - 1 : c;
}

static void bucket_lines(sy_lines *l, uint32_t *fill)
{
    size_t from = 0;
    for (size_t k = 0; k < l->n_lines; k++) {
        for (size_t i = from; i + 1 < l->line_end[k]; i++) {
            sy_rect r = sy_ring_rect(l->pts + i, 2);
            for (int row = line_cell(l, r.y0), end = line_cell(l, r.y1); row <= end; row++) {
                for (int col = line_cell(l, r.x0); col <= line_cell(l, r.x1); col++) {
                    size_t c = (size_t)row * (size_t)l->n_cells + (size_t)col;
                    if (fill == NULL) {
                        l->start[c + 1]++;
                    } else {
                        l->items[fill[c]++] = (uint32_t)i;
                    }
                }
            }
        }
        from = l->line_end[k];
    }
}

gt_status sy_lines_index(gt_ctx *ctx, const sy_world *world, sy_lines *l)
{
    gt_status st = GT_E_MEMORY;
    l->n_cells = LINE_CELLS;
    l->cell = world->side / LINE_CELLS;
    size_t n = (size_t)LINE_CELLS * LINE_CELLS;
    uint32_t *fill = gt_alloc(ctx, n, sizeof *fill);
    l->start = gt_zalloc(ctx, n + 1, sizeof *l->start);
    if (fill == NULL || l->start == NULL) {
        goto done;
    }
    bucket_lines(l, NULL);
    for (size_t c = 0; c < n; c++) {
        l->start[c + 1] += l->start[c];
        fill[c] = l->start[c];
    }
    l->items = gt_alloc(ctx, l->start[n], sizeof *l->items);
    if (l->items == NULL) {
        goto done;
    }
    bucket_lines(l, fill);
    st = GT_OK;
done:
    gt_free(ctx, fill);
    return st;
}

void sy_lines_free(gt_ctx *ctx, sy_lines *l)
{
    gt_free(ctx, l->pts);
    gt_free(ctx, l->line_end);
    gt_free(ctx, l->start);
    gt_free(ctx, l->items);
    memset(l, 0, sizeof *l);
}

static double to_segment(sy_pt p, sy_pt a, sy_pt b)
{
    double dx = (double)b.x - a.x, dy = (double)b.y - a.y;
    double px = (double)p.x - a.x, py = (double)p.y - a.y;
    double len2 = dx * dx + dy * dy;
    double t = len2 > 0 ? (px * dx + py * dy) / len2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return sqrt((px - t * dx) * (px - t * dx) + (py - t * dy) * (py - t * dy));
}

double sy_lines_distance(const sy_lines *l, sy_pt p)
{
    double best = INFINITY;
    if (l->n_lines == 0) {
        return best;
    }
    int col = line_cell(l, p.x), row = line_cell(l, p.y);
    for (int r = row > 0 ? row - 1 : 0; r <= row + 1 && r < l->n_cells; r++) {
        for (int c = col > 0 ? col - 1 : 0; c <= col + 1 && c < l->n_cells; c++) {
            size_t k = (size_t)r * (size_t)l->n_cells + (size_t)c;
            for (uint32_t i = l->start[k]; i < l->start[k + 1]; i++) {
                double d = to_segment(p, l->pts[l->items[i]], l->pts[l->items[i] + 1]);
                best = d < best ? d : best;
            }
        }
    }
    return best;
}

/* ---- grids
 * --------------------------------------------------------------------------------------- */

sy_pt sy_cell_centre(const sy_fields *f, size_t k)
{
    int32_t col = (int32_t)(k % (size_t)f->n), row = (int32_t)(k / (size_t)f->n);
    return (sy_pt){col * f->cell + f->cell / 2, row * f->cell + f->cell / 2};
}

size_t sy_cell_at(const sy_fields *f, sy_pt p)
{
    int col = p.x < 0 ? 0 : p.x / f->cell, row = p.y < 0 ? 0 : p.y / f->cell;
    col = col >= f->n ? f->n - 1 : col;
    row = row >= f->n ? f->n - 1 : row;
    return (size_t)row * (size_t)f->n + (size_t)col;
}

double sy_km2(const sy_fields *f, double mm2, sy_pt p)
{
    return mm2 * 1e-12 * (double)f->factor[sy_cell_at(f, p)];
}

gt_status sy_fields_new(gt_ctx *ctx, const sy_world *world, const sy_border *border,
                        const gt_plane *plane, int n, sy_fields *out)
{
    memset(out, 0, sizeof *out);
    out->world = world;
    out->n = n;
    out->cell = world->side / n;
    size_t cells = (size_t)n * (size_t)n;
    for (int i = 0; i < SY_FIELDS; i++) {
        out->of[i] = gt_zalloc(ctx, cells, sizeof(float));
        if (out->of[i] == NULL) {
            return GT_E_MEMORY;
        }
    }
    out->unit = gt_alloc(ctx, cells, sizeof *out->unit);
    out->factor = gt_alloc(ctx, cells, sizeof *out->factor);
    out->lake = gt_zalloc(ctx, cells, sizeof *out->lake);
    out->down = gt_alloc(ctx, cells, sizeof *out->down);
    out->drains = gt_zalloc(ctx, cells, sizeof *out->drains);
    if (out->unit == NULL || out->factor == NULL || out->lake == NULL || out->down == NULL ||
        out->drains == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t k = 0; k < cells; k++) {
        sy_pt p = sy_cell_centre(out, k);
        out->unit[k] = (int16_t)sy_border_locate(border, p);
        double m = 1;
        if (plane != NULL) {
            m = gt_plane_scale(plane, sy_metres(world->ox, p.x), sy_metres(world->oy, p.y));
        }
        out->factor[k] = (float)(1.0 / (m * m));
        out->down[k] = (uint32_t)k;
    }
    return GT_OK;
}

void sy_fields_free(gt_ctx *ctx, sy_fields *f)
{
    for (int i = 0; i < SY_FIELDS; i++) {
        gt_free(ctx, f->of[i]);
    }
    gt_free(ctx, f->unit);
    gt_free(ctx, f->factor);
    gt_free(ctx, f->lake);
    gt_free(ctx, f->down);
    gt_free(ctx, f->drains);
    sy_lines_free(ctx, &f->rivers);
    sy_lines_free(ctx, &f->roads);
    memset(f, 0, sizeof *f);
}

static double bilinear(const sy_fields *f, const float *v, sy_pt p)
{
    double x = (double)p.x / f->cell - 0.5, y = (double)p.y / f->cell - 0.5;
    double top = f->n - 1.000001;
    x = x < 0 ? 0 : x > top ? top : x;
    y = y < 0 ? 0 : y > top ? top : y;
    size_t i = (size_t)x, j = (size_t)y;
    double u = x - (double)i, w = y - (double)j;
    const float *a = v + j * (size_t)f->n + i, *b = a + f->n;
    double low = (double)a[0] + u * ((double)a[1] - (double)a[0]);
    double high = (double)b[0] + u * ((double)b[1] - (double)b[0]);
    return low + w * (high - low);
}

double sy_sample(const sy_fields *f, sy_field field, sy_pt p)
{
    double v = bilinear(f, f->of[field], p);
    const sy_lines *lines = field == SY_F_RIVER || field == SY_F_STREAM ? &f->rivers
                            : field == SY_F_ROAD                        ? &f->roads
                                                                        : NULL;
    if (lines != NULL && v < 4e-3 * f->cell) { /* within four cells of a line */
        double d = sy_lines_distance(lines, p) / 1000.0;
        if (isfinite(d) && (d < v || field != SY_F_STREAM)) {
            v = d;
        }
    }
    return v;
}

/* ---- distance transform
 * ---------------------------------------------------------------------------- */

/* One row or column: lower envelope of parabolas. g holds squared distances, INFINITY where none.
 */
static void envelope(const double *g, int n, size_t *v, double *z, double *out)
{
    int k = -1;
    for (int q = 0; q < n; q++) {
        if (isinf(g[q])) {
            continue;
        }
        double s = -INFINITY;
        while (k >= 0) {
            double p = (double)v[k];
            s = ((g[q] + (double)q * q) - (g[v[k]] + p * p)) / (2.0 * q - 2.0 * p);
            if (s > z[k]) {
                break;
            }
            k--;
        }
        k++;
        v[k] = (size_t)q;
        z[k] = k == 0 ? -INFINITY : s;
    }
    if (k < 0) {
        for (int q = 0; q < n; q++) {
            out[q] = INFINITY;
        }
        return;
    }
    int last = k, at = 0;
    for (int q = 0; q < n; q++) {
        while (at < last && z[at + 1] < q) {
            at++;
        }
        double d = (double)q - (double)v[at];
        out[q] = d * d + g[v[at]];
    }
}

gt_status sy_distance(gt_ctx *ctx, const sy_fields *f, const bool *mark, float *out)
{
    gt_status st = GT_E_MEMORY;
    size_t n = (size_t)f->n;
    double *sq = gt_alloc(ctx, n * n, sizeof *sq);
    double *g = gt_alloc(ctx, n, sizeof *g), *r = gt_alloc(ctx, n, sizeof *r);
    double *z = gt_alloc(ctx, n, sizeof *z);
    size_t *v = gt_alloc(ctx, n, sizeof *v);
    if (sq == NULL || g == NULL || r == NULL || z == NULL || v == NULL) {
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            g[j] = mark[j * n + i] ? 0 : INFINITY;
        }
        envelope(g, f->n, v, z, r);
        for (size_t j = 0; j < n; j++) {
            sq[j * n + i] = r[j];
        }
    }
    for (size_t j = 0; j < n; j++) {
        envelope(sq + j * n, f->n, v, z, r);
        for (size_t i = 0; i < n; i++) {
            double m = sqrt(r[i]) * f->cell / 1000.0;
            out[j * n + i] = (float)(m < 1e6 ? m : 1e6);
        }
    }
    st = GT_OK;
done:
    gt_free(ctx, sq);
    gt_free(ctx, g);
    gt_free(ctx, r);
    gt_free(ctx, z);
    gt_free(ctx, v);
    return st;
}
