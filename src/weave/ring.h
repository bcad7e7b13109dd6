/* Inside weave: rings from the directed edges of one group, interior to the left. */
#ifndef GT_WEAVE_RING_H
#define GT_WEAVE_RING_H

#include "weave/weave.h"

/* mm from the grid's corner. */
typedef struct wv_arrow {
    uint32_t x0, y0, x1, y1;
} wv_arrow;

/* Scratch of one worker. */
typedef struct wv_tracer {
    gt_ctx *ctx;
    double ox, oy; /* mm: the grid's corner */
    WV_LIST(wv_arrow, arrows);
    WV_LIST(uint32_t,
            node_at); /* path position + 1 of each start point (by first arrow), 0: none */
    WV_LIST(uint8_t, used);
    WV_LIST(uint32_t, path);      /* arrows walked so far */
    WV_LIST(uint32_t, ring_path); /* arrows of finished rings */
    WV_LIST(struct wv_ring_info, rings);
} wv_tracer;

typedef struct wv_ring_info {
    uint32_t first, n; /* run in ring_path */
    uint32_t shell;    /* of a hole: which ring it lies in */
    double area;       /* mm2, twice; sign is exact */
    uint32_t box[4];
} wv_ring_info;

/* Fills geom with the polygons bounded by n arrows (copied). */
gt_status gt_wv_trace(wv_tracer *tracer, const wv_arrow *arrows, size_t n,
                      gt_geom *geom) GT_CHECKED;
void gt_wv_tracer_free(gt_ctx *ctx, wv_tracer *tracer);

#endif
