#include <math.h>
#include <signal.h>
#include <unistd.h>

#include "io/messages.h"
#include "make.h"

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
    const size_t left = gt_ctx_memory_used(f->ctx);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return left == 0 ? 0 : -1;
}

static gt_source *open_ok(fixture *f, const char *name, const gt_source_options *o)
{
    gt_source *s = NULL;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, name), o, &s));
    return s;
}

static void formats_give_the_same_features(void **state)
{
    fixture *f = *state;
    static const char *const formats[][2] = {{"GPKG", "s.gpkg"},      {"ESRI Shapefile", "s.shp"},
                                             {"FlatGeobuf", "s.fgb"}, {"OpenFileGDB", "s.gdb"},
                                             {"GML", "s.gml"},        {"SQLite", "s.sqlite"}};
    make_squares(f->dir, "s.geojson", 2500);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        print_message("%s\n", formats[i][0]);
        convert(f->dir, formats[i][0], formats[i][1], "s.geojson",
                i == 1 ? "-lco ENCODING=UTF-8" : "");
        gt_source *s = open_ok(f, formats[i][1], NULL);
        const gt_source_info *info = gt_source_info_of(s);
        assert_string_equal(info->driver, formats[i][0]);
        assert_int_equal(info->crs_epsg, 32650);
        assert_true(info->has_geometry);
        counted c;
        assert_ok(f->ctx, read_all(f->ctx, s, &c));
        assert_int_equal(c.n, 2500);
        assert_int_equal(c.faults, 0);
        gt_source_close(s);
    }
}

static void attributes_keep_type_and_text(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "s.geojson", 3);
    convert(f->dir, "GPKG", "s.gpkg", "s.geojson", "");
    gt_source *s = open_ok(f, "s.gpkg", NULL);
    const gt_source_info *info = gt_source_info_of(s);
    assert_int_equal(info->n_features, 3);
    assert_int_equal(info->n_fields, 5);
    assert_string_equal(info->fields[0].name, "id");
    assert_int_equal(info->fields[0].type, GT_FIELD_TEXT);
    assert_int_equal(info->fields[2].type, GT_FIELD_INT);
    assert_int_equal(info->fields[3].type, GT_FIELD_REAL);
    gt_source_feature ft;
    bool more = false;
    for (int i = 0; i < 3; i++) {
        assert_ok(f->ctx, gt_source_next(f->ctx, s, &ft, &more));
        assert_true(more);
        assert_int_equal(ft.row, i + 1);
        assert_int_equal(ft.values[2].integer, i);
        assert_true(ft.values[3].real == i + 0.5);
        assert_int_equal(ft.values[4].len, strlen("水田0"));
        assert_memory_equal(ft.values[4].text, "水田", 6);
        assert_int_equal(ft.geom->type, GT_POLYGON);
        assert_int_equal(ft.geom->n_points, 5);
        assert_int_equal(ft.geom->ring_end[0], 5);
        assert_int_equal(ft.geom->part_end[0], 1);
        assert_null(ft.geom_fault);
    }
    assert_ok(f->ctx, gt_source_next(f->ctx, s, &ft, &more));
    assert_false(more);
    assert_ok(f->ctx, gt_source_next(f->ctx, s, &ft, &more)); /* the end stays the end */
    assert_false(more);
    gt_source_close(s);
}

static void features_arrive_in_the_target_crs(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "s.geojson", 2);
    gt_source_options o;
    gt_source_options_init(&o);
    o.target_crs = "EPSG:4548";
    gt_source *s = open_ok(f, "s.geojson", &o);
    counted c;
    assert_ok(f->ctx, read_all(f->ctx, s, &c));
    gt_source_close(s);
    /* PROJ 9.1: echo 400000 4400000 | cs2cs EPSG:32650 EPSG:4548 -f %.4f */
    assert_near(c.first_x, 399959.9840, 1e-3);
    assert_near(c.first_y, 4401760.7042, 1e-3);
}

static void several_layers_must_be_chosen(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "s.geojson", 2);
    convert(f->dir, "GPKG", "two.gpkg", "s.geojson", "-nln first");
    convert(f->dir, "GPKG", "two.gpkg", "s.geojson", "-nln 第二层 -update");
    gt_source *s = NULL;
    gt_source_options o;
    gt_source_options_init(&o);
    const char *path = test_path(f->dir, "two.gpkg");
    assert_int_equal(gt_source_open(f->ctx, path, &o, &s), GT_E_INPUT);
    gt_text t;
    gt_text_init(&t, f->ctx, 0);
    gt_error_render(f->ctx, GT_LANG_ZH, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "first, 第二层"));
    gt_text_free(&t);
    assert_fails(f->ctx, gt_error_status(f->ctx), GT_E_INPUT, "io.several-layers");
    o.layer = "third";
    assert_fails(f->ctx, gt_source_open(f->ctx, path, &o, &s), GT_E_NOT_FOUND, "io.layer-unknown");
    o.layer = "第二层";
    assert_ok(f->ctx, gt_source_open(f->ctx, path, &o, &s));
    assert_string_equal(gt_source_info_of(s)->layer, "第二层");
    gt_source_close(s);
    gt_source_layers *list = NULL;
    assert_ok(f->ctx, gt_source_list(f->ctx, path, NULL, &list));
    assert_int_equal(list->n_layers, 2);
    assert_string_equal(list->layers[1].name, "第二层");
    assert_int_equal(list->layers[0].n_features, 2);
    assert_int_equal(list->layers[0].geom_type, GT_POLYGON);
    gt_source_layers_free(f->ctx, list);
}

static void bad_paths_are_told_apart(void **state)
{
    fixture *f = *state;
    gt_source *s = NULL;
    assert_fails(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "no.shp"), NULL, &s),
                 GT_E_NOT_FOUND, "io.no-file");
    put_text(test_path(f->dir, "empty.gpkg"), "");
    assert_fails(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "empty.gpkg"), NULL, &s),
                 GT_E_INPUT, "io.empty-file");
    put_text(test_path(f->dir, "text.shp"), "not a shapefile at all");
    assert_fails(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "text.shp"), NULL, &s),
                 GT_E_INPUT, "io.not-readable");
    assert_fails(f->ctx, gt_source_open(f->ctx, f->dir, NULL, &s), GT_E_INPUT, NULL);
    assert_fails(f->ctx, gt_source_open(f->ctx, "/dev/null", NULL, &s), GT_E_INPUT,
                 "io.not-a-file");
    assert_fails(f->ctx, gt_source_open(f->ctx, "PG:dbname=x", NULL, &s), GT_E_NOT_FOUND,
                 "io.no-file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(formats_give_the_same_features, setup, teardown),
        cmocka_unit_test_setup_teardown(attributes_keep_type_and_text, setup, teardown),
        cmocka_unit_test_setup_teardown(features_arrive_in_the_target_crs, setup, teardown),
        cmocka_unit_test_setup_teardown(several_layers_must_be_chosen, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_paths_are_told_apart, setup, teardown),
    };
    return cmocka_run_group_tests_name("io.source", tests, NULL, NULL);
}
