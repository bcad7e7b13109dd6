/* Lattices: shares of classes by area, one level up, bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "serve/lattice.h"
#include "support/support.h"

typedef struct bench {
    gt_ctx *ctx;
    gt_lattice_maker *maker;
    gt_lattice lattice;
    gt_geom geom;
} bench;

static void open_bench(bench *b)
{
    b->ctx = test_ctx();
    assert_ok(b->ctx, gt_lattice_maker_new(b->ctx, &b->maker));
    gt_lattice_init(&b->lattice);
    gt_geom_init(&b->geom);
}

static void close_bench(bench *b)
{
    gt_lattice_maker_free(b->ctx, b->maker);
    gt_lattice_maker_free(b->ctx, NULL);
    gt_lattice_free(b->ctx, &b->lattice);
    gt_geom_free(b->ctx, &b->geom);
    gt_ctx_free(b->ctx);
}

static void ring(bench *b, const double *xy, size_t n)
{
    for (size_t i = 0; i <= n; i++) {
        assert_ok(b->ctx,
                  gt_geom_add_point(b->ctx, &b->geom, xy[2 * (i % n)], xy[2 * (i % n) + 1]));
    }
    assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &b->geom));
}

static void add(bench *b, const double *xy, size_t n, int sign, const char *klass)
{
    gt_geom_reset(&b->geom, GT_POLYGON);
    ring(b, xy, n);
    assert_ok(b->ctx, gt_geom_end_part(b->ctx, &b->geom));
    assert_ok(b->ctx, gt_lattice_add(b->ctx, b->maker, &b->geom, 0, 0, 1, sign, klass));
}

static void add_box(bench *b, double x, double y, double w, double h, int sign, const char *klass)
{
    const double xy[8] = {x, y, x + w, y, x + w, y + h, x, y + h};
    add(b, xy, 4, sign, klass);
}

/* Share of a class in a cell, 0 .. 255. */
static int share(const gt_lattice *l, int col, int row, const char *klass)
{
    size_t cell = (size_t)(row * GT_LATTICE_SIDE + col);
    for (size_t i = cell == 0 ? 0 : l->end[cell - 1]; i < l->end[cell]; i++) {
        if (strcmp(l->texts[l->list[i].klass], klass) == 0) {
            return l->list[i].share;
        }
    }
    return 0;
}

/* Area of a class, cells. */
static double area_of(const gt_lattice *l, const char *klass)
{
    double sum = 0;
    for (size_t i = 0; i < l->n_list; i++) {
        bool counts = klass == NULL || strcmp(l->texts[l->list[i].klass], klass) == 0;
        sum += counts ? l->list[i].share : 0;
    }
    return sum / GT_LATTICE_FULL;
}

static void made(bench *b)
{
    assert_ok(b->ctx, gt_lattice_made(b->ctx, b->maker, &b->lattice));
}

static void covers_by_area(void **state)
{
    bench b;
    (void)state;
    open_bench(&b);
    add_box(&b, 1, 1, 2.5, 1.25, 1, "a"); /* whole, half, quarter, eighth */
    const double triangle[6] = {10, 10, 14, 10, 10, 14};
    add(&b, triangle, 3, 1, "t");
    made(&b);
    assert_int_equal(share(&b.lattice, 1, 1, "a"), 255);
    assert_true(abs(share(&b.lattice, 3, 1, "a") - 128) <= 1);
    assert_true(abs(share(&b.lattice, 1, 2, "a") - 64) <= 1);
    assert_true(abs(share(&b.lattice, 3, 2, "a") - 32) <= 1);
    assert_int_equal(share(&b.lattice, 10, 10, "t"), 255);
    assert_true(abs(share(&b.lattice, 13, 10, "t") - 127) <= 1);
    assert_int_equal(share(&b.lattice, 13, 13, "t"), 0);
    assert_true(fabs(area_of(&b.lattice, "a") - 2.5 * 1.25) < 0.01);
    assert_true(fabs(area_of(&b.lattice, "t") - 8) < 0.01);
    made(&b); /* nothing is left */
    assert_int_equal(b.lattice.n_list, 0);
    assert_int_equal(b.lattice.n_texts, 0);
    close_bench(&b);
}

/* Either direction of rings, holes, several parts, what lies outside and what is bent over the
 * border. */
static void takes_any_polygon(void **state)
{
    bench b;
    (void)state;
    open_bench(&b);
    const double outline[8] = {4, 4, 4, 14, 14, 14, 14, 4}, hole[8] = {6, 6, 6, 8, 8, 8, 8, 6};
    const double other[8] = {20, 4, 30, 4, 30, 5, 20, 5};
    gt_geom_reset(&b.geom, GT_MULTIPOLYGON);
    ring(&b, outline, 4);
    ring(&b, hole, 4); /* the same way round */
    assert_ok(b.ctx, gt_geom_end_part(b.ctx, &b.geom));
    ring(&b, other, 4);
    assert_ok(b.ctx, gt_geom_end_part(b.ctx, &b.geom));
    assert_ok(b.ctx, gt_lattice_add(b.ctx, b.maker, &b.geom, 0, 0, 1, 1, "m"));
    made(&b);
    assert_true(fabs(area_of(&b.lattice, "m") - (100 - 4 + 10)) < 0.01);
    assert_int_equal(share(&b.lattice, 7, 7, "m"), 0);
    assert_ok(b.ctx, gt_lattice_add(b.ctx, b.maker, &b.geom, 4, 4, 2, 1, "m")); /* placed, scaled */
    made(&b);
    assert_true(fabs(area_of(&b.lattice, "m") - (100 - 4) / 4.0 - 10 / 4.0) < 0.01);
    assert_int_equal(share(&b.lattice, 0, 0, "m"), 255);
    add_box(&b, -10, -10, 200, 200, 1, "all");
    made(&b);
    assert_true(area_of(&b.lattice, "all") == 4096);
    add_box(&b, -10, -10, 5, 5, 1, "out");
    add_box(&b, 64, 0, 5, 5, 1, "out");
    add_box(&b, 63.5, 63.5, 5, 5, 1, "edge");
    const double flat[6] = {3, 3, 9, 3, 5, 3}, twice[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    add(&b, flat, 3, 1, "flat");
    add(&b, twice, 4, 1, "flat");
    made(&b);
    assert_true(area_of(&b.lattice, "out") == 0);
    assert_true(area_of(&b.lattice, "flat") == 0);
    assert_true(fabs(area_of(&b.lattice, "edge") - 0.25) < 0.01);
    close_bench(&b);
}

static void bytes_of(const gt_lattice *l, gt_text *out)
{
    gt_text_clear(out);
    gt_lattice_pack(l, out);
}

static void order_does_not_matter(void **state)
{
    bench b;
    gt_text one, other;
    (void)state;
    open_bench(&b);
    gt_text_init(&one, b.ctx, 1 << 20);
    gt_text_init(&other, b.ctx, 1 << 20);
    for (int i = 0; i < 400; i++) {
        add_box(&b, i * 0.16, i * 0.37 - 60.0 * (i / 180), 0.77, 0.91, 1, i % 3 == 0 ? "x" : "y");
    }
    made(&b);
    bytes_of(&b.lattice, &one);
    add_box(&b, 3, 3, 5.3, 7.7, 1, "gone");
    for (int i = 399; i >= 0; i--) {
        add_box(&b, i * 0.16, i * 0.37 - 60.0 * (i / 180), 0.77, 0.91, 1, i % 3 == 0 ? "x" : "y");
    }
    add_box(&b, 3, 3, 5.3, 7.7, -1, "gone");
    made(&b);
    assert_true(area_of(&b.lattice, "gone") == 0);
    assert_true(area_of(&b.lattice, "x") > 0);
    gt_lattice again;
    gt_lattice_init(&again);
    for (size_t i = 0; i < GT_LATTICE_CELLS; i++) { /* the same but for a class that is nowhere */
        int col = (int)(i % GT_LATTICE_SIDE), row = (int)(i / GT_LATTICE_SIDE);
        assert_ok(b.ctx, gt_lattice_unpack(b.ctx, gt_text_cstr(&one), one.len, &again));
        assert_int_equal(share(&again, col, row, "x"), share(&b.lattice, col, row, "x"));
        assert_int_equal(share(&again, col, row, "y"), share(&b.lattice, col, row, "y"));
    }
    gt_lattice_free(b.ctx, &again);
    gt_text_free(&one);
    gt_text_free(&other);
    close_bench(&b);
}

static void those_that_overlap_share(void **state)
{
    bench b;
    (void)state;
    open_bench(&b);
    add_box(&b, 0, 0, 4, 4, 1, "a");
    add_box(&b, 0, 0, 4, 4, 1, "b");
    add_box(&b, 10, 10, 0.3, 1, 1, "b"); /* does not fill it */
    made(&b);
    assert_true(fabs(area_of(&b.lattice, "a") - 8) < 0.05);
    assert_true(fabs(area_of(&b.lattice, NULL) - 16.3) < 0.05);
    close_bench(&b);
}

/* What is small everywhere is not lost on the way up, and the whole stays the whole. */
static void sums_are_kept_on_the_way_up(void **state)
{
    bench b;
    gt_lattice four[4], up, last;
    (void)state;
    open_bench(&b);
    gt_lattice_init(&up);
    gt_lattice_init(&last);
    for (int q = 0; q < 4; q++) {
        gt_lattice_init(&four[q]);
        for (int i = 0; i < 64 * 64; i++) {
            double x = i % 64, y = i / 64 + 0.0; /* 1 %, 29 %, 70 % of each cell */
            add_box(&b, x, y, 0.01, 1, 1, "rare");
            add_box(&b, x + 0.01, y, 0.29, 1, 1, q % 2 == 0 ? "west" : "east");
            add_box(&b, x + 0.3, y, 0.7, 1, 1, "most");
        }
        assert_ok(b.ctx, gt_lattice_made(b.ctx, b.maker, &four[q]));
        assert_true(fabs(area_of(&four[q], "rare") - 40.96) < 1);
        assert_true(area_of(&four[q], NULL) == 4096);
    }
    const gt_lattice *quarters[4] = {&four[0], &four[1], &four[2], &four[3]};
    assert_ok(b.ctx, gt_lattice_join(b.ctx, quarters, &up));
    assert_true(area_of(&up, NULL) == 4096);
    assert_true(fabs(area_of(&up, "rare") - 40.96) < 1);
    assert_true(fabs(area_of(&up, "west") - 4096 * 0.145) < 2);
    assert_int_equal(share(&up, 40, 3, "west"), 0);
    assert_int_equal(share(&up, 3, 40, "east"), 0);
    for (int level = 0; level < 8; level++) {
        quarters[0] = quarters[1] = quarters[2] = quarters[3] = &up;
        assert_ok(b.ctx, gt_lattice_join(b.ctx, quarters, &last));
        gt_lattice t = up;
        up = last;
        last = t;
        assert_true(area_of(&up, NULL) == 4096);
        assert_true(fabs(area_of(&up, "rare") - 40.96) < 3);
    }
    const gt_lattice *none[4] = {NULL, NULL, NULL, &four[0]};
    assert_ok(b.ctx, gt_lattice_join(b.ctx, none, &up));
    assert_true(fabs(area_of(&up, NULL) - 1024) < 1e-9);
    none[3] = NULL;
    assert_ok(b.ctx, gt_lattice_join(b.ctx, none, &up));
    assert_int_equal(up.n_list, 0);
    for (int q = 0; q < 4; q++) {
        gt_lattice_free(b.ctx, &four[q]);
    }
    gt_lattice_free(b.ctx, &up);
    gt_lattice_free(b.ctx, &last);
    close_bench(&b);
}

static void counts_in_a_lattice(void **state)
{
    bench b;
    gt_lattice kept;
    (void)state;
    open_bench(&b);
    gt_lattice_init(&kept);
    add_box(&b, 0, 0, 8, 8, 1, "a");
    assert_ok(b.ctx, gt_lattice_made(b.ctx, b.maker, &kept));
    assert_ok(b.ctx, gt_lattice_add_all(b.ctx, b.maker, &kept));
    add_box(&b, 0, 0, 8, 4, -1, "a");
    add_box(&b, 0, 0, 8, 4, 1, "b");
    made(&b);
    assert_true(fabs(area_of(&b.lattice, "a") - 32) < 0.01);
    assert_true(fabs(area_of(&b.lattice, "b") - 32) < 0.01);
    gt_lattice_free(b.ctx, &kept);
    close_bench(&b);
}

static void survives_packing(void **state)
{
    bench b;
    gt_text body, again;
    gt_lattice read;
    (void)state;
    open_bench(&b);
    gt_lattice_init(&read);
    gt_text_init(&body, b.ctx, 1 << 20);
    gt_text_init(&again, b.ctx, 1 << 20);
    add_box(&b, 3, 3, 40, 20, 1, "国");
    add_box(&b, 20.5, 13.3, 3, 30, 1, "");
    add_box(&b, 60.5, 60.5, 0.3, 0.3, 1, "c");
    made(&b);
    gt_lattice_pack(&b.lattice, &body);
    assert_ok(b.ctx, gt_lattice_unpack(b.ctx, gt_text_cstr(&body), body.len, &read));
    gt_lattice_pack(&read, &again);
    assert_int_equal(again.len, body.len);
    assert_memory_equal(gt_text_cstr(&again), gt_text_cstr(&body), body.len);
    assert_memory_equal(read.end, b.lattice.end, sizeof read.end);
    for (size_t len = 0; len < body.len; len++) { /* cut anywhere: refused, never read beyond */
        char *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut, gt_text_cstr(&body), len);
        assert_fails(b.ctx, gt_lattice_unpack(b.ctx, cut, len, &read), GT_E_INPUT, "serve.shapes");
        assert_int_equal(read.n_list, 0);
        free(cut);
    }
    for (size_t i = 0; i < 2 * body.len; i++) { /* changed anywhere: refused, or still a lattice */
        char *bad = malloc(body.len);
        assert_non_null(bad);
        memcpy(bad, gt_text_cstr(&body), body.len);
        bad[i / 2] = (char)(i % 2 == 0 ? ~bad[i / 2] : bad[i / 2] + 1);
        if (gt_lattice_unpack(b.ctx, bad, body.len, &read) == GT_OK) {
            assert_int_equal(read.end[GT_LATTICE_CELLS - 1], read.n_list);
            for (size_t k = 0; k < read.n_list; k++) {
                assert_true(read.list[k].klass < read.n_texts);
                assert_true(read.list[k].share > 0 && read.list[k].share <= GT_LATTICE_FULL);
            }
        }
        gt_error_clear(b.ctx);
        free(bad);
    }
    assert_fails(b.ctx, gt_lattice_unpack(b.ctx, "", 0, &read), GT_E_INPUT, "serve.shapes");
    gt_text_free(&body);
    gt_text_free(&again);
    gt_lattice_free(b.ctx, &read);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covers_by_area),
        cmocka_unit_test(takes_any_polygon),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(those_that_overlap_share),
        cmocka_unit_test(sums_are_kept_on_the_way_up),
        cmocka_unit_test(counts_in_a_lattice),
        cmocka_unit_test(survives_packing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
