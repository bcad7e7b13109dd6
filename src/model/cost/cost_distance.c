/* Least-cost distance as a kernel. */
#include "model/job.h"

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_cost_options options;
    gt_cost_facts facts;
    gt_cost_options_init(&options);
    options.max_cost = gt_model_real(call, "max");
    options.per_cell = gt_model_with(call, "per-cell")->integer != 0;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 1, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_grid_cost_distance(ctx, job.in[0], job.in[1], &options, job.out[0], job.out[1],
                                   &facts);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "friction",
     .kind = GT_PORT_GRID,
     .title = {"阻力", "friction"},
     .note = {"大于 0；无值为屏障", "above 0; nodata is a barrier"}},
    {.name = "sources",
     .kind = GT_PORT_GRID,
     .title = {"源", "sources"},
     .note = {"既非无值也非 0 的栅格", "cells that are neither nodata nor 0"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "cost", .kind = GT_PORT_GRID, .title = {"累积阻力", "accumulated cost"}},
    {.name = "back",
     .kind = GT_PORT_GRID,
     .title = {"回溯方向", "back-links"},
     .optional = true,
     .note = {"1 东、2 东北……8 东南，0 为源", "1 E, 2 NE ... 8 SE, 0 a source"}},
    {0}};
static const gt_model_param with[] = {{.name = "max",
                                       .kind = GT_PARAM_REAL,
                                       .title = {"上限（0 为不限）", "limit (0: none)"},
                                       .min = 0,
                                       .max = 1e30,
                                       .preset = "0"},
                                      {.name = "per-cell",
                                       .kind = GT_PARAM_BOOL,
                                       .title = {"长度以栅格计", "lengths in cells"},
                                       .preset = "no"},
                                      {0}};
static const char *const sources[] = {"Dijkstra 1959", "Knaapen et al. 1992 (MCR)", NULL};

const gt_model GT_MODEL_COST_DISTANCE = {
    .name = "cost-distance",
    .group = "cost",
    .version = 1,
    .title = {"累积阻力", "least-cost distance"},
    .what = {"各栅格到最近源的最小累积阻力（8 邻域），即最小累积阻力模型 MCR。",
             "Least accumulated cost from each cell to its source over 8 neighbours (MCR)."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "working tiles of the front: 3 bytes a cell of a wide grid, 11.5 at worst; beyond the "
           "ceiling a scratch file",
    .need = {.held = 12, .thread = 5 << 20},
    .sources = sources,
    .run = run};
