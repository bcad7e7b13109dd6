/* Layers on their way to the page: rings with holes, parts, clipping, lines, points, outlines; and
 * properties over random coverages: no gaps, areas that agree, nothing that depends on order, on
 * the direction of rings, or on where the frame is cut. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/gather.h"
#include "report/lsan.h"
#include "report/scene.h"
#include "report/stage.h"

enum { SIDE = 200 }; /* pixels of the frame */

typedef struct ground { /* a bare frame of SIDE x SIDE pixels at one pixel a point */
    gt_ctx *ctx;
    scene scene;
    gt_window view;
    cairo_surface_t *surface;
    cairo_t *cr;
    gt_pen pen;
    gt_tally tally;
} ground;

static const unsigned PAPER = 0xFFFFFF;

static int setup(void **state)
{
    ground *g = calloc(1, sizeof *g);
    g->ctx = test_ctx();
    scene_init(&g->scene);
    gt_map_layer *l = scene_layer(&g->scene, "layer", (gt_title){"图层", "Layer"});
    l->style.stroke = NULL;
    l->style.fill = "#ff0000";
    g->view = (gt_window){
        .box = {0, 0, SIDE, SIDE}, .frame = {0, 0, SIDE, SIDE}, .kx = 1, .ky = 1, .per_metre = 1};
    g->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, SIDE, SIDE);
    g->cr = cairo_create(g->surface);
    g->pen = (gt_pen){.ground = g->cr, .lines = g->cr, .px = 1, .factor = 1};
    *state = g;
    return 0;
}

static int teardown(void **state)
{
    ground *g = *state;
    cairo_destroy(g->cr);
    cairo_surface_destroy(g->surface);
    assert_int_equal(g->scene.opened, g->scene.closed);
    scene_free(&g->scene);
    assert_int_equal(gt_ctx_memory_used(g->ctx), 0);
    gt_ctx_free(g->ctx);
    free(g);
    return 0;
}

static void wipe(ground *g)
{
    cairo_set_source_rgb(g->cr, 1, 1, 1);
    cairo_paint(g->cr);
}

static gt_status draw(ground *g)
{
    gt_map_source source = scene_source(&g->scene);
    gt_layer_paint *paint = NULL;
    wipe(g);
    gt_status st = gt_layer_paint_new(g->ctx, &g->scene.layers[0], g->pen.fade, &paint);
    if (st == GT_OK) {
        st = gt_gather_layer(g->ctx, &source, 0, paint, &g->view, &g->pen, NULL, &g->tally);
    }
    gt_layer_paint_free(g->ctx, paint);
    cairo_surface_flush(g->surface);
    return st;
}

static unsigned at(const ground *g, int x, int y)
{
    picture p = {g->surface, SIDE, SIDE};
    return picture_at(&p, x, SIDE - 1 - y); /* y as on the map: upwards */
}

/* Share of the frame that is not paper, by the red layer's darkness. */
static double covered(const ground *g)
{
    double sum = 0;
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            sum += 1 - (at(g, x, y) & 0xFFU) / 255.0;
        }
    }
    return sum / (SIDE * SIDE);
}

static gt_map_style *style_of(ground *g)
{
    return &g->scene.layers[0].style;
}

/* Polygon of several rings, each closed here; parts[i] rings in part i. */
static void add_rings(ground *g, const double *xy, const uint32_t *n, uint32_t rings,
                      const uint32_t *parts, uint32_t n_parts)
{
    scene_feature *f = scene_add(&g->scene, GT_MULTIPOLYGON, NULL, NULL);
    uint32_t total = 0;
    for (uint32_t r = 0; r < rings; r++) {
        total += n[r] + 1;
    }
    f->geom.xy = malloc((size_t)total * 2 * sizeof(double));
    f->geom.ring_end = malloc(rings * sizeof(uint32_t));
    f->geom.part_end = malloc(n_parts * sizeof(uint32_t));
    uint32_t to = 0;
    for (uint32_t r = 0; r < rings; r++) {
        memcpy(f->geom.xy + 2 * (size_t)to, xy, (size_t)n[r] * 2 * sizeof(double));
        memcpy(f->geom.xy + 2 * (size_t)(to + n[r]), xy, 2 * sizeof(double));
        to += n[r] + 1;
        xy += 2 * (size_t)n[r];
        f->geom.ring_end[r] = to;
    }
    uint32_t end = 0;
    for (uint32_t p = 0; p < n_parts; p++) {
        end += parts[p];
        f->geom.part_end[p] = end;
    }
    f->geom.n_points = to;
    f->geom.n_rings = rings;
    f->geom.n_parts = n_parts;
}

/* ---- areas ---- */

static void holes_stay_open_whatever_the_direction(void **state)
{
    ground *g = *state;
    for (int turn = 0; turn < 4; turn++) { /* shell and hole each in both directions */
        double xy[] = {20, 20, 180, 20, 180, 180, 20, 180, /* shell */
                       60, 60, 140, 60, 140, 140, 60, 140};
        const uint32_t n[] = {4, 4};
        const uint32_t parts[] = {2};
        for (int ring = 0; ring < 2; ring++) {
            if ((turn >> ring & 1) != 0) {
                double *p = xy + 8 * (size_t)ring;
                double x = p[2];
                double y = p[3];
                p[2] = p[6];
                p[3] = p[7];
                p[6] = x;
                p[7] = y;
            }
        }
        g->scene.n = 0;
        g->scene.end[0] = 0;
        add_rings(g, xy, n, 2, parts, 1);
        assert_ok(g->ctx, draw(g));
        assert_int_equal(at(g, 40, 100), 0xFF0000);
        assert_int_equal(at(g, 100, 100), PAPER);
        assert_int_equal(at(g, 10, 100), PAPER);
        assert_near(g->tally.m2[1], 160 * 160 - 80 * 80, 1e-6);
        assert_near(covered(g), (160 * 160 - 80 * 80) / (double)(SIDE * SIDE), 1e-9);
        free(g->scene.features[0].geom.xy);
        free(g->scene.features[0].geom.ring_end);
        free(g->scene.features[0].geom.part_end);
        g->scene.n = 0;
    }
}

static void an_island_in_a_hole_is_land(void **state)
{
    ground *g = *state;
    const double xy[] = {10, 10, 190, 10, 190, 190, 10, 190,  /* lake shore */
                         50, 50, 150, 50, 150, 150, 50, 150,  /* hole */
                         80, 80, 120, 80, 120, 120, 80, 120}; /* island, a part of its own */
    const uint32_t n[] = {4, 4, 4};
    const uint32_t parts[] = {2, 1};
    add_rings(g, xy, n, 3, parts, 2);
    assert_ok(g->ctx, draw(g));
    assert_int_equal(at(g, 20, 20), 0xFF0000);
    assert_int_equal(at(g, 60, 60), PAPER);
    assert_int_equal(at(g, 100, 100), 0xFF0000);
    assert_near(g->tally.m2[1], 180 * 180 - 100 * 100 + 40 * 40, 1e-6);
    assert_int_equal(g->tally.n_features, 1);
}

static void overlapping_features_are_not_darker(void **state)
{
    ground *g = *state;
    style_of(g)->fill_opacity = 0.5;
    scene_rect(&g->scene, 20, 20, 100, 100, NULL, NULL);
    scene_rect(&g->scene, 60, 60, 100, 100, NULL, NULL);
    assert_ok(g->ctx, draw(g));
    assert_int_equal(at(g, 40, 40), at(g, 100, 100));
    assert_int_equal(at(g, 40, 40), at(g, 140, 140));
    assert_true(color_distance(at(g, 40, 40), 0xFF8080) <= 1);
}

static void later_features_win_between_classes(void **state)
{
    ground *g = *state;
    gt_map_layer *l = &g->scene.layers[0];
    l->classes = scene_classes;
    l->n_classes = 4;
    /* more points than wait in a bucket, so that the first is painted before the last comes */
    scene_rect(&g->scene, 0, 0, 200, 200, "01", NULL);
    for (int i = 0; i < 3000; i++) {
        scene_rect(&g->scene, 10 + i % 50, 10, 1, 1, "03", NULL);
    }
    scene_rect(&g->scene, 100, 100, 50, 50, "11", NULL);
    assert_ok(g->ctx, draw(g));
    assert_true(color_distance(at(g, 5, 5), 0xF4E8A8) <= 1);
    assert_true(color_distance(at(g, 125, 125), 0xA9CBE0) <= 1);
    assert_int_equal(g->tally.features[2], 3000);
}

static void the_frame_cuts_exactly(void **state)
{
    ground *g = *state;
    const double star[] = {100, -5000, 5000, 100, 100, 5000, -5000, 100};
    scene_shape(&g->scene, GT_POLYGON, star, 4, NULL, NULL);
    assert_ok(g->ctx, draw(g));
    assert_near(covered(g), 1, 1e-9);
    assert_near(g->tally.m2[1], SIDE * SIDE, 1e-6);
    g->view.box = (gt_box){100, 100, 100 + SIDE, 100 + SIDE};
    assert_ok(g->ctx, draw(g));
    assert_near(g->tally.m2[1], SIDE * SIDE, 1e-6);
}

static void far_coordinates_do_no_harm(void **state)
{
    ground *g = *state;
    const double wide[] = {-1e15, -1e15, 1e15, -1e15, 1e15, 1e15, -1e15, 1e15};
    scene_shape(&g->scene, GT_POLYGON, wide, 4, NULL, NULL);
    const double away[] = {1e12, 1e12, 1e12 + 5, 1e12, 1e12 + 5, 1e12 + 5};
    scene_shape(&g->scene, GT_POLYGON, away, 3, NULL, NULL);
    const double line[] = {-1e15, 100, 1e15, 100.5};
    scene_shape(&g->scene, GT_LINESTRING, line, 2, NULL, NULL);
    const double point[] = {1e300, -1e300};
    scene_shape(&g->scene, GT_POINT, point, 1, NULL, NULL);
    assert_ok(g->ctx, draw(g));
    assert_near(covered(g), 1, 0.01);
    assert_int_equal(g->tally.n_features, 2); /* the others do not meet the frame */
}

static void slivers_leave_a_mark(void **state)
{
    ground *g = *state;
    for (int i = 0; i < 100; i++) { /* smaller than a sub-pixel each */
        scene_rect(&g->scene, 100.5 + 0.001 * i, 100.5, 0.01, 0.01, NULL, NULL);
    }
    assert_ok(g->ctx, draw(g));
    assert_int_not_equal(at(g, 100, 100), PAPER);
    assert_near(covered(g) * SIDE * SIDE, 1.0 / 16, 1e-3); /* one sub-pixel of sixteen */
    assert_near(g->tally.m2[1], 100 * 1e-4, 1e-9);
}

static void degenerate_rings_are_harmless(void **state)
{
    ground *g = *state;
    const double dot[] = {50, 50, 50, 50, 50, 50};
    scene_shape(&g->scene, GT_POLYGON, dot, 3, NULL, NULL);
    const double flat[] = {10, 10, 90, 10, 50, 10};
    scene_shape(&g->scene, GT_POLYGON, flat, 3, NULL, NULL);
    const double two[] = {10, 20, 90, 20};
    scene_shape(&g->scene, GT_POLYGON, two, 2, NULL, NULL);
    const double bow[] = {100, 100, 140, 140, 140, 100, 100, 140}; /* crosses itself */
    scene_shape(&g->scene, GT_POLYGON, bow, 4, NULL, NULL);
    assert_ok(g->ctx, draw(g));
    assert_int_equal(g->tally.n_features, 4);
    assert_true(covered(g) < 0.05);
}

static void a_million_vertices_are_one_feature(void **state)
{
    ground *g = *state;
    const uint32_t n = 1000000;
    double *xy = malloc((size_t)n * 2 * sizeof(double));
    for (uint32_t i = 0; i < n; i++) { /* a circle with a fine ripple */
        double a = 6.283185307179586 * i / n;
        double r = 80 + 0.01 * (i % 2);
        xy[2 * (size_t)i] = 100 + r * cos(a);
        xy[2 * (size_t)i + 1] = 100 + r * sin(a);
    }
    scene_shape(&g->scene, GT_POLYGON, xy, n, NULL, NULL);
    free(xy);
    assert_ok(g->ctx, draw(g));
    assert_near(g->tally.m2[1], 3.14159265 * 80 * 80, 3);
    assert_near(covered(g) * SIDE * SIDE, 3.14159265 * 80 * 80, 10);
}

/* ---- properties of coverages ---- */

enum { CELLS = 12 };

/* A jittered net of quadrilaterals that covers [10, 190] x [10, 190]; classes at random. */
static void add_net(ground *g, uint64_t seed, const double shift[2], bool backwards)
{
    static const char *const codes[] = {"01", "03", "07", "11"};
    double node[CELLS + 1][CELLS + 1][2];
    test_rng rng;
    test_rng_seed(&rng, seed);
    double step = 180.0 / CELLS;
    for (int i = 0; i <= CELLS; i++) {
        for (int j = 0; j <= CELLS; j++) {
            bool inner_x = i > 0 && i < CELLS;
            bool inner_y = j > 0 && j < CELLS;
            double dx = (test_rng_real(&rng) - 0.5) * 0.8 * step;
            double dy = (test_rng_real(&rng) - 0.5) * 0.8 * step;
            node[i][j][0] = 10 + i * step + (inner_x ? dx : 0) + shift[0];
            node[i][j][1] = 10 + j * step + (inner_y ? dy : 0) + shift[1];
        }
    }
    for (int i = 0; i < CELLS; i++) {
        for (int j = 0; j < CELLS; j++) {
            const double *c[4] = {node[i][j], node[i + 1][j], node[i + 1][j + 1], node[i][j + 1]};
            double xy[8];
            for (int k = 0; k < 4; k++) {
                int from = backwards ? 3 - k : k;
                xy[2 * k] = c[from][0];
                xy[2 * k + 1] = c[from][1];
            }
            scene_shape(&g->scene, GT_POLYGON, xy, 4, codes[test_rng_next(&rng) % 4], NULL);
        }
    }
}

static void use_classes(ground *g)
{
    g->scene.layers[0].classes = scene_classes;
    g->scene.layers[0].n_classes = 4;
}

static void forget(ground *g)
{
    for (size_t i = 0; i < g->scene.n; i++) {
        free(g->scene.features[i].geom.xy);
        free(g->scene.features[i].geom.ring_end);
        free(g->scene.features[i].geom.part_end);
    }
    g->scene.n = 0;
    g->scene.end[0] = 0;
}

static void coverages_have_no_gaps(void **state)
{
    ground *g = *state;
    use_classes(g);
    for (uint64_t seed = 1; seed <= 30; seed++) {
        const double none[2] = {0, 0};
        add_net(g, seed, none, false);
        assert_ok(g->ctx, draw(g));
        for (int y = 12; y < 188; y++) {
            for (int x = 12; x < 188; x++) {
                unsigned c =
                    at(g, x, y); /* paper would lift every channel above the lightest class */
                assert_true((c & 0xFFU) <= 0xE1 && (c >> 16) <= 0xF5 && (c >> 8 & 0xFFU) <= 0xE9);
            }
        }
        forget(g);
    }
}

static void areas_sum_to_the_whole(void **state)
{
    ground *g = *state;
    use_classes(g);
    for (uint64_t seed = 1; seed <= 30; seed++) {
        const double shift[2] = {7.3 * (double)(seed % 5) - 15, 3.1 * (double)(seed % 7) - 9};
        add_net(g, seed, shift, false);
        assert_ok(g->ctx, draw(g));
        double sum = 0;
        uint64_t n = 0;
        for (size_t k = 1; k <= 5; k++) {
            sum += g->tally.m2[k];
            n += g->tally.features[k];
        }
        double w = fmin(190 + shift[0], SIDE) - fmax(10 + shift[0], 0);
        double h = fmin(190 + shift[1], SIDE) - fmax(10 + shift[1], 0);
        assert_near(sum, w * h, 1e-6); /* clipped at the frame, and still whole */
        assert_int_equal(n, g->tally.n_features);
        forget(g);
    }
}

static char *pixels_of(const ground *g)
{
    size_t size = (size_t)SIDE * (size_t)cairo_image_surface_get_stride(g->surface);
    char *copy = malloc(size);
    memcpy(copy, cairo_image_surface_get_data(g->surface), size);
    return copy;
}

static bool same_pixels(const ground *g, const char *copy)
{
    size_t size = (size_t)SIDE * (size_t)cairo_image_surface_get_stride(g->surface);
    return memcmp(copy, cairo_image_surface_get_data(g->surface), size) == 0;
}

static void direction_of_rings_does_not_matter(void **state)
{
    ground *g = *state;
    use_classes(g);
    const double none[2] = {0, 0};
    add_net(g, 77, none, false);
    assert_ok(g->ctx, draw(g));
    char *first = pixels_of(g);
    forget(g);
    add_net(g, 77, none, true);
    assert_ok(g->ctx, draw(g));
    assert_true(same_pixels(g, first));
    free(first);
}

static void order_of_a_coverage_does_not_matter(void **state)
{
    ground *g = *state;
    use_classes(g);
    const double none[2] = {0, 0};
    add_net(g, 99, none, false);
    assert_ok(g->ctx, draw(g));
    char *first = pixels_of(g);
    for (size_t i = 0, j = g->scene.n - 1; i < j; i++, j--) {
        scene_feature f = g->scene.features[i];
        g->scene.features[i] = g->scene.features[j];
        g->scene.features[j] = f;
    }
    assert_ok(g->ctx, draw(g));
    assert_true(same_pixels(g, first));
    free(first);
}

static void whole_pixel_shifts_move_the_picture(void **state)
{
    ground *g = *state;
    use_classes(g);
    const double none[2] = {0, 0};
    add_net(g, 5, none, false);
    assert_ok(g->ctx, draw(g));
    unsigned before[SIDE];
    for (int x = 0; x < SIDE; x++) {
        before[x] = at(g, x, 100);
    }
    g->view.box = (gt_box){32, 0, 32 + SIDE, SIDE};
    assert_ok(g->ctx, draw(g));
    for (int x = 0; x + 32 < SIDE; x++) {
        assert_int_equal(at(g, x, 100), before[x + 32]);
    }
}

static void ink_agrees_with_plane_areas(void **state)
{
    ground *g = *state;
    test_rng rng;
    test_rng_seed(&rng, 3);
    for (int round = 0; round < 40; round++) {
        double xy[64];
        int n = 5 + (int)(test_rng_next(&rng) % 27);
        for (int i = 0; i < n; i++) {
            double r = 20 + 70 * test_rng_real(&rng);
            double a = 6.283185307179586 * i / n;
            xy[2 * (size_t)i] = 100 + r * cos(a);
            xy[2 * (size_t)i + 1] = 100 + r * sin(a);
        }
        scene_shape(&g->scene, GT_POLYGON, xy, (uint32_t)n, NULL, NULL);
        assert_ok(g->ctx, draw(g));
        double seen = covered(g) * SIDE * SIDE;
        assert_near(seen, g->tally.m2[1], 0.01 * g->tally.m2[1] + 5);
        assert_near(g->tally.m2[1], gt_geom_plane_area(&g->scene.features[0].geom), 1e-6);
        forget(g);
    }
}

/* ---- outlines, hatches, fading ---- */

static void each_feature_has_its_outline(void **state)
{
    ground *g = *state;
    gt_map_style *s = style_of(g);
    s->stroke = "#0000ff";
    s->stroke_width = 2;
    s->each = true;
    scene_rect(&g->scene, 20, 20, 80, 160, NULL, NULL);
    scene_rect(&g->scene, 100, 20, 80, 160, NULL, NULL);
    scene_rect(&g->scene, 195, 195, 2, 2, NULL, NULL); /* too small for a line of its own */
    assert_ok(g->ctx, draw(g));
    assert_int_equal(at(g, 100, 100), 0x0000FF); /* the shared border too */
    assert_int_equal(at(g, 20, 100), 0x0000FF);
    assert_int_equal(at(g, 60, 100), 0xFF0000);
    assert_int_equal(at(g, 196, 196), 0xFF0000);
    s->each = false;
    assert_ok(g->ctx, draw(g));
    assert_int_equal(at(g, 100, 100), 0xFF0000); /* the union has none there */
    assert_true(color_distance(at(g, 20, 100), 0x0000FF) < 90);
}

static void ribbons_lie_inside(void **state)
{
    ground *g = *state;
    gt_map_style *s = style_of(g);
    s->fill_opacity = 0;
    s->stroke = "#000000";
    s->stroke_width = 1;
    s->band = "#00ff00";
    s->band_width = 8;
    s->band_opacity = 1;
    scene_rect(&g->scene, 50, 50, 100, 100, NULL, NULL);
    assert_ok(g->ctx, draw(g));
    assert_int_equal(at(g, 55, 100), 0x00FF00);
    assert_int_equal(at(g, 45, 100), PAPER);
    assert_int_equal(at(g, 70, 100), PAPER);
    assert_int_equal(at(g, 100, 145), 0x00FF00);
}

static void the_ground_of_a_verdict_is_pale(void **state)
{
    ground *g = *state;
    scene_rect(&g->scene, 0, 0, 200, 200, NULL, NULL);
    g->pen.fade = 0.5;
    assert_ok(g->ctx, draw(g));
    assert_true(color_distance(at(g, 100, 100), 0xFF8080) <= 1);
}

static void a_small_budget_gives_coarser_ink(void **state)
{
    ground *g = *state;
    const double slope[] = {0, 0, 200, 0, 200, 100.3};
    scene_shape(&g->scene, GT_POLYGON, slope, 3, NULL, NULL);
    static const size_t budgets[] = {0, 400000, 250000, 1};
    for (size_t i = 0; i < 4; i++) {
        g->pen.budget = budgets[i];
        assert_ok(g->ctx, draw(g));
        assert_near(covered(g) * SIDE * SIDE, 100 * 100.3, 40);
        assert_near(g->tally.m2[1], 100 * 100.3, 1e-6); /* figures do not depend on it */
    }
}

/* ---- lines and points ---- */

static void lines_are_stroked_with_ribbons(void **state)
{
    ground *g = *state;
    gt_map_style *s = style_of(g);
    s->stroke = "#0000ff";
    s->stroke_width = 2;
    s->band = "#00ff00";
    s->band_width = 8;
    s->band_opacity = 1;
    const double level[] = {-50, 100, 250, 100};
    scene_shape(&g->scene, GT_LINESTRING, level, 2, NULL, NULL);
    assert_ok(g->ctx, draw(g));
    for (int x = 0; x < SIDE; x += 7) {
        assert_int_equal(at(g, x, 100), 0x0000FF);
        assert_int_equal(at(g, x, 102), 0x00FF00);
        assert_int_equal(at(g, x, 108), PAPER);
    }
    assert_true(g->tally.lines && !g->tally.areas);
    assert_near(g->tally.m2[1], 0, 0);
}

static void lines_leave_and_enter_the_frame(void **state)
{
    ground *g = *state;
    style_of(g)->stroke = "#0000ff";
    style_of(g)->stroke_width = 3;
    /* in, out over the corner, far away, and in again */
    const double way[] = {50, 50, 50, 1e7, -1e7, 1e7, -1e7, 150, 150, 150};
    scene_shape(&g->scene, GT_LINESTRING, way, 5, NULL, NULL);
    assert_ok(g->ctx, draw(g));
    assert_int_equal(at(g, 50, 199), 0x0000FF);
    assert_int_equal(at(g, 0, 150), 0x0000FF);
    assert_int_equal(at(g, 150, 150), 0x0000FF);
    assert_int_equal(at(g, 100, 60), PAPER);
}

static void lines_take_class_colours(void **state)
{
    ground *g = *state;
    use_classes(g);
    style_of(g)->stroke = "#0000ff";
    style_of(g)->stroke_width = 4;
    for (int i = 0; i < 3; i++) {
        static const char *const codes[] = {"03", "11", "none"};
        const double level[] = {0, 50.0 * (i + 1), 200, 50.0 * (i + 1)};
        scene_shape(&g->scene, GT_LINESTRING, level, 2, codes[i], NULL);
    }
    assert_ok(g->ctx, draw(g));
    assert_true(color_distance(at(g, 100, 50), 0xA9C98F) <= 1);
    assert_true(color_distance(at(g, 100, 100), 0xA9CBE0) <= 1);
    assert_int_equal(at(g, 100, 150), 0x0000FF); /* an unlisted class: the style's own */
}

static void very_many_lines_are_painted_in_parts(void **state)
{
    ground *g = *state;
    style_of(g)->stroke = "#0000ff";
    style_of(g)->stroke_width = 1;
    for (int i = 0; i < 120; i++) { /* 120 x 3000 points: more than are kept */
        double xy[6000];
        for (int k = 0; k < 3000; k++) {
            xy[2 * k] = 200.0 * k / 2999;
            xy[2 * k + 1] = 10 + 1.5 * i + (k % 2);
        }
        scene_shape(&g->scene, GT_LINESTRING, xy, 3000, NULL, NULL);
    }
    size_t before = gt_ctx_memory_used(g->ctx);
    assert_ok(g->ctx, draw(g));
    assert_true(gt_ctx_memory_peak(g->ctx) - before < (size_t)16 << 20);
    assert_true(color_distance(at(g, 100, 100), 0x0000FF) < 120);
}

static void dashes_leave_gaps(void **state)
{
    ground *g = *state;
    style_of(g)->stroke = "#0000ff";
    style_of(g)->stroke_width = 2;
    style_of(g)->dash = 10;
    const double level[] = {0, 100, 200, 100};
    scene_shape(&g->scene, GT_LINESTRING, level, 2, NULL, NULL);
    assert_ok(g->ctx, draw(g));
    int blue = 0;
    for (int x = 0; x < SIDE; x++) {
        blue += at(g, x, 100) == 0x0000FF ? 1 : 0;
    }
    assert_in_range(blue, 100, 150); /* ten on, six off */
}

static void points_are_discs(void **state)
{
    ground *g = *state;
    style_of(g)->point_size = 20;
    const double xy[] = {100, 100, 20, 20, 199, 100};
    scene_feature *f = scene_shape(&g->scene, GT_MULTIPOINT, xy, 3, NULL, NULL);
    f->geom.n_points = 3;
    assert_ok(g->ctx, draw(g));
    assert_int_equal(at(g, 100, 100), 0xFF0000);
    assert_int_equal(at(g, 108, 100), 0xFF0000);
    assert_int_equal(at(g, 112, 100), PAPER);
    assert_int_equal(at(g, 195, 100), 0xFF0000); /* half beyond the frame */
    assert_true(g->tally.points);
    /* dodecagons of radius 10, 3 r^2 each; of the third all but 9 of 20 columns */
    double three = 300 + 300 + 170;
    assert_near(covered(g) * SIDE * SIDE, three, 20);
}

/* ---- trouble ---- */

static void sources_may_fail_at_any_feature(void **state)
{
    ground *g = *state;
    for (int i = 0; i < 20; i++) {
        scene_rect(&g->scene, 5.0 * i, 5.0 * i, 20, 20, NULL, NULL);
    }
    for (size_t n = 1; n <= 20; n++) {
        g->scene.fail_after = n;
        gt_status st = draw(g);
        assert_string_equal(gt_error_place(g->ctx)->layer, "layer");
        assert_fails(g->ctx, st, GT_E_ENV, "base.system");
    }
}

static void broken_numbers_name_the_feature(void **state)
{
    ground *g = *state;
    static const double broken[] = {NAN, INFINITY, -INFINITY};
    static const gt_geom_type types[] = {GT_POLYGON, GT_LINESTRING, GT_MULTIPOINT};
    for (size_t t = 0; t < 3; t++) {
        for (size_t b = 0; b < 3; b++) {
            const double xy[] = {10, 10, 50, broken[b], 50, 50};
            scene_shape(&g->scene, types[t], xy, 3, NULL, NULL);
            gt_status st = draw(g);
            assert_string_equal(gt_error_place(g->ctx)->feature, "f");
            assert_fails(g->ctx, st, GT_E_INPUT, "report.bad-coordinate");
            forget(g);
        }
    }
}

static void geometries_of_no_type_are_skipped(void **state)
{
    ground *g = *state;
    scene_feature *f = scene_rect(&g->scene, 10, 10, 50, 50, NULL, NULL);
    f->geom.type = GT_GEOM_NONE;
    scene_add(&g->scene, GT_POLYGON, NULL, NULL); /* empty */
    assert_ok(g->ctx, draw(g));
    assert_int_equal(g->tally.n_features, 0);
    assert_near(covered(g), 0, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(holes_stay_open_whatever_the_direction),
        CASE(an_island_in_a_hole_is_land),
        CASE(overlapping_features_are_not_darker),
        CASE(later_features_win_between_classes),
        CASE(the_frame_cuts_exactly),
        CASE(far_coordinates_do_no_harm),
        CASE(slivers_leave_a_mark),
        CASE(degenerate_rings_are_harmless),
        CASE(a_million_vertices_are_one_feature),
        CASE(coverages_have_no_gaps),
        CASE(areas_sum_to_the_whole),
        CASE(direction_of_rings_does_not_matter),
        CASE(order_of_a_coverage_does_not_matter),
        CASE(whole_pixel_shifts_move_the_picture),
        CASE(ink_agrees_with_plane_areas),
        CASE(each_feature_has_its_outline),
        CASE(ribbons_lie_inside),
        CASE(the_ground_of_a_verdict_is_pale),
        CASE(a_small_budget_gives_coarser_ink),
        CASE(lines_are_stroked_with_ribbons),
        CASE(lines_leave_and_enter_the_frame),
        CASE(lines_take_class_colours),
        CASE(very_many_lines_are_painted_in_parts),
        CASE(dashes_leave_gaps),
        CASE(points_are_discs),
        CASE(sources_may_fail_at_any_feature),
        CASE(broken_numbers_name_the_feature),
        CASE(geometries_of_no_type_are_skipped),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.gather", tests, NULL, NULL);
}
