#include <dirent.h>
#include <math.h>
#include <unistd.h>

#include "io/messages.h"
#include "make.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
    gt_notes *notes;
    gt_sink_options options;
    uint8_t *blob;
    size_t cap, len;
} fixture;

static const gt_field FIELDS[] = {
    {.name = "dlbm", .type = GT_FIELD_TEXT, .max_length = 5},
    {.name = "dlmc", .type = GT_FIELD_TEXT, .max_length = 20},
    {.name = "n", .type = GT_FIELD_INT},
    {.name = "area_of_land_m2", .type = GT_FIELD_REAL},
    {.name = "paid", .type = GT_FIELD_BOOL},
    {.name = "seen", .type = GT_FIELD_DATE},
};
enum { N_FIELDS = sizeof FIELDS / sizeof FIELDS[0] };
static const gt_standard STANDARD = {.id = "dltb",
                                     .title = {"地类图斑", "parcels"},
                                     .geom_type = GT_MULTIPOLYGON,
                                     .fields = FIELDS,
                                     .n_fields = N_FIELDS};

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    assert_ok(f->ctx, gt_notes_new(f->ctx, 0, &f->notes));
    gt_sink_options_init(&f->options);
    f->options.notes = f->notes;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    gt_free(f->ctx, f->blob);
    gt_notes_free(f->notes);
    const size_t left = gt_ctx_memory_used(f->ctx);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return left == 0 ? 0 : -1;
}

static void blob_of(fixture *f, const char *wkt)
{
    gt_geom g;
    gt_geom_init(&g);
    assert_ok(f->ctx, gt_geom_from_wkt(f->ctx, wkt, strlen(wkt), &g));
    assert_ok(f->ctx, gt_geom_to_gpkg(f->ctx, &g, 4548, &f->blob, &f->cap, &f->len));
    gt_geom_free(f->ctx, &g);
}

static gt_value text(const char *s)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = s, .len = strlen(s)};
}

static gt_status put(fixture *f, gt_sink *k, int i, const char *name)
{
    char id[32];
    (void)snprintf(id, sizeof id, "P%d", i);
    const gt_value values[N_FIELDS] = {text("0101"),
                                       text(name),
                                       {.kind = GT_VAL_INT, .integer = 9007199254740993LL - i},
                                       {.kind = GT_VAL_REAL, .real = 666.6 + i},
                                       {.kind = GT_VAL_INT, .integer = i % 2},
                                       i == 1 ? (gt_value){.kind = GT_NULL} : text("2024-02-29")};
    const gt_feature ft = {.id = id,
                           .valid_from = gt_date_from_ymd(2024, 12, 31),
                           .valid_to = GT_DATE_NONE,
                           .blob = f->blob,
                           .blob_len = f->len,
                           .values = values,
                           .n_values = N_FIELDS};
    return gt_sink_put(f->ctx, k, &ft);
}

/* Writes n parcels to dir/name. */
static void write_parcels(fixture *f, const char *name, int n)
{
    gt_sink *k = NULL;
    blob_of(f, "POLYGON((500000 4400000,500010 4400000,500010 4400010,500000 4400000))");
    assert_ok(f->ctx, gt_sink_open_with(f->ctx, test_path(f->dir, name), &STANDARD, "EPSG:4548",
                                        &f->options, &k));
    for (int i = 0; i < n; i++) {
        assert_ok(f->ctx, put(f, k, i, "水田"));
    }
    assert_ok(f->ctx, gt_sink_close(f->ctx, k));
}

static void assert_no_notes(fixture *f)
{
    gt_text t;
    gt_text_init(&t, f->ctx, 0);
    gt_notes_render_all(f->notes, GT_LANG_EN, &t);
    assert_string_equal(gt_text_cstr(&t), "");
    gt_text_free(&t);
}

static int n_entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    (void)closedir(d);
    return n;
}

static int column(const gt_source_info *info, const char *name)
{
    for (size_t i = 0; i < info->n_fields; i++) {
        if (strcmp(info->fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void formats_round_trip(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"a.gpkg",   "a.shp",     "a.fgb",  "a.gdb",
                                        "a.gml",    "a.geojson", "a.kml",  "a.csv",
                                        "a.sqlite", "a.tab",     "a.xlsx", "a.ods"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        print_message("%s\n", names[k]);
        write_parcels(f, names[k], 3);
        gt_source *s = NULL;
        assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, names[k]), NULL, &s));
        const gt_source_info *info = gt_source_info_of(s);
        const int note = column(info, "dlmc"), id = column(info, "id"), code = column(info, "dlbm");
        assert_true(note >= 0 && id >= 0 && code >= 0);
        gt_source_feature ft;
        bool more = false;
        for (int i = 0; i < 3; i++) {
            assert_ok(f->ctx, gt_source_next(f->ctx, s, &ft, &more));
            assert_true(more);
            assert_int_equal(ft.n_faults, 0);
            assert_string_equal(ft.values[note].text, "水田");
            assert_string_equal(ft.values[code].text, "0101");
            assert_int_equal(ft.values[id].text[1] - '0', i);
            assert_true((ft.geom == NULL) == (k >= 10));
        }
        assert_ok(f->ctx, gt_source_next(f->ctx, s, &ft, &more));
        assert_false(more);
        gt_source_close(s);
    }
}

static void geopackage_keeps_types_exactly(void **state)
{
    fixture *f = *state;
    f->options.with_dates = true;
    write_parcels(f, "a.gpkg", 2);
    assert_no_notes(f);
    gt_source *s = NULL;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "a.gpkg"), NULL, &s));
    const gt_source_info *info = gt_source_info_of(s);
    assert_string_equal(info->layer, "dltb");
    assert_int_equal(info->crs_epsg, 4548);
    assert_int_equal(info->geom_type, GT_MULTIPOLYGON);
    assert_int_equal(info->n_fields, N_FIELDS + 3);
    assert_int_equal(info->fields[1].width, 5);
    assert_int_equal(info->fields[3].type, GT_FIELD_INT);
    assert_int_equal(info->fields[5].type, GT_FIELD_BOOL);
    assert_int_equal(info->fields[6].type, GT_FIELD_DATE);
    gt_source_feature ft;
    bool more = false;
    assert_ok(f->ctx, gt_source_next(f->ctx, s, &ft, &more));
    assert_int_equal(ft.geom->type, GT_MULTIPOLYGON);
    assert_true(ft.geom->xy[0] == 500000 && ft.geom->n_points == 4);
    assert_true(ft.values[3].integer == 9007199254740993LL);
    assert_true(ft.values[4].real == 666.6);
    assert_int_equal(ft.values[5].integer, 0);
    assert_string_equal(ft.values[6].text, "2024-02-29");
    assert_string_equal(ft.values[7].text, "2024-12-31");
    assert_int_equal(ft.values[8].kind, GT_NULL);
    assert_ok(f->ctx, gt_source_next(f->ctx, s, &ft, &more));
    assert_int_equal(ft.values[6].kind, GT_NULL);
    gt_source_close(s);
}

static void out_crs_is_applied(void **state)
{
    fixture *f = *state;
    write_parcels(f, "a.geojson", 1); /* degrees without being asked */
    size_t len = 0;
    char *json = test_read_file(test_path(f->dir, "a.geojson"), &len);
    assert_non_null(strstr(json, "[ 117.0"));
    assert_null(strstr(json, "\"crs\""));
    free(json);
    f->options.out_crs = "EPSG:32650";
    write_parcels(f, "b.fgb", 1);
    gt_source *s = NULL;
    counted c;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "b.fgb"), NULL, &s));
    assert_int_equal(gt_source_info_of(s)->crs_epsg, 32650);
    assert_ok(f->ctx, read_all(f->ctx, s, &c));
    assert_near(c.first_x, 500000, 1e-6);
    assert_near(c.first_y, 4400000 * 0.9996, 0.1); /* UTM's scale on the meridian */
    gt_source_close(s);
}

static void shapefile_renames_are_told(void **state)
{
    fixture *f = *state;
    write_parcels(f, "a.shp", 1);
    assert_int_equal(gt_notes_count_id(f->notes, "io.field-renamed"), 1);
    gt_text t;
    gt_text_init(&t, f->ctx, 0);
    gt_notes_render(f->notes, 0, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "area_of_land_m2 is called area_of_la"));
    gt_text_free(&t);
    size_t len = 0;
    char *cpg = test_read_file(test_path(f->dir, "a.cpg"), &len);
    assert_string_equal(cpg, "UTF-8");
    free(cpg);
}

static void gbk_is_written_and_what_it_lacks_refused(void **state)
{
    fixture *f = *state;
    gt_sink *k = NULL;
    f->options.encoding = "GBK";
    write_parcels(f, "g.shp", 1);
    size_t len = 0;
    char *dbf = test_read_file(test_path(f->dir, "g.dbf"), &len);
    bool found = false;
    for (size_t i = 0; i + 4 <= len; i++) {
        found = found || memcmp(dbf + i, "\xCB\xAE\xCC\xEF", 4) == 0; /* 水田 */
    }
    free(dbf);
    assert_true(found);
    assert_ok(f->ctx, gt_sink_open_with(f->ctx, test_path(f->dir, "h.shp"), &STANDARD, "EPSG:4548",
                                        &f->options, &k));
    assert_ok(f->ctx, put(f, k, 0, "水田"));
    assert_ok(f->ctx, put(f, k, 1, "𠀀村"));
    assert_int_equal(gt_sink_close(f->ctx, k), GT_E_INPUT);
    assert_string_equal(gt_error_place(f->ctx)->feature, "P1");
    assert_string_equal(gt_error_place(f->ctx)->field, "dlmc");
    assert_fails(f->ctx, GT_E_INPUT, GT_E_INPUT, "io.text-not-encodable");
    assert_int_not_equal(access(test_path(f->dir, "h.shp"), F_OK), 0);
    assert_int_not_equal(access(test_path(f->dir, "h.dbf"), F_OK), 0);
    f->options.encoding = "klingon";
    assert_fails(f->ctx,
                 gt_sink_open_with(f->ctx, test_path(f->dir, "i.shp"), &STANDARD, "EPSG:4548",
                                   &f->options, &k) == GT_OK
                     ? gt_sink_close(f->ctx, k)
                     : gt_error_status(f->ctx),
                 GT_E_USAGE, "io.encoding-unknown");
}

static void existing_files_are_kept(void **state)
{
    fixture *f = *state;
    gt_sink *k = NULL;
    write_parcels(f, "a.shp", 1);
    const int n = n_entries(f->dir);
    put_text(test_path(f->dir, "a.sbn"), "stale index");
    const char *path = test_path(f->dir, "a.shp");
    assert_fails(f->ctx, gt_sink_open_with(f->ctx, path, &STANDARD, "EPSG:4548", &f->options, &k),
                 GT_E_CONFLICT, "io.exists");
    f->options.overwrite = true;
    write_parcels(f, "a.shp", 2);
    assert_int_equal(n_entries(f->dir), n); /* the stale index went with the old file */
    gt_source *s = NULL;
    assert_ok(f->ctx, gt_source_open(f->ctx, path, NULL, &s));
    assert_int_equal(gt_source_info_of(s)->n_features, 2);
    gt_source_close(s);
    write_parcels(f, "d.gdb", 1);
    write_parcels(f, "d.gdb", 2); /* a folder is replaced as a whole */
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "d.gdb"), NULL, &s));
    assert_int_equal(gt_source_info_of(s)->n_features, 2);
    gt_source_close(s);
}

static void abort_leaves_nothing(void **state)
{
    fixture *f = *state;
    gt_sink *k = NULL;
    assert_ok(f->ctx, gt_sink_open(f->ctx, test_path(f->dir, "a.gpkg"), NULL, NULL, &STANDARD,
                                   "EPSG:4548", NULL, &k));
    blob_of(f, "POLYGON((0 0,1 0,1 1,0 0))");
    for (int i = 0; i < 3000; i++) {
        assert_ok(f->ctx, put(f, k, i, "x"));
    }
    assert_int_equal(n_entries(f->dir), 1); /* the hidden folder */
    gt_sink_abort(k);
    assert_int_equal(n_entries(f->dir), 0);
}

static void cancel_leaves_nothing(void **state)
{
    fixture *f = *state;
    gt_sink *k = NULL;
    assert_ok(f->ctx, gt_sink_open(f->ctx, test_path(f->dir, "a.gpkg"), NULL, NULL, &STANDARD,
                                   "EPSG:4548", NULL, &k));
    blob_of(f, "POLYGON((0 0,1 0,1 1,0 0))");
    assert_ok(f->ctx, put(f, k, 0, "x"));
    gt_cancel(f->ctx);
    assert_fails(f->ctx, gt_sink_close(f->ctx, k), GT_E_CANCELLED, "base.cancelled");
    assert_int_equal(n_entries(f->dir), 0);
}

static void bad_asks_are_refused(void **state)
{
    fixture *f = *state;
    gt_sink *k = NULL;
    assert_fails(f->ctx,
                 gt_sink_open(f->ctx, test_path(f->dir, "a.docx"), NULL, NULL, &STANDARD,
                              "EPSG:4548", NULL, &k),
                 GT_E_USAGE, "io.no-format");
    assert_fails(f->ctx,
                 gt_sink_open(f->ctx, test_path(f->dir, "no/a.gpkg"), NULL, NULL, &STANDARD,
                              "EPSG:4548", NULL, &k),
                 GT_E_ENV, "base.system");
    /* what the child finds out is told by a later call */
    assert_ok(f->ctx, gt_sink_open(f->ctx, test_path(f->dir, "a.gpkg"), NULL, NULL, &STANDARD,
                                   "EPSG:4548", "EPSG:1", &k));
    assert_fails(f->ctx, gt_sink_close(f->ctx, k), GT_E_INPUT, "geo.crs-unknown");
    assert_ok(f->ctx, gt_sink_open(f->ctx, test_path(f->dir, "a.gpkg"), "PostgreSQL", NULL,
                                   &STANDARD, "EPSG:4548", NULL, &k));
    assert_fails(f->ctx, gt_sink_close(f->ctx, k), GT_E_USAGE, "io.no-format");
    assert_int_equal(n_entries(f->dir), 0);
}

static void bad_features_are_located(void **state)
{
    fixture *f = *state;
    gt_sink *k = NULL;
    const char *path = test_path(f->dir, "a.gpkg");
    assert_ok(f->ctx, gt_sink_open(f->ctx, path, NULL, NULL, &STANDARD, "EPSG:4548", NULL, &k));
    f->blob = gt_alloc(f->ctx, 8, 1);
    memcpy(f->blob, "GPxxxxxx", 8);
    f->len = 8;
    assert_ok(f->ctx, put(f, k, 7, "x"));
    assert_int_equal(gt_sink_close(f->ctx, k), GT_E_INPUT);
    assert_string_equal(gt_error_place(f->ctx)->feature, "P7");
    assert_string_equal(gt_error_place(f->ctx)->file, path);
    gt_error_clear(f->ctx);
    assert_ok(f->ctx, gt_sink_open(f->ctx, path, NULL, NULL, &STANDARD, "EPSG:4548", NULL, &k));
    assert_fails(f->ctx, put(f, k, 1, "\xC3\x28"), GT_E_INPUT, "io.text-encoding");
    assert_fails(f->ctx, put(f, k, 1, "x"), GT_E_USAGE,
                 NULL); /* after a failure only close is left */
    assert_fails(f->ctx, gt_sink_close(f->ctx, k), GT_E_USAGE, NULL);
    assert_int_equal(n_entries(f->dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(formats_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(geopackage_keeps_types_exactly, setup, teardown),
        cmocka_unit_test_setup_teardown(out_crs_is_applied, setup, teardown),
        cmocka_unit_test_setup_teardown(shapefile_renames_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(gbk_is_written_and_what_it_lacks_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(existing_files_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(abort_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(cancel_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_asks_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_features_are_located, setup, teardown),
    };
    return cmocka_run_group_tests_name("io.sink", tests, NULL, NULL);
}
