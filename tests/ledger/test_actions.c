/* Actions on ledgers and the register: what each accepts, what it refuses and with which word.
 * Refused actions leave nothing behind: the journal has the same head after them. */
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

static int open_at(void **state, const char *package)
{
    test_books *b = calloc(1, sizeof *b);
    assert_non_null(b);
    test_books_open(b, package);
    *state = b;
    return 0;
}

static int setup(void **state)
{
    return open_at(state, "tests/indicator/books");
}

static int setup_city(void **state)
{
    return open_at(state, "plans/beijing");
}

static int teardown(void **state)
{
    test_books *b = *state;
    gt_ledger_proof proof;
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof));
    test_books_shut(b);
    free(b);
    return 0;
}

static void head_of(test_books *b, char head[GT_HASH_HEX])
{
    gt_ledger_proof proof;
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof));
    memcpy(head, proof.head, GT_HASH_HEX);
}

/* The status with its message, and a journal that did not grow. */
#define refused(b, call, want, id)                                                                 \
    do {                                                                                           \
        char before_[GT_HASH_HEX], after_[GT_HASH_HEX];                                            \
        head_of((b), before_);                                                                     \
        assert_fails((b)->ctx, (call), (want), (id));                                              \
        head_of((b), after_);                                                                      \
        assert_string_equal(before_, after_);                                                      \
    } while (0)

static const gt_ledger *ledger(const test_books *b, const char *id)
{
    const gt_ledger *l = gt_package_find_ledger(b->package, id);
    assert_non_null(l);
    return l;
}

static void get(test_books *b, const char *l, const char *id, gt_arena *arena, gt_entry *out)
{
    assert_ok(b->ctx, gt_ledger_get(b->ctx, b->book, l, id, arena, out));
}

static void adding(void **state)
{
    test_books *b = *state;
    gt_arena *arena = NULL;
    gt_entry r;
    assert_ok(b->ctx, gt_arena_new(b->ctx, 0, &arena));
    assert_ok(b->ctx, test_add(b, "works", "A", "west", "year=2025;area=1.5;kind=one", day(0)));
    get(b, "works", "A", arena, &r);
    assert_string_equal(r.state, "planned");
    assert_string_equal(r.fields, "{\"year\":2025,\"area\":1.5,\"kind\":\"one\"}");
    assert_int_equal(r.version, 1);
    assert_int_equal(r.year, 2025);
    assert_int_equal(r.due, day(30));
    assert_false(r.closed || r.generated || r.has_area);
    refused(b, test_add(b, "works", "A", "west", "year=2025", day(0)), GT_E_CONFLICT,
            "ledger.record-exists");
    refused(b, test_add(b, "works", "B", "west", "area=1", day(0)), GT_E_INPUT,
            "ledger.field-missing");
    refused(b, test_add(b, "works", "B", "west", "year=2025;colour=red", day(0)), GT_E_INPUT,
            "ledger.no-field");
    refused(b, test_add(b, "works", "B", NULL, "year=2025", day(0)), GT_E_INPUT, "ledger.no-unit");
    static const char *const ids[] = {"",
                                      "a/b",
                                      "@a",
                                      "a\nb",
                                      "\xff\xfe",
                                      "0123456789012345678901234567890123456789"
                                      "0123456789012345678901234"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        refused(b, test_add(b, "works", ids[i], "west", "year=2025", day(0)), GT_E_INPUT,
                "ledger.bad-id");
    }
    gt_arena_free(arena);
}

static void field_values(void **state)
{
    test_books *b = *state;
    static const char *const bad[] = {"year=soon",
                                      "year=2025.5",
                                      "year=1999",
                                      "year=2101",
                                      "year=99999999999999999999",
                                      "year=2025;area=-1",
                                      "year=2025;area=nan",
                                      "year=2025;area=1e400",
                                      "year=2025;area=1 ha",
                                      "year=2025;kind=longer than ten",
                                      "year=2025;kind=\xc3\x28"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused(b, test_add(b, "works", "F", "west", bad[i], day(0)), GT_E_INPUT,
                "ledger.field-value");
    }
    assert_ok(b->ctx, test_add(b, "works", "F", "west",
                               "year=2025;kind="
                               "\xe5\x8d\x81\xe4\xb8\xaa\xe5\xad\x97\xe4\xbb\xa5\xe5\x86\x85\xe7"
                               "\x9a\x84\xe6\xb1\x89\xe5\xad\x97\xe5\x90\x8d",
                               day(0)));
    refused(b, test_set(b, "works", "F", NULL, "year=", day(0)), GT_E_INPUT,
            "ledger.field-missing");
    assert_ok(b->ctx, test_set(b, "works", "F", NULL, "kind=", day(0)));
}

static void changing(void **state)
{
    test_books *b = *state;
    gt_act act = test_act(day(2));
    gt_entry_set set;
    const gt_field_text cost = {"cost", "5"};
    gt_entry_set_init(&set);
    set.fields = &cost;
    set.n_fields = 1;
    assert_ok(b->ctx, test_add(b, "works", "C", "west", "year=2025", day(1)));
    refused(b, test_set(b, "works", "C", NULL, "area=1", day(0)), GT_E_INPUT, "ledger.date-back");
    refused(b, test_set(b, "works", "nobody", NULL, "area=1", day(2)), GT_E_NOT_FOUND,
            "ledger.no-record");
    act.expect = 7;
    refused(b, gt_ledger_set(b->ctx, b->book, b->package, ledger(b, "works"), &act, "C", &set),
            GT_E_CONFLICT, "ledger.stale");
    act.expect = 1;
    assert_ok(b->ctx,
              gt_ledger_set(b->ctx, b->book, b->package, ledger(b, "works"), &act, "C", &set));
    set.body = "ministry";
    act.expect = 0;
    refused(b, gt_ledger_set(b->ctx, b->book, b->package, ledger(b, "works"), &act, "C", &set),
            GT_E_INPUT, "ledger.no-body");
    set.body = "bureau";
    assert_ok(b->ctx,
              gt_ledger_set(b->ctx, b->book, b->package, ledger(b, "works"), &act, "C", &set));
}

static void moving(void **state)
{
    test_books *b = *state;
    assert_ok(b->ctx, test_add(b, "works", "M", "west", "year=2025", day(0)));
    refused(b, test_move(b, "works", "M", "acept", day(1)), GT_E_NOT_FOUND, "ledger.no-move");
    refused(b, test_move(b, "works", "M", "close", day(1)), GT_E_CONFLICT, "ledger.moved");
    refused(b, test_move(b, "works", "M", "accept", day(1)), GT_E_INPUT, "ledger.posting-field");
    assert_ok(b->ctx, test_set(b, "works", "M", NULL, "area=100000", day(1)));
    assert_ok(b->ctx, test_move(b, "works", "M", "accept", day(1)));
    refused(b, test_move(b, "works", "M", "accept", day(1)), GT_E_CONFLICT, "ledger.moved");
    assert_ok(b->ctx, test_move(b, "works", "M", "close", day(1)));
    refused(b, test_move(b, "works", "M", "reopen", day(2)), GT_E_CONFLICT, "ledger.closed");
    refused(b, test_set(b, "works", "M", NULL, "area=1", day(2)), GT_E_CONFLICT, "ledger.closed");
}

static void rolling(void **state)
{
    test_books *b = *state;
    const gt_act act = test_act(day(5));
    int64_t n = -1;
    const gt_ledger *l = ledger(b, "works");
    for (int i = 0; i < 300; i++) { /* more than one page of the roll */
        char id[16];
        (void)snprintf(id, sizeof id, "L%03d", i);
        assert_ok(b->ctx, test_add(b, "works", id, "west", "year=2024", day(0)));
    }
    refused(b, gt_ledger_roll(b->ctx, b->book, l, &act, 2024, 2024, &n), GT_E_USAGE,
            "ledger.not-yearly");
    assert_ok(b->ctx, gt_ledger_roll(b->ctx, b->book, l, &act, 2024, 2025, &n));
    assert_int_equal(n, 300);
    assert_ok(b->ctx, gt_ledger_roll(b->ctx, b->book, l, &act, 2024, 2025, &n));
    assert_int_equal(n, 0);
}

static void who_may(void **state)
{
    test_books *b = *state;
    const gt_actor wang = {.id = "wang",
                           .kind = GT_ACTOR_PERSON,
                           .title = {"王", "Wang"},
                           .body = "bureau",
                           .unit = "west"};
    gt_actor other = {.id = "li", .kind = GT_ACTOR_PERSON, .title = {"李", "Li"}, .unit = "east"};
    const gt_grant add = {"li", "officer", "east", "works", "add"};
    gt_entry_set set;
    const gt_field_text year = {"year", "2025"};
    gt_act act = test_act(day(0));
    const gt_ledger *l = ledger(b, "works");
    gt_entry_set_init(&set);
    set.id = "W";
    set.unit = "east";
    set.fields = &year;
    set.n_fields = 1;
    refused(b, gt_actor_add(b->ctx, b->book, "nobody", &wang), GT_E_USAGE, "ledger.no-actor");
    assert_ok(b->ctx, gt_actor_add(b->ctx, b->book, "bureau", &wang));
    refused(b, gt_actor_add(b->ctx, b->book, "bureau", &wang), GT_E_CONFLICT,
            "ledger.actor-exists");
    other.body = "ministry";
    refused(b, gt_actor_add(b->ctx, b->book, "bureau", &other), GT_E_INPUT, "ledger.no-actor");
    other.body = NULL;
    assert_ok(b->ctx, gt_actor_add(b->ctx, b->book, "bureau", &other));
    act.actor = "li";
    refused(b, gt_ledger_add(b->ctx, b->book, b->package, l, &act, &set, NULL, NULL), GT_E_USAGE,
            "ledger.may-not");
    refused(b, gt_actor_grant(b->ctx, b->book, "li", &add, false), GT_E_USAGE, "ledger.may-not");
    refused(b, gt_actor_grant(b->ctx, b->book, "bureau", &add, true), GT_E_CONFLICT,
            "ledger.no-grant");
    assert_ok(b->ctx, gt_actor_grant(b->ctx, b->book, "bureau", &add, false));
    refused(b, gt_actor_grant(b->ctx, b->book, "bureau", &add, false), GT_E_CONFLICT,
            "ledger.grant-held");
    assert_ok(b->ctx, gt_ledger_add(b->ctx, b->book, b->package, l, &act, &set, NULL, NULL));
    set.id = "V";
    set.unit = "west"; /* granted for the east */
    refused(b, gt_ledger_add(b->ctx, b->book, b->package, l, &act, &set, NULL, NULL), GT_E_USAGE,
            "ledger.may-not");
    act.actor = "wang"; /* holds what the body holds */
    assert_ok(b->ctx, gt_ledger_add(b->ctx, b->book, b->package, l, &act, &set, NULL, NULL));
    assert_ok(b->ctx, gt_actor_end(b->ctx, b->book, "bureau", "li", "left"));
    act.actor = "li";
    refused(b, gt_ledger_set(b->ctx, b->book, b->package, l, &act, "W", &set), GT_E_USAGE,
            "ledger.no-actor");
    refused(b, gt_actor_end(b->ctx, b->book, "bureau", "li", "again"), GT_E_NOT_FOUND,
            "ledger.no-actor");
}

static void the_first_actor(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_package *package = NULL;
    gt_store *store = NULL;
    gt_book *book = NULL, *reader = NULL;
    const gt_actor a = {.id = "a", .title = {"甲", "A"}, .unit = "*"};
    test_store_open(ctx, dir, "tests/indicator/books", &package, &store);
    assert_ok(ctx, gt_book_open(ctx, store, true, &book));
    assert_fails(ctx, gt_actor_add(ctx, book, "b", &a), GT_E_USAGE, "ledger.first-actor");
    assert_ok(ctx, gt_actor_add(ctx, book, "a", &a));
    assert_ok(ctx, gt_book_open(ctx, store, false, &reader));
    assert_fails(ctx, gt_actor_add(ctx, reader, "a", &a), GT_E_ENV, "ledger.read-only");
    gt_book_close(reader);
    gt_book_close(book);
    test_store_shut(ctx, dir, package, store);
}

/* ---- places and files --------------------------------------------------------------------------
 */

static gt_status add_place(test_books *b, const char *id, const char *l, const gt_geom *place)
{
    static const gt_field_text project[] = {
        {"name", "修复"}, {"year", "2025"}, {"class", "mine"}, {"mode", "natural_recovery"}};
    static const gt_field_text spring[] = {{"name", "泉"}};
    const gt_act act = test_act(day(0));
    gt_entry_set set;
    bool point = strcmp(l, "springs") == 0;
    gt_entry_set_init(&set);
    set.id = id;
    set.unit = "门头沟区";
    set.fields = point ? spring : project;
    set.n_fields = point ? 1 : 4;
    set.place = place;
    return gt_ledger_add(b->ctx, b->book, b->package, ledger(b, l), &act, &set, NULL, NULL);
}

static void places(void **state)
{
    test_books *b = *state;
    gt_geom g;
    gt_entry r;
    gt_arena *arena = NULL;
    gt_geom_init(&g);
    assert_ok(b->ctx, gt_arena_new(b->ctx, 0, &arena));
    refused(b, add_place(b, "P1", "restoration_projects", NULL), GT_E_INPUT,
            "ledger.place-missing");
    test_box_geom(b->ctx, 0, 0, 100, 100, &g);
    assert_ok(b->ctx, add_place(b, "P1", "restoration_projects", &g));
    get(b, "restoration_projects", "P1", arena, &r);
    assert_true(r.has_area && r.blob != NULL);
    assert_near((double)r.area / 100, 1e4, 20);
    refused(b, add_place(b, "S1", "springs", &g), GT_E_INPUT, "ledger.place-kind");
    gt_geom_reset(&g, GT_POINT);
    assert_ok(b->ctx, gt_geom_add_point(b->ctx, &g, TEST_X0, TEST_Y0));
    refused(b, add_place(b, "P2", "restoration_projects", &g), GT_E_INPUT, "ledger.place-kind");
    assert_ok(b->ctx, add_place(b, "S1", "springs", &g));
    static const double bow[5][2] = {{0, 0}, {10, 10}, {10, 0}, {0, 10}, {0, 0}};
    gt_geom_reset(&g, GT_POLYGON);
    for (int i = 0; i < 5; i++) {
        assert_ok(b->ctx, gt_geom_add_point(b->ctx, &g, TEST_X0 + bow[i][0], TEST_Y0 + bow[i][1]));
    }
    assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &g));
    assert_ok(b->ctx, gt_geom_end_part(b->ctx, &g));
    refused(b, add_place(b, "P2", "restoration_projects", &g), GT_E_INPUT, "ledger.place-invalid");
    gt_geom_free(b->ctx, &g);
    gt_arena_free(arena);
}

static gt_status attach(test_books *b, const char *id, const char *path, const char *kind)
{
    const gt_act act = test_act(day(1));
    return gt_ledger_attach(b->ctx, b->book, ledger(b, "restoration_projects"), &act, id, path,
                            kind);
}

static void evidence(void **state)
{
    test_books *b = *state;
    gt_geom g;
    const char *paper = test_path(b->dir, "paper.pdf");
    gt_geom_init(&g);
    test_box_geom(b->ctx, 0, 0, 100, 100, &g);
    assert_ok(b->ctx, add_place(b, "E1", "restoration_projects", &g));
    gt_geom_free(b->ctx, &g);
    test_write_file(paper, "paper", 5);
    /* whoever may not attach, or to nothing, leaves no copy of the file */
    gt_act stranger = test_act(day(1));
    stranger.actor = "nobody";
    refused(b, attach(b, "E9", test_path(b->dir, "paper.pdf"), "approval"), GT_E_NOT_FOUND,
            "ledger.no-record");
    refused(b,
            gt_ledger_attach(b->ctx, b->book, ledger(b, "restoration_projects"), &stranger, "E1",
                             test_path(b->dir, "paper.pdf"), "approval"),
            GT_E_USAGE, "ledger.no-actor");
    assert_int_not_equal(access(test_path(b->dir, "w/attachments"), F_OK), 0);
    refused(b, attach(b, "E1", test_path(b->dir, "none.pdf"), "approval"), GT_E_ENV, NULL);
    refused(b, attach(b, "E1", b->dir, "approval"), GT_E_ENV, NULL); /* a folder */
    refused(b, attach(b, "E2", test_path(b->dir, "paper.pdf"), "approval"), GT_E_NOT_FOUND,
            "ledger.no-record");
    assert_ok(b->ctx, test_set(b, "restoration_projects", "E1", NULL, "cost=1", day(1)));
    refused(b, test_move(b, "restoration_projects", "E1", "approve", day(1)), GT_E_CONFLICT,
            "ledger.no-evidence");
    assert_ok(b->ctx, attach(b, "E1", test_path(b->dir, "paper.pdf"), "approval"));
    refused(b, test_move(b, "restoration_projects", "E1", "approve", day(1)), GT_E_CONFLICT,
            "ledger.guard"); /* no responsible body */
    assert_ok(b->ctx, attach(b, "E1", test_path(b->dir, "paper.pdf"), "approval")); /* again */
}

static void what_is_not_there(void **state)
{
    test_books *b = *state;
    const gt_ledger *l = NULL;
    gt_entry r;
    gt_arena *arena = NULL;
    assert_ok(b->ctx, gt_arena_new(b->ctx, 0, &arena));
    assert_fails(b->ctx, gt_ledger_find(b->ctx, b->package, "wroks", &l), GT_E_NOT_FOUND,
                 "ledger.no-ledger");
    assert_null(l);
    assert_fails(b->ctx, gt_ledger_get(b->ctx, b->book, "works", "none", arena, &r), GT_E_NOT_FOUND,
                 "ledger.no-record");
    gt_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(adding, setup, teardown),
        cmocka_unit_test_setup_teardown(field_values, setup, teardown),
        cmocka_unit_test_setup_teardown(changing, setup, teardown),
        cmocka_unit_test_setup_teardown(moving, setup, teardown),
        cmocka_unit_test_setup_teardown(rolling, setup, teardown),
        cmocka_unit_test_setup_teardown(who_may, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(places, setup_city, teardown),
        cmocka_unit_test_setup_teardown(evidence, setup_city, teardown),
        cmocka_unit_test(the_first_actor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
