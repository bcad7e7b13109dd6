/* Inside weave: a weave of plain files in the making. */
#ifndef GT_WEAVE_FILES_H
#define GT_WEAVE_FILES_H

#include "guotu/area.h"
#include "guotu/gpkg_read.h"
#include "guotu/gpkg_write.h"
#include "guotu/weave.h"
#include "weave/csv.h"
#include "weave/rows.h"

typedef struct wv_source {
    char *path, *table_name; /* table_name NULL: the only one */
    gt_polygon_table *table;
    int64_t *fid;   /* by number */
    uint32_t *code; /* by number; NULL: count by feature */
    gt_text *words; /* CSV form of each code */
    gt_crs *crs;    /* of a class grid; NULL: a GeoPackage, or not stated */
    bool grid;
} wv_source;

/* A part of the account as text. */
typedef struct wv_piece {
    wv_csv csv;
    size_t n_rows;
    wv_wide area;
} wv_piece;

typedef struct wv_files_job {
    gt_ctx *ctx;
    const gt_weave_files_options *o;
    wv_source sources[GT_WEAVE_LAYERS_MAX];
    gt_weave_batch *batches;
    size_t n_batches;
    gt_plane *plane;
    gt_weave *weave; /* only when polygons or faults are asked for */
    wv_rows *rows;
    wv_codes how;
    const uint32_t *code_of[GT_WEAVE_LAYERS_MAX];
    size_t code_len[GT_WEAVE_LAYERS_MAX];
    wv_piece *pieces; /* of the account, one wave of parts */
    size_t first_part;
    gt_weave_files_facts *facts;
    gt_gpkg_writer *writer;
} wv_files_job;

/* Writes the atoms (the features that lie there, and their fields), or the account's rows as areas
 * (dissolved by the fields), as a GeoPackage (files_polygons.c). */
gt_status wv_files_polygons(wv_files_job *job, const char *path, bool atoms) GT_CHECKED;
/* Writes the faults of job->weave as CSV (files_polygons.c). */
gt_status wv_files_faults(wv_files_job *job) GT_CHECKED;

#endif
