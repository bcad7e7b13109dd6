/* Kernels of connectivity cancelled at many points of their way, and by a signal: they end at once,
 * leave no memory and no output behind. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "model/grids.h"
#include "support/cancel.h"

typedef struct job {
    world w;
    const char *kernel;
    const bound *args;
} job;

static gt_status run_job(gt_ctx *ctx, void *user)
{
    job *j = user;
    gt_ctx *own = j->w.ctx;
    j->w.ctx = ctx;
    gt_status st = run_kernel(&j->w, j->kernel, j->args);
    j->w.ctx = own;
    return st;
}

/* A map of resistance, sources on it, land in three classes, forest and holes. */
static void put_inputs(world *w)
{
    const int64_t n = w->cols * w->rows;
    double *r = malloc((size_t)n * sizeof *r), *s = malloc((size_t)n * sizeof *s);
    double *f = malloc((size_t)n * sizeof *f);
    test_rng rng;
    test_rng_seed(&rng, 3);
    for (int64_t i = 0; i < n; i++) {
        int64_t c = i % w->cols, y = i / w->cols;
        r[i] = 1 + floor(20 * test_rng_real(&rng));
        bool square = c % 40 < 6 && y % 40 < 6;
        s[i] = square ? (double)(1 + c / 40 + y / 40 * (w->cols / 40 + 1)) : 0;
        f[i] = test_rng_real(&rng) < 0.85 || (c / 9 + y / 9) % 3 == 0 ? 1 : 0;
    }
    put_grid(w, "r.tif", GT_CELL_F32, r);
    put_grid(w, "s.tif", GT_CELL_I32, s);
    put_grid(w, "f.tif", GT_CELL_U8, f);
    free(r);
    free(s);
    free(f);
}

static const bound mspa_args[] = {{IN, "foreground", "f.tif"},
                                  {OUT, "pattern", "o.tif"},
                                  {OUT, "areas", "o.csv"},
                                  {WITH, "edge", "2"},
                                  {0}};
static const bound metric_args[] = {{IN, "classes", "f.tif"}, {OUT, "classes", "o.csv"}, {0}};
static const bound link_args[] = {{IN, "resistance", "r.tif"}, {IN, "sources", "s.tif"},
                                  {OUT, "corridor", "o.tif"},  {OUT, "links", "o.csv"},
                                  {WITH, "cutoff", "500"},     {0}};
static const bound barrier_args[] = {{IN, "resistance", "r.tif"},
                                     {IN, "sources", "s.tif"},
                                     {OUT, "improvement", "o.tif"},
                                     {WITH, "radii", "20"},
                                     {0}};
static const bound current_args[] = {
    {IN, "resistance", "r.tif"}, {IN, "patches", "s.tif"}, {OUT, "current", "o.tif"}, {0}};

static const struct {
    const char *kernel;
    const bound *args;
} kernels[] = {{"mspa", mspa_args},
               {"landscape-metrics", metric_args},
               {"linkage", link_args},
               {"barriers", barrier_args},
               {"circuit-current", current_args}};

static void everywhere(void **state)
{
    job j;
    (void)state;
    world_new(&j.w, 130, 110);
    put_inputs(&j.w);
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        long questions = 0;
        j.kernel = kernels[i].kernel;
        j.args = kernels[i].args;
        for (int threads = 1; threads <= 2; threads++) {
            (void)unlink(test_path(j.w.dir, "o.tif"));
            (void)unlink(test_path(j.w.dir, "o.csv"));
            cancel_everywhere(threads, run_job, &j, 20, &questions);
        }
        print_message("%s: %ld questions\n", j.kernel, questions);
    }
    world_free(&j.w);
}

static void by_signal(void **state)
{
    job j;
    (void)state;
    world_new(&j.w, 900, 900);
    put_inputs(&j.w);
    for (size_t i = 0; i < 4; i++) {
        j.kernel = kernels[i].kernel;
        j.args = kernels[i].args;
        for (int k = 1; k < 8; k += 3) {
            cancel_by_signal(run_job, &j, 0.1 * k);
        }
    }
    world_free(&j.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(everywhere), cmocka_unit_test(by_signal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
