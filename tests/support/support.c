#include "support/support.h"

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gt_ctx *test_ctx_threads(int threads)
{
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = threads;
    gt_ctx *ctx = gt_ctx_new(&o);
    assert_non_null(ctx);
    return ctx;
}

gt_ctx *test_ctx(void)
{
    return test_ctx_threads(2);
}

static void *failing_alloc(void *user, void *block, size_t size)
{
    long *left = user;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (*left <= 0) {
        *left = -1;
        return NULL;
    }
    --*left;
    return realloc(block, size);
}

gt_ctx *test_ctx_failing(long *left)
{
    long wanted = *left;
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = 1;
    o.alloc = failing_alloc;
    o.alloc_user = left;
    *left = 1000; /* the context itself is not what is tested */
    gt_ctx *ctx = gt_ctx_new(&o);
    assert_non_null(ctx);
    *left = wanted;
    return ctx;
}

static void show(gt_ctx *ctx)
{
    gt_ctx *plain = gt_ctx_new(NULL);
    gt_text text;
    gt_text_init(&text, plain, 0);
    gt_error_render(ctx, GT_LANG_EN, &text);
    print_error("recorded error: [%s] %s\n", gt_error_id(ctx), gt_text_cstr(&text));
    gt_text_free(&text);
    gt_ctx_free(plain);
}

void test_assert_ok(gt_ctx *ctx, gt_status st, const char *file, int line)
{
    if (st != GT_OK) {
        print_error("status %s\n", gt_status_name(st));
        show(ctx);
        _fail(file, line);
    }
}

void test_assert_fails(gt_ctx *ctx, gt_status st, gt_status want, const char *id, const char *file,
                       int line)
{
    bool right = st == want && gt_failed(ctx) && (id == NULL || strcmp(gt_error_id(ctx), id) == 0);
    if (!right) {
        print_error("status %s, wanted %s with id %s\n", gt_status_name(st), gt_status_name(want),
                    id == NULL ? "(any)" : id);
        show(ctx);
        _fail(file, line);
    }
    gt_error_clear(ctx);
}

void test_assert_near(double a, double b, double tolerance, const char *file, int line)
{
    if (!(fabs(a - b) <= tolerance)) {
        print_error("%.17g is not %.17g within %g (off by %g)\n", a, b, tolerance, fabs(a - b));
        _fail(file, line);
    }
}

char *test_dir(void)
{
    char template[] = GT_BINARY_DIR "/scratch-XXXXXX";
    assert_non_null(mkdtemp(template));
    char *copy = strdup(template);
    assert_non_null(copy);
    return copy;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void test_dir_remove(char *dir)
{
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}

const char *test_path(const char *dir, const char *name)
{
    static char ring[8][4096];
    static unsigned next;
    char *to = ring[next++ % 8];
    (void)snprintf(to, sizeof ring[0], "%s/%s", dir, name);
    return to;
}

void test_write_file(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

char *test_read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return NULL;
    }
    size_t cap = 1 << 16, n = 0;
    char *data = malloc(cap);
    assert_non_null(data);
    for (size_t got = 1; got > 0; n += got) {
        if (cap - n < 2) {
            cap *= 2;
            data = realloc(data, cap);
            assert_non_null(data);
        }
        got = fread(data + n, 1, cap - n - 1, f);
    }
    (void)fclose(f);
    data[n] = '\0';
    if (len != NULL) {
        *len = n;
    }
    return data;
}

const char *test_data_dir(void)
{
    static char path[4096];
    const char *given = getenv("GUOTU_DATA");
    (void)snprintf(path, sizeof path, "%s", given != NULL ? given : "");
    return path[0] != '\0' && access(path, R_OK) == 0 ? path : NULL;
}

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

void test_rng_seed(test_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        rng->s[i] = splitmix(&seed);
    }
}

uint64_t test_rng_next(test_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t x = s[1] * 5;
    uint64_t result = ((x << 7) | (x >> 57)) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

double test_rng_real(test_rng *rng)
{
    return (double)(test_rng_next(rng) >> 11) * 0x1.0p-53;
}
