/* Pairwise resistances on an n x n grid of resistances (raw float32, row by row, as the probes
 * chol_grid and petsc_grid read it): 4 neighbours, mean resistance, k focal points of which the
 * first two are the probes' pair. usage: bench_circuit RES.f32 N [K [THREADS]] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "circuit/focal.h"

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double *load(const char *path, size_t n)
{
    float *r = malloc(n * sizeof *r);
    double *g = malloc(n * sizeof *g);
    FILE *f = fopen(path, "rb");
    if (r == NULL || g == NULL || f == NULL || fread(r, sizeof *r, n, f) != n) {
        (void)fprintf(stderr, "%s: not %zu cells\n", path, n);
        exit(3);
    }
    (void)fclose(f);
    for (size_t i = 0; i < n; i++) {
        g[i] = 1 / (double)r[i];
    }
    free(r);
    return g;
}

/* The probes' pair, then places spread by a fixed sequence. */
static void places(size_t n, uint32_t *nodes, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        size_t r = i == 0 ? n / 4 : i == 1 ? 3 * n / 4 : (i * 7919 % 97 + 1) * n / 99;
        size_t c = i == 0 ? n / 4 : i == 1 ? 3 * n / 4 : (i * 104729 % 89 + 1) * n / 91;
        nodes[i] = (uint32_t)(r * n + c);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fputs("usage: bench_circuit RES.f32 N [K [THREADS]]\n", stderr);
        return 2;
    }
    size_t n = strtoul(argv[2], NULL, 10), k = argc > 3 ? strtoul(argv[3], NULL, 10) : 10;
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 0;
    gt_ctx *ctx = gt_ctx_new(&o);
    double *g = load(argv[1], n * n);
    uint32_t *nodes = calloc(k, sizeof *nodes);
    circuit_graph graph;
    circuit_solver *solver = NULL;
    circuit_focal f;
    circuit_report report = {0};
    places(n, nodes, k);
    double t0 = now();
    gt_status st = circuit_graph_grid(ctx, (int64_t)n, (int64_t)n, g, NULL, true, true, &graph);
    double t1 = now();
    st = st == GT_OK ? circuit_solver_new(ctx, &graph, NULL, NULL, CIRCUIT_AUTO, 0, &solver) : st;
    double t2 = now();
    st = st == GT_OK ? circuit_focal_new(ctx, &graph, nodes, k, &f) : st;
    st = st == GT_OK ? circuit_focal_solve(ctx, &f, solver, false, &report) : st;
    double t3 = now();
    if (st != GT_OK) {
        (void)fprintf(stderr, "%s\n", gt_error_id(ctx));
        return 4;
    }
    size_t pairs = k * (k - 1) / 2;
    printf("RESULT graph %.2f s, set up %.2f s, solve %.2f s (%zu right-hand sides), %zu steps, "
           "residual %.1e, %zu pairs, %.4f s a pair, R=%.9g, peak %.0f MB\n",
           t1 - t0, t2 - t1, t3 - t2, report.solves, report.steps, report.residual, pairs,
           (t3 - t0) / (double)pairs, circuit_focal_resistance(&f, 0, 1),
           (double)gt_ctx_memory_peak(ctx) / 1e6);
    circuit_focal_free(ctx, &f);
    circuit_solver_free(ctx, solver);
    circuit_graph_free(ctx, &graph);
    free(g);
    free(nodes);
    gt_ctx_free(ctx);
    return 0;
}
