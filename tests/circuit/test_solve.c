/* The solvers: closed forms, multigrid against Cholesky on random maps, and what every network must
 * obey: symmetry, Kirchhoff's law, Rayleigh's monotonicity, the same bits on any thread count. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/focal.h"
#include "support/support.h"

typedef struct map {
    int64_t cols, rows;
    double *g;
    int32_t *regions;
} map;

/* Random conductances 1 .. contrast (log-uniform), a share of holes, some regions. */
static map random_map(int64_t cols, int64_t rows, uint64_t seed, double contrast, double holes,
                      int n_regions)
{
    test_rng rng;
    size_t n = (size_t)(cols * rows);
    map m = {.cols = cols, .rows = rows};
    test_rng_seed(&rng, seed);
    m.g = malloc(n * sizeof *m.g);
    m.regions = calloc(n, sizeof *m.regions);
    assert_non_null(m.g);
    assert_non_null(m.regions);
    for (size_t i = 0; i < n; i++) {
        m.g[i] = test_rng_real(&rng) < holes ? 0 : exp(test_rng_real(&rng) * log(contrast));
    }
    for (int k = 1; k <= n_regions; k++) { /* a square, and a far cell: not contiguous */
        int64_t r0 = (int64_t)(test_rng_real(&rng) * (double)(rows - 3));
        int64_t c0 = (int64_t)(test_rng_real(&rng) * (double)(cols - 3));
        for (int64_t j = 0; j < 9; j++) {
            m.regions[(r0 + j / 3) * cols + c0 + j % 3] = k;
        }
        m.regions[(size_t)(test_rng_real(&rng) * (double)n)] = k;
    }
    return m;
}

static void map_free(map *m)
{
    free(m->g);
    free(m->regions);
}

/* Greatest difference of potentials between both solvers, by the greatest potential. */
static double compare(gt_ctx *ctx, const circuit_graph *g, const uint8_t *fixed,
                      const double *to_ground, const double *current, size_t k, size_t *steps)
{
    circuit_solver *a = NULL, *b = NULL;
    circuit_report ra = {0}, rb = {0};
    double *va = malloc(g->n * k * sizeof *va), *vb = malloc(g->n * k * sizeof *vb);
    double most = 0, differ = 0;
    assert_non_null(va);
    assert_non_null(vb);
    memcpy(va, current, g->n * k * sizeof *va);
    memcpy(vb, current, g->n * k * sizeof *vb);
    assert_ok(ctx, circuit_solver_new(ctx, g, fixed, to_ground, CIRCUIT_DIRECT, 0, &a));
    assert_ok(ctx, circuit_solver_new(ctx, g, fixed, to_ground, CIRCUIT_MULTIGRID, 0, &b));
    assert_ok(ctx, circuit_solver_run(ctx, a, va, k, &ra));
    assert_ok(ctx, circuit_solver_run(ctx, b, vb, k, &rb));
    assert_true(ra.residual <= 1e-8);
    assert_true(rb.residual <= 1e-8);
    *steps = rb.steps;
    /* Potentials are known up to a constant for each part and column. */
    for (size_t c = 0; c < k; c++) {
        double *shift = calloc(g->n_parts, sizeof *shift);
        bool *seen = calloc(g->n_parts, sizeof *seen);
        bool *grounded = calloc(g->n_parts, sizeof *grounded);
        assert_non_null(shift);
        assert_non_null(seen);
        assert_non_null(grounded);
        for (size_t i = 0; i < g->n; i++) {
            grounded[g->part[i]] = grounded[g->part[i]] || (fixed != NULL && fixed[i]) ||
                                   (to_ground != NULL && to_ground[i] > 0);
        }
        for (size_t i = 0; i < g->n; i++) {
            uint32_t p = g->part[i];
            double d = vb[i * k + c] - va[i * k + c];
            if (!seen[p] && !grounded[p]) {
                shift[p] = d;
            }
            seen[p] = true;
            differ = fmax(differ, fabs(d - shift[p]));
            most = fmax(most, fabs(va[i * k + c]));
        }
        free(shift);
        free(seen);
        free(grounded);
    }
    circuit_solver_free(ctx, a);
    circuit_solver_free(ctx, b);
    free(va);
    free(vb);
    return most > 0 ? differ / most : differ;
}

/* k random currents, each into one node and out of another of the same part. */
static double *random_currents(const circuit_graph *g, size_t k, uint64_t seed)
{
    test_rng rng;
    test_rng_seed(&rng, seed);
    double *c = calloc(g->n * k, sizeof *c);
    assert_non_null(c);
    for (size_t i = 0; i < k; i++) {
        size_t a = (size_t)(test_rng_real(&rng) * (double)g->n);
        size_t b = (size_t)(test_rng_real(&rng) * (double)g->n);
        while (g->part[b] != g->part[a]) {
            b = (b + 1) % g->n;
        }
        c[a * k + i] += 1;
        c[b * k + i] -= 1;
    }
    return c;
}

static void multigrid_is_cholesky(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    static const int64_t sizes[][2] = {{40, 40}, {61, 33}, {1, 300}, {300, 2}, {97, 64}};
    static const double contrasts[] = {1, 100, 1e5};
    static const double holes[] = {0, 0.1, 0.35};
    for (int s = 0; s < 5; s++) {
        for (int kind = 0; kind < 9; kind++) {
            for (int mode = 0; mode < 4; mode++) {
                size_t steps = 0;
                int64_t cols = sizes[s][0], rows = sizes[s][1];
                int n_regions = cols > 3 && rows > 3 && kind % 2 == 1 ? 3 : 0;
                map m = random_map(cols, rows, (uint64_t)(s * 100 + kind + 1), contrasts[kind % 3],
                                   holes[kind / 3], n_regions);
                circuit_graph g;
                assert_ok(ctx, circuit_graph_grid(ctx, m.cols, m.rows, m.g, m.regions, mode & 1,
                                                  (mode & 2) != 0, &g));
                size_t k = (size_t)(kind % 5 + 1);
                double *c = random_currents(&g, k, (uint64_t)(kind + 7));
                double d = compare(ctx, &g, NULL, NULL, c, k, &steps);
                if (!(d < 1e-6) || steps > 100) {
                    print_message("%lld x %lld kind %d mode %d: %g, %zu steps\n", (long long)cols,
                                  (long long)rows, kind, mode, d, steps);
                }
                assert_true(d < 1e-6);
                free(c);
                circuit_graph_free(ctx, &g);
                map_free(&m);
            }
        }
    }
    gt_ctx_free(ctx);
}

static void grounds(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        map m = random_map(70, 51, seed, 50, seed % 2 == 0 ? 0.2 : 0, seed % 3 == 0 ? 2 : 0);
        circuit_graph g;
        test_rng rng;
        size_t steps = 0;
        test_rng_seed(&rng, seed);
        assert_ok(ctx, circuit_graph_grid(ctx, m.cols, m.rows, m.g, m.regions, seed % 2 == 0,
                                          seed % 4 < 2, &g));
        uint8_t *fixed = calloc(g.n, 1);
        double *to_ground = calloc(g.n, sizeof *to_ground), *c = calloc(g.n, sizeof *c);
        assert_non_null(fixed);
        assert_non_null(to_ground);
        assert_non_null(c);
        for (int i = 0; i < 6; i++) {
            size_t a = (size_t)(test_rng_real(&rng) * (double)g.n);
            fixed[a] = seed % 3 != 1;
            to_ground[(size_t)(test_rng_real(&rng) * (double)g.n)] = 0.5;
        }
        bool *grounded = calloc(g.n_parts, sizeof *grounded);
        assert_non_null(grounded);
        for (size_t i = 0; i < g.n; i++) {
            grounded[g.part[i]] = grounded[g.part[i]] || fixed[i] || to_ground[i] > 0;
        }
        for (size_t i = 0; i < g.n; i++) {
            c[i] = grounded[g.part[i]] && !fixed[i] && test_rng_real(&rng) < 0.01 ? 2 : 0;
        }
        assert_true(compare(ctx, &g, fixed, to_ground, c, 1, &steps) < 1e-6);
        free(fixed);
        free(to_ground);
        free(c);
        free(grounded);
        circuit_graph_free(ctx, &g);
        map_free(&m);
    }
    gt_ctx_free(ctx);
}

/* ---- closed forms ---------------------------------------------------------------------------- */

static double corner_to_corner(gt_ctx *ctx, int64_t n, double centre, bool four, bool by_resistance,
                               circuit_method method, double *centre_current)
{
    map m = random_map(n, n, 1, 1, 0, 0);
    circuit_graph g;
    circuit_solver *s = NULL;
    circuit_focal f;
    if (centre > 0) {
        m.g[n * n / 2] = centre;
    }
    assert_ok(ctx, circuit_graph_grid(ctx, n, n, m.g, NULL, four, by_resistance, &g));
    const uint32_t nodes[] = {0, (uint32_t)(n * n - 1)};
    assert_ok(ctx, circuit_solver_new(ctx, &g, NULL, NULL, method, 0, &s));
    assert_ok(ctx, circuit_focal_new(ctx, &g, nodes, 2, &f));
    assert_ok(ctx, circuit_focal_solve(ctx, &f, s, true, NULL));
    double r = circuit_focal_resistance(&f, 0, 1);
    double *v = malloc(4 * g.n * sizeof *v);
    assert_non_null(v);
    assert_ok(ctx, circuit_focal_volt(ctx, &f, 0, 1, v));
    assert_near(v[0], 0, 1e-12);
    assert_near(v[n * n - 1], r, 1e-9);
    assert_ok(ctx, circuit_node_currents(ctx, &g, v, 1, NULL, v + g.n, v + 3 * g.n));
    assert_near(v[3 * g.n], 1, 1e-8);
    if (centre_current != NULL) {
        *centre_current = v[3 * g.n + (size_t)(n * n / 2)];
    }
    free(v);
    circuit_focal_free(ctx, &f);
    circuit_solver_free(ctx, s);
    circuit_graph_free(ctx, &g);
    map_free(&m);
    return r;
}

static void closed_forms(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const double four[] = {1, 3.0 / 2, 13.0 / 7, 47.0 / 22, 1171.0 / 495};
    for (int method = CIRCUIT_DIRECT; method <= CIRCUIT_MULTIGRID; method++) {
        circuit_method m = (circuit_method)method;
        for (int n = 2; n <= 6; n++) {
            assert_near(corner_to_corner(ctx, n, 0, true, n % 2 == 0, m, NULL), four[n - 2], 1e-9);
        }
        for (int res = 0; res < 2; res++) {
            assert_near(corner_to_corner(ctx, 3, 0, false, res != 0, m, NULL), 0.8873016278, 1e-9);
            assert_near(corner_to_corner(ctx, 5, 0, false, res != 0, m, NULL), 1.2133085591, 1e-9);
        }
    }
    /* 3 x 3, centre 0.1: resistance and current of the centre (card CO-5). */
    static const struct {
        bool four, by_resistance;
        double r, current;
    } weak[] = {{true, true, 1.8461538462, 0.153846},
                {true, false, 1.6451612903, 0.354839},
                {false, true, 1.2719440131, 0.146074},
                {false, false, 1.0613485786, 0.353637}};
    for (int i = 0; i < 4; i++) {
        double current = 0;
        double r = corner_to_corner(ctx, 3, 0.1, weak[i].four, weak[i].by_resistance, CIRCUIT_AUTO,
                                    &current);
        assert_near(r, weak[i].r, 1e-9);
        assert_near(current, weak[i].current, 1e-6);
    }
    gt_ctx_free(ctx);
}

/* ---- laws ------------------------------------------------------------------------------------ */

/* Resistances between points of a map. */
static void resistances(gt_ctx *ctx, const map *m, const uint32_t *at, size_t k, double *r)
{
    circuit_graph g;
    circuit_solver *s = NULL;
    circuit_focal f;
    uint32_t nodes[8];
    assert_ok(ctx, circuit_graph_grid(ctx, m->cols, m->rows, m->g, m->regions, false, true, &g));
    for (size_t i = 0; i < k; i++) {
        nodes[i] = g.node[at[i]];
    }
    assert_ok(ctx, circuit_solver_new(ctx, &g, NULL, NULL, CIRCUIT_MULTIGRID, 0, &s));
    assert_ok(ctx, circuit_focal_new(ctx, &g, nodes, k, &f));
    assert_ok(ctx, circuit_focal_solve(ctx, &f, s, false, NULL));
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) {
            r[i * k + j] = circuit_focal_resistance(&f, i, j);
        }
    }
    circuit_focal_free(ctx, &f);
    circuit_solver_free(ctx, s);
    circuit_graph_free(ctx, &g);
}

/* R is symmetric and a metric; worsening any cell never lowers it; joining at never raises it.
 */
static void laws(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        enum { K = 5 };
        map m = random_map(60, 45, seed, 200, 0, 0);
        uint32_t at[K];
        double r[K * K], worse[K * K], joined[K * K];
        test_rng rng;
        test_rng_seed(&rng, seed + 50);
        for (size_t i = 0; i < K; i++) {
            at[i] = (uint32_t)(test_rng_real(&rng) * 60 * 45);
        }
        resistances(ctx, &m, at, K, r);
        for (int i = 0; i < 200; i++) {
            m.g[(size_t)(test_rng_real(&rng) * 60 * 45)] *= 0.1;
        }
        resistances(ctx, &m, at, K, worse);
        for (int i = 0; i < 40; i++) {
            m.regions[(size_t)(test_rng_real(&rng) * 60 * 45)] = 1 + i % 3;
        }
        resistances(ctx, &m, at, K, joined);
        for (int i = 0; i < K; i++) {
            assert_near(r[i * K + i], 0, 0);
            for (int j = 0; j < K; j++) {
                assert_near(r[i * K + j], r[j * K + i], 1e-9 * r[i * K + j]);
                assert_true(worse[i * K + j] >= r[i * K + j] * (1 - 1e-8));
                assert_true(joined[i * K + j] <= worse[i * K + j] * (1 + 1e-8) + 1e-12);
                for (int k = 0; k < K; k++) {
                    assert_true(r[i * K + j] <= r[i * K + k] + r[k * K + j] + 1e-9);
                }
            }
        }
        map_free(&m);
    }
    gt_ctx_free(ctx);
}

/* The same bits with one, two and three threads. */
static void threads(void **state)
{
    (void)state;
    enum { COLS = 400, ROWS = 380, K = 3 };
    map m = random_map(COLS, ROWS, 5, 1000, 0.1, 4);
    double *first = NULL;
    for (int n = 1; n <= 3; n++) {
        gt_ctx *ctx = test_ctx_threads(n);
        circuit_graph g;
        circuit_solver *s = NULL;
        circuit_report report = {0};
        assert_ok(ctx, circuit_graph_grid(ctx, COLS, ROWS, m.g, m.regions, false, true, &g));
        double *v = random_currents(&g, K, 11);
        assert_ok(ctx, circuit_solver_new(ctx, &g, NULL, NULL, CIRCUIT_AUTO, 0, &s));
        assert_ok(ctx, circuit_solver_run(ctx, s, v, K, &report));
        assert_true(report.residual <= CIRCUIT_TOLERANCE);
        assert_true(report.steps > 0);
        if (first != NULL) {
            assert_memory_equal(first, v, g.n * K * sizeof *v);
        } else {
            first = malloc(g.n * K * sizeof *v);
            assert_non_null(first);
            memcpy(first, v, g.n * K * sizeof *v);
        }
        free(v);
        circuit_solver_free(ctx, s);
        circuit_graph_free(ctx, &g);
        gt_ctx_free(ctx);
    }
    free(first);
    map_free(&m);
}

/* A maze of one cell's width: multigrid is weak there, the answer must still be right. */
static void maze(void **state)
{
    (void)state;
    enum { N = 99 };
    gt_ctx *ctx = test_ctx();
    map m = random_map(N, N, 1, 1, 0, 0);
    size_t length = 0;
    for (int64_t r = 0; r < N; r++) {
        for (int64_t c = 0; c < N; c++) { /* rows joined at alternate ends */
            bool wall = r % 2 == 1 && c != (r % 4 == 1 ? N - 1 : 0);
            m.g[r * N + c] = wall ? 0 : 1;
            length += !wall;
        }
    }
    circuit_graph g;
    circuit_solver *s = NULL;
    circuit_report report = {0};
    assert_ok(ctx, circuit_graph_grid(ctx, N, N, m.g, NULL, true, true, &g));
    double *v = calloc(g.n, sizeof *v);
    assert_non_null(v);
    v[0] = 1;
    v[g.n - 1] = -1;
    assert_ok(ctx, circuit_solver_new(ctx, &g, NULL, NULL, CIRCUIT_MULTIGRID, 0, &s));
    assert_ok(ctx, circuit_solver_run(ctx, s, v, 1, &report));
    assert_near(v[0] - v[g.n - 1], (double)length - N, 1e-4);
    free(v);
    circuit_solver_free(ctx, s);
    circuit_graph_free(ctx, &g);
    map_free(&m);
    gt_ctx_free(ctx);
}

/* Every allocation fails in turn: an error, nothing lost, nothing hung. */
static void memory(void **state)
{
    (void)state;
    map m = random_map(80, 70, 3, 10, 0.1, 2);
    for (long fails = 0; fails < 400; fails++) {
        long left = fails;
        gt_ctx *ctx = test_ctx_failing(&left);
        circuit_graph g = {0};
        circuit_solver *s = NULL;
        double *v = NULL;
        gt_status st = circuit_graph_grid(ctx, 80, 70, m.g, m.regions, false, true, &g);
        if (st == GT_OK) {
            v = random_currents(&g, 2, 1);
            st = circuit_solver_new(ctx, &g, NULL, NULL, CIRCUIT_MULTIGRID, 0, &s);
        }
        if (st == GT_OK) {
            st = circuit_solver_run(ctx, s, v, 2, NULL);
        }
        assert_true(st == GT_OK || st == GT_E_MEMORY);
        free(v);
        circuit_solver_free(ctx, s);
        circuit_graph_free(ctx, &g);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
        if (st == GT_OK) {
            break;
        }
    }
    map_free(&m);
}

/* A cancelled run ends with that status. */
static void cancelled(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    map m = random_map(300, 300, 3, 10, 0, 0);
    circuit_graph g;
    circuit_solver *s = NULL;
    assert_ok(ctx, circuit_graph_grid(ctx, 300, 300, m.g, NULL, false, true, &g));
    assert_ok(ctx, circuit_solver_new(ctx, &g, NULL, NULL, CIRCUIT_AUTO, 0, &s));
    double *v = random_currents(&g, 1, 1);
    gt_cancel(ctx);
    assert_int_equal(circuit_solver_run(ctx, s, v, 1, NULL), GT_E_CANCELLED);
    free(v);
    circuit_solver_free(ctx, s);
    circuit_graph_free(ctx, &g);
    map_free(&m);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_forms), cmocka_unit_test(multigrid_is_cholesky),
        cmocka_unit_test(grounds),      cmocka_unit_test(laws),
        cmocka_unit_test(threads),      cmocka_unit_test(maze),
        cmocka_unit_test(memory),       cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
