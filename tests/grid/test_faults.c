/* Every allocation of the operations fails once: the error is told, nothing is kept or lost. */
#include <stdio.h>

#include "grid/grids.h"
#include "guotu/grid_analysis.h"
#include "guotu/grid_ops.h"
#include "guotu/grid_zones.h"

enum { W = 40, H = 24, OPERATIONS = 9 };

typedef struct world {
    const char *dir, *in, *classes;
    gt_polygon_table zones;
} world;

static gt_status operate(gt_ctx *ctx, int what, world *w, gt_grid *in, gt_grid *classes,
                         gt_grid *out)
{
    static const char *const names[] = {"a"};
    const gt_observer eye = {3, 3};
    gt_view_options view;
    gt_zone_stats *stats = NULL;
    gt_zone_class *list = NULL;
    gt_patch *patches = NULL;
    double breaks[5];
    size_t n = 0;
    gt_status st = GT_OK;
    gt_view_options_init(&view);
    view.max_distance = 80;
    switch (what) {
    case 0:
        return gt_grid_flow(ctx, in, NULL, NULL, NULL, out, NULL);
    case 1:
        return gt_grid_calc(ctx, "a * 2", names, &in, 1, out);
    case 2:
        st = gt_grid_zonal(ctx, in, &w->zones, &stats);
        gt_free(ctx, stats);
        return st;
    case 3:
        st = gt_grid_zone_classes(ctx, classes, &w->zones, &list, &n);
        gt_free(ctx, list);
        return st;
    case 4:
        return gt_grid_rasterize(ctx, &w->zones, NULL, out);
    case 5:
        st = gt_grid_patches(ctx, classes, true, out, &patches, &n);
        gt_free(ctx, patches);
        return st;
    case 6:
        return gt_grid_distance(ctx, classes, NULL, out, NULL);
    case 7:
        return gt_grid_breaks(ctx, in, GT_BREAKS_NATURAL, 4, breaks);
    default:
        return gt_grid_viewshed(ctx, in, &eye, 1, &view, out);
    }
}

/* true when no allocation failed any more. */
static bool attempt(int what, world *w, long nth)
{
    long left = nth;
    gt_ctx *ctx = test_ctx_failing(&left);
    if (ctx == NULL) {
        return false;
    }
    gt_grid *in = NULL, *classes = NULL, *out = NULL;
    gt_grid_spec s = spec_of(W, H, GT_CELL_I32);
    gt_status st = gt_grid_open(ctx, w->in, &in);
    st = st == GT_OK ? gt_grid_open(ctx, w->classes, &classes) : st;
    st = st == GT_OK ? gt_grid_create_scratch(ctx, w->dir, &s, &out) : st;
    st = st == GT_OK ? operate(ctx, what, w, in, classes, out) : st;
    assert_true((st == GT_OK) == (left >= 0));
    assert_true(st == GT_OK || st == GT_E_MEMORY);
    gt_grid_close(ctx, in);
    gt_grid_close(ctx, classes);
    gt_grid_close(ctx, out);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    return st == GT_OK;
}

static void allocations(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    char in[512], classes[512];
    double *v = random_values((size_t)W * H, 6, 0, 50, 0.05);
    double *c = random_values((size_t)W * H, 7, 0, 3, 0);
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32), k = spec_of(W, H, GT_CELL_I32);
    (void)snprintf(in, sizeof in, "%s/v.tif", dir);
    (void)snprintf(classes, sizeof classes, "%s/c.tif", dir);
    gt_grid_close(ctx, make_grid(ctx, in, &s, v));
    gt_grid_close(ctx, make_grid(ctx, classes, &k, c));
    double xy[] = {500015, 4399990, 500215, 4399990, 500215, 4399833, 500015, 4399990};
    uint32_t end = 4, one = 1;
    int64_t fid = 1;
    gt_polygon_run run = {.n_features = 1,
                          .n_parts = 1,
                          .n_rings = 1,
                          .n_points = 4,
                          .xy = xy,
                          .ring_end = &end,
                          .part_end = &one,
                          .feature_end = &one,
                          .fid = &fid};
    world w = {dir, in, classes, {.name = (char *)"z", .n_runs = 1, .runs = &run, .n_features = 1}};
    for (int what = 0; what < OPERATIONS; what++) {
        long nth = 0;
        while (!attempt(what, &w, nth)) {
            nth++;
            assert_true(nth < 2000);
        }
        assert_true(nth > 5);
    }
    free(v);
    free(c);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
