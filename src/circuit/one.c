/* One-to-all and all-to-one: a solve for each point, with the others as grounds, or as sources.
 *
 * Where all points see one network, it is set up and solved once: with k places in a connected
 * part, k - 1 potentials of one ampere from a place to the first of its part. All others are sums
 * of them. The currents of the sum are known at sources; those at grounds follow from the voltages
 * there being 0, a dense system of at most k unknowns. Lists of pairs with points of several cells
 * give each point a network of its own, which is solved by itself. */
#include <math.h>
#include <string.h>

#include "circuit/focal.h"
#include "circuit/load.h"
#include "circuit/messages.h"

/* Regions of the map and the points in force drawn together. */
static gt_status draw_points(gt_ctx *ctx, const circuit_job *job, const uint8_t *in_force,
                             bool repeated, int32_t *regions)
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
    gt_status st = gt_check_cancel(ctx);
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
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
            st = gt_check_cancel(ctx);
        }
    }
    return st;
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
 * all-to-one) and every other point in force the contrary. place: of each point in source and
 * ground, SIZE_MAX none. */
static void point_loads(const circuit_job *job, const size_t *place, const uint8_t *in_force,
                        int64_t id, double *source, double *ground)
{
    bool one = job->scenario == SCENARIO_ONE_TO_ALL, first = true;
    for (size_t p = 0; p < job->n_points; p++) {
        const circuit_point *at = &job->points[p];
        bool mine = at->id == id;
        bool again = p > 0 && job->points[p - 1].id == at->id;
        if (place[p] == SIZE_MAX || (!mine && !in_force[p])) {
            continue;
        }
        if (mine == one) { /* a source */
            if (!again || (mine && first)) {
                source[place[p]] += mine || circuit_pair_wanted(&job->pairs, id, at->id)
                                        ? strength_of(job, at->id)
                                        : 1;
                first = !mine && first;
            }
        } else {
            ground[place[p]] = (double)INFINITY;
        }
    }
}

/* Which points take part in the solve of `id`; *any: another one does. */
static void find_in_force(const circuit_job *job, int64_t id, uint8_t *in_force, bool *any)
{
    *any = false;
    for (size_t q = 0; q < job->n_points; q++) {
        bool wanted = circuit_pair_wanted(&job->pairs, id, job->points[q].id);
        bool mine = job->points[q].id == id;
        *any = *any || (wanted && !mine);
        in_force[q] = mine || wanted || job->scenario == SCENARIO_ALL_TO_ONE;
    }
}

static gt_status put_one(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph, circuit_load *l,
                         int64_t id, uint32_t mine)
{
    gt_status st = circuit_put_volt(ctx, job, graph, l->volt, &id, 1);
    if (st == GT_OK && circuit_wants_current(job)) {
        st = circuit_node_currents(ctx, graph, l->volt, 1, NULL, l->scratch, l->current);
        st = st == GT_OK ? circuit_put_current(ctx, job, graph, l->current, &id, 1, &mine, 1) : st;
    }
    return st;
}

/* ---- one network for all ----------------------------------------------------------------------
 */

typedef struct shared {
    circuit_graph graph;
    circuit_focal f;
    circuit_solver *solver;
    circuit_load l;          /* volt, current, scratch are used */
    bool kept;               /* the potentials; else each point is solved by the solver there is */
    size_t *place;           /* focal node of each point */
    double *source, *ground; /* of the focal nodes */
    double *amps, *dense;    /* n; (n + 1) * (n + 2) */
    size_t *unknown;         /* n */
} shared;

static void shared_free(gt_ctx *ctx, shared *s)
{
    circuit_solver_free(ctx, s->solver);
    circuit_focal_free(ctx, &s->f);
    circuit_load_free(ctx, &s->l);
    circuit_graph_free(ctx, &s->graph);
    gt_free(ctx, s->place);
    gt_free(ctx, s->source);
    gt_free(ctx, s->ground);
    gt_free(ctx, s->amps);
    gt_free(ctx, s->dense);
    gt_free(ctx, s->unknown);
}

/* Are the potentials of all places to be kept? Where they do not fit, each point costs a solve. */
static bool may_keep(gt_ctx *ctx, const circuit_graph *graph, size_t n_columns)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    double room = ceiling == 0 ? 8e9 : ceiling > used ? (double)(ceiling - used) / 4 : 0;
    return (double)n_columns * (double)graph->n * 8 < room;
}

static gt_status shared_new(gt_ctx *ctx, circuit_job *job, const int32_t *regions, shared *s)
{
    gt_status st = circuit_graph_grid(ctx, job->map.n_cols, job->map.n_rows, job->g, regions,
                                      job->four, job->by_resistance, &s->graph);
    uint32_t *nodes = st == GT_OK ? gt_alloc(ctx, job->n_points, sizeof *nodes) : NULL;
    st = st == GT_OK && nodes == NULL ? GT_E_MEMORY : st;
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        nodes[p] = s->graph.node[job->points[p].cell];
    }
    st = st == GT_OK ? circuit_focal_new(ctx, &s->graph, nodes, job->n_points, &s->f) : st;
    gt_free(ctx, nodes);
    if (st == GT_OK) {
        const size_t n = s->f.n + 1;
        s->place = gt_alloc(ctx, job->n_points, sizeof *s->place);
        s->source = gt_alloc(ctx, n, sizeof *s->source);
        s->ground = gt_alloc(ctx, n, sizeof *s->ground);
        s->amps = gt_alloc(ctx, n, sizeof *s->amps);
        s->dense = gt_alloc(ctx, n * (n + 1), sizeof *s->dense);
        s->unknown = gt_alloc(ctx, n, sizeof *s->unknown);
        st = s->place == NULL || s->source == NULL || s->ground == NULL || s->amps == NULL ||
                     s->dense == NULL || s->unknown == NULL
                 ? GT_E_MEMORY
                 : circuit_load_new(ctx, s->graph.n, &s->l);
    }
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        s->place[p] = s->f.slot[p];
    }
    st = st == GT_OK ? circuit_job_solver(ctx, job, &s->graph, NULL, NULL, &s->solver) : st;
    s->kept = st == GT_OK && may_keep(ctx, &s->graph, s->f.n_columns);
    return st == GT_OK ? circuit_focal_solve(ctx, &s->f, s->solver, s->kept, &job->report) : st;
}

/* Gauss with rows exchanged: m equations, the right side in column m. Pivots of a network's matrix
 * are far from 0; one that is 0 belongs to a place that no other sees. */
static gt_status eliminate(gt_ctx *ctx, double *a, size_t m)
{
    const size_t w = m + 1;
    for (size_t i = 0; i < m; i++) {
        size_t best = i;
        for (size_t r = i + 1; r < m; r++) {
            best = fabs(a[r * w + i]) > fabs(a[best * w + i]) ? r : best;
        }
        for (size_t c = 0; best != i && c < w; c++) {
            double t = a[i * w + c];
            a[i * w + c] = a[best * w + c];
            a[best * w + c] = t;
        }
        for (size_t r = i + 1; r < m; r++) {
            double by = a[i * w + i] != 0 ? a[r * w + i] / a[i * w + i] : 0;
            for (size_t c = i; by != 0 && c < w; c++) {
                a[r * w + c] -= by * a[i * w + c];
            }
        }
        if (gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
    }
    for (size_t i = m; i-- > 0;) {
        for (size_t c = i + 1; c < m; c++) {
            a[i * w + m] -= a[i * w + c] * a[c * w + m];
        }
        a[i * w + m] = a[i * w + i] != 0 ? a[i * w + m] / a[i * w + i] : 0;
    }
    return GT_OK;
}

/* Currents into the focal nodes of the part of `mine`, such that all grounds are at 0. Unknown are
 * the voltage of the part's first place, and the currents at the grounds: the last of them by the
 * sum of all being 0. */
static gt_status find_amps(gt_ctx *ctx, shared *s, size_t mine)
{
    const circuit_focal *f = &s->f;
    const uint32_t part = s->graph.part[f->node[mine]];
    size_t m = 0;
    double into = 0;
    for (size_t k = 0; k < f->n; k++) {
        bool here = s->graph.part[f->node[k]] == part;
        bool held = here && s->ground[k] > 0;
        s->amps[k] = here && !held ? s->source[k] : 0;
        into += s->amps[k];
        if (held) {
            s->unknown[m++] = k;
        }
    }
    /* Rows: voltages at the grounds; then the sum. Columns: currents at the grounds; the constant.
     */
    const size_t w = m + 2;
    double *a = s->dense;
    for (size_t r = 0; r < m; r++) {
        double known = 0;
        for (size_t k = 0; k < f->n; k++) {
            known += s->amps[k] != 0 ? s->amps[k] * circuit_focal_at(f, k, s->unknown[r]) : 0;
        }
        for (size_t c = 0; c < m; c++) {
            a[r * w + c] = circuit_focal_at(f, s->unknown[c], s->unknown[r]);
        }
        a[r * w + m] = 1;
        a[r * w + m + 1] = -known;
    }
    for (size_t c = 0; c < m; c++) {
        a[m * w + c] = 1;
    }
    a[m * w + m] = 0;
    a[m * w + m + 1] = -into;
    gt_status st = eliminate(ctx, a, m + 1);
    for (size_t c = 0; c < m; c++) {
        s->amps[s->unknown[c]] = a[c * w + m + 1];
    }
    return st;
}

/* Voltages of these currents into l.volt: 0 at the grounds and in other parts. */
static gt_status find_volt(gt_ctx *ctx, circuit_job *job, shared *s, size_t mine)
{
    const circuit_graph *g = &s->graph;
    const uint32_t part = g->part[s->f.node[mine]];
    double *v = s->l.volt, zero = 0;
    gt_status st = GT_OK;
    if (s->kept) {
        st = circuit_focal_sum(ctx, &s->f, s->amps, v);
    } else {
        memset(v, 0, g->n * sizeof *v);
        for (size_t k = 0; k < s->f.n; k++) {
            v[s->f.node[k]] = s->amps[k];
        }
        st = circuit_solver_run(ctx, s->solver, v, 1, &job->report);
    }
    for (size_t k = 0; st == GT_OK && k < s->f.n; k++) {
        zero = g->part[s->f.node[k]] == part && s->ground[k] > 0 ? v[s->f.node[k]] : zero;
    }
    for (size_t i = 0; st == GT_OK && i < g->n; i++) {
        v[i] = g->part[i] == part ? v[i] - zero : 0;
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
    }
    for (size_t k = 0; st == GT_OK && k < s->f.n; k++) {
        v[s->f.node[k]] = s->ground[k] > 0 ? 0 : v[s->f.node[k]];
    }
    return st;
}

static gt_status solve_shared(gt_ctx *ctx, circuit_job *job, shared *s, int64_t id,
                              const uint8_t *in_force, double *result)
{
    const bool one = job->scenario == SCENARIO_ONE_TO_ALL;
    size_t mine = SIZE_MAX;
    bool live = false, held = false;
    memset(s->source, 0, s->f.n * sizeof *s->source);
    memset(s->ground, 0, s->f.n * sizeof *s->ground);
    point_loads(job, s->place, in_force, id, s->source, s->ground);
    for (size_t p = 0; p < job->n_points; p++) {
        mine = job->points[p].id == id && mine == SIZE_MAX ? s->place[p] : mine;
    }
    for (size_t k = 0; mine != SIZE_MAX && k < s->f.n; k++) {
        bool both = s->source[k] != 0 && s->ground[k] > 0;
        s->ground[k] = both && one ? 0 : s->ground[k];
        s->source[k] = both && !one ? 0 : s->source[k];
        bool here = s->graph.part[s->f.node[k]] == s->graph.part[s->f.node[mine]];
        live = live || (here && s->source[k] != 0);
        held = held || (here && s->ground[k] > 0);
    }
    gt_status st = GT_OK;
    if (live && held) {
        st = find_amps(ctx, s, mine);
        st = st == GT_OK ? find_volt(ctx, job, s, mine) : st;
        *result = !one ? 0 : s->l.volt[s->f.node[mine]] / s->source[mine];
    } else {
        memset(s->l.volt, 0, s->graph.n * sizeof *s->l.volt);
    }
    uint32_t node = mine == SIZE_MAX ? CIRCUIT_NONE : s->f.node[mine];
    return st == GT_OK ? put_one(ctx, job, &s->graph, &s->l, id, node) : st;
}

/* ---- a network for each point -----------------------------------------------------------------
 */

static gt_status load_point(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                            const uint8_t *in_force, int64_t id, uint32_t mine, circuit_load *l)
{
    const bool one = job->scenario == SCENARIO_ONE_TO_ALL;
    size_t *place = gt_alloc(ctx, job->n_points, sizeof *place);
    if (place == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t p = 0; p < job->n_points; p++) {
        uint32_t node = graph->node[job->points[p].cell];
        place[p] = node == CIRCUIT_NONE ? SIZE_MAX : node;
    }
    point_loads(job, place, in_force, id, l->source, l->ground);
    gt_free(ctx, place);
    gt_status st =
        circuit_load_resolve(ctx, l, graph->n, one ? CONFLICT_NO_GROUND : CONFLICT_NO_SOURCE);
    for (size_t i = 0; st == GT_OK && i < graph->n; i++) { /* other parts take no part */
        l->source[i] = graph->part[i] != graph->part[mine] ? 0 : l->source[i];
    }
    return st;
}

static gt_status solve_apart(gt_ctx *ctx, circuit_job *job, int64_t id, const uint8_t *in_force,
                             int32_t *regions, double *result)
{
    const bool one = job->scenario == SCENARIO_ONE_TO_ALL;
    circuit_graph graph = {0};
    circuit_load l = {0};
    size_t live = 0, stranded = 0, example = 0;
    uint32_t mine = CIRCUIT_NONE;
    gt_status st = draw_points(ctx, job, in_force, true, regions);
    st = st == GT_OK ? circuit_graph_grid(ctx, job->map.n_cols, job->map.n_rows, job->g, regions,
                                          job->four, job->by_resistance, &graph)
                     : st;
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        if (job->points[p].id == id && mine == CIRCUIT_NONE) {
            mine = graph.node[job->points[p].cell];
        }
    }
    st = st == GT_OK ? circuit_load_new(ctx, graph.n, &l) : st;
    if (st == GT_OK && mine != CIRCUIT_NONE) {
        st = load_point(ctx, job, &graph, in_force, id, mine, &l);
        st = st == GT_OK ? circuit_load_strand(ctx, &graph, &l, &live, &stranded, &example) : st;
        if (st == GT_OK && live > 0) {
            st = circuit_load_solve(ctx, job, &graph, &l);
            *result = !one ? 0 : l.volt[mine] / l.source[mine];
        }
    }
    st = st == GT_OK ? put_one(ctx, job, &graph, &l, id, mine) : st;
    circuit_load_free(ctx, &l);
    circuit_graph_free(ctx, &graph);
    return st;
}

/* ---- the scenarios ----------------------------------------------------------------------------
 */

/* Does every point see the same network? */
static bool all_alike(const circuit_job *job, bool repeated)
{
    return !repeated || !job->pairs.given || job->scenario == SCENARIO_ALL_TO_ONE;
}

gt_status circuit_run_one(gt_ctx *ctx, circuit_job *job)
{
    size_t n_cells = (size_t)(job->map.n_cols * job->map.n_rows), n_ids = 0;
    int32_t *regions = gt_alloc(ctx, n_cells, sizeof *regions);
    uint8_t *in_force = gt_alloc(ctx, job->n_points, 1);
    shared s = {0};
    circuit_apart alone = {0};
    gt_text list;
    gt_text_init(&list, ctx, SIZE_MAX / 2);
    gt_status st = regions == NULL || in_force == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        n_ids += p == 0 || job->points[p].id != job->points[p - 1].id;
        in_force[p] = 1;
    }
    const bool repeated = n_ids != job->n_points, alike = all_alike(job, repeated);
    job->facts->points = n_ids;
    if (st == GT_OK && alike) {
        st = draw_points(ctx, job, in_force, repeated, regions);
        st = st == GT_OK ? shared_new(ctx, job, regions, &s) : st;
    }
    for (size_t p = 0; st == GT_OK && p < job->n_points; p++) {
        const int64_t id = job->points[p].id;
        double result = -1;
        bool any = false; /* a point that no pair is left of is passed over */
        if (p > 0 && job->points[p - 1].id == id) {
            continue;
        }
        find_in_force(job, id, in_force, &any);
        if (any) {
            st = alike ? solve_shared(ctx, job, &s, id, in_force, &result)
                       : solve_apart(ctx, job, id, in_force, regions, &result);
        }
        alone.a = any && result < 0 && alone.n == 0 ? id : alone.a;
        alone.n += any && result < 0;
        gt_text_printf(&list, "%lld %.12g\n", (long long)id, result);
    }
    st = st == GT_OK ? circuit_note_apart(job, &alone) : st;
    st = st == GT_OK ? circuit_put_sums(ctx, job) : st;
    st = st == GT_OK ? circuit_put_text(ctx, job, "resistances.out", &list) : st;
    gt_text_free(&list);
    shared_free(ctx, &s);
    gt_free(ctx, regions);
    gt_free(ctx, in_force);
    return st;
}
