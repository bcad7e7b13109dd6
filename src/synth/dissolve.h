/* Unions faces of a coverage by group. Edges that occur in both directions inside one group vanish;
 * the rest is traced into rings. Exact: coverages share every vertex, so no coordinate is computed.
 * Rings never touch themselves (a ring that comes back to a vertex is split there), so the result
 * is valid in the OGC sense; parts of a group that touch at a point only are separate faces. */
#ifndef GT_SYNTH_DISSOLVE_H
#define GT_SYNTH_DISSOLVE_H

#include "synth/space.h"

/* group[i] >= 0 for every face of `in` that takes part, < 0 to leave it out. Appends to `out` one
 * face for each connected part, groups ascending; leaf of a result face = the group, unit = the
 * unit of the group's first face. Groups must be < n_groups. Cost: O(vertices) and ~60 bytes a
 * vertex. */
gt_status sy_dissolve(gt_ctx *ctx, const sy_faces *in, const int32_t *group, size_t n_groups,
                      sy_faces *out) GT_CHECKED;

/* Longest shared border: for each face i with wanted[i], best[i] = the face of the same unit that
 * shares the longest border with it, or SIZE_MAX. */
gt_status sy_best_neighbours(gt_ctx *ctx, const sy_faces *in, const bool *wanted,
                             size_t *best) GT_CHECKED;

/* Neighbours of every face across an edge: face i has next[start[i] .. start[i+1]), ascending, each
 * once. Both arrays belong to the caller. */
gt_status sy_neighbours(gt_ctx *ctx, const sy_faces *in, uint32_t **start,
                        uint32_t **next) GT_CHECKED;

#endif
