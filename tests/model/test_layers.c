/* Kernels between grids and layers: polygons of classes. */
#include <stdio.h>

#include "guotu/gpkg_read.h"
#include "model/grids.h"

static gt_polygon_table *read_layer(world *w, const char *name)
{
    gt_polygon_table *t = NULL;
    assert_ok(w->ctx, gt_gpkg_read_polygons(w->ctx, test_path(w->dir, name), NULL, "value", &t));
    return t;
}

static int by_place(const void *a, const void *b)
{
    return memcmp(a, b, 2 * sizeof(double));
}

/* Every point of the layer: how often it stands there. Inside, never once. */
static void check_shared(const gt_polygon_run *r, const world *w)
{
    double *xy = malloc((r->n_points + 1) * 2 * sizeof *xy);
    size_t n = 0;
    for (uint32_t ring = 0, p = 0; ring < r->n_rings; ring++) {
        for (; p + 1 < r->ring_end[ring]; p++) { /* without the closing point */
            memcpy(xy + 2 * n++, r->xy + 2 * (size_t)p, 2 * sizeof *xy);
        }
        p++;
    }
    qsort(xy, n, 2 * sizeof *xy, by_place);
    for (size_t i = 0; i < n; i++) {
        bool inside = xy[2 * i] > 500000 && xy[2 * i] < 500000 + w->cell * (double)w->cols &&
                      xy[2 * i + 1] < 4400000 &&
                      xy[2 * i + 1] > 4400000 - w->cell * (double)w->rows;
        bool twice = (i > 0 && by_place(xy + 2 * i, xy + 2 * (i - 1)) == 0) ||
                     (i + 1 < n && by_place(xy + 2 * i, xy + 2 * (i + 1)) == 0);
        assert_true(!inside || twice);
    }
    free(xy);
}

static double area_of(const gt_polygon_run *r)
{
    double sum = 0;
    for (uint32_t ring = 0, p = 0; ring < r->n_rings; ring++) {
        for (; p + 1 < r->ring_end[ring]; p++) {
            const double *q = r->xy + 2 * (size_t)p;
            sum += (q[0] - 500000) * (q[3] - 4400000) - (q[2] - 500000) * (q[1] - 4400000);
        }
        p++;
    }
    return sum / 2;
}

static void polygons_of_classes(void **state)
{
    enum { W = 60, H = 45 };
    double v[W * H];
    world w;
    test_rng rng;
    (void)state;
    world_new(&w, W, H);
    test_rng_seed(&rng, 8);
    for (int i = 0; i < W * H; i++) { /* clumps */
        double x = sin(i % W * 0.21) + cos(i / W * 0.17) + 0.4 * test_rng_real(&rng);
        v[i] = x < -0.5 ? 11 : x < 0.4 ? 12 : 20;
    }
    put_grid(&w, "classes.tif", GT_CELL_U8, v);
    static const char *const tolerances[] = {"0 m", "12 m"};
    for (int k = 0; k < 4; k++) {
        assert_ok(w.ctx, RUN(&w, "polygonize", {IN, "classes", "classes.tif"},
                             {OUT, "polygons", "out.gpkg"}, {WITH, "tolerance", tolerances[k / 2]},
                             {WITH, "by", k % 2 == 0 ? "class" : "patch"}));
        gt_polygon_table *t = read_layer(&w, "out.gpkg");
        assert_int_equal(t->srs_id, 4548);
        assert_int_equal(t->n_codes, 3);
        assert_true(k % 2 == 0 ? t->n_features == 3 : t->n_features > 10);
        check_shared(&t->runs[0], &w);
        assert_near(area_of(&t->runs[0]), W * H * 100.0, k < 2 ? 1e-6 : 0.01 * W * H * 100);
        assert_true(k < 2 || t->runs[0].n_points < 3000);
        gt_polygon_table_free(w.ctx, t);
    }
    world_free(&w);
}

/* Named classes make a file that can be loaded as a layer; a class without a name is left out. */
static void named_classes(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 2);
    const double v[6] = {1, 1, 2, 0, 0, 1};
    put_grid(&w, "classes.tif", GT_CELL_U8, v);
    assert_ok(w.ctx, RUN(&w, "polygonize", {IN, "classes", "classes.tif"},
                         {OUT, "polygons", "n.gpkg"}, {WITH, "by", "patch"},
                         {WITH, "names", "1=first, 2=second"}, {WITH, "field", "level"}));
    gt_polygon_table *t = NULL;
    const char *path = test_path(w.dir, "n.gpkg");
    assert_ok(w.ctx, gt_gpkg_read_polygons(w.ctx, path, NULL, "level", &t));
    assert_int_equal(t->n_features, 3);
    assert_int_equal(t->n_codes, 2);
    assert_string_equal(t->codes[0], "first");
    assert_string_equal(t->codes[1], "second");
    assert_near(area_of(&t->runs[0]), 400, 1e-6);
    gt_polygon_table_free(w.ctx, t);
    assert_ok(w.ctx, gt_gpkg_read_polygons(w.ctx, path, NULL, "code", &t));
    assert_int_equal(t->n_codes, 3);
    assert_string_equal(t->codes[0], "first-1");
    gt_polygon_table_free(w.ctx, t);
    assert_ok(w.ctx, RUN(&w, "polygonize", {IN, "classes", "classes.tif"},
                         {OUT, "polygons", "c.gpkg"}, {WITH, "names", "0=none"}));
    assert_ok(w.ctx, gt_gpkg_read_polygons(w.ctx, test_path(w.dir, "c.gpkg"), NULL, "code", &t));
    assert_int_equal(t->n_features, 1);
    assert_string_equal(t->codes[0], "none");
    gt_polygon_table_free(w.ctx, t);
    static const char *const bad[] = {"first", "1", "1=", "x=first", "1=first,second"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(w.ctx,
                     RUN(&w, "polygonize", {IN, "classes", "classes.tif"},
                         {OUT, "polygons", "b.gpkg"}, {WITH, "names", bad[i]}),
                     GT_E_INPUT, "model.value");
    }
    world_free(&w);
}

static void bad_classes(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 2);
    put_constant(&w, "none.tif", (double)NAN);
    put_constant(&w, "half.tif", 1.5);
    assert_ok(w.ctx,
              RUN(&w, "polygonize", {IN, "classes", "none.tif"}, {OUT, "polygons", "out.gpkg"}));
    gt_polygon_table *t = read_layer(&w, "out.gpkg");
    assert_int_equal(t->n_features, 0);
    gt_polygon_table_free(w.ctx, t);
    assert_fails(w.ctx,
                 RUN(&w, "polygonize", {IN, "classes", "half.tif"}, {OUT, "polygons", "h.gpkg"}),
                 GT_E_INPUT, "grid.not-integer");
    FILE *f = fopen(test_path(w.dir, "h.gpkg"), "rb");
    assert_null(f); /* nothing stands there */
    gt_grid_spec s;
    gt_grid *g = NULL;
    const int32_t one = 1;
    const gt_window all = {0, 0, 1, 1};
    gt_grid_spec_init(&s);
    s.n_cols = s.n_rows = 1;
    s.x_west = 116;
    s.y_north = 40;
    s.cell_x = s.cell_y = 0.001;
    s.crs = "EPSG:4490";
    s.type = GT_CELL_U8;
    assert_ok(w.ctx, gt_grid_create(w.ctx, test_path(w.dir, "degrees.tif"), &s, &g));
    assert_ok(w.ctx, gt_grid_write(w.ctx, g, &all, GT_CELL_I32, &one, 1));
    assert_ok(w.ctx, gt_grid_finish(w.ctx, g));
    gt_grid_close(w.ctx, g);
    assert_fails(w.ctx,
                 RUN(&w, "polygonize", {IN, "classes", "degrees.tif"}, {OUT, "polygons", "d.gpkg"}),
                 GT_E_INPUT, "grid.not-projected");
    assert_fails(w.ctx,
                 RUN(&w, "polygonize", {IN, "classes", "none.tif"}, {OUT, "polygons", "no/d.gpkg"}),
                 GT_E_ENV, NULL);
    world_free(&w);
}

/* A roof: two units on the grid and as polygons that share the ridge. */
static void slope_units(void **state)
{
    enum { W = 30, H = 20 };
    double v[W * H];
    world w;
    (void)state;
    world_new(&w, W, H);
    for (int i = 0; i < W * H; i++) {
        v[i] = 100 - 2 * fabs(i % W - 14.5);
    }
    put_grid(&w, "dem.tif", GT_CELL_F32, v);
    assert_ok(w.ctx, RUN(&w, "slope-units", {IN, "dem", "dem.tif"}, {OUT, "units", "u.tif"},
                         {OUT, "polygons", "u.gpkg"}, {WITH, "threshold", "100 km2"},
                         {WITH, "min-area", "2 ha"}));
    double *u = get_grid(&w, "u.tif");
    assert_true(u[0] == 1 && u[W - 1] == 2);
    free(u);
    gt_polygon_table *t = NULL;
    assert_ok(w.ctx, gt_gpkg_read_polygons(w.ctx, test_path(w.dir, "u.gpkg"), NULL, "aspect", &t));
    assert_int_equal(t->n_features, 2);
    assert_near(strtod(t->codes[t->runs[0].code[0]], NULL), 270, 1e-3);
    check_shared(&t->runs[0], &w);
    assert_near(area_of(&t->runs[0]), W * H * 100.0, 1e-6);
    gt_polygon_table_free(w.ctx, t);
    assert_fails(w.ctx,
                 RUN(&w, "slope-units", {IN, "dem", "dem.tif"}, {OUT, "units", "u.tif"},
                     {WITH, "threshold", "0"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polygons_of_classes),
        cmocka_unit_test(named_classes),
        cmocka_unit_test(bad_classes),
        cmocka_unit_test(slope_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
