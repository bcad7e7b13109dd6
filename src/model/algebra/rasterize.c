/* Polygons of a layer to cells. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/grid_zones.h"
#include "model/job.h"
#include "model/messages.h"

enum { WORD = 64 };

/* Next "KEY=NUMBER" of a list parted by commas. */
static bool next_pair(const char **list, char key[WORD], double *value, bool *good)
{
    const char *s = *list + strspn(*list, " ,");
    size_t n = strcspn(s, "=,");
    char *end = NULL;
    if (*s == '\0') {
        return false;
    }
    *good = s[n] == '=' && n > 0 && n < WORD;
    if (*good) {
        memcpy(key, s, n);
        key[n] = '\0';
        *value = strtod(s + n + 1, &end);
        *good =
            end != s + n + 1 && isfinite(*value) && (*end == '\0' || strchr(" ,", *end) != NULL);
        *list = end;
    }
    return *good;
}

static bool fits(const char *key, const char *code)
{
    size_t n = strlen(key);
    return n > 0 && key[n - 1] == '*' ? strncmp(key, code, n - 1) == 0 : strcmp(key, code) == 0;
}

/* Number of a code: that of the first key it fits; without keys the code itself; else NaN. */
static double number_of(const char *classes, const char *code)
{
    char key[WORD];
    double value = 0;
    bool good = true;
    if (classes == NULL) {
        char *end = NULL;
        value = strtod(code, &end);
        return *code == '\0' || *end != '\0' ? (double)NAN : value;
    }
    while (next_pair(&classes, key, &value, &good)) {
        if (fits(key, code)) {
            return value;
        }
    }
    return (double)NAN;
}

static gt_status check_classes(gt_ctx *ctx, const char *classes)
{
    char key[WORD];
    double value = 0;
    bool good = true;
    const char *s = classes;
    while (s != NULL && next_pair(&s, key, &value, &good)) {
    }
    if (good) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", "classes"), GT_TEXT("value", classes),
                           GT_TEXT("form", "CODE=NUMBER pairs parted by commas"),
                           GT_TEXT("form_zh", "以逗号分隔的“编码=数”"),
                           GT_TEXT("example", "01*=1,high=3")));
}

/* Values by feature in the order of the table. */
static gt_status values_of(gt_ctx *ctx, const gt_polygon_table *table, const char *classes,
                           double **out)
{
    size_t at = 0;
    double *by_code = gt_alloc(ctx, table->n_codes + 1, sizeof *by_code);
    double *values = gt_alloc(ctx, table->n_features + 1, sizeof *values);
    if (by_code == NULL || values == NULL) {
        gt_free(ctx, by_code);
        gt_free(ctx, values);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < table->n_codes; i++) {
        by_code[i] = number_of(classes, table->codes[i]);
    }
    for (size_t r = 0; r < table->n_runs; r++) {
        const gt_polygon_run *run = &table->runs[r];
        for (size_t i = 0; i < run->n_features; i++) {
            uint32_t code = run->code[i];
            values[at++] = code == UINT32_MAX ? (double)NAN : by_code[code];
        }
    }
    gt_free(ctx, by_code);
    *out = values;
    return GT_OK;
}

/* Leaves out, in place, the features whose value is nodata; values as well. */
static void leave_out(gt_polygon_table *table, double *values)
{
    size_t from = 0, to = 0;
    for (size_t r = 0; r < table->n_runs; r++) {
        gt_polygon_run *run = &table->runs[r];
        uint32_t f = 0, p = 0, ring = 0, point = 0;      /* kept */
        uint32_t part_at = 0, ring_at = 0, point_at = 0; /* read */
        for (size_t i = 0; i < run->n_features; i++, from++) {
            uint32_t parts = run->feature_end[i];
            bool keep = !isnan(values[from]);
            for (; part_at < parts; part_at++) {
                uint32_t rings = run->part_end[part_at];
                for (; ring_at < rings; ring_at++) {
                    uint32_t end = run->ring_end[ring_at], n = end - point_at;
                    if (keep) {
                        memmove(run->xy + 2 * (size_t)point, run->xy + 2 * (size_t)point_at,
                                2 * (size_t)n * sizeof *run->xy);
                        point += n;
                        run->ring_end[ring++] = point;
                    }
                    point_at = end;
                }
                if (keep) {
                    run->part_end[p++] = ring;
                }
            }
            if (keep) {
                run->fid[f] = run->fid[i];
                run->feature_end[f++] = p;
                values[to++] = values[from];
            }
        }
        run->n_features = f;
        run->n_parts = p;
        run->n_rings = ring;
        run->n_points = point;
    }
    table->n_features = to;
}

static gt_status burn(gt_ctx *ctx, gt_job *job, gt_polygon_table *table, const char *field,
                      const char *classes)
{
    double *values = NULL;
    gt_rasterize_options o;
    gt_rasterize_options_init(&o);
    o.least = gt_model_real(job->call, "least");
    gt_status st = field == NULL ? GT_OK : values_of(ctx, table, classes, &values);
    if (st == GT_OK) {
        o.values = values;
        if (values != NULL) {
            leave_out(table, values);
        }
        st = gt_grid_rasterize(ctx, table, &o, job->out[0]);
    }
    gt_free(ctx, values);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_value *layer = gt_model_with(call, "layer"),
                         *field = gt_model_with(call, "field"),
                         *classes = gt_model_with(call, "classes");
    gt_polygon_table *table = NULL;
    gt_job job;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        st = check_classes(ctx, classes == NULL ? NULL : classes->text);
    }
    if (st == GT_OK) {
        st = gt_gpkg_read_polygons(ctx, gt_model_in(call, "polygons"),
                                   layer == NULL ? NULL : layer->text,
                                   field == NULL ? NULL : field->text, &table);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, field == NULL ? GT_CELL_F32 : GT_CELL_I16);
    }
    if (st == GT_OK) {
        st = burn(ctx, &job, table, field == NULL ? NULL : field->text,
                  classes == NULL ? NULL : classes->text);
    }
    gt_polygon_table_free(ctx, table);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "like",
     .kind = GT_PORT_GRID,
     .title = {"栅格框架", "grid whose cells it takes"},
     .note = {"结果与其位置、大小一致", "the result lies on its cells"}},
    {.name = "polygons",
     .kind = GT_PORT_POLYGONS,
     .title = {"面图层", "polygons"},
     .note = {"GeoPackage，坐标系与栅格一致", "GeoPackage in the CRS of the grid"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "cells", .kind = GT_PORT_GRID, .title = {"栅格", "cells"}}, {0}};
static const gt_model_param with[] = {
    {.name = "layer",
     .kind = GT_PARAM_TEXT,
     .title = {"图层（只有一个时可省）", "layer (of a sole one not needed)"},
     .preset = ""},
    {.name = "field",
     .kind = GT_PARAM_TEXT,
     .title = {"取值字段（不给则为覆盖比例）", "field of the value (without it: share covered)"},
     .preset = ""},
    {.name = "classes",
     .kind = GT_PARAM_TEXT,
     .title = {"编码对应的数，先符合者为准，星号为任意结尾，如 01*=1,high=3",
               "number of each code, the first that fits, * for any ending: 01*=1,high=3"},
     .preset = ""},
    {.name = "least",
     .kind = GT_PARAM_REAL,
     .title = {"至少覆盖的比例", "least share of a cell to be covered"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0"},
    {0}};
static const char *const sources[] = {"exact shares of cells, as exactextract has them", NULL};

const gt_model GT_MODEL_RASTERIZE = {
    .name = "rasterize",
    .group = "algebra",
    .version = 1,
    .title = {"面转栅格", "polygons to cells"},
    .what =
        {"栅格取占其面积最大的图斑的值；不给字段则为被覆盖的比例。编码无对应数的图斑不参与。",
         "A cell takes the value of the polygon that covers most of it; without a field the share "
         "covered. Polygons whose code has no number are left out."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "20 MB a thread, 16 bytes a vertex",
    .need = {.thread = 20 << 20},
    .sources = sources,
    .run = run};
