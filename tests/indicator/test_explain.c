/* Contributions sum to the movement, to the last digit, on random edits; districts sum to the city;
 * values as of a revision do not move. The town is a grid of parcels across two districts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/indicator.h"
#include "support/support.h"

#define X0 500000.0
#define Y0 4430000.0
enum { GRID = 6, ROUNDS = 8 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    test_rng rng;
} town;

static gt_value text(const char *s)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = s, .len = strlen(s)};
}

static void put_box(town *t, gt_commit *c, const char *layer, const char *id, const double box[4],
                    const gt_value *values, size_t n)
{
    const double xy[5][2] = {{box[0], box[1]},
                             {box[0] + box[2], box[1]},
                             {box[0] + box[2], box[1] + box[3]},
                             {box[0], box[1] + box[3]},
                             {box[0], box[1]}};
    gt_geom g;
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_MULTIPOLYGON);
    for (int i = 0; i < 5; i++) {
        assert_ok(t->ctx, gt_geom_add_point(t->ctx, &g, X0 + xy[i][0], Y0 + xy[i][1]));
    }
    assert_ok(t->ctx, gt_geom_end_ring(t->ctx, &g));
    assert_ok(t->ctx, gt_geom_end_part(t->ctx, &g));
    assert_ok(t->ctx, gt_geom_to_gpkg(t->ctx, &g, 4548, &blob, &cap, &len));
    const gt_feature f = {.id = id,
                          .valid_from = gt_date_from_ymd(2020, 12, 31),
                          .valid_to = GT_DATE_NONE,
                          .blob = blob,
                          .blob_len = len,
                          .box = gt_geom_box(&g),
                          .values = values,
                          .n_values = n};
    assert_ok(t->ctx, gt_commit_put(t->ctx, c, layer, &f, (double)NAN));
    gt_free(t->ctx, blob);
    gt_geom_free(t->ctx, &g);
}

static void put_district(town *t, gt_commit *c, const char *name, double x, double w)
{
    const gt_value value = text(name);
    put_box(t, c, "districts", name, (const double[]){x, 0, w, 3000}, &value, 1);
}

/* A parcel somewhere in its grid square, of a class by chance. */
static void put_parcel(town *t, gt_commit *c, int i)
{
    char id[16];
    double s = 3000.0 / GRID, dx = 100 * test_rng_real(&t->rng), dy = 100 * test_rng_real(&t->rng);
    (void)snprintf(id, sizeof id, "p%d", i);
    const gt_value values[] = {text(id), text(test_rng_next(&t->rng) % 2 == 0 ? "0103" : "0701")};
    put_box(t, c, "land_use", id,
            (const double[]){i % GRID * s + dx, i / GRID * s + dy, s - dx, s - dy}, values, 2);
}

static gt_commit *begin(town *t)
{
    const gt_commit_info info = {.author = "test", .message = "edit", .expect_revision = -1};
    gt_commit *c = NULL;
    assert_ok(t->ctx, gt_commit_begin(t->ctx, t->store, &info, &c));
    return c;
}

static int64_t finish(town *t, gt_commit *c)
{
    int64_t revision = 0;
    assert_ok(t->ctx, gt_commit_finish(t->ctx, c, &revision));
    return revision;
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    gt_notes *notes = NULL;
    gt_store_options o;
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_rng_seed(&t->rng, 11);
    assert_ok(t->ctx, gt_notes_new(t->ctx, 0, &notes));
    assert_ok(t->ctx, gt_package_read(t->ctx, GT_SOURCE_DIR "/tests/indicator/package", notes,
                                      &t->package));
    gt_notes_free(notes);
    gt_store_options_init(&o);
    o.crs = gt_package_crs(t->package);
    o.title = gt_package_title(t->package);
    assert_ok(t->ctx, gt_store_create(t->ctx, test_path(t->dir, "w"), &o, &t->store));
    gt_commit *c = begin(t);
    for (size_t i = 0; i < gt_package_n_layers(t->package); i++) {
        assert_ok(t->ctx, gt_commit_define_layer(t->ctx, c, gt_package_layer(t->package, i),
                                                 GT_ORIGIN_SURVEY));
    }
    put_district(t, c, "west", 0, 1030.123);
    put_district(t, c, "east", 1030.123, 1969.877);
    for (int i = 0; i < GRID * GRID; i++) {
        put_parcel(t, c, i);
    }
    assert_ok(t->ctx, gt_commit_setting_set(t->ctx, c, "series/gdp",
                                            "0\neast\t2024\t4\neast\t2025\t6.5\n"
                                            "west\t2024\t1\nwest\t2025\t2\n"));
    (void)finish(t, c);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    town *t = *state;
    gt_store_close(t->store);
    gt_package_free(t->package);
    assert_int_equal(gt_ctx_memory_used(t->ctx), 0);
    gt_ctx_free(t->ctx);
    test_dir_remove(t->dir);
    free(t);
    return 0;
}

/* Random parcels move, change class, or go. */
static int64_t edit(town *t)
{
    gt_commit *c = begin(t);
    int n = 1 + (int)(test_rng_next(&t->rng) % 6);
    int at = (int)(test_rng_next(&t->rng) % (GRID * GRID));
    for (int k = 0; k < n; k++) {
        put_parcel(t, c, (at + 5 * k) % (GRID * GRID));
    }
    return finish(t, c);
}

static gt_explanation *explain(town *t, const char *id, const char *unit, gt_state a, gt_state b)
{
    gt_explanation *e = NULL;
    assert_ok(t->ctx, gt_indicator_explain(t->ctx, t->store, t->package, id, unit, &a, &b, &e));
    return e;
}

static int64_t moved(town *t, const char *id, const char *unit, gt_state a, gt_state b)
{
    gt_explanation *e = explain(t, id, unit, a, b);
    int64_t sum = 0;
    assert_true(e->known_before && e->known_after);
    for (size_t i = 0; i < e->n; i++) {
        assert_true(e->list[i].quanta != 0);
        assert_true(i == 0 || llabs(e->list[i - 1].quanta) >= llabs(e->list[i].quanta));
        sum += e->list[i].quanta;
    }
    assert_true(sum == e->after - e->before);
    gt_explanation_free(t->ctx, e);
    return sum;
}

static void random_edits_sum_exactly(void **state)
{
    town *t = *state;
    static const char *const ids[] = {"farmland", "built-share", "output"};
    int64_t first = gt_store_revision(t->store), last = first;
    bool any = false;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t now = edit(t);
        const gt_state a = {.rev = last, .date = GT_DATE_NONE, .year = 2024};
        const gt_state b = {.rev = now, .date = GT_DATE_NONE, .year = 2025};
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
            any = moved(t, ids[i], NULL, a, b) != 0 || any;
            (void)moved(t, ids[i], "west", a, b);
            (void)moved(t, ids[i], "east", a, b);
        }
        int64_t west = moved(t, "farmland", "west", a, b),
                east = moved(t, "farmland", "east", a, b);
        /* parcels drawn in squares of their own may reach over a district's outer edge */
        assert_true(llabs(west + east - moved(t, "farmland", "", a, b)) == 0);
        last = now;
    }
    assert_true(any);
    const gt_state a = {.rev = first, .date = GT_DATE_NONE, .year = 2025};
    const gt_state b = {.rev = 0, .date = GT_DATE_NONE, .year = 2025};
    int64_t there = moved(t, "farmland", NULL, a, b), back = moved(t, "farmland", NULL, b, a);
    assert_true(there == -back);
}

static void nothing_moves_nothing(void **state)
{
    town *t = *state;
    const gt_state a = {.rev = 0, .date = GT_DATE_NONE, .year = 2025};
    gt_explanation *e = explain(t, "farmland", NULL, a, a);
    assert_int_equal(e->n, 0);
    assert_true(e->before == e->after);
    gt_explanation_free(t->ctx, e);
}

static void a_parcel_of_known_size(void **state)
{
    town *t = *state;
    int64_t before = gt_store_revision(t->store);
    gt_commit *c = begin(t);
    const gt_value built[] = {text("new"), text("0701")}, farm[] = {text("new"), text("0103")};
    put_box(t, c, "land_use", "new", (const double[]){5000, 5000, 100, 100}, built, 2);
    int64_t middle = finish(t, c);
    c = begin(t);
    put_box(t, c, "land_use", "new", (const double[]){5000, 5000, 100, 100}, farm, 2);
    int64_t after = finish(t, c);
    const gt_state a = {.rev = before, .date = GT_DATE_NONE, .year = 2025};
    const gt_state m = {.rev = middle, .date = GT_DATE_NONE, .year = 2025};
    const gt_state b = {.rev = after, .date = GT_DATE_NONE, .year = 2025};
    assert_true(moved(t, "farmland", NULL, a, m) == 0);
    gt_explanation *e = explain(t, "farmland", NULL, a, b);
    assert_int_equal(e->n, 1);
    assert_string_equal(e->list[0].where, "land_use:new");
    assert_string_equal(e->list[0].after, "0103");
    assert_string_equal(e->list[0].before, "");
    assert_int_equal(e->list[0].revision, after);
    /* near the central meridian's far side, a hundred metres square are 10 000 m2 within 2 permille
     */
    assert_near((double)e->list[0].quanta / 1e6, 1e4, 20);
    gt_explanation_free(t->ctx, e);
}

static void series_take_their_part(void **state)
{
    town *t = *state;
    const gt_state a = {.rev = 0, .date = GT_DATE_NONE, .year = 2024};
    const gt_state b = {.rev = 0, .date = GT_DATE_NONE, .year = 2025};
    gt_explanation *e = explain(t, "output", NULL, a, b);
    assert_int_equal(e->n, 1);
    assert_string_equal(e->list[0].series, "gdp");
    assert_string_equal(e->list[0].before, "5 yi_yuan");
    assert_string_equal(e->list[0].after, "8.5 yi_yuan");
    gt_explanation_free(t->ctx, e);
    const gt_state early = {.rev = 0, .date = GT_DATE_NONE, .year = 2019};
    e = explain(t, "output", NULL, early, b);
    assert_false(e->known_before);
    assert_int_equal(e->n, 0);
    gt_explanation_free(t->ctx, e);
}

static void what_is_not_there(void **state)
{
    town *t = *state;
    gt_explanation *e = NULL;
    gt_state a = {.rev = 1, .date = GT_DATE_NONE, .year = 2025}, b = a;
    assert_fails(t->ctx,
                 gt_indicator_explain(t->ctx, t->store, t->package, "castle", NULL, &a, &b, &e),
                 GT_E_NOT_FOUND, "indicator.unknown");
    b.rev = 9999;
    assert_fails(t->ctx,
                 gt_indicator_explain(t->ctx, t->store, t->package, "farmland", NULL, &a, &b, &e),
                 GT_E_NOT_FOUND, NULL);
    assert_null(e);
}

/* Districts and city of one run: whole square millimetres that add up. */
static void districts_add_up(void **state)
{
    town *t = *state;
    gt_indicators_options o;
    gt_indicator_table *table = NULL;
    gt_indicators_options_init(&o);
    o.year = 2025;
    o.level = GT_LEVEL_DISTRICT;
    o.only = "farmland";
    assert_ok(t->ctx, gt_indicators_run(t->ctx, t->store, t->package, &o, &table));
    double city = NAN, sum = 0;
    for (size_t i = 0; i < gt_indicator_table_n_rows(table); i++) {
        const gt_indicator_row *row = gt_indicator_table_row(table, i);
        assert_true(row->known);
        city = row->level == GT_LEVEL_CITY ? row->value : city;
        sum += row->level == GT_LEVEL_DISTRICT ? row->value : 0;
    }
    /* what lies outside every district belongs to the city alone: the parcel of 1 ha */
    assert_near(city - sum, 1e4, 20);
    gt_indicator_table_free(table);
    o.only = "castle";
    assert_fails(t->ctx, gt_indicators_run(t->ctx, t->store, t->package, &o, &table),
                 GT_E_NOT_FOUND, "indicator.unknown");
}

static void memory_may_run_out(void **state)
{
    town *t = *state;
    for (long n = 0; n < 60; n++) {
        long left = n * 7;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_explanation *e = NULL;
        gt_store *store = NULL;
        gt_store_options so;
        gt_store_options_init(&so);
        so.read_only = true;
        gt_status st = gt_store_open(ctx, test_path(t->dir, "w"), &so, &store);
        const gt_state a = {.rev = 1, .date = GT_DATE_NONE, .year = 2024};
        const gt_state b = {.rev = 3, .date = GT_DATE_NONE, .year = 2025};
        if (st == GT_OK) {
            st = gt_indicator_explain(ctx, store, t->package, "output", NULL, &a, &b, &e);
        }
        assert_true(st == GT_OK || left < 0);
        gt_explanation_free(ctx, e);
        gt_store_close(store);
        gt_error_clear(ctx);
        gt_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_edits_sum_exactly), cmocka_unit_test(nothing_moves_nothing),
        cmocka_unit_test(a_parcel_of_known_size),   cmocka_unit_test(series_take_their_part),
        cmocka_unit_test(what_is_not_there),        cmocka_unit_test(districts_add_up),
        cmocka_unit_test(memory_may_run_out)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
