/* Decisions on verdicts and the parts of a project, through the library: who may, what is kept,
 * what counts on which day. The town is an empty one; pieces are judged by their area alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/check.h"
#include "guotu/notes.h"
#include "support/store.h"

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    gt_checker *checker;
} town;

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_store_open(t->ctx, t->dir, "tests/check/package", &t->package, &t->store);
    assert_ok(t->ctx, gt_checker_new(t->ctx, t->store, t->package, &t->checker));
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    town *t = *state;
    gt_checker_free(t->checker);
    test_store_shut(t->ctx, t->dir, t->package, t->store);
    free(t);
    return 0;
}

/* A piece `wide` m by 100 m at x; as of a day (GT_DATE_NONE: now). */
static gt_verdict *check(town *t, double x, double wide, const char *project, const char *name,
                         gt_date day)
{
    gt_geom g;
    gt_verdict *v = NULL;
    gt_check_options o;
    const double xy[5][2] = {{x, 0}, {x + wide, 0}, {x + wide, 100}, {x, 100}, {x, 0}};
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_POLYGON);
    for (int i = 0; i < 5; i++) {
        assert_ok(t->ctx, gt_geom_add_point(t->ctx, &g, 500000 + xy[i][0], 4430000 + xy[i][1]));
    }
    assert_ok(t->ctx, gt_geom_end_ring(t->ctx, &g));
    assert_ok(t->ctx, gt_geom_end_part(t->ctx, &g));
    gt_check_options_init(&o);
    o.as_of = day;
    const gt_subject s = {.kind = "piece", .name = name, .geom = &g, .project = project};
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, &o, &v));
    gt_geom_free(t->ctx, &g);
    return v;
}

static const gt_finding *size_of(const gt_verdict *v)
{
    for (size_t i = 0; i < gt_verdict_n_findings(v); i++) {
        if (strcmp(gt_verdict_finding(v, i)->rule->id, "piece-size") == 0) {
            return gt_verdict_finding(v, i);
        }
    }
    fail_msg("no finding of piece-size");
    return NULL;
}

static gt_status decide(town *t, const gt_verdict *v, gt_decision d, char id[GT_DECISION_ID])
{
    int64_t revision = 0;
    int64_t before = gt_store_revision(t->store);
    gt_status st = gt_verdict_decide(t->ctx, t->store, v, &d, &revision, id);
    assert_int_equal(gt_store_revision(t->store), st == GT_OK ? before + 1 : before);
    return st;
}

static void who_may_decide(void **state)
{
    town *t = *state;
    char id[GT_DECISION_ID] = "";
    /* no farmland layer holds data: that rule is undecidable, so nothing can be accepted yet */
    gt_verdict *v = check(t, 0, 100, "P", "one", GT_DATE_NONE);
    assert_int_equal(gt_verdict_result(v), GT_UNDECIDABLE);
    assert_fails(t->ctx, decide(t, v, (gt_decision){.kind = GT_DECIDE_ACCEPT, .actor = "a"}, id),
                 GT_E_CONFLICT, "check.decide-accept");
    assert_fails(t->ctx, decide(t, v, (gt_decision){.kind = GT_DECIDE_ACCEPT}, id), GT_E_USAGE,
                 "check.decide-actor");
    assert_fails(t->ctx, decide(t, v, (gt_decision){.kind = GT_DECIDE_REFUSE, .actor = "a"}, id),
                 GT_E_USAGE, "check.decide-reason");
    gt_decision d = {.kind = GT_DECIDE_OVERRIDE, .actor = "a", .role = "clerk", .reason = "r"};
    assert_fails(t->ctx, decide(t, v, d, id), GT_E_CONFLICT, "check.decide-power");
    d.may_override = true;
    d.role = "";
    assert_fails(t->ctx, decide(t, v, d, id), GT_E_CONFLICT, "check.decide-power");
    gt_verdict_free(v);
    /* by the rules of 2031 the farmland rule is gone: it passes, and there is nothing to override
     */
    v = check(t, 0, 100, "P", "one", gt_date_from_ymd(2031, 6, 1));
    assert_int_equal(gt_verdict_result(v), GT_PASS);
    d.role = "approver";
    assert_fails(t->ctx, decide(t, v, d, id), GT_E_CONFLICT, "check.decide-passes");
    gt_verdict_free(v);
}

static void parts_add_up_day_by_day(void **state)
{
    town *t = *state;
    char id[GT_DECISION_ID] = "";
    gt_date may = gt_date_from_ymd(2031, 5, 1), june = gt_date_from_ymd(2031, 6, 1),
            july = gt_date_from_ymd(2031, 7, 1);
    gt_verdict *v = check(t, 0, 400, "P", "one", june); /* 4 ha, at most 6 */
    assert_int_equal(size_of(v)->n_together, 0);
    assert_ok(t->ctx,
              decide(t, v, (gt_decision){.kind = GT_DECIDE_ACCEPT, .actor = "a", .day = june}, id));
    assert_string_equal(id, "P:one");
    gt_verdict_free(v);

    v = check(t, 400, 300, "P", "two", july); /* 3 ha more */
    assert_int_equal(size_of(v)->result, GT_FAIL);
    assert_int_equal(size_of(v)->n_together, 1);
    assert_near(size_of(v)->together_m2, 70000, 80);
    assert_near(gt_verdict_area_m2(v), 30000, 40);
    gt_verdict_free(v);
    v = check(t, 100, 300, "P", "two", july); /* on the same land: nothing is added */
    assert_int_equal(size_of(v)->result, GT_PASS);
    assert_near(size_of(v)->together_m2, 40000, 50);
    gt_verdict_free(v);
    v = check(t, 400, 300, "P", "two", may); /* before the first was decided */
    assert_int_equal(size_of(v)->n_together, 0);
    gt_verdict_free(v);
    v = check(t, 400, 300, "Q", "two", july); /* another project */
    assert_int_equal(size_of(v)->n_together, 0);
    gt_verdict_free(v);
    v = check(t, 400, 300, NULL, "two", july); /* no project */
    assert_int_equal(size_of(v)->n_together, 0);
    gt_verdict_free(v);
    v = check(t, 0, 590, "P", "one", july); /* the first part itself, larger */
    assert_int_equal(size_of(v)->n_together, 0);
    assert_int_equal(size_of(v)->result, GT_PASS);
    gt_verdict_free(v);
}

static const char *field_of(const gt_standard *s, const gt_feature *f, const char *name)
{
    int i = gt_standard_field(s, name);
    assert_true(i >= 0);
    return f->values[i].kind == GT_VAL_TEXT ? f->values[i].text : "";
}

static void the_verdict_stays_beside_the_decision(void **state)
{
    town *t = *state;
    char id[GT_DECISION_ID] = "";
    gt_date july = gt_date_from_ymd(2031, 7, 1);
    gt_verdict *v = check(t, 400, 300, "P", "two", july);
    assert_int_equal(gt_verdict_result(v), GT_FAIL);
    gt_decision d = {.kind = GT_DECIDE_OVERRIDE,
                     .actor = "Li",
                     .role = "approver",
                     .may_override = true,
                     .reason = "flood relief",
                     .day = july};
    assert_ok(t->ctx, decide(t, v, d, id));
    gt_verdict_free(v);
    gt_layer_info layer;
    gt_scan *scan = NULL;
    gt_query q;
    gt_feature f;
    bool more = false;
    assert_ok(t->ctx, gt_store_find_layer(t->ctx, t->store, "decisions", &layer));
    gt_query_init(&q, "decisions");
    q.id = id;
    assert_ok(t->ctx, gt_scan_open(t->ctx, t->store, &q, &scan));
    assert_ok(t->ctx, gt_scan_next(t->ctx, scan, &f, &more));
    assert_true(more);
    assert_string_equal(field_of(layer.standard, &f, "decision"), "override");
    assert_string_equal(field_of(layer.standard, &f, "result"), "fail");
    assert_string_equal(field_of(layer.standard, &f, "actor"), "Li");
    assert_string_equal(field_of(layer.standard, &f, "role"), "approver");
    assert_string_equal(field_of(layer.standard, &f, "reason"), "flood relief");
    assert_string_equal(field_of(layer.standard, &f, "decided"), "2031-07-01");
    assert_non_null(strstr(field_of(layer.standard, &f, "verdict"), "\"result\":\"fail\""));
    gt_scan_close(scan);
    assert_ok(t->ctx, gt_store_verify(t->ctx, t->store));
    /* let through, it counts; a refused one would not */
    v = check(t, 800, 10, "P", "three", july);
    assert_int_equal(size_of(v)->n_together, 2);
    d.kind = GT_DECIDE_REFUSE;
    assert_ok(t->ctx, decide(t, v, d, id));
    gt_verdict_free(v);
    v = check(t, 900, 10, "P", "four", july);
    assert_int_equal(size_of(v)->n_together, 2);
    gt_verdict_free(v);
    /* without project or name an id is made up */
    v = check(t, 1000, 10, NULL, NULL, july);
    d.kind = GT_DECIDE_ACCEPT;
    assert_ok(t->ctx, decide(t, v, d, id));
    assert_int_equal(strncmp(id, "D-", 2), 0);
    gt_verdict_free(v);
}

/* Ids tell every project and part apart, whatever they are called. */
static void names_do_not_run_into_each_other(void **state)
{
    town *t = *state;
    char id[GT_DECISION_ID], ids[6][GT_DECISION_ID];
    char stem[200], long_a[256], long_b[256];
    gt_date august = gt_date_from_ymd(2031, 8, 1);
    size_t bad = 0;
    for (size_t i = 0; i < 40; i++) { /* 120 bytes */
        memcpy(stem + 3 * i, "块", sizeof "块");
    }
    (void)snprintf(long_a, sizeof long_a, "%sA", stem);
    (void)snprintf(long_b, sizeof long_b, "%sB", stem);
    const char *const names[6][2] = {{"A:B", "C"},      {"A", "B:C"},      {"A%3AB", "C"},
                                     {long_a, "north"}, {long_b, "north"}, {"A", long_a}};
    for (int i = 0; i < 6; i++) {
        gt_verdict *v = check(t, 2000 + 100 * i, 50, names[i][0], names[i][1], august);
        assert_int_equal(size_of(v)->n_together, i == 5); /* the other part of A */
        gt_decision d = {.kind = GT_DECIDE_ACCEPT, .actor = "a", .day = august};
        assert_ok(t->ctx, decide(t, v, d, id));
        gt_verdict_free(v);
        assert_true(gt_utf8_valid(id, strlen(id), &bad));
        (void)snprintf(ids[i], sizeof ids[i], "%s", id);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(ids[k], id);
        }
    }
    static const size_t together[6] = {1, 2, 1, 1, 1, 2};
    for (int i = 0; i < 6; i++) {
        gt_verdict *v = check(t, 3000, 50, names[i][0], "another", august);
        assert_int_equal(size_of(v)->n_together, together[i]);
        gt_verdict_free(v);
    }
}

static void rules_and_map_of_the_day(void **state)
{
    town *t = *state;
    /* rules are in force from 2022 on, the farmland rule until the end of 2030 */
    gt_verdict *v = check(t, 0, 10, NULL, NULL, gt_date_from_ymd(2021, 12, 31));
    assert_int_equal(gt_verdict_n_findings(v), 0);
    gt_verdict_free(v);
    v = check(t, 0, 10, NULL, NULL, gt_date_from_ymd(2022, 1, 1));
    assert_int_equal(gt_verdict_n_findings(v), 2);
    gt_verdict_free(v);
    v = check(t, 0, 10, NULL, NULL, gt_date_from_ymd(2030, 12, 31));
    assert_int_equal(gt_verdict_n_findings(v), 2);
    gt_verdict_free(v);
    v = check(t, 0, 10, NULL, NULL, gt_date_from_ymd(2031, 1, 1));
    assert_int_equal(gt_verdict_n_findings(v), 1);
    gt_verdict_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_decide),
        cmocka_unit_test(parts_add_up_day_by_day),
        cmocka_unit_test(the_verdict_stays_beside_the_decision),
        cmocka_unit_test(names_do_not_run_into_each_other),
        cmocka_unit_test(rules_and_map_of_the_day),
    };
    return cmocka_run_group_tests_name("check.decision", tests, setup, teardown);
}
