/* Unpacked tiles of one packed grid, kept while they are near: the least recently used one that
 * nobody holds makes room. A tile is unpacked outside the lock by the thread that asks first;
 * others wait for it.
 *
 * Lock: cache->lock guards everything but the bytes of a tile that is ready. */
#include <string.h>

#include "grid/internal.h"
#include "grid/messages.h"

typedef enum slot_state { SLOT_EMPTY = 0, SLOT_LOADING, SLOT_READY } slot_state;

typedef struct slot {
    int64_t tile;
    slot_state state;
    int held;
    uint64_t used; /* clock of the last use */
    void *raw;
} slot;

struct grid_cache {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    slot *slots;
    size_t n, cap, want;
    uint64_t clock;
    grid_packer **idle; /* packers nobody uses */
    size_t n_idle, cap_idle;
};

gt_status grid_cache_new(gt_ctx *ctx, grid_cache **out)
{
    grid_cache *c = gt_zalloc(ctx, 1, sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    c->want = 4;
    *out = c;
    return GT_OK;
}

void grid_cache_free(gt_ctx *ctx, grid_cache *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->n; i++) {
        gt_free(ctx, c->slots[i].raw);
    }
    for (size_t i = 0; i < c->n_idle; i++) {
        grid_packer_free(ctx, c->idle[i]);
    }
    gt_free(ctx, c->slots);
    gt_free(ctx, c->idle);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    gt_free(ctx, c);
}

void grid_cache_want(grid_cache *c, size_t n_tiles)
{
    (void)pthread_mutex_lock(&c->lock);
    c->want = n_tiles > c->want ? n_tiles : c->want;
    (void)pthread_mutex_unlock(&c->lock);
}

/* A slot for a tile that is not here: a free one, the oldest idle one, or a new one. */
static gt_status take_slot(gt_ctx *ctx, grid_cache *c, size_t bytes, size_t *out)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < c->n; i++) {
        const slot *s = &c->slots[i];
        if (s->state == SLOT_EMPTY) {
            *out = i;
            return GT_OK;
        }
        if (s->held == 0 && (best == SIZE_MAX || s->used < c->slots[best].used)) {
            best = i;
        }
    }
    if (c->n >= c->want && best != SIZE_MAX) {
        *out = best;
        return GT_OK;
    }
    gt_status st = gt_grow(ctx, (void **)&c->slots, &c->cap, c->n + 1, sizeof *c->slots);
    void *raw = st == GT_OK ? gt_alloc(ctx, bytes, 1) : NULL;
    if (raw == NULL) {
        return GT_E_MEMORY;
    }
    c->slots[c->n] = (slot){.raw = raw};
    *out = c->n++;
    return GT_OK;
}

static gt_status take_packer(gt_ctx *ctx, gt_grid *g, grid_packer **out)
{
    grid_cache *c = g->cache;
    (void)pthread_mutex_lock(&c->lock);
    *out = c->n_idle > 0 ? c->idle[--c->n_idle] : NULL;
    (void)pthread_mutex_unlock(&c->lock);
    return *out != NULL ? GT_OK
                        : grid_packer_new(ctx, g->packing, g->predictor, g->spec.type, g->tile_w,
                                          g->tile_h, out);
}

static void give_packer(gt_ctx *ctx, gt_grid *g, grid_packer *p)
{
    grid_cache *c = g->cache;
    (void)pthread_mutex_lock(&c->lock);
    gt_status st = gt_grow(ctx, (void **)&c->idle, &c->cap_idle, c->n_idle + 1, sizeof(void *));
    if (st == GT_OK) {
        c->idle[c->n_idle++] = p;
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (st != GT_OK) {
        grid_packer_free(ctx, p);
    }
}

static gt_status load(gt_ctx *ctx, gt_grid *g, int64_t tile, void *raw)
{
    if (g->length[tile] == 0) {
        grid_cells_fill(g->spec.type, g->sparse_value, raw, (size_t)(g->tile_w * g->tile_h));
        return GT_OK;
    }
    grid_packer *p = NULL;
    int64_t rows = g->spec.n_rows - tile / g->across * g->tile_h;
    rows = rows < g->tile_h ? rows : g->tile_h;
    size_t n = (size_t)g->length[tile];
    void *packed = gt_alloc(ctx, n, 1);
    gt_status st = packed == NULL ? GT_E_MEMORY : grid_pread(ctx, g, packed, n, g->offset[tile]);
    if (st == GT_OK) {
        st = take_packer(ctx, g, &p);
    }
    if (st == GT_OK && !grid_unpack(p, packed, n, raw, rows)) {
        st = grid_damaged(ctx, g, "a tile cannot be unpacked", "分块无法解压");
    }
    if (p != NULL) {
        give_packer(ctx, g, p);
    }
    gt_free(ctx, packed);
    return st;
}

static size_t find(const grid_cache *c, int64_t tile)
{
    size_t i = 0;
    while (i < c->n && (c->slots[i].state == SLOT_EMPTY || c->slots[i].tile != tile)) {
        i++;
    }
    return i;
}

gt_status grid_cache_get(gt_ctx *ctx, gt_grid *g, int64_t tile, const void **raw)
{
    grid_cache *c = g->cache;
    gt_status st = GT_OK;
    (void)pthread_mutex_lock(&c->lock);
    size_t i = find(c, tile);
    while (i < c->n && c->slots[i].state == SLOT_LOADING) {
        (void)pthread_cond_wait(&c->changed, &c->lock);
        i = find(c, tile);
    }
    if (i == c->n) {
        st = take_slot(ctx, c, (size_t)g->tile_bytes, &i);
        if (st == GT_OK) {
            void *to = c->slots[i].raw;
            c->slots[i] = (slot){.tile = tile, .state = SLOT_LOADING, .held = 1, .raw = to};
            (void)pthread_mutex_unlock(&c->lock);
            st = load(ctx, g, tile, to);
            (void)pthread_mutex_lock(&c->lock);
            i = find(c, tile); /* slots may have moved */
            c->slots[i].state = st == GT_OK ? SLOT_READY : SLOT_EMPTY;
            c->slots[i].held = 0;
            (void)pthread_cond_broadcast(&c->changed);
        }
    }
    if (st == GT_OK) {
        c->slots[i].held++;
        c->slots[i].used = ++c->clock;
        *raw = c->slots[i].raw;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}

void grid_cache_put(gt_grid *g, int64_t tile)
{
    grid_cache *c = g->cache;
    (void)pthread_mutex_lock(&c->lock);
    size_t i = find(c, tile);
    c->slots[i].held--;
    (void)pthread_mutex_unlock(&c->lock);
}
