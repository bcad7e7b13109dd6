/* The ground and what is under it: grades of land subsidence, groundwater taken beyond what comes
 * back. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

/* ---- subsidence ---------------------------------------------------------------------------------
 */

enum { RATE = 0, TOTAL, BOUNDS = 4 };

typedef struct sinking {
    const double *rates, *totals;
    double sign, along; /* of a rate; vertical for one along the sight */
} sinking;

/* 1 .. 5; the lower bound belongs to the higher grade. NaN for NaN. */
static double grade_of(double v, const double bounds[BOUNDS])
{
    double grade = 1;
    for (int i = 0; i < BOUNDS; i++) {
        grade += v >= bounds[i] ? 1 : 0;
    }
    return isnan(v) ? v : grade;
}

static void subsidence_row(const gt_cells *c)
{
    const sinking *s = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double rate = c->in[RATE] != NULL ? c->in[RATE][i] * s->along : (double)NAN;
        double total = c->in[TOTAL] != NULL ? c->in[TOTAL][i] : (double)NAN;
        c->out[0][i] =
            fmax(grade_of(s->sign * rate, s->rates), grade_of(s->sign * total, s->totals));
        if (c->out[1] != NULL) {
            c->out[1][i] = rate;
        }
    }
}

static gt_status run_subsidence(gt_ctx *ctx, const gt_model_call *call)
{
    static const double degree = 0.017453292519943295;
    sinking s = {.sign = gt_model_with(call, "sinking")->choice == 0 ? 1 : -1,
                 .along = 1 / cos(gt_model_real(call, "incidence") * degree)};
    gt_job job;
    gt_status st = gt_job_ascending(ctx, call, "rates", BOUNDS, &s.rates);
    if (st == GT_OK) {
        st = gt_job_ascending(ctx, call, "totals", BOUNDS, &s.totals);
    }
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 1, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, subsidence_row, &s);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port subsidence_in[] = {{.name = "rate",
                                               .kind = GT_PORT_GRID,
                                               .title = {"沉降速率", "rate of subsidence"},
                                               .unit = "mm/yr",
                                               .optional = true},
                                              {.name = "total",
                                               .kind = GT_PORT_GRID,
                                               .title = {"累计沉降量", "subsidence in all"},
                                               .unit = "mm",
                                               .optional = true},
                                              {0}};
static const gt_model_port subsidence_out[] = {
    {.name = "grade",
     .kind = GT_PORT_GRID,
     .title = {"沉降等级", "grade of subsidence"},
     .note = {"1 轻……5 最严重；速率与累计取高者", "1 least .. 5 worst; the higher of both"}},
    {.name = "vertical",
     .kind = GT_PORT_GRID,
     .title = {"垂向速率", "vertical rate"},
     .unit = "mm/yr",
     .optional = true},
    {0}};
static const char *const signs[] = {"positive", "negative", NULL};
static const gt_model_param subsidence_with[] = {
    {.name = "rates",
     .kind = GT_PARAM_REALS,
     .title = {"速率界限（递增四个）", "four bounds of the rate"},
     .unit = "mm/yr",
     .preset = "10, 30, 50, 80",
     .source = "dual evaluation, appendix; to be confirmed"},
    {.name = "totals",
     .kind = GT_PARAM_REALS,
     .title = {"累计界限（递增四个）", "four bounds of the total"},
     .unit = "mm",
     .preset = "200, 800, 1600, 2400",
     .source = "dual evaluation, appendix; to be confirmed"},
    {.name = "sinking",
     .kind = GT_PARAM_CHOICE,
     .title = {"下沉的符号", "sign of what sinks"},
     .preset = "positive",
     .choices = signs},
    {.name = "incidence",
     .kind = GT_PARAM_REAL,
     .title = {"雷达入射角（视线向速率；0 为垂向）",
               "angle of incidence, of a rate along the sight of a radar (0: vertical)"},
     .unit = "degree",
     .min = 0,
     .max = 80,
     .preset = "0"},
    {0}};
static const char *const subsidence_sources[] = {
    "资源环境承载能力和国土空间开发适宜性评价: grades of land subsidence",
    "v_up = v_los / cos(incidence), horizontal motion ignored", NULL};

const gt_model GT_MODEL_SUBSIDENCE_GRADE = {
    .name = "subsidence-grade",
    .group = "hazard",
    .version = 1,
    .title = {"地面沉降等级", "grade of land subsidence"},
    .what = {"按沉降速率与累计沉降量分五级，取高者；只有其一时按其一。雷达视线向速率先换算为垂向。",
             "Five grades by the rate and by the total of subsidence, the higher counts; one of "
             "them is enough. A rate along a radar's sight is made vertical first."},
    .in = subsidence_in,
    .out = subsidence_out,
    .with = subsidence_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = subsidence_sources,
    .run = run_subsidence};

/* ---- overdraft ----------------------------------------------------------------------------------
 */

enum { FALL = 0, ZONES };

typedef struct drawing {
    gt_table *extracted, *exploitable;
    double severe_fall, severe_share;
} drawing;

static double overdraft_of(double coefficient, double fall, const drawing *d)
{
    if (isnan(coefficient) && isnan(fall)) {
        return (double)NAN;
    }
    bool severe = coefficient > d->severe_share || fall > d->severe_fall;
    return severe ? 2 : coefficient > 0 || fall > 0 ? 1 : 0;
}

static void overdraft_row(const gt_cells *c)
{
    const drawing *d = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double fall = c->in[FALL] != NULL ? c->in[FALL][i] : (double)NAN, k = (double)NAN;
        if (c->in[ZONES] != NULL) {
            double most = gt_table_at(d->exploitable, c->in[ZONES][i]);
            k = most > 0 ? (gt_table_at(d->extracted, c->in[ZONES][i]) - most) / most : (double)NAN;
        }
        c->out[0][i] = overdraft_of(k, fall, d);
        if (c->out[1] != NULL) {
            c->out[1][i] = k;
        }
    }
}

static gt_status run_overdraft(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    drawing d = {.severe_fall = gt_model_real(call, "severe-fall"),
                 .severe_share = gt_model_real(call, "severe-share")};
    if (gt_model_in(call, "zones") != NULL &&
        (gt_model_with(call, "extracted") == NULL || gt_model_with(call, "exploitable") == NULL)) {
        const char *lacks = gt_model_with(call, "extracted") == NULL ? "extracted" : "exploitable";
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_MISSING, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("model", "overdraft"), GT_TEXT("name", lacks),
                               GT_TEXT("what", "amounts by zone"),
                               GT_TEXT("what_zh", "各分区水量")));
    }
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        d.extracted = gt_table_new(ctx, call, "extracted", (double)NAN);
        d.exploitable = gt_table_new(ctx, call, "exploitable", (double)NAN);
        st = d.extracted == NULL || d.exploitable == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 1, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, overdraft_row, &d);
    }
    gt_free(ctx, d.extracted);
    gt_free(ctx, d.exploitable);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port overdraft_in[] = {
    {.name = "fall",
     .kind = GT_PORT_GRID,
     .title = {"地下水位年降幅", "fall of the water level in a year"},
     .unit = "m/yr",
     .optional = true,
     .note = {"多年同期水位的回归斜率，下降为正",
              "slope of the regression over years, falling is positive"}},
    {.name = "zones",
     .kind = GT_PORT_GRID,
     .title = {"水文地质分区", "zones of groundwater"},
     .optional = true},
    {0}};
static const gt_model_port overdraft_out[] = {
    {.name = "grade",
     .kind = GT_PORT_GRID,
     .title = {"超采等级", "grade of overdraft"},
     .note = {"0 未超采，1 一般，2 严重", "0 none, 1 general, 2 severe"}},
    {.name = "coefficient",
     .kind = GT_PORT_GRID,
     .title = {"超采系数", "coefficient of overdraft"},
     .unit = "1",
     .optional = true},
    {0}};
static const gt_model_param overdraft_with[] = {
    {.name = "extracted",
     .kind = GT_PARAM_PAIRS,
     .title = {"各分区开采量", "extracted, by zone"},
     .unit = "10^4 m3/yr",
     .min = 0,
     .max = 1e9,
     .preset = ""},
    {.name = "exploitable",
     .kind = GT_PARAM_PAIRS,
     .title = {"各分区可开采量", "exploitable, by zone"},
     .unit = "10^4 m3/yr",
     .min = 0,
     .max = 1e9,
     .preset = ""},
    {.name = "severe-fall",
     .kind = GT_PARAM_REAL,
     .title = {"严重超采的年降幅下限（不含）", "fall above which it is severe"},
     .unit = "m/yr",
     .min = 0,
     .max = 100,
     .preset = "1",
     .source = "GB/T 34968-2017, pore water; to be confirmed"},
    {.name = "severe-share",
     .kind = GT_PARAM_REAL,
     .title = {"严重超采的系数下限（不含）", "coefficient above which it is severe"},
     .unit = "1",
     .min = 0,
     .max = 10,
     .preset = "0.3",
     .source = "GB/T 34968-2017; to be confirmed"},
    {0}};
static const char *const overdraft_sources[] = {"地下水超采区评价导则 GB/T 34968-2017", NULL};

const gt_model GT_MODEL_OVERDRAFT = {
    .name = "overdraft",
    .group = "hazard",
    .version = 1,
    .title = {"地下水超采等级", "groundwater overdraft"},
    .what = {"超采系数 k =（开采量 − 可开采量）/ 可开采量，与水位年降幅取严者：k 或降幅大于 0 "
             "为一般，大于界限为严重。",
             "k = (extracted - exploitable) / exploitable, and the yearly fall of the level; the "
             "stricter counts: above 0 general, above the bound severe."},
    .in = overdraft_in,
    .out = overdraft_out,
    .with = overdraft_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = overdraft_sources,
    .run = run_overdraft};
