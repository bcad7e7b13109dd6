/* Omnidirectional current by a moving window: the problem in memory. */
#ifndef GT_CIRCUIT_OMNI_H
#define GT_CIRCUIT_OMNI_H

#include "circuit/job.h"

/* Which sources may send current to a target: those whose value is like the target's. */
typedef struct omni_condition {
    double *present, *future; /* cells, NaN: nodata (passes); future may be present itself */
    bool equal;               /* to the block's most frequent value, else within its median ... */
    double lower, upper;      /* ... plus these */
} omni_condition;

typedef struct omni {
    int64_t n_cols, n_rows;
    const double *g;               /* conductance, 0: none */
    const double *source;          /* strength, 0: none */
    int64_t radius, buffer, block; /* cells; block is odd */
    bool four;
    bool correct;  /* for the artifacts of blocks */
    bool flow;     /* flow potential, too */
    bool original; /* with the quirk of Omniscape at the edge of the map (README) */
    const omni_condition *condition;
    int n_conditions;
    double tolerance;
} omni;

/* cum and flow (NULL unless o->flow): n_cols * n_rows, overwritten. The result does not depend on
 * the number of threads. Cost: one solve of a window a target (two with flow), a target for each
 * block with sources. */
gt_status omni_solve(gt_ctx *ctx, const omni *o, double *cum, double *flow, circuit_report *report,
                     size_t *targets) GT_CHECKED;

#endif
