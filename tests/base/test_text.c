#include <math.h>
#include <stdio.h>
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

/* Writing in place and writing after growing give the same bytes, whatever the sizes. */
static void printf_is_the_same_at_every_size(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char long_word[600], want[700];
    memset(long_word, 'w', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    for (int n = 0; n < 599; n += 7) {
        for (int before = 0; before < 40; before += 3) {
            gt_text t;
            gt_text_init(&t, ctx, 0);
            for (int i = 0; i < before; i++) {
                gt_text_putc(&t, 'b');
            }
            gt_text_printf(&t, "<%.*s>%d", n, long_word, n);
            (void)snprintf(want, sizeof want, "<%.*s>%d", n, long_word, n);
            assert_int_equal(t.len, (size_t)before + strlen(want));
            assert_string_equal(gt_text_cstr(&t) + before, want);
            assert_int_equal(strlen(gt_text_cstr(&t)), t.len);
            gt_text_free(&t);
        }
    }
    gt_ctx_free(ctx);
}

/* What does not fit leaves no half of it behind, though it was tried in place first. */
static void printf_over_the_limit_writes_nothing(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    for (size_t max = 0; max < 24; max++) {
        gt_text t;
        gt_text_init(&t, ctx, max + 8);
        gt_text_puts(&t, "12345678");
        gt_text_printf(&t, "%s", "abcdefghijklmnop");
        bool fits = max >= 16;
        assert_int_equal(t.failed, !fits);
        assert_string_equal(gt_text_cstr(&t), fits ? "12345678abcdefghijklmnop" : "12345678");
        gt_text_putc(&t, 'x');
        assert_true(t.len <= max + 8);
        assert_int_equal(gt_text_status(&t), t.failed ? GT_E_LIMIT : GT_OK);
        gt_error_clear(ctx);
        gt_text_free(&t);
    }
    gt_ctx_free(ctx);
}

/* Eight ASCII bytes are passed at a time; a fault is found at any offset among them. */
static void faults_are_found_at_any_alignment(void **state)
{
    (void)state;
    static const char *const bad[] = {"\xff", "\xc0\x80", "\xe4\xb8", "\xed\xa0\x80", "\x80"};
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
        for (size_t at = 0; at < 40; at++) {
            for (size_t after = 0; after < 12; after++) {
                char text[80];
                size_t n = strlen(bad[b]), where = 99;
                memset(text, 'a', sizeof text);
                memcpy(text + at, bad[b], n);
                assert_false(gt_utf8_valid(text, at + n + after, &where));
                assert_int_equal(where, at);
                memset(text, 'a', sizeof text);
                assert_true(gt_utf8_valid(text, at + n + after, &where));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printf_is_the_same_at_every_size),
        cmocka_unit_test(printf_over_the_limit_writes_nothing),
        cmocka_unit_test(faults_are_found_at_any_alignment),
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
