/* Cuts one cell along the district borders into faces, each in one district.
 *
 * The cell's ring and the border segments inside it form a small planar graph, whose faces are
 * traced. Nodes: cell vertices (never within SY_CLEAR of a border), border vertices inside the
 * cell, crossings rounded to 1 mm, and border vertices within SY_SNAP of a cell edge, through which
 * that edge is led. Every node on a cell edge is a function of the edge and the border alone, so
 * both cells of an edge get the same nodes: the clipped coverage has no gap and no overlap. A
 * rounded crossing lies at most 0.71 mm beside its border segment. */
#ifndef GT_SYNTH_CLIP_H
#define GT_SYNTH_CLIP_H

#include "synth/border.h"

enum { SY_SNAP = 10 }; /* mm */

typedef struct sy_node {
    sy_pt p;
} sy_node;

typedef struct sy_half_edge {
    uint32_t from, to; /* nodes */
    int16_t unit;      /* district on the left; SY_UNIT_OPEN: not known from the edge */
    bool used;
    uint32_t next; /* half edge that follows with the same face on the left */
} sy_half_edge;

enum { SY_UNIT_OPEN = -2 };

typedef struct sy_on_seg { /* a node on a border segment */
    uint32_t seg;
    sy_pt p;
} sy_on_seg;

typedef struct sy_clip_work {
    uint32_t *segs;
    sy_pt *ring; /* the cell's ring with the nodes put in */
    sy_on_seg *on;
    sy_pt *nodes;
    sy_half_edge *edges;
    uint32_t *order; /* half edges sorted by (from, angle) */
    sy_faces loops;  /* traced rings before holes find their shells */
    size_t cap_segs, cap_ring, cap_on, cap_nodes, cap_edges, cap_order;
    size_t n_segs, n_ring, n_on, n_nodes, n_edges;
} sy_clip_work;
void sy_clip_work_free(gt_ctx *ctx, sy_clip_work *w);

/* Appends the faces of the ring that lie in a district to `out` (leaf number as given); none when
 * the cell is outside the territory. */
gt_status sy_clip(gt_ctx *ctx, const sy_border *border, const sy_pt *ring, size_t n, uint32_t leaf,
                  sy_clip_work *work, sy_faces *out) GT_CHECKED;

#endif
