/* An expression over grids, straight distance, patches by size, what lies upstream: operations of
 * the grid room as kernels. */
#include <math.h>
#include <string.h>

#include "guotu/grid_analysis.h"
#include "model/job.h"

enum { GRIDS = 8 };
static const char *const names[GRIDS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static const gt_model_param none[] = {{0}};

/* ---- calc ---------------------------------------------------------------------------------------
 */

static gt_status check_calc(gt_ctx *ctx, const gt_model_call *call)
{
    const char *bound[GRIDS];
    size_t n = 0;
    for (size_t i = 0; i < GRIDS; i++) {
        if (gt_model_in(call, names[i]) != NULL) {
            bound[n++] = names[i];
        }
    }
    return gt_grid_calc_check(ctx, gt_model_with(call, "expression")->text, bound, n, NULL);
}

static gt_status run_calc(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    const char *bound[GRIDS];
    gt_grid *grids[GRIDS];
    size_t n = 0;
    bool classes = gt_model_with(call, "classes")->integer != 0;
    gt_status st = gt_job_open(ctx, call, &job);
    for (size_t i = 0; i < GRIDS; i++) {
        if (job.in[i] != NULL) {
            bound[n] = names[i];
            grids[n++] = job.in[i];
        }
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, classes ? GT_CELL_U8 : GT_CELL_F32);
    }
    if (st == GT_OK) {
        st =
            gt_grid_calc(ctx, gt_model_with(call, "expression")->text, bound, grids, n, job.out[0]);
    }
    return gt_job_end(ctx, &job, st);
}

#define MORE(letter)                                                                               \
    {                                                                                              \
        .name = (letter), .kind = GT_PORT_GRID, .title = {"栅格", "grid"}, .optional = true        \
    }
static const gt_model_port calc_in[] = {
    {.name = "a", .kind = GT_PORT_GRID, .title = {"栅格", "grid"}},
    MORE("b"),
    MORE("c"),
    MORE("d"),
    MORE("e"),
    MORE("f"),
    MORE("g"),
    MORE("h"),
    {0}};
static const gt_model_port calc_out[] = {
    {.name = "result", .kind = GT_PORT_GRID, .title = {"结果", "result"}}, {0}};
static const gt_model_param calc_with[] = {
    {.name = "expression",
     .kind = GT_PARAM_TEXT,
     .title = {"表达式，如 if(a > 25, 0, b * c)", "expression, such as if(a > 25, 0, b * c)"}},
    {.name = "classes",
     .kind = GT_PARAM_BOOL,
     .title = {"结果为等级（0—254）", "the result holds classes 0 .. 254"},
     .preset = "no"},
    {0}};
static const char *const calc_sources[] = {"map algebra (Tomlin 1990)", NULL};

const gt_model GT_MODEL_CALC = {
    .name = "calc",
    .group = "algebra",
    .version = 1,
    .title = {"栅格计算", "calculator"},
    .what =
        {"按表达式逐栅格计算；写法见 guotu help grid。无值会传递，可用 coalesce、isnodata 处理。",
         "An expression cell by cell, as guotu help grid has it. Nodata spreads, but for coalesce "
         "and isnodata."},
    .in = calc_in,
    .out = calc_out,
    .with = calc_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = calc_sources,
    .check = check_calc,
    .run = run_calc};

/* ---- distance -----------------------------------------------------------------------------------
 */

static gt_status run_distance(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_distance_options o;
    gt_distance_options_init(&o);
    o.max_distance = gt_model_real(call, "max");
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_grid_distance(ctx, job.in[0], &o, job.out[0], NULL);
    }
    if (st == GT_E_INPUT && strcmp(gt_error_id(ctx), "grid.no-source") == 0) {
        gt_error_clear(ctx); /* nothing is near: nodata everywhere */
        st = GT_OK;
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port distance_in[] = {
    {.name = "sources",
     .kind = GT_PORT_GRID,
     .title = {"源", "sources"},
     .note = {"既非无值也非 0 的栅格", "cells that are neither nodata nor 0"}},
    {0}};
static const gt_model_port distance_out[] = {
    {.name = "distance", .kind = GT_PORT_GRID, .title = {"距离", "distance"}, .unit = "m"}, {0}};
static const gt_model_param distance_with[] = {
    {.name = "max",
     .kind = GT_PARAM_REAL,
     .title = {"上限（0 为不限，更远者无值）", "limit (0: none; beyond it nodata)"},
     .unit = "m",
     .min = 0,
     .max = 1e7,
     .preset = "0"},
    {0}};
static const char *const distance_sources[] = {"Felzenszwalb and Huttenlocher 2012", NULL};

const gt_model GT_MODEL_DISTANCE = {
    .name = "distance",
    .group = "algebra",
    .version = 1,
    .title = {"直线距离", "straight distance"},
    .what =
        {"到最近源栅格的精确直线距离（中心到中心）；没有源则全部无值。",
         "Exact straight distance to the nearest source, centre to centre; nodata where there is "
         "none."},
    .in = distance_in,
    .out = distance_out,
    .with = distance_with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks; 4 bytes a cell in a scratch file",
    .need = {.scratch = 4},
    .sources = distance_sources,
    .run = run_distance};

/* ---- patches ------------------------------------------------------------------------------------
 */

typedef struct sizes {
    const gt_patch *list;
    double cell_ha;
} sizes;

static void size_row(const gt_cells *c)
{
    const sizes *s = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double p = c->in[0][i];
        c->out[0][i] = isnan(p) ? p : (double)s->list[(size_t)p - 1].cells * s->cell_ha;
        if (c->out[1] != NULL) {
            c->out[1][i] = p;
        }
    }
}

static gt_status run_patches(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_grid *numbers = NULL;
    gt_patch *list = NULL;
    gt_grid_spec spec;
    sizes s = {NULL, 0};
    size_t n = 0;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        gt_grid_spec_like(job.in[0], GT_CELL_I32, &spec);
        spec.nodata = (double)NAN;
        spec.items = NULL;
        spec.n_items = 0;
        s.cell_ha = spec.cell_x * spec.cell_y / 10000;
        st = gt_grid_create_scratch(ctx, NULL, &spec, &numbers);
    }
    if (st == GT_OK) {
        st = gt_grid_patches(ctx, job.in[0], gt_model_with(call, "corners")->integer != 0, numbers,
                             &list, &n);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 1, GT_CELL_I32);
    }
    if (st == GT_OK) {
        gt_grid *classes = job.in[0];
        job.in[0] = numbers;
        numbers = classes; /* closed below */
        s.list = list;
        st = gt_job_cells(ctx, &job, 0, size_row, &s);
    }
    gt_free(ctx, list);
    gt_grid_close(ctx, numbers);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port patches_in[] = {{.name = "classes",
                                            .kind = GT_PORT_GRID,
                                            .title = {"类别", "classes"},
                                            .note = {"无值不成斑块", "nodata is no patch"}},
                                           {0}};
static const gt_model_port patches_out[] = {{.name = "size",
                                             .kind = GT_PORT_GRID,
                                             .title = {"斑块面积", "size of the patch"},
                                             .unit = "ha"},
                                            {.name = "number",
                                             .kind = GT_PORT_GRID,
                                             .title = {"斑块编号", "number of the patch"},
                                             .optional = true},
                                            {0}};
static const gt_model_param patches_with[] = {
    {.name = "corners",
     .kind = GT_PARAM_BOOL,
     .title = {"角相接也算相连", "connected over corners too"},
     .preset = "yes"},
    {0}};
static const char *const patches_sources[] = {"Rosenfeld and Pfaltz 1966", NULL};

const gt_model GT_MODEL_PATCHES = {
    .name = "patches",
    .group = "algebra",
    .version = 1,
    .title = {"连片斑块面积", "size of connected patches"},
    .what = {"同类相连的栅格组成斑块，各栅格取其斑块的面积。",
             "Connected cells of one class make a patch; every cell gets the area of its patch."},
    .in = patches_in,
    .out = patches_out,
    .with = patches_with,
    .reach = GT_REACH_GLOBAL,
    .law = "40 bytes a patch; 4 bytes a cell in a scratch file",
    .need = {.stays = 1, .scratch = 4},
    .sources = patches_sources,
    .run = run_patches};

/* ---- upstream -----------------------------------------------------------------------------------
 */

static gt_status run_upstream(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_I32);
    }
    if (st == GT_OK) {
        st = gt_grid_downstream(ctx, job.in[0], job.in[1], job.out[0]);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port upstream_in[] = {
    {.name = "direction", .kind = GT_PORT_GRID, .title = {"D8 流向", "D8 directions"}},
    {.name = "targets",
     .kind = GT_PORT_GRID,
     .title = {"目标（水库、出口）", "targets (reservoirs, outlets)"},
     .note = {"无值为非目标", "nodata is none"}},
    {0}};
static const gt_model_port upstream_out[] = {
    {.name = "target",
     .kind = GT_PORT_GRID,
     .title = {"下游首个目标", "first target downstream"},
     .note = {"不汇入任何目标者无值", "nodata where the water meets none"}},
    {0}};
static const char *const upstream_sources[] = {"O'Callaghan and Mark 1984", NULL};

const gt_model GT_MODEL_UPSTREAM = {
    .name = "upstream",
    .group = "terrain",
    .version = 1,
    .title = {"汇水区", "upstream of targets"},
    .what = {"各栅格沿流向首先到达的目标，即各目标的汇水区。",
             "The first target that the water of each cell meets: catchments of the targets."},
    .in = upstream_in,
    .out = upstream_out,
    .with = none,
    .reach = GT_REACH_GLOBAL,
    .law = "0.1 bytes a cell, 3 MB a thread",
    .need = {.stays = 0.1, .thread = 4 << 20},
    .sources = upstream_sources,
    .run = run_upstream};
