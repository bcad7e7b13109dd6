/* The snap-rounded graph of one cell.
 *
 * Pieces of edges are merged when equal, then all crossings and all passes of an edge through the
 * pixel of a vertex (hot pixel) are found with exact integer tests, and edges are cut there. By the
 * theorem of snap rounding (Hobby 1999; Guibas and Marimont 1998) the result has no crossings left
 * and one pass suffices; pixels are half-open so that each place belongs to one pixel (de Berg,
 * Halperin and Overmars 2007; the test is that of JTS's HotPixel, in closed form). */
#include <stdlib.h>
#include <string.h>

#include "weave/graph.h"

__extension__ typedef __int128 wide;

void gt_wv_work_free(gt_ctx *ctx, wv_work *w)
{
    void *all[] = {w->points,    w->edges,      w->sides,     w->splits,   w->jumps,
                   w->covers,    w->running,    w->cycles,    w->labels,   w->point_hash,
                   w->edge_hash, w->label_hash, w->bin_start, w->bin_edge, w->edge_split,
                   w->out_start, w->out,        w->next,      w->cycle_of, w->stack,
                   w->curve,     w->faces,      w->borders,   w->order,    w->lines,
                   w->keys,      w->clips};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gt_free(ctx, all[i]);
    }
    memset(w, 0, sizeof *w);
}

/* ---- net sides ------------------------------------------------------------------------------ */

static int side_order(const void *a, const void *b)
{
    const wv_cover *p = a, *q = b;
    return p->key < q->key ? -1 : p->key > q->key;
}

/* Long lists (many features on one line): through a sorted copy. */
static gt_status net_long(wv_work *w, wv_edge *e)
{
    w->n_covers = 0;
    for (uint32_t s = e->sides; s != WV_END; s = w->sides[s].next) {
        gt_status st = WV_RESERVE(w, covers, w->n_covers + 1);
        if (st != GT_OK) {
            return st;
        }
        w->covers[w->n_covers++] = (wv_cover){w->sides[s].key, w->sides[s].n};
    }
    qsort(w->covers, w->n_covers, sizeof *w->covers, side_order);
    uint32_t slot = e->sides, last = WV_END;
    for (size_t i = 0; i < w->n_covers;) {
        uint64_t key = w->covers[i].key;
        int64_t n = 0;
        for (; i < w->n_covers && w->covers[i].key == key; i++) {
            n += w->covers[i].n;
        }
        if (n != 0) {
            w->sides[slot].key = key;
            w->sides[slot].n = (int32_t)n;
            last = slot;
            slot = w->sides[slot].next;
        }
    }
    if (last == WV_END) {
        e->sides = WV_END;
    } else {
        w->sides[last].next = WV_END;
    }
    return GT_OK;
}

/* Sums equal features of an edge's list and drops zeros; an edge without sides separates nothing.
 */
static gt_status net_sides(wv_work *w, wv_edge *e)
{
    uint32_t length = 0;
    for (uint32_t s = e->sides; s != WV_END && length < 9; s = w->sides[s].next) {
        length++;
    }
    if (length > 8) {
        gt_status st = net_long(w, e);
        if (st != GT_OK) {
            return st;
        }
    } else {
        for (uint32_t s = e->sides; s != WV_END; s = w->sides[s].next) {
            for (uint32_t *from = &w->sides[s].next; *from != WV_END;) {
                wv_side *other = &w->sides[*from];
                if (other->key == w->sides[s].key) {
                    w->sides[s].n += other->n;
                    *from = other->next;
                } else {
                    from = &other->next;
                }
            }
        }
        for (uint32_t *from = &e->sides; *from != WV_END;) {
            if (w->sides[*from].n == 0) {
                *from = w->sides[*from].next;
            } else {
                from = &w->sides[*from].next;
            }
        }
    }
    e->dead = e->sides == WV_END && e->frame == 0;
    return GT_OK;
}

static gt_status net_all(wv_work *w, size_t first)
{
    for (size_t i = first; i < w->n_edges; i++) {
        if (w->edges[i].dead == 0) {
            gt_status st = net_sides(w, &w->edges[i]);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

/* ---- crossings and hot pixels -----------------------------------------------------------------
 */

static inline int64_t cross_at(const wv_edge *e, int32_t x, int32_t y)
{
    return (int64_t)(e->x1 - e->x0) * (y - e->y0) - (int64_t)(e->y1 - e->y0) * (x - e->x0);
}

/* Twice the half-width of the band of pixel centres whose pixel the line meets. */
static inline int64_t band(const wv_edge *e)
{
    int64_t dy = (int64_t)e->y1 - e->y0;
    return (int64_t)e->x1 - e->x0 + (dy < 0 ? -dy : dy);
}

/* Does the edge pass the half-open pixel [x-1/2, x+1/2) x [y-1/2, y+1/2)? c = cross_at(x, y). */
static inline bool passes(const wv_edge *e, int32_t x, int32_t y, int64_t c, int64_t m)
{
    bool up = e->y1 >= e->y0;
    int32_t lo = up ? e->y0 : e->y1, hi = up ? e->y1 : e->y0;
    return x >= e->x0 && x <= e->x1 && y >= lo && y <= hi && 2 * c > -m &&
           (up ? 2 * c < m : 2 * c <= m);
}

static gt_status add_split(wv_work *w, uint32_t edge, uint32_t vertex)
{
    const wv_edge *e = &w->edges[edge];
    if (e->a == vertex || e->b == vertex) {
        return GT_OK;
    }
    gt_status st = WV_RESERVE(w, splits, w->n_splits + 1);
    if (st == GT_OK) {
        w->splits[w->n_splits] = (wv_split){vertex, w->edge_split[edge]};
        w->edge_split[edge] = (uint32_t)w->n_splits++;
    }
    return st;
}

/* floor(p + num * d / den + 1/2), den > 0; the quotient lies within the cell. */
static int32_t along(int32_t p, int64_t num, int64_t d, int64_t den)
{
    double guess = (double)p + (double)num / (double)den * (double)d + 0.5;
    double whole = __builtin_floor(guess), rest = guess - whole;
    if (rest > 1e-4 && rest < 1 - 1e-4) { /* error of guess: < 2^25 * 2^-51 */
        return (int32_t)whole;
    }
    wide top = 2 * (wide)num * d + den, bottom = 2 * (wide)den;
    wide q = top / bottom;
    if (top % bottom < 0) {
        q--;
    }
    return (int32_t)(p + q);
}

/* Part of an edge's box inside a bin: what happens between two edges happens where their boxes
 * meet, and each place lies in one bin, so nothing is found twice. */
typedef struct wv_clip clip;

static inline bool has_point(const clip *c, int32_t x, int32_t y)
{
    return x >= c->x0 && x <= c->x1 && y >= c->y0 && y <= c->y1;
}

/* Vertex at the rounded crossing of two edges, when it lies in this bin (a's part of it); c1, c2:
 * the ends of b seen from a. Edges are cut there later, for they pass its pixel. */
static gt_status add_crossing(wv_work *w, const clip *in_a, const wv_edge *b, int64_t c1,
                              int64_t c2)
{
    int64_t num = c1 < 0 ? -c1 : c1, den = num + (c2 < 0 ? -c2 : c2);
    int32_t x = along(b->x0, num, b->x1 - b->x0, den);
    int32_t y = along(b->y0, num, b->y1 - b->y0, den);
    if (!has_point(in_a, x, y)) {
        return GT_OK;
    }
    size_t before = w->n_points;
    uint32_t v = 0;
    gt_status st = gt_wv_point_add(w, x, y, &v);
    if (st != GT_OK || (v >= w->n_given && v < before)) {
        return st; /* a crossing known already */
    }
    w->n_crossings += w->n_points > before;
    st = WV_RESERVE(w, stack, w->n_stack + 1);
    if (st == GT_OK) { /* a given vertex too: it may have had no live edge */
        w->stack[w->n_stack++] = v;
    }
    return st;
}

static gt_status test_end(wv_work *w, const clip *in, uint32_t vertex, int32_t x, int32_t y,
                          int64_t c, int64_t m)
{
    return has_point(in, x, y) && passes(&w->edges[in->edge], x, y, c, m)
               ? add_split(w, in->edge, vertex)
               : GT_OK;
}

static gt_status test_pair(wv_work *w, const clip *p, const clip *q)
{
    const wv_edge *a = &w->edges[p->edge], *b = &w->edges[q->edge];
    int64_t c1 = cross_at(a, b->x0, b->y0), c2 = cross_at(a, b->x1, b->y1), m = band(a);
    if ((2 * c1 > m && 2 * c2 > m) || (2 * c1 < -m && 2 * c2 < -m)) {
        return GT_OK;
    }
    int64_t d1 = cross_at(b, a->x0, a->y0), d2 = cross_at(b, a->x1, a->y1), n = band(b);
    gt_status st = test_end(w, p, b->a, b->x0, b->y0, c1, m);
    if (st == GT_OK) {
        st = test_end(w, p, b->b, b->x1, b->y1, c2, m);
    }
    if (st == GT_OK) {
        st = test_end(w, q, a->a, a->x0, a->y0, d1, n);
    }
    if (st == GT_OK) {
        st = test_end(w, q, a->b, a->x1, a->y1, d2, n);
    }
    bool crosses =
        ((c1 > 0 && c2 < 0) || (c1 < 0 && c2 > 0)) && ((d1 > 0 && d2 < 0) || (d1 < 0 && d2 > 0));
    return st == GT_OK && crosses ? add_crossing(w, p, b, c1, c2) : st;
}

/* Boxes of a bin's edges within the bin; those that only come near are left out. */
static gt_status clip_bin(wv_work *w, size_t bin)
{
    uint32_t from = w->bin_start[bin], to = w->bin_start[bin + 1];
    int32_t size = (int32_t)(1U << w->bin_shift);
    int32_t bx0 = (int32_t)(bin % w->bins) * size, by0 = (int32_t)(bin / w->bins) * size;
    int32_t bx1 = bx0 + size - 1, by1 = by0 + size - 1;
    gt_status st = WV_RESERVE(w, clips, to - from);
    w->n_clips = 0;
    for (uint32_t i = from; st == GT_OK && i < to; i++) {
        const wv_edge *e = &w->edges[w->bin_edge[i]];
        int32_t lo = e->y0 < e->y1 ? e->y0 : e->y1, hi = e->y0 < e->y1 ? e->y1 : e->y0;
        clip c = {e->x0 > bx0 ? e->x0 : bx0, lo > by0 ? lo : by0, e->x1 < bx1 ? e->x1 : bx1,
                  hi < by1 ? hi : by1, w->bin_edge[i]};
        if (c.x0 <= c.x1 && c.y0 <= c.y1) {
            w->clips[w->n_clips++] = c;
        }
    }
    return st;
}

/* New vertices against the edges of their bin. */
static gt_status test_new_points(wv_work *w)
{
    gt_status st = GT_OK;
    for (size_t k = 0; k < w->n_stack; k++) {
        wv_point p = w->points[w->stack[k]];
        for (size_t i = 0; st == GT_OK && i < w->n_clips; i++) {
            if (has_point(&w->clips[i], p.x, p.y)) {
                const wv_edge *e = &w->edges[w->clips[i].edge];
                st = test_end(w, &w->clips[i], w->stack[k], p.x, p.y, cross_at(e, p.x, p.y),
                              band(e));
            }
        }
    }
    w->n_stack = 0;
    return st;
}

/* Every pair of edges whose boxes meet in a bin; then the crossings found there. */
static gt_status test_bin(wv_work *w, size_t bin)
{
    gt_status st = clip_bin(w, bin);
    if (st == GT_OK && w->n_clips > 256) {
        st = gt_check_cancel(w->ctx);
    }
    for (size_t i = 0; st == GT_OK && i < w->n_clips; i++) {
        clip a = w->clips[i];
        for (size_t j = i + 1; st == GT_OK && j < w->n_clips; j++) {
            const clip *b = &w->clips[j];
            if (a.x0 <= b->x1 && b->x0 <= a.x1 && a.y0 <= b->y1 && b->y0 <= a.y1) {
                st = test_pair(w, &a, b);
            }
        }
    }
    return st == GT_OK ? test_new_points(w) : st;
}

static gt_status test_pairs(wv_work *w)
{
    size_t n_bins = (size_t)w->bins * w->bins;
    gt_status st = GT_OK;
    w->n_stack = 0;
    w->n_given = w->n_points;
    for (size_t bin = 0; st == GT_OK && bin < n_bins; bin++) {
        if (w->bin_start[bin + 1] - w->bin_start[bin] > 1) {
            st = test_bin(w, bin);
        }
    }
    return st;
}

/* ---- cutting ------------------------------------------------------------------------------------
 */

enum { FEW = 32 };

typedef struct stop {
    int64_t key;
    uint32_t vertex;
} stop;

static int stop_order(const void *a, const void *b)
{
    const stop *p = a, *q = b;
    return p->key < q->key ? -1 : p->key > q->key;
}

static void sort_stops(stop *stops, size_t n)
{
    if (n > FEW) {
        qsort(stops, n, sizeof *stops, stop_order);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        stop s = stops[i];
        size_t j = i;
        for (; j > 0 && stops[j - 1].key > s.key; j--) {
            stops[j] = stops[j - 1];
        }
        stops[j] = s;
    }
}

/* Order of pixels along an edge: x and y change one way only, so |dx| + |dy| grows. */
static int64_t stop_key(const wv_work *w, const wv_edge *e, uint32_t v)
{
    int64_t dx = (int64_t)w->points[v].x - e->x0, dy = (int64_t)w->points[v].y - e->y0;
    return dx + (e->y1 >= e->y0 ? dy : -dy);
}

static gt_status cut_piece(wv_work *w, uint32_t edge, uint32_t a, uint32_t b)
{
    uint32_t made = 0;
    gt_status st = gt_wv_edge_add(w, a, b, 0, 0, &made);
    if (st != GT_OK) {
        return st;
    }
    w->edges[made].frame |= w->edges[edge].frame;
    w->edges[made].dead = 0;
    for (uint32_t s = w->order[edge]; st == GT_OK && s != WV_END; s = w->sides[s].next) {
        st = gt_wv_edge_add(w, a, b, w->sides[s].key, w->sides[s].n, &made);
    }
    return st;
}

static gt_status cut_edge(wv_work *w, uint32_t edge)
{
    stop few[FEW], *stops = few;
    size_t n = 0;
    gt_status st = GT_OK;
    for (uint32_t s = w->edge_split[edge]; s != WV_END; s = w->splits[s].next) {
        n++;
    }
    if (n > FEW) {
        stops = gt_alloc(w->ctx, n, sizeof *stops);
        if (stops == NULL) {
            return GT_E_MEMORY;
        }
    }
    n = 0;
    for (uint32_t s = w->edge_split[edge]; s != WV_END; s = w->splits[s].next) {
        uint32_t v = w->splits[s].vertex;
        stops[n++] = (stop){stop_key(w, &w->edges[edge], v), v};
    }
    sort_stops(stops, n);
    uint32_t at = w->edges[edge].a;
    for (size_t i = 0; st == GT_OK && i <= n; i++) {
        uint32_t to = i < n ? stops[i].vertex : w->edges[edge].b;
        if (to != at) {
            st = cut_piece(w, edge, at, to);
        }
        at = to;
    }
    if (stops != few) {
        gt_free(w->ctx, stops);
    }
    return st;
}

/* All edges to be cut are emptied before the first is cut: a piece of one may equal another one
 * as a whole, and must then not follow its bends. */
static gt_status cut_all(wv_work *w)
{
    size_t n = w->n_edge_split;
    gt_status st = WV_RESERVE(w, order, n);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (w->edge_split[i] != WV_END) {
            w->order[i] = w->edges[i].sides;
            w->edges[i].sides = WV_END;
            w->edges[i].dead = 1;
        }
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (w->edge_split[i] != WV_END) {
            st = cut_edge(w, (uint32_t)i);
        }
    }
    return st;
}

static gt_status add_records(wv_work *w, const wv_cell_in *in)
{
    for (size_t i = 0; i < in->n_recs; i++) {
        const wv_rec *r = &in->recs[i];
        if (r->x0 == r->x1 && r->y0 == r->y1) {
            continue;
        }
        uint32_t a = 0, b = 0, e = 0;
        gt_status st = gt_wv_point_add(w, r->x0, r->y0, &a);
        if (st == GT_OK) {
            st = gt_wv_point_add(w, r->x1, r->y1, &b);
        }
        if (st == GT_OK) {
            st = gt_wv_edge_add(w, a, b, wv_key(r->layer, r->number), r->sign, &e);
        }
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

gt_status gt_wv_graph(wv_work *w, const wv_cell_in *in)
{
    w->side = in->side;
    w->n_points = w->n_edges = w->n_sides = w->n_splits = 0;
    w->n_crossings = 0;
    gt_status st = gt_wv_hash_begin(w, in->n_recs + 64);
    if (st == GT_OK) {
        st = add_records(w, in);
    }
    if (st == GT_OK) {
        st = gt_wv_frame_add(w, in);
    }
    if (st == GT_OK) {
        st = net_all(w, 0);
    }
    if (st == GT_OK) {
        st = gt_wv_bins(w);
    }
    if (st == GT_OK) {
        st = WV_RESERVE(w, edge_split, w->n_edges + 1);
    }
    if (st != GT_OK) {
        return st;
    }
    w->n_edge_split = w->n_edges;
    memset(w->edge_split, 0xFF, w->n_edges * sizeof *w->edge_split);
    st = test_pairs(w);
    if (st == GT_OK && w->n_splits > 0) {
        st = cut_all(w);
        if (st == GT_OK) {
            st = net_all(w, 0);
        }
    }
    return st;
}
