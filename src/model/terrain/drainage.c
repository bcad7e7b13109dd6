/* What follows from where water goes: streams and their order, height above the nearest of them. */
#include <math.h>

#include "guotu/grid_analysis.h"
#include "model/job.h"
#include "model/messages.h"

/* ---- streams ------------------------------------------------------------------------------------
 */

enum { ACCUMULATION = 0, DIRECTION, STREAMS = 0, ORDER };

static void stream_row(const gt_cells *c)
{
    double least = *(const double *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double cells = c->in[ACCUMULATION][i];
        c->out[STREAMS][i] = cells >= least ? 1 : (double)NAN;
    }
}

/* The order is of stream cells as the scratch grid has them, for an output cannot be read yet. */
static gt_status order(gt_ctx *ctx, gt_job *job, const double *least)
{
    gt_grid_spec spec;
    gt_grid *cells = NULL, *streams = job->out[STREAMS];
    gt_grid_spec_like(job->in[0], GT_CELL_U8, &spec);
    spec.nodata = (double)NAN;
    spec.items = NULL;
    spec.n_items = 0;
    gt_status st = gt_grid_create_scratch(ctx, NULL, &spec, &cells);
    if (st == GT_OK) {
        job->out[STREAMS] = cells;
        st = gt_job_cells(ctx, job, 0, stream_row, least);
        job->out[STREAMS] = streams;
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, job, ORDER, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_grid_stream_order(ctx, job->in[DIRECTION], cells, job->out[ORDER]);
    }
    gt_grid_close(ctx, cells);
    return st;
}

static gt_status run_streams(gt_ctx *ctx, const gt_model_call *call)
{
    double least = gt_model_real(call, "area");
    gt_job job;
    gt_status st = GT_OK;
    if (gt_model_out(call, "order") != NULL && gt_model_in(call, "direction") == NULL) {
        st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_MISSING, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("model", "streams"), GT_TEXT("name", "direction"),
                             GT_TEXT("what", "D8 directions"), GT_TEXT("what_zh", "D8 流向")));
    }
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        const gt_grid_spec *s = gt_grid_facts(job.in[0]);
        least /= s->cell_x * s->cell_y;
        st = gt_job_make(ctx, &job, STREAMS, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, stream_row, &least);
    }
    if (st == GT_OK && gt_model_out(call, "order") != NULL) {
        st = order(ctx, &job, &least);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port streams_in[] = {{.name = "accumulation",
                                            .kind = GT_PORT_GRID,
                                            .title = {"汇流量", "accumulation"},
                                            .unit = "cells"},
                                           {.name = "direction",
                                            .kind = GT_PORT_GRID,
                                            .title = {"D8 流向", "D8 directions"},
                                            .optional = true,
                                            .note = {"求河级时需要", "needed for the order"}},
                                           {0}};
static const gt_model_port streams_out[] = {
    {.name = "streams",
     .kind = GT_PORT_GRID,
     .title = {"河网", "streams"},
     .note = {"1 为河道，其余无值", "1 on streams, else nodata"}},
    {.name = "order",
     .kind = GT_PORT_GRID,
     .title = {"河级（Strahler）", "Strahler order"},
     .optional = true},
    {0}};
static const gt_model_param streams_with[] = {
    {.name = "area",
     .kind = GT_PARAM_REAL,
     .title = {"成河的最小汇水面积", "least area that makes a stream"},
     .unit = "m2",
     .min = 1,
     .max = 1e13,
     .preset = "1 km2",
     .source = "to be fitted to the mapped rivers of the place"},
    {0}};
static const char *const streams_sources[] = {"O'Callaghan and Mark 1984", "Strahler 1957", NULL};

const gt_model GT_MODEL_STREAMS = {
    .name = "streams",
    .group = "terrain",
    .version = 1,
    .title = {"河网与河级", "streams and their order"},
    .what = {"汇水面积达到阈值的栅格为河道；可按 Strahler 定级。",
             "Cells that drain at least an area are streams; their Strahler order on demand."},
    .in = streams_in,
    .out = streams_out,
    .with = streams_with,
    .reach = GT_REACH_GLOBAL,
    .law = "with the order 0.1 to 0.2 bytes a cell, 3 MB a thread, and 1 byte a cell in a scratch "
           "file; "
           "else the blocks of the walk",
    .need = {.stays = 0.2, .scratch = 1, .thread = 4 << 20},
    .sources = streams_sources,
    .run = run_streams};

/* ---- height above the nearest drainage ----------------------------------------------------------
 */

static gt_status run_hand(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_grid_hand(ctx, job.in[0], job.in[1], job.in[2], NULL, job.out[0]);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port hand_in[] = {
    {.name = "dem",
     .kind = GT_PORT_GRID,
     .title = {"高程（未填洼）", "elevation as it is, not filled"},
     .unit = "m"},
    {.name = "direction", .kind = GT_PORT_GRID, .title = {"D8 流向", "D8 directions"}},
    {.name = "streams",
     .kind = GT_PORT_GRID,
     .title = {"河网", "streams"},
     .note = {"非零且有值的栅格", "cells neither nodata nor 0"}},
    {0}};
static const gt_model_port hand_out[] = {
    {.name = "hand",
     .kind = GT_PORT_GRID,
     .title = {"距最近河道的高差", "height above the nearest drainage"},
     .unit = "m",
     .note = {"不小于 0；水流不经河道处无值", "not below 0; nodata where the way meets no stream"}},
    {0}};
static const gt_model_param none[] = {{0}};
static const char *const hand_sources[] = {"Nobre et al. 2011", NULL};

const gt_model GT_MODEL_HAND = {
    .name = "hand",
    .group = "terrain",
    .version = 1,
    .title = {"距最近河道的高差（HAND）", "height above the nearest drainage (HAND)"},
    .what = {"高程减水流首遇河道处的高程；淹没深 = 水位升高 − HAND（用 calc）。",
             "Heights less that of the first stream on the way of the water; the depth of a flood "
             "is the rise of the stream less HAND (by calc)."},
    .in = hand_in,
    .out = hand_out,
    .with = none,
    .reach = GT_REACH_GLOBAL,
    .law = "0.1 bytes a cell, 3 MB a thread, and 8 bytes a cell in scratch files",
    .need = {.stays = 0.1, .scratch = 8, .thread = 4 << 20},
    .sources = hand_sources,
    .run = run_hand};
