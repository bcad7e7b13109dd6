/* Suitability of land for farming and for towns: single factors graded, then the least of them, and
 * which of them it was. Thresholds are those of the trial guide of 2020. */
#include <math.h>

#include "model/job.h"

/* Keeps the least grade and who set it: cause 1, 2 ... in the order of the factors. */
typedef struct worst {
    double grade, cause;
} worst;

static void limit(worst *w, double grade, double cause)
{
    if (grade < w->grade) {
        w->grade = grade;
        w->cause = cause;
    }
}

enum { BOUNDS = 4 }; /* of five grades */

/* A list of ascending bounds and where they go. */
typedef struct list {
    const char *param;
    size_t n;
    const double **out;
} list;

static gt_status read_lists(gt_ctx *ctx, const gt_model_call *call, const list *lists, size_t n)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = gt_job_ascending(ctx, call, lists[i].param, lists[i].n, lists[i].out);
    }
    return st;
}

static void put(const gt_cells *c, size_t i, worst w, double hole, bool veto)
{
    c->out[0][i] = (w.grade > 1 && !veto ? 1 : 0) + hole;
    if (c->out[1] != NULL) {
        c->out[1][i] = (veto ? 1 : w.grade) + hole;
    }
    if (c->out[2] != NULL) {
        c->out[2][i] = w.cause + hole;
    }
}

/* ---- farming ------------------------------------------------------------------------------------
 */

enum { SLOPE = 0, SILT, RAIN, WARMTH, POLLUTION, ECOLOGY };

typedef struct farm {
    double rain, warmth;
    const double *slopes, *silts, *rains, *warmths;
} farm;

/* Grade of the land: that of its slope, one less where the soil is silty, the least where it is
 * silt. */
static void land_grade(const farm *k, double slope, double silt, worst *w)
{
    double steep = 5 - gt_job_beyond(k->slopes, BOUNDS, slope);
    int silty = gt_job_reached(k->silts, 2, silt);
    double grade = silty == 2 ? 1 : fmax(1, steep - silty);
    limit(w, grade, grade < steep ? 2 : 1);
}

static void farming_row(const gt_cells *c)
{
    const farm *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double s = c->in[SLOPE][i], silt = c->in[SILT] != NULL ? c->in[SILT][i] : 0;
        double p = c->in[RAIN] != NULL ? c->in[RAIN][i] : k->rain;
        double t = c->in[WARMTH] != NULL ? c->in[WARMTH][i] : k->warmth;
        double bad = c->in[POLLUTION] != NULL ? c->in[POLLUTION][i] : 1;
        double eco = c->in[ECOLOGY] != NULL ? c->in[ECOLOGY][i] : 1;
        worst w = {6, 0};
        land_grade(k, s, silt, &w);
        limit(&w, 1 + gt_job_reached(k->rains, BOUNDS, p), 3);
        limit(&w, 1 + gt_job_reached(k->warmths, BOUNDS, t), 4);
        limit(&w, bad >= 3 ? 1 : 5, 5);
        limit(&w, eco >= 3 ? 1 : 5, 6);
        put(c, i, w, 0 * (s + silt + p + t + bad), false);
    }
}

static gt_status run_farming(gt_ctx *ctx, const gt_model_call *call)
{
    farm k = {.rain = gt_model_real(call, "rain"), .warmth = gt_model_real(call, "warmth")};
    const list lists[] = {{"slopes", BOUNDS, &k.slopes},
                          {"silts", 2, &k.silts},
                          {"rains", BOUNDS, &k.rains},
                          {"warmths", BOUNDS, &k.warmths}};
    gt_status st = gt_job_either(ctx, call, "rain", "rain");
    if (st == GT_OK) {
        st = gt_job_either(ctx, call, "warmth", "warmth");
    }
    if (st == GT_OK) {
        st = read_lists(ctx, call, lists, sizeof lists / sizeof *lists);
    }
    return st == GT_OK ? gt_job_local(ctx, call, GT_CELL_U8, farming_row, &k) : st;
}

static const gt_model_port farming_in[] = {
    {.name = "slope", .kind = GT_PORT_GRID, .title = {"坡度", "slope"}, .unit = "degree"},
    {.name = "silt",
     .kind = GT_PORT_GRID,
     .title = {"土壤粉砂含量", "silt of the soil"},
     .unit = "%",
     .optional = true},
    {.name = "rain",
     .kind = GT_PORT_GRID,
     .title = {"年降水量", "rain of a year"},
     .unit = "mm",
     .optional = true},
    {.name = "warmth",
     .kind = GT_PORT_GRID,
     .title = {"≥0℃ 活动积温", "sum of temperatures above 0"},
     .unit = "°C.d",
     .optional = true},
    {.name = "pollution",
     .kind = GT_PORT_GRID,
     .title = {"土壤污染等级", "soil pollution"},
     .optional = true,
     .note = {"1 不超筛选值，2 介于两值，3 超管制值（GB 15618）",
              "1 up to screening, 2 between, 3 above control value (GB 15618)"}},
    {.name = "ecology",
     .kind = GT_PORT_GRID,
     .title = {"生态保护重要性", "ecological importance"},
     .optional = true,
     .note = {"3 级不再参评", "class 3 is taken out"}},
    {0}};
static const gt_model_port suit_out[] = {
    {.name = "suitable",
     .kind = GT_PORT_GRID,
     .title = {"适宜性", "suitability"},
     .note = {"1 适宜，0 不适宜", "1 suitable, 0 not"}},
    {.name = "grade",
     .kind = GT_PORT_GRID,
     .title = {"等级", "grade"},
     .optional = true,
     .note = {"5 最好……1 不适宜", "5 best ... 1 not suitable"}},
    {.name = "cause",
     .kind = GT_PORT_GRID,
     .title = {"限制因子", "limiting factor"},
     .optional = true,
     .note = {"输入的次序，1 为坡度", "number of the input, 1 the slope"}},
    {0}};
#define GUIDE "trial guide of 2020; to be checked with the edition in force"
static const gt_model_param farming_with[] = {
    {.name = "rain",
     .kind = GT_PARAM_REAL,
     .title = {"年降水量（无栅格时）", "rain where there is no grid"},
     .unit = "mm",
     .min = 0,
     .max = 10000,
     .preset = ""},
    {.name = "warmth",
     .kind = GT_PARAM_REAL,
     .title = {"积温（无栅格时）", "sum of temperatures where there is no grid"},
     .unit = "°C.d",
     .min = 0,
     .max = 15000,
     .preset = ""},
    {.name = "slopes",
     .kind = GT_PARAM_REALS,
     .title = {"坡度分级界限（界限值属较好一级）",
               "bounds of slope; a slope on one is of the better grade"},
     .unit = "degree",
     .min = 0,
     .max = 90,
     .preset = "2, 6, 15, 25",
     .source = GUIDE},
    {.name = "silts",
     .kind = GT_PARAM_REALS,
     .title = {"粉砂含量界限：达前者降一级，达后者为 1 级",
               "silt that lowers the grade by one, and that makes it 1"},
     .unit = "%",
     .min = 0,
     .max = 100,
     .preset = "60, 80",
     .source = GUIDE},
    {.name = "rains",
     .kind = GT_PARAM_REALS,
     .title = {"降水分级界限", "bounds of rain"},
     .unit = "mm",
     .min = 0,
     .max = 10000,
     .preset = "200, 400, 800, 1200",
     .source = GUIDE},
    {.name = "warmths",
     .kind = GT_PARAM_REALS,
     .title = {"积温分级界限", "bounds of the sum of temperatures"},
     .unit = "°C.d",
     .min = 0,
     .max = 15000,
     .preset = "1500, 4000, 5800, 7600",
     .source = GUIDE},
    {0}};
static const char *const suit_sources[] = {
    "资源环境承载能力和国土空间开发适宜性评价指南（试行）2020", "GB 15618-2018", NULL};

const gt_model GT_MODEL_FARMING_SUITABILITY = {
    .name = "farming-suitability",
    .group = "suit",
    .version = 2,
    .title = {"农业生产适宜性", "suitability for farming"},
    .what = {"坡度分级按粉砂含量降级，与降水、积温、污染、生态重要性各级取最低；1 级不适宜："
             "默认为坡度大于 25°、粉砂 80% 以上、积温小于 1500、超管制值或生态 3 级。",
             "Slope graded, lowered for silt, then the least of it and of rain, warmth, pollution "
             "and ecological class. Grade 1 is unsuitable: by default slope above 25 degrees, "
             "silt from 80 %, warmth below 1500, pollution above control or ecological class 3."},
    .in = farming_in,
    .out = suit_out,
    .with = farming_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = suit_sources,
    .run = run_farming};

/* ---- towns --------------------------------------------------------------------------------------
 */

enum { T_SLOPE = 0, T_DEM, T_RELIEF, T_HAZARD, T_ECOLOGY };

typedef struct town {
    const double *slopes, *heights, *reliefs;
} town;

static void town_row(const gt_cells *c)
{
    const town *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double s = c->in[T_SLOPE][i], z = c->in[T_DEM][i], h = c->in[T_RELIEF][i];
        double hazard = c->in[T_HAZARD] != NULL ? c->in[T_HAZARD][i] : 0;
        double eco = c->in[T_ECOLOGY] != NULL ? c->in[T_ECOLOGY][i] : 1;
        double steep = 5 - gt_job_beyond(k->slopes, BOUNDS, s);
        int high = gt_job_reached(k->heights, 2, z), rough = gt_job_beyond(k->reliefs, 2, h);
        bool veto = steep == 1 || high == 2;
        double grade = veto ? 1 : fmax(1, steep - high - rough);
        worst w = {6, 0};
        limit(&w, grade, steep == 1 || high + rough == 0 ? 1 : high == 2 || high > rough ? 2 : 3);
        limit(&w, hazard >= 3 ? 1 : 5, 4);
        limit(&w, eco >= 3 ? 1 : 5, 5);
        put(c, i, w, 0 * (s + z + h), veto);
    }
}

static gt_status run_town(gt_ctx *ctx, const gt_model_call *call)
{
    town k = {NULL, NULL, NULL};
    const list lists[] = {
        {"slopes", BOUNDS, &k.slopes}, {"heights", 2, &k.heights}, {"reliefs", 2, &k.reliefs}};
    gt_status st = read_lists(ctx, call, lists, sizeof lists / sizeof *lists);
    return st == GT_OK ? gt_job_local(ctx, call, GT_CELL_U8, town_row, &k) : st;
}

static const gt_model_port town_in[] = {
    {.name = "slope", .kind = GT_PORT_GRID, .title = {"坡度", "slope"}, .unit = "degree"},
    {.name = "dem", .kind = GT_PORT_GRID, .title = {"高程", "elevation"}, .unit = "m"},
    {.name = "relief", .kind = GT_PORT_GRID, .title = {"地形起伏度", "relief"}, .unit = "m"},
    {.name = "hazard",
     .kind = GT_PORT_GRID,
     .title = {"地质灾害易发等级", "hazard susceptibility"},
     .optional = true,
     .note = {"3 高易发，不适宜；无值为无灾害", "3 high, not suitable; nodata: none"}},
    {.name = "ecology",
     .kind = GT_PORT_GRID,
     .title = {"生态保护重要性", "ecological importance"},
     .optional = true,
     .note = {"3 级不再参评", "class 3 is taken out"}},
    {0}};
static const gt_model_param town_with[] = {
    {.name = "slopes",
     .kind = GT_PARAM_REALS,
     .title = {"坡度分级界限（界限值属较好一级）",
               "bounds of slope; a slope on one is of the better grade"},
     .unit = "degree",
     .min = 0,
     .max = 90,
     .preset = "3, 8, 15, 25",
     .source = GUIDE},
    {.name = "heights",
     .kind = GT_PARAM_REALS,
     .title = {"高程界限：达前者降一级，达后者不适宜",
               "height that lowers the grade by one, and that is unsuitable"},
     .unit = "m",
     .min = 0,
     .max = 9000,
     .preset = "3500, 5000",
     .source = GUIDE},
    {.name = "reliefs",
     .kind = GT_PARAM_REALS,
     .title = {"起伏度界限：超前者降一级，超后者降两级",
               "relief beyond which the grade is one and two lower"},
     .unit = "m",
     .min = 0,
     .max = 9000,
     .preset = "100, 200",
     .source = GUIDE},
    {0}};

const gt_model GT_MODEL_TOWN_SUITABILITY = {
    .name = "town-suitability",
    .group = "suit",
    .version = 2,
    .title = {"城镇建设适宜性", "suitability for towns"},
    .what =
        {"坡度分级，按高程与起伏度降级；默认坡度大于 25°、高程 5000 "
         "米以上、高易发区、生态 3 级为不适宜。",
         "Slope graded, lowered for height and relief; by default slope above 25 degrees, heights "
         "from 5000 m, high hazard and ecological class 3 make it unsuitable."},
    .in = town_in,
    .out = suit_out,
    .with = town_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = suit_sources,
    .run = run_town};
