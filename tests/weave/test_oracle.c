/* The kernel against GEOS, pair by pair, on random sets of many kinds. GEOS works on the same 1 mm
 * coordinates; the kernel may move an edge by less than a pixel's diagonal (README), so areas may
 * differ by that times the boundary's length. */
#include <geos_c.h>

#include "weave/shapes.h"
#include "weave/weave.h"

static const double MOVE =
    0.0015; /* m: half a pixel's diagonal for snapping, once more at a border */

static GEOSGeometry *ring_of(GEOSContextHandle_t g, const double *xy, uint32_t n)
{
    GEOSCoordSequence *q = GEOSCoordSeq_create_r(g, n, 2);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(GEOSCoordSeq_setXY_r(g, q, i, xy[2 * i], xy[2 * i + 1]), 1);
    }
    return GEOSGeom_createLinearRing_r(g, q);
}

/* Feature f (one part per call is enough here) as a GEOS polygon; NULL when it is not valid. */
static GEOSGeometry *feature_of(GEOSContextHandle_t g, const shapes *s, size_t f)
{
    uint32_t p = f == 0 ? 0 : s->feature_end[f - 1];
    assert_int_equal(s->feature_end[f], p + 1);
    uint32_t r0 = p == 0 ? 0 : s->part_end[p - 1], r1 = s->part_end[p];
    GEOSGeometry *holes[8], *shell = NULL;
    unsigned n = 0;
    for (uint32_t r = r0; r < r1; r++) {
        uint32_t i = r == 0 ? 0 : s->ring_end[r - 1];
        GEOSGeometry *ring = ring_of(g, s->xy + 2 * (size_t)i, s->ring_end[r] - i);
        if (r == r0) {
            shell = ring;
        } else {
            holes[n++] = ring;
        }
    }
    GEOSGeometry *made = GEOSGeom_createPolygon_r(g, shell, holes, n);
    if (GEOSisValid_r(g, made) != 1) {
        GEOSGeom_destroy_r(g, made);
        return NULL;
    }
    return made;
}

/* sum[i * n1 + j]: area shared by feature i of layer 0 and j of layer 1; single: of each feature.
 */
static void pair_sums(const gt_weave *w, size_t n1, double *pairs, double *single0, double *single1)
{
    for (size_t c = 0; c < wv_n_cells(w); c++) {
        const wv_cell *cell = w->cells[c];
        for (uint32_t k = 0; cell != NULL && k < cell->n_entries; k++) {
            const wv_entry *e = &wv_entries(cell)[k];
            const uint64_t *keys = wv_keys(cell) + e->keys;
            double m2 = (double)e->area * 0x1p-11 * 1e-6;
            for (uint32_t i = 0; i < e->n_keys; i++) {
                if (i > 0 && keys[i] == keys[i - 1]) {
                    continue;
                }
                if (keys[i] >> 32 == 1) {
                    single1[(uint32_t)keys[i]] += m2;
                    continue;
                }
                single0[(uint32_t)keys[i]] += m2;
                for (uint32_t j = i + 1; j < e->n_keys; j++) {
                    if (keys[j] >> 32 == 1 && keys[j] != keys[j - 1]) {
                        pairs[(uint32_t)keys[i] * n1 + (uint32_t)keys[j]] += m2;
                    }
                }
            }
        }
    }
}

static void compare(shapes s[2], double cell)
{
    gt_ctx *ctx = test_ctx();
    GEOSContextHandle_t g = GEOS_init_r();
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_weave_options o;
    gt_weave_options_init(&o);
    o.cell = cell;
    gt_weave *w = NULL;
    assert_ok(ctx, gt_weave_run(ctx, 2, b, 2, &o, &w));
    size_t n0 = s[0].n_features, n1 = s[1].n_features;
    double *pairs = calloc(n0 * n1 + 1, sizeof *pairs);
    double *single[2] = {calloc(n0 + 1, sizeof(double)), calloc(n1 + 1, sizeof(double))};
    pair_sums(w, n1, pairs, single[0], single[1]);
    GEOSGeometry **all[2];
    double *length[2];
    for (int k = 0; k < 2; k++) {
        all[k] = calloc(s[k].n_features + 1, sizeof **all);
        length[k] = calloc(s[k].n_features + 1, sizeof **length);
        for (size_t i = 0; i < s[k].n_features; i++) {
            double area = 0;
            all[k][i] = feature_of(g, &s[k], i);
            if (all[k][i] != NULL) {
                assert_int_equal(GEOSArea_r(g, all[k][i], &area), 1);
                assert_int_equal(GEOSLength_r(g, all[k][i], &length[k][i]), 1);
                assert_near(single[k][i], area, MOVE * length[k][i] + 1e-5);
            }
        }
    }
    size_t compared = 0;
    for (size_t i = 0; i < n0; i++) {
        for (size_t j = 0; j < n1; j++) {
            if (all[0][i] == NULL || all[1][j] == NULL) {
                continue;
            }
            GEOSGeometry *x = GEOSIntersection_r(g, all[0][i], all[1][j]);
            double area = 0;
            if (x != NULL) {
                assert_int_equal(GEOSArea_r(g, x, &area), 1);
                assert_near(pairs[i * n1 + j], area, MOVE * (length[0][i] + length[1][j]) + 1e-5);
                compared++;
                GEOSGeom_destroy_r(g, x);
            }
        }
    }
    assert_true(compared * 2 >
                n0 * n1); /* most random shapes must be valid, or nothing is proved */
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < s[k].n_features; i++) {
            GEOSGeom_destroy_r(g, all[k][i]);
        }
        free((void *)all[k]);
        free(length[k]);
        free(single[k]);
        shapes_free(&s[k]);
    }
    free(pairs);
    gt_weave_free(ctx, w);
    GEOS_finish_r(g);
    gt_ctx_free(ctx);
}

static void overlapping_stars(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 11);
    for (int round = 0; round < 12; round++) {
        shapes s[2] = {{0}};
        for (int i = 0; i < 24; i++) {
            int n = 3 + (int)(20 * test_rng_real(&rng));
            shapes_star(&s[i % 2], &rng, 500 + 40 * test_rng_real(&rng), 40 * test_rng_real(&rng),
                        3, 20, n);
        }
        compare(s, round % 3 == 0 ? 0 : 2 + 30 * test_rng_real(&rng));
    }
}

static void near_coincident_boundaries(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 12);
    for (int round = 0; round < 12; round++) { /* the second layer is the first, moved by 0-2 mm */
        shapes s[2] = {{0}};
        for (int i = 0; i < 6; i++) {
            size_t from = s[0].n_points;
            shapes_star(&s[0], &rng, 30 * test_rng_real(&rng), 30 * test_rng_real(&rng), 4, 12, 24);
            for (size_t k = from; k + 1 < s[0].n_points; k++) {
                shapes_point(&s[1], mm(s[0].xy[2 * k] + 0.002 * (test_rng_real(&rng) - 0.5)),
                             mm(s[0].xy[2 * k + 1] + 0.002 * (test_rng_real(&rng) - 0.5)));
            }
            shapes_end_ring(&s[1]);
            shapes_end_part(&s[1]);
            shapes_end_feature(&s[1]);
        }
        compare(s, 1 + 20 * test_rng_real(&rng));
    }
}

static void spikes_and_needles(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 13);
    for (int round = 0; round < 12; round++) {
        shapes s[2] = {{0}};
        for (int i = 0; i < 16; i++) { /* needles a few mm wide and many metres long */
            double x = 10 * test_rng_real(&rng), y = 10 * test_rng_real(&rng);
            double a = 2 * M_PI * test_rng_real(&rng), l = 5 + 20 * test_rng_real(&rng);
            double wx = 0.004 * sin(a), wy = -0.004 * cos(a);
            shapes_polygon(&s[i % 2],
                           (double[]){mm(x - wx), mm(y - wy), mm(x + wx), mm(y + wy),
                                      mm(x + l * cos(a)), mm(y + l * sin(a))},
                           3);
        }
        compare(s, 0.7 + 9 * test_rng_real(&rng));
    }
}

static void holes_and_touching_islands(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 14);
    for (int round = 0; round < 10; round++) {
        shapes s[2] = {{0}};
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < 4; i++) {
                double x = 8 * i + k * 3.1, y = 5 * test_rng_real(&rng);
                shapes_ring(&s[k], (double[]){x, y, x + 10, y, x + 10, y + 10, x, y + 10}, 4);
                /* two holes that touch the shell and each other in points */
                shapes_ring(&s[k], (double[]){x, y + 5, x + 2, y + 3, x + 5, y + 5, x + 2, y + 7},
                            4);
                shapes_ring(&s[k], (double[]){x + 5, y + 5, x + 7, y + 3, x + 8, y + 6}, 3);
                shapes_end_part(&s[k]);
                shapes_end_feature(&s[k]);
            }
        }
        compare(s, 0.9 + 7 * test_rng_real(&rng));
    }
}

static void tiny_shapes_on_the_grid(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 15);
    for (int round = 0; round < 40; round++) { /* shapes of a few mm: everything is degenerate */
        shapes s[2] = {{0}};
        for (int i = 0; i < 16; i++) {
            double p[6];
            for (int k = 0; k < 6; k++) {
                p[k] = floor(24 * test_rng_real(&rng)) / 1000;
            }
            shapes_polygon(&s[i % 2], p, 3);
        }
        compare(s, 0.016 + 0.02 * test_rng_real(&rng));
    }
}

static void coverages(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 6; round++) {
        shapes s[2] = {{0}};
        shapes_coverage(&s[0], round, 1e5, 2e6, 7, 9, 9, 0.6, (int)round);
        shapes_coverage(&s[1], round + 100, 1e5 + 1, 2e6 + 2, 9, 7, 7, 0.6, 1);
        compare(s, round == 0 ? 0 : 4.0 + 3.3 * (double)round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_stars),       cmocka_unit_test(near_coincident_boundaries),
        cmocka_unit_test(spikes_and_needles),      cmocka_unit_test(holes_and_touching_islands),
        cmocka_unit_test(tiny_shapes_on_the_grid), cmocka_unit_test(coverages),
    };
    return cmocka_run_group_tests_name("weave.oracle", tests, NULL, NULL);
}
