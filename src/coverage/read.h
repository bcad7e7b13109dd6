/* Stored layers as batches for the kernel. Internal. */
#ifndef GT_COVERAGE_READ_H
#define GT_COVERAGE_READ_H

#include "guotu/store.h"
#include "guotu/weave.h"

typedef struct gt_flat { /* one layer, flat; owned */
    double *xy;
    uint32_t *ring_end, *part_end, *feature_end;
    size_t n_points, n_rings, n_parts, n_features;
    size_t cap_xy, cap_rings, cap_parts, cap_features;
} gt_flat;

/* Called for each feature in order, with its number (0, 1, ...). */
typedef gt_status (*gt_flat_fn)(gt_ctx *ctx, void *user, const gt_feature *feature,
                                uint32_t number);

/* Reads every feature the query selects; each is also shown to `seen` (may be NULL). */
gt_status gt_flat_read(gt_ctx *ctx, gt_store *store, const gt_query *query, gt_flat_fn seen,
                       void *user, gt_flat *out) GT_CHECKED;
void gt_flat_free(gt_ctx *ctx, gt_flat *flat);
/* The whole as one batch, borrowing flat. */
gt_weave_batch gt_flat_batch(const gt_flat *flat, uint32_t layer);
/* Scale of the working plane, for gt_weave_options. user: const gt_plane. */
double gt_flat_scale(const void *user, double x, double y);

#endif
