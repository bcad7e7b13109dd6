/* The proof of a workspace: every hash is computed again from the stored rows (recipe: head of
 * digest.c). Revisions are taken in order and rows in fid order, so that each row is read once.
 *
 * What cannot be noticed from inside: the newest revisions removed together with their rows. Keep
 * the hash of the newest revision elsewhere (a report prints it) to notice that too. */
#include <math.h>
#include <string.h>

#include "store/blob.h"
#include "store/internal.h"
#include "store/messages.h"

typedef struct proof {
    gt_ctx *ctx;
    sqlite3 *db;
    const char *path;
    gt_registry registry;
    gt_row_bytes scratch;
    gt_value *values;
    sqlite3_stmt **rows; /* per layer: union of both tables, ?1 <= fid < ?2 */
    sqlite3_stmt *digests;
    int64_t *n_put, *n_closed; /* per layer, over all revisions */
} proof;

#define FAIL(p, message, ...)                                                                      \
    gt_fail((p)->ctx, GT_E_INPUT, (message), GT_PLACE(.file = (p)->path), GT_ARGS(__VA_ARGS__))
#define FAIL_LAYER(p, layer_id, feature_id, message, ...)                                          \
    gt_fail((p)->ctx, GT_E_INPUT, (message),                                                       \
            GT_PLACE(.file = (p)->path, .layer = (layer_id), .feature = (feature_id)),             \
            GT_ARGS(__VA_ARGS__))

/* ---- rows a revision wrote ------------------------------------------------------------------- */

enum { ROW_FID, ROW_ID, ROW_FROM, ROW_AREA, ROW_REV, ROW_GEOM, ROW_FIELDS };

static gt_status prepare_rows(proof *p, const gt_layer_rec *rec, sqlite3_stmt **out)
{
    const gt_standard *s = &rec->standard;
    gt_text sql;
    gt_text_init(&sql, p->ctx, 0);
    for (int history = 0; history < 2; history++) {
        gt_text_printf(&sql, "%sSELECT fid, gt_id, gt_valid_from, gt_area_m2, gt_rev, %s",
                       history ? " UNION ALL " : "",
                       rec->column_type == GT_GEOM_NONE ? "NULL" : "geom");
        gt_put_fields(&sql, s, "");
        gt_text_printf(&sql, " FROM \"%s%s\" WHERE fid >= ?1 AND fid < ?2", s->id,
                       history ? "__history" : "");
    }
    gt_text_puts(&sql, " ORDER BY 1");
    gt_status st = gt_db_prepare_text(p->ctx, p->db, &sql, out);
    gt_text_free(&sql);
    return st;
}

static void read_row(proof *p, const gt_layer_rec *rec, sqlite3_stmt *stmt, gt_row_view *row)
{
    const gt_standard *s = &rec->standard;
    memset(row, 0, sizeof *row);
    row->fid = sqlite3_column_int64(stmt, ROW_FID);
    row->id = (const char *)sqlite3_column_text(stmt, ROW_ID);
    row->id_len = (size_t)sqlite3_column_bytes(stmt, ROW_ID);
    row->valid_from = gt_db_column_date(stmt, ROW_FROM);
    row->has_area = sqlite3_column_type(stmt, ROW_AREA) != SQLITE_NULL;
    row->area = sqlite3_column_double(stmt, ROW_AREA);
    row->blob = sqlite3_column_blob(stmt, ROW_GEOM);
    row->blob_len = (size_t)sqlite3_column_bytes(stmt, ROW_GEOM);
    row->values = p->values;
    row->n_values = s->n_fields;
    row->columns = rec->columns;
    row->by_column = rec->by_column;
    for (size_t i = 0; i < s->n_fields; i++) {
        gt_column_value(stmt, ROW_FIELDS + (int)i, &p->values[i]);
    }
}

/* The kept digests of a row range, one chunk at a time. */
typedef struct chunk {
    int64_t first, n;
    const uint8_t *bytes; /* borrowed from the statement */
} chunk;

static gt_status chunk_for(proof *p, const gt_layer_rec *rec, int64_t fid, chunk *c)
{
    bool row = false;
    if (c->bytes != NULL && fid >= c->first && fid < c->first + c->n) {
        return GT_OK;
    }
    memset(c, 0, sizeof *c);
    (void)sqlite3_reset(p->digests);
    (void)sqlite3_bind_int64(p->digests, 1, rec->number);
    (void)sqlite3_bind_int64(p->digests, 2, fid);
    gt_status st = gt_db_step(p->ctx, p->digests, &row);
    if (st == GT_OK && row) {
        c->first = sqlite3_column_int64(p->digests, 0);
        c->bytes = sqlite3_column_blob(p->digests, 1);
        c->n = sqlite3_column_bytes(p->digests, 1) / GT_DIGEST_KEEP;
    }
    return st;
}

static bool digest_kept(const chunk *c, int64_t fid, const unsigned char digest[GT_HASH_BYTES])
{
    return c->bytes != NULL && fid >= c->first && fid < c->first + c->n &&
           memcmp(c->bytes + (size_t)(fid - c->first) * GT_DIGEST_KEEP, digest, GT_DIGEST_KEEP) ==
               0;
}

static gt_status prove_row(proof *p, const gt_layer_rec *rec, sqlite3_stmt *stmt, int64_t rev,
                           int64_t want, chunk *kept, gt_hash *put)
{
    unsigned char digest[GT_HASH_BYTES];
    gt_row_view row;
    const char *layer = rec->standard.id;
    read_row(p, rec, stmt, &row);
    if (row.fid > want) {
        return FAIL_LAYER(p, layer, NULL, &GT_MSG_STORE_CHAIN_MISSING, GT_INT("rev", rev),
                          GT_INT("fid", want));
    }
    if (row.fid < want || row.id == NULL) { /* twice, in the layer and in its history */
        return FAIL_LAYER(p, layer, row.id, &GT_MSG_STORE_CHAIN_EXTRA, GT_INT("fid", row.fid));
    }
    gt_status st = chunk_for(p, rec, row.fid, kept);
    st = st == GT_OK ? gt_digest_row(p->ctx, &p->scratch, &row, digest) : st;
    if (st != GT_OK) {
        return st;
    }
    if (!digest_kept(kept, row.fid, digest) || sqlite3_column_int64(stmt, ROW_REV) != rev) {
        return FAIL_LAYER(p, layer, row.id, &GT_MSG_STORE_CHAIN_ROW, GT_INT("rev", rev),
                          GT_INT("fid", row.fid));
    }
    gt_hash_add(put, digest, sizeof digest);
    return GT_OK;
}

static gt_status prove_rows(proof *p, const gt_layer_rec *rec, sqlite3_stmt *stmt, int64_t rev,
                            int64_t first, int64_t n, unsigned char out[GT_HASH_BYTES])
{
    gt_hash put;
    bool row = false;
    chunk kept = {0};
    int64_t done = 0;
    gt_hash_init(&put);
    (void)sqlite3_bind_int64(stmt, 1, first);
    (void)sqlite3_bind_int64(stmt, 2, first + n);
    gt_status st = gt_db_step(p->ctx, stmt, &row);
    while (st == GT_OK && row) {
        st = prove_row(p, rec, stmt, rev, first + done, &kept, &put);
        done++;
        st = st == GT_OK ? gt_check_cancel(p->ctx) : st;
        st = st == GT_OK ? gt_db_step(p->ctx, stmt, &row) : st;
    }
    (void)sqlite3_reset(stmt);
    (void)sqlite3_reset(p->digests);
    if (st == GT_OK && done < n) {
        st = FAIL_LAYER(p, rec->standard.id, NULL, &GT_MSG_STORE_CHAIN_MISSING, GT_INT("rev", rev),
                        GT_INT("fid", first + done));
    }
    gt_hash_final(&put, out);
    return st;
}

/* ---- one revision ---------------------------------------------------------------------------- */

static bool column_is(sqlite3_stmt *stmt, int at, const unsigned char want[GT_HASH_BYTES])
{
    const void *blob = sqlite3_column_blob(stmt, at);
    return blob != NULL && sqlite3_column_bytes(stmt, at) == GT_HASH_BYTES &&
           memcmp(blob, want, GT_HASH_BYTES) == 0;
}

static gt_status prove_layer(proof *p, sqlite3_stmt *stmt, int64_t rev)
{
    unsigned char put[GT_HASH_BYTES], closed[GT_HASH_BYTES];
    int64_t number = sqlite3_column_int64(stmt, 0), n_closed = 0;
    int64_t first = sqlite3_column_int64(stmt, 1), n = sqlite3_column_int64(stmt, 2);
    size_t i = 0;
    while (i < p->registry.n_layers && p->registry.layers[i].number != number) {
        i++;
    }
    if (i == p->registry.n_layers || n < 0 || first < 0 || first > INT64_MAX - n) {
        return FAIL(p, &GT_MSG_STORE_CHAIN_CONTENT, GT_INT("rev", rev));
    }
    const gt_layer_rec *rec = &p->registry.layers[i];
    gt_status st = p->rows[i] == NULL ? prepare_rows(p, rec, &p->rows[i]) : GT_OK;
    st = st == GT_OK ? prove_rows(p, rec, p->rows[i], rev, first, n, put) : st;
    if (st == GT_OK && !column_is(stmt, 4, put)) {
        st = FAIL_LAYER(p, rec->standard.id, NULL, &GT_MSG_STORE_CHAIN_CONTENT, GT_INT("rev", rev));
    }
    st = st == GT_OK ? gt_digest_closings(p->ctx, p->db, rec->standard.id, rev, &n_closed, closed)
                     : st;
    if (st == GT_OK && (!column_is(stmt, 5, closed) || n_closed != sqlite3_column_int64(stmt, 3))) {
        st = FAIL_LAYER(p, rec->standard.id, NULL, &GT_MSG_STORE_CHAIN_ENDED, GT_INT("rev", rev));
    }
    p->n_put[i] += n;
    p->n_closed[i] += n_closed;
    return st;
}

static gt_status prove_layers(proof *p, int64_t rev)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(p->ctx, p->db,
                                 "SELECT layer, first_fid, n_put, n_closed, put_hash, closed_hash"
                                 " FROM gt_revision_layer WHERE rev = ?1 ORDER BY layer",
                                 &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, rev);
        st = gt_db_step(p->ctx, stmt, &row);
    }
    while (st == GT_OK && row) {
        st = prove_layer(p, stmt, rev);
        st = st == GT_OK ? gt_db_step(p->ctx, stmt, &row) : st;
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

static gt_status prove_revision(proof *p, sqlite3_stmt *stmt, int64_t want,
                                unsigned char head[GT_HASH_BYTES])
{
    gt_revision r;
    unsigned char content[GT_HASH_BYTES], hash[GT_HASH_BYTES];
    char time[GT_TIME_TEXT];
    gt_revision_read(stmt, &r);
    if (r.id != want || !column_is(stmt, 13, head)) {
        return FAIL(p, &GT_MSG_STORE_CHAIN_ORDER, GT_INT("rev", r.id));
    }
    gt_status st = prove_layers(p, r.id);
    st = st == GT_OK ? gt_digest_content(p->ctx, p->db, r.id, content) : st;
    if (st != GT_OK) {
        return st;
    }
    if (!column_is(stmt, 12, content)) {
        return FAIL(p, &GT_MSG_STORE_CHAIN_CONTENT, GT_INT("rev", r.id));
    }
    gt_digest_revision(&r, head, content, hash);
    gt_time_format(r.time_ms, time);
    const char *shown = (const char *)sqlite3_column_text(stmt, 15);
    if (!column_is(stmt, 14, hash) || shown == NULL || strcmp(shown, time) != 0) {
        return FAIL(p, &GT_MSG_STORE_CHAIN_RECORD, GT_INT("rev", r.id));
    }
    memcpy(head, hash, GT_HASH_BYTES);
    return GT_OK;
}

static gt_status prove_chain(proof *p)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    unsigned char head[GT_HASH_BYTES] = {0};
    gt_text_init(&sql, p->ctx, 0);
    gt_text_printf(&sql, "%s ORDER BY id", gt_revision_sql);
    gt_status st = gt_db_prepare(
        p->ctx, p->db,
        "SELECT first_fid, digests FROM gt_row_digest WHERE layer = ?1 AND first_fid <= ?2"
        " ORDER BY first_fid DESC LIMIT 1",
        &p->digests);
    st = st == GT_OK ? gt_db_prepare_text(p->ctx, p->db, &sql, &stmt) : st;
    st = st == GT_OK ? gt_db_step(p->ctx, stmt, &row) : st;
    for (int64_t want = 1; st == GT_OK && row; want++) {
        st = prove_revision(p, stmt, want, head);
        st = st == GT_OK ? gt_db_step(p->ctx, stmt, &row) : st;
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

/* ---- what no revision accounts for ----------------------------------------------------------- */

static gt_status count(proof *p, int64_t *out, const char *format, ...) GT_PRINTF(3, 4);
static gt_status count(proof *p, int64_t *out, const char *format, ...)
{
    gt_text sql;
    va_list args;
    gt_text_init(&sql, p->ctx, 0);
    va_start(args, format);
    gt_text_vprintf(&sql, format, args);
    va_end(args);
    gt_status st = gt_text_status(&sql);
    st = st == GT_OK ? gt_db_int(p->ctx, p->db, gt_text_cstr(&sql), *out, out) : st;
    gt_text_free(&sql);
    return st;
}

/* Names the first row, present or past, that lies in no revision's range. */
static gt_status find_extra(proof *p, const gt_layer_rec *rec)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    const char *id = rec->standard.id;
    gt_text_init(&sql, p->ctx, 0);
    gt_text_printf(&sql,
                   "SELECT fid, gt_id FROM (SELECT fid, gt_id, gt_rev FROM \"%s\" UNION ALL SELECT"
                   " fid, gt_id, gt_rev FROM \"%s__history\") t WHERE NOT EXISTS (SELECT 1 FROM"
                   " gt_revision_layer r WHERE r.layer = ?1 AND r.rev = t.gt_rev AND t.fid >="
                   " r.first_fid AND t.fid < r.first_fid + r.n_put) LIMIT 1",
                   id, id);
    gt_status st = gt_db_prepare_text(p->ctx, p->db, &sql, &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, rec->number);
        st = gt_db_step(p->ctx, stmt, &row);
    }
    if (st == GT_OK) {
        st = FAIL_LAYER(p, id, row ? (const char *)sqlite3_column_text(stmt, 1) : NULL,
                        &GT_MSG_STORE_CHAIN_EXTRA,
                        GT_INT("fid", row ? sqlite3_column_int64(stmt, 0) : 0));
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

static gt_status prove_counts(proof *p, size_t i)
{
    const gt_layer_rec *rec = &p->registry.layers[i];
    const char *id = rec->standard.id;
    int64_t present = 0, past = 0, ended = 0, open = 0;
    gt_status st = count(p, &present, "SELECT count(*) FROM \"%s\"", id);
    st = st == GT_OK ? count(p, &past, "SELECT count(*) FROM \"%s__history\"", id) : st;
    if (st == GT_OK && present + past != p->n_put[i]) {
        return find_extra(p, rec);
    }
    st = st == GT_OK ? count(p, &ended,
                             "SELECT count(gt_valid_to_rev) + count(gt_rev_to) FROM"
                             " \"%s__history\"",
                             id)
                     : st;
    st = st == GT_OK ? count(p, &open,
                             "SELECT count(*) FROM \"%s__history\" WHERE gt_valid_to_rev IS NULL"
                             " AND gt_rev_to IS NULL",
                             id)
                     : st;
    if (st == GT_OK && (ended != p->n_closed[i] || open != 0)) {
        return FAIL_LAYER(p, id, NULL, &GT_MSG_STORE_CHAIN_ENDED, GT_INT("rev", rec->revision));
    }
    if (st == GT_OK && (present != rec->n_features || past != rec->n_history)) {
        return FAIL_LAYER(p, id, NULL, &GT_MSG_STORE_CHAIN_FIGURES,
                          GT_INT("stored", rec->n_features), GT_INT("counted", present));
    }
    return st;
}

static gt_status index_fail(proof *p, const gt_layer_rec *rec, const char *reason)
{
    return FAIL_LAYER(p, rec->standard.id, NULL, &GT_MSG_STORE_CHAIN_INDEX,
                      GT_TEXT("reason", reason));
}

/* The index is sound, has an entry for each geometry and no other. */
static gt_status prove_index(proof *p, const gt_layer_rec *rec)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    const char *id = rec->standard.id;
    int64_t entries = 0, geometries = 0;
    if (rec->column_type == GT_GEOM_NONE) {
        return GT_OK;
    }
    gt_text_init(&sql, p->ctx, 0);
    gt_text_printf(&sql, "SELECT rtreecheck('rtree_%s_geom')", id);
    gt_status st = gt_db_prepare_text(p->ctx, p->db, &sql, &stmt);
    st = st == GT_OK ? gt_db_step(p->ctx, stmt, &row) : st;
    if (st == GT_OK) {
        const char *verdict = row ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        if (verdict == NULL || strcmp(verdict, "ok") != 0) {
            st = index_fail(p, rec, verdict == NULL ? "" : verdict);
        }
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    st = st == GT_OK
             ? count(p, &entries,
                     "SELECT count(*) FROM \"rtree_%s_geom_rowid\" r JOIN \"%s\" t ON t.fid ="
                     " r.rowid",
                     id, id)
             : st;
    st = st == GT_OK ? count(p, &geometries,
                             "SELECT count(*) FROM \"%s\" WHERE geom IS NOT NULL AND NOT"
                             " ST_IsEmpty(geom)",
                             id)
                     : st;
    if (st == GT_OK && entries != geometries) {
        st = index_fail(p, rec, "entries");
    }
    return st;
}

/* Nothing is filed under a revision that does not exist. */
static gt_status prove_revisions_exist(proof *p)
{
    int64_t stray = INT64_MIN; /* kept when there is none */
    gt_status st = count(p, &stray,
                         "SELECT rev FROM (SELECT rev FROM gt_setting UNION ALL SELECT rev FROM"
                         " gt_layer_def UNION ALL SELECT rev FROM gt_revision_layer) WHERE rev < 1"
                         " OR rev > %lld LIMIT 1",
                         (long long)p->registry.revision);
    if (st == GT_OK && stray != INT64_MIN) {
        st = FAIL(p, &GT_MSG_STORE_CHAIN_CONTENT, GT_INT("rev", stray));
    }
    return st;
}

static gt_status prove_outside(proof *p)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(p->ctx, p->db,
                                 "SELECT layer, feature, (SELECT count(*) FROM gt_outside) FROM"
                                 " gt_outside ORDER BY layer, fid LIMIT 1",
                                 &stmt);
    st = st == GT_OK ? gt_db_step(p->ctx, stmt, &row) : st;
    if (st == GT_OK && row) {
        st = FAIL_LAYER(p, (const char *)sqlite3_column_text(stmt, 0),
                        (const char *)sqlite3_column_text(stmt, 1), &GT_MSG_STORE_OUTSIDE,
                        GT_INT("n", sqlite3_column_int64(stmt, 2)));
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

/* integrity_check, not quick_check: it also compares indexes with their tables. The lists of ended
 * versions are read from an index alone. */
static gt_status prove_pages(proof *p)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(p->ctx, p->db, "PRAGMA integrity_check(1)", &stmt);
    st = st == GT_OK ? gt_db_step(p->ctx, stmt, &row) : st;
    if (st == GT_OK) {
        const char *verdict = row ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        if (verdict == NULL || strcmp(verdict, "ok") != 0) {
            st = FAIL(p, &GT_MSG_STORE_DAMAGED, GT_TEXT("reason", verdict == NULL ? "" : verdict));
        }
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

static gt_status prove_all(proof *p)
{
    size_t n = p->registry.n_layers;
    p->rows = gt_zalloc(p->ctx, n + 1, sizeof(sqlite3_stmt *));
    p->n_put = gt_zalloc(p->ctx, n + 1, sizeof *p->n_put);
    p->n_closed = gt_zalloc(p->ctx, n + 1, sizeof *p->n_closed);
    p->values = gt_alloc(p->ctx, GT_STORE_MAX_FIELDS, sizeof *p->values);
    if (p->rows == NULL || p->n_put == NULL || p->n_closed == NULL || p->values == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = prove_pages(p);
    st = st == GT_OK ? prove_outside(p) : st;
    st = st == GT_OK ? prove_chain(p) : st;
    st = st == GT_OK ? prove_revisions_exist(p) : st;
    st = st == GT_OK ? gt_verify_extents(p->ctx, p->db, p->path) : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = prove_counts(p, i);
        st = st == GT_OK ? prove_index(p, &p->registry.layers[i]) : st;
        st = st == GT_OK ? gt_verify_summary(p->ctx, p->db, p->path, &p->registry.layers[i]) : st;
    }
    return st;
}

gt_status gt_store_verify(gt_ctx *ctx, gt_store *store)
{
    proof p = {.ctx = ctx, .db = store->reader, .path = store->path};
    /* one snapshot for the whole proof */
    gt_status st = gt_db_exec(ctx, p.db, "BEGIN");
    if (st != GT_OK) {
        return st;
    }
    st = gt_registry_load(ctx, p.db, &p.registry);
    st = st == GT_OK ? prove_all(&p) : st;
    for (size_t i = 0; p.rows != NULL && i < p.registry.n_layers; i++) {
        (void)sqlite3_finalize(p.rows[i]);
    }
    (void)sqlite3_finalize(p.digests);
    gt_db_watch_cancel(p.db, NULL);
    (void)sqlite3_exec(p.db, "ROLLBACK", NULL, NULL, NULL);
    gt_db_watch_cancel(p.db, store->ctx);
    gt_registry_free(&p.registry);
    gt_free(ctx, p.scratch.data);
    gt_free(ctx, p.values);
    gt_free(ctx, p.n_closed);
    gt_free(ctx, p.n_put);
    gt_free(ctx, (void *)p.rows);
    return st;
}
