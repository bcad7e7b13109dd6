/* Heights, water, distances on the grids. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "synth/terrain.h"
#include "tests_synth.h"

enum { N = 128, COLS = 12, ROWS = 10 };

typedef struct land {
    gt_ctx *ctx;
    country c;
    sy_fields f;
    float z[COLS * ROWS];
    sy_relief relief;
} land;

static void land_make(land *l)
{
    memset(l, 0, sizeof *l);
    l->ctx = test_ctx();
    country_make(l->ctx, &l->c);
    assert_ok(l->ctx, sy_fields_new(l->ctx, &l->c.world, &l->c.border, NULL, N, &l->f));
    for (int i = 0; i < COLS * ROWS; i++) {
        l->z[i] = (float)(100.0 + 400.0 * sy_unit(sy_hash(3, (uint64_t)i, 9)));
    }
    l->relief = (sy_relief){.n_cols = COLS,
                            .n_rows = ROWS,
                            .x0 = 490000,
                            .y0 = 4430000,
                            .dx = 4000,
                            .dy = -4400,
                            .z = l->z};
}

static void land_free(land *l)
{
    sy_fields_free(l->ctx, &l->f);
    country_free(l->ctx, &l->c);
    assert_int_equal(gt_ctx_memory_used(l->ctx), 0);
    gt_ctx_free(l->ctx);
}

/* Conditional simulation: detail appears, the mean of each source cell stays. */
static void means_of_source_cells_are_kept(void **state)
{
    (void)state;
    land l;
    land_make(&l);
    assert_ok(l.ctx, sy_terrain_fill(l.ctx, &l.relief, 7, &l.f));
    double sum[COLS * ROWS] = {0}, square[COLS * ROWS] = {0};
    int count[COLS * ROWS] = {0};
    for (size_t k = 0; k < N * N; k++) {
        sy_pt p = sy_cell_centre(&l.f, k);
        double x = sy_metres(l.c.world.ox, p.x), y = sy_metres(l.c.world.oy, p.y);
        int col = (int)floor((x - l.relief.x0) / l.relief.dx + 0.5);
        int row = (int)floor((y - l.relief.y0) / l.relief.dy + 0.5);
        if (col >= 0 && row >= 0 && col < COLS && row < ROWS) {
            double h = (double)l.f.of[SY_F_HEIGHT][k];
            sum[row * COLS + col] += h;
            square[row * COLS + col] += h * h;
            count[row * COLS + col]++;
        }
    }
    int checked = 0;
    for (int i = 0; i < COLS * ROWS; i++) {
        if (count[i] > 0) {
            double mean = sum[i] / count[i], spread = square[i] / count[i] - mean * mean;
            assert_near(mean, (double)l.z[i], 0.15);
            assert_true(spread > 1.0); /* not flat: detail was added */
            checked++;
        }
    }
    assert_true(checked > 50);
    float first = l.f.of[SY_F_HEIGHT][5000];
    assert_ok(l.ctx, sy_terrain_fill(l.ctx, &l.relief, 7, &l.f));
    assert_true(l.f.of[SY_F_HEIGHT][5000] == first);
    assert_ok(l.ctx, sy_terrain_fill(l.ctx, &l.relief, 8, &l.f));
    assert_true(l.f.of[SY_F_HEIGHT][5000] != first);
    land_free(&l);
}

/* A fine grid is taken as it is: no invented detail. */
static void fine_relief_is_only_interpolated(void **state)
{
    (void)state;
    land l;
    land_make(&l);
    enum { F = 300 };
    float *z = gt_alloc(l.ctx, F * F, sizeof *z);
    for (int j = 0; j < F; j++) {
        for (int i = 0; i < F; i++) {
            z[j * F + i] = (float)(2.0 * i + 3.0 * j);
        }
    }
    sy_relief r = {
        .n_cols = F, .n_rows = F, .x0 = 484000, .y0 = 4384000, .dx = 200, .dy = 200, .z = z};
    assert_ok(l.ctx, sy_terrain_fill(l.ctx, &r, 7, &l.f));
    for (size_t k = 0; k < N * N; k += 37) {
        if (l.f.unit[k] < 0) {
            continue;
        }
        sy_pt p = sy_cell_centre(&l.f, k);
        double x = sy_metres(l.c.world.ox, p.x), y = sy_metres(l.c.world.oy, p.y);
        assert_near((double)l.f.of[SY_F_HEIGHT][k], 2.0 * (x - r.x0) / 200 + 3.0 * (y - r.y0) / 200,
                    0.01);
    }
    gt_free(l.ctx, z);
    land_free(&l);
}

static void water_runs_down_to_the_rim(void **state)
{
    (void)state;
    land l;
    land_make(&l);
    assert_ok(l.ctx, sy_terrain_fill(l.ctx, &l.relief, 7, &l.f));
    assert_ok(l.ctx, sy_terrain_drain(l.ctx, &l.f));
    double cell = 1e-12 * (double)l.f.cell * l.f.cell, rim = 0;
    for (uint32_t k = 0; k < N * N; k++) {
        uint32_t at = k;
        int steps = 0;
        while (l.f.down[at] != at && steps++ < N * N) {
            at = l.f.down[at];
        }
        assert_true(steps < N * N); /* no circles */
        uint32_t col = at % N, row = at / N;
        assert_true(col == 0 || row == 0 || col == N - 1 || row == N - 1);
        if (l.f.down[k] == k) {
            rim += (double)l.f.drains[k];
        } else {
            assert_true(l.f.drains[l.f.down[k]] > l.f.drains[k]);
        }
        assert_true(l.f.of[SY_F_SLOPE][k] >= 0 && l.f.of[SY_F_RELIEF][k] >= 0);
    }
    assert_near(rim / (cell * N * N), 1.0, 1e-4); /* everything arrives */
    land_free(&l);
}

static void water_follows_a_carved_river(void **state)
{
    (void)state;
    land l;
    land_make(&l);
    assert_ok(l.ctx, sy_terrain_fill(l.ctx, &l.relief, 7, &l.f));
    int32_t s = l.c.world.side;
    for (int i = 0; i <= 200; i++) { /* a river straight across, from south to north */
        assert_ok(l.ctx, sy_lines_pt(l.ctx, &l.f.rivers,
                                     (sy_pt){s / 2, (int32_t)((double)s * i / 200.0)}));
    }
    assert_ok(l.ctx, sy_lines_end(l.ctx, &l.f.rivers));
    assert_ok(l.ctx, sy_lines_index(l.ctx, &l.c.world, &l.f.rivers));
    assert_ok(l.ctx, sy_terrain_carve(l.ctx, &l.f));
    assert_ok(l.ctx, sy_terrain_drain(l.ctx, &l.f));
    /* near its mouth the river drains more than half of what lies beside its course */
    float most = 0;
    for (int i = -1; i <= 1; i++) {
        most = fmaxf(most, l.f.drains[(size_t)(N - 3) * N + N / 2 + (size_t)(i + 1) - 1]);
    }
    assert_true(most > 200);
    land_free(&l);
}

static void lakes_reach_their_size(void **state)
{
    (void)state;
    land l;
    land_make(&l);
    assert_ok(l.ctx, sy_terrain_fill(l.ctx, &l.relief, 7, &l.f));
    assert_ok(l.ctx, sy_terrain_drain(l.ctx, &l.f));
    size_t best = 0; /* a dam where much water passes, inside the country */
    for (size_t k = 0; k < N * N; k++) {
        if (l.f.unit[k] >= 0 && l.f.drains[k] < 120 && l.f.drains[k] > l.f.drains[best]) {
            best = k;
        }
    }
    const sy_lake lakes[] = {{sy_cell_centre(&l.f, best), 3.0}};
    double made = 0;
    assert_ok(l.ctx, sy_terrain_lakes(l.ctx, &l.f, lakes, 1, &made));
    double cell = 1e-12 * (double)l.f.cell * l.f.cell;
    assert_near(made, 3.0, 1.5 * cell);
    size_t n = 0;
    for (size_t k = 0; k < N * N; k++) {
        n += l.f.lake[k] == 1;
        assert_true((l.f.of[SY_F_LAKE][k] == 0) == (l.f.lake[k] != 0));
    }
    assert_true((double)n * cell >= 3.0 - cell);
    land_free(&l);
}

static void distances_are_euclidean(void **state)
{
    (void)state;
    land l;
    land_make(&l);
    bool *mark = gt_zalloc(l.ctx, N * N, sizeof *mark);
    float *d = gt_alloc(l.ctx, N * N, sizeof *d);
    assert_ok(l.ctx, sy_distance(l.ctx, &l.f, mark, d));
    assert_near((double)d[0], 1e6, 0); /* nothing marked */
    size_t at[25];
    for (int i = 0; i < 25; i++) {
        at[i] = (size_t)(sy_hash(2, (uint64_t)i, 0) % (N * N));
        mark[at[i]] = true;
    }
    assert_ok(l.ctx, sy_distance(l.ctx, &l.f, mark, d));
    for (size_t k = 0; k < N * N; k += 13) {
        double slow = INFINITY;
        for (int i = 0; i < 25; i++) {
            double dx = (double)(k % N) - (double)(at[i] % N);
            double dy = (double)(k / N) - (double)(at[i] / N);
            slow = fmin(slow, sqrt(dx * dx + dy * dy) * l.f.cell / 1000.0);
        }
        assert_near((double)d[k], slow, 1e-2);
    }
    gt_free(l.ctx, mark);
    gt_free(l.ctx, d);
    land_free(&l);
}

static void samples_are_bilinear_and_lines_exact(void **state)
{
    (void)state;
    land l;
    land_make(&l);
    for (size_t k = 0; k < N * N; k++) {
        sy_pt p = sy_cell_centre(&l.f, k);
        l.f.of[SY_F_HEIGHT][k] = (float)(1e-6 * p.x + 2e-6 * p.y);
    }
    sy_pt p = {l.c.world.side / 3, l.c.world.side / 5};
    assert_near(sy_sample(&l.f, SY_F_HEIGHT, p), 1e-6 * p.x + 2e-6 * p.y, 1e-3);
    assert_true(isinf(sy_lines_distance(&l.f.roads, p))); /* no lines at all */
    assert_ok(l.ctx, sy_lines_pt(l.ctx, &l.f.roads, (sy_pt){0, p.y + 30000}));
    assert_ok(l.ctx, sy_lines_pt(l.ctx, &l.f.roads, (sy_pt){l.c.world.side, p.y + 30000}));
    assert_ok(l.ctx, sy_lines_end(l.ctx, &l.f.roads));
    assert_ok(l.ctx,
              sy_lines_pt(l.ctx, &l.f.roads, (sy_pt){5, 5})); /* a line of one point is none */
    assert_ok(l.ctx, sy_lines_end(l.ctx, &l.f.roads));
    assert_int_equal(l.f.roads.n_lines, 1);
    assert_ok(l.ctx, sy_lines_index(l.ctx, &l.c.world, &l.f.roads));
    assert_near(sy_lines_distance(&l.f.roads, p), 30000, 1e-6);
    assert_near(sy_sample(&l.f, SY_F_ROAD, p), 30, 1e-9);
    assert_int_equal(sy_field_find("slope"), SY_F_SLOPE);
    assert_int_equal(sy_field_find("nonsense"), SY_FIELDS);
    for (int i = 0; i < SY_FIELDS; i++) {
        assert_int_equal(sy_field_find(sy_field_name((sy_field)i)), i);
    }
    land_free(&l);
}

static void bad_relief_is_refused(void **state)
{
    (void)state;
    land l;
    land_make(&l);
    sy_relief r = l.relief;
    r.z = NULL;
    assert_fails(l.ctx, sy_terrain_fill(l.ctx, &r, 1, &l.f), GT_E_INPUT, "synth.no-relief");
    r = l.relief, r.n_rows = 1;
    assert_fails(l.ctx, sy_terrain_fill(l.ctx, &r, 1, &l.f), GT_E_INPUT, "synth.no-relief");
    r = l.relief, r.dy = 0;
    assert_fails(l.ctx, sy_terrain_fill(l.ctx, &r, 1, &l.f), GT_E_INPUT, "synth.no-relief");
    r = l.relief, r.dx = (double)NAN;
    assert_fails(l.ctx, sy_terrain_fill(l.ctx, &r, 1, &l.f), GT_E_INPUT, "synth.no-relief");
    r = l.relief, r.x0 += 20000;
    assert_fails(l.ctx, sy_terrain_fill(l.ctx, &r, 1, &l.f), GT_E_INPUT, "synth.relief-extent");
    l.z[17] = -INFINITY;
    assert_fails(l.ctx, sy_terrain_fill(l.ctx, &l.relief, 1, &l.f), GT_E_INPUT,
                 "synth.relief-not-finite");
    land_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_of_source_cells_are_kept),
        cmocka_unit_test(fine_relief_is_only_interpolated),
        cmocka_unit_test(water_runs_down_to_the_rim),
        cmocka_unit_test(water_follows_a_carved_river),
        cmocka_unit_test(lakes_reach_their_size),
        cmocka_unit_test(distances_are_euclidean),
        cmocka_unit_test(samples_are_bilinear_and_lines_exact),
        cmocka_unit_test(bad_relief_is_refused),
    };
    return cmocka_run_group_tests_name("synth.terrain", tests, NULL, NULL);
}
