/* Resistance surface: a table by class, factors, barriers; and the factor of night light. */
#include <math.h>
#include <stdlib.h>

#include "model/connect/messages.h"
#include "model/job.h"

enum { CLASSES = 0, FACTOR1, FACTORS = 4, BARRIER = FACTOR1 + FACTORS };

typedef struct surface {
    gt_table *table;
    double barrier, least; /* barrier: NaN, or a number */
    bool cut;              /* below the least becomes the least; else an error */
} surface;

/* Below 1 is marked by infinity here, for a row function cannot fail; the check follows. */
static void surface_row(const gt_cells *c)
{
    const surface *s = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double v = gt_table_at(s->table, c->in[CLASSES][i]);
        for (int k = FACTOR1; k < FACTOR1 + FACTORS; k++) {
            v *= c->in[k] == NULL ? 1 : c->in[k][i];
        }
        if (s->cut && v < s->least) {
            v = s->least;
        }
        double b = c->in[BARRIER] == NULL ? 0 : c->in[BARRIER][i];
        c->out[0][i] = !isnan(b) && b != 0 ? s->barrier : v;
    }
}

typedef struct check {
    double least;
    const char *file;
} check;

static gt_status check_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const check *k = user;
    for (int r = 0; r < b->n_rows; r++) {
        const float *v = (const float *)b->in[0].cells + (size_t)r * b->in[0].stride;
        for (int c = 0; c < b->n_cols; c++) {
            if ((double)v[c] < k->least) {
                return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_RESISTANCE,
                               GT_PLACE(.file = k->file),
                               GT_ARGS(GT_REAL("value", (double)v[c]), GT_INT("col", b->col + c),
                                       GT_INT("row", b->row + r)));
            }
        }
    }
    return gt_check_cancel(ctx);
}

static gt_status check_out(gt_ctx *ctx, gt_job *job, double least)
{
    const gt_walk_input in = {job->out[0], GT_CELL_F32, 0};
    check k = {least, gt_model_out(job->call, "resistance")};
    gt_walk walk;
    gt_walk_init(&walk);
    walk.in = &in;
    walk.n_in = 1;
    return gt_grid_walk(ctx, &walk, check_block, &k);
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_value *other = gt_model_with(call, "otherwise");
    const gt_model_value *barrier = gt_model_with(call, "barrier");
    surface s = {.table =
                     gt_table_new(ctx, call, "table", other == NULL ? (double)NAN : other->real),
                 .barrier = barrier == NULL ? (double)NAN : barrier->real,
                 .least = gt_model_real(call, "least"),
                 .cut = gt_model_with(call, "cut")->integer != 0};
    gt_job job;
    if (s.table == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_job_open(ctx, call, &job);
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_F32) : st;
    st = st == GT_OK ? gt_job_cells(ctx, &job, 0, surface_row, &s) : st;
    st = st == GT_OK ? check_out(ctx, &job, s.least) : st;
    gt_free(ctx, s.table);
    return gt_job_end(ctx, &job, st);
}

#define FACTOR(k)                                                                                  \
    {                                                                                              \
        .name = "factor" #k, .kind = GT_PORT_GRID, .title = {"修正系数" #k, "factor " #k},         \
        .optional = true, .note = {                                                                \
            "大于 0，相乘；无值传递",                                                              \
            "above 0, multiplied; nodata spreads"                                                  \
        }                                                                                          \
    }
static const gt_model_port in[] = {
    {.name = "classes", .kind = GT_PORT_GRID, .title = {"地类", "classes"}},
    FACTOR(1),
    FACTOR(2),
    FACTOR(3),
    FACTOR(4),
    {.name = "barriers",
     .kind = GT_PORT_GRID,
     .title = {"屏障", "barriers"},
     .optional = true,
     .note = {"既非无值也非 0 的栅格", "cells that are neither nodata nor 0"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "resistance", .kind = GT_PORT_GRID, .title = {"阻力面", "resistance"}, .unit = "1"},
    {0}};
static const gt_model_param with[] = {
    {.name = "table",
     .kind = GT_PARAM_PAIRS,
     .title = {"各地类基础阻力", "base resistance by class"},
     .min = 0,
     .max = 1e9},
    {.name = "otherwise",
     .kind = GT_PARAM_REAL,
     .title = {"表中没有的地类（缺省为无值）", "classes that the table lacks (default: nodata)"},
     .preset = ""},
    {.name = "barrier",
     .kind = GT_PARAM_REAL,
     .title = {"屏障阻力（缺省为无值，即完全阻断）",
               "resistance of barriers (default: nodata, which cuts)"},
     .preset = ""},
    {.name = "least",
     .kind = GT_PARAM_REAL,
     .title = {"最小阻力", "least resistance"},
     .min = 1,
     .max = 1e9,
     .preset = "1"},
    {.name = "cut",
     .kind = GT_PARAM_BOOL,
     .title = {"小于最小阻力的取最小阻力（否则报错）",
               "raise what is below the least (else an error)"},
     .preset = "no"},
    {0}};
static const char *const sources[] = {"Zeller et al. 2012", "Adriaensen et al. 2003", NULL};

const gt_model GT_MODEL_RESISTANCE = {
    .name = "resistance",
    .group = "connect",
    .version = 1,
    .title = {"生态阻力面", "resistance surface"},
    .what =
        {"按地类查基础阻力，乘以各修正系数；屏障单列：无值为完全阻断，很大的数则仍可通过。",
         "Base resistance of the class times factors. Barriers are stated: nodata cuts, a large "
         "number lets through."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_LOCAL,
    .law = "the blocks of the walk",
    .sources = sources,
    .run = run};
