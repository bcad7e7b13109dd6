/* Soil lost to the wind and what plants keep of it (RWEQ). */
#include <math.h>

#include "model/job.h"

/* ---- soil ---------------------------------------------------------------------------------------
 */

enum { SAND = 0, SILT, CLAY, ORGANIC, LIME };

typedef struct dry_soil {
    double organic, lime;
} dry_soil;

static double bounded(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v; /* keeps nodata */
}

static void dry_soil_row(const gt_cells *c)
{
    const dry_soil *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double sand = c->in[SAND][i], silt = c->in[SILT][i], clay = c->in[CLAY][i];
        double organic = c->in[ORGANIC] != NULL ? c->in[ORGANIC][i] : k->organic;
        double lime = c->in[LIME] != NULL ? c->in[LIME][i] : k->lime;
        bool known = sand >= 0 && silt >= 0 && clay > 0 && organic >= 0 && lime >= 0;
        double ef = (29.09 + 0.31 * sand + 0.17 * silt + 0.33 * sand / clay - 2.59 * organic -
                     0.95 * lime) /
                    100;
        c->out[0][i] = known ? bounded(ef) : (double)NAN;
        if (c->out[1] != NULL) {
            double crust = 1 / (1 + 0.0066 * clay * clay + 0.021 * organic * organic);
            c->out[1][i] = known ? crust : (double)NAN;
        }
    }
}

static gt_status run_dry_soil(gt_ctx *ctx, const gt_model_call *call)
{
    const dry_soil k = {gt_model_real(call, "organic"), gt_model_real(call, "lime")};
    return gt_job_local(ctx, call, GT_CELL_F32, dry_soil_row, &k);
}

#define SHARE(id, zh, en, may)                                                                     \
    {                                                                                              \
        .name = (id), .kind = GT_PORT_GRID, .title = {(zh), (en)}, .unit = "%", .optional = (may)  \
    }
static const gt_model_port dry_soil_in[] = {SHARE("sand", "砂粒含量", "sand", false),
                                            SHARE("silt", "粉粒含量", "silt", false),
                                            SHARE("clay", "黏粒含量", "clay", false),
                                            SHARE("organic", "有机质含量", "organic matter", true),
                                            SHARE("lime", "碳酸钙含量", "calcium carbonate", true),
                                            {0}};
static const gt_model_port dry_soil_out[] = {{.name = "erodible",
                                              .kind = GT_PORT_GRID,
                                              .title = {"土壤可蚀性因子", "erodible fraction EF"},
                                              .unit = "1",
                                              .note = {"截于 0 至 1", "cut to 0 .. 1"}},
                                             {.name = "crust",
                                              .kind = GT_PORT_GRID,
                                              .title = {"土壤结皮因子", "soil crust factor SCF"},
                                              .unit = "1",
                                              .optional = true},
                                             {0}};
static const gt_model_param dry_soil_with[] = {
    {.name = "organic",
     .kind = GT_PARAM_REAL,
     .title = {"有机质含量（无栅格时，%）", "organic matter in percent where there is no grid"},
     .min = 0,
     .max = 100,
     .preset = "1.5"},
    {.name = "lime",
     .kind = GT_PARAM_REAL,
     .title = {"碳酸钙含量（无栅格时，%）", "calcium carbonate in percent where there is no grid"},
     .min = 0,
     .max = 100,
     .preset = "0"},
    {0}};
static const char *const dry_soil_sources[] = {"Fryrear et al. 2000 (RWEQ)", NULL};

const gt_model GT_MODEL_WIND_ERODIBILITY = {
    .name = "wind-erodibility",
    .group = "soil",
    .version = 1,
    .title = {"风蚀土壤因子", "soil factors of wind erosion"},
    .what = {"由土壤质地、有机质和碳酸钙含量求修正风蚀方程的土壤可蚀性因子与结皮因子；黏粒为 0 "
             "处无值。",
             "Erodible fraction and crust factor of RWEQ from texture, organic matter and lime; "
             "nodata where there is no clay."},
    .in = dry_soil_in,
    .out = dry_soil_out,
    .with = dry_soil_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = dry_soil_sources,
    .run = run_dry_soil};

/* ---- loss and what is kept ----------------------------------------------------------------------
 */

enum { WEATHER = 0, ERODIBLE, CRUST, ROUGH, COVER };

typedef struct wind {
    double distance, roughness;
} wind;

/* kg/m2 by the product of all factors. At 0 the critical field length is infinite: nothing moves.
 */
static double loss_of(const wind *k, double factors)
{
    if (!(factors > 0)) {
        return factors < 0 ? (double)NAN : factors;
    }
    double most = 109.8 * factors, s = 150.71 * pow(factors, -0.3711), z = k->distance;
    return z / s > 26 ? 0 : 2 * z / (s * s) * most * exp(-(z / s) * (z / s)); /* exp(-676) is 0 */
}

static void wind_row(const gt_cells *c)
{
    const wind *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double rough = c->in[ROUGH] != NULL ? c->in[ROUGH][i] : k->roughness;
        double bare = c->in[WEATHER][i] * c->in[ERODIBLE][i] * c->in[CRUST][i] * rough;
        double loss = loss_of(k, bare * c->in[COVER][i]), most = loss_of(k, bare);
        const double parts[] = {loss, most + 0 * loss, most - loss};
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            if (c->out[p] != NULL) {
                c->out[p][i] = parts[p];
            }
        }
    }
}

static gt_status run_wind(gt_ctx *ctx, const gt_model_call *call)
{
    const wind k = {gt_model_real(call, "distance"), gt_model_real(call, "roughness")};
    return gt_job_local(ctx, call, GT_CELL_F32, wind_row, &k);
}

static const gt_model_port wind_in[] = {
    {.name = "weather",
     .kind = GT_PORT_GRID,
     .title = {"气象因子", "weather factor WF"},
     .unit = "kg/m",
     .note = {"由风速、土壤湿度、积雪求得", "of wind, soil moisture and snow"}},
    {.name = "erodible",
     .kind = GT_PORT_GRID,
     .title = {"土壤可蚀性因子", "erodible fraction EF"},
     .unit = "1"},
    {.name = "crust",
     .kind = GT_PORT_GRID,
     .title = {"土壤结皮因子", "soil crust factor SCF"},
     .unit = "1"},
    {.name = "rough",
     .kind = GT_PORT_GRID,
     .title = {"地表糙度因子", "roughness factor K'"},
     .unit = "1",
     .optional = true},
    {.name = "cover",
     .kind = GT_PORT_GRID,
     .title = {"植被因子", "vegetation factor C"},
     .unit = "1",
     .note = {"1 为裸地", "1 is bare"}},
    {0}};
#define AMOUNT(id, zh, en, may)                                                                    \
    {                                                                                              \
        .name = (id), .kind = GT_PORT_GRID, .title = {(zh), (en)}, .unit = "kg/m2",                \
        .optional = (may)                                                                          \
    }
static const gt_model_port wind_out[] = {
    AMOUNT("loss", "风蚀量", "soil loss", false),
    AMOUNT("potential", "潜在风蚀量", "soil loss of bare ground", true),
    {.name = "fixed",
     .kind = GT_PORT_GRID,
     .title = {"防风固沙量", "sand fixed"},
     .unit = "kg/m2",
     .optional = true,
     .note = {"潜在风蚀量减风蚀量；风力极强处公式饱和，可为负",
              "potential less actual; where winds are so strong that the equation saturates it may "
              "be below 0"}},
    {0}};
static const gt_model_param wind_with[] = {
    {.name = "distance",
     .kind = GT_PARAM_REAL,
     .title = {"下风向最大风蚀出现距离", "distance downwind"},
     .unit = "m",
     .min = 1,
     .max = 10000,
     .preset = "50",
     .source = "生态保护红线划定指南 2017"},
    {.name = "roughness",
     .kind = GT_PARAM_REAL,
     .title = {"糙度因子（无栅格时）", "roughness factor where there is no grid"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "1"},
    {0}};
static const char *const wind_sources[] = {"Fryrear et al. 2000 (RWEQ)",
                                           "生态保护红线划定指南 2017", NULL};

const gt_model GT_MODEL_WIND_EROSION = {
    .name = "wind-erosion",
    .group = "soil",
    .version = 1,
    .title = {"风蚀与防风固沙（RWEQ）", "soil loss by wind and sand fixed (RWEQ)"},
    .what = {"修正风蚀方程：Qmax = 109.8 WF·EF·SCF·K'·C，s = 150.71 (WF·EF·SCF·K'·C)^−0.3711，SL = "
             "2z/s²·Qmax·exp(−(z/s)²)；防风固沙量为裸地风蚀量与实际风蚀量之差。",
             "RWEQ: Qmax = 109.8 WF EF SCF K' C, s = 150.71 (WF EF SCF K' C)^-0.3711, SL = 2z/s^2 "
             "Qmax exp(-(z/s)^2); sand fixed is the loss of bare ground less the actual loss."},
    .in = wind_in,
    .out = wind_out,
    .with = wind_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = wind_sources,
    .run = run_wind};
