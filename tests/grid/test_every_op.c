/* Every operation of the room over the same odd grids: holes, nothing but nodata, one cell, one
 * row, one column, a constant, values at the ends of their type. Each succeeds without an infinite
 * value (nodata in stays nodata where that is the law) or says what is wrong; an output that does
 * not lie on the input is refused; nothing stays allocated. */
#include <float.h>

#include "grid/grids.h"
#include "guotu/grid_analysis.h"
#include "guotu/grid_ops.h"
#include "guotu/grid_points.h"
#include "guotu/grid_water.h"
#include "guotu/grid_zones.h"

enum { HOLES = 0, NONE, ONE, ROW, COLUMN, CONSTANT, ENDS, N_KINDS };

typedef struct pair {
    gt_grid *in, *out;
} pair;

static gt_status slope(gt_ctx *ctx, const pair *p)
{
    return gt_grid_terrain(ctx, p->in, GT_TERRAIN_SLOPE, p->out);
}

static gt_status aspect(gt_ctx *ctx, const pair *p)
{
    return gt_grid_terrain(ctx, p->in, GT_TERRAIN_ASPECT, p->out);
}

static gt_status curvature(gt_ctx *ctx, const pair *p)
{
    return gt_grid_terrain(ctx, p->in, GT_TERRAIN_PROFILE, p->out);
}

static gt_status cost(gt_ctx *ctx, const pair *p)
{
    return gt_grid_cost_distance(ctx, p->in, p->in, NULL, p->out, NULL, NULL);
}

static gt_status flow(gt_ctx *ctx, const pair *p)
{
    return gt_grid_flow(ctx, p->in, NULL, p->out, NULL, NULL, NULL);
}

static gt_status breach(gt_ctx *ctx, const pair *p)
{
    return gt_grid_breach(ctx, p->in, NULL, p->out, NULL);
}

static gt_status weighted(gt_ctx *ctx, const pair *p)
{
    gt_grid *const in[2] = {p->in, p->in};
    const double weights[2] = {0.5, 3};
    return gt_grid_weighted_sum(ctx, in, weights, 2, p->out);
}

static gt_status combine(gt_ctx *ctx, const pair *p)
{
    gt_grid *const in[2] = {p->in, p->in};
    return gt_grid_combine(ctx, in, 2, GT_COMBINE_MAX, p->out);
}

static gt_status reclass(gt_ctx *ctx, const pair *p)
{
    const gt_class_range r[2] = {{-INFINITY, 2, 1}, {2, INFINITY, 2}};
    return gt_grid_reclass(ctx, p->in, r, 2, (double)NAN, p->out);
}

static gt_status calc(gt_ctx *ctx, const pair *p)
{
    const char *const names[1] = {"a"};
    return gt_grid_calc(ctx, "a * a / (a - 2) + exp(a)", names, &p->in, 1, p->out);
}

static gt_status focal(gt_ctx *ctx, const pair *p, gt_focal what, bool circle)
{
    gt_focal_options o;
    gt_focal_options_init(&o);
    o.what = what;
    o.radius = 3;
    o.circle = circle;
    o.keep_nodata = true;
    return gt_grid_focal(ctx, p->in, &o, p->out);
}

static gt_status focal_sum(gt_ctx *ctx, const pair *p)
{
    return focal(ctx, p, GT_FOCAL_SUM, false);
}

static gt_status focal_sd(gt_ctx *ctx, const pair *p)
{
    return focal(ctx, p, GT_FOCAL_SD, true);
}

static gt_status focal_majority(gt_ctx *ctx, const pair *p)
{
    return focal(ctx, p, GT_FOCAL_MAJORITY, false);
}

static gt_status distance(gt_ctx *ctx, const pair *p)
{
    return gt_grid_distance(ctx, p->in, NULL, p->out, NULL);
}

static gt_status classify(gt_ctx *ctx, const pair *p)
{
    double breaks[GT_BREAKS_MAX + 1];
    gt_status st = GT_OK;
    for (int how = 0; st == GT_OK && how < 3; how++) {
        st = gt_grid_breaks(ctx, p->in, (gt_breaks)how, 4, breaks);
        for (int k = 0; st == GT_OK && k < 4; k++) {
            assert_true(breaks[k] <= breaks[k + 1]);
        }
    }
    return st == GT_OK ? gt_grid_classify(ctx, p->in, breaks, 4, p->out) : st;
}

static gt_status wetness(gt_ctx *ctx, const pair *p)
{
    return gt_grid_wetness(ctx, p->in, p->in, p->in, p->out);
}

static gt_status downstream(gt_ctx *ctx, const pair *p)
{
    return gt_grid_downstream(ctx, p->in, p->in, p->out);
}

static gt_status hand(gt_ctx *ctx, const pair *p)
{
    return gt_grid_hand(ctx, p->in, p->in, p->in, NULL, p->out);
}

static gt_status view(gt_ctx *ctx, const pair *p)
{
    const gt_observer at = {0, 0};
    gt_view_options o;
    gt_view_options_init(&o);
    o.max_distance = 100;
    return gt_grid_viewshed(ctx, p->in, &at, 1, &o, p->out);
}

static gt_status multiflow(gt_ctx *ctx, const pair *p)
{
    const gt_multiflow_out out = {p->out, NULL, NULL};
    return gt_grid_multiflow(ctx, p->in, p->in, NULL, &out, NULL);
}

/* Operations that yield no float grid are judged by themselves. */
static gt_status patches(gt_ctx *ctx, const pair *p)
{
    gt_patch *list = NULL;
    size_t n = 0;
    gt_status st = gt_grid_patches(ctx, p->in, true, NULL, &list, &n);
    uint64_t cells = 0;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        cells += list[i].cells;
    }
    assert_true(cells <= (uint64_t)(gt_grid_facts(p->in)->n_cols * gt_grid_facts(p->in)->n_rows));
    gt_free(ctx, list);
    return st;
}

static gt_status zonal(gt_ctx *ctx, const pair *p)
{
    gt_polygon_table *t = NULL;
    gt_zone_stats *stats = NULL;
    gt_status st = gt_grid_polygons(ctx, p->in, &t);
    st = st == GT_OK ? gt_grid_zonal(ctx, p->in, t, &stats) : st;
    for (size_t i = 0; st == GT_OK && i < t->n_features; i++) {
        assert_near(stats[i].outside, 0, 1e-6);
        assert_near(stats[i].sd, 0, 1e-3 * (1 + fabs(stats[i].mean)));
        assert_true(stats[i].min == stats[i].max && stats[i].cells > 0.999);
    }
    gt_free(ctx, stats);
    gt_polygon_table_free(ctx, t);
    return st;
}

static gt_status sample(gt_ctx *ctx, const pair *p)
{
    const double xy[6] = {500001, 4399999, 500006, 4399994, 0, 0};
    double v[3];
    gt_status st = gt_grid_sample(ctx, p->in, xy, 3, true, v);
    assert_true(st != GT_OK || (isnan(v[2]) && !isinf(v[0]) && !isinf(v[1])));
    return st;
}

typedef struct op {
    const char *name;
    gt_status (*run)(gt_ctx *ctx, const pair *p);
    bool keeps; /* nodata in is nodata out, at that cell */
    bool writes;
} op;

static const op OPS[] = {
    {"slope", slope, true, true},
    {"aspect", aspect, true, true},
    {"curvature", curvature, true, true},
    {"cost", cost, true, true},
    {"flow", flow, true, true},
    {"breach", breach, true, true},
    {"weighted sum", weighted, true, true},
    {"combine", combine, true, true},
    {"reclass", reclass, true, true},
    {"calc", calc, true, true},
    {"focal sum", focal_sum, true, true},
    {"focal sd", focal_sd, true, true},
    {"focal majority", focal_majority, true, true},
    {"distance", distance, false, true},
    {"classify", classify, true, true},
    {"wetness", wetness, true, true},
    {"downstream", downstream, true, true},
    {"hand", hand, true, true},
    {"viewshed", view, true, true},
    {"multiflow", multiflow, true, true},
    {"patches", patches, false, false},
    {"zonal", zonal, false, false},
    {"sample", sample, false, false},
};
enum { N_OPS = sizeof OPS / sizeof *OPS };

static double *values_of(int kind, size_t n)
{
    test_rng rng;
    double *v = malloc(n * sizeof *v);
    assert_non_null(v);
    test_rng_seed(&rng, 17);
    for (size_t i = 0; i < n; i++) {
        double u = test_rng_real(&rng);
        double hole = test_rng_real(&rng) < 0.05 ? (double)NAN : floor(5 * u);
        double end = u < 0.3   ? (double)FLT_MAX
                     : u < 0.6 ? -(double)FLT_MAX
                               : (double)FLT_MIN * (u < 0.8 ? 1 : 0);
        v[i] = kind == NONE ? (double)NAN : kind == CONSTANT ? 3 : kind == ENDS ? end : hole;
    }
    return v;
}

static void check(const op *o, int kind, const double *in, const double *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isinf(out[i]) || (o->keeps && isnan(in[i]) && !isnan(out[i]))) {
            print_error("%s, grid %d: %g became %g at %zu\n", o->name, kind, in[i], out[i], i);
            fail();
        }
    }
}

static void odd_grids(void **state)
{
    static const int64_t sizes[N_KINDS][2] = {{40, 33}, {40, 33}, {1, 1},  {40, 1},
                                              {1, 33},  {40, 33}, {40, 33}};
    (void)state;
    char *dir = test_dir();
    for (int kind = 0; kind < N_KINDS; kind++) {
        size_t n = (size_t)(sizes[kind][0] * sizes[kind][1]), n_failed = 0;
        gt_ctx *ctx = test_ctx_threads(1 + kind % 3);
        gt_grid_spec s = spec_of(sizes[kind][0], sizes[kind][1], GT_CELL_F32);
        s.tile = 16;
        double *v = values_of(kind, n);
        for (size_t i = 0; i < N_OPS; i++) {
            pair p = {make_grid(ctx, test_path(dir, "in.tif"), &s, v), NULL};
            assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "out.tif"), &s, &p.out));
            gt_status st = OPS[i].run(ctx, &p);
            assert_true((st != GT_OK) == gt_failed(ctx));
            if (st != GT_OK && st != GT_E_INPUT) {
                print_error("%s, grid %d: %s\n", OPS[i].name, kind, gt_status_name(st));
                fail();
            }
            if (st == GT_OK && OPS[i].writes) {
                double *out = read_all(ctx, p.out);
                check(&OPS[i], kind, v, out, n);
                free(out);
            }
            n_failed += st != GT_OK;
            gt_error_clear(ctx);
            gt_grid_close(ctx, p.out);
            gt_grid_close(ctx, p.in);
            assert_int_equal(gt_ctx_memory_used(ctx), 0);
        }
        print_message("grid %d: %zu of %d operations refused it\n", kind, n_failed, (int)N_OPS);
        assert_true(n_failed <= (kind == ENDS ? 12 : 8)); /* directions, frictions that are none */
        free(v);
        gt_ctx_free(ctx);
    }
    test_dir_remove(dir);
}

/* An output half a cell aside, of another CRS, or larger. */
static void misaligned(void **state)
{
    static const char *const ids[] = {"grid.cells-differ", "grid.crs-differs",
                                      "grid.extent-differs"};
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double *v = values_of(CONSTANT, 12);
    for (size_t i = 0; i < 3 * N_OPS; i++) {
        const op *o = &OPS[i / 3];
        gt_grid_spec s = spec_of(4, 3, GT_CELL_F32);
        pair p = {make_grid(ctx, test_path(dir, "in.tif"), &s, v), NULL};
        s.x_west += i % 3 == 0 ? 5 : 0;
        s.crs = i % 3 == 1 ? "EPSG:4549" : s.crs;
        s.n_rows += i % 3 == 2;
        assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "out.tif"), &s, &p.out));
        if (o->writes) {
            gt_status st = o->run(ctx, &p);
            if (st != GT_E_INPUT || strcmp(gt_error_id(ctx), ids[i % 3]) != 0) {
                print_error("%s with %s\n", o->name, ids[i % 3]);
            }
            assert_fails(ctx, st, GT_E_INPUT, ids[i % 3]);
        }
        gt_grid_close(ctx, p.out);
        gt_grid_close(ctx, p.in);
    }
    free(v);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_grids),
        cmocka_unit_test(misaligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
