/* Grids as the ground of a map: colours where the cells are, paper where there is no data, figures
 * of the legend, whole files; bad surfaces and bad grids. */
#include <stdlib.h>
#include <unistd.h>

#include "report/lsan.h"
#include "report/surface.h"
#include "scene.h"

static const char *const RAMP[] = {"#000000", "#ffffff", NULL};

static gt_map_surface small(const float *values, int rows, int cols)
{
    return (gt_map_surface){.values = values,
                            .rows = rows,
                            .cols = cols,
                            .box = {0, 0, 100.0 * cols, 100.0 * rows},
                            .title = {"面", "surface"},
                            .ramp = RAMP,
                            .low = 0,
                            .high = 10,
                            .step = 2};
}

/* Draws onto a page and gives the picture back as pixels. */
static unsigned char *draw(gt_ctx *ctx, const gt_map_surface *s, int *w, int *h, int *stride)
{
    char *dir = test_dir();
    scene sc;
    gt_map_options o;
    scene_init(&sc);
    gt_map_source source = scene_source(&sc);
    gt_map_options_init(ctx, &o);
    o.width = 600;
    o.height = 424;
    o.dpi = 72;
    o.surface = s;
    o.has_box = true;
    o.box = s->box;
    o.no_legend = o.no_scale_bar = o.no_north = true;
    o.grid = GT_GRID_NONE;
    assert_ok(ctx, gt_map_draw(ctx, &source, &o, test_path(dir, "m.png")));
    cairo_surface_t *image = cairo_image_surface_create_from_png(test_path(dir, "m.png"));
    assert_int_equal(cairo_surface_status(image), CAIRO_STATUS_SUCCESS);
    *w = cairo_image_surface_get_width(image);
    *h = cairo_image_surface_get_height(image);
    *stride = cairo_image_surface_get_stride(image);
    unsigned char *copy = malloc((size_t)*stride * (size_t)*h);
    memcpy(copy, cairo_image_surface_get_data(image), (size_t)*stride * (size_t)*h);
    cairo_surface_destroy(image);
    test_dir_remove(dir);
    return copy;
}

static size_t count_color(const unsigned char *p, int w, int h, int stride, uint32_t color)
{
    size_t n = 0;
    for (int r = 0; r < h; r++) {
        for (int c = 0; c < w; c++) {
            uint32_t v = 0;
            memcpy(&v, p + (size_t)r * (size_t)stride + 4 * (size_t)c, 4);
            n += (v & 0xFFFFFFU) == color;
        }
    }
    return n;
}

/* Three classes and a hole, a quarter each; a value that is no class is grey. */
static void classes_and_paper(void **state)
{
    static const float cells[] = {1, 2, NAN, 7};
    static const double values[] = {1, 2};
    static const gt_map_class classes[] = {{"1", {"一", "one"}, "#ff0000"},
                                           {"2", {"二", "two"}, "#00ff00"}};
    gt_ctx *ctx = test_ctx();
    gt_map_surface s = small(cells, 2, 2);
    int w, h, stride;
    (void)state;
    s.classes = classes;
    s.class_values = values;
    s.n_classes = 2;
    unsigned char *p = draw(ctx, &s, &w, &h, &stride);
    size_t red = count_color(p, w, h, stride, 0xFF0000),
           green = count_color(p, w, h, stride, 0x00FF00),
           grey = count_color(p, w, h, stride, 0xD9D9D6);
    assert_true(red > 1000);
    assert_true(green > red - red / 20 && green < red + red / 20);
    assert_true(grey > red - red / 20 && grey < red + red / 20);
    assert_true(count_color(p, w, h, stride, 0xF1F2EF) > red / 2); /* the hole, and around */
    free(p);
    gt_ctx_free(ctx);
}

/* Ends have the ends' colours, also beyond; nothing is made up in a hole. */
static void ramp_to_its_ends(void **state)
{
    static const float cells[] = {-50, 0, 10, 900, NAN, NAN, NAN, NAN};
    gt_ctx *ctx = test_ctx();
    gt_map_surface s = small(cells, 2, 4);
    int w, h, stride;
    (void)state;
    unsigned char *p = draw(ctx, &s, &w, &h, &stride);
    size_t black = count_color(p, w, h, stride, 0x000000),
           white = count_color(p, w, h, stride, 0xFFFFFF),
           paper = count_color(p, w, h, stride, 0xF1F2EF);
    assert_true(black > 2000 && white > 2000);
    assert_true(paper > black); /* the whole lower half */
    free(p);
    gt_ctx_free(ctx);
}

static void figures_of_the_legend(void **state)
{
    double ticks[9];
    gt_map_surface s = small((const float[]){1}, 1, 1);
    (void)state;
    assert_int_equal(gt_surface_ticks(&s, ticks, 6), 6);
    assert_near(ticks[0], 0, 0);
    assert_near(ticks[5], 10, 1e-12);
    assert_int_equal(gt_surface_ticks(&s, ticks, 4), 3); /* every second: 0 4 8 */
    assert_near(ticks[2], 8, 1e-12);
    s.low = -0.3;
    s.high = 0.3;
    s.step = 0.1;
    assert_int_equal(gt_surface_ticks(&s, ticks, 9), 7);
    assert_near(ticks[3], 0, 1e-12);
    s.step = 0; /* not told: quarters of the span */
    assert_int_equal(gt_surface_ticks(&s, ticks, 9), 5);
    assert_true(gt_surface_legend_height(&s, 2) == 2 * gt_surface_legend_height(&s, 1));
}

static void bad_surfaces(void **state)
{
    static const char *const one[] = {"#000000", NULL};
    static const char *const words[] = {"red", "blue", NULL};
    static const float cell[] = {1};
    gt_ctx *ctx = test_ctx();
    gt_map_surface s = small(cell, 1, 1);
    (void)state;
    assert_ok(ctx, gt_surface_check(ctx, &s));
    s.ramp = one;
    assert_fails(ctx, gt_surface_check(ctx, &s), GT_E_USAGE, "report.bad-surface");
    s.ramp = words;
    assert_fails(ctx, gt_surface_check(ctx, &s), GT_E_USAGE, "report.bad-color");
    s = small(cell, 1, 1);
    s.low = 10;
    assert_fails(ctx, gt_surface_check(ctx, &s), GT_E_USAGE, "report.bad-surface");
    s = small(cell, 0, 1);
    assert_fails(ctx, gt_surface_check(ctx, &s), GT_E_USAGE, "report.bad-surface");
    s = small(NULL, 1, 1);
    assert_fails(ctx, gt_surface_check(ctx, &s), GT_E_USAGE, "report.bad-surface");
    s = small(cell, 1, 1);
    s.n_classes = GT_MAP_SURFACE_CLASSES + 1;
    assert_fails(ctx, gt_surface_check(ctx, &s), GT_E_USAGE, "report.bad-surface");
    gt_ctx_free(ctx);
}

static void ramps_have_names(void **state)
{
    size_t n = 0;
    (void)state;
    while (gt_map_ramp_name(n) != NULL) {
        n++;
    }
    assert_int_equal(n, 6);
    assert_string_equal(gt_map_ramp_name(0), "green-blue");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_and_paper),     cmocka_unit_test(ramp_to_its_ends),
        cmocka_unit_test(figures_of_the_legend), cmocka_unit_test(bad_surfaces),
        cmocka_unit_test(ramps_have_names),
    };
    return cmocka_run_group_tests_name("report.surface", tests, NULL, NULL);
}
