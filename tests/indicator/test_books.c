/* Indicators that read ledgers: values worked out by hand, an empty book is not known, earlier
 * states are the earlier values, and what moved a value sums to the movement on random actions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/indicator.h"
#include "support/books.h"

enum { ROUNDS = 12, ACTIONS = 25, RECORDS = 15, NOT_KNOWN = -1 };

static gt_date day(int year, int month, int d)
{
    return gt_date_from_ymd(year, month, d);
}

static int setup(void **state)
{
    test_books *b = calloc(1, sizeof *b);
    assert_non_null(b);
    test_books_open(b, "tests/indicator/books");
    const gt_date from = day(2020, 12, 31);
    gt_commit *c = test_begin(b->ctx, b->store);
    test_define_layers(b->ctx, c, b->package, GT_ORIGIN_SURVEY);
    test_put_box(b->ctx, c, "districts", "west", (const double[]){0, 0, 1000, 3000},
                 test_text("west"), from);
    test_put_box(b->ctx, c, "districts", "east", (const double[]){1000, 0, 3000, 3000},
                 test_text("east"), from);
    gt_geom g;
    gt_geom_init(&g);
    test_box_geom(b->ctx, 100, 100, 2000, 2000, &g);
    const gt_value values[] = {test_text("p"), test_text("0701")};
    test_put_geom(b->ctx, c, "land_use", "p", &g, values, 2, from);
    gt_geom_free(b->ctx, &g);
    assert_ok(b->ctx, gt_commit_setting_set(b->ctx, c, "series/gdp",
                                            "0\neast\t2024\t4\neast\t2025\t6.5\n"
                                            "west\t2024\t1\nwest\t2025\t2\n"));
    (void)test_finish(b->ctx, c);
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

/* Value in the indicator's unit of a place ("" the city); NAN when it is not known. */
static double value_of(test_books *b, const char *id, const char *place, int year)
{
    gt_indicators_options o;
    gt_indicator_table *table = NULL;
    double x = NOT_KNOWN;
    gt_indicators_options_init(&o);
    o.year = year;
    o.level = GT_LEVEL_DISTRICT;
    o.only = id;
    assert_ok(b->ctx, gt_indicators_run(b->ctx, b->store, b->package, &o, &table));
    for (size_t i = 0; i < gt_indicator_table_n_rows(table); i++) {
        const gt_indicator_row *row = gt_indicator_table_row(table, i);
        if (strcmp(row->unit, place) == 0) {
            x = row->known ? row->value / row->indicator->unit_base : (double)NAN;
        }
    }
    gt_indicator_table_free(table);
    return x;
}

static void an_empty_book_is_not_known(void **state)
{
    test_books *b = *state;
    gt_indicators_options o;
    gt_indicator_table *table = NULL;
    assert_true(isnan(value_of(b, "restored-area", "", 2025)));
    assert_true(isnan(value_of(b, "net-restored", "", 2025)));
    gt_indicators_options_init(&o);
    o.year = 2025;
    o.only = "restored-area";
    assert_ok(b->ctx, gt_indicators_run(b->ctx, b->store, b->package, &o, &table));
    const gt_indicator_row *row = gt_indicator_table_row(table, 0);
    assert_int_equal(row->judgement.standing, GT_STAND_UNDECIDABLE);
    assert_string_equal(row->missing, "works");
    gt_indicator_table_free(table);
}

/* Three works: 1.25 ha accepted in 2023, 0.75 ha accepted in 2024 and taken back in 2025, 3 ha not
 * accepted. */
static void values_by_hand(void **state)
{
    test_books *b = *state;
    assert_ok(b->ctx, test_add(b, "works", "A", "west", "year=2023;area=1.25;kind=one;cost=10",
                               day(2023, 2, 1)));
    assert_ok(b->ctx, test_add(b, "works", "B", "east", "year=2024;area=0.75;kind=two;cost=20.5",
                               day(2024, 2, 1)));
    assert_ok(b->ctx, test_add(b, "works", "C", "*", "year=2024;area=3;kind=one", day(2024, 3, 1)));
    assert_ok(b->ctx, test_move(b, "works", "A", "accept", day(2023, 6, 1)));
    assert_ok(b->ctx, test_move(b, "works", "B", "accept", day(2024, 6, 1)));
    assert_near(value_of(b, "restored-area", "", 2025), 2.0, 1e-12);
    assert_near(value_of(b, "restored-area", "west", 2025), 1.25, 1e-12);
    assert_near(value_of(b, "restored-area", "east", 2025), 0.75, 1e-12);
    assert_ok(b->ctx, test_move(b, "works", "B", "reopen", day(2025, 6, 1)));
    assert_true(isnan(value_of(b, "restored-area", "", 2022)));
    assert_near(value_of(b, "restored-area", "", 2023), 1.25, 1e-12);
    assert_near(value_of(b, "restored-area", "", 2024), 2.0, 1e-12);
    assert_near(value_of(b, "restored-area", "", 2025), 1.25, 1e-12);
    assert_near(value_of(b, "accepted-share", "", 2023), 100, 1e-9);
    assert_near(value_of(b, "accepted-share", "", 2024), 200.0 / 3, 1e-9);
    assert_near(value_of(b, "accepted-share", "", 2025), 100.0 / 3, 1e-9);
    assert_near(value_of(b, "net-restored", "", 2024), 20000, 1e-9);
    assert_near(value_of(b, "net-restored", "", 2025), 12500, 1e-9);
    assert_near(value_of(b, "net-restored", "east", 2025), 0, 1e-9);
    assert_near(value_of(b, "good-closing", "", 2025), 12500, 1e-9);
    /* (8.5 + 30.5 * 30.5 / 1000) over 4 km2 of the survey's area, from -8 + -4.5: spent is 30.5 */
    double land = value_of(b, "cost-per-land", "", 2025);
    assert_near(land, (8.5 + 30.5 * 30.5 / 1000) / 4, 0.01);
}

static gt_indicator_row row_of(test_books *b, const char *id, const char *place, int year)
{
    gt_indicators_options o;
    gt_indicator_table *table = NULL;
    gt_indicator_row row = {.base_year = NOT_KNOWN};
    gt_indicators_options_init(&o);
    o.year = year;
    o.level = GT_LEVEL_DISTRICT;
    o.only = id;
    assert_ok(b->ctx, gt_indicators_run(b->ctx, b->store, b->package, &o, &table));
    for (size_t i = 0; i < gt_indicator_table_n_rows(table); i++) {
        const gt_indicator_row *r = gt_indicator_table_row(table, i);
        row = strcmp(r->unit, place) == 0 ? *r : row;
    }
    gt_indicator_table_free(table);
    return row;
}

/* The same three works: the books begin in 2023. A base is the end of the first year that gives a
 * value; for a share whose divisor is 0 until 2024, that year. */
static void the_first_year_of_the_books_is_a_base(void **state)
{
    test_books *b = *state;
    gt_indicator_row r = row_of(b, "first-restored", "", 2025);
    assert_int_equal(r.base_year, 2023);
    assert_near(r.base, 12500, 1e-9);
    assert_near(r.value, 12500, 1e-9);
    assert_near(r.judgement.progress, 0, 1e-12);
    assert_near(r.judgement.time, 0.5, 1e-12); /* 2 of 4 years */
    assert_int_equal(r.judgement.grade, GT_ORANGE);
    r = row_of(b, "first-restored", "", 2024); /* 2 of 4.25 ha: a quarter of the way and the time */
    assert_near(r.judgement.progress, 0.25, 1e-12);
    assert_near(r.judgement.time, 0.25, 1e-12);
    assert_int_equal(r.judgement.standing, GT_STAND_ON_PATH);
    r = row_of(b, "first-restored", "east", 2025);
    assert_int_equal(r.base_year, 2023); /* the books were open, nothing of it done */
    assert_near(r.base, 0, 1e-9);
    r = row_of(b, "first-restored", "", 2023);
    assert_int_equal(r.base_year, 2023);
    r = row_of(b, "first-restored", "", 2022);
    assert_false(r.known);
    assert_int_equal(r.judgement.standing, GT_STAND_UNDECIDABLE);
    r = row_of(b, "first-share", "", 2025);
    assert_int_equal(r.base_year, 2024);
    assert_near(r.base, 2, 1e-12);
    assert_near(r.value, 1, 1e-12);
    r = row_of(b, "first-share", "west", 2025); /* no work of kind two there, ever */
    assert_false(r.known);
    assert_int_equal(r.base_year, 0);
}

static int64_t sum_of(const gt_explanation *e)
{
    int64_t sum = 0;
    bool straight = strcmp(e->indicator->id, "cost-per-land") != 0 &&
                    strcmp(e->indicator->id, "accepted-share") != 0;
    for (size_t i = 0; i < e->n; i++) {
        assert_true(e->list[i].quanta != 0);
        assert_true(!straight || *e->list[i].where != '\0'); /* only a bent formula leaves a rest */
        sum += e->list[i].quanta;
    }
    return sum;
}

static gt_explanation *explain(test_books *b, const char *id, const char *unit, gt_state from,
                               gt_state to)
{
    gt_explanation *e = NULL;
    assert_ok(b->ctx, gt_indicator_explain(b->ctx, b->store, b->package, id, unit, &from, &to, &e));
    return e;
}

static gt_state at_end_of(int year)
{
    return (gt_state){.date = day(year, 12, 31), .year = year};
}

/* What happened to B in 2025 is the whole movement; what is only asked for another year has no
 * event.
 */
static void events_are_named(void **state)
{
    test_books *b = *state;
    gt_explanation *e = explain(b, "restored-area", NULL, at_end_of(2024), at_end_of(2025));
    assert_int_equal(e->n, 1);
    assert_string_equal(e->list[0].where, "works:B");
    assert_string_equal(e->list[0].sum, "done");
    assert_string_equal(e->list[0].before, "done");
    assert_string_equal(e->list[0].after, "planned");
    assert_string_equal(e->list[0].unit, "east");
    assert_true(e->list[0].event > 0);
    assert_true(e->list[0].quanta == INT64_C(-7500000000)); /* mm2 */
    assert_true(e->after - e->before == INT64_C(-7500000000));
    gt_explanation_free(b->ctx, e);
    gt_state early = {.date = GT_DATE_NONE, .year = 2023},
             late = {.date = GT_DATE_NONE, .year = 2025};
    e = explain(b, "cost-per-land", NULL, early, late);
    assert_false(e->known_before); /* no GDP of 2023 */
    gt_explanation_free(b->ctx, e);
    early.year = 2022;
    e = explain(b, "restored-area", "west", early, late);
    assert_int_equal(e->n, 1);
    assert_int_equal(e->list[0].event, 0);
    assert_true(sum_of(e) == INT64_C(12500000000));
    gt_explanation_free(b->ctx, e);
}

static gt_state now_in(int year)
{
    return (gt_state){.date = GT_DATE_NONE, .year = year};
}

/* A random action; refusals are part of it. */
static void act(test_books *b, test_rng *rng, gt_date on)
{
    static const char *const moves[] = {"accept", "reopen", "close"};
    static const char *const units[] = {"west", "east", "*"};
    static const char *const kinds[] = {"one", "two", ""};
    char id[16], fields[96];
    (void)snprintf(id, sizeof id, "R%d", (int)(test_rng_next(rng) % RECORDS));
    (void)snprintf(fields, sizeof fields, "year=%d;area=%.4f;cost=%.3f;kind=%s",
                   2021 + (int)(test_rng_next(rng) % 5), test_rng_real(rng) * 9,
                   test_rng_real(rng) * 100 - 30, kinds[test_rng_next(rng) % 3]);
    const char *unit = units[test_rng_next(rng) % 3];
    gt_status st;
    switch (test_rng_next(rng) % 6) {
    case 0:
    case 1:
        st = test_add(b, "works", id, unit, fields, on);
        break;
    case 2:
        st = test_set(b, "works", id, unit, fields, on);
        break;
    case 3: {
        const gt_act a = test_act(on);
        int64_t n = 0;
        int year = 2021 + (int)(test_rng_next(rng) % 4);
        st = gt_ledger_roll(b->ctx, b->book, gt_package_find_ledger(b->package, "works"), &a, year,
                            year + 1, &n);
        break;
    }
    default:
        st = test_move(b, "works", id, moves[test_rng_next(rng) % 3], on);
        break;
    }
    assert_true(st == GT_OK || st == GT_E_CONFLICT || st == GT_E_NOT_FOUND || st == GT_E_INPUT);
    gt_error_clear(b->ctx);
}

static void moved_exactly(test_books *b, gt_state from, gt_state to)
{
    static const char *const ids[] = {"restored-area", "accepted-share", "net-restored",
                                      "good-closing", "cost-per-land"};
    static const char *const units[] = {NULL, "west", "east"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        for (size_t k = 0; k < 3; k++) {
            gt_explanation *there = explain(b, ids[i], units[k], from, to);
            gt_explanation *back = explain(b, ids[i], units[k], to, from);
            if (there->known_before && there->known_after) {
                assert_true(sum_of(there) == there->after - there->before);
                assert_true(sum_of(back) == there->before - there->after);
            }
            gt_explanation_free(b->ctx, there);
            gt_explanation_free(b->ctx, back);
        }
    }
}

static void random_actions_sum_exactly(void **state)
{
    test_books *b = *state;
    test_rng rng;
    test_rng_seed(&rng, 20251);
    for (int round = 0; round < ROUNDS; round++) {
        gt_date on = day(2025, 7, 1) + round;
        for (int i = 0; i < ACTIONS; i++) {
            act(b, &rng, on);
        }
        const gt_state before = {.date = on - 1, .year = 2024 + round % 2};
        const gt_state after = {.date = on, .year = 2025};
        moved_exactly(b, before, after);
        moved_exactly(b, at_end_of(2024), now_in(2025));
    }
    gt_ledger_proof proof;
    assert_ok(b->ctx, gt_ledger_verify(b->ctx, b->book, &proof));
    assert_true(proof.n_events > 100);
}

typedef struct tally {
    int64_t sum;
    long n;
} tally;

static gt_status add_part(void *user, const gt_sum_part *part)
{
    tally *t = user;
    t->sum += part->quanta;
    t->n++;
    return GT_OK;
}

/* The journal played again gives what the records hold. */
static void the_journal_gives_the_present(void **state)
{
    test_books *b = *state;
    gt_sql *sql = NULL;
    const gt_book_cut present = {.date = GT_DATE_NONE, .year = 2025};
    const gt_book_cut played = {.date = day(2200, 1, 1), .year = 2025};
    assert_ok(b->ctx, gt_sql_new(b->ctx, b->package, &sql));
    for (size_t i = 0; i < gt_package_n_indicators(b->package); i++) {
        const gt_indicator *in = gt_package_indicator(b->package, i);
        for (size_t k = 0; k < in->n_sums; k++) {
            tally x = {0}, y = {0};
            bool known = false, known_too = false;
            gt_sum_ask what = {.sum = &in->sums[k], .sql = sql, .fn = add_part, .user = &x};
            assert_ok(b->ctx, gt_ledger_sum_each(b->ctx, b->book, &what, &present, &known));
            what.user = &y;
            assert_ok(b->ctx, gt_ledger_sum_each(b->ctx, b->book, &what, &played, &known_too));
            assert_true(known && known_too);
            assert_true(x.sum == y.sum);
            assert_true(x.n > 0);
        }
    }
    gt_sql_free(sql);
}

/* A revision holds what was written before its commit. */
static void a_revision_has_its_events(void **state)
{
    test_books *b = *state;
    int64_t rev = gt_store_revision(b->store);
    const gt_state then = {.rev = rev, .date = GT_DATE_NONE, .year = 2025};
    gt_explanation *e = explain(b, "net-restored", NULL, then, now_in(2025));
    assert_false(e->known_before); /* the books were empty at that commit */
    gt_explanation_free(b->ctx, e);
    gt_commit *c = test_begin(b->ctx, b->store);
    test_put_box(b->ctx, c, "districts", "north", (const double[]){0, 3000, 10, 3010},
                 test_text("north"), day(2020, 12, 31));
    const gt_state full = {.rev = test_finish(b->ctx, c), .date = GT_DATE_NONE, .year = 2025};
    e = explain(b, "net-restored", NULL, full, now_in(2025));
    assert_true(e->known_before && e->known_after);
    assert_int_equal(e->n, 0);
    assert_true(e->before == e->after);
    gt_explanation_free(b->ctx, e);
}

static void too_large_an_amount(void **state)
{
    test_books *b = *state;
    gt_explanation *e = NULL;
    const gt_state from = now_in(2024), to = now_in(2025);
    gt_indicators_options o;
    gt_indicator_table *table = NULL;
    gt_indicators_options_init(&o);
    o.year = 2026;
    o.only = "cost-per-land";
    assert_ok(b->ctx, test_add(b, "works", "huge", "west", "year=2021;cost=1e13", day(2026, 1, 1)));
    assert_fails(b->ctx, gt_indicators_run(b->ctx, b->store, b->package, &o, &table), GT_E_LIMIT,
                 "ledger.sum-large");
    assert_fails(
        b->ctx,
        gt_indicator_explain(b->ctx, b->store, b->package, "cost-per-land", NULL, &from, &to, &e),
        GT_E_LIMIT, "ledger.sum-large");
    assert_null(e);
    assert_ok(b->ctx, test_set(b, "works", "huge", NULL, "cost=1", day(2026, 1, 1)));
}

/* Each allocation in turn: an error or an answer, never a crash; nothing is left behind. */
static void memory_may_run_out(void **state)
{
    test_books *b = *state;
    long done = 0;
    for (long n = 0; n < 400; n++) {
        long left = n * 3;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_explanation *e = NULL;
        gt_store *store = NULL;
        gt_store_options so;
        const gt_state from = at_end_of(2024), to = now_in(2025);
        gt_store_options_init(&so);
        so.read_only = true;
        gt_status st = gt_store_open(ctx, test_path(b->dir, "w"), &so, &store);
        st = st == GT_OK ? gt_indicator_explain(ctx, store, b->package, "net-restored", NULL, &from,
                                                &to, &e)
                         : st;
        assert_true(st == GT_OK || left < 0);
        done += st == GT_OK;
        gt_explanation_free(ctx, e);
        gt_store_close(store);
        gt_error_clear(ctx);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(done < 400);
}

/* Packages whose sums of ledgers say what cannot be are refused, with the line. */
static void wrong_packages(void **state)
{
    (void)state;
    static const struct {
        const char *sum, *id;
    } cases[] = {
        {"{name: a, take: count}", "plan.sum-form"},
        {"{name: a, ledger: works, balance: restored, take: in}", "plan.sum-form"},
        {"{name: a, ledger: works, account: restored, take: count}", "plan.sum-form"},
        {"{name: a, ledger: works, take: place}", "plan.sum-take"}, /* it has no polygons */
        {"{name: a, ledger: works, take: kind}", "plan.sum-take"},  /* a text */
        {"{name: a, ledger: works, take: closing}", "plan.sum-take"},
        {"{name: a, balance: restored, take: count}", "plan.sum-take"},
        {"{name: a, balance: castle, take: in}", "plan.ledger-part"},
        {"{name: year, ledger: works, take: count}", "plan.sum-name"},
        {"{name: a, ledger: castle, take: count}", NULL},
        {"{name: a, ledger: works, take: count, where: colour = 1}", NULL},
        {"{name: a, ledger: works}", NULL},
    };
    size_t len = 0;
    char *all = test_read_file(GT_SOURCE_DIR "/tests/indicator/books/books.yaml", &len);
    char *package = test_read_file(GT_SOURCE_DIR "/tests/indicator/books/package.yaml", &len);
    char *clauses = test_read_file(GT_SOURCE_DIR "/tests/indicator/books/clauses.csv", &len);
    static const char mark[] = "{name: done, ledger: works, take: area, where:";
    char *at = strstr(all, mark);
    assert_non_null(at);
    char *end = strchr(at, '\n');
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_ctx *ctx = test_ctx();
        gt_notes *notes = NULL;
        gt_package *p = NULL;
        char *dir = test_dir();
        gt_text text;
        gt_text_init(&text, ctx, 0);
        gt_text_printf(&text, "%.*s%s%s", (int)(at - all), all, cases[i].sum, end);
        test_write_file(test_path(dir, "books.yaml"), text.data, text.len);
        test_write_file(test_path(dir, "package.yaml"), package, strlen(package));
        test_write_file(test_path(dir, "clauses.csv"), clauses, strlen(clauses));
        assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
        assert_int_equal(gt_package_read(ctx, dir, notes, &p), GT_E_INPUT);
        assert_null(p);
        bool told = cases[i].id == NULL || gt_notes_count_id(notes, cases[i].id) == 1;
        if (!told) {
            fail_msg("%s: %s was not told", cases[i].sum, cases[i].id);
        }
        gt_error_clear(ctx);
        gt_text_free(&text);
        gt_notes_free(notes);
        gt_ctx_free(ctx);
        test_dir_remove(dir);
    }
    free(all);
    free(package);
    free(clauses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_empty_book_is_not_known),
                                       cmocka_unit_test(values_by_hand),
                                       cmocka_unit_test(the_first_year_of_the_books_is_a_base),
                                       cmocka_unit_test(the_first_year_of_the_books_is_a_base),
                                       cmocka_unit_test(events_are_named),
                                       cmocka_unit_test(random_actions_sum_exactly),
                                       cmocka_unit_test(the_journal_gives_the_present),
                                       cmocka_unit_test(a_revision_has_its_events),
                                       cmocka_unit_test(too_large_an_amount),
                                       cmocka_unit_test(memory_may_run_out),
                                       cmocka_unit_test(wrong_packages)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
