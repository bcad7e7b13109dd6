/* Values of a grid at points. */
#include <math.h>

#include "guotu/grid_points.h"
#include "guotu/pool.h"

enum { CHUNK = 1024 };

typedef struct sampling {
    gt_grid *grid;
    const gt_grid_spec *spec;
    const double *xy;
    double *values;
    size_t n;
    bool bilinear;
} sampling;

static bool inside(const gt_grid_spec *s, double col, double row)
{
    return col >= 0 && row >= 0 && col < (double)s->n_cols && row < (double)s->n_rows;
}

/* Between centres; those without weight do not count. */
static gt_status between(gt_ctx *ctx, const sampling *s, double col, double row, double *out)
{
    double c = fmin(fmax(col - 0.5, 0), (double)(s->spec->n_cols - 1));
    double r = fmin(fmax(row - 0.5, 0), (double)(s->spec->n_rows - 1));
    double v[4] = {0, 0, 0, 0}, dc = c - floor(c), dr = r - floor(r), sum = 0;
    const gt_window four = {(int64_t)c, (int64_t)r, 2, 2};
    const double weight[4] = {(1 - dc) * (1 - dr), dc * (1 - dr), (1 - dc) * dr, dc * dr};
    gt_status st = gt_grid_read(ctx, s->grid, &four, GT_CELL_F64, v, 2);
    for (int k = 0; k < 4; k++) {
        sum += weight[k] > 0 ? weight[k] * v[k] : 0;
    }
    *out = sum;
    return st;
}

static gt_status sample_chunk(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const sampling *s = user;
    const gt_grid_spec *spec = s->spec;
    size_t first = task * CHUNK, end = first + CHUNK < s->n ? first + CHUNK : s->n;
    gt_status st = GT_OK;
    for (size_t i = first; st == GT_OK && i < end; i++) {
        double col = (s->xy[2 * i] - spec->x_west) / spec->cell_x;
        double row = (spec->y_north - s->xy[2 * i + 1]) / spec->cell_y;
        s->values[i] = (double)NAN;
        if (!inside(spec, col, row)) { /* also what is not a number */
            continue;
        }
        st = s->bilinear ? between(ctx, s, col, row, &s->values[i])
                         : gt_grid_at(ctx, s->grid, (int64_t)col, (int64_t)row, &s->values[i]);
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

gt_status gt_grid_sample(gt_ctx *ctx, gt_grid *grid, const double *xy, size_t n, bool bilinear,
                         double *values)
{
    sampling s = {grid, gt_grid_facts(grid), xy, values, n, bilinear};
    return gt_parallel_for(ctx, (n + CHUNK - 1) / CHUNK, sample_chunk, &s);
}
