/* Shared by the tests of kernels: small grids as files, kernels run by name. */
#ifndef GT_TESTS_MODEL_GRIDS_H
#define GT_TESTS_MODEL_GRIDS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/model.h"
#include "support/support.h"

enum { IN = 1, OUT, WITH };

typedef struct bound { /* one argument of a kernel; kind 0 ends the list */
    int kind;
    const char *name, *text;
} bound;

typedef struct world {
    gt_ctx *ctx;
    char *dir;
    int64_t cols, rows;
    double cell;
} world;

static inline void world_new(world *w, int64_t cols, int64_t rows)
{
    w->ctx = test_ctx_threads(2);
    w->dir = test_dir();
    w->cols = cols;
    w->rows = rows;
    w->cell = 10;
}

static inline void world_free(world *w)
{
    test_dir_remove(w->dir);
    gt_ctx_free(w->ctx);
}

static inline void put_grid(world *w, const char *name, gt_cell type, const double *values)
{
    gt_grid_spec s;
    gt_grid *g = NULL;
    const gt_window all = {0, 0, w->cols, w->rows};
    gt_grid_spec_init(&s);
    s.n_cols = w->cols;
    s.n_rows = w->rows;
    s.x_west = 500000;
    s.y_north = 4400000;
    s.cell_x = s.cell_y = w->cell;
    s.crs = "EPSG:4548";
    s.type = type;
    assert_ok(w->ctx, gt_grid_create(w->ctx, test_path(w->dir, name), &s, &g));
    assert_ok(w->ctx, gt_grid_write(w->ctx, g, &all, GT_CELL_F64, values, (size_t)w->cols));
    assert_ok(w->ctx, gt_grid_finish(w->ctx, g));
    gt_grid_close(w->ctx, g);
}

static inline void put_constant(world *w, const char *name, double v)
{
    size_t n = (size_t)(w->cols * w->rows);
    double *values = malloc(n * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        values[i] = v;
    }
    put_grid(w, name, GT_CELL_F64, values);
    free(values);
}

static inline double *get_grid(world *w, const char *name)
{
    gt_grid *g = NULL;
    const gt_window all = {0, 0, w->cols, w->rows};
    double *v = malloc((size_t)(w->cols * w->rows) * sizeof *v);
    assert_ok(w->ctx, gt_grid_open(w->ctx, test_path(w->dir, name), &g));
    assert_ok(w->ctx, gt_grid_read(w->ctx, g, &all, GT_CELL_F64, v, (size_t)w->cols));
    gt_grid_close(w->ctx, g);
    return v;
}

static inline double first_of(world *w, const char *name)
{
    double *v = get_grid(w, name), first = v[0];
    free(v);
    return first;
}

/* A call with all arguments; files are names in the world's folder. */
static inline gt_status call_of(world *w, const char *kernel, const bound *args,
                                gt_model_call **out)
{
    const gt_model *m = NULL;
    gt_status st = gt_model_find(w->ctx, kernel, &m);
    if (st == GT_OK) {
        st = gt_model_call_new(w->ctx, m, out);
    }
    for (; st == GT_OK && args->kind != 0; args++) {
        const char *path = test_path(w->dir, args->text);
        st = args->kind == IN    ? gt_model_set_in(w->ctx, *out, args->name, path)
             : args->kind == OUT ? gt_model_set_out(w->ctx, *out, args->name, path)
                                 : gt_model_set_with(w->ctx, *out, args->name, args->text);
    }
    return st;
}

static inline gt_status run_kernel(world *w, const char *kernel, const bound *args)
{
    gt_model_call *call = NULL;
    gt_status st = call_of(w, kernel, args, &call);
    if (st == GT_OK) {
        st = gt_model_run(w->ctx, call);
    }
    gt_model_call_free(call);
    return st;
}
#define RUN(w, kernel, ...) run_kernel((w), (kernel), (const bound[]){__VA_ARGS__, {0}})

#endif
