/* CRSs: every built-in code against the PROJ that is installed, WKT as files carry it, and names no
 * one understands. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/crs.h"
#include "geo/proj_lib.h"
#include "guotu/area.h"
#include "support/support.h"

static const char *rendered(gt_ctx *ctx, gt_text *t)
{
    gt_text_clear(t);
    gt_error_render(ctx, GT_LANG_EN, t);
    return gt_text_cstr(t);
}

static int built_in_code(int i)
{
    return i == 0    ? 4490
           : i == 1  ? 4326
           : i < 66  ? 4491 + i - 2
           : i < 126 ? 32601 + i - 66
           : i < 186 ? 32701 + i - 126
                     : 0;
}

static void compare_with_proj(gt_ctx *ctx, gt_proj_session *s, int code)
{
    static const char *const options[] = {"MULTILINE=NO", NULL};
    char name[16];
    (void)snprintf(name, sizeof name, "EPSG:%d", code);
    gt_crs *crs = NULL;
    assert_ok(ctx, gt_crs_new(ctx, name, &crs));
    assert_true(crs->built_in);
    PJ *pj = s->lib->proj_create(s->pj, name);
    assert_non_null(pj);
    assert_string_equal(gt_crs_name(crs), s->lib->proj_get_name(pj));
    assert_string_equal(gt_crs_wkt(crs), s->lib->proj_as_wkt(s->pj, pj, PJ_WKT1_GDAL, options));
    gt_box want, got;
    assert_true(s->lib->proj_get_area_of_use(s->pj, pj, &want.xmin, &want.ymin, &want.xmax,
                                             &want.ymax, NULL));
    assert_true(gt_crs_area_of_use(crs, &got));
    assert_memory_equal(&got, &want, sizeof got);
    assert_int_equal(gt_crs_epsg(crs), code);
    assert_int_equal(gt_crs_is_geographic(crs), code == 4490 || code == 4326);
    s->lib->proj_destroy(pj);
    gt_crs_free(ctx, crs);
}

static void built_in_codes_are_those_of_proj(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_proj_session s;
    assert_ok(ctx, gt_proj_open(ctx, true, &s));
    int n = 0;
    for (; built_in_code(n) != 0; n++) {
        compare_with_proj(ctx, &s, built_in_code(n));
    }
    assert_int_equal(n, 186);
    gt_proj_close(&s);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* Points over the area of use of the code and a degree beyond, through PROJ and through us. */
static void compare_points(gt_ctx *ctx, gt_proj_session *s, const gt_crs *geographic, int code,
                           test_rng *rng)
{
    char name[16], base[16];
    (void)snprintf(name, sizeof name, "EPSG:%d", code);
    (void)snprintf(base, sizeof base, "EPSG:%d", gt_crs_epsg(geographic));
    gt_crs *crs = NULL;
    gt_transform *forward = NULL, *back = NULL;
    assert_ok(ctx, gt_crs_new(ctx, name, &crs));
    assert_ok(ctx, gt_transform_new(ctx, geographic, crs, GT_DATUM_AS_STATED, &forward));
    assert_ok(ctx, gt_transform_new(ctx, crs, geographic, GT_DATUM_AS_STATED, &back));
    PJ *from = s->lib->proj_create(s->pj, base), *to = s->lib->proj_create(s->pj, name);
    PJ *raw = s->lib->proj_create_crs_to_crs_from_pj(s->pj, from, to, NULL, NULL);
    PJ *pj = s->lib->proj_normalize_for_visualization(s->pj, raw);
    gt_box box = crs->area;
    double worst = 0;
    for (int i = 0; i < 50; i++) {
        double lon = box.xmin - 1 + test_rng_real(rng) * (box.xmax - box.xmin + 2);
        double lat = box.ymin + test_rng_real(rng) * (box.ymax - box.ymin);
        double xy[2] = {lon, lat}, want[2] = {lon, lat};
        assert_ok(ctx, gt_transform_points(ctx, forward, xy, 1));
        assert_int_equal(s->lib->proj_trans_generic(pj, PJ_FWD, want, 16, 1, want + 1, 16, 1, NULL,
                                                    0, 0, NULL, 0, 0),
                         1);
        worst = fmax(worst, hypot(xy[0] - want[0], xy[1] - want[1]));
        assert_ok(ctx, gt_transform_points(ctx, back, xy, 1));
        worst = fmax(worst, 111320 * fmax(fabs(remainder(xy[0] - lon, 360)) * cos(lat * M_PI / 180),
                                          fabs(xy[1] - lat)));
    }
    assert_near(worst, 0, 2e-8);
    s->lib->proj_destroy(pj);
    s->lib->proj_destroy(raw);
    s->lib->proj_destroy(from);
    s->lib->proj_destroy(to);
    gt_transform_free(ctx, forward);
    gt_transform_free(ctx, back);
    gt_crs_free(ctx, crs);
}

static void built_in_planes_are_those_of_proj(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_proj_session s;
    assert_ok(ctx, gt_proj_open(ctx, true, &s));
    gt_crs *cgcs = NULL, *wgs = NULL;
    assert_ok(ctx, gt_crs_new(ctx, "4490", &cgcs));
    assert_ok(ctx, gt_crs_new(ctx, "4326", &wgs));
    test_rng rng;
    test_rng_seed(&rng, 11);
    for (int i = 2; built_in_code(i) != 0; i++) {
        int code = built_in_code(i);
        compare_points(ctx, &s, code < 5000 ? cgcs : wgs, code, &rng);
        if (i % 10 == 0) { /* across the null shift */
            compare_points(ctx, &s, code < 5000 ? wgs : cgcs, code, &rng);
        }
    }
    gt_crs_free(ctx, cgcs);
    gt_crs_free(ctx, wgs);
    gt_proj_close(&s);
    gt_ctx_free(ctx);
}

static void definitions_that_mean_a_built_in(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *definition;
        int epsg;
    } cases[] = {
        {"EPSG:4548", 4548},
        {" epsg:4548 ", 4548},
        {"4548", 4548},
        {"urn:ogc:def:crs:EPSG::4548", 4548},
        {"http://www.opengis.net/def/crs/EPSG/0/4490", 4490},
        {"CGCS2000 / 3-degree Gauss-Kruger CM 117E", 4548},
        {"+proj=longlat +datum=WGS84 +no_defs", 4326},
        {"+proj=utm +zone=50 +datum=WGS84 +units=m +no_defs", 32650},
        {"EPSG:4979", 4326}, /* 3D: heights are dropped */
        /* as ArcGIS writes .prj files */
        {"PROJCS[\"CGCS2000_3_Degree_GK_CM_117E\",GEOGCS[\"GCS_China_Geodetic_Coordinate_System_"
         "2000\","
         "DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137.0,298.257222101]],PRIMEM["
         "\"Greenwich\",0.0],"
         "UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Gauss_Kruger\"],"
         "PARAMETER[\"False_Easting\",500000.0],PARAMETER[\"False_Northing\",0.0],"
         "PARAMETER[\"Central_Meridian\",117.0],PARAMETER[\"Scale_Factor\",1.0],"
         "PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]",
         4548},
        {"PROJCS[\"CGCS2000_3_Degree_GK_Zone_39\",GEOGCS[\"GCS_China_Geodetic_Coordinate_System_"
         "2000\","
         "DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137.0,298.257222101]],PRIMEM["
         "\"Greenwich\",0.0],"
         "UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Gauss_Kruger\"],"
         "PARAMETER[\"False_Easting\",39500000.0],PARAMETER[\"False_Northing\",0.0],"
         "PARAMETER[\"Central_Meridian\",117.0],PARAMETER[\"Scale_Factor\",1.0],"
         "PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]",
         4527},
        {"PROJCS[\"CGCS2000_GK_CM_117E\",GEOGCS[\"GCS_China_Geodetic_Coordinate_System_2000\","
         "DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137.0,298.257222101]],PRIMEM["
         "\"Greenwich\",0.0],"
         "UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Gauss_Kruger\"],"
         "PARAMETER[\"False_Easting\",500000.0],PARAMETER[\"False_Northing\",0.0],"
         "PARAMETER[\"Central_Meridian\",117.0],PARAMETER[\"Scale_Factor\",1.0],"
         "PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]",
         4509},
        {"GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563],"
         "TOWGS84[0,0,0,0,0,0,0]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]]",
         4326},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_crs *crs = NULL;
        assert_ok(ctx, gt_crs_new(ctx, cases[i].definition, &crs));
        if (gt_crs_epsg(crs) != cases[i].epsg || !crs->built_in) {
            fail_msg("%s: EPSG:%d", cases[i].definition, gt_crs_epsg(crs));
        }
        gt_crs_free(ctx, crs);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void own_wkt_is_read_back(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    for (int i = 0; built_in_code(i) != 0; i += i < 66 ? 1 : 7) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d", built_in_code(i));
        gt_crs *a = NULL, *b = NULL;
        assert_ok(ctx, gt_crs_new(ctx, name, &a));
        assert_ok(ctx, gt_crs_new(ctx, gt_crs_wkt(a), &b));
        assert_true(gt_crs_same(a, b));
        assert_int_equal(gt_crs_epsg(b), gt_crs_epsg(a));
        gt_crs_free(ctx, a);
        gt_crs_free(ctx, b);
    }
    gt_ctx_free(ctx);
}

static void other_crss_through_proj(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *definition;
        int epsg;
        gt_crs_kind kind;
        bool geographic;
    } cases[] = {
        {"EPSG:2384", 2384, GT_CRS_TMERC, false},     /* Xian 1980 / 3-degree GK CM 117E */
        {"EPSG:2436", 2436, GT_CRS_TMERC, false},     /* Beijing 1954 / 3-degree GK CM 117E */
        {"EPSG:4610", 4610, GT_CRS_GEOGRAPHIC, true}, /* Xian 1980 */
        {"EPSG:2056", 2056, GT_CRS_OTHER, false},     /* Swiss LV95, oblique Mercator */
        {"EPSG:25832", 25832, GT_CRS_TMERC, false},   /* ETRS89 / UTM 32N */
        {"EPSG:3857", 3857, GT_CRS_OTHER, false},
        {"EPSG:4807", 4807, GT_CRS_OTHER, true},   /* grads from Paris */
        {"EPSG:7405", 27700, GT_CRS_TMERC, false}, /* compound: the horizontal part */
        {"+proj=tmerc +lat_0=39.86 +lon_0=116.35 +k=1 +x_0=500000 +y_0=300000 +ellps=krass", 0,
         GT_CRS_TMERC, false},
        /* Beijing local without any code, on China 2000 */
        {"PROJCS[\"local\",GEOGCS[\"x\",DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137,298."
         "257222101]],"
         "PRIMEM[\"Greenwich\",0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Transverse_"
         "Mercator\"],"
         "PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",116.35],"
         "PARAMETER[\"scale_factor\",1],PARAMETER[\"false_easting\",500000],"
         "PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]]",
         0, GT_CRS_TMERC, false},
        /* a file that claims 4548 with another meridian is not 4548 */
        {"PROJCS[\"CGCS2000 / 3-degree Gauss-Kruger CM 117E\",GEOGCS[\"x\",DATUM[\"China_2000\","
         "SPHEROID[\"CGCS2000\",6378137,298.257222101]],PRIMEM[\"Greenwich\",0],"
         "UNIT[\"degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],"
         "PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",116],"
         "PARAMETER[\"scale_factor\",1],PARAMETER[\"false_easting\",500000],"
         "PARAMETER[\"false_northing\",0],UNIT[\"metre\",1],AUTHORITY[\"EPSG\",\"4548\"]]",
         0, GT_CRS_TMERC, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_crs *crs = NULL;
        assert_ok(ctx, gt_crs_new(ctx, cases[i].definition, &crs));
        if (gt_crs_epsg(crs) != cases[i].epsg || crs->kind != cases[i].kind ||
            crs->geographic != cases[i].geographic || crs->built_in) {
            fail_msg("%s: EPSG:%d kind %d", cases[i].definition, gt_crs_epsg(crs), (int)crs->kind);
        }
        assert_true(gt_crs_wkt(crs)[0] != '\0');
        gt_crs_free(ctx, crs);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void wrong_names_get_a_suggestion(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *definition, *id, *says;
    } cases[] = {
        {"EPSG:99999", "geo.crs-unknown", "did you mean EPSG:"},
        {"EPSG:45448", "geo.crs-unknown", "EPSG:4548 (CGCS2000 / 3-degree Gauss-Kruger CM 117E)"},
        {"EPSG:45484", "geo.crs-unknown", "EPSG:4548"},
        {"CGCS2000 117E", "geo.crs-unknown", "EPSG:4548"},
        {"CGCS2000 zone 39", "geo.crs-unknown", "EPSG:4548"},
        {"cgcs2000 gk 120", "geo.crs-unknown", "EPSG:4549"},
        {"wgs84 utm 50", "geo.crs-unknown", "EPSG:32650"},
        {"WGS84 please", "geo.crs-unknown", "EPSG:4326 (WGS 84)"},
        {"CGCS2000 84E", "geo.crs-unknown", "EPSG:4537"},
        {"北京地方坐标系", "geo.crs-unknown", "EPSG:4548"},
        {"", "geo.crs-unknown", "EPSG:4548"},
        {"EPSG:", "geo.crs-unknown", "EPSG:4548"},
        {"EPSG:4548x", "geo.crs-unknown", "EPSG:4548"},
        {"+proj=nonsense", "geo.crs-unknown", "did you mean"},
        {"PROJCS[\"broken\"", "geo.crs-unknown", "did you mean"},
        {"EPSG:4978", "geo.crs-kind", "geocentric"},
        {"EPSG:5701", "geo.crs-kind", "vertical"},
    };
    gt_text t;
    gt_text_init(&t, ctx, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_crs *crs = NULL;
        gt_status st = gt_crs_new(ctx, cases[i].definition, &crs);
        const char *message = rendered(ctx, &t);
        if (strstr(message, cases[i].says) == NULL || strcmp(gt_error_id(ctx), cases[i].id) != 0) {
            fail_msg("%s: [%s] %s", cases[i].definition, gt_error_id(ctx), message);
        }
        assert_fails(ctx, st, GT_E_INPUT, cases[i].id);
        assert_null(crs);
    }
    gt_text_free(&t);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void missing_database_is_named(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_crs *crs = NULL;
    gt_text t;
    gt_text_init(&t, ctx, 0);
    assert_int_equal(setenv("PROJ_DATA", "/nonexistent", 1), 0);
    assert_int_equal(setenv("PROJ_LIB", "/nonexistent", 1), 0);
    gt_status st = gt_crs_new(ctx, "EPSG:2384", &crs);
    assert_int_equal(unsetenv("PROJ_DATA"), 0);
    assert_int_equal(unsetenv("PROJ_LIB"), 0);
    if (st == GT_OK) { /* PROJ falls back to the folder it was built for */
        gt_crs_free(ctx, crs);
        gt_text_free(&t);
        gt_ctx_free(ctx);
        test_skip("PROJ finds its database in spite of PROJ_DATA");
    }
    assert_non_null(strstr(rendered(ctx, &t), "proj-data"));
    assert_fails(ctx, st, GT_E_ENV, "geo.proj-database");
    gt_text_free(&t);
    gt_ctx_free(ctx);
}

static void planes_need_a_plane(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_crs *crs = NULL;
    gt_plane *plane = NULL;
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:3857", &crs));
    assert_fails(ctx, gt_plane_new(ctx, crs, &plane), GT_E_INPUT, "geo.crs-no-plane");
    gt_crs_free(ctx, crs);
    assert_ok(ctx, gt_crs_new(ctx, "EPSG:4549", &crs));
    assert_ok(ctx, gt_plane_new(ctx, crs, &plane));
    double a = 0, f = 0, x = 0, y = 0, lon = 0, lat = 0;
    gt_plane_ellipsoid(plane, &a, &f);
    assert_near(a, 6378137, 0);
    assert_near(1 / f, 298.257222101, 1e-12);
    gt_plane_forward(plane, 120 * M_PI / 180, 30 * M_PI / 180, &x, &y);
    assert_near(x, 500000, 1e-9);
    gt_plane_inverse(plane, x, y, &lon, &lat);
    assert_near(lat, 30 * M_PI / 180, 1e-15);
    gt_plane_free(ctx, plane);
    gt_crs_free(ctx, crs);
    gt_ctx_free(ctx);
}

static void ballpark_is_owned_up_to(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *source, *target;
        bool ballpark, identity;
    } cases[] = {
        {"EPSG:2384", "EPSG:4548", true, false},  /* Xian 1980 to CGCS2000 */
        {"EPSG:4610", "EPSG:4490", true, false},  /* the same in degrees */
        {"EPSG:2384", "EPSG:2383", false, false}, /* within Xian 1980 */
        {"EPSG:4326", "EPSG:4548", false, false}, /* null shift, our series */
        {"EPSG:4490", "EPSG:3857", false, false}, /* null shift, by PROJ */
        {"EPSG:2056", "EPSG:4326", false, false}, /* known parameters */
        {"EPSG:4326", "EPSG:4490", false, true},  {"EPSG:3857", "EPSG:3857", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_crs *a = NULL, *b = NULL;
        gt_transform *t = NULL;
        assert_ok(ctx, gt_crs_new(ctx, cases[i].source, &a));
        assert_ok(ctx, gt_crs_new(ctx, cases[i].target, &b));
        assert_ok(ctx, gt_transform_new(ctx, a, b, GT_DATUM_AS_STATED, &t));
        if (gt_transform_is_ballpark(t) != cases[i].ballpark) {
            fail_msg("%s to %s", cases[i].source, cases[i].target);
        }
        assert_int_equal(gt_transform_is_identity(t), cases[i].identity);
        gt_transform_free(ctx, t);
        gt_crs_free(ctx, a);
        gt_crs_free(ctx, b);
    }
    gt_ctx_free(ctx);
}

/* Values of PROJ's own, so that the axis order and the units of the generic way are right. */
static void generic_transformations(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    static const struct {
        const char *source, *target;
        double in[2], out[2], tolerance;
    } cases[] = {
        {"EPSG:4326", "EPSG:3857", {90, 0}, {10018754.1713946, 0}, 1e-6},
        {"EPSG:4326",
         "EPSG:2056",
         {7.438637222, 46.951081111},
         {2600000, 1200000},
         2},                                                     /* old Berne */
        {"EPSG:4807", "EPSG:4326", {0, 50}, {2.3372, 45}, 1e-3}, /* grads, Paris */
        {"EPSG:4258", "EPSG:25832", {9, 0}, {500000, 0}, 1e-8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_crs *a = NULL, *b = NULL;
        gt_transform *t = NULL;
        double xy[2] = {cases[i].in[0], cases[i].in[1]};
        assert_ok(ctx, gt_crs_new(ctx, cases[i].source, &a));
        assert_ok(ctx, gt_crs_new(ctx, cases[i].target, &b));
        assert_ok(ctx, gt_transform_new(ctx, a, b, GT_DATUM_AS_STATED, &t));
        assert_ok(ctx, gt_transform_points(ctx, t, xy, 1));
        assert_near(xy[0], cases[i].out[0], cases[i].tolerance);
        assert_near(xy[1], cases[i].out[1], cases[i].tolerance);
        gt_transform_free(ctx, t);
        gt_crs_free(ctx, a);
        gt_crs_free(ctx, b);
    }
    gt_ctx_free(ctx);
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    static const char *const definitions[] = {"EPSG:4548", "EPSG:2384",
                                              "+proj=utm +zone=50 +datum=WGS84"};
    for (size_t d = 0; d < 3; d++) {
        bool passed = false;
        for (long n = 0; !passed && n < 100; n++) {
            long left = n;
            gt_ctx *ctx = test_ctx_failing(&left);
            gt_crs *crs = NULL, *wgs = NULL;
            gt_transform *t = NULL;
            gt_plane *plane = NULL;
            gt_status st = gt_crs_new(ctx, definitions[d], &crs);
            st = st == GT_OK ? gt_crs_new(ctx, "EPSG:32650", &wgs) : st;
            st = st == GT_OK ? gt_plane_new(ctx, crs, &plane) : st;
            st = st == GT_OK ? gt_transform_new(ctx, wgs, crs, GT_DATUM_AS_STATED, &t) : st;
            passed = st == GT_OK;
            assert_true(passed || st == GT_E_MEMORY);
            gt_transform_free(ctx, t);
            gt_plane_free(ctx, plane);
            gt_crs_free(ctx, wgs);
            gt_crs_free(ctx, crs);
            left = 1000;
            assert_int_equal(gt_ctx_memory_used(ctx), 0);
            gt_ctx_free(ctx);
        }
        assert_true(passed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_database_is_named),
        cmocka_unit_test(built_in_codes_are_those_of_proj),
        cmocka_unit_test(built_in_planes_are_those_of_proj),
        cmocka_unit_test(definitions_that_mean_a_built_in),
        cmocka_unit_test(own_wkt_is_read_back),
        cmocka_unit_test(other_crss_through_proj),
        cmocka_unit_test(wrong_names_get_a_suggestion),
        cmocka_unit_test(planes_need_a_plane),
        cmocka_unit_test(ballpark_is_owned_up_to),
        cmocka_unit_test(generic_transformations),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("geo.crs", tests, NULL, NULL);
}
