/* One-to-all and all-to-one: the network that all points share gives what a network for each point
 * gives, with the potentials kept or not; symmetry and monotonicity; points that cannot take part.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/files.h"
#include "guotu/circuit.h"
#include "support/support.h"

enum { SIDE = 70, POINTS = 5, CELLS = SIDE * SIDE };

typedef struct bench {
    gt_ctx *ctx;
    char *dir;
    gt_circuit_facts facts;
} bench;

static void put(const bench *b, const char *name, const char *text)
{
    test_write_file(test_path(b->dir, name), text, strlen(text));
}

/* Resistances of 1 to 50; `wall`: a column without cells, so that there are two parts; worse: more
 * resistance everywhere. */
static void put_map(const bench *b, const char *name, bool wall, double worse)
{
    gt_text t;
    test_rng rng;
    test_rng_seed(&rng, 11);
    gt_text_init(&t, b->ctx, SIZE_MAX / 2);
    gt_text_printf(&t, "ncols %d\nnrows %d\nxllcorner 0\nyllcorner 0\ncellsize 1\n", SIDE, SIDE);
    for (int i = 0; i < CELLS; i++) {
        double v = 1 + floor(49 * test_rng_real(&rng));
        bool none = wall && i % SIDE == 50;
        gt_text_printf(&t, "%g%c", none ? -9999 : v * worse, i % SIDE == SIDE - 1 ? '\n' : ' ');
    }
    put(b, name, gt_text_cstr(&t));
    gt_text_free(&t);
}

static void put_places(const bench *b, const char *name, int cells_each)
{
    static const double at[POINTS][2] = {{5, 60}, {30, 8}, {62, 40}, {20, 30}, {45, 66}};
    char text[1024] = "";
    size_t n = 0;
    for (int k = 0; k < POINTS; k++) {
        for (int m = 0; m < cells_each; m++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "%d %g %g\n", k + 1,
                                  at[k][0] + 0.5 + m, at[k][1] + 0.5 - m);
        }
    }
    put(b, name, text);
}

static bench new_bench(void)
{
    bench b = {.ctx = test_ctx_threads(2), .dir = test_dir()};
    put_map(&b, "map.asc", false, 1);
    put_map(&b, "wall.asc", true, 1);
    put_map(&b, "worse.asc", false, 1.5);
    put_places(&b, "points.txt", 1);
    put_places(&b, "regions.txt", 4);
    put(&b, "all.txt", "mode include\n1 2\n1 3\n1 4\n1 5\n2 3\n2 4\n2 5\n3 4\n3 5\n4 5\n");
    put(&b, "some.txt", "mode exclude\n1 2\n3 4\n");
    put(&b, "strengths.txt", "1 2\n2 0.5\n3 1\n4 7\n5 1.25\n");
    return b;
}

static void free_bench(bench *b)
{
    test_dir_remove(b->dir);
    gt_ctx_free(b->ctx);
}

/* Runs with these lines, ceiling 0: none; the results' second column, and the map of all currents.
 */
static bool try_run(bench *b, const char *lines, size_t ceiling, double *results, double *current)
{
    gt_ctx_options co;
    gt_circuit_options o;
    num_list list;
    cells map;
    gt_text t;
    gt_ctx_options_init(&co);
    co.threads = 2;
    co.memory_ceiling = ceiling;
    gt_ctx *ctx = gt_ctx_new(&co);
    gt_text_init(&t, b->ctx, 0);
    gt_text_printf(&t, "[x]\ndata_type = raster\noutput_file = o.out\nwrite_cur_maps = 1\n%s",
                   lines);
    put(b, "p.ini", gt_text_cstr(&t));
    gt_text_free(&t);
    gt_circuit_options_init(&o);
    o.root = o.out = b->dir;
    gt_status st = gt_circuit_run(ctx, test_path(b->dir, "p.ini"), &o, &b->facts);
    if (st == GT_E_MEMORY && ceiling > 0) {
        gt_ctx_free(ctx);
        return false;
    }
    assert_ok(ctx, st);
    assert_ok(ctx, num_list_read(ctx, test_path(b->dir, "o_resistances.out"), 2, &list));
    assert_int_equal(list.n, POINTS);
    for (int k = 0; k < POINTS; k++) {
        results[k] = list.v[k * list.cols + 1];
    }
    num_list_free(ctx, &list);
    assert_ok(ctx, cells_read(ctx, test_path(b->dir, "o_cum_curmap.asc"), &map));
    memcpy(current, map.v, CELLS * sizeof *current);
    cells_free(ctx, &map);
    gt_ctx_free(ctx);
    return true;
}

static void run(bench *b, const char *lines, double *results, double *current)
{
    assert_true(try_run(b, lines, 0, results, current));
}

static void same(const double *r, const double *q, const double *c, const double *d)
{
    for (int k = 0; k < POINTS; k++) {
        assert_near(r[k], q[k], 1e-7 * fabs(q[k]));
    }
    for (int i = 0; i < CELLS; i++) {
        assert_true(isnan(c[i]) == isnan(d[i]));
        if (!isnan(c[i])) {
            assert_near(c[i], d[i], 1e-6);
        }
    }
}

#define MAP  "habitat_file = map.asc\n"
#define WALL "habitat_file = wall.asc\n"
#define ALL  "use_included_pairs = 1\nincluded_pairs_file = all.txt\n"

static void shared_is_apart(void **state)
{
    static const char *const kinds[] = {
        "scenario = one-to-all\npoint_file = regions.txt\n" MAP,
        "scenario = one-to-all\npoint_file = regions.txt\n" WALL,
        "scenario = one-to-all\npoint_file = regions.txt\n" MAP
        "use_variable_source_strengths = 1\nvariable_source_file = strengths.txt\n",
        "scenario = one-to-all\npoint_file = regions.txt\nconnect_four_neighbors_only = 1\n" WALL};
    double r[POINTS], q[POINTS], *c = malloc(CELLS * sizeof *c), *d = malloc(CELLS * sizeof *d);
    char with_pairs[600];
    (void)state;
    bench b = new_bench();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        run(&b, kinds[i], r, c);
        assert_true(b.facts.solves < POINTS);
        (void)snprintf(with_pairs, sizeof with_pairs, "%s%s", kinds[i], ALL);
        run(&b, with_pairs, q, d);
        assert_true(b.facts.solves >= POINTS - 1);
        same(r, q, c, d);
    }
    free(c);
    free(d);
    free_bench(&b);
}

/* Under a ceiling the potentials are not kept, and each point costs a solve. */
static void without_room(void **state)
{
    static const char *const kinds[] = {
        "scenario = one-to-all\npoint_file = points.txt\n" MAP,
        "scenario = all-to-one\npoint_file = points.txt\n" MAP,
        "scenario = all-to-one\npoint_file = regions.txt\n" WALL,
        "scenario = one-to-all\npoint_file = points.txt\nuse_included_pairs = 1\n"
        "included_pairs_file = some.txt\n" MAP};
    double r[POINTS], q[POINTS], *c = malloc(CELLS * sizeof *c), *d = malloc(CELLS * sizeof *d);
    (void)state;
    bench b = new_bench();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        run(&b, kinds[i], r, c);
        size_t solves = b.facts.solves;
        size_t ceiling = 1000000; /* the least that suffices */
        while (!try_run(&b, kinds[i], ceiling, q, d)) {
            ceiling += 100000;
        }
        assert_true(b.facts.solves > solves);
        same(r, q, c, d);
    }
    free(c);
    free(d);
    free_bench(&b);
}

/* With two points, one to all is the resistance between them; more resistance everywhere gives
 * proportionally more; the result does not depend on a source's strength. */
static void laws(void **state)
{
    double r[POINTS], q[POINTS], *c = malloc(CELLS * sizeof *c), *d = malloc(CELLS * sizeof *d);
    (void)state;
    bench b = new_bench();
    run(&b, "scenario = one-to-all\npoint_file = points.txt\n" MAP, r, c);
    run(&b, "scenario = one-to-all\npoint_file = points.txt\nhabitat_file = worse.asc\n", q, d);
    for (int k = 0; k < POINTS; k++) {
        assert_true(r[k] > 0);
        assert_near(q[k], 1.5 * r[k], 1e-7 * q[k]);
    }
    for (int i = 0; i < CELLS; i++) {
        assert_near(c[i], d[i], 1e-6);
        assert_true(c[i] <= POINTS + 1e-6); /* at most all the amperes there are */
    }
    run(&b,
        "scenario = one-to-all\npoint_file = points.txt\nuse_variable_source_strengths = 1\n"
        "variable_source_file = strengths.txt\n" MAP,
        q, d);
    for (int k = 0; k < POINTS; k++) {
        assert_near(q[k], r[k], 1e-7 * r[k]);
    }
    free(c);
    free(d);
    free_bench(&b);
}

/* Points of another part have no ground: -1, and no current. */
static void cut_off(void **state)
{
    double r[POINTS], *c = malloc(CELLS * sizeof *c);
    (void)state;
    bench b = new_bench();
    run(&b, "scenario = one-to-all\npoint_file = points.txt\n" WALL, r, c);
    assert_near(r[2], -1, 0); /* alone east of the wall */
    assert_true(r[0] > 0 && r[1] > 0 && r[3] > 0 && r[4] > 0);
    for (int i = 0; i < CELLS; i++) {
        assert_true(i % SIDE <= 50 || c[i] == 0 || isnan(c[i]));
    }
    run(&b, "scenario = all-to-one\npoint_file = points.txt\n" WALL, r, c);
    assert_near(r[2], -1, 0);
    assert_near(r[0], 0, 0);
    free(c);
    free_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shared_is_apart),
                                       cmocka_unit_test(without_room), cmocka_unit_test(laws),
                                       cmocka_unit_test(cut_off)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
