/* The stored weave: random edits brought up to date are what a full weave gives, bit for bit;
 * damage is found; areas read from it are the areas woven afresh. */
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
#define DAY  gt_date_from_ymd(2020, 12, 31)
enum { PARCELS = 24, FIELDS = 60 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    test_rng rng;
    double jitter[PARCELS + 1][PARCELS + 1][2];
} town;

static double real(town *t)
{
    return test_rng_real(&t->rng);
}

static void put_parcel(town *t, gt_commit *c, int i, const char *class)
{
    char id[32];
    int x = i % PARCELS, y = i / PARCELS;
    double xy[4][2];
    static const int corner[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    for (int k = 0; k < 4; k++) {
        int cx = x + corner[k][0], cy = y + corner[k][1];
        xy[k][0] = cx * SIZE / PARCELS + t->jitter[cx][cy][0];
        xy[k][1] = cy * SIZE / PARCELS + t->jitter[cx][cy][1];
    }
    (void)snprintf(id, sizeof id, "p%d", i);
    test_put(t->ctx, c, "land_use", id, xy, 4, test_text(class), DAY);
}

static void put_field(town *t, gt_commit *c, int i)
{
    char id[32];
    double xy[7][2], x = SIZE * real(t), y = SIZE * real(t), r = 20 + 150 * real(t);
    for (int k = 0; k < 7; k++) {
        double a = 6.283185307179586 * (k + 0.4 * real(t)) / 7;
        xy[k][0] = x + r * cos(a);
        xy[k][1] = y + r * sin(a);
    }
    (void)snprintf(id, sizeof id, "f%d", i);
    test_put(t->ctx, c, "basic_farmland", id, (const double(*)[2])xy, 7,
             (gt_value){.kind = GT_VAL_INT, .integer = (int64_t)(4 * real(t))}, DAY);
}

static void put_river(town *t, gt_commit *c)
{
    gt_geom g;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_MULTILINESTRING);
    assert_ok(t->ctx, gt_geom_add_point(t->ctx, &g, TEST_X0, TEST_Y0));
    assert_ok(t->ctx, gt_geom_add_point(t->ctx, &g, TEST_X0 + SIZE, TEST_Y0 + SIZE));
    assert_ok(t->ctx, gt_geom_end_ring(t->ctx, &g));
    test_put_geom(t->ctx, c, "rivers", "r", &g, NULL, 0, GT_DATE_NONE);
    gt_geom_free(t->ctx, &g);
}

static void fill(town *t)
{
    static const double west[4][2] = {{0, 0}, {1030.123, 0}, {1030.123, SIZE}, {0, SIZE}};
    static const double east[4][2] = {{1030.123, 0}, {SIZE, 0}, {SIZE, SIZE}, {1030.123, SIZE}};
    gt_commit *c = test_begin(t->ctx, t->store);
    test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
    put_river(t, c);
    test_put(t->ctx, c, "districts", "w", west, 4, test_text("西区"), DAY);
    test_put(t->ctx, c, "districts", "e", east, 4, test_text("东区"), DAY);
    for (int x = 0; x <= PARCELS; x++) {
        for (int y = 0; y <= PARCELS; y++) {
            t->jitter[x][y][0] = 40 * (real(t) - 0.5);
            t->jitter[x][y][1] = 40 * (real(t) - 0.5);
        }
    }
    for (int i = 0; i < PARCELS * PARCELS; i++) {
        put_parcel(t, c, i, i % 3 == 0 ? "0701" : "0103");
    }
    for (int i = 0; i < FIELDS; i++) {
        put_field(t, c, i);
    }
    (void)test_finish(t->ctx, c);
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_rng_seed(&t->rng, 11);
    test_store_open(t->ctx, t->dir, "tests/check/package", &t->package, &t->store);
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

static gt_stored_options side_of(double side)
{
    gt_stored_options o;
    gt_stored_options_init(&o);
    o.side = side;
    return o;
}

static gt_stored_facts update(town *t, const gt_stored_options *o)
{
    gt_stored_facts facts;
    memset(&facts, 0, sizeof facts);
    assert_ok(t->ctx, gt_stored_update(t->ctx, t->store, t->package, o, &facts));
    return facts;
}

static void digest(town *t, const gt_stored_options *o, unsigned char out[32])
{
    assert_ok(t->ctx, gt_stored_digest(t->ctx, t->store, t->package, o, out));
}

/* The path of the only stored weave. */
static const char *vault_file(town *t)
{
    static char path[4096];
    char command[4096];
    (void)snprintf(command, sizeof command, "ls %s/w/cache/weave/*.weave", t->dir);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_non_null(fgets(path, sizeof path, p));
    assert_int_equal(pclose(p), 0);
    path[strcspn(path, "\n")] = '\0';
    return path;
}

static void is_built_once(void **state)
{
    town *t = *state;
    gt_stored_options o = side_of(0);
    gt_stored_facts f = update(t, NULL);
    assert_string_equal(f.why, "absent");
    assert_int_equal(f.n_layers, 3);
    assert_true(f.n_woven > 0 && f.n_woven == f.n_cells);
    assert_near(f.m2, SIZE * SIZE, 200000); /* a rim of jitter and fields */
    f = update(t, &o);
    assert_string_equal(f.why, "");
    assert_int_equal(f.n_woven, 0);
    assert_int_equal(f.revision, gt_store_revision(t->store));
}

static void random_edit(town *t, int round)
{
    gt_commit *c = test_begin(t->ctx, t->store);
    int n = 1 + (int)(4 * real(t));
    for (int i = 0; i < n; i++) {
        int what = (int)(5 * real(t));
        char id[32];
        if (what == 0) { /* a point moves: its four parcels with it */
            int x = 1 + (int)((PARCELS - 1) * real(t)), y = 1 + (int)((PARCELS - 1) * real(t));
            t->jitter[x][y][0] = 40 * (real(t) - 0.5);
            t->jitter[x][y][1] = 40 * (real(t) - 0.5);
            for (int k = 0; k < 4; k++) {
                put_parcel(t, c, (y - k / 2) * PARCELS + x - k % 2, k == 0 ? "0701" : "0103");
            }
        } else if (what == 1) { /* only the class changes */
            put_parcel(t, c, (int)(PARCELS * PARCELS * real(t)), "0701");
        } else if (what == 2) { /* a new field, perhaps beyond the old extent */
            put_field(t, c, 1000 + 10 * round + i);
        } else if (what == 3) {
            put_field(t, c, (int)(FIELDS * real(t)));
        } else { /* a field ends, or never was */
            (void)snprintf(id, sizeof id, "f%d", (int)(FIELDS * real(t)));
            gt_status st =
                gt_commit_delete(t->ctx, c, "basic_farmland", id,
                                 round % 2 == 0 ? GT_DATE_NONE : gt_date_from_ymd(2023, 1, 1));
            if (st != GT_OK) {
                gt_error_clear(t->ctx); /* ended before */
            }
        }
    }
    (void)test_finish(t->ctx, c);
}

static void edits_brought_up_to_date_equal_a_full_weave(void **state)
{
    town *t = *state;
    uint64_t woven = 0, held = 0;
    gt_stored_options o = side_of(256);
    gt_stored_facts f = update(t, &o);
    assert_string_equal(f.why, "cells");
    for (int round = 0; round < 25; round++) {
        unsigned char a[32], b[32];
        random_edit(t, round);
        f = update(t, &o);
        assert_string_equal(f.why, "");
        woven += f.n_woven;
        held += f.n_cells;
        double m2 = f.m2;
        digest(t, &o, a);
        o.full = true;
        f = update(t, &o);
        o.full = false;
        assert_string_equal(f.why, "asked");
        assert_int_equal(f.n_woven, f.n_cells);
        assert_true(f.m2 == m2);
        digest(t, &o, b);
        assert_memory_equal(a, b, sizeof a);
    }
    assert_true(woven * 3 < held); /* it did not weave everything each time */
}

static void strips_and_threads_cannot_be_seen(void **state)
{
    town *t = *state;
    unsigned char a[32], b[32];
    gt_stored_options o = side_of(128);
    o.full = true;
    (void)update(t, &o);
    digest(t, &o, a);
    o.points = 700; /* a few rows of parcels */
    (void)update(t, &o);
    digest(t, &o, b);
    assert_memory_equal(a, b, sizeof a);
    gt_ctx *single = test_ctx_threads(1);
    gt_store *again = NULL;
    assert_ok(single, gt_store_open(single, test_path(t->dir, "w"), NULL, &again));
    assert_ok(single, gt_stored_update(single, again, t->package, &o, NULL));
    assert_ok(single, gt_stored_digest(single, again, t->package, &o, b));
    assert_memory_equal(a, b, sizeof a);
    gt_store_close(again);
    gt_ctx_free(single);
}

static gt_area_table *areas(town *t, const char *by, bool afresh)
{
    gt_area_table *table = NULL;
    gt_areas_options o;
    gt_areas_options_init(&o);
    o.afresh = afresh;
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, by, &o, &table));
    return table;
}

static void assert_same_tables(const gt_area_table *a, const gt_area_table *b)
{
    assert_int_equal(gt_area_table_n_rows(a), gt_area_table_n_rows(b));
    assert_true(gt_area_table_n_rows(a) > 1);
    assert_true(gt_area_table_total(a) == gt_area_table_total(b));
    for (size_t r = 0; r < gt_area_table_n_rows(a); r++) {
        assert_true(gt_area_table_m2(a, r) == gt_area_table_m2(b, r));
        for (size_t c = 0; c < gt_area_table_n_columns(a); c++) {
            assert_string_equal(gt_area_table_text(a, r, c), gt_area_table_text(b, r, c));
        }
    }
}

/* By classes (the sums) and by features (the cells), on the list of layers that is stored. */
static void areas_are_the_same_to_the_bit(void **state)
{
    town *t = *state;
    static const char *const by[] = {"district,land_class,basic_farmland",
                                     "basic_farmland,big_class,district",
                                     "basic_farmland.grade,district,land_use",
                                     "district,big_class,land_class,basic_farmland.grade"};
    static const char *const layers[] = {"districts", "land_use", "basic_farmland"};
    assert_int_equal(unlink(vault_file(t)), 0);
    gt_stored_options o = side_of(0);
    for (int round = 0; round < 3; round++) {
        if (round != 1) { /* in round 1 the areas bring it up to date themselves */
            (void)update(t, round == 0 ? NULL : &o);
        }
        for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
            gt_area_table *a = areas(t, by[i], false), *b = areas(t, by[i], true);
            assert_same_tables(a, b);
            gt_area_table_free(a);
            gt_area_table_free(b);
        }
        o.layers = layers;
        o.n_layers = 3;
        random_edit(t, 100 + round);
    }
}

/* Fewer layers than are stored: equal but for the cuts of the others. */
static void areas_of_fewer_layers_agree_within_the_bound(void **state)
{
    town *t = *state;
    gt_area_table *a = areas(t, "land_class", false), *b = areas(t, "land_class", true);
    assert_int_equal(gt_area_table_n_rows(a), gt_area_table_n_rows(b));
    for (size_t r = 0; r < gt_area_table_n_rows(a); r++) {
        assert_near(gt_area_table_m2(a, r), gt_area_table_m2(b, r),
                    0.0015 * 2 * SIZE * (PARCELS + 1));
    }
    gt_area_table_free(a);
    gt_area_table_free(b);
}

static void flip(const char *path, long at)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    int c = fgetc(f);
    assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    assert_int_equal(fputc(c ^ 0x40, f), c ^ 0x40);
    assert_int_equal(fclose(f), 0);
}

/* A byte anywhere: the file is made anew, or the byte did not matter; the numbers are right. */
static void damage_is_found_and_mended(void **state)
{
    town *t = *state;
    unsigned char want[32], got[32];
    gt_stored_options o = side_of(256);
    struct stat info;
    o.full = true;
    (void)update(t, &o);
    digest(t, &o, want);
    o.full = false;
    gt_area_table *fresh = areas(t, "district,land_class,basic_farmland.grade", true);
    const char *path = vault_file(t);
    int mended = 0;
    for (int round = 0; round < 40; round++) {
        assert_int_equal(stat(path, &info), 0);
        flip(path, round == 0   ? 100
                   : round == 1 ? -10
                                : (long)(8192 + real(t) * (double)(info.st_size - 8192)));
        gt_status st = gt_stored_digest(t->ctx, t->store, t->package, &o, got);
        gt_error_clear(t->ctx);
        gt_area_table *a = areas(t, "district,land_class,basic_farmland.grade", false);
        assert_near(gt_area_table_total(a), gt_area_table_total(fresh), 1);
        gt_area_table_free(a);
        if (st != GT_OK) {
            mended++;
            o.full = true;
            (void)update(t, &o);
            o.full = false;
        }
        digest(t, &o, got);
        assert_memory_equal(want, got, sizeof want);
    }
    assert_true(mended > 30);
    gt_area_table_free(fresh);
}

static void a_cut_file_and_a_foreign_one_are_made_anew(void **state)
{
    town *t = *state;
    gt_stored_options o = side_of(256);
    const char *path = vault_file(t);
    static const long sizes[] = {0, 10, 4096, 9000, 60000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(truncate(path, sizes[i]), 0);
        gt_stored_facts f = update(t, &o);
        assert_string_equal(f.why, "damaged");
    }
    test_write_file(path, "SQLite format 3", 15);
    gt_stored_facts f = update(t, &o);
    assert_string_equal(f.why, "damaged");
    /* a damaged cell under an edit: found when it is taken out */
    for (long at = 8200; at < 60000; at += 97) {
        flip(path, at);
    }
    gt_commit *c = test_begin(t->ctx, t->store);
    for (int i = 0; i < PARCELS; i++) {
        put_parcel(t, c, i, "0701");
    }
    (void)test_finish(t->ctx, c);
    f = update(t, &o);
    assert_string_equal(f.why, "damaged");
    unsigned char a[32], b[32];
    digest(t, &o, a);
    o.full = true;
    (void)update(t, &o);
    digest(t, &o, b);
    assert_memory_equal(a, b, sizeof a);
}

static void a_cancelled_run_leaves_the_old_one(void **state)
{
    town *t = *state;
    unsigned char a[32], b[32];
    gt_stored_options o = side_of(256);
    (void)update(t, &o);
    digest(t, &o, a);
    for (int full = 0; full < 2; full++) {
        gt_ctx *other = test_ctx();
        gt_store *again = NULL;
        if (full == 0) {
            random_edit(t, 300);
        }
        assert_ok(other, gt_store_open(other, test_path(t->dir, "w"), NULL, &again));
        gt_cancel(other);
        o.full = full == 1;
        assert_fails(other, gt_stored_update(other, again, t->package, &o, NULL), GT_E_CANCELLED,
                     NULL);
        gt_store_close(again);
        gt_ctx_free(other);
        o.full = false;
        digest(t, &o, b);
        assert_memory_equal(a, b, sizeof a);
    }
    gt_stored_facts f = update(t, &o);
    assert_string_equal(f.why, "");
}

/* Every allocation fails in turn: an error, the old file whole, nothing leaked. */
static void memory_that_runs_out_leaves_the_old_one(void **state)
{
    town *t = *state;
    unsigned char a[32], b[32];
    gt_stored_options o = side_of(512);
    o.full = true;
    (void)update(t, &o);
    digest(t, &o, a);
    bool done = false;
    for (long n = 0; !done; n += 1 + n / 6) {
        long left = LONG_MAX;
        gt_ctx *other = test_ctx_failing(&left);
        gt_store *again = NULL;
        assert_ok(other, gt_store_open(other, test_path(t->dir, "w"), NULL, &again));
        left = n;
        gt_status st = gt_stored_update(other, again, t->package, &o, NULL);
        left = LONG_MAX;
        done = st == GT_OK;
        assert_true(done || st == GT_E_MEMORY || st == GT_E_ENV);
        gt_store_close(again);
        gt_ctx_free(other);
        digest(t, &o, b);
        assert_memory_equal(a, b, sizeof a);
    }
}

static void the_file_does_not_grow_without_end(void **state)
{
    town *t = *state;
    gt_stored_options o = side_of(512);
    o.full = true;
    uint64_t first = update(t, &o).bytes, most = 0;
    o.full = false;
    for (int i = 0; i < 30; i++) {
        gt_commit *c = test_begin(t->ctx, t->store);
        put_parcel(t, c, (int)(PARCELS * PARCELS * real(t)), i % 2 == 0 ? "0701" : "0103");
        (void)test_finish(t->ctx, c);
        uint64_t bytes = update(t, &o).bytes;
        most = bytes > most ? bytes : most;
    }
    assert_true(most < 4 * first);
}

static void lists_that_make_no_sense_are_refused(void **state)
{
    town *t = *state;
    static const struct {
        const char *layers[3];
        size_t n;
        gt_status status;
        const char *id;
    } cases[] = {{{"land_use", "land_use"}, 2, GT_E_USAGE, "coverage.layer-twice"},
                 {{"rivers"}, 1, GT_E_USAGE, "coverage.not-areas"},
                 {{"hazard"}, 1, GT_E_NOT_FOUND, "coverage.no-data"},
                 {{"castle"}, 1, GT_E_NOT_FOUND, "store.no-layer"},
                 {{NULL}, 0, GT_E_NOT_FOUND, "coverage.no-layers"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_stored_options o = side_of(0);
        unsigned char d[32];
        o.layers = cases[i].layers;
        o.n_layers = cases[i].n;
        assert_fails(t->ctx, gt_stored_update(t->ctx, t->store, t->package, &o, NULL),
                     cases[i].status, cases[i].id);
        assert_fails(t->ctx, gt_stored_digest(t->ctx, t->store, t->package, &o, d), cases[i].status,
                     cases[i].id);
    }
    gt_stored_options o = side_of(0);
    static const char *const one[] = {"districts"};
    unsigned char d[32];
    o.layers = one;
    o.n_layers = 1;
    assert_fails(t->ctx, gt_stored_digest(t->ctx, t->store, t->package, &o, d), GT_E_NOT_FOUND,
                 "coverage.no-stored");
}

static void changed_boxes_are_old_and_new(void **state)
{
    town *t = *state;
    int64_t before = gt_store_revision(t->store);
    gt_box *boxes = NULL;
    size_t n = 0;
    gt_commit *c = test_begin(t->ctx, t->store);
    put_parcel(t, c, 30, "0701");
    put_field(t, c, 5000);
    (void)test_finish(t->ctx, c);
    assert_ok(t->ctx,
              gt_store_changed_boxes(t->ctx, t->store, "land_use", before, 100, &boxes, &n));
    assert_int_equal(n, 2);
    assert_memory_equal(&boxes[0], &boxes[1], sizeof *boxes);
    gt_free(t->ctx, boxes);
    assert_ok(t->ctx,
              gt_store_changed_boxes(t->ctx, t->store, "districts", before, 100, &boxes, &n));
    assert_int_equal(n, 0);
    gt_free(t->ctx, boxes);
    assert_ok(t->ctx, gt_store_changed_boxes(t->ctx, t->store, "land_use", 0, 7, &boxes, &n));
    assert_int_equal(n, 7);
    gt_free(t->ctx, boxes);
    assert_fails(t->ctx, gt_store_changed_boxes(t->ctx, t->store, "castle", 0, 7, &boxes, &n),
                 GT_E_NOT_FOUND, "store.no-layer");
    assert_fails(t->ctx, gt_store_changed_boxes(t->ctx, t->store, "land_use", 9999, 7, &boxes, &n),
                 GT_E_NOT_FOUND, "store.no-revision");
    assert_fails(t->ctx, gt_store_changed_boxes(t->ctx, t->store, "land_use", -1, 7, &boxes, &n),
                 GT_E_NOT_FOUND, "store.no-revision");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_built_once),
        cmocka_unit_test(edits_brought_up_to_date_equal_a_full_weave),
        cmocka_unit_test(strips_and_threads_cannot_be_seen),
        cmocka_unit_test(areas_are_the_same_to_the_bit),
        cmocka_unit_test(areas_of_fewer_layers_agree_within_the_bound),
        cmocka_unit_test(damage_is_found_and_mended),
        cmocka_unit_test(a_cut_file_and_a_foreign_one_are_made_anew),
        cmocka_unit_test(a_cancelled_run_leaves_the_old_one),
        cmocka_unit_test(memory_that_runs_out_leaves_the_old_one),
        cmocka_unit_test(the_file_does_not_grow_without_end),
        cmocka_unit_test(changed_boxes_are_old_and_new),
        cmocka_unit_test(lists_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests_name("coverage.stored", tests, setup, teardown);
}
