/* Indices of a network of patches: IIC, PC, what each patch gives to them, and the planar ones.
 *
 * A patch is taken out and all distances are computed again. What is spared: distances from a patch
 * in whose tree of shortest ways the missing one is a leaf, for they cannot change. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "model/connect/messages.h"
#include "model/connect/tables.h"
#include "model/job.h"

enum { NODES_MAX = 4000, LINKS_MAX = 1000000, NONE = -1 };

typedef struct arc {
    size_t to;
    double length;
} arc;

typedef struct graph {
    size_t n, n_links;
    int64_t *id; /* ascending */
    double *area;
    size_t *from; /* n + 1: arcs of a node */
    arc *arcs;
} graph;

/* ---- reading ------------------------------------------------------------------------------------
 */

static gt_status too_many(gt_ctx *ctx, const char *file, size_t n, size_t most, const char *what,
                          const char *zh)
{
    return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_CONNECT_TOO_MANY, GT_PLACE(.file = file),
                   GT_ARGS(GT_INT("n", n), GT_INT("most", most), GT_TEXT("what", what),
                           GT_TEXT("what_zh", zh)));
}

static int by_first(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static gt_status bad_row(gt_ctx *ctx, const char *file, size_t row, const char *what,
                         const char *zh)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_TABLE,
                   GT_PLACE(.file = file, .row = (long long)row + 1),
                   GT_ARGS(GT_INT("line", row + 2), GT_TEXT("what", what), GT_TEXT("what_zh", zh)));
}

static gt_status read_nodes(gt_ctx *ctx, const char *file, graph *g)
{
    static const char *const names[] = {"node", "area"};
    double *v = NULL;
    gt_status st = gt_table_read(ctx, file, names, 2, &v, &g->n);
    if (st == GT_OK && g->n > NODES_MAX) {
        st = too_many(ctx, file, g->n, NODES_MAX, "nodes", "节点");
    }
    if (st == GT_OK && g->n == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_TOO_FEW, GT_PLACE(.file = file),
                     GT_ARGS(GT_INT("n", 0), GT_INT("least", 1)));
    }
    for (size_t i = 0; st == GT_OK && i < g->n; i++) {
        if (!(v[2 * i + 1] > 0)) {
            st = bad_row(ctx, file, i, "the area is not above 0", "面积应大于 0");
        }
    }
    if (st == GT_OK) {
        qsort(v, g->n, 2 * sizeof *v, by_first);
        g->id = gt_alloc(ctx, g->n, sizeof *g->id);
        g->area = gt_alloc(ctx, g->n, sizeof *g->area);
        st = g->id == NULL || g->area == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < g->n; i++) {
        g->id[i] = (int64_t)v[2 * i];
        g->area[i] = v[2 * i + 1];
        if (i > 0 && g->id[i] == g->id[i - 1]) {
            st = bad_row(ctx, file, i, "a node occurs twice", "节点重复");
        }
    }
    gt_free(ctx, v);
    return st;
}

static int64_t node_of(const graph *g, double id)
{
    size_t low = 0, high = g->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if ((double)g->id[mid] < id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < g->n && (double)g->id[low] == id ? (int64_t)low : NONE;
}

/* Ends become indices; wrong rows are told. */
static gt_status find_ends(gt_ctx *ctx, const char *file, const graph *g, double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t a = node_of(g, v[3 * i]), b = node_of(g, v[3 * i + 1]);
        if (a == NONE || b == NONE) {
            double missing = a == NONE ? v[3 * i] : v[3 * i + 1];
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_NO_NODE,
                           GT_PLACE(.file = file, .row = (long long)i + 1),
                           GT_ARGS(GT_REAL("a", v[3 * i]), GT_REAL("b", v[3 * i + 1]),
                                   GT_REAL("missing", missing)));
        }
        if (a == b) {
            return bad_row(ctx, file, i, "a link from a node to itself", "连接两端为同一节点");
        }
        if (!(v[3 * i + 2] >= 0)) {
            return bad_row(ctx, file, i, "a negative distance", "距离小于 0");
        }
        v[3 * i] = (double)a;
        v[3 * i + 1] = (double)b;
    }
    return GT_OK;
}

static gt_status read_links(gt_ctx *ctx, const char *file, const char *column, graph *g)
{
    const char *names[] = {"from", "to", column};
    double *v = NULL;
    gt_status st = gt_table_read(ctx, file, names, 3, &v, &g->n_links);
    if (st == GT_OK && g->n_links > LINKS_MAX) {
        st = too_many(ctx, file, g->n_links, LINKS_MAX, "links", "连接");
    }
    st = st == GT_OK ? find_ends(ctx, file, g, v, g->n_links) : st;
    if (st == GT_OK) {
        g->from = gt_zalloc(ctx, g->n + 2, sizeof *g->from);
        g->arcs = gt_alloc(ctx, 2 * g->n_links + 1, sizeof *g->arcs);
        st = g->from == NULL || g->arcs == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < 2 * g->n_links; i++) {
        g->from[(size_t)v[3 * (i / 2) + i % 2] + 2]++;
    }
    for (size_t i = 2; st == GT_OK && i < g->n + 2; i++) {
        g->from[i] += g->from[i - 1];
    }
    for (size_t i = 0; st == GT_OK && i < 2 * g->n_links; i++) {
        const double *row = v + 3 * (i / 2);
        g->arcs[g->from[(size_t)row[i % 2] + 1]++] = (arc){(size_t)row[1 - i % 2], row[2]};
    }
    gt_free(ctx, v);
    return st;
}

static void graph_free(gt_ctx *ctx, graph *g)
{
    gt_free(ctx, g->id);
    gt_free(ctx, g->area);
    gt_free(ctx, g->from);
    gt_free(ctx, g->arcs);
}

/* ---- shortest ways ------------------------------------------------------------------------------
 */

typedef struct ahead {
    double d;
    size_t node;
} ahead;

/* Of one worker. */
typedef struct ways {
    double *d; /* INFINITY: not reached */
    int64_t *before;
    size_t *order; /* nodes as they are settled */
    size_t n;
    bool *settled;
    ahead *heap;
    size_t in_heap;
} ways;

static void sift_up(ahead *heap, size_t i)
{
    while (i > 0 && heap[(i - 1) / 2].d > heap[i].d) {
        ahead t = heap[i];
        heap[i] = heap[(i - 1) / 2];
        heap[(i - 1) / 2] = t;
        i = (i - 1) / 2;
    }
}

static ahead take(ways *w)
{
    ahead top = w->heap[0], last = w->heap[--w->in_heap];
    size_t i = 0, n = w->in_heap;
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        child += child + 1 < n && w->heap[child + 1].d < w->heap[child].d ? 1 : 0;
        if (w->heap[child].d >= last.d) {
            break;
        }
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = last;
    return top;
}

/* From node s without node `without` (NONE: with all). hops: every link is 1. */
static void find_ways(const graph *g, size_t s, int64_t without, bool hops, ways *w)
{
    w->n = w->in_heap = 0;
    for (size_t i = 0; i < g->n; i++) {
        w->d[i] = (double)INFINITY;
        w->before[i] = NONE;
        w->settled[i] = (int64_t)i == without;
    }
    w->d[s] = 0;
    w->heap[w->in_heap++] = (ahead){0, s};
    while (w->in_heap > 0) {
        ahead at = take(w);
        if (w->settled[at.node]) {
            continue;
        }
        w->settled[at.node] = true;
        w->order[w->n++] = at.node;
        for (size_t k = g->from[at.node]; k < g->from[at.node + 1]; k++) {
            const arc *a = &g->arcs[k];
            double next = at.d + (hops ? 1 : a->length);
            if (!w->settled[a->to] && next < w->d[a->to]) {
                w->d[a->to] = next;
                w->before[a->to] = (int64_t)at.node;
                w->heap[w->in_heap] = (ahead){next, a->to};
                sift_up(w->heap, w->in_heap++);
            }
        }
    }
}

static gt_status ways_new(gt_ctx *ctx, const graph *g, ways *w)
{
    w->d = gt_alloc(ctx, g->n, sizeof *w->d);
    w->before = gt_alloc(ctx, g->n, sizeof *w->before);
    w->order = gt_alloc(ctx, g->n, sizeof *w->order);
    w->settled = gt_alloc(ctx, g->n, sizeof *w->settled);
    w->heap = gt_alloc(ctx, 2 * g->n_links + 2, sizeof *w->heap);
    return w->d == NULL || w->before == NULL || w->order == NULL || w->settled == NULL ||
                   w->heap == NULL
               ? GT_E_MEMORY
               : GT_OK;
}

static void ways_free(gt_ctx *ctx, ways *w)
{
    gt_free(ctx, w->d);
    gt_free(ctx, w->before);
    gt_free(ctx, w->order);
    gt_free(ctx, w->settled);
    gt_free(ctx, w->heap);
}

/* ---- indices ------------------------------------------------------------------------------------
 */

typedef struct parts {
    double whole; /* sum over pairs without the node */
    double intra, flux;
} parts;

typedef struct indices {
    const graph *g;
    bool hops;
    double k; /* p = exp(-k d) */
    double total;
    double *sum;   /* by node i: sum over j of a_i a_j w(d_ij) */
    bool *inner;   /* n x n: is node k on the way from i to another? */
    double *pairs; /* n x n: a_i a_j w(d_ij) */
    parts *of;     /* by node */
    ways *w;       /* by worker */
} indices;

static double weight(const indices *x, double d)
{
    return isinf(d) ? 0 : x->hops ? 1 / (1 + d) : exp(-x->k * d);
}

/* All pairs from node `task`. */
static gt_status all_from(gt_ctx *ctx, void *user, size_t task, int worker)
{
    indices *x = user;
    const graph *g = x->g;
    ways *w = &x->w[worker];
    find_ways(g, task, NONE, x->hops, w);
    x->sum[task] = 0;
    for (size_t j = 0; j < g->n; j++) {
        double v = g->area[task] * g->area[j] * weight(x, w->d[j]);
        x->pairs[task * g->n + j] = v;
        x->sum[task] += v;
        if (w->before[j] != NONE && w->before[j] != (int64_t)task) {
            x->inner[task * g->n + (size_t)w->before[j]] = true;
        }
    }
    return gt_check_cancel(ctx);
}

/* The sum without node `task`. */
static gt_status without(gt_ctx *ctx, void *user, size_t task, int worker)
{
    indices *x = user;
    const graph *g = x->g;
    ways *w = &x->w[worker];
    parts *p = &x->of[task];
    gt_status st = GT_OK;
    p->whole = 0;
    p->intra = g->area[task] * g->area[task];
    p->flux = 2 * (x->sum[task] - x->pairs[task * g->n + task]);
    for (size_t i = 0; st == GT_OK && i < g->n; i++) {
        if (i == task) {
            continue;
        }
        if (!x->inner[i * g->n + task]) {
            p->whole += x->sum[i] - x->pairs[i * g->n + task];
            continue;
        }
        find_ways(g, i, (int64_t)task, x->hops, w);
        for (size_t j = 0; j < w->n; j++) {
            size_t to = w->order[j];
            p->whole += g->area[i] * g->area[to] * weight(x, w->d[to]);
        }
        st = i % 64 == 0 ? gt_check_cancel(ctx) : GT_OK;
    }
    return st;
}

static gt_status compute(gt_ctx *ctx, indices *x)
{
    size_t n = x->g->n;
    memset(x->inner, 0, n * n);
    gt_status st = gt_parallel_for(ctx, n, all_from, x);
    x->total = 0;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        x->total += x->sum[i];
    }
    return st == GT_OK ? gt_parallel_for(ctx, n, without, x) : st;
}

/* Brandes 2001: pairs of nodes whose shortest way runs over a node, each pair once; of equal ways
 * every one counts by its share. */
static gt_status between(gt_ctx *ctx, const graph *g, ways *w, double *out)
{
    double *count = gt_alloc(ctx, g->n, sizeof *count), *share = gt_alloc(ctx, g->n, sizeof *share);
    gt_status st = count == NULL || share == NULL ? GT_E_MEMORY : GT_OK;
    memset(out, 0, g->n * sizeof *out);
    for (size_t s = 0; st == GT_OK && s < g->n; s++) {
        find_ways(g, s, NONE, false, w);
        for (size_t i = 0; i < g->n; i++) {
            count[i] = i == s ? 1 : 0;
            share[i] = 0;
        }
        for (size_t turn = 0; turn < 2 * w->n; turn++) { /* counts outwards, shares back */
            size_t v = w->order[turn < w->n ? turn : 2 * w->n - 1 - turn];
            for (size_t k = g->from[v]; k < g->from[v + 1]; k++) {
                const arc *a = &g->arcs[k];
                double over = w->d[v] + a->length - w->d[a->to];
                if (!(a->length > 0) || fabs(over) > 1e-12 * w->d[a->to]) {
                    continue;
                }
                if (turn < w->n) {
                    count[a->to] += count[v];
                } else {
                    share[v] += count[v] / count[a->to] * (1 + share[a->to]);
                }
            }
            out[v] += turn >= w->n && v != s ? share[v] / 2 : 0;
        }
        st = gt_check_cancel(ctx);
    }
    gt_free(ctx, count);
    gt_free(ctx, share);
    return st;
}

/* ---- results ------------------------------------------------------------------------------------
 */

typedef struct results {
    double landscape, iic, pc, iic_total, pc_total, length;
    parts *of[2]; /* IIC, PC */
    double *between;
} results;

static gt_status write_nodes(gt_ctx *ctx, const char *path, const graph *g, const results *r)
{
    gt_text out;
    gt_text_init(&out, ctx, 0);
    gt_text_puts(&out, "node,area,links,dIIC,dIIC_intra,dIIC_flux,dIIC_connector,"
                       "dPC,dPC_intra,dPC_flux,dPC_connector,betweenness\n");
    for (size_t i = 0; i < g->n; i++) {
        gt_text_printf(&out, "%lld,", (long long)g->id[i]);
        gt_table_real(&out, g->area[i]);
        gt_text_printf(&out, ",%zu", g->from[i + 1] - g->from[i]);
        for (int k = 0; k < 2; k++) {
            const parts *p = &r->of[k][i];
            double total = k == 0 ? r->iic_total : r->pc_total;
            double d = 100 * (total - p->whole) / total, intra = 100 * p->intra / total;
            double flux = 100 * p->flux / total, connector = d - intra - flux;
            const double put[] = {d, intra, flux, fabs(connector) < 1e-9 ? 0 : connector};
            for (int c = 0; c < 4; c++) {
                gt_text_printf(&out, ",%.9g", put[c]);
            }
        }
        gt_text_printf(&out, ",%.9g\n", r->between[i]);
    }
    gt_status st = gt_table_write(ctx, path, &out);
    gt_text_free(&out);
    return st;
}

static void put_index(gt_text *out, const char *name, double v)
{
    gt_text_printf(out, "%s,", name);
    gt_table_real(out, isfinite(v) ? v : (double)NAN);
    gt_text_putc(out, '\n');
}

static gt_status write_network(gt_ctx *ctx, const char *path, const graph *g, const results *r)
{
    double v = (double)g->n, l = (double)g->n_links;
    gt_text out;
    gt_text_init(&out, ctx, 0);
    gt_text_puts(&out, "index,value\n");
    put_index(&out, "nodes", v);
    put_index(&out, "links", l);
    put_index(&out, "alpha", v > 2 ? (l - v + 1) / (2 * v - 5) : (double)NAN);
    put_index(&out, "beta", l / v);
    put_index(&out, "gamma", v > 2 ? l / (3 * (v - 2)) : (double)NAN);
    put_index(&out, "cost_ratio", r->length > 0 ? 1 - l / (r->length / 1000) : (double)NAN);
    put_index(&out, "IIC", r->iic);
    put_index(&out, "PC", r->pc);
    put_index(&out, "ECA_IIC", sqrt(r->iic_total));
    put_index(&out, "ECA_PC", sqrt(r->pc_total));
    gt_status st = gt_table_write(ctx, path, &out);
    gt_text_free(&out);
    return st;
}

/* Indices of both kinds; the arrays of x are given. */
static gt_status both(gt_ctx *ctx, const graph *g, indices *x, results *r)
{
    gt_status st = GT_OK;
    for (int k = 0; st == GT_OK && k < 2; k++) {
        x->hops = k == 0;
        x->of = r->of[k];
        st = compute(ctx, x);
        *(k == 0 ? &r->iic_total : &r->pc_total) = x->total;
    }
    if (st == GT_OK) {
        st = between(ctx, g, &x->w[0], r->between);
    }
    double all = 0;
    for (size_t i = 0; i < g->n; i++) {
        all += g->area[i];
    }
    double a = r->landscape > 0 ? r->landscape : all;
    r->iic = r->iic_total / (a * a);
    r->pc = r->pc_total / (a * a);
    for (size_t i = 0; i < 2 * g->n_links; i++) {
        r->length += g->arcs[i].length / 2;
    }
    return st;
}

static gt_status work(gt_ctx *ctx, const gt_model_call *call, const graph *g, double k)
{
    size_t n = g->n;
    int threads = gt_ctx_threads(ctx);
    indices x = {.g = g, .k = k};
    results r = {.landscape = gt_model_real(call, "landscape")};
    x.sum = gt_alloc(ctx, n, sizeof *x.sum);
    x.inner = gt_alloc(ctx, n * n, sizeof *x.inner);
    x.pairs = gt_alloc(ctx, n * n, sizeof *x.pairs);
    x.w = gt_zalloc(ctx, (size_t)threads, sizeof *x.w);
    r.of[0] = gt_alloc(ctx, n, sizeof *r.of[0]);
    r.of[1] = gt_alloc(ctx, n, sizeof *r.of[1]);
    r.between = gt_alloc(ctx, n, sizeof *r.between);
    gt_status st = x.sum == NULL || x.inner == NULL || x.pairs == NULL || x.w == NULL ||
                           r.of[0] == NULL || r.of[1] == NULL || r.between == NULL
                       ? GT_E_MEMORY
                       : GT_OK;
    for (int i = 0; st == GT_OK && i < threads; i++) {
        st = ways_new(ctx, g, &x.w[i]);
    }
    st = st == GT_OK ? both(ctx, g, &x, &r) : st;
    st = st == GT_OK ? write_nodes(ctx, gt_model_out(call, "importance"), g, &r) : st;
    st = st == GT_OK ? write_network(ctx, gt_model_out(call, "network"), g, &r) : st;
    for (int i = 0; x.w != NULL && i < threads; i++) {
        ways_free(ctx, &x.w[i]);
    }
    gt_free(ctx, x.sum);
    gt_free(ctx, x.inner);
    gt_free(ctx, x.pairs);
    gt_free(ctx, x.w);
    gt_free(ctx, r.of[0]);
    gt_free(ctx, r.of[1]);
    gt_free(ctx, r.between);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    graph g = {0};
    double k = -log(gt_model_real(call, "p0")) / gt_model_real(call, "d0");
    gt_status st = read_nodes(ctx, gt_model_in(call, "nodes"), &g);
    if (st == GT_OK) {
        st = read_links(ctx, gt_model_in(call, "links"), gt_model_with(call, "distance")->text, &g);
    }
    st = st == GT_OK ? work(ctx, call, &g, k) : st;
    graph_free(ctx, &g);
    return st;
}

static const gt_model_port in[] = {
    {.name = "nodes",
     .kind = GT_PORT_TABLE,
     .title = {"源地表", "patches"},
     .note = {"CSV，列 node、area", "CSV with node, area"}},
    {.name = "links",
     .kind = GT_PORT_TABLE,
     .title = {"连接表", "links"},
     .note = {"CSV，列 from、to 与所选距离列", "CSV with from, to and the distance chosen"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "importance",
     .kind = GT_PORT_TABLE,
     .title = {"各源地的重要性", "importance of patches"},
     .note = {"CSV：dIIC、dPC 及其 intra、flux、connector 三部分（%），介数",
              "CSV: dIIC, dPC and their parts intra, flux, connector (%), betweenness"}},
    {.name = "network",
     .kind = GT_PORT_TABLE,
     .title = {"网络指数", "indices of the network"},
     .optional = true,
     .note = {"CSV：α、β、γ、成本比（长度以千米计）、IIC、PC、ECA",
              "CSV: alpha, beta, gamma, cost ratio (lengths in km), IIC, PC, ECA"}},
    {0}};
static const char *const distances[] = {"cost", "length", NULL};
static const gt_model_param with[] = {
    {.name = "distance",
     .kind = GT_PARAM_CHOICE,
     .title = {"距离取", "distance"},
     .preset = "cost",
     .choices = distances},
    {.name = "d0",
     .kind = GT_PARAM_REAL,
     .title = {"扩散距离", "dispersal distance"},
     .min = 1e-9,
     .max = 1e15,
     .source = "by species; must be given"},
    {.name = "p0",
     .kind = GT_PARAM_REAL,
     .title = {"该距离的扩散概率", "probability at that distance"},
     .unit = "1",
     .min = 1e-9,
     .max = 0.999999999,
     .preset = "0.5",
     .source = "Saura and Pascual-Hortal 2007; 0.05 for the greatest distance"},
    {.name = "landscape",
     .kind = GT_PARAM_REAL,
     .title = {"景观面积（单位同 area；0 为源地总面积）",
               "area of the landscape (unit of area; 0: that of all patches)"},
     .min = 0,
     .max = 1e18,
     .preset = "0"},
    {0}};
static const char *const sources[] = {"Pascual-Hortal and Saura 2006 (IIC)",
                                      "Saura and Pascual-Hortal 2007 (PC)",
                                      "Saura and Rubio 2010 (fractions)", "Brandes 2001", NULL};

const gt_model GT_MODEL_NETWORK_INDICES = {
    .name = "network-indices",
    .group = "connect",
    .version = 1,
    .title = {"生态网络指数", "indices of a network"},
    .what =
        {"整体连通性 IIC、可能连通性 PC、逐个移除源地后的变化率及三部分、介数，以及 α、β、γ 指数。",
         "IIC, PC, what they lose without each patch, in three parts, betweenness, and alpha, "
         "beta, gamma."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "9 bytes a pair of patches; up to n shortest-way searches for each of n patches",
    .sources = sources,
    .run = run};
