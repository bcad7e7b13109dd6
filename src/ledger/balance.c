/* Accounts: lines of a year by unit, and what does not agree. Amounts are whole hundredths of m2,
 * so that sums are exact. */
#include <string.h>

#include "ledger/balance_rows.h"
#include "ledger/fields.h"
#include "ledger/messages.h"
#include "plan/problem.h"

typedef struct account {
    gt_ctx *ctx;
    gt_book *b;
    const gt_package *package;
    const char *name;
    int year;
    gt_arena *arena;
    gt_balance_result *out;
    gt_balance_line *lines;
    gt_balance_fault *faults;
    gt_balance_broken *broken;
    size_t cap_lines, cap_faults, cap_broken; /* grown in the arena by doubling */
} account;

static const gt_balance *find(gt_ctx *ctx, const gt_package *p, const char *name)
{
    const char *near = NULL;
    size_t distance = 0;
    for (size_t i = 0; i < gt_package_n_ledgers(p); i++) {
        const gt_ledger *l = gt_package_ledger(p, i);
        for (size_t k = 0; k < l->n_balances; k++) {
            if (strcmp(l->balances[k].id, name) == 0) {
                return &l->balances[k];
            }
            gt_nearest_try(name, l->balances[k].id, &near, &distance);
        }
    }
    (void)gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_NO_BALANCE, GT_NOWHERE,
                  GT_ARGS(GT_TEXT("id", name), GT_TEXT("near", near == NULL ? "-" : near)));
    return NULL;
}

/* Room for one more in the arena. */
static gt_status room(gt_arena *arena, void **items, size_t *cap, size_t n, size_t size)
{
    if (n < *cap) {
        return GT_OK;
    }
    size_t more = *cap == 0 ? 16 : 2 * *cap;
    void *bigger = gt_arena_zalloc(arena, more, size);
    if (bigger == NULL) {
        return GT_E_MEMORY;
    }
    if (n > 0 && *items != NULL) {
        memcpy(bigger, *items, n * size);
    }
    *items = bigger;
    *cap = more;
    return GT_OK;
}

static const char *keep(account *a, const char *text, gt_status *st)
{
    const char *copy = *st == GT_OK ? gt_arena_strdup(a->arena, text) : "";
    *st = copy == NULL ? GT_E_MEMORY : *st;
    return copy;
}

static gt_status fault(account *a, gt_balance_fault_kind kind, const gt_balance_fault *what)
{
    gt_status st =
        room(a->arena, (void **)&a->faults, &a->cap_faults, a->out->n_faults, sizeof *a->faults);
    if (st == GT_OK) {
        gt_balance_fault *f = &a->faults[a->out->n_faults++];
        *f = *what;
        f->kind = kind;
        f->ledger = keep(a, what->ledger, &st);
        f->record = keep(a, what->record, &st);
        f->unit = keep(a, what->unit, &st);
    }
    return st;
}

/* ---- lines ------------------------------------------------------------------------------------
 */

static gt_status read_lines(account *a)
{
    sqlite3_stmt *s = NULL;
    bool more = true;
    gt_balance_line *t = &a->out->total;
    gt_status st = gt_db_prepare(
        a->ctx, a->b->db,
        "SELECT unit, sum(iif(year < ?3, amount, 0)), sum(iif(year = ?3 AND amount > 0, amount, "
        "0)),"
        " sum(iif(year = ?3 AND amount < 0, -amount, 0)), sum(year = ?3),"
        " sum(iif(amount > 0, amount, 0)) - sum(iif(amount < 0, -amount, 0)) FROM gt_ledger_posting"
        " WHERE balance = ?1 AND account = ?2 AND year <= ?3 GROUP BY unit ORDER BY unit",
        &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, a->name);
        gt_bind_text(s, 2, a->out->balance->account);
        (void)sqlite3_bind_int(s, 3, a->year);
    }
    while (st == GT_OK && more) {
        st = gt_db_step(a->ctx, s, &more);
        st = st == GT_OK && more ? room(a->arena, (void **)&a->lines, &a->cap_lines,
                                        a->out->n_lines, sizeof *a->lines)
                                 : st;
        if (st != GT_OK || !more) {
            break;
        }
        gt_balance_line *l = &a->lines[a->out->n_lines++];
        l->unit = keep(a, gt_column_text(s, 0), &st);
        l->opening = sqlite3_column_int64(s, 1);
        l->in = sqlite3_column_int64(s, 2);
        l->out = sqlite3_column_int64(s, 3);
        l->rows = sqlite3_column_int64(s, 4);
        l->closing = l->opening + l->in - l->out;
        t->opening += l->opening;
        t->in += l->in;
        t->out += l->out;
        t->rows += l->rows;
        t->closing += l->closing;
    }
    (void)sqlite3_finalize(s);
    a->out->lines = a->lines;
    return st;
}

/* ---- faults -----------------------------------------------------------------------------------
 */

/* Lines of one event that do not cancel out. */
static gt_status unequal_events(account *a)
{
    sqlite3_stmt *s = NULL;
    bool more = true;
    gt_status st = gt_db_prepare(
        a->ctx, a->b->db,
        "SELECT e.ledger, e.record, p.unit, sum(p.amount) FROM gt_ledger_posting p JOIN"
        " gt_ledger_event e ON e.seq = p.seq WHERE p.balance = ?1 AND p.year = ?2 GROUP BY p.seq"
        " HAVING sum(p.amount) <> 0",
        &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, a->name);
        (void)sqlite3_bind_int(s, 2, a->year);
    }
    while (st == GT_OK && more) {
        st = gt_db_step(a->ctx, s, &more);
        if (st == GT_OK && more) {
            const gt_balance_fault f = {.ledger = gt_column_text(s, 0),
                                        .record = gt_column_text(s, 1),
                                        .unit = gt_column_text(s, 2),
                                        .found = sqlite3_column_int64(s, 3)};
            st = fault(a, GT_FAULT_SUM, &f);
        }
    }
    (void)sqlite3_finalize(s);
    return st;
}

/* What the record states now for this posting; *known = false when it no longer says. */
static gt_status stated_now(account *a, const gt_ledger *l, const gt_ledger_posting *p,
                            const gt_entry *r, int64_t *amount, bool *known)
{
    gt_arena *arena = NULL;
    *amount = r->area;
    *known = r->has_area;
    if (strcmp(p->amount, "place") == 0) {
        return GT_OK;
    }
    size_t at = gt_fields_index(l, p->amount);
    gt_status st = gt_arena_new(a->ctx, 4096, &arena);
    gt_value *values = st == GT_OK ? gt_arena_zalloc(arena, l->n_fields, sizeof *values) : NULL;
    st = st == GT_OK && values == NULL ? GT_E_MEMORY : st;
    st = st == GT_OK ? gt_fields_read(a->ctx, a->b, l, r->fields, arena, values) : st;
    *known = false;
    if (st == GT_OK && at != SIZE_MAX) {
        *amount = gt_fields_amount(l, values, at, known);
    }
    gt_arena_free(arena);
    return st;
}

static gt_status compare(account *a, const gt_ledger *l, const gt_ledger_posting *p,
                         const gt_entry *r, int64_t posted)
{
    gt_balance_fault f = {.ledger = r->ledger, .record = r->id, .unit = r->unit, .posted = posted};
    bool known = false;
    gt_status st = stated_now(a, l, p, r, &f.found, &known);
    if (st == GT_OK && (!known || f.found != posted)) {
        f.found = known ? f.found : 0;
        st = fault(a, GT_FAULT_AMOUNT, &f);
    } else if (st == GT_OK && r->has_area && r->area < posted) {
        f.found = r->area;
        st = fault(a, GT_FAULT_PLACE, &f);
    }
    return st;
}

/* Amounts of one ledger and move, posted and stated now. */
static gt_status changed_records(account *a, const gt_ledger *l, const gt_ledger_posting *p)
{
    sqlite3_stmt *s = NULL;
    bool more = true;
    gt_status st = gt_db_prepare(
        a->ctx, a->b->db,
        "SELECT r.ledger, r.id, r.version, r.state, r.closed, r.unit, r.body, r.year, r.due,"
        " r.opened, r.changed, r.generated, r.area, r.fields, NULL, p.amount FROM gt_ledger_posting"
        " p JOIN gt_ledger_event e ON e.seq = p.seq JOIN gt_ledger_record r ON r.ledger = e.ledger"
        " AND r.id = e.record WHERE p.balance = ?1 AND p.year = ?2 AND p.amount > 0 AND e.ledger ="
        " ?3 AND e.action = ?4 ORDER BY p.seq",
        &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, a->name);
        (void)sqlite3_bind_int(s, 2, a->year);
        gt_bind_text(s, 3, l->id);
        gt_bind_text(s, 4, p->on);
    }
    while (st == GT_OK && more) {
        st = gt_db_step(a->ctx, s, &more);
        if (st == GT_OK && more) {
            gt_entry r;
            gt_entry_read(s, &r);
            st = compare(a, l, p, &r, sqlite3_column_int64(s, 15));
        }
    }
    (void)sqlite3_finalize(s);
    return st;
}

/* Closing figures that somebody stated (fields year, closing; in the unit of the field). */
static gt_status stated_closings(account *a)
{
    const char *id = a->out->balance->stated;
    const gt_ledger *l = id == NULL ? NULL : gt_package_find_ledger(a->package, id);
    size_t at = l == NULL ? SIZE_MAX : gt_fields_index(l, "closing");
    sqlite3_stmt *s = NULL;
    bool more = l != NULL && at != SIZE_MAX;
    gt_value *values = more ? gt_arena_zalloc(a->arena, l->n_fields, sizeof *values) : NULL;
    if (!more || values == NULL) {
        return more ? GT_E_MEMORY : GT_OK;
    }
    gt_status st = gt_db_prepare(a->ctx, a->b->db,
                                 "SELECT id, unit, fields FROM gt_ledger_record WHERE ledger = ?1"
                                 " AND json_extract(fields, '$.year') = ?2 ORDER BY id",
                                 &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, id);
        (void)sqlite3_bind_int(s, 2, a->year);
    }
    while (st == GT_OK && more) {
        bool known = false;
        st = gt_db_step(a->ctx, s, &more);
        if (st != GT_OK || !more) {
            break;
        }
        gt_balance_fault f = {
            .ledger = id, .record = gt_column_text(s, 0), .unit = gt_column_text(s, 1)};
        for (size_t i = 0; a->lines != NULL && i < a->out->n_lines; i++) {
            f.posted = strcmp(a->lines[i].unit, f.unit) == 0 ? a->lines[i].closing : f.posted;
        }
        st = gt_fields_read(a->ctx, a->b, l, gt_column_text(s, 2), a->arena, values);
        f.found = st == GT_OK ? gt_fields_amount(l, values, at, &known) : 0;
        if (st == GT_OK && (!known || f.found != f.posted)) {
            st = fault(a, GT_FAULT_STATED, &f);
        }
    }
    (void)sqlite3_finalize(s);
    return st;
}

static gt_status read_faults(account *a)
{
    gt_status st = unequal_events(a);
    for (size_t i = 0; i < gt_package_n_ledgers(a->package) && st == GT_OK; i++) {
        const gt_ledger *l = gt_package_ledger(a->package, i);
        for (size_t k = 0; k < l->n_postings && st == GT_OK; k++) {
            st = strcmp(l->postings[k].balance, a->name) == 0
                     ? changed_records(a, l, &l->postings[k])
                     : GT_OK;
        }
    }
    st = st == GT_OK ? stated_closings(a) : st;
    a->out->faults = a->faults;
    return st;
}

static bool line_met(gt_balance_test test, const gt_balance_line *l)
{
    switch (test) {
    case GT_BALANCE_OPEN:
        return true;
    case GT_BALANCE_IN_COVERS:
        return l->in >= l->out;
    case GT_BALANCE_CUM_COVERS:
    case GT_BALANCE_NOT_NEGATIVE:
        return l->closing >= 0; /* opening is in minus out of all years before */
    case GT_BALANCE_OUT_COVERS:
        return l->out >= l->in;
    }
    return true;
}

static gt_status break_with(account *a, gt_sql *sql, const gt_expr *expr,
                            const gt_balance_broken *what)
{
    const gt_rows_ask ask = {a->ctx, a->b, a->out->balance, a->year, sql, a->arena};
    gt_status st =
        room(a->arena, (void **)&a->broken, &a->cap_broken, a->out->n_broken, sizeof *a->broken);
    if (st == GT_OK) {
        gt_balance_broken *b = &a->broken[a->out->n_broken++];
        *b = *what;
        a->out->met = a->out->met && b->open;
        st = gt_balance_name_rows(&ask, expr, b);
    }
    return st;
}

static gt_status test_lines(account *a)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < a->out->n_lines && a->lines != NULL && st == GT_OK; i++) {
        if (!line_met(a->out->balance->test, &a->lines[i])) {
            const char *unit = a->lines[i].unit;
            a->out->broken_unit = a->out->broken_unit == NULL ? unit : a->out->broken_unit;
            st = break_with(a, NULL, NULL, &(gt_balance_broken){.unit = unit});
        }
    }
    return st;
}

/* ---- conditions --------------------------------------------------------------------------------
 */

/* The sums of all lines, then of the whole: one row of n_sums each. */
typedef struct figures {
    account *a;
    int64_t *quanta;
    bool *known;
    size_t at;   /* of the sum at hand */
    gt_sql *sql; /* evaluates conditions */
} figures;

static gt_status add_to(const figures *f, size_t row, const gt_sum_part *part)
{
    int64_t *to = &f->quanta[row * f->a->out->balance->n_sums + f->at];
    return !__builtin_add_overflow(*to, part->quanta, to)
               ? GT_OK
               : gt_fail(f->a->ctx, GT_E_LIMIT, &GT_MSG_SUM_LARGE, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("ledger", part->ledger), GT_TEXT("record", part->record)));
}

static gt_status add_part(void *user, const gt_sum_part *part)
{
    const figures *f = user;
    const gt_balance_result *r = f->a->out;
    gt_status st = add_to(f, r->n_lines, part);
    for (size_t i = 0; st == GT_OK && i < r->n_lines; i++) {
        if (strcmp(f->a->lines[i].unit, part->unit) == 0) {
            return add_to(f, i, part);
        }
    }
    return st;
}

static gt_status read_figures(account *a, gt_sql *sql, figures *f)
{
    const gt_balance *b = a->out->balance;
    const gt_book_cut cut = {.date = GT_DATE_NONE, .year = a->year};
    f->a = a;
    f->sql = sql;
    f->quanta = gt_arena_zalloc(a->arena, (a->out->n_lines + 1) * b->n_sums + 1, sizeof *f->quanta);
    f->known = gt_arena_zalloc(a->arena, b->n_sums + 1, sizeof *f->known);
    gt_status st = f->quanta == NULL || f->known == NULL ? GT_E_MEMORY : GT_OK;
    for (f->at = 0; st == GT_OK && f->at < b->n_sums; f->at++) {
        const gt_sum_ask what = {.sum = &b->sums[f->at], .sql = sql, .fn = add_part, .user = f};
        st = gt_ledger_sum_each(a->ctx, a->b, &what, &cut, &f->known[f->at]);
    }
    return st;
}

static gt_value m2_value(int64_t cents)
{
    return (gt_value){.kind = GT_VAL_REAL, .real = (double)cents / 100};
}

/* What conditions see of one line, or of the whole (row n_lines). */
static void line_values(const figures *f, size_t row, gt_value *values)
{
    const gt_balance *b = f->a->out->balance;
    const gt_balance_line *l = row < f->a->out->n_lines ? &f->a->lines[row] : &f->a->out->total;
    values[0] = m2_value(l->opening);
    values[1] = m2_value(l->in);
    values[2] = m2_value(l->out);
    values[3] = m2_value(l->closing);
    values[4] = (gt_value){.kind = GT_VAL_INT, .integer = f->a->year};
    for (size_t i = 0; i < b->n_sums; i++) {
        int64_t quanta = f->quanta[row * b->n_sums + i];
        values[GT_BALANCE_FIXED + i] = (gt_value){.kind = f->known[i] ? GT_VAL_REAL : GT_NULL,
                                                  .real = gt_ledger_sum_value(&b->sums[i], quanta)};
    }
}

static gt_status ask_line(const figures *f, gt_expr *const *musts, size_t row)
{
    account *a = f->a;
    const gt_balance *b = a->out->balance;
    const bool whole = row == a->out->n_lines;
    const char *unit = whole ? "" : a->lines[row].unit;
    gt_value values[GT_BALANCE_FIXED + GT_MOST_SUMS];
    gt_status st = GT_OK;
    line_values(f, row, values);
    for (size_t i = 0; st == GT_OK && i < b->n_musts; i++) {
        gt_truth truth = GT_TRUE;
        if (b->musts[i].whole == whole) {
            st = gt_expr_test(a->ctx, musts[i], values, &truth);
        }
        if (st == GT_OK && truth != GT_TRUE) {
            const gt_balance_broken what = {
                .must = &b->musts[i], .unit = unit, .open = truth == GT_UNKNOWN};
            st = break_with(a, f->sql, musts[i], &what);
        }
    }
    return st;
}

static gt_status ask_musts(account *a)
{
    const gt_balance *b = a->out->balance;
    gt_sql *sql = NULL;
    figures f = {0};
    if (b->n_musts == 0) {
        return GT_OK;
    }
    gt_expr **musts = gt_arena_zalloc(a->arena, b->n_musts, sizeof(gt_expr *));
    gt_status st = musts == NULL ? GT_E_MEMORY : gt_sql_new(a->ctx, a->package, &sql);
    for (size_t i = 0; st == GT_OK && i < b->n_musts; i++) {
        st = gt_expr_compile(a->ctx, sql, b->musts[i].must, b->names, b->n_names, GT_NOWHERE,
                             &musts[i]);
    }
    st = st == GT_OK ? read_figures(a, sql, &f) : st;
    for (size_t i = 0; st == GT_OK && i <= a->out->n_lines; i++) {
        bool everywhere = i < a->out->n_lines && strcmp(a->lines[i].unit, "*") == 0;
        st = everywhere ? GT_OK : ask_line(&f, musts, i);
    }
    gt_sql_free(sql);
    return st;
}

gt_status gt_balance_of(gt_ctx *ctx, gt_book *b, const gt_package *package, const char *name,
                        int year, gt_arena *arena, gt_balance_result *out)
{
    memset(out, 0, sizeof *out);
    account a = {.ctx = ctx,
                 .b = b,
                 .package = package,
                 .name = name,
                 .year = year,
                 .arena = arena,
                 .out = out};
    out->balance = find(ctx, package, name);
    out->met = true;
    if (out->balance == NULL) {
        return GT_E_NOT_FOUND;
    }
    gt_status st = gt_db_exec(ctx, b->db, "BEGIN"); /* one snapshot */
    if (st != GT_OK) {
        return st;
    }
    st = read_lines(&a);
    st = st == GT_OK ? read_faults(&a) : st;
    st = st == GT_OK ? test_lines(&a) : st;
    st = st == GT_OK ? ask_musts(&a) : st;
    (void)sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    out->broken = a.broken;
    return st;
}
