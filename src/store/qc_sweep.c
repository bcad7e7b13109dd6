/* Plane sweep over all edges of a polygon's rings, after Shamos and Hoey (1976), with every
 * decision exact and every degenerate case met, not avoided.
 *
 * The line moves over the vertices in lexicographic order (x, then y: as if tilted by an
 * infinitesimal angle, so vertical edges are nothing special). The status holds the edges that
 * cross it, bottom to top. At an event point p:
 *   1. the edges through p form one run of the status: those that end at p and those that pass;
 *   2. one passage of one ring (the usual case) is handled at once; when several passages meet in p
 *      ("crowd"), their edge ends are sorted around p: two in one direction lie on each other,
 *      interleaved passages cross, two passages of one ring touch, the rest are allowed touches;
 *   3. the run is replaced by the edges that go on, and new neighbours are asked whether they
 * cross. Two neighbours with different right ends cross exactly when the earlier right end lies on
 * the wrong side of the other edge: one predicate. Touches are left to the event at the touching
 * end. Up to the first crossing the order is right, and two edges that cross are neighbours before
 * they do, so the first fault is always found; the sweep stops there.
 *
 * Nesting comes for free: when a ring appears, the edge just below its first point tells which ring
 * holds it (departure from the paper). Cost O(n log n); all scratch is reused. */
#include <stdlib.h>
#include <string.h>

#include "store/qc.h"

typedef struct sweep {
    gt_ctx *ctx;
    qc_scratch *s;
    qc_fault *fault;
} sweep;

/* ---- edges ----------------------------------------------------------------------------------- */

static bool before(const qc_vert *a, const qc_vert *b)
{
    return a->x < b->x || (a->x == b->x && a->y < b->y);
}

static const qc_vert *edge_left(const qc_scratch *s, uint32_t edge)
{
    const qc_vert *v = &s->vert[edge & ~QC_BACKWARD];
    return (edge & QC_BACKWARD) != 0 ? &s->vert[v->next] : v;
}

static const qc_vert *edge_right(const qc_scratch *s, uint32_t edge)
{
    const qc_vert *v = &s->vert[edge & ~QC_BACKWARD];
    return (edge & QC_BACKWARD) != 0 ? v : &s->vert[v->next];
}

/* 1: p above the edge, 0 on it, -1 below. p is between its ends in sweep order. */
static int above_edge(const qc_scratch *s, uint32_t edge, double x, double y)
{
    const qc_vert *l = edge_left(s, edge), *r = edge_right(s, edge);
    return qc_side(l->x, l->y, r->x, r->y, x, y);
}

static void set_fault(sweep *w, gt_qc_kind kind, uint32_t ring, double x, double y)
{
    if (!w->fault->found) {
        *w->fault = (qc_fault){true, kind, ring, x, y};
    }
}

/* Where two crossing edges meet, for the report; computed near the first edge's left end. */
static void crossing_point(const qc_scratch *s, uint32_t a, uint32_t b, double *x, double *y)
{
    const qc_vert *al = edge_left(s, a), *ar = edge_right(s, a);
    const qc_vert *bl = edge_left(s, b), *br = edge_right(s, b);
    double ux = ar->x - al->x, uy = ar->y - al->y, vx = br->x - bl->x, vy = br->y - bl->y;
    double det = ux * vy - uy * vx;
    double t = det == 0.0 ? 0.5 : ((bl->x - al->x) * vy - (bl->y - al->y) * vx) / det;
    t = t < 0.0 ? 0.0 : t > 1.0 ? 1.0 : t;
    *x = al->x + t * ux;
    *y = al->y + t * uy;
}

/* low lies just below high in the status: do they cross further on? */
static void check_neighbours(sweep *w, uint32_t low, uint32_t high)
{
    const qc_scratch *s = w->s;
    const qc_vert *lr = edge_right(s, low), *hr = edge_right(s, high);
    bool cross = false;
    if (before(lr, hr)) {
        cross = above_edge(s, high, lr->x, lr->y) > 0;
    } else if (before(hr, lr)) {
        cross = above_edge(s, low, hr->x, hr->y) < 0;
    }
    if (cross) {
        double x, y;
        crossing_point(s, low, high, &x, &y);
        set_fault(w, GT_QC_CROSSING, s->vert[high & ~QC_BACKWARD].ring, x, y);
    }
}

/* ---- status ---------------------------------------------------------------------------------- */

static bool at_end(const qc_order *o, qc_pos p)
{
    return p.dir >= o->n_dir;
}

static uint32_t edge_at(const qc_order *o, qc_pos p)
{
    return o->block[o->dir[p.dir]].edge[p.at];
}

static void step(const qc_order *o, qc_pos *p)
{
    if (++p->at == o->block[o->dir[p->dir]].n) {
        p->dir++;
        p->at = 0;
    }
}

/* The edge below position p, QC_NONE at the bottom. */
static uint32_t edge_below(const qc_order *o, qc_pos p)
{
    if (p.at > 0) {
        return o->block[o->dir[p.dir]].edge[p.at - 1];
    }
    if (p.dir == 0) {
        return QC_NONE;
    }
    const qc_block *b = &o->block[o->dir[p.dir - 1]];
    return b->edge[b->n - 1];
}

/* First edge that is not below (x, y). */
static qc_pos find_point(const qc_scratch *s, double x, double y)
{
    const qc_order *o = &s->order;
    uint32_t low = 0, high = o->n_dir;
    while (low < high) { /* first block whose top edge is not below */
        uint32_t mid = (low + high) / 2;
        const qc_block *b = &o->block[o->dir[mid]];
        if (above_edge(s, b->edge[b->n - 1], x, y) > 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    qc_pos p = {low, 0};
    if (low < o->n_dir) {
        const qc_block *b = &o->block[o->dir[low]];
        uint32_t a = 0, z = b->n - 1; /* the top one is known not to be below */
        while (a < z) {
            uint32_t mid = (a + z) / 2;
            if (above_edge(s, b->edge[mid], x, y) > 0) {
                a = mid + 1;
            } else {
                z = mid;
            }
        }
        p.at = a;
    }
    return p;
}

/* ---- nesting --------------------------------------------------------------------------------- */

/* A ring appears; `below` is the edge right under its lowest edge `first`. A ring that runs along
 * its lowest edge from left to right is counter-clockwise, and its inside is above every edge that
 * it runs along from left to right. */
static void place_ring(sweep *w, uint32_t first, uint32_t below)
{
    qc_scratch *s = w->s;
    uint32_t ring = s->vert[first & ~QC_BACKWARD].ring;
    s->ccw[ring] = (first & QC_BACKWARD) == 0;
    s->container[ring] = QC_NONE;
    if (below != QC_NONE) {
        uint32_t other = s->vert[below & ~QC_BACKWARD].ring;
        bool inside_above = ((below & QC_BACKWARD) == 0) == s->ccw[other];
        s->container[ring] = inside_above ? other : s->container[other];
    }
}

static bool is_first_of_ring(const qc_scratch *s, uint32_t vert)
{
    return s->container[s->vert[vert].ring] == QC_NONE - 1;
}

/* ---- one passage ----------------------------------------------------------------------------- */

/* Both edges start here: a ring's first point, or a notch. */
static gt_status open_pair(sweep *w, uint32_t v, qc_pos pos)
{
    qc_scratch *s = w->s;
    const qc_vert *p = &s->vert[v], *u = &s->vert[p->prev], *n = &s->vert[p->next];
    int turn = qc_side(p->x, p->y, u->x, u->y, n->x, n->y);
    if (turn == 0) {
        set_fault(w, GT_QC_LINE_TOUCH, p->ring, p->x, p->y);
        return GT_OK;
    }
    uint32_t in = p->prev | QC_BACKWARD, out = v;
    uint32_t low = turn > 0 ? in : out, high = turn > 0 ? out : in;
    uint32_t below = edge_below(&s->order, pos);
    uint32_t above = at_end(&s->order, pos) ? QC_NONE : edge_at(&s->order, pos);
    if (is_first_of_ring(s, v)) {
        place_ring(w, low, below);
    }
    qc_pos where;
    gt_status st = qc_order_insert(w->ctx, &s->order, pos, high, &where);
    if (st == GT_OK) {
        st = qc_order_insert(w->ctx, &s->order, where, low, &where);
    }
    if (st == GT_OK && below != QC_NONE) {
        check_neighbours(w, below, low);
    }
    if (st == GT_OK && above != QC_NONE) {
        check_neighbours(w, high, above);
    }
    return st;
}

/* Both edges end here. */
static gt_status close_pair(sweep *w, qc_pos pos)
{
    qc_order *o = &w->s->order;
    gt_status st = qc_order_remove(w->ctx, o, pos, &pos);
    if (st == GT_OK) {
        st = qc_order_remove(w->ctx, o, pos, &pos);
    }
    if (st == GT_OK) {
        uint32_t below = o->n_dir == 0 ? QC_NONE : edge_below(o, pos);
        if (below != QC_NONE && !at_end(o, pos)) {
            check_neighbours(w, below, edge_at(o, pos));
        }
    }
    return st;
}

/* One edge ends, the ring goes on with another: it takes the place of the old one. */
static void pass_on(sweep *w, uint32_t edge, qc_pos pos)
{
    qc_order *o = &w->s->order;
    o->block[o->dir[pos.dir]].edge[pos.at] = edge;
    uint32_t below = edge_below(o, pos);
    if (below != QC_NONE) {
        check_neighbours(w, below, edge);
    }
    step(o, &pos);
    if (!at_end(o, pos)) {
        check_neighbours(w, edge, edge_at(o, pos));
    }
}

/* ---- crowds ---------------------------------------------------------------------------------- */

typedef struct center {
    double x, y;
} center;

/* Arms by angle from just above "straight down" counter-clockwise: right half first. */
static int arm_order(const qc_arm *a, const qc_arm *b, center c)
{
    if (a->right != b->right) {
        return a->right ? -1 : 1;
    }
    return -qc_side(c.x, c.y, a->x, a->y, b->x, b->y);
}

static int arm_compare(const void *a, const void *b, void *at)
{
    const qc_arm *l = a, *r = b;
    int order = arm_order(l, r, *(const center *)at);
    if (order != 0) {
        return order;
    }
    return l->edge < r->edge ? -1 : l->edge > r->edge;
}

static gt_status add_arm(sweep *w, size_t *n, const qc_vert *to, uint32_t edge, uint32_t visit,
                         bool right)
{
    qc_scratch *s = w->s;
    void *block = s->arm;
    gt_status st = gt_grow(w->ctx, &block, &s->cap_arm, *n + 1, sizeof *s->arm);
    if (st == GT_OK) {
        s->arm = block;
        s->arm[(*n)++] = (qc_arm){to->x, to->y, edge, visit, to->ring, right};
    }
    return st;
}

/* The two ends of every passage through the point: of each vertex there, and of each edge of the
 * run that passes. At most one edge may pass: two would cross or lie on each other. */
static gt_status gather_arms(sweep *w, const qc_key *key, uint32_t n_key, qc_pos pos,
                             uint32_t n_run, size_t *n_arms)
{
    qc_scratch *s = w->s;
    gt_status st = GT_OK;
    uint32_t n_pass = 0;
    size_t n = 0;
    for (uint32_t k = 0; k < n_key && st == GT_OK; k++) {
        const qc_vert *v = &s->vert[key[k].vert];
        const qc_vert *u = &s->vert[v->prev], *o = &s->vert[v->next];
        bool in_right = before(v, u), out_right = before(v, o);
        st = add_arm(w, &n, u, v->prev | (in_right ? QC_BACKWARD : 0), k, in_right);
        if (st == GT_OK) {
            st = add_arm(w, &n, o, key[k].vert | (out_right ? 0 : QC_BACKWARD), k, out_right);
        }
    }
    for (uint32_t i = 0; i < n_run && st == GT_OK; i++, step(&s->order, &pos)) {
        uint32_t edge = edge_at(&s->order, pos);
        const qc_vert *l = edge_left(s, edge), *r = edge_right(s, edge);
        if (r->x == key->x && r->y == key->y) {
            continue; /* ends here: it is an arm already */
        }
        if (++n_pass > 1) {
            const qc_arm *other = &s->arm[n - 1];
            bool on_line = qc_side(l->x, l->y, r->x, r->y, other->x, other->y) == 0;
            set_fault(w, on_line ? GT_QC_LINE_TOUCH : GT_QC_CROSSING, l->ring, key->x, key->y);
            break;
        }
        st = add_arm(w, &n, l, edge, n_key, false);
        if (st == GT_OK) {
            st = add_arm(w, &n, r, edge, n_key, true);
        }
    }
    *n_arms = n;
    return st;
}

/* Passages as brackets around the point: they do not cross exactly when the brackets match. The
 * stack is kept in the arms themselves (their x is no longer needed by the caller's rules). */
static bool passages_cross(qc_arm *arm, size_t n, uint32_t *stack)
{
    size_t depth = 0;
    for (size_t i = 0; i < n; i++) {
        if (depth > 0 && stack[depth - 1] == arm[i].visit) {
            depth--;
        } else {
            stack[depth++] = arm[i].visit;
        }
    }
    return depth > 0;
}

static int by_ring(const void *a, const void *b)
{
    const qc_arm *l = a, *r = b;
    if (l->ring != r->ring) {
        return l->ring < r->ring ? -1 : 1;
    }
    return l->visit < r->visit ? -1 : l->visit > r->visit;
}

/* Records which rings meet here; a ring that is here twice touches itself. Reorders the arms. */
static gt_status note_touches(sweep *w, size_t n_arms, const qc_key *key)
{
    qc_scratch *s = w->s;
    qsort(s->arm, n_arms, sizeof *s->arm, by_ring);
    void *block = s->touch;
    gt_status st = gt_grow(w->ctx, &block, &s->cap_touch, s->n_touch + n_arms, sizeof *s->touch);
    if (st != GT_OK) {
        return st;
    }
    s->touch = block;
    for (size_t i = 0; i < n_arms; i += 2) { /* arms of one visit stand together now */
        if (i > 0 && s->arm[i].ring == s->arm[i - 1].ring) {
            set_fault(w, GT_QC_RING_TOUCH, s->arm[i].ring, key->x, key->y);
            return GT_OK;
        }
        s->touch[s->n_touch++] = (qc_touch){s->n_touch_points, s->arm[i].ring, key->vert};
    }
    s->n_touch_points++;
    return GT_OK;
}

/* Rings whose first point is here get their place: below the first of their two edges. */
static void place_rings(sweep *w, const qc_key *key, uint32_t n_key, size_t n_right, uint32_t below)
{
    qc_scratch *s = w->s;
    for (size_t i = 0; i < n_right; i++) {
        const qc_arm *a = &s->arm[i];
        if (a->visit < n_key && is_first_of_ring(s, key[a->visit].vert)) {
            place_ring(w, a->edge, below);
        }
        below = a->edge;
    }
}

static gt_status replace_run(sweep *w, qc_pos pos, uint32_t n_run, size_t n_right)
{
    qc_scratch *s = w->s;
    qc_order *o = &s->order;
    gt_status st = GT_OK;
    for (uint32_t i = 0; i < n_run && st == GT_OK; i++) {
        st = qc_order_remove(w->ctx, o, pos, &pos);
    }
    uint32_t below = st != GT_OK || o->n_dir == 0 ? QC_NONE : edge_below(o, pos);
    uint32_t above = st != GT_OK || at_end(o, pos) ? QC_NONE : edge_at(o, pos);
    for (size_t i = n_right; i-- > 0 && st == GT_OK;) {
        st = qc_order_insert(w->ctx, o, pos, s->arm[i].edge, &pos);
    }
    if (st != GT_OK) {
        return st;
    }
    if (n_right == 0 && below != QC_NONE && above != QC_NONE) {
        check_neighbours(w, below, above);
    }
    if (n_right > 0 && below != QC_NONE) {
        check_neighbours(w, below, s->arm[0].edge);
    }
    if (n_right > 0 && above != QC_NONE) {
        check_neighbours(w, s->arm[n_right - 1].edge, above);
    }
    return GT_OK;
}

static gt_status crowd(sweep *w, const qc_key *key, uint32_t n_key, qc_pos pos, uint32_t n_run)
{
    qc_scratch *s = w->s;
    size_t n = 0, n_right = 0;
    gt_status st = gather_arms(w, key, n_key, pos, n_run, &n);
    if (st != GT_OK || w->fault->found) {
        return st;
    }
    center c = {key->x, key->y};
    qsort_r(s->arm, n, sizeof *s->arm, arm_compare, &c);
    for (size_t i = 0; i < n; i++) {
        n_right += s->arm[i].right;
        if (i > 0 && arm_order(&s->arm[i - 1], &s->arm[i], c) == 0) {
            set_fault(w, GT_QC_LINE_TOUCH, s->arm[i].ring, c.x, c.y);
            return GT_OK;
        }
    }
    uint32_t *stack = gt_alloc(w->ctx, n, sizeof *stack);
    if (stack == NULL) {
        return GT_E_MEMORY;
    }
    if (passages_cross(s->arm, n, stack)) {
        set_fault(w, GT_QC_CROSSING, s->arm[0].ring, c.x, c.y);
    }
    gt_free(w->ctx, stack);
    if (!w->fault->found) {
        place_rings(w, key, n_key, n_right, edge_below(&s->order, pos));
        st = replace_run(w, pos, n_run, n_right);
    }
    if (st == GT_OK && !w->fault->found) {
        st = note_touches(w, n, key);
    }
    return st;
}

/* ---- events ---------------------------------------------------------------------------------- */

static gt_status event(sweep *w, const qc_key *key, uint32_t n_key)
{
    qc_scratch *s = w->s;
    qc_pos pos = find_point(s, key->x, key->y);
    uint32_t n_run = 0;
    qc_pos scan = pos;
    while (!at_end(&s->order, scan) &&
           above_edge(s, edge_at(&s->order, scan), key->x, key->y) == 0) {
        n_run++;
        step(&s->order, &scan);
    }
    const qc_vert *v = &s->vert[key->vert];
    bool in_ends = before(&s->vert[v->prev], v), out_ends = before(&s->vert[v->next], v);
    if (n_key > 1 || n_run != (uint32_t)in_ends + (uint32_t)out_ends) {
        return crowd(w, key, n_key, pos, n_run);
    }
    if (n_run == 0) {
        return open_pair(w, key->vert, pos);
    }
    if (n_run == 2) {
        return close_pair(w, pos);
    }
    pass_on(w, in_ends ? key->vert : v->prev | QC_BACKWARD, pos);
    return GT_OK;
}

/* Merge sort of the events, runs of 12 by insertion: no recursion, no comparison callback. */
static void sort_keys(qc_key *key, qc_key *other, size_t n)
{
    enum { RUN = 12 };
    for (size_t a = 0; a < n; a += RUN) {
        size_t z = a + RUN < n ? a + RUN : n;
        for (size_t i = a + 1; i < z; i++) {
            qc_key k = key[i];
            size_t j = i;
            for (; j > a && (k.x < key[j - 1].x || (k.x == key[j - 1].x && k.y < key[j - 1].y));
                 j--) {
                key[j] = key[j - 1];
            }
            key[j] = k;
        }
    }
    qc_key *from = key, *to = other;
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t a = 0; a < n; a += 2 * width) {
            size_t mid = a + width < n ? a + width : n, z = mid + width < n ? mid + width : n;
            size_t i = a, j = mid;
            for (size_t k = a; k < z; k++) {
                bool right =
                    i >= mid || (j < z && (from[j].x < from[i].x ||
                                           (from[j].x == from[i].x && from[j].y < from[i].y)));
                to[k] = right ? from[j++] : from[i++];
            }
        }
        qc_key *swap = from;
        from = to;
        to = swap;
    }
    if (from != key) {
        memcpy(key, from, n * sizeof *key);
    }
}

static gt_status reserve(gt_ctx *ctx, qc_scratch *s)
{
    void *vert = s->vert, *key = s->key, *other = s->key_other, *container = s->container;
    void *ccw = s->ccw;
    gt_status st = gt_grow(ctx, &vert, &s->cap_vert, s->n, sizeof *s->vert);
    s->vert = vert;
    if (st == GT_OK) {
        st = gt_grow(ctx, &key, &s->cap_key, s->n, sizeof *s->key);
        s->key = key;
    }
    if (st == GT_OK) {
        st = gt_grow(ctx, &other, &s->cap_key_other, s->n, sizeof *s->key_other);
        s->key_other = other;
    }
    if (st == GT_OK) {
        st = gt_grow(ctx, &container, &s->cap_container, s->n_rings, sizeof *s->container);
        s->container = container;
    }
    if (st == GT_OK) {
        st = gt_grow(ctx, &ccw, &s->cap_ccw, s->n_rings, sizeof *s->ccw);
        s->ccw = ccw;
    }
    return st;
}

static void load(qc_scratch *s)
{
    for (uint32_t r = 0; r < s->n_rings; r++) {
        uint32_t a = s->rings[r].first, z = s->rings[r].end;
        s->container[r] = QC_NONE - 1; /* not met yet */
        for (uint32_t i = a; i < z; i++) {
            s->vert[i] =
                (qc_vert){s->x[i], s->y[i], i == a ? z - 1 : i - 1, i + 1 == z ? a : i + 1, r};
            s->key[i] = (qc_key){s->x[i], s->y[i], i};
        }
    }
    sort_keys(s->key, s->key_other, s->n);
}

gt_status qc_sweep(gt_ctx *ctx, qc_scratch *s, qc_fault *fault)
{
    sweep w = {ctx, s, fault};
    fault->found = false;
    s->n_touch = 0;
    s->n_touch_points = 0;
    gt_status st = reserve(ctx, s);
    if (st == GT_OK) {
        st = qc_order_reset(ctx, &s->order);
    }
    if (st != GT_OK) {
        return st;
    }
    load(s);
    for (uint32_t a = 0, z; a < s->n && st == GT_OK && !fault->found; a = z) {
        for (z = a + 1; z < s->n && s->key[z].x == s->key[a].x && s->key[z].y == s->key[a].y; z++) {
        }
        st = event(&w, &s->key[a], z - a);
        if (st == GT_OK && (a & 0xFFFF) == 0) {
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}
