/* Advanced mode (any sources, any grounds), and one-to-all and all-to-one, which are made of it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "circuit/job.h"
#include "circuit/messages.h"

/* Sources and grounds of the nodes of one graph. */
typedef struct load {
    double *source;    /* ampere */
    double *ground;    /* conductance, INFINITY: held at 0 */
    uint8_t *fixed;    /* made of infinite grounds */
    double *to_ground; /* of finite ones */
    double *volt, *current, *scratch;
    bool any_finite;
} load;

static gt_status load_new(gt_ctx *ctx, size_t n, load *l)
{
    memset(l, 0, sizeof *l);
    l->source = gt_zalloc(ctx, n, sizeof *l->source);
    l->ground = gt_zalloc(ctx, n, sizeof *l->ground);
    l->fixed = gt_zalloc(ctx, n, sizeof *l->fixed);
    l->to_ground = gt_zalloc(ctx, n, sizeof *l->to_ground);
    l->volt = gt_zalloc(ctx, n, sizeof *l->volt);
    l->current = gt_zalloc(ctx, n, sizeof *l->current);
    l->scratch = gt_alloc(ctx, 2 * n, sizeof *l->scratch);
    return l->source == NULL || l->ground == NULL || l->fixed == NULL || l->to_ground == NULL ||
                   l->volt == NULL || l->current == NULL || l->scratch == NULL
               ? GT_E_MEMORY
               : GT_OK;
}

static void load_free(gt_ctx *ctx, load *l)
{
    gt_free(ctx, l->source);
    gt_free(ctx, l->ground);
    gt_free(ctx, l->fixed);
    gt_free(ctx, l->to_ground);
    gt_free(ctx, l->volt);
    gt_free(ctx, l->current);
    gt_free(ctx, l->scratch);
}

/* Where a node has both: the policy; and a source always beats an infinite ground that is left. */
static void resolve(load *l, size_t n, circuit_conflict policy)
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
    }
}

/* Sources of parts without a ground are taken out. *live: those that remain. */
static gt_status strand(gt_ctx *ctx, const circuit_graph *graph, load *l, size_t *live,
                        size_t *stranded, size_t *example)
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

static gt_status solve_load(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph, load *l)
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
                             const char *path, const cells *c, load *l)
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
                             const char *path, const cells *c, load *l)
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

static gt_status load_maps(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph, load *l)
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
static gt_status check_grounds(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph, load *l)
{
    size_t live = 0, stranded = 0, example = 0;
    gt_status st = strand(ctx, graph, l, &live, &stranded, &example);
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
    load l = {0};
    gt_status st = circuit_graph_grid(ctx, job->map.n_cols, job->map.n_rows, job->g, job->regions,
                                      job->four, job->by_resistance, &graph);
    st = st == GT_OK ? load_new(ctx, graph.n, &l) : st;
    st = st == GT_OK ? load_maps(ctx, job, &graph, &l) : st;
    if (st == GT_OK) {
        resolve(&l, graph.n, job->conflict);
        st = check_grounds(ctx, job, &graph, &l);
    }
    st = st == GT_OK ? solve_load(ctx, job, &graph, &l) : st;
    st = st == GT_OK ? circuit_put_volt(ctx, job, &graph, l.volt, NULL, 0) : st;
    if (st == GT_OK && circuit_wants_current(job)) {
        st = circuit_node_currents(ctx, &graph, l.volt, 1, l.to_ground, l.scratch, l.current);
        bool sums = job->cum_only || job->write_max; /* one solve: its map is the sum */
        st = st == GT_OK ? circuit_put_current(ctx, job, &graph, l.current, NULL, 0, NULL, 0) : st;
        st = st == GT_OK && sums ? circuit_put_sums(ctx, job) : st;
    }
    load_free(ctx, &l);
    circuit_graph_free(ctx, &graph);
    return st;
}

/* ---- one to all, all to one ------------------------------------------------------------------ */

/* Regions of the map and the points in force drawn together. numbers: as job->regions, or NULL. */
static void draw_points(const circuit_job *job, const uint8_t *in_force, bool repeated,
                        int32_t *regions)
{
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows);
    int32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        regions[i] = job->regions == NULL ? 0 : job->regions[i];
        most = regions[i] > most ? regions[i] : most;
    }
    for (size_t p = 0; p < job->n_points; p++) {
        most = job->points[p].id > most ? (int32_t)job->points[p].id : most;
    }
    for (size_t p = 0; p < job->n_points; p++) {
        const circuit_point *at = &job->points[p];
        int32_t old = regions[at->cell];
        int32_t mine =
            most > INT32_MAX - (int32_t)at->id ? (int32_t)at->id : most + (int32_t)at->id;
        if (!in_force[p] || old == mine) {
            continue;
        }
        if (old == 0) {
            regions[at->cell] = mine;
        } else if (repeated) { /* the point's cells and the region become one */
            for (size_t i = 0; i < n; i++) {
                regions[i] = regions[i] == old ? mine : regions[i];
            }
        }
    }
}

static double strength_of(const circuit_job *job, int64_t id)
{
    for (size_t i = 0; i < job->strengths.n; i++) {
        const double *row = job->strengths.v + i * (size_t)job->strengths.cols;
        if (row[0] == (double)id) {
            return row[1];
        }
    }
    return 1;
}

/* Loads of the solve whose one point is `id`: its first cell is the source (the ground in
 * all-to-one) and every other point in force the contrary. */
static void point_loads(const circuit_job *job, const circuit_graph *graph, const uint8_t *in_force,
                        int64_t id, load *l)
{
    bool one = job->scenario == SCENARIO_ONE_TO_ALL, first = true;
    for (size_t p = 0; p < job->n_points; p++) {
        const circuit_point *at = &job->points[p];
        uint32_t node = graph->node[at->cell];
        bool mine = at->id == id;
        bool again = p > 0 && job->points[p - 1].id == at->id;
        if (node == CIRCUIT_NONE || (!mine && !in_force[p])) {
            continue;
        }
        if (mine == one) { /* a source */
            if (!again || (mine && first)) {
                l->source[node] += mine || circuit_pair_wanted(&job->pairs, id, at->id)
                                       ? strength_of(job, at->id)
                                       : 1;
                first = !mine && first;
            }
        } else {
            l->ground[node] = (double)INFINITY;
        }
    }
}

static gt_status solve_one(gt_ctx *ctx, circuit_job *job, int64_t id, const uint8_t *in_force,
                           bool repeated, int32_t *regions, double *result)
{
    circuit_graph graph = {0};
    load l = {0};
    size_t live = 0, stranded = 0, example = 0;
    uint32_t mine = CIRCUIT_NONE;
    *result = -1;
    draw_points(job, in_force, repeated, regions);
    gt_status st = circuit_graph_grid(ctx, job->map.n_cols, job->map.n_rows, job->g, regions,
                                      job->four, job->by_resistance, &graph);
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        if (job->points[p].id == id && mine == CIRCUIT_NONE) {
            mine = graph.node[job->points[p].cell];
        }
    }
    st = st == GT_OK ? load_new(ctx, graph.n, &l) : st;
    if (st == GT_OK && mine != CIRCUIT_NONE) {
        bool one = job->scenario == SCENARIO_ONE_TO_ALL;
        point_loads(job, &graph, in_force, id, &l);
        resolve(&l, graph.n, one ? CONFLICT_NO_GROUND : CONFLICT_NO_SOURCE);
        for (size_t i = 0; i < graph.n; i++) { /* what lies in other parts takes no part */
            if (graph.part[i] != graph.part[mine]) {
                l.source[i] = 0;
            }
        }
        st = strand(ctx, &graph, &l, &live, &stranded, &example);
        if (st == GT_OK && live > 0) {
            st = solve_load(ctx, job, &graph, &l);
            *result = !one ? 0 : l.volt[mine] / l.source[mine];
        }
    }
    st = st == GT_OK ? circuit_put_volt(ctx, job, &graph, l.volt, &id, 1) : st;
    if (st == GT_OK && circuit_wants_current(job)) {
        st = circuit_node_currents(ctx, &graph, l.volt, 1, NULL, l.scratch, l.current);
        st = st == GT_OK ? circuit_put_current(ctx, job, &graph, l.current, &id, 1, &mine, 1) : st;
    }
    load_free(ctx, &l);
    circuit_graph_free(ctx, &graph);
    return st;
}

gt_status circuit_run_one(gt_ctx *ctx, circuit_job *job)
{
    size_t n_cells = (size_t)(job->map.n_cols * job->map.n_rows), n_ids = 0;
    int32_t *regions = gt_alloc(ctx, n_cells, sizeof *regions);
    uint8_t *in_force = gt_alloc(ctx, job->n_points, 1);
    gt_text list;
    gt_text_init(&list, ctx, 0);
    gt_status st = regions == NULL || in_force == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        n_ids += p == 0 || job->points[p].id != job->points[p - 1].id;
    }
    job->facts->points = n_ids;
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        const int64_t id = job->points[p].id;
        double result = -1;
        if (p > 0 && job->points[p - 1].id == id) {
            continue;
        }
        bool any = false; /* a point that no pair is left of is passed over */
        for (size_t q = 0; q < job->n_points; q++) {
            bool wanted = circuit_pair_wanted(&job->pairs, id, job->points[q].id);
            bool mine = job->points[q].id == id;
            any = any || (wanted && !mine);
            in_force[q] = mine || wanted || job->scenario == SCENARIO_ALL_TO_ONE;
        }
        if (any) {
            st = solve_one(ctx, job, id, in_force, n_ids != job->n_points, regions, &result);
        }
        gt_text_printf(&list, "%lld %.12g\n", (long long)id, result);
    }
    st = st == GT_OK ? circuit_put_sums(ctx, job) : st;
    st = st == GT_OK ? circuit_put_text(ctx, job, "resistances.out", &list) : st;
    gt_text_free(&list);
    gt_free(ctx, regions);
    gt_free(ctx, in_force);
    return st;
}

/* ---- network --------------------------------------------------------------------------------- */

static gt_status list_loads(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                            const char *key, bool is_ground, load *l)
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
    load l = {0};
    gt_status st = load_new(ctx, graph->n, &l);
    st = st == GT_OK ? list_loads(ctx, job, graph, "source_file", false, &l) : st;
    st = st == GT_OK ? list_loads(ctx, job, graph, "ground_file", true, &l) : st;
    if (st == GT_OK) {
        resolve(&l, graph->n, job->conflict);
        st = check_grounds(ctx, job, graph, &l);
    }
    st = st == GT_OK ? solve_load(ctx, job, graph, &l) : st;
    if (st == GT_OK) {
        st = circuit_put_network(ctx, job, graph, l.volt, l.to_ground, NULL, NULL);
    }
    load_free(ctx, &l);
    return st;
}
