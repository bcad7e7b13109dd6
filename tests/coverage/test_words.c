#include <stdio.h>
#include <string.h>

#include "coverage/words.h"
#include "support/support.h"

static void texts_get_numbers_in_order_of_first_use(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_words *w = NULL;
    uint32_t n = 99;
    size_t len = 0;
    assert_ok(ctx, gt_words_new(ctx, &w));
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            char text[32];
            int k = snprintf(text, sizeof text, "%u|地类", i * 7919U);
            assert_ok(ctx, gt_words_add(w, text, (size_t)k, &n));
            assert_int_equal(n, i);
        }
    }
    assert_int_equal(gt_words_count(w), 5000);
    assert_string_equal(gt_words_text(w, 1, &len), "7919|地类");
    assert_int_equal(len, strlen("7919|地类"));
    gt_words_free(w);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void length_counts_not_the_end_of_text(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_words *w = NULL;
    uint32_t a = 0, b = 0, empty = 0;
    assert_ok(ctx, gt_words_new(ctx, &w));
    assert_ok(ctx, gt_words_add(w, "abc", 3, &a));
    assert_ok(ctx, gt_words_add(w, "abc", 2, &b));
    assert_ok(ctx, gt_words_add(w, "abc", 0, &empty));
    assert_int_not_equal(a, b);
    assert_string_equal(gt_words_text(w, b, NULL), "ab");
    assert_string_equal(gt_words_text(w, empty, NULL), "");
    gt_words_free(w);
    gt_ctx_free(ctx);
}

static void lack_of_memory_loses_nothing(void **state)
{
    (void)state;
    for (long limit = 0; limit < 12; limit++) {
        long left = limit;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_words *w = NULL;
        uint32_t n = 0;
        gt_status st = gt_words_new(ctx, &w);
        size_t kept = 0;
        for (int i = 0; st == GT_OK && i < 200; i++) {
            char text[16];
            int k = snprintf(text, sizeof text, "%d", i);
            st = gt_words_add(w, text, (size_t)k, &n);
            kept += st == GT_OK;
        }
        if (st != GT_OK) {
            assert_fails(ctx, st, GT_E_MEMORY, "base.no-memory");
        }
        if (w != NULL) {
            assert_int_equal(gt_words_count(w), kept);
        }
        gt_words_free(w);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_get_numbers_in_order_of_first_use),
        cmocka_unit_test(length_counts_not_the_end_of_text),
        cmocka_unit_test(lack_of_memory_loses_nothing),
    };
    return cmocka_run_group_tests_name("coverage.words", tests, NULL, NULL);
}
