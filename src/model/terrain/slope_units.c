/* Slope units as a kernel: their numbers on the grid, and as polygons with what they are like. */
#include <math.h>
#include <stdlib.h>

#include "grid/messages.h"
#include "guotu/gpkg_write.h"
#include "guotu/grid_water.h"
#include "guotu/grid_zones.h"
#include "guotu/weave.h"
#include "model/job.h"
#include "model/woven.h"

typedef struct writing {
    const gt_polygon_table *table;
    const gt_slope_unit *list;
    double cell_area;
    gt_gpkg_writer *writer;
} writing;

static gt_gpkg_value real_or_null(double v)
{
    return (gt_gpkg_value){.null = isnan(v), .real = v};
}

static gt_status put(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                     const gt_geom *geom)
{
    const writing *w = user;
    long long number = strtoll(w->table->codes[codes[0]], NULL, 10);
    const gt_slope_unit *u = &w->list[number - 1];
    (void)m2;
    (void)plane_m2;
    const gt_gpkg_value v[] = {{.integer = number},       {.real = (double)u->cells * w->cell_area},
                               real_or_null(u->slope),    real_or_null(u->aspect),
                               real_or_null(u->variance), {.real = u->high - u->low}};
    return gt_gpkg_add(ctx, w->writer, geom, v);
}

static gt_status write_polygons(gt_ctx *ctx, const char *path, gt_grid *units, writing *w)
{
    static const gt_gpkg_column columns[] = {{"unit", GT_GPKG_INTEGER},  {"m2", GT_GPKG_REAL},
                                             {"slope", GT_GPKG_REAL},    {"aspect", GT_GPKG_REAL},
                                             {"variance", GT_GPKG_REAL}, {"relief", GT_GPKG_REAL}};
    const gt_grid_spec *s = gt_grid_facts(units);
    gt_polygon_table *table = NULL;
    gt_weave *weave = NULL;
    gt_weave_view view;
    gt_status st = gt_grid_polygons(ctx, units, &table);
    st = st == GT_OK ? gt_woven_table(ctx, table, NULL, &weave) : st;
    w->cell_area = s->cell_x * s->cell_y;
    w->table = table;
    gt_weave_view_init(&view);
    const uint32_t *code_of[1] = {st == GT_OK && table->n_runs > 0 ? table->runs[0].code : NULL};
    const size_t code_len[1] = {st == GT_OK ? table->n_features : 0};
    view.code_of = code_of;
    view.code_len = code_len;
    if (st == GT_OK) {
        st = gt_gpkg_create(ctx, path, "slope_units", columns, 6, -1, NULL, &w->writer);
    }
    if (st == GT_OK) {
        st = gt_gpkg_state_crs(ctx, w->writer, gt_grid_crs(units));
        st = st == GT_OK ? gt_weave_polygons(ctx, weave, &view, put, w) : st;
        if (st == GT_OK) {
            st = gt_gpkg_finish(ctx, w->writer);
        } else {
            gt_gpkg_abandon(ctx, w->writer);
        }
    }
    gt_weave_free(ctx, weave);
    gt_polygon_table_free(ctx, table);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_slope_unit_options o;
    gt_slope_unit_facts facts;
    gt_slope_unit *list = NULL;
    const char *polygons = gt_model_out(call, "polygons");
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    gt_slope_unit_options_init(&o);
    o.threshold = gt_model_real(call, "threshold");
    o.min_area = gt_model_real(call, "min-area");
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_I32) : st;
    if (st == GT_OK) {
        st = gt_grid_slope_units(ctx, job.in[0], &o, job.out[0], &list, &facts);
    }
    if (st == GT_OK && polygons != NULL) {
        writing w = {.list = list};
        st = write_polygons(ctx, polygons, job.out[0], &w);
    }
    gt_free(ctx, list);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {{.name = "dem",
                                    .kind = GT_PORT_GRID,
                                    .title = {"高程", "elevation"},
                                    .unit = "m",
                                    .note = {"投影坐标系", "in a projected CRS"}},
                                   {0}};
static const gt_model_port out[] = {
    {.name = "units",
     .kind = GT_PORT_GRID,
     .title = {"斜坡单元编号", "numbers of the slope units"}},
    {.name = "polygons",
     .kind = GT_PORT_POLYGONS,
     .title = {"斜坡单元图斑", "slope units as polygons"},
     .optional = true,
     .note = {"GeoPackage；字段 unit、m2、slope、aspect、variance、relief",
              "GeoPackage; fields unit, m2, slope, aspect, variance, relief"}},
    {0}};
static const gt_model_param with[] = {
    {.name = "threshold",
     .kind = GT_PARAM_REAL,
     .title = {"形成沟谷或山脊的汇流面积", "area that makes a stream or a ridge"},
     .unit = "m2",
     .min = 1,
     .max = 1e12,
     .preset = "100000 m2",
     .source = "choice of the project; the smaller, the finer the units"},
    {.name = "min-area",
     .kind = GT_PARAM_REAL,
     .title = {"最小单元面积，小者并入坡向最近的相邻单元",
               "least area of a unit; smaller ones go to the neighbour of closest aspect"},
     .unit = "m2",
     .min = 0,
     .max = 1e12,
     .preset = "20000 m2",
     .source = "choice of the project"},
    {0}};
static const char *const sources[] = {"Carrara 1988", "Alvioli et al. 2016", NULL};

const gt_model GT_MODEL_SLOPE_UNITS = {
    .name = "slope-units",
    .group = "terrain",
    .version = 1,
    .title = {"斜坡单元", "slope units"},
    .what = {"以沟谷线和山脊线划分斜坡单元：正地形与反地形的集水区相交，过小者按坡向并入相邻单元。",
             "Parts of slopes between valley and ridge: watersheds of the heights cut with those "
             "of the heights upside down, small ones merged by aspect."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "13 bytes a cell and 100 a unit; beyond the ceiling in scratch files",
    .need = {.held = 14},
    .sources = sources,
    .run = run};
