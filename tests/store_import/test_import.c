/* Import of small files: what goes in, what is refused and why, repair, reports, export. */
#include "world.h"

#include <jansson.h>

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
#define STD     &world_standard

/* ---- good files
 * ----------------------------------------------------------------------------------- */

static void a_file_becomes_a_revision(void **state)
{
    world *w = *state;
    make_good(w, "a.geojson", 120);
    w->options.as_of = gt_date_from_ymd(2020, 12, 31);
    w->options.reason = "survey 2020";
    assert_imported(w, STD, "a.geojson");
    assert_int_equal(w->report.n_read, 120);
    assert_int_equal(w->report.n_written, 120);
    assert_int_equal(w->report.revision, 1);
    assert_int_equal(gt_notes_count(w->report.notes, GT_INFO), 0);
    assert_null(w->report.report); /* nothing to say */
    gt_layer_info info = layer(w, "parcels");
    assert_int_equal(info.n_features, 120);
    assert_int_equal(info.valid_from, gt_date_from_ymd(2020, 12, 31));
    assert_near(info.area_m2, w->report.area_m2, 1e-6);
    /* 56 to 60 km from the meridian: (1 + y^2/R^2) smaller than in the plane */
    assert_near(info.area_m2 / 120, 10000.0 / (1 + pow(58000.0 / 6.37e6, 2)), 0.1);
    assert_near(w->report.box.xmin, 440000, 0);
    assert_near(w->report.box.ymax, 4420300, 0);
    gt_revision r;
    assert_ok(w->ctx, gt_store_revision_info(w->ctx, w->store, 1, &r));
    assert_string_equal(r.author, "tester");
    assert_string_equal(r.reason, "survey 2020");
    assert_non_null(strstr(r.message, "a.geojson"));
    assert_ok(w->ctx, gt_store_verify(w->ctx, w->store));
}

static void read_first(world *w, const char *id, gt_feature *out, gt_scan **scan)
{
    gt_query q;
    bool more;
    gt_query_init(&q, "parcels");
    q.id = id;
    assert_ok(w->ctx, gt_scan_open(w->ctx, w->store, &q, scan));
    assert_ok(w->ctx, gt_scan_next(w->ctx, *scan, out, &more));
    assert_true(more);
}

static void columns_are_found_by_name_and_alias(void **state)
{
    world *w = *state;
    FILE *f = begin_json(w, "a.geojson", 4548);
    end_json(f, 0, 0,
             "\"Parcel_No\":\"a1\",\"地类编码\":\"0103\",\"图斑面积\":\"9999.5\",\"other\":1,"
             "\"ZLDWMC\":\"八达岭镇\"");
    assert_imported(w, STD, "a.geojson");
    gt_feature got;
    gt_scan *scan;
    read_first(w, "a1", &got, &scan);
    assert_string_equal(got.values[W_DLBM].text, "0103");
    assert_string_equal(got.values[W_ZLDWMC].text, "八达岭镇");
    assert_near(got.values[W_TBMJ].real, 9999.5, 0);
    assert_int_equal(got.values[W_NUMBER].kind, GT_NULL);
    gt_scan_close(scan);
    assert_int_equal(count(w, "import.columns-ignored"), 1);
    assert_int_equal(count(w, "import.columns-missing"), 1);
    assert_int_equal(count(w, "qc.converted"), 1); /* the area was text */
    assert_string_equal(place_of(w, "qc.converted")->field, "tbmj");
}

static void a_gbk_shapefile(void **state)
{
    world *w = *state;
    char command[4096];
    make_good(w, "a.geojson", 30);
    for (int round = 0; round < 3; round++) {
        (void)snprintf(command, sizeof command,
                       "cd '%s' && rm -f s.* && ogr2ogr -f 'ESRI Shapefile' -lco ENCODING=%s s.shp "
                       "a.geojson 2>ogr.log%s",
                       w->dir, round == 2 ? "GB18030" : "GBK", round == 0 ? "" : " && rm -f s.cpg");
        run(command);
        w->options.encoding = round == 2 ? "GB18030" : NULL;
        assert_imported(w, STD, "s.shp");
        gt_feature got;
        gt_scan *scan;
        read_first(w, "P0000003", &got, &scan);
        assert_string_equal(got.values[W_ZLDWMC].text, "延庆镇3村");
        assert_int_equal(got.values[W_NUMBER].integer, 3); /* the name was cut to plan_numbe */
        gt_scan_close(scan);
    }
}

static void a_new_survey_ends_the_old(void **state)
{
    world *w = *state;
    make_good(w, "a.geojson", 20);
    make_good(w, "b.geojson", 12);
    w->options.as_of = gt_date_from_ymd(2019, 12, 31);
    assert_imported(w, STD, "a.geojson");
    w->options.as_of = gt_date_from_ymd(2020, 12, 31);
    assert_imported(w, STD, "b.geojson");
    assert_int_equal(layer(w, "parcels").n_features, 12);
    gt_query q;
    gt_scan *scan;
    gt_query_init(&q, "parcels");
    q.as_of_date = gt_date_from_ymd(2020, 6, 30);
    assert_ok(w->ctx, gt_scan_open(w->ctx, w->store, &q, &scan));
    int n = 0;
    for (bool more = true;; n++) {
        gt_feature f;
        assert_ok(w->ctx, gt_scan_next(w->ctx, scan, &f, &more));
        if (!more) {
            break;
        }
    }
    gt_scan_close(scan);
    assert_int_equal(n, 20);
}

static void a_dry_run_changes_nothing(void **state)
{
    world *w = *state;
    char before[GT_HASH_HEX], after[GT_HASH_HEX];
    make_good(w, "a.geojson", 10);
    world_digest(w, before);
    w->options.dry_run = true;
    assert_imported(w, STD, "a.geojson");
    world_digest(w, after);
    assert_string_equal(before, after);
    assert_int_equal(w->report.n_read, 10);
    assert_int_equal(w->report.n_written, 0);
    assert_int_equal(w->report.revision, 0);
}

static void lines_points_and_tables(void **state)
{
    world *w = *state;
    static const gt_field name = {.name = "name", .title = {"名称", "name"}, .type = GT_FIELD_TEXT};
    gt_standard s = {.id = "roads",
                     .title = {"道路", "roads"},
                     .theme = "t",
                     .geom_type = GT_MULTILINESTRING,
                     .fields = &name,
                     .n_fields = 1};
    FILE *f = begin_json(w, "l.geojson", 4548);
    put_shape(f, "\"name\":\"G7\"", "LineString", "[[440000,4420000],[441000,4420500]]");
    put_shape(f, "\"name\":\"S2\"", "MultiLineString",
              "[[[440000,4420000],[441000,4420500]],[[442000,4420000],[443000,4420500]]]");
    (void)fseek(f, -2, SEEK_CUR);
    (void)fputs("]}", f);
    (void)fclose(f);
    assert_imported(w, &s, "l.geojson");
    assert_int_equal(layer(w, "roads").n_features, 2);
    assert_near(w->report.area_m2, 0, 0);
    f = begin_json(w, "p.geojson", 4548);
    put_shape(f, "\"name\":\"A\"", "Point", "[440000,4420000]");
    put_shape(f, "\"name\":\"B\"", "MultiPoint", "[[440000,4420000]]");
    (void)fseek(f, -2, SEEK_CUR);
    (void)fputs("]}", f);
    (void)fclose(f);
    s.id = "wells";
    s.geom_type = GT_POINT;
    assert_imported(w, &s, "p.geojson");
    test_write_file(test_path(w->dir, "t.csv"), "name,x\nfirst,1\nsecond,2\n", 23);
    s.id = "list";
    s.geom_type = GT_GEOM_NONE;
    assert_imported(w, &s, "t.csv");
    assert_int_equal(layer(w, "list").n_features, 2);
    s.id = "wells2"; /* a table where shapes are wanted */
    s.geom_type = GT_POINT;
    assert_refused(w, &s, "t.csv", "import.no-geometry", 3);
    f = begin_json(w, "mp.geojson", 4548);
    put_shape(f, "\"name\":\"B\"", "MultiPoint", "[[440000,4420000],[440001,4420001]]");
    (void)fseek(f, -2, SEEK_CUR);
    (void)fputs("]}", f);
    (void)fclose(f);
    assert_refused(w, &s, "mp.geojson", "qc.wrong-type", 1);
}

/* ---- bad geometry
 * ---------------------------------------------------------------------------------- */

static void one_bad_polygon_refuses_the_file(void **state)
{
    world *w = *state;
    make_good(w, "good.geojson", 5);
    assert_imported(w, STD, "good.geojson");
    FILE *f = begin_json(w, "bad.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0101"));
    put_shape(
        f, PROPS("b", "0103"), "Polygon",
        "[[[441000,4420000],[441100,4420100],[441100,4420000],[441000,4420100],[441000,4420000]]]");
    end_json(f, 2, 0, PROPS("c", "0301"));
    assert_refused(w, STD, "bad.geojson", "qc.self-crossing", 1);
    const gt_place *p = place_of(w, "qc.self-crossing");
    assert_int_equal(p->row, 2);
    assert_string_equal(p->feature, "b");
    assert_string_equal(p->layer, "parcels");
    assert_near(p->x, 441050, 1e-9);
    assert_near(p->y, 4420050, 1e-9);
    assert_int_equal(layer(w, "parcels").n_features, 5);
    /* and the map of findings opens: one point, where the fault is */
    char command[4096];
    (void)snprintf(command, sizeof command,
                   "ogrinfo -al '%s.gpkg' qc_findings | grep -q 'POINT (441050 4420050)'",
                   w->report.report);
    run(command);
}

static void repair_lists_what_it_did(void **state)
{
    world *w = *state;
    FILE *f = begin_json(w, "bad.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0101"));
    put_shape(
        f, PROPS("bow", "0103"), "Polygon",
        "[[[441000,4420000],[441100,4420100],[441100,4420000],[441000,4420100],[441000,4420000]]]");
    put_shape(f, PROPS("open", "0103"), "Polygon",
              "[[[442000,4420000],[442100,4420000],[442100,4420100],[442000,4420100]]]");
    put_shape(
        f, PROPS("twice", "0103"), "Polygon",
        "[[[443000,4420000],[443000,4420000],[443100,4420000],[443100,4420100],[443000,4420000]]]");
    put_shape(f, PROPS("flat", "0103"), "MultiPolygon",
              "[[[[444000,4420000],[444100,4420000],[444100,4420100],[444000,4420000]]],"
              "[[[444500,4420000],[444600,4420000],[444550,4420000],[444500,4420000]]]]");
    end_json(f, 1, 0, PROPS("z", "0301"));
    assert_refused(w, STD, "bad.geojson", "qc.self-crossing", 3);
    assert_int_equal(count(w, "qc.zero-area"), 1);
    assert_int_equal(count(w, "qc.unclosed-ring"), 1);
    assert_int_equal(count(w, "qc.repeated-points"), 1);
    w->options.repair = true;
    assert_imported(w, STD, "bad.geojson");
    assert_int_equal(w->report.n_repaired, 4);
    assert_int_equal(w->report.n_written, 6);
    assert_int_equal(count(w, "qc.mended-rebuilt"), 1);
    assert_int_equal(count(w, "qc.mended-closed"), 1);
    assert_int_equal(count(w, "qc.mended-repeated"), 1);
    assert_int_equal(count(w, "qc.mended-dropped"), 1);
    assert_string_equal(place_of(w, "qc.mended-rebuilt")->feature, "bow");
    assert_non_null(w->report.report);
    /* what was stored is sound */
    gt_notes *notes;
    gt_qc_summary sum;
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &notes));
    assert_ok(w->ctx, gt_qc_layer(w->ctx, w->store, "parcels", NULL, notes, &sum));
    assert_int_equal(gt_notes_count(notes, GT_ERROR), 0);
    assert_int_equal(sum.n_features, 6);
    gt_notes_free(notes);
}

static void what_cannot_be_mended_stays(void **state)
{
    world *w = *state;
    FILE *f = begin_json(w, "bad.geojson", 4548);
    put_shape(f, PROPS("flat", "0103"), "Polygon",
              "[[[444500,4420000],[444600,4420000],[444550,4420000],[444500,4420000]]]");
    put_shape(f, PROPS("empty", "0103"), "Polygon", "[]");
    (void)fprintf(f, "{\"type\":\"Feature\",\"properties\":{%s},\"geometry\":null},\n",
                  PROPS("none", "0103"));
    end_json(f, 0, 0, PROPS("a", "0101"));
    w->options.repair = true;
    assert_refused(w, STD, "bad.geojson", "qc.empty", 3);
}

/* Overwrites bytes of a file. */
static void patch(const char *path, long at, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void not_a_number_in_a_shapefile(void **state)
{
    world *w = *state;
    char command[4096];
    make_good(w, "a.geojson", 3);
    (void)snprintf(command, sizeof command, "cd '%s' && ogr2ogr s.shp a.geojson 2>ogr.log", w->dir);
    run(command);
    const double bad[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        /* file head 100, record head 8, type 4, box 32, counts 8, part 4: the first x */
        patch(test_path(w->dir, "s.shp"), 156, &bad[i], sizeof bad[i]);
        gt_status st = world_import(w, STD, "s.shp");
        assert_fails(w->ctx, st, GT_E_INPUT, "import.refused");
        assert_int_equal(gt_notes_count(w->report.notes, GT_ERROR), 1);
        const gt_place *p;
        gt_notes_get(w->report.notes, 1, NULL, NULL, &p); /* after the remark on a cut name */
        assert_int_equal(p->row, 1);
        assert_string_equal(p->feature, "P0000000");
        assert_int_equal(gt_store_revision(w->store), 0);
    }
}

static void truncated_files(void **state)
{
    world *w = *state;
    char command[4096];
    make_good(w, "a.geojson", 400);
    (void)snprintf(command, sizeof command,
                   "cd '%s' && ogr2ogr s.shp a.geojson 2>ogr.log && ogr2ogr g.gpkg a.geojson && "
                   "ogr2ogr f.fgb a.geojson && truncate -s 20000 s.shp g.gpkg f.fgb a.geojson",
                   w->dir);
    run(command);
    static const char *const files[] = {"s.shp", "g.gpkg", "f.fgb", "a.geojson"};
    char before[GT_HASH_HEX], after[GT_HASH_HEX];
    world_digest(w, before);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gt_status st = world_import(w, STD, files[i]);
        if (st == GT_OK) {
            print_error("%s: a truncated file was taken\n", files[i]);
        }
        assert_int_equal(gt_status_exit_code(st), 3);
        assert_true(gt_failed(w->ctx));
        assert_non_null(gt_error_place(w->ctx)->file);
        gt_error_clear(w->ctx);
        world_digest(w, after);
        assert_string_equal(before, after);
    }
    assert_fails(w->ctx, world_import(w, STD, "nowhere.gpkg"), GT_E_NOT_FOUND, NULL);
    test_write_file(test_path(w->dir, "zero.gpkg"), "", 0);
    assert_fails(w->ctx, world_import(w, STD, "zero.gpkg"), GT_E_INPUT, NULL);
    test_write_file(test_path(w->dir, "noise.gpkg"), "this is no map", 14);
    assert_fails(w->ctx, world_import(w, STD, "noise.gpkg"), GT_E_INPUT, NULL);
}

/* A star of n vertices; with `cross`, one vertex is pulled through the far side. Written by our own
 * sink: GeoJSON would take GDAL longer to read than the rest of this file. */
static void make_large(const world *w, const char *name, long n, bool cross)
{
    gt_geom g;
    gt_sink *sink;
    uint8_t *blob = NULL;
    size_t cap = 0;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_MULTIPOLYGON);
    for (long i = 0; i <= n; i++) {
        double a = 6.283185307179586 * (double)(i % n) / (double)n;
        double r = cross && i == n / 2 ? -30000.0 : 10000.0 + (double)(i % 2);
        assert_ok(w->ctx, gt_geom_add_point(w->ctx, &g, 450000 + r * cos(a), 4420000 + r * sin(a)));
    }
    assert_ok(w->ctx, gt_geom_end_ring(w->ctx, &g));
    assert_ok(w->ctx, gt_geom_end_part(w->ctx, &g));
    gt_value v[W_FIELDS] = {0};
    v[W_BSM] = (gt_value){.kind = GT_VAL_TEXT, .text = "big", .len = 3};
    v[W_DLBM] = (gt_value){.kind = GT_VAL_TEXT, .text = "0101", .len = 4};
    gt_feature f = {.id = "big",
                    .valid_from = GT_DATE_NONE,
                    .valid_to = GT_DATE_NONE,
                    .box = gt_geom_box(&g),
                    .values = v,
                    .n_values = W_FIELDS};
    assert_ok(w->ctx, gt_geom_to_gpkg(w->ctx, &g, 4548, &blob, &cap, &f.blob_len));
    f.blob = blob;
    assert_ok(w->ctx, gt_sink_open(w->ctx, test_path(w->dir, name), NULL, "big", STD, "EPSG:4548",
                                   NULL, &sink));
    assert_ok(w->ctx, gt_sink_put(w->ctx, sink, &f));
    assert_ok(w->ctx, gt_sink_close(w->ctx, sink));
    gt_free(w->ctx, blob);
    gt_geom_free(w->ctx, &g);
}

static void a_million_vertices(void **state)
{
    world *w = *state;
    make_large(w, "big.gpkg", 1000000, false);
    assert_imported(w, STD, "big.gpkg");
    assert_near(w->report.area_m2 / 1e6, 314.19, 0.1);
    make_large(w, "cross.gpkg", 1000000, true);
    assert_refused(w, STD, "cross.gpkg", "qc.self-crossing", 1);
    w->options.max_points = 999999;
    assert_refused(w, STD, "big.gpkg", "qc.too-many-vertices", 1);
}

static void thresholds_and_bounds(void **state)
{
    world *w = *state;
    gt_standard s = world_standard;
    s.qc = (gt_qc_rules){.min_area_m2 = 400,
                         .min_width_m = 1,
                         .min_angle_deg = 5,
                         .has_bounds = true,
                         .bounds = {430000, 4400000, 450000, 4500000}};
    FILE *f = begin_json(w, "a.geojson", 4548);
    put_shape(f, PROPS("small", "0101"), "Polygon",
              "[[[440000,4420000],[440010,4420000],[440010,4420010],[440000,4420000]]]");
    put_shape(f, PROPS("thin", "0101"), "Polygon",
              "[[[441000,4420000],[442000,4420000],[442000,4420000.5],[441000,4420000.5],[441000,"
              "4420000]]]");
    end_json(f, 3, 0, PROPS("a", "0101"));
    assert_imported(w, &s, "a.geojson"); /* worth a look, but sound */
    assert_int_equal(count(w, "qc.sliver-area"), 1);
    assert_int_equal(count(w, "qc.sliver-width"), 1);
    assert_int_equal(gt_notes_count(w->report.notes, GT_ERROR), 0);
    f = begin_json(w, "b.geojson", 4548);
    put_square(f, 3, 0, PROPS("in", "0101"));
    end_json(f, 200, 0, PROPS("out", "0101"));
    assert_refused(w, &s, "b.geojson", "qc.out-of-bounds", 1);
    assert_string_equal(place_of(w, "qc.out-of-bounds")->feature, "out");
}

/* ---- wrong place
 * ---------------------------------------------------------------------------------- */

static void square_at(const world *w, const char *name, int epsg, double x, double y, double size)
{
    char c[512];
    FILE *f = begin_json(w, name, epsg);
    (void)snprintf(c, sizeof c, "[[[%.7f,%.7f],[%.7f,%.7f],[%.7f,%.7f],[%.7f,%.7f]]]", x, y,
                   x + size, y, x + size, y + size, x, y);
    put_shape(f, PROPS("a", "0101"), "Polygon", c);
    (void)fseek(f, -2, SEEK_CUR);
    (void)fputs("]}", f);
    (void)fclose(f);
}

static const char *arg_text(const world *w, const char *id)
{
    static char text[2048];
    gt_text t;
    gt_text_init(&t, w->ctx, 0);
    for (size_t i = 0; i < gt_notes_kept(w->report.notes); i++) {
        const gt_message *m;
        gt_notes_get(w->report.notes, i, NULL, &m, NULL);
        if (strcmp(m->id, id) == 0) {
            gt_notes_render(w->report.notes, i, GT_LANG_EN, &t);
        }
    }
    (void)snprintf(text, sizeof text, "%s", gt_text_cstr(&t));
    gt_text_free(&t);
    return text;
}

static void wrong_places_are_named(void **state)
{
    world *w = *state;
    square_at(w, "ok.geojson", 4490, 116.4, 39.9, 0.01);
    assert_imported(w, STD, "ok.geojson");
    square_at(w, "west.geojson", 4490, 115.42, 39.9,
              0.01); /* 0.08 degree outside the zone: Beijing */
    assert_imported(w, STD, "west.geojson");
    square_at(w, "swapped.geojson", 4490, 39.9, 116.4 - 90, 0.01);
    assert_refused(w, STD, "swapped.geojson", "import.outside-area", 2);
    square_at(w, "swapped.geojson", 4490, 39.9, 89.4, 0.01);
    assert_refused(w, STD, "swapped.geojson", "qc.outside-crs", 2);
    square_at(w, "alps.geojson", 32632, 540000, 5220000, 100);
    assert_refused(w, STD, "alps.geojson", "import.outside-area", 2);
    square_at(w, "degrees.geojson", 4548, 116.4, 39.9, 0.01);
    assert_refused(w, STD, "degrees.geojson", "import.degrees-in-metres", 2);
    assert_non_null(strstr(arg_text(w, "import.degrees-in-metres"), "--crs EPSG:4490"));
    square_at(w, "zone.geojson", 4548, 39448000, 4418000, 100); /* zone number in front */
    assert_refused(w, STD, "zone.geojson", "import.wrong-crs", 2);
    assert_non_null(strstr(arg_text(w, "import.wrong-crs"), "EPSG:4527"));
    square_at(w, "mercator.geojson", 4548, 12957000, 4852000, 100);
    assert_refused(w, STD, "mercator.geojson", "import.wrong-crs", 2);
    assert_non_null(strstr(arg_text(w, "import.wrong-crs"), "EPSG:3857"));
    square_at(w, "north-first.geojson", 4548, 4418000, 448000, 100);
    assert_refused(w, STD, "north-first.geojson", "import.axes-swapped", 2);
    gt_standard s = world_standard; /* a layer with bounds says so once more, not less */
    s.qc.has_bounds = true;
    s.qc.bounds = (gt_box){390000, 4350000, 560000, 4560000};
    assert_refused(w, &s, "north-first.geojson", "import.axes-swapped", 2);
    assert_int_equal(count(w, "qc.out-of-bounds"), 1);
    /* said right, they go in */
    w->options.crs = "EPSG:3857";
    assert_imported(w, STD, "mercator.geojson");
    w->options.crs = "EPSG:4527";
    assert_imported(w, STD, "zone.geojson");
}

static void old_datums_are_told(void **state)
{
    world *w = *state;
    square_at(w, "x80.geojson", 2384, 448000, 4418000, 100); /* Xian 1980, zone 117 */
    gt_status st = world_import(w, STD, "x80.geojson");
    assert_ok(w->ctx, st);
    assert_int_equal(count(w, "import.ballpark"), 1);
    square_at(w, "w84.geojson", 32650, 448000, 4418000, 100);
    assert_imported(w, STD, "w84.geojson");
    assert_int_equal(count(w, "import.ballpark"), 0);
}

/* What is held at once must not follow the file: ten times the rows, a fraction more memory. */
static void memory_does_not_follow_the_file(void **state)
{
    world *w = *state;
    static const int sizes[2] = {20000, 200000};
    size_t peak[2];
    char path[4096];
    for (int i = 0; i < 2; i++) {
        gt_geom g;
        gt_sink *sink;
        uint8_t *blob = NULL;
        size_t cap = 0;
        gt_geom_init(&g);
        (void)snprintf(path, sizeof path, "%s/m%d.fgb", w->dir, i);
        assert_ok(w->ctx, gt_sink_open(w->ctx, path, NULL, "m", STD, "EPSG:4548", NULL, &sink));
        for (int k = 0; k < sizes[i]; k++) {
            char id[16];
            int n = snprintf(id, sizeof id, "P%07d", k);
            gt_geom_reset(&g, GT_POLYGON);
            for (int p = 0; p <= 16; p++) {
                double a = 6.283185307179586 * (p % 16) / 16;
                double x = 440000 + 100.0 * (k % 500), y = 4420000 + 100.0 * (k / 500);
                assert_ok(w->ctx, gt_geom_add_point(w->ctx, &g, x + 40 * cos(a), y + 40 * sin(a)));
            }
            assert_ok(w->ctx, gt_geom_end_ring(w->ctx, &g));
            assert_ok(w->ctx, gt_geom_end_part(w->ctx, &g));
            gt_value v[W_FIELDS] = {0};
            v[W_BSM] = (gt_value){.kind = GT_VAL_TEXT, .text = id, .len = (size_t)n};
            v[W_DLBM] = (gt_value){.kind = GT_VAL_TEXT, .text = "0101", .len = 4};
            gt_feature f = {.id = id,
                            .valid_from = GT_DATE_NONE,
                            .valid_to = GT_DATE_NONE,
                            .box = gt_geom_box(&g),
                            .values = v,
                            .n_values = W_FIELDS};
            assert_ok(w->ctx, gt_geom_to_gpkg(w->ctx, &g, 4548, &blob, &cap, &f.blob_len));
            f.blob = blob;
            assert_ok(w->ctx, gt_sink_put(w->ctx, sink, &f));
        }
        assert_ok(w->ctx, gt_sink_close(w->ctx, sink));
        gt_free(w->ctx, blob);
        gt_geom_free(w->ctx, &g);
        world u;
        world_open(&u, "EPSG:4548", NULL);
        assert_imported(&u, STD, path);
        assert_int_equal(u.report.n_written, sizes[i]);
        peak[i] = gt_ctx_memory_peak(u.ctx);
        world_close(&u);
    }
    struct stat file;
    assert_int_equal(stat(path, &file), 0);
    print_message("  peak %.1f MiB at %d rows, %.1f at %d; the larger file has %.1f MiB\n",
                  (double)peak[0] / 1048576, sizes[0], (double)peak[1] / 1048576, sizes[1],
                  (double)file.st_size / 1048576);
    /* the store's box sorter (32 bytes a row, at most 32 MiB) and the duplicate runs may still grow
     */
    assert_true(peak[1] < peak[0] + (size_t)sizes[1] * 80 + (4 << 20));
    assert_true(peak[1] < (size_t)file.st_size);
}

static void axes_swapped_in_degrees(void **state)
{
    world *w = *state;
    gt_standard s = world_standard;
    world u; /* a place where both orders are possible degrees: UTM 31, 3 E 48 N */
    square_at(w, "x.geojson", 4326, 48.0, 3.0, 0.01);
    world_open(&u, "EPSG:32631", NULL);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/x.geojson", w->dir);
    assert_refused(&u, &s, path, "import.axes-swapped", 2);
    world_close(&u);
}

static void no_crs_and_impossible_degrees(void **state)
{
    world *w = *state;
    char command[4096];
    make_good(w, "a.geojson", 3);
    (void)snprintf(command, sizeof command,
                   "cd '%s' && ogr2ogr s.shp a.geojson 2>ogr.log && rm -f s.prj && "
                   "ogr2ogr -a_srs EPSG:4326 d.gpkg a.geojson",
                   w->dir);
    run(command);
    assert_fails(w->ctx, world_import(w, STD, "s.shp"), GT_E_INPUT, "io.no-crs");
    w->options.crs = "EPSG:4548";
    assert_imported(w, STD, "s.shp");
    w->options.crs = NULL;
    gt_status st = world_import(w, STD, "d.gpkg"); /* metres called degrees */
    assert_int_equal(st, GT_E_INPUT);
    gt_error_clear(w->ctx);
    w->options.crs = "nonsense";
    assert_int_equal(gt_status_exit_code(world_import(w, STD, "s.shp")), 3);
    gt_error_clear(w->ctx);
}

/* ---- bad attributes
 * ---------------------------------------------------------------------------------- */

static void attributes_are_checked(void **state)
{
    world *w = *state;
    FILE *f = begin_json(w, "a.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0104"));
    put_square(f, 1, 0, "\"bsm\":\"b\",\"dlbm\":null");
    put_square(f, 2, 0, "\"bsm\":\"a-number-of-more-than-18\",\"dlbm\":\"0101\"");
    put_square(f, 3, 0, PROPS("d", "0101") ",\"tbmj\":-1");
    put_square(f, 4, 0, PROPS("e", "0101") ",\"tbmj\":12000");
    put_square(f, 5, 0, "\"dlbm\":\"0101\"");
    end_json(f, 6, 0, PROPS("g", "旱地"));
    assert_refused(w, STD, "a.geojson", "qc.unknown-code", 6);
    assert_int_equal(count(w, "qc.unknown-code"), 2);
    assert_int_equal(count(w, "qc.required"), 2);
    assert_int_equal(count(w, "qc.text-too-long"), 1);
    assert_int_equal(count(w, "qc.out-of-range"), 1);
    assert_int_equal(count(w, "qc.stated-area"), 1); /* a warning: 10,000 m2 in truth */
    const gt_place *p = place_of(w, "qc.unknown-code");
    assert_string_equal(p->field, "dlbm");
    assert_string_equal(p->feature, "a");
    assert_true(p->has_xy);
    assert_non_null(strstr(arg_text(w, "qc.unknown-code"), "Dry land"));
}

static void missing_columns(void **state)
{
    world *w = *state;
    FILE *f = begin_json(w, "a.geojson", 4548);
    end_json(f, 0, 0, "\"dlbm\":\"0101\"");
    assert_refused(w, STD, "a.geojson", "import.no-column", 1);
    assert_string_equal(place_of(w, "import.no-column")->field, "bsm");
}

static void duplicates(void **state)
{
    world *w = *state;
    FILE *f = begin_json(w, "ids.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0101"));
    put_square(f, 1, 0, PROPS("b", "0101"));
    put_square(f, 2, 0, PROPS("a", "0101"));
    end_json(f, 3, 0, PROPS("a", "0101"));
    assert_refused(w, STD, "ids.geojson", "qc.duplicate-id", 2);
    assert_int_equal(place_of(w, "qc.duplicate-id")->row, 3);
    assert_non_null(strstr(arg_text(w, "qc.duplicate-id"), "row 1"));
    f = begin_json(w, "shapes.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0101"));
    put_shape(
        f, PROPS("b", "0101"), "Polygon", /* the same square, from another corner, turned */
        "[[[440100,4420100],[440100,4420000],[440000,4420000],[440000,4420100],[440100,4420100]]]");
    end_json(f, 3, 0, PROPS("c", "0101"));
    gt_standard s = world_standard;
    s.qc.no_overlap = true;
    assert_refused(w, &s, "shapes.geojson", "qc.duplicate-geometry", 1);
    assert_imported(w, STD, "shapes.geojson");
    assert_int_equal(count(w, "qc.duplicate-geometry"), 1);
    assert_int_equal(place_of(w, "qc.duplicate-geometry")->row, 2);
    /* again into a layer that has rows, where the store itself refuses the second */
    assert_refused(w, STD, "ids.geojson", "qc.duplicate-id", 2);
}

/* Ten bytes of a name: five characters in GBK, three in UTF-8, and maybe a piece of the fourth. */
static void cut_column_names_are_known(void **state)
{
    world *w = *state;
    static const char *const encodings[] = {"GBK", "GB18030", "UTF-8", "UTF-8"};
    for (int round = 0; round < 4; round++) {
        char command[4096];
        FILE *f = begin_json(w, "c.geojson", 4548);
        put_square(f, 0, 0, PROPS("a", "0101") ",\"坐落单位名称\":\"延庆镇\"");
        end_json(f, 1, 0, PROPS("b", "0101") ",\"坐落单位名称\":\"康庄镇\"");
        (void)snprintf(command, sizeof command,
                       "cd '%s' && rm -f c.shp c.dbf c.shx c.prj c.cpg && ogr2ogr c.shp c.geojson "
                       "-lco ENCODING=%s 2>/dev/null",
                       w->dir, encodings[round]);
        run(command);
        if (round == 3) { /* third field: nine bytes and the first of the next character */
            FILE *dbf = fopen(test_path(w->dir, "c.dbf"), "r+b");
            assert_non_null(dbf);
            assert_int_equal(fseek(dbf, 32 * 3 + 9, SEEK_SET), 0);
            assert_int_equal(fputc(0xE4, dbf), 0xE4);
            assert_int_equal(fclose(dbf), 0);
        }
        assert_imported(w, STD, "c.shp");
        assert_int_equal(count(w, "import.cut-name"), 1);
        assert_string_equal(place_of(w, "import.cut-name")->field, "zldwmc");
        assert_int_equal(count(w, "import.columns-ignored"), 0);
        gt_feature got;
        gt_scan *scan;
        read_first(w, "a", &got, &scan);
        assert_string_equal(got.values[W_ZLDWMC].text, "延庆镇");
        gt_scan_close(scan);
    }
}

/* What is shorter than a cut name, or begins two fields, is nobody's. */
static void doubtful_column_names_are_left_out(void **state)
{
    world *w = *state;
    char command[4096];
    gt_field fields[W_FIELDS + 1];
    memcpy(fields, world_fields, sizeof world_fields);
    fields[W_FIELDS] =
        (gt_field){.name = "other", .title = {"坐落单位名号", "other"}, .type = GT_FIELD_TEXT};
    gt_standard s = world_standard;
    s.fields = fields;
    s.n_fields = W_FIELDS + 1;
    FILE *f = begin_json(w, "c.geojson", 4548);
    end_json(f, 1, 0, PROPS("b", "0101") ",\"坐落单位名\":\"康庄镇\",\"坐落\":\"x\"");
    (void)snprintf(command, sizeof command,
                   "cd '%s' && rm -f c.??? && ogr2ogr c.shp c.geojson -lco ENCODING=GBK "
                   "2>/dev/null",
                   w->dir);
    run(command);
    assert_imported(w, &s, "c.shp");
    assert_int_equal(count(w, "import.columns-ignored"), 1);
    gt_text t;
    gt_text_init(&t, w->ctx, 0);
    gt_notes_render_all(w->report.notes, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "坐落单位名, 坐落"));
    gt_text_free(&t);
    /* a GeoJSON name is never cut: the short one is not the long one */
    assert_imported(w, &s, "c.geojson");
    assert_int_equal(count(w, "import.columns-ignored"), 1);
}

static void empty_and_several_layers(void **state)
{
    world *w = *state;
    char command[4096];
    make_good(w, "a.geojson", 3);
    (void)snprintf(
        command, sizeof command,
        "cd '%s' && ogr2ogr e.gpkg a.geojson -where \"bsm='none'\" && ogr2ogr t.gpkg a.geojson "
        "-nln one && ogr2ogr -update t.gpkg a.geojson -nln two",
        w->dir);
    run(command);
    assert_refused(w, STD, "e.gpkg", "import.empty", 1);
    assert_fails(w->ctx, world_import(w, STD, "t.gpkg"), GT_E_INPUT, "io.several-layers");
    w->options.source_layer = "two";
    assert_imported(w, STD, "t.gpkg");
    w->options.where = "bsm = 'none'";
    assert_refused(w, STD, "t.gpkg", "import.empty", 1);
    w->options.where = "no such thing (";
    assert_int_equal(gt_status_exit_code(world_import(w, STD, "t.gpkg")), 3);
    gt_error_clear(w->ctx);
}

static void refused_by_the_store(void **state)
{
    world *w = *state;
    make_good(w, "a.geojson", 3);
    w->options.author = NULL;
    assert_true(world_import(w, STD, "a.geojson") != GT_OK);
    gt_error_clear(w->ctx);
    w->options.author = "tester";
    w->options.expect_revision = 7;
    assert_int_equal(world_import(w, STD, "a.geojson"), GT_E_CONFLICT);
    gt_error_clear(w->ctx);
    w->options.expect_revision = 0;
    assert_imported(w, STD, "a.geojson");
    w->options.expect_revision = -1;
    w->options.area_tolerance = -1;
    assert_fails(w->ctx, world_import(w, STD, "a.geojson"), GT_E_USAGE, "import.bad-option");
    w->options.area_tolerance = 0.01;
    FILE *f =
        begin_json(w, "control.geojson", 4548); /* the store takes no control characters in ids */
    end_json(f, 0, 0, "\"bsm\":\"a\\u0007b\",\"dlbm\":\"0101\"");
    assert_int_equal(world_import(w, STD, "control.geojson"), GT_E_INPUT);
    assert_int_equal(gt_error_place(w->ctx)->row, 1);
    gt_error_clear(w->ctx);
    assert_int_equal(gt_store_revision(w->store), 1);
}

/* ---- reports
 * ----------------------------------------------------------------------------------------- */

static void the_json_report_has_its_schema(void **state)
{
    world *w = *state;
    FILE *f = begin_json(w, "a.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0104"));
    end_json(f, 6, 0, PROPS("g", "旱地"));
    assert_refused(w, STD, "a.geojson", "qc.unknown-code", 2);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s.json", w->report.report);
    json_error_t why;
    json_t *root = json_load_file(path, 0, &why);
    if (root == NULL) {
        print_error("%s\n", why.text);
    }
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "schema")), "guotu.qc/1");
    assert_string_equal(json_string_value(json_object_get(root, "layer")), "parcels");
    assert_string_equal(json_string_value(json_object_get(root, "verdict")), "refused");
    assert_string_equal(json_string_value(json_object_get(root, "crs")), "EPSG:4548");
    assert_int_equal(json_integer_value(json_object_get(root, "features")), 2);
    json_t *counts = json_object_get(root, "counts");
    assert_int_equal(json_integer_value(json_object_get(counts, "error")), 2);
    json_t *findings = json_object_get(root, "findings");
    assert_int_equal(json_array_size(findings),
                     json_integer_value(json_object_get(root, "listed")));
    json_t *first = NULL;
    for (size_t i = 0; first == NULL && i < json_array_size(findings); i++) {
        json_t *one = json_array_get(findings, i);
        first =
            strcmp(json_string_value(json_object_get(one, "severity")), "error") == 0 ? one : NULL;
    }
    assert_string_equal(json_string_value(json_object_get(first, "id")), "qc.unknown-code");
    json_t *place = json_object_get(first, "place");
    assert_string_equal(json_string_value(json_object_get(place, "feature")), "a");
    assert_int_equal(json_integer_value(json_object_get(place, "row")), 1);
    assert_near(json_number_value(json_object_get(place, "x")), 440000, 0);
    json_decref(root);
}

static void a_report_that_cannot_be_written(void **state)
{
    world *w = *state;
    FILE *f = begin_json(w, "a.geojson", 4548);
    end_json(f, 0, 0, PROPS("a", "0104"));
    w->options.report_dir = "/proc/nowhere";
    assert_fails(w->ctx, world_import(w, STD, "a.geojson"), GT_E_INPUT, "import.refused");
    assert_null(w->report.report);
    assert_int_equal(count(w, "import.no-report"), 1);
    f = begin_json(w, "b.geojson", 4548);
    end_json(f, 0, 0, PROPS("a", "0101") ",\"extra\":1");
    assert_imported(w, STD, "b.geojson"); /* the import stands */
    assert_int_equal(w->report.revision, 1);
}

/* ---- threads and memory
 * ------------------------------------------------------------------------------ */

/* One worker, several, none: the same rows and the same notes. */
static void threads_do_not_matter(void **state)
{
    world *w = *state;
    char first[GT_HASH_HEX] = "", path[4096];
    size_t first_len = 0;
    char *first_text = NULL;
    FILE *f = begin_json(w, "a.geojson", 4548);
    char props[128];
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(props, sizeof props, "\"bsm\":\"P%d\",\"dlbm\":\"%s\",\"tbmj\":%d", i,
                       "0101", i % 9 == 0 ? 5 : 10000);
        put_square(f, i % 50, i / 50, props);
    }
    end_json(f, 0, 200, PROPS("z", "0101"));
    (void)snprintf(path, sizeof path, "%s/a.geojson", w->dir);
    for (int threads = 1; threads <= 5; threads++) {
        world u;
        gt_ctx_options o;
        gt_ctx_options_init(&o);
        o.threads = threads;
        world_open(&u, "EPSG:4548", &o);
        assert_imported(&u, STD, path);
        gt_text t;
        gt_text_init(&t, u.ctx, 0);
        gt_notes_render_all(u.report.notes, GT_LANG_EN, &t);
        gt_revision r;
        assert_ok(u.ctx, gt_store_revision_info(u.ctx, u.store, 1, &r));
        if (threads == 1) {
            memcpy(first, r.content_hash, sizeof first);
            first_text = strdup(gt_text_cstr(&t));
            first_len = t.len;
            assert_true(first_len > 1000);
        }
        assert_string_equal(r.content_hash, first);
        assert_string_equal(gt_text_cstr(&t), first_text);
        gt_text_free(&t);
        world_close(&u);
    }
    free(first_text);
}

static void cancel_changes_nothing(void **state)
{
    world *w = *state;
    char before[GT_HASH_HEX], after[GT_HASH_HEX];
    make_good(w, "a.geojson", 5000);
    world_digest(w, before);
    gt_cancel(w->ctx);
    assert_int_equal(world_import(w, STD, "a.geojson"), GT_E_CANCELLED);
    gt_error_clear(w->ctx);
    world_digest(w, after);
    assert_string_equal(before, after);
}

static void a_ceiling_is_met_not_broken(void **state)
{
    world *w = *state;
    char path[4096];
    make_good(w, "a.geojson", 3000);
    (void)snprintf(path, sizeof path, "%s/a.geojson", w->dir);
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = 3;
    for (size_t mib = 1; mib <= 64; mib *= 4) {
        world u;
        o.memory_ceiling = mib << 20;
        world_open(&u, "EPSG:4548", &o);
        gt_status st = world_import(&u, STD, path);
        if (st != GT_OK) {
            assert_int_equal(st, GT_E_MEMORY);
            gt_error_clear(u.ctx);
            assert_int_equal(gt_store_revision(u.store), 0);
        }
        assert_true(gt_ctx_memory_peak(u.ctx) <= o.memory_ceiling);
        assert_true(mib < 64 || st == GT_OK);
        world_close(&u);
    }
}

/* ---- export
 * ------------------------------------------------------------------------------------------- */

static void out_and_in_again(void **state)
{
    world *w = *state;
    static const char *const files[] = {"o.gpkg", "o.fgb", "o.geojson", "o.shp"};
    int64_t n;
    make_good(w, "a.geojson", 60);
    assert_imported(w, STD, "a.geojson");
    double area = w->report.area_m2;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gt_export_options o;
        gt_export_options_init(&o);
        o.encoding = i == 3 ? "GBK" : NULL;
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", w->dir, files[i]);
        assert_ok(w->ctx, gt_export(w->ctx, w->store, "parcels", path, &o, &n));
        assert_int_equal(n, 60);
        assert_fails(w->ctx, gt_export(w->ctx, w->store, "parcels", path, &o, &n), GT_E_CONFLICT,
                     NULL);
        world u;
        world_open(&u, "EPSG:4548", NULL);
        assert_imported(&u, STD, path);
        assert_int_equal(u.report.n_written, 60);
        assert_near(u.report.area_m2, area, i == 2 ? 20.0 : 1e-4); /* GeoJSON keeps 7 decimals */
        gt_feature f;
        gt_scan *scan;
        read_first(&u, "P0000004", &f, &scan);
        assert_string_equal(f.values[W_ZLDWMC].text, "延庆镇4村");
        gt_scan_close(scan);
        world_close(&u);
    }
}

static void export_of_a_part_and_of_nothing(void **state)
{
    world *w = *state;
    int64_t n;
    gt_export_options o;
    gt_export_options_init(&o);
    make_good(w, "a.geojson", 60);
    assert_imported(w, STD, "a.geojson");
    o.has_box = true;
    o.box = (gt_box){440010, 4420010, 440210, 4420020};
    o.out_crs = "EPSG:4490";
    assert_ok(w->ctx, gt_export(w->ctx, w->store, "parcels", test_path(w->dir, "p.gpkg"), &o, &n));
    assert_int_equal(n, 3);
    assert_fails(w->ctx,
                 gt_export(w->ctx, w->store, "parcel", test_path(w->dir, "x.gpkg"), NULL, &n),
                 GT_E_NOT_FOUND, NULL);
    assert_fails(w->ctx,
                 gt_export(w->ctx, w->store, "parcels", "/nonexistent/folder/x.gpkg", NULL, &n),
                 GT_E_ENV, NULL);
    assert_fails(w->ctx,
                 gt_export(w->ctx, w->store, "parcels", test_path(w->dir, "x.docx"), NULL, &n),
                 GT_E_USAGE, NULL);
    assert_int_not_equal(access(test_path(w->dir, "x.docx"), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_file_becomes_a_revision),
        CASE(columns_are_found_by_name_and_alias),
        CASE(a_gbk_shapefile),
        CASE(a_new_survey_ends_the_old),
        CASE(a_dry_run_changes_nothing),
        CASE(lines_points_and_tables),
        CASE(one_bad_polygon_refuses_the_file),
        CASE(repair_lists_what_it_did),
        CASE(what_cannot_be_mended_stays),
        CASE(not_a_number_in_a_shapefile),
        CASE(truncated_files),
        CASE(a_million_vertices),
        CASE(thresholds_and_bounds),
        CASE(wrong_places_are_named),
        CASE(axes_swapped_in_degrees),
        CASE(old_datums_are_told),
        CASE(memory_does_not_follow_the_file),
        CASE(no_crs_and_impossible_degrees),
        CASE(attributes_are_checked),
        CASE(missing_columns),
        CASE(duplicates),
        CASE(cut_column_names_are_known),
        CASE(doubtful_column_names_are_left_out),
        CASE(empty_and_several_layers),
        CASE(refused_by_the_store),
        CASE(the_json_report_has_its_schema),
        CASE(a_report_that_cannot_be_written),
        CASE(threads_do_not_matter),
        CASE(cancel_changes_nothing),
        CASE(a_ceiling_is_met_not_broken),
        CASE(out_and_in_again),
        CASE(export_of_a_part_and_of_nothing),
    };
    return cmocka_run_group_tests_name("store_import.import", tests, NULL, NULL);
}
