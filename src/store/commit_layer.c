/* One layer inside an open revision: statements, leaving rows, R-tree, digests, figures. */
#include <string.h>

#include "store/blob.h"
#include "store/commit.h"
#include "store/messages.h"
#include "store/rtree.h"

enum {
    BULK_AFTER = 2000, /* rows: dropping and building an index costs as much as some hundred puts */
    SORT_ITEMS = 1 << 20, /* 32 MiB: what one layer's index entries may take before they spill */
};

/* ---- opening --------------------------------------------------------------------------------- */

static bool spatial(const gt_layer_work *work)
{
    return work->rec.column_type != GT_GEOM_NONE;
}

static void put_insert(gt_text *sql, const gt_layer_work *work)
{
    const gt_standard *s = &work->rec.standard;
    gt_text_printf(sql, "INSERT INTO \"%s\"(fid, gt_id", s->id);
    gt_put_fields(sql, s, "");
    gt_text_printf(sql, ", gt_valid_from, gt_rev, gt_area_m2%s) VALUES(?1",
                   spatial(work) ? ", geom" : "");
    for (size_t i = 2; i <= s->n_fields + 5 + spatial(work); i++) {
        gt_text_printf(sql, ",?%zu", i);
    }
    gt_text_putc(sql, ')');
}

static void put_move(gt_text *sql, const gt_layer_work *work)
{
    const gt_standard *s = &work->rec.standard;
    const char *geom = spatial(work) ? ", geom" : "";
    gt_text_printf(sql, "INSERT INTO \"%s__history\"(fid, gt_id", s->id);
    gt_put_fields(sql, s, "");
    gt_text_printf(sql,
                   ", gt_valid_from, gt_rev, gt_area_m2, gt_valid_to, gt_valid_to_rev, gt_rev_to%s)"
                   " SELECT fid, gt_id",
                   geom);
    gt_put_fields(sql, s, "");
    gt_text_printf(sql,
                   ", gt_valid_from, gt_rev, gt_area_m2, ?2, ?3, ?4%s FROM \"%s\" WHERE fid = ?1",
                   geom, s->id);
}

static gt_status prepare_all(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_text sql;
    const char *id = work->rec.standard.id;
    gt_text_init(&sql, ctx, 0);
    put_insert(&sql, work);
    gt_status st = gt_db_prepare_text(ctx, commit->db, &sql, &work->insert);
    gt_text_clear(&sql);
    put_move(&sql, work);
    st = st == GT_OK ? gt_db_prepare_text(ctx, commit->db, &sql, &work->move) : st;
    gt_text_clear(&sql);
    gt_text_printf(&sql, "DELETE FROM \"%s\" WHERE fid = ?1", id);
    st = st == GT_OK ? gt_db_prepare_text(ctx, commit->db, &sql, &work->remove) : st;
    gt_text_clear(&sql);
    gt_text_printf(&sql, "SELECT fid, gt_rev, gt_valid_from, gt_area_m2, gt_id%s",
                   spatial(work) ? ", geom" : ", NULL");
    gt_put_fields(&sql, &work->rec.standard, "");
    gt_text_printf(&sql, " FROM \"%s\" WHERE gt_id = ?1", id);
    st = st == GT_OK ? gt_db_prepare_text(ctx, commit->db, &sql, &work->find) : st;
    gt_text_clear(&sql);
    gt_text_printf(&sql,
                   "SELECT 1 FROM \"%s__history\" WHERE gt_id = ?1 AND (gt_rev = ?2 OR"
                   " gt_valid_to_rev = ?2 OR gt_rev_to = ?2) LIMIT 1",
                   id);
    st = st == GT_OK ? gt_db_prepare_text(ctx, commit->db, &sql, &work->ended_here) : st;
    gt_text_free(&sql);
    return st;
}

gt_status gt_work_add(gt_ctx *ctx, gt_commit *commit, gt_layer_work **out)
{
    void *block = commit->layers;
    gt_status st =
        gt_grow(ctx, &block, &commit->cap_layers, commit->n_layers + 1, sizeof(gt_layer_work *));
    commit->layers = block;
    if (st != GT_OK) {
        return st;
    }
    /* the hash state asks for more than malloc's alignment */
    enum { ALIGN = _Alignof(gt_layer_work) };
    char *block_of_work = gt_zalloc(ctx, 1, sizeof(gt_layer_work) + ALIGN);
    if (block_of_work == NULL) {
        return GT_E_MEMORY;
    }
    size_t over = (uintptr_t)block_of_work % ALIGN;
    gt_layer_work *work = (gt_layer_work *)(void *)(block_of_work + (over == 0 ? 0 : ALIGN - over));
    work->block = block_of_work;
    work->dirty = GT_BOX_EMPTY;
    gt_hash_init(&work->put_hash);
    commit->layers[commit->n_layers++] = work;
    *out = work;
    return GT_OK;
}

gt_status gt_work_find(gt_ctx *ctx, gt_commit *commit, const char *layer, gt_layer_work **out)
{
    if (commit->last != NULL && layer != NULL &&
        strcmp(commit->last->rec.standard.id, layer) == 0) {
        *out = commit->last;
        return GT_OK;
    }
    for (size_t i = 0; layer != NULL && i < commit->n_layers; i++) {
        if (strcmp(commit->layers[i]->rec.standard.id, layer) == 0) {
            *out = commit->last = commit->layers[i];
            return GT_OK;
        }
    }
    const gt_registry *reg = &commit->store->registry;
    const gt_layer_rec *rec = gt_registry_find(reg, layer);
    if (rec == NULL) {
        return gt_registry_missing(ctx, reg, layer);
    }
    gt_status st = gt_work_add(ctx, commit, out);
    if (st == GT_OK) {
        (*out)->rec = *rec;
        (*out)->old_features = rec->n_features;
        commit->last = *out;
    }
    return st;
}

static gt_status make_buffers(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    work->digests = gt_alloc(ctx, GT_DIGEST_CHUNK, GT_DIGEST_KEEP);
    if (work->digests == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_sorter_new(ctx, commit->store->dir, SORT_ITEMS, &work->boxes);
    return st == GT_OK ? gt_sorter_new(ctx, commit->store->dir, SORT_ITEMS, &work->removed) : st;
}

/* A large load into an empty layer runs without the id index, which is built sorted at the end; a
 * feature given twice is found then. */
gt_status gt_work_go_bulk(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    if (work->bulk || !work->was_empty || work->n_put < BULK_AFTER || work->n_closed > 0 ||
        work->rec.n_features != work->n_put) {
        return GT_OK;
    }
    gt_status st = gt_schema_id_index(ctx, commit->db, work->rec.standard.id, false);
    work->bulk = st == GT_OK;
    commit->broken |= st != GT_OK;
    return st;
}

/* A program that edited the layer outside a revision may have used row ids from our counter on. */
static gt_status skip_foreign_rows(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_text sql;
    int64_t last = 0;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT max(fid) FROM \"%s\"", work->rec.standard.id);
    gt_status st = gt_text_status(&sql);
    st = st == GT_OK ? gt_db_int(ctx, commit->db, gt_text_cstr(&sql), 0, &last) : st;
    if (st == GT_OK && last >= work->rec.next_fid) {
        work->rec.next_fid = last + 1;
    }
    gt_text_free(&sql);
    return st;
}

gt_status gt_work_open(gt_ctx *ctx, gt_commit *commit, const char *layer, gt_layer_work **out)
{
    gt_layer_work *work = NULL;
    gt_status st = gt_work_find(ctx, commit, layer, &work);
    if (st != GT_OK || work == NULL || work->insert != NULL) {
        *out = work;
        return st;
    }
    gt_value *values = gt_realloc(ctx, commit->values, GT_STORE_MAX_FIELDS, sizeof *values);
    if (values == NULL) {
        return GT_E_MEMORY;
    }
    commit->values = values;
    st = gt_work_no_edits(ctx, commit, work);
    if (st != GT_OK) {
        return st;
    }
    st = make_buffers(ctx, commit, work);
    st = st == GT_OK ? skip_foreign_rows(ctx, commit, work) : st;
    work->first_fid = work->digests_from = work->rec.next_fid;
    work->was_empty = work->rec.n_features == 0;
    st = st == GT_OK ? prepare_all(ctx, commit, work) : st;
    commit->broken |= st != GT_OK;
    *out = work;
    return st;
}

void gt_work_free(gt_ctx *ctx, gt_layer_work *work)
{
    if (work == NULL) {
        return;
    }
    (void)sqlite3_finalize(work->insert);
    (void)sqlite3_finalize(work->find);
    (void)sqlite3_finalize(work->move);
    (void)sqlite3_finalize(work->remove);
    (void)sqlite3_finalize(work->ended_here);
    gt_sorter_free(ctx, work->boxes);
    gt_sorter_free(ctx, work->removed);
    gt_free(ctx, work->digests);
    gt_free(ctx, work->kept);
    gt_free(ctx, work->block);
}

void gt_old_row_read(sqlite3_stmt *stmt, int geom_at, gt_old_row *out)
{
    gt_blob_info info;
    const uint8_t *blob = sqlite3_column_blob(stmt, geom_at);
    size_t len = (size_t)sqlite3_column_bytes(stmt, geom_at);
    out->fid = sqlite3_column_int64(stmt, 0);
    out->rev = sqlite3_column_int64(stmt, 1);
    out->valid_from = gt_db_column_date(stmt, 2);
    out->area = sqlite3_column_double(stmt, 3);
    bool known = blob != NULL && gt_blob_look(blob, len, &info) == NULL;
    out->box = known && !gt_box_is_empty(info.box) ? info.box : GT_BOX_EMPTY;
}

/* ---- rows that leave ------------------------------------------------------------------------- */

gt_status gt_closing_date(gt_ctx *ctx, const gt_layer_work *work, const char *feature,
                          gt_date given, gt_date since, gt_date *out)
{
    char date[GT_DATE_TEXT], from[GT_DATE_TEXT];
    if (given == GT_DATE_NONE || given == since) {
        *out = GT_DATE_NONE;
        return GT_OK;
    }
    if (since == GT_DATE_NONE || given > since) {
        *out = given;
        return GT_OK;
    }
    gt_date_format(given, date);
    gt_date_format(since, from);
    return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_BEFORE,
                   GT_PLACE(.layer = work->rec.standard.id, .feature = feature),
                   GT_ARGS(GT_TEXT("date", date), GT_TEXT("since", from)));
}

static bool on_edge(gt_box outer, gt_box box)
{
    return !(box.xmin > outer.xmin && box.ymin > outer.ymin && box.xmax < outer.xmax &&
             box.ymax < outer.ymax);
}

gt_status gt_work_close(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work, const gt_old_row *row,
                        gt_date valid_to)
{
    bool valid = valid_to != GT_DATE_NONE;
    (void)sqlite3_bind_int64(work->move, 1, row->fid);
    gt_db_bind_date(work->move, 2, valid_to);
    (void)(valid ? sqlite3_bind_int64(work->move, 3, commit->revision)
                 : sqlite3_bind_null(work->move, 3));
    (void)(valid ? sqlite3_bind_null(work->move, 4)
                 : sqlite3_bind_int64(work->move, 4, commit->revision));
    (void)sqlite3_bind_int64(work->remove, 1, row->fid);
    gt_status st = gt_db_run(ctx, work->move);
    st = st == GT_OK ? gt_db_run(ctx, work->remove) : st;
    if (st == GT_OK && !gt_box_is_empty(row->box)) {
        const gt_sort_item item = {.key = (uint64_t)row->fid};
        st = gt_sorter_add(ctx, work->removed, &item);
        work->edge_lost |= on_edge(work->rec.box, row->box);
        gt_box_add(&work->dirty, row->box);
    }
    work->n_closed++;
    work->rec.n_features--;
    work->rec.n_history++;
    gt_area_add(&work->rec, -row->area);
    return st;
}

/* ---- the end of a revision ------------------------------------------------------------------- */

gt_status gt_work_flush_digests(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    if (work->n_digests == 0) {
        return GT_OK;
    }
    sqlite3_stmt *stmt = NULL;
    gt_status st =
        gt_db_prepare(ctx, commit->db, "INSERT INTO gt_row_digest VALUES(?1,?2,?3)", &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, work->rec.number);
        (void)sqlite3_bind_int64(stmt, 2, work->digests_from);
        (void)sqlite3_bind_blob(stmt, 3, work->digests, (int)(work->n_digests * GT_DIGEST_KEEP),
                                SQLITE_STATIC);
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    work->digests_from += (int64_t)work->n_digests;
    work->n_digests = 0;
    return st;
}

/* replace: every old row that was neither kept nor replaced ends now. Rows of this revision start
 * at first_fid, so that the walk meets old rows only. */
static gt_status end_the_rest(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int64_t after = -1;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql,
                   "SELECT fid, gt_rev, gt_valid_from, gt_area_m2, %s, gt_id FROM \"%s\""
                   " WHERE fid > ?1 AND fid < ?2 ORDER BY fid LIMIT 1",
                   spatial(work) ? "geom" : "NULL", work->rec.standard.id);
    gt_status st = gt_db_prepare_text(ctx, commit->db, &sql, &stmt);
    while (st == GT_OK) {
        gt_old_row old = {0};
        (void)sqlite3_bind_int64(stmt, 1, after);
        (void)sqlite3_bind_int64(stmt, 2, work->first_fid);
        st = gt_db_step(ctx, stmt, &row);
        if (st != GT_OK || !row) {
            break;
        }
        gt_old_row_read(stmt, 4, &old);
        after = old.fid;
        bool kept = gt_work_is_kept(work, old.fid);
        gt_date end = GT_DATE_NONE;
        if (!kept) {
            const char *id = (const char *)sqlite3_column_text(stmt, 5);
            st = gt_closing_date(ctx, work, id, work->replace_from, old.valid_from, &end);
        }
        (void)sqlite3_reset(stmt);
        if (st == GT_OK && !kept) {
            st = gt_work_close(ctx, commit, work, &old, end);
            work->n_ended++;
        }
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

static gt_status save_layer(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    unsigned char put[GT_HASH_BYTES], closed[GT_HASH_BYTES];
    int64_t n_closed = 0;
    sqlite3_stmt *stmt = NULL;
    gt_hash_final(&work->put_hash, put);
    gt_status st = gt_digest_closings(ctx, commit->db, work->rec.standard.id, commit->revision,
                                      &n_closed, closed);
    st = st == GT_OK ? gt_db_prepare(ctx, commit->db,
                                     "INSERT INTO gt_revision_layer VALUES"
                                     "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
                                     &stmt)
                     : st;
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, commit->revision);
        (void)sqlite3_bind_int64(stmt, 2, work->rec.number);
        (void)sqlite3_bind_int64(stmt, 3, work->rec.next_fid - work->n_put);
        (void)sqlite3_bind_int64(stmt, 4, work->n_put);
        (void)sqlite3_bind_int64(stmt, 5, n_closed);
        (void)sqlite3_bind_blob(stmt, 6, put, sizeof put, SQLITE_STATIC);
        (void)sqlite3_bind_blob(stmt, 7, closed, sizeof closed, SQLITE_STATIC);
        gt_db_bind_box(stmt, 8, &work->dirty);
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    work->rec.revision = commit->revision;
    st = st == GT_OK ? gt_registry_save(ctx, commit->db, &work->rec) : st;
    return st == GT_OK ? gt_schema_contents(ctx, commit->db, &work->rec, commit->time_ms) : st;
}

gt_status gt_work_finish(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_status st = GT_OK;
    if (work->insert != NULL) {
        st = work->replace ? end_the_rest(ctx, commit, work) : GT_OK;
        st = st == GT_OK ? gt_work_flush_digests(ctx, commit, work) : st;
        st = st == GT_OK ? gt_work_finish_indexes(ctx, commit, work) : st;
    }
    if (work->rec.n_features == 0) { /* nothing left: no rounding dust either */
        work->rec.area = work->rec.area_low = 0;
    }
    return st == GT_OK ? save_layer(ctx, commit, work) : st;
}
