/* Every scenario cancelled at many points of its way, and by a signal. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guotu/circuit.h"
#include "support/cancel.h"

typedef struct problem {
    char *dir;
    const char *ini;
    bool omniscape;
} problem;

static void put_file(const char *dir, const char *name, const gt_text *t)
{
    test_write_file(test_path(dir, name), gt_text_cstr(t), t->len);
}

static void put_asc(gt_ctx *ctx, const char *dir, const char *name, int side, uint64_t seed,
                    int kinds)
{
    gt_text t;
    test_rng rng;
    test_rng_seed(&rng, seed);
    gt_text_init(&t, ctx, SIZE_MAX / 2);
    gt_text_printf(&t, "ncols %d\nnrows %d\nxllcorner 0\nyllcorner 0\ncellsize 1\n", side, side);
    for (int i = 0; i < side * side; i++) {
        gt_text_printf(&t, "%d%c", 1 + (int)(test_rng_real(&rng) * kinds),
                       i % side == side - 1 ? '\n' : ' ');
    }
    put_file(dir, name, &t);
    gt_text_free(&t);
}

/* Points at places of a diagonal, some of them regions of several cells. */
static void put_points(gt_ctx *ctx, const char *dir, const char *name, int side, int n,
                       bool regions)
{
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (int k = 1; k <= n; k++) {
        int at = k * side / (n + 1);
        for (int m = 0; m < (regions ? 3 : 1); m++) {
            gt_text_printf(&t, "%d %d.5 %d.5\n", k, at, side - 1 - (at + 2 * m) % side);
        }
    }
    put_file(dir, name, &t);
    gt_text_free(&t);
}

static void put_ini(gt_ctx *ctx, const char *dir, const char *name, const char *lines)
{
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_text_printf(&t, "[x]\noutput_file = out.out\nhabitat_file = map.asc\n%s", lines);
    put_file(dir, name, &t);
    gt_text_free(&t);
}

static gt_status run_problem(gt_ctx *ctx, void *user)
{
    const problem *p = user;
    gt_circuit_options o;
    gt_circuit_facts facts;
    gt_circuit_options_init(&o);
    o.root = p->dir;
    o.out = p->dir;
    return p->omniscape ? gt_omniscape_run(ctx, test_path(p->dir, p->ini), &o, &facts)
                        : gt_circuit_run(ctx, test_path(p->dir, p->ini), &o, &facts);
}

/* Files that were begun and not ended. */
static int parts_of(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        n += strstr(e->d_name, ".part") != NULL;
    }
    (void)closedir(d);
    return n;
}

#define POINTS "data_type = raster\npoint_file = points.txt\nwrite_cur_maps = 1\n"

static const struct {
    const char *name, *lines;
} scenarios[] = {
    {"pairwise.ini", "scenario = pairwise\nwrite_volt_maps = 1\nwrite_max_cur_maps = 1\n" POINTS},
    {"gzip.ini", "scenario = pairwise\ncompress_grids = 1\n" POINTS},
    {"tiff.ini", "scenario = pairwise\nwrite_as_tif = 1\nwrite_cum_cur_map_only = 1\n" POINTS},
    {"regions.ini", "scenario = pairwise\ndata_type = raster\npoint_file = regions.txt\n"
                    "write_cum_cur_map_only = 1\nuse_polygons = 1\npolygon_file = shorts.asc\n"},
    {"one.ini", "scenario = one-to-all\n" POINTS},
    {"all.ini", "scenario = all-to-one\nuse_polygons = 1\npolygon_file = shorts.asc\n" POINTS},
    {"advanced.ini", "scenario = advanced\ndata_type = raster\nsource_file = source.txt\n"
                     "ground_file = ground.txt\nwrite_cur_maps = 1\nwrite_volt_maps = 1\n"},
};

static problem new_problem(int side)
{
    problem p = {.dir = test_dir()};
    gt_ctx *ctx = test_ctx();
    put_asc(ctx, p.dir, "map.asc", side, 5, 100);
    put_asc(ctx, p.dir, "shorts.asc", side, 6, 3);
    put_points(ctx, p.dir, "points.txt", side, 4, false);
    put_points(ctx, p.dir, "regions.txt", side, 3, true);
    put_points(ctx, p.dir, "source.txt", side, 2, false);
    put_points(ctx, p.dir, "ground.txt", side, 3, false);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        put_ini(ctx, p.dir, scenarios[i].name, scenarios[i].lines);
    }
    put_ini(ctx, p.dir, "omni.ini",
            "resistance_file = map.asc\nradius = 12\nblock_size = 5\nproject_name = omni\n"
            "source_from_resistance = 1\ncalc_flow_potential = 1\n");
    gt_ctx_free(ctx);
    return p;
}

static void everywhere(void **state)
{
    (void)state;
    problem p = new_problem(90);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        for (int threads = 1; threads <= 2; threads++) {
            long questions = 0;
            p.ini = scenarios[i].name;
            cancel_everywhere(threads, run_problem, &p, 20, &questions);
            print_message("%s, %d threads: %ld questions\n", p.ini, threads, questions);
            assert_true(questions > 100);
            assert_int_equal(parts_of(p.dir), 0);
        }
    }
    p.ini = "omni.ini";
    p.omniscape = true;
    for (int threads = 1; threads <= 2; threads++) {
        long questions = 0;
        cancel_everywhere(threads, run_problem, &p, 20, &questions);
        print_message("%s, %d threads: %ld questions\n", p.ini, threads, questions);
    }
    test_dir_remove(p.dir);
}

static void by_signal(void **state)
{
    static const char *const names[] = {"pairwise.ini", "one.ini", "regions.ini"};
    (void)state;
    problem p = new_problem(400);
    for (int i = 0; i < 3; i++) {
        p.ini = names[i];
        for (int k = 1; k < 8; k += 3) {
            cancel_by_signal(run_problem, &p, 0.1 * k);
        }
        assert_int_equal(parts_of(p.dir), 0);
    }
    test_dir_remove(p.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(everywhere), cmocka_unit_test(by_signal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
