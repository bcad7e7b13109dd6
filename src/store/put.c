/* Rows of a revision: put, replace, delete. */
#include <stdio.h>
#include <string.h>

#include "store/commit.h"
#include "store/messages.h"

gt_status gt_commit_check(gt_ctx *ctx, const gt_commit *commit)
{
    if (commit->broken) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_STORE_BROKEN, GT_NOWHERE, GT_NO_ARGS);
    }
    return gt_check_cancel(ctx);
}

static gt_status twice(gt_ctx *ctx, const gt_layer_work *work, const char *id)
{
    return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_TWICE,
                   GT_PLACE(.layer = work->rec.standard.id, .feature = id),
                   GT_ARGS(GT_TEXT("id", id)));
}

gt_status gt_commit_replace_layer(gt_ctx *ctx, gt_commit *commit, const char *layer,
                                  gt_date valid_from)
{
    gt_layer_work *work = NULL;
    gt_status st = gt_commit_check(ctx, commit);
    st = st == GT_OK ? gt_work_open(ctx, commit, layer, &work) : st;
    if (st != GT_OK) {
        return st;
    }
    if (work->n_put > 0 || work->n_ended > 0 || work->replace) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_STORE_REPLACED_LATE, GT_PLACE(.layer = layer),
                       GT_NO_ARGS);
    }
    if (!work->was_empty) {
        /* one bit for each row id up to now: 125 KB for a million revisions of rows */
        work->kept_to = work->first_fid;
        work->kept = gt_zalloc(ctx, (size_t)(work->kept_to - work->kept_from) / 8 + 1, 1);
        if (work->kept == NULL) {
            return GT_E_MEMORY;
        }
    }
    work->replace = true;
    work->replace_from = valid_from;
    if (valid_from != GT_DATE_NONE &&
        (work->rec.valid_from == GT_DATE_NONE || valid_from > work->rec.valid_from)) {
        work->rec.valid_from = valid_from;
    }
    return GT_OK;
}

/* ---- the version in force -------------------------------------------------------------------- */

/* Steps the find statement; the caller resets it. */
static gt_status find_old(gt_ctx *ctx, gt_layer_work *work, const char *id, size_t id_len,
                          gt_old_row *old, bool *found)
{
    (void)sqlite3_bind_text(work->find, 1, id, (int)id_len, SQLITE_STATIC);
    gt_status st = gt_db_step(ctx, work->find, found);
    if (st == GT_OK && *found) {
        gt_old_row_read(work->find, 5, old);
    }
    return st;
}

static bool same_value(sqlite3_stmt *stmt, int at, const gt_value *v)
{
    gt_value old;
    gt_column_value(stmt, at, &old);
    if (old.kind != v->kind) {
        return false;
    }
    switch (v->kind) {
    case GT_VAL_TEXT:
        return old.len == v->len && memcmp(old.text, v->text, v->len) == 0;
    case GT_VAL_INT:
        return old.integer == v->integer;
    case GT_VAL_REAL:
        return old.real == v->real;
    case GT_NULL:
        break;
    }
    return true;
}

/* Is the stored row, under the find statement, what is put? The area is left out: it follows from
 * the geometry. */
static bool same_content(const gt_commit *commit, const gt_layer_work *work,
                         const gt_checked *checked)
{
    sqlite3_stmt *stmt = work->find;
    const void *blob = sqlite3_column_blob(stmt, 5);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 5);
    if ((blob == NULL) != (checked->blob == NULL) || len != checked->blob_len ||
        (blob != NULL && memcmp(blob, checked->blob, len) != 0)) {
        return false;
    }
    for (size_t i = 0; i < work->rec.standard.n_fields; i++) {
        if (!same_value(stmt, 6 + (int)i, &commit->values[i])) {
            return false;
        }
    }
    return true;
}

static uint8_t *kept_byte(const gt_layer_work *work, int64_t fid, unsigned *mask)
{
    if (work->kept == NULL || fid < work->kept_from || fid >= work->kept_to) {
        return NULL;
    }
    size_t bit = (size_t)(fid - work->kept_from);
    *mask = 1U << (bit % 8);
    return &work->kept[bit / 8];
}

bool gt_work_is_kept(const gt_layer_work *work, int64_t fid)
{
    unsigned mask = 0;
    const uint8_t *byte = kept_byte(work, fid, &mask);
    return byte != NULL && (*byte & mask) != 0;
}

static gt_status ended_here(gt_ctx *ctx, const gt_commit *commit, gt_layer_work *work,
                            const char *id, size_t id_len, bool *yes)
{
    (void)sqlite3_bind_text(work->ended_here, 1, id, (int)id_len, SQLITE_STATIC);
    (void)sqlite3_bind_int64(work->ended_here, 2, commit->revision);
    gt_status st = gt_db_step(ctx, work->ended_here, yes);
    (void)sqlite3_reset(work->ended_here);
    return st;
}

/* Makes room for a new version of the feature. *keep: the stored one stays as it is. */
static gt_status meet_old(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work,
                          const gt_feature *feature, const gt_checked *checked, gt_date *valid_from,
                          bool *keep)
{
    gt_old_row old = {0};
    bool found = false, again = false, same = false;
    gt_status st = find_old(ctx, work, feature->id, checked->id_len, &old, &found);
    if (st == GT_OK && found && work->replace) {
        bool survey = work->replace_from != GT_DATE_NONE;
        same = (survey || feature->valid_from == GT_DATE_NONE ||
                feature->valid_from == old.valid_from) &&
               same_content(commit, work, checked);
    }
    (void)sqlite3_reset(work->find);
    if (st == GT_OK && !found && work->n_closed > 0) {
        st = ended_here(ctx, commit, work, feature->id, checked->id_len, &again);
    }
    if (st != GT_OK) {
        return st;
    }
    if (again || (found && (old.rev == commit->revision || gt_work_is_kept(work, old.fid)))) {
        return twice(ctx, work, feature->id);
    }
    if (!found) {
        return GT_OK;
    }
    if (same) {
        unsigned mask = 0;
        uint8_t *byte = kept_byte(work, old.fid, &mask);
        if (byte != NULL) {
            *byte = (uint8_t)(*byte | mask);
            *keep = true;
            return GT_OK;
        }
    }
    gt_date end = GT_DATE_NONE;
    st = gt_closing_date(ctx, work, feature->id, *valid_from, old.valid_from, &end);
    if (st == GT_OK) {
        *valid_from = *valid_from == GT_DATE_NONE ? old.valid_from : *valid_from;
        st = gt_work_close(ctx, commit, work, &old, end);
        commit->broken |= st != GT_OK;
    }
    return st;
}

/* ---- the new row ----------------------------------------------------------------------------- */

static void bind_value(sqlite3_stmt *stmt, int at, const gt_value *v)
{
    switch (v->kind) {
    case GT_VAL_TEXT:
        (void)sqlite3_bind_text(stmt, at, v->text, (int)v->len, SQLITE_STATIC);
        break;
    case GT_VAL_INT:
        (void)sqlite3_bind_int64(stmt, at, v->integer);
        break;
    case GT_VAL_REAL:
        (void)sqlite3_bind_double(stmt, at, v->real);
        break;
    case GT_NULL:
        (void)sqlite3_bind_null(stmt, at);
        break;
    }
}

static gt_status insert_row(gt_ctx *ctx, const gt_commit *commit, gt_layer_work *work,
                            const gt_row_view *row)
{
    sqlite3_stmt *stmt = work->insert;
    int at = 3;
    (void)sqlite3_bind_int64(stmt, 1, row->fid);
    (void)sqlite3_bind_text(stmt, 2, row->id, (int)row->id_len, SQLITE_STATIC);
    for (size_t i = 0; i < row->n_values; i++) {
        bind_value(stmt, at++, &row->values[i]);
    }
    gt_db_bind_date(stmt, at++, row->valid_from);
    (void)sqlite3_bind_int64(stmt, at++, commit->revision);
    (void)(row->has_area ? sqlite3_bind_double(stmt, at++, row->area)
                         : sqlite3_bind_null(stmt, at++));
    if (work->rec.column_type != GT_GEOM_NONE) {
        (void)(row->blob != NULL
                   ? sqlite3_bind_blob64(stmt, at, row->blob, row->blob_len, SQLITE_STATIC)
                   : sqlite3_bind_null(stmt, at));
    }
    int rc = sqlite3_step(stmt);
    gt_status st = rc == SQLITE_DONE ? GT_OK : gt_db_fail(ctx, commit->db);
    (void)sqlite3_reset(stmt);
    return st;
}

static gt_status note_digest(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work,
                             const gt_row_view *row)
{
    unsigned char digest[GT_HASH_BYTES];
    gt_status st = gt_digest_row(ctx, &commit->scratch, row, digest);
    if (st != GT_OK) {
        return st;
    }
    gt_hash_add(&work->put_hash, digest, sizeof digest);
    memcpy(work->digests + work->n_digests * GT_DIGEST_KEEP, digest, GT_DIGEST_KEEP);
    work->n_digests++;
    return work->n_digests == GT_DIGEST_CHUNK ? gt_work_flush_digests(ctx, commit, work) : GT_OK;
}

/* Figures, R-tree entry, dirty box. */
static gt_status note_row(gt_ctx *ctx, gt_commit *commit, gt_layer_work *work,
                          const gt_row_view *row, gt_box box)
{
    gt_layer_rec *rec = &work->rec;
    rec->next_fid++;
    rec->n_features++;
    work->n_put++;
    if (row->has_area) {
        gt_area_add(rec, row->area);
    }
    if (row->valid_from != GT_DATE_NONE &&
        (rec->valid_from == GT_DATE_NONE || row->valid_from > rec->valid_from)) {
        rec->valid_from = row->valid_from;
    }
    if (gt_box_is_empty(box)) {
        return GT_OK;
    }
    gt_box_add(&rec->box, box);
    gt_box_add(&work->dirty, box);
    return gt_work_index(ctx, commit, work, row->fid, box);
}

gt_status gt_commit_put(gt_ctx *ctx, gt_commit *commit, const char *layer,
                        const gt_feature *feature, double area_m2)
{
    gt_layer_work *work = NULL;
    gt_checked checked;
    char made_up[32];
    bool keep = false;
    gt_status st = gt_commit_check(ctx, commit);
    st = st == GT_OK ? gt_work_open(ctx, commit, layer, &work) : st;
    st = st == GT_OK ? gt_feature_check(ctx, commit, work, feature, area_m2, &checked) : st;
    if (st != GT_OK) {
        return st;
    }
    gt_date valid_from = feature->valid_from;
    if (valid_from == GT_DATE_NONE && work->replace) {
        valid_from = work->replace_from;
    }
    st = gt_work_go_bulk(ctx, commit, work);
    if (st == GT_OK && feature->id != NULL && !work->bulk) {
        st = meet_old(ctx, commit, work, feature, &checked, &valid_from, &keep);
    }
    if (st != GT_OK || keep) {
        return st;
    }
    gt_row_view row = {.fid = work->rec.next_fid,
                       .id = feature->id,
                       .id_len = checked.id_len,
                       .valid_from = valid_from,
                       .has_area = checked.has_area,
                       .area = checked.area,
                       .values = commit->values,
                       .n_values = work->rec.standard.n_fields,
                       .columns = work->rec.columns,
                       .by_column = work->rec.by_column,
                       .blob = checked.blob,
                       .blob_len = checked.blob_len};
    if (feature->id == NULL) {
        row.id_len = (size_t)snprintf(made_up, sizeof made_up, "#%lld", (long long)row.fid);
        row.id = made_up;
    }
    st = insert_row(ctx, commit, work, &row);
    st = st == GT_OK ? note_digest(ctx, commit, work, &row) : st;
    st = st == GT_OK ? note_row(ctx, commit, work, &row, checked.box) : st;
    commit->broken |= st != GT_OK;
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.layer = layer, .feature = feature->id));
    }
    return st;
}

gt_status gt_commit_delete(gt_ctx *ctx, gt_commit *commit, const char *layer, const char *id,
                           gt_date valid_to)
{
    gt_layer_work *work = NULL;
    gt_old_row old = {0};
    bool found = false;
    gt_date end = GT_DATE_NONE;
    gt_status st = gt_commit_check(ctx, commit);
    st = st == GT_OK ? gt_work_open(ctx, commit, layer, &work) : st;
    if (st == GT_OK && id != NULL) {
        st = find_old(ctx, work, id, strlen(id), &old, &found);
        (void)sqlite3_reset(work->find);
    }
    if (st != GT_OK) {
        return st;
    }
    if (!found) {
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_STORE_NO_FEATURE, GT_PLACE(.layer = layer),
                       GT_ARGS(GT_TEXT("id", id == NULL ? "" : id)));
    }
    if (old.rev == commit->revision || gt_work_is_kept(work, old.fid)) {
        return twice(ctx, work, id);
    }
    st = gt_closing_date(ctx, work, id, valid_to, old.valid_from, &end);
    if (st == GT_OK) {
        st = gt_work_close(ctx, commit, work, &old, end);
        commit->broken |= st != GT_OK;
        work->n_ended++;
    }
    return st;
}
