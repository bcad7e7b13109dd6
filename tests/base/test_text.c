#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

static void numbers_read_back(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_text t;
    gt_text_init(&t, ctx, 0);
    const double values[] = {0.1, 1.0 / 3.0,          1e300, -2.5e-310, 16410000000.0,
                             0.0, 123456789.123456789};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        gt_text_clear(&t);
        gt_text_json_real(&t, values[i]);
        assert_true(strtod(gt_text_cstr(&t), NULL) == values[i]);
    }
    gt_text_clear(&t);
    gt_text_json_real(&t, (double)NAN);
    gt_text_json_real(&t, (double)INFINITY);
    assert_string_equal(gt_text_cstr(&t), "nullnull");
    gt_text_free(&t);
    gt_ctx_free(ctx);
}

static void json_strings_are_escaped_and_clean(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_text_json_string(&t, "a\"b\\c\n\t\x01 国土");
    assert_string_equal(gt_text_cstr(&t), "\"a\\\"b\\\\c\\n\\t\\u0001 国土\"");
    gt_text_clear(&t);
    gt_text_json_string(&t, "x\xFFy\xC3"); /* neither byte is UTF-8 */
    assert_string_equal(gt_text_cstr(&t), "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
    gt_text_clear(&t);
    gt_text_json_string(&t, NULL);
    assert_string_equal(gt_text_cstr(&t), "null");
    gt_text_free(&t);
    gt_ctx_free(ctx);
}

static void csv_quotes_only_where_needed(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_text_csv_field(&t, "plain 字");
    gt_text_putc(&t, '|');
    gt_text_csv_field(&t, "a,\"b\"\r\n");
    assert_string_equal(gt_text_cstr(&t), "plain 字|\"a,\"\"b\"\"\r\n\"");
    gt_text_free(&t);
    gt_ctx_free(ctx);
}

static void limit_is_sticky_and_reported_once(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_text t;
    gt_text_init(&t, ctx, 8);
    gt_text_puts(&t, "12345678");
    assert_ok(ctx, gt_text_status(&t));
    gt_text_putc(&t, '9');
    gt_text_puts(&t, "");
    assert_string_equal(gt_text_cstr(&t), "12345678");
    assert_fails(ctx, gt_text_status(&t), GT_E_LIMIT, "base.text-limit");
    gt_text_free(&t);
    gt_ctx_free(ctx);
}

static void utf8_faults_are_found_where_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        bool valid;
        size_t bad;
    } cases[] = {{"国土", 6, true, 0},
                 {"a\xC0\x80", 3, false, 1},        /* overlong */
                 {"ab\xED\xA0\x80", 5, false, 2},   /* surrogate */
                 {"\xF4\x90\x80\x80", 4, false, 0}, /* above U+10FFFF */
                 {"\xF0\x9F\x8C\x8D", 4, true, 0},  /* astral plane */
                 {"abc\xE5\x9B", 5, false, 3},      /* cut off */
                 {"\x80", 1, false, 0}};            /* continuation first */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t bad = 99;
        assert_int_equal(gt_utf8_valid(cases[i].bytes, cases[i].len, &bad), cases[i].valid);
        if (!cases[i].valid) {
            assert_int_equal(bad, cases[i].bad);
        }
    }
}

static void columns_count_wide_characters_twice(void **state)
{
    (void)state;
    assert_int_equal(gt_text_columns(""), 0);
    assert_int_equal(gt_text_columns("abc"), 3);
    assert_int_equal(gt_text_columns("国土 ha"), 7);
    assert_int_equal(gt_text_columns("ｋｍ²"), 5);
}

static void allocation_failures_leave_a_valid_text(void **state)
{
    (void)state;
    for (long n = 0; n < 6; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_text t;
        gt_text_init(&t, ctx, 0);
        for (int i = 0; i < 200; i++) {
            gt_text_printf(&t, "%d,", i);
        }
        assert_int_equal(strlen(gt_text_cstr(&t)), t.len);
        if (t.failed) {
            assert_fails(ctx, gt_text_status(&t), GT_E_MEMORY, "base.no-memory");
        }
        left = 1000;
        gt_text_free(&t);
        gt_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(json_strings_are_escaped_and_clean),
        cmocka_unit_test(csv_quotes_only_where_needed),
        cmocka_unit_test(limit_is_sticky_and_reported_once),
        cmocka_unit_test(utf8_faults_are_found_where_they_are),
        cmocka_unit_test(columns_count_wide_characters_twice),
        cmocka_unit_test(allocation_failures_leave_a_valid_text),
    };
    return cmocka_run_group_tests_name("base.text", tests, NULL, NULL);
}
