/* Ledgers: located records with a lifecycle, evidence, duties and accounts, as the package declares
 * them (gt_ledger in package.h).
 *
 * Every action (add, set, a move, attach) is one transaction: it writes an event into a journal
 * that only grows and is hash-linked over all ledgers, and the record's present state beside it.
 * Each event holds the digest of the record as it left it, so that a change behind the ledger's
 * back is found whether it is made in an event, a record, an account line or an attachment.
 * After kill -9 an action is there as a whole or not at all.
 *
 * Others read by SQL from three views of onemap.gpkg (docs/reference/ledger-sql.md):
 * ledger_record, ledger_event, balance_row. */
#ifndef GUOTU_LEDGER_H
#define GUOTU_LEDGER_H

#include "guotu/actor.h"
#include "guotu/expr.h"
#include "guotu/package.h"

typedef struct gt_entry {
    const char *ledger, *id;
    int64_t version; /* 1 for the first event, ascending */
    const char *state;
    bool closed;      /* in a final state */
    const char *unit; /* name of its unit, "*" for the whole territory */
    const char *body; /* responsible body: an actor's id, "" when none */
    int year;         /* of a rolling yearly list; 0 = none */
    gt_date due;      /* end of the term of its state, GT_DATE_NONE when there is none */
    gt_date opened, changed;
    bool generated; /* made by `synth`: not a real record */
    bool has_area;
    int64_t area;        /* hundredths of m2: survey area of the place */
    const char *fields;  /* JSON object */
    const uint8_t *blob; /* GeoPackage geometry in the working CRS, NULL without a place */
    size_t blob_len;
} gt_entry;

typedef struct gt_event {
    int64_t seq; /* over all ledgers */
    const char *ledger, *record;
    int64_t n; /* within the record */
    int64_t time_ms;
    gt_date date; /* the day it is dated */
    const char *actor, *action;
    const char *from, *to; /* states; "" when the event has none */
    const char *body;      /* JSON object: what changed */
} gt_event;

/* How every action is made. */
typedef struct gt_act {
    size_t size;
    const char *actor;
    gt_date date;   /* GT_DATE_NONE: today */
    int64_t expect; /* version the caller has seen: GT_E_CONFLICT when another is there; 0 = any */
    const char *reason; /* goes into the event, or NULL */
} gt_act;
void gt_act_init(gt_act *act, const char *actor);

typedef struct gt_field_text {
    const char *name, *value; /* value "" clears */
} gt_field_text;

/* What a new record holds, or what of a record is to be changed (members NULL stay). */
typedef struct gt_entry_set {
    size_t size;
    const char *id;   /* add only; NULL: numbered as the ledger declares */
    const char *unit; /* NULL on add: the unit layer's feature that holds most of the place */
    const char *body;
    const gt_field_text *fields;
    size_t n_fields;
    const gt_geom *place; /* in the working CRS, valid; or NULL */
    bool generated;
} gt_entry_set;
void gt_entry_set_init(gt_entry_set *set);

/* The declared ledger of that id. GT_E_NOT_FOUND with the nearest name. */
gt_status gt_ledger_find(gt_ctx *ctx, const gt_package *package, const char *id,
                         const gt_ledger **out) GT_CHECKED;

/* Adds a record in the ledger's first state. GT_E_INPUT: a field that is unknown, missing, of the
 * wrong type, out of range or not in its code list, a place of the wrong kind; GT_E_CONFLICT: an id
 * that exists; GT_E_USAGE "ledger.may-not". *id (may be NULL) is the new record's, in arena. */
gt_status gt_ledger_add(gt_ctx *ctx, gt_book *book, const gt_package *package,
                        const gt_ledger *ledger, const gt_act *act, const gt_entry_set *set,
                        gt_arena *arena, const char **id) GT_CHECKED;
/* Changes fields, unit, body or place of a record that is not closed. */
gt_status gt_ledger_set(gt_ctx *ctx, gt_book *book, const gt_package *package,
                        const gt_ledger *ledger, const gt_act *act, const char *id,
                        const gt_entry_set *set) GT_CHECKED;
/* Makes a declared move: right state, role, evidence, condition and rules, all of them, or an error
 * that names what is missing. A record that another has moved meanwhile is GT_E_CONFLICT
 * "ledger.moved" naming who and when. Rules are checked on the record's place. */
gt_status gt_ledger_move(gt_ctx *ctx, gt_book *book, const gt_package *package,
                         const gt_ledger *ledger, const gt_act *act, const char *id,
                         const char *move) GT_CHECKED;
/* Stores a copy of the file under its content hash (WORKSPACE/attachments/ab/HASH) and notes it in
 * the record as evidence of a kind. GT_E_ENV when it cannot be read or kept; at most 1 GiB. */
gt_status gt_ledger_attach(gt_ctx *ctx, gt_book *book, const gt_ledger *ledger, const gt_act *act,
                           const char *id, const char *path, const char *kind) GT_CHECKED;
/* Carries every open record of year `from` over to year `to`; *n: how many. One action each; what
 * was carried before a crash stays, a second call does the rest. */
gt_status gt_ledger_roll(gt_ctx *ctx, gt_book *book, const gt_ledger *ledger, const gt_act *act,
                         int from, int to, int64_t *n) GT_CHECKED;

/* ---- reading --------------------------------------------------------------------------------- */

/* Texts in arena. GT_E_NOT_FOUND "ledger.no-record". */
gt_status gt_ledger_get(gt_ctx *ctx, gt_book *book, const char *ledger, const char *id,
                        gt_arena *arena, gt_entry *out) GT_CHECKED;

typedef struct gt_entry_query {
    size_t size;
    const char *ledger;       /* NULL: all declared ledgers, for tasks */
    const char *state, *unit; /* NULL: any */
    int year;                 /* 0: any */
    gt_date overdue_on;       /* only open records due before that day; GT_DATE_NONE: all */
    bool open_only;
    const char *after; /* id after which the page begins (keyset), NULL: at the start */
    size_t limit;      /* 0: 100 */
} gt_entry_query;
void gt_entry_query_init(gt_entry_query *query, const char *ledger);
typedef bool (*gt_entry_fn)(void *user, const gt_entry *record);
/* Records by id; false stops. Cost: by the page, not by the ledger. */
gt_status gt_ledger_each(gt_ctx *ctx, gt_book *book, const gt_entry_query *query, gt_entry_fn fn,
                         void *user) GT_CHECKED;
/* How many records match the query; `after` and `limit` are left aside. Of a ledger, its states,
 * years and what is open the books keep counts: 20 us whatever the size. With a unit or a day they
 * are counted in an index. */
gt_status gt_entry_count(gt_ctx *ctx, gt_book *book, const gt_entry_query *query,
                         int64_t *n) GT_CHECKED;
/* Of these the generated ones; query as above, by the kept counts only (unit and overdue_on left
 * aside). */
gt_status gt_entry_count_generated(gt_ctx *ctx, gt_book *book, const gt_entry_query *query,
                                   int64_t *n) GT_CHECKED;
typedef bool (*gt_event_fn)(void *user, const gt_event *event);
/* Events of one record (record not NULL), of a ledger, or of all (ledger NULL), after event number
 * `after`, in order; limit 0: 100. */
gt_status gt_event_each(gt_ctx *ctx, gt_book *book, const char *ledger, const char *record,
                        int64_t after, size_t limit, gt_event_fn fn, void *user) GT_CHECKED;

/* ---- proof ----------------------------------------------------------------------------------- */

typedef struct gt_ledger_proof {
    int64_t n_events, n_records, n_postings, n_attachments;
    char head[GT_HASH_HEX]; /* of the newest event; note it elsewhere to notice a cut-off end */
} gt_ledger_proof;
/* Recomputes everything. GT_E_INPUT names the first event ("ledger.event-changed",
 * "ledger.event-missing"), record ("ledger.record-changed"), account line
 * ("ledger.posting-changed") or attachment ("ledger.attachment-changed", "-missing") that does not
 * agree. 2 us an event. */
gt_status gt_ledger_verify(gt_ctx *ctx, gt_book *book, gt_ledger_proof *out) GT_CHECKED;

/* ---- accounts -------------------------------------------------------------------------------- */

typedef struct gt_balance_line { /* one unit, one year; hundredths of m2 */
    const char *unit;
    int64_t opening, in, out, closing; /* opening: everything before the year */
    int64_t rows;
} gt_balance_line;

typedef enum gt_balance_fault_kind {
    GT_FAULT_SUM = 0, /* the lines of an event do not sum to 0 */
    GT_FAULT_AMOUNT,  /* the record now states another amount than was posted */
    GT_FAULT_PLACE,   /* more is posted than the place holds */
    GT_FAULT_STATED   /* the stated closing figure is another than opening + in - out */
} gt_balance_fault_kind;
typedef struct gt_balance_fault {
    gt_balance_fault_kind kind;
    const char *ledger, *record, *unit;
    int64_t posted, found; /* hundredths of m2 */
} gt_balance_fault;

/* A condition of the balance that does not hold, or cannot be decided: a sum it reads is not known.
 */
typedef struct gt_balance_row { /* what a figure is made of: a line of the account, or a record */
    const char *ledger, *record, *unit;
    const gt_ledger_sum *sum; /* whose part it is; NULL: of inflow (quanta > 0) or outflow */
    int64_t quanta;           /* never 0; of lines and areas hundredths of m2 */
} gt_balance_row;
typedef struct gt_balance_broken {
    const gt_balance_must *must; /* NULL: the balance's own test */
    const char *unit;            /* "" for the whole territory */
    bool open;                   /* undecidable, not broken */
    const gt_balance_row *rows;  /* behind the figures that the condition reads: of each, the */
    size_t n_rows;               /* largest first, GT_BALANCE_ROWS at the most */
    int64_t n_all;               /* how many there are */
} gt_balance_broken;
enum { GT_BALANCE_ROWS = 50 };

typedef struct gt_balance_result {
    const gt_balance *balance; /* borrowed from the package */
    const gt_balance_line *lines;
    size_t n_lines;
    const gt_balance_fault *faults; /* empty: the account closes */
    size_t n_faults;
    gt_balance_line total;
    bool met;                /* nothing is broken: test and conditions hold for every unit */
    const char *broken_unit; /* the first where its own test does not hold, or NULL */
    const gt_balance_broken *broken; /* every test or condition that does not hold or is open */
    size_t n_broken;
} gt_balance_result;

/* The account of a year, by unit. Everything in arena. GT_E_NOT_FOUND for a balance that no ledger
 * declares. */
gt_status gt_balance_of(gt_ctx *ctx, gt_book *book, const gt_package *package, const char *name,
                        int year, gt_arena *arena, gt_balance_result *out) GT_CHECKED;

/* ---- sums for indicators ----------------------------------------------------------------------
 */

/* A state of the books, asked for a year. Of a record everything before its first event that does
 * not fit is taken, so that a record is never seen with a hole. */
typedef struct gt_book_cut {
    gt_date date;    /* events dated until this day; GT_DATE_NONE: all */
    int64_t time_ms; /* and written until then (UTC); 0: all */
    int year;        /* `asked_year` of the condition, whose as_of is the last day of that year */
} gt_book_cut;

/* A record's or line's part in a sum, or what an event moved it by. All borrowed for the call. */
typedef struct gt_sum_part {
    const char *ledger, *record, *unit; /* the unit as it stands after the event */
    const char *from, *to;              /* states around the event; the same when there is none */
    int64_t seq;                        /* the event; 0: none, only the year is another */
    int64_t quanta;                     /* never 0; sum->is_area: hundredths of m2 */
} gt_sum_part;
typedef gt_status (*gt_sum_fn)(void *user, const gt_sum_part *part);

typedef struct gt_sum_ask {
    const gt_ledger_sum *sum;
    gt_sql *sql;      /* evaluates its conditions */
    const char *unit; /* only records of this unit; NULL or "": all, those of the whole territory
                         ("*") too */
    gt_sum_fn fn;     /* its failure ends the call */
    void *user;
} gt_sum_ask;

/* One part for each record of the sum's ledger (in an earlier cut, for each event that moved its
 * value), or line of its account, that counts in this cut. *known = false: there is no record or
 * line at all. GT_E_LIMIT "ledger.sum-large": an amount beyond 9e12. Cost: by the ledger's records
 * (2 us each) for a cut of everything, else by its events. */
gt_status gt_ledger_sum_each(gt_ctx *ctx, gt_book *book, const gt_sum_ask *ask,
                             const gt_book_cut *cut, bool *known) GT_CHECKED;
/* Day of the first event of the sum's ledger, or of the first line of its balance; GT_DATE_NONE:
 * there is none. Cost: by the ledger's events. */
gt_status gt_ledger_sum_first(gt_ctx *ctx, gt_book *book, const gt_ledger_sum *sum,
                              gt_date *out) GT_CHECKED;
/* What brought the sum from one cut to the other, event by event in the order of the records: the
 * parts sum to the difference of the two sums exactly. What is undone on the way back counts the
 * other way round. Cost: 4 us an event of the ledger. */
gt_status gt_ledger_sum_moves(gt_ctx *ctx, gt_book *book, const gt_sum_ask *ask,
                              const gt_book_cut *from, const gt_book_cut *to) GT_CHECKED;
/* Base units (m2, records, ...) of whole quanta. Cannot fail. */
double gt_ledger_sum_value(const gt_ledger_sum *sum, int64_t quanta);

#endif
