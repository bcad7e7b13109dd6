/* The memory law of calls: what is measured stays below what was said; the ceiling; bad input. */
#include <stdio.h>

#include "model/call.h"
#include "model/grids.h"

enum { COLS = 1500, ROWS = 1200 };

typedef struct need_case {
    const char *kernel;
    bound args[8];
} need_case;

static const need_case CASES[] = {
    {"slope", {{IN, "dem", "dem.tif"}, {OUT, "slope", "o.tif"}}},
    {"aspect", {{IN, "dem", "dem.tif"}, {OUT, "aspect", "o.tif"}}},
    {"curvature", {{IN, "dem", "dem.tif"}, {OUT, "curvature", "o.tif"}}},
    {"relief", {{IN, "dem", "dem.tif"}, {OUT, "relief", "o.tif"}, {WITH, "radius", "9"}}},
    {"classify",
     {{IN, "values", "dem.tif"}, {OUT, "classes", "o.tif"}, {WITH, "breaks", "20, 40, 60"}}},
    {"lookup",
     {{IN, "classes", "land.tif"}, {OUT, "values", "o.tif"}, {WITH, "table", "1=5, 2=7"}}},
    {"combine",
     {{IN, "a", "dem.tif"},
      {IN, "b", "land.tif"},
      {OUT, "result", "o.tif"},
      {OUT, "causes", "p.tif"}}},
    {"calc",
     {{IN, "a", "dem.tif"},
      {IN, "b", "land.tif"},
      {OUT, "result", "o.tif"},
      {WITH, "expression", "a + b * 2"}}},
    {"distance", {{IN, "sources", "spots.tif"}, {OUT, "distance", "o.tif"}}},
    {"patches", {{IN, "classes", "spots.tif"}, {OUT, "size", "o.tif"}}},
    {"flow",
     {{IN, "dem", "dem.tif"},
      {OUT, "accumulation", "acc.tif"},
      {OUT, "direction", "dir.tif"},
      {OUT, "filled", "o.tif"}}},
    {"upstream",
     {{IN, "direction", "dir.tif"}, {IN, "targets", "spots.tif"}, {OUT, "target", "o.tif"}}},
    {"multiflow", {{IN, "dem", "dem.tif"}, {OUT, "accumulation", "o.tif"}}},
    {"breach", {{IN, "dem", "dem.tif"}, {OUT, "breached", "o.tif"}}},
    {"cost-distance",
     {{IN, "friction", "land.tif"},
      {IN, "sources", "spots.tif"},
      {OUT, "cost", "o.tif"},
      {OUT, "back", "p.tif"}}},
    {"focal",
     {{IN, "values", "dem.tif"},
      {OUT, "result", "o.tif"},
      {WITH, "of", "max"},
      {WITH, "radius", "40"}}},
    {"classify-spread", {{IN, "values", "dem.tif"}, {OUT, "classes", "o.tif"}}},
    {"depressions", {{IN, "dem", "dem.tif"}, {OUT, "depth", "o.tif"}, {OUT, "number", "p.tif"}}},
    {"flood",
     {{IN, "dem", "dem.tif"},
      {IN, "sources", "spots.tif"},
      {OUT, "depth", "o.tif"},
      {WITH, "levels", "20, 60"}}},
    {"streams",
     {{IN, "accumulation", "acc.tif"},
      {IN, "direction", "dir.tif"},
      {OUT, "streams", "st.tif"},
      {OUT, "order", "o.tif"},
      {WITH, "area", "2000 m2"}}},
    {"hand",
     {{IN, "dem", "dem.tif"},
      {IN, "direction", "dir.tif"},
      {IN, "streams", "st.tif"},
      {OUT, "hand", "o.tif"}}},
    {"mspa", {{IN, "foreground", "land.tif"}, {OUT, "pattern", "o.tif"}, {WITH, "edge", "3"}}},
    {"share-grade", {{IN, "values", "dem.tif"}, {OUT, "grade", "o.tif"}}},
};
enum { CASES_N = sizeof CASES / sizeof *CASES };

static gt_ctx *with_ceiling(size_t ceiling, int threads)
{
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = ceiling;
    o.threads = threads;
    gt_ctx *ctx = gt_ctx_new(&o);
    assert_non_null(ctx);
    return ctx;
}

/* Hills without order, so that there are pits, flats and patches. */
static void put_inputs(world *w)
{
    double *v = malloc((size_t)COLS * ROWS * sizeof *v);
    test_rng rng;
    test_rng_seed(&rng, 5);
    for (size_t i = 0; i < (size_t)COLS * ROWS; i++) {
        v[i] = floor(100 * test_rng_real(&rng));
    }
    put_grid(w, "dem.tif", GT_CELL_F32, v);
    for (size_t i = 0; i < (size_t)COLS * ROWS; i++) {
        v[i] = 1 + fmod(v[i], 3);
    }
    put_grid(w, "land.tif", GT_CELL_U8, v);
    for (size_t i = 0; i < (size_t)COLS * ROWS; i++) {
        v[i] = i % 997 == 0 ? 1 + (double)(i % 5) : (double)NAN;
    }
    put_grid(w, "spots.tif", GT_CELL_I32, v);
    free(v);
}

static void measured_stays_below_the_law(void **state)
{
    static const size_t ceilings[] = {0, 24 << 20};
    world w;
    (void)state;
    world_new(&w, COLS, ROWS);
    put_inputs(&w);
    gt_ctx *roomy = w.ctx;
    for (int c = 0; c < 2; c++) {
        for (int threads = 1; threads <= 3; threads += 2) {
            for (int i = 0; i < CASES_N; i++) {
                gt_model_call *call = NULL;
                gt_model_need need;
                w.ctx = with_ceiling(ceilings[c], threads); /* a peak of its own */
                assert_ok(w.ctx, call_of(&w, CASES[i].kernel, CASES[i].args, &call));
                gt_status st = gt_model_need_of(w.ctx, call, test_path(w.dir, "dem.tif"), &need);
                assert_ok(w.ctx, st);
                assert_int_equal(need.cells, COLS * ROWS);
                assert_true(need.memory > 0);
                assert_true(ceilings[c] == 0 || need.memory <= ceilings[c]);
                st = gt_model_run(w.ctx, call);
                if (st != GT_OK) {
                    print_message("%s, %d threads\n", CASES[i].kernel, threads);
                }
                assert_ok(w.ctx, st);
                if (gt_ctx_memory_peak(w.ctx) > need.memory) {
                    print_message("%s: %zu > %zu, %d threads, ceiling %zu\n", CASES[i].kernel,
                                  gt_ctx_memory_peak(w.ctx), (size_t)need.memory, threads,
                                  ceilings[c]);
                }
                assert_true(gt_ctx_memory_peak(w.ctx) <= need.memory);
                gt_model_call_free(call);
                gt_ctx_free(w.ctx);
            }
        }
    }
    w.ctx = roomy;
    world_free(&w);
}

static void beyond_the_ceiling_the_disk(void **state)
{
    world w;
    gt_model_call *call = NULL;
    gt_model_need open, tight;
    (void)state;
    world_new(&w, COLS, ROWS);
    put_inputs(&w);
    gt_ctx *roomy = w.ctx;
    assert_ok(roomy, call_of(&w, "cost-distance", CASES[14].args, &call));
    const char *like = test_path(w.dir, "dem.tif");
    assert_ok(roomy, gt_model_need_of(roomy, call, like, &open));
    assert_int_equal(open.scratch, 0);
    assert_true(open.cell_bytes >= 12);
    assert_true(open.memory >= (uint64_t)(open.cell_bytes * COLS * ROWS));
    gt_ctx *small = with_ceiling(4 << 20, 1);
    assert_ok(small, gt_model_need_of(small, call, like, &tight));
    assert_true(tight.memory <= 4 << 20);
    assert_true(tight.scratch >= (uint64_t)(open.cell_bytes * COLS * ROWS));
    gt_ctx_free(small);
    gt_model_call_free(call);
    /* local kernels hold no cell; a scratch file is scratch at any ceiling */
    assert_ok(roomy, call_of(&w, "slope", CASES[0].args, &call));
    assert_ok(roomy, gt_model_need_of(roomy, call, like, &open));
    assert_true(open.scratch == 0 && open.cell_bytes == 0);
    gt_model_call_free(call);
    assert_ok(roomy, call_of(&w, "distance", CASES[8].args, &call));
    assert_ok(roomy, gt_model_need_of(roomy, call, like, &open));
    assert_int_equal(open.scratch, 4 * COLS * ROWS);
    gt_model_call_free(call);
    world_free(&w);
}

/* What stays in memory whatever the ceiling is told to pass it, and by how much. */
static void what_must_stay(void **state)
{
    static const bound current[] = {{IN, "resistance", "land.tif"},
                                    {IN, "patches", "spots.tif"},
                                    {OUT, "current", "o.tif"},
                                    {0}};
    world w;
    gt_model_call *call = NULL;
    gt_model_need need;
    (void)state;
    world_new(&w, COLS, ROWS);
    put_inputs(&w);
    const char *like = test_path(w.dir, "dem.tif");
    gt_ctx *small = with_ceiling(24 << 20, 1), *wide = with_ceiling((size_t)1 << 30, 1);
    assert_ok(w.ctx, call_of(&w, "circuit-current", current, &call));
    assert_ok(small, gt_model_need_of(small, call, like, &need));
    assert_false(need.fits);
    assert_true(need.memory >= (uint64_t)24 * COLS * ROWS && need.scratch == 0);
    assert_ok(wide, gt_model_need_of(wide, call, like, &need));
    assert_true(need.fits && need.memory <= (uint64_t)1 << 30);
    assert_ok(w.ctx, gt_model_need_of(w.ctx, call, like, &need));
    assert_true(need.fits); /* without a ceiling all does */
    gt_model_call_free(call);
    /* borders of tiles stay, the rest goes to the disk */
    assert_ok(w.ctx, call_of(&w, "multiflow", CASES[12].args, &call));
    assert_ok(small, gt_model_need_of(small, call, like, &need));
    assert_true(need.fits && need.memory <= 24 << 20);
    assert_true(need.scratch >= (uint64_t)18 * COLS * ROWS);
    gt_model_call_free(call);
    gt_ctx_free(small);
    gt_ctx_free(wide);
    world_free(&w);
}

static void a_wider_halo_holds_more(void **state)
{
    static const bound near[] = {
        {IN, "dem", "dem.tif"}, {OUT, "relief", "o.tif"}, {WITH, "radius", "3"}, {0}};
    static const bound far[] = {
        {IN, "dem", "dem.tif"}, {OUT, "relief", "o.tif"}, {WITH, "radius", "49"}, {0}};
    world w;
    gt_model_call *a = NULL, *b = NULL;
    gt_model_need need_a, need_b;
    (void)state;
    world_new(&w, COLS, ROWS);
    put_inputs(&w);
    assert_ok(w.ctx, call_of(&w, "relief", near, &a));
    assert_ok(w.ctx, call_of(&w, "relief", far, &b));
    assert_ok(w.ctx, gt_model_need_of(w.ctx, a, test_path(w.dir, "dem.tif"), &need_a));
    assert_ok(w.ctx, gt_model_need_of(w.ctx, b, test_path(w.dir, "dem.tif"), &need_b));
    assert_true(need_b.memory > need_a.memory);
    gt_model_call_free(a);
    gt_model_call_free(b);
    world_free(&w);
}

static void what_cannot_be_told(void **state)
{
    world w;
    gt_model_call *call = NULL;
    gt_model_need need;
    (void)state;
    world_new(&w, COLS, ROWS);
    put_inputs(&w);
    assert_ok(w.ctx, call_of(&w, "slope", CASES[0].args, &call));
    assert_fails(w.ctx, gt_model_need_of(w.ctx, call, test_path(w.dir, "none.tif"), &need),
                 GT_E_NOT_FOUND, "base.system");
    test_write_file(test_path(w.dir, "bad.tif"), "no grid", 7);
    assert_true(gt_model_need_of(w.ctx, call, test_path(w.dir, "bad.tif"), &need) == GT_E_INPUT);
    gt_error_clear(w.ctx);
    gt_ctx *tiny = with_ceiling(20000, 1); /* not one block */
    assert_int_equal(gt_model_need_of(tiny, call, test_path(w.dir, "dem.tif"), &need), GT_E_MEMORY);
    gt_ctx_free(tiny);
    gt_model_call_free(call);
    /* nothing bound: the blocks of nothing */
    const gt_model *m = NULL;
    assert_ok(w.ctx, gt_model_find(w.ctx, "slope", &m));
    assert_ok(w.ctx, gt_model_call_new(w.ctx, m, &call));
    assert_ok(w.ctx, gt_model_need_of(w.ctx, call, test_path(w.dir, "dem.tif"), &need));
    assert_int_equal(need.cells, COLS * ROWS);
    gt_model_call_free(call);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measured_stays_below_the_law),
        cmocka_unit_test(beyond_the_ceiling_the_disk),
        cmocka_unit_test(what_must_stay),
        cmocka_unit_test(a_wider_halo_holds_more),
        cmocka_unit_test(what_cannot_be_told),
    };
    return cmocka_run_group_tests_name("model.need", tests, NULL, NULL);
}
