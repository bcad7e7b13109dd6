/* Logistic regression by Newton's steps. Internal. */
#ifndef GT_MODEL_HAZARD_LOGIT_H
#define GT_MODEL_HAZARD_LOGIT_H

#include "guotu/context.h"

enum { GT_LOGIT_MOST = 8 }; /* variables, without the constant */

/* p(y = 1) = 1 / (1 + exp(-(b[0] + sum of b[1 + j] x[j]))). x: n rows of k; y: 0 or 1; b: k + 1.
 * A ridge of 1e-6 keeps variables that depend on each other solvable; ends when no coefficient
 * changes by 1e-8 of itself and 1, after 50 steps at most. GT_E_INPUT "model.separable" when it
 * does not end, or the result parts the two kinds, or a class of one kind, completely; GT_E_MEMORY
 * never. Cost: O(n k^2) a step. Single thread: sums have one order. */
gt_status gt_logit_fit(gt_ctx *ctx, const double *x, const unsigned char *y, size_t n, size_t k,
                       double *b) GT_CHECKED;

#endif
