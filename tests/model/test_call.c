/* Descriptors and calls: values with units, ports, fingerprints, help. The kernel here adds two
 * numbers of its parameters into a file, so that running it can be seen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/model.h"
#include "support/support.h"

static gt_status write_sum(gt_ctx *ctx, const gt_model_call *call)
{
    FILE *f = fopen(gt_model_out(call, "sum"), "w");
    if (f == NULL) {
        return gt_fail_errno(ctx, 2, "open", gt_model_out(call, "sum"));
    }
    (void)fprintf(f, "%g", gt_model_real(call, "radius") + gt_model_real(call, "share"));
    (void)fclose(f);
    return GT_OK;
}

static const char *const ways[] = {"near", "far", NULL};
static const char *const sources[] = {"a book", "a paper", NULL};
static const gt_model_port inputs[] = {
    {.name = "dem", .kind = GT_PORT_GRID, .title = {"高程", "elevation"}, .unit = "m"},
    {.name = "mask",
     .kind = GT_PORT_GRID,
     .title = {"范围", "mask"},
     .optional = true,
     .note = {"0 为范围外", "0 is outside"}},
    {0}};
static const gt_model_port outputs[] = {
    {.name = "sum", .kind = GT_PORT_TABLE, .title = {"和", "sum"}, .unit = "1"}, {0}};
static const gt_model_param params[] = {
    {.name = "radius",
     .kind = GT_PARAM_REAL,
     .title = {"半径", "radius"},
     .unit = "m",
     .min = 1,
     .max = 5000,
     .preset = "30 m",
     .source = "a book, table 2"},
    {.name = "share",
     .kind = GT_PARAM_REAL,
     .title = {"占比", "share"},
     .unit = "1",
     .max = 1,
     .preset = "5 %"},
    {.name = "rings",
     .kind = GT_PARAM_INT,
     .title = {"圈数", "rings"},
     .min = 1,
     .max = 9,
     .preset = "3"},
    {.name = "round", .kind = GT_PARAM_BOOL, .title = {"圆形", "round"}, .preset = "no"},
    {.name = "way",
     .kind = GT_PARAM_CHOICE,
     .title = {"方式", "way"},
     .preset = "near",
     .choices = ways},
    {.name = "breaks",
     .kind = GT_PARAM_REALS,
     .title = {"分级", "breaks"},
     .unit = "m",
     .preset = "100 m, 1 km"},
    {.name = "factor",
     .kind = GT_PARAM_PAIRS,
     .title = {"因子", "factor"},
     .max = 1,
     .preset = "11=0.2, 3=0.5"},
    {.name = "note", .kind = GT_PARAM_TEXT, .title = {"备注", "note"}, .preset = ""},
    {.name = "must", .kind = GT_PARAM_REAL, .title = {"必填", "must"}, .unit = "t/(ha.yr)"},
    {0}};
static const gt_model model = {.name = "sum",
                               .group = "test",
                               .version = 2,
                               .title = {"求和", "sum"},
                               .what = {"两参数之和。", "The sum of two parameters."},
                               .in = inputs,
                               .out = outputs,
                               .with = params,
                               .law = "nothing",
                               .sources = sources,
                               .run = write_sum};

typedef struct fixture {
    gt_ctx *ctx;
    gt_model_call *call;
    char *dir;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    assert_ok(f->ctx, gt_model_call_new(f->ctx, &model, &f->call));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    gt_model_call_free(f->call);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return 0;
}

static void defaults_are_read(void **state)
{
    fixture *f = *state;
    assert_ptr_equal(gt_model_call_model(f->call), &model);
    assert_near(gt_model_real(f->call, "radius"), 30, 0);
    assert_near(gt_model_real(f->call, "share"), 0.05, 1e-15);
    assert_int_equal(gt_model_with(f->call, "rings")->integer, 3);
    assert_int_equal(gt_model_with(f->call, "round")->integer, 0);
    assert_int_equal(gt_model_with(f->call, "way")->choice, 0);
    const gt_model_value *breaks = gt_model_with(f->call, "breaks");
    assert_int_equal(breaks->n, 2);
    assert_near(breaks->reals[1], 1000, 0);
    assert_false(breaks->given);
    const gt_model_value *factor = gt_model_with(f->call, "factor");
    assert_int_equal(factor->n, 2);
    assert_int_equal(factor->pairs[0].code, 3); /* sorted */
    assert_near(gt_model_pair_of(factor, 11, -1), 0.2, 0);
    assert_near(gt_model_pair_of(factor, 3, -1), 0.5, 0);
    assert_near(gt_model_pair_of(factor, 4, -1), -1, 0);
    assert_null(gt_model_with(f->call, "note"));
    assert_null(gt_model_with(f->call, "must"));
    assert_null(gt_model_with(f->call, "nothing"));
    assert_near(gt_model_real(f->call, "must"), 0, 0);
}

static void units_are_turned(void **state)
{
    fixture *f = *state;
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "radius", "1.5 km"));
    assert_near(gt_model_real(f->call, "radius"), 1500, 0);
    assert_true(gt_model_with(f->call, "radius")->given);
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "share", "0.25"));
    assert_near(gt_model_real(f->call, "share"), 0.25, 0);
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "breaks", "5, 10 m,\n2 km"));
    const gt_model_value *breaks = gt_model_with(f->call, "breaks");
    assert_int_equal(breaks->n, 3);
    assert_near(breaks->reals[2], 2000, 0);
    /* a unit that is only shown is taken as it stands */
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "must", "12.5 t/(ha.yr)"));
    assert_near(gt_model_real(f->call, "must"), 12.5, 0);
}

static void other_forms_are_read(void **state)
{
    fixture *f = *state;
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "round", "true"));
    assert_int_equal(gt_model_with(f->call, "round")->integer, 1);
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "way", "far"));
    assert_int_equal(gt_model_with(f->call, "way")->choice, 1);
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "factor", "-1=0,2=1,"));
    assert_int_equal(gt_model_with(f->call, "factor")->n, 2);
    assert_int_equal(gt_model_with(f->call, "factor")->pairs[0].code, -1);
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "note", "a > b ? 1 : 2"));
    assert_string_equal(gt_model_with(f->call, "note")->text, "a > b ? 1 : 2");
}

static void bad_values_are_refused(void **state)
{
    static const struct {
        const char *name, *text, *id;
    } cases[] = {
        {"radius", "", "model.value"},
        {"radius", "wide", "model.value"},
        {"radius", "1,5", "model.value"},
        {"radius", "nan", "model.value"},
        {"radius", "1e999", "model.value"},
        {"radius", "30 ha", "model.unit"},
        {"radius", "30 furlong", "model.unit"},
        {"radius", "0", "model.range"},
        {"radius", "5.1 km", "model.range"},
        {"share", "150 %", "model.range"},
        {"share", "3 m", "model.unit"},
        {"rings", "2.5", "model.value"},
        {"rings", "10", "model.range"},
        {"rings", "3 m", "model.value"},
        {"round", "maybe", "model.value"},
        {"way", "sideways", "model.choice"},
        {"breaks", "", "model.value"},
        {"breaks", "1,,2", "model.value"},
        {"breaks", "1, two", "model.value"},
        {"breaks", "1 ha", "model.unit"},
        {"factor", "11", "model.value"},
        {"factor", "a=1", "model.value"},
        {"factor", "1.5=1", "model.value"},
        {"factor", "9999999999=1", "model.value"},
        {"factor", "11=x", "model.value"},
        {"factor", "11=2", "model.range"},
        {"factor", "11=0.1,11=0.2", "model.twice-code"},
        {"note", "", "model.value"},
        {"must", "3 kg", "model.unit"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails(f->ctx, gt_model_set_with(f->ctx, f->call, cases[i].name, cases[i].text),
                     GT_E_INPUT, cases[i].id);
    }
    /* what stood before is still there */
    assert_near(gt_model_real(f->call, "radius"), 30, 0);
    assert_int_equal(gt_model_with(f->call, "factor")->n, 2);
}

static void long_lists_are_refused(void **state)
{
    fixture *f = *state;
    size_t n = GT_MODEL_LIST_MAX + 1;
    char *list = calloc(n, 2);
    for (size_t i = 0; i < n; i++) {
        list[2 * i] = '1';
        list[2 * i + 1] = ',';
    }
    list[2 * n - 1] = '\0';
    assert_fails(f->ctx, gt_model_set_with(f->ctx, f->call, "breaks", list), GT_E_INPUT,
                 "model.long");
    assert_fails(f->ctx, gt_model_set_with(f->ctx, f->call, "factor", list), GT_E_INPUT,
                 "model.long");
    list[2 * (n - 1) - 1] = '\0';
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "breaks", list));
    assert_int_equal(gt_model_with(f->call, "breaks")->n, GT_MODEL_LIST_MAX);
    free(list);
}

static void names_are_checked(void **state)
{
    fixture *f = *state;
    assert_fails(f->ctx, gt_model_set_with(f->ctx, f->call, "radus", "3 m"), GT_E_NOT_FOUND,
                 "model.no-param");
    assert_fails(f->ctx, gt_model_set_in(f->ctx, f->call, "height", "x.tif"), GT_E_NOT_FOUND,
                 "model.no-port");
    assert_fails(f->ctx, gt_model_set_out(f->ctx, f->call, "dem", "x.tif"), GT_E_NOT_FOUND,
                 "model.no-port");
    assert_ok(f->ctx, gt_model_set_in(f->ctx, f->call, "dem", "x.tif"));
    assert_fails(f->ctx, gt_model_set_in(f->ctx, f->call, "dem", "y.tif"), GT_E_USAGE,
                 "model.twice");
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "rings", "2"));
    assert_fails(f->ctx, gt_model_set_with(f->ctx, f->call, "rings", "3"), GT_E_USAGE,
                 "model.twice");
    const gt_model *found = NULL;
    assert_fails(f->ctx, gt_model_find(f->ctx, "slop", &found), GT_E_NOT_FOUND, "model.unknown");
}

static void bind_all(fixture *f, const char *dem, const char *out)
{
    assert_ok(f->ctx, gt_model_set_in(f->ctx, f->call, "dem", dem));
    assert_ok(f->ctx, gt_model_set_out(f->ctx, f->call, "sum", out));
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "must", "1"));
}

static void what_is_missing_is_named(void **state)
{
    fixture *f = *state;
    const char *out = test_path(f->dir, "out");
    assert_fails(f->ctx, gt_model_run(f->ctx, f->call), GT_E_USAGE, "model.missing");
    assert_ok(f->ctx, gt_model_set_in(f->ctx, f->call, "dem", "x.tif"));
    assert_fails(f->ctx, gt_model_check(f->ctx, f->call), GT_E_USAGE, "model.missing");
    assert_ok(f->ctx, gt_model_set_out(f->ctx, f->call, "sum", out));
    assert_fails(f->ctx, gt_model_check(f->ctx, f->call), GT_E_USAGE, "model.missing");
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "must", "1"));
    assert_ok(f->ctx, gt_model_check(f->ctx, f->call));
    assert_ok(f->ctx, gt_model_run(f->ctx, f->call));
    char *text = test_read_file(out, NULL);
    assert_string_equal(text, "30.05");
    free(text);
}

static void fingerprint(fixture *f, unsigned char out[GT_HASH_BYTES])
{
    assert_ok(f->ctx, gt_model_fingerprint(f->ctx, f->call, out));
}

/* Equal values in other words give the same fingerprint; another value or another content does
 * not. */
static void fingerprints_follow_content(void **state)
{
    fixture *f = *state;
    unsigned char base[GT_HASH_BYTES], other[GT_HASH_BYTES];
    const char *dem = test_path(f->dir, "dem.tif");
    test_write_file(dem, "one", 3);
    bind_all(f, dem, "anywhere");
    fingerprint(f, base);
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "radius", "0.03 km"));
    fingerprint(f, other);
    assert_memory_equal(base, other, sizeof base);
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "factor", "3=0.5,11=0.2"));
    fingerprint(f, other);
    assert_memory_equal(base, other, sizeof base);
    test_write_file(dem, "two", 3);
    fingerprint(f, other);
    assert_memory_not_equal(base, other, sizeof base);
    test_write_file(dem, "one", 3);
    assert_ok(f->ctx, gt_model_set_with(f->ctx, f->call, "share", "6 %"));
    fingerprint(f, other);
    assert_memory_not_equal(base, other, sizeof base);
}

static void fingerprint_of_a_missing_file_fails(void **state)
{
    fixture *f = *state;
    unsigned char out[GT_HASH_BYTES];
    gt_text text;
    gt_text_init(&text, f->ctx, 0);
    bind_all(f, test_path(f->dir, "nowhere.tif"), "out");
    assert_fails(f->ctx, gt_model_fingerprint(f->ctx, f->call, out), GT_E_ENV, NULL);
    assert_fails(f->ctx, gt_model_lineage(f->ctx, f->call, &text), GT_E_ENV, NULL);
    gt_text_free(&text);
}

static void lineage_names_inputs_and_values(void **state)
{
    fixture *f = *state;
    gt_text text;
    const char *dem = test_path(f->dir, "dem.tif");
    test_write_file(dem, "one", 3);
    bind_all(f, dem, "out");
    gt_text_init(&text, f->ctx, 0);
    assert_ok(f->ctx, gt_model_lineage(f->ctx, f->call, &text));
    const char *json = gt_text_cstr(&text);
    assert_non_null(strstr(json,
                           "{\"model\":\"sum\",\"version\":2,\"in\":{\"dem\":{\"file\":\"dem.tif\","
                           "\"blake2b\":\""));
    assert_null(strstr(json, f->dir)); /* no folders of this machine */
    assert_non_null(strstr(json, "\"radius\":\"30 m\""));
    assert_non_null(strstr(json, "\"must\":\"1\""));
    assert_null(strstr(json, "\"note\""));
    gt_text_free(&text);
}

static void help_says_everything(void **state)
{
    static const char *const en[] = {"sum (test, v2)",
                                     "elevation: grid, in m",
                                     "optional; 0 is outside",
                                     "in m, 1 .. 5000, default 30 m (a book, table 2)",
                                     ": near, far, default near",
                                     "required",
                                     "a paper",
                                     "reach: local"};
    static const char *const zh[] = {
        "求和",  "高程: 栅格，单位 m", "可省；0 为范围外", "单位 m，1 至 5000，默认 30 m", "必填",
        "逐栅格"};
    fixture *f = *state;
    gt_text text;
    gt_text_init(&text, f->ctx, 0);
    gt_model_describe(&model, GT_LANG_EN, &text);
    for (size_t i = 0; i < sizeof en / sizeof *en; i++) {
        assert_non_null(strstr(gt_text_cstr(&text), en[i]));
    }
    gt_text_clear(&text);
    gt_model_describe(&model, GT_LANG_ZH, &text);
    for (size_t i = 0; i < sizeof zh / sizeof *zh; i++) {
        assert_non_null(strstr(gt_text_cstr(&text), zh[i]));
    }
    gt_text_clear(&text);
    gt_model_markdown(&model, GT_LANG_EN, &text);
    assert_non_null(strstr(gt_text_cstr(&text), "### sum\n"));
    assert_non_null(
        strstr(gt_text_cstr(&text), "| `mask` | mask | grid, optional; 0 is outside |\n"));
    gt_text_clear(&text);
    gt_model_json(&model, &text);
    const char *json = gt_text_cstr(&text);
    assert_non_null(strstr(json,
                           "\"name\":\"radius\",\"title\":{\"zh\":\"半径\",\"en\":\"radius\"},"
                           "\"kind\":\"real\",\"unit\":\"m\",\"min\":1,\"max\":5000,"
                           "\"default\":\"30 m\"}"));
    assert_non_null(strstr(json, "\"choices\":[\"near\",\"far\"]"));
    assert_non_null(strstr(json, "\"optional\":true"));
    assert_non_null(strstr(json, "\"sources\":[\"a book\",\"a paper\"]}"));
    gt_text_free(&text);
}

/* Each allocation fails in turn: an error, no leak (the sanitizers watch), then success. */
static void memory_may_run_out(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_model_call *call = NULL;
        gt_status st = gt_model_call_new(ctx, &model, &call);
        if (st == GT_OK) {
            st = gt_model_set_with(ctx, call, "breaks", "1,2,3,4,5,6");
        }
        if (st == GT_OK) {
            st = gt_model_set_in(ctx, call, "dem", "x.tif");
        }
        assert_true(st == GT_OK || st == GT_E_MEMORY);
        gt_model_call_free(call);
        gt_ctx_free(ctx);
        if (st == GT_OK) {
            assert_true(n > 0);
            return;
        }
    }
}

/* Every kernel of the registry has a sound descriptor: names, texts in both languages, defaults
 * that parse. */
static void descriptors_are_sound(void **state)
{
    fixture *f = *state;
    const gt_model *m = NULL;
    for (size_t i = 0; (m = gt_model_at(i)) != NULL; i++) {
        gt_model_call *call = NULL;
        const gt_model *found = NULL;
        assert_ok(f->ctx, gt_model_call_new(f->ctx, m, &call));
        gt_model_call_free(call);
        assert_ok(f->ctx, gt_model_find(f->ctx, m->name, &found));
        assert_ptr_equal(found, m);
        assert_non_null(m->run);
        assert_non_null(m->law);
        assert_non_null(m->sources[0]);
        assert_true(m->version > 0);
        assert_true(*m->title.zh != '\0' && *m->title.en != '\0');
        assert_true(*m->what.zh != '\0' && *m->what.en != '\0');
        assert_non_null(m->out[0].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(units_are_turned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_forms_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_values_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_lists_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fingerprints_follow_content, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fingerprint_of_a_missing_file_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lineage_names_inputs_and_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(help_says_everything, set_up, tear_down),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test_setup_teardown(descriptors_are_sound, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
