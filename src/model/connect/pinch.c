/* Pinch points: where the current of a circuit is crowded, within corridors. */
#include <math.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_analysis.h"
#include "model/job.h"

enum { EMPTY = 1 }; /* of the choices of few */

typedef struct bounds {
    double breaks[GT_BREAKS_MAX + 1];
    int n;
} bounds;

static double masked(const gt_cells *c, size_t i)
{
    return c->in[1] != NULL && isnan(c->in[1][i]) ? (double)NAN : c->in[0][i];
}

static void mask_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        c->out[0][i] = masked(c, i);
    }
}

static void pinch_row(const gt_cells *c)
{
    const bounds *b = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double v = masked(c, i);
        int k = 0;
        while (k < b->n - 1 && (double)(float)v >= b->breaks[k + 1]) {
            k++;
        }
        c->out[0][i] = isnan(v) ? v : k == b->n - 1 ? 1 : 0;
        if (c->out[1] != NULL) {
            c->out[1][i] = isnan(v) ? v : k + 1;
        }
    }
}

/* Breaks of the current where the mask lets it count. */
static gt_status find_bounds(gt_ctx *ctx, gt_job *job, gt_breaks how, bounds *b)
{
    gt_grid *scratch = NULL, *kept[2] = {job->out[0], job->out[1]};
    gt_grid_spec spec;
    gt_grid_spec_like(job->in[0], GT_CELL_F32, &spec);
    spec.nodata = (double)NAN;
    spec.packing = GT_GRID_PLAIN;
    spec.tile = 0;
    spec.overviews = 0;
    gt_status st = gt_grid_create_scratch(ctx, NULL, &spec, &scratch);
    if (st == GT_OK) {
        job->out[0] = scratch;
        job->out[1] = NULL;
        st = gt_job_cells(ctx, job, 0, mask_row, NULL);
        job->out[0] = kept[0];
        job->out[1] = kept[1];
    }
    st = st == GT_OK ? gt_grid_breaks(ctx, scratch, how, b->n, b->breaks) : st;
    gt_grid_close(ctx, scratch);
    bool none = st == GT_E_INPUT && strcmp(gt_error_id(ctx), GT_MSG_GRID_NO_VALUES.id) == 0;
    if (none && gt_model_with(job->call, "few")->choice == EMPTY) {
        gt_error_clear(ctx); /* no cell has a class: the outputs stay without values */
        return GT_OK;
    }
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    bounds b = {.n = (int)gt_model_with(call, "classes")->integer};
    gt_breaks how =
        gt_model_with(call, "breaks")->choice == 0 ? GT_BREAKS_QUANTILE : GT_BREAKS_NATURAL;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_U8) : st;
    st = st == GT_OK ? gt_job_make(ctx, &job, 1, GT_CELL_U8) : st;
    st = st == GT_OK ? find_bounds(ctx, &job, how, &b) : st;
    st = st == GT_OK ? gt_job_cells(ctx, &job, 0, pinch_row, &b) : st;
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "current",
     .kind = GT_PORT_GRID,
     .title = {"电流密度", "current"},
     .note = {"电路模型的累积电流", "cumulative current of a circuit"}},
    {.name = "corridor",
     .kind = GT_PORT_GRID,
     .title = {"廊道范围", "corridors"},
     .optional = true,
     .note = {"有值处计入", "cells count where it is not nodata"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "pinch",
     .kind = GT_PORT_GRID,
     .title = {"夹点", "pinch points"},
     .note = {"1 夹点，0 廊道其余部分", "1 pinch point, 0 the rest of the corridors"}},
    {.name = "class",
     .kind = GT_PORT_GRID,
     .title = {"电流分级", "class of current"},
     .optional = true},
    {0}};
static const char *const ways[] = {"quantile", "natural", NULL};
static const char *const fews[] = {"error", "empty", NULL};
static const gt_model_param with[] = {
    {.name = "breaks",
     .kind = GT_PARAM_CHOICE,
     .title = {"分级方法", "classes by"},
     .preset = "quantile",
     .choices = ways},
    {.name = "classes",
     .kind = GT_PARAM_INT,
     .title = {"级数，最高级为夹点", "number of classes; the highest are pinch points"},
     .min = 2,
     .max = GT_BREAKS_MAX,
     .preset = "20",
     .source = "20 quantiles: the upper 5 %"},
    {.name = "few",
     .kind = GT_PARAM_CHOICE,
     .title = {"没有电流时", "without any current"},
     .preset = "error",
     .choices = fews,
     .source = "empty: outputs without values, for maps still to be filled"},
    {0}};
static const char *const sources[] = {"McRae et al. 2008", NULL};

const gt_model GT_MODEL_PINCH_POINTS = {
    .name = "pinch-points",
    .group = "connect",
    .version = 1,
    .title = {"生态夹点", "pinch points"},
    .what = {"廊道范围内电流密度最高一级的栅格。电流由电路模型给出。",
             "Cells of the highest class of current within corridors. The current comes from a "
             "circuit."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .need = {.scratch = 4, .thread = 17 << 20},
    .law = "17 MB a thread, and a scratch file of 4 bytes a cell",
    .sources = sources,
    .run = run};
