/* A small town: two districts of 2 x 2 km, a field of 1 x 1 km in the first, a river along x = 500
 * m, a hazard zone that one test adds. Coordinates are EPSG:4548 with an offset near the meridian.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/check.h"
#include "guotu/notes.h"
#include "support/store.h"

#define X0 500000.0
#define Y0 4430000.0

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    gt_checker *checker;
    gt_arena *arena;
} town;

static void box_geom(gt_ctx *ctx, gt_geom *g, double x, double y, double w, double h)
{
    const double xy[5][2] = {{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}, {x, y}};
    gt_geom_reset(g, GT_MULTIPOLYGON);
    for (int i = 0; i < 5; i++) {
        assert_ok(ctx, gt_geom_add_point(ctx, g, X0 + xy[i][0], Y0 + xy[i][1]));
    }
    assert_ok(ctx, gt_geom_end_ring(ctx, g));
    assert_ok(ctx, gt_geom_end_part(ctx, g));
}

static void put(town *t, gt_commit *commit, const char *layer, const char *id, const gt_geom *g,
                const gt_value *values, size_t n)
{
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    assert_ok(t->ctx, gt_geom_to_gpkg(t->ctx, g, 4548, &blob, &cap, &len));
    gt_feature f = {.id = id,
                    .valid_from = gt_date_from_ymd(2022, 1, 1),
                    .valid_to = GT_DATE_NONE,
                    .blob = blob,
                    .blob_len = len,
                    .box = gt_geom_box(g),
                    .values = values,
                    .n_values = n};
    assert_ok(t->ctx, gt_commit_put(t->ctx, commit, layer, &f, (double)NAN));
    gt_free(t->ctx, blob);
}

static gt_value text(const char *s)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = s, .len = strlen(s)};
}

static gt_value integer(int64_t v)
{
    return (gt_value){.kind = GT_VAL_INT, .integer = v};
}

static gt_commit *begin(town *t)
{
    gt_commit *commit = NULL;
    gt_commit_info info = {.author = "test", .message = "town", .expect_revision = -1};
    assert_ok(t->ctx, gt_commit_begin(t->ctx, t->store, &info, &commit));
    return commit;
}

static void add_box(town *t, gt_commit *c, const char *layer, const char *id, double x, double y,
                    double w, double h, gt_value value)
{
    gt_geom g;
    gt_geom_init(&g);
    box_geom(t->ctx, &g, x, y, w, h);
    put(t, c, layer, id, &g, &value, 1);
    gt_geom_free(t->ctx, &g);
}

static void fill(town *t)
{
    gt_commit *c = begin(t);
    int64_t revision = 0;
    gt_geom river;
    gt_geom_init(&river);
    for (size_t i = 0; i < gt_package_n_layers(t->package); i++) {
        assert_ok(t->ctx, gt_commit_define_layer(t->ctx, c, gt_package_layer(t->package, i),
                                                 GT_ORIGIN_GENERATED));
    }
    add_box(t, c, "districts", "west", 0, 0, 2000, 2000, text("西区"));
    add_box(t, c, "districts", "east", 2000, 0, 2000, 2000, text("东区"));
    add_box(t, c, "basic_farmland", "field-1", 100, 100, 1000, 500, integer(2));
    add_box(t, c, "basic_farmland", "field-2", 100, 600, 1000, 500, integer(7));
    gt_geom_reset(&river, GT_LINESTRING);
    assert_ok(t->ctx, gt_geom_add_point(t->ctx, &river, X0 + 1500, Y0));
    assert_ok(t->ctx, gt_geom_add_point(t->ctx, &river, X0 + 1500, Y0 + 2000));
    assert_ok(t->ctx, gt_geom_end_ring(t->ctx, &river));
    put(t, c, "rivers", "river", &river, NULL, 0);
    gt_geom_free(t->ctx, &river);
    assert_ok(t->ctx, gt_commit_finish(t->ctx, c, &revision));
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_store_open(t->ctx, t->dir, "tests/check/package", &t->package, &t->store);
    fill(t);
    assert_ok(t->ctx, gt_checker_new(t->ctx, t->store, t->package, &t->checker));
    assert_ok(t->ctx, gt_arena_new(t->ctx, 0, &t->arena));
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    town *t = *state;
    gt_arena_free(t->arena);
    gt_checker_free(t->checker);
    test_store_shut(t->ctx, t->dir, t->package, t->store);
    free(t);
    return 0;
}

/* Checks a box; facts are "name=value" texts, NULL-terminated, at most 8. */
static gt_verdict *check_box(town *t, const char *kind, double x, double y, double w, double h,
                             const char *const *facts)
{
    gt_fact list[8];
    gt_geom g;
    gt_verdict *v = NULL;
    gt_subject s = {.kind = kind, .geom = &g, .facts = list};
    gt_geom_init(&g);
    box_geom(t->ctx, &g, x, y, w, h);
    for (; facts != NULL && facts[s.n_facts] != NULL; s.n_facts++) {
        assert_ok(t->ctx, gt_fact_parse(t->ctx, t->package, kind, facts[s.n_facts], t->arena,
                                        &list[s.n_facts]));
    }
    gt_check_options o;
    gt_check_options_init(&o);
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    gt_geom_free(t->ctx, &g);
    return v;
}

static const gt_finding *find(const gt_verdict *v, const char *rule)
{
    for (size_t i = 0; i < gt_verdict_n_findings(v); i++) {
        if (strcmp(gt_verdict_finding(v, i)->rule->id, rule) == 0) {
            return gt_verdict_finding(v, i);
        }
    }
    return NULL;
}

#define FACTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void overlap_is_measured_and_denied(void **state)
{
    town *t = *state;
    /* 200 m wide, from inside field-1 across its east side: 100 x 300 m overlap */
    gt_verdict *v = check_box(t, "project", 1000, 200, 200, 300, FACTS("use=park", "national=no"));
    const gt_finding *f = find(v, "farmland-stays");
    assert_int_equal(gt_verdict_result(v), GT_FAIL);
    assert_non_null(f);
    assert_int_equal(f->result, GT_FAIL);
    /* The plane shows 30 000 m2; the ellipsoidal area differs by the scale, below 1e-4 there. */
    assert_near(f->measured[0]->m2, 30000.0, 3.0);
    assert_near(f->measured[0]->share, 0.5, 1e-7);
    assert_int_equal(f->measured[0]->count, 1);
    assert_int_equal(f->measured[0]->pieces, 1);
    assert_near(f->measured[0]->largest_m2, f->measured[0]->m2, 1e-6);
    assert_non_null(strstr(f->said[GT_LANG_ZH], "占用永久基本农田 45.0"));
    assert_non_null(strstr(f->said[GT_LANG_ZH], "占 50.00 %"));
    assert_non_null(strstr(f->said[GT_LANG_EN], "takes 3.000"));
    assert_non_null(strstr(f->said[GT_LANG_EN], "tolerance 10.0 m2"));
    assert_non_null(strstr(f->comply[GT_LANG_EN], "leave out 3.000"));
    assert_string_equal(gt_verdict_unit(v), "西区");
    assert_ptr_equal(gt_verdict_finding(v, 0), f); /* denials first */
    gt_verdict_free(v);
}

static void pieces_of_two_features_are_united(void **state)
{
    town *t = *state;
    /* across the border of field-1 and field-2: one piece, two features */
    gt_verdict *v = check_box(t, "project", 300, 500, 100, 200, FACTS("use=park", "national=no"));
    const gt_measured *m = find(v, "farmland-stays")->measured[0];
    assert_int_equal(m->count, 2);
    assert_int_equal(m->pieces, 1);
    assert_near(m->m2, gt_verdict_area_m2(v), 1e-3);
    assert_near(m->share, 1.0, 1e-7);
    gt_verdict_free(v);
}

static void border_alone_is_no_overlap(void **state)
{
    town *t = *state;
    gt_verdict *v = check_box(t, "project", 1100, 200, 100, 100, FACTS("use=park", "national=no"));
    assert_int_equal(find(v, "farmland-stays")->result, GT_PASS);
    assert_int_equal(find(v, "farmland-stays")->measured[0]->count, 0);
    assert_int_equal(gt_verdict_result(v), GT_PASS);
    gt_verdict_free(v);
}

static void tolerance_is_a_parameter(void **state)
{
    town *t = *state;
    /* 0.09 m x 100 m = 9 m2, below the 10 m2 of :sliver; 0.12 m gives 12 m2 */
    gt_verdict *below = check_box(t, "parcel", 1099.91, 200, 50, 100, NULL);
    gt_verdict *above = check_box(t, "parcel", 1099.88, 200, 50, 100, NULL);
    assert_int_equal(find(below, "farmland-stays")->result, GT_PASS);
    /* the exception asks a fact a parcel does not have: unknown, hence undecidable, not denied */
    assert_int_not_equal(find(above, "farmland-stays")->result, GT_PASS);
    gt_verdict_free(below);
    gt_verdict_free(above);
}

static void exception_passes_with_its_clause(void **state)
{
    town *t = *state;
    gt_verdict *v = check_box(t, "project", 300, 700, 100, 100, FACTS("use=park", "national=yes"));
    const gt_finding *f = find(v, "farmland-stays");
    assert_int_equal(f->result, GT_PASS);
    assert_non_null(f->exempt);
    assert_string_equal(f->exempt->clauses[0], "TST-002");
    gt_verdict_free(v);
}

static void unknown_exception_is_undecidable(void **state)
{
    town *t = *state;
    gt_verdict *v = check_box(t, "project", 300, 700, 100, 100, FACTS("use=park"));
    const gt_finding *f = find(v, "farmland-stays");
    assert_int_equal(f->result, GT_UNDECIDABLE);
    assert_string_equal(f->missing, "national");
    assert_int_equal(gt_verdict_result(v), GT_UNDECIDABLE);
    gt_verdict_free(v);
}

static void where_filters_features(void **state)
{
    town *t = *state;
    gt_check_options o;
    gt_check_options_init(&o);
    o.as_of = gt_date_from_ymd(2024, 6, 1); /* the rule ends with 2025 */
    gt_geom g;
    gt_geom_init(&g);
    box_geom(t->ctx, &g, 300, 700, 100, 100); /* field-2, grade 7 */
    gt_subject s = {.kind = "project", .geom = &g};
    gt_verdict *v = NULL;
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    assert_int_equal(find(v, "best-farmland")->result, GT_PASS);
    gt_verdict_free(v);
    box_geom(t->ctx, &g, 300, 300, 100, 100); /* field-1, grade 2 */
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    assert_int_equal(find(v, "best-farmland")->result, GT_FAIL);
    gt_verdict_free(v);
    o.as_of = gt_date_from_ymd(2026, 1, 1); /* no longer in force */
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    assert_null(find(v, "best-farmland"));
    gt_verdict_free(v);
    gt_geom_free(t->ctx, &g);
}

static void null_attribute_makes_a_pass_unsure(void **state)
{
    town *t = *state;
    gt_commit *c = begin(t);
    int64_t revision = 0;
    add_box(t, c, "basic_farmland", "field-3", 3000, 100, 200, 200, (gt_value){.kind = GT_NULL});
    assert_ok(t->ctx, gt_commit_finish(t->ctx, c, &revision));
    gt_check_options o;
    gt_check_options_init(&o);
    o.as_of = gt_date_from_ymd(2024, 6, 1);
    gt_geom g;
    gt_geom_init(&g);
    box_geom(t->ctx, &g, 3050, 150, 10, 10);
    gt_subject s = {.kind = "project", .geom = &g};
    gt_verdict *v = NULL;
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    assert_int_equal(find(v, "best-farmland")->result, GT_UNDECIDABLE);
    assert_string_equal(find(v, "best-farmland")->missing, "basic_farmland");
    gt_verdict_free(v);
    gt_geom_free(t->ctx, &g);
}

static void distance_and_length_to_lines(void **state)
{
    town *t = *state;
    gt_verdict *v = check_box(t, "project", 1530, 100, 50, 50, FACTS("use=park"));
    const gt_finding *f = find(v, "river-distance");
    assert_int_equal(f->result, GT_FAIL);
    assert_near(f->measured[0]->distance_m, 30.0, 1e-6);
    gt_verdict_free(v);
    v = check_box(t, "project", 1450, 100, 100, 70, FACTS("use=park"));
    f = find(v, "river-distance");
    assert_near(f->measured[0]->distance_m, 0.0, 0);
    assert_near(f->measured[1]->length_m, 70.0, 1e-6);
    assert_non_null(strstr(f->said[GT_LANG_EN], "70.0 m inside"));
    gt_verdict_free(v);
    v = check_box(t, "project", 1800, 100, 50, 50,
                  FACTS("use=park")); /* 300 m: beyond the search */
    assert_int_equal(find(v, "river-distance")->result, GT_PASS);
    assert_true(isnan(find(v, "river-distance")->measured[0]->distance_m));
    gt_verdict_free(v);
}

static void layer_without_data_is_never_a_pass(void **state)
{
    town *t = *state;
    gt_verdict *v = check_box(t, "project", 1200, 100, 50, 50, FACTS("use=shop", "report=no"));
    const gt_finding *f = find(v, "hazard-report");
    assert_int_equal(f->result, GT_UNDECIDABLE);
    assert_string_equal(f->missing, "hazard");
    gt_verdict_free(v);
}

static bool not_farmland(void *user, const char *layer)
{
    *(int *)user += 1;
    return strcmp(layer, "basic_farmland") != 0;
}

static bool not_units(void *user, const char *layer)
{
    (void)user;
    return strcmp(layer, "districts") != 0;
}

/* What may not be seen is as if it were not there: no figure, no overlap, no word of it. */
static void hidden_layers_are_not_told(void **state)
{
    town *t = *state;
    int asked = 0;
    gt_geom g;
    gt_verdict *v = NULL;
    gt_check_options o;
    gt_fact national;
    gt_subject s = {.kind = "project", .geom = &g, .facts = &national, .n_facts = 1};
    gt_geom_init(&g);
    box_geom(t->ctx, &g, 1000, 200, 200, 300);
    assert_ok(t->ctx,
              gt_fact_parse(t->ctx, t->package, "project", "national=no", t->arena, &national));
    gt_check_options_init(&o);
    o.may_see = not_farmland;
    o.user = &asked;
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    const gt_finding *f = find(v, "farmland-stays");
    assert_true(asked > 0);
    assert_int_equal(f->result, GT_UNDECIDABLE);
    assert_string_equal(f->missing, "basic_farmland");
    assert_false(f->measured[0]->known);
    assert_near(f->measured[0]->m2, 0, 0);
    assert_true(f->measured[0]->overlap == NULL || f->measured[0]->overlap->n_points == 0);
    assert_null(strstr(f->said[GT_LANG_EN], "3.000"));
    assert_null(f->comply[GT_LANG_EN]);
    assert_string_equal(gt_verdict_unit(v), "西区");
    gt_verdict_free(v);
    o.may_see = not_units;
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    assert_string_equal(gt_verdict_unit(v), "");
    assert_int_equal(find(v, "farmland-stays")->result, GT_FAIL);
    gt_verdict_free(v);
    o.may_see = NULL; /* a warm checker has kept nothing of it */
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    assert_int_equal(find(v, "farmland-stays")->result, GT_FAIL);
    assert_string_equal(gt_verdict_unit(v), "西区");
    gt_verdict_free(v);
    gt_geom_free(t->ctx, &g);
}

static void when_and_needs_decide_before_the_map(void **state)
{
    town *t = *state;
    gt_verdict *v = check_box(t, "project", 1200, 100, 50, 50, FACTS("use=park"));
    assert_null(find(v, "hazard-report")); /* when: use <> 'park' */
    gt_verdict_free(v);
    v = check_box(t, "project", 1200, 100, 50, 50, NULL);
    assert_string_equal(find(v, "hazard-report")->missing, "use");
    gt_verdict_free(v);
    v = check_box(t, "project", 1200, 100, 50, 50, FACTS("use=shop"));
    assert_string_equal(find(v, "hazard-report")->missing, "report");
    gt_verdict_free(v);
}

static void condition_does_not_deny(void **state)
{
    town *t = *state;
    gt_commit *c = begin(t);
    int64_t revision = 0;
    add_box(t, c, "hazard", "h1", 1200, 1200, 300, 300, text("high"));
    assert_ok(t->ctx, gt_commit_finish(t->ctx, c, &revision));
    gt_verdict *v = check_box(t, "project", 1250, 1250, 50, 50, FACTS("use=shop", "report=no"));
    assert_int_equal(find(v, "hazard-report")->result, GT_FAIL);
    assert_int_equal(gt_verdict_result(v), GT_PASS);
    gt_verdict_free(v);
    v = check_box(t, "project", 1250, 1250, 50, 50, FACTS("use=shop", "report=yes"));
    assert_int_equal(find(v, "hazard-report")->result, GT_PASS);
    gt_verdict_free(v);
}

/* basic_m2 of farmland-stays, as of a day or a revision. */
static double farmland_on(town *t, const gt_geom *g, gt_date day, int64_t revision)
{
    gt_verdict *v = NULL;
    gt_check_options o;
    gt_fact facts[1];
    assert_ok(t->ctx, gt_fact_parse(t->ctx, t->package, "project", "use=park", t->arena, facts));
    const gt_subject s = {.kind = "project", .geom = g, .facts = facts, .n_facts = 1};
    gt_check_options_init(&o);
    o.as_of = day;
    o.as_of_rev = revision;
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    const gt_finding *f = find(v, "farmland-stays");
    double m2 = f == NULL ? (double)NAN : f->measured[0]->m2;
    gt_verdict_free(v);
    return m2;
}

/* A field of 2023 and 2024 only: the map of the day is asked, and the map as it was known. */
static void the_map_of_that_day_is_asked(void **state)
{
    town *t = *state;
    gt_geom g;
    gt_commit *c = begin(t);
    int64_t before = gt_store_revision(t->store), revision = 0, ended = 0;
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    const gt_value grade = integer(1);
    gt_geom_init(&g);
    box_geom(t->ctx, &g, 3400, 400, 100, 100);
    assert_ok(t->ctx, gt_geom_to_gpkg(t->ctx, &g, 4548, &blob, &cap, &len));
    gt_feature f = {.id = "field-of-two-years",
                    .valid_from = gt_date_from_ymd(2023, 1, 1),
                    .valid_to = GT_DATE_NONE,
                    .blob = blob,
                    .blob_len = len,
                    .box = gt_geom_box(&g),
                    .values = &grade,
                    .n_values = 1};
    assert_ok(t->ctx, gt_commit_put(t->ctx, c, "basic_farmland", &f, (double)NAN));
    assert_ok(t->ctx, gt_commit_finish(t->ctx, c, &revision));
    gt_free(t->ctx, blob);
    assert_near(farmland_on(t, &g, gt_date_from_ymd(2026, 1, 1), 0), 10000, 3);
    c = begin(t);
    assert_ok(t->ctx, gt_commit_delete(t->ctx, c, "basic_farmland", "field-of-two-years",
                                       gt_date_from_ymd(2025, 1, 1)));
    assert_ok(t->ctx, gt_commit_finish(t->ctx, c, &ended));
    assert_near(farmland_on(t, &g, gt_date_from_ymd(2022, 12, 31), 0), 0, 0);
    assert_near(farmland_on(t, &g, gt_date_from_ymd(2023, 1, 1), 0), 10000, 3);
    assert_near(farmland_on(t, &g, gt_date_from_ymd(2024, 12, 31), 0), 10000, 3);
    assert_near(farmland_on(t, &g, gt_date_from_ymd(2025, 1, 1), 0), 0, 0);
    assert_near(farmland_on(t, &g, gt_date_from_ymd(2024, 6, 1), before), 0, 0);
    assert_near(farmland_on(t, &g, gt_date_from_ymd(2026, 1, 1), revision), 10000, 3);
    assert_near(farmland_on(t, &g, gt_date_from_ymd(2026, 1, 1), ended), 0, 0);
    gt_geom_free(t->ctx, &g);
}

static void rendering_is_whole_and_stable(void **state)
{
    town *t = *state;
    gt_verdict *v = check_box(t, "project", 1000, 200, 200, 300, FACTS("use=shop", "national=no"));
    gt_text a, b;
    gt_text_init(&a, t->ctx, 0);
    gt_text_init(&b, t->ctx, 0);
    gt_verdict_render(v, GT_LANG_EN, false, &a);
    assert_non_null(strstr(gt_text_cstr(&a), "✗ NOT CONFORMING"));
    assert_non_null(strstr(gt_text_cstr(&a), "TST-001"));
    assert_non_null(
        strstr(gt_text_cstr(&a), "undecidable: Report attached is missing (--set report=...)"));
    assert_non_null(strstr(gt_text_cstr(&a), "1 more rules hold"));
    gt_text_clear(&a);
    gt_verdict_render(v, GT_LANG_ZH, true, &a);
    assert_non_null(strstr(gt_text_cstr(&a), "✗ 不符合    建设项目"));
    gt_text_clear(&a);
    gt_verdict_render_json(v, &a);
    gt_verdict_render_json(v, &b);
    assert_string_equal(gt_text_cstr(&a), gt_text_cstr(&b));
    assert_non_null(strstr(gt_text_cstr(&a), "{\"result\":\"fail\""));
    gt_text_free(&a);
    gt_text_free(&b);
    gt_verdict_free(v);
}

/* ---- bad input
 * ------------------------------------------------------------------------------------ */

static gt_status run_geom(town *t, const char *kind, const char *wkt)
{
    gt_geom g;
    gt_verdict *v = NULL;
    gt_geom_init(&g);
    assert_ok(t->ctx, gt_geom_from_wkt(t->ctx, wkt, strlen(wkt), &g));
    gt_subject s = {.kind = kind, .geom = &g};
    gt_status st = gt_checker_run(t->ctx, t->checker, &s, NULL, &v);
    gt_verdict_free(v);
    gt_geom_free(t->ctx, &g);
    return st;
}

static void bad_subjects_are_refused(void **state)
{
    town *t = *state;
    assert_fails(t->ctx, run_geom(t, "project", "POINT (500000 4430000)"), GT_E_INPUT,
                 "check.subject-type");
    assert_fails(t->ctx, run_geom(t, "project", "POLYGON EMPTY"), GT_E_INPUT,
                 "check.subject-empty");
    assert_fails(t->ctx, run_geom(t, "castle", "POLYGON EMPTY"), GT_E_USAGE, "check.subject-kind");
    assert_fails(t->ctx,
                 run_geom(t, "project",
                          "POLYGON ((600000 4430000, 600010 4430000, 600010 4430010, "
                          "600000 4430000))"),
                 GT_E_INPUT, "check.subject-outside");
    gt_status st = run_geom(t, "project",
                            "POLYGON ((500000 4430000, 500010 4430010, 500010 4430000, "
                            "500000 4430010, 500000 4430000))");
    const gt_place *place = gt_error_place(t->ctx);
    assert_non_null(place);
    assert_true(place->has_xy);
    assert_near(place->x, 500005.0, 1e-6);
    assert_near(place->y, 4430005.0, 1e-6);
    assert_fails(t->ctx, st, GT_E_INPUT, "check.subject-invalid");
}

static void bad_facts_are_refused(void **state)
{
    town *t = *state;
    static const struct {
        const char *text, *id;
    } cases[] = {{"use", "check.fact-form"},
                 {"=x", "check.fact-form"},
                 {"uses=x", "check.fact-name"},
                 {"national=perhaps", "check.fact-value"},
                 {"floors=3.5", "check.fact-value"},
                 {"floors=12x", "check.fact-value"},
                 {"start=2024-13-01", "check.fact-value"},
                 {"land=9999", "check.fact-code"},
                 {"floors=99999999999999999999", "check.fact-value"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_fact f;
        assert_fails(t->ctx,
                     gt_fact_parse(t->ctx, t->package, "project", cases[i].text, t->arena, &f),
                     GT_E_USAGE, cases[i].id);
    }
    gt_fact f;
    assert_ok(t->ctx, gt_fact_parse(t->ctx, t->package, "project", "floors=?", t->arena, &f));
    assert_int_equal(f.value.kind, GT_NULL);
    assert_ok(t->ctx, gt_fact_parse(t->ctx, t->package, "project", "national=是", t->arena, &f));
    assert_int_equal(f.value.integer, 1);
}

static void cancel_stops_a_check(void **state)
{
    town *t = *state;
    gt_cancel(t->ctx);
    gt_status st = run_geom(t, "project",
                            "POLYGON ((500100 4430100, 500200 4430100, 500200 4430200, "
                            "500100 4430100))");
    assert_fails(t->ctx, st, GT_E_CANCELLED, "base.cancelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_is_measured_and_denied),
        cmocka_unit_test(pieces_of_two_features_are_united),
        cmocka_unit_test(border_alone_is_no_overlap),
        cmocka_unit_test(tolerance_is_a_parameter),
        cmocka_unit_test(exception_passes_with_its_clause),
        cmocka_unit_test(unknown_exception_is_undecidable),
        cmocka_unit_test(where_filters_features),
        cmocka_unit_test(null_attribute_makes_a_pass_unsure),
        cmocka_unit_test(distance_and_length_to_lines),
        cmocka_unit_test(layer_without_data_is_never_a_pass),
        cmocka_unit_test(hidden_layers_are_not_told),
        cmocka_unit_test(when_and_needs_decide_before_the_map),
        cmocka_unit_test(condition_does_not_deny),
        cmocka_unit_test(the_map_of_that_day_is_asked),
        cmocka_unit_test(rendering_is_whole_and_stable),
        cmocka_unit_test(bad_subjects_are_refused),
        cmocka_unit_test(bad_facts_are_refused),
        cmocka_unit_test(cancel_stops_a_check), /* last: the context stays cancelled */
    };
    return cmocka_run_group_tests_name("check", tests, setup, teardown);
}
