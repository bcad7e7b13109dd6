/* Guarded expressions: what they compute, and what they refuse. */
#include <stdlib.h>
#include <string.h>

#include "guotu/expr.h"
#include "support/support.h"

static const char *const names[] = {"basic_m2", "share", "use", "code", "flag", "nothing"};
enum { N = sizeof names / sizeof *names };

static gt_value real(double v)
{
    return (gt_value){.kind = GT_VAL_REAL, .real = v};
}

static gt_value text(const char *s)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = s, .len = strlen(s)};
}

static gt_value whole(int64_t v)
{
    return (gt_value){.kind = GT_VAL_INT, .integer = v};
}

static void given(gt_value values[N])
{
    values[0] = real(1500.5);
    values[1] = real(0.25);
    values[2] = text("logistics");
    values[3] = text("0103");
    values[4] = whole(1);
    values[5] = (gt_value){.kind = GT_NULL};
}

static gt_package *beijing(gt_ctx *ctx)
{
    gt_notes *notes = NULL;
    gt_package *p = NULL;
    assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
    assert_ok(ctx, gt_package_read(ctx, GT_SOURCE_DIR "/plans/beijing", notes, &p));
    gt_notes_free(notes);
    return p;
}

static void conditions_have_three_values(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        gt_truth want;
    } cases[] = {
        {"basic_m2 > 1000", GT_TRUE},
        {"basic_m2 > 2000", GT_FALSE},
        {"BASIC_M2 > 1000", GT_TRUE},
        {"nothing > 1", GT_UNKNOWN},
        {"nothing > 1 OR basic_m2 > 1000", GT_TRUE},
        {"nothing > 1 AND basic_m2 > 2000", GT_FALSE},
        {"nothing > 1 AND basic_m2 > 1000", GT_UNKNOWN},
        {"NOT nothing", GT_UNKNOWN},
        {"nothing IS NULL", GT_TRUE},
        {"nothing IS NOT NULL", GT_FALSE},
        {"use IN ('housing', 'logistics')", GT_TRUE},
        {"use NOT IN ('housing')", GT_TRUE},
        {"nothing IN ('housing')", GT_UNKNOWN},
        {"use = 'it''s -- not; a comment /* at all'", GT_FALSE},
        {"share BETWEEN 0.2 AND 0.3", GT_TRUE},
        {"use LIKE 'log%'", GT_TRUE},
        {"use GLOB 'log*'", GT_TRUE},
        {"code LIKE '01%'", GT_TRUE},
        {"CASE WHEN flag THEN nothing ELSE 1 END", GT_UNKNOWN},
        {"coalesce(nothing, 0)", GT_FALSE},
        {"basic_m2 / 0 > 1", GT_UNKNOWN},
        {"'2'", GT_TRUE},
        {"'abc'", GT_FALSE},
        {"flag", GT_TRUE},
        {"year('2022-06-16') = 2022", GT_TRUE},
        {"days('2022-06-16') - days('2022-06-01') = 15", GT_TRUE},
        {"year('2022-13-01')", GT_UNKNOWN},
        {"days(nothing)", GT_UNKNOWN},
        {"max(basic_m2, 2000) = 2000", GT_TRUE},
        {"1e3 = 1000 AND .5 < 1", GT_TRUE},
        {"big_class(code)", GT_UNKNOWN}, /* no package: no land classes */
        {"is_class(code, '01')", GT_UNKNOWN},
    };
    gt_ctx *ctx = test_ctx();
    gt_sql *sql = NULL;
    assert_ok(ctx, gt_sql_new(ctx, NULL, &sql));
    gt_value values[N];
    given(values);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_expr *e = NULL;
        gt_truth got = GT_FALSE;
        assert_ok(ctx, gt_expr_compile(ctx, sql, cases[i].sql, names, N, NULL, &e));
        for (int again = 0; again < 2; again++) {
            assert_ok(ctx, gt_expr_test(ctx, e, values, &got));
            if (got != cases[i].want) {
                print_error("%s gives %d, wanted %d\n", cases[i].sql, got, cases[i].want);
            }
            assert_int_equal(got, cases[i].want);
        }
    }
    gt_sql_free(sql);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void values_come_back_as_they_are(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_sql *sql = NULL;
    gt_expr *e = NULL;
    gt_value values[N], out;
    given(values);
    assert_ok(ctx, gt_sql_new(ctx, NULL, &sql));
    assert_ok(ctx, gt_expr_compile(ctx, sql, "upper(use) || '!'", names, N, NULL, &e));
    assert_ok(ctx, gt_expr_eval(ctx, e, values, &out));
    assert_int_equal(out.kind, GT_VAL_TEXT);
    assert_string_equal(out.text, "LOGISTICS!");
    assert_int_equal(out.len, 10);
    assert_ok(ctx, gt_expr_compile(ctx, sql, "basic_m2 * 2", names, N, NULL, &e));
    assert_ok(ctx, gt_expr_eval(ctx, e, values, &out));
    assert_int_equal(out.kind, GT_VAL_REAL);
    assert_near(out.real, 3001, 0);
    assert_ok(ctx, gt_expr_compile(ctx, sql, "flag + 1", names, N, NULL, &e));
    assert_ok(ctx, gt_expr_eval(ctx, e, values, &out));
    assert_int_equal(out.kind, GT_VAL_INT);
    assert_int_equal(out.integer, 2);
    values[4] = whole(41); /* the same expression, other values */
    assert_ok(ctx, gt_expr_eval(ctx, e, values, &out));
    assert_int_equal(out.integer, 42);
    size_t n = 0;
    assert_ok(ctx, gt_expr_compile(ctx, sql, "flag AND share > 0 AND flag AND basic_m2", names, N,
                                   NULL, &e));
    const size_t *used = gt_expr_used(e, &n);
    assert_int_equal(n, 3);
    assert_int_equal(used[0], 0);
    assert_int_equal(used[1], 1);
    assert_int_equal(used[2], 4);
    gt_sql_free(sql);
    gt_ctx_free(ctx);
}

static void parameters_and_land_classes_come_from_the_package(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        gt_truth want;
    } cases[] = {
        {":scattered_field > 3333 AND :scattered_field < 3334", GT_TRUE}, /* 5 mu in m2 */
        {":share_tolerance = 0.01", GT_TRUE},                             /* 1 % */
        {":strategic_reserve_until = 2035", GT_TRUE},
        {"big_class(code) = 'farm'", GT_TRUE},
        {"big_class('0701') = 'construction'", GT_TRUE},
        {"big_class('zz') IS NULL", GT_TRUE},
        {"is_class(code, '01')", GT_TRUE},
        {"is_class(code, '02', '0103')", GT_TRUE},
        {"is_class(code, '02', '03')", GT_FALSE},
        {"is_class('1104A', '11')", GT_TRUE}, /* two levels up */
        {"is_class(nothing, '01')", GT_UNKNOWN},
        {"planning_class('0204') = '0205'", GT_TRUE},
        {"planning_class('0810') IS NULL", GT_TRUE},
    };
    gt_ctx *ctx = test_ctx();
    gt_package *p = beijing(ctx);
    gt_sql *sql = NULL;
    assert_ok(ctx, gt_sql_new(ctx, p, &sql));
    gt_value values[N];
    given(values);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_expr *e = NULL;
        gt_truth got = GT_FALSE;
        assert_ok(ctx, gt_expr_compile(ctx, sql, cases[i].sql, names, N, NULL, &e));
        assert_ok(ctx, gt_expr_test(ctx, e, values, &got));
        if (got != cases[i].want) {
            print_error("%s gives %d\n", cases[i].sql, got);
        }
        assert_int_equal(got, cases[i].want);
    }
    gt_sql_free(sql);
    gt_package_free(p);
    gt_ctx_free(ctx);
}

static void hostile_expressions_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *id;
    } cases[] = {
        {"1); DROP TABLE features; --", "plan.sql-parens"},
        {"1; DELETE FROM features", "plan.sql-sign"},
        {"1) UNION SELECT (2", "plan.sql-parens"},
        {"(SELECT 1)", "plan.sql-forbidden"},
        {"(SELECT group_concat(sql) FROM sqlite_master)", "plan.sql-forbidden"},
        {"EXISTS (SELECT 1)", "plan.sql-forbidden"},
        {"use IN sqlite_master", "plan.sql-name"},
        {"use IN pragma_table_info('x')", "plan.sql-function"},
        {"(WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c) SELECT x FROM c)",
         "plan.sql-forbidden"},
        {"ATTACH 'x.db' AS y", "plan.sql-forbidden"},
        {"PRAGMA journal_mode", "plan.sql-forbidden"},
        {"load_extension('evil')", "plan.sql-function"},
        {"writefile('/tmp/x', 'y')", "plan.sql-function"},
        {"readfile('/etc/passwd')", "plan.sql-function"},
        {"edit('x')", "plan.sql-function"},
        {"randomblob(1000000000)", "plan.sql-function"},
        {"zeroblob(1000000000)", "plan.sql-function"},
        {"printf('%.*c', 1000000000, 'x')", "plan.sql-function"},
        {"hex(use)", "plan.sql-function"},
        {"random() > 0", "plan.sql-function"},
        {"date('now') > '2030'", "plan.sql-function"},
        {"strftime('%s', 'now')", "plan.sql-function"},
        {"CURRENT_TIMESTAMP", "plan.sql-forbidden"},
        {"sum(basic_m2)", "plan.sql-function"},
        {"count(*)", "plan.sql-function"},
        {"row_number() OVER ()", "plan.sql-function"},
        {"max(basic_m2) OVER ()", "plan.sql-forbidden"},
        {"max(basic_m2) FILTER (WHERE 1)", "plan.sql-forbidden"},
        {"RAISE(ABORT, 'x')", "plan.sql-forbidden"},
        {"use COLLATE NOCASE = 'A'", "plan.sql-forbidden"},
        {"use MATCH 'x'", "plan.sql-forbidden"},
        {"use REGEXP '(a+)+b'", "plan.sql-forbidden"},
        {"? = 1", "plan.sql-sign"},
        {"?1 = 1", "plan.sql-sign"},
        {"@x = 1", "plan.sql-sign"},
        {"$x = 1", "plan.sql-sign"},
        {":nothing = 1", "plan.sql-parameter"},
        {": = 1", "plan.sql-parameter"},
        {"1 -- comment", "plan.sql-sign"},
        {"1 /* comment */", "plan.sql-sign"},
        {"\"basic_m2\" > 1", "plan.sql-sign"},
        {"[basic_m2] > 1", "plan.sql-sign"},
        {"`basic_m2` > 1", "plan.sql-sign"},
        {"main.basic_m2 > 1", "plan.sql-name"},
        {"basic_m2 > 1,", "plan.sql-syntax"},
        {"(1, 2)", "plan.sql-syntax"},
        {"", "plan.sql-syntax"},
        {"   ", "plan.sql-syntax"},
        {"basic_m2 >", "plan.sql-syntax"},
        {"basic_m2 > > 1", "plan.sql-syntax"},
        {"((((1)", "plan.sql-parens"},
        {"1)", "plan.sql-parens"},
        {"use = 'open", "plan.sql-string"},
        {"x'00'", "plan.sql-name"},
        {"12abc", "plan.sql-number"},
        {"0x10", "plan.sql-number"},
        {"basic_m3 > 1", "plan.sql-name"},
        {"lenght(use) > 1", "plan.sql-function"},
        {"abs(1, 2)", "plan.sql-syntax"},
        {"面积 > 1", "plan.sql-sign"},
        {"basic_m2 > 1 \\", "plan.sql-sign"},
        {"CAST(use AS BLOB)", "plan.sql-name"},
        {"use ->> '$'", "plan.sql-syntax"},
    };
    gt_ctx *ctx = test_ctx();
    gt_sql *sql = NULL;
    assert_ok(ctx, gt_sql_new(ctx, NULL, &sql));
    int bad = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_expr *e = NULL;
        gt_status st = gt_expr_compile(ctx, sql, cases[i].sql, names, N,
                                       GT_PLACE(.file = "rules.yaml", .line = 7, .column = 9), &e);
        if (st != GT_E_INPUT || strcmp(gt_error_id(ctx), cases[i].id) != 0) {
            print_error("%s: %s %s, wanted %s\n", cases[i].sql, gt_status_name(st),
                        gt_error_id(ctx), cases[i].id);
            bad++;
        } else {
            assert_string_equal(gt_error_place(ctx)->file, "rules.yaml");
            assert_true(gt_error_place(ctx)->column >= 9);
        }
        gt_error_clear(ctx);
        assert_null(e);
    }
    assert_int_equal(bad, 0);
    gt_sql_free(sql);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void the_faulty_word_is_pointed_at(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_sql *sql = NULL;
    gt_expr *e = NULL;
    assert_ok(ctx, gt_sql_new(ctx, NULL, &sql));
    const gt_place *place = GT_PLACE(.file = "r.yaml", .line = 3, .column = 5);
    gt_status st = gt_expr_compile(ctx, sql, "use = '物流' AND basic_m3 > 1", names, N, place, &e);
    assert_int_equal(st, GT_E_INPUT);
    assert_int_equal(gt_error_place(ctx)->line, 3);
    assert_int_equal(gt_error_place(ctx)->column, 5 + 15); /* characters, not bytes */
    gt_text message;
    gt_text_init(&message, ctx, 0);
    gt_error_render(ctx, GT_LANG_EN, &message);
    assert_non_null(strstr(gt_text_cstr(&message), "did you mean basic_m2?"));
    gt_text_free(&message);
    gt_error_clear(ctx);
    gt_sql_free(sql);
    gt_ctx_free(ctx);
}

static void bounds_hold(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_sql *sql = NULL;
    gt_expr *e = NULL;
    gt_value values[N], out;
    given(values);
    assert_ok(ctx, gt_sql_new(ctx, NULL, &sql));

    char *big = malloc(200001);
    assert_non_null(big);
    memset(big, ' ', 200000);
    memcpy(big, "1 = 1", 5);
    big[200000] = '\0';
    assert_fails(ctx, gt_expr_compile(ctx, sql, big, names, N, NULL, &e), GT_E_INPUT,
                 "plan.sql-too-long");
    for (size_t i = 0; i < 8000; i++) {
        big[i] = i % 2 == 0 ? '1' : '+';
    }
    big[7999] = '\0';
    assert_fails(ctx, gt_expr_compile(ctx, sql, big, names, N, NULL, &e), GT_E_INPUT,
                 "plan.sql-long");
    memset(big, '(', 100);
    big[100] = '\0';
    assert_fails(ctx, gt_expr_compile(ctx, sql, big, names, N, NULL, &e), GT_E_INPUT,
                 "plan.sql-parens");
    for (size_t i = 0; i < 600; i++) {
        big[i] = "NOT "[i % 4]; /* deeper than SQLite's limit */
    }
    memcpy(big + 600, "1", 2);
    assert_fails(ctx, gt_expr_compile(ctx, sql, big, names, N, NULL, &e), GT_E_INPUT,
                 "plan.sql-syntax");

    /* a text that would grow to 10^8 bytes */
    const char *grow = "length(replace(replace(use, 'o', '0123456789012345678901234567890123456789'"
                       "), '0', use))";
    assert_ok(ctx, gt_expr_compile(ctx, sql, grow, names, N, NULL, &e));
    memset(big, 'o', 20000);
    big[20000] = '\0';
    values[2] = text(big);
    assert_fails(ctx, gt_expr_eval(ctx, e, values, &out), GT_E_LIMIT, "plan.sql-limit");
    memset(big, 'o', 200000);
    values[2] = text(big); /* a value that is too long by itself */
    assert_fails(ctx, gt_expr_eval(ctx, e, values, &out), GT_E_LIMIT, "plan.sql-limit");
    values[2] = text("short");
    assert_ok(ctx, gt_expr_eval(ctx, e, values, &out)); /* and it goes on working */

    assert_ok(ctx, gt_expr_compile(ctx, sql, "abs(-9223372036854775807 - 1)", names, N, NULL, &e));
    assert_fails(ctx, gt_expr_eval(ctx, e, values, &out), GT_E_INPUT, "plan.sql-run");
    free(big);
    gt_sql_free(sql);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* Every allocation of ours fails in turn; nothing leaks, nothing is half made. */
static void running_out_of_memory_is_survived(void **state)
{
    (void)state;
    for (long n = 0; n < 60; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_sql *sql = NULL;
        gt_expr *e = NULL;
        gt_status st = gt_sql_new(ctx, NULL, &sql);
        if (st == GT_OK) {
            st = gt_expr_compile(ctx, sql, "basic_m2 > 1 AND use = 'x' AND code LIKE '0%'", names,
                                 N, NULL, &e);
        }
        assert_true(st == GT_OK || st == GT_E_MEMORY);
        assert_true(st == GT_OK || e == NULL);
        gt_sql_free(sql);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_error_clear(ctx);
        gt_ctx_free(ctx);
        if (st == GT_OK) {
            assert_true(n > 3);
            return;
        }
    }
    fail();
}

/* A name asked for NULL only may stand for any value: the cases that could be told wrong. */
static void what_a_name_is_used_for_is_told(void **state)
{
    static const struct {
        const char *text;
        bool only;
    } cases[] = {
        {"farm IS NOT NULL", true},
        {"farm is null", true},
        {"FARM IS  NOT\n NULL AND use = 'farm'", true},
        {"(use = 'a' OR farm IS NULL) AND NOT farm IS NOT NULL", true},
        {"CASE WHEN farm IS NULL THEN 1 ELSE farm IS NOT NULL END", true},
        {"iif(farm IS NULL, 1, 2) = 1", true},
        {"use = 'farm' AND farmland = 3 AND far = 1", true}, /* other names, and a text */
        {"use = 'it''s farm = 1'", true},
        {"", true},
        {"farm = 'basic'", false},
        {"farm IN ('basic')", false},
        {"farm IS 'basic'", false},
        {"farm IS NOT 'basic'", false},
        {"farm IS NOT NULL AND farm > 1", false},
        {"use || farm IS NULL", false},
        {"1 / farm IS NULL", false}, /* binds tighter than IS: NULL where farm is 0 */
        {"farm || use IS NULL", false},
        {"farm", false},
        {"is_class(farm, '01')", false},
        {"coalesce(farm, 1) IS NULL", false},
        {"farm IS", false},
        {"farm IS NOT", false},
        {"\"farm\" = 1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (gt_expr_asks_only_null(cases[i].text, "farm") != cases[i].only) {
            fail_msg("%s", cases[i].text);
        }
    }
    assert_true(gt_expr_asks_only_null(NULL, "farm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_have_three_values),
        cmocka_unit_test(values_come_back_as_they_are),
        cmocka_unit_test(parameters_and_land_classes_come_from_the_package),
        cmocka_unit_test(hostile_expressions_are_refused),
        cmocka_unit_test(the_faulty_word_is_pointed_at),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(what_a_name_is_used_for_is_told),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };
    return cmocka_run_group_tests_name("plan.expr", tests, NULL, NULL);
}
