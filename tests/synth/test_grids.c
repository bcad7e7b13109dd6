/* Grids for models: aligned, the same for a seed, marked, real ones left; bad recipes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"
#include "guotu/grid.h"
#include "guotu/model.h"

static gt_grid *open_made(fixture *f, const char *dir, const char *name)
{
    gt_grid *g = NULL;
    assert_ok(f->ctx, gt_grid_open(f->ctx, test_path(dir, name), &g));
    return g;
}

static void grids_of_the_recipe(void **state)
{
    static const char *const names[] = {"heights.tif", "depth.tif", "grade.tif"};
    static const double low[] = {-200, 2, 1}, high[] = {2000, 30, 5};
    fixture f;
    size_t made = 0, left = 0;
    char *dir = test_dir();
    (void)state;
    fixture_make(&f, 2);
    gt_synth *s = fixture_synth(&f);
    assert_ok(f.ctx, gt_synth_grids(f.ctx, s, dir, &made, &left));
    assert_int_equal(made, 3);
    assert_int_equal(left, 0);
    gt_grid *first = open_made(&f, dir, names[0]);
    const gt_grid_spec *facts = gt_grid_facts(first);
    assert_int_equal(facts->n_cols, 200); /* the package's 40 km at 200 m */
    assert_int_equal(facts->n_rows, 200);
    assert_near(facts->x_west, 490000, 0);
    assert_near(facts->y_north, 4430000, 0);
    for (size_t i = 0; i < 3; i++) {
        gt_grid *g = open_made(&f, dir, names[i]);
        double v[200];
        double least = 1e9, most = -1e9;
        assert_ok(f.ctx, gt_grid_check_aligned(f.ctx, first, g, true, NULL, NULL));
        assert_string_equal(gt_grid_item_value(g, GT_ORIGIN_ITEM), "generated");
        assert_string_equal(gt_grid_item_value(g, GT_SYNTH_ITEM), "1");
        for (int r = 0; r < 200; r++) {
            const gt_window row = {.row = r, .n_cols = 200, .n_rows = 1};
            assert_ok(f.ctx, gt_grid_read(f.ctx, g, &row, GT_CELL_F64, v, 200));
            for (int c = 0; c < 200; c++) {
                assert_true(!isnan(v[c]));
                assert_true(i < 2 || v[c] == floor(v[c]));
                least = fmin(least, v[c]);
                most = fmax(most, v[c]);
            }
        }
        assert_true(least >= low[i] && most <= high[i] && least < most);
        gt_grid_close(f.ctx, g);
    }
    assert_null(gt_grid_item_value(first, "no such item"));
    gt_grid_close(f.ctx, first);
    gt_synth_free(f.ctx, s);
    test_dir_remove(dir);
    fixture_free(&f);
}

/* Bytes of a file; freed by the caller. */
static char *bytes_of(const char *path, size_t *n)
{
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    *n = (size_t)ftell(in);
    rewind(in);
    char *bytes = malloc(*n);
    assert_int_equal(fread(bytes, 1, *n, in), *n);
    (void)fclose(in);
    return bytes;
}

static void same_at_any_thread_count(void **state)
{
    char *dirs[2] = {test_dir(), test_dir()};
    char *bytes[2];
    size_t n[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        fixture f;
        fixture_make(&f, 1 + 2 * i);
        gt_synth *s = fixture_synth(&f);
        assert_ok(f.ctx, gt_synth_grids(f.ctx, s, dirs[i], NULL, NULL));
        gt_synth_free(f.ctx, s);
        fixture_free(&f);
        bytes[i] = bytes_of(test_path(dirs[i], "depth.tif"), &n[i]);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    for (int i = 0; i < 2; i++) {
        free(bytes[i]);
        test_dir_remove(dirs[i]);
    }
}

/* A grid that somebody put there, and a file that is no grid at all, stay as they are. */
static void real_grids_are_left(void **state)
{
    fixture f;
    size_t made = 0, left = 0;
    char *dir = test_dir();
    (void)state;
    fixture_make(&f, 2);
    gt_grid_spec spec;
    gt_grid *real = NULL;
    gt_grid_spec_init(&spec);
    spec.n_cols = spec.n_rows = 4;
    spec.x_west = 490000;
    spec.y_north = 4430000;
    spec.cell_x = spec.cell_y = 10000;
    assert_ok(f.ctx, gt_grid_create(f.ctx, test_path(dir, "depth.tif"), &spec, &real));
    assert_ok(f.ctx, gt_grid_finish(f.ctx, real));
    gt_grid_close(f.ctx, real);
    FILE *other = fopen(test_path(dir, "grade.tif"), "w");
    assert_non_null(other);
    assert_true(fputs("not a grid", other) >= 0);
    (void)fclose(other);
    gt_synth *s = fixture_synth(&f);
    assert_ok(f.ctx, gt_synth_grids(f.ctx, s, dir, &made, &left));
    assert_int_equal(made, 1);
    assert_int_equal(left, 2);
    real = open_made(&f, dir, "depth.tif");
    assert_int_equal(gt_grid_facts(real)->n_cols, 4);
    gt_grid_close(f.ctx, real);
    /* what was generated is generated anew */
    assert_ok(f.ctx, gt_synth_grids(f.ctx, s, dir, &made, &left));
    assert_int_equal(made, 1);
    assert_int_equal(unlink(test_path(dir, "grade.tif")), 0);
    assert_ok(f.ctx, gt_synth_grids(f.ctx, s, dir, &made, &left));
    assert_int_equal(made, 2);
    assert_int_equal(gt_synth_grids(f.ctx, s, "/no/such/folder", &made, &left), GT_E_ENV);
    gt_synth_free(f.ctx, s);
    test_dir_remove(dir);
    fixture_free(&f);
}

/* Grids of the model chain carry the mark on; real ones do not get it. */
static void the_mark_is_passed_on(void **state)
{
    fixture f;
    char *dir = test_dir();
    const gt_model *m = NULL;
    (void)state;
    fixture_make(&f, 2);
    gt_synth *s = fixture_synth(&f);
    assert_ok(f.ctx, gt_synth_grids(f.ctx, s, dir, NULL, NULL));
    assert_ok(f.ctx, gt_model_find(f.ctx, "slope", &m));
    gt_model_call *call = NULL;
    assert_ok(f.ctx, gt_model_call_new(f.ctx, m, &call));
    assert_ok(f.ctx, gt_model_set_in(f.ctx, call, "dem", test_path(dir, "heights.tif")));
    assert_ok(f.ctx, gt_model_set_out(f.ctx, call, "slope", test_path(dir, "slope.tif")));
    assert_ok(f.ctx, gt_model_run(f.ctx, call));
    gt_model_call_free(call);
    gt_grid *slope = open_made(&f, dir, "slope.tif");
    assert_string_equal(gt_grid_item_value(slope, GT_ORIGIN_ITEM), "generated");
    assert_null(gt_grid_item_value(slope, GT_SYNTH_ITEM));
    gt_grid_close(f.ctx, slope);
    gt_synth_free(f.ctx, s);
    test_dir_remove(dir);
    fixture_free(&f);
}

/* Where the file had no heights the grid has none either, but within the territory it keeps what
 * was filled in: drawn out over the margin they would be stripes. */
static void heights_are_not_drawn_out(void **state)
{
    static unsigned char known[RELIEF_COLS * RELIEF_ROWS]; /* none at all */
    fixture f;
    char *dir = test_dir();
    (void)state;
    for (int all = 0; all < 2; all++) {
        fixture_make(&f, 2);
        memset(known, all, sizeof known);
        f.data.relief.known = known;
        gt_synth *s = fixture_synth(&f);
        assert_ok(f.ctx, gt_synth_grids(f.ctx, s, dir, NULL, NULL));
        gt_grid *g = open_made(&f, dir, "heights.tif");
        double v[200];
        int holes = 0;
        for (int r = 0; r < 200; r++) {
            const gt_window row = {.row = r, .n_cols = 200, .n_rows = 1};
            assert_ok(f.ctx, gt_grid_read(f.ctx, g, &row, GT_CELL_F64, v, 200));
            for (int c = 0; c < 200; c++) {
                holes += isnan(v[c]);
            }
        }
        assert_true(all ? holes == 0 : holes > 0 && holes < 200 * 200);
        gt_grid_close(f.ctx, g);
        gt_synth_free(f.ctx, s);
        fixture_free(&f);
    }
    test_dir_remove(dir);
}

static void refused(const char *grid, const char *id)
{
    fixture f;
    char *dir = test_dir();
    gt_synth *s = NULL;
    fixture_make(&f, 2);
    FILE *in = fopen(GT_SOURCE_DIR "/tests/synth/package/synth.yaml", "r");
    FILE *out = fopen(test_path(dir, "synth.yaml"), "w");
    char line[4096];
    assert_true(in != NULL && out != NULL);
    while (fgets(line, sizeof line, in) != NULL) {
        assert_true(fputs(line, out) >= 0);
        if (strcmp(line, "grids:\n") == 0) {
            assert_true(fprintf(out, "  - %s\n", grid) > 0);
        }
    }
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
    f.options.recipe = test_path(dir, "synth.yaml");
    assert_fails(f.ctx, gt_synth_new(f.ctx, f.package, &f.data, &f.options, &s), GT_E_INPUT, id);
    test_dir_remove(dir);
    fixture_free(&f);
}

static void bad_grids_are_refused(void **state)
{
    (void)state;
    refused("{grid: a, zh: 甲, en: A}", "synth.recipe");
    refused("{grid: a, zh: 甲, en: A, value: \"3*white()\"}", "synth.recipe");
    refused("{grid: a, zh: 甲, en: A, relief: true, value: \"3*white()\"}", "synth.recipe");
    refused("{grid: a, zh: 甲, en: A, least: 5, most: 2, value: \"1\"}", "synth.recipe");
    refused("{grid: a, zh: 甲, en: A, least: 0, most: 300, whole: true, value: \"1\"}",
            "synth.recipe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grids_of_the_recipe),   cmocka_unit_test(same_at_any_thread_count),
        cmocka_unit_test(real_grids_are_left),   cmocka_unit_test(the_mark_is_passed_on),
        cmocka_unit_test(bad_grids_are_refused), cmocka_unit_test(heights_are_not_drawn_out),
    };
    return cmocka_run_group_tests_name("synth.grids", tests, NULL, NULL);
}
