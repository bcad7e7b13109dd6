/* Service coverage: which homes lie within reach of a park (or any place of service), straight or
 * along ways, reach by the size of the place; where the blind spots are, and the shares. */
#include <math.h>
#include <stdlib.h>

#include "guotu/grid_analysis.h"
#include "model/connect/messages.h"
#include "model/connect/tables.h"
#include "model/job.h"
#include "model/messages.h"

enum { PLACES = 0, HOMES, WAYS, OUT_SERVED = 0, TIERS_MAX = 8 };

typedef struct service {
    gt_ctx *ctx;
    gt_job *job;
    int64_t cols, rows;
    double cell;
    gt_grid *number;   /* patches of places */
    gt_patch *patches; /* */
    size_t n_patches;
    uint8_t *served;
    int32_t *row;
    float *far;
    double snap;
} service;

static gt_status scratch(service *s, gt_cell type, gt_grid **out)
{
    gt_grid_spec spec;
    gt_grid_spec_like(s->job->in[PLACES], type, &spec);
    spec.nodata = (double)NAN;
    spec.packing = GT_GRID_PLAIN;
    spec.tile = 0;
    spec.overviews = 0;
    return gt_grid_create_scratch(s->ctx, NULL, &spec, out);
}

static void flat_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        double v = c->in[PLACES][i];
        c->out[0][i] = isnan(v) || v == 0 ? (double)NAN : 1;
    }
}

static gt_status find_places(service *s)
{
    gt_grid *flat = NULL, *kept = s->job->out[0];
    gt_status st = scratch(s, GT_CELL_U8, &flat);
    st = st == GT_OK ? scratch(s, GT_CELL_I32, &s->number) : st;
    if (st == GT_OK) {
        s->job->out[0] = flat;
        st = gt_job_cells(s->ctx, s->job, 0, flat_row, NULL);
        s->job->out[0] = kept;
    }
    if (st == GT_OK) {
        st = gt_grid_patches(s->ctx, flat, true, s->number, &s->patches, &s->n_patches);
    }
    gt_grid_close(s->ctx, flat);
    return st;
}

/* Cells of the places of least .. below most m2 into `to`; *any: there are some. */
static gt_status pick(service *s, double least, double most, gt_grid *to, bool *any)
{
    double area = s->cell * s->cell;
    gt_status st = GT_OK;
    *any = false;
    for (int64_t y = 0; st == GT_OK && y < s->rows; y++) {
        const gt_window w = {0, y, s->cols, 1};
        st = gt_grid_read(s->ctx, s->number, &w, GT_CELL_I32, s->row, (size_t)s->cols);
        for (int64_t x = 0; st == GT_OK && x < s->cols; x++) {
            double size =
                s->row[x] == GT_NODATA_I32 ? -1 : (double)s->patches[s->row[x] - 1].cells * area;
            bool in = size >= least && size < most;
            s->row[x] = in ? 1 : GT_NODATA_I32;
            *any = *any || in;
        }
        st = st == GT_OK ? gt_grid_write(s->ctx, to, &w, GT_CELL_I32, s->row, (size_t)s->cols) : st;
        st = st == GT_OK && y % 64 == 0 ? gt_check_cancel(s->ctx) : st;
    }
    return st;
}

/* Cells with a distance: into s->served, or, where they must first be widened, into `to`. */
static gt_status gather(service *s, gt_grid *far, gt_grid *to)
{
    gt_status st = GT_OK;
    for (int64_t y = 0; st == GT_OK && y < s->rows; y++) {
        const gt_window w = {0, y, s->cols, 1};
        st = gt_grid_read(s->ctx, far, &w, GT_CELL_F32, s->far, (size_t)s->cols);
        for (int64_t x = 0; st == GT_OK && x < s->cols; x++) {
            s->row[x] = isnan(s->far[x]) ? GT_NODATA_I32 : 1;
            s->served[y * s->cols + x] |= to == NULL && !isnan(s->far[x]) ? 1 : 0;
        }
        if (st == GT_OK && to != NULL) {
            st = gt_grid_write(s->ctx, to, &w, GT_CELL_I32, s->row, (size_t)s->cols);
        }
    }
    return st;
}

/* Straight distances start at the rim of a place, which lies half a cell from its cells' centres.
 */
static gt_status reach_straight(service *s, gt_grid *from, double reach)
{
    gt_grid *far = NULL;
    gt_distance_options o;
    gt_distance_options_init(&o);
    o.max_distance = reach + s->cell / 2;
    gt_status st = scratch(s, GT_CELL_F32, &far);
    st = st == GT_OK ? gt_grid_distance(s->ctx, from, &o, far, NULL) : st;
    st = st == GT_OK ? gather(s, far, NULL) : st;
    gt_grid_close(s->ctx, far);
    return st;
}

/* Along ways: what is reached is widened by the snap, for homes lie beside the way. */
static gt_status reach_ways(service *s, gt_grid *from, double reach)
{
    gt_grid *far = NULL, *reached = NULL;
    gt_cost_options o;
    gt_cost_facts facts;
    gt_cost_options_init(&o);
    o.max_cost = reach;
    gt_status st = scratch(s, GT_CELL_F32, &far);
    st = st == GT_OK ? scratch(s, GT_CELL_I32, &reached) : st;
    st = st == GT_OK ? gt_grid_cost_distance(s->ctx, s->job->in[WAYS], from, &o, far, NULL, &facts)
                     : st;
    st = st == GT_OK ? gather(s, far, reached) : st;
    st = st == GT_OK ? reach_straight(s, reached, s->snap - s->cell / 2) : st;
    gt_grid_close(s->ctx, far);
    gt_grid_close(s->ctx, reached);
    return st;
}

static gt_status reach_all(service *s, const gt_model_value *areas, const gt_model_value *reaches)
{
    gt_grid *from = NULL;
    gt_status st = scratch(s, GT_CELL_I32, &from);
    for (size_t k = 0; st == GT_OK && k < areas->n; k++) {
        bool any = false;
        double most = k + 1 < areas->n ? areas->reals[k + 1] : (double)INFINITY;
        st = pick(s, areas->reals[k], most, from, &any);
        if (st == GT_OK && any) {
            st = s->job->in[WAYS] == NULL ? reach_straight(s, from, reaches->reals[k])
                                          : reach_ways(s, from, reaches->reals[k]);
        }
    }
    gt_grid_close(s->ctx, from);
    return st;
}

/* Where homes are: 1 served, 0 a blind spot; sums row by row. */
static gt_status write_served(service *s, double *all, double *served)
{
    gt_status st = GT_OK;
    for (int64_t y = 0; st == GT_OK && y < s->rows; y++) {
        const gt_window w = {0, y, s->cols, 1};
        st = gt_grid_read(s->ctx, s->job->in[HOMES], &w, GT_CELL_F32, s->far, (size_t)s->cols);
        for (int64_t x = 0; st == GT_OK && x < s->cols; x++) {
            bool home = s->far[x] > 0;
            uint8_t in = s->served[y * s->cols + x];
            s->row[x] = home ? in : GT_NODATA_I32;
            *all += home ? (double)s->far[x] : 0;
            *served += home && in != 0 ? (double)s->far[x] : 0;
        }
        if (st == GT_OK) {
            st = gt_grid_write(s->ctx, s->job->out[OUT_SERVED], &w, GT_CELL_I32, s->row,
                               (size_t)s->cols);
        }
    }
    return st;
}

static gt_status write_table(gt_ctx *ctx, const char *path, double all, double served)
{
    gt_text out;
    if (path == NULL) {
        return GT_OK;
    }
    gt_text_init(&out, ctx, 0);
    gt_text_puts(&out, "homes,served,blind,coverage_percent\n");
    gt_table_real(&out, all);
    gt_text_putc(&out, ',');
    gt_table_real(&out, served);
    gt_text_putc(&out, ',');
    gt_table_real(&out, all - served);
    gt_text_putc(&out, ',');
    gt_table_real(&out, all > 0 ? 100 * served / all : (double)NAN);
    gt_text_putc(&out, '\n');
    gt_status st = gt_table_write(ctx, path, &out);
    gt_text_free(&out);
    return st;
}

static gt_status check_tiers(gt_ctx *ctx, const gt_model_value *areas,
                             const gt_model_value *reaches)
{
    if (areas->n != reaches->n || areas->n > TIERS_MAX) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_TIERS, GT_NOWHERE,
                       GT_ARGS(GT_INT("areas", areas->n), GT_INT("reaches", reaches->n),
                               GT_INT("most", TIERS_MAX)));
    }
    for (size_t i = 1; i < areas->n; i++) {
        if (areas->reals[i] <= areas->reals[i - 1]) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_ASCEND, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", "areas")));
        }
    }
    return GT_OK;
}

static gt_status work(service *s, const gt_model_call *call)
{
    const gt_grid_spec *f = gt_grid_facts(s->job->in[PLACES]);
    double all = 0, served = 0;
    s->cols = f->n_cols;
    s->rows = f->n_rows;
    s->cell = f->cell_x;
    if (fabs(f->cell_x - f->cell_y) > 1e-9 * f->cell_x) {
        return gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_CONNECT_SQUARE,
                       GT_PLACE(.file = gt_model_in(call, "places")),
                       GT_ARGS(GT_REAL("x", f->cell_x), GT_REAL("y", f->cell_y)));
    }
    s->served = gt_zalloc(s->ctx, (size_t)(s->cols * s->rows), 1);
    s->row = gt_alloc(s->ctx, (size_t)s->cols, sizeof *s->row);
    s->far = gt_alloc(s->ctx, (size_t)s->cols, sizeof *s->far);
    gt_status st = s->served == NULL || s->row == NULL || s->far == NULL ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK ? find_places(s) : st;
    st = st == GT_OK ? reach_all(s, gt_model_with(call, "areas"), gt_model_with(call, "reaches"))
                     : st;
    st = st == GT_OK ? write_served(s, &all, &served) : st;
    return st == GT_OK ? write_table(s->ctx, gt_model_out(call, "coverage"), all, served) : st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job = {0};
    service s = {.ctx = ctx, .job = &job, .snap = gt_model_real(call, "snap")};
    gt_status st = check_tiers(ctx, gt_model_with(call, "areas"), gt_model_with(call, "reaches"));
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? gt_job_make(ctx, &job, OUT_SERVED, GT_CELL_U8) : st;
    st = st == GT_OK ? work(&s, call) : st;
    gt_grid_close(ctx, s.number);
    gt_free(ctx, s.patches);
    gt_free(ctx, s.served);
    gt_free(ctx, s.row);
    gt_free(ctx, s.far);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "places",
     .kind = GT_PORT_GRID,
     .title = {"公园等服务地", "parks or other places"},
     .note = {"既非无值也非 0 的栅格，相连者为一处；正方形栅格，米",
              "cells that are neither nodata nor 0, connected ones are one place; square cells, "
              "metres"}},
    {.name = "homes",
     .kind = GT_PORT_GRID,
     .title = {"居住（面积、户或人）", "homes (area, dwellings or people)"},
     .note = {"大于 0 的栅格计入，按其值加权", "cells above 0 count, by their value"}},
    {.name = "ways",
     .kind = GT_PORT_GRID,
     .title = {"步行网络", "ways"},
     .optional = true,
     .note =
         {"可行处为每米代价（平地 1），不可行无值；缺省按直线距离",
          "cost of a metre where one can walk (1 on the flat), else nodata; without: straight"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "served",
     .kind = GT_PORT_GRID,
     .title = {"服务覆盖", "served"},
     .note = {"1 覆盖、0 盲区，无居住处无值", "1 served, 0 a blind spot, nodata without homes"}},
    {.name = "coverage",
     .kind = GT_PORT_TABLE,
     .title = {"覆盖率", "coverage"},
     .optional = true,
     .note = {"CSV：居住总量、覆盖量、盲区量、覆盖率", "CSV: homes, served, blind, percent"}},
    {0}};
static const gt_model_param with[] = {
    {.name = "areas",
     .kind = GT_PARAM_REALS,
     .title = {"服务地各档最小面积（递增）", "least area of a place, by tier, ascending"},
     .unit = "m2",
     .min = 0,
     .max = 1e15,
     .preset = "0"},
    {.name = "reaches",
     .kind = GT_PARAM_REALS,
     .title = {"各档服务半径", "reach by tier"},
     .unit = "m",
     .min = 0.001,
     .max = 1e6,
     .preset = "500",
     .source = "北京市生态安全格局专项规划; 城市体检: 2000-5000 m2 300 m, from 5000 m2 500 m"},
    {.name = "snap",
     .kind = GT_PARAM_REAL,
     .title = {"居住至步行网络的距离", "distance of homes from a way"},
     .unit = "m",
     .min = 0,
     .max = 10000,
     .preset = "50"},
    {0}};
static const char *const sources[] = {"TD/T 1062-2021 社区生活圈规划技术指南",
                                      "住房和城乡建设部城市体检指标体系", NULL};

const gt_model GT_MODEL_SERVICE_COVERAGE = {
    .name = "service-coverage",
    .group = "access",
    .version = 1,
    .title = {"服务覆盖与盲区", "service coverage"},
    .what = {"居住地是否在公园等服务地的服务半径内：直线距离自服务地边界起算，或沿步行网络（15 "
             "分钟步行约 1000 "
             "米）；各档取并集，不重复计。",
             "Which homes lie within reach of a place: straight from its rim, or along ways (15 "
             "minutes "
             "on foot are about 1000 m); tiers are united, nothing counts twice."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .need = {.stays = 1, .scratch = 16},
    .law = "1 byte a cell, and scratch files of 16",
    .sources = sources,
    .run = run};
