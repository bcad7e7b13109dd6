/* Corridor between two sources: how much longer than the best way each cell's way is. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

typedef struct lengths {
    double *least; /* by worker */
    bool *found;   /* by worker and input: is there any value? */
    double best, cutoff;
} lengths;

static gt_status least_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    lengths *l = user;
    double least = l->least[b->worker];
    bool *found = l->found + 2 * (size_t)b->worker;
    for (int r = 0; r < b->n_rows; r++) {
        const double *a = (const double *)b->in[0].cells + (size_t)r * b->in[0].stride;
        const double *z = (const double *)b->in[1].cells + (size_t)r * b->in[1].stride;
        for (int c = 0; c < b->n_cols; c++) {
            least = fmin(least, a[c] + z[c]); /* passes over nodata */
            found[0] = found[0] || !isnan(a[c]);
            found[1] = found[1] || !isnan(z[c]);
        }
    }
    l->least[b->worker] = least;
    return gt_check_cancel(ctx);
}

/* The least sum is the length of the best way. Without any source there is no corridor, which is no
 * mistake; sources that do not meet are one. */
static gt_status find_best(gt_ctx *ctx, gt_job *job, lengths *l)
{
    const gt_walk_input in[] = {{job->in[0], GT_CELL_F64, 0}, {job->in[1], GT_CELL_F64, 0}};
    size_t threads = (size_t)gt_ctx_threads(ctx);
    bool found[2] = {false, false};
    gt_walk walk;
    gt_walk_init(&walk);
    walk.in = in;
    walk.n_in = 2;
    l->least = gt_alloc(ctx, threads, sizeof *l->least);
    l->found = gt_zalloc(ctx, 2 * threads, sizeof *l->found);
    gt_status st = l->least == NULL || l->found == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < threads; i++) {
        l->least[i] = INFINITY;
    }
    st = st == GT_OK ? gt_grid_walk(ctx, &walk, least_block, l) : st;
    l->best = INFINITY;
    for (size_t i = 0; st == GT_OK && i < threads; i++) {
        l->best = fmin(l->best, l->least[i]);
        found[0] = found[0] || l->found[2 * i];
        found[1] = found[1] || l->found[2 * i + 1];
    }
    gt_free(ctx, l->least);
    gt_free(ctx, l->found);
    if (st == GT_OK && !(l->best < INFINITY) && found[0] && found[1]) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_WAY,
                     GT_PLACE(.file = gt_grid_path(job->in[1])), GT_NO_ARGS);
    }
    return st;
}

static void corridor_row(const gt_cells *c)
{
    const lengths *l = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double more = c->in[0][i] + c->in[1][i] - l->best;
        c->out[0][i] = l->cutoff > 0 && more > l->cutoff ? (double)NAN : more;
    }
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    lengths l = {.cutoff = gt_model_real(call, "cutoff")};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        st = find_best(ctx, &job, &l);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, corridor_row, &l);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "a",
     .kind = GT_PORT_GRID,
     .title = {"自甲源的累积阻力", "accumulated cost from the one source"},
     .note = {"cost-distance 的结果", "of cost-distance"}},
    {.name = "b",
     .kind = GT_PORT_GRID,
     .title = {"自乙源的累积阻力", "accumulated cost from the other"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "extra",
     .kind = GT_PORT_GRID,
     .title = {"比最小累积阻力路径多出的阻力", "cost beyond that of the best way"},
     .note = {"0 为最小累积阻力路径", "0 on the best way"}},
    {0}};
static const gt_model_param with[] = {
    {.name = "cutoff",
     .kind = GT_PARAM_REAL,
     .title = {"上限（0 为不限，更大者无值）", "limit (0: none; beyond it nodata)"},
     .min = 0,
     .max = 1e30,
     .preset = "0"},
    {0}};
static const char *const sources[] = {
    "McRae and Kavanagh 2011 (Linkage Mapper): CWD_a + CWD_b - least-cost distance", NULL};

const gt_model GT_MODEL_CORRIDOR = {
    .name = "corridor",
    .group = "cost",
    .version = 1,
    .title = {"最小累积阻力廊道", "least-cost corridor"},
    .what = {"两源累积阻力之和减去其最小值：0 处为最小累积阻力路径，值越大绕行越多。",
             "The sum of the costs from two sources less its minimum: 0 along the best way, the "
             "more the farther round."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = sources,
    .run = run};
