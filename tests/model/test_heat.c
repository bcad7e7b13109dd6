/* Temperature of the ground, heat islands, comfort: the sensors' constants and the literature. */
#include "model/grids.h"

#define KELVIN 273.15

/* L = 10: 302.794702 K; with an emissivity of 0.97 304.925434 K. No light is no measurement. */
static void single_equation(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "l.tif", GT_CELL_F64, (const double[]){10, 0, -1, (double)NAN});
    assert_ok(w.ctx, RUN(&w, "land-temperature", {IN, "thermal", "l.tif"},
                         {OUT, "temperature", "t.tif"}, {OUT, "brightness", "b.tif"},
                         {OUT, "emissivity", "e.tif"}, {WITH, "form", "radiance"},
                         {WITH, "scale", "kelvin"}, {WITH, "emissivity", "0.97"}));
    double *t = get_grid(&w, "t.tif"), *b = get_grid(&w, "b.tif");
    assert_near(b[0], 302.794702, 2e-5); /* float32 of 300 K steps by 3e-5 */
    assert_near(t[0], 304.925434, 2e-5);
    for (int i = 1; i < 4; i++) {
        assert_true(isnan(t[i]) && isnan(b[i]));
    }
    assert_near(first_of(&w, "e.tif"), 0.97, 1e-7);
    free(t);
    free(b);
    /* a black body: brightness is temperature */
    assert_ok(w.ctx,
              RUN(&w, "land-temperature", {IN, "thermal", "l.tif"}, {OUT, "temperature", "t1.tif"},
                  {WITH, "form", "radiance"}, {WITH, "emissivity", "1"}));
    assert_near(first_of(&w, "t1.tif"), 302.794702 - KELVIN, 2e-5);
    world_free(&w);
}

/* Digital numbers with NDVI 0.35 (half of the way: emissivity 0.987), bare, full, water. */
static void emissivity_by_plants(void **state)
{
    world w;
    (void)state;
    world_new(&w, 6, 1);
    put_constant(&w, "dn.tif", 25000);
    put_grid(&w, "ndvi.tif", GT_CELL_F64, (const double[]){0.35, -0.3, 0.2, 0.9, 0.9, (double)NAN});
    put_grid(&w, "water.tif", GT_CELL_U8, (const double[]){0, 0, 0, 0, 1, 0});
    assert_ok(w.ctx,
              RUN(&w, "land-temperature", {IN, "thermal", "dn.tif"}, {IN, "ndvi", "ndvi.tif"},
                  {IN, "water", "water.tif"}, {OUT, "temperature", "t.tif"},
                  {OUT, "emissivity", "e.tif"}, {WITH, "scale", "kelvin"}));
    static const double want[] = {0.987, 0.986, 0.986, 0.99, 0.995};
    double *t = get_grid(&w, "t.tif"), *e = get_grid(&w, "e.tif");
    double l = 0.0003342 * 25000 + 0.1, b = 1321.0789 / log(774.8853 / l + 1);
    for (int i = 0; i < 5; i++) {
        assert_near(e[i], want[i], 1e-6);
        assert_near(t[i], b / (1 + 10.895e-6 * b / 1.438e-2 * log(want[i])), 5e-5);
    }
    assert_true(isnan(e[5]) && isnan(t[5]));
    free(t);
    free(e);
    world_free(&w);
}

/* Collection 2 level 2: 0.00341802 DN + 149 K; 0 is nodata, and there is no brightness. */
static void level_two(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "dn.tif", GT_CELL_F64, (const double[]){44177, 0});
    assert_ok(w.ctx,
              RUN(&w, "land-temperature", {IN, "thermal", "dn.tif"}, {OUT, "temperature", "t.tif"},
                  {OUT, "brightness", "b.tif"}, {WITH, "form", "level2"}));
    double *t = get_grid(&w, "t.tif");
    assert_near(t[0], 299.99787 - KELVIN, 1e-4);
    assert_true(isnan(t[1]) && isnan(first_of(&w, "b.tif")));
    free(t);
    world_free(&w);
}

static void temperature_refused(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_constant(&w, "dn.tif", 25000);
#define GROUND(name, value)                                                                        \
    RUN(&w, "land-temperature", {IN, "thermal", "dn.tif"}, {OUT, "temperature", "t.tif"},          \
        {WITH, name, value})
    assert_fails(w.ctx, GROUND("ndvi-soil", "0.5"), GT_E_INPUT, "model.no-span");
    assert_fails(w.ctx, GROUND("ndvi-leaf", "0.1"), GT_E_INPUT, "model.no-span");
    assert_fails(w.ctx, GROUND("emissivity", "0"), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, GROUND("k1", "0"), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, GROUND("form", "level3"), GT_E_INPUT, "model.choice");
    assert_fails(w.ctx, RUN(&w, "land-temperature", {OUT, "temperature", "t.tif"}), GT_E_USAGE,
                 "model.missing");
    world_free(&w);
}

/* Fields of 30 and 32 degrees: a mean of 31; with heights only the field on the plain counts. */
static void island(void **state)
{
    static const double warm[] = {35, 30, 32, 40, (double)NAN, 28};
    world w;
    (void)state;
    world_new(&w, 6, 1);
    put_grid(&w, "t.tif", GT_CELL_F64, warm);
    put_grid(&w, "r.tif", GT_CELL_U8, (const double[]){0, 1, 1, 0, 1, 0});
    put_grid(&w, "z.tif", GT_CELL_F64, (const double[]){50, 100, 101, 50, 50, 700});
    assert_ok(w.ctx, RUN(&w, "heat-island", {IN, "temperature", "t.tif"},
                         {IN, "reference", "r.tif"}, {OUT, "intensity", "i.tif"}));
    double *v = get_grid(&w, "i.tif");
    for (int i = 0; i < 6; i++) {
        assert_true(i == 4 ? isnan(v[i]) : fabs(v[i] - (warm[i] - 31)) < 1e-5);
    }
    free(v);
    assert_ok(w.ctx,
              RUN(&w, "heat-island", {IN, "temperature", "t.tif"}, {IN, "reference", "r.tif"},
                  {IN, "height", "z.tif"}, {OUT, "intensity", "i.tif"}, {WITH, "level", "50 m"}));
    assert_near(first_of(&w, "i.tif"), 5, 1e-5); /* 100 m lies on the bound, 101 m beyond */
    world_free(&w);
}

static void island_refused(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "t.tif", GT_CELL_F64, (const double[]){30, (double)NAN});
    put_grid(&w, "r.tif", GT_CELL_U8, (const double[]){0, 1});
#define ISLAND                                                                                     \
    RUN(&w, "heat-island", {IN, "temperature", "t.tif"}, {IN, "reference", "r.tif"},               \
        {OUT, "intensity", "i.tif"})
    assert_fails(w.ctx, ISLAND, GT_E_INPUT, "model.no-reference"); /* its only cell is a hole */
    put_grid(&w, "t.tif", GT_CELL_F64, (const double[]){30, 2e6});
    assert_fails(w.ctx, ISLAND, GT_E_INPUT, "model.range");
    assert_fails(w.ctx,
                 RUN(&w, "heat-island", {IN, "temperature", "t.tif"}, {IN, "reference", "r.tif"},
                     {OUT, "intensity", "i.tif"}, {WITH, "band", "0 m"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

/* 30 degrees and 60 %: 86 F, 79.84. At full humidity the index is the temperature. */
static void comfort(void **state)
{
    world w;
    (void)state;
    world_new(&w, 6, 1);
    put_grid(&w, "t.tif", GT_CELL_F64, (const double[]){30, 30, 14.44444444, 20, 20, (double)NAN});
    put_grid(&w, "f.tif", GT_CELL_F64, (const double[]){0.6, 1, 0.1, 60, -0.1, 0.5});
    assert_ok(w.ctx, RUN(&w, "thermal-comfort", {IN, "air", "t.tif"}, {IN, "humidity", "f.tif"},
                         {OUT, "thi", "i.tif"}, {OUT, "comfortable", "c.tif"}));
    double *v = get_grid(&w, "i.tif"), *c = get_grid(&w, "c.tif");
    assert_near(v[0], 79.84, 1e-5);
    assert_near(v[1], 86, 1e-5);
    assert_near(v[2], 58, 1e-5); /* at 58 F humidity is not felt */
    assert_near(c[0], 0, 0);
    assert_near(c[2], 1, 0);
    for (int i = 3; i < 6; i++) { /* percents are no shares: not known rather than wrong */
        assert_true(isnan(v[i]) && isnan(c[i]));
    }
    free(v);
    free(c);
    assert_ok(w.ctx, RUN(&w, "thermal-comfort", {IN, "air", "t.tif"}, {OUT, "thi", "i.tif"},
                         {OUT, "comfortable", "c.tif"}, {WITH, "humidity", "60 %"},
                         {WITH, "comfort", "60, 79.84"}));
    assert_near(first_of(&w, "i.tif"), 79.84, 1e-5);
    assert_near(first_of(&w, "c.tif"), 1, 0); /* the bound is comfortable */
#define COMFORT(value)                                                                             \
    RUN(&w, "thermal-comfort", {IN, "air", "t.tif"}, {OUT, "thi", "i.tif"},                        \
        {WITH, "comfort", value})
    assert_fails(w.ctx, COMFORT("75, 50"), GT_E_INPUT, "model.ascend");
    assert_fails(w.ctx, COMFORT("50"), GT_E_INPUT, "model.count");
    assert_fails(w.ctx, COMFORT("cool, warm"), GT_E_INPUT, "model.value");
    world_free(&w);
}

/* InVEST tests/test_ucm.py::test_cc_rasters: water, forest, grass, town, bare. */
static void cooling_as_invest(void **state)
{
    enum { N = 30 };
    static const double land[N] = {2, 3, 1, 5, 5, 5, 3, 3, 1, 1, 4, 5, 5, 5, 4,
                                   2, 3, 1, 4, 1, 4, 2, 2, 1, 1, 5, 4, 1, 1, 2};
    static const double et0[N] = {800, 799, 567, 234, 422, 422, 765, 867, 765, 654,
                                  456, 677, 556, 443, 456, 265, 876, 890, 433, 266,
                                  677, 776, 900, 687, 456, 832, 234, 234, 234, 554};
    static const double want[N] = {
        0.815556,   0.1998,     0.136,      0.0904,     0.098756,   0.098756,  0.193,  0.2134,
        0.18,       0.155333,   0.2104,     0.110089,   0.10471112, 0.0996889, 0.2104, 0.6847778,
        0.2152,     0.20777778, 0.20886667, 0.06911112, 0.22513334, 0.8096889, 0.84,   0.1626668,
        0.11133333, 0.11697778, 0.1956,     0.062,      0.062,      0.75542223};
    world w;
    (void)state;
    world_new(&w, 6, 5);
    put_grid(&w, "land.tif", GT_CELL_F32, land);
    put_grid(&w, "et0.tif", GT_CELL_F32, et0);
#define COOL(...)                                                                                  \
    RUN(&w, "cooling-capacity", {IN, "land", "land.tif"}, {IN, "et0", "et0.tif"},                  \
        {OUT, "cooling", "c.tif"}, {WITH, "shade", "1=0, 2=1, 3=0, 4=0.2, 5=0"},                   \
        {WITH, "albedo", "1=0.05, 2=0.1, 3=0.2, 4=0.3, 5=0.4"}, __VA_ARGS__)
#define KC {WITH, "kc", "1=1, 2=1.1, 3=0.9, 4=0.3, 5=0.2"}
    assert_ok(w.ctx, COOL(KC));
    double *c = get_grid(&w, "c.tif");
    for (int i = 0; i < N; i++) {
        assert_near(c[i], want[i], 1e-6);
    }
    free(c);
    assert_ok(w.ctx, COOL(KC, {WITH, "et-max", "1600 mm"}));
    assert_near(first_of(&w, "c.tif"), 0.6 + 0.02 + 0.2 * 1.1 * 0.5, 1e-6);
    assert_ok(w.ctx, COOL({WITH, "kc", "1=1"}));
    assert_true(isnan(first_of(&w, "c.tif"))); /* a class without a figure */
    assert_fails(w.ctx, COOL(KC, {WITH, "eti-weight", "0.3"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, COOL({WITH, "kc", "1=9"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, COOL({WITH, "et-max", "0"}), GT_E_USAGE, "model.missing");
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_equation), cmocka_unit_test(emissivity_by_plants),
        cmocka_unit_test(level_two),       cmocka_unit_test(temperature_refused),
        cmocka_unit_test(island),          cmocka_unit_test(island_refused),
        cmocka_unit_test(comfort),         cmocka_unit_test(cooling_as_invest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
