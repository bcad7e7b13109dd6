/* Sums of ledgers for every unit of a run. */
#include <stdlib.h>
#include <string.h>

#include "guotu/date.h"
#include "indicator/messages.h"
#include "indicator/run.h"

gt_status gt_book_cut_of(gt_ctx *ctx, gt_store *store, int64_t rev, gt_date date, int year,
                         gt_book_cut *out)
{
    gt_revision info;
    *out = (gt_book_cut){.date = date, .year = year};
    if (rev == 0) {
        return GT_OK;
    }
    gt_status st = gt_store_revision_info(ctx, store, rev, &info);
    out->time_ms = st == GT_OK ? info.time_ms : 0;
    return st;
}

typedef struct adding {
    run *r;
    books_at *to;
    const gt_ledger_sum *sum;
    size_t at;
} adding;

static gt_status unit_books_of(const run *r, books_at *b, const char *unit, unit_books **out)
{
    for (size_t i = 0; i < b->n; i++) {
        if (strcmp(b->by_unit[i].unit, unit) == 0) {
            *out = &b->by_unit[i];
            return GT_OK;
        }
    }
    void *block = b->by_unit;
    gt_status st = gt_grow(r->ctx, &block, &b->cap, b->n + 1, sizeof *b->by_unit);
    b->by_unit = block;
    if (st == GT_OK) {
        const char *kept = gt_arena_strdup(r->table->arena, unit);
        st = kept == NULL ? GT_E_MEMORY : GT_OK;
        *out = &b->by_unit[b->n];
        **out = (unit_books){.unit = kept};
        b->n += kept != NULL;
    }
    return st;
}

static gt_status add_up(const adding *a, int64_t *to, const gt_sum_part *part)
{
    return !__builtin_add_overflow(*to, part->quanta, to)
               ? GT_OK
               : gt_fail(a->r->ctx, GT_E_LIMIT, &GT_MSG_BOOK_LARGE, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("name", a->sum->name)));
}

static gt_status add_part(void *user, const gt_sum_part *part)
{
    const adding *a = user;
    unit_books *unit = NULL;
    gt_status st = unit_books_of(a->r, a->to, part->unit, &unit);
    st = st == GT_OK ? add_up(a, &unit->quanta[a->at], part) : st;
    return st == GT_OK ? add_up(a, &a->to->whole.quanta[a->at], part) : st;
}

static int by_name(const void *a, const void *b)
{
    const unit_books *u = a, *v = b;
    return strcmp(u->unit, v->unit);
}

/* Does the ledger, or one that posts to the balance, hold generated records? */
static gt_status find_generated(run *r, const gt_ledger_sum *sum, bool *yes)
{
    gt_status st = GT_OK;
    *yes = false;
    for (size_t i = 0; st == GT_OK && !*yes && i < gt_package_n_ledgers(r->package); i++) {
        const gt_ledger *l = gt_package_ledger(r->package, i);
        bool feeds = sum->ledger != NULL && strcmp(l->id, sum->ledger->id) == 0;
        for (size_t k = 0; sum->ledger == NULL && !feeds && k < l->n_postings; k++) {
            feeds = strcmp(l->postings[k].balance, sum->balance) == 0;
        }
        if (feeds) {
            gt_entry_query q;
            int64_t n = 0;
            gt_entry_query_init(&q, l->id);
            st = gt_entry_count_generated(r->ctx, r->ledgers, &q, &n);
            *yes = n > 0;
        }
    }
    return st;
}

static gt_status open_book(run *r, const gt_indicator *in)
{
    return in->n_sums > 0 && r->ledgers == NULL ? gt_book_open(r->ctx, r->store, false, &r->ledgers)
                                                : GT_OK;
}

static gt_status read_books(run *r, const gt_indicator *in, const gt_book_cut *cut, books_at *to)
{
    gt_status st = open_book(r, in);
    to->n = 0;
    to->whole = (unit_books){.unit = ""};
    for (size_t i = 0; st == GT_OK && i < in->n_sums; i++) {
        adding a = {.r = r, .to = to, .sum = &in->sums[i], .at = i};
        const gt_sum_ask what = {.sum = a.sum, .sql = r->sql, .fn = add_part, .user = &a};
        st = gt_ledger_sum_each(r->ctx, r->ledgers, &what, cut, &to->known[i]);
    }
    if (to->n > 0) {
        qsort(to->by_unit, to->n, sizeof *to->by_unit, by_name);
    }
    return st;
}

gt_status gt_run_books(run *r, const gt_indicator *in)
{
    r->past.year = 0; /* it was another indicator's */
    r->first_year = -1;
    gt_status st = read_books(r, in, &r->cut, &r->books);
    for (size_t i = 0; st == GT_OK && i < in->n_sums; i++) {
        st = find_generated(r, &in->sums[i], &r->books_generated[i]);
    }
    return st;
}

gt_status gt_run_past_books(run *r, const gt_indicator *in, int year)
{
    if (r->past.year == year) {
        return GT_OK;
    }
    const gt_book_cut cut = {
        .date = gt_date_from_ymd(year, 12, 31), .time_ms = r->cut.time_ms, .year = year};
    r->past.year = year;
    return read_books(r, in, &cut, &r->past);
}

gt_status gt_run_first_book_year(run *r, const gt_indicator *in, int *year)
{
    gt_status st = open_book(r, in);
    *year = r->first_year;
    if (st != GT_OK || r->first_year >= 0) {
        return st;
    }
    *year = 0;
    for (size_t i = 0; st == GT_OK && i < in->n_sums; i++) {
        gt_date first = GT_DATE_NONE;
        int y = 0, month = 0, day = 0;
        st = gt_ledger_sum_first(r->ctx, r->ledgers, &in->sums[i], &first);
        if (st == GT_OK && first != GT_DATE_NONE) {
            gt_date_to_ymd(first, &y, &month, &day);
            *year = *year == 0 || y < *year ? y : *year;
        }
    }
    r->first_year = st == GT_OK ? *year : -1;
    return st;
}

void gt_run_book_values(const books_at *b, const gt_indicator *in, const char *place,
                        gt_value *values)
{
    const unit_books none = {.unit = place}, *found = *place == '\0' ? &b->whole : &none;
    const bool is_place = *place != '\x1f'; /* towns: a record names a district at the most */
    for (size_t i = 0; i < b->n && found == &none; i++) {
        found = strcmp(b->by_unit[i].unit, place) == 0 ? &b->by_unit[i] : found;
    }
    for (size_t i = 0; i < in->n_sums; i++) {
        bool known = is_place && b->known[i];
        values[gt_first_sum(in) + i] =
            (gt_value){.kind = known ? GT_VAL_REAL : GT_NULL,
                       .real = gt_ledger_sum_value(&in->sums[i], found->quanta[i])};
    }
}
