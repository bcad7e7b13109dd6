/* How well land cools its town by itself: shade, reflection and evaporation (InVEST urban cooling).
 */
#include <math.h>
#include <stdatomic.h>

#include "model/job.h"
#include "model/messages.h"

enum { LAND = 0, ET0, PARTS = 3 };

typedef struct cooling {
    gt_table *shade, *albedo, *kc;
    double weight[PARTS], most;
    _Atomic double greatest; /* of et0 */
} cooling;

static void greatest_row(const gt_cells *c)
{
    cooling *k = *(cooling *const *)c->user;
    double most = 0;
    for (size_t i = 0; i < c->n; i++) {
        most = c->in[ET0][i] > most ? c->in[ET0][i] : most;
    }
    double old = atomic_load(&k->greatest);
    while (most > old && !atomic_compare_exchange_weak(&k->greatest, &old, most)) {
    }
}

static void cooling_row(const gt_cells *c)
{
    const cooling *k = *(cooling *const *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double land = c->in[LAND][i], et0 = c->in[ET0][i];
        double eti = gt_table_at(k->kc, land) * et0 / k->most;
        double cc = k->weight[0] * gt_table_at(k->shade, land) +
                    k->weight[1] * gt_table_at(k->albedo, land) + k->weight[2] * eti;
        c->out[0][i] = et0 >= 0 ? cc : (double)NAN;
    }
}

static gt_status work(gt_ctx *ctx, gt_job *job, cooling *k)
{
    gt_status st = GT_OK;
    k->most = gt_model_real(job->call, "et-max");
    if (k->most == 0) {
        st = gt_job_cells(ctx, job, 0, greatest_row, &k);
        k->most = k->greatest > 0 ? k->greatest : 1; /* where nothing evaporates all is 0 */
    }
    st = st == GT_OK ? gt_job_make(ctx, job, 0, GT_CELL_F32) : st;
    return st == GT_OK ? gt_job_cells(ctx, job, 0, cooling_row, &k) : st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    static const char *const weights[PARTS] = {"shade-weight", "albedo-weight", "eti-weight"};
    gt_job job;
    cooling k = {.greatest = 0};
    for (size_t i = 0; i < PARTS; i++) {
        k.weight[i] = gt_model_real(call, weights[i]);
    }
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        k.shade = gt_table_new(ctx, call, "shade", (double)NAN);
        k.albedo = gt_table_new(ctx, call, "albedo", (double)NAN);
        k.kc = gt_table_new(ctx, call, "kc", (double)NAN);
        bool all = k.shade != NULL && k.albedo != NULL && k.kc != NULL;
        st = all ? work(ctx, &job, &k) : GT_E_MEMORY;
    }
    gt_free(ctx, k.shade);
    gt_free(ctx, k.albedo);
    gt_free(ctx, k.kc);
    return gt_job_end(ctx, &job, st);
}

/* Weights must add up to 1, or the index has no ends. */
static gt_status check(gt_ctx *ctx, const gt_model_call *call)
{
    double sum = gt_model_real(call, "shade-weight") + gt_model_real(call, "albedo-weight") +
                 gt_model_real(call, "eti-weight");
    if (fabs(sum - 1) <= 1e-9) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_RANGE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", "shade-weight + albedo-weight + eti-weight"),
                           GT_REAL("value", sum), GT_REAL("min", 1), GT_REAL("max", 1)));
}

static const gt_model_port in[] = {
    {.name = "land", .kind = GT_PORT_GRID, .title = {"土地覆盖类别", "land cover classes"}},
    {.name = "et0",
     .kind = GT_PORT_GRID,
     .title = {"参考蒸散量", "reference evapotranspiration"},
     .unit = "mm",
     .note = {"年或夏季，与 et-max 一致", "of a year or of the summer, as et-max"}},
    {0}};
static const gt_model_port out[] = {{.name = "cooling",
                                     .kind = GT_PORT_GRID,
                                     .title = {"降温能力", "cooling capacity"},
                                     .unit = "1"},
                                    {0}};
#define BY_CLASS(id, zh, en, most)                                                                 \
    {                                                                                              \
        .name = (id), .kind = GT_PARAM_PAIRS, .title = {(zh), (en)}, .unit = "1", .min = 0,        \
        .max = (most)                                                                              \
    }
#define WEIGHT(id, zh, en, def)                                                                    \
    {                                                                                              \
        .name = (id), .kind = GT_PARAM_REAL, .title = {(zh), (en)}, .unit = "1", .min = 0,         \
        .max = 1, .preset = (def), .source = "InVEST's default"                                    \
    }
static const gt_model_param with[] = {
    BY_CLASS("shade", "各类乔木（高于 2 米）盖度", "share under trees above 2 m, by class", 1),
    BY_CLASS("albedo", "各类反照率", "albedo, by class", 1),
    BY_CLASS("kc", "各类作物系数", "crop coefficient, by class", 5),
    {.name = "et-max",
     .kind = GT_PARAM_REAL,
     .title = {"参考蒸散量的最大值（0 取栅格最大值）",
               "greatest reference evapotranspiration (0: that of the grid)"},
     .unit = "mm",
     .min = 0,
     .max = 10000,
     .preset = "0"},
    WEIGHT("shade-weight", "遮荫权重", "weight of the shade", "0.6"),
    WEIGHT("albedo-weight", "反照率权重", "weight of the albedo", "0.2"),
    WEIGHT("eti-weight", "蒸散权重", "weight of the evapotranspiration", "0.2"),
    {0}};
static const char *const sources[] = {"InVEST urban cooling (natcap/invest, test_ucm.py)", NULL};

const gt_model GT_MODEL_COOLING = {
    .name = "cooling-capacity",
    .group = "hazard",
    .version = 1,
    .title = {"降温能力", "cooling capacity"},
    .what = {"降温能力 = 0.6 遮荫 + 0.2 反照率 + 0.2 蒸散指数，蒸散指数 = Kc·ET0/ET0最大值。"
             "大片绿地对周边的降温不在其中。",
             "Cooling = 0.6 shade + 0.2 albedo + 0.2 ETI, ETI = Kc ET0 / greatest ET0. What large "
             "green areas do for the land around is not in it."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk; et0 is read twice",
    .sources = sources,
    .check = check,
    .run = run};
