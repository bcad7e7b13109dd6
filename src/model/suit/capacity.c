/* Carrying capacity: what land that is suitable and water that is there allow, by unit. */
#include <math.h>
#include <stdatomic.h>

#include "model/connect/tables.h"
#include "model/job.h"
#include "model/messages.h"

enum { SUITABLE = 0, UNITS, CODES = 4096, FARMING = 0, TOWN };
#define WAN 1e4 /* water is given in ten thousands of m3 */

typedef struct capacity {
    _Atomic uint64_t n[CODES]; /* suitable cells */
    _Atomic bool there[CODES]; /* is any cell of the unit known */
    _Atomic bool odd;
} capacity;

static void count_row(const gt_cells *c)
{
    capacity *k = *(capacity *const *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double suitable = c->in[SUITABLE][i], unit = c->in[UNITS] != NULL ? c->in[UNITS][i] : 0;
        if (isnan(suitable) || isnan(unit)) {
            continue;
        }
        if (!(unit >= 0 && unit < CODES && unit == floor(unit))) {
            atomic_store(&k->odd, true);
            continue;
        }
        atomic_store_explicit(&k->there[(size_t)unit], true, memory_order_relaxed);
        if (suitable > 0) {
            (void)atomic_fetch_add_explicit(&k->n[(size_t)unit], 1, memory_order_relaxed);
        }
    }
}

/* m2 of fields, or of town, that the water of a unit is enough for. */
static double by_water(const gt_model_call *call, double water)
{
    double m3 = water * WAN, each = gt_model_real(call, "quota");
    if (gt_model_with(call, "use")->choice == FARMING) {
        return m3 / each * 10000 / 15; /* 15 mu are a hectare */
    }
    return m3 / each * gt_model_real(call, "land-each");
}

static gt_status write_unit(gt_ctx *ctx, const gt_model_call *call, size_t unit, double land,
                            gt_text *text)
{
    const gt_model_value *waters = gt_model_with(call, "water");
    double water = gt_model_pair_of(waters, (int64_t)unit, (double)NAN);
    if (isnan(water)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_FIGURE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "water"), GT_INT("unit", (int64_t)unit)));
    }
    double wet = by_water(call, water), most = fmin(land, wet);
    gt_text_printf(text, "%zu,", unit);
    gt_table_real(text, land);
    gt_text_printf(text, ",");
    gt_table_real(text, wet);
    gt_text_printf(text, ",");
    gt_table_real(text, most);
    gt_text_printf(text, ",%s,", land <= wet ? "land" : "water");
    if (gt_model_with(call, "use")->choice == TOWN) {
        gt_table_real(text, floor(most / gt_model_real(call, "land-each")));
    }
    gt_text_printf(text, "\n");
    return GT_OK;
}

static gt_status work(gt_ctx *ctx, gt_job *job, capacity *k)
{
    const gt_grid_spec *s = gt_grid_facts(job->in[SUITABLE]);
    gt_text text;
    gt_status st = gt_job_cells(ctx, job, 0, count_row, &k);
    if (st == GT_OK && k->odd) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_ODD_CLASS,
                     GT_PLACE(.file = gt_model_in(job->call, "units")),
                     GT_ARGS(GT_INT("most", CODES - 1)));
    }
    gt_text_init(&text, ctx, 0);
    gt_text_printf(&text, "unit,land_m2,water_m2,capacity_m2,limit,people\n");
    for (size_t i = 0; st == GT_OK && i < CODES; i++) {
        if (k->there[i]) {
            st = write_unit(ctx, job->call, i, (double)k->n[i] * s->cell_x * s->cell_y, &text);
        }
    }
    st = st == GT_OK ? gt_text_status(&text) : st;
    st = st == GT_OK ? gt_table_write(ctx, gt_model_out(job->call, "table"), &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    capacity *k = NULL;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        k = gt_zalloc(ctx, 1, sizeof *k);
        st = k == NULL ? GT_E_MEMORY : work(ctx, &job, k);
    }
    gt_free(ctx, k);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "suitable",
     .kind = GT_PORT_GRID,
     .title = {"适宜性", "suitability"},
     .note = {"大于 0 为适宜", "suitable where above 0"}},
    {.name = "units",
     .kind = GT_PORT_GRID,
     .title = {"评价单元", "units"},
     .optional = true,
     .note = {"0 至 4095 的编码；不给时全域为单元 0", "codes 0 .. 4095; without it all is unit 0"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "table",
     .kind = GT_PORT_TABLE,
     .title = {"各单元承载规模", "capacity of each unit"},
     .note = {"土地约束、水资源约束、承载规模（平方米），短板，人口（城镇）",
              "by land, by water and the lesser in m2, which of them it is, people (town)"}},
    {0}};
static const char *const uses[] = {"farming", "town", NULL};
static const gt_model_param with[] = {
    {.name = "use",
     .kind = GT_PARAM_CHOICE,
     .title = {"用途：农业生产、城镇建设", "use: farming or town"},
     .preset = "farming",
     .choices = uses},
    {.name = "water",
     .kind = GT_PARAM_PAIRS,
     .title = {"各单元可用水量", "water of each unit in a year"},
     .unit = "10^4 m3",
     .min = 0,
     .max = 1e9},
    {.name = "quota",
     .kind = GT_PARAM_REAL,
     .title = {"用水定额：农业为亩均，城镇为人均",
               "water that one needs in a year: a mu of fields, or a head of the town"},
     .unit = "m3",
     .min = 0.001,
     .max = 1e6},
    {.name = "land-each",
     .kind = GT_PARAM_REAL,
     .title = {"人均建设用地", "built-up land a head"},
     .unit = "m2",
     .min = 1,
     .max = 10000,
     .preset = "100",
     .source = "GB 50137-2011, 65 .. 115 m2; to be replaced by the plan's"},
    {0}};
static const char *const sources[] = {"资源环境承载能力和国土空间开发适宜性评价指南（试行）2020",
                                      NULL};

const gt_model GT_MODEL_CARRYING_CAPACITY = {
    .name = "carrying-capacity",
    .group = "suit",
    .version = 1,
    .title = {"承载规模", "carrying capacity"},
    .what =
        {"按短板原理取土地约束与水资源约束之小者：耕地 = 可用水量 ÷ 亩均定额，城镇 = 可用水量 ÷ "
         "人均定额 × 人均建设用地。",
         "The lesser of what suitable land and what water allow: fields by water over the quota of "
         "a mu; town by water over the quota of a head, times the land a head."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_ZONAL,
    .law = "blocks of the walk",
    .sources = sources,
    .run = run};
