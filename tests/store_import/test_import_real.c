/* Real files: how many are bad is known from GEOS, areas and datums from their READMEs. Needs the
 * data folder; skips aloud without it. */
#include "world.h"

#include "guotu/geos.h"

static const gt_standard plain = {
    .id = "shapes", .title = {"图形", "shapes"}, .theme = "t", .geom_type = GT_MULTIPOLYGON};

static const char *const adcode_names[] = {"adcode", NULL};
static const gt_field district_fields[] = {
    {.name = "code",
     .title = {"代码", "code"},
     .type = GT_FIELD_TEXT,
     .required = true,
     .aliases = adcode_names},
    {.name = "name", .title = {"名称", "name"}, .type = GT_FIELD_TEXT},
};
static const gt_standard districts = {.id = "districts",
                                      .title = {"区", "districts"},
                                      .theme = "t",
                                      .geom_type = GT_MULTIPOLYGON,
                                      .fields = district_fields,
                                      .n_fields = 2,
                                      .id_field = "code"};

static const char *data(const char *name)
{
    static char path[4][4096];
    static unsigned next;
    const char *dir = test_data_dir();
    if (dir == NULL) {
        return NULL;
    }
    char *to = path[next++ % 4];
    (void)snprintf(to, sizeof path[0], "%s/%s", dir, name);
    return access(to, R_OK) == 0 ? to : NULL;
}

#define NEED(variable, name)                                                                       \
    const char *variable = data(name);                                                             \
    if (variable == NULL) {                                                                        \
        test_skip("needs " name " of the data folder");                                            \
    }

/* Errors of geometry: how many features have at least one. */
static size_t bad_rows(const world *w)
{
    size_t n = 0;
    long long last = -1;
    for (size_t i = 0; i < gt_notes_kept(w->report.notes); i++) {
        gt_severity s;
        const gt_place *p;
        gt_notes_get(w->report.notes, i, &s, NULL, &p);
        n += s == GT_ERROR && p->row != last;
        last = s == GT_ERROR ? p->row : last;
    }
    return n;
}

static void expect_bad(const char *path, const char *crs, const char *layer_name, int64_t rows,
                       size_t bad)
{
    world w;
    world_open(&w, crs, NULL);
    w.options.source_layer = layer_name;
    gt_status st = world_import(&w, &plain, path);
    if (w.report.n_read != rows || bad_rows(&w) != bad) {
        print_error("%s: %lld rows, %zu bad; expected %lld and %zu\n", path,
                    (long long)w.report.n_read, bad_rows(&w), (long long)rows, bad);
        show_notes(&w);
        fail();
    }
    if (bad > 0) {
        assert_fails(w.ctx, st, GT_E_INPUT, "import.refused");
        assert_int_equal(gt_store_revision(w.store), 0);
        w.options.repair = true;
        st = world_import(&w, &plain, path);
        assert_true(w.report.n_repaired >= (int64_t)bad);
    }
    assert_ok(w.ctx, st);
    assert_int_equal(w.report.n_written, rows);
    assert_int_equal(layer(&w, "shapes").n_features, rows);
    world_close(&w);
}

static void water_36_of_80952(void **state)
{
    (void)state;
    NEED(path, "overlay-bench/waterbodies_1m_china.fgb.zip");
    expect_bad(path, "EPSG:4326", NULL, 80952, 36);
}

static void places_of_three_states(void **state)
{
    (void)state;
    NEED(path, "overlay-bench/us_city_il_in_oh.fgb.zip");
    expect_bad(path, "EPSG:4326", NULL, 3262, 0);
}

/* The same verdict as GEOS, feature by feature, on a town's parcels. */
static void parcels_as_geos_sees_them(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        {"overlay-bench/forest_city_nc.gpkg.zip", "parcels_4326"},
        {"overlay-bench/franklin_ma_parcels.gpkg.zip", NULL}};
    for (size_t i = 0; i < 2; i++) {
        const char *path = data(files[i][0]);
        if (path == NULL) {
            test_skip("needs overlay-bench of the data folder");
        }
        gt_ctx *ctx = test_ctx();
        gt_source_options o;
        gt_source *source;
        gt_geos *geos;
        gt_qc *qc;
        long n = 0, bad = 0;
        gt_source_options_init(&o);
        o.layer = files[i][1];
        assert_ok(ctx, gt_source_open(ctx, path, &o, &source));
        assert_ok(ctx, gt_geos_new(ctx, &geos));
        assert_ok(ctx, gt_qc_new(ctx, GT_GEOM_NONE, NULL, 0, &qc));
        for (bool more = true;;) {
            gt_source_feature f;
            gt_qc_result r;
            bool valid;
            char why[64];
            double x, y;
            assert_ok(ctx, gt_source_next(ctx, source, &f, &more));
            if (!more) {
                break;
            }
            if (f.geom == NULL) {
                continue; /* some records have none */
            }
            assert_ok(ctx, gt_qc_geometry(ctx, qc, f.geom, &r));
            assert_ok(ctx, gt_geos_validity(ctx, geos, f.geom, &valid, why, &x, &y));
            if (valid == r.error) {
                print_error("%s row %lld: GEOS %s, we %s\n", path, (long long)f.row, why,
                            r.n > 0 ? gt_qc_kind_name(r.findings[0].kind) : "valid");
                fail();
            }
            n++;
            bad += r.error;
        }
        print_message("  %ld parcels, %ld bad\n", n, bad);
        assert_true(n > 7000);
        gt_qc_free(ctx, qc);
        gt_geos_free(geos);
        gt_source_close(source);
        gt_ctx_free(ctx);
    }
}

/* All geometries of a layer as one. */
static void dissolve(world *w, const char *id, gt_geos *geos, gt_geom *out)
{
    gt_query q;
    gt_scan *scan;
    gt_geom parts[32];
    const gt_geom *list[32];
    size_t n = 0;
    gt_query_init(&q, id);
    assert_ok(w->ctx, gt_scan_open(w->ctx, w->store, &q, &scan));
    for (bool more = true;; n++) {
        gt_feature f;
        assert_ok(w->ctx, gt_scan_next(w->ctx, scan, &f, &more));
        if (!more) {
            break;
        }
        assert_true(n < 32);
        gt_geom_init(&parts[n]);
        assert_ok(w->ctx, gt_geom_from_gpkg(w->ctx, f.blob, f.blob_len, NULL, &parts[n]));
        list[n] = &parts[n];
    }
    gt_scan_close(scan);
    assert_ok(w->ctx, gt_geos_union(w->ctx, geos, list, n, out));
    for (size_t i = 0; i < n; i++) {
        gt_geom_free(w->ctx, &parts[i]);
    }
}

static double iou(world *w, gt_geos *geos, const gt_geom *a, const gt_geom *b)
{
    gt_geom common;
    gt_geom_init(&common);
    assert_ok(w->ctx, gt_geos_intersection(w->ctx, geos, a, b, &common));
    double in = gt_geom_plane_area(&common);
    double out = gt_geom_plane_area(a) + gt_geom_plane_area(b) - in;
    gt_geom_free(w->ctx, &common);
    return in / out;
}

/* Districts drawn in GCJ-02: undone, they fill the outline known from elsewhere in WGS 84. */
static void districts_in_gcj02(void **state)
{
    (void)state;
    NEED(path, "bj-admin/bj_admin.gpkg");
    world w;
    gt_standard city = plain;
    gt_geos *geos;
    gt_geom outline, shifted, undone;
    gt_geom_init(&outline);
    gt_geom_init(&shifted);
    gt_geom_init(&undone);
    world_open(&w, "EPSG:4548", NULL);
    assert_ok(w.ctx, gt_geos_new(w.ctx, &geos));
    w.options.repair = true; /* one of sixteen crosses itself */
    city.id = "city";
    w.options.source_layer = "city_boundary_osm_wgs84";
    assert_imported(&w, &city, path);
    assert_near(w.report.area_m2 / 1e6, 16410, 20);
    dissolve(&w, "city", geos, &outline);
    w.options.source_layer = "districts_datav_gcj02";
    assert_imported(&w, &districts, path);
    dissolve(&w, "districts", geos, &shifted);
    w.options.datum = GT_DATUM_GCJ02;
    assert_imported(&w, &districts, path);
    dissolve(&w, "districts", geos, &undone);
    assert_int_equal(w.report.n_written, 16);
    /* the shift undone elsewhere and projected with PROJ's laea on GRS 80: 16 407.337 km2 */
    assert_near(w.report.area_m2 / 1e6, 16407.337, 0.02);
    assert_int_equal(w.report.n_repaired, 1);
    double with = iou(&w, geos, &outline, &undone), without = iou(&w, geos, &outline, &shifted);
    print_message("  share in common with the outline: %.5f undone, %.5f as drawn\n", with,
                  without);
    assert_true(with > 0.997 && without < 0.985);
    gt_geom_free(w.ctx, &outline);
    gt_geom_free(w.ctx, &shifted);
    gt_geom_free(w.ctx, &undone);
    gt_geos_free(geos);
    world_close(&w);
}

/* Largest distance between the points of two layers of the same shapes. */
static double largest_shift(world *a, world *b, const char *id)
{
    gt_query q;
    gt_scan *sa, *sb;
    gt_geom ga, gb;
    double worst = 0.0;
    gt_geom_init(&ga);
    gt_geom_init(&gb);
    gt_query_init(&q, id);
    assert_ok(a->ctx, gt_scan_open(a->ctx, a->store, &q, &sa));
    assert_ok(b->ctx, gt_scan_open(b->ctx, b->store, &q, &sb));
    for (bool more = true;;) {
        gt_feature fa, fb;
        assert_ok(a->ctx, gt_scan_next(a->ctx, sa, &fa, &more));
        assert_ok(b->ctx, gt_scan_next(b->ctx, sb, &fb, &more));
        if (!more) {
            break;
        }
        assert_ok(a->ctx, gt_geom_from_gpkg(a->ctx, fa.blob, fa.blob_len, NULL, &ga));
        assert_ok(b->ctx, gt_geom_from_gpkg(b->ctx, fb.blob, fb.blob_len, NULL, &gb));
        if (ga.n_points == gb.n_points) { /* a repaired one may have other points */
            for (uint32_t i = 0; i < ga.n_points; i++) {
                double d = hypot(ga.xy[2 * i] - gb.xy[2 * i], ga.xy[2 * i + 1] - gb.xy[2 * i + 1]);
                worst = fmax(worst, d);
            }
        }
    }
    gt_scan_close(sa);
    gt_scan_close(sb);
    gt_geom_free(a->ctx, &ga);
    gt_geom_free(b->ctx, &gb);
    return worst;
}

static void compounds_in_bd09(void **state)
{
    (void)state;
    NEED(path, "bj-compounds/bj_compounds.gpkg");
    world a, b;
    world_open(&a, "EPSG:4548", NULL);
    world_open(&b, "EPSG:4548", NULL);
    a.options.source_layer = "compound_polygons_bd09";
    a.options.datum = GT_DATUM_BD09;
    b.options.source_layer = "compound_polygons_wgs84_derived";
    a.options.repair = b.options.repair = true;
    assert_imported(&a, &plain, path);
    assert_imported(&b, &plain, path);
    assert_int_equal(a.report.n_written, 3700);
    double shift = largest_shift(&a, &b, "shapes");
    print_message("  undone here and in the data: %.4f m apart at most; %lld repaired\n", shift,
                  (long long)a.report.n_repaired);
    assert_true(shift < 0.5);
    assert_near(a.report.area_m2 / 1e6, 261.8, 0.5); /* README of the data */
    world_close(&a);
    world_close(&b);
}

static void liechtenstein_from_osm(void **state)
{
    (void)state;
    NEED(path, "region-liechtenstein/liechtenstein-2013-08-03.osm.pbf");
    world w;
    static const char *const id_names_osm[] = {"osm_id", NULL};
    static const gt_field fields[] = {
        {.name = "source",
         .title = {"来源", "source"},
         .type = GT_FIELD_TEXT,
         .aliases = id_names_osm},
        {.name = "landuse", .title = {"用地", "land use"}, .type = GT_FIELD_TEXT},
        {.name = "name", .title = {"名称", "name"}, .type = GT_FIELD_TEXT},
    };
    gt_standard s = plain;
    s.fields = fields;
    s.n_fields = 3;
    world_open(&w, "EPSG:32632", NULL);
    w.options.source_layer = "multipolygons";
    w.options.repair = true;
    assert_imported(&w, &s, path);
    print_message("  %lld features, %lld repaired, %zu warnings\n", (long long)w.report.n_read,
                  (long long)w.report.n_repaired, gt_notes_count(w.report.notes, GT_WARNING));
    assert_int_equal(w.report.n_written, 4104); /* README of the data */
    gt_notes *notes;
    gt_qc_summary sum;
    assert_ok(w.ctx, gt_notes_new(w.ctx, 0, &notes));
    assert_ok(w.ctx, gt_qc_layer(w.ctx, w.store, "shapes", NULL, notes, &sum));
    assert_int_equal(gt_notes_count(notes, GT_ERROR), 0);
    gt_notes_free(notes);
    w.options.source_layer = "points"; /* not polygons */
    w.options.repair = false;
    assert_refused(&w, &s, path, "qc.wrong-type", 1359);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(water_36_of_80952),         cmocka_unit_test(places_of_three_states),
        cmocka_unit_test(parcels_as_geos_sees_them), cmocka_unit_test(districts_in_gcj02),
        cmocka_unit_test(compounds_in_bd09),         cmocka_unit_test(liechtenstein_from_osm),
    };
    return cmocka_run_group_tests_name("store_import.import_real", tests, NULL, NULL);
}
