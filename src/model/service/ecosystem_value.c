/* What ecosystems give, in money; and a sum shared out by what each place gives. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

/* ---- value --------------------------------------------------------------------------------------
 */

enum { LAND = 0, WATER, SOIL, CARBON, VALUE = 0, V_WATER, V_SOIL, V_CARBON, CO2 };

typedef struct prices {
    gt_table *material, *culture;
    double water, dredging, silt, density, carbon, oxygen;
} prices;

static void value_row(const gt_cells *c)
{
    const prices *p = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double land = c->in[LAND][i];
        /* 1 mm on 1 ha is 10 m3; 12 t of carbon are 44 t of CO2, which set 32 t of oxygen free */
        double held = c->in[WATER] != NULL ? c->in[WATER][i] : 0;
        double water = (held < 0 ? 0 : held) * 10 * p->water; /* what is short has no value */
        double soil = c->in[SOIL] != NULL ? c->in[SOIL][i] * p->silt / p->density * p->dredging : 0;
        double gas = c->in[CARBON] != NULL ? c->in[CARBON][i] * 44 / 12 : 0;
        double carbon = gas * (p->carbon + p->oxygen * 32 / 44);
        const double parts[] = {water + soil + carbon + gt_table_at(p->material, land) +
                                    gt_table_at(p->culture, land),
                                water, soil, carbon, gas};
        for (size_t k = 0; k <= CO2; k++) {
            if (c->out[k] != NULL) {
                c->out[k][i] = parts[k] + 0 * land;
            }
        }
    }
}

static gt_status run_value(gt_ctx *ctx, const gt_model_call *call)
{
    prices p = {.water = gt_model_real(call, "water-price"),
                .dredging = gt_model_real(call, "dredging-price"),
                .silt = gt_model_real(call, "silted"),
                .density = gt_model_real(call, "density"),
                .carbon = gt_model_real(call, "carbon-price"),
                .oxygen = gt_model_real(call, "oxygen-price")};
    p.material = gt_table_new(ctx, call, "material", 0);
    p.culture = gt_table_new(ctx, call, "culture", 0);
    gt_status st = p.material == NULL || p.culture == NULL
                       ? GT_E_MEMORY
                       : gt_job_local(ctx, call, GT_CELL_F32, value_row, &p);
    gt_free(ctx, p.material);
    gt_free(ctx, p.culture);
    return st;
}

static const gt_model_port value_in[] = {
    {.name = "land", .kind = GT_PORT_GRID, .title = {"土地覆盖类别", "land cover classes"}},
    {.name = "water",
     .kind = GT_PORT_GRID,
     .title = {"水源涵养量", "water conserved"},
     .unit = "mm",
     .optional = true},
    {.name = "soil",
     .kind = GT_PORT_GRID,
     .title = {"土壤保持量", "soil retained"},
     .unit = "t/(ha.yr)",
     .optional = true},
    {.name = "carbon",
     .kind = GT_PORT_GRID,
     .title = {"净生态系统生产力（碳）", "carbon taken up, net"},
     .unit = "t/(ha.yr)",
     .optional = true},
    {0}};
#define PART(id, zh, en, of)                                                                       \
    {                                                                                              \
        .name = (id), .kind = GT_PORT_GRID, .title = {(zh), (en)}, .unit = (of), .optional = true  \
    }
static const gt_model_port value_out[] = {
    {.name = "value",
     .kind = GT_PORT_GRID,
     .title = {"生态产品价值", "value of ecosystem products"},
     .unit = "yuan/(ha.yr)"},
    PART("water-value", "其中水源涵养", "of it water", "yuan/(ha.yr)"),
    PART("soil-value", "其中土壤保持", "of it soil", "yuan/(ha.yr)"),
    PART("carbon-value", "其中固碳释氧", "of it carbon and oxygen", "yuan/(ha.yr)"),
    PART("co2", "固定二氧化碳", "CO2 taken up", "t/(ha.yr)"),
    {0}};
#define FORESTS "LY/T 1721-2008, prices of that year; to be brought to the year of the account"
static const gt_model_param value_with[] = {
    {.name = "water-price",
     .kind = GT_PARAM_REAL,
     .title = {"水库单位库容造价", "cost of a reservoir's room"},
     .unit = "yuan/m3",
     .min = 0,
     .max = 1e6,
     .preset = "6.1107",
     .source = FORESTS},
    {.name = "dredging-price",
     .kind = GT_PARAM_REAL,
     .title = {"清淤单价", "cost of dredging"},
     .unit = "yuan/m3",
     .min = 0,
     .max = 1e6,
     .preset = "12.6",
     .source = FORESTS},
    {.name = "silted",
     .kind = GT_PARAM_REAL,
     .title = {"泥沙淤积系数", "share of the soil that silts up"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0.24",
     .source = "陆地生态系统生产总值（GEP）核算技术指南 2020"},
    {.name = "density",
     .kind = GT_PARAM_REAL,
     .title = {"土壤容重", "bulk density of the soil"},
     .unit = "t/m3",
     .min = 0.1,
     .max = 3,
     .preset = "1.3",
     .source = "loam; to be replaced by local data"},
    {.name = "carbon-price",
     .kind = GT_PARAM_REAL,
     .title = {"二氧化碳价格", "price of CO2"},
     .unit = "yuan/t",
     .min = 0,
     .max = 1e6,
     .preset = "327.27",
     .source = "1200 yuan a ton of carbon in " FORESTS},
    {.name = "oxygen-price",
     .kind = GT_PARAM_REAL,
     .title = {"氧气价格（0 为不计）", "price of oxygen (0: not counted)"},
     .unit = "yuan/t",
     .min = 0,
     .max = 1e6,
     .preset = "0",
     .source = "most accounts leave it out"},
    {.name = "material",
     .kind = GT_PARAM_PAIRS,
     .title = {"物质产品价值（按地类）", "material products, by class"},
     .unit = "yuan/(ha.yr)",
     .min = 0,
     .max = 1e9,
     .preset = ""},
    {.name = "culture",
     .kind = GT_PARAM_PAIRS,
     .title = {"文化服务价值（按地类）", "cultural services, by class"},
     .unit = "yuan/(ha.yr)",
     .min = 0,
     .max = 1e9,
     .preset = ""},
    {0}};
static const char *const value_sources[] = {
    "GB/T 46869-2025; 陆地生态系统生产总值（GEP）核算技术指南 2020", "LY/T 1721-2008", NULL};

const gt_model GT_MODEL_ECOSYSTEM_VALUE = {
    .name = "ecosystem-value",
    .group = "service",
    .version = 1,
    .title = {"生态产品价值（GEP）", "value of ecosystem products (GEP)"},
    .what = {"水源涵养按水库造价，土壤保持按淤积清淤，固碳按二氧化碳价格（12 吨碳合 44 "
             "吨二氧化碳、32 吨氧气），物质与文化按地类单价，合计为每公顷每年的价值。",
             "Water by the cost of reservoirs, soil by dredging what silts up, carbon by the price "
             "of CO2 (12 t of carbon are 44 t of CO2 and 32 t of oxygen), material and cultural "
             "products by class; yuan a hectare and year."},
    .in = value_in,
    .out = value_out,
    .with = value_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = value_sources,
    .run = run_value};

/* ---- shared out ---------------------------------------------------------------------------------
 */

enum { EFFECT = 0, KIND, SIDE = 512 };

typedef struct sharing {
    gt_table *weights;
    bool kinds;
    double *sums; /* by block, added up in their order: the same at any number of threads; NaN where
                   * all is nodata */
    double each;  /* yuan a hectare for one of effect */
} sharing;

static double part_of(const sharing *s, double effect, double kind)
{
    double weight = s->kinds ? gt_table_at(s->weights, kind) : 1;
    return effect > 0 && weight > 0 ? effect * weight : isnan(effect) ? effect : 0;
}

static gt_status sum_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    sharing *s = user;
    double sum = (double)NAN;
    for (int r = 0; r < b->n_rows; r++) {
        const double *effect = (const double *)b->in[0].cells + (size_t)r * b->in[0].stride;
        const double *kind =
            s->kinds ? (const double *)b->in[1].cells + (size_t)r * b->in[1].stride : effect;
        for (int c = 0; c < b->n_cols; c++) {
            double part = part_of(s, effect[c], kind[c]);
            sum = isnan(part) ? sum : isnan(sum) ? part : sum + part;
        }
    }
    s->sums[b->index] = sum;
    return gt_check_cancel(ctx);
}

static gt_status sum_all(gt_ctx *ctx, gt_job *job, sharing *s, double *total)
{
    const gt_walk_input in[] = {{job->in[EFFECT], GT_CELL_F64, 0}, {job->in[KIND], GT_CELL_F64, 0}};
    gt_walk walk;
    gt_walk_plan plan;
    gt_walk_init(&walk);
    walk.in = in;
    walk.n_in = s->kinds ? 2 : 1;
    walk.block_cols = walk.block_rows = SIDE;
    gt_status st = gt_walk_law(ctx, &walk, &plan);
    if (st == GT_OK) {
        s->sums = gt_zalloc(ctx, plan.n_blocks, sizeof *s->sums);
        st = s->sums == NULL ? GT_E_MEMORY : gt_grid_walk(ctx, &walk, sum_block, s);
    }
    bool any = false;
    *total = 0;
    for (size_t i = 0; st == GT_OK && i < plan.n_blocks; i++) {
        any = any || !isnan(s->sums[i]);
        *total += isnan(s->sums[i]) ? 0 : s->sums[i];
    }
    gt_free(ctx, s->sums);
    s->sums = NULL;
    if (st == GT_OK && any && !(*total > 0)) { /* nodata only: nothing to share out, and nobody */
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_WEIGHT,
                     GT_PLACE(.file = gt_grid_path(job->in[EFFECT])),
                     GT_ARGS(GT_TEXT("name", "effect")));
    }
    return st;
}

static void share_row(const gt_cells *c)
{
    const sharing *s = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double effect = c->in[EFFECT][i];
        c->out[0][i] = s->each * part_of(s, effect, s->kinds ? c->in[KIND][i] : effect);
    }
}

static gt_status run_share(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    double total = 0;
    sharing s = {.kinds = gt_model_in(call, "kind") != NULL};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        s.weights =
            gt_table_new(ctx, call, "weights", gt_model_with(call, "weights") == NULL ? 1 : 0);
        st = s.weights == NULL ? GT_E_MEMORY : sum_all(ctx, &job, &s, &total);
    }
    if (st == GT_OK) {
        const gt_grid_spec *f = gt_grid_facts(job.in[EFFECT]);
        s.each = gt_model_real(call, "amount") / total / (f->cell_x * f->cell_y / 10000);
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, share_row, &s);
    }
    gt_free(ctx, s.weights);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port share_in[] = {
    {.name = "effect",
     .kind = GT_PORT_GRID,
     .title = {"保护成效", "effect"},
     .note = {"不大于 0 者不得分配", "nothing for cells not above 0"}},
    {.name = "kind",
     .kind = GT_PORT_GRID,
     .title = {"补偿对象类别", "kind of area"},
     .optional = true},
    {0}};
static const gt_model_port share_out[] = {
    {.name = "share",
     .kind = GT_PORT_GRID,
     .title = {"分配额", "share"},
     .unit = "yuan/ha",
     .note = {"乘以面积后合计等于总额", "times the areas they sum to the amount"}},
    {0}};
static const gt_model_param share_with[] = {
    {.name = "amount",
     .kind = GT_PARAM_REAL,
     .title = {"资金总额", "amount to share out"},
     .unit = "yuan",
     .min = 0,
     .max = 1e15},
    {.name = "weights",
     .kind = GT_PARAM_PAIRS,
     .title = {"各类别权重（未列者为 0）", "weight of each kind (0 when not listed)"},
     .min = 0,
     .max = 1e6,
     .preset = ""},
    {0}};
static const char *const share_sources[] = {
    "generalised transfer payments by weighted effect; exact sum, in a fixed order", NULL};

const gt_model GT_MODEL_SHARE_OUT = {
    .name = "share-out",
    .group = "service",
    .version = 1,
    .title = {"补偿资金分配", "money shared out by effect"},
    .what = {"把一笔资金按“成效 × 类别权重”分到各处；总额不变。",
             "Shares an amount out by effect times the weight of the kind; the sum is the amount."},
    .in = share_in,
    .out = share_out,
    .with = share_with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk, 8 bytes a block",
    .sources = share_sources,
    .run = run_share};
