/* Ways of the wind across an area: what the three files of the kernel wind-corridors share.
 * Internal.
 *
 * The area's box is held: 36 bytes a cell in one piece (grid/hold.h). */
#ifndef GT_MODEL_HAZARD_WIND_LANES_H
#define GT_MODEL_HAZARD_WIND_LANES_H

#include "grid/hold.h"
#include "guotu/context.h"

enum { GT_LANES_MAX = 32, GT_LANE_WIDTHS_MAX = 4, GT_LANE_CELL = 36 };

typedef struct gt_lane {
    bool found;                           /* is there a way at all? */
    double best;                          /* its cost */
    size_t from, to;                      /* cells of the way: axis[from .. to-1] of gt_lanes */
    double length_m;                      /* of the way */
    double blocked_m;                     /* of that: closed ground */
    double reached_m[GT_LANE_WIDTHS_MAX]; /* at least so wide, by bound */
    double mean_m, least_m;               /* width along it, 0 on closed ground */
    int64_t narrowest;                    /* cell */
    int level;                            /* 1: the widest bound holds; 0: none does */
} gt_lane;

typedef struct gt_lanes {
    gt_ctx *ctx;
    int64_t cols, rows, n; /* of the box */
    double cell;           /* m */
    /* the wind: unit vectors along and across, in columns and rows */
    double along[2], across[2];
    double across_least, across_span; /* of the area's cells */
    size_t n_lines;                   /* of cells along the wind */
    double *place;                    /* by line: which lane, 0 .. n_lanes */
    int n_lanes;
    double sway;    /* how far a way may leave its lane, in widths of a lane */
    double turn;    /* what a step against the wind costs more: 1 + turn (1 - cos) */
    double reach;   /* extra cost of a corridor's cells, as a share of the best way's */
    double breadth; /* m: no ground is farther from its way */
    double share;   /* of the length a bound has to hold over */
    double widths[GT_LANE_WIDTHS_MAX];
    int n_widths;
    grid_hold held;
    double *there, *back; /* cost from the windward and to the leeward side, of one lane */
    float *friction;      /* NaN: barrier, or not of the area */
    float *extra;         /* least so far, as a share */
    int32_t *far2;        /* squared distance in cells to what is in no corridor */
    float *width;         /* m */
    uint8_t *open, *number,
        *step; /* may be a corridor; lane, 0: none; neighbour it was reached from */
    bool *in_area;
    int64_t *axis; /* cells of all ways */
    size_t n_axis, cap_axis;
    gt_lane lane[GT_LANES_MAX];
} gt_lanes;

/* Finds the best way of each lane and gives number, extra and axis. The fields above are given. */
gt_status gt_lanes_find(gt_lanes *w) GT_CHECKED;
/* Width of the corridors, and what it is along the ways: fills width and lane[]. */
gt_status gt_lanes_measure(gt_lanes *w) GT_CHECKED;

#endif
