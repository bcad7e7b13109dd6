/* Conflicts, atoms, faults and transitions on a small town of squares, whose answers are known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/coverage.h"
#include "guotu/notes.h"
#include "support/store.h"

#define CELL 100.0
enum { GRID = 10 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
} town;

/* Class of cell i (0 .. 99): the land accounting example has T = [[40, 10], [5, 45]]. */
static const char *class_of(int i, int year)
{
    bool farm = year == 2019 ? i < 50 : i < 40 || (i >= 50 && i < 55);
    return farm ? "0103" : "0701";
}

static void survey(town *t, int year)
{
    char id[32];
    gt_date day = gt_date_from_ymd(year, 12, 31);
    gt_commit *c = test_begin(t->ctx, t->store);
    if (year == 2019) {
        test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
        test_put_box(t->ctx, c, "districts", "w", (const double[]){0, 0, 430, 1000},
                     test_text("西区"), GT_DATE_NONE);
        test_put_box(t->ctx, c, "districts", "e", (const double[]){430, 0, 1000, 1000},
                     test_text("东区"), GT_DATE_NONE);
        test_put_box(t->ctx, c, "basic_farmland", "f1", (const double[]){50, 50, 150, 150},
                     (gt_value){.kind = GT_VAL_INT, .integer = 1}, GT_DATE_NONE);
        test_put_box(t->ctx, c, "basic_farmland", "f2", (const double[]){800, 800, 900, 900},
                     (gt_value){.kind = GT_VAL_INT, .integer = 7}, GT_DATE_NONE);
        test_put_box(t->ctx, c, "hazard", "h1", (const double[]){100, 100, 200, 200},
                     test_text("high"), GT_DATE_NONE);
        test_put_box(t->ctx, c, "hazard", "h2", (const double[]){890, 790, 1000, 850},
                     test_text("low"), GT_DATE_NONE);
    }
    assert_ok(t->ctx, gt_commit_replace_layer(t->ctx, c, "land_use", day));
    for (int i = 0; i < GRID * GRID; i++) {
        double x = i % GRID * CELL, y = i / GRID * CELL;
        (void)snprintf(id, sizeof id, "p%d", i);
        test_put_box(t->ctx, c, "land_use", id, (const double[]){x, y, x + CELL, y + CELL},
                     test_text(class_of(i, year)), day);
    }
    (void)test_finish(t->ctx, c);
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_store_open(t->ctx, t->dir, "tests/check/package", &t->package, &t->store);
    survey(t, 2019);
    survey(t, 2020);
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

/* What a call found, kept by copy. */
typedef struct found {
    size_t n, points;
    char features[400][3][24], classes[400][3][24];
    double m2[400], x[400], y[400], total;
    size_t parts;
} found;

static gt_status keep(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    found *f = user;
    (void)ctx;
    assert_true(f->n < 400);
    for (size_t k = 0; k < f->parts; k++) {
        (void)snprintf(f->features[f->n][k], 24, "%s", p->features[k]);
        (void)snprintf(f->classes[f->n][k], 24, "%s", p->classes[k]);
    }
    f->m2[f->n] = p->m2;
    f->x[f->n] = p->x;
    f->y[f->n] = p->y;
    f->total += p->m2;
    f->points += p->geom->n_points;
    assert_true(p->box.xmin <= p->x && p->x <= p->box.xmax);
    f->n++;
    return GT_OK;
}

/* Plane squares: the ellipsoid takes off up to 3e-4 here. */
#define assert_m2(a, b) assert_near((a), (b), 3e-4 * (b) + 1e-6)

static void conflicts_have_place_features_and_area(void **state)
{
    town *t = *state;
    found *f = calloc(1, sizeof *f);
    const gt_part parts[] = {{"basic_farmland", NULL, GT_DATE_NONE},
                             {"hazard", NULL, GT_DATE_NONE}};
    f->parts = 2;
    assert_ok(t->ctx, gt_conflicts(t->ctx, t->store, t->package, parts, 2, 0, keep, f));
    assert_int_equal(f->n, 2);
    assert_string_equal(f->features[0][0], "f1");
    assert_string_equal(f->features[0][1], "h1");
    assert_m2(f->m2[0], 2500);
    assert_near(f->x[0], TEST_X0 + 125, 0.01);
    assert_near(f->y[0], TEST_Y0 + 125, 0.01);
    assert_string_equal(f->features[1][1], "h2");
    assert_m2(f->m2[1], 500);
    memset(f, 0, sizeof *f);
    f->parts = 2;
    assert_ok(t->ctx, gt_conflicts(t->ctx, t->store, t->package, parts, 2, 600, keep, f));
    assert_int_equal(f->n, 1);
    const gt_part some[] = {{"basic_farmland", "grade > 3", GT_DATE_NONE},
                            {"hazard", "level = 'high'", GT_DATE_NONE}};
    memset(f, 0, sizeof *f);
    assert_ok(t->ctx, gt_conflicts(t->ctx, t->store, t->package, some, 2, 0, keep, f));
    assert_int_equal(f->n, 0);
    free(f);
}

static void conflicts_that_make_no_sense_are_refused(void **state)
{
    town *t = *state;
    static const struct {
        gt_part parts[2];
        size_t n;
        gt_status status;
        const char *id;
    } cases[] = {{{{"hazard", NULL, GT_DATE_NONE}}, 1, GT_E_USAGE, "coverage.parts"},
                 {{{"hazard", NULL, GT_DATE_NONE}}, 0, GT_E_USAGE, "coverage.parts"},
                 {{{"hazard", NULL, GT_DATE_NONE}, {"hazard", NULL, GT_DATE_NONE}},
                  2,
                  GT_E_USAGE,
                  "coverage.layer-twice"},
                 {{{"hazard", NULL, GT_DATE_NONE}, {"rivers", NULL, GT_DATE_NONE}},
                  2,
                  GT_E_NOT_FOUND,
                  "coverage.no-data"},
                 {{{"hazard", NULL, GT_DATE_NONE}, {"castle", NULL, GT_DATE_NONE}},
                  2,
                  GT_E_NOT_FOUND,
                  "store.no-layer"},
                 {{{"hazard", "colour = 1", GT_DATE_NONE}, {"land_use", NULL, GT_DATE_NONE}},
                  2,
                  GT_E_INPUT,
                  NULL},
                 {{{"hazard", "1) OR (SELECT 1", GT_DATE_NONE}, {"land_use", NULL, GT_DATE_NONE}},
                  2,
                  GT_E_INPUT,
                  NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        found *f = calloc(1, sizeof *f);
        assert_fails(
            t->ctx,
            gt_conflicts(t->ctx, t->store, t->package, cases[i].parts, cases[i].n, 0, keep, f),
            cases[i].status, cases[i].id);
        free(f);
    }
    /* two parts of one layer are two lines */
    const gt_part halves[] = {{"hazard", "level = 'high'", GT_DATE_NONE},
                              {"hazard", "level = 'low'", GT_DATE_NONE}};
    found *f = calloc(1, sizeof *f);
    assert_ok(t->ctx, gt_conflicts(t->ctx, t->store, t->package, halves, 2, 0, keep, f));
    assert_int_equal(f->n, 0);
    free(f);
}

static void atoms_sum_to_the_territory(void **state)
{
    town *t = *state;
    found *f = calloc(1, sizeof *f);
    const gt_part parts[] = {{"land_use", NULL, GT_DATE_NONE},
                             {"districts", NULL, GT_DATE_NONE},
                             {"basic_farmland", NULL, GT_DATE_NONE}};
    f->parts = 3;
    assert_ok(t->ctx, gt_atoms(t->ctx, t->store, t->package, parts, 3, NULL, keep, f));
    /* 90 whole parcels, 10 cut by the border; 4 with a corner of f1; f2 fills one */
    assert_int_equal(f->n, 100 + 10 + 4);
    gt_area_table *table = NULL;
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "district", NULL, &table));
    assert_near(f->total, gt_area_table_total(table), 1e-5);
    gt_area_table_free(table);
    free(f);
}

static void atoms_are_filtered(void **state)
{
    town *t = *state;
    static const struct {
        const char *where;
        size_t n;
        double m2;
    } cases[] = {{"grade = 7", 1, 10000},
                 {"basic_farmland IS NOT NULL", 5, 20000},
                 {"land_use_dlbm = '0103' AND name = '西区' AND m2 < 5000", 5, 13000 + 0},
                 {"land_use = 'p14'", 2, 10000},
                 {"m2 > 20000", 0, 0},
                 {"big_class(dlbm) = 'farm'", 0, 450000}};
    const gt_part parts[] = {{"land_use", NULL, GT_DATE_NONE},
                             {"districts", NULL, GT_DATE_NONE},
                             {"basic_farmland", NULL, GT_DATE_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        found *f = calloc(1, sizeof *f);
        f->parts = 3;
        assert_ok(t->ctx,
                  gt_atoms(t->ctx, t->store, t->package, parts, 3, cases[i].where, keep, f));
        if (i != 2) {
            assert_near(f->total, cases[i].m2, 3e-4 * cases[i].m2 + 1e-6);
        }
        if (i < 2 || i == 3 || i == 4) {
            assert_int_equal(f->n, cases[i].n);
        }
        for (size_t k = 0; i == 2 && k < f->n; k++) {
            assert_string_equal(f->classes[k][0], "0103");
            assert_string_equal(f->classes[k][1], "西区");
            assert_true(f->m2[k] < 5000);
        }
        free(f);
    }
    static const char *const bad[] = {"colour = 1", "SELECT 1", "grade = ", "m2 > 0; DROP"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        found *f = calloc(1, sizeof *f);
        assert_fails(t->ctx, gt_atoms(t->ctx, t->store, t->package, parts, 3, bad[i], keep, f),
                     GT_E_INPUT, NULL);
        free(f);
    }
    const gt_part twice[] = {parts[0], parts[0]};
    assert_fails(t->ctx, gt_atoms(t->ctx, t->store, t->package, twice, 2, NULL, keep, NULL),
                 GT_E_USAGE, "coverage.layer-twice");
}

static void dissolved_by_a_field(void **state)
{
    town *t = *state;
    const gt_part land = {"land_use", NULL, GT_DATE_NONE};
    gt_dissolve_options o;
    gt_dissolve_options_init(&o);
    for (int round = 0; round < 4; round++) { /* default field, named, simplified, filtered */
        found *f = calloc(1, sizeof *f);
        gt_part part = land;
        f->parts = 1;
        o.field = round == 0 ? NULL : "dlbm";
        o.tolerance = round == 2 ? 30 : 0; /* corners of 100 m stay */
        part.where = round == 3 ? "dlbm = '0103'" : NULL;
        assert_ok(t->ctx, gt_dissolve(t->ctx, t->store, t->package, &part, &o, keep, f));
        assert_int_equal(f->n, round == 3 ? 1 : 2);
        assert_string_equal(f->classes[0][0], "0103");
        assert_string_equal(f->features[0][0], "");
        assert_m2(f->m2[0], 450000);
        if (round < 3) {
            assert_string_equal(f->classes[1][0], "0701");
            assert_m2(f->m2[1], 550000);
        }
        free(f);
    }
    found *f = calloc(1, sizeof *f);
    const gt_part farmland = {"basic_farmland", NULL, GT_DATE_NONE};
    f->parts = 1;
    o = (gt_dissolve_options){sizeof o, "grade", 0};
    assert_ok(t->ctx, gt_dissolve(t->ctx, t->store, t->package, &farmland, &o, keep, f));
    assert_int_equal(f->n, 2);
    assert_string_equal(f->classes[0][0], "1");
    assert_string_equal(f->classes[1][0], "7");
    free(f);
}

static void dissolves_that_make_no_sense_are_refused(void **state)
{
    town *t = *state;
    static const struct {
        gt_part part;
        const char *field;
        double tolerance;
        gt_status status;
        const char *id;
    } cases[] = {
        {{"land_use", NULL, GT_DATE_NONE}, "colour", 0, GT_E_USAGE, "coverage.no-field"},
        {{"land_use", NULL, GT_DATE_NONE}, "dlbm", -1, GT_E_USAGE, "weave.option"},
        {{"land_use", NULL, GT_DATE_NONE}, "dlbm", (double)NAN, GT_E_USAGE, "weave.option"},
        {{"castle", NULL, GT_DATE_NONE}, NULL, 0, GT_E_NOT_FOUND, "store.no-layer"},
        {{"land_use", "colour = 1", GT_DATE_NONE}, NULL, 0, GT_E_INPUT, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        found *f = calloc(1, sizeof *f);
        const gt_dissolve_options o = {sizeof o, cases[i].field, cases[i].tolerance};
        assert_fails(t->ctx, gt_dissolve(t->ctx, t->store, t->package, &cases[i].part, &o, keep, f),
                     cases[i].status, cases[i].id);
        assert_int_equal(f->n, 0);
        free(f);
    }
}

typedef struct fault_list {
    size_t n[4];
    double m2[4];
    char feature[24], other[24];
} fault_list;

static gt_status note_fault(gt_ctx *ctx, void *user, const gt_weave_finding *f, const char *feature,
                            const char *other)
{
    fault_list *l = user;
    (void)ctx;
    l->n[f->fault]++;
    l->m2[f->fault] += f->m2;
    (void)snprintf(l->feature, sizeof l->feature, "%s", feature);
    (void)snprintf(l->other, sizeof l->other, "%s", other);
    return GT_OK;
}

static void faults_of_a_coverage(void **state)
{
    town *t = *state;
    fault_list l = {0};
    gt_part part = {"land_use", NULL, GT_DATE_NONE};
    assert_ok(t->ctx,
              gt_coverage_faults(t->ctx, t->store, t->package, &part, 0.05, note_fault, &l));
    assert_int_equal(l.n[0] + l.n[1] + l.n[2] + l.n[3], 0);
    part.where = "dlbm = '0103' OR m2 IS NULL";
    assert_fails(t->ctx,
                 gt_coverage_faults(t->ctx, t->store, t->package, &part, 0.05, note_fault, &l),
                 GT_E_INPUT, NULL);
    /* an overlap 2 cm wide, in a layer of its own */
    gt_commit *c = test_begin(t->ctx, t->store);
    test_put_box(t->ctx, c, "hazard", "h3", (const double[]){199.98, 100, 300, 200},
                 test_text("low"), GT_DATE_NONE);
    (void)test_finish(t->ctx, c);
    part = (gt_part){"hazard", NULL, GT_DATE_NONE};
    memset(&l, 0, sizeof l);
    assert_ok(t->ctx,
              gt_coverage_faults(t->ctx, t->store, t->package, &part, 0.05, note_fault, &l));
    assert_int_equal(l.n[GT_WEAVE_OVERLAP], 1);
    assert_m2(l.m2[GT_WEAVE_OVERLAP], 2);
    assert_string_equal(l.feature, "h1");
    assert_string_equal(l.other, "h3");
}

static gt_transition_options years(int from, int to)
{
    gt_transition_options o;
    gt_transition_options_init(&o);
    o.from = gt_date_from_ymd(from, 12, 31);
    o.to = gt_date_from_ymd(to, 12, 31);
    return o;
}

/* The printed validation case, in cells of 1 ha. */
static void the_matrix_of_the_card(void **state)
{
    town *t = *state;
    gt_transition *m = NULL;
    gt_transition_options o = years(2019, 2020);
    assert_ok(t->ctx, gt_transition_run(t->ctx, t->store, t->package, "land_use", &o, &m));
    assert_int_equal(gt_transition_n_classes(m), 2);
    assert_int_equal(gt_transition_n_units(m), 0);
    assert_string_equal(gt_transition_class(m, 0), "0103");
    static const double want[2][2] = {{40e4, 10e4}, {5e4, 45e4}};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 2; k++) {
            assert_m2(gt_transition_m2(m, 0, i, k), want[i][k]);
        }
    }
    gt_change c = gt_transition_change(m, 0, 0);
    assert_m2(c.before, 50e4);
    assert_m2(c.after, 45e4);
    assert_m2(-c.net, 5e4);
    assert_m2(c.swap, 10e4);
    assert_near(c.degree, -0.1, 1e-4);
    gt_disagreement d = gt_transition_disagreement(m, 0);
    assert_m2(d.change, 15e4);
    assert_m2(d.quantity, 5e4);
    assert_m2(d.allocation, 10e4);
    assert_true(d.years == 1);
    assert_near(d.degree, 0.15 / 2, 1e-4);
    gt_transition_free(m);
}

static double year_total(town *t, int year, const char *class)
{
    gt_areas_options o;
    gt_area_table *table = NULL;
    double m2 = 0;
    gt_areas_options_init(&o);
    o.as_of = gt_date_from_ymd(year, 12, 31);
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "land_class", &o, &table));
    for (size_t r = 0; r < gt_area_table_n_rows(table); r++) {
        if (strcmp(gt_area_table_text(table, r, 0), class) == 0) {
            m2 += gt_area_table_m2(table, r);
        }
    }
    gt_area_table_free(table);
    return m2;
}

static void rows_and_columns_balance(void **state)
{
    town *t = *state;
    gt_transition *m = NULL;
    gt_transition_options o = years(2019, 2020);
    o.by = "districts";
    assert_ok(t->ctx, gt_transition_run(t->ctx, t->store, t->package, "land_use", &o, &m));
    assert_int_equal(gt_transition_n_units(m), 2);
    assert_string_equal(gt_transition_unit(m, 0), "东区");
    size_t n = gt_transition_n_classes(m);
    for (size_t i = 0; i <= n; i++) {
        double units = 0;
        for (size_t u = 0; u < 2; u++) {
            double row = 0, column = 0;
            for (size_t k = 0; k < n; k++) {
                row += gt_transition_m2(m, u, i, k);
                column += gt_transition_m2(m, u, k, i);
            }
            assert_near(row, gt_transition_m2(m, u, i, n), 1e-8);
            assert_near(column, gt_transition_m2(m, u, n, i), 1e-8);
            units += gt_transition_m2(m, u, i, n);
        }
        assert_near(units, gt_transition_m2(m, 2, i, n), 1e-8);
    }
    for (size_t i = 0; i < n; i++) { /* each survey's own totals: to 0.01 m2 and better */
        assert_near(gt_transition_m2(m, 2, i, n), year_total(t, 2019, gt_transition_class(m, i)),
                    1e-5);
        assert_near(gt_transition_m2(m, 2, n, i), year_total(t, 2020, gt_transition_class(m, i)),
                    1e-5);
    }
    gt_transition_free(m);
}

static void changes_have_places(void **state)
{
    town *t = *state;
    found *f = calloc(1, sizeof *f);
    gt_transition_options o = years(2019, 2020);
    o.by = "districts";
    f->parts = 3;
    assert_ok(t->ctx, gt_transition_places(t->ctx, t->store, t->package, "land_use", &o, keep, f));
    assert_int_equal(f->n,
                     15 + 2); /* two of the changed cells are cut by the border of the districts */
    assert_m2(f->total, 15e4);
    for (size_t i = 0; i < f->n; i++) {
        assert_string_not_equal(f->classes[i][0], f->classes[i][1]);
        assert_string_equal(f->features[i][0], f->features[i][1]);
        assert_true(strcmp(f->classes[i][2], "西区") == 0 || strcmp(f->classes[i][2], "东区") == 0);
    }
    free(f);
}

static void transitions_that_make_no_sense_are_refused(void **state)
{
    town *t = *state;
    static const struct {
        const char *layer, *field, *by;
        int from, to;
        gt_status status;
        const char *id;
    } cases[] = {{"land_use", NULL, NULL, 2020, 2019, GT_E_USAGE, "coverage.dates"},
                 {"land_use", NULL, NULL, 2020, 2020, GT_E_USAGE, "coverage.dates"},
                 {"land_use", "colour", NULL, 2019, 2020, GT_E_USAGE, "coverage.no-field"},
                 {"hazard", NULL, NULL, 2019, 2020, GT_E_USAGE, "coverage.no-field"},
                 {"land_use", NULL, NULL, 2010, 2020, GT_E_NOT_FOUND, "coverage.empty-day"},
                 {"rivers", NULL, NULL, 2019, 2020, GT_E_NOT_FOUND, "coverage.no-data"},
                 {"castle", NULL, NULL, 2019, 2020, GT_E_NOT_FOUND, "store.no-layer"},
                 {"land_use", NULL, "castle", 2019, 2020, GT_E_NOT_FOUND, "store.no-layer"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_transition *m = NULL;
        gt_transition_options o = years(cases[i].from, cases[i].to);
        o.field = cases[i].field;
        o.by = cases[i].by;
        assert_fails(t->ctx,
                     gt_transition_run(t->ctx, t->store, t->package, cases[i].layer, &o, &m),
                     cases[i].status, cases[i].id);
    }
    gt_transition *m = NULL;
    gt_transition_options o;
    gt_transition_options_init(&o);
    assert_fails(t->ctx, gt_transition_run(t->ctx, t->store, t->package, "land_use", &o, &m),
                 GT_E_USAGE, "coverage.dates");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conflicts_have_place_features_and_area),
        cmocka_unit_test(conflicts_that_make_no_sense_are_refused),
        cmocka_unit_test(atoms_sum_to_the_territory),
        cmocka_unit_test(atoms_are_filtered),
        cmocka_unit_test(dissolved_by_a_field),
        cmocka_unit_test(dissolves_that_make_no_sense_are_refused),
        cmocka_unit_test(the_matrix_of_the_card),
        cmocka_unit_test(rows_and_columns_balance),
        cmocka_unit_test(changes_have_places),
        cmocka_unit_test(transitions_that_make_no_sense_are_refused),
        cmocka_unit_test(faults_of_a_coverage),
    };
    return cmocka_run_group_tests_name("coverage.places", tests, setup, teardown);
}
