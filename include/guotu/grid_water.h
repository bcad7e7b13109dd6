/* Water on grids beyond D8 (grid_ops.h): flow shared among neighbours, and depressions opened
 * instead of filled. Outputs are made by gt_grid_create with the place of the input
 * (gt_grid_spec_like) and are not finished here. Results do not depend on threads, tiles or
 * ceiling. */
#ifndef GUOTU_GRID_WATER_H
#define GUOTU_GRID_WATER_H

#include "guotu/grid.h"

/* ---- flow to several neighbours -----------------------------------------------------------------
 */

typedef enum gt_flow_way {
    GT_FLOW_DINF = 0, /* to the two cells on either side of the steepest way down (Tarboton 1997) */
    GT_FLOW_FREEMAN,  /* to all lower cells by tan b ^ p (Freeman 1991) */
    GT_FLOW_QUINN     /* by L tan b ^ p, L the length of contour towards it (Quinn et al. 1991) */
} gt_flow_way;
/* "dinf", "freeman", "quinn". */
bool gt_flow_way_parse(const char *name, gt_flow_way *out);

#define GT_FLOW_EXPONENT_MAX 20.0

typedef struct gt_multiflow_options {
    size_t size; /* set by gt_multiflow_options_init */
    gt_flow_way way;
    double exponent; /* p, up to GT_FLOW_EXPONENT_MAX; 0: the authors', 1.1 Freeman, 1 Quinn. The
                        greater, the nearer to D8. Not used by GT_FLOW_DINF */
    const char *scratch_dir; /* for what does not fit the ceiling; NULL: as gt_grid_open_any */
    int64_t tile; /* side of the tiles worked on, 1 .. 4096; 0: 512, or what the ceiling allows. The
                     result is the same */
} gt_multiflow_options;
void gt_multiflow_options_init(gt_multiflow_options *options);

typedef struct gt_multiflow_facts {
    uint64_t n_cells;   /* not nodata */
    uint64_t n_outlets; /* cells that drain off the map or into nodata */
    uint64_t n_single;  /* other cells that had no lower neighbour and took the direction given */
    double drained;     /* sum over outlets of what they drain: n_cells but for rounding */
} gt_multiflow_facts;

typedef struct gt_multiflow_out { /* float32 grids; each may be NULL */
    gt_grid *accumulation;        /* cells that drain through the cell, itself included */
    gt_grid *angle; /* way of the flow, degrees clockwise from north, 0 .. 360; -1 off the map.
                       GT_FLOW_DINF only (GT_E_USAGE) */
    gt_grid *width; /* contour width in the unit of the CRS: what accumulation * cell area is to be
                       divided by. D-infinity: the cell's side; others: sum of L over the lower
                       cells, L = 0.5 sides towards an edge, 0.354 over a corner; single
                       directions: a side, times sqrt 2 on diagonals */
} gt_multiflow_out;

/* Shares every cell's water among its lower neighbours and adds up, in double precision, in an
 * order that is part of the result's definition (neighbours E, NE, N, NW, W, SW, S, SE). filled,
 * direction: of gt_grid_flow (the direction is what flats follow, and cells whose steepest facet
 * meets nodata). GT_E_INPUT "grid.direction" where such a direction leads uphill, off the grid or
 * in a circle, with its place; GT_E_USAGE "grid.walk" for an exponent out of range; GT_E_LIMIT
 * "grid.too-many" beyond 2^31 cells. Tile by tile: 0.07 bytes a cell and 5 MB a thread, and 18
 * bytes a cell for tiles that wait for water from beside, beyond half of the ceiling in a scratch
 * file that is read and written tile by tile. Cost in processor time: D-infinity 0.16 us a cell,
 * Quinn 0.12, an exponent other than 1 0.22. */
gt_status gt_grid_multiflow(gt_ctx *ctx, gt_grid *filled, gt_grid *direction,
                            const gt_multiflow_options *options, const gt_multiflow_out *out,
                            gt_multiflow_facts *facts) GT_CHECKED;

/* ---- breaching ----------------------------------------------------------------------------------
 */

typedef struct gt_breach_options {
    size_t size;       /* set by gt_breach_options_init */
    double max_length; /* of a channel from the rim of the pit to where it drains, unit of the CRS;
                          0: no limit (a search may then pass over the whole grid) */
    double max_depth;  /* dug at any cell, unit of the heights; 0: no limit */
    bool fill;         /* fill what was not opened; default true */
    const char *scratch_dir;
} gt_breach_options;
void gt_breach_options_init(gt_breach_options *options);

typedef struct gt_breach_facts {
    uint64_t n_cells;  /* not nodata */
    uint64_t n_pits;   /* flats without a way out (of one cell or more) when their turn came */
    uint64_t n_opened; /* of them */
    uint64_t n_dug;    /* cells lowered */
    uint64_t n_raised; /* cells filled */
    double dug;        /* sum of depths; times the cell's area the volume */
} gt_breach_facts;

/* Opens depressions by channels: from the lowest pit up, the way is sought along which least is dug
 * (sum of depths; of equals the shorter) until a lower cell or the edge of the heights is reached,
 * and lowered to the level of the pit. A channel is level, not sloped: gt_grid_flow leads flats by
 * steps. The limit of length is held against the way that is cheapest to each cell, so a dearer but
 * shorter way to the same cell is not found. Pits of equal height are taken row by row, so mirrored
 * heights give mirrored channels only where no two pits or ways are equal. out: float32.
 * GT_E_USAGE "grid.walk" for a negative limit; GT_E_LIMIT "grid.too-many" beyond 2^31 cells.
 * Memory: 4 bytes a cell (beyond the ceiling in a mapped scratch file), 4 bytes a pit, 60 bytes a
 * cell of the widest search; filling as gt_grid_flow. One thread; about 0.5 us a cell searched.
 * Source: Lindsay and Dhun 2015, Lindsay 2016 (selective breaching); departure: whole flats are
 * sources, so a lake is opened from any of its shores. */
gt_status gt_grid_breach(gt_ctx *ctx, gt_grid *dem, const gt_breach_options *options, gt_grid *out,
                         gt_breach_facts *facts) GT_CHECKED;

/* ---- slope units --------------------------------------------------------------------------------
 */

typedef struct gt_slope_unit_options {
    size_t size;      /* set by gt_slope_unit_options_init */
    double threshold; /* area that makes a stream or a ridge, square unit of the CRS, > 0 */
    double min_area;  /* smaller units are merged, square unit of the CRS, >= 0 */
    const char *scratch_dir;
} gt_slope_unit_options;
void gt_slope_unit_options_init(gt_slope_unit_options *options);

typedef struct gt_slope_unit { /* of unit i + 1 */
    uint64_t cells;
    double slope;     /* mean, degrees; NaN where no cell has one */
    double aspect;    /* circular mean of the downslope azimuths, 0 .. 360; NaN where it has none */
    double variance;  /* circular variance of them, 0 all alike .. 1 all over; NaN as aspect */
    double low, high; /* heights */
} gt_slope_unit;

typedef struct gt_slope_unit_facts {
    uint64_t n_units, n_merged;
    double within; /* mean circular variance of the units by area: the less, the more homogeneous */
    double between; /* mean of (1 - cos difference) / 2 of neighbours' aspects by length of border:
                       the more, the better they are told apart */
} gt_slope_unit_facts;

/* Slope units: parts between a stream or valley and a ridge. Watersheds of the links of streams
 * (threshold), and of what drains off the map without one, are cut with those of the heights turned
 * upside down; joined cells of one pair are a unit; from the smallest up, units below min_area go
 * to the neighbour whose mean aspect is closest (of equals the one with the longer border). units:
 * int32 grid, numbered by rows, nodata where dem is; *list owned by the caller (gt_free), or NULL.
 * GT_E_USAGE "grid.walk": an option; GT_E_INPUT "grid.not-projected"; else as gt_grid_flow. Memory:
 * as gt_grid_flow, then 13 bytes a cell (beyond the ceiling mapped), 100 bytes a unit before
 * merging; 30 bytes a cell of scratch files. Source: Carrara 1988, Alvioli et al. 2016; departure:
 * one threshold, no iteration over thresholds. */
gt_status gt_grid_slope_units(gt_ctx *ctx, gt_grid *dem, const gt_slope_unit_options *options,
                              gt_grid *units, gt_slope_unit **list,
                              gt_slope_unit_facts *facts) GT_CHECKED;

#endif
