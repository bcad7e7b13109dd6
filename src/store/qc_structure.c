/* What the sweep's nesting and touches mean for a polygon: each hole directly in its own shell, no
 * part in another, and an inside that hangs together. */
#include <string.h>

#include "store/qc.h"

static void at_ring(const qc_scratch *s, qc_fault *fault, gt_qc_kind kind, uint32_t ring)
{
    uint32_t v = s->rings[ring].first;
    *fault = (qc_fault){true, kind, ring, s->x[v], s->y[v]};
}

static void check_nesting(const qc_scratch *s, qc_fault *fault)
{
    for (uint32_t r = 0; r < s->n_rings && !fault->found; r++) {
        const qc_ring *ring = &s->rings[r];
        uint32_t c = s->container[r];
        const qc_ring *in = c == QC_NONE ? NULL : &s->rings[c];
        if (!ring->hole) {
            if (in != NULL && (!in->hole || in->part == ring->part)) {
                at_ring(s, fault, in->hole ? GT_QC_HOLE_OUTSIDE : GT_QC_NESTED_PARTS, r);
            }
        } else if (in == NULL || in->part != ring->part) {
            at_ring(s, fault, GT_QC_HOLE_OUTSIDE, r);
        } else if (in->hole) {
            at_ring(s, fault, GT_QC_NESTED_HOLES, r);
        }
    }
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]]; /* path halving */
        i = parent[i];
    }
    return i;
}

/* Rings and touch points of a part form a graph; the inside is in one piece exactly when that graph
 * has no cycle. Touches of one point stand together, sorted by ring, so by part. */
static gt_status check_inside(gt_ctx *ctx, qc_scratch *s, qc_fault *fault)
{
    void *block = s->parent;
    gt_status st = gt_grow(ctx, &block, &s->cap_parent, s->n_rings, sizeof *s->parent);
    if (st != GT_OK) {
        return st;
    }
    s->parent = block;
    for (uint32_t i = 0; i < s->n_rings; i++) {
        s->parent[i] = i;
    }
    for (uint32_t i = 1; i < s->n_touch; i++) {
        const qc_touch *a = &s->touch[i - 1], *b = &s->touch[i];
        if (a->point != b->point || s->rings[a->ring].part != s->rings[b->ring].part) {
            continue;
        }
        uint32_t ra = root_of(s->parent, a->ring), rb = root_of(s->parent, b->ring);
        if (ra == rb) {
            const qc_vert *v = &s->vert[b->vert];
            *fault = (qc_fault){true, GT_QC_SPLIT_INTERIOR, b->ring, v->x, v->y};
            return GT_OK;
        }
        s->parent[ra] = rb;
    }
    return GT_OK;
}

gt_status qc_structure(gt_ctx *ctx, qc_scratch *s, qc_fault *fault)
{
    fault->found = false;
    check_nesting(s, fault);
    if (fault->found || s->n_touch == 0) {
        return GT_OK;
    }
    return check_inside(ctx, s, fault);
}
