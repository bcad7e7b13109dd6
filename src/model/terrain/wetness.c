/* Topographic wetness index. */
#include <math.h>

#include "model/job.h"

#define RADIANS   0.017453292519943295
#define LEAST_TAN 1e-3 /* flats would be infinitely wet */

static void wetness_row(const gt_cells *c)
{
    double cell = *(const double *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double slope = c->in[0][i], cells = c->in[1][i];
        double t = fmax(tan(slope * RADIANS), LEAST_TAN);
        double area = fmax(cells, 1) * cell * cell, width = c->in[2] != NULL ? c->in[2][i] : cell;
        bool known = !isnan(slope) && !isnan(cells) && width > 0;
        c->out[0][i] = known ? log(area / width / t) : (double)NAN;
    }
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    double cell = 0;
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        cell = gt_grid_facts(job.in[0])->cell_x;
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, wetness_row, &cell);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "slope", .kind = GT_PORT_GRID, .title = {"坡度", "slope"}, .unit = "degree"},
    {.name = "accumulation",
     .kind = GT_PORT_GRID,
     .title = {"汇流量", "accumulation"},
     .unit = "cells"},
    {.name = "width",
     .kind = GT_PORT_GRID,
     .title = {"等高线宽度", "contour width"},
     .unit = "m",
     .optional = true,
     .note = {"multiflow 的输出；不给则为栅格边长", "of multiflow; without it the side of a cell"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "wetness", .kind = GT_PORT_GRID, .title = {"地形湿度指数", "wetness index"}}, {0}};
static const gt_model_param with[] = {{0}};
static const char *const sources[] = {"Beven and Kirkby 1979", NULL};

const gt_model GT_MODEL_WETNESS = {
    .name = "wetness",
    .group = "terrain",
    .version = 2,
    .title = {"地形湿度指数", "topographic wetness index"},
    .what = {"ln(单宽汇流面积 / tan 坡度)；tan 坡度不小于 0.001。",
             "ln(area drained by a metre of contour / tan slope); tan slope at least 0.001."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 24 bytes a cell of a block and thread",
    .sources = sources,
    .run = run};
