/* Grids in area tables: cells cut by borders counted exactly, nodata, what cannot be counted. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/coverage.h"
#include "guotu/grid.h"
#include "support/store.h"

enum { SIDE = 12, CELL = 100 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
} town;

static void put_grid(town *t, const char *name, const char *crs, gt_cell type, const double *v)
{
    char path[512];
    gt_grid_spec s;
    gt_grid *g = NULL;
    const gt_window all = {0, 0, SIDE, SIDE};
    const gt_grid_item item = {GT_ORIGIN_ITEM, GT_ORIGIN_GENERATED_TEXT};
    gt_grid_spec_init(&s);
    s.n_cols = s.n_rows = SIDE;
    s.x_west = TEST_X0 - CELL;
    s.y_north = TEST_Y0 + 1100;
    s.cell_x = s.cell_y = CELL;
    s.crs = crs;
    s.type = type;
    s.items = &item;
    s.n_items = 1;
    (void)snprintf(path, sizeof path, "%s/%s.tif", gt_store_grid_dir(t->store), name);
    assert_ok(t->ctx, gt_grid_create(t->ctx, path, &s, &g));
    assert_ok(t->ctx, gt_grid_write(t->ctx, g, &all, GT_CELL_F64, v, SIDE));
    assert_ok(t->ctx, gt_grid_finish(t->ctx, g));
    gt_grid_close(t->ctx, g);
}

/* A square kilometre in two triangles, and cells of 100 m that reach 100 m beyond it: class 1 in
 * the west, 2 in the east, one cell without value that the diagonal halves. */
static int setup(void **state)
{
    static const double west[3][2] = {{0, 0}, {1000, 0}, {0, 1000}};
    static const double east[3][2] = {{1000, 0}, {1000, 1000}, {0, 1000}};
    static town kept;
    town *t = &kept;
    double v[SIDE * SIDE];
    const gt_date day = gt_date_from_ymd(2020, 12, 31);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_store_open(t->ctx, t->dir, "tests/check/package", &t->package, &t->store);
    gt_commit *c = test_begin(t->ctx, t->store);
    test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
    test_put(t->ctx, c, "districts", "w", west, 3, test_text("西区"), day);
    test_put(t->ctx, c, "districts", "e", east, 3, test_text("东区"), day);
    (void)test_finish(t->ctx, c);
    for (int i = 0; i < SIDE * SIDE; i++) {
        v[i] = i % SIDE < SIDE / 2 ? 1 : 2;
    }
    v[5 * SIDE + 5] = NAN;
    put_grid(t, "zones", "EPSG:4548", GT_CELL_U8, v);
    put_grid(t, "elsewhere", "EPSG:4547", GT_CELL_U8, v);
    v[0] = 0.5;
    put_grid(t, "heights", "EPSG:4548", GT_CELL_F32, v);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    town *t = *state;
    test_store_shut(t->ctx, t->dir, t->package, t->store);
    return 0;
}

static double area_of(const gt_area_table *table, const char *first, const char *second)
{
    double m2 = 0;
    for (size_t r = 0; r < gt_area_table_n_rows(table); r++) {
        bool same = strcmp(gt_area_table_text(table, r, 0), first) == 0 &&
                    (second == NULL || strcmp(gt_area_table_text(table, r, 1), second) == 0);
        m2 += same ? gt_area_table_m2(table, r) : 0;
    }
    return m2;
}

/* At the central meridian the ellipsoid and the plane agree to 1e-8. */
static void cut_cells_are_counted(void **state)
{
    static const struct {
        const char *district, *class;
        double m2;
    } want[] = {{"西区", "1", 370000}, {"西区", "2", 125000}, {"西区", "", 5000},
                {"东区", "1", 120000}, {"东区", "2", 375000}, {"东区", "", 5000},
                {"", "1", 220000},     {"", "2", 220000}};
    const town *t = *state;
    gt_area_table *both = NULL, *alone = NULL;
    gt_areas_options o;
    gt_areas_options_init(&o);
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "district,grid.zones", &o, &both));
    assert_int_equal(gt_area_table_n_rows(both), 8);
    for (size_t i = 0; i < 8; i++) {
        double have = area_of(both, want[i].district, want[i].class);
        if (fabs(have - want[i].m2) > 0.02) {
            fail_msg("%s %s: %.4f", want[i].district, want[i].class, have);
        }
    }
    o.afresh = true;
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "district", &o, &alone));
    assert_near(area_of(both, "西区", NULL), area_of(alone, "西区", NULL), 1e-3);
    assert_near(area_of(both, "东区", NULL), area_of(alone, "东区", NULL), 1e-3);
    assert_near(gt_area_table_total(both),
                area_of(both, "西区", NULL) + area_of(both, "东区", NULL) + area_of(both, "", NULL),
                1e-6);
    assert_string_equal(gt_area_table_column(both, 1)->grid, "zones");
    assert_true(gt_area_table_column(both, 1)->generated);
    assert_null(gt_area_table_column(both, 0)->grid);
    gt_area_table_free(both);
    gt_area_table_free(alone);
}

/* The stored account of the whole map does not enter. */
static void the_stored_weave_stays_out(void **state)
{
    const town *t = *state;
    gt_area_table *a = NULL, *b = NULL;
    gt_areas_options o;
    gt_areas_options_init(&o);
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "grid.zones,district", &o, &a));
    o.whole = true;
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "grid.zones,district", &o, &b));
    assert_int_equal(gt_area_table_n_rows(a), gt_area_table_n_rows(b));
    for (size_t r = 0; r < gt_area_table_n_rows(a); r++) {
        assert_true(gt_area_table_m2(a, r) == gt_area_table_m2(b, r));
    }
    gt_area_table_free(a);
    gt_area_table_free(b);
    assert_ok(t->ctx, gt_areas(t->ctx, t->store, t->package, "grid.zones", NULL, &a));
    assert_int_equal(gt_area_table_n_rows(a), 2);
    assert_near(area_of(a, "1", NULL), 710000, 0.05);
    gt_area_table_free(a);
}

static void what_cannot_be_counted(void **state)
{
    const town *t = *state;
    static const struct {
        const char *by, *message;
        gt_status status;
    } bad[] = {{"district,grid.none", "coverage.no-grid", GT_E_NOT_FOUND},
               {"grid../zones", "coverage.no-grid", GT_E_NOT_FOUND},
               {"district,grid.", "coverage.unknown-word", GT_E_USAGE},
               {"grid", "coverage.unknown-word", GT_E_USAGE},
               {"grid.elsewhere", "coverage.grid-crs", GT_E_INPUT},
               {"district,grid.heights", "grid.not-integer", GT_E_INPUT}};
    gt_area_table *table = NULL;
    gt_areas_options o;
    gt_areas_options_init(&o);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(t->ctx, gt_areas(t->ctx, t->store, t->package, bad[i].by, &o, &table),
                     bad[i].status, bad[i].message);
        assert_null(table);
    }
    o.as_of = gt_date_from_ymd(2021, 1, 1);
    assert_fails(t->ctx, gt_areas(t->ctx, t->store, t->package, "grid.zones", &o, &table),
                 GT_E_NOT_FOUND, "coverage.grid-then");
    gt_areas_options_init(&o);
    o.as_of_rev = 1;
    assert_fails(t->ctx, gt_areas(t->ctx, t->store, t->package, "grid.zones", &o, &table),
                 GT_E_NOT_FOUND, "coverage.grid-then");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cut_cells_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(the_stored_weave_stays_out, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
