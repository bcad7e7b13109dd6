/* A workspace with the Beijing package as a map: which layers, in which style and order, views,
 * times, and the picture itself. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/map.h"
#include "report/lsan.h"
#include "support/support.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
    gt_notes *notes;
    gt_package *package;
    gt_store *store;
} fixture;

static const double X0 = 440000;
static const double Y0 = 4410000;

static void put(fixture *f, gt_commit *commit, const char *layer, const char *id, double x,
                double y, double w, double h, const char *field, const char *value)
{
    const gt_standard *s = gt_package_find_layer(f->package, layer);
    assert_non_null(s);
    gt_value values[40] = {0};
    assert_true(s->n_fields <= 40);
    for (size_t i = 0; i < s->n_fields; i++) {
        const char *text = strcmp(s->fields[i].name, field) == 0 ? value
                           : s->id_field != NULL && strcmp(s->fields[i].name, s->id_field) == 0
                               ? id
                               : NULL;
        if (text != NULL) {
            values[i] = (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
        }
    }
    gt_geom g;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_MULTIPOLYGON);
    const double corners[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    for (int i = 0; i < 5; i++) {
        assert_ok(f->ctx, gt_geom_add_point(f->ctx, &g, X0 + x + w * corners[i][0],
                                            Y0 + y + h * corners[i][1]));
    }
    assert_ok(f->ctx, gt_geom_end_ring(f->ctx, &g));
    assert_ok(f->ctx, gt_geom_end_part(f->ctx, &g));
    uint8_t *blob = NULL;
    size_t cap = 0;
    size_t len = 0;
    assert_ok(f->ctx, gt_geom_to_gpkg(f->ctx, &g, gt_store_srs_id(f->store), &blob, &cap, &len));
    const gt_feature feature = {.id = id,
                                .valid_from = GT_DATE_NONE,
                                .valid_to = GT_DATE_NONE,
                                .blob = blob,
                                .blob_len = len,
                                .box = gt_geom_box(&g),
                                .values = values,
                                .n_values = s->n_fields};
    assert_ok(f->ctx, gt_commit_put(f->ctx, commit, layer, &feature, (double)NAN));
    gt_free(f->ctx, blob);
    gt_geom_free(f->ctx, &g);
}

static void fill(fixture *f)
{
    static const struct {
        const char *layer;
        gt_origin origin;
    } layers[] = {{"districts", GT_ORIGIN_OPEN},
                  {"land_use", GT_ORIGIN_GENERATED},
                  {"ecological_redline", GT_ORIGIN_GENERATED},
                  {"farmland_space", GT_ORIGIN_SURVEY},
                  {"urban_boundary", GT_ORIGIN_SURVEY}};
    const gt_commit_info info = {.author = "t", .message = "first", .expect_revision = -1};
    gt_commit *commit = NULL;
    assert_ok(f->ctx, gt_commit_begin(f->ctx, f->store, &info, &commit));
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        assert_ok(f->ctx, gt_commit_define_layer(f->ctx, commit,
                                                 gt_package_find_layer(f->package, layers[i].layer),
                                                 layers[i].origin));
    }
    put(f, commit, "districts", "110101", 0, 0, 20000, 30000, "name", "东城区");
    put(f, commit, "districts", "110102", 20000, 0, 20000, 30000, "name", "西城区");
    static const char *const codes[] = {"0103", "0301", "0701", "1101", "0102", "0305"};
    for (int i = 0; i < 24; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%d", i);
        put(f, commit, "land_use", id, i % 6 * 6000.0 + 2000, i / 6 * 7000.0 + 1000, 6000, 7000,
            "dlbm", codes[(i * 5) % 6]);
    }
    put(f, commit, "ecological_redline", "r1", 4000, 16000, 9000, 9000, "none", "");
    put(f, commit, "ecological_redline", "r2", 13000, 16000, 5000, 9000, "none", "");
    put(f, commit, "farmland_space", "b1", 3000, 3000, 9000, 8000, "part", "basic");
    put(f, commit, "urban_boundary", "u1", 22000, 6000, 14000, 14000, "none", "");
    int64_t revision = 0;
    assert_ok(f->ctx, gt_commit_finish(f->ctx, commit, &revision));
    assert_int_equal(revision, 1);
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    assert_ok(f->ctx, gt_notes_new(f->ctx, 0, &f->notes));
    gt_status st = gt_package_read(f->ctx, GT_SOURCE_DIR "/plans/beijing", f->notes, &f->package);
    assert_ok(f->ctx, st);
    gt_store_options o;
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    o.title = (gt_title){"测试", "Test"};
    assert_ok(f->ctx, gt_store_create(f->ctx, test_path(f->dir, "w"), &o, &f->store));
    fill(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    gt_store_close(f->store);
    gt_package_free(f->package);
    gt_notes_free(f->notes);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return 0;
}

static size_t find(const gt_map_layer *layers, size_t n, const char *id, bool shown)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(layers[i].id, id) == 0 && layers[i].hide_legend != shown) {
            return i;
        }
    }
    return n;
}

static void layers_come_in_a_sensible_order(void **state)
{
    fixture *f = *state;
    gt_store_map_options o;
    gt_store_map_options_init(&o);
    gt_store_map *map = NULL;
    assert_ok(f->ctx, gt_store_map_new(f->ctx, f->store, f->package, &o, &map));
    size_t n = 0;
    const gt_map_layer *layers = gt_store_map_layers(map, &n);
    assert_int_equal(n, 6); /* five, and the ground of the territory */
    assert_int_equal(find(layers, n, "districts", false), 0);
    assert_int_equal(find(layers, n, "land_use", true), 1);
    assert_int_equal(find(layers, n, "districts", true), 5);
    assert_int_equal(gt_store_map_unit_layer(map), 5);
    size_t use = find(layers, n, "land_use", true);
    assert_true(layers[use].base && layers[use].n_classes > 5 && layers[use].n_classes < 20);
    assert_string_equal(layers[use].classes[1].code, "01"); /* the first level, from afar */
    assert_int_equal(layers[use].origin, GT_ORIGIN_GENERATED);
    assert_string_equal(layers[use].title.zh,
                        gt_package_find_layer(f->package, "land_use")->title.zh);
    gt_title note = gt_store_map_note(map);
    assert_non_null(strstr(note.zh, "一张图第 1 次修订"));
    assert_non_null(strstr(note.en, "Map revision 1 of 2"));
    assert_non_null(strstr(note.en, "plan package beijing"));
    gt_store_map_free(map);
    o.ground_width = 5000; /* near: every class */
    assert_ok(f->ctx, gt_store_map_new(f->ctx, f->store, f->package, &o, &map));
    layers = gt_store_map_layers(map, &n);
    assert_true(layers[find(layers, n, "land_use", true)].n_classes > 50);
    gt_store_map_free(map);
    assert_ok(f->ctx,
              gt_store_map_new(f->ctx, f->store, NULL, &o, &map)); /* no package: one colour */
    layers = gt_store_map_layers(map, &n);
    assert_int_equal(n, 5);
    assert_int_equal(layers[find(layers, n, "land_use", true)].n_classes, 0);
    gt_store_map_free(map);
}

static void asked_for_order_is_kept(void **state)
{
    fixture *f = *state;
    const char *const ids[] = {"districts", "urban_boundary", "land_use", NULL};
    gt_store_map_options o;
    gt_store_map_options_init(&o);
    o.ids = ids;
    gt_store_map *map = NULL;
    assert_ok(f->ctx, gt_store_map_new(f->ctx, f->store, f->package, &o, &map));
    size_t n = 0;
    const gt_map_layer *layers = gt_store_map_layers(map, &n);
    assert_int_equal(n, 4);
    assert_string_equal(layers[1].id, "urban_boundary");
    assert_string_equal(layers[2].id, "land_use");
    assert_string_equal(layers[3].id, "districts"); /* borders with names stay on top */
    gt_store_map_free(map);
    const char *const wrong[] = {"land_use", "land_uses", NULL};
    o.ids = wrong;
    assert_fails(f->ctx, gt_store_map_new(f->ctx, f->store, f->package, &o, &map), GT_E_NOT_FOUND,
                 NULL);
    const char *const none[] = {NULL};
    o.ids = none;
    assert_ok(f->ctx, gt_store_map_new(f->ctx, f->store, f->package, &o, &map));
    (void)gt_store_map_layers(map, &n);
    assert_int_equal(n, 0);
    gt_store_map_free(map);
}

/* Features of a layer that the source gives. */
static size_t count(fixture *f, const gt_store_map *map, size_t layer, const gt_box *box)
{
    const gt_map_source *s = gt_store_map_source(map);
    void *cursor = NULL;
    assert_ok(f->ctx, s->open(f->ctx, s->user, layer, box, &cursor));
    size_t n = 0;
    for (bool more = true; more; n += more ? 1U : 0U) {
        gt_map_feature feature;
        assert_ok(f->ctx, s->next(f->ctx, cursor, &feature, &more));
    }
    s->close(cursor);
    return n;
}

static void sources_filter_by_box_view_and_time(void **state)
{
    fixture *f = *state;
    const char *const shown[] = {"land_use", NULL};
    const char *const base[] = {"districts", NULL};
    gt_view view = {.id = "v",
                    .base = base,
                    .show = shown,
                    .title = {"非建设用地", "Not built"},
                    .where = "big_class(dlbm) <> 'construction'"};
    gt_store_map_options o;
    gt_store_map_options_init(&o);
    o.view = &view;
    gt_store_map *map = NULL;
    assert_ok(f->ctx, gt_store_map_new(f->ctx, f->store, f->package, &o, &map));
    size_t n = 0;
    const gt_map_layer *layers = gt_store_map_layers(map, &n);
    assert_int_equal(n, 3);
    size_t use = find(layers, n, "land_use", true);
    assert_int_equal(count(f, map, use, NULL), 20); /* four of 24 are residential */
    assert_int_equal(count(f, map, find(layers, n, "districts", true), NULL), 2);
    const gt_box corner = {X0 + 2100, Y0 + 1100, X0 + 2200, Y0 + 1200};
    assert_int_equal(count(f, map, use, &corner), 1);
    gt_store_map_free(map);
    view.where = "no_such_field = 1";
    assert_fails(f->ctx, gt_store_map_new(f->ctx, f->store, f->package, &o, &map), GT_E_INPUT,
                 NULL);
    o.view = NULL;
    o.as_of_date = gt_date_from_ymd(2019, 1, 1);
    o.ids = shown;
    assert_ok(f->ctx, gt_store_map_new(f->ctx, f->store, f->package, &o, &map));
    assert_non_null(strstr(gt_store_map_note(map).zh, "时点 2019-01-01"));
    gt_store_map_free(map);
}

static void the_map_is_drawn(void **state)
{
    fixture *f = *state;
    gt_map_of_store_options o;
    gt_map_of_store_options_init(f->ctx, &o);
    o.lang = GT_LANG_ZH;
    o.width = 900;
    o.height = 640;
    o.dpi = 80;
    const char *path = test_path(f->dir, "a.png");
    assert_ok(f->ctx, gt_map_of_store(f->ctx, f->store, f->package, &o, path));
    size_t first = 0;
    size_t second = 0;
    char *a = test_read_file(path, &first);
    assert_ok(f->ctx, gt_map_of_store(f->ctx, f->store, f->package, &o, path));
    char *b = test_read_file(path, &second);
    assert_int_equal(first, second);
    assert_memory_equal(a, b, first);
    free(a);
    free(b);
    o.has_box = true; /* with locator */
    o.box = (gt_box){X0, Y0, X0 + 9000, Y0 + 6000};
    assert_ok(f->ctx, gt_map_of_store(f->ctx, f->store, f->package, &o, path));
    o.box.xmax = NAN;
    assert_fails(f->ctx, gt_map_of_store(f->ctx, f->store, f->package, &o, path), GT_E_USAGE,
                 "report.bad-box");
    o.has_box = false;
    assert_ok(f->ctx, gt_map_of_store(f->ctx, f->store, NULL, &o, path));
}

static void a_bad_relief_is_told(void **state)
{
    fixture *f = *state;
    char path[4200];
    (void)snprintf(path, sizeof path, "%s/elevation.tif", gt_store_grid_dir(f->store));
    test_write_file(path, "not a raster", 12);
    gt_map_of_store_options o;
    gt_map_of_store_options_init(f->ctx, &o);
    gt_status st = gt_map_of_store(f->ctx, f->store, f->package, &o, test_path(f->dir, "a.png"));
    assert_true(st == GT_E_INPUT || st == GT_E_ENV); /* the latter where guotu-io is not built */
    assert_fails(f->ctx, st, st, NULL);
    assert_true(access(test_path(f->dir, "a.png"), F_OK) != 0);
}

static void every_allocation_may_fail(void **state)
{
    fixture *f = *state;
    gt_store_map_options o;
    gt_store_map_options_init(&o);
    bool done = false;
    for (long n = 0; !done && n < 2000; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_store_map *map = NULL;
        gt_status st = gt_store_map_new(ctx, f->store, f->package, &o, &map);
        done = st == GT_OK;
        if (done) {
            gt_store_map_free(map);
        } else {
            assert_fails(ctx, st, GT_E_MEMORY, NULL);
        }
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(done);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(layers_come_in_a_sensible_order),
        CASE(asked_for_order_is_kept),
        CASE(sources_filter_by_box_view_and_time),
        CASE(the_map_is_drawn),
        CASE(a_bad_relief_is_told),
        CASE(every_allocation_may_fail),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.store_map", tests, NULL, NULL);
}
