/* Foreign files, read and written by guotu-io, a process of its own with limits (memory, time, no
 * network): a crash or a bomb in a parser harms nothing else. GDAL lives there only. */
#ifndef GUOTU_SOURCE_H
#define GUOTU_SOURCE_H

#include "guotu/crs.h"
#include "guotu/standard.h"

typedef struct gt_source gt_source;

typedef struct gt_source_options {
    size_t size;
    const char *layer;       /* layer name inside the file; NULL: the only one */
    const char *encoding;    /* attribute text: "UTF-8", "GBK", "GB18030"; NULL: as the file says, and
                              * GB 18030 when it says nothing and the text is not UTF-8 */
    const char *crs;         /* overrides the file's CRS; NULL: the file's */
    const char *target_crs;  /* features arrive in it */
    gt_datum_shift datum;
    const char *where;       /* OGR SQL attribute filter, or NULL */
    size_t memory_limit;     /* of the child, bytes; 0: 2 GiB */
    int time_limit_s;        /* CPU seconds; 0: 3600 */
} gt_source_options;
void gt_source_options_init(gt_source_options *options);

typedef struct gt_source_field {
    const char *name;
    gt_field_type type;
} gt_source_field;

typedef struct gt_source_info {
    const char *driver, *layer;
    const char *crs_name;    /* NULL when the file states none */
    int crs_epsg;
    gt_geom_type geom_type;
    int64_t n_features;      /* -1 unknown */
    const gt_source_field *fields;
    size_t n_fields;
} gt_source_info;

/* Geometry problems found while decoding travel with the feature (see flags). */
typedef struct gt_source_feature {
    int64_t row;             /* 1-based record number */
    int64_t fid;             /* the file's own id */
    const gt_geom *geom;     /* in the target CRS; borrowed until the next call; NULL: no geometry */
    const char *geom_fault;  /* NULL, or why the geometry could not be decoded or transformed */
    const gt_value *values;  /* one per field of the info */
} gt_source_feature;

/* Starts the child and reads the header. GT_E_INPUT: not a file GDAL reads, several layers and none
 * chosen (the message lists them), no CRS. GT_E_ENV: guotu-io missing or it died (with its reason). */
gt_status gt_source_open(gt_ctx *ctx, const char *path, const gt_source_options *options,
                         gt_source **out) GT_CHECKED;
const gt_source_info *gt_source_info_of(const gt_source *source);
/* Next record; *more = false at the end. */
gt_status gt_source_next(gt_ctx *ctx, gt_source *source, gt_source_feature *out,
                         bool *more) GT_CHECKED;
void gt_source_close(gt_source *source);

typedef struct gt_sink gt_sink;
/* Opens a new vector file for writing; format by extension (.gpkg .shp .geojson .fgb .csv .xlsx .gml
 * .kml .dxf ...) or `driver` when not NULL. Written beside the path and renamed at the end, so that a
 * failure leaves no half file. crs: what the features are in; out_crs NULL = same. */
gt_status gt_sink_open(gt_ctx *ctx, const char *path, const char *driver, const char *layer,
                       const gt_standard *standard, const char *crs, const char *out_crs,
                       gt_sink **out) GT_CHECKED;
gt_status gt_sink_put(gt_ctx *ctx, gt_sink *sink, const gt_feature *feature) GT_CHECKED;
/* Finishes and renames; consumed either way. */
gt_status gt_sink_close(gt_ctx *ctx, gt_sink *sink) GT_CHECKED;
void gt_sink_abort(gt_sink *sink);

#endif
