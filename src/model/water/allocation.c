/* Water of five sources for four uses, by zone: as much as can be for the uses in their order, and
 * among the ways to do that the one that draws most on what is cheapest to nature. */
#include <math.h>
#include <string.h>

#include "model/job.h"
#include "model/messages.h"

enum { SOURCES = 5, USES = 4, NODES = SOURCES + USES, ECOLOGY = 1, GROUND = 3, ROUNDS = 4096 };

/* In the order in which they are drawn on. */
static const char *const source_names[SOURCES] = {"reclaimed", "rain", "surface", "ground",
                                                  "transfer"};
/* The cost ranks sources: transfer goes before ground, which is drawn on last. */
static const double source_costs[SOURCES] = {0, 1, 2, 4, 3};
/* In the order in which they are met. */
static const char *const use_names[USES] = {"living", "ecology", "industry", "farming"};
/* May a source serve a use? Reclaimed water and rain are not drunk; groundwater is not let into
 * rivers; transferred water is kept for people, rivers and industry. */
static const bool serves[SOURCES][USES] = {{false, true, true, true},
                                           {false, true, false, true},
                                           {true, true, true, true},
                                           {true, false, true, true},
                                           {true, true, true, false}};

typedef struct balance {
    double left[SOURCES], wants[USES], given[SOURCES][USES];
} balance;

/* Cheapest way to `use` from any source with water left, over uses that could change their source
 * (Bellman and Ford); the bottleneck of it, 0 when there is none. */
static double find_way(const balance *b, size_t use, size_t from[NODES])
{
    double cost[NODES];
    for (size_t i = 0; i < NODES; i++) {
        cost[i] = i < SOURCES && b->left[i] > 0 ? source_costs[i] : INFINITY;
        from[i] = NODES;
    }
    for (size_t round = 0; round < NODES; round++) {
        for (size_t s = 0; s < SOURCES; s++) {
            for (size_t u = 0; u < USES; u++) {
                /* a source costs where its water leaves; giving back to it costs as much less */
                if (serves[s][u] && cost[s] < cost[SOURCES + u]) {
                    cost[SOURCES + u] = cost[s];
                    from[SOURCES + u] = s;
                }
                if (b->given[s][u] > 0 && cost[SOURCES + u] < cost[s]) {
                    cost[s] = cost[SOURCES + u];
                    from[s] = SOURCES + u;
                }
            }
        }
    }
    if (!(cost[SOURCES + use] < INFINITY)) {
        return 0;
    }
    double most = b->wants[use];
    size_t at = SOURCES + use;
    for (; from[at] < NODES; at = from[at]) {
        if (at < SOURCES) {
            most = fmin(most, b->given[at][from[at] - SOURCES]);
        }
    }
    return fmin(most, b->left[at]);
}

static void send(balance *b, size_t use, const size_t from[NODES], double amount)
{
    size_t at = SOURCES + use;
    b->wants[use] -= amount;
    for (; from[at] < NODES; at = from[at]) {
        if (at >= SOURCES) {
            b->given[from[at]][at - SOURCES] += amount;
        } else {
            b->given[at][from[at] - SOURCES] -= amount;
        }
    }
    b->left[at] -= amount;
}

static void settle(balance *b)
{
    size_t from[NODES];
    for (size_t use = 0; use < USES; use++) {
        for (int round = 0; round < ROUNDS && b->wants[use] > 0; round++) {
            double amount = find_way(b, use, from);
            if (!(amount > 0)) {
                break;
            }
            send(b, use, from, amount);
        }
    }
}

/* ---- cells --------------------------------------------------------------------------------------
 */

enum { ZONES_MAX = GT_MODEL_LIST_MAX };

typedef struct settled {
    int64_t code;
    double met, lacking, ground;
} settled;

typedef struct zones {
    settled *list; /* ascending */
    size_t n;
} zones;

static const settled *find_zone(const zones *z, double code)
{
    size_t low = 0, high = z->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((double)z->list[middle].code < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < z->n && (double)z->list[low].code == code ? &z->list[low] : NULL;
}

static void zone_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const settled *s = find_zone(c->user, c->in[0][i]);
        const double values[] = {s == NULL ? (double)NAN : s->met,
                                 s == NULL ? (double)NAN : s->lacking,
                                 s == NULL ? (double)NAN : s->ground};
        for (size_t k = 0; k < 3; k++) {
            if (c->out[k] != NULL) {
                c->out[k][i] = values[k];
            }
        }
    }
}

static double amount_of(const gt_model_call *call, const char *name, int64_t code)
{
    const gt_model_value *v = gt_model_with(call, name);
    return v == NULL ? 0 : gt_model_pair_of(v, code, 0);
}

static void settle_zone(const gt_model_call *call, settled *z)
{
    balance b;
    double saved = gt_model_real(call, "saving"), lacking = 0;
    memset(&b, 0, sizeof b);
    for (size_t s = 0; s < SOURCES; s++) {
        b.left[s] = amount_of(call, source_names[s], z->code);
    }
    for (size_t u = 0; u < USES; u++) {
        b.wants[u] = amount_of(call, use_names[u], z->code) * (u == ECOLOGY ? 1 : 1 - saved);
    }
    double flow = b.wants[ECOLOGY], ground = b.left[GROUND];
    settle(&b);
    for (size_t u = 0; u < USES; u++) {
        lacking += b.wants[u];
    }
    z->met = flow > 0 ? 1 - b.wants[ECOLOGY] / flow : 1;
    z->lacking = lacking;
    z->ground = ground - b.left[GROUND];
}

/* Every code of the uses' lists, once, ascending. */
static gt_status list_zones(gt_ctx *ctx, const gt_model_call *call, zones *out)
{
    out->list = gt_zalloc(ctx, (size_t)ZONES_MAX * USES, sizeof *out->list);
    if (out->list == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t u = 0; u < USES; u++) {
        const gt_model_value *v = gt_model_with(call, use_names[u]);
        for (size_t i = 0; v != NULL && i < v->n; i++) {
            size_t at = out->n;
            for (; at > 0 && out->list[at - 1].code > v->pairs[i].code; at--) {
            }
            if (at > 0 && out->list[at - 1].code == v->pairs[i].code) {
                continue;
            }
            memmove(out->list + at + 1, out->list + at, (out->n - at) * sizeof *out->list);
            out->list[at].code = v->pairs[i].code;
            out->n++;
        }
    }
    for (size_t i = 0; i < out->n; i++) {
        settle_zone(call, &out->list[i]);
    }
    return GT_OK;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    zones z = {NULL, 0};
    gt_status st = list_zones(ctx, call, &z);
    if (st == GT_OK) {
        st = gt_job_local(ctx, call, GT_CELL_F32, zone_row, &z);
    }
    gt_free(ctx, z.list);
    return st;
}

static const gt_model_port in[] = {
    {.name = "zones", .kind = GT_PORT_GRID, .title = {"流域或配置分区", "basins or zones"}}, {0}};
static const gt_model_port out[] = {
    {.name = "met",
     .kind = GT_PORT_GRID,
     .title = {"生态流量满足程度", "share of the ecological flow that is met"},
     .unit = "1"},
    {.name = "lacking",
     .kind = GT_PORT_GRID,
     .title = {"缺水量", "water lacking"},
     .unit = "10^4 m3/yr",
     .optional = true},
    {.name = "ground",
     .kind = GT_PORT_GRID,
     .title = {"地下水用量", "groundwater drawn"},
     .unit = "10^4 m3/yr",
     .optional = true},
    {0}};
#define AMOUNT(id, zh, en)                                                                         \
    {                                                                                              \
        .name = (id), .kind = GT_PARAM_PAIRS, .title = {(zh), (en)}, .unit = "10^4 m3/yr",         \
        .min = 0, .max = 1e9, .preset = ""                                                         \
    }
static const gt_model_param with[] = {
    AMOUNT("surface", "各区地表水可供量", "surface water, by zone"),
    AMOUNT("ground", "各区地下水可开采量", "groundwater that may be drawn, by zone"),
    AMOUNT("reclaimed", "各区再生水", "reclaimed water, by zone"),
    AMOUNT("rain", "各区雨水利用", "rain put to use, by zone"),
    AMOUNT("transfer", "各区外调水", "transferred water, by zone"),
    AMOUNT("living", "各区生活需水", "water people need, by zone"),
    {.name = "ecology",
     .kind = GT_PARAM_PAIRS,
     .title = {"各区河湖生态需水", "ecological flow of rivers and lakes, by zone"},
     .unit = "10^4 m3/yr",
     .min = 0,
     .max = 1e9},
    AMOUNT("industry", "各区工业需水", "water for industry, by zone"),
    AMOUNT("farming", "各区农业需水", "water for farming, by zone"),
    {.name = "saving",
     .kind = GT_PARAM_REAL,
     .title = {"节水率（生态需水除外）", "share saved of every use but the ecological flow"},
     .unit = "1",
     .min = 0,
     .max = 0.9,
     .preset = "0"},
    {0}};
static const char *const sources[] = {
    "Edmonds and Karp 1972; Busacker and Gowen 1961 (cheapest augmenting ways)", NULL};

const gt_model GT_MODEL_WATER_ALLOCATION = {
    .name = "water-allocation",
    .group = "water",
    .version = 1,
    .title = {"水资源联合配置", "joint allocation of water"},
    .what =
        {"逐区把再生水、雨水、地表水、外调水、地下水依次用于生活、河湖生态、工业、农业：先用者尽"
         "量满足，同样满足时先用再生水和雨水，最后才用地下水；再生水和雨水不供生活，地下水不补"
         "河湖，雨水不供工业，外调水不供农业。",
         "Zone by zone, water goes to people, rivers and lakes, industry and farming, as much as "
         "can be in this order; of equal ways the one that uses reclaimed water and rain first and "
         "groundwater last. Reclaimed water and rain are not for people, groundwater not for "
         "rivers, rain not for industry, transferred water not for farming."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = sources,
    .run = run};
