/* Susceptibility: what its parts share. Internal. */
#ifndef GT_MODEL_HAZARD_LEAN_H
#define GT_MODEL_HAZARD_LEAN_H

#include "model/hazard/logit.h"
#include "model/job.h"

enum {
    GT_LEAN_EVENTS = 0,
    GT_LEAN_FIRST = 1, /* of the factors */
    GT_LEAN_FACTORS = GT_LOGIT_MOST,
    GT_LEAN_FAR = GT_LEAN_FIRST + GT_LEAN_FACTORS, /* distance to the nearest event */
    GT_LEAN_CODES = 4096
};

typedef struct gt_lean_fit {
    double b[GT_LOGIT_MOST + 1]; /* constant, then one for each bound factor in their order */
    uint64_t n_events, n_others; /* cells that it was made from */
} gt_lean_fit;

/* Logistic regression of events on value[f * GT_LEAN_CODES + class] of the bound factors: all cells
 * with events, and `ratio` times as many without, drawn by `seed` from those at least `buffer`
 * away. GT_E_INPUT "model.no-others", "model.separable". Memory: 8 bytes a drawn cell and factor.
 * The draw depends on the cells' places and the seed alone. */
gt_status gt_lean_regress(gt_ctx *ctx, gt_job *job, const double *value,
                          gt_lean_fit *out) GT_CHECKED;

#endif
