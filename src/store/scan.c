/* Reading. "Now" is the present table; any other time is the union of present and history, in one
 * statement (one snapshot, even while another process commits) and merged by row id.
 *
 * At revision r a row of the history counts when it was written at or before r and not superseded
 * by r; its valid time is open when it was ended after r. See README, "two times". */
#include <string.h>

#include "store/blob.h"
#include "store/internal.h"
#include "store/messages.h"

struct gt_scan {
    gt_store *store;
    gt_query query;
    char *layer;
    size_t n_fields;
    bool geometry; /* the table has any */
    gt_value *values;
    sqlite3_stmt *stmt;
    int64_t revision;  /* INT64_MAX: newest */
    int64_t first_fid; /* changed_since: lower bound of the rows written */
    bool ended;
};

void gt_query_init(gt_query *query, const char *layer)
{
    memset(query, 0, sizeof *query);
    query->layer = layer;
    query->as_of_date = GT_DATE_NONE;
}

void gt_column_value(sqlite3_stmt *stmt, int at, gt_value *out)
{
    *out = (gt_value){.kind = GT_NULL};
    switch (sqlite3_column_type(stmt, at)) {
    case SQLITE_INTEGER:
        out->kind = GT_VAL_INT;
        out->integer = sqlite3_column_int64(stmt, at);
        break;
    case SQLITE_FLOAT:
        out->kind = GT_VAL_REAL;
        out->real = sqlite3_column_double(stmt, at);
        break;
    case SQLITE_TEXT:
        out->kind = GT_VAL_TEXT;
        out->text = (const char *)sqlite3_column_text(stmt, at);
        out->len = (size_t)sqlite3_column_bytes(stmt, at);
        if (out->text == NULL) { /* out of memory: the next step says so */
            *out = (gt_value){.kind = GT_NULL};
        }
        break;
    default: /* SQLite's codes, not an enum: NULL and BLOB */
        break;
    }
}

/* ---- statements ------------------------------------------------------------------------------ */

enum { COL_FID, COL_ID, COL_FROM, COL_REV, COL_TO, COL_TO_REV, COL_REV_TO, COL_GEOM, COL_FIELDS };

static void put_select(gt_text *sql, const gt_scan *s, const gt_standard *standard, bool history)
{
    bool geom = s->geometry && (!s->query.no_geometry || s->query.has_box);
    gt_text_puts(sql, "SELECT t.fid, t.gt_id, t.gt_valid_from, t.gt_rev");
    gt_text_puts(sql, history ? ", t.gt_valid_to, t.gt_valid_to_rev, t.gt_rev_to"
                              : ", NULL, NULL, NULL");
    gt_text_puts(sql, geom ? ", t.geom" : ", NULL");
    gt_put_fields(sql, standard, "t.");
    gt_text_printf(sql, " FROM \"%s%s\" t WHERE 1", s->layer, history ? "__history" : "");
}

/* The times: ?1 revision, ?2 date. */
static void put_times(gt_text *sql, const gt_query *q, bool history)
{
    if (q->as_of_rev != 0) {
        gt_text_puts(sql, " AND t.gt_rev <= ?1");
    }
    if (history) {
        gt_text_puts(sql, " AND (t.gt_rev_to IS NULL OR t.gt_rev_to > ?1)");
        gt_text_puts(sql, q->as_of_date == GT_DATE_NONE
                              ? " AND (t.gt_valid_to_rev IS NULL OR t.gt_valid_to_rev > ?1)"
                              : " AND (t.gt_valid_to_rev IS NULL OR t.gt_valid_to_rev > ?1 OR"
                                " t.gt_valid_to > ?2)");
    }
    if (q->as_of_date != GT_DATE_NONE) {
        gt_text_puts(sql, " AND (t.gt_valid_from IS NULL OR t.gt_valid_from <= ?2)");
    }
}

/* Of the history only what may count at that time is looked at: rows whose valid time ends after
 * ?2, rows ended or superseded after ?1; each has an index. A row of the history is ended or
 * superseded, so no other can count. */
static void put_candidates(gt_text *sql, const gt_scan *s)
{
    const char *id = s->layer;
    gt_text_printf(sql,
                   " AND t.fid IN (SELECT fid FROM \"%s__history\" WHERE gt_valid_to_rev > ?1"
                   " UNION SELECT fid FROM \"%s__history\" WHERE gt_rev_to > ?1",
                   id, id);
    if (s->query.as_of_date != GT_DATE_NONE) {
        gt_text_printf(sql,
                       " UNION SELECT fid FROM \"%s__history\" WHERE gt_rev_to IS NULL AND"
                       " gt_valid_to > ?2",
                       id);
    }
    gt_text_putc(sql, ')');
}

/* Rows that revisions after ?8 wrote lie in one range of fids from ?9 on; rows they ended are found
 * by the partial indexes of the history. */
static void put_changed(gt_text *sql, const gt_scan *s, bool history)
{
    if (!history) {
        gt_text_puts(sql, " AND t.fid >= ?9 AND t.gt_rev > ?8");
        return;
    }
    gt_text_printf(sql,
                   " AND t.fid IN (SELECT fid FROM \"%s__history\" WHERE fid >= ?9 AND gt_rev > ?8"
                   " UNION SELECT fid FROM \"%s__history\" WHERE gt_valid_to_rev > ?8"
                   " UNION SELECT fid FROM \"%s__history\" WHERE gt_rev_to > ?8)",
                   s->layer, s->layer, s->layer);
}

/* whole: nothing is added from the history. ?3 id or the start of ids, which end before ?10; ?4-?7
 * box; ?11 the row before */
static void put_where(gt_text *sql, const gt_scan *s, bool history, bool whole)
{
    const gt_query *q = &s->query;
    if (q->id != NULL) {
        gt_text_puts(sql, " AND t.gt_id = ?3");
    } else if (q->id_prefix != NULL) {
        gt_text_puts(sql, " AND t.gt_id >= ?3 AND t.gt_id < ?10");
    }
    if (q->after_row > 0) {
        gt_text_puts(sql, " AND t.fid > ?11");
    }
    if (q->changed_since > 0) {
        put_changed(sql, s, history);
    } else if (!q->all_versions) {
        put_times(sql, q, history);
        if (history && q->id == NULL && q->id_prefix == NULL) {
            put_candidates(sql, s);
        }
    }
    if (q->has_box && !history) {
        gt_text_printf(sql,
                       " AND t.fid IN (SELECT id FROM \"rtree_%s_geom\" WHERE maxx >= ?4 AND"
                       " maxy >= ?5 AND minx <= ?6 AND miny <= ?7",
                       s->layer);
        if (q->first > 0 && whole) {
            gt_text_printf(sql, " AND id > ?11 ORDER BY id LIMIT %lld", (long long)q->first);
        }
        gt_text_putc(sql, ')');
    }
}

static gt_status prepare(gt_ctx *ctx, gt_scan *s, const gt_standard *standard, bool history)
{
    const gt_query *q = &s->query;
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    put_select(&sql, s, standard, false);
    put_where(&sql, s, false, !history);
    if (history) {
        gt_text_puts(&sql, " UNION ALL ");
        put_select(&sql, s, standard, true);
        put_where(&sql, s, true, false);
    }
    gt_text_puts(&sql, " ORDER BY 1");
    gt_status st = gt_db_prepare_text(ctx, s->store->reader, &sql, &s->stmt);
    gt_text_free(&sql);
    if (st != GT_OK) {
        return st;
    }
    (void)sqlite3_bind_int64(s->stmt, 1, s->revision);
    gt_db_bind_date(s->stmt, 2, q->as_of_date);
    if (q->id != NULL) {
        (void)sqlite3_bind_text(s->stmt, 3, q->id, -1, SQLITE_TRANSIENT);
    } else if (q->id_prefix != NULL) {
        gt_text end; /* no id goes beyond the last code point */
        gt_text_init(&end, ctx, 0);
        gt_text_printf(&end, "%s\xF4\x8F\xBF\xBF", q->id_prefix);
        st = gt_text_status(&end);
        (void)sqlite3_bind_text(s->stmt, 3, q->id_prefix, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_text(s->stmt, 10, gt_text_cstr(&end), -1, SQLITE_TRANSIENT);
        gt_text_free(&end);
    }
    const double sides[4] = {q->box.xmin, q->box.ymin, q->box.xmax, q->box.ymax};
    for (int i = 0; q->has_box && i < 4; i++) {
        (void)sqlite3_bind_double(s->stmt, 4 + i, sides[i]);
    }
    (void)sqlite3_bind_int64(s->stmt, 8, q->changed_since);
    (void)sqlite3_bind_int64(s->stmt, 9, s->first_fid);
    (void)sqlite3_bind_int64(s->stmt, 11, q->after_row);
    return st;
}

/* First row id that revisions after `since` wrote in the layer; INT64_MAX when they wrote none. */
static gt_status find_first(gt_ctx *ctx, gt_scan *s, const gt_layer_rec *rec)
{
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql,
                   "SELECT min(first_fid) FROM gt_revision_layer WHERE layer = %lld AND rev > %lld"
                   " AND n_put > 0",
                   (long long)rec->number, (long long)s->query.changed_since);
    gt_status st = gt_text_status(&sql);
    st = st == GT_OK
             ? gt_db_int(ctx, s->store->reader, gt_text_cstr(&sql), INT64_MAX, &s->first_fid)
             : st;
    gt_text_free(&sql);
    return st;
}

/* ---- stepping -------------------------------------------------------------------------------- */

static gt_status read_blob(gt_ctx *ctx, const gt_scan *s, gt_feature *f)
{
    gt_blob_info info;
    f->box = GT_BOX_EMPTY;
    f->blob = sqlite3_column_blob(s->stmt, COL_GEOM);
    f->blob_len = (size_t)sqlite3_column_bytes(s->stmt, COL_GEOM);
    if (f->blob == NULL) {
        return GT_OK;
    }
    const char *reason = gt_blob_look(f->blob, f->blob_len, &info);
    if (reason != NULL) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_BLOB,
                       GT_PLACE(.file = s->store->path, .layer = s->layer,
                                .feature = (const char *)sqlite3_column_text(s->stmt, COL_ID)),
                       GT_ARGS(GT_TEXT("reason", reason)));
    }
    if (!gt_box_is_empty(info.box)) {
        f->box = info.box;
    }
    return GT_OK;
}

static void read_attributes(gt_scan *s, gt_feature *f)
{
    f->row = sqlite3_column_int64(s->stmt, COL_FID);
    f->id = (const char *)sqlite3_column_text(s->stmt, COL_ID);
    f->id = f->id == NULL ? "" : f->id; /* rows made outside a revision have none */
    f->valid_from = gt_db_column_date(s->stmt, COL_FROM);
    f->valid_to = GT_DATE_NONE;
    f->rev_from = sqlite3_column_int64(s->stmt, COL_REV);
    if (sqlite3_column_type(s->stmt, COL_TO_REV) != SQLITE_NULL &&
        sqlite3_column_int64(s->stmt, COL_TO_REV) <= s->revision) {
        f->valid_to = gt_db_column_date(s->stmt, COL_TO);
    }
    if (s->query.all_versions) {
        f->rev_to = sqlite3_column_int64(s->stmt, COL_REV_TO);
        f->valid_to_rev = sqlite3_column_int64(s->stmt, COL_TO_REV);
    }
    f->values = s->values;
    f->n_values = s->n_fields;
    for (size_t i = 0; i < s->n_fields; i++) {
        gt_column_value(s->stmt, COL_FIELDS + (int)i, &s->values[i]);
    }
    if (s->query.no_geometry) {
        f->blob = NULL;
        f->blob_len = 0;
    }
}

gt_status gt_scan_next(gt_ctx *ctx, gt_scan *s, gt_feature *feature, bool *more)
{
    gt_status st = gt_check_cancel(ctx);
    bool row = false;
    *more = false;
    while (st == GT_OK && !s->ended) {
        st = gt_db_step(ctx, s->stmt, &row);
        s->ended = st != GT_OK || !row;
        if (s->ended) {
            break;
        }
        memset(feature, 0, sizeof *feature);
        st = read_blob(ctx, s, feature);
        /* the R-tree is rounded outward and the history has none: the exact test is here */
        if (st == GT_OK && (!s->query.has_box || (!gt_box_is_empty(feature->box) &&
                                                  gt_box_meets(feature->box, s->query.box)))) {
            read_attributes(s, feature);
            *more = true;
            break;
        }
    }
    return st;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* The present table alone answers "now": nothing in the history is in force. */
static bool needs_history(const gt_scan *s, const gt_layer_rec *rec)
{
    const gt_query *q = &s->query;
    bool now = q->as_of_rev == 0 && q->as_of_date == GT_DATE_NONE && !q->all_versions;
    return !now && rec->n_history > 0;
}

gt_status gt_scan_open(gt_ctx *ctx, gt_store *store, const gt_query *query, gt_scan **out)
{
    *out = NULL;
    gt_status st = GT_OK;
    const gt_layer_rec *rec = gt_registry_find(&store->registry, query->layer);
    if (rec == NULL) {
        st = gt_registry_missing(ctx, &store->registry, query->layer);
        gt_fail_at(ctx, GT_PLACE(.file = store->path));
        return st;
    }
    if (query->as_of_rev < 0 || query->as_of_rev > store->registry.revision) {
        return gt_fail(
            ctx, GT_E_NOT_FOUND, &GT_MSG_STORE_NO_REVISION, GT_PLACE(.file = store->path),
            GT_ARGS(GT_INT("id", query->as_of_rev), GT_INT("newest", store->registry.revision)));
    }
    gt_scan *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    s->store = store;
    s->query = *query;
    s->n_fields = rec->standard.n_fields;
    s->geometry = rec->column_type != GT_GEOM_NONE;
    s->query.has_box = query->has_box && s->geometry;
    s->query.all_versions = query->all_versions || query->changed_since > 0;
    s->revision = query->as_of_rev == 0 || s->query.all_versions ? INT64_MAX : query->as_of_rev;
    s->layer = gt_strdup(ctx, rec->standard.id);
    s->values = gt_alloc(ctx, s->n_fields + 1, sizeof *s->values);
    st = s->layer == NULL || s->values == NULL ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK && query->changed_since > 0 ? find_first(ctx, s, rec) : st;
    st = st == GT_OK ? prepare(ctx, s, &rec->standard, needs_history(s, rec)) : st;
    s->query.layer = s->query.id = NULL; /* the caller's texts; bound already */
    if (st != GT_OK) {
        gt_scan_close(s);
        return st;
    }
    *out = s;
    return GT_OK;
}

void gt_scan_close(gt_scan *s)
{
    if (s == NULL) {
        return;
    }
    gt_ctx *ctx = s->store->ctx;
    (void)sqlite3_finalize(s->stmt);
    gt_free(ctx, s->values);
    gt_free(ctx, s->layer);
    gt_free(ctx, s);
}
