/* Connectivity: resistance, linkage network, indices of networks. */
#include <stdio.h>

#include "model/grids.h"

enum { COLS = 70, ROWS = 66, SIZE = COLS * ROWS, SOURCES = 7 };

static char *text_of(world *w, const char *name)
{
    size_t n = 0;
    char *t = test_read_file(test_path(w->dir, name), &n);
    assert_non_null(t);
    return t;
}

/* Number in that column (0-based) of the line that begins with `key`. */
static double cell_of(const char *table, const char *key, int column)
{
    size_t n = strlen(key);
    const char *s = table;
    while (s != NULL && (strncmp(s, key, n) != 0 || s[n] != ',')) {
        s = strchr(s, '\n');
        s = s == NULL ? NULL : s + 1;
    }
    assert_non_null(s);
    for (int i = 0; i < column; i++) {
        s = strchr(s, ',') + 1;
    }
    return strtod(s, NULL);
}

/* ---- resistance
 * -----------------------------------------------------------------------------------
 */

static void resistance(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "land.tif", GT_CELL_U8, (const double[]){1, 2, 3, 1, (double)NAN});
    put_grid(&w, "light.tif", GT_CELL_F32, (const double[]){1, 2, 1, 4, 1});
    put_grid(&w, "wall.tif", GT_CELL_U8, (const double[]){0, 0, 0, 1, 0});
#define LAND {IN, "classes", "land.tif"}, {IN, "factor1", "light.tif"}, {OUT, "resistance", "r.tif"}
    assert_ok(w.ctx, RUN(&w, "resistance", LAND, {WITH, "table", "1=1, 2=50"}));
    double *v = get_grid(&w, "r.tif");
    assert_near(v[0], 1, 0);
    assert_near(v[1], 100, 0);
    assert_near(v[3], 4, 0);
    assert_true(isnan(v[2]) && isnan(v[4])); /* not in the table; nodata */
    free(v);
    assert_ok(w.ctx, RUN(&w, "resistance", LAND, {IN, "barriers", "wall.tif"},
                         {WITH, "table", "1=1, 2=50"}, {WITH, "otherwise", "9"}));
    v = get_grid(&w, "r.tif");
    assert_near(v[2], 9, 0);
    assert_true(isnan(v[3])); /* a barrier cuts unless a number is stated */
    free(v);
    assert_ok(w.ctx, RUN(&w, "resistance", LAND, {IN, "barriers", "wall.tif"},
                         {WITH, "table", "1=1, 2=50"}, {WITH, "barrier", "1000000"}));
    v = get_grid(&w, "r.tif");
    assert_near(v[3], 1e6, 0);
    free(v);
    world_free(&w);
}

static void resistance_refuses(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 1);
    put_grid(&w, "land.tif", GT_CELL_U8, (const double[]){1, 2, 3});
    put_grid(&w, "light.tif", GT_CELL_F32, (const double[]){1, 0, 1});
    assert_fails(w.ctx, RUN(&w, "resistance", LAND, {WITH, "table", "1=1,2=5,3=0.5"}), GT_E_INPUT,
                 "connect.resistance"); /* 5 x 0 */
    assert_fails(w.ctx,
                 RUN(&w, "resistance", {IN, "classes", "land.tif"}, {OUT, "resistance", "r.tif"},
                     {WITH, "table", "1=1,2=5,3=0.5"}),
                 GT_E_INPUT, "connect.resistance");
    assert_fails(w.ctx, RUN(&w, "resistance", LAND, {WITH, "table", "1=-1"}), GT_E_INPUT,
                 "model.range");
    assert_fails(w.ctx, RUN(&w, "resistance", LAND), GT_E_USAGE, "model.missing");
    assert_ok(w.ctx,
              RUN(&w, "resistance", LAND, {WITH, "table", "1=1,2=5,3=0.5"}, {WITH, "cut", "yes"}));
    assert_near(first_of(&w, "r.tif"), 1, 0);
    world_free(&w);
}

/* ---- linkage
 * --------------------------------------------------------------------------------------
 */

/* A map with hills, a wall with a gap, and sources that are squares. */
static void random_map(uint64_t seed, double *r, double *src)
{
    test_rng rng;
    test_rng_seed(&rng, seed);
    for (int i = 0; i < SIZE; i++) {
        r[i] = 1 + floor(test_rng_real(&rng) * 20);
        src[i] = 0;
        if (i % COLS == 40 && i / COLS != 50) {
            r[i] = (double)NAN;
        }
    }
    for (int k = 0; k < SOURCES; k++) {
        int c = (int)(test_rng_real(&rng) * (COLS - 6)),
            y = (int)(test_rng_real(&rng) * (ROWS - 4));
        for (int i = 0; i < 12; i++) {
            int at = (y + i / 4) * COLS + c + i % 4;
            if (src[at] == 0 && !isnan(r[at])) {
                src[at] = 10 * (k + 1);
            }
        }
    }
}

/* Costs from one source by sweeps until nothing changes; other sources are entered, not left. */
static void slow_field(const double *r, const double *src, double id, double *d)
{
    bool changed = true;
    for (int i = 0; i < SIZE; i++) {
        d[i] = src[i] == id ? 0 : (double)INFINITY;
    }
    while (changed) {
        changed = false;
        for (int i = 0; i < SIZE; i++) {
            if (isinf(d[i]) || (src[i] != 0 && src[i] != id)) {
                continue;
            }
            for (int k = 0; k < 9; k++) {
                int c = i % COLS + k % 3 - 1, y = i / COLS + k / 3 - 1, j = y * COLS + c;
                if (c < 0 || y < 0 || c >= COLS || y >= ROWS || isnan(r[j]) || j == i) {
                    continue;
                }
                double v = d[i] + (k % 2 == 0 ? sqrt(200) : 10) / 2 * (r[i] + r[j]);
                changed = changed || v < d[j];
                d[j] = fmin(d[j], v);
            }
        }
    }
}

static int by_links(const char *links, int a, int b, double *cost)
{
    char key[32];
    for (int i = 1; i <= 60; i++) {
        (void)snprintf(key, sizeof key, "\n%d,%d,%d,", i, a, b);
        const char *s = strstr(links, key);
        if (s != NULL) {
            *cost = strtod(s + strlen(key), NULL);
            return i;
        }
    }
    return 0;
}

#define LINKAGE(w, ...)                                                                            \
    RUN(w, "linkage", {IN, "resistance", "r.tif"}, {IN, "sources", "s.tif"},                       \
        {OUT, "corridor", "c.tif"}, {OUT, "link", "l.tif"}, {OUT, "path", "p.tif"},                \
        {OUT, "zone", "z.tif"}, {OUT, "cost", "d.tif"}, {OUT, "links", "links.csv"},               \
        {OUT, "nodes", "nodes.csv"}, __VA_ARGS__)

/* Against full fields of every source: costs of links, mosaic, ways. */
static void linkage_agrees(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        static double r[SIZE], src[SIZE], d[SOURCES][SIZE], want[SIZE];
        world w;
        world_new(&w, COLS, ROWS);
        random_map(seed, r, src);
        put_grid(&w, "r.tif", GT_CELL_F32, r);
        put_grid(&w, "s.tif", GT_CELL_I32, src);
        assert_ok(w.ctx, LINKAGE(&w, {WITH, "cutoff", "400"}));
        char *links = text_of(&w, "links.csv");
        double *c = get_grid(&w, "c.tif"), *zone = get_grid(&w, "z.tif");
        for (int k = 0; k < SOURCES; k++) {
            slow_field(r, src, 10 * (k + 1), d[k]);
        }
        for (int i = 0; i < SIZE; i++) {
            want[i] = (double)INFINITY;
            double least = (double)INFINITY;
            for (int k = 0; k < SOURCES; k++) {
                least = fmin(least, d[k][i]);
            }
            assert_true(isnan(zone[i]) ? isinf(least)
                                       : fabs(d[(int)zone[i] / 10 - 1][i] - least) < 1e-3);
        }
        int n = 0;
        for (int a = 0; a < SOURCES; a++) {
            for (int b = a + 1; b < SOURCES; b++) {
                double cost = 0, best = (double)INFINITY;
                if (by_links(links, 10 * (a + 1), 10 * (b + 1), &cost) == 0) {
                    continue;
                }
                n++;
                for (int i = 0; i < SIZE; i++) {
                    best = src[i] == 10 * (b + 1) ? fmin(best, d[a][i]) : best;
                }
                assert_near(cost, best, 1e-6);
                for (int i = 0; i < SIZE; i++) {
                    double over = d[a][i] + d[b][i] - best;
                    want[i] = src[i] == 0 && over <= 400 ? fmin(want[i], over) : want[i];
                }
            }
        }
        assert_true(n >= SOURCES - 1 && n <= 3 * SOURCES);
        for (int i = 0; i < SIZE; i++) {
            if (src[i] != 0) {
                assert_near(c[i], 0, 0);
            } else if (isinf(want[i])) {
                assert_true(isnan(c[i]));
            } else {
                assert_near(c[i], want[i], 1e-3);
            }
        }
        free(links);
        free(c);
        free(zone);
        world_free(&w);
    }
}

/* Ways lie on cells of normalised cost 0; their length and number of sources are in the tables. */
static void linkage_tables(void **state)
{
    static double r[SIZE], src[SIZE];
    world w;
    (void)state;
    world_new(&w, COLS, ROWS);
    random_map(9, r, src);
    put_grid(&w, "r.tif", GT_CELL_F32, r);
    put_grid(&w, "s.tif", GT_CELL_I32, src);
    assert_ok(w.ctx, LINKAGE(&w, {WITH, "cutoff", "100"}));
    double *c = get_grid(&w, "c.tif"), *p = get_grid(&w, "p.tif");
    int n = 0;
    for (int i = 0; i < SIZE; i++) {
        if (!isnan(p[i])) {
            assert_near(c[i], 0, 1e-3);
            n++;
        }
    }
    assert_true(n > 30);
    char *nodes = text_of(&w, "nodes.csv"), *links = text_of(&w, "links.csv");
    assert_near(cell_of(nodes, "10", 2), 100 * cell_of(nodes, "10", 1), 0);
    assert_true(cell_of(nodes, "10", 5) >= 1);
    assert_true(strstr(links, "\"LINESTRING (") != NULL);
    assert_near(cell_of(links, "1", 5), cell_of(links, "1", 3) / cell_of(links, "1", 4), 1e-9);
    free(nodes);
    free(links);
    free(c);
    free(p);
    world_free(&w);
}

/* The same at any number of threads; turned and mirrored with the map. */
static void linkage_symmetry(void **state)
{
    static double r[SIZE], src[SIZE], r2[SIZE], src2[SIZE];
    world w;
    (void)state;
    random_map(5, r, src);
    world_new(&w, COLS, ROWS);
    put_grid(&w, "r.tif", GT_CELL_F32, r);
    put_grid(&w, "s.tif", GT_CELL_I32, src);
    assert_ok(w.ctx, LINKAGE(&w, {WITH, "cutoff", "300"}));
    double *c = get_grid(&w, "c.tif"), *l = get_grid(&w, "l.tif");
    char *links = text_of(&w, "links.csv");
    for (int threads = 1; threads <= 3; threads += 2) {
        gt_ctx *two = w.ctx;
        w.ctx = test_ctx_threads(threads);
        assert_ok(w.ctx, LINKAGE(&w, {WITH, "cutoff", "300"}));
        double *c1 = get_grid(&w, "c.tif"), *l1 = get_grid(&w, "l.tif");
        char *links1 = text_of(&w, "links.csv");
        assert_memory_equal(c, c1, SIZE * sizeof *c);
        assert_memory_equal(l, l1, SIZE * sizeof *l);
        assert_string_equal(links, links1);
        free(c1);
        free(l1);
        free(links1);
        gt_ctx_free(w.ctx);
        w.ctx = two;
    }
    for (int turn = 1; turn <= 3; turn++) { /* east-west, north-south, half a turn */
        for (int i = 0; i < SIZE; i++) {
            int x = turn & 1 ? COLS - 1 - i % COLS : i % COLS;
            int y = turn & 2 ? ROWS - 1 - i / COLS : i / COLS;
            r2[i] = r[y * COLS + x];
            src2[i] = src[y * COLS + x];
        }
        put_grid(&w, "r.tif", GT_CELL_F32, r2);
        put_grid(&w, "s.tif", GT_CELL_I32, src2);
        assert_ok(w.ctx, LINKAGE(&w, {WITH, "cutoff", "300"}));
        double *c1 = get_grid(&w, "c.tif");
        for (int i = 0; i < SIZE; i++) {
            int x = turn & 1 ? COLS - 1 - i % COLS : i % COLS;
            int y = turn & 2 ? ROWS - 1 - i / COLS : i / COLS;
            double v = c[y * COLS + x];
            /* at the cutoff itself rounding may fall to either side */
            assert_true(isnan(v) == isnan(c1[i]) || fabs((isnan(v) ? c1[i] : v) - 300) < 1e-3);
            assert_true(isnan(v) || isnan(c1[i]) || fabs(v - c1[i]) < 1e-3);
        }
        free(c1);
    }
    free(c);
    free(l);
    free(links);
    world_free(&w);
}

/* Uniform resistance: three sources in a row; the outer ones are no neighbours. */
static void linkage_line(void **state)
{
    world w;
    (void)state;
    world_new(&w, 21, 5);
    double r[105], s[105] = {0};
    for (int i = 0; i < 105; i++) {
        r[i] = 2;
    }
    for (int y = 0; y < 5; y++) {
        s[y * 21] = 1;
        s[y * 21 + 10] = 2;
        s[y * 21 + 20] = 3;
    }
    put_grid(&w, "r.tif", GT_CELL_F32, r);
    put_grid(&w, "s.tif", GT_CELL_I32, s);
    assert_ok(w.ctx, LINKAGE(&w, {WITH, "cutoff", "0"}));
    char *links = text_of(&w, "links.csv");
    double cost = 0;
    assert_int_equal(by_links(links, 1, 2, &cost), 1);
    assert_near(cost, 200, 0); /* 10 cells of 10 m at 2 */
    assert_int_equal(by_links(links, 2, 3, &cost), 2);
    assert_int_equal(by_links(links, 1, 3, &cost), 0);
    assert_near(cell_of(links, "1", 4), 100, 0);
    assert_true(strstr(links, "LINESTRING (500105.000 4399995.000, 500005.000 4399995.000)"));
    free(links);
    assert_ok(w.ctx, LINKAGE(&w, {WITH, "longest", "199"}, {WITH, "cutoff", "0"}));
    links = text_of(&w, "links.csv");
    assert_null(strstr(links, "LINESTRING"));
    free(links);
    world_free(&w);
}

/* Two sources whose zones touch only behind a third: their way is a detour. */
static void linkage_detours(void **state)
{
    enum { N = 41 };
    double s[N * N] = {0};
    world w;
    (void)state;
    world_new(&w, N, N);
    s[8 * N + 5] = 1;
    s[8 * N + 35] = 2;
    s[20] = 3; /* 18.3 cells from both; their zones touch from row 20 on, 20 cells from each */
    put_constant(&w, "r.tif", 1);
    put_grid(&w, "s.tif", GT_CELL_I32, s);
    for (int keep = 0; keep < 2; keep++) {
        double cost = 0;
        assert_ok(w.ctx,
                  LINKAGE(&w, {WITH, "cutoff", "0"}, {WITH, "detours", keep ? "yes" : "no"}));
        char *links = text_of(&w, "links.csv");
        assert_true(by_links(links, 1, 3, &cost) > 0 && by_links(links, 2, 3, &cost) > 0);
        assert_int_equal(by_links(links, 1, 2, &cost) > 0, keep);
        free(links);
    }
    world_free(&w);
}

/* Nodata parts the map: no link, no error, corridors nowhere. Mistakes are told with their cell. */
static void linkage_refuses(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "r.tif", GT_CELL_F32, (const double[]){1, 1, (double)NAN, 1, 1});
    put_grid(&w, "s.tif", GT_CELL_I32, (const double[]){1, 0, 0, 0, 2});
    assert_ok(w.ctx, LINKAGE(&w, {WITH, "cutoff", "5"}));
    double *c = get_grid(&w, "c.tif");
    assert_true(isnan(c[0]) && isnan(c[1]) && isnan(c[3]));
    free(c);
    put_grid(&w, "s.tif", GT_CELL_I32, (const double[]){1, 0, 2, 0, 0});
    assert_fails(w.ctx, LINKAGE(&w, {WITH, "cutoff", "5"}), GT_E_INPUT, "connect.source-nodata");
    put_grid(&w, "s.tif", GT_CELL_I32, (const double[]){1, 0, 0, 0, -2});
    assert_fails(w.ctx, LINKAGE(&w, {WITH, "cutoff", "5"}), GT_E_INPUT, "connect.source-id");
    put_grid(&w, "s.tif", GT_CELL_I32, (const double[]){0, 0, 0, 0, 7});
    assert_fails(w.ctx, LINKAGE(&w, {WITH, "cutoff", "5"}), GT_E_INPUT, "connect.too-few");
    put_grid(&w, "s.tif", GT_CELL_I32, (const double[]){0, 0, 0, 0, 0});
    assert_fails(w.ctx, LINKAGE(&w, {WITH, "cutoff", "5"}), GT_E_INPUT, "connect.too-few");
    put_grid(&w, "s.tif", GT_CELL_I32, (const double[]){1, 0, 0, 0, 7});
    static const double bad[] = {0, -1, 0.5};
    for (int i = 0; i < 3; i++) {
        put_grid(&w, "r.tif", GT_CELL_F32, (const double[]){1, 1, bad[i], 1, 1});
        assert_fails(w.ctx, LINKAGE(&w, {WITH, "cutoff", "5"}), GT_E_INPUT, "connect.resistance");
    }
    put_constant(&w, "r.tif", (double)NAN);
    assert_fails(w.ctx, LINKAGE(&w, {WITH, "cutoff", "5"}), GT_E_INPUT, "connect.source-nodata");
    assert_fails(w.ctx, LINKAGE(&w, {WITH, "cutoff", "-5"}), GT_E_INPUT, "model.range");
    put_constant(&w, "r.tif", 1);
    gt_cancel(w.ctx);
    assert_int_equal(LINKAGE(&w, {WITH, "cutoff", "5"}), GT_E_CANCELLED);
    world_free(&w);
}

/* ---- indices
 * --------------------------------------------------------------------------------------
 */

static void put_text(world *w, const char *name, const char *text)
{
    test_write_file(test_path(w->dir, name), text, strlen(text));
}

#define INDICES(w, ...)                                                                            \
    RUN(w, "network-indices", {IN, "nodes", "n.csv"}, {IN, "links", "l.csv"},                      \
        {OUT, "importance", "i.csv"}, {OUT, "network", "net.csv"}, {WITH, "distance", "length"},   \
        __VA_ARGS__)

/* The card: IIC 0.0202333; PC 0.0195, dPC of patch 2 44.6154 = 12.8205 + 29.7436 + 2.0513. */
static void indices_of_the_card(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_text(&w, "n.csv", "node,area\n1,10\n2,5\n3,2\n");
    put_text(&w, "l.csv", "from,to,length\n1,2,1\n2,3,1\n");
    assert_ok(w.ctx, INDICES(&w, {WITH, "d0", "1"}, {WITH, "landscape", "100"}));
    char *net = text_of(&w, "net.csv");
    assert_near(cell_of(net, "IIC", 1), 0.0202333, 5e-8);
    free(net);
    /* distances whose probabilities at d0 = ln 2, p0 = 0.5 are 0.5, 0.4 and 0.1 */
    put_text(&w, "l.csv",
             "from,to,length,wkt\r\n1,2,0.693147180559945,\"LINESTRING (0 0, 1 \"\"1)\"\r\n"
             "2,3,0.916290731874155,x\r\n1,3,2.302585092994046,\r\n");
    assert_ok(w.ctx, INDICES(&w, {WITH, "d0", "0.693147180559945"}, {WITH, "landscape", "100"}));
    net = text_of(&w, "net.csv");
    char *of = text_of(&w, "i.csv");
    assert_near(cell_of(net, "PC", 1), 0.0195, 1e-9);
    assert_near(cell_of(net, "ECA_PC", 1), sqrt(195), 1e-6);
    assert_near(cell_of(of, "2", 7), 44.6154, 5e-5);
    assert_near(cell_of(of, "2", 8), 12.8205, 5e-5);
    assert_near(cell_of(of, "2", 9), 29.7436, 5e-5);
    assert_near(cell_of(of, "2", 10), 2.0513, 5e-5);
    assert_near(cell_of(of, "2", 11), 1, 1e-12); /* 1 to 3 runs over 2 */
    assert_near(cell_of(of, "1", 11), 0, 1e-12);
    free(net);
    free(of);
    world_free(&w);
}

/* V = 8, L = 12: 0.4545, 1.5, 0.6667. A cube's vertices: each opposite pair has six equal ways. */
static void planar_indices(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_text(&w, "n.csv", "area,node\n1,0\n1,1\n1,2\n1,3\n1,4\n1,5\n1,6\n1,7\n");
    put_text(&w, "l.csv",
             "from,to,length\n0,1,1000\n2,3,1000\n4,5,1000\n6,7,1000\n0,2,1000\n1,3,1000"
             "\n4,6,1000\n5,7,1000\n0,4,1000\n1,5,1000\n2,6,1000\n3,7,1000\n");
    assert_ok(w.ctx, INDICES(&w, {WITH, "d0", "1000"}));
    char *net = text_of(&w, "net.csv"), *of = text_of(&w, "i.csv");
    assert_near(cell_of(net, "alpha", 1), 0.4545, 5e-5);
    assert_near(cell_of(net, "beta", 1), 1.5, 1e-12);
    assert_near(cell_of(net, "gamma", 1), 0.6667, 5e-5);
    assert_near(cell_of(net, "cost_ratio", 1), 0, 1e-12); /* 12 links of 1 km */
    /* 28 pairs: 12 of 1 link, 12 of 2, 4 of 3: 12 x 1 + 4 x 2 inner nodes over 8 nodes */
    assert_near(cell_of(of, "3", 11), 20.0 / 8, 1e-9);
    /* PC: 8 + 2 (12/2 + 12/4 + 4/8) over 64 */
    assert_near(cell_of(net, "PC", 1), 27.0 / 64, 1e-12);
    free(net);
    free(of);
    world_free(&w);
}

/* Taking a patch out really computes what is left: against a network without its rows. */
static void indices_without(void **state)
{
    enum { N = 12 };
    world w;
    test_rng rng;
    (void)state;
    world_new(&w, 1, 1);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        char nodes[2][1024] = {"node,area\n", "node,area\n"};
        char links[2][4096] = {"from,to,length\n", "from,to,length\n"}, row[64];
        test_rng_seed(&rng, seed);
        for (int i = 0; i < N; i++) {
            (void)snprintf(row, sizeof row, "%d,%.6f\n", i, 1 + 9 * test_rng_real(&rng));
            for (int k = 0; k < 2; k++) {
                if (k == 0 || i != 4) {
                    strncat(nodes[k], row, sizeof nodes[k] - strlen(nodes[k]) - 1);
                }
            }
        }
        for (int i = 0; i < N; i++) {
            for (int j = i + 1; j < N; j++) {
                if (test_rng_real(&rng) > 0.25) {
                    continue;
                }
                (void)snprintf(row, sizeof row, "%d,%d,%.6f\n", i, j, 100 * test_rng_real(&rng));
                for (int k = 0; k < 2; k++) {
                    if (k == 0 || (i != 4 && j != 4)) {
                        strncat(links[k], row, sizeof links[k] - strlen(links[k]) - 1);
                    }
                }
            }
        }
        double pc[2], iic[2], dpc = 0, diic = 0;
        for (int k = 0; k < 2; k++) {
            put_text(&w, "n.csv", nodes[k]);
            put_text(&w, "l.csv", links[k]);
            assert_ok(w.ctx, INDICES(&w, {WITH, "d0", "60"}, {WITH, "landscape", "500"}));
            char *net = text_of(&w, "net.csv"), *of = text_of(&w, "i.csv");
            pc[k] = cell_of(net, "PC", 1);
            iic[k] = cell_of(net, "IIC", 1);
            dpc = k == 0 ? cell_of(of, "4", 7) : dpc;
            diic = k == 0 ? cell_of(of, "4", 3) : diic;
            free(net);
            free(of);
        }
        assert_near(dpc, 100 * (pc[0] - pc[1]) / pc[0], 1e-6);
        assert_near(diic, 100 * (iic[0] - iic[1]) / iic[0], 1e-6);
    }
    world_free(&w);
}

static void indices_refuse(void **state)
{
    static const struct {
        const char *nodes, *links, *id;
    } bad[] = {{"node,size\n1,2\n", "from,to,length\n", "connect.column"},
               {"node,area\n1,2\n", "from,to\n", "connect.column"},
               {"node,area\n1,x\n", "from,to,length\n", "connect.table"},
               {"node,area\n1\n", "from,to,length\n", "connect.table"},
               {"node,area\n1,0\n", "from,to,length\n", "connect.table"},
               {"node,area\n1,1\n1,2\n", "from,to,length\n", "connect.table"},
               {"node,area\n", "from,to,length\n", "connect.too-few"},
               {"", "from,to,length\n", "connect.column"},
               {"node,area\n1,1\n2,1\n", "from,to,length\n1,3,2\n", "connect.no-node"},
               {"node,area\n1,1\n2,1\n", "from,to,length\n1,1,2\n", "connect.table"},
               {"node,area\n1,1\n2,1\n", "from,to,length\n1,2,-2\n", "connect.table"},
               {"node,area\n1,1\n2,1\n", "from,to,length\n1,2,nan\n", "connect.table"}};
    world w;
    (void)state;
    world_new(&w, 1, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_text(&w, "n.csv", bad[i].nodes);
        put_text(&w, "l.csv", bad[i].links);
        assert_fails(w.ctx, INDICES(&w, {WITH, "d0", "1"}), GT_E_INPUT, bad[i].id);
    }
    put_text(&w, "n.csv", "node,area\n1,1\n");
    put_text(&w, "l.csv", "from,to,length\n");
    assert_ok(w.ctx, INDICES(&w, {WITH, "d0", "1"})); /* one patch, no link */
    assert_fails(w.ctx, INDICES(&w, {WITH, "d0", "0"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, INDICES(&w, {WITH, "d0", "1"}, {WITH, "p0", "1"}), GT_E_INPUT,
                 "model.range");
    world_free(&w);
}

/* ---- barriers
 * -------------------------------------------------------------------------------------
 */

#define BARRIERS(w, ...)                                                                           \
    RUN(w, "barriers", {IN, "resistance", "r.tif"}, {IN, "sources", "s.tif"},                      \
        {OUT, "improvement", "b.tif"}, __VA_ARGS__)

/* By the definition: rings of cells around every cell, discs filled with the best. */
static void slow_barriers(const double *a, const double *b, double lcd, double r, double *out)
{
    static double centre[SIZE];
    int k = (int)r;
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < SIZE; i++) {
            double ma = (double)INFINITY, mb = (double)INFINITY, best = 0;
            for (int dy = -k; dy <= k; dy++) {
                for (int dx = -k; dx <= k; dx++) {
                    int c = i % COLS + dx, y = i / COLS + dy, j = y * COLS + c;
                    double d = hypot(dx, dy);
                    if (c < 0 || y < 0 || c >= COLS || y >= ROWS || d > r) {
                        continue;
                    }
                    best = fmax(best, centre[j]);
                    if (d > r - 1) {
                        ma = fmin(ma, a[j]);
                        mb = fmin(mb, b[j]);
                    }
                }
            }
            double reach = 20 * r;
            if (turn == 0) {
                out[i] = fmax((lcd - ma - mb - reach) / reach, 0);
            } else {
                out[i] = best;
            }
        }
        if (turn == 0) {
            memcpy(centre, out, sizeof centre);
        }
    }
}

static void barriers_agree(void **state)
{
    static double r[SIZE], src[SIZE], d[SOURCES][SIZE], one[SIZE], most[SIZE], sum[SIZE];
    world w;
    (void)state;
    world_new(&w, COLS, ROWS);
    random_map(3, r, src);
    put_grid(&w, "r.tif", GT_CELL_F32, r);
    put_grid(&w, "s.tif", GT_CELL_I32, src);
    assert_ok(w.ctx, LINKAGE(&w, {WITH, "cutoff", "0"}));
    char *links = text_of(&w, "links.csv");
    for (int k = 0; k < SOURCES; k++) {
        slow_field(r, src, 10 * (k + 1), d[k]);
    }
    for (int a = 0; a < SOURCES; a++) {
        for (int b = a + 1; b < SOURCES; b++) {
            double lcd = 0;
            if (by_links(links, 10 * (a + 1), 10 * (b + 1), &lcd) == 0) {
                continue;
            }
            slow_barriers(d[a], d[b], lcd, 3, one);
            for (int i = 0; i < SIZE; i++) {
                most[i] = fmax(most[i], one[i]);
                sum[i] += one[i];
            }
        }
    }
    for (int how = 0; how < 2; how++) {
        const double *want = how == 0 ? most : sum;
        assert_ok(w.ctx,
                  BARRIERS(&w, {WITH, "radii", "30 m"}, {WITH, "combine", how ? "sum" : "max"}));
        double *v = get_grid(&w, "b.tif"), top = 0;
        for (int i = 0; i < SIZE; i++) {
            assert_true(isnan(v[i]) ? want[i] == 0 && isnan(r[i])
                                    : fabs(v[i] - want[i]) < 1e-4 * (1 + want[i]));
            top = fmax(top, want[i]);
        }
        assert_true(top > 1);
        free(v);
    }
    free(links);
    world_free(&w);
}

/* LCD 120, m_A 30, m_B 40, r 5: 4.0 a unit, 3.333 %. Cells of 5 m, a wall of 9 after six steps. */
static void barrier_of_the_card(void **state)
{
    enum { N = 17, WALL = 7 };
    double friction[N], sources[N] = {0};
    world w;
    (void)state;
    world_new(&w, N, 1);
    w.cell = 5;
    for (int i = 0; i < N; i++) {
        friction[i] = i == WALL ? 9 : 1;
    }
    sources[0] = 1;
    sources[N - 1] = 2;
    put_grid(&w, "r.tif", GT_CELL_F32, friction);
    put_grid(&w, "s.tif", GT_CELL_I32, sources);
    assert_ok(w.ctx, BARRIERS(&w, {WITH, "radii", "5 m"}));
    double *v = get_grid(&w, "b.tif");
    assert_near(v[WALL], 4.0, 1e-6);
    free(v);
    assert_ok(w.ctx, BARRIERS(&w, {WITH, "radii", "5 m"}, {WITH, "measure", "percent"}));
    v = get_grid(&w, "b.tif");
    assert_near(v[WALL], 10 / 3.0, 1e-6);
    free(v);
    world_free(&w);
}

/* A row with a wall: LCD, m_A, m_B and r by hand; percent is 100 gain / LCD. */
static void barriers_by_hand(void **state)
{
    world w;
    (void)state;
    world_new(&w, 9, 1);
    put_grid(&w, "r.tif", GT_CELL_F32, (const double[]){1, 1, 1, 1, 101, 1, 1, 1, 1});
    put_grid(&w, "s.tif", GT_CELL_I32, (const double[]){1, 0, 0, 0, 0, 0, 0, 0, 2});
    /* LCD = 6 x 10 + 2 x 510 = 1080; at the wall, r = 10: m = 30 on both sides */
    assert_ok(w.ctx, BARRIERS(&w, {WITH, "radii", "10 m"}));
    double *v = get_grid(&w, "b.tif");
    assert_near(v[4], (1080.0 - 30 - 30 - 20) / 20, 1e-5);
    assert_near(v[3], v[4], 1e-6); /* filled by the circle */
    assert_near(v[1], 0, 1e-6);
    free(v);
    assert_ok(w.ctx, BARRIERS(&w, {WITH, "radii", "10 m"}, {WITH, "measure", "percent"}));
    v = get_grid(&w, "b.tif");
    assert_near(v[4], 100 * 50.0 / 1080, 1e-5);
    free(v);
    assert_fails(w.ctx, BARRIERS(&w, {WITH, "radii", "9 m"}), GT_E_INPUT, "connect.radius");
    assert_fails(w.ctx, BARRIERS(&w, {WITH, "radii", "10 m, 6 km"}), GT_E_INPUT, "connect.radius");
    assert_fails(w.ctx, BARRIERS(&w, {WITH, "combine", "max"}), GT_E_USAGE, "model.missing");
    put_constant(&w, "s.tif", 0);
    assert_fails(w.ctx, BARRIERS(&w, {WITH, "radii", "10 m"}), GT_E_INPUT, "connect.too-few");
    assert_ok(w.ctx, BARRIERS(&w, {WITH, "radii", "10 m"}, {WITH, "few", "empty"}));
    assert_true(isnan(first_of(&w, "b.tif")));
    assert_ok(w.ctx, LINKAGE(&w, {WITH, "few", "empty"}));
    assert_true(isnan(first_of(&w, "c.tif")));
    world_free(&w);
}

/* ---- sources and pinch points
 * -----------------------------------------------------------------------
 */

static void ecological_sources(void **state)
{
    world w;
    (void)state;
    world_new(&w, 12, 1);
    put_grid(&w, "m.tif", GT_CELL_U8,
             (const double[]){17, 117, 17, 0, 17, 0, 17, 17, (double)NAN, 5, 5, 5});
    put_grid(&w, "i.tif", GT_CELL_U8, (const double[]){3, 1, 1, 3, 3, 3, 1, 1, 3, 3, 3, 3});
#define CORE(...)                                                                                  \
    RUN(&w, "ecological-sources", {IN, "core", "m.tif"}, {OUT, "number", "n.tif"},                 \
        {OUT, "level", "l.tif"}, {OUT, "nodes", "n.csv"}, __VA_ARGS__)
    assert_ok(w.ctx, CORE({WITH, "area", "200 m2"}, {WITH, "levels", "300 m2"}));
    double *v = get_grid(&w, "n.tif"), *l = get_grid(&w, "l.tif");
    assert_near(v[0], 1, 0);
    assert_near(v[2], 1, 0); /* codes of core belong together */
    assert_true(isnan(v[3]) && isnan(v[4]) && isnan(v[8]));
    assert_near(v[6], 2, 0);
    assert_near(v[10], 3, 0);
    assert_near(l[0], 2, 0);
    assert_near(l[6], 1, 0);
    char *t = text_of(&w, "n.csv");
    assert_near(cell_of(t, "1", 2), 300, 0);
    free(t);
    free(v);
    free(l);
    assert_ok(w.ctx,
              CORE({IN, "importance", "i.tif"}, {WITH, "area", "0"}, {WITH, "share", "50 %"}));
    v = get_grid(&w, "n.tif");
    assert_true(isnan(v[0]) && isnan(v[6])); /* a third and none of it important */
    assert_near(v[4], 1, 0);
    assert_near(v[9], 2, 0);
    free(v);
    put_constant(&w, "m.tif", 0);
    assert_ok(w.ctx, CORE({WITH, "area", "1 ha"})); /* none: no value, no error */
    assert_true(isnan(first_of(&w, "n.tif")));
    assert_fails(w.ctx, CORE({WITH, "area", "-1"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, CORE({WITH, "share", "1"}), GT_E_USAGE, "model.missing");
    assert_fails(w.ctx, CORE({WITH, "area", "1"}, {WITH, "levels", "1,2,3,4,5,6,7,8,9"}),
                 GT_E_INPUT, "connect.too-many");
    world_free(&w);
}

static void pinch_points(void **state)
{
    enum { N = 100 };
    double c[N], m[N];
    world w;
    (void)state;
    world_new(&w, N, 1);
    for (int i = 0; i < N; i++) {
        c[i] = (i * 37) % N;
        m[i] = c[i] >= 60 ? (double)NAN : 0;
    }
    put_grid(&w, "c.tif", GT_CELL_F32, c);
    put_grid(&w, "m.tif", GT_CELL_F32, m);
#define PINCH(...)                                                                                 \
    RUN(&w, "pinch-points", {IN, "current", "c.tif"}, {OUT, "pinch", "p.tif"},                     \
        {OUT, "class", "k.tif"}, __VA_ARGS__)
    assert_ok(w.ctx, PINCH({WITH, "classes", "20"}));
    double *p = get_grid(&w, "p.tif");
    for (int i = 0; i < N; i++) {
        assert_near(p[i], c[i] >= 95, 0); /* the upper 5 % */
    }
    free(p);
    assert_ok(w.ctx, PINCH({IN, "corridor", "m.tif"}, {WITH, "classes", "20"}));
    p = get_grid(&w, "p.tif");
    for (int i = 0; i < N; i++) {
        assert_true(isnan(m[i]) ? isnan(p[i]) : p[i] == (c[i] >= 57)); /* of 60 cells */
    }
    free(p);
    assert_ok(w.ctx, PINCH({WITH, "classes", "4"}, {WITH, "breaks", "natural"}));
    assert_fails(w.ctx, PINCH({WITH, "classes", "1"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, PINCH({WITH, "breaks", "equal"}), GT_E_INPUT, "model.choice");
    put_constant(&w, "c.tif", (double)NAN);
    assert_fails(w.ctx, PINCH({WITH, "classes", "4"}), GT_E_INPUT, "grid.no-values");
    assert_ok(w.ctx, PINCH({WITH, "classes", "4"}, {WITH, "few", "empty"}));
    p = get_grid(&w, "p.tif");
    for (int i = 0; i < N; i++) {
        assert_true(isnan(p[i]));
    }
    free(p);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resistance),          cmocka_unit_test(resistance_refuses),
        cmocka_unit_test(linkage_agrees),      cmocka_unit_test(linkage_tables),
        cmocka_unit_test(linkage_symmetry),    cmocka_unit_test(linkage_line),
        cmocka_unit_test(linkage_refuses),     cmocka_unit_test(linkage_detours),
        cmocka_unit_test(indices_of_the_card), cmocka_unit_test(planar_indices),
        cmocka_unit_test(indices_without),     cmocka_unit_test(indices_refuse),
        cmocka_unit_test(barriers_agree),      cmocka_unit_test(barriers_by_hand),
        cmocka_unit_test(barrier_of_the_card), cmocka_unit_test(ecological_sources),
        cmocka_unit_test(pinch_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
