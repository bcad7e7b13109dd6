/* Soil erodibility from texture and organic carbon. */
#include <math.h>

#include "model/job.h"

static double epic(double sand, double silt, double clay, double carbon)
{
    double sn = 1 - sand / 100;
    return (0.2 + 0.3 * exp(-0.0256 * sand * (1 - silt / 100))) * pow(silt / (clay + silt), 0.3) *
           (1 - 0.25 * carbon / (carbon + exp(3.72 - 2.95 * carbon))) *
           (1 - 0.7 * sn / (sn + exp(-5.51 + 22.9 * sn)));
}

static void erodibility_row(const gt_cells *c)
{
    bool china = *(const bool *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double silt = c->in[1][i], clay = c->in[2][i];
        double k = silt + clay > 0 ? epic(c->in[0][i], silt, clay, c->in[3][i]) : (double)NAN;
        c->out[0][i] = 0.1317 * (china ? fmax(0, -0.01383 + 0.51575 * k) + 0 * k : k);
    }
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    bool china = gt_model_with(call, "china")->integer != 0;
    return gt_job_local(ctx, call, GT_CELL_F32, erodibility_row, &china);
}

static const gt_model_port in[] = {
    {.name = "sand", .kind = GT_PORT_GRID, .title = {"砂粒含量", "sand"}, .unit = "%"},
    {.name = "silt", .kind = GT_PORT_GRID, .title = {"粉粒含量", "silt"}, .unit = "%"},
    {.name = "clay", .kind = GT_PORT_GRID, .title = {"黏粒含量", "clay"}, .unit = "%"},
    {.name = "carbon",
     .kind = GT_PORT_GRID,
     .title = {"有机碳含量", "organic carbon"},
     .unit = "%"},
    {0}};
static const gt_model_port out[] = {{.name = "k",
                                     .kind = GT_PORT_GRID,
                                     .title = {"土壤可蚀性 K", "soil erodibility K"},
                                     .unit = "t.ha.h/(ha.MJ.mm)"},
                                    {0}};
static const gt_model_param with[] = {{.name = "china",
                                       .kind = GT_PARAM_BOOL,
                                       .title = {"按中国土壤修正", "corrected for soils of China"},
                                       .preset = "yes",
                                       .source = "Zhang et al. 2008"},
                                      {0}};
static const char *const sources[] = {"Williams 1990 (EPIC)", "Zhang et al. 2008", NULL};

const gt_model GT_MODEL_ERODIBILITY = {
    .name = "erodibility",
    .group = "soil",
    .version = 1,
    .title = {"土壤可蚀性", "soil erodibility"},
    .what = {"由砂、粉、黏粒与有机碳含量求 K（EPIC），结果为国际单位。",
             "K from sand, silt, clay and organic carbon (EPIC), in SI units."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 40 bytes a cell of a block and thread",
    .sources = sources,
    .run = run};
