#include "synth/dissolve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/noise.h"

/* ---- directed edges of faces, in a hash table
 * -------------------------------------------------------- */

typedef struct edge {
    sy_pt a, b; /* face on the left */
    int32_t group;
    uint32_t face;
    bool gone;
} edge;

typedef struct edge_table {
    edge *edges;
    size_t n, cap;
    uint32_t *slot; /* edge number + 1 */
    size_t mask;
} edge_table;

static size_t slot_of(const edge_table *t, sy_pt a, sy_pt b)
{
    return (size_t)sy_hash(0, sy_key(a), sy_key(b)) & t->mask;
}

static void table_free(gt_ctx *ctx, edge_table *t)
{
    gt_free(ctx, t->edges);
    gt_free(ctx, t->slot);
}

/* All edges of the faces that take part. A directed edge occurs once in a coverage. */
static gt_status table_fill(gt_ctx *ctx, const sy_faces *in, const int32_t *group, edge_table *t)
{
    for (size_t f = 0; f < in->n_faces; f++) {
        if (group != NULL && group[f] < 0) {
            continue;
        }
        for (uint32_t r = 0; r < in->faces[f].n_rings; r++) {
            size_t ring = in->faces[f].first_ring + r;
            size_t s = sy_ring_start(in, ring), e = in->ring_end[ring];
            gt_status st =
                gt_grow(ctx, (void **)&t->edges, &t->cap, t->n + (e - s), sizeof *t->edges);
            if (st != GT_OK) {
                return st;
            }
            for (size_t i = s; i < e; i++) {
                t->edges[t->n++] = (edge){in->pts[i], in->pts[i + 1 == e ? s : i + 1],
                                          group != NULL ? group[f] : 0, (uint32_t)f, false};
            }
        }
    }
    size_t size = 16;
    while (size < 2 * t->n) {
        size *= 2;
    }
    t->mask = size - 1;
    t->slot = gt_zalloc(ctx, size, sizeof *t->slot);
    if (t->slot == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t k = slot_of(t, t->edges[i].a, t->edges[i].b);
        while (t->slot[k] != 0) {
            k = (k + 1) & t->mask;
        }
        t->slot[k] = (uint32_t)i + 1;
    }
    return GT_OK;
}

static edge *table_find(const edge_table *t, sy_pt a, sy_pt b)
{
    for (size_t k = slot_of(t, a, b); t->slot[k] != 0; k = (k + 1) & t->mask) {
        edge *e = &t->edges[t->slot[k] - 1];
        if (sy_same(e->a, a) && sy_same(e->b, b)) {
            return e;
        }
    }
    return NULL;
}

/* ---- rings
 * ---------------------------------------------------------------------------------------- */

static int edge_order(const void *pa, const void *pb)
{
    const edge *p = pa, *q = pb;
    if (p->group != q->group) {
        return p->group < q->group ? -1 : 1;
    }
    if (!sy_same(p->a, q->a)) {
        return sy_before(p->a, q->a) ? -1 : 1;
    }
    return sy_same(p->b, q->b) ? 0 : sy_before(p->b, q->b) ? -1 : 1;
}

static int half_plane(sy_pt o, sy_pt p)
{
    return p.y < o.y || (p.y == o.y && p.x < o.x);
}

/* Angle of o->p below that of o->q, both in [0, 360). */
static bool angle_less(sy_pt o, sy_pt p, sy_pt q)
{
    int hp = half_plane(o, p), hq = half_plane(o, q);
    return hp != hq ? hp < hq : sy_turn(o, p, q) > 0;
}

/* The edge that follows e around the inside: first clockwise from the way back. */
static edge *next_edge(edge *edges, size_t n, const edge *e)
{
    size_t lo = 0, hi = n;
    while (lo < hi) { /* first edge that leaves e->b */
        size_t mid = (lo + hi) / 2;
        if (sy_before(edges[mid].a, e->b)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    edge *below = NULL, *last = NULL;
    for (; lo < n && sy_same(edges[lo].a, e->b); lo++) {
        edge *f = &edges[lo];
        if (f->gone) {
            continue;
        }
        if (angle_less(e->b, f->b, e->a) && (below == NULL || angle_less(e->b, below->b, f->b))) {
            below = f;
        }
        if (last == NULL || angle_less(e->b, last->b, f->b)) {
            last = f;
        }
    }
    return below != NULL ? below : last;
}

typedef struct tracer {
    sy_faces loops; /* one face per ring, area signed */
    sy_pt *path;    /* open path */
    size_t n_path, cap_path;
} tracer;

static gt_status close_loop(gt_ctx *ctx, tracer *t, size_t from)
{
    gt_status st = GT_OK;
    for (size_t i = from; st == GT_OK && i < t->n_path; i++) {
        st = sy_faces_pt(ctx, &t->loops, t->path[i]);
    }
    if (st == GT_OK) {
        st = sy_faces_end_ring(ctx, &t->loops);
    }
    if (st == GT_OK) {
        st = sy_faces_end_face(ctx, &t->loops, 0, 0, 0);
    }
    t->n_path = from;
    return st;
}

/* Index of p on the open path, or n_path. Linear from the end: rings come back to a vertex rarely,
 * and only vertices with several edges are asked for. */
static size_t on_path(const tracer *t, sy_pt p)
{
    for (size_t i = 0; i < t->n_path; i++) {
        if (sy_same(t->path[i], p)) {
            return i;
        }
    }
    return t->n_path;
}

static bool shared_start(const edge *edges, size_t n, size_t i)
{
    return (i > 0 && sy_same(edges[i - 1].a, edges[i].a)) ||
           (i + 1 < n && sy_same(edges[i + 1].a, edges[i].a));
}

/* Follows the boundary from edge `first`; a vertex met again closes a loop of its own. */
static gt_status follow(gt_ctx *ctx, edge *edges, size_t n, edge *first, tracer *t)
{
    t->n_path = 0;
    edge *e = first;
    while (e != NULL) {
        if (shared_start(edges, n, (size_t)(e - edges))) {
            size_t k = on_path(t, e->a);
            if (k < t->n_path) {
                gt_status st = close_loop(ctx, t, k);
                if (st != GT_OK) {
                    return st;
                }
            }
        }
        gt_status st =
            gt_grow(ctx, (void **)&t->path, &t->cap_path, t->n_path + 1, sizeof *t->path);
        if (st != GT_OK) {
            return st;
        }
        t->path[t->n_path++] = e->a;
        e->gone = true;
        e = sy_same(e->b, first->a) && !shared_start(edges, n, (size_t)(first - edges))
                ? NULL
                : next_edge(edges, n, e);
    }
    return close_loop(ctx, t, 0);
}

static bool ring_in(const sy_faces *l, size_t shell, size_t hole)
{
    size_t s = sy_ring_start(l, shell), h = sy_ring_start(l, hole);
    const sy_pt *p = l->pts + h;
    return sy_ring_side(l->pts + s, l->ring_end[shell] - s, (int64_t)p[0].x + p[1].x,
                        (int64_t)p[0].y + p[1].y) > 0;
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

/* Shells with their holes, in the order the shells were traced. */
static gt_status emit_group(gt_ctx *ctx, const sy_faces *l, int32_t group, int unit, sy_faces *out)
{
    size_t *shell = gt_alloc(ctx, l->n_faces, sizeof *shell);
    sy_rect *rect = gt_alloc(ctx, l->n_faces, sizeof *rect);
    if (shell == NULL || rect == NULL) {
        gt_free(ctx, shell);
        gt_free(ctx, rect);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < l->n_faces; i++) {
        size_t s = sy_ring_start(l, i);
        rect[i] = sy_ring_rect(l->pts + s, l->ring_end[i] - s);
    }
    for (size_t h = 0; h < l->n_faces; h++) {
        shell[h] = SIZE_MAX;
        if (l->faces[h].area2 >= 0) {
            continue;
        }
        for (size_t i = 0; i < l->n_faces; i++) {
            if (l->faces[i].area2 > -l->faces[h].area2 && sy_rects_meet(rect[i], rect[h]) &&
                (shell[h] == SIZE_MAX || l->faces[i].area2 < l->faces[shell[h]].area2) &&
                ring_in(l, i, h)) {
                shell[h] = i;
            }
        }
    }
    gt_status st = GT_OK;
    uint32_t part = 0;
    for (size_t i = 0; st == GT_OK && i < l->n_faces; i++) {
        if (l->faces[i].area2 <= 0) {
            continue;
        }
        st = copy_ring(ctx, l, i, out);
        for (size_t h = 0; st == GT_OK && h < l->n_faces; h++) {
            if (shell[h] == i) {
                st = copy_ring(ctx, l, h, out);
            }
        }
        if (st == GT_OK) {
            st = sy_faces_end_face(ctx, out, unit, (uint32_t)group, part++);
        }
    }
    gt_free(ctx, shell);
    gt_free(ctx, rect);
    return st;
}

/* Drops cancelled edges and sorts the others by group and start. */
static size_t cancel_and_sort(edge_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        edge *e = &t->edges[i];
        if (!e->gone && sy_before(e->a, e->b)) {
            edge *twin = table_find(t, e->b, e->a);
            if (twin != NULL && twin->group == e->group) {
                e->gone = twin->gone = true;
            }
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (!t->edges[i].gone) {
            t->edges[kept++] = t->edges[i];
        }
    }
    if (kept > 0) {
        qsort(t->edges, kept, sizeof *t->edges, edge_order);
    }
    return kept;
}

gt_status sy_dissolve(gt_ctx *ctx, const sy_faces *in, const int32_t *group, size_t n_groups,
                      sy_faces *out)
{
    edge_table t = {0};
    tracer tr = {0};
    int16_t *unit = gt_alloc(ctx, n_groups, sizeof *unit);
    gt_status st = unit == NULL ? GT_E_MEMORY : table_fill(ctx, in, group, &t);
    if (st != GT_OK) {
        goto done;
    }
    for (size_t f = in->n_faces; f-- > 0;) {
        if (group[f] >= 0) {
            unit[group[f]] = in->faces[f].unit;
        }
    }
    size_t n = cancel_and_sort(&t);
    for (size_t i = 0; st == GT_OK && i < n;) {
        size_t end = i;
        while (end < n && t.edges[end].group == t.edges[i].group) {
            end++;
        }
        sy_faces_reset(&tr.loops);
        for (size_t k = i; st == GT_OK && k < end; k++) {
            if (!t.edges[k].gone) {
                st = follow(ctx, t.edges + i, end - i, &t.edges[k], &tr);
            }
        }
        if (st == GT_OK) {
            st = emit_group(ctx, &tr.loops, t.edges[i].group, unit[t.edges[i].group], out);
        }
        i = end;
    }
done:
    sy_faces_free(ctx, &tr.loops);
    gt_free(ctx, tr.path);
    gt_free(ctx, unit);
    table_free(ctx, &t);
    return st;
}

static double edge_length(const edge *e)
{
    double dx = (double)e->a.x - e->b.x, dy = (double)e->a.y - e->b.y;
    return sqrt(dx * dx + dy * dy);
}

gt_status sy_best_neighbours(gt_ctx *ctx, const sy_faces *in, const bool *wanted, size_t *best)
{
    edge_table t = {0};
    size_t *other = NULL;
    double *length = NULL;
    size_t cap_other = 0, cap_length = 0;
    gt_status st = table_fill(ctx, in, NULL, &t);
    size_t e = 0;
    for (size_t f = 0; st == GT_OK && f < in->n_faces; f++) {
        best[f] = SIZE_MAX;
        size_t from = e, n = 0;
        while (e < t.n && t.edges[e].face == f) {
            e++;
        }
        if (!wanted[f]) {
            continue;
        }
        st = gt_grow(ctx, (void **)&other, &cap_other, e - from, sizeof *other);
        if (st == GT_OK) {
            st = gt_grow(ctx, (void **)&length, &cap_length, e - from, sizeof *length);
        }
        if (st != GT_OK) {
            break;
        }
        for (size_t i = from; i < e; i++) {
            const edge *twin = table_find(&t, t.edges[i].b, t.edges[i].a);
            if (twin == NULL || in->faces[twin->face].unit != in->faces[f].unit) {
                continue;
            }
            size_t k = 0;
            while (k < n && other[k] != twin->face) {
                k++;
            }
            if (k == n) {
                other[n] = twin->face;
                length[n++] = 0;
            }
            length[k] += edge_length(twin);
        }
        double longest = 0;
        for (size_t k = 0; k < n; k++) {
            if (length[k] > longest) {
                longest = length[k];
                best[f] = other[k];
            }
        }
    }
    gt_free(ctx, other);
    gt_free(ctx, length);
    table_free(ctx, &t);
    return st;
}

static int number_order(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    return (a > b) - (a < b);
}

gt_status sy_neighbours(gt_ctx *ctx, const sy_faces *in, uint32_t **start, uint32_t **next)
{
    edge_table t = {0};
    uint32_t *first = NULL, *list = NULL;
    gt_status st = table_fill(ctx, in, NULL, &t);
    if (st == GT_OK) {
        first = gt_zalloc(ctx, in->n_faces + 1, sizeof *first);
        list = gt_alloc(ctx, t.n, sizeof *list);
        st = first == NULL || list == NULL ? GT_E_MEMORY : GT_OK;
    }
    size_t n = 0, e = 0;
    for (size_t f = 0; st == GT_OK && f < in->n_faces; f++) {
        size_t from = n;
        for (; e < t.n && t.edges[e].face == f; e++) {
            const edge *twin = table_find(&t, t.edges[e].b, t.edges[e].a);
            if (twin != NULL) {
                list[n++] = twin->face;
            }
        }
        if (n > from) {
            qsort(list + from, n - from, sizeof *list, number_order);
        }
        size_t kept = from;
        for (size_t i = from; i < n; i++) {
            if (kept == from || list[kept - 1] != list[i]) {
                list[kept++] = list[i];
            }
        }
        n = kept;
        first[f + 1] = (uint32_t)n;
    }
    table_free(ctx, &t);
    if (st != GT_OK) {
        gt_free(ctx, first);
        gt_free(ctx, list);
        return st;
    }
    *start = first;
    *next = list;
    return GT_OK;
}
