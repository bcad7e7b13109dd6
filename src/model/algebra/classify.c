/* Numbers to classes, by thresholds that are given or that the numbers themselves give. */
#include <math.h>
#include <string.h>

#include "guotu/grid_analysis.h"
#include "model/job.h"
#include "model/messages.h"

typedef struct thresholds {
    const double *breaks, *classes; /* classes: n + 1, or NULL: 1, 2 ... */
    size_t n;
} thresholds;

static void classify_row(const gt_cells *c)
{
    const thresholds *t = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double v = c->in[0][i];
        size_t k = 0;
        while (k < t->n && v >= t->breaks[k]) {
            k++;
        }
        c->out[0][i] = isnan(v)             ? (double)NAN
                       : t->classes != NULL ? t->classes[k]
                                            : (double)(k + 1);
    }
}

/* Bounds as the grid can hold them: 0.7 in a grid of float32 is 0.699999988, and lies on 0.7. */
static gt_status as_stored(gt_ctx *ctx, const gt_job *job, const double *breaks, size_t n,
                           double **out)
{
    bool single = gt_grid_facts(job->in[0])->type == GT_CELL_F32;
    *out = gt_alloc(ctx, n, sizeof **out);
    for (size_t i = 0; *out != NULL && i < n; i++) {
        (*out)[i] = single ? (double)(float)breaks[i] : breaks[i];
    }
    return *out == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_value *breaks = gt_model_with(call, "breaks");
    const gt_model_value *classes = gt_model_with(call, "classes");
    thresholds t = {NULL, classes == NULL ? NULL : classes->reals, breaks->n};
    double *stored = NULL;
    gt_job job;
    gt_status st = gt_job_ascending(ctx, call, "breaks", 0, &t.breaks);
    if (st == GT_OK && classes != NULL && classes->n != t.n + 1) {
        st = gt_fail(
            ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
            GT_ARGS(GT_TEXT("name", "classes"), GT_INT("n", classes->n), GT_INT("want", t.n + 1)));
    }
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = as_stored(ctx, &job, t.breaks, t.n, &stored);
        t.breaks = stored;
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, classify_row, &t);
    }
    gt_free(ctx, stored);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "values", .kind = GT_PORT_GRID, .title = {"数值", "values"}}, {0}};
static const gt_model_port out[] = {
    {.name = "classes", .kind = GT_PORT_GRID, .title = {"等级", "classes"}}, {0}};
static const gt_model_param with[] = {
    {.name = "breaks",
     .kind = GT_PARAM_REALS,
     .title = {"分级界限（递增，界限值属上一级）",
               "thresholds, ascending; a value on one belongs to the class above"}},
    {.name = "classes",
     .kind = GT_PARAM_REALS,
     .title = {"各级编码（默认 1、2……）", "codes of the classes (default 1, 2 ...)"},
     .min = 0,
     .max = 254,
     .preset = ""},
    {0}};
static const char *const sources[] = {"map algebra (Tomlin 1990)", NULL};

const gt_model GT_MODEL_CLASSIFY = {
    .name = "classify",
    .group = "algebra",
    .version = 2,
    .title = {"分级", "classify"},
    .what = {"按界限把数值分成等级；下限含于本级。",
             "Classes by thresholds; the lower bound belongs to the class."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 16 bytes a cell of a block and thread",
    .sources = sources,
    .run = run};

/* ---- by the values themselves -------------------------------------------------------------------
 */

static gt_status run_spread(gt_ctx *ctx, const gt_model_call *call)
{
    double breaks[GT_BREAKS_MAX + 1];
    int n = (int)gt_model_with(call, "n")->integer;
    gt_breaks how = GT_BREAKS_EQUAL;
    gt_job job;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    (void)gt_breaks_parse(gt_model_with(call, "by")->text, &how); /* one of the choices */
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_grid_breaks(ctx, job.in[0], how, n, breaks);
        bool nothing = st == GT_E_INPUT && strcmp(gt_error_id(ctx), "grid.no-values") == 0;
        if (nothing) { /* no values, no classes: the output stays nodata */
            gt_error_clear(ctx);
            return gt_job_end(ctx, &job, GT_OK);
        }
    }
    if (st == GT_OK) {
        st = gt_grid_classify(ctx, job.in[0], breaks, n, job.out[0]);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port spread_out[] = {{.name = "classes",
                                            .kind = GT_PORT_GRID,
                                            .title = {"等级", "classes"},
                                            .note = {"1 最低", "1 the lowest"}},
                                           {0}};
static const char *const ways[] = {"natural", "quantile", "equal", NULL};
static const gt_model_param spread_with[] = {
    {.name = "by",
     .kind = GT_PARAM_CHOICE,
     .title = {"方法：natural 自然断点，quantile 分位数，equal 等距",
               "natural breaks, quantiles, or equal intervals"},
     .preset = "natural",
     .choices = ways},
    {.name = "n",
     .kind = GT_PARAM_INT,
     .title = {"级数", "number of classes"},
     .min = 1,
     .max = GT_BREAKS_MAX,
     .preset = "5"},
    {0}};
static const char *const spread_sources[] = {"Fisher 1958; Jenks 1967: least squares in classes",
                                             NULL};

const gt_model GT_MODEL_CLASSIFY_SPREAD = {
    .name = "classify-spread",
    .group = "algebra",
    .version = 1,
    .title = {"按数值分布分级", "classify by the spread of values"},
    .what = {"由数值自身的分布确定界限并分级：自然断点、分位数、等距；结果取决于评价范围。",
             "Classes by bounds that the values themselves give: natural breaks, quantiles, equal "
             "intervals. Depends on the extent."},
    .in = in,
    .out = spread_out,
    .with = spread_with,
    .reach = GT_REACH_GLOBAL,
    .need = {.thread = 17 << 20},
    .law = "17 MB a thread and the blocks of the walk",
    .sources = spread_sources,
    .run = run_spread};
