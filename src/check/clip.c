/* Clipping in general position.
 *
 * All rings are walked with the inside on the left. Edges that two polygons of the layer share,
 * once in each direction, are dropped: what is left bounds their union (the dissolve). Subject and
 * union then cross properly or not at all; the common part is bounded by the pieces of the
 * subject's edges inside the union and of the union's edges inside the subject, linked end to end.
 * Whatever does not fit (an orientation that rounding could turn, a border that touches, a depth
 * above one, a node with two ways out) ends with "not sure". */
#include "check/clip_job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 4000000 };

/* ---- predicates ------------------------------------------------------------------------------ */

static bool boxes_meet(const edge *e, const edge *f)
{
    return fmin(e->a.x, e->b.x) <= fmax(f->a.x, f->b.x) &&
           fmin(f->a.x, f->b.x) <= fmax(e->a.x, e->b.x) &&
           fmin(e->a.y, e->b.y) <= fmax(f->a.y, f->b.y) &&
           fmin(f->a.y, f->b.y) <= fmax(e->a.y, e->b.y);
}

typedef enum meeting { APART, CROSS, UNSURE } meeting;

static meeting how_they_meet(const edge *e, const edge *f)
{
    int o1 = side(e->a, e->b, f->a), o2 = side(e->a, e->b, f->b);
    if (o1 * o2 > 0) {
        return APART;
    }
    int o3 = side(f->a, f->b, e->a), o4 = side(f->a, f->b, e->b);
    if (o3 * o4 > 0) {
        return APART;
    }
    return o1 * o2 < 0 && o3 * o4 < 0 ? CROSS : UNSURE;
}

static bool inside_geom(const gt_geom *g, point p, bool *sure)
{
    bool in = false;
    for (uint32_t r = 0, k = 0; r < g->n_rings; r++) {
        for (; k + 1 < g->ring_end[r]; k++) {
            in ^= flips(at(g->xy, k), at(g->xy, k + 1), p, sure);
        }
        k = g->ring_end[r];
    }
    return in;
}

static bool inside_subject(const gt_clip *c, point p, bool *sure)
{
    bool in = false;
    if (p.x < c->box.xmin || p.x > c->box.xmax || p.y < c->box.ymin || p.y > c->box.ymax) {
        return false;
    }
    for (size_t i = 0; i < c->n_s; i++) {
        in ^= flips(c->s[i].a, c->s[i].b, p, sure);
    }
    return in;
}

/* ---- edges ----------------------------------------------------------------------------------- */

static gt_status add_edge(gt_ctx *ctx, edge **list, size_t *n, size_t *cap, edge e)
{
    void *block = *list;
    gt_status st = gt_grow(ctx, &block, cap, *n + 1, sizeof **list);
    if (st == GT_OK) {
        *list = block;
        (*list)[(*n)++] = e;
    }
    return st;
}

/* Edges of g with the inside on the left, those that meet `near` (NULL: all). feature < 0: the
 * number of the ring. *sure falls for a ring without area. */
static gt_status collect(gt_ctx *ctx, const gt_geom *g, int feature, const gt_box *near,
                         edge **list, size_t *n, size_t *cap, bool *sure)
{
    gt_status st = GT_OK;
    uint32_t ring = 0, from = 0;
    for (uint32_t p = 0; p < g->n_parts; p++) {
        for (uint32_t first = ring; ring < g->part_end[p]; from = g->ring_end[ring++]) {
            uint32_t to = g->ring_end[ring];
            double turn = turning(g->xy, from, to);
            bool back = (turn > 0) != (ring == first);
            *sure = *sure && turn != 0;
            for (size_t k = 0; st == GT_OK && k + 1 < to - from; k++) {
                const double *v = g->xy + 2 * (back ? to - 2 - k : from + k);
                if (near != NULL &&
                    (fmax(v[0], v[2]) < near->xmin || fmin(v[0], v[2]) > near->xmax ||
                     fmax(v[1], v[3]) < near->ymin || fmin(v[1], v[3]) > near->ymax)) {
                    continue;
                }
                point a = {v[0], v[1]}, b = {v[2], v[3]};
                edge e = {back ? b : a, back ? a : b, feature < 0 ? (int)ring : feature, false,
                          NONE};
                if (!same(a, b)) {
                    st = add_edge(ctx, list, n, cap, e);
                }
            }
        }
    }
    return st;
}

gt_status gt_clip_new(gt_ctx *ctx, const gt_geom *subject, gt_clip **out)
{
    gt_clip *c = gt_zalloc(ctx, 1, sizeof *c);
    bool sure = true;
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    c->ctx = ctx;
    c->subject = subject;
    c->box = gt_geom_box(subject);
    gt_geom_init(&c->rings);
    gt_status st = collect(ctx, subject, -1, NULL, &c->s, &c->n_s, &c->cap_s, &sure);
    if (st != GT_OK) {
        gt_clip_free(c);
        return st;
    }
    c->n_s = sure ? c->n_s : 0; /* without edges nothing is ever sure */
    *out = c;
    return GT_OK;
}

void gt_clip_free(gt_clip *c)
{
    if (c != NULL) {
        gt_free(c->ctx, c->s);
        gt_free(c->ctx, c->l);
        gt_free(c->ctx, c->x);
        gt_free(c->ctx, c->table);
        gt_free(c->ctx, c->nodes);
        gt_free(c->ctx, c->next);
        gt_free(c->ctx, c->prev);
        gt_free(c->ctx, c->order);
        gt_free(c->ctx, c->areas);
        gt_geom_free(c->ctx, &c->rings);
        gt_free(c->ctx, c);
    }
}

/* ---- dissolving the layer -------------------------------------------------------------------- */

static size_t hash_place(double x, double y)
{
    uint64_t h[2];
    memcpy(&h[0], &x, sizeof x);
    memcpy(&h[1], &y, sizeof y);
    uint64_t k = (h[0] ^ (h[1] << 29 | h[1] >> 35)) * 0x9E3779B97F4A7C15ULL;
    return (size_t)(k ^ k >> 31);
}

/* Empty table with room for n entries. */
static gt_status clear_table(gt_ctx *ctx, gt_clip *c, size_t n)
{
    size_t want = 16;
    while (want < 2 * n) {
        want *= 2;
    }
    void *block = c->table;
    gt_status st = gt_grow(ctx, &block, &c->cap_table, want, sizeof *c->table);
    if (st == GT_OK) {
        c->table = block;
        c->mask = want - 1;
        for (size_t i = 0; i < want; i++) {
            c->table[i] = NONE;
        }
    }
    return st;
}

/* The edge from a to b that is not dropped, NONE when there is none. */
static int find_edge(const gt_clip *c, point a, point b)
{
    for (size_t k = hash_place(a.x + b.x, a.y + b.y);; k++) {
        int i = c->table[k & c->mask];
        if (i == NONE || (same(c->l[i].a, a) && same(c->l[i].b, b) && !c->l[i].dropped)) {
            return i;
        }
    }
}

static void drop_shared(job *j)
{
    gt_clip *c = j->c;
    j->status = clear_table(j->ctx, c, c->n_l);
    for (size_t i = 0; j->status == GT_OK && j->sure && i < c->n_l; i++) {
        edge *e = &c->l[i];
        int twin = find_edge(c, e->b, e->a);
        if (find_edge(c, e->a, e->b) != NONE ||
            (twin != NONE && c->l[twin].feature == e->feature)) {
            j->sure = false; /* two polygons on the same side, or a spike */
        } else if (twin != NONE) {
            e->dropped = true;
            c->l[twin].dropped = true;
        }
        size_t k = hash_place(e->a.x + e->b.x, e->a.y + e->b.y);
        while (c->table[k & c->mask] != NONE) {
            k++;
        }
        c->table[k & c->mask] = (int)i;
    }
}

/* Two edges of the layer that have an end in common: do they run over each other? */
static bool overlie(const edge *e, const edge *f)
{
    point hub = same(e->a, f->a) || same(e->a, f->b) ? e->a : e->b;
    point p = same(hub, e->a) ? e->b : e->a, q = same(hub, f->a) ? f->b : f->a;
    bool ahead = (p.x - hub.x) * (q.x - hub.x) + (p.y - hub.y) * (q.y - hub.y) > 0;
    return ahead && side(hub, p, q) == 0;
}

/* Borders of the union may not cross or touch any other edge but in common ends: neither one of
 * another polygon nor, as an invalid one would, their own. */
static void check_layer(job *j)
{
    gt_clip *c = j->c;
    size_t kept = 0;
    for (size_t i = 0; i < c->n_l; i++) {
        kept += !c->l[i].dropped;
    }
    j->sure = j->sure && kept * c->n_l <= MOST_PAIRS;
    for (size_t i = 0; j->sure && i < c->n_l; i++) {
        const edge *e = &c->l[i];
        for (size_t k = 0; !e->dropped && j->sure && k < c->n_l; k++) {
            const edge *f = &c->l[k];
            if (k == i || !boxes_meet(e, f)) {
                continue;
            }
            bool hub = same(e->a, f->a) || same(e->a, f->b) || same(e->b, f->a) || same(e->b, f->b);
            j->sure = hub ? !overlie(e, f) : how_they_meet(e, f) == APART;
        }
    }
}

/* ---- crossings ------------------------------------------------------------------------------- */

static void cross(job *j, size_t s, size_t l)
{
    gt_clip *c = j->c;
    const edge *e = &c->s[s], *f = &c->l[l];
    void *block = c->x;
    j->status = gt_grow(j->ctx, &block, &c->cap_x, c->n_x + 1, sizeof *c->x);
    if (j->status != GT_OK) {
        return;
    }
    c->x = block;
    double dx = e->b.x - e->a.x, dy = e->b.y - e->a.y, fx = f->b.x - f->a.x, fy = f->b.y - f->a.y;
    double d = dx * fy - dy * fx, gx = f->a.x - e->a.x, gy = f->a.y - e->a.y;
    crossing x = {.t = (gx * fy - gy * fx) / d,
                  .u = (gx * dy - gy * dx) / d,
                  .s = (int)s,
                  .l = (int)l,
                  .next_s = c->s[s].first,
                  .next_l = c->l[l].first,
                  .entering = d < 0};
    /* d = s x f < 0: the subject's edge comes from the right of the layer's, goes to its left */
    c->s[s].first = c->l[l].first = (int)c->n_x;
    c->x[c->n_x++] = x;
}

static void find_crossings(job *j)
{
    gt_clip *c = j->c;
    c->n_x = 0;
    j->sure = j->sure && c->n_s * c->n_l <= MOST_PAIRS;
    for (size_t s = 0; s < c->n_s; s++) {
        c->s[s].first = NONE;
    }
    for (size_t l = 0; j->sure && l < c->n_l; l++) {
        for (size_t s = 0; j->sure && j->status == GT_OK && s < c->n_s; s++) {
            if (!boxes_meet(&c->s[s], &c->l[l])) {
                continue;
            }
            meeting m = how_they_meet(&c->s[s], &c->l[l]);
            j->sure = m != UNSURE;
            if (m == CROSS) {
                j->meets[c->l[l].feature] = true;
                if (!c->l[l].dropped) {
                    cross(j, s, l);
                }
            }
        }
    }
}

/* The crossings of one edge in order; returns how many. along: of the subject. */
static size_t in_order(job *j, int first, bool along)
{
    gt_clip *c = j->c;
    size_t n = 0;
    for (int k = first; k != NONE; k = along ? c->x[k].next_s : c->x[k].next_l) {
        void *block = c->order;
        j->status = gt_grow(j->ctx, &block, &c->cap_order, n + 1, sizeof *c->order);
        if (j->status != GT_OK) {
            return 0;
        }
        c->order = block;
        size_t i = n++;
        double here = along ? c->x[k].t : c->x[k].u;
        for (; i > 0; i--) { /* few: insertion */
            const crossing *o = &c->x[c->order[i - 1]];
            if ((along ? o->t : o->u) <= here) {
                break;
            }
            c->order[i] = c->order[i - 1];
        }
        c->order[i] = k;
    }
    return n;
}

/* ---- arcs of the result ---------------------------------------------------------------------- */

static int new_node(job *j, point p)
{
    gt_clip *c = j->c;
    void *nodes = c->nodes, *next = c->next, *prev = c->prev;
    size_t want = c->n_nodes + 1;
    gt_status st = gt_grow(j->ctx, &nodes, &c->cap_nodes, want, sizeof *c->nodes);
    c->nodes = st == GT_OK ? nodes : c->nodes;
    st = st == GT_OK ? gt_grow(j->ctx, &next, &c->cap_next, want, sizeof *c->next) : st;
    c->next = st == GT_OK ? next : c->next;
    st = st == GT_OK ? gt_grow(j->ctx, &prev, &c->cap_prev, want, sizeof *c->prev) : st;
    c->prev = st == GT_OK ? prev : c->prev;
    j->status = st;
    if (st != GT_OK) {
        return NONE;
    }
    c->nodes[c->n_nodes] = p;
    c->next[c->n_nodes] = c->prev[c->n_nodes] = NONE;
    return (int)c->n_nodes++;
}

/* The node of a vertex: one for all edges that end there. */
static int vertex(job *j, point p)
{
    gt_clip *c = j->c;
    size_t k = hash_place(p.x, p.y);
    for (; c->table[k & c->mask] != NONE; k++) {
        if (same(c->nodes[c->table[k & c->mask]], p)) {
            return c->table[k & c->mask];
        }
    }
    int made = new_node(j, p);
    c->table[k & c->mask] = made;
    return made;
}

static void arc(job *j, int from, int to)
{
    gt_clip *c = j->c;
    if (j->status != GT_OK) {
        return;
    }
    if (from == to || c->next[from] != NONE || c->prev[to] != NONE) {
        j->sure = false;
        return;
    }
    c->next[from] = to;
    c->prev[to] = from;
}

/* Arcs of one edge: inside at its start or not; every crossing must turn that. Returns the state at
 * its end. Crossings are the first n_x nodes. */
static bool cut_edge(job *j, const edge *e, bool inside, bool along)
{
    gt_clip *c = j->c;
    size_t n = in_order(j, e->first, along);
    int from = NONE;
    for (size_t i = 0; i < n && j->sure && j->status == GT_OK; i++) {
        bool comes_in = c->x[c->order[i]].entering == along;
        j->sure = comes_in != inside;
        if (inside && j->sure) {
            from = from == NONE ? vertex(j, e->a) : from;
            arc(j, from, c->order[i]);
        }
        from = c->order[i];
        inside = comes_in;
    }
    if (inside && j->sure && j->status == GT_OK) {
        from = from == NONE ? vertex(j, e->a) : from;
        arc(j, from, vertex(j, e->b));
    }
    return inside;
}

/* Of how many polygons is p inside? Marks them. */
static int depth_at(job *j, point p)
{
    int depth = 0;
    for (size_t i = 0; i < j->n && j->sure; i++) {
        if (inside_geom(j->parts[i], p, &j->sure)) {
            j->meets[i] = true;
            depth++;
        }
    }
    return depth;
}

static void walk_subject(job *j)
{
    gt_clip *c = j->c;
    bool inside = false, began = false;
    for (size_t i = 0; j->sure && j->status == GT_OK && i < c->n_s; i++) {
        if (i == 0 || c->s[i].feature != c->s[i - 1].feature) {
            j->sure = i == 0 || inside == began;
            int depth = j->sure ? depth_at(j, c->s[i].a) : 0;
            j->sure = j->sure && depth <= 1;
            inside = began = depth > 0;
            j->outside = j->outside || !inside;
        }
        if (j->sure) {
            inside = cut_edge(j, &c->s[i], inside, true);
        }
    }
    j->sure = j->sure && inside == began;
}

static void walk_layer(job *j)
{
    gt_clip *c = j->c;
    for (size_t i = 0; j->sure && j->status == GT_OK && i < c->n_l; i++) {
        if (!c->l[i].dropped) {
            bool inside = inside_subject(c, c->l[i].a, &j->sure);
            (void)cut_edge(j, &c->l[i], inside, false);
        }
    }
}

/* Polygons without a crossing that do not hold the subject: inside it, or apart. A polygon in which
 * another one lies unseen (no border of the union crosses) would be counted twice: not sure. */
static void look_inside(job *j)
{
    gt_clip *c = j->c;
    for (size_t i = 0; j->sure && i < c->n_l; i++) {
        const edge *e = &c->l[i], *last = i > 0 ? &c->l[i - 1] : NULL;
        bool goes_on = last != NULL && last->feature == e->feature && same(last->b, e->a);
        if (!goes_on && !j->meets[e->feature]) {
            j->meets[e->feature] = inside_subject(c, e->a, &j->sure);
        }
        if (e->dropped || e->first != NONE || (goes_on && !last->dropped)) {
            continue; /* the borders do not cross: one point of a run is enough */
        }
        point mid = {(e->a.x + e->b.x) / 2, (e->a.y + e->b.y) / 2};
        for (size_t k = 0; j->sure && k < j->n; k++) {
            j->sure = (int)k == e->feature || !inside_geom(j->parts[k], mid, &j->sure);
        }
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static gt_status start_nodes(job *j)
{
    gt_clip *c = j->c;
    c->n_nodes = 0;
    gt_status st = clear_table(j->ctx, c, c->n_s + 2 * c->n_l + 1);
    for (size_t k = 0; st == GT_OK && k < c->n_x; k++) {
        const edge *e = &c->s[c->x[k].s];
        double t = c->x[k].t;
        point p = {e->a.x + t * (e->b.x - e->a.x), e->a.y + t * (e->b.y - e->a.y)};
        (void)new_node(j, p);
        st = j->status;
    }
    return st;
}

gt_status gt_clip_run(gt_ctx *ctx, gt_clip *c, const gt_geom *const *parts, size_t n, bool *meets,
                      gt_geom *out, bool *whole, bool *sure)
{
    job j = {.ctx = ctx, .c = c, .parts = parts, .n = n, .meets = meets, .sure = c->n_s > 0};
    gt_geom_reset(out, GT_MULTIPOLYGON);
    c->n_l = 0;
    for (size_t i = 0; j.status == GT_OK && i < n && j.sure; i++) {
        meets[i] = false;
        j.status = collect(ctx, parts[i], (int)i, &c->box, &c->l, &c->n_l, &c->cap_l, &j.sure);
    }
    if (j.status == GT_OK && j.sure) {
        drop_shared(&j);
    }
    if (j.status == GT_OK) {
        check_layer(&j);
        find_crossings(&j);
    }
    if (j.status == GT_OK && j.sure) {
        j.status = start_nodes(&j);
    }
    if (j.status == GT_OK && j.sure) {
        walk_subject(&j);
    }
    if (j.status == GT_OK && j.sure) {
        walk_layer(&j);
    }
    if (j.status == GT_OK && j.sure) {
        look_inside(&j);
    }
    if (j.status == GT_OK && j.sure) {
        j.status = gt_clip_link_rings(&j);
    }
    if (j.status == GT_OK && j.sure) {
        j.status = gt_clip_build(&j, out);
    }
    if (j.status != GT_OK || !j.sure) {
        gt_geom_reset(out, GT_MULTIPOLYGON);
    }
    *sure = j.status == GT_OK && j.sure;
    *whole = *sure && c->n_x == 0 && !j.outside && out->n_points == c->subject->n_points;
    return j.status;
}
