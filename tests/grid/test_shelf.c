/* Records of one size: in memory, in a file, and where no file can be made. */
#include <string.h>

#include "grid/shelf.h"
#include "guotu/pool.h"
#include "support/support.h"

enum { N = 50, BYTES = 1000 };

static gt_ctx *under(size_t ceiling)
{
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = ceiling;
    gt_ctx *ctx = gt_ctx_new(&o);
    assert_non_null(ctx);
    return ctx;
}

static void put_and_get(gt_ctx *ctx, const grid_shelf *s)
{
    unsigned char record[BYTES], got[BYTES];
    for (int i = N - 1; i >= 0; i--) { /* against the order of the file */
        memset(record, i + 1, sizeof record);
        assert_ok(ctx, grid_shelf_put(ctx, s, (size_t)i, record, (size_t)(BYTES - i)));
    }
    for (int i = 0; i < N; i++) {
        memset(record, i + 1, sizeof record);
        memset(got, 0, sizeof got);
        assert_ok(ctx, grid_shelf_get(ctx, s, (size_t)i, got, (size_t)(BYTES - i)));
        assert_memory_equal(got, record, (size_t)(BYTES - i));
    }
}

static void in_memory(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    grid_shelf s;
    assert_ok(ctx, grid_shelf_new(ctx, N, BYTES, 2, NULL, &s));
    assert_non_null(grid_shelf_at(&s, 3));
    assert_ptr_equal((unsigned char *)grid_shelf_at(&s, 3) + BYTES, grid_shelf_at(&s, 4));
    put_and_get(ctx, &s);
    assert_int_equal(*(unsigned char *)grid_shelf_at(&s, 7), 8);
    grid_shelf_free(ctx, &s);
    grid_shelf_free(ctx, &s); /* twice does no harm */
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void in_a_file(void **state)
{
    (void)state;
    gt_ctx *ctx = under((size_t)N * BYTES); /* it would fit, but not in the half */
    char *dir = test_dir();
    grid_shelf s;
    assert_ok(ctx, grid_shelf_new(ctx, N, BYTES, 2, dir, &s));
    assert_null(grid_shelf_at(&s, 0));
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    put_and_get(ctx, &s);
    grid_shelf_free(ctx, &s);
    assert_ok(ctx, grid_shelf_new(ctx, N / 4, BYTES, 2, dir, &s)); /* a quarter fits */
    assert_non_null(grid_shelf_at(&s, 0));
    grid_shelf_free(ctx, &s);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

typedef struct turns {
    grid_shelf *shelf;
    unsigned char *sum; /* per record */
} turns;

static gt_status turn(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const turns *t = user;
    unsigned char record[BYTES];
    memset(record, (int)task, sizeof record);
    gt_status st = grid_shelf_put(ctx, t->shelf, task, record, sizeof record);
    memset(record, 0, sizeof record);
    st = st == GT_OK ? grid_shelf_get(ctx, t->shelf, task, record, sizeof record) : st;
    t->sum[task] = record[BYTES - 1];
    return st;
}

static void many_threads(void **state)
{
    (void)state;
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = 60000;
    o.threads = 3;
    gt_ctx *ctx = gt_ctx_new(&o);
    char *dir = test_dir();
    grid_shelf s;
    unsigned char sum[N] = {0};
    turns t = {&s, sum};
    assert_ok(ctx, grid_shelf_new(ctx, N, BYTES, 2, dir, &s));
    assert_ok(ctx, gt_parallel_for(ctx, N, turn, &t));
    for (int i = 0; i < N; i++) {
        assert_int_equal(sum[i], i);
    }
    grid_shelf_free(ctx, &s);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void no_place(void **state)
{
    (void)state;
    gt_ctx *ctx = under(4096);
    char *dir = test_dir();
    grid_shelf s;
    assert_true(grid_shelf_new(ctx, N, BYTES, 2, test_path(dir, "none"), &s) != GT_OK);
    assert_non_null(strstr(gt_error_place(ctx)->file, "none"));
    grid_shelf_free(ctx, &s);
    gt_error_clear(ctx);
    assert_true(grid_shelf_new(ctx, (size_t)1 << 40, (size_t)1 << 20, 2, dir, &s) != GT_OK);
    grid_shelf_free(ctx, &s);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A record beyond the file's end, and a file that is closed, are errors. */
static void broken_files(void **state)
{
    (void)state;
    gt_ctx *ctx = under(4096);
    char *dir = test_dir();
    unsigned char record[BYTES] = {0};
    grid_shelf s;
    assert_ok(ctx, grid_shelf_new(ctx, 3, BYTES, 2, dir, &s));
    assert_true(grid_shelf_get(ctx, &s, 9, record, BYTES) != GT_OK);
    gt_error_clear(ctx);
    const grid_shelf closed = {.fd = -1, .bytes = BYTES};
    assert_true(grid_shelf_get(ctx, &closed, 0, record, BYTES) != GT_OK);
    gt_error_clear(ctx);
    assert_true(grid_shelf_put(ctx, &closed, 0, record, BYTES) != GT_OK);
    grid_shelf_free(ctx, &s);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_memory), cmocka_unit_test(in_a_file),    cmocka_unit_test(many_threads),
        cmocka_unit_test(no_place),  cmocka_unit_test(broken_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
