/* Finished tiles in memory, shared by all threads of a server: bodies as they are sent, with what
 * the network layer prepared of them. A tile stays until a revision changes the map within it or
 * its memory is wanted. Internal to serve. */
#ifndef GT_SERVE_TILE_CACHE_H
#define GT_SERVE_TILE_CACHE_H

#include "serve/pyramid.h"
#include "serve/request.h"

typedef struct gt_tile_cache gt_tile_cache; /* thread safe */

typedef struct gt_kept_tile { /* as it is given to the cache; copied */
    const char *target;       /* its address as sent */
    const char *layer;
    gt_place_of at;
    gt_encoding encoding;
    const char *data;
    size_t len;
    const char *etag; /* with quotes */
} gt_kept_tile;

/* What the network layer makes of a tile (a response that can be sent any number of times), and how
 * it is given up. NULL from prepare: the tile is not kept. */
typedef void *(*gt_tile_prepare_fn)(void *user, const gt_kept_tile *tile);
typedef void (*gt_tile_release_fn)(void *user, void *prepared);
typedef struct gt_tile_hooks {
    gt_tile_prepare_fn prepare; /* NULL: nothing is prepared */
    gt_tile_release_fn release;
    void *user;
} gt_tile_hooks;

/* ctx is a context of its own for the cache's thread-safe use; borrowed. most: bytes of bodies. */
gt_status gt_tile_cache_new(gt_ctx *ctx, size_t most, const gt_tile_hooks *hooks,
                            gt_tile_cache **out) GT_CHECKED;
void gt_tile_cache_free(gt_tile_cache *cache);

/* Called under the cache's lock: must be short and call nothing of the cache. */
typedef void (*gt_tile_use_fn)(void *user, const gt_kept_tile *tile, void *prepared);
/* False when there is none. seen: the version of the file the caller saw (or -1 for a caller that
 * has brought the cache up to date itself); of another version nothing is given. */
bool gt_tile_cache_use(gt_tile_cache *cache, const char *target, gt_encoding encoding, int64_t seen,
                       gt_tile_use_fn fn, void *user);
/* Keeps a tile that shows the map of `revision`; not when the cache shows another one. Failures are
 * no errors: then it is not kept. */
void gt_tile_cache_put(gt_tile_cache *cache, int64_t revision, const gt_kept_tile *tile);

/* Bringing it up to date: one caller at a time, begin .. end. */
/* Gives the revision it shows; *seen: version of the file. */
int64_t gt_tile_cache_begin(gt_tile_cache *cache, int64_t *seen);
/* Forgets the tiles of a layer that meet one of the boxes (EPSG:3857); boxes NULL: all of them. */
void gt_tile_cache_drop(gt_tile_cache *cache, const char *layer, const gt_box *boxes, size_t n);
/* It now shows `revision`, and the file as of version `seen` (-1: not known). */
void gt_tile_cache_end(gt_tile_cache *cache, int64_t revision, int64_t seen);

#endif
