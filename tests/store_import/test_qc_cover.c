/* Overlaps within a file: the shared area of two polygons, the sweep, and imports that are refused
 * for it. */
#include "world.h"

#include "guotu/geos.h"
#include "store/qc_cover.h"
#include "store/qc_cover_pair.h"

#define STD (&world_standard)

static const double metre[2] = {1, 1};

static void add_ring(gt_ctx *ctx, gt_geom *g, const double *xy, size_t n)
{
    for (size_t i = 0; i <= n; i++) {
        assert_ok(ctx, gt_geom_add_point(ctx, g, xy[2 * (i % n)], xy[2 * (i % n) + 1]));
    }
    assert_ok(ctx, gt_geom_end_ring(ctx, g));
}

static void box_of(gt_ctx *ctx, gt_geom *g, double x, double y, double w, double h)
{
    const double xy[] = {x, y, x + w, y, x + w, y + h, x, y + h};
    gt_geom_reset(g, GT_MULTIPOLYGON);
    add_ring(ctx, g, xy, 4);
    assert_ok(ctx, gt_geom_end_part(ctx, g));
}

/* A star with `n` points, counter-clockwise, maybe with a hole. */
static void star_of(gt_ctx *ctx, gt_geom *g, test_rng *rng, double x, double y, double r, size_t n,
                    bool hole)
{
    double *xy = malloc(2 * n * sizeof *xy);
    assert_non_null(xy);
    gt_geom_reset(g, GT_MULTIPOLYGON);
    for (int ring = 0; ring < (hole ? 2 : 1); ring++) {
        for (size_t i = 0; i < n; i++) {
            double a = 6.283185307179586 * (double)i / (double)n * (ring == 0 ? 1 : -1);
            double d = ring == 0 ? r * (0.6 + 0.4 * test_rng_real(rng)) : r * 0.3;
            xy[2 * i] = x + d * cos(a);
            xy[2 * i + 1] = y + d * sin(a);
        }
        add_ring(ctx, g, xy, n);
    }
    assert_ok(ctx, gt_geom_end_part(ctx, g));
    free(xy);
}

static double shared(gt_ctx *ctx, const gt_geom *a, const gt_geom *b)
{
    qc_edges ea = {0}, eb = {0};
    qc_pair_scratch s = {0};
    gt_box p = gt_geom_box(a), q = gt_geom_box(b);
    gt_box w = {fmax(p.xmin, q.xmin), fmax(p.ymin, q.ymin), fmin(p.xmax, q.xmax),
                fmin(p.ymax, q.ymax)};
    double area = -1, other = -1;
    if (!(w.xmin < w.xmax && w.ymin < w.ymax)) {
        return 0;
    }
    assert_ok(ctx, qc_edges_make(ctx, a, &ea));
    assert_ok(ctx, qc_edges_make(ctx, b, &eb));
    assert_ok(ctx, qc_pair_area(ctx, &s, &ea, &eb, w, &area));
    assert_ok(ctx, qc_pair_area(ctx, &s, &eb, &ea, w, &other));
    assert_near(area, other, 1e-9 * (1 + area)); /* the order does not matter */
    qc_edges_free(ctx, &ea);
    qc_edges_free(ctx, &eb);
    qc_pair_scratch_free(ctx, &s);
    return area;
}

static void shared_areas_of_boxes(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_geom a, b;
    (void)state;
    gt_geom_init(&a);
    gt_geom_init(&b);
    box_of(ctx, &a, 440000, 4420000, 100, 100);
    const struct {
        double x, y, w, h, area;
    } cases[] = {{440050, 4420000, 100, 100, 5000},  {440000, 4420000, 100, 100, 10000},
                 {440100, 4420000, 100, 100, 0},     {440025, 4420025, 50, 50, 2500},
                 {439000, 4419000, 5000, 5000, 1e4}, {440099.9, 4420099.9, 10, 10, 0.01},
                 {440000, 4420100, 100, 1, 0},       {440010, 4419000, 1, 5000, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        box_of(ctx, &b, cases[i].x, cases[i].y, cases[i].w, cases[i].h);
        assert_near(shared(ctx, &a, &b), cases[i].area, 1e-6);
    }
    gt_geom_free(ctx, &a);
    gt_geom_free(ctx, &b);
    gt_ctx_free(ctx);
}

/* Against GEOS: few edges, many edges (slabs, sorted pairs), holes. */
static void shared_areas_agree_with_geos(void **state)
{
    static const size_t sizes[] = {3, 8, 40, 200, 3000};
    gt_ctx *ctx = test_ctx();
    gt_geos *geos = NULL;
    gt_geom a, b, common;
    test_rng rng;
    (void)state;
    assert_ok(ctx, gt_geos_new(ctx, &geos));
    gt_geom_init(&a);
    gt_geom_init(&b);
    gt_geom_init(&common);
    test_rng_seed(&rng, 7);
    for (int i = 0; i < 400; i++) {
        size_t n = sizes[i % 5], m = sizes[(i / 5) % 5];
        star_of(ctx, &a, &rng, 440000, 4420000, 100, n, i % 3 == 0);
        star_of(ctx, &b, &rng, 440000 + 220 * (test_rng_real(&rng) - 0.5),
                4420000 + 220 * (test_rng_real(&rng) - 0.5), 100 * test_rng_real(&rng) + 1, m,
                i % 4 == 0);
        assert_ok(ctx, gt_geos_intersection(ctx, geos, &a, &b, &common));
        assert_near(shared(ctx, &a, &b), gt_geom_plane_area(&common), 1e-5);
    }
    gt_geom_free(ctx, &a);
    gt_geom_free(ctx, &b);
    gt_geom_free(ctx, &common);
    gt_geos_free(geos);
    gt_ctx_free(ctx);
}

/* Long edges side by side are quadratic: given up, GEOS is asked instead. */
static void combs_are_given_up(void **state)
{
    enum { TEETH = 9000 };
    gt_ctx *ctx = test_ctx();
    gt_geom a;
    double *xy = malloc(sizeof(double[4 * TEETH + 4]));
    size_t n = 0;
    (void)state;
    assert_non_null(xy);
    gt_geom_init(&a);
    for (int i = 0; i < TEETH; i++) {
        xy[n++] = 1000;
        xy[n++] = i;
        xy[n++] = 1;
        xy[n++] = i + 0.5;
    }
    xy[n++] = 0;
    xy[n++] = TEETH;
    xy[n++] = 0;
    xy[n++] = 0;
    gt_geom_reset(&a, GT_MULTIPOLYGON);
    add_ring(ctx, &a, xy, n / 2);
    assert_ok(ctx, gt_geom_end_part(ctx, &a));
    qc_edges e = {0};
    qc_pair_scratch s = {0};
    double area = 0;
    assert_ok(ctx, qc_edges_make(ctx, &a, &e));
    assert_true(e.cap_slab < 20 * (size_t)TEETH); /* memory stays in proportion */
    assert_ok(ctx, qc_pair_area(ctx, &s, &e, &e, gt_geom_box(&a), &area));
    assert_true(isinf(area));
    qc_edges_free(ctx, &e);
    qc_pair_scratch_free(ctx, &s);
    gt_geom_free(ctx, &a);
    gt_ctx_free(ctx);
    free(xy);
}

/* ---- the sweep ------------------------------------------------------------------------------- */

typedef struct hits {
    int n;
    double m2;
    int64_t row, other;
} hits;

static gt_status take(gt_ctx *ctx, void *user, const qc_overlap *o)
{
    hits *h = user;
    (void)ctx;
    h->n++;
    h->m2 += o->m2;
    h->row = o->row;
    h->other = o->other_row;
    assert_true(o->row > o->other_row);
    return GT_OK;
}

static void add(gt_ctx *ctx, qc_cover *c, int64_t row, const gt_geom *g)
{
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    char id[24];
    assert_ok(ctx, gt_geom_to_gpkg(ctx, g, 4548, &blob, &cap, &len));
    (void)snprintf(id, sizeof id, "f%lld", (long long)row);
    const qc_cover_item item = {
        row, row % 2 == 0 ? id : NULL, (uint64_t)row + 1, gt_geom_box(g), blob, len};
    assert_ok(ctx, qc_cover_add(ctx, c, &item));
    gt_free(ctx, blob);
}

static void the_sweep_finds_what_pairs_find(void **state)
{
    enum { N = 150 };
    gt_ctx *ctx = test_ctx();
    gt_geos *geos = NULL;
    char *dir = test_dir();
    gt_geom *g = calloc(N, sizeof *g), common;
    test_rng rng;
    (void)state;
    assert_non_null(g);
    test_rng_seed(&rng, 11);
    gt_geom_init(&common);
    assert_ok(ctx, gt_geos_new(ctx, &geos));
    for (int turn = 0; turn < 4; turn++) {
        qc_cover *c = NULL;
        hits found = {0};
        int want = 0;
        double m2 = 0;
        assert_ok(ctx, qc_cover_new(ctx, dir, &c));
        for (int i = 0; i < N; i++) {
            gt_geom_init(&g[i]);
            double high = turn == 1 ? 900 : 10 + 40 * test_rng_real(&rng); /* tall ones too */
            if (turn == 2) {                                               /* a clean grid */
                box_of(ctx, &g[i], 440000 + 10 * (i % 20), 4420000 + 10 * (i / 20), 10, 10);
            } else if (turn == 3) {
                star_of(ctx, &g[i], &rng, 440000 + 1000 * test_rng_real(&rng),
                        4420000 + 1000 * test_rng_real(&rng), 60, 30, i % 2 == 0);
            } else {
                box_of(ctx, &g[i], 440000 + 1000 * test_rng_real(&rng),
                       4420000 + 1000 * test_rng_real(&rng), 10 + 40 * test_rng_real(&rng), high);
            }
            add(ctx, c, i, &g[i]);
        }
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < i; k++) {
                double one = 0;
                assert_ok(ctx, gt_geos_intersection(ctx, geos, &g[i], &g[k], &common));
                if (qc_overlap_counts(&common, metre, QC_OVERLAP_M2, &one)) {
                    want++;
                    m2 += one;
                }
            }
        }
        assert_ok(ctx, qc_cover_sweep(ctx, c, metre, take, &found));
        assert_int_equal(found.n, want);
        assert_near(found.m2, m2, 1e-3);
        assert_true(turn == 2 ? want == 0 : want > 3);
        qc_cover_free(ctx, c);
        for (int i = 0; i < N; i++) {
            gt_geom_free(ctx, &g[i]);
        }
    }
    gt_geom_free(ctx, &common);
    gt_geos_free(geos);
    free(g);
    test_dir_remove(dir);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void a_missing_folder_is_said(void **state)
{
    gt_ctx *ctx = test_ctx();
    qc_cover *c = NULL;
    (void)state;
    assert_int_equal(gt_status_exit_code(qc_cover_new(ctx, "/no/such/folder", &c)), 4);
    gt_error_clear(ctx);
    assert_null(c);
    qc_cover_free(ctx, NULL);
    gt_ctx_free(ctx);
}

static void every_allocation_may_fail(void **state)
{
    char *dir = test_dir();
    (void)state;
    for (long k = 0;; k++) {
        long left = k;
        gt_ctx *plain = test_ctx(), *ctx = test_ctx_failing(&left);
        qc_cover *c = NULL;
        hits found = {0};
        gt_geom g;
        uint8_t *blob = NULL;
        size_t cap = 0, len = 0;
        gt_geom_init(&g);
        gt_status st = qc_cover_new(ctx, dir, &c);
        for (int i = 0; st == GT_OK && i < 3; i++) {
            box_of(plain, &g, 440000 + 50 * i, 4420000, 100, 100);
            assert_ok(plain, gt_geom_to_gpkg(plain, &g, 4548, &blob, &cap, &len));
            const qc_cover_item item = {i, "x", (uint64_t)i + 1, gt_geom_box(&g), blob, len};
            st = qc_cover_add(ctx, c, &item);
        }
        st = st == GT_OK ? qc_cover_sweep(ctx, c, metre, take, &found) : st;
        gt_free(plain, blob);
        gt_geom_free(plain, &g);
        qc_cover_free(ctx, c);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
        gt_ctx_free(plain);
        if (st == GT_OK) {
            assert_int_equal(found.n, 2); /* the third touches the first only */
            assert_true(k > 5);
            break;
        }
        assert_int_equal(st, GT_E_MEMORY);
    }
    test_dir_remove(dir);
}

/* ---- imports --------------------------------------------------------------------------------- */

static gt_standard apart(void)
{
    gt_standard s = world_standard;
    s.qc.no_overlap = true;
    return s;
}

static void overlapping_parcels_are_refused(void **state)
{
    world *w = *state;
    const gt_standard s = apart();
    FILE *f = begin_json(w, "o.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0101"));
    put_shape(f, PROPS("b", "0101"), "Polygon",
              "[[[440050,4420000],[440150,4420000],[440150,4420100],[440050,4420100],[440050,"
              "4420000]]]");
    end_json(f, 5, 0, PROPS("c", "0101"));
    assert_refused(w, &s, "o.geojson", "qc.overlap", 1);
    const gt_place *p = place_of(w, "qc.overlap");
    assert_int_equal(p->row, 2);
    assert_string_equal(p->feature, "b");
    assert_true(p->has_xy && p->x > 440050 && p->x < 440100 && p->y > 4420000);
    gt_text t;
    gt_text_init(&t, w->ctx, 0);
    gt_notes_render_all(w->report.notes, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "overlaps feature a by 5000 m2"));
    gt_text_clear(&t);
    gt_notes_render_all(w->report.notes, GT_LANG_ZH, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "与要素 a 重叠 5000 平方米"));
    gt_text_free(&t);
    w->options.dry_run = true;
    assert_refused(w, &s, "o.geojson", "qc.overlap", 1);
    w->options.dry_run = false;
    assert_imported(w, STD, "o.geojson"); /* a standard that does not forbid it */
}

static void a_good_survey_stays_when_the_next_overlaps(void **state)
{
    world *w = *state;
    const gt_standard s = apart();
    make_good(w, "good.geojson", 120);
    assert_imported(w, &s, "good.geojson");
    FILE *f = begin_json(w, "bad.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0101"));
    put_shape(f, PROPS("b", "0101"), "Polygon", /* within the first, on its border */
              "[[[440000,4420000],[440010,4420000],[440010,4420010],[440000,4420010],[440000,"
              "4420000]]]");
    end_json(f, 1, 1, PROPS("c", "0101"));
    assert_refused(w, &s, "bad.geojson", "qc.overlap", 1);
    assert_int_equal(layer(w, "parcels").n_features, 120);
}

/* Coordinates written with three decimals make slivers at T-junctions: rounding, not a fault. */
static void rounding_is_no_overlap(void **state)
{
    world *w = *state;
    const gt_standard s = apart();
    FILE *f = begin_json(w, "t.geojson", 4548);
    put_shape(f, PROPS("a", "0101"), "Polygon",
              "[[[440000,4420000],[440400,4420000],[440400,4420100],[440000,4420100],[440000,"
              "4420000]]]");
    put_shape(f, PROPS("b", "0101"), "Polygon", /* half a millimetre into the first, over 400 m */
              "[[[440000,4420100],[440200,4420099.9995],[440400,4420100],[440400,4420200],[440000,"
              "4420200],[440000,4420100]]]");
    end_json(f, 9, 9, PROPS("c", "0101"));
    assert_imported(w, &s, "t.geojson");
    f = begin_json(w, "u.geojson", 4548);
    put_shape(f, PROPS("a", "0101"), "Polygon",
              "[[[440000,4420000],[440400,4420000],[440400,4420100],[440000,4420100],[440000,"
              "4420000]]]");
    put_shape(f, PROPS("b", "0101"), "Polygon", /* five centimetres */
              "[[[440000,4420100],[440200,4420099.95],[440400,4420100],[440400,4420200],[440000,"
              "4420200],[440000,4420100]]]");
    end_json(f, 9, 9, PROPS("c", "0101"));
    assert_refused(w, &s, "u.geojson", "qc.overlap", 1);
}

/* In degrees the thresholds are still metres. */
static void degrees_count_as_metres(void **state)
{
    world w;
    const gt_standard s = apart();
    (void)state;
    world_open(&w, "EPSG:4490", NULL);
    FILE *f = begin_json(&w, "d.geojson", 4490);
    put_shape(f, PROPS("a", "0101"), "Polygon",
              "[[[116.0,39.9],[116.001,39.9],[116.001,39.901],[116.0,39.901],[116.0,39.9]]]");
    (void)fprintf(f, "{\"type\":\"Feature\",\"properties\":{" PROPS(
                         "b", "0101") "},\"geometry\":{"
                                      "\"type\":\"Polygon\",\"coordinates\":[[[116.0009,39.9],[116."
                                      "002,39.9],[116.002,"
                                      "39.901],[116.0009,39.901],[116.0009,39.9]]]}}]}\n");
    assert_int_equal(fclose(f), 0);
    assert_refused(&w, &s, "d.geojson", "qc.overlap", 1);
    world_close(&w);
}

int main(void)
{
#define IN_WORLD(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_areas_of_boxes),
        cmocka_unit_test(shared_areas_agree_with_geos),
        cmocka_unit_test(combs_are_given_up),
        cmocka_unit_test(the_sweep_finds_what_pairs_find),
        cmocka_unit_test(a_missing_folder_is_said),
        cmocka_unit_test(every_allocation_may_fail),
        IN_WORLD(overlapping_parcels_are_refused),
        IN_WORLD(a_good_survey_stays_when_the_next_overlaps),
        IN_WORLD(rounding_is_no_overlap),
        cmocka_unit_test(degrees_count_as_metres),
    };
#undef IN_WORLD
    return cmocka_run_group_tests_name("store_import.qc_cover", tests, NULL, NULL);
}
