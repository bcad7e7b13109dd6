/* Viewsheds from points, lines and areas: the arrays of InVEST's tests of its viewshed, observers
 * along lines and in areas against those set by hand, what is refused. */
#include <stdio.h>
#include <unistd.h>

#include "model/grids.h"

enum { SIDE = 20 };

static void put_features(world *w, const char *name, const char *features)
{
    char text[4096];
    int n = snprintf(text, sizeof text,
                     "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{"
                     "\"name\":\"EPSG:4548\"}},\"features\":[%s]}",
                     features);
    assert_true(n > 0 && (size_t)n < sizeof text);
    test_write_file(test_path(w->dir, name), text, (size_t)n);
}

#define FEATURE(type, coordinates)                                                                 \
    "{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"" type                       \
    "\",\"coordinates\":" coordinates "}}"

/* A point in the middle of a cell of 10 m. */
static void put_observer(world *w, int col, int row)
{
    char text[256];
    (void)snprintf(text, sizeof text, FEATURE("Point", "[%d,%d]"), 500000 + 10 * col + 5,
                   4400000 - 10 * row - 5);
    put_features(w, "o.geojson", text);
}

/* z in cells of 10 m: heights times 10 keep the slopes of InVEST's cells of 1. */
static double *seen_from(world *w, const double *z, int col, int row, const char *eye,
                         const char *curved)
{
    double *ten = malloc((size_t)(w->cols * w->rows) * sizeof *ten);
    assert_non_null(ten);
    for (int64_t i = 0; i < w->cols * w->rows; i++) {
        ten[i] = 10 * z[i];
    }
    put_grid(w, "z.tif", GT_CELL_F32, ten);
    free(ten);
    put_observer(w, col, row);
    assert_ok(w->ctx, RUN(w, "viewshed", {IN, "dem", "z.tif"}, {IN, "observers", "o.geojson"},
                          {OUT, "seen", "v.tif"}, {WITH, "eye", eye}, {WITH, "curved", curved}));
    return get_grid(w, "v.tif");
}

/* ViewshedTests::test_view_from_valley, test_tower_view_from_valley, test_primitive_peak. */
static void valley_tower_peak(void **state)
{
    double z[81] = {0};
    world w;
    (void)state;
    world_new(&w, 9, 9);
    for (int i = 0; i < 81; i++) {
        int r = i / 9, c = i % 9;
        z[i] = r >= 4 && r < 7 && c >= 4 && c < 7 ? 1 : r >= 5 && r < 8 && c >= 5 && c < 8 ? 2 : 0;
    }
    z[5 * 9 + 5] = 0;
    double *v = seen_from(&w, z, 5, 5, "0", "no");
    for (int i = 0; i < 81; i++) {
        assert_near(v[i], z[i] != 0 || i == 5 * 9 + 5 ? 1 : 0, 0);
    }
    free(v);
    v = seen_from(&w, z, 5, 5, "100", "yes");
    for (int i = 0; i < 81; i++) {
        assert_near(v[i], 1, 0);
    }
    free(v);
    for (int i = 0; i < 81; i++) {
        int r = i / 9, c = i % 9;
        z[i] = r == 5 && c == 5 ? 2 : r >= 4 && r < 7 && c >= 4 && c < 7 ? 1 : 0;
    }
    v = seen_from(&w, z, 5, 5, "0", "no");
    for (int i = 0; i < 81; i++) { /* the original has 8 by 8 cells */
        assert_true(v[i] == 1 || i / 9 == 8 || i % 9 == 8);
    }
    free(v);
    world_free(&w);
}

/* test_cliff_{bottom,top,left,right}_half_visibility: the edge of the cliff is seen, no more. */
static void cliffs(void **state)
{
    double z[SIDE * SIDE];
    world w;
    (void)state;
    world_new(&w, SIDE, SIDE);
    for (int side = 0; side < 4; side++) {
        for (int i = 0; i < SIDE * SIDE; i++) {
            int along = side < 2 ? i / SIDE : i % SIDE;
            z[i] = (side % 2 == 0 ? along < 8 : along >= 13) ? 10 : 2;
        }
        z[10 * SIDE + 10] = 5;
        double *v = seen_from(&w, z, 10, 10, "0", "yes");
        for (int i = 0; i < SIDE * SIDE; i++) {
            int along = side < 2 ? i / SIDE : i % SIDE;
            assert_near(v[i], (side % 2 == 0 ? along < 7 : along >= 14) ? 0 : 1, 0);
        }
        free(v);
    }
    world_free(&w);
}

/* test_max_distance; departure: a cell at just the reach counts as within it. */
static void reach_and_nodata(void **state)
{
    double z[36];
    world w;
    (void)state;
    world_new(&w, 6, 6);
    for (int i = 0; i < 36; i++) {
        z[i] = 1;
    }
    z[3] = (double)NAN;
    put_grid(&w, "z.tif", GT_CELL_F32, z);
    put_observer(&w, 5, 5);
    assert_ok(w.ctx, RUN(&w, "viewshed", {IN, "dem", "z.tif"}, {IN, "observers", "o.geojson"},
                         {OUT, "seen", "v.tif"}, {WITH, "reach", "40 m"}, {WITH, "eye", "0"},
                         {WITH, "refraction", "1"}));
    double *v = get_grid(&w, "v.tif");
    for (int i = 0; i < 36; i++) {
        int r = 5 - i / 6, c = 5 - i % 6;
        assert_true(i == 3 ? isnan(v[i]) : v[i] == (r * r + c * c <= 16));
    }
    free(v);
    world_free(&w);
}

/* On a plain every observer sees all: the count is that of the observers, and `first` names the
 * record. A line of 170 m at steps of 50 m has them at 0, 50, 100, 150 and its end; an area has its
 * corners, steps along its border, and a lattice inside. */
static void lines_and_areas(void **state)
{
    world w;
    (void)state;
    world_new(&w, SIDE, SIDE);
    put_constant(&w, "z.tif", 7);
    put_features(&w, "line.geojson", FEATURE("LineString", "[[500012,4399995],[500182,4399995]]"));
#define LOOK(file, result)                                                                         \
    {IN, "dem", "z.tif"}, {IN, "observers", file}, {OUT, "seen", result}, {WITH, "step", "50"}
    assert_ok(w.ctx, RUN(&w, "viewshed", LOOK("line.geojson", "v.tif")));
    double *v = get_grid(&w, "v.tif");
    for (int i = 0; i < SIDE * SIDE; i++) {
        assert_near(v[i], 5, 0);
    }
    free(v);
    /* border of 400 m: 8 steps, its start met again at the end stands on another cell than the one
     * before it: 9; inside, lattice lines at 50 and 100 m (the third lies on the far side): 2 x 2
     */
    put_features(&w, "area.geojson",
                 FEATURE("Point", "[500195,4399995]") "," FEATURE(
                     "Polygon", "[[[500048,4399952],[500048,4399852],[500148,4399852],[500148,"
                                "4399952],[500048,4399952]]]"));
    assert_ok(w.ctx, RUN(&w, "viewshed", LOOK("area.geojson", "a.tif"), {OUT, "first", "f.tif"}));
    v = get_grid(&w, "a.tif");
    double *f = get_grid(&w, "f.tif");
    for (int i = 0; i < SIDE * SIDE; i++) {
        assert_near(v[i], 1 + 9 + 4, 0);
        assert_near(f[i], 1, 0);
    }
    free(v);
    free(f);
    /* beyond a wall only the area is seen */
    double z[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        z[i] = i % SIDE == 17 ? 100 : 0;
    }
    put_grid(&w, "z.tif", GT_CELL_F32, z);
    assert_ok(w.ctx, RUN(&w, "viewshed", LOOK("area.geojson", "b.tif"), {OUT, "first", "g.tif"}));
    v = get_grid(&w, "b.tif");
    f = get_grid(&w, "g.tif");
    for (int i = 0; i < SIDE * SIDE; i++) {
        int c = i % SIDE;
        assert_near(v[i], c < 17 ? 13 : c == 17 ? 14 : 1, 0);
        assert_near(f[i], c < 17 ? 2 : 1, 0);
    }
    free(v);
    free(f);
    world_free(&w);
}

static void refused(void **state)
{
    world w;
    (void)state;
    world_new(&w, SIDE, SIDE);
    put_constant(&w, "z.tif", 7);
    put_observer(&w, SIDE, 0); /* beside the grid */
    assert_fails(w.ctx, RUN(&w, "viewshed", LOOK("o.geojson", "v.tif")), GT_E_INPUT,
                 "model.no-observer");
    put_features(&w, "beside.geojson",
                 FEATURE("Polygon",
                         "[[[100000,4399952],[100000,4399852],[100148,4399852],[100000,"
                         "4399952]]]") "," FEATURE("Polygon", "[[[500048,99952],[500048,99852],["
                                                              "500148,99852],[500048,99952]]]"));
    assert_fails(w.ctx, RUN(&w, "viewshed", LOOK("beside.geojson", "v.tif")), GT_E_INPUT,
                 "model.no-observer");
    put_features(&w, "far.geojson", FEATURE("LineString", "[[500000,4399000],[1e15,4399000]]"));
    assert_fails(w.ctx, RUN(&w, "viewshed", LOOK("far.geojson", "v.tif")), GT_E_LIMIT,
                 "model.many-observers");
    put_features(&w, "none.geojson", "");
    assert_fails(w.ctx, RUN(&w, "viewshed", LOOK("none.geojson", "v.tif")), GT_E_INPUT, NULL);
    put_observer(&w, 3, 3);
    assert_fails(w.ctx, RUN(&w, "viewshed", LOOK("o.geojson", "v.tif"), {WITH, "reach", "20 km"}),
                 GT_E_INPUT, "model.range");
    assert_fails(w.ctx, RUN(&w, "viewshed", LOOK("o.geojson", "v.tif"), {WITH, "eye", "-1"}),
                 GT_E_INPUT, "model.range");
    assert_fails(w.ctx, RUN(&w, "viewshed", LOOK("nowhere.geojson", "v.tif")), GT_E_NOT_FOUND,
                 NULL);
    w.cell = 3000; /* a frame of 60 km holds more than 100 000 observers at steps of a metre */
    put_constant(&w, "z.tif", 7);
    put_features(&w, "wide.geojson",
                 FEATURE("LineString", "[[500000,4399000],[560000,4399000],[560000,4341000]]"));
    assert_ok(w.ctx, RUN(&w, "viewshed", {IN, "dem", "z.tif"}, {IN, "observers", "wide.geojson"},
                         {OUT, "seen", "v.tif"}, {WITH, "step", "1"}));
    put_features(&w, "full.geojson",
                 FEATURE("Polygon", "[[[500000,4400000],[560000,4400000],[560000,4340000],[500000,"
                                    "4340000],[500000,4400000]]]"));
    assert_fails(w.ctx,
                 RUN(&w, "viewshed", {IN, "dem", "z.tif"}, {IN, "observers", "full.geojson"},
                     {OUT, "seen", "x.tif"}, {WITH, "step", "10"}),
                 GT_E_LIMIT, "model.many-observers");
    assert_int_not_equal(access(test_path(w.dir, "x.tif"), F_OK), 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valley_tower_peak), cmocka_unit_test(cliffs),
        cmocka_unit_test(reach_and_nodata),  cmocka_unit_test(lines_and_areas),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
