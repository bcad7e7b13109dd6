#include "synth/clip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sy_clip_work_free(gt_ctx *ctx, sy_clip_work *w)
{
    gt_free(ctx, w->segs);
    gt_free(ctx, w->ring);
    gt_free(ctx, w->on);
    gt_free(ctx, w->nodes);
    gt_free(ctx, w->edges);
    gt_free(ctx, w->order);
    sy_faces_free(ctx, &w->loops);
    memset(w, 0, sizeof *w);
}

/* ---- nodes on the ring
 * ---------------------------------------------------------------------------- */

static gt_status push_ring(gt_ctx *ctx, sy_clip_work *w, sy_pt p)
{
    gt_status st = gt_grow(ctx, (void **)&w->ring, &w->cap_ring, w->n_ring + 1, sizeof *w->ring);
    if (st == GT_OK) {
        w->ring[w->n_ring++] = p;
    }
    return st;
}

static gt_status push_on(gt_ctx *ctx, sy_clip_work *w, uint32_t seg, sy_pt p)
{
    gt_status st = gt_grow(ctx, (void **)&w->on, &w->cap_on, w->n_on + 1, sizeof *w->on);
    if (st == GT_OK) {
        w->on[w->n_on++] = (sy_on_seg){seg, p};
    }
    return st;
}

static double dist2(sy_pt a, sy_pt b)
{
    double dx = (double)a.x - b.x, dy = (double)a.y - b.y;
    return dx * dx + dy * dy;
}

/* Is v so near the inside of edge a-b that the edge is led through it? */
static bool led_through(sy_pt a, sy_pt b, sy_pt v)
{
    double dx = (double)b.x - a.x, dy = (double)b.y - a.y;
    double px = (double)v.x - a.x, py = (double)v.y - a.y;
    double along = px * dx + py * dy, len2 = dx * dx + dy * dy;
    if (along <= 0 || along >= len2) {
        return false;
    }
    double cross = px * dy - py * dx;
    return cross * cross <= (double)SY_SNAP * SY_SNAP * len2;
}

/* Crossing of two segments that cross properly, exact, rounded to the nearest mm. Called with both
 * segments in canonical order, so that every caller gets the same point. */
static sy_pt crossing(sy_pt a, sy_pt b, const sy_seg *s)
{
    sy_wide d1 = sy_turn(s->a, s->b, a), d2 = sy_turn(s->a, s->b, b);
    sy_wide den = d1 - d2;
    sy_wide nx = d1 * ((sy_wide)b.x - a.x), ny = d1 * ((sy_wide)b.y - a.y);
    if (den < 0) {
        den = -den, nx = -nx, ny = -ny;
    }
    sy_wide rx = (2 * nx + den) / (2 * den), ry = (2 * ny + den) / (2 * den);
    /* division truncates: correct to floor for negative numerators */
    rx -= (2 * nx + den) < 0 && rx * 2 * den != 2 * nx + den;
    ry -= (2 * ny + den) < 0 && ry * 2 * den != 2 * ny + den;
    return (sy_pt){(int32_t)(a.x + rx), (int32_t)(a.y + ry)};
}

static bool opposite(int64_t a, int64_t b)
{
    return (a > 0 && b < 0) || (a < 0 && b > 0);
}

/* Sorts the points added since `from` by distance from a. */
static void sort_from(sy_clip_work *w, size_t from, sy_pt a)
{
    for (size_t i = from + 1; i < w->n_ring; i++) {
        sy_pt p = w->ring[i];
        size_t j = i;
        for (; j > from && dist2(w->ring[j - 1], a) > dist2(p, a); j--) {
            w->ring[j] = w->ring[j - 1];
        }
        w->ring[j] = p;
    }
}

/* Nodes of one edge nearer to each other than this become one: rounding could turn so short a piece
 * of the edge any way. */
enum { MERGE = 5 }; /* mm */

/* Joins points added since `from` that lie close together, border vertices (the first n_led in
 * `led`) before crossings; crossings noted since `on` move along. */
static void merge_from(sy_clip_work *w, size_t from, size_t on, const sy_pt *led, size_t n_led)
{
    size_t kept = from;
    for (size_t i = from; i < w->n_ring; i++) {
        sy_pt p = w->ring[i];
        if (kept == from || dist2(w->ring[kept - 1], p) > (double)MERGE * MERGE) {
            w->ring[kept++] = p;
            continue;
        }
        sy_pt *last = &w->ring[kept - 1], gone = p;
        for (size_t k = 0; k < n_led; k++) {
            if (sy_same(led[k], p)) { /* the vertex stays, the crossing goes */
                gone = *last;
                *last = p;
                break;
            }
        }
        for (size_t k = on; k < w->n_on; k++) {
            if (sy_same(w->on[k].p, gone)) {
                w->on[k].p = *last;
            }
        }
    }
    w->n_ring = kept;
}

/* Crossings of the piece a-b (canonical, led through border vertices already) with the borders. */
static gt_status cross_piece(gt_ctx *ctx, const sy_border *border, sy_clip_work *w, sy_pt a,
                             sy_pt b)
{
    for (size_t i = 0; i < w->n_segs; i++) {
        const sy_seg *s = &border->segs[w->segs[i]];
        if (sy_same(s->a, a) || sy_same(s->a, b) || sy_same(s->b, a) || sy_same(s->b, b)) {
            continue; /* the piece starts or ends at a vertex of this segment */
        }
        if (opposite(sy_turn(a, b, s->a), sy_turn(a, b, s->b)) &&
            opposite(sy_turn(s->a, s->b, a), sy_turn(s->a, s->b, b))) {
            sy_pt x = crossing(a, b, s);
            gt_status st = push_ring(ctx, w, x);
            if (st == GT_OK) {
                st = push_on(ctx, w, w->segs[i], x);
            }
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

enum {
    LED_MAX = 64
}; /* border vertices within SY_SNAP of one cell edge: more than a few is absurd */

/* Appends a and the nodes inside edge a-b (not b), in order from a to b. Found and merged in the
 * canonical direction, so that both cells of the edge get the same. */
static gt_status node_edge(gt_ctx *ctx, const sy_border *border, sy_clip_work *w, sy_pt a, sy_pt b)
{
    bool canonical = sy_before(a, b);
    sy_pt p = canonical ? a : b, q = canonical ? b : a, led[LED_MAX];
    gt_status st = push_ring(ctx, w, a);
    size_t from = w->n_ring, on = w->n_on, n_led = 0;
    for (size_t i = 0; i < 2 * w->n_segs && n_led < LED_MAX; i++) {
        const sy_seg *s = &border->segs[w->segs[i / 2]];
        sy_pt v = i % 2 == 0 ? s->a : s->b;
        bool seen = !led_through(p, q, v);
        for (size_t k = 0; k < n_led; k++) {
            seen |= sy_same(led[k], v);
        }
        if (!seen) {
            led[n_led++] = v;
        }
    }
    for (size_t i = 1; i < n_led; i++) { /* by distance from p: few */
        for (size_t j = i; j > 0 && dist2(led[j - 1], p) > dist2(led[j], p); j--) {
            sy_pt t = led[j];
            led[j] = led[j - 1];
            led[j - 1] = t;
        }
    }
    sy_pt last = p;
    for (size_t i = 0; st == GT_OK && i <= n_led; i++) {
        sy_pt next = i == n_led ? q : led[i];
        bool straight = sy_before(last, next);
        st = cross_piece(ctx, border, w, straight ? last : next, straight ? next : last);
        if (st == GT_OK && i < n_led) {
            st = push_ring(ctx, w, next);
        }
        last = next;
    }
    if (st != GT_OK) {
        return st;
    }
    sort_from(w, from, p);
    merge_from(w, from, on, led, n_led);
    for (size_t i = from, j = w->n_ring; !canonical && i + 1 < j; i++, j--) {
        sy_pt t = w->ring[i];
        w->ring[i] = w->ring[j - 1];
        w->ring[j - 1] = t;
    }
    return GT_OK;
}

static gt_status node_ring(gt_ctx *ctx, const sy_border *border, sy_clip_work *w, const sy_pt *ring,
                           size_t n)
{
    w->n_ring = w->n_on = 0;
    for (size_t i = 0; i < n; i++) {
        gt_status st = node_edge(ctx, border, w, ring[i], ring[i + 1 == n ? 0 : i + 1]);
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

/* ---- graph
 * ---------------------------------------------------------------------------------------- */

static gt_status node_number(gt_ctx *ctx, sy_clip_work *w, sy_pt p, uint32_t *out)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        if (sy_same(w->nodes[i], p)) {
            *out = (uint32_t)i;
            return GT_OK;
        }
    }
    gt_status st =
        gt_grow(ctx, (void **)&w->nodes, &w->cap_nodes, w->n_nodes + 1, sizeof *w->nodes);
    if (st == GT_OK) {
        *out = (uint32_t)w->n_nodes;
        w->nodes[w->n_nodes++] = p;
    }
    return st;
}

/* Two half edges p->q and q->p; the twin of edge e is e ^ 1. */
static gt_status add_edge(gt_ctx *ctx, sy_clip_work *w, sy_pt p, sy_pt q, int left, int right)
{
    uint32_t a = 0, b = 0;
    gt_status st = node_number(ctx, w, p, &a);
    if (st == GT_OK) {
        st = node_number(ctx, w, q, &b);
    }
    if (st == GT_OK) {
        st = gt_grow(ctx, (void **)&w->edges, &w->cap_edges, w->n_edges + 2, sizeof *w->edges);
    }
    if (st == GT_OK) {
        w->edges[w->n_edges++] = (sy_half_edge){a, b, (int16_t)left, false, 0};
        w->edges[w->n_edges++] = (sy_half_edge){b, a, (int16_t)right, false, 0};
    }
    return st;
}

/* Labels of two borders that rounding has laid on each other, same direction: what lay between them
 * is gone. */
static void lay_together(int *left, int *right, int new_left, int new_right)
{
    if (*right == new_left) {
        *right = new_right;
    } else if (*left == new_right) {
        *left = new_left;
    }
}

/* A piece of border that runs along the ring labels the inner side of the ring's edge; true if it
 * does. Even half edges run with the ring (cell on their left), odd ones against it. */
static bool label_ring_edge(sy_clip_work *w, size_t n_ring_edges, sy_pt p, sy_pt q, int left,
                            int right)
{
    for (size_t e = 0; e < n_ring_edges; e += 2) {
        sy_pt a = w->nodes[w->edges[e].from], b = w->nodes[w->edges[e].to];
        bool with = sy_same(a, p) && sy_same(b, q), against = sy_same(a, q) && sy_same(b, p);
        if (!with && !against) {
            continue;
        }
        int in = with ? left : right, out = with ? right : left;
        if (w->edges[e].unit == SY_UNIT_OPEN || w->edges[e].unit == out) {
            w->edges[e].unit = (int16_t)in; /* the innermost border speaks */
        }
        return true;
    }
    return false;
}

static void drop_edge(sy_clip_work *w, size_t e)
{
    for (size_t k = e & ~(size_t)1, i = 0; i < 2; i++, k++) {
        w->edges[k].from = w->edges[k].to = UINT32_MAX;
        w->edges[k].used = true;
    }
}

/* A border inside the cell, once: where rounding lays two on each other they become one, or none.
 */
static gt_status add_border(gt_ctx *ctx, sy_clip_work *w, size_t n_ring_edges, sy_pt p, sy_pt q,
                            int left, int right)
{
    for (size_t e = n_ring_edges; e < w->n_edges; e++) {
        sy_half_edge *h = &w->edges[e];
        if (h->used || !sy_same(w->nodes[h->from], p) || !sy_same(w->nodes[h->to], q)) {
            continue;
        }
        int l = h->unit, r = w->edges[e ^ 1].unit;
        lay_together(&l, &r, left, right);
        h->unit = (int16_t)l;
        w->edges[e ^ 1].unit = (int16_t)r;
        if (l == r) {
            drop_edge(w, e);
        }
        return GT_OK;
    }
    return add_edge(ctx, w, p, q, left, right);
}

/* Takes away borders that end in nothing, which only rounding can leave. */
static void prune(sy_clip_work *w, size_t n_ring_edges)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t e = n_ring_edges; e < w->n_edges; e++) {
            size_t leaving = 0;
            for (size_t f = 0; f < w->n_edges && !w->edges[e].used; f++) {
                leaving += w->edges[f].from == w->edges[e].to;
            }
            if (!w->edges[e].used && leaving == 1) { /* only its twin */
                drop_edge(w, e);
                again = true;
            }
        }
    }
}

/* The pieces of one border segment that lie inside the ring. */
static gt_status add_border_pieces(gt_ctx *ctx, const sy_border *border, sy_clip_work *w,
                                   uint32_t number, size_t n_ring_edges)
{
    const sy_seg *s = &border->segs[number];
    sy_pt last = s->a;
    for (;;) {
        sy_pt next = s->b; /* the nearest node on the segment beyond `last` */
        for (size_t i = 0; i < w->n_on; i++) {
            if (w->on[i].seg == number && dist2(w->on[i].p, s->a) > dist2(last, s->a) &&
                dist2(w->on[i].p, s->a) < dist2(next, s->a)) {
                next = w->on[i].p;
            }
        }
        if (!label_ring_edge(w, n_ring_edges, last, next, s->left, s->right)) {
            int side = sy_ring_side(w->ring, w->n_ring, (int64_t)last.x + next.x,
                                    (int64_t)last.y + next.y);
            if (side > 0) {
                gt_status st = add_border(ctx, w, n_ring_edges, last, next, s->left, s->right);
                if (st != GT_OK) {
                    return st;
                }
            }
        }
        if (sy_same(next, s->b)) {
            return GT_OK;
        }
        last = next;
    }
}

/* Half-plane of a direction for sorting by angle: 0 for [0, 180), 1 for [180, 360) degrees. */
static int half_plane(int64_t dx, int64_t dy)
{
    return dy < 0 || (dy == 0 && dx < 0);
}

/* Counter-clockwise order of half edges e and f that leave the same node. */
static bool angle_less(const sy_clip_work *w, uint32_t e, uint32_t f)
{
    sy_pt o = w->nodes[w->edges[e].from], p = w->nodes[w->edges[e].to],
          q = w->nodes[w->edges[f].to];
    int hp = half_plane((int64_t)p.x - o.x, (int64_t)p.y - o.y);
    int hq = half_plane((int64_t)q.x - o.x, (int64_t)q.y - o.y);
    return hp != hq ? hp < hq : sy_turn(o, p, q) > 0;
}

/* Where one border starts from the ring, the order of the three edges is known without angles,
 * which rounding may have turned: the border is inside. */
static void link_ring_nodes(sy_clip_work *w, size_t n_ring_edges)
{
    for (uint32_t in = 0; in < n_ring_edges;
         in += 2) { /* ring edges run around the cell in order */
        uint32_t out = in + 2 == n_ring_edges ? 0 : in + 2, border = UINT32_MAX;
        size_t n = 0;
        for (uint32_t f = (uint32_t)n_ring_edges; f < w->n_edges; f++) {
            if (!w->edges[f].used && w->edges[f].from == w->edges[in].to) {
                border = f;
                n++;
            }
        }
        if (n == 1) {
            w->edges[in].next = border;
            w->edges[border ^ 1].next = out;
            w->edges[out ^ 1].next = in ^ 1;
        }
    }
}

/* For every half edge the one that follows around the face on its left: the first clockwise from
 * its twin among those that leave its end. Cells have few edges: quadratic search per node is
 * fastest. */
static void link_edges(sy_clip_work *w)
{
    for (uint32_t e = 0; e < w->n_edges; e++) {
        uint32_t twin = e ^ 1, best = UINT32_MAX, last = UINT32_MAX;
        if (w->edges[e].used) {
            continue;
        }
        for (uint32_t f = 0; f < w->n_edges; f++) {
            if (w->edges[f].from != w->edges[e].to || f == twin) {
                continue;
            }
            if (angle_less(w, f, twin) && (best == UINT32_MAX || angle_less(w, best, f))) {
                best = f; /* largest angle below the twin's */
            }
            if (last == UINT32_MAX || angle_less(w, last, f)) {
                last = f; /* largest angle of all: where the order wraps around */
            }
        }
        w->edges[e].next = best != UINT32_MAX ? best : last != UINT32_MAX ? last : twin;
    }
}

/* ---- faces
 * ---------------------------------------------------------------------------------------- */

/* The district that the longest part of a loop's edges names; most loops name one only. Never more
 * steps than edges: edges that rounding made collinear may send two loops into one. */
static int loop_unit(const sy_clip_work *w, uint32_t first)
{
    int unit = SY_UNIT_OPEN;
    double longest = -1;
    size_t n = 0;
    for (uint32_t e = first; n == 0 || (e != first && n < w->n_edges); e = w->edges[e].next, n++) {
        int candidate = w->edges[e].unit;
        if (candidate == SY_UNIT_OPEN || candidate == unit) {
            continue;
        }
        double length = 0;
        size_t m = 0;
        for (uint32_t f = first; m == 0 || (f != first && m < w->n_edges);
             f = w->edges[f].next, m++) {
            if (w->edges[f].unit == candidate) {
                length += sqrt(dist2(w->nodes[w->edges[f].from], w->nodes[w->edges[f].to]));
            }
        }
        if (length > longest) {
            longest = length;
            unit = candidate;
        }
    }
    return unit;
}

/* Traces all rings into w->loops; `unit` of a loop is the district its edges name. */
static gt_status trace(gt_ctx *ctx, const sy_border *border, sy_clip_work *w, size_t n_ring_edges)
{
    sy_faces_reset(&w->loops);
    for (uint32_t e = 0; e < w->n_edges; e++) {
        if (w->edges[e].used) {
            continue;
        }
        size_t start = w->loops.n_pts;
        int unit = loop_unit(w, e);
        bool on_ring = false;
        for (uint32_t f = e; !w->edges[f].used; f = w->edges[f].next) {
            w->edges[f].used = true;
            on_ring |= f < n_ring_edges;
            gt_status st = sy_faces_pt(ctx, &w->loops, w->nodes[w->edges[f].from]);
            if (st != GT_OK) {
                return st;
            }
        }
        if (unit == SY_UNIT_OPEN) { /* only cell edges: any cell vertex tells */
            unit = sy_border_locate(border, w->loops.pts[start]);
        }
        gt_status st = sy_faces_end_ring(ctx, &w->loops);
        if (st == GT_OK) {
            st = sy_faces_end_face(ctx, &w->loops, unit, on_ring, 0);
        }
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

static bool loop_holds(const sy_faces *l, size_t shell, size_t hole)
{
    size_t s = sy_ring_start(l, shell), h = sy_ring_start(l, hole);
    const sy_pt *p = l->pts + h;
    return sy_ring_side(l->pts + s, l->ring_end[shell] - s, (int64_t)p[0].x + p[1].x,
                        (int64_t)p[0].y + p[1].y) > 0;
}

/* Smallest counter-clockwise loop around a clockwise one; n_loops when there is none. */
static size_t shell_of(const sy_faces *l, size_t hole)
{
    size_t best = l->n_faces;
    for (size_t i = 0; i < l->n_faces; i++) {
        if (l->faces[i].area2 > 0 && l->faces[i].area2 > -l->faces[hole].area2 &&
            loop_holds(l, i, hole) &&
            (best == l->n_faces || l->faces[i].area2 < l->faces[best].area2)) {
            best = i;
        }
    }
    return best;
}

static gt_status copy_ring(gt_ctx *ctx, const sy_faces *l, size_t ring, sy_faces *out)
{
    for (size_t i = sy_ring_start(l, ring); i < l->ring_end[ring]; i++) {
        gt_status st = sy_faces_pt(ctx, out, l->pts[i]);
        if (st != GT_OK) {
            return st;
        }
    }
    return sy_faces_end_ring(ctx, out);
}

static gt_status emit_loops(gt_ctx *ctx, const sy_faces *l, uint32_t leaf, sy_faces *out)
{
    uint32_t piece = 0;
    for (size_t i = 0; i < l->n_faces; i++) {
        if (l->faces[i].area2 <= 0) {
            continue;
        }
        piece++;
        if (l->faces[i].unit < 0) {
            continue;
        }
        gt_status st = copy_ring(ctx, l, i, out);
        for (size_t h = 0; st == GT_OK && h < l->n_faces; h++) {
            /* the way around the whole cell is no hole, nor is a sliver that rounding turned over
             */
            bool hole = l->faces[h].area2 < 0 && l->faces[h].leaf == 0;
            if (hole && shell_of(l, h) == i) {
                st = copy_ring(ctx, l, h, out);
            }
        }
        if (st == GT_OK) {
            st = sy_faces_end_face(ctx, out, l->faces[i].unit, leaf, piece - 1);
        }
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

static gt_status emit_whole(gt_ctx *ctx, const sy_border *border, const sy_pt *ring, size_t n,
                            uint32_t leaf, sy_faces *out)
{
    int unit = sy_border_locate(border, ring[0]);
    if (unit < 0) {
        return GT_OK;
    }
    for (size_t i = 0; i < n; i++) {
        gt_status st = sy_faces_pt(ctx, out, ring[i]);
        if (st != GT_OK) {
            return st;
        }
    }
    gt_status st = sy_faces_end_ring(ctx, out);
    return st == GT_OK ? sy_faces_end_face(ctx, out, unit, leaf, 0) : st;
}

gt_status sy_clip(gt_ctx *ctx, const sy_border *border, const sy_pt *ring, size_t n, uint32_t leaf,
                  sy_clip_work *work, sy_faces *out)
{
    if (n < 3) {
        return GT_OK;
    }
    sy_rect r = sy_ring_rect(ring, n);
    r = (sy_rect){r.x0 - SY_CLEAR, r.y0 - SY_CLEAR, r.x1 + SY_CLEAR, r.y1 + SY_CLEAR};
    work->n_segs = 0;
    if (sy_border_near(border, r)) {
        gt_status st = sy_border_query(ctx, border, r, &work->segs, &work->cap_segs, &work->n_segs);
        if (st != GT_OK) {
            return st;
        }
    }
    if (work->n_segs == 0) {
        return emit_whole(ctx, border, ring, n, leaf, out);
    }
    gt_status st = node_ring(ctx, border, work, ring, n);
    work->n_nodes = work->n_edges = 0;
    for (size_t i = 0; st == GT_OK && i < work->n_ring; i++) {
        st = add_edge(ctx, work, work->ring[i], work->ring[i + 1 == work->n_ring ? 0 : i + 1],
                      SY_UNIT_OPEN, SY_UNIT_OPEN);
    }
    size_t n_ring_edges = work->n_edges;
    for (size_t i = 0; st == GT_OK && i < work->n_segs; i++) {
        st = add_border_pieces(ctx, border, work, work->segs[i], n_ring_edges);
    }
    if (st == GT_OK && work->n_edges == n_ring_edges && work->n_on == 0) {
        bool labelled = false;
        for (size_t e = 0; e < n_ring_edges; e++) {
            labelled |= work->edges[e].unit != SY_UNIT_OPEN;
        }
        if (!labelled) { /* borders come near but do not enter */
            return emit_whole(ctx, border, work->ring, work->n_ring, leaf, out);
        }
    }
    if (st == GT_OK) {
        prune(work, n_ring_edges);
        link_edges(work);
        link_ring_nodes(work, n_ring_edges);
        st = trace(ctx, border, work, n_ring_edges);
    }
    return st == GT_OK ? emit_loops(ctx, &work->loops, leaf, out) : st;
}
