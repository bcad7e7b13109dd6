#include "store/db.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "guotu/date.h"
#include "store/blob.h"
#include "store/messages.h"

enum {
    BUSY_MS = 5000,         /* how long a writer waits for another one */
    PROGRESS_STEPS = 20000, /* virtual machine steps between two looks at the cancel flag */
    WAL_PAGES = 1000,       /* written back from here on: SQLite's own default */
    LONG_WAL_PAGES = 4096,  /* 64 MiB of 16 KiB pages: journal_size_limit */
};

static int on_progress(void *user)
{
    gt_ctx *ctx = user;
    bool had = gt_failed(ctx);
    bool stop = gt_check_cancel(ctx) != GT_OK;
    if (stop && !had) {
        gt_error_clear(ctx); /* whoever runs the statement records it, in its own context */
    }
    return stop ? 1 : 0;
}

void gt_db_watch_cancel(sqlite3 *db, gt_ctx *ctx)
{
    sqlite3_progress_handler(db, ctx == NULL ? 0 : PROGRESS_STEPS, on_progress, ctx);
}

/* Writes the log back after a commit, as SQLite does by itself; a long log is cut off there and
 * then, without waiting for readers. Otherwise the next commit would pay for it: to cut off 2 GB
 * took a small edit after a large load 1.5 s. What fails is done by a later commit. */
static int on_wal(void *user, sqlite3 *db, const char *name, int pages)
{
    (void)user;
    if (pages < WAL_PAGES) {
        return SQLITE_OK;
    }
    bool is_long = pages >= LONG_WAL_PAGES;
    (void)sqlite3_busy_timeout(db, 0);
    (void)sqlite3_wal_checkpoint_v2(
        db, name, is_long ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    return SQLITE_OK;
}

static const char *file_of(sqlite3 *db)
{
    const char *path = db == NULL ? NULL : sqlite3_db_filename(db, "main");
    return path == NULL || *path == '\0' ? NULL : path;
}

/* Which message an extended result code deserves. */
static gt_status fail_code(gt_ctx *ctx, int code, int sys_errno, const char *reason,
                           const char *path)
{
    const gt_place *place = GT_PLACE(.file = path);
    const gt_arg *args = GT_ARGS(GT_TEXT("reason", reason));
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_STORE_BUSY, place, args);
    case SQLITE_NOMEM:
        return gt_fail_errno(ctx, ENOMEM, "sqlite", path);
    case SQLITE_FULL:
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_STORE_DISK_FULL, place, args);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_STORE_READ_ONLY, place, args);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_DAMAGED, place, args);
    case SQLITE_IOERR:
        if (code == SQLITE_IOERR_NOMEM) {
            return gt_fail_errno(ctx, ENOMEM, "sqlite", path);
        }
        if (code == SQLITE_IOERR_SHORT_READ) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_DAMAGED, place, args);
        }
        if (sys_errno == EFBIG || sys_errno == ENOSPC || sys_errno == EDQUOT) {
            return gt_fail(ctx, GT_E_ENV, &GT_MSG_STORE_DISK_FULL, place, args);
        }
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_STORE_IO, place, args);
    case SQLITE_INTERRUPT:
        if (gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
        return gt_fail(ctx, GT_E_INTERNAL, &GT_MSG_STORE_SQL, place, args);
    case SQLITE_TOOBIG:
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_STORE_TOO_BIG, place, args);
    default:
        return gt_fail(ctx, GT_E_INTERNAL, &GT_MSG_STORE_SQL, place, args);
    }
}

gt_status gt_db_fail(gt_ctx *ctx, sqlite3 *db)
{
    if (db == NULL) {
        return gt_fail_errno(ctx, ENOMEM, "sqlite", NULL);
    }
    return fail_code(ctx, sqlite3_extended_errcode(db), sqlite3_system_errno(db),
                     sqlite3_errmsg(db), file_of(db));
}

/* ---- envelope functions that the R-tree triggers of a GeoPackage call ------------------------ */

typedef enum side { XMIN, XMAX, YMIN, YMAX, EMPTY } side;

static void envelope_side(sqlite3_context *sql, int argc, sqlite3_value **argv)
{
    (void)argc;
    const side *want = sqlite3_user_data(sql);
    const uint8_t *blob = sqlite3_value_blob(argv[0]);
    int len = sqlite3_value_bytes(argv[0]);
    gt_blob_info info;
    if (blob == NULL || gt_blob_look(blob, (size_t)len, &info) != NULL) {
        sqlite3_result_null(sql);
        return;
    }
    bool empty = info.box.xmin > info.box.xmax;
    if (*want == EMPTY) {
        sqlite3_result_int(sql, empty);
        return;
    }
    if (empty) {
        sqlite3_result_null(sql);
        return;
    }
    const double sides[] = {info.box.xmin, info.box.xmax, info.box.ymin, info.box.ymax};
    sqlite3_result_double(sql, sides[*want]);
}

static int add_functions(sqlite3 *db)
{
    static const side sides[] = {XMIN, XMAX, YMIN, YMAX, EMPTY};
    static const char *const names[] = {"ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY", "ST_IsEmpty"};
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof names / sizeof *names; i++) {
        /* the cast drops const only: the callback reads */
        rc = sqlite3_create_function_v2(
            db, names[i], 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
            (void *)(uintptr_t)&sides[i], envelope_side, NULL, NULL, NULL);
    }
    return rc;
}

/* ---- opening --------------------------------------------------------------------------------- */

static const char COMMON_PRAGMAS[] =
    "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA secure_delete=OFF;"
    "PRAGMA mmap_size=2147418112; PRAGMA cache_size=-32768; PRAGMA temp_store=FILE;";

static gt_status set_up(gt_ctx *ctx, sqlite3 *db, gt_db_mode mode)
{
    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    if (mode != GT_DB_READ) {
        (void)sqlite3_wal_hook(db, on_wal, NULL);
    }
    gt_db_watch_cancel(db, ctx);
    if (add_functions(db) != SQLITE_OK ||
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) != SQLITE_OK) {
        return gt_db_fail(ctx, db);
    }
    gt_status st = gt_db_exec(ctx, db, COMMON_PRAGMAS);
    if (st != GT_OK) {
        return st;
    }
    /* The first statement that reads the file: tells a missing -shm, a damaged header and so on.
     * WAL with synchronous=FULL: one fsync makes a revision durable. */
    return gt_db_exec(ctx, db,
                      mode == GT_DB_READ
                          ? "PRAGMA query_only=ON; SELECT count(*) FROM sqlite_master"
                          : "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864;"
                            "SELECT count(*) FROM sqlite_master");
}

/* "file:" URI of a path, with what a URI may not hold escaped. */
static void put_uri(gt_text *uri, const char *path, const char *query)
{
    gt_text_puts(uri, "file:");
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '?' || *p == '#' || *p == '%') {
            gt_text_printf(uri, "%%%02X", (unsigned)*p);
        } else {
            gt_text_putc(uri, *p);
        }
    }
    gt_text_puts(uri, query);
}

static gt_status open_uri(gt_ctx *ctx, const char *path, const char *query, int flags,
                          gt_db_mode mode, sqlite3 **out)
{
    gt_text uri;
    sqlite3 *db = NULL;
    gt_text_init(&uri, ctx, 0);
    put_uri(&uri, path, query);
    gt_status st = gt_text_status(&uri);
    if (st == GT_OK &&
        sqlite3_open_v2(gt_text_cstr(&uri), &db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        st = db == NULL ? gt_db_fail(ctx, NULL)
                        : fail_code(ctx, sqlite3_extended_errcode(db), sqlite3_system_errno(db),
                                    sqlite3_errmsg(db), path);
    }
    st = st == GT_OK ? set_up(ctx, db, mode) : st;
    if (st != GT_OK) {
        gt_db_close(db);
        db = NULL;
    }
    gt_text_free(&uri);
    *out = db;
    return st;
}

/* A WAL file that holds frames cannot be left out: then the read-only folder is an error. */
static bool wal_is_empty(gt_ctx *ctx, const char *path)
{
    gt_text wal;
    gt_text_init(&wal, ctx, 0);
    gt_text_printf(&wal, "%s-wal", path);
    bool empty = gt_text_status(&wal) == GT_OK && access(gt_text_cstr(&wal), F_OK) != 0;
    gt_text_free(&wal);
    return empty;
}

gt_status gt_db_open(gt_ctx *ctx, const char *path, gt_db_mode mode, sqlite3 **out)
{
    *out = NULL;
    switch (mode) {
    case GT_DB_CREATE:
        return open_uri(ctx, path, "", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, mode, out);
    case GT_DB_WRITE:
        return open_uri(ctx, path, "", SQLITE_OPEN_READWRITE, mode, out);
    case GT_DB_READ:
        break;
    }
    /* A reader of a WAL database needs the shared-memory file and makes it where it may. */
    gt_status st = open_uri(ctx, path, "", SQLITE_OPEN_READWRITE, mode, out);
    if (st == GT_E_ENV && wal_is_empty(ctx, path)) {
        gt_error_clear(ctx);
        st = open_uri(ctx, path, "?immutable=1", SQLITE_OPEN_READONLY, mode, out);
    }
    return st;
}

void gt_db_close(sqlite3 *db)
{
    if (db != NULL) {
        sqlite3_progress_handler(db, 0, NULL,
                                 NULL); /* a cancel must not stop the last checkpoint */
        (void)sqlite3_close_v2(db);
    }
}

/* ---- statements ------------------------------------------------------------------------------ */

gt_status gt_db_exec(gt_ctx *ctx, sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? GT_OK : gt_db_fail(ctx, db);
}

gt_status gt_db_exec_text(gt_ctx *ctx, sqlite3 *db, const gt_text *sql)
{
    gt_status st = gt_text_status(sql);
    return st == GT_OK ? gt_db_exec(ctx, db, gt_text_cstr(sql)) : st;
}

gt_status gt_db_prepare(gt_ctx *ctx, sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
    *out = NULL;
    int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? GT_OK : gt_db_fail(ctx, db);
}

gt_status gt_db_prepare_text(gt_ctx *ctx, sqlite3 *db, const gt_text *sql, sqlite3_stmt **out)
{
    *out = NULL;
    gt_status st = gt_text_status(sql);
    return st == GT_OK ? gt_db_prepare(ctx, db, gt_text_cstr(sql), out) : st;
}

gt_status gt_db_step(gt_ctx *ctx, sqlite3_stmt *stmt, bool *row)
{
    int rc = sqlite3_step(stmt);
    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW) {
        return GT_OK;
    }
    gt_status st = rc == SQLITE_DONE ? GT_OK : gt_db_fail(ctx, sqlite3_db_handle(stmt));
    (void)sqlite3_reset(stmt);
    return st;
}

gt_status gt_db_run(gt_ctx *ctx, sqlite3_stmt *stmt)
{
    bool row = true;
    gt_status st = GT_OK;
    while (st == GT_OK && row) {
        st = gt_db_step(ctx, stmt, &row);
    }
    return st;
}

gt_status gt_db_int(gt_ctx *ctx, sqlite3 *db, const char *sql, int64_t none, int64_t *out)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_prepare(ctx, db, sql, &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    if (st == GT_OK) {
        *out = row && sqlite3_column_type(stmt, 0) != SQLITE_NULL ? sqlite3_column_int64(stmt, 0)
                                                                  : none;
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

void gt_db_bind_date(sqlite3_stmt *stmt, int at, int32_t date)
{
    char text[GT_DATE_TEXT];
    if (date == GT_DATE_NONE) {
        (void)sqlite3_bind_null(stmt, at);
        return;
    }
    gt_date_format(date, text);
    (void)sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

int32_t gt_db_column_date(sqlite3_stmt *stmt, int at)
{
    const char *text = (const char *)sqlite3_column_text(stmt, at);
    gt_date date = GT_DATE_NONE;
    return text != NULL && gt_date_parse(text, &date) ? date : GT_DATE_NONE;
}

void gt_db_bind_box(sqlite3_stmt *stmt, int at, const gt_box *box)
{
    const double sides[4] = {box->xmin, box->ymin, box->xmax, box->ymax};
    for (int i = 0; i < 4; i++) {
        (void)(box->xmin > box->xmax ? sqlite3_bind_null(stmt, at + i)
                                     : sqlite3_bind_double(stmt, at + i, sides[i]));
    }
}

gt_box gt_db_column_box(sqlite3_stmt *stmt, int at)
{
    if (sqlite3_column_type(stmt, at) == SQLITE_NULL) {
        return (gt_box){1, 1, 0, 0};
    }
    return (gt_box){sqlite3_column_double(stmt, at), sqlite3_column_double(stmt, at + 1),
                    sqlite3_column_double(stmt, at + 2), sqlite3_column_double(stmt, at + 3)};
}
