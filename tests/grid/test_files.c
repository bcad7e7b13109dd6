/* Grid files: what is written is read back, by us and by GDAL, for every type, packing and window;
 * and files that are damaged, foreign or wrong. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grid/grids.h"

static const gt_cell TYPES[] = {GT_CELL_U8,  GT_CELL_I16, GT_CELL_U16,
                                GT_CELL_I32, GT_CELL_F32, GT_CELL_F64};

static void round_trip(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    double *v = random_values(101 * 77, 1, 0, 200, 0.1);
    for (size_t t = 0; t < 6; t++) {
        for (int p = GT_GRID_PLAIN; p <= GT_GRID_ZSTD; p++) {
            for (int tile = 16; tile <= 64; tile += 48) {
                gt_grid_spec s = spec_of(101, 77, TYPES[t]);
                s.packing = (gt_grid_packing)p;
                s.tile = tile;
                s.overviews = tile == 16 ? 2 : 0;
                s.items = (const gt_grid_item[]){{"model", "slope & <aspect>"}};
                s.n_items = 1;
                gt_grid *g = make_grid(ctx, test_path(dir, "a.tif"), &s, v);
                double *got = read_all(ctx, g);
                for (size_t i = 0; i < 101 * 77; i++) {
                    assert_true(same_value(got[i], v[i]));
                }
                assert_int_equal(gt_grid_facts(g)->type, TYPES[t]);
                assert_int_equal(gt_grid_facts(g)->overviews, s.overviews);
                assert_int_equal(gt_crs_epsg(gt_grid_crs(g)), 4548);
                assert_string_equal(gt_grid_item_value(g, "model"), "slope & <aspect>");
                assert_null(gt_grid_item_value(g, "none"));
                free(got);
                gt_grid_close(ctx, g);
            }
        }
    }
    free(v);
    test_dir_remove(dir);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* Windows in any place, and written in pieces, give what the whole gives. */
static void windows(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    enum { W = 131, H = 90 };
    double *v = random_values((size_t)W * H, 2, -50, 50, 0.05);
    test_rng rng;
    test_rng_seed(&rng, 3);
    for (int p = GT_GRID_PLAIN; p <= GT_GRID_DEFLATE; p++) {
        gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        s.tile = 32;
        s.packing = (gt_grid_packing)p;
        s.nodata = -9999;
        gt_grid *g = NULL;
        assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "w.tif"), &s, &g));
        for (int64_t r = 0; r < H; r++) { /* row by row, in two pieces */
            const gt_window left = {0, r, 57, 1}, right = {57, r, W - 57, 1};
            assert_ok(ctx, gt_grid_write(ctx, g, &right, GT_CELL_F64, v + r * W + 57, W));
            assert_ok(ctx, gt_grid_write(ctx, g, &left, GT_CELL_F64, v + r * W, W));
        }
        assert_ok(ctx, gt_grid_finish(ctx, g));
        for (int k = 0; k < 200; k++) {
            gt_window w = {(int64_t)(test_rng_real(&rng) * 180) - 30,
                           (int64_t)(test_rng_real(&rng) * 130) - 20,
                           1 + (int64_t)(test_rng_real(&rng) * 70),
                           1 + (int64_t)(test_rng_real(&rng) * 70)};
            float cells[71 * 75];
            assert_ok(ctx, gt_grid_read(ctx, g, &w, GT_CELL_F32, cells, 75));
            for (int64_t r = 0; r < w.n_rows; r++) {
                for (int64_t c = 0; c < w.n_cols; c++) {
                    int64_t gc = w.col + c, gr = w.row + r;
                    bool in = gc >= 0 && gr >= 0 && gc < W && gr < H;
                    assert_true(
                        same_value((double)cells[r * 75 + c], in ? v[gr * W + gc] : (double)NAN));
                }
            }
        }
        gt_grid_close(ctx, g);
    }
    free(v);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void unwritten_is_nodata(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(70, 70, GT_CELL_I16);
    s.tile = 32;
    gt_grid *g = NULL;
    const double one = 7;
    const gt_window w = {40, 40, 1, 1};
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "u.tif"), &s, &g));
    assert_ok(ctx, gt_grid_write(ctx, g, &w, GT_CELL_F64, &one, 1));
    for (int pass = 0; pass < 2; pass++) {
        double *v = read_all(ctx, g);
        for (size_t i = 0; i < 70 * 70; i++) {
            assert_true(i == 40 * 70 + 40 ? v[i] == 7 : isnan(v[i]));
        }
        free(v);
        assert_ok(ctx, gt_grid_finish(ctx, g));
    }
    gt_grid_close(ctx, g);
    /* thrown away: nothing stands there */
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "v.tif"), &s, &g));
    gt_grid_close(ctx, g);
    assert_int_not_equal(access(test_path(dir, "v.tif"), F_OK), 0);
    assert_fails(ctx, gt_grid_open(ctx, test_path(dir, "v.tif"), &g), GT_E_NOT_FOUND, NULL);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void wrong_values(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(3, 1, GT_CELL_U8);
    gt_grid *g = NULL;
    const gt_window all = {0, 0, 3, 1};
    assert_ok(ctx, gt_grid_create(ctx, test_path(dir, "x.tif"), &s, &g));
    const double big[] = {1, 256, 2}, half[] = {0.5, 1.5, 2.5};
    const int32_t negative[] = {1, 2, -1};
    assert_fails(ctx, gt_grid_write(ctx, g, &all, GT_CELL_F64, big, 3), GT_E_INPUT,
                 "grid.value-range");
    assert_fails(ctx, gt_grid_write(ctx, g, &all, GT_CELL_I32, negative, 3), GT_E_INPUT,
                 "grid.value-range");
    assert_ok(ctx, gt_grid_write(ctx, g, &all, GT_CELL_F64, half, 3));
    double *v = read_all(ctx, g);
    assert_true(v[0] == 0 && v[1] == 2 && v[2] == 2); /* ties to even */
    free(v);
    const gt_window out = {1, 0, 3, 1};
    assert_fails(ctx, gt_grid_write(ctx, g, &out, GT_CELL_F64, half, 3), GT_E_USAGE, "grid.window");
    assert_fails(ctx, gt_grid_write(ctx, g, &all, GT_CELL_U8, half, 3), GT_E_USAGE, "grid.buffer");
    gt_grid_close(ctx, g);
    s.type = GT_CELL_F32;
    g = make_grid(ctx, test_path(dir, "y.tif"), &s, half);
    int32_t cells[3];
    assert_fails(ctx, gt_grid_read(ctx, g, &all, GT_CELL_I32, cells, 3), GT_E_INPUT,
                 "grid.not-integer");
    assert_fails(ctx, gt_grid_write(ctx, g, &all, GT_CELL_F64, half, 3), GT_E_USAGE,
                 "grid.read-only");
    gt_grid_close(ctx, g);
    /* whole, but no int32: said so */
    const double far[][3] = {{1, 3e9, 2}, {-2147483648.0, 1, 1}, {1, 1, -4e9}, {INFINITY, 1, 1}};
    s.type = GT_CELL_F64;
    for (size_t k = 0; k < sizeof far / sizeof *far; k++) {
        g = make_grid(ctx, test_path(dir, "far.tif"), &s, far[k]);
        assert_fails(ctx, gt_grid_read(ctx, g, &all, GT_CELL_I32, cells, 3), GT_E_INPUT,
                     "grid.class-range");
        gt_grid_close(ctx, g);
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void wrong_specs(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_grid *g = NULL;
    gt_grid_spec s = spec_of(0, 5, GT_CELL_F32);
    assert_fails(ctx, gt_grid_create(ctx, "/tmp/no.tif", &s, &g), GT_E_USAGE, "grid.size");
    s = spec_of(INT64_C(1) << 40, 5, GT_CELL_F32);
    assert_fails(ctx, gt_grid_create(ctx, "/tmp/no.tif", &s, &g), GT_E_USAGE, "grid.size");
    s = spec_of(5, 5, GT_CELL_F32);
    s.cell_x = (double)NAN;
    assert_fails(ctx, gt_grid_create(ctx, "/tmp/no.tif", &s, &g), GT_E_USAGE, "grid.spec");
    s = spec_of(5, 5, GT_CELL_U8);
    s.nodata = -1;
    assert_fails(ctx, gt_grid_create(ctx, "/tmp/no.tif", &s, &g), GT_E_USAGE, "grid.spec");
    s = spec_of(5, 5, GT_CELL_U8);
    s.tile = 100;
    assert_fails(ctx, gt_grid_create(ctx, "/tmp/no.tif", &s, &g), GT_E_USAGE, "grid.spec");
    s = spec_of(5, 5, GT_CELL_U8);
    s.crs = "EPSG:99999999";
    assert_fails(ctx, gt_grid_create(ctx, "/tmp/no.tif", &s, &g), GT_E_INPUT, NULL);
    s.crs = NULL;
    assert_fails(ctx, gt_grid_create(ctx, "/no/such/dir/a.tif", &s, &g), GT_E_ENV, NULL);
    gt_ctx_free(ctx);
}

static void alignment(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double v[12] = {0};
    gt_grid_spec s = spec_of(4, 3, GT_CELL_F32);
    gt_grid *a = make_grid(ctx, test_path(dir, "a.tif"), &s, v), *b = NULL;
    int64_t col = 0, row = 0;
    s.x_west += 20;
    s.y_north -= 10;
    b = make_grid(ctx, test_path(dir, "b.tif"), &s, v);
    assert_ok(ctx, gt_grid_check_aligned(ctx, a, b, false, &col, &row));
    assert_int_equal(col, 2);
    assert_int_equal(row, 1);
    assert_fails(ctx, gt_grid_check_aligned(ctx, a, b, true, NULL, NULL), GT_E_INPUT,
                 "grid.extent-differs");
    gt_grid_close(ctx, b);
    s.x_west += 4;
    b = make_grid(ctx, test_path(dir, "b.tif"), &s, v);
    assert_fails(ctx, gt_grid_check_aligned(ctx, a, b, false, NULL, NULL), GT_E_INPUT,
                 "grid.cells-differ");
    gt_grid_close(ctx, b);
    s = spec_of(4, 3, GT_CELL_F32);
    s.cell_x = 10.001;
    b = make_grid(ctx, test_path(dir, "b.tif"), &s, v);
    assert_fails(ctx, gt_grid_check_aligned(ctx, a, b, true, NULL, NULL), GT_E_INPUT,
                 "grid.cells-differ");
    gt_grid_close(ctx, b);
    s = spec_of(4, 3, GT_CELL_F32);
    s.crs = "EPSG:32650";
    b = make_grid(ctx, test_path(dir, "b.tif"), &s, v);
    assert_fails(ctx, gt_grid_check_aligned(ctx, a, b, true, NULL, NULL), GT_E_INPUT,
                 "grid.crs-differs");
    gt_grid_close(ctx, b);
    gt_grid_close(ctx, a);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Every cut and every flipped byte of the header is refused or read, never worse. */
static void damaged(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double *v = random_values(40 * 40, 4, 0, 99, 0);
    gt_grid_spec s = spec_of(40, 40, GT_CELL_F32);
    s.tile = 16;
    s.packing = GT_GRID_ZSTD;
    gt_grid *g = make_grid(ctx, test_path(dir, "a.tif"), &s, v);
    gt_grid_close(ctx, g);
    size_t len = 0;
    char *file = test_read_file(test_path(dir, "a.tif"), &len);
    float cells[1600];
    const gt_window all = {0, 0, 40, 40};
    for (size_t cut = 0; cut < len; cut += 1 + len / 97) {
        test_write_file(test_path(dir, "cut.tif"), file, cut);
        gt_status st = gt_grid_open(ctx, test_path(dir, "cut.tif"), &g);
        assert_true(st == GT_E_INPUT);
        gt_error_clear(ctx);
    }
    for (size_t at = 0; at < 900; at++) {
        char old = file[at];
        file[at] = (char)(file[at] ^ (at % 2 == 0 ? 0xff : 1));
        test_write_file(test_path(dir, "bad.tif"), file, len);
        gt_status st = gt_grid_open(ctx, test_path(dir, "bad.tif"), &g);
        if (st == GT_OK) {
            const gt_grid_spec *f = gt_grid_facts(g);
            if (f->n_cols <= 40 && f->n_rows <= 40) {
                (void)!gt_grid_read(ctx, g, &all, GT_CELL_F32, cells, 40);
            }
            gt_grid_close(ctx, g);
        }
        gt_error_clear(ctx);
        file[at] = old;
    }
    test_write_file(test_path(dir, "no.tif"), "II*\0 and nothing of use here", 27);
    assert_fails(ctx, gt_grid_open(ctx, test_path(dir, "no.tif"), &g), GT_E_INPUT, "grid.damaged");
    test_write_file(test_path(dir, "no.tif"), "a text, but no picture", 22);
    assert_fails(ctx, gt_grid_open(ctx, test_path(dir, "no.tif"), &g), GT_E_INPUT, "grid.not-tiff");
    free(file);
    free(v);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* GDAL reads what we write, and we what GDAL writes. */
static void with_gdal(void **state)
{
    (void)state;
    if (system("command -v gdal_translate >/dev/null 2>&1") != 0) {
        test_skip("needs gdal_translate");
    }
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir(), command[2048];
    double *v = random_values(100 * 60, 5, 0, 200, 0.1);
    static const char *const options[] = {
        "",
        "-co COMPRESS=DEFLATE",
        "-co COMPRESS=ZSTD -co PREDICTOR=2 -co TILED=YES",
        "-co TILED=YES -co BLOCKXSIZE=32 -co BLOCKYSIZE=48 -co COMPRESS=DEFLATE -co PREDICTOR=2",
        "-co BIGTIFF=YES -co SPARSE_OK=TRUE",
        "-co COMPRESS=LZW",
        "-co ENDIANNESS=BIG"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        for (size_t t = 0; t < 6; t++) {
            gt_grid_spec s = spec_of(100, 60, TYPES[t]);
            s.tile = 32;
            s.packing = (gt_grid_packing)(i % 3);
            gt_grid *g = make_grid(ctx, test_path(dir, "a.tif"), &s, v);
            gt_grid_close(ctx, g);
            (void)snprintf(command, sizeof command, "gdal_translate -q %s '%s' '%s'", options[i],
                           test_path(dir, "a.tif"), test_path(dir, "b.tif"));
            assert_int_equal(system(command), 0);
            if (i < 5) {
                assert_ok(ctx, gt_grid_open(ctx, test_path(dir, "b.tif"), &g));
                double *got = read_all(ctx, g);
                for (size_t k = 0; k < 6000; k++) {
                    assert_true(same_value(got[k], v[k]));
                }
                assert_int_equal(gt_crs_epsg(gt_grid_crs(g)), 4548);
                assert_true(gt_grid_box(g).xmax == 501000);
                free(got);
                gt_grid_close(ctx, g);
            } else {
                assert_fails(ctx, gt_grid_open(ctx, test_path(dir, "b.tif"), &g), GT_E_INPUT,
                             "grid.foreign");
            }
        }
    }
    free(v);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- the walker ---- */

typedef struct summing {
    int halo;
} summing;

/* Sum of the window of 2 halo + 1 cells, nodata as 0. */
static gt_status box_sum(gt_ctx *ctx, void *user, const gt_block *b)
{
    (void)ctx;
    const summing *u = user;
    const float *in = b->in[0].cells;
    double *out = b->out[0].cells;
    for (int r = 0; r < b->n_rows; r++) {
        for (int c = 0; c < b->n_cols; c++) {
            double sum = 0;
            for (int y = -u->halo; y <= u->halo; y++) {
                for (int x = -u->halo; x <= u->halo; x++) {
                    float v = in[(r + y) * (ptrdiff_t)b->in[0].stride + c + x];
                    sum += isnan(v) ? 0 : (double)v;
                }
            }
            out[(size_t)r * b->out[0].stride + (size_t)c] = sum;
        }
    }
    return GT_OK;
}

static void walks_are_equal(void **state)
{
    (void)state;
    char *dir = test_dir();
    enum { W = 150, H = 110 };
    double *v = random_values((size_t)W * H, 6, 0, 90, 0.1), *want = NULL;
    const int tiles[] = {16, 64, 512};
    for (int k = 0; k < 12; k++) {
        gt_ctx_options o;
        gt_ctx_options_init(&o);
        o.threads = 1 + k % 3;
        o.memory_ceiling = k % 2 == 0 ? 0 : (size_t)900 << 10;
        gt_ctx *ctx = gt_ctx_new(&o);
        gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
        s.tile = tiles[k % 2];
        s.packing = (gt_grid_packing)(k % 3);
        gt_grid *a = make_grid(ctx, test_path(dir, "a.tif"), &s, v), *b = NULL;
        s.type = GT_CELL_F64;
        s.packing = GT_GRID_PLAIN;
        assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &b));
        summing u = {3};
        const gt_walk_input in = {a, GT_CELL_F32, 3};
        const gt_walk_output out = {b, GT_CELL_F64};
        gt_walk walk;
        gt_walk_init(&walk);
        walk.in = &in;
        walk.n_in = 1;
        walk.out = &out;
        walk.n_out = 1;
        walk.block_cols = k % 4 == 1 ? 37 : 0;
        walk.block_rows = k % 4 == 1 ? 29 : 0;
        assert_ok(ctx, gt_grid_walk(ctx, &walk, box_sum, &u));
        double *got = read_all(ctx, b);
        if (want == NULL) {
            want = got;
        } else {
            assert_memory_equal(got, want, (size_t)W * H * sizeof *got);
            free(got);
        }
        gt_grid_close(ctx, b);
        gt_grid_close(ctx, a);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    free(want);
    free(v);
    test_dir_remove(dir);
}

static void walk_refuses(void **state)
{
    (void)state;
    char *dir = test_dir();
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.memory_ceiling = (size_t)200 << 10;
    gt_ctx *ctx = gt_ctx_new(&o);
    double *v = random_values(200 * 200, 7, 0, 9, 0);
    gt_grid_spec s = spec_of(200, 200, GT_CELL_F32);
    s.tile = 16;
    gt_grid *a = make_grid(ctx, test_path(dir, "a.tif"), &s, v);
    gt_walk_input in = {a, GT_CELL_F32, 100};
    gt_walk walk;
    gt_walk_init(&walk);
    summing u = {0};
    assert_fails(ctx, gt_grid_walk(ctx, &walk, box_sum, &u), GT_E_USAGE, "grid.walk");
    walk.in = &in;
    walk.n_in = 1;
    assert_fails(ctx, gt_grid_walk(ctx, &walk, box_sum, &u), GT_E_MEMORY, "grid.ceiling");
    in.halo = 5000;
    assert_fails(ctx, gt_grid_walk(ctx, &walk, box_sum, &u), GT_E_USAGE, "grid.walk");
    in.halo = 0;
    in.type = GT_CELL_U8;
    assert_fails(ctx, gt_grid_walk(ctx, &walk, box_sum, &u), GT_E_USAGE, "grid.walk");
    in.type = GT_CELL_F32;
    const gt_walk_output out = {a, GT_CELL_F32};
    walk.out = &out;
    walk.n_out = 1;
    assert_fails(ctx, gt_grid_walk(ctx, &walk, box_sum, &u), GT_E_USAGE, "grid.walk");
    gt_grid_close(ctx, a);
    free(v);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(windows),
        cmocka_unit_test(unwritten_is_nodata),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(wrong_specs),
        cmocka_unit_test(alignment),
        cmocka_unit_test(damaged),
        cmocka_unit_test(with_gdal),
        cmocka_unit_test(walks_are_equal),
        cmocka_unit_test(walk_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
