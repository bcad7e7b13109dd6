/* Shapes, merging, and the tiles kept in memory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/pack.h"
#include "serve/tiles.h"
#include "support/support.h"

static void square(gt_ctx *ctx, gt_shapes *s, double x, double y, double side, const char *klass)
{
    uint32_t k = 0;
    assert_ok(ctx, gt_shapes_class(ctx, s, klass, &k));
    assert_ok(ctx, gt_shapes_point(ctx, s, x, y));
    assert_ok(ctx, gt_shapes_point(ctx, s, x + side, y));
    assert_ok(ctx, gt_shapes_point(ctx, s, x + side, y + side));
    assert_ok(ctx, gt_shapes_point(ctx, s, x, y + side));
    assert_ok(ctx, gt_shapes_ring(ctx, s));
    assert_ok(ctx, gt_shapes_part(ctx, s, k));
}

static double area_of(const gt_shapes *s, const char *klass)
{
    double sum = 0;
    size_t ring = 0;
    for (size_t p = 0; p < s->n_parts; p++) {
        bool shell = true;
        for (; ring < s->part_end[p]; ring++, shell = false) {
            if (klass == NULL || strcmp(s->texts[s->klass[p]], klass) == 0) {
                sum += (shell ? 1 : -1) * fabs(gt_shapes_ring_area(s, ring));
            }
        }
    }
    return sum;
}

/* A field of n x n cells with moved corners, classes by a hash; shares every vertex. */
static double moved(long a, long b, long axis, double cell)
{
    uint64_t z = (uint64_t)(a * 73856093L ^ b * 19349663L ^ axis * 83492791L) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    return ((double)((z ^ (z >> 31)) >> 11) * 0x1p-53 - 0.5) * cell * 0.5;
}

static void corner(gt_ctx *ctx, gt_shapes *s, long i, long j, long n)
{
    double cell = 4096.0 / (double)n;
    double x = (double)i * cell + (i > 0 && i < n ? moved(i, j, 1, cell) : 0);
    double y = (double)j * cell + (j > 0 && j < n ? moved(i, j, 2, cell) : 0);
    assert_ok(ctx, gt_shapes_point(ctx, s, x, y));
}

static void field(gt_ctx *ctx, gt_shapes *s, long n)
{
    static const char *const classes[] = {"0103", "0102", "0701"};
    for (long j = 0; j < n; j++) {
        for (long i = 0; i < n; i++) {
            uint32_t k = 0;
            const char *klass = classes[(size_t)((i * 7919 + j * 104729 + i * j) % 7) % 3];
            assert_ok(ctx, gt_shapes_class(ctx, s, klass, &k));
            corner(ctx, s, i, j, n);
            corner(ctx, s, i + 1, j, n);
            corner(ctx, s, i + 1, j + 1, n);
            corner(ctx, s, i, j + 1, n);
            assert_ok(ctx, gt_shapes_ring(ctx, s));
            assert_ok(ctx, gt_shapes_part(ctx, s, k));
        }
    }
}

static int by_edge(const void *a, const void *b)
{
    return memcmp(a, b, 4 * sizeof(long));
}

/* Every edge that is not on the border of the tile has its reverse: neighbours are joined. */
static void assert_joined(const gt_shapes *s)
{
    long(*edges)[4] = calloc(s->n_points + 1, sizeof *edges);
    size_t n = 0, from = 0;
    assert_non_null(edges);
    for (size_t r = 0; r < s->n_rings; from = s->ring_end[r++]) {
        for (size_t i = from; i + 1 < s->ring_end[r]; i++, n++) {
            for (size_t k = 0; k < 4; k++) {
                edges[n][k] = lround(s->xy[2 * i + k] * 1000);
            }
        }
    }
    qsort(edges, n, sizeof *edges, by_edge);
    for (size_t i = 0; i < n; i++) {
        const long *e = edges[i];
        const long back[4] = {e[2], e[3], e[0], e[1]};
        bool border = (e[0] == e[2] && (e[0] == 0 || e[0] == 4096000)) ||
                      (e[1] == e[3] && (e[1] == 0 || e[1] == 4096000));
        assert_true(border || bsearch(back, edges, n, sizeof *edges, by_edge) != NULL);
    }
    free(edges);
}

static void patches_of_a_class_become_one(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_shapes in, out;
    const gt_merge_options options = {256, 0, 1000};
    double least = 0;
    (void)state;
    gt_shapes_init(&in);
    gt_shapes_init(&out);
    square(ctx, &in, 0, 0, 100, "a");
    square(ctx, &in, 100, 0, 100, "a");
    square(ctx, &in, 200, 0, 100, "b");
    assert_ok(ctx, gt_merge(ctx, &in, &options, &out, &least));
    assert_int_equal(out.n_parts, 2);
    assert_true(least == 256);
    assert_true(fabs(area_of(&out, "a") - 20000) < 1e-6);
    assert_true(fabs(area_of(&out, "b") - 10000) < 1e-6);
    gt_shapes_free(ctx, &in);
    gt_shapes_free(ctx, &out);
    gt_ctx_free(ctx);
}

/* One of 8 x 8 goes to its kin, not to the longest border; alone on an empty field it is owed. */
static void small_patches_go_to_their_kin(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_shapes in, out;
    const gt_merge_options options = {256, 0, 1000};
    double least = 0;
    (void)state;
    gt_shapes_init(&in);
    gt_shapes_init(&out);
    square(ctx, &in, 0, 0, 100, "0701");
    square(ctx, &in, 100, 0, 8, "0103");
    square(ctx, &in, 108, 0, 100, "0102");
    assert_ok(ctx, gt_merge(ctx, &in, &options, &out, &least));
    assert_int_equal(out.n_parts, 2);
    assert_true(fabs(area_of(&out, "0102") - 10064) < 1e-6);
    gt_shapes_reset(&in);
    square(ctx, &in, 1000, 1000, 10, "x");
    square(ctx, &in, 1020, 1000, 10, "x");
    assert_ok(ctx, gt_merge(ctx, &in, &options, &out, &least));
    assert_int_equal(out.n_parts, 0);
    square(ctx, &in, 1040, 1000, 10, "x");
    assert_ok(ctx, gt_merge(ctx, &in, &options, &out, &least));
    assert_int_equal(out.n_parts, 1);
    assert_true(fabs(area_of(&out, "x") - 256) < 0.1);
    gt_shapes_free(ctx, &in);
    gt_shapes_free(ctx, &out);
    gt_ctx_free(ctx);
}

/* A tolerance moves borders on both sides at once; the whole stays covered, classes keep their
 * share. */
static void neighbours_stay_joined(void **state)
{
    gt_ctx *ctx = test_ctx();
    (void)state;
    for (int round = 0; round < 3; round++) {
        const gt_merge_options options = {round == 0 ? 0 : 256, 4.0 * round,
                                          round == 2 ? 500 : 100000};
        gt_shapes in, out;
        double least = 0;
        gt_shapes_init(&in);
        gt_shapes_init(&out);
        field(ctx, &in, 300);
        double a = area_of(&in, "0103"), b = area_of(&in, "0701");
        assert_ok(ctx, gt_merge(ctx, &in, &options, &out, &least));
        assert_true(fabs(area_of(&out, NULL) / (4096.0 * 4096.0) - 1) < 1e-6);
        assert_true(out.n_parts < in.n_parts);
        assert_joined(&out);
        if (round > 0) {
            assert_true(fabs(area_of(&out, "0103") / a - 1) < 0.1);
            assert_true(fabs(area_of(&out, "0701") / b - 1) < 0.1);
        }
        gt_shapes_free(ctx, &in);
        gt_shapes_free(ctx, &out);
    }
    gt_ctx_free(ctx);
}

static void nothing_merges_to_nothing(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_shapes in, out;
    const gt_merge_options options = {256, 4, 1000};
    double least = 0;
    (void)state;
    gt_shapes_init(&in);
    gt_shapes_init(&out);
    assert_ok(ctx, gt_merge(ctx, &in, &options, &out, &least));
    assert_int_equal(out.n_parts, 0);
    gt_shapes_free(ctx, &in);
    gt_shapes_free(ctx, &out);
    gt_ctx_free(ctx);
}

static void tiles_fit(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_arena *arena = NULL;
    gt_shapes in, out;
    gt_text body;
    (void)state;
    assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
    gt_shapes_init(&in);
    gt_shapes_init(&out);
    gt_text_init(&body, ctx, 1 << 24);
    field(ctx, &in, 300);
    for (size_t most = 200000; most > 3000; most /= 4) {
        assert_ok(ctx, gt_shapes_fit(ctx, arena, &in, most, &out));
        assert_ok(ctx, gt_shapes_mvt(ctx, arena, &out, "l", "c", &body));
        assert_true(body.len <= most + 16 && body.len > 0);
    }
    gt_text_free(&body);
    gt_shapes_free(ctx, &in);
    gt_shapes_free(ctx, &out);
    gt_arena_free(arena);
    gt_ctx_free(ctx);
}

/* What the result held before does not count: its classes were those of another tile. */
static void results_are_new(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_shapes in, out;
    const gt_merge_options options = {256, 0, 1000};
    double least = 0;
    (void)state;
    gt_shapes_init(&in);
    gt_shapes_init(&out);
    square(ctx, &out, 0, 0, 50, "other");
    square(ctx, &out, 0, 0, 50, "b");
    square(ctx, &in, 0, 0, 100, "a");
    square(ctx, &in, 200, 0, 150, "b");
    assert_ok(ctx, gt_merge(ctx, &in, &options, &out, &least));
    assert_int_equal(out.n_parts, 2);
    assert_true(fabs(area_of(&out, "a") - 10000) < 1e-6);
    assert_true(fabs(area_of(&out, "b") - 22500) < 1e-6);
    gt_shapes_free(ctx, &in);
    gt_shapes_free(ctx, &out);
    gt_ctx_free(ctx);
}

static void rings_are_cut(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_frame_cut cut = {0};
    size_t n = 9;
    (void)state;
    const double across[] = {-10, 10, 20, 10, 20, 20, -10, 20};
    assert_ok(ctx, gt_frame_cut_ring(ctx, &cut, across, 4, 0, 100, &n));
    assert_int_equal(n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(cut.a[2 * i] >= 0 && cut.a[2 * i] <= 20);
    }
    const double beyond[] = {-10, -10, -5, -10, -5, -5};
    assert_ok(ctx, gt_frame_cut_ring(ctx, &cut, beyond, 3, 0, 100, &n));
    assert_int_equal(n, 0);
    const double around[] = {-10, -10, 200, -10, 200, 200, -10, 200};
    assert_ok(ctx, gt_frame_cut_ring(ctx, &cut, around, 4, 0, 100, &n));
    assert_int_equal(n, 4);
    assert_ok(ctx, gt_frame_cut_ring(ctx, &cut, around, 0, 0, 100, &n));
    assert_int_equal(n, 0);
    gt_frame_cut_free(ctx, &cut);
    gt_ctx_free(ctx);
}

static void reads_encodings(void **state)
{
    (void)state;
    assert_int_equal(gt_request_encoding(NULL), GT_AS_IS);
    assert_int_equal(gt_request_encoding(""), GT_AS_IS);
    assert_int_equal(gt_request_encoding("identity"), GT_AS_IS);
    assert_int_equal(gt_request_encoding("gzip, deflate, br"), GT_BROTLI);
    assert_int_equal(gt_request_encoding("gzip;q=1.0, br;q=0"), GT_GZIP);
    assert_int_equal(gt_request_encoding("GZIP"), GT_GZIP);
    assert_int_equal(gt_request_encoding("brotli, xgzip"), GT_AS_IS);
    assert_int_equal(gt_request_encoding("br;q=0.000, gzip;q=0"), GT_AS_IS);
    assert_int_equal(gt_request_encoding("br;q=0.001"), GT_BROTLI);
    assert_int_equal(gt_request_encoding(",,;;="), GT_AS_IS);
}

static void packs(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_text body, out;
    (void)state;
    gt_text_init(&body, ctx, 1 << 20);
    gt_text_init(&out, ctx, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        gt_text_puts(&body, "abc");
    }
    for (int e = GT_GZIP; e < GT_N_ENCODINGS; e++) {
        gt_text_clear(&out);
        assert_ok(ctx, gt_pack(ctx, (gt_encoding)e, &body, &out));
        assert_true(out.len > 0 && out.len < 1000);
    }
    gt_text_clear(&body);
    gt_text_clear(&out);
    assert_ok(ctx, gt_pack(ctx, GT_GZIP, &body, &out));
    assert_true(out.len > 0); /* an empty member of gzip is not empty */
    gt_text_free(&body);
    gt_text_free(&out);
    gt_ctx_free(ctx);
}

/* ---- tiles kept in memory ---------------------------------------------------------------------
 */

static void *prepare(void *user, const gt_kept_tile *tile)
{
    (void)tile;
    ++*(int *)user;
    return user;
}

static void release(void *user, void *prepared)
{
    assert_ptr_equal(user, prepared);
    --*(int *)user;
}

static void note(void *user, const gt_kept_tile *tile, void *prepared)
{
    assert_non_null(prepared);
    *(size_t *)user = tile->len;
}

static gt_kept_tile tile_at(const char *target, gt_place_of at, const char *data)
{
    return (gt_kept_tile){.target = target,
                          .layer = "l",
                          .at = at,
                          .data = data,
                          .len = strlen(data),
                          .etag = "\"t\""};
}

static void keeps_tiles(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_tile_cache *cache = NULL;
    int alive = 0;
    size_t len = 0;
    int64_t seen = 0;
    (void)state;
    const gt_tile_hooks hooks = {prepare, release, &alive};
    const gt_place_of west = {1, 0, 0}, east = {1, 0, 1};
    const gt_kept_tile a = tile_at("/a", west, "xyz"), b = tile_at("/b", east, "xy");
    assert_ok(ctx, gt_tile_cache_new(ctx, 4096, &hooks, &cache));
    gt_tile_cache_put(cache, 5, &a); /* the cache shows nothing yet */
    assert_int_equal(alive, 0);
    assert_true(gt_tile_cache_begin(cache, &seen) < 0);
    gt_tile_cache_end(cache, 5, 70);
    gt_tile_cache_put(cache, 4, &a); /* of an older map */
    assert_false(gt_tile_cache_use(cache, "/a", GT_AS_IS, 70, note, &len));
    gt_tile_cache_put(cache, 5, &a);
    gt_tile_cache_put(cache, 5, &a); /* again: nothing new */
    gt_tile_cache_put(cache, 5, &b);
    assert_int_equal(alive, 2);
    assert_true(gt_tile_cache_use(cache, "/a", GT_AS_IS, 70, note, &len));
    assert_int_equal(len, 3);
    assert_false(gt_tile_cache_use(cache, "/a", GT_GZIP, 70, note, &len));
    assert_false(gt_tile_cache_use(cache, "/a", GT_AS_IS, 71, note, &len)); /* file has changed */
    assert_true(gt_tile_cache_use(cache, "/a", GT_AS_IS, -1, note, &len));
    assert_int_equal(gt_tile_cache_begin(cache, &seen), 5);
    assert_int_equal(seen, 70);
    const gt_box edit = {-5e6, 100000, -4.9e6, 110000};
    gt_tile_cache_drop(cache, "other", &edit, 1);
    assert_int_equal(alive, 2);
    gt_tile_cache_drop(cache, "l", &edit, 1);
    gt_tile_cache_end(cache, 6, 71);
    assert_false(gt_tile_cache_use(cache, "/a", GT_AS_IS, 71, note, &len));
    assert_true(gt_tile_cache_use(cache, "/b", GT_AS_IS, 71, note, &len));
    (void)gt_tile_cache_begin(cache, &seen);
    gt_tile_cache_drop(cache, "l", NULL, 0);
    gt_tile_cache_end(cache, 6, -1);
    assert_int_equal(alive, 0);
    gt_tile_cache_free(cache);
    gt_tile_cache_free(NULL);
    gt_ctx_free(ctx);
}

/* Of more than fits, the one not used for longest goes; one that is too large is not kept. */
static void forgets_the_oldest(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_tile_cache *cache = NULL;
    int alive = 0;
    size_t len = 0;
    int64_t seen = 0;
    char data[900], name[16];
    (void)state;
    memset(data, 'x', sizeof data - 1);
    data[sizeof data - 1] = '\0';
    const gt_tile_hooks hooks = {prepare, release, &alive};
    const gt_place_of at = {0, 0, 0};
    assert_ok(ctx, gt_tile_cache_new(ctx, 8000, &hooks, &cache));
    (void)gt_tile_cache_begin(cache, &seen);
    gt_tile_cache_end(cache, 1, 1);
    for (int i = 0; i < 30; i++) {
        (void)snprintf(name, sizeof name, "/%d", i);
        const gt_kept_tile t = tile_at(name, at, data);
        gt_tile_cache_put(cache, 1, &t);
        assert_true(gt_tile_cache_use(cache, "/0", GT_AS_IS, 1, note, &len));
    }
    assert_true(alive > 2 && alive < 9);
    assert_false(gt_tile_cache_use(cache, "/1", GT_AS_IS, 1, note, &len));
    assert_true(gt_tile_cache_use(cache, "/29", GT_AS_IS, 1, note, &len));
    char *large = calloc(3000, 1);
    assert_non_null(large);
    memset(large, 'y', 2999);
    const gt_kept_tile t = tile_at("/large", at, large);
    gt_tile_cache_put(cache, 1, &t);
    assert_false(gt_tile_cache_use(cache, "/large", GT_AS_IS, 1, note, &len));
    free(large);
    gt_tile_cache_free(cache);
    assert_int_equal(alive, 0);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patches_of_a_class_become_one),
        cmocka_unit_test(small_patches_go_to_their_kin),
        cmocka_unit_test(neighbours_stay_joined),
        cmocka_unit_test(nothing_merges_to_nothing),
        cmocka_unit_test(tiles_fit),
        cmocka_unit_test(results_are_new),
        cmocka_unit_test(rings_are_cut),
        cmocka_unit_test(reads_encodings),
        cmocka_unit_test(packs),
        cmocka_unit_test(keeps_tiles),
        cmocka_unit_test(forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
