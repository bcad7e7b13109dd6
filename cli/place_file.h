/* A file of places that weave found: GeoPackage with polygons, or CSV with centroids. */
#ifndef GT_CLI_PLACE_FILE_H
#define GT_CLI_PLACE_FILE_H

#include "cli.h"
#include "guotu/coverage.h"
#include "guotu/gpkg_write.h"

enum { PLACE_TEXTS = 66 };

typedef struct cli_place_file {
    cli *app;
    gt_gpkg_writer *gpkg; /* or NULL: CSV */
    gt_text csv;
    const char *path;
    size_t n_texts;
    size_t n;
    double m2;
} cli_place_file;

/* columns: names of the text columns; m2, x and y follow. The ending of path decides: .gpkg or
 * .csv; anything else is GT_E_USAGE. */
gt_status cli_place_file_open(cli *app, gt_store *store, const char *path, const char *table,
                              const char *const *columns, size_t n_columns,
                              cli_place_file *out) GT_CHECKED;
gt_status cli_place_file_add(cli_place_file *file, const char *const *texts,
                             const gt_place_found *place) GT_CHECKED;
/* Completes the file when st is GT_OK, else gives it up. Returns the worse status. */
gt_status cli_place_file_close(cli_place_file *file, gt_status st) GT_CHECKED;

#endif
