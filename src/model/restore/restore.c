/* What is damaged, how much, and what comes first. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

/* ---- degradation --------------------------------------------------------------------------------
 */

enum { FACTORS = 6, LEVELS = 3 };

typedef struct deviation {
    double good[FACTORS], span[FACTORS], weight[FACTORS]; /* by port; weights sum to 1 */
    const double *levels;
} deviation;

static void deviation_row(const gt_cells *c)
{
    const deviation *d = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double sum = 0, level = 1;
        for (size_t k = 0; k < FACTORS; k++) {
            if (c->in[k] != NULL) {
                double off = (d->good[k] - c->in[k][i]) / d->span[k];
                off = off < 0 ? 0 : off > 1 ? 1 : off; /* keeps NaN */
                sum += d->weight[k] * off;
            }
        }
        for (int k = 0; k < LEVELS; k++) {
            level += sum >= d->levels[k] ? 1 : 0;
        }
        c->out[0][i] = sum;
        if (c->out[1] != NULL) {
            c->out[1][i] = level + 0 * sum;
        }
    }
}

static gt_status wrong_count(gt_ctx *ctx, const char *name, size_t n, size_t want)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", name), GT_INT("n", n), GT_INT("want", want)));
}

static gt_status read_deviation(gt_ctx *ctx, const gt_model_call *call, deviation *d)
{
    static const char *const names[FACTORS] = {"a", "b", "c", "d", "e", "f"};
    const gt_model_value *good = gt_model_with(call, "good"), *bad = gt_model_with(call, "bad"),
                         *weights = gt_model_with(call, "weights"),
                         *levels = gt_model_with(call, "levels");
    size_t n = 0;
    double sum = 0;
    for (size_t k = 0; k < FACTORS; k++) {
        n += gt_model_in(call, names[k]) != NULL;
    }
    if (good->n != n || bad->n != n) {
        return wrong_count(ctx, good->n != n ? "good" : "bad", good->n != n ? good->n : bad->n, n);
    }
    if (weights != NULL && weights->n != n) {
        return wrong_count(ctx, "weights", weights->n, n);
    }
    if (levels->n != LEVELS) {
        return wrong_count(ctx, "levels", levels->n, LEVELS);
    }
    d->levels = levels->reals;
    for (size_t k = 0, i = 0; k < FACTORS; k++) {
        if (gt_model_in(call, names[k]) == NULL) {
            continue;
        }
        d->good[k] = good->reals[i];
        d->span[k] = good->reals[i] - bad->reals[i];
        d->weight[k] = weights == NULL ? 1 : weights->reals[i];
        sum += d->weight[k];
        i++;
        if (d->span[k] == 0) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_SPAN, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", names[k])));
        }
    }
    if (!(sum > 0)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_WEIGHT, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "weights")));
    }
    for (size_t k = 0; k < FACTORS; k++) {
        d->weight[k] /= sum;
    }
    return GT_OK;
}

static gt_status run_degradation(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    deviation d = {.levels = NULL};
    gt_status st = read_deviation(ctx, call, &d);
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 1, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, deviation_row, &d);
    }
    return gt_job_end(ctx, &job, st);
}

#define FACTOR(letter)                                                                             \
    {                                                                                              \
        .name = (letter), .kind = GT_PORT_GRID, .title = {"指标", "factor"}, .optional = true      \
    }
static const gt_model_port degradation_in[] = {
    {.name = "a", .kind = GT_PORT_GRID, .title = {"指标", "factor"}},
    FACTOR("b"),
    FACTOR("c"),
    FACTOR("d"),
    FACTOR("e"),
    FACTOR("f"),
    {0}};
static const gt_model_port degradation_out[] = {
    {.name = "index",
     .kind = GT_PORT_GRID,
     .title = {"退损指数", "index of degradation"},
     .unit = "1",
     .note = {"0 与参照相同，1 最差", "0 as the reference, 1 the worst"}},
    {.name = "level",
     .kind = GT_PORT_GRID,
     .title = {"退损程度", "degree of degradation"},
     .optional = true,
     .note = {"1 未退化，2 轻度，3 中度，4 重度", "1 none, 2 slight, 3 moderate, 4 severe"}},
    {0}};
static const gt_model_param degradation_with[] = {
    {.name = "good",
     .kind = GT_PARAM_REALS,
     .title = {"参照值（依输入次序）", "reference of each factor, in order"}},
    {.name = "bad",
     .kind = GT_PARAM_REALS,
     .title = {"最差值（依输入次序，可大于参照值）",
               "worst value of each factor; may lie above the reference"}},
    {.name = "weights",
     .kind = GT_PARAM_REALS,
     .title = {"权重（不给则相等）", "weights (without them equal)"},
     .min = 0,
     .max = 1e6,
     .preset = ""},
    {.name = "levels",
     .kind = GT_PARAM_REALS,
     .title = {"程度界限（递增三个）", "three bounds of the degrees"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0.25, 0.5, 0.75",
     .source = "quarters; no plan states them"},
    {0}};
static const char *const degradation_sources[] = {
    "weighted deviation from the reference, each factor held between 0 and 1", NULL};

const gt_model GT_MODEL_DEGRADATION = {
    .name = "degradation",
    .group = "restore",
    .version = 1,
    .title = {"退损程度", "degradation"},
    .what =
        {"各指标与参照值之差占参照与最差之差的比例，限于 0 至 1，加权平均；任一指标无值则无值。",
         "How far each factor is from its reference towards its worst, held between 0 and 1, "
         "averaged by weights; nodata where any factor is."},
    .in = degradation_in,
    .out = degradation_out,
    .with = degradation_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = degradation_sources,
    .run = run_degradation};

/* ---- priority -----------------------------------------------------------------------------------
 */

enum { PATTERN = 0, DAMAGE, PLACE, POTENTIAL };

static double held(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v; /* keeps NaN */
}

static void priority_row(const gt_cells *c)
{
    double least = *(const double *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double pattern = held(c->in[PATTERN][i], 0, 3), damage = held(c->in[DAMAGE][i], 1, 4);
        double place = c->in[PLACE] != NULL && c->in[PLACE][i] > 0 ? 1 : 0;
        double potential = c->in[POTENTIAL] != NULL ? held(c->in[POTENTIAL][i], 1, 3) : 2;
        potential = isnan(potential) ? 1 : potential;
        double order =
            (((3 - pattern) * 2 + (1 - place)) * 4 + (4 - damage)) * 3 + (3 - potential) + 1;
        bool wanted = damage >= least && !isnan(pattern);
        c->out[0][i] = wanted ? order : (double)NAN;
        if (c->out[1] != NULL) {
            c->out[1][i] = !wanted ? (double)NAN : pattern == 3 || place > 0 ? 1 : 2;
        }
    }
}

static gt_status run_priority(gt_ctx *ctx, const gt_model_call *call)
{
    double least = gt_model_real(call, "least");
    return gt_job_local(ctx, call, GT_CELL_U8, priority_row, &least);
}

static const gt_model_port priority_in[] = {
    {.name = "pattern",
     .kind = GT_PORT_GRID,
     .title = {"生态安全格局级别", "level of the security pattern"},
     .note = {"3 底线，2 一般，1 理想，0 不在格局内", "3 bottom, 2 general, 1 ideal, 0 outside"}},
    {.name = "damage",
     .kind = GT_PORT_GRID,
     .title = {"退损程度", "degree of degradation"},
     .note = {"1 未退化……4 重度", "1 none .. 4 severe"}},
    {.name = "place",
     .kind = GT_PORT_GRID,
     .title = {"浅山区或重点廊道", "shallow mountain or main corridor"},
     .optional = true,
     .note = {"大于 0 处为是；无值为否", "above 0: inside; nodata: not"}},
    {.name = "potential",
     .kind = GT_PORT_GRID,
     .title = {"修复潜力", "potential of restoration"},
     .optional = true,
     .note = {"3 高，2 中，1 低；无值为低", "3 high, 2 fair, 1 low; nodata: low"}},
    {0}};
static const gt_model_port priority_out[] = {
    {.name = "order",
     .kind = GT_PORT_GRID,
     .title = {"修复次序", "order of restoration"},
     .note = {"1 最先，至 96；同号者同等", "1 first, up to 96; equals have one number"}},
    {.name = "phase",
     .kind = GT_PORT_GRID,
     .title = {"时序", "phase"},
     .optional = true,
     .note = {"1 近期，2 远期", "1 the first term, 2 the second"}},
    {0}};
static const gt_model_param priority_with[] = {
    {.name = "least",
     .kind = GT_PARAM_REAL,
     .title = {"列入修复的最低退损程度", "least degree that is to be restored"},
     .min = 1,
     .max = 4,
     .preset = "2"},
    {0}};
static const char *const priority_sources[] = {
    "北京市国土空间生态修复规划（2021—2035年）: control level, place, damage, potential, in this "
    "order",
    NULL};

const gt_model GT_MODEL_PRIORITY = {
    .name = "restoration-priority",
    .group = "restore",
    .version = 1,
    .title = {"修复优先序", "priority of restoration"},
    .what = {"依次比较格局级别、是否浅山或重点廊道、退损程度、修复潜力，前者不等不看后者；底线"
             "格局、浅山区与重点廊道为近期，其余为远期。",
             "Level of the pattern, place, damage and potential compared one after the other; "
             "bottom pattern, shallow mountain and main corridors come in the first term."},
    .in = priority_in,
    .out = priority_out,
    .with = priority_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = priority_sources,
    .run = run_priority};
