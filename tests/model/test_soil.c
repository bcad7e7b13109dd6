/* Soil: LS, RUSLE, erodibility, cover, sensitivity. Known answers of the literature and of InVEST's
 * own tests; properties; bad input. */
#include <stdio.h>

#include "model/grids.h"

/* InVEST tests/test_sdr.py::test_ls_factor: D = 30 m, l_max = 25. */
static void ls_as_invest(void **state)
{
    static const double percent[] = {1.5, 4, 8, 10, 15};
    static const double cells[] = {100, 100, 100, 100, 1e7};
    static const double want[] = {0.253996, 0.657229, 1.345856, 1.776729, 49.802994};
    double slope[5];
    world w;
    (void)state;
    world_new(&w, 5, 1);
    w.cell = 30;
    for (int i = 0; i < 5; i++) {
        slope[i] = atan(percent[i] / 100) * 57.29577951308232;
    }
    put_grid(&w, "slope.tif", GT_CELL_F64, slope);
    put_grid(&w, "acc.tif", GT_CELL_I32, cells);
    assert_ok(w.ctx,
              RUN(&w, "ls-factor", {IN, "slope", "slope.tif"}, {IN, "accumulation", "acc.tif"},
                  {OUT, "ls", "ls.tif"}, {WITH, "way", "invest"}, {WITH, "steep", "mccool"},
                  {WITH, "l-max", "25"}));
    double *ls = get_grid(&w, "ls.tif");
    for (int i = 0; i < 5; i++) {
        assert_near(ls[i], want[i], 2e-6 * want[i] + 1e-6);
    }
    free(ls);
    world_free(&w);
}

/* Moore and Burch: As = 100 m2/m, 5 degrees. */
static void ls_as_moore_burch(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_grid(&w, "slope.tif", GT_CELL_F64, (const double[]){5});
    put_grid(&w, "acc.tif", GT_CELL_I32, (const double[]){10}); /* 10 cells of 10 m */
    assert_ok(w.ctx,
              RUN(&w, "ls-factor", {IN, "slope", "slope.tif"}, {IN, "accumulation", "acc.tif"},
                  {OUT, "ls", "ls.tif"}, {WITH, "way", "moore-burch"}));
    assert_near(first_of(&w, "ls.tif"), 1.763566, 1e-6);
    world_free(&w);
}

/* Steepness of Liu at 3, 7 and 20 degrees: with one cell of 22.13 m the length factor of Desmet and
 * Govers is 1 for any exponent. */
static void steepness_of_liu(void **state)
{
    static const double want[] = {0.59523, 1.54740, 6.53366};
    world w;
    (void)state;
    world_new(&w, 3, 1);
    w.cell = 22.13;
    put_grid(&w, "slope.tif", GT_CELL_F64, (const double[]){3, 7, 20});
    put_grid(&w, "acc.tif", GT_CELL_I32, (const double[]){1, 1, 1});
    assert_ok(w.ctx, RUN(&w, "ls-factor", {IN, "slope", "slope.tif"},
                         {IN, "accumulation", "acc.tif"}, {OUT, "ls", "ls.tif"}));
    double *ls = get_grid(&w, "ls.tif");
    for (int i = 0; i < 3; i++) {
        assert_near(ls[i], want[i], 1e-5);
    }
    free(ls);
    world_free(&w);
}

/* Slope lengths as such: (100 / 22.13)^m, m of the USLE by percent of slope, of RUSLE by its ratio;
 * each way asks for its measure. */
static void ls_of_lengths(void **state)
{
    static const double percent[] = {1, 3, 4, 9};
    static const double exponent[] = {0.2, 0.3, 0.4, 0.5};
    double slope[4];
    world w;
    (void)state;
    world_new(&w, 4, 1);
    for (int i = 0; i < 4; i++) {
        slope[i] = atan(percent[i] / 100) * 57.29577951308232;
    }
    put_grid(&w, "slope.tif", GT_CELL_F64, slope);
    put_constant(&w, "l.tif", 100);
#define BY_LENGTH                                                                                  \
    {IN, "slope", "slope.tif"}, {IN, "length", "l.tif"}, {OUT, "ls", "ls.tif"},                    \
        {WITH, "way", "length"}, {WITH, "steep", "mccool"}
    assert_ok(w.ctx, RUN(&w, "ls-factor", BY_LENGTH, {WITH, "exponent", "usle"}));
    double *ls = get_grid(&w, "ls.tif");
    for (int i = 0; i < 4; i++) {
        double s = sin(atan(percent[i] / 100));
        double steep = percent[i] < 9 ? 10.8 * s + 0.03 : 16.8 * s - 0.5;
        assert_near(ls[i], pow(100 / 22.13, exponent[i]) * steep, 1e-6);
    }
    free(ls);
    assert_ok(w.ctx, RUN(&w, "ls-factor", BY_LENGTH));
    ls = get_grid(&w, "ls.tif");
    double s = sin(atan(0.09)), beta = s / 0.0896 / (3 * pow(s, 0.8) + 0.56);
    assert_near(ls[3], pow(100 / 22.13, beta / (1 + beta)) * (16.8 * s - 0.5), 1e-6);
    free(ls);
    assert_fails(w.ctx,
                 RUN(&w, "ls-factor", {IN, "slope", "slope.tif"}, {IN, "length", "l.tif"},
                     {OUT, "ls", "ls.tif"}),
                 GT_E_USAGE, "model.missing");
    assert_fails(w.ctx,
                 RUN(&w, "ls-factor", {IN, "slope", "slope.tif"}, {IN, "accumulation", "l.tif"},
                     {OUT, "ls", "ls.tif"}, {WITH, "way", "length"}),
                 GT_E_USAGE, "model.missing");
    world_free(&w);
}

static void put_text(world *w, const char *name, const char *text)
{
    test_write_file(test_path(w->dir, name), text, strlen(text));
}

/* P_d12 = 30 and P_y12 = 400 give beta 1.50224 and alpha 1.15766; with them the days of 30 and 45
 * mm make 544.127. Here one year of 13 days of 30 mm and one of 10: mean day 30.7692, mean year
 * 400. */
static void rain_of_stations(void **state)
{
    char text[4096];
    int n = snprintf(text, sizeof text, "x,y,year,month,day,rain\n");
    world w;
    (void)state;
    world_new(&w, 3, 1);
    w.cell = 1000;
    put_constant(&w, "like.tif", 1);
    double powers = 0;
    for (int i = 1; i <= 13; i++) {
        n += snprintf(text + n, sizeof text - (size_t)n, "500500,4399500,2020,7,%d,%d\n", i,
                      i == 13 ? 40 : 30);
    }
    n += snprintf(text + n, sizeof text - (size_t)n,
                  "500500,4399500,2020,8,1,11.9\n"
                  "502500,4399500,2020,7,1,5\n");
    put_text(&w, "days.csv", text);
    assert_ok(w.ctx, RUN(&w, "rain-erosivity", {IN, "like", "like.tif"}, {IN, "days", "days.csv"},
                         {OUT, "erosivity", "r.tif"}, {OUT, "stations", "s.csv"}));
    double mean_day = 400.0 / 13, b = 0.8363 + 18.144 / mean_day + 24.455 / 400;
    double a = 21.586 * pow(b, -7.1891);
    powers = 12 * pow(30, b) + pow(40, b);
    double *r = get_grid(&w, "r.tif");
    assert_near(r[0], a * powers, 1e-6 * a * powers);
    assert_near(r[1], a * powers / 2, 1e-6 * a * powers); /* halfway to a station without */
    assert_near(r[2], 0, 0);
    free(r);
    /* the card's own figures, by the same formulas */
    b = 0.8363 + 18.144 / 30 + 24.455 / 400;
    a = 21.586 * pow(b, -7.1891);
    assert_near(b, 1.50224, 1e-5);
    assert_near(a, 1.15766, 1e-5);
    assert_near(a * (pow(30, b) + pow(45, b)), 544.127, 1e-3);
    size_t len = 0;
    char *table = test_read_file(test_path(w.dir, "s.csv"), &len);
    assert_non_null(strstr(table, "\n500500,4399500,1,13,30.76923"));
    assert_non_null(strstr(table, "\n502500,4399500,1,0,0,0,0,0,0\n"));
    free(table);
    world_free(&w);
}

/* The card's case as a table: over two years P_d12 = 30 and P_y12 = 400, half of the sum of powers.
 */
static void rain_of_the_card(void **state)
{
    char text[4096];
    int n = snprintf(text, sizeof text, "x,y,year,month,day,rain\n");
    double powers = 0, sum = 0;
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "like.tif", GT_CELL_F32, (const double[]){1, (double)NAN});
    const double b = 1.502237500, a = 21.586 * pow(b, -7.1891);
    for (int year = 0; year < 3; year++) { /* 40 days, 1200 mm, 3 years */
        for (int i = 1; i <= (year == 0 ? 14 : 13); i++) {
            double p = i == 1 ? 45 : i == 2 ? 15 : 30;
            sum += p;
            powers += pow(p, b);
            n += snprintf(text + n, sizeof text - (size_t)n, "0,0,%d,8,%d,%g\n", 2001 + year, i, p);
        }
    }
    assert_near(sum, 1200, 0);
    put_text(&w, "days.csv", text);
    assert_ok(w.ctx, RUN(&w, "rain-erosivity", {IN, "like", "like.tif"}, {IN, "days", "days.csv"},
                         {OUT, "erosivity", "r.tif"}));
    double *r = get_grid(&w, "r.tif");
    assert_near(r[0], a * powers / 3, 1e-6 * r[0]);
    assert_true(isnan(r[1]));
    free(r);
    world_free(&w);
}

static void rain_refused(void **state)
{
    static const struct {
        const char *text, *id;
    } cases[] = {{"x,y,year,month,day,rain\n", "model.no-days"},
                 {"x,y,year,month,day,rain\n1,2,2020,13,1,5\n", "model.bad-day"},
                 {"x,y,year,month,day,rain\n1,2,2020,1,32,5\n", "model.bad-day"},
                 {"x,y,year,month,day,rain\n1,2,2020,1,1,-5\n", "model.bad-day"},
                 {"x,y,year,month,day,rain\n1,2,2020,1,1,99999\n", "model.bad-day"},
                 {"x,y,year,month,day,rain\n1,2,2020,1,1,5\n1,2,2020,1,1,6\n", "model.bad-day"},
                 {"x,y,year,month,day,rain\n,2,2020,1,1,5\n", "connect.table"},
                 {"x,y,year,month,rain\n1,2,2020,1,5\n", "connect.column"},
                 {"x,y,year,month,day,rain\n1,2,2020,1,1,much\n", "connect.table"}};
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_constant(&w, "like.tif", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_text(&w, "days.csv", cases[i].text);
        assert_fails(w.ctx,
                     RUN(&w, "rain-erosivity", {IN, "like", "like.tif"}, {IN, "days", "days.csv"},
                         {OUT, "erosivity", "r.tif"}),
                     GT_E_INPUT, cases[i].id);
    }
    world_free(&w);
}

/* Twelve even months: p^2 / P = p / 12; no rain, no erosivity; a month not known, R not known. */
static void rain_of_months(void **state)
{
    bound args[15] = {{OUT, "erosivity", "r.tif"}};
    static const char *const ports[] = {"m1", "m2", "m3", "m4",  "m5",  "m6",
                                        "m7", "m8", "m9", "m10", "m11", "m12"};
    static const char *const files[] = {"1.tif", "2.tif", "3.tif", "4.tif",  "5.tif",  "6.tif",
                                        "7.tif", "8.tif", "9.tif", "10.tif", "11.tif", "12.tif"};
    world w;
    (void)state;
    world_new(&w, 4, 1);
    for (int m = 0; m < 12; m++) {
        put_grid(&w, files[m], GT_CELL_F32,
                 (const double[]){60, 0, m == 3 ? (double)NAN : 60, m == 6 ? 200 : 0});
        args[m + 1] = (bound){IN, ports[m], files[m]};
    }
    assert_ok(w.ctx, run_kernel(&w, "rain-erosivity-monthly", args));
    double *r = get_grid(&w, "r.tif");
    assert_near(r[0], 17.02 * 12 * 1.735 * pow(10, 1.5 * log10(5) - 0.8188), 1e-3);
    assert_near(r[1], 0, 0);
    assert_true(isnan(r[2]));
    assert_near(r[3], 17.02 * 1.735 * pow(10, 1.5 * log10(200) - 0.8188), 1e-2);
    free(r);
    world_free(&w);
}

/* Texture 40, 40, 20 with 1.5 % carbon: K_e = 0.26044, corrected K = 0.015869. */
static void erodibility(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "sand.tif", GT_CELL_F32, (const double[]){40, 40});
    put_grid(&w, "silt.tif", GT_CELL_F32, (const double[]){40, 0});
    put_grid(&w, "clay.tif", GT_CELL_F32, (const double[]){20, 0});
    put_grid(&w, "carbon.tif", GT_CELL_F32, (const double[]){1.5, 1.5});
#define TEXTURE                                                                                    \
    {IN, "sand", "sand.tif"}, {IN, "silt", "silt.tif"}, {IN, "clay", "clay.tif"},                  \
        {IN, "carbon", "carbon.tif"}
    assert_ok(w.ctx, RUN(&w, "erodibility", TEXTURE, {OUT, "k", "k.tif"}));
    double *k = get_grid(&w, "k.tif");
    assert_near(k[0], 0.015869, 1e-6);
    assert_true(isnan(k[1])); /* neither silt nor clay */
    free(k);
    assert_ok(w.ctx, RUN(&w, "erodibility", TEXTURE, {OUT, "k", "k2.tif"}, {WITH, "china", "no"}));
    k = get_grid(&w, "k2.tif");
    assert_near(k[0], 0.26044 * 0.1317, 1e-6);
    free(k);
    world_free(&w);
}

static void cover(void **state)
{
    static const double ndvi[] = {0.0, 0.05, 0.5, 0.95, 1};
    static const double want_cover[] = {0, 0, 0.5, 1, 1};
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "ndvi.tif", GT_CELL_F64, ndvi);
    assert_ok(w.ctx,
              RUN(&w, "vegetation-cover", {IN, "ndvi", "ndvi.tif"}, {OUT, "cover", "f.tif"}));
    assert_ok(w.ctx, RUN(&w, "cover-factor", {IN, "cover", "f.tif"}, {OUT, "c", "c.tif"}));
    double *f = get_grid(&w, "f.tif"), *c = get_grid(&w, "c.tif");
    for (int i = 0; i < 5; i++) {
        assert_near(f[i], want_cover[i], 1e-6);
    }
    assert_near(c[0], 1, 0);
    assert_near(c[2], 0.6508 - 0.3436 * log10(50), 1e-6);
    assert_near(c[4], 0, 0);
    free(f);
    free(c);
    world_free(&w);
}

/* A = R K LS C P; the three outputs agree: loss + retained = potential. */
static void rusle_adds_up(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 2);
    put_grid(&w, "ls.tif", GT_CELL_F32, (const double[]){1, 2, 4, 8, (double)NAN, 2});
    put_grid(&w, "land.tif", GT_CELL_U8, (const double[]){1, 2, 1, 3, 1, (double)NAN});
    assert_ok(w.ctx, RUN(&w, "rusle", {IN, "ls", "ls.tif"}, {IN, "land", "land.tif"},
                         {OUT, "loss", "a.tif"}, {OUT, "retained", "kept.tif"},
                         {OUT, "potential", "p.tif"}, {WITH, "rain", "4000"},
                         {WITH, "soil", "0.02"}, {WITH, "cover-by-class", "1=0.25,2=0.5"},
                         {WITH, "practice-by-class", "1=1,2=0.5"}));
    double *a = get_grid(&w, "a.tif"), *k = get_grid(&w, "kept.tif"), *p = get_grid(&w, "p.tif");
    assert_near(a[0], 80 * 0.25, 1e-5);
    assert_near(a[1], 160 * 0.25, 1e-5);
    assert_near(a[2], 320 * 0.25, 1e-4);
    for (int i = 0; i < 3; i++) {
        assert_near(a[i] + k[i], p[i], 1e-4);
    }
    for (int i = 3; i < 6; i++) { /* class without a factor; no LS; no class */
        assert_true(isnan(a[i]) && isnan(k[i]) && isnan(p[i]));
    }
    free(a);
    free(k);
    free(p);
    world_free(&w);
}

static void rusle_grids_before_constants(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_grid(&w, "one.tif", GT_CELL_F32, (const double[]){1});
    put_grid(&w, "r.tif", GT_CELL_F32, (const double[]){3000});
    put_grid(&w, "k.tif", GT_CELL_F32, (const double[]){0.03});
    put_grid(&w, "c.tif", GT_CELL_F32, (const double[]){0.1});
    put_grid(&w, "p.tif", GT_CELL_F32, (const double[]){0.35});
    assert_ok(w.ctx, RUN(&w, "rusle", {IN, "ls", "one.tif"}, {IN, "rain", "r.tif"},
                         {IN, "soil", "k.tif"}, {IN, "cover", "c.tif"}, {IN, "practice", "p.tif"},
                         {OUT, "loss", "a.tif"}, {WITH, "rain", "1"}, {WITH, "soil", "1"}));
    assert_near(first_of(&w, "a.tif"), 3000 * 0.03 * 0.1 * 0.35, 1e-5);
    world_free(&w);
}

static void rusle_refuses(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "ls.tif", GT_CELL_F32, (const double[]){1, 2});
    assert_fails(w.ctx, RUN(&w, "rusle", {OUT, "loss", "a.tif"}), GT_E_USAGE, "model.missing");
    assert_fails(w.ctx, RUN(&w, "rusle", {IN, "ls", "ls.tif"}, {OUT, "loss", "a.tif"}), GT_E_USAGE,
                 "model.neither");
    assert_fails(w.ctx,
                 RUN(&w, "rusle", {IN, "ls", "ls.tif"}, {OUT, "loss", "a.tif"}, {WITH, "rain", "1"},
                     {WITH, "soil", "1"}, {WITH, "cover-by-class", "1=0.2"}),
                 GT_E_USAGE, "model.neither");
    assert_fails(
        w.ctx, RUN(&w, "rusle", {IN, "ls", "ls.tif"}, {OUT, "loss", "a.tif"}, {WITH, "rain", "-1"}),
        GT_E_INPUT, "model.range");
    world other = w;
    other.cols = 3;
    put_grid(&other, "land.tif", GT_CELL_U8, (const double[]){1, 2, 3});
    assert_fails(w.ctx,
                 RUN(&w, "rusle", {IN, "ls", "ls.tif"}, {IN, "land", "land.tif"},
                     {OUT, "loss", "a.tif"}, {WITH, "rain", "1"}, {WITH, "soil", "1"}),
                 GT_E_INPUT, "grid.extent-differs");
    assert_fails(w.ctx,
                 RUN(&w, "rusle", {IN, "ls", "nowhere.tif"}, {OUT, "loss", "a.tif"},
                     {WITH, "rain", "1"}, {WITH, "soil", "1"}),
                 GT_E_NOT_FOUND, NULL);
    world_free(&w);
}

/* Grades (5,3,5,3): SS = 225^(1/4) = 3.873, class 2; all 5: class 3; all 1: class 1. */
static void sensitivity(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "r.tif", GT_CELL_F32, (const double[]){700, 700, 50, (double)NAN});
    put_grid(&w, "k.tif", GT_CELL_U8, (const double[]){3, 5, 1, 1});
    put_grid(&w, "h.tif", GT_CELL_F32, (const double[]){301, 301, 50, 10});
    put_grid(&w, "f.tif", GT_CELL_F32, (const double[]){0.3, 0.2, 0.6, 0.5});
    assert_ok(w.ctx, RUN(&w, "erosion-sensitivity", {IN, "rain", "r.tif"}, {IN, "soil", "k.tif"},
                         {IN, "relief", "h.tif"}, {IN, "cover", "f.tif"}, {OUT, "class", "s.tif"},
                         {OUT, "index", "ss.tif"}));
    double *s = get_grid(&w, "s.tif");
    assert_near(s[0], 2, 0);
    assert_near(s[1], 3, 0);
    assert_near(s[2], 1, 0);
    assert_true(isnan(s[3]));
    free(s);
    s = get_grid(&w, "ss.tif");
    assert_near(s[0], 3.8730, 5e-5);
    assert_near(s[1], 5, 1e-6);
    assert_near(s[2], 1, 1e-6);
    assert_true(isnan(s[3]));
    free(s);
#define SENSITIVE                                                                                  \
    {IN, "rain", "r.tif"}, {IN, "soil", "k.tif"}, {IN, "relief", "h.tif"}, {IN, "cover", "f.tif"}, \
        {OUT, "class", "s5.tif"}
    /* the older rule of five grades: (9, 3, 9, 7)^(1/4) = 6.422, (9, 5, 9, 9)^(1/4) = 7.771 with
     * the cover on its bound, (3, 1, 5, 1)^(1/4) = 1.968 with the best cover on its own */
    assert_ok(w.ctx, RUN(&w, "erosion-sensitivity", SENSITIVE, {WITH, "grades", "1,3,5,7,9"},
                         {WITH, "rains", "25,100,400,600"}, {WITH, "reliefs", "20,49,100,300"},
                         {WITH, "covers", "0.2,0.3,0.5,0.6"}, {WITH, "bounds", "2,4,6,8"}));
    s = get_grid(&w, "s5.tif");
    assert_near(s[0], 4, 0);
    assert_near(s[1], 4, 0);
    assert_near(s[2], 1, 0);
    assert_true(isnan(s[3]));
    free(s);
    assert_fails(w.ctx, RUN(&w, "erosion-sensitivity", SENSITIVE, {WITH, "grades", "1,3,5,7"}),
                 GT_E_INPUT, "model.count");
    assert_fails(w.ctx, RUN(&w, "erosion-sensitivity", SENSITIVE, {WITH, "grades", "1"}),
                 GT_E_INPUT, "model.count");
    assert_fails(w.ctx, RUN(&w, "erosion-sensitivity", SENSITIVE, {WITH, "reliefs", "300, 50"}),
                 GT_E_INPUT, "model.ascend");
    world_free(&w);
}

/* The corners around (15 degrees, 60 %) and (25 degrees, 80 %). */
static void keeping(void **state)
{
    static const double slope[] = {15, 14.9, 15, 25, 24.9, 25, 30};
    static const double f[] = {0.6, 0.6, 0.59, 0.8, 0.8, 0.79, 0.9};
    static const double land[] = {3, 3, 3, 3, 3, 3, 9};
    static const double want[] = {2, 1, 1, 3, 2, 2, 1};
    world w;
    (void)state;
    world_new(&w, 7, 1);
    put_grid(&w, "slope.tif", GT_CELL_F64, slope);
    put_grid(&w, "f.tif", GT_CELL_F64, f);
    put_grid(&w, "land.tif", GT_CELL_U8, land);
    assert_ok(w.ctx, RUN(&w, "soil-keeping", {IN, "slope", "slope.tif"}, {IN, "cover", "f.tif"},
                         {IN, "land", "land.tif"}, {OUT, "class", "s.tif"},
                         {WITH, "vegetated", "3=1,4=1"}));
    double *s = get_grid(&w, "s.tif");
    for (int i = 0; i < 7; i++) {
        assert_near(s[i], want[i], 0);
    }
    free(s);
    assert_ok(w.ctx,
              RUN(&w, "soil-keeping", {IN, "slope", "slope.tif"}, {IN, "cover", "f.tif"},
                  {IN, "land", "land.tif"}, {OUT, "class", "s.tif"}, {WITH, "vegetated", "3=1"},
                  {WITH, "closed", "79 %"}, {WITH, "dense", "0.59"}));
    s = get_grid(&w, "s.tif");
    assert_true(s[2] == 2 && s[5] == 3);
    free(s);
    world_free(&w);
}

/* A code between two classes, as averaging a grid of classes makes it, is no class. */
static void classes_between(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 1);
    put_grid(&w, "land.tif", GT_CELL_F64, (const double[]){1, 1.5, 2});
    assert_ok(w.ctx, RUN(&w, "lookup", {IN, "classes", "land.tif"}, {OUT, "values", "v.tif"},
                         {WITH, "table", "1=10, 2=20"}));
    double *v = get_grid(&w, "v.tif");
    assert_true(v[0] == 10 && isnan(v[1]) && v[2] == 20);
    free(v);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ls_as_invest),     cmocka_unit_test(ls_as_moore_burch),
        cmocka_unit_test(steepness_of_liu), cmocka_unit_test(ls_of_lengths),
        cmocka_unit_test(rain_of_stations), cmocka_unit_test(rain_of_the_card),
        cmocka_unit_test(rain_refused),     cmocka_unit_test(rain_of_months),
        cmocka_unit_test(erodibility),      cmocka_unit_test(cover),
        cmocka_unit_test(rusle_adds_up),    cmocka_unit_test(rusle_grids_before_constants),
        cmocka_unit_test(rusle_refuses),    cmocka_unit_test(sensitivity),
        cmocka_unit_test(keeping),          cmocka_unit_test(classes_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
