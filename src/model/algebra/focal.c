/* Moving windows as a kernel. */
#include "guotu/grid_analysis.h"
#include "model/job.h"

enum { RADIUS_MOST = 500 };

static int reach_of(const gt_model_call *call)
{
    return (int)gt_model_with(call, "radius")->integer;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_focal_options o;
    gt_focal_options_init(&o);
    (void)gt_focal_parse(gt_model_with(call, "of")->text, &o.what); /* one of the choices */
    o.radius = reach_of(call);
    o.circle = gt_model_with(call, "shape")->choice == 1;
    o.keep_nodata = gt_model_with(call, "keep-nodata")->integer != 0;
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, o.what == GT_FOCAL_MAJORITY ? GT_CELL_I32 : GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_grid_focal(ctx, job.in[0], &o, job.out[0]);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "values", .kind = GT_PORT_GRID, .title = {"数值", "values"}}, {0}};
static const gt_model_port out[] = {
    {.name = "result", .kind = GT_PORT_GRID, .title = {"结果", "result"}}, {0}};
static const char *const whats[] = {"mean",  "sum", "count",    "min", "max",
                                    "range", "sd",  "majority", NULL};
static const char *const shapes[] = {"square", "circle", NULL};
static const gt_model_param with[] = {
    {.name = "of",
     .kind = GT_PARAM_CHOICE,
     .title = {"统计量：均值、和、个数、最小、最大、极差、标准差、众数",
               "what of the window; majority is of classes, of equals the least"},
     .preset = "mean",
     .choices = whats},
    {.name = "radius",
     .kind = GT_PARAM_INT,
     .title = {"窗口半径（栅格数）", "half width of the window in cells"},
     .min = 1,
     .max = RADIUS_MOST,
     .preset = "1"},
    {.name = "shape",
     .kind = GT_PARAM_CHOICE,
     .title = {"窗口形状", "shape of the window"},
     .preset = "square",
     .choices = shapes},
    {.name = "keep-nodata",
     .kind = GT_PARAM_BOOL,
     .title = {"中心无值处仍无值", "nodata in the centre stays"},
     .preset = "yes"},
    {0}};
static const char *const sources[] = {"map algebra (Tomlin 1990)", NULL};

const gt_model GT_MODEL_FOCAL = {
    .name = "focal",
    .group = "algebra",
    .version = 1,
    .title = {"邻域统计", "moving window"},
    .what = {"方形或圆形窗口内有值栅格的统计量；边缘处只计窗口内有值者。",
             "A figure of the values in a square or round window; nodata and what lies beyond the "
             "edge do not count."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_FOCAL,
    .halo = reach_of,
    .need = {.thread = 22 << 20},
    .law =
        "blocks of the walk, and 16 kB a row of 256 and twice the radius, and thread; squares of "
        "min, max and range cost the same at any radius, others as the window grows",
    .sources = sources,
    .run = run};
