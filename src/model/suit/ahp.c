/* Weights from pairs of judgements (analytic hierarchy process). */
#include <math.h>

#include "model/connect/tables.h"
#include "model/job.h"
#include "model/messages.h"

enum { MOST = 15, FIRST = 0, SECOND, RATIO, COLUMNS };

typedef struct judgements {
    size_t n;                 /* factors */
    double ratio[MOST][MOST]; /* 0: not judged */
    double weight[MOST], lambda, ci, cr;
} judgements;

/* Mean index of random judgements, from 3 factors on (Saaty 1980). */
static const double RANDOM[MOST + 1] = {0,    0,    0,    0.58, 0.90, 1.12, 1.24, 1.32,
                                        1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59};

static bool factor_good(double v)
{
    return v >= 1 && v <= MOST && v == floor(v);
}

/* Tables write a third as 0.333: what is given both ways may differ by a hundredth. */
static bool agrees(double old, double now)
{
    return old == 0 || fabs(old / now - 1) <= 0.01;
}

static gt_status put_rows(gt_ctx *ctx, const char *path, const double *rows, size_t n,
                          judgements *j)
{
    for (size_t i = 0; i < n; i++) {
        const double *r = rows + i * COLUMNS;
        double a = r[FIRST], b = r[SECOND], v = r[RATIO];
        bool good = factor_good(a) && factor_good(b) && v >= 1 / 9.0 - 1e-3 && v <= 9;
        double *old = good ? &j->ratio[(size_t)a - 1][(size_t)b - 1] : NULL;
        if (!good || !agrees(*old, v) || (a == b && v != 1)) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_JUDGED, GT_PLACE(.file = path),
                           GT_ARGS(GT_INT("line", (int64_t)i + 2), GT_REAL("first", a),
                                   GT_REAL("second", b), GT_REAL("ratio", v)));
        }
        if (*old == 0) {
            *old = v;
            j->ratio[(size_t)b - 1][(size_t)a - 1] = 1 / v;
        }
        j->n = (size_t)fmax((double)j->n, fmax(a, b));
    }
    return GT_OK;
}

static gt_status check_whole(gt_ctx *ctx, const char *path, judgements *j)
{
    if (j->n == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_WEIGHT, GT_PLACE(.file = path),
                       GT_ARGS(GT_TEXT("name", "ratio")));
    }
    for (size_t a = 0; a < j->n; a++) {
        j->ratio[a][a] = 1;
        for (size_t b = 0; b < j->n; b++) {
            if (j->ratio[a][b] == 0) {
                return gt_fail(
                    ctx, GT_E_INPUT, &GT_MSG_MODEL_UNJUDGED, GT_PLACE(.file = path),
                    GT_ARGS(GT_INT("first", (int64_t)a + 1), GT_INT("second", (int64_t)b + 1)));
            }
        }
    }
    return GT_OK;
}

/* Principal eigenvector by powers: a positive matrix has one, and ratios within 1/9 .. 9 part it
 * well from the others; 1000 steps are far more than are needed. */
static void find_weights(judgements *j)
{
    for (size_t i = 0; i < j->n; i++) {
        j->weight[i] = 1 / (double)j->n;
    }
    for (int step = 0; step < 1000; step++) {
        double next[MOST] = {0}, sum = 0, change = 0;
        for (size_t a = 0; a < j->n; a++) {
            for (size_t b = 0; b < j->n; b++) {
                next[a] += j->ratio[a][b] * j->weight[b];
            }
            sum += next[a];
        }
        for (size_t a = 0; a < j->n; a++) {
            change = fmax(change, fabs(next[a] / sum - j->weight[a]));
            j->weight[a] = next[a] / sum;
        }
        j->lambda = sum; /* the weights add up to 1 */
        if (change < 1e-15) {
            break;
        }
    }
    double n = (double)j->n;
    j->ci = j->n > 2 ? fmax(0, (j->lambda - n) / (n - 1)) : 0;
    j->cr = j->n > 2 ? j->ci / RANDOM[j->n] : 0;
}

static gt_status write_weights(gt_ctx *ctx, const gt_model_call *call, const judgements *j)
{
    gt_text text;
    gt_text_init(&text, ctx, 0);
    gt_text_printf(&text, "factor,weight,lambda,consistency_index,consistency_ratio\n");
    for (size_t i = 0; i < j->n; i++) {
        const double cells[] = {j->weight[i], j->lambda, j->ci, j->cr};
        gt_text_printf(&text, "%zu", i + 1);
        for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
            gt_text_printf(&text, ",");
            gt_table_real(&text, cells[k]);
        }
        gt_text_printf(&text, "\n");
    }
    gt_status st = gt_text_status(&text);
    st = st == GT_OK ? gt_table_write(ctx, gt_model_out(call, "weights"), &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    static const char *const names[COLUMNS] = {"first", "second", "ratio"};
    const char *path = gt_model_in(call, "judgements");
    double *rows = NULL, most = gt_model_real(call, "consistency");
    size_t n = 0;
    judgements j = {.n = 0};
    gt_status st = gt_table_read(ctx, path, names, COLUMNS, &rows, &n);
    st = st == GT_OK ? put_rows(ctx, path, rows, n, &j) : st;
    gt_free(ctx, rows);
    st = st == GT_OK ? check_whole(ctx, path, &j) : st;
    if (st != GT_OK) {
        return st;
    }
    find_weights(&j);
    if (j.cr >= most) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_INCONSISTENT, GT_PLACE(.file = path),
                       GT_ARGS(GT_REAL("ratio", j.cr), GT_REAL("most", most)));
    }
    return write_weights(ctx, call, &j);
}

static const gt_model_port in[] = {
    {.name = "judgements",
     .kind = GT_PORT_TABLE,
     .title = {"两两比较判断", "judgements of pairs"},
     .note = {"列 first、second、ratio：因子序号与重要性标度（1/9 至 9）；每对一行，反向可省",
              "columns first, second, ratio: numbers of the factors, and how much the first "
              "outweighs the second (1/9 .. 9); a line a pair, in one direction"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "weights",
     .kind = GT_PORT_TABLE,
     .title = {"权重", "weights"},
     .note = {"每因子一行：权重，及最大特征根、CI、CR",
              "a line a factor: its weight; the largest root, CI and CR"}},
    {0}};
static const gt_model_param with[] = {
    {.name = "consistency",
     .kind = GT_PARAM_REAL,
     .title = {"一致性比率 CR 须小于", "consistency ratio must be less than"},
     .min = 0.001,
     .max = 10,
     .preset = "0.1",
     .source = "Saaty 1980"},
    {0}};
static const char *const sources[] = {"Saaty 1980", NULL};

const gt_model GT_MODEL_AHP_WEIGHTS = {
    .name = "ahp-weights",
    .group = "suit",
    .version = 1,
    .title = {"层次分析法权重", "weights from judgements (AHP)"},
    .what = {"由因子两两比较求权重（最大特征根的特征向量），并检验一致性；最多 15 个因子。",
             "Weights of factors from judgements of their pairs (principal eigenvector), with the "
             "check of consistency; at most 15 factors."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "4 KB",
    .sources = sources,
    .run = run};
