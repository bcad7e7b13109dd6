/* Cells of one block: mesh, clip, and crumbs joined to a neighbour. Blocks are independent: callers
 * run them in parallel and take the results in block order. */
#ifndef GT_SYNTH_CELLS_H
#define GT_SYNTH_CELLS_H

#include "synth/clip.h"
#include "synth/mesh.h"

typedef struct sy_cell_options {
    double crumb;      /* a piece below this share of its leaf joins a neighbour; 0 = never */
    double pair_share; /* share of sibling leaves marked as a pair (face.pair), [0, 1] */
    uint64_t pair_salt;
} sy_cell_options;

typedef struct sy_cell_work {
    sy_mesh_work mesh;
    sy_clip_work clip;
    sy_faces raw, joined;
    int32_t *group;
    size_t *best;
    bool *small;
    size_t cap_group, cap_best, cap_small;
} sy_cell_work;
void sy_cell_work_free(gt_ctx *ctx, sy_cell_work *w);

/* Faces of the block, in tree order, replacing what `out` held. `leaf` of a face is the number of
 * its leaf among the block's own leaves; merged faces carry the lowest one. *n_leaves may be NULL.
 */
gt_status sy_cells(gt_ctx *ctx, const sy_mesh *mesh, const sy_block *block,
                   const sy_cell_options *options, sy_cell_work *work, sy_faces *out,
                   size_t *n_leaves) GT_CHECKED;

#endif
