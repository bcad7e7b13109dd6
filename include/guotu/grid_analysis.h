/* Analysis of grids beyond single cells (grid.h): windows, distances, patches, classes. Outputs are
 * made by gt_grid_create with the place of the input and are not finished here. Results do not
 * depend on threads, tiles or ceiling. */
#ifndef GUOTU_GRID_ANALYSIS_H
#define GUOTU_GRID_ANALYSIS_H

#include "guotu/grid.h"

/* ---- moving windows -----------------------------------------------------------------------------
 */

typedef enum gt_focal {
    GT_FOCAL_MEAN = 0,
    GT_FOCAL_SUM,
    GT_FOCAL_COUNT, /* of cells that are not nodata */
    GT_FOCAL_MIN,
    GT_FOCAL_MAX,
    GT_FOCAL_RANGE,   /* max - min: relief */
    GT_FOCAL_SD,      /* of the population */
    GT_FOCAL_MAJORITY /* most frequent value of an integer grid; of equals the least */
} gt_focal;
/* "mean", "sum", "count", "min", "max", "range", "sd", "majority". */
bool gt_focal_parse(const char *name, gt_focal *out);

#define GT_FOCAL_RADIUS_MAX 512

typedef struct gt_focal_options {
    size_t size; /* set by gt_focal_options_init */
    gt_focal what;
    int radius;       /* cells, 0 .. GT_FOCAL_RADIUS_MAX; default 1: 3 x 3 */
    bool circle;      /* cells whose centres lie within the radius, else a square */
    bool keep_nodata; /* nodata in the centre stays nodata; else it is filled from its window */
} gt_focal_options;
void gt_focal_options_init(gt_focal_options *options);
/* Every cell becomes the statistic of its window; nodata and what lies outside the grid do not
 * count; nodata where nothing counts. GT_E_USAGE "grid.walk" for a radius out of range;
 * GT_E_INPUT "grid.not-integer" (majority). Cost: squares 1 ns times the window's side a cell
 * (mean, sum, count, min, max, range), else 1 ns times its cells. Memory: gt_walk_law. */
gt_status gt_grid_focal(gt_ctx *ctx, gt_grid *in, const gt_focal_options *options,
                        gt_grid *out) GT_CHECKED;

/* ---- straight distance --------------------------------------------------------------------------
 */

typedef struct gt_distance_options {
    size_t size;         /* set by gt_distance_options_init */
    double max_distance; /* cells farther away are nodata; 0: no limit */
    const char *scratch_dir;
} gt_distance_options;
void gt_distance_options_init(gt_distance_options *options);
/* Exact straight distance, unit of the CRS, between cell centres, to the nearest source: cells that
 * are neither nodata nor 0 (integer grid). allocation: NULL, or an integer grid that gets the value
 * of that source. GT_E_INPUT "grid.no-source". Memory: blocks only; 4 bytes a cell (8 with
 * allocation) in a scratch file. About 20 ns a cell. Source: Felzenszwalb and Huttenlocher 2012. */
gt_status gt_grid_distance(gt_ctx *ctx, gt_grid *sources, const gt_distance_options *options,
                           gt_grid *distance, gt_grid *allocation) GT_CHECKED;

/* ---- patches ------------------------------------------------------------------------------------
 */

typedef struct gt_patch {
    int32_t value;  /* of its cells */
    uint64_t cells; /* in it */
    int64_t col_min, row_min, col_max, row_max;
} gt_patch;
/* Connected cells of equal value (eight: over corners too) get one number, 1, 2, ... in the order
 * of their first cells, row by row. Nodata belongs to no patch. patches: numbers, int32 grid, or
 * NULL; *list: of patch i + 1, owned by the caller (gt_free), or NULL. GT_E_INPUT
 * "grid.not-integer", GT_E_LIMIT "grid.too-many" beyond 2^31 patches. Memory: 40 bytes a patch, 4
 * bytes a provisional patch (a run's start). The grid is read twice. One thread. */
gt_status gt_grid_patches(gt_ctx *ctx, gt_grid *classes, bool eight, gt_grid *patches,
                          gt_patch **list, size_t *n) GT_CHECKED;

/* ---- classes ------------------------------------------------------------------------------------
 */

typedef enum gt_breaks {
    GT_BREAKS_EQUAL = 0, /* intervals of equal width */
    GT_BREAKS_QUANTILE,  /* as many cells in each: break k is the value of rank floor(k N / n) */
    GT_BREAKS_NATURAL    /* least squares within classes (Fisher 1958, "Jenks"), exact among cuts
                            at 1/1024 of the range and, where values crowd, much finer */
} gt_breaks;
/* "equal", "quantile", "natural". */
bool gt_breaks_parse(const char *name, gt_breaks *out);
#define GT_BREAKS_MAX 32
/* Breaks of n classes (1 .. GT_BREAKS_MAX): breaks[0] the least value, breaks[n] the greatest;
 * class k holds breaks[k] <= v < breaks[k + 1], the last one its end too. Values as float32.
 * GT_E_INPUT "grid.no-values" when all is nodata. Reads the grid twice; 17 MB a thread. */
gt_status gt_grid_breaks(gt_ctx *ctx, gt_grid *in, gt_breaks how, int n, double *breaks) GT_CHECKED;
/* Numbers 1 .. n by such breaks. */
gt_status gt_grid_classify(gt_ctx *ctx, gt_grid *in, const double *breaks, int n,
                           gt_grid *out) GT_CHECKED;

/* ---- along directions ---------------------------------------------------------------------------
 * direction: of gt_grid_flow, or the back-links of gt_grid_cost_distance. */

/* Every cell gets the value of the first target on its way, itself included; nodata when the way
 * leaves the map first. targets: nodata is none. With outlets as targets: watersheds; with the
 * heights of streams: what HAND is measured from; with sources and back-links: allocation. Values
 * as int32 when `out` is of an integer type, else as float32. GT_E_INPUT "grid.direction" (no
 * direction, or a circle, with a place of it), "grid.not-integer"; GT_E_LIMIT "grid.too-many"
 * beyond 2^38 cells. Tile by tile, both grids read twice; memory: 0.1 bytes a cell (borders of
 * tiles) and 3 MB a thread. About 15 ns a cell. */
gt_status gt_grid_downstream(gt_ctx *ctx, gt_grid *direction, gt_grid *targets,
                             gt_grid *out) GT_CHECKED;
/* Height above the nearest drainage (Nobre 2011): heights minus those of the first stream cell
 * (neither nodata nor 0) on the way, not below 0; nodata where the way meets none. dem: as it was,
 * not filled. Errors and memory as gt_grid_downstream, and 8 bytes a cell in scratch files. */
gt_status gt_grid_hand(gt_ctx *ctx, gt_grid *dem, gt_grid *direction, gt_grid *streams,
                       const char *scratch_dir, gt_grid *out) GT_CHECKED;
/* Topographic wetness ln(As / tan b): As = accumulation * cell area / contour width (the cell's
 * side, times sqrt 2 on diagonals), tan b at least 0.001. slope in degrees; square cells. */
gt_status gt_grid_wetness(gt_ctx *ctx, gt_grid *accumulation, gt_grid *direction, gt_grid *slope,
                          gt_grid *out) GT_CHECKED;
/* Strahler order of stream cells (neither nodata nor 0), uint8 or wider; other cells nodata. Errors
 * as gt_grid_downstream. Memory: 0.1 bytes a cell, at most 0.2 where streams lie dense. */
gt_status gt_grid_stream_order(gt_ctx *ctx, gt_grid *direction, gt_grid *streams,
                               gt_grid *out) GT_CHECKED;

/* ---- view ---------------------------------------------------------------------------------------
 */

#define GT_VIEW_REACH_MAX 1024 /* cells */

typedef struct gt_observer {
    int64_t col, row; /* cell; of roads and areas: every cell, or every tenth */
} gt_observer;

typedef struct gt_view_options {
    size_t size;            /* set by gt_view_options_init */
    double observer_height; /* m above the ground; default 1.6 */
    double target_height;   /* m; default 0 */
    double max_distance;    /* m; default 5000; at most GT_VIEW_REACH_MAX cells */
    double refraction;      /* k; default 0.13 */
    double earth_radius;    /* m; default 6 371 000; 0: flat */
    bool first; /* number (from 1) of the first observer that sees the cell, else how many do */
} gt_view_options;
void gt_view_options_init(gt_view_options *options);
/* How many observers see each cell (int32; 0: none; nodata where the heights are). A cell is seen
 * when no height on the line from the observer passes above it; heights lie linear between cells,
 * nodata hides nothing, and the earth bends away by (1 - k) d^2 / 2R. An observer on nodata sees
 * nothing but its cell. dem: metres, projected. GT_E_USAGE "grid.walk": reach, an observer outside;
 * GT_E_INPUT "grid.not-projected". Cost: 1 ns times observers times reach^3 (in cells). Memory: 256
 * + 2 reach a side, a thread. Source: R3 (Franklin and Ray 1994). */
gt_status gt_grid_viewshed(gt_ctx *ctx, gt_grid *dem, const gt_observer *observers, size_t n,
                           const gt_view_options *options, gt_grid *out) GT_CHECKED;

#endif
