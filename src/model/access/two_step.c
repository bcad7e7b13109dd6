/* What there is for each person within reach: the two-step floating catchment. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

enum { SUPPLY = 0, PEOPLE, HALO_MAX = 500 };

typedef struct window {
    const double *weight; /* side * side, 0 beyond the reach */
    int radius;           /* rows and columns */
} window;

/* Sum of weight times value over the window; nodata adds nothing. */
static double around(const window *w, const double *at, ptrdiff_t stride)
{
    const double *weight = w->weight;
    double sum = 0;
    for (int r = -w->radius; r <= w->radius; r++) {
        const double *row = at + r * stride;
        for (int c = -w->radius; c <= w->radius; c++, weight++) {
            double v = row[c];
            sum += *weight > 0 && v > 0 ? *weight * v : 0;
        }
    }
    return sum;
}

/* Supply for each person whom it reaches; nodata where it reaches nobody. */
static void first_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        double supply = c->in[SUPPLY][i], people = 0;
        if (supply > 0) {
            people = around(c->user, c->in[PEOPLE] + i, c->stride);
        }
        c->out[0][i] = people > 0 ? supply / people : (double)NAN;
        if (c->out[1] != NULL) {
            c->out[1][i] = supply > 0 && people <= 0 ? supply : 0 * supply;
        }
    }
}

static void second_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        c->out[0][i] = around(c->user, c->in[SUPPLY] + i, c->stride) + 0 * c->in[PEOPLE][i];
    }
}

static gt_status make_window(gt_ctx *ctx, const gt_job *job, double **weights, window *out)
{
    const gt_grid_spec *f = gt_grid_facts(job->in[0]);
    double reach = gt_model_real(job->call, "reach"), end = exp(-0.5);
    bool gauss = gt_model_with(job->call, "weight")->choice == 1;
    double cells = floor(reach / fmin(f->cell_x, f->cell_y));
    if (cells > HALO_MAX) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_RANGE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "reach"), GT_REAL("value", reach), GT_REAL("min", 0),
                               GT_REAL("max", HALO_MAX * fmin(f->cell_x, f->cell_y))));
    }
    out->radius = (int)cells;
    size_t side = 2 * (size_t)out->radius + 1, at = 0;
    *weights = gt_alloc(ctx, side * side, sizeof **weights);
    if (*weights == NULL) {
        return GT_E_MEMORY;
    }
    for (int r = -out->radius; r <= out->radius; r++) {
        for (int c = -out->radius; c <= out->radius; c++) {
            double u = hypot(c * f->cell_x, r * f->cell_y) / reach;
            (*weights)[at++] = u > 1 ? 0 : gauss ? (exp(-0.5 * u * u) - end) / (1 - end) : 1;
        }
    }
    out->weight = *weights;
    return GT_OK;
}

static gt_status scratch_like(gt_ctx *ctx, gt_grid *like, gt_grid **out)
{
    gt_grid_spec spec;
    gt_grid_spec_like(like, GT_CELL_F64, &spec);
    spec.nodata = (double)NAN;
    spec.items = NULL;
    spec.n_items = 0;
    return gt_grid_create_scratch(ctx, NULL, &spec, out);
}

/* The ratios go to a scratch grid, which then takes the place of the supply. */
static gt_status first_step(gt_ctx *ctx, gt_job *job, const window *w)
{
    gt_grid *ratios = NULL, *access = job->out[0];
    gt_status st = scratch_like(ctx, job->in[0], &ratios);
    if (st == GT_OK) {
        job->out[0] = ratios;
        st = gt_job_cells(ctx, job, w->radius, first_row, w);
        job->out[0] = access;
    }
    if (st == GT_OK) {
        gt_grid_close(ctx, job->in[SUPPLY]);
        job->in[SUPPLY] = ratios;
        ratios = NULL;
    }
    gt_grid_close(ctx, ratios);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    window w = {NULL, 0};
    double *weights = NULL;
    gt_grid *unused = NULL;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        st = make_window(ctx, &job, &weights, &w);
    }
    for (size_t i = 0; st == GT_OK && i < 2; i++) {
        st = gt_job_make(ctx, &job, i, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = first_step(ctx, &job, &w);
    }
    if (st == GT_OK) {
        unused = job.out[1]; /* written already */
        job.out[1] = NULL;
        st = gt_job_cells(ctx, &job, w.radius, second_row, &w);
        job.out[1] = unused;
    }
    gt_free(ctx, weights);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "supply",
     .kind = GT_PORT_GRID,
     .title = {"供给（每栅格，如公园面积）", "supply of each cell, such as area of parks"}},
    {.name = "people",
     .kind = GT_PORT_GRID,
     .title = {"人口（每栅格）", "people of each cell"},
     .unit = "1"},
    {0}};
static const gt_model_port out[] = {
    {.name = "access",
     .kind = GT_PORT_GRID,
     .title = {"人均可达供给", "supply within reach, for each person"},
     .note = {"按人口加权合计等于被利用的供给", "times the people it sums to the supply used"}},
    {.name = "unused",
     .kind = GT_PORT_GRID,
     .title = {"无人可达的供给", "supply that nobody reaches"},
     .optional = true},
    {0}};
static const char *const weights_of[] = {"even", "gauss", NULL};
static const gt_model_param with[] = {
    {.name = "reach",
     .kind = GT_PARAM_REAL,
     .title = {"服务半径", "how far one goes"},
     .unit = "m",
     .min = 1e-6,
     .max = 1e6,
     .preset = "1000 m",
     .source = "15 minutes on foot"},
    {.name = "weight",
     .kind = GT_PARAM_CHOICE,
     .title = {"距离衰减：even 不衰减，gauss 高斯", "decay with distance: none, or Gaussian"},
     .preset = "gauss",
     .choices = weights_of},
    {0}};
static const char *const sources[] = {"Luo and Wang 2003 (2SFCA)", "Dai 2010 (Gaussian)", NULL};

const gt_model GT_MODEL_TWO_STEP = {
    .name = "two-step-access",
    .group = "access",
    .version = 1,
    .title = {"两步移动搜索可达性", "two-step floating catchment"},
    .what = {"先求各供给点半径内人口的人均供给，再对各处半径内的人均供给求和（可按高斯衰减）。",
             "First the supply for each person within reach of it, then the sum of these ratios "
             "within reach of each place; weights fall with distance or do not."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law =
        "blocks of the walk with their halo; 8 bytes a cell in a scratch file; the time grows with "
        "the square of the reach in cells (sums by transforms would not be the same to the bit)",
    .need = {.scratch = 8},
    .sources = sources,
    .run = run};
