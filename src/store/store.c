/* The workspace folder: create, open, close, settings, the revision log. */
#include "guotu/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"
#include "store/messages.h"

void gt_store_options_init(gt_store_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static gt_store_options read_options(const gt_store_options *given)
{
    gt_store_options o;
    gt_store_options_init(&o);
    if (given != NULL) {
        memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
        o.size = sizeof o;
    }
    o.title.zh = o.title.zh == NULL ? "" : o.title.zh;
    o.title.en = o.title.en == NULL ? "" : o.title.en;
    return o;
}

/* ---- paths ----------------------------------------------------------------------------------- */

static gt_status join(gt_ctx *ctx, const char *dir, const char *name, char **out)
{
    gt_text path;
    gt_text_init(&path, ctx, 0);
    gt_text_printf(&path, "%s/%s", dir, name);
    gt_status st = gt_text_status(&path);
    if (st == GT_OK) {
        *out = gt_strdup(ctx, gt_text_cstr(&path));
        st = *out == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&path);
    return st;
}

static gt_status new_store(gt_ctx *ctx, const char *dir, bool read_only, gt_store **out)
{
    gt_store *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    s->ctx = ctx;
    s->read_only = read_only;
    gt_text_init(&s->texts, ctx, 0);
    s->dir = gt_strdup(ctx, dir);
    gt_status st = s->dir == NULL ? GT_E_MEMORY : join(ctx, dir, "onemap.gpkg", &s->path);
    st = st == GT_OK ? join(ctx, dir, "package", &s->package_dir) : st;
    st = st == GT_OK ? join(ctx, dir, "grids", &s->grid_dir) : st;
    st = st == GT_OK ? join(ctx, dir, "reports", &s->report_dir) : st;
    if (st != GT_OK) {
        gt_store_close(s);
        s = NULL;
    }
    *out = s;
    return st;
}

static gt_status make_dir(gt_ctx *ctx, const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? GT_OK
                                                     : gt_fail_errno(ctx, errno, "mkdir", path);
}

/* The folder and those above it. *kept: length of the part of the path that was there before. */
static gt_status make_dirs(gt_ctx *ctx, const char *path, size_t *kept)
{
    char *copy = gt_strdup(ctx, path);
    *kept = access(path, F_OK) == 0 ? strlen(path) : 0;
    gt_status st = copy == NULL ? GT_E_MEMORY : GT_OK;
    for (char *p = copy == NULL ? NULL : copy + 1; st == GT_OK && p != NULL && *p != '\0'; p++) {
        if (*p == '/') {
            *p = '\0';
            *kept = *kept < strlen(path) && access(copy, F_OK) == 0 ? strlen(copy) : *kept;
            st = make_dir(ctx, copy);
            *p = '/';
        }
    }
    st = st == GT_OK ? make_dir(ctx, copy) : st;
    gt_free(ctx, copy);
    return st;
}

/* ---- create ---------------------------------------------------------------------------------- */

static int32_t srs_id_of(const gt_crs *crs)
{
    int epsg = gt_crs_epsg(crs);
    return epsg > 0 ? epsg : GT_STORE_SRS_CUSTOM;
}

/* Writes the file under another name; whole or not at all. */
static gt_status write_map(gt_ctx *ctx, const char *path, const gt_store_options *o,
                           const gt_crs *crs)
{
    sqlite3 *db = NULL;
    gt_status st = gt_db_open(ctx, path, GT_DB_CREATE, &db);
    st = st == GT_OK ? gt_db_exec(ctx, db, "BEGIN") : st;
    st = st == GT_OK ? gt_schema_create(ctx, db, o, crs, srs_id_of(crs)) : st;
    st = st == GT_OK ? gt_db_exec(ctx, db, "COMMIT; PRAGMA journal_mode=WAL") : st;
    gt_db_close(db);
    return st;
}

/* Of two that create at once, one gets the conflict. */
static gt_status put_in_place(gt_ctx *ctx, const char *from, const char *to)
{
    int failed = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (failed != 0 && (errno == EINVAL || errno == ENOSYS)) { /* a file system without it */
        failed = link(from, to);
    }
    if (failed == 0) {
        return GT_OK;
    }
    if (errno == EEXIST) {
        return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_EXISTS, GT_PLACE(.file = to), GT_NO_ARGS);
    }
    return gt_fail_errno(ctx, errno, "rename", to);
}

/* A process killed while creating leaves its unfinished file behind; nobody else's is touched. */
static void remove_leftovers(const char *dir)
{
    static const char prefix[] = ".onemap-";
    DIR *d = opendir(dir);
    const struct dirent *entry = NULL;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) != 0) {
            continue;
        }
        long pid = strtol(entry->d_name + sizeof prefix - 1, NULL, 10);
        if (pid > 0 && (pid == (long)getpid() || (kill((pid_t)pid, 0) != 0 && errno == ESRCH))) {
            (void)unlinkat(dirfd(d), entry->d_name, 0);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
}

static gt_status create_file(gt_ctx *ctx, const gt_store *s, const gt_store_options *o)
{
    gt_crs *crs = NULL;
    char name[64];
    char *fresh = NULL;
    (void)snprintf(name, sizeof name, ".onemap-%ld.gpkg", (long)getpid());
    gt_status st = gt_crs_new(ctx, o->crs, &crs);
    st = st == GT_OK ? join(ctx, s->dir, name, &fresh) : st;
    if (st == GT_OK) {
        remove_leftovers(s->dir);
        st = write_map(ctx, fresh, o, crs);
        st = st == GT_OK ? put_in_place(ctx, fresh, s->path) : st;
        (void)unlink(fresh);
    }
    gt_free(ctx, fresh);
    gt_crs_free(ctx, crs);
    return st;
}

/* What the map needs, before a folder is made. */
static gt_status check_crs(gt_ctx *ctx, const char *text)
{
    gt_crs *crs = NULL;
    gt_plane *plane = NULL;
    gt_status st = gt_crs_new(ctx, text, &crs);
    st = st == GT_OK ? gt_plane_new(ctx, crs, &plane) : st;
    gt_plane_free(ctx, plane);
    gt_crs_free(ctx, crs);
    return st;
}

/* Folders and file; what a failure leaves behind is removed, what was there before stays. */
static gt_status make_all(gt_ctx *ctx, const gt_store *s, const gt_store_options *o)
{
    const char *const inner[] = {s->package_dir, s->grid_dir, s->report_dir};
    enum { INNER = sizeof inner / sizeof *inner };
    bool made[INNER] = {false};
    size_t kept = 0; /* length of the path that was there before */
    gt_status st = make_dirs(ctx, s->dir, &kept);
    for (size_t i = 0; st == GT_OK && i < INNER; i++) {
        made[i] = access(inner[i], F_OK) != 0;
        st = make_dir(ctx, inner[i]);
    }
    st = st == GT_OK ? create_file(ctx, s, o) : st;
    for (size_t i = 0; st != GT_OK && i < INNER; i++) {
        if (made[i]) {
            (void)rmdir(inner[i]); /* removes an empty folder only */
        }
    }
    char *path = st == GT_OK ? NULL : gt_strdup(ctx, s->dir);
    while (path != NULL && strlen(path) > kept && rmdir(path) == 0) {
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path) {
            break;
        }
        *slash = '\0';
    }
    gt_free(ctx, path);
    return st;
}

gt_status gt_store_create(gt_ctx *ctx, const char *dir, const gt_store_options *options,
                          gt_store **out)
{
    gt_store *s = NULL;
    gt_store_options o = read_options(options);
    *out = NULL;
    if (o.crs == NULL || *o.crs == '\0') {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_STORE_NO_CRS, GT_PLACE(.file = dir), GT_NO_ARGS);
    }
    gt_status st = new_store(ctx, dir, false, &s);
    if (st != GT_OK) {
        return st;
    }
    if (access(s->path, F_OK) == 0) {
        st = gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_EXISTS, GT_PLACE(.file = s->path),
                     GT_NO_ARGS);
    }
    st = st == GT_OK ? check_crs(ctx, o.crs) : st;
    if (st == GT_OK) {
        st = make_all(ctx, s, &o);
    }
    gt_store_close(s);
    o.read_only = false;
    return st == GT_OK ? gt_store_open(ctx, dir, &o, out) : st;
}

/* ---- open ------------------------------------------------------------------------------------ */

static gt_status meta(gt_ctx *ctx, gt_store *s, const char *key, char **out)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(ctx, s->reader, "SELECT value FROM gt_meta WHERE key = ?1", &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
        st = gt_db_step(ctx, stmt, &row);
    }
    if (st == GT_OK) {
        const char *text = row ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        *out = gt_strdup(ctx, text == NULL ? "" : text);
        st = *out == NULL ? GT_E_MEMORY : GT_OK;
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

static gt_status check_format(gt_ctx *ctx, const gt_store *s)
{
    int64_t ours = 0, format = 0;
    gt_status st = gt_db_int(ctx, s->reader,
                             "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN"
                             " ('gt_meta', 'gt_layer', 'gt_revision', 'gpkg_contents')",
                             0, &ours);
    if (st == GT_OK && ours != 4) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_FOREIGN, GT_PLACE(.file = s->path),
                       GT_NO_ARGS);
    }
    st = st == GT_OK ? gt_db_int(ctx, s->reader,
                                 "SELECT CAST(value AS INTEGER) FROM gt_meta WHERE key = 'format'",
                                 0, &format)
                     : st;
    if (st == GT_OK && format < 1) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_FOREIGN, GT_PLACE(.file = s->path),
                       GT_NO_ARGS);
    }
    if (st == GT_OK && format > GT_STORE_FORMAT) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_NEWER, GT_PLACE(.file = s->path),
                       GT_ARGS(GT_INT("format", format), GT_INT("known", GT_STORE_FORMAT)));
    }
    return st;
}

static gt_status load(gt_ctx *ctx, gt_store *s)
{
    char *crs = NULL;
    gt_status st = check_format(ctx, s);
    st = st == GT_OK ? meta(ctx, s, "crs", &crs) : st;
    st = st == GT_OK ? meta(ctx, s, "title_zh", &s->title_zh) : st;
    st = st == GT_OK ? meta(ctx, s, "title_en", &s->title_en) : st;
    st = st == GT_OK ? gt_crs_new(ctx, crs, &s->crs) : st;
    st = st == GT_OK ? gt_plane_new(ctx, s->crs, &s->plane) : st;
    st = st == GT_OK ? gt_db_int(ctx, s->reader, "PRAGMA data_version", 0, &s->data_version) : st;
    st = st == GT_OK ? gt_registry_load(ctx, s->reader, &s->registry) : st;
    if (st == GT_OK) {
        s->srs_id = srs_id_of(s->crs);
    }
    gt_free(ctx, crs);
    return st;
}

gt_status gt_store_open(gt_ctx *ctx, const char *dir, const gt_store_options *options,
                        gt_store **out)
{
    gt_store *s = NULL;
    gt_store_options o = read_options(options);
    *out = NULL;
    if (sodium_init() < 0) { /* picks the fastest BLAKE2b of this machine; idempotent */
        return gt_fail_errno(ctx, ENOSYS, "sodium_init", NULL);
    }
    gt_status st = new_store(ctx, dir, o.read_only, &s);
    if (st != GT_OK) {
        return st;
    }
    if (access(s->path, F_OK) != 0) {
        st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_STORE_NO_WORKSPACE, GT_PLACE(.file = dir),
                     GT_NO_ARGS);
    }
    st = st == GT_OK ? gt_db_open(ctx, s->path, GT_DB_READ, &s->reader) : st;
    st = st == GT_OK ? load(ctx, s) : st;
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = s->path));
        gt_store_close(s);
        return st;
    }
    *out = s;
    return GT_OK;
}

void gt_store_close(gt_store *s)
{
    if (s == NULL) {
        return;
    }
    gt_ctx *ctx = s->ctx;
    gt_commit_abort(s->commit);
    gt_db_close(s->reader);
    gt_db_close(s->writer);
    gt_registry_free(&s->registry);
    gt_registry_free(&s->retired);
    gt_plane_free(ctx, s->plane);
    gt_crs_free(ctx, s->crs);
    gt_text_free(&s->texts);
    gt_free(ctx, s->title_zh);
    gt_free(ctx, s->title_en);
    gt_free(ctx, s->report_dir);
    gt_free(ctx, s->grid_dir);
    gt_free(ctx, s->package_dir);
    gt_free(ctx, s->path);
    gt_free(ctx, s->dir);
    gt_free(ctx, s);
}

void gt_store_take_registry(gt_store *s, gt_registry *fresh)
{
    gt_registry_free(&s->retired);
    s->retired = s->registry;
    s->registry = *fresh;
    memset(fresh, 0, sizeof *fresh);
}

gt_status gt_store_refresh(gt_ctx *ctx, gt_store *s, bool *changed)
{
    int64_t version = 0;
    gt_registry fresh = {0};
    if (s->commit != NULL) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_STORE_OPEN_COMMIT, GT_PLACE(.file = s->path),
                       GT_NO_ARGS);
    }
    gt_status st = gt_db_int(ctx, s->reader, "PRAGMA data_version", 0, &version);
    bool stale = st == GT_OK && version != s->data_version;
    st = stale ? gt_registry_load(ctx, s->reader, &fresh) : st;
    if (stale && st == GT_OK) {
        stale = fresh.revision != s->registry.revision;
        gt_store_take_registry(s, &fresh);
        s->data_version = version;
    }
    if (st == GT_OK && changed != NULL) {
        *changed = stale;
    }
    return st;
}

/* ---- what is known about it ------------------------------------------------------------------ */

sqlite3 *gt_store_reader(gt_store *store)
{
    return store->reader;
}

const char *gt_store_dir(const gt_store *store)
{
    return store->dir;
}

const gt_crs *gt_store_crs(const gt_store *store)
{
    return store->crs;
}

const gt_plane *gt_store_plane(const gt_store *store)
{
    return store->plane;
}

int64_t gt_store_revision(const gt_store *store)
{
    return store->registry.revision;
}

gt_title gt_store_title(const gt_store *store)
{
    return (gt_title){.zh = store->title_zh, .en = store->title_en};
}

int32_t gt_store_srs_id(const gt_store *store)
{
    return store->srs_id;
}

const char *gt_store_package_dir(const gt_store *store)
{
    return store->package_dir;
}

const char *gt_store_grid_dir(const gt_store *store)
{
    return store->grid_dir;
}

const char *gt_store_report_dir(const gt_store *store)
{
    return store->report_dir;
}

static void put_info(const gt_layer_rec *rec, gt_layer_info *out)
{
    *out = (gt_layer_info){.standard = &rec->standard,
                           .origin = rec->origin,
                           .n_features = rec->n_features,
                           .area_m2 = rec->area + rec->area_low,
                           .box = rec->box,
                           .valid_from = rec->valid_from,
                           .revision = rec->revision};
}

size_t gt_store_n_layers(const gt_store *store)
{
    return store->registry.n_layers;
}

gt_status gt_store_layer(gt_ctx *ctx, gt_store *store, size_t i, gt_layer_info *out)
{
    if (i >= store->registry.n_layers) {
        return gt_registry_missing(ctx, &store->registry, NULL);
    }
    put_info(&store->registry.layers[i], out);
    return GT_OK;
}

gt_status gt_store_find_layer(gt_ctx *ctx, gt_store *store, const char *id, gt_layer_info *out)
{
    const gt_layer_rec *rec = gt_registry_find(&store->registry, id);
    if (rec == NULL) {
        return gt_registry_missing(ctx, &store->registry, id);
    }
    put_info(rec, out);
    return GT_OK;
}

gt_status gt_store_setting_get(gt_ctx *ctx, gt_store *store, const char *key, int64_t as_of_rev,
                               char **value)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(
        ctx, store->reader,
        "SELECT value FROM gt_setting WHERE key = ?1 AND rev <= ?2 ORDER BY rev DESC LIMIT 1",
        &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(stmt, 2, as_of_rev == 0 ? store->registry.revision : as_of_rev);
        st = gt_db_step(ctx, stmt, &row);
    }
    if (st == GT_OK) {
        const char *text = row ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        *value = NULL;
        if (text != NULL) {
            *value = gt_strdup(ctx, text);
            st = *value == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    (void)sqlite3_finalize(stmt);
    return st;
}
