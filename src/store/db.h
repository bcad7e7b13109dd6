/* SQLite behind gt_status: one place that opens, prepares, steps and translates errors. */
#ifndef GT_STORE_DB_H
#define GT_STORE_DB_H

#include <sqlite3.h>

#include "guotu/geometry.h"
#include "guotu/store.h"
#include "guotu/text.h"

typedef enum gt_db_mode { GT_DB_READ, GT_DB_WRITE, GT_DB_CREATE } gt_db_mode;

/* Opens with the pragmas of the workspace; *out is NULL on failure. A reader that cannot make the
 * shared-memory file (read-only folder) falls back to an immutable view when there is no WAL. */
gt_status gt_db_open(gt_ctx *ctx, const char *path, gt_db_mode mode, sqlite3 **out) GT_CHECKED;
void gt_db_close(sqlite3 *db);
/* The store's own connection for reading, which sees finished revisions only; borrowed. For rooms
 * whose tables lie in the same file: opening another one reads the whole schema again (10 ms for 60
 * layers). Not within a read of the store itself; nothing is left open on it. */
sqlite3 *gt_store_reader(gt_store *store);
/* Long statements stop when the family of ctx is cancelled (gt_db_open does this); ctx NULL: never.
 */
void gt_db_watch_cancel(sqlite3 *db, gt_ctx *ctx);

/* The last error of db as a located record. */
gt_status gt_db_fail(gt_ctx *ctx, sqlite3 *db);
gt_status gt_db_exec(gt_ctx *ctx, sqlite3 *db, const char *sql) GT_CHECKED;
/* Executes sql, freeing nothing; fails with the buffer's failure first. */
gt_status gt_db_exec_text(gt_ctx *ctx, sqlite3 *db, const gt_text *sql) GT_CHECKED;
gt_status gt_db_prepare(gt_ctx *ctx, sqlite3 *db, const char *sql, sqlite3_stmt **out) GT_CHECKED;
gt_status gt_db_prepare_text(gt_ctx *ctx, sqlite3 *db, const gt_text *sql,
                             sqlite3_stmt **out) GT_CHECKED;
/* One step; *row = false at the end (the statement is reset then, and on failure). */
gt_status gt_db_step(gt_ctx *ctx, sqlite3_stmt *stmt, bool *row) GT_CHECKED;
/* Steps to the end and resets. */
gt_status gt_db_run(gt_ctx *ctx, sqlite3_stmt *stmt) GT_CHECKED;
/* First column of the first row of a query without parameters; `none` when there is no row. */
gt_status gt_db_int(gt_ctx *ctx, sqlite3 *db, const char *sql, int64_t none,
                    int64_t *out) GT_CHECKED;

void gt_db_bind_date(sqlite3_stmt *stmt, int at, int32_t date);
/* NULL or not a date: GT_DATE_NONE. */
int32_t gt_db_column_date(sqlite3_stmt *stmt, int at);
void gt_db_bind_box(sqlite3_stmt *stmt, int at, const gt_box *box); /* 4 parameters, NULL: empty */
gt_box gt_db_column_box(sqlite3_stmt *stmt, int at);

#endif
