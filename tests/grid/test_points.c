/* Kernel density against a plain sum, its integral, its edges; sampling. */
#include "grid/grids.h"
#include "guotu/grid_points.h"

static double *density(gt_ctx *ctx, const char *dir, const gt_grid_spec *s,
                       const gt_density_points *p, const gt_density_options *o)
{
    gt_grid *out = NULL;
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "d.tif"), s, &out));
    assert_ok(ctx, gt_grid_density(ctx, p, o, out));
    double *v = read_all(ctx, out);
    gt_grid_close(ctx, out);
    return v;
}

static double total(const double *v, int n, double cell_area)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += v[i];
    }
    return sum * cell_area;
}

/* One point in the middle of a cell: the kernel's formula at every cell, its integral, its unit. */
static void one_point(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { N = 61 };
    gt_grid_spec s = spec_of(N, N, GT_CELL_F64);
    gt_density_points p = {0};
    assert_ok(ctx, gt_density_add_point(ctx, &p, 500305, 4399695, 2)); /* centre of (30, 30) */
    for (int k = 0; k < 4; k++) {
        gt_density_options o;
        gt_density_options_init(&o);
        o.kernel = k % 2 == 0 ? GT_DENSITY_QUARTIC : GT_DENSITY_GAUSSIAN;
        o.bandwidth = k % 2 == 0 ? 100 : 50;
        o.per = k < 2 ? 1 : 1e6;
        double *v = density(ctx, dir, &s, &p, &o), h2 = o.bandwidth * o.bandwidth;
        for (int i = 0; i < N * N; i++) {
            double d2 = 100.0 * ((i % N - 30) * (i % N - 30) + (i / N - 30) * (i / N - 30));
            double quartic = d2 < h2 ? 3 / (3.14159265358979323846 * h2) * pow(1 - d2 / h2, 2) : 0;
            double gauss =
                d2 < 16 * h2 ? exp(-d2 / 2 / h2) / (2 * 3.14159265358979323846 * h2) / (1 - exp(-8))
                             : 0;
            assert_near(v[i], 2 * o.per * (k % 2 == 0 ? quartic : gauss), 1e-12 * o.per);
        }
        assert_near(total(v, N * N, 100) / o.per, 2, 0.01);
        free(v);
    }
    gt_density_free(ctx, &p);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Weight 1 and a bandwidth of 1 km: 0.954930 per km2 in the middle. */
static void density_of_the_card(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(61, 61, GT_CELL_F64);
    gt_density_points p = {0};
    gt_density_options o;
    assert_ok(ctx, gt_density_add_point(ctx, &p, 500305, 4399695, 1));
    gt_density_options_init(&o);
    o.kernel = GT_DENSITY_QUARTIC;
    o.bandwidth = 1000;
    o.per = 1e6;
    double *v = density(ctx, dir, &s, &p, &o);
    assert_near(v[30 * 61 + 30], 0.954930, 5e-7);
    free(v);
    gt_density_free(ctx, &p);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* In a corner three quarters are lost, or kept when renormalized; outside points send in. */
static void edges(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    enum { N = 40 };
    gt_grid_spec s = spec_of(N, N, GT_CELL_F64);
    gt_density_points p = {0};
    gt_density_options o;
    gt_density_options_init(&o);
    o.bandwidth = 90;
    assert_ok(ctx, gt_density_add_point(ctx, &p, 500000, 4400000, 1));
    double *v = density(ctx, dir, &s, &p, &o);
    assert_near(total(v, N * N, 100), 0.25, 0.005);
    free(v);
    o.renormalize = true;
    v = density(ctx, dir, &s, &p, &o);
    assert_near(total(v, N * N, 100), 1, 1e-12);
    free(v);
    assert_ok(ctx,
              gt_density_add_point(ctx, &p, 499950, 4399800, 1)); /* 50 m outside: reaches in */
    assert_ok(ctx, gt_density_add_point(ctx, &p, 499000, 4399800, 1)); /* does not */
    assert_ok(ctx, gt_density_add_point(ctx, &p, 1e300, -1e300, 1));
    v = density(ctx, dir, &s, &p, &o);
    assert_near(total(v, N * N, 100), 2, 1e-12);
    free(v);
    o.renormalize = false;
    v = density(ctx, dir, &s, &p, &o);
    assert_true(total(v, N * N, 100) > 0.26 && total(v, N * N, 100) < 0.7);
    free(v);
    gt_density_free(ctx, &p);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Many points on a grid of several blocks: a plain sum; the same bits at any thread count and tile;
 * mirrored points mirror it. */
static void as_a_plain_sum(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 300, H = 270, N = 150 };
    double *first[2] = {NULL};
    for (int k = 0; k < 6; k++) {
        gt_ctx *ctx = test_ctx_threads(1 + k / 2);
        gt_grid_spec s = spec_of(W, H, GT_CELL_F64);
        s.tile = k < 2 ? 0 : 64;
        gt_density_points p = {0}, mirror = {0};
        gt_density_options o;
        test_rng rng;
        test_rng_seed(&rng, 3);
        for (int i = 0; i < N; i++) {
            double x = 499700 + 3600 * test_rng_real(&rng),
                   y = 4396900 + 3300 * test_rng_real(&rng);
            double w = test_rng_real(&rng);
            assert_ok(ctx, gt_density_add_point(ctx, &p, x, y, w));
            assert_ok(ctx, gt_density_add_point(ctx, &mirror, 2 * 501500 - x, y, w));
        }
        gt_density_options_init(&o);
        o.kernel = k % 2 == 0 ? GT_DENSITY_QUARTIC : GT_DENSITY_GAUSSIAN;
        o.bandwidth = k % 2 == 0 ? 777 : 61;
        o.per = 1e6;
        double *v = density(ctx, dir, &s, &p, &o);
        if (first[k % 2] != NULL) {
            assert_memory_equal(first[k % 2], v, sizeof *v * W * H);
            free(v);
        } else {
            first[k % 2] = v;
            double *m = density(ctx, dir, &s, &mirror, &o), h2 = o.bandwidth * o.bandwidth;
            for (int i = 0; i < W * H; i += 7) {
                double sum = 0, x = 500005 + 10.0 * (i % W), y = 4399995 - 10.0 * (i / W);
                for (size_t j = 0; j < p.n; j++) {
                    double u = (pow(x - p.xy[2 * j], 2) + pow(y - p.xy[2 * j + 1], 2)) / h2;
                    sum += k % 2 == 0 ? (u < 1 ? p.weight[j] * pow(1 - u, 2) : 0)
                           : u < 16   ? p.weight[j] * exp(-u / 2)
                                      : 0;
                }
                sum *= 1e6 / 3.14159265358979323846 / h2 * (k % 2 == 0 ? 3 : 0.5 / (1 - exp(-8)));
                assert_near(v[i], sum, 1e-9 * (1 + sum));
                assert_near(m[i / W * W + W - 1 - i % W], v[i], 1e-9 * (1 + sum));
            }
            free(m);
        }
        gt_density_free(ctx, &p);
        gt_density_free(ctx, &mirror);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    free(first[0]);
    free(first[1]);
    test_dir_remove(dir);
}

/* A line weighs its length; a long straight one has the density of its cross section. */
static void lines(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { W = 81, H = 61 };
    gt_grid_spec s = spec_of(W, H, GT_CELL_F64);
    gt_density_points p = {0};
    gt_density_options o;
    gt_density_options_init(&o);
    o.bandwidth = 100;
    const double bent[6] = {500200, 4399800, 500500, 4399800, 500500, 4399600};
    assert_ok(ctx, gt_density_add_line(ctx, &p, bent, 3, 1, 7));
    double *v = density(ctx, dir, &s, &p, &o), sum = 0;
    for (size_t i = 0; i < p.n; i++) {
        sum += p.weight[i];
    }
    assert_near(sum, 500, 1e-9);
    assert_int_equal(p.n, 43 + 29);
    assert_near(total(v, W * H, 100), 500, 0.5);
    free(v);
    gt_density_free(ctx, &p);
    const double across[4] = {499000, 4399795, 502000, 4399795};
    assert_ok(ctx, gt_density_add_line(ctx, &p, across, 2, 1, 5));
    v = density(ctx, dir, &s, &p, &o);
    /* integral of the quartic along a line through its middle: 3 / (pi h^2) * 16 h / 15 */
    assert_near(v[20 * W + 40], 3 / (3.14159265358979323846 * 100) * 16 / 15, 1e-6);
    free(v);
    gt_density_free(ctx, &p);
    const double point[4] = {500000, 4400000, 500000, 4400000};
    assert_ok(ctx, gt_density_add_line(ctx, &p, point, 2, 1, 5));
    assert_ok(ctx, gt_density_add_line(ctx, &p, point, 1, 1, 5));
    assert_int_equal(p.n, 0);
    const double far[4] = {0, 0, 1e9, 0}, bad[4] = {0, 0, (double)INFINITY, 0};
    assert_fails(ctx, gt_density_add_line(ctx, &p, far, 2, 1, 5), GT_E_LIMIT, "grid.too-many");
    assert_fails(ctx, gt_density_add_line(ctx, &p, bad, 2, 1, 5), GT_E_INPUT, "grid.point");
    gt_density_free(ctx, &p);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void bad_density(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_density_points p = {0};
    const double N = (double)NAN,
                 bad[][3] = {{N, 0, 1}, {0, (double)INFINITY, 1}, {0, 0, -1}, {0, 0, N}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(ctx, gt_density_add_point(ctx, &p, bad[i][0], bad[i][1], bad[i][2]),
                     GT_E_INPUT, "grid.point");
    }
    gt_grid_spec s = spec_of(5, 4, GT_CELL_F32);
    gt_grid *out = NULL;
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "d.tif"), &s, &out));
    gt_density_options o;
    const double widths[] = {9.99, 10000.1, -1, 0, N};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        gt_density_options_init(&o);
        o.bandwidth = widths[i];
        assert_fails(ctx, gt_grid_density(ctx, &p, &o, out), GT_E_USAGE, "grid.walk");
    }
    o.bandwidth = 20;
    o.per = 0;
    assert_fails(ctx, gt_grid_density(ctx, &p, &o, out), GT_E_USAGE, "grid.walk");
    o.per = 1;
    assert_ok(ctx, gt_grid_density(ctx, &p, &o, out)); /* no points: 0 everywhere */
    double *v = read_all(ctx, out);
    assert_near(v[7], 0, 0);
    free(v);
    gt_grid_close(ctx, out);
    s.crs = "EPSG:4490";
    s.x_west = 116;
    s.y_north = 40;
    s.cell_x = s.cell_y = 0.1;
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "g.tif"), &s, &out));
    o.bandwidth = 1;
    assert_fails(ctx, gt_grid_density(ctx, &p, &o, out), GT_E_INPUT, "grid.not-projected");
    gt_grid_close(ctx, out);
    gt_density_kernel kernel;
    assert_true(gt_density_kernel_parse("gaussian", &kernel) && kernel == GT_DENSITY_GAUSSIAN);
    assert_true(gt_density_kernel_parse("quartic", &kernel) && kernel == GT_DENSITY_QUARTIC);
    assert_false(gt_density_kernel_parse("cone", &kernel));
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- sampling -----------------------------------------------------------------------------------
 */

static void samples(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    enum { W = 40, H = 30, N = 5000 };
    const double none = (double)NAN;
    double *v = malloc(sizeof *v * W * H);
    assert_non_null(v);
    for (int i = 0; i < W * H; i++) { /* a plane: bilinear is exact */
        v[i] = 2.0 * (i % W) - 3.0 * (i / W);
    }
    v[10 * W + 10] = none;
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    s.packing = GT_GRID_ZSTD;
    s.tile = 16;
    gt_grid *g = make_grid(ctx, test_path(dir, "g.tif"), &s, v);
    const double xy[][2] = {{500000, 4400000},         {500009.99, 4399990.01}, {500010, 4399990},
                            {500105, 4399895},         {500399.9, 4399700.1},   {500400, 4399850},
                            {499999.9, 4399900},       {500200, 4399700},       {none, 4399900},
                            {500200, (double)INFINITY}};
    const double want[] = {0, 0, -1, none, 2 * 39 - 3 * 29, none, none, none, none, none};
    double out[10];
    assert_ok(ctx, gt_grid_sample(ctx, g, xy[0], 10, false, out));
    for (int i = 0; i < 10; i++) {
        assert_true(same_value(out[i], want[i]));
    }
    const double between[][2] = {{500205, 4399795},  {500207.5, 4399793}, {500000, 4400000},
                                 {500399, 4399701},  {500100, 4399900},   {500115, 4399895},
                                 {500114.9, 4399895}};
    const double mid[] = {
        2 * 20 - 3 * 20, 2 * 20.25 - 3 * 20.2, 0, 2 * 39 - 3 * 29, none, 2 * 11 - 3 * 10, none};
    assert_ok(ctx, gt_grid_sample(ctx, g, between[0], 7, true, out));
    for (int i = 0; i < 7; i++) {
        assert_true(same_value(out[i], mid[i]) || fabs(out[i] - mid[i]) < 1e-6);
    }
    /* many: as cell by cell */
    double *many = malloc(sizeof *many * 2 * N), *got = malloc(sizeof *got * N);
    assert_non_null(many);
    assert_non_null(got);
    test_rng rng;
    test_rng_seed(&rng, 1);
    for (int i = 0; i < N; i++) {
        many[2 * i] = 499990 + 420 * test_rng_real(&rng);
        many[2 * i + 1] = 4399690 + 320 * test_rng_real(&rng);
    }
    assert_ok(ctx, gt_grid_sample(ctx, g, many, N, false, got));
    for (int i = 0; i < N; i++) {
        int64_t c = 0, r = 0;
        double one = 0;
        gt_grid_cell_of(g, many[2 * i], many[2 * i + 1], &c, &r);
        assert_ok(ctx, gt_grid_at(ctx, g, c, r, &one));
        assert_true(same_value(one, got[i]));
    }
    assert_ok(ctx, gt_grid_sample(ctx, g, many, 0, false, got));
    free(many);
    free(got);
    free(v);
    gt_grid_close(ctx, g);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_point), cmocka_unit_test(density_of_the_card),
        cmocka_unit_test(edges),     cmocka_unit_test(as_a_plain_sum),
        cmocka_unit_test(lines),     cmocka_unit_test(bad_density),
        cmocka_unit_test(samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
