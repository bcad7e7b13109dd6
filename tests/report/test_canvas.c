/* Files and frames: kinds, limits, half files, the ground image of vector pages, budgets. */
#include <cairo-pdf.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/canvas.h"
#include "report/lsan.h"
#include "report/scene.h"
#include "report/stage.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return 0;
}

static size_t files_in(const char *dir)
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    size_t n = 0;
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        n += e->d_name[0] != '.' ? 1U : 0U;
    }
    (void)closedir(d);
    return n;
}

static void kinds_follow_the_ending(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *path;
        gt_canvas_kind kind;
    } good[] = {{"a.png", GT_CANVAS_PNG},       {"A.PNG", GT_CANVAS_PNG},
                {"x/y.z/a.pdf", GT_CANVAS_PDF}, {"地图.svg", GT_CANVAS_SVG},
                {".png", GT_CANVAS_PNG},        {"a.svg.png", GT_CANVAS_PNG}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        gt_canvas_kind kind = GT_CANVAS_SVG;
        assert_ok(f->ctx, gt_canvas_kind_of(f->ctx, good[i].path, &kind));
        assert_int_equal(kind, good[i].kind);
    }
    static const char *const bad[] = {"", "png", "a.", "a.jpg", "a.png/b", "a.png ", "x.pdf/"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gt_canvas_kind kind = GT_CANVAS_PNG;
        gt_status st = gt_canvas_kind_of(f->ctx, bad[i], &kind);
        assert_string_equal(gt_error_place(f->ctx)->file, bad[i]);
        assert_fails(f->ctx, st, GT_E_USAGE, "report.extension");
    }
}

static void sizes_are_checked(void **state)
{
    fixture *f = *state;
    assert_ok(f->ctx, gt_canvas_check_size(f->ctx, 200, 200, 36));
    assert_ok(f->ctx, gt_canvas_check_size(f->ctx, 20000, 20000, 1200));
    assert_fails(f->ctx, gt_canvas_check_size(f->ctx, 199, 200, 96), GT_E_USAGE, "report.bad-size");
    assert_fails(f->ctx, gt_canvas_check_size(f->ctx, 200, INT32_MIN, 96), GT_E_USAGE,
                 "report.bad-size");
    assert_fails(f->ctx, gt_canvas_check_size(f->ctx, 20001, 200, 96), GT_E_LIMIT,
                 "report.too-many-pixels");
    assert_fails(f->ctx, gt_canvas_check_size(f->ctx, 500, 500, NAN), GT_E_USAGE,
                 "report.bad-size");
}

static void nothing_is_seen_before_the_end(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"a.png", "a.pdf", "a.svg"};
    for (size_t i = 0; i < 3; i++) {
        gt_canvas *canvas = NULL;
        const char *path = test_path(f->dir, names[i]);
        assert_ok(f->ctx, gt_canvas_open(f->ctx, path, 300, 200, 72, &canvas));
        assert_true(access(path, F_OK) != 0);
        cairo_rectangle(gt_canvas_cr(canvas), 10, 10, 50, 50);
        cairo_fill(gt_canvas_cr(canvas));
        assert_ok(f->ctx, gt_canvas_finish(f->ctx, canvas));
        assert_true(access(path, F_OK) == 0);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_true(st.st_size > 100);
        assert_int_equal(files_in(f->dir), i + 1);
    }
}

static void aborting_leaves_nothing(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"a.png", "a.pdf", "a.svg"};
    for (size_t i = 0; i < 3; i++) {
        gt_canvas *canvas = NULL;
        assert_ok(f->ctx,
                  gt_canvas_open(f->ctx, test_path(f->dir, names[i]), 300, 200, 72, &canvas));
        cairo_paint(gt_canvas_cr(canvas));
        gt_canvas_abort(f->ctx, canvas);
        assert_int_equal(files_in(f->dir), 0);
    }
    gt_canvas_abort(f->ctx, NULL);
}

static void a_drawing_error_is_told(void **state)
{
    fixture *f = *state;
    gt_canvas *canvas = NULL;
    assert_ok(f->ctx, gt_canvas_open(f->ctx, test_path(f->dir, "a.png"), 300, 200, 72, &canvas));
    cairo_restore(gt_canvas_cr(canvas)); /* nothing was saved: the handle is broken from here on */
    assert_fails(f->ctx, gt_canvas_finish(f->ctx, canvas), GT_E_INTERNAL, "report.drawing");
    assert_int_equal(files_in(f->dir), 0);
    assert_fails(f->ctx, gt_cairo_check(f->ctx, CAIRO_STATUS_NO_MEMORY), GT_E_MEMORY,
                 "report.drawing");
    assert_ok(f->ctx, gt_cairo_check(f->ctx, CAIRO_STATUS_SUCCESS));
}

static void folders_without_permission_are_named(void **state)
{
    fixture *f = *state;
    if (geteuid() == 0) {
        test_skip("root may write everywhere");
    }
    assert_int_equal(chmod(f->dir, 0500), 0);
    gt_canvas *canvas = NULL;
    assert_fails(f->ctx, gt_canvas_open(f->ctx, test_path(f->dir, "a.png"), 300, 200, 72, &canvas),
                 GT_E_ENV, "base.system");
    assert_int_equal(chmod(f->dir, 0700), 0);
}

static void very_long_paths_are_refused(void **state)
{
    fixture *f = *state;
    char name[600];
    memset(name, 'n', sizeof name);
    memcpy(name + sizeof name - 5, ".png", 5);
    gt_canvas *canvas = NULL;
    assert_fails(f->ctx, gt_canvas_open(f->ctx, test_path(f->dir, name), 300, 200, 72, &canvas),
                 GT_E_ENV, "base.system");
}

static void the_picture_is_pixel_for_pixel(void **state)
{
    fixture *f = *state;
    gt_canvas *canvas = NULL;
    const char *path = test_path(f->dir, "a.png");
    assert_ok(f->ctx, gt_canvas_open(f->ctx, path, 300, 200, 144, &canvas));
    assert_near(gt_canvas_px(canvas), 2, 0);
    cairo_t *cr = gt_canvas_cr(canvas);
    cairo_set_source_rgb(cr, 1, 0, 0);
    cairo_rectangle(cr, 10, 20, 30, 40); /* points: two pixels each */
    cairo_fill(cr);
    assert_ok(f->ctx, gt_canvas_finish(f->ctx, canvas));
    picture p = picture_read(path);
    assert_int_equal(p.w, 300);
    assert_int_equal(p.h, 200);
    assert_int_equal(picture_at(&p, 20, 40), 0xFF0000);
    assert_int_equal(picture_at(&p, 79, 119), 0xFF0000);
    assert_int_equal(picture_at(&p, 19, 40), 0xFFFFFF);
    assert_int_equal(picture_at(&p, 80, 119), 0xFFFFFF);
    picture_free(&p);
}

/* ---- stages ---- */

static gt_window a_view(void)
{
    return (gt_window){
        .box = {0, 0, 100, 100}, .frame = {50, 50, 100, 100}, .kx = 1, .ky = 1, .per_metre = 1};
}

static void the_ground_of_a_png_is_the_page(void **state)
{
    fixture *f = *state;
    gt_canvas *canvas = NULL;
    const char *path = test_path(f->dir, "a.png");
    assert_ok(f->ctx, gt_canvas_open(f->ctx, path, 200, 200, 72, &canvas));
    gt_window view = a_view();
    gt_stage stage;
    assert_ok(f->ctx, gt_stage_begin(f->ctx, canvas, &view, 1, 0, 0, gt_rgb_of(0x00FF00), &stage));
    assert_null(stage.image);
    assert_near(stage.pen.ground_x, 50, 0);
    assert_ok(f->ctx, gt_stage_end(&stage));
    assert_ok(f->ctx, gt_canvas_finish(f->ctx, canvas));
    picture p = picture_read(path);
    assert_int_equal(picture_at(&p, 50, 50), 0x00FF00);
    assert_int_equal(picture_at(&p, 149, 149), 0x00FF00);
    assert_int_equal(picture_at(&p, 49, 50), 0xFFFFFF);
    assert_int_equal(picture_at(&p, 150, 149), 0xFFFFFF);
    picture_free(&p);
}

/* Draws areas, a line, areas again with an SVG canvas and returns the text. */
static char *staged_svg(fixture *f, size_t n_areas, bool lines)
{
    gt_canvas *canvas = NULL;
    const char *path = test_path(f->dir, "a.svg");
    assert_ok(f->ctx, gt_canvas_open(f->ctx, path, 200, 200, 72, &canvas));
    gt_window view = a_view();
    gt_stage stage;
    assert_ok(f->ctx, gt_stage_begin(f->ctx, canvas, &view, 1, 0, 0, gt_rgb_of(0xFFFFFF), &stage));
    scene s;
    scene_init(&s);
    gt_map_layer *l = scene_layer(&s, "x", (gt_title){"x", "x"});
    l->style.stroke_width = 2;
    scene_rect(&s, 10, 10, 50, 50, NULL, NULL);
    if (lines) {
        const double way[] = {0, 0, 100, 100};
        scene_shape(&s, GT_LINESTRING, way, 2, NULL, NULL);
    }
    gt_map_source source = scene_source(&s);
    gt_layer_paint *paint = NULL;
    gt_tally *tally = calloc(1, sizeof *tally);
    assert_ok(f->ctx, gt_layer_paint_new(f->ctx, l, 0, &paint));
    for (size_t i = 0; i < n_areas; i++) {
        assert_ok(f->ctx,
                  gt_gather_layer(f->ctx, &source, 0, paint, &view, &stage.pen, NULL, tally));
    }
    assert_ok(f->ctx, gt_stage_end(&stage));
    assert_ok(f->ctx, gt_canvas_finish(f->ctx, canvas));
    gt_layer_paint_free(f->ctx, paint);
    free(tally);
    scene_free(&s);
    char *text = test_read_file(path, NULL);
    assert_non_null(text);
    return text;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        n++;
    }
    return n;
}

static void areas_share_one_image_until_a_line_comes(void **state)
{
    fixture *f = *state;
    char *text = staged_svg(f, 3, false);
    assert_int_equal(count(text, "<image"), 1); /* three layers, one image */
    free(text);
    text =
        staged_svg(f, 3, true); /* lines between: what is under a line must be on the page first */
    assert_true(count(text, "<image") > 1);
    assert_true(count(text, "<path") >= 3);
    const char *image = strstr(text, "<use"); /* the ground is painted before the first line */
    const char *line = strstr(text, "stroke:rgb");
    assert_non_null(line);
    assert_true(image == NULL || image < line);
    free(text);
}

static void budgets_follow_the_ceiling(void **state)
{
    fixture *f = *state;
    size_t budget = 0;
    assert_ok(f->ctx, gt_stage_budget(f->ctx, SIZE_MAX / 4, &budget)); /* no ceiling, no limit */
    assert_int_equal(budget, (size_t)512 << 20);
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = (size_t)100 << 20;
    gt_ctx *ctx = gt_ctx_new(&o);
    assert_ok(ctx, gt_stage_budget(ctx, (size_t)40 << 20, &budget));
    assert_int_equal(budget, (size_t)30 << 20);
    void *held = gt_alloc(ctx, 50, 1 << 20);
    assert_ok(ctx, gt_stage_budget(ctx, (size_t)40 << 20, &budget));
    assert_true(budget <= (size_t)5 << 20);
    gt_status st = gt_stage_budget(ctx, (size_t)60 << 20, &budget);
    gt_text t;
    gt_text_init(&t, f->ctx, 0);
    gt_error_render(ctx, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "needs 60 MiB"));
    assert_non_null(strstr(gt_text_cstr(&t), "leaves 49 MiB"));
    assert_non_null(strstr(gt_text_cstr(&t), "--memory"));
    gt_text_clear(&t);
    gt_error_render(ctx, GT_LANG_ZH, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "绘图需要 60 MiB 内存"));
    gt_text_free(&t);
    assert_fails(ctx, st, GT_E_LIMIT, "report.memory");
    gt_free(ctx, held);
    gt_ctx_free(ctx);
}

static void needs_grow_with_the_picture(void **state)
{
    (void)state;
    size_t before = 0;
    for (int side = 200; side <= 20000; side *= 10) {
        size_t png = gt_stage_least(GT_CANVAS_PNG, side, side, side / 2.0, side / 2.0, 1);
        size_t pdf = gt_stage_least(GT_CANVAS_PDF, side, side, side / 2.0, side / 2.0, 1);
        assert_true(png > before && pdf > before);
        assert_true(png >= (size_t)side * (size_t)side * 4);
        before = png < pdf ? png : pdf;
    }
}

static void stages_may_be_dropped_anywhere(void **state)
{
    fixture *f = *state;
    gt_stage nothing = {0};
    gt_stage_drop(&nothing);
    gt_canvas *canvas = NULL;
    assert_ok(f->ctx, gt_canvas_open(f->ctx, test_path(f->dir, "a.pdf"), 200, 200, 72, &canvas));
    gt_window view = a_view();
    gt_stage stage;
    assert_ok(f->ctx, gt_stage_begin(f->ctx, canvas, &view, 1, 0, 0, gt_rgb_of(0), &stage));
    gt_stage_settle(&stage);
    gt_stage_settle(&stage); /* nothing new: nothing painted */
    gt_stage_drop(&stage);
    gt_canvas_abort(f->ctx, canvas);
    assert_int_equal(files_in(f->dir), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(kinds_follow_the_ending),         CASE(sizes_are_checked),
        CASE(nothing_is_seen_before_the_end),  CASE(aborting_leaves_nothing),
        CASE(a_drawing_error_is_told),         CASE(folders_without_permission_are_named),
        CASE(very_long_paths_are_refused),     CASE(the_picture_is_pixel_for_pixel),
        CASE(the_ground_of_a_png_is_the_page), CASE(areas_share_one_image_until_a_line_comes),
        CASE(budgets_follow_the_ceiling),      CASE(needs_grow_with_the_picture),
        CASE(stages_may_be_dropped_anywhere),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.canvas", tests, NULL, NULL);
}
