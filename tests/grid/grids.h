/* Shared by the tests of the grid room: small grids made and read whole. */
#ifndef GT_TESTS_GRIDS_H
#define GT_TESTS_GRIDS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/grid.h"
#include "support/support.h"

static inline gt_grid_spec spec_of(int64_t cols, int64_t rows, gt_cell type)
{
    gt_grid_spec s;
    gt_grid_spec_init(&s);
    s.n_cols = cols;
    s.n_rows = rows;
    s.x_west = 500000;
    s.y_north = 4400000;
    s.cell_x = s.cell_y = 10;
    s.crs = "EPSG:4548";
    s.type = type;
    return s;
}

static inline gt_grid *make_grid(gt_ctx *ctx, const char *path, const gt_grid_spec *spec,
                                 const double *values)
{
    gt_grid *g = NULL;
    const gt_window all = {0, 0, spec->n_cols, spec->n_rows};
    assert_ok(ctx, gt_grid_create(ctx, path, spec, &g));
    assert_ok(ctx, gt_grid_write(ctx, g, &all, GT_CELL_F64, values, (size_t)spec->n_cols));
    assert_ok(ctx, gt_grid_finish(ctx, g));
    gt_grid_close(ctx, g);
    assert_ok(ctx, gt_grid_open(ctx, path, &g));
    return g;
}

static inline double *read_all(gt_ctx *ctx, gt_grid *g)
{
    const gt_grid_spec *s = gt_grid_facts(g);
    const gt_window all = {0, 0, s->n_cols, s->n_rows};
    double *v = malloc((size_t)(s->n_cols * s->n_rows) * sizeof *v);
    assert_non_null(v);
    assert_ok(ctx, gt_grid_read(ctx, g, &all, GT_CELL_F64, v, (size_t)s->n_cols));
    return v;
}

/* Equal, or both NaN. */
static inline bool same_value(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static inline double *random_values(size_t n, uint64_t seed, double low, double high, double holes)
{
    test_rng rng;
    double *v = malloc(n * sizeof *v);
    assert_non_null(v);
    test_rng_seed(&rng, seed);
    for (size_t i = 0; i < n; i++) {
        double x = floor(low + (high - low) * test_rng_real(&rng));
        v[i] = test_rng_real(&rng) < holes ? (double)NAN : x;
    }
    return v;
}

#endif
