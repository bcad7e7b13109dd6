/* Numbers to classes by thresholds. */
#include <math.h>

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

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_value *breaks = gt_model_with(call, "breaks");
    const gt_model_value *classes = gt_model_with(call, "classes");
    const thresholds t = {breaks->reals, classes == NULL ? NULL : classes->reals, breaks->n};
    for (size_t i = 1; i < t.n; i++) {
        if (t.breaks[i] <= t.breaks[i - 1]) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_ASCEND, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", "breaks")));
        }
    }
    if (classes != NULL && classes->n != t.n + 1) {
        return gt_fail(
            ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
            GT_ARGS(GT_TEXT("name", "classes"), GT_INT("n", classes->n), GT_INT("want", t.n + 1)));
    }
    return gt_job_local(ctx, call, GT_CELL_U8, classify_row, &t);
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
    .version = 1,
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
