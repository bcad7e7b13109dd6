/* Bringing the tiles kept in memory to the store's revision. */
#include "serve/tile_read.h"

/* Edits of other programs belong to no revision: while there are any, nothing of the layer is kept.
 */
static gt_status forget_edited(gt_desk *desk)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < gt_store_n_layers(desk->store); i++) {
        gt_layer_info info;
        int64_t n = 0;
        st = gt_store_layer(desk->ctx, desk->store, i, &info);
        st = st == GT_OK ? gt_store_outside_edits(desk->ctx, desk->store, info.standard->id, &n)
                         : st;
        /* a layer that is not everybody's any more is asked for each time */
        if (st == GT_OK && (n > 0 || !gt_desk_is_public(desk, info.standard->id))) {
            gt_tile_cache_drop(desk->tiles, info.standard->id, NULL, 0);
        }
    }
    return st;
}

gt_status gt_tiles_sync(gt_desk *desk, int64_t seen)
{
    gt_status st = GT_OK;
    if (desk->tiles == NULL) {
        return GT_OK;
    }
    int64_t last = -1, now = gt_store_revision(desk->store);
    int64_t from = gt_tile_cache_begin(desk->tiles, &last);
    if (seen >= 0 && seen != last) {
        st = forget_edited(desk);
    }
    for (size_t i = 0; st == GT_OK && from >= 0 && now > from && i < gt_store_n_layers(desk->store);
         i++) {
        gt_layer_info info;
        gt_box *boxes = NULL;
        size_t n = 0;
        bool all = true;
        st = gt_store_layer(desk->ctx, desk->store, i, &info);
        if (st != GT_OK || info.revision <= from) {
            continue;
        }
        st = gt_tile_changed_since(desk, info.standard->id, from, &boxes, &n, &all);
        if (st == GT_OK && (all || n > 0)) {
            gt_tile_cache_drop(desk->tiles, info.standard->id, all ? NULL : boxes, n);
        }
        gt_free(desk->ctx, boxes);
    }
    /* what failed is tried again: the cache stays where it was, and gives nothing till then */
    gt_tile_cache_end(desk->tiles, st == GT_OK && now > from ? now : from, st == GT_OK ? seen : -1);
    return st;
}
