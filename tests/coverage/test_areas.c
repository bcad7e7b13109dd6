/* Area tables on a random town: columns, sums, the oracle by pairwise GEOS, and bad words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/coverage.h"
#include "guotu/geos.h"
#include "guotu/notes.h"
#include "support/store.h"

enum { GRID = 6, FIELDS = 25 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
} town;

/* corner: xmin, ymin, width, height. */
static void put_box(town *t, gt_commit *c, const char *layer, const char *id,
                    const double corner[4], gt_value value)
{
    const double box[4] = {corner[0], corner[1], corner[0] + corner[2], corner[1] + corner[3]};
    test_put_box(t->ctx, c, layer, id, box, value, gt_date_from_ymd(2020, 12, 31));
}

/* Two districts side by side; land use as a grid that crosses their border; random fields. */
static void fill(town *t)
{
    gt_commit *c = test_begin(t->ctx, t->store);
    test_rng rng;
    char id[32];
    test_rng_seed(&rng, 7);
    test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
    put_box(t, c, "districts", "w", (const double[]){0, 0, 1030.123, 3000}, test_text("西区"));
    put_box(t, c, "districts", "e", (const double[]){1030.123, 0, 1969.877, 3000},
            test_text("东区"));
    for (int i = 0; i < GRID * GRID; i++) {
        double s = 3000.0 / GRID;
        (void)snprintf(id, sizeof id, "p%d", i);
        put_box(t, c, "land_use", id, (const double[]){i % GRID * s, i / GRID * s, s, s},
                test_text(i % 3 == 0 ? "0701" : "0103"));
    }
    for (int i = 0; i < FIELDS; i++) {
        double x = (i % 5) * 600 + 100 * test_rng_real(&rng),
               y = (i / 5) * 600 + 100 * test_rng_real(&rng);
        (void)snprintf(id, sizeof id, "f%d", i);
        put_box(
            t, c, "basic_farmland", id,
            (const double[]){x, y, 50 + 400 * test_rng_real(&rng), 50 + 400 * test_rng_real(&rng)},
            (gt_value){.kind = GT_VAL_INT, .integer = i % 4});
    }
    (void)test_finish(t->ctx, c);
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
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

static gt_area_table *areas(town *t, const char *by)
{
    gt_area_table *table = NULL;
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, by, NULL, &table));
    return table;
}

static double sum_where(const gt_area_table *table, size_t column, const char *word)
{
    double sum = 0;
    for (size_t r = 0; r < gt_area_table_n_rows(table); r++) {
        sum += strcmp(gt_area_table_text(table, r, column), word) == 0 ? gt_area_table_m2(table, r)
                                                                       : 0;
    }
    return sum;
}

static void parts_sum_to_the_whole(void **state)
{
    town *t = *state;
    gt_area_table *one = areas(t, "district");
    gt_area_table *two = areas(t, "district,land_class");
    gt_area_table *three = areas(t, "land_class,district,basic_farmland.grade");
    assert_int_equal(gt_area_table_n_rows(one), 2);
    assert_int_equal(gt_area_table_n_rows(two), 4);
    /* three weaves: edges cut in different places round differently, by 2.5e-10 m2 each */
    assert_near(gt_area_table_total(one), gt_area_table_total(two), 1e-6);
    assert_near(gt_area_table_total(one), gt_area_table_total(three), 1e-6);
    assert_near(sum_where(one, 0, "西区"), sum_where(two, 0, "西区"), 1e-6);
    assert_near(sum_where(two, 1, "0701"), sum_where(three, 0, "0701"), 1e-6);
    assert_near(gt_area_table_total(one), 9e6, 2000); /* scale of the plane: below 2e-4 */
    gt_area_table_free(one);
    gt_area_table_free(two);
    gt_area_table_free(three);
}

static void rows_are_sorted_and_none_is_empty_text(void **state)
{
    town *t = *state;
    gt_area_table *table = areas(t, "basic_farmland.grade,district");
    bool none = false;
    for (size_t r = 0; r < gt_area_table_n_rows(table); r++) {
        none = none || *gt_area_table_text(table, r, 0) == '\0';
        if (r > 0) {
            int d = strcmp(gt_area_table_text(table, r - 1, 0), gt_area_table_text(table, r, 0));
            assert_true(d < 0 || (d == 0 && strcmp(gt_area_table_text(table, r - 1, 1),
                                                   gt_area_table_text(table, r, 1)) < 0));
        }
        assert_true(gt_area_table_m2(table, r) > 0);
    }
    assert_true(none);
    gt_area_table_free(table);
}

static void big_class_groups_codes(void **state)
{
    town *t = *state;
    gt_area_table *table = areas(t, "big_class");
    assert_int_equal(gt_area_table_n_rows(table), 2);
    assert_string_equal(gt_area_table_text(table, 0, 0), "construction");
    assert_near(gt_area_table_m2(table, 0) / gt_area_table_total(table), 12.0 / 36.0, 1e-5);
    assert_true(gt_area_table_column(table, 0)->big_class);
    gt_area_table_free(table);
}

/* Every pair of district and field by GEOS, as survey areas. */
static void agrees_with_the_pairwise_oracle(void **state)
{
    town *t = *state;
    gt_area_table *table = areas(t, "districts,basic_farmland");
    gt_geos *geos = NULL;
    gt_geom a, b, both;
    gt_query q;
    gt_scan *outer = NULL;
    gt_feature f;
    bool more = true;
    size_t pairs = 0;
    gt_geom_init(&a);
    gt_geom_init(&b);
    gt_geom_init(&both);
    assert_ok(t->ctx, gt_geos_new(t->ctx, &geos));
    gt_query_init(&q, "districts");
    assert_ok(t->ctx, gt_scan_open(t->ctx, t->store, &q, &outer));
    for (;;) {
        assert_ok(t->ctx, gt_scan_next(t->ctx, outer, &f, &more));
        if (!more) {
            break;
        }
        /* the column of a unit layer holds its names, as `district` does */
        const char *name = strcmp(f.id, "w") == 0 ? "西区" : "东区";
        assert_ok(t->ctx, gt_geom_from_gpkg(t->ctx, f.blob, f.blob_len, NULL, &a));
        for (size_t r = 0; r < gt_area_table_n_rows(table); r++) {
            const char *field = gt_area_table_text(table, r, 1);
            if (strcmp(gt_area_table_text(table, r, 0), name) != 0 || *field == '\0') {
                continue;
            }
            gt_query one;
            gt_scan *inner = NULL;
            gt_feature g;
            gt_query_init(&one, "basic_farmland");
            one.id = field;
            assert_ok(t->ctx, gt_scan_open(t->ctx, t->store, &one, &inner));
            assert_ok(t->ctx, gt_scan_next(t->ctx, inner, &g, &more));
            assert_true(more);
            assert_ok(t->ctx, gt_geom_from_gpkg(t->ctx, g.blob, g.blob_len, NULL, &b));
            gt_scan_close(inner);
            assert_ok(t->ctx, gt_geos_intersection(t->ctx, geos, &a, &b, &both));
            double want = gt_area_survey(gt_store_plane(t->store), &both, 70.0);
            /* snapping moves a border by at most 1.5 mm: bound by the perimeter */
            assert_near(gt_area_table_m2(table, r), want, 0.0015 * 1800);
            pairs++;
        }
    }
    assert_true(pairs >= FIELDS);
    gt_scan_close(outer);
    gt_geos_free(geos);
    gt_geom_free(t->ctx, &a);
    gt_geom_free(t->ctx, &b);
    gt_geom_free(t->ctx, &both);
    gt_area_table_free(table);
}

static void words_that_make_no_sense_are_refused(void **state)
{
    town *t = *state;
    static const struct {
        const char *by;
        gt_status status;
        const char *id;
    } cases[] = {
        {"", GT_E_USAGE, "coverage.unknown-word"},
        {"castle", GT_E_USAGE, "coverage.unknown-word"},
        {"district,", GT_OK, NULL},
        {"district,,land_class", GT_E_USAGE, "coverage.unknown-word"},
        {"land_use.colour", GT_E_USAGE, "coverage.unknown-word"},
        {"rivers", GT_E_NOT_FOUND, "coverage.no-data"},
        {"hazard", GT_E_NOT_FOUND, "coverage.no-data"},
        {"district,district,district,district,district,district,district,district,district,"
         "district,district,district,district,district,district,district,district",
         GT_E_USAGE, "coverage.too-many"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_area_table *table = NULL;
        gt_status st = gt_areas(t->ctx, t->store, t->package, cases[i].by, NULL, &table);
        if (cases[i].status == GT_OK) {
            assert_ok(t->ctx, st);
            gt_area_table_free(table);
        } else {
            assert_fails(t->ctx, st, cases[i].status, cases[i].id);
        }
    }
}

static void a_day_before_the_survey_has_nothing(void **state)
{
    town *t = *state;
    gt_areas_options o;
    gt_area_table *table = NULL;
    gt_areas_options_init(&o);
    o.as_of = gt_date_from_ymd(2019, 1, 1);
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "district", &o, &table));
    assert_int_equal(gt_area_table_n_rows(table), 0);
    assert_true(gt_area_table_total(table) == 0);
    gt_area_table_free(table);
}

static void threads_cannot_be_seen(void **state)
{
    town *t = *state;
    gt_area_table *a = areas(t, "district,land_class,basic_farmland");
    gt_ctx *single = test_ctx_threads(1);
    gt_area_table *b = NULL;
    gt_store *again = NULL; /* a store belongs to the family of its context */
    assert_ok(single, gt_store_open(single, test_path(t->dir, "w"), NULL, &again));
    assert_ok(single,
              gt_areas(single, again, t->package, "district,land_class,basic_farmland", NULL, &b));
    assert_int_equal(gt_area_table_n_rows(a), gt_area_table_n_rows(b));
    for (size_t r = 0; r < gt_area_table_n_rows(a); r++) {
        assert_true(gt_area_table_m2(a, r) == gt_area_table_m2(b, r));
        assert_string_equal(gt_area_table_text(a, r, 2), gt_area_table_text(b, r, 2));
    }
    gt_area_table_free(a);
    gt_area_table_free(b);
    gt_store_close(again);
    gt_ctx_free(single);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_sum_to_the_whole),
        cmocka_unit_test(rows_are_sorted_and_none_is_empty_text),
        cmocka_unit_test(big_class_groups_codes),
        cmocka_unit_test(agrees_with_the_pairwise_oracle),
        cmocka_unit_test(words_that_make_no_sense_are_refused),
        cmocka_unit_test(a_day_before_the_survey_has_nothing),
        cmocka_unit_test(threads_cannot_be_seen),
    };
    return cmocka_run_group_tests_name("coverage.areas", tests, setup, teardown);
}
