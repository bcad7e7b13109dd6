/* Files as they are out there: every record arrives, sound. Counts are those of ogrinfo (GDAL 3.6).
 */
#include <math.h>

#include "make.h"

static const char *data;

typedef struct layer_case {
    const char *file, *layer;
    long n;
} layer_case;

static const layer_case LAYERS[] = {
    {"bj-admin/bj_admin.gpkg", "districts_detailed_wgs84", 16},
    {"bj-admin/bj_admin.gpkg", "counties_hebei_tianjin_gcj02", 113},
    {"bj-buildings/bj_buildings_dongzhimen_cbd.gpkg", NULL, 5442},
    {"bj-compounds/bj_compounds.gpkg", "communities_wgs84", 4364},
    {"bj-hydro-registry/bj_hydro_registry.gpkg", "ne10m_rivers", 5},
    {"bj-transit/bj_transit.gpkg", "bus_routes_gcj02", 1543},
    {"corridor-demo/cc_cores.shp", NULL, 18},
    {"corridor-demo/lm_cores.shp", NULL, 6},
    {"foshan-parcels-2015-2018/foshan_parcels.gpkg", "landuse_2018", 120},
    {"overlay-bench/forest_city_nc.gpkg.zip", "zoning_2264", 608},
    {"overlay-bench/us_city_il_in_oh.fgb.zip", NULL, 3262},
    {"overlay-bench/waterbodies_1m_china.fgb.zip", NULL, 80952},
    {"region-liechtenstein/liechtenstein-2013-08-03.osm.pbf", "points", 1359},
    {"region-liechtenstein/liechtenstein-2013-08-03.osm.pbf", "lines", 3014},
    {"region-liechtenstein/liechtenstein-2013-08-03.osm.pbf", "multilinestrings", 39},
    {"region-liechtenstein/liechtenstein-2013-08-03.osm.pbf", "multipolygons", 4104},
};

static void every_record_arrives(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    for (size_t i = 0; i < sizeof LAYERS / sizeof LAYERS[0]; i++) {
        gt_source_options o;
        gt_source_options_init(&o);
        o.layer = LAYERS[i].layer;
        gt_source *s = NULL;
        counted c;
        assert_ok(ctx, gt_source_open(ctx, test_path(data, LAYERS[i].file), &o, &s));
        assert_ok(ctx, read_all(ctx, s, &c));
        if (c.n != LAYERS[i].n) {
            print_error("%s %s\n", LAYERS[i].file, LAYERS[i].layer == NULL ? "" : LAYERS[i].layer);
        }
        assert_int_equal(c.n, LAYERS[i].n);
        assert_int_equal(c.faults, 0);
        assert_int_equal(c.without_geometry, 0);
        gt_source_close(s);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void relations_of_osm_are_faults(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_source_options o;
    gt_source_options_init(&o);
    o.layer = "other_relations"; /* geometry collections, each */
    gt_source *s = NULL;
    counted c;
    assert_ok(
        ctx,
        gt_source_open(
            ctx, test_path(data, "region-liechtenstein/liechtenstein-2013-08-03.osm.pbf"), &o, &s));
    assert_ok(ctx, read_all(ctx, s, &c));
    assert_int_equal(c.n, 12);
    assert_int_equal(c.faults, 12);
    gt_source_close(s);
    gt_ctx_free(ctx);
}

/* Reads both layers side by side: the first with its datum undone is the second. */
static void assert_datum(const char *file, const char *shifted, gt_datum_shift datum,
                         const char *plain, double degrees)
{
    gt_ctx *ctx = test_ctx();
    gt_source_options o;
    gt_source_options_init(&o);
    gt_source *a = NULL, *b = NULL;
    gt_source_feature fa, fb;
    bool more = true, more_b = true;
    long points = 0;
    o.layer = shifted;
    o.datum = datum;
    assert_ok(ctx, gt_source_open(ctx, test_path(data, file), &o, &a));
    o.layer = plain;
    o.datum = GT_DATUM_AS_STATED;
    assert_ok(ctx, gt_source_open(ctx, test_path(data, file), &o, &b));
    while (more) {
        assert_ok(ctx, gt_source_next(ctx, a, &fa, &more));
        assert_ok(ctx, gt_source_next(ctx, b, &fb, &more_b));
        assert_int_equal(more, more_b);
        for (uint32_t i = 0; more && i < 2 * fa.geom->n_points; i++) {
            assert_int_equal(fa.geom->n_points, fb.geom->n_points);
            assert_near(fa.geom->xy[i], fb.geom->xy[i], degrees);
            points++;
        }
    }
    assert_true(points > 1000);
    gt_source_close(a);
    gt_source_close(b);
    gt_ctx_free(ctx);
}

static void web_datums_are_undone(void **state)
{
    (void)state;
    /* 1e-6 degree is 0.1 m: the derived layers were computed by another program, rounded */
    assert_datum("bj-admin/bj_admin.gpkg", "districts_datav_gcj02", GT_DATUM_GCJ02,
                 "districts_datav_wgs84_derived", 2e-6);
    assert_datum("bj-compounds/bj_compounds.gpkg", "compound_polygons_bd09", GT_DATUM_BD09,
                 "compound_polygons_wgs84_derived", 2e-6);
}

static void listing_names_what_is_there(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_source_layers *list = NULL;
    assert_ok(ctx, gt_source_list(ctx, test_path(data, "bj-admin/bj_admin.gpkg"), NULL, &list));
    assert_string_equal(list->driver, "GPKG");
    assert_int_equal(list->n_layers, 7);
    for (size_t i = 0; i < list->n_layers; i++) {
        assert_true(list->layers[i].has_geometry);
        assert_true(list->layers[i].n_features > 0);
        assert_non_null(list->layers[i].crs_name);
    }
    gt_source_layers_free(ctx, list);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_arrives),
        cmocka_unit_test(relations_of_osm_are_faults),
        cmocka_unit_test(web_datums_are_undone),
        cmocka_unit_test(listing_names_what_is_there),
    };
    data = test_data_dir();
    if (data == NULL) {
        (void)printf("SKIPPED: needs the test data (GUOTU_DATA)\n");
        return 77;
    }
    return cmocka_run_group_tests_name("io.real", tests, NULL, NULL);
}
