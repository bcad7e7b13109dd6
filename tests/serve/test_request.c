/* Request targets, languages and entity tags. */
#include "serve/request.h"

#include <string.h>

#include "support/support.h"

typedef struct fixture {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_request request;
} fixture;

static void begin(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->ctx = test_ctx();
    assert_ok(f->ctx, gt_arena_new(f->ctx, 0, &f->arena));
}

static void end(fixture *f)
{
    gt_arena_free(f->arena);
    gt_ctx_free(f->ctx);
}

static void splits_and_decodes(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    assert_ok(f.ctx, gt_request_target(f.ctx, f.arena, "/a//b%20c/%E5%9B%BD?x=1+2&y&x=3&=4&z=%26",
                                       &f.request));
    assert_int_equal(f.request.n_parts, 3);
    assert_string_equal(f.request.part[1], "b c");
    assert_string_equal(f.request.part[2], "国");
    assert_string_equal(gt_request_get(&f.request, "x"), "1 2");
    assert_string_equal(gt_request_get(&f.request, "y"), "");
    assert_string_equal(gt_request_get(&f.request, "z"), "&");
    assert_null(gt_request_get(&f.request, "nothing"));
    assert_int_equal(f.request.n_query, 5);
    end(&f);
}

static void root_has_no_parts(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    assert_ok(f.ctx, gt_request_target(f.ctx, f.arena, "/", &f.request));
    assert_int_equal(f.request.n_parts, 0);
    assert_string_equal(f.request.raw_query, "");
    end(&f);
}

static void refuses_what_cannot_be_read(void **state)
{
    static const char *const bad[] = {
        "",    "a",       "*",  "/%",      "/%4",    "/%zz",   "/%00",  "/a%0a",   "/%ff",
        "/..", "/a/../b", "/.", "/%2e%2e", "/a%2fb", "/a%5cb", "/?x=%", "/?x=%00", "/?%c0%80=1"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fixture f;
        begin(&f);
        assert_fails(f.ctx, gt_request_target(f.ctx, f.arena, bad[i], &f.request), GT_E_INPUT,
                     "serve.target");
        end(&f);
    }
}

static void refuses_what_is_too_long(void **state)
{
    char text[GT_TARGET_MAX + 2];
    fixture f;
    (void)state;
    begin(&f);
    memset(text, 'a', sizeof text);
    text[0] = '/';
    text[sizeof text - 1] = '\0';
    assert_fails(f.ctx, gt_request_target(f.ctx, f.arena, text, &f.request), GT_E_LIMIT,
                 "serve.target-long");
    assert_fails(f.ctx,
                 gt_request_target(f.ctx, f.arena, "/1/2/3/4/5/6/7/8/9/10/11/12/13", &f.request),
                 GT_E_LIMIT, "serve.target-long");
    size_t n = 0;
    text[n++] = '/';
    text[n++] = '?';
    for (int i = 0; i <= GT_QUERY_MAX; i++) {
        text[n++] = 'a';
        text[n++] = '&';
    }
    text[n] = '\0';
    assert_fails(f.ctx, gt_request_target(f.ctx, f.arena, text, &f.request), GT_E_LIMIT,
                 "serve.target-long");
    end(&f);
}

static void picks_a_language(void **state)
{
    gt_request r = {.accept_language = "fr, zh-CN;q=0.8, en"};
    (void)state;
    assert_int_equal(gt_request_lang(&r, GT_LANG_EN), GT_LANG_ZH);
    r.accept_language = "en-GB,zh";
    assert_int_equal(gt_request_lang(&r, GT_LANG_ZH), GT_LANG_EN);
    r.accept_language = ",,;q,*";
    assert_int_equal(gt_request_lang(&r, GT_LANG_ZH), GT_LANG_ZH);
    r.accept_language = NULL;
    assert_int_equal(gt_request_lang(&r, GT_LANG_EN), GT_LANG_EN);
    r.accept_language = "en";
    r.query[0] = (gt_pair){"lang", "zh"};
    r.n_query = 1;
    assert_int_equal(gt_request_lang(&r, GT_LANG_EN), GT_LANG_ZH);
}

static void compares_tags(void **state)
{
    gt_request r = {.if_none_match = "\"a\", W/\"b\" ,\"c\""};
    (void)state;
    assert_true(gt_request_has(&r, "\"a\""));
    assert_true(gt_request_has(&r, "\"b\""));
    assert_true(gt_request_has(&r, "\"c\""));
    assert_false(gt_request_has(&r, "\"d\""));
    assert_false(gt_request_has(&r, ""));
    r.if_none_match = "*";
    assert_true(gt_request_has(&r, "\"d\""));
    r.if_none_match = "\"abc";
    assert_false(gt_request_has(&r, "\"abc\""));
    r.if_none_match = NULL;
    assert_false(gt_request_has(&r, "\"a\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_and_decodes),
        cmocka_unit_test(root_has_no_parts),
        cmocka_unit_test(refuses_what_cannot_be_read),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(picks_a_language),
        cmocka_unit_test(compares_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
