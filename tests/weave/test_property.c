/* What must not matter does not: order of features and layers, threads, ceiling, cell size, shift;
 * an update equals a full run, byte for byte. */
#include "weave/shapes.h"
#include "weave/weave.h"

static void two_layers(shapes s[2])
{
    test_rng rng;
    test_rng_seed(&rng, 31);
    shapes_coverage(&s[0], 7, 3000, 4000, 11, 16, 16, 0.7, 3);
    for (int i = 0; i < 60; i++) {
        shapes_star(&s[1], &rng, 3010 + 150 * test_rng_real(&rng), 4010 + 150 * test_rng_real(&rng),
                    2, 14, 12);
    }
}

static gt_weave *weave(gt_ctx *ctx, const gt_weave_batch *b, size_t n, double cell)
{
    gt_weave_options o;
    gt_weave_options_init(&o);
    o.cell = cell;
    gt_weave *w = NULL;
    assert_ok(ctx, gt_weave_run(ctx, 2, b, n, &o, &w));
    return w;
}

static void assert_same(const gt_weave *a, const gt_weave *b)
{
    unsigned char p[32], q[32];
    gt_weave_digest(a, p);
    gt_weave_digest(b, q);
    assert_memory_equal(p, q, 32);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    two_layers(s);
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_ctx *one = test_ctx_threads(1);
    gt_weave *first = weave(one, b, 2, 9);
    for (int n = 2; n <= 5; n++) {
        gt_ctx *ctx = test_ctx_threads(n);
        gt_weave *w = weave(ctx, b, 2, 9);
        assert_same(first, w);
        gt_weave_free(ctx, w);
        gt_ctx_free(ctx);
    }
    gt_weave_free(one, first);
    gt_ctx_free(one);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

/* The same features, last first, cut into batches of five. */
static void order_and_batches_do_not_matter(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    two_layers(s);
    gt_ctx *ctx = test_ctx();
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_weave *first = weave(ctx, b, 2, 12.3);
    size_t n = 0, total = s[0].n_features + s[1].n_features;
    gt_weave_batch *many = calloc(total, sizeof *many);
    shapes *one = calloc(total, sizeof *one);
    for (uint32_t k = 2; k-- > 0;) {
        for (size_t f = s[k].n_features; f-- > 0; n++) {
            uint32_t from = f == 0 ? 0 : s[k].ring_end[f - 1];
            for (uint32_t i = s[k].ring_end[f]; i-- > from + 1;) { /* the other way round, too */
                shapes_point(&one[n], s[k].xy[2 * i], s[k].xy[2 * i + 1]);
            }
            shapes_end_ring(&one[n]);
            shapes_end_part(&one[n]);
            shapes_end_feature(&one[n]);
            many[n] = shapes_batch(&one[n], k);
            many[n].number = NULL;
            many[n].first_number = (uint32_t)f;
        }
    }
    gt_weave *w = weave(ctx, many, n, 12.3);
    assert_same(first, w);
    gt_weave_free(ctx, w);
    gt_weave_free(ctx, first);
    for (size_t i = 0; i < n; i++) {
        shapes_free(&one[i]);
    }
    free(one);
    free(many);
    gt_ctx_free(ctx);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

static void a_ceiling_changes_nothing(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    shapes_coverage(&s[0], 8, 3000, 4000, 11, 30, 30, 0.7, 12);
    shapes_coverage(&s[1], 9, 3000, 4000, 60, 5, 5, 0.7, 12);
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_ctx *free_ctx = test_ctx();
    gt_weave *first = weave(free_ctx, b, 2, 40);
    size_t peak = gt_ctx_memory_peak(free_ctx);
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = 2;
    o.memory_ceiling = peak * 8 / 10;
    gt_ctx *ctx = gt_ctx_new(&o);
    gt_weave *w = weave(ctx, b, 2, 40);
    assert_same(first, w);
    assert_true(gt_ctx_memory_peak(ctx) <= o.memory_ceiling);
    gt_weave_free(ctx, w);
    gt_ctx_free(ctx);
    o.memory_ceiling = 20000; /* far too little: said, not crashed */
    ctx = gt_ctx_new(&o);
    w = NULL;
    assert_fails(ctx, gt_weave_run(ctx, 2, b, 2, NULL, &w), GT_E_MEMORY, "base.memory-ceiling");
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    gt_weave_free(free_ctx, first);
    gt_ctx_free(free_ctx);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

/* Largest difference between two accounts over all tuples of either. */
static double difference(gt_account *a, gt_account *b)
{
    double most = 0;
    size_t i = 0, j = 0, na = gt_account_rows(a), nb = gt_account_rows(b);
    while (i < na || j < nb) {
        const uint32_t *p = NULL, *q = NULL;
        double ma = 0, mb = 0, plane = 0;
        int order = 0;
        if (i < na) {
            gt_account_get(a, i, &p, &ma, &plane);
        }
        if (j < nb) {
            gt_account_get(b, j, &q, &mb, &plane);
        }
        for (int k = 0; p != NULL && q != NULL && order == 0 && k < 2; k++) {
            order = (p[k] > q[k]) - (p[k] < q[k]);
        }
        order = p == NULL ? 1 : q == NULL ? -1 : order;
        double d = order < 0 ? ma : order > 0 ? mb : fabs(ma - mb);
        most = d > most ? d : most;
        i += order <= 0;
        j += order >= 0;
    }
    return most;
}

static void cell_size_and_shift_hardly_matter(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    two_layers(s);
    gt_ctx *ctx = test_ctx();
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_weave *first = weave(ctx, b, 2, 1000);
    gt_account *a = NULL;
    assert_ok(ctx, gt_weave_account(ctx, first, NULL, NULL, NULL, &a));
    for (double cell = 1.5; cell < 400; cell *= 1.7) {
        gt_weave *w = weave(ctx, b, 2, cell);
        gt_account *other = NULL;
        assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &other));
        assert_true(difference(a, other) < 0.0015 * 120); /* 1.5 mm along 120 m of boundary */
        assert_near(gt_account_total(a), gt_account_total(other), 0.0015 * 120);
        gt_account_free(ctx, other);
        gt_weave_free(ctx, w);
    }
    for (int k = 0; k < 2; k++) { /* by whole mm: the same shapes in other cells */
        for (size_t i = 0; i < s[k].n_points; i++) {
            s[k].xy[2 * i] -= 5123.456;
            s[k].xy[2 * i + 1] += 98765.432;
        }
    }
    gt_weave *w = weave(ctx, b, 2, 37);
    gt_account *other = NULL;
    assert_ok(ctx, gt_weave_account(ctx, w, NULL, NULL, NULL, &other));
    assert_true(difference(a, other) < 0.0015 * 120);
    gt_account_free(ctx, other);
    gt_weave_free(ctx, w);
    gt_account_free(ctx, a);
    gt_weave_free(ctx, first);
    gt_ctx_free(ctx);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

static gt_box box_of(const shapes *s, size_t f)
{
    gt_box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (uint32_t i = f == 0 ? 0 : s->ring_end[f - 1]; i < s->ring_end[f]; i++) {
        box.xmin = fmin(box.xmin, s->xy[2 * i]);
        box.xmax = fmax(box.xmax, s->xy[2 * i]);
        box.ymin = fmin(box.ymin, s->xy[2 * i + 1]);
        box.ymax = fmax(box.ymax, s->xy[2 * i + 1]);
    }
    return box;
}

/* Only the features whose box meets the wide box are handed to the update. */
static void keep_near(const shapes *from, shapes *to, gt_box wide)
{
    for (size_t f = 0; f < from->n_features; f++) {
        gt_box b = box_of(from, f);
        if (b.xmax < wide.xmin || b.xmin > wide.xmax || b.ymax < wide.ymin || b.ymin > wide.ymax) {
            continue;
        }
        for (uint32_t i = f == 0 ? 0 : from->ring_end[f - 1]; i + 1 < from->ring_end[f]; i++) {
            shapes_point(to, from->xy[2 * i], from->xy[2 * i + 1]);
        }
        shapes_end_ring(to);
        shapes_end_part(to);
        shapes_end_feature(to);
        to->number[to->n_features - 1] = from->number[f];
    }
}

static void update_equals_full(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    two_layers(s);
    gt_ctx *ctx = test_ctx();
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_weave *w = weave(ctx, b, 2, 14.2);
    test_rng rng;
    test_rng_seed(&rng, 33);
    for (int round = 0; round < 20; round++) { /* move one star and look again */
        size_t f = test_rng_next(&rng) % s[1].n_features;
        gt_box boxes[2] = {box_of(&s[1], f), box_of(&s[1], f)};
        double dx = mm(3 * test_rng_real(&rng)) - 1.5, dy = mm(3 * test_rng_real(&rng)) - 1.5;
        for (uint32_t i = f == 0 ? 0 : s[1].ring_end[f - 1]; i < s[1].ring_end[f]; i++) {
            s[1].xy[2 * i] = mm(s[1].xy[2 * i] + dx);
            s[1].xy[2 * i + 1] = mm(s[1].xy[2 * i + 1] + dy);
        }
        boxes[1] = box_of(&s[1], f);
        gt_box wide = gt_weave_cells_of(w, boxes[0]), more = gt_weave_cells_of(w, boxes[1]);
        wide = (gt_box){fmin(wide.xmin, more.xmin), fmin(wide.ymin, more.ymin),
                        fmax(wide.xmax, more.xmax), fmax(wide.ymax, more.ymax)};
        shapes near[2] = {{0}};
        keep_near(&s[0], &near[0], wide);
        keep_near(&s[1], &near[1], wide);
        gt_weave_batch some[2] = {shapes_batch(&near[0], 0), shapes_batch(&near[1], 1)};
        assert_ok(ctx, gt_weave_update(ctx, w, some, 2, boxes, 2));
        gt_weave *full = weave(ctx, b, 2, 14.2);
        assert_same(full, w);
        gt_weave_free(ctx, full);
        shapes_free(&near[0]);
        shapes_free(&near[1]);
    }
    gt_box out = {0, 0, 1, 1};
    assert_fails(ctx, gt_weave_update(ctx, w, b, 2, &out, 1), GT_E_USAGE, "weave.outside");
    out.xmin = NAN;
    assert_fails(ctx, gt_weave_update(ctx, w, b, 2, &out, 1), GT_E_USAGE, "weave.outside");
    gt_weave_free(ctx, w);
    gt_ctx_free(ctx);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

static void cancel_stops(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    two_layers(s);
    gt_ctx *ctx = test_ctx();
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_weave *w = NULL;
    gt_cancel(ctx);
    assert_fails(ctx, gt_weave_run(ctx, 2, b, 2, NULL, &w), GT_E_CANCELLED, "base.cancelled");
    assert_null(w);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

/* The scale of the third cell asks for the end: the cells after it are not woven. */
typedef struct stopper {
    gt_ctx *ctx;
    int calls;
} stopper;

static double stop_scale(const void *user, double x, double y)
{
    stopper *s = *(stopper *const *)user;
    (void)x;
    (void)y;
    if (++s->calls == 40) {
        gt_cancel(s->ctx);
    }
    return 1;
}

static void cancel_stops_between_cells(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    two_layers(s);
    gt_ctx *ctx = test_ctx_threads(1);
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    stopper stop = {ctx, 0};
    const stopper *user = &stop;
    gt_weave *w = NULL;
    gt_weave_options o;
    gt_weave_options_init(&o);
    o.cell = 9; /* some 400 cells of 16 calls */
    o.scale = stop_scale;
    o.scale_user = &user;
    assert_fails(ctx, gt_weave_run(ctx, 2, b, 2, &o, &w), GT_E_CANCELLED, "base.cancelled");
    assert_true(stop.calls < 100);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

static const gt_message OUTER = {.id = "test.outer", .en = "outer", .zh = "外层"};

typedef struct told {
    const gt_message *what;
    uint64_t done, total;
    int calls;
    bool good;
} told;

static void on_progress(void *user, const gt_message *what, uint64_t done, uint64_t total)
{
    told *t = user;
    t->good = t->good && (t->calls == 0 || (t->what == what && t->done <= done)) && done <= total;
    t->what = what;
    t->done = done;
    t->total = total;
    t->calls++;
}

/* Progress counts cells to the end; within a caller's own work it is silent. */
static void progress_is_told(void **state)
{
    (void)state;
    shapes s[2] = {{0}};
    two_layers(s);
    told t = {.good = true};
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = 2;
    o.progress = on_progress;
    o.progress_user = &t;
    gt_ctx *ctx = gt_ctx_new(&o);
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_weave *w = weave(ctx, b, 2, 9);
    assert_true(t.good && t.calls > 0);
    assert_string_equal(t.what->id, "weave.running");
    assert_int_equal(t.total, wv_n_cells(w));
    assert_int_equal(t.done, t.total);
    gt_weave_free(ctx, w);
    t = (told){.good = true};
    gt_progress_begin(ctx, &OUTER, 7);
    w = weave(ctx, b, 2, 9);
    assert_int_equal(t.calls, 0);
    gt_progress_end(ctx);
    assert_true(t.calls == 1 && t.what == &OUTER && t.total == 7);
    gt_weave_free(ctx, w);
    gt_ctx_free(ctx);
    shapes_free(&s[0]);
    shapes_free(&s[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(order_and_batches_do_not_matter),
        cmocka_unit_test(a_ceiling_changes_nothing),
        cmocka_unit_test(cell_size_and_shift_hardly_matter),
        cmocka_unit_test(update_equals_full),
        cmocka_unit_test(cancel_stops),
        cmocka_unit_test(cancel_stops_between_cells),
        cmocka_unit_test(progress_is_told),
    };
    return cmocka_run_group_tests_name("weave.property", tests, NULL, NULL);
}
