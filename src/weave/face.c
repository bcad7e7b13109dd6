/* Faces of the graph: half-edges by angle around each vertex, cycles, holes.
 * The classic doubly connected edge list (de Berg et al., Computational Geometry, ch. 2), in flat
 * arrays. */
#include "weave/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weave/messages.h"

__extension__ typedef __int128 wide;

/* ---- order around vertices ----------------------------------------------------------------------
 */

static inline void direction(const wv_work *w, uint32_t h, int64_t *dx, int64_t *dy)
{
    const wv_edge *e = &w->edges[h >> 1];
    int64_t s = (h & 1) != 0 ? -1 : 1;
    *dx = s * ((int64_t)e->x1 - e->x0);
    *dy = s * ((int64_t)e->y1 - e->y0);
}

/* Is half-edge g before h, counter-clockwise from east? Exact; no two directions are equal. */
static bool turns_before(const wv_work *w, uint32_t g, uint32_t h)
{
    int64_t gx = 0, gy = 0, hx = 0, hy = 0;
    direction(w, g, &gx, &gy);
    direction(w, h, &hx, &hy);
    bool g_low = gy < 0 || (gy == 0 && gx < 0), h_low = hy < 0 || (hy == 0 && hx < 0);
    return g_low != h_low ? h_low : gx * hy - gy * hx > 0;
}

static gt_status fan_out(wv_work *w)
{
    gt_status st = WV_RESERVE(w, out_start, w->n_points + 1);
    if (st == GT_OK) {
        st = WV_RESERVE(w, out, 2 * w->n_edges + 1);
    }
    if (st == GT_OK) {
        st = WV_RESERVE(w, next, 2 * w->n_edges + 1);
    }
    if (st != GT_OK) {
        return st;
    }
    memset(w->out_start, 0, (w->n_points + 1) * sizeof *w->out_start);
    for (size_t i = 0; i < w->n_edges; i++) {
        if (w->edges[i].dead == 0) {
            w->out_start[w->edges[i].a]++;
            w->out_start[w->edges[i].b]++;
        }
    }
    uint32_t sum = 0;
    for (size_t v = 0; v <= w->n_points; v++) {
        sum += w->out_start[v];
        w->out_start[v] = sum;
    }
    for (size_t i = w->n_edges; i-- > 0;) {
        if (w->edges[i].dead == 0) {
            w->out[--w->out_start[w->edges[i].a]] = (uint32_t)(2 * i);
            w->out[--w->out_start[w->edges[i].b]] = (uint32_t)(2 * i + 1);
        }
    }
    return GT_OK;
}

/* next of a half-edge: at its head, the first to the right of where it came from. */
static void link_next(wv_work *w)
{
    for (size_t v = 0; v < w->n_points; v++) {
        uint32_t *fan = w->out + w->out_start[v];
        uint32_t n = w->out_start[v + 1] - w->out_start[v];
        for (uint32_t i = 1; n > 2 && i < n; i++) {
            uint32_t h = fan[i], j = i;
            for (; j > 0 && turns_before(w, h, fan[j - 1]); j--) {
                fan[j] = fan[j - 1];
            }
            fan[j] = h;
        }
        for (uint32_t i = 0; i < n; i++) {
            w->next[fan[i] ^ 1] = fan[i == 0 ? n - 1 : i - 1];
        }
    }
}

/* ---- cycles
 * ----------------------------------------------------------------------------------------- */

static gt_status measure_edges(wv_work *w, const wv_cell_in *in)
{
    gt_status st = WV_RESERVE(w, curve, 2 * w->n_edges + 1);
    for (size_t i = 0; st == GT_OK && i < w->n_edges; i++) {
        const wv_edge *e = &w->edges[i];
        if (e->dead != 0) {
            continue;
        }
        double more = gt_wv_metric_edge(&in->metric, e->x0, e->y0, e->x1, e->y1);
        double dx = (double)(e->x1 - e->x0), dy = (double)(e->y1 - e->y0);
        w->curve[2 * i] = (int64_t)nearbyint(ldexp(more, WV_AREA_SHIFT + 1));
        w->curve[2 * i + 1] = e->frame != 0 || in->no_lengths
                                  ? 0
                                  : (int64_t)(sqrt(dx * dx + dy * dy) * WV_LENGTH_UNITS + 0.5);
    }
    return st;
}

static void cycle_step(const wv_work *w, wv_cycle *c, uint32_t h)
{
    const wv_edge *e = &w->edges[h >> 1];
    int64_t s = (h & 1) != 0 ? -1 : 1;
    c->area2 += s * ((int64_t)e->x0 * e->y1 - (int64_t)e->x1 * e->y0);
    c->curve += s * w->curve[h & ~1U];
    c->length += w->curve[h | 1U];
    c->frame |= e->frame;
    uint32_t v = wv_tail(w, h);
    wv_point p = w->points[v], low = w->points[c->low];
    if (p.y < low.y || (p.y == low.y && p.x < low.x)) {
        c->low = v;
    }
    c->box[0] = p.x < c->box[0] ? p.x : c->box[0];
    c->box[1] = p.y < c->box[1] ? p.y : c->box[1];
    c->box[2] = p.x > c->box[2] ? p.x : c->box[2];
    c->box[3] = p.y > c->box[3] ? p.y : c->box[3];
}

static gt_status trace(wv_work *w, uint32_t first)
{
    uint32_t id = (uint32_t)w->n_cycles;
    gt_status st = WV_RESERVE(w, cycles, w->n_cycles + 1);
    if (st != GT_OK) {
        return st;
    }
    wv_cycle c = {.first = first,
                  .low = wv_tail(w, first),
                  .parent = WV_END,
                  .sibling = WV_END,
                  .label = WV_END,
                  .kept = WV_END,
                  .box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN}};
    uint32_t h = first;
    do {
        w->cycle_of[h] = id;
        cycle_step(w, &c, h);
        h = w->next[h];
    } while (h != first);
    if (c.area2 > 0) {
        c.parent = id;
    }
    w->cycles[w->n_cycles++] = c;
    return GT_OK;
}

gt_status gt_wv_cycles(wv_work *w, const wv_cell_in *in, uint32_t *root)
{
    gt_status st = fan_out(w);
    if (st == GT_OK) {
        st = measure_edges(w, in);
    }
    if (st == GT_OK) {
        st = WV_RESERVE(w, cycle_of, 2 * w->n_edges + 1);
    }
    if (st != GT_OK) {
        return st;
    }
    link_next(w);
    memset(w->cycle_of, 0xFF, 2 * w->n_edges * sizeof *w->cycle_of);
    w->n_cycles = 0;
    for (size_t i = 0; st == GT_OK && i < w->n_edges; i++) {
        for (uint32_t k = 0; st == GT_OK && k < 2 && w->edges[i].dead == 0; k++) {
            uint32_t h = (uint32_t)(2 * i + k);
            if (w->cycle_of[h] == WV_END) {
                st = trace(w, h);
            }
        }
    }
    *root = WV_END;
    for (size_t c = 0; st == GT_OK && c < w->n_cycles; c++) {
        if (w->cycles[c].area2 == -2 * (int64_t)in->side * in->side) {
            *root = (uint32_t)c;
        }
    }
    if (st == GT_OK && *root == WV_END) {
        st = gt_fail(w->ctx, GT_E_INTERNAL, &GT_MSG_WEAVE_FRAME, GT_NOWHERE, GT_NO_ARGS);
    }
    return st;
}

/* ---- holes
 * ------------------------------------------------------------------------------------------ */

/* Is e higher than f on the vertical just right of x? Both span it. */
static bool higher(const wv_edge *e, const wv_edge *f, int32_t x)
{
    int64_t edx = (int64_t)e->x1 - e->x0, fdx = (int64_t)f->x1 - f->x0;
    int64_t edy = (int64_t)e->y1 - e->y0, fdy = (int64_t)f->y1 - f->y0;
    wide ey = (wide)e->y0 * edx + (wide)edy * (x - e->x0);
    wide fy = (wide)f->y0 * fdx + (wide)fdy * (x - f->x0);
    wide d = ey * fdx - fy * edx;
    return d != 0 ? d > 0 : (wide)edy * fdx > (wide)fdy * edx;
}

/* Does the edge pass (x, y) or above it, where it crosses the vertical just right of x? */
static bool at_or_above(const wv_edge *e, int32_t x, int32_t y)
{
    return (int64_t)(e->x1 - e->x0) * (y - e->y0) - (int64_t)(e->y1 - e->y0) * (x - e->x0) <= 0;
}

/* The edge straight below a point; there is one, for the frame runs below everything. */
static uint32_t edge_below(const wv_work *w, wv_point p)
{
    uint32_t best = WV_END;
    size_t column = (size_t)(p.x >> w->bin_shift);
    for (int32_t r = p.y >> w->bin_shift; r >= 0; r--) {
        size_t bin = (size_t)r * w->bins + column;
        for (uint32_t i = w->bin_start[bin]; i < w->bin_start[bin + 1]; i++) {
            const wv_edge *e = &w->edges[w->bin_edge[i]];
            if (e->x0 <= p.x && p.x < e->x1 && !at_or_above(e, p.x, p.y) &&
                (best == WV_END || higher(e, &w->edges[best], p.x))) {
                best = w->bin_edge[i];
            }
        }
        if (best != WV_END && at_or_above(&w->edges[best], p.x, r << w->bin_shift)) {
            break;
        }
    }
    return best;
}

static int low_order(const void *a, const void *b, void *user)
{
    const wv_work *w = user;
    wv_point p = w->points[w->cycles[*(const uint32_t *)a].low];
    wv_point q = w->points[w->cycles[*(const uint32_t *)b].low];
    return p.y != q.y ? (p.y < q.y ? -1 : 1) : (p.x > q.x) - (p.x < q.x);
}

gt_status gt_wv_holes(wv_work *w, uint32_t root)
{
    w->cycles[root].parent = root;
    w->n_order = 0;
    for (size_t c = 0; c < w->n_cycles; c++) {
        if (w->cycles[c].parent == WV_END) {
            gt_status st = WV_RESERVE(w, order, w->n_order + 1);
            if (st != GT_OK) {
                return st;
            }
            w->order[w->n_order++] = (uint32_t)c;
        }
    }
    if (w->n_order == 0) {
        return GT_OK;
    }
    gt_status st = gt_wv_bins(w);
    if (st != GT_OK) {
        return st;
    }
    /* from below: what lies under a hole has its parent already */
    qsort_r(w->order, w->n_order, sizeof *w->order, low_order, w);
    for (size_t i = 0; i < w->n_order; i++) {
        wv_cycle *hole = &w->cycles[w->order[i]];
        uint32_t e = edge_below(w, w->points[hole->low]);
        uint32_t parent = e == WV_END ? WV_END : w->cycles[w->cycle_of[2 * e]].parent;
        if (parent == WV_END || parent == root) {
            return gt_fail(w->ctx, GT_E_INTERNAL, &GT_MSG_WEAVE_FRAME, GT_NOWHERE, GT_NO_ARGS);
        }
        hole->parent = parent;
        hole->sibling = w->cycles[parent].sibling;
        w->cycles[parent].sibling = w->order[i];
    }
    return GT_OK;
}

gt_status gt_wv_faces(wv_work *w, const wv_cell_in *in, wv_cell **out)
{
    uint32_t root = 0;
    gt_status st = gt_wv_cycles(w, in, &root);
    if (st == GT_OK) {
        st = gt_wv_holes(w, root);
    }
    if (st == GT_OK) {
        st = gt_wv_labels(w, root);
    }
    return st == GT_OK ? gt_wv_pack(w, in, root, out) : st;
}
