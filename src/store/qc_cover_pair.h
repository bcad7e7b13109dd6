/* Area that two polygons share, without any graph: at each x, the length that both cover is the sum
 * over pairs of edges (one of each) of sign * sign * the height below both; integrated over x it is
 * the shared area. Exact up to rounding, which coordinates relative to the shared box keep near
 * 1e-16 of the box. A top edge counts +1, a bottom edge -1 (shells counter-clockwise). */
#ifndef GT_STORE_QC_COVER_PAIR_H
#define GT_STORE_QC_COVER_PAIR_H

#include "guotu/geometry.h"

typedef struct qc_edge { /* x0 < x1 */
    double x0, y0, x1, y1;
    double sign;
} qc_edge;

/* Edges of one feature; of many, also by slabs of x, so that a small neighbour asks only for those
 * near it. */
typedef struct qc_edges {
    qc_edge *edge;
    size_t n, cap;
    double x, width;   /* of slab 0 */
    uint32_t n_slabs;  /* 0: too few to be worth it */
    uint32_t *slab_at; /* where each begins in `slab`, and the end */
    uint32_t *slab;
    size_t cap_at, cap_slab;
} qc_edges;

typedef struct qc_pair_scratch {
    qc_edge *a, *b;
    size_t cap_a, cap_b;
} qc_pair_scratch;

gt_status qc_edges_make(gt_ctx *ctx, const gt_geom *geom, qc_edges *out) GT_CHECKED;
void qc_edges_free(gt_ctx *ctx, qc_edges *edges);
void qc_pair_scratch_free(gt_ctx *ctx, qc_pair_scratch *scratch);

/* Area shared by a and b; window: what their boxes share. Cost: the product of the edges of each in
 * the window's range of x, less those below it; of many, those that share a range of x. HUGE_VAL
 * when it would take too long: ask GEOS. */
gt_status qc_pair_area(gt_ctx *ctx, qc_pair_scratch *scratch, const qc_edges *a, const qc_edges *b,
                       gt_box window, double *area) GT_CHECKED;

#endif
