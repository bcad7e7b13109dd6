/* Shared flow tile by tile: accumulation, angles, widths and sums are the same bits whatever the
 * tiles, threads and ceiling. (That they are right is asked in test_water.c.) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grids.h"
#include "guotu/grid_ops.h"
#include "guotu/grid_water.h"

#define NONE ((double)NAN)

static const int SIDES[] = {512, 1, 2, 3, 7, 16, 33};

typedef struct result {
    float *cells[3]; /* accumulation, width, angle (D-infinity alone) */
    gt_multiflow_facts facts;
} result;

typedef struct land {
    gt_ctx *ctx;
    char *dir;
    gt_grid_spec spec;
    gt_grid *filled, *direction;
} land;

static gt_grid *scratch(const land *l, gt_cell type)
{
    gt_grid_spec spec = l->spec;
    gt_grid *g = NULL;
    spec.type = type;
    assert_ok(l->ctx, gt_grid_create_scratch(l->ctx, l->dir, &spec, &g));
    return g;
}

static void open_land(land *l, int w, int h, const double *z)
{
    l->ctx = test_ctx_threads(2);
    l->dir = test_dir();
    l->spec = spec_of(w, h, GT_CELL_F32);
    l->spec.tile = 16;
    gt_grid *dem = make_grid(l->ctx, test_path(l->dir, "z.tif"), &l->spec, z);
    l->filled = scratch(l, GT_CELL_F32);
    l->direction = scratch(l, GT_CELL_U8);
    gt_grid *sum = scratch(l, GT_CELL_I32);
    assert_ok(l->ctx, gt_grid_flow(l->ctx, dem, NULL, l->filled, l->direction, sum, NULL));
    gt_grid_close(l->ctx, sum);
    gt_grid_close(l->ctx, dem);
}

static void close_land(land *l)
{
    gt_grid_close(l->ctx, l->filled);
    gt_grid_close(l->ctx, l->direction);
    assert_int_equal(gt_ctx_memory_used(l->ctx), 0);
    gt_ctx_free(l->ctx);
    test_dir_remove(l->dir);
}

static result run(const land *l, gt_ctx *ctx, gt_flow_way way, int64_t tile)
{
    result r = {0};
    gt_multiflow_options o;
    gt_multiflow_options_init(&o);
    o.way = way;
    o.tile = tile;
    o.scratch_dir = l->dir;
    gt_grid *g[3] = {scratch(l, GT_CELL_F32), scratch(l, GT_CELL_F32), scratch(l, GT_CELL_F32)};
    const gt_multiflow_out out = {
        .accumulation = g[0], .width = g[1], .angle = way == GT_FLOW_DINF ? g[2] : NULL};
    assert_ok(ctx, gt_grid_multiflow(ctx, l->filled, l->direction, &o, &out, &r.facts));
    const gt_window all = {0, 0, l->spec.n_cols, l->spec.n_rows};
    for (int k = 0; k < 3; k++) {
        r.cells[k] = malloc((size_t)(all.n_cols * all.n_rows) * sizeof(float));
        assert_non_null(r.cells[k]);
        assert_ok(l->ctx,
                  gt_grid_read(l->ctx, g[k], &all, GT_CELL_F32, r.cells[k], (size_t)all.n_cols));
        gt_grid_close(l->ctx, g[k]);
    }
    return r;
}

static void free_result(const result *r)
{
    for (int k = 0; k < 3; k++) {
        free(r->cells[k]);
    }
}

static void assert_same(const land *l, const result *a, const result *b, int64_t tile)
{
    size_t n = (size_t)(l->spec.n_cols * l->spec.n_rows);
    for (int k = 0; k < 3; k++) {
        for (size_t i = 0; i < n; i++) {
            if (memcmp(&a->cells[k][i], &b->cells[k][i], sizeof(float)) != 0) {
                fail_msg("side %d, output %d: cell %zu is %.9g, not %.9g", (int)tile, k, i,
                         (double)b->cells[k][i], (double)a->cells[k][i]);
            }
        }
    }
    assert_int_equal(a->facts.n_cells, b->facts.n_cells);
    assert_int_equal(a->facts.n_outlets, b->facts.n_outlets);
    assert_int_equal(a->facts.n_single, b->facts.n_single);
    assert_true(a->facts.drained == b->facts.drained);
    double most = (double)a->facts.n_cells;
    assert_near(a->facts.drained, most, 1e-9 * most);
}

/* Every way, tiles of every side, 1 and 3 threads. */
static void same_in_tiles(const land *l)
{
    for (int way = 0; way < 3; way++) {
        const result whole = run(l, l->ctx, (gt_flow_way)way, 512);
        for (size_t k = 0; k < sizeof SIDES / sizeof *SIDES; k++) {
            for (int threads = 1; threads <= 3; threads += 2) {
                gt_ctx *ctx = test_ctx_threads(threads);
                const result r = run(l, ctx, (gt_flow_way)way, SIDES[k]);
                assert_same(l, &whole, &r, SIDES[k]);
                free_result(&r);
                assert_int_equal(gt_ctx_memory_used(ctx), 0);
                gt_ctx_free(ctx);
            }
        }
        free_result(&whole);
    }
}

static void rough(void **state)
{
    (void)state;
    enum { W = 61, H = 47 };
    for (uint64_t seed = 1; seed <= 2; seed++) {
        /* heights in steps: flats and ties; holes */
        double *z = random_values((size_t)W * H, seed, 0, seed == 1 ? 12 : 4000, 0.02);
        land l;
        open_land(&l, W, H, z);
        same_in_tiles(&l);
        close_land(&l);
        free(z);
    }
}

/* A valley that winds in a spiral to the middle of a hollow hill: its water passes every border of
 * tiles again and again. */
static void spiral(void **state)
{
    (void)state;
    enum { N = 45 };
    double z[N * N];
    for (int i = 0; i < N * N; i++) {
        z[i] = 5000 + (i * 7 % 13);
    }
    int x = 0, y = 0, d = 0, turns = 0;
    static const int dx[4] = {1, 0, -1, 0}, dy[4] = {0, 1, 0, -1};
    double height = 4000;
    while (turns < 2) { /* on until the cell after next was passed, walls of one cell between */
        z[y * N + x] = height -= 0.75;
        int x1 = x + dx[d], y1 = y + dy[d], x2 = x1 + dx[d], y2 = y1 + dy[d];
        bool in = x1 >= 0 && y1 >= 0 && x1 < N && y1 < N;
        bool wall = x2 >= 0 && y2 >= 0 && x2 < N && y2 < N && z[y2 * N + x2] < 4000;
        if (!in || wall) {
            d = (d + 1) % 4;
            height += 0.75; /* the same cell again */
            turns++;
        } else {
            x = x1;
            y = y1;
            turns = 0;
        }
    }
    z[y * N + x] = NONE; /* where it ends the water leaves */
    land l;
    open_land(&l, N, N, z);
    same_in_tiles(&l);
    close_land(&l);
}

/* Tiles wait in a scratch file under a low ceiling. */
static void under_a_ceiling(void **state)
{
    (void)state;
    enum { W = 700, H = 600 };
    double *z = random_values((size_t)W * H, 4, 0, 9, 0.001);
    for (int i = 0; i < W * H; i++) {
        z[i] += i / W * 0.3 + sin(i % W * 0.05) * 40; /* valleys over many tiles */
    }
    land l;
    open_land(&l, W, H, z);
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = 1500 << 10;
    o.threads = 2;
    gt_ctx *tight = gt_ctx_new(&o);
    for (int way = 0; way < 3; way++) {
        const result whole = run(&l, l.ctx, (gt_flow_way)way, 0);
        const result r = run(&l, tight, (gt_flow_way)way, 0);
        assert_same(&l, &whole, &r, 0);
        free_result(&r);
        free_result(&whole);
    }
    assert_int_equal(gt_ctx_memory_used(tight), 0);
    gt_ctx_free(tight);
    close_land(&l);
    free(z);
}

static void smallest(void **state)
{
    (void)state;
    const int sizes[][2] = {{1, 1}, {1, 8}, {8, 1}, {2, 2}, {3, 7}};
    const double high[] = {5, 4, 4, 3, NONE, 2, 2, 1, 9, 8, 7, 3, 3, 3, 0, 4, 5, 6, 7, 8, 1};
    const double none[] = {NONE, NONE, NONE, NONE};
    land l;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        open_land(&l, sizes[k][0], sizes[k][1], high);
        same_in_tiles(&l);
        close_land(&l);
    }
    open_land(&l, 2, 2, none);
    same_in_tiles(&l);
    close_land(&l);
}

/* Level ground whose given directions go round: inside a tile, over two, over four; what lies
 * below the circle waits for it too. */
static void circles(void **state)
{
    (void)state;
    enum { W = 12, H = 12 };
    const int corner[][3] = {{0, 0, 1}, {3, 3, 2}, {5, 5, 1}, {1, 1, 9}};
    double z[W * H], d[W * H];
    for (int i = 0; i < W * H; i++) {
        z[i] = 3;
    }
    land l;
    open_land(&l, W, H, z);
    gt_grid *out = scratch(&l, GT_CELL_F32);
    gt_multiflow_options o;
    gt_multiflow_options_init(&o);
    const gt_multiflow_out to = {.accumulation = out};
    for (size_t k = 0; k < sizeof corner / sizeof *corner; k++) {
        int x0 = corner[k][0], y0 = corner[k][1], side = corner[k][2];
        memset(d, 0, sizeof d);
        for (int i = 0; i < side; i++) {
            d[y0 * W + x0 + i] = 1;
            d[(y0 + i) * W + x0 + side] = 7;
            d[(y0 + side) * W + x0 + side - i] = 5;
            d[(y0 + side - i) * W + x0] = 3;
        }
        gt_grid *way = make_grid(l.ctx, test_path(l.dir, "d.tif"), &l.spec, d);
        for (size_t t = 0; t < sizeof SIDES / sizeof *SIDES; t++) {
            o.tile = SIDES[t];
            assert_fails(l.ctx, gt_grid_multiflow(l.ctx, l.filled, way, &o, &to, NULL), GT_E_INPUT,
                         "grid.direction");
        }
        gt_grid_close(l.ctx, way);
    }
    gt_grid_close(l.ctx, out);
    close_land(&l);
}

/* Bad directions at borders of tiles, and bad options. */
static void bad_input(void **state)
{
    (void)state;
    const double z[] = {4, 3, 2, 5, NONE, 1}, up[] = {1, 1, 0, 3, 0, 0}, far[] = {1, 1, 0, 1, 0, 0},
                 none[] = {1, 9, 0, 3, 0, 0}, low[] = {1, -1, 0, 3, 0, 0};
    const double *const bad[] = {far, none, low};
    land l;
    open_land(&l, 3, 2, z);
    gt_grid *out = scratch(&l, GT_CELL_F32);
    gt_multiflow_options o;
    gt_multiflow_options_init(&o);
    const gt_multiflow_out to = {.accumulation = out};
    gt_grid_spec s = l.spec;
    s.type = GT_CELL_I16;
    const double flat[] = {2, 2, 2, 2, NONE, 2};
    gt_grid *level = make_grid(l.ctx, test_path(l.dir, "l.tif"), &l.spec, flat);
    for (size_t k = 0; k < 3; k++) {
        gt_grid *way = make_grid(l.ctx, test_path(l.dir, "d.tif"), &s, bad[k]);
        for (o.tile = 1; o.tile <= 3; o.tile++) {
            assert_fails(l.ctx, gt_grid_multiflow(l.ctx, level, way, &o, &to, NULL), GT_E_INPUT,
                         "grid.direction");
        }
        gt_grid_close(l.ctx, way);
    }
    const double steps[] = {2, 3, 4, 2, NONE, 5};
    gt_grid *rise = make_grid(l.ctx, test_path(l.dir, "r.tif"), &l.spec, steps);
    gt_grid *way = make_grid(l.ctx, test_path(l.dir, "d.tif"), &s, up);
    o.tile = 1;
    assert_fails(l.ctx, gt_grid_multiflow(l.ctx, rise, way, &o, &to, NULL), GT_E_INPUT,
                 "grid.direction");
    for (int k = 0; k < 2; k++) {
        o.tile = k == 0 ? -1 : 4097;
        assert_fails(l.ctx, gt_grid_multiflow(l.ctx, l.filled, l.direction, &o, &to, NULL),
                     GT_E_USAGE, "grid.walk");
    }
    gt_grid_close(l.ctx, way);
    gt_grid_close(l.ctx, rise);
    gt_grid_close(l.ctx, level);
    gt_grid_close(l.ctx, out);
    close_land(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rough),    cmocka_unit_test(spiral),  cmocka_unit_test(under_a_ceiling),
        cmocka_unit_test(smallest), cmocka_unit_test(circles), cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
