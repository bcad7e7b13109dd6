/* Patches of a grid as polygons: rings by hand, cells counted back, shared points, weave's areas.
 */
#include <stdio.h>

#include "grid/grids.h"
#include "guotu/grid_zones.h"
#include "guotu/weave.h"

static gt_polygon_table *table_of(gt_ctx *ctx, const char *dir, const gt_grid_spec *s,
                                  const double *v)
{
    gt_polygon_table *t = NULL;
    gt_grid *g = make_grid(ctx, test_path(dir, "classes.tif"), s, v);
    assert_ok(ctx, gt_grid_polygons(ctx, g, &t));
    gt_grid_close(ctx, g);
    return t;
}

static double ring_area(const gt_polygon_run *r, uint32_t ring)
{
    uint32_t first = ring == 0 ? 0 : r->ring_end[ring - 1];
    double sum = 0;
    for (uint32_t i = first; i + 1 < r->ring_end[ring]; i++) {
        sum += (r->xy[2 * i] - 500000) * (r->xy[2 * i + 3] - 4400000) -
               (r->xy[2 * i + 2] - 500000) * (r->xy[2 * i + 1] - 4400000);
    }
    return sum / 2;
}

/* Every ring closed, sides along the axes, shells to the left and holes to the right; the area of a
 * patch is that of its cells. */
static void check_rings(const gt_polygon_table *t, const double *v, int n)
{
    double total = 0;
    int valid = 0;
    for (int i = 0; i < n; i++) {
        valid += !isnan(v[i]);
    }
    for (size_t k = 0; k < t->n_runs; k++) {
        const gt_polygon_run *r = &t->runs[k];
        uint32_t ring = 0, point = 0;
        for (size_t f = 0; f < r->n_features; f++) {
            assert_int_equal(r->feature_end[f], f + 1);
            assert_int_equal(r->fid[f], f + 1);
            for (uint32_t first = ring; ring < r->part_end[f]; ring++) {
                double area = ring_area(r, ring);
                assert_true(ring == first ? area > 0 : area < 0);
                total += area;
                uint32_t end = r->ring_end[ring];
                assert_true(end - point >= 5);
                assert_memory_equal(r->xy + 2 * (size_t)point, r->xy + 2 * (size_t)(end - 1), 16);
                for (; point + 1 < end; point++) {
                    const double *p = r->xy + 2 * (size_t)point;
                    assert_true((p[0] == p[2]) != (p[1] == p[3]));
                }
                point = end;
            }
        }
        assert_int_equal(ring, r->n_rings);
        assert_int_equal(point, r->n_points);
    }
    assert_near(total, 100.0 * valid, 1e-6);
}

static void by_hand(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_grid_spec s = spec_of(4, 4, GT_CELL_I16);
    const double N = (double)NAN;
    /* a ring of 7 around a hollow that meets the outside in a corner; -3; a cell of 7 apart */
    const double v[16] = {7, 7, 7, N, 7, -3, 7, N, 7, 7, N, N, N, N, N, 7};
    gt_polygon_table *t = table_of(ctx, dir, &s, v);
    check_rings(t, v, 16);
    assert_string_equal(t->name, "classes");
    assert_int_equal(t->srs_id, 4548);
    assert_int_equal(t->n_features, 3);
    assert_int_equal(t->n_codes, 2);
    assert_string_equal(t->codes[0], "-3");
    assert_string_equal(t->codes[1], "7");
    const gt_polygon_run *r = &t->runs[0];
    assert_int_equal(r->code[0], 1);
    assert_int_equal(r->code[1], 0);
    assert_int_equal(r->code[2], 1);
    assert_int_equal(r->part_end[0], 2); /* shell and hole, which touch in one point */
    assert_int_equal(r->part_end[2], 4);
    assert_near(ring_area(r, 0), 800, 1e-9);
    assert_near(ring_area(r, 1), -100, 1e-9);
    /* the last cell: from its north west corner */
    const double want[10] = {500030,  4399970, 500030,  4399960, 500040,
                             4399960, 500040,  4399970, 500030,  4399970};
    assert_memory_equal(r->xy + 2 * (size_t)r->ring_end[2], want, sizeof want);
    gt_polygon_table_free(ctx, t);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A corner of three patches is a point of all three, also of the one that passes straight by. */
static void three_meet(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_grid_spec s = spec_of(2, 2, GT_CELL_U8);
    const double v[4] = {1, 1, 2, 3};
    gt_polygon_table *t = table_of(ctx, dir, &s, v);
    const gt_polygon_run *r = &t->runs[0];
    assert_int_equal(r->ring_end[0], 6); /* five corners, closed */
    assert_int_equal(r->ring_end[1] - r->ring_end[0], 5);
    int found = 0;
    for (size_t i = 0; i < r->n_points; i++) {
        found += r->xy[2 * i] == 500010 && r->xy[2 * i + 1] == 4399990;
    }
    assert_true(found >= 3);
    gt_polygon_table_free(ctx, t);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static gt_status count_atoms(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                             double plane_m2, const gt_geom *geom)
{
    (void)ctx;
    (void)codes;
    (void)m2;
    double *sums = user;
    sums[0] += plane_m2;
    sums[1] += gt_geom_plane_area(geom);
    sums[2]++;
    return GT_OK;
}

/* Any classes: weave finds no gap and no overlap inside, and areas by class are counts of cells. */
static void random_classes(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 37, H = 53 };
    for (int k = 0; k < 6; k++) {
        gt_ctx *ctx = test_ctx_threads(1 + k % 2);
        gt_grid_spec s = spec_of(W, H, GT_CELL_I32);
        s.tile = 16;
        double *v = random_values((size_t)W * H, 60 + (uint64_t)k, -2, 2 + k, k * 0.06);
        gt_polygon_table *t = table_of(ctx, dir, &s, v);
        check_rings(t, v, W * H);
        const gt_polygon_run *r = &t->runs[0];
        const gt_weave_batch b = {.n_features = r->n_features,
                                  .xy = r->xy,
                                  .ring_end = r->ring_end,
                                  .part_end = r->part_end,
                                  .feature_end = r->feature_end};
        gt_weave_options o;
        gt_weave_options_init(&o);
        o.keep_lines = true;
        gt_weave *weave = NULL;
        gt_account *account = NULL;
        gt_weave_finding *found = NULL;
        size_t n_found = 0;
        assert_ok(ctx, gt_weave_run(ctx, 1, &b, 1, &o, &weave));
        assert_ok(ctx, gt_weave_qc(ctx, weave, &found, &n_found));
        assert_int_equal(n_found, 0);
        const uint32_t *code_of[1] = {r->code};
        assert_ok(ctx, gt_weave_account(ctx, weave, code_of, &t->n_features, NULL, &account));
        assert_int_equal(gt_account_rows(account), t->n_codes);
        for (size_t i = 0; i < gt_account_rows(account); i++) {
            const uint32_t *code = NULL;
            double m2 = 0, plane = 0;
            int cells = 0;
            gt_account_get(account, i, &code, &m2, &plane);
            for (int c = 0; c < W * H; c++) {
                cells += v[c] == strtod(t->codes[code[0]], NULL);
            }
            assert_true(m2 == 100.0 * cells && plane == m2); /* exactly */
        }
        double sums[3] = {0}, plain = gt_account_total(account);
        gt_weave_view view;
        gt_weave_view_init(&view);
        view.tolerance = 15;
        assert_ok(ctx, gt_weave_polygons(ctx, weave, &view, count_atoms, sums));
        assert_near(sums[0], plain, 1e-6);
        assert_int_equal((size_t)sums[2], t->n_features);
        assert_true(k > 0 || fabs(sums[1] - plain) < 0.01 * plain); /* only the outline gives way */
        gt_free(ctx, found);
        gt_account_free(ctx, account);
        gt_weave_free(ctx, weave);
        gt_polygon_table_free(ctx, t);
        free(v);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    test_dir_remove(dir);
}

static void odd_input(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double N = (double)NAN, none[6] = {N, N, N, N, N, N}, same[6] = {4, 4, 4, 4, 4, 4};
    gt_grid_spec s = spec_of(3, 2, GT_CELL_I32);
    gt_polygon_table *t = table_of(ctx, dir, &s, none);
    assert_int_equal(t->n_features, 0);
    assert_int_equal(t->n_runs, 0);
    gt_polygon_table_free(ctx, t);
    t = table_of(ctx, dir, &s, same);
    assert_int_equal(t->n_features, 1);
    assert_int_equal(t->runs[0].n_points, 5);
    gt_polygon_table_free(ctx, t);
    const int64_t shapes[][2] = {{1, 1}, {6, 1}, {1, 6}};
    for (int k = 0; k < 3; k++) {
        s = spec_of(shapes[k][0], shapes[k][1], GT_CELL_I32);
        s.crs = NULL;
        const double ends[6] = {INT32_MAX, -INT32_MAX, 0, 0, 0, INT32_MAX};
        t = table_of(ctx, dir, &s, ends);
        assert_int_equal(t->srs_id, -1);
        assert_int_equal(t->n_features, k == 0 ? 1 : 4);
        check_rings(t, ends, (int)(shapes[k][0] * shapes[k][1]));
        gt_polygon_table_free(ctx, t);
    }
    s = spec_of(3, 2, GT_CELL_F32);
    const double real[6] = {1, 2, 2.5, 3, 3, 3};
    gt_grid *g = make_grid(ctx, test_path(dir, "real.tif"), &s, real);
    assert_fails(ctx, gt_grid_polygons(ctx, g, &t), GT_E_INPUT, "grid.not-integer");
    gt_grid_close(ctx, g);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(three_meet),
        cmocka_unit_test(random_classes),
        cmocka_unit_test(odd_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
