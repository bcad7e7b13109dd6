/* Values of grids at points, as a table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/grid_points.h"
#include "model/layer/features.h"
#include "weave/csv.h"

enum { GRIDS = 4 };

typedef struct spots {
    double *xy;
    gt_text ids; /* as CSV fields, each with a NUL behind */
    size_t n, cap_xy;
} spots;

static void put_id(gt_text *ids, const gt_source_feature *f, const gt_value *field)
{
    gt_value_kind kind = field == NULL ? GT_VAL_INT : field->kind;
    switch (kind) {
    case GT_VAL_TEXT:
        gt_text_csv_field(ids, field->text);
        break;
    case GT_VAL_INT:
        gt_text_printf(ids, "%lld", (long long)(field == NULL ? f->row : field->integer));
        break;
    case GT_VAL_REAL:
        gt_text_printf(ids, "%.17g", field->real);
        break;
    case GT_NULL:
        break;
    }
    gt_text_add(ids, "", 1);
}

static gt_status gather(gt_ctx *ctx, void *user, const gt_source_feature *f, const gt_value *field)
{
    spots *s = user;
    size_t n = f->geom->n_points;
    gt_status st = GT_OK;
    if (2 * (s->n + n) > s->cap_xy) {
        st = gt_grow(ctx, (void **)&s->xy, &s->cap_xy, 2 * (s->n + n), sizeof *s->xy);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        s->xy[2 * s->n] = f->geom->xy[2 * i];
        s->xy[2 * s->n + 1] = f->geom->xy[2 * i + 1];
        s->n++;
        put_id(&s->ids, f, field);
    }
    return st == GT_OK ? gt_text_status(&s->ids) : st;
}

/* digits: 17 coordinates, all there are; 9 values, those of a float32. */
static void put_number(wv_csv *csv, double v, int digits)
{
    char text[40];
    wv_csv_text(csv, ",", 1);
    if (isfinite(v)) {
        int n = snprintf(text, sizeof text, "%.*g", digits, v);
        wv_csv_text(csv, text, (size_t)n);
    }
}

static gt_status write_table(gt_ctx *ctx, const gt_job *job, const spots *s, double *const *values)
{
    static const char heading[] = "id,x,y";
    wv_csv csv = {0};
    gt_status st = wv_csv_open(ctx, &csv, gt_model_out(job->call, "table"));
    if (st != GT_OK) {
        return st;
    }
    const char *id = s->ids.data;
    wv_csv_text(&csv, heading, sizeof heading - 1);
    for (size_t k = 0; k < GRIDS; k++) {
        const char *name = gt_model_call_model(job->call)->in[k].name;
        if (values[k] != NULL) {
            wv_csv_text(&csv, ",", 1);
            wv_csv_text(&csv, name, strlen(name));
        }
    }
    wv_csv_text(&csv, "\n", 1);
    for (size_t i = 0; i < s->n; i++) {
        size_t len = strlen(id);
        wv_csv_text(&csv, id, len);
        id += len + 1;
        put_number(&csv, s->xy[2 * i], 17);
        put_number(&csv, s->xy[2 * i + 1], 17);
        for (size_t k = 0; k < GRIDS; k++) {
            if (values[k] != NULL) {
                put_number(&csv, values[k][i], 9);
            }
        }
        wv_csv_text(&csv, "\n", 1);
    }
    return wv_csv_close(ctx, &csv);
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    spots s = {0};
    double *values[GRIDS] = {NULL};
    bool bilinear = gt_model_with(call, "way")->choice == 1;
    gt_text_init(&s.ids, ctx, 0);
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        st = gt_features_each(ctx, call, "points", "id", gt_grid_crs(job.in[0]), GT_FEATURES_POINTS,
                              gather, &s);
    }
    for (size_t k = 0; st == GT_OK && k < GRIDS; k++) {
        if (job.in[k] != NULL) {
            values[k] = gt_alloc(ctx, s.n + 1, sizeof **values);
            st = values[k] == NULL ? GT_E_MEMORY
                                   : gt_grid_sample(ctx, job.in[k], s.xy, s.n, bilinear, values[k]);
        }
    }
    st = st == GT_OK ? write_table(ctx, &job, &s, values) : st;
    for (size_t k = 0; k < GRIDS; k++) {
        gt_free(ctx, values[k]);
    }
    gt_text_free(&s.ids);
    gt_free(ctx, s.xy);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "a", .kind = GT_PORT_GRID, .title = {"栅格", "grid"}},
    {.name = "b", .kind = GT_PORT_GRID, .title = {"栅格", "grid"}, .optional = true},
    {.name = "c", .kind = GT_PORT_GRID, .title = {"栅格", "grid"}, .optional = true},
    {.name = "d", .kind = GT_PORT_GRID, .title = {"栅格", "grid"}, .optional = true},
    {.name = "points",
     .kind = GT_PORT_POINTS,
     .title = {"点图层", "points"},
     .note = {"任意矢量格式，转换到栅格坐标系",
              "any format of vectors, brought to the CRS of the grids"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "table",
     .kind = GT_PORT_TABLE,
     .title = {"取值表", "table of the values"},
     .note = {"CSV：id、x、y，再为各栅格的值；无数据或栅格外为空",
              "CSV: id, x, y, then the value of each grid; empty for nodata and outside"}},
    {0}};
static const char *const ways[] = {"nearest", "bilinear", NULL};
static const gt_model_param with[] = {
    {.name = "layer",
     .kind = GT_PARAM_TEXT,
     .title = {"图层（只有一个时可省）", "layer (of a sole one not needed)"},
     .preset = ""},
    {.name = "id",
     .kind = GT_PARAM_TEXT,
     .title = {"标识字段（不给则为记录号）", "field of the id (without it: number of the record)"},
     .preset = ""},
    {.name = "way",
     .kind = GT_PARAM_CHOICE,
     .title = {"取值方式", "value of the cell, or between centres"},
     .preset = "nearest",
     .choices = ways},
    {0}};
static const char *const sources[] = {"GDAL gdallocationinfo, GRASS v.what.rast", NULL};

const gt_model GT_MODEL_SAMPLE = {.name = "sample",
                                  .group = "layer",
                                  .version = 1,
                                  .title = {"按点取值", "values at points"},
                                  .what = {"取出各点所在位置的栅格值，可同时取四个栅格。",
                                           "Values of up to four grids at the points of a layer."},
                                  .in = in,
                                  .out = out,
                                  .with = with,
                                  .reach = GT_REACH_LOCAL,
                                  .law = "60 bytes a point",
                                  .sources = sources,
                                  .run = run};
