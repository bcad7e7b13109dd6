/* Landscape metrics against the values of the reference card and against slow counts. */
#include <stdio.h>

#include "model/grids.h"

static char *text_of(world *w, const char *name)
{
    size_t n = 0;
    char *t = test_read_file(test_path(w->dir, name), &n);
    assert_non_null(t);
    return t;
}

/* Value in the line that begins with `key` ("": the second line) under the column `name`; NaN where
 * it is empty. */
static double at(const char *table, const char *key, const char *name)
{
    size_t n = strlen(key), len = strlen(name);
    const char *h = table, *s = strchr(table, '\n') + 1, *end = NULL;
    int column = 0;
    while (strncmp(h, name, len) != 0 || (h[len] != ',' && h[len] != '\n')) {
        h = strpbrk(h, ",\n");
        assert_true(h != NULL && *h == ',');
        h++;
        column++;
    }
    while (n > 0 && (strncmp(s, key, n) != 0 || s[n] != ',')) {
        s = strchr(s, '\n');
        assert_non_null(s);
        s++;
    }
    for (int i = 0; i < column; i++) {
        s = strpbrk(s, ",\n") + 1;
    }
    double v = strtod(s, (char **)&end);
    return *s == ',' || *s == '\n' || end == s ? (double)NAN : v;
}

#define METRICS(w, ...)                                                                            \
    RUN(w, "landscape-metrics", {IN, "classes", "m.tif"}, {OUT, "classes", "c.csv"},               \
        {OUT, "landscape", "l.csv"}, {OUT, "patches", "p.csv"}, __VA_ARGS__)

static void put_card(world *w)
{
    static const char *const rows[] = {"111223", "111233", "112223", "222122", "321112", "331122"};
    double v[36];
    for (int i = 0; i < 36; i++) {
        v[i] = rows[i / 6][i % 6] - '0';
    }
    put_grid(w, "m.tif", GT_CELL_U8, v);
}

/* Validation B of the card. */
static void values_of_the_card(void **state)
{
    static const char *const names[] = {"NP",    "TE",  "LSI",      "SHAPE_MN", "ENN_MN", "CLUMPY",
                                        "PLADJ", "IJI", "COHESION", "AI",       "MESH"};
    static const double want[3][11] = {
        {2, 160, 1.5, 1.1, 22.36068, 0.672727, 57.142857, 33.729007, 74.527514, 80, 0.027778},
        {1, 240, 2.0, 2.0, (double)NAN, 0.376623, 46.666667, 95.4434, 89.016133, 63.636364, 0.0625},
        {2, 100, 1.5, 1.125, 50, 0.534483, 35.714286, 46.899559, 56.201144, 62.5, 0.006944}};
    static const char *const land[] = {"TE",       "ED",       "LSI",  "CONTAG", "IJI",
                                       "COHESION", "DIVISION", "SHDI", "SHEI",   "AI"};
    static const double all[] = {250,       694.444444, 2.041667, 13.0941, 73.096293,
                                 79.842059, 0.729938,   1.050493, 0.9562,  69.77904};
    world w;
    (void)state;
    world_new(&w, 6, 6);
    put_card(&w);
    assert_ok(w.ctx, METRICS(&w, {WITH, "neighbours", "8"}));
    char *c = text_of(&w, "c.csv"), *l = text_of(&w, "l.csv"), *p = text_of(&w, "p.csv");
    for (int k = 0; k < 3; k++) {
        char key[2] = {(char)('1' + k), '\0'};
        for (int i = 0; i < 11; i++) {
            double v = at(c, key, names[i]);
            assert_true(isnan(want[k][i]) == isnan(v));
            if (!isnan(v)) {
                assert_near(v, want[k][i], 1e-6 * fmax(1, fabs(want[k][i])));
            }
        }
    }
    for (int i = 0; i < 10; i++) {
        assert_near(at(l, "", land[i]), all[i], 1e-4 * fabs(all[i]) / 2);
    }
    assert_near(at(l, "", "TA"), 0.36, 1e-12);
    assert_near(at(l, "", "PR"), 3, 0);
    assert_near(at(c, "1", "PLAND"), 100 * 14.0 / 36, 1e-7);
    assert_near(at(p, "1", "AREA"), 0.08, 1e-12); /* the first patch of 1: eight cells */
    free(c);
    free(l);
    free(p);
    world_free(&w);
}

/* A square: shape 1, fractal 1, contiguity by hand, core by depth; distances over nodata. */
static void one_square(void **state)
{
    world w;
    (void)state;
    world_new(&w, 9, 7);
    double v[63];
    for (int i = 0; i < 63; i++) {
        int c = i % 9, r = i / 9;
        v[i] = c >= 1 && c <= 5 && r >= 1 && r <= 5 ? 4 : c == 8 && r == 1 ? 4 : (double)NAN;
    }
    put_grid(&w, "m.tif", GT_CELL_U8, v);
    assert_ok(w.ctx, METRICS(&w, {WITH, "edge", "1"}));
    char *p = text_of(&w, "p.csv"), *c = text_of(&w, "c.csv"), *l = text_of(&w, "l.csv");
    assert_near(at(p, "1", "PERIM"), 200, 1e-9);
    assert_near(at(p, "1", "SHAPE"), 1, 1e-9);
    assert_near(at(p, "1", "FRAC"), 2 * log(50) / log(2500), 1e-9);
    /* 9 inner cells 13, 12 on sides 9, 4 corners 6 */
    assert_near(at(p, "1", "CONTIG"), ((9.0 * 13 + 12 * 9 + 4 * 6) / 25 - 1) / 12, 1e-9);
    assert_near(at(p, "1", "CORE"), 0.09, 1e-12);
    assert_near(at(p, "1", "ENN"), 30, 1e-9);
    assert_near(at(p, "2", "ENN"), 30, 1e-9);
    assert_near(at(p, "2", "SHAPE"), 1, 1e-9);
    assert_near(at(p, "2", "FRAC"), 1, 0);
    assert_near(at(c, "4", "TE"), 0, 0);
    assert_near(at(c, "4", "PLAND"), 100, 1e-9);
    assert_true(isnan(at(c, "4", "IJI")) && isnan(at(c, "4", "CLUMPY")));
    assert_true(isnan(at(l, "", "CONTAG")) && isnan(at(l, "", "SHEI"))); /* one class */
    free(p);
    free(c);
    free(l);
    assert_ok(w.ctx, METRICS(&w, {WITH, "edge", "2"}));
    p = text_of(&w, "p.csv");
    assert_near(at(p, "1", "CORE"), 0.01, 1e-12);
    assert_near(at(p, "1", "CAI"), 4, 1e-9);
    free(p);
    world_free(&w);
}

/* Random maps: distances against all pairs of cells; sums that must hold; turning changes nothing.
 */
static void slow_counts(void **state)
{
    enum { N = 40 };
    static double v[N * N], t[N * N], id[N * N];
    world w;
    test_rng rng;
    (void)state;
    world_new(&w, N, N);
    for (uint64_t seed = 1; seed <= 4; seed++) {
        test_rng_seed(&rng, seed);
        for (int i = 0; i < N * N; i++) {
            double u = test_rng_real(&rng);
            v[i] = u < 0.05 ? (double)NAN : u < 0.2 ? 1 : u < 0.26 ? 2 : 3;
        }
        put_grid(&w, "m.tif", GT_CELL_U8, v);
        assert_ok(w.ctx, METRICS(&w, {WITH, "neighbours", seed % 2 == 0 ? "4" : "8"}));
        assert_ok(w.ctx,
                  RUN(&w, "patches", {IN, "classes", "m.tif"}, {OUT, "size", "s.tif"},
                      {OUT, "number", "n.tif"}, {WITH, "corners", seed % 2 == 0 ? "no" : "yes"}));
        double *number = get_grid(&w, "n.tif");
        memcpy(id, number, sizeof id);
        free(number);
        char *p = text_of(&w, "p.csv"), *l = text_of(&w, "l.csv"), *c = text_of(&w, "c.csv");
        double area = 0;
        for (int k = 1; k <= (int)at(l, "", "NP"); k += 3) {
            char key[16];
            double best = (double)INFINITY;
            (void)snprintf(key, sizeof key, "%d", k);
            for (int i = 0; i < N * N; i++) {
                for (int j = 0; id[i] == k && j < N * N; j++) {
                    if (id[j] != k && v[j] == v[i]) {
                        best = fmin(best, hypot(i % N - j % N, i / N - j / N));
                    }
                }
            }
            double got = at(p, key, "ENN");
            assert_true(isinf(best) ? isnan(got) : fabs(got - 10 * best) < 1e-6);
        }
        for (int k = 1; k <= 3; k++) {
            char key[2] = {(char)('0' + k), '\0'};
            area += at(c, key, "CA");
        }
        assert_near(area, at(l, "", "TA"), 1e-9);
        assert_near(at(c, "1", "TE") + at(c, "2", "TE") + at(c, "3", "TE"), 2 * at(l, "", "TE"),
                    1e-6);
        for (int i = 0; i < N * N; i++) {
            t[i] = v[i % N * N + N - 1 - i / N]; /* a quarter turn */
        }
        put_grid(&w, "m.tif", GT_CELL_U8, t);
        assert_ok(w.ctx, METRICS(&w, {WITH, "neighbours", seed % 2 == 0 ? "4" : "8"}));
        char *l2 = text_of(&w, "l.csv");
        static const char *const same[] = {"NP",     "TE",        "LSI",   "CONTAG", "COHESION",
                                           "ENN_MN", "SHDI",      "PLADJ", "MESH",   "SHAPE_MN",
                                           "TCA",    "GYRATE_MN", "AI",    "FRAC_MN"};
        for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
            assert_near(at(l, "", same[i]), at(l2, "", same[i]), 1e-8 * fabs(at(l, "", same[i])));
        }
        free(p);
        free(l);
        free(c);
        free(l2);
    }
    world_free(&w);
}

static void refusals(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 1);
    put_grid(&w, "m.tif", GT_CELL_F32, (const double[]){1, 2.5, 3});
    assert_fails(w.ctx, METRICS(&w, {WITH, "edge", "1"}), GT_E_INPUT, "grid.not-integer");
    put_constant(&w, "m.tif", (double)NAN);
    assert_fails(w.ctx, METRICS(&w, {WITH, "edge", "1"}), GT_E_INPUT, "connect.no-cells");
    assert_fails(w.ctx, METRICS(&w, {WITH, "edge", "0"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, METRICS(&w, {WITH, "neighbours", "6"}), GT_E_INPUT, "model.choice");
    world_free(&w);
}

/* Under ceilings the map goes by bands of some rows; the tables are the same to the letter. */
static void bands_are_the_whole(void **state)
{
    enum { COLS = 300, ROWS = 420 };
    static const size_t ceilings[] = {700000, 1000000, 2000000};
    static const char *const depths[] = {"1", "4", "23"};
    char *whole[3], *part[3];
    static const char *const names[] = {"c.csv", "l.csv", "p.csv"};
    int banded = 0;
    world w;
    (void)state;
    world_new(&w, COLS, ROWS);
    double *v = malloc((size_t)(COLS * ROWS) * sizeof *v);
    test_rng rng;
    test_rng_seed(&rng, 17);
    for (int i = 0; i < COLS * ROWS; i++) {
        int c = i % COLS, r = i / COLS;
        v[i] = 1 + (c / 37 + r / 53 + (c + r) / 90) % 4;
        v[i] = c > 200 && r > 60 && r < 75 ? (double)NAN : v[i];
        v[i] = test_rng_real(&rng) < 0.002 ? 9 : v[i];
    }
    put_grid(&w, "m.tif", GT_CELL_I32, v);
    free(v);
    for (int d = 0; d < 3; d++) {
#define BANDS                                                                                      \
    RUN(&w, "landscape-metrics", {IN, "classes", "m.tif"}, {OUT, "classes", "c.csv"},              \
        {OUT, "landscape", "l.csv"}, {OUT, "patches", "p.csv"}, {WITH, "edge", depths[d]})
        assert_ok(w.ctx, BANDS);
        for (int k = 0; k < 3; k++) {
            whole[k] = text_of(&w, names[k]);
        }
        for (size_t i = 0; i < sizeof ceilings / sizeof *ceilings; i++) {
            gt_ctx_options o;
            gt_ctx *plenty = w.ctx;
            gt_ctx_options_init(&o);
            o.threads = 2;
            o.memory_ceiling = ceilings[i];
            w.ctx = gt_ctx_new(&o);
            gt_status st = BANDS;
            if (st == GT_OK) {
                banded += ceilings[i] < (size_t)COLS * ROWS * 8; /* less than the whole takes */
                for (int k = 0; k < 3; k++) {
                    part[k] = text_of(&w, names[k]);
                    assert_string_equal(part[k], whole[k]);
                    free(part[k]);
                }
            } else {
                assert_fails(w.ctx, st, GT_E_MEMORY, NULL);
            }
            gt_ctx_free(w.ctx);
            w.ctx = plenty;
        }
        for (int k = 0; k < 3; k++) {
            free(whole[k]);
        }
    }
    print_message("%d runs under less memory than the whole map takes\n", banded);
    assert_true(banded > 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_the_card),  cmocka_unit_test(one_square),
        cmocka_unit_test(slow_counts),         cmocka_unit_test(refusals),
        cmocka_unit_test(bands_are_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
