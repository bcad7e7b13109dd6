/* Exact shares of the cells of a window that one polygon covers. */
#ifndef GT_GRID_COVER_H
#define GT_GRID_COVER_H

#include "guotu/gpkg_read.h"
#include "guotu/grid.h"

/* One feature of a table. */
typedef struct cover_zone {
    const gt_polygon_run *run;
    size_t feature; /* in the run */
} cover_zone;

/* Box of the feature; empty (xmin > xmax) without points. */
gt_box cover_box(const cover_zone *zone);
/* Cells of the grid the feature may touch: clipped to the grid; n_cols == 0 when there are none. */
gt_window cover_window(const gt_grid *grid, const cover_zone *zone);
/* Area in the plane of the CRS; shells minus holes. */
double cover_area(const cover_zone *zone);
/* acc: window->n_rows rows of n_cols + 1; filled with differences, which cover_row turns into
 * shares row by row. Edges beyond the window count as far as they shade it. */
void cover_edges(const gt_grid *grid, const cover_zone *zone, const gt_window *window, double *acc);
/* In place: differences to shares 0 .. 1. */
void cover_row(double *row, int64_t n_cols);

#endif
