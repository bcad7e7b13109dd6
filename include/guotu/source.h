/* Foreign files, read and written by guotu-io, a process of its own with limits (memory, time, no
 * network): a crash or a bomb in a parser harms nothing else. GDAL lives there only. */
#ifndef GUOTU_SOURCE_H
#define GUOTU_SOURCE_H

#include "guotu/crs.h"
#include "guotu/notes.h"
#include "guotu/standard.h"

typedef struct gt_source gt_source;

typedef struct gt_source_options {
    size_t size;
    const char *layer;    /* layer name inside the file; NULL: the only one */
    const char *encoding; /* attribute text: "UTF-8", "GBK", "GB18030"; NULL: as the file says, and
                           * GB 18030 when it says nothing and the text is not UTF-8 */
    const char *crs;      /* overrides the file's CRS; NULL: the file's */
    const char *target_crs; /* features arrive in it */
    gt_datum_shift datum;
    const char *where;   /* OGR SQL attribute filter, or NULL */
    size_t memory_limit; /* of the child, bytes; 0: 2 GiB */
    int time_limit_s;    /* CPU seconds of the child; 0: 120 and 4 for each MiB of the file (40 when
                          * it is a zip archive), at most a day; 3600 for a folder */
    bool plain;          /* read feature by feature even where columns are faster (for tests) */
} gt_source_options;
void gt_source_options_init(gt_source_options *options);

typedef struct gt_source_field {
    const char *name;   /* UTF-8, as the file spells it */
    gt_field_type type; /* times, lists and binary values arrive as text */
    int width;          /* declared characters or digits; 0 = none declared */
} gt_source_field;

typedef struct gt_source_info {
    const char *driver, *layer;
    const char *crs_name;   /* of the file's coordinates (or the option crs); NULL when none */
    int crs_epsg;           /* 0 when not known by number */
    gt_geom_type geom_type; /* GT_GEOM_NONE: mixed, unknown, or no geometry at all */
    int64_t n_features;     /* -1 unknown */
    const gt_source_field *fields;
    size_t n_fields;
    bool has_geometry;         /* false: a plain table, every geom is NULL */
    const char *crs_wkt;       /* NULL when none */
    const char *encoding_used; /* "UTF-8", "GB18030", ... the attribute text was read as */
    bool crs_assumed;          /* GeoJSON that names no CRS: WGS 84 by RFC 7946. Tell the user */
    bool encoding_assumed;     /* the file did not say and nor did the caller: tell the user */
} gt_source_info;

/* One thing wrong with a feature. Ready for gt_notes_add(notes, GT_ERROR, fault->message,
 * GT_PLACE(.file = .., .row = .., .has_xy = fault->has_xy, ..), fault->args). */
typedef struct gt_source_fault {
    int field; /* index of the field, GT_FAULT_GEOMETRY or GT_FAULT_RECORD */
    const gt_message *message;
    const gt_arg *args;
    bool has_xy; /* x, y in the CRS of the file */
    double x, y;
} gt_source_fault;
enum { GT_FAULT_GEOMETRY = -1, GT_FAULT_RECORD = -2 };

/* Problems found while decoding travel with the feature. */
typedef struct gt_source_feature {
    int64_t row;         /* 1-based record number; with `where`: among those that match, except in
                          * shapefiles, where it is always the number in the file */
    int64_t fid;         /* the file's own id */
    const gt_geom *geom; /* in the target CRS, finite, rings closed; borrowed until the next call;
                          * NULL: no geometry, or one that could not be decoded */
    const char *geom_fault; /* NULL, or what is wrong with the geometry (English; the same in
                             * `faults` in both languages). geom is NULL then, except where all that
                             * was wrong is open rings: they were closed; use it only to repair */
    const gt_value *values; /* one per field of the info; GT_NULL where the field has a fault */
    const gt_source_fault *faults; /* all faults of this feature, geometry included */
    size_t n_faults;
} gt_source_feature;

/* Starts the child and reads the header.
 * GT_E_NOT_FOUND: no such file, no such layer (the message lists those there are).
 * GT_E_INPUT: empty, not a file GDAL reads, damaged, several layers and none chosen (the message
 *   lists them), no CRS although a target is asked for, coordinates that cannot be in the CRS
 * stated. GT_E_LIMIT: the child met its memory or time limit. GT_E_ENV: guotu-io is missing, of
 * another version, or was killed. A file that crashes its reader is GT_E_INPUT ("made its reader
 * stop") with the signal. Several sources may be open at once; each belongs to one thread. The
 * context must outlive it. */
gt_status gt_source_open(gt_ctx *ctx, const char *path, const gt_source_options *options,
                         gt_source **out) GT_CHECKED;
/* Borrowed until close. */
const gt_source_info *gt_source_info_of(const gt_source *source);
/* Next record; *more = false at the end. The child decodes and transforms ahead while the caller
 * works. Same errors as open; after one, only close is left. Cancel is noticed within 0.1 s. */
gt_status gt_source_next(gt_ctx *ctx, gt_source *source, gt_source_feature *out,
                         bool *more) GT_CHECKED;
/* Stops the child whatever it does, waits for it and removes its temporary files. NULL accepted. */
void gt_source_close(gt_source *source);

/* What is in a file, for hints. Counts are -1 where they would cost a full read. */
typedef struct gt_source_layer {
    const char *name;
    gt_geom_type geom_type;
    bool has_geometry;
    int64_t n_features;
    const char *crs_name; /* NULL: none */
    size_t n_fields;
} gt_source_layer;
typedef struct gt_source_layers {
    const char *driver;
    const gt_source_layer *layers;
    size_t n_layers;
} gt_source_layers;
/* Errors as gt_source_open. Owned by the caller. options may be NULL (only limits are used). */
gt_status gt_source_list(gt_ctx *ctx, const char *path, const gt_source_options *options,
                         gt_source_layers **out) GT_CHECKED;
void gt_source_layers_free(gt_ctx *ctx, gt_source_layers *layers);

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct gt_sink gt_sink; /* one thread */

typedef struct gt_sink_options {
    size_t size;
    const char *driver;   /* GDAL's short name; NULL: by the extension of the path */
    const char *layer;    /* layer name; NULL: the id of the standard */
    const char *out_crs;  /* what the file is written in; NULL: as the features, but EPSG:4326 where
                           * the format knows no other (GeoJSON, KML, GPX) */
    const char *encoding; /* text of shapefiles: NULL = UTF-8 (a .cpg says so); "GBK", "GB18030" */
    bool overwrite;       /* replace what is at the path; else GT_E_CONFLICT */
    bool with_dates;      /* adds the columns valid_from and valid_to */
    gt_notes *notes;      /* borrowed until close; gets what the format could not hold as it was:
                           * cut field names, cut texts, dropped attributes. May be NULL */
    size_t memory_limit;  /* of the child, bytes; 0: 2 GiB */
    int time_limit_s;     /* CPU seconds; 0: a day */
} gt_sink_options;
void gt_sink_options_init(gt_sink_options *options);

/* Opens a new vector file for writing; format by extension: .gpkg .shp .geojson .geojsonl .fgb .csv
 * .xlsx .ods .gml .kml .kmz .dxf .gdb .sqlite .tab .mif .gpx. Columns: the fields of the standard,
 * in order; before them `id` (the feature id) when the standard has no id_field. crs: what the
 * features are in (text as gt_crs_new takes it); NULL only for tables without geometry. The file is
 * written in a hidden folder beside the path, by guotu-io, and moved into place by gt_sink_close: a
 * failure or a kill leaves what was there before. standard, crs and options are not used after the
 * call, except options->notes. GT_E_USAGE: no format for the extension. GT_E_CONFLICT: the path
 * exists. GT_E_ENV: the folder cannot be written, guotu-io is missing or died. */
gt_status gt_sink_open_with(gt_ctx *ctx, const char *path, const gt_standard *standard,
                            const char *crs, const gt_sink_options *options,
                            gt_sink **out) GT_CHECKED;
/* The same with the usual options; never overwrites. */
gt_status gt_sink_open(gt_ctx *ctx, const char *path, const char *driver, const char *layer,
                       const gt_standard *standard, const char *crs, const char *out_crs,
                       gt_sink **out) GT_CHECKED;
/* Adds a feature (blob NULL: no geometry). Sent ahead: an error may concern an earlier feature,
 * which it names. GT_E_INPUT: text that the encoding cannot hold, a geometry that cannot be
 * transformed. */
gt_status gt_sink_put(gt_ctx *ctx, gt_sink *sink, const gt_feature *feature) GT_CHECKED;
/* Finishes, syncs and moves into place; consumed either way. */
gt_status gt_sink_close(gt_ctx *ctx, gt_sink *sink) GT_CHECKED;
/* Consumed; leaves nothing. NULL accepted. */
void gt_sink_abort(gt_sink *sink);

#endif
