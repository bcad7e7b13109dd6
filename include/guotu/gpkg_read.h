/* Polygons of one table of any GeoPackage, read straight through SQLite, in parallel, into the flat
 * arrays that weave takes. For our own workspace's export and for plain files; anything else comes
 * in through source.h. */
#ifndef GUOTU_GPKG_READ_H
#define GUOTU_GPKG_READ_H

#include "guotu/geometry.h"

/* A run of features in order of fid; arrays as in weave.h. Owned by the table. */
typedef struct gt_polygon_run {
    size_t n_features, n_parts, n_rings, n_points;
    double *xy;
    uint32_t *ring_end, *part_end, *feature_end;
    int64_t *fid;
    uint32_t *code; /* index in gt_polygon_table.codes; UINT32_MAX for NULL. NULL without a field */
} gt_polygon_run;

typedef struct gt_polygon_table {
    char *name;     /* table */
    int32_t srs_id; /* of gpkg_contents */
    size_t n_runs;
    gt_polygon_run *runs;
    size_t n_features;
    size_t n_codes;
    char **codes; /* distinct values of the field as text, in byte order */
} gt_polygon_table;

/* Reads `table` (NULL: the only table of features, else GT_E_INPUT that names them) and, when field
 * is not NULL, that column as text. Features without geometry have no parts. GT_E_NOT_FOUND: file,
 * table or field; GT_E_INPUT: not a GeoPackage, a geometry that is not a polygon or is damaged,
 * with its fid. Z and M are dropped. Owned by the caller. Cost: about 1 us a feature of 20 points,
 * one thread; memory 16 bytes a point. */
gt_status gt_gpkg_read_polygons(gt_ctx *ctx, const char *path, const char *table, const char *field,
                                gt_polygon_table **out) GT_CHECKED;
void gt_polygon_table_free(gt_ctx *ctx, gt_polygon_table *table);

#endif
