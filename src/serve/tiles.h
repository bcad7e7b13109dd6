/* Making vector tiles: features themselves where they are few, merged ones where they are many.
 * Internal to serve. */
#ifndef GT_SERVE_TILES_H
#define GT_SERVE_TILES_H

#include "serve/desk.h"
#include "serve/mvt.h"
#include "serve/shapes.h"

enum { GT_TILE_MOST = 480 << 10 }; /* bytes of a tile as it is, beyond which it is merged */

/* Matrix set, zoom, row and column in the segments from `first` on. GT_E_NOT_FOUND "serve.tile". */
gt_status gt_tile_place(gt_desk *desk, const gt_request *request, size_t first,
                        gt_place_of *out) GT_CHECKED;
/* The vector tile of a layer; nothing at all where there is nothing. Errors of reading, GT_E_LIMIT
 * when the time of the request is over (what was made of the pyramid by then is kept). */
gt_status gt_tile_make(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                       gt_text *out) GT_CHECKED;
/* The same of the map as it was: of a day (GT_DATE_NONE: now), of a revision (0: newest). Made of
 * the features of that time each time it is asked for: nothing is kept. */
typedef struct gt_then {
    gt_date date;
    int64_t revision;
} gt_then;
gt_status gt_tile_make_then(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                            const gt_then *then, gt_text *out) GT_CHECKED;
/* The layer's pyramid as of its revision. *direct: zoom from which features are drawn themselves.
 */
gt_status gt_tile_bring_up(gt_desk *desk, const gt_layer_info *info, int *direct) GT_CHECKED;
/* A tile of a zoom above that, of now and of another time. The latter reads every feature in it. */
gt_status gt_tile_low(gt_desk *desk, const gt_layer_info *info, int direct, gt_place_of at,
                      gt_text *out) GT_CHECKED;
gt_status gt_tile_low_then(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                           const gt_then *then, gt_text *out) GT_CHECKED;
/* Polygons merged until the tile has GT_TILE_MOST bytes. */
gt_status gt_tile_dense(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                        const gt_then *then, gt_text *out) GT_CHECKED;
/* Makes what is missing of a layer's pyramid. *n: zooms that it has, 0 for a small layer. */
gt_status gt_tile_prepare(gt_desk *desk, const gt_layer_info *info, int64_t *n) GT_CHECKED;

/* Makes what is missing of a lattice's subtree; at: of level direct + 1 or above. */
gt_status gt_tile_prepare_at(gt_desk *desk, const gt_layer_info *info, int direct,
                             gt_place_of at) GT_CHECKED;

/* ---- for tests ---------------------------------------------------------------------------------
 */
/* Vector tile of merged shapes. Where they touch the border of the tile they go on straight into
 * its buffer, so that nobody draws the border. */
gt_status gt_shapes_mvt(gt_ctx *ctx, gt_arena *arena, const gt_shapes *shapes, const char *layer,
                        const char *class_key, gt_text *out) GT_CHECKED;
/* Merges until the tile has at most `most` bytes. */
gt_status gt_shapes_fit(gt_ctx *ctx, gt_arena *arena, const gt_shapes *in, size_t most,
                        gt_shapes *out) GT_CHECKED;

#endif
