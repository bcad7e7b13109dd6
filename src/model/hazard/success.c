/* How well an index tells where events fall: ROC and success-rate curve. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "model/connect/tables.h"
#include "model/job.h"
#include "model/messages.h"

/* The index is counted in bins of its float32 bits, cut to 20: values that differ by less than
 * 1/2048 of themselves may fall together, as ties do. */
enum { INDEX = 0, EVENTS, BIN_BITS = 20, BINS = 1 << BIN_BITS, POINTS = 100 };
#define PARTS 1e6 /* events are added in whole millionths: the order is not seen */

typedef struct bin {
    _Atomic uint64_t events, cells, others; /* events; cells; cells without events */
} bin;

typedef struct curve {
    bin *bins;
    double events, cells, others;
    double auc, success, tied;
} curve;

/* Bits of a float in the order of its values. */
static size_t bin_of(double v)
{
    float f = (float)v + 0.0F; /* -0 is 0 */
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    bits = bits >> 31 ? ~bits : bits | 0x80000000U;
    return bits >> (32 - BIN_BITS);
}

static void count_row(const gt_cells *c)
{
    const curve *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double v = c->in[INDEX][i], e = c->in[EVENTS][i];
        if (isnan(v)) {
            continue;
        }
        bin *b = &k->bins[bin_of(v)];
        uint64_t events = e > 0 ? (uint64_t)llround(fmin(e, 1e6) * PARTS) : 0;
        (void)atomic_fetch_add_explicit(&b->cells, 1, memory_order_relaxed);
        if (events > 0) {
            (void)atomic_fetch_add_explicit(&b->events, events, memory_order_relaxed);
        } else {
            (void)atomic_fetch_add_explicit(&b->others, 1, memory_order_relaxed);
        }
    }
}

static void add_up(curve *k)
{
    for (size_t i = 0; i < BINS; i++) {
        k->events += (double)k->bins[i].events / PARTS;
        k->cells += (double)k->bins[i].cells;
        k->others += (double)k->bins[i].others;
    }
}

/* From the highest bin down: a point of the curve where another hundredth of the cells is passed,
 * and at the ends. Between points within a bin events are taken to lie evenly, as for ties. */
static void draw(curve *k, gt_text *text)
{
    double cells = 0, events = 0, below = k->others;
    int next = 1;
    gt_text_printf(text, "cell_share,event_share\n0,0\n");
    for (size_t i = BINS; i-- > 0;) {
        const bin *b = &k->bins[i];
        double e = (double)b->events / PARTS, n = (double)b->cells, others = (double)b->others;
        if (n == 0) {
            continue;
        }
        below -= others;
        k->auc += e * (below + others / 2);
        k->tied += e * others / 2;
        k->success += n * (events + e / 2);
        cells += n;
        events += e;
        if (cells * POINTS >= next * k->cells) {
            gt_table_real(text, cells / k->cells);
            gt_text_printf(text, ",");
            gt_table_real(text, events / k->events);
            gt_text_printf(text, "\n");
            next = (int)(cells * POINTS / k->cells) + 1;
        }
    }
    k->auc /= k->events * k->others;
    k->tied /= k->events * k->others;
    k->success /= k->events * k->cells;
}

static gt_status write_summary(gt_ctx *ctx, const gt_model_call *call, const curve *k)
{
    const struct {
        const char *name;
        double value;
    } rows[] = {{"cells", k->cells},
                {"events", k->events},
                {"auc", k->auc},
                {"auc_ties", k->tied},
                {"success", k->success}};
    gt_text text;
    gt_text_init(&text, ctx, 0);
    gt_text_printf(&text, "what,value\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gt_text_printf(&text, "%s,", rows[i].name);
        gt_table_real(&text, rows[i].value);
        gt_text_printf(&text, "\n");
    }
    gt_status st = gt_text_status(&text);
    st = st == GT_OK ? gt_table_write(ctx, gt_model_out(call, "summary"), &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status work(gt_ctx *ctx, gt_job *job, curve *k)
{
    gt_text text;
    gt_status st = gt_job_cells(ctx, job, 0, count_row, k);
    if (st != GT_OK) {
        return st;
    }
    add_up(k);
    if (!(k->events > 0)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_WEIGHT,
                       GT_PLACE(.file = gt_model_in(job->call, "events")),
                       GT_ARGS(GT_TEXT("name", "events")));
    }
    if (!(k->others > 0)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_OTHERS,
                       GT_PLACE(.file = gt_model_in(job->call, "events")), GT_NO_ARGS);
    }
    gt_text_init(&text, ctx, 0);
    draw(k, &text);
    st = gt_text_status(&text);
    st = st == GT_OK ? write_summary(ctx, job->call, k) : st;
    st = st == GT_OK ? gt_table_write(ctx, gt_model_out(job->call, "curve"), &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    curve k = {.bins = NULL};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        k.bins = gt_zalloc(ctx, BINS, sizeof *k.bins);
        st = k.bins == NULL ? GT_E_MEMORY : work(ctx, &job, &k);
    }
    gt_free(ctx, k.bins);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "index",
     .kind = GT_PORT_GRID,
     .title = {"指数", "index"},
     .note = {"越大越易发", "the higher, the likelier"}},
    {.name = "events",
     .kind = GT_PORT_GRID,
     .title = {"灾害点数", "events in the cell"},
     .note = {"无值或 0 为没有；用未参与建模的灾害点得预测曲线",
              "nodata or 0: none; with events the index was not made of it is the prediction "
              "curve"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "summary",
     .kind = GT_PORT_TABLE,
     .title = {"检验结果", "figures"},
     .note = {"auc 为 ROC 曲线下面积，auc_ties 为其中并列值所占的半宽，success 为成功率曲线下面积",
              "auc: area under the ROC curve; auc_ties: half of what ties could change of it; "
              "success: area under the success-rate curve"}},
    {.name = "curve",
     .kind = GT_PORT_TABLE,
     .title = {"成功率曲线", "success-rate curve"},
     .optional = true,
     .note = {"由高到低累计的面积占比与灾害占比",
              "shares of the cells, from the highest down, and of the events on them"}},
    {0}};
static const gt_model_param with[] = {{0}};
static const char *const sources[] = {"Chung and Fabbri 2003", "Hanley and McNeil 1982", NULL};

const gt_model GT_MODEL_SUCCESS_CURVE = {
    .name = "success-curve",
    .group = "hazard",
    .version = 1,
    .title = {"易发性评价精度检验", "how well an index tells events"},
    .what = {"ROC 曲线下面积（AUC）与成功率曲线；无值的栅格不计。",
             "Area under the ROC curve, and the success-rate curve; cells without index are left "
             "out."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .need = {.held = 0},
    .law = "blocks of the walk and 25 MB",
    .sources = sources,
    .run = run};
