/* Legend: grouped by layer, class by class with area and share, fitted to a rectangle. */
#ifndef GT_REPORT_LEGEND_H
#define GT_REPORT_LEGEND_H

#include "report/frame.h"
#include "report/gather.h"

typedef enum gt_legend_kind { GT_LEGEND_HEAD = 0, GT_LEGEND_ITEM, GT_LEGEND_FOLDED } gt_legend_kind;

enum { GT_LEGEND_TITLE = 160 };

typedef struct gt_legend_row {
    gt_legend_kind kind;
    size_t layer;
    char title[GT_LEGEND_TITLE];
    const gt_map_layer *of;
    const gt_layer_paint *paint;
    size_t class_number;
    bool area, line, point; /* what the sample shows */
    bool grouped;           /* of a layer with classes */
    bool hidden;
    size_t folded;    /* classes that a GT_LEGEND_FOLDED row stands for */
    double m2, share; /* NaN: not shown */
    gt_rect rect;     /* on the page, set by fit */
    int lines;        /* of the title, set by fit */
    bool cut;         /* title ends in an ellipsis, set by fit */
} gt_legend_row;

typedef struct gt_legend {
    gt_legend_row *rows; /* owned */
    size_t n, cap;
    double scale; /* of type, set by fit */
    gt_area_unit unit;
    gt_rect rect;
    double area_width, share_width; /* columns of figures */
    bool plain;                     /* names only: with figures they would be cut */
    bool more;                      /* stands below another legend: without the word */
    bool overflow; /* even folded it did not fit: rows beyond the rectangle were dropped */
} gt_legend;

/* Rows of layers that showed something. tallies and paints: one a layer. */
gt_status gt_legend_make(gt_ctx *ctx, const gt_map_options *options, const gt_tally *tallies,
                         gt_layer_paint *const *paints, gt_legend *out) GT_CHECKED;
/* Height that a legend of all classes would take in a panel of that width; before the data is read.
 */
double gt_legend_guess(const gt_map_options *options, double width, double factor);
void gt_legend_free(gt_ctx *ctx, gt_legend *legend);
/* Chooses type size and columns, folds the smallest classes where it must. */
void gt_legend_fit(gt_legend *legend, const gt_look *look, gt_rect rect);
void gt_legend_draw(gt_legend *legend, const gt_look *look, cairo_t *cr);

#endif
