/* The books: tables, one transaction an action, the journal and its hashes. */
#include "ledger/book.h"

#include <stdio.h>
#include <string.h>

#include "ledger/messages.h"

/* The %s is TEMP for a workspace without books that is opened for reading. Indexes: equal
 * conditions, then the order of pages; the wide ones answer what is left of a condition without
 * looking at the records. */
static const char TABLES[] =
    "CREATE %s TABLE IF NOT EXISTS gt_ledger_event(seq INTEGER PRIMARY KEY NOT NULL, ledger TEXT"
    " NOT NULL, record TEXT NOT NULL, n INTEGER NOT NULL, time_ms INTEGER NOT NULL, date TEXT NOT"
    " NULL, actor TEXT NOT NULL, action TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT"
    " NULL, body TEXT NOT NULL, postings TEXT NOT NULL, view_hash BLOB NOT NULL, parent_hash BLOB"
    " NOT NULL, hash BLOB NOT NULL);"
    "CREATE UNIQUE INDEX IF NOT EXISTS gt_ledger_event_record ON gt_ledger_event(ledger, record,"
    " n);"
    "CREATE INDEX IF NOT EXISTS gt_ledger_event_order ON gt_ledger_event(ledger, seq);"
    "CREATE INDEX IF NOT EXISTS gt_ledger_event_file ON gt_ledger_event(ledger, record) WHERE"
    " action = 'attach';"
    "CREATE %s TABLE IF NOT EXISTS gt_ledger_record(ledger TEXT NOT NULL, id TEXT NOT NULL, version"
    " INTEGER NOT NULL, state TEXT NOT NULL, closed INTEGER NOT NULL, unit TEXT NOT NULL, body TEXT"
    " NOT NULL, year INTEGER NOT NULL, due TEXT, opened TEXT NOT NULL, changed TEXT NOT NULL,"
    " generated INTEGER NOT NULL, area INTEGER, fields TEXT NOT NULL, geom BLOB);"
    "CREATE UNIQUE INDEX IF NOT EXISTS gt_ledger_record_id ON gt_ledger_record(ledger, id);"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_state ON gt_ledger_record(ledger, state, id);"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_unit_wide ON gt_ledger_record(ledger, unit, id,"
    " year, state, closed, due);"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_unit_state ON gt_ledger_record(ledger, unit, "
    "state,"
    " id);"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_year ON gt_ledger_record(ledger, year, id);"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_year_state ON gt_ledger_record(ledger, year, "
    "state, id);"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_due ON gt_ledger_record(due, ledger, id) WHERE"
    " closed = 0 AND due IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_open_wide ON gt_ledger_record(ledger, id, due,"
    " unit, year, state) WHERE closed = 0;"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_overdue ON gt_ledger_record(ledger, due) WHERE"
    " closed = 0 AND due IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS gt_ledger_record_unit_overdue ON gt_ledger_record(ledger, unit, "
    "due)"
    " WHERE closed = 0 AND due IS NOT NULL;"
    "CREATE %s TABLE IF NOT EXISTS gt_ledger_posting(seq INTEGER NOT NULL, line INTEGER NOT NULL,"
    " balance TEXT NOT NULL, year INTEGER NOT NULL, unit TEXT NOT NULL, account TEXT NOT NULL,"
    " amount INTEGER NOT NULL, quality TEXT NOT NULL, PRIMARY KEY(seq, line)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS gt_ledger_posting_year ON gt_ledger_posting(balance, year, unit);"
    "CREATE %s TABLE IF NOT EXISTS gt_ledger_counter(ledger TEXT NOT NULL, prefix TEXT NOT NULL,"
    " n INTEGER NOT NULL, PRIMARY KEY(ledger, prefix)) WITHOUT ROWID;";

/* How many records of each kind there are, kept within each action, so that no page and no overview
 * counts records. */
static const char COUNTS[] =
    "CREATE %s TABLE IF NOT EXISTS gt_ledger_count(ledger TEXT NOT NULL, state TEXT NOT NULL, year"
    " INTEGER NOT NULL, closed INTEGER NOT NULL, generated INTEGER NOT NULL, n INTEGER NOT NULL,"
    " PRIMARY KEY(ledger, state, year, closed, generated)) WITHOUT ROWID;";

#define COUNTED                                                                                    \
    "SELECT ledger, state, year, closed, generated, count(*) AS n FROM gt_ledger_record GROUP BY"  \
    " ledger, state, year, closed, generated"

static const char VIEWS[] =
    "CREATE %s VIEW IF NOT EXISTS ledger_record AS SELECT ledger, id, version, state, closed, unit,"
    " body, year, due, opened, changed, generated, area / 100.0 AS area_m2, fields, geom FROM"
    " gt_ledger_record;"
    "CREATE %s VIEW IF NOT EXISTS ledger_event AS SELECT seq, ledger, record, n, time_ms, date,"
    " actor, action, from_state, to_state, body FROM gt_ledger_event;"
    "CREATE %s VIEW IF NOT EXISTS balance_row AS SELECT p.balance, p.year, p.unit, e.ledger,"
    " e.record, p.seq, p.line, e.date, p.account, p.amount AS amount_cents, p.amount / 100.0 AS"
    " amount_m2, p.quality FROM gt_ledger_posting p JOIN gt_ledger_event e ON e.seq = p.seq;";

static gt_status make_tables(gt_ctx *ctx, sqlite3 *db, const char *temp)
{
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, TABLES, temp, temp, temp, temp);
    gt_text_printf(&sql, COUNTS, temp);
    gt_text_printf(&sql, VIEWS, temp, temp, temp);
    gt_status st = gt_db_exec_text(ctx, db, &sql);
    gt_text_free(&sql);
    return st;
}

/* Is there a table or view of that name in the file itself? */
static gt_status has(gt_ctx *ctx, const gt_book *b, const char *name, bool *yes)
{
    sqlite3_stmt *s = NULL;
    *yes = false;
    gt_status st = gt_db_prepare(ctx, b->db, "SELECT 1 FROM sqlite_master WHERE name = ?1", &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, name);
        st = gt_db_step(ctx, s, yes);
    }
    (void)sqlite3_finalize(s);
    return st;
}

/* For a reader: empty tables of its own, or counts for books written before counts were kept. */
static gt_status set_up_reader(gt_ctx *ctx, gt_book *b, bool books)
{
    gt_status st = gt_db_exec(ctx, b->db, "PRAGMA query_only=OFF");
    if (st == GT_OK) {
        st = books ? gt_db_exec(ctx, b->db, "CREATE TEMP VIEW gt_ledger_count AS " COUNTED)
                   : make_tables(ctx, b->db, "TEMP");
    }
    return st == GT_OK ? gt_db_exec(ctx, b->db, "PRAGMA query_only=ON") : st;
}

/* Two processes may both find no tables: the second waits for the first and finds them. */
static gt_status set_up(gt_ctx *ctx, gt_book *b)
{
    bool books = false, counts = false, newest = true;
    gt_status st = has(ctx, b, "balance_row", &books);
    st = st == GT_OK ? has(ctx, b, "gt_ledger_count", &counts) : st;
    if (st == GT_OK && b->write) { /* books of before lack the index made last */
        st = has(ctx, b, "gt_ledger_record_unit_overdue", &newest);
    }
    if (st != GT_OK || (books && counts && newest)) {
        return st;
    }
    if (!b->write) {
        return set_up_reader(ctx, b, books);
    }
    st = gt_db_exec(ctx, b->db, "BEGIN IMMEDIATE");
    st = st == GT_OK ? has(ctx, b, "gt_ledger_count", &counts) : st;
    st = st == GT_OK ? make_tables(ctx, b->db, "") : st;
    if (st == GT_OK && !counts) {
        st = gt_db_exec(ctx, b->db, "INSERT INTO gt_ledger_count " COUNTED);
    }
    if (st == GT_OK) {
        return gt_db_exec(ctx, b->db, "COMMIT");
    }
    if (sqlite3_get_autocommit(b->db) == 0) {
        (void)sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return st;
}

/* A reader shares the store's connection where the books are whole: a second one would read the
 * schema of all layers again. */
static gt_status borrow(gt_ctx *ctx, gt_book *b)
{
    bool books = false, counts = false;
    b->db = gt_store_reader(b->store);
    gt_status st = has(ctx, b, "balance_row", &books);
    st = st == GT_OK ? has(ctx, b, "gt_ledger_count", &counts) : st;
    b->borrowed = st == GT_OK && books && counts;
    b->db = b->borrowed ? b->db : NULL;
    return st;
}

static gt_status open_own(gt_ctx *ctx, gt_book *b)
{
    gt_text path;
    gt_text_init(&path, ctx, 0);
    gt_text_printf(&path, "%s/onemap.gpkg", gt_store_dir(b->store));
    gt_status st = gt_text_status(&path);
    if (st == GT_OK) {
        st = gt_db_open(ctx, gt_text_cstr(&path), b->write ? GT_DB_WRITE : GT_DB_READ, &b->db);
    }
    gt_text_free(&path);
    return st == GT_OK ? set_up(ctx, b) : st;
}

gt_status gt_book_open(gt_ctx *ctx, gt_store *store, bool write, gt_book **out)
{
    *out = NULL;
    gt_book *b = gt_zalloc(ctx, 1, sizeof *b);
    if (b == NULL) {
        return GT_E_MEMORY;
    }
    b->ctx = ctx;
    b->store = store;
    b->write = write;
    gt_status st = write ? GT_OK : borrow(ctx, b);
    st = st == GT_OK && !b->borrowed ? open_own(ctx, b) : st;
    if (st != GT_OK) {
        gt_book_close(b);
        return st;
    }
    *out = b;
    return GT_OK;
}

void gt_book_close(gt_book *b)
{
    if (b == NULL) {
        return;
    }
    if (b->in_action) {
        (void)sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    }
    if (!b->borrowed) {
        gt_db_close(b->db);
    }
    gt_free(b->ctx, b);
}

/* ---- small helpers --------------------------------------------------------------------------- */

void gt_bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    (void)(text == NULL ? sqlite3_bind_null(stmt, at)
                        : sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC));
}

const char *gt_column_text(sqlite3_stmt *stmt, int at)
{
    const char *text = (const char *)sqlite3_column_text(stmt, at);
    return text == NULL ? "" : text;
}

gt_status gt_json_get(gt_ctx *ctx, gt_book *b, const char *json, const char *name, gt_arena *arena,
                      const char **out)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    *out = NULL;
    gt_status st =
        gt_db_prepare(ctx, b->db, "SELECT value FROM json_each(?1) WHERE key = ?2", &stmt);
    if (st == GT_OK) {
        gt_bind_text(stmt, 1, json);
        gt_bind_text(stmt, 2, name);
        st = gt_db_step(ctx, stmt, &row);
    }
    if (st == GT_OK && row && sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
        *out = gt_arena_strdup(arena, gt_column_text(stmt, 0));
        st = *out == NULL ? GT_E_MEMORY : GT_OK;
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

/* ---- records --------------------------------------------------------------------------------- */

void gt_entry_read(sqlite3_stmt *stmt, gt_entry *r)
{
    memset(r, 0, sizeof *r);
    r->ledger = gt_column_text(stmt, 0);
    r->id = gt_column_text(stmt, 1);
    r->version = sqlite3_column_int64(stmt, 2);
    r->state = gt_column_text(stmt, 3);
    r->closed = sqlite3_column_int(stmt, 4) != 0;
    r->unit = gt_column_text(stmt, 5);
    r->body = gt_column_text(stmt, 6);
    r->year = sqlite3_column_int(stmt, 7);
    r->due = gt_db_column_date(stmt, 8);
    r->opened = gt_db_column_date(stmt, 9);
    r->changed = gt_db_column_date(stmt, 10);
    r->generated = sqlite3_column_int(stmt, 11) != 0;
    r->has_area = sqlite3_column_type(stmt, 12) != SQLITE_NULL;
    r->area = sqlite3_column_int64(stmt, 12);
    r->fields = gt_column_text(stmt, 13);
    r->blob = sqlite3_column_blob(stmt, 14);
    r->blob_len = (size_t)sqlite3_column_bytes(stmt, 14);
}

static const char *keep_text(gt_arena *arena, const char *text, gt_status *st)
{
    const char *copy = *st == GT_OK ? gt_arena_strdup(arena, text) : NULL;
    *st = copy == NULL ? GT_E_MEMORY : *st;
    return copy == NULL ? "" : copy;
}

gt_status gt_entry_keep(gt_arena *arena, gt_entry *r)
{
    gt_status st = GT_OK;
    r->ledger = keep_text(arena, r->ledger, &st);
    r->id = keep_text(arena, r->id, &st);
    r->state = keep_text(arena, r->state, &st);
    r->unit = keep_text(arena, r->unit, &st);
    r->body = keep_text(arena, r->body, &st);
    r->fields = keep_text(arena, r->fields, &st);
    if (st == GT_OK && r->blob != NULL) {
        uint8_t *copy = gt_arena_alloc(arena, r->blob_len, 1);
        if (copy == NULL) {
            return GT_E_MEMORY;
        }
        memcpy(copy, r->blob, r->blob_len);
        r->blob = copy;
    }
    return st;
}

gt_status gt_book_find(gt_ctx *ctx, gt_book *b, const char *ledger, const char *id, gt_arena *arena,
                       gt_entry *out, bool *found)
{
    sqlite3_stmt *stmt = NULL;
    *found = false;
    gt_status st = gt_db_prepare(ctx, b->db,
                                 "SELECT " GT_ENTRY_COLUMNS " FROM gt_ledger_record WHERE"
                                 " ledger = ?1 AND id = ?2",
                                 &stmt);
    if (st == GT_OK) {
        gt_bind_text(stmt, 1, ledger);
        gt_bind_text(stmt, 2, id);
        st = gt_db_step(ctx, stmt, found);
    }
    if (st == GT_OK && *found) {
        gt_entry_read(stmt, out);
        st = gt_entry_keep(arena, out);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

void gt_entry_digest(const gt_entry *r, unsigned char out[GT_HASH_BYTES])
{
    gt_hash h;
    gt_hash_init(&h);
    gt_hash_add_text(&h, r->ledger);
    gt_hash_add_text(&h, r->id);
    gt_hash_add_u64(&h, (uint64_t)r->version);
    gt_hash_add_text(&h, r->state);
    gt_hash_add_u64(&h, r->closed ? 1 : 0);
    gt_hash_add_text(&h, r->unit);
    gt_hash_add_text(&h, r->body);
    gt_hash_add_u64(&h, (uint64_t)r->year);
    gt_hash_add_u64(&h, (uint64_t)(int64_t)r->due);
    gt_hash_add_u64(&h, (uint64_t)(int64_t)r->opened);
    gt_hash_add_u64(&h, (uint64_t)(int64_t)r->changed);
    gt_hash_add_u64(&h, r->generated ? 1 : 0);
    gt_hash_add_u64(&h, r->has_area ? 1 : 0);
    gt_hash_add_u64(&h, r->has_area ? (uint64_t)r->area : 0);
    gt_hash_add_text(&h, r->fields);
    gt_hash_add_u64(&h, r->blob == NULL ? 0 : r->blob_len);
    if (r->blob != NULL) {
        gt_hash_add(&h, r->blob, r->blob_len);
    }
    gt_hash_final(&h, out);
}

/* Takes the record as it stands out of the counts, or brings it in. */
static gt_status count_record(gt_ctx *ctx, gt_book *b, const gt_entry *r, bool in)
{
    static const char take[] =
        "UPDATE gt_ledger_count SET n = n - 1 WHERE (ledger, state, year, closed, generated) ="
        " (SELECT ledger, state, year, closed, generated FROM gt_ledger_record WHERE ledger = ?1"
        " AND id = ?2)";
    static const char bring[] =
        "INSERT INTO gt_ledger_count SELECT ledger, state, year, closed, generated, 1 FROM"
        " gt_ledger_record WHERE ledger = ?1 AND id = ?2 ON CONFLICT DO UPDATE SET n = n + 1";
    sqlite3_stmt *s = NULL;
    gt_status st = gt_db_prepare(ctx, b->db, in ? bring : take, &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, r->ledger);
        gt_bind_text(s, 2, r->id);
        st = gt_db_run(ctx, s);
    }
    (void)sqlite3_finalize(s);
    return st;
}

static gt_status write_record(gt_ctx *ctx, gt_book *b, const gt_entry *r)
{
    static const char insert[] = "INSERT INTO gt_ledger_record(" GT_ENTRY_COLUMNS
                                 ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)";
    static const char update[] =
        "UPDATE gt_ledger_record SET version=?3, state=?4, closed=?5, unit=?6, body=?7, year=?8,"
        " due=?9, opened=?10, changed=?11, generated=?12, area=?13, fields=?14, geom=?15"
        " WHERE ledger=?1 AND id=?2";
    sqlite3_stmt *s = NULL;
    gt_status st = gt_db_prepare(ctx, b->db, r->version == 1 ? insert : update, &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, r->ledger);
        gt_bind_text(s, 2, r->id);
        (void)sqlite3_bind_int64(s, 3, r->version);
        gt_bind_text(s, 4, r->state);
        (void)sqlite3_bind_int(s, 5, r->closed);
        gt_bind_text(s, 6, r->unit);
        gt_bind_text(s, 7, r->body);
        (void)sqlite3_bind_int(s, 8, r->year);
        gt_db_bind_date(s, 9, r->due);
        gt_db_bind_date(s, 10, r->opened);
        gt_db_bind_date(s, 11, r->changed);
        (void)sqlite3_bind_int(s, 12, r->generated);
        (void)(r->has_area ? sqlite3_bind_int64(s, 13, r->area) : sqlite3_bind_null(s, 13));
        gt_bind_text(s, 14, r->fields);
        (void)(r->blob == NULL ? sqlite3_bind_null(s, 15)
                               : sqlite3_bind_blob64(s, 15, r->blob, r->blob_len, SQLITE_STATIC));
        st = gt_db_run(ctx, s);
    }
    (void)sqlite3_finalize(s);
    return st;
}

/* ---- events ---------------------------------------------------------------------------------- */

static const unsigned char *hash_column(sqlite3_stmt *stmt, int at)
{
    const unsigned char *p = sqlite3_column_blob(stmt, at);
    return sqlite3_column_bytes(stmt, at) == GT_HASH_BYTES ? p : NULL;
}

void gt_event_read(sqlite3_stmt *stmt, gt_event_row *out)
{
    gt_event *e = &out->event;
    e->seq = sqlite3_column_int64(stmt, 0);
    e->ledger = gt_column_text(stmt, 1);
    e->record = gt_column_text(stmt, 2);
    e->n = sqlite3_column_int64(stmt, 3);
    e->time_ms = sqlite3_column_int64(stmt, 4);
    e->date = gt_db_column_date(stmt, 5);
    e->actor = gt_column_text(stmt, 6);
    e->action = gt_column_text(stmt, 7);
    e->from = gt_column_text(stmt, 8);
    e->to = gt_column_text(stmt, 9);
    e->body = gt_column_text(stmt, 10);
    out->postings = gt_column_text(stmt, 11);
    out->digest = hash_column(stmt, 12);
    out->parent = hash_column(stmt, 13);
    out->hash = hash_column(stmt, 14);
}

void gt_event_hash(const gt_event_row *row, unsigned char out[GT_HASH_BYTES])
{
    const gt_event *e = &row->event;
    gt_hash h;
    gt_hash_init(&h);
    gt_hash_add(&h, row->parent, GT_HASH_BYTES);
    gt_hash_add_u64(&h, (uint64_t)e->seq);
    gt_hash_add_text(&h, e->ledger);
    gt_hash_add_text(&h, e->record);
    gt_hash_add_u64(&h, (uint64_t)e->n);
    gt_hash_add_u64(&h, (uint64_t)e->time_ms);
    gt_hash_add_u64(&h, (uint64_t)(int64_t)e->date);
    gt_hash_add_text(&h, e->actor);
    gt_hash_add_text(&h, e->action);
    gt_hash_add_text(&h, e->from);
    gt_hash_add_text(&h, e->to);
    gt_hash_add_text(&h, e->body);
    gt_hash_add_text(&h, row->postings);
    gt_hash_add(&h, row->digest, GT_HASH_BYTES);
    gt_hash_final(&h, out);
}

gt_status gt_book_begin(gt_ctx *ctx, gt_book *b)
{
    if (!b->write) {
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_BOOK_READ, GT_PLACE(.file = gt_store_dir(b->store)),
                       GT_NO_ARGS);
    }
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st = gt_db_exec(ctx, b->db, "BEGIN IMMEDIATE");
    if (st != GT_OK) {
        return st;
    }
    b->in_action = true;
    b->seq = 0;
    memset(b->head, 0, sizeof b->head);
    st = gt_db_prepare(ctx, b->db,
                       "SELECT seq, hash FROM gt_ledger_event ORDER BY seq DESC LIMIT 1", &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    if (st == GT_OK && row) {
        b->seq = sqlite3_column_int64(stmt, 0);
        const unsigned char *hash = hash_column(stmt, 1);
        if (hash == NULL) {
            st = gt_fail(
                ctx, GT_E_INPUT, &GT_MSG_EVENT_CHANGED, GT_NOWHERE,
                GT_ARGS(GT_INT("seq", b->seq), GT_TEXT("ledger", ""), GT_TEXT("record", "")));
        } else {
            memcpy(b->head, hash, GT_HASH_BYTES);
        }
    }
    (void)sqlite3_finalize(stmt);
    return st == GT_OK ? st : gt_book_end(ctx, b, st);
}

gt_status gt_book_end(gt_ctx *ctx, gt_book *b, gt_status st)
{
    if (!b->in_action) {
        return st;
    }
    b->in_action = false;
    st = st == GT_OK ? gt_db_exec(ctx, b->db, "COMMIT") : st;
    if (st != GT_OK && sqlite3_get_autocommit(b->db) == 0) {
        gt_db_watch_cancel(b->db, NULL); /* a cancel must not stop the rollback */
        (void)sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
        gt_db_watch_cancel(b->db, b->ctx);
    }
    return st;
}

void gt_posting_text(const gt_posted *p, gt_text *out)
{
    gt_text_putc(out, '[');
    gt_text_json_string(out, p->balance);
    gt_text_printf(out, ",%d,", p->year);
    gt_text_json_string(out, p->unit);
    gt_text_putc(out, ',');
    gt_text_json_string(out, p->account);
    gt_text_printf(out, ",%lld,", (long long)p->amount);
    gt_text_json_string(out, p->quality);
    gt_text_putc(out, ']');
}

static void postings_text(const gt_posted *posted, size_t n, gt_text *out)
{
    gt_text_putc(out, '[');
    for (size_t i = 0; i < n; i++) {
        gt_text_puts(out, i == 0 ? "" : ",");
        gt_posting_text(&posted[i], out);
    }
    gt_text_putc(out, ']');
}

static gt_status write_postings(gt_ctx *ctx, gt_book *b, const gt_action *a)
{
    sqlite3_stmt *s = NULL;
    gt_status st = a->n_posted == 0
                       ? GT_OK
                       : gt_db_prepare(ctx, b->db,
                                       "INSERT INTO gt_ledger_posting(seq, line, balance, year,"
                                       " unit, account, amount, quality)"
                                       " VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
                                       &s);
    for (size_t i = 0; i < a->n_posted && st == GT_OK; i++) {
        const gt_posted *p = &a->posted[i];
        (void)sqlite3_bind_int64(s, 1, b->seq + 1);
        (void)sqlite3_bind_int(s, 2, (int)i + 1);
        gt_bind_text(s, 3, p->balance);
        (void)sqlite3_bind_int(s, 4, p->year);
        gt_bind_text(s, 5, p->unit);
        gt_bind_text(s, 6, p->account);
        (void)sqlite3_bind_int64(s, 7, p->amount);
        gt_bind_text(s, 8, p->quality);
        st = gt_db_run(ctx, s);
    }
    (void)sqlite3_finalize(s);
    return st;
}

static gt_status write_event(gt_ctx *ctx, gt_book *b, const gt_event_row *row)
{
    const gt_event *e = &row->event;
    sqlite3_stmt *s = NULL;
    gt_status st = gt_db_prepare(ctx, b->db,
                                 "INSERT INTO gt_ledger_event(" GT_EVENT_COLUMNS
                                 ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
                                 &s);
    if (st == GT_OK) {
        (void)sqlite3_bind_int64(s, 1, e->seq);
        gt_bind_text(s, 2, e->ledger);
        gt_bind_text(s, 3, e->record);
        (void)sqlite3_bind_int64(s, 4, e->n);
        (void)sqlite3_bind_int64(s, 5, e->time_ms);
        gt_db_bind_date(s, 6, e->date);
        gt_bind_text(s, 7, e->actor);
        gt_bind_text(s, 8, e->action);
        gt_bind_text(s, 9, e->from);
        gt_bind_text(s, 10, e->to);
        gt_bind_text(s, 11, e->body);
        gt_bind_text(s, 12, row->postings);
        (void)sqlite3_bind_blob(s, 13, row->digest, GT_HASH_BYTES, SQLITE_STATIC);
        (void)sqlite3_bind_blob(s, 14, row->parent, GT_HASH_BYTES, SQLITE_STATIC);
        (void)sqlite3_bind_blob(s, 15, row->hash, GT_HASH_BYTES, SQLITE_STATIC);
        st = gt_db_run(ctx, s);
    }
    (void)sqlite3_finalize(s);
    return st;
}

gt_status gt_book_append(gt_ctx *ctx, gt_book *b, const gt_action *a)
{
    unsigned char digest[GT_HASH_BYTES], hash[GT_HASH_BYTES];
    gt_text postings;
    gt_text_init(&postings, ctx, 0);
    gt_entry_digest(&a->after, digest);
    postings_text(a->posted, a->n_posted, &postings);
    gt_status st = gt_text_status(&postings);
    gt_event_row row = {.event = {.seq = b->seq + 1,
                                  .ledger = a->ledger,
                                  .record = a->after.id,
                                  .n = a->after.version,
                                  .time_ms = gt_time_now(),
                                  .date = a->date,
                                  .actor = a->actor,
                                  .action = a->action,
                                  .from = a->from == NULL ? "" : a->from,
                                  .to = a->to == NULL ? "" : a->to,
                                  .body = a->body},
                        .postings = gt_text_cstr(&postings),
                        .digest = digest,
                        .parent = b->head};
    if (st == GT_OK) {
        gt_event_hash(&row, hash);
        row.hash = hash;
        st = a->after.version == 1 ? GT_OK : count_record(ctx, b, &a->after, false);
        st = st == GT_OK ? write_record(ctx, b, &a->after) : st;
        st = st == GT_OK ? count_record(ctx, b, &a->after, true) : st;
    }
    st = st == GT_OK ? write_postings(ctx, b, a) : st;
    st = st == GT_OK ? write_event(ctx, b, &row) : st;
    if (st == GT_OK) {
        b->seq++;
        memcpy(b->head, hash, GT_HASH_BYTES);
    }
    gt_text_free(&postings);
    return st;
}
