/* A class grid as polygons with shared borders: traced along the cells, woven, so that neighbours
 * keep the same points when they are simplified, and areas sum exactly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/area.h"
#include "guotu/gpkg_write.h"
#include "guotu/grid_zones.h"
#include "guotu/weave.h"
#include "model/job.h"
#include "model/messages.h"
#include "model/woven.h"

enum { BY_CLASS = 0, BY_PATCH };

typedef struct writing {
    const gt_polygon_table *table;
    gt_gpkg_writer *writer;
    bool by_patch;
    const char *names; /* "1=first,2=second", or "" */
    const char *field; /* of the name */
} writing;

enum { NAME = 40 }; /* bytes of a class's name */

/* ---- names of classes ---------------------------------------------------------------------------
 */

/* Next "WHOLE NUMBER=WORD" of a list parted by commas. */
static bool next_name(const char **list, int64_t *value, const char **word, size_t *len, bool *good)
{
    const char *s = *list + strspn(*list, " ,");
    char *end = NULL;
    if (*s == '\0') {
        return false;
    }
    *value = strtoll(s, &end, 10);
    *good = end != s && *end == '=';
    if (*good) {
        *word = end + 1;
        *len = strcspn(*word, ",");
        *good = *len > 0 && *len <= NAME;
        *list = *word + *len;
    }
    return *good;
}

/* Name of a class; NULL when it has none. */
static const char *name_of(const char *names, int64_t class, size_t *len)
{
    int64_t value = 0;
    const char *word = NULL;
    bool good = true;
    while (next_name(&names, &value, &word, len, &good)) {
        if (value == class) {
            return word;
        }
    }
    return NULL;
}

static gt_status check_names(gt_ctx *ctx, const char *names)
{
    int64_t value = 0;
    const char *word = NULL, *s = names;
    size_t len = 0;
    bool good = true;
    while (next_name(&s, &value, &word, &len, &good)) {
    }
    if (good) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", "names"), GT_TEXT("value", names),
                           GT_TEXT("form", "NUMBER=NAME pairs parted by commas"),
                           GT_TEXT("form_zh", "以逗号分隔的“数=名称”"),
                           GT_TEXT("example", "1=first,2=second")));
}

/* ---- features -----------------------------------------------------------------------------------
 */

static gt_status put(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                     const gt_geom *geom)
{
    const writing *w = user;
    const gt_polygon_table *t = w->table;
    gt_gpkg_value v[6] = {{0}};
    char number[64], word[NAME + 1];
    size_t n = 0;
    uint32_t code = w->by_patch ? t->runs[0].code[codes[0]] : codes[0];
    int64_t class = strtoll(t->codes[code], NULL, 10);
    if (*w->names != '\0') {
        size_t len = 0;
        const char *name = name_of(w->names, class, &len);
        if (name == NULL) {
            return GT_OK; /* a class without a name is left out */
        }
        if (w->by_patch) {
            (void)snprintf(number, sizeof number, "%.*s-%lld", (int)len, name,
                           (long long)t->runs[0].fid[codes[0]]);
        } else {
            (void)snprintf(number, sizeof number, "%.*s", (int)len, name);
        }
        (void)snprintf(word, sizeof word, "%.*s", (int)len, name);
        v[n++].text = number;
        v[n++].text = word;
    }
    if (w->by_patch) {
        v[n++].integer = t->runs[0].fid[codes[0]];
    }
    v[n++].integer = class;
    v[n++].real = m2;
    v[n++].real = plane_m2;
    return gt_gpkg_add(ctx, w->writer, geom, v);
}

static gt_status write_all(gt_ctx *ctx, const gt_model_call *call, const gt_weave *weave,
                           writing *w, const gt_crs *crs)
{
    gt_gpkg_column columns[6];
    size_t n = 0;
    if (*w->names != '\0') {
        columns[n++] = (gt_gpkg_column){"code", GT_GPKG_TEXT};
        columns[n++] = (gt_gpkg_column){w->field, GT_GPKG_TEXT};
    }
    if (w->by_patch) {
        columns[n++] = (gt_gpkg_column){"patch", GT_GPKG_INTEGER};
    }
    columns[n++] = (gt_gpkg_column){"value", GT_GPKG_INTEGER};
    columns[n++] = (gt_gpkg_column){"m2", GT_GPKG_REAL};
    columns[n++] = (gt_gpkg_column){"plane_m2", GT_GPKG_REAL};
    const uint32_t *code_of[1] = {NULL};
    size_t code_len[1] = {w->table->n_features};
    gt_weave_view view;
    gt_weave_view_init(&view);
    view.tolerance = gt_model_real(call, "tolerance");
    if (!w->by_patch && w->table->n_runs > 0) {
        code_of[0] = w->table->runs[0].code;
        view.code_of = code_of;
        view.code_len = code_len;
    }
    gt_status st = gt_gpkg_create(ctx, gt_model_out(call, "polygons"), "classes", columns, n, -1,
                                  NULL, &w->writer);
    st = st == GT_OK ? gt_gpkg_state_crs(ctx, w->writer, crs) : st;
    st = st == GT_OK ? gt_weave_polygons(ctx, weave, &view, put, w) : st;
    if (st == GT_OK) {
        return gt_gpkg_finish(ctx, w->writer);
    }
    gt_gpkg_abandon(ctx, w->writer);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_polygon_table *table = NULL;
    gt_weave *weave = NULL;
    gt_plane *plane = NULL;
    const gt_model_value *names = gt_model_with(call, "names"),
                         *field = gt_model_with(call, "field");
    const char *given = names == NULL ? "" : names->text;
    gt_status st = check_names(ctx, given);
    gt_status opened = gt_job_open(ctx, call, &job);
    st = st == GT_OK ? opened : st;
    const gt_crs *crs = st == GT_OK ? gt_grid_crs(job.in[0]) : NULL;
    if (st == GT_OK && crs != NULL && gt_crs_is_geographic(crs)) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NOT_PROJECTED,
                     GT_PLACE(.file = gt_grid_path(job.in[0])), GT_NO_ARGS);
    }
    if (st == GT_OK && crs != NULL) {
        st = gt_plane_new(ctx, crs, &plane);
    }
    st = st == GT_OK ? gt_grid_polygons(ctx, job.in[0], &table) : st;
    st = st == GT_OK ? gt_woven_table(ctx, table, plane, &weave) : st;
    if (st == GT_OK) {
        writing w = {.table = table,
                     .by_patch = gt_model_with(call, "by")->choice == BY_PATCH,
                     .names = given,
                     .field = field->text};
        st = write_all(ctx, call, weave, &w, crs);
    }
    gt_weave_free(ctx, weave);
    gt_polygon_table_free(ctx, table);
    gt_plane_free(ctx, plane);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "classes",
     .kind = GT_PORT_GRID,
     .title = {"分类栅格", "classes"},
     .note = {"整数；投影坐标系", "whole numbers; in a projected CRS"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "polygons",
     .kind = GT_PORT_POLYGONS,
     .title = {"图斑", "polygons"},
     .note =
         {"GeoPackage；字段 value、m2、plane_m2，按斑块时另有 patch，有名称时另有 code 与名称字段",
          "GeoPackage; fields value, m2, plane_m2, by patch also patch, with names also code and "
          "the field of the name"}},
    {0}};
static const char *const bys[] = {"class", "patch", NULL};
static const gt_model_param with[] = {
    {.name = "by",
     .kind = GT_PARAM_CHOICE,
     .title = {"一个要素对应", "a feature for each"},
     .preset = "class",
     .choices = bys},
    {.name = "tolerance",
     .kind = GT_PARAM_REAL,
     .title = {"化简容差，0 为保留栅格边", "tolerance of simplifying, 0: sides of cells"},
     .unit = "m",
     .min = 0,
     .max = 10000,
     .preset = "0 m"},
    {.name = "names",
     .kind = GT_PARAM_TEXT,
     .title = {"各类名称，无名称者不输出，如 1=first,2=second",
               "names of the classes, those without are left out: 1=first,2=second"},
     .preset = ""},
    {.name = "field",
     .kind = GT_PARAM_TEXT,
     .title = {"名称字段", "field of the name"},
     .preset = "class"},
    {0}};
static const char *const sources[] = {"Visvalingam and Whyatt 1993", NULL};

const gt_model GT_MODEL_POLYGONIZE = {
    .name = "polygonize",
    .group = "algebra",
    .version = 1,
    .title = {"栅格转面", "cells to polygons"},
    .what = {"分类栅格转为图斑，相邻图斑共用同样的界址点，化简时也不产生缝隙和重叠；面积之和与栅格"
             "一致。",
             "Classes as polygons. Neighbours share every point of their borders, also when they "
             "are simplified; areas sum to that of the cells."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "5 bytes a cell, 250 bytes a point of a border",
    .need = {.held = 5},
    .sources = sources,
    .run = run};
