/* Reports by themselves: three files or none, both languages, awkward texts, more findings than
 * kept; and what a stored layer's check says of dates, unique fields and stated areas. */
#include "world.h"

#include <jansson.h>

#include "store/qc_messages.h"

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

static gt_qc_report_info info_of(const char *file)
{
    return (gt_qc_report_info){.layer = "parcels",
                               .file = file,
                               .crs = "EPSG:4548",
                               .verdict = "refused",
                               .n_features = 9,
                               .revision = 0};
}

static json_t *load(const world *w, const char *name)
{
    json_error_t why;
    json_t *root = json_load_file(test_path(w->dir, name), 0, &why);
    if (root == NULL) {
        print_error("%s: %s at %d\n", name, why.text, why.position);
    }
    assert_non_null(root);
    return root;
}

static bool exists(const world *w, const char *name)
{
    return access(test_path(w->dir, name), F_OK) == 0;
}

static void add_overlap(gt_notes *notes, const char *feature, bool place, double x)
{
    assert_int_equal(gt_notes_add(notes, GT_ERROR, &GT_MSG_QC_OVERLAP,
                                  GT_PLACE(.layer = "parcels", .feature = feature, .has_xy = place,
                                           .x = x, .y = 4420000),
                                  GT_ARGS(GT_TEXT("other", "b\"\\\n\x01"), GT_REAL("area", 1.5))),
                     GT_OK);
}

static void awkward_texts_stay_whole(void **state)
{
    world *w = *state;
    gt_notes *notes;
    gt_qc_report_info info = info_of("a \"quoted\"\tname.shp");
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &notes));
    add_overlap(notes, "图斑\"7\"\\", true, 440000);
    assert_ok(w->ctx, gt_qc_report_write(w->ctx, notes, &info, w->dir, "r"));
    json_t *root = load(w, "r.json");
    assert_string_equal(json_string_value(json_object_get(root, "file")), "a \"quoted\"\tname.shp");
    json_t *one = json_array_get(json_object_get(root, "findings"), 0);
    assert_non_null(strstr(json_string_value(json_object_get(one, "message")), "b\"\\\n\x01"));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(one, "place"), "feature")),
        "图斑\"7\"\\");
    json_decref(root);
    char command[4096];
    (void)snprintf(command, sizeof command,
                   "ogrinfo -al '%s' qc_findings | grep -q 'feature (String) = 图斑\"7\"'",
                   test_path(w->dir, "r.gpkg"));
    run(command);
    gt_notes_free(notes);
}

static void without_places_no_map(void **state)
{
    world *w = *state;
    gt_notes *notes;
    gt_qc_report_info info = info_of(NULL);
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &notes));
    add_overlap(notes, "a", false, 0);
    add_overlap(notes, "b", true, NAN); /* a place that is none */
    info.crs = NULL;
    assert_ok(w->ctx, gt_qc_report_write(w->ctx, notes, &info, w->dir, "none"));
    assert_true(exists(w, "none.txt") && exists(w, "none.json"));
    assert_false(exists(w, "none.gpkg"));
    json_t *root = load(w, "none.json");
    assert_true(json_is_null(json_object_get(root, "file")));
    assert_true(json_is_null(json_object_get(root, "crs")));
    json_decref(root);
    gt_notes_free(notes);
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &notes)); /* and nothing at all to say */
    assert_ok(w->ctx, gt_qc_report_write(w->ctx, notes, &info, w->dir, "clean"));
    root = load(w, "clean.json");
    assert_int_equal(json_array_size(json_object_get(root, "findings")), 0);
    json_decref(root);
    gt_notes_free(notes);
}

static void more_than_are_kept(void **state)
{
    world *w = *state;
    gt_notes *notes;
    gt_qc_report_info info = info_of("f.shp");
    assert_ok(w->ctx, gt_notes_new(w->ctx, 5, &notes));
    for (int i = 0; i < 12; i++) {
        add_overlap(notes, "x", true, 440000 + i);
    }
    assert_ok(w->ctx, gt_qc_report_write(w->ctx, notes, &info, w->dir, "many"));
    json_t *root = load(w, "many.json");
    assert_int_equal(json_integer_value(json_object_get(root, "listed")), 5);
    assert_int_equal(json_array_size(json_object_get(root, "findings")), 5);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "counts"), "error")),
                     12);
    json_decref(root);
    char *text = test_read_file(test_path(w->dir, "many.txt"), NULL);
    assert_non_null(strstr(text, "7 more"));
    free(text);
    gt_notes_free(notes);
}

static void in_chinese(void **state)
{
    (void)state;
    world w;
    gt_ctx_options o;
    gt_notes *notes;
    gt_qc_report_info info = info_of("图斑.shp");
    gt_ctx_options_init(&o);
    o.lang = GT_LANG_ZH;
    o.threads = 1;
    world_open(&w, "EPSG:4548", &o);
    assert_ok(w.ctx, gt_notes_new(w.ctx, 0, &notes));
    add_overlap(notes, "a", true, 440000);
    assert_ok(w.ctx, gt_qc_report_write(w.ctx, notes, &info, w.dir, "zh"));
    char *text = test_read_file(test_path(w.dir, "zh.txt"), NULL);
    static const char *const words[] = {"数据质检报告", "图层：parcels",   "文件：图斑.shp",
                                        "错误 1 条",    "重叠 1.5 平方米", "建议"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strstr(text, words[i]) == NULL) {
            print_error("no %s in:\n%s\n", words[i], text);
            fail();
        }
    }
    free(text);
    gt_notes_free(notes);
    world_close(&w);
}

static void a_folder_that_cannot_be(void **state)
{
    world *w = *state;
    gt_notes *notes;
    gt_qc_report_info info = info_of("f.shp");
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &notes));
    add_overlap(notes, "a", true, 440000);
    assert_fails(w->ctx, gt_qc_report_write(w->ctx, notes, &info, "/proc/nowhere", "r"), GT_E_ENV,
                 NULL);
    test_write_file(test_path(w->dir, "file"), "x", 1); /* a file where the folder should be */
    assert_fails(w->ctx, gt_qc_report_write(w->ctx, notes, &info, test_path(w->dir, "file"), "r"),
                 GT_E_ENV, NULL);
    gt_notes_free(notes);
}

/* Two imports that end within the same millisecond, or so: each keeps its report. */
static void reports_do_not_overwrite(void **state)
{
    world *w = *state;
    char first[4096];
    FILE *f = begin_json(w, "a.geojson", 4548);
    end_json(f, 0, 0, PROPS("a", "0104"));
    assert_fails(w->ctx, world_import(w, &world_standard, "a.geojson"), GT_E_INPUT,
                 "import.refused");
    (void)snprintf(first, sizeof first, "%s.json", w->report.report);
    assert_fails(w->ctx, world_import(w, &world_standard, "a.geojson"), GT_E_INPUT,
                 "import.refused");
    assert_int_equal(access(first, F_OK), 0);
    assert_null(strstr(first, w->report.report));
    assert_non_null(strstr(w->report.report, "/ws/reports/parcels-20"));
}

/* ---- stored layers, by date
 * -------------------------------------------------------------------------- */

static gt_qc_summary check_on(world *w, gt_date day, int64_t revision, gt_notes **notes)
{
    gt_qc_options o;
    gt_qc_summary sum;
    gt_qc_options_init(&o);
    o.standard = &world_standard;
    o.as_of_date = day;
    o.as_of_rev = revision;
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, notes));
    assert_ok(w->ctx, gt_qc_layer(w->ctx, w->store, "parcels", &o, *notes, &sum));
    return sum;
}

static void as_of_a_date_and_a_revision(void **state)
{
    world *w = *state;
    gt_notes *notes;
    FILE *f = begin_json(w, "old.geojson", 4548); /* states a wrong area */
    put_square(f, 0, 0, PROPS("a", "0101") ",\"tbmj\":12000");
    end_json(f, 1, 0, PROPS("b", "0101") ",\"tbmj\":10000");
    make_good(w, "new.geojson", 7);
    w->options.as_of = gt_date_from_ymd(2019, 12, 31);
    assert_imported(w, &world_standard, "old.geojson");
    assert_int_equal(count(w, "qc.stated-area"), 1);
    w->options.as_of = gt_date_from_ymd(2020, 12, 31);
    assert_imported(w, &world_standard, "new.geojson");
    assert_int_equal(check_on(w, GT_DATE_NONE, 0, &notes).n_features, 7);
    assert_int_equal(gt_notes_count(notes, GT_INFO), 0);
    gt_notes_free(notes);
    assert_int_equal(check_on(w, gt_date_from_ymd(2020, 3, 1), 0, &notes).n_features, 2);
    assert_int_equal(gt_notes_count_id(notes, "qc.stated-area"), 1);
    gt_notes_free(notes);
    assert_int_equal(check_on(w, GT_DATE_NONE, 1, &notes).n_features, 2);
    gt_notes_free(notes);
}

static void unique_fields(void **state)
{
    world *w = *state;
    static gt_field fields[W_FIELDS];
    gt_standard s = world_standard;
    gt_notes *notes;
    gt_qc_options o;
    gt_qc_summary sum;
    memcpy(fields, world_fields, sizeof fields);
    s.fields = fields;
    FILE *f = begin_json(w, "a.geojson", 4548);
    put_square(f, 0, 0, PROPS("a", "0101") ",\"plan_number_long\":4");
    put_square(f, 1, 0, PROPS("b", "0101")); /* nothing equals nothing */
    put_square(f, 2, 0, PROPS("c", "0101"));
    end_json(f, 3, 0, PROPS("d", "0101") ",\"plan_number_long\":4");
    assert_imported(w, &s, "a.geojson");
    fields[W_NUMBER].unique = true; /* the rule came later */
    gt_qc_options_init(&o);
    o.standard = &s;
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &notes));
    assert_ok(w->ctx, gt_qc_layer(w->ctx, w->store, "parcels", &o, notes, &sum));
    assert_int_equal(gt_notes_count_id(notes, "qc.duplicate-id"), 1);
    const gt_place *p;
    gt_notes_get(notes, 0, NULL, NULL, &p);
    assert_string_equal(p->feature, "d");
    assert_string_equal(p->field, "plan_number_long");
    gt_notes_free(notes);
    assert_refused(w, &s, "a.geojson", "qc.duplicate-id", 1);
    assert_int_equal(place_of(w, "qc.duplicate-id")->row, 4);
}

static void a_check_can_be_stopped(void **state)
{
    world *w = *state;
    gt_notes *notes;
    gt_qc_summary sum;
    make_good(w, "a.geojson", 500);
    assert_imported(w, &world_standard, "a.geojson");
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &notes));
    gt_cancel(w->ctx);
    assert_fails(w->ctx, gt_qc_layer(w->ctx, w->store, "parcels", NULL, notes, &sum),
                 GT_E_CANCELLED, NULL);
    int64_t n;
    assert_fails(w->ctx,
                 gt_export(w->ctx, w->store, "parcels", test_path(w->dir, "x.gpkg"), NULL, &n),
                 GT_E_CANCELLED, NULL);
    assert_false(exists(w, "x.gpkg"));
    gt_notes_free(notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(awkward_texts_stay_whole),    CASE(without_places_no_map),
        CASE(more_than_are_kept),          CASE(in_chinese),
        CASE(a_folder_that_cannot_be),     CASE(reports_do_not_overwrite),
        CASE(as_of_a_date_and_a_revision), CASE(unique_fields),
        CASE(a_check_can_be_stopped),
    };
    return cmocka_run_group_tests_name("store_import.qc_report", tests, NULL, NULL);
}
