/* Shared flow and breaching: planes, RichDEM's small cases, a plain reference, and what must hold
 * on any relief: water is conserved, the same bits at any thread count and ceiling, mirrored
 * heights give mirrored results, an opened surface drains. */
#include "grid/grids.h"
#include "guotu/grid_ops.h"
#include "guotu/grid_water.h"

static const int DX[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, DY[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};

typedef struct shared {
    double *filled, *dir, *acc, *angle, *width;
    gt_multiflow_facts facts;
} shared;

static gt_grid *like(gt_ctx *ctx, const char *path, const gt_grid *g, gt_cell type)
{
    gt_grid_spec s;
    gt_grid *out = NULL;
    gt_grid_spec_like(g, type, &s);
    assert_ok(ctx, gt_grid_create(ctx, path, &s, &out));
    return out;
}

static shared share(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *v,
                    gt_flow_way way, double exponent)
{
    shared f = {0};
    gt_multiflow_options o;
    gt_multiflow_options_init(&o);
    o.way = way;
    o.exponent = exponent;
    gt_grid *dem = make_grid(ctx, test_path(dir, "dem.tif"), s, v);
    gt_grid *filled = like(ctx, test_path(dir, "f.tif"), dem, GT_CELL_F32);
    gt_grid *d8 = like(ctx, test_path(dir, "d.tif"), dem, GT_CELL_U8);
    gt_grid *count = like(ctx, test_path(dir, "c.tif"), dem, GT_CELL_I32);
    gt_grid *acc = like(ctx, test_path(dir, "a.tif"), dem, GT_CELL_F32);
    gt_grid *angle = like(ctx, test_path(dir, "g.tif"), dem, GT_CELL_F32);
    gt_grid *width = like(ctx, test_path(dir, "w.tif"), dem, GT_CELL_F32);
    assert_ok(ctx, gt_grid_flow(ctx, dem, NULL, filled, d8, count, NULL));
    const gt_multiflow_out out = {acc, way == GT_FLOW_DINF ? angle : NULL, width};
    assert_ok(ctx, gt_grid_multiflow(ctx, filled, d8, &o, &out, &f.facts));
    f.filled = read_all(ctx, filled);
    f.dir = read_all(ctx, d8);
    f.acc = read_all(ctx, acc);
    f.angle = read_all(ctx, angle);
    f.width = read_all(ctx, width);
    gt_grid *all[] = {width, angle, acc, count, d8, filled, dem};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gt_grid_close(ctx, all[i]);
    }
    return f;
}

static void free_shared(shared *f)
{
    free(f->filled);
    free(f->dir);
    free(f->acc);
    free(f->angle);
    free(f->width);
}

/* A plane: the angle of D-infinity is the exact aspect (216.869898 of the card), the way of
 * steepest descent lies between south west and south. */
static void plane(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    enum { W = 20, H = 15 };
    double v[W * H];
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    for (int i = 0; i < W * H; i++) {
        v[i] = 3.0 * (i % W) + 4.0 * (H - i / W); /* 0.3 x + 0.4 y at 10 m */
    }
    shared f = share(ctx, dir, &s, v, GT_FLOW_DINF, 0);
    for (int i = 0; i < W * H; i++) {
        if (i % W > 0 && i % W < W - 1 && i / W > 0 && i / W < H - 1) {
            assert_near(f.angle[i], 216.869898, 1e-4);
            assert_near(f.width[i], 10, 1e-9);
        }
    }
    /* two thirds along: r = atan(3/4) in a facet of 45 degrees, S then SW */
    double part = atan2(3, 4) / atan(1);
    assert_near(f.acc[W * 1 + W - 2], 1 + 1 * (1 - part) + part * 1, 1.0);
    assert_near(f.facts.drained, W * H, 1e-9 * W * H);
    free_shared(&f);
    /* straight to the south: rows count 1, 2, 3, whichever way it is shared */
    for (int i = 0; i < W * H; i++) {
        v[i] = H - i / W;
    }
    f = share(ctx, dir, &s, v, GT_FLOW_DINF, 0);
    for (int i = 0; i < W * H; i++) {
        assert_near(f.acc[i], i / W + 1, 1e-6);
        assert_near(f.angle[i], i / W == H - 1 ? -1 : 180, 1e-6);
    }
    free_shared(&f);
    f = share(ctx, dir, &s, v, GT_FLOW_QUINN, 0);
    double ring = 0;
    for (int i = 0; i < W; i++) {
        ring += f.acc[(H - 1) * W + i];
    }
    assert_near(ring, W * H, 1e-3); /* the last row drains off the map */
    assert_near(f.acc[7 * W + 10], 8, 1e-5);
    assert_near(f.width[7 * W + 10], 10 * (0.5 + sqrt(0.5)), 1e-5);
    free_shared(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* One peak of nine cells: shares by hand. Slopes 1 towards edges and sqrt 0.5 over corners. */
static void peak(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(3, 3, GT_CELL_F32);
    const double v[9] = {0, 0, 0, 0, 10, 0, 0, 0, 0};
    shared f = share(ctx, dir, &s, v, GT_FLOW_FREEMAN, 0);
    double corner = pow(sqrt(0.5), 1.1), sum = 4 + 4 * corner;
    assert_near(f.acc[1], 1 + 1 / sum, 1e-6);
    assert_near(f.acc[0], 1 + corner / sum, 1e-6);
    assert_near(f.acc[4], 1, 0);
    assert_int_equal(f.facts.n_outlets, 8);
    assert_int_equal(f.facts.n_single, 0);
    assert_near(f.width[4], 10 * 4 * (0.5 + sqrt(2) / 4), 1e-5);
    free_shared(&f);
    f = share(ctx, dir, &s, v, GT_FLOW_QUINN, 0);
    double side = 0.5, over = sqrt(2) / 4 * sqrt(0.5), all = 4 * (side + over);
    assert_near(f.acc[1], 1 + side / all, 1e-6);
    assert_near(f.acc[0], 1 + over / all, 1e-6);
    free_shared(&f);
    f = share(ctx, dir, &s, v, GT_FLOW_DINF, 0); /* all facets alike: the first, half way? no: */
    assert_near(f.facts.drained, 9, 1e-12);      /* s1 = 1, s2 = 0: straight east */
    assert_near(f.acc[5], 2, 0);
    assert_near(f.angle[4], 90, 0);
    free_shared(&f);
    /* the greater the exponent, the nearer to the steepest way alone */
    const double w[9] = {0, 3, 0, 3, 10, 0, 0, 3, 0};
    f = share(ctx, dir, &s, w, GT_FLOW_FREEMAN, GT_FLOW_EXPONENT_MAX);
    assert_true(f.acc[5] > 1.99);
    free_shared(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- a plain reference --------------------------------------------------------------------------
 */

static double at(const shared *f, int w, int h, int i, int e)
{
    int x = i % w + DX[e], y = i / w + DY[e];
    return x < 0 || y < 0 || x >= w || y >= h ? (double)NAN : f->filled[y * w + x];
}

/* Shares of a cell by direction, 1 .. 8, as the papers have it; square cells of side 1. */
static void plain_shares(const shared *f, int w, int h, int i, gt_flow_way way, double p,
                         double part[9])
{
    double sum = 0, z = f->filled[i], best = 0;
    for (int e = 0; e <= 8; e++) {
        part[e] = 0;
    }
    for (int e = 1; way != GT_FLOW_DINF && e <= 8; e++) {
        double d = e % 2 == 0 ? sqrt(2) : 1, drop = z - at(f, w, h, i, e);
        double l = way == GT_FLOW_FREEMAN ? 1 : e % 2 == 0 ? sqrt(2) / 4 : 0.5;
        part[e] = drop > 0 ? l * pow(drop / d, p) : 0;
        sum += part[e];
    }
    static const int facets[8][2] = {{1, 2}, {3, 2}, {3, 4}, {5, 4},
                                     {5, 6}, {7, 6}, {7, 8}, {1, 8}};
    for (int k = 0; way == GT_FLOW_DINF && k < 8; k++) {
        double e1 = at(f, w, h, i, facets[k][0]), e2 = at(f, w, h, i, facets[k][1]);
        if (isnan(e1) || isnan(e2)) {
            continue;
        }
        double r = atan2(e1 - e2, z - e1), s = hypot(z - e1, e1 - e2);
        if (r < 0) {
            r = 0;
            s = z - e1;
        } else if (r > atan(1)) {
            r = atan(1);
            s = (z - e2) / sqrt(2);
        }
        if (s > best) {
            best = s;
            memset(part, 0, 9 * sizeof *part);
            part[facets[k][1]] = (double)(float)(r / atan(1));
            part[facets[k][0]] = 1 - part[facets[k][1]];
            sum = 1;
        }
    }
    if (sum == 0) {
        part[(int)f->dir[i]] = 1;
        sum = 1;
    }
    for (int e = 0; e <= 8; e++) {
        part[e] /= sum;
    }
}

/* Rounds of giving until nothing moves. */
static void plain_flow(const shared *f, int w, int h, gt_flow_way way, double p, double *acc)
{
    double *now = malloc(sizeof(double) * (size_t)(w * h)),
           *next = malloc(sizeof(double) * (size_t)(w * h));
    assert_non_null(now);
    assert_non_null(next);
    for (int i = 0; i < w * h; i++) {
        now[i] = isnan(f->filled[i]) ? 0 : 1;
        acc[i] = isnan(f->filled[i]) ? (double)NAN : 1;
    }
    for (double moving = 1; moving > 0;) {
        moving = 0;
        memset(next, 0, sizeof(double) * (size_t)(w * h));
        for (int i = 0; i < w * h; i++) {
            double part[9];
            if (now[i] == 0) {
                continue;
            }
            plain_shares(f, w, h, i, way, p, part);
            for (int e = 1; e <= 8; e++) {
                if (part[e] > 0) {
                    next[i + DY[e] * w + DX[e]] += now[i] * part[e];
                    moving += now[i] * part[e];
                }
            }
        }
        for (int i = 0; i < w * h; i++) {
            acc[i] += next[i];
            now[i] = next[i];
        }
    }
    free(now);
    free(next);
}

static void as_the_reference(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 31, H = 23 };
    double want[W * H];
    for (int k = 0; k < 9; k++) {
        gt_ctx *ctx = test_ctx_threads(1 + k % 3);
        gt_flow_way way = (gt_flow_way)(k % 3);
        double p = k == 4 ? 4.3 : k == 5 ? 0.5 : way == GT_FLOW_FREEMAN ? 1.1 : 1;
        double *v =
            random_values((size_t)W * H, 70 + (uint64_t)k, 0, k < 3 ? 12 : 900, k < 6 ? 0 : 0.03);
        gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        s.tile = 16;
        shared f = share(ctx, dir, &s, v, way, k == 4 || k == 5 ? p : 0);
        plain_flow(&f, W, H, way, p, want);
        double out = 0;
        uint64_t outlets = 0;
        for (int i = 0; i < W * H; i++) {
            assert_true(isnan(want[i]) == isnan(f.acc[i]));
            if (!isnan(want[i])) {
                assert_near(f.acc[i], want[i], 1e-6 * want[i]);
                double part[9];
                plain_shares(&f, W, H, i, way, p, part);
                out += part[0] * f.acc[i];
                outlets += part[0] > 0;
            }
        }
        /* nothing is lost */
        assert_near(f.facts.drained, (double)f.facts.n_cells, 1e-10 * W * H);
        assert_near(out, (double)f.facts.n_cells, 1e-4 * W * H);
        assert_int_equal(outlets, f.facts.n_outlets);
        free_shared(&f);
        free(v);
        gt_ctx_free(ctx);
    }
    test_dir_remove(dir);
}

/* The same bits on one thread and on three, in memory and in a scratch file, at any tile. */
static void threads_and_ceiling(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 500, H = 430 };
    double *v = random_values((size_t)W * H, 91, 0, 6, 0.001), *first[3] = {NULL};
    for (int i = 0; i < W * H; i++) {
        v[i] += i / W * 0.7 + i % W * 0.25;
    }
    for (int k = 0; k < 9; k++) {
        gt_ctx_options o;
        gt_ctx_options_init(&o);
        o.threads = 1 + k / 3;
        o.memory_ceiling = k / 3 == 2 ? (size_t)3000 << 10 : 0;
        gt_ctx *ctx = gt_ctx_new(&o);
        gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        s.tile = k / 3 == 1 ? 64 : 0;
        shared f = share(ctx, dir, &s, v, (gt_flow_way)(k % 3), 0);
        if (first[k % 3] == NULL) {
            first[k % 3] = f.acc;
            f.acc = NULL;
        } else {
            assert_memory_equal(first[k % 3], f.acc, sizeof(double) * W * H);
        }
        free_shared(&f);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    for (int k = 0; k < 3; k++) {
        free(first[k]);
    }
    free(v);
    test_dir_remove(dir);
}

/* Smooth heights without ties, mirrored and turned: results follow. */
static void mirrored(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    enum { W = 40, H = 29 };
    double v[W * H], m[W * H];
    test_rng rng;
    test_rng_seed(&rng, 5);
    for (int i = 0; i < W * H; i++) {
        v[i] = 1000 * test_rng_real(&rng);
    }
    for (int i = 0; i < W * H; i++) {
        m[i] = v[i / W * W + W - 1 - i % W];
    }
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    gt_grid *dem = make_grid(ctx, test_path(dir, "v.tif"), &s, v);
    gt_grid *other = make_grid(ctx, test_path(dir, "m.tif"), &s, m);
    gt_grid *a = like(ctx, test_path(dir, "oa.tif"), dem, GT_CELL_F32);
    gt_grid *b = like(ctx, test_path(dir, "ob.tif"), dem, GT_CELL_F32);
    gt_breach_facts fa, fb;
    assert_ok(ctx, gt_grid_breach(ctx, dem, NULL, a, &fa));
    assert_ok(ctx, gt_grid_breach(ctx, other, NULL, b, &fb));
    assert_int_equal(fa.n_pits, fb.n_pits);
    assert_true(fa.n_pits > 50);
    assert_int_equal(fa.n_opened, fa.n_pits); /* no limit: all are opened */
    assert_int_equal(fa.n_raised, 0);
    double *x = read_all(ctx, a), *y = read_all(ctx, b);
    for (int i = 0; i < W * H; i++) {
        assert_near(x[i], y[i / W * W + W - 1 - i % W], 0);
    }
    free(x);
    free(y);
    for (int i = 0; i < W * H; i++) { /* falls to the south everywhere: no flats, no ties */
        v[i] = 5 * test_rng_real(&rng) + 20 * (H - i / W);
    }
    for (int i = 0; i < W * H; i++) {
        m[i] = v[i / W * W + W - 1 - i % W];
    }
    for (int way = 0; way < 3; way++) {
        shared f = share(ctx, dir, &s, v, (gt_flow_way)way, 0);
        shared g = share(ctx, dir, &s, m, (gt_flow_way)way, 0);
        for (int i = 0; i < W * H; i++) {
            int k = i / W * W + W - 1 - i % W;
            assert_near(f.acc[i], g.acc[k], 1e-5 * f.acc[i]);
            assert_near(f.width[i], g.width[k], 1e-5);
            bool turned = way != GT_FLOW_DINF || f.angle[i] < 0 ||
                          fabs(remainder(f.angle[i] + g.angle[k], 360)) < 1e-4;
            assert_true(turned);
        }
        free_shared(&f);
        free_shared(&g);
    }
    gt_grid_close(ctx, a);
    gt_grid_close(ctx, b);
    gt_grid_close(ctx, dem);
    gt_grid_close(ctx, other);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- breaching ----------------------------------------------------------------------------------
 */

static double *breach(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *v,
                      const gt_breach_options *o, gt_breach_facts *facts)
{
    gt_grid *dem = make_grid(ctx, test_path(dir, "dem.tif"), s, v);
    gt_grid *out = like(ctx, test_path(dir, "out.tif"), dem, GT_CELL_F32);
    assert_ok(ctx, gt_grid_breach(ctx, dem, o, out, facts));
    double *z = read_all(ctx, out);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, dem);
    return z;
}

/* RichDEM's tests/depressions/testdem1: walls of 2 around two hollows of 0, an open plain of 0.
 * Filled without limit (testdem1.all.out) the hollows are level with the walls, the plain stays. */
static void richdem_fill(void **state)
{
    (void)state;
    static const char *const rows[10] = {"0000000000", "0000000000", "0222200000", "0200222200",
                                         "0222200200", "0020200200", "0022200200", "0000222200",
                                         "0000000000", "0000000000"};
    static const char *const want[10] = {"0000000000", "0000000000", "0222200000", "0222222200",
                                         "0222222200", "0022222200", "0022222200", "0000222200",
                                         "0000000000", "0000000000"};
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double v[100];
    for (int i = 0; i < 100; i++) {
        v[i] = rows[i / 10][i % 10] - '0';
    }
    gt_grid_spec s = spec_of(10, 10, GT_CELL_F32);
    shared f = share(ctx, dir, &s, v, GT_FLOW_QUINN, 0);
    for (int i = 0; i < 100; i++) {
        assert_near(f.filled[i], want[i / 10][i % 10] - '0', 0);
    }
    assert_near(f.facts.drained, 100, 1e-9);
    free_shared(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* The hollow of RichDEM's tests/breaching/testdem1: 1 in a block of 8 with a notch of 7 to the
 * south, 0 outside. RichDEM opens it at the lowest pass; the least is dug (2 x 7, not 3 x 6)
 * through the wall to the north, unless 7 is too deep. Then, and where it is filled, both agree. */
static void richdem_cases(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { N = 10, NONE, WALL, NOTCH, FILL };
    double v[N * N];
    for (int i = 0; i < N * N; i++) {
        int c = i % N, r = i / N;
        v[i] = c == 0 || r == 0 || c == N - 1 || r == N - 1 ? 0
               : r >= 3 && r <= 5 && c >= 3 && c <= 5       ? 1
               : c == 5 && r >= 6                           ? 7
                                                            : 8;
    }
    gt_grid_spec s = spec_of(N, N, GT_CELL_F32);
    static const struct {
        double length, depth; /* cells; m */
        bool fill;
        int what;
    } cases[] = {{0, 0, true, WALL},     {4, 8, true, WALL},     {3, 0, false, WALL},
                 {4, 7, true, WALL},     {4, 6.99, true, NOTCH}, {4, 6, false, NOTCH},
                 {4, 5.99, false, NONE}, {4, 2, false, NONE},    {4, 2, true, FILL},
                 {2.9, 0, false, NONE},  {2, 0, true, FILL},     {3.9, 6, true, FILL}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gt_breach_options o;
        gt_breach_facts facts;
        int what = cases[k].what;
        gt_breach_options_init(&o);
        o.max_length = cases[k].length * 10;
        o.max_depth = cases[k].depth;
        o.fill = cases[k].fill;
        double *z = breach(ctx, dir, &s, v, &o, &facts);
        for (int i = 0; i < N * N; i++) {
            bool wall = i == 2 * N + 3 || i == N + 3;
            double want = what == WALL && wall         ? 1
                          : what == NOTCH && v[i] == 7 ? 1
                          : what == FILL && v[i] == 1  ? 7
                                                       : v[i];
            assert_near(z[i], want, 0);
        }
        assert_int_equal(facts.n_pits, 1); /* nine cells, one flat */
        assert_int_equal(facts.n_opened, what == WALL || what == NOTCH);
        assert_int_equal(facts.n_dug, what == WALL ? 2 : what == NOTCH ? 3 : 0);
        assert_near(facts.dug, what == WALL ? 14 : what == NOTCH ? 18 : 0, 0);
        assert_int_equal(facts.n_raised, what == FILL ? 9 : 0);
        free(z);
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Nested pits, noise, holes: without limits everything is opened and nothing raised; with limits
 * the rest is filled; either way the surface drains, and what is dug is at most what was there. */
static void opened_relief(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 67, H = 45 };
    for (int k = 0; k < 6; k++) {
        gt_ctx *ctx = test_ctx_threads(1 + k % 3);
        double *v = random_values((size_t)W * H, 300 + (uint64_t)k, -40, k % 2 == 0 ? 0 : 500,
                                  k / 3 * 0.02);
        gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        gt_breach_options o;
        gt_breach_facts facts;
        gt_breach_options_init(&o);
        o.max_length = k < 2 ? 0 : 30;
        o.max_depth = k < 2 ? 0 : 20;
        double *z = breach(ctx, dir, &s, v, &o, &facts);
        uint64_t dug = 0, raised = 0, cells = 0;
        for (int i = 0; i < W * H; i++) {
            dug += z[i] < v[i];
            raised += z[i] > v[i];
            cells += isnan(v[i]) ? 0 : 1;
            assert_true(isnan(z[i]) == isnan(v[i]));
            assert_true(!(o.max_depth > 0 && v[i] - z[i] > o.max_depth * (1 + 1e-6)));
        }
        assert_true(facts.n_pits > 20 && facts.n_opened > 0);
        assert_int_equal(facts.n_cells, cells);
        assert_true(k >= 2 || (facts.n_opened == facts.n_pits && raised == 0));
        assert_true(k < 2 || (facts.n_opened < facts.n_pits && raised > 0));
        assert_true(dug <= facts.n_dug); /* some of it is filled again */
        gt_breach_facts again;
        double *same = breach(ctx, dir, &s, z, &o, &again); /* drains: nothing is left to do */
        assert_int_equal(again.n_pits, 0);
        assert_int_equal(again.n_raised, 0);
        assert_memory_equal(same, z, sizeof(double) * W * H);
        free(same);
        free(z);
        free(v);
        gt_ctx_free(ctx);
    }
    test_dir_remove(dir);
}

/* A road across a valley: the channel is cut through it where the valley runs, not around. */
static void road(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { W = 15, H = 21 };
    double v[W * H];
    for (int i = 0; i < W * H; i++) { /* a valley to the south along column 7; a bank on row 10 */
        v[i] = 2 * abs(i % W - 7) + 0.25 * (H - i / W) + (i / W == 10 ? 3 : 0);
    }
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    gt_breach_options o;
    gt_breach_facts facts;
    gt_breach_options_init(&o);
    o.max_length = 50;
    o.max_depth = 5;
    double *z = breach(ctx, dir, &s, v, &o, &facts);
    for (int i = 0; i < W * H; i++) {
        bool cut = i == 10 * W + 7;
        assert_near(z[i], cut ? v[9 * W + 7] : v[i], 1e-6);
    }
    assert_int_equal(facts.n_opened, 1);
    assert_int_equal(facts.n_dug, 1);
    free(z);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void odd_input(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double v[6] = {3, 1, 2, 2, 2, 9}, none[6] = {(double)NAN, (double)NAN, (double)NAN,
                                                       (double)NAN, (double)NAN, (double)NAN};
    const int64_t shapes[][2] = {{1, 1}, {6, 1}, {1, 6}, {3, 2}};
    for (int k = 0; k < 12; k++) {
        gt_grid_spec s = spec_of(shapes[k / 3][0], shapes[k / 3][1], GT_CELL_F32);
        shared f = share(ctx, dir, &s, v, (gt_flow_way)(k % 3), 0);
        assert_near(f.facts.drained, (double)f.facts.n_cells, 1e-12);
        free_shared(&f);
        f = share(ctx, dir, &s, none, (gt_flow_way)(k % 3), 0);
        assert_int_equal(f.facts.n_cells, 0);
        assert_true(isnan(f.acc[0]) && isnan(f.width[0]));
        free_shared(&f);
        gt_breach_facts facts;
        double *z = breach(ctx, dir, &s, none, NULL, &facts);
        assert_true(isnan(z[0]) && facts.n_pits == 0 && facts.n_cells == 0);
        free(z);
    }
    gt_grid_spec s = spec_of(3, 2, GT_CELL_F32);
    gt_grid *dem = make_grid(ctx, test_path(dir, "x.tif"), &s, v);
    gt_grid *out = like(ctx, test_path(dir, "y.tif"), dem, GT_CELL_F32);
    const gt_multiflow_out to = {out, NULL, NULL}, angle = {NULL, out, NULL};
    gt_multiflow_options o;
    gt_multiflow_options_init(&o);
    static const struct {
        double dir[6];
        const char *why;
    } bad[] = {{{0, 0, 9, 0, 0, 0}, "no direction"},
               {{0, 3, 0, 0, 0, 0}, "without a height"},
               {{1, 1, 1, 3, 2, 0}, "uphill"},
               {{7, 7, 7, 1, 5, 0}, "circle"}};
    const double flat[6] = {2, 2, 2, 2, 2, 3};
    gt_grid *level = make_grid(ctx, test_path(dir, "l.tif"), &s, flat);
    s.type = GT_CELL_U8;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        gt_grid *d = make_grid(ctx, test_path(dir, "d.tif"), &s, bad[k].dir);
        assert_fails(ctx, gt_grid_multiflow(ctx, k == 2 ? dem : level, d, &o, &to, NULL),
                     GT_E_INPUT, "grid.direction");
        gt_grid_close(ctx, d);
    }
    gt_grid *d = make_grid(ctx, test_path(dir, "d.tif"), &s, (const double[6]){0});
    o.way = GT_FLOW_QUINN;
    assert_fails(ctx, gt_grid_multiflow(ctx, dem, d, &o, &angle, NULL), GT_E_USAGE, "grid.walk");
    const double exponents[] = {-1, 20.5, (double)NAN, (double)INFINITY};
    for (int k = 0; k < 4; k++) {
        o.exponent = exponents[k];
        assert_fails(ctx, gt_grid_multiflow(ctx, dem, d, &o, &to, NULL), GT_E_USAGE, "grid.walk");
    }
    gt_breach_options b;
    gt_breach_options_init(&b);
    b.max_length = -1;
    assert_fails(ctx, gt_grid_breach(ctx, dem, &b, out, NULL), GT_E_USAGE, "grid.walk");
    b.max_length = 0;
    b.max_depth = (double)NAN;
    assert_fails(ctx, gt_grid_breach(ctx, dem, &b, out, NULL), GT_E_USAGE, "grid.walk");
    s.x_west += 3;
    gt_grid *aside = make_grid(ctx, test_path(dir, "aside.tif"), &s, (const double[6]){0});
    assert_fails(ctx, gt_grid_multiflow(ctx, dem, aside, NULL, &to, NULL), GT_E_INPUT,
                 "grid.cells-differ");
    assert_fails(ctx, gt_grid_breach(ctx, dem, NULL, aside, NULL), GT_E_INPUT, "grid.cells-differ");
    s = spec_of(50000, 50000, GT_CELL_U8);
    gt_grid *huge = NULL;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &huge));
    assert_fails(ctx, gt_grid_breach(ctx, huge, NULL, huge, NULL), GT_E_LIMIT, "grid.too-many");
    const gt_multiflow_out nothing = {NULL, NULL, NULL};
    assert_fails(ctx, gt_grid_multiflow(ctx, huge, huge, NULL, &nothing, NULL), GT_E_LIMIT,
                 "grid.too-many");
    gt_flow_way way;
    assert_true(gt_flow_way_parse("freeman", &way) && way == GT_FLOW_FREEMAN);
    assert_false(gt_flow_way_parse("d8", &way));
    gt_grid *all[] = {huge, aside, d, level, out, dem};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gt_grid_close(ctx, all[i]);
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plane),
        cmocka_unit_test(peak),
        cmocka_unit_test(as_the_reference),
        cmocka_unit_test(threads_and_ceiling),
        cmocka_unit_test(mirrored),
        cmocka_unit_test(richdem_fill),
        cmocka_unit_test(richdem_cases),
        cmocka_unit_test(opened_relief),
        cmocka_unit_test(road),
        cmocka_unit_test(odd_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
