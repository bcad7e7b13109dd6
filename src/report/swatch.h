/* Samples of styles for the legend, as vectors. */
#ifndef GT_REPORT_SWATCH_H
#define GT_REPORT_SWATCH_H

#include "report/legend.h"

/* unit: points on the page per point of style. */
void gt_swatch_draw(const gt_legend_row *row, gt_rect rect, double unit, cairo_t *cr);

#endif
