/* Which features of layers meet a feature of another of them, found strip by strip: so that only
 * those need be held to make the polygons of conflicts. Internal. */
#ifndef GT_COVERAGE_MEET_H
#define GT_COVERAGE_MEET_H

#include "coverage/load.h"

/* Are the layers so large that finding out first pays: beyond half of what the ceiling leaves, or
 * 200 000 features? */
gt_status gt_meet_pays(gt_ctx *ctx, gt_store *store, const gt_part *parts, size_t n,
                       bool *pays) GT_CHECKED;
/* out[k]: rows of part k that share area with a feature of another part (n <= 16); the caller's to
 * free, also on failure. Memory: a strip, and a bit a row. */
gt_status gt_meet_rows(gt_ctx *ctx, gt_store *store, const gt_package *package,
                       const gt_part *parts, size_t n, gt_rows *out) GT_CHECKED;

#endif
