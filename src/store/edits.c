/* Edits made by other programs (QGIS, ogr2ogr, SQL) straight on a layer's table.
 *
 * Triggers note each row touched and keep its version from before (schema_layer.c). While such
 * edits are pending the layer takes no other writing: its history would record rows that no
 * revision wrote. Adopting puts every row back as it was and then writes the edits as ordinary puts
 * and deletes of the open revision; discarding only puts the rows back. */
#include <math.h>
#include <string.h>

#include "store/commit.h"
#include "store/messages.h"

static gt_status count_edits(gt_ctx *ctx, sqlite3 *db, const char *layer, int64_t *n)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st =
        gt_db_prepare(ctx, db, "SELECT count(*) FROM gt_outside WHERE layer = ?1", &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_text(stmt, 1, layer, -1, SQLITE_STATIC);
        st = gt_db_step(ctx, stmt, &row);
    }
    if (st == GT_OK) {
        *n = row ? sqlite3_column_int64(stmt, 0) : 0;
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

gt_status gt_store_outside_edits(gt_ctx *ctx, gt_store *store, const char *layer, int64_t *n)
{
    if (gt_registry_find(&store->registry, layer) == NULL) {
        return gt_registry_missing(ctx, &store->registry, layer);
    }
    return count_edits(ctx, store->reader, layer, n);
}

gt_status gt_work_no_edits(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work)
{
    int64_t n = 0;
    gt_status st = count_edits(ctx, commit->db, work->rec.standard.id, &n);
    if (st == GT_OK && n > 0) {
        st = gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_PENDING,
                     GT_PLACE(.layer = work->rec.standard.id), GT_ARGS(GT_INT("n", n)));
    }
    return st;
}

/* ---- putting rows back -------------------------------------------------------------------------
 */

#define EDITED "SELECT fid FROM temp.gt_edited_fids"

/* All at once and before any edit is written, so that ids that moved between rows do not collide.
 */
static gt_status put_back(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work)
{
    const gt_standard *s = &work->rec.standard;
    const char *id = s->id, *geom = work->rec.column_type == GT_GEOM_NONE ? "" : ", geom";
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(
        &sql,
        "DROP TABLE IF EXISTS temp.gt_edited; DROP TABLE IF EXISTS temp.gt_edited_fids;"
        "CREATE TEMP TABLE gt_edited_fids AS SELECT fid FROM gt_outside WHERE layer ="
        " '%s'; CREATE TEMP TABLE gt_edited AS SELECT * FROM \"%s\" WHERE fid IN (" EDITED
        "); DELETE FROM \"%s\" WHERE fid IN (" EDITED ");",
        id, id, id);
    gt_text_printf(&sql, "INSERT INTO \"%s\"(fid, gt_id, gt_valid_from, gt_rev, gt_area_m2%s", id,
                   geom);
    gt_put_fields(&sql, s, "");
    gt_text_printf(&sql, ") SELECT fid, gt_id, gt_valid_from, gt_rev, gt_area_m2%s", geom);
    gt_put_fields(&sql, s, "");
    gt_text_printf(&sql, " FROM \"%s__before\" WHERE fid IN (" EDITED ");", id);
    if (*geom != '\0') {
        gt_text_printf(&sql,
                       "DELETE FROM \"rtree_%s_geom\" WHERE id IN (" EDITED "); INSERT INTO"
                       " \"rtree_%s_geom\" SELECT fid, ST_MinX(geom), ST_MaxX(geom), ST_MinY(geom),"
                       " ST_MaxY(geom) FROM \"%s\" WHERE fid IN (" EDITED ") AND NOT"
                       " ST_IsEmpty(geom);",
                       id, id, id);
    }
    gt_text_printf(&sql, "DELETE FROM gt_outside WHERE layer = '%s';", id);
    gt_status st = gt_db_exec_text(ctx, commit->db, &sql);
    gt_text_free(&sql);
    return st;
}

/* ---- writing them as changes of the revision
 * ------------------------------------------------------ */

enum { COL_WAS, COL_IS, COL_FID, COL_GEOM, COL_FIELDS };

static gt_status prepare_edits(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work,
                               sqlite3_stmt **out)
{
    const gt_standard *s = &work->rec.standard;
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT b.gt_id, e.gt_id, e.fid, %s",
                   work->rec.column_type == GT_GEOM_NONE ? "NULL" : "e.geom");
    gt_put_fields(&sql, s, "e.");
    gt_text_printf(&sql,
                   " FROM temp.gt_edited_fids f LEFT JOIN \"%s__before\" b ON b.fid = f.fid LEFT"
                   " JOIN temp.gt_edited e ON e.fid = f.fid ORDER BY f.fid",
                   s->id);
    gt_status st = gt_db_prepare_text(ctx, commit->db, &sql, out);
    gt_text_free(&sql);
    return st;
}

/* An id of an edited row; NULL where it was left empty. */
static const char *id_column(sqlite3_stmt *stmt, int at)
{
    const char *id = (const char *)sqlite3_column_text(stmt, at);
    return id == NULL || *id == '\0' ? NULL : id;
}

/* First the features that ended: rows deleted, and rows that got another id. */
static gt_status write_ended(gt_ctx *ctx, gt_commit *commit, const char *layer, sqlite3_stmt *stmt,
                             gt_date date)
{
    bool row = false;
    gt_status st = gt_db_step(ctx, stmt, &row);
    while (st == GT_OK && row) {
        const char *was = id_column(stmt, COL_WAS), *is = id_column(stmt, COL_IS);
        if (was != NULL && (is == NULL || strcmp(was, is) != 0)) {
            st = gt_commit_delete(ctx, commit, layer, was, date);
        }
        st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    }
    (void)sqlite3_reset(stmt);
    return st;
}

static gt_status write_changed(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work,
                               sqlite3_stmt *stmt, gt_date date)
{
    bool row = false;
    size_t n = work->rec.standard.n_fields;
    gt_value *values = gt_alloc(ctx, n + 1, sizeof *values);
    gt_status st = values == NULL ? GT_E_MEMORY : gt_db_step(ctx, stmt, &row);
    while (st == GT_OK && row) {
        for (size_t i = 0; i < n; i++) {
            gt_column_value(stmt, COL_FIELDS + (int)i, &values[i]);
        }
        const gt_feature feature = {.id = id_column(stmt, COL_IS),
                                    .valid_from = date,
                                    .blob = sqlite3_column_blob(stmt, COL_GEOM),
                                    .blob_len = (size_t)sqlite3_column_bytes(stmt, COL_GEOM),
                                    .values = values,
                                    .n_values = n};
        if (sqlite3_column_type(stmt, COL_FID) != SQLITE_NULL) {
            st = gt_commit_put(ctx, commit, work->rec.standard.id, &feature, NAN);
        }
        st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    }
    (void)sqlite3_reset(stmt);
    gt_free(ctx, values);
    return st;
}

static gt_status forget(gt_ctx *ctx, gt_commit *commit, const char *layer)
{
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql,
                   "DELETE FROM \"%s__before\"; DROP TABLE temp.gt_edited;"
                   "DROP TABLE temp.gt_edited_fids",
                   layer);
    gt_status st = gt_db_exec_text(ctx, commit->db, &sql);
    gt_text_free(&sql);
    return st;
}

gt_status gt_commit_take_edits(gt_ctx *ctx, gt_commit *commit, const char *layer, bool adopt,
                               gt_date date, int64_t *n)
{
    gt_layer_work *work = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t count = 0;
    gt_status st = gt_commit_check(ctx, commit);
    st = st == GT_OK ? gt_work_find(ctx, commit, layer, &work) : st;
    st = st == GT_OK ? count_edits(ctx, commit->db, work->rec.standard.id, &count) : st;
    if (st != GT_OK || count == 0) {
        goto done;
    }
    commit->broken = true; /* until all of it is done */
    st = put_back(ctx, commit, work);
    if (st == GT_OK && adopt) {
        commit->broken = false; /* put and delete look at it */
        st = prepare_edits(ctx, commit, work, &stmt);
        st = st == GT_OK ? write_ended(ctx, commit, work->rec.standard.id, stmt, date) : st;
        st = st == GT_OK ? write_changed(ctx, commit, work, stmt, date) : st;
        (void)sqlite3_finalize(stmt);
    }
    st = st == GT_OK ? forget(ctx, commit, work->rec.standard.id) : st;
    commit->broken = st != GT_OK;
done:
    if (st == GT_OK && n != NULL) {
        *n = count;
    }
    return st;
}
