/* The codecs: every type there and back, both byte orders, Z and M, EWKB, and a long list of
 * damage. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/geom.h"
#include "geo/wkb.h"
#include "guotu/geometry.h"
#include "support/support.h"

static const char *const WELL_FORMED[] = {
    "POINT EMPTY",
    "POINT (116.3 39.9)",
    "POINT (-1.5 0)",
    "LINESTRING EMPTY",
    "LINESTRING (0 0, 1 2.25, 3 4)",
    "POLYGON EMPTY",
    "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))",
    "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2), (6 6, 6 8, 8 8, 6 6))",
    "MULTIPOINT EMPTY",
    "MULTIPOINT ((1 2), (3 4))",
    "MULTILINESTRING EMPTY",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 4))",
    "MULTIPOLYGON EMPTY",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 9 5, 9 9, 5 9, 5 5), (6 6, 6 7, 7 7, 6 6)))",
};
enum { N_WELL_FORMED = sizeof WELL_FORMED / sizeof *WELL_FORMED };

static void assert_same(const gt_geom *a, const gt_geom *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->n_points, b->n_points);
    assert_int_equal(a->n_rings, b->n_rings);
    assert_int_equal(a->n_parts, b->n_parts);
    assert_true(a->n_points == 0 || memcmp(a->xy, b->xy, a->n_points * 16UL) == 0);
    assert_true(a->n_rings == 0 || memcmp(a->ring_end, b->ring_end, a->n_rings * 4UL) == 0);
    assert_true(a->n_parts == 0 || memcmp(a->part_end, b->part_end, a->n_parts * 4UL) == 0);
}

static void every_type_goes_there_and_back(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_geom a, b;
    gt_geom_init(&a);
    gt_geom_init(&b);
    uint8_t *buffer = NULL;
    size_t cap = 0, len = 0;
    gt_text text;
    gt_text_init(&text, ctx, 0);
    for (size_t i = 0; i < N_WELL_FORMED; i++) {
        const char *wkt = WELL_FORMED[i];
        assert_ok(ctx, gt_geom_from_wkt(ctx, wkt, strlen(wkt), &a));
        gt_text_clear(&text);
        gt_geom_to_wkt(&a, 12, &text);
        assert_string_equal(gt_text_cstr(&text), wkt);

        assert_ok(ctx, gt_geom_to_wkb(ctx, &a, &buffer, &cap, &len));
        assert_int_equal(len, gt_wkb_size(&a));
        assert_ok(ctx, gt_geom_from_wkb(ctx, buffer, len, &b));
        assert_same(&a, &b);

        int32_t srs = 0;
        assert_ok(ctx, gt_geom_to_gpkg(ctx, &a, 4548, &buffer, &cap, &len));
        assert_ok(ctx, gt_geom_from_gpkg(ctx, buffer, len, &srs, &b));
        assert_int_equal(srs, 4548);
        assert_same(&a, &b);
        gt_box box, want = gt_geom_box(&a);
        assert_ok(ctx, gt_gpkg_box(ctx, buffer, len, &box));
        assert_memory_equal(&box, &want, sizeof box);

        gt_text_clear(&text);
        gt_geom_to_geojson(&a, 15, &text);
        assert_ok(ctx, gt_text_status(&text));
        assert_ok(ctx, gt_geom_from_geojson(ctx, text.data, text.len, &b));
        assert_same(&a, &b);
    }
    gt_text_free(&text);
    gt_free(ctx, buffer);
    gt_geom_free(ctx, &a);
    gt_geom_free(ctx, &b);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void writing_turns_rings(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_geom g;
    gt_geom_init(&g);
    const char *wkt = "POLYGON((0 0,0 10,10 10,10 0,0 0),(2 2,4 2,4 4,2 2))";
    assert_ok(ctx, gt_geom_from_wkt(ctx, wkt, strlen(wkt), &g));
    assert_near(gt_geom_plane_area(&g), 98, 0);
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_geom_to_wkt(&g, 3, &t);
    assert_string_equal(gt_text_cstr(&t),
                        "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 4 4, 4 2, 2 2))");
    uint8_t *buffer = NULL;
    size_t cap = 0, len = 0;
    gt_geom h;
    gt_geom_init(&h);
    assert_ok(ctx, gt_geom_to_wkb(ctx, &g, &buffer, &cap, &len));
    assert_ok(ctx, gt_geom_from_wkb(ctx, buffer, len, &h));
    assert_true(gt_ring_twice_area(h.xy, 0, h.ring_end[0]) > 0);
    assert_true(gt_ring_twice_area(h.xy, h.ring_end[0], h.ring_end[1]) < 0);
    gt_text_free(&t);
    gt_free(ctx, buffer);
    gt_geom_free(ctx, &g);
    gt_geom_free(ctx, &h);
    gt_ctx_free(ctx);
}

/* Bytes from hex text with blanks. */
static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    int high = -1;
    for (; *hex != '\0'; hex++) {
        const char *digits = "0123456789abcdef", *hit = strchr(digits, *hex | 0x20);
        if (*hex == ' ' || hit == NULL) {
            continue;
        }
        int v = (int)(hit - digits);
        if (high < 0) {
            high = v;
        } else {
            out[n++] = (uint8_t)(high * 16 + v);
            high = -1;
        }
    }
    return n;
}

static void dialects_of_wkb(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *hex, *wkt;
    } cases[] = {
        {"00 00000001 3ff0000000000000 4000000000000000", "POINT (1 2)"},
        {"01 e9030000 000000000000f03f 0000000000000040 0000000000000840",
         "POINT (1 2)"}, /* ISO Z */
        {"01 d1070000 000000000000f03f 0000000000000040 000000000000f87f",
         "POINT (1 2)"}, /* ISO M NaN */
        {"01 b90b0000 000000000000f03f 0000000000000040 0000000000000840 0000000000001040",
         "POINT (1 2)"},                                                           /* ISO ZM */
        {"01 01000020 c4110000 000000000000f03f 0000000000000040", "POINT (1 2)"}, /* SRID */
        {"01 010000e0 c4110000 000000000000f03f 0000000000000040 0000000000000840 0000000000001040",
         "POINT (1 2)"}, /* EWKB ZM and SRID */
        {"01 01000000 000000000000f87f 000000000000f87f", "POINT EMPTY"},
        {"01 04000000 02000000 01 01000000 000000000000f03f 0000000000000040 00 00000001 "
         "4008000000000000 4010000000000000",
         "MULTIPOINT ((1 2), (3 4))"}, /* members of both byte orders */
        {"01 03000000 01000000 00000000", "POLYGON EMPTY"},
        {"01 06000000 01000000 01 03000000 00000000", "MULTIPOLYGON EMPTY"},
        {"00 000003ea 00000002 0000000000000000 0000000000000000 4024000000000000 3ff0000000000000 "
         "0000000000000000 4024000000000000",
         "LINESTRING (0 0, 1 0)"},
    };
    gt_geom g;
    gt_geom_init(&g);
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[256];
        size_t n = unhex(cases[i].hex, bytes);
        assert_ok(ctx, gt_geom_from_wkb(ctx, bytes, n, &g));
        gt_text_clear(&t);
        gt_geom_to_wkt(&g, 9, &t);
        assert_string_equal(gt_text_cstr(&t), cases[i].wkt);
    }
    gt_text_free(&t);
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void damaged_wkb_is_refused(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *hex, *id;
    } cases[] = {
        {"", "geo.wkb-truncated"},
        {"01", "geo.wkb-truncated"},
        {"02 01000000 000000000000f03f 0000000000000040", "geo.wkb-byte-order"},
        {"01 07000000 00000000", "geo.type-unsupported"},
        {"01 08000000 00000000", "geo.type-unsupported"},
        {"01 f5030000 00000000", "geo.type-unsupported"}, /* 1013: curve Z */
        {"01 63000000 00000000", "geo.wkb-type"},
        {"01 a10f0000 00000000", "geo.wkb-type"}, /* 4001 */
        {"01 01000000 000000000000f03f", "geo.wkb-truncated"},
        {"01 01000000 000000000000f87f 0000000000000040", "geo.not-finite"},
        {"01 01000000 000000000000f07f 0000000000000040", "geo.not-finite"},
        {"01 01000000 000000000000f03f 0000000000000040 ff", "geo.wkb-trailing"},
        {"01 02000000 ffffffff 00", "geo.wkb-count"},
        {"01 03000000 ffffff7f", "geo.wkb-count"},
        {"01 06000000 ffffff0f", "geo.wkb-count"},
        {"01 02000000 01000000 000000000000f03f 0000000000000040", "geo.line-short"},
        {"01 02000000", "geo.wkb-truncated"},
        {"01 04000000 01000000 01 02000000 00000000", "geo.wkb-member"},
        {"01 06000000 01000000 01 06000000 00000000", "geo.wkb-member"},
        {"01 03000000 01000000 03000000 0000000000000000 0000000000000000 000000000000f03f "
         "0000000000000000 0000000000000000 0000000000000000",
         "geo.ring-short"},
        {"01 03000000 01000000 04000000 0000000000000000 0000000000000000 000000000000f03f "
         "0000000000000000 000000000000f03f 000000000000f03f 0000000000000000 000000000000f03f",
         "geo.ring-open"},
        {"01 03000000 02000000 00000000 00000000", "geo.ring-short"},
    };
    gt_geom g;
    gt_geom_init(&g);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[256];
        size_t n = unhex(cases[i].hex, bytes);
        assert_fails(ctx, gt_geom_from_wkb(ctx, bytes, n, &g), GT_E_INPUT, cases[i].id);
        assert_int_equal(g.n_points, 0);
        assert_int_equal(g.type, GT_GEOM_NONE);
    }
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_geom g, h;
    gt_geom_init(&g);
    gt_geom_init(&h);
    uint8_t *buffer = NULL;
    size_t cap = 0, len = 0;
    for (size_t i = 0; i < N_WELL_FORMED; i++) {
        assert_ok(ctx, gt_geom_from_wkt(ctx, WELL_FORMED[i], strlen(WELL_FORMED[i]), &g));
        assert_ok(ctx, gt_geom_to_gpkg(ctx, &g, 1, &buffer, &cap, &len));
        for (size_t cut = 0; cut < len; cut++) {
            assert_fails(ctx, gt_geom_from_gpkg(ctx, buffer, cut, NULL, &h), GT_E_INPUT, NULL);
        }
    }
    gt_free(ctx, buffer);
    gt_geom_free(ctx, &g);
    gt_geom_free(ctx, &h);
    gt_ctx_free(ctx);
}

static void gpkg_headers(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const char point[] = "01 01000000 000000000000f03f 0000000000000040";
    static const struct {
        const char *head, *id;
    } cases[] = {
        {"4750 00 01 e6100000", NULL},
        {"4750 00 00 000010e6", NULL}, /* big endian header, little endian WKB */
        {"4750 00 05 e6100000 000000000000f03f 000000000000f03f 0000000000000040 0000000000000040 "
         "0000000000000840 0000000000000840",
         NULL}, /* XYZ envelope */
        {"4750 00 09 e6100000 000000000000f03f 000000000000f03f 0000000000000040 0000000000000040 "
         "0000000000000840 0000000000000840 0000000000000840 0000000000000840",
         NULL},
        {"4751 00 01 e6100000", "geo.gpkg-magic"},
        {"4750 01 01 e6100000", "geo.gpkg-header"},
        {"4750 00 0b e6100000", "geo.gpkg-header"}, /* envelope kind 5 */
        {"4750 00 21 e6100000", "geo.gpkg-extended"},
        {"4750 00 03 e6100000", "geo.wkb-truncated"}, /* no room for its envelope */
    };
    gt_geom g;
    gt_geom_init(&g);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[256];
        size_t n = unhex(cases[i].head, bytes);
        n += unhex(point, bytes + n);
        int32_t srs = 0;
        gt_box box;
        gt_status st = gt_geom_from_gpkg(ctx, bytes, n, &srs, &g);
        if (cases[i].id != NULL) {
            assert_fails(ctx, st, GT_E_INPUT, cases[i].id);
            assert_fails(ctx, gt_gpkg_box(ctx, bytes, n, &box), GT_E_INPUT, cases[i].id);
            continue;
        }
        assert_ok(ctx, st);
        assert_int_equal(srs, 4326);
        assert_ok(ctx, gt_gpkg_box(ctx, bytes, n, &box));
        assert_near(box.xmin, 1, 0);
        assert_near(box.ymax, 2, 0);
    }
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void wkt_as_people_write_it(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"point(1 2)", "POINT (1 2)"},
        {"  Point Z ( 1\t2\n3 ) ", "POINT (1 2)"},
        {"POINTZM(1 2 3 4)", "POINT (1 2)"},
        {"POINT M (1e2 -2.5E-1 7)", "POINT (100 -0.25)"},
        {"multipoint(1 2,3 4)", "MULTIPOINT ((1 2), (3 4))"},
        {"MULTIPOINT(EMPTY,(3 4))", "MULTIPOINT ((3 4))"},
        {"MULTIPOLYGON(EMPTY,((0 0,1 0,1 1,0 0)))", "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"},
        {"LINESTRING Z EMPTY", "LINESTRING EMPTY"},
        {"POINT(.5 5.)", "POINT (0.5 5)"},
        {"POINT(116.39747200000000123456789 +39.9)", "POINT (116.397472 39.9)"},
        {"POINT(-0.0000000001 -0)", "POINT (0 0)"},
    };
    gt_geom g;
    gt_geom_init(&g);
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(ctx, gt_geom_from_wkt(ctx, cases[i].in, strlen(cases[i].in), &g));
        gt_text_clear(&t);
        gt_geom_to_wkt(&g, 6, &t);
        assert_string_equal(gt_text_cstr(&t), cases[i].out);
    }
    gt_text_free(&t);
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void wrong_wkt_is_refused_with_its_place(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *wkt, *id, *says;
    } cases[] = {
        {"", "geo.wkt-wanted", "character 1: POINT, LINESTRING"},
        {"POLYGONE((0 0,1 0,1 1,0 0))", "geo.wkt-wanted", "'POLYGONE' found"},
        {"CIRCULARSTRING(0 0,1 1,2 0)", "geo.type-unsupported", "CIRCULARSTRING"},
        {"GEOMETRYCOLLECTION(POINT(1 2))", "geo.type-unsupported", "split geometry collections"},
        {"SRID=4326;POINT(1 2)", "geo.wkt-srid", "--crs"},
        {"POINT", "geo.wkt-wanted", "'end of text' found"},
        {"POINT(1)", "geo.wkt-wanted", "character 8: number expected, ')' found"},
        {"POINT(1 2", "geo.wkt-wanted", "character 10: ')' expected"},
        {"POINT(1 2) x", "geo.wkt-wanted", "end of text expected, 'x' found"},
        {"POINT(1 2 3 4 5)", "geo.wkt-wanted", "character 15"},
        {"POINT(nan 2)", "geo.wkt-number", "'nan' is not a finite number"},
        {"POINT(1 inf)", "geo.wkt-number", "'inf'"},
        {"POINT(1e999 2)", "geo.wkt-number", "'1e999'"},
        {"POINT(1,2)", "geo.wkt-wanted", "number expected, ',' found"},
        {"POINT(12x 2)", "geo.wkt-number", "'12x'"},
        {"POINT(１ 2)", "geo.wkt-number", "'１'"},
        {"LINESTRING(0 0)", "geo.line-short", "line 1 has 1 point"},
        {"LINESTRING(0 0,1 1", "geo.wkt-wanted", "',' or ')'"},
        {"POLYGON((0 0,1 0,0 0))", "geo.ring-short", "has 3 points"},
        {"POLYGON((0 0,1 0,1 1,0 1))", "geo.ring-open", "at (0, 0)"},
        {"POLYGON((0 0,1 0,1 1,0 0),(0 0,1 1))", "geo.ring-open", "ring 2"},
        {"POLYGON(0 0,1 0,1 1,0 0)", "geo.wkt-wanted", "'(' expected, '0' found"},
        {"MULTIPOLYGON((0 0,1 0,1 1,0 0))", "geo.wkt-wanted", "'(' expected"},
    };
    gt_geom g;
    gt_geom_init(&g);
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_status st = gt_geom_from_wkt(ctx, cases[i].wkt, strlen(cases[i].wkt), &g);
        gt_text_clear(&t);
        gt_error_render(ctx, GT_LANG_EN, &t);
        if (strstr(gt_text_cstr(&t), cases[i].says) == NULL) {
            fail_msg("%s: '%s' lacks '%s'", cases[i].wkt, gt_text_cstr(&t), cases[i].says);
        }
        assert_fails(ctx, st, GT_E_INPUT, cases[i].id);
    }
    const char *two_lines = "POLYGON((0 0,\n 1 zero,1 1,0 0))";
    gt_status st = gt_geom_from_wkt(ctx, two_lines, strlen(two_lines), &g);
    assert_int_equal(gt_error_place(ctx)->line, 2);
    assert_int_equal(gt_error_place(ctx)->column, 4);
    assert_fails(ctx, st, GT_E_INPUT, "geo.wkt-number");
    gt_text_free(&t);
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void geojson_variants(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *json, *wkt;
    } cases[] = {
        {"{\"type\":\"Point\",\"coordinates\":[1,2]}", "POINT (1 2)"},
        {"{\"coordinates\":[1.5,2,99],\"type\":\"Point\",\"bbox\":[0,0,1,1]}", "POINT (1.5 2)"},
        {"{\"type\":\"Feature\",\"properties\":{\"a\":null},\"geometry\":{\"type\":\"LineString\","
         "\"coordinates\":[[0,0],[1,1]]}}",
         "LINESTRING (0 0, 1 1)"},
        {"{\"type\":\"MultiPolygon\",\"coordinates\":[[],[[[0,0],[1,0],[1,1],[0,0]]]]}",
         "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"},
        {"{\"type\":\"Polygon\",\"coordinates\":[]}", "POLYGON EMPTY"},
    };
    gt_geom g;
    gt_geom_init(&g);
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(ctx, gt_geom_from_geojson(ctx, cases[i].json, strlen(cases[i].json), &g));
        gt_text_clear(&t);
        gt_geom_to_wkt(&g, 6, &t);
        assert_string_equal(gt_text_cstr(&t), cases[i].wkt);
    }
    gt_text_free(&t);
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void wrong_geojson_is_refused_with_its_path(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *json, *id, *says;
    } cases[] = {
        {"", "geo.geojson-syntax", "not JSON"},
        {"{\"type\":\"Point\",\"coordinates\":[1,2]", "geo.geojson-syntax", "line 1"},
        {"{\"type\":\"Point\",\"type\":\"Point\",\"coordinates\":[1,2]}", "geo.geojson-syntax",
         "duplicate"},
        {"{\"type\":\"Point\",\"coordinates\":[1e999,2]}", "geo.geojson-syntax", "overflow"},
        {"{\"type\":\"Point\",\"coordinates\":[NaN,2]}", "geo.geojson-syntax", "NaN"},
        {"{\"type\":\"Point\",\"coordinates\":[1,2]} x", "geo.geojson-syntax", "end of file"},
        {"[1,2]", "geo.geojson-missing", "\"type\""},
        {"{\"type\":7}", "geo.geojson-missing", "\"type\""},
        {"{\"type\":\"Feature\"}", "geo.geojson-missing", "\"geometry\""},
        {"{\"type\":\"Feature\",\"geometry\":null}", "geo.geojson-missing", "\"type\""},
        {"{\"type\":\"Point\"}", "geo.geojson-missing", "\"coordinates\""},
        {"{\"type\":\"GeometryCollection\",\"geometries\":[]}", "geo.type-unsupported",
         "GeometryCollection"},
        {"{\"type\":\"point\",\"coordinates\":[1,2]}", "geo.type-unsupported", "point"},
        {"{\"type\":\"Point\",\"coordinates\":[1]}", "geo.geojson-wanted",
         "coordinates must be a pos"},
        {"{\"type\":\"Point\",\"coordinates\":{}}", "geo.geojson-wanted", "[x, y]"},
        {"{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,\"2\"]]}", "geo.geojson-wanted",
         "coordinates[1][1] must be a number"},
        {"{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[1,0],[1,true],[0,0]]]]}",
         "geo.geojson-wanted", "coordinates[0][0][2][1] must be a number"},
        {"{\"type\":\"Polygon\",\"coordinates\":[[0,0],[1,0],[1,1],[0,0]]}", "geo.geojson-wanted",
         "coordinates[0][0] must be a position"},
        {"{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1]]]}", "geo.ring-open", "ring 1"},
        {"{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[0,0]]]}", "geo.ring-short",
         "3 points"},
        {"{\"type\":\"LineString\",\"coordinates\":[[0,0]]}", "geo.line-short", "1 point"},
    };
    gt_geom g;
    gt_geom_init(&g);
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_status st = gt_geom_from_geojson(ctx, cases[i].json, strlen(cases[i].json), &g);
        gt_text_clear(&t);
        gt_error_render(ctx, GT_LANG_EN, &t);
        if (strstr(gt_text_cstr(&t), cases[i].says) == NULL) {
            fail_msg("%s: '%s' lacks '%s'", cases[i].json, gt_text_cstr(&t), cases[i].says);
        }
        assert_fails(ctx, st, GT_E_INPUT, cases[i].id);
    }
    gt_text_free(&t);
    gt_geom_free(ctx, &g);
    gt_ctx_free(ctx);
}

static void numbers_do_not_follow_the_locale(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    const char *old = setlocale(LC_NUMERIC, NULL);
    char keep[64];
    (void)snprintf(keep, sizeof keep, "%s", old);
    const char *comma = setlocale(LC_NUMERIC, "de_DE.UTF-8");
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_number_put(&t, 1234.5625, 6);
    assert_string_equal(gt_text_cstr(&t), "1234.5625");
    size_t used = 0;
    assert_near(gt_number_read("39.90000000000000012345 ", 24, &used), 39.9, 0);
    assert_int_equal(used, 23);
    (void)setlocale(LC_NUMERIC, keep);
    gt_text_free(&t);
    gt_ctx_free(ctx);
    if (comma == NULL) {
        print_message("note: no locale with a comma is installed; the C locale was tested\n");
    }
}

static void numbers_read_and_write(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const char *const texts[] = {"0",     "1",      "-1.5",   "123456789012345",
                                        "1e10",  "1.5e-7", "0.1",    "4448653.2034999998",
                                        "1e308", "5e-324", "1e-400", "-179.99999999999997"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t used = 0;
        double v = gt_number_read(texts[i], strlen(texts[i]), &used);
        assert_int_equal(used, strlen(texts[i]));
        assert_near(v, strtod(texts[i], NULL), 0);
    }
    static const char *const none[] = {"", ".", "-", "+.", "e5", "x1"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        size_t used = 9;
        (void)gt_number_read(none[i], strlen(none[i]), &used);
        assert_int_equal(used, 0);
    }
    size_t used = 0;
    assert_near(gt_number_read("12e", 3, &used), 12, 0);
    assert_int_equal(used, 2);
    char long_number[500];
    memset(long_number, '7', sizeof long_number);
    assert_true(isnan(gt_number_read(long_number, sizeof long_number, &used)));
    static const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {{0, 3, "0"},
                 {-0.0, 3, "0"},
                 {-0.0004, 3, "0"},
                 {1.25, 0, "1"},
                 {-1.5, 2, "-1.5"},
                 {100, 0, "100"},
                 {100, 2, "100"},
                 {1e15, 1, "1000000000000000"},
                 {0.30000000001, 4, "0.3"}};
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_text_clear(&t);
        gt_number_put(&t, cases[i].value, cases[i].digits);
        assert_string_equal(gt_text_cstr(&t), cases[i].text);
    }
    gt_text_free(&t);
    gt_ctx_free(ctx);
}

/* Fails the allocations one after the other until a run passes; nothing may leak or crash. */
static void codecs_survive_every_failed_allocation(void **state)
{
    (void)state;
    gt_ctx *plain = test_ctx();
    gt_geom g;
    gt_geom_init(&g);
    const char *wkt = WELL_FORMED[N_WELL_FORMED - 1];
    assert_ok(plain, gt_geom_from_wkt(plain, wkt, strlen(wkt), &g));
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    assert_ok(plain, gt_geom_to_gpkg(plain, &g, 4548, &blob, &cap, &len));
    blob[3] &= 0xF1; /* drops the envelope's kind, so that the box has to be computed */
    memmove(blob + 8, blob + 40, len - 40);
    gt_text json;
    gt_text_init(&json, plain, 0);
    gt_geom_to_geojson(&g, 6, &json);
    for (int what = 0; what < 7; what++) {
        bool passed = false;
        for (long n = 0; !passed && n < 100; n++) {
            long left = n;
            gt_ctx *ctx = test_ctx_failing(&left);
            gt_geom h;
            gt_geom_init(&h);
            uint8_t *out = NULL;
            size_t out_cap = 0, out_len = 0;
            gt_box box;
            gt_text t;
            gt_text_init(&t, ctx, 0);
            gt_status st = GT_OK;
            switch (what) {
            case 0:
                st = gt_geom_from_gpkg(ctx, blob, len - 32, NULL, &h);
                break;
            case 1:
                st = gt_geom_from_wkt(ctx, wkt, strlen(wkt), &h);
                break;
            case 2:
                st = gt_geom_from_geojson(ctx, json.data, json.len, &h);
                break;
            case 3:
                st = gt_geom_to_wkb(ctx, &g, &out, &out_cap, &out_len);
                break;
            case 4:
                st = gt_geom_to_gpkg(ctx, &g, 1, &out, &out_cap, &out_len);
                break;
            case 5:
                st = gt_gpkg_box(ctx, blob, len - 32, &box);
                break;
            default:
                st = gt_geom_copy(ctx, &g, &h);
                gt_geom_to_wkt(&g, 3, &t);
                gt_geom_to_geojson(&g, 3, &t);
                st = st == GT_OK ? gt_text_status(&t) : st;
                break;
            }
            passed = st == GT_OK;
            assert_true(passed || (st == GT_E_MEMORY && gt_error_status(ctx) == GT_E_MEMORY));
            assert_int_equal(passed, left >= 0);
            gt_text_free(&t);
            gt_free(ctx, out);
            gt_geom_free(ctx, &h);
            left = 1000;
            assert_int_equal(gt_ctx_memory_used(ctx), 0);
            gt_ctx_free(ctx);
        }
        assert_true(passed);
    }
    gt_text_free(&json);
    gt_free(plain, blob);
    gt_geom_free(plain, &g);
    gt_ctx_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_goes_there_and_back),
        cmocka_unit_test(writing_turns_rings),
        cmocka_unit_test(dialects_of_wkb),
        cmocka_unit_test(damaged_wkb_is_refused),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(gpkg_headers),
        cmocka_unit_test(wkt_as_people_write_it),
        cmocka_unit_test(wrong_wkt_is_refused_with_its_place),
        cmocka_unit_test(geojson_variants),
        cmocka_unit_test(wrong_geojson_is_refused_with_its_path),
        cmocka_unit_test(numbers_do_not_follow_the_locale),
        cmocka_unit_test(numbers_read_and_write),
        cmocka_unit_test(codecs_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("geo.codecs", tests, NULL, NULL);
}
