/* Vertices and edges of the graph of one cell, found by hash, and the edges of the cell's frame. */
#include <stdlib.h>
#include <string.h>

#include "weave/graph.h"
#include "weave/messages.h"

/* ---- vertices and edges by hash ------------------------------------------------------------- */

static inline size_t hash_pair(uint32_t a, uint32_t b, size_t mask)
{
    uint64_t h = ((uint64_t)a << 32 | b) * 0x9E3779B97F4A7C15ULL;
    return (size_t)(h >> 32) & mask;
}

/* Table of 2^k slots, at least twice `items`, emptied. */
static gt_status table_open(wv_work *w, uint32_t **table, size_t *n, size_t *cap, size_t items)
{
    size_t want = 64;
    while (want < 2 * items) {
        want *= 2;
    }
    gt_status st = gt_grow(w->ctx, (void **)table, cap, want, sizeof **table);
    if (st == GT_OK) {
        memset(*table, 0xFF, want * sizeof **table);
        *n = want;
    }
    return st;
}

static gt_status point_rehash(wv_work *w, size_t items)
{
    gt_status st = table_open(w, &w->point_hash, &w->n_point_hash, &w->cap_point_hash, items);
    for (size_t i = 0; st == GT_OK && i < w->n_points; i++) {
        size_t mask = w->n_point_hash - 1;
        size_t h = hash_pair((uint32_t)w->points[i].x, (uint32_t)w->points[i].y, mask);
        while (w->point_hash[h] != WV_END) {
            h = (h + 1) & mask;
        }
        w->point_hash[h] = (uint32_t)i;
    }
    return st;
}

gt_status gt_wv_point_add(wv_work *w, int32_t x, int32_t y, uint32_t *out)
{
    if (2 * (w->n_points + 1) > w->n_point_hash) {
        gt_status st = point_rehash(w, 2 * w->n_points);
        if (st != GT_OK) {
            return st;
        }
    }
    size_t mask = w->n_point_hash - 1, h = hash_pair((uint32_t)x, (uint32_t)y, mask);
    for (; w->point_hash[h] != WV_END; h = (h + 1) & mask) {
        const wv_point *p = &w->points[w->point_hash[h]];
        if (p->x == x && p->y == y) {
            *out = w->point_hash[h];
            return GT_OK;
        }
    }
    gt_status st = WV_RESERVE(w, points, w->n_points + 1);
    if (st == GT_OK) {
        w->points[w->n_points] = (wv_point){x, y};
        w->point_hash[h] = *out = (uint32_t)w->n_points++;
    }
    return st;
}

static gt_status edge_rehash(wv_work *w, size_t items)
{
    gt_status st = table_open(w, &w->edge_hash, &w->n_edge_hash, &w->cap_edge_hash, items);
    for (size_t i = 0; st == GT_OK && i < w->n_edges; i++) {
        size_t mask = w->n_edge_hash - 1, h = hash_pair(w->edges[i].a, w->edges[i].b, mask);
        while (w->edge_hash[h] != WV_END) {
            h = (h + 1) & mask;
        }
        w->edge_hash[h] = (uint32_t)i;
    }
    return st;
}

/* The edge between two vertices (a before b), made when it is not there yet. */
static gt_status edge_find(wv_work *w, uint32_t a, uint32_t b, uint32_t *out)
{
    gt_status st = GT_OK;
    if (2 * (w->n_edges + 1) > w->n_edge_hash) {
        st = edge_rehash(w, 2 * w->n_edges);
        if (st != GT_OK) {
            return st;
        }
    }
    size_t mask = w->n_edge_hash - 1, h = hash_pair(a, b, mask);
    for (; w->edge_hash[h] != WV_END; h = (h + 1) & mask) {
        const wv_edge *e = &w->edges[w->edge_hash[h]];
        if (e->a == a && e->b == b) {
            *out = w->edge_hash[h];
            return GT_OK;
        }
    }
    st = WV_RESERVE(w, edges, w->n_edges + 1);
    if (st == GT_OK) {
        wv_point p = w->points[a], q = w->points[b];
        w->edges[w->n_edges] = (wv_edge){a, b, p.x, p.y, q.x, q.y, WV_END, 0, 0};
        w->edge_hash[h] = *out = (uint32_t)w->n_edges++;
    }
    return st;
}

gt_status gt_wv_edge_add(wv_work *w, uint32_t a, uint32_t b, uint64_t key, int32_t n, uint32_t *out)
{
    wv_point p = w->points[a], q = w->points[b];
    if (q.x < p.x || (q.x == p.x && q.y < p.y)) {
        uint32_t t = a;
        a = b;
        b = t;
        n = -n;
    }
    gt_status st = edge_find(w, a, b, out);
    if (st == GT_OK) {
        st = WV_RESERVE(w, sides, w->n_sides + 1);
    }
    if (st == GT_OK) {
        wv_edge *e = &w->edges[*out];
        w->sides[w->n_sides] = (wv_side){key, n, e->sides};
        e->sides = (uint32_t)w->n_sides++;
    }
    return st;
}

gt_status gt_wv_hash_begin(wv_work *w, size_t items)
{
    gt_status st = point_rehash(w, items);
    return st == GT_OK ? edge_rehash(w, items) : st;
}

/* ---- frame ---------------------------------------------------------------------------------- */

static int32_t frame_t(int32_t side, int at, int32_t x, int32_t y)
{
    switch ((wv_at)at) {
    case WV_BOTTOM:
        return x;
    case WV_RIGHT:
        return side + y;
    case WV_TOP:
        return 3 * side - x;
    case WV_LEFT:
        return 4 * side - y;
    case WV_INSIDE:
        break;
    }
    return 0;
}

static wv_point frame_point(int32_t side, int32_t t)
{
    if (t <= side) {
        return (wv_point){t, 0};
    }
    if (t <= 2 * side) {
        return (wv_point){side, t - side};
    }
    if (t <= 3 * side) {
        return (wv_point){3 * side - t, side};
    }
    return (wv_point){0, 4 * side - t};
}

static int jump_order(const void *a, const void *b)
{
    const wv_jump *p = a, *q = b;
    if (p->t != q->t) {
        return p->t < q->t ? -1 : 1;
    }
    return p->key < q->key ? -1 : p->key > q->key;
}

/* Where the features change along the frame, counter-clockwise from the lower left corner. */
static gt_status collect_jumps(wv_work *w, const wv_cell_in *in)
{
    w->n_jumps = 0;
    for (size_t i = 0; i < in->n_recs; i++) {
        const wv_rec *r = &in->recs[i];
        if (r->at == 0) {
            continue;
        }
        gt_status st = WV_RESERVE(w, jumps, w->n_jumps + 2);
        if (st != GT_OK) {
            return st;
        }
        uint64_t key = wv_key(r->layer, r->number);
        int from = r->at & 15, to = r->at >> 4;
        if (from != WV_INSIDE) {
            w->jumps[w->n_jumps++] =
                (wv_jump){frame_t(in->side, from, r->x0, r->y0), -r->sign, key};
        }
        if (to != WV_INSIDE) {
            w->jumps[w->n_jumps++] = (wv_jump){frame_t(in->side, to, r->x1, r->y1), r->sign, key};
        }
    }
    for (int k = 1; k <= 4; k++) { /* corners: nothing changes, but the frame bends */
        gt_status st = WV_RESERVE(w, jumps, w->n_jumps + 1);
        if (st != GT_OK) {
            return st;
        }
        w->jumps[w->n_jumps++] = (wv_jump){k * in->side, 0, 0};
    }
    qsort(w->jumps, w->n_jumps, sizeof *w->jumps, jump_order);
    return GT_OK;
}

static gt_status running_apply(wv_work *w, uint64_t key, int32_t n)
{
    for (size_t i = 0; i < w->n_running; i++) {
        if (w->running[i].key == key) {
            w->running[i].n += n;
            if (w->running[i].n == 0) {
                w->running[i] = w->running[--w->n_running];
            }
            return GT_OK;
        }
    }
    gt_status st = WV_RESERVE(w, running, w->n_running + 1);
    if (st == GT_OK) {
        w->running[w->n_running++] = (wv_cover){key, n};
    }
    return st;
}

/* One edge of the frame from t0 to t1, with the features that cover the cell just inside. */
static gt_status frame_edge(wv_work *w, int32_t t0, int32_t t1)
{
    wv_point p = frame_point(w->side, t0), q = frame_point(w->side, t1);
    uint32_t a = 0, b = 0, e = 0;
    gt_status st = gt_wv_point_add(w, p.x, p.y, &a);
    if (st == GT_OK) {
        st = gt_wv_point_add(w, q.x, q.y, &b);
    }
    if (st == GT_OK) { /* n = 0: makes the edge even where nothing covers it */
        st = gt_wv_edge_add(w, a, b, 0, 0, &e);
    }
    for (size_t i = 0; st == GT_OK && i < w->n_running; i++) {
        st = gt_wv_edge_add(w, a, b, w->running[i].key, (int32_t)w->running[i].n, &e);
    }
    if (st == GT_OK) {
        w->edges[e].frame = 1;
    }
    return st;
}

gt_status gt_wv_frame_add(wv_work *w, const wv_cell_in *in)
{
    gt_status st = collect_jumps(w, in);
    w->n_running = 0;
    for (size_t i = 0; st == GT_OK && i < in->n_corner; i++) {
        st = running_apply(w, in->corner[i].key, (int32_t)in->corner[i].n);
    }
    int32_t at = 0;
    for (size_t i = 0; st == GT_OK && i < w->n_jumps; i++) {
        wv_jump j = w->jumps[i];
        if (j.t > at) {
            st = frame_edge(w, at, j.t);
            at = j.t;
        }
        if (st == GT_OK && j.n != 0) {
            st = running_apply(w, j.key, j.n);
        }
    }
    if (st == GT_OK) { /* back at the corner, the same features must cover it */
        for (size_t i = 0; st == GT_OK && i < in->n_corner; i++) {
            st = running_apply(w, in->corner[i].key, -(int32_t)in->corner[i].n);
        }
        if (st == GT_OK && w->n_running != 0) {
            st = gt_fail(w->ctx, GT_E_INTERNAL, &GT_MSG_WEAVE_OPEN, GT_NOWHERE, GT_NO_ARGS);
        }
    }
    return st;
}
