/* Codes to numbers by a table. */
#include <math.h>

#include "model/job.h"

static void lookup_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        c->out[0][i] = gt_table_at(c->user, c->in[0][i]);
    }
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_value *other = gt_model_with(call, "otherwise");
    gt_table *table = gt_table_new(ctx, call, "table", other == NULL ? (double)NAN : other->real);
    if (table == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_job_local(ctx, call, GT_CELL_F32, lookup_row, table);
    gt_free(ctx, table);
    return st;
}

static const gt_model_port in[] = {
    {.name = "classes", .kind = GT_PORT_GRID, .title = {"类别", "classes"}}, {0}};
static const gt_model_port out[] = {
    {.name = "values", .kind = GT_PORT_GRID, .title = {"数值", "values"}}, {0}};
static const gt_model_param with[] = {
    {.name = "table", .kind = GT_PARAM_PAIRS, .title = {"编码与数值", "number of each code"}},
    {.name = "otherwise",
     .kind = GT_PARAM_REAL,
     .title = {"其他编码的数值（默认无值）", "number of other codes (default: nodata)"},
     .preset = ""},
    {0}};
static const char *const sources[] = {"map algebra (Tomlin 1990)", NULL};

const gt_model GT_MODEL_LOOKUP = {.name = "lookup",
                                  .group = "algebra",
                                  .version = 1,
                                  .title = {"按类赋值", "lookup"},
                                  .what = {"类别编码换成数值，如地类换成阻力、C 因子、碳密度。",
                                           "A number for each code: land classes to friction, "
                                           "cover factor, carbon density."},
                                  .in = in,
                                  .out = out,
                                  .with = with,
                                  .reach = GT_REACH_LOCAL,
                                  .law =
                                      "blocks of the walk: 16 bytes a cell of a block and thread",
                                  .sources = sources,
                                  .run = run};
