/* Differential test of the validity check: our verdict against GEOS isValid on random polygons that
 * are as degenerate as can be (small integer grids: points on edges, shared vertices, overlapping
 * edges in masses) and on perturbed real-valued ones. */
#include "support/support.h"

#include <geos_c.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/qc.h"

typedef struct fixture {
    gt_ctx *ctx;
    gt_qc *qc;
    GEOSContextHandle_t geos;
    gt_geom geom;
    test_rng rng;
    long n_valid, n_invalid;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->ctx = test_ctx();
    assert_ok(f->ctx, gt_qc_new(f->ctx, GT_MULTIPOLYGON, NULL, 0, &f->qc));
    f->geos = GEOS_init_r();
    gt_geom_init(&f->geom);
    test_rng_seed(&f->rng, 20260);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    gt_geom_free(f->ctx, &f->geom);
    gt_qc_free(f->ctx, f->qc);
    GEOS_finish_r(f->geos);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    free(f);
    return 0;
}

static unsigned below(fixture *f, unsigned n)
{
    return (unsigned)(test_rng_next(&f->rng) % n);
}

static void point(fixture *f, double x, double y)
{
    assert_ok(f->ctx, gt_geom_add_point(f->ctx, &f->geom, x, y));
}

static void close_ring(fixture *f, uint32_t first)
{
    point(f, f->geom.xy[2 * first], f->geom.xy[2 * first + 1]);
    assert_ok(f->ctx, gt_geom_end_ring(f->ctx, &f->geom));
}

static GEOSGeometry *to_geos(fixture *f)
{
    const gt_geom *g = &f->geom;
    GEOSGeometry *parts[64];
    uint32_t r = 0, a = 0;
    assert_true(g->n_parts <= 64);
    for (uint32_t p = 0; p < g->n_parts; p++) {
        GEOSGeometry *rings[64];
        uint32_t n = 0;
        for (; r < g->part_end[p]; a = g->ring_end[r++]) {
            uint32_t len = g->ring_end[r] - a;
            GEOSCoordSequence *seq =
                GEOSCoordSeq_copyFromBuffer_r(f->geos, g->xy + 2 * (size_t)a, len, 0, 0);
            rings[n++] = GEOSGeom_createLinearRing_r(f->geos, seq);
            assert_non_null(rings[n - 1]);
        }
        parts[p] = GEOSGeom_createPolygon_r(f->geos, rings[0], rings + 1, n - 1);
        assert_non_null(parts[p]);
    }
    return GEOSGeom_createCollection_r(f->geos, GEOS_MULTIPOLYGON, parts, g->n_parts);
}

static void show(fixture *f, const GEOSGeometry *g, const gt_qc_result *r)
{
    char *wkt = GEOSGeomToWKT_r(f->geos, g);
    char *why = GEOSisValidReason_r(f->geos, g);
    print_error("%s\nGEOS: %s; we: %s\n", wkt, why,
                r->n == 0 ? "valid" : gt_qc_kind_name(r->findings[0].kind));
    GEOSFree_r(f->geos, wkt);
    GEOSFree_r(f->geos, why);
}

/* The reported place lies on the boundary. */
static bool on_boundary(fixture *f, const GEOSGeometry *g, const gt_qc_finding *at)
{
    GEOSGeometry *line = GEOSBoundary_r(f->geos, g);
    GEOSGeometry *p = GEOSGeom_createPointFromXY_r(f->geos, at->x, at->y);
    double d = 1.0;
    assert_int_equal(GEOSDistance_r(f->geos, line, p, &d), 1);
    GEOSGeom_destroy_r(f->geos, line);
    GEOSGeom_destroy_r(f->geos, p);
    return d < 1e-6;
}

static void compare(fixture *f)
{
    gt_qc_result r;
    assert_ok(f->ctx, gt_qc_geometry(f->ctx, f->qc, &f->geom, &r));
    GEOSGeometry *g = to_geos(f);
    bool valid = GEOSisValid_r(f->geos, g) == 1;
    if (valid == r.error || (r.error && !on_boundary(f, g, &r.findings[0]))) {
        show(f, g, &r);
        fail();
    }
    *(valid ? &f->n_valid : &f->n_invalid) += 1;
    GEOSGeom_destroy_r(f->geos, g);
}

/* Both verdicts must occur, else the test proves nothing. */
static void assert_mixed(fixture *f, long least)
{
    print_message("  %ld valid, %ld invalid\n", f->n_valid, f->n_invalid);
    assert_true(f->n_valid >= least && f->n_invalid >= least);
    f->n_valid = f->n_invalid = 0;
}

static void grid_ring(fixture *f, unsigned n, unsigned side, double x0, double y0)
{
    uint32_t first = f->geom.n_points;
    for (unsigned i = 0; i < n; i++) {
        point(f, x0 + below(f, side), y0 + below(f, side));
    }
    close_ring(f, first);
}

static void single_rings_on_a_grid(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 60000; i++) {
        gt_geom_reset(&f->geom, GT_POLYGON);
        grid_ring(f, 3 + below(f, 7), 3 + below(f, 6), 500000, 4400000);
        assert_ok(f->ctx, gt_geom_end_part(f->ctx, &f->geom));
        compare(f);
    }
    assert_mixed(f, 2000);
}

static void box_ring(fixture *f, int x0, int y0, int x1, int y1)
{
    uint32_t first = f->geom.n_points;
    point(f, x0, y0);
    if (below(f, 2) != 0) {
        point(f, x1, y0);
        point(f, x1, y1);
        point(f, x0, y1);
    } else {
        point(f, x0, y1);
        point(f, x1, y1);
        point(f, x1, y0);
    }
    close_ring(f, first);
}

static void holes_on_a_grid(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 60000; i++) {
        gt_geom_reset(&f->geom, GT_POLYGON);
        unsigned side = 4 + below(f, 8), n = 1 + below(f, 5);
        box_ring(f, 0, 0, (int)side, (int)side);
        for (unsigned h = 0; h < n; h++) {
            if (below(f, 2) != 0) { /* may be the same corner twice: a hole without area */
                int x = (int)below(f, side), y = (int)below(f, side);
                box_ring(f, x, y, x + 1 + (int)below(f, 3), y + 1 + (int)below(f, 3));
            } else {
                double x = below(f, side - 1), y = below(f, side - 1);
                grid_ring(f, 3 + below(f, 2), 4, x, y);
            }
        }
        assert_ok(f->ctx, gt_geom_end_part(f->ctx, &f->geom));
        compare(f);
    }
    assert_mixed(f, 2000);
}

static void parts_on_a_grid(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 60000; i++) {
        gt_geom_reset(&f->geom, GT_MULTIPOLYGON);
        unsigned n = 2 + below(f, 3);
        for (unsigned p = 0; p < n; p++) {
            int x = (int)below(f, 8), y = (int)below(f, 8);
            int w = 1 + (int)below(f, 9), h = 1 + (int)below(f, 9);
            box_ring(f, x, y, x + w, y + h);
            if (w > 2 && h > 2 && below(f, 2) != 0) {
                int hw = 1 + (int)below(f, (unsigned)w), hh = 1 + (int)below(f, (unsigned)h);
                int hx = x + (int)below(f, (unsigned)(w - 1)),
                    hy = y + (int)below(f, (unsigned)(h - 1));
                box_ring(f, hx, hy, hx + hw, hy + hh);
            }
            assert_ok(f->ctx, gt_geom_end_part(f->ctx, &f->geom));
        }
        compare(f);
    }
    assert_mixed(f, 2000);
}

/* A star with some vertices exchanged or moved onto other edges: real coordinates, larger rings,
 * both sides of the limit of the quick test. */
static void stars(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 6000; i++) {
        gt_geom_reset(&f->geom, GT_POLYGON);
        unsigned n = 5 + below(f, i % 10 == 0 ? 700 : 60);
        for (unsigned k = 0; k < n; k++) {
            double a = 6.283185307179586 * k / n, r = 50.0 + 50.0 * test_rng_real(&f->rng);
            point(f, 448000.25 + r * cos(a), 4418000.75 + r * sin(a));
        }
        double *xy = f->geom.xy;
        if (below(f, 2) != 0) {
            unsigned a = below(f, n - 3), b = a + 1 + below(f, 3);
            double x = xy[2 * a], y = xy[2 * a + 1];
            xy[2 * a] = xy[2 * b];
            xy[2 * a + 1] = xy[2 * b + 1];
            xy[2 * b] = x;
            xy[2 * b + 1] = y;
        }
        if (below(f, 4) == 0) { /* to the rounded middle of another edge: close, seldom on it */
            unsigned a = below(f, n), b = below(f, n - 1);
            xy[2 * a] = 0.5 * (xy[2 * b] + xy[2 * b + 2]);
            xy[2 * a + 1] = 0.5 * (xy[2 * b + 1] + xy[2 * b + 3]);
        }
        close_ring(f, 0);
        assert_ok(f->ctx, gt_geom_end_part(f->ctx, &f->geom));
        compare(f);
    }
    assert_mixed(f, 1000);
}

/* The quick test and the sweep must agree: the same ring once alone, once with a far-away part that
 * sends it to the sweep. */
static void quick_and_sweep_agree(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 40000; i++) {
        gt_geom_reset(&f->geom, GT_MULTIPOLYGON);
        unsigned n = 3 + below(f, 30);
        bool wide = below(f, 2) != 0;
        for (unsigned k = 0; k < n; k++) {
            double a = 6.283185307179586 * k / n, r = 50.0 + 50.0 * test_rng_real(&f->rng);
            double x = r * cos(a), y = r * sin(a);
            point(f, wide ? x : floor(x / 12), wide ? y : floor(y / 12));
        }
        if (below(f, 3) == 0) {
            unsigned a = below(f, n);
            f->geom.xy[2 * a] = f->geom.xy[2 * below(f, n)];
        }
        close_ring(f, 0);
        assert_ok(f->ctx, gt_geom_end_part(f->ctx, &f->geom));
        gt_qc_result alone, together;
        assert_ok(f->ctx, gt_qc_geometry(f->ctx, f->qc, &f->geom, &alone));
        box_ring(f, 1000, 1000, 1001, 1001);
        assert_ok(f->ctx, gt_geom_end_part(f->ctx, &f->geom));
        assert_ok(f->ctx, gt_qc_geometry(f->ctx, f->qc, &f->geom, &together));
        assert_int_equal(alone.error, together.error);
        assert_int_equal(alone.n, together.n);
        *(alone.error ? &f->n_invalid : &f->n_valid) += 1;
    }
    assert_mixed(f, 2000);
}

/* Start, direction and a shift by whole metres do not matter. */
static void verdict_is_invariant(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 20000; i++) {
        unsigned n = 4 + below(f, 6);
        double xy[32];
        for (unsigned k = 0; k < 2 * n; k++) {
            xy[k] = below(f, 5);
        }
        gt_qc_result first = {0};
        for (int turn = 0; turn < 4; turn++) {
            gt_geom_reset(&f->geom, GT_POLYGON);
            unsigned start = below(f, n);
            double shift = turn == 3 ? 4000000.0 : 0.0;
            for (unsigned k = 0; k < n; k++) {
                unsigned at = turn % 2 == 0 ? (start + k) % n : (start + n - k) % n;
                point(f, xy[2 * at] + shift, xy[2 * at + 1] + shift);
            }
            close_ring(f, 0);
            assert_ok(f->ctx, gt_geom_end_part(f->ctx, &f->geom));
            gt_qc_result r;
            assert_ok(f->ctx, gt_qc_geometry(f->ctx, f->qc, &f->geom, &r));
            if (turn == 0) {
                first = r;
            }
            assert_int_equal(r.error, first.error);
            assert_near(r.plane_area, first.plane_area, 1e-9);
            if (turn < 3 && !r.error) {
                assert_true(r.shape == first.shape);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(single_rings_on_a_grid, setup, teardown),
        cmocka_unit_test_setup_teardown(holes_on_a_grid, setup, teardown),
        cmocka_unit_test_setup_teardown(parts_on_a_grid, setup, teardown),
        cmocka_unit_test_setup_teardown(stars, setup, teardown),
        cmocka_unit_test_setup_teardown(quick_and_sweep_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(verdict_is_invariant, setup, teardown),
    };
    return cmocka_run_group_tests_name("store_import.qc_validity", tests, NULL, NULL);
}
