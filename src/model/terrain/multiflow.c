/* Accumulation by D-infinity or multiple flow directions as one kernel: heights are filled and
 * flats given their ways first. */
#include "guotu/grid_water.h"
#include "model/job.h"

enum { ACCUMULATION = 0, FILLED, ANGLE, WIDTH };

/* Grids between the steps; outputs of the call take their place where they are wanted. */
typedef struct steps {
    gt_grid *filled, *direction, *count;
} steps;

static gt_status make_scratch(gt_ctx *ctx, const gt_grid *like, gt_cell type, gt_grid **out)
{
    gt_grid_spec spec;
    gt_grid_spec_like(like, type, &spec);
    spec.packing = GT_GRID_PLAIN;
    spec.tile = GT_GRID_TILE;
    spec.overviews = 0;
    spec.items = NULL;
    spec.n_items = 0;
    return gt_grid_create_scratch(ctx, NULL, &spec, out);
}

static gt_status prepare(gt_ctx *ctx, const gt_job *job, steps *s)
{
    gt_flow_facts facts;
    gt_status st = make_scratch(ctx, job->in[0], GT_CELL_U8, &s->direction);
    st = st == GT_OK ? make_scratch(ctx, job->in[0], GT_CELL_I32, &s->count) : st;
    if (st == GT_OK && job->out[FILLED] == NULL) {
        st = make_scratch(ctx, job->in[0], GT_CELL_F32, &s->filled);
    }
    gt_grid *filled = s->filled != NULL ? s->filled : job->out[FILLED];
    return st == GT_OK ? gt_grid_flow(ctx, job->in[0], NULL, filled, s->direction, s->count, &facts)
                       : st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    steps s = {0};
    gt_multiflow_options o;
    gt_multiflow_facts facts;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    for (size_t i = 0; st == GT_OK && i <= WIDTH; i++) {
        st = gt_job_make(ctx, &job, i, GT_CELL_F32);
    }
    gt_multiflow_options_init(&o);
    o.way = (gt_flow_way)gt_model_with(call, "way")->choice;
    o.exponent = gt_model_real(call, "exponent");
    st = st == GT_OK ? prepare(ctx, &job, &s) : st;
    if (st == GT_OK) {
        const gt_multiflow_out out = {job.out[ACCUMULATION], job.out[ANGLE], job.out[WIDTH]};
        gt_grid *filled = s.filled != NULL ? s.filled : job.out[FILLED];
        st = gt_grid_multiflow(ctx, filled, s.direction, &o, &out, &facts);
    }
    gt_grid_close(ctx, s.filled);
    gt_grid_close(ctx, s.direction);
    gt_grid_close(ctx, s.count);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "dem", .kind = GT_PORT_GRID, .title = {"高程", "elevation"}, .unit = "m"}, {0}};
static const gt_model_port out[] = {
    {.name = "accumulation",
     .kind = GT_PORT_GRID,
     .title = {"汇流量", "accumulation"},
     .unit = "cells",
     .note = {"含本栅格；为实数", "the cell itself included; real numbers"}},
    {.name = "filled",
     .kind = GT_PORT_GRID,
     .title = {"填洼后的高程", "filled heights"},
     .unit = "m",
     .optional = true},
    {.name = "angle",
     .kind = GT_PORT_GRID,
     .title = {"水流方位角", "way of the flow"},
     .unit = "degree",
     .optional = true,
     .note = {"仅 dinf；自北顺时针，流出为 -1",
              "only of dinf; clockwise from north, -1 off the map"}},
    {.name = "width",
     .kind = GT_PORT_GRID,
     .title = {"等高线宽度", "contour width"},
     .unit = "m",
     .optional = true,
     .note = {"供 wetness 求单宽汇流面积", "by which wetness divides the area"}},
    {0}};
static const char *const ways[] = {"dinf", "freeman", "quinn", NULL};
static const gt_model_param with[] = {
    {.name = "way",
     .kind = GT_PARAM_CHOICE,
     .title = {"分流算法", "how flow is shared"},
     .preset = "dinf",
     .choices = ways},
    {.name = "exponent",
     .kind = GT_PARAM_REAL,
     .title = {"坡度的指数，0 为原作者取值", "exponent of the slope, 0: the authors'"},
     .min = 0,
     .max = GT_FLOW_EXPONENT_MAX,
     .preset = "0",
     .source = "Freeman 1991: 1.1; Quinn et al. 1991: 1"},
    {0}};
static const char *const sources[] = {"Tarboton 1997", "Freeman 1991", "Quinn et al. 1991",
                                      "Barnes, Lehman and Mulla 2014", NULL};

const gt_model GT_MODEL_MULTIFLOW = {
    .name = "multiflow",
    .group = "terrain",
    .version = 1,
    .title = {"多流向汇流", "flow to several neighbours"},
    .what = {"填洼后按 D∞ 或多流向分配水流并累计；平地沿 D8 流向。",
             "Depressions filled, then water shared by D-infinity or multiple flow directions and "
             "added up; flats follow D8."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "18 bytes a cell after filling, beyond half of the ceiling in a scratch file; then 0.1 "
           "bytes a "
           "cell and 5 MB a thread",
    .need = {.held = 18, .stays = 0.3, .thread = 10 << 20},
    .sources = sources,
    .run = run};
