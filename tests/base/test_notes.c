#include <stdio.h>
#include <string.h>

#include "base/messages.h"
#include "guotu/notes.h"
#include "support/support.h"

static void notes_are_kept_counted_and_rendered(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_notes *n = NULL;
    gt_text t;
    gt_text_init(&t, ctx, 0);
    assert_ok(ctx, gt_notes_new(ctx, 3, &n));
    for (int i = 1; i <= 5; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "f%d", i);
        assert_ok(ctx, gt_notes_add(n, i % 2 == 0 ? GT_WARNING : GT_ERROR, &GT_MSG_ERRNO,
                                    GT_PLACE(.file = "地块.shp", .row = i, .feature = name),
                                    GT_ARGS(GT_TEXT("what", "read"), GT_TEXT("reason", "x"))));
    }
    assert_int_equal(gt_notes_kept(n), 3);
    assert_int_equal(gt_notes_count(n, GT_ERROR), 3);
    assert_int_equal(gt_notes_count(n, GT_INFO), 5);
    assert_int_equal(gt_notes_count_id(n, "base.system"), 5);
    assert_int_equal(gt_notes_count_id(n, "none"), 0);
    gt_notes_render(n, 1, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t),
                           "地块.shp: record 2, feature f2: warning: read failed: x\n  hint: "));
    gt_text_clear(&t);
    gt_notes_render(n, 0, GT_LANG_ZH, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "地块.shp: 第 1 条，要素 f1: 错误：read 失败：x"));
    gt_text_clear(&t);
    gt_notes_render_json(n, 0, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "\"id\":\"base.system\""));
    assert_non_null(strstr(gt_text_cstr(&t), "\"row\":1"));
    gt_text_clear(&t);
    gt_notes_render_all(n, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "... and 2 more\n"));
    gt_text_free(&t);
    gt_notes_free(n);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void texts_are_copied_and_long_ones_cut_whole_characters(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_notes *n = NULL;
    gt_text t;
    char longer[4096];
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i + 3 < sizeof longer; i += 3) {
        memcpy(longer + i, "国", 4);
    }
    assert_ok(ctx, gt_notes_new(ctx, 0, &n));
    assert_ok(ctx, gt_notes_add(n, GT_ERROR, &GT_MSG_ERRNO, GT_NOWHERE,
                                GT_ARGS(GT_TEXT("what", longer), GT_TEXT("reason", longer))));
    memset(longer, 'x', sizeof longer);
    gt_notes_render_message(n, 0, GT_LANG_EN, &t);
    assert_true(gt_utf8_valid(t.data, t.len, NULL));
    assert_null(strchr(gt_text_cstr(&t), 'x'));
    gt_text_free(&t);
    gt_notes_free(n);
    gt_ctx_free(ctx);
}

static void adding_survives_a_lack_of_memory(void **state)
{
    (void)state;
    for (long limit = 0; limit < 8; limit++) {
        long left = limit;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_notes *n = NULL;
        gt_status st = gt_notes_new(ctx, 0, &n);
        for (int i = 0; st == GT_OK && i < 50; i++) {
            st = gt_notes_add(n, GT_ERROR, &GT_MSG_CANCELLED, GT_NOWHERE, GT_NO_ARGS);
        }
        assert_fails(ctx, st, GT_E_MEMORY, "base.no-memory");
        gt_notes_free(n);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_are_kept_counted_and_rendered),
        cmocka_unit_test(texts_are_copied_and_long_ones_cut_whole_characters),
        cmocka_unit_test(adding_survives_a_lack_of_memory),
    };
    return cmocka_run_group_tests_name("base.notes", tests, NULL, NULL);
}
