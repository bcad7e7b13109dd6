/* Plain GeoPackages: what is written is read back; damage is named. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guotu/gpkg_read.h"
#include "guotu/gpkg_write.h"
#include "support/support.h"

static double square_xy[20] = {0, 0, 9, 0, 9, 9, 0, 9, 0, 0, 2, 2, 2, 4, 4, 4, 4, 2, 2, 2};
static uint32_t square_rings[2] = {5, 10}, square_parts[1] = {2};

static gt_geom square(void)
{
    return (gt_geom){.type = GT_MULTIPOLYGON,
                     .xy = square_xy,
                     .ring_end = square_rings,
                     .part_end = square_parts,
                     .n_points = 10,
                     .n_rings = 2,
                     .n_parts = 1};
}

/* n features whose text field goes round "c", "a", NULL, "b". */
static void write_file(gt_ctx *ctx, const char *path, int n)
{
    const gt_gpkg_column columns[] = {
        {"kind", GT_GPKG_TEXT}, {"k\"n", GT_GPKG_INTEGER}, {"m2", GT_GPKG_REAL}};
    static const char *const kinds[] = {"c", "a", NULL, "b"};
    gt_gpkg_writer *w = NULL;
    gt_geom g = square();
    assert_ok(ctx, gt_gpkg_create(ctx, path, "pieces", columns, 3, -1, NULL, &w));
    for (int i = 0; i < n; i++) {
        const gt_gpkg_value v[3] = {{.null = kinds[i % 4] == NULL, .text = kinds[i % 4]},
                                    {.integer = i},
                                    {.real = 81.5 + i}};
        assert_ok(ctx, gt_gpkg_add(ctx, w, &g, v));
    }
    assert_ok(ctx, gt_gpkg_finish(ctx, w));
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void read_back(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const char *path = test_path(dir, "a.gpkg");
    write_file(ctx, path, 9001);
    gt_polygon_table *t = NULL;
    assert_ok(ctx, gt_gpkg_read_polygons(ctx, path, NULL, "kind", &t));
    assert_string_equal(t->name, "pieces");
    assert_int_equal(t->n_features, 9001);
    assert_int_equal(t->n_codes, 3);
    assert_string_equal(t->codes[0], "a");
    assert_string_equal(t->codes[2], "c");
    int64_t fid = 1;
    static const uint32_t want[] = {2, 0, UINT32_MAX, 1};
    for (size_t i = 0; i < t->n_runs; i++) {
        const gt_polygon_run *r = &t->runs[i];
        assert_int_equal(r->n_points, 10 * r->n_features);
        for (size_t k = 0; k < r->n_features; k++, fid++) {
            assert_int_equal(r->fid[k], fid);
            assert_int_equal(r->code[k], want[(fid - 1) % 4]);
            assert_memory_equal(r->xy + 20 * k, square_xy, sizeof square_xy);
            assert_int_equal(r->feature_end[k], k + 1);
            assert_int_equal(r->ring_end[2 * k], 10 * k + 5);
        }
    }
    gt_polygon_table_free(ctx, t);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void blobs_of_every_kind(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const char *path = test_path(dir, "a.gpkg");
    write_file(ctx, path, 1);
    /* big endian POLYGON Z with a 48 byte envelope, triangle 1 2, 5 2, 1 6 */
    run_sql(path, "insert into pieces(fid, geom) values(7, x'4750000400000000"
                  "000000000000000000000000000000000000000000000000"
                  "000000000000000000000000000000000000000000000000"
                  "00000003EB0000000100000004"
                  "3FF000000000000040000000000000004022000000000000"
                  "401400000000000040000000000000004022000000000000"
                  "3FF000000000000040180000000000004022000000000000"
                  "3FF000000000000040000000000000004022000000000000'),(8, null),"
                  "(9, x'4750001100000000010600000000000000')");
    gt_polygon_table *t = NULL;
    gt_status st = gt_gpkg_read_polygons(ctx, path, "pieces", NULL, &t);
    assert_ok(ctx, st);
    assert_int_equal(t->n_features, 4);
    const gt_polygon_run *r = &t->runs[0];
    assert_int_equal(r->n_points, 14);
    const double want[8] = {1, 2, 5, 2, 1, 6, 1, 2};
    assert_memory_equal(r->xy + 20, want, sizeof want);
    assert_int_equal(r->feature_end[1], 2);
    assert_int_equal(r->feature_end[2], 2); /* no geometry */
    assert_int_equal(r->feature_end[3], 2); /* empty */
    gt_polygon_table_free(ctx, t);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void damage_is_named(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    static const char *const bad[] = {
        "x''",
        "x'4750'",
        "x'475000030000000000'",                                     /* envelope cut */
        "x'47500001000000000103000000FFFFFFFF'",                     /* rings */
        "x'4750000100000000010300000001000000FFFFFF7F'",             /* points */
        "x'475000010000000001010000000000000000000000000000000000'", /* a point */
        "x'4750000100000000010600000001000000010200000000000000'",   /* line inside */
        "x'47500001000000000503000000'",                             /* byte order */
        "x'4750000F000000000103000000'",                             /* envelope 7 */
        "x'41420001000000000103000000'",                             /* magic */
        "'text'",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *path = test_path(dir, "b.gpkg");
        char sql[256];
        write_file(ctx, path, 3);
        (void)snprintf(sql, sizeof sql, "update pieces set geom=%s where fid=2", bad[i]);
        run_sql(path, sql);
        gt_polygon_table *t = NULL;
        gt_status st = gt_gpkg_read_polygons(ctx, path, NULL, NULL, &t);
        assert_string_equal(gt_error_place(ctx)->feature, "2");
        assert_string_equal(gt_error_place(ctx)->layer, "pieces");
        assert_fails(ctx, st, GT_E_INPUT, "gpkg.geometry");
        assert_null(t);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void wrong_names_are_named(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const char *path = test_path(dir, "a.gpkg");
    gt_polygon_table *t = NULL;
    assert_fails(ctx, gt_gpkg_read_polygons(ctx, path, NULL, NULL, &t), GT_E_NOT_FOUND,
                 "gpkg.no-file");
    write_file(ctx, path, 1);
    assert_fails(ctx, gt_gpkg_read_polygons(ctx, path, "x", NULL, &t), GT_E_NOT_FOUND,
                 "gpkg.no-table");
    assert_fails(ctx, gt_gpkg_read_polygons(ctx, path, NULL, "x", &t), GT_E_NOT_FOUND,
                 "gpkg.no-field");
    run_sql(path,
            "create table b(fid integer primary key, g blob); insert into gpkg_contents(table_name,"
            "data_type) values('b','features'); insert into gpkg_geometry_columns "
            "values('b','g','POLYGON',-1,0,0)");
    assert_fails(ctx, gt_gpkg_read_polygons(ctx, path, NULL, NULL, &t), GT_E_INPUT,
                 "gpkg.which-table");
    assert_ok(ctx, gt_gpkg_read_polygons(ctx, path, "b", NULL, &t)); /* empty is no error */
    assert_int_equal(t->n_features, 0);
    gt_polygon_table_free(ctx, t);
    test_write_file(test_path(dir, "text.gpkg"), "this is no database, whatever its name says", 43);
    assert_fails(ctx, gt_gpkg_read_polygons(ctx, test_path(dir, "text.gpkg"), NULL, NULL, &t),
                 GT_E_INPUT, "gpkg.sqlite");
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void nothing_is_left_of_a_failed_write(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_gpkg_writer *w = NULL;
    assert_fails(ctx,
                 gt_gpkg_create(ctx, test_path(dir, "no/such/a.gpkg"), "t", NULL, 0, 0, NULL, &w),
                 GT_E_ENV, "gpkg.write");
    const char *path = test_path(dir, "a.gpkg");
    write_file(ctx, path, 2);
    const gt_gpkg_column twice[] = {{"a", GT_GPKG_TEXT}, {"a", GT_GPKG_TEXT}};
    assert_fails(ctx, gt_gpkg_create(ctx, path, "t", twice, 2, 0, NULL, &w), GT_E_ENV,
                 "gpkg.write");
    assert_ok(ctx, gt_gpkg_create(ctx, path, "t", NULL, 0, 4326, path, &w));
    gt_gpkg_abandon(ctx, w);
    gt_polygon_table *t = NULL; /* the old file is untouched */
    assert_ok(ctx, gt_gpkg_read_polygons(ctx, path, "pieces", NULL, &t));
    assert_int_equal(t->n_features, 2);
    gt_polygon_table_free(ctx, t);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_back),
        cmocka_unit_test(blobs_of_every_kind),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(wrong_names_are_named),
        cmocka_unit_test(nothing_is_left_of_a_failed_write),
    };
    return cmocka_run_group_tests_name("store.gpkg_plain", tests, NULL, NULL);
}
