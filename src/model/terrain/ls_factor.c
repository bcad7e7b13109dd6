/* Slope length and steepness: L and S of the soil loss equation, three ways that are never mixed
 * silently. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

enum { DESMET_GOVERS = 0, MOORE_BURCH, INVEST, LENGTH };
enum { SLOPE = 0, CELLS, ASPECT, WAY_LENGTH };
enum { MCCOOL = 0, LIU };
#define RADIANS 0.017453292519943295

typedef struct ls_way {
    size_t way, steep;
    bool table; /* the USLE's exponents by slope */
    double cell, l_max;
} ls_way;

/* S. McCool 1987; above 10 degrees Liu Baoyuan 1994 for the steep land of China. */
static double steepness(const ls_way *w, double angle)
{
    double s = sin(angle);
    if (w->steep == LIU) {
        double degrees = angle / RADIANS;
        return degrees < 5 ? 10.8 * s + 0.03 : degrees < 10 ? 16.8 * s - 0.5 : 21.91 * s - 0.96;
    }
    return tan(angle) < 0.09 ? 10.8 * s + 0.03 : 16.8 * s - 0.5;
}

/* RUSLE's exponent: beta / (1 + beta). */
static double ratio_exponent(double s)
{
    double beta = s / 0.0896 / (3 * pow(s, 0.8) + 0.56);
    return beta / (1 + beta);
}

/* InVEST: a table of percent, then the ratio. */
static double table_exponent(double percent, double s)
{
    return percent <= 1     ? 0.2
           : percent <= 3.5 ? 0.3
           : percent <= 5   ? 0.4
           : percent <= 9   ? 0.5
                            : ratio_exponent(s);
}

/* The USLE's: Wischmeier and Smith 1978. */
static double usle_exponent(double percent)
{
    return percent <= 1 ? 0.2 : percent <= 3.5 ? 0.3 : percent <= 5 ? 0.4 : 0.5;
}

static double length(double area, double d, double m, double x)
{
    return (pow(area + d * d, m + 1) - pow(area, m + 1)) /
           (pow(d, m + 2) * pow(x, m) * pow(22.13, m));
}

/* cells: that drain through this one; for the way `length` the length of the slope in metres. */
static double factor(const ls_way *w, double slope, double cells, double aspect)
{
    double d = w->cell, angle = slope * RADIANS, s = sin(angle);
    if (w->way == MOORE_BURCH) {
        return pow(cells * d / 22.13, 0.4) * pow(s / 0.0896, 1.3); /* As = cells d^2 / d */
    }
    if (w->way == LENGTH) {
        double m = w->table ? usle_exponent(100 * tan(angle)) : ratio_exponent(s);
        return fmin(pow(cells / 22.13, m), w->l_max) * steepness(w, angle);
    }
    if (w->way == INVEST) {
        double m = table_exponent(100 * tan(angle), s);
        double l = length(sqrt((cells - 1) * d * d), d, m, fabs(s) + fabs(cos(angle)));
        return fmin(l, w->l_max) * steepness(w, angle);
    }
    double turn = aspect < 0 ? 0 : aspect * RADIANS; /* flat: the shortest way through a cell */
    double l = length((cells - 1) * d * d, d, ratio_exponent(s), fabs(sin(turn)) + fabs(cos(turn)));
    return fmin(l, w->l_max) * steepness(w, angle);
}

static void ls_row(const gt_cells *c)
{
    const ls_way *w = c->user;
    const double *way = c->in[w->way == LENGTH ? WAY_LENGTH : CELLS];
    double least = w->way == LENGTH ? 0 : 1;
    for (size_t i = 0; i < c->n; i++) {
        double slope = c->in[SLOPE][i];
        double aspect = c->in[ASPECT] != NULL ? c->in[ASPECT][i] : 0;
        bool known = !isnan(slope) && !isnan(way[i]) && !isnan(aspect);
        c->out[0][i] = known ? factor(w, slope, fmax(way[i], least), aspect) : (double)NAN;
    }
}

/* Each way has its measure of the slope above. */
static gt_status check(gt_ctx *ctx, const gt_model_call *call)
{
    bool by_length = gt_model_with(call, "way")->choice == LENGTH;
    const char *name = by_length ? "length" : "accumulation";
    if (gt_model_in(call, name) != NULL) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_MISSING, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("model", "ls-factor"), GT_TEXT("name", name),
                           GT_TEXT("what", by_length ? "length of the slope" : "accumulation"),
                           GT_TEXT("what_zh", by_length ? "坡长" : "汇流量")));
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    ls_way w = {.way = gt_model_with(call, "way")->choice,
                .table = gt_model_with(call, "exponent")->choice == 1,
                .steep = gt_model_with(call, "steep")->choice,
                .l_max = gt_model_real(call, "l-max")};
    gt_status st = check(ctx, call);
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        w.cell = gt_grid_facts(job.in[0])->cell_x;
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, ls_row, &w);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "slope", .kind = GT_PORT_GRID, .title = {"坡度", "slope"}, .unit = "degree"},
    {.name = "accumulation",
     .kind = GT_PORT_GRID,
     .title = {"汇流量", "accumulation"},
     .unit = "cells",
     .optional = true,
     .note = {"含本栅格；way=length 以外各法需要",
              "the cell itself included; needed by all ways but length"}},
    {.name = "aspect",
     .kind = GT_PORT_GRID,
     .title = {"坡向", "aspect"},
     .unit = "degree",
     .optional = true,
     .note = {"仅 desmet-govers 使用；不给时按正对栅格边计",
              "only of desmet-govers; without it flow is taken to run along the cells"}},
    {.name = "length",
     .kind = GT_PORT_GRID,
     .title = {"坡长", "length of the slope"},
     .unit = "m",
     .optional = true,
     .note = {"way=length 时需要", "needed by the way length"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "ls", .kind = GT_PORT_GRID, .title = {"坡长坡度因子", "LS factor"}, .unit = "1"}, {0}};
static const char *const ways[] = {"desmet-govers", "moore-burch", "invest", "length", NULL};
static const char *const exponents[] = {"rusle", "usle", NULL};
static const char *const steeps[] = {"mccool", "liu", NULL};
static const gt_model_param with[] = {
    {.name = "way",
     .kind = GT_PARAM_CHOICE,
     .title = {"算法", "way"},
     .preset = "desmet-govers",
     .choices = ways},
    {.name = "steep",
     .kind = GT_PARAM_CHOICE,
     .title = {"坡度因子算法", "steepness"},
     .preset = "liu",
     .choices = steeps,
     .source = "Liu et al. 1994 for slopes above 10 degrees"},
    {.name = "exponent",
     .kind = GT_PARAM_CHOICE,
     .title = {"way=length 的坡长指数", "exponent of the way length"},
     .preset = "rusle",
     .choices = exponents,
     .source = "RUSLE: by slope; USLE: 0.2, 0.3, 0.4, 0.5"},
    {.name = "l-max",
     .kind = GT_PARAM_REAL,
     .title = {"L 的上限", "largest L"},
     .min = 1,
     .max = 10000,
     .preset = "122",
     .source = "InVEST's default; it caps L, not the length"},
    {0}};
static const char *const sources[] = {"Desmet and Govers 1996",
                                      "Moore and Burch 1986",
                                      "McCool et al. 1987",
                                      "Liu et al. 1994",
                                      "InVEST SDR (natcap/invest, test_sdr.py)",
                                      "Wischmeier and Smith 1978",
                                      NULL};

const gt_model GT_MODEL_LS_FACTOR = {
    .name = "ls-factor",
    .group = "terrain",
    .version = 1,
    .title = {"坡长坡度因子", "slope length and steepness factor"},
    .what =
        {"土壤流失方程中的 LS。汇流面积不应含洼地；正方形栅格。",
         "LS of the soil loss equation. Heights are to be filled before flow is counted; square "
         "cells."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 32 bytes a cell of a block and thread",
    .sources = sources,
    .run = run};
