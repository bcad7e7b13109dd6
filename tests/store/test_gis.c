/* GDAL as an unmodified client of onemap.gpkg: everything listed without a warning, edits work and
 * are noticed. */
#include <unistd.h>

#include "store/world.h"

static const gt_date D2019 = 17896, D2020 = 18262;

/* Output of "before 'a' middle 'b'", both streams; NUL-terminated in a static buffer. */
static const char *run(const char *before, const char *a, const char *middle, const char *b)
{
    static char out[1 << 18];
    char command[8192];
    (void)snprintf(command, sizeof command, "%s '%s' %s %s%s%s 2>&1", before, a, middle,
                   b == NULL ? "" : "'", b == NULL ? "" : b, b == NULL ? "" : "'");
    FILE *pipe = popen(command, "r"); // NOLINT(cert-env33-c): GDAL's own programs, quoted paths
    assert_non_null(pipe);
    size_t n = fread(out, 1, sizeof out - 1, pipe);
    out[n] = '\0';
    int status = pclose(pipe);
    if (status != 0 || strstr(out, "arning") != NULL || strstr(out, "ERROR") != NULL) {
        print_error("%s\n%s\n", command, out);
    }
    assert_int_equal(status, 0);
    assert_null(strstr(out, "arning"));
    assert_null(strstr(out, "ERROR"));
    return out;
}

static void need(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        print_error("no \"%s\" in:\n%s\n", part, text);
        fail();
    }
}

static void skip_without(const char *program)
{
    char command[256];
    (void)snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    if (system(command) != 0) { // NOLINT(cert-env33-c): a constant command
        test_skip("needs gdal-bin (ogrinfo, ogr2ogr)");
    }
}

static const gt_code codes[] = {{.code = "0101", .title = {"水田", "paddy"}},
                                {.code = "0103", .title = {"旱地", "dry field"}}};
static const gt_codelist list = {.id = "dlbm", .codes = codes, .n_codes = 2};

static gt_store *start(gt_ctx *ctx, const char *dir)
{
    gt_store *store = world_new(ctx, dir);
    gt_field fields[N_FIELDS];
    memcpy(fields, world_fields, sizeof fields);
    fields[0].codes = &list;
    gt_standard parcels = world_standard("parcels"), roads = world_standard("roads"),
                notes = world_standard("notes"), wells = world_standard("wells");
    parcels.fields = fields;
    roads.geom_type = GT_LINESTRING;
    wells.geom_type = GT_POINT;
    notes.geom_type = GT_GEOM_NONE;
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &parcels, GT_ORIGIN_GENERATED));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &roads, GT_ORIGIN_OPEN));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &wells, GT_ORIGIN_SURVEY));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &notes, GT_ORIGIN_SURVEY));
    for (int i = 0; i < 2500; i++) { /* by way of the bulk load and the packed index */
        char id[32];
        (void)snprintf(id, sizeof id, "p%d", i);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_cell(i, 50, 20, 10), i, D2019));
    }
    world_finish(ctx, c);
    return store;
}

static void every_layer_is_listed(void **state)
{
    (void)state;
    skip_without("ogrinfo");
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store_close(start(ctx, dir));
    const char *map = test_path(dir, "onemap.gpkg");
    const char *text = run("ogrinfo -ro -al -so", map, "", NULL);
    need(text, "Layer name: parcels\n");
    need(text, "Layer name: roads\n");
    need(text, "Layer name: wells\n");
    need(text, "Layer name: notes\n");
    need(text, "Layer name: gt_revision\n");
    assert_null(strstr(text, "Layer name: gt_layer"));
    assert_null(strstr(text, "__history"));
    need(text, "Geometry: Multi Polygon\nFeature Count: 2500\n"
               "Extent: (500000.000000, 4400000.000000) - (500990.000000, 4400990.000000)");
    need(text, "Geometry: Multi Line String\nFeature Count: 0");
    need(text, "Geometry: Point\nFeature Count: 0");
    need(text, "ID[\"EPSG\",4548]]");
    need(text, "DESCRIPTION=parcels; 生成数据 generated, not survey data; TD/T 1055");
    need(text, "IDENTIFIER=地类图斑 (parcels)");
    need(text, "gt_id: String (0.0) UNIQUE");
    need(text, "dlbm: String (5.0)");
    need(text, "dlbm: String (5.0)");
    assert_string_equal(
        world_ask(dir, "SELECT name FROM gpkg_data_columns WHERE column_name = 'dlbm'"),
        "地类编码");
    need(text, "domain name=dlbm");
    need(text, "seen: Date (0.0)");
    need(text, "gt_valid_from: Date (0.0)");
    need(text, "FID Column = fid\nGeometry Column = geom");
    text = run("ogrinfo -ro -al -spat 500000 4400000 500011 4400011", map, "parcels", NULL);
    need(text, "Feature Count: 1\n");
    need(text, "MULTIPOLYGON (((500000 4400000,500010 4400000");
    need(text, "gt_id (String) = p0");
    text = run("ogrinfo -ro -fielddomain dlbm", map, "", NULL);
    need(text, "0103: 旱地 dry field");
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void edits_by_sql_and_by_layer_are_noticed(void **state)
{
    (void)state;
    skip_without("ogr2ogr");
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    const char *map = test_path(dir, "onemap.gpkg");
    (void)run("ogrinfo", map, "-sql \"UPDATE parcels SET n = 9 WHERE gt_id = 'p1'\"", NULL);
    static const char feature[] =
        "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":"
        "\"EPSG:4548\"}},\"features\":[{\"type\":\"Feature\",\"properties\":{\"n\":5000,\"dlbm\":"
        "\"0101\"},\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":[[[[500500,4401500],"
        "[500600,4401500],[500600,4401600],[500500,4401500]]]]}}]}";
    const char *json = test_path(dir, "new.geojson");
    test_write_file(json, feature, sizeof feature - 1);
    (void)run("ogr2ogr -append -update -nln parcels", map, "", json);
    const char *text =
        run("ogrinfo -ro -al -spat 500500 4401500 500700 4401700", map, "parcels", NULL);
    need(text, "Feature Count: 1\n");
    int64_t n = 0;
    assert_ok(ctx, gt_store_outside_edits(ctx, store, "parcels", &n));
    assert_int_equal(n, 2);
    assert_fails(ctx, gt_store_verify(ctx, store), GT_E_INPUT, "store.outside-edit");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", true, D2020, &n));
    assert_int_equal(n, 2);
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_layer_info info;
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.n_features, 2501);
    assert_near(info.box.ymax, 4401600, 0);
    text = run("ogrinfo -ro -al -so", map, "parcels", NULL);
    need(text, "Feature Count: 2501");
    need(text, "(500990.000000, 4401600.000000)");
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void a_copy_by_ogr2ogr_holds_the_present(void **state)
{
    (void)state;
    skip_without("ogr2ogr");
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_delete(ctx, c, "parcels", "p0", D2020));
    world_finish(ctx, c);
    /* while the workspace is open: a GIS reads beside it */
    (void)run("ogr2ogr -f GPKG -sql 'SELECT * FROM parcels' -nln parcels",
              test_path(dir, "copy.gpkg"), "", test_path(dir, "onemap.gpkg"));
    const char *text = run("ogrinfo -ro -al -so", test_path(dir, "copy.gpkg"), "", NULL);
    need(text, "Feature Count: 2499");
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_is_listed),
        cmocka_unit_test(edits_by_sql_and_by_layer_are_noticed),
        cmocka_unit_test(a_copy_by_ogr2ogr_holds_the_present),
    };
    return cmocka_run_group_tests_name("store.gis", tests, NULL, NULL);
}
