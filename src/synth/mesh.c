#include "synth/mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/noise.h"

/* ---- density ------------------------------------------------------------------------------------
 */

gt_status sy_density_build(gt_ctx *ctx, const sy_world *world, const double *weight, int n,
                           sy_density *out)
{
    size_t side = (size_t)n + 1;
    out->n = n;
    out->cell = world->side / n;
    out->sum = gt_zalloc(ctx, side * side, sizeof *out->sum);
    if (out->sum == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t j = 0; j < (size_t)n; j++) {
        double row = 0;
        for (size_t i = 0; i < (size_t)n; i++) {
            row += weight[j * (size_t)n + i];
            out->sum[(j + 1) * side + i + 1] = out->sum[j * side + i + 1] + row;
        }
    }
    return GT_OK;
}

void sy_density_free(gt_ctx *ctx, sy_density *d)
{
    gt_free(ctx, d->sum);
    d->sum = NULL;
}

/* Prefix sum at any place: bilinear, which is exact for a density that is constant in a grid cell.
 */
static double prefix(const sy_density *d, int32_t x, int32_t y)
{
    int i = x / d->cell, j = y / d->cell;
    i = i >= d->n ? d->n - 1 : i;
    j = j >= d->n ? d->n - 1 : j;
    double u = (double)(x - i * d->cell) / d->cell, v = (double)(y - j * d->cell) / d->cell;
    size_t side = (size_t)d->n + 1;
    const double *p = d->sum + (size_t)j * side + (size_t)i;
    double low = p[0] + u * (p[1] - p[0]);
    double high = p[side] + u * (p[side + 1] - p[side]);
    return low + v * (high - low);
}

static double expected(const sy_density *d, const sy_leaf *r)
{
    return prefix(d, r->x + r->w, r->y + r->h) - prefix(d, r->x, r->y + r->h) -
           prefix(d, r->x + r->w, r->y) + prefix(d, r->x, r->y);
}

/* ---- tree ---------------------------------------------------------------------------------------
 */

static bool is_leaf(const sy_mesh *m, const sy_leaf *node, double n)
{
    int32_t longest = node->w > node->h ? node->w : node->h;
    /* a threshold of its own for every node mixes sizes, as in real parcels */
    uint64_t h = sy_hash(m->seed, sy_key((sy_pt){node->x, node->y}), (uint64_t)longest + 5);
    return n <= m->per_leaf * (0.5 + sy_unit(h)) || longest <= SY_LEAF_MIN;
}

/* A square is halved across x or y by its hash, a rectangle across its long side. */
static void halve(const sy_mesh *m, const sy_leaf *node, sy_leaf child[2])
{
    bool across_x = node->w > node->h;
    if (node->w == node->h) {
        uint64_t h = sy_hash(m->seed, sy_key((sy_pt){node->x, node->y}), (uint64_t)node->w);
        across_x = (h >> 40 & 1) != 0;
    }
    child[0] = child[1] = *node;
    if (across_x) {
        child[0].w = child[1].w = node->w / 2;
        child[1].x += node->w / 2;
    } else {
        child[0].h = child[1].h = node->h / 2;
        child[1].y += node->h / 2;
    }
}

static sy_leaf root_of(const sy_mesh *m)
{
    return (sy_leaf){0, 0, m->world->side, m->world->side, false};
}

typedef struct block_list {
    sy_block *items;
    size_t n, cap;
    double per_block;
} block_list;

static gt_status walk_blocks(gt_ctx *ctx, const sy_mesh *m, const sy_leaf *node, block_list *out)
{
    double n = expected(m->density, node);
    if (n <= 1e-9) { /* nothing here: rounding of the prefix sums is far below */
        return GT_OK;
    }
    if (n <= out->per_block || is_leaf(m, node, n)) {
        gt_status st =
            gt_grow(ctx, (void **)&out->items, &out->cap, out->n + 1, sizeof *out->items);
        if (st == GT_OK) {
            out->items[out->n++] = (sy_block){node->x, node->y, node->w, node->h, n};
        }
        return st;
    }
    sy_leaf child[2];
    halve(m, node, child);
    gt_status st = walk_blocks(ctx, m, &child[0], out);
    return st == GT_OK ? walk_blocks(ctx, m, &child[1], out) : st;
}

gt_status sy_mesh_blocks(gt_ctx *ctx, const sy_mesh *mesh, double per_block, sy_block **out,
                         size_t *n)
{
    block_list list = {.per_block = fmax(per_block, mesh->per_leaf)};
    sy_leaf root = root_of(mesh);
    gt_status st = walk_blocks(ctx, mesh, &root, &list);
    if (st != GT_OK) {
        gt_free(ctx, list.items);
        return st;
    }
    *out = list.items;
    *n = list.n;
    return GT_OK;
}

static sy_rect rect_of(const sy_leaf *l)
{
    return (sy_rect){l->x, l->y, l->x + l->w, l->y + l->h};
}

static gt_status walk_leaves(gt_ctx *ctx, const sy_mesh *m, const sy_leaf *node, sy_rect block,
                             sy_mesh_work *w)
{
    sy_rect r = rect_of(node);
    if (!sy_rects_meet(r, block)) {
        return GT_OK;
    }
    if (is_leaf(m, node, expected(m->density, node))) {
        gt_status st =
            gt_grow(ctx, (void **)&w->leaves, &w->cap_leaves, w->n_leaves + 1, sizeof *w->leaves);
        if (st == GT_OK) {
            sy_leaf *leaf = &w->leaves[w->n_leaves++];
            *leaf = *node;
            leaf->own =
                r.x0 >= block.x0 && r.x1 <= block.x1 && r.y0 >= block.y0 && r.y1 <= block.y1;
        }
        return st;
    }
    sy_leaf child[2];
    halve(m, node, child);
    gt_status st = walk_leaves(ctx, m, &child[0], block, w);
    return st == GT_OK ? walk_leaves(ctx, m, &child[1], block, w) : st;
}

static size_t walk_count(const sy_mesh *m, const sy_leaf *node,
                         bool (*test)(const void *, double, double), const void *user)
{
    double n = expected(m->density, node);
    if (n <= 1e-9) {
        return 0;
    }
    if (is_leaf(m, node, n)) {
        double x, y;
        sy_warp(m, node->x + 0.5 * node->w, node->y + 0.5 * node->h, &x, &y);
        return test(user, x, y) ? 1 : 0;
    }
    sy_leaf child[2];
    halve(m, node, child);
    return walk_count(m, &child[0], test, user) + walk_count(m, &child[1], test, user);
}

size_t sy_mesh_count(const sy_mesh *mesh, bool (*test)(const void *user, double x, double y),
                     const void *user)
{
    sy_leaf root = root_of(mesh);
    return walk_count(mesh, &root, test, user);
}

/* ---- corners ------------------------------------------------------------------------------------
 */

static int corner_order(const void *pa, const void *pb)
{
    const sy_corner *a = pa, *b = pb;
    if (a->x != b->x) {
        return a->x < b->x ? -1 : 1;
    }
    return (a->y > b->y) - (a->y < b->y);
}

static gt_status collect_corners(gt_ctx *ctx, sy_mesh_work *w)
{
    gt_status st =
        gt_grow(ctx, (void **)&w->corners, &w->cap_corners, 4 * w->n_leaves, sizeof *w->corners);
    if (st != GT_OK) {
        return st;
    }
    size_t n = 0;
    for (size_t i = 0; i < w->n_leaves; i++) {
        const sy_leaf *l = &w->leaves[i];
        int32_t m = l->w < l->h ? l->w : l->h;
        w->corners[n++] = (sy_corner){.x = l->x, .y = l->y, .m = m, .quads = 1};
        w->corners[n++] = (sy_corner){.x = l->x + l->w, .y = l->y, .m = m, .quads = 2};
        w->corners[n++] = (sy_corner){.x = l->x + l->w, .y = l->y + l->h, .m = m, .quads = 4};
        w->corners[n++] = (sy_corner){.x = l->x, .y = l->y + l->h, .m = m, .quads = 8};
    }
    qsort(w->corners, n, sizeof *w->corners, corner_order);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        sy_corner *c = &w->corners[i];
        sy_corner *last = kept > 0 ? &w->corners[kept - 1] : NULL;
        if (last != NULL && last->x == c->x && last->y == c->y) {
            last->quads |= c->quads;
            last->m = c->m < last->m ? c->m : last->m;
        } else {
            w->corners[kept++] = *c;
        }
    }
    w->n_corners = kept;
    return GT_OK;
}

typedef struct row_entry {
    int32_t y, x;
    uint32_t number;
} row_entry;

static int row_order(const void *pa, const void *pb)
{
    const row_entry *a = pa, *b = pb;
    if (a->y != b->y) {
        return a->y < b->y ? -1 : 1;
    }
    return (a->x > b->x) - (a->x < b->x);
}

static gt_status sort_rows(gt_ctx *ctx, sy_mesh_work *w)
{
    row_entry *rows = gt_alloc(ctx, w->n_corners, sizeof *rows);
    gt_status st = GT_E_MEMORY;
    if (rows != NULL) {
        st = gt_grow(ctx, (void **)&w->by_row, &w->cap_by_row, w->n_corners, sizeof *w->by_row);
    }
    if (st == GT_OK) {
        for (size_t i = 0; i < w->n_corners; i++) {
            rows[i] = (row_entry){w->corners[i].y, w->corners[i].x, (uint32_t)i};
        }
        qsort(rows, w->n_corners, sizeof *rows, row_order);
        for (size_t i = 0; i < w->n_corners; i++) {
            w->by_row[i] = rows[i].number;
        }
    }
    gt_free(ctx, rows);
    return st;
}

gt_status sy_mesh_open(gt_ctx *ctx, const sy_mesh *mesh, const sy_block *block, sy_mesh_work *work)
{
    work->n_leaves = 0;
    sy_leaf root = root_of(mesh);
    sy_rect r = {block->x, block->y, block->x + block->w, block->y + block->h};
    gt_status st = walk_leaves(ctx, mesh, &root, r, work);
    if (st == GT_OK) {
        st = collect_corners(ctx, work);
    }
    return st == GT_OK ? sort_rows(ctx, work) : st;
}

void sy_mesh_work_free(gt_ctx *ctx, sy_mesh_work *w)
{
    gt_free(ctx, w->leaves);
    gt_free(ctx, w->corners);
    gt_free(ctx, w->by_row);
    gt_free(ctx, w->ring);
    gt_free(ctx, w->on);
    memset(w, 0, sizeof *w);
}

/* ---- vertices -----------------------------------------------------------------------------------
 */

/* Two octaves of value noise; amplitude / wavelength bounds the slope: 3.75 * (0.05 + 0.03) = 0.3
 * per component, 0.6 for both together in the worst case. */
void sy_warp(const sy_mesh *mesh, double x, double y, double *wx, double *wy)
{
    static const double length[2] = {48e6, 15e6}, height[2] = {2.4e6, 0.45e6};
    *wx = x, *wy = y;
    for (int i = 0; i < 2; i++) {
        uint64_t s = mesh->seed + 101 * (uint64_t)i;
        *wx += height[i] * sy_noise(sy_mix(s ^ 0x77), x / length[i], y / length[i]);
        *wy += height[i] * sy_noise(sy_mix(s ^ 0x99), x / length[i], y / length[i]);
    }
}

static sy_pt place(const sy_mesh *m, double x, double y)
{
    double wx, wy;
    sy_warp(m, x, y, &wx, &wy);
    return (sy_pt){(int32_t)llround(wx), (int32_t)llround(wy)};
}

enum { ATTEMPTS = 24 };

/* Displaced and warped vertices of a corner; another hash is tried while one is too near a border.
 */
static void make_corner(const sy_mesh *mesh, sy_corner *c)
{
    c->split = c->quads == 15;
    uint64_t id = sy_key((sy_pt){c->x, c->y});
    c->to_east = (sy_hash(mesh->seed, id, 7) >> 33 & 1) != 0;
    double jitter = (c->split ? 0.10 : 0.19) * c->m;
    double pull = c->split ? 0.092 * c->m : 0;
    double side = c->to_east ? 1 : -1;
    for (uint64_t k = 0; k < ATTEMPTS; k++) {
        double dx = jitter * sy_sym(sy_hash(mesh->seed, id, 16 + 2 * k));
        double dy = jitter * sy_sym(sy_hash(mesh->seed, id, 17 + 2 * k));
        c->ax = c->x + dx + side * pull, c->ay = c->y + dy + pull;
        c->bx = c->x + dx - side * pull, c->by = c->y + dy - pull;
        c->a = place(mesh, c->ax, c->ay);
        c->b = c->split ? place(mesh, c->bx, c->by) : c->a;
        if (sy_border_clear(mesh->border, c->a, SY_CLEAR) &&
            (!c->split || sy_border_clear(mesh->border, c->b, SY_CLEAR))) {
            break;
        }
    }
    c->made = true;
}

static sy_corner *find_corner(const sy_mesh *mesh, sy_mesh_work *w, int32_t x, int32_t y)
{
    sy_corner key = {.x = x, .y = y};
    sy_corner *c = bsearch(&key, w->corners, w->n_corners, sizeof *w->corners, corner_order);
    if (c != NULL && !c->made) {
        make_corner(mesh, c);
    }
    return c;
}

typedef enum direction { UP = 0, LEFT, DOWN, RIGHT } direction;

/* Whether the edge that leaves the corner in that direction is fixed to vertex a. */
static bool at_a(const sy_corner *c, direction d)
{
    if (!c->split || d == UP) {
        return true;
    }
    return d != DOWN && (d == RIGHT) == c->to_east;
}

static gt_status push(gt_ctx *ctx, sy_mesh_work *w, sy_pt p)
{
    if (w->n_ring > 0 && sy_same(w->ring[w->n_ring - 1], p)) {
        return GT_OK;
    }
    gt_status st = gt_grow(ctx, (void **)&w->ring, &w->cap_ring, w->n_ring + 1, sizeof *w->ring);
    if (st == GT_OK) {
        w->ring[w->n_ring++] = p;
    }
    return st;
}

enum { BENDS = 3 };

/* Bend points of the edge from c upwards or to the right (its canonical direction), in order. */
static int bend_points(const sy_mesh *mesh, const sy_corner *c, const sy_corner *d, direction dir,
                       sy_pt out[BENDS])
{
    bool ca = at_a(c, dir), da = at_a(d, dir == UP ? DOWN : LEFT);
    double x0 = ca ? c->ax : c->bx, y0 = ca ? c->ay : c->by;
    double dx = (da ? d->ax : d->bx) - x0, dy = (da ? d->ay : d->by) - y0;
    double len = sqrt(dx * dx + dy * dy);
    double room = fmin(len, (double)(c->m < d->m ? c->m : d->m));
    uint64_t id = sy_key((sy_pt){c->x, c->y}), salt = dir == UP ? 1000 : 2000;
    if (room < 6000.0) { /* below 6 m a bend would be smaller than survey accuracy */
        return 0;
    }
    int n = 1 + (int)(sy_hash(mesh->seed, id, salt) % BENDS);
    for (int i = 0; i < n; i++) {
        for (uint64_t k = 0; k < ATTEMPTS; k++) {
            uint64_t s = salt + 10 + 100 * (uint64_t)i + 2 * k;
            double t = (i + 0.5 + 0.3 * sy_sym(sy_hash(mesh->seed, id, s))) / n;
            double off = 0.2 * room * fmin(t, 1 - t) * sy_sym(sy_hash(mesh->seed, id, s + 1));
            out[i] = place(mesh, x0 + t * dx - off * dy / len, y0 + t * dy + off * dx / len);
            if (sy_border_clear(mesh->border, out[i], SY_CLEAR)) {
                break;
            }
        }
    }
    return n;
}

/* The edge from corner c to its next corner d along `dir`, without c's vertex, with d's. */
static gt_status push_edge(gt_ctx *ctx, const sy_mesh *mesh, sy_mesh_work *w, const sy_corner *c,
                           const sy_corner *d, direction dir)
{
    sy_pt bend[BENDS];
    bool canonical = dir == UP || dir == RIGHT;
    int n = canonical ? bend_points(mesh, c, d, dir, bend)
                      : bend_points(mesh, d, c, dir == DOWN ? UP : RIGHT, bend);
    gt_status st = push(ctx, w, at_a(c, dir) ? c->a : c->b);
    for (int i = 0; st == GT_OK && i < n; i++) {
        st = push(ctx, w, bend[canonical ? i : n - 1 - i]);
    }
    direction back = (direction)((dir + 2) % 4);
    return st == GT_OK ? push(ctx, w, at_a(d, back) ? d->a : d->b) : st;
}

/* Side of a leaf from (x, y) to (tx, ty), through every corner that lies on it. */
static gt_status push_side(gt_ctx *ctx, const sy_mesh *mesh, sy_mesh_work *w, sy_pt from, sy_pt to,
                           direction dir)
{
    bool along_y = dir == UP || dir == DOWN;
    sy_pt low = along_y ? (dir == UP ? from : to) : (dir == RIGHT ? from : to);
    sy_corner *first = find_corner(mesh, w, low.x, low.y);
    size_t i = 0;
    if (!along_y) { /* position of the low corner in the list by rows */
        size_t a = 0, b = w->n_corners;
        while (a < b) {
            size_t mid = (a + b) / 2;
            const sy_corner *c = &w->corners[w->by_row[mid]];
            if (c->y < low.y || (c->y == low.y && c->x < low.x)) {
                a = mid + 1;
            } else {
                b = mid;
            }
        }
        i = a;
    }
    /* corners on the side, low to high: consecutive in the order that runs along it */
    int32_t end = along_y ? (dir == UP ? to.y : from.y) : (dir == RIGHT ? to.x : from.x);
    size_t n = 0;
    for (sy_corner *c = first;; c = along_y ? c + 1 : &w->corners[w->by_row[++i]]) {
        gt_status st = gt_grow(ctx, (void **)&w->on, &w->cap_on, n + 1, sizeof(sy_corner *));
        if (st != GT_OK) {
            return st;
        }
        if (!c->made) {
            make_corner(mesh, c);
        }
        w->on[n++] = c;
        if ((along_y ? c->y : c->x) == end) {
            break;
        }
    }
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k + 1 < n; k++) {
        bool up = dir == UP || dir == RIGHT;
        st = push_edge(ctx, mesh, w, w->on[up ? k : n - 1 - k], w->on[up ? k + 1 : n - 2 - k], dir);
    }
    return st;
}

gt_status sy_mesh_ring(gt_ctx *ctx, const sy_mesh *mesh, sy_mesh_work *work, size_t i)
{
    const sy_leaf *l = &work->leaves[i];
    sy_pt sw = {l->x, l->y}, se = {l->x + l->w, l->y};
    sy_pt ne = {l->x + l->w, l->y + l->h}, nw = {l->x, l->y + l->h};
    work->n_ring = 0;
    gt_status st = push_side(ctx, mesh, work, sw, se, RIGHT);
    if (st == GT_OK) {
        st = push_side(ctx, mesh, work, se, ne, UP);
    }
    if (st == GT_OK) {
        st = push_side(ctx, mesh, work, ne, nw, LEFT);
    }
    if (st == GT_OK) {
        st = push_side(ctx, mesh, work, nw, sw, DOWN);
    }
    while (work->n_ring > 1 && sy_same(work->ring[0], work->ring[work->n_ring - 1])) {
        work->n_ring--;
    }
    return st;
}
