/* Accounts of the Beijing package: quantity and quality of farmland, the stock share of supply,
 * supply within the joined plans, linkage quota; what does not hold is named, what is not known is
 * open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/book.h"
#include "support/books.h"

static const double HA = 100; /* side of a hectare's square, m */

static gt_date day(int d)
{
    return gt_date_from_ymd(2023, 3, 1) + d;
}

static int setup(void **state)
{
    test_books *b = calloc(1, sizeof *b);
    assert_non_null(b);
    test_books_open(b, "plans/beijing");
    test_write_file(test_path(b->dir, "paper.txt"), "paper", 5);
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

/* A record of n hectares (0: without a place) in a district, with its evidence, moved. */
static gt_status record(test_books *b, const char *ledger, const char *id, const char *unit,
                        double n, const char *fields, const char *move)
{
    const gt_ledger *l = gt_package_find_ledger(b->package, ledger);
    gt_field_text texts[16];
    gt_entry_set set;
    gt_geom g;
    const gt_act act = test_act(day(0));
    gt_entry_set_init(&set);
    gt_geom_init(&g);
    set.id = id;
    set.unit = unit;
    set.fields = texts;
    set.n_fields = test_fields(fields, texts, 16);
    if (n > 0) {
        test_box_geom(b->ctx, 0, 0, n * HA, HA, &g);
        set.place = &g;
    }
    assert_ok(b->ctx, gt_ledger_add(b->ctx, b->book, b->package, l, &act, &set, NULL, NULL));
    gt_geom_free(b->ctx, &g);
    for (size_t i = 0; i < l->n_moves; i++) {
        for (const char *const *kind = l->moves[i].evidence;
             strcmp(l->moves[i].id, move) == 0 && *kind != NULL; kind++) {
            assert_ok(b->ctx, gt_ledger_attach(b->ctx, b->book, l, &act, id,
                                               test_path(b->dir, "paper.txt"), *kind));
        }
    }
    return gt_ledger_move(b->ctx, b->book, b->package, l, &act, id, move);
}

typedef struct asked {
    gt_arena *arena;
    gt_balance_result r;
} asked;

static asked ask(test_books *b, const char *balance, int year)
{
    asked a = {0};
    assert_ok(b->ctx, gt_arena_new(b->ctx, 0, &a.arena));
    assert_ok(b->ctx, gt_balance_of(b->ctx, b->book, b->package, balance, year, a.arena, &a.r));
    return a;
}

/* "unit|beginning of the condition" joined by ';', '?' in front of what is open. */
static void broken_are(test_books *b, const char *balance, int year, const char *want)
{
    asked a = ask(b, balance, year);
    char text[1024] = "";
    size_t len = 0;
    bool met = true;
    for (size_t i = 0; i < a.r.n_broken; i++) {
        const gt_balance_broken *k = &a.r.broken[i];
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%s%s|%.8s", i == 0 ? "" : ";",
                             k->open ? "?" : "", k->unit, k->must == NULL ? "test" : k->must->must);
        met = met && k->open;
    }
    assert_string_equal(text, want);
    assert_true(a.r.met == met);
    assert_int_equal(a.r.n_faults, 0);
    gt_arena_free(a.arena);
}

/* Rows of a condition that does not hold (begins with `must`): "figure record quanta" joined by
 * ';'.
 */
static void rows_are(test_books *b, const char *balance, int year, const char *unit,
                     const char *must, const char *want)
{
    asked a = ask(b, balance, year);
    char text[2048] = "";
    size_t len = 0;
    bool found = false;
    for (size_t i = 0; i < a.r.n_broken; i++) {
        const gt_balance_broken *k = &a.r.broken[i];
        const char *says = k->must == NULL ? "test" : k->must->must;
        if (strcmp(k->unit, unit) != 0 || strncmp(says, must, strlen(must)) != 0) {
            continue;
        }
        found = true;
        assert_int_equal(k->n_all, (int64_t)k->n_rows);
        for (size_t r = 0; r < k->n_rows; r++) {
            const gt_balance_row *row = &k->rows[r];
            assert_true(*unit == '\0' || strcmp(row->unit, unit) == 0);
            assert_true(row->quanta != 0);
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %s %lld",
                                    r == 0 ? "" : ";", row->sum != NULL ? row->sum->name : "line",
                                    row->record, (long long)row->quanta);
        }
    }
    assert_true(found);
    assert_string_equal(text, want);
    gt_arena_free(a.arena);
}

static void in_grade(test_books *b, const char *id, const char *unit, double ha, int grade, bool in)
{
    char fields[128];
    (void)snprintf(fields, sizeof fields, "year=2023;way=orchard;grade=%d;stable=true;scheme=S-1",
                   grade);
    assert_ok(b->ctx, record(b, "farmland_in_out", id, unit, ha, fields, in ? "enter" : "leave"));
}

static void best_for_best(void **state)
{
    test_books *b = *state;
    broken_are(b, "farmland_in_out", 2023, "");
    in_grade(b, "a1", "大兴区", 1, 3, true);
    in_grade(b, "a2", "大兴区", 1, 8, false); /* better in than out */
    broken_are(b, "farmland_in_out", 2023, "");
    in_grade(b, "a3", "房山区", 2, 9, true);
    in_grade(b, "a4", "房山区", 1, 2, false); /* more in than out, but medium for best */
    broken_are(b, "farmland_in_out", 2023, "房山区|best_in ;房山区|high_in ");
    in_grade(b, "a5", "房山区", 1, 7, true);
    broken_are(b, "farmland_in_out", 2023, "房山区|best_in ");
    in_grade(b, "a6", "房山区", 1, 4, true);
    broken_are(b, "farmland_in_out", 2023, "");
    in_grade(b, "a7", "大兴区", 1, 4, false); /* now more went than came */
    broken_are(b, "farmland_in_out", 2023, "大兴区|test;大兴区|high_in ;大兴区|medium_i");
    rows_are(b, "farmland_in_out", 2023, "大兴区", "test",
             "line a1 1000000;line a2 -1000000;line a7 -1000000");
    /* of 2025 it is asked that more came in than went out in all: 大兴区 has one hectare less */
    broken_are(b, "farmland_in_out", 2025, "大兴区|year < 2");
}

static void farmland_needs_its_proof(void **state)
{
    test_books *b = *state;
    assert_fails(b->ctx,
                 record(b, "farmland_in_out", "p1", "大兴区", 1,
                        "year=2023;way=orchard;grade=3;stable=false", "enter"),
                 GT_E_CONFLICT, "ledger.guard");
    assert_fails(b->ctx,
                 record(b, "farmland_in_out", "p2", "大兴区", 1,
                        "year=2023;way=orchard;stable=true", "enter"),
                 GT_E_CONFLICT, "ledger.guard");
    assert_ok(b->ctx, test_set(b, "farmland_in_out", "p2", NULL, "grade=3", day(1)));
    assert_ok(b->ctx, test_move(b, "farmland_in_out", "p2", "enter", day(1)));
}

static void supply(test_books *b, const char *id, double ha, const char *source)
{
    char fields[128];
    (void)snprintf(fields, sizeof fields, "year=2023;project=%s;source=%s;contract=HT", id, source);
    assert_ok(b->ctx, record(b, "land_supplied", id, "朝阳区", ha, fields, "supply"));
}

static void stock_share_and_joined_plans(void **state)
{
    test_books *b = *state;
    broken_are(b, "land_supply", 2023, "?|inflow <;?|inflow -"); /* no plan is joined yet */
    supply(b, "s1", 6, "stock");
    supply(b, "s2", 4, "increment");
    broken_are(b, "land_supply", 2023, "|inflow =;?|inflow <;?|inflow -"); /* 60 is not over 60 */
    supply(b, "s3", 1, "stock");
    broken_are(b, "land_supply", 2023, "?|inflow <;?|inflow -");
    assert_ok(b->ctx, record(b, "linked_plans", "l1", "*", 0,
                             "year=2023;plan=supply;total=12;stock=7;increment=5", "draw"));
    broken_are(b, "land_supply", 2023, "");
    supply(b, "s4", 3, "stock"); /* 14 of 12 ha planned */
    broken_are(b, "land_supply", 2023, "|inflow <");
    rows_are(b, "land_supply", 2023, "", "inflow <",
             "line s1 6000000;line s2 4000000;line s4 3000000;line s3 1000000;planned l1 12000000");
    broken_are(b, "land_supply", 2024, "");
}

static void quota_is_earned_before_it_is_used(void **state)
{
    test_books *b = *state;
    static const char quota[] = "year=2023;project=Q;source=increment;contract=HT;quota=0.5";
    assert_ok(b->ctx, record(b, "consolidation_pilots", "c1", "延庆区", 3,
                             "name=甲;farmland=1;construction=0.4;ecology=1", "approve"));
    assert_ok(b->ctx, gt_ledger_attach(b->ctx, b->book,
                                       gt_package_find_ledger(b->package, "consolidation_pilots"),
                                       &(gt_act){.actor = "bureau", .date = day(0)}, "c1",
                                       test_path(b->dir, "paper.txt"), "acceptance"));
    assert_ok(b->ctx, test_move(b, "consolidation_pilots", "c1", "accept", day(0)));
    broken_are(b, "linkage", 2023, "");
    assert_ok(b->ctx, record(b, "land_supplied", "q1", "延庆区", 1, quota, "supply_linked"));
    broken_are(b, "linkage", 2023, "延庆区|test");
    broken_are(b, "linkage", 2022, "");
}

static void a_posting_beyond_its_place(void **state)
{
    test_books *b = *state;
    assert_ok(b->ctx, record(b, "consolidation_pilots", "c2", "怀柔区", 1,
                             "name=乙;farmland=1;construction=8;ecology=1", "approve"));
    assert_ok(b->ctx, gt_ledger_attach(b->ctx, b->book,
                                       gt_package_find_ledger(b->package, "consolidation_pilots"),
                                       &(gt_act){.actor = "bureau", .date = day(0)}, "c2",
                                       test_path(b->dir, "paper.txt"), "acceptance"));
    assert_ok(b->ctx, test_move(b, "consolidation_pilots", "c2", "accept", day(0)));
    asked a = ask(b, "linkage", 2023);
    assert_int_equal(a.r.n_faults, 1);
    assert_int_equal(a.r.faults[0].kind, GT_FAULT_PLACE);
    assert_string_equal(a.r.faults[0].record, "c2");
    assert_int_equal(a.r.faults[0].posted, 8000000);
    gt_arena_free(a.arena);
}

/* Lines that do not cancel, behind the ledger's back. */
static void lines_that_do_not_sum(void **state)
{
    test_books *b = *state;
    assert_int_equal(sqlite3_exec(b->book->db,
                                  "UPDATE gt_ledger_posting SET amount = amount + 1 WHERE account ="
                                  " 'stock' AND seq = (SELECT min(seq) FROM gt_ledger_posting WHERE"
                                  " account = 'stock')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    asked a = ask(b, "land_supply", 2023);
    assert_int_equal(a.r.n_faults, 1);
    assert_int_equal(a.r.faults[0].kind, GT_FAULT_SUM);
    assert_string_equal(a.r.faults[0].record, "s1");
    assert_int_equal(a.r.faults[0].found, 1);
    gt_arena_free(a.arena);
}

static void what_is_not_declared(void **state)
{
    test_books *b = *state;
    gt_balance_result r;
    gt_arena *arena = NULL;
    assert_ok(b->ctx, gt_arena_new(b->ctx, 0, &arena));
    assert_fails(b->ctx, gt_balance_of(b->ctx, b->book, b->package, "land_suply", 2023, arena, &r),
                 GT_E_NOT_FOUND, "ledger.no-balance");
    gt_arena_free(arena);
}

/* Each allocation in turn. */
static void memory_may_run_out(void **state)
{
    test_books *b = *state;
    long done = 0;
    for (long n = 0; n < 2000 && done == 0; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_store *store = NULL;
        gt_book *book = NULL;
        gt_arena *arena = NULL;
        gt_balance_result r;
        gt_store_options so;
        gt_store_options_init(&so);
        so.read_only = true;
        gt_status st = gt_store_open(ctx, test_path(b->dir, "w"), &so, &store);
        st = st == GT_OK ? gt_book_open(ctx, store, false, &book) : st;
        st = st == GT_OK ? gt_arena_new(ctx, 0, &arena) : st;
        st = st == GT_OK ? gt_balance_of(ctx, book, b->package, "farmland_in_out", 2023, arena, &r)
                         : st;
        assert_true(st == GT_OK || left < 0);
        done += st == GT_OK;
        gt_arena_free(arena);
        gt_book_close(book);
        gt_store_close(store);
        gt_error_clear(ctx);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_int_equal(done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(best_for_best),
                                       cmocka_unit_test(farmland_needs_its_proof),
                                       cmocka_unit_test(stock_share_and_joined_plans),
                                       cmocka_unit_test(quota_is_earned_before_it_is_used),
                                       cmocka_unit_test(a_posting_beyond_its_place),
                                       cmocka_unit_test(lines_that_do_not_sum),
                                       cmocka_unit_test(what_is_not_declared),
                                       cmocka_unit_test(memory_may_run_out)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
