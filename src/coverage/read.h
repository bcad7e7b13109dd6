/* Stored layers as batches for the kernel. Internal. */
#ifndef GT_COVERAGE_READ_H
#define GT_COVERAGE_READ_H

#include "guotu/store.h"
#include "guotu/weave.h"

typedef struct gt_flat { /* one layer, flat; owned */
    double *xy;
    uint32_t *ring_end, *part_end, *feature_end;
    uint32_t *number; /* row of each feature, ascending */
    size_t n_points, n_rings, n_parts, n_features;
    size_t cap_xy, cap_rings, cap_parts, cap_features, cap_numbers;
} gt_flat;

/* Called for each feature in order, with the index (0, 1, ...) it gets; *take = false leaves it
 * out.
 */
typedef gt_status (*gt_flat_fn)(gt_ctx *ctx, void *user, const gt_feature *feature, size_t index,
                                bool *take);

/* Reads the features the query selects, in row order; each is also shown to `seen` (may be NULL).
 * Stops before the points pass `most` (0: never); *whole (may be NULL) tells whether all came. The
 * number of a feature in weave is its row id: it never means another version. GT_E_LIMIT beyond
 * 2^32 - 3 rows. */
gt_status gt_flat_read(gt_ctx *ctx, gt_store *store, const gt_query *query, size_t most,
                       gt_flat_fn seen, void *user, gt_flat *out, bool *whole) GT_CHECKED;
/* Appends one feature; its number is `row`, larger than those before. GT_E_LIMIT as above. */
gt_status gt_flat_add(gt_ctx *ctx, gt_flat *flat, const gt_geom *geom, int64_t row) GT_CHECKED;
/* Index of the feature of that number; SIZE_MAX when there is none. */
size_t gt_flat_find(const gt_flat *flat, uint32_t number);
/* Extent of all points; empty (xmin > xmax) when there is none. */
gt_box gt_flat_box(const gt_flat *flat);
void gt_flat_free(gt_ctx *ctx, gt_flat *flat);
/* The whole as one batch, borrowing flat. */
gt_weave_batch gt_flat_batch(const gt_flat *flat, uint32_t layer);
/* Scale of the working plane, for gt_weave_options. user: const gt_plane. */
double gt_flat_scale(const void *user, double x, double y);

#endif
