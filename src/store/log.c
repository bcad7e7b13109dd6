/* The revision log. */
#include <string.h>

#include "store/internal.h"
#include "store/messages.h"

const char gt_revision_sql[] =
    "SELECT id, time_ms, author, message, reason, package, n_put, n_deleted, min_x, min_y, max_x,"
    " max_y, content_hash, parent_hash, hash, time FROM gt_revision";

enum { N_TEXTS = 4 };

static void hex_column(sqlite3_stmt *stmt, int at, char out[GT_HASH_HEX])
{
    const unsigned char *blob = sqlite3_column_blob(stmt, at);
    out[0] = '\0';
    if (blob != NULL && sqlite3_column_bytes(stmt, at) == GT_HASH_BYTES) {
        gt_hash_hex(blob, out);
    }
}

void gt_revision_read(sqlite3_stmt *stmt, gt_revision *out)
{
    const char *texts[N_TEXTS];
    for (int i = 0; i < N_TEXTS; i++) {
        const char *text = (const char *)sqlite3_column_text(stmt, 2 + i);
        texts[i] = text == NULL ? "" : text;
    }
    memset(out, 0, sizeof *out);
    out->id = sqlite3_column_int64(stmt, 0);
    out->time_ms = sqlite3_column_int64(stmt, 1);
    out->author = texts[0];
    out->message = texts[1];
    out->reason = texts[2];
    out->package = texts[3];
    out->n_put = sqlite3_column_int64(stmt, 6);
    out->n_deleted = sqlite3_column_int64(stmt, 7);
    out->dirty = gt_db_column_box(stmt, 8);
    hex_column(stmt, 12, out->content_hash);
    hex_column(stmt, 13, out->parent_hash);
    hex_column(stmt, 14, out->hash);
}

/* Copies the texts into the store's buffer, where they stay until the next call. */
static gt_status keep_texts(gt_store *store, gt_revision *r)
{
    const char **texts[N_TEXTS] = {&r->author, &r->message, &r->reason, &r->package};
    size_t at[N_TEXTS];
    gt_text_clear(&store->texts);
    for (int i = 0; i < N_TEXTS; i++) {
        at[i] = store->texts.len;
        gt_text_add(&store->texts, *texts[i], strlen(*texts[i]) + 1);
    }
    gt_status st = gt_text_status(&store->texts);
    for (int i = 0; st == GT_OK && i < N_TEXTS; i++) {
        *texts[i] = gt_text_cstr(&store->texts) + at[i];
    }
    return st;
}

gt_status gt_store_revision_info(gt_ctx *ctx, gt_store *store, int64_t id, gt_revision *out)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_revision r;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "%s WHERE id = ?1", gt_revision_sql);
    gt_status st = gt_db_prepare_text(ctx, store->reader, &sql, &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, id);
        st = gt_db_step(ctx, stmt, &row);
    }
    if (st == GT_OK && !row) {
        st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_STORE_NO_REVISION, GT_PLACE(.file = store->path),
                     GT_ARGS(GT_INT("id", id), GT_INT("newest", store->registry.revision)));
    }
    if (st == GT_OK) {
        gt_revision_read(stmt, &r);
        st = keep_texts(store, &r);
    }
    if (st == GT_OK) {
        *out = r;
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}
