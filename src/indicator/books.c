/* Sums of ledgers for every unit of a run. */
#include <stdlib.h>
#include <string.h>

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
    const gt_ledger_sum *sum;
    size_t at;
} adding;

static gt_status unit_books_of(run *r, const char *unit, unit_books **out)
{
    for (size_t i = 0; i < r->n_by_unit; i++) {
        if (strcmp(r->by_unit[i].unit, unit) == 0) {
            *out = &r->by_unit[i];
            return GT_OK;
        }
    }
    void *block = r->by_unit;
    gt_status st = gt_grow(r->ctx, &block, &r->cap_by_unit, r->n_by_unit + 1, sizeof *r->by_unit);
    r->by_unit = block;
    if (st == GT_OK) {
        const char *kept = gt_arena_strdup(r->table->arena, unit);
        st = kept == NULL ? GT_E_MEMORY : GT_OK;
        *out = &r->by_unit[r->n_by_unit];
        **out = (unit_books){.unit = kept};
        r->n_by_unit += kept != NULL;
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
    gt_status st = unit_books_of(a->r, part->unit, &unit);
    st = st == GT_OK ? add_up(a, &unit->quanta[a->at], part) : st;
    return st == GT_OK ? add_up(a, &a->r->whole.quanta[a->at], part) : st;
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

gt_status gt_run_books(run *r, const gt_indicator *in)
{
    gt_status st = GT_OK;
    r->n_by_unit = 0;
    r->whole = (unit_books){.unit = ""};
    if (in->n_sums > 0 && r->ledgers == NULL) {
        st = gt_book_open(r->ctx, r->store, false, &r->ledgers);
    }
    for (size_t i = 0; st == GT_OK && i < in->n_sums; i++) {
        adding a = {.r = r, .sum = &in->sums[i], .at = i};
        const gt_sum_ask what = {.sum = a.sum, .sql = r->sql, .fn = add_part, .user = &a};
        st = gt_ledger_sum_each(r->ctx, r->ledgers, &what, &r->cut, &r->books_known[i]);
        st = st == GT_OK ? find_generated(r, a.sum, &r->books_generated[i]) : st;
    }
    if (r->n_by_unit > 0) {
        qsort(r->by_unit, r->n_by_unit, sizeof *r->by_unit, by_name);
    }
    return st;
}

void gt_run_book_values(const run *r, const gt_indicator *in, const char *place, gt_value *values)
{
    const unit_books none = {.unit = place}, *found = *place == '\0' ? &r->whole : &none;
    const bool is_place = *place != '\x1f'; /* towns: a record names a district at the most */
    for (size_t i = 0; i < r->n_by_unit && found == &none; i++) {
        found = strcmp(r->by_unit[i].unit, place) == 0 ? &r->by_unit[i] : found;
    }
    for (size_t i = 0; i < in->n_sums; i++) {
        bool known = is_place && r->books_known[i];
        values[gt_first_sum(in) + i] =
            (gt_value){.kind = known ? GT_VAL_REAL : GT_NULL,
                       .real = gt_ledger_sum_value(&in->sums[i], found->quanta[i])};
    }
}
