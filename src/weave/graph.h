/* Inside of the snap-rounded graph of one cell (graph.c): its vertices and edges. */
#ifndef GT_WEAVE_GRAPH_H
#define GT_WEAVE_GRAPH_H

#include "weave/cell.h"

/* Empties the tables by which vertices and edges are found, with room for `items` of each. Those
 * that are in the work already are found again. */
gt_status gt_wv_hash_begin(wv_work *work, size_t items) GT_CHECKED;
/* The vertex at a place, made when it is not there yet. */
gt_status gt_wv_point_add(wv_work *work, int32_t x, int32_t y, uint32_t *out) GT_CHECKED;
/* Adds n * feature to the edge from a to b, in whichever direction it is held. A direction may be
 * turned by rounding, so it is decided here and not where the pieces were cut. */
gt_status gt_wv_edge_add(wv_work *work, uint32_t a, uint32_t b, uint64_t key, int32_t n,
                         uint32_t *out) GT_CHECKED;
/* Adds the edges of the frame. It closes every feature's boundary inside the cell, so that labels
 * follow from the graph alone, whatever snapping does. */
gt_status gt_wv_frame_add(wv_work *work, const wv_cell_in *in) GT_CHECKED;

#endif
