/* Operations on whole grids (grid.h): terrain by focal windows, water, least-cost distance. Inputs
 * are read and outputs written as they are computed; outputs are made by gt_grid_create with the
 * place of the inputs (gt_grid_spec_like) and are not finished here. Results do not depend on
 * threads, tiles or ceiling. */
#ifndef GUOTU_GRID_OPS_H
#define GUOTU_GRID_OPS_H

#include "guotu/grid.h"

/* ---- terrain ------------------------------------------------------------------------------------
 */

typedef enum gt_terrain {
    GT_TERRAIN_SLOPE = 0,     /* degrees, 0 .. 90 */
    GT_TERRAIN_SLOPE_PERCENT, /* 100 tan */
    GT_TERRAIN_ASPECT,    /* downslope azimuth, degrees clockwise from north, 0 .. 360; flat -1 */
    GT_TERRAIN_CURVATURE, /* total, 1/m; convex > 0 */
    GT_TERRAIN_PROFILE,   /* along the slope, 1/m; 0 where flat */
    GT_TERRAIN_PLAN       /* across the slope, 1/m; 0 where flat */
} gt_terrain;
/* "slope", "slope-percent", "aspect", "curvature", "profile", "plan". */
bool gt_terrain_parse(const char *name, gt_terrain *out);

/* Slope and aspect after Horn (1981), curvature after Zevenbergen and Thorne (1987). dem: heights
 * in metres in a projected CRS in metres (GT_E_INPUT "grid.not-projected" when it is geographic);
 * out: float32 grid of the same place. The outer ring, and cells with nodata in their window, are
 * nodata. Error of the angles below 2e-5 degrees. Memory: gt_walk_law; about 4 ns a cell. */
gt_status gt_grid_terrain(gt_ctx *ctx, gt_grid *dem, gt_terrain what, gt_grid *out) GT_CHECKED;

/* ---- least-cost distance ------------------------------------------------------------------------
 */

typedef struct gt_cost_options {
    size_t size;             /* set by gt_cost_options_init */
    double max_cost;         /* cells beyond it are nodata; 0: no limit */
    bool per_cell;           /* lengths in cells instead of the unit of the CRS (square cells) */
    const char *scratch_dir; /* for what does not fit the ceiling; NULL: as gt_grid_open_any */
} gt_cost_options;
void gt_cost_options_init(gt_cost_options *options);

typedef struct gt_cost_facts {
    uint64_t n_sources, n_reached, n_visits; /* cells; cells; visits of working tiles */
    double max;                              /* greatest cost reached */
} gt_cost_facts;

/* Least accumulated cost from all source cells over 8 neighbours: a step costs its length times the
 * mean friction of its two cells (double precision; the fixed point does not depend on the order of
 * work, so it is the same at any thread count and ceiling). friction: > 0, nodata is a barrier;
 * sources: cells that are neither nodata nor 0. cost: float32 out. back: NULL or an integer grid:
 * direction to the next cell on the way to the source, 1 E, 2 NE, 3 N, 4 NW, 5 W, 6 SW, 7 S, 8 SE,
 * 0 a source; of several equal ways the first in the order E, N, W, S, NE, NW, SW, SE.
 * GT_E_INPUT "grid.friction" (a friction <= 0, with its place), "grid.no-source". Memory: working
 * tiles of 0.8 MB from the first cell reached to the last (a front over friction of 1 to 100: 3
 * bytes a cell of the grid; at worst, work everywhere, 11.5), with links 0.13 bytes a cell, 4.7 MB
 * a thread; tiles that do not fit three quarters of the ceiling wait in a scratch file. Source:
 * Dijkstra 1959 in tiles, delta-stepping (Meyer and Sanders 2003).
 */
gt_status gt_grid_cost_distance(gt_ctx *ctx, gt_grid *friction, gt_grid *sources,
                                const gt_cost_options *options, gt_grid *cost, gt_grid *back,
                                gt_cost_facts *facts) GT_CHECKED;

/* Cells of the least-cost path from a cell to its source along a back-link grid: *out = pairs (col,
 * row), first the start, last the source; owned by the caller (gt_free). GT_E_INPUT "grid.no-path"
 * when the cell was not reached or the links lead nowhere. */
gt_status gt_grid_cost_path(gt_ctx *ctx, gt_grid *back, int64_t col, int64_t row, int64_t **out,
                            size_t *n) GT_CHECKED;

/* ---- water --------------------------------------------------------------------------------------
 */

typedef struct gt_flow_options {
    size_t size;             /* set by gt_flow_options_init */
    const char *scratch_dir; /* for what does not fit the ceiling; NULL: as gt_grid_open_any */
    int tile;                /* side of the tiles, 8 .. 4096; 0: 512. Not seen in the results */
} gt_flow_options;
void gt_flow_options_init(gt_flow_options *options);

typedef struct gt_flow_facts {
    uint64_t n_cells;   /* not nodata */
    uint64_t n_raised;  /* cells that filling raised */
    uint64_t n_outlets; /* cells that drain off the map or into nodata */
    uint64_t n_drained; /* sum over outlets of what they drain: equals n_cells */
} gt_flow_facts;

/* Fills depressions, gives every cell its D8 direction on the filled surface and counts the cells
 * that drain through it, itself included. filled (float32), direction, accumulation (integer grids;
 * int32 holds any count): NULL where not wanted, directions only together with accumulation.
 * Directions as the back-links of gt_grid_cost_distance, 0 off the map; steepest descent, ties in
 * the order E, N, W, S, NE, NW, SW, SE; in flats, where there is no descent, to the neighbour that
 * is fewest steps from where the flat drains (always drains). GT_E_LIMIT "grid.too-many" beyond
 * 2^31 cells. Work: tiles, taken a few times each, and what lies on their borders; the grid is
 * never held. Memory: 1 byte a cell (in a scratch file when that passes half of the ceiling), 0.2
 * bytes a cell for the borders, up to 0.4 more while the flood's graph is solved (rough ground), 5
 * MB a thread; smaller tiles, and more borders, under small ceilings. Source: Barnes 2016, 2017 (in
 * tiles); Zhou, Sun and Fu 2016 (flooding).
 */
gt_status gt_grid_flow(gt_ctx *ctx, gt_grid *dem, const gt_flow_options *options, gt_grid *filled,
                       gt_grid *direction, gt_grid *accumulation, gt_flow_facts *facts) GT_CHECKED;

/* ---- cell by cell -------------------------------------------------------------------------------
 * Inputs (1 .. GT_WALK_MAX) and output are aligned grids; computed in double precision. Memory:
 * gt_walk_law. */

/* out = sum of weights[i] * in[i]; nodata where any input is. GT_E_USAGE for a weight that is not
 * finite. */
gt_status gt_grid_weighted_sum(gt_ctx *ctx, gt_grid *const *in, const double *weights, size_t n,
                               gt_grid *out) GT_CHECKED;

typedef enum gt_combine {
    GT_COMBINE_FIRST = 0, /* precedence: the first input that is not nodata */
    GT_COMBINE_MAX,
    GT_COMBINE_MIN
} gt_combine;
/* Nodata only where every input is. */
gt_status gt_grid_combine(gt_ctx *ctx, gt_grid *const *in, size_t n, gt_combine how,
                          gt_grid *out) GT_CHECKED;

/* from <= v < to; from = to: v equal to it. -INFINITY and INFINITY leave an end open. */
typedef struct gt_class_range {
    double from, to, value;
} gt_class_range;
/* Each value becomes that of its range; ranges ascend and do not overlap (GT_E_USAGE
 * "grid.ranges"); others become `other` (NaN: nodata). */
gt_status gt_grid_reclass(gt_ctx *ctx, gt_grid *in, const gt_class_range *ranges, size_t n,
                          double other, gt_grid *out) GT_CHECKED;

/* ---- algebra ------------------------------------------------------------------------------------
 * Expressions over grids by name: numbers, pi, nodata; + - * / % ^ (power, binds to the right),
 * < <= > >= == !=, && || !, c ? a : b; abs sqrt exp ln log10 sin cos tan atan atan2 (radians) floor
 * ceil round pow mod min max coalesce if(c, a, b) isnodata. Tests give 1 or 0. Nodata spreads,
 * also through tests and choices, but for isnodata and coalesce (the first that is not nodata).
 * A result that is not finite (1 / 0, sqrt(-1)) is nodata. mod takes the sign of its divisor. All
 * of it in double precision. Bounds: 8 KiB, 512 steps, 24 values at once, 64 levels. */

/* Compiles only: GT_E_USAGE "grid.expression" with the column. *used (may be NULL): bit i is set
 * when names[i] occurs. n <= 32. */
gt_status gt_grid_calc_check(gt_ctx *ctx, const char *expression, const char *const *names,
                             size_t n, uint32_t *used) GT_CHECKED;
/* Runs it over aligned grids of one extent (0 .. GT_WALK_MAX) into out, of any type. Memory:
 * gt_walk_law; a simple expression takes less time than reading and writing. */
gt_status gt_grid_calc(gt_ctx *ctx, const char *expression, const char *const *names,
                       gt_grid *const *in, size_t n, gt_grid *out) GT_CHECKED;

#endif
