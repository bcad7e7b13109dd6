/* Ventilation corridors, one by one: the best way of the wind in each of some lanes across an area,
 * the open ground beside it, and how wide that is along the way. */
#include <math.h>
#include <string.h>

#include "model/connect/messages.h"
#include "model/connect/tables.h"
#include "model/hazard/wind_lanes.h"
#include "model/job.h"
#include "model/messages.h"

enum { FRICTION = 0, AREA, POTENTIAL };
enum { NUMBER = 0, WIDTH, AXIS, LEVEL, GRIDS };

typedef struct box { /* of the area, in the grid */
    gt_lanes w;
    int64_t col, row;
    double open_from;
    bool empty; /* an area without cells is none that fails */
} box;

static void aim(gt_lanes *w, double from_degrees)
{
    double a = from_degrees * M_PI / 180; /* the wind comes from there; rows go south */
    w->along[0] = -sin(a);
    w->along[1] = cos(a);
    w->across[0] = -w->along[1];
    w->across[1] = w->along[0];
}

/* Which cells the area has. */
static gt_status find_box(gt_ctx *ctx, gt_grid *area, box *b)
{
    const gt_grid_spec *s = gt_grid_facts(area);
    int64_t low[2] = {INT64_MAX, INT64_MAX}, high[2] = {-1, -1};
    double *row = gt_alloc(ctx, (size_t)s->n_cols, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < s->n_rows; r++) {
        const gt_window line = {0, r, s->n_cols, 1};
        st = gt_check_cancel(ctx);
        st = st == GT_OK ? gt_grid_read(ctx, area, &line, GT_CELL_F64, row, (size_t)s->n_cols) : st;
        for (int64_t c = 0; st == GT_OK && c < s->n_cols; c++) {
            if (!isnan(row[c]) && row[c] != 0) {
                low[0] = c < low[0] ? c : low[0];
                high[0] = c > high[0] ? c : high[0];
                low[1] = low[1] < r ? low[1] : r;
                high[1] = r;
            }
        }
    }
    gt_free(ctx, row);
    if (st == GT_OK && high[0] < 0) {
        return b->empty ? GT_OK
                        : gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_AREA,
                                  GT_PLACE(.file = gt_grid_path(area)), GT_NO_ARGS);
    }
    if (st != GT_OK) {
        return st;
    }
    b->col = low[0];
    b->row = low[1];
    b->w.cols = high[0] - low[0] + 1;
    b->w.rows = high[1] - low[1] + 1;
    b->w.n = b->w.cols * b->w.rows;
    return st;
}

static gt_status hold_box(gt_ctx *ctx, box *b)
{
    gt_lanes *w = &b->w;
    size_t n = (size_t)w->n;
    gt_status st = grid_hold_zeroed(ctx, n * GT_LANE_CELL, NULL, &w->held);
    if (st == GT_OK) {
        w->there = w->held.at;
        w->back = w->there + n;
        w->friction = (float *)(w->back + n);
        w->extra = w->friction + n;
        w->far2 = (int32_t *)(w->extra + n);
        w->width = (float *)(w->far2 + n);
        w->open = (uint8_t *)(w->width + n);
        w->number = w->open + n;
        w->step = w->number + n;
        w->in_area = (bool *)(w->step + n);
    }
    return st;
}

/* GT_E_INPUT when the wind is to pass ground that costs nothing, or less. */
static gt_status check_friction(gt_ctx *ctx, gt_grid *grid, const box *b, int64_t r,
                                const double *friction)
{
    for (int64_t c = 0; c < b->w.cols; c++) {
        if (b->w.in_area[r * b->w.cols + c] && friction[c] <= 0) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_FRICTION,
                           GT_PLACE(.file = gt_grid_path(grid)),
                           GT_ARGS(GT_REAL("value", friction[c]), GT_INT("col", b->col + c),
                                   GT_INT("row", b->row + r)));
        }
    }
    return GT_OK;
}

static gt_status read_row(gt_ctx *ctx, const gt_job *job, box *b, int64_t r, double *row)
{
    gt_lanes *w = &b->w;
    const gt_window line = {b->col, b->row + r, w->cols, 1};
    gt_status st = gt_grid_read(ctx, job->in[AREA], &line, GT_CELL_F64, row, (size_t)w->cols);
    for (int64_t c = 0; st == GT_OK && c < w->cols; c++) {
        w->in_area[r * w->cols + c] = !isnan(row[c]) && row[c] != 0;
    }
    st = st == GT_OK
             ? gt_grid_read(ctx, job->in[FRICTION], &line, GT_CELL_F64, row, (size_t)w->cols)
             : st;
    st = st == GT_OK ? check_friction(ctx, job->in[FRICTION], b, r, row) : st;
    for (int64_t c = 0; st == GT_OK && c < w->cols; c++) {
        int64_t i = r * w->cols + c;
        w->friction[i] = w->in_area[i] ? (float)row[c] : NAN;
        w->open[i] = (uint8_t)(isnan(w->friction[i]) ? 0 : 1);
    }
    if (st == GT_OK && job->in[POTENTIAL] != NULL) {
        st = gt_grid_read(ctx, job->in[POTENTIAL], &line, GT_CELL_F64, row, (size_t)w->cols);
        for (int64_t c = 0; st == GT_OK && c < w->cols; c++) {
            if (!gt_job_reaches(row[c], b->open_from)) {
                w->open[r * w->cols + c] = 0;
            }
        }
    }
    return st;
}

static gt_status read_box(gt_ctx *ctx, const gt_job *job, box *b)
{
    gt_lanes *w = &b->w;
    double most = -INFINITY, *row = gt_alloc(ctx, (size_t)w->cols, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : hold_box(ctx, b);
    w->across_least = INFINITY;
    for (int64_t r = 0; st == GT_OK && r < w->rows; r++) {
        st = gt_check_cancel(ctx);
        st = st == GT_OK ? read_row(ctx, job, b, r, row) : st;
        for (int64_t c = 0; st == GT_OK && c < w->cols; c++) {
            double at = w->across[0] * (double)c + w->across[1] * (double)r;
            if (w->in_area[r * w->cols + c]) {
                w->across_least = fmin(w->across_least, at);
                most = fmax(most, at);
            }
        }
    }
    w->across_span = most - w->across_least;
    gt_free(ctx, row);
    return st;
}

/* ---- results ------------------------------------------------------------------------------- */

static double value_of(const gt_lanes *w, int port, int64_t i)
{
    int lane = w->number[i];
    return port == NUMBER  ? lane
           : port == WIDTH ? (double)w->width[i]
           : port == AXIS  ? w->step[i]
           : lane > 0      ? w->lane[lane - 1].level
                           : 0;
}

static gt_status write_grid(gt_ctx *ctx, const box *b, int port, gt_grid *out)
{
    const gt_lanes *w = &b->w;
    double *row = gt_alloc(ctx, (size_t)w->cols, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < w->rows; r++) {
        const gt_window line = {b->col, b->row + r, w->cols, 1};
        for (int64_t c = 0; c < w->cols; c++) {
            int64_t i = r * w->cols + c;
            row[c] = w->in_area[i] ? value_of(w, port, i) : (double)NAN;
        }
        st = gt_grid_write(ctx, out, &line, GT_CELL_F64, row, (size_t)w->cols);
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    gt_free(ctx, row);
    return st;
}

/* Numbers of the ways into step, which is free by now. */
static void mark_ways(gt_lanes *w)
{
    memset(w->step, 0, (size_t)w->n);
    for (int k = 0; k < w->n_lanes; k++) {
        for (size_t i = w->lane[k].from; i < w->lane[k].to; i++) {
            w->step[w->axis[i]] = (uint8_t)(k + 1);
        }
    }
}

static gt_status write_table(gt_ctx *ctx, const box *b, const gt_grid_spec *s, const char *path)
{
    const gt_lanes *w = &b->w;
    gt_text out;
    gt_text_init(&out, ctx, 0);
    gt_text_puts(&out, "number,level,length,mean_width,least_width,blocked");
    for (int k = 0; k < w->n_widths; k++) {
        gt_text_printf(&out, ",share_%g", w->widths[k]);
    }
    gt_text_puts(&out, ",narrowest_x,narrowest_y\n");
    for (int k = 0; k < w->n_lanes; k++) {
        const gt_lane *lane = &w->lane[k];
        if (!lane->found) {
            continue;
        }
        const double facts[] = {lane->length_m, lane->mean_m, lane->least_m, lane->blocked_m};
        gt_text_printf(&out, "%d,%d", k + 1, lane->level);
        for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
            gt_text_putc(&out, ',');
            gt_table_real(&out, facts[i]);
        }
        for (int i = 0; i < w->n_widths; i++) {
            gt_text_putc(&out, ',');
            gt_table_real(&out, lane->length_m > 0 ? lane->reached_m[i] / lane->length_m : 0);
        }
        int64_t col = b->col + lane->narrowest % w->cols, row = b->row + lane->narrowest / w->cols;
        gt_text_putc(&out, ',');
        gt_table_real(&out, s->x_west + ((double)col + 0.5) * s->cell_x);
        gt_text_putc(&out, ',');
        gt_table_real(&out, s->y_north - ((double)row + 0.5) * s->cell_y);
        gt_text_putc(&out, '\n');
    }
    gt_status st = gt_table_write(ctx, path, &out);
    gt_text_free(&out);
    return st;
}

static gt_status settings(gt_ctx *ctx, const gt_model_call *call, const gt_grid_spec *s, box *b)
{
    const gt_model_value *widths = gt_model_with(call, "widths");
    const double *bounds = NULL;
    gt_lanes *w = &b->w;
    gt_status st = gt_job_ascending(ctx, call, "widths", 0, &bounds);
    if (st != GT_OK) {
        return st;
    }
    if (widths->n == 0 || widths->n > GT_LANE_WIDTHS_MAX) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "widths"), GT_INT("n", (int64_t)widths->n),
                               GT_INT("want", GT_LANE_WIDTHS_MAX)));
    }
    if (fabs(s->cell_x - s->cell_y) > 1e-6 * s->cell_x) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_SQUARE, GT_NOWHERE,
                       GT_ARGS(GT_REAL("x", s->cell_x), GT_REAL("y", s->cell_y)));
    }
    w->ctx = ctx;
    w->cell = s->cell_x;
    w->n_lanes = (int)gt_model_with(call, "lanes")->integer;
    w->sway = gt_model_real(call, "sway");
    w->turn = gt_model_real(call, "turn");
    w->reach = gt_model_real(call, "reach");
    w->breadth = gt_model_real(call, "breadth");
    w->share = gt_model_real(call, "share");
    b->open_from = gt_model_real(call, "open");
    b->empty = gt_model_with(call, "few")->choice == 1;
    w->n_widths = (int)widths->n;
    memcpy(w->widths, bounds, widths->n * sizeof *bounds);
    aim(w, gt_model_real(call, "from"));
    return GT_OK;
}

static gt_status find_corridors(gt_ctx *ctx, const gt_job *job, box *b)
{
    gt_status st = read_box(ctx, job, b);
    st = st == GT_OK ? gt_lanes_find(&b->w) : st;
    st = st == GT_OK ? gt_lanes_measure(&b->w) : st;
    if (st == GT_OK) {
        mark_ways(&b->w);
    }
    for (int port = NUMBER; st == GT_OK && port < GRIDS; port++) {
        st = job->out[port] == NULL ? GT_OK : write_grid(ctx, b, port, job->out[port]);
    }
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    static const gt_cell types[] = {GT_CELL_U8, GT_CELL_F32, GT_CELL_U8, GT_CELL_U8};
    gt_job job;
    box b = {.w = {.ctx = ctx}};
    gt_lanes *w = &b.w;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? settings(ctx, call, gt_grid_facts(job.in[FRICTION]), &b) : st;
    for (int port = NUMBER; st == GT_OK && port < GRIDS; port++) {
        st = gt_job_make(ctx, &job, (size_t)port, types[port]);
    }
    st = st == GT_OK ? find_box(ctx, job.in[AREA], &b) : st;
    st = st == GT_OK && w->n > 0 ? find_corridors(ctx, &job, &b) : st;
    st = st == GT_OK ? write_table(ctx, &b, gt_grid_facts(job.in[FRICTION]),
                                   gt_model_out(call, "corridors"))
                     : st;
    grid_hold_free(ctx, &w->held);
    gt_free(ctx, w->axis);
    gt_free(ctx, w->place);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "friction",
     .kind = GT_PORT_GRID,
     .title = {"通风阻力", "friction to the wind"},
     .note = {"大于 0；无值为屏障", "above 0; nodata is a barrier"}},
    {.name = "area",
     .kind = GT_PORT_GRID,
     .title = {"通风区域", "area that is to be aired"},
     .note = {"非 0 且有值处", "cells that are neither nodata nor 0"}},
    {.name = "potential",
     .kind = GT_PORT_GRID,
     .title = {"通风潜力等级", "grade of ventilation potential"},
     .optional = true,
     .note = {"缺时凡可通过处均为开敞地", "without it all ground that can be passed is open"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "number",
     .kind = GT_PORT_GRID,
     .title = {"廊道编号", "number of the corridor"},
     .note = {"0 为区域内廊道以外，区域外无值", "0 beside corridors, nodata outside the area"}},
    {.name = "width",
     .kind = GT_PORT_GRID,
     .title = {"廊道宽度", "width of the corridor"},
     .unit = "m",
     .optional = true,
     .note = {"覆盖该格的最大内切圆直径",
              "diameter of the greatest disc in it that covers the cell"}},
    {.name = "axis",
     .kind = GT_PORT_GRID,
     .title = {"廊道轴线", "ways"},
     .optional = true,
     .note = {"编号；其余为 0", "the number; 0 elsewhere"}},
    {.name = "level",
     .kind = GT_PORT_GRID,
     .title = {"廊道级别", "level of the corridor"},
     .optional = true,
     .note = {"1 为最宽一级，0 为各级均未达标", "1 for the widest bound, 0 where none is met"}},
    {.name = "corridors",
     .kind = GT_PORT_TABLE,
     .title = {"廊道表", "corridors"},
     .optional = true,
     .note =
         {"CSV：编号、级别、长度、平均与最小宽度、阻断长度、各宽度达标占比、最窄处坐标（米）",
          "CSV: number, level, length, mean and least width, blocked length, share of the length "
          "at least so wide, place of the narrowest (m)"}},
    {0}};
static const char *const few[] = {"error", "empty", NULL};
static const gt_model_param with[] = {
    {.name = "from",
     .kind = GT_PARAM_REAL,
     .title = {"来风方向，自北顺时针", "where the wind comes from, from north clockwise"},
     .unit = "degree",
     .min = 0,
     .max = 360,
     .preset = "315 degree",
     .source = "north-west: prevailing winter wind of Beijing"},
    {.name = "lanes",
     .kind = GT_PARAM_INT,
     .title = {"廊道条数", "how many corridors"},
     .min = 1,
     .max = GT_LANES_MAX,
     .preset = "5"},
    {.name = "sway",
     .kind = GT_PARAM_REAL,
     .title = {"轴线可越出本带的宽度占比", "how far a way may leave its lane, in its breadth"},
     .min = 0,
     .max = GT_LANES_MAX,
     .preset = "0.25"},
    {.name = "turn",
     .kind = GT_PARAM_REAL,
     .title = {"偏离风向的加价系数", "what turning from the wind costs more"},
     .min = 0,
     .max = 100,
     .preset = "1",
     .source = "cost (1 + a (1 - cos angle))"},
    {.name = "reach",
     .kind = GT_PARAM_REAL,
     .title = {"廊道比最小阻力多出的占比", "extra cost of a corridor's ground, of the best way's"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0.05"},
    {.name = "breadth",
     .kind = GT_PARAM_REAL,
     .title = {"廊道范围距轴线的最大距离", "greatest distance of a corridor's ground from its way"},
     .unit = "m",
     .min = 0,
     .max = 100000,
     .preset = "1000 m",
     .source = "twice the width of level 1 to either side; open land has no side of its own"},
    {.name = "open",
     .kind = GT_PARAM_REAL,
     .title = {"开敞地的最低通风潜力", "least potential of open ground"},
     .min = 0,
     .max = 100,
     .preset = "3"},
    {.name = "widths",
     .kind = GT_PARAM_REALS,
     .title = {"各级宽度下限，由窄到宽", "least widths, narrow to wide"},
     .unit = "m",
     .min = 0,
     .max = 100000,
     .preset = "80 m, 500 m",
     .source = "ecological security pattern plan: level 2 from 80 m, level 1 from 500 m"},
    {.name = "few",
     .kind = GT_PARAM_CHOICE,
     .title = {"区域内没有栅格时", "where the area has no cell"},
     .preset = "error",
     .choices = few,
     .source = "empty: outputs without values, for maps still to be filled"},
    {.name = "share",
     .kind = GT_PARAM_REAL,
     .title = {"长度达标占比下限", "share of the length over which a width has to hold"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0.8"},
    {0}};
static const char *const sources[] = {
    "气候可行性论证规范 城市通风廊道 QX/T 437-2018",
    "Wong, Nichol, To and Wang 2010 (least-cost paths of the wind)",
    "Hildebrand and Rueegsegger 1997 (local thickness)", NULL};

const gt_model GT_MODEL_WIND_CORRIDORS = {
    .name = "wind-corridors",
    .group = "hazard",
    .version = 1,
    .title = {"通风廊道识别", "ventilation corridors"},
    .what =
        {"把区域沿主导风向分为可通过面积相等的若干带，逐带求迎风侧到背风侧的最小阻力路径及其两侧开"
         "敞地，量测沿线"
         "内切宽度、最窄处和阻断长度，并按宽度定级；每条廊道有自己的编号。",
         "Lanes of equal open area along the wind; in each the way of least cost from its windward "
         "to "
         "its leeward side, the open ground beside it, the inscribed width along it, where it is "
         "narrowest and blocked, and its level by width. Each corridor has its number."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "36 bytes a cell of the area's box, in a mapped file beyond the ceiling; 16 bytes a "
           "cell of "
           "a front; one thread",
    .need = {.held = GT_LANE_CELL},
    .sources = sources,
    .run = run};
