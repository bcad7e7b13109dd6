/* One interface over the solvers: (L + diag(to_ground)) v = current, v = 0 at fixed nodes. */
#ifndef GT_CIRCUIT_SOLVE_H
#define GT_CIRCUIT_SOLVE_H

#include "circuit/graph.h"

typedef enum circuit_method {
    CIRCUIT_AUTO = 0,
    CIRCUIT_DIRECT,   /* Cholesky with an envelope; small and thin networks */
    CIRCUIT_MULTIGRID /* conjugate gradients with multigrid; grids */
} circuit_method;

#define CIRCUIT_TOLERANCE 1e-10 /* relative residual asked for unless told otherwise */

typedef struct circuit_report {
    size_t solves;         /* right-hand sides */
    size_t steps;          /* most of conjugate gradients, 0: direct */
    double residual;       /* greatest |current - A v| / |current| seen, 2-norm */
    size_t nodes;          /* of the greatest system */
    double setup_s, run_s; /* wall time */
} circuit_report;

typedef struct circuit_solver circuit_solver;

/* fixed (n flags) and to_ground (n conductances) may be NULL; both and the graph are borrowed for
 * the life of the solver. A part of the graph without any ground is solved up to a constant: the
 * currents into it must add up to 0. */
gt_status circuit_solver_new(gt_ctx *ctx, const circuit_graph *graph, const uint8_t *fixed,
                             const double *to_ground, circuit_method method, double tolerance,
                             circuit_solver **out) GT_CHECKED;
/* v[node * k + i] is the current into the node on entry and its voltage on return, for k right-hand
 * sides at a time. GT_E_LIMIT "circuit.not-converged"; GT_E_CANCELLED within a second. */
gt_status circuit_solver_run(gt_ctx *ctx, circuit_solver *solver, double *v, size_t k,
                             circuit_report *report) GT_CHECKED;
/* How many right-hand sides at a time are worth while (1 .. wanted, 1 when none). */
size_t circuit_solver_batch(gt_ctx *ctx, const circuit_solver *solver, size_t wanted);
void circuit_solver_free(gt_ctx *ctx, circuit_solver *solver);

/* ---- the solvers (internal) -------------------------------------------------------------------
 */

typedef struct circuit_direct circuit_direct;
/* *out stays NULL (with GT_OK) when the factor would take more than `work` multiplications. */
gt_status circuit_direct_new(gt_ctx *ctx, const circuit_graph *graph, const uint8_t *fixed,
                             const double *to_ground, double work, circuit_direct **out) GT_CHECKED;
/* In place, k right-hand sides. */
gt_status circuit_direct_run(gt_ctx *ctx, const circuit_direct *d, double *v, size_t k) GT_CHECKED;
void circuit_direct_free(gt_ctx *ctx, circuit_direct *d);

typedef struct circuit_grid_solver circuit_grid_solver;
/* Multigrid and conjugate gradients; the graph must be a grid. */
gt_status circuit_grid_solver_new(gt_ctx *ctx, const circuit_graph *graph, const uint8_t *fixed,
                                  const double *to_ground, double tolerance,
                                  circuit_grid_solver **out) GT_CHECKED;
/* In place, k <= 16 right-hand sides. v stays as it is when *residual is not below `enough`. */
gt_status circuit_grid_solver_run(gt_ctx *ctx, circuit_grid_solver *s, double *v, size_t k,
                                  double enough, size_t *steps, double *residual) GT_CHECKED;
/* Right-hand sides at a time that memory allows. */
size_t circuit_grid_solver_batch(gt_ctx *ctx, const circuit_grid_solver *s, size_t wanted);
void circuit_grid_solver_free(gt_ctx *ctx, circuit_grid_solver *s);

#endif
