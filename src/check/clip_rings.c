/* Clipping: from the ways found to polygons with holes. */
#include "check/clip_job.h"

gt_status gt_clip_link_rings(job *j)
{
    gt_clip *c = j->c;
    gt_geom_reset(&c->rings, GT_MULTIPOLYGON);
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < c->n_nodes; i++) {
        if ((c->next[i] == NONE) != (c->prev[i] == NONE)) {
            j->sure = false;
            return GT_OK;
        }
        int k = (int)i;
        bool any = c->next[k] != NONE;
        while (st == GT_OK && c->next[k] != NONE) {
            st = gt_geom_add_point(j->ctx, &c->rings, c->nodes[k].x, c->nodes[k].y);
            int to = c->next[k];
            c->next[k] = c->prev[to] = NONE;
            k = to;
        }
        if (any && st == GT_OK) {
            j->sure = j->sure && k == (int)i;
            st = gt_geom_add_point(j->ctx, &c->rings, c->nodes[i].x, c->nodes[i].y);
            st = st == GT_OK ? gt_geom_end_ring(j->ctx, &c->rings) : st;
        }
    }
    return st;
}

static uint32_t ring_from(const gt_geom *g, uint32_t r)
{
    return r == 0 ? 0 : g->ring_end[r - 1];
}

static bool inside_ring(const gt_geom *g, uint32_t r, point p, bool *sure)
{
    bool in = false;
    for (size_t k = ring_from(g, r); k + 1 < g->ring_end[r]; k++) {
        in ^= flips(at(g->xy, k), at(g->xy, k + 1), p, sure);
    }
    return in;
}

static gt_status copy_ring(gt_ctx *ctx, const gt_geom *g, uint32_t r, gt_geom *out)
{
    gt_status st = GT_OK;
    for (size_t k = ring_from(g, r); st == GT_OK && k < g->ring_end[r]; k++) {
        st = gt_geom_add_point(ctx, out, g->xy[2 * k], g->xy[2 * k + 1]);
    }
    return st == GT_OK ? gt_geom_end_ring(ctx, out) : st;
}

/* Does hole h lie in shell s? With a single shell it must. */
static bool hole_of(job *j, uint32_t h, uint32_t s, uint32_t n_shells)
{
    const gt_geom *g = &j->c->rings;
    return n_shells == 1 || inside_ring(g, s, at(g->xy, ring_from(g, h)), &j->sure);
}

gt_status gt_clip_build(job *j, gt_geom *out)
{
    gt_clip *c = j->c;
    const gt_geom *g = &c->rings;
    void *block = c->areas;
    gt_status st = gt_grow(j->ctx, &block, &c->cap_areas, g->n_rings + 1, sizeof *c->areas);
    if (st != GT_OK) {
        return st;
    }
    c->areas = block;
    uint32_t shells = 0, held = 0;
    for (uint32_t r = 0; r < g->n_rings; r++) {
        c->areas[r] = turning(g->xy, ring_from(g, r), g->ring_end[r]);
        j->sure = j->sure && c->areas[r] != 0 && g->ring_end[r] - ring_from(g, r) >= 4;
        shells += c->areas[r] > 0;
    }
    for (uint32_t s = 0; st == GT_OK && j->sure && s < g->n_rings; s++) {
        if (!(c->areas[s] > 0)) {
            continue;
        }
        st = copy_ring(j->ctx, g, s, out);
        for (uint32_t h = 0; st == GT_OK && h < g->n_rings; h++) {
            if (c->areas[h] < 0 && hole_of(j, h, s, shells)) {
                held++;
                st = copy_ring(j->ctx, g, h, out);
            }
        }
        st = st == GT_OK ? gt_geom_end_part(j->ctx, out) : st;
    }
    /* a hole in two shells: islands in holes; rare enough for GEOS */
    j->sure = j->sure && held == g->n_rings - shells;
    out->type = shells == 1 ? GT_POLYGON : GT_MULTIPOLYGON;
    return st;
}
