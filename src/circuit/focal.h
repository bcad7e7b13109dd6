/* Potentials between focal points by superposition: k places of a connected part need k - 1 solves,
 * all of their pairs follow. */
#ifndef GT_CIRCUIT_FOCAL_H
#define GT_CIRCUIT_FOCAL_H

#include "circuit/job.h"

typedef struct circuit_focal {
    const circuit_graph *graph;
    size_t n;       /* distinct focal nodes */
    uint32_t *node; /* of each */
    size_t *slot;   /* focal node of each point, SIZE_MAX: on nodata */
    size_t *column; /* right-hand side of each focal node, SIZE_MAX: first of its part */
    size_t n_columns, width, n_batches;
    double **batch;   /* voltages of `width` columns each (the last may have fewer) */
    double *at_focal; /* n_columns * n: voltages at the focal nodes */
} circuit_focal;

/* nodes: of n_points points, CIRCUIT_NONE on nodata. */
gt_status circuit_focal_new(gt_ctx *ctx, const circuit_graph *graph, const uint32_t *nodes,
                            size_t n_points, circuit_focal *out) GT_CHECKED;
/* keep: whole voltages are needed, not resistances alone. Memory: 8 bytes a node and column. */
gt_status circuit_focal_solve(gt_ctx *ctx, circuit_focal *f, circuit_solver *solver, bool keep,
                              circuit_report *report) GT_CHECKED;
/* Between points a and b; -1: not connected. */
double circuit_focal_resistance(const circuit_focal *f, size_t a, size_t b);
gt_status circuit_focal_volt(gt_ctx *ctx, const circuit_focal *f, size_t a, size_t b,
                             double *v) GT_CHECKED;
/* v: voltages when current[k] amperes enter at focal node k of one part, adding up to 0, up to a
 * constant; 0 in other parts. The whole voltages were kept. */
gt_status circuit_focal_sum(gt_ctx *ctx, const circuit_focal *f, const double *current,
                            double *v) GT_CHECKED;
/* Voltage at focal node k of the ampere from focal node j to the first of its part. */
double circuit_focal_at(const circuit_focal *f, size_t j, size_t k);
void circuit_focal_free(gt_ctx *ctx, circuit_focal *f);

#endif
