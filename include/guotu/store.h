/* The one map: a workspace folder with onemap.gpkg, its layers, revisions and history.
 *
 *   WORKSPACE/onemap.gpkg   GeoPackage 1.3, WAL; one spatial table per layer with the present state
 *   WORKSPACE/grids/        rasters
 *   WORKSPACE/package/      the plan package in force (a copy)
 *   WORKSPACE/reports/      QC reports and other outputs
 *
 * Bitemporal: valid time is the survey's date, revision time is when the database learned it. The
 * present state (valid now, newest revision) is the layer's own table, so that QGIS shows it as it
 * is; everything else lives in LAYER__history. A revision is one transaction: all of it or nothing.
 *
 * Contexts given to one store must be of one family (context.h). Readers see finished revisions
 * only, also while a commit of the same store is open. */
#ifndef GUOTU_STORE_H
#define GUOTU_STORE_H

#include "guotu/area.h"
#include "guotu/hash.h"
#include "guotu/standard.h"

typedef struct gt_store gt_store;   /* one thread at a time; many processes may read, one writes */
typedef struct gt_commit gt_commit; /* an open revision */
typedef struct gt_scan gt_scan;     /* a cursor over features */

typedef struct gt_store_options {
    size_t size;
    const char *crs; /* working CRS of a new workspace, e.g. "EPSG:4548" */
    gt_title title;
    bool read_only;
} gt_store_options;
void gt_store_options_init(gt_store_options *options);

/* Makes the folder and an empty map. GT_E_CONFLICT when a workspace is there already. */
gt_status gt_store_create(gt_ctx *ctx, const char *dir, const gt_store_options *options,
                          gt_store **out) GT_CHECKED;
/* Opens; a crash leaves the last whole revision. GT_E_NOT_FOUND; GT_E_INPUT when the file is not
 * ours, damaged, or of a newer format. */
gt_status gt_store_open(gt_ctx *ctx, const char *dir, const gt_store_options *options,
                        gt_store **out) GT_CHECKED;
void gt_store_close(gt_store *store);
const char *gt_store_dir(const gt_store *store);
const gt_crs *gt_store_crs(const gt_store *store);
const gt_plane *gt_store_plane(const gt_store *store);
int64_t gt_store_revision(const gt_store *store); /* newest revision, 0 when empty */
gt_title gt_store_title(const gt_store *store);
/* Code that geometry blobs of this workspace carry: the EPSG code, or 100000 when there is none. */
int32_t gt_store_srs_id(const gt_store *store);
/* WORKSPACE/package, /grids, /reports: made by gt_store_create; borrowed. */
const char *gt_store_package_dir(const gt_store *store);
const char *gt_store_grid_dir(const gt_store *store);
const char *gt_store_report_dir(const gt_store *store);
/* Looks for revisions of other processes; *changed (may be NULL) tells. Everything borrowed from
 * gt_store_layer is given back. Refused (GT_E_USAGE) while a commit is open. */
gt_status gt_store_refresh(gt_ctx *ctx, gt_store *store, bool *changed) GT_CHECKED;

/* ---- settings: texts that belong to the workspace and change by revision --------------------- */

/* Value at revision as_of_rev (0 = newest), copied; *value = NULL when there is none. Owned by the
 * caller (gt_free). */
gt_status gt_store_setting_get(gt_ctx *ctx, gt_store *store, const char *key, int64_t as_of_rev,
                               char **value) GT_CHECKED;
/* key: 1-100 bytes, UTF-8. value NULL removes. The setting "package" (id and version) is noted in
 * every revision. */
gt_status gt_commit_setting_set(gt_ctx *ctx, gt_commit *commit, const char *key,
                                const char *value) GT_CHECKED;

/* ---- layers ---------------------------------------------------------------------------------- */

/* Declares a layer (makes its tables) inside an open commit. A layer of that id with the same
 * schema is left; new nullable fields are added; anything else is GT_E_CONFLICT. */
gt_status gt_commit_define_layer(gt_ctx *ctx, gt_commit *commit, const gt_standard *standard,
                                 gt_origin origin) GT_CHECKED;

typedef struct gt_layer_info {
    const gt_standard *standard; /* as stored (schema only: code lists are the package's) */
    gt_origin origin;
    gt_date valid_from; /* newest survey date */
    int64_t n_features;
    double area_m2; /* sum of survey areas of present features; 0 for lines and points */
    gt_box box;
    int64_t revision; /* last revision that touched it */
} gt_layer_info;

size_t gt_store_n_layers(const gt_store *store);
/* Borrowed until the next commit. */
gt_status gt_store_layer(gt_ctx *ctx, gt_store *store, size_t i, gt_layer_info *out) GT_CHECKED;
/* GT_E_NOT_FOUND with the nearest name. */
gt_status gt_store_find_layer(gt_ctx *ctx, gt_store *store, const char *id,
                              gt_layer_info *out) GT_CHECKED;

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct gt_commit_info {
    const char *author, *message, *reason; /* author and message are required */
    int64_t expect_revision;               /* optimistic lock: conflict unless newest; -1 = any */
} gt_commit_info;

gt_status gt_commit_begin(gt_ctx *ctx, gt_store *store, const gt_commit_info *info,
                          gt_commit **out) GT_CHECKED;
/* New survey of a whole layer as of `valid_from`: puts are collected; at finish every feature that
 * was valid before and was not put again ends its valid time there. GT_DATE_NONE: a correction, the
 * old state ends in revision time only. */
gt_status gt_commit_replace_layer(gt_ctx *ctx, gt_commit *commit, const char *layer,
                                  gt_date valid_from) GT_CHECKED;
/* Inserts, or replaces the present version of feature->id. feature->blob is stored as given. The
 * survey area is computed by the caller into area_m2 (NaN: the store computes it). */
gt_status gt_commit_put(gt_ctx *ctx, gt_commit *commit, const char *layer,
                        const gt_feature *feature, double area_m2) GT_CHECKED;
gt_status gt_commit_delete(gt_ctx *ctx, gt_commit *commit, const char *layer, const char *id,
                           gt_date valid_to) GT_CHECKED;
/* Commits: indexes, extents, hash chain, one fsync. The commit object is consumed either way. */
gt_status gt_commit_finish(gt_ctx *ctx, gt_commit *commit, int64_t *revision) GT_CHECKED;
void gt_commit_abort(gt_commit *commit); /* consumed; nothing was changed */

/* ---- edits of other programs --------------------------------------------------------------------
 * QGIS, ogr2ogr or SQL may edit a layer's table directly. Such edits show at once in every reading
 * of the present, belong to no revision (gt_store_verify fails and names the first), and keep the
 * layer closed to other changes (store.pending-edits) until they are adopted or discarded. */

/* Number of rows edited and pending. GT_E_NOT_FOUND without such a layer. */
gt_status gt_store_outside_edits(gt_ctx *ctx, gt_store *store, const char *layer,
                                 int64_t *n) GT_CHECKED;
/* adopt: the edits become changes of this revision, in force from `date` (GT_DATE_NONE:
 * corrections); areas are computed anew, fields are checked as by gt_commit_put; rows without gt_id
 * get one. Otherwise the rows go back to what they were. *n (may be NULL): rows taken. Before
 * anything else is written to the layer. */
gt_status gt_commit_take_edits(gt_ctx *ctx, gt_commit *commit, const char *layer, bool adopt,
                               gt_date date, int64_t *n) GT_CHECKED;

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct gt_query {
    const char *layer;
    bool has_box;
    gt_box box;            /* features whose envelope meets it (exact; R-tree for the present) */
    int64_t as_of_rev;     /* 0 = newest */
    gt_date as_of_date;    /* GT_DATE_NONE = open-ended at that revision ("now") */
    const char *id;        /* only this feature, or NULL */
    const char *id_prefix; /* only features whose id starts so, by the index of ids; or NULL */
    bool no_geometry;      /* blob is NULL; box is empty unless has_box */
    bool all_versions;     /* every version ever, whatever the times: the life of a feature */
    /* > 0: every version written or ended after this revision, old and new: what a reader who knew
     * the map of that revision must look at again. Implies all_versions. */
    int64_t changed_since;
    int64_t after_row; /* only row versions beyond this one: the next page of a long list */
    /* With a box, of the present: only the first so many rows whose stored envelopes meet it are
     * looked at, and some of them may not be given; 0: all. The start of a large box costs 0.15 us
     * a feature in it instead of 2. */
    int64_t first;
} gt_query;
void gt_query_init(gt_query *query, const char *layer);

gt_status gt_scan_open(gt_ctx *ctx, gt_store *store, const gt_query *query,
                       gt_scan **out) GT_CHECKED;
/* Next feature in row order; *more = false at the end. Borrowed until the next call. rev_to and
 * valid_to are 0 / GT_DATE_NONE where the version was open at the time asked for. */
gt_status gt_scan_next(gt_ctx *ctx, gt_scan *scan, gt_feature *feature, bool *more) GT_CHECKED;
void gt_scan_close(gt_scan *scan);

/* Boxes of everything in a layer that a revision after `since` put, replaced, ended or deleted: old
 * and new extents, one for each row version, in no stated order; at most `most` (then the list is
 * cut: *n == most). *boxes owned by the caller (gt_free). GT_E_NOT_FOUND: layer, revision. Cost: by
 * what changed, not by what is there. */
gt_status gt_store_changed_boxes(gt_ctx *ctx, gt_store *store, const char *layer, int64_t since,
                                 size_t most, gt_box **boxes, size_t *n) GT_CHECKED;

/* ---- revisions ------------------------------------------------------------------------------- */

typedef struct gt_revision {
    int64_t id;
    int64_t time_ms;
    const char *author, *message, *reason; /* never NULL */
    const char *package; /* setting "package" at that revision, "" when there was none */
    int64_t n_put;       /* feature versions written */
    int64_t n_deleted;   /* features ended without a successor */
    gt_box dirty;        /* envelope of everything touched */
    char content_hash[GT_HASH_HEX], parent_hash[GT_HASH_HEX], hash[GT_HASH_HEX];
} gt_revision;

/* Newest first; texts borrowed until the next call. GT_E_NOT_FOUND past the end. */
gt_status gt_store_revision_info(gt_ctx *ctx, gt_store *store, int64_t id,
                                 gt_revision *out) GT_CHECKED;
/* Recomputes every hash from the stored rows. GT_E_INPUT names the first revision, layer and
 * feature that does not match. */
gt_status gt_store_verify(gt_ctx *ctx, gt_store *store) GT_CHECKED;

#endif
