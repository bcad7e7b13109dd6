/* Between points (or lines) and grids: kernel density, values of a grid at points. Coordinates are
 * in the CRS of the grid, x east, y north. Results do not depend on threads, tiles or ceiling. */
#ifndef GUOTU_GRID_POINTS_H
#define GUOTU_GRID_POINTS_H

#include "guotu/grid.h"

/* ---- kernel density -----------------------------------------------------------------------------
 */

typedef enum gt_density_kernel {
    GT_DENSITY_QUARTIC = 0, /* 3 / (pi h^2) (1 - d^2 / h^2)^2 within h (Silverman 1986, biweight) */
    GT_DENSITY_GAUSSIAN     /* sd h, cut at 4 h and scaled so that it still integrates to 1 */
} gt_density_kernel;
/* "quartic", "gaussian". */
bool gt_density_kernel_parse(const char *name, gt_density_kernel *out);

/* Points with weights; lines become points of their length (gt_density_add_line). Zeroed before the
 * first call of add; free with gt_density_free. */
typedef struct gt_density_points {
    double *xy, *weight;
    size_t n, cap_xy, cap_weight;
} gt_density_points;
/* GT_E_INPUT "grid.point" for a coordinate or weight that is not finite, or a weight below 0. */
gt_status gt_density_add_point(gt_ctx *ctx, gt_density_points *points, double x, double y,
                               double weight) GT_CHECKED;
/* The line as pieces of equal length, at most `step` each, whose midpoints weigh piece length times
 * weight: the midpoint rule, error of second order in step / h. GT_E_LIMIT "grid.too-many" beyond
 * 10 million pieces of one line. Errors else as for points. */
gt_status gt_density_add_line(gt_ctx *ctx, gt_density_points *points, const double *xy,
                              size_t n_points, double weight, double step) GT_CHECKED;
void gt_density_free(gt_ctx *ctx, gt_density_points *points);

typedef struct gt_density_options {
    size_t size; /* set by gt_density_options_init */
    gt_density_kernel kernel;
    double bandwidth; /* h, unit of the CRS; at least a cell's side, at most 1000 sides */
    bool renormalize; /* at the edge of the grid. false (default): the part of a kernel that lies
                         beyond the edge is lost, so values fall towards it; cells get what points
                         outside the grid send in. true: each point's kernel is divided by the part
                         of it that lies on cells of the grid, so that weights are kept: the sum
                         over cells times their area is the sum of the weights of all points that
                         reach any cell centre */
    double per;       /* area the density is stated for, square unit of the CRS; default 1 */
} gt_density_options;
void gt_density_options_init(gt_density_options *options);
/* Density at every cell centre: sum of weight * K(distance) * per. No cell is nodata; all 0 without
 * points. out: float. GT_E_USAGE "grid.walk" for an option; GT_E_INPUT "grid.not-projected". Cost:
 * 2 ns (gaussian 10 ns) times points times cells of the bandwidth's square, twice when
 * renormalized. Memory: 40 bytes a point, 1 MB a thread. */
gt_status gt_grid_density(gt_ctx *ctx, const gt_density_points *points,
                          const gt_density_options *options, gt_grid *out) GT_CHECKED;

/* ---- sampling -----------------------------------------------------------------------------------
 */

/* Values of the grid at n points (pairs x, y): of the cell that holds the point (on a border the
 * one to the east or south), or, bilinear, between the four nearest centres: NaN where one that
 * counts is nodata; within half a cell of the edge as at the outermost centres. NaN outside the
 * grid and for coordinates that are not finite. Cost: about 1 us a point of a plain file; memory:
 * packed tiles while near. */
gt_status gt_grid_sample(gt_ctx *ctx, gt_grid *grid, const double *xy, size_t n, bool bilinear,
                         double *values) GT_CHECKED;

#endif
