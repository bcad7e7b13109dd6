/* The coverage engine: cells that share every vertex, clipped exactly by district borders. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "synth/cells.h"
#include "synth/dissolve.h"
#include "synth/noise.h"
#include "tests_synth.h"

typedef struct tally {
    double area2[8];
    size_t n_faces, n_holes;
    uint64_t hash;
    edge_set edges;
} tally;

/* All cells of a little country of three districts; per_leaf steers the number of cells. */
static void generate(gt_ctx *ctx, const country *c, double n_cells, uint64_t seed, double pairs,
                     tally *t)
{
    sy_density d;
    enum { N = 64 };
    double *weight = gt_alloc(ctx, N * N, sizeof *weight);
    for (int j = 0; j < N; j++) {
        for (int i = 0; i < N; i++) { /* a town of small cells in the middle */
            double r2 = (i - 32.0) * (i - 32.0) + (j - 32.0) * (j - 32.0);
            weight[j * N + i] = n_cells / (N * N) * (0.5 + 8.0 / (1.0 + r2 / 9.0));
        }
    }
    assert_ok(ctx, sy_density_build(ctx, &c->world, weight, N, &d));
    sy_mesh mesh = {&c->world, &c->border, &d, 1.0, seed};
    sy_block *blocks = NULL;
    size_t n_blocks = 0;
    assert_ok(ctx, sy_mesh_blocks(ctx, &mesh, 300, &blocks, &n_blocks));
    sy_cell_work work = {0};
    sy_faces faces = {0};
    sy_cell_options o = {.crumb = 0.05, .pair_share = pairs};
    memset(t, 0, sizeof *t);
    for (size_t b = 0; b < n_blocks; b++) {
        assert_ok(ctx, sy_cells(ctx, &mesh, &blocks[b], &o, &work, &faces, NULL));
        for (size_t f = 0; f < faces.n_faces; f++) {
            const sy_face *face = &faces.faces[f];
            assert_true(face->area2 > 0);
            t->area2[face->unit] += (double)face->area2;
            t->n_faces++;
            t->n_holes += face->n_rings - 1;
            edge_set_add(&t->edges, &faces, f);
            for (uint32_t r = 0; r < face->n_rings; r++) {
                size_t ring = face->first_ring + r;
                for (size_t i = sy_ring_start(&faces, ring); i < faces.ring_end[ring]; i++) {
                    t->hash = sy_hash(t->hash, sy_key(faces.pts[i]), ring);
                }
            }
        }
    }
    sy_cell_work_free(ctx, &work);
    sy_faces_free(ctx, &faces);
    gt_free(ctx, blocks);
    sy_density_free(ctx, &d);
    gt_free(ctx, weight);
}

/* Every edge has its twin, but those on the outline; areas sum to the districts. */
static void check_cover(const country *c, tally *t)
{
    size_t n_open = 0;
    size_t twice = edge_set_check(&t->edges, &c->border, &n_open);
    assert_int_equal(twice, 0);
    assert_true(n_open > 0);
    for (int u = 0; u < c->border.n_units; u++) {
        double want = (double)c->border.area2[u];
        assert_near(t->area2[u] / want, 1.0, 1e-6);
    }
    edge_set_free(&t->edges);
}

static void cells_cover_the_districts(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    country c;
    country_make(ctx, &c);
    const double sizes[] = {30, 300, 3000, 20000};
    size_t before = 0;
    for (size_t i = 0; i < 4; i++) {
        tally t;
        generate(ctx, &c, sizes[i], 1 + i, 0, &t);
        assert_true(t.n_faces > before);
        before = t.n_faces;
        check_cover(&c, &t);
    }
    country_free(ctx, &c);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void pairs_are_neighbours(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    country c;
    country_make(ctx, &c);
    sy_density d;
    double weight[16];
    for (int i = 0; i < 16; i++) {
        weight[i] = 150;
    }
    assert_ok(ctx, sy_density_build(ctx, &c.world, weight, 4, &d));
    sy_mesh mesh = {&c.world, &c.border, &d, 1.0, 3};
    sy_block all = {0, 0, c.world.side, c.world.side, 2400};
    sy_cell_work work = {0};
    sy_faces faces = {0}, two = {0}, one = {0};
    sy_cell_options o = {.crumb = 0.05, .pair_share = 0.3};
    static const int32_t group[2] = {0, 0};
    assert_ok(ctx, sy_cells(ctx, &mesh, &all, &o, &work, &faces, NULL));
    size_t pairs = 0;
    for (size_t i = 0; i < faces.n_faces; i++) {
        if (!faces.faces[i].pair) {
            continue;
        }
        assert_true(i + 1 < faces.n_faces);
        assert_false(faces.faces[i + 1].pair);
        assert_int_equal(faces.faces[i].unit, faces.faces[i + 1].unit);
        sy_faces_reset(&two);
        sy_faces_reset(&one);
        assert_ok(ctx, sy_faces_copy(ctx, &faces, i, &two));
        assert_ok(ctx, sy_faces_copy(ctx, &faces, i + 1, &two));
        assert_ok(ctx, sy_dissolve(ctx, &two, group, 1, &one));
        assert_int_equal(one.n_faces, 1);
        assert_true(one.faces[0].area2 == two.faces[0].area2 + two.faces[1].area2);
        assert_true(face_is_simple(&one, 0));
        pairs++;
    }
    assert_true(pairs > 50);
    sy_faces_free(ctx, &faces);
    sy_faces_free(ctx, &one);
    sy_faces_free(ctx, &two);
    sy_cell_work_free(ctx, &work);
    sy_density_free(ctx, &d);
    country_free(ctx, &c);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void many_seeds_cover(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    country c;
    country_make(ctx, &c);
    for (uint64_t seed = 100; seed < 140; seed++) {
        tally t;
        generate(ctx, &c, 400, seed, 0.1, &t);
        check_cover(&c, &t);
    }
    country_free(ctx, &c);
    gt_ctx_free(ctx);
}

static void same_seed_same_cells(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    country c;
    country_make(ctx, &c);
    tally a, b, other;
    generate(ctx, &c, 2000, 9, 0.1, &a);
    generate(ctx, &c, 2000, 9, 0.1, &b);
    generate(ctx, &c, 2000, 10, 0.1, &other);
    assert_true(a.hash == b.hash);
    assert_true(a.hash != other.hash);
    edge_set_free(&a.edges);
    edge_set_free(&b.edges);
    edge_set_free(&other.edges);
    country_free(ctx, &c);
    gt_ctx_free(ctx);
}

static void rings_are_simple(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    country c;
    country_make(ctx, &c);
    sy_density d;
    double weight[16];
    for (int i = 0; i < 16; i++) {
        weight[i] = 150;
    }
    assert_ok(ctx, sy_density_build(ctx, &c.world, weight, 4, &d));
    sy_mesh mesh = {&c.world, &c.border, &d, 1.0, 3};
    sy_block *blocks = NULL;
    size_t n_blocks = 0;
    assert_ok(ctx, sy_mesh_blocks(ctx, &mesh, 200, &blocks, &n_blocks));
    sy_cell_work work = {0};
    sy_faces faces = {0};
    sy_cell_options o = {.crumb = 0.05, .pair_share = 0.1};
    size_t n = 0;
    for (size_t b = 0; b < n_blocks; b++) {
        assert_ok(ctx, sy_cells(ctx, &mesh, &blocks[b], &o, &work, &faces, NULL));
        for (size_t f = 0; f < faces.n_faces; f++) {
            assert_true(face_is_simple(&faces, f));
            n++;
        }
    }
    assert_true(n > 300);
    sy_cell_work_free(ctx, &work);
    sy_faces_free(ctx, &faces);
    gt_free(ctx, blocks);
    sy_density_free(ctx, &d);
    country_free(ctx, &c);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_cover_the_districts), cmocka_unit_test(pairs_are_neighbours),
        cmocka_unit_test(many_seeds_cover),          cmocka_unit_test(same_seed_same_cells),
        cmocka_unit_test(rings_are_simple),
    };
    return cmocka_run_group_tests_name("synth.mesh", tests, NULL, NULL);
}
