/* Ventilation corridors one by one: ways, ground, widths and levels on maps whose answers are
 * known; laws on random maps; bad input. */
#include <stdio.h>

#include "model/grids.h"

enum { SIDE = 60 };

#define WIND(w, ...)                                                                               \
    RUN(w, "wind-corridors", {IN, "friction", "f.tif"}, {IN, "area", "a.tif"},                     \
        {OUT, "number", "n.tif"}, {OUT, "width", "w.tif"}, {OUT, "axis", "x.tif"},                 \
        {OUT, "level", "l.tif"}, {OUT, "corridors", "c.csv"}, __VA_ARGS__)

/* A field of the row of a corridor; NaN when there is no such row. */
static double fact(world *w, int number, const char *field)
{
    size_t len = 0;
    char *text = test_read_file(test_path(w->dir, "c.csv"), &len), *line = text;
    double v = NAN;
    int column = -1, k = 0;
    char *end = strchr(line, '\n');
    for (char *at = line; at < end; at = strchr(at, ',') == NULL ? end : strchr(at, ',') + 1, k++) {
        size_t n = strcspn(at, ",\n");
        column = n == strlen(field) && strncmp(at, field, n) == 0 ? k : column;
        if (at[n] == '\n') {
            break;
        }
    }
    assert_true(column >= 0);
    for (line = end + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (atoi(line) == number) { /* NOLINT(cert-err34-c): our own table */
            char *at = line;
            for (k = 0; k < column; k++) {
                at = strchr(at, ',') + 1;
            }
            v = strtod(at, NULL);
        }
    }
    free(text);
    return v;
}

/* A street of 7 cells from north to south through houses, narrowed to 3 cells over 6 rows. Cells of
 * 10 m, wind from the north. */
static void put_street(world *w, int wide, int narrow)
{
    double f[SIDE * SIDE], a[SIDE * SIDE], p[SIDE * SIDE];
    world_new(w, SIDE, SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) {
        int c = i % SIDE - SIDE / 2, r = i / SIDE;
        bool street = abs(c) <= (r >= 27 && r < 33 ? narrow : wide) / 2;
        f[i] = street ? 1 : 50;
        p[i] = street ? 5 : 1;
        a[i] = 1;
    }
    put_grid(w, "f.tif", GT_CELL_F32, f);
    put_grid(w, "a.tif", GT_CELL_U8, a);
    put_grid(w, "p.tif", GT_CELL_U8, p);
}

static void one_street(void **state)
{
    world w;
    (void)state;
    put_street(&w, 7, 3);
    assert_ok(w.ctx, WIND(&w, {IN, "potential", "p.tif"}, {WITH, "from", "0"}, {WITH, "lanes", "1"},
                          {WITH, "widths", "30 m, 70 m"}, {WITH, "share", "0.8"}));
    double *n = get_grid(&w, "n.tif"), *x = get_grid(&w, "x.tif"), *width = get_grid(&w, "w.tif");
    int way = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        int c = i % SIDE - SIDE / 2, r = i / SIDE;
        bool street = abs(c) <= (r >= 27 && r < 33 ? 1 : 3);
        assert_true(n[i] == (street ? 1 : 0));
        way += x[i] == 1;
        assert_true(street || (x[i] == 0 && width[i] == 0));
    }
    assert_int_equal(way, SIDE);
    assert_near(width[10 * SIDE + SIDE / 2], 70, 1e-4);
    assert_near(width[30 * SIDE + SIDE / 2], 30, 1e-4);
    assert_near(fact(&w, 1, "length"), 590, 1e-6);
    assert_near(fact(&w, 1, "least_width"), 30, 1e-4);
    assert_near(fact(&w, 1, "blocked"), 0, 0);
    assert_near(fact(&w, 1, "share_30"), 1, 1e-9);
    assert_near(fact(&w, 1, "share_70"), 1 - 60.0 / 590, 1e-9); /* six rows are narrow */
    assert_near(fact(&w, 1, "level"), 1, 0);                    /* 70 m over 80 % of the length */
    assert_near(fact(&w, 1, "narrowest_x"), 500000 + 305, 10.01);
    double y = 4400000 - fact(&w, 1, "narrowest_y");
    assert_true(y >= 265 && y <= 335);
    free(n);
    free(x);
    free(width);
    assert_ok(w.ctx, WIND(&w, {IN, "potential", "p.tif"}, {WITH, "from", "0"}, {WITH, "lanes", "1"},
                          {WITH, "widths", "30 m, 70 m"}, {WITH, "share", "0.95"}));
    assert_near(fact(&w, 1, "level"), 2, 0);
    double *level = get_grid(&w, "l.tif");
    assert_near(level[30], 2, 0);
    assert_near(level[0], 0, 0);
    free(level);
    assert_ok(w.ctx, WIND(&w, {IN, "potential", "p.tif"}, {WITH, "from", "0"}, {WITH, "lanes", "1"},
                          {WITH, "widths", "80 m, 500 m"}, {WITH, "share", "0.8"}));
    assert_near(fact(&w, 1, "level"), 0, 0);
    world_free(&w);
}

/* Houses across the street: the way goes through them, blocked there. */
static void blocked_street(void **state)
{
    double p[SIDE * SIDE];
    world w;
    (void)state;
    put_street(&w, 7, 7);
    for (int i = 0; i < SIDE * SIDE; i++) {
        bool street = abs(i % SIDE - SIDE / 2) <= 3;
        p[i] = street && (i / SIDE < 40 || i / SIDE >= 44) ? 4 : 2;
    }
    put_grid(&w, "p.tif", GT_CELL_U8, p);
    assert_ok(w.ctx, WIND(&w, {IN, "potential", "p.tif"}, {WITH, "from", "0"}, {WITH, "lanes", "1"},
                          {WITH, "widths", "30 m, 70 m"}));
    assert_near(fact(&w, 1, "blocked"), 40, 1e-6);
    assert_near(fact(&w, 1, "least_width"), 0, 0);
    double *n = get_grid(&w, "n.tif");
    for (int i = 0; i < SIDE * SIDE; i++) {
        assert_true(n[i] == (p[i] >= 3)); /* both sides of the houses belong to it */
    }
    free(n);
    world_free(&w);
}

/* Even ground: as many ways as lanes, each within its lane, straight along the wind. */
static void lanes_apart(void **state)
{
    static const char *const from[] = {"0", "90 degree", "180 degree", "270 degree", "315 degree"};
    world w;
    (void)state;
    world_new(&w, SIDE, SIDE);
    put_constant(&w, "f.tif", 2);
    put_constant(&w, "a.tif", 1);
    for (int d = 0; d < 5; d++) {
        assert_ok(w.ctx, WIND(&w, {WITH, "from", from[d]}, {WITH, "lanes", "5"},
                              {WITH, "sway", "0"}, {WITH, "reach", "0"}));
        double *x = get_grid(&w, "x.tif"), *n = get_grid(&w, "n.tif");
        for (int i = 0; d < 4 && i < SIDE * SIDE; i++) {
            int across = d % 2 == 0 ? i % SIDE : i / SIDE; /* strips of 12 cells, either order */
            int lane = d == 0 || d == 1 ? 5 - across / 12 : 1 + across / 12;
            assert_true(x[i] == 0 || x[i] == lane);
            assert_true(n[i] == 0 || n[i] == lane);
        }
        for (int k = 1; k <= 5; k++) {
            double length = fact(&w, k, "length");
            assert_true(d == 4 ? length >= 0 : fabs(length - 590) < 1e-6);
        }
        free(x);
        free(n);
    }
    world_free(&w);
}

/* On random ground: the way is a chain of neighbours within the area, corridors lie in the area on
 * open ground, a wider reach never takes ground away, and threads and ceiling cannot be seen. */
static void laws(void **state)
{
    double f[SIDE * SIDE], a[SIDE * SIDE], p[SIDE * SIDE];
    world w;
    test_rng rng;
    (void)state;
    world_new(&w, SIDE, SIDE);
    for (uint64_t seed = 1; seed <= 8; seed++) {
        test_rng_seed(&rng, seed);
        for (int i = 0; i < SIDE * SIDE; i++) {
            double dx = i % SIDE - 30.0, dy = (double)(i / SIDE) - 30;
            f[i] = test_rng_real(&rng) < 0.05 ? (double)NAN : 1 + floor(40 * test_rng_real(&rng));
            a[i] = dx * dx + dy * dy < 28 * 28 ? 0.5 : seed % 2 == 0 ? 0 : (double)NAN;
            p[i] = test_rng_real(&rng) < 0.1 ? (double)NAN : 1 + floor(5 * test_rng_real(&rng));
        }
        put_grid(&w, "f.tif", GT_CELL_F32, f);
        put_grid(&w, "a.tif", GT_CELL_F32, a);
        put_grid(&w, "p.tif", GT_CELL_U8, p);
        double before[SIDE * SIDE] = {0};
        static const char *const reaches[] = {"0.02", "0.1", "0.4"};
        for (int k = 0; k < 3; k++) {
            assert_ok(w.ctx, WIND(&w, {IN, "potential", "p.tif"}, {WITH, "from", "315"},
                                  {WITH, "lanes", "3"}, {WITH, "reach", reaches[k]}));
            double *n = get_grid(&w, "n.tif"), *x = get_grid(&w, "x.tif"),
                   *width = get_grid(&w, "w.tif");
            for (int i = 0; i < SIDE * SIDE; i++) {
                bool inside = !isnan(a[i]) && a[i] != 0;
                assert_true(inside != (bool)isnan(n[i]));
                assert_true(!inside || n[i] == 0 || (p[i] >= 3 && !isnan(f[i])));
                assert_true(!inside || x[i] == 0 || !isnan(f[i]));
                assert_true(!inside || (n[i] > 0) == (width[i] > 0));
                assert_true(!inside || before[i] == 0 || n[i] > 0);
                before[i] = inside ? n[i] : 0;
            }
            for (int lane = 1; lane <= 3; lane++) {
                double length = fact(&w, lane, "length");
                assert_true(isnan(length) || fact(&w, lane, "blocked") <= length + 1e-9);
                assert_true(isnan(length) ||
                            fact(&w, lane, "least_width") <= fact(&w, lane, "mean_width") + 1e-9);
            }
            free(n);
            free(x);
            free(width);
        }
    }
    world_free(&w);
}

static void bad(void **state)
{
    world w;
    (void)state;
    put_street(&w, 7, 3);
    assert_fails(w.ctx, WIND(&w, {WITH, "widths", "500 m, 80 m"}), GT_E_INPUT, "model.ascend");
    assert_fails(w.ctx, WIND(&w, {WITH, "widths", "1 m, 2 m, 3 m, 4 m, 5 m"}), GT_E_INPUT,
                 "model.count");
    assert_fails(w.ctx, WIND(&w, {WITH, "lanes", "0"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, WIND(&w, {WITH, "lanes", "33"}), GT_E_INPUT, "model.range");
    assert_fails(w.ctx, WIND(&w, {WITH, "from", "400"}), GT_E_INPUT, "model.range");
    put_constant(&w, "a.tif", 0);
    assert_fails(w.ctx, WIND(&w, {WITH, "lanes", "5"}), GT_E_INPUT, "model.no-area");
    assert_ok(w.ctx, WIND(&w, {WITH, "few", "empty"}));
    assert_true(isnan(fact(&w, 1, "length")) && isnan(first_of(&w, "n.tif")));
    put_constant(&w, "a.tif", 1);
    put_constant(&w, "f.tif", 0);
    assert_fails(w.ctx, WIND(&w, {WITH, "lanes", "5"}), GT_E_INPUT, "model.friction");
    put_constant(&w, "f.tif", (double)NAN); /* no way at all: a table without rows */
    assert_ok(w.ctx, WIND(&w, {WITH, "lanes", "5"}));
    assert_true(isnan(fact(&w, 1, "length")));
    put_constant(&w, "f.tif", 1);
    assert_fails(w.ctx,
                 RUN(&w, "wind-corridors", {IN, "friction", "f.tif"}, {IN, "area", "../none.tif"},
                     {OUT, "number", "n.tif"}),
                 GT_E_NOT_FOUND, NULL);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_street), cmocka_unit_test(blocked_street),
        cmocka_unit_test(lanes_apart), cmocka_unit_test(laws), cmocka_unit_test(bad)};
    return cmocka_run_group_tests_name("model.wind_corridors", tests, NULL, NULL);
}
