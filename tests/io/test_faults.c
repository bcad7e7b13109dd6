/* What is wrong with a file, a feature or a field arrives at its place; the rest is read. */
#include <math.h>
#include <sqlite3.h>
#include <unistd.h>

#include "geo/messages.h"
#include "io/messages.h"
#include "shape.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
    gt_source_options o;
    gt_source *source;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    gt_source_options_init(&f->o);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    gt_source_close(f->source);
    const size_t left = gt_ctx_memory_used(f->ctx);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return left == 0 ? 0 : -1;
}

static const gt_source_info *open_ok(fixture *f, const char *name)
{
    gt_source_close(f->source);
    f->source = NULL;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, name), &f->o, &f->source));
    return gt_source_info_of(f->source);
}

static gt_status open_fails(fixture *f, const char *name)
{
    gt_source *s = NULL;
    gt_status st = gt_source_open(f->ctx, test_path(f->dir, name), &f->o, &s);
    assert_null(s);
    return st;
}

static gt_source_feature next(fixture *f)
{
    gt_source_feature ft;
    bool more = false;
    assert_ok(f->ctx, gt_source_next(f->ctx, f->source, &ft, &more));
    assert_true(more);
    return ft;
}

static void assert_end(fixture *f)
{
    gt_source_feature ft;
    bool more = true;
    assert_ok(f->ctx, gt_source_next(f->ctx, f->source, &ft, &more));
    assert_false(more);
}

/* The next feature has this fault of its geometry, or none when NULL. */
static void assert_geometry(fixture *f, const gt_message *fault, bool usable)
{
    const gt_source_feature ft = next(f);
    if (fault == NULL) {
        assert_int_equal(ft.n_faults, 0);
        assert_null(ft.geom_fault);
    } else {
        assert_true(ft.n_faults >= 1);
        assert_string_equal(ft.faults[0].message->id, fault->id);
        assert_int_equal(ft.faults[0].field, GT_FAULT_GEOMETRY);
        assert_non_null(ft.geom_fault);
    }
    assert_int_equal(ft.geom != NULL, usable);
}

static void geometry_faults_travel_with_their_feature(void **state)
{
    fixture *f = *state;
    put_text(test_path(f->dir, "w.csv"),
             "WKT,n\n\"POINT(1 2)\",1\n\"POINT(nan 2)\",2\n\"CIRCULARSTRING(0 0,1 1,2 0)\",3\n"
             "\"GEOMETRYCOLLECTION(POINT(1 1))\",4\n\"POLYGON((0 0,1 0,1 1,0 1))\",5\n"
             "\"POLYGON((0 0,1 0,0 0))\",6\n\"POLYGON((0 0,9 0,9 9,0 0),(2 1,3 1,2 1))\",7\n"
             "\"POLYGON((0 0,1 0,1 1\",8\n\"LINESTRING(1 1)\",9\n\"POINT Z (1 2 3)\",10\n"
             "\"TIN(((0 0,1 0,1 1,0 0)))\",11\nnonsense,12\n\"\",13\n\"POLYGON EMPTY\",14\n");
    f->o.crs = "EPSG:4490";
    assert_int_equal(open_ok(f, "w.csv")->n_fields, 1);
    assert_geometry(f, NULL, true);
    assert_geometry(f, &GT_MSG_IO_GEOM_TEXT, false);
    assert_geometry(f, &GT_MSG_GEO_TYPE, false);
    assert_geometry(f, &GT_MSG_GEO_TYPE, false);
    assert_geometry(f, &GT_MSG_GEO_RING_OPEN, true); /* closed, for repair */
    assert_geometry(f, &GT_MSG_GEO_RING_SHORT, false);
    assert_geometry(f, &GT_MSG_GEO_RING_SHORT, false);
    assert_geometry(f, &GT_MSG_IO_GEOM_TEXT, false);
    assert_geometry(f, &GT_MSG_GEO_LINE_SHORT, false);
    assert_geometry(f, NULL, true);
    assert_geometry(f, &GT_MSG_GEO_TYPE, false);
    assert_geometry(f, &GT_MSG_IO_GEOM_TEXT, false);
    assert_geometry(f, NULL, false);
    assert_geometry(f, NULL, true);
    assert_end(f);
}

static void faults_render_in_both_languages(void **state)
{
    fixture *f = *state;
    put_text(test_path(f->dir, "w.csv"), "WKT,n\n\"POLYGON((0 0,1 0,1 1,0 1))\",1\n");
    f->o.crs = "EPSG:4490";
    (void)open_ok(f, "w.csv");
    const gt_source_feature ft = next(f);
    assert_string_equal(ft.geom_fault,
                        "ring 1 is not closed: its first point is not repeated at its end");
    gt_notes *notes = NULL;
    assert_ok(f->ctx, gt_notes_new(f->ctx, 0, &notes));
    assert_ok(f->ctx, gt_notes_add(notes, GT_ERROR, ft.faults[0].message, GT_PLACE(.row = ft.row),
                                   ft.faults[0].args));
    gt_text t;
    gt_text_init(&t, f->ctx, 0);
    gt_notes_render_message(notes, 0, GT_LANG_ZH, &t);
    assert_string_equal(gt_text_cstr(&t), "第 1 个环未闭合：首点与末点不重合");
    gt_text_free(&t);
    gt_notes_free(notes);
}

static void transform_failure_names_the_feature(void **state)
{
    fixture *f = *state;
    put_text(test_path(f->dir, "w.csv"), "lon,lat\n117,40\n117,95\n117,41\n");
    f->o.crs = "EPSG:4490";
    f->o.target_crs = "EPSG:4548";
    (void)open_ok(f, "w.csv");
    assert_geometry(f, NULL, true);
    assert_geometry(f, &GT_MSG_TRANSFORM_POINT, false);
    assert_geometry(f, NULL, true);
    assert_end(f);
}

static const char *const ROWS[] = {"a", "b", "c", "d"};

static void shapefile_with_nan(void **state)
{
    fixture *f = *state;
    write_shp(f->dir, "s", &(shape_plan){.n = 3, .odd = 1, .x = NAN, .y = 10});
    write_dbf(f->dir, "s", 0, "name", 10, ROWS, 3);
    (void)open_ok(f, "s.shp");
    assert_geometry(f, NULL, true);
    assert_geometry(f, &GT_MSG_GEO_NOT_FINITE, false);
    assert_geometry(f, NULL, true);
    assert_end(f);
}

static void shapefile_with_a_lying_record(void **state)
{
    fixture *f = *state;
    static const uint32_t claims[] = {6, 1000000, 0x7FFFFFFF, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        write_shp(f->dir, "s",
                  &(shape_plan){.n = 3, .odd = 1, .x = 20, .y = 10, .claimed = claims[i]});
        write_dbf(f->dir, "s", 0, "name", 10, ROWS, 3);
        (void)open_ok(f, "s.shp");
        assert_geometry(f, NULL, true);
        const gt_source_feature ft = next(f);
        assert_true(ft.geom_fault != NULL && ft.geom == NULL);
        assert_int_equal(ft.row, 2);
        assert_string_equal(ft.values[0].text, "b");
        assert_geometry(f, NULL, true);
        assert_end(f);
    }
}

static void shapefile_cut_short(void **state)
{
    fixture *f = *state;
    size_t len = 0;
    write_shp(f->dir, "s", &(shape_plan){.n = 4, .odd = -1});
    write_dbf(f->dir, "s", 0, "name", 10, ROWS, 4);
    char *shp = test_read_file(test_path(f->dir, "s.shp"), &len);
    test_write_file(test_path(f->dir, "s.shp"), shp, len - 150);
    free(shp);
    (void)open_ok(f, "s.shp");
    assert_geometry(f, NULL, true);
    assert_geometry(f, NULL, true);
    assert_true(next(f).geom_fault != NULL);
    assert_true(next(f).geom_fault != NULL);
    assert_end(f);
}

/* ---- encodings ------------------------------------------------------------------------------- */

#define GBK_SHUITIAN  "\xCB\xAE\xCC\xEF" /* 水田 */
#define GBK_MINGCHENG "\xC3\xFB\xB3\xC6" /* 名称 */

static void assert_text(fixture *f, const char *want)
{
    const gt_source_feature ft = next(f);
    assert_int_equal(ft.n_faults, 0);
    assert_string_equal(ft.values[0].text, want);
}

static void gbk_without_a_word_is_found(void **state)
{
    fixture *f = *state;
    static const uint8_t silent[] = {0, 0x57, 0x03}; /* nothing, "ANSI", Windows */
    const char *const texts[] = {GBK_SHUITIAN, "plain",
                                 "\x81\x39\xEF\x30"}; /* the last: 4 bytes, GB 18030 */
    for (size_t i = 0; i < sizeof silent; i++) {
        write_shp(f->dir, "s", &(shape_plan){.n = 3, .odd = -1});
        write_dbf(f->dir, "s", silent[i], GBK_MINGCHENG, 20, texts, 3);
        const gt_source_info *info = open_ok(f, "s.shp");
        assert_string_equal(info->encoding_used, "GB18030");
        assert_true(info->encoding_assumed);
        assert_string_equal(info->fields[0].name, "名称");
        assert_text(f, "水田");
        assert_text(f, "plain");
        assert_text(f, "\u3401");
        assert_end(f);
    }
}

static void encoding_as_the_file_says(void **state)
{
    fixture *f = *state;
    const char *const gbk[] = {GBK_SHUITIAN}, *const utf8[] = {"水田"},
                      *const big5[] = {"\xA4\xF4"};
    static const char *const says[] = {"GBK",  "936", "ANSI 936", "CP936\r\n", "\xEF\xBB\xBFGB2312",
                                       "54936"};
    write_shp(f->dir, "s", &(shape_plan){.n = 1, .odd = -1});
    write_dbf(f->dir, "s", 0x57, "name", 20, gbk, 1);
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
        put_text(test_path(f->dir, "s.cpg"), says[i]);
        assert_false(open_ok(f, "s.shp")->encoding_assumed);
        assert_text(f, "水田");
    }
    put_text(test_path(f->dir, "s.cpg"), "no such thing");
    assert_true(open_ok(f, "s.shp")->encoding_assumed);
    assert_text(f, "水田");
    assert_int_equal(unlink(test_path(f->dir, "s.cpg")), 0);
    write_dbf(f->dir, "s", 0x4D, "name", 20, gbk, 1);
    assert_string_equal(open_ok(f, "s.shp")->encoding_used, "GBK");
    assert_text(f, "水田");
    write_dbf(f->dir, "s", 0x4F, "name", 20, big5, 1);
    assert_string_equal(open_ok(f, "s.shp")->encoding_used, "BIG5");
    assert_text(f, "水");
    write_dbf(f->dir, "s", 0x57, "name", 20, utf8, 1);
    assert_string_equal(open_ok(f, "s.shp")->encoding_used, "UTF-8");
    assert_text(f, "水田");
}

static void undecodable_bytes_are_a_fault_of_the_field(void **state)
{
    fixture *f = *state;
    const char *const texts[] = {"水田", GBK_SHUITIAN, "地水田"};
    write_shp(f->dir, "s", &(shape_plan){.n = 3, .odd = -1});
    write_dbf(f->dir, "s", 0, "name", 8, texts, 3); /* the last is cut inside a character */
    f->o.encoding = "UTF-8";
    (void)open_ok(f, "s.shp");
    assert_text(f, "水田");
    for (int i = 0; i < 2; i++) {
        const gt_source_feature ft = next(f);
        assert_int_equal(ft.n_faults, 1);
        assert_int_equal(ft.faults[0].field, 0);
        assert_string_equal(ft.faults[0].message->id, "io.text-encoding");
        assert_int_equal(ft.values[0].kind, GT_NULL);
        assert_non_null(ft.geom); /* the rest of the feature is there */
        assert_int_equal(ft.faults[0].args[1].integer, i == 0 ? 3 : 7);
    }
    assert_end(f);
    write_dbf(f->dir, "s", 0, GBK_MINGCHENG, 8, texts, 3);
    assert_fails(f->ctx, open_fails(f, "s.shp"), GT_E_INPUT, "io.field-name");
    f->o.encoding = "klingon";
    assert_fails(f->ctx, open_fails(f, "s.shp"), GT_E_USAGE, "io.encoding-unknown");
}

static void csv_in_gbk(void **state)
{
    fixture *f = *state;
    put_text(test_path(f->dir, "t.csv"), GBK_MINGCHENG ",n\n" GBK_SHUITIAN ",1\n");
    const gt_source_info *info = open_ok(f, "t.csv");
    assert_true(info->encoding_assumed);
    assert_false(info->has_geometry);
    assert_string_equal(info->fields[0].name, "名称");
    assert_text(f, "水田");
    f->o.where = "\"名称\" = '水田'";
    (void)open_ok(f, "t.csv");
    assert_text(f, "水田");
    assert_end(f);
    f->o.where = "名称 ==== 3";
    assert_fails(f->ctx, open_fails(f, "t.csv"), GT_E_INPUT, "io.bad-filter");
}

/* ---- CRS ------------------------------------------------------------------------------------- */

static void crs_missing_or_wrong(void **state)
{
    fixture *f = *state;
    write_shp(f->dir, "s", &(shape_plan){.n = 1, .odd = -1});
    write_dbf(f->dir, "s", 0, "name", 8, ROWS, 1);
    assert_null(open_ok(f, "s.shp")->crs_name); /* fine as long as nothing is to be transformed */
    f->o.target_crs = "EPSG:4548";
    assert_fails(f->ctx, open_fails(f, "s.shp"), GT_E_INPUT, "io.no-crs");
    f->o.crs = "EPSG:nonsense";
    assert_fails(f->ctx, open_fails(f, "s.shp"), GT_E_INPUT, "geo.crs-unknown");
    make_squares(f->dir, "m.geojson", 1);
    convert(f->dir, "GPKG", "m.gpkg", "m.geojson", "");
    f->o.crs = "EPSG:4490"; /* metres called degrees */
    assert_fails(f->ctx, open_fails(f, "m.gpkg"), GT_E_INPUT, "io.crs-implausible");
    put_text(test_path(f->dir, "d.csv"),
             "WKT,n\n\"POINT(116.4 39.9)\",1\n\"POINT(116.5 39.8)\",2\n");
    convert(f->dir, "GPKG", "d.gpkg", "d.csv", "-a_srs EPSG:4490");
    f->o.crs = "EPSG:4548"; /* degrees called metres */
    assert_fails(f->ctx, open_fails(f, "d.gpkg"), GT_E_INPUT, "io.crs-degrees");
    f->o.crs = NULL;
    assert_int_equal(open_ok(f, "d.gpkg")->crs_epsg, 4490);
}

static void esri_prj_is_recognised(void **state)
{
    fixture *f = *state;
    write_shp(f->dir, "s", &(shape_plan){.n = 1, .odd = -1});
    write_dbf(f->dir, "s", 0, "name", 8, ROWS, 1);
    put_text(test_path(f->dir, "s.prj"),
             "PROJCS[\"CGCS2000_3_Degree_GK_CM_117E\",GEOGCS[\"GCS_China_Geodetic_Coordinate_"
             "System_2000\","
             "DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137.0,298.257222101]],PRIMEM["
             "\"Greenwich\","
             "0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Gauss_Kruger\"],PARAMETER["
             "\"False_Easting\",500000.0],PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_"
             "Meridian\","
             "117.0],PARAMETER[\"Scale_Factor\",1.0],PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT["
             "\"Meter\",1.0]]");
    assert_int_equal(open_ok(f, "s.shp")->crs_epsg, 4548);
}

/* ---- whole files ----------------------------------------------------------------------------- */

static void cut_files_do_not_pass(void **state)
{
    fixture *f = *state;
    static const char *const kinds[][2] = {
        {"GPKG", "c.gpkg"}, {"FlatGeobuf", "c.fgb"}, {"GeoJSON", "c.geojson"}, {"GML", "c.gml"}};
    make_squares(f->dir, "s.geojson", 3000);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        convert(f->dir, kinds[k][0], kinds[k][1], "s.geojson", "");
        for (int tenth = 1; tenth < 10; tenth++) {
            size_t len = 0;
            char *all = test_read_file(test_path(f->dir, kinds[k][1]), &len);
            const char *path = test_path(f->dir, tenth < 5 ? "cut" : "cut2");
            char name[64];
            (void)snprintf(name, sizeof name, "cut%zu_%d%s", k, tenth, strchr(kinds[k][1], '.'));
            path = test_path(f->dir, name);
            test_write_file(path, all, len * (size_t)tenth / 10);
            free(all);
            gt_source *s = NULL;
            counted c = {0};
            gt_status st = gt_source_open(f->ctx, path, &f->o, &s);
            if (st == GT_OK) {
                st = read_all(f->ctx, s, &c);
            }
            /* refused as a whole, or every record that is not sound says so */
            if (st == GT_OK) {
                print_error("%s read without complaint (%ld features)\n", name, c.n);
            }
            assert_int_equal(st, GT_E_INPUT);
            assert_string_equal(gt_error_place(f->ctx)->file, path);
            gt_error_clear(f->ctx);
            gt_source_close(s);
        }
    }
}

static void empty_layers_are_no_error(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "s.geojson", 3);
    convert(f->dir, "GPKG", "e.gpkg", "s.geojson", "-where 'n > 10'");
    convert(f->dir, "ESRI Shapefile", "e.shp", "s.geojson", "-where 'n > 10'");
    convert(f->dir, "FlatGeobuf", "e.fgb", "s.geojson", "-where 'n > 10'");
    static const char *const names[] = {"e.gpkg", "e.shp", "e.fgb"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(open_ok(f, names[i])->n_features <= 0); /* FlatGeobuf writes 0 for not known */
        assert_end(f);
    }
    put_text(test_path(f->dir, "n.geojson"), "{\"type\":\"FeatureCollection\",\"features\":[]}");
    (void)open_ok(f, "n.geojson");
    assert_end(f);
}

static void geopackage_blob_that_is_none(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "s.geojson", 5);
    convert(f->dir, "GPKG", "b.gpkg", "s.geojson", "-nln b -lco SPATIAL_INDEX=NO");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(test_path(f->dir, "b.gpkg"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE b SET geom = x'47500001' WHERE fid = 2;"
                                  "UPDATE b SET geom = substr(geom, 1, 60) WHERE fid = 4;"
                                  "DELETE FROM b WHERE fid = 3",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (int plain = 0; plain < 2; plain++) {
        f->o.plain = plain == 1;
        (void)open_ok(f, "b.gpkg");
        assert_geometry(f, NULL, true);
        assert_null(next(f).geom); /* GDAL tells such a blob from NULL by no sign */
        const gt_source_feature cut = next(f);
        assert_int_equal(cut.fid, 4);
        assert_int_equal(cut.row, 3);
        assert_null(cut.geom);
        assert_geometry(f, NULL, true);
        assert_end(f);
    }
}

static void geopackage_with_a_write_ahead_log(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "s.geojson", 5);
    convert(f->dir, "GPKG", "b.gpkg", "s.geojson", "-nln b -lco SPATIAL_INDEX=NO");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(test_path(f->dir, "b.gpkg"), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA journal_mode=WAL; UPDATE b SET note = 'new' WHERE fid = 1", NULL,
                     NULL, NULL),
        SQLITE_OK);
    (void)open_ok(f, "b.gpkg"); /* while the writer has it open: what is committed is seen */
    assert_string_equal(next(f).values[4].text, "new");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(geometry_faults_travel_with_their_feature),
        CASE(faults_render_in_both_languages),
        CASE(transform_failure_names_the_feature),
        CASE(shapefile_with_nan),
        CASE(shapefile_with_a_lying_record),
        CASE(shapefile_cut_short),
        CASE(gbk_without_a_word_is_found),
        CASE(encoding_as_the_file_says),
        CASE(undecodable_bytes_are_a_fault_of_the_field),
        CASE(csv_in_gbk),
        CASE(crs_missing_or_wrong),
        CASE(esri_prj_is_recognised),
        CASE(cut_files_do_not_pass),
        CASE(empty_layers_are_no_error),
        CASE(geopackage_blob_that_is_none),
        CASE(geopackage_with_a_write_ahead_log),
    };
    return cmocka_run_group_tests_name("io.faults", tests, NULL, NULL);
}
