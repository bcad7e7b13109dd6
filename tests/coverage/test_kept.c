/* Accounts kept between runs: after random edits of shapes, classes and lists of features, on the
 * newest state and on days long past, what is brought up to date equals what is made anew to the
 * last bit; damage, another package and a folder that cannot be written change nothing. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guotu/coverage.h"
#include "guotu/notes.h"
#include "support/store.h"

#define SIZE 3000.0
enum { ACROSS = 20, FIELDS = 40 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    test_rng rng;
} town;

static double real(town *t)
{
    return test_rng_real(&t->rng);
}

/* Year 0: none, a correction of what there is. */
static gt_date day_of(int year)
{
    return year == 0 ? GT_DATE_NONE : gt_date_from_ymd(year, 12, 31);
}

static void put_parcel(town *t, gt_commit *c, int i, const char *class, int year)
{
    char id[32];
    double side = SIZE / ACROSS, x = (i % ACROSS) * side, y = (i / ACROSS) * side;
    double move = 20 * (real(t) - 0.5);
    const double box[4] = {x, y, x + side + move, y + side};
    (void)snprintf(id, sizeof id, "p%d", i);
    test_put_box(t->ctx, c, "land_use", id, box, test_text(class), day_of(year));
}

static void put_field(town *t, gt_commit *c, int i, int year)
{
    char id[32];
    double x = SIZE * real(t), y = SIZE * real(t);
    const double box[4] = {x, y, x + 20 + 200 * real(t), y + 20 + 200 * real(t)};
    const gt_value grade = {.kind = i % 7 == 0 ? GT_NULL : GT_VAL_INT, .integer = i % 5};
    (void)snprintf(id, sizeof id, "f%d", i);
    test_put_box(t->ctx, c, "basic_farmland", id, box, grade, day_of(year));
}

static void put_district(town *t, gt_commit *c, const char *name, const char *circle, double x0,
                         double x1)
{
    gt_geom g;
    gt_value values[2] = {test_text(name), test_text(circle)};
    const double corners[5][2] = {{x0, 0}, {x1, 0}, {x1, SIZE}, {x0, SIZE}, {x0, 0}};
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_MULTIPOLYGON);
    for (int i = 0; i < 5; i++) {
        assert_ok(t->ctx,
                  gt_geom_add_point(t->ctx, &g, TEST_X0 + corners[i][0], TEST_Y0 + corners[i][1]));
    }
    assert_ok(t->ctx, gt_geom_end_ring(t->ctx, &g));
    assert_ok(t->ctx, gt_geom_end_part(t->ctx, &g));
    test_put_geom(t->ctx, c, "districts", name, &g, values, 2, day_of(2018));
    gt_geom_free(t->ctx, &g);
}

/* The package of the tests of check; its units have a class beside their names. */
static const char *write_package(town *t, const char *name, const char *big)
{
    static char path[PATH_MAX];
    char command[4 * PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", test_path(t->dir, name));
    (void)snprintf(
        command, sizeof command,
        "cp -r '%s/tests/check/package' '%s' && sed -i"
        " -e '/name: name, type: text/a\\    - {name: circle, type: text, zh: 圈层, en: Circle}'"
        " -e 's/  id_field: name/&\\n  class_field: circle/'"
        " -e 's/\"0701\", big: construction/\"0701\", big: %s/' '%s/all.yaml'",
        GT_SOURCE_DIR, path, big, path);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a fixed command of the test
    return path;
}

static gt_package *read_package(town *t, const char *path)
{
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    assert_ok(t->ctx, gt_notes_new(t->ctx, 0, &notes));
    assert_ok(t->ctx, gt_package_read(t->ctx, path, notes, &package));
    gt_notes_free(notes);
    return package;
}

static void fill(town *t)
{
    gt_commit *c = test_begin(t->ctx, t->store);
    test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
    put_district(t, c, "西区", "inner", 0, 1030.123);
    put_district(t, c, "东区", "outer", 1030.123, SIZE);
    for (int i = 0; i < ACROSS * ACROSS; i++) {
        put_parcel(t, c, i, i % 3 == 0 ? "0701" : "0103", 2019);
    }
    for (int i = 0; i < FIELDS; i++) {
        put_field(t, c, i, 2019);
    }
    (void)test_finish(t->ctx, c);
    c = test_begin(t->ctx, t->store);
    for (int i = 0; i < ACROSS; i++) { /* a survey of 2021 */
        put_parcel(t, c, 7 * i, i % 2 == 0 ? "0701" : "0103", 2021);
    }
    (void)test_finish(t->ctx, c);
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    gt_store_options o;
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_rng_seed(&t->rng, 23);
    t->package = read_package(t, write_package(t, "plan", "construction"));
    gt_store_options_init(&o);
    o.crs = gt_package_crs(t->package);
    o.title = gt_package_title(t->package);
    assert_ok(t->ctx, gt_store_create(t->ctx, test_path(t->dir, "w"), &o, &t->store));
    fill(t);
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

/* ---- edits ------------------------------------------------------------------------------------
 */

static void delete_one(town *t, gt_commit *c, const char *layer, char first, int most, gt_date from)
{
    char id[32];
    (void)snprintf(id, sizeof id, "%c%d", first, (int)(most * real(t)));
    if (gt_commit_delete(t->ctx, c, layer, id, from) != GT_OK) {
        gt_error_clear(t->ctx); /* gone before */
    }
}

/* Corrections of the past, changes of today, additions, ends, classes alone, every layer. */
static void random_edit(town *t, int round)
{
    gt_commit *c = test_begin(t->ctx, t->store);
    int n = 1 + (int)(3 * real(t));
    for (int i = 0; i < n; i++) {
        int parcel = (int)(ACROSS * ACROSS * real(t)), what = (int)(7 * real(t));
        if (what == 0) {
            put_parcel(t, c, parcel, "0701", 0);
        } else if (what == 1) {
            put_parcel(t, c, parcel, "0103", 2023);
        } else if (what == 2) {
            put_field(t, c, 100 + 10 * round + i, 2019 + round % 4);
        } else if (what == 3) {
            put_field(t, c, (int)(FIELDS * real(t)), 0);
        } else if (what == 4) {
            delete_one(t, c, "basic_farmland", 'f', FIELDS, GT_DATE_NONE);
        } else if (what == 5) {
            delete_one(t, c, "basic_farmland", 'f', FIELDS, day_of(2020));
        } else {
            delete_one(t, c, "land_use", 'p', ACROSS * ACROSS, GT_DATE_NONE);
        }
    }
    if (round % 6 == 5) {
        double x = 900 + 200 * real(t);
        put_district(t, c, "西区", round % 12 == 5 ? "outer" : "inner", 0, x);
        put_district(t, c, "东区", "outer", x, SIZE);
    }
    (void)test_finish(t->ctx, c);
}

/* ---- tables -----------------------------------------------------------------------------------
 */

static gt_area_table *table_of(town *t, const char *by, bool keep, gt_date day)
{
    gt_area_table *table = NULL;
    gt_areas_options o;
    gt_areas_options_init(&o);
    o.whole = day == GT_DATE_NONE;
    o.keep = keep;
    o.as_of = day;
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, by, &o, &table));
    return table;
}

static void assert_same(const gt_area_table *a, const gt_area_table *b)
{
    assert_int_equal(gt_area_table_n_rows(a), gt_area_table_n_rows(b));
    assert_true(gt_area_table_n_rows(a) > 1);
    assert_true(gt_area_table_total(a) == gt_area_table_total(b));
    for (size_t r = 0; r < gt_area_table_n_rows(a); r++) {
        assert_true(gt_area_table_m2(a, r) == gt_area_table_m2(b, r));
        for (size_t c = 0; c < gt_area_table_n_columns(a); c++) {
            assert_string_equal(gt_area_table_text(a, r, c), gt_area_table_text(b, r, c));
            assert_int_equal(gt_area_table_code(a, r, c), gt_area_table_code(b, r, c));
        }
    }
}

static void assert_kept_is_full(town *t, const char *by, gt_date day)
{
    gt_area_table *kept = table_of(t, by, true, day), *full = table_of(t, by, false, day);
    assert_same(kept, full);
    gt_area_table_free(kept);
    gt_area_table_free(full);
}

static size_t count_files(town *t, const char *pattern)
{
    char command[PATH_MAX + 64];
    int n = 0;
    (void)snprintf(command, sizeof command, "ls %s/w/cache/weave | grep -c '%s'", t->dir, pattern);
    FILE *p = popen(command, "r"); // NOLINT(cert-env33-c): a fixed command of the test
    assert_non_null(p);
    assert_int_equal(fscanf(p, "%d", &n), 1);
    (void)pclose(p);
    return (size_t)n;
}

static const char *const tables[] = {"district,land_class,basic_farmland.gt_any",
                                     "district,big_class,districts.gt_any",
                                     "districts,land_use.gt_any,basic_farmland"};
enum { N_TABLES = sizeof tables / sizeof *tables };

static void edits_of_the_newest_state_are_added(void **state)
{
    town *t = *state;
    for (int round = 0; round < 40; round++) {
        random_edit(t, round);
        for (size_t i = 0; i < N_TABLES; i++) {
            if (i < 2 || round % 5 == 0) { /* one account falls behind and catches up */
                assert_kept_is_full(t, tables[i], GT_DATE_NONE);
            }
        }
    }
    assert_int_equal(count_files(t, "account$"), N_TABLES);
    assert_int_equal(count_files(t, "part$"), 0);
}

static void edits_of_past_days_are_woven_twice(void **state)
{
    town *t = *state;
    for (int round = 0; round < 16; round++) {
        random_edit(t, 200 + round);
        for (int year = 2019; year <= 2023; year += 2) {
            assert_kept_is_full(t, tables[round % 2], day_of(year));
        }
    }
}

/* An edit in force from today on leaves the past as it was: nothing is woven. */
static void what_changed_later_does_not_touch_the_past(void **state)
{
    town *t = *state;
    gt_area_table *before = table_of(t, tables[0], true, day_of(2020));
    gt_commit *c = test_begin(t->ctx, t->store);
    put_parcel(t, c, 3, "0701", 2024);
    put_field(t, c, 9000, 2024);
    (void)test_finish(t->ctx, c);
    gt_area_table *after = table_of(t, tables[0], true, day_of(2020));
    assert_same(before, after);
    gt_area_table_free(after);
    gt_area_table_free(before);
    assert_kept_is_full(t, tables[0], day_of(2020));
    assert_kept_is_full(t, tables[0], GT_DATE_NONE);
}

/* ---- presence ---------------------------------------------------------------------------------
 */

static void any_is_the_text_that_is_not_empty(void **state)
{
    town *t = *state;
    for (int fresh = 0; fresh < 2; fresh++) {
        gt_areas_options o;
        gt_area_table *any = NULL, *text = NULL;
        double with[3] = {0}, without[3] = {0};
        gt_areas_options_init(&o);
        o.afresh = fresh == 1;
        assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package,
                                   "district,land_class,basic_farmland.gt_any", &o, &any));
        assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package,
                                   "district,land_class,basic_farmland", &o, &text));
        for (size_t r = 0; r < gt_area_table_n_rows(any); r++) {
            const char *said = gt_area_table_text(any, r, 2);
            assert_true(*said == '\0' || strcmp(said, "1") == 0);
            with[*said != '\0'] += gt_area_table_m2(any, r);
        }
        for (size_t r = 0; r < gt_area_table_n_rows(text); r++) {
            without[*gt_area_table_text(text, r, 2) != '\0'] += gt_area_table_m2(text, r);
        }
        assert_near(with[0], without[0], 1e-3);
        assert_near(with[1], without[1], 1e-3);
        assert_true(with[1] > 1e5);
        gt_area_table_free(any);
        gt_area_table_free(text);
    }
    gt_area_table *none = NULL;
    assert_fails(t->ctx,
                 gt_areas(t->ctx, t->store, t->package, "district,nothing.gt_any", NULL, &none),
                 GT_E_USAGE, "coverage.unknown-word");
}

/* ---- what must not be believed ----------------------------------------------------------------
 */

static void a_package_that_groups_otherwise_is_seen(void **state)
{
    town *t = *state;
    gt_package *first = t->package;
    for (int round = 0; round < 4; round++) {
        static const char *const names[] = {"plan1", "plan2", "plan3", "plan4"};
        assert_kept_is_full(t, tables[1], GT_DATE_NONE);
        assert_kept_is_full(t, tables[1], day_of(2021));
        t->package = read_package(
            t, write_package(t, names[round], round % 2 == 0 ? "unused" : "construction"));
        gt_area_table *table = table_of(t, tables[1], true, GT_DATE_NONE);
        bool unused = false;
        for (size_t r = 0; r < gt_area_table_n_rows(table); r++) {
            unused = unused || strcmp(gt_area_table_text(table, r, 1), "unused") == 0;
        }
        assert_true(unused == (round % 2 == 0));
        gt_area_table_free(table);
        assert_kept_is_full(t, tables[1], day_of(2021));
        gt_package_free(t->package);
        t->package = first;
    }
}

/* Every file of accounts, one byte each: refused and made anew. */
static void damage_is_made_anew(void **state)
{
    town *t = *state;
    char command[PATH_MAX + 256];
    for (int round = 0; round < 12; round++) {
        int at = round < 6 ? 8 * round : 200 + (int)(400 * real(t));
        (void)snprintf(command, sizeof command,
                       "for f in %s/w/cache/weave/*.account; do printf '\\377\\001' | dd of=\"$f\""
                       " bs=1 seek=%d conv=notrunc status=none; done",
                       t->dir, at);
        assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a fixed command of the test
        assert_kept_is_full(t, tables[0], GT_DATE_NONE);
        assert_kept_is_full(t, tables[0], day_of(2021));
    }
    for (int cut = 0; cut < 600; cut += 150) {
        (void)snprintf(command, sizeof command, "truncate -s %d %s/w/cache/weave/*.account", cut,
                       t->dir);
        assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a fixed command of the test
        assert_kept_is_full(t, tables[0], GT_DATE_NONE);
        assert_kept_is_full(t, tables[0], day_of(2021));
    }
}

/* A stored weave made anew counts its states from one again: an account of the old one is not of
 * it. */
static void a_weave_made_anew_is_another(void **state)
{
    town *t = *state;
    gt_stored_options o;
    gt_stored_options_init(&o);
    o.full = true;
    for (int round = 0; round < 3; round++) {
        assert_kept_is_full(t, tables[0], GT_DATE_NONE);
        random_edit(t, 300 + round);
        assert_ok(t->ctx, gt_stored_update(t->ctx, t->store, t->package, &o, NULL));
        assert_kept_is_full(t, tables[0], GT_DATE_NONE);
    }
}

/* Another line of revisions with the same numbers, as after a copy brought back: by their hashes.
 */
static void another_history_is_seen(void **state)
{
    town *t = *state;
    char command[4 * PATH_MAX];
    assert_kept_is_full(t, tables[0], day_of(2021));
    (void)snprintf(
        command, sizeof command,
        "cp '%s/w/onemap.gpkg' '%s/old.gpkg'; cp '%s/w/onemap.gpkg-wal' '%s/old.gpkg-wal'"
        " 2>/dev/null; true",
        t->dir, t->dir, t->dir, t->dir);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a fixed command of the test
    random_edit(t, 400);
    random_edit(t, 401);
    assert_kept_is_full(t, tables[0], day_of(2021));
    gt_store_close(t->store);
    (void)snprintf(command, sizeof command,
                   "rm -f '%s'/w/onemap.gpkg*; cp '%s/old.gpkg' '%s/w/onemap.gpkg'; cp"
                   " '%s/old.gpkg-wal' '%s/w/onemap.gpkg-wal' 2>/dev/null; true",
                   t->dir, t->dir, t->dir, t->dir, t->dir);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a fixed command of the test
    assert_ok(t->ctx, gt_store_open(t->ctx, test_path(t->dir, "w"), NULL, &t->store));
    assert_kept_is_full(t, tables[0], day_of(2021));
    random_edit(t, 402);
    random_edit(t, 403);
    assert_kept_is_full(t, tables[0], day_of(2021));
    assert_kept_is_full(t, tables[0], GT_DATE_NONE);
}

/* Every allocation fails in turn: an error, or the right table; the next run is right. */
static void memory_that_runs_out_leaves_it_right(void **state)
{
    town *t = *state;
    static const gt_date days[] = {GT_DATE_NONE, 18992}; /* 2021-12-31 */
    for (size_t k = 0; k < 2; k++) {
        bool done = false;
        random_edit(t, 500 + (int)k);
        for (long n = 0; !done; n += 1 + n / 5) {
            long left = LONG_MAX;
            gt_ctx *other = test_ctx_failing(&left);
            gt_store *again = NULL;
            gt_area_table *table = NULL;
            gt_areas_options o;
            gt_areas_options_init(&o);
            o.keep = true;
            o.whole = days[k] == GT_DATE_NONE;
            o.as_of = days[k];
            assert_ok(other, gt_store_open(other, test_path(t->dir, "w"), NULL, &again));
            left = n;
            gt_status st = gt_areas(other, again, t->package, tables[0], &o, &table);
            left = LONG_MAX;
            done = st == GT_OK;
            assert_true(done || st == GT_E_MEMORY || st == GT_E_ENV);
            gt_area_table_free(table);
            gt_store_close(again);
            gt_ctx_free(other);
        }
        assert_kept_is_full(t, tables[0], days[k]);
    }
    assert_int_equal(days[1], day_of(2021));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_of_the_newest_state_are_added),
        cmocka_unit_test(edits_of_past_days_are_woven_twice),
        cmocka_unit_test(what_changed_later_does_not_touch_the_past),
        cmocka_unit_test(any_is_the_text_that_is_not_empty),
        cmocka_unit_test(a_package_that_groups_otherwise_is_seen),
        cmocka_unit_test(damage_is_made_anew),
        cmocka_unit_test(a_weave_made_anew_is_another),
        cmocka_unit_test(another_history_is_seen),
        cmocka_unit_test(memory_that_runs_out_leaves_it_right),
    };
    return cmocka_run_group_tests_name("coverage.kept", tests, setup, teardown);
}
