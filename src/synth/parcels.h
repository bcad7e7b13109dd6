/* Parcels: cells of the fine coverage with a label on every track, made batch by batch.
 *
 * One batch (up to 60 000 expected parcels) is labelled by rank: the best-scoring free parcels take
 * a step's label until its area is met. With several batches, a step's area is shared out
 * beforehand by the same allocation on the field grid, and what one batch overshoots the next one
 * makes good: totals stay within one parcel of the target at any size, in bounded memory. */
#ifndef GT_SYNTH_PARCELS_H
#define GT_SYNTH_PARCELS_H

#include "synth/scene.h"

#define SY_NO_LABEL UINT16_MAX

typedef struct sy_parcel {
    uint32_t block, face; /* batch->faces[block].faces[face] */
    uint64_t number;      /* of its cell within the whole coverage */
    uint32_t zone_cell;
    float km2;
    uint64_t hash;
    bool pair; /* joined with the next parcel in surveys before the base year */
} sy_parcel;

typedef struct sy_batch {
    sy_faces *faces; /* one per block */
    size_t n_faces, cap_faces;
    sy_parcel *parcels;
    size_t n, cap;
    uint16_t **label; /* per track, n each */
    size_t cap_label;
} sy_batch;

typedef struct sy_parcels {
    const sy_scene *scene;
    sy_density density;
    sy_mesh mesh;
    sy_block *blocks;
    size_t n_blocks;
    size_t *batch_end; /* one past the last block of each batch */
    size_t n_batches;
    double **share; /* per track: n_batches x n_steps expected km2 (several batches only) */
    double **floor; /* per track, per step: lowest score that may still be taken */
    double **carry; /* per track, per step: km2 still owed */
    sy_batch batch;
    size_t at;            /* batch held, SIZE_MAX = none */
    uint64_t next_number; /* of the first cell of the next batch */
} sy_parcels;

/* Lays the coverage out (not yet the parcels). seed tells coverages of one scene apart. */
gt_status sy_parcels_open(gt_ctx *ctx, const sy_scene *scene, double n, uint64_t seed,
                          sy_parcels *out) GT_CHECKED;
void sy_parcels_free(gt_ctx *ctx, sy_parcels *p);
/* Back to the first batch. */
void sy_parcels_rewind(sy_parcels *p);
/* Next batch into p->batch; *more = false past the last one. A single batch is kept and handed out
 * again. labels: false leaves out the labelling. */
gt_status sy_parcels_next(gt_ctx *ctx, sy_parcels *p, bool labels, bool *more) GT_CHECKED;

static inline const sy_face *sy_parcel_face(const sy_batch *b, size_t i)
{
    return &b->faces[b->parcels[i].block].faces[b->parcels[i].face];
}
/* Class of parcel i in the survey of `year`: the base year's, with the changes between undone or
 * made. */
uint16_t sy_parcel_class(const sy_parcels *p, size_t i, int year);

#endif
