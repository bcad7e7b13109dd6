/* Between polygons and grids: statistics of a grid by polygons, polygons as a grid. Exact: the
 * share of a cell that a polygon covers is computed analytically, not by the cell's centre. Shares
 * below 1e-9 count as none. Polygons come from gt_gpkg_read_polygons; shells and holes in either
 * orientation, rings of a feature do not overlap. Results do not depend on threads or ceiling. */
#ifndef GUOTU_GRID_ZONES_H
#define GUOTU_GRID_ZONES_H

#include "guotu/gpkg_read.h"
#include "guotu/grid.h"

typedef struct gt_zone_stats {
    int64_t fid;
    double cells;    /* covered cells with data, in cells: sum of shares */
    double outside;  /* covered, but nodata or beyond the grid, in cells */
    double sum;      /* of share * value; 0 without data */
    double mean, sd; /* weighted by shares, sd of the population; NaN without data */
    double min, max; /* of the cells touched; NaN without data */
} gt_zone_stats;

/* Statistics of the grid in every feature, in the order of the table. *out: zones->n_features,
 * owned by the caller (gt_free). GT_E_INPUT "grid.crs-differs" when the table's srs_id and the
 * grid's EPSG number are known and differ. Cost: 2 ns a cell of the features' boxes; memory: the
 * table, 80 bytes a feature, 17 MB a thread. */
gt_status gt_grid_zonal(gt_ctx *ctx, gt_grid *grid, const gt_polygon_table *zones,
                        gt_zone_stats **out) GT_CHECKED;

typedef struct gt_zone_class {
    int64_t fid;
    int32_t value; /* of the grid */
    double cells;  /* sum of shares */
} gt_zone_class;
/* How much of every class of an integer grid lies in every feature: rows by feature, then value;
 * *out owned by the caller (gt_free). GT_E_INPUT "grid.not-integer"; else as gt_grid_zonal. */
gt_status gt_grid_zone_classes(gt_ctx *ctx, gt_grid *grid, const gt_polygon_table *zones,
                               gt_zone_class **out, size_t *n) GT_CHECKED;

typedef struct gt_rasterize_options {
    size_t size;          /* set by gt_rasterize_options_init */
    const double *values; /* by feature in the order of the table; NULL: the output is the share of
                             each cell that features cover together (at most 1), 0 where none */
    double least;         /* with values: the feature that covers most of a cell gives its value
                             (ties: the first) if it covers at least this share; default 0.
                             Other cells are nodata */
} gt_rasterize_options;
void gt_rasterize_options_init(gt_rasterize_options *options);
/* Polygons to cells of `out`. Errors as gt_grid_zonal. Memory: 20 MB a thread and 4 bytes for each
 * feature in each block of 1024 x 512 cells that it meets. */
gt_status gt_grid_rasterize(gt_ctx *ctx, const gt_polygon_table *zones,
                            const gt_rasterize_options *options, gt_grid *out) GT_CHECKED;

/* The other way: every patch (cells of equal value joined over their sides) of an integer grid as a
 * polygon along the sides of cells, as a table that weave and all functions for polygons take. One
 * feature a patch, fid its number as gt_grid_patches gives it, code its value as text; shells
 * counter-clockwise, holes clockwise, valid as simple features. Neighbours have the very same
 * points on a shared border, corners where three patches meet included. Nodata is no patch. srs_id:
 * the EPSG number, -1 when it has none; name: of the file. Owned by the caller. GT_E_INPUT
 * "grid.not-integer"; GT_E_LIMIT "grid.too-many" beyond 2^32 points. One thread but for reading;
 * about 20 ns a cell and 30 ns a point. Memory: 4.2 bytes a cell (beyond the ceiling in a mapped
 * scratch file), 24 bytes a point, 60 a patch. */
gt_status gt_grid_polygons(gt_ctx *ctx, gt_grid *classes, gt_polygon_table **out) GT_CHECKED;

#endif
