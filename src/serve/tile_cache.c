/* A hash table of lists, and one list by last use. Locks: sync before lock. */
#include "serve/tile_cache.h"

#include <pthread.h>
#include <string.h>

#include "serve/mvt.h"

enum { SLOTS = 1 << 14 };

typedef struct entry {
    gt_kept_tile tile; /* its texts are parts of this block */
    void *prepared;
    size_t bytes;
    struct entry *chain;         /* of the slot */
    struct entry *newer, *older; /* by last use */
} entry;

struct gt_tile_cache {
    gt_ctx *ctx;
    gt_tile_hooks hooks;
    pthread_mutex_t sync, lock;
    entry *slots[SLOTS];
    entry *newest, *oldest;
    size_t bytes, most;
    int64_t revision, seen;
};

gt_status gt_tile_cache_new(gt_ctx *ctx, size_t most, const gt_tile_hooks *hooks,
                            gt_tile_cache **out)
{
    gt_tile_cache *c = gt_zalloc(ctx, 1, sizeof *c);
    *out = c;
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    c->ctx = ctx;
    c->hooks = *hooks;
    c->most = most;
    c->revision = c->seen = -2; /* nothing was seen yet */
    (void)pthread_mutex_init(&c->sync, NULL);
    (void)pthread_mutex_init(&c->lock, NULL);
    return GT_OK;
}

static size_t slot_of(const char *target, gt_encoding encoding)
{
    uint64_t h = 0xcbf29ce484222325ULL + (uint64_t)encoding; /* FNV-1a */
    for (const char *c = target; *c != '\0'; c++) {
        h = (h ^ (unsigned char)*c) * 0x100000001b3ULL;
    }
    return (size_t)(h ^ h >> 32) % SLOTS;
}

static void unlink_use(gt_tile_cache *c, entry *e)
{
    *(e->newer == NULL ? &c->newest : &e->newer->older) = e->older;
    *(e->older == NULL ? &c->oldest : &e->older->newer) = e->newer;
}

static void link_use(gt_tile_cache *c, entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest == NULL ? &c->oldest : &c->newest->newer) = e;
    c->newest = e;
}

static void forget(gt_tile_cache *c, entry *e)
{
    entry **at = &c->slots[slot_of(e->tile.target, e->tile.encoding)];
    while (*at != e) {
        at = &(*at)->chain;
    }
    *at = e->chain;
    unlink_use(c, e);
    c->bytes -= e->bytes;
    if (e->prepared != NULL) {
        c->hooks.release(c->hooks.user, e->prepared);
    }
    gt_free(c->ctx, e);
}

void gt_tile_cache_free(gt_tile_cache *c)
{
    if (c == NULL) {
        return;
    }
    while (c->newest != NULL) {
        forget(c, c->newest);
    }
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_mutex_destroy(&c->sync);
    gt_free(c->ctx, c);
}

static entry *look_up(const gt_tile_cache *c, const char *target, gt_encoding encoding)
{
    entry *e = c->slots[slot_of(target, encoding)];
    while (e != NULL && (e->tile.encoding != encoding || strcmp(e->tile.target, target) != 0)) {
        e = e->chain;
    }
    return e;
}

bool gt_tile_cache_use(gt_tile_cache *c, const char *target, gt_encoding encoding, int64_t seen,
                       gt_tile_use_fn fn, void *user)
{
    (void)pthread_mutex_lock(&c->lock);
    entry *e = seen == -1 || seen == c->seen ? look_up(c, target, encoding) : NULL;
    if (e != NULL) {
        if (e != c->newest) {
            unlink_use(c, e);
            link_use(c, e);
        }
        fn(user, &e->tile, e->prepared);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return e != NULL;
}

/* Texts and body follow the entry in one block. */
static entry *copy_of(gt_tile_cache *c, const gt_kept_tile *t)
{
    size_t target = strlen(t->target) + 1, layer = strlen(t->layer) + 1, tag = strlen(t->etag) + 1;
    size_t bytes = sizeof(entry) + target + layer + tag + t->len;
    entry *e = gt_zalloc(c->ctx, bytes, 1);
    if (e == NULL) {
        gt_error_clear(c->ctx);
        return NULL;
    }
    char *at = (char *)(e + 1);
    e->tile = *t;
    e->bytes = bytes;
    e->tile.target = memcpy(at, t->target, target);
    e->tile.layer = memcpy(at + target, t->layer, layer);
    e->tile.etag = memcpy(at + target + layer, t->etag, tag);
    e->tile.data = at + target + layer + tag;
    if (t->len > 0) {
        memcpy(at + target + layer + tag, t->data, t->len);
    }
    return e;
}

void gt_tile_cache_put(gt_tile_cache *c, int64_t revision, const gt_kept_tile *tile)
{
    (void)pthread_mutex_lock(&c->lock);
    bool fits = revision == c->revision && tile->len < c->most / 4;
    if (fits && look_up(c, tile->target, tile->encoding) == NULL) {
        entry *e = copy_of(c, tile);
        if (e != NULL && c->hooks.prepare != NULL) {
            e->prepared = c->hooks.prepare(c->hooks.user, &e->tile);
            if (e->prepared == NULL) {
                gt_free(c->ctx, e);
                e = NULL;
            }
        }
        if (e != NULL) {
            entry **slot = &c->slots[slot_of(tile->target, tile->encoding)];
            e->chain = *slot;
            *slot = e;
            link_use(c, e);
            c->bytes += e->bytes;
        }
        while (c->bytes > c->most) {
            forget(c, c->oldest);
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
}

int64_t gt_tile_cache_begin(gt_tile_cache *c, int64_t *seen)
{
    (void)pthread_mutex_lock(&c->sync);
    (void)pthread_mutex_lock(&c->lock);
    int64_t revision = c->revision;
    *seen = c->seen;
    (void)pthread_mutex_unlock(&c->lock);
    return revision;
}

static bool meets(const entry *e, const gt_box *boxes, size_t n)
{
    gt_box own = gt_place_box(e->tile.at);
    double margin = (own.xmax - own.xmin) / GT_MVT_EXTENT * (GT_MVT_BUFFER + 1) + 1;
    own = (gt_box){own.xmin - margin, own.ymin - margin, own.xmax + margin, own.ymax + margin};
    for (size_t i = 0; boxes != NULL && i < n; i++) {
        if (gt_box_meets(own, boxes[i])) {
            return true;
        }
    }
    return boxes == NULL;
}

void gt_tile_cache_drop(gt_tile_cache *c, const char *layer, const gt_box *boxes, size_t n)
{
    (void)pthread_mutex_lock(&c->lock);
    for (entry *e = c->newest; e != NULL;) {
        entry *older = e->older;
        if (strcmp(e->tile.layer, layer) == 0 && meets(e, boxes, n)) {
            forget(c, e);
        }
        e = older;
    }
    (void)pthread_mutex_unlock(&c->lock);
}

void gt_tile_cache_end(gt_tile_cache *c, int64_t revision, int64_t seen)
{
    (void)pthread_mutex_lock(&c->lock);
    c->revision = revision;
    c->seen = seen >= 0 ? seen : c->seen;
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_mutex_unlock(&c->sync);
}
