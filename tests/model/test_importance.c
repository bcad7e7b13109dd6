/* Wind erosion, services by production, rarity of habitats, carrying capacity. */
#include "model/grids.h"

static char *table_of(const world *w, const char *name)
{
    size_t len = 0;
    return test_read_file(test_path(w->dir, name), &len);
}

/* ---- wind ---------------------------------------------------------------------------------------
 */

/* Sand 60, silt 25, clay 15, organic matter 1.5, lime 2 %: EF 0.47475, SCF 0.394906. */
static void soil_and_wind(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "sand.tif", GT_CELL_F64, (const double[]){60, 60, 100, 60});
    put_grid(&w, "silt.tif", GT_CELL_F64, (const double[]){25, 25, 0, -5});
    put_grid(&w, "clay.tif", GT_CELL_F64, (const double[]){15, 0, 0.1, 15});
    assert_ok(w.ctx, RUN(&w, "wind-erodibility", {IN, "sand", "sand.tif"}, {IN, "silt", "silt.tif"},
                         {IN, "clay", "clay.tif"}, {OUT, "erodible", "ef.tif"},
                         {OUT, "crust", "scf.tif"}, {WITH, "organic", "1.5"}, {WITH, "lime", "2"}));
    double *ef = get_grid(&w, "ef.tif"), *scf = get_grid(&w, "scf.tif");
    assert_near(ef[0], 0.47475, 1e-7);
    assert_near(scf[0], 0.3949057, 1e-7);
    assert_true(isnan(ef[1]) && isnan(scf[1])); /* no clay: sand over clay has no end */
    assert_near(ef[2], 1, 0);                   /* pure sand: cut */
    assert_true(isnan(ef[3]));
    free(ef);
    free(scf);
    world_free(&w);
}

/* WF 5, EF 0.4, SCF 0.8: 0.937954 kg/m2 bare, 0.063339 under a cover factor of 0.2. Recomputed from
 * the equation by hand. */
static void sand_fixed(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "wf.tif", GT_CELL_F64, (const double[]){5, 5, 0, 5, -5});
    put_constant(&w, "ef.tif", 0.4);
    put_constant(&w, "scf.tif", 0.8);
    put_grid(&w, "c.tif", GT_CELL_F64, (const double[]){0.2, 1, 0.2, (double)NAN, 0.2});
#define WIND(...)                                                                                  \
    RUN(&w, "wind-erosion", {IN, "weather", "wf.tif"}, {IN, "erodible", "ef.tif"},                 \
        {IN, "crust", "scf.tif"}, {IN, "cover", "c.tif"}, {OUT, "loss", "l.tif"}, __VA_ARGS__)
    assert_ok(w.ctx, WIND({OUT, "potential", "p.tif"}, {OUT, "fixed", "f.tif"}));
    double *l = get_grid(&w, "l.tif"), *p = get_grid(&w, "p.tif"), *f = get_grid(&w, "f.tif");
    assert_near(l[0], 0.0633390, 1e-7);
    assert_near(p[0], 0.9379540, 1e-6);
    assert_near(f[0], 0.9379540 - 0.0633390, 1e-6);
    assert_near(l[1], p[1], 0); /* bare ground keeps nothing */
    assert_near(f[1], 0, 0);
    assert_near(l[2], 0, 0); /* no wind */
    assert_near(f[2], 0, 0);
    for (int i = 3; i < 5; i++) {
        assert_true(isnan(l[i]) && isnan(p[i]) && isnan(f[i]));
    }
    free(l);
    free(p);
    free(f);
    /* half the roughness is half the factors: 0.8 x 0.2 */
    assert_ok(w.ctx, WIND({WITH, "roughness", "0.5"}));
    double x = 0.16, s = 150.71 * pow(x, -0.3711);
    assert_near(first_of(&w, "l.tif"), 100 / (s * s) * 109.8 * x * exp(-2500 / (s * s)), 1e-8);
    assert_fails(w.ctx, WIND({WITH, "distance", "0 m"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, WIND({WITH, "distance", "50 ha"}), GT_E_INPUT, "model.unit");
    assert_fails(w.ctx, WIND({WITH, "roughness", "1.5"}), GT_E_INPUT, "model.range");
    world_free(&w);
}

/* ---- services by production ---------------------------------------------------------------------
 */

static void by_production(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "npp.tif", GT_CELL_F64, (const double[]){400, 800, 600, (double)NAN});
    put_grid(&w, "a.tif", GT_CELL_F64, (const double[]){2, 4, 3, 100});  /* 0, 1, 0.5 */
    put_grid(&w, "b.tif", GT_CELL_F64, (const double[]){30, 10, 15, 0}); /* 1, 0, 0.25 */
    put_grid(&w, "d.tif", GT_CELL_F64, (const double[]){2, 2, 1.5, 2});
    assert_ok(w.ctx, RUN(&w, "quick-importance", {IN, "npp", "npp.tif"}, {IN, "soaks", "a.tif"},
                         {IN, "rain", "a.tif"}, {IN, "slope", "b.tif"},
                         {OUT, "importance", "i.tif"}, {OUT, "ends", "ends.csv"}));
    double *v = get_grid(&w, "i.tif");
    assert_near(v[0], 0, 0);
    assert_near(v[1], 800, 0);
    assert_near(v[2], 600 * 0.5 * 0.5 * 0.75, 1e-4);
    assert_true(isnan(v[3])); /* and its 100 and 0 are no ends: the others hold */
    free(v);
    char *ends = table_of(&w, "ends.csv");
    assert_string_equal(ends, "factor,least,greatest\nsoaks,2,4\nrain,2,4\nslope,10,30\n");
    free(ends);
    assert_ok(w.ctx,
              RUN(&w, "quick-importance", {IN, "npp", "npp.tif"}, {IN, "erodible", "a.tif"},
                  {IN, "slope", "b.tif"}, {OUT, "importance", "i.tif"}, {WITH, "service", "soil"}));
    v = get_grid(&w, "i.tif");
    assert_near(v[2], 600 * (1 - 0.5) * 0.75, 1e-4);
    free(v);
    assert_ok(w.ctx, RUN(&w, "quick-importance", {IN, "npp", "npp.tif"}, {IN, "rain", "a.tif"},
                         {IN, "warmth", "a.tif"}, {IN, "height", "b.tif"},
                         {OUT, "importance", "i.tif"}, {WITH, "service", "species"}));
    v = get_grid(&w, "i.tif");
    assert_near(v[2], 600 * 0.5 * 0.5 * 0.75, 1e-4);
    free(v);
    assert_ok(w.ctx, RUN(&w, "quick-importance", {IN, "npp", "npp.tif"}, {IN, "erodible", "a.tif"},
                         {IN, "wind", "b.tif"}, {IN, "rough", "d.tif"},
                         {OUT, "importance", "i.tif"}, {WITH, "service", "sand"}));
    v = get_grid(&w, "i.tif");
    assert_near(v[2], 600 * 0.5 * 0.25 * 1.5, 1e-4); /* roughness as it is */
    free(v);
    world_free(&w);
}

static void production_refused(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "npp.tif", GT_CELL_F64, (const double[]){400, 800});
    put_grid(&w, "a.tif", GT_CELL_F64, (const double[]){0.5, 1});
    put_constant(&w, "flat.tif", 0.25);
#define QUICK(...)                                                                                 \
    RUN(&w, "quick-importance", {IN, "npp", "npp.tif"}, {IN, "erodible", "a.tif"},                 \
        {OUT, "importance", "i.tif"}, {WITH, "service", "soil"}, __VA_ARGS__)
    assert_fails(w.ctx, QUICK({WITH, "normalise", "no"}), GT_E_USAGE, "model.missing");
    assert_fails(w.ctx, QUICK({IN, "slope", "flat.tif"}), GT_E_INPUT, "model.flat");
    assert_ok(w.ctx, QUICK({IN, "slope", "flat.tif"}, {WITH, "normalise", "no"}));
    assert_near(first_of(&w, "i.tif"), 400 * 0.5 * 0.75, 1e-4);
    assert_fails(w.ctx, QUICK({IN, "slope", "flat.tif"}, {WITH, "normalise", "maybe"}), GT_E_INPUT,
                 "model.value");
    world_free(&w);
}

/* ---- rarity -------------------------------------------------------------------------------------
 */

/* InVEST tests/test_habitat_quality.py, presence_absence_regression: 100 x 100, the lower half
 * turns from class 1 to 2 (to 3): the sum of rarity is 3333.3335 both times. */
static void rarity_as_invest(void **state)
{
    enum { SIDE = 100 };
    static const double late[] = {2, 3};
    double *land = malloc(sizeof(double) * SIDE * SIDE);
    world w;
    (void)state;
    assert_non_null(land);
    world_new(&w, SIDE, SIDE);
    put_constant(&w, "base.tif", 1);
    for (int k = 0; k < 2; k++) {
        double sum = 0;
        for (int i = 0; i < SIDE * SIDE; i++) {
            land[i] = i < SIDE * SIDE / 2 ? 1 : late[k];
        }
        put_grid(&w, "land.tif", GT_CELL_U8, land);
        assert_ok(w.ctx,
                  RUN(&w, "habitat-rarity", {IN, "land", "land.tif"}, {IN, "base", "base.tif"},
                      {OUT, "rarity", "r.tif"}, {OUT, "table", "t.csv"}));
        double *r = get_grid(&w, "r.tif");
        for (int i = 0; i < SIDE * SIDE; i++) {
            sum += r[i];
        }
        assert_near(sum, 3333.3335, 1e-3);
        free(r);
    }
    char *table = table_of(&w, "t.csv");
    assert_non_null(strstr(table, "class,now,before,rarity\n1,5000,10000,0.66666666666666"));
    assert_non_null(strstr(table, "\n3,5000,0,0\n"));
    free(table);
    free(land);
    world_free(&w);
}

static void rarity_at_the_ends(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "land.tif", GT_CELL_F64, (const double[]){1, 1, 0, (double)NAN});
    put_grid(&w, "base.tif", GT_CELL_F64, (const double[]){1, 1, 7, 7});
#define RARITY                                                                                     \
    RUN(&w, "habitat-rarity", {IN, "land", "land.tif"}, {IN, "base", "base.tif"},                  \
        {OUT, "rarity", "r.tif"})
    assert_ok(w.ctx, RARITY);
    double *r = get_grid(&w, "r.tif");
    assert_near(r[0], 0.5, 0); /* unchanged */
    assert_near(r[2], 0, 0);
    assert_true(isnan(r[3]));
    free(r);
    static const double bad[] = {1.5, -1, 4096};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_grid(&w, "base.tif", GT_CELL_F64, (const double[]){1, 1, 7, bad[i]});
        assert_fails(w.ctx, RARITY, GT_E_INPUT, "model.odd-class");
    }
    world_free(&w);
}

/* ---- capacity -----------------------------------------------------------------------------------
 */

/* Two units of 10 m cells: 3 and 2 suitable. Fields: 0.09 x 10^4 m3 at 200 m3 a mu are 4.5 mu =
 * 3000 m2, so land is short; 0.003 are 0.15 mu = 100 m2, so water is. */
static void capacity_of_fields(void **state)
{
    world w;
    (void)state;
    world_new(&w, 8, 1);
    put_grid(&w, "s.tif", GT_CELL_F64, (const double[]){1, 1, 1, 0, 1, 1, (double)NAN, 1});
    put_grid(&w, "u.tif", GT_CELL_F64, (const double[]){7, 7, 7, 7, 8, 8, 8, (double)NAN});
    assert_ok(w.ctx, RUN(&w, "carrying-capacity", {IN, "suitable", "s.tif"}, {IN, "units", "u.tif"},
                         {OUT, "table", "t.csv"}, {WITH, "water", "7=0.09, 8=0.003"},
                         {WITH, "quota", "200"}));
    char *t = table_of(&w, "t.csv");
    assert_string_equal(t, "unit,land_m2,water_m2,capacity_m2,limit,people\n"
                           "7,300,3000,300,land,\n8,200,100,100,water,\n");
    free(t);
    world_free(&w);
}

/* A town: 5 suitable cells = 500 m2; 600 m3 at 150 m3 a head are 4 people on 100 m2 each. */
static void capacity_of_town(void **state)
{
    world w;
    (void)state;
    world_new(&w, 6, 1);
    put_grid(&w, "s.tif", GT_CELL_U8, (const double[]){1, 1, 1, 0, 1, 1});
    put_constant(&w, "u.tif", 3);
#define TOWN(...)                                                                                  \
    RUN(&w, "carrying-capacity", {IN, "suitable", "s.tif"}, {OUT, "table", "t.csv"},               \
        {WITH, "use", "town"}, __VA_ARGS__)
    assert_ok(w.ctx, TOWN({WITH, "water", "0=0.06"}, {WITH, "quota", "150"}));
    char *t = table_of(&w, "t.csv");
    assert_non_null(strstr(t, "\n0,500,400,400,water,4\n"));
    free(t);
    assert_ok(w.ctx,
              TOWN({WITH, "water", "0=1"}, {WITH, "quota", "150"}, {WITH, "land-each", "90"}));
    t = table_of(&w, "t.csv");
    assert_non_null(strstr(t, ",500,land,5\n")); /* 5.6 people are 5 */
    free(t);
    /* refused */
    assert_fails(w.ctx,
                 TOWN({IN, "units", "u.tif"}, {WITH, "water", "0=1"}, {WITH, "quota", "150"}),
                 GT_E_INPUT, "model.no-figure");
    assert_fails(w.ctx, TOWN({WITH, "water", "0=1"}, {WITH, "quota", "0"}), GT_E_INPUT,
                 "model.range");
    assert_fails(w.ctx, TOWN({WITH, "water", "0=1"}), GT_E_USAGE, "model.missing");
    put_constant(&w, "u.tif", 2.5);
    assert_fails(w.ctx,
                 TOWN({IN, "units", "u.tif"}, {WITH, "water", "0=1"}, {WITH, "quota", "150"}),
                 GT_E_INPUT, "model.odd-class");
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(soil_and_wind),      cmocka_unit_test(sand_fixed),
        cmocka_unit_test(by_production),      cmocka_unit_test(production_refused),
        cmocka_unit_test(rarity_as_invest),   cmocka_unit_test(rarity_at_the_ends),
        cmocka_unit_test(capacity_of_fields), cmocka_unit_test(capacity_of_town),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
