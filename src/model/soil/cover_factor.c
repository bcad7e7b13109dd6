/* Cover: share of vegetation from an index, and the cover factor from that share. */
#include <math.h>

#include "model/job.h"

/* ---- vegetation cover ---------------------------------------------------------------------------
 */

typedef struct ends {
    double bare, full;
} ends;

static void vegetation_row(const gt_cells *c)
{
    const ends *e = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double f = (c->in[0][i] - e->bare) / (e->full - e->bare);
        c->out[0][i] = f < 0 ? 0 : f > 1 ? 1 : f;
    }
}

static gt_status run_vegetation(gt_ctx *ctx, const gt_model_call *call)
{
    const ends e = {gt_model_real(call, "bare"), gt_model_real(call, "full")};
    return gt_job_local(ctx, call, GT_CELL_F32, vegetation_row, &e);
}

static const gt_model_port ndvi[] = {
    {.name = "ndvi", .kind = GT_PORT_GRID, .title = {"植被指数", "NDVI"}, .unit = "1"}, {0}};
static const gt_model_port cover_out[] = {{.name = "cover",
                                           .kind = GT_PORT_GRID,
                                           .title = {"植被覆盖度", "vegetation cover"},
                                           .unit = "1"},
                                          {0}};
static const gt_model_param vegetation_with[] = {
    {.name = "bare",
     .kind = GT_PARAM_REAL,
     .title = {"裸土的植被指数", "index of bare soil"},
     .min = -1,
     .max = 0.5,
     .preset = "0.05",
     .source = "usual; better the 5 % point of the scene"},
    {.name = "full",
     .kind = GT_PARAM_REAL,
     .title = {"全覆盖的植被指数", "index of full cover"},
     .min = 0.51,
     .max = 1,
     .preset = "0.95",
     .source = "usual; better the 95 % point of the scene"},
    {0}};
static const char *const vegetation_sources[] = {"Gutman and Ignatov 1998", NULL};

const gt_model GT_MODEL_VEGETATION_COVER = {
    .name = "vegetation-cover",
    .group = "soil",
    .version = 1,
    .title = {"植被覆盖度", "vegetation cover"},
    .what = {"由植被指数按像元二分模型求覆盖度，限于 0—1。",
             "Share of vegetation from NDVI by two end members, kept within 0 .. 1."},
    .in = ndvi,
    .out = cover_out,
    .with = vegetation_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 16 bytes a cell of a block and thread",
    .sources = vegetation_sources,
    .run = run_vegetation};

/* ---- cover factor -------------------------------------------------------------------------------
 */

static void factor_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        double f = 100 * c->in[0][i];
        double v = 0.6508 - 0.3436 * log10(f);
        c->out[0][i] = isnan(f) ? f : f <= 0 ? 1 : f > 78.3 ? 0 : v < 0 ? 0 : v > 1 ? 1 : v;
    }
}

static gt_status run_factor(gt_ctx *ctx, const gt_model_call *call)
{
    return gt_job_local(ctx, call, GT_CELL_F32, factor_row, NULL);
}

static const gt_model_port factor_in[] = {{.name = "cover",
                                           .kind = GT_PORT_GRID,
                                           .title = {"植被覆盖度", "vegetation cover"},
                                           .unit = "1"},
                                          {0}};
static const gt_model_port factor_out[] = {
    {.name = "c", .kind = GT_PORT_GRID, .title = {"植被覆盖因子 C", "cover factor C"}, .unit = "1"},
    {0}};
static const gt_model_param none[] = {{0}};
static const char *const factor_sources[] = {"蔡崇法等 2000 (Cai et al.)", NULL};

const gt_model GT_MODEL_COVER_FACTOR = {
    .name = "cover-factor",
    .group = "soil",
    .version = 1,
    .title = {"植被覆盖因子", "cover factor"},
    .what = {"C = 0.6508 − 0.3436 lg(覆盖度%)；无覆盖为 1，大于 78.3% 为 0。",
             "C = 0.6508 - 0.3436 log10(cover in percent); 1 without cover, 0 above 78.3 %."},
    .in = factor_in,
    .out = factor_out,
    .with = none,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 16 bytes a cell of a block and thread",
    .sources = factor_sources,
    .run = run_factor};
