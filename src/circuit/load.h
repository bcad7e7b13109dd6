/* Sources and grounds of the nodes of one graph, of the advanced, one-to-all and all-to-one
 * scenarios. */
#ifndef GT_CIRCUIT_LOAD_H
#define GT_CIRCUIT_LOAD_H

#include "circuit/job.h"

typedef struct circuit_load {
    double *source;    /* ampere */
    double *ground;    /* conductance, INFINITY: held at 0 */
    uint8_t *fixed;    /* made of infinite grounds */
    double *to_ground; /* of finite ones */
    double *volt, *current, *scratch;
    bool any_finite;
} circuit_load;

/* Room for n nodes, no source and no ground. */
gt_status circuit_load_new(gt_ctx *ctx, size_t n, circuit_load *l) GT_CHECKED;
void circuit_load_free(gt_ctx *ctx, circuit_load *l);
/* Where a node has both: the policy; and a source always beats an infinite ground that is left.
 * Fills fixed and to_ground. */
gt_status circuit_load_resolve(gt_ctx *ctx, circuit_load *l, size_t n,
                               circuit_conflict policy) GT_CHECKED;
/* Sources of parts without a ground are taken out. *live: those that remain; *example: a node of
 * those that do not. */
gt_status circuit_load_strand(gt_ctx *ctx, const circuit_graph *graph, circuit_load *l,
                              size_t *live, size_t *stranded, size_t *example) GT_CHECKED;
/* Potentials into volt; a solver is set up for it. */
gt_status circuit_load_solve(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                             circuit_load *l) GT_CHECKED;

#endif
