/* Reading records and events by pages. */
#include <string.h>

#include "ledger/book.h"
#include "ledger/messages.h"

enum { PAGE = 100 };

void gt_entry_query_init(gt_entry_query *q, const char *ledger)
{
    *q = (gt_entry_query){.size = sizeof *q, .ledger = ledger, .overdue_on = GT_DATE_NONE};
}

gt_status gt_ledger_get(gt_ctx *ctx, gt_book *b, const char *ledger, const char *id,
                        gt_arena *arena, gt_entry *out)
{
    bool found = false;
    gt_status st = gt_book_find(ctx, b, ledger, id, arena, out, &found);
    if (st == GT_OK && !found) {
        st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_NO_RECORD, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("ledger", ledger), GT_TEXT("id", id)));
    }
    return st;
}

/* One condition for each shape of question, so that SQLite finds the index that fits it. */
static void condition(const gt_entry_query *q, bool paged, gt_text *sql)
{
    gt_text_puts(sql, q->ledger != NULL ? "ledger = ?1" : "ledger NOT LIKE '@%'");
    gt_text_puts(sql, q->state != NULL ? " AND state = ?2" : "");
    gt_text_puts(sql, q->unit != NULL ? " AND unit = ?3" : "");
    gt_text_puts(sql, q->year != 0 ? " AND year = ?4" : "");
    if (q->overdue_on != GT_DATE_NONE) {
        /* '+': a page of a ledger comes in the order of ids, not of days */
        gt_text_puts(sql, paged && q->ledger != NULL
                              ? " AND closed = 0 AND +due < ?5"
                              : " AND closed = 0 AND due IS NOT NULL AND due < ?5");
    } else if (q->open_only) {
        gt_text_puts(sql,
                     q->ledger == NULL ? " AND closed = 0 AND due IS NOT NULL" : " AND closed = 0");
    }
}

static void question(const gt_entry_query *q, gt_text *sql)
{
    gt_text_puts(sql, "SELECT " GT_ENTRY_COLUMNS " FROM gt_ledger_record WHERE ");
    condition(q, true, sql);
    gt_text_puts(sql, q->after != NULL ? " AND id > ?6" : "");
    gt_text_puts(sql, q->ledger == NULL ? " ORDER BY due, ledger, id" : " ORDER BY id");
    gt_text_puts(sql, " LIMIT ?7");
}

static void bind_query(sqlite3_stmt *s, const gt_entry_query *q)
{
    gt_bind_text(s, 1, q->ledger);
    gt_bind_text(s, 2, q->state);
    gt_bind_text(s, 3, q->unit);
    (void)sqlite3_bind_int(s, 4, q->year);
    gt_db_bind_date(s, 5, q->overdue_on);
}

static gt_status count(gt_ctx *ctx, gt_book *b, const gt_entry_query *q, const gt_text *sql,
                       int64_t *n)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    gt_status st = gt_db_prepare_text(ctx, b->db, sql, &s);
    if (st == GT_OK) {
        bind_query(s, q);
        st = gt_db_step(ctx, s, &row);
    }
    *n = st == GT_OK && row ? sqlite3_column_int64(s, 0) : 0;
    (void)sqlite3_finalize(s);
    return st;
}

static void kept_counts(const gt_entry_query *q, gt_text *sql)
{
    gt_text_puts(sql, "SELECT sum(n) FROM gt_ledger_count WHERE ");
    gt_text_puts(sql, q->ledger != NULL ? "ledger = ?1" : "ledger NOT LIKE '@%'");
    gt_text_puts(sql, q->state != NULL ? " AND state = ?2" : "");
    gt_text_puts(sql, q->year != 0 ? " AND year = ?4" : "");
    gt_text_puts(sql, q->open_only ? " AND closed = 0" : "");
}

gt_status gt_entry_count(gt_ctx *ctx, gt_book *b, const gt_entry_query *q, int64_t *n)
{
    gt_text sql;
    bool tasks = q->ledger == NULL && q->open_only; /* only those with a term */
    gt_text_init(&sql, ctx, 0);
    if (q->unit == NULL && q->overdue_on == GT_DATE_NONE && !tasks) {
        kept_counts(q, &sql);
    } else {
        gt_text_puts(&sql, "SELECT count(*) FROM gt_ledger_record WHERE ");
        condition(q, false, &sql);
    }
    gt_status st = count(ctx, b, q, &sql, n);
    gt_text_free(&sql);
    return st;
}

gt_status gt_entry_count_generated(gt_ctx *ctx, gt_book *b, const gt_entry_query *q, int64_t *n)
{
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    kept_counts(q, &sql);
    gt_text_puts(&sql, " AND generated <> 0");
    gt_status st = count(ctx, b, q, &sql, n);
    gt_text_free(&sql);
    return st;
}

gt_status gt_ledger_each(gt_ctx *ctx, gt_book *b, const gt_entry_query *q, gt_entry_fn fn,
                         void *user)
{
    sqlite3_stmt *s = NULL;
    gt_text sql;
    bool row = true;
    gt_text_init(&sql, ctx, 0);
    question(q, &sql);
    gt_status st = gt_db_prepare_text(ctx, b->db, &sql, &s);
    if (st == GT_OK) {
        bind_query(s, q);
        gt_bind_text(s, 6, q->after);
        (void)sqlite3_bind_int64(s, 7, q->limit == 0 ? PAGE : (int64_t)q->limit);
    }
    while (st == GT_OK && row) {
        st = gt_db_step(ctx, s, &row);
        if (st == GT_OK && row) {
            gt_entry r;
            gt_entry_read(s, &r);
            row = fn(user, &r);
        }
    }
    (void)sqlite3_finalize(s);
    gt_text_free(&sql);
    return st;
}

gt_status gt_event_each(gt_ctx *ctx, gt_book *b, const char *ledger, const char *record,
                        int64_t after, size_t limit, gt_event_fn fn, void *user)
{
    static const char all[] =
        "SELECT " GT_EVENT_COLUMNS " FROM gt_ledger_event WHERE seq > ?3 ORDER BY seq LIMIT ?4";
    static const char of_ledger[] =
        "SELECT " GT_EVENT_COLUMNS
        " FROM gt_ledger_event WHERE ledger = ?1 AND seq > ?3 ORDER BY seq LIMIT ?4";
    static const char of_record[] =
        "SELECT " GT_EVENT_COLUMNS " FROM gt_ledger_event WHERE ledger = ?1 AND record = ?2 AND"
        " n > ?3 ORDER BY n LIMIT ?4";
    sqlite3_stmt *s = NULL;
    bool row = true;
    gt_status st = gt_db_prepare(
        ctx, b->db, ledger == NULL ? all : (record == NULL ? of_ledger : of_record), &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, ledger);
        gt_bind_text(s, 2, record);
        (void)sqlite3_bind_int64(s, 3, after);
        (void)sqlite3_bind_int64(s, 4, limit == 0 ? PAGE : (int64_t)limit);
    }
    while (st == GT_OK && row) {
        st = gt_db_step(ctx, s, &row);
        if (st == GT_OK && row) {
            gt_event_row e;
            gt_event_read(s, &e);
            row = fn(user, &e.event);
        }
    }
    (void)sqlite3_finalize(s);
    return st;
}
