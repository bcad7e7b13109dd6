/* Landscape pattern: MSPA classes. */
#include <stdio.h>

#include "model/grids.h"

enum { SIDE_MAX = 60 };

/* Rows of '#' (foreground), '.' (background) and '?' (missing). */
static void put_map(world *w, const char *const *rows, int n)
{
    double v[SIDE_MAX * SIDE_MAX];
    w->rows = n;
    w->cols = (int64_t)strlen(rows[0]);
    for (int i = 0; i < n * (int)w->cols; i++) {
        char c = rows[i / (int)w->cols][i % (int)w->cols];
        v[i] = c == '#' ? 1 : c == '?' ? (double)NAN : 0;
    }
    put_grid(w, "f.tif", GT_CELL_U8, v);
}

#define MSPA(w, ...)                                                                               \
    RUN(w, "mspa", {IN, "foreground", "f.tif"}, {OUT, "pattern", "m.tif"},                         \
        {OUT, "areas", "a.csv"}, __VA_ARGS__)

static int count(world *w, int code)
{
    double *v = get_grid(w, "m.tif");
    int n = 0;
    for (int64_t i = 0; i < w->cols * w->rows; i++) {
        n += code < 0 ? isnan(v[i]) : v[i] == code; /* below 0: nodata */
    }
    free(v);
    return n;
}

/* The maps of the card. */
static void mspa_of_the_card(void **state)
{
    static const char *const block[] = {".......", ".#####.", ".#####.", ".#####.",
                                        ".#####.", ".#####.", "......."};
    static const char *const hole[] = {".........", ".#######.", ".#######.",
                                       ".#######.", ".###.###.", ".#######.",
                                       ".#######.", ".#######.", "........."};
    static const char *const small[] = {"....", ".##.", ".##.", "...."};
    static const char *const two[] = {"...........", ".###...###.", ".#########.", ".###...###.",
                                      "..........."};
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_map(&w, block, 7);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "no"}));
    assert_int_equal(count(&w, 17), 9);
    assert_int_equal(count(&w, 3), 16);
    put_map(&w, hole, 9);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "no"}));
    assert_int_equal(count(&w, 17), 16);
    assert_int_equal(count(&w, 3), 24);
    assert_int_equal(count(&w, 5), 8);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "yes"}));
    assert_int_equal(count(&w, 5), 8);   /* the rim of an outer core's hole is outside */
    assert_int_equal(count(&w, 100), 1); /* the hole */
    put_map(&w, small, 4);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "no"}));
    assert_int_equal(count(&w, 9), 4);
    put_map(&w, two, 5);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "no"}));
    assert_int_equal(count(&w, 17), 2);
    assert_int_equal(count(&w, 33), 3);
    assert_int_equal(count(&w, 3), 14);
    assert_int_equal(count(&w, 35), 2);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "no"}, {WITH, "transition", "no"}));
    assert_int_equal(count(&w, 3), 16);
    char *areas = test_read_file(test_path(w.dir, "a.csv"), &(size_t){0});
    assert_non_null(strstr(areas, "\n33,bridge,3,300,0.142857"));
    free(areas);
    world_free(&w);
}

/* A loop, a branch, an islet in a hole, a core in a hole: each where it should be. */
static void mspa_kinds(void **state)
{
    static const char *const loop[] = {
        ".............", ".#####.......", ".#########...", ".#####...#...", ".#####...#...",
        ".#########...", ".#####.......", ".###.........", ".###.........", "............."};
    static const char *const branch[] = {"..........", ".###......", ".######...", ".###......",
                                         ".........."};
    static const char *const nest[] = {
        ".................", ".###############.", ".###############.", ".###############.",
        ".###.........###.", ".###.........###.", ".###..###....###.", ".###..###....###.",
        ".###..###....###.", ".###......#..###.", ".###.........###.", ".###.........###.",
        ".###############.", ".###############.", ".###############.", "................."};
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_map(&w, loop, 10);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "yes"}));
    assert_int_equal(count(&w, 65), 10 - 2 + 0);
    assert_int_equal(count(&w, 33), 0);
    assert_int_equal(count(&w, 67), 2);
    assert_int_equal(count(&w, 220), 6); /* what the loop encloses */
    put_map(&w, branch, 5);
    assert_ok(w.ctx, MSPA(&w, {WITH, "edge", "1"}));
    assert_int_equal(count(&w, 1), 3);
    assert_int_equal(count(&w, 17), 1);
    assert_int_equal(count(&w, 3), 8);
    put_map(&w, nest, 16);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "yes"}));
    assert_int_equal(count(&w, 109), 1); /* islet in the hole */
    assert_int_equal(count(&w, 117), 1); /* core in the hole, with its own edge */
    assert_int_equal(count(&w, 103), 8);
    assert_int_equal(count(&w, 5), 2 * (11 + 8));
    assert_int_equal(count(&w, 3), 2 * (15 + 12));
    assert_int_equal(count(&w, 17), 2 * (13 + 10));
    assert_int_equal(count(&w, 100), 9 * 8 - 9 - 1);
    assert_ok(w.ctx, MSPA(&w, {WITH, "internal", "no"}));
    assert_int_equal(count(&w, 17), 2 * (13 + 10) + 1);
    assert_int_equal(count(&w, 9), 1);
    world_free(&w);
}

/* Cells beyond the map and missing cells make no edge. */
static void mspa_border(void **state)
{
    static const char *const full[] = {"####", "####", "####"};
    static const char *const missing[] = {"#####", "##?##", "#####"};
    static const char *const none[] = {"????", "????"};
    static const char *const thick[] = {"...........", ".#########.", ".#########.", ".#########.",
                                        ".#########.", ".#########.", "..........."};
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_map(&w, full, 3);
    assert_ok(w.ctx, MSPA(&w, {WITH, "edge", "1"}));
    assert_int_equal(count(&w, 17), 12);
    put_map(&w, missing, 3);
    assert_ok(w.ctx, MSPA(&w, {WITH, "edge", "2"}));
    assert_int_equal(count(&w, 17), 14);
    assert_int_equal(count(&w, -1), 1);
    put_map(&w, none, 2);
    assert_ok(w.ctx, MSPA(&w, {WITH, "edge", "1"}));
    assert_int_equal(count(&w, -1), 8);
    put_map(&w, thick, 7);
    assert_ok(w.ctx, MSPA(&w, {WITH, "edge", "2"}));
    assert_int_equal(count(&w, 17), 5);
    assert_int_equal(count(&w, 3), 9 * 5 - 5); /* corners too: opening by a disc of 2.98 */
    assert_fails(w.ctx, MSPA(&w, {WITH, "edge", "0"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, MSPA(&w, {WITH, "connectivity", "6"}), GT_E_INPUT, "model.choice");
    world_free(&w);
}

/* Core, edge, perforation and islet do not depend on the order of thinning: the same when the map
 * is turned or mirrored; every cell has one class; foreground stays foreground. */
static void mspa_turned(void **state)
{
    enum { N = 50 };
    static double v[N * N], t[N * N];
    world w;
    test_rng rng;
    (void)state;
    world_new(&w, N, N);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        test_rng_seed(&rng, seed);
        memset(v, 0, sizeof v);
        for (int k = 0; k < 45; k++) {
            int c = (int)(test_rng_real(&rng) * N), r = (int)(test_rng_real(&rng) * N);
            int a = 1 + (int)(test_rng_real(&rng) * 10), b = 1 + (int)(test_rng_real(&rng) * 10);
            for (int i = 0; i < a * b; i++) {
                if (c + i % a < N && r + i / a < N) {
                    v[(r + i / a) * N + c + i % a] = k % 4 != 3;
                }
            }
        }
        static const char *const edges[] = {"1", "2", "3"}, *const ways[] = {"8", "4"};
        const char *edge = edges[seed % 3], *way = ways[seed % 2];
        put_grid(&w, "f.tif", GT_CELL_U8, v);
        assert_ok(w.ctx, MSPA(&w, {WITH, "edge", edge}, {WITH, "connectivity", way},
                              {WITH, "transition", "no"}));
        double *m = get_grid(&w, "m.tif");
        for (int turn = 0; turn < 3; turn++) { /* mirrored, upside down, over the diagonal */
            for (int i = 0; i < N * N; i++) {
                int r = i / N, c = i % N;
                t[i] = turn == 0   ? v[r * N + N - 1 - c]
                       : turn == 1 ? v[(N - 1 - r) * N + c]
                                   : v[c * N + r];
            }
            put_grid(&w, "f.tif", GT_CELL_U8, t);
            assert_ok(w.ctx, MSPA(&w, {WITH, "edge", edge}, {WITH, "connectivity", way},
                                  {WITH, "transition", "no"}));
            double *x = get_grid(&w, "m.tif");
            int differ = 0;
            for (int i = 0; i < N * N; i++) {
                int r = i / N, c = i % N;
                double was = turn == 0   ? m[r * N + N - 1 - c]
                             : turn == 1 ? m[(N - 1 - r) * N + c]
                                         : m[c * N + r];
                int plain = (int)was % 100;
                bool free_of_order = plain == 17 || plain == 9 || plain == 0 || was == 220;
                assert_true(!free_of_order || x[i] == was);
                assert_int_equal(t[i] != 0, x[i] != 0 && x[i] != 100 && x[i] != 220);
                differ += x[i] != was;
            }
            assert_true(differ < N * N / 25); /* connectors may lie beside each other */
            free(x);
        }
        free(m);
    }
    world_free(&w);
}

/* Blocks and single cells, some missing. */
static void put_random(world *w, uint64_t seed)
{
    size_t n = (size_t)(w->cols * w->rows);
    double *v = calloc(n, sizeof *v);
    test_rng rng;
    test_rng_seed(&rng, seed);
    for (int k = 0; k < (int)(n / 40); k++) {
        int64_t c = (int64_t)(test_rng_real(&rng) * (double)w->cols);
        int64_t r = (int64_t)(test_rng_real(&rng) * (double)w->rows);
        int64_t a = 1 + (int64_t)(test_rng_real(&rng) * 16);
        int64_t b = 1 + (int64_t)(test_rng_real(&rng) * 16);
        double value = k % 23 == 22 ? (double)NAN : k % 4 != 3;
        for (int64_t i = 0; i < a * b; i++) {
            if (c + i % a < w->cols && r + i / a < w->rows) {
                v[(r + i / a) * w->cols + c + i % a] = value;
            }
        }
    }
    put_grid(w, "f.tif", GT_CELL_U8, v);
    free(v);
}

/* One number for all cells (FNV-1a). */
static uint64_t hash_of(world *w)
{
    double *v = get_grid(w, "m.tif");
    uint64_t h = 0xcbf29ce484222325U;
    for (int64_t i = 0; i < w->cols * w->rows; i++) {
        h = (h ^ (isnan(v[i]) ? 255U : (uint64_t)v[i])) * 0x100000001b3U;
    }
    free(v);
    return h;
}

/* Each cell is where the thinning by one queue over a map in memory had it, in memory and in a
 * mapped file, on any number of threads. */
static void mspa_same_cells(void **state)
{
    static const char *const edges[] = {"1", "2", "5", "12"};
    static const uint64_t known[4][2] = {{0x81284043888746cbU, 0x9756d8db0db52c63U},
                                         {0xf35e2ff61ba6eb7dU, 0x3c41fadb80ba09a9U},
                                         {0xa20e1dc737822522U, 0x90496f6aca343f8aU},
                                         {0xb461c069780ac40cU, 0xe59f4660bdebeba0U}};
    static const size_t ceilings[] = {0, (size_t)6 << 20};
    world w;
    (void)state;
    world_new(&w, 900, 800);
    gt_ctx *roomy = w.ctx;
    for (uint64_t e = 0; e < 4; e++) {
        put_random(&w, 31 + e);
        for (int way = 0; way < 2; way++) {
            for (int k = 0; k < 4; k++) {
                gt_ctx_options o;
                gt_ctx_options_init(&o);
                o.memory_ceiling = ceilings[k / 2];
                o.threads = 1 + 2 * (k % 2);
                w.ctx = gt_ctx_new(&o);
                assert_ok(w.ctx, MSPA(&w, {WITH, "edge", edges[e]},
                                      {WITH, "connectivity", way == 0 ? "8" : "4"}));
                assert_true(k < 2 || gt_ctx_memory_peak(w.ctx) <= ceilings[1]);
                assert_int_equal(hash_of(&w), known[e][way]);
                gt_ctx_free(w.ctx);
                w.ctx = roomy;
            }
        }
    }
    world_free(&w);
}

/* A folder for the mapped file that is not there; a ceiling too low even for rows; bad input. */
static void mspa_refused(void **state)
{
    world w;
    gt_ctx_options o;
    (void)state;
    world_new(&w, 900, 800);
    put_random(&w, 5);
    gt_ctx *roomy = w.ctx;
    gt_ctx_options_init(&o);
    o.memory_ceiling = (size_t)6 << 20;
    o.threads = 1;
    const char *was = getenv("TMPDIR");
    char *kept = was == NULL ? NULL : strdup(was);
    w.ctx = gt_ctx_new(&o);
    (void)setenv("TMPDIR", "/nonexistent/folder", 1);
    assert_fails(w.ctx, MSPA(&w, {WITH, "edge", "2"}), GT_E_ENV, "base.system");
    if (kept == NULL) {
        (void)unsetenv("TMPDIR");
    } else {
        (void)setenv("TMPDIR", kept, 1);
    }
    free(kept);
    assert_ok(w.ctx, MSPA(&w, {WITH, "edge", "2"}));
    gt_ctx_free(w.ctx);
    o.memory_ceiling = 20000;
    w.ctx = gt_ctx_new(&o);
    assert_int_equal(MSPA(&w, {WITH, "edge", "2"}), GT_E_MEMORY);
    gt_ctx_free(w.ctx);
    w.ctx = roomy;
    double *v = calloc((size_t)(w.cols * w.rows), sizeof *v);
    v[700] = 0.5;
    put_grid(&w, "f.tif", GT_CELL_F32, v);
    free(v);
    assert_fails(w.ctx, MSPA(&w, {WITH, "edge", "2"}), GT_E_INPUT, "grid.not-integer");
    assert_fails(w.ctx, MSPA(&w, {WITH, "edge", "101"}), GT_E_INPUT, "model.range");
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mspa_of_the_card), cmocka_unit_test(mspa_kinds),
        cmocka_unit_test(mspa_border),      cmocka_unit_test(mspa_turned),
        cmocka_unit_test(mspa_same_cells),  cmocka_unit_test(mspa_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
