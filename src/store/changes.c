/* Where a layer changed since a revision: boxes of row versions written, superseded or ended. New
 * rows are found by row id (ascending over revisions), old ones by the indexes of the history. */
#include <string.h>

#include "store/blob.h"
#include "store/internal.h"
#include "store/messages.h"

typedef struct found {
    gt_box *boxes;
    size_t n, cap;
} found;

static gt_status add_blob(gt_ctx *ctx, sqlite3_stmt *stmt, found *f)
{
    gt_blob_info info;
    const uint8_t *blob = sqlite3_column_blob(stmt, 0);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
    if (blob == NULL) {
        return GT_OK; /* no geometry: no place */
    }
    const char *reason = gt_blob_look(blob, len, &info);
    if (reason != NULL) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_BLOB, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("reason", reason)));
    }
    if (gt_box_is_empty(info.box)) {
        return GT_OK;
    }
    void *block = f->boxes;
    gt_status st = gt_grow(ctx, &block, &f->cap, f->n + 1, sizeof *f->boxes);
    f->boxes = block;
    if (st == GT_OK) {
        f->boxes[f->n++] = info.box;
    }
    return st;
}

static gt_status collect(gt_ctx *ctx, gt_store *store, const gt_layer_rec *rec, int64_t since,
                         size_t most, found *f)
{
    sqlite3_stmt *stmt = NULL;
    gt_text sql;
    const char *t = rec->standard.id;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql,
                   "SELECT geom FROM \"%s\" WHERE fid >= (SELECT min(first_fid) FROM"
                   " gt_revision_layer WHERE layer = ?2 AND rev > ?1) AND gt_rev > ?1"
                   " UNION ALL SELECT geom FROM \"%s__history\" WHERE gt_rev_to > ?1"
                   " UNION ALL SELECT geom FROM \"%s__history\" WHERE gt_valid_to_rev > ?1"
                   " AND (gt_rev_to IS NULL OR gt_rev_to <= ?1)",
                   t, t, t);
    gt_status st = gt_db_prepare_text(ctx, store->reader, &sql, &stmt);
    gt_text_free(&sql);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, since);
        (void)sqlite3_bind_int64(stmt, 2, rec->number);
    }
    while (st == GT_OK && f->n < most) {
        bool row = false;
        st = gt_check_cancel(ctx);
        st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
        if (st != GT_OK || !row) {
            break;
        }
        st = add_blob(ctx, stmt, f);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

gt_status gt_store_changed_boxes(gt_ctx *ctx, gt_store *store, const char *layer, int64_t since,
                                 size_t most, gt_box **boxes, size_t *n)
{
    found f = {0};
    *boxes = NULL;
    *n = 0;
    const gt_layer_rec *rec = gt_registry_find(&store->registry, layer);
    if (rec == NULL) {
        gt_status st = gt_registry_missing(ctx, &store->registry, layer);
        gt_fail_at(ctx, GT_PLACE(.file = store->path));
        return st;
    }
    if (since < 0 || since > store->registry.revision) {
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_STORE_NO_REVISION,
                       GT_PLACE(.file = store->path),
                       GT_ARGS(GT_INT("id", since), GT_INT("newest", store->registry.revision)));
    }
    gt_status st = GT_OK;
    if (rec->revision > since && rec->column_type != GT_GEOM_NONE) {
        st = collect(ctx, store, rec, since, most, &f);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = store->path, .layer = layer));
        gt_free(ctx, f.boxes);
        return st;
    }
    *boxes = f.boxes;
    *n = f.n;
    return GT_OK;
}
