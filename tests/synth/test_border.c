/* Rings, borders and unions: exact plane geometry. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "synth/dissolve.h"
#include "tests_synth.h"

static void ring_area_and_side_are_exact(void **state)
{
    (void)state;
    const sy_pt l[] = {{0, 0}, {40, 0}, {40, 10}, {10, 10}, {10, 30}, {0, 30}};
    assert_true(sy_ring_area2(l, 6) == 2 * (400 + 200));
    sy_pt back[6];
    for (int i = 0; i < 6; i++) {
        back[i] = l[5 - i];
    }
    assert_true(sy_ring_area2(back, 6) == -1200);
    assert_int_equal(sy_ring_side(l, 6, 2 * 5, 2 * 5), 1);
    assert_int_equal(sy_ring_side(l, 6, 2 * 20, 2 * 20), -1);
    assert_int_equal(sy_ring_side(l, 6, 2 * 10, 2 * 20), 0); /* on an edge */
    assert_int_equal(sy_ring_side(l, 6, 2 * 10, 2 * 10), 0); /* on a vertex */
    assert_int_equal(sy_ring_side(l, 6, 81, 5), -1);         /* half a millimetre outside */
    assert_int_equal(sy_ring_side(l, 6, 79, 5), 1);
    assert_int_equal(sy_ring_side(back, 6, 2 * 5, 2 * 5), 1); /* whatever the direction */
    sy_rect r = sy_ring_rect(l, 6);
    assert_true(r.x0 == 0 && r.y0 == 0 && r.x1 == 40 && r.y1 == 30);
}

/* The largest world: products stay within 64 bits. */
static void large_coordinates_do_not_overflow(void **state)
{
    (void)state;
    const int32_t s = SY_SIDE_MAX;
    const sy_pt all[] = {{0, 0}, {s, 0}, {s, s}, {0, s}};
    assert_true(sy_ring_area2(all, 4) == 2 * (int64_t)s * s);
    assert_true(sy_turn(all[0], all[1], all[2]) > 0);
    assert_true(sy_turn(all[0], all[2], all[1]) < 0);
    assert_int_equal(sy_ring_side(all, 4, s, s), 1);
    assert_int_equal(sy_ring_side(all, 4, 2 * (int64_t)s, s), 0);
}

static void noise_is_bounded_and_fixed(void **state)
{
    (void)state;
    double lo = 1, hi = -1, step = 0;
    for (int i = 0; i < 20000; i++) {
        double x = i * 0.037 - 200, v = sy_noise(5, x, 0.31 * x),
               w = sy_noise(5, x + 1e-4, 0.31 * x);
        lo = fmin(lo, v), hi = fmax(hi, v), step = fmax(step, fabs(w - v));
        assert_true(fabs(sy_fbm(9, x, x, 5, 0.5)) <= 1);
    }
    assert_true(lo >= -1 && hi <= 1 && hi - lo > 1.2);
    assert_true(step <= 3.75e-4); /* the slope the warp counts on */
    /* the values are part of the promise "same seed, same bytes" */
    assert_true(sy_mix(1) == UINT64_C(0x5692161d100b05e5));
    assert_true(sy_hash(1, 2, 3) == sy_hash(1, 2, 3) && sy_hash(1, 2, 3) != sy_hash(1, 3, 2));
    assert_true(sy_unit(UINT64_MAX) < 1.0 && sy_unit(0) == 0.0);
    assert_true(sy_noise(1, 3.0, -4.0) == sy_noise(1, 3.0, -4.0));
}

/* The slow way: which district's rings hold the point. */
static int slow_locate(const sy_border *b, sy_pt p)
{
    for (size_t f = 0; f < b->units.n_faces; f++) {
        bool in = false;
        for (uint32_t r = 0; r < b->units.faces[f].n_rings; r++) {
            size_t ring = b->units.faces[f].first_ring + r;
            size_t s = sy_ring_start(&b->units, ring);
            in ^= sy_ring_side(b->units.pts + s, b->units.ring_end[ring] - s, 2 * (int64_t)p.x,
                               2 * (int64_t)p.y + 1) > 0;
        }
        if (in) {
            return b->units.faces[f].unit;
        }
    }
    return -1;
}

static void locate_agrees_with_the_slow_way(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    country c;
    country_make(ctx, &c);
    test_rng rng;
    test_rng_seed(&rng, 4);
    int hits[4] = {0};
    for (int i = 0; i < 20000; i++) {
        sy_pt p = {(int32_t)(test_rng_real(&rng) * c.world.side),
                   (int32_t)(test_rng_real(&rng) * c.world.side)};
        int u = sy_border_locate(&c.border, p);
        assert_int_equal(u, slow_locate(&c.border, p));
        hits[u + 1]++;
    }
    for (int i = 0; i < 4; i++) {
        assert_true(hits[i] > 20);
    }
    country_free(ctx, &c);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void questions_about_near_segments(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    country c;
    country_make(ctx, &c);
    uint32_t *list = NULL;
    size_t cap = 0, n = 0;
    for (size_t i = 0; i < c.border.n_segs; i += 7) {
        const sy_seg *s = &c.border.segs[i];
        sy_pt mid = {s->a.x / 2 + s->b.x / 2, s->a.y / 2 + s->b.y / 2};
        assert_false(sy_border_clear(&c.border, mid, SY_CLEAR));
        assert_false(sy_border_clear(&c.border, s->a, SY_CLEAR));
        sy_rect r = {mid.x - 5, mid.y - 5, mid.x + 5, mid.y + 5};
        assert_true(sy_border_near(&c.border, r));
        assert_ok(ctx, sy_border_query(ctx, &c.border, r, &list, &cap, &n));
        bool found = false;
        for (size_t k = 0; k < n; k++) {
            found |= list[k] == i;
            assert_true(k == 0 || list[k - 1] < list[k]);
        }
        assert_true(found);
    }
    assert_true(sy_border_clear(&c.border, (sy_pt){1000, 1000}, SY_CLEAR));
    assert_ok(ctx, sy_border_query(ctx, &c.border, (sy_rect){0, 0, 1000, 1000}, &list, &cap, &n));
    assert_int_equal(n, 0);
    gt_free(ctx, list);
    country_free(ctx, &c);
    gt_ctx_free(ctx);
}

/* A district in two parts that lie against each other comes out as one outline (as one of
 * Beijing's). */
static void parts_with_a_common_edge_become_one(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    const double xy[] = {0,    0, 1000, 0, 1000, 1000, 0,    1000, 0,    0,
                         1000, 0, 2000, 0, 2000, 1000, 1000, 1000, 1000, 0};
    const uint32_t rings[] = {5, 10}, parts[] = {1, 2};
    sy_unit_rings unit = {"two parts", xy, rings, parts, 2, 2};
    sy_world w;
    sy_border b;
    assert_ok(ctx, sy_world_fit(ctx, &unit, 1, 100000, &w));
    assert_ok(ctx, sy_border_build(ctx, &w, &unit, 1, &b));
    assert_int_equal(b.units.n_faces, 1);
    assert_int_equal(b.n_segs, 6); /* the common edge is no border; the corners on it stay */
    assert_true(b.units.faces[0].area2 == b.area2[0]);
    assert_near((double)b.area2[0] / 2e6, 2e6, 0);
    sy_border_free(ctx, &b);
    gt_ctx_free(ctx);
}

static gt_status build(gt_ctx *ctx, const sy_unit_rings *units, size_t n)
{
    sy_world w;
    sy_border b;
    gt_status st = sy_world_fit(ctx, units, n, 1000, &w);
    if (st == GT_OK) {
        st = sy_border_build(ctx, &w, units, n, &b);
        sy_border_free(ctx, &b);
    }
    return st;
}

static void faulty_outlines_are_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    const uint32_t ring5[] = {5}, ring3[] = {3}, ring6[] = {6}, one[] = {1};
    const double a[] = {0, 0, 1000, 0, 1000, 1000, 0, 1000, 0, 0};
    const double shifted[] = {500, 500, 1500, 500, 1500, 1500, 500, 1500, 500, 500};
    const double touching[] = {1000, 200, 1500, 200, 1500, 800, 1000, 800, 1000, 200};
    const double beside[] = {1000, 0, 2000, 0, 2000, 1000, 1000, 1000, 1000, 0};
    const double bow[] = {0, 0, 1000, 1000, 1000, 0, 0, 1000, 0, 0};
    const double flat[] = {0, 0, 1000, 0, 0, 0};
    const double spike[] = {0, 0, 1000, 0, 1000, 1000, 3000, 1000, 1000, 1000, 0, 0};
    sy_unit_rings ua = {"a", a, ring5, one, 1, 1};
    sy_unit_rings cases[] = {{"shifted", shifted, ring5, one, 1, 1},
                             {"touching", touching, ring5, one, 1, 1},
                             {"again", a, ring5, one, 1, 1}};
    const char *const ids[] = {"synth.borders-cross", "synth.borders-cross", "synth.units-overlap"};
    for (int i = 0; i < 3; i++) {
        const sy_unit_rings two[] = {ua, cases[i]};
        assert_fails(ctx, build(ctx, two, 2), GT_E_INPUT, ids[i]);
    }
    const sy_unit_rings fine[] = {ua, {"beside", beside, ring5, one, 1, 1}};
    assert_ok(ctx, build(ctx, fine, 2));
    sy_unit_rings own[] = {{"bow", bow, ring5, one, 1, 1},
                           {"flat", flat, ring3, one, 1, 1},
                           {"spike", spike, ring6, one, 1, 1}};
    assert_fails(ctx, build(ctx, &own[0], 1), GT_E_INPUT, NULL);
    const double inside[] = {200, 200, 800, 200, 800, 800, 200, 800, 200, 200};
    const sy_unit_rings nested[] = {ua, {"inside", inside, ring5, one, 1, 1}};
    assert_fails(ctx, build(ctx, nested, 2), GT_E_INPUT, "synth.units-tangled");
    const double eight[] = {0,   0,    1000, 0,    900, 1000, 0, 2000,
                            500, 2500, 1000, 2000, 900, 1000, 0, 0};
    const uint32_t ring8[] = {8};
    sy_unit_rings knot = {"knot", eight, ring8, one, 1, 1}; /* crosses itself at a vertex */
    assert_fails(ctx, build(ctx, &knot, 1), GT_E_INPUT, "synth.units-tangled");
    assert_fails(ctx, build(ctx, &own[1], 1), GT_E_INPUT, "synth.unit-empty");
    /* a spike runs out and back along one line: both sides are the district itself, no border */
    gt_status st = build(ctx, &own[2], 1);
    assert_true(st == GT_OK || st == GT_E_INPUT);
    gt_error_clear(ctx);
    assert_fails(ctx, build(ctx, NULL, 0), GT_E_INPUT, "synth.no-units");
    const double far[] = {0, 0, 3e6, 0, 3e6, 1000, 0, 1000, 0, 0};
    sy_unit_rings wide = {"far", far, ring5, one, 1, 1};
    assert_fails(ctx, build(ctx, &wide, 1), GT_E_INPUT, "synth.too-wide");
    const double nan_at[] = {0, 0, (double)NAN, 0, 1000, 1000, 0, 1000, 0, 0};
    sy_unit_rings hole = {"nan", nan_at, ring5, one, 1, 1};
    assert_fails(ctx, build(ctx, &hole, 1), GT_E_INPUT, "synth.unit-not-finite");
    gt_ctx_free(ctx);
}

/* ---- unions
 * --------------------------------------------------------------------------------------- */

/* n x n unit squares of 1 m, face number = row * n + col. */
static void squares(gt_ctx *ctx, sy_faces *f, int n)
{
    for (int j = 0; j < n; j++) {
        for (int i = 0; i < n; i++) {
            sy_pt p = {1000 * i, 1000 * j};
            assert_ok(ctx, sy_faces_pt(ctx, f, p));
            assert_ok(ctx, sy_faces_pt(ctx, f, (sy_pt){p.x + 1000, p.y}));
            assert_ok(ctx, sy_faces_pt(ctx, f, (sy_pt){p.x + 1000, p.y + 1000}));
            assert_ok(ctx, sy_faces_pt(ctx, f, (sy_pt){p.x, p.y + 1000}));
            assert_ok(ctx, sy_faces_end_ring(ctx, f));
            assert_ok(ctx, sy_faces_end_face(ctx, f, 0, (uint32_t)(j * n + i), 0));
        }
    }
}

/* Union of the squares drawn as '#'; every other letter is left out. */
static void unite(gt_ctx *ctx, const char *picture, int n, sy_faces *out)
{
    sy_faces f = {0};
    squares(ctx, &f, n);
    int32_t *group = gt_alloc(ctx, (size_t)(n * n), sizeof *group);
    for (int i = 0; i < n * n; i++) {
        group[i] = picture[i] == '#' ? 0 : -1;
    }
    assert_ok(ctx, sy_dissolve(ctx, &f, group, 1, out));
    gt_free(ctx, group);
    sy_faces_free(ctx, &f);
}

static double area_of(gt_ctx *ctx, gt_geos *geos, const sy_faces *f)
{
    double sum = 0;
    for (size_t i = 0; i < f->n_faces; i++) {
        assert_true(f->faces[i].area2 > 0);
        assert_true(face_is_valid(ctx, geos, f, i));
        sum += (double)f->faces[i].area2 / 2e6;
    }
    return sum;
}

static void unions_are_simple(void **state)
{
    (void)state;
    static const struct {
        const char *picture;
        int n;
        size_t faces, rings;
    } cases[] = {
        {"####", 2, 1, 1},             /* one block */
        {"#..#", 2, 2, 2},             /* two that touch at a point */
        {"####.####", 3, 1, 2},        /* a ring */
        {"#.#.#.#.#", 3, 5, 5},        /* checkerboard */
        {"##.#.####", 3, 1, 2},        /* the hole touches the outside at a corner */
        {"################", 4, 1, 1}, /* all */
        {"#####..##..#####", 4, 1, 2}, /* a large hole */
        {"#####.##"
         "##.#####",
         4, 1, 3},         /* two holes that touch at a point */
        {"....", 2, 0, 0}, /* nothing */
    };
    gt_ctx *ctx = test_ctx();
    gt_geos *geos = NULL;
    assert_ok(ctx, gt_geos_new(ctx, &geos));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        sy_faces out = {0};
        size_t want = 0, rings = 0;
        for (const char *p = cases[k].picture; *p != '\0'; p++) {
            want += *p == '#';
        }
        unite(ctx, cases[k].picture, cases[k].n, &out);
        for (size_t i = 0; i < out.n_faces; i++) {
            rings += out.faces[i].n_rings;
        }
        assert_int_equal(out.n_faces, cases[k].faces);
        assert_int_equal(rings, cases[k].rings);
        assert_near(area_of(ctx, geos, &out), (double)want, 1e-9);
        sy_faces_free(ctx, &out);
    }
    gt_geos_free(geos);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void random_unions_keep_the_area(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    enum { N = 24 };
    sy_faces f = {0};
    gt_geos *geos = NULL;
    assert_ok(ctx, gt_geos_new(ctx, &geos));
    squares(ctx, &f, N);
    for (uint64_t seed = 0; seed < 40; seed++) {
        int32_t group[N * N];
        double want[3] = {0, 0, 0}, got[3] = {0, 0, 0};
        for (int i = 0; i < N * N; i++) {
            group[i] = (int32_t)(sy_hash(seed, (uint64_t)i, 1) % 4) - 1;
            if (group[i] >= 0) {
                want[group[i]] += 1;
            }
        }
        sy_faces out = {0};
        assert_ok(ctx, sy_dissolve(ctx, &f, group, 3, &out));
        for (size_t i = 0; i < out.n_faces; i++) {
            assert_true(i == 0 || out.faces[i - 1].leaf <= out.faces[i].leaf);
            assert_true(face_is_valid(ctx, geos, &out, i));
            got[out.faces[i].leaf] += (double)out.faces[i].area2 / 2e6;
        }
        for (int g = 0; g < 3; g++) {
            assert_near(got[g], want[g], 1e-9);
        }
        sy_faces_free(ctx, &out);
    }
    sy_faces_free(ctx, &f);
    gt_geos_free(geos);
    gt_ctx_free(ctx);
}

static void neighbours_are_found(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    sy_faces f = {0};
    squares(ctx, &f, 3);
    uint32_t *start = NULL, *next = NULL;
    assert_ok(ctx, sy_neighbours(ctx, &f, &start, &next));
    assert_int_equal(start[9], 24); /* twelve inner edges, both ways */
    assert_int_equal(start[5] - start[4], 4);
    const uint32_t centre[] = {1, 3, 5, 7};
    assert_memory_equal(next + start[4], centre, sizeof centre);
    assert_int_equal(start[1] - start[0], 2);
    gt_free(ctx, start);
    gt_free(ctx, next);
    /* the best neighbour shares the longest border within the same district */
    bool wanted[9] = {true, false, false, false, true};
    size_t best[9];
    f.faces[1].unit = 1; /* another district to the east of face 0 */
    assert_ok(ctx, sy_best_neighbours(ctx, &f, wanted, best));
    assert_int_equal(best[0], 3);
    assert_int_equal(best[8], SIZE_MAX);
    assert_true(best[4] == 3 || best[4] == 5 || best[4] == 7);
    sy_faces_free(ctx, &f);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_area_and_side_are_exact),
        cmocka_unit_test(large_coordinates_do_not_overflow),
        cmocka_unit_test(noise_is_bounded_and_fixed),
        cmocka_unit_test(locate_agrees_with_the_slow_way),
        cmocka_unit_test(questions_about_near_segments),
        cmocka_unit_test(parts_with_a_common_edge_become_one),
        cmocka_unit_test(faulty_outlines_are_refused),
        cmocka_unit_test(unions_are_simple),
        cmocka_unit_test(random_unions_keep_the_area),
        cmocka_unit_test(neighbours_are_found),
    };
    return cmocka_run_group_tests_name("synth.border", tests, NULL, NULL);
}
