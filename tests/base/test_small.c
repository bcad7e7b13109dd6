/* Arena, hash, dates, status: the small rooms of base. */
#include <stdlib.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/date.h"
#include "guotu/hash.h"
#include "support/support.h"

static void arena_aligns_grows_and_resets(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_arena *a = NULL;
    assert_ok(ctx, gt_arena_new(ctx, 128, &a));
    for (size_t i = 1; i < 2000; i++) {
        char *p = gt_arena_alloc(a, i, 1);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, (int)i, i); /* asan sees an overlap with the end */
    }
    size_t before = gt_ctx_memory_used(ctx);
    gt_arena_reset(a);
    assert_true(gt_ctx_memory_used(ctx) < before);
    assert_string_equal(gt_arena_strndup(a, "国土", 3), "国");
    assert_null(gt_arena_alloc(a, SIZE_MAX / 2, 8));
    assert_fails(ctx, gt_error_status(ctx), GT_E_MEMORY, "base.size-overflow");
    gt_arena_free(a);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* RFC 7693 gives BLAKE2b-512; the 256-bit values are those of the reference implementation. */
static void hash_has_the_known_values(void **state)
{
    (void)state;
    gt_hash h;
    unsigned char d[GT_HASH_BYTES];
    char hex[GT_HASH_HEX];
    gt_hash_init(&h);
    gt_hash_final(&h, d);
    gt_hash_hex(d, hex);
    assert_string_equal(hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    gt_hash_init(&h);
    gt_hash_add(&h, "ab", 2);
    gt_hash_add(&h, "c", 1);
    gt_hash_final(&h, d);
    gt_hash_hex(d, hex);
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void text_hash_tells_borders(void **state)
{
    (void)state;
    gt_hash a, b;
    unsigned char da[GT_HASH_BYTES], db[GT_HASH_BYTES];
    const char *left[][2] = {{"ab", "c"}, {"", NULL}};
    const char *right[][2] = {{"a", "bc"}, {NULL, ""}};
    for (int i = 0; i < 2; i++) {
        gt_hash_init(&a);
        gt_hash_init(&b);
        for (int k = 0; k < 2; k++) {
            gt_hash_add_text(&a, left[i][k]);
            gt_hash_add_text(&b, right[i][k]);
        }
        gt_hash_final(&a, da);
        gt_hash_final(&b, db);
        assert_memory_not_equal(da, db, sizeof da);
    }
    gt_hash_init(&a);
    gt_hash_init(&b);
    gt_hash_add_real(&a, 0.0);
    gt_hash_add_real(&b, -0.0);
    gt_hash_final(&a, da);
    gt_hash_final(&b, db);
    assert_memory_equal(da, db, sizeof da);
}

static void hash_of_a_file(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const char *path = test_path(dir, "abc");
    unsigned char d[GT_HASH_BYTES];
    char hex[GT_HASH_HEX];
    test_write_file(path, "abc", 3);
    assert_ok(ctx, gt_hash_file(ctx, path, d));
    gt_hash_hex(d, hex);
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    assert_fails(ctx, gt_hash_file(ctx, test_path(dir, "none"), d), GT_E_ENV, "base.system");
    assert_fails(ctx, gt_hash_file(ctx, dir, d), GT_E_ENV, "base.system");
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void dates_go_there_and_back(void **state)
{
    (void)state;
    char text[GT_DATE_TEXT];
    gt_date previous = gt_date_from_ymd(1, 1, 1) - 1;
    for (gt_date d = gt_date_from_ymd(1, 1, 1); d <= gt_date_from_ymd(9999, 12, 31); d += 13) {
        gt_date back = GT_DATE_NONE;
        gt_date_format(d, text);
        assert_true(gt_date_parse(text, &back));
        assert_int_equal(back, d);
        assert_true(d > previous);
        previous = d;
    }
    assert_int_equal(gt_date_from_ymd(1970, 1, 1), 0);
    assert_int_equal(gt_date_from_ymd(2000, 3, 1), 11017);
    gt_date_format(GT_DATE_NONE, text);
    assert_string_equal(text, "");
}

static void bad_dates_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "2022",       "2022-02-30",  "2022-13-01",
                                      "2022-00-10", "2022-1-1",   "2022-01-01 ", "20220101",
                                      "0000-01-01", "-001-01-01", "2023-02-29",  "２０２２-01-01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gt_date d = 7;
        assert_false(gt_date_parse(bad[i], &d));
        assert_int_equal(d, 7);
    }
}

static void times_are_utc(void **state)
{
    (void)state;
    char text[GT_TIME_TEXT];
    gt_time_format(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    gt_time_format(951782400123, text);
    assert_string_equal(text, "2000-02-29T00:00:00.123Z");
    gt_time_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static void every_status_has_name_and_exit_code(void **state)
{
    (void)state;
    for (int s = 0; s >= -9; s--) {
        int code = gt_status_exit_code((gt_status)s);
        assert_true(code >= 0 && code <= 4 && code != 1);
        assert_string_not_equal(gt_status_name((gt_status)s), "unknown");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_aligns_grows_and_resets),
        cmocka_unit_test(hash_has_the_known_values),
        cmocka_unit_test(text_hash_tells_borders),
        cmocka_unit_test(hash_of_a_file),
        cmocka_unit_test(dates_go_there_and_back),
        cmocka_unit_test(bad_dates_are_refused),
        cmocka_unit_test(times_are_utc),
        cmocka_unit_test(every_status_has_name_and_exit_code),
    };
    return cmocka_run_group_tests_name("base.small", tests, NULL, NULL);
}
