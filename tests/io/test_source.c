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

/* n rows of every type, with nulls, empty texts, holes in the fids and missing geometries. */
static void make_types(fixture *f, int n)
{
    FILE *csv = fopen(test_path(f->dir, "t.csv"), "w");
    assert_non_null(csv);
    (void)fputs("WKT,fid,s,i,j,l,r,d\n", csv);
    for (int k = 0; k < n; k++) {
        char point[64];
        (void)snprintf(point, sizeof point, "POINT(%d 1)", k);
        (void)fprintf(csv, "\"%s\",%d,\"%s\",",
                      k % 7 == 3    ? ""
                      : k % 11 == 5 ? "POLYGON EMPTY"
                                    : point,
                      3 * k + 2,
                      k % 5 == 0   ? ""
                      : k % 2 == 0 ? "水,田"
                                   : "x");
        if (k % 4 == 1) {
            (void)fputs(",,,,\n", csv);
        } else {
            (void)fprintf(csv, "%d,%d,%lld,%.17g,%04d-%02d-%02d\n", -k, k % 30000,
                          (long long)k * 1000000007LL - 5, k / 3.0, 1900 + k % 200, 1 + k % 12,
                          1 + k % 28);
        }
    }
    assert_int_equal(fclose(csv), 0);
    put_text(test_path(f->dir, "t.vrt"),
             "<OGRVRTDataSource><OGRVRTLayer name='t'><SrcDataSource relativeToVRT='1'>t.csv"
             "</SrcDataSource><FID>fid</FID><GeometryType>wkbUnknown</GeometryType>"
             "<LayerSRS>EPSG:4548</LayerSRS><GeometryField encoding='WKT' field='WKT'/>"
             "<Field name='s'/><Field name='i' type='Integer'/>"
             "<Field name='j' type='Integer' subtype='Int16'/><Field name='l' type='Integer64'/>"
             "<Field name='r' type='Real'/><Field name='d' type='Date'/>"
             "</OGRVRTLayer></OGRVRTDataSource>");
}

static void assert_same_value(const gt_value *a, const gt_value *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->integer, b->integer);
    assert_true(a->real == b->real);
    assert_int_equal(a->len, b->len);
    if (a->kind == GT_VAL_TEXT) {
        assert_string_equal(a->text, b->text);
    }
}

/* Both ways of reading give the same, value by value. */
static void assert_columns_equal_plain(fixture *f, const char *path, const char *layer)
{
    gt_source_options o;
    gt_source_options_init(&o);
    o.layer = layer;
    gt_source *quick = NULL, *plain = NULL;
    assert_ok(f->ctx, gt_source_open(f->ctx, path, &o, &quick));
    o.plain = true;
    assert_ok(f->ctx, gt_source_open(f->ctx, path, &o, &plain));
    const size_t n_fields = gt_source_info_of(quick)->n_fields;
    assert_int_equal(n_fields, gt_source_info_of(plain)->n_fields);
    gt_source_feature a, b;
    bool more = true, more_b = true;
    while (more) {
        assert_ok(f->ctx, gt_source_next(f->ctx, quick, &a, &more));
        assert_ok(f->ctx, gt_source_next(f->ctx, plain, &b, &more_b));
        assert_int_equal(more, more_b);
        if (!more) {
            break;
        }
        assert_int_equal(a.row, b.row);
        assert_int_equal(a.fid, b.fid);
        assert_int_equal(a.n_faults, b.n_faults);
        assert_int_equal(a.geom == NULL, b.geom == NULL);
        if (a.geom != NULL) {
            assert_int_equal(a.geom->type, b.geom->type);
            assert_int_equal(a.geom->n_points, b.geom->n_points);
            assert_int_equal(a.geom->n_parts, b.geom->n_parts);
            assert_memory_equal(a.geom->xy, b.geom->xy, 16 * (size_t)a.geom->n_points);
        }
        for (size_t i = 0; i < n_fields; i++) {
            assert_same_value(&a.values[i], &b.values[i]);
        }
    }
    gt_source_close(quick);
    gt_source_close(plain);
}

static void columns_equal_the_plain_way(void **state)
{
    fixture *f = *state;
    make_types(f, 5000);
    convert(f->dir, "GPKG", "t.gpkg", "t.vrt", "");
    convert(f->dir, "FlatGeobuf", "t.fgb", "t.vrt", "-lco SPATIAL_INDEX=NO -where 'l is not null'");
    assert_columns_equal_plain(f, test_path(f->dir, "t.gpkg"), NULL);
    assert_columns_equal_plain(f, test_path(f->dir, "t.fgb"), NULL);
    const char *data = test_data_dir();
    if (data == NULL) {
        print_message("SKIPPED: real files (no data folder)\n");
        return;
    }
    static const char *const files[][2] = {
        {"foshan-parcels-2015-2018/foshan_parcels.gpkg", "landuse_2018"},
        {"overlay-bench/us_county_il_in_oh.fgb.zip", NULL},
        {"overlay-bench/franklin_ma_parcels.gpkg.zip", NULL}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_columns_equal_plain(f, test_path(data, files[i][0]), files[i][1]);
    }
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
                 GT_E_INPUT, "io.damaged");
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
        cmocka_unit_test_setup_teardown(columns_equal_the_plain_way, setup, teardown),
        cmocka_unit_test_setup_teardown(features_arrive_in_the_target_crs, setup, teardown),
        cmocka_unit_test_setup_teardown(several_layers_must_be_chosen, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_paths_are_told_apart, setup, teardown),
    };
    return cmocka_run_group_tests_name("io.source", tests, NULL, NULL);
}
