/* Carbon stored by class, and what plants make of light in a month. */
#include <math.h>

#include "model/job.h"

/* ---- carbon -------------------------------------------------------------------------------------
 */

enum { POOLS = 4 };

typedef struct pools {
    gt_table *of[POOLS];
    double cell_ha;
} pools;

static void carbon_row(const gt_cells *c)
{
    const pools *p = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double density = 0;
        for (size_t k = 0; k < POOLS; k++) {
            density += gt_table_at(p->of[k], c->in[0][i]);
        }
        c->out[0][i] = density;
        if (c->out[1] != NULL) {
            c->out[1][i] = density * p->cell_ha;
        }
    }
}

static gt_status run_carbon(gt_ctx *ctx, const gt_model_call *call)
{
    static const char *const names[POOLS] = {"above", "below", "soil", "dead"};
    gt_job job;
    pools p = {.cell_ha = 0};
    gt_status st = gt_job_open(ctx, call, &job);
    for (size_t k = 0; st == GT_OK && k < POOLS; k++) {
        p.of[k] =
            gt_table_new(ctx, call, names[k], gt_model_with(call, names[k]) ? (double)NAN : 0);
        st = p.of[k] == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < 2; i++) {
        st = gt_job_make(ctx, &job, i, GT_CELL_F32);
    }
    if (st == GT_OK) {
        const gt_grid_spec *s = gt_grid_facts(job.in[0]);
        p.cell_ha = s->cell_x * s->cell_y / 10000;
        st = gt_job_cells(ctx, &job, 0, carbon_row, &p);
    }
    for (size_t k = 0; k < POOLS; k++) {
        gt_free(ctx, p.of[k]);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port carbon_in[] = {
    {.name = "land", .kind = GT_PORT_GRID, .title = {"土地覆盖类别", "land cover classes"}}, {0}};
static const gt_model_port carbon_out[] = {{.name = "density",
                                            .kind = GT_PORT_GRID,
                                            .title = {"碳密度", "carbon density"},
                                            .unit = "t/ha"},
                                           {.name = "stock",
                                            .kind = GT_PORT_GRID,
                                            .title = {"栅格碳储量", "carbon of the cell"},
                                            .unit = "t",
                                            .optional = true},
                                           {0}};
#define POOL(word, z, e, must)                                                                     \
    {                                                                                              \
        .name = (word), .kind = GT_PARAM_PAIRS, .title = {z, e}, .unit = "t/ha", .min = 0,         \
        .max = 10000, .preset = must                                                               \
    }
static const gt_model_param carbon_with[] = {
    POOL("above", "各类地上碳密度", "carbon above ground of each class", NULL),
    POOL("below", "各类地下碳密度", "carbon below ground of each class", ""),
    POOL("soil", "各类土壤碳密度", "carbon of the soil of each class", ""),
    POOL("dead", "各类死有机质碳密度", "carbon of dead matter of each class", ""),
    {0}};
static const char *const carbon_sources[] = {"InVEST carbon storage", "IPCC 2006, volume 4", NULL};

const gt_model GT_MODEL_CARBON = {
    .name = "carbon",
    .group = "service",
    .version = 1,
    .title = {"碳储量", "carbon storage"},
    .what =
        {"各类地上、地下、土壤、死有机质碳密度之和；不在已给表中的类别无值。",
         "Carbon above and below ground, of soil and dead matter by class; a class that a given "
         "table lacks is nodata."},
    .in = carbon_in,
    .out = carbon_out,
    .with = carbon_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 24 bytes a cell of a block and thread",
    .sources = carbon_sources,
    .run = run_carbon};

/* ---- net primary production ---------------------------------------------------------------------
 */

enum { NDVI = 0, LIGHT, WARMTH, WETNESS };

typedef struct casa {
    double low, high, best, most, wet;
    bool both;
} casa;

/* Share of the light that plants take up, 0.001 .. 0.95, by an index between its ends. */
static double uptake(double v, double low, double high)
{
    double f = (v - low) / (high - low);
    return (f < 0 ? 0 : f > 1 ? 1 : f) * (0.95 - 0.001) + 0.001;
}

static double simple_ratio(double ndvi)
{
    return (1 + ndvi) / (1 - ndvi);
}

static double uptake_of(const casa *k, double ndvi)
{
    double f = uptake(ndvi, k->low, k->high);
    if (!k->both) {
        return f;
    }
    double high = fmin(k->high, 0.99), v = fmin(ndvi, 0.99); /* the ratio has no end at 1 */
    return 0.5 * (f + uptake(simple_ratio(v), simple_ratio(k->low), simple_ratio(high))) + 0 * ndvi;
}

static double warmth2(double best, double t)
{
    if (t > best + 10 || t < best - 13) {
        return 0.5 * 1.184 / (1 + exp(0.2 * -10)) / (1 + exp(0.3 * -10)); /* half of that at best */
    }
    return 1.184 / (1 + exp(0.2 * (best - 10 - t))) / (1 + exp(0.3 * (-best - 10 + t)));
}

static void npp_row(const gt_cells *c)
{
    const casa *k = c->user;
    double warmth1 = 0.8 + 0.02 * k->best - 0.0005 * k->best * k->best;
    for (size_t i = 0; i < c->n; i++) {
        double f = uptake_of(k, c->in[NDVI][i]);
        double wet = 0.5 + 0.5 * (c->in[WETNESS] != NULL ? c->in[WETNESS][i] : k->wet);
        double apar = c->in[LIGHT][i] * f * 0.5;
        double t = c->in[WARMTH][i];
        c->out[0][i] = apar * warmth1 * warmth2(k->best, t) * wet * k->most + 0 * t;
    }
}

static gt_status run_npp(gt_ctx *ctx, const gt_model_call *call)
{
    const casa k = {gt_model_real(call, "ndvi-low"),    gt_model_real(call, "ndvi-high"),
                    gt_model_real(call, "best-warmth"), gt_model_real(call, "most"),
                    gt_model_real(call, "wetness"),     gt_model_with(call, "fpar")->choice == 0};
    return gt_job_local(ctx, call, GT_CELL_F32, npp_row, &k);
}

static const gt_model_port npp_in[] = {
    {.name = "ndvi", .kind = GT_PORT_GRID, .title = {"植被指数", "NDVI"}, .unit = "1"},
    {.name = "light",
     .kind = GT_PORT_GRID,
     .title = {"太阳总辐射", "solar radiation"},
     .unit = "MJ/m2"},
    {.name = "warmth",
     .kind = GT_PORT_GRID,
     .title = {"平均气温", "mean temperature"},
     .unit = "°C"},
    {.name = "wetness",
     .kind = GT_PORT_GRID,
     .title = {"实际与潜在蒸散之比", "actual over potential evapotranspiration"},
     .unit = "1",
     .optional = true},
    {0}};
static const gt_model_port npp_out[] = {{.name = "npp",
                                         .kind = GT_PORT_GRID,
                                         .title = {"净初级生产力", "net primary production"},
                                         .unit = "gC/m2"},
                                        {0}};
static const char *const fpars[] = {"both", "ndvi", NULL};
static const gt_model_param npp_with[] = {
    {.name = "fpar",
     .kind = GT_PARAM_CHOICE,
     .title = {"光合有效辐射吸收比：both 取 NDVI 与比值植被指数两式平均",
               "share of light taken up: by NDVI, or the mean of that and of the simple ratio"},
     .preset = "both",
     .choices = fpars,
     .source = "Los 1998; 朱文泉等 2007"},
    {.name = "ndvi-low",
     .kind = GT_PARAM_REAL,
     .title = {"植被指数下限", "least NDVI"},
     .min = -1,
     .max = 0.5,
     .preset = "0.023",
     .source = "朱文泉等 2007"},
    {.name = "ndvi-high",
     .kind = GT_PARAM_REAL,
     .title = {"植被指数上限", "greatest NDVI"},
     .min = 0.51,
     .max = 1,
     .preset = "0.747",
     .source = "朱文泉等 2007; by class there"},
    {.name = "best-warmth",
     .kind = GT_PARAM_REAL,
     .title = {"最适气温", "best temperature"},
     .unit = "°C",
     .min = -10,
     .max = 40,
     .preset = "20"},
    {.name = "most",
     .kind = GT_PARAM_REAL,
     .title = {"最大光能利用率", "greatest light use efficiency"},
     .unit = "gC/MJ",
     .min = 0.01,
     .max = 3,
     .preset = "0.389",
     .source = "Potter et al. 1993"},
    {.name = "wetness",
     .kind = GT_PARAM_REAL,
     .title = {"蒸散比（无栅格时）", "evapotranspiration ratio where there is no grid"},
     .min = 0,
     .max = 1,
     .preset = "1"},
    {0}};
static const char *const npp_sources[] = {"Potter et al. 1993 (CASA)", "朱文泉等 2007", NULL};

const gt_model GT_MODEL_NPP = {
    .name = "npp",
    .group = "service",
    .version = 2,
    .title = {"净初级生产力（CASA）", "net primary production (CASA)"},
    .what = {"一个月的净初级生产力 = 吸收的光合有效辐射 × 光能利用率。",
             "Production of a month: light that plants take up times the efficiency of its use."},
    .in = npp_in,
    .out = npp_out,
    .with = npp_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 40 bytes a cell of a block and thread",
    .sources = npp_sources,
    .run = run_npp};
