/* Furniture of the frame on real planes: graticules where they belong, metre grids where degrees do
 * not reach, figures that stay around the frame. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/frame.h"
#include "report/lsan.h"
#include "support/support.h"

enum { W = 600, H = 500, PAD = 40 };

typedef struct fixture {
    gt_ctx *ctx;
    gt_type *type;
    gt_look look;
    gt_crs *crs;
    gt_plane *plane;
    gt_map_source source;
    gt_window view;
    cairo_surface_t *surface;
    cairo_t *cr;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    assert_ok(f->ctx, gt_type_new(f->ctx, GT_LANG_ZH, &f->type));
    f->look = (gt_look){f->type, GT_LANG_ZH, 1};
    assert_ok(f->ctx, gt_crs_new(f->ctx, "EPSG:4548", &f->crs));
    assert_ok(f->ctx, gt_plane_new(f->ctx, f->crs, &f->plane));
    f->source.plane = f->plane;
    f->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, W + 2 * PAD, H + 2 * PAD);
    f->cr = cairo_create(f->surface);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    cairo_destroy(f->cr);
    cairo_surface_destroy(f->surface);
    gt_plane_free(f->ctx, f->plane);
    gt_crs_free(f->ctx, f->crs);
    gt_type_free(f->ctx, f->type);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    free(f);
    return 0;
}

static void grid(fixture *f, gt_box box, gt_map_grid kind)
{
    const gt_rect frame = {PAD, PAD, W, H};
    assert_ok(f->ctx, gt_window_fit(f->ctx, &f->source, box, frame, 0, &f->view));
    cairo_set_source_rgb(f->cr, 1, 1, 1);
    cairo_paint(f->cr);
    assert_ok(f->ctx, gt_grid_draw(f->ctx, &f->source, &f->view, kind, &f->look, f->cr));
    assert_int_equal(cairo_status(f->cr), CAIRO_STATUS_SUCCESS);
    cairo_surface_flush(f->surface);
}

static bool inked(const fixture *f, int x, int y)
{
    const unsigned char *data = cairo_image_surface_get_data(f->surface);
    int stride = cairo_image_surface_get_stride(f->surface);
    const unsigned char *p = data + (size_t)y * (size_t)stride + (size_t)x * 4;
    return p[0] < 250 || p[1] < 250 || p[2] < 250;
}

/* Ink within a pixel of the page position. */
static bool ink_near(const fixture *f, double x, double y)
{
    for (int j = -1; j <= 1; j++) {
        for (int i = -1; i <= 1; i++) {
            if (inked(f, (int)lround(x) + i, (int)lround(y) + j)) {
                return true;
            }
        }
    }
    return false;
}

static size_t ink_in(const fixture *f, int x0, int y0, int x1, int y1)
{
    size_t n = 0;
    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            n += inked(f, x, y) ? 1U : 0U;
        }
    }
    return n;
}

static const double RADIAN = 3.14159265358979323846 / 180;

static void graticules_lie_where_they_belong(void **state)
{
    fixture *f = *state;
    grid(f, (gt_box){400000, 4370000, 560000, 4510000}, GT_GRID_AUTO);
    /* twenty minutes: crossings of 116°20′ and 117° E with 40° and 40°20′ N carry ink, places
     * between none */
    static const double lon[] = {116 + 1.0 / 3, 117};
    static const double lat[] = {40, 40 + 1.0 / 3};
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            double x = 0;
            double y = 0;
            gt_plane_forward(f->plane, lon[i] * RADIAN, lat[j] * RADIAN, &x, &y);
            assert_true(ink_near(f, gt_window_x(&f->view, x), gt_window_y(&f->view, y)));
            gt_plane_forward(f->plane, (lon[i] + 1.0 / 6) * RADIAN, (lat[j] - 1.0 / 6) * RADIAN, &x,
                             &y);
            if (gt_window_x(&f->view, x) < PAD + W) {
                assert_false(ink_near(f, gt_window_x(&f->view, x), gt_window_y(&f->view, y)));
            }
        }
    }
}

static void figures_stand_around_the_frame(void **state)
{
    fixture *f = *state;
    static const gt_box boxes[] = {{400000, 4370000, 560000, 4510000},
                                   {450000, 4410000, 452000, 4411500},
                                   {449999, 4409999, 450001, 4410001}};
    int gutter = (int)ceil(gt_grid_gutter(GT_GRID_AUTO, 1));
    for (int k = 0; k < 3; k++) {
        grid(f, boxes[k], GT_GRID_AUTO);
        assert_true(ink_in(f, PAD, PAD - gutter, PAD + W, PAD - 1) > 20);
        assert_true(ink_in(f, PAD, PAD + H + 1, PAD + W, PAD + H + gutter) > 20);
        assert_true(ink_in(f, PAD - gutter, PAD, PAD - 1, PAD + H) > 20);
        assert_true(ink_in(f, PAD + W + 1, PAD, PAD + W + gutter, PAD + H) > 20);
        /* and nowhere further out */
        assert_int_equal(ink_in(f, 0, 0, W + 2 * PAD, PAD - gutter - 1), 0);
        assert_int_equal(ink_in(f, 0, PAD + H + gutter + 1, W + 2 * PAD, H + 2 * PAD), 0);
        assert_int_equal(ink_in(f, 0, 0, PAD - gutter - 1, H + 2 * PAD), 0);
        assert_int_equal(ink_in(f, PAD + W + gutter + 1, 0, W + 2 * PAD, H + 2 * PAD), 0);
    }
}

static void metre_grids_cross_at_round_numbers(void **state)
{
    fixture *f = *state;
    grid(f, (gt_box){450000, 4410000, 452400, 4412000}, GT_GRID_METRES);
    assert_true(ink_near(f, gt_window_x(&f->view, 451000), gt_window_y(&f->view, 4411000)));
    assert_true(ink_near(f, gt_window_x(&f->view, 450500), gt_window_y(&f->view, 4411500)));
    assert_false(ink_near(f, gt_window_x(&f->view, 450750), gt_window_y(&f->view, 4411250)));
}

static void degrees_give_way_beyond_the_plane(void **state)
{
    fixture *f = *state;
    grid(f, (gt_box){-4e7, -4e7, 4e7, 4e7}, GT_GRID_DEGREES); /* more than the earth */
    assert_true(ink_in(f, PAD, PAD, PAD + W, PAD + H) > 10);  /* metres then */
    grid(f, (gt_box){9e8, 9e8, 9.1e8, 9.1e8}, GT_GRID_AUTO);
    assert_true(ink_in(f, PAD, PAD, PAD + W, PAD + H) > 10);
}

static void plain_planes_have_metres_only(void **state)
{
    fixture *f = *state;
    f->source.plane = NULL;
    grid(f, (gt_box){0, 0, 100000, 80000}, GT_GRID_DEGREES);
    assert_true(ink_near(f, gt_window_x(&f->view, 20000), gt_window_y(&f->view, 40000)));
    grid(f, (gt_box){0, 0, 100000, 80000}, GT_GRID_NONE);
    assert_int_equal(ink_in(f, 0, 0, W + 2 * PAD, H + 2 * PAD), 0);
}

static void geographic_maps_have_straight_lines(void **state)
{
    fixture *f = *state;
    f->source.geographic = true;
    f->source.plane = NULL;
    grid(f, (gt_box){115.4, 39.4, 117.5, 41.1}, GT_GRID_AUTO);
    int x = (int)lround(gt_window_x(&f->view, 116.5));
    for (int y = PAD + 5; y < PAD + H - 5; y += 20) {
        assert_true(ink_near(f, x, y));
    }
    grid(f, (gt_box){-10, -10, 30, 30}, GT_GRID_METRES); /* metres make no sense on degrees */
    assert_true(ink_near(f, gt_window_x(&f->view, 0), gt_window_y(&f->view, 5)));
}

static void furniture_stays_in_its_place(void **state)
{
    fixture *f = *state;
    static const double factors[] = {0.6, 1, 3};
    for (int k = 0; k < 3; k++) {
        for (double width = 1; width < 1e7; width *= 9.7) {
            f->look.factor = factors[k];
            const gt_rect frame = {0, 0, 500 * factors[k], 400 * factors[k]};
            assert_ok(f->ctx,
                      gt_window_fit(f->ctx, &f->source,
                                    (gt_box){450000, 4400000, 450000 + width, 4400000 + width},
                                    frame, 0, &f->view));
            gt_scale_bar bar;
            gt_scale_bar_plan(&f->view, &f->look, &bar);
            gt_rect north = gt_north_plan(&f->view, &f->look);
            assert_false(gt_rect_meets(bar.rect, north));
            assert_true(gt_rect_holds(frame, bar.rect) && gt_rect_holds(frame, north));
            for (int part = 0; part < 2; part++) { /* nothing is drawn beyond the plates */
                cairo_surface_t *s =
                    cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
                cairo_t *cr = cairo_create(s);
                if (part == 0) {
                    gt_scale_bar_draw(&bar, &f->look, cr);
                } else {
                    gt_north_draw(north, &f->look, cr);
                }
                gt_rect plate = part == 0 ? bar.rect : north;
                gt_rect ink = {0};
                cairo_recording_surface_ink_extents(s, &ink.x, &ink.y, &ink.w, &ink.h);
                plate = (gt_rect){plate.x - 1, plate.y - 1, plate.w + 2, plate.h + 2};
                assert_true(gt_rect_holds(plate, ink));
                cairo_destroy(cr);
                cairo_surface_destroy(s);
            }
        }
    }
}

static void a_cancel_is_heard(void **state)
{
    fixture *f = *state;
    assert_ok(f->ctx, gt_window_fit(f->ctx, &f->source, (gt_box){450000, 4400000, 460000, 4410000},
                                    (gt_rect){0, 0, 100, 100}, 0, &f->view));
    gt_ctx *ctx = test_ctx();
    gt_cancel(ctx);
    assert_fails(ctx, gt_grid_draw(ctx, &f->source, &f->view, GT_GRID_AUTO, &f->look, f->cr),
                 GT_E_CANCELLED, "base.cancelled");
    gt_ctx_free(ctx);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(graticules_lie_where_they_belong),   CASE(figures_stand_around_the_frame),
        CASE(metre_grids_cross_at_round_numbers), CASE(degrees_give_way_beyond_the_plane),
        CASE(plain_planes_have_metres_only),      CASE(geographic_maps_have_straight_lines),
        CASE(furniture_stays_in_its_place),       CASE(a_cancel_is_heard),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.frame", tests, NULL, NULL);
}
