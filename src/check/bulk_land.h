/* The features of one layer near a block of subjects, held in memory with an index. Internal to
 * check.
 *
 * Layout: coordinates, ring ends, part ends and kept values of all features stand in five pools; a
 * feature is a view into them. The index is a square grid of buckets over the block (CSR). */
#ifndef GT_CHECK_BULK_LAND_H
#define GT_CHECK_BULK_LAND_H

#include "check/bulk_area.h"
#include "guotu/arena.h"
#include "guotu/store.h"

typedef struct gt_land_feature {
    gt_shape shape;
    gt_box box;
    int64_t row;
    const char *id;         /* the arena's */
    const gt_value *values; /* n_fields: those not kept are null */
    size_t at[5];           /* first point, ring, part, span, value */
} gt_land_feature;

typedef struct gt_land {
    const char *layer;
    bool known; /* the workspace has data of it */
    gt_layer_info info;
    bool *keep;                /* by field of the standard: its values are read */
    double reach;              /* m: what lies that far from the block is read, too */
    gt_land_feature *features; /* in row order */
    size_t n;
    /* pools */
    double *xy;
    uint32_t *ring_end, *part_end; /* from the feature's first */
    int8_t *sign;
    size_t *span_of;
    gt_box *spans;
    gt_value *values;
    size_t n_points, n_rings, n_parts, n_spans, n_values;
    size_t cap_features, cap_xy, cap_rings, cap_sign, cap_span_of, cap_parts, cap_spans, cap_values;
    gt_arena *arena; /* texts */
    /* index */
    gt_box box;
    uint32_t across;
    uint32_t *start, *list, *stamp;
    size_t cap_start, cap_list, cap_stamp;
    uint32_t turn;
} gt_land;

gt_status gt_land_open(gt_ctx *ctx, gt_store *store, const char *layer, gt_land *out) GT_CHECKED;
/* Reads what lies within reach of the box, at the time of `when` (its layer and box are not
 * looked at). *whole = false: more than `most` points (0: no limit); nothing is held then. */
gt_status gt_land_read(gt_ctx *ctx, gt_land *near, gt_store *store, const gt_query *when,
                       gt_box box, size_t most, bool *whole) GT_CHECKED;
/* Indexes of the features whose box meets `box`, ascending, appended to *list (grown, the
 * caller's; *n is set). */
gt_status gt_land_find(gt_ctx *ctx, gt_land *near, gt_box box, uint32_t **list, size_t *cap,
                       size_t *n) GT_CHECKED;
void gt_land_free(gt_ctx *ctx, gt_land *near);

#endif
