/* Merging small patches by intent: weave -> patches of one class -> each small patch to its nearest
 * kin among the neighbours -> weave again, dissolved by what the patches became, borders simplified
 * together.
 *
 * Neighbours are found by edges: weave gives every shared edge to both sides, in opposite
 * directions, so the owner of the reversed edge is the neighbour. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/weave.h"
#include "serve/shapes.h"

static const char several[] = "*"; /* class of places where classes overlap */

typedef struct edge {
    int32_t ax, ay, bx, by; /* thousandths of a unit: the grid of weave */
    uint32_t patch;         /* plus 1; 0: free */
} edge;

typedef struct link {
    uint32_t to;
    float length;
} link;

typedef struct merger {
    gt_ctx *ctx;
    const gt_merge_options *options;
    double least;
    gt_shapes patches;
    uint32_t *ends;        /* 1, 2, 3 ...: every part a feature */
    double *own;           /* area of each patch */
    double *area;          /* of the group at its root */
    uint32_t *root, *next; /* groups: union-find, and a ring of members */
    edge *edges;
    size_t n_slots;
    link *links;
    uint32_t *link_end;
    double *shared;            /* per root: border with the patch looked at */
    uint32_t *touched, *order; /* scratch; patches by area */
    double *owed;              /* per class */
    gt_shapes *out;
    bool two; /* layers in the weave */
} merger;

/* ---- weave ------------------------------------------------------------------------------------
 */

/* Shapes, and squares that lie over them or NULL. */
static gt_status weave(merger *m, const gt_shapes *s, const gt_shapes *over, gt_weave **out)
{
    gt_weave_options options;
    gt_weave_batch batches[2];
    const gt_shapes *const both[2] = {s, over};
    uint32_t n_layers = over == NULL ? 1 : 2;
    size_t n = over != NULL && over->n_parts > s->n_parts ? over->n_parts : s->n_parts;
    gt_free(m->ctx, m->ends);
    m->ends = gt_alloc(m->ctx, n + 1, sizeof *m->ends);
    if (m->ends == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        m->ends[i] = (uint32_t)i + 1;
    }
    for (uint32_t i = 0; i < n_layers; i++) {
        batches[i] = (gt_weave_batch){.layer = i,
                                      .n_features = both[i]->n_parts,
                                      .xy = both[i]->xy,
                                      .ring_end = both[i]->ring_end,
                                      .part_end = both[i]->part_end,
                                      .feature_end = m->ends};
    }
    gt_weave_options_init(&options);
    options.keep_lines = true;
    options.sliver_width = 0.001;
    return gt_weave_run(m->ctx, n_layers, batches, n_layers, &options, out);
}

static gt_status keep(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                      const gt_geom *geom)
{
    merger *m = user;
    bool covered = m->two && codes[1] < GT_WEAVE_SEVERAL;
    uint32_t klass = covered || codes[0] == GT_WEAVE_NONE ? codes[1] : codes[0];
    gt_status st = GT_OK;
    (void)m2;
    (void)plane_m2;
    if (klass == GT_WEAVE_SEVERAL) {
        st = gt_shapes_class(ctx, m->out, several, &klass);
    }
    return st == GT_OK ? gt_shapes_geom(ctx, m->out, geom, klass) : st;
}

static bool wanted(void *user, const uint32_t *codes)
{
    const merger *m = user;
    return codes[0] != GT_WEAVE_NONE || (m->two && codes[1] != GT_WEAVE_NONE);
}

/* Parts of s joined by their codes, with what lies over them, into out. */
static gt_status dissolve(merger *m, const gt_shapes *s, const gt_shapes *over, double tolerance,
                          gt_shapes *out)
{
    gt_weave *woven = NULL;
    gt_weave_view view;
    const gt_shapes *top = over != NULL && over->n_parts > 0 ? over : NULL;
    if (s->n_parts == 0 && top != NULL) {
        s = top;
        top = NULL;
    }
    const uint32_t *const codes[2] = {s->klass, top == NULL ? NULL : top->klass};
    const size_t lens[2] = {s->n_parts, top == NULL ? 0 : top->n_parts};
    if (s->n_parts == 0) {
        return GT_OK;
    }
    gt_status st = weave(m, s, top, &woven);
    gt_weave_view_init(&view);
    view.code_of = codes;
    view.code_len = lens;
    view.want = wanted;
    view.tolerance = tolerance;
    m->out = out;
    m->two = top != NULL;
    st = st == GT_OK ? gt_weave_polygons(m->ctx, woven, &view, keep, m) : st;
    gt_weave_free(m->ctx, woven);
    return st;
}

/* ---- neighbours -------------------------------------------------------------------------------
 */

static size_t slot_of(const merger *m, const edge *e)
{
    uint64_t h = (uint64_t)(uint32_t)e->ax * 0x9E3779B97F4A7C15ULL;
    h = (h ^ (h >> 29) ^ (uint32_t)e->ay) * 0xBF58476D1CE4E5B9ULL;
    h = (h ^ (h >> 32) ^ (uint32_t)e->bx) * 0x94D049BB133111EBULL;
    h = (h ^ (h >> 31) ^ (uint32_t)e->by) * 0x9E3779B97F4A7C15ULL;
    size_t at = (size_t)(h >> 20) & (m->n_slots - 1);
    while (m->edges[at].patch != 0 && memcmp(&m->edges[at], e, 4 * sizeof e->ax) != 0) {
        at = (at + 1) & (m->n_slots - 1);
    }
    return at;
}

static int32_t grid(double v)
{
    return (int32_t)llround(v * 1000);
}

static edge edge_at(const gt_shapes *s, size_t point)
{
    const double *p = &s->xy[2 * point];
    return (edge){grid(p[0]), grid(p[1]), grid(p[2]), grid(p[3]), 0};
}

/* Calls for every edge of every patch: first to enter it, then to count, then to write its link. */
typedef void (*edge_fn)(merger *m, uint32_t patch, const edge *e);

static void each_edge(merger *m, edge_fn fn)
{
    const gt_shapes *s = &m->patches;
    size_t ring = 0, point = 0;
    for (size_t p = 0; p < s->n_parts; p++) {
        for (; ring < s->part_end[p]; ring++) {
            for (; point + 1 < s->ring_end[ring]; point++) {
                const edge e = edge_at(s, point);
                fn(m, (uint32_t)p, &e);
            }
            point++;
        }
    }
}

static void enter(merger *m, uint32_t patch, const edge *e)
{
    size_t at = slot_of(m, e);
    m->edges[at] = *e;
    m->edges[at].patch = patch + 1;
}

/* Patch on the other side, plus 1; 0: nothing. Only small patches ask. */
static uint32_t across(const merger *m, uint32_t patch, const edge *e)
{
    const edge back = {e->bx, e->by, e->ax, e->ay, 0};
    if (m->area[patch] >= m->least) {
        return 0;
    }
    uint32_t other = m->edges[slot_of(m, &back)].patch;
    return other == patch + 1 ? 0 : other;
}

static void count_link(merger *m, uint32_t patch, const edge *e)
{
    m->link_end[patch] += across(m, patch, e) != 0 ? 1 : 0;
}

static void write_link(merger *m, uint32_t patch, const edge *e)
{
    uint32_t other = across(m, patch, e);
    if (other != 0) {
        double dx = (double)e->bx - e->ax, dy = (double)e->by - e->ay;
        m->links[m->link_end[patch]++] = (link){other - 1, (float)hypot(dx, dy)};
    }
}

static gt_status find_links(merger *m)
{
    size_t n = m->patches.n_parts, total = 0;
    for (m->n_slots = 64; m->n_slots < 2 * m->patches.n_points; m->n_slots *= 2) {
    }
    m->edges = gt_zalloc(m->ctx, m->n_slots, sizeof *m->edges);
    m->link_end = gt_zalloc(m->ctx, n + 1, sizeof *m->link_end);
    if (m->edges == NULL || m->link_end == NULL) {
        return GT_E_MEMORY;
    }
    each_edge(m, enter);
    each_edge(m, count_link);
    for (size_t i = 0; i < n; i++) { /* counts become beginnings; writing makes them ends */
        uint32_t count = m->link_end[i];
        m->link_end[i] = (uint32_t)total;
        total += count;
    }
    m->links = gt_alloc(m->ctx, total + 1, sizeof *m->links);
    if (m->links == NULL) {
        return GT_E_MEMORY;
    }
    each_edge(m, write_link);
    return GT_OK;
}

/* ---- groups -----------------------------------------------------------------------------------
 */

static uint32_t find(merger *m, uint32_t i)
{
    while (m->root[i] != i) {
        m->root[i] = m->root[m->root[i]];
        i = m->root[i];
    }
    return i;
}

static const char *class_of(const merger *m, uint32_t patch)
{
    return m->patches.texts[m->patches.klass[patch]];
}

/* How much a border with a class counts: once, and once more for every letter the codes share. */
static double kinship(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] != '\0' && a[n] == b[n]) {
        n++;
    }
    return 1.0 + (double)n;
}

/* The neighbour a group goes to; itself when it stands alone. */
static uint32_t kin_of(merger *m, uint32_t group)
{
    size_t n = 0;
    uint32_t best = group, i = group;
    double most = 0;
    do {
        uint32_t from = i == 0 ? 0 : m->link_end[i - 1];
        for (uint32_t k = from; k < m->link_end[i]; k++) {
            uint32_t to = find(m, m->links[k].to);
            if (to == group) {
                continue;
            }
            if (m->shared[to] == 0) {
                m->touched[n++] = to;
            }
            m->shared[to] += (double)m->links[k].length + 1e-9;
        }
        i = m->next[i];
    } while (i != group);
    for (size_t k = 0; k < n; k++) {
        uint32_t to = m->touched[k];
        double weight = m->shared[to] * kinship(class_of(m, group), class_of(m, to));
        m->shared[to] = 0;
        if (weight > most || (weight == most && to < best)) {
            most = weight;
            best = to;
        }
    }
    return best;
}

static void join(merger *m, uint32_t group, uint32_t to)
{
    uint32_t t = m->next[group];
    m->root[group] = to;
    m->area[to] += m->area[group];
    m->next[group] = m->next[to];
    m->next[to] = t;
}

typedef struct ranked {
    double area;
    uint32_t patch;
} ranked;

static int by_area(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    int order = (x->area > y->area) - (x->area < y->area);
    return order != 0 ? order : (x->patch > y->patch) - (x->patch < y->patch);
}

/* The least area with which not more than most_parts are left: patches as large, and a square for
 * every such area that the others have together. */
static double least_area(const merger *m, const ranked *list, size_t n)
{
    double least = fmax(m->options->min_area, 1e-3), small = 0;
    size_t i = 0;
    for (;; least *= 1.1) {
        for (; i < n && list[i].area < least; i++) {
            small += list[i].area;
        }
        if (i == n || (double)(n - i) + small / least <= (double)m->options->most_parts) {
            return least;
        }
    }
}

static gt_status rank_patches(merger *m)
{
    const gt_shapes *s = &m->patches;
    size_t ring = 0, n = s->n_parts;
    ranked *list = gt_alloc(m->ctx, n + 1, sizeof *list);
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t p = 0; p < n; p++) {
        double area = 0;
        for (bool shell = true; ring < s->part_end[p]; ring++, shell = false) {
            area += (shell ? 1 : -1) * fabs(gt_shapes_ring_area(s, ring));
        }
        m->own[p] = m->area[p] = area;
        m->root[p] = m->next[p] = (uint32_t)p;
        list[p] = (ranked){area, (uint32_t)p};
    }
    qsort(list, n, sizeof *list, by_area);
    for (size_t p = 0; p < n; p++) {
        m->order[p] = list[p].patch;
    }
    m->least = least_area(m, list, n);
    gt_free(m->ctx, list);
    return GT_OK;
}

static void merge_small(merger *m)
{
    for (size_t k = 0; k < m->patches.n_parts; k++) {
        uint32_t group = find(m, m->order[k]);
        if (m->area[group] < m->least) {
            uint32_t to = kin_of(m, group);
            if (to != group) {
                join(m, group, to);
            }
        }
    }
}

/* ---- what becomes of them ---------------------------------------------------------------------
 */

static gt_box part_box(const gt_shapes *s, size_t part)
{
    size_t ring = part == 0 ? 0 : s->part_end[part - 1];
    size_t i = ring == 0 ? 0 : s->ring_end[ring - 1];
    gt_box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (; i < s->ring_end[ring]; i++) {
        box.xmin = fmin(box.xmin, s->xy[2 * i]);
        box.xmax = fmax(box.xmax, s->xy[2 * i]);
        box.ymin = fmin(box.ymin, s->xy[2 * i + 1]);
        box.ymax = fmax(box.ymax, s->xy[2 * i + 1]);
    }
    return box;
}

static uint64_t interleaved(gt_box box)
{
    uint64_t x = (uint64_t)fmax(0, box.xmin + box.xmax), y = (uint64_t)fmax(0, box.ymin + box.ymax);
    uint64_t z = 0;
    for (int bit = 0; bit < 16; bit++) {
        z |= (x >> bit & 1) << (2 * bit) | (y >> bit & 1) << (2 * bit + 1);
    }
    return z;
}

/* Squares stand on a grid of their own, one in a place: side is that of least area or more. */
typedef struct board {
    uint64_t *taken;
    long across;
    double side;
} board;

static gt_status board_open(const merger *m, board *out)
{
    out->across = (long)fmax(1, floor(4096 / sqrt(m->least)));
    out->side = 4096.0 / (double)out->across;
    out->taken = gt_zalloc(m->ctx, (size_t)(out->across * out->across) / 64 + 1, sizeof(uint64_t));
    return out->taken == NULL ? GT_E_MEMORY : GT_OK;
}

static bool take_place(board *b, long x, long y)
{
    if (x < 0 || y < 0 || x >= b->across || y >= b->across) {
        return false;
    }
    size_t bit = (size_t)(y * b->across + x);
    bool free = (b->taken[bit / 64] >> bit % 64 & 1) == 0;
    b->taken[bit / 64] |= 1ULL << bit % 64;
    return free;
}

/* The free place nearest to a patch, at most three away; false when there is none. */
static bool find_place(board *b, gt_box at, long *x, long *y)
{
    enum { FAR = 3 };
    long cx = (long)floor((at.xmin + at.xmax) / 2 / b->side);
    long cy = (long)floor((at.ymin + at.ymax) / 2 / b->side);
    for (long r = 0; r <= FAR; r++) {
        for (long dy = -r; dy <= r; dy++) {
            for (long dx = -r; dx <= r; dx += labs(dy) == r || r == 0 ? 1 : 2 * r) {
                if (take_place(b, cx + dx, cy + dy)) {
                    *x = cx + dx;
                    *y = cy + dy;
                    return true;
                }
            }
        }
    }
    return false;
}

static gt_status put_square(merger *m, const board *b, long x, long y, uint32_t klass,
                            gt_shapes *out)
{
    static const long turn[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    gt_status st = GT_OK;
    for (int i = 0; st == GT_OK && i < 4; i++) {
        st = gt_shapes_point(m->ctx, out, b->side * (double)(x + turn[i][0]),
                             b->side * (double)(y + turn[i][1]));
    }
    st = st == GT_OK ? gt_shapes_ring(m->ctx, out) : st;
    return st == GT_OK ? gt_shapes_part(m->ctx, out, klass) : st;
}

/* Patches that changed class, or stand alone and go, are owed to their class, in an order that
 * keeps near what is near. */
static gt_status pay(merger *m, gt_shapes *out)
{
    const gt_shapes *s = &m->patches;
    gt_status st = GT_OK;
    size_t n = 0;
    board places = {0};
    ranked *list = gt_alloc(m->ctx, s->n_parts + 1, sizeof *list);
    m->owed = gt_zalloc(m->ctx, s->n_texts + 1, sizeof *m->owed);
    st = list == NULL || m->owed == NULL ? GT_E_MEMORY : board_open(m, &places);
    if (st != GT_OK) {
        gt_free(m->ctx, list);
        return st;
    }
    for (uint32_t p = 0; p < s->n_parts; p++) {
        uint32_t group = find(m, p);
        bool lost = m->area[group] < m->least || s->klass[group] != s->klass[p];
        if (lost && strcmp(class_of(m, p), several) != 0) {
            list[n++] = (ranked){(double)interleaved(part_box(s, p)), p};
        }
    }
    qsort(list, n, sizeof *list, by_area);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        uint32_t p = list[i].patch, group = find(m, p);
        double *owed = &m->owed[s->klass[p]], *lent = &m->owed[s->klass[group]];
        bool alone = m->area[group] < m->least;
        *owed += m->own[p];
        *lent -= alone ? 0 : m->own[p]; /* who gained owes */
        long x = 0, y = 0;
        if (*owed >= places.side * places.side && find_place(&places, part_box(s, p), &x, &y)) {
            st = put_square(m, &places, x, y, s->klass[p], out);
            *owed -= places.side * places.side;
            *lent += alone ? 0 : places.side * places.side;
        }
    }
    gt_free(m->ctx, list);
    gt_free(m->ctx, places.taken);
    return st;
}

/* What is kept: patches of groups that are large enough, without their small holes. */
static gt_status kept(merger *m, gt_shapes *out)
{
    const gt_shapes *s = &m->patches;
    gt_status st = GT_OK;
    for (size_t p = 0; st == GT_OK && p < s->n_parts; p++) {
        size_t ring = p == 0 ? 0 : s->part_end[p - 1];
        uint32_t group = find(m, (uint32_t)p);
        if (m->area[group] < m->least) {
            continue;
        }
        for (bool shell = true; st == GT_OK && ring < s->part_end[p]; ring++, shell = false) {
            size_t i = ring == 0 ? 0 : s->ring_end[ring - 1];
            if (!shell && fabs(gt_shapes_ring_area(s, ring)) < m->least) {
                continue;
            }
            for (; st == GT_OK && i < s->ring_end[ring]; i++) {
                st = gt_shapes_point(m->ctx, out, s->xy[2 * i], s->xy[2 * i + 1]);
            }
            st = st == GT_OK ? gt_shapes_ring(m->ctx, out) : st;
        }
        st = st == GT_OK ? gt_shapes_part(m->ctx, out, s->klass[group]) : st;
    }
    return st;
}

static gt_status prepare(merger *m)
{
    size_t n = m->patches.n_parts + 1;
    m->own = gt_zalloc(m->ctx, n, sizeof *m->own);
    m->area = gt_zalloc(m->ctx, n, sizeof *m->area);
    m->root = gt_zalloc(m->ctx, n, sizeof *m->root);
    m->next = gt_zalloc(m->ctx, n, sizeof *m->next);
    m->shared = gt_zalloc(m->ctx, n, sizeof *m->shared);
    m->touched = gt_zalloc(m->ctx, n, sizeof *m->touched);
    m->order = gt_zalloc(m->ctx, n, sizeof *m->order);
    bool good = m->own != NULL && m->area != NULL && m->root != NULL && m->next != NULL &&
                m->shared != NULL && m->touched != NULL && m->order != NULL;
    return good ? GT_OK : GT_E_MEMORY;
}

static void end(merger *m)
{
    void *const blocks[] = {m->ends,   m->area,    m->root,  m->next, m->edges,    m->links,
                            m->shared, m->touched, m->order, m->owed, m->link_end, m->own};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        gt_free(m->ctx, blocks[i]);
    }
    gt_shapes_free(m->ctx, &m->patches);
}

/* The classes of `from` in the same places, so that indexes mean the same. */
static gt_status same_classes(gt_ctx *ctx, const gt_shapes *from, gt_shapes *to)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < from->n_texts; i++) {
        uint32_t klass = 0;
        st = gt_shapes_class(ctx, to, from->texts[i], &klass);
    }
    return st;
}

gt_status gt_merge(gt_ctx *ctx, const gt_shapes *in, const gt_merge_options *options,
                   gt_shapes *out, double *least)
{
    merger m = {.ctx = ctx, .options = options};
    gt_shapes large, squares;
    gt_shapes_init(&large);
    gt_shapes_init(&squares);
    gt_shapes_free(ctx, out); /* its classes, too: indexes of another tile mean something else */
    gt_status st = same_classes(ctx, in, &m.patches);
    st = st == GT_OK ? dissolve(&m, in, NULL, 0, &m.patches) : st;
    st = st == GT_OK ? same_classes(ctx, &m.patches, &large) : st;
    st = st == GT_OK ? same_classes(ctx, &m.patches, &squares) : st;
    st = st == GT_OK ? same_classes(ctx, &m.patches, out) : st;
    st = st == GT_OK ? prepare(&m) : st;
    st = st == GT_OK ? rank_patches(&m) : st;
    st = st == GT_OK ? find_links(&m) : st;
    if (st == GT_OK) {
        merge_small(&m);
        st = pay(&m, &squares);
    }
    st = st == GT_OK ? kept(&m, &large) : st;
    st = st == GT_OK ? dissolve(&m, &large, &squares, options->tolerance, out) : st;
    *least = m.least;
    gt_shapes_free(ctx, &large);
    gt_shapes_free(ctx, &squares);
    end(&m);
    return st;
}
