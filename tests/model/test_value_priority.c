/* Corridor, degradation, priority, value, shares, access, allocation of water: known answers, by
 * hand, conservation, bad input. */
#include "model/grids.h"

/* Costs 0 15 40 75 120 from the left; the other way round from the right: everything on a row lies
 * on the one way there is. Beside it a row twice as dear. */
static void corridor(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 3);
    put_grid(&w, "f.tif", GT_CELL_F64,
             (const double[]){1, 1, 1, 1, 1, 3, 3, 3, 3, 3, NAN, 1, 1, NAN, 1});
    put_grid(&w, "left.tif", GT_CELL_U8,
             (const double[]){1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    put_grid(&w, "right.tif", GT_CELL_U8,
             (const double[]){0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    assert_ok(w.ctx, RUN(&w, "cost-distance", {IN, "friction", "f.tif"},
                         {IN, "sources", "left.tif"}, {OUT, "cost", "a.tif"}));
    assert_ok(w.ctx, RUN(&w, "cost-distance", {IN, "friction", "f.tif"},
                         {IN, "sources", "right.tif"}, {OUT, "cost", "b.tif"}));
    assert_ok(w.ctx,
              RUN(&w, "corridor", {IN, "a", "a.tif"}, {IN, "b", "b.tif"}, {OUT, "extra", "e.tif"}));
    double *e = get_grid(&w, "e.tif");
    for (int c = 0; c < 5; c++) {
        assert_near(e[c], 0, 1e-4); /* the best way */
        assert_true(e[5 + c] > 0);
    }
    /* down to the middle and up again: two steps of 20, for two cells along: 2 sqrt2 20 - 20 */
    assert_near(e[6], 2 * 20 * sqrt(2) - 20, 1e-4);
    assert_true(isnan(e[10])); /* a barrier */
    free(e);
    assert_ok(w.ctx, RUN(&w, "corridor", {IN, "a", "a.tif"}, {IN, "b", "b.tif"},
                         {OUT, "extra", "n.tif"}, {WITH, "cutoff", "1"}));
    e = get_grid(&w, "n.tif");
    assert_near(e[2], 0, 1e-4);
    assert_true(isnan(e[6]));
    free(e);
    world_free(&w);
}

static void corridor_without_a_way(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_grid(&w, "a.tif", GT_CELL_F64, (const double[]){0, NAN});
    put_grid(&w, "b.tif", GT_CELL_F64, (const double[]){NAN, 0});
    assert_fails(
        w.ctx, RUN(&w, "corridor", {IN, "a", "a.tif"}, {IN, "b", "b.tif"}, {OUT, "extra", "e.tif"}),
        GT_E_INPUT, "model.no-way");
    world_free(&w);
}

/* Cover 0.85 .. 0.05 and loss 2 .. 82, equal weights: by hand. */
static void degradation(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "cover.tif", GT_CELL_F64, (const double[]){0.85, 0.45, 0.05, 1, NAN});
    put_grid(&w, "loss.tif", GT_CELL_F64, (const double[]){2, 42, 500, 0, 2});
    assert_ok(w.ctx, RUN(&w, "degradation", {IN, "a", "cover.tif"}, {IN, "c", "loss.tif"},
                         {OUT, "index", "i.tif"}, {OUT, "level", "l.tif"},
                         {WITH, "good", "0.85, 2"}, {WITH, "bad", "0.05, 82"}));
    double *d = get_grid(&w, "i.tif"), *l = get_grid(&w, "l.tif");
    assert_near(d[0], 0, 1e-7);
    assert_near(d[1], 0.5, 1e-7);
    assert_near(d[2], 1, 1e-7); /* beyond the worst is the worst */
    assert_near(d[3], 0, 1e-7);
    assert_true(isnan(d[4]) && isnan(l[4]));
    assert_near(l[0], 1, 0);
    assert_near(l[1], 3, 0); /* the bound belongs to the worse */
    assert_near(l[2], 4, 0);
    free(d);
    free(l);
    assert_ok(w.ctx, RUN(&w, "degradation", {IN, "a", "cover.tif"}, {IN, "c", "loss.tif"},
                         {OUT, "index", "w.tif"}, {WITH, "good", "0.85, 2"},
                         {WITH, "bad", "0.05, 22"}, {WITH, "weights", "3, 1"}));
    d = get_grid(&w, "w.tif");
    assert_near(d[1], (3 * 0.5 + 1) / 4, 1e-7);
    free(d);
    world_free(&w);
}

static void degradation_bad(void **state)
{
    world w;
    (void)state;
    world_new(&w, 2, 1);
    put_constant(&w, "x.tif", 1);
    assert_fails(w.ctx,
                 RUN(&w, "degradation", {IN, "a", "x.tif"}, {OUT, "index", "i.tif"},
                     {WITH, "good", "1, 2"}, {WITH, "bad", "0"}),
                 GT_E_INPUT, "model.count");
    assert_fails(w.ctx,
                 RUN(&w, "degradation", {IN, "a", "x.tif"}, {OUT, "index", "i.tif"},
                     {WITH, "good", "1"}, {WITH, "bad", "1"}),
                 GT_E_INPUT, "model.no-span");
    assert_fails(w.ctx,
                 RUN(&w, "degradation", {IN, "a", "x.tif"}, {OUT, "index", "i.tif"},
                     {WITH, "good", "1"}, {WITH, "bad", "0"}, {WITH, "weights", "0"}),
                 GT_E_INPUT, "model.no-weight");
    assert_fails(w.ctx,
                 RUN(&w, "degradation", {IN, "a", "x.tif"}, {OUT, "index", "i.tif"},
                     {WITH, "good", "1"}, {WITH, "bad", "0"}, {WITH, "levels", "0.5"}),
                 GT_E_INPUT, "model.count");
    world_free(&w);
}

/* Pattern before place before damage before potential. */
static void priority(void **state)
{
    static const double pattern[] = {3, 3, 3, 3, 2, 0, 3, NAN, 1};
    static const double damage[] = {4, 4, 4, 2, 4, 2, 1, 4, 3};
    static const double place[] = {1, 1, NAN, 1, 1, 0, 1, 1, NAN};
    static const double potential[] = {3, 1, 3, 3, 3, NAN, 3, 3, 2};
    world w;
    (void)state;
    world_new(&w, 9, 1);
    put_grid(&w, "p.tif", GT_CELL_F64, pattern);
    put_grid(&w, "d.tif", GT_CELL_F64, damage);
    put_grid(&w, "s.tif", GT_CELL_F64, place);
    put_grid(&w, "g.tif", GT_CELL_F64, potential);
    assert_ok(w.ctx,
              RUN(&w, "restoration-priority", {IN, "pattern", "p.tif"}, {IN, "damage", "d.tif"},
                  {IN, "place", "s.tif"}, {IN, "potential", "g.tif"}, {OUT, "order", "o.tif"},
                  {OUT, "phase", "f.tif"}));
    double *o = get_grid(&w, "o.tif"), *f = get_grid(&w, "f.tif");
    assert_near(o[0], 1, 0);
    assert_near(o[1], 3, 0);  /* less potential */
    assert_near(o[3], 7, 0);  /* less damage: six behind */
    assert_near(o[2], 13, 0); /* elsewhere: behind every damage there */
    assert_near(o[4], 25, 0); /* the general pattern behind all of the bottom */
    assert_near(o[5], 3 * 24 + 12 + 6 + 2 + 1, 0);
    assert_true(isnan(o[6])); /* not damaged */
    assert_true(isnan(o[7]) && isnan(f[7]));
    assert_near(f[0], 1, 0);
    assert_near(f[2], 1, 0); /* bottom pattern: the first term wherever it is */
    assert_near(f[4], 1, 0); /* shallow mountain too */
    assert_near(f[5], 2, 0);
    assert_near(f[8], 2, 0);
    free(o);
    free(f);
    assert_fails(w.ctx,
                 RUN(&w, "restoration-priority", {IN, "pattern", "p.tif"}, {OUT, "order", "x.tif"}),
                 GT_E_USAGE, "model.missing");
    assert_fails(w.ctx,
                 RUN(&w, "restoration-priority", {IN, "pattern", "p.tif"}, {IN, "damage", "d.tif"},
                     {OUT, "order", "x.tif"}, {WITH, "least", "5"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

/* 100 ha with 600 - 450 - 30 = 120 mm hold 120 000 m3; 12 t of carbon are 44 t of CO2 and 32 t of
 * oxygen. */
static void value(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 1);
    put_grid(&w, "land.tif", GT_CELL_U8, (const double[]){5, 1, NAN});
    put_constant(&w, "water.tif", 120);
    put_constant(&w, "soil.tif", 130);
    put_constant(&w, "carbon.tif", 12);
    assert_ok(w.ctx,
              RUN(&w, "ecosystem-value", {IN, "land", "land.tif"}, {IN, "water", "water.tif"},
                  {IN, "soil", "soil.tif"}, {IN, "carbon", "carbon.tif"}, {OUT, "value", "v.tif"},
                  {OUT, "water-value", "w.tif"}, {OUT, "soil-value", "s.tif"},
                  {OUT, "carbon-value", "c.tif"}, {OUT, "co2", "g.tif"}, {WITH, "water-price", "1"},
                  {WITH, "dredging-price", "10"}, {WITH, "silted", "24 %"},
                  {WITH, "density", "1.3"}, {WITH, "carbon-price", "1"},
                  {WITH, "oxygen-price", "2"}, {WITH, "material", "1=1000"},
                  {WITH, "culture", "5=7"}));
    double *v = get_grid(&w, "v.tif");
    assert_near(100 * first_of(&w, "w.tif"), 120000, 1e-2); /* m3 of 100 ha at 1 yuan */
    assert_near(first_of(&w, "s.tif"), 0.24 * 130 / 1.3 * 10, 1e-4);
    assert_near(first_of(&w, "g.tif"), 44, 1e-5);
    assert_near(first_of(&w, "c.tif"), 44 + 2 * 32, 1e-4);
    assert_near(v[0], 1200 + 240 + 108 + 7, 1e-3);
    assert_near(v[1], 1200 + 240 + 108 + 1000, 1e-3);
    assert_true(isnan(v[2]));
    free(v);
    put_constant(&w, "dry.tif", -50); /* evaporates more than it rains: no value, and none taken */
    assert_ok(w.ctx, RUN(&w, "ecosystem-value", {IN, "land", "land.tif"}, {IN, "water", "dry.tif"},
                         {OUT, "value", "d.tif"}));
    assert_near(first_of(&w, "d.tif"), 0, 0);
    assert_fails(w.ctx,
                 RUN(&w, "ecosystem-value", {IN, "land", "land.tif"}, {OUT, "value", "x.tif"},
                     {WITH, "density", "0"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

/* What is shared out is the amount, whatever the threads. */
static void shares(void **state)
{
    enum { SIDE = 700 };
    world w;
    double *effect = malloc((size_t)SIDE * SIDE * sizeof *effect), sum = 0;
    double *kind = malloc((size_t)SIDE * SIDE * sizeof *kind);
    (void)state;
    world_new(&w, SIDE, SIDE);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        effect[i] = i % 7 == 0 ? -5 : i % 11 == 0 ? (double)NAN : (double)(i % 97);
        kind[i] = (double)(i % 3);
    }
    put_grid(&w, "e.tif", GT_CELL_F64, effect);
    put_grid(&w, "k.tif", GT_CELL_U8, kind);
    assert_ok(w.ctx, RUN(&w, "share-out", {IN, "effect", "e.tif"}, {IN, "kind", "k.tif"},
                         {OUT, "share", "s.tif"}, {WITH, "amount", "1000000"},
                         {WITH, "weights", "1=2, 2=1"}));
    double *s = get_grid(&w, "s.tif");
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        sum += isnan(s[i]) ? 0 : s[i] * 0.01; /* 10 m cells: 0.01 ha */
        assert_true(isnan(effect[i]) == isnan(s[i]));
        assert_true(isnan(s[i]) || (effect[i] > 0 && kind[i] > 0) == (s[i] > 0));
    }
    assert_near(sum, 1e6, 0.5);
    /* kind 1 has twice the weight of kind 2: cells 1 and 389 hold the effect 1 */
    assert_near(s[1] / s[389], 2, 1e-5);
    world one = w;
    one.ctx = test_ctx_threads(1);
    assert_ok(one.ctx, RUN(&one, "share-out", {IN, "effect", "e.tif"}, {IN, "kind", "k.tif"},
                           {OUT, "share", "s1.tif"}, {WITH, "amount", "1000000"},
                           {WITH, "weights", "1=2, 2=1"}));
    double *s1 = get_grid(&one, "s1.tif");
    assert_memory_equal(s, s1, (size_t)SIDE * SIDE * sizeof *s);
    gt_ctx_free(one.ctx);
    free(s);
    free(s1);
    free(effect);
    free(kind);
    put_constant(&w, "hole.tif", NAN);
    assert_ok(w.ctx, RUN(&w, "share-out", {IN, "effect", "hole.tif"}, {OUT, "share", "h.tif"},
                         {WITH, "amount", "5"}));
    assert_true(isnan(first_of(&w, "h.tif")));
    put_constant(&w, "none.tif", 0);
    assert_fails(w.ctx,
                 RUN(&w, "share-out", {IN, "effect", "none.tif"}, {OUT, "share", "x.tif"},
                     {WITH, "amount", "5"}),
                 GT_E_INPUT, "model.no-weight");
    assert_fails(w.ctx, RUN(&w, "share-out", {IN, "effect", "e.tif"}, {OUT, "share", "x.tif"}),
                 GT_E_USAGE, "model.missing");
    world_free(&w);
}

/* Two supplies, 10 (for 100 and 50 people) and 6 (for 50 and 50): ratios 0.066667 and 0.06; what
 * each gets 0.066667, 0.126667, 0.06; in all 16. */
static void two_step(void **state)
{
    world w;
    double total = 0;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "p.tif", GT_CELL_F64, (const double[]){100, 0, 50, 0, 50});
    put_grid(&w, "s.tif", GT_CELL_F64, (const double[]){0, 10, 0, 6, 0});
    assert_ok(w.ctx, RUN(&w, "two-step-access", {IN, "supply", "s.tif"}, {IN, "people", "p.tif"},
                         {OUT, "access", "a.tif"}, {OUT, "unused", "u.tif"},
                         {WITH, "reach", "10 m"}, {WITH, "weight", "even"}));
    double *a = get_grid(&w, "a.tif"), *u = get_grid(&w, "u.tif");
    const double people[] = {100, 0, 50, 0, 50};
    assert_near(a[0], 0.066667, 1e-6);
    assert_near(a[2], 0.126667, 1e-6);
    assert_near(a[4], 0.06, 1e-6);
    for (int i = 0; i < 5; i++) {
        total += a[i] * people[i];
        assert_near(u[i], 0, 0);
    }
    assert_near(total, 16, 1e-5);
    free(a);
    free(u);
    world_free(&w);
}

/* Gauss: at quarters of the reach 1, 0.921806, 0.701367, 0.376926, 0. One person at the end and a
 * supply of 1 in the middle: the weights cancel; two persons at different places do not. */
static void two_step_gauss(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "p.tif", GT_CELL_F64, (const double[]){1, 1, 0, 0, 0});
    put_grid(&w, "s.tif", GT_CELL_F64, (const double[]){1, NAN, 0, 0, 0});
    assert_ok(w.ctx, RUN(&w, "two-step-access", {IN, "supply", "s.tif"}, {IN, "people", "p.tif"},
                         {OUT, "access", "a.tif"}, {WITH, "reach", "40 m"}));
    double *a = get_grid(&w, "a.tif"), ratio = 1 / 1.921806;
    static const double weights[] = {1, 0.921806, 0.701367, 0.376926, 0};
    for (int i = 0; i < 5; i++) {
        assert_near(a[i], weights[i] * ratio, 1e-6);
    }
    free(a);
    put_grid(&w, "far.tif", GT_CELL_F64, (const double[]){0, 0, 0, 0, 3});
    assert_ok(w.ctx,
              RUN(&w, "two-step-access", {IN, "supply", "far.tif"}, {IN, "people", "p.tif"},
                  {OUT, "access", "b.tif"}, {OUT, "unused", "u.tif"}, {WITH, "reach", "15 m"}));
    a = get_grid(&w, "u.tif");
    assert_near(a[4], 3, 0); /* nobody reaches it */
    free(a);
    assert_fails(w.ctx,
                 RUN(&w, "two-step-access", {IN, "supply", "s.tif"}, {IN, "people", "p.tif"},
                     {OUT, "access", "c.tif"}, {WITH, "reach", "100 km"}),
                 GT_E_INPUT, "model.range");
    assert_fails(w.ctx,
                 RUN(&w, "two-step-access", {IN, "supply", "s.tif"}, {IN, "people", "p.tif"},
                     {OUT, "access", "c.tif"}, {WITH, "reach", "0 m"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

/* Zone 1: surface 10, people want 10 and the river 5. The river could only have surface water, so
 * people take the groundwater; greedy use would leave the river dry. Zone 2 lacks. Zone 3:
 * reclaimed water goes to the river, the surface stays for people. */
static void allocation(void **state)
{
    world w;
    (void)state;
    world_new(&w, 5, 1);
    put_grid(&w, "z.tif", GT_CELL_I32, (const double[]){1, 2, 3, 9, NAN});
    assert_ok(w.ctx, RUN(&w, "water-allocation", {IN, "zones", "z.tif"}, {OUT, "met", "m.tif"},
                         {OUT, "lacking", "l.tif"}, {OUT, "ground", "g.tif"},
                         {WITH, "surface", "1=10, 2=4, 3=8"}, {WITH, "ground", "1=6, 3=5"},
                         {WITH, "reclaimed", "3=7"}, {WITH, "living", "1=10, 2=3, 3=8"},
                         {WITH, "ecology", "1=5, 2=4, 3=6"}, {WITH, "farming", "3=3"}));
    double *m = get_grid(&w, "m.tif"), *l = get_grid(&w, "l.tif"), *g = get_grid(&w, "g.tif");
    assert_near(m[0], 1, 1e-7);
    assert_near(l[0], 0, 1e-7);
    assert_near(g[0], 5, 1e-7);
    assert_near(m[1], 0.25, 1e-7); /* 1 of 4 is left when people have theirs */
    assert_near(l[1], 3, 1e-7);
    assert_near(m[2], 1, 1e-7);
    assert_near(g[2], 2, 1e-7);              /* farming: 1 reclaimed, 2 from the ground */
    assert_true(isnan(m[3]) && isnan(m[4])); /* no such zone in the lists */
    free(m);
    free(l);
    free(g);
    assert_ok(w.ctx, RUN(&w, "water-allocation", {IN, "zones", "z.tif"}, {OUT, "met", "m2.tif"},
                         {WITH, "surface", "2=4"}, {WITH, "living", "2=3"},
                         {WITH, "ecology", "2=4"}, {WITH, "saving", "50 %"}));
    m = get_grid(&w, "m2.tif");
    assert_near(m[1], 2.5 / 4, 1e-7); /* the river's need is not saved away */
    free(m);
    assert_fails(w.ctx, RUN(&w, "water-allocation", {IN, "zones", "z.tif"}, {OUT, "met", "x.tif"}),
                 GT_E_USAGE, "model.missing");
    assert_fails(w.ctx,
                 RUN(&w, "water-allocation", {IN, "zones", "z.tif"}, {OUT, "met", "x.tif"},
                     {WITH, "ecology", "1=-4"}),
                 GT_E_INPUT, "model.range");
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corridor),       cmocka_unit_test(corridor_without_a_way),
        cmocka_unit_test(degradation),    cmocka_unit_test(degradation_bad),
        cmocka_unit_test(priority),       cmocka_unit_test(value),
        cmocka_unit_test(shares),         cmocka_unit_test(two_step),
        cmocka_unit_test(two_step_gauss), cmocka_unit_test(allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
