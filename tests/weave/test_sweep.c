/* Polygons and faults of cells that come row by row are those of cells held all together: the same
 * points, the same sums, in an order that memory and threads cannot change. */
#include "guotu/hash.h"
#include "weave/shapes.h"

enum { MOST = 4096 };

typedef struct one {
    uint32_t codes[2];
    double m2, plane_m2;
    unsigned char hash[32]; /* of the geometry */
    int64_t last;           /* as the sweep was told */
} one;

typedef struct world {
    shapes s[2];
    gt_weave_batch b[2];
    gt_weave_options o;
    double cell;
    const uint32_t *class_of; /* of layer 0, or NULL */
    bool early;               /* tell the last row of each feature */
    bool backwards;           /* hand out by falling codes */
    size_t n;
    one all[MOST];
} world;

static double half_scale(const void *user, double x, double y)
{
    (void)user;
    return 1 + 1e-6 * x - 2e-6 * y;
}

static void world_open(world *w, double cell)
{
    memset(w, 0, sizeof *w);
    w->cell = cell;
    gt_weave_options_init(&w->o);
    w->o.cell = cell;
    w->o.keep_lines = true;
    w->o.scale = half_scale;
}

static void world_ready(world *w)
{
    w->b[0] = shapes_batch(&w->s[0], 0);
    w->b[1] = shapes_batch(&w->s[1], 1);
}

static void world_close(world *w)
{
    shapes_free(&w->s[0]);
    shapes_free(&w->s[1]);
}

static int64_t row_of(const world *w, double y)
{
    return (int64_t)floor(floor(y * 1000 + 0.5) / floor(w->cell * 1000 + 0.5));
}

static int64_t feature_last(const world *w, uint32_t layer, uint32_t number)
{
    const shapes *s = &w->s[layer];
    uint32_t p0 = number == 0 ? 0 : s->feature_end[number - 1];
    uint32_t r0 = p0 == 0 ? 0 : s->part_end[p0 - 1];
    uint32_t i0 = r0 == 0 ? 0 : s->ring_end[r0 - 1];
    uint32_t i1 = s->ring_end[s->part_end[s->feature_end[number] - 1] - 1];
    double top = -INFINITY;
    for (uint32_t i = i0; i < i1; i++) {
        top = s->xy[2 * i + 1] > top ? s->xy[2 * i + 1] : top;
    }
    return row_of(w, top);
}

static int64_t last_of(void *user, const uint32_t *codes)
{
    const world *w = user;
    int64_t last = INT64_MAX;
    for (uint32_t k = 0; k < 2; k++) {
        if (codes[k] < GT_WEAVE_SEVERAL && !(k == 0 && w->class_of != NULL)) {
            int64_t row = feature_last(w, k, codes[k]);
            last = row < last ? row : last;
        }
    }
    return last;
}

static uint32_t code_of(void *user, uint32_t layer, uint32_t number)
{
    const world *w = user;
    return layer == 0 && w->class_of != NULL ? w->class_of[number] : number;
}

static bool want(void *user, const uint32_t *codes)
{
    (void)user;
    return codes[0] != GT_WEAVE_NONE && codes[0] % 3 != 1;
}

static int falling(void *user, const uint32_t *a, const uint32_t *b)
{
    (void)user;
    for (int k = 0; k < 2; k++) {
        if (a[k] != b[k]) {
            return a[k] > b[k] ? -1 : 1;
        }
    }
    return 0;
}

static gt_status keep(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                      const gt_geom *geom)
{
    world *w = user;
    gt_hash h;
    (void)ctx;
    assert_true(w->n < MOST);
    one *o = &w->all[w->n++];
    *o = (one){.codes = {codes[0], codes[1]}, .m2 = m2, .plane_m2 = plane_m2};
    o->last = w->early ? last_of(w, codes) : 0;
    gt_hash_init(&h);
    gt_hash_add(&h, geom->xy, 2 * geom->n_points * sizeof *geom->xy);
    gt_hash_add(&h, geom->ring_end, geom->n_rings * sizeof *geom->ring_end);
    gt_hash_add(&h, geom->part_end, geom->n_parts * sizeof *geom->part_end);
    gt_hash_final(&h, o->hash);
    return GT_OK;
}

static int by_codes(const void *a, const void *b)
{
    return -falling(NULL, ((const one *)a)->codes, ((const one *)b)->codes);
}

static void whole(gt_ctx *ctx, world *w, bool filtered, double tolerance)
{
    gt_weave *woven = NULL;
    gt_weave_view v;
    const uint32_t *codes[2] = {w->class_of, NULL};
    const size_t len[2] = {w->s[0].n_features, 0};
    gt_weave_view_init(&v);
    v.code_of = codes;
    v.code_len = len;
    v.want = filtered ? want : NULL;
    v.tolerance = tolerance;
    w->n = 0;
    assert_ok(ctx, gt_weave_run(ctx, 2, w->b, 2, &w->o, &woven));
    assert_ok(ctx, gt_weave_polygons(ctx, woven, &v, keep, w));
    gt_weave_free(ctx, woven);
}

static gt_status feed(gt_ctx *ctx, void *user, const gt_weave_cell *cell)
{
    return gt_weave_sweep_cell(ctx, user, cell);
}

static gt_weave_rows_of rows_of(const gt_weave *woven, const world *w)
{
    gt_weave_stats s = gt_weave_statistics(woven);
    double x = INFINITY, y = INFINITY;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < w->s[k].n_points; i++) {
            x = fmin(x, w->s[k].xy[2 * i]);
            y = fmin(y, w->s[k].xy[2 * i + 1]);
        }
    }
    return (gt_weave_rows_of){.cell = s.cell,
                              .column = row_of(w, x),
                              .row = row_of(w, y),
                              .n_columns = s.n_columns,
                              .n_rows = s.n_rows};
}

static gt_status swept(gt_ctx *ctx, world *w, bool filtered, double tolerance)
{
    gt_weave *woven = NULL;
    gt_weave_sweep *sweep = NULL;
    gt_weave_sweep_options o;
    gt_weave_sweep_options_init(&o);
    w->n = 0;
    gt_status st = gt_weave_run(ctx, 2, w->b, 2, &w->o, &woven);
    if (st == GT_OK) {
        o.n_layers = 2;
        o.of = rows_of(woven, w);
        o.tolerance = tolerance;
        o.code = w->class_of != NULL ? code_of : NULL;
        o.last = w->early ? last_of : NULL;
        o.want = filtered ? want : NULL;
        o.order = w->backwards ? falling : NULL;
        o.fn = keep;
        o.user = w;
        st = gt_weave_sweep_new(ctx, &o, &sweep);
    }
    st = st == GT_OK ? gt_weave_drain(ctx, woven, feed, sweep) : st;
    st = st == GT_OK ? gt_weave_sweep_end(ctx, sweep) : st;
    gt_weave_sweep_free(ctx, sweep);
    gt_weave_free(ctx, woven);
    return st;
}

static void assert_equal(const world *a, const world *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_memory_equal(a->all[i].codes, b->all[i].codes, sizeof a->all[i].codes);
        assert_true(a->all[i].m2 == b->all[i].m2 && a->all[i].plane_m2 == b->all[i].plane_m2);
        assert_memory_equal(a->all[i].hash, b->all[i].hash, 32);
    }
}

static void compare(world *w, const char *what)
{
    world *other = malloc(sizeof *other);
    assert_non_null(other);
    for (int round = 0; round < 8; round++) {
        gt_ctx_options c;
        gt_ctx_options_init(&c);
        c.threads = 1 + round % 3;
        gt_ctx *ctx = gt_ctx_new(&c);
        bool filtered = (round & 1) != 0;
        double tolerance = round == 6 ? 1.5 : 0;
        w->early = (round & 2) != 0;
        w->backwards = round == 5;
        whole(ctx, w, filtered, tolerance);
        *other = *w;
        assert_ok(ctx, swept(ctx, w, filtered, tolerance));
        for (size_t i = 1; i < w->n; i++) { /* order: last row, then codes */
            const one *p = &w->all[i - 1], *q = &w->all[i];
            int order = w->backwards ? falling(NULL, p->codes, q->codes) : by_codes(p, q);
            bool late = w->early && tolerance == 0;
            assert_true(late && p->last != q->last ? p->last < q->last : order < 0);
        }
        qsort(w->all, w->n, sizeof *w->all, by_codes);
        if (w->n == 0) {
            print_error("%s: nothing was found\n", what);
        }
        assert_true(w->n > 0);
        assert_equal(w, other);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    free(other);
}

static void coverages(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    uint32_t class_of[400];
    assert_non_null(w);
    for (uint32_t i = 0; i < 400; i++) {
        class_of[i] = i * 7 % 5;
    }
    for (double cell = 6.5; cell < 400; cell *= 3.1) {
        world_open(w, floor(cell * 1000) / 1000);
        shapes_coverage(&w->s[0], 61, 400, -50, 10, 15, 15, 0.7, 3);
        shapes_coverage(&w->s[1], 62, 400, -50, 25, 6, 6, 0.7, 2);
        world_ready(w);
        compare(w, "coverages");
        w->class_of = class_of;
        compare(w, "classes");
        world_close(w);
    }
    free(w);
}

/* Overlaps, holes, far parts of one tuple, empty land between. */
static void stars(void **state)
{
    (void)state;
    test_rng rng;
    world *w = malloc(sizeof *w);
    assert_non_null(w);
    test_rng_seed(&rng, 63);
    for (int round = 0; round < 12; round++) {
        world_open(w, floor(1000 * (2 + 15 * test_rng_real(&rng))) / 1000);
        for (int i = 0; i < 50; i++) {
            double x = 40 * test_rng_real(&rng), y = 40 * test_rng_real(&rng);
            shapes_star(&w->s[i % 2], &rng, x - 20, i % 10 == 0 ? y + 90 : y, 1, 9, 11);
        }
        world_ready(w);
        compare(w, "stars");
        world_close(w);
    }
    free(w);
}

static void nothing_wanted(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    gt_ctx *ctx = test_ctx();
    assert_non_null(w);
    world_open(w, 5);
    shapes_box(&w->s[1], 0, 0, 12, 12);
    world_ready(w);
    assert_ok(ctx, swept(ctx, w, true, 0)); /* layer 0 is empty, and only it is wanted */
    assert_int_equal(w->n, 0);
    world_close(w);
    gt_ctx_free(ctx);
    free(w);
}

static void bad_use_is_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_weave_sweep *s = NULL;
    gt_weave_judge *j = NULL;
    const gt_weave_rows_of good = {10, -2, 3, 4, 5};
    const struct {
        uint32_t n_layers;
        gt_weave_rows_of of;
        double tolerance;
        gt_status status;
    } cases[] = {{0, good, 0, GT_E_USAGE},
                 {257, good, 0, GT_E_USAGE},
                 {1, {0, 0, 0, 4, 4}, 0, GT_E_USAGE},
                 {1, {(double)NAN, 0, 0, 4, 4}, 0, GT_E_USAGE},
                 {1, {40000, 0, 0, 4, 4}, 0, GT_E_USAGE},
                 {1, {10, 0, 0, 0, 4}, 0, GT_E_USAGE},
                 {1, {10, 0, 0, 4, 0}, 0, GT_E_USAGE},
                 {1, good, -1, GT_E_USAGE},
                 {1, good, (double)NAN, GT_E_USAGE},
                 {1, {30000, 0, 0, 200, 4}, 0, GT_E_LIMIT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_weave_sweep_options o;
        gt_weave_sweep_options_init(&o);
        o.n_layers = cases[i].n_layers;
        o.of = cases[i].of;
        o.tolerance = cases[i].tolerance;
        o.fn = keep;
        assert_fails(ctx, gt_weave_sweep_new(ctx, &o, &s), cases[i].status, NULL);
        if (cases[i].tolerance == 0 && cases[i].status == GT_E_USAGE) {
            assert_fails(ctx,
                         gt_weave_judge_new(ctx, cases[i].n_layers, &cases[i].of, NULL, 0.05, &j),
                         GT_E_USAGE, "weave.option");
        }
    }
    assert_fails(ctx, gt_weave_judge_new(ctx, 1, &good, NULL, -1, &j), GT_E_USAGE, "weave.option");
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

typedef struct held {
    gt_weave_cell cells[256];
    size_t n;
} held;

static gt_status hold(gt_ctx *ctx, void *user, const gt_weave_cell *cell)
{
    held *h = user;
    assert_true(h->n < 256);
    h->cells[h->n] = *cell;
    void *copy = gt_alloc(ctx, 1, cell->bytes);
    assert_non_null(copy);
    memcpy(copy, cell->block, cell->bytes);
    h->cells[h->n++].block = copy;
    return GT_OK;
}

static void cells_out_of_order_are_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    world *w = malloc(sizeof *w);
    gt_weave *woven = NULL;
    gt_weave_judge *j = NULL;
    gt_weave_finding *found = NULL;
    size_t n = 0;
    held h = {.n = 0};
    assert_non_null(w);
    world_open(w, 10);
    shapes_coverage(&w->s[0], 64, 0, 0, 10, 4, 4, 0, 0);
    shapes_box(&w->s[1], 1, 1, 9, 9);
    world_ready(w);
    assert_ok(ctx, gt_weave_run(ctx, 2, w->b, 2, &w->o, &woven));
    gt_weave_rows_of of = rows_of(woven, w);
    assert_ok(ctx, gt_weave_drain(ctx, woven, hold, &h));
    assert_true(h.n >= 16);
    assert_ok(ctx, gt_weave_judge_new(ctx, 2, &of, NULL, 0, &j));
    assert_ok(ctx, gt_weave_judge_cell(ctx, j, &h.cells[1]));
    assert_ok(ctx, gt_weave_judge_cell(ctx, j, &h.cells[0])); /* columns: in any order */
    assert_fails(ctx, gt_weave_judge_cell(ctx, j, &h.cells[0]), GT_E_USAGE, "weave.option");
    assert_ok(ctx, gt_weave_judge_cell(ctx, j, &h.cells[h.n - 1]));
    assert_fails(ctx, gt_weave_judge_cell(ctx, j, &h.cells[0]), GT_E_USAGE, "weave.option");
    gt_weave_cell far = h.cells[0];
    far.column = -1;
    assert_fails(ctx, gt_weave_judge_cell(ctx, j, &far), GT_E_USAGE, "weave.option");
    far.column = of.n_columns;
    assert_fails(ctx, gt_weave_judge_cell(ctx, j, &far), GT_E_USAGE, "weave.option");
    far = h.cells[0];
    far.row = of.row + of.n_rows;
    assert_fails(ctx, gt_weave_judge_cell(ctx, j, &far), GT_E_USAGE, "weave.option");
    assert_ok(ctx, gt_weave_judge_end(ctx, j, &found, &n));
    gt_free(ctx, found);
    gt_weave_judge_free(ctx, j);
    for (size_t i = 0; i < h.n; i++) {
        gt_free(ctx, (void *)(uintptr_t)h.cells[i].block);
    }
    gt_weave_free(ctx, woven);
    world_close(w);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    free(w);
}

static void memory_that_runs_out_is_told(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    assert_non_null(w);
    for (int round = 0; round < 2; round++) {
        bool done = false;
        world_open(w, 17);
        shapes_coverage(&w->s[0], 5, 0, 0, 10, 4, 4, 0.5, 2);
        shapes_coverage(&w->s[1], 6, 0, 0, 13, 3, 3, 0.5, 2);
        world_ready(w);
        w->early = true;
        for (long k = 0; !done && k < 6000; k += k < 100 ? 1 : 3) {
            long left = k;
            gt_ctx *ctx = test_ctx_failing(&left);
            gt_status st = swept(ctx, w, false, round == 1 ? 0.5 : 0);
            done = st == GT_OK;
            if (!done) {
                assert_fails(ctx, st, GT_E_MEMORY, NULL);
            }
            assert_int_equal(gt_ctx_memory_used(ctx), 0);
            gt_ctx_free(ctx);
        }
        assert_true(done);
        world_close(w);
    }
    free(w);
}

/* A sweep holds what is begun, not all: a long thin land needs less than its polygons take. */
static void memory_follows_the_front(void **state)
{
    (void)state;
    size_t peak[2];
    for (int k = 0; k < 2; k++) {
        gt_ctx *ctx = test_ctx();
        world *w = malloc(sizeof *w);
        gt_weave *woven = NULL;
        gt_weave_sweep *sweep = NULL;
        gt_weave_sweep_options o;
        held h = {.n = 0};
        assert_non_null(w);
        world_open(w, 20);
        shapes_coverage(&w->s[0], 65, 0, 0, 10, 4, k == 0 ? 20 : 60, 0.6, 4);
        world_ready(w);
        w->early = true;
        assert_ok(ctx, gt_weave_run(ctx, 2, w->b, 2, &w->o, &woven));
        gt_weave_sweep_options_init(&o);
        o.n_layers = 2;
        o.of = rows_of(woven, w);
        o.last = last_of;
        o.fn = keep;
        o.user = w;
        assert_ok(ctx, gt_weave_drain(ctx, woven, hold, &h));
        size_t before = gt_ctx_memory_used(ctx);
        peak[k] = 0;
        assert_ok(ctx, gt_weave_sweep_new(ctx, &o, &sweep));
        for (size_t i = 0; i < h.n; i++) {
            assert_ok(ctx, gt_weave_sweep_cell(ctx, sweep, &h.cells[i]));
            size_t now = gt_ctx_memory_used(ctx) - before;
            peak[k] = now > peak[k] ? now : peak[k];
        }
        assert_ok(ctx, gt_weave_sweep_end(ctx, sweep));
        assert_int_equal(w->n, w->s[0].n_features);
        gt_weave_sweep_free(ctx, sweep);
        for (size_t i = 0; i < h.n; i++) {
            gt_free(ctx, (void *)(uintptr_t)h.cells[i].block);
        }
        gt_weave_free(ctx, woven);
        world_close(w);
        gt_ctx_free(ctx);
        free(w);
    }
    assert_true(peak[1] < peak[0] + peak[0] / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coverages),
        cmocka_unit_test(stars),
        cmocka_unit_test(nothing_wanted),
        cmocka_unit_test(bad_use_is_refused),
        cmocka_unit_test(cells_out_of_order_are_refused),
        cmocka_unit_test(memory_that_runs_out_is_told),
        cmocka_unit_test(memory_follows_the_front),
    };
    return cmocka_run_group_tests_name("weave.sweep", tests, NULL, NULL);
}
