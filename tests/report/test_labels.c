/* Labels over random maps: inside the frame, clear of each other and of the furniture, in rank
 * order, and the same however they arrive. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"
#include "report/lsan.h"
#include "support/support.h"

typedef struct fixture {
    gt_ctx *ctx;
    gt_type *type;
    gt_labels *labels;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    assert_ok(f->ctx, gt_type_new(f->ctx, GT_LANG_ZH, &f->type));
    assert_ok(f->ctx, gt_labels_new(f->ctx, f->type, &f->labels));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    gt_labels_free(f->ctx, f->labels);
    gt_type_free(f->ctx, f->type);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    free(f);
    return 0;
}

static const gt_rect FRAME = {0, 0, 400, 300};

static void area(fixture *f, double x, double y, double w, double h, const char *text, int layer,
                 bool must)
{
    gt_rings rings = {0};
    const double xy[] = {x, y, x + w, y, x + w, y + h, x, y + h};
    assert_ok(f->ctx, gt_rings_add(f->ctx, &rings, xy, 4));
    gt_face face = {.size = 8, .lines = 1};
    assert_ok(f->ctx,
              gt_labels_add_area(f->ctx, f->labels, &rings, &face, text, layer, w * h, must));
    gt_rings_free(f->ctx, &rings);
}

static const gt_label *label(const fixture *f, const char *text)
{
    for (size_t i = 0; i < gt_labels_count(f->labels); i++) {
        if (strcmp(gt_labels_get(f->labels, i)->text, text) == 0) {
            return gt_labels_get(f->labels, i);
        }
    }
    return NULL;
}

static void check_free(const fixture *f, const gt_rect *taken, size_t n)
{
    for (size_t i = 0; i < gt_labels_count(f->labels); i++) {
        const gt_label *a = gt_labels_get(f->labels, i);
        if (!a->placed) {
            continue;
        }
        assert_true(gt_rect_holds(FRAME, a->rect));
        for (size_t k = 0; k < n; k++) {
            assert_false(gt_rect_meets(a->rect, taken[k]));
        }
        for (size_t j = 0; j < i; j++) {
            const gt_label *b = gt_labels_get(f->labels, j);
            assert_false(b->placed && gt_rect_meets(a->rect, b->rect));
        }
    }
}

static void random_maps_stay_clear(void **state)
{
    fixture *f = *state;
    test_rng rng;
    test_rng_seed(&rng, 21);
    const gt_rect taken[] = {{10, 250, 120, 40}, {370, 10, 25, 50}};
    for (int i = 0; i < 600; i++) {
        double w = 5 + 80 * test_rng_real(&rng);
        double h = 5 + 60 * test_rng_real(&rng);
        area(f, 420 * test_rng_real(&rng) - 20, 320 * test_rng_real(&rng) - 20, w, h,
             i % 3 == 0 ? "某某区" : "Name", i % 4, i % 5 == 0);
    }
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, taken, 2));
    check_free(f, taken, 2);
    size_t placed = 0;
    for (size_t i = 0; i < gt_labels_count(f->labels); i++) {
        placed += gt_labels_get(f->labels, i)->placed ? 1U : 0U;
    }
    assert_true(placed > 50);
}

static void higher_layers_and_larger_areas_go_first(void **state)
{
    fixture *f = *state;
    area(f, 100, 100, 60, 20, "small", 1, false);
    area(f, 90, 95, 80, 30, "large", 1, false);
    area(f, 100, 100, 50, 20, "upper", 2, false);
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, NULL, 0));
    assert_string_equal(gt_labels_get(f->labels, 0)->text, "upper");
    assert_string_equal(gt_labels_get(f->labels, 1)->text, "large");
    assert_true(label(f, "upper")->placed);
    check_free(f, NULL, 0);
}

static void equal_ranks_keep_their_order(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 50; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "n%02d", i);
        area(f, 5, 5, 60, 20, text, 0, false);
    }
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, NULL, 0));
    for (size_t i = 0; i < 50; i++) {
        char text[24];
        (void)snprintf(text, sizeof text, "n%02zu", i);
        assert_string_equal(gt_labels_get(f->labels, i)->text, text);
    }
    assert_true(gt_labels_get(f->labels, 0)->placed);
}

static void a_name_sits_in_the_middle(void **state)
{
    fixture *f = *state;
    area(f, 100, 100, 100, 60, "居中", 0, false);
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, NULL, 0));
    const gt_label *l = label(f, "居中");
    assert_true(l->placed && l->chosen < l->n_plain);
    assert_near(l->rect.x + l->rect.w / 2, 150, 2);
    assert_near(l->rect.y + l->rect.h / 2, 130, 4);
}

static void crowded_out_names_stand_aside(void **state)
{
    fixture *f = *state;
    area(f, 200, 150, 40, 20, "占位", 1, false);
    area(f, 210, 155, 8, 8, "必须", 0, true);
    area(f, 212, 157, 8, 8, "可缺", 0, false); /* does not fit and need not */
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, NULL, 0));
    const gt_label *must = label(f, "必须");
    assert_non_null(must);
    assert_true(must->placed && must->chosen >= must->n_plain);
    assert_near(must->tie_x, 214, 4);
    assert_null(label(f, "可缺"));
    check_free(f, NULL, 0);
    cairo_surface_t *s = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    cairo_t *cr = cairo_create(s);
    gt_labels_draw(f->labels, cr);
    gt_rect ink = {0};
    cairo_recording_surface_ink_extents(s, &ink.x, &ink.y, &ink.w, &ink.h);
    assert_true(gt_rect_holds(FRAME, ink)); /* with its line */
    cairo_destroy(cr);
    cairo_surface_destroy(s);
}

static void points_are_labelled_beside(void **state)
{
    fixture *f = *state;
    gt_face face = {.size = 8, .lines = 1};
    assert_ok(f->ctx, gt_labels_add_point(f->ctx, f->labels, 200, 150, 3, &face, "右", 0));
    assert_ok(f->ctx, gt_labels_add_point(f->ctx, f->labels, 398, 150, 3, &face, "左", 0));
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, NULL, 0));
    assert_true(label(f, "右")->rect.x > 203);
    assert_true(label(f, "左")->rect.x + label(f, "左")->rect.w < 395);
}

static void too_many_keep_the_best(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < GT_LABELS_MAX + 500; i++) {
        area(f, 10, 10, 40, 15, "下", 0, false);
    }
    area(f, 100, 100, 200, 100, "最大", 0, false);
    assert_true(gt_labels_count(f->labels) <= GT_LABELS_MAX);
    assert_non_null(label(f, "最大"));
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, NULL, 0));
    assert_true(label(f, "最大")->placed);
}

static void names_outside_the_frame_are_not_set(void **state)
{
    fixture *f = *state;
    area(f, -200, -200, 100, 50, "外", 0, true);
    area(f, 390, 290, 100, 50, "角", 0, false);
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, NULL, 0));
    assert_false(label(f, "外")->placed);
    assert_false(label(f, "角")->placed);
}

static void broken_texts_do_not_stop_it(void **state)
{
    fixture *f = *state;
    static const char *const texts[] = {"\xff\xfe", "\n\n", " ", "\xe5\x9b", "<span>&", "\x01\x02"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        area(f, 20, 20.0 + 40 * (double)i, 200, 30, texts[i], 0, true);
    }
    assert_ok(f->ctx, gt_labels_place(f->ctx, f->labels, FRAME, NULL, 0));
    check_free(f, NULL, 0);
}

static void a_cancel_stops_the_setting(void **state)
{
    fixture *f = *state;
    area(f, 20, 20, 200, 30, "名", 0, true);
    gt_ctx *ctx = test_ctx();
    gt_cancel(ctx);
    assert_fails(ctx, gt_labels_place(ctx, f->labels, FRAME, NULL, 0), GT_E_CANCELLED,
                 "base.cancelled");
    gt_ctx_free(ctx);
}

static void memory_may_run_out(void **state)
{
    fixture *f = *state;
    for (long n = 0; n < 40; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_labels *labels = NULL;
        gt_status st = gt_labels_new(ctx, f->type, &labels);
        gt_rings rings = {0};
        const double xy[] = {0, 0, 100, 0, 100, 50, 0, 50};
        gt_face face = {.size = 8, .lines = 1};
        st = st != GT_OK ? st : gt_rings_add(ctx, &rings, xy, 4);
        for (int i = 0; i < 5 && st == GT_OK; i++) {
            st = gt_labels_add_area(ctx, labels, &rings, &face, "名称", 0, 1, true);
        }
        if (st != GT_OK) {
            assert_fails(ctx, st, GT_E_MEMORY, NULL);
        }
        gt_rings_free(ctx, &rings);
        gt_labels_free(ctx, labels);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(random_maps_stay_clear),
        CASE(higher_layers_and_larger_areas_go_first),
        CASE(equal_ranks_keep_their_order),
        CASE(a_name_sits_in_the_middle),
        CASE(crowded_out_names_stand_aside),
        CASE(points_are_labelled_beside),
        CASE(too_many_keep_the_best),
        CASE(names_outside_the_frame_are_not_set),
        CASE(broken_texts_do_not_stop_it),
        CASE(a_cancel_stops_the_setting),
        CASE(memory_may_run_out),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.labels", tests, NULL, NULL);
}
