/* Opens a foreign file and finds the layer that is meant. */
#ifndef GT_IO_CHILD_DATASET_H
#define GT_IO_CHILD_DATASET_H

#include <gdal.h>
#include <ogr_api.h>

#include "guotu/crs.h"
#include "io/info.h"
#include "session.h"

/* Names of CSV columns that make a geometry. */
#define IO_CSV_WKT "WKT,geom,geometry,the_geom,几何"
#define IO_CSV_X   "lon,lng,long,longitude,x,经度,东经"
#define IO_CSV_Y   "lat,latitude,y,纬度,北纬"

typedef struct io_dataset {
    GDALDatasetH handle;
    const char *driver; /* short name; GDAL's */
    OGRLayerH layer;
    OGRLayerH result; /* from ExecuteSQL, to be released; NULL mostly */
} io_dataset;

/* crs.c: the CRS, without its heights: by number where it has one, else as WKT. NULL or unknown:
 * *out stays NULL. */
gt_status io_crs_of(gt_ctx *ctx, OGRSpatialReferenceH srs, gt_crs **out) GT_CHECKED;
/* Opens ask->path: a file, a folder, a zip archive or a file in one. */
gt_status io_dataset_open(io_session *session, const gt_read_ask *ask, io_dataset *out) GT_CHECKED;
/* The layer called `name`, or the only one. */
gt_status io_dataset_choose(io_session *session, io_dataset *dataset, const char *name) GT_CHECKED;
void io_dataset_close(io_dataset *dataset);

/* Is it one of the formats that are files? */
bool io_driver_is_file(const char *name);
gt_geom_type io_geom_type(OGRwkbGeometryType type);
/* Sends the list of layers. */
gt_status io_dataset_list(io_session *session, const gt_read_ask *ask) GT_CHECKED;

#endif
