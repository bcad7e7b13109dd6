/* What the files of gathering share. */
#ifndef GT_REPORT_GATHERING_H
#define GT_REPORT_GATHERING_H

#include "report/gather.h"
#include "report/paint.h"

typedef struct bucket {
    int32_t *xy;
    size_t n, cap; /* pairs; numbers */
} bucket;

typedef struct gather {
    gt_ctx *ctx;
    const gt_map_layer *layer;
    const gt_layer_paint *paint;
    const gt_window *view;
    const gt_pen *pen;
    gt_labels *labels;
    gt_tally *tally;
    int rank;
    const gt_plane *plane; /* for areas; may be NULL */
    bool geographic;

    int w, h;    /* frame in pixels */
    double sub;  /* sub-pixels a point */
    gt_box clip; /* sub-pixels, frame and a margin */
    gt_ink *ink; /* made when the first area or point comes */
    bucket areas[GT_INK_MAX + 1], lines[GT_INK_MAX + 1];
    size_t waiting, lines_waiting;
    uint8_t *outline; /* A8 image of outlines of each feature, or NULL */
    cairo_surface_t *outline_surface;
    cairo_t *outline_cr;

    gt_clipper clipper;
    int32_t *snapped;
    size_t cap_snapped; /* numbers */
    gt_rings rings;     /* of the feature, page points, for its label */
} gather;

/* Style lengths (points) to device pixels. */
double gt_gather_pixels(const gather *g, double points);
gt_status gt_gather_put(gather *g, bucket *b, int32_t x, int32_t y) GT_CHECKED;
/* Clips the feature's lines and keeps them; painted in parts when there are many. */
gt_status gt_gather_lines(gather *g, const gt_map_feature *feature, size_t number) GT_CHECKED;
void gt_gather_flush_lines(gather *g);

#endif
