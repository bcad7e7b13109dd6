/* Grid files: what is written comes back, GDAL reads what we write, we read what GDAL writes, and
 * what is damaged or foreign is named. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guotu/grid.h"
#include "support/support.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return 0;
}

static gt_grid_spec spec_of(int64_t cols, int64_t rows, gt_cell type)
{
    gt_grid_spec s;
    gt_grid_spec_init(&s);
    s.n_cols = cols;
    s.n_rows = rows;
    s.x_west = 440000;
    s.y_north = 4430000;
    s.cell_x = s.cell_y = 10;
    s.crs = "EPSG:4548";
    s.type = type;
    s.tile = 32;
    return s;
}

/* A value of each cell that every type holds exactly; every 11th cell is nodata. */
static double value_of(int64_t col, int64_t row)
{
    return (col * 31 + row * 17) % 11 == 0 ? (double)NAN : (double)((col * 7 + row * 13) % 201);
}

static void fill(fixture *f, gt_grid *g)
{
    const gt_grid_spec *s = gt_grid_facts(g);
    double *cells = calloc((size_t)(s->n_cols * s->n_rows), sizeof *cells);
    for (int64_t r = 0; r < s->n_rows; r++) {
        for (int64_t c = 0; c < s->n_cols; c++) {
            cells[r * s->n_cols + c] = value_of(c, r);
        }
    }
    const gt_window all = {0, 0, s->n_cols, s->n_rows};
    assert_ok(f->ctx, gt_grid_write(f->ctx, g, &all, GT_CELL_F64, cells, (size_t)s->n_cols));
    free(cells);
}

static const char *make(fixture *f, const char *name, const gt_grid_spec *s)
{
    gt_grid *g = NULL;
    const char *path = test_path(f->dir, name);
    assert_ok(f->ctx, gt_grid_create(f->ctx, path, s, &g));
    fill(f, g);
    assert_ok(f->ctx, gt_grid_finish(f->ctx, g));
    gt_grid_close(f->ctx, g);
    return path;
}

static void same(double a, double b)
{
    if (isnan(b)) {
        assert_true(isnan(a));
    } else {
        assert_true(a == b);
    }
}

/* Every cell, and windows that begin and end anywhere, beyond the grid too. */
static void holds_values(fixture *f, gt_grid *g)
{
    const gt_grid_spec *s = gt_grid_facts(g);
    const gt_window windows[] = {{0, 0, s->n_cols, s->n_rows},
                                 {-3, -5, s->n_cols + 7, s->n_rows + 9},
                                 {s->n_cols / 2, s->n_rows / 3, 40, 33},
                                 {s->n_cols - 1, s->n_rows - 1, 1, 1},
                                 {s->n_cols + 5, 0, 4, 4}};
    for (size_t k = 0; k < sizeof windows / sizeof *windows; k++) {
        const gt_window *w = &windows[k];
        size_t stride = (size_t)w->n_cols + 3;
        double *d = calloc(stride * (size_t)w->n_rows, sizeof *d);
        float *v = calloc(stride * (size_t)w->n_rows, sizeof *v);
        int32_t *n = calloc(stride * (size_t)w->n_rows, sizeof *n);
        assert_ok(f->ctx, gt_grid_read(f->ctx, g, w, GT_CELL_F64, d, stride));
        assert_ok(f->ctx, gt_grid_read(f->ctx, g, w, GT_CELL_F32, v, stride));
        assert_ok(f->ctx, gt_grid_read(f->ctx, g, w, GT_CELL_I32, n, stride));
        for (int64_t r = 0; r < w->n_rows; r++) {
            for (int64_t c = 0; c < w->n_cols; c++) {
                int64_t col = w->col + c, row = w->row + r;
                bool inside = col >= 0 && row >= 0 && col < s->n_cols && row < s->n_rows;
                double want = inside ? value_of(col, row) : (double)NAN;
                size_t i = (size_t)r * stride + (size_t)c;
                same(d[i], want);
                same((double)v[i], want);
                assert_int_equal(n[i], isnan(want) ? GT_NODATA_I32 : (int32_t)want);
            }
        }
        free(d);
        free(v);
        free(n);
    }
}

static void every_type_and_packing_comes_back(void **state)
{
    static const gt_cell types[] = {GT_CELL_U8,  GT_CELL_I16, GT_CELL_U16,
                                    GT_CELL_I32, GT_CELL_F32, GT_CELL_F64};
    static const int64_t sizes[][2] = {{1, 1}, {1, 70}, {100, 1}, {97, 65}, {64, 32}};
    fixture *f = *state;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (int p = GT_GRID_PLAIN; p <= GT_GRID_ZSTD; p++) {
            for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
                gt_grid_spec s = spec_of(sizes[k][0], sizes[k][1], types[t]);
                gt_grid *g = NULL;
                s.packing = (gt_grid_packing)p;
                const char *path = make(f, "a.tif", &s);
                assert_ok(f->ctx, gt_grid_open(f->ctx, path, &g));
                const gt_grid_spec *got = gt_grid_facts(g);
                assert_int_equal(got->n_cols, s.n_cols);
                assert_int_equal(got->n_rows, s.n_rows);
                assert_int_equal(got->type, types[t]);
                assert_near(got->x_west, 440000, 0);
                assert_near(got->cell_y, 10, 0);
                assert_string_equal(gt_cell_name(got->type), gt_cell_name(types[t]));
                holds_values(f, g);
                gt_grid_close(f->ctx, g);
            }
        }
    }
}

static void untouched_cells_are_nodata(void **state)
{
    fixture *f = *state;
    for (int p = GT_GRID_PLAIN; p <= GT_GRID_ZSTD; p++) {
        gt_grid_spec s = spec_of(100, 100, GT_CELL_I16);
        gt_grid *g = NULL;
        const char *path = test_path(f->dir, "sparse.tif");
        const gt_window w = {40, 40, 2, 1};
        const int32_t two[2] = {7, 8};
        double v = 0;
        s.packing = (gt_grid_packing)p;
        assert_ok(f->ctx, gt_grid_create(f->ctx, path, &s, &g));
        assert_ok(f->ctx, gt_grid_write(f->ctx, g, &w, GT_CELL_I32, two, 2));
        assert_ok(f->ctx, gt_grid_finish(f->ctx, g));
        gt_grid_close(f->ctx, g);
        assert_ok(f->ctx, gt_grid_open(f->ctx, path, &g));
        assert_ok(f->ctx, gt_grid_at(f->ctx, g, 41, 40, &v));
        assert_near(v, 8, 0);
        assert_ok(f->ctx, gt_grid_at(f->ctx, g, 42, 40, &v));
        assert_true(isnan(v));
        assert_ok(f->ctx, gt_grid_at(f->ctx, g, 99, 99, &v));
        assert_true(isnan(v));
        assert_ok(f->ctx, gt_grid_at(f->ctx, g, -1, 0, &v));
        assert_true(isnan(v));
        gt_grid_close(f->ctx, g);
    }
}

/* Runs a tool of the peer: "tool options a b". */
static int shell(const char *tool, const char *a, const char *b)
{
    char command[2048];
    (void)snprintf(command, sizeof command, "%s %s %s", tool, a, b);
    return system(command);
}

static int translate(const char *how, const char *a, const char *b)
{
    char tool[256];
    (void)snprintf(tool, sizeof tool, "gdal_translate -q %s", how);
    char quiet[1024];
    (void)snprintf(quiet, sizeof quiet, "%s >/dev/null", b);
    return shell(tool, a, quiet);
}

static void need_gdal(void)
{
    if (system("command -v gdal_translate >/dev/null 2>&1") != 0) {
        test_skip("needs gdal_translate (package gdal-bin)");
    }
}

/* GDAL's own checksum of our file, packed and plain, and its CRS and nodata. */
static void gdal_reads_what_we_write(void **state)
{
    fixture *f = *state;
    need_gdal();
    char *sum[3];
    for (int p = GT_GRID_PLAIN; p <= GT_GRID_ZSTD; p++) {
        gt_grid_spec s = spec_of(97, 65, GT_CELL_I16);
        const gt_grid_item items[] = {{"guotu:lineage", "{\"model\":\"a < b & c\"}"}};
        s.packing = (gt_grid_packing)p;
        s.overviews = 2;
        s.items = items;
        s.n_items = 1;
        const char *path = make(f, "ours.tif", &s);
        const char *out = test_path(f->dir, "info");
        char into[1024];
        (void)snprintf(into, sizeof into, ">%s 2>&1", out);
        assert_int_equal(shell("gdalinfo -checksum", path, into), 0);
        char *info = test_read_file(out, NULL);
        gt_grid *g = NULL;
        assert_ok(f->ctx, gt_grid_open(f->ctx, path, &g));
        assert_string_equal(gt_grid_item_value(g, "guotu:lineage"), items[0].value);
        assert_null(gt_grid_item_value(g, "other"));
        gt_grid_close(f->ctx, g);
        assert_non_null(strstr(info, "CGCS2000 / 3-degree Gauss-Kruger CM 117E"));
        assert_non_null(strstr(info, "NoData Value=-32768"));
        assert_non_null(strstr(info, "Overviews: 49x33, 25x17"));
        assert_non_null(strstr(info, "a < b & c"));
        assert_null(strstr(info, "ERROR"));
        assert_null(strstr(info, "Warning"));
        char *at = strstr(info, "Checksum=");
        assert_non_null(at);
        at[strcspn(at, "\n")] = '\0';
        sum[p] = strdup(at);
        free(info);
    }
    assert_string_equal(sum[0], sum[1]);
    assert_string_equal(sum[0], sum[2]);
    for (int p = 0; p < 3; p++) {
        free(sum[p]);
    }
}

static void we_read_what_gdal_writes(void **state)
{
    static const char *const ways[] = {
        "-co TILED=NO",
        "-co TILED=NO -co BLOCKYSIZE=7",
        "-co TILED=YES -co BLOCKXSIZE=16 -co BLOCKYSIZE=48",
        "-co COMPRESS=DEFLATE -co PREDICTOR=1",
        "-co COMPRESS=DEFLATE -co PREDICTOR=2 -co TILED=YES",
        "-co COMPRESS=ZSTD -co PREDICTOR=2",
        "-co BIGTIFF=YES -co TILED=YES",
        "-co SPARSE_OK=TRUE -co TILED=YES",
        "-of COG -co BLOCKSIZE=128 -co COMPRESS=DEFLATE",
        "-ot Float32 -co COMPRESS=DEFLATE -co PREDICTOR=3",
        "-ot Float32 -co COMPRESS=ZSTD -co PREDICTOR=2 -co TILED=YES",
        "-ot Float64 -co COMPRESS=DEFLATE -co PREDICTOR=3 -co TILED=YES",
        "-ot Int32 -co COMPRESS=DEFLATE -co PREDICTOR=2",
    };
    fixture *f = *state;
    need_gdal();
    gt_grid_spec s = spec_of(197, 165, GT_CELL_I16);
    char *ours = strdup(make(f, "ours.tif", &s)); /* paths live in a short ring */
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
        gt_grid *g = NULL;
        const char *theirs = test_path(f->dir, "theirs.tif");
        if (translate(ways[k], ours, theirs) != 0) {
            fail_msg("gdal_translate %s", ways[k]);
        }
        assert_ok(f->ctx, gt_grid_open(f->ctx, theirs, &g));
        holds_values(f, g);
        gt_grid_close(f->ctx, g);
        (void)remove(theirs);
    }
    free(ours);
}

static void half_written_is_nothing(void **state)
{
    fixture *f = *state;
    gt_grid_spec s = spec_of(50, 50, GT_CELL_F32);
    gt_grid *g = NULL;
    const char *path = make(f, "a.tif", &s);
    size_t len = 0, again = 0;
    char *before = test_read_file(path, &len);
    assert_ok(f->ctx, gt_grid_create(f->ctx, path, &s, &g));
    gt_grid_close(f->ctx, g); /* thrown away: the old one stands, nothing is left beside it */
    char *after = test_read_file(path, &again);
    assert_int_equal(len, again);
    assert_memory_equal(before, after, len);
    free(before);
    free(after);
    char command[600];
    (void)snprintf(command, sizeof command, "test -z \"$(ls %s | grep -v '^a.tif$')\"", f->dir);
    assert_int_equal(system(command), 0);
}

/* Every cut of the file and many single changed bytes: an error, or a grid; never a crash. */
static void damaged_files_are_named(void **state)
{
    fixture *f = *state;
    for (int p = GT_GRID_PLAIN; p <= GT_GRID_ZSTD; p++) {
        gt_grid_spec s = spec_of(70, 40, GT_CELL_I16);
        size_t len = 0;
        test_rng rng;
        test_rng_seed(&rng, 5);
        s.packing = (gt_grid_packing)p;
        char *good = test_read_file(make(f, "good.tif", &s), &len);
        int32_t *cells = calloc(70 * 40, sizeof *cells);
        const char *path = test_path(f->dir, "bad.tif");
        for (int k = 0; k < 400; k++) {
            gt_grid *g = NULL;
            const gt_window all = {0, 0, 70, 40};
            char *bad = malloc(len);
            memcpy(bad, good, len);
            size_t cut = k < 100 ? len * (size_t)k / 100 : len;
            if (k >= 100) {
                size_t at = (size_t)(test_rng_next(&rng) % (k < 300 ? 400 : len));
                bad[at < len ? at : 0] ^= (char)(1 + test_rng_next(&rng) % 255);
            }
            test_write_file(path, bad, cut);
            gt_status st = gt_grid_open(f->ctx, path, &g);
            if (st == GT_OK && gt_grid_facts(g)->n_cols <= 70 && gt_grid_facts(g)->n_rows <= 40) {
                st = gt_grid_read(f->ctx, g, &all, GT_CELL_I32, cells, 70);
            }
            if (k > 0 && k < 100) {
                assert_int_not_equal(st, GT_OK);
            }
            assert_true(st == GT_OK || st == GT_E_INPUT || st == GT_E_NOT_FOUND);
            gt_error_clear(f->ctx);
            gt_grid_close(f->ctx, g);
            free(bad);
        }
        free(cells);
        free(good);
    }
}

static void senseless_specs_are_refused(void **state)
{
    fixture *f = *state;
    gt_grid *g = NULL;
    const char *path = test_path(f->dir, "a.tif");
    struct {
        const char *id;
        gt_grid_spec s;
    } cases[12];
    for (size_t i = 0; i < 12; i++) {
        cases[i].s = spec_of(10, 10, GT_CELL_I16);
        cases[i].id = "grid.spec";
    }
    cases[0].s.n_cols = 0, cases[0].id = "grid.size";
    cases[1].s.n_rows = -4, cases[1].id = "grid.size";
    cases[2].s.n_cols = GT_GRID_SIDE_MAX + 1LL, cases[2].id = "grid.size";
    cases[3].s.cell_x = 0;
    cases[4].s.cell_y = -10;
    cases[5].s.cell_x = (double)NAN;
    cases[6].s.x_west = (double)INFINITY;
    cases[7].s.tile = 20;
    cases[8].s.tile = 8192;
    cases[9].s.nodata = 70000;
    cases[10].s.overviews = -2;
    cases[11].s.nodata = 0.5;
    for (size_t i = 0; i < 12; i++) {
        assert_fails(f->ctx, gt_grid_create(f->ctx, path, &cases[i].s, &g), GT_E_USAGE,
                     cases[i].id);
    }
    gt_grid_spec s = spec_of(10, 10, GT_CELL_I16);
    s.crs = "EPSG:999999";
    assert_fails(f->ctx, gt_grid_create(f->ctx, path, &s, &g), GT_E_INPUT, NULL);
    s = spec_of(10, 10, GT_CELL_I16);
    assert_fails(f->ctx, gt_grid_create(f->ctx, "/nowhere/a.tif", &s, &g), GT_E_ENV, NULL);
    assert_fails(f->ctx, gt_grid_open(f->ctx, test_path(f->dir, "none.tif"), &g), GT_E_NOT_FOUND,
                 NULL);
    test_write_file(test_path(f->dir, "text.tif"), "not a picture", 13);
    assert_fails(f->ctx, gt_grid_open(f->ctx, test_path(f->dir, "text.tif"), &g), GT_E_INPUT,
                 "grid.not-tiff");
}

static void values_that_do_not_fit_are_located(void **state)
{
    fixture *f = *state;
    gt_grid_spec s = spec_of(40, 40, GT_CELL_U8);
    gt_grid *g = NULL;
    const gt_window w = {10, 20, 3, 1};
    const double big[3] = {1, 300, 2}, low[3] = {1, 2, -1}, fraction[3] = {1.5, 2.5, 3.4};
    int32_t back[3];
    const char *path = test_path(f->dir, "a.tif");
    assert_ok(f->ctx, gt_grid_create(f->ctx, path, &s, &g));
    assert_fails(f->ctx, gt_grid_write(f->ctx, g, &w, GT_CELL_F64, big, 3), GT_E_INPUT,
                 "grid.value-range");
    assert_fails(f->ctx, gt_grid_write(f->ctx, g, &w, GT_CELL_F64, low, 3), GT_E_INPUT,
                 "grid.value-range");
    assert_ok(f->ctx, gt_grid_write(f->ctx, g, &w, GT_CELL_F64, fraction, 3)); /* ties to even */
    assert_ok(f->ctx, gt_grid_read(f->ctx, g, &w, GT_CELL_I32, back, 3));
    assert_int_equal(back[0], 2);
    assert_int_equal(back[1], 2);
    assert_int_equal(back[2], 3);
    const gt_window out = {39, 39, 2, 1};
    assert_fails(f->ctx, gt_grid_write(f->ctx, g, &out, GT_CELL_F64, big, 2), GT_E_USAGE,
                 "grid.window");
    assert_fails(f->ctx, gt_grid_read(f->ctx, g, &w, GT_CELL_U8, back, 3), GT_E_USAGE,
                 "grid.buffer");
    gt_grid_close(f->ctx, g);
    s = spec_of(40, 40, GT_CELL_F32);
    assert_ok(f->ctx, gt_grid_create(f->ctx, path, &s, &g));
    assert_ok(f->ctx, gt_grid_write(f->ctx, g, &w, GT_CELL_F64, fraction, 3));
    assert_ok(f->ctx, gt_grid_finish(f->ctx, g));
    assert_fails(f->ctx, gt_grid_read(f->ctx, g, &w, GT_CELL_I32, back, 3), GT_E_INPUT,
                 "grid.not-integer");
    gt_grid_close(f->ctx, g);
    assert_ok(f->ctx, gt_grid_open(f->ctx, path, &g));
    assert_fails(f->ctx, gt_grid_write(f->ctx, g, &w, GT_CELL_F64, big, 3), GT_E_USAGE,
                 "grid.read-only");
    gt_grid_close(f->ctx, g);
}

static void alignment_is_checked(void **state)
{
    fixture *f = *state;
    gt_grid_spec s = spec_of(50, 50, GT_CELL_U8), t = s;
    gt_grid *a = NULL, *b = NULL;
    int64_t col = 0, row = 0;
    assert_ok(f->ctx, gt_grid_open(f->ctx, make(f, "a.tif", &s), &a));
    t.x_west += 70;
    t.y_north -= 30;
    assert_ok(f->ctx, gt_grid_open(f->ctx, make(f, "b.tif", &t), &b));
    assert_ok(f->ctx, gt_grid_check_aligned(f->ctx, a, b, false, &col, &row));
    assert_int_equal(col, 7);
    assert_int_equal(row, 3);
    assert_fails(f->ctx, gt_grid_check_aligned(f->ctx, a, b, true, NULL, NULL), GT_E_INPUT,
                 "grid.extent-differs");
    gt_grid_close(f->ctx, b);
    struct {
        double dx, cell;
        const char *crs, *id;
    } cases[] = {{5, 10, "EPSG:4548", "grid.cells-differ"},
                 {0, 10.001, "EPSG:4548", "grid.cells-differ"},
                 {0, 20, "EPSG:4548", "grid.cells-differ"},
                 {0, 10, "EPSG:4547", "grid.crs-differs"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t = s;
        t.x_west += cases[i].dx;
        t.cell_x = t.cell_y = cases[i].cell;
        t.crs = cases[i].crs;
        assert_ok(f->ctx, gt_grid_open(f->ctx, make(f, "c.tif", &t), &b));
        assert_fails(f->ctx, gt_grid_check_aligned(f->ctx, a, b, true, NULL, NULL), GT_E_INPUT,
                     cases[i].id);
        gt_grid_close(f->ctx, b);
    }
    t = s;
    t.crs = NULL; /* not stated: agrees with any */
    assert_ok(f->ctx, gt_grid_open(f->ctx, make(f, "d.tif", &t), &b));
    assert_null(gt_grid_crs(b));
    assert_ok(f->ctx, gt_grid_check_aligned(f->ctx, a, b, true, NULL, NULL));
    gt_grid_close(f->ctx, b);
    gt_grid_close(f->ctx, a);
}

static void cells_are_found(void **state)
{
    fixture *f = *state;
    gt_grid_spec s = spec_of(50, 40, GT_CELL_U8);
    gt_grid *g = NULL;
    int64_t col = 0, row = 0;
    assert_ok(f->ctx, gt_grid_open(f->ctx, make(f, "a.tif", &s), &g));
    gt_grid_cell_of(g, 440000, 4430000, &col, &row);
    assert_true(col == 0 && row == 0);
    gt_grid_cell_of(g, 440010, 4429990, &col, &row); /* on a corner: to the south east */
    assert_true(col == 1 && row == 1);
    gt_grid_cell_of(g, 439999, 4430001, &col, &row);
    assert_true(col == -1 && row == -1);
    gt_box box = gt_grid_box(g);
    assert_near(box.xmax, 440500, 0);
    assert_near(box.ymin, 4429600, 0);
    gt_cell type = GT_CELL_F32;
    assert_true(gt_cell_parse("uint16", &type) && type == GT_CELL_U16);
    assert_false(gt_cell_parse("complex", &type));
    gt_grid_close(f->ctx, g);
}

/* Each allocation fails in turn: an error, no leak, nothing left in the folder. */
static void memory_may_run_out(void **state)
{
    fixture *f = *state;
    const char *path = test_path(f->dir, "a.tif");
    for (long n = 0; n < 2000; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_grid *g = NULL;
        gt_grid_spec s = spec_of(70, 70, GT_CELL_I16);
        const gt_window w = {0, 0, 2, 1};
        const int32_t two[2] = {1, 2};
        s.packing = GT_GRID_ZSTD;
        s.overviews = 1;
        gt_status st = gt_grid_create(ctx, path, &s, &g);
        st = st == GT_OK ? gt_grid_write(ctx, g, &w, GT_CELL_I32, two, 2) : st;
        st = st == GT_OK ? gt_grid_finish(ctx, g) : st;
        gt_grid_close(ctx, g);
        g = NULL;
        if (st == GT_OK) {
            st = gt_grid_open(ctx, path, &g);
            gt_grid_close(ctx, g);
        }
        assert_true(st == GT_OK || st == GT_E_MEMORY);
        gt_ctx_free(ctx);
        if (st == GT_OK) {
            assert_true(n > 5);
            return;
        }
    }
    fail_msg("never succeeded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_type_and_packing_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(untouched_cells_are_nodata, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gdal_reads_what_we_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(we_read_what_gdal_writes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_written_is_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_files_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(senseless_specs_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_that_do_not_fit_are_located, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alignment_is_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cells_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_may_run_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
