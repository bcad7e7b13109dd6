/* Depressions opened by channels, the rest filled, as a kernel. */
#include "guotu/grid_water.h"
#include "model/job.h"

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_breach_options o;
    gt_breach_facts facts;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    gt_breach_options_init(&o);
    o.max_length = gt_model_real(call, "max-length");
    o.max_depth = gt_model_real(call, "max-depth");
    o.fill = gt_model_with(call, "fill")->integer != 0;
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_grid_breach(ctx, job.in[0], &o, job.out[0], &facts);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "dem", .kind = GT_PORT_GRID, .title = {"高程", "elevation"}, .unit = "m"}, {0}};
static const gt_model_port out[] = {{.name = "breached",
                                     .kind = GT_PORT_GRID,
                                     .title = {"凿通后的高程", "heights with channels"},
                                     .unit = "m"},
                                    {0}};
static const gt_model_param with[] = {
    {.name = "max-length",
     .kind = GT_PARAM_REAL,
     .title = {"通道最大长度，0 为不限", "longest channel, 0: no limit"},
     .unit = "m",
     .min = 0,
     .max = 100000,
     .preset = "500 m",
     .source = "choice of the project: crosses roads and dams, not ridges"},
    {.name = "max-depth",
     .kind = GT_PARAM_REAL,
     .title = {"最大开挖深度，0 为不限", "deepest cut, 0: no limit"},
     .unit = "m",
     .min = 0,
     .max = 9000,
     .preset = "10 m",
     .source = "choice of the project: height of an embankment"},
    {.name = "fill",
     .kind = GT_PARAM_BOOL,
     .title = {"其余洼地填平", "fill what was not opened"},
     .preset = "yes"},
    {0}};
static const char *const sources[] = {"Lindsay and Dhun 2015", "Lindsay 2016",
                                      "Barnes, Lehman and Mulla 2014", NULL};

const gt_model GT_MODEL_BREACH = {
    .name = "breach",
    .group = "terrain",
    .version = 1,
    .title = {"洼地凿通", "depressions opened"},
    .what = {"沿开挖最少的路线凿通洼地，超出长度或深度的填平，用于路堤、坝体截断水流的地形。",
             "Depressions are opened along the way where least is dug; those that would need too "
             "long or deep a channel are filled. For heights that roads and dams cut across."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "4 bytes a cell and the widest search, then filling; beyond the ceiling scratch files",
    .need = {.held = 12, .thread = 4 << 20},
    .sources = sources,
    .run = run};
