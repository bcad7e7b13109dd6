/* What is kept beside the chain for speed: each layer's own figures and the extents of what a
 * revision changed in it. They follow from rows and revisions, so they are worked out again. */
#include <math.h>

#include "store/internal.h"
#include "store/messages.h"

static const double AREA_SLACK = 1e-3; /* m2: rounding of as many sums as a layer has rows */
static const double INDEX_SLACK = 1.0; /* m: the index holds single precision, rounded outwards */

static gt_status fail(gt_ctx *ctx, const char *path, const gt_layer_rec *rec, const char *what)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_CHAIN_SUMMARY,
                   GT_PLACE(.file = path, .layer = rec->standard.id),
                   GT_ARGS(GT_TEXT("what", what)));
}

/* Area of the present rows, by compensated summation. */
static gt_status prove_area(gt_ctx *ctx, sqlite3 *db, const char *path, const gt_layer_rec *rec)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    double sum = 0, rest = 0;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT gt_area_m2 FROM \"%s\" WHERE gt_area_m2 IS NOT NULL",
                   rec->standard.id);
    gt_status st = gt_db_prepare_text(ctx, db, &sql, &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    while (st == GT_OK && row) {
        double x = sqlite3_column_double(stmt, 0), next = sum + x;
        rest += fabs(sum) >= fabs(x) ? (sum - next) + x : (x - next) + sum;
        sum = next;
        st = gt_db_step(ctx, stmt, &row);
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    double gap = fabs((sum - rec->area) + (rest - rec->area_low));
    return st == GT_OK && !(gap <= AREA_SLACK) ? fail(ctx, path, rec, "area_m2") : st;
}

/* Newest day, next row and last revision. A load that changed nothing may have moved the day on. */
static gt_status prove_marks(gt_ctx *ctx, sqlite3 *db, const char *path, const gt_layer_rec *rec)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    const char *id = rec->standard.id, *wrong = NULL;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql,
                   "SELECT max(d), max(f), (SELECT max(rev) FROM gt_revision_layer WHERE layer ="
                   " ?1) FROM (SELECT max(gt_valid_from) d, max(fid) f FROM \"%s\" UNION ALL"
                   " SELECT max(gt_valid_from), max(fid) FROM \"%s__history\")",
                   id, id);
    gt_status st = gt_db_prepare_text(ctx, db, &sql, &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, rec->number);
        st = gt_db_step(ctx, stmt, &row);
    }
    if (st == GT_OK && row) {
        bool dated = sqlite3_column_type(stmt, 0) != SQLITE_NULL;
        bool touched = sqlite3_column_type(stmt, 2) != SQLITE_NULL;
        wrong = dated && (rec->valid_from == GT_DATE_NONE ||
                          rec->valid_from < gt_db_column_date(stmt, 0))
                    ? "valid_from"
                : sqlite3_column_int64(stmt, 1) >= rec->next_fid            ? "next_fid"
                : touched && sqlite3_column_int64(stmt, 2) != rec->revision ? "revision"
                                                                            : NULL;
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return wrong != NULL ? fail(ctx, path, rec, wrong) : st;
}

/* The layer's box covers all that its index holds. */
static gt_status prove_box(gt_ctx *ctx, sqlite3 *db, const char *path, const gt_layer_rec *rec)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    if (rec->column_type == GT_GEOM_NONE) {
        return GT_OK;
    }
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT min(minx), min(miny), max(maxx), max(maxy) FROM \"rtree_%s_geom\"",
                   rec->standard.id);
    gt_status st = gt_db_prepare_text(ctx, db, &sql, &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    if (st == GT_OK && row && sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
        gt_box held = gt_db_column_box(stmt, 0), said = rec->box;
        bool covers = said.xmin <= held.xmin + INDEX_SLACK &&
                      said.ymin <= held.ymin + INDEX_SLACK &&
                      said.xmax >= held.xmax - INDEX_SLACK && said.ymax >= held.ymax - INDEX_SLACK;
        st = covers ? GT_OK : fail(ctx, path, rec, "extent");
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

gt_status gt_verify_summary(gt_ctx *ctx, sqlite3 *db, const char *path, const gt_layer_rec *rec)
{
    gt_status st = prove_area(ctx, db, path, rec);
    st = st == GT_OK ? prove_marks(ctx, db, path, rec) : st;
    return st == GT_OK ? prove_box(ctx, db, path, rec) : st;
}

gt_status gt_verify_extents(gt_ctx *ctx, sqlite3 *db, const char *path)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(
        ctx, db,
        "SELECT r.id FROM gt_revision r LEFT JOIN (SELECT rev, min(min_x) a, min(min_y) b,"
        " max(max_x) c, max(max_y) d FROM gt_revision_layer GROUP BY rev) l ON l.rev = r.id WHERE"
        " r.min_x IS NOT l.a OR r.min_y IS NOT l.b OR r.max_x IS NOT l.c OR r.max_y IS NOT l.d"
        " ORDER BY r.id LIMIT 1",
        &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    if (st == GT_OK && row) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_CHAIN_EXTENT, GT_PLACE(.file = path),
                     GT_ARGS(GT_INT("rev", sqlite3_column_int64(stmt, 0))));
    }
    (void)sqlite3_finalize(stmt);
    return st;
}
