/* Exact zonal statistics and rasterising against a plain reference: every cell clipped by halving
 * planes; a tessellation whose shares sum to whole cells; holes, parts, edges of the grid; what is
 * refused. */
#include "grid/grids.h"
#include "guotu/grid_zones.h"

#define NONE ((double)NAN)

/* A table of one run, filled ring by ring. */
typedef struct builder {
    gt_polygon_table table;
    gt_polygon_run run;
    double xy[20000];
    uint32_t ring_end[2000], part_end[2000], feature_end[1000];
    int64_t fid[1000];
} builder;

static builder *new_builder(void)
{
    builder *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->run.xy = b->xy;
    b->run.ring_end = b->ring_end;
    b->run.part_end = b->part_end;
    b->run.feature_end = b->feature_end;
    b->run.fid = b->fid;
    b->table.name = (char *)"zones";
    b->table.runs = &b->run;
    b->table.n_runs = 1;
    return b;
}

/* Points in cells of the test grid, x to the east, y to the south. */
static void add_ring(builder *b, const double *p, size_t n)
{
    for (size_t i = 0; i <= n; i++) {
        b->xy[2 * b->run.n_points] = 500000 + 10 * p[2 * (i % n)];
        b->xy[2 * b->run.n_points++ + 1] = 4400000 - 10 * p[2 * (i % n) + 1];
    }
    b->ring_end[b->run.n_rings++] = (uint32_t)b->run.n_points;
}

static void end_part(builder *b)
{
    b->part_end[b->run.n_parts++] = (uint32_t)b->run.n_rings;
}

static void end_feature(builder *b)
{
    b->fid[b->run.n_features] = 100 + (int64_t)b->run.n_features;
    b->feature_end[b->run.n_features++] = (uint32_t)b->run.n_parts;
    b->table.n_features = b->run.n_features;
}

static void add_polygon(builder *b, const double *p, size_t n)
{
    add_ring(b, p, n);
    end_part(b);
    end_feature(b);
}

/* ---- the reference -----------------------------------------------------------------------------
 */

/* Keeps the side of a ring where s * (p[axis] - at) >= 0. */
static size_t clip(const double *in, size_t n, int axis, double at, double s, double *out)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const double *a = in + 2 * i, *b = in + 2 * ((i + 1) % n);
        double da = s * (a[axis] - at), db = s * (b[axis] - at);
        if (da >= 0) {
            out[2 * m] = a[0];
            out[2 * m++ + 1] = a[1];
        }
        if ((da > 0 && db < 0) || (da < 0 && db > 0)) {
            double t = da / (da - db);
            out[2 * m] = a[0] + t * (b[0] - a[0]);
            out[2 * m++ + 1] = a[1] + t * (b[1] - a[1]);
        }
    }
    return m;
}

static double plain_share(const double *ring, size_t n, int c, int r)
{
    double a[400], b[400], twice = 0;
    size_t m = clip(ring, n, 0, c, 1, a);
    m = clip(a, m, 0, c + 1, -1, b);
    m = clip(b, m, 1, r, 1, a);
    m = clip(a, m, 1, r + 1, -1, b);
    for (size_t i = 0; i < m; i++) {
        size_t k = (i + 1) % m;
        twice += b[2 * i] * b[2 * k + 1] - b[2 * k] * b[2 * i + 1];
    }
    return fabs(twice) / 2;
}

/* ---- cases -------------------------------------------------------------------------------------
 */

/* A rectangle over quarters of cells, by hand. */
static void quarters(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double v[9] = {1, 2, 3, 4, 5, 6, 7, 8, NONE},
                 p[] = {0.5, 0.5, 0.5, 2.5, 2.5, 2.5, 2.5, 0.5};
    const gt_grid_spec s = spec_of(3, 3, GT_CELL_F32);
    gt_grid *g = make_grid(ctx, test_path(dir, "v.tif"), &s, v);
    builder *b = new_builder();
    add_polygon(b, p, 4);
    gt_zone_stats *z = NULL;
    assert_ok(ctx, gt_grid_zonal(ctx, g, &b->table, &z));
    assert_int_equal(z[0].fid, 100);
    assert_near(z[0].cells, 3.75, 1e-12);
    assert_near(z[0].outside, 0.25, 1e-9);
    /* a quarter of the corners, half of the sides, all of the centre */
    assert_near(z[0].sum, 0.25 * (1 + 3 + 7) + 0.5 * (2 + 4 + 6 + 8) + 5, 1e-12);
    assert_near(z[0].mean, z[0].sum / 3.75, 1e-12);
    assert_true(z[0].min == 1 && z[0].max == 8);
    double var = 0;
    const double share[9] = {0.25, 0.5, 0.25, 0.5, 1, 0.5, 0.25, 0.5, 0};
    for (int i = 0; i < 8; i++) {
        var += share[i] * (v[i] - z[0].mean) * (v[i] - z[0].mean) / 3.75;
    }
    assert_near(z[0].sd, sqrt(var), 1e-12);
    gt_free(ctx, z);
    free(b);
    gt_grid_close(ctx, g);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static size_t star(test_rng *rng, double *p)
{
    size_t n = 3 + test_rng_next(rng) % 20;
    double x = 60 * test_rng_real(rng) - 10, y = 50 * test_rng_real(rng) - 10;
    for (size_t i = 0; i < n; i++) { /* around a centre: never crosses itself */
        double a = 6.283185307179586 * (double)i / (double)n, r = 0.2 + 12 * test_rng_real(rng);
        p[2 * i] = x + r * cos(a);
        p[2 * i + 1] = y + r * sin(a);
    }
    return n;
}

/* Stars of any orientation, partly off the grid, against clipping cell by cell. */
static void against_clipping(void **state)
{
    (void)state;
    enum { W = 41, H = 33, STARS = 60 };
    gt_ctx *ctx = test_ctx_threads(3);
    char *dir = test_dir();
    double *v = random_values((size_t)W * H, 5, -50, 50, 0.1);
    gt_grid_spec s = spec_of(W, H, GT_CELL_F64);
    s.tile = 16;
    gt_grid *g = make_grid(ctx, test_path(dir, "v.tif"), &s, v);
    builder *b = new_builder();
    test_rng rng;
    test_rng_seed(&rng, 11);
    double ring[STARS][60];
    size_t n[STARS];
    for (int k = 0; k < STARS; k++) {
        n[k] = star(&rng, ring[k]);
        add_polygon(b, ring[k], n[k]);
    }
    gt_zone_stats *z = NULL;
    assert_ok(ctx, gt_grid_zonal(ctx, g, &b->table, &z));
    for (int k = 0; k < STARS; k++) {
        double cells = 0, sum = 0;
        for (int i = 0; i < W * H; i++) {
            double f = plain_share(ring[k], n[k], i % W, i / W);
            cells += isnan(v[i]) ? 0 : f;
            sum += isnan(v[i]) ? 0 : f * v[i];
        }
        assert_near(z[k].cells, cells, 1e-6);
        assert_near(z[k].sum, sum, 1e-4);
        assert_true(cells > 1e-6 || isnan(z[k].mean));
    }
    gt_free(ctx, z);
    /* one star alone: the share grid is the reference itself */
    b->run.n_features = b->table.n_features = 1;
    gt_grid *share = NULL;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &share));
    assert_ok(ctx, gt_grid_rasterize(ctx, &b->table, NULL, share));
    double *got = read_all(ctx, share);
    for (int i = 0; i < W * H; i++) {
        assert_near(got[i], plain_share(ring[0], n[0], i % W, i / W), 1e-8);
    }
    free(got);
    gt_grid_close(ctx, share);
    gt_grid_close(ctx, g);
    free(b);
    free(v);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Triangles that tile the grid: shares sum to every cell, whatever the slope of the edges. */
static void tessellation(void **state)
{
    (void)state;
    enum { W = 1500, H = 700 };
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    gt_grid *share = NULL, *who = NULL;
    builder *b = new_builder();
    const double mid[2] = {711.3, 401.7};
    const double corner[5][2] = {{0, 0}, {W, 0}, {W, H}, {0, H}, {0, 0}};
    for (int k = 0; k < 4; k++) {
        const double p[] = {corner[k][0],     corner[k][1], corner[k + 1][0],
                            corner[k + 1][1], mid[0],       mid[1]};
        add_polygon(b, p, 3);
    }
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &share));
    assert_ok(ctx, gt_grid_rasterize(ctx, &b->table, NULL, share));
    double *got = read_all(ctx, share), sums[4] = {0}, all = 0;
    for (int i = 0; i < W * H; i++) {
        assert_near(got[i], 1, 1e-6);
    }
    free(got);
    gt_zone_stats *z = NULL;
    assert_ok(ctx, gt_grid_zonal(ctx, share, &b->table, &z));
    for (int k = 0; k < 4; k++) {
        all += z[k].cells;
    }
    assert_near(all, (double)W * H, 1e-3);
    const double values[] = {7, 8, 9, 10};
    gt_rasterize_options o;
    gt_rasterize_options_init(&o);
    o.values = values;
    s.type = GT_CELL_I32;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &who));
    assert_ok(ctx, gt_grid_rasterize(ctx, &b->table, &o, who));
    got = read_all(ctx, who);
    for (int i = 0; i < W * H; i++) {
        assert_true(got[i] >= 7 && got[i] <= 10);
        sums[(int)got[i] - 7]++;
    }
    for (int k = 0; k < 4; k++) {
        assert_near(sums[k], z[k].cells, 800); /* border cells go wholly to one side */
    }
    free(got);
    gt_zone_class *c = NULL;
    size_t n = 0;
    double per_zone[4] = {0};
    assert_ok(ctx, gt_grid_zone_classes(ctx, who, &b->table, &c, &n));
    for (size_t i = 0; i < n; i++) {
        per_zone[c[i].fid - 100] += c[i].cells;
        assert_true(i == 0 || c[i].fid > c[i - 1].fid || c[i].value > c[i - 1].value);
        assert_true(c[i].value != c[i].fid - 93 || c[i].cells > 0.99 * z[c[i].fid - 100].cells);
    }
    for (int k = 0; k < 4; k++) {
        assert_near(per_zone[k], z[k].cells, 1e-6);
    }
    gt_free(ctx, c);
    gt_free(ctx, z);
    gt_grid_close(ctx, who);
    gt_grid_close(ctx, share);
    free(b);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Holes and parts, either way round; a feature without geometry; one far away; a least share. */
static void shapes(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double v[64];
    for (int i = 0; i < 64; i++) {
        v[i] = i;
    }
    const gt_grid_spec s = spec_of(8, 8, GT_CELL_I16);
    gt_grid *g = make_grid(ctx, test_path(dir, "v.tif"), &s, v), *out = NULL;
    const double shell[] = {1, 1, 7, 1, 7, 7, 1, 7}, hole[] = {2, 2, 4.5, 2, 4.5, 4, 2, 4};
    const double island[] = {-3, -3, -3, 0.5, 0.5, 0.5, 0.5, -3}, far[] = {90, 90, 91, 90, 91, 91};
    builder *b = new_builder();
    add_ring(b, shell, 4);
    add_ring(b, hole, 4); /* the same way round as the shell */
    end_part(b);
    add_ring(b, island, 4);
    end_part(b);
    end_feature(b);
    end_feature(b); /* nothing */
    add_polygon(b, far, 3);
    gt_zone_stats *z = NULL;
    assert_ok(ctx, gt_grid_zonal(ctx, g, &b->table, &z));
    assert_near(z[0].cells, 36 - 5 + 0.25, 1e-9);
    assert_near(z[0].outside, 12.25 - 0.25, 1e-9);
    assert_true(z[0].min == 0 && z[0].max == 54);
    assert_true(z[1].cells == 0 && z[1].outside == 0 && isnan(z[1].mean) && z[1].sum == 0);
    assert_true(z[2].cells == 0 && isnan(z[2].max));
    assert_near(z[2].outside, 0.5, 1e-9);
    gt_free(ctx, z);
    const double values[] = {5, 6, 7};
    gt_rasterize_options o;
    gt_rasterize_options_init(&o);
    o.values = values;
    o.least = 0.6;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &out));
    assert_ok(ctx, gt_grid_rasterize(ctx, &b->table, &o, out));
    double *got = read_all(ctx, out);
    assert_true(isnan(got[0]));         /* a quarter of it */
    assert_true(got[9] == 5);           /* whole */
    assert_true(isnan(got[2 * 8 + 2])); /* in the hole */
    assert_true(isnan(got[2 * 8 + 4])); /* half in the hole */
    assert_true(got[2 * 8 + 5] == 5 && isnan(got[63]));
    free(got);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, g);
    free(b);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const double v[4] = {1, 2.5, 3, 4}, p[] = {0, 0, 2, 0, 2, 2};
    const gt_grid_spec s = spec_of(2, 2, GT_CELL_F32);
    gt_grid *g = make_grid(ctx, test_path(dir, "v.tif"), &s, v), *out = NULL;
    builder *b = new_builder();
    add_polygon(b, p, 3);
    gt_zone_stats *z = NULL;
    gt_zone_class *c = NULL;
    size_t n = 0;
    b->table.srs_id = 4490;
    assert_fails(ctx, gt_grid_zonal(ctx, g, &b->table, &z), GT_E_INPUT, "grid.crs-differs");
    assert_fails(ctx, gt_grid_zone_classes(ctx, g, &b->table, &c, &n), GT_E_INPUT,
                 "grid.crs-differs");
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &out));
    assert_fails(ctx, gt_grid_rasterize(ctx, &b->table, NULL, out), GT_E_INPUT, "grid.crs-differs");
    b->table.srs_id = 4548;
    assert_fails(ctx, gt_grid_zone_classes(ctx, g, &b->table, &c, &n), GT_E_INPUT,
                 "grid.not-integer");
    assert_ok(ctx, gt_grid_zonal(ctx, g, &b->table, &z));
    gt_free(ctx, z);
    b->table.n_features = b->run.n_features = 0; /* no zones is no error */
    assert_ok(ctx, gt_grid_zonal(ctx, g, &b->table, &z));
    gt_free(ctx, z);
    assert_ok(ctx, gt_grid_zone_classes(ctx, g, &b->table, &c, &n));
    assert_int_equal(n, 0);
    gt_free(ctx, c);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, g);
    free(b);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quarters),     cmocka_unit_test(against_clipping),
        cmocka_unit_test(tessellation), cmocka_unit_test(shapes),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
