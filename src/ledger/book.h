/* Inside of the books: tables, transactions, the journal. Tables in onemap.gpkg:
 *
 *   gt_ledger_event    the journal: one row an action, numbered, hash-linked, never changed
 *   gt_ledger_record   the present state of each record; its digest stands in its newest event
 *   gt_ledger_posting  lines of the accounts, two for each posting; their text stands in the event
 *   gt_ledger_count    how many records of each ledger, state, year
 *   gt_ledger_counter  last number given, by ledger and prefix
 *   ledger_record, ledger_event, balance_row   views for others (docs/reference/ledger-sql.md)
 *
 * hash = BLAKE2b-256(parent, seq, ledger, record, n, time, date, actor, action, from, to, body,
 * postings, digest of the record's row after the event). */
#ifndef GT_LEDGER_BOOK_H
#define GT_LEDGER_BOOK_H

#include <sqlite3.h>

#include "guotu/ledger.h"
#include "store/db.h"

#define GT_ACTORS "@actors"
#define GT_GRANTS "@grants"

struct gt_book {
    gt_ctx *ctx; /* of open; owns the memory */
    gt_store *store;
    sqlite3 *db;
    bool borrowed; /* the store's reader */
    bool write, in_action;
    int64_t seq; /* of the newest event, while in an action */
    unsigned char head[GT_HASH_BYTES];
};

typedef struct gt_posted { /* one line of an account */
    const char *balance, *unit, *account, *quality;
    int year;
    int64_t amount; /* hundredths of m2; the lines of one event sum to 0 */
} gt_posted;

typedef struct gt_action {
    gt_entry after; /* the record as it is to be; version = number of the event in the record */
    const char *ledger, *actor, *action, *from, *to;
    const char *body; /* JSON object: what changed */
    gt_date date;
    const gt_posted *posted;
    size_t n_posted;
} gt_action;

/* Takes the write lock and reads the head of the chain. GT_E_CONFLICT "store.busy" after 5 s. */
gt_status gt_book_begin(gt_ctx *ctx, gt_book *book) GT_CHECKED;
/* Commits when st is GT_OK, else rolls back; returns the worse status. */
gt_status gt_book_end(gt_ctx *ctx, gt_book *book, gt_status st) GT_CHECKED;
/* Writes record, postings and event. Between begin and end. */
gt_status gt_book_append(gt_ctx *ctx, gt_book *book, const gt_action *action) GT_CHECKED;
/* The record, texts in the arena; *found = false when there is none. */
gt_status gt_book_find(gt_ctx *ctx, gt_book *book, const char *ledger, const char *id,
                       gt_arena *arena, gt_entry *out, bool *found) GT_CHECKED;

#define GT_ENTRY_COLUMNS                                                                           \
    "ledger, id, version, state, closed, unit, body, year, due, opened, changed, generated, area," \
    " fields, geom"
/* Reads a row of GT_ENTRY_COLUMNS; everything borrowed from the statement. */
void gt_entry_read(sqlite3_stmt *stmt, gt_entry *out);
void gt_entry_digest(const gt_entry *record, unsigned char out[GT_HASH_BYTES]);
/* Copies what is borrowed into the arena. */
gt_status gt_entry_keep(gt_arena *arena, gt_entry *record) GT_CHECKED;

typedef struct gt_event_row { /* what the hash of an event covers, with it */
    gt_event event;
    const char *postings;
    const unsigned char *digest, *parent, *hash; /* NULL when the blob is not 32 bytes */
} gt_event_row;
#define GT_EVENT_COLUMNS                                                                           \
    "seq, ledger, record, n, time_ms, date, actor, action, from_state, to_state, body, postings,"  \
    " view_hash, parent_hash, hash"
void gt_event_read(sqlite3_stmt *stmt, gt_event_row *out);
void gt_event_hash(const gt_event_row *row, unsigned char out[GT_HASH_BYTES]);
/* A line as it stands in the event. */
void gt_posting_text(const gt_posted *line, gt_text *out);

/* 1 to 64 bytes of UTF-8, no '/', no control characters, no '@' in front. */
bool gt_ledger_id_ok(const char *id);
void gt_bind_text(sqlite3_stmt *stmt, int at, const char *text); /* NULL binds NULL; borrowed */
/* Column as text, "" for NULL. */
const char *gt_column_text(sqlite3_stmt *stmt, int at);
/* Member of a JSON object as text into the arena; *out = NULL when absent or null. */
gt_status gt_json_get(gt_ctx *ctx, gt_book *book, const char *json, const char *name,
                      gt_arena *arena, const char **out) GT_CHECKED;

#endif
