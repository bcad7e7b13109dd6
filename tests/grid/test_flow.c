/* Filling and accumulation: the card's cases, a plain reference, and what must hold on any relief:
 * everything drains, cells are conserved, filling is idempotent and never lowers. */
#include "grid/grids.h"
#include "guotu/grid_ops.h"

typedef struct flows {
    double *filled, *dir, *acc;
    gt_flow_facts facts;
} flows;

static gt_grid *like(gt_ctx *ctx, const char *path, const gt_grid *g, gt_cell type)
{
    gt_grid_spec s;
    gt_grid *out = NULL;
    gt_grid_spec_like(g, type, &s);
    assert_ok(ctx, gt_grid_create(ctx, path, &s, &out));
    return out;
}

static flows tiled_flow(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *v,
                        int tile)
{
    flows f;
    gt_flow_options o;
    gt_flow_options_init(&o);
    o.tile = tile;
    gt_grid *dem = make_grid(ctx, test_path(dir, "dem.tif"), s, v);
    gt_grid *filled = like(ctx, test_path(dir, "f.tif"), dem, GT_CELL_F32);
    gt_grid *d8 = like(ctx, test_path(dir, "d.tif"), dem, GT_CELL_U8);
    gt_grid *acc = like(ctx, test_path(dir, "a.tif"), dem, GT_CELL_I32);
    assert_ok(ctx, gt_grid_flow(ctx, dem, &o, filled, d8, acc, &f.facts));
    f.filled = read_all(ctx, filled);
    f.dir = read_all(ctx, d8);
    f.acc = read_all(ctx, acc);
    gt_grid_close(ctx, acc);
    gt_grid_close(ctx, d8);
    gt_grid_close(ctx, filled);
    gt_grid_close(ctx, dem);
    return f;
}

static flows flow_of(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *v)
{
    return tiled_flow(ctx, dir, s, v, 0);
}

static void free_flows(flows *f)
{
    free(f->filled);
    free(f->dir);
    free(f->acc);
}

/* Heights raised to the least that lets every cell drain: relaxed until nothing changes. */
static void plain_fill(int w, int h, const double *v, double *z)
{
    for (int i = 0; i < w * h; i++) {
        bool edge = false;
        for (int e = 0; e < 9; e++) {
            int x = i % w + e % 3 - 1, y = i / w + e / 3 - 1;
            edge = edge || x < 0 || y < 0 || x >= w || y >= h || isnan(v[y * w + x]);
        }
        z[i] = isnan(v[i]) ? (double)NAN : edge ? v[i] : (double)INFINITY;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < w * h; i++) {
            for (int e = 0; !isnan(z[i]) && e < 9; e++) {
                int x = i % w + e % 3 - 1, y = i / w + e / 3 - 1;
                if (x < 0 || y < 0 || x >= w || y >= h || isnan(z[y * w + x])) {
                    continue;
                }
                double level = fmax(v[i], z[y * w + x]);
                changed = changed || level < z[i];
                z[i] = fmin(level, z[i]);
            }
        }
    }
}

static void pit_in_a_bowl(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double v[25] = {5, 5, 5, 5, 5, 5, 3, 3, 3, 5, 5, 3, 1,
                          3, 4, 5, 3, 3, 3, 5, 5, 5, 5, 5, 5};
    const gt_grid_spec s = spec_of(5, 5, GT_CELL_F32);
    flows f = flow_of(ctx, dir, &s, v);
    for (int i = 0; i < 25; i++) {
        int c = i % 5, r = i / 5;
        bool inside = c > 0 && r > 0 && c < 4 && r < 4;
        assert_true(f.filled[i] == (inside ? 4 : v[i]));
    }
    assert_int_equal(f.facts.n_raised, 9);
    assert_int_equal(f.facts.n_cells, 25);
    assert_int_equal(f.facts.n_drained, 25);
    assert_true(f.acc[2 * 5 + 4] >= 10); /* the gap drains the bowl */
    free_flows(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A plane tilted to the south: rows count 1 .. 5. */
static void tilted_plane(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double v[25];
    for (int i = 0; i < 25; i++) {
        v[i] = 50 - 10 * (i / 5);
    }
    const gt_grid_spec s = spec_of(5, 5, GT_CELL_F32);
    flows f = flow_of(ctx, dir, &s, v);
    for (int i = 0; i < 25; i++) {
        assert_true(f.acc[i] == i / 5 + 1);
        assert_true(f.dir[i] == (i / 5 == 4 ? 0 : 7)); /* south */
    }
    assert_int_equal(f.facts.n_outlets, 5);
    free_flows(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void check_flows(int w, int h, const double *v, const flows *f)
{
    static const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    double *count = calloc((size_t)(w * h), sizeof *count), sum = 0;
    assert_non_null(count);
    for (int i = 0; i < w * h; i++) {
        if (isnan(v[i])) {
            assert_true(isnan(f->filled[i]) && isnan(f->dir[i]) && isnan(f->acc[i]));
            continue;
        }
        assert_true(f->filled[i] >= v[i]);
        int c = i, steps = 0;
        for (;;) { /* every cell walks down to an outlet, never up */
            int d = (int)f->dir[c];
            count[c]++;
            if (d == 0) {
                break;
            }
            int next = c + dy[d] * w + dx[d];
            assert_true(f->filled[next] <= f->filled[c]);
            c = next;
            assert_true(++steps <= w * h);
        }
        sum += f->dir[i] == 0 ? f->acc[i] : 0;
    }
    for (int i = 0; i < w * h; i++) {
        assert_true(isnan(v[i]) || count[i] == f->acc[i]);
    }
    assert_true(sum == (double)f->facts.n_cells);
    assert_int_equal(f->facts.n_drained, f->facts.n_cells);
    free(count);
}

/* Whole numbers make many flats and ties. */
static void random_relief(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 61, H = 83 };
    double *want = malloc(sizeof(double) * W * H);
    assert_non_null(want);
    for (int k = 0; k < 8; k++) {
        gt_ctx *ctx = test_ctx_threads(1 + k % 3);
        double *v = random_values((size_t)W * H, 20 + (uint64_t)k, -30, k % 2 == 0 ? 5 : 900,
                                  k < 4 ? 0 : 0.02);
        gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        s.tile = 16;
        static const int tiles[4] = {0, 8, 16, 31};
        flows f = tiled_flow(ctx, dir, &s, v, tiles[k % 4]);
        flows whole = flow_of(ctx, dir, &s, v);
        assert_memory_equal(whole.filled, f.filled, sizeof(double) * W * H);
        for (int i = 0; i < W * H; i++) {
            assert_true(same_value(whole.dir[i], f.dir[i]));
            assert_true(same_value(whole.acc[i], f.acc[i]));
        }
        assert_memory_equal(&whole.facts, &f.facts, sizeof f.facts);
        free_flows(&whole);
        plain_fill(W, H, v, want);
        for (int i = 0; i < W * H; i++) {
            assert_true(same_value(f.filled[i], want[i]));
        }
        check_flows(W, H, v, &f);
        flows again = flow_of(ctx, dir, &s, f.filled);
        assert_int_equal(again.facts.n_raised, 0);
        assert_memory_equal(again.filled, f.filled, sizeof(double) * W * H);
        free_flows(&again);
        free_flows(&f);
        free(v);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    free(want);
    test_dir_remove(dir);
}

/* The same bits in memory, in a scratch file, on one thread and on three. */
static void ceiling_and_threads(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 700, H = 600 };
    double *v = random_values((size_t)W * H, 40, 0, 4, 0), *first = NULL;
    for (int i = 0; i < W * H; i++) { /* a slope with pits: a short front */
        v[i] += i / W + i % W * 0.25;
    }
    for (int k = 0; k < 3; k++) {
        gt_ctx_options o;
        gt_ctx_options_init(&o);
        o.threads = 1 + k;
        o.memory_ceiling = k == 2 ? (size_t)3000 << 10 : 0;
        gt_ctx *ctx = gt_ctx_new(&o);
        const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        flows f = flow_of(ctx, dir, &s, v);
        if (first == NULL) {
            first = f.acc;
            f.acc = NULL;
        } else {
            assert_memory_equal(first, f.acc, sizeof(double) * W * H);
        }
        free_flows(&f);
        gt_ctx_free(ctx);
    }
    free(first);
    free(v);
    test_dir_remove(dir);
}

static void odd_shapes(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double v[6] = {3, 1, 2, 2, 2, 9}, none[6] = {(double)NAN, (double)NAN, (double)NAN,
                                                       (double)NAN, (double)NAN, (double)NAN};
    const int64_t shapes[][2] = {{1, 1}, {6, 1}, {1, 6}, {3, 2}};
    for (int k = 0; k < 4; k++) {
        const gt_grid_spec s = spec_of(shapes[k][0], shapes[k][1], GT_CELL_F32);
        flows f = flow_of(ctx, dir, &s, v);
        check_flows((int)shapes[k][0], (int)shapes[k][1], v, &f);
        assert_int_equal(f.facts.n_raised, 0);
        free_flows(&f);
        f = flow_of(ctx, dir, &s, none);
        assert_int_equal(f.facts.n_cells, 0);
        assert_int_equal(f.facts.n_outlets, 0);
        free_flows(&f);
    }
    gt_grid_spec s = spec_of(3, 2, GT_CELL_F32);
    gt_grid *dem = make_grid(ctx, test_path(dir, "x.tif"), &s, v);
    s.y_north += 4;
    gt_grid *other = NULL;
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "y.tif"), &s, &other));
    assert_fails(ctx, gt_grid_flow(ctx, dem, NULL, other, NULL, NULL, NULL), GT_E_INPUT,
                 "grid.cells-differ");
    gt_grid_close(ctx, other);
    gt_grid_close(ctx, dem);
    /* more cells than an index holds: refused before anything is read */
    s = spec_of(50000, 50000, GT_CELL_U8);
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &dem));
    assert_fails(ctx, gt_grid_flow(ctx, dem, NULL, NULL, NULL, NULL, NULL), GT_E_LIMIT,
                 "grid.too-many");
    gt_grid_close(ctx, dem);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Code, column and row of the neighbours in the order of ties. */
static const int WAYS[8][3] = {{1, 1, 0},  {3, 0, -1},  {5, -1, 0}, {7, 0, 1},
                               {2, 1, -1}, {4, -1, -1}, {6, -1, 1}, {8, 1, 1}};

/* Steps to where a flat drains, over the whole grid at once: 0 where the cell has a way of its own,
 * a lower neighbour or the rim. */
static int *steps_of(const double *z, int cols, int rows)
{
    int n = cols * rows;
    int *steps = malloc((size_t)n * sizeof *steps);
    for (int i = 0; i < n; i++) {
        int c = i % cols, r = i / cols;
        steps[i] = c == 0 || r == 0 || c == cols - 1 || r == rows - 1 ? 0 : -1;
        for (int k = 0; k < 8 && steps[i] < 0; k++) {
            steps[i] = z[i + WAYS[k][1] + WAYS[k][2] * cols] < z[i] ? 0 : -1;
        }
    }
    for (int level = 1, found = 1; found > 0; level++) {
        found = 0;
        for (int i = 0; i < n; i++) {
            for (int k = 0; steps[i] < 0 && k < 8; k++) { /* no cell of the rim is open */
                int j = i + WAYS[k][1] + WAYS[k][2] * cols;
                if (steps[j] == level - 1 && z[j] == z[i]) {
                    steps[i] = level;
                    found++;
                }
            }
        }
    }
    return steps;
}

/* Wide flats of every shape: each cell goes to the first neighbour that is a step nearer. */
static void flats_drain_by_the_fewest_steps(void **state)
{
    enum { COLS = 97, ROWS = 83 };
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        gt_ctx *ctx = test_ctx_threads(2);
        char *dir = test_dir();
        const gt_grid_spec s = spec_of(COLS, ROWS, GT_CELL_F32);
        test_rng rng;
        double v[COLS * ROWS], low[ROWS];
        test_rng_seed(&rng, seed);
        for (int r = 0; r < ROWS; r++) {
            low[r] = floor(3 * test_rng_real(&rng));
        }
        for (int i = 0; i < COLS * ROWS; i++) { /* terraces with a few holes and bumps */
            double noise = test_rng_real(&rng);
            v[i] =
                floor((i % COLS + low[i / COLS]) / (12 + 5 * (double)seed)) + (noise < 0.02   ? -1
                                                                               : noise > 0.99 ? 1
                                                                                              : 0);
        }
        flows f = tiled_flow(ctx, dir, &s, v, 16);
        int *steps = steps_of(f.filled, COLS, ROWS), flat = 0;
        for (int i = 0; i < COLS * ROWS; i++) {
            int want = -1;
            for (int k = 0; steps[i] > 0 && want < 0; k++) {
                assert_true(k < 8);
                int j = i + WAYS[k][1] + WAYS[k][2] * COLS;
                want = steps[j] == steps[i] - 1 && f.filled[j] == f.filled[i] ? WAYS[k][0] : -1;
            }
            assert_true(steps[i] >= 0); /* everything drains */
            assert_true(steps[i] == 0 || f.dir[i] == (double)want);
            flat += steps[i] > 0;
        }
        assert_true(flat > COLS * ROWS / 4);
        free(steps);
        free_flows(&f);
        test_dir_remove(dir);
        gt_ctx_free(ctx);
    }
}

/* Tiles of every size, threads and a ceiling far below a byte a cell, against one tile. */
static void expect_as_whole(const gt_grid_spec *s, const double *v)
{
    static const struct {
        int tile, threads;
        size_t ceiling;
    } ways[] = {{8, 1, 0}, {12, 3, 0}, {16, 2, 0}, {24, 2, (size_t)700 << 10}, {64, 1, 0}};
    size_t n = (size_t)(s->n_cols * s->n_rows);
    char *dir = test_dir();
    gt_ctx *one = test_ctx();
    flows whole = tiled_flow(one, dir, s, v, 4096);
    check_flows((int)s->n_cols, (int)s->n_rows, v, &whole);
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        gt_ctx_options o;
        gt_ctx_options_init(&o);
        o.threads = ways[k].threads;
        o.memory_ceiling = ways[k].ceiling;
        gt_ctx *ctx = gt_ctx_new(&o);
        flows f = tiled_flow(ctx, dir, s, v, ways[k].tile);
        for (size_t i = 0; i < n; i++) {
            assert_true(same_value(whole.filled[i], f.filled[i]));
            assert_true(same_value(whole.dir[i], f.dir[i]));
            assert_true(same_value(whole.acc[i], f.acc[i]));
        }
        assert_memory_equal(&whole.facts, &f.facts, sizeof f.facts);
        free_flows(&f);
        gt_ctx_free(ctx);
    }
    free_flows(&whole);
    gt_ctx_free(one);
    test_dir_remove(dir);
}

/* Nothing but flat: steps come from the rim of the grid through every tile. */
static void one_flat_over_all_tiles(void **state)
{
    (void)state;
    enum { W = 97, H = 121 }; /* a last tile of one column, of one row */
    double *v = calloc((size_t)W * H, sizeof *v);
    assert_non_null(v);
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    expect_as_whole(&s, v);
    for (int i = 0; i < W * H; i += 7) {
        v[i] = (double)NAN; /* many ends within */
    }
    expect_as_whole(&s, v);
    free(v);
}

/* A flat corridor to and fro between walls: its steps cross each border of tiles many times. */
static void a_flat_that_winds(void **state)
{
    (void)state;
    enum { W = 67, H = 65 };
    double *v = malloc(sizeof(double) * W * H);
    assert_non_null(v);
    for (int i = 0; i < W * H; i++) {
        int c = i % W, r = i / W, turn = r / 4 % 2 == 0 ? W - 2 : 1;
        v[i] = r % 4 != 0 || c == turn ? 5 : 9;
        v[i] = c == 0 || r == 0 || c == W - 1 || r == H - 1 ? 20 : v[i];
    }
    v[W + W - 2] = 5;
    v[W + W - 1] = 5; /* the only way out */
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    expect_as_whole(&s, v);
    free(v);
}

/* Lakes wider than tiles, islands in them, a lake that spills into another, holes in the map. */
static void lakes_over_many_tiles(void **state)
{
    (void)state;
    enum { W = 131, H = 113 };
    for (uint64_t seed = 1; seed <= 4; seed++) {
        double *v = random_values((size_t)W * H, 60 + seed, 0, 3, seed > 2 ? 0.001 : 0);
        for (int i = 0; i < W * H; i++) {
            double x = i % W, y = (int)(i / W), a = hypot(x - 40, y - 50),
                   b = hypot(x - 95, y - 60);
            v[i] += 40 + floor(x / 30) + (a < 33 ? -25 : 0) + (b < 28 ? -20 : 0);
        }
        const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        expect_as_whole(&s, v);
        free(v);
    }
}

/* Turned by half a circle the surface fills alike. */
static void turned_input_turns_the_filling(void **state)
{
    (void)state;
    enum { W = 83, H = 71, N = W * H };
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    double *v = random_values(N, 91, 0, 60, 0.01), *t = malloc(sizeof(double) * N);
    assert_non_null(t);
    for (int i = 0; i < N; i++) {
        t[i] = v[N - 1 - i];
    }
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    flows a = tiled_flow(ctx, dir, &s, v, 16), b = tiled_flow(ctx, dir, &s, t, 16);
    for (int i = 0; i < N; i++) {
        assert_true(same_value(a.filled[i], b.filled[N - 1 - i]));
    }
    assert_int_equal(a.facts.n_raised, b.facts.n_raised);
    free_flows(&a);
    free_flows(&b);
    free(v);
    free(t);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A side that no tile can have; a scratch folder that is none, under a ceiling that needs it. */
static void bad_options(void **state)
{
    (void)state;
    enum { W = 300, H = 300 };
    gt_ctx_options c;
    gt_ctx_options_init(&c);
    c.threads = 1;
    c.memory_ceiling = (size_t)550 << 10;
    gt_ctx *ctx = gt_ctx_new(&c);
    char *dir = test_dir();
    double *v = random_values((size_t)W * H, 3, 0, 9, 0);
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    gt_grid *dem = make_grid(ctx, test_path(dir, "dem.tif"), &s, v);
    gt_grid *acc = like(ctx, test_path(dir, "a.tif"), dem, GT_CELL_I32);
    gt_flow_options o;
    gt_flow_options_init(&o);
    static const int sides[] = {7, -1, 4097};
    for (int i = 0; i < 3; i++) {
        o.tile = sides[i];
        assert_fails(ctx, gt_grid_flow(ctx, dem, &o, NULL, NULL, acc, NULL), GT_E_USAGE,
                     "grid.walk");
    }
    o.tile = 64;
    o.scratch_dir = test_path(dir, "none");
    assert_ok(ctx, gt_grid_flow(ctx, dem, &o, acc, NULL, NULL, NULL)); /* filling needs none */
    size_t used = gt_ctx_memory_used(ctx);
    gt_status st = gt_grid_flow(ctx, dem, &o, NULL, NULL, acc, NULL);
    assert_true(st != GT_OK);
    assert_true(gt_ctx_memory_used(ctx) <= used);
    gt_grid_close(ctx, acc);
    gt_grid_close(ctx, dem);
    free(v);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pit_in_a_bowl),
        cmocka_unit_test(tilted_plane),
        cmocka_unit_test(random_relief),
        cmocka_unit_test(ceiling_and_threads),
        cmocka_unit_test(odd_shapes),
        cmocka_unit_test(flats_drain_by_the_fewest_steps),
        cmocka_unit_test(one_flat_over_all_tiles),
        cmocka_unit_test(a_flat_that_winds),
        cmocka_unit_test(lakes_over_many_tiles),
        cmocka_unit_test(turned_input_turns_the_filling),
        cmocka_unit_test(bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
