/* One layer on its way to the page: features are read once, clipped, snapped and put where they
 * belong (areas and points into ink, lines into stroked paths, names into labels). Memory is
 * bounded: rings wait in one bucket a class and are painted whenever the buckets together reach a
 * fixed size. */
#ifndef GT_REPORT_GATHER_H
#define GT_REPORT_GATHER_H

#include "report/ink.h"
#include "report/label.h"
#include "report/view.h"

typedef struct gt_tally { /* what a layer showed */
    double
        m2[GT_INK_MAX + 1]; /* within the frame, by class number (1-based; n_classes + 1: other) */
    uint64_t features[GT_INK_MAX + 1];
    uint64_t n_features;
    bool areas, lines, points;
} gt_tally;

typedef struct gt_pen {        /* where to paint; borrowed */
    cairo_t *ground;           /* images of areas: the page of a PNG, the ground image of others */
    double ground_x, ground_y; /* device position of the frame's corner there, whole pixels */
    cairo_t *lines;            /* vectors: the page */
    /* called before the first line of a layer is painted: the ground must be on the page by then */
    void (*before_lines)(void *user);
    void *user;
    bool *dirty;   /* set when the ground is painted on; may be NULL */
    double px;     /* device pixels a point */
    double factor; /* of the page: multiplies lengths of styles */
    double fade;   /* 0..1: colours are mixed with white by this share (ground of verdicts) */
    size_t budget; /* bytes for ink, 0: 512 MiB */
} gt_pen;

/* Lays an image of the frame's size on the ground, pixel upon pixel. mask: paints that colour
 * through the image's alpha instead. */
void gt_pen_place(const gt_pen *pen, cairo_surface_t *image, const gt_rgb *mask,
                  cairo_operator_t how);

typedef struct gt_layer_paint gt_layer_paint; /* colours of a layer, parsed */

/* Parses colours and sorts classes. GT_E_USAGE "report.bad-color", GT_E_LIMIT
 * "report.too-many-classes". Owned by the caller. */
gt_status gt_layer_paint_new(gt_ctx *ctx, const gt_map_layer *layer, double fade,
                             gt_layer_paint **out) GT_CHECKED;
void gt_layer_paint_free(gt_ctx *ctx, gt_layer_paint *paint);
gt_rgb gt_layer_paint_color(const gt_layer_paint *paint, size_t class_number);
/* Class number (1-based) of a code. */
size_t gt_layer_paint_class(const gt_layer_paint *paint, const char *code);

/* Reads layer i of the source (in the style of the paint's layer) within the view and paints it.
 * labels may be NULL. */
gt_status gt_gather_layer(gt_ctx *ctx, const gt_map_source *source, size_t i,
                          const gt_layer_paint *paint, const gt_window *view, const gt_pen *pen,
                          gt_labels *labels, gt_tally *tally) GT_CHECKED;
/* Box of one geometry; empty for none. GT_E_INPUT "report.bad-coordinate". */
gt_status gt_finite_box(gt_ctx *ctx, const gt_geom *geom, gt_box *out) GT_CHECKED;

/* Bytes that drawing a frame of w x h pixels takes at least. */
size_t gt_gather_least(double w, double h, double px);

#endif
