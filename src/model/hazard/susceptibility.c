/* Where hazards tend to be: classes of factors weighed by the events that fell on them. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "model/connect/tables.h"
#include "model/hazard/lean.h"
#include "model/messages.h"

enum { EVENTS = GT_LEAN_EVENTS, FIRST = GT_LEAN_FIRST, FACTORS = GT_LEAN_FACTORS };
enum { CODES = GT_LEAN_CODES, INFORMATION = 0, RATIO, CERTAINTY, LOGISTIC };

/* Events are added as whole millionths (a cell may hold a share of one), so that the order of
 * workers cannot be seen. */
#define PARTS 1e6

typedef struct class_sums {
    _Atomic uint64_t cells, events;
} class_sums;

typedef struct leaning {
    class_sums *sums; /* FACTORS x CODES */
    double *value;    /* the same */
    class_sums all;
    _Atomic bool odd; /* a code that is none */
    size_t way;
    double weight[FACTORS], constant; /* of the sum */
} leaning;

static bool code_good(double v)
{
    return v >= 0 && v < CODES && v == floor(v);
}

/* Counts the cell when all factors are known there. */
static void count_row(const gt_cells *c)
{
    leaning *k = *(leaning *const *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double events = c->in[EVENTS][i] > 0 ? c->in[EVENTS][i] : 0;
        bool known = true;
        for (size_t f = 0; f < FACTORS && known; f++) {
            const double *in = c->in[FIRST + f];
            known = in == NULL || code_good(in[i]);
            if (!known && !isnan(in[i])) {
                atomic_store(&k->odd, true);
            }
        }
        if (!known) {
            continue;
        }
        uint64_t parts = (uint64_t)llround(fmin(events, 1e6) * PARTS);
        for (size_t f = 0; f < FACTORS; f++) {
            if (c->in[FIRST + f] != NULL) {
                class_sums *s = &k->sums[f * CODES + (size_t)c->in[FIRST + f][i]];
                (void)atomic_fetch_add_explicit(&s->cells, 1, memory_order_relaxed);
                (void)atomic_fetch_add_explicit(&s->events, parts, memory_order_relaxed);
            }
        }
        (void)atomic_fetch_add_explicit(&k->all.cells, 1, memory_order_relaxed);
        (void)atomic_fetch_add_explicit(&k->all.events, parts, memory_order_relaxed);
    }
}

static void index_row(const gt_cells *c)
{
    const leaning *k = *(leaning *const *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double sum = k->constant;
        for (size_t f = 0; f < FACTORS; f++) {
            const double *in = c->in[FIRST + f];
            if (in != NULL) {
                sum += isnan(in[i]) ? in[i] : k->weight[f] * k->value[f * CODES + (size_t)in[i]];
            }
        }
        c->out[0][i] = k->way == LOGISTIC ? 1 / (1 + exp(-sum)) : sum;
    }
}

/* n of all N events on s of all S cells; m classes of the factor. A class without events would have
 * a logarithm of minus infinity: half an event is added to each class then (Laplace). */
static double weigh(size_t way, double n, double s, double all_n, double all_s, double m)
{
    if (way == CERTAINTY) {
        double here = n / s, prior = all_n / all_s;
        return here >= prior ? (here - prior) / (here * (1 - prior))
                             : (here - prior) / (prior * (1 - here));
    }
    double ratio = n / all_n / (s / all_s);
    if (way == RATIO) {
        return ratio;
    }
    return n > 0 ? log(ratio) : log((n + 0.5) / (all_n + 0.5 * m) / (s / all_s));
}

static void weigh_all(leaning *k)
{
    double all_n = (double)k->all.events / PARTS, all_s = (double)k->all.cells;
    for (size_t f = 0; f < FACTORS; f++) {
        double m = 0;
        for (size_t i = f * CODES; i < (f + 1) * CODES; i++) {
            m += k->sums[i].cells > 0;
        }
        for (size_t i = f * CODES; i < (f + 1) * CODES; i++) {
            double n = (double)k->sums[i].events / PARTS, s = (double)k->sums[i].cells;
            k->value[i] = s > 0 ? weigh(k->way, n, s, all_n, all_s, m) : (double)NAN;
        }
    }
}

static gt_status write_classes(gt_ctx *ctx, const gt_model_call *call, const leaning *k)
{
    const char *path = gt_model_out(call, "table");
    gt_text text;
    if (path == NULL) {
        return GT_OK;
    }
    gt_text_init(&text, ctx, 0);
    gt_text_printf(&text, "factor,class,cells,events,value\n");
    for (size_t i = 0; i < (size_t)FACTORS * CODES; i++) {
        if (k->sums[i].cells > 0) {
            gt_text_printf(&text, "%s,%zu,%llu,",
                           gt_model_call_model(call)->in[FIRST + i / CODES].name, i % CODES,
                           (unsigned long long)k->sums[i].cells);
            gt_table_real(&text, (double)k->sums[i].events / PARTS);
            gt_text_printf(&text, ",");
            gt_table_real(&text, k->value[i]);
            gt_text_printf(&text, "\n");
        }
    }
    gt_status st = gt_text_status(&text);
    st = st == GT_OK ? gt_table_write(ctx, path, &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status write_fit(gt_ctx *ctx, const gt_job *job, const gt_lean_fit *fit)
{
    gt_text text;
    size_t n = 1;
    gt_text_init(&text, ctx, 0);
    gt_text_printf(&text, "factor,coefficient,events,others\nconstant,");
    gt_table_real(&text, fit->b[0]);
    for (size_t f = 0; f < FACTORS; f++) {
        if (job->in[FIRST + f] != NULL) {
            gt_text_printf(&text, ",%llu,%llu\n%s,", (unsigned long long)fit->n_events,
                           (unsigned long long)fit->n_others,
                           gt_model_call_model(job->call)->in[FIRST + f].name);
            gt_table_real(&text, fit->b[n++]);
        }
    }
    gt_text_printf(&text, ",%llu,%llu\n", (unsigned long long)fit->n_events,
                   (unsigned long long)fit->n_others);
    gt_status st = gt_text_status(&text);
    st = st == GT_OK ? gt_table_write(ctx, gt_model_out(job->call, "coefficients"), &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status regress(gt_ctx *ctx, gt_job *job, leaning *k)
{
    gt_lean_fit fit = {.n_events = 0};
    size_t n = 1;
    gt_status st = gt_lean_regress(ctx, job, k->value, &fit);
    k->constant = fit.b[0];
    for (size_t f = 0; f < FACTORS; f++) {
        k->weight[f] = job->in[FIRST + f] != NULL ? fit.b[n++] : 0;
    }
    return st == GT_OK ? write_fit(ctx, job, &fit) : st;
}

/* Weights of the factors as given, in the order of those that are bound; 1 each when none are. */
static gt_status read_weights(gt_ctx *ctx, const gt_job *job, leaning *k)
{
    const gt_model_value *given = gt_model_with(job->call, "weights");
    size_t n = 0, n_given = given != NULL ? given->n : 0;
    for (size_t f = 0; f < FACTORS; f++) {
        if (job->in[FIRST + f] != NULL) {
            k->weight[f] = n < n_given ? given->reals[n] : 1;
            n++;
        }
    }
    if (n_given == 0 || n_given == n) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", "weights"), GT_INT("n", (int64_t)n_given),
                           GT_INT("want", (int64_t)n)));
}

/* What the events must be for a way to make sense of them. */
static gt_status check_events(gt_ctx *ctx, const gt_job *job, const leaning *k)
{
    double events = (double)k->all.events / PARTS, cells = (double)k->all.cells;
    if (k->odd) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_ODD_CLASS, GT_NOWHERE,
                       GT_ARGS(GT_INT("most", CODES - 1)));
    }
    if (k->all.cells > 0 && k->all.events == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_WEIGHT,
                       GT_PLACE(.file = gt_model_in(job->call, "events")),
                       GT_ARGS(GT_TEXT("name", "events")));
    }
    if (k->way == CERTAINTY && events >= cells) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_RANGE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "events"), GT_REAL("value", events),
                               GT_REAL("min", 0), GT_REAL("max", cells)));
    }
    return GT_OK;
}

static gt_status work(gt_ctx *ctx, gt_job *job, leaning *k)
{
    k->way = gt_model_with(job->call, "way")->choice;
    gt_status st = read_weights(ctx, job, k);
    st = st == GT_OK ? gt_job_cells(ctx, job, 0, count_row, &k) : st;
    st = st == GT_OK ? check_events(ctx, job, k) : st;
    if (st == GT_OK) {
        weigh_all(k);
        st = k->way == LOGISTIC && k->all.cells > 0 ? regress(ctx, job, k) : GT_OK;
    }
    st = st == GT_OK ? gt_job_make(ctx, job, 0, GT_CELL_F32) : st;
    st = st == GT_OK ? gt_job_cells(ctx, job, 0, index_row, &k) : st;
    return st == GT_OK ? write_classes(ctx, job->call, k) : st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    leaning k = {.odd = false};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        k.sums = gt_zalloc(ctx, (size_t)FACTORS * CODES, sizeof *k.sums);
        k.value = gt_zalloc(ctx, (size_t)FACTORS * CODES, sizeof *k.value);
        st = k.sums == NULL || k.value == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? work(ctx, &job, &k) : st;
    gt_free(ctx, k.sums);
    gt_free(ctx, k.value);
    return gt_job_end(ctx, &job, st);
}

#define FACTOR(letter, may)                                                                        \
    {                                                                                              \
        .name = letter, .kind = GT_PORT_GRID,                                                      \
        .title = {"因子 " letter " 的分级", "classes of factor " letter}, .optional = may          \
    }
static const gt_model_port in[] = {
    {.name = "events",
     .kind = GT_PORT_GRID,
     .title = {"灾害点数", "events in the cell"},
     .note = {"无值或 0 为没有；可为面积占比", "nodata or 0: none; may be the share of the cell"}},
    FACTOR("a", false),
    FACTOR("b", true),
    FACTOR("c", true),
    FACTOR("d", true),
    FACTOR("e", true),
    FACTOR("f", true),
    FACTOR("g", true),
    FACTOR("h", true),
    {.name = "distance",
     .kind = GT_PORT_GRID,
     .title = {"到最近灾害点的距离", "distance to the nearest event"},
     .unit = "m",
     .optional = true,
     .note = {"仅 logistic 使用，近于 buffer 者不作非灾害样本",
              "only of logistic: cells nearer than buffer are not drawn as others"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "index", .kind = GT_PORT_GRID, .title = {"易发性指数", "index of susceptibility"}},
    {.name = "table",
     .kind = GT_PORT_TABLE,
     .title = {"各因子各级的面积、灾害数与值", "cells, events and value of each class"},
     .optional = true},
    {.name = "coefficients",
     .kind = GT_PORT_TABLE,
     .title = {"逻辑回归系数（way=logistic）", "coefficients of the regression (way=logistic)"},
     .optional = true},
    {0}};
static const char *const ways[] = {"information", "frequency-ratio", "certainty", "logistic", NULL};
static const gt_model_param with[] = {
    {.name = "way",
     .kind = GT_PARAM_CHOICE,
     .title = {"方法：信息量、频率比、确定性系数、逻辑回归",
               "information value, frequency ratio, certainty factor, or logistic regression on "
               "the information values"},
     .preset = "information",
     .choices = ways},
    {.name = "weights",
     .kind = GT_PARAM_REALS,
     .title = {"各因子权重，按所给因子的次序（如由 ahp-weights 求得）；logistic 不用",
               "weights of the factors in their order, such as those of ahp-weights; not of "
               "logistic"},
     .min = 0,
     .max = 1000,
     .preset = ""},
    {.name = "ratio",
     .kind = GT_PARAM_REAL,
     .title = {"logistic：非灾害样本与灾害样本之比", "logistic: others drawn for each event"},
     .min = 1,
     .max = 100,
     .preset = "2",
     .source = "1 to 5 are usual"},
    {.name = "buffer",
     .kind = GT_PARAM_REAL,
     .title = {"logistic：非灾害样本距灾害点不小于（有 distance 时）",
               "logistic: least distance of others to events, with the grid distance"},
     .unit = "m",
     .min = 0,
     .max = 1e6,
     .preset = "500",
     .source = "usual; to be set by the survey's scale"},
    {.name = "seed",
     .kind = GT_PARAM_INT,
     .title = {"logistic：抽样种子", "logistic: seed of the draw"},
     .min = 0,
     .max = 1e9,
     .preset = "1"},
    {0}};
static const char *const sources[] = {"Yin and Yan 1988 (information value)",
                                      "Lee and Pradhan 2007 (frequency ratio)",
                                      "Binaghi et al. 1998 (certainty factor)",
                                      "Hosmer and Lemeshow 2000 (logistic regression)", NULL};

const gt_model GT_MODEL_SUSCEPTIBILITY = {
    .name = "susceptibility",
    .group = "hazard",
    .version = 1,
    .title = {"地质灾害易发性", "susceptibility to hazards"},
    .what = {"按各因子分级上的灾害密度赋值并求和；连续因子先用 classify 分级，结果用 "
             "classify-spread 分四级。"
             "没有灾害的级按拉普拉斯平滑，不取负无穷。逻辑回归以各级信息量为自变量，结果为概率。",
             "Classes of factors weighed by the density of events on them, and added up; grade "
             "continuous factors by classify before, and the index by classify-spread after. A "
             "class without events is smoothed (Laplace), not minus infinity. Logistic regression "
             "takes "
             "the information values as variables and gives a probability."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk and 1 MB; logistic: 8 bytes a drawn cell and factor, on one thread",
    .sources = sources,
    .run = run};
