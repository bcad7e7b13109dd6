/* What kernels over grids share: inputs opened and found aligned, outputs made with their lineage,
 * rows of cells handed out on all threads, and everything closed. Internal.
 *
 * A call may be told that only some windows of its outputs are out of date (gt_model_set_dirty);
 * kernels that do all their work through gt_job_cells, or an operation made of one walk, then
 * compute those windows alone and need not know of it: the outputs are restricted to them
 * (gt_grid_restrict), and stand in the old files (gt_grid_update). Others set job.partial to false
 * before they make their outputs. */
#ifndef GT_MODEL_JOB_H
#define GT_MODEL_JOB_H

#include "guotu/grid_ops.h"
#include "guotu/model.h"

typedef struct gt_job {
    const gt_model_call *call;
    gt_grid *in[GT_MODEL_PORTS_MAX], *out[GT_MODEL_PORTS_MAX]; /* by port; NULL: not bound */
    char *lineage;                                             /* made with the first output */
    bool partial; /* outputs hold the old cells; only the dirty windows are to be computed */
} gt_job;

/* Opens every bound input that is a grid. GT_E_INPUT when they are not of one place. job is zeroed
 * first; end it with gt_job_end whatever happens. */
gt_status gt_job_open(gt_ctx *ctx, const gt_model_call *call, gt_job *job) GT_CHECKED;
/* Makes output `port` in the place of the first input, with the lineage of the call. Nothing when
 * the port is not bound. */
gt_status gt_job_make(gt_ctx *ctx, gt_job *job, size_t port, gt_cell type) GT_CHECKED;
/* Finishes the outputs when st is GT_OK, else throws them away; closes all. Returns the worse. */
gt_status gt_job_end(gt_ctx *ctx, gt_job *job, gt_status st) GT_CHECKED;

/* One row of a block: column 0 .. n-1. Nodata is NaN. */
typedef struct gt_cells {
    size_t n;
    const double *in[GT_MODEL_PORTS_MAX]; /* the row; with a halo, rows above and below lie a stride
                                           * away; NULL: not bound */
    ptrdiff_t stride;                     /* of every input */
    double *out[GT_MODEL_PORTS_MAX];      /* NULL: not bound */
    const void *user;
} gt_cells;
typedef void (*gt_cells_fn)(const gt_cells *cells);

/* Runs fn over all cells, or the dirty ones, on all threads. */
gt_status gt_job_cells(gt_ctx *ctx, gt_job *job, int halo, gt_cells_fn fn,
                       const void *user) GT_CHECKED;
/* The whole of a kernel without halo: open, make all bound outputs of that type, cells, end. */
gt_status gt_job_local(gt_ctx *ctx, const gt_model_call *call, gt_cell type, gt_cells_fn fn,
                       const void *user) GT_CHECKED;

/* Pairs as a table that answers fast: codes 0 .. 4095 by index, others by halving. */
enum { GT_TABLE_DIRECT = 4096 };
typedef struct gt_table {
    double direct[GT_TABLE_DIRECT];
    const gt_model_value *pairs; /* NULL: every code has `otherwise` */
    double otherwise;
} gt_table;
/* Owned by the caller (gt_free); NULL when memory is out. */
gt_table *gt_table_new(gt_ctx *ctx, const gt_model_call *call, const char *param, double otherwise);
double gt_table_far(const gt_table *table, double code);
/* Value of a code; nodata for nodata. */
static inline double gt_table_at(const gt_table *table, double code)
{
    if (code >= 0 && code < GT_TABLE_DIRECT && code == (double)(unsigned)code) {
        return table->direct[(unsigned)code];
    }
    return gt_table_far(table, code); /* a code between two classes is none of them */
}

/* GT_E_USAGE "model.neither" unless the input is bound or the parameter given. */
gt_status gt_job_either(gt_ctx *ctx, const gt_model_call *call, const char *input,
                        const char *param) GT_CHECKED;

/* The numbers of a list parameter, which must ascend. want: how many, 0: any. GT_E_INPUT
 * "model.count", "model.ascend". */
gt_status gt_job_ascending(gt_ctx *ctx, const gt_model_call *call, const char *param, size_t want,
                           const double **out) GT_CHECKED;
/* Does a measured value reach a bound, or lie beyond it? As float32, for grids hold 0.2 as
 * 0.200000003, which is meant to lie on the bound 0.2. False for nodata. */
static inline bool gt_job_reaches(double v, double bound)
{
    return (float)v >= (float)bound;
}
static inline bool gt_job_passes(double v, double bound)
{
    return (float)v > (float)bound;
}
/* How many of n ascending bounds it reaches, or lies beyond. */
static inline int gt_job_reached(const double *bounds, size_t n, double v)
{
    int k = 0;
    for (size_t i = 0; i < n; i++) {
        k += gt_job_reaches(v, bounds[i]);
    }
    return k;
}
static inline int gt_job_beyond(const double *bounds, size_t n, double v)
{
    int k = 0;
    for (size_t i = 0; i < n; i++) {
        k += gt_job_passes(v, bounds[i]);
    }
    return k;
}

#endif
