/* The pyramid: lattices of large polygon layers, kept in WORKSPACE/cache/tiles/pyramid.db, so that
 * a low zoom is drawn from sums and not from every feature. A cache: it may be deleted at any time.
 * One thread; many processes may share the file. Internal to serve. */
#ifndef GT_SERVE_PYRAMID_H
#define GT_SERVE_PYRAMID_H

#include "serve/lattice.h"

typedef struct gt_pyramid gt_pyramid;

typedef struct gt_place_of { /* a tile of WebMercatorQuad */
    int z;
    long row, col;
} gt_place_of;

/* What the kept lattices of a layer show. */
typedef struct gt_pyramid_state {
    int64_t revision; /* of the map, that all of them show */
    int direct;       /* least zoom at which features are drawn themselves */
} gt_pyramid_state;

/* *out is NULL when the folder cannot be written: then nothing is kept. */
gt_status gt_pyramid_open(gt_ctx *ctx, const char *workspace, gt_pyramid **out) GT_CHECKED;
void gt_pyramid_close(gt_pyramid *pyramid);
/* *there = false: nothing is kept of the layer. key: what the tiles depend on beside the features
 * (class field, CRS); of another key nothing is kept, either. */
gt_status gt_pyramid_state_get(gt_ctx *ctx, gt_pyramid *pyramid, const char *layer, const char *key,
                               gt_pyramid_state *out, bool *there) GT_CHECKED;
/* Is `revision` one that the map does not have (a copy of an older day was put back), and not only
 * one that the asker has not seen yet? Cost: opens the map. */
gt_status gt_pyramid_is_ahead(gt_ctx *ctx, gt_pyramid *pyramid, int64_t revision,
                              bool *ahead) GT_CHECKED;
/* Forgets everything of the layer and begins anew. */
gt_status gt_pyramid_begin(gt_ctx *ctx, gt_pyramid *pyramid, const char *layer, const char *key,
                           const gt_pyramid_state *state) GT_CHECKED;
/* The map went from `from` to `to`, and changed within the boxes (EPSG:3857): tiles that meet one
 * are forgotten. No effect when another process did it first. */
gt_status gt_pyramid_advance(gt_ctx *ctx, gt_pyramid *pyramid, const char *layer, int64_t from,
                             int64_t to, const gt_box *boxes, size_t n) GT_CHECKED;
/* *found = false when it is not kept (or what is kept is damaged). */
gt_status gt_pyramid_get(gt_ctx *ctx, gt_pyramid *pyramid, const char *layer, gt_place_of at,
                         gt_lattice *out, bool *found) GT_CHECKED;
/* Keeps a lattice that shows the map of `revision`, unless the others show another one. */
gt_status gt_pyramid_put(gt_ctx *ctx, gt_pyramid *pyramid, const char *layer, int64_t revision,
                         gt_place_of at, const gt_lattice *lattice) GT_CHECKED;

/* Half the side of the Web Mercator square, m: pi times the equatorial radius 6378137 of WGS 84. */
#define GT_MERCATOR_HALF 20037508.342789244
gt_box gt_place_box(gt_place_of at); /* EPSG:3857 */

#endif
