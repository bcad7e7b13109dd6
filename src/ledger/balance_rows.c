/* Which rows a figure of a balance is made of, so that a condition that fails names them: the lines
 * of the account behind in- and outflow, the records behind each sum. */
#include "ledger/balance_rows.h"

#include <stdlib.h>
#include <string.h>

enum { OPENING = 0, INFLOW, OUTFLOW, CLOSING }; /* of gt_balance.names */

typedef struct rows {
    const gt_rows_ask *ask;
    const gt_ledger_sum *sum;
    gt_balance_row *list;
    size_t n, cap;
    int64_t all;
    size_t first; /* of the figure at hand */
} rows;

/* What the lines are asked for. */
typedef struct lines_of {
    bool in, out, before; /* also those of earlier years */
} lines_of;

static gt_status add(rows *r, const gt_balance_row *row)
{
    void *block = r->list;
    gt_status st = gt_grow(r->ask->ctx, &block, &r->cap, r->n + 1, sizeof *r->list);
    r->list = block;
    if (st != GT_OK) {
        return st;
    }
    gt_balance_row *to = &r->list[r->n++];
    *to = *row;
    to->ledger = gt_arena_strdup(r->ask->arena, row->ledger);
    to->record = gt_arena_strdup(r->ask->arena, row->record);
    to->unit = gt_arena_strdup(r->ask->arena, row->unit);
    return to->ledger == NULL || to->record == NULL || to->unit == NULL ? GT_E_MEMORY : GT_OK;
}

/* Largest first; then by ledger and record. */
static int row_order(const void *a, const void *b)
{
    const gt_balance_row *p = a, *q = b;
    int64_t x = p->quanta < 0 ? -p->quanta : p->quanta, y = q->quanta < 0 ? -q->quanta : q->quanta;
    if (x != y) {
        return x > y ? -1 : 1;
    }
    int told = strcmp(p->ledger, q->ledger);
    told = told != 0 ? told : strcmp(p->record, q->record);
    return told != 0 ? told : (p->quanta < q->quanta) - (p->quanta > q->quanta);
}

static gt_status add_part(void *user, const gt_sum_part *part)
{
    rows *r = user;
    const gt_balance_row row = {.ledger = part->ledger,
                                .record = part->record,
                                .unit = part->unit,
                                .sum = r->sum,
                                .quanta = part->quanta};
    r->all++;
    gt_status st = add(r, &row);
    if (r->n - r->first >= 2 * GT_BALANCE_ROWS) { /* keep the larger half */
        qsort(r->list + r->first, r->n - r->first, sizeof *r->list, row_order);
        r->n = r->first + GT_BALANCE_ROWS;
    }
    return st;
}

static void end_figure(rows *r)
{
    size_t n = r->n - r->first;
    if (n > 1) {
        qsort(r->list + r->first, n, sizeof *r->list, row_order);
    }
    r->n = r->first + (n < GT_BALANCE_ROWS ? n : GT_BALANCE_ROWS);
    r->first = r->n;
}

static gt_status rows_of_sum(rows *r, size_t at, const char *unit)
{
    const gt_book_cut cut = {.date = GT_DATE_NONE, .year = r->ask->year};
    bool known = false;
    r->sum = &r->ask->balance->sums[at];
    const gt_sum_ask what = {.sum = r->sum,
                             .sql = r->ask->sql,
                             .unit = *unit == '\0' ? NULL : unit,
                             .fn = add_part,
                             .user = r};
    gt_status st = gt_ledger_sum_each(r->ask->ctx, r->ask->book, &what, &cut, &known);
    end_figure(r);
    return st;
}

static gt_status rows_of_lines(rows *r, const lines_of *which, const char *unit)
{
    const gt_rows_ask *a = r->ask;
    sqlite3_stmt *s = NULL;
    bool more = true;
    r->sum = NULL;
    gt_status st = gt_db_prepare(
        a->ctx, a->book->db,
        "SELECT e.ledger, e.record, p.unit, p.amount FROM gt_ledger_posting p JOIN gt_ledger_event"
        " e ON e.seq = p.seq WHERE p.balance = ?1 AND p.account = ?2 AND p.year <= ?3 AND"
        " (?4 OR p.year = ?3) AND (?5 = '' OR p.unit = ?5) AND ((p.amount > 0 AND ?6) OR"
        " (p.amount < 0 AND ?7))",
        &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, a->balance->id);
        gt_bind_text(s, 2, a->balance->account);
        (void)sqlite3_bind_int(s, 3, a->year);
        (void)sqlite3_bind_int(s, 4, which->before);
        gt_bind_text(s, 5, unit);
        (void)sqlite3_bind_int(s, 6, which->in);
        (void)sqlite3_bind_int(s, 7, which->out);
    }
    while (st == GT_OK && more) {
        st = gt_db_step(a->ctx, s, &more);
        if (st == GT_OK && more) {
            const gt_sum_part part = {.ledger = gt_column_text(s, 0),
                                      .record = gt_column_text(s, 1),
                                      .unit = gt_column_text(s, 2),
                                      .quanta = sqlite3_column_int64(s, 3)};
            st = add_part(r, &part);
        }
    }
    (void)sqlite3_finalize(s);
    end_figure(r);
    return st;
}

static lines_of lines_of_test(gt_balance_test test)
{
    lines_of l = {.in = true, .out = true};
    switch (test) {
    case GT_BALANCE_CUM_COVERS:
    case GT_BALANCE_NOT_NEGATIVE:
        l.before = true;
        break;
    case GT_BALANCE_OPEN:
    case GT_BALANCE_IN_COVERS:
    case GT_BALANCE_OUT_COVERS:
        break;
    }
    return l;
}

static gt_status rows_of_must(rows *r, const gt_expr *must, const char *unit)
{
    size_t n = 0;
    const size_t *used = gt_expr_used(must, &n);
    lines_of l = {0};
    gt_status st = GT_OK;
    for (size_t i = 0; i < n; i++) {
        bool both = used[i] == OPENING || used[i] == CLOSING;
        l.in = l.in || both || used[i] == INFLOW;
        l.out = l.out || both || used[i] == OUTFLOW;
        l.before = l.before || both;
    }
    if (l.in || l.out) {
        st = rows_of_lines(r, &l, unit);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (used[i] >= GT_BALANCE_FIXED) {
            st = rows_of_sum(r, used[i] - GT_BALANCE_FIXED, unit);
        }
    }
    return st;
}

gt_status gt_balance_name_rows(const gt_rows_ask *ask, const gt_expr *must,
                               gt_balance_broken *broken)
{
    rows r = {.ask = ask};
    const lines_of l = lines_of_test(ask->balance->test);
    gt_status st =
        must == NULL ? rows_of_lines(&r, &l, broken->unit) : rows_of_must(&r, must, broken->unit);
    gt_balance_row *kept = st == GT_OK ? gt_arena_alloc(ask->arena, r.n + 1, sizeof *kept) : NULL;
    if (st == GT_OK && kept == NULL) {
        st = GT_E_MEMORY;
    }
    if (st == GT_OK && r.n > 0) {
        memcpy(kept, r.list, r.n * sizeof *kept);
    }
    broken->rows = kept;
    broken->n_rows = st == GT_OK ? r.n : 0;
    broken->n_all = r.all;
    gt_free(ask->ctx, r.list);
    return st;
}
