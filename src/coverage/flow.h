/* Polygons of woven layers, strip by strip: layers need not fit into memory. Internal. */
#ifndef GT_COVERAGE_FLOW_H
#define GT_COVERAGE_FLOW_H

#include "coverage/load.h"
#include "coverage/words.h"

typedef struct gt_flow {
    const gt_part *parts; /* n; a layer may come twice, at two times */
    const int *fields;    /* of the classes: index, -1 the layer's own; NULL: all -1 */
    size_t n;
    gt_loaded *layers; /* n, the caller's, zero but for keep: features of the strip at hand, valid
                          in want and fn */
    gt_words *words;   /* tuples are of classes, numbered here, not of features; or NULL */
    double tolerance;  /* m: borders are simplified together */
    gt_weave_want_fn want;   /* NULL: all */
    gt_weave_order_fn order; /* of what is handed out at one time; NULL: by codes */
    gt_weave_polygon_fn fn;
    void *user;
} gt_flow;

/* Weaves the parts and hands every tuple to fn, from south to north by where its features end, then
 * as `order` says; with words at the end. The order and the polygons do not depend on memory or
 * threads. Errors as gt_loading_open. Memory: a strip (180 bytes a point) and the tuples begun;
 * with words all borders that are handed out. */
gt_status gt_flow_run(gt_ctx *ctx, gt_store *store, const gt_package *package,
                      const gt_flow *flow) GT_CHECKED;

#endif
