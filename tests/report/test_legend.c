/* The legend: rows, order, units, columns, wrapped titles, folding, overflow. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/legend.h"
#include "report/lsan.h"
#include "report/swatch.h"
#include "support/support.h"

enum { MOST = 200, LAYERS = 6 };

typedef struct fixture {
    gt_ctx *ctx;
    gt_type *type;
    gt_look look;
    gt_map_options o;
    gt_map_layer layers[LAYERS];
    gt_layer_paint *paints[LAYERS];
    gt_tally *tallies;
    gt_map_class classes[MOST];
    char codes[MOST][8], names[MOST][48];
    gt_legend legend;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    assert_ok(f->ctx, gt_type_new(f->ctx, GT_LANG_ZH, &f->type));
    f->look = (gt_look){f->type, GT_LANG_ZH, 1};
    gt_map_options_init(f->ctx, &f->o);
    f->o.lang = GT_LANG_ZH;
    f->tallies = calloc(LAYERS, sizeof *f->tallies);
    for (int i = 0; i < MOST; i++) {
        (void)snprintf(f->codes[i], sizeof f->codes[i], "%03u", (unsigned)i % 1000);
        (void)snprintf(f->names[i], sizeof f->names[i], "第 %d 类", i);
        f->classes[i] = (gt_map_class){f->codes[i], {f->names[i], f->names[i]}, "#a0b0c0"};
    }
    for (int i = 0; i < LAYERS; i++) {
        f->layers[i].id = "layer";
        f->layers[i].title = (gt_title){"图层", "Layer"};
        gt_map_style_init(&f->layers[i].style);
    }
    f->o.layers = f->layers;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    gt_legend_free(f->ctx, &f->legend);
    for (int i = 0; i < LAYERS; i++) {
        gt_layer_paint_free(f->ctx, f->paints[i]);
    }
    gt_type_free(f->ctx, f->type);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    free(f->tallies);
    free(f);
    return 0;
}

/* Layer i shows its first n classes with areas of (k + 1) * m2; n 0: a layer without classes. */
static void show(fixture *f, size_t i, size_t n, double m2)
{
    gt_tally *t = &f->tallies[i];
    f->layers[i].classes = n > 0 ? f->classes : NULL;
    f->layers[i].n_classes = n;
    t->areas = true;
    for (size_t k = 1; k <= n || k == 1; k++) {
        t->m2[k] = m2 * (double)k;
        t->features[k] = 1;
        t->n_features++;
    }
    f->o.n_layers = i + 1 > f->o.n_layers ? i + 1 : f->o.n_layers;
}

static void make(fixture *f)
{
    gt_legend_free(f->ctx, &f->legend);
    for (size_t i = 0; i < f->o.n_layers; i++) {
        gt_layer_paint_free(f->ctx, f->paints[i]);
        f->paints[i] = NULL;
        assert_ok(f->ctx, gt_layer_paint_new(f->ctx, &f->layers[i], 0, &f->paints[i]));
    }
    assert_ok(f->ctx, gt_legend_make(f->ctx, &f->o, f->tallies, f->paints, &f->legend));
}

static size_t visible(const gt_legend *l, gt_legend_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        n += !l->rows[i].hidden && l->rows[i].kind == kind ? 1U : 0U;
    }
    return n;
}

static void check_rows(const gt_legend *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->rows[i].hidden) {
            continue;
        }
        gt_rect r = l->rows[i].rect;
        assert_true(gt_rect_holds(l->rect, r));
        r.y += 1e-6;
        r.h -= 2e-6;
        for (size_t j = 0; j < i; j++) {
            assert_true(l->rows[j].hidden || !gt_rect_meets(r, l->rows[j].rect));
        }
    }
}

static void upper_layers_come_first(void **state)
{
    fixture *f = *state;
    show(f, 0, 3, 1e6);
    show(f, 1, 0, 2e6);
    f->layers[0].title.zh = "地类";
    f->layers[1].title.zh = "红线";
    make(f);
    assert_string_equal(f->legend.rows[0].title, "红线");
    assert_string_equal(f->legend.rows[1].title, "地类");
    assert_string_equal(f->legend.rows[2].title,
                        "第 0 类"); /* classes in the order of the standard */
    assert_string_equal(f->legend.rows[4].title, "第 2 类");
    assert_near(f->legend.rows[4].share, 0.5, 1e-12);
    assert_near(f->legend.rows[4].m2, 3e6, 1e-6);
    assert_true(isnan(f->legend.rows[0].share));
}

static void units_fit_the_figures(void **state)
{
    fixture *f = *state;
    static const struct {
        double m2;
        gt_area_unit unit;
    } cases[] = {{5e9, GT_KM2}, {1e6, GT_KM2}, {9e5, GT_HA},
                 {1e4, GT_HA},  {9000, GT_M2}, {0, GT_M2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(f->tallies, 0, sizeof *f->tallies);
        show(f, 0, 0, cases[i].m2);
        make(f);
        assert_int_equal(f->legend.unit, cases[i].unit);
    }
}

static void silent_layers_are_left_out(void **state)
{
    fixture *f = *state;
    show(f, 0, 0, 1e6);
    show(f, 1, 4, 1e6);
    show(f, 2, 0, 1e6);
    f->layers[0].hide_legend = true;
    memset(&f->tallies[2], 0, sizeof f->tallies[2]); /* showed nothing */
    f->tallies[1].features[2] = 0;                   /* nor did one class */
    make(f);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 180, 400});
    assert_int_equal(visible(&f->legend, GT_LEGEND_HEAD), 1);
    assert_int_equal(visible(&f->legend, GT_LEGEND_ITEM), 3);
}

static void generated_layers_say_so(void **state)
{
    fixture *f = *state;
    show(f, 0, 2, 1e6);
    show(f, 1, 0, 1e6);
    f->layers[0].origin = GT_ORIGIN_GENERATED;
    f->layers[1].origin = GT_ORIGIN_GENERATED;
    make(f);
    assert_string_equal(f->legend.rows[0].title, "图层（生成）");
    assert_string_equal(f->legend.rows[1].title, "图层（生成）");
    assert_string_equal(f->legend.rows[2].title, "第 0 类"); /* its heading says it */
    f->o.lang = GT_LANG_EN;
    make(f);
    assert_string_equal(f->legend.rows[0].title, "Layer (generated)");
}

static void unlisted_codes_are_other(void **state)
{
    fixture *f = *state;
    show(f, 0, 2, 1e6);
    f->tallies[0].m2[3] = 1e6;
    f->tallies[0].features[3] = 7;
    make(f);
    assert_string_equal(f->legend.rows[3].title, "其他");
    assert_near(f->legend.rows[3].share, 0.25, 1e-12);
}

static void lines_and_points_have_no_area(void **state)
{
    fixture *f = *state;
    show(f, 0, 2, 0);
    f->tallies[0].areas = false;
    f->tallies[0].lines = true;
    show(f, 1, 0, 0);
    f->tallies[1].areas = false;
    f->tallies[1].points = true;
    make(f);
    for (size_t i = 0; i < f->legend.n; i++) {
        assert_true(isnan(f->legend.rows[i].m2) && isnan(f->legend.rows[i].share));
    }
    assert_true(f->legend.rows[0].point && f->legend.rows[2].line);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 180, 400});
    assert_near(f->legend.area_width, 0, 0);
    check_rows(&f->legend);
}

static void panels_of_any_shape_hold_it(void **state)
{
    fixture *f = *state;
    show(f, 0, 30, 1e6);
    show(f, 1, 12, 1e6);
    show(f, 2, 0, 1e6);
    static const double panels[][2] = {{180, 700}, {180, 300}, {180, 120}, {500, 120},  {900, 200},
                                       {900, 60},  {120, 90},  {60, 500},  {2000, 2000}};
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++) {
        make(f);
        gt_legend_fit(&f->legend, &f->look, (gt_rect){10, 20, panels[i][0], panels[i][1]});
        check_rows(&f->legend);
        assert_true(visible(&f->legend, GT_LEGEND_HEAD) + visible(&f->legend, GT_LEGEND_ITEM) > 0);
    }
}

static void the_smallest_classes_are_folded(void **state)
{
    fixture *f = *state;
    show(f, 0, 100, 1e6);
    make(f);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 180, 300});
    check_rows(&f->legend);
    assert_int_equal(visible(&f->legend, GT_LEGEND_FOLDED), 1);
    assert_false(f->legend.overflow);
    double sum = 0;
    double share = 0;
    size_t shown = 0;
    const gt_legend_row *rest = NULL;
    double least = HUGE_VAL;
    for (size_t i = 0; i < f->legend.n; i++) {
        const gt_legend_row *row = &f->legend.rows[i];
        if (row->hidden || row->kind == GT_LEGEND_HEAD) {
            continue;
        }
        sum += row->m2;
        share += row->share;
        if (row->kind == GT_LEGEND_FOLDED) {
            rest = row;
        } else {
            shown++;
            least = fmin(least, row->m2);
        }
    }
    assert_near(sum, 1e6 * 100 * 101 / 2, 1); /* nothing is lost by folding */
    assert_near(share, 1, 1e-9);
    assert_non_null(rest);
    assert_int_equal(shown + rest->folded, 100);
    assert_near(least, 1e6 * (double)(rest->folded + 1), 1); /* the smallest went */
    char text[64];
    (void)snprintf(text, sizeof text, "其余 %zu 类", rest->folded);
    assert_string_equal(rest->title, text);
}

static void too_many_layers_are_told(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < LAYERS; i++) {
        show(f, i, 0, 1e6);
    }
    make(f);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 180, 50});
    assert_true(f->legend.overflow);
    check_rows(&f->legend);
    assert_true(visible(&f->legend, GT_LEGEND_ITEM) >= 1);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 180, 1}); /* no room at all */
    assert_int_equal(visible(&f->legend, GT_LEGEND_ITEM), 0);
}

static void long_titles_wrap(void **state)
{
    fixture *f = *state;
    show(f, 0, 3, 1e8);
    f->classes[1].title = (gt_title){"公共管理与公共服务及其他配套设施综合用地", "x"};
    make(f);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 180, 300});
    const gt_legend_row *row = &f->legend.rows[2];
    assert_int_equal(row->lines, 2);
    assert_false(row->cut);
    assert_true(row->rect.h > f->legend.rows[1].rect.h + 5);
    check_rows(&f->legend);
    f->classes[1].title.zh =
        "很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长的名称";
    make(f);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 180, 300});
    assert_false(f->legend.rows[2].cut); /* smaller type first, then without figures */
    check_rows(&f->legend);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 110, 300});
    assert_true(f->legend.rows[2].cut); /* two lines, then an ellipsis */
    check_rows(&f->legend);
}

static void columns_are_even(void **state)
{
    fixture *f = *state;
    show(f, 0, 20, 1e6);
    make(f);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 800, 400});
    double low = HUGE_VAL;
    double high = 0;
    double column_x = f->legend.rows[0].rect.x;
    double bottom = 0;
    for (size_t i = 0; i < f->legend.n; i++) {
        const gt_legend_row *row = &f->legend.rows[i];
        if (row->hidden) {
            continue;
        }
        if (row->rect.x > column_x + 1) {
            low = fmin(low, bottom);
            high = fmax(high, bottom);
            column_x = row->rect.x;
            bottom = 0;
        }
        bottom = row->rect.y + row->rect.h;
    }
    assert_true(isfinite(low)); /* more than one column */
    assert_true(high - low < 30);
    check_rows(&f->legend);
}

static void the_guess_is_enough(void **state)
{
    fixture *f = *state;
    for (size_t n = 0; n <= 40; n += 8) {
        show(f, 0, n, 1e6);
        show(f, 1, 0, 1e6);
        for (double width = 150; width < 900; width += 250) {
            make(f);
            double high = gt_legend_guess(&f->o, width, 1);
            gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, width, high});
            assert_int_equal(visible(&f->legend, GT_LEGEND_FOLDED), 0);
            assert_false(f->legend.overflow);
        }
    }
}

static double darkness(cairo_surface_t *s)
{
    cairo_surface_flush(s);
    const unsigned char *data = cairo_image_surface_get_data(s);
    int stride = cairo_image_surface_get_stride(s);
    double sum = 0;
    for (int y = 0; y < cairo_image_surface_get_height(s); y++) {
        for (int x = 0; x < cairo_image_surface_get_width(s) * 4; x++) {
            sum += x % 4 == 3 ? 0 : (255 - data[(size_t)y * (size_t)stride + (size_t)x]) / 765.0;
        }
    }
    return sum;
}

static void samples_show_every_style(void **state)
{
    fixture *f = *state;
    for (int h = GT_HATCH_NONE; h <= GT_HATCH_DOTS; h++) {
        show(f, 0, 0, 1e6);
        f->layers[0].style.hatch = (gt_map_hatch)h;
        f->layers[0].style.hatch_color = "#000000";
        f->layers[0].style.band = "#ff0000";
        f->layers[0].style.band_width = 1;
        make(f);
        for (int kind = 0; kind < 3; kind++) {
            gt_legend_row row = f->legend.rows[0];
            row.area = kind == 0;
            row.line = kind == 1;
            row.point = kind == 2;
            cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 60, 40);
            cairo_t *cr = cairo_create(s);
            cairo_set_source_rgb(cr, 1, 1, 1);
            cairo_paint(cr);
            gt_swatch_draw(&row, (gt_rect){10, 10, 40, 20}, 2, cr);
            assert_int_equal(cairo_status(cr), CAIRO_STATUS_SUCCESS);
            assert_true(darkness(s) > 5);
            cairo_destroy(cr);
            cairo_surface_destroy(s);
        }
    }
}

static void drawing_stays_in_the_panel(void **state)
{
    fixture *f = *state;
    show(f, 0, 12, 1e6);
    show(f, 1, 0, 1e6);
    make(f);
    const gt_rect panel = {30, 30, 180, 300};
    gt_legend_fit(&f->legend, &f->look, panel);
    cairo_surface_t *s = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    cairo_t *cr = cairo_create(s);
    gt_legend_draw(&f->legend, &f->look, cr);
    double x = 0;
    double y = 0;
    double w = 0;
    double h = 0;
    cairo_recording_surface_ink_extents(s, &x, &y, &w, &h);
    assert_true(x >= panel.x - 1 && x + w <= panel.x + panel.w + 1);
    assert_true(y >= panel.y - 4 && y + h <= panel.y + panel.h);
    cairo_destroy(cr);
    cairo_surface_destroy(s);
}

static void an_empty_legend_draws_nothing(void **state)
{
    fixture *f = *state;
    f->o.n_layers = 0;
    make(f);
    gt_legend_fit(&f->legend, &f->look, (gt_rect){0, 0, 180, 300});
    cairo_surface_t *s = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    cairo_t *cr = cairo_create(s);
    gt_legend_draw(&f->legend, &f->look, cr);
    double box[4] = {1, 1, 1, 1};
    cairo_recording_surface_ink_extents(s, &box[0], &box[1], &box[2], &box[3]);
    assert_near(box[2], 0, 0);
    cairo_destroy(cr);
    cairo_surface_destroy(s);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(upper_layers_come_first),
        CASE(units_fit_the_figures),
        CASE(silent_layers_are_left_out),
        CASE(generated_layers_say_so),
        CASE(unlisted_codes_are_other),
        CASE(lines_and_points_have_no_area),
        CASE(panels_of_any_shape_hold_it),
        CASE(the_smallest_classes_are_folded),
        CASE(too_many_layers_are_told),
        CASE(long_titles_wrap),
        CASE(columns_are_even),
        CASE(the_guess_is_enough),
        CASE(samples_show_every_style),
        CASE(drawing_stays_in_the_panel),
        CASE(an_empty_legend_draws_nothing),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.legend", tests, NULL, NULL);
}
