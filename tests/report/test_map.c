/* Maps: what is drawn where, layout, determinism, limits. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/lsan.h"
#include "report/scene.h"

typedef struct seen { /* copied from the probe */
    gt_page page;
    gt_window view;
    gt_rect labels[64];
    char names[64][32];
    size_t n_labels, n_placed;
    size_t n_rows, n_hidden;
    gt_legend_row rows[300];
    double legend_scale;
    bool legend_overflow;
    gt_scale_bar bar;
    gt_tally tallies[SCENE_LAYERS];
    size_t n_tallies;
    const gt_map_options *o;
} seen;

static void look(void *user, const gt_page *page, const gt_window *view, const gt_legend *legend,
                 const gt_labels *labels, const gt_tally *tallies, const gt_scale_bar *bar)
{
    seen *s = user;
    s->page = *page;
    s->view = *view;
    s->bar = *bar;
    s->n_labels = gt_labels_count(labels);
    for (size_t i = 0; i < s->n_labels && s->n_placed < 64; i++) {
        const gt_label *l = gt_labels_get(labels, i);
        if (l->placed) {
            s->labels[s->n_placed] = l->rect;
            (void)snprintf(s->names[s->n_placed++], 32, "%s", l->text);
        }
    }
    for (size_t i = 0; i < legend->n && i < 300; i++) {
        if (legend->rows[i].hidden) {
            s->n_hidden++;
        } else {
            s->rows[s->n_rows++] = legend->rows[i];
        }
    }
    s->legend_scale = legend->scale;
    s->legend_overflow = legend->overflow;
    s->n_tallies = s->o->n_layers;
    for (size_t i = 0; i < s->n_tallies && i < SCENE_LAYERS; i++) {
        s->tallies[i] = tallies[i];
    }
}

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
    scene town;
    gt_map_source source;
    gt_map_options o;
    seen *seen;
    gt_map_probe probe;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    scene_town(&f->town);
    f->source = scene_source(&f->town);
    gt_map_options_init(f->ctx, &f->o);
    f->o.width = 1200;
    f->o.height = 850;
    f->o.dpi = 100;
    f->o.lang = GT_LANG_ZH;
    f->o.title = (gt_title){"示例镇国土空间一张图", "One map of a sample town"};
    f->o.subtitle = (gt_title){"土地利用与控制线", "Land use and control lines"};
    f->o.note = (gt_title){"资料来源：测试数据", "Source: test data"};
    f->o.layers = f->town.layers;
    f->o.n_layers = f->town.n_layers;
    f->seen = calloc(1, sizeof *f->seen);
    f->probe = (gt_map_probe){f->seen, look};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    assert_int_equal(f->town.opened, f->town.closed);
    scene_free(&f->town);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f->seen);
    free(f);
    return 0;
}

static gt_status draw(fixture *f, const char *name)
{
    memset(f->seen, 0, sizeof *f->seen);
    f->seen->o = &f->o;
    return gt_map_draw_probed(f->ctx, &f->source, &f->o, test_path(f->dir, name), &f->probe);
}

/* Colour of the picture at a place of the map. */
static unsigned color_at(const fixture *f, const picture *p, double x, double y)
{
    double px = f->o.dpi / 72;
    return picture_at(p, (int)(gt_window_x(&f->seen->view, x) * px),
                      (int)(gt_window_y(&f->seen->view, y) * px));
}

#define assert_color(f, p, x, y, want)                                                             \
    do {                                                                                           \
        unsigned got_ = color_at((f), (p), (x), (y));                                              \
        if (color_distance(got_, (want)) > 2) {                                                    \
            print_error("at %g %g: #%06x, wanted #%06x\n", (double)(x), (double)(y), got_,         \
                        (unsigned)(want));                                                         \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

static void places_have_their_colours(void **state)
{
    fixture *f = *state;
    f->o.grid = GT_GRID_NONE;
    assert_ok(f->ctx, draw(f, "a.png"));
    picture p = picture_read(test_path(f->dir, "a.png"));
    assert_int_equal(p.w, 1200);
    assert_int_equal(p.h, 850);
    assert_color(f, &p, 250, 250, 0xF4E8A8);   /* cropland */
    assert_color(f, &p, 2500, 250, 0xA9C98F);  /* forest */
    assert_color(f, &p, 1500, 1700, 0xEFC58A); /* residential */
    assert_color(f, &p, 3500, 1500, 0xA9CBE0); /* water */
    assert_color(f, &p, 3700, 2200, 0xC9C4B8); /* unlisted code: other */
    assert_color(f, &p, 3500, 500, 0xA8434F);  /* a well */
    assert_color(f, &p, 500, 1000, 0xC0392B);  /* outline of the redline */
    assert_color(f, &p, -60, 1500, 0xF1F2EF);  /* beyond the town: paper of the frame */
    picture_free(&p);
}

static void neighbours_meet_without_a_seam(void **state)
{
    fixture *f = *state;
    f->o.grid = GT_GRID_NONE;
    f->o.n_layers = 1;
    f->o.no_north = true;
    f->o.no_scale_bar = true;
    assert_ok(f->ctx, draw(f, "a.png"));
    picture p = picture_read(test_path(f->dir, "a.png"));
    double px = f->o.dpi / 72;
    int y = (int)(gt_window_y(&f->seen->view, 400) * px);
    int x0 = (int)(gt_window_x(&f->seen->view, 20) * px);
    int x1 = (int)(gt_window_x(&f->seen->view, 3980) * px);
    for (int x = x0; x <= x1; x++) { /* cropland, then forest; at most a mixture of the two */
        unsigned c = picture_at(&p, x, y);
        unsigned r = c >> 16;
        assert_in_range(r, 0xA9 - 1, 0xF4 + 1);
        assert_in_range(c & 0xFFU, 0x8F - 1, 0xA8 + 1);
    }
    picture_free(&p);
}

static void control_lines_follow_the_union(void **state)
{
    fixture *f = *state;
    f->o.grid = GT_GRID_NONE;
    f->o.layers = f->town.layers + 1; /* without land use beneath */
    scene only = f->town;
    only.n_layers = 1;
    only.end[0] = f->town.end[1];
    gt_map_layer layer = f->town.layers[1];
    layer.style.hatch = GT_HATCH_NONE;
    layer.style.band = NULL;
    f->o.layers = &layer;
    f->o.n_layers = 1;
    f->o.has_box = true;
    f->o.box = (gt_box){0, 0, 4000, 3000};
    only.features += f->town.end[0];
    only.end[0] = f->town.end[1] - f->town.end[0];
    f->source.user = &only;
    assert_ok(f->ctx, draw(f, "a.png"));
    picture p = picture_read(test_path(f->dir, "a.png"));
    assert_color(f, &p, 1200, 1000, 0xF1F2EF); /* the border shared by its two pieces: no line */
    assert_color(f, &p, 1900, 1000, 0xC0392B);
    assert_color(f, &p, 500, 1000, 0xC0392B);
    picture_free(&p);
}

static bool on_page(const seen *s, gt_rect r)
{
    return gt_rect_holds((gt_rect){0, 0, s->page.w, s->page.h}, r);
}

/* Slots, labels, furniture and legend rows: on the page and clear of each other. */
static void check_layout(const seen *s)
{
    for (int i = 0; i < GT_SLOT_COUNT; i++) {
        if (!(s->page.slot[i].w > 0)) {
            continue;
        }
        assert_true(on_page(s, s->page.slot[i]));
        for (int j = 0; j < i; j++) {
            if (s->page.slot[j].w > 0 && gt_rect_meets(s->page.slot[i], s->page.slot[j])) {
                print_error("slots %d and %d overlap\n", i, j);
                fail();
            }
        }
    }
    for (size_t i = 0; i < s->n_placed; i++) {
        assert_true(gt_rect_holds(s->view.frame, s->labels[i]));
        assert_false(gt_rect_meets(s->labels[i], s->bar.rect));
        for (size_t j = 0; j < i; j++) {
            assert_false(gt_rect_meets(s->labels[i], s->labels[j]));
        }
    }
    for (size_t i = 0; i < s->n_rows; i++) {
        assert_true(gt_rect_holds(s->page.slot[GT_SLOT_LEGEND], s->rows[i].rect));
        gt_rect r = s->rows[i].rect;
        r.h -= 1e-6; /* rows touch */
        r.y += 5e-7;
        for (size_t j = 0; j < i; j++) {
            assert_false(gt_rect_meets(r, s->rows[j].rect));
        }
    }
    if (s->bar.rect.w > 0) {
        assert_true(gt_rect_holds(s->view.frame, s->bar.rect));
    }
}

static void layout_holds_at_many_sizes(void **state)
{
    fixture *f = *state;
    static const int sizes[][3] = {{1200, 850, 100}, {850, 1200, 100}, {2339, 1654, 200},
                                   {400, 300, 96},   {300, 700, 96},   {1600, 500, 96},
                                   {700, 700, 72},   {240, 240, 60}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        f->o.width = sizes[i][0];
        f->o.height = sizes[i][1];
        f->o.dpi = sizes[i][2];
        for (int variant = 0; variant < 4; variant++) {
            f->o.lang = variant % 2 == 0 ? GT_LANG_ZH : GT_LANG_EN;
            f->o.locator = variant < 2 ? -1 : 4;
            assert_ok(f->ctx, draw(f, "a.png"));
            check_layout(f->seen);
            assert_true(f->seen->page.slot[GT_SLOT_WARNING].w > 0);
            assert_true(f->seen->page.slot[GT_SLOT_FRAME].w > 0.4 * f->seen->page.w);
        }
    }
}

static const gt_legend_row *row_of(const seen *s, const char *title)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        if (strcmp(s->rows[i].title, title) == 0) {
            return &s->rows[i];
        }
    }
    return NULL;
}

static void legend_names_classes_with_shares(void **state)
{
    fixture *f = *state;
    assert_ok(f->ctx, draw(f, "a.png"));
    const seen *s = f->seen;
    assert_non_null(row_of(s, "土地利用"));
    assert_non_null(row_of(s, "生态保护红线（生成）"));
    assert_non_null(row_of(s, "道路"));
    assert_non_null(row_of(s, "水井"));
    const gt_legend_row *crop = row_of(s, "耕地");
    const gt_legend_row *other = row_of(s, "其他");
    assert_non_null(crop);
    assert_non_null(other);
    assert_near(crop->share, 4.0 / 12, 1e-9);
    assert_near(crop->m2, 4e6, 1);
    assert_near(other->share, 1.0 / 12, 1e-9);
    double sum = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        sum += s->rows[i].layer == 0 && isfinite(s->rows[i].share) ? s->rows[i].share : 0;
        assert_false(s->rows[i].cut);
    }
    assert_near(sum, 1, 1e-12);
    f->o.lang = GT_LANG_EN;
    assert_ok(f->ctx, draw(f, "a.png"));
    assert_non_null(row_of(s, "Redline (generated)"));
    assert_non_null(row_of(s, "Cropland"));
}

static void legend_counts_what_is_in_the_frame(void **state)
{
    fixture *f = *state;
    f->o.n_layers = 1;
    f->o.has_box = true;
    f->o.box =
        (gt_box){500, 100, 1500, 900}; /* half of two fields of cropland, no more than they */
    f->o.width = 600;
    f->o.height = 500;
    assert_ok(f->ctx, draw(f, "a.png"));
    gt_box b = f->seen->view.box;
    double want = 0;
    for (int i = 0; i < 2; i++) { /* cells (0,0) and (1,0) are cropland, (0,1) too */
        double x0 = fmax(b.xmin, i * 1000.0);
        double x1 = fmin(b.xmax, i * 1000.0 + 1000);
        want += fmax(x1 - x0, 0) * (fmin(b.ymax, 1000) - fmax(b.ymin, 0));
    }
    want += fmax(0, fmin(b.xmax, 1000) - fmax(b.xmin, 0)) * fmax(0, fmin(b.ymax, 2000) - 1000);
    assert_near(f->seen->tallies[0].m2[1], want, 1);
}

static void stated_areas_are_used(void **state)
{
    fixture *f = *state;
    f->o.n_layers = 1;
    for (size_t i = 0; i < f->town.end[0]; i++) {
        f->town.features[i].m2 = 1000400.25; /* as the survey says, not the plane */
    }
    assert_ok(f->ctx, draw(f, "a.png"));
    assert_near(f->seen->tallies[0].m2[1], 4 * 1000400.25, 1e-6);
}

static void labels_are_set(void **state)
{
    fixture *f = *state;
    assert_ok(f->ctx, draw(f, "a.png"));
    bool east = false;
    bool well = false;
    for (size_t i = 0; i < f->seen->n_placed; i++) {
        east = east || strcmp(f->seen->names[i], "东区") == 0;
        well = well || strcmp(f->seen->names[i], "一号井") == 0;
    }
    assert_true(east);
    assert_true(well);
}

static void crowded_labels_never_overlap(void **state)
{
    fixture *f = *state;
    gt_map_layer *l = scene_layer(&f->town, "crowd", (gt_title){"密", "Crowd"});
    l->style.label_size = 8;
    l->style.point_size = 2;
    test_rng rng;
    test_rng_seed(&rng, 5);
    for (int i = 0; i < 9000; i++) { /* more than are kept */
        const double at[] = {4000 * test_rng_real(&rng), 3000 * test_rng_real(&rng)};
        scene_shape(&f->town, GT_POINT, at, 1, NULL, i % 2 == 0 ? "村庄名称" : "Village name");
    }
    f->o.n_layers = f->town.n_layers;
    assert_ok(f->ctx, draw(f, "a.png"));
    assert_true(f->seen->n_labels <= GT_LABELS_MAX);
    assert_true(f->seen->n_placed > 20);
    check_layout(f->seen);
}

static void same_input_same_bytes(void **state)
{
    fixture *f = *state;
    static const char *const endings[] = {"png", "pdf"};
    for (int k = 0; k < 2; k++) {
        char name[3][16];
        char *data[3];
        size_t len[3];
        for (int i = 0; i < 3; i++) {
            (void)snprintf(name[i], 16, "%d.%s", i, endings[k]);
            gt_ctx *other = test_ctx_threads(1 + i);
            assert_ok(other, gt_map_draw(other, &f->source, &f->o, test_path(f->dir, name[i])));
            gt_ctx_free(other);
            data[i] = test_read_file(test_path(f->dir, name[i]), &len[i]);
            assert_non_null(data[i]);
            assert_true(len[i] > 1000);
        }
        for (int i = 1; i < 3; i++) {
            assert_int_equal(len[0], len[i]);
            assert_memory_equal(data[0], data[i], len[0]);
        }
        if (k == 1) {
            assert_null(memmem(data[0], len[0], "CreationDate", 12));
        }
        for (int i = 0; i < 3; i++) {
            free(data[i]);
        }
    }
}

static void every_kind_is_written_whole(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *name, *head;
        size_t n;
    } kinds[] = {{"a.png", "\x89PNG", 4}, {"a.PDF", "%PDF", 4}, {"a.svg", "<?xml", 5}};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(f->ctx, draw(f, kinds[i].name));
        size_t len = 0;
        char *data = test_read_file(test_path(f->dir, kinds[i].name), &len);
        assert_memory_equal(data, kinds[i].head, kinds[i].n);
        free(data);
        check_layout(f->seen);
    }
}

/* ---- bad input ---- */

static size_t files_in(const char *dir)
{
    char command[4200];
    (void)snprintf(command, sizeof command, "ls -A '%s' | wc -l", dir);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    size_t n = 0;
    assert_int_equal(fscanf(p, "%zu", &n), 1);
    (void)pclose(p);
    return n;
}

static void bad_boxes_are_refused(void **state)
{
    fixture *f = *state;
    static const gt_box bad[] = {{NAN, 0, 1, 1},       {0, 0, INFINITY, 1}, {10, 0, 10, 5},
                                 {10, 0, 5, 5},        {0, 5, 10, 5},       {0, 9, 10, 5},
                                 {0, 0, 0.001, 0.001}, {0, 0, 1e12, 1e12},  {0, -NAN, 5, 5}};
    f->o.has_box = true;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        f->o.box = bad[i];
        assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-box");
    }
    f->source.geographic = true;
    f->o.box = (gt_box){100, 80, 120, 95};
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-box");
    assert_int_equal(files_in(f->dir), 0);
}

static void tiny_and_huge_boxes_are_drawn(void **state)
{
    fixture *f = *state;
    static const gt_box boxes[] = {{999.9, 999.9, 1000.1, 1000.1}, /* a corner of four fields */
                                   {-4e8, -4e8, 4e8, 4e8},         /* the town less than a dot */
                                   {1e6, 1e6, 1.1e6, 1.1e6},       /* beside it */
                                   {0, 0, 1e7, 0.02}};             /* a thread */
    f->o.has_box = true;
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        f->o.box = boxes[i];
        assert_ok(f->ctx, draw(f, "a.png"));
        check_layout(f->seen);
    }
    f->o.box = boxes[0];
    f->o.n_layers = 1;
    f->o.grid = GT_GRID_NONE;
    assert_ok(f->ctx, draw(f, "a.png"));
    picture p = picture_read(test_path(f->dir, "a.png"));
    assert_color(f, &p, 999.96, 999.96, 0xF4E8A8);
    assert_color(f, &p, 1000.04, 1000.04, 0xEFC58A);
    picture_free(&p);
}

static void sizes_are_limited(void **state)
{
    fixture *f = *state;
    f->o.width = 20001;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_LIMIT, "report.too-many-pixels");
    f->o.width = 1200;
    f->o.height = INT32_MAX;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_LIMIT, "report.too-many-pixels");
    static const int bad[][2] = {{0, 500}, {500, -1}, {199, 500}};
    for (size_t i = 0; i < 3; i++) {
        f->o.width = bad[i][0];
        f->o.height = bad[i][1];
        assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-size");
    }
    f->o.width = f->o.height = 500;
    static const double dpis[] = {0, -1, NAN, INFINITY, 35, 1201};
    for (size_t i = 0; i < 6; i++) {
        f->o.dpi = dpis[i];
        assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-size");
    }
    assert_int_equal(files_in(f->dir), 0);
}

static void the_ceiling_is_kept(void **state)
{
    fixture *f = *state;
    gt_ctx_options co;
    gt_ctx_options_init(&co);
    co.memory_ceiling = (size_t)24 << 20;
    gt_ctx *small = gt_ctx_new(&co);
    f->o.width = f->o.height = 4000;
    const char *path = test_path(f->dir, "a.png");
    assert_fails(small, gt_map_draw(small, &f->source, &f->o, path), GT_E_LIMIT, "report.memory");
    f->o.width = f->o.height = 1000; /* fits, with coarser ink */
    assert_ok(small, gt_map_draw(small, &f->source, &f->o, path));
    assert_true(gt_ctx_memory_peak(small) <= co.memory_ceiling);
    assert_int_equal(gt_ctx_memory_used(small), 0);
    gt_ctx_free(small);
}

static void unwritable_paths_are_named(void **state)
{
    fixture *f = *state;
    assert_fails(f->ctx, draw(f, "none/a.png"), GT_E_ENV, "base.system");
    assert_fails(f->ctx, draw(f, "a.jpeg"), GT_E_USAGE, "report.extension");
    assert_fails(f->ctx, draw(f, "png"), GT_E_USAGE, "report.extension");
    assert_int_equal(mkdir(test_path(f->dir, "b.png"), 0700), 0);
    assert_fails(f->ctx, draw(f, "b.png"), GT_E_ENV, "base.system"); /* a folder is in the way */
    assert_int_equal(files_in(f->dir), 1);
}

static void a_failure_leaves_the_old_picture(void **state)
{
    fixture *f = *state;
    assert_ok(f->ctx, draw(f, "a.png"));
    size_t before = 0;
    char *old = test_read_file(test_path(f->dir, "a.png"), &before);
    for (size_t n = 1; n <= f->town.n; n++) {
        f->town.fail_after = n;
        assert_fails(f->ctx, draw(f, "a.png"), GT_E_ENV, "base.system");
    }
    size_t after = 0;
    char *now = test_read_file(test_path(f->dir, "a.png"), &after);
    assert_int_equal(before, after);
    assert_memory_equal(old, now, before);
    assert_int_equal(files_in(f->dir), 1);
    free(old);
    free(now);
}

static void a_full_disk_is_told(void **state)
{
    fixture *f = *state;
    if (access("/dev/full", W_OK) != 0) {
        test_skip("needs /dev/full");
    }
    /* the part file's name is known: a link in its place leads to the full device */
    char target[4200];
    (void)snprintf(target, sizeof target, "%s.%ld.part", test_path(f->dir, "a.png"),
                   (long)getpid());
    assert_int_equal(symlink("/dev/full", target), 0);
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_ENV, "base.system");
    (void)snprintf(target, sizeof target, "%s.%ld.part", test_path(f->dir, "a.pdf"),
                   (long)getpid());
    assert_int_equal(symlink("/dev/full", target), 0);
    assert_fails(f->ctx, draw(f, "a.pdf"), GT_E_ENV, "base.system");
    assert_int_equal(files_in(f->dir), 0);
}

static void broken_coordinates_are_located(void **state)
{
    fixture *f = *state;
    f->town.features[f->town.end[1] - 1].geom.xy[3] = NAN;
    gt_status st = draw(f, "a.png");
    assert_int_equal(st, GT_E_INPUT);
    assert_string_equal(gt_error_place(f->ctx)->layer, "ecological_redline");
    assert_fails(f->ctx, st, GT_E_INPUT, "report.bad-coordinate");
    f->o.has_box = true; /* no pass for the extent: found while drawing */
    f->o.box = (gt_box){0, 0, 4000, 3000};
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_INPUT, "report.bad-coordinate");
}

static void bad_styles_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const colors[] = {"red", "#12345", "#1234567", "#12345g", "", "123456#"};
    for (size_t i = 0; i < sizeof colors / sizeof colors[0]; i++) {
        f->town.layers[2].style.stroke = colors[i];
        assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-color");
    }
    f->town.layers[2].style.stroke = NULL;
    f->town.layers[0].n_classes = 201;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_LIMIT, "report.too-many-classes");
    f->town.layers[0].n_classes = 4;
    f->o.locator = 5;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-locator");
}

static void empty_layers_make_a_picture(void **state)
{
    fixture *f = *state;
    scene none;
    scene_init(&none);
    scene_layer(&none, "void", (gt_title){"空", "Void"});
    scene_add(&none, GT_POLYGON, NULL, NULL); /* a feature without points */
    f->source.user = &none;
    f->o.layers = none.layers;
    f->o.n_layers = 1;
    assert_ok(f->ctx, draw(f, "a.png"));
    check_layout(f->seen);
    assert_int_equal(f->seen->n_rows, 0);
    assert_int_equal(f->seen->tallies[0].n_features, 0);
    f->o.n_layers = 0;
    assert_ok(f->ctx, draw(f, "a.png"));
    scene_free(&none);
}

static void a_lone_point_has_ground_around_it(void **state)
{
    fixture *f = *state;
    scene one;
    scene_init(&one);
    scene_layer(&one, "one", (gt_title){"点", "Point"});
    const double at[] = {500000, 4400000};
    scene_shape(&one, GT_POINT, at, 1, NULL, NULL);
    f->source.user = &one;
    f->o.layers = one.layers;
    f->o.n_layers = 1;
    assert_ok(f->ctx, draw(f, "a.png"));
    gt_box b = f->seen->view.box;
    assert_true(b.xmin < 500000 && b.xmax > 500000 && b.xmax - b.xmin < 1000);
    scene_free(&one);
}

static void texts_of_any_kind_are_held(void **state)
{
    fixture *f = *state;
    char longest[3000];
    memset(longest, 'x', sizeof longest - 1);
    for (size_t i = 30; i < sizeof longest - 1; i += 31) {
        longest[i] = i % 2 == 0 ? ' ' : '\n';
    }
    longest[sizeof longest - 1] = '\0';
    const char *texts[] = {
        longest, "\xff\xfe broken \xc3", "<b>markup</b> & more", "\t\n\r",
        "国土空间规划国土空间规划国土空间规划国土空间规划国土空间规划国土空间规划国土空间规划"
        "国土空间规划国土空间规划国土空间规划国土空间规划国土空间规划国土空间规划国土空间规划"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        gt_title t = {texts[i], texts[i]};
        f->o.title = f->o.subtitle = f->o.note = t;
        f->town.layers[1].title = t;
        f->town.features[f->town.n - 1].label = texts[i];
        f->source.crs_name = texts[i];
        assert_ok(f->ctx, draw(f, "a.png"));
        check_layout(f->seen);
    }
}

static void nothing_grows_with_the_number_of_pictures(void **state)
{
    fixture *f = *state;
    f->o.width = f->o.height = 240;
    f->o.dpi = 72;
    size_t before = 0;
    for (int i = 0; i < 60; i++) {
        assert_ok(f->ctx, draw(f, i % 2 == 0 ? "a.png" : "a.pdf"));
        before = i == 19 ? mallinfo2().uordblks : before; /* caches are filled by then */
    }
    size_t after = mallinfo2().uordblks; /* 0 under a sanitizer */
    const size_t one = 240 * 240 * 4;
    assert_true(after < before + 2 * one);
}

static void a_cancel_stops_it(void **state)
{
    fixture *f = *state;
    gt_ctx *ctx = test_ctx();
    gt_cancel(ctx);
    assert_fails(ctx, gt_map_draw(ctx, &f->source, &f->o, test_path(f->dir, "a.png")),
                 GT_E_CANCELLED, "base.cancelled");
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    assert_int_equal(files_in(f->dir), 0);
}

static void every_allocation_may_fail(void **state)
{
    fixture *f = *state;
    f->o.locator = 4;
    f->o.width = 400;
    f->o.height = 300;
    long total = 1 << 20;
    gt_ctx *ctx = test_ctx_failing(&total);
    assert_ok(ctx, gt_map_draw(ctx, &f->source, &f->o, test_path(f->dir, "a.png")));
    gt_ctx_free(ctx);
    long used = (1 << 20) - total;
    assert_true(used > 30);
    long step = used / 60 + 1; /* all of the first forty, then a sample */
    for (long n = 0; n < used; n += n < 40 ? 1 : step) {
        long left = n;
        ctx = test_ctx_failing(&left);
        gt_status st = gt_map_draw(ctx, &f->source, &f->o, test_path(f->dir, "b.png"));
        assert_fails(ctx, st, GT_E_MEMORY, NULL);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_int_equal(files_in(f->dir), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(places_have_their_colours),
        CASE(neighbours_meet_without_a_seam),
        CASE(control_lines_follow_the_union),
        CASE(layout_holds_at_many_sizes),
        CASE(legend_names_classes_with_shares),
        CASE(legend_counts_what_is_in_the_frame),
        CASE(stated_areas_are_used),
        CASE(labels_are_set),
        CASE(crowded_labels_never_overlap),
        CASE(same_input_same_bytes),
        CASE(every_kind_is_written_whole),
        CASE(bad_boxes_are_refused),
        CASE(tiny_and_huge_boxes_are_drawn),
        CASE(sizes_are_limited),
        CASE(the_ceiling_is_kept),
        CASE(unwritable_paths_are_named),
        CASE(a_failure_leaves_the_old_picture),
        CASE(a_full_disk_is_told),
        CASE(broken_coordinates_are_located),
        CASE(bad_styles_are_refused),
        CASE(empty_layers_make_a_picture),
        CASE(a_lone_point_has_ground_around_it),
        CASE(texts_of_any_kind_are_held),
        CASE(nothing_grows_with_the_number_of_pictures),
        CASE(a_cancel_stops_it),
        CASE(every_allocation_may_fail),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.map", tests, NULL, NULL);
}
