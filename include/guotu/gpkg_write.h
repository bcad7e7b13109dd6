/* A plain GeoPackage with a few tables of polygons, written fast: one transaction, no index. For
 * results of weave and of checks; the workspace has its own store. */
#ifndef GUOTU_GPKG_WRITE_H
#define GUOTU_GPKG_WRITE_H

#include "guotu/crs.h"
#include "guotu/geometry.h"

typedef struct gt_gpkg_writer gt_gpkg_writer; /* belongs to one thread */

typedef enum gt_gpkg_type { GT_GPKG_INTEGER = 0, GT_GPKG_REAL, GT_GPKG_TEXT } gt_gpkg_type;

typedef struct gt_gpkg_column {
    const char *name;
    gt_gpkg_type type;
} gt_gpkg_column;

typedef struct gt_gpkg_value {
    bool null;
    int64_t integer;
    double real;
    const char *text; /* borrowed for the call */
} gt_gpkg_value;

/* New file beside path, renamed to path by gt_gpkg_finish; an old file of that name is replaced
 * only then. srs_from: a GeoPackage whose definition of srs_id is copied, or NULL (undefined CRS).
 * The geometry column is `geom`, the key `fid`. GT_E_ENV when it cannot be written. */
gt_status gt_gpkg_create(gt_ctx *ctx, const char *path, const char *table,
                         const gt_gpkg_column *columns, size_t n_columns, int32_t srs_id,
                         const char *srs_from, gt_gpkg_writer **out) GT_CHECKED;
/* States the CRS of a writer made without srs_from; before any row. crs NULL: undefined, as it was.
 * Borrowed for the call. */
gt_status gt_gpkg_state_crs(gt_ctx *ctx, gt_gpkg_writer *writer, const gt_crs *crs) GT_CHECKED;
/* Adds a MULTIPOLYGON (rings as they are; geom NULL: a row without geometry) with one value for
 * each column. */
gt_status gt_gpkg_add(gt_ctx *ctx, gt_gpkg_writer *writer, const gt_geom *geom,
                      const gt_gpkg_value *values) GT_CHECKED;
/* One more table of the same kind (at most 4 in a file); *number names it to gt_gpkg_add_to. Before
 * or after rows of other tables. */
gt_status gt_gpkg_add_table(gt_ctx *ctx, gt_gpkg_writer *writer, const char *name,
                            const gt_gpkg_column *columns, size_t n_columns,
                            size_t *number) GT_CHECKED;
/* As gt_gpkg_add, to that table (the one of gt_gpkg_create is 0). geom NULL: none. */
gt_status gt_gpkg_add_to(gt_ctx *ctx, gt_gpkg_writer *writer, size_t number, const gt_geom *geom,
                         const gt_gpkg_value *values) GT_CHECKED;
/* Commits and renames. The writer is consumed, also on failure. */
gt_status gt_gpkg_finish(gt_ctx *ctx, gt_gpkg_writer *writer) GT_CHECKED;
/* Gives up: removes the unfinished file. NULL is accepted. */
void gt_gpkg_abandon(gt_ctx *ctx, gt_gpkg_writer *writer);

#endif
