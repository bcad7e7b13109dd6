/* Height and water on the grids: interpolated relief with detail that keeps the mean of every
 * source cell, streams, lakes. */
#ifndef GT_SYNTH_TERRAIN_H
#define GT_SYNTH_TERRAIN_H

#include "synth/fields.h"

/* A height grid as it was read. Row 0 is the first in memory; dy < 0 for north-up files. */
typedef struct sy_relief {
    int n_cols, n_rows;
    double x0, y0; /* centre of the first cell */
    double dx, dy;
    const float *z; /* m, no holes; borrowed */
    bool degrees;   /* coordinates are longitude and latitude, else metres of the working CRS */
    const gt_plane *plane; /* needed for degrees; borrowed */
} sy_relief;

/* Fills HEIGHT: bicubic between source cells; where these are coarse, seeded detail whose strength
 * follows the local relief, corrected until each source cell keeps its mean to 0.1 m (conditional
 * simulation by iterated residuals). GT_E_INPUT: empty, NaN, or not covering the territory. */
gt_status sy_terrain_fill(gt_ctx *ctx, const sy_relief *relief, uint64_t seed,
                          sy_fields *f) GT_CHECKED;
/* Lowers the land along the river lines so that water follows them. */
gt_status sy_terrain_carve(gt_ctx *ctx, sy_fields *f) GT_CHECKED;
/* Fills DOWN and DRAINS (priority flood, Barnes et al. 2014: the tree of the flood drains every
 * cell) and SLOPE, RELIEF. */
gt_status sy_terrain_drain(gt_ctx *ctx, sy_fields *f) GT_CHECKED;

/* One lake behind a dam near `at`: grows over what drains there, lowest first, to km2. */
typedef struct sy_lake {
    sy_pt at;
    double km2;
} sy_lake;
/* Marks lakes in f->lake and fills LAKE; *made (n entries) = km2 reached inside the territory. */
gt_status sy_terrain_lakes(gt_ctx *ctx, sy_fields *f, const sy_lake *lakes, size_t n,
                           double *made) GT_CHECKED;

#endif
