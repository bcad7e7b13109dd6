/* What two states of the map differ by: what the one table has more than the other is what the
 * whole tables differ by, row by row, of revisions and of days, however the edits lie; rows that
 * did not change are not in. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/coverage.h"
#include "support/store.h"

#define SIZE 12000.0
#define BY   "districts,land_use,land_use.gt_id,basic_farmland.gt_id"
enum { ACROSS = 100, FEW = 60 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    test_rng rng;
} town;

static gt_date day_of(int year)
{
    return gt_date_from_ymd(year, 12, 31);
}

static void put_parcel(town *t, gt_commit *c, int i, gt_date from)
{
    char id[32];
    int row = i / ACROSS;
    double s = SIZE / ACROSS, x = i % ACROSS * s, y = row * s;
    const double box[4] = {x, y, x + s - 9 * test_rng_real(&t->rng), y + s};
    const char *class = test_rng_next(&t->rng) % 3 == 0 ? "0701" : "0103";
    (void)snprintf(id, sizeof id, "p%d", i);
    test_put_box(t->ctx, c, "land_use", id, box, test_text(class), from);
}

static void put_field(town *t, gt_commit *c, int i)
{
    char id[32];
    double x = SIZE * test_rng_real(&t->rng), y = SIZE * test_rng_real(&t->rng);
    const double box[4] = {x, y, x + 90, y + 300 * test_rng_real(&t->rng) + 1};
    (void)snprintf(id, sizeof id, "f%d", i);
    test_put_box(t->ctx, c, "basic_farmland", id, box,
                 (gt_value){.kind = GT_VAL_INT, .integer = i % 5}, GT_DATE_NONE);
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_rng_seed(&t->rng, 5);
    test_store_open(t->ctx, t->dir, "tests/check/package", &t->package, &t->store);
    gt_commit *c = test_begin(t->ctx, t->store);
    test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
    const double west[4] = {0, 0, 4100, SIZE}, east[4] = {4100, 0, SIZE, SIZE};
    test_put_box(t->ctx, c, "districts", "west", west, test_text("west"), day_of(2018));
    test_put_box(t->ctx, c, "districts", "east", east, test_text("east"), day_of(2018));
    for (int i = 0; i < ACROSS * ACROSS; i++) {
        put_parcel(t, c, i, day_of(2019));
    }
    for (int i = 0; i < 20; i++) {
        put_field(t, c, i);
    }
    (void)test_finish(t->ctx, c);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    town *t = *state;
    test_store_shut(t->ctx, t->dir, t->package, t->store);
    free(t);
    return 0;
}

static gt_map_state rev(int64_t r)
{
    return (gt_map_state){GT_DATE_NONE, r};
}

static gt_map_state day(int year)
{
    return (gt_map_state){day_of(year), 0};
}

static gt_area_table *whole(town *t, gt_map_state s)
{
    gt_area_table *table = NULL;
    gt_areas_options o;
    gt_areas_options_init(&o);
    o.afresh = true;
    o.as_of_rev = s.rev;
    o.as_of = s.as_of;
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, BY, &o, &table));
    return table;
}

/* ---- comparing --------------------------------------------------------------------------------
 */

typedef struct line {
    char text[160];
    double m2;
} line;

typedef struct lines {
    line *at;
    size_t n, cap;
} lines;

static void add_table(lines *to, const gt_area_table *t, double sign)
{
    for (size_t r = 0; r < gt_area_table_n_rows(t); r++) {
        if (to->n == to->cap) {
            to->cap = 2 * to->cap + 64;
            to->at = realloc(to->at, to->cap * sizeof *to->at);
            assert_non_null(to->at);
        }
        line *l = &to->at[to->n++];
        int n = snprintf(l->text, sizeof l->text, "%s|%s|%s|%s", gt_area_table_text(t, r, 0),
                         gt_area_table_text(t, r, 1), gt_area_table_text(t, r, 2),
                         gt_area_table_text(t, r, 3));
        assert_true(n > 0 && (size_t)n < sizeof l->text);
        l->m2 = sign * gt_area_table_m2(t, r);
    }
}

static int by_text(const void *a, const void *b)
{
    const line *p = a, *q = b;
    return strcmp(p->text, q->text);
}

/* What the second table has more than the first, rows that do not differ left out. */
static lines difference(const gt_area_table *a, const gt_area_table *b)
{
    lines all = {0};
    add_table(&all, a, -1);
    add_table(&all, b, 1);
    if (all.n > 0) {
        qsort(all.at, all.n, sizeof *all.at, by_text);
    }
    size_t kept = 0;
    for (size_t i = 0, end; i < all.n; i = end) {
        line sum = all.at[i];
        for (end = i + 1; end < all.n && strcmp(all.at[end].text, sum.text) == 0; end++) {
            sum.m2 += all.at[end].m2;
        }
        if (fabs(sum.m2) > 0.01) { /* other cuts move a border by at most 1.5 mm */
            all.at[kept++] = sum;
        }
    }
    all.n = kept;
    return all;
}

/* Returns how many rows differ; *n_rows: of the table of `to`. */
static size_t assert_differ_alike(town *t, gt_map_state from, gt_map_state to, size_t *n_rows)
{
    gt_area_table *a = NULL, *b = NULL, *all_a = whole(t, from), *all_b = whole(t, to);
    assert_ok(t->ctx, gt_areas_differing(t->ctx, t->store, t->package, BY, &from, &to, &a, &b));
    lines near = difference(a, b), full = difference(all_a, all_b);
    *n_rows = gt_area_table_n_rows(b);
    assert_int_equal(near.n, full.n);
    for (size_t i = 0; near.at != NULL && full.at != NULL && i < near.n; i++) {
        assert_string_equal(near.at[i].text, full.at[i].text);
        assert_near(near.at[i].m2, full.at[i].m2, 1);
    }
    size_t n = near.n;
    free(near.at);
    free(full.at);
    gt_area_table_free(a);
    gt_area_table_free(b);
    gt_area_table_free(all_a);
    gt_area_table_free(all_b);
    return n;
}

/* ---- cases ------------------------------------------------------------------------------------
 */

static void differ_as_the_whole_does(void **state)
{
    town *t = *state;
    int64_t first = gt_store_revision(t->store);
    for (int round = 0; round < 6; round++) {
        size_t rows = 0;
        int64_t before = gt_store_revision(t->store);
        gt_commit *c = test_begin(t->ctx, t->store);
        put_parcel(t, c, (int)(test_rng_real(&t->rng) * ACROSS * ACROSS), GT_DATE_NONE);
        put_field(t, c, 10 + round);
        if (round == 3) {
            assert_ok(t->ctx, gt_commit_delete(t->ctx, c, "land_use", "p77", GT_DATE_NONE));
            const double far[4] = {SIZE + 900, 0, SIZE + 1900, 50}; /* beyond all there was */
            test_put_box(t->ctx, c, "land_use", "new", far, test_text("0701"), GT_DATE_NONE);
        }
        int64_t now = test_finish(t->ctx, c);
        assert_true(assert_differ_alike(t, rev(before), rev(now), &rows) > 0);
        assert_true(rows > 0 && rows < FEW);
        assert_true(assert_differ_alike(t, rev(now), rev(before), &rows) > 0);
        (void)assert_differ_alike(t, rev(first), rev(now), &rows);
    }
}

static void what_left_the_extent_is_told(void **state)
{
    town *t = *state;
    size_t rows = 0;
    int64_t before = gt_store_revision(t->store);
    gt_commit *c = test_begin(t->ctx, t->store);
    assert_ok(t->ctx, gt_commit_delete(t->ctx, c, "land_use", "new", GT_DATE_NONE));
    int64_t now = test_finish(t->ctx, c);
    assert_int_equal(assert_differ_alike(t, rev(before), rev(now), &rows), 1);
}

static void assert_nothing(town *t, gt_map_state from, gt_map_state to)
{
    gt_area_table *a = NULL, *b = NULL;
    assert_ok(t->ctx, gt_areas_differing(t->ctx, t->store, t->package, BY, &from, &to, &a, &b));
    assert_int_equal(gt_area_table_n_rows(a), 0);
    assert_int_equal(gt_area_table_n_rows(b), 0);
    gt_area_table_free(a);
    gt_area_table_free(b);
}

static void nothing_differs_from_itself(void **state)
{
    town *t = *state;
    int64_t now = gt_store_revision(t->store);
    assert_nothing(t, rev(now), rev(now));
    assert_nothing(t, rev(0), rev(now));
    assert_nothing(t, day(2020), day(2020));
    assert_nothing(t, day(2020), day(2021)); /* nothing came or went between */
}

/* More row versions than are looked at one by one; one that meets more than a quarter of all. */
static void much_is_woven_whole(void **state)
{
    town *t = *state;
    size_t rows = 0;
    int64_t before = gt_store_revision(t->store);
    gt_commit *c = test_begin(t->ctx, t->store);
    for (int i = 0; i < 1100; i++) {
        put_parcel(t, c, 9 * i, GT_DATE_NONE);
    }
    int64_t now = test_finish(t->ctx, c);
    assert_true(assert_differ_alike(t, rev(before), rev(now), &rows) >= 1100);
    assert_true(rows >= 1100 && rows < 3000);
    c = test_begin(t->ctx, t->store);
    const double wide[4] = {10, 10, SIZE - 10, SIZE - 10};
    test_put_box(t->ctx, c, "basic_farmland", "wide", wide,
                 (gt_value){.kind = GT_VAL_INT, .integer = 1}, GT_DATE_NONE);
    assert_true(test_finish(t->ctx, c) > now);
    assert_true(assert_differ_alike(t, rev(now), rev(0), &rows) > ACROSS * ACROSS);
}

/* Surveys of two later years, one of them of land that was not there before. */
static void days_differ_as_the_whole_does(void **state)
{
    town *t = *state;
    size_t rows = 0;
    for (int year = 2022; year <= 2024; year += 2) {
        gt_commit *c = test_begin(t->ctx, t->store);
        for (int i = 0; i < 40; i++) {
            put_parcel(t, c, 17 * i + year % 17, day_of(year));
        }
        if (year == 2024) {
            const double far[4] = {-3000, -3000, -2900, -2900};
            test_put_box(t->ctx, c, "land_use", "late", far, test_text("0701"), day_of(year));
            assert_ok(t->ctx, gt_commit_delete(t->ctx, c, "land_use", "p5", day_of(year)));
        }
        (void)test_finish(t->ctx, c);
    }
    assert_true(assert_differ_alike(t, day(2021), day(2022), &rows) > 40);
    assert_true(rows >= 40 && rows < 400);
    assert_true(assert_differ_alike(t, day(2024), day(2021), &rows) > 80);
    assert_true(assert_differ_alike(t, day(2022), rev(0), &rows) > 40);
    assert_true(assert_differ_alike(t, (gt_map_state){day_of(2022), 1}, day(2022), &rows) > 40);
}

static void assert_refused(town *t, const char *by, gt_map_state from, gt_map_state to,
                           gt_status status, const char *id)
{
    gt_area_table *a = NULL, *b = NULL;
    assert_fails(t->ctx, gt_areas_differing(t->ctx, t->store, t->package, by, &from, &to, &a, &b),
                 status, id);
    assert_null(a);
    assert_null(b);
}

static void bad_pairs_are_refused(void **state)
{
    town *t = *state;
    int64_t now = gt_store_revision(t->store);
    assert_refused(t, BY, rev(now + 1), rev(0), GT_E_NOT_FOUND, "store.no-revision");
    assert_refused(t, BY, rev(1), rev(999), GT_E_NOT_FOUND, "store.no-revision");
    assert_refused(t, BY, rev(-3), rev(0), GT_E_NOT_FOUND, "store.no-revision");
    assert_refused(t, "nothing", rev(1), rev(0), GT_E_USAGE, "coverage.unknown-word");
    assert_refused(t, "district,grid.none", rev(1), rev(0), GT_E_NOT_FOUND, "coverage.grid-then");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differ_as_the_whole_does),
        cmocka_unit_test(what_left_the_extent_is_told),
        cmocka_unit_test(nothing_differs_from_itself),
        cmocka_unit_test(much_is_woven_whole),
        cmocka_unit_test(days_differ_as_the_whole_does),
        cmocka_unit_test(bad_pairs_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
