/* Memory for a whole grid: under the ceiling, beyond it, and where no file can be made. */
#include <dirent.h>
#include <stdint.h>
#include <string.h>

#include "grid/hold.h"
#include "guotu/pool.h"
#include "support/support.h"

enum { BYTES = 5 << 20 };

static gt_ctx *under(size_t ceiling)
{
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = ceiling;
    gt_ctx *ctx = gt_ctx_new(&o);
    assert_non_null(ctx);
    return ctx;
}

static int entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = -2; /* . and .. */
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        n++;
    }
    (void)closedir(dir);
    return n;
}

static void fits_the_ceiling(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    grid_hold h;
    assert_ok(ctx, grid_hold_new(ctx, BYTES, NULL, &h));
    assert_false(h.mapped);
    memset(h.at, 7, BYTES);
    assert_true(gt_ctx_memory_used(ctx) >= BYTES);
    grid_hold_free(ctx, &h);
    assert_null(h.at);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void beyond_it_a_file_without_a_name(void **state)
{
    (void)state;
    gt_ctx *ctx = under(BYTES);
    char *dir = test_dir();
    grid_hold h;
    assert_ok(ctx, grid_hold_new(ctx, BYTES, dir, &h));
    assert_true(h.mapped);
    assert_int_equal((uintptr_t)h.at % 4096, 0);
    memset(h.at, 7, BYTES);
    assert_int_equal(((unsigned char *)h.at)[BYTES - 1], 7);
    assert_true(gt_ctx_memory_used(ctx) < 4096); /* the keeper alone */
    assert_int_equal(entries(dir), 0);
    grid_hold_free(ctx, &h);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* What is given back to the file is still there; the process no longer holds it. */
static void trimmed_pages_come_back(void **state)
{
    enum { LARGE = 48 << 20 };
    (void)state;
    gt_ctx *ctx = under((size_t)1 << 40);
    char *dir = test_dir();
    grid_hold h, plain;
    size_t all = 0, before = 0, after = 0;
    assert_ok(ctx, grid_hold_new(ctx, BYTES, dir, &plain));
    assert_false(plain.mapped);
    grid_hold_trim(&plain); /* nothing to do */
    grid_hold_free(ctx, &plain);
    gt_ctx_free(ctx);
    ctx = under(LARGE);
    assert_ok(ctx, grid_hold_new(ctx, LARGE, dir, &h));
    assert_true(h.mapped);
    uint64_t *words = h.at;
    for (size_t i = 0; i < LARGE / 8; i++) {
        words[i] = i * 7;
    }
    grid_hold_trim(&h);
    grid_resident(&all, &after);
    for (size_t i = 0; i < LARGE / 8; i++) {
        assert_int_equal(words[i], i * 7);
    }
    grid_resident(&all, &before);
    assert_true(all >= before);
    assert_true(after < (size_t)LARGE); /* libraries, and nothing of the piece */
    grid_hold_free(ctx, &h);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Many threads write while the pages are taken away under them: every word arrives. */
static gt_status write_stripe(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const grid_hold *h = user;
    uint64_t *words = h->at;
    (void)worker;
    for (size_t turn = 1; turn <= 8; turn++) {
        for (size_t i = task; i < BYTES / 8; i += 16) {
            words[i] = i * turn;
        }
        grid_hold_trim(h);
    }
    return gt_check_cancel(ctx);
}

static void writing_and_trimming_do_not_clash(void **state)
{
    (void)state;
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = BYTES;
    o.threads = 4;
    gt_ctx *ctx = gt_ctx_new(&o);
    char *dir = test_dir();
    grid_hold h;
    assert_ok(ctx, grid_hold_new(ctx, BYTES, dir, &h));
    assert_ok(ctx, gt_parallel_for(ctx, 16, write_stripe, &h));
    const uint64_t *words = h.at;
    for (size_t i = 0; i < BYTES / 8; i++) {
        assert_int_equal(words[i], i * 8);
    }
    grid_hold_free(ctx, &h);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void zeroed_is_zero_in_both_homes(void **state)
{
    (void)state;
    gt_ctx *roomy = test_ctx(), *tight = under(BYTES);
    char *dir = test_dir();
    for (int k = 0; k < 2; k++) {
        gt_ctx *ctx = k == 0 ? roomy : tight;
        grid_hold h;
        for (int turn = 0; turn < 2; turn++) { /* the second may get the first's memory */
            assert_ok(ctx, grid_hold_zeroed(ctx, BYTES, dir, &h));
            assert_int_equal(h.mapped, k == 1);
            const unsigned char *bytes = h.at;
            for (size_t i = 0; i < BYTES; i++) {
                assert_int_equal(bytes[i], 0);
            }
            memset(h.at, 9, BYTES);
            grid_hold_free(ctx, &h);
        }
    }
    test_dir_remove(dir);
    gt_ctx_free(roomy);
    gt_ctx_free(tight);
}

static void no_folder_or_no_room_is_an_error(void **state)
{
    (void)state;
    gt_ctx *ctx = under(BYTES);
    char *dir = test_dir();
    grid_hold h;
    assert_true(grid_hold_new(ctx, BYTES, test_path(dir, "none"), &h) != GT_OK);
    assert_non_null(gt_error_place(ctx)->file);
    assert_non_null(strstr(gt_error_place(ctx)->file, "none"));
    grid_hold_free(ctx, &h); /* nothing */
    gt_error_clear(ctx);
    /* 2^60 bytes: larger than any file may be here. Reserved at once, not found out by a signal. */
    assert_true(grid_hold_new(ctx, (size_t)1 << 60, dir, &h) != GT_OK);
    assert_false(h.mapped);
    grid_hold_free(ctx, &h);
    assert_int_equal(entries(dir), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_the_ceiling),
        cmocka_unit_test(beyond_it_a_file_without_a_name),
        cmocka_unit_test(trimmed_pages_come_back),
        cmocka_unit_test(writing_and_trimming_do_not_clash),
        cmocka_unit_test(zeroed_is_zero_in_both_homes),
        cmocka_unit_test(no_folder_or_no_room_is_an_error),
    };
    return cmocka_run_group_tests_name("grid.hold", tests, NULL, NULL);
}
