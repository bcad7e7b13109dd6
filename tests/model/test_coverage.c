/* Service coverage: the numbers of the reference card, tiers, ways, blind spots. */
#include "model/grids.h"

static double percent(world *w)
{
    size_t n = 0;
    char *t = test_read_file(test_path(w->dir, "c.csv"), &n), *s = strchr(t, '\n');
    for (int i = 0; i < 3; i++) {
        s = strchr(s + 1, ',');
    }
    double v = s[1] == '\n' ? (double)NAN : strtod(s + 1, NULL);
    free(t);
    return v;
}

#define COVER(w, ...)                                                                              \
    RUN(w, "service-coverage", {IN, "places", "p.tif"}, {IN, "homes", "h.tif"},                    \
        {OUT, "served", "s.tif"}, {OUT, "coverage", "c.csv"}, __VA_ARGS__)

/* A park of 100 m in 2 km of homes: 24.885 %, from its rim. */
static void of_the_card(void **state)
{
    enum { N = 400 };
    double *p = calloc(N * N, sizeof *p);
    world w;
    (void)state;
    assert_non_null(p);
    world_new(&w, N, N);
    w.cell = 5;
    for (int r = 190; r < 210; r++) {
        for (int c = 190; c < 210; c++) {
            p[r * N + c] = 1;
        }
    }
    put_grid(&w, "p.tif", GT_CELL_U8, p);
    put_constant(&w, "h.tif", 25); /* m2 of homes in each cell */
    assert_ok(w.ctx, COVER(&w, {WITH, "reaches", "500 m"}));
    assert_near(percent(&w), 24.885, 0.1);
    double *s = get_grid(&w, "s.tif"), served = 0;
    for (int i = 0; i < N * N; i++) {
        served += s[i];
    }
    assert_near(100 * served / (N * N), percent(&w), 1e-9);
    assert_near(s[200 * N + 209 + 100], 1, 0); /* 500 m from the rim */
    assert_near(s[200 * N + 209 + 102], 0, 0);
    assert_ok(w.ctx, COVER(&w, {WITH, "areas", "10001 m2"})); /* too small a park */
    assert_near(percent(&w), 0, 0);
    free(s);
    free(p);
    world_free(&w);
}

/* A hub with arms of 400, 900 and 1300 m and a limit of 1000: the first two are reached. */
static void star(void **state)
{
    enum { N = 271, MID = 135 };
    double *ways = malloc(N * N * sizeof *ways), *p = calloc(N * N, sizeof *p);
    double *h = calloc(N * N, sizeof *h);
    world w;
    (void)state;
    assert_true(ways != NULL && p != NULL && h != NULL);
    world_new(&w, N, N);
    for (int i = 0; i < N * N; i++) {
        int c = i % N - MID, r = i / N - MID;
        bool arm = (r == 0 && c >= 0 && c <= 40) || (r == 0 && c <= 0 && c >= -90) ||
                   (c == 0 && r >= 0 && r <= 130);
        ways[i] = arm ? 1 : (double)NAN;
    }
    p[MID * N + MID] = 1;
    h[MID * N + MID + 40] = 100;
    h[MID * N + MID - 90] = 200;
    h[(MID + 130) * N + MID] = 300;
    h[(MID - 3) * N + MID - 50] = 50; /* 30 m beside the way */
    h[(MID - 9) * N + MID - 50] = 50; /* 90 m: too far from it */
    put_grid(&w, "p.tif", GT_CELL_U8, p);
    put_grid(&w, "h.tif", GT_CELL_F32, h);
    put_grid(&w, "w.tif", GT_CELL_F32, ways);
    assert_ok(w.ctx, COVER(&w, {IN, "ways", "w.tif"}, {WITH, "reaches", "1 km"}));
    assert_near(percent(&w), 100 * 350.0 / 700, 1e-9);
    double *s = get_grid(&w, "s.tif");
    assert_near(s[(MID + 130) * N + MID], 0, 0);
    assert_near(s[(MID - 9) * N + MID - 50], 0, 0);
    assert_true(isnan(s[0]));
    free(s);
    free(ways);
    free(p);
    free(h);
    world_free(&w);
}

/* 300 m for small parks, 500 m for large ones; two parks over one home count once. */
static void tiers(void **state)
{
    double p[100] = {0}, h[100] = {0};
    world w;
    (void)state;
    world_new(&w, 100, 1);
    w.cell = 50;
    p[10] = 1;         /* 2500 m2 */
    p[40] = p[41] = 1; /* 5000 m2 */
    for (int i = 0; i < 100; i++) {
        h[i] = 1;
    }
    put_grid(&w, "p.tif", GT_CELL_U8, p);
    put_grid(&w, "h.tif", GT_CELL_U8, h);
    assert_ok(w.ctx, COVER(&w, {WITH, "areas", "2000, 5000"}, {WITH, "reaches", "300, 500"}));
    assert_near(percent(&w), 1 + 2 * 6 + 2 + 2 * 10, 1e-9);
    assert_ok(w.ctx, COVER(&w, {WITH, "areas", "5000"}));
    assert_near(percent(&w), 2 + 2 * 10, 1e-9);
    assert_ok(w.ctx, COVER(&w, {WITH, "reaches", "2 km"}));
    assert_near(percent(&w), 82, 1e-9); /* all up to cell 81 */
    world_free(&w);
}

static void refusals(void **state)
{
    world w;
    (void)state;
    world_new(&w, 4, 1);
    put_constant(&w, "p.tif", 0);
    put_constant(&w, "h.tif", 1);
    assert_ok(w.ctx, COVER(&w, {WITH, "reaches", "500"})); /* no park: all blind */
    assert_near(percent(&w), 0, 0);
    put_constant(&w, "h.tif", 0);
    assert_ok(w.ctx, COVER(&w, {WITH, "reaches", "500"}));
    assert_true(isnan(percent(&w))); /* no homes */
    assert_fails(w.ctx, COVER(&w, {WITH, "areas", "0, 10"}), GT_E_INPUT, "connect.tiers");
    assert_fails(w.ctx, COVER(&w, {WITH, "areas", "10, 10"}, {WITH, "reaches", "1, 2"}), GT_E_INPUT,
                 "model.ascend");
    assert_fails(w.ctx, COVER(&w, {WITH, "reaches", "0"}), GT_E_INPUT, "model.range");
    put_constant(&w, "p.tif", 1);
    put_constant(&w, "w.tif", -1);
    assert_fails(w.ctx, COVER(&w, {IN, "ways", "w.tif"}), GT_E_INPUT, "grid.friction");
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_card),
        cmocka_unit_test(star),
        cmocka_unit_test(tiers),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
