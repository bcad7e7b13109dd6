/* weave on plain files: the account is what was put in, faults are told, bad input is named. */
#include <stdio.h>

#include "guotu/gpkg_read.h"
#include "guotu/gpkg_write.h"
#include "weave/csv.h"
#include "weave/shapes.h"

/* One table of boxes x0 y0 x1 y1 with a text field `kind`; NULL text is a null. */
static void write_boxes(gt_ctx *ctx, const char *path, const char *table, const double (*box)[4],
                        const char *const *kinds, size_t n)
{
    const gt_gpkg_column column = {"kind", GT_GPKG_TEXT};
    gt_gpkg_writer *w = NULL;
    assert_ok(ctx, gt_gpkg_create(ctx, path, table, &column, 1, -1, NULL, &w));
    for (size_t i = 0; i < n; i++) {
        const double *b = box[i];
        double xy[] = {b[0], b[1], b[2], b[1], b[2], b[3], b[0], b[3], b[0], b[1]};
        uint32_t ring = 5, part = 1;
        gt_geom g = {.type = GT_MULTIPOLYGON,
                     .xy = xy,
                     .ring_end = &ring,
                     .part_end = &part,
                     .n_points = 5,
                     .n_rings = 1,
                     .n_parts = 1};
        gt_gpkg_value v = {.null = kinds[i] == NULL, .text = kinds[i]};
        assert_ok(ctx, gt_gpkg_add(ctx, w, &g, &v));
    }
    assert_ok(ctx, gt_gpkg_finish(ctx, w));
}

static const double LAND[][4] = {{0, 0, 10, 10}, {10, 0, 20, 10}, {20, 0, 30, 10}, {29, 0, 31, 1}};
static const char *const LAND_KIND[] = {"forest", "a, \"b\"", NULL, "forest"};
static const double UNIT[][4] = {{0, 0, 15, 10}, {15, 0, 30, 10}};
static const char *const UNIT_KIND[] = {"west", "east"};

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
    const char *files[2];
} fixture;

static fixture open_fixture(void)
{
    fixture f = {.ctx = test_ctx(), .dir = test_dir()};
    f.files[0] = strdup(test_path(f.dir, "land.gpkg"));
    f.files[1] = strdup(test_path(f.dir, "unit.gpkg"));
    write_boxes(f.ctx, f.files[0], "land", LAND, LAND_KIND, 4);
    write_boxes(f.ctx, f.files[1], "unit", UNIT, UNIT_KIND, 2);
    return f;
}

static void close_fixture(fixture *f)
{
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    free((void *)(uintptr_t)f->files[0]);
    free((void *)(uintptr_t)f->files[1]);
    test_dir_remove(f->dir);
    gt_ctx_free(f->ctx);
}

static void account_by_feature(void **state)
{
    (void)state;
    fixture f = open_fixture();
    gt_weave_files_options o;
    gt_weave_files_facts facts;
    gt_weave_files_options_init(&o);
    o.n_files = 2;
    o.files = f.files;
    o.account = test_path(f.dir, "out.csv");
    assert_ok(f.ctx, gt_weave_files(f.ctx, &o, &facts));
    assert_int_equal(facts.n_rows, 6);
    assert_true(facts.m2 == 301);
    assert_false(facts.ellipsoidal);
    char *csv = test_read_file(o.account, NULL);
    assert_string_equal(csv, "land.fid,unit.fid,m2,plane_m2\n"
                             "1,1,100.000000,100.000000\n"
                             "2,1,50.000000,50.000000\n"
                             "2,2,50.000000,50.000000\n"
                             "3,2,99.000000,99.000000\n"
                             "4,,1.000000,1.000000\n"
                             "*,2,1.000000,1.000000\n");
    free(csv);
    close_fixture(&f);
}

static void account_by_field(void **state)
{
    (void)state;
    fixture f = open_fixture();
    gt_weave_files_options o;
    gt_weave_files_facts facts;
    const char *fields[2] = {"kind", NULL};
    gt_weave_files_options_init(&o);
    o.n_files = 2;
    o.files = f.files;
    o.fields = fields;
    o.cell = 4;
    o.account = test_path(f.dir, "out.csv");
    assert_ok(f.ctx, gt_weave_files(f.ctx, &o, &facts));
    char *csv = test_read_file(o.account, NULL);
    assert_string_equal(csv, "land.kind,unit.fid,m2,plane_m2\n"
                             "\"a, \"\"b\"\"\",1,50.000000,50.000000\n"
                             "\"a, \"\"b\"\"\",2,50.000000,50.000000\n"
                             "forest,1,100.000000,100.000000\n"
                             "forest,2,1.000000,1.000000\n" /* over the feature without a kind */
                             "forest,,1.000000,1.000000\n"
                             ",2,99.000000,99.000000\n");
    free(csv);
    close_fixture(&f);
}

static void atoms_and_faults(void **state)
{
    (void)state;
    fixture f = open_fixture();
    gt_weave_files_options o;
    gt_weave_files_facts facts;
    const char *fields[2] = {NULL, "kind"};
    gt_weave_files_options_init(&o);
    o.n_files = 2;
    o.files = f.files;
    o.fields = fields;
    o.cell = 7;
    o.atoms = test_path(f.dir, "atoms.gpkg");
    o.qc = test_path(f.dir, "qc.csv");
    assert_ok(f.ctx, gt_weave_files(f.ctx, &o, &facts));
    assert_int_equal(facts.n_atoms, 6);
    gt_polygon_table *t = NULL;
    assert_ok(f.ctx, gt_gpkg_read_polygons(f.ctx, o.atoms, "atoms", "2_unit_kind", &t));
    assert_int_equal(t->n_features, 6);
    assert_int_equal(t->n_codes, 2);
    gt_polygon_table_free(f.ctx, t);
    /* one overlap; the unit layer lacks what lies east of 30: a gap with a place */
    assert_int_equal(facts.n_faults, 2);
    char *csv = test_read_file(o.qc, NULL);
    assert_non_null(
        strstr(csv, "\noverlap,1,3,4,1.000000,0.500000,29.000000,0.000000,30.000000,1.000000\n"));
    assert_non_null(
        strstr(csv, "\ngap,2,,,1.000000,0.500000,30.000000,0.000000,31.000000,1.000000\n"));
    free(csv);
    close_fixture(&f);
}

static void bad_input_is_named(void **state)
{
    (void)state;
    fixture f = open_fixture();
    gt_weave_files_options o;
    gt_weave_files_facts facts;
    gt_weave_files_options_init(&o);
    assert_fails(f.ctx, gt_weave_files(f.ctx, &o, &facts), GT_E_USAGE, "weave.option");
    const char *missing[2] = {f.files[0], test_path(f.dir, "none.gpkg")};
    o.n_files = 2;
    o.files = missing;
    assert_fails(f.ctx, gt_weave_files(f.ctx, &o, &facts), GT_E_NOT_FOUND, "gpkg.no-file");
    char named[4200];
    (void)snprintf(named, sizeof named, "%s:rivers", f.files[1]);
    missing[1] = named;
    assert_fails(f.ctx, gt_weave_files(f.ctx, &o, &facts), GT_E_NOT_FOUND, "gpkg.no-table");
    const char *fields[2] = {"kind", "colour"};
    o.files = f.files;
    o.fields = fields;
    assert_fails(f.ctx, gt_weave_files(f.ctx, &o, &facts), GT_E_NOT_FOUND, "gpkg.no-field");
    o.fields = NULL;
    o.account = test_path(f.dir, "no/such/place.csv");
    assert_fails(f.ctx, gt_weave_files(f.ctx, &o, &facts), GT_E_ENV, "base.system");
    o.account = NULL;
    o.atoms = test_path(f.dir, "no/such/place.gpkg");
    assert_fails(f.ctx, gt_weave_files(f.ctx, &o, &facts), GT_E_ENV, "gpkg.write");
    close_fixture(&f);
}

static void a_crs_in_degrees_is_refused(void **state)
{
    (void)state;
    fixture f = open_fixture();
    gt_gpkg_writer *w = NULL;
    const char *path = test_path(f.dir, "deg.gpkg");
    assert_ok(f.ctx, gt_gpkg_create(f.ctx, path, "deg", NULL, 0, 4326, f.files[0], &w));
    assert_ok(f.ctx, gt_gpkg_finish(f.ctx, w));
    gt_weave_files_options o;
    gt_weave_files_facts facts;
    const char *files[2] = {path, f.files[0]};
    gt_weave_files_options_init(&o);
    o.n_files = 1;
    o.files = files;
    assert_fails(f.ctx, gt_weave_files(f.ctx, &o, &facts), GT_E_INPUT, "weave.degrees");
    o.n_files = 2;
    assert_fails(f.ctx, gt_weave_files(f.ctx, &o, &facts), GT_E_INPUT, "weave.srs");
    close_fixture(&f);
}

static void numbers_are_written_exactly(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const char *path = test_path(dir, "n.csv");
    wv_csv csv = {0};
    const double v[] = {
        0,         1,    -1,   0.0000004,      0.0000006, -0.0000004, 123456789.123456,
        0.9999999, 1e13, -2.5, 8999999999999.5};
    assert_ok(ctx, wv_csv_open(ctx, &csv, path));
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        wv_csv_micro(&csv, v[i]);
        wv_csv_text(&csv, " ", 1);
    }
    wv_csv_integer(&csv, INT64_MIN);
    wv_csv_text(&csv, " ", 1);
    wv_csv_integer(&csv, 0);
    assert_ok(ctx, wv_csv_close(ctx, &csv));
    char *text = test_read_file(path, NULL);
    assert_string_equal(text,
                        "0.000000 1.000000 -1.000000 0.000000 0.000001 0.000000 123456789.123456 "
                        "1.000000 10000000000000.000000 -2.500000 8999999999999.500000 "
                        "-9223372036854775808 0");
    free(text);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_by_feature),
        cmocka_unit_test(account_by_field),
        cmocka_unit_test(atoms_and_faults),
        cmocka_unit_test(bad_input_is_named),
        cmocka_unit_test(a_crs_in_degrees_is_refused),
        cmocka_unit_test(numbers_are_written_exactly),
    };
    return cmocka_run_group_tests_name("weave.files", tests, NULL, NULL);
}
