/* Allocation by rank: the same code labels parcels of a batch and samples of the field grid. */
#ifndef GT_SYNTH_ALLOCATE_H
#define GT_SYNTH_ALLOCATE_H

#include "synth/scene.h"

typedef struct sy_spot { /* what is labelled: a parcel or a sample */
    sy_pt at;
    int16_t unit;
    uint32_t zone_cell;
    double km2;
    uint64_t hash;
} sy_spot;

typedef struct sy_rank {
    double score;
    uint32_t spot;
} sy_rank;

typedef struct sy_allocation {
    const sy_scene *scene;
    const sy_spot *spots;
    size_t n;
    uint16_t **label; /* per track; SY_NO_LABEL = free */
    sy_rank *list;
    uint32_t *taken;
} sy_allocation;

typedef struct sy_taken {
    const uint32_t *spots; /* borrowed until the next call */
    size_t n;
    double km2;
    double floor; /* a score that three times the area would have had to go down to */
} sy_taken;

/* Everything free. */
gt_status sy_allocation_new(gt_ctx *ctx, sy_allocation *a) GT_CHECKED;
void sy_allocation_free(gt_ctx *ctx, sy_allocation *a);
/* Gives step k of track t up to km2 (INFINITY: all that qualify), best scores first, none below
 * `floor`; stops at the nearest to the target. Ties go to the lower number. */
gt_status sy_allocate(gt_ctx *ctx, sy_allocation *a, size_t track, size_t step, double km2,
                      double floor, sy_taken *out) GT_CHECKED;

#endif
