/* Attribute values, data folders, and the way into the map. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "synth/input.h"
#include "synth/values.h"

/* ---- values
 * --------------------------------------------------------------------------------------- */

typedef struct bench {
    gt_ctx *ctx;
    sy_scene scene;
    const char *codes[1], *names[1];
} bench;

static const gt_code LEVELS[] = {{.code = "high", .title = {"高", "High"}},
                                 {.code = "low", .title = {"低", "Low"}}};
static const gt_codelist LEVEL_LIST = {.id = "level", .codes = LEVELS, .n_codes = 2};
static const char *const ALIASES[] = {"Nummer", NULL};
static const gt_field FIELDS[] = {
    {.name = "id", .type = GT_FIELD_TEXT, .required = true, .unique = true},
    {.name = "level", .type = GT_FIELD_TEXT, .codes = &LEVEL_LIST},
    {.name = "name", .type = GT_FIELD_TEXT},
    {.name = "count", .type = GT_FIELD_INT, .aliases = ALIASES},
    {.name = "size", .type = GT_FIELD_REAL},
    {.name = "done", .type = GT_FIELD_BOOL},
    {.name = "since", .type = GT_FIELD_DATE},
};
static const gt_standard STANDARD = {.id = "things",
                                     .title = {"物", "Things"},
                                     .geom_type = GT_MULTIPOLYGON,
                                     .fields = FIELDS,
                                     .n_fields = 7,
                                     .id_field = "id",
                                     .class_field = "level"};

static gt_status plan_one(gt_ctx *ctx, const char *field, const char *value, sy_value_plan **plan)
{
    const sy_attr attr = {field, value};
    const sy_label label = {.code = "high", .title = {"高", "High"}};
    *plan = NULL;
    return sy_values_plan(ctx, &STANDARD, &attr, 1, &label, plan);
}

static gt_value value_of(gt_ctx *ctx, const bench *b, const char *field, const char *text,
                         uint64_t hash, char (*buffers)[SY_VALUE_TEXT])
{
    static const sy_label label = {.code = "high", .title = {"高", "High"}};
    sy_value_plan *plan = NULL;
    gt_value values[7];
    assert_ok(ctx, plan_one(ctx, field, text, &plan));
    sy_subject s = {.id = "X1",
                    .unit = 0,
                    .label = &label,
                    .town_code = "T9",
                    .town_name = "丁镇",
                    .area_m2 = 1234.5678,
                    .year = 2020,
                    .hash = hash,
                    .number = 42};
    sy_values_fill(plan, &b->scene, &s, values, buffers);
    sy_values_free(ctx, plan);
    return values[gt_standard_field(&STANDARD, field)];
}

static void values_come_in_many_forms(void **state)
{
    (void)state;
    bench b = {.ctx = test_ctx(), .codes = {"100001"}, .names = {"西区"}};
    b.scene.unit_codes = b.codes, b.scene.unit_names = b.names, b.scene.n_units = 1;
    char buffers[7][SY_VALUE_TEXT];
    static const char *const texts[][2] = {{"plain text", "plain text"},
                                           {"@unit", "100001"},
                                           {"@unit_name", "西区"},
                                           {"@town", "T9"},
                                           {"@town_name", "丁镇"},
                                           {"@label", "high"},
                                           {"@label_name", "高"},
                                           {"@number", "42"},
                                           {"{unit}{label}第{n}号", "西区高第42号"},
                                           {"{town}-{nonsense}-", "丁镇--"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gt_value v = value_of(b.ctx, &b, "name", texts[i][0], 1, buffers);
        assert_int_equal(v.kind, GT_VAL_TEXT);
        assert_string_equal(v.text, texts[i][1]);
        assert_int_equal(v.len, strlen(texts[i][1]));
    }
    int seen = 0, low = 0, yes = 0;
    for (uint64_t h = 0; h < 400; h++) {
        gt_value v = value_of(b.ctx, &b, "count", "3..5", h, buffers);
        assert_int_equal(v.kind, GT_VAL_INT);
        assert_true(v.integer >= 3 && v.integer <= 5);
        seen |= 1 << v.integer;
        v = value_of(b.ctx, &b, "size", "0.5..0.75", h, buffers);
        assert_true(v.kind == GT_VAL_REAL && v.real >= 0.5 && v.real <= 0.75);
        v = value_of(b.ctx, &b, "since", "2019-12-30..2020-01-02", h, buffers);
        gt_date day;
        assert_true(gt_date_parse(v.text, &day));
        assert_true(day >= gt_date_from_ymd(2019, 12, 30) && day <= gt_date_from_ymd(2020, 1, 2));
        v = value_of(b.ctx, &b, "level", "high|low|low|low", h, buffers);
        low += strcmp(v.text, "low") == 0;
        v = value_of(b.ctx, &b, "done", "0.25", h, buffers);
        assert_true(v.kind == GT_VAL_INT && (v.integer == 0 || v.integer == 1));
        yes += (int)v.integer;
    }
    assert_int_equal(seen, 1 << 3 | 1 << 4 | 1 << 5);
    assert_true(low > 260 && low < 340);
    assert_true(yes > 60 && yes < 140);
    gt_value v = value_of(b.ctx, &b, "size", "@area", 1, buffers);
    assert_near(v.real, 1234.57, 1e-9); /* the survey writes 0.01 m2 */
    v = value_of(b.ctx, &b, "count", "@year", 1, buffers);
    assert_int_equal(v.integer, 2020);
    v = value_of(b.ctx, &b, "Nummer", "7", 1, buffers); /* by its other name */
    assert_int_equal(v.integer, 7);
    v = value_of(b.ctx, &b, "level", "low", 1, buffers);
    assert_string_equal(v.text, "low");
    assert_int_equal(gt_ctx_memory_used(b.ctx), 0);
    gt_ctx_free(b.ctx);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    bench b = {.ctx = test_ctx(), .codes = {"1"}, .names = {"x"}};
    b.scene.unit_codes = b.codes, b.scene.unit_names = b.names, b.scene.n_units = 1;
    char buffers[7][SY_VALUE_TEXT], text[400];
    memset(text, 'a', sizeof text);
    memcpy(text, "{n}", 3);
    text[sizeof text - 1] = '\0';
    gt_value v = value_of(b.ctx, &b, "name", text, 1, buffers);
    assert_true(v.len < SY_VALUE_TEXT && v.text[v.len] == '\0');
    gt_ctx_free(b.ctx);
}

static void unsuitable_values_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        {"colour", "red", "synth.no-field"},     {"level", "middle", "synth.value"},
        {"level", "high|middle", "synth.value"}, {"count", "many", "synth.value"},
        {"count", "5..3", "synth.value"},        {"count", "", "synth.value"},
        {"size", "1..", "synth.value"},          {"size", "nan", "synth.value"},
        {"done", "yes", "synth.value"},          {"done", "1.5", "synth.value"},
        {"done", "-0.1", "synth.value"},         {"since", "2020-02-30", "synth.value"},
        {"since", "2020", "synth.value"},        {"since", "2021-01-01..2020-01-01", "synth.value"},
        {"name", "@nobody", "synth.value"},      {"name", "@area", "synth.value"},
        {"size", "@town", "synth.value"},
    };
    gt_ctx *ctx = test_ctx();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sy_value_plan *plan = NULL;
        assert_fails(ctx, plan_one(ctx, bad[i][0], bad[i][1], &plan), GT_E_INPUT, bad[i][2]);
        assert_null(plan);
    }
    /* required fields must get a value */
    gt_field fields[2] = {FIELDS[0], FIELDS[2]};
    fields[1].required = true;
    gt_standard strict = {.id = "strict", .fields = fields, .n_fields = 2, .id_field = "id"};
    sy_value_plan *plan = NULL;
    assert_fails(ctx, sy_values_plan(ctx, &strict, NULL, 0, NULL, &plan), GT_E_INPUT,
                 "synth.required");
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* ---- data folders
 * --------------------------------------------------------------------------------- */

static const char UNITS[] =
    "{\"type\":\"FeatureCollection\",\"features\":["
    "{\"type\":\"Feature\",\"properties\":{\"code\":1,\"name\":\"西\"},\"geometry\":{\"type\":"
    "\"Polygon\","
    "\"coordinates\":[[[117,39.8],[117.1,39.8],[117.1,39.9],[117,39.9],[117,39.8]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"code\":2,\"name\":\"东\"},\"geometry\":{\"type\":"
    "\"Polygon\","
    "\"coordinates\":[[[117.1,39.8],[117.2,39.8],[117.2,39.9],[117.1,39.9],[117.1,39.8]]]}}]}";
static const char TOWNS[] = "unit,code,name,more\n1,101,甲,x\n1,102,乙,x\n2,201,丙,x\n9,901,外,x\n";
static const char RELIEF[] = "ncols 6\nnrows 6\nxllcorner 116.8\nyllcorner 39.6\ncellsize 0.1\n"
                             "NODATA_value -1\n"
                             "0 10 20 30 40 50\n0 10 20 30 40 50\n0 10 -1 30 40 50\n"
                             "0 10 20 30 40 50\n0 10 20 30 40 50\n0 10 20 30 40 100\n";

static void write_set(const char *dir)
{
    test_write_file(test_path(dir, "units.geojson"), UNITS, sizeof UNITS - 1);
    test_write_file(test_path(dir, "towns.csv"), TOWNS, sizeof TOWNS - 1);
    test_write_file(test_path(dir, "relief.asc"), RELIEF, sizeof RELIEF - 1);
}

static void a_folder_is_read(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 1);
    char *dir = test_dir();
    write_set(dir);
    gt_synth_data d;
    assert_ok(f.ctx, gt_synth_data_load(f.ctx, f.package, dir, &d));
    assert_int_equal(d.n_units, 2);
    assert_string_equal(d.units[0].code, "1");
    assert_string_equal(d.units[1].name, "东");
    assert_string_equal(d.units[0].towns[1], "乙");
    assert_null(d.units[0].towns[2]);
    assert_string_equal(d.units[1].town_codes[0], "201");
    assert_null(d.units[1].towns[1]);
    /* vertices on the common border are the same to the bit */
    assert_true(d.units[0].geom->xy[2] == d.units[1].geom->xy[0]);
    assert_true(d.units[0].geom->xy[3] == d.units[1].geom->xy[1]);
    assert_near(d.units[0].geom->xy[0], 500000, 1e-3);
    assert_true(d.relief.degrees);
    assert_int_equal(d.relief.n_cols, 6);
    assert_near(d.relief.x0, 116.85, 1e-9);
    assert_near(d.relief.y0, 40.15, 1e-9);
    assert_true(d.relief.dy < 0);
    assert_near((double)d.relief.z[1], 40, 1e-4);      /* ramp: 10 -> 40 */
    assert_near((double)d.relief.z[35], 400, 1e-4);    /* 100 -> 400 */
    assert_near((double)d.relief.z[2 * 6 + 2], 80, 1); /* the hole: mean of its neighbours */
    assert_non_null(strstr(d.sources, "units.geojson"));
    assert_non_null(strstr(d.sources, "relief.asc"));
    gt_synth_data_free(f.ctx, &d);
    gt_synth_data_free(f.ctx, &d); /* twice does no harm */
    test_dir_remove(dir);
    fixture_free(&f);
}

static void faulty_folders_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text;
        gt_status status;
        const char *id;
    } cases[] = {
        {"units.geojson", NULL, GT_E_NOT_FOUND, "synth.data-missing"},
        {"towns.csv", NULL, GT_E_NOT_FOUND, "synth.data-missing"},
        {"relief.asc", NULL, GT_E_NOT_FOUND, "synth.data-missing"},
        {"units.geojson", "{\"type\":\"FeatureCollection\",\"features\":[", GT_E_INPUT, NULL},
        {"units.geojson", "", GT_E_INPUT, NULL},
        {"units.geojson",
         "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{"
         "\"a\":1},"
         "\"geometry\":{\"type\":\"Point\",\"coordinates\":[117,39]}}]}",
         GT_E_INPUT, "synth.data-format"},
        {"units.geojson",
         "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{"
         "\"code\":1,"
         "\"name\":\"x\"},\"geometry\":null}]}",
         GT_E_INPUT, "synth.data-format"},
        {"towns.csv", "code;name\n", GT_E_INPUT, "synth.data-format"},
        {"towns.csv", "code,name,unit\n101,甲\n", GT_E_INPUT, "synth.data-format"},
        {"relief.asc", "ncols 6\nnrows\n", GT_E_INPUT, NULL},
        {"relief.asc", "no raster at all\n", GT_E_INPUT, NULL},
    };
    fixture f;
    fixture_make(&f, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *dir = test_dir();
        write_set(dir);
        const char *path = test_path(dir, cases[i].file);
        if (cases[i].text == NULL) {
            assert_int_equal(unlink(path), 0);
        } else {
            test_write_file(path, cases[i].text, strlen(cases[i].text));
        }
        gt_synth_data d;
        gt_status st = gt_synth_data_load(f.ctx, f.package, dir, &d);
        if (st != cases[i].status) {
            print_error("case %zu (%s)\n", i, cases[i].file);
        }
        assert_fails(f.ctx, st, cases[i].status, cases[i].id);
        assert_null(d.owner);
        test_dir_remove(dir);
    }
    fixture_free(&f);
}

/* ---- into the map
 * ---------------------------------------------------------------------------------- */

static size_t stored(gt_ctx *ctx, gt_store *store, const char *layer, gt_date as_of)
{
    gt_query q;
    gt_query_init(&q, layer);
    q.as_of_date = as_of;
    q.no_geometry = true;
    gt_scan *scan = NULL;
    size_t n = 0;
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    for (bool more = true;;) {
        gt_feature feature;
        assert_ok(ctx, gt_scan_next(ctx, scan, &feature, &more));
        if (!more) {
            break;
        }
        n++;
    }
    gt_scan_close(scan);
    return n;
}

static void the_map_holds_every_survey(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 2);
    f.options.n_parcels = 2000;
    gt_synth *synth = fixture_synth(&f);
    char *dir = test_dir();
    gt_store *store = NULL;
    gt_store_options o;
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    o.title = (gt_title){"测试", "Test"};
    assert_ok(f.ctx, gt_store_create(f.ctx, test_path(dir, "map"), &o, &store));
    int64_t revision = 0;
    assert_ok(f.ctx, gt_synth_store(f.ctx, synth, store, "tester", &revision));
    assert_int_equal(revision, 3); /* 2019, 2020 with all else, 2021 */
    gt_layer_info info;
    assert_ok(f.ctx, gt_store_find_layer(f.ctx, store, "land_use", &info));
    assert_int_equal(info.origin, GT_ORIGIN_GENERATED);
    assert_int_equal(info.valid_from, gt_date_from_ymd(2021, 12, 31));
    assert_ok(f.ctx, gt_store_find_layer(f.ctx, store, "districts", &info));
    assert_int_equal(info.origin, GT_ORIGIN_OPEN);
    assert_int_equal(info.n_features, 3);
    size_t y19 = stored(f.ctx, store, "land_use", gt_date_from_ymd(2020, 6, 1));
    size_t y20 = stored(f.ctx, store, "land_use", gt_date_from_ymd(2021, 6, 1));
    size_t now = stored(f.ctx, store, "land_use", GT_DATE_NONE);
    assert_true(y19 > 1500 && y19 < y20);
    assert_int_equal(y20, now);
    assert_ok(f.ctx, gt_store_verify(f.ctx, store));
    gt_store_close(store);
    gt_synth_free(f.ctx, synth);
    test_dir_remove(dir);
    fixture_free(&f);
}

/* Fails one allocation after another, in strides: always an error, never a leak or a crash. */
static void running_out_of_memory_is_survived(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 1);
    f.options.grid = 64;
    f.options.zone_cells = 200;
    f.options.n_parcels = 1000;
    int failed = 0, done = 0;
    for (long at = 0; done < 2 && at < 400000; at = at < 40 ? at + 1 : at + at / 9 + 1) {
        long left = at;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_synth *s = NULL;
        gt_status st = gt_synth_new(ctx, f.package, &f.data, &f.options, &s);
        if (st == GT_OK) {
            st = gt_synth_measure(ctx, s);
        }
        gt_synth_free(ctx, s);
        assert_true(st == GT_OK || st == GT_E_MEMORY);
        failed += st == GT_E_MEMORY;
        done += st == GT_OK;
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(failed > 50 && done > 0);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_in_many_forms),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(unsuitable_values_are_refused),
        cmocka_unit_test(a_folder_is_read),
        cmocka_unit_test(faulty_folders_are_refused),
        cmocka_unit_test(the_map_holds_every_survey),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };
    return cmocka_run_group_tests_name("synth.input", tests, NULL, NULL);
}
