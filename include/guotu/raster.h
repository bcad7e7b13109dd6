/* Foreign rasters, read through guotu-io (see source.h): one window of one band, resampled. For map
 * pictures, and for models that need relief; whole grids have a room of their own. */
#ifndef GUOTU_RASTER_H
#define GUOTU_RASTER_H

#include "guotu/geometry.h"

typedef enum gt_resample {
    GT_RESAMPLE_BILINEAR = 0, /* heights; widened when the result is coarser than the file */
    GT_RESAMPLE_NEAREST,      /* classes */
    GT_RESAMPLE_AVERAGE       /* mean of all cells under a coarser one, nodata left out */
} gt_resample;

typedef struct gt_raster_options {
    size_t size;
    int band;             /* 1-based; 0 = 1 */
    const char *crs;      /* of the result and the box; NULL: the file's */
    const char *file_crs; /* overrides the file's; NULL: the file's */
    bool has_box;         /* else the whole raster */
    gt_box box;           /* outer edges, in crs; may reach beyond the raster: nodata there */
    int n_cols, n_rows; /* of the result; one 0: from the shape of the box; both 0: about as fine as
                         * the file */
    gt_resample resample;
    size_t memory_limit; /* of the child, bytes; 0: 2 GiB */
    int time_limit_s;    /* CPU seconds; 0: as gt_source_options */
} gt_raster_options;
void gt_raster_options_init(gt_raster_options *options);

typedef struct gt_raster {
    int n_cols, n_rows;
    float *cells; /* n_rows * n_cols, row-major, first row in the north; NaN: nodata. Scale and
                   * offset of the band have been applied */
    gt_box box;   /* outer edges, in crs */
    const char *crs_wkt; /* NULL when the file states none and none was asked for */
    int crs_epsg;        /* 0: not known by number */
    float min, max;      /* of the valid cells; NaN when there are none */
    int64_t n_valid;
} gt_raster;

/* Reads a window; *out belongs to the caller (gt_raster_free).
 * GT_E_NOT_FOUND: no such file. GT_E_INPUT: not a raster, no such band, no place on the ground, no
 * CRS although one is asked for. GT_E_USAGE: an empty box or a size beyond 65 536 a side or 400
 * million cells. GT_E_LIMIT, GT_E_ENV: as gt_source_open. Cost: 4 bytes a cell here, about 8 in the
 * child; 1 million cells of a GeoTIFF in about 0.2 s. Places are transformed to within an eighth of
 * a cell (GDAL's warper). */
gt_status gt_raster_read(gt_ctx *ctx, const char *path, const gt_raster_options *options,
                         gt_raster **out) GT_CHECKED;
void gt_raster_free(gt_ctx *ctx, gt_raster *raster);
/* Cell that holds the point (x, y of raster's crs), nearest; NaN outside. */
float gt_raster_at(const gt_raster *raster, double x, double y);

#endif
