/* Our codecs beside those of GEOS: what GEOS writes we read, what we write GEOS reads. */
#include <stdio.h>
#include <string.h>

#include <geos_c.h>

#include "guotu/geometry.h"
#include "support/support.h"

static const char *const SHAPES[] = {
    "POINT (1 2)",
    "LINESTRING (0 0, 1 2, 3 -4)",
    "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 2 2))",
    "MULTIPOINT (1 2, 3 4)",
    "MULTILINESTRING ((0 0, 1 1), (5 5, 6 7, 8 9))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 9 5, 9 9, 5 5), (7 6, 8 6, 8 7, 7 6)))",
    "POINT Z (1 2 3)",
    "LINESTRING Z (0 0 7, 1 2 7)",
    "POLYGON Z ((0 0 1, 10 0 1, 10 10 1, 0 0 1))",
    "MULTIPOLYGON Z (((0 0 1, 1 0 1, 1 1 1, 0 0 1)))",
    "POLYGON EMPTY",
    "MULTIPOLYGON EMPTY",
    "LINESTRING EMPTY",
    "POINT EMPTY",
};

static void quiet(const char *message, void *user)
{
    (void)user;
    print_error("GEOS: %s\n", message);
}

/* GEOS's own WKT of a shape in two dimensions, without trailing zeros. */
static void flat_wkt(GEOSContextHandle_t h, const GEOSGeometry *g, char out[1024])
{
    GEOSWKTWriter *w = GEOSWKTWriter_create_r(h);
    GEOSWKTWriter_setTrim_r(h, w, 1);
    GEOSWKTWriter_setOutputDimension_r(h, w, 2);
    char *text = GEOSWKTWriter_write_r(h, w, g);
    assert_non_null(text);
    (void)snprintf(out, 1024, "%s", text);
    GEOSFree_r(h, text);
    GEOSWKTWriter_destroy_r(h, w);
}

static void what_geos_writes_we_read(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    GEOSContextHandle_t h = GEOS_init_r();
    GEOSContext_setErrorMessageHandler_r(h, quiet, NULL);
    GEOSWKTReader *in = GEOSWKTReader_create_r(h);
    gt_geom a = {0}, b = {0};
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        GEOSGeometry *g = GEOSWKTReader_read_r(h, in, SHAPES[i]);
        assert_non_null(g);
        GEOSSetSRID_r(h, g, 4548);
        char wkt[1024];
        flat_wkt(h, g, wkt);
        assert_ok(ctx, gt_geom_from_wkt(ctx, wkt, strlen(wkt), &a));
        for (int mode = 0; mode < 16; mode++) { /* order, dimension, SRID, flavour */
            GEOSWKBWriter *w = GEOSWKBWriter_create_r(h);
            GEOSWKBWriter_setByteOrder_r(h, w, (mode & 1) != 0 ? GEOS_WKB_XDR : GEOS_WKB_NDR);
            GEOSWKBWriter_setOutputDimension_r(h, w, (mode & 2) != 0 ? 3 : 2);
            GEOSWKBWriter_setIncludeSRID_r(h, w, (mode & 4) != 0 ? 1 : 0);
            GEOSWKBWriter_setFlavor_r(h, w, (mode & 8) != 0 ? GEOS_WKB_ISO : GEOS_WKB_EXTENDED);
            size_t n = 0;
            unsigned char *wkb = GEOSWKBWriter_write_r(h, w, g, &n);
            assert_non_null(wkb);
            assert_ok(ctx, gt_geom_from_wkb(ctx, wkb, n, &b));
            assert_int_equal(b.type, a.type);
            assert_int_equal(b.n_points, a.n_points);
            assert_int_equal(b.n_rings, a.n_rings);
            assert_int_equal(b.n_parts, a.n_parts);
            assert_true(a.n_points == 0 || memcmp(a.xy, b.xy, 16 * (size_t)a.n_points) == 0);
            for (size_t cut = 0; cut < n; cut++) {
                assert_fails(ctx, gt_geom_from_wkb(ctx, wkb, cut, &b), GT_E_INPUT, NULL);
            }
            GEOSFree_r(h, wkb);
            GEOSWKBWriter_destroy_r(h, w);
        }
        GEOSGeom_destroy_r(h, g);
    }
    GEOSWKTReader_destroy_r(h, in);
    GEOS_finish_r(h);
    gt_geom_free(ctx, &a);
    gt_geom_free(ctx, &b);
    gt_ctx_free(ctx);
}

static void what_we_write_geos_reads(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    GEOSContextHandle_t h = GEOS_init_r();
    GEOSContext_setErrorMessageHandler_r(h, quiet, NULL);
    GEOSWKTReader *text_in = GEOSWKTReader_create_r(h);
    GEOSWKBReader *in = GEOSWKBReader_create_r(h);
    GEOSGeoJSONReader *json_in = GEOSGeoJSONReader_create_r(h);
    gt_geom a = {0};
    uint8_t *buffer = NULL;
    size_t cap = 0, len = 0;
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        GEOSGeometry *want = GEOSWKTReader_read_r(h, text_in, SHAPES[i]);
        assert_ok(ctx, gt_geom_from_wkt(ctx, SHAPES[i], strlen(SHAPES[i]), &a));
        assert_ok(ctx, gt_geom_to_wkb(ctx, &a, &buffer, &cap, &len));
        gt_text_clear(&t);
        gt_geom_to_wkt(&a, 9, &t);
        GEOSGeometry *got = GEOSWKBReader_read_r(h, in, buffer, len);
        GEOSGeometry *again = GEOSWKTReader_read_r(h, text_in, gt_text_cstr(&t));
        assert_non_null(got);
        assert_non_null(again);
        assert_int_equal(GEOSNormalize_r(h, want), 0);
        assert_int_equal(GEOSNormalize_r(h, got), 0);
        assert_int_equal(GEOSNormalize_r(h, again), 0);
        assert_int_equal(GEOSEqualsExact_r(h, want, got, 0), 1);
        assert_int_equal(GEOSEqualsExact_r(h, want, again, 0), 1);
        if (a.n_points > 0) { /* GEOS 3.11 reads no empty coordinates */
            gt_text_clear(&t);
            gt_geom_to_geojson(&a, 9, &t);
            GEOSGeometry *json = GEOSGeoJSONReader_readGeometry_r(h, json_in, gt_text_cstr(&t));
            assert_non_null(json);
            assert_int_equal(GEOSNormalize_r(h, json), 0);
            assert_int_equal(GEOSEqualsExact_r(h, want, json, 0), 1);
            GEOSGeom_destroy_r(h, json);
        }
        GEOSGeom_destroy_r(h, want);
        GEOSGeom_destroy_r(h, got);
        GEOSGeom_destroy_r(h, again);
    }
    gt_text_free(&t);
    gt_free(ctx, buffer);
    GEOSGeoJSONReader_destroy_r(h, json_in);
    GEOSWKBReader_destroy_r(h, in);
    GEOSWKTReader_destroy_r(h, text_in);
    GEOS_finish_r(h);
    gt_geom_free(ctx, &a);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_geos_writes_we_read),
        cmocka_unit_test(what_we_write_geos_reads),
    };
    return cmocka_run_group_tests_name("geo.differential", tests, NULL, NULL);
}
