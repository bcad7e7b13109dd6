/* Weights by judgements, logistic susceptibility, and how well an index tells events. */
#include "guotu/grid.h"
#include "model/grids.h"

static char *table_of(const world *w, const char *name)
{
    size_t len = 0;
    return test_read_file(test_path(w->dir, name), &len);
}

static void put_table(const world *w, const char *name, const char *text)
{
    test_write_file(test_path(w->dir, name), text, strlen(text));
}

/* The number in column `col` (from 0) of line `line` (from 0) of a table without quotes. */
static double number_at(const char *text, int line, int col)
{
    for (; line > 0 && text != NULL; line--) {
        text = strchr(text, '\n');
        text = text == NULL ? NULL : text + 1;
    }
    for (; col > 0 && text != NULL; col--) {
        text = strchr(text, ',');
        text = text == NULL ? NULL : text + 1;
    }
    return text == NULL ? (double)NAN : strtod(text, NULL);
}

/* ---- judgements ---------------------------------------------------------------------------------
 */

#define AHP(...)                                                                                   \
    RUN(&w, "ahp-weights", {IN, "judgements", "j.csv"}, {OUT, "weights", "w.csv"}, __VA_ARGS__)

/* [[1, 2, 4], [1/2, 1, 2], [1/4, 1/2, 1]]: 4/7, 2/7, 1/7, and no contradiction. */
static void consistent_judgements(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_table(&w, "j.csv", "first,second,ratio\n1,2,2\n1,3,4\n2,3,2\n");
    assert_ok(w.ctx, AHP({WITH, "consistency", "0.1"}));
    char *t = table_of(&w, "w.csv");
    static const double want[] = {4 / 7.0, 2 / 7.0, 1 / 7.0};
    for (int i = 0; i < 3; i++) {
        assert_near(number_at(t, i + 1, 1), want[i], 1e-12);
        assert_near(number_at(t, i + 1, 2), 3, 1e-12);
        assert_near(number_at(t, i + 1, 4), 0, 1e-12);
    }
    free(t);
    /* turned round, with the reverse given too, rounded as people do */
    put_table(&w, "j.csv", "second,first,ratio\n1,3,0.25\n3,2,2\n2,3,0.5\n1,2,0.5\n1,1,1\n");
    assert_ok(w.ctx, AHP({WITH, "consistency", "0.1"}));
    t = table_of(&w, "w.csv");
    assert_near(number_at(t, 1, 1), 4 / 7.0, 1e-12);
    free(t);
    put_table(&w, "j.csv", "first,second,ratio\n1,2,9\n"); /* two cannot contradict each other */
    assert_ok(w.ctx, AHP({WITH, "consistency", "0.1"}));
    t = table_of(&w, "w.csv");
    assert_near(number_at(t, 1, 1), 0.9, 1e-12);
    assert_near(number_at(t, 2, 4), 0, 0);
    free(t);
    world_free(&w);
}

/* A beats B by 3, B beats C by 3, C beats A by 2: a circle. The root by its equation: for three
 * factors lambda = 1 + c + 1/c, c the cube root of a_12 a_23 / a_13. */
static void contradiction(void **state)
{
    world w;
    (void)state;
    world_new(&w, 1, 1);
    put_table(&w, "j.csv", "first,second,ratio\n1,2,3\n2,3,3\n1,3,0.5\n");
    assert_fails(w.ctx, AHP({WITH, "consistency", "0.1"}), GT_E_INPUT, "model.inconsistent");
    assert_ok(w.ctx, AHP({WITH, "consistency", "10"}));
    char *t = table_of(&w, "w.csv");
    double c = cbrt(18), lambda = 1 + c + 1 / c;
    assert_near(number_at(t, 1, 2), lambda, 1e-9);
    assert_near(number_at(t, 1, 3), (lambda - 3) / 2, 1e-9);
    assert_near(number_at(t, 1, 4), (lambda - 3) / 2 / 0.58, 1e-9);
    free(t);
    world_free(&w);
}

static void judgements_refused(void **state)
{
    static const struct {
        const char *rows, *id;
    } bad[] = {{"1,2,0\n", "model.judged"},          {"1,2,10\n", "model.judged"},
               {"0,2,3\n", "model.judged"},          {"1,16,3\n", "model.judged"},
               {"1.5,2,3\n", "model.judged"},        {"1,1,2\n", "model.judged"},
               {"1,2,3\n2,1,3\n", "model.judged"},   {"1,2,3\n1,2,4\n", "model.judged"},
               {"1,2,3\n1,3,3\n", "model.unjudged"}, {"", "model.no-weight"},
               {"1,2,often\n", "connect.table"}};
    world w;
    (void)state;
    world_new(&w, 1, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128] = "first,second,ratio\n";
        strncat(text, bad[i].rows, sizeof text - strlen(text) - 1);
        put_table(&w, "j.csv", text);
        assert_fails(w.ctx, AHP({WITH, "consistency", "0.1"}), GT_E_INPUT, bad[i].id);
    }
    put_table(&w, "j.csv", "first,second\n1,2\n");
    assert_fails(w.ctx, AHP({WITH, "consistency", "0.1"}), GT_E_INPUT, "connect.column");
    assert_fails(w.ctx, AHP({WITH, "consistency", "0"}), GT_E_INPUT, "model.range");
    world_free(&w);
}

/* ---- weights and regression ---------------------------------------------------------------------
 */

enum { CELLS = 100 };

/* 40 cells of class 1 with 30 events, 60 of class 2 with 10. */
static void put_events(world *w)
{
    double events[CELLS], class[CELLS];
    for (int i = 0; i < CELLS; i++) {
        class[i] = i < 40 ? 1 : 2;
        events[i] = i < 30 || (i >= 40 && i < 50);
    }
    put_grid(w, "e.tif", GT_CELL_F32, events);
    put_grid(w, "a.tif", GT_CELL_U8, class);
}

#define LEAN(...)                                                                                  \
    RUN(&w, "susceptibility", {IN, "events", "e.tif"}, {IN, "a", "a.tif"},                         \
        {OUT, "index", "i.tif"}, __VA_ARGS__)

/* With weights the index is the weighted sum. */
static void weighted(void **state)
{
    world w;
    (void)state;
    world_new(&w, CELLS, 1);
    put_events(&w);
    assert_ok(w.ctx, LEAN({IN, "d", "a.tif"}, {WITH, "weights", "0.25, 2"}));
    assert_near(first_of(&w, "i.tif"), 2.25 * log(30 / 40.0 / (40 / 100.0)), 1e-6);
    assert_fails(w.ctx, LEAN({WITH, "weights", "0.25, 0.75"}), GT_E_INPUT, "model.count");
    assert_fails(w.ctx, LEAN({WITH, "weights", "-1"}), GT_E_INPUT, "model.range");
    world_free(&w);
}

/* One factor of two classes has as many coefficients as classes: the probability is the share of
 * events in the class, 30/40 and 10/60, when all other cells are drawn. */
static void regression_of_one_factor(void **state)
{
    world w;
    (void)state;
    world_new(&w, CELLS, 1);
    put_events(&w);
    assert_ok(w.ctx, LEAN({OUT, "coefficients", "c.csv"}, {WITH, "way", "logistic"},
                          {WITH, "ratio", "5"}));
    double *p = get_grid(&w, "i.tif");
    assert_near(p[0], 0.75, 1e-6);
    assert_near(p[39], 0.75, 1e-6);
    assert_near(p[99], 1 / 6.0, 1e-6);
    free(p);
    char *t = table_of(&w, "c.csv");
    double i1 = log(0.75 / 0.4), i2 = log(0.25 / 0.6); /* information of the classes */
    double slope = (log(3) - log(0.2)) / (i1 - i2);
    assert_near(number_at(t, 2, 1), slope, 1e-5);
    assert_near(number_at(t, 1, 1), log(3) - slope * i1, 1e-5);
    assert_near(number_at(t, 1, 2), 40, 0);
    assert_near(number_at(t, 1, 3), 60, 0);
    free(t);
    /* cells near events are not drawn: those of class 2 alone are far, one in six of them an event
     */
    double far[CELLS];
    for (int i = 0; i < CELLS; i++) {
        far[i] = i < 95 ? 499 : 500;
    }
    put_grid(&w, "far.tif", GT_CELL_F32, far);
    assert_fails(
        w.ctx,
        LEAN({IN, "distance", "far.tif"}, {WITH, "way", "logistic"}, {WITH, "buffer", "501 m"}),
        GT_E_INPUT, "model.no-others");
    assert_fails(w.ctx, LEAN({IN, "distance", "far.tif"}, {WITH, "way", "logistic"}), GT_E_INPUT,
                 "model.separable"); /* no other cell has class 1 left */
    world_free(&w);
}

/* Draws: half of the others and the same ones again by the same seed; the odds move by the share
 * that was drawn, the slope stays near. */
static void draws(void **state)
{
    enum { N = 40000 };
    static double events[N], class[N], second[N];
    world w;
    (void)state;
    world_new(&w, 200, 200);
    for (int i = 0; i < N; i++) {
        class[i] = 1 + i % 3;
        second[i] = 1 + i / 7 % 2;
        events[i] = ((unsigned)i * 2654435761U >> 16) % 100 < (unsigned)(5 * (1 + i % 3));
    }
    put_grid(&w, "e.tif", GT_CELL_U8, events);
    put_grid(&w, "a.tif", GT_CELL_U8, class);
    put_grid(&w, "b.tif", GT_CELL_U8, second);
    char *first = NULL;
    for (int seed = 0; seed < 3; seed++) {
        assert_ok(w.ctx, LEAN({IN, "b", "b.tif"}, {OUT, "coefficients", "c.csv"},
                              {WITH, "way", "logistic"}, {WITH, "ratio", "1"},
                              {WITH, "seed", seed == 2 ? "9" : "4"}));
        char *t = table_of(&w, "c.csv");
        double n = number_at(t, 1, 2), others = number_at(t, 1, 3);
        assert_near(others / n, 1, 6 / sqrt(n));
        assert_near(number_at(t, 2, 1), 1, 0.2); /* information already is the logarithm of odds */
        if (first != NULL) {
            assert_int_equal(strcmp(t, first) == 0, seed == 1);
        }
        free(first);
        first = t;
    }
    free(first);
    world_free(&w);
}

static void regression_refused(void **state)
{
    world w;
    (void)state;
    world_new(&w, CELLS, 1);
    put_events(&w);
    double events[CELLS];
    for (int i = 0; i < CELLS; i++) {
        events[i] = i < 40; /* the classes tell all */
    }
    put_grid(&w, "e.tif", GT_CELL_F32, events);
    assert_fails(w.ctx, LEAN({WITH, "way", "logistic"}), GT_E_INPUT, "model.separable");
    put_constant(&w, "e.tif", 1);
    assert_fails(w.ctx, LEAN({WITH, "way", "logistic"}), GT_E_INPUT, "model.no-others");
    put_constant(&w, "e.tif", 0);
    assert_fails(w.ctx, LEAN({WITH, "way", "logistic"}), GT_E_INPUT, "model.no-weight");
    assert_fails(w.ctx, LEAN({WITH, "ratio", "0"}), GT_E_INPUT, "model.range");
    world_free(&w);
}

/* ---- curves -------------------------------------------------------------------------------------
 */

#define CURVE                                                                                      \
    RUN(&w, "success-curve", {IN, "index", "i.tif"}, {IN, "events", "e.tif"},                      \
        {OUT, "summary", "s.csv"}, {OUT, "curve", "c.csv"})

/* Events at 0.9, 0.8 and 0.4 among others at 0.7, 0.5, 0.3, 0.2: 10 of 12 pairs are right. */
static void area_under_the_curve(void **state)
{
    world w;
    (void)state;
    world_new(&w, 8, 1);
    put_grid(&w, "i.tif", GT_CELL_F32,
             (const double[]){0.9, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2, (double)NAN});
    put_grid(&w, "e.tif", GT_CELL_F32, (const double[]){1, 1, 0, (double)NAN, 1, 0, 0, 9});
    assert_ok(w.ctx, CURVE);
    char *t = table_of(&w, "s.csv");
    assert_near(number_at(t, 1, 1), 7, 0);
    assert_near(number_at(t, 2, 1), 3, 0);
    assert_near(number_at(t, 3, 1), 10 / 12.0, 1e-12);
    assert_near(number_at(t, 4, 1), 0, 0);
    /* steps of 1/7 under 1/3, 2/3, 2/3, 2/3, 1, 1, 1, trapezoids */
    assert_near(number_at(t, 5, 1), (1.0 / 6 + 3.0 / 6 + 4.0 / 6 * 2 + 5.0 / 6 + 2) / 7, 1e-12);
    free(t);
    t = table_of(&w, "c.csv");
    assert_near(number_at(t, 2, 0), 1 / 7.0, 1e-12);
    assert_near(number_at(t, 2, 1), 1 / 3.0, 1e-12);
    assert_near(number_at(t, 8, 0), 1, 0);
    assert_near(number_at(t, 8, 1), 1, 0);
    free(t);
    world_free(&w);
}

/* An index that says nothing, one that says all, and one that is wrong; below 0 too. */
static void ends_of_the_curve(void **state)
{
    static const double index[][4] = {{2, 2, 2, 2}, {-1, -2, -30, -40}, {-9, -8, 0, 1}};
    static const double want[][2] = {{0.5, 0.5}, {1, 0}, {0, 0}};
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_grid(&w, "e.tif", GT_CELL_F32, (const double[]){1, 2, 0, 0});
    for (int k = 0; k < 3; k++) {
        put_grid(&w, "i.tif", GT_CELL_F32, index[k]);
        assert_ok(w.ctx, CURVE);
        char *t = table_of(&w, "s.csv");
        assert_near(number_at(t, 3, 1), want[k][0], 1e-12);
        assert_near(number_at(t, 4, 1), want[k][1], 1e-12);
        free(t);
    }
    world_free(&w);
}

/* Against pairs counted one by one, ties and shares of events included. */
static void as_counted(void **state)
{
    enum { SIDE = 30, N = SIDE * SIDE };
    double index[N], events[N], good = 0, pairs = 0;
    test_rng rng;
    world w;
    (void)state;
    world_new(&w, SIDE, SIDE);
    test_rng_seed(&rng, 7);
    for (int i = 0; i < N; i++) {
        index[i] = floor(test_rng_real(&rng) * 50) - 10;
        events[i] = test_rng_real(&rng) < 0.1 + 0.005 * index[i] ? 0.25 * (1 + i % 4) : 0;
    }
    for (int a = 0; a < N; a++) {
        for (int b = 0; b < N && events[a] > 0; b++) {
            if (events[b] == 0) {
                good += events[a] * (index[a] > index[b] ? 1 : index[a] == index[b] ? 0.5 : 0);
                pairs += events[a];
            }
        }
    }
    put_grid(&w, "i.tif", GT_CELL_F32, index);
    put_grid(&w, "e.tif", GT_CELL_F32, events);
    assert_ok(w.ctx, CURVE);
    char *t = table_of(&w, "s.csv");
    assert_near(number_at(t, 3, 1), good / pairs, 1e-12);
    free(t);
    world_free(&w);
}

static void curve_refused(void **state)
{
    world w;
    (void)state;
    world_new(&w, 3, 1);
    put_grid(&w, "i.tif", GT_CELL_F32, (const double[]){1, 2, (double)NAN});
    put_grid(&w, "e.tif", GT_CELL_F32, (const double[]){0, 0, 1});
    assert_fails(w.ctx, CURVE, GT_E_INPUT, "model.no-weight"); /* its only event has no index */
    put_grid(&w, "e.tif", GT_CELL_F32, (const double[]){1, 1, 0});
    assert_fails(w.ctx, CURVE, GT_E_INPUT, "model.no-others");
    assert_fails(w.ctx,
                 RUN(&w, "success-curve", {IN, "index", "i.tif"}, {IN, "events", "none.tif"},
                     {OUT, "summary", "s2.csv"}),
                 GT_E_NOT_FOUND, NULL);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consistent_judgements),
        cmocka_unit_test(contradiction),
        cmocka_unit_test(judgements_refused),
        cmocka_unit_test(weighted),
        cmocka_unit_test(regression_of_one_factor),
        cmocka_unit_test(draws),
        cmocka_unit_test(regression_refused),
        cmocka_unit_test(area_under_the_curve),
        cmocka_unit_test(ends_of_the_curve),
        cmocka_unit_test(as_counted),
        cmocka_unit_test(curve_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
