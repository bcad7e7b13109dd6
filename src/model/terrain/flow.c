/* Filled heights, D8 directions and accumulation as one kernel. */
#include "model/job.h"

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    static const gt_cell types[] = {GT_CELL_I32, GT_CELL_F32, GT_CELL_U8};
    gt_job job;
    gt_flow_facts facts;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    for (size_t i = 0; st == GT_OK && i < 3; i++) {
        st = gt_job_make(ctx, &job, i, types[i]);
    }
    if (st == GT_OK) {
        st = gt_grid_flow(ctx, job.in[0], NULL, job.out[1], job.out[2], job.out[0], &facts);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "dem", .kind = GT_PORT_GRID, .title = {"高程", "elevation"}, .unit = "m"}, {0}};
static const gt_model_port out[] = {
    {.name = "accumulation",
     .kind = GT_PORT_GRID,
     .title = {"汇流量", "accumulation"},
     .unit = "cells",
     .note = {"含本栅格", "the cell itself included"}},
    {.name = "filled",
     .kind = GT_PORT_GRID,
     .title = {"填洼后的高程", "filled heights"},
     .unit = "m",
     .optional = true},
    {.name = "direction",
     .kind = GT_PORT_GRID,
     .title = {"D8 流向", "D8 directions"},
     .optional = true,
     .note = {"1 东、2 东北……8 东南，0 流出", "1 E, 2 NE ... 8 SE, 0 off the map"}},
    {0}};
static const gt_model_param with[] = {{0}};
static const char *const sources[] = {"Barnes, Lehman and Mulla 2014", "O'Callaghan and Mark 1984",
                                      NULL};

const gt_model GT_MODEL_FLOW = {
    .name = "flow",
    .group = "terrain",
    .version = 1,
    .title = {"汇流", "flow"},
    .what = {"填洼、D8 流向与汇流量。",
             "Depressions filled, D8 directions, cells that drain here."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "1.4 bytes a cell, of which 1 in a scratch file beyond the ceiling, and 5 MB a thread",
    .need = {.held = 2, .stays = 0.5, .thread = 10 << 20},
    .sources = sources,
    .run = run};
