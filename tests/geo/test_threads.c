/* PROJ is loaded once however many threads ask at the same moment; a gt_crs and a gt_plane are
 * shared. */
#include <math.h>
#include <stdio.h>

#include "guotu/area.h"
#include "guotu/pool.h"
#include "support/support.h"

typedef struct shared {
    const gt_crs *source, *target;
    const gt_plane *plane;
    double x[64], area[64];
} shared;

static gt_status one(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    shared *s = user;
    gt_transform *t = NULL;
    gt_crs *own = NULL;
    gt_geom g = {0};
    double xy[2] = {116.5, 40};
    static const char *const names[] = {"EPSG:2384", "EPSG:4548", "EPSG:25832", "EPSG:3857"};
    static const double square[] = {500000, 4400000, 501000, 4400000,
                                    501000, 4401000, 500000, 4400000};
    gt_status st = gt_crs_new(ctx, names[task % 4], &own);
    st = st == GT_OK ? gt_transform_new(ctx, s->source, s->target, GT_DATUM_AS_STATED, &t) : st;
    st = st == GT_OK ? gt_transform_points(ctx, t, xy, 1) : st;
    gt_geom_reset(&g, GT_POLYGON);
    for (int i = 0; st == GT_OK && i < 4; i++) {
        st = gt_geom_add_point(ctx, &g, square[2 * i], square[2 * i + 1]);
    }
    st = st == GT_OK ? gt_geom_end_ring(ctx, &g) : st;
    st = st == GT_OK ? gt_geom_end_part(ctx, &g) : st;
    if (st == GT_OK) {
        s->x[task] = xy[0];
        st = gt_area_geodesic(ctx, s->plane, &g, &s->area[task]);
    }
    gt_geom_free(ctx, &g);
    gt_transform_free(ctx, t);
    gt_crs_free(ctx, own);
    return st;
}

static void many_threads(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(8);
    gt_crs *degrees = NULL, *xian = NULL, *gk = NULL;
    gt_plane *plane = NULL;
    shared s = {0};
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4548", &gk)); /* no PROJ yet: the tasks race to load it */
    assert_ok(ctx, gt_plane_new(ctx, gk, &plane));
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4490", &degrees));
    s.source = degrees;
    s.target = gk;
    s.plane = plane;
    assert_ok(ctx, gt_parallel_for(ctx, 64, one, &s));
    for (int i = 1; i < 64; i++) {
        assert_near(s.x[i], s.x[0], 0);
        assert_near(s.area[i], s.area[0], 0);
    }
    /* and once more with a target that each transformation needs PROJ for */
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:2384", &xian));
    s.target = xian;
    assert_ok(ctx, gt_parallel_for(ctx, 64, one, &s));
    for (int i = 1; i < 64; i++) {
        assert_near(s.x[i], s.x[0], 0);
    }
    gt_plane_free(ctx, plane);
    gt_crs_free(ctx, degrees);
    gt_crs_free(ctx, xian);
    gt_crs_free(ctx, gk);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_threads)};
    return cmocka_run_group_tests_name("geo.threads", tests, NULL, NULL);
}
