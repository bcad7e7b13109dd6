/* Water, carbon, production, suitability: known answers of InVEST's tests and of the literature. */
#include "model/grids.h"

/* InVEST tests/test_annual_water_yield.py::test_fractp_op, Z = 6. */
static void yield_as_invest(void **state)
{
    static const double kc[] = {1, .1, .1, .6, .6, .1};
    static const double et0[] = {1000, 900, 900, 1100, 1005, 1000};
    static const double rain[] = {100, 1000, 10, 500, 800, 1100};
    static const double root[] = {99, 300, 400, 5, 500, 800};
    static const double soil[] = {600, 700, 700, 800, 900, 600};
    static const double pawc[] = {.11, .11, .12, .55, .55, .19};
    static const double veg[] = {1, 1, 0, 0, 1, 0};
    static const double want[] = {0.9345682, 0.06896508, 1, 1, 0.6487423, 0.09090909};
    world w;
    (void)state;
    world_new(&w, 3, 2);
    put_grid(&w, "kc.tif", GT_CELL_F64, kc);
    put_grid(&w, "et0.tif", GT_CELL_F64, et0);
    put_grid(&w, "rain.tif", GT_CELL_F64, rain);
    put_grid(&w, "root.tif", GT_CELL_F64, root);
    put_grid(&w, "soil.tif", GT_CELL_F64, soil);
    put_grid(&w, "pawc.tif", GT_CELL_F64, pawc);
    put_grid(&w, "veg.tif", GT_CELL_U8, veg);
    assert_ok(w.ctx,
              RUN(&w, "water-yield", {IN, "rain", "rain.tif"}, {IN, "et0", "et0.tif"},
                  {IN, "kc", "kc.tif"}, {IN, "vegetated", "veg.tif"}, {IN, "root", "root.tif"},
                  {IN, "soil-depth", "soil.tif"}, {IN, "pawc", "pawc.tif"}, {OUT, "yield", "y.tif"},
                  {OUT, "share", "s.tif"}));
    double *s = get_grid(&w, "s.tif"), *y = get_grid(&w, "y.tif");
    for (int i = 0; i < 6; i++) {
        assert_near(s[i], want[i], 1e-6);
        assert_near(y[i], rain[i] * (1 - want[i]), 1e-3);
    }
    free(s);
    free(y);
    /* roots that are not known: not the depth of the soil, but not known */
    put_grid(&w, "root.tif", GT_CELL_F64, (const double[]){(double)NAN, 300, 400, 5, 500, 800});
    assert_ok(w.ctx, RUN(&w, "water-yield", {IN, "rain", "rain.tif"}, {IN, "et0", "et0.tif"},
                         {IN, "kc", "kc.tif"}, {IN, "vegetated", "veg.tif"},
                         {IN, "root", "root.tif"}, {IN, "soil-depth", "soil.tif"},
                         {IN, "pawc", "pawc.tif"}, {OUT, "yield", "y2.tif"}));
    y = get_grid(&w, "y2.tif");
    assert_true(isnan(y[0]) && !isnan(y[1]));
    free(y);
    world_free(&w);
}

/* Fu: P = 600, PET = 1000, omega = 2.6 (6 x 135 mm of water / 600 + 1.25) evaporate 0.8423085. */
static void yield_of_fu(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_constant(&w, "one.tif", 1);
    put_constant(&w, "rain.tif", 600);
    put_constant(&w, "et0.tif", 1000);
    put_constant(&w, "soil.tif", 1000);
    put_constant(&w, "pawc.tif", 0.135);
    assert_ok(w.ctx,
              RUN(&w, "water-yield", {IN, "rain", "rain.tif"}, {IN, "et0", "et0.tif"},
                  {IN, "kc", "one.tif"}, {IN, "vegetated", "one.tif"}, {IN, "root", "soil.tif"},
                  {IN, "soil-depth", "soil.tif"}, {IN, "pawc", "pawc.tif"}, {OUT, "yield", "y.tif"},
                  {OUT, "share", "s.tif"}, {WITH, "z", "6"}));
    assert_near(first_of(&w, "s.tif"), 0.8423085, 1e-7);
    assert_near(first_of(&w, "y.tif"), 600 * (1 - 0.8423085), 1e-4);
    world_free(&w);
}

/* No rain gives nothing; very dry cells do not overflow. */
static void yield_at_the_ends(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_constant(&w, "kc.tif", 1);
    put_constant(&w, "et0.tif", 1e5);
    put_constant(&w, "soil.tif", 1000);
    put_constant(&w, "pawc.tif", 0.5);
    put_constant(&w, "veg.tif", 1);
    put_grid(&w, "rain.tif", GT_CELL_F64, (const double[]){0, 0.001});
    assert_ok(w.ctx, RUN(&w, "water-yield", {IN, "rain", "rain.tif"}, {IN, "et0", "et0.tif"},
                         {IN, "kc", "kc.tif"}, {IN, "vegetated", "veg.tif"},
                         {IN, "root", "soil.tif"}, {IN, "soil-depth", "soil.tif"},
                         {IN, "pawc", "pawc.tif"}, {OUT, "yield", "y.tif"}));
    double *y = get_grid(&w, "y.tif");
    assert_near(y[0], 0, 0);
    assert_near(y[1], 0, 1e-9);
    free(y);
    world_free(&w);
}

/* Zhang 2001: P = 600 gives 558.319 for forest and 467.077 mm for grass; then what is conserved. */
static void zhang_and_conservation(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "rain.tif", GT_CELL_F32, (const double[]){600, 600, 0, 600});
    put_grid(&w, "land.tif", GT_CELL_U8, (const double[]){1, 2, 1, 7});
    assert_ok(w.ctx, RUN(&w, "evapotranspiration", {IN, "rain", "rain.tif"},
                         {IN, "land", "land.tif"}, {OUT, "et", "et.tif"},
                         {WITH, "w", "1=2.0,2=0.5"}, {WITH, "e0", "1=1410,2=1100"}));
    double *et = get_grid(&w, "et.tif");
    assert_near(et[0], 558.319, 1e-3);
    assert_near(et[1], 467.077, 1e-3);
    assert_near(et[2], 0, 0);
    assert_true(isnan(et[3]));
    assert_ok(w.ctx, RUN(&w, "water-conservation", {IN, "rain", "rain.tif"}, {IN, "et", "et.tif"},
                         {IN, "land", "land.tif"}, {OUT, "conserved", "wc.tif"},
                         {WITH, "runoff", "1=1.33 %,2=9.37 %"}));
    double *wc = get_grid(&w, "wc.tif");
    assert_near(wc[0], 600 - 600 * 0.0133 - 558.319, 1e-2);
    assert_near(wc[1], 600 - 600 * 0.0937 - 467.077, 1e-2);
    free(et);
    free(wc);
    world_free(&w);
}

/* 100 ha with P 600, ET 450, R 30: 120 mm, which is 120 000 m3. */
static void conservation_of_the_guide(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_grid(&w, "rain.tif", GT_CELL_F32, (const double[]){600});
    put_grid(&w, "et.tif", GT_CELL_F32, (const double[]){450});
    put_grid(&w, "land.tif", GT_CELL_U8, (const double[]){1});
    assert_ok(w.ctx, RUN(&w, "water-conservation", {IN, "rain", "rain.tif"}, {IN, "et", "et.tif"},
                         {IN, "land", "land.tif"}, {OUT, "conserved", "wc.tif"},
                         {WITH, "runoff", "1=5 %"}));
    assert_near(first_of(&w, "wc.tif") * 100 * 10, 120000, 1e-2);
    world_free(&w);
}

/* 10 ha of 80 + 20 + 100 + 5 t/ha: 2050 t. */
static void carbon(void **state)
{
    world w;
    (void)state;
    world_new(&w, 10, 1);
    w.cell = 100;
    put_constant(&w, "land.tif", 1);
    assert_ok(w.ctx, RUN(&w, "carbon", {IN, "land", "land.tif"}, {OUT, "density", "d.tif"},
                         {OUT, "stock", "s.tif"}, {WITH, "above", "1=80"}, {WITH, "below", "1=20"},
                         {WITH, "soil", "1=100"}, {WITH, "dead", "1=5"}));
    double *s = get_grid(&w, "s.tif"), sum = 0;
    for (int i = 0; i < 10; i++) {
        sum += s[i];
    }
    assert_near(sum, 2050, 1e-3);
    assert_near(first_of(&w, "d.tif"), 205, 1e-4);
    free(s);
    assert_ok(w.ctx, RUN(&w, "carbon", {IN, "land", "land.tif"}, {OUT, "density", "d2.tif"},
                         {WITH, "above", "2=80"}));
    assert_true(isnan(first_of(&w, "d2.tif"))); /* the class has no figure: not known, not zero */
    world_free(&w);
}

/* At the best temperature of 20: T1 = 1, T2 = 0.993405; beyond 10 above or 13 below half of T2. */
static void production(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_constant(&w, "ndvi.tif", 1);
    put_constant(&w, "light.tif", 500);
    put_grid(&w, "t.tif", GT_CELL_F64, (const double[]){20, 31, 6, (double)NAN});
    assert_ok(w.ctx, RUN(&w, "npp", {IN, "ndvi", "ndvi.tif"}, {IN, "light", "light.tif"},
                         {IN, "warmth", "t.tif"}, {OUT, "npp", "npp.tif"}));
    double *v = get_grid(&w, "npp.tif");
    double best = 500 * 0.95 * 0.5 * 0.993405 * 0.389;
    assert_near(v[0], best, 1e-3);
    assert_near(v[1], best / 2, 1e-3);
    assert_near(v[2], best / 2, 1e-3);
    assert_true(isnan(v[3]));
    free(v);
    /* between the ends the two indices differ: NDVI 0.385 is half of the way from 0.023 to 0.747;
     * the simple ratio 2.2520 is 0.2062 of that from 1.0471 to 6.9051; snow and water take up least
     */
    put_grid(&w, "ndvi.tif", GT_CELL_F64, (const double[]){0.385, -0.4, 1, (double)NAN});
    put_constant(&w, "t.tif", 20);
    double unit = 500 * 0.5 * 0.993405 * 0.389;
    for (int k = 0; k < 2; k++) {
        assert_ok(w.ctx, RUN(&w, "npp", {IN, "ndvi", "ndvi.tif"}, {IN, "light", "light.tif"},
                             {IN, "warmth", "t.tif"}, {OUT, "npp", "npp.tif"},
                             {WITH, "fpar", k == 0 ? "ndvi" : "both"}));
        v = get_grid(&w, "npp.tif");
        double low = (1 + 0.023) / (1 - 0.023), high = (1 + 0.747) / (1 - 0.747);
        double way = ((1 + 0.385) / (1 - 0.385) - low) / (high - low);
        double f = 0.001 + 0.949 * (k == 0 ? 0.5 : 0.5 * (0.5 + way));
        assert_near(v[0], unit * f, 1e-3);
        assert_near(v[1], unit * 0.001, 1e-4);
        assert_near(v[2], unit * 0.95, 1e-3);
        assert_true(isnan(v[3]));
        free(v);
    }
    world_free(&w);
}

/* Slope 26 with all else ideal: not suitable, because of the slope; 25 is suitable. */
static void farming(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "s.tif", GT_CELL_F64, (const double[]){26, 25, 1, 1, 1});
    put_grid(&w, "silt.tif", GT_CELL_F64, (const double[]){10, 10, 81, 10, 10});
    put_grid(&w, "eco.tif", GT_CELL_U8, (const double[]){1, 1, 1, 3, (double)NAN});
    assert_ok(w.ctx,
              RUN(&w, "farming-suitability", {IN, "slope", "s.tif"}, {IN, "silt", "silt.tif"},
                  {IN, "ecology", "eco.tif"}, {OUT, "suitable", "f.tif"}, {OUT, "grade", "g.tif"},
                  {OUT, "cause", "c.tif"}, {WITH, "rain", "1200"}, {WITH, "warmth", "7600"}));
    static const double want[] = {0, 1, 0, 0, 1}, cause[] = {1, 1, 2, 6, 1}, g[] = {1, 2, 1, 1, 5};
    double *f = get_grid(&w, "f.tif"), *c = get_grid(&w, "c.tif"), *grade = get_grid(&w, "g.tif");
    for (int i = 0; i < 5; i++) {
        assert_near(f[i], want[i], 0);
        assert_near(c[i], cause[i], 0);
        assert_near(grade[i], g[i], 0);
    }
    free(f);
    free(c);
    free(grade);
    assert_fails(w.ctx,
                 RUN(&w, "farming-suitability", {IN, "slope", "s.tif"}, {OUT, "suitable", "f.tif"},
                     {WITH, "rain", "600"}),
                 GT_E_USAGE, "model.neither");
    world_free(&w);
}

/* Silt lowers the grade of the slope by one from 60 %, and takes all of it from 80 %. */
static void silty_fields(void **state)
{
    static const double want[] = {4, 3, 3, 2, 1, 1}, cause[] = {2, 2, 3, 2, 2, 2};
    world w;
    (void)state;
    world_new(&w, 6, 1);
    put_grid(&w, "s.tif", GT_CELL_F64, (const double[]){2, 6, 2, 15, 16, 1});
    put_grid(&w, "silt.tif", GT_CELL_F64, (const double[]){60, 79.9, 59.9, 70, 60, 80});
    put_grid(&w, "p.tif", GT_CELL_F64, (const double[]){1200, 1200, 400, 1200, 1200, 1200});
    assert_ok(w.ctx,
              RUN(&w, "farming-suitability", {IN, "slope", "s.tif"}, {IN, "silt", "silt.tif"},
                  {IN, "rain", "p.tif"}, {OUT, "suitable", "f.tif"}, {OUT, "grade", "g.tif"},
                  {OUT, "cause", "c.tif"}, {WITH, "warmth", "7600"}));
    double *f = get_grid(&w, "f.tif"), *g = get_grid(&w, "g.tif"), *c = get_grid(&w, "c.tif");
    for (int i = 0; i < 6; i++) {
        assert_near(g[i], want[i], 0);
        assert_near(c[i], cause[i], 0);
        assert_near(f[i], want[i] > 1 ? 1 : 0, 0);
    }
    free(f);
    free(g);
    free(c);
    world_free(&w);
}

/* What the guide leaves to the place is a parameter: terraces up to 35 degrees, a town that may
 * stand on relief of 300 m; lists of a wrong length or order are refused. */
static void other_bounds(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "s.tif", GT_CELL_F64, (const double[]){26, 36});
    put_grid(&w, "flat.tif", GT_CELL_F64, (const double[]){2, 2});
    put_grid(&w, "z.tif", GT_CELL_F64, (const double[]){50, 2600});
    put_grid(&w, "h.tif", GT_CELL_F64, (const double[]){250, 310});
#define FARM                                                                                       \
    {IN, "slope", "s.tif"}, {OUT, "suitable", "f.tif"}, {WITH, "rain", "600"},                     \
        {WITH, "warmth", "4500"}
    assert_ok(w.ctx, RUN(&w, "farming-suitability", FARM, {WITH, "slopes", "2, 6, 15, 35"}));
    double *f = get_grid(&w, "f.tif");
    assert_true(f[0] == 1 && f[1] == 0);
    free(f);
    assert_fails(w.ctx, RUN(&w, "farming-suitability", FARM, {WITH, "slopes", "2, 6, 15"}),
                 GT_E_INPUT, "model.count");
    assert_fails(w.ctx, RUN(&w, "farming-suitability", FARM, {WITH, "silts", "80, 60"}), GT_E_INPUT,
                 "model.ascend");
    assert_fails(w.ctx, RUN(&w, "farming-suitability", FARM, {WITH, "warmths", "1, 2, 3, 16000"}),
                 GT_E_INPUT, "model.range");
#define TOWN                                                                                       \
    {IN, "slope", "flat.tif"}, {IN, "dem", "z.tif"}, {IN, "relief", "h.tif"},                      \
        {OUT, "suitable", "u.tif"}
    assert_ok(w.ctx, RUN(&w, "town-suitability", TOWN, {OUT, "grade", "g.tif"},
                         {WITH, "reliefs", "200, 300"}, {WITH, "heights", "2000, 3000"}));
    double *g = get_grid(&w, "g.tif");
    assert_true(g[0] == 4 && g[1] == 2);
    free(g);
    assert_fails(w.ctx, RUN(&w, "town-suitability", TOWN, {WITH, "heights", "5000, 5000"}),
                 GT_E_INPUT, "model.ascend");
    world_free(&w);
}

/* Slope 5 (grade 4) with relief 150: 3; relief 250: 2; slope 2 with relief 250: 3. */
static void towns(void **state)
{
    world w;
    (void)state;
    world_new(&w, 6, 1);
    put_grid(&w, "s.tif", GT_CELL_F64, (const double[]){5, 5, 2, 26, 2, 2});
    put_grid(&w, "z.tif", GT_CELL_F64, (const double[]){50, 50, 50, 50, 5000, 50});
    put_grid(&w, "h.tif", GT_CELL_F64, (const double[]){150, 250, 250, 10, 10, 10});
    put_grid(&w, "hz.tif", GT_CELL_U8, (const double[]){1, 1, 1, 1, 1, 3});
    assert_ok(w.ctx, RUN(&w, "town-suitability", {IN, "slope", "s.tif"}, {IN, "dem", "z.tif"},
                         {IN, "relief", "h.tif"}, {IN, "hazard", "hz.tif"},
                         {OUT, "suitable", "u.tif"}, {OUT, "grade", "g.tif"}));
    static const double want[] = {1, 1, 1, 0, 0, 0}, g[] = {3, 2, 3, 1, 1, 1};
    double *u = get_grid(&w, "u.tif"), *grade = get_grid(&w, "g.tif");
    for (int i = 0; i < 6; i++) {
        assert_near(u[i], want[i], 0);
        assert_near(grade[i], g[i], 0);
    }
    free(u);
    free(grade);
    world_free(&w);
}

static double sum_of(world *w, const char *name)
{
    double *v = get_grid(w, name), sum = 0;
    for (int64_t i = 0; i < w->cols * w->rows; i++) {
        sum += v[i];
    }
    free(v);
    return sum;
}

/* InVEST tests/test_habitat_quality.py::test_habitat_quality_presence_absence_regression. */
static void habitat_as_invest(void **state)
{
    enum { N = 100 };
    static const double want[2][2] = {{1422.2422, 6961.4536}, {1438.791, 4920.1206}};
    double *v[4]; /* land, access, two threats */
    static const char *const files[] = {"land.tif", "access.tif", "t1.tif", "t2.tif"};
    world w;
    (void)state;
    world_new(&w, N, N);
    w.cell = 1;
    for (int time = 0; time < 2; time++) {
        for (int k = 0; k < 4; k++) {
            v[k] = calloc(N * N, sizeof *v[k]);
            for (int i = 0; i < N * N; i++) {
                int r = i / N, c = i % N, from = 5 * (k - 1);
                bool threat = r >= 20 && r < 80 && c >= from && c <= from + (time == 0 ? 2 : 5);
                v[k][i] = k == 0   ? (r < 50      ? 1
                                      : time == 0 ? 2
                                                  : 3)
                          : k == 1 ? (r < 50 ? 0.2 : 1)
                                   : (threat ? 1 : 0);
            }
            put_grid(&w, files[k], k == 1 ? GT_CELL_F64 : GT_CELL_U8, v[k]);
            free(v[k]);
        }
        assert_ok(w.ctx, RUN(&w, "habitat-quality", {IN, "land", "land.tif"},
                             {IN, "access", "access.tif"}, {IN, "threat1", "t1.tif"},
                             {IN, "threat2", "t2.tif"}, {OUT, "quality", "q.tif"},
                             {OUT, "degradation", "d.tif"}, {WITH, "habitat", "1=1,2=0.5,3=0"},
                             {WITH, "half", "0.5"}, {WITH, "weight1", "0.7"},
                             {WITH, "reach1", "40"}, {WITH, "seen1", "1=1,2=0.5,3=0.3"},
                             {WITH, "weight2", "1"}, {WITH, "reach2", "70"},
                             {WITH, "decay2", "exponential"}, {WITH, "seen2", "1=1,2=1,3=1"}));
        assert_near(sum_of(&w, "d.tif"), want[time][0], 2e-3);
        assert_near(sum_of(&w, "q.tif"), want[time][1], 2e-3);
    }
    put_constant(&w, "t1.tif", 0); /* a threat that is nowhere does nothing */
    assert_ok(w.ctx, RUN(&w, "habitat-quality", {IN, "land", "land.tif"}, {IN, "threat1", "t1.tif"},
                         {OUT, "quality", "q2.tif"}, {WITH, "habitat", "1=1,2=0.5,3=0.25"},
                         {WITH, "seen1", "1=1,3=1"}));
    assert_near(sum_of(&w, "q2.tif"), 5000 + 1250, 1e-6);
    /* a seventh threat, alone: the cell of it is degraded by all of its weight */
    put_constant(&w, "t7.tif", 1);
    assert_ok(w.ctx,
              RUN(&w, "habitat-quality", {IN, "land", "land.tif"}, {IN, "threat1", "t1.tif"},
                  {IN, "threat7", "t7.tif"}, {OUT, "quality", "q7.tif"},
                  {OUT, "degradation", "d7.tif"}, {WITH, "habitat", "1=1,3=1"},
                  {WITH, "weight1", "0"}, {WITH, "seen7", "1=0.5,3=0.5"}, {WITH, "half", "0.5"}));
    assert_near(first_of(&w, "d7.tif"), 0.5, 1e-7);
    assert_near(first_of(&w, "q7.tif"), 0.5, 1e-7);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yield_as_invest),
        cmocka_unit_test(yield_of_fu),
        cmocka_unit_test(yield_at_the_ends),
        cmocka_unit_test(zhang_and_conservation),
        cmocka_unit_test(conservation_of_the_guide),
        cmocka_unit_test(carbon),
        cmocka_unit_test(production),
        cmocka_unit_test(farming),
        cmocka_unit_test(silty_fields),
        cmocka_unit_test(other_bounds),
        cmocka_unit_test(towns),
        cmocka_unit_test(habitat_as_invest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
