/* Networks given as lists of edges: node a, node b, conductance or resistance. Ids count from 0,
 * and the outputs keep them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "circuit/focal.h"
#include "circuit/messages.h"

#define NODE_MAX 50000000 /* greatest id: arrays are as long as it */

static gt_status load_edges(gt_ctx *ctx, circuit_job *job, circuit_graph *graph)
{
    char *path = NULL;
    num_list list = {0};
    uint32_t *ends = NULL;
    double *w = NULL;
    int64_t most = 0;
    gt_status st = ini_file(ctx, &job->in, "habitat_file", job->o->root, &path);
    st = st == GT_OK ? num_list_read(ctx, path, 3, &list) : st;
    st = st == GT_OK ? circuit_reclass(ctx, job, list.v + 2, list.n, (size_t)list.cols) : st;
    if (st == GT_OK) {
        ends = gt_alloc(ctx, 2 * list.n, sizeof *ends);
        w = gt_alloc(ctx, list.n, sizeof *w);
        st = ends == NULL || w == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < list.n; i++) {
        int64_t a = 0, b = 0;
        double v = list.v[i * (size_t)list.cols + 2];
        st = num_list_whole(ctx, &list, path, i, 0, 0, NODE_MAX, &a);
        st = st == GT_OK ? num_list_whole(ctx, &list, path, i, 1, 0, NODE_MAX, &b) : st;
        if (st == GT_OK && !(v > 0)) {
            st = gt_fail(
                ctx, GT_E_INPUT, &GT_MSG_EDGE_VALUE, GT_PLACE(.file = path, .line = list.line[i]),
                GT_ARGS(GT_INT("a", a), GT_INT("b", b), GT_REAL("value", v),
                        GT_TEXT("what", job->habitat_is_resistance ? "resistance" : "conductance"),
                        GT_TEXT("what_zh", job->habitat_is_resistance ? "阻力" : "导度")));
        }
        if (st == GT_OK) {
            ends[i] = (uint32_t)a;
            ends[list.n + i] = (uint32_t)b;
            w[i] = job->habitat_is_resistance ? 1 / v : v;
            most = a > most ? a : most;
            most = b > most ? b : most;
        }
    }
    if (st == GT_OK) {
        st = circuit_graph_edges(ctx, (size_t)most + 1, list.n, ends, ends + list.n, w, graph);
    }
    num_list_free(ctx, &list);
    gt_free(ctx, path);
    gt_free(ctx, ends);
    gt_free(ctx, w);
    return st;
}

/* ---- outputs --------------------------------------------------------------------------------- */

static gt_status put_values(gt_ctx *ctx, circuit_job *job, const char *kind, const char *suffix,
                            const double *v, size_t n)
{
    gt_text t;
    char name[128];
    gt_text_init(&t, ctx, SIZE_MAX / 2);
    for (size_t i = 0; i < n; i++) {
        gt_text_printf(&t, "%zu\t%.10g\n", i, v[i]);
    }
    (void)snprintf(name, sizeof name, "%s%s.txt", kind, suffix);
    gt_status st = circuit_put_text(ctx, job, name, &t);
    gt_text_free(&t);
    return st;
}

static gt_status put_branches(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                              const char *suffix, const double *current)
{
    gt_text t;
    char name[128];
    gt_text_init(&t, ctx, SIZE_MAX / 2);
    for (size_t e = 0; e < graph->n_edges; e++) {
        gt_text_printf(&t, "%u\t%u\t%.10g\n", graph->a[e], graph->b[e], current[e]);
    }
    (void)snprintf(name, sizeof name, "branch_currents%s.txt", suffix);
    gt_status st = circuit_put_text(ctx, job, name, &t);
    gt_text_free(&t);
    return st;
}

gt_status circuit_put_network(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                              const double *volt, const double *to_ground, const int64_t *ids,
                              circuit_network_sums *sums)
{
    char suffix[64] = "";
    size_t n = graph->n, m = graph->n_edges;
    if (ids != NULL) {
        (void)snprintf(suffix, sizeof suffix, "_%lld_%lld", (long long)ids[0], (long long)ids[1]);
    }
    gt_status st = job->write_volt ? put_values(ctx, job, "voltages", suffix, volt, n) : GT_OK;
    if (st != GT_OK || !circuit_wants_current(job)) {
        return st;
    }
    double *scratch = gt_alloc(ctx, 3 * n, sizeof *scratch);
    double *branch = gt_alloc(ctx, m, sizeof *branch);
    if (scratch == NULL || branch == NULL) {
        gt_free(ctx, scratch);
        gt_free(ctx, branch);
        return GT_E_MEMORY;
    }
    double *node = scratch + 2 * n, most = 0;
    st = circuit_node_currents(ctx, graph, volt, 1, to_ground, scratch, node);
    for (size_t e = 0; e < m; e++) {
        branch[e] = fabs(graph->w[e] * (volt[graph->a[e]] - volt[graph->b[e]]));
        most = branch[e] > most ? branch[e] : most;
    }
    for (size_t e = 0; e < m; e++) {
        branch[e] = branch[e] < most * 1e-8 ? 0 : branch[e];
    }
    for (size_t i = 0; st == GT_OK && sums != NULL && i < n; i++) {
        sums->node[i] += node[i];
    }
    for (size_t e = 0; sums != NULL && e < m; e++) {
        sums->branch[e] += branch[e];
    }
    if (st == GT_OK && !job->cum_only) {
        st = put_values(ctx, job, "node_currents", suffix, node, n);
        st = st == GT_OK ? put_branches(ctx, job, graph, suffix, branch) : st;
    }
    gt_free(ctx, scratch);
    gt_free(ctx, branch);
    return st;
}

/* ---- pairwise -------------------------------------------------------------------------------- */

static gt_status load_focal(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                            int64_t **ids, uint32_t **nodes, size_t *n)
{
    char *path = NULL;
    num_list list = {0};
    gt_status st = ini_file(ctx, &job->in, "point_file", job->o->root, &path);
    st = st == GT_OK ? num_list_read(ctx, path, 1, &list) : st;
    if (st == GT_OK) {
        *ids = gt_alloc(ctx, list.n, sizeof **ids);
        *nodes = gt_alloc(ctx, list.n, sizeof **nodes);
        st = *ids == NULL || *nodes == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < list.n; i++) {
        st = num_list_whole(ctx, &list, path, i, 0, 0, NODE_MAX, &(*ids)[i]);
        if (st == GT_OK && (size_t)(*ids)[i] >= graph->n) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_NODE_UNKNOWN,
                         GT_PLACE(.file = path, .line = list.line[i]),
                         GT_ARGS(GT_INT("id", (*ids)[i])));
        }
        (*nodes)[i] = st == GT_OK ? (uint32_t)(*ids)[i] : 0;
    }
    *n = list.n;
    if (st == GT_OK && list.n < 2) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_POINTS_FEW, GT_PLACE(.file = path),
                     GT_ARGS(GT_INT("n", list.n)));
    }
    num_list_free(ctx, &list);
    gt_free(ctx, path);
    return st;
}

static gt_status put_pairs(gt_ctx *ctx, circuit_job *job, const circuit_focal *f,
                           const int64_t *ids, size_t n, double *r)
{
    const circuit_graph *graph = f->graph;
    double *volt = gt_alloc(ctx, graph->n, sizeof *volt);
    circuit_network_sums sums = {.node = gt_zalloc(ctx, graph->n, sizeof(double)),
                                 .branch = gt_zalloc(ctx, graph->n_edges, sizeof(double))};
    gt_status st = volt == NULL || sums.node == NULL || sums.branch == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        r[i * n + i] = 0;
        for (size_t j = i + 1; st == GT_OK && j < n; j++) {
            r[i * n + j] = r[j * n + i] = circuit_focal_resistance(f, i, j);
            if (r[i * n + j] >= 0) {
                const int64_t pair[] = {ids[i], ids[j]};
                st = circuit_focal_volt(ctx, f, i, j, volt);
                st = st == GT_OK ? circuit_put_network(ctx, job, graph, volt, NULL, pair, &sums)
                                 : st;
            }
        }
    }
    if (st == GT_OK && circuit_wants_current(job)) {
        st = put_values(ctx, job, "node_currents", "_cum", sums.node, graph->n);
        st = st == GT_OK ? put_branches(ctx, job, graph, "_cum", sums.branch) : st;
    }
    gt_free(ctx, volt);
    gt_free(ctx, sums.node);
    gt_free(ctx, sums.branch);
    return st;
}

static gt_status network_pairwise(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph)
{
    int64_t *ids = NULL;
    uint32_t *nodes = NULL;
    size_t n = 0;
    circuit_solver *solver = NULL;
    circuit_focal f = {0};
    gt_status st = load_focal(ctx, job, graph, &ids, &nodes, &n);
    double *r = st == GT_OK ? gt_alloc(ctx, n * n, sizeof *r) : NULL;
    st = st == GT_OK && r == NULL ? GT_E_MEMORY : st;
    job->facts->points = n;
    st = st == GT_OK ? circuit_job_solver(ctx, job, graph, NULL, NULL, &solver) : st;
    st = st == GT_OK ? circuit_focal_new(ctx, graph, nodes, n, &f) : st;
    st = st == GT_OK ? circuit_focal_solve(ctx, &f, solver, true, &job->report) : st;
    st = st == GT_OK ? put_pairs(ctx, job, &f, ids, n, r) : st;
    st = st == GT_OK ? circuit_put_resistances(ctx, job, ids, n, r) : st;
    circuit_solver_free(ctx, solver);
    circuit_focal_free(ctx, &f);
    gt_free(ctx, ids);
    gt_free(ctx, nodes);
    gt_free(ctx, r);
    return st;
}

gt_status circuit_run_network(gt_ctx *ctx, circuit_job *job)
{
    circuit_graph graph = {0};
    gt_status st = load_edges(ctx, job, &graph);
    if (st == GT_OK) {
        st = job->scenario == SCENARIO_ADVANCED ? circuit_network_advanced(ctx, job, &graph)
                                                : network_pairwise(ctx, job, &graph);
    }
    circuit_graph_free(ctx, &graph);
    return st;
}
