/* Atoms, dissolves, changes and faults come strip by strip: the same, in the same order, under any
 * ceiling and any number of threads; faults of a layer that is kept woven are those woven afresh,
 * edit after edit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guotu/coverage.h"
#include "guotu/hash.h"
#include "guotu/notes.h"
#include "support/store.h"

#define SIDE 50.0
enum { ACROSS = 80 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    test_rng rng;
    double jitter[ACROSS + 1][ACROSS + 1][2];
} town;

static double real(town *t)
{
    return test_rng_real(&t->rng);
}

/* own: how far the parcel's own corners leave those of its neighbours, m. */
static void put_parcel(town *t, gt_commit *c, int i, const char *class, double own, gt_date day)
{
    char id[32];
    int x = i % ACROSS, y = i / ACROSS;
    double xy[4][2];
    static const int corner[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    for (int k = 0; k < 4; k++) {
        int cx = x + corner[k][0], cy = y + corner[k][1];
        xy[k][0] = cx * SIDE + t->jitter[cx][cy][0] + own * (real(t) - 0.5);
        xy[k][1] = cy * SIDE + t->jitter[cx][cy][1] + own * (real(t) - 0.5);
    }
    (void)snprintf(id, sizeof id, "p%d", i);
    test_put(t->ctx, c, "land_use", id, (const double(*)[2])xy, 4, test_text(class), day);
}

static void survey(town *t, int year)
{
    gt_date day = gt_date_from_ymd(year, 12, 31);
    gt_commit *c = test_begin(t->ctx, t->store);
    assert_ok(t->ctx, gt_commit_replace_layer(t->ctx, c, "land_use", day));
    for (int i = 0; i < ACROSS * ACROSS; i++) {
        bool farm = (i * 7 + (i % 11 == 0 ? year : 0)) % 3 != 0;
        double own = i % 97 == 5 ? 3 : i % 89 == 7 ? 0.2 : 0;
        put_parcel(t, c, i, farm ? "0103" : "0701", own, day);
    }
    (void)test_finish(t->ctx, c);
}

static void fill(town *t)
{
    const double w = ACROSS * SIDE, cut = 0.37 * w;
    const double west[4][2] = {{0, 0}, {cut, 0}, {cut, w}, {0, w}};
    const double east[4][2] = {{cut, 0}, {w, 0}, {w, w}, {cut, w}};
    gt_commit *c = test_begin(t->ctx, t->store);
    test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
    test_put(t->ctx, c, "districts", "w", west, 4, test_text("西区"), GT_DATE_NONE);
    test_put(t->ctx, c, "districts", "e", east, 4, test_text("东区"), GT_DATE_NONE);
    for (int i = 0; i < 80; i++) { /* fields that may overlap */
        double xy[7][2], x = w * real(t), y = w * real(t), r = 20 + 150 * real(t);
        char id[32];
        for (int k = 0; k < 7; k++) {
            double a = 6.283185307179586 * (k + 0.4 * real(t)) / 7;
            xy[k][0] = x + r * cos(a);
            xy[k][1] = y + r * sin(a);
        }
        (void)snprintf(id, sizeof id, "f%d", i);
        test_put(t->ctx, c, "basic_farmland", id, (const double(*)[2])xy, 7,
                 (gt_value){.kind = GT_VAL_INT, .integer = i % 4}, GT_DATE_NONE);
    }
    (void)test_finish(t->ctx, c);
    for (int x = 0; x <= ACROSS; x++) {
        for (int y = 0; y <= ACROSS; y++) {
            t->jitter[x][y][0] = 15 * (real(t) - 0.5);
            t->jitter[x][y][1] = 15 * (real(t) - 0.5);
        }
    }
    survey(t, 2019);
    survey(t, 2020);
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_rng_seed(&t->rng, 71);
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

/* ---- places -------------------------------------------------------------------------------------
 */

typedef struct seen {
    gt_hash hash; /* of everything, in order */
    size_t n, parts;
    double m2;
} seen;

static gt_status note(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    seen *s = user;
    const double numbers[] = {p->m2,       p->x,        p->y,       p->box.xmin,
                              p->box.ymin, p->box.xmax, p->box.ymax};
    (void)ctx;
    for (size_t k = 0; k < s->parts; k++) {
        gt_hash_add_text(&s->hash, p->features[k]);
        gt_hash_add_text(&s->hash, p->classes[k]);
    }
    gt_hash_add(&s->hash, numbers, sizeof numbers);
    gt_hash_add(&s->hash, p->geom->xy, 2 * p->geom->n_points * sizeof *p->geom->xy);
    s->n++;
    s->m2 += p->m2;
    return GT_OK;
}

static gt_status note_fault(gt_ctx *ctx, void *user, const gt_weave_finding *f, const char *feature,
                            const char *other)
{
    seen *s = user;
    const double numbers[] = {f->fault,    f->m2,       f->width,   f->box.xmin,
                              f->box.ymin, f->box.xmax, f->box.ymax};
    (void)ctx;
    assert_true((f->first == GT_WEAVE_NONE) == (*feature == '\0'));
    assert_true((f->second == GT_WEAVE_NONE) == (*other == '\0'));
    gt_hash_add_text(&s->hash, feature);
    gt_hash_add_text(&s->hash, other);
    gt_hash_add(&s->hash, numbers, sizeof numbers);
    s->n++;
    s->m2 += f->m2;
    return GT_OK;
}

enum { ATOMS, FILTERED, DISSOLVED, SIMPLER, CHANGES, FAULTS, KINDS };

static gt_status look(gt_ctx *ctx, gt_store *store, const gt_package *package, int kind, seen *s)
{
    const gt_part parts[] = {{"land_use", NULL, GT_DATE_NONE},
                             {"districts", NULL, GT_DATE_NONE},
                             {"basic_farmland", "grade > 0", GT_DATE_NONE}};
    const gt_part faulty = {"land_use", "dlbm IS NOT NULL", GT_DATE_NONE};
    gt_dissolve_options d;
    gt_transition_options o;
    memset(s, 0, sizeof *s);
    gt_hash_init(&s->hash);
    gt_dissolve_options_init(&d);
    gt_transition_options_init(&o);
    o.from = gt_date_from_ymd(2019, 12, 31);
    o.to = gt_date_from_ymd(2020, 12, 31);
    o.by = "districts";
    s->parts = kind == DISSOLVED || kind == SIMPLER ? 1 : 3;
    switch (kind) {
    case ATOMS:
        return gt_atoms(ctx, store, package, parts, 3, NULL, note, s);
    case FILTERED:
        return gt_atoms(ctx, store, package, parts, 3, "grade = 2 AND name = '西区' AND m2 > 50",
                        note, s);
    case DISSOLVED:
    case SIMPLER:
        d.tolerance = kind == SIMPLER ? 12 : 0;
        return gt_dissolve(ctx, store, package, &parts[0], &d, note, s);
    case CHANGES:
        return gt_transition_places(ctx, store, package, "land_use", &o, note, s);
    default:
        return gt_coverage_faults(ctx, store, package, &faulty, 0.5, note_fault, s);
    }
}

static void a_ceiling_and_threads_cannot_be_seen(void **state)
{
    town *t = *state;
    for (int kind = 0; kind < KINDS; kind++) {
        unsigned char want[32], got[32];
        seen first, s;
        assert_ok(t->ctx, look(t->ctx, t->store, t->package, kind, &first));
        gt_hash_final(&first.hash, want);
        assert_true(first.n > 1 && first.m2 > 0);
        for (int round = 0; round < 2; round++) {
            gt_ctx_options o;
            gt_store *again = NULL;
            gt_ctx_options_init(&o);
            /* 32 000 points are 4.7 MiB when they are woven whole, 14 MiB at two dates */
            o.memory_ceiling = kind == DISSOLVED || kind == SIMPLER ? (size_t)9 << 20
                               : kind == FAULTS                     ? (size_t)3 << 20
                                                                    : (size_t)6 << 20;
            o.threads = 1 + 2 * round;
            gt_ctx *small = gt_ctx_new(&o);
            assert_ok(small, gt_store_open(small, test_path(t->dir, "w"), NULL, &again));
            assert_ok(small, look(small, again, t->package, kind, &s));
            gt_hash_final(&s.hash, got);
            assert_int_equal(s.n, first.n);
            assert_memory_equal(want, got, sizeof want);
            gt_store_close(again);
            assert_int_equal(gt_ctx_memory_used(small), 0);
            gt_ctx_free(small);
        }
    }
}

static void too_little_memory_is_said(void **state)
{
    town *t = *state;
    for (int kind = 0; kind < KINDS; kind++) {
        gt_ctx_options o;
        gt_store *again = NULL;
        seen s;
        gt_ctx_options_init(&o);
        o.memory_ceiling = (size_t)700 << 10;
        o.threads = 1;
        gt_ctx *small = gt_ctx_new(&o);
        assert_ok(small, gt_store_open(small, test_path(t->dir, "w"), NULL, &again));
        gt_status st = look(small, again, t->package, kind, &s);
        assert_fails(small, st, GT_E_MEMORY, NULL);
        gt_store_close(again);
        assert_int_equal(gt_ctx_memory_used(small), 0);
        gt_ctx_free(small);
    }
}

static const gt_message ENOUGH = {.id = "test.enough", .en = "enough", .zh = "够了"};

static gt_status stop_early(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    size_t *n = user;
    (void)p;
    return ++*n == 5 ? gt_fail(ctx, GT_E_INPUT, &ENOUGH, GT_NOWHERE, GT_NO_ARGS) : GT_OK;
}

static void a_caller_can_stop(void **state)
{
    town *t = *state;
    const gt_part part = {"land_use", NULL, GT_DATE_NONE};
    size_t n = 0;
    assert_fails(t->ctx, gt_atoms(t->ctx, t->store, t->package, &part, 1, NULL, stop_early, &n),
                 GT_E_INPUT, NULL);
    assert_int_equal(n, 5);
}

/* ---- faults -------------------------------------------------------------------------------------
 */

static seen faults(town *t, bool fresh, double width)
{
    seen s;
    const gt_part part = {"land_use", fresh ? "dlbm IS NOT NULL" : NULL, GT_DATE_NONE};
    memset(&s, 0, sizeof s);
    gt_hash_init(&s.hash);
    assert_ok(t->ctx,
              gt_coverage_faults(t->ctx, t->store, t->package, &part, width, note_fault, &s));
    return s;
}

static void assert_same(seen a, seen b)
{
    unsigned char x[32], y[32];
    assert_int_equal(a.n, b.n);
    gt_hash_final(&a.hash, x);
    gt_hash_final(&b.hash, y);
    assert_memory_equal(x, y, sizeof x);
}

static gt_stored_facts kept(town *t)
{
    gt_stored_options o;
    gt_stored_facts f;
    const char *const layers[] = {"land_use"};
    gt_stored_options_init(&o);
    o.layers = layers;
    o.n_layers = 1;
    o.coverage = true;
    assert_ok(t->ctx, gt_stored_update(t->ctx, t->store, t->package, &o, &f));
    return f;
}

static void kept_faults_equal_fresh_ones(void **state)
{
    town *t = *state;
    gt_date day = gt_date_from_ymd(2020, 12, 31);
    size_t before = 0, changed = 0;
    uint64_t woven = 0, held = 0;
    for (int round = 0; round < 12; round++) {
        gt_commit *c = test_begin(t->ctx, t->store);
        for (int i = 0; round > 0 && i < 3; i++) {
            int at = (int)(ACROSS * ACROSS * real(t));
            put_parcel(t, c, at, "0103", i == 0 ? 4 : i == 1 ? 0.1 : 0, day);
        }
        (void)test_finish(t->ctx, c);
        if (round > 0) {
            gt_stored_facts f = kept(t);
            assert_string_equal(f.why, "");
            woven += f.n_woven;
            held += f.n_cells;
        }
        for (int width = 0; width < 3; width++) {
            static const double widths[] = {0.05, 0, 5};
            seen s = faults(t, false, widths[width]);
            assert_same(s, faults(t, true, widths[width]));
            changed += width == 0 && s.n != before;
            before = width == 0 ? s.n : before;
        }
        assert_true(before > 50);
        assert_int_equal(kept(t).n_woven, 0);
    }
    assert_true(changed > 6);
    assert_true(woven > 0 && woven * 3 < held);
}

static void wide_slivers_are_woven_afresh(void **state)
{
    town *t = *state;
    assert_same(faults(t, false, 40), faults(t, true, 40));
    assert_true(faults(t, false, 40).n > faults(t, false, 5).n + 1000);
}

static void qc_path(town *t, char *path, size_t size)
{
    char command[4096];
    (void)snprintf(command, sizeof command, "ls %s/w/cache/weave/*.qc", t->dir);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_non_null(fgets(path, (int)size, p));
    assert_int_equal(pclose(p), 0);
    path[strcspn(path, "\n")] = '\0';
}

static void a_damaged_file_changes_nothing(void **state)
{
    town *t = *state;
    char path[4096];
    struct stat info;
    seen want = faults(t, false, 0.05);
    qc_path(t, path, sizeof path);
    for (int round = 0; round < 12; round++) {
        assert_int_equal(stat(path, &info), 0);
        FILE *f = fopen(path, "r+b");
        assert_non_null(f);
        long at = round == 0 ? 40 : (long)(8192 + real(t) * (double)(info.st_size - 8192));
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        int byte = fgetc(f);
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_true(fputc(byte ^ 0x55, f) != EOF);
        assert_int_equal(fclose(f), 0);
        assert_same(faults(t, false, 0.05), want);
    }
    assert_int_equal(truncate(path, 9000), 0);
    assert_same(faults(t, false, 0.05), want);
    assert_int_equal(unlink(path), 0);
    assert_same(faults(t, false, 0.05), want);
}

/* QC of a layer by its rules: overlaps as GEOS finds them pair by pair, and gaps, which pairs
 * cannot show. */
static void rules_of_a_layer_read_the_weave(void **state)
{
    town *t = *state;
    gt_layer_info info;
    gt_qc_options o;
    gt_qc_summary pairs, woven;
    gt_notes *by_pairs = NULL, *by_weave = NULL, *none = NULL;
    assert_ok(t->ctx, gt_store_find_layer(t->ctx, t->store, "land_use", &info));
    gt_standard s = *info.standard;
    gt_qc_options_init(&o);
    s.qc.no_overlap = true;
    s.qc.no_gaps = true;
    o.standard = &s;
    o.min_overlap_m2 = 0.5;
    assert_ok(t->ctx, gt_notes_new(t->ctx, 0, &by_pairs));
    assert_ok(t->ctx, gt_notes_new(t->ctx, 0, &by_weave));
    assert_ok(t->ctx, gt_notes_new(t->ctx, 0, &none));
    assert_ok(t->ctx, gt_qc_layer(t->ctx, t->store, "land_use", &o, by_pairs, &pairs));
    assert_ok(t->ctx,
              gt_coverage_qc_layer(t->ctx, t->store, t->package, "land_use", &o, by_weave, &woven));
    assert_int_equal(woven.n_features, pairs.n_features);
    assert_true(pairs.n_overlaps > 50);
    /* pieces of one pair that do not touch count one by one; small ones fall away */
    assert_true(labs((long)(woven.n_overlaps - pairs.n_overlaps)) < pairs.n_overlaps / 10);
    assert_near(woven.overlap_m2, pairs.overlap_m2, 0.01 * pairs.overlap_m2);
    assert_int_equal(gt_notes_count_id(by_weave, "coverage.overlap"), woven.n_overlaps);
    assert_int_equal(gt_notes_count_id(by_weave, "qc.overlap"), 0);
    assert_int_equal(gt_notes_count_id(by_pairs, "qc.overlap"), pairs.n_overlaps);
    assert_true(gt_notes_count_id(by_weave, "coverage.gap") > 20);
    s.qc.no_overlap = s.qc.no_gaps = false;
    assert_ok(t->ctx,
              gt_coverage_qc_layer(t->ctx, t->store, t->package, "land_use", &o, none, &woven));
    assert_int_equal(woven.n_overlaps, 0);
    assert_int_equal(gt_notes_count_id(none, "coverage.gap"), 0);
    s.qc.no_overlap = true;
    o.as_of_rev = gt_store_revision(t->store); /* by revision: pair by pair */
    assert_ok(t->ctx,
              gt_coverage_qc_layer(t->ctx, t->store, t->package, "land_use", &o, none, &woven));
    assert_int_equal(woven.n_overlaps, pairs.n_overlaps);
    assert_fails(t->ctx,
                 gt_coverage_qc_layer(t->ctx, t->store, t->package, "castle", &o, none, &woven),
                 GT_E_NOT_FOUND, "store.no-layer");
    gt_notes_free(by_pairs);
    gt_notes_free(by_weave);
    gt_notes_free(none);
}

/* The file of faults is none of area tables. */
static void areas_do_not_read_it(void **state)
{
    town *t = *state;
    gt_area_table *a = NULL, *b = NULL;
    gt_areas_options o;
    gt_areas_options_init(&o);
    (void)faults(t, false, 0.05);
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "land_class", &o, &a));
    o.afresh = true;
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "land_class", &o, &b));
    assert_int_equal(gt_area_table_n_rows(a), gt_area_table_n_rows(b));
    assert_true(gt_area_table_n_rows(a) >= 2);
    for (size_t i = 0; i < gt_area_table_n_rows(a); i++) {
        assert_string_equal(gt_area_table_text(a, i, 0), gt_area_table_text(b, i, 0));
        assert_true(gt_area_table_m2(a, i) == gt_area_table_m2(b, i));
    }
    gt_area_table_free(a);
    gt_area_table_free(b);
}

static void a_folder_that_cannot_be_written(void **state)
{
    town *t = *state;
    char cache[4096], away[4096];
    seen want = faults(t, false, 0.05);
    (void)snprintf(cache, sizeof cache, "%s/w/cache", t->dir);
    (void)snprintf(away, sizeof away, "%s/w/away", t->dir);
    assert_int_equal(rename(cache, away), 0);
    FILE *f = fopen(cache, "w"); /* a file where the folder should be */
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_same(faults(t, false, 0.05), want);
    assert_int_equal(unlink(cache), 0);
    assert_int_equal(rename(away, cache), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ceiling_and_threads_cannot_be_seen),
        cmocka_unit_test(too_little_memory_is_said),
        cmocka_unit_test(a_caller_can_stop),
        cmocka_unit_test(kept_faults_equal_fresh_ones),
        cmocka_unit_test(wide_slivers_are_woven_afresh),
        cmocka_unit_test(a_damaged_file_changes_nothing),
        cmocka_unit_test(rules_of_a_layer_read_the_weave),
        cmocka_unit_test(areas_do_not_read_it),
        cmocka_unit_test(a_folder_that_cannot_be_written),
    };
    return cmocka_run_group_tests_name("coverage.flow", tests, setup, teardown);
}
