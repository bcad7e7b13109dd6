/* Indexes of a layer at the end of a revision: ids, R-tree, the exact box. */
#include "store/blob.h"
#include "store/commit.h"
#include "store/messages.h"
#include "store/rtree.h"

enum { REBUILD_PART = 12 /* the R-tree is packed anew when a quarter of it changes */ };

/* Half side of the square of the Hilbert curve, in units of the CRS: 2^26 m holds eastings with a
 * zone prefix (to 60,500,000); cells of 0.03 m. */
static double curve_half(const gt_store *store)
{
    return gt_crs_is_geographic(store->crs) ? 512.0 : 67108864.0;
}

static bool spatial(const gt_layer_work *work)
{
    return work->rec.column_type != GT_GEOM_NONE;
}

static gt_status find_duplicate(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT gt_id FROM \"%s\" GROUP BY gt_id HAVING count(*) > 1 LIMIT 1",
                   work->rec.standard.id);
    gt_status st = gt_db_prepare_text(ctx, commit->db, &sql, &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    if (st == GT_OK) {
        const char *id = row ? (const char *)sqlite3_column_text(stmt, 0) : "";
        st = gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_TWICE,
                     GT_PLACE(.layer = work->rec.standard.id, .feature = id),
                     GT_ARGS(GT_TEXT("id", id)));
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

static gt_status build_id_index(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "CREATE UNIQUE INDEX \"%s__id\" ON \"%s\"(gt_id)", work->rec.standard.id,
                   work->rec.standard.id);
    gt_status st = gt_text_status(&sql);
    if (st == GT_OK &&
        sqlite3_exec(commit->db, gt_text_cstr(&sql), NULL, NULL, NULL) != SQLITE_OK) {
        st = (sqlite3_extended_errcode(commit->db) & 0xff) == SQLITE_CONSTRAINT
                 ? find_duplicate(ctx, commit, work)
                 : gt_db_fail(ctx, commit->db);
    }
    gt_text_free(&sql);
    return st;
}

gt_status gt_work_index(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work, int64_t fid,
                        gt_box box)
{
    gt_sort_item item = {.key = gt_rtree_key(box, curve_half(commit->store)), .id = (uint64_t)fid};
    gt_rtree_box(box, item.box);
    return gt_sorter_add(ctx, work->boxes, &item);
}

static gt_status rebuild_rtree(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    const char *id = work->rec.standard.id;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT fid, geom FROM \"%s\" WHERE fid < ?1", id);
    gt_status st = gt_db_prepare_text(ctx, commit->db, &sql, &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, work->first_fid);
        st = gt_db_step(ctx, stmt, &row);
    }
    while (st == GT_OK && row) { /* rows from before; those of now are in the sorter */
        gt_blob_info info;
        const uint8_t *blob = sqlite3_column_blob(stmt, 1);
        if (blob != NULL &&
            gt_blob_look(blob, (size_t)sqlite3_column_bytes(stmt, 1), &info) == NULL &&
            !gt_box_is_empty(info.box)) {
            st = gt_work_index(ctx, commit, work, sqlite3_column_int64(stmt, 0), info.box);
        }
        st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    }
    (void)sqlite3_finalize(stmt);
    st = st == GT_OK ? gt_sorter_finish(ctx, work->boxes) : st;
    st = st == GT_OK ? gt_rtree_pack(ctx, commit->db, id, commit->store->dir, work->boxes) : st;
    gt_text_free(&sql);
    return st;
}

static gt_status remove_entries(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    gt_sort_item item;
    bool more = true;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "DELETE FROM \"rtree_%s_geom\" WHERE id = ?1", work->rec.standard.id);
    gt_status st = gt_db_prepare_text(ctx, commit->db, &sql, &stmt);
    st = st == GT_OK ? gt_sorter_finish(ctx, work->removed) : st;
    while (st == GT_OK) {
        st = gt_sorter_next(ctx, work->removed, &item, &more);
        if (st != GT_OK || !more) {
            break;
        }
        (void)sqlite3_bind_int64(stmt, 1, (int64_t)item.key);
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

/* In curve order, so that neighbours go to the same nodes. */
static gt_status insert_entries(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    gt_sort_item item;
    bool more = true;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "INSERT INTO \"rtree_%s_geom\" VALUES(?1,?2,?3,?4,?5)",
                   work->rec.standard.id);
    gt_status st = gt_db_prepare_text(ctx, commit->db, &sql, &stmt);
    st = st == GT_OK ? gt_sorter_finish(ctx, work->boxes) : st;
    while (st == GT_OK) {
        st = gt_sorter_next(ctx, work->boxes, &item, &more);
        if (st != GT_OK || !more) {
            break;
        }
        (void)sqlite3_bind_int64(stmt, 1, (int64_t)item.id);
        for (int k = 0; k < 4; k++) { /* float32 already: no further rounding */
            (void)sqlite3_bind_double(stmt, 2 + k, (double)item.box[k]);
        }
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

static gt_status finish_rtree(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    uint64_t changed = gt_sorter_count(work->boxes) + gt_sorter_count(work->removed);
    if (changed == 0) {
        return GT_OK;
    }
    if (changed >= (uint64_t)work->old_features / REBUILD_PART) {
        return rebuild_rtree(ctx, commit, work);
    }
    gt_status st = remove_entries(ctx, commit, work);
    return st == GT_OK ? insert_entries(ctx, commit, work) : st;
}

/* One exact side of the layer's box: the R-tree gives the few rows whose rounded side is the least
 * (or greatest), and rounding is monotone, so that the true extreme is among them. */
static gt_status exact_side(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work,
                            const char *condition, float limit, gt_box *box)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    const char *id = work->rec.standard.id;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql,
                   "SELECT t.geom FROM \"rtree_%s_geom\" r JOIN \"%s\" t ON t.fid = r.id WHERE"
                   " r.%s ?1",
                   id, id, condition);
    gt_status st = gt_db_prepare_text(ctx, commit->db, &sql, &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_double(stmt, 1, (double)limit);
        st = gt_db_step(ctx, stmt, &row);
    }
    while (st == GT_OK && row) {
        gt_blob_info info;
        const uint8_t *blob = sqlite3_column_blob(stmt, 0);
        if (blob != NULL &&
            gt_blob_look(blob, (size_t)sqlite3_column_bytes(stmt, 0), &info) == NULL) {
            gt_box_add(box, info.box);
        }
        st = gt_db_step(ctx, stmt, &row);
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

static gt_status find_box(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    static const char *const conditions[4] = {"minx <=", "maxx >=", "miny <=", "maxy >="};
    float bounds[4];
    gt_box box = GT_BOX_EMPTY;
    bool some = false;
    gt_status st = gt_rtree_bounds(ctx, commit->db, work->rec.standard.id, bounds, &some);
    for (size_t i = 0; st == GT_OK && some && i < 4; i++) {
        st = exact_side(ctx, commit, work, conditions[i], bounds[i], &box);
    }
    work->rec.box = box;
    return st;
}

gt_status gt_work_finish_indexes(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work)
{
    gt_status st = work->bulk ? build_id_index(ctx, commit, work) : GT_OK;
    if (st != GT_OK || !spatial(work)) {
        return st;
    }
    st = finish_rtree(ctx, commit, work);
    return st == GT_OK && work->edge_lost ? find_box(ctx, commit, work) : st;
}
