/* Pairwise: one ampere between every two focal points.
 *
 * With k places in a connected part, k - 1 systems are solved, not k (k - 1) / 2: one ampere from
 * each place to the first gives potentials whose differences are the answers of all pairs. */
#include <math.h>
#include <string.h>

#include "circuit/focal.h"
#include "circuit/messages.h"

/* Focal nodes of the graph, distinct, in the order of the points. */
gt_status circuit_focal_new(gt_ctx *ctx, const circuit_graph *graph, const uint32_t *nodes,
                            size_t n_points, circuit_focal *out)
{
    memset(out, 0, sizeof *out);
    out->graph = graph;
    out->node = gt_alloc(ctx, n_points, sizeof *out->node);
    out->slot = gt_alloc(ctx, n_points, sizeof *out->slot);
    out->column = gt_alloc(ctx, n_points, sizeof *out->column);
    if (out->node == NULL || out->slot == NULL || out->column == NULL) {
        circuit_focal_free(ctx, out);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n_points; i++) {
        out->slot[i] = SIZE_MAX;
        for (size_t k = 0; nodes[i] != CIRCUIT_NONE && k < out->n; k++) {
            out->slot[i] = out->node[k] == nodes[i] ? k : out->slot[i];
        }
        if (nodes[i] != CIRCUIT_NONE && out->slot[i] == SIZE_MAX) {
            out->slot[i] = out->n;
            out->node[out->n++] = nodes[i];
        }
    }
    /* The first place of each part is the return of all others. */
    for (size_t k = 0; k < out->n; k++) {
        size_t first = 0;
        while (graph->part[out->node[first]] != graph->part[out->node[k]]) {
            first++;
        }
        out->column[k] = first == k ? SIZE_MAX : out->n_columns++;
    }
    return GT_OK;
}

void circuit_focal_free(gt_ctx *ctx, circuit_focal *f)
{
    for (size_t i = 0; f->batch != NULL && i < f->n_batches; i++) {
        gt_free(ctx, f->batch[i]);
    }
    gt_free(ctx, f->batch);
    gt_free(ctx, f->node);
    gt_free(ctx, f->slot);
    gt_free(ctx, f->column);
    gt_free(ctx, f->at_focal);
    memset(f, 0, sizeof *f);
}

static size_t first_of_part(const circuit_focal *f, size_t k)
{
    size_t i = 0;
    while (f->graph->part[f->node[i]] != f->graph->part[f->node[k]]) {
        i++;
    }
    return i;
}

static size_t batch_width(const circuit_focal *f, size_t b)
{
    size_t from = b * f->width;
    return f->n_columns - from < f->width ? f->n_columns - from : f->width;
}

static gt_status solve_batch(gt_ctx *ctx, circuit_focal *f, circuit_solver *solver, size_t b,
                             circuit_report *report)
{
    const size_t w = batch_width(f, b), from = b * f->width;
    double *v = f->batch[b];
    for (size_t i = 0; i < f->graph->n * w; i++) {
        v[i] = 0;
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
    }
    for (size_t k = 0; k < f->n; k++) {
        if (f->column[k] != SIZE_MAX && f->column[k] >= from && f->column[k] < from + w) {
            v[f->node[k] * w + f->column[k] - from] = 1;
            v[f->node[first_of_part(f, k)] * w + f->column[k] - from] = -1;
        }
    }
    gt_status st = circuit_solver_run(ctx, solver, v, w, report);
    for (size_t c = 0; st == GT_OK && c < w; c++) {
        for (size_t k = 0; k < f->n; k++) {
            f->at_focal[(from + c) * f->n + k] = v[f->node[k] * w + c];
        }
    }
    return st;
}

gt_status circuit_focal_solve(gt_ctx *ctx, circuit_focal *f, circuit_solver *solver, bool keep,
                              circuit_report *report)
{
    f->width = circuit_solver_batch(ctx, solver, f->n_columns);
    f->n_batches = f->n_columns == 0 ? 0 : (f->n_columns + f->width - 1) / f->width;
    f->batch = gt_zalloc(ctx, f->n_batches, sizeof *f->batch);
    f->at_focal = gt_zalloc(ctx, f->n_columns * f->n, sizeof *f->at_focal);
    gt_status st = f->batch == NULL || f->at_focal == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t b = 0; st == GT_OK && b < f->n_batches; b++) {
        f->batch[b] = gt_alloc(ctx, f->graph->n * batch_width(f, b), sizeof(double));
        st = f->batch[b] == NULL ? GT_E_MEMORY : solve_batch(ctx, f, solver, b, report);
        if (!keep) {
            gt_free(ctx, f->batch[b]);
            f->batch[b] = NULL;
        }
    }
    return st;
}

double circuit_focal_at(const circuit_focal *f, size_t j, size_t k)
{
    return f->column[j] == SIZE_MAX ? 0 : f->at_focal[f->column[j] * f->n + k];
}

double circuit_focal_resistance(const circuit_focal *f, size_t a, size_t b)
{
    size_t i = f->slot[a], j = f->slot[b];
    if (i == SIZE_MAX || j == SIZE_MAX ||
        f->graph->part[f->node[i]] != f->graph->part[f->node[j]]) {
        return -1;
    }
    return i == j ? 0
                  : circuit_focal_at(f, j, j) - circuit_focal_at(f, j, i) -
                        circuit_focal_at(f, i, j) + circuit_focal_at(f, i, i);
}

/* v: voltages when one ampere enters at point b and leaves at point a, which is at 0; 0 in other
 * parts. */
gt_status circuit_focal_volt(gt_ctx *ctx, const circuit_focal *f, size_t a, size_t b, double *v)
{
    const circuit_graph *g = f->graph;
    size_t i = f->slot[a], j = f->slot[b];
    const size_t ci = f->column[i], cj = f->column[j];
    const uint32_t part = g->part[f->node[i]];
    if (i == j) {
        memset(v, 0, g->n * sizeof *v);
        return GT_OK;
    }
    const double *vi = ci == SIZE_MAX ? NULL : f->batch[ci / f->width] + ci % f->width;
    const double *vj = cj == SIZE_MAX ? NULL : f->batch[cj / f->width] + cj % f->width;
    const size_t wi = ci == SIZE_MAX ? 0 : batch_width(f, ci / f->width);
    const size_t wj = cj == SIZE_MAX ? 0 : batch_width(f, cj / f->width);
    const double zero = circuit_focal_at(f, j, i) - circuit_focal_at(f, i, i);
    for (size_t k = 0; k < g->n; k++) {
        double x = (vj != NULL ? vj[k * wj] : 0) - (vi != NULL ? vi[k * wi] : 0) - zero;
        v[k] = g->part[k] == part ? x : 0;
        if (!circuit_go_on(ctx, k)) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

static size_t part_of_currents(const circuit_focal *f, const double *current)
{
    size_t k = 0;
    while (k < f->n && current[k] == 0) {
        k++;
    }
    return k < f->n ? f->graph->part[f->node[k]] : SIZE_MAX;
}

gt_status circuit_focal_sum(gt_ctx *ctx, const circuit_focal *f, const double *current, double *v)
{
    const circuit_graph *g = f->graph;
    const size_t part = part_of_currents(f, current);
    for (size_t i = 0; i < g->n; i++) {
        v[i] = 0;
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
    }
    for (size_t k = 0; k < f->n; k++) {
        const size_t column = f->column[k];
        if (current[k] == 0 || column == SIZE_MAX) {
            continue;
        }
        const double *u = f->batch[column / f->width] + column % f->width;
        const size_t w = batch_width(f, column / f->width);
        for (size_t i = 0; i < g->n; i++) {
            v[i] += g->part[i] == part ? current[k] * u[i * w] : 0;
            if (!circuit_go_on(ctx, i)) {
                return GT_E_CANCELLED;
            }
        }
    }
    return GT_OK;
}

gt_status circuit_note_apart(circuit_job *job, const circuit_apart *apart)
{
    const gt_message *m =
        job->scenario == SCENARIO_PAIRWISE ? &GT_MSG_POINTS_APART : &GT_MSG_POINT_ALONE;
    return apart->n == 0 ? GT_OK
                         : circuit_job_note(job, GT_WARNING, m, GT_PLACE(.file = job->in.path),
                                            GT_ARGS(GT_INT("n", apart->n), GT_INT("a", apart->a),
                                                    GT_INT("b", apart->b)));
}

/* Counts the pairs that were wanted and have no resistance. */
static circuit_apart count_apart(const circuit_job *job, const int64_t *ids, size_t n,
                                 const double *r)
{
    circuit_apart apart = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            if (r[i * n + j] < 0 && circuit_pair_wanted(&job->pairs, ids[i], ids[j])) {
                if (apart.n == 0) {
                    apart = (circuit_apart){.a = ids[i], .b = ids[j]};
                }
                apart.n++;
            }
        }
    }
    return apart;
}

/* ---- the scenario ---------------------------------------------------------------------------- */

typedef struct pair_maps {
    double *volt, *current, *scratch;
} pair_maps;

static gt_status pair_maps_new(gt_ctx *ctx, size_t n, pair_maps *m)
{
    m->volt = gt_alloc(ctx, n, sizeof *m->volt);
    m->current = gt_alloc(ctx, n, sizeof *m->current);
    m->scratch = gt_alloc(ctx, 2 * n, sizeof *m->scratch);
    return m->volt == NULL || m->current == NULL || m->scratch == NULL ? GT_E_MEMORY : GT_OK;
}

static void pair_maps_free(gt_ctx *ctx, pair_maps *m)
{
    gt_free(ctx, m->volt);
    gt_free(ctx, m->current);
    gt_free(ctx, m->scratch);
}

static bool wants_maps(const circuit_job *job)
{
    return job->write_volt || circuit_wants_current(job);
}

static gt_status put_pair(gt_ctx *ctx, circuit_job *job, const circuit_focal *f, size_t a, size_t b,
                          const int64_t *ids, pair_maps *m)
{
    const uint32_t focal[] = {f->node[f->slot[a]], f->node[f->slot[b]]};
    gt_status st = circuit_focal_volt(ctx, f, a, b, m->volt);
    st = st == GT_OK ? circuit_put_volt(ctx, job, f->graph, m->volt, ids, 2) : st;
    if (st == GT_OK && circuit_wants_current(job)) {
        st = circuit_node_currents(ctx, f->graph, m->volt, 1, NULL, m->scratch, m->current);
        st = st == GT_OK ? circuit_put_current(ctx, job, f->graph, m->current, ids, 2, focal, 2)
                         : st;
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* All pairs on one graph. r: n x n, filled where pairs are wanted. */
static gt_status solve_points(gt_ctx *ctx, circuit_job *job, double *r)
{
    const size_t n = job->n_points;
    circuit_graph graph = {0};
    circuit_solver *solver = NULL;
    circuit_focal f = {0};
    pair_maps maps = {0};
    uint32_t *nodes = gt_alloc(ctx, n, sizeof *nodes);
    gt_status st = nodes == NULL
                       ? GT_E_MEMORY
                       : circuit_graph_grid(ctx, job->map.n_cols, job->map.n_rows, job->g,
                                            job->regions, job->four, job->by_resistance, &graph);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        nodes[i] = graph.node[job->points[i].cell];
    }
    st = st == GT_OK ? circuit_job_solver(ctx, job, &graph, NULL, NULL, &solver) : st;
    st = st == GT_OK ? circuit_focal_new(ctx, &graph, nodes, n, &f) : st;
    st = st == GT_OK ? circuit_focal_solve(ctx, &f, solver, wants_maps(job), &job->report) : st;
    circuit_solver_free(ctx, solver);
    if (st == GT_OK && wants_maps(job)) {
        st = pair_maps_new(ctx, graph.n, &maps);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        for (size_t j = i + 1; st == GT_OK && j < n; j++) {
            const int64_t ids[] = {job->points[i].id, job->points[j].id};
            if (!circuit_pair_wanted(&job->pairs, ids[0], ids[1])) {
                continue;
            }
            r[i * n + j] = r[j * n + i] = circuit_focal_resistance(&f, i, j);
            if (r[i * n + j] >= 0 && wants_maps(job)) {
                st = put_pair(ctx, job, &f, i, j, ids, &maps);
            }
        }
    }
    pair_maps_free(ctx, &maps);
    circuit_focal_free(ctx, &f);
    circuit_graph_free(ctx, &graph);
    gt_free(ctx, nodes);
    return st;
}

/* ---- points that are regions ----------------------------------------------------------------- */

/* Short-circuits the cells of one id: points within regions draw these in. `next` is a number not
 * in use. */
static gt_status short_circuit(gt_ctx *ctx, const circuit_job *job, int64_t id, int32_t next,
                               int32_t *regions, size_t n_cells)
{
    size_t from = 0, to = 0;
    while (job->points[from].id != id) {
        from++;
    }
    for (to = from; to < job->n_points && job->points[to].id == id; to++) {
    }
    if (to - from == 1) {
        return GT_OK;
    }
    for (size_t p = from; p < to; p++) {
        int32_t old = regions[job->points[p].cell];
        for (size_t i = 0; old != 0 && old != next && i < n_cells; i++) {
            regions[i] = regions[i] == old ? next : regions[i];
        }
        if (old != 0 && old != next && gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
        regions[job->points[p].cell] = next;
    }
    return gt_check_cancel(ctx);
}

static gt_status solve_region_pair(gt_ctx *ctx, circuit_job *job, const int64_t *ids,
                                   int32_t *regions, double *r)
{
    size_t n_cells = (size_t)(job->map.n_cols * job->map.n_rows);
    int32_t most = 0;
    circuit_graph graph = {0};
    circuit_solver *solver = NULL;
    circuit_focal f = {0};
    pair_maps maps = {0};
    uint32_t nodes[2] = {CIRCUIT_NONE, CIRCUIT_NONE};
    for (size_t i = 0; i < n_cells; i++) {
        regions[i] = job->regions == NULL ? 0 : job->regions[i];
        most = regions[i] > most ? regions[i] : most;
    }
    most = most > INT32_MAX - 2 ? INT32_MAX - 2 : most;
    gt_status st = short_circuit(ctx, job, ids[0], most + 1, regions, n_cells);
    st = st == GT_OK ? short_circuit(ctx, job, ids[1], most + 2, regions, n_cells) : st;
    st = st == GT_OK ? circuit_graph_grid(ctx, job->map.n_cols, job->map.n_rows, job->g, regions,
                                          job->four, job->by_resistance, &graph)
                     : st;
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        for (int k = 0; k < 2; k++) {
            if (job->points[p].id == ids[k] && nodes[k] == CIRCUIT_NONE) {
                nodes[k] = graph.node[job->points[p].cell];
            }
        }
    }
    st = st == GT_OK ? circuit_job_solver(ctx, job, &graph, NULL, NULL, &solver) : st;
    st = st == GT_OK ? circuit_focal_new(ctx, &graph, nodes, 2, &f) : st;
    st = st == GT_OK ? circuit_focal_solve(ctx, &f, solver, wants_maps(job), &job->report) : st;
    if (st == GT_OK) {
        *r = circuit_focal_resistance(&f, 0, 1);
        if (*r >= 0 && wants_maps(job)) {
            st = pair_maps_new(ctx, graph.n, &maps);
            st = st == GT_OK ? put_pair(ctx, job, &f, 0, 1, ids, &maps) : st;
        }
    }
    circuit_solver_free(ctx, solver);
    pair_maps_free(ctx, &maps);
    circuit_focal_free(ctx, &f);
    circuit_graph_free(ctx, &graph);
    return st;
}

static gt_status solve_regions(gt_ctx *ctx, circuit_job *job, const int64_t *ids, size_t n,
                               double *r)
{
    size_t n_cells = (size_t)(job->map.n_cols * job->map.n_rows);
    int32_t *regions = gt_alloc(ctx, n_cells, sizeof *regions);
    gt_status st = regions == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        for (size_t j = i + 1; st == GT_OK && j < n; j++) {
            const int64_t pair[] = {ids[i], ids[j]};
            if (circuit_pair_wanted(&job->pairs, pair[0], pair[1])) {
                st = solve_region_pair(ctx, job, pair, regions, &r[i * n + j]);
                r[j * n + i] = r[i * n + j];
            }
        }
    }
    gt_free(ctx, regions);
    return st;
}

gt_status circuit_run_pairwise(gt_ctx *ctx, circuit_job *job)
{
    size_t n = 0;
    int64_t *ids = gt_alloc(ctx, job->n_points, sizeof *ids);
    for (size_t i = 0; ids != NULL && i < job->n_points; i++) {
        if (n == 0 || ids[n - 1] != job->points[i].id) {
            ids[n++] = job->points[i].id;
        }
    }
    double *r = ids == NULL ? NULL : gt_alloc(ctx, n * n, sizeof *r);
    gt_status st = r == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n * n; i++) {
        r[i] = i % (n + 1) == 0 ? 0 : -1;
    }
    job->facts->points = n;
    if (st == GT_OK) {
        st = n == job->n_points ? solve_points(ctx, job, r) : solve_regions(ctx, job, ids, n, r);
    }
    if (st == GT_OK) {
        const circuit_apart apart = count_apart(job, ids, n, r);
        st = circuit_note_apart(job, &apart);
    }
    st = st == GT_OK ? circuit_put_sums(ctx, job) : st;
    st = st == GT_OK ? circuit_put_resistances(ctx, job, ids, n, r) : st;
    gt_free(ctx, ids);
    gt_free(ctx, r);
    return st;
}
