/* Water of a year: evapotranspiration after Zhang, yield after Budyko and Fu as InVEST has it, and
 * what is conserved. */
#include <math.h>

#include "model/job.h"

/* ---- evapotranspiration -------------------------------------------------------------------------
 */

typedef struct zhang {
    gt_table *w, *e0;
} zhang;

static void zhang_row(const gt_cells *c)
{
    const zhang *z = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double p = c->in[0][i], land = c->in[1][i];
        double w = gt_table_at(z->w, land), e0 = gt_table_at(z->e0, land), dry = w * e0 / p;
        c->out[0][i] = p <= 0 ? 0 * (land + w + e0) : p * (1 + dry) / (1 + dry + p / e0);
    }
}

static gt_status run_zhang(gt_ctx *ctx, const gt_model_call *call)
{
    zhang z = {gt_table_new(ctx, call, "w", (double)NAN),
               gt_table_new(ctx, call, "e0", (double)NAN)};
    gt_status st = z.w == NULL || z.e0 == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        st = gt_job_local(ctx, call, GT_CELL_F32, zhang_row, &z);
    }
    gt_free(ctx, z.w);
    gt_free(ctx, z.e0);
    return st;
}

static const gt_model_port zhang_in[] = {
    {.name = "rain", .kind = GT_PORT_GRID, .title = {"年降水量", "rain of a year"}, .unit = "mm"},
    {.name = "land", .kind = GT_PORT_GRID, .title = {"土地覆盖类别", "land cover classes"}},
    {0}};
static const gt_model_port zhang_out[] = {{.name = "et",
                                           .kind = GT_PORT_GRID,
                                           .title = {"实际蒸散量", "evapotranspiration"},
                                           .unit = "mm"},
                                          {0}};
static const gt_model_param zhang_with[] = {
    {.name = "w",
     .kind = GT_PARAM_PAIRS,
     .title = {"各类的植物可利用水系数", "plant-available water coefficient of each class"},
     .min = 0,
     .max = 10,
     .source = "Zhang 2001: forest 2.0, grass and crops 0.5"},
    {.name = "e0",
     .kind = GT_PARAM_PAIRS,
     .title = {"各类的潜在蒸散量", "potential evapotranspiration of each class"},
     .unit = "mm",
     .min = 1,
     .max = 5000,
     .source = "Zhang 2001: forest 1410, grass and crops 1100"},
    {0}};
static const char *const zhang_sources[] = {"Zhang, Dawes and Walker 2001", NULL};

const gt_model GT_MODEL_EVAPOTRANSPIRATION = {
    .name = "evapotranspiration",
    .group = "water",
    .version = 1,
    .title = {"实际蒸散量（Zhang）", "evapotranspiration (Zhang)"},
    .what = {"由年降水量与覆盖类别求实际蒸散量。不在表中的类别无值。",
             "Actual evapotranspiration from the rain of a year and the land cover. Classes that a "
             "table lacks are nodata."},
    .in = zhang_in,
    .out = zhang_out,
    .with = zhang_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 24 bytes a cell of a block and thread",
    .sources = zhang_sources,
    .run = run_zhang};

/* ---- yield --------------------------------------------------------------------------------------
 */

enum { RAIN = 0, ET0, KC, VEGETATED, ROOT, SOIL_DEPTH, PAWC };

/* Share of the rain that evaporates where plants grow: Fu's curve. With logarithms, for phi^w
 * leaves the range of numbers in dry cells; there the curve tends to 1. */
static double fu(double phi, double w)
{
    double power = w * log(phi);
    return power > 600 ? 1 : fmin(1, 1 + phi - exp(log1p(exp(power)) / w));
}

static void yield_row(const gt_cells *c)
{
    double z = *(const double *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double p = c->in[RAIN][i], pet = c->in[KC][i] * c->in[ET0][i];
        double awc =
            (c->in[ROOT][i] < c->in[SOIL_DEPTH][i] ? c->in[ROOT][i] : c->in[SOIL_DEPTH][i]) *
            c->in[PAWC][i];
        double w = fmin(z * awc / p + 1.25, 5);
        bool green = c->in[VEGETATED][i] > 0;
        double share = green ? fu(pet / p, w) : fmin(pet, p) / p;
        double hole =
            0 * (pet + awc + c->in[VEGETATED][i] + c->in[ROOT][i] + c->in[SOIL_DEPTH][i] + p);
        double yield = p <= 0 ? hole : p * (1 - share) + hole;
        c->out[0][i] = yield;
        if (c->out[1] != NULL) {
            c->out[1][i] = p <= 0 ? hole : share + hole;
        }
    }
}

static gt_status run_yield(gt_ctx *ctx, const gt_model_call *call)
{
    double z = gt_model_real(call, "z");
    return gt_job_local(ctx, call, GT_CELL_F32, yield_row, &z);
}

static const gt_model_port yield_in[] = {
    {.name = "rain", .kind = GT_PORT_GRID, .title = {"年降水量", "rain of a year"}, .unit = "mm"},
    {.name = "et0",
     .kind = GT_PORT_GRID,
     .title = {"参考蒸散量", "reference evapotranspiration"},
     .unit = "mm"},
    {.name = "kc", .kind = GT_PORT_GRID, .title = {"作物系数", "crop coefficient"}, .unit = "1"},
    {.name = "vegetated",
     .kind = GT_PORT_GRID,
     .title = {"是否有植被", "is there vegetation"},
     .note = {"1 有，0 无", "1 yes, 0 no"}},
    {.name = "root", .kind = GT_PORT_GRID, .title = {"根深", "depth of roots"}, .unit = "mm"},
    {.name = "soil-depth",
     .kind = GT_PORT_GRID,
     .title = {"土层深度", "depth of soil"},
     .unit = "mm"},
    {.name = "pawc",
     .kind = GT_PORT_GRID,
     .title = {"植物可利用水", "plant-available water"},
     .unit = "1"},
    {0}};
static const gt_model_port yield_out[] = {
    {.name = "yield", .kind = GT_PORT_GRID, .title = {"产水量", "water yield"}, .unit = "mm"},
    {.name = "share",
     .kind = GT_PORT_GRID,
     .title = {"蒸散占降水之比", "share of the rain that evaporates"},
     .unit = "1",
     .optional = true},
    {0}};
static const gt_model_param yield_with[] = {
    {.name = "z",
     .kind = GT_PARAM_REAL,
     .title = {"季节系数 Z", "season factor Z"},
     .min = 1,
     .max = 30,
     .preset = "6",
     .source = "to be calibrated; about a fifth of the days with rain"},
    {0}};
static const char *const yield_sources[] = {"Fu 1981", "Zhang et al. 2004",
                                            "InVEST annual water yield", NULL};

const gt_model GT_MODEL_WATER_YIELD = {
    .name = "water-yield",
    .group = "water",
    .version = 2,
    .title = {"产水量（Budyko）", "water yield (Budyko)"},
    .what = {"年产水量 = 降水 − 实际蒸散；有植被处用傅抱璞公式，无植被处蒸散取 min(Kc·ET0, P)。",
             "Rain less actual evapotranspiration; Fu's curve where plants grow, min(Kc ET0, P) "
             "elsewhere."},
    .in = yield_in,
    .out = yield_out,
    .with = yield_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 72 bytes a cell of a block and thread",
    .sources = yield_sources,
    .run = run_yield};

/* ---- conservation -------------------------------------------------------------------------------
 */

static void conservation_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        double p = c->in[0][i], runoff = gt_table_at(c->user, c->in[2][i]);
        c->out[0][i] = p - p * runoff - c->in[1][i];
    }
}

static gt_status run_conservation(gt_ctx *ctx, const gt_model_call *call)
{
    gt_table *t = gt_table_new(ctx, call, "runoff", (double)NAN);
    if (t == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_job_local(ctx, call, GT_CELL_F32, conservation_row, t);
    gt_free(ctx, t);
    return st;
}

static const gt_model_port conservation_in[] = {
    {.name = "rain", .kind = GT_PORT_GRID, .title = {"年降水量", "rain of a year"}, .unit = "mm"},
    {.name = "et",
     .kind = GT_PORT_GRID,
     .title = {"实际蒸散量", "evapotranspiration"},
     .unit = "mm"},
    {.name = "land", .kind = GT_PORT_GRID, .title = {"土地覆盖类别", "land cover classes"}},
    {0}};
static const gt_model_port conservation_out[] = {{.name = "conserved",
                                                  .kind = GT_PORT_GRID,
                                                  .title = {"水源涵养量", "water conserved"},
                                                  .unit = "mm",
                                                  .note = {"可为负", "may be negative"}},
                                                 {0}};
static const gt_model_param conservation_with[] = {
    {.name = "runoff",
     .kind = GT_PARAM_PAIRS,
     .title = {"各类的地表径流系数", "runoff coefficient of each class"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .source = "生态保护红线划定指南 2017"},
    {0}};
static const char *const conservation_sources[] = {"生态保护红线划定指南 2017",
                                                   "GEP accounting guide 2020", NULL};

const gt_model GT_MODEL_WATER_CONSERVATION = {
    .name = "water-conservation",
    .group = "water",
    .version = 1,
    .title = {"水源涵养量", "water conservation"},
    .what = {"降水 − 地表径流 − 蒸散（毫米）；×公顷×10 即立方米。",
             "Rain less runoff less evapotranspiration in mm; times hectares times 10 is m3."},
    .in = conservation_in,
    .out = conservation_out,
    .with = conservation_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 32 bytes a cell of a block and thread",
    .sources = conservation_sources,
    .run = run_conservation};
