/* Relief: greatest less least height of a square window. */
#include <math.h>

#include "model/job.h"

static int reach_of(const gt_model_call *call)
{
    return (int)gt_model_with(call, "radius")->integer;
}

static void relief_row(const gt_cells *c)
{
    int k = *(const int *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double low = INFINITY, high = -INFINITY;
        for (int r = -k; r <= k; r++) {
            const double *row = c->in[0] + r * c->stride + i;
            for (int d = -k; d <= k; d++) {
                low = fmin(low, row[d]); /* fmin and fmax pass over nodata */
                high = fmax(high, row[d]);
            }
        }
        c->out[0][i] = isnan(c->in[0][i]) ? (double)NAN : high - low;
    }
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    int radius = reach_of(call);
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, radius, relief_row, &radius);
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
     .max = 50,
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
    .law = "blocks of the walk: 16 bytes a cell of a block and thread",
    .sources = sources,
    .run = run};
