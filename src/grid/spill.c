/* The graph of a flood in tiles: its nodes are the numbers that pass 1 gave (fill.c), its edges the
 * passes between them, in the tiles and over their borders. Flooding it from the outside gives each
 * number the level it is raised to (Barnes 2016).
 *
 * Of the passes in a tile only a least spanning tree is kept: it holds the lowest way between any
 * two numbers, and there are fewer edges than numbers in it. */
#include <math.h>
#include <stdlib.h>

#include "grid/flow.h"

gt_status flow_add_pass(gt_ctx *ctx, flow_passes *p, uint32_t a, uint32_t b, float z)
{
    gt_status st = GT_OK;
    if (p->n == p->cap) {
        st = gt_grow(ctx, (void **)&p->list, &p->cap, p->n + 1, sizeof *p->list);
    }
    if (st == GT_OK) {
        p->list[p->n++] = (flow_pass){a, b, z};
    }
    return st;
}

static uint32_t number_of(const flow_run *f, size_t tile, uint32_t label)
{
    return label == FLOW_OUTSIDE ? 0 : f->base[tile] + label - FLOW_OUTSIDE;
}

/* The pass between a border cell and one of another tile (SIZE_MAX: the end of the grid). Runs of
 * the same pair become one. */
static gt_status over_border(gt_ctx *ctx, const flow_run *f, size_t i, size_t j, flow_passes *all)
{
    const flow_rims *rims = &f->rims;
    if (j == SIZE_MAX || rims->label[i] == FLOW_BLOCKED) {
        return GT_OK; /* cells at the end of the grid are OUTSIDE already */
    }
    bool out = rims->label[j] == FLOW_BLOCKED;
    uint32_t a = number_of(f, i / rims->per_tile, rims->label[i]);
    uint32_t b = out ? 0 : number_of(f, j / rims->per_tile, rims->label[j]);
    uint32_t lo = a < b ? a : b, hi = a < b ? b : a;
    float z = out || rims->z[i] > rims->z[j] ? rims->z[i] : rims->z[j];
    flow_pass *last = all->n > 0 ? &all->list[all->n - 1] : NULL;
    if (a == b || (!out && j < i)) { /* each pair once */
        return GT_OK;
    }
    if (last != NULL && last->a == lo && last->b == hi) {
        last->z = z < last->z ? z : last->z;
        return GT_OK;
    }
    return flow_add_pass(ctx, all, lo, hi, z);
}

/* All passes from the border of a tile over it. */
static gt_status around_tile(gt_ctx *ctx, const flow_run *f, size_t tile, flow_passes *all)
{
    const gt_window w = flow_tile_at(f, tile);
    const flow_bench b = {.cols = (int)w.n_cols, .rows = (int)w.n_rows};
    gt_status st = GT_OK;
    for (int k = 0; st == GT_OK && k < flow_rim_size(b.cols, b.rows); k++) {
        int x = 0, y = 0;
        flow_rim_cell(&b, k, &x, &y);
        for (int e = 0; st == GT_OK && e < 9; e++) {
            int tx = x + e % 3 - 1, ty = y + e / 3 - 1;
            if (tx < 0 || ty < 0 || tx >= b.cols || ty >= b.rows) {
                st = over_border(ctx, f, tile * f->rims.per_tile + (size_t)k,
                                 flow_slot_at(f, w.col + tx, w.row + ty), all);
            }
        }
    }
    return st;
}

static gt_status collect(gt_ctx *ctx, const flow_run *f, flow_passes *all)
{
    gt_status st = GT_OK;
    for (size_t t = 0; st == GT_OK && t < f->n_tiles; t++) {
        flow_passes *mine = &f->passes[t];
        for (size_t i = 0; st == GT_OK && i < mine->n; i++) {
            uint32_t a = number_of(f, t, mine->list[i].a), b = number_of(f, t, mine->list[i].b);
            st = flow_add_pass(ctx, all, a < b ? a : b, a < b ? b : a, mine->list[i].z);
        }
        gt_free(ctx, mine->list);
        *mine = (flow_passes){0};
        st = st == GT_OK ? around_tile(ctx, f, t, all) : st;
    }
    return st;
}

/* Passes by number: to[first[k] .. first[k + 1]) are the ends of those of k. */
typedef struct graph {
    uint32_t *first, *to;
    float *z;
} graph;

static gt_status make_graph(gt_ctx *ctx, const flow_passes *all, size_t n, graph *g)
{
    g->first = gt_zalloc(ctx, n + 2, sizeof *g->first);
    g->to = gt_alloc(ctx, 2 * all->n, sizeof *g->to);
    g->z = gt_alloc(ctx, 2 * all->n, sizeof *g->z);
    if (g->first == NULL || g->to == NULL || g->z == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < all->n; i++) {
        g->first[all->list[i].a + 2]++;
        g->first[all->list[i].b + 2]++;
    }
    for (size_t k = 2; k < n + 2; k++) {
        g->first[k] += g->first[k - 1];
    }
    for (size_t i = 0; i < all->n; i++) { /* leaves first[k + 1] at the end of k */
        const flow_pass *p = &all->list[i];
        uint32_t a = g->first[p->a + 1]++, b = g->first[p->b + 1]++;
        g->to[a] = p->b;
        g->to[b] = p->a;
        g->z[a] = g->z[b] = p->z;
    }
    return GT_OK;
}

static gt_status offer(gt_ctx *ctx, flow_run *f, heap *h, const graph *g, uint32_t k, float level)
{
    gt_status st = GT_OK;
    for (uint32_t i = g->first[k]; st == GT_OK && i < g->first[k + 1]; i++) {
        float z = g->z[i] > level ? g->z[i] : level;
        if (z < f->level[g->to[i]]) {
            f->level[g->to[i]] = z;
            st = heap_push(ctx, h, heap_key(z), g->to[i]);
        }
    }
    return st;
}

/* Floods the graph from the outside: level[k] is the least height that k drains at. */
static gt_status flood_graph(gt_ctx *ctx, flow_run *f, size_t n)
{
    flow_passes all = {0};
    graph g = {0};
    heap h = {.last = 0};
    gt_status st = collect(ctx, f, &all);
    st = st == GT_OK ? make_graph(ctx, &all, n, &g) : st;
    gt_free(ctx, all.list);
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        f->level[k] = k == 0 ? -(float)INFINITY : (float)INFINITY;
    }
    st = st == GT_OK ? offer(ctx, f, &h, &g, 0, -(float)INFINITY) : st;
    while (st == GT_OK && h.n > 0) {
        heap_item next = {0, 0};
        st = heap_pop(ctx, &h, &next);
        if (st == GT_OK && heap_height(next.key) == f->level[next.cell]) {
            st = offer(ctx, f, &h, &g, next.cell, f->level[next.cell]);
        }
    }
    heap_free(ctx, &h);
    gt_free(ctx, g.first);
    gt_free(ctx, g.to);
    gt_free(ctx, g.z);
    return st;
}

gt_status flow_spill(gt_ctx *ctx, flow_run *f)
{
    const flow_rims *rims = &f->rims;
    for (size_t t = 0; t < f->n_tiles; t++) {
        f->base[t + 1] += f->base[t];
    }
    size_t n = (size_t)f->base[f->n_tiles] + 1;
    f->level = gt_alloc(ctx, n, sizeof *f->level);
    gt_status st = f->level == NULL ? GT_E_MEMORY : flood_graph(ctx, f, n);
    for (size_t t = 0; st == GT_OK && t < f->n_tiles; t++) {
        const gt_window w = flow_tile_at(f, t);
        size_t at = t * rims->per_tile;
        for (size_t k = at; k < at + (size_t)flow_rim_size((int)w.n_cols, (int)w.n_rows); k++) {
            bool none = rims->label[k] == FLOW_BLOCKED;
            float level = none ? (float)NAN : f->level[number_of(f, t, rims->label[k])];
            rims->z[k] = rims->z[k] < level ? level : rims->z[k];
        }
    }
    gt_free(ctx, f->level);
    f->level = NULL;
    return st;
}
