/* Subsidence, overdraft, roughness, sky view, ventilation: known answers of the literature, bounds,
 * properties, bad input. */
#include "guotu/gpkg_write.h"
#include "model/grids.h"

/* -40 mm/yr along a sight of 37 degrees is -50.085 vertical; bounds belong to the higher grade. */
static void subsidence(void **state)
{
    world w;
    (void)state;
    world_new(&w, 6, 1);
    put_grid(&w, "rate.tif", GT_CELL_F64, (const double[]){-40, 5, -10, -80, NAN, NAN});
    put_grid(&w, "total.tif", GT_CELL_F64, (const double[]){0, -2400, -200, -100, -1600, NAN});
    assert_ok(w.ctx,
              RUN(&w, "subsidence-grade", {IN, "rate", "rate.tif"}, {IN, "total", "total.tif"},
                  {OUT, "grade", "g.tif"}, {OUT, "vertical", "v.tif"}, {WITH, "incidence", "37"},
                  {WITH, "sinking", "negative"}));
    double *g = get_grid(&w, "g.tif"), *v = get_grid(&w, "v.tif");
    assert_near(v[0], -50.085, 5e-4);
    assert_near(g[0], 4, 0); /* 50 .. 80 */
    assert_near(g[1], 5, 0); /* it rises now, but sank 2400 mm */
    assert_near(g[2], 2, 0); /* 12.5 mm/yr, 200 mm */
    assert_near(g[3], 5, 0);
    assert_near(g[4], 4, 0); /* one of them is enough */
    assert_true(isnan(g[5]) && isnan(v[5]));
    free(g);
    free(v);
    assert_ok(w.ctx,
              RUN(&w, "subsidence-grade", {IN, "rate", "rate.tif"}, {OUT, "grade", "p.tif"}));
    g = get_grid(&w, "p.tif");
    assert_near(g[0], 1, 0); /* positive sinks: -40 rises */
    assert_near(g[1], 1, 0);
    free(g);
    world_free(&w);
}

static void subsidence_bad(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_constant(&w, "rate.tif", 12);
    assert_fails(w.ctx,
                 RUN(&w, "subsidence-grade", {IN, "rate", "rate.tif"}, {OUT, "grade", "g.tif"},
                     {WITH, "rates", "10, 30, 50"}),
                 GT_E_INPUT, "model.count");
    assert_fails(w.ctx,
                 RUN(&w, "subsidence-grade", {IN, "rate", "rate.tif"}, {OUT, "grade", "g.tif"},
                     {WITH, "totals", "200, 100, 300, 400"}),
                 GT_E_INPUT, "model.ascend");
    assert_fails(w.ctx,
                 RUN(&w, "subsidence-grade", {IN, "rate", "rate.tif"}, {OUT, "grade", "g.tif"},
                     {WITH, "incidence", "90 degree"}),
                 GT_E_INPUT, "model.range");
    assert_fails(w.ctx, RUN(&w, "subsidence-grade", {OUT, "grade", "g.tif"}), GT_E_USAGE,
                 "model.no-grid");
    world_free(&w);
}

/* 130 drawn where 100 may be: k = 0.30 exactly, which is general still. */
static void overdraft(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "zone.tif", GT_CELL_I32, (const double[]){1, 2, 3, 4, NAN});
    put_grid(&w, "fall.tif", GT_CELL_F64, (const double[]){-0.5, 0.2, 1.0, 1.01, NAN});
    assert_ok(w.ctx,
              RUN(&w, "overdraft", {IN, "zones", "zone.tif"}, {OUT, "grade", "g.tif"},
                  {OUT, "coefficient", "k.tif"}, {WITH, "extracted", "1=130,2=131,3=100,4=5"},
                  {WITH, "exploitable", "1=100,2=100,3=100,4=0"}));
    double *g = get_grid(&w, "g.tif"), *k = get_grid(&w, "k.tif");
    assert_near(k[0], 0.30, 1e-7);
    assert_near(g[0], 1, 0);
    assert_near(g[1], 2, 0);
    assert_near(g[2], 0, 0);
    assert_true(isnan(g[3]) && isnan(g[4])); /* nothing may be drawn: no coefficient */
    free(g);
    free(k);
    assert_ok(w.ctx, RUN(&w, "overdraft", {IN, "fall", "fall.tif"}, {OUT, "grade", "f.tif"}));
    g = get_grid(&w, "f.tif");
    assert_near(g[0], 0, 0); /* the level rises */
    assert_near(g[1], 1, 0);
    assert_near(g[2], 1, 0); /* the bound itself is general */
    assert_near(g[3], 2, 0);
    assert_true(isnan(g[4]));
    free(g);
    assert_fails(w.ctx,
                 RUN(&w, "overdraft", {IN, "zones", "zone.tif"}, {OUT, "grade", "h.tif"},
                     {WITH, "extracted", "1=3"}),
                 GT_E_USAGE, "model.missing");
    assert_fails(w.ctx, RUN(&w, "overdraft", {OUT, "grade", "h.tif"}), GT_E_USAGE, "model.no-grid");
    world_free(&w);
}

/* UMEP: shares of 0.25 and 10 m give 4.830360 and 1.229213. */
static void roughness_of_macdonald(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "h.tif", GT_CELL_F64, (const double[]){10, 0, 20, NAN});
    put_grid(&w, "plan.tif", GT_CELL_F64, (const double[]){0.25, 0, 0.25, 0.25});
    put_grid(&w, "front.tif", GT_CELL_F64, (const double[]){0.25, 0, 0.25, 0.25});
    assert_ok(w.ctx, RUN(&w, "roughness", {IN, "height", "h.tif"}, {IN, "plan", "plan.tif"},
                         {IN, "front", "front.tif"}, {OUT, "length", "z.tif"},
                         {OUT, "displacement", "d.tif"}));
    double *z = get_grid(&w, "z.tif"), *d = get_grid(&w, "d.tif");
    assert_near(d[0], 4.830360, 1e-6);
    assert_near(z[0], 1.229213, 1e-6);
    assert_near(z[1], 0.03, 1e-8); /* open ground: the floor */
    assert_near(d[1], 0, 0);
    assert_near(z[2], 2 * 1.229213, 2e-6); /* both grow with the height */
    assert_true(isnan(z[3]) && isnan(d[3]));
    free(z);
    free(d);
    /* without the frontal share that of cubes is taken */
    assert_ok(w.ctx, RUN(&w, "roughness", {IN, "height", "h.tif"}, {IN, "plan", "plan.tif"},
                         {OUT, "length", "z2.tif"}));
    assert_near(first_of(&w, "z2.tif"), 1.229213, 1e-6);
    world_free(&w);
}

/* By hand for 0.25: s = sqrt(3.75) = 1.936492, zd = H (1 - (1 - e^-s) / s), u-star over U =
 * sqrt(0.078) = 0.279285. */
static void roughness_of_grimmond(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_constant(&w, "h.tif", 10);
    put_grid(&w, "plan.tif", GT_CELL_F64, (const double[]){0.25, 0});
    assert_ok(w.ctx, RUN(&w, "roughness", {IN, "height", "h.tif"}, {IN, "plan", "plan.tif"},
                         {OUT, "length", "z.tif"}, {OUT, "displacement", "d.tif"},
                         {WITH, "way", "grimmond-oke"}, {WITH, "least", "0"}));
    double *z = get_grid(&w, "z.tif"), *d = get_grid(&w, "d.tif");
    double open = (1 - exp(-1.936492)) / 1.936492;
    assert_near(d[0], 10 * (1 - open), 1e-5);
    assert_near(z[0], 10 * open * exp(-0.4 / 0.279285 + 0.193), 1e-4);
    assert_near(d[1], 0, 0);
    free(z);
    free(d);
    assert_fails(w.ctx,
                 RUN(&w, "roughness", {IN, "height", "h.tif"}, {IN, "plan", "plan.tif"},
                     {OUT, "length", "y.tif"}, {WITH, "way", "raupach"}),
                 GT_E_INPUT, "model.choice");
    assert_fails(w.ctx, RUN(&w, "roughness", {IN, "height", "h.tif"}, {OUT, "length", "y.tif"}),
                 GT_E_USAGE, "model.missing");
    world_free(&w);
}

/* A plain sees all of the sky; a canyon as high as wide 0.447214 of it (cosine). */
static void sky_of_a_canyon(void **state)
{
    enum { SIDE = 161, HALF = SIDE / 2, TO_WALL = 4 };
    world w;
    double *z = malloc((size_t)SIDE * SIDE * sizeof *z);
    (void)state;
    world_new(&w, SIDE, SIDE);
    put_constant(&w, "plain.tif", 50);
    for (int i = 0; i < SIDE * SIDE; i++) {
        z[i] = abs(i % SIDE - HALF) >= TO_WALL ? 2.0 * TO_WALL * w.cell : 0;
    }
    put_grid(&w, "canyon.tif", GT_CELL_F64, z);
    free(z);
    assert_ok(w.ctx, RUN(&w, "sky-view", {IN, "surface", "plain.tif"}, {OUT, "view", "p.tif"}));
    double *p = get_grid(&w, "p.tif");
    assert_near(p[0], 1, 0);
    assert_near(p[HALF * SIDE + HALF], 1, 0);
    free(p);
    assert_ok(w.ctx, RUN(&w, "sky-view", {IN, "surface", "canyon.tif"}, {OUT, "view", "c.tif"},
                         {WITH, "radius", "75"}, {WITH, "directions", "64"}));
    double *c = get_grid(&w, "c.tif");
    assert_near(c[HALF * SIDE + HALF], 0.447214, 0.01);
    assert_near(c[HALF * SIDE + 2], 1, 0);                          /* on the roof */
    assert_true(c[HALF * SIDE + HALF + 2] < c[HALF * SIDE + HALF]); /* nearer to a wall */
    free(c);
    world_free(&w);
}

/* A cone: the horizon is g in all directions; cosine gives cos2 g, solid 1 - sin g. */
static void sky_of_a_basin(void **state)
{
    enum { SIDE = 41, HALF = SIDE / 2 };
    world w;
    double *z = malloc((size_t)SIDE * SIDE * sizeof *z), g = atan(0.75);
    (void)state;
    world_new(&w, SIDE, SIDE);
    for (int r = 0; r < SIDE; r++) {
        for (int c = 0; c < SIDE; c++) {
            z[r * SIDE + c] = 0.75 * w.cell * hypot(r - HALF, c - HALF);
        }
    }
    z[0] = NAN;
    put_grid(&w, "cone.tif", GT_CELL_F64, z);
    free(z);
    assert_ok(w.ctx, RUN(&w, "sky-view", {IN, "surface", "cone.tif"}, {OUT, "view", "c.tif"}));
    assert_ok(w.ctx, RUN(&w, "sky-view", {IN, "surface", "cone.tif"}, {OUT, "view", "s.tif"},
                         {WITH, "way", "solid"}));
    double *c = get_grid(&w, "c.tif"), *s = get_grid(&w, "s.tif");
    assert_near(c[HALF * SIDE + HALF], cos(g) * cos(g), 1e-6);
    assert_near(s[HALF * SIDE + HALF], 1 - sin(g), 1e-6);
    assert_true(isnan(c[0])); /* nodata stays, and hides nothing */
    assert_near(c[HALF * SIDE + 3], c[HALF * SIDE + SIDE - 4], 1e-7); /* mirrored */
    free(c);
    free(s);
    assert_fails(w.ctx,
                 RUN(&w, "sky-view", {IN, "surface", "cone.tif"}, {OUT, "view", "x.tif"},
                     {WITH, "directions", "4"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

static void ventilation(void **state)
{
    static const double z0[] = {1.01, 1, 1, 0.51, 0.5, 0.5, NAN, 0.1};
    static const double sky[] = {0.9, 0.64, 0.65, 0.9, 0.64, 0.65, 0.5, NAN};
    static const double want[] = {1, 2, 3, 3, 4, 5};
    world w;
    (void)state;
    world_new(&w, 8, 1);
    put_grid(&w, "z.tif", GT_CELL_F64, z0);
    put_grid(&w, "s.tif", GT_CELL_F64, sky);
    assert_ok(w.ctx, RUN(&w, "ventilation-potential", {IN, "length", "z.tif"}, {IN, "sky", "s.tif"},
                         {OUT, "grade", "g.tif"}));
    double *g = get_grid(&w, "g.tif");
    for (int i = 0; i < 6; i++) {
        assert_near(g[i], want[i], 0);
    }
    assert_true(isnan(g[6]) && isnan(g[7]));
    free(g);
    assert_fails(w.ctx,
                 RUN(&w, "ventilation-potential", {IN, "length", "z.tif"}, {IN, "sky", "s.tif"},
                     {OUT, "grade", "x.tif"}, {WITH, "fair", "2"}),
                 GT_E_INPUT, "model.ascend");
    world_free(&w);
}

/* Buildings as boxes x0, y0, width, depth (m from the north-west corner, south positive) with a
 * height; negative: not known. */
static void put_buildings(const world *w, const char *name, const double (*b)[5], size_t n)
{
    const gt_gpkg_column columns[] = {{"height", GT_GPKG_REAL}};
    gt_gpkg_writer *writer = NULL;
    gt_crs *crs = NULL;
    assert_ok(w->ctx, gt_crs_new(w->ctx, "EPSG:4548", &crs));
    assert_ok(w->ctx, gt_gpkg_create(w->ctx, test_path(w->dir, name), "buildings", columns, 1, -1,
                                     NULL, &writer));
    assert_ok(w->ctx, gt_gpkg_state_crs(w->ctx, writer, crs));
    for (size_t i = 0; i < n; i++) {
        gt_geom g;
        const gt_gpkg_value v = {.null = b[i][4] < 0, .real = b[i][4]};
        gt_geom_init(&g);
        gt_geom_reset(&g, GT_MULTIPOLYGON);
        for (int k = 0; k <= 4; k++) {
            bool east = k == 1 || k == 2, north = k == 2 || k == 3;
            assert_ok(w->ctx, gt_geom_add_point(w->ctx, &g, 500000 + b[i][0] + (east ? b[i][2] : 0),
                                                4400000 - b[i][1] - (north ? 0 : b[i][3])));
        }
        assert_ok(w->ctx, gt_geom_end_ring(w->ctx, &g));
        assert_ok(w->ctx, gt_geom_end_part(w->ctx, &g));
        assert_ok(w->ctx, gt_gpkg_add(w->ctx, writer, &g, &v));
        gt_geom_free(w->ctx, &g);
    }
    assert_ok(w->ctx, gt_gpkg_finish(w->ctx, writer));
    gt_crs_free(w->ctx, crs);
}

/* A cube of 10 m on a lot of 40 m has 0.0625 of both (card HZ-5); a slab over two lots gives each
 * its half; storeys; heights that are not known; the winds of the rose. */
static void front_of_buildings(void **state)
{
    static const double houses[][5] = {
        {10, 10, 10, 10, 10}, {70, 10, 20, 10, 8}, {10, 60, 10, 10, -1}, {50, 50, 10, 20, 4}};
    world w;
    (void)state;
    world_new(&w, 3, 2);
    w.cell = 40;
    put_constant(&w, "like.tif", 1);
    put_buildings(&w, "b.gpkg", houses, 4);
    assert_ok(w.ctx, RUN(&w, "frontal-area", {IN, "like", "like.tif"}, {IN, "buildings", "b.gpkg"},
                         {OUT, "front", "f.tif"}, {OUT, "plan", "p.tif"},
                         {OUT, "mean-height", "h.tif"}, {WITH, "wind", "1"}));
    double *f = get_grid(&w, "f.tif"), *p = get_grid(&w, "p.tif"), *h = get_grid(&w, "h.tif");
    assert_near(f[0], 0.0625, 1e-7);
    assert_near(p[0], 0.0625, 1e-7);
    assert_near(h[0], 10, 1e-6);
    assert_near(f[1], 20 * 8 / 2.0 / 1600, 1e-7); /* the slab is 20 m wide to the north */
    assert_near(f[2], f[1], 1e-9);
    assert_near(p[1], 100 / 1600.0, 1e-7);
    assert_near(h[2], 8, 1e-6);
    assert_near(f[3], 0, 0); /* height not known */
    assert_near(p[3], 0, 0);
    assert_near(f[4], 10 * 4 / 1600.0, 1e-7);
    free(f);
    free(p);
    free(h);
    assert_ok(w.ctx,
              RUN(&w, "frontal-area", {IN, "like", "like.tif"}, {IN, "buildings", "b.gpkg"},
                  {OUT, "front", "f.tif"}, {WITH, "wind", "0,1,0,0"}, {WITH, "unit", "3 m"}));
    f = get_grid(&w, "f.tif");
    assert_near(f[4], 20 * 12 / 1600.0, 1e-6); /* east wind meets the long side; storeys of 3 m */
    free(f);
    assert_ok(w.ctx, RUN(&w, "frontal-area", {IN, "like", "like.tif"}, {IN, "buildings", "b.gpkg"},
                         {OUT, "front", "f.tif"}));
    f = get_grid(&w, "f.tif");
    double mean = 0;
    for (int d = 0; d < 16; d++) {
        mean += (fabs(cos(M_PI * d / 8)) + fabs(sin(M_PI * d / 8))) / 16;
    }
    assert_near(f[0], 10 * mean * 10 / 1600, 1e-6);
    free(f);
    world_free(&w);
}

static void front_bad(void **state)
{
    static const double house[][5] = {{10, 10, 10, 10, 10}};
    world w;
    (void)state;
    world_new(&w, 2, 2);
    put_constant(&w, "like.tif", 1);
    put_buildings(&w, "b.gpkg", house, 1);
    static const struct {
        const char *name, *value;
        gt_status status;
        const char *message;
    } bad[] = {{"wind", "0,0,0", GT_E_INPUT, "model.value"},
               {"wind", "1,-1", GT_E_INPUT, "model.range"},
               {"height", "storeys", GT_E_NOT_FOUND, NULL},
               {"layer", "nothing", GT_E_NOT_FOUND, NULL},
               {"unit", "0 m", GT_E_INPUT, "model.range"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(w.ctx,
                     RUN(&w, "frontal-area", {IN, "like", "like.tif"}, {IN, "buildings", "b.gpkg"},
                         {OUT, "front", "f.tif"}, {WITH, bad[i].name, bad[i].value}),
                     bad[i].status, bad[i].message);
    }
    /* nobody on the grid: nothing stands there, which is no mistake */
    put_buildings(&w, "none.gpkg", house, 0);
    assert_ok(w.ctx, RUN(&w, "frontal-area", {IN, "like", "like.tif"},
                         {IN, "buildings", "none.gpkg"}, {OUT, "front", "f.tif"}));
    double *f = get_grid(&w, "f.tif");
    assert_near(f[3], 0, 0);
    free(f);
    world_free(&w);
}

/* 100 events on 200 cells: 30 on 10 cells have a ratio of 6 and an information of 1.791759, 5 on
 * 100 cells 0.1 and -2.302585; a class without any is smoothed, not minus infinity. */
static void susceptibility(void **state)
{
    enum { N = 201 };
    double events[N], class[N], second[N];
    world w;
    (void)state;
    world_new(&w, N, 1);
    for (int i = 0; i < N; i++) {
        class[i] = i < 10 ? 1 : i < 110 ? 2 : i < 190 ? 3 : 4; /* 10, 100, 80 and 10 cells */
        events[i] = i < 10 ? 3 : i < 110 ? (i < 15 ? 1 : (double)NAN) : i < 175 ? 1 : 0;
        second[i] = 9;
    }
    class[N - 1] = (double)NAN; /* not counted, nor its event */
    events[N - 1] = 50;
    put_grid(&w, "e.tif", GT_CELL_F32, events);
    put_grid(&w, "a.tif", GT_CELL_U8, class);
    put_grid(&w, "b.tif", GT_CELL_U8, second);
#define LEAN(way)                                                                                  \
    {IN, "events", "e.tif"}, {IN, "a", "a.tif"}, {IN, "b", "b.tif"}, {OUT, "index", "i.tif"},      \
        {OUT, "table", "t.csv"}, {WITH, "way", way}
    assert_ok(w.ctx, RUN(&w, "susceptibility", LEAN("information")));
    double *v = get_grid(&w, "i.tif");
    assert_near(v[0], 1.791759, 1e-6);
    assert_near(v[10], -2.302585, 1e-6);
    assert_near(v[199], log(0.5 / (100 + 0.5 * 4) / (10.0 / 200)), 1e-6);
    assert_true(isnan(v[N - 1]));
    free(v);
    assert_ok(w.ctx, RUN(&w, "susceptibility", LEAN("frequency-ratio")));
    v = get_grid(&w, "i.tif");
    assert_near(v[0], 6 + 1, 1e-6); /* a factor of one class says nothing: ratio 1 */
    assert_near(v[10], 0.1 + 1, 1e-6);
    assert_near(v[199], 1, 1e-6);
    free(v);
    size_t len = 0;
    char *table = test_read_file(test_path(w.dir, "t.csv"), &len);
    assert_non_null(strstr(table, "a,1,10,30,"));
    assert_non_null(strstr(table, "b,9,200,100,1\n"));
    free(table);
    assert_ok(w.ctx, RUN(&w, "susceptibility", LEAN("certainty")));
    v = get_grid(&w, "i.tif"); /* prior 0.5: (3 - 0.5) / (3 0.5); (0.05 - 0.5) / (0.5 0.95) */
    assert_near(v[0], 2.5 / 1.5, 1e-6);
    assert_near(v[10], -0.45 / 0.475, 1e-6);
    assert_near(v[199], -1, 1e-6);
    free(v);
    world_free(&w);
}

static void susceptibility_refused(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 1);
    put_grid(&w, "e.tif", GT_CELL_F32, (const double[]){0, 0, (double)NAN});
    put_grid(&w, "a.tif", GT_CELL_F32, (const double[]){1, 2, 3});
    put_grid(&w, "b.tif", GT_CELL_F32, (const double[]){9, 9, 9});
    assert_fails(w.ctx, RUN(&w, "susceptibility", LEAN("information")), GT_E_INPUT,
                 "model.no-weight");
    put_grid(&w, "e.tif", GT_CELL_F32, (const double[]){1, 1, 1});
    assert_fails(w.ctx, RUN(&w, "susceptibility", LEAN("certainty")), GT_E_INPUT, "model.range");
    put_grid(&w, "a.tif", GT_CELL_F32, (const double[]){1, 2.5, 3});
    assert_fails(w.ctx, RUN(&w, "susceptibility", LEAN("information")), GT_E_INPUT,
                 "model.odd-class");
    put_grid(&w, "a.tif", GT_CELL_F32, (const double[]){1, 5000, 3});
    assert_fails(w.ctx, RUN(&w, "susceptibility", LEAN("information")), GT_E_INPUT,
                 "model.odd-class");
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subsidence),
        cmocka_unit_test(subsidence_bad),
        cmocka_unit_test(overdraft),
        cmocka_unit_test(roughness_of_macdonald),
        cmocka_unit_test(roughness_of_grimmond),
        cmocka_unit_test(sky_of_a_canyon),
        cmocka_unit_test(sky_of_a_basin),
        cmocka_unit_test(ventilation),
        cmocka_unit_test(susceptibility),
        cmocka_unit_test(susceptibility_refused),
        cmocka_unit_test(front_of_buildings),
        cmocka_unit_test(front_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
