/* Labels of a map: gathered with places where they may stand, then set by rank so that none covers
 * another, the furniture, or the edge of the frame. */
#ifndef GT_REPORT_LABEL_H
#define GT_REPORT_LABEL_H

#include "report/spot.h"
#include "report/type.h"
#include "report/view.h"

enum { GT_LABELS_MAX = 4000, GT_LABEL_SPOTS = 24 };

typedef struct gt_label {
    const char *text; /* copied by add */
    gt_face face;
    int layer;                    /* higher layers are set first */
    double weight;                /* within a layer the heavier first: area, for instance */
    gt_spot spot[GT_LABEL_SPOTS]; /* middles of the text, best first */
    int n_spots, n_plain;         /* from n_plain on: beside the place, tied to it by a line */
    double tie_x, tie_y;
    /* set by gt_labels_place */
    bool placed;
    int chosen;
    gt_rect rect;       /* ink of the text */
    double dx, dy, seq; /* ink to logical box; order of arrival */
} gt_label;

typedef struct gt_labels gt_labels;

gt_status gt_labels_new(gt_ctx *ctx, gt_type *type, gt_labels **out) GT_CHECKED;
void gt_labels_free(gt_ctx *ctx, gt_labels *labels);
/* Points kept free around each label (1.2 at first), and whether a label may hide an area that is
 * smaller than itself (yes at first); if not it stands beside it. */
void gt_labels_set(gt_labels *labels, double gap, bool may_hide);
/* For an area: finds the places. `must`: when the text does not fit inside, it may stand beside the
 * area, tied by a line. */
gt_status gt_labels_add_area(gt_ctx *ctx, gt_labels *labels, const gt_rings *rings,
                             const gt_face *face, const char *text, int layer, double weight,
                             bool must) GT_CHECKED;
/* For a point of the given radius: right, left, above, below. */
gt_status gt_labels_add_point(gt_ctx *ctx, gt_labels *labels, double x, double y, double radius,
                              const gt_face *face, const char *text, int layer) GT_CHECKED;
/* Sets labels greedily: each at its first place that is inside the frame and free of what is taken
 * (n rectangles, then the labels set before). */
gt_status gt_labels_place(gt_ctx *ctx, gt_labels *labels, gt_rect frame, const gt_rect *taken,
                          size_t n) GT_CHECKED;
void gt_labels_draw(gt_labels *labels, cairo_t *cr);
/* The thin line from a label to its place, where it stands beside it. */
void gt_label_draw_tie(const gt_label *label, cairo_t *cr);
size_t gt_labels_count(const gt_labels *labels);
const gt_label *gt_labels_get(const gt_labels *labels, size_t i);

#endif
