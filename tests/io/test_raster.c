#include <math.h>

#include "guotu/date.h"
#include "guotu/raster.h"
#include "io/messages.h"
#include "make.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
    gt_raster_options o;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    gt_raster_options_init(&f->o);
    /* 4 x 3 cells of 10 m, west edge 500000, south edge 4400000; one nodata */
    put_text(test_path(f->dir, "a.asc"), "ncols 4\nnrows 3\nxllcorner 500000\nyllcorner 4400000\n"
                                         "cellsize 10\nNODATA_value -9999\n"
                                         "1 2 3 4\n5 6 7 8\n9 10 11 -9999\n");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    const size_t left = gt_ctx_memory_used(f->ctx);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return left == 0 ? 0 : -1;
}

static gt_raster *read_ok(fixture *f, const char *path)
{
    gt_raster *r = NULL;
    assert_ok(f->ctx, gt_raster_read(f->ctx, path, &f->o, &r));
    return r;
}

static void whole_raster_cell_by_cell(void **state)
{
    fixture *f = *state;
    f->o.resample = GT_RESAMPLE_NEAREST;
    gt_raster *r = read_ok(f, test_path(f->dir, "a.asc"));
    assert_int_equal(r->n_cols, 4);
    assert_int_equal(r->n_rows, 3);
    assert_near(r->box.xmin, 500000, 1e-9);
    assert_near(r->box.ymax, 4400030, 1e-9);
    assert_near(r->box.ymin, 4400000, 1e-9);
    for (int i = 0; i < 11; i++) {
        assert_true(r->cells[i] == (float)(i + 1));
    }
    assert_true(isnan(r->cells[11]));
    assert_int_equal(r->n_valid, 11);
    assert_true(r->min == 1 && r->max == 11);
    assert_null(r->crs_wkt);
    assert_true(gt_raster_at(r, 500005, 4400029) == 1);
    assert_true(gt_raster_at(r, 500025, 4400001) == 11);
    assert_true(isnan(gt_raster_at(r, 500041, 4400001)));
    assert_true(isnan(gt_raster_at(r, NAN, 4400001)));
    gt_raster_free(f->ctx, r);
}

static void window_is_cut_and_padded(void **state)
{
    fixture *f = *state;
    f->o.resample = GT_RESAMPLE_NEAREST;
    f->o.has_box = true;
    f->o.box = (gt_box){499990, 4400010, 500020, 4400040};
    f->o.n_cols = 3;
    gt_raster *r = read_ok(f, test_path(f->dir, "a.asc"));
    assert_int_equal(r->n_rows, 3); /* from the shape of the box */
    const float want[9] = {NAN, NAN, NAN, NAN, 1, 2, NAN, 5, 6};
    for (int i = 0; i < 9; i++) {
        assert_true(isnan(want[i]) ? isnan(r->cells[i]) : r->cells[i] == want[i]);
    }
    gt_raster_free(f->ctx, r);
}

static void average_leaves_nodata_out(void **state)
{
    fixture *f = *state;
    f->o.resample = GT_RESAMPLE_AVERAGE;
    f->o.has_box = true;
    f->o.box = (gt_box){500000, 4400000, 500040, 4400020};
    f->o.n_cols = 2;
    f->o.n_rows = 1;
    gt_raster *r = read_ok(f, test_path(f->dir, "a.asc"));
    assert_near(r->cells[0], (5 + 6 + 9 + 10) / 4.0, 1e-6);
    assert_near(r->cells[1], (7 + 8 + 11) / 3.0, 1e-6);
    gt_raster_free(f->ctx, r);
}

static void bilinear_of_a_plane_is_the_plane(void **state)
{
    fixture *f = *state;
    f->o.has_box = true; /* cell centres halfway between those of the file */
    f->o.box = (gt_box){500005, 4400015, 500035, 4400025};
    f->o.n_cols = 6;
    f->o.n_rows = 2;
    gt_raster *r = read_ok(f, test_path(f->dir, "a.asc"));
    for (int i = 0; i < 12; i++) {
        const double x = 500005 + 5 * (i % 6) + 2.5, y = 4400025 - 5 * (i / 6) - 2.5;
        const double plane = 1 + (x - 500005) / 10 + 4 * (4400025 - y) / 10;
        assert_near(r->cells[i], plane, 1e-4);
    }
    gt_raster_free(f->ctx, r);
}

static void crs_changes_the_frame(void **state)
{
    fixture *f = *state;
    f->o.file_crs = "EPSG:4548";
    f->o.crs = "EPSG:4490";
    f->o.resample = GT_RESAMPLE_NEAREST;
    gt_raster *r = read_ok(f, test_path(f->dir, "a.asc"));
    assert_int_equal(r->crs_epsg, 4490);
    /* echo 4400015 500015 | cs2cs EPSG:4548 EPSG:4490: the middle of the cell that holds 6 */
    assert_true(gt_raster_at(r, 117.00017498, 39.73418466) == 6);
    assert_near(r->box.xmin, 117.0, 1e-3);
    gt_raster_free(f->ctx, r);
}

static void real_relief(void **state)
{
    fixture *f = *state;
    const char *data = test_data_dir();
    if (data == NULL) {
        test_skip("needs bj-dem of the test data");
    }
    f->o.crs = "EPSG:4548";
    f->o.n_cols = 500;
    gt_raster *r = read_ok(f, test_path(data, "bj-dem/bj_dem_fused_90m.tif"));
    assert_int_equal(r->n_cols, 500);
    assert_true(r->n_rows > 490 && r->n_rows < 515);
    assert_true(r->min > -100 && r->max > 1500 && r->max < 2400);
    /* Miyun reservoir, 40.48 N 116.92 E: 143 m flat (README of the data) */
    assert_near(gt_raster_at(r, 493216.57, 4482830.94), 143, 8);
    gt_raster_free(f->ctx, r);
}

static void mistakes_are_told(void **state)
{
    fixture *f = *state;
    gt_raster *r = NULL;
    const char *path = test_path(f->dir, "a.asc");
    f->o.band = 2;
    assert_fails(f->ctx, gt_raster_read(f->ctx, path, &f->o, &r), GT_E_INPUT, "io.no-band");
    f->o.band = 0;
    f->o.crs = "EPSG:4490";
    assert_fails(f->ctx, gt_raster_read(f->ctx, path, &f->o, &r), GT_E_INPUT, "io.no-crs");
    f->o.crs = "EPSG:999999";
    f->o.file_crs = "EPSG:4548";
    assert_fails(f->ctx, gt_raster_read(f->ctx, path, &f->o, &r), GT_E_INPUT, "geo.crs-unknown");
    gt_raster_options_init(&f->o);
    f->o.n_cols = 70000;
    assert_fails(f->ctx, gt_raster_read(f->ctx, path, &f->o, &r), GT_E_USAGE, "io.raster-window");
    f->o.n_cols = 0;
    f->o.has_box = true;
    f->o.box = (gt_box){1, 1, 1, 2};
    assert_fails(f->ctx, gt_raster_read(f->ctx, path, &f->o, &r), GT_E_USAGE, "io.raster-window");
    f->o.box.xmax = NAN;
    assert_fails(f->ctx, gt_raster_read(f->ctx, path, &f->o, &r), GT_E_USAGE, "io.raster-window");
    assert_fails(f->ctx, gt_raster_read(f->ctx, test_path(f->dir, "no.tif"), NULL, &r),
                 GT_E_NOT_FOUND, "io.no-file");
    put_text(test_path(f->dir, "bad.tif"), "II*\0 this is no TIFF");
    assert_fails(f->ctx, gt_raster_read(f->ctx, test_path(f->dir, "bad.tif"), NULL, &r), GT_E_INPUT,
                 "io.not-a-raster");
    put_text(test_path(f->dir, "cut.asc"), "ncols 400\nnrows 300\nxllcorner 0\nyllcorner 0\n"
                                           "cellsize 10\n1 2 3\n");
    assert_fails(f->ctx, gt_raster_read(f->ctx, test_path(f->dir, "cut.asc"), NULL, &r), GT_E_INPUT,
                 "io.not-a-raster");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_raster_cell_by_cell, setup, teardown),
        cmocka_unit_test_setup_teardown(window_is_cut_and_padded, setup, teardown),
        cmocka_unit_test_setup_teardown(average_leaves_nodata_out, setup, teardown),
        cmocka_unit_test_setup_teardown(bilinear_of_a_plane_is_the_plane, setup, teardown),
        cmocka_unit_test_setup_teardown(crs_changes_the_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(real_relief, setup, teardown),
        cmocka_unit_test_setup_teardown(mistakes_are_told, setup, teardown),
    };
    return cmocka_run_group_tests_name("io.raster", tests, NULL, NULL);
}
