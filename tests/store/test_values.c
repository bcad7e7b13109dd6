/* Values, ids, dates, names of folders and coordinate systems at their limits: what goes in comes
 * out, bit for bit, and proves. */
#include <float.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/world.h"

static const gt_field fields[] = {
    {.name = "t", .type = GT_FIELD_TEXT},    {.name = "i", .type = GT_FIELD_INT},
    {.name = "r", .type = GT_FIELD_REAL},    {.name = "b", .type = GT_FIELD_BOOL},
    {.name = "d", .type = GT_FIELD_DATE},    {.name = "select", .type = GT_FIELD_TEXT},
    {.name = "order", .type = GT_FIELD_INT},
};
enum { N = sizeof fields / sizeof *fields };

static gt_standard odd_standard(const char *id)
{
    gt_standard s = world_standard(id);
    s.fields = fields;
    s.n_fields = N;
    s.geom_type = GT_GEOM_NONE;
    return s;
}

static gt_status put(gt_ctx *ctx, gt_commit *c, const char *layer, const char *id, gt_date from,
                     const gt_value *values)
{
    const gt_feature f = {.id = id, .valid_from = from, .values = values, .n_values = N};
    return gt_commit_put(ctx, c, layer, &f, NAN);
}

static void extreme_values_come_back(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = world_new(ctx, dir);
    gt_standard s = odd_standard("odd");
    char *long_text = malloc(3000001);
    assert_non_null(long_text);
    for (int i = 0; i < 3000000; i++) {
        long_text[i] = (char)('a' + i % 26);
    }
    long_text[3000000] = '\0';
    const char *texts[] = {"",
                           " ",
                           "NULL",
                           "0",
                           "1e5",
                           "'; DROP TABLE odd; --",
                           "北京市海淀区",
                           "\xf0\x9f\x8c\x8d",
                           "\xf4\x8f\xbf\xbf",
                           "line\nbreak\ttab",
                           long_text};
    const int64_t whole[] = {INT64_MIN, INT64_MAX, -1, 0, 1, 1LL << 53, (1LL << 53) + 1};
    const double real[] = {DBL_MAX,
                           -DBL_MAX,
                           DBL_MIN,
                           4.9406564584124654e-324,
                           0.1,
                           1e300,
                           9007199254740993.0,
                           -1.0 / 3,
                           1.0,
                           12345678901234567890.0};
    enum { TEXTS = sizeof texts / sizeof *texts, REALS = sizeof real / sizeof *real };
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    for (int k = 0; k < TEXTS; k++) {
        char id[32];
        (void)snprintf(id, sizeof id, "%d", k);
        const gt_value v[N] = {world_text(texts[k]),
                               world_int(whole[k % 7]),
                               {.kind = GT_VAL_REAL, .real = real[k % REALS]},
                               world_int(k % 2),
                               world_text(k % 2 ? "0001-01-01" : "9999-12-31"),
                               world_text(texts[TEXTS - 1 - k]),
                               {.kind = GT_NULL}};
        assert_ok(ctx, put(ctx, c, "odd", id, k % 2 ? -719162 : 2932896, v));
    }
    world_finish(ctx, c);
    gt_store_close(store);
    store = world_open(ctx, dir);
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    gt_query_init(&q, "odd");
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    for (int k = 0; k < TEXTS; k++) {
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
        assert_int_equal(f.values[0].kind, GT_VAL_TEXT);
        assert_int_equal(f.values[0].len, strlen(texts[k]));
        assert_memory_equal(f.values[0].text, texts[k], f.values[0].len + 1);
        assert_int_equal(f.values[1].integer, whole[k % 7]);
        assert_int_equal(f.values[2].kind, GT_VAL_REAL);
        assert_memory_equal(&f.values[2].real, &real[k % REALS], 8);
        assert_int_equal(f.values[3].integer, k % 2);
        assert_string_equal(f.values[4].text, k % 2 ? "0001-01-01" : "9999-12-31");
        assert_string_equal(f.values[5].text, texts[TEXTS - 1 - k]);
        assert_int_equal(f.values[6].kind, GT_NULL);
        assert_int_equal(f.valid_from, k % 2 ? -719162 : 2932896);
        assert_null(f.blob);
    }
    gt_scan_close(scan);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    free(long_text);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void minus_zero_is_zero_to_the_proof(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = world_new(ctx, dir);
    gt_standard s = odd_standard("odd");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    gt_value v[N] = {{.kind = GT_NULL}};
    v[2] = (gt_value){.kind = GT_VAL_REAL, .real = -0.0};
    assert_ok(ctx, put(ctx, c, "odd", "zero", GT_DATE_NONE, v));
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void a_million_vertices_are_one_feature(void **state)
{
    (void)state;
    enum { POINTS = 1000000 };
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = world_new(ctx, dir);
    gt_standard s = world_standard("parcels");
    gt_geom g, back;
    gt_geom_init(&g);
    gt_geom_init(&back);
    gt_geom_reset(&g, GT_POLYGON);
    for (int i = 0; i < POINTS; i++) {
        double a = 6.283185307179586 * i / POINTS;
        assert_ok(ctx, gt_geom_add_point(ctx, &g, 500000 + 3000 * cos(a), 4400000 + 3000 * sin(a)));
    }
    assert_ok(ctx, gt_geom_add_point(ctx, &g, g.xy[0], g.xy[1]));
    assert_ok(ctx, gt_geom_end_ring(ctx, &g));
    assert_ok(ctx, gt_geom_end_part(ctx, &g));
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    assert_ok(ctx, gt_geom_to_gpkg(ctx, &g, SRS, &blob, &cap, &len));
    const gt_value v[N_FIELDS] = {{.kind = GT_NULL}};
    const gt_feature feature = {.id = "big",
                                .valid_from = GT_DATE_NONE,
                                .blob = blob,
                                .blob_len = len,
                                .values = v,
                                .n_values = N_FIELDS};
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    assert_ok(ctx, gt_commit_put(ctx, c, "parcels", &feature, NAN));
    world_finish(ctx, c);
    gt_layer_info info;
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    /* the store measured it itself: ellipsoid against plane differ by less than 1e-4 here */
    assert_near(info.area_m2 / gt_geom_plane_area(&g), 1, 1e-4);
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    gt_query_init(&q, "parcels");
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_ok(ctx, gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &back));
    assert_int_equal(back.n_points, POINTS + 1);
    gt_scan_close(scan);
    q.no_geometry = true;
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_null(f.blob);
    assert_true(f.box.xmin > f.box.xmax);
    gt_scan_close(scan);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_free(ctx, blob);
    gt_geom_free(ctx, &g);
    gt_geom_free(ctx, &back);
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- the schema
 * ---------------------------------------------------------------------------------- */

static void everything_a_standard_says_is_kept(void **state)
{
    (void)state;
    static const char *const aliases[] = {"DLBM", "地类编码", NULL};
    static const char *const clauses[] = {"LND-1", "ECO-22", NULL};
    const gt_field f[] = {{.name = "code",
                           .title = {"编码 \"引号\"", "code \\ slash"},
                           .type = GT_FIELD_TEXT,
                           .unit = "m2",
                           .required = true,
                           .unique = true,
                           .max_length = 7,
                           .aliases = aliases},
                          {.name = "v",
                           .title = {"值", "v"},
                           .type = GT_FIELD_REAL,
                           .has_min = true,
                           .has_max = true,
                           .min = -0.1,
                           .max = 1e300}};
    const gt_standard s = {.id = "full",
                           .title = {"全", "full"},
                           .theme = "land",
                           .geom_type = GT_MULTIPOINT,
                           .fields = f,
                           .n_fields = 2,
                           .id_field = "code",
                           .class_field = "code",
                           .qc = {.min_area_m2 = 0.1,
                                  .min_width_m = 0.2,
                                  .min_angle_deg = 0.3,
                                  .no_overlap = true,
                                  .has_bounds = true,
                                  .bounds = {1, 2, 3.5, 4}},
                           .clauses = clauses,
                           .source = "TD/T 1055-2019 表 5",
                           .color = "#aabbcc"};
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = world_new(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_GENERATED));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_GENERATED)); /* again: nothing */
    world_finish(ctx, c);
    c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_GENERATED));
    world_finish(ctx, c);
    assert_string_equal(world_ask(dir, "SELECT count(*) FROM gt_layer_def"), "1");
    gt_store_close(store);
    store = world_open(ctx, dir);
    gt_layer_info info;
    assert_ok(ctx, gt_store_layer(ctx, store, 0, &info));
    const gt_standard *k = info.standard;
    assert_string_equal(k->id, s.id);
    assert_string_equal(k->theme, s.theme);
    assert_int_equal(k->geom_type, s.geom_type);
    assert_string_equal(k->id_field, s.id_field);
    assert_string_equal(k->class_field, s.class_field);
    assert_string_equal(k->source, s.source);
    assert_string_equal(k->color, s.color);
    assert_string_equal(k->clauses[1], "ECO-22");
    assert_null(k->clauses[2]);
    assert_string_equal(k->fields[0].title.zh, f[0].title.zh);
    assert_string_equal(k->fields[0].title.en, f[0].title.en);
    assert_string_equal(k->fields[0].unit, "m2");
    assert_string_equal(k->fields[0].aliases[1], "地类编码");
    assert_null(k->fields[0].aliases[2]);
    assert_true(k->fields[0].required && k->fields[0].unique);
    assert_int_equal(k->fields[0].max_length, 7);
    assert_true(k->fields[1].has_min && k->fields[1].has_max && !k->fields[0].has_min);
    assert_near(k->fields[1].min, -0.1, 0);
    assert_near(k->fields[1].max, 1e300, 0);
    assert_near(k->qc.min_area_m2, 0.1, 0);
    assert_near(k->qc.min_width_m, 0.2, 0);
    assert_near(k->qc.min_angle_deg, 0.3, 0);
    assert_true(k->qc.no_overlap && !k->qc.no_gaps && k->qc.has_bounds);
    assert_memory_equal(&k->qc.bounds, &s.qc.bounds, sizeof s.qc.bounds);
    assert_int_equal(gt_standard_field(k, "dlbm"), 0);
    assert_int_equal(gt_standard_field(k, "V"), 1);
    assert_int_equal(gt_standard_field(k, "w"), -1);
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void codes_are_found(void **state)
{
    (void)state;
    const gt_code codes[] = {{.code = "01"}, {.code = "0101"}, {.code = "0103"}, {.code = "12"}};
    const gt_codelist list = {.id = "x", .codes = codes, .n_codes = 4}, none = {.id = "y"};
    for (size_t i = 0; i < 4; i++) {
        assert_ptr_equal(gt_codelist_find(&list, codes[i].code), &codes[i]);
    }
    static const char *const absent[] = {"", "0", "010", "0102", "02", "13", "旱"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        assert_null(gt_codelist_find(&list, absent[i]));
    }
    assert_null(gt_codelist_find(&none, "01"));
}

/* ---- coordinate systems and folders -------------------------------------------------------------
 */

static void make_with_crs(const char *crs, int32_t srs_id, gt_box box)
{
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store_options o;
    gt_store *store = NULL;
    gt_store_options_init(&o);
    o.crs = crs;
    assert_ok(ctx, gt_store_create(ctx, dir, &o, &store));
    assert_int_equal(gt_store_srs_id(store), srs_id);
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    gt_geom g;
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_POLYGON);
    const double xy[] = {box.xmin, box.ymin, box.xmax, box.ymin, box.xmax,
                         box.ymax, box.xmin, box.ymax, box.xmin, box.ymin};
    for (int i = 0; i < 5; i++) {
        assert_ok(ctx, gt_geom_add_point(ctx, &g, xy[2 * i], xy[2 * i + 1]));
    }
    assert_ok(ctx, gt_geom_end_ring(ctx, &g));
    assert_ok(ctx, gt_geom_end_part(ctx, &g));
    assert_ok(ctx, gt_geom_to_gpkg(ctx, &g, srs_id, &blob, &cap, &len));
    const gt_value v[N_FIELDS] = {{.kind = GT_NULL}};
    const gt_feature f = {.id = "a",
                          .valid_from = GT_DATE_NONE,
                          .blob = blob,
                          .blob_len = len,
                          .values = v,
                          .n_values = N_FIELDS};
    assert_ok(ctx, gt_commit_put(ctx, c, "parcels", &f, NAN));
    world_finish(ctx, c);
    gt_store_close(store);
    store = world_open(ctx, dir);
    gt_layer_info info;
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_true(info.area_m2 > 0);
    assert_memory_equal(&info.box, &box, sizeof box);
    assert_ok(ctx, gt_store_verify(ctx, store));
    char sql[128];
    (void)snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM gpkg_spatial_ref_sys WHERE srs_id = %d AND definition <> ''",
        (int)srs_id);
    assert_string_equal(world_ask(dir, sql), "1");
    assert_string_equal(world_ask(dir, "SELECT count(*) FROM gpkg_spatial_ref_sys WHERE srs_id IN"
                                       " (-1, 0, 4326)"),
                        "3");
    gt_free(ctx, blob);
    gt_geom_free(ctx, &g);
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void other_working_systems_work(void **state)
{
    (void)state;
    make_with_crs("EPSG:4490", 4490, (gt_box){116.3, 39.9, 116.4, 40.0});
    make_with_crs("EPSG:4326", 4326, (gt_box){-0.1, -0.1, 0.1, 0.1});
    make_with_crs("EPSG:4527", 4527, (gt_box){39500000, 4400000, 39500100, 4400100}); /* zone */
    make_with_crs("EPSG:32650", 32650, (gt_box){400000, 4400000, 400100, 4400100});
}

static void a_crs_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"EPSG:1", "nonsense", "EPSG:999999", "GEOGCS[\"broken"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gt_ctx *ctx = test_ctx();
        char *dir = test_dir();
        gt_store_options o;
        gt_store *store = NULL;
        gt_store_options_init(&o);
        o.crs = wrong[i];
        gt_status st = gt_store_create(ctx, dir, &o, &store);
        assert_int_equal(st, GT_E_INPUT);
        assert_null(store);
        assert_int_not_equal(access(test_path(dir, "onemap.gpkg"), F_OK), 0);
        gt_error_clear(ctx);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
        test_dir_remove(dir);
    }
}

static void folders_may_have_any_name(void **state)
{
    (void)state;
    static const char *const names[] = {"with space",    "百分之50%25", "what?mode=ro",     "a#b",
                                        "quote'quote\"", "北京/一张图", "semi;colon&and=is"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gt_ctx *ctx = test_ctx();
        char *dir = test_dir();
        const char *path = test_path(dir, names[i]);
        gt_store *store = world_new(ctx, path);
        gt_standard s = world_standard("parcels");
        gt_commit *c = world_begin(ctx, store);
        assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
        assert_ok(ctx, world_put_box(ctx, c, "parcels", "a", world_box(0, 0, 1), 1, GT_DATE_NONE));
        world_finish(ctx, c);
        gt_store_close(store);
        assert_int_equal(access(test_path(path, "onemap.gpkg"), F_OK), 0);
        store = world_open(ctx, path);
        assert_int_equal(gt_store_revision(store), 1);
        assert_string_equal(gt_store_dir(store), path);
        assert_ok(ctx, gt_store_verify(ctx, store));
        gt_store_close(store);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        test_dir_remove(dir);
        gt_ctx_free(ctx);
    }
}

static void a_folder_that_cannot_be_made_is_told(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store_options o;
    gt_store *store = NULL;
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    test_write_file(test_path(dir, "file"), "x", 1);
    assert_fails(ctx, gt_store_create(ctx, test_path(dir, "file/ws"), &o, &store), GT_E_ENV, NULL);
    assert_fails(ctx, gt_store_create(ctx, test_path(dir, "file"), &o, &store), GT_E_ENV, NULL);
    assert_null(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extreme_values_come_back),
        cmocka_unit_test(minus_zero_is_zero_to_the_proof),
        cmocka_unit_test(a_million_vertices_are_one_feature),
        cmocka_unit_test(everything_a_standard_says_is_kept),
        cmocka_unit_test(codes_are_found),
        cmocka_unit_test(other_working_systems_work),
        cmocka_unit_test(a_crs_that_is_none_is_refused),
        cmocka_unit_test(folders_may_have_any_name),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_told),
    };
    return cmocka_run_group_tests_name("store.values", tests, NULL, NULL);
}
