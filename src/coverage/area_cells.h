/* The cells that changes meet, as rectangles of which no two share a cell. Internal. */
#ifndef GT_COVERAGE_AREA_CELLS_H
#define GT_COVERAGE_AREA_CELLS_H

#include "coverage/region.h"

enum { GT_AREA_RECTS = 64, GT_AREA_BOXES = 1024 };

typedef struct gt_area_cells {
    double side;   /* m, of the cells */
    gt_box extent; /* of all that is woven; grows with the boxes added */
    gt_rect rects[GT_AREA_RECTS];
    size_t n;
    bool many; /* so much that weaving everything costs less: rects are not complete */
} gt_area_cells;

/* Widens the extent alone. */
void gt_area_cells_grow(gt_area_cells *cells, gt_box box);
/* Adds the cells of a changed feature's box; rectangles that meet are joined. */
void gt_area_cells_add(gt_area_cells *cells, gt_box box);
/* Sets `many` when they are more than a quarter of the extent. */
void gt_area_cells_weigh(gt_area_cells *cells);

#endif
