/* The parts of the report room by themselves: words and numbers, clipping, ink, places for labels,
 * relief, figures of the frame. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/map.h"
#include "report/frame.h"
#include "report/ink.h"
#include "report/label.h"
#include "report/lsan.h"
#include "report/messages.h"
#include "report/page.h"
#include "report/paint.h"
#include "report/relief.h"
#include "report/shape.h"
#include "report/spot.h"
#include "report/style.h"
#include "support/support.h"

/* ---- words and numbers ---- */

static void words_exist_in_both_languages(void **state)
{
    (void)state;
    for (int w = 0; w < GT_WORD_COUNT; w++) {
        const char *zh = gt_word_of((gt_word)w, GT_LANG_ZH);
        const char *en = gt_word_of((gt_word)w, GT_LANG_EN);
        assert_non_null(zh);
        assert_non_null(en);
        assert_true(zh[0] != '\0' && en[0] != '\0');
        assert_true((strstr(zh, "%d") != NULL) == (strstr(en, "%d") != NULL));
    }
    char out[64];
    gt_word_count(GT_WORD_MORE_CLASSES, GT_LANG_ZH, 12, out, sizeof out);
    assert_string_equal(out, "其余 12 类");
    gt_word_count(GT_WORD_MORE_CLASSES, GT_LANG_EN, 3, out, sizeof out);
    assert_string_equal(out, "3 more classes");
    gt_word_count(GT_WORD_MORE_CLASSES, GT_LANG_EN, 3, out, 5); /* cut, not overrun */
    assert_string_equal(out, "3 mo");
}

static void titles_fall_back_to_the_other_language(void **state)
{
    (void)state;
    assert_string_equal(gt_title_in((gt_title){"甲", "A"}, GT_LANG_ZH), "甲");
    assert_string_equal(gt_title_in((gt_title){"甲", NULL}, GT_LANG_EN), "甲");
    assert_string_equal(gt_title_in((gt_title){"", "A"}, GT_LANG_ZH), "A");
    assert_string_equal(gt_title_in((gt_title){NULL, NULL}, GT_LANG_ZH), "");
}

static void numbers_read_well(void **state)
{
    (void)state;
    static const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {{0, 0, "0"},
                 {999, 0, "999"},
                 {1000, 0, "1,000"},
                 {1234567.891, 2, "1,234,567.89"},
                 {-1234.5, 1, "-1,234.5"},
                 {-999, 0, "-999"},
                 {16410.54, 2, "16,410.54"},
                 {0.00005, 4, "0.0001"},
                 {NAN, 2, "-"},
                 {INFINITY, 2, "-"},
                 {1e300, 2, "> 1e15"},
                 {5, -3, "5"},
                 {5, 99, "5.000000000"}};
    char out[GT_NUMBER_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gt_number_format(cases[i].value, cases[i].digits, out);
        assert_string_equal(out, cases[i].text);
    }
    gt_number_short(1234.4, out);
    assert_string_equal(out, "1,234");
    gt_number_short(12.34, out);
    assert_string_equal(out, "12.3");
    gt_number_short(0.126, out);
    assert_string_equal(out, "0.13");
    gt_share_format(0.123, out);
    assert_string_equal(out, "12.3%");
    gt_share_format(0.0001, out);
    assert_string_equal(out, "<0.1%");
    gt_share_format(0, out);
    assert_string_equal(out, "0.0%");
    gt_share_format(NAN, out);
    assert_string_equal(out, "-");
}

static void round_numbers_are_round(void **state)
{
    (void)state;
    static const double cases[][2] = {{1, 1},     {1.99, 1},      {2, 2},      {4.9, 2},
                                      {5, 5},     {9.99, 5},      {10, 10},    {0.0031, .002},
                                      {0.5, 0.5}, {77777, 50000}, {1000, 1000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double got = gt_round_below(cases[i][0]);
        assert_near(got, cases[i][1], cases[i][1] * 1e-9);
    }
}

static void colours_are_parsed(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_rgb c;
    assert_ok(ctx, gt_rgb_parse(ctx, "#FF8000", gt_rgb_of(0), "x", &c));
    assert_near(c.r, 1, 0);
    assert_near(c.g, 128.0 / 255, 0);
    assert_near(c.b, 0, 0);
    assert_ok(ctx, gt_rgb_parse(ctx, NULL, gt_rgb_of(0x0000FF), "x", &c));
    assert_near(c.b, 1, 0);
    static const char *const bad[] = {"",         "#",       "FF8000",  "#FF800",
                                      "#FF80000", "#GG8000", "#ff 000", "blue"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gt_status st = gt_rgb_parse(ctx, bad[i], gt_rgb_of(0), "soil", &c);
        assert_string_equal(gt_error_place(ctx)->layer, "soil");
        assert_fails(ctx, st, GT_E_USAGE, "report.bad-color");
    }
    gt_rgb m = gt_rgb_mix(gt_rgb_of(0x000000), gt_rgb_of(0xFFFFFF), 0.25);
    assert_near(m.g, 0.25, 0);
    gt_ctx_free(ctx);
}

static void messages_have_the_same_names_in_both_languages(void **state)
{
    (void)state;
    static const gt_message *const all[] = {
#define M(sym, id, en, zh, mend_en, mend_zh) &sym,
#include "report/messages.def"
#undef M
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_true((all[i]->mend_en == NULL) == (all[i]->mend_zh == NULL));
        assert_memory_equal(all[i]->id, "report.", 7);
        const char *at = all[i]->en;
        while ((at = strchr(at, '{')) != NULL) {
            char name[64];
            size_t len = strcspn(at, "}") + 1;
            assert_true(len < sizeof name);
            (void)snprintf(name, sizeof name, "%.*s", (int)len, at);
            if (strstr(all[i]->zh, name) == NULL) {
                print_error("%s: %s is missing in zh\n", all[i]->id, name);
                fail();
            }
            at += len;
        }
    }
}

/* ---- view and clipping ---- */

static double area_of(const double *xy, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        size_t j = (i + 1) % n;
        sum += xy[2 * i] * xy[2 * j + 1] - xy[2 * j] * xy[2 * i + 1];
    }
    return fabs(sum) / 2;
}

static size_t clip(gt_ctx *ctx, gt_clipper *c, const double *xy, size_t n, gt_box box)
{
    assert_ok(ctx, gt_grow(ctx, (void **)&c->a, &c->cap_a, 2 * n + 2, sizeof *c->a));
    memcpy(c->a, xy, 2 * n * sizeof *xy);
    assert_ok(ctx, gt_clip_ring(ctx, c, box, &n));
    return n;
}

static void rings_are_clipped(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_clipper c = {0};
    const gt_box box = {0, 0, 10, 10};
    const double square[] = {-5, -5, 5, -5, 5, 5, -5, 5};
    size_t n = clip(ctx, &c, square, 4, box);
    assert_near(area_of(c.a, n), 25, 1e-12);
    const double around[] = {-5, -5, 15, -5, 15, 15, -5, 15};
    n = clip(ctx, &c, around, 4, box);
    assert_near(area_of(c.a, n), 100, 1e-12);
    const double away[] = {20, 20, 30, 20, 30, 30};
    assert_int_equal(clip(ctx, &c, away, 3, box), 0);
    const double comb[] = {1, -1, 9, -1, 9, 5, 8, 5, 8, 0, 6, 0,
                           6, 5,  5, 5,  5, 0, 2, 0, 2, 5, 1, 5};
    n = clip(ctx, &c, comb, 12,
             (gt_box){0, 1, 10, 4}); /* three teeth, joined by edges along the box */
    assert_near(area_of(c.a, n), 9, 1e-12);
    test_rng rng;
    test_rng_seed(&rng, 11);
    for (int round = 0; round < 200; round++) { /* the parts of a star over four boxes add up */
        double star[64];
        for (int i = 0; i < 32; i++) {
            double r = 1 + 9 * test_rng_real(&rng);
            star[2 * i] = 10 + r * cos(i * 0.19634954);
            star[2 * i + 1] = 10 + r * sin(i * 0.19634954);
        }
        double sum = 0;
        for (int k = 0; k < 4; k++) {
            gt_box q = {k % 2 * 10.0, k / 2 * 10.0, k % 2 * 10.0 + 10, k / 2 * 10.0 + 10};
            n = clip(ctx, &c, star, 32, q);
            sum += n > 2 ? area_of(c.a, n) : 0;
        }
        assert_near(sum, area_of(star, 32), 1e-9);
    }
    gt_clipper_free(ctx, &c);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void segments_are_clipped(void **state)
{
    (void)state;
    const gt_box box = {0, 0, 10, 10};
    static const struct {
        double in[4], out[4];
        bool kept;
    } cases[] = {{{1, 1, 9, 9}, {1, 1, 9, 9}, true},
                 {{-5, 5, 15, 5}, {0, 5, 10, 5}, true},
                 {{5, 15, 5, -5}, {5, 10, 5, 0}, true},
                 {{-5, -5, -1, 20}, {0}, false},
                 {{-1, 5, 5, 12}, {0, 37.0 / 6, 23.0 / 7, 10}, true},
                 {{-5, 9, 1, 15}, {0}, false},
                 {{3, 3, 3, 3}, {3, 3, 3, 3}, true},
                 {{12, 3, 12, 3}, {0}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double p[4];
        memcpy(p, cases[i].in, sizeof p);
        assert_int_equal(gt_clip_segment(&p[0], &p[1], &p[2], &p[3], box), cases[i].kept);
        for (int k = 0; cases[i].kept && k < 4; k++) {
            assert_near(p[k], cases[i].out[k], 1e-12);
        }
    }
}

static void views_keep_shape(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_map_source plain = {.user = NULL};
    gt_rect frame = {10, 20, 400, 200};
    gt_window v;
    assert_ok(ctx, gt_window_fit(ctx, &plain, (gt_box){0, 0, 1000, 1000}, frame, 0, &v));
    assert_near(v.kx, 0.2, 1e-12);
    assert_near(gt_window_x(&v, 500), 210, 1e-9);
    assert_near(gt_window_y(&v, 500), 120, 1e-9);
    assert_near(gt_window_y(&v, 1000), 20, 1e-9); /* north is up */
    assert_near(v.box.xmax - v.box.xmin, 2000, 1e-9);
    gt_map_source degrees = {.geographic = true};
    assert_ok(ctx, gt_window_fit(ctx, &degrees, (gt_box){116, 39, 117, 41}, frame, 0.05, &v));
    assert_near(v.kx / v.ky, cos(40 * 3.14159265358979 / 180), 1e-12);
    assert_near(v.per_metre * 111195, v.ky, 1e-9);
    gt_ctx_free(ctx);
}

/* ---- ink ---- */

static void fill_box(gt_ink *ink, int value, int x0, int y0, int x1, int y1)
{
    const int32_t xy[] = {x0, y0, x1, y0, x1, y1, x0, y1, GT_RING_END, 0};
    gt_ink_fill(ink, value, xy, 5);
}

static uint32_t argb_at(cairo_surface_t *image, int x, int y)
{
    uint32_t v = 0;
    memcpy(&v,
           cairo_image_surface_get_data(image) +
               (size_t)y * (size_t)cairo_image_surface_get_stride(image) + 4 * (size_t)x,
           4);
    return v;
}

static void ink_counts_sub_pixels(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_ink *ink = NULL;
    assert_ok(ctx, gt_ink_new(ctx, 10, 10, false, 4, &ink));
    fill_box(ink, 7, 0, 0, 20, 40);
    assert_near(gt_ink_share(ink, 7), 0.5, 0);
    fill_box(ink, 250, 10, 0, 20,
             40); /* the later one wins; the highest number survives as it is */
    assert_near(gt_ink_share(ink, 7), 0.25, 0);
    assert_near(gt_ink_share(ink, 250), 0.25, 0);
    const int32_t ring[] = {
        20, 0,  40, 0,  40, 40, 20, 40, GT_RING_END, 0, /* a hole turns the other way */
        25, 10, 25, 30, 35, 30, 35, 10, GT_RING_END, 0};
    gt_ink_fill(ink, 3, ring, 10);
    assert_near(gt_ink_share(ink, 3), 0.5 - 200.0 / 1600, 0);
    gt_ink_dot(ink, 9, 27, 20);
    gt_ink_dot(ink, 9, -1, 20); /* beside the picture: nothing */
    gt_ink_dot(ink, 9, 27, 40);
    assert_near(gt_ink_share(ink, 9), 1.0 / 1600, 0);
    gt_ink_free(ctx, ink);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void ink_averages_to_pixels(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_ink *ink = NULL;
    assert_ok(ctx, gt_ink_new(ctx, 4, 4, false, 4, &ink));
    fill_box(ink, 1, 0, 0, 6, 16);  /* a pixel and a half */
    fill_box(ink, 2, 6, 0, 16, 16); /* its neighbour */
    gt_ink_paint paint = {.opacity = 1};
    paint.color[1] = gt_rgb_of(0xFF0000);
    paint.color[2] = gt_rgb_of(0x0000FF);
    cairo_surface_t *image = NULL;
    assert_ok(ctx, gt_ink_resolve(ctx, ink, &paint, &image));
    assert_int_equal(argb_at(image, 0, 0), 0xFFFF0000U);
    assert_int_equal(argb_at(image, 1, 2), 0xFF800080U); /* half and half, nothing shines through */
    assert_int_equal(argb_at(image, 3, 3), 0xFF0000FFU);
    assert_ok(ctx, gt_ink_resolve(ctx, ink, &paint, &image)); /* cleared: nothing to colour */
    assert_null(image);
    fill_box(ink, 1, 0, 0, 2, 4);
    paint.opacity = 0.5;
    assert_ok(ctx, gt_ink_resolve(ctx, ink, &paint, &image));
    assert_int_equal(argb_at(image, 0, 0), 0x40400000U); /* half covered, half opaque */
    assert_int_equal(argb_at(image, 2, 2), 0);
    gt_ink_free(ctx, ink);
    gt_ctx_free(ctx);
}

static void outlines_have_their_width(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    for (int side = 1; side <= 4; side++) {
        gt_ink *ink = NULL;
        assert_ok(ctx, gt_ink_new(ctx, 40, 40, true, side, &ink));
        fill_box(ink, 1, 10 * side, 10 * side, 30 * side, 30 * side);
        gt_ink_paint paint = {
            .opacity = 0, .stroke_width = 2, .band_width = 5, .band_opacity = 0.5};
        paint.stroke = gt_rgb_of(0xFF0000);
        paint.band = gt_rgb_of(0x00FF00);
        cairo_surface_t *image = NULL;
        assert_ok(ctx, gt_ink_resolve(ctx, ink, &paint, &image));
        double red = 0;
        double green = 0;
        for (int x = 0; x < 20; x++) { /* across the left border, at x = 10 */
            uint32_t v = argb_at(image, x, 20);
            red += ((v >> 16) & 0xFFU) / 255.0;
            green += ((v >> 8) & 0xFFU) / 255.0;
        }
        assert_near(red, 2, 0.3);
        assert_near(green, (5 - 1) * 0.5, 0.35); /* inside, what the outline leaves of it */
        assert_int_equal(argb_at(image, 5, 20), 0);
        assert_int_equal(argb_at(image, 20, 20), 0);
        gt_ink_free(ctx, ink);
    }
    gt_ctx_free(ctx);
}

static void hatches_cover_their_share(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        gt_map_hatch hatch;
        double share;
    } cases[] = {{GT_HATCH_UP, 1.0 / 8},
                 {GT_HATCH_DOWN, 1.0 / 8},
                 {GT_HATCH_LEVEL, 1.0 / 8},
                 {GT_HATCH_CROSS, 2.0 / 8 - 1.0 / 64},
                 {GT_HATCH_DOTS, 3.14159 / 64}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gt_ink *ink = NULL;
        assert_ok(ctx, gt_ink_new(ctx, 200, 200, false, 2, &ink));
        fill_box(ink, 1, 0, 0, 400, 400);
        gt_ink_paint paint = {.hatch = cases[i].hatch, .hatch_gap = 8, .hatch_width = 1};
        cairo_surface_t *image = NULL;
        assert_ok(ctx, gt_ink_resolve(ctx, ink, &paint, &image));
        double sum = 0;
        for (int y = 0; y < 200; y++) {
            for (int x = 0; x < 200; x++) {
                sum += (argb_at(image, x, y) >> 24) / 255.0;
            }
        }
        assert_near(sum / 40000, cases[i].share, 0.03);
        gt_ink_free(ctx, ink);
    }
    gt_ctx_free(ctx);
}

static void ink_keeps_to_its_budget(void **state)
{
    (void)state;
    assert_int_equal(gt_ink_side(1000, 1000, false, 0, (size_t)1 << 30), 4);
    assert_int_equal(gt_ink_side(1000, 1000, false, 0, 14000000), 3);
    assert_int_equal(gt_ink_side(1000, 1000, false, 0, 5000000), 1);
    assert_int_equal(gt_ink_side(1000, 1000, false, 0, 1000), 0);
    assert_int_equal(gt_ink_side(1000, 1000, true, 20, (size_t)1 << 30),
                     2); /* distances in a byte */
    for (int side = 1; side <= 4; side++) {
        assert_true(gt_ink_bytes(100, 100, true, side) > gt_ink_bytes(100, 100, false, side));
    }
}

/* ---- places for labels ---- */

static bool inside(const gt_rings *rings, double x, double y)
{
    bool in = false;
    size_t start = 0;
    for (size_t r = 0; r < rings->n_rings; r++) {
        for (size_t i = start; i < rings->end[r]; i++) {
            const double *a = rings->xy + 2 * (i == start ? rings->end[r] - 1 : i - 1);
            const double *b = rings->xy + 2 * i;
            if ((a[1] <= y) != (b[1] <= y) &&
                x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])) {
                in = !in;
            }
        }
        start = rings->end[r];
    }
    return in;
}

static void texts_fit_where_they_are_put(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_rings rings = {0};
    /* an L, a ring with a hole, a slim crescent of steps */
    const double ell[] = {0, 0, 20, 0, 20, 80, 100, 80, 100, 110, 0, 110};
    const double outer[] = {0, 0, 100, 0, 100, 100, 0, 100};
    const double hole[] = {10, 10, 90, 10, 90, 70, 10, 70};
    gt_spot spots[GT_SPOTS];
    int n = 0;
    assert_ok(ctx, gt_rings_add(ctx, &rings, ell, 6));
    assert_ok(ctx, gt_spots_find(ctx, &rings, 60, 10, spots, &n));
    assert_int_equal(n, GT_SPOTS);
    assert_true(spots[0].room >= 60 && spots[0].y > 80);
    for (int corner = 0; corner < 4; corner++) {
        assert_true(inside(&rings, spots[0].x + (corner % 2 == 0 ? -29.9 : 29.9),
                           spots[0].y + (corner / 2 == 0 ? -4.9 : 4.9)));
    }
    gt_rings_clear(&rings);
    assert_ok(ctx, gt_rings_add(ctx, &rings, outer, 4));
    assert_ok(ctx, gt_rings_add(ctx, &rings, hole, 4));
    assert_ok(ctx, gt_spots_find(ctx, &rings, 50, 12, spots, &n));
    assert_true(spots[0].y > 70 && spots[0].room >= 50); /* in the wide bar below the hole */
    gt_rings_clear(&rings);
    assert_ok(ctx, gt_rings_add(ctx, &rings, outer, 2)); /* not even a triangle */
    assert_ok(ctx, gt_spots_find(ctx, &rings, 50, 12, spots, &n));
    assert_int_equal(n, 0);
    const double flat[] = {0, 5, 50, 5, 100, 5};
    gt_rings_clear(&rings);
    assert_ok(ctx, gt_rings_add(ctx, &rings, flat, 3)); /* no height at all */
    assert_ok(ctx, gt_spots_find(ctx, &rings, 50, 12, spots, &n));
    assert_int_equal(n, 0);
    gt_rings_free(ctx, &rings);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void tags_leave_small_areas_in_sight(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_type *type = NULL;
    gt_labels *labels = NULL;
    assert_ok(ctx, gt_type_new(ctx, GT_LANG_ZH, &type));
    assert_ok(ctx, gt_labels_new(ctx, type, &labels));
    gt_labels_set(labels, 4, false);
    gt_rings rings = {0};
    const double speck[] = {100, 100, 103, 100, 103, 103, 100, 103};
    assert_ok(ctx, gt_rings_add(ctx, &rings, speck, 4));
    gt_face face = {.size = 8, .lines = 1};
    assert_ok(ctx, gt_labels_add_area(ctx, labels, &rings, &face, "1", 0, 1, true));
    assert_ok(ctx,
              gt_labels_add_area(ctx, labels, &rings, &face, "2", 0, 0, false)); /* may be left */
    assert_int_equal(gt_labels_count(labels), 1);
    assert_ok(ctx, gt_labels_place(ctx, labels, (gt_rect){0, 0, 200, 200}, NULL, 0));
    const gt_label *l = gt_labels_get(labels, 0);
    assert_true(l->placed);
    assert_false(gt_rect_meets(l->rect, (gt_rect){100, 100, 3, 3}));
    gt_rings_free(ctx, &rings);
    gt_labels_free(ctx, labels);
    gt_type_free(ctx, type);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void no_room_no_label(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_type *type = NULL;
    gt_labels *labels = NULL;
    assert_ok(ctx, gt_type_new(ctx, GT_LANG_EN, &type));
    assert_ok(ctx, gt_labels_new(ctx, type, &labels));
    gt_face face = {.size = 8, .lines = 1};
    assert_ok(ctx, gt_labels_add_point(ctx, labels, 50, 50, 2, &face, "here", 0));
    assert_ok(ctx, gt_labels_add_point(ctx, labels, 50, 50, 2, &face, "", 0));
    assert_ok(ctx, gt_labels_add_point(ctx, labels, 50, 50, 2, &face, NULL, 0));
    assert_int_equal(gt_labels_count(labels), 1);
    const gt_rect all = {0, 0, 100, 100};
    assert_ok(ctx, gt_labels_place(ctx, labels, all, &all, 1));
    assert_false(gt_labels_get(labels, 0)->placed);
    gt_labels_free(ctx, labels);
    gt_type_free(ctx, type);
    gt_ctx_free(ctx);
}

static void tags_sit_on_the_largest_part(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    double xy[] = {0, 0, 1, 0, 1, 1, 0, 0, 10, 10, 30, 10, 30, 30, 10, 30, 10, 10};
    uint32_t ring_end[] = {4, 9};
    uint32_t part_end[] = {1, 2};
    gt_geom g = {.type = GT_MULTIPOLYGON,
                 .xy = xy,
                 .ring_end = ring_end,
                 .part_end = part_end,
                 .n_points = 9,
                 .n_rings = 2,
                 .n_parts = 2};
    gt_window v = {
        .box = {0, 0, 100, 100}, .frame = {0, 0, 100, 100}, .kx = 1, .ky = 1, .per_metre = 1};
    gt_rings rings = {0};
    assert_ok(ctx, gt_shape_rings(ctx, &g, &v, &rings));
    assert_int_equal(rings.n_rings, 1);
    assert_int_equal(rings.n_points, 4);
    assert_near(rings.xy[0], 10, 0);
    assert_near(rings.xy[1], 90, 0);
    gt_geom none = {.type = GT_MULTIPOLYGON};
    assert_ok(ctx, gt_shape_rings(ctx, &none, &v, &rings));
    assert_int_equal(rings.n_points, 0);
    gt_rings_free(ctx, &rings);
    gt_ctx_free(ctx);
}

/* ---- relief
 * --------------------------------------------------------------------------------------- */

typedef struct relief_case {
    float z[32 * 32];
    gt_map_relief relief;
    unsigned char pixels[64 * 64 * 4];
    cairo_surface_t *surface;
    cairo_t *cr;
} relief_case;

static unsigned shade_at(gt_ctx *ctx, relief_case *c, int x, int y)
{
    c->relief = (gt_map_relief){.heights = c->z, .rows = 32, .cols = 32, .box = {0, 0, 3200, 3200}};
    memset(c->pixels, 0xFF, sizeof c->pixels);
    c->surface = cairo_image_surface_create_for_data(c->pixels, CAIRO_FORMAT_RGB24, 64, 64, 256);
    c->cr = cairo_create(c->surface);
    gt_window v = {.box = {0, 0, 3200, 3200},
                   .frame = {0, 0, 64, 64},
                   .kx = 0.02,
                   .ky = 0.02,
                   .per_metre = 0.02};
    gt_pen pen = {.ground = c->cr, .px = 1};
    assert_ok(ctx, gt_relief_draw(ctx, &c->relief, &v, &pen));
    cairo_surface_flush(c->surface);
    unsigned v_at = c->pixels[y * 256 + x * 4 + 2];
    cairo_destroy(c->cr);
    cairo_surface_destroy(c->surface);
    return v_at;
}

static void slopes_are_lit_from_the_north_west(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    relief_case *c = calloc(1, sizeof *c);
    unsigned shade[5];
    for (int k = 0; k < 5; k++) {
        static const double slope[5][2] = {{0, 0}, {1, -1}, {-1, 1}, {0, 0}, {0, 0}};
        for (int i = 0; i < 32; i++) {
            for (int j = 0; j < 32;
                 j++) { /* rises to the south-east (lit), to the north-west (dark) */
                c->z[i * 32 + j] = (float)(30 * (slope[k][0] * j - slope[k][1] * i));
            }
        }
        if (k == 3) {
            c->z[16 * 32 + 16] = NAN;
        }
        shade[k] = shade_at(ctx, c, 32, 32);
    }
    assert_int_equal(shade[0], 255); /* level ground keeps its colour */
    assert_true(shade[1] >= shade[2] + 40);
    assert_int_equal(shade[3], 255); /* no heights, no shade */
    free(c);
    gt_ctx_free(ctx);
}

static void bad_reliefs_are_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    float z[4] = {0};
    const gt_map_relief bad[] = {{.heights = NULL, .rows = 2, .cols = 2, .box = {0, 0, 1, 1}},
                                 {.heights = z, .rows = 1, .cols = 2, .box = {0, 0, 1, 1}},
                                 {.heights = z, .rows = 2, .cols = -2, .box = {0, 0, 1, 1}},
                                 {.heights = z, .rows = 2, .cols = 2, .box = {0, 0, 0, 1}},
                                 {.heights = z, .rows = 2, .cols = 2, .box = {0, 0, NAN, 1}},
                                 {.heights = z, .rows = 2, .cols = 2, .box = {0, 0, INFINITY, 1}}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_fails(ctx, gt_relief_check(ctx, &bad[i]), GT_E_USAGE, "report.bad-relief");
    }
    gt_raster raster = {.n_cols = 2, .n_rows = 2, .cells = z, .box = {0, 0, 1, 1}};
    gt_map_relief good = gt_map_relief_of(&raster);
    assert_ok(ctx, gt_relief_check(ctx, &good));
    gt_ctx_free(ctx);
}

/* ---- frame
 * ------------------------------------------------------------------------------------------ */

static void degrees_are_written_as_on_maps(void **state)
{
    (void)state;
    char out[GT_NUMBER_TEXT];
    gt_degree_text(116.5, 0.5, true, out);
    assert_string_equal(out, "116°30′E");
    gt_degree_text(-0.25, 0.25, false, out);
    assert_string_equal(out, "0°15′S");
    gt_degree_text(40, 1, false, out);
    assert_string_equal(out, "40°N");
    gt_degree_text(39.999722222222, 1.0 / 3600, false, out);
    assert_string_equal(out, "39°59′59″N");
    gt_degree_text(116 + 59.99999999 / 60, 1.0 / 60, true, out); /* rounding carries */
    assert_string_equal(out, "117°00′E");
    assert_near(gt_degree_step(0.3), 1.0 / 3, 1e-15);
    assert_near(gt_degree_step(0.5), 0.5, 0);
    assert_near(gt_degree_step(0.51), 1, 0);
    assert_near(gt_degree_step(1e-9), 1.0 / 3600, 0);
    assert_near(gt_degree_step(170), 10, 0);
}

static void scale_bars_are_round(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_type *type = NULL;
    assert_ok(ctx, gt_type_new(ctx, GT_LANG_EN, &type));
    gt_look look = {type, GT_LANG_EN, 1};
    for (double per_metre = 1e-7; per_metre < 1e4; per_metre *= 1.7) {
        gt_window v = {
            .frame = {0, 0, 500, 400}, .kx = per_metre, .ky = per_metre, .per_metre = per_metre};
        gt_scale_bar bar;
        gt_scale_bar_plan(&v, &look, &bar);
        double lead = bar.metres / pow(10, floor(log10(bar.metres) + 1e-9));
        assert_true(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 || fabs(lead - 5) < 1e-6);
        assert_true(bar.length > 40 && bar.length <= 120.001);
        assert_near(bar.length, bar.metres * per_metre, 1e-9);
        assert_true(gt_rect_holds(v.frame, bar.rect));
        assert_true(strlen(bar.end) > 2 && bar.ratio[0] == '1');
    }
    char ratio[GT_NUMBER_TEXT];
    gt_ratio_text(72 / 0.0254 / 500000, ratio);
    assert_string_equal(ratio, "1:500,000");
    gt_ratio_text(72 / 0.0254 / 1234567, ratio);
    assert_string_equal(ratio, "1:1,230,000");
    gt_type_free(ctx, type);
    gt_ctx_free(ctx);
}

static void pages_scale_their_furniture(void **state)
{
    (void)state;
    assert_near(gt_page_factor(595.28, 841.89), 1, 1e-9);
    assert_near(gt_page_factor(595.28 * 2, 841.89 * 2), 2, 1e-9);
    assert_near(gt_page_factor(10, 10), 0.6, 0);
    assert_near(gt_page_factor(1e6, 1e6), 3, 0);
    gt_rect r = gt_align((gt_rect){0.3, 0.3, 10, 10}, 2);
    assert_near(r.x, 0.5, 1e-12);
    assert_near(r.x + r.w, 10, 1e-12);
}

/* ---- text
 * ------------------------------------------------------------------------------------------- */

static void texts_are_measured_and_cut(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_type *type = NULL;
    assert_ok(ctx, gt_type_new(ctx, GT_LANG_ZH, &type));
    gt_face face = {.size = 10, .lines = 1};
    gt_extent one = gt_type_measure(type, &face, "国");
    gt_extent four = gt_type_measure(type, &face, "国土空间");
    assert_near(four.w, 4 * one.w, 0.01); /* no hinting, no rounding */
    gt_face twice = {.size = 20, .lines = 1};
    assert_near(gt_type_measure(type, &twice, "国").w, 2 * one.w, 0.01);
    face.width = 25;
    gt_extent cut = gt_type_measure(type, &face, "国土空间规划");
    assert_true(cut.cut && cut.w <= 25.01);
    face.lines = 2;
    face.width = 31;
    gt_extent two = gt_type_measure(type, &face, "国土空间规划");
    assert_int_equal(two.lines, 2);
    assert_false(two.cut);
    face.lines = 0;
    gt_extent free_text = gt_type_measure(type, &face, "国土空间规划国土空间规划");
    assert_int_equal(free_text.lines, 4);
    assert_near(gt_type_measure(type, &face, NULL).w, 0, 0);
    assert_near(gt_type_measure(type, &face, "").h, 0, 0);
    gt_face flat = {.size = 10, .lines = 1};
    assert_int_equal(gt_type_measure(type, &flat, "a\nb\r\nc").lines, 1);
    assert_int_equal(gt_type_measure(type, &flat,
                                     "a\xE2\x80\xA8"
                                     "b\xE2\x80\xA9"
                                     "c")
                         .lines,
                     1);
    gt_type_free(ctx, type);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* ---- styles and classes
 * ------------------------------------------------------------------------------ */

static void styles_follow_ids_and_themes(void **state)
{
    (void)state;
    gt_look_of look;
    gt_standard s = {
        .id = "ecological_redline", .geom_type = GT_MULTIPOLYGON, .theme = "control_lines"};
    gt_style_of(&s, false, &look);
    assert_int_equal(look.rank, GT_RANK_CONTROL);
    assert_int_equal(look.style.hatch, GT_HATCH_UP);
    assert_non_null(look.style.band);
    s = (gt_standard){.id = "land_use", .geom_type = GT_MULTIPOLYGON, .theme = "survey"};
    gt_style_of(&s, false, &look);
    assert_int_equal(look.rank, GT_RANK_GROUND);
    assert_null(look.style.stroke);
    s = (gt_standard){.id = "parishes", .geom_type = GT_MULTIPOLYGON};
    gt_style_of(&s, true, &look);
    assert_int_equal(look.rank, GT_RANK_UNIT);
    assert_true(look.style.each && look.style.label_size > 0 && look.style.fill_opacity == 0);
    s = (gt_standard){.id = "wells", .geom_type = GT_POINT, .color = "#123456"};
    gt_style_of(&s, false, &look);
    assert_int_equal(look.rank, GT_RANK_POINT);
    assert_string_equal(look.style.fill, "#123456");
    s = (gt_standard){.id = "roads", .geom_type = GT_LINESTRING};
    gt_style_of(&s, false, &look);
    assert_int_equal(look.rank, GT_RANK_LINE);
    assert_string_equal(look.style.band, "#ffffff");
    s = (gt_standard){
        .id = "anything", .geom_type = GT_MULTIPOLYGON, .theme = "no such", .color = "#abcdef"};
    gt_style_of(&s, false, &look);
    assert_int_equal(look.rank, GT_RANK_ZONE);
    assert_string_equal(look.style.fill, "#abcdef");
    assert_string_equal(gt_spare_color(0), gt_spare_color(12));
}

static void codes_climb_to_listed_parents(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    const gt_code codes[] = {{.code = "01"},
                             {.code = "0101", .parent = "01"},
                             {.code = "0101A", .parent = "0101"},
                             {.code = "loop", .parent = "loop"}};
    const gt_codelist list = {.id = "x", .codes = codes, .n_codes = 4};
    const gt_map_class classes[] = {{"99", {"其他", "Other"}, "#111111"},
                                    {"01", {"耕地", "Crop"}, "#222222"}};
    gt_map_layer layer = {.id = "x", .classes = classes, .n_classes = 2, .codes = &list};
    gt_map_style_init(&layer.style);
    gt_layer_paint *paint = NULL;
    assert_ok(ctx, gt_layer_paint_new(ctx, &layer, 0, &paint));
    assert_int_equal(gt_layer_paint_class(paint, "99"), 1);
    assert_int_equal(gt_layer_paint_class(paint, "01"), 2);
    assert_int_equal(gt_layer_paint_class(paint, "0101A"), 2);
    assert_int_equal(gt_layer_paint_class(paint, "loop"), 3);
    assert_int_equal(gt_layer_paint_class(paint, "unknown"), 3);
    assert_int_equal(gt_layer_paint_class(paint, NULL), 3);
    gt_layer_paint_free(ctx, paint);
    gt_layer_paint_free(ctx, NULL);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_exist_in_both_languages),
        cmocka_unit_test(titles_fall_back_to_the_other_language),
        cmocka_unit_test(numbers_read_well),
        cmocka_unit_test(round_numbers_are_round),
        cmocka_unit_test(colours_are_parsed),
        cmocka_unit_test(messages_have_the_same_names_in_both_languages),
        cmocka_unit_test(rings_are_clipped),
        cmocka_unit_test(segments_are_clipped),
        cmocka_unit_test(views_keep_shape),
        cmocka_unit_test(ink_counts_sub_pixels),
        cmocka_unit_test(ink_averages_to_pixels),
        cmocka_unit_test(outlines_have_their_width),
        cmocka_unit_test(hatches_cover_their_share),
        cmocka_unit_test(ink_keeps_to_its_budget),
        cmocka_unit_test(texts_fit_where_they_are_put),
        cmocka_unit_test(tags_leave_small_areas_in_sight),
        cmocka_unit_test(no_room_no_label),
        cmocka_unit_test(tags_sit_on_the_largest_part),
        cmocka_unit_test(slopes_are_lit_from_the_north_west),
        cmocka_unit_test(bad_reliefs_are_refused),
        cmocka_unit_test(degrees_are_written_as_on_maps),
        cmocka_unit_test(scale_bars_are_round),
        cmocka_unit_test(pages_scale_their_furniture),
        cmocka_unit_test(texts_are_measured_and_cut),
        cmocka_unit_test(styles_follow_ids_and_themes),
        cmocka_unit_test(codes_climb_to_listed_parents),
    };
    return cmocka_run_group_tests_name("report.parts", tests, NULL, NULL);
}
