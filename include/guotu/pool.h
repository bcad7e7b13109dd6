/* Parallel loop over independent tasks. Results must not depend on the order of execution: each
 * task writes to its own place, reductions are done by the caller in task order. */
#ifndef GUOTU_POOL_H
#define GUOTU_POOL_H

#include "guotu/context.h"

/* One task. ctx is a child context of the calling thread's worker; worker in 0 .. threads-1 names
 * scratch space that no other running task uses. */
typedef gt_status (*gt_task_fn)(gt_ctx *ctx, void *user, size_t task, int worker);

/* Runs tasks 0 .. n-1 on gt_ctx_threads(ctx) threads (the caller's included), handed out in order,
 * one at a time. Stops handing out after a failure or cancel. When several tasks fail, the error of
 * the lowest task among those that ran is recorded. Reports progress if gt_progress_begin was
 * called by the caller with total == n. Cost: one atomic increment a task. */
gt_status gt_parallel_for(gt_ctx *ctx, size_t n, gt_task_fn task, void *user) GT_CHECKED;

#endif
