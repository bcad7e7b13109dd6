/* Ecological sources: patches of core that are large enough and important enough, numbered, with a
 * level by their size and importance. */
#include <math.h>

#include "guotu/grid_analysis.h"
#include "model/connect/messages.h"
#include "model/connect/tables.h"
#include "model/job.h"

enum { CORE = 0, IMPORTANCE, OUT_NUMBER = 0, OUT_LEVEL, LEVELS_MAX = 9 };

typedef struct choice {
    gt_patch *list;
    size_t n;
    int64_t *important; /* cells, by patch */
    int32_t *number;    /* 0: not chosen */
    int *level;
    int32_t *row; /* numbers of patches of one row */
} choice;

/* Cells that are not 0 become 1, for cores of different codes belong together. */
static void flat_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        double v = c->in[CORE][i];
        c->out[0][i] = isnan(v) || v == 0 ? (double)NAN : 1;
    }
}

static gt_status find_patches(gt_ctx *ctx, gt_job *job, bool eight, gt_grid **numbers, choice *k)
{
    gt_grid *flat = NULL, *kept[2] = {job->out[0], job->out[1]};
    gt_grid_spec spec;
    gt_grid_spec_like(job->in[CORE], GT_CELL_U8, &spec);
    spec.nodata = (double)NAN;
    spec.packing = GT_GRID_PLAIN;
    spec.tile = 0;
    spec.overviews = 0;
    gt_status st = gt_grid_create_scratch(ctx, NULL, &spec, &flat);
    spec.type = GT_CELL_I32;
    st = st == GT_OK ? gt_grid_create_scratch(ctx, NULL, &spec, numbers) : st;
    if (st == GT_OK) {
        job->out[0] = flat;
        job->out[1] = NULL;
        st = gt_job_cells(ctx, job, 0, flat_row, NULL);
        job->out[0] = kept[0];
        job->out[1] = kept[1];
    }
    st = st == GT_OK ? gt_grid_patches(ctx, flat, eight, *numbers, &k->list, &k->n) : st;
    gt_grid_close(ctx, flat);
    if (st == GT_OK) {
        k->important = gt_zalloc(ctx, k->n + 1, sizeof *k->important);
        k->number = gt_zalloc(ctx, k->n + 1, sizeof *k->number);
        k->level = gt_zalloc(ctx, k->n + 1, sizeof *k->level);
        k->row = gt_alloc(ctx, (size_t)spec.n_cols, sizeof *k->row);
        st = k->important == NULL || k->number == NULL || k->level == NULL || k->row == NULL
                 ? GT_E_MEMORY
                 : GT_OK;
    }
    return st;
}

/* Important cells of every patch. */
static gt_status weigh(gt_ctx *ctx, gt_job *job, gt_grid *numbers, double from, choice *k)
{
    const gt_grid_spec *s = gt_grid_facts(numbers);
    if (job->in[IMPORTANCE] == NULL) {
        return GT_OK;
    }
    double *v = gt_alloc(ctx, (size_t)s->n_cols, sizeof *v);
    gt_status st = v == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t y = 0; st == GT_OK && y < s->n_rows; y++) {
        const gt_window w = {0, y, s->n_cols, 1};
        st = gt_grid_read(ctx, numbers, &w, GT_CELL_I32, k->row, (size_t)s->n_cols);
        if (st == GT_OK) {
            st = gt_grid_read(ctx, job->in[IMPORTANCE], &w, GT_CELL_F64, v, (size_t)s->n_cols);
        }
        for (int64_t x = 0; st == GT_OK && x < s->n_cols; x++) {
            if (k->row[x] != GT_NODATA_I32 && v[x] >= from) {
                k->important[k->row[x] - 1]++;
            }
        }
        st = st == GT_OK && y % 64 == 0 ? gt_check_cancel(ctx) : st;
    }
    gt_free(ctx, v);
    return st;
}

static void choose(const gt_model_call *call, double cell_ha, bool weighed, choice *k)
{
    const gt_model_value *levels = gt_model_with(call, "levels");
    double area = gt_model_real(call, "area") / 1e4, share = gt_model_real(call, "share");
    int32_t n = 0;
    for (size_t i = 0; i < k->n; i++) {
        double cells = (double)k->list[i].cells, ha = cells * cell_ha;
        if (ha < area || (weighed && (double)k->important[i] < share * cells)) {
            continue;
        }
        k->number[i] = ++n;
        k->level[i] = 1;
        for (size_t l = 0; levels != NULL && l < levels->n; l++) {
            k->level[i] += ha >= levels->reals[l] / 1e4 ? 1 : 0;
        }
    }
}

static gt_status write_grids(gt_ctx *ctx, gt_job *job, gt_grid *numbers, choice *k)
{
    const gt_grid_spec *s = gt_grid_facts(numbers);
    int32_t *level = gt_alloc(ctx, (size_t)s->n_cols, sizeof *level);
    gt_status st = level == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t y = 0; st == GT_OK && y < s->n_rows; y++) {
        const gt_window w = {0, y, s->n_cols, 1};
        st = gt_grid_read(ctx, numbers, &w, GT_CELL_I32, k->row, (size_t)s->n_cols);
        for (int64_t x = 0; st == GT_OK && x < s->n_cols; x++) {
            int32_t p = k->row[x];
            bool in = p != GT_NODATA_I32 && k->number[p - 1] > 0;
            k->row[x] = in ? k->number[p - 1] : GT_NODATA_I32;
            level[x] = in ? k->level[p - 1] : GT_NODATA_I32;
        }
        if (st == GT_OK) {
            st = gt_grid_write(ctx, job->out[OUT_NUMBER], &w, GT_CELL_I32, k->row,
                               (size_t)s->n_cols);
        }
        if (st == GT_OK && job->out[OUT_LEVEL] != NULL) {
            st = gt_grid_write(ctx, job->out[OUT_LEVEL], &w, GT_CELL_I32, level, (size_t)s->n_cols);
        }
        st = st == GT_OK && y % 64 == 0 ? gt_check_cancel(ctx) : st;
    }
    gt_free(ctx, level);
    return st;
}

static gt_status write_table(gt_ctx *ctx, const char *path, double cell, bool weighed,
                             const choice *k)
{
    gt_text out;
    if (path == NULL) {
        return GT_OK;
    }
    gt_text_init(&out, ctx, 0);
    gt_text_puts(&out, "node,cells,area,important,level\n");
    for (size_t i = 0; i < k->n; i++) {
        if (k->number[i] == 0) {
            continue;
        }
        gt_text_printf(&out, "%d,%llu,", (int)k->number[i], (unsigned long long)k->list[i].cells);
        gt_table_real(&out, (double)k->list[i].cells * cell);
        gt_text_putc(&out, ',');
        gt_table_real(&out,
                      weighed ? (double)k->important[i] / (double)k->list[i].cells : (double)NAN);
        gt_text_printf(&out, ",%d\n", k->level[i]);
    }
    gt_status st = gt_table_write(ctx, path, &out);
    gt_text_free(&out);
    return st;
}

static gt_status check_levels(gt_ctx *ctx, const gt_model_value *v)
{
    if (v != NULL && v->n >= LEVELS_MAX) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_TOO_MANY, GT_NOWHERE,
                       GT_ARGS(GT_INT("n", v->n), GT_INT("most", LEVELS_MAX - 1),
                               GT_TEXT("what", "levels"), GT_TEXT("what_zh", "分级界限")));
    }
    return GT_OK;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job = {0};
    gt_grid *numbers = NULL;
    choice k = {0};
    gt_status st = check_levels(ctx, gt_model_with(call, "levels"));
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? gt_job_make(ctx, &job, OUT_NUMBER, GT_CELL_I32) : st;
    st = st == GT_OK ? gt_job_make(ctx, &job, OUT_LEVEL, GT_CELL_U8) : st;
    if (st == GT_OK) {
        st = find_patches(ctx, &job, gt_model_with(call, "corners")->integer != 0, &numbers, &k);
    }
    st = st == GT_OK ? weigh(ctx, &job, numbers, gt_model_real(call, "from"), &k) : st;
    if (st == GT_OK) {
        const gt_grid_spec *s = gt_grid_facts(job.in[CORE]);
        double cell = s->cell_x * s->cell_y;
        bool weighed = job.in[IMPORTANCE] != NULL;
        choose(call, cell / 1e4, weighed, &k);
        st = write_grids(ctx, &job, numbers, &k);
        st = st == GT_OK ? write_table(ctx, gt_model_out(call, "nodes"), cell, weighed, &k) : st;
    }
    gt_grid_close(ctx, numbers);
    gt_free(ctx, k.list);
    gt_free(ctx, k.important);
    gt_free(ctx, k.number);
    gt_free(ctx, k.level);
    gt_free(ctx, k.row);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "core",
     .kind = GT_PORT_GRID,
     .title = {"核心区", "core"},
     .note = {"既非无值也非 0 的栅格，如形态学核心区",
              "cells that are neither nodata nor 0, such as the core of mspa"}},
    {.name = "importance",
     .kind = GT_PORT_GRID,
     .title = {"生态重要性", "importance"},
     .optional = true},
    {0}};
static const gt_model_port out[] = {
    {.name = "number",
     .kind = GT_PORT_GRID,
     .title = {"源地编号", "number of the source"},
     .note = {"1 起，按首个栅格的行列次序",
              "from 1, in the order of their first cells, row by row"}},
    {.name = "level",
     .kind = GT_PORT_GRID,
     .title = {"源地级别", "level of the source"},
     .optional = true},
    {.name = "nodes",
     .kind = GT_PORT_TABLE,
     .title = {"源地表", "sources"},
     .optional = true,
     .note = {"CSV：编号、栅格数、面积、重要栅格占比、级别",
              "CSV: number, cells, area, share of important cells, level"}},
    {0}};
static const gt_model_param with[] = {
    {.name = "area",
     .kind = GT_PARAM_REAL,
     .title = {"最小面积", "least area"},
     .unit = "m2",
     .min = 0,
     .max = 1e15},
    {.name = "levels",
     .kind = GT_PARAM_REALS,
     .title = {"升一级的面积界限", "areas from which a level more is given"},
     .unit = "m2",
     .min = 0,
     .max = 1e15,
     .preset = ""},
    {.name = "from",
     .kind = GT_PARAM_REAL,
     .title = {"视为重要的最低值", "least value that is important"},
     .min = -1e30,
     .max = 1e30,
     .preset = "3",
     .source = "3: extremely important in the dual evaluation"},
    {.name = "share",
     .kind = GT_PARAM_REAL,
     .title = {"重要栅格最低占比", "least share of important cells"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0"},
    {.name = "corners",
     .kind = GT_PARAM_BOOL,
     .title = {"角相接也算相连", "connected over corners too"},
     .preset = "yes"},
    {0}};
static const char *const sources[] = {"Yu Kongjian 1999 (生态安全格局)",
                                      "资源环境承载能力和国土空间开发适宜性评价指南（试行）2020",
                                      NULL};

const gt_model GT_MODEL_ECOLOGICAL_SOURCES = {
    .name = "ecological-sources",
    .group = "connect",
    .version = 1,
    .title = {"生态源地识别", "ecological sources"},
    .what =
        {"核心区斑块中面积达标、重要栅格占比达标者为源地，统一编号并按面积分级。",
         "Patches of core that are large enough and hold enough important cells, numbered, with a "
         "level by area."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .need = {.stays = 1, .scratch = 9},
    .law = "60 bytes a patch; scratch files of 9 bytes a cell",
    .sources = sources,
    .run = run};
