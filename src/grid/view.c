/* Viewsheds: for every pair of observer and cell in reach the line between them is walked, heights
 * taken where it crosses the columns (or rows, whichever are more) of the grid, linear between two
 * cells. Exact for that surface and without order: blocks with a halo of the reach, observers by
 * list. Cost grows with the cube of the reach; XDraw and sweeps are faster, and only near it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_analysis.h"

enum { BLOCK = 256 };

void gt_view_options_init(gt_view_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->observer_height = 1.6;
    options->max_distance = 5000;
    options->refraction = 0.13;
    options->earth_radius = 6371000;
}

typedef struct view {
    gt_view_options o;
    const gt_observer *list;
    size_t n;
    double cell_x, cell_y, bend; /* (1 - k) / (2 R) */
    int64_t reach_x, reach_y;    /* cells */
} view;

/* Height on the way: i-th of n steps. Nodata beside a height is passed over, two of them hide
 * nothing. */
static inline double height_at(const float *z, ptrdiff_t major, ptrdiff_t minor, double slope,
                               int i)
{
    double at = slope * i, low = floor(at), part = at - low;
    const float *cell = z + i * major + (ptrdiff_t)low * minor;
    double a = (double)cell[0];
    if (part == 0) {
        return a;
    }
    double b = (double)cell[minor];
    return isnan(a) ? b : isnan(b) ? a : a + part * (b - a);
}

/* z: at the observer; dx, dy: to the target. */
static bool sees(const view *v, const float *z, ptrdiff_t stride, double eye, int dx, int dy)
{
    double far = hypot(dx * v->cell_x, dy * v->cell_y);
    bool wide = abs(dx) >= abs(dy);
    int n = wide ? abs(dx) : abs(dy);
    if (n == 0) {
        return true;
    }
    ptrdiff_t major = wide ? (dx > 0 ? 1 : -1) : (dy > 0 ? stride : -stride);
    ptrdiff_t minor = wide ? stride : 1;
    double slope = wide ? (double)dy / n : (double)dx / n, step = far / n;
    double top = (double)z[(ptrdiff_t)dy * stride + dx] + v->o.target_height;
    double rise = (top - v->bend * far * far - eye) / far;
    for (int i = 1; i < n; i++) {
        double d = step * i;
        double h = height_at(z, major, minor, slope, i) - v->bend * d * d - eye;
        if (h > rise * d) { /* false for nodata */
            return false;
        }
    }
    return true;
}

static int clamp(int64_t x, int low, int high)
{
    return x < low ? low : x > high ? high : (int)x;
}

/* All cells of the block in reach of one observer. */
static void look(const view *v, const gt_block *b, size_t k)
{
    const gt_observer *w = &v->list[k];
    ptrdiff_t stride = (ptrdiff_t)b->in[0].stride;
    int64_t col = w->col - b->col, row = w->row - b->row; /* may lie in the halo */
    const float *z = (const float *)b->in[0].cells + row * stride + col;
    double eye = (double)z[0] + v->o.observer_height, most = v->o.max_distance;
    int c0 = clamp(col - v->reach_x, 0, b->n_cols), c1 = clamp(col + v->reach_x + 1, 0, b->n_cols);
    int r0 = clamp(row - v->reach_y, 0, b->n_rows), r1 = clamp(row + v->reach_y + 1, 0, b->n_rows);
    for (int r = r0; r < r1; r++) {
        int32_t *out = (int32_t *)b->out[0].cells + (size_t)r * b->out[0].stride;
        for (int c = c0; c < c1; c++) {
            int dx = (int)(c - col), dy = (int)(r - row);
            double x = dx * v->cell_x, y = dy * v->cell_y;
            bool done = v->o.first && out[c] > 0;
            if (out[c] != GT_NODATA_I32 && !done && x * x + y * y <= most * most &&
                sees(v, z, stride, eye, dx, dy)) {
                out[c] = v->o.first ? (int32_t)k + 1 : out[c] + 1;
            }
        }
    }
}

static gt_status view_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const view *v = user;
    gt_status st = GT_OK;
    for (int r = 0; r < b->n_rows; r++) {
        const float *z = (const float *)b->in[0].cells + (size_t)r * b->in[0].stride;
        int32_t *out = (int32_t *)b->out[0].cells + (size_t)r * b->out[0].stride;
        for (int c = 0; c < b->n_cols; c++) {
            out[c] = isnan(z[c]) ? GT_NODATA_I32 : 0;
        }
    }
    for (size_t k = 0; st == GT_OK && k < v->n; k++) {
        const gt_observer *w = &v->list[k];
        bool near = w->col + v->reach_x >= b->col && w->col - v->reach_x < b->col + b->n_cols &&
                    w->row + v->reach_y >= b->row && w->row - v->reach_y < b->row + b->n_rows;
        if (near) {
            look(v, b, k);
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

static gt_status misuse(gt_ctx *ctx, const char *what)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE, GT_ARGS(GT_TEXT("what", what)));
}

gt_status gt_grid_viewshed(gt_ctx *ctx, gt_grid *dem, const gt_observer *observers, size_t n,
                           const gt_view_options *options, gt_grid *out)
{
    const gt_grid_spec *s = gt_grid_facts(dem);
    view v = {.list = observers, .n = n, .cell_x = s->cell_x, .cell_y = s->cell_y};
    gt_walk walk;
    gt_view_options_init(&v.o);
    if (options != NULL) {
        memcpy(&v.o, options, options->size < sizeof v.o ? options->size : sizeof v.o);
    }
    if (gt_grid_crs(dem) != NULL && gt_crs_is_geographic(gt_grid_crs(dem))) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NOT_PROJECTED,
                       GT_PLACE(.file = gt_grid_path(dem)), GT_NO_ARGS);
    }
    double least = s->cell_x < s->cell_y ? s->cell_x : s->cell_y;
    if (!(v.o.max_distance > 0) || v.o.max_distance / least > GT_VIEW_REACH_MAX) {
        return misuse(ctx, "a reach of more than 1024 cells, or none");
    }
    for (size_t k = 0; k < n; k++) {
        if (observers[k].col < 0 || observers[k].row < 0 || observers[k].col >= s->n_cols ||
            observers[k].row >= s->n_rows) {
            return misuse(ctx, "an observer outside the grid");
        }
    }
    v.bend = v.o.earth_radius > 0 ? (1 - v.o.refraction) / (2 * v.o.earth_radius) : 0;
    v.reach_x = (int64_t)floor(v.o.max_distance / s->cell_x);
    v.reach_y = (int64_t)floor(v.o.max_distance / s->cell_y);
    int halo = (int)(v.reach_x > v.reach_y ? v.reach_x : v.reach_y);
    const gt_walk_input in = {dem, GT_CELL_F32, halo};
    const gt_walk_output to = {out, GT_CELL_I32};
    gt_walk_init(&walk);
    walk.in = &in;
    walk.n_in = 1;
    walk.out = &to;
    walk.n_out = 1;
    walk.block_cols = walk.block_rows = BLOCK;
    return gt_grid_walk(ctx, &walk, view_block, &v);
}
