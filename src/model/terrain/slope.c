/* Slope, aspect, curvature: the windows of grid_ops.h as kernels. */
#include "model/job.h"

static gt_status run_terrain(gt_ctx *ctx, const gt_model_call *call, gt_terrain what)
{
    gt_job job;
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_grid_terrain(ctx, job.in[0], what, job.out[0]);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port dem[] = {{.name = "dem",
                                     .kind = GT_PORT_GRID,
                                     .title = {"高程", "elevation"},
                                     .unit = "m",
                                     .note = {"投影坐标系", "in a projected CRS"}},
                                    {0}};
static const char *const law = "blocks of the walk: 8 bytes a cell of a block and thread";

/* ---- slope --------------------------------------------------------------------------------------
 */

static const char *const slope_units[] = {"degree", "percent", NULL};
static const gt_model_param slope_with[] = {{.name = "in",
                                             .kind = GT_PARAM_CHOICE,
                                             .title = {"单位", "unit of the slope"},
                                             .preset = "degree",
                                             .choices = slope_units},
                                            {0}};
static const gt_model_port slope_out[] = {
    {.name = "slope", .kind = GT_PORT_GRID, .title = {"坡度", "slope"}, .unit = "degree"}, {0}};
static const char *const slope_sources[] = {"Horn 1981", NULL};

static gt_status run_slope(gt_ctx *ctx, const gt_model_call *call)
{
    bool percent = gt_model_with(call, "in")->choice == 1;
    return run_terrain(ctx, call, percent ? GT_TERRAIN_SLOPE_PERCENT : GT_TERRAIN_SLOPE);
}

static int one_cell(const gt_model_call *call)
{
    (void)call;
    return 1;
}

const gt_model GT_MODEL_SLOPE = {
    .name = "slope",
    .group = "terrain",
    .version = 1,
    .title = {"坡度", "slope"},
    .what = {"由高程按 3×3 窗口求坡度。最外一圈栅格无值。",
             "Slope of the terrain from 3 x 3 windows of heights. The outer ring has no value."},
    .in = dem,
    .out = slope_out,
    .with = slope_with,
    .reach = GT_REACH_FOCAL,
    .halo = one_cell,
    .law = law,
    .sources = slope_sources,
    .run = run_slope};

/* ---- aspect -------------------------------------------------------------------------------------
 */

static const gt_model_param none[] = {{0}};
static const gt_model_port aspect_out[] = {
    {.name = "aspect",
     .kind = GT_PORT_GRID,
     .title = {"坡向", "aspect"},
     .unit = "degree",
     .note = {"自北顺时针，平地为 -1", "clockwise from north, -1 where flat"}},
    {0}};

static gt_status run_aspect(gt_ctx *ctx, const gt_model_call *call)
{
    return run_terrain(ctx, call, GT_TERRAIN_ASPECT);
}

const gt_model GT_MODEL_ASPECT = {
    .name = "aspect",
    .group = "terrain",
    .version = 1,
    .title = {"坡向", "aspect"},
    .what = {"由高程按 3×3 窗口求下坡方向。", "Direction down the slope from 3 x 3 windows."},
    .in = dem,
    .out = aspect_out,
    .with = none,
    .reach = GT_REACH_FOCAL,
    .halo = one_cell,
    .law = law,
    .sources = slope_sources,
    .run = run_aspect};

/* ---- curvature ----------------------------------------------------------------------------------
 */

static const char *const curvatures[] = {"total", "profile", "plan", NULL};
static const gt_model_param curvature_with[] = {{.name = "of",
                                                 .kind = GT_PARAM_CHOICE,
                                                 .title = {"曲率类型", "which curvature"},
                                                 .preset = "total",
                                                 .choices = curvatures},
                                                {0}};
static const gt_model_port curvature_out[] = {{.name = "curvature",
                                               .kind = GT_PORT_GRID,
                                               .title = {"曲率", "curvature"},
                                               .unit = "1/m",
                                               .note = {"凸为正", "convex is positive"}},
                                              {0}};
static const char *const curvature_sources[] = {"Zevenbergen and Thorne 1987", NULL};

static gt_status run_curvature(gt_ctx *ctx, const gt_model_call *call)
{
    static const gt_terrain which[] = {GT_TERRAIN_CURVATURE, GT_TERRAIN_PROFILE, GT_TERRAIN_PLAN};
    return run_terrain(ctx, call, which[gt_model_with(call, "of")->choice]);
}

const gt_model GT_MODEL_CURVATURE = {
    .name = "curvature",
    .group = "terrain",
    .version = 2,
    .title = {"曲率", "curvature"},
    .what = {"由高程按 3×3 窗口求地面曲率。", "Curvature of the terrain from 3 x 3 windows."},
    .in = dem,
    .out = curvature_out,
    .with = curvature_with,
    .reach = GT_REACH_FOCAL,
    .halo = one_cell,
    .law = law,
    .sources = curvature_sources,
    .run = run_curvature};
