/* Relief: greatest less least height of a square window. */
#include "guotu/grid_analysis.h"
#include "model/job.h"

static int reach_of(const gt_model_call *call)
{
    return (int)gt_model_with(call, "radius")->integer;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_focal_options o;
    gt_focal_options_init(&o);
    o.what = GT_FOCAL_RANGE;
    o.radius = reach_of(call);
    o.keep_nodata = true;
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_grid_focal(ctx, job.in[0], &o, job.out[0]);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "dem", .kind = GT_PORT_GRID, .title = {"高程", "elevation"}, .unit = "m"}, {0}};
static const gt_model_port out[] = {
    {.name = "relief", .kind = GT_PORT_GRID, .title = {"地形起伏度", "relief"}, .unit = "m"}, {0}};
static const gt_model_param with[] = {
    {.name = "radius",
     .kind = GT_PARAM_INT,
     .title = {"窗口半径（栅格数）", "half width of the window in cells"},
     .min = 1,
     .max = 500,
     .preset = "7",
     .source = "7 cells of 30 m: 450 m a side, about 20 ha, as the trial guide of 2020 has it"},
    {0}};
static const char *const sources[] = {"资源环境承载能力和国土空间开发适宜性评价指南（试行）2020",
                                      NULL};

const gt_model GT_MODEL_RELIEF = {
    .name = "relief",
    .group = "terrain",
    .version = 1,
    .title = {"地形起伏度", "relief"},
    .what =
        {"方形窗口内最高与最低之差，边缘处只计窗口内有值的栅格。",
         "Greatest less least height in a square window; at the border of the cells there are."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_FOCAL,
    .halo = reach_of,
    .need = {.thread = 22 << 20},
    .law = "blocks of the walk, and 16 kB a row of 256 and twice the radius, and thread; the time "
           "does not grow with the radius",
    .sources = sources,
    .run = run};
