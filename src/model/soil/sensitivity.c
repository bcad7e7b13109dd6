/* Sensitivity to water erosion, and importance of keeping soil and water, by grades. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

/* ---- sensitivity --------------------------------------------------------------------------------
 */

enum { RAIN = 0, SOIL, RELIEF, COVER };

typedef struct scale { /* n values of grades, n - 1 bounds of each factor */
    double rain;
    const double *rains, *reliefs, *covers, *grades, *classes;
    size_t n, n_classes;
} scale;

/* The best cover reaches the last bound; below it a cover on a bound is of the worse grade. */
static size_t bareness(const double *bounds, size_t n, double f)
{
    return gt_job_reaches(f, bounds[n - 1]) ? 0
                                            : 1 + n - 1 - (size_t)gt_job_beyond(bounds, n - 1, f);
}

static void sensitivity_row(const gt_cells *c)
{
    const scale *s = c->user;
    size_t n = s->n - 1;
    for (size_t i = 0; i < c->n; i++) {
        double r = c->in[RAIN] != NULL ? c->in[RAIN][i] : s->rain;
        double k = c->in[SOIL][i], h = c->in[RELIEF][i], f = c->in[COVER][i];
        double hole = 0 * (r + k + h + f);
        if (isnan(hole)) {
            c->out[0][i] = (double)NAN;
            if (c->out[1] != NULL) {
                c->out[1][i] = (double)NAN;
            }
            continue;
        }
        double rain = !gt_job_reaches(r, s->rains[0])
                          ? s->grades[0]
                          : s->grades[1 + gt_job_beyond(s->rains + 1, n - 1, r)];
        double relief = s->grades[gt_job_beyond(s->reliefs, n, h)];
        double cover = s->grades[bareness(s->covers, n, f)];
        double ss = sqrt(sqrt(rain * k * relief * cover));
        c->out[0][i] = 1 + gt_job_beyond(s->classes, s->n_classes, ss);
        if (c->out[1] != NULL) {
            c->out[1][i] = ss;
        }
    }
}

static gt_status run_sensitivity(gt_ctx *ctx, const gt_model_call *call)
{
    scale s = {.rain = gt_model_real(call, "rain"),
               .n = gt_model_with(call, "grades")->n,
               .n_classes = gt_model_with(call, "bounds")->n};
    gt_status st = gt_job_either(ctx, call, "rain", "rain");
    if (st == GT_OK && s.n < 2) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("name", "grades"), GT_INT("n", s.n), GT_INT("want", 2)));
    }
    const struct {
        const char *name;
        size_t n;
        const double **out;
    } lists[] = {{"grades", 0, &s.grades},
                 {"bounds", 0, &s.classes},
                 {"rains", s.n - 1, &s.rains},
                 {"reliefs", s.n - 1, &s.reliefs},
                 {"covers", s.n - 1, &s.covers}};
    for (size_t i = 0; st == GT_OK && i < sizeof lists / sizeof *lists; i++) {
        st = gt_job_ascending(ctx, call, lists[i].name, lists[i].n, lists[i].out);
    }
    if (st != GT_OK) {
        return st;
    }
    gt_job job;
    st = gt_job_open(ctx, call, &job);
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_U8) : st;
    st = st == GT_OK ? gt_job_make(ctx, &job, 1, GT_CELL_F32) : st;
    st = st == GT_OK ? gt_job_cells(ctx, &job, 0, sensitivity_row, &s) : st;
    return gt_job_end(ctx, &job, st);
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
    {.name = "index",
     .kind = GT_PORT_GRID,
     .title = {"敏感性指数 SS", "index SS"},
     .unit = "1",
     .optional = true,
     .note = {"四因子等级值乘积的四次方根", "fourth root of the product of the four grades"}},
    {0}};
static const gt_model_param sensitivity_with[] = {
    {.name = "rain",
     .kind = GT_PARAM_REAL,
     .title = {"R（无栅格时）", "R where there is no grid"},
     .unit = "MJ.mm/(ha.h.yr)",
     .min = 0,
     .max = 50000,
     .preset = ""},
    {.name = "rains",
     .kind = GT_PARAM_REALS,
     .title = {"R 的分级界限", "bounds of R"},
     .unit = "MJ.mm/(ha.h.yr)",
     .min = 0,
     .max = 50000,
     .preset = "100, 600",
     .source = "生态保护红线划定指南 2017; five grades of the older rule: 25, 100, 400, 600"},
    {.name = "reliefs",
     .kind = GT_PARAM_REALS,
     .title = {"起伏度分级界限", "bounds of relief"},
     .unit = "m",
     .min = 0,
     .max = 9000,
     .preset = "50, 300",
     .source = "生态保护红线划定指南 2017; five grades of the older rule: 20, 50, 100, 300"},
    {.name = "covers",
     .kind = GT_PARAM_REALS,
     .title = {"植被覆盖度分级界限", "bounds of vegetation cover"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0.2, 0.6",
     .source = "生态保护红线划定指南 2017"},
    {.name = "grades",
     .kind = GT_PARAM_REALS,
     .title = {"各级赋值（比界限多一个）", "values of the grades, one more than bounds"},
     .unit = "1",
     .min = 0,
     .max = 100,
     .preset = "1, 3, 5",
     .source = "生态保护红线划定指南 2017; five grades of the older rule: 1, 3, 5, 7, 9"},
    {.name = "bounds",
     .kind = GT_PARAM_REALS,
     .title = {"SS 分级界限（界限值属较低一级）",
               "bounds of SS; a value on one is of the lower class"},
     .unit = "1",
     .min = 0,
     .max = 100,
     .preset = "2, 4",
     .source = "生态保护红线划定指南 2017; five grades of the older rule: 2, 4, 6, 8"},
    {0}};
static const char *const sensitivity_sources[] = {
    "生态保护红线划定指南 2017: SS = (R K LS C)^(1/4), grades 1, 3, 5", NULL};

const gt_model GT_MODEL_EROSION_SENSITIVITY = {
    .name = "erosion-sensitivity",
    .group = "soil",
    .version = 2,
    .title = {"水土流失敏感性", "sensitivity to water erosion"},
    .what = {"各因子分级赋值（默认 1、3、5），SS 为四因子之积的四次方根；默认 ≤2 一般，≤4 敏感，>4 "
             "极敏感。",
             "Each factor graded (by default 1, 3, 5); SS is the fourth root of their product; by "
             "default up to 2 usual, up to 4 sensitive, above extreme."},
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
    double steep, fair, dense, closed;
} keeping;

static void importance_row(const gt_cells *c)
{
    const keeping *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double slope = c->in[0][i], cover = c->in[1][i], land = c->in[2][i];
        bool green = gt_table_at(k->vegetated, land) > 0;
        bool steep = gt_job_reaches(slope, k->steep) && gt_job_reaches(cover, k->closed);
        bool fair = gt_job_reaches(slope, k->fair) && gt_job_reaches(cover, k->dense);
        double v = green && steep ? 3 : green && fair ? 2 : 1;
        c->out[0][i] = v + 0 * (slope + cover + land);
    }
}

static gt_status run_importance(gt_ctx *ctx, const gt_model_call *call)
{
    keeping k = {.steep = gt_model_real(call, "steep"),
                 .fair = gt_model_real(call, "fair"),
                 .dense = gt_model_real(call, "dense"),
                 .closed = gt_model_real(call, "closed")};
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
    {.name = "closed",
     .kind = GT_PARAM_REAL,
     .title = {"极重要的植被覆盖度下限", "cover of grade 3"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "80 %",
     .source = "trial guide of 2020"},
    {.name = "dense",
     .kind = GT_PARAM_REAL,
     .title = {"重要的植被覆盖度下限", "cover of grade 2"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "60 %",
     .source = "trial guide of 2020"},
    {0}};
static const char *const importance_sources[] = {
    "资源环境承载能力和国土空间开发适宜性评价指南（试行）2020", NULL};

const gt_model GT_MODEL_SOIL_KEEPING = {
    .name = "soil-keeping",
    .group = "soil",
    .version = 2,
    .title = {"水土保持功能重要性", "importance for keeping soil and water"},
    .what = {"森林、灌丛、草地按坡度与植被覆盖度分为极重要、重要，其余一般。",
             "Forest, shrub and grass by slope and cover: extreme, important; the rest "
             "usual."},
    .in = importance_in,
    .out = importance_out,
    .with = importance_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 32 bytes a cell of a block and thread",
    .sources = importance_sources,
    .run = run_importance};
