/* Topology-preserving simplification of shared boundaries.
 *
 * Segments are chained into arcs between nodes (where other than two segments meet). Corners of
 * arcs go in order of the area they matter (Visvalingam and Whyatt 1993) while their triangle holds
 * no other vertex of any boundary: then nothing can come to cross, touch or change sides (as JTS's
 * CoverageSimplifier). Neighbours share the simplified arc, so there is no gap and no overlap at
 * any tolerance. One thread; order of work is fixed by areas, then by place in the input. */
#include "weave/simplify.h"

#include <math.h>
#include <string.h>

__extension__ typedef __int128 wide;

typedef struct item {
    double area; /* twice, mm2 */
    uint32_t pos, version;
} item;

typedef struct arc {
    uint32_t first, last; /* positions */
    uint32_t left, right;
    uint32_t inner; /* live positions between the ends */
} arc;

typedef struct simplifier {
    gt_ctx *ctx;
    wv_seg *segs;
    size_t n_segs;
    double limit; /* twice the area below which corners go */
    /* vertices */
    uint32_t *vx, *vy, *table, *degree, *seg_vertex;
    size_t n_vertices, n_table;
    uint32_t *fan_start, *fan; /* segments at each vertex */
    /* arcs: positions are vertices in order along each arc */
    uint32_t *seq, *prev, *next, *arc_of, *version;
    size_t n_seq;
    arc *arcs;
    size_t n_arcs;
    uint8_t *walked;
    /* live vertices by bin */
    uint32_t *bin_start, *bin_count, *bin_list, *bin_slot;
    uint32_t bins;
    double bin_w, bin_h;
    uint32_t lo[2];
    /* arcs without inner positions, by their ends */
    uint64_t *straight;
    size_t n_straight;
    item *heap;
    size_t n_heap, cap_heap;
} simplifier;

static void simplifier_free(simplifier *s)
{
    void *all[] = {s->vx,        s->vy,       s->table,    s->degree,   s->seg_vertex,
                   s->fan_start, s->fan,      s->seq,      s->prev,     s->next,
                   s->arc_of,    s->version,  s->arcs,     s->walked,   s->bin_start,
                   s->bin_count, s->bin_list, s->bin_slot, s->straight, s->heap};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gt_free(s->ctx, all[i]);
    }
}

/* ---- vertices and arcs ---------------------------------------------------------------------- */

static uint32_t vertex_of(simplifier *s, uint32_t x, uint32_t y)
{
    size_t mask = s->n_table - 1;
    size_t h = (size_t)((((uint64_t)x << 32 | y) * 0x9E3779B97F4A7C15ULL) >> 32) & mask;
    for (; s->table[h] != UINT32_MAX; h = (h + 1) & mask) {
        uint32_t v = s->table[h];
        if (s->vx[v] == x && s->vy[v] == y) {
            return v;
        }
    }
    s->vx[s->n_vertices] = x;
    s->vy[s->n_vertices] = y;
    s->table[h] = (uint32_t)s->n_vertices;
    return (uint32_t)s->n_vertices++;
}

static gt_status find_vertices(simplifier *s)
{
    size_t most = 2 * s->n_segs + 1;
    for (s->n_table = 64; s->n_table < 2 * most; s->n_table *= 2) {
    }
    s->vx = gt_alloc(s->ctx, most, sizeof *s->vx);
    s->vy = gt_alloc(s->ctx, most, sizeof *s->vy);
    s->table = gt_alloc(s->ctx, s->n_table, sizeof *s->table);
    s->seg_vertex = gt_alloc(s->ctx, most, sizeof *s->seg_vertex);
    if (s->vx == NULL || s->vy == NULL || s->table == NULL || s->seg_vertex == NULL) {
        return GT_E_MEMORY;
    }
    memset(s->table, 0xFF, s->n_table * sizeof *s->table);
    for (size_t i = 0; i < s->n_segs; i++) {
        s->seg_vertex[2 * i] = vertex_of(s, s->segs[i].x0, s->segs[i].y0);
        s->seg_vertex[2 * i + 1] = vertex_of(s, s->segs[i].x1, s->segs[i].y1);
    }
    gt_free(s->ctx, s->table);
    s->table = NULL;
    s->fan_start = gt_zalloc(s->ctx, s->n_vertices + 2, sizeof *s->fan_start);
    s->fan = gt_alloc(s->ctx, most, sizeof *s->fan);
    if (s->fan_start == NULL || s->fan == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < 2 * s->n_segs; i++) {
        s->fan_start[s->seg_vertex[i] + 2]++;
    }
    for (size_t v = 2; v < s->n_vertices + 2; v++) {
        s->fan_start[v] += s->fan_start[v - 1];
    }
    for (size_t i = 0; i < 2 * s->n_segs; i++) {
        s->fan[s->fan_start[s->seg_vertex[i] + 1]++] = (uint32_t)(i / 2);
    }
    return GT_OK;
}

static uint32_t degree_of(const simplifier *s, uint32_t v)
{
    return s->fan_start[v + 1] - s->fan_start[v];
}

/* Follows an arc from vertex v along segment seg until a node, or back to v. */
static void walk_arc(simplifier *s, uint32_t v, uint32_t seg)
{
    uint32_t start = v;
    arc *a = &s->arcs[s->n_arcs];
    bool forward = s->seg_vertex[2 * (size_t)seg] == v;
    *a = (arc){.first = (uint32_t)s->n_seq,
               .left = forward ? s->segs[seg].left : s->segs[seg].right,
               .right = forward ? s->segs[seg].right : s->segs[seg].left};
    for (;;) {
        s->arc_of[s->n_seq] = (uint32_t)s->n_arcs;
        s->seq[s->n_seq++] = v;
        if (seg == UINT32_MAX) {
            break;
        }
        s->walked[seg] = 1;
        v = s->seg_vertex[2 * (size_t)seg] == v ? s->seg_vertex[2 * (size_t)seg + 1]
                                                : s->seg_vertex[2 * (size_t)seg];
        const uint32_t *fan = s->fan + s->fan_start[v];
        bool ends = v == start || degree_of(s, v) != 2;
        seg = ends ? UINT32_MAX : fan[0] == seg ? fan[1] : fan[0];
    }
    a->last = (uint32_t)s->n_seq - 1;
    a->inner = a->last - a->first - 1;
    s->n_arcs++;
}

static gt_status find_arcs(simplifier *s)
{
    size_t most = 2 * s->n_segs + 1;
    s->walked = gt_zalloc(s->ctx, s->n_segs + 1, 1);
    s->seq = gt_alloc(s->ctx, most, sizeof *s->seq);
    s->arc_of = gt_alloc(s->ctx, most, sizeof *s->arc_of);
    s->arcs = gt_alloc(s->ctx, s->n_segs + 1, sizeof *s->arcs);
    if (s->walked == NULL || s->seq == NULL || s->arc_of == NULL || s->arcs == NULL) {
        return GT_E_MEMORY;
    }
    for (uint32_t v = 0; v < s->n_vertices; v++) { /* from nodes first, */
        for (uint32_t k = s->fan_start[v]; degree_of(s, v) != 2 && k < s->fan_start[v + 1]; k++) {
            if (s->walked[s->fan[k]] == 0) {
                walk_arc(s, v, s->fan[k]);
            }
        }
    }
    for (uint32_t v = 0; v < s->n_vertices; v++) { /* then closed ones */
        uint32_t seg = degree_of(s, v) == 2 ? s->fan[s->fan_start[v]] : UINT32_MAX;
        if (seg != UINT32_MAX && s->walked[seg] == 0) {
            walk_arc(s, v, seg);
        }
    }
    s->prev = gt_alloc(s->ctx, s->n_seq + 1, sizeof *s->prev);
    s->next = gt_alloc(s->ctx, s->n_seq + 1, sizeof *s->next);
    s->version = gt_zalloc(s->ctx, s->n_seq + 1, sizeof *s->version);
    if (s->prev == NULL || s->next == NULL || s->version == NULL) {
        return GT_E_MEMORY;
    }
    for (uint32_t i = 0; i < s->n_seq; i++) {
        s->prev[i] = i - 1;
        s->next[i] = i + 1;
    }
    return GT_OK;
}

/* ---- live vertices by place ----------------------------------------------------------------- */

static uint32_t bin_at(const simplifier *s, double x, double y)
{
    double c = (x - s->lo[0]) / s->bin_w, r = (y - s->lo[1]) / s->bin_h;
    uint32_t cc = c < 0 ? 0 : c >= s->bins ? s->bins - 1 : (uint32_t)c;
    uint32_t rr = r < 0 ? 0 : r >= s->bins ? s->bins - 1 : (uint32_t)r;
    return rr * s->bins + cc;
}

static gt_status fill_bins(simplifier *s)
{
    uint32_t hi[2] = {0, 0};
    s->lo[0] = s->lo[1] = UINT32_MAX;
    for (size_t v = 0; v < s->n_vertices; v++) {
        s->lo[0] = s->vx[v] < s->lo[0] ? s->vx[v] : s->lo[0];
        s->lo[1] = s->vy[v] < s->lo[1] ? s->vy[v] : s->lo[1];
        hi[0] = s->vx[v] > hi[0] ? s->vx[v] : hi[0];
        hi[1] = s->vy[v] > hi[1] ? s->vy[v] : hi[1];
    }
    double side = sqrt((double)s->n_vertices / 2) + 1;
    s->bins = side > 8192 ? 8192 : (uint32_t)side;
    s->bin_w = ((double)hi[0] - s->lo[0] + 1) / s->bins;
    s->bin_h = ((double)hi[1] - s->lo[1] + 1) / s->bins;
    size_t n = (size_t)s->bins * s->bins;
    s->bin_start = gt_zalloc(s->ctx, n + 1, sizeof *s->bin_start);
    s->bin_count = gt_zalloc(s->ctx, n + 1, sizeof *s->bin_count);
    s->bin_list = gt_alloc(s->ctx, s->n_vertices + 1, sizeof *s->bin_list);
    s->bin_slot = gt_alloc(s->ctx, s->n_vertices + 1, sizeof *s->bin_slot);
    if (s->bin_start == NULL || s->bin_count == NULL || s->bin_list == NULL ||
        s->bin_slot == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t v = 0; v < s->n_vertices; v++) {
        s->bin_start[bin_at(s, s->vx[v], s->vy[v]) + 1]++;
    }
    for (size_t b = 0; b < n; b++) {
        s->bin_start[b + 1] += s->bin_start[b];
    }
    for (uint32_t v = 0; v < s->n_vertices; v++) {
        uint32_t b = bin_at(s, s->vx[v], s->vy[v]);
        s->bin_slot[v] = s->bin_start[b] + s->bin_count[b]++;
        s->bin_list[s->bin_slot[v]] = v;
    }
    return GT_OK;
}

static void drop_vertex(simplifier *s, uint32_t v)
{
    uint32_t b = bin_at(s, s->vx[v], s->vy[v]);
    uint32_t last = s->bin_list[s->bin_start[b] + --s->bin_count[b]];
    s->bin_list[s->bin_slot[v]] = last;
    s->bin_slot[last] = s->bin_slot[v];
}

static wide cross(const simplifier *s, uint32_t a, uint32_t b, uint32_t c)
{
    return (wide)((int64_t)s->vx[b] - s->vx[a]) * ((int64_t)s->vy[c] - s->vy[a]) -
           (wide)((int64_t)s->vx[c] - s->vx[a]) * ((int64_t)s->vy[b] - s->vy[a]);
}

/* Does the closed triangle hold a live vertex other than its corners? */
static bool holds_vertex(const simplifier *s, uint32_t p, uint32_t v, uint32_t q)
{
    uint32_t t[3] = {p, v, q}, x0 = UINT32_MAX, y0 = UINT32_MAX, x1 = 0, y1 = 0;
    if (cross(s, p, v, q) < 0) {
        t[1] = q;
        t[2] = v;
    }
    for (int i = 0; i < 3; i++) {
        x0 = s->vx[t[i]] < x0 ? s->vx[t[i]] : x0;
        y0 = s->vy[t[i]] < y0 ? s->vy[t[i]] : y0;
        x1 = s->vx[t[i]] > x1 ? s->vx[t[i]] : x1;
        y1 = s->vy[t[i]] > y1 ? s->vy[t[i]] : y1;
    }
    uint32_t from = bin_at(s, x0, y0), to = bin_at(s, x1, y1);
    for (uint32_t r = from / s->bins; r <= to / s->bins; r++) {
        for (uint32_t c = from % s->bins; c <= to % s->bins; c++) {
            size_t b = (size_t)r * s->bins + c;
            for (uint32_t k = 0; k < s->bin_count[b]; k++) {
                uint32_t u = s->bin_list[s->bin_start[b] + k];
                bool boxed = s->vx[u] >= x0 && s->vx[u] <= x1 && s->vy[u] >= y0 && s->vy[u] <= y1;
                if (boxed && u != p && u != v && u != q && cross(s, t[0], t[1], u) >= 0 &&
                    cross(s, t[1], t[2], u) >= 0 && cross(s, t[2], t[0], u) >= 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* ---- arcs without corners ------------------------------------------------------------------- */

/* Place of the pair of ends in the table of straight arcs: where it is, or where it would go. */
static size_t straight_at(const simplifier *s, const arc *a)
{
    uint64_t p = s->seq[a->first], q = s->seq[a->last];
    uint64_t key = (p < q ? p << 32 | q : q << 32 | p) + 1;
    size_t h = (size_t)((key * 0x9E3779B97F4A7C15ULL) >> 32) & (s->n_straight - 1);
    while (s->straight[h] != 0 && s->straight[h] != key) {
        h = (h + 1) & (s->n_straight - 1);
    }
    return h;
}

static void note_straight(simplifier *s, const arc *a)
{
    uint64_t p = s->seq[a->first], q = s->seq[a->last];
    s->straight[straight_at(s, a)] = (p < q ? p << 32 | q : q << 32 | p) + 1;
}

/* May the arc lose one more corner? A closed one keeps two; two arcs may not fall on one line. */
static bool may_lose(const simplifier *s, const arc *a)
{
    if (s->seq[a->first] == s->seq[a->last]) {
        return a->inner > 2;
    }
    return a->inner > 1 || s->straight[straight_at(s, a)] == 0;
}

static gt_status find_straight(simplifier *s)
{
    for (s->n_straight = 64; s->n_straight < 2 * s->n_arcs; s->n_straight *= 2) {
    }
    s->straight = gt_zalloc(s->ctx, s->n_straight, sizeof *s->straight);
    if (s->straight == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < s->n_arcs; i++) {
        if (s->arcs[i].inner == 0) {
            note_straight(s, &s->arcs[i]);
        }
    }
    return GT_OK;
}

/* ---- heap ----------------------------------------------------------------------------------- */

static bool less(const item *a, const item *b)
{
    return a->area != b->area ? a->area < b->area : a->pos < b->pos;
}

static gt_status push(simplifier *s, item it)
{
    gt_status st = gt_grow(s->ctx, (void **)&s->heap, &s->cap_heap, s->n_heap + 1, sizeof *s->heap);
    if (st != GT_OK) {
        return st;
    }
    size_t i = s->n_heap++;
    for (; i > 0 && less(&it, &s->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        s->heap[i] = s->heap[(i - 1) / 2];
    }
    s->heap[i] = it;
    return GT_OK;
}

static item pop(simplifier *s)
{
    item top = s->heap[0], it = s->heap[--s->n_heap];
    size_t i = 0;
    for (size_t k = 1; k < s->n_heap; k = 2 * i + 1) {
        k += k + 1 < s->n_heap && less(&s->heap[k + 1], &s->heap[k]);
        if (!less(&s->heap[k], &it)) {
            break;
        }
        s->heap[i] = s->heap[k];
        i = k;
    }
    s->heap[i] = it;
    return top;
}

/* Queues a corner when it is small enough; at_least keeps the order of removal monotone. What was
 * queued of it before is void either way: a corner may have grown when its neighbour went. */
static gt_status queue(simplifier *s, uint32_t pos, double at_least)
{
    const arc *a = &s->arcs[s->arc_of[pos]];
    if (pos == a->first || pos == a->last) {
        return GT_OK;
    }
    double area = (double)cross(s, s->seq[s->prev[pos]], s->seq[pos], s->seq[s->next[pos]]);
    area = fabs(area) < at_least ? at_least : fabs(area);
    s->version[pos]++;
    return area < s->limit ? push(s, (item){area, pos, s->version[pos]}) : GT_OK;
}

static gt_status run_queue(simplifier *s)
{
    gt_status st = GT_OK;
    for (uint32_t i = 0; st == GT_OK && i < s->n_seq; i++) {
        st = queue(s, i, 0);
    }
    for (size_t n = 0; st == GT_OK && s->n_heap > 0; n++) {
        item it = pop(s);
        arc *a = &s->arcs[s->arc_of[it.pos]];
        uint32_t p = s->prev[it.pos], q = s->next[it.pos];
        if (n % 4096 == 0) {
            st = gt_check_cancel(s->ctx);
        }
        if (it.version != s->version[it.pos] || !may_lose(s, a) ||
            holds_vertex(s, s->seq[p], s->seq[it.pos], s->seq[q])) {
            continue;
        }
        s->version[it.pos]++;
        drop_vertex(s, s->seq[it.pos]);
        s->next[p] = q;
        s->prev[q] = p;
        if (--a->inner == 0) {
            note_straight(s, a);
        }
        if (st == GT_OK) {
            st = queue(s, p, it.area);
        }
        if (st == GT_OK) {
            st = queue(s, q, it.area);
        }
    }
    return st;
}

gt_status gt_wv_simplify(gt_ctx *ctx, wv_seg *segs, size_t *n, double tolerance)
{
    simplifier s = {.ctx = ctx, .segs = segs, .n_segs = *n, .limit = 2 * tolerance * tolerance};
    if (*n == 0 || *n >= UINT32_MAX / 2) {
        return GT_OK;
    }
    gt_status st = find_vertices(&s);
    if (st == GT_OK) {
        st = find_arcs(&s);
    }
    if (st == GT_OK) {
        st = fill_bins(&s);
    }
    if (st == GT_OK) {
        st = find_straight(&s);
    }
    if (st == GT_OK) {
        st = run_queue(&s);
    }
    size_t k = 0;
    for (size_t i = 0; st == GT_OK && i < s.n_arcs; i++) {
        const arc *a = &s.arcs[i];
        for (uint32_t p = a->first; p != a->last; p = s.next[p]) {
            uint32_t u = s.seq[p], v = s.seq[s.next[p]];
            segs[k++] = (wv_seg){s.vx[u], s.vy[u], s.vx[v], s.vy[v], a->left, a->right};
        }
    }
    *n = st == GT_OK ? k : *n;
    simplifier_free(&s);
    return st;
}
