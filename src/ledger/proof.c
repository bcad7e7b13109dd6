/* The proof: chain of events, account lines, records, attachments, each against the journal. */
#include <string.h>
#include <unistd.h>

#include "ledger/book.h"
#include "ledger/messages.h"

typedef struct proof {
    gt_ctx *ctx;
    gt_book *b;
    gt_ledger_proof *out;
    sqlite3_stmt *lines;
    int64_t seq;
    unsigned char head[GT_HASH_BYTES];
} proof;

static gt_status wrong(const proof *p, const gt_message *m, const gt_event *e)
{
    return gt_fail(
        p->ctx, GT_E_INPUT, m, GT_PLACE(.layer = e->ledger, .feature = e->record, .row = e->seq),
        GT_ARGS(GT_INT("seq", e->seq), GT_TEXT("ledger", e->ledger), GT_TEXT("record", e->record)));
}

/* The lines of the event as they stand now must read as the event says. */
static gt_status check_lines(proof *p, const gt_event_row *row)
{
    gt_text text;
    bool more = true, first = true;
    gt_text_init(&text, p->ctx, 0);
    (void)sqlite3_reset(p->lines);
    (void)sqlite3_bind_int64(p->lines, 1, row->event.seq);
    gt_text_putc(&text, '[');
    gt_status st = GT_OK;
    while (st == GT_OK && more) {
        st = gt_db_step(p->ctx, p->lines, &more);
        if (st == GT_OK && more) {
            gt_posted line = {.balance = gt_column_text(p->lines, 0),
                              .year = sqlite3_column_int(p->lines, 1),
                              .unit = gt_column_text(p->lines, 2),
                              .account = gt_column_text(p->lines, 3),
                              .amount = sqlite3_column_int64(p->lines, 4),
                              .quality = gt_column_text(p->lines, 5)};
            gt_text_puts(&text, first ? "" : ",");
            gt_posting_text(&line, &text);
            first = false;
            p->out->n_postings++;
        }
    }
    gt_text_putc(&text, ']');
    st = st == GT_OK ? gt_text_status(&text) : st;
    if (st == GT_OK && strcmp(gt_text_cstr(&text), row->postings) != 0) {
        st = wrong(p, &GT_MSG_POSTING_CHANGED, &row->event);
    }
    gt_text_free(&text);
    return st;
}

static gt_status check_file(proof *p, const gt_event *e)
{
    gt_arena *arena = NULL;
    gt_text path;
    const char *want = NULL, *name = NULL;
    unsigned char digest[GT_HASH_BYTES];
    char hex[GT_HASH_HEX] = "";
    gt_text_init(&path, p->ctx, 0);
    gt_status st = gt_arena_new(p->ctx, 4096, &arena);
    st = st == GT_OK ? gt_json_get(p->ctx, p->b, e->body, "hash", arena, &want) : st;
    st = st == GT_OK ? gt_json_get(p->ctx, p->b, e->body, "name", arena, &name) : st;
    if (st == GT_OK && (want == NULL || strlen(want) != GT_HASH_HEX - 1)) {
        st = wrong(p, &GT_MSG_EVENT_CHANGED, e);
    }
    if (st == GT_OK && want != NULL) {
        gt_text_printf(&path, "%s/attachments/%.2s/%s", gt_store_dir(p->b->store), want, want);
        st = gt_text_status(&path);
    }
    bool there = st == GT_OK && access(gt_text_cstr(&path), F_OK) == 0;
    if (st == GT_OK && there) {
        st = gt_hash_file(p->ctx, gt_text_cstr(&path), digest);
        if (st == GT_OK) {
            gt_hash_hex(digest, hex);
        }
    }
    if (st == GT_OK && want != NULL && (!there || strcmp(hex, want) != 0)) {
        st =
            gt_fail(p->ctx, GT_E_INPUT, there ? &GT_MSG_FILE_CHANGED : &GT_MSG_FILE_MISSING,
                    GT_PLACE(.file = gt_text_cstr(&path), .layer = e->ledger, .feature = e->record),
                    GT_ARGS(GT_TEXT("name", name == NULL ? want : name),
                            GT_TEXT("ledger", e->ledger), GT_TEXT("record", e->record)));
    }
    p->out->n_attachments++;
    gt_text_free(&path);
    gt_arena_free(arena);
    return st;
}

static gt_status check_event(proof *p, const gt_event_row *row)
{
    unsigned char hash[GT_HASH_BYTES];
    if (row->event.seq != p->seq + 1) {
        return gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_EVENT_MISSING, GT_NOWHERE,
                       GT_ARGS(GT_INT("seq", p->seq + 1)));
    }
    if (row->digest == NULL || row->parent == NULL || row->hash == NULL ||
        memcmp(row->parent, p->head, GT_HASH_BYTES) != 0) {
        return wrong(p, &GT_MSG_EVENT_CHANGED, &row->event);
    }
    gt_event_hash(row, hash);
    if (memcmp(hash, row->hash, GT_HASH_BYTES) != 0) {
        return wrong(p, &GT_MSG_EVENT_CHANGED, &row->event);
    }
    memcpy(p->head, hash, GT_HASH_BYTES);
    p->seq = row->event.seq;
    p->out->n_events++;
    gt_status st = strcmp(row->postings, "[]") == 0 ? GT_OK : check_lines(p, row);
    return st == GT_OK && strcmp(row->event.action, "attach") == 0 ? check_file(p, &row->event)
                                                                   : st;
}

static gt_status check_events(proof *p)
{
    sqlite3_stmt *s = NULL;
    bool more = true;
    gt_status st =
        gt_db_prepare(p->ctx, p->b->db,
                      "SELECT balance, year, unit, account, amount, quality FROM gt_ledger_posting"
                      " WHERE seq = ?1 ORDER BY line",
                      &p->lines);
    st = st == GT_OK
             ? gt_db_prepare(p->ctx, p->b->db,
                             "SELECT " GT_EVENT_COLUMNS " FROM gt_ledger_event ORDER BY seq", &s)
             : st;
    while (st == GT_OK && more) {
        st = gt_db_step(p->ctx, s, &more);
        if (st == GT_OK && more) {
            gt_event_row row;
            gt_event_read(s, &row);
            st = check_event(p, &row);
        }
        st = st == GT_OK ? gt_check_cancel(p->ctx) : st;
    }
    (void)sqlite3_finalize(s);
    (void)sqlite3_finalize(p->lines);
    gt_hash_hex(p->head, p->out->head);
    return st;
}

/* Lines that no event knows, and records that went while their events stayed. */
static gt_status check_strays(proof *p)
{
    static const char strays[] =
        "SELECT p.seq, coalesce(e.ledger, ''), coalesce(e.record, '') FROM gt_ledger_posting p LEFT"
        " JOIN gt_ledger_event e ON e.seq = p.seq WHERE e.seq IS NULL OR e.postings = '[]' LIMIT 1";
    static const char gone[] =
        "SELECT e.seq, e.ledger, e.record FROM gt_ledger_event e LEFT JOIN gt_ledger_record r ON"
        " r.ledger = e.ledger AND r.id = e.record WHERE e.n = 1 AND r.id IS NULL LIMIT 1";
    const char *const questions[] = {strays, gone};
    const gt_message *const messages[] = {&GT_MSG_POSTING_CHANGED, &GT_MSG_RECORD_CHANGED};
    gt_status st = GT_OK;
    for (int i = 0; i < 2 && st == GT_OK; i++) {
        sqlite3_stmt *s = NULL;
        bool row = false;
        st = gt_db_prepare(p->ctx, p->b->db, questions[i], &s);
        st = st == GT_OK ? gt_db_step(p->ctx, s, &row) : st;
        if (st == GT_OK && row) {
            const gt_event e = {.seq = sqlite3_column_int64(s, 0),
                                .ledger = gt_column_text(s, 1),
                                .record = gt_column_text(s, 2)};
            st = wrong(p, messages[i], &e);
        }
        (void)sqlite3_finalize(s);
    }
    return st;
}

static gt_status check_records(proof *p)
{
    sqlite3_stmt *s = NULL;
    bool more = true;
    gt_status st = gt_db_prepare(
        p->ctx, p->b->db,
        "SELECT " GT_ENTRY_COLUMNS ", (SELECT view_hash FROM gt_ledger_event e WHERE e.ledger ="
        " r.ledger AND e.record = r.id ORDER BY e.n DESC LIMIT 1) FROM gt_ledger_record r",
        &s);
    while (st == GT_OK && more) {
        st = gt_db_step(p->ctx, s, &more);
        if (st != GT_OK || !more) {
            break;
        }
        gt_entry r;
        unsigned char digest[GT_HASH_BYTES];
        const unsigned char *want = sqlite3_column_blob(s, 15);
        bool whole = sqlite3_column_bytes(s, 15) == GT_HASH_BYTES;
        gt_entry_read(s, &r);
        gt_entry_digest(&r, digest);
        p->out->n_records++;
        if (!whole || memcmp(digest, want, GT_HASH_BYTES) != 0) {
            const gt_event e = {.ledger = r.ledger, .record = r.id};
            st = wrong(p, &GT_MSG_RECORD_CHANGED, &e);
        }
    }
    (void)sqlite3_finalize(s);
    return st;
}

/* The counts are the records' own. */
static gt_status check_counts(proof *p)
{
    static const char records[] = "SELECT ledger, state, year, closed, generated, count(*) FROM"
                                  " gt_ledger_record GROUP BY 1, 2, 3, 4, 5";
    static const char counts[] =
        "SELECT ledger, state, year, closed, generated, n FROM gt_ledger_count WHERE n <> 0";
    sqlite3_stmt *s = NULL;
    gt_text sql;
    bool row = false;
    gt_text_init(&sql, p->ctx, 0);
    gt_text_printf(&sql,
                   "SELECT * FROM (%s EXCEPT %s) UNION ALL SELECT * FROM (%s EXCEPT %s) LIMIT 1",
                   records, counts, counts, records);
    gt_status st = gt_db_prepare_text(p->ctx, p->b->db, &sql, &s);
    st = st == GT_OK ? gt_db_step(p->ctx, s, &row) : st;
    if (st == GT_OK && row) {
        const char *ledger = gt_column_text(s, 0), *state = gt_column_text(s, 1);
        st = gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_COUNT_CHANGED, GT_PLACE(.layer = ledger),
                     GT_ARGS(GT_TEXT("ledger", ledger), GT_TEXT("state", state),
                             GT_INT("year", sqlite3_column_int(s, 2))));
    }
    (void)sqlite3_finalize(s);
    gt_text_free(&sql);
    return st;
}

gt_status gt_ledger_verify(gt_ctx *ctx, gt_book *b, gt_ledger_proof *out)
{
    proof p = {.ctx = ctx, .b = b, .out = out};
    memset(out, 0, sizeof *out);
    gt_status st = gt_db_exec(ctx, b->db, "BEGIN"); /* one snapshot for all of it */
    if (st != GT_OK) {
        return st;
    }
    st = check_events(&p);
    st = st == GT_OK ? check_strays(&p) : st;
    st = st == GT_OK ? check_records(&p) : st;
    st = st == GT_OK ? check_counts(&p) : st;
    (void)sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    return st;
}
