/* An open revision: what is gathered for each layer until the end. Private to commit*.c. */
#ifndef GT_STORE_COMMIT_H
#define GT_STORE_COMMIT_H

#include "store/internal.h"
#include "store/sorter.h"

typedef struct gt_layer_work {
    void *block;      /* what gt_free takes: the struct is aligned inside it */
    gt_layer_rec rec; /* as it will be; texts in the commit's arena or the registry's */
    bool is_new, defined;
    bool replace; /* gt_commit_replace_layer was called */
    gt_date replace_from;
    bool was_empty;       /* when the revision began */
    bool bulk;            /* many rows into an empty layer: no look-ups, id index at the end */
    int64_t first_fid;    /* of the rows put in this revision */
    int64_t old_features; /* rows in force when the revision began */
    int64_t n_put, n_closed, n_ended; /* rows written, rows that left, of them without successor */
    bool edge_lost; /* a removed box touched the edge of the layer's: look again */
    gt_box dirty;
    /* statements */
    sqlite3_stmt *insert, *find, *move, *remove, *ended_here;
    /* what was put */
    gt_hash put_hash;
    uint8_t *digests; /* GT_DIGEST_CHUNK * GT_DIGEST_KEEP */
    size_t n_digests;
    int64_t digests_from;
    gt_sorter *boxes;   /* new R-tree entries */
    gt_sorter *removed; /* fids of R-tree entries to go */
    uint8_t *kept;      /* replace: bit fid - kept_from of rows put again unchanged */
    int64_t kept_from, kept_to;
} gt_layer_work;

struct gt_commit {
    gt_store *store;
    sqlite3 *db;
    int64_t revision, time_ms;
    char *author, *message, *reason;
    gt_arena *arena;
    gt_layer_work **layers; /* pointers, so that a layer's address stays */
    size_t n_layers, cap_layers;
    gt_layer_work *last; /* of the previous call */
    int64_t next_number; /* of the next new layer */
    bool broken;         /* a step failed half-way: only abort is left */
    bool touched;        /* settings or definitions */
    gt_row_bytes scratch;
    uint8_t *blob; /* multi kind of a single geometry */
    size_t cap_blob;
    gt_value *values; /* in the type the column stores */
    gt_geom geom;     /* for the area */
};

/* GT_OK unless a step failed half-way or the user asked to stop. */
gt_status gt_commit_check(gt_ctx *ctx, const gt_commit *commit) GT_CHECKED;
/* Finds or opens the layer in the commit; GT_E_NOT_FOUND names the nearest. */
gt_status gt_work_find(gt_ctx *ctx, gt_commit *commit, const char *layer,
                       gt_layer_work **out) GT_CHECKED;
/* Called before each put: after some thousand rows into an empty layer, drops the id index. */
gt_status gt_work_go_bulk(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work) GT_CHECKED;
/* As gt_work_find with statements and sorters made. */
gt_status gt_work_open(gt_ctx *ctx, gt_commit *commit, const char *layer,
                       gt_layer_work **out) GT_CHECKED;
gt_status gt_work_add(gt_ctx *ctx, gt_commit *commit, gt_layer_work **out) GT_CHECKED;
void gt_work_free(gt_ctx *ctx, gt_layer_work *work);

/* replace: has the old row been put again as it is? */
bool gt_work_is_kept(const gt_layer_work *work, int64_t fid);

/* A row in force. */
typedef struct gt_old_row {
    int64_t fid, rev;
    gt_date valid_from;
    double area;
    gt_box box;
} gt_old_row;

/* Reads fid, gt_rev, gt_valid_from, gt_area_m2 from columns 0-3 and the box from `geom_at`. */
void gt_old_row_read(sqlite3_stmt *stmt, int geom_at, gt_old_row *out);
/* When a version in force since `since` ends if its successor, or its end, is dated `given`: *out
 * is that date, or GT_DATE_NONE where the version is superseded (no date given, or the same day: it
 * was never in force). store.valid-before when given is earlier. */
gt_status gt_closing_date(gt_ctx *ctx, const gt_layer_work *work, const char *feature,
                          gt_date given, gt_date since, gt_date *out) GT_CHECKED;

/* How a row leaves the present: at `valid_to` in valid time, or (GT_DATE_NONE) as superseded. */
gt_status gt_work_close(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work, const gt_old_row *row,
                        gt_date valid_to) GT_CHECKED;
/* Notes the R-tree entry of a new row. */
gt_status gt_work_index(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work, int64_t fid,
                        gt_box box) GT_CHECKED;
/* Id index, R-tree and box of the layer. */
gt_status gt_work_finish_indexes(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work) GT_CHECKED;
/* Everything a layer still needs before the transaction ends. */
gt_status gt_work_finish(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work) GT_CHECKED;
gt_status gt_work_flush_digests(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work) GT_CHECKED;

/* ---- edits.c --------------------------------------------------------------------------------- */
/* GT_E_CONFLICT while edits of other programs are pending on the layer. */
gt_status gt_work_no_edits(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work) GT_CHECKED;

/* Checked copy of a feature in the form that is stored. */
typedef struct gt_checked {
    const uint8_t *blob; /* NULL: none */
    size_t blob_len;
    gt_box box;
    size_t id_len;
    double area;
    bool has_area;
} gt_checked;
gt_status gt_feature_check(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work,
                           const gt_feature *feature, double area, gt_checked *out) GT_CHECKED;

#endif
