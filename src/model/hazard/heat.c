/* Heat: temperature of the ground from a thermal band, how much warmer it is than the country
 * around, and what people feel. */
#include <math.h>
#include <stdatomic.h>

#include "model/job.h"
#include "model/messages.h"

#define KELVIN 273.15

/* ---- temperature of the ground ------------------------------------------------------------------
 */

enum { THERMAL = 0, NDVI, WATER, DN = 0, RADIANCE, LEVEL2, CELSIUS = 0 };
#define RHO     1.438e-2 /* m K: Planck's constant times the speed of light by Boltzmann's */
#define L2_GAIN 0.00341802
#define L2_BASE 149.0 /* K; Landsat Collection 2 level 2, surface temperature */

typedef struct thermal {
    size_t form;
    double gain, offset, k1, k2, wave, emissivity, soil, leaf, zero;
} thermal;

/* Share of the ground under plants, squared as Sobrino has it: bare 0.986, full 0.990. */
static double emissivity_of(const thermal *t, double ndvi, double water)
{
    double p = (ndvi - t->soil) / (t->leaf - t->soil);
    p = p < 0 ? 0 : p > 1 ? 1 : p; /* keeps nodata */
    return water > 0 ? 0.995 : 0.004 * p * p + 0.986;
}

static double brightness_of(const thermal *t, double v)
{
    double l = t->form == DN ? (v > 0 ? t->gain * v + t->offset : (double)NAN) : v;
    return l > 0 ? t->k2 / log(t->k1 / l + 1) : (double)NAN; /* dark is no measurement */
}

static double ground_of(const thermal *t, double brightness, double emissivity)
{
    double part = 1 + t->wave * brightness / RHO * log(emissivity);
    return part > 0 ? brightness / part : (double)NAN;
}

static void thermal_row(const gt_cells *c)
{
    const thermal *t = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double v = c->in[THERMAL][i], ndvi = c->in[NDVI] != NULL ? c->in[NDVI][i] : 0;
        double water = c->in[WATER] != NULL ? c->in[WATER][i] : 0;
        double e = c->in[NDVI] != NULL || water > 0 ? emissivity_of(t, ndvi, water) : t->emissivity;
        double b = t->form == LEVEL2 ? (double)NAN : brightness_of(t, v);
        double ground = t->form != LEVEL2 ? ground_of(t, b, e)
                        : v > 0           ? L2_GAIN * v + L2_BASE
                                          : (double)NAN; /* 0 is the product's nodata */
        c->out[0][i] = ground - t->zero;
        if (c->out[1] != NULL) {
            c->out[1][i] = b - t->zero;
        }
        if (c->out[2] != NULL) {
            c->out[2][i] = t->form == LEVEL2 ? (double)NAN : e + 0 * v;
        }
    }
}

static gt_status check_thermal(gt_ctx *ctx, const gt_model_call *call)
{
    double soil = gt_model_real(call, "ndvi-soil"), leaf = gt_model_real(call, "ndvi-leaf");
    if (leaf > soil) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_SPAN, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", "ndvi-soil .. ndvi-leaf")));
}

static gt_status run_thermal(gt_ctx *ctx, const gt_model_call *call)
{
    const thermal t = {.form = gt_model_with(call, "form")->choice,
                       .gain = gt_model_real(call, "gain"),
                       .offset = gt_model_real(call, "offset"),
                       .k1 = gt_model_real(call, "k1"),
                       .k2 = gt_model_real(call, "k2"),
                       .wave = gt_model_real(call, "wavelength") * 1e-6,
                       .emissivity = gt_model_real(call, "emissivity"),
                       .soil = gt_model_real(call, "ndvi-soil"),
                       .leaf = gt_model_real(call, "ndvi-leaf"),
                       .zero = gt_model_with(call, "scale")->choice == CELSIUS ? KELVIN : 0};
    return gt_job_local(ctx, call, GT_CELL_F32, thermal_row, &t);
}

static const gt_model_port thermal_in[] = {
    {.name = "thermal",
     .kind = GT_PORT_GRID,
     .title = {"热红外波段", "thermal band"},
     .note = {"按 form：DN 值、辐亮度或二级地表温度产品；0 为无值",
              "by form: digital numbers, radiance, or the level 2 product; 0 is nodata"}},
    {.name = "ndvi",
     .kind = GT_PORT_GRID,
     .title = {"植被指数", "NDVI"},
     .unit = "1",
     .optional = true,
     .note = {"据以估算比辐射率", "the emissivity is taken from it"}},
    {.name = "water",
     .kind = GT_PORT_GRID,
     .title = {"水面（大于 0）", "water, where above 0"},
     .optional = true,
     .note = {"比辐射率取 0.995", "its emissivity is 0.995"}},
    {0}};
static const gt_model_port thermal_out[] = {
    {.name = "temperature",
     .kind = GT_PORT_GRID,
     .title = {"地表温度", "temperature of the ground"},
     .note = {"摄氏度或开尔文，按 scale", "degrees Celsius or kelvin, by scale"}},
    {.name = "brightness",
     .kind = GT_PORT_GRID,
     .title = {"亮度温度", "brightness temperature"},
     .optional = true},
    {.name = "emissivity",
     .kind = GT_PORT_GRID,
     .title = {"比辐射率", "emissivity"},
     .unit = "1",
     .optional = true},
    {0}};
static const char *const forms[] = {"dn", "radiance", "level2", NULL};
static const char *const scales[] = {"celsius", "kelvin", NULL};
#define LANDSAT8 "Landsat 8 TIRS band 10, metadata of the scene"
#define NUMBER(id, zh, en, of, lo, hi, def, from)                                                  \
    {                                                                                              \
        .name = (id), .kind = GT_PARAM_REAL, .title = {(zh), (en)}, .unit = (of), .min = (lo),     \
        .max = (hi), .preset = (def), .source = (from)                                             \
    }
static const gt_model_param thermal_with[] = {
    {.name = "form",
     .kind = GT_PARAM_CHOICE,
     .title = {"波段形式：DN 值、辐亮度、二级产品",
               "form of the band: digital numbers, radiance in W/(m2.sr.um), level 2 product"},
     .preset = "dn",
     .choices = forms},
    {.name = "scale",
     .kind = GT_PARAM_CHOICE,
     .title = {"温标", "scale"},
     .preset = "celsius",
     .choices = scales},
    NUMBER("gain", "辐亮度增益", "gain of the radiance", "W/(m2.sr.um)", 1e-9, 100, "0.0003342",
           LANDSAT8),
    NUMBER("offset", "辐亮度偏置", "offset of the radiance", "W/(m2.sr.um)", -100, 100, "0.1",
           LANDSAT8),
    NUMBER("k1", "定标常数 K1", "constant K1", "W/(m2.sr.um)", 1, 1e5, "774.8853", LANDSAT8),
    NUMBER("k2", "定标常数 K2", "constant K2", "K", 1, 1e5, "1321.0789", LANDSAT8),
    NUMBER("wavelength", "中心波长", "wavelength of the middle of the band", "um", 8, 14, "10.895",
           LANDSAT8),
    NUMBER("emissivity", "比辐射率（无植被指数时）", "emissivity where there is no NDVI", "1", 0.5,
           1, "0.97", "built-up ground; to be replaced by local data"),
    NUMBER("ndvi-soil", "裸土植被指数", "NDVI of bare soil", "1", -1, 1, "0.2",
           "Sobrino et al. 2004"),
    NUMBER("ndvi-leaf", "全植被植被指数", "NDVI under full cover", "1", -1, 1, "0.5",
           "Sobrino et al. 2004"),
    {0}};
static const char *const thermal_sources[] = {"Artis and Carnahan 1982", "Sobrino et al. 2004",
                                              "USGS, Landsat 8-9 Collection 2 level 2 guide", NULL};

const gt_model GT_MODEL_LAND_TEMPERATURE = {
    .name = "land-temperature",
    .group = "hazard",
    .version = 1,
    .title = {"地表温度反演", "temperature of the ground"},
    .what = {"由热红外波段求地表温度：亮度温度按普朗克式，再按比辐射率改正；二级产品只换算刻度。",
             "The temperature of the ground from a thermal band: brightness by Planck's law, then "
             "corrected for the emissivity; a level 2 product is only scaled."},
    .in = thermal_in,
    .out = thermal_out,
    .with = thermal_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = thermal_sources,
    .check = check_thermal,
    .run = run_thermal};

/* ---- heat island --------------------------------------------------------------------------------
 */

enum { TEMPERATURE = 0, REFERENCE, HEIGHT };
#define PARTS       1e4 /* temperatures are added in whole ten-thousandths: the order is not seen */
#define MOST_KELVIN 1e6

typedef struct island {
    _Atomic int64_t sum, n;
    _Atomic bool odd;
    double level, band, mean;
} island;

static void reference_row(const gt_cells *c)
{
    island *k = *(island *const *)c->user;
    int64_t sum = 0, n = 0;
    for (size_t i = 0; i < c->n; i++) {
        double t = c->in[TEMPERATURE][i];
        bool near = c->in[HEIGHT] == NULL || fabs(c->in[HEIGHT][i] - k->level) <= k->band;
        if (!(c->in[REFERENCE][i] > 0) || !near || isnan(t)) {
            continue;
        }
        if (!(fabs(t) < MOST_KELVIN)) {
            atomic_store(&k->odd, true);
            continue;
        }
        sum += llround(t * PARTS);
        n++;
    }
    (void)atomic_fetch_add(&k->sum, sum);
    (void)atomic_fetch_add(&k->n, n);
}

static void island_row(const gt_cells *c)
{
    const island *k = *(island *const *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        c->out[0][i] = c->in[TEMPERATURE][i] - k->mean;
    }
}

static gt_status find_mean(gt_ctx *ctx, gt_job *job, island *k)
{
    gt_status st = gt_job_cells(ctx, job, 0, reference_row, &k);
    if (st == GT_OK && k->odd) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_RANGE,
                     GT_PLACE(.file = gt_model_in(job->call, "temperature")),
                     GT_ARGS(GT_TEXT("name", "temperature"), GT_REAL("value", MOST_KELVIN),
                             GT_REAL("min", -MOST_KELVIN), GT_REAL("max", MOST_KELVIN)));
    }
    if (st == GT_OK && k->n == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_REFERENCE,
                     GT_PLACE(.file = gt_model_in(job->call, "reference")), GT_NO_ARGS);
    }
    k->mean = k->n > 0 ? (double)k->sum / PARTS / (double)k->n : 0;
    return st;
}

static gt_status run_island(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    island k = {.level = gt_model_real(call, "level"), .band = gt_model_real(call, "band")};
    island *held = &k;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? find_mean(ctx, &job, held) : st;
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_F32) : st;
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, island_row, &held);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port island_in[] = {
    {.name = "temperature",
     .kind = GT_PORT_GRID,
     .title = {"地表温度", "temperature of the ground"},
     .unit = "°C"},
    {.name = "reference",
     .kind = GT_PORT_GRID,
     .title = {"乡村参照区（大于 0）", "the country that is compared with, where above 0"},
     .note = {"一般取建成区外的耕地", "usually fields outside the built-up ring"}},
    {.name = "height",
     .kind = GT_PORT_GRID,
     .title = {"高程", "elevation"},
     .unit = "m",
     .optional = true,
     .note = {"给出时只取与 level 高差不超过 band 的参照区",
              "with it only the country within band of level is compared with"}},
    {0}};
static const gt_model_port island_out[] = {{.name = "intensity",
                                            .kind = GT_PORT_GRID,
                                            .title = {"热岛强度", "intensity of the heat island"},
                                            .unit = "K"},
                                           {0}};
static const gt_model_param island_with[] = {
    NUMBER("level", "城区高程（有 height 时）", "height of the town, with a grid of heights", "m",
           -500, 9000, "50", "plain of Beijing"),
    NUMBER("band", "高差限值", "difference in height allowed", "m", 1, 9000, "50",
           "usual in studies of heat islands"),
    {0}};
static const char *const island_sources[] = {"Oke 1987", NULL};

const gt_model GT_MODEL_HEAT_ISLAND = {
    .name = "heat-island",
    .group = "hazard",
    .version = 1,
    .title = {"热岛强度", "intensity of the heat island"},
    .what = {"地表温度减去乡村参照区的平均温度；分级用 classify-spread（均值加减标准差）。",
             "The temperature of the ground less the mean of the country around; grade it by "
             "classify-spread (mean and standard deviation)."},
    .in = island_in,
    .out = island_out,
    .with = island_with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk",
    .sources = island_sources,
    .run = run_island};

/* ---- comfort ------------------------------------------------------------------------------------
 */

enum { AIR = 0, HUMIDITY };

typedef struct comfort {
    double humidity;
    const double *bounds; /* two; NULL: not asked */
} comfort;

static void comfort_row(const gt_cells *c)
{
    const comfort *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double f = c->in[HUMIDITY] != NULL ? c->in[HUMIDITY][i] : k->humidity;
        double t = 1.8 * c->in[AIR][i] + 32;
        double thi = f >= 0 && f <= 1 ? t - 0.55 * (1 - f) * (t - 58) : (double)NAN;
        c->out[0][i] = thi;
        if (c->out[1] != NULL) {
            bool good = gt_job_reaches(thi, k->bounds[0]) && !gt_job_passes(thi, k->bounds[1]);
            c->out[1][i] = isnan(thi) ? thi : good;
        }
    }
}

static gt_status run_comfort(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    comfort k = {.humidity = gt_model_real(call, "humidity")};
    gt_status st = gt_job_ascending(ctx, call, "comfort", 2, &k.bounds);
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_F32) : st;
    st = st == GT_OK ? gt_job_make(ctx, &job, 1, GT_CELL_U8) : st;
    st = st == GT_OK ? gt_job_cells(ctx, &job, 0, comfort_row, &k) : st;
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port comfort_in[] = {
    {.name = "air",
     .kind = GT_PORT_GRID,
     .title = {"月平均气温", "mean temperature of the month"},
     .unit = "°C"},
    {.name = "humidity",
     .kind = GT_PORT_GRID,
     .title = {"月平均相对湿度", "mean relative humidity of the month"},
     .unit = "1",
     .optional = true,
     .note = {"0 至 1 的小数；之外无值", "as a share, 0 .. 1; others are nodata"}},
    {0}};
static const gt_model_port comfort_out[] = {
    {.name = "thi",
     .kind = GT_PORT_GRID,
     .title = {"温湿指数", "temperature humidity index"},
     .unit = "°F"},
    {.name = "comfortable",
     .kind = GT_PORT_GRID,
     .title = {"该月是否舒适", "is the month comfortable"},
     .optional = true,
     .note = {"1 舒适，0 不舒适；十二个月相加即舒适月数",
              "1 yes, 0 no; twelve of them add up to the comfortable months"}},
    {0}};
static const gt_model_param comfort_with[] = {
    NUMBER("humidity", "相对湿度（无栅格时）", "relative humidity where there is no grid", "1", 0,
           1, "0.6", "to be replaced by local data"),
    {.name = "comfort",
     .kind = GT_PARAM_REALS,
     .title = {"舒适的下限与上限（含）", "least and greatest that is comfortable, both included"},
     .unit = "°F",
     .preset = "50, 75",
     .source = "drafts of the dual evaluation, 2019; to be checked"},
    {0}};
static const char *const comfort_sources[] = {
    "Thom 1959", "资源环境承载能力和国土空间开发适宜性评价 (drafts of 2019)", NULL};

const gt_model GT_MODEL_THERMAL_COMFORT = {
    .name = "thermal-comfort",
    .group = "hazard",
    .version = 1,
    .title = {"气候舒适度（温湿指数）", "comfort of the climate (THI)"},
    .what = {"温湿指数 THI = T − 0.55 (1 − f)(T − 58)，T 为华氏气温，f 为相对湿度；逐月计算。",
             "THI = T - 0.55 (1 - f)(T - 58), T in degrees Fahrenheit, f the relative humidity; a "
             "month at a time."},
    .in = comfort_in,
    .out = comfort_out,
    .with = comfort_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = comfort_sources,
    .run = run_comfort};
