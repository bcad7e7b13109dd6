/* The hash recipe of a workspace. All numbers little endian, u64 unless said otherwise; text = u64
 * length and bytes; H = BLAKE2b-256.
 *
 *   row       H( "R" fid text(gt_id) valid_from area n { column kind value } * n blob )
 *             valid_from: days since 1970 as two's complement; none is -2^31
 *             area: u8 1 and IEEE bits, or u8 0 for NULL
 *             n values that are not NULL, in ascending column number; numbers are given when a
 *             field is added and never change, so that later fields do not alter older rows
 *             kind: u8 1 text, 2 integer, 3 real (-0 as +0)
 *             blob: u8 0 for NULL, or u8 1, length and bytes as stored
 *   put       H over the row digests of rows first_fid .. first_fid + n_put - 1, by fid
 *   closed    H over { "V" fid valid_to } of rows whose valid time the revision ended, by fid,
 *             then { "S" fid } of rows it superseded, by fid
 *   content   H over the layers it touched, by number:
 *               { "L" number text(id) first_fid n_put put n_closed closed }
 *             then definitions it stored, by layer: { "D" number text(definition) }
 *             then settings it stored, by key: { "K" text(key) text(value) }, a NULL value having
 *             length 2^64 - 1
 *   revision  H( "guotu-revision-1" parent id time_ms text(author) text(message) text(reason)
 *                text(package) n_put n_deleted 4 reals of the dirty box content )
 *
 * The first revision's parent is 32 zero bytes. Rows move between LAYER and LAYER__history but
 * keep fid and content, so that everything can be computed again from the two tables. */
#include <string.h>

#include "store/internal.h"

/* ---- one row --------------------------------------------------------------------------------- */

static void put_u8(gt_row_bytes *b, unsigned value)
{
    b->data[b->len++] = (uint8_t)value;
}

static void put_u64(gt_row_bytes *b, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        b->data[b->len + (size_t)i] = (uint8_t)(value >> (8 * i));
    }
    b->len += 8;
}

static void put_real(gt_row_bytes *b, double value)
{
    double plain = value == 0.0 ? 0.0 : value; /* -0 and +0 are one value to the database */
    uint64_t bits = 0;
    memcpy(&bits, &plain, sizeof bits);
    put_u64(b, bits);
}

static void put_bytes(gt_row_bytes *b, const void *data, size_t len)
{
    put_u64(b, len);
    if (len > 0) {
        memcpy(b->data + b->len, data, len);
    }
    b->len += len;
}

static void put_value(gt_row_bytes *b, int column, const gt_value *v)
{
    if (v->kind == GT_NULL) {
        return;
    }
    put_u64(b, (uint64_t)column);
    put_u8(b, (unsigned)v->kind);
    switch (v->kind) {
    case GT_VAL_TEXT:
        put_bytes(b, v->text, v->len);
        break;
    case GT_VAL_INT:
        put_u64(b, (uint64_t)v->integer);
        break;
    case GT_VAL_REAL:
        put_real(b, v->real);
        break;
    case GT_NULL:
        break;
    }
}

static size_t row_size(const gt_row_view *row)
{
    size_t size = 1 + 8 * 6 + row->id_len + 2 + row->blob_len;
    for (size_t i = 0; i < row->n_values; i++) {
        size += 8 + 1 + 8 + (row->values[i].kind == GT_VAL_TEXT ? row->values[i].len : 0);
    }
    return size;
}

gt_status gt_digest_row(gt_ctx *ctx, gt_row_bytes *b, const gt_row_view *row,
                        unsigned char out[GT_HASH_BYTES])
{
    void *block = b->data;
    gt_status st = gt_grow(ctx, &block, &b->cap, row_size(row), 1);
    b->data = block;
    if (st != GT_OK) {
        return st;
    }
    size_t n_set = 0;
    for (size_t i = 0; i < row->n_values; i++) {
        n_set += row->values[i].kind != GT_NULL;
    }
    b->len = 0;
    put_u8(b, 'R');
    put_u64(b, (uint64_t)row->fid);
    put_bytes(b, row->id, row->id_len);
    put_u64(b, (uint64_t)(int64_t)row->valid_from);
    put_u8(b, row->has_area ? 1 : 0);
    if (row->has_area) {
        put_real(b, row->area);
    }
    put_u64(b, n_set);
    for (size_t i = 0; i < row->n_values; i++) {
        int field = row->by_column[i];
        put_value(b, row->columns[field], &row->values[field]);
    }
    put_u8(b, row->blob == NULL ? 0 : 1);
    if (row->blob != NULL) {
        put_bytes(b, row->blob, row->blob_len);
    }
    gt_hash hash;
    gt_hash_init(&hash);
    gt_hash_add(&hash, b->data, b->len);
    gt_hash_final(&hash, out);
    return GT_OK;
}

/* ---- what a revision ended ------------------------------------------------------------------- */

static gt_status add_closings(gt_ctx *ctx, sqlite3 *db, const char *sql, int64_t rev, char tag,
                              gt_hash *hash, int64_t *n)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(ctx, db, sql, &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, rev);
        st = gt_db_step(ctx, stmt, &row);
    }
    while (st == GT_OK && row) {
        gt_hash_add(hash, &tag, 1);
        gt_hash_add_u64(hash, (uint64_t)sqlite3_column_int64(stmt, 0));
        if (tag == 'V') {
            gt_hash_add_u64(hash, (uint64_t)(int64_t)gt_db_column_date(stmt, 1));
        }
        ++*n;
        st = gt_db_step(ctx, stmt, &row);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

gt_status gt_digest_closings(gt_ctx *ctx, sqlite3 *db, const char *layer, int64_t rev, int64_t *n,
                             unsigned char out[GT_HASH_BYTES])
{
    gt_hash hash;
    gt_text sql;
    *n = 0;
    gt_hash_init(&hash);
    gt_text_init(&sql, ctx, 0);
    /* both walk a partial index whose entries end in the row id: no sorting */
    gt_text_printf(&sql,
                   "SELECT fid, gt_valid_to FROM \"%s__history\" INDEXED BY \"%s__history_valid\""
                   " WHERE gt_valid_to_rev = ?1 ORDER BY fid",
                   layer, layer);
    gt_status st = gt_text_status(&sql);
    st = st == GT_OK ? add_closings(ctx, db, gt_text_cstr(&sql), rev, 'V', &hash, n) : st;
    gt_text_clear(&sql);
    gt_text_printf(&sql,
                   "SELECT fid FROM \"%s__history\" INDEXED BY \"%s__history_rev\""
                   " WHERE gt_rev_to = ?1 ORDER BY fid",
                   layer, layer);
    st = st == GT_OK ? gt_text_status(&sql) : st;
    st = st == GT_OK ? add_closings(ctx, db, gt_text_cstr(&sql), rev, 'S', &hash, n) : st;
    gt_hash_final(&hash, out);
    gt_text_free(&sql);
    return st;
}

/* ---- content and revision -------------------------------------------------------------------- */

static const void *digest_column(sqlite3_stmt *stmt, int at)
{
    static const unsigned char none[GT_HASH_BYTES];
    const void *blob = sqlite3_column_blob(stmt, at);
    return blob != NULL && sqlite3_column_bytes(stmt, at) == GT_HASH_BYTES ? blob : none;
}

static void add_layer(sqlite3_stmt *stmt, gt_hash *hash)
{
    gt_hash_add(hash, "L", 1);
    gt_hash_add_u64(hash, (uint64_t)sqlite3_column_int64(stmt, 0));
    gt_hash_add_text(hash, (const char *)sqlite3_column_text(stmt, 1));
    gt_hash_add_u64(hash, (uint64_t)sqlite3_column_int64(stmt, 2));
    gt_hash_add_u64(hash, (uint64_t)sqlite3_column_int64(stmt, 3));
    gt_hash_add(hash, digest_column(stmt, 4), GT_HASH_BYTES);
    gt_hash_add_u64(hash, (uint64_t)sqlite3_column_int64(stmt, 5));
    gt_hash_add(hash, digest_column(stmt, 6), GT_HASH_BYTES);
}

static void add_definition(sqlite3_stmt *stmt, gt_hash *hash)
{
    gt_hash_add(hash, "D", 1);
    gt_hash_add_u64(hash, (uint64_t)sqlite3_column_int64(stmt, 0));
    gt_hash_add_text(hash, (const char *)sqlite3_column_text(stmt, 1));
}

static void add_setting(sqlite3_stmt *stmt, gt_hash *hash)
{
    gt_hash_add(hash, "K", 1);
    gt_hash_add_text(hash, (const char *)sqlite3_column_text(stmt, 0));
    gt_hash_add_text(hash, (const char *)sqlite3_column_text(stmt, 1));
}

static gt_status add_rows(gt_ctx *ctx, sqlite3 *db, const char *sql, int64_t rev, gt_hash *hash,
                          void (*add)(sqlite3_stmt *, gt_hash *))
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(ctx, db, sql, &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, rev);
        st = gt_db_step(ctx, stmt, &row);
    }
    while (st == GT_OK && row) {
        add(stmt, hash);
        st = gt_db_step(ctx, stmt, &row);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

gt_status gt_digest_content(gt_ctx *ctx, sqlite3 *db, int64_t rev, unsigned char out[GT_HASH_BYTES])
{
    gt_hash hash;
    gt_hash_init(&hash);
    gt_status st = add_rows(ctx, db,
                            "SELECT r.layer, l.id, r.first_fid, r.n_put, r.put_hash, r.n_closed,"
                            " r.closed_hash FROM gt_revision_layer r LEFT JOIN gt_layer l ON"
                            " l.number = r.layer WHERE r.rev = ?1 ORDER BY r.layer",
                            rev, &hash, add_layer);
    st = st == GT_OK ? add_rows(ctx, db,
                                "SELECT layer, definition FROM gt_layer_def WHERE rev = ?1"
                                " ORDER BY layer",
                                rev, &hash, add_definition)
                     : st;
    st = st == GT_OK
             ? add_rows(ctx, db, "SELECT key, value FROM gt_setting WHERE rev = ?1 ORDER BY key",
                        rev, &hash, add_setting)
             : st;
    gt_hash_final(&hash, out);
    return st;
}

void gt_digest_revision(const gt_revision *r, const unsigned char parent[GT_HASH_BYTES],
                        const unsigned char content[GT_HASH_BYTES],
                        unsigned char out[GT_HASH_BYTES])
{
    static const char tag[] = "guotu-revision-1";
    gt_box box = gt_box_is_empty(r->dirty) ? GT_BOX_EMPTY : r->dirty;
    gt_hash hash;
    gt_hash_init(&hash);
    gt_hash_add(&hash, tag, sizeof tag - 1);
    gt_hash_add(&hash, parent, GT_HASH_BYTES);
    gt_hash_add_u64(&hash, (uint64_t)r->id);
    gt_hash_add_u64(&hash, (uint64_t)r->time_ms);
    gt_hash_add_text(&hash, r->author);
    gt_hash_add_text(&hash, r->message);
    gt_hash_add_text(&hash, r->reason);
    gt_hash_add_text(&hash, r->package);
    gt_hash_add_u64(&hash, (uint64_t)r->n_put);
    gt_hash_add_u64(&hash, (uint64_t)r->n_deleted);
    gt_hash_add_real(&hash, box.xmin);
    gt_hash_add_real(&hash, box.ymin);
    gt_hash_add_real(&hash, box.xmax);
    gt_hash_add_real(&hash, box.ymax);
    gt_hash_add(&hash, content, GT_HASH_BYTES);
    gt_hash_final(&hash, out);
}
