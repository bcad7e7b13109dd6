/* Advanced mode: any sources, any grounds. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "circuit/load.h"
#include "circuit/messages.h"

gt_status circuit_load_new(gt_ctx *ctx, size_t n, circuit_load *l)
{
    memset(l, 0, sizeof *l);
    double **const zeroed[] = {&l->source, &l->ground, &l->to_ground, &l->volt, &l->current};
    gt_status st = circuit_zeroed(ctx, n, sizeof *l->fixed, (void **)&l->fixed);
    for (size_t i = 0; st == GT_OK && i < sizeof zeroed / sizeof *zeroed; i++) {
        st = circuit_zeroed(ctx, n, sizeof(double), (void **)zeroed[i]);
    }
    l->scratch = st == GT_OK ? gt_alloc(ctx, 2 * n, sizeof *l->scratch) : NULL;
    return st == GT_OK && l->scratch == NULL ? GT_E_MEMORY : st;
}

void circuit_load_free(gt_ctx *ctx, circuit_load *l)
{
    gt_free(ctx, l->source);
    gt_free(ctx, l->ground);
    gt_free(ctx, l->fixed);
    gt_free(ctx, l->to_ground);
    gt_free(ctx, l->volt);
    gt_free(ctx, l->current);
    gt_free(ctx, l->scratch);
}

gt_status circuit_load_resolve(gt_ctx *ctx, circuit_load *l, size_t n, circuit_conflict policy)
{
    for (size_t i = 0; i < n; i++) {
        if (l->source[i] != 0 && l->ground[i] != 0) {
            switch (policy) {
            case CONFLICT_KEEP:
                break;
            case CONFLICT_NO_SOURCE:
                l->source[i] = 0;
                break;
            case CONFLICT_NO_GROUND:
                l->ground[i] = 0;
                break;
            case CONFLICT_NEITHER:
                l->source[i] = l->ground[i] = 0;
                break;
            }
        }
        if (isinf(l->ground[i]) && l->source[i] != 0) {
            l->ground[i] = 0;
        }
        bool held = isinf(l->ground[i]);
        l->fixed[i] = (uint8_t)held;
        l->to_ground[i] = held ? 0 : l->ground[i];
        l->any_finite = l->any_finite || l->to_ground[i] > 0;
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

gt_status circuit_load_strand(gt_ctx *ctx, const circuit_graph *graph, circuit_load *l,
                              size_t *live, size_t *stranded, size_t *example)
{
    bool *grounded = gt_zalloc(ctx, graph->n_parts, sizeof *grounded);
    if (grounded == NULL) {
        return GT_E_MEMORY;
    }
    *live = *stranded = 0;
    for (size_t i = 0; i < graph->n; i++) {
        grounded[graph->part[i]] = grounded[graph->part[i]] || l->ground[i] > 0;
    }
    for (size_t i = 0; i < graph->n; i++) {
        if (l->source[i] == 0) {
            continue;
        }
        if (grounded[graph->part[i]]) {
            *live += 1;
            continue;
        }
        *example = *stranded == 0 ? i : *example;
        *stranded += 1;
        l->source[i] = 0;
    }
    gt_free(ctx, grounded);
    return GT_OK;
}

gt_status circuit_load_solve(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                             circuit_load *l)
{
    circuit_solver *solver = NULL;
    gt_status st =
        circuit_job_solver(ctx, job, graph, l->fixed, l->any_finite ? l->to_ground : NULL, &solver);
    if (st == GT_OK) {
        memcpy(l->volt, l->source, graph->n * sizeof *l->volt);
        st = circuit_solver_run(ctx, solver, l->volt, 1, &job->report);
    }
    circuit_solver_free(ctx, solver);
    return st;
}

static circuit_where node_name(const circuit_job *job, const circuit_graph *graph, size_t node)
{
    if (graph->n_cols > 0) {
        return circuit_cell_name(job, graph->first[node]);
    }
    circuit_where w;
    (void)snprintf(w.en, sizeof w.en, "node %zu", node);
    (void)snprintf(w.zh, sizeof w.zh, "节点 %zu", node);
    return w;
}

/* ---- advanced: maps -------------------------------------------------------------------------- */

/* Values of cells from a grid, or from a list of value, x, y. NaN: none. */
static gt_status load_values(gt_ctx *ctx, circuit_job *job, const char *key, char **path,
                             cells *out)
{
    bool grid = false;
    num_list list = {0};
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows);
    gt_status st = ini_file(ctx, &job->in, key, job->o->root, path);
    st = st == GT_OK ? cells_is_grid(ctx, *path, &grid) : st;
    if (st != GT_OK || grid) {
        return st == GT_OK ? circuit_load_fitting(ctx, job, *path, out) : st;
    }
    st = num_list_read(ctx, *path, 3, &list);
    if (st == GT_OK) {
        *out = job->map;
        out->v = gt_alloc(ctx, n, sizeof *out->v);
        st = out->v == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        out->v[i] = (double)NAN;
    }
    for (size_t i = 0; st == GT_OK && i < list.n; i++) {
        int64_t cell = 0;
        st = circuit_cell_of(ctx, job, &list, *path, i, &cell);
        if (st == GT_OK) {
            out->v[cell] = list.v[i * (size_t)list.cols];
        }
    }
    num_list_free(ctx, &list);
    return st;
}

static gt_status put_sources(gt_ctx *ctx, const circuit_job *job, const circuit_graph *graph,
                             const char *path, const cells *c, circuit_load *l)
{
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows), sound = 0, lost = 0, first = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(c->v[i]) || c->v[i] == 0) {
            continue;
        }
        if (graph->node[i] == CIRCUIT_NONE) {
            first = lost == 0 ? i : first;
            lost++;
            continue;
        }
        sound++;
        l->source[graph->node[i]] += job->unit_currents ? 1 : c->v[i];
    }
    if (sound == 0 && lost == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_NO_SOURCES, GT_PLACE(.file = path), GT_NO_ARGS);
    }
    int64_t col = (int64_t)first % job->map.n_cols + 1, row = (int64_t)first / job->map.n_cols + 1;
    if (sound == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SOURCES_NODATA, GT_PLACE(.file = path),
                       GT_ARGS(GT_INT("n", lost), GT_INT("col", col), GT_INT("row", row)));
    }
    return lost == 0
               ? GT_OK
               : circuit_job_note(job, GT_WARNING, &GT_MSG_SOURCE_NODATA, GT_PLACE(.file = path),
                                  GT_ARGS(GT_INT("col", col), GT_INT("row", row)));
}

static gt_status put_grounds(gt_ctx *ctx, const circuit_job *job, const circuit_graph *graph,
                             const char *path, const cells *c, circuit_load *l)
{
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows);
    for (size_t i = 0; i < n; i++) {
        double v = c->v[i];
        if (isnan(v)) {
            continue;
        }
        if (v < 0) {
            const circuit_where w = circuit_cell_name(job, (int64_t)i);
            return gt_fail(
                ctx, GT_E_INPUT, &GT_MSG_GROUND_VALUE, GT_PLACE(.file = path),
                GT_ARGS(GT_TEXT("where", w.en), GT_TEXT("where_zh", w.zh), GT_REAL("value", v)));
        }
        v = job->ground_is_resistance ? 1 / v : v; /* a resistance of 0 holds the cell at 0 */
        v = job->direct_grounds && v > 0 ? (double)INFINITY : v;
        if (graph->node[i] != CIRCUIT_NONE) {
            l->ground[graph->node[i]] += v;
        }
    }
    return GT_OK;
}

static gt_status load_maps(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                           circuit_load *l)
{
    char *source_path = NULL, *ground_path = NULL;
    cells source = {0}, ground = {0};
    gt_status st = load_values(ctx, job, "source_file", &source_path, &source);
    st = st == GT_OK ? load_values(ctx, job, "ground_file", &ground_path, &ground) : st;
    st = st == GT_OK ? put_sources(ctx, job, graph, source_path, &source, l) : st;
    st = st == GT_OK ? put_grounds(ctx, job, graph, ground_path, &ground, l) : st;
    gt_free(ctx, source_path);
    gt_free(ctx, ground_path);
    cells_free(ctx, &source);
    cells_free(ctx, &ground);
    return st;
}

/* Sources without a way to ground are remarked; when none has one, that is the answer. */
static gt_status check_grounds(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                               circuit_load *l)
{
    size_t live = 0, stranded = 0, example = 0;
    gt_status st = circuit_load_strand(ctx, graph, l, &live, &stranded, &example);
    if (st != GT_OK || stranded == 0) {
        return st;
    }
    const circuit_where w = node_name(job, graph, example);
    const gt_arg *args =
        GT_ARGS(GT_INT("n", stranded), GT_TEXT("where", w.en), GT_TEXT("where_zh", w.zh));
    return live == 0
               ? gt_fail(ctx, GT_E_INPUT, &GT_MSG_NO_GROUND, GT_PLACE(.file = job->in.path), args)
               : circuit_job_note(job, GT_WARNING, &GT_MSG_SOURCE_STRANDED,
                                  GT_PLACE(.file = job->in.path), args);
}

gt_status circuit_run_advanced(gt_ctx *ctx, circuit_job *job)
{
    circuit_graph graph = {0};
    circuit_load l = {0};
    gt_status st = circuit_graph_grid(ctx, job->map.n_cols, job->map.n_rows, job->g, job->regions,
                                      job->four, job->by_resistance, &graph);
    st = st == GT_OK ? circuit_load_new(ctx, graph.n, &l) : st;
    st = st == GT_OK ? load_maps(ctx, job, &graph, &l) : st;
    if (st == GT_OK) {
        st = circuit_load_resolve(ctx, &l, graph.n, job->conflict);
        st = st == GT_OK ? check_grounds(ctx, job, &graph, &l) : st;
    }
    st = st == GT_OK ? circuit_load_solve(ctx, job, &graph, &l) : st;
    st = st == GT_OK ? circuit_put_volt(ctx, job, &graph, l.volt, NULL, 0) : st;
    if (st == GT_OK && circuit_wants_current(job)) {
        st = circuit_node_currents(ctx, &graph, l.volt, 1, l.to_ground, l.scratch, l.current);
        bool sums = job->cum_only || job->write_max; /* one solve: its map is the sum */
        st = st == GT_OK ? circuit_put_current(ctx, job, &graph, l.current, NULL, 0, NULL, 0) : st;
        st = st == GT_OK && sums ? circuit_put_sums(ctx, job) : st;
    }
    circuit_load_free(ctx, &l);
    circuit_graph_free(ctx, &graph);
    return st;
}

/* ---- network --------------------------------------------------------------------------------- */

static gt_status list_loads(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                            const char *key, bool is_ground, circuit_load *l)
{
    char *path = NULL;
    num_list list = {0};
    gt_status st = ini_file(ctx, &job->in, key, job->o->root, &path);
    st = st == GT_OK ? num_list_read(ctx, path, 2, &list) : st;
    for (size_t i = 0; st == GT_OK && i < list.n; i++) {
        int64_t id = 0;
        double v = list.v[i * (size_t)list.cols + 1];
        st = num_list_whole(ctx, &list, path, i, 0, 0, (int64_t)CIRCUIT_NODES_MAX, &id);
        if (st == GT_OK && (size_t)id >= graph->n) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_NODE_UNKNOWN,
                         GT_PLACE(.file = path, .line = list.line[i]), GT_ARGS(GT_INT("id", id)));
        }
        if (st == GT_OK && is_ground && !(v >= 0)) {
            const circuit_where w = node_name(job, graph, (size_t)id);
            st = gt_fail(
                ctx, GT_E_INPUT, &GT_MSG_GROUND_VALUE, GT_PLACE(.file = path, .line = list.line[i]),
                GT_ARGS(GT_TEXT("where", w.en), GT_TEXT("where_zh", w.zh), GT_REAL("value", v)));
        }
        if (st == GT_OK && is_ground) {
            v = job->ground_is_resistance ? 1 / v : v;
            l->ground[id] = job->direct_grounds && v > 0 ? (double)INFINITY : v;
        } else if (st == GT_OK) {
            l->source[id] = job->unit_currents && v != 0 ? 1 : v;
        }
    }
    num_list_free(ctx, &list);
    gt_free(ctx, path);
    return st;
}

gt_status circuit_network_advanced(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph)
{
    circuit_load l = {0};
    gt_status st = circuit_load_new(ctx, graph->n, &l);
    st = st == GT_OK ? list_loads(ctx, job, graph, "source_file", false, &l) : st;
    st = st == GT_OK ? list_loads(ctx, job, graph, "ground_file", true, &l) : st;
    if (st == GT_OK) {
        st = circuit_load_resolve(ctx, &l, graph->n, job->conflict);
        st = st == GT_OK ? check_grounds(ctx, job, graph, &l) : st;
    }
    st = st == GT_OK ? circuit_load_solve(ctx, job, graph, &l) : st;
    if (st == GT_OK) {
        st = circuit_put_network(ctx, job, graph, l.volt, l.to_ground, NULL, NULL);
    }
    circuit_load_free(ctx, &l);
    return st;
}
