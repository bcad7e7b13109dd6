/* Regions with areas and mean directions that are merged from the smallest up. Used by slope units.
 * Inside the room. */
#ifndef GT_GRID_REGIONS_H
#define GT_GRID_REGIONS_H

#include "guotu/context.h"

typedef struct region {
    uint64_t cells, n_slope, n_aspect;
    double slope, east, north; /* sums: degrees; of unit vectors down the slope */
    double low, high;
} region;

typedef struct border { /* between two regions, a < b; sides of cells */
    uint32_t a, b, length;
} border;

/* Merges every region of fewer than min_cells cells into the neighbour whose mean direction is
 * closest. regions (n) end with the sums at the regions that are left; root[i]: the region that i
 * went to. borders: sorted by a, b. Regions without a neighbour stay as they are. */
gt_status regions_merge(gt_ctx *ctx, region *regions, size_t n, const border *borders,
                        size_t n_borders, uint64_t min_cells, uint32_t *root) GT_CHECKED;

/* Degrees clockwise from north; NaN without a direction. */
double region_aspect(const region *r);
double region_variance(const region *r);

#endif
