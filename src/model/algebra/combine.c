/* Several grids into one: the greatest, the least, the first, or a weighted sum. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

enum { GRIDS = 8, MOST = 0, LEAST, FIRST, SUM };

typedef struct combining {
    size_t how;
    const double *weights;
} combining;

static double better(size_t how, double had, double v)
{
    if (how == SUM) {
        return had + v; /* nodata is NaN and stays */
    }
    return isnan(had)                 ? v
           : isnan(v) || how == FIRST ? had
           : how == MOST              ? fmax(had, v)
                                      : fmin(had, v);
}

static void combine_row(const gt_cells *c)
{
    const combining *w = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double value = w->how == SUM ? 0 : (double)NAN, mask = 0;
        size_t k = 0;
        for (size_t g = 0; g < GRIDS; g++) {
            if (c->in[g] == NULL) {
                continue;
            }
            double v = c->in[g][i], weight = w->weights == NULL ? 1 : w->weights[k];
            value = better(w->how, value, w->how == SUM ? weight * v : v);
            k++;
        }
        for (size_t g = 0; c->out[1] != NULL && g < GRIDS; g++) {
            mask += c->in[g] != NULL && c->in[g][i] == value ? (double)(1U << g) : 0;
        }
        c->out[0][i] = value;
        if (c->out[1] != NULL) {
            c->out[1][i] = isnan(value) ? (double)NAN : mask;
        }
    }
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    static const char *const names[GRIDS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    const gt_model_value *weights = gt_model_with(call, "weights");
    const combining w = {gt_model_with(call, "how")->choice,
                         weights == NULL ? NULL : weights->reals};
    bool classes = gt_model_with(call, "classes")->integer != 0;
    size_t n = 0;
    for (size_t i = 0; i < GRIDS; i++) {
        n += gt_model_in(call, names[i]) != NULL;
    }
    if (weights != NULL && weights->n != n) {
        return gt_fail(
            ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
            GT_ARGS(GT_TEXT("name", "weights"), GT_INT("n", weights->n), GT_INT("want", n)));
    }
    gt_job job;
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, classes ? GT_CELL_U8 : GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 1, GT_CELL_I16);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, combine_row, &w);
    }
    return gt_job_end(ctx, &job, st);
}

#define MORE(letter)                                                                               \
    {                                                                                              \
        .name = (letter), .kind = GT_PORT_GRID, .title = {"栅格", "grid"}, .optional = true        \
    }
static const gt_model_port in[] = {{.name = "a", .kind = GT_PORT_GRID, .title = {"栅格", "grid"}},
                                   MORE("b"),
                                   MORE("c"),
                                   MORE("d"),
                                   MORE("e"),
                                   MORE("f"),
                                   MORE("g"),
                                   MORE("h"),
                                   {0}};
static const gt_model_port out[] = {
    {.name = "result", .kind = GT_PORT_GRID, .title = {"结果", "result"}},
    {.name = "causes",
     .kind = GT_PORT_GRID,
     .title = {"起因", "causes"},
     .optional = true,
     .note = {"哪些栅格取该值：a 为 1，b 为 2，c 为 4……",
              "which grids hold that value: a 1, b 2, c 4 ..."}},
    {0}};
static const char *const hows[] = {"max", "min", "first", "sum", NULL};
static const gt_model_param with[] = {
    {.name = "how",
     .kind = GT_PARAM_CHOICE,
     .title = {"方式", "how"},
     .preset = "max",
     .choices = hows},
    {.name = "weights",
     .kind = GT_PARAM_REALS,
     .title = {"sum 的权重（依次）", "weights of sum, in order"},
     .preset = ""},
    {.name = "classes",
     .kind = GT_PARAM_BOOL,
     .title = {"结果为等级（0—254）", "the result holds classes 0 .. 254"},
     .preset = "no"},
    {0}};
static const char *const sources[] = {
    "资源环境承载能力和国土空间开发适宜性评价指南（试行）2020: integration by the maximum", NULL};

const gt_model GT_MODEL_COMBINE = {
    .name = "combine",
    .group = "algebra",
    .version = 1,
    .title = {"叠加", "combine"},
    .what =
        {"多个栅格取最大、最小、先者，或加权求和；可记下每个栅格的值由谁决定。max、min、first "
         "略过无值，sum 遇无值则无值。",
         "Several grids into one by the greatest, the least, the first, or a weighted sum; which "
         "of them decided can be kept. max, min and first pass over nodata, sum does not."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = sources,
    .run = run};
