/* Files into the one map, and out of it.
 *
 * Import: source -> QC -> commit. The child guotu-io reads and transforms on one core while worker
 * threads check, measure and encode batch k+1 and the calling thread writes batch k. One revision
 * or nothing: any QC error refuses the whole file and the workspace is as before; a located report
 * says what and where. Memory: (workers + 2) batches of at most 4 MiB each plus the largest
 * feature, 16 MiB for the duplicate check, the store's page cache: it does not grow with the file.
 */
#ifndef GUOTU_IMPORT_H
#define GUOTU_IMPORT_H

#include "guotu/qc.h"
#include "guotu/source.h"

typedef struct gt_import_options {
    size_t size;
    gt_date as_of; /* the survey's date: a new survey of the whole layer, older features end
                    * there. GT_DATE_NONE: a correction of what is in the layer */
    bool repair;   /* mend what can be mended; each change is noted */
    bool dry_run;  /* check and report only */
    const char *source_layer;              /* layer inside the file; NULL: the only one */
    const char *where;                     /* OGR SQL attribute filter, or NULL */
    const char *encoding;                  /* as gt_source_options */
    const char *crs;                       /* instead of what the file says, or NULL */
    gt_datum_shift datum;                  /* what the file's coordinates are really in */
    const char *author, *message, *reason; /* of the revision; message NULL: made up */
    gt_origin origin;
    int64_t expect_revision; /* optimistic lock, -1 = any */
    double area_step_m;      /* densify step of the survey area, metres (default 70, LA-1) */
    double area_tolerance;   /* stated area may differ by this share (default 0.01) */
    uint32_t max_points;     /* vertices of one feature (0: 10 million) */
    size_t max_findings;     /* records kept (0: 10 000); all are counted */
    const char *report_dir;  /* NULL: WORKSPACE/reports */
} gt_import_options;
void gt_import_options_init(gt_import_options *options);

typedef struct gt_import_report {
    int64_t n_read, n_written, n_repaired; /* n_written: handed to the store */
    int64_t n_changed, n_ended; /* of these new or different; ended without a successor */
    int64_t revision;           /* made, or 0 */
    double area_m2;             /* survey area of what was read, polygons only */
    gt_box box;                 /* in the working CRS */
    gt_notes *notes;            /* every finding; owned by the report */
    char *report; /* path of the reports without extension, NULL when none was written; owned */
    bool refused; /* QC found errors: nothing was changed */
    double seconds;
} gt_import_report;
void gt_import_report_init(gt_import_report *report);
void gt_import_report_free(gt_ctx *ctx, gt_import_report *report);

/* Imports one layer of a file into the layer of `standard`. GT_E_INPUT "import.refused" when QC
 * found errors (report->refused, the reports are written); other errors as gt_source_open and the
 * store. The report is filled as far as the import came, also on failure: free it in any case. */
gt_status gt_import(gt_ctx *ctx, gt_store *store, const gt_standard *standard, const char *path,
                    const gt_import_options *options, gt_import_report *report) GT_CHECKED;

typedef struct gt_export_options {
    size_t size;
    const char *driver;  /* OGR driver, NULL: by extension */
    const char *out_crs; /* NULL: the working CRS (EPSG:4326 where the format knows no other) */
    int64_t as_of_rev;   /* 0 = newest */
    gt_date as_of_date;  /* GT_DATE_NONE = valid now */
    bool has_box;
    gt_box box;           /* working CRS; features whose envelope meets it */
    const char *encoding; /* attribute text of shapefiles: NULL = UTF-8; "GBK", "GB18030" */
    bool overwrite;       /* replace what is at the path; else GT_E_CONFLICT */
    bool with_dates;      /* adds the columns valid_from and valid_to */
    gt_notes *notes;      /* gets what the format could not hold; borrowed, may be NULL */
} gt_export_options;
void gt_export_options_init(gt_export_options *options);

/* Streams a layer to a file. Nothing is left behind on failure. */
gt_status gt_export(gt_ctx *ctx, gt_store *store, const char *layer, const char *path,
                    const gt_export_options *options, int64_t *n_written) GT_CHECKED;

#endif
