/* Actions while memory runs out or the disk fails, at every point in turn: what was acknowledged is
 * there, what was not is there as a whole or not at all, and the proof holds. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/bad_disk.h"
#include "support/books.h"

enum { STEPS = 5 };

static gt_date day(void)
{
    return gt_date_from_ymd(2025, 1, 1);
}

/* Opens what is there and does the steps from `done` on; *done counts what was acknowledged. */
static gt_status act(gt_ctx *ctx, const test_books *home, int *done)
{
    static const gt_field_text year[] = {{"year", "2025"}, {"area", "2"}};
    const gt_ledger *l = gt_package_find_ledger(home->package, "works");
    const gt_act a = test_act(day());
    gt_store *store = NULL;
    gt_book *book = NULL;
    gt_entry_set set;
    gt_entry_set_init(&set);
    set.id = "A";
    set.unit = "west";
    set.fields = year;
    set.n_fields = 2;
    gt_status st = gt_store_open(ctx, test_path(home->dir, "w"), NULL, &store);
    st = st == GT_OK ? gt_book_open(ctx, store, true, &book) : st;
    for (; st == GT_OK && *done < STEPS; *done += st == GT_OK) {
        switch (*done) {
        case 0:
            st = gt_ledger_add(ctx, book, home->package, l, &a, &set, NULL, NULL);
            break;
        case 1:
            st = gt_ledger_attach(ctx, book, l, &a, "A", test_path(home->dir, "paper.txt"),
                                  "report");
            break;
        case 2:
            set.unit = NULL;
            st = gt_ledger_set(ctx, book, home->package, l, &a, "A", &set);
            break;
        case 3:
            st = gt_ledger_move(ctx, book, home->package, l, &a, "A", "accept");
            break;
        default:
            st = gt_ledger_move(ctx, book, home->package, l, &a, "A", "close");
        }
    }
    gt_book_close(book);
    gt_store_close(store);
    return st;
}

/* The record is where the acknowledged steps left it, or one step further: the failure may have
 * come after the commit. */
static void check(const test_books *home, int done)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = NULL;
    gt_book *book = NULL;
    gt_arena *arena = NULL;
    gt_ledger_proof proof;
    gt_entry r = {0};
    assert_ok(ctx, gt_store_open(ctx, test_path(home->dir, "w"), NULL, &store));
    assert_ok(ctx, gt_book_open(ctx, store, false, &book));
    assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
    assert_ok(ctx, gt_ledger_verify(ctx, book, &proof));
    gt_status st = gt_ledger_get(ctx, book, "works", "A", arena, &r);
    assert_true(st == GT_OK || st == GT_E_NOT_FOUND);
    gt_error_clear(ctx);
    assert_true(r.version == done || r.version == done + 1);
    assert_int_equal(proof.n_postings, r.version >= 4 ? 2 : 0);
    gt_arena_free(arena);
    gt_book_close(book);
    gt_store_close(store);
    gt_ctx_free(ctx);
}

static void start(test_books *home)
{
    test_books_open(home, "tests/indicator/books");
    test_write_file(test_path(home->dir, "paper.txt"), "paper", 5);
    gt_book_close(home->book); /* the actions open their own */
    home->book = NULL;
}

static long disk_fails(int code, long step)
{
    for (long n = 0;; n += step) {
        test_books home;
        int done = 0;
        start(&home);
        gt_ctx *ctx = test_ctx();
        bad_disk_arm(n, code);
        gt_status st = act(ctx, &home, &done);
        int struck = bad_disk_disarm();
        if (st != GT_OK) {
            assert_true(struck > 0);
            assert_fails(ctx, st, GT_E_ENV, NULL);
        }
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
        check(&home, done);
        test_books_shut(&home);
        if (struck == 0) {
            assert_int_equal(done, STEPS);
            return n;
        }
    }
}

static void the_disk_may_fail(void **state)
{
    (void)state;
    bad_disk_install();
    print_message("%ld operations, every third failed as an error of the disk\n",
                  disk_fails(SQLITE_IOERR_WRITE, 3));
    print_message("%ld operations, every eleventh failed as a full disk\n",
                  disk_fails(SQLITE_FULL, 11));
    bad_disk_remove();
}

static void memory_may_run_out(void **state)
{
    (void)state;
    test_books home;
    int done = 0;
    start(&home);
    for (long n = 0; done < STEPS; n += 3) {
        long left = n;
        int before = done;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_status st = act(ctx, &home, &done);
        assert_true(st == GT_OK || left < 0);
        if (st != GT_OK) {
            assert_int_equal(st, GT_E_MEMORY);
        }
        gt_error_clear(ctx);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
        if (done != before) {
            check(&home, done);
        }
        assert_true(n < 30000);
    }
    check(&home, STEPS);
    test_books_shut(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_may_run_out),
                                       cmocka_unit_test(the_disk_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
