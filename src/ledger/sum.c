/* Sums of records and of account lines for the formulas of indicators, and what moved them. The
 * present is read from the records; an earlier state is played again from the journal, where add
 * and set hold all fields, move the state, roll the year. Whole quanta throughout: what an event
 * does is the record's value after it less its value before, so that the parts of a movement sum to
 * the difference exactly. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ledger/fields.h"
#include "ledger/messages.h"

#define QUANTUM 1e-6 /* of what is no area */
enum { N_OWN = 6, N_LINE = 5 };
static const double most_amount = 9e12; /* quanta of one part stay below 2^63 / 1000 */

typedef struct asked { /* what conditions see of the cut */
    int year;
    char day[GT_DATE_TEXT];
} asked;

typedef struct adder {
    gt_ctx *ctx;
    gt_book *b;
    const gt_ledger_sum *sum;
    const char *unit; /* NULL: any */
    gt_expr *where;
    gt_arena *arena; /* of one record */
    gt_value *values;
    gt_sum_fn fn;
    void *user;
} adder;

/* A record while its events are played. */
typedef struct player {
    gt_entry now;
    sqlite3_stmt *fields, *facts;
    bool in_from, in_to; /* every event so far lies in that cut */
    bool known;
    int64_t from_then, from_now; /* value in `from`, asked for the year of from and of to */
    int64_t value;               /* after the newest event, asked for the year of `to` */
} player;

double gt_ledger_sum_value(const gt_ledger_sum *sum, int64_t quanta)
{
    return sum->kind == GT_SUM_COUNT ? (double)quanta
           : sum->is_area            ? (double)quanta / 100
                                     : (double)quanta * QUANTUM;
}

static void ask(const gt_book_cut *cut, asked *out)
{
    out->year = cut->year;
    gt_date_format(gt_date_from_ymd(cut->year < 1 ? 1 : cut->year, 12, 31), out->day);
}

static gt_value text_value(const char *text)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
}

static gt_value int_value(int64_t x)
{
    return (gt_value){.kind = GT_VAL_INT, .integer = x};
}

static gt_status open_adder(adder *a, gt_sql *sql)
{
    const gt_ledger_sum *s = a->sum;
    gt_status st = gt_arena_new(a->ctx, 16384, &a->arena);
    a->values = gt_zalloc(a->ctx, s->n_names + 1, sizeof *a->values);
    st = st == GT_OK && a->values == NULL ? GT_E_MEMORY : st;
    return st == GT_OK && s->where != NULL
               ? gt_expr_compile(a->ctx, sql, s->where, s->names, s->n_names, GT_NOWHERE, &a->where)
               : st;
}

static void close_adder(adder *a)
{
    gt_free(a->ctx, a->values);
    gt_arena_free(a->arena);
}

static gt_status counts(adder *a, bool *yes)
{
    gt_truth truth = GT_TRUE;
    gt_status st = a->where == NULL ? GT_OK : gt_expr_test(a->ctx, a->where, a->values, &truth);
    *yes = truth == GT_TRUE;
    return st;
}

static bool of_unit(const adder *a, const char *unit)
{
    return a->unit == NULL || strcmp(a->unit, unit) == 0;
}

/* ---- records ----------------------------------------------------------------------------------
 */

static gt_status amount_of(const adder *a, const gt_entry *r, int64_t *out)
{
    const gt_ledger_sum *s = a->sum;
    if (s->kind == GT_SUM_COUNT) {
        *out = 1;
        return GT_OK;
    }
    if (s->kind == GT_SUM_PLACE) {
        *out = r->has_area ? r->area : 0;
        return GT_OK;
    }
    const gt_value *v = &a->values[s->field];
    double x = v->kind == GT_VAL_INT ? (double)v->integer : v->kind == GT_VAL_REAL ? v->real : 0;
    x *= s->unit_base;
    if (fabs(x) > most_amount) {
        return gt_fail(a->ctx, GT_E_LIMIT, &GT_MSG_SUM_LARGE,
                       GT_PLACE(.layer = r->ledger, .feature = r->id),
                       GT_ARGS(GT_TEXT("ledger", r->ledger), GT_TEXT("record", r->id)));
    }
    *out = llround(s->is_area ? x * 100 : x / QUANTUM);
    return GT_OK;
}

/* The fields stand in a->values already. */
static gt_status value_of(adder *a, const gt_entry *r, const asked *q, int64_t *out)
{
    gt_value *own = &a->values[a->sum->ledger->n_fields];
    bool yes = false;
    *out = 0;
    if (!of_unit(a, r->unit)) {
        return GT_OK;
    }
    own[0] = text_value(r->state);
    own[1] = text_value(r->unit);
    own[2] = text_value(r->body);
    own[3] = r->has_area ? (gt_value){.kind = GT_VAL_REAL, .real = (double)r->area / 100}
                         : (gt_value){.kind = GT_NULL};
    own[4] = text_value(q->day);
    own[5] = int_value(r->version);
    own[N_OWN] = int_value(q->year);
    gt_status st = counts(a, &yes);
    return st == GT_OK && yes ? amount_of(a, r, out) : st;
}

static gt_status give(const adder *a, const gt_entry *r, const gt_event *e, int64_t quanta)
{
    const gt_sum_part part = {.ledger = a->sum->ledger->id,
                              .record = r->id,
                              .unit = r->unit,
                              .from = e == NULL ? r->state : e->from,
                              .to = e == NULL ? r->state : e->to,
                              .seq = e == NULL ? 0 : e->seq,
                              .quanta = quanta};
    return quanta == 0 ? GT_OK : a->fn(a->user, &part);
}

static gt_status each_present(adder *a, const gt_book_cut *cut, bool *known)
{
    sqlite3_stmt *s = NULL, *fields = NULL;
    asked q;
    bool more = true;
    ask(cut, &q);
    gt_status st = gt_db_prepare(
        a->ctx, a->b->db,
        "SELECT ledger, id, version, state, closed, unit, body, year, due, opened, changed,"
        " generated, area, fields, NULL FROM gt_ledger_record WHERE ledger = ?1 ORDER BY id",
        &s);
    st = st == GT_OK
             ? gt_db_prepare(a->ctx, a->b->db, "SELECT key, value FROM json_each(?1)", &fields)
             : st;
    if (st == GT_OK) {
        gt_bind_text(s, 1, a->sum->ledger->id);
    }
    while (st == GT_OK && more) {
        st = gt_db_step(a->ctx, s, &more);
        if (st != GT_OK || !more) {
            break;
        }
        gt_entry r;
        int64_t value = 0;
        *known = true;
        gt_arena_reset(a->arena);
        gt_entry_read(s, &r);
        st = gt_check_cancel(a->ctx);
        st = st == GT_OK
                 ? gt_fields_scan(a->ctx, fields, a->sum->ledger, r.fields, a->arena, a->values)
                 : st;
        st = st == GT_OK ? value_of(a, &r, &q, &value) : st;
        st = st == GT_OK ? give(a, &r, NULL, value) : st;
    }
    (void)sqlite3_finalize(fields);
    (void)sqlite3_finalize(s);
    return st;
}

/* ---- playing the journal ----------------------------------------------------------------------
 */

static gt_status keep(const adder *a, const char *text, const char **out)
{
    *out = gt_arena_strdup(a->arena, text);
    return *out == NULL ? GT_E_MEMORY : GT_OK;
}

/* add and set: all fields, unit, body, and the area when a place was given. */
static gt_status play_facts(adder *a, player *p, const char *body)
{
    bool row = false;
    gt_status st = gt_fields_scan(a->ctx, p->fields, a->sum->ledger, body, a->arena, a->values);
    if (st == GT_OK) {
        gt_bind_text(p->facts, 1, body);
        st = gt_db_step(a->ctx, p->facts, &row);
    }
    if (st == GT_OK && row) {
        st = keep(a, gt_column_text(p->facts, 0), &p->now.unit);
        st = st == GT_OK ? keep(a, gt_column_text(p->facts, 1), &p->now.body) : st;
        if (sqlite3_column_type(p->facts, 2) != SQLITE_NULL) {
            p->now.has_area = true;
            p->now.area = llround(sqlite3_column_double(p->facts, 2) * 100);
        }
    }
    (void)sqlite3_reset(p->facts);
    return st;
}

static gt_status play_year(adder *a, player *p, const char *body)
{
    const gt_ledger *l = a->sum->ledger;
    size_t at = gt_fields_index(l, l->year_field);
    bool row = false;
    gt_bind_text(p->facts, 1, body);
    gt_status st = gt_db_step(a->ctx, p->facts, &row);
    if (st == GT_OK && row && at != SIZE_MAX) {
        a->values[at] = int_value(sqlite3_column_int64(p->facts, 3));
    }
    (void)sqlite3_reset(p->facts);
    return st;
}

static gt_status play(adder *a, player *p, const gt_event *e)
{
    p->now.version = e->n;
    gt_status st = keep(a, e->to, &p->now.state);
    if (st == GT_OK && (strcmp(e->action, "add") == 0 || strcmp(e->action, "set") == 0)) {
        return play_facts(a, p, e->body);
    }
    return st == GT_OK && strcmp(e->action, "roll") == 0 ? play_year(a, p, e->body) : st;
}

static bool lies_in(const gt_book_cut *cut, gt_date date, int64_t time_ms)
{
    return (cut->date == GT_DATE_NONE || date <= cut->date) &&
           (cut->time_ms == 0 || time_ms <= cut->time_ms);
}

typedef struct travel {
    const gt_book_cut *from, *to;
    asked q_from, q_to;
} travel;

static gt_status start_record(adder *a, player *p, const char *id)
{
    gt_arena_reset(a->arena);
    memset(a->values, 0, a->sum->n_names * sizeof *a->values);
    p->now = (gt_entry){
        .ledger = a->sum->ledger->id, .state = "", .unit = "", .body = "", .fields = "{}"};
    p->in_from = p->in_to = true;
    p->from_then = p->from_now = p->value = 0;
    return keep(a, id, &p->now.id);
}

/* What stood in `from` may count otherwise in another year. */
static gt_status end_record(const adder *a, const player *p)
{
    return p->now.id == NULL ? GT_OK : give(a, &p->now, NULL, p->from_now - p->from_then);
}

static gt_status take_event(adder *a, player *p, const travel *t, const gt_event *e)
{
    p->in_from = p->in_from && lies_in(t->from, e->date, e->time_ms);
    p->in_to = p->in_to && lies_in(t->to, e->date, e->time_ms);
    if (!p->in_from && !p->in_to) {
        return GT_OK;
    }
    p->known = true;
    int64_t before = p->value;
    gt_status st = play(a, p, e);
    st = st == GT_OK ? value_of(a, &p->now, &t->q_to, &p->value) : st;
    if (st == GT_OK && p->in_from) {
        p->from_now = p->value;
        p->from_then = p->value;
        if (t->from->year != t->to->year) {
            st = value_of(a, &p->now, &t->q_from, &p->from_then);
        }
    }
    if (st == GT_OK && p->in_from != p->in_to) {
        st = give(a, &p->now, e, p->in_to ? p->value - before : before - p->value);
    }
    return st;
}

static gt_status open_player(const adder *a, player *p)
{
    gt_status st = gt_db_prepare(a->ctx, a->b->db,
                                 "SELECT key, value FROM json_each(?1, '$.fields')", &p->fields);
    return st == GT_OK
               ? gt_db_prepare(a->ctx, a->b->db,
                               "SELECT json_extract(?1, '$.unit'), json_extract(?1, '$.body'),"
                               " json_extract(?1, '$.area_m2'), json_extract(?1, '$.year[1]')",
                               &p->facts)
               : st;
}

static gt_status travel_records(adder *a, const travel *t, bool *known)
{
    sqlite3_stmt *s = NULL;
    player p = {0};
    bool more = true;
    gt_status st = open_player(a, &p);
    st = st == GT_OK ? gt_db_prepare(a->ctx, a->b->db,
                                     "SELECT " GT_EVENT_COLUMNS
                                     " FROM gt_ledger_event WHERE ledger = ?1 ORDER BY record, n",
                                     &s)
                     : st;
    if (st == GT_OK) {
        gt_bind_text(s, 1, a->sum->ledger->id);
    }
    while (st == GT_OK && more) {
        st = gt_db_step(a->ctx, s, &more);
        st = st == GT_OK ? gt_check_cancel(a->ctx) : st;
        if (st != GT_OK || !more) {
            break;
        }
        gt_event_row row;
        gt_event_read(s, &row);
        if (p.now.id == NULL || strcmp(p.now.id, row.event.record) != 0) {
            st = end_record(a, &p);
            st = st == GT_OK ? start_record(a, &p, row.event.record) : st;
        }
        st = st == GT_OK ? take_event(a, &p, t, &row.event) : st;
    }
    st = st == GT_OK ? end_record(a, &p) : st;
    *known = p.known;
    (void)sqlite3_finalize(s);
    (void)sqlite3_finalize(p.fields);
    (void)sqlite3_finalize(p.facts);
    return st;
}

/* ---- lines of an account -----------------------------------------------------------------------
 */

typedef struct line {
    int64_t amount, seq, time_ms;
    int year;
    gt_date date;
    const char *unit, *quality, *ledger, *record, *from, *to;
} line;

static gt_status value_of_line(adder *a, const line *l, int year, int64_t *out)
{
    const gt_ledger_sum *s = a->sum;
    int first = s->from == 0 ? year : s->from;
    bool within = l->year >= first && l->year <= year, yes = false;
    int64_t amount = s->kind == GT_SUM_OPENING   ? (l->year < year ? l->amount : 0)
                     : s->kind == GT_SUM_CLOSING ? (l->year <= year ? l->amount : 0)
                     : s->kind == GT_SUM_IN      ? (within && l->amount > 0 ? l->amount : 0)
                                                 : (within && l->amount < 0 ? -l->amount : 0);
    *out = 0;
    if (amount == 0 || !of_unit(a, l->unit)) {
        return GT_OK;
    }
    const gt_value own[N_LINE] = {text_value(l->unit), text_value(l->quality),
                                  text_value(l->ledger), int_value(l->year), int_value(year)};
    memcpy(a->values, own, sizeof own);
    gt_status st = counts(a, &yes);
    *out = yes ? amount : 0;
    return st;
}

static gt_status take_line(adder *a, const travel *t, const line *l, bool *known)
{
    int64_t before = 0, after = 0;
    bool in_from = lies_in(t->from, l->date, l->time_ms),
         in_to = lies_in(t->to, l->date, l->time_ms);
    gt_status st = in_from ? value_of_line(a, l, t->from->year, &before) : GT_OK;
    st = st == GT_OK && in_to ? value_of_line(a, l, t->to->year, &after) : st;
    const gt_sum_part part = {.ledger = l->ledger,
                              .record = l->record,
                              .unit = l->unit,
                              .from = in_from == in_to ? l->to : l->from,
                              .to = l->to,
                              .seq = in_from == in_to ? 0 : l->seq,
                              .quanta = after - before};
    *known = *known || in_from || in_to;
    return st == GT_OK && part.quanta != 0 ? a->fn(a->user, &part) : st;
}

static gt_status travel_lines(adder *a, const travel *t, bool *known)
{
    sqlite3_stmt *s = NULL;
    bool more = true;
    gt_status st = gt_db_prepare(
        a->ctx, a->b->db,
        "SELECT p.year, p.unit, p.amount, p.quality, e.seq, e.ledger, e.record, e.date, e.time_ms,"
        " e.from_state, e.to_state FROM gt_ledger_posting p CROSS JOIN gt_ledger_event e ON"
        " e.seq = p.seq WHERE p.balance = ?1 AND p.account = ?2 ORDER BY p.seq, p.line",
        &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, a->sum->balance);
        gt_bind_text(s, 2, a->sum->account);
    }
    while (st == GT_OK && more) {
        st = gt_db_step(a->ctx, s, &more);
        st = st == GT_OK ? gt_check_cancel(a->ctx) : st;
        if (st != GT_OK || !more) {
            break;
        }
        const line l = {.year = sqlite3_column_int(s, 0),
                        .unit = gt_column_text(s, 1),
                        .amount = sqlite3_column_int64(s, 2),
                        .quality = gt_column_text(s, 3),
                        .seq = sqlite3_column_int64(s, 4),
                        .ledger = gt_column_text(s, 5),
                        .record = gt_column_text(s, 6),
                        .date = gt_db_column_date(s, 7),
                        .time_ms = sqlite3_column_int64(s, 8),
                        .from = gt_column_text(s, 9),
                        .to = gt_column_text(s, 10)};
        st = take_line(a, t, &l, known);
    }
    (void)sqlite3_finalize(s);
    return st;
}

/* ---- what others call ---------------------------------------------------------------------------
 */

static adder adder_of(gt_ctx *ctx, gt_book *b, const gt_sum_ask *ask)
{
    const bool any = ask->unit == NULL || *ask->unit == '\0';
    return (adder){.ctx = ctx,
                   .b = b,
                   .sum = ask->sum,
                   .unit = any ? NULL : ask->unit,
                   .fn = ask->fn,
                   .user = ask->user};
}

static const gt_book_cut before_all = {.date = GT_DATE_NONE, .time_ms = INT64_MIN, .year = 1};

gt_status gt_ledger_sum_each(gt_ctx *ctx, gt_book *b, const gt_sum_ask *what,
                             const gt_book_cut *cut, bool *known)
{
    adder a = adder_of(ctx, b, what);
    travel t = {.from = &before_all, .to = cut};
    bool all = cut->date == GT_DATE_NONE && cut->time_ms == 0;
    *known = false;
    ask(t.from, &t.q_from);
    ask(cut, &t.q_to);
    gt_status st = open_adder(&a, what->sql);
    if (st == GT_OK && a.sum->ledger != NULL) {
        st = all ? each_present(&a, cut, known) : travel_records(&a, &t, known);
    } else if (st == GT_OK) {
        st = travel_lines(&a, &t, known);
    }
    close_adder(&a);
    return st;
}

gt_status gt_ledger_sum_moves(gt_ctx *ctx, gt_book *b, const gt_sum_ask *what,
                              const gt_book_cut *from, const gt_book_cut *to)
{
    adder a = adder_of(ctx, b, what);
    travel t = {.from = from, .to = to};
    bool known = false;
    ask(from, &t.q_from);
    ask(to, &t.q_to);
    gt_status st = open_adder(&a, what->sql);
    if (st == GT_OK) {
        st = a.sum->ledger != NULL ? travel_records(&a, &t, &known) : travel_lines(&a, &t, &known);
    }
    close_adder(&a);
    return st;
}

gt_status gt_ledger_sum_first(gt_ctx *ctx, gt_book *b, const gt_ledger_sum *sum, gt_date *out)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    *out = GT_DATE_NONE;
    gt_status st = gt_db_prepare(
        ctx, b->db,
        sum->ledger != NULL
            ? "SELECT min(date) FROM gt_ledger_event WHERE ledger = ?1"
            : "SELECT min(e.date) FROM gt_ledger_posting p JOIN gt_ledger_event e ON e.seq = p.seq"
              " WHERE p.balance = ?1",
        &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, sum->ledger != NULL ? sum->ledger->id : sum->balance);
        st = gt_db_step(ctx, s, &row);
    }
    if (st == GT_OK && row) {
        *out = gt_db_column_date(s, 0);
    }
    (void)sqlite3_finalize(s);
    return st;
}
