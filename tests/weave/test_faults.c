/* Memory that runs out, or a ceiling that is met, at every place of every call: said, never
 * crashed, nothing leaked, and what was there before stands. */
#include "weave/shapes.h"

typedef struct world {
    shapes s[2];
    gt_weave_batch b[2];
    gt_weave_options o;
    unsigned char digest[32]; /* of the full run */
} world;

static void world_open(world *w)
{
    memset(w, 0, sizeof *w);
    shapes_coverage(&w->s[0], 5, 0, 0, 10, 4, 4, 0.5, 2);
    shapes_coverage(&w->s[1], 6, 0, 0, 13, 3, 3, 0.5, 2);
    shapes_box(&w->s[1], 5, 5, 9, 9); /* an overlap, so that there is a fault to find */
    w->b[0] = shapes_batch(&w->s[0], 0);
    w->b[1] = shapes_batch(&w->s[1], 1);
    gt_weave_options_init(&w->o);
    w->o.cell = 17;
    w->o.keep_lines = true;
}

static void world_close(world *w)
{
    shapes_free(&w->s[0]);
    shapes_free(&w->s[1]);
}

typedef gt_status (*call_fn)(gt_ctx *ctx, const world *w, gt_weave *woven);

static gt_status call_update(gt_ctx *ctx, const world *w, gt_weave *woven)
{
    const gt_box box = {1, 1, 30, 30};
    return gt_weave_update(ctx, woven, w->b, 2, &box, 1);
}

static gt_status count(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                       const gt_geom *geom)
{
    (void)ctx;
    (void)codes;
    (void)m2;
    (void)plane_m2;
    *(size_t *)user += geom->n_parts;
    return GT_OK;
}

static gt_status call_polygons(gt_ctx *ctx, const world *w, gt_weave *woven)
{
    (void)w;
    size_t n = 0;
    gt_status st = gt_weave_polygons(ctx, woven, NULL, count, &n);
    assert_true(st != GT_OK || n > 20);
    return st;
}

static gt_status call_simplified(gt_ctx *ctx, const world *w, gt_weave *woven)
{
    (void)w;
    size_t n = 0;
    gt_weave_view view;
    gt_weave_view_init(&view);
    view.tolerance = 1;
    gt_status st = gt_weave_polygons(ctx, woven, &view, count, &n);
    assert_true(st != GT_OK || n > 20);
    return st;
}

static gt_status call_qc(gt_ctx *ctx, const world *w, gt_weave *woven)
{
    (void)w;
    gt_weave_finding *found = NULL;
    size_t n = 0;
    gt_status st = gt_weave_qc(ctx, woven, &found, &n);
    assert_true(st == GT_OK ? n > 0 : found == NULL);
    gt_free(ctx, found);
    return st;
}

static gt_status call_account(gt_ctx *ctx, const world *w, gt_weave *woven)
{
    (void)w;
    gt_account *a = NULL;
    gt_status st = gt_weave_account(ctx, woven, NULL, NULL, NULL, &a);
    assert_true((st == GT_OK) == (a != NULL));
    gt_account_free(ctx, a);
    return st;
}

static gt_status call_sum(gt_ctx *ctx, const world *w, gt_weave *woven)
{
    (void)woven;
    gt_account *a = NULL;
    gt_status st = gt_weave_sum(ctx, 2, w->b, 2, &w->o, NULL, NULL, &a);
    assert_true((st == GT_OK) == (a != NULL));
    gt_account_free(ctx, a);
    return st;
}

static const call_fn CALLS[] = {call_update, call_polygons, call_simplified,
                                call_qc,     call_account,  call_sum};
enum { N_CALLS = sizeof CALLS / sizeof *CALLS };

/* The weave is made with plenty, then the call is given k allocations. */
static void failing_allocation(void **state)
{
    (void)state;
    world w;
    world_open(&w);
    for (size_t c = 0; c < N_CALLS; c++) {
        bool done = false;
        long k = 0;
        for (; !done && k < 5000; k++) {
            long left = 1 << 20;
            gt_ctx *ctx = test_ctx_failing(&left);
            gt_weave *woven = NULL;
            unsigned char before[32], after[32];
            assert_ok(ctx, gt_weave_run(ctx, 2, w.b, 2, &w.o, &woven));
            gt_weave_digest(woven, before);
            size_t used = gt_ctx_memory_used(ctx);
            left = k;
            gt_status st = CALLS[c](ctx, &w, woven);
            done = st == GT_OK;
            if (!done) {
                assert_fails(ctx, st, GT_E_MEMORY, NULL);
            }
            gt_weave_digest(woven, after); /* an update with the same features changes nothing */
            assert_memory_equal(before, after, 32);
            assert_int_equal(gt_ctx_memory_used(ctx), used);
            gt_weave_free(ctx, woven);
            assert_int_equal(gt_ctx_memory_used(ctx), 0);
            gt_ctx_free(ctx);
        }
        assert_true(done && k > 3);
    }
    world_close(&w);
}

/* A ceiling from far too low to enough: every call either works or says so, and never passes it. */
static void ceilings_are_kept(void **state)
{
    (void)state;
    world w;
    world_open(&w);
    for (size_t c = 0; c < N_CALLS; c++) {
        int worked = 0, refused = 0;
        for (size_t ceiling = 4000; ceiling < 8000000; ceiling += ceiling / 5) {
            gt_ctx_options o;
            gt_ctx_options_init(&o);
            o.threads = 2;
            o.memory_ceiling = ceiling;
            gt_ctx *ctx = gt_ctx_new(&o);
            gt_weave *woven = NULL;
            gt_status st = gt_weave_run(ctx, 2, w.b, 2, &w.o, &woven);
            st = st == GT_OK ? CALLS[c](ctx, &w, woven) : st;
            if (st == GT_OK) {
                worked++;
            } else {
                refused++;
                assert_fails(ctx, st, GT_E_MEMORY, NULL);
            }
            assert_true(gt_ctx_memory_peak(ctx) <= ceiling);
            gt_weave_free(ctx, woven);
            assert_int_equal(gt_ctx_memory_used(ctx), 0);
            gt_ctx_free(ctx);
        }
        assert_true(worked > 3 && refused > 3);
    }
    world_close(&w);
}

static void cancelled_calls_stop(void **state)
{
    (void)state;
    world w;
    world_open(&w);
    for (size_t c = 0; c < N_CALLS; c++) {
        gt_ctx *ctx = test_ctx_threads(2);
        gt_weave *woven = NULL;
        unsigned char before[32], after[32];
        assert_ok(ctx, gt_weave_run(ctx, 2, w.b, 2, &w.o, &woven));
        gt_weave_digest(woven, before);
        gt_cancel(ctx);
        assert_fails(ctx, CALLS[c](ctx, &w, woven), GT_E_CANCELLED, "base.cancelled");
        gt_weave_digest(woven, after);
        assert_memory_equal(before, after, 32);
        gt_weave_free(ctx, woven);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_allocation),
        cmocka_unit_test(ceilings_are_kept),
        cmocka_unit_test(cancelled_calls_stop),
    };
    return cmocka_run_group_tests_name("weave.faults", tests, NULL, NULL);
}
