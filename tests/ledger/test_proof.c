/* The proof finds every change made behind the ledger's back, and names the place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/book.h"
#include "support/books.h"

static gt_date day(int d)
{
    return gt_date_from_ymd(2025, 1, 1) + d;
}

static int setup(void **state)
{
    test_books *b = calloc(1, sizeof *b);
    assert_non_null(b);
    test_books_open(b, "tests/indicator/books");
    const gt_act act = test_act(day(1));
    test_write_file(test_path(b->dir, "paper.txt"), "paper", 5);
    for (int i = 0; i < 5; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "A%d", i);
        assert_ok(b->ctx, test_add(b, "works", id, "west", "year=2025;area=2;kind=one", day(0)));
        assert_ok(b->ctx, test_move(b, "works", id, "accept", day(1)));
    }
    assert_ok(b->ctx, gt_ledger_attach(b->ctx, b->book, gt_package_find_ledger(b->package, "works"),
                                       &act, "A3", test_path(b->dir, "paper.txt"), "report"));
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

static void by_hand(test_books *b, const char *sql)
{
    char *told = NULL;
    if (sqlite3_exec(b->book->db, sql, NULL, NULL, &told) != SQLITE_OK) {
        fail_msg("%s: %s", sql, told);
    }
}

static void verifies(test_books *b)
{
    gt_ledger_proof proof;
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof));
    assert_int_equal(proof.n_attachments, 1);
    assert_int_equal(proof.n_postings, 10);
    assert_int_equal(proof.n_events, 13); /* actor and grant, five adds and moves, a file */
}

static void every_change_is_found(void **state)
{
    test_books *b = *state;
    static const struct {
        const char *sql, *id, *feature;
    } changes[] = {
        {"UPDATE gt_ledger_event SET date = '2025-01-03' WHERE record = 'A2' AND n = 1",
         "ledger.event-changed", "A2"},
        {"UPDATE gt_ledger_event SET time_ms = time_ms + 1 WHERE record = 'A2' AND n = 2",
         "ledger.event-changed", "A2"},
        {"UPDATE gt_ledger_event SET actor = 'x' WHERE record = 'A0' AND n = 1",
         "ledger.event-changed", "A0"},
        {"UPDATE gt_ledger_event SET action = 'reopen' WHERE record = 'A1' AND n = 2",
         "ledger.event-changed", "A1"},
        {"UPDATE gt_ledger_event SET to_state = 'closed' WHERE record = 'A1' AND n = 2",
         "ledger.event-changed", "A1"},
        {"UPDATE gt_ledger_event SET body = replace(body, '2025', '2024') WHERE record = 'A4'",
         "ledger.event-changed", "A4"},
        {"UPDATE gt_ledger_event SET hash = zeroblob(32) WHERE record = 'A4' AND n = 1",
         "ledger.event-changed", "A4"},
        {"UPDATE gt_ledger_event SET hash = zeroblob(31) WHERE record = 'A4' AND n = 1",
         "ledger.event-changed", "A4"},
        {"UPDATE gt_ledger_event SET parent_hash = zeroblob(32) WHERE record = 'A4' AND n = 2",
         "ledger.event-changed", "A4"},
        {"UPDATE gt_ledger_event SET view_hash = zeroblob(32) WHERE record = 'A3' AND n = 2",
         "ledger.event-changed", "A3"},
        {"DELETE FROM gt_ledger_event WHERE record = 'A2' AND n = 1", "ledger.event-missing", NULL},
        {"UPDATE gt_ledger_event SET seq = 900 WHERE seq = 13", "ledger.event-missing", NULL},
        {"UPDATE gt_ledger_record SET state = 'planned' WHERE id = 'A2'", "ledger.record-changed",
         "A2"},
        {"UPDATE gt_ledger_record SET fields = replace(fields, '2', '3') WHERE id = 'A0'",
         "ledger.record-changed", "A0"},
        {"UPDATE gt_ledger_record SET due = NULL WHERE id = 'A0'", NULL, NULL}, /* it has none */
        {"UPDATE gt_ledger_record SET unit = 'east' WHERE id = 'A4'", "ledger.record-changed",
         "A4"},
        {"UPDATE gt_ledger_record SET area = 5 WHERE id = 'A4'", "ledger.record-changed", "A4"},
        {"UPDATE gt_ledger_record SET geom = x'00' WHERE id = 'A4'", "ledger.record-changed", "A4"},
        {"DELETE FROM gt_ledger_record WHERE id = 'A1'", "ledger.record-changed", "A1"},
        {"INSERT INTO gt_ledger_record SELECT ledger, 'new', version, state, closed, unit, body,"
         " year, due, opened, changed, generated, area, fields, geom FROM gt_ledger_record WHERE"
         " id = 'A1'",
         "ledger.record-changed", "new"},
        {"UPDATE gt_ledger_posting SET amount = amount + 1 WHERE seq = 4", "ledger.posting-changed",
         "A0"},
        {"UPDATE gt_ledger_posting SET quality = 'two' WHERE seq = 6 AND line = 1",
         "ledger.posting-changed", "A1"},
        {"DELETE FROM gt_ledger_posting WHERE seq = 8 AND line = (SELECT max(line) FROM"
         " gt_ledger_posting)",
         "ledger.posting-changed", "A2"},
        {"INSERT INTO gt_ledger_posting VALUES(3, 1, 'restored', 2025, 'west', 'restored', 5, '')",
         "ledger.posting-changed", "A0"},
        {"INSERT INTO gt_ledger_posting VALUES(99, 1, 'restored', 2025, 'west', 'restored', 5, '')",
         "ledger.posting-changed", ""},
    };
    verifies(b);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        gt_ledger_proof proof;
        by_hand(b, "CREATE TEMP TABLE e AS SELECT * FROM gt_ledger_event;"
                   "CREATE TEMP TABLE r AS SELECT * FROM gt_ledger_record;"
                   "CREATE TEMP TABLE p AS SELECT * FROM gt_ledger_posting");
        by_hand(b, changes[i].sql);
        gt_status st = gt_ledger_verify(b->ctx, b->book, &proof);
        if (changes[i].id == NULL) {
            assert_ok(b->ctx, st);
        } else {
            if (st == GT_OK) {
                fail_msg("not found: %s", changes[i].sql);
            }
            const gt_place *at = gt_error_place(b->ctx);
            if (strcmp(gt_error_id(b->ctx), changes[i].id) != 0) {
                fail_msg("%s: %s", changes[i].sql, gt_error_id(b->ctx));
            }
            if (changes[i].feature != NULL) {
                assert_string_equal(at->feature == NULL ? "" : at->feature, changes[i].feature);
            }
            gt_error_clear(b->ctx);
        }
        by_hand(b, "DELETE FROM gt_ledger_event; INSERT INTO gt_ledger_event SELECT * FROM e;"
                   "DELETE FROM gt_ledger_record; INSERT INTO gt_ledger_record SELECT * FROM r;"
                   "DELETE FROM gt_ledger_posting; INSERT INTO gt_ledger_posting SELECT * FROM p;"
                   "DROP TABLE temp.e; DROP TABLE temp.r; DROP TABLE temp.p");
    }
    verifies(b);
}

static void files(void **state)
{
    test_books *b = *state;
    gt_ledger_proof proof;
    char hex[GT_HASH_HEX], name[256];
    unsigned char digest[GT_HASH_BYTES];
    assert_ok(b->ctx, gt_hash_file(b->ctx, test_path(b->dir, "paper.txt"), digest));
    gt_hash_hex(digest, hex);
    (void)snprintf(name, sizeof name, "w/attachments/%.2s/%s", hex, hex);
    test_write_file(test_path(b->dir, name), "paqer", 5);
    assert_fails(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof), GT_E_INPUT,
                 "ledger.attachment-changed");
    assert_int_equal(unlink(test_path(b->dir, name)), 0);
    assert_fails(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof), GT_E_INPUT,
                 "ledger.attachment-missing");
    test_write_file(test_path(b->dir, name), "paper", 5);
    verifies(b);
}

/* The end cut off together with what it changed is seen by the head that was noted. */
static void a_cut_end(void **state)
{
    test_books *b = *state;
    gt_ledger_proof whole, cut;
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &whole));
    assert_ok(b->ctx, test_add(b, "works", "Z", "west", "year=2025", day(3)));
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &cut));
    assert_string_not_equal(whole.head, cut.head);
    by_hand(b, "DELETE FROM gt_ledger_event WHERE record = 'Z'; DELETE FROM gt_ledger_record WHERE"
               " id = 'Z'; UPDATE gt_ledger_count SET n = n - 1 WHERE ledger = 'works' AND state ="
               " 'planned'");
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &cut));
    assert_string_equal(whole.head, cut.head);
}

static void a_cancelled_proof(void **state)
{
    test_books *b = *state;
    gt_ledger_proof proof;
    gt_cancel(b->ctx);
    assert_int_equal(gt_ledger_verify(b->ctx, b->book, &proof), GT_E_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_change_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(files, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_proof, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
