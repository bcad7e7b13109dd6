/* Rain erosivity R: from daily rain of stations, spread between them, or from monthly rain. */
#include <math.h>
#include <stdlib.h>

#include "model/connect/tables.h"
#include "model/job.h"
#include "model/messages.h"

/* ---- stations -----------------------------------------------------------------------------------
 */

enum {
    X = 0,
    Y,
    YEAR,
    MONTH,
    DAY,
    RAIN,
    COLUMNS,
    HEAVIEST = 2000 /* mm a day: 1825 is the record */
};
static const char *const columns[COLUMNS] = {"x", "y", "year", "month", "day", "rain"};

typedef struct station {
    double x, y, mean_day, mean_year, exponent, factor, r;
    uint64_t days; /* of erosive rain */
    int years;     /* in the record */
} station;

typedef struct stations {
    station *list;
    size_t n;
    double power, threshold;
} stations;

/* By place, then by time. */
static int in_order(const void *a, const void *b)
{
    const double *p = a, *q = b;
    for (int i = X; i <= DAY; i++) {
        if (p[i] != q[i]) {
            return p[i] > q[i] ? 1 : -1;
        }
    }
    return 0;
}

static gt_status bad_day(gt_ctx *ctx, const char *path, const double *row)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_BAD_DAY, GT_PLACE(.file = path),
                   GT_ARGS(GT_REAL("year", row[YEAR]), GT_REAL("month", row[MONTH]),
                           GT_REAL("day", row[DAY]), GT_REAL("rain", row[RAIN]),
                           GT_REAL("x", row[X]), GT_REAL("y", row[Y])));
}

static gt_status check_days(gt_ctx *ctx, const char *path, const double *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double *r = rows + i * COLUMNS, *before = i > 0 ? r - COLUMNS : NULL;
        bool day = r[MONTH] >= 1 && r[MONTH] <= 12 && r[DAY] >= 1 && r[DAY] <= 31 &&
                   r[YEAR] == floor(r[YEAR]);
        bool rain = r[RAIN] >= 0 && r[RAIN] <= HEAVIEST;
        bool twice = before != NULL && in_order(before, r) == 0;
        if (!day || !rain || twice) {
            return bad_day(ctx, path, r);
        }
    }
    return GT_OK;
}

/* One station's days, sorted: the half-month sums of a S P^b add up over the year to one sum. */
static station station_of(const double *rows, size_t n, double threshold)
{
    station s = {.x = rows[X], .y = rows[Y]};
    double sum = 0, powers = 0;
    for (size_t i = 0; i < n; i++) {
        const double *r = rows + i * COLUMNS;
        bool erosive = r[RAIN] >= threshold;
        s.years += i == 0 || r[YEAR] != r[YEAR - COLUMNS];
        s.days += erosive;
        sum += erosive ? r[RAIN] : 0;
    }
    if (s.days == 0) {
        return s;
    }
    s.mean_day = sum / (double)s.days;
    s.mean_year = sum / s.years;
    s.exponent = 0.8363 + 18.144 / s.mean_day + 24.455 / s.mean_year;
    s.factor = 21.586 * pow(s.exponent, -7.1891);
    for (size_t i = 0; i < n; i++) {
        double p = rows[i * COLUMNS + RAIN];
        powers += p >= threshold ? pow(p, s.exponent) : 0;
    }
    s.r = s.factor * powers / s.years;
    return s;
}

static gt_status read_stations(gt_ctx *ctx, const char *path, stations *out)
{
    double *rows = NULL;
    size_t n = 0;
    gt_status st = gt_table_read(ctx, path, columns, COLUMNS, &rows, &n);
    if (st == GT_OK && n == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_DAYS, GT_PLACE(.file = path), GT_NO_ARGS);
    }
    if (st == GT_OK) {
        qsort(rows, n, COLUMNS * sizeof *rows, in_order);
        st = check_days(ctx, path, rows, n);
    }
    size_t cap = 0;
    for (size_t i = 0, first = 0; st == GT_OK && i < n; i++) {
        const double *r = rows + i * COLUMNS, *next = r + COLUMNS;
        if (i + 1 < n && next[X] == r[X] && next[Y] == r[Y]) {
            continue;
        }
        if (out->n == cap) {
            st = gt_grow(ctx, (void **)&out->list, &cap, out->n + 1, sizeof *out->list);
        }
        if (st == GT_OK) {
            out->list[out->n++] = station_of(rows + first * COLUMNS, i + 1 - first, out->threshold);
        }
        first = i + 1;
    }
    gt_free(ctx, rows);
    return st;
}

/* ---- between stations ---------------------------------------------------------------------------
 */

typedef struct spreading {
    const stations *of;
    const gt_grid_spec *place;
} spreading;

static double value_at(const stations *s, double x, double y)
{
    double sum = 0, weights = 0;
    for (size_t i = 0; i < s->n; i++) {
        double d = hypot(x - s->list[i].x, y - s->list[i].y);
        if (d == 0) {
            return s->list[i].r;
        }
        double w = pow(d, -s->power);
        sum += w * s->list[i].r;
        weights += w;
    }
    return sum / weights;
}

static gt_status spread_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const spreading *k = user;
    for (int r = 0; r < b->n_rows; r++) {
        const double *like = (const double *)b->in[0].cells + (size_t)r * b->in[0].stride;
        double *out = (double *)b->out[0].cells + (size_t)r * b->out[0].stride;
        double y = k->place->y_north - ((double)(b->row + r) + 0.5) * k->place->cell_y;
        for (int c = 0; c < b->n_cols; c++) {
            double x = k->place->x_west + ((double)(b->col + c) + 0.5) * k->place->cell_x;
            out[c] = isnan(like[c]) ? like[c] : value_at(k->of, x, y);
        }
    }
    return gt_check_cancel(ctx);
}

static gt_status spread(gt_ctx *ctx, gt_job *job, const stations *s)
{
    const spreading k = {s, gt_grid_facts(job->in[0])};
    const gt_walk_input in = {job->in[0], GT_CELL_F64, 0};
    const gt_walk_output out = {job->out[0], GT_CELL_F64};
    gt_walk walk;
    gt_walk_init(&walk);
    walk.in = &in;
    walk.n_in = 1;
    walk.out = &out;
    walk.n_out = 1;
    walk.what = &GT_MSG_MODEL_RUNNING;
    return gt_grid_walk(ctx, &walk, spread_block, (void *)&k);
}

static gt_status write_stations(gt_ctx *ctx, const char *path, const stations *s)
{
    gt_text text;
    gt_text_init(&text, ctx, 0);
    gt_text_printf(&text, "x,y,years,erosive_days,mean_day_mm,mean_year_mm,beta,alpha,r\n");
    for (size_t i = 0; i < s->n; i++) {
        const station *t = &s->list[i];
        const double values[] = {t->mean_day, t->mean_year, t->exponent, t->factor, t->r};
        gt_table_real(&text, t->x);
        gt_text_printf(&text, ",");
        gt_table_real(&text, t->y);
        gt_text_printf(&text, ",%d,%llu", t->years, (unsigned long long)t->days);
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            gt_text_printf(&text, ",");
            gt_table_real(&text, values[k]);
        }
        gt_text_printf(&text, "\n");
    }
    gt_status st = gt_text_status(&text);
    st = st == GT_OK ? gt_table_write(ctx, path, &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status run_days(gt_ctx *ctx, const gt_model_call *call)
{
    stations s = {.power = gt_model_real(call, "power"),
                  .threshold = gt_model_real(call, "threshold")};
    gt_job job;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        st = read_stations(ctx, gt_model_in(call, "days"), &s);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    st = st == GT_OK ? spread(ctx, &job, &s) : st;
    st = st == GT_OK ? write_stations(ctx, gt_model_out(call, "stations"), &s) : st;
    gt_free(ctx, s.list);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port days_in[] = {
    {.name = "like",
     .kind = GT_PORT_GRID,
     .title = {"栅格框架", "grid whose cells it takes"},
     .note = {"无值处无结果", "nodata where it is nodata"}},
    {.name = "days",
     .kind = GT_PORT_TABLE,
     .title = {"各站逐日降水", "rain of stations by day"},
     .note = {"CSV，列 x、y（栅格坐标系）、year、month、day、rain（毫米，缺测之日不列）",
              "CSV with x, y (in the CRS of the grid), year, month, day, rain (mm); "
              "leave out days that are not known"}},
    {0}};
static const gt_model_port days_out[] = {
    {.name = "erosivity",
     .kind = GT_PORT_GRID,
     .title = {"降雨侵蚀力 R", "rain erosivity R"},
     .unit = "MJ.mm/(ha.h.yr)"},
    {.name = "stations",
     .kind = GT_PORT_TABLE,
     .title = {"各站的参数与 R", "parameters and R of each station"},
     .optional = true},
    {0}};
static const gt_model_param days_with[] = {
    {.name = "threshold",
     .kind = GT_PARAM_REAL,
     .title = {"侵蚀性日雨量下限", "least rain of an erosive day"},
     .unit = "mm",
     .min = 0.1,
     .max = 100,
     .preset = "12",
     .source = "谢云等 2000; 章文波等 2002"},
    {.name = "power",
     .kind = GT_PARAM_REAL,
     .title = {"站间反距离的幂", "power of the distance between stations"},
     .min = 0.5,
     .max = 8,
     .preset = "2",
     .source = "usual"},
    {0}};
static const char *const days_sources[] = {
    "章文波、谢云、刘宝元 2002: 利用日雨量计算降雨侵蚀力的方法研究", NULL};

const gt_model GT_MODEL_RAIN_EROSIVITY = {
    .name = "rain-erosivity",
    .group = "soil",
    .version = 1,
    .title = {"降雨侵蚀力（逐日）", "rain erosivity from daily rain"},
    .what = {"各站多年逐日降水按半月模型求年均 R，站间按反距离插值。没有记录的日子视为无雨。",
             "R of a mean year from the daily rain of stations (half-month model), between them by "
             "inverse distance. Days without a record count as dry."},
    .in = days_in,
    .out = days_out,
    .with = days_with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk, 48 bytes a day of the record, 20 ns a cell and station",
    .sources = days_sources,
    .run = run_days};

/* ---- months -------------------------------------------------------------------------------------
 */

enum { MONTHS = 12 };

/* 17.02 turns 100 ft tonf in / (acre h yr) into MJ mm / (ha h yr). */
static void months_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        double year = 0, sum = 0;
        for (size_t m = 0; m < MONTHS; m++) {
            year += c->in[m][i];
        }
        for (size_t m = 0; m < MONTHS; m++) {
            double p = c->in[m][i];
            sum += p > 0 ? 1.735 * pow(10, 1.5 * log10(p * p / year) - 0.8188) : 0;
        }
        c->out[0][i] = 17.02 * sum + 0 * year;
    }
}

static gt_status run_months(gt_ctx *ctx, const gt_model_call *call)
{
    return gt_job_local(ctx, call, GT_CELL_F32, months_row, NULL);
}

#define MONTH_PORT(n)                                                                              \
    {                                                                                              \
        .name = "m" #n, .kind = GT_PORT_GRID, .title = {#n " 月降水量", "rain of month " #n},      \
        .unit = "mm"                                                                               \
    }
static const gt_model_port months_in[] = {MONTH_PORT(1),
                                          MONTH_PORT(2),
                                          MONTH_PORT(3),
                                          MONTH_PORT(4),
                                          MONTH_PORT(5),
                                          MONTH_PORT(6),
                                          MONTH_PORT(7),
                                          MONTH_PORT(8),
                                          MONTH_PORT(9),
                                          MONTH_PORT(10),
                                          MONTH_PORT(11),
                                          MONTH_PORT(12),
                                          {0}};
static const gt_model_port months_out[] = {{.name = "erosivity",
                                            .kind = GT_PORT_GRID,
                                            .title = {"降雨侵蚀力 R", "rain erosivity R"},
                                            .unit = "MJ.mm/(ha.h.yr)"},
                                           {0}};
static const gt_model_param none[] = {{0}};
static const char *const months_sources[] = {
    "Wischmeier and Smith 1978 (monthly form); Foster et al. 1981 (17.02 to SI)", NULL};

const gt_model GT_MODEL_RAIN_EROSIVITY_MONTHLY = {
    .name = "rain-erosivity-monthly",
    .group = "soil",
    .version = 1,
    .title = {"降雨侵蚀力（逐月）", "rain erosivity from monthly rain"},
    .what = {"R = 17.02 Σ 1.735×10^(1.5 lg(p²/P) − 0.8188)，p 为月降水量，P 为其年和。",
             "R = 17.02 sum of 1.735 x 10^(1.5 lg(p^2 / P) - 0.8188), p the rain of a month, P of "
             "the year."},
    .in = months_in,
    .out = months_out,
    .with = none,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 104 bytes a cell of a block and thread",
    .sources = months_sources,
    .run = run_months};
