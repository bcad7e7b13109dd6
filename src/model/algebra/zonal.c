/* Statistics of a grid by zone: a table, how much of each class lies in each zone, and a map. */
#include <math.h>

#include "guotu/grid_zones.h"
#include "model/connect/tables.h"
#include "model/job.h"
#include "model/messages.h"

enum { OUT_STATS = 0, OUT_CLASSES, OUT_MAP };
enum { STAT_MEAN = 0, STAT_SUM, STAT_CELLS, STAT_MIN, STAT_MAX, STAT_SD };

typedef struct zoning {
    gt_job job;
    gt_polygon_table *table;
    uint32_t *code;            /* of each feature, in the order of the table */
    gt_zone_stats *of, *zones; /* by feature; by zone */
    size_t *zone;              /* of each feature */
    size_t n_zones;
    bool by_field;
    double area; /* of a cell, square metres; NaN where the CRS is not projected */
} zoning;

/* ---- zones --------------------------------------------------------------------------------------
 */

/* Features alone, or all that have one value of the field: in its byte order, those without last.
 */
static gt_status number_zones(gt_ctx *ctx, zoning *z)
{
    size_t at = 0, n = z->table->n_features;
    z->code = gt_alloc(ctx, n + 1, sizeof *z->code);
    z->zone = gt_alloc(ctx, n + 1, sizeof *z->zone);
    if (z->code == NULL || z->zone == NULL) {
        return GT_E_MEMORY;
    }
    z->n_zones = z->by_field ? z->table->n_codes : n;
    for (size_t r = 0; r < z->table->n_runs; r++) {
        const gt_polygon_run *run = &z->table->runs[r];
        for (size_t i = 0; i < run->n_features; i++, at++) {
            z->code[at] = run->code == NULL ? UINT32_MAX : run->code[i];
            bool without = z->code[at] == UINT32_MAX;
            z->zone[at] = !z->by_field ? at : without ? z->table->n_codes : z->code[at];
            z->n_zones = z->zone[at] >= z->n_zones ? z->zone[at] + 1 : z->n_zones;
        }
    }
    return GT_OK;
}

/* Two parts of a zone as one; variances by Chan, Golub and LeVeque 1983. */
static void add_stats(gt_zone_stats *to, const gt_zone_stats *more)
{
    double n = to->cells + more->cells, apart = more->mean - to->mean;
    to->outside += more->outside;
    if (!(more->cells > 0)) {
        return;
    }
    if (!(to->cells > 0)) {
        double outside = to->outside;
        *to = *more;
        to->outside = outside;
        return;
    }
    double squares = to->sd * to->sd * to->cells + more->sd * more->sd * more->cells +
                     apart * apart * to->cells * more->cells / n;
    to->cells = n;
    to->sum += more->sum;
    to->mean = to->sum / n;
    to->sd = sqrt(squares / n);
    to->min = fmin(to->min, more->min);
    to->max = fmax(to->max, more->max);
}

static gt_status join_stats(gt_ctx *ctx, zoning *z)
{
    const double none = (double)NAN;
    z->zones = gt_alloc(ctx, z->n_zones + 1, sizeof *z->zones);
    if (z->zones == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < z->n_zones; i++) {
        z->zones[i] = (gt_zone_stats){-1, 0, 0, 0, none, none, none, none};
    }
    for (size_t i = 0; i < z->table->n_features; i++) {
        gt_zone_stats *to = &z->zones[z->zone[i]];
        int64_t first = to->fid < 0 ? z->of[i].fid : to->fid;
        add_stats(to, &z->of[i]);
        to->fid = first;
    }
    return GT_OK;
}

/* ---- tables -------------------------------------------------------------------------------------
 */

static void put_zone(gt_text *out, const zoning *z, const uint32_t code, int64_t fid)
{
    gt_text_printf(out, "%lld,", (long long)fid);
    gt_text_csv_field(out, code == UINT32_MAX ? "" : z->table->codes[code]);
}

/* Shares are right to about 1e-9. */
static void put(gt_text *out, double v)
{
    gt_text_puts(out, ",");
    if (!isnan(v)) {
        gt_text_printf(out, "%.12g", v);
    }
}

static gt_status write_stats(gt_ctx *ctx, const zoning *z, const char *path)
{
    gt_text out;
    uint32_t *code = gt_alloc(ctx, z->n_zones + 1, sizeof *code);
    if (code == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < z->table->n_features; i++) {
        code[z->zone[i]] = z->code[i]; /* every zone has a feature */
    }
    gt_text_init(&out, ctx, 0);
    gt_text_puts(&out, "fid,zone,cells,m2,outside,sum,mean,sd,min,max\n");
    for (size_t i = 0; i < z->n_zones; i++) {
        const gt_zone_stats *s = &z->zones[i];
        put_zone(&out, z, code[i], s->fid);
        const double v[] = {
            s->cells, s->cells * z->area, s->outside, s->sum, s->mean, s->sd, s->min, s->max};
        for (size_t k = 0; k < sizeof v / sizeof *v; k++) {
            put(&out, v[k]);
        }
        gt_text_putc(&out, '\n');
    }
    gt_status st = gt_table_write(ctx, path, &out);
    gt_text_free(&out);
    gt_free(ctx, code);
    return st;
}

/* Rows come by feature, then value; those of a zone's features are not added up. */
static gt_status write_classes(gt_ctx *ctx, const zoning *z, const char *path)
{
    gt_zone_class *list = NULL;
    size_t n = 0, feature = 0;
    gt_text out;
    if (path == NULL) {
        return GT_OK;
    }
    gt_status st = gt_grid_zone_classes(ctx, z->job.in[0], z->table, &list, &n);
    gt_text_init(&out, ctx, 0);
    gt_text_puts(&out, "fid,zone,class,cells,m2\n");
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        while (z->of[feature].fid != list[i].fid) {
            feature++;
        }
        put_zone(&out, z, z->code[feature], list[i].fid);
        gt_text_printf(&out, ",%d", (int)list[i].value);
        put(&out, list[i].cells);
        put(&out, list[i].cells * z->area);
        gt_text_putc(&out, '\n');
    }
    st = st == GT_OK ? gt_table_write(ctx, path, &out) : st;
    gt_text_free(&out);
    gt_free(ctx, list);
    return st;
}

/* ---- the map ------------------------------------------------------------------------------------
 */

static double stat_of(const gt_zone_stats *s, int what)
{
    const double v[] = {[STAT_MEAN] = s->mean,   [STAT_SUM] = s->cells > 0 ? s->sum : (double)NAN,
                        [STAT_CELLS] = s->cells, [STAT_MIN] = s->min,
                        [STAT_MAX] = s->max,     [STAT_SD] = s->sd};
    return v[what];
}

static gt_status draw_map(gt_ctx *ctx, zoning *z)
{
    int what = (int)gt_model_with(z->job.call, "of")->choice;
    gt_rasterize_options o;
    if (gt_model_out(z->job.call, "map") == NULL) {
        return GT_OK;
    }
    gt_status st = gt_job_make(ctx, &z->job, OUT_MAP, GT_CELL_F32);
    double *values = gt_alloc(ctx, z->table->n_features + 1, sizeof *values);
    st = st == GT_OK && values == NULL ? GT_E_MEMORY : st;
    for (size_t i = 0; st == GT_OK && i < z->table->n_features; i++) {
        values[i] = stat_of(&z->zones[z->zone[i]], what);
    }
    if (st == GT_OK) {
        gt_rasterize_options_init(&o);
        o.values = values;
        st = gt_grid_rasterize(ctx, z->table, &o, z->job.out[OUT_MAP]);
    }
    gt_free(ctx, values);
    return st;
}

/* ---- the kernel ---------------------------------------------------------------------------------
 */

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_value *layer = gt_model_with(call, "layer"),
                         *field = gt_model_with(call, "field");
    zoning z = {.by_field = field != NULL && gt_model_with(call, "by")->choice == 1};
    if (field == NULL && gt_model_with(call, "by")->choice == 1) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_MISSING, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("model", "zonal"), GT_TEXT("name", "field"),
                               GT_TEXT("what", "the field whose values make the zones"),
                               GT_TEXT("what_zh", "用以合区的字段")));
    }
    gt_status st = gt_job_open(ctx, call, &z.job);
    z.job.partial = false;
    if (st == GT_OK) {
        const gt_grid_spec *s = gt_grid_facts(z.job.in[0]);
        const gt_crs *crs = gt_grid_crs(z.job.in[0]);
        bool plane = crs == NULL || !gt_crs_is_geographic(crs);
        z.area = plane ? s->cell_x * s->cell_y : (double)NAN;
        st = gt_gpkg_read_polygons(ctx, gt_model_in(call, "polygons"),
                                   layer == NULL ? NULL : layer->text,
                                   field == NULL ? NULL : field->text, &z.table);
    }
    st = st == GT_OK ? number_zones(ctx, &z) : st;
    st = st == GT_OK ? gt_grid_zonal(ctx, z.job.in[0], z.table, &z.of) : st;
    st = st == GT_OK ? join_stats(ctx, &z) : st;
    st = st == GT_OK ? draw_map(ctx, &z) : st;
    st = st == GT_OK ? write_classes(ctx, &z, gt_model_out(call, "classes")) : st;
    st = st == GT_OK ? write_stats(ctx, &z, gt_model_out(call, "zones")) : st;
    gt_free(ctx, z.zones);
    gt_free(ctx, z.of);
    gt_free(ctx, z.zone);
    gt_free(ctx, z.code);
    gt_polygon_table_free(ctx, z.table);
    return gt_job_end(ctx, &z.job, st);
}

static const gt_model_port in[] = {
    {.name = "values", .kind = GT_PORT_GRID, .title = {"栅格", "grid"}},
    {.name = "polygons",
     .kind = GT_PORT_POLYGONS,
     .title = {"分区", "zones"},
     .note = {"GeoPackage，坐标系与栅格一致；可以重叠",
              "GeoPackage in the CRS of the grid; they may overlap"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "zones",
     .kind = GT_PORT_TABLE,
     .title = {"分区统计", "statistics of zones"},
     .note =
         {"CSV；字段 fid、zone、cells、m2、outside、sum、mean、sd、min、max；outside "
          "为无值或栅格外的像元数",
          "CSV: fid, zone, cells, m2, outside, sum, mean, sd, min, max; outside: cells without a "
          "value or beyond the grid"}},
    {.name = "classes",
     .kind = GT_PORT_TABLE,
     .title = {"各分区各类面积", "area of each class in each feature"},
     .optional = true,
     .note = {"CSV，仅限整数栅格；字段 fid、zone、class、cells、m2",
              "CSV, of whole numbers only: fid, zone, class, cells, m2"}},
    {.name = "map",
     .kind = GT_PORT_GRID,
     .title = {"分区统计图", "map of the statistic"},
     .optional = true,
     .note = {"像元取占其面积最大分区的统计值",
              "a cell takes the statistic of the zone that covers most of it"}},
    {0}};
static const char *const ways[] = {"feature", "field", NULL};
static const char *const stats[] = {"mean", "sum", "cells", "min", "max", "sd", NULL};
static const gt_model_param with[] = {
    {.name = "layer",
     .kind = GT_PARAM_TEXT,
     .title = {"图层（只有一个时可省）", "layer (of a sole one not needed)"},
     .preset = ""},
    {.name = "field",
     .kind = GT_PARAM_TEXT,
     .title = {"分区名称或编码字段", "field with the name or code of a zone"},
     .preset = ""},
    {.name = "by",
     .kind = GT_PARAM_CHOICE,
     .title = {"按要素，或把字段值相同的要素合为一区",
               "each feature, or those of one value of the field together"},
     .preset = "feature",
     .choices = ways},
    {.name = "of",
     .kind = GT_PARAM_CHOICE,
     .title = {"统计图的统计量", "statistic of the map"},
     .preset = "mean",
     .choices = stats},
    {0}};
static const char *const sources[] = {"exact shares of cells, as exactextract has them",
                                      "Chan, Golub and LeVeque 1983", NULL};

const gt_model GT_MODEL_ZONAL = {
    .name = "zonal",
    .group = "algebra",
    .version = 1,
    .title = {"分区统计", "zonal statistics"},
    .what =
        {"各分区内栅格的个数、总和、均值、标准差与极值，像元按被覆盖的比例计入；可另出各类面积和统"
         "计图。",
         "Count, sum, mean, deviation and range of a grid in each zone; cells count by the exact "
         "share that is covered. Areas of classes and a map on demand."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_ZONAL,
    .law = "17 MB a thread (20 with the map), 16 bytes a vertex, 180 a feature",
    .need = {.thread = 20 << 20},
    .sources = sources,
    .run = run};
