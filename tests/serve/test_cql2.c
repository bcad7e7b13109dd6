/* CQL2 text: what passes, what is refused, and that no text of a request reaches SQL. */
#include "serve/cql2.h"

#include <stdio.h>
#include <string.h>

#include "support/support.h"

static const gt_field fields[] = {{.name = "code", .type = GT_FIELD_TEXT},
                                  {.name = "area", .type = GT_FIELD_REAL},
                                  {.name = "grade", .type = GT_FIELD_INT},
                                  {.name = "open", .type = GT_FIELD_BOOL},
                                  {.name = "since", .type = GT_FIELD_DATE}};
static const gt_standard standard = {.id = "t", .fields = fields, .n_fields = 5};

static gt_value text(const char *t)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = t, .len = strlen(t)};
}

/* One feature: code 0103, area 12.5, grade null, open, since 2020-05-01, id "p'1". */
static gt_status ask(gt_ctx *ctx, const char *filter, bool *out)
{
    gt_arena *arena = NULL;
    gt_filter f;
    gt_value values[5] = {text("0103"),
                          {.kind = GT_VAL_REAL, .real = 12.5},
                          {.kind = GT_NULL},
                          {.kind = GT_VAL_INT, .integer = 1},
                          text("2020-05-01")};
    const gt_feature feature = {.id = "p'1", .values = values, .n_values = 5};
    gt_status st = gt_arena_new(ctx, 0, &arena);
    assert_ok(ctx, st);
    st = gt_filter_open(ctx, &standard, arena, &f);
    assert_ok(ctx, st);
    st = gt_filter_cql2(ctx, &f, filter);
    if (st == GT_OK) {
        assert_null(strchr(gt_text_cstr(&f.sql), '\''));
        assert_null(strstr(gt_text_cstr(&f.sql), "code"));
        st = gt_filter_ready(ctx, &f);
    }
    if (st == GT_OK) {
        st = gt_filter_test(ctx, &f, &feature, out);
    }
    gt_filter_close(ctx, &f);
    gt_arena_free(arena);
    return st;
}

static void answers(void **state)
{
    static const struct {
        const char *filter;
        bool passes;
    } cases[] = {
        {"code = '0103'", true},
        {"code <> '0103'", false},
        {"CODE='0103'", true},
        {"area > 12", true},
        {"area >= 12.5 AND area <= 12.5", true},
        {"area < -1e3", false},
        {"12 < area", true},
        {"grade = 1", false},
        {"NOT grade = 1", false},
        {"grade IS NULL", true},
        {"grade is not null", false},
        {"open = TRUE", true},
        {"open = false", false},
        {"since >= DATE('2020-05-01')", true},
        {"since < DATE('2020-05-01')", false},
        {"id = 'p''1'", true},
        {"code LIKE '01%'", true},
        {"code LIKE '_103'", true},
        {"code NOT LIKE '01%'", false},
        {"code LIKE '0[0-9]03'", false},
        {"code LIKE '*'", false},
        {"code LIKE '01\\%'", false},
        {"id LIKE 'P%'", false},
        {"CASEI(id) = 'p''1'", true},
        {"code IN ('x', '0103')", true},
        {"code NOT IN ('x', '0103')", false},
        {"area BETWEEN 1 AND 20", true},
        {"area NOT BETWEEN 1 AND 20", false},
        {"code = 'x' OR code = '0103' AND area > 100", false},
        {"(code = 'x' OR code = '0103') AND area > 10", true},
        {"NOT (NOT (code = '0103'))", true},
        {"\"code\" = '0103'", true},
        {"code = '0103'' OR 1=1 --'", false},
        {"code = '国土'", false},
    };
    gt_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool passes = !cases[i].passes;
        print_message("%s\n", cases[i].filter);
        assert_ok(ctx, ask(ctx, cases[i].filter, &passes));
        assert_int_equal(passes, cases[i].passes);
    }
    gt_ctx_free(ctx);
}

static void refuses(void **state)
{
    static const struct {
        const char *filter, *id;
    } cases[] = {
        {"", "serve.filter-syntax"},
        {"code", "serve.filter-syntax"},
        {"code =", "serve.filter-syntax"},
        {"= 'x'", "serve.filter-syntax"},
        {"code == 'x'", "serve.filter-syntax"},
        {"code = 'x", "serve.filter-syntax"},
        {"code = \"x", "serve.filter-syntax"},
        {"code = 'x';", "serve.filter-syntax"},
        {"code = 'x' --", "serve.filter-syntax"},
        {"code = 'x' /* */", "serve.filter-syntax"},
        {"code = 'x' code", "serve.filter-syntax"},
        {"(code = 'x'", "serve.filter-syntax"},
        {"code = 'x')", "serve.filter-syntax"},
        {"code IN ()", "serve.filter-syntax"},
        {"code IN ('x',)", "serve.filter-syntax"},
        {"code LIKE 5", "serve.filter-syntax"},
        {"code LIKE code", "serve.filter-syntax"},
        {"code NOT = 'x'", "serve.filter-syntax"},
        {"area BETWEEN 1", "serve.filter-syntax"},
        {"area BETWEEN 1 OR 2", "serve.filter-syntax"},
        {"area = 1e999", "serve.filter-syntax"},
        {"area = 1.2.3", "serve.filter-syntax"},
        {"area = 12abc", "serve.filter-syntax"},
        {"since = DATE('2020-13-01')", "serve.filter-syntax"},
        {"since = DATE(2020)", "serve.filter-syntax"},
        {"grade IS 5", "serve.filter-syntax"},
        {"NOT", "serve.filter-syntax"},
        {"SELECT 1", "serve.filter-name"},
        {"nothing = 1", "serve.filter-name"},
        {"f0 = 1", "serve.filter-name"},
        {"v0 = 1", "serve.filter-name"},
        {"load_extension('x') = 1", "serve.filter-name"},
        {"\"co\"\"de\" = 1", "serve.filter-name"},
    };
    gt_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool passes = false;
        print_message("%s\n", cases[i].filter);
        assert_fails(ctx, ask(ctx, cases[i].filter, &passes), GT_E_INPUT, cases[i].id);
    }
    gt_ctx_free(ctx);
}

static void bounds(void **state)
{
    char long_text[GT_FILTER_TEXT + 2], deep[256], many[GT_FILTER_TEXT];
    gt_ctx *ctx = test_ctx();
    bool passes = false;
    (void)state;
    memset(long_text, ' ', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    assert_fails(ctx, ask(ctx, long_text, &passes), GT_E_LIMIT, "serve.filter-limit");
    memset(deep, '(', sizeof deep);
    deep[sizeof deep - 1] = '\0';
    assert_fails(ctx, ask(ctx, deep, &passes), GT_E_LIMIT, "serve.filter-limit");
    size_t n = (size_t)snprintf(many, sizeof many, "grade IN (0");
    for (int i = 0; i < GT_FILTER_LITERALS; i++) {
        n += (size_t)snprintf(many + n, sizeof many - n, ",%d", i);
    }
    (void)snprintf(many + n, sizeof many - n, ")");
    assert_fails(ctx, ask(ctx, many, &passes), GT_E_LIMIT, "serve.filter-limit");
    memset(long_text, '%', sizeof long_text);
    memcpy(long_text, "code LIKE '", 11);
    memcpy(long_text + 300, "'", 2);
    assert_fails(ctx, ask(ctx, long_text, &passes), GT_E_LIMIT, "serve.filter-limit");
    assert_ok(ctx, ask(ctx, "area < 33333333333333333333333333333333333", &passes));
    assert_true(passes);
    gt_ctx_free(ctx);
}

static void equal_reads_by_type(void **state)
{
    static const struct {
        int field;
        const char *text;
        bool good;
    } cases[] = {{0, "anything'; --", true},
                 {1, "12.5", true},
                 {1, "x", false},
                 {1, "", false},
                 {1, "inf", false},
                 {1, "nan", false},
                 {2, "3", true},
                 {2, "3x", false},
                 {3, "true", true},
                 {3, "maybe", false},
                 {4, "2020-05-01", true},
                 {4, "2020-5-1", false}};
    gt_ctx *ctx = test_ctx();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_arena *arena = NULL;
        gt_filter f;
        assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
        assert_ok(ctx, gt_filter_open(ctx, &standard, arena, &f));
        gt_status st = gt_filter_equal(ctx, &f, cases[i].field, cases[i].text);
        if (cases[i].good) {
            assert_ok(ctx, st);
            assert_ok(ctx, gt_filter_ready(ctx, &f));
        } else {
            assert_fails(ctx, st, GT_E_INPUT, "serve.parameter");
        }
        gt_filter_close(ctx, &f);
        gt_arena_free(arena);
    }
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(refuses),
                                       cmocka_unit_test(bounds),
                                       cmocka_unit_test(equal_reads_by_type)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
