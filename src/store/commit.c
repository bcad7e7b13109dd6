/* Revisions: begin, declare, put, end, finish. The transaction is SQLite's; a crash leaves the last
 * finished revision. Lock order: the write lock of the file is taken at begin and held to the end.
 */
#include <stdlib.h>
#include <string.h>

#include "store/commit.h"
#include "store/messages.h"

/* ---- life ------------------------------------------------------------------------------------ */

static void commit_free(gt_commit *c)
{
    gt_ctx *ctx = c->store->ctx;
    for (size_t i = 0; i < c->n_layers; i++) {
        gt_work_free(ctx, c->layers[i]);
    }
    c->store->commit = NULL;
    gt_free(ctx, c->layers);
    gt_free(ctx, c->author);
    gt_free(ctx, c->message);
    gt_free(ctx, c->reason);
    gt_free(ctx, c->scratch.data);
    gt_free(ctx, c->blob);
    gt_free(ctx, c->values);
    gt_geom_free(ctx, &c->geom);
    gt_arena_free(c->arena);
    gt_free(ctx, c);
}

static void roll_back(gt_commit *c)
{
    /* statements first: an open one would keep the transaction */
    for (size_t i = 0; i < c->n_layers; i++) {
        gt_work_free(c->store->ctx, c->layers[i]);
    }
    c->n_layers = 0;
    if (sqlite3_get_autocommit(c->db) == 0) {
        gt_db_watch_cancel(c->db, NULL); /* a cancel must not stop the rollback */
        (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    }
    gt_db_watch_cancel(c->db, c->store->ctx);
}

void gt_commit_abort(gt_commit *commit)
{
    if (commit != NULL) {
        roll_back(commit);
        commit_free(commit);
    }
}

static gt_status check_info(gt_ctx *ctx, const gt_store *store, const gt_commit_info *info)
{
    const char *missing = NULL;
    const char *const texts[] = {info->author, info->message, info->reason};
    if (info->author == NULL || *info->author == '\0') {
        missing = "author";
    } else if (info->message == NULL || *info->message == '\0') {
        missing = "message";
    }
    if (missing != NULL) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_STORE_NEEDS_TEXT, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", missing)));
    }
    for (size_t i = 0; i < 3; i++) {
        size_t bad = 0;
        if (texts[i] != NULL && !gt_utf8_valid(texts[i], strlen(texts[i]), &bad)) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_UTF8, GT_NOWHERE,
                           GT_ARGS(GT_INT("at", bad + 1)));
        }
    }
    if (store->commit != NULL) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_STORE_OPEN_COMMIT, GT_PLACE(.file = store->path),
                       GT_NO_ARGS);
    }
    if (store->read_only) {
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_STORE_READ_ONLY, GT_PLACE(.file = store->path),
                       GT_ARGS(GT_TEXT("reason", "opened for reading")));
    }
    return GT_OK;
}

/* Takes the write lock, and brings the registry up to date under it. */
static gt_status lock(gt_ctx *ctx, gt_store *store, const gt_commit_info *info)
{
    int64_t newest = 0;
    gt_status st =
        store->writer == NULL ? gt_db_open(ctx, store->path, GT_DB_WRITE, &store->writer) : GT_OK;
    st = st == GT_OK ? gt_db_exec(ctx, store->writer, "BEGIN IMMEDIATE") : st;
    st = st == GT_OK ? gt_db_int(ctx, store->writer, "SELECT max(id) FROM gt_revision", 0, &newest)
                     : st;
    if (st == GT_OK && newest != store->registry.revision) {
        gt_registry fresh;
        st = gt_registry_load(ctx, store->writer, &fresh);
        if (st == GT_OK) {
            gt_store_take_registry(store, &fresh);
        }
    }
    if (st == GT_OK && info->expect_revision >= 0 && info->expect_revision != newest) {
        st = gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_STALE, GT_PLACE(.file = store->path),
                     GT_ARGS(GT_INT("newest", newest), GT_INT("expected", info->expect_revision)));
    }
    return st;
}

gt_status gt_commit_begin(gt_ctx *ctx, gt_store *store, const gt_commit_info *info, gt_commit **out)
{
    *out = NULL;
    gt_status st = check_info(ctx, store, info);
    if (st != GT_OK) {
        return st;
    }
    gt_commit *c = gt_zalloc(ctx, 1, sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    c->store = store;
    gt_geom_init(&c->geom);
    c->author = gt_strdup(ctx, info->author);
    c->message = gt_strdup(ctx, info->message);
    c->reason = gt_strdup(ctx, info->reason == NULL ? "" : info->reason);
    st = c->author == NULL || c->message == NULL || c->reason == NULL
             ? GT_E_MEMORY
             : gt_arena_new(ctx, 0, &c->arena);
    st = st == GT_OK ? lock(ctx, store, info) : st;
    c->db = store->writer;
    if (st != GT_OK) {
        if (c->db != NULL) {
            roll_back(c);
        }
        commit_free(c);
        return st;
    }
    c->revision = store->registry.revision + 1;
    c->time_ms = gt_time_now();
    for (size_t i = 0; i < store->registry.n_layers; i++) {
        int64_t number = store->registry.layers[i].number;
        c->next_number = number >= c->next_number ? number + 1 : c->next_number;
    }
    store->commit = c;
    *out = c;
    return GT_OK;
}

/* ---- declaring ------------------------------------------------------------------------------- */

static gt_status check_standard(gt_ctx *ctx, const gt_standard *s)
{
    if (!gt_layer_id_ok(s->id)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_LAYER_ID, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", s->id == NULL ? "" : s->id)));
    }
    if (s->n_fields > GT_STORE_MAX_FIELDS) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_STORE_MANY_FIELDS, GT_PLACE(.layer = s->id),
                       GT_ARGS(GT_INT("max", GT_STORE_MAX_FIELDS), GT_INT("n", s->n_fields)));
    }
    for (size_t i = 0; i < s->n_fields; i++) {
        const char *name = s->fields[i].name;
        bool ok = gt_field_name_ok(name) && s->fields[i].type >= GT_FIELD_TEXT &&
                  s->fields[i].type <= GT_FIELD_DATE;
        for (size_t j = 0; ok && j < i; j++) {
            ok = strcmp(s->fields[j].name, name) != 0;
        }
        if (!ok) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_FIELD_NAME, GT_PLACE(.layer = s->id),
                           GT_ARGS(GT_TEXT("name", name == NULL ? "" : name)));
        }
    }
    return GT_OK;
}

static gt_status schema_conflict(gt_ctx *ctx, const char *layer, const char *field,
                                 const char *what)
{
    return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_SCHEMA,
                   GT_PLACE(.layer = layer, .field = field), GT_ARGS(GT_TEXT("what", what)));
}

static int find_field(const gt_standard *s, const char *name)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        if (strcmp(s->fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* Column numbers of the given standard: those of stored fields, new ones for added fields. */
static gt_status map_columns(gt_ctx *ctx, const gt_layer_rec *old, const gt_standard *given,
                             int *columns, int *n_columns)
{
    const char *id = given->id;
    if (old != NULL && old->column_type != gt_column_type(given->geom_type)) {
        return schema_conflict(ctx, id, NULL, gt_geom_type_name(old->column_type));
    }
    for (size_t i = 0; old != NULL && i < old->standard.n_fields; i++) {
        const gt_field *was = &old->standard.fields[i];
        int at = find_field(given, was->name);
        if (at < 0 || given->fields[at].type != was->type) {
            return schema_conflict(ctx, id, was->name, at < 0 ? "missing" : "type");
        }
    }
    *n_columns = old == NULL ? 0 : old->n_columns;
    for (size_t i = 0; i < given->n_fields; i++) {
        int at = old == NULL ? -1 : find_field(&old->standard, given->fields[i].name);
        if (at >= 0) {
            columns[i] = old->columns[at];
        } else if (old != NULL && given->fields[i].required) {
            return schema_conflict(ctx, id, given->fields[i].name, "required");
        } else {
            columns[i] = (*n_columns)++;
        }
    }
    return GT_OK;
}

static gt_status store_definition(gt_ctx *ctx, gt_commit *c, const gt_layer_rec *rec)
{
    sqlite3_stmt *stmt = NULL;
    gt_status st =
        gt_db_prepare(ctx, c->db, "INSERT OR REPLACE INTO gt_layer_def VALUES(?1,?2,?3)", &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(stmt, 1, rec->number);
        (void)sqlite3_bind_int64(stmt, 2, c->revision);
        (void)sqlite3_bind_text(stmt, 3, rec->definition, -1, SQLITE_STATIC);
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

/* Tables, columns and texts of a definition that is new or changed. */
static gt_status apply_definition(gt_ctx *ctx, gt_commit *c, gt_layer_work *work,
                                  const gt_standard *given, const char *json)
{
    gt_layer_rec now = work->rec;
    gt_status st = gt_standard_from_json(ctx, c->arena, json, &now);
    if (st != GT_OK) {
        return st;
    }
    c->broken = true; /* until all of it is done */
    st = work->is_new ? gt_schema_add_layer(ctx, c->db, &now, c->store->srs_id)
         : now.n_columns > work->rec.n_columns
             ? gt_schema_add_fields(ctx, c->db, &now, work->rec.n_columns)
             : GT_OK;
    st = st == GT_OK ? store_definition(ctx, c, &now) : st;
    st = st == GT_OK ? gt_schema_describe(ctx, c->db, &now, given) : st;
    if (st == GT_OK) {
        work->rec = now;
        work->defined = true;
        work->is_new = false;
        c->broken = false;
    }
    return st;
}

static gt_status open_for_definition(gt_ctx *ctx, gt_commit *c, const char *id, gt_layer_work **out,
                                     bool *exists)
{
    for (size_t i = 0; i < c->n_layers; i++) {
        if (strcmp(c->layers[i]->rec.standard.id, id) == 0) {
            *out = c->layers[i];
            *exists = true;
            return GT_OK;
        }
    }
    *exists = gt_registry_find(&c->store->registry, id) != NULL;
    if (*exists) {
        return gt_work_find(ctx, c, id, out);
    }
    char *name = gt_arena_strdup(c->arena, id);
    gt_status st = name == NULL ? GT_E_MEMORY : gt_work_add(ctx, c, out);
    if (st == GT_OK) {
        gt_layer_rec *rec = &(*out)->rec;
        rec->number = c->next_number++;
        rec->standard.id = name;
        rec->box = GT_BOX_EMPTY;
        rec->valid_from = GT_DATE_NONE;
        rec->next_fid = 1;
        rec->definition = "";
        (*out)->is_new = true;
    }
    return st;
}

gt_status gt_commit_define_layer(gt_ctx *ctx, gt_commit *c, const gt_standard *given,
                                 gt_origin origin)
{
    gt_layer_work *work = NULL;
    bool exists = false;
    int n_columns = 0, *columns = NULL;
    gt_text json;
    gt_text_init(&json, ctx, 0);
    gt_status st = gt_commit_check(ctx, c);
    st = st == GT_OK ? check_standard(ctx, given) : st;
    st = st == GT_OK ? open_for_definition(ctx, c, given->id, &work, &exists) : st;
    if (st != GT_OK) {
        goto done;
    }
    columns = gt_alloc(ctx, given->n_fields + 1, sizeof *columns);
    st = columns == NULL ? GT_E_MEMORY
                         : map_columns(ctx, exists ? &work->rec : NULL, given, columns, &n_columns);
    if (st != GT_OK) {
        goto done;
    }
    gt_standard_to_json(given, origin, columns, n_columns, &json);
    st = gt_text_status(&json);
    if (st != GT_OK || strcmp(gt_text_cstr(&json), work->rec.definition) == 0) {
        goto done;
    }
    if (work->insert != NULL) {
        st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_STORE_DEFINE_LATE, GT_PLACE(.layer = given->id),
                     GT_NO_ARGS);
        goto done;
    }
    st = apply_definition(ctx, c, work, given, gt_text_cstr(&json));
done:
    if (st != GT_OK && work != NULL && work->is_new) {
        c->broken = true; /* a layer without tables is left behind */
    }
    gt_free(ctx, columns);
    gt_text_free(&json);
    return st;
}

gt_status gt_commit_setting_set(gt_ctx *ctx, gt_commit *c, const char *key, const char *value)
{
    enum { MAX_KEY = 100 };
    size_t n = key == NULL ? 0 : strlen(key), bad = 0;
    gt_status st = gt_commit_check(ctx, c);
    if (st != GT_OK) {
        return st;
    }
    if (n == 0 || n > MAX_KEY || !gt_utf8_valid(key, n, NULL)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_SETTING_KEY, GT_NOWHERE, GT_NO_ARGS);
    }
    if (value != NULL && !gt_utf8_valid(value, strlen(value), &bad)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_UTF8, GT_PLACE(.field = key),
                       GT_ARGS(GT_INT("at", bad + 1)));
    }
    sqlite3_stmt *stmt = NULL;
    st = gt_db_prepare(ctx, c->db, "INSERT OR REPLACE INTO gt_setting VALUES(?1,?2,?3)", &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(stmt, 2, c->revision);
        (void)sqlite3_bind_text(stmt, 3, value, -1, SQLITE_STATIC);
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

/* ---- finishing ------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const gt_layer_work *const *x = a, *const *y = b;
    return (*x)->rec.number < (*y)->rec.number ? -1 : (*x)->rec.number > (*y)->rec.number;
}

static gt_status read_package(gt_ctx *ctx, gt_commit *c, const char **out)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(
        ctx, c->db, "SELECT value FROM gt_setting WHERE key = 'package' ORDER BY rev DESC LIMIT 1",
        &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    if (st == GT_OK) {
        const char *text = row ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        *out = gt_arena_strdup(c->arena, text == NULL ? "" : text);
        st = *out == NULL ? GT_E_MEMORY : GT_OK;
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

static gt_status insert_revision(gt_ctx *ctx, gt_commit *c, const gt_revision *r,
                                 const unsigned char *content, const unsigned char *hash)
{
    char time[GT_TIME_TEXT];
    sqlite3_stmt *stmt = NULL;
    gt_time_format(r->time_ms, time);
    gt_status st =
        gt_db_prepare(ctx, c->db,
                      "INSERT INTO gt_revision(id, time, author, message, reason, package,"
                      " n_put, n_deleted, min_x, min_y, max_x, max_y, time_ms,"
                      " content_hash, parent_hash, hash) VALUES"
                      "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)",
                      &stmt);
    if (st != GT_OK) {
        return st;
    }
    (void)sqlite3_bind_int64(stmt, 1, r->id);
    (void)sqlite3_bind_text(stmt, 2, time, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(stmt, 3, r->author, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(stmt, 4, r->message, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(stmt, 5, r->reason, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(stmt, 6, r->package, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(stmt, 7, r->n_put);
    (void)sqlite3_bind_int64(stmt, 8, r->n_deleted);
    gt_db_bind_box(stmt, 9, &r->dirty);
    (void)sqlite3_bind_int64(stmt, 13, r->time_ms);
    (void)sqlite3_bind_blob(stmt, 14, content, GT_HASH_BYTES, SQLITE_STATIC);
    (void)sqlite3_bind_blob(stmt, 15, c->store->registry.head, GT_HASH_BYTES, SQLITE_STATIC);
    (void)sqlite3_bind_blob(stmt, 16, hash, GT_HASH_BYTES, SQLITE_STATIC);
    st = gt_db_run(ctx, stmt);
    (void)sqlite3_finalize(stmt);
    return st;
}

static gt_status write_revision(gt_ctx *ctx, gt_commit *c)
{
    unsigned char content[GT_HASH_BYTES], hash[GT_HASH_BYTES];
    gt_revision r = {.id = c->revision,
                     .time_ms = c->time_ms,
                     .author = c->author,
                     .message = c->message,
                     .reason = c->reason,
                     .dirty = GT_BOX_EMPTY};
    for (size_t i = 0; i < c->n_layers; i++) {
        r.n_put += c->layers[i]->n_put;
        r.n_deleted += c->layers[i]->n_ended;
        gt_box_add(&r.dirty, c->layers[i]->dirty);
    }
    gt_status st = read_package(ctx, c, &r.package);
    st = st == GT_OK ? gt_digest_content(ctx, c->db, c->revision, content) : st;
    if (st == GT_OK) {
        gt_digest_revision(&r, c->store->registry.head, content, hash);
        st = insert_revision(ctx, c, &r, content, hash);
    }
    return st;
}

gt_status gt_commit_finish(gt_ctx *ctx, gt_commit *c, int64_t *revision)
{
    gt_store *store = c->store;
    gt_registry fresh = {0};
    gt_status st = gt_commit_check(ctx, c);
    if (c->n_layers > 1) {
        qsort(c->layers, c->n_layers, sizeof(gt_layer_work *), by_number);
    }
    for (size_t i = 0; st == GT_OK && i < c->n_layers; i++) {
        gt_layer_work *work = c->layers[i];
        /* looked up but neither written nor declared: not part of the revision */
        if (work->insert != NULL || work->defined) {
            st = gt_work_finish(ctx, c, work);
        }
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.layer = work->rec.standard.id));
        }
    }
    st = st == GT_OK ? write_revision(ctx, c) : st;
    st = st == GT_OK ? gt_check_cancel(ctx) : st;
    /* the new registry is read before the end, so that nothing can fail after it */
    st = st == GT_OK ? gt_registry_load(ctx, c->db, &fresh) : st;
    st = st == GT_OK ? gt_db_exec(ctx, c->db, "COMMIT") : st;
    if (st == GT_OK) {
        gt_store_take_registry(store, &fresh);
        if (revision != NULL) {
            *revision = c->revision;
        }
        commit_free(c);
    } else {
        gt_registry_free(&fresh);
        gt_commit_abort(c);
    }
    return st;
}
