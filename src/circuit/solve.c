/* Chooses the solver, checks the answer. */
#include "circuit/solve.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "circuit/messages.h"

/* Multiplications up to which the direct solver is taken unasked: about a tenth of a second. */
#define SMALL_WORK 1e8
/* And at most, where there is no other: about a minute. */
#define GREAT_WORK 6e10

#define SMALL_NODES  4000
#define DIRECT_BATCH 16

struct circuit_solver {
    const circuit_graph *graph;
    const uint8_t *fixed;
    const double *to_ground;
    circuit_direct *direct;
    circuit_grid_solver *grid;
    double tolerance, setup_s;
    bool told; /* the set-up time has been reported */
};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A grid of some size goes to multigrid, everything else to Cholesky when it can. */
static gt_status choose(gt_ctx *ctx, circuit_solver *s, circuit_method method)
{
    const circuit_graph *g = s->graph;
    bool grid = g->n_cols > 0;
    gt_status st = GT_OK;
    if (!grid || method == CIRCUIT_DIRECT) {
        st = circuit_direct_new(ctx, g, s->fixed, s->to_ground, GREAT_WORK, &s->direct);
    } else if (method == CIRCUIT_AUTO && g->n <= SMALL_NODES) {
        st = circuit_direct_new(ctx, g, s->fixed, s->to_ground, SMALL_WORK, &s->direct);
    }
    if (st == GT_OK && s->direct == NULL && grid) {
        st = circuit_grid_solver_new(ctx, g, s->fixed, s->to_ground, s->tolerance, &s->grid);
    }
    if (st == GT_OK && s->direct == NULL && s->grid == NULL) {
        st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SYSTEM_LARGE, GT_NOWHERE,
                     GT_ARGS(GT_INT("n", g->n), GT_INT("max", 100000)));
    }
    return st;
}

gt_status circuit_solver_new(gt_ctx *ctx, const circuit_graph *graph, const uint8_t *fixed,
                             const double *to_ground, circuit_method method, double tolerance,
                             circuit_solver **out)
{
    double began = now();
    *out = NULL;
    circuit_solver *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    s->graph = graph;
    s->fixed = fixed;
    s->to_ground = to_ground;
    s->tolerance = tolerance > 0 ? tolerance : CIRCUIT_TOLERANCE;
    gt_status st = choose(ctx, s, method);
    if (st != GT_OK) {
        circuit_solver_free(ctx, s);
        return st;
    }
    s->setup_s = now() - began;
    *out = s;
    return GT_OK;
}

/* Greatest relative residual of the k columns; rows of fixed nodes do not count. */
static gt_status check(gt_ctx *ctx, const circuit_solver *s, const double *current, const double *v,
                       size_t k, double *worst)
{
    const circuit_graph *g = s->graph;
    double *lv = gt_alloc(ctx, g->n * k, sizeof *lv);
    if (lv == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = circuit_apply(ctx, g, v, k, lv);
    for (size_t c = 0; st == GT_OK && c < k; c++) {
        double wrong = 0, all = 0;
        for (size_t i = 0; i < g->n; i++) {
            if (s->fixed != NULL && s->fixed[i]) {
                continue;
            }
            double leak = s->to_ground != NULL ? s->to_ground[i] * v[i * k + c] : 0;
            double r = current[i * k + c] - lv[i * k + c] - leak;
            wrong += r * r;
            all += current[i * k + c] * current[i * k + c];
        }
        double relative = all > 0 ? sqrt(wrong / all) : 0;
        *worst = relative > *worst || isnan(relative) ? relative : *worst;
        st = gt_check_cancel(ctx);
    }
    gt_free(ctx, lv);
    return st;
}

#define ENOUGH          1e-8 /* of multigrid; what was asked for may be below rounding */
#define DIRECT_RESIDUAL 1e-4 /* beyond it the numbers are worth nothing */

static gt_status run_direct(gt_ctx *ctx, circuit_solver *s, double *v, size_t k, double *worst)
{
    double *current = gt_alloc(ctx, s->graph->n * k, sizeof *current);
    if (current == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(current, v, s->graph->n * k * sizeof *v);
    gt_status st = circuit_direct_run(ctx, s->direct, v, k);
    st = st == GT_OK ? check(ctx, s, current, v, k, worst) : st;
    gt_free(ctx, current);
    if (st == GT_OK && !(*worst <= DIRECT_RESIDUAL)) {
        st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_NOT_CONVERGED, GT_NOWHERE,
                     GT_ARGS(GT_INT("steps", 1), GT_REAL("residual", *worst),
                             GT_REAL("want", DIRECT_RESIDUAL)));
    }
    return st;
}

/* Multigrid that does not come near enough (long threads of cells, extreme contrasts) hands over to
 * Cholesky where that is small enough. */
static gt_status run_grid(gt_ctx *ctx, circuit_solver *s, double *v, size_t k, size_t *steps,
                          double *worst)
{
    gt_status st = circuit_grid_solver_run(ctx, s->grid, v, k, ENOUGH, steps, worst);
    if (st != GT_OK || *worst <= ENOUGH) {
        return st;
    }
    double reached = *worst;
    st = circuit_direct_new(ctx, s->graph, s->fixed, s->to_ground, GREAT_WORK, &s->direct);
    if (st == GT_OK && s->direct != NULL) {
        *worst = 0;
        return run_direct(ctx, s, v, k, worst);
    }
    return st != GT_OK ? st
                       : gt_fail(ctx, GT_E_LIMIT, &GT_MSG_NOT_CONVERGED, GT_NOWHERE,
                                 GT_ARGS(GT_INT("steps", *steps), GT_REAL("residual", reached),
                                         GT_REAL("want", s->tolerance)));
}

gt_status circuit_solver_run(gt_ctx *ctx, circuit_solver *solver, double *v, size_t k,
                             circuit_report *report)
{
    double began = now(), worst = 0;
    size_t steps = 0;
    gt_status st = solver->direct != NULL ? run_direct(ctx, solver, v, k, &worst)
                                          : run_grid(ctx, solver, v, k, &steps, &worst);
    if (report != NULL) {
        report->solves += k;
        report->steps = steps > report->steps ? steps : report->steps;
        report->residual = worst > report->residual || isnan(worst) ? worst : report->residual;
        report->nodes = solver->graph->n > report->nodes ? solver->graph->n : report->nodes;
        report->setup_s += solver->told ? 0 : solver->setup_s;
        report->run_s += now() - began;
        solver->told = true;
    }
    return st;
}

size_t circuit_solver_batch(gt_ctx *ctx, const circuit_solver *solver, size_t wanted)
{
    if (solver->direct == NULL) {
        return circuit_grid_solver_batch(ctx, solver->grid, wanted);
    }
    return wanted < 1 ? 1 : wanted < DIRECT_BATCH ? wanted : DIRECT_BATCH;
}

void circuit_solver_free(gt_ctx *ctx, circuit_solver *solver)
{
    if (solver != NULL) {
        circuit_direct_free(ctx, solver->direct);
        circuit_grid_solver_free(ctx, solver->grid);
        gt_free(ctx, solver);
    }
}
