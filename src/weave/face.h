/* Inside weave: the steps from a graph to a cell's result (face.c, label.c, pack.c). */
#ifndef GT_WEAVE_FACE_H
#define GT_WEAVE_FACE_H

#include "weave/cell.h"

/* Head vertex of half-edge h: 2e runs from a to b, 2e + 1 from b to a. The face lies to the left.
 */
static inline uint32_t wv_head(const wv_work *w, uint32_t h)
{
    const wv_edge *e = &w->edges[h >> 1];
    return (h & 1) != 0 ? e->a : e->b;
}
static inline uint32_t wv_tail(const wv_work *w, uint32_t h)
{
    return wv_head(w, h ^ 1);
}

/* Cycles of half-edges, with areas; *root is the cycle around the cell. */
gt_status gt_wv_cycles(wv_work *work, const wv_cell_in *in, uint32_t *root) GT_CHECKED;
/* The face each hole cycle lies in. */
gt_status gt_wv_holes(wv_work *work, uint32_t root) GT_CHECKED;
/* Label of every face, spread from the root, where nothing covers. */
gt_status gt_wv_labels(wv_work *work, uint32_t root) GT_CHECKED;
/* Result block from labelled faces. */
gt_status gt_wv_pack(wv_work *work, const wv_cell_in *in, uint32_t root, wv_cell **out) GT_CHECKED;

#endif
