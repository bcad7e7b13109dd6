/* Values of a year, gathered over times and places; stored text that was tampered with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/series.h"
#include "series/points.h"
#include "support/support.h"

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
} town;

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    gt_notes *notes = NULL;
    gt_store_options o;
    t->ctx = test_ctx();
    t->dir = test_dir();
    assert_ok(t->ctx, gt_notes_new(t->ctx, 0, &notes));
    assert_ok(t->ctx, gt_package_read(t->ctx, GT_SOURCE_DIR "/tests/indicator/package", notes,
                                      &t->package));
    gt_notes_free(notes);
    gt_store_options_init(&o);
    o.crs = gt_package_crs(t->package);
    o.title = gt_package_title(t->package);
    assert_ok(t->ctx, gt_store_create(t->ctx, test_path(t->dir, "w"), &o, &t->store));
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    town *t = *state;
    gt_store_close(t->store);
    gt_package_free(t->package);
    assert_int_equal(gt_ctx_memory_used(t->ctx), 0);
    gt_ctx_free(t->ctx);
    test_dir_remove(t->dir);
    free(t);
    return 0;
}

static int64_t set(town *t, const char *key, const char *text)
{
    const gt_commit_info info = {.author = "test", .message = "set", .expect_revision = -1};
    gt_commit *c = NULL;
    int64_t revision = 0;
    assert_ok(t->ctx, gt_commit_begin(t->ctx, t->store, &info, &c));
    assert_ok(t->ctx, gt_commit_setting_set(t->ctx, c, key, text));
    assert_ok(t->ctx, gt_commit_finish(t->ctx, c, &revision));
    return revision;
}

static gt_series_book *book_at(town *t, int64_t revision)
{
    gt_series_book *book = NULL;
    assert_ok(t->ctx, gt_series_book_open(t->ctx, t->store, t->package, revision, &book));
    return book;
}

static double value(const town *t, const gt_series_book *book, const char *id, const char *place,
                    int year)
{
    double x = NAN;
    const gt_series *s = gt_package_find_series(t->package, id);
    assert_non_null(s);
    return gt_series_value(book, s, place, year, &x) ? x : NAN;
}

static void times_and_places(void **state)
{
    town *t = *state;
    (void)set(t, "series/gdp", "0\neast\t2023\t6\neast\t2024\t7\nwest\t2023\t2\n");
    (void)set(t, "series/level",
              "1\nwell 1\t2024-01\t4\nwell 1\t2024-02\t6\nwell 2\t2024-06-30\t9\n");
    (void)set(t, "series/planted",
              "2\n\t2023\t5\neast\t2023\t1\neast\t2024-01\t1\neast\t2024-07\t2\n");
    gt_series_book *book = book_at(t, 0);
    assert_near(value(t, book, "gdp", "", 2023), 8, 0);
    assert_true(isnan(value(t, book, "gdp", "", 2024))); /* west is missing */
    assert_near(value(t, book, "gdp", "east", 2024), 7, 0);
    assert_true(isnan(value(t, book, "gdp", "north", 2024)));
    assert_near(value(t, book, "level", "well 1", 2024), 5, 1e-12);
    assert_near(value(t, book, "level", "", 2024), 7, 1e-12);   /* mean of 5 and 9 */
    assert_near(value(t, book, "planted", "east", 2024), 3, 0); /* sum of the year */
    assert_near(value(t, book, "planted", "", 2023), 5, 0);     /* the city's own value */
    assert_true(isnan(value(t, book, "planted", "", 2024)));    /* it has one of its own: no sum */
    assert_true(isnan(value(t, book, "stock", "", 2024)));
    int first = 0, last = 0;
    assert_true(
        gt_series_years(book, gt_package_find_series(t->package, "gdp"), "", &first, &last));
    assert_int_equal(first, 2023);
    assert_int_equal(last, 2024);
    assert_false(
        gt_series_years(book, gt_package_find_series(t->package, "stock"), "", &first, &last));
    assert_int_equal(gt_series_origin(book, gt_package_find_series(t->package, "planted")),
                     GT_ORIGIN_GENERATED);
    gt_series_book_free(book);
}

static void as_of_a_revision(void **state)
{
    town *t = *state;
    int64_t one = set(t, "series/stock", "0\n\t2020\t1\n"),
            two = set(t, "series/stock", "0\n\t2020\t2\n");
    gt_series_book *before = book_at(t, one), *after = book_at(t, two);
    assert_near(value(t, before, "stock", "", 2020), 1, 0);
    assert_near(value(t, after, "stock", "", 2020), 2, 0);
    gt_series_book_free(before);
    gt_series_book_free(after);
}

static void damaged_texts_are_refused(void **state)
{
    town *t = *state;
    static const char *const bad[] = {"",
                                      "x\n",
                                      "7\n",
                                      "0\nplace\n",
                                      "0\n\t2020\n",
                                      "0\n\t2020\tmany\n",
                                      "0\n\t20200\t1\n",
                                      "0\n\t2020\t1\n\t2020\t2\n",
                                      "0\n\t2021\t1\n\t2020\t2\n",
                                      "0\n\t2020-13\t1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gt_series_book *book = NULL;
        (void)set(t, "series/stock", bad[i]);
        assert_fails(t->ctx, gt_series_book_open(t->ctx, t->store, t->package, 0, &book),
                     GT_E_INPUT, "series.damaged");
        assert_null(book);
    }
    (void)set(t, "series/stock", "0\n");
}

static void times_are_years_months_or_days(void **state)
{
    (void)state;
    char out[11];
    int year = 0;
    assert_true(gt_time_normal("2024", out, &year) && year == 2024);
    assert_true(gt_time_normal("2024/02/29", out, &year));
    assert_string_equal(out, "2024-02-29");
    static const char *const bad[] = {"",        "24",         "2024-1", "2023-02-29",
                                      "2024-00", "2024-02-3x", "2024:02"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(gt_time_normal(bad[i], out, &year));
    }
}

static void what_is_written_is_read(void **state)
{
    town *t = *state;
    gt_point list[] = {
        {"", "2020", 2020, 0.1}, {"east", "2021-05", 2021, -3e-7}, {"east", "2022", 2022, 1e9}};
    const gt_points points = {.list = list, .n = 3, .origin = GT_ORIGIN_OPEN};
    gt_text text;
    gt_text_init(&text, t->ctx, 0);
    gt_points_write(&points, &text);
    (void)set(t, "series/stock", gt_text_cstr(&text));
    gt_text_free(&text);
    gt_series_book *book = book_at(t, 0);
    const gt_series *s = gt_package_find_series(t->package, "stock");
    assert_int_equal(gt_series_n_points(book, s), 3);
    for (size_t i = 0; i < 3; i++) {
        const gt_point *p = gt_series_point(book, s, i);
        assert_string_equal(p->place, list[i].place);
        assert_string_equal(p->time, list[i].time);
        assert_true(p->value == list[i].value);
    }
    gt_series_book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(times_and_places),
                                       cmocka_unit_test(as_of_a_revision),
                                       cmocka_unit_test(damaged_texts_are_refused),
                                       cmocka_unit_test(times_are_years_months_or_days),
                                       cmocka_unit_test(what_is_written_is_read)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
