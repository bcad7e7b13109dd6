/* What the files of this room share. Tables of onemap.gpkg beyond the GeoPackage standard:
 *
 *   gt_meta(key, value)                 format, title, crs; written once
 *   gt_setting(key, rev, value)         versioned settings
 *   gt_layer(number, id, ...)           present figures of a layer, next free row id
 *   gt_layer_def(layer, rev, text)      the standard as JSON, one row for each time it changed
 *   gt_revision(id, ...)                the hash chain
 *   gt_revision_layer(rev, layer, ...)  what a revision did to a layer: row range, digests
 *   gt_row_digest(layer, first_fid, d)  8 bytes of each row's digest, to name a changed row
 *   gt_outside(layer, fid, ...)         rows that another program edited (filled by triggers)
 *   LAYER, LAYER__history               rows now in force, and all others
 *   LAYER__before                       rows as they were before such an edit
 *
 * Row versions are numbered by fid, per layer, ascending, never reused; a version keeps its fid
 * when it moves to the history. */
#ifndef GT_STORE_INTERNAL_H
#define GT_STORE_INTERNAL_H

#include <sqlite3.h>

#include "guotu/arena.h"
#include "guotu/store.h"
#include "store/db.h"

enum {
    GT_STORE_FORMAT = 1,
    GT_STORE_SRS_CUSTOM = 100000,
    GT_STORE_MAX_FIELDS = 500,
    GT_STORE_MAX_ID = 255,  /* bytes of a feature id */
    GT_DIGEST_CHUNK = 8192, /* rows in one gt_row_digest blob */
    GT_DIGEST_KEEP = 8      /* bytes of a row digest kept in it */
};

typedef struct gt_layer_rec {
    int64_t number;
    gt_standard standard; /* in the arena of its registry */
    gt_origin origin;
    const char *definition; /* its JSON */
    int *columns;           /* per field: number by which digests know it (order of addition) */
    int *by_column;         /* field indexes in ascending column number */
    int n_columns;
    gt_geom_type column_type; /* what the table holds: MULTIPOLYGON for polygons */
    int64_t n_features, n_history;
    double area, area_low; /* double-double: adding and removing leaves no drift */
    gt_box box;
    gt_date valid_from;
    int64_t revision, next_fid;
} gt_layer_rec;

typedef struct gt_registry {
    gt_arena *arena;
    gt_layer_rec *layers; /* by number, i.e. in order of declaration */
    size_t n_layers;
    int64_t revision;
    unsigned char head[GT_HASH_BYTES]; /* hash of that revision; zero before the first */
} gt_registry;

struct gt_store {
    gt_ctx *ctx; /* of create/open: owns the memory; borrowed */
    char *dir, *path, *package_dir, *grid_dir, *report_dir, *title_zh, *title_en;
    bool read_only;
    sqlite3 *reader; /* sees finished revisions only */
    sqlite3 *writer; /* opened at the first commit */
    int64_t data_version;
    gt_crs *crs;
    gt_plane *plane;
    int32_t srs_id;
    gt_registry registry;
    gt_registry
        retired;       /* the one before: what callers still hold of it stays for one commit more */
    gt_commit *commit; /* the open one */
    gt_text texts;     /* of the last gt_store_revision_info */
};

/* ---- standard.c: names and JSON -------------------------------------------------------------- */
bool gt_layer_id_ok(const char *id);
bool gt_field_name_ok(const char *name);
gt_geom_type gt_column_type(gt_geom_type declared);
/* Columns: see gt_layer_rec. */
void gt_standard_to_json(const gt_standard *standard, gt_origin origin, const int *columns,
                         int n_columns, gt_text *out);
/* Fills rec's standard, origin, columns, column_type from JSON; texts go to the arena. */
gt_status gt_standard_from_json(gt_ctx *ctx, gt_arena *arena, const char *json,
                                gt_layer_rec *rec) GT_CHECKED;

/* ---- store.c ----------------------------------------------------------------------------------
 */
/* Makes *fresh the store's registry (emptied; the one before it retires). */
void gt_store_take_registry(gt_store *store, gt_registry *fresh);

/* ---- registry.c ------------------------------------------------------------------------------ */
gt_status gt_registry_load(gt_ctx *ctx, sqlite3 *db, gt_registry *out) GT_CHECKED;
void gt_registry_free(gt_registry *registry);
gt_layer_rec *gt_registry_find(const gt_registry *registry, const char *id);
/* Records store.no-layer with the nearest name. */
gt_status gt_registry_missing(gt_ctx *ctx, const gt_registry *registry, const char *id);
gt_status gt_registry_save(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec) GT_CHECKED;
void gt_box_add(gt_box *to, gt_box other);
#define GT_BOX_EMPTY ((gt_box){1, 1, 0, 0})
bool gt_box_is_empty(gt_box box);
void gt_area_add(gt_layer_rec *rec, double m2);

/* ---- schema.c -------------------------------------------------------------------------------- */
gt_status gt_schema_create(gt_ctx *ctx, sqlite3 *db, const gt_store_options *options,
                           const gt_crs *crs, int32_t srs_id) GT_CHECKED;
gt_status gt_schema_add_layer(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec,
                              int32_t srs_id) GT_CHECKED;
/* Columns numbered from first_column on. */
gt_status gt_schema_add_fields(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec,
                               int first_column) GT_CHECKED;
/* Titles in gpkg_contents, column titles and code lists, for QGIS. */
gt_status gt_schema_describe(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec,
                             const gt_standard *given) GT_CHECKED;
gt_status gt_schema_contents(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec,
                             int64_t time_ms) GT_CHECKED;
/* The unique index on gt_id, left out while a layer is loaded in bulk. */
gt_status gt_schema_id_index(gt_ctx *ctx, sqlite3 *db, const char *layer, bool make) GT_CHECKED;
/* ", "a", "b"" for all fields, each behind `prefix`. */
void gt_put_fields(gt_text *sql, const gt_standard *standard, const char *prefix);

/* ---- digest.c: the hash recipe --------------------------------------------------------------- */
typedef struct gt_row_bytes { /* scratch of one row, reused */
    uint8_t *data;
    size_t len, cap;
} gt_row_bytes;

typedef struct gt_row_view {
    int64_t fid;
    const char *id;
    size_t id_len;
    gt_date valid_from;
    bool has_area;
    double area;
    const gt_value *values;
    size_t n_values;
    const int *columns, *by_column; /* of the layer's record */
    const uint8_t *blob;            /* NULL: no geometry */
    size_t blob_len;
} gt_row_view;

gt_status gt_digest_row(gt_ctx *ctx, gt_row_bytes *scratch, const gt_row_view *row,
                        unsigned char out[GT_HASH_BYTES]) GT_CHECKED;
/* Digest of everything revision `rev` ended in the layer; *n = how many. */
gt_status gt_digest_closings(gt_ctx *ctx, sqlite3 *db, const char *layer, int64_t rev, int64_t *n,
                             unsigned char out[GT_HASH_BYTES]) GT_CHECKED;
/* Content hash of a revision from gt_revision_layer, gt_layer_def and gt_setting. */
gt_status gt_digest_content(gt_ctx *ctx, sqlite3 *db, int64_t rev,
                            unsigned char out[GT_HASH_BYTES]) GT_CHECKED;
void gt_digest_revision(const gt_revision *revision, const unsigned char parent[GT_HASH_BYTES],
                        const unsigned char content[GT_HASH_BYTES],
                        unsigned char out[GT_HASH_BYTES]);

/* ---- log.c ----------------------------------------------------------------------------------- */
/* All revisions; columns as gt_revision_read takes them, and 15: the time as text. */
extern const char gt_revision_sql[];
/* Texts are borrowed from the statement. */
void gt_revision_read(sqlite3_stmt *stmt, gt_revision *out);

/* ---- scan.c ---------------------------------------------------------------------------------- */
/* Reads a value of a statement; text is borrowed until the next step. */
void gt_column_value(sqlite3_stmt *stmt, int at, gt_value *out);

/* Parts of gt_store_verify: a layer's stored figures against its rows; the extents of what each
 * revision changed in its layers against the revision's own, which is hashed. */
gt_status gt_verify_summary(gt_ctx *ctx, sqlite3 *db, const char *path,
                            const gt_layer_rec *rec) GT_CHECKED;
gt_status gt_verify_extents(gt_ctx *ctx, sqlite3 *db, const char *path) GT_CHECKED;

#endif
