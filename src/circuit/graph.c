#include "circuit/graph.h"

#include <stdlib.h>
#include <string.h>

#include "circuit/messages.h"

gt_status circuit_zeroed(gt_ctx *ctx, size_t n, size_t size, void **out)
{
    enum { PIECE = 1 << 22 };
    char *p = gt_alloc(ctx, n, size);
    *out = p;
    for (size_t at = 0; p != NULL && at < n * size; at += PIECE) {
        memset(p + at, 0, n * size - at < PIECE ? n * size - at : PIECE);
        if (gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
    }
    return p == NULL ? GT_E_MEMORY : GT_OK;
}

/* ---- parts: union-find, the lowest node is the root ------------------------------------------ */

static uint32_t root(uint32_t *up, uint32_t i)
{
    while (up[i] != i) {
        up[i] = up[up[i]];
        i = up[i];
    }
    return i;
}

static void join(uint32_t *up, uint32_t i, uint32_t j)
{
    i = root(up, i);
    j = root(up, j);
    if (i < j) {
        up[j] = i;
    } else {
        up[i] = j;
    }
}

static gt_status join_cells(gt_ctx *ctx, circuit_graph *graph)
{
    const int n_dirs = graph->four ? 2 : 4;
    for (int64_t r = 0; r < graph->n_rows; r++) {
        for (int64_t c = 0; c < graph->n_cols; c++) {
            int64_t at = r * graph->n_cols + c, to = 0;
            if (graph->node[at] == CIRCUIT_NONE) {
                continue;
            }
            for (int k = 0; k < n_dirs; k++) {
                if (circuit_neighbour(graph, r, c, k, &to) && graph->node[to] != CIRCUIT_NONE &&
                    graph->node[to] != graph->node[at] &&
                    circuit_edge(graph, graph->g[at], graph->g[to], k > 1) > 0) {
                    join(graph->part, graph->node[at], graph->node[to]);
                }
            }
        }
        if (r % 32 == 0 && gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

static gt_status find_parts(gt_ctx *ctx, circuit_graph *graph)
{
    graph->part = gt_alloc(ctx, graph->n, sizeof *graph->part);
    if (graph->part == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < graph->n; i++) {
        graph->part[i] = (uint32_t)i;
    }
    gt_status st = gt_check_cancel(ctx);
    if (st == GT_OK && graph->n_cols > 0) {
        st = join_cells(ctx, graph);
    }
    for (size_t e = 0; st == GT_OK && e < graph->n_edges; e++) {
        join(graph->part, graph->a[e], graph->b[e]);
        st = circuit_go_on(ctx, e) ? GT_OK : GT_E_CANCELLED;
    }
    /* Roots come before what hangs on them, so one pass numbers all. */
    graph->n_parts = 0;
    for (size_t i = 0; st == GT_OK && i < graph->n; i++) {
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
        uint32_t up = graph->part[i];
        graph->part[i] = up == i ? (uint32_t)graph->n_parts++ : graph->part[up];
    }
    return st;
}

/* ---- grid ------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

typedef struct region_table {
    int32_t *id; /* sorted, distinct */
    uint32_t *node;
    bool *conducts;
    size_t n;
} region_table;

static size_t region_at(const region_table *t, int32_t id)
{
    const int32_t *found = bsearch(&id, t->id, t->n, sizeof id, by_number);
    return (size_t)(found - t->id);
}

static gt_status region_table_new(gt_ctx *ctx, size_t n_cells, const double *g,
                                  const int32_t *regions, region_table *t)
{
    size_t n = 0, k = 0;
    for (size_t i = 0; i < n_cells; i++) {
        n += regions[i] != 0 && (i == 0 || regions[i] != regions[i - 1]);
    }
    t->id = gt_alloc(ctx, n, sizeof *t->id);
    t->node = gt_alloc(ctx, n, sizeof *t->node);
    t->conducts = gt_zalloc(ctx, n, sizeof *t->conducts);
    if (t->id == NULL || t->node == NULL || t->conducts == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n_cells; i++) {
        if (regions[i] != 0 && (i == 0 || regions[i] != regions[i - 1])) {
            t->id[k++] = regions[i];
        }
    }
    qsort(t->id, n, sizeof *t->id, by_number);
    for (size_t i = 0; i < n; i++) {
        if (t->n == 0 || t->id[i] != t->id[t->n - 1]) {
            t->id[t->n++] = t->id[i];
        }
    }
    for (size_t i = 0; i < t->n; i++) {
        t->node[i] = CIRCUIT_NONE;
    }
    for (size_t i = 0; i < n_cells; i++) {
        if (regions[i] != 0 && g[i] > 0) {
            t->conducts[region_at(t, regions[i])] = true;
        }
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

static void region_table_free(gt_ctx *ctx, region_table *t)
{
    gt_free(ctx, t->id);
    gt_free(ctx, t->node);
    gt_free(ctx, t->conducts);
}

static gt_status number_cells(gt_ctx *ctx, circuit_graph *graph, const int32_t *regions,
                              const region_table *t)
{
    size_t n_cells = (size_t)(graph->n_cols * graph->n_rows);
    graph->n = 0;
    for (size_t i = 0; i < n_cells; i++) {
        graph->node[i] = CIRCUIT_NONE;
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
        if (regions != NULL && regions[i] != 0) {
            size_t k = region_at(t, regions[i]);
            if (!t->conducts[k]) {
                continue;
            }
            if (t->node[k] == CIRCUIT_NONE) {
                t->node[k] = (uint32_t)graph->n++;
            } else {
                graph->merged = true;
            }
            graph->node[i] = t->node[k];
        } else if (graph->g[i] > 0) {
            graph->node[i] = (uint32_t)graph->n++;
        }
    }
    return GT_OK;
}

gt_status circuit_graph_grid(gt_ctx *ctx, int64_t n_cols, int64_t n_rows, const double *g,
                             const int32_t *regions, bool four, bool by_resistance,
                             circuit_graph *out)
{
    size_t n_cells = (size_t)(n_cols * n_rows);
    region_table t = {0};
    memset(out, 0, sizeof *out);
    *out = (circuit_graph){
        .n_cols = n_cols, .n_rows = n_rows, .g = g, .four = four, .by_resistance = by_resistance};
    out->node = gt_alloc(ctx, n_cells, sizeof *out->node);
    gt_status st = out->node == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK && regions != NULL) {
        st = region_table_new(ctx, n_cells, g, regions, &t);
    }
    if (st == GT_OK) {
        st = number_cells(ctx, out, regions, &t);
    }
    if (st == GT_OK) {
        out->first = gt_alloc(ctx, out->n, sizeof *out->first);
        st = out->first == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK && out->n == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_NO_NODES, GT_NOWHERE, GT_NO_ARGS);
    }
    for (size_t i = n_cells; st == GT_OK && i-- > 0;) {
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
        if (out->node[i] != CIRCUIT_NONE) {
            out->first[out->node[i]] = (uint32_t)i;
        }
    }
    st = st == GT_OK ? find_parts(ctx, out) : st;
    region_table_free(ctx, &t);
    if (st != GT_OK) {
        circuit_graph_free(ctx, out);
    }
    return st;
}

/* ---- edges ----------------------------------------------------------------------------------- */

typedef struct edge {
    uint32_t a, b;
    double w;
} edge;

static int by_ends(const void *p, const void *q)
{
    const edge *x = p, *y = q;
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    if (x->b != y->b) {
        return x->b < y->b ? -1 : 1;
    }
    return (x->w > y->w) - (x->w < y->w); /* so that sums do not depend on the order given */
}

gt_status circuit_graph_edges(gt_ctx *ctx, size_t n, size_t n_edges, const uint32_t *a,
                              const uint32_t *b, const double *w, circuit_graph *out)
{
    memset(out, 0, sizeof *out);
    out->n = n;
    edge *sorted = gt_alloc(ctx, n_edges, sizeof *sorted);
    out->a = gt_alloc(ctx, n_edges, sizeof *out->a);
    out->b = gt_alloc(ctx, n_edges, sizeof *out->b);
    out->w = gt_alloc(ctx, n_edges, sizeof *out->w);
    gt_status st =
        sorted == NULL || out->a == NULL || out->b == NULL || out->w == NULL ? GT_E_MEMORY : GT_OK;
    size_t k = 0;
    for (size_t i = 0; st == GT_OK && i < n_edges; i++) {
        if (a[i] != b[i]) {
            sorted[k++] = a[i] < b[i] ? (edge){a[i], b[i], w[i]} : (edge){b[i], a[i], w[i]};
        }
    }
    if (st == GT_OK) {
        qsort(sorted, k, sizeof *sorted, by_ends);
        for (size_t i = 0; i < k; i++) {
            size_t m = out->n_edges;
            if (m > 0 && out->a[m - 1] == sorted[i].a && out->b[m - 1] == sorted[i].b) {
                out->w[m - 1] += sorted[i].w;
                continue;
            }
            out->a[m] = sorted[i].a;
            out->b[m] = sorted[i].b;
            out->w[m] = sorted[i].w;
            out->n_edges++;
        }
        st = find_parts(ctx, out);
    }
    gt_free(ctx, sorted);
    if (st != GT_OK) {
        circuit_graph_free(ctx, out);
    }
    return st;
}

void circuit_graph_free(gt_ctx *ctx, circuit_graph *graph)
{
    gt_free(ctx, graph->node);
    gt_free(ctx, graph->first);
    gt_free(ctx, graph->a);
    gt_free(ctx, graph->b);
    gt_free(ctx, graph->w);
    gt_free(ctx, graph->part);
    memset(graph, 0, sizeof *graph);
}

/* ---- every edge once ------------------------------------------------------------------------- */

/* fn for every edge once; in a fixed order. */
typedef void (*edge_fn)(void *user, uint32_t a, uint32_t b, double w);
static inline gt_status each_edge(gt_ctx *ctx, const circuit_graph *graph, edge_fn fn, void *user)
{
    enum { ASK_CELLS = 1 << 17 };
    const int n_dirs = graph->four ? 2 : 4;
    int64_t done = 0;
    for (int64_t r = 0; r < graph->n_rows; r++) {
        for (int64_t c = 0; c < graph->n_cols; c++) {
            int64_t at = r * graph->n_cols + c, to = 0;
            if (graph->node[at] == CIRCUIT_NONE) {
                continue;
            }
            for (int k = 0; k < n_dirs; k++) {
                if (!circuit_neighbour(graph, r, c, k, &to) || graph->node[to] == CIRCUIT_NONE ||
                    graph->node[to] == graph->node[at]) {
                    continue;
                }
                double w = circuit_edge(graph, graph->g[at], graph->g[to], k > 1);
                if (w > 0) {
                    fn(user, graph->node[at], graph->node[to], w);
                }
            }
        }
        done += graph->n_cols;
        if (done >= ASK_CELLS) {
            done = 0;
            if (gt_check_cancel(ctx) != GT_OK) {
                return GT_E_CANCELLED;
            }
        }
    }
    for (size_t e = 0; e < graph->n_edges; e++) {
        fn(user, graph->a[e], graph->b[e], graph->w[e]);
        if (!circuit_go_on(ctx, e)) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

typedef struct product {
    const double *v;
    double *out;
    size_t k;
} product;

static void add_product(void *user, uint32_t a, uint32_t b, double w)
{
    const product *p = user;
    for (size_t i = 0; i < p->k; i++) {
        double d = w * (p->v[a * p->k + i] - p->v[b * p->k + i]);
        p->out[a * p->k + i] += d;
        p->out[b * p->k + i] -= d;
    }
}

gt_status circuit_apply(gt_ctx *ctx, const circuit_graph *graph, const double *v, size_t k,
                        double *out)
{
    product p = {.v = v, .out = out, .k = k};
    memset(out, 0, graph->n * k * sizeof *out);
    return each_edge(ctx, graph, add_product, &p);
}

static void count_edge(void *user, uint32_t a, uint32_t b, double w)
{
    (void)w;
    size_t *start = user;
    start[a + 1]++;
    start[b + 1]++;
}

static void put_edge(void *user, uint32_t a, uint32_t b, double w)
{
    const circuit_rows *rows = user;
    rows->to[rows->start[a]] = b;
    rows->w[rows->start[a]++] = w;
    rows->to[rows->start[b]] = a;
    rows->w[rows->start[b]++] = w;
}

gt_status circuit_rows_new(gt_ctx *ctx, const circuit_graph *graph, circuit_rows *out)
{
    memset(out, 0, sizeof *out);
    out->start = gt_zalloc(ctx, graph->n + 1, sizeof *out->start);
    if (out->start == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = each_edge(ctx, graph, count_edge, out->start);
    for (size_t i = 0; i < graph->n; i++) {
        out->start[i + 1] += out->start[i];
    }
    size_t n = out->start[graph->n];
    out->to = gt_alloc(ctx, n, sizeof *out->to);
    out->w = gt_alloc(ctx, n, sizeof *out->w);
    st = st == GT_OK && (out->to == NULL || out->w == NULL) ? GT_E_MEMORY : st;
    st = st == GT_OK ? each_edge(ctx, graph, put_edge, out) : st; /* moves each start to its end */
    if (st != GT_OK) {
        circuit_rows_free(ctx, out);
        return st;
    }
    memmove(out->start + 1, out->start, graph->n * sizeof *out->start);
    out->start[0] = 0;
    return GT_OK;
}

void circuit_rows_free(gt_ctx *ctx, circuit_rows *rows)
{
    gt_free(ctx, rows->start);
    gt_free(ctx, rows->to);
    gt_free(ctx, rows->w);
    memset(rows, 0, sizeof *rows);
}

/* ---- currents -------------------------------------------------------------------------------- */

#define SMALL_CURRENT 1e-8 /* of the greatest: taken for 0 */

typedef struct flow {
    const double *v;
    size_t stride;
    double most, *in, *out;
} flow;

static void find_most(void *user, uint32_t a, uint32_t b, double w)
{
    flow *f = user;
    double i = fabs(w * (f->v[a * f->stride] - f->v[b * f->stride]));
    f->most = i > f->most ? i : f->most;
}

static void add_flow(void *user, uint32_t a, uint32_t b, double w)
{
    const flow *f = user;
    double i = w * (f->v[a * f->stride] - f->v[b * f->stride]);
    if (fabs(i) < f->most * SMALL_CURRENT) {
        return;
    }
    if (i > 0) {
        f->out[a] += i;
        f->in[b] += i;
    } else {
        f->in[a] -= i;
        f->out[b] -= i;
    }
}

gt_status circuit_node_currents(gt_ctx *ctx, const circuit_graph *graph, const double *v,
                                size_t stride, const double *to_ground, double *scratch,
                                double *out)
{
    flow f = {.v = v, .stride = stride, .in = scratch, .out = scratch + graph->n};
    gt_status st = each_edge(ctx, graph, find_most, &f);
    for (size_t i = 0; st == GT_OK && i < 2 * graph->n; i++) {
        scratch[i] = 0;
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
    }
    st = st == GT_OK ? each_edge(ctx, graph, add_flow, &f) : st;
    for (size_t i = 0; st == GT_OK && i < graph->n; i++) {
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
        if (to_ground != NULL) {
            double leak = to_ground[i] * v[i * stride];
            f.out[i] += leak > 0 ? leak : 0;
            f.in[i] -= leak < 0 ? leak : 0;
        }
        out[i] = f.in[i] > f.out[i] ? f.in[i] : f.out[i];
    }
    return st;
}
