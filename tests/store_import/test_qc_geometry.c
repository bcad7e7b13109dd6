/* Each kind of fault with its place, what is sound although it looks odd, thresholds, repair, and
 * the exact predicate. */
#include "shapes.h"

#include <sys/resource.h>

#include "guotu/date.h"
#include "store/qc.h"

#define BOX "0 0, 10 0, 10 10, 0 10, 0 0"

/* ---- the predicate ------------------------------------------------------------------------------
 */

static void predicate_is_exact(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 5);
    long zero = 0, near = 0;
    for (int i = 0; i < 200000; i++) {
        /* 28-bit integers over a power of two: products fit in 128 bits, exactly */
        int64_t c[6];
        for (int k = 0; k < 6; k++) {
            c[k] = (int64_t)(test_rng_next(&rng) >> 34);
        }
        if (i % 2 == 0) { /* p on or one unit beside the line */
            int64_t t = (int64_t)(test_rng_next(&rng) % 7);
            c[2] = c[0] + (c[2] % 1000003) * 6;
            c[3] = c[1] + (c[3] % 1000003) * 6;
            c[4] = c[0] + (c[2] - c[0]) / 6 * t + (int64_t)(test_rng_next(&rng) % 3) - 1;
            c[5] = c[1] + (c[3] - c[1]) / 6 * t;
        }
        __int128 det =
            (__int128)(c[0] - c[4]) * (c[3] - c[5]) - (__int128)(c[1] - c[5]) * (c[2] - c[4]);
        int want = det > 0 ? 1 : det < 0 ? -1 : 0;
        double v[6];
        for (int k = 0; k < 6; k++) {
            v[k] = (double)c[k] * 0x1.0p-20;
        }
        assert_int_equal(qc_side(v[0], v[1], v[2], v[3], v[4], v[5]), want);
        assert_int_equal(qc_side_exact(v[0], v[1], v[2], v[3], v[4], v[5]), want);
        assert_int_equal(qc_side(v[2], v[3], v[0], v[1], v[4], v[5]), -want);
        zero += want == 0;
        near += llabs((long long)det) < 1000000000000LL;
    }
    assert_true(zero > 10000 && near > 30000);
}

/* Points one unit in the last place off a line through far-away points: plain arithmetic fails here
 * (Kettner et al. 2008, the classroom example). */
static void predicate_next_to_a_line(void **state)
{
    (void)state;
    long wrong_plain = 0;
    for (int i = 0; i < 64; i++) {
        for (int j = 0; j < 64; j++) {
            double px = 0.5 + i * 0x1.0p-53, py = 0.5 + j * 0x1.0p-53;
            int want = (i < j) - (i > j); /* the line is x = y */
            assert_int_equal(qc_side(12.0, 12.0, 24.0, 24.0, px, py), want);
            double det = (12.0 - px) * (24.0 - py) - (12.0 - py) * (24.0 - px);
            wrong_plain += ((det > 0) - (det < 0)) != want;
        }
    }
    assert_true(wrong_plain > 100);
}

/* ---- faults
 * -------------------------------------------------------------------------------------- */

static void faults_have_a_place(void **state)
{
    bench *b = *state;
    assert_finds(b, "0 0, 10 10, 10 0, 0 10, 0 0", GT_QC_CROSSING, 5, 5);
    assert_finds(b, "0 0, 4 0, 4 4, 2 -2, 0 4, 0 0", GT_QC_CROSSING, 4.0 / 3, 0);
    assert_finds(b, "0 0, 10 0, 10 10, 5 0, 0 10, 0 0", GT_QC_RING_TOUCH, 5, 0);
    assert_finds(b, "0 0, 5 0, 5 5, 5 0, 10 0, 10 10, 0 10, 0 0", GT_QC_LINE_TOUCH, 5, 0);
    assert_finds(b, "0 0, 10 0, 10 10, 15 15, 10 10, 0 10, 0 0", GT_QC_LINE_TOUCH, 10, 10);
    assert_finds(b, BOX "; 20 20, 22 20, 21 22, 20 20", GT_QC_HOLE_OUTSIDE, 20, 20);
    assert_finds(b, BOX "; 2 2, 8 2, 8 8, 2 8, 2 2; 4 4, 6 4, 6 6, 4 6, 4 4", GT_QC_NESTED_HOLES, 4,
                 4);
    assert_finds(b, BOX "| 2 2, 8 2, 8 8, 2 8, 2 2", GT_QC_NESTED_PARTS, 2, 2);
    assert_finds(b, BOX "|" BOX, GT_QC_DUPLICATE_RING, 0, 0);
    assert_finds(b, BOX "| 10 10, 0 10, 0 0, 10 0, 10 10", GT_QC_DUPLICATE_RING, 10, 10);
    assert_finds(b, BOX "; 5 0, 7 5, 5 10, 3 5, 5 0", GT_QC_SPLIT_INTERIOR, 5, 10);
    assert_finds(b, BOX "| 5 5, 15 5, 15 8, 5 8, 5 5", GT_QC_CROSSING, 10, 5);
    assert_finds(b, BOX "| 10 2, 20 2, 20 8, 10 8, 10 2", GT_QC_LINE_TOUCH, 10, 2);
    assert_finds(b, "0 0, 10 0, 10 10, 0 10", GT_QC_UNCLOSED, 0, 10);
    assert_finds(b, "0 0, 5 5, 10 10, 0 0", GT_QC_ZERO_AREA, 0, 0);
    assert_finds(b, "3 4, 3 4, 3 4, 3 4", GT_QC_TOO_FEW, 3, 4);
    assert_finds(b, "0 0, 1 1, 0 0", GT_QC_TOO_FEW, 0, 0);
    assert_finds(b, "0 0, 10 0, 10 0, 10 10, 10 10, 10 10, 0 10, 0 0", GT_QC_REPEATED, 10, 0);
    assert_int_equal(found(b, GT_QC_REPEATED)->count, 3);
}

static void three_holes_in_a_circle_split(void **state)
{
    bench *b = *state;
    /* touching in a chain is sound, in a cycle it is not */
    assert_sound(b,
                 "0 0, 30 0, 30 30, 0 30, 0 0; 5 5, 10 10, 5 10, 5 5; 10 10, 15 5, 15 10, 10 10");
    check(b, "0 0, 30 0, 30 30, 0 30, 0 0; 10 10, 20 10, 15 5, 10 10; 20 10, 25 15, 15 20, 20 10;"
             "15 20, 5 15, 10 10, 15 20");
    assert_non_null(found(b, GT_QC_SPLIT_INTERIOR));
    /* many holes that meet in one point do not */
    assert_sound(b, "0 0, 30 0, 30 30, 0 30, 0 0; 15 15, 20 14, 20 16, 15 15; 15 15, 16 20, 14 20,"
                    "15 15; 15 15, 10 16, 10 14, 15 15");
}

static void odd_but_sound(void **state)
{
    bench *b = *state;
    assert_sound(b, BOX);
    assert_sound(b, "0 0, 0 10, 10 10, 10 0, 0 0");             /* clockwise */
    assert_sound(b, "0 0, 5 0, 10 0, 10 10, 0 10, 0 5, 0 0");   /* points on edges */
    assert_sound(b, BOX "; 0 0, 3 1, 1 3, 0 0");                /* hole touches a corner */
    assert_sound(b, BOX "; 5 0, 7 3, 3 3, 5 0");                /* ... an edge */
    assert_sound(b, BOX "| 10 10, 20 10, 20 20, 10 20, 10 10"); /* parts meet in a point */
    assert_sound(b, BOX "| 10 5, 20 0, 20 10, 10 5");           /* corner on an edge */
    assert_sound(b, BOX "; 2 2, 8 2, 8 8, 2 8, 2 2 | 4 4, 6 4, 6 6, 4 6, 4 4"); /* island */
    assert_sound(b, BOX "; 2 2, 8 2, 8 8, 2 8, 2 2 | 2 2, 8 4, 4 8, 2 2");
    assert_near(b->result.plane_area, 100 - 36 + 16, 1e-12);
    check(b, "0 0, 10 0, 10 0, 10 10, 0 10, 0 0");
    assert_false(b->result.error);
}

static void counts_and_numbering(void **state)
{
    bench *b = *state;
    check(b, BOX "; 2 2, 3 2, 3 3, 2 2 | 20 20, 30 30, 30 20, 20 30, 20 20");
    const gt_qc_finding *f = found(b, GT_QC_CROSSING);
    assert_non_null(f);
    assert_int_equal(f->part, 1);
    assert_int_equal(f->ring, 0);
    check(b, BOX "; 2 2, 3 2, 3 3, 2 2; 5 5, 8 8, 8 5, 5 8, 5 5");
    f = found(b, GT_QC_CROSSING);
    assert_non_null(f);
    assert_int_equal(f->part, 0);
    assert_int_equal(f->ring, 2);
}

static void not_finite_is_found(void **state)
{
    bench *b = *state;
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e300, -2e15};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        draw(b, BOX);
        b->geom.xy[4] = bad[i];
        assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
        assert_int_equal(b->result.n, 1);
        assert_int_equal(b->result.findings[0].kind, GT_QC_NOT_FINITE);
        assert_int_equal(b->result.findings[0].has_xy, isfinite(bad[i]) != 0);
    }
    draw(b, BOX); /* tiny numbers are zero, not a trap */
    b->geom.xy[0] = 4e-320;
    b->geom.xy[8] = 4e-320;
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
    assert_int_equal(b->result.n, 0);
}

static void empty_type_and_limit(void **state)
{
    bench *b = *state;
    gt_geom none;
    gt_geom_init(&none);
    none.type = GT_POLYGON;
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, NULL, &b->result));
    assert_int_equal(b->result.findings[0].kind, GT_QC_EMPTY);
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &none, &b->result));
    assert_int_equal(b->result.findings[0].kind, GT_QC_EMPTY);
    assert_false(b->result.findings[0].has_xy);
    draw(b, BOX);
    b->geom.type = GT_MULTILINESTRING;
    b->geom.n_parts = 0;
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
    assert_int_equal(b->result.findings[0].kind, GT_QC_WRONG_TYPE);
    gt_qc *small;
    assert_ok(b->ctx, gt_qc_new(b->ctx, GT_GEOM_NONE, NULL, 4, &small));
    draw(b, BOX);
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, small, &b->geom, &b->result));
    assert_int_equal(b->result.findings[0].kind, GT_QC_TOO_MANY);
    assert_near(b->result.findings[0].value, 5, 0);
    assert_near(b->result.findings[0].limit, 4, 0);
    gt_qc_free(b->ctx, small);
}

static void lines_and_points(void **state)
{
    bench *b = *state;
    gt_qc *lines, *points;
    assert_ok(b->ctx, gt_qc_new(b->ctx, GT_LINESTRING, NULL, 0, &lines));
    assert_ok(b->ctx, gt_qc_new(b->ctx, GT_POINT, NULL, 0, &points));
    gt_geom_reset(&b->geom, GT_LINESTRING);
    for (int i = 0; i < 4; i++) { /* crosses itself: allowed for lines */
        assert_ok(b->ctx, gt_geom_add_point(b->ctx, &b->geom, i < 2 ? i : 3 - i, i % 2));
    }
    assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &b->geom));
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, lines, &b->geom, &b->result));
    assert_int_equal(b->result.n, 0);
    gt_geom_reset(&b->geom, GT_MULTILINESTRING);
    for (int i = 0; i < 4; i++) {
        assert_ok(b->ctx, gt_geom_add_point(b->ctx, &b->geom, i < 2 ? 5 : i, 7));
        if (i % 2 == 1) {
            assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &b->geom));
        }
    }
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, lines, &b->geom, &b->result));
    assert_non_null(found(b, GT_QC_TOO_FEW));
    assert_non_null(found(b, GT_QC_REPEATED));
    gt_geom_reset(&b->geom, GT_POINT);
    assert_ok(b->ctx, gt_geom_add_point(b->ctx, &b->geom, 1, 2));
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, points, &b->geom, &b->result));
    assert_int_equal(b->result.n, 0);
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, lines, &b->geom, &b->result));
    assert_int_equal(b->result.findings[0].kind, GT_QC_WRONG_TYPE);
    gt_qc_free(b->ctx, lines);
    gt_qc_free(b->ctx, points);
}

static void thresholds(void **state)
{
    bench *b = *state;
    gt_qc_rules rules = {.min_area_m2 = 50,
                         .min_width_m = 2,
                         .min_angle_deg = 10,
                         .has_bounds = true,
                         .bounds = {-5, -5, 200, 200}};
    gt_qc_free(b->ctx, b->qc);
    assert_ok(b->ctx, gt_qc_new(b->ctx, GT_POLYGON, &rules, 0, &b->qc));
    assert_sound(b, BOX);
    assert_finds(b, "0 0, 7 0, 7 7, 0 7, 0 0", GT_QC_SLIVER_AREA, 0, 0);
    assert_near(found(b, GT_QC_SLIVER_AREA)->value, 49, 1e-12);
    assert_finds(b, "0 0, 100 0, 100 1, 0 1, 0 0", GT_QC_SLIVER_WIDTH, 0, 0);
    assert_near(found(b, GT_QC_SLIVER_WIDTH)->value, 200.0 / 202, 1e-12);
    /* a ring of 1 m around a hole is thin although its box is wide */
    assert_finds(b, "0 0, 50 0, 50 50, 0 50, 0 0; 1 1, 49 1, 49 49, 1 49, 1 1", GT_QC_SLIVER_WIDTH,
                 0, 0);
    assert_finds(b, "0 0, 100 0, 100 100, 0 100, -1 190, -2 100, 0 0", GT_QC_SPIKE, -1, 190);
    assert_near(found(b, GT_QC_SPIKE)->value, 2 * atan(1.0 / 90) * 180 / 3.14159265358979, 0.02);
    assert_null(found(b, GT_QC_CROSSING));
    assert_finds(b, "0 0, 10 0, 10 300, 5 400, 0 300, 0 0", GT_QC_OUT_OF_BOUNDS, 10, 300);
    assert_int_equal(found(b, GT_QC_OUT_OF_BOUNDS)->count, 3);
    assert_true(b->result.error);
}

/* ---- size
 * ----------------------------------------------------------------------------------------- */

static double cpu_now(void)
{
    struct rusage u;
    assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec * 1e-6;
}

/* A comb of n teeth, turned by 22 degrees: all teeth's boxes overlap, so box filters are quadratic
 * (10^12 pairs here), and all edges cross the sweep line at once in the middle. */
static void comb(bench *b, uint32_t n, bool cross)
{
    double co = cos(0.39), si = sin(0.39);
    gt_geom_reset(&b->geom, GT_POLYGON);
    for (uint32_t i = 0; i < 2 * n; i++) {
        uint32_t k = i < n ? i : 2 * n - 1 - i;
        double x = k, y = (k % 2 != 0 ? 1e6 : 10) - (i < n ? 0 : 5);
        if (cross && i == n + n / 2) {
            y += 7; /* the lower edge of this tooth pokes through the upper */
        }
        assert_ok(b->ctx, gt_geom_add_point(b->ctx, &b->geom, co * x - si * y, si * x + co * y));
    }
    assert_ok(b->ctx, gt_geom_add_point(b->ctx, &b->geom, b->geom.xy[0], b->geom.xy[1]));
    assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &b->geom));
    assert_ok(b->ctx, gt_geom_end_part(b->ctx, &b->geom));
}

static void a_million_vertices(void **state)
{
    bench *b = *state;
    double start = cpu_now();
    comb(b, 500000, false);
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
    assert_int_equal(b->result.n, 0);
    comb(b, 500000, true);
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
    assert_int_equal(b->result.n, 1);
    assert_int_equal(b->result.findings[0].kind, GT_QC_CROSSING);
    print_message("  two combs of 1e6 vertices: %.2f s; %.0f MB at most\n", cpu_now() - start,
                  (double)gt_ctx_memory_peak(b->ctx) / 1e6);
}

/* Half a million triangles that all meet in one point, and a fan of holes. */
static void a_crowded_point(void **state)
{
    bench *b = *state;
    gt_geom_reset(&b->geom, GT_MULTIPOLYGON);
    enum { N = 100000 };
    for (int i = 0; i < N; i++) {
        double a = 6.283185307179586 * i / N, w = 6.283185307179586 * 0.4 / N;
        const double xy[4][2] = {{0, 0}, {cos(a), sin(a)}, {cos(a + w), sin(a + w)}, {0, 0}};
        for (int k = 0; k < 4; k++) {
            assert_ok(b->ctx, gt_geom_add_point(b->ctx, &b->geom, xy[k][0], xy[k][1]));
        }
        assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &b->geom));
        assert_ok(b->ctx, gt_geom_end_part(b->ctx, &b->geom));
    }
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
    assert_int_equal(b->result.n, 0);
}

/* ---- repair
 * ----------------------------------------------------------------------------------------- */

static gt_qc_change mend(bench *b, const char *text)
{
    gt_qc_change change;
    check(b, text);
    assert_ok(b->ctx, gt_qc_repair(b->ctx, b->qc, &b->geom, &b->mended, &b->result, &change));
    return change;
}

static void repair_mends_what_it_can(void **state)
{
    bench *b = *state;
    gt_qc_change c = mend(b, BOX);
    assert_false(c.changed);
    c = mend(b, "0 0, 10 0, 10 10, 0 10");
    assert_true(c.changed && c.closed && !c.rebuilt);
    assert_int_equal(b->result.n, 0);
    assert_int_equal(b->mended.n_points, 5);
    assert_near(c.area_after, 100, 1e-12);
    c = mend(b, "0 0, 0 0, 10 0, 10 10, 10 10, 0 10, 0 0");
    assert_true(c.dropped_points && !c.closed && !c.rebuilt);
    assert_int_equal(c.points_before, 7);
    assert_int_equal(c.points_after, 5);
    c = mend(b, BOX "; 1 1, 2 2, 3 3, 1 1 | 20 20, 20 20, 20 20, 20 20");
    assert_true(c.dropped_rings);
    assert_int_equal(b->mended.n_parts, 1);
    assert_int_equal(b->mended.n_rings, 1);
    assert_false(b->result.error);
    c = mend(b, "0 0, 10 10, 10 0, 0 10, 0 0");
    assert_true(c.rebuilt && c.has_xy);
    assert_near(c.x, 5, 1e-12);
    assert_near(c.area_before, 0, 1e-12);
    assert_near(c.area_after, 50, 1e-12);
    assert_int_equal(b->result.n, 0);
    c = mend(b, BOX "| 5 5, 15 5, 15 8, 5 8, 5 5");
    assert_true(c.rebuilt);
    assert_false(b->result.error);
    c = mend(b, "0 0, 10 0, 10 10, 15 15, 10 10, 0 10, 0 0");
    assert_true(c.rebuilt);
    assert_near(c.area_after, 100, 1e-12);
}

static void repair_leaves_what_it_cannot(void **state)
{
    bench *b = *state;
    gt_qc_change c = mend(b, "0 0, 1 1, 2 2, 0 0");
    assert_true(c.dropped_rings);
    assert_non_null(found(b, GT_QC_EMPTY));
    draw(b, BOX);
    b->geom.xy[2] = NAN;
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
    assert_ok(b->ctx, gt_qc_repair(b->ctx, b->qc, &b->geom, &b->mended, &b->result, &c));
    assert_false(c.changed);
    assert_non_null(found(b, GT_QC_NOT_FINITE));
}

static void repair_is_sound_and_idempotent(void **state)
{
    bench *b = *state;
    test_rng rng;
    test_rng_seed(&rng, 77);
    long mended = 0;
    for (int i = 0; i < 3000; i++) {
        gt_geom_reset(&b->geom, GT_POLYGON);
        int n = 3 + (int)(test_rng_next(&rng) % 8);
        for (int k = 0; k <= n; k++) {
            double x = (double)(test_rng_next(&rng) % 6), y = (double)(test_rng_next(&rng) % 6);
            if (k == n && test_rng_next(&rng) % 4 != 0) {
                x = b->geom.xy[0];
                y = b->geom.xy[1];
            }
            assert_ok(b->ctx, gt_geom_add_point(b->ctx, &b->geom, x, y));
        }
        assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &b->geom));
        assert_ok(b->ctx, gt_geom_end_part(b->ctx, &b->geom));
        gt_qc_change c;
        assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
        assert_ok(b->ctx, gt_qc_repair(b->ctx, b->qc, &b->geom, &b->mended, &b->result, &c));
        mended += c.changed;
        bool empty = found(b, GT_QC_EMPTY) != NULL;
        if (b->result.error != empty) {
            gt_text t;
            gt_text_init(&t, b->ctx, 0);
            gt_geom_to_wkt(&b->geom, 3, &t);
            gt_text_puts(&t, " became ");
            gt_geom_to_wkt(&b->mended, 3, &t);
            print_error("%s: %s\n", gt_text_cstr(&t), gt_qc_kind_name(b->result.findings[0].kind));
            gt_text_free(&t);
            fail();
        }
        if (c.changed && !empty) {
            gt_geom again;
            gt_geom_init(&again);
            gt_qc_result second = b->result;
            assert_ok(b->ctx, gt_qc_repair(b->ctx, b->qc, &b->mended, &again, &second, &c));
            assert_false(c.changed);
            gt_geom_free(b->ctx, &again);
        }
    }
    assert_true(mended > 1000);
}

/* ---- notes and memory
 * ---------------------------------------------------------------------------- */

static void every_kind_has_words(void **state)
{
    (void)state;
    for (int k = 0; k < GT_QC_N_KINDS; k++) {
        const gt_message *m = gt_qc_message((gt_qc_kind)k);
        assert_non_null(m);
        assert_true(strncmp(m->id, "qc.", 3) == 0);
        assert_string_equal(gt_qc_kind_name((gt_qc_kind)k), m->id + 3);
        assert_non_null(m->mend_en);
        assert_non_null(m->mend_zh);
        for (int j = 0; j < k; j++) {
            assert_string_not_equal(m->id, gt_qc_message((gt_qc_kind)j)->id);
        }
    }
}

static void findings_become_notes(void **state)
{
    bench *b = *state;
    gt_notes *notes;
    gt_text text;
    gt_text_init(&text, b->ctx, 0);
    assert_ok(b->ctx, gt_notes_new(b->ctx, 0, &notes));
    check(b, "0 0, 0 0, 10 10, 10 0, 0 10, 0 0");
    assert_ok(b->ctx, gt_qc_note(b->ctx, notes, &b->result,
                                 GT_PLACE(.file = "a.shp", .row = 7, .feature = "p7")));
    assert_int_equal(gt_notes_count(notes, GT_ERROR), 1);
    assert_int_equal(gt_notes_count(notes, GT_INFO), 2);
    gt_notes_render(notes, 0, GT_LANG_ZH, &text);
    assert_non_null(strstr(gt_text_cstr(&text), "自相交"));
    assert_non_null(strstr(gt_text_cstr(&text), "a.shp"));
    assert_non_null(strstr(gt_text_cstr(&text), "p7"));
    const gt_place *place;
    gt_notes_get(notes, 0, NULL, NULL, &place);
    assert_true(place->has_xy);
    assert_near(place->x, 5, 1e-12);
    gt_text_free(&text);
    gt_notes_free(notes);
}

/* Each allocation fails once: the call says so, nothing is lost. */
static void memory_runs_out(void **state)
{
    (void)state;
    bool done = false;
    for (long n = 0; !done && n < 400; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_qc *qc = NULL;
        gt_geom geom, mended;
        gt_qc_result result;
        gt_qc_change change;
        gt_geom_init(&geom);
        gt_geom_init(&mended);
        gt_geom_reset(&geom, GT_POLYGON);
        gt_status st = gt_qc_new(ctx, GT_POLYGON, NULL, 0, &qc);
        static const double xy[] = {0, 0, 9, 0, 9, 9, 5, 0, 0, 9, 0, 0, 0, 0};
        for (size_t i = 0; i < 7 && st == GT_OK; i++) {
            st = gt_geom_add_point(ctx, &geom, xy[2 * i], xy[2 * i + 1]);
        }
        st = st == GT_OK ? gt_geom_end_ring(ctx, &geom) : st;
        st = st == GT_OK ? gt_geom_end_part(ctx, &geom) : st;
        st = st == GT_OK ? gt_qc_geometry(ctx, qc, &geom, &result) : st;
        st = st == GT_OK ? gt_qc_repair(ctx, qc, &geom, &mended, &result, &change) : st;
        if (st == GT_OK) {
            assert_true(change.rebuilt);
            assert_false(result.error);
            done = true;
        } else {
            assert_int_equal(st, GT_E_MEMORY);
            assert_true(gt_failed(ctx));
        }
        gt_geom_free(ctx, &geom);
        gt_geom_free(ctx, &mended);
        gt_qc_free(ctx, qc);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(done);
}

static void cancel_is_heard(void **state)
{
    bench *b = *state;
    comb(b, 100000, false);
    gt_cancel(b->ctx);
    assert_fails(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result), GT_E_CANCELLED, NULL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(predicate_is_exact),
        CASE(predicate_next_to_a_line),
        CASE(faults_have_a_place),
        CASE(three_holes_in_a_circle_split),
        CASE(odd_but_sound),
        CASE(counts_and_numbering),
        CASE(not_finite_is_found),
        CASE(empty_type_and_limit),
        CASE(lines_and_points),
        CASE(thresholds),
        CASE(a_million_vertices),
        CASE(a_crowded_point),
        CASE(repair_mends_what_it_can),
        CASE(repair_leaves_what_it_cannot),
        CASE(repair_is_sound_and_idempotent),
        CASE(every_kind_has_words),
        CASE(findings_become_notes),
        cmocka_unit_test(memory_runs_out),
        CASE(cancel_is_heard),
    };
    return cmocka_run_group_tests_name("store_import.qc_geometry", tests, NULL, NULL);
}
