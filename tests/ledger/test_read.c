/* Pages and counts: every question gives the records that looking at each would give, whatever the
 * index; the counts are kept by every action, found when changed, made up for older books. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/book.h"
#include "support/books.h"

enum { ACTIONS = 400, RECORDS = 60, ALL = 4096 };

static gt_date day(int d)
{
    return gt_date_from_ymd(2025, 1, 1) + d;
}

static void fill(test_books *b)
{
    static const char *const units[] = {"west", "east", "*"};
    static const char *const moves[] = {"accept", "reopen", "close"};
    test_rng rng;
    test_rng_seed(&rng, 7);
    for (int i = 0; i < ACTIONS; i++) {
        char id[16], fields[64];
        (void)snprintf(id, sizeof id, "R%02d", (int)(test_rng_next(&rng) % RECORDS));
        (void)snprintf(fields, sizeof fields, "year=%d", 2021 + (int)(test_rng_next(&rng) % 3));
        const char *unit = units[test_rng_next(&rng) % 3];
        gt_status st;
        switch (test_rng_next(&rng) % 4) {
        case 0:
            st = test_add(b, "works", id, unit, fields, day(i / 10));
            break;
        case 1:
            st = test_set(b, "works", id, unit, fields, day(i / 10));
            break;
        default:
            st = test_move(b, "works", id, moves[test_rng_next(&rng) % 3], day(i / 10));
        }
        assert_true(st == GT_OK || st == GT_E_CONFLICT || st == GT_E_NOT_FOUND || st == GT_E_INPUT);
        gt_error_clear(b->ctx);
    }
}

static int setup(void **state)
{
    test_books *b = calloc(1, sizeof *b);
    assert_non_null(b);
    test_books_open(b, "tests/indicator/books");
    fill(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    test_books *b = *state;
    test_books_shut(b);
    free(b);
    return 0;
}

typedef struct kept {
    char id[ALL][16], state[ALL][16], unit[ALL][16];
    int year[ALL];
    bool closed[ALL];
    gt_date due[ALL];
    size_t n, stop;
} kept;

static bool keep(void *user, const gt_entry *r)
{
    kept *k = user;
    (void)snprintf(k->id[k->n], sizeof k->id[0], "%s", r->id);
    (void)snprintf(k->state[k->n], sizeof k->state[0], "%s", r->state);
    (void)snprintf(k->unit[k->n], sizeof k->unit[0], "%s", r->unit);
    k->year[k->n] = r->year;
    k->closed[k->n] = r->closed;
    k->due[k->n] = r->due;
    return ++k->n != k->stop;
}

static kept *all_of(test_books *b)
{
    gt_entry_query q;
    kept *k = calloc(1, sizeof *k);
    assert_non_null(k);
    gt_entry_query_init(&q, "works");
    q.limit = ALL - 1;
    assert_ok(b->ctx, gt_ledger_each(b->ctx, b->book, &q, keep, k));
    assert_true(k->n > RECORDS / 2);
    return k;
}

static bool fits(const kept *k, size_t i, const gt_entry_query *q)
{
    return (q->state == NULL || strcmp(k->state[i], q->state) == 0) &&
           (q->unit == NULL || strcmp(k->unit[i], q->unit) == 0) &&
           (q->year == 0 || k->year[i] == q->year) &&
           (!(q->open_only || q->overdue_on != GT_DATE_NONE) || !k->closed[i]) &&
           (q->overdue_on == GT_DATE_NONE ||
            (k->due[i] != GT_DATE_NONE && k->due[i] < q->overdue_on));
}

/* The page after a record, against the same by hand. */
static void compare(test_books *b, const kept *all, const gt_entry_query *q)
{
    kept *page = calloc(1, sizeof *page);
    int64_t n = 0;
    size_t at = 0, whole = 0;
    assert_non_null(page);
    assert_ok(b->ctx, gt_ledger_each(b->ctx, b->book, q, keep, page));
    for (size_t i = 0; i < all->n; i++) {
        bool one = fits(all, i, q);
        whole += one;
        if (one && (q->after == NULL || strcmp(all->id[i], q->after) > 0) && at < q->limit) {
            assert_true(at < page->n);
            assert_string_equal(page->id[at++], all->id[i]);
        }
    }
    assert_int_equal(at, page->n);
    assert_ok(b->ctx, gt_entry_count(b->ctx, b->book, q, &n));
    assert_int_equal(n, whole);
    free(page);
}

static void every_question(void **state)
{
    test_books *b = *state;
    static const char *const states[] = {NULL, "planned", "done", "closed", "burnt"};
    static const char *const units[] = {NULL, "west", "*", "moon"};
    static const int years[] = {0, 2021, 2023, 1999};
    static const char *const after[] = {NULL, "R30", "Z"};
    kept *all = all_of(b);
    for (int i = 0; i < 5 * 4 * 4 * 3 * 2 * 2 * 2; i++) {
        gt_entry_query q;
        int k = i;
        gt_entry_query_init(&q, "works");
        q.state = states[k % 5], k /= 5;
        q.unit = units[k % 4], k /= 4;
        q.year = years[k % 4], k /= 4;
        q.after = after[k % 3], k /= 3;
        q.open_only = k % 2 == 1, k /= 2;
        q.overdue_on = k % 2 == 1 ? day(1000) : GT_DATE_NONE, k /= 2;
        q.limit = k % 2 == 1 ? 5 : ALL - 1;
        compare(b, all, &q);
    }
    free(all);
}

static void what_stops_stops(void **state)
{
    test_books *b = *state;
    gt_entry_query q;
    kept *k = calloc(1, sizeof *k);
    assert_non_null(k);
    gt_entry_query_init(&q, "works");
    k->stop = 3;
    assert_ok(b->ctx, gt_ledger_each(b->ctx, b->book, &q, keep, k));
    assert_int_equal(k->n, 3);
    free(k);
    int64_t n = 1;
    gt_entry_query_init(&q, "castle");
    assert_ok(b->ctx, gt_entry_count(b->ctx, b->book, &q, &n));
    assert_int_equal(n, 0);
}

static void generated_records_are_counted(void **state)
{
    test_books *b = *state;
    gt_entry_query q;
    gt_entry_set set;
    const gt_field_text year = {"year", "2022"};
    const gt_act act = test_act(day(100));
    const gt_ledger *l = gt_package_find_ledger(b->package, "works");
    int64_t n = 1;
    gt_entry_query_init(&q, "works");
    assert_ok(b->ctx, gt_entry_count_generated(b->ctx, b->book, &q, &n));
    assert_int_equal(n, 0);
    gt_entry_set_init(&set);
    set.id = "G1";
    set.unit = "west";
    set.fields = &year;
    set.n_fields = 1;
    set.generated = true;
    assert_ok(b->ctx, gt_ledger_add(b->ctx, b->book, b->package, l, &act, &set, NULL, NULL));
    assert_ok(b->ctx, gt_entry_count_generated(b->ctx, b->book, &q, &n));
    assert_int_equal(n, 1);
    q.year = 2023;
    assert_ok(b->ctx, gt_entry_count_generated(b->ctx, b->book, &q, &n));
    assert_int_equal(n, 0);
}

static void by_hand(test_books *b, const char *sql)
{
    assert_int_equal(sqlite3_exec(b->book->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void verify_finds_changed_counts(void **state)
{
    test_books *b = *state;
    gt_ledger_proof proof;
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof));
    by_hand(b, "UPDATE gt_ledger_count SET n = n + 1 WHERE state = 'planned' AND year = 2022");
    assert_fails(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof), GT_E_INPUT,
                 "ledger.count-changed");
    by_hand(b, "UPDATE gt_ledger_count SET n = n - 1 WHERE state = 'planned' AND year = 2022;"
               "INSERT INTO gt_ledger_count VALUES('works', 'dreamt', 2022, 0, 0, 3)");
    assert_fails(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof), GT_E_INPUT,
                 "ledger.count-changed");
    by_hand(b, "DELETE FROM gt_ledger_count WHERE state = 'dreamt'");
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof));
}

/* Books from before counts were kept: a reader counts, the next writer makes the table. */
static void older_books(void **state)
{
    test_books *b = *state;
    gt_book *reader = NULL, *writer = NULL;
    gt_entry_query q;
    gt_ledger_proof proof;
    int64_t before = 0, n = 0;
    gt_entry_query_init(&q, "works");
    q.state = "planned";
    assert_ok(b->ctx, gt_entry_count(b->ctx, b->book, &q, &before));
    assert_true(before > 0);
    by_hand(b, "DROP TABLE gt_ledger_count");
    assert_ok(b->ctx, gt_book_open(b->ctx, b->store, false, &reader));
    assert_ok(b->ctx, gt_entry_count(b->ctx, reader, &q, &n));
    assert_int_equal(n, before);
    gt_book_close(reader);
    assert_ok(b->ctx, gt_book_open(b->ctx, b->store, true, &writer));
    assert_ok(b->ctx, gt_entry_count(b->ctx, writer, &q, &n));
    assert_int_equal(n, before);
    gt_book_close(writer);
    assert_ok(b->ctx, test_add(b, "works", "late", "west", "year=2022", day(200)));
    assert_ok(b->ctx, gt_entry_count(b->ctx, b->book, &q, &n));
    assert_int_equal(n, before + 1);
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof));
}

/* A workspace whose books nobody opened for writing: empty views, no counts, nothing written. */
static void books_never_opened(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_package *package = NULL;
    gt_store *store = NULL;
    gt_book *book = NULL;
    gt_entry_query q;
    int64_t n = 1;
    test_store_open(ctx, dir, "tests/indicator/books", &package, &store);
    assert_ok(ctx, gt_book_open(ctx, store, false, &book));
    gt_entry_query_init(&q, "works");
    assert_ok(ctx, gt_entry_count(ctx, book, &q, &n));
    assert_int_equal(n, 0);
    assert_ok(ctx, gt_db_int(ctx, book->db,
                             "SELECT (SELECT count(*) FROM ledger_record) + (SELECT count(*) FROM"
                             " ledger_event) + (SELECT count(*) FROM balance_row)",
                             -1, &n));
    assert_int_equal(n, 0);
    assert_ok(ctx, gt_db_int(ctx, book->db,
                             "SELECT count(*) FROM main.sqlite_master WHERE name LIKE '%ledger%'",
                             -1, &n));
    assert_int_equal(n, 0);
    gt_book_close(book);
    test_store_shut(ctx, dir, package, store);
}

static bool count_event(void *user, const gt_event *e)
{
    int64_t *last = user;
    assert_true(e->seq > *last);
    *last = e->seq;
    return true;
}

static void events_by_pages(void **state)
{
    test_books *b = *state;
    int64_t last = 0, before = -1;
    while (last != before) {
        before = last;
        assert_ok(b->ctx,
                  gt_event_each(b->ctx, b->book, "works", NULL, last, 7, count_event, &last));
    }
    int64_t all = 0;
    assert_ok(b->ctx, gt_event_each(b->ctx, b->book, NULL, NULL, 0, 100000, count_event, &all));
    assert_true(all >= last && last > 50);
    int64_t none = 0;
    assert_ok(b->ctx, gt_event_each(b->ctx, b->book, "castle", NULL, 0, 0, count_event, &none));
    assert_int_equal(none, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question),    cmocka_unit_test(what_stops_stops),
        cmocka_unit_test(events_by_pages),   cmocka_unit_test(generated_records_are_counted),
        cmocka_unit_test(older_books),       cmocka_unit_test(verify_finds_changed_counts),
        cmocka_unit_test(books_never_opened)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
