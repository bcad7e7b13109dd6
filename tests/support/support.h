/* What every test shares: cmocka, temporary folders, an allocator that fails on demand. */
#ifndef GT_TESTS_SUPPORT_H
#define GT_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guotu/context.h"
#include "guotu/text.h"

/* Context for a test; free with gt_ctx_free. */
gt_ctx *test_ctx(void);
gt_ctx *test_ctx_threads(int threads);

/* Fails the test unless st is GT_OK, showing the recorded error. */
#define assert_ok(ctx, st) test_assert_ok((ctx), (st), __FILE__, __LINE__)
void test_assert_ok(gt_ctx *ctx, gt_status st, const char *file, int line);
/* Fails unless st == want and the recorded error has message id `id` (NULL: any); clears the error.
 */
#define assert_fails(ctx, st, want, id)                                                            \
    test_assert_fails((ctx), (st), (want), (id), __FILE__, __LINE__)
void test_assert_fails(gt_ctx *ctx, gt_status st, gt_status want, const char *id, const char *file,
                       int line);
#define assert_near(a, b, tolerance) test_assert_near((a), (b), (tolerance), __FILE__, __LINE__)
void test_assert_near(double a, double b, double tolerance, const char *file, int line);

/* A fresh folder under the build tree's scratch; removed by test_dir_remove. Owned by the caller
 * (free). */
char *test_dir(void);
void test_dir_remove(char *dir);
/* dir/name in a static ring of buffers, good for the next few calls. */
const char *test_path(const char *dir, const char *name);
void test_write_file(const char *path, const void *data, size_t len);
/* Whole file, NUL-terminated; free with free(). */
char *test_read_file(const char *path, size_t *len);

/* Folder of the data that stays outside the project, or NULL. Tests that need it print the reason
 * and skip: if (data == NULL) { test_skip("needs ..."); } */
const char *test_data_dir(void);
#define test_skip(why)                                                                             \
    do {                                                                                           \
        print_message("SKIPPED: %s\n", (why));                                                     \
        skip();                                                                                    \
    } while (0)

/* Context whose allocator fails at the n-th allocation (0-based) and ever after; *left counts down,
 * and is < 0 after a failure. For loops "fail each allocation in turn". */
gt_ctx *test_ctx_failing(long *left);

/* xoshiro256** seeded; deterministic. */
typedef struct test_rng {
    uint64_t s[4];
} test_rng;
void test_rng_seed(test_rng *rng, uint64_t seed);
uint64_t test_rng_next(test_rng *rng);
double test_rng_real(test_rng *rng); /* [0, 1) */

#endif
