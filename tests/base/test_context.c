#include <string.h>

#include "base/messages.h"
#include "guotu/pool.h"
#include "support/support.h"

static void memory_is_counted(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    void *p = gt_alloc(ctx, 10, 100);
    assert_non_null(p);
    assert_int_equal(gt_ctx_memory_used(ctx), 1016);
    gt_free(ctx, p);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    assert_int_equal(gt_ctx_memory_peak(ctx), 1016);
    gt_ctx_free(ctx);
}

static void ceiling_is_kept(void **state)
{
    (void)state;
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = 1000;
    gt_ctx *ctx = gt_ctx_new(&o);
    assert_null(gt_alloc(ctx, 2000, 1));
    assert_fails(ctx, gt_error_status(ctx), GT_E_MEMORY, "base.memory-ceiling");
    assert_null(gt_alloc(ctx, SIZE_MAX / 2, 4));
    assert_fails(ctx, gt_error_status(ctx), GT_E_MEMORY, "base.size-overflow");
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void first_error_stands_and_gains_place(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    (void)gt_fail(ctx, GT_E_INPUT, &GT_MSG_ERRNO, GT_PLACE(.row = 7),
                  GT_ARGS(GT_TEXT("what", "read"), GT_TEXT("reason", "broken")));
    (void)gt_fail(ctx, GT_E_ENV, &GT_MSG_CANCELLED, GT_PLACE(.file = "a.shp", .row = 9),
                  GT_NO_ARGS);
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_error_render(ctx, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "a.shp: record 7: read failed: broken\n"));
    gt_text_clear(&t);
    gt_error_render(ctx, GT_LANG_ZH, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "read 失败：broken"));
    gt_text_free(&t);
    gt_error_clear(ctx);
    gt_ctx_free(ctx);
}

static gt_status odd_fails(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    long *sum = user;
    if (task == 501) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_ERRNO, GT_PLACE(.row = 501), GT_NO_ARGS);
    }
    __atomic_fetch_add(sum, (long)task, __ATOMIC_RELAXED);
    return GT_OK;
}

static void parallel_loop_runs_and_reports(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(4);
    long sum = 0;
    assert_ok(ctx, gt_parallel_for(ctx, 500, odd_fails, &sum));
    assert_int_equal(sum, 499 * 500 / 2);
    assert_fails(ctx, gt_parallel_for(ctx, 1000, odd_fails, &sum), GT_E_INPUT, "base.system");
    gt_cancel(ctx);
    assert_fails(ctx, gt_parallel_for(ctx, 10, odd_fails, &sum), GT_E_CANCELLED, "base.cancelled");
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_counted),
        cmocka_unit_test(ceiling_is_kept),
        cmocka_unit_test(first_error_stands_and_gains_place),
        cmocka_unit_test(parallel_loop_runs_and_reports),
    };
    return cmocka_run_group_tests_name("base.context", tests, NULL, NULL);
}
