/* Sensitivity to water erosion, and importance of keeping soil and water, by grades. */
#include <math.h>

#include "model/job.h"

/* ---- sensitivity --------------------------------------------------------------------------------
 */

enum { RAIN = 0, SOIL, RELIEF, COVER };

static double grade(double v, double low, double high)
{
    return v < low ? 1 : v <= high ? 3 : 5;
}

static double class_of(double ss)
{
    return isnan(ss) ? ss : ss <= 2 ? 1 : ss <= 4 ? 2 : 3;
}

static void sensitivity_row(const gt_cells *c)
{
    double constant = *(const double *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double r = c->in[RAIN] != NULL ? c->in[RAIN][i] : constant;
        double k = c->in[SOIL][i], h = c->in[RELIEF][i], f = c->in[COVER][i];
        double hole = 0 * (r + k + h + f);
        double cover = f >= 0.6 ? 1 : f > 0.2 ? 3 : 5;
        double relief = h <= 50 ? 1 : h <= 300 ? 3 : 5;
        double ss = sqrt(sqrt(grade(r, 100, 600) * k * relief * cover)) + hole;
        c->out[0][i] = class_of(ss);
    }
}

static gt_status run_sensitivity(gt_ctx *ctx, const gt_model_call *call)
{
    double rain = gt_model_real(call, "rain");
    gt_status st = gt_job_either(ctx, call, "rain", "rain");
    return st == GT_OK ? gt_job_local(ctx, call, GT_CELL_U8, sensitivity_row, &rain) : st;
}

static const gt_model_port sensitivity_in[] = {
    {.name = "rain",
     .kind = GT_PORT_GRID,
     .title = {"降雨侵蚀力 R", "rain erosivity R"},
     .unit = "MJ.mm/(ha.h.yr)",
     .optional = true},
    {.name = "soil",
     .kind = GT_PORT_GRID,
     .title = {"土壤质地等级", "grade of the soil's texture"},
     .note = {"1 石砾、沙、黏土，3 面砂土、壤土，5 砂壤土、粉黏土、壤黏土",
              "1 gravel, sand, clay; 3 loam; 5 sandy loam, silty clay"}},
    {.name = "relief", .kind = GT_PORT_GRID, .title = {"地形起伏度", "relief"}, .unit = "m"},
    {.name = "cover",
     .kind = GT_PORT_GRID,
     .title = {"植被覆盖度", "vegetation cover"},
     .unit = "1"},
    {0}};
static const gt_model_port sensitivity_out[] = {
    {.name = "class",
     .kind = GT_PORT_GRID,
     .title = {"敏感性", "sensitivity"},
     .note = {"3 极敏感，2 敏感，1 一般", "3 extreme, 2 sensitive, 1 usual"}},
    {0}};
static const gt_model_param sensitivity_with[] = {
    {.name = "rain",
     .kind = GT_PARAM_REAL,
     .title = {"R（无栅格时）", "R where there is no grid"},
     .unit = "MJ.mm/(ha.h.yr)",
     .min = 0,
     .max = 50000,
     .preset = ""},
    {0}};
static const char *const sensitivity_sources[] = {
    "生态保护红线划定指南 2017: SS = (R K LS C)^(1/4), grades 1, 3, 5", NULL};

const gt_model GT_MODEL_EROSION_SENSITIVITY = {
    .name = "erosion-sensitivity",
    .group = "soil",
    .version = 1,
    .title = {"水土流失敏感性", "sensitivity to water erosion"},
    .what =
        {"各因子按 1、3、5 赋值，SS 为四因子之积的四次方根；≤2 一般，≤4 敏感，>4 极敏感。",
         "Each factor graded 1, 3, 5; SS is the fourth root of their product; up to 2 usual, up "
         "to 4 sensitive, above extreme."},
    .in = sensitivity_in,
    .out = sensitivity_out,
    .with = sensitivity_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 40 bytes a cell of a block and thread",
    .sources = sensitivity_sources,
    .run = run_sensitivity};

/* ---- importance ---------------------------------------------------------------------------------
 */

typedef struct keeping {
    gt_table *vegetated;
    double steep, fair;
} keeping;

static void importance_row(const gt_cells *c)
{
    const keeping *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double slope = c->in[0][i], cover = c->in[1][i], land = c->in[2][i];
        bool green = gt_table_at(k->vegetated, land) > 0;
        double v = green && slope >= k->steep && cover >= 0.8  ? 3
                   : green && slope >= k->fair && cover >= 0.6 ? 2
                                                               : 1;
        c->out[0][i] = v + 0 * (slope + cover + land);
    }
}

static gt_status run_importance(gt_ctx *ctx, const gt_model_call *call)
{
    keeping k = {.steep = gt_model_real(call, "steep"), .fair = gt_model_real(call, "fair")};
    k.vegetated = gt_table_new(ctx, call, "vegetated", 0);
    if (k.vegetated == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_job_local(ctx, call, GT_CELL_U8, importance_row, &k);
    gt_free(ctx, k.vegetated);
    return st;
}

static const gt_model_port importance_in[] = {
    {.name = "slope", .kind = GT_PORT_GRID, .title = {"坡度", "slope"}, .unit = "degree"},
    {.name = "cover",
     .kind = GT_PORT_GRID,
     .title = {"植被覆盖度", "vegetation cover"},
     .unit = "1"},
    {.name = "land", .kind = GT_PORT_GRID, .title = {"土地覆盖类别", "land cover classes"}},
    {0}};
static const gt_model_port importance_out[] = {
    {.name = "class",
     .kind = GT_PORT_GRID,
     .title = {"水土保持功能重要性", "importance for soil and water"},
     .note = {"3 极重要，2 重要，1 一般", "3 extreme, 2 important, 1 usual"}},
    {0}};
static const gt_model_param importance_with[] = {
    {.name = "vegetated",
     .kind = GT_PARAM_PAIRS,
     .title = {"森林、灌丛、草地类别（编码=1）", "classes of forest, shrub and grass (code=1)"},
     .min = 0,
     .max = 1},
    {.name = "steep",
     .kind = GT_PARAM_REAL,
     .title = {"极重要的坡度下限", "slope of grade 3"},
     .unit = "degree",
     .min = 1,
     .max = 90,
     .preset = "25",
     .source = "trial guide of 2020; 15 in North and Northeast China"},
    {.name = "fair",
     .kind = GT_PARAM_REAL,
     .title = {"重要的坡度下限", "slope of grade 2"},
     .unit = "degree",
     .min = 1,
     .max = 90,
     .preset = "15",
     .source = "trial guide of 2020"},
    {0}};
static const char *const importance_sources[] = {
    "资源环境承载能力和国土空间开发适宜性评价指南（试行）2020", NULL};

const gt_model GT_MODEL_SOIL_KEEPING = {
    .name = "soil-keeping",
    .group = "soil",
    .version = 1,
    .title = {"水土保持功能重要性", "importance for keeping soil and water"},
    .what =
        {"森林、灌丛、草地按坡度与植被覆盖度（80%、60%）分为极重要、重要，其余一般。",
         "Forest, shrub and grass by slope and cover (80 %, 60 %): extreme, important; the rest "
         "usual."},
    .in = importance_in,
    .out = importance_out,
    .with = importance_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 32 bytes a cell of a block and thread",
    .sources = importance_sources,
    .run = run_importance};
