/* Inside of import: batches, the column map, the pipeline, file-level checks.
 *
 *   reader (under a lock)   import_batch.c   source -> raw rows of a batch
 *   worker, any number      import_check.c   QC, repair, area, values, blobs of that batch
 *   writer, the caller      import.c         notes in file order, twins, commit
 *   pipe between them       import_pipe.c    a ring of batches; order of the file is kept
 * Every batch has a context of its own, which goes with it from thread to thread; an error found in
 * a batch stands in that context until the writer meets it. */
#ifndef GT_STORE_IMPORT_H
#define GT_STORE_IMPORT_H

#include "guotu/import.h"
#include "store/qc_confirm.h"
#include "store/qc_fields.h"

enum {
    IMP_BATCH_ROWS = 1024,
    IMP_BATCH_POINTS = 128 * 1024, /* 2 MiB of coordinates; one larger feature is a batch alone */
    IMP_HINTS = 256 /* nearest codes looked for in one batch: each costs a list scan */
};

/* ---- columns of the file against fields of the standard -----------------------------------------
 */

typedef struct imp_map {
    const gt_standard *standard;
    int *column_of;           /* per field: column of the file, -1 = none */
    int *field_of;            /* per column: field, -1 = not taken */
    int id_field, area_field; /* -1 = none */
    int *unique;              /* fields whose values must differ, the id first */
    size_t n_unique;
} imp_map;

/* Matches by name and alias; what does not match is noted. Memory from the arena. */
gt_status imp_map_make(gt_ctx *ctx, gt_arena *arena, const gt_standard *standard,
                       const gt_source_info *info, gt_notes *notes, const char *file, imp_map *out);

/* ---- batches --------------------------------------------------------------------------------- */

typedef struct imp_item {
    int64_t row;
    const char *id; /* NULL: made up by the store, or missing */
    gt_geom_type type;
    uint32_t n_points, n_rings, n_parts;
    size_t xy_at, ring_at, part_at; /* into the batch's arrays */
    size_t fault_at, n_faults;      /* into the batch's faults */
    bool has_geom, broken;          /* broken: the reader could not make a geometry of it */
    bool closed;                    /* the reader closed a ring: fine only with repair */
    size_t blob_at, blob_len;
    gt_box box;
    double area;
    uint64_t shape;
} imp_item;

typedef struct imp_batch {
    gt_ctx *ctx; /* owned */
    gt_arena *arena;
    imp_item *item;
    size_t n, cap_item;
    double *xy;
    size_t n_xy, cap_xy;
    uint32_t *ring, *part;
    size_t n_ring, cap_ring, n_part, cap_part;
    gt_value *value; /* n_fields a row: raw first, then as the fields want them */
    size_t cap_value;
    uint8_t *blob;
    size_t n_blob, cap_blob;
    qc_hits faults, hits;
    uint32_t *coerced; /* per field */
    int64_t *coerced_row;
    size_t n_repaired, n_geom,
        n_bad_place; /* n_bad_place: outside the area of use, or not decoded */
    double area;
    gt_box box;
    bool box_known;
    bool last;
    gt_status status;
    enum { IMP_FREE = 0, IMP_BUSY, IMP_READY } state;
} imp_batch;

gt_status imp_batch_init(gt_ctx *ctx, const imp_map *map, imp_batch *batch);
/* The error of a failed batch goes to heir (may be NULL). */
void imp_batch_free(gt_ctx *heir, imp_batch *batch);
/* Empties the batch and reads the next rows into it. */
gt_status imp_batch_read(gt_source *source, const imp_map *map, imp_batch *batch);

/* ---- checks ---------------------------------------------------------------------------------- */

typedef struct imp_rules { /* shared by the workers, immutable */
    const imp_map *map;
    const gt_import_options *options;
    const gt_plane *plane;
    bool geographic; /* the working CRS has degrees */
    int32_t srs_id;
    bool has_area;  /* polygon layer */
    bool has_world; /* world: where the working CRS may be used, generously */
    gt_box world;
} imp_rules;

typedef struct imp_checker imp_checker; /* one per worker */
gt_status imp_checker_new(gt_ctx *ctx, const imp_rules *rules, imp_checker **out);
void imp_checker_free(gt_ctx *ctx, imp_checker *checker);
gt_status imp_check(imp_checker *checker, imp_batch *batch);

/* Survey areas (LA-1) by local expansion of the projection: import_area.c. */
enum { IMP_AREA_DEGREE = 6, IMP_AREA_CELLS = 64 };
typedef struct imp_area_cell {
    bool known;
    double column, row;                                      /* of the grid of squares */
    double re[IMP_AREA_DEGREE + 1], im[IMP_AREA_DEGREE + 1]; /* longitude, isometric latitude */
    double strip[IMP_AREA_DEGREE + 1];                       /* authalic strip of the latter */
} imp_area_cell;
typedef struct imp_area {
    const gt_plane *plane; /* borrowed */
    bool geographic;
    double step;
    imp_area_cell cell[IMP_AREA_CELLS];
} imp_area;
void imp_area_init(imp_area *area, const gt_plane *plane, bool geographic, double step);
/* gt_area_survey to 1e-9 m times the perimeter (the rounding of its vertices), in a twentieth of
 * its time. box: of geom. */
double imp_area_survey(imp_area *area, const gt_geom *geom, gt_box box);

/* ---- pipeline -------------------------------------------------------------------------------- */

typedef gt_status (*imp_consume)(void *user, imp_batch *batch, bool *stop);
/* Reads all, checks on gt_ctx_threads(ctx) - 1 workers (none: in line), consumes in file order. */
gt_status imp_pipe_run(gt_ctx *ctx, gt_source *source, const imp_rules *rules, imp_consume consume,
                       void *user);

/* ---- the file as a whole --------------------------------------------------------------------- */

/* Where the working CRS may be used: its area of use and 3 degrees more. */
gt_status imp_world(gt_ctx *ctx, const gt_crs *crs, const gt_plane *plane, imp_rules *rules);
/* Coordinates are not where they should be: reads some of them as they are in the file and names
 * the likely cause as an error note. */
gt_status imp_diagnose_place(gt_ctx *ctx, const char *path, const gt_source_options *options,
                             const gt_source_info *info, const gt_crs *work, gt_notes *notes);
/* Rows with equal hashes: are they equal? Reads the file again if there are such; notes what is. */
gt_status imp_confirm_twins(gt_ctx *ctx, const char *path, const gt_source_options *options,
                            const imp_map *map, const qc_twin_set *sets, size_t n_sets,
                            gt_notes *notes);

#endif
