/* Currents on maps in memory, for models. */
#include <math.h>
#include <string.h>

#include "circuit/focal.h"
#include "circuit/messages.h"
#include "circuit/omni.h"
#include "guotu/pool.h"

#define PAIRS_AT_A_TIME 16 /* maps of single pairs held until they are added up, in order */

/* Conductances of the map, 0: no cell. Owned by the caller. */
static gt_status conductances(gt_ctx *ctx, const gt_circuit_map *map, double **out, bool *any)
{
    size_t n = (size_t)(map->n_cols * map->n_rows);
    double *g = gt_alloc(ctx, n, sizeof *g);
    *out = g;
    *any = false;
    if (g == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        double v = map->resistance[i];
        if (!isnan(v) && !(v > 1e-200 && v < 1e200)) {
            const gt_message *m = v == 0  ? &GT_MSG_RESISTANCE_ZERO
                                  : v < 0 ? &GT_MSG_HABITAT_NEGATIVE
                                          : &GT_MSG_HABITAT_VALUE;
            return gt_fail(ctx, GT_E_INPUT, m, GT_NOWHERE,
                           GT_ARGS(GT_INT("col", (int64_t)i % map->n_cols + 1),
                                   GT_INT("row", (int64_t)i / map->n_cols + 1), GT_REAL("value", v),
                                   GT_TEXT("what", "resistance"), GT_TEXT("what_zh", "阻力")));
        }
        g[i] = isnan(v) ? 0 : 1 / v;
        *any = *any || g[i] > 0;
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

static void tell(gt_circuit_facts *facts, const char *scenario, const circuit_report *report,
                 size_t points, size_t parts)
{
    if (facts != NULL) {
        memset(facts, 0, sizeof *facts);
        strncpy(facts->scenario, scenario, sizeof facts->scenario - 1);
        facts->nodes = report->nodes;
        facts->parts = parts;
        facts->points = points;
        facts->solves = report->solves;
        facts->steps = report->steps;
        facts->residual = report->residual;
        facts->setup_s = report->setup_s;
        facts->solve_s = report->run_s;
    }
}

/* ---- between places -------------------------------------------------------------------------- */

typedef struct pair_run {
    const circuit_focal *f;
    size_t (*pair)[2];
    size_t first;
    double *currents; /* PAIRS_AT_A_TIME maps of nodes */
} pair_run;

static gt_status do_pair(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const pair_run *run = user;
    const circuit_graph *graph = run->f->graph;
    const size_t *ab = run->pair[run->first + task];
    (void)worker;
    double *v = gt_alloc(ctx, 3 * graph->n, sizeof *v);
    if (v == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = circuit_focal_volt(ctx, run->f, ab[0], ab[1], v);
    if (st == GT_OK) {
        st = circuit_node_currents(ctx, graph, v, 1, NULL, v + graph->n,
                                   run->currents + task * graph->n);
    }
    gt_free(ctx, v);
    return st;
}

/* Adds the currents of all connected pairs of the k focal nodes to sum (nodes). */
static gt_status add_pairs(gt_ctx *ctx, const circuit_focal *f, double *sum)
{
    const size_t n = f->graph->n;
    size_t n_pairs = 0;
    pair_run run = {.f = f};
    run.pair = gt_alloc(ctx, f->n * f->n, sizeof *run.pair);
    run.currents = gt_alloc(ctx, PAIRS_AT_A_TIME * n, sizeof *run.currents);
    gt_status st = run.pair == NULL || run.currents == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < f->n; i++) {
        for (size_t j = i + 1; j < f->n; j++) {
            if (f->graph->part[f->node[i]] == f->graph->part[f->node[j]]) {
                run.pair[n_pairs][0] = i;
                run.pair[n_pairs++][1] = j;
            }
        }
    }
    gt_progress_begin(ctx, &GT_MSG_CIRCUIT_SOLVING, n_pairs);
    for (; st == GT_OK && run.first < n_pairs; run.first += PAIRS_AT_A_TIME) {
        size_t k = n_pairs - run.first;
        k = k < PAIRS_AT_A_TIME ? k : PAIRS_AT_A_TIME;
        gt_progress_from(ctx, run.first);
        st = gt_parallel_for(ctx, k, do_pair, &run);
        for (size_t p = 0; st == GT_OK && p < k; p++) {
            for (size_t i = 0; i < n; i++) {
                sum[i] += run.currents[p * n + i];
            }
            st = gt_check_cancel(ctx);
        }
    }
    gt_progress_end(ctx);
    gt_free(ctx, run.pair);
    gt_free(ctx, run.currents);
    return st;
}

/* The node of each place, each once. */
static gt_status place_nodes(gt_ctx *ctx, const circuit_graph *graph, const int32_t *places,
                             uint32_t **out, size_t *n)
{
    size_t cap = 0;
    uint8_t *seen = gt_zalloc(ctx, graph->n, 1);
    gt_status st = seen == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t i = 0; st == GT_OK && i < graph->n_cols * graph->n_rows; i++) {
        uint32_t node = graph->node[i];
        st = circuit_go_on(ctx, (size_t)i) ? GT_OK : GT_E_CANCELLED;
        if (places[i] == 0 || node == CIRCUIT_NONE || seen[node]) {
            continue;
        }
        seen[node] = 1;
        st = gt_grow(ctx, (void **)out, &cap, *n + 1, sizeof **out);
        if (st == GT_OK) {
            (*out)[(*n)++] = node;
        }
    }
    gt_free(ctx, seen);
    return st;
}

/* currents: of the nodes, zeroed. */
static gt_status solve_places(gt_ctx *ctx, const circuit_graph *graph, const int32_t *places,
                              double *currents, circuit_report *report, size_t *n_places)
{
    uint32_t *nodes = NULL;
    circuit_solver *solver = NULL;
    circuit_focal f = {0};
    gt_status st = place_nodes(ctx, graph, places, &nodes, n_places);
    st = st == GT_OK ? circuit_focal_new(ctx, graph, nodes, *n_places, &f) : st;
    if (st == GT_OK && f.n_columns > 0) {
        st = circuit_solver_new(ctx, graph, NULL, NULL, CIRCUIT_AUTO, 0, &solver);
        st = st == GT_OK ? circuit_focal_solve(ctx, &f, solver, true, report) : st;
        circuit_solver_free(ctx, solver);
        st = st == GT_OK ? add_pairs(ctx, &f, currents) : st;
    }
    circuit_focal_free(ctx, &f);
    gt_free(ctx, nodes);
    return st;
}

/* NaN where there is no cell; cells of a place that lie on none stay without value. */
static void blank(const gt_circuit_map *map, double *v)
{
    for (int64_t i = 0; i < map->n_cols * map->n_rows; i++) {
        v[i] = isnan(map->resistance[i]) ? (double)NAN : v[i];
    }
}

gt_status gt_circuit_between(gt_ctx *ctx, const gt_circuit_map *map, const int32_t *places,
                             double *current, gt_circuit_facts *facts)
{
    const size_t n = (size_t)(map->n_cols * map->n_rows);
    circuit_graph graph = {0};
    circuit_report report = {0};
    double *g = NULL, *sum = NULL;
    size_t n_places = 0, parts = 0;
    bool any = false;
    memset(current, 0, n * sizeof *current);
    gt_status st = conductances(ctx, map, &g, &any);
    if (st == GT_OK && any) {
        st = circuit_graph_grid(ctx, map->n_cols, map->n_rows, g, places, map->four,
                                !map->by_conductance, &graph);
        st = st == GT_OK ? circuit_zeroed(ctx, graph.n, sizeof *sum, (void **)&sum) : st;
        st = st == GT_OK ? solve_places(ctx, &graph, places, sum, &report, &n_places) : st;
        parts = graph.n_parts;
    }
    if (st == GT_OK && any) {
        st = circuit_to_cells(ctx, &graph, sum, 0, current);
    }
    blank(map, current);
    tell(facts, "pairwise", &report, n_places, parts);
    circuit_graph_free(ctx, &graph);
    gt_free(ctx, g);
    gt_free(ctx, sum);
    return st;
}

/* ---- omnidirectional ------------------------------------------------------------------------- */

gt_status gt_circuit_omni(gt_ctx *ctx, const gt_circuit_map *map, const double *source,
                          const gt_circuit_window *window, double *current, double *flow,
                          gt_circuit_facts *facts)
{
    const size_t n = (size_t)(map->n_cols * map->n_rows);
    const int64_t across = map->n_cols + map->n_rows; /* more is the same */
    circuit_report report = {0};
    double *g = NULL, *strength = NULL;
    size_t targets = 0;
    bool any = false;
    gt_status st = conductances(ctx, map, &g, &any);
    strength = st == GT_OK ? gt_alloc(ctx, n, sizeof *strength) : NULL;
    st = st == GT_OK && strength == NULL ? GT_E_MEMORY : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        strength[i] = g[i] > 0 && source[i] > 0 ? source[i] : 0;
    }
    if (st == GT_OK) {
        omni o = {.n_cols = map->n_cols,
                  .n_rows = map->n_rows,
                  .g = g,
                  .source = strength,
                  .radius = window->radius < across ? window->radius : across,
                  .buffer = window->buffer < across ? window->buffer : across,
                  .block = window->block | 1,
                  .four = map->four,
                  .correct = true,
                  .flow = flow != NULL};
        o.radius = o.radius < 1 ? 1 : o.radius;
        st = omni_solve(ctx, &o, current, flow, &report, &targets);
    }
    if (st == GT_OK) {
        blank(map, current);
    }
    if (st == GT_OK && flow != NULL) {
        blank(map, flow);
    }
    tell(facts, "omniscape", &report, targets, 1);
    gt_free(ctx, g);
    gt_free(ctx, strength);
    return st;
}
