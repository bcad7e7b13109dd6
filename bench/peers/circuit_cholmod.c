/* Peer of bench_circuit: the same grid and places with CHOLMOD (supernodal, AMD order), factored
 * once, all right-hand sides in one solve.   circuit_cholmod RES.f32 N */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <suitesparse/cholmod.h>
#include <time.h>

#define K 10

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static size_t place(size_t n, size_t i)
{
    size_t r = i == 0 ? n / 4 : i == 1 ? 3 * n / 4 : (i * 7919 % 97 + 1) * n / 99;
    size_t c = i == 0 ? n / 4 : i == 1 ? 3 * n / 4 : (i * 104729 % 89 + 1) * n / 91;
    return r * n + c;
}

static const float *res;

static double edge(size_t a, size_t b)
{
    return 2.0 / ((double)res[a] + (double)res[b]);
}

/* Lower triangle; the ground's row and column are those of the identity. */
static cholmod_sparse *assemble(size_t n, size_t ground, cholmod_common *c)
{
    size_t all = n * n;
    cholmod_sparse *a = cholmod_l_allocate_sparse(all, all, 3 * all, 1, 1, -1, CHOLMOD_REAL, c);
    int64_t *p = a->p, *row = a->i, k = 0;
    double *x = a->x, *diagonal = calloc(all, sizeof *diagonal);
    for (size_t v = 0; v < all; v++) {
        if (v % n + 1 < n) {
            diagonal[v] += edge(v, v + 1);
            diagonal[v + 1] += edge(v, v + 1);
        }
        if (v + n < all) {
            diagonal[v] += edge(v, v + n);
            diagonal[v + n] += edge(v, v + n);
        }
    }
    for (size_t v = 0; v < all; v++) {
        p[v] = k;
        row[k] = (int64_t)v;
        x[k++] = v == ground ? 1 : diagonal[v];
        const size_t near[2] = {v % n + 1 < n ? v + 1 : all, v + n};
        for (int e = 0; e < 2; e++) {
            if (near[e] < all && v != ground && near[e] != ground) {
                row[k] = (int64_t)near[e];
                x[k++] = -edge(v, near[e]);
            }
        }
    }
    p[all] = k;
    free(diagonal);
    return a;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        return 2;
    }
    size_t n = strtoul(argv[2], NULL, 10), all = n * n;
    float *r = malloc(all * sizeof *r);
    FILE *f = fopen(argv[1], "rb");
    if (r == NULL || f == NULL || fread(r, sizeof *r, all, f) != all) {
        return 3;
    }
    (void)fclose(f);
    res = r;
    double t0 = now();
    cholmod_common c;
    cholmod_l_start(&c);
    c.supernodal = CHOLMOD_SUPERNODAL;
    c.nmethods = 1;
    c.method[0].ordering = CHOLMOD_AMD;
    c.postorder = 1;
    cholmod_sparse *a = assemble(n, place(n, 0), &c);
    double t1 = now();
    cholmod_factor *l = cholmod_l_analyze(a, &c);
    cholmod_l_factorize(a, l, &c);
    double t2 = now();
    cholmod_dense *b = cholmod_l_zeros(all, K - 1, CHOLMOD_REAL, &c);
    for (size_t i = 1; i < K; i++) {
        ((double *)b->x)[(i - 1) * all + place(n, i)] = 1;
    }
    cholmod_dense *u = cholmod_l_solve(CHOLMOD_A, l, b, &c);
    double t3 = now();
    printf("RESULT assemble %.2f s, set up %.2f s, solve %.2f s (%d right-hand sides), 45 pairs, "
           "%.4f s a pair, R=%.9g\n",
           t1 - t0, t2 - t1, t3 - t2, K - 1, (t3 - t0) / 45, ((double *)u->x)[place(n, 1)]);
    return 0;
}
