/* Picking features of the present map by box, many times over: what an interactive check needs.
 *
 * gt_scan answers any question once; a picker keeps its statements, one snapshot for a whole check,
 * and, for layers that are asked again and again, the R-tree in memory. It answers for the newest
 * revision and today only; other times are asked with gt_scan_open. */
#ifndef GUOTU_PICK_H
#define GUOTU_PICK_H

#include "guotu/store.h"

typedef struct gt_picker gt_picker; /* one thread; must be freed before its store is closed */

gt_status gt_picker_new(gt_ctx *ctx, gt_store *store, gt_picker **out) GT_CHECKED;
void gt_picker_free(gt_picker *picker);

/* Starts one snapshot of the map: everything picked until gt_picker_end is of one moment. What was
 * kept of an older state is dropped. Calls nest; the outermost decides. */
gt_status gt_picker_begin(gt_ctx *ctx, gt_picker *picker) GT_CHECKED;
void gt_picker_end(gt_picker *picker);

/* Called for each feature; the feature is borrowed for the call. Anything but GT_OK ends the
 * picking with that status. May not use the same picker. */
typedef gt_status (*gt_pick_fn)(gt_ctx *ctx, void *user, const gt_feature *feature);

/* Every present feature of the layer whose envelope meets the box (borders count), in row order.
 * Between begin and end only. GT_E_NOT_FOUND: no such layer. Cost: about
 * 100 us and 5 us a feature; once a layer was asked often enough to pay for reading its tree (5
 * times, and once more for each 800 features), 1 us and 2 us a feature, and memory of 25 bytes a
 * feature of that layer. */
gt_status gt_picker_find(gt_ctx *ctx, gt_picker *picker, const char *layer, gt_box box,
                         gt_pick_fn each, void *user) GT_CHECKED;

#endif
