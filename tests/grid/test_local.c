/* Weighted sum, combination and reclassification, with nodata, and what they refuse. */
#include "grid/grids.h"
#include "guotu/grid_ops.h"

#define NONE ((double)NAN)
enum { N = 6 };

typedef struct world {
    gt_ctx *ctx;
    char *dir;
    gt_grid *in[3], *out;
    double *got;
} world;

static void open_world(world *w)
{
    static const double v[3][N] = {
        {1, 2, NONE, 4, NONE, -5}, {10, 1, 30, NONE, NONE, 60}, {0.5, 0.25, 7, 8, NONE, NONE}};
    static const char *const names[] = {"a.tif", "b.tif", "c.tif"};
    const gt_grid_spec s = spec_of(3, 2, GT_CELL_F64);
    w->ctx = test_ctx_threads(2);
    w->dir = test_dir();
    for (int i = 0; i < 3; i++) {
        w->in[i] = make_grid(w->ctx, test_path(w->dir, names[i]), &s, v[i]);
    }
    assert_ok(w->ctx, gt_grid_create_scratch(w->ctx, w->dir, &s, &w->out));
}

static void close_world(world *w)
{
    for (int i = 0; i < 3; i++) {
        gt_grid_close(w->ctx, w->in[i]);
    }
    gt_grid_close(w->ctx, w->out);
    assert_int_equal(gt_ctx_memory_used(w->ctx), 0);
    test_dir_remove(w->dir);
    gt_ctx_free(w->ctx);
}

static void expect(world *w, const double *want)
{
    double *got = read_all(w->ctx, w->out);
    for (int i = 0; i < N; i++) {
        assert_true(same_value(got[i], want[i]));
    }
    free(got);
}

static void weighted_sum(void **state)
{
    (void)state;
    world w;
    open_world(&w);
    const double weights[] = {2, 0.5, 4}, want[] = {9, 5.5, NONE, NONE, NONE, NONE};
    assert_ok(w.ctx, gt_grid_weighted_sum(w.ctx, w.in, weights, 3, w.out));
    expect(&w, want);
    const double bad[] = {1, NONE, 1};
    assert_fails(w.ctx, gt_grid_weighted_sum(w.ctx, w.in, bad, 3, w.out), GT_E_USAGE, "grid.walk");
    assert_fails(w.ctx, gt_grid_weighted_sum(w.ctx, w.in, weights, 0, w.out), GT_E_USAGE,
                 "grid.walk");
    close_world(&w);
}

static void combination(void **state)
{
    (void)state;
    world w;
    open_world(&w);
    static const double want[3][N] = {
        {1, 2, 30, 4, NONE, -5}, {10, 2, 30, 8, NONE, 60}, {0.5, 0.25, 7, 4, NONE, -5}};
    for (int k = 0; k < 3; k++) {
        assert_ok(w.ctx, gt_grid_combine(w.ctx, w.in, 3, (gt_combine)k, w.out));
        expect(&w, want[k]);
    }
    gt_grid *many[GT_WALK_MAX + 1];
    for (int i = 0; i <= GT_WALK_MAX; i++) {
        many[i] = w.in[0];
    }
    assert_fails(w.ctx, gt_grid_combine(w.ctx, many, GT_WALK_MAX + 1, GT_COMBINE_MAX, w.out),
                 GT_E_USAGE, "grid.walk");
    close_world(&w);
}

static void reclassification(void **state)
{
    (void)state;
    world w;
    open_world(&w);
    const gt_class_range ranges[] = {
        {-(double)INFINITY, 1, 100}, {1, 1, 1}, {2, 4, 3}, {4, (double)INFINITY, 9}};
    const double want[] = {1, 3, NONE, 9, NONE, 100};
    assert_ok(w.ctx, gt_grid_reclass(w.ctx, w.in[0], ranges, 4, -1, w.out));
    expect(&w, want);
    const double others[] = {-1, -1, NONE, 9, NONE, -1};
    assert_ok(w.ctx, gt_grid_reclass(w.ctx, w.in[0], ranges + 3, 1, -1, w.out));
    expect(&w, others);
    const double nothing[] = {NONE, NONE, NONE, NONE, NONE, NONE};
    assert_ok(w.ctx, gt_grid_reclass(w.ctx, w.in[0], NULL, 0, NONE, w.out));
    expect(&w, nothing);
    const gt_class_range down[] = {{3, 2, 1}}, over[] = {{1, 5, 1}, {4, 6, 2}},
                         nan[] = {{NONE, 1, 1}};
    assert_fails(w.ctx, gt_grid_reclass(w.ctx, w.in[0], down, 1, 0, w.out), GT_E_USAGE,
                 "grid.ranges");
    assert_fails(w.ctx, gt_grid_reclass(w.ctx, w.in[0], over, 2, 0, w.out), GT_E_USAGE,
                 "grid.ranges");
    assert_fails(w.ctx, gt_grid_reclass(w.ctx, w.in[0], nan, 1, 0, w.out), GT_E_USAGE,
                 "grid.ranges");
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_sum),
        cmocka_unit_test(combination),
        cmocka_unit_test(reclassification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
