/* Importance of ecological functions by the quick way of the red-line guide: production times
 * factors brought to 0 .. 1. */
#include <math.h>
#include <stdatomic.h>

#include "model/connect/tables.h"
#include "model/job.h"
#include "model/messages.h"

enum { NPP = 0, SOAKS, RAIN, SLOPE, ERODIBLE, WARMTH, HEIGHT, WIND, ROUGH, N_IN };
enum { WATER = 0, SOIL, SPECIES, SAND, SERVICES, MOST_PARTS = 3 };

/* What a service is made of: the factor itself, or 1 less it. */
typedef struct part {
    int port; /* 0: none */
    bool less;
} part;
static const part RECIPES[SERVICES][MOST_PARTS] = {
    [WATER] = {{SOAKS, false}, {RAIN, false}, {SLOPE, true}},
    [SOIL] = {{ERODIBLE, true}, {SLOPE, true}, {0, false}},
    [SPECIES] = {{RAIN, false}, {WARMTH, false}, {HEIGHT, true}},
    [SAND] = {{ERODIBLE, false}, {WIND, false}, {ROUGH, false}},
};

typedef struct quick {
    const part *recipe;
    bool normalise;
    _Atomic double least[N_IN], most[N_IN];
    _Atomic bool any;
} quick;

static void lower(_Atomic double *at, double v)
{
    double old = atomic_load(at);
    while (v < old && !atomic_compare_exchange_weak(at, &old, v)) {
    }
}

static void raise(_Atomic double *at, double v)
{
    double old = atomic_load(at);
    while (v > old && !atomic_compare_exchange_weak(at, &old, v)) {
    }
}

static bool known_at(const gt_cells *c, const part *recipe, size_t i)
{
    bool known = !isnan(c->in[NPP][i]);
    for (int p = 0; p < MOST_PARTS && recipe[p].port != 0; p++) {
        known = known && !isnan(c->in[recipe[p].port][i]);
    }
    return known;
}

/* Ends of the factors over the cells where all is known. Roughness is 1 / cos(slope) and stays. */
static void ends_row(const gt_cells *c)
{
    quick *q = *(quick *const *)c->user;
    for (int p = 0; p < MOST_PARTS && q->recipe[p].port != 0; p++) {
        int port = q->recipe[p].port;
        double least = (double)INFINITY, most = -(double)INFINITY;
        for (size_t i = 0; i < c->n; i++) {
            if (known_at(c, q->recipe, i)) {
                least = fmin(least, c->in[port][i]);
                most = fmax(most, c->in[port][i]);
            }
        }
        if (least <= most) {
            lower(&q->least[port], least);
            raise(&q->most[port], most);
            atomic_store(&q->any, true);
        }
    }
}

static void quick_row(const gt_cells *c)
{
    const quick *q = *(quick *const *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double product = c->in[NPP][i];
        for (int p = 0; p < MOST_PARTS && q->recipe[p].port != 0; p++) {
            int port = q->recipe[p].port;
            double v = c->in[port][i];
            if (q->normalise && port != ROUGH) {
                v = (v - q->least[port]) / (q->most[port] - q->least[port]);
            }
            product *= q->recipe[p].less ? 1 - v : v;
        }
        c->out[0][i] = known_at(c, q->recipe, i) ? product : (double)NAN;
    }
}

static gt_status check_ends(gt_ctx *ctx, const gt_job *job, const quick *q)
{
    const gt_model_port *ports = gt_model_call_model(job->call)->in;
    for (int p = 0; q->any && p < MOST_PARTS && q->recipe[p].port != 0; p++) {
        int port = q->recipe[p].port;
        if (q->normalise && port != ROUGH && q->least[port] >= q->most[port]) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_FLAT,
                           GT_PLACE(.file = gt_model_in(job->call, ports[port].name)),
                           GT_ARGS(GT_TEXT("name", ports[port].name)));
        }
    }
    return GT_OK;
}

static gt_status write_ends(gt_ctx *ctx, const gt_model_call *call, const quick *q)
{
    const gt_model_port *ports = gt_model_call_model(call)->in;
    gt_text text;
    gt_text_init(&text, ctx, 0);
    gt_text_printf(&text, "factor,least,greatest\n");
    for (int p = 0; q->any && p < MOST_PARTS && q->recipe[p].port != 0; p++) {
        int port = q->recipe[p].port;
        gt_text_printf(&text, "%s,", ports[port].name);
        gt_table_real(&text, q->least[port]);
        gt_text_printf(&text, ",");
        gt_table_real(&text, q->most[port]);
        gt_text_printf(&text, "\n");
    }
    gt_status st = gt_text_status(&text);
    st = st == GT_OK ? gt_table_write(ctx, gt_model_out(call, "ends"), &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status check(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_port *ports = gt_model_call_model(call)->in;
    const part *recipe = RECIPES[gt_model_with(call, "service")->choice];
    for (int p = 0; p < MOST_PARTS && recipe[p].port != 0; p++) {
        const gt_model_port *port = &ports[recipe[p].port];
        if (gt_model_in(call, port->name) == NULL) {
            return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_MISSING, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("model", "quick-importance"),
                                   GT_TEXT("name", port->name), GT_TEXT("what", port->title.en),
                                   GT_TEXT("what_zh", port->title.zh)));
        }
    }
    return GT_OK;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    quick q = {.recipe = RECIPES[gt_model_with(call, "service")->choice],
               .normalise = gt_model_real(call, "normalise") != 0};
    quick *held = &q;
    for (int i = 0; i < N_IN; i++) {
        q.least[i] = (double)INFINITY;
        q.most[i] = -(double)INFINITY;
    }
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? gt_job_cells(ctx, &job, 0, ends_row, &held) : st;
    st = st == GT_OK ? check_ends(ctx, &job, held) : st;
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_F32) : st;
    st = st == GT_OK ? gt_job_cells(ctx, &job, 0, quick_row, &held) : st;
    st = st == GT_OK ? write_ends(ctx, call, held) : st;
    return gt_job_end(ctx, &job, st);
}

#define FACTOR(id, zh, en, of, zh_note, en_note)                                                   \
    {                                                                                              \
        .name = (id), .kind = GT_PORT_GRID, .title = {(zh), (en)}, .unit = (of), .optional = true, \
        .note = {                                                                                  \
            (zh_note),                                                                             \
            (en_note)                                                                              \
        }                                                                                          \
    }
static const gt_model_port in[] = {
    {.name = "npp",
     .kind = GT_PORT_GRID,
     .title = {"多年平均净初级生产力", "net primary production, mean of years"},
     .unit = "gC/m2"},
    FACTOR("soaks", "土壤渗流因子", "how well the soil soaks", "1",
           "质地十三级赋 1/13 至 1；水源涵养需要", "13 textures, 1/13 .. 1; of water"),
    FACTOR("rain", "多年平均降水量", "mean rain of a year", "mm", "水源涵养、生物多样性需要",
           "of water and species"),
    FACTOR("slope", "坡度", "slope", "degree", "水源涵养、水土保持需要", "of water and soil"),
    FACTOR("erodible", "土壤可蚀性", "erodibility of the soil", NULL, "水土保持、防风固沙需要",
           "of soil and sand"),
    FACTOR("warmth", "多年平均气温", "mean temperature", "°C", "生物多样性需要", "of species"),
    FACTOR("height", "海拔", "elevation", "m", "生物多样性需要", "of species"),
    FACTOR("wind", "多年平均气候侵蚀力", "erosivity of the climate's wind", NULL, "防风固沙需要",
           "of sand"),
    FACTOR("rough", "地表粗糙度", "roughness of the ground", "1",
           "防风固沙需要；按坡度为 1/cos，不作归一化",
           "of sand; 1/cos(slope), and not brought to 0 .. 1"),
    {0}};
static const gt_model_port out[] = {
    {.name = "importance",
     .kind = GT_PORT_GRID,
     .title = {"服务能力指数", "index of the service"},
     .note = {"按累计占比分级用 share-grade", "grade it by share-grade"}},
    {.name = "ends",
     .kind = GT_PORT_TABLE,
     .title = {"各因子的最小值与最大值", "least and greatest of each factor"},
     .optional = true,
     .note = {"归一化随评价范围而变，应随结果保存",
              "the normalising depends on the extent: keep them with the result"}},
    {0}};
static const char *const services[] = {"water", "soil", "species", "sand", NULL};
static const gt_model_param with[] = {
    {.name = "service",
     .kind = GT_PARAM_CHOICE,
     .title = {"服务：水源涵养、水土保持、生物多样性维护、防风固沙",
               "service: water, soil, species or sand"},
     .preset = "water",
     .choices = services},
    {.name = "normalise",
     .kind = GT_PARAM_BOOL,
     .title = {"在评价范围内归一化", "bring factors to 0 .. 1 over the extent"},
     .preset = "yes",
     .source = "生态保护红线划定指南 2017"},
    {0}};
static const char *const sources[] = {"生态保护红线划定指南 2017 (NPP 定量指标评估法)", NULL};

const gt_model GT_MODEL_QUICK_IMPORTANCE = {
    .name = "quick-importance",
    .group = "service",
    .version = 1,
    .title = {"生态功能重要性（NPP 法）", "importance of services by production"},
    .what = {"水源涵养 = NPP·渗流·降水·(1−坡度)；水土保持 = NPP·(1−可蚀性)·(1−坡度)；生物多样性 = "
             "NPP·降水·气温·(1−海拔)；防风固沙 = NPP·可蚀性·气候侵蚀力·粗糙度。除 NPP "
             "与粗糙度外各因子归一化。",
             "water = NPP soaks rain (1 - slope); soil = NPP (1 - erodible)(1 - slope); species = "
             "NPP rain warmth (1 - height); sand = NPP erodible wind rough. Factors but NPP and "
             "roughness are brought to 0 .. 1 over the cells where all of them are known."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk; the inputs are read twice",
    .sources = sources,
    .check = check,
    .run = run};
