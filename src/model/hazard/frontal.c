/* Form of buildings in cells, from their outlines: share of the ground they cover, mean height, and
 * frontal area against the wind, by directions. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/grid_zones.h"
#include "model/job.h"
#include "model/messages.h"

enum { FRONT = 0, PLAN, HEIGHT, OUTPUTS, MOST_DIRECTIONS = 36 };

typedef struct wind { /* share of the time from each direction, from north clockwise */
    double share[MOST_DIRECTIONS];
    size_t n;
} wind;

typedef struct sums { /* by cell */
    double *front_m2, *cells, *height;
} sums;

/* Shares from weights; GT_E_INPUT when they cannot be shares. */
static gt_status read_wind(gt_ctx *ctx, const gt_model_call *call, wind *out)
{
    const gt_model_value *v = gt_model_with(call, "wind");
    double sum = 0;
    for (size_t i = 0; i < v->n; i++) {
        sum += v->reals[i];
    }
    if (v->n == 0 || v->n > MOST_DIRECTIONS || !(sum > 0)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "wind"), GT_TEXT("value", v->text),
                               GT_TEXT("form", "1 to 36 weights, not all 0"),
                               GT_TEXT("form_zh", "1 至 36 个不全为 0 的权重"),
                               GT_TEXT("example", "0.2,0.1,0.1,0.1,0.1,0.1,0.1,0.2")));
    }
    out->n = v->n;
    for (size_t i = 0; i < v->n; i++) {
        out->share[i] = v->reals[i] / sum;
    }
    return GT_OK;
}

/* Points of one feature. */
static void points_of(const gt_polygon_run *r, size_t i, size_t *first, size_t *end)
{
    uint32_t part0 = i == 0 ? 0 : r->feature_end[i - 1], part1 = r->feature_end[i];
    uint32_t ring0 = part0 == 0 ? 0 : r->part_end[part0 - 1];
    uint32_t ring1 = part1 == 0 ? 0 : r->part_end[part1 - 1];
    *first = ring0 == 0 ? 0 : r->ring_end[ring0 - 1];
    *end = ring1 == 0 ? 0 : r->ring_end[ring1 - 1];
}

/* Width of the outline across the wind, mean over its directions. */
static double mean_width(const gt_polygon_run *r, size_t feature, const wind *w)
{
    size_t first = 0, end = 0;
    double mean = 0;
    points_of(r, feature, &first, &end);
    for (size_t d = 0; d < w->n && end > first; d++) {
        double a = 2 * M_PI * (double)d / (double)w->n, c = cos(a), s = sin(a);
        double low = INFINITY, high = -INFINITY;
        for (size_t i = first; i < end;
             i++) { /* wind from the north is crossed from west to east */
            double x = c * (r->xy[2 * i] - r->xy[2 * first]) -
                       s * (r->xy[2 * i + 1] - r->xy[2 * first + 1]);
            low = fmin(low, x);
            high = fmax(high, x);
        }
        mean += w->share[d] * (high - low);
    }
    return mean;
}

static double height_of(const gt_polygon_table *t, const gt_polygon_run *r, size_t i, double unit)
{
    char *end = NULL;
    if (r->code == NULL || r->code[i] == UINT32_MAX) {
        return NAN;
    }
    double h = strtod(t->codes[r->code[i]], &end);
    bool number = end != t->codes[r->code[i]] && *end == '\0' && isfinite(h) && h >= 0;
    return number ? h * unit : (double)NAN;
}

/* A feature's height and frontal area to the cells it covers, by the share in each. */
static void add_feature(const gt_zone_class *of, size_t n, double height, double width,
                        const sums *s)
{
    double cells = 0;
    for (size_t i = 0; i < n; i++) {
        cells += of[i].cells;
    }
    for (size_t i = 0; i < n && cells > 0 && !isnan(height); i++) {
        s->cells[of[i].value] += of[i].cells;
        s->height[of[i].value] += of[i].cells * height;
        s->front_m2[of[i].value] += of[i].cells / cells * width * height;
    }
}

static gt_status add_all(gt_ctx *ctx, const gt_polygon_table *t, const gt_zone_class *list,
                         size_t n, double unit, const wind *w, const sums *s)
{
    size_t at = 0;
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < t->n_runs; k++) {
        const gt_polygon_run *r = &t->runs[k];
        for (size_t i = 0; st == GT_OK && i < r->n_features; i++) {
            size_t from = at;
            while (at < n && list[at].fid == r->fid[i]) {
                at++;
            }
            add_feature(list + from, at - from, height_of(t, r, i, unit), mean_width(r, i, w), s);
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

/* A grid of the numbers of its own cells, to ask which cells an outline covers. */
static gt_status number_cells(gt_ctx *ctx, const gt_grid *like, gt_grid **out)
{
    gt_grid_spec s = *gt_grid_facts(like);
    gt_status st = GT_OK;
    int32_t *row = gt_alloc(ctx, (size_t)s.n_cols, sizeof *row);
    s.type = GT_CELL_I32;
    s.nodata = (double)NAN;
    s.items = NULL;
    s.n_items = 0;
    s.overviews = 0;
    st = row == NULL ? GT_E_MEMORY : gt_grid_create_scratch(ctx, NULL, &s, out);
    for (int64_t r = 0; st == GT_OK && r < s.n_rows; r++) {
        const gt_window line = {0, r, s.n_cols, 1};
        for (int64_t c = 0; c < s.n_cols; c++) {
            row[c] = (int32_t)(r * s.n_cols + c);
        }
        st = gt_grid_write(ctx, *out, &line, GT_CELL_I32, row, (size_t)s.n_cols);
    }
    gt_free(ctx, row);
    return st;
}

static gt_status write_all(gt_ctx *ctx, gt_job *job, const sums *s)
{
    const gt_grid_spec *f = gt_grid_facts(job->in[0]);
    const gt_window all = {0, 0, f->n_cols, f->n_rows};
    const double cell_m2 = f->cell_x * f->cell_y;
    const size_t n = (size_t)(f->n_cols * f->n_rows);
    for (size_t i = 0; i < n; i++) {
        s->front_m2[i] /= cell_m2;
        s->height[i] = s->cells[i] > 0 ? s->height[i] / s->cells[i] : 0;
        s->cells[i] = fmin(s->cells[i], 1); /* outlines that overlap */
    }
    const double *const of[OUTPUTS] = {
        [FRONT] = s->front_m2, [PLAN] = s->cells, [HEIGHT] = s->height};
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < OUTPUTS; k++) {
        st = gt_job_make(ctx, job, k, GT_CELL_F32);
        if (st == GT_OK && job->out[k] != NULL) {
            st = gt_grid_write(ctx, job->out[k], &all, GT_CELL_F64, of[k], (size_t)f->n_cols);
        }
    }
    return st;
}

static gt_status fill(gt_ctx *ctx, gt_job *job, const gt_polygon_table *t, const wind *w)
{
    const gt_grid_spec *f = gt_grid_facts(job->in[0]);
    const double cells = (double)f->n_cols * (double)f->n_rows;
    gt_grid *numbers = NULL;
    gt_zone_class *list = NULL;
    size_t n = 0;
    sums s = {0};
    if (cells > INT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_MODEL_TOO_MANY_NUMBERED,
                       GT_PLACE(.file = gt_grid_path(job->in[0])), GT_NO_ARGS);
    }
    s.front_m2 = gt_zalloc(ctx, (size_t)cells, sizeof *s.front_m2);
    s.cells = gt_zalloc(ctx, (size_t)cells, sizeof *s.cells);
    s.height = gt_zalloc(ctx, (size_t)cells, sizeof *s.height);
    gt_status st = s.front_m2 == NULL || s.cells == NULL || s.height == NULL ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK ? number_cells(ctx, job->in[0], &numbers) : st;
    st = st == GT_OK ? gt_grid_zone_classes(ctx, numbers, t, &list, &n) : st;
    st = st == GT_OK ? add_all(ctx, t, list, n, gt_model_real(job->call, "unit"), w, &s) : st;
    st = st == GT_OK ? write_all(ctx, job, &s) : st;
    gt_grid_close(ctx, numbers);
    gt_free(ctx, list);
    gt_free(ctx, s.front_m2);
    gt_free(ctx, s.cells);
    gt_free(ctx, s.height);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_value *layer = gt_model_with(call, "layer");
    gt_polygon_table *table = NULL;
    gt_job job;
    wind w = {.n = 0};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? read_wind(ctx, call, &w) : st;
    if (st == GT_OK) {
        st = gt_gpkg_read_polygons(ctx, gt_model_in(call, "buildings"),
                                   layer == NULL ? NULL : layer->text,
                                   gt_model_with(call, "height")->text, &table);
    }
    st = st == GT_OK ? fill(ctx, &job, table, &w) : st;
    gt_polygon_table_free(ctx, table);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "like",
     .kind = GT_PORT_GRID,
     .title = {"栅格框架", "grid whose cells it takes"},
     .note = {"边长 100 至 300 米为宜；投影坐标系", "cells of 100 to 300 m; in a projected CRS"}},
    {.name = "buildings",
     .kind = GT_PORT_POLYGONS,
     .title = {"建筑轮廓", "outlines of buildings"},
     .note = {"GeoPackage，坐标系与栅格一致；高度未知者不计",
              "GeoPackage in the CRS of the grid; those without a height do not count"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "front",
     .kind = GT_PORT_GRID,
     .title = {"迎风面积指数", "frontal area to ground"},
     .unit = "1",
     .note = {"按风向频率加权；不扣除上风建筑遮挡",
              "weighted by the frequency of winds; shelter by buildings upwind is not taken off"}},
    {.name = "plan",
     .kind = GT_PORT_GRID,
     .title = {"建筑密度", "share of the ground under buildings"},
     .unit = "1",
     .optional = true},
    {.name = "mean-height",
     .kind = GT_PORT_GRID,
     .title = {"建筑平均高度", "height of buildings, weighted by footprint"},
     .unit = "m",
     .optional = true},
    {0}};
static const gt_model_param with[] = {
    {.name = "height",
     .kind = GT_PARAM_TEXT,
     .title = {"高度字段", "field of the height"},
     .preset = "height"},
    {.name = "unit",
     .kind = GT_PARAM_REAL,
     .title = {"高度字段的单位（层数取 3 米）", "unit of that field (3 m for storeys)"},
     .unit = "m",
     .min = 0.01,
     .max = 100,
     .preset = "1 m"},
    {.name = "wind",
     .kind = GT_PARAM_REALS,
     .title = {"各风向频率，自北顺时针等分",
               "frequency of winds, from north clockwise, evenly spaced"},
     .min = 0,
     .max = 1e6,
     .preset = "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
     .source = "16 directions, all alike"},
    {.name = "layer",
     .kind = GT_PARAM_TEXT,
     .title = {"图层（只有一个时可省）", "layer (of a sole one not needed)"},
     .preset = ""},
    {0}};
static const char *const sources[] = {"Grimmond and Oke 1999",
                                      "气候可行性论证规范 城市通风廊道 QX/T 437-2018", NULL};

const gt_model GT_MODEL_FRONTAL_AREA = {
    .name = "frontal-area",
    .group = "hazard",
    .version = 1,
    .title = {"迎风面积指数", "frontal area of buildings"},
    .what = {"由建筑轮廓与高度求各格的迎风面积指数、建筑密度和平均高度：投影宽度乘高度，按各格所占"
             "轮廓比例分摊，再按风向频率加权。",
             "From outlines and heights: frontal area (width across the wind times height) shared "
             "among the cells by the outline in each, over the ground, weighted by the winds; with "
             "the share of the ground and the mean height."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "24 bytes a cell and a scratch file of 4, 60 bytes a building, 16 a vertex",
    .need = {.stays = 24, .scratch = 4},
    .sources = sources,
    .run = run};
