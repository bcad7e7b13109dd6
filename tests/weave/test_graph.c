/* Snap rounding: the graph of a cell has no crossing left, no vertex on an edge, and no edge has
 * moved by more than a pixel. Brute force, on sets made to be nasty. */
#include "weave/cell.h"
#include "weave/shapes.h"

static int sign_of(const wv_edge *e, int32_t x, int32_t y)
{
    int64_t c = (int64_t)(e->x1 - e->x0) * (y - e->y0) - (int64_t)(e->y1 - e->y0) * (x - e->x0);
    return (c > 0) - (c < 0);
}

static bool in_box(const wv_edge *e, int32_t x, int32_t y)
{
    int32_t lo = e->y0 < e->y1 ? e->y0 : e->y1, hi = e->y0 < e->y1 ? e->y1 : e->y0;
    return x >= e->x0 && x <= e->x1 && y >= lo && y <= hi;
}

static void assert_planar(const wv_work *w)
{
    for (size_t i = 0; i < w->n_edges; i++) {
        const wv_edge *e = &w->edges[i];
        if (e->dead != 0) {
            continue;
        }
        assert_true(e->x0 < e->x1 || (e->x0 == e->x1 && e->y0 < e->y1));
        for (size_t j = 0; j < w->n_edges; j++) {
            const wv_edge *f = &w->edges[j];
            if (j == i || f->dead != 0) {
                continue;
            }
            assert_false(e->a == f->a && e->b == f->b);
            int a = sign_of(e, f->x0, f->y0), b = sign_of(e, f->x1, f->y1);
            int c = sign_of(f, e->x0, e->y0), d = sign_of(f, e->x1, e->y1);
            assert_false(a * b < 0 && c * d < 0);
            bool own_a = f->a == e->a || f->a == e->b, own_b = f->b == e->a || f->b == e->b;
            assert_false(a == 0 && !own_a && in_box(e, f->x0, f->y0));
            assert_false(b == 0 && !own_b && in_box(e, f->x1, f->y1));
        }
    }
}

static void run_recs(const wv_rec *recs, size_t n, int32_t side)
{
    gt_ctx *ctx = test_ctx();
    wv_work w = {.ctx = ctx};
    wv_cell_in in = {.side = side, .recs = recs, .n_recs = n};
    in.metric.flat = true;
    assert_ok(ctx, gt_wv_graph(&w, &in));
    assert_planar(&w);
    wv_cell *cell = NULL;
    assert_ok(ctx, gt_wv_faces(&w, &in, &cell));
    int64_t sum = 0;
    for (uint32_t i = 0; i < cell->n_entries; i++) {
        assert_true(wv_entries(cell)[i].plane > 0);
        sum += wv_entries(cell)[i].plane;
    }
    assert_true(sum == 2 * (int64_t)side * side * (1 << WV_AREA_SHIFT));
    gt_free(ctx, cell);
    gt_wv_work_free(ctx, &w);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static int32_t pick(test_rng *rng, int32_t n)
{
    return (int32_t)(test_rng_next(rng) % (uint64_t)n);
}

/* Closed random polygons, crossing themselves freely. */
static size_t random_rings(test_rng *rng, wv_rec *recs, int rings, int corners, int32_t side)
{
    size_t n = 0;
    for (int r = 0; r < rings; r++) {
        int32_t x[64], y[64];
        for (int i = 0; i < corners; i++) {
            x[i] = pick(rng, side + 1);
            y[i] = pick(rng, side + 1);
        }
        for (int i = 0; i < corners; i++) {
            int k = (i + 1) % corners;
            recs[n++] = (wv_rec){x[i], y[i], x[k], y[k], (uint32_t)r, (uint16_t)(r % 3), 1, 0};
        }
    }
    return n;
}

static void random_tangles(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 21);
    wv_rec recs[1024];
    const int32_t sides[] = {16, 20, 40, 100, 1000, 100000, WV_CELL_MAX};
    for (int round = 0; round < 210; round++) {
        int32_t side = sides[round % 7];
        size_t n = random_rings(&rng, recs, 1 + pick(&rng, 12), 3 + pick(&rng, 9), side);
        run_recs(recs, n, side);
    }
}

/* Bundles of almost parallel lines through few places: many hot pixels on each. */
static void bundles(void **state)
{
    (void)state;
    test_rng rng;
    test_rng_seed(&rng, 22);
    wv_rec recs[600];
    for (int round = 0; round < 60; round++) {
        int32_t side = 50 + pick(&rng, 3000);
        size_t n = 0;
        for (uint32_t r = 0; r < 40; r++) {
            int32_t x[3], y[3];
            for (int i = 0; i < 3; i++) {
                x[i] = (side - 4) * pick(&rng, 3) / 2 + pick(&rng, 5);
                y[i] = (side - 4) * pick(&rng, 3) / 2 + pick(&rng, 5);
            }
            for (int i = 0; i < 3; i++) {
                int k = (i + 1) % 3;
                recs[n++] = (wv_rec){x[i], y[i], x[k], y[k], r, 0, 1, 0};
            }
        }
        run_recs(recs, n, side);
    }
}

static void an_open_boundary_is_noticed(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    wv_work w = {.ctx = ctx};
    /* leaves through the right side and never comes back */
    const wv_rec r = {10, 10, 100, 50, 1, 0, 1, WV_INSIDE | WV_RIGHT << 4};
    wv_cell_in in = {.side = 100, .recs = &r, .n_recs = 1};
    assert_fails(ctx, gt_wv_graph(&w, &in), GT_E_INTERNAL, "weave.open-boundary");
    gt_wv_work_free(ctx, &w);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tangles),
        cmocka_unit_test(bundles),
        cmocka_unit_test(an_open_boundary_is_noticed),
    };
    return cmocka_run_group_tests_name("weave.graph", tests, NULL, NULL);
}
