/* The table of changes: its text, and what it does to a small map. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/date.h"
#include "support/store.h"
#include "synth/years.h"

#define HEAD "date,layer,act,where,over,over_where,km2,set,why\n"

static void parse(const char *text, size_t want, const char *column)
{
    gt_ctx *ctx = test_ctx();
    gt_arena *arena = NULL;
    sy_year_row *rows = NULL;
    size_t n = 0;
    char *copy = strdup(text);
    assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
    gt_status st = sy_years_parse(ctx, arena, "t.csv", copy, &rows, &n);
    if (column == NULL) {
        assert_ok(ctx, st);
        assert_int_equal(n, want);
    } else {
        gt_text said;
        gt_text_init(&said, ctx, 0);
        gt_error_render(ctx, GT_LANG_EN, &said);
        assert_non_null(strstr(gt_text_cstr(&said), column));
        gt_text_free(&said);
        assert_fails(ctx, st, GT_E_INPUT, "synth.years-cell");
    }
    gt_arena_free(arena);
    free(copy);
    gt_ctx_free(ctx);
}

static void quoted_cells(void **state);

static void texts_are_read_or_refused(void **state)
{
    (void)state;
    quoted_cells(state);
    parse(HEAD, 0, NULL);
    parse("", 0, NULL);
    parse(HEAD "2021-12-31,a,end,,,,,,gone\n", 1, NULL);
    parse(HEAD "2021-12-31,a,end,,,,,,gone", 1, NULL);           /* no end of line */
    parse(HEAD "\r\n2021-12-31,a,back,,,,2,,back\r\n", 1, NULL); /* CRLF, a blank line */
    parse(HEAD "2021-13-31,a,end,,,,,,gone\n", 0, "date");
    parse(HEAD "2021-12-31,a,drop,,,,,,gone\n", 0, "act");
    parse(HEAD "2021-12-31,a,end,,,,-3,,gone\n", 0, "km2");
    parse(HEAD "2021-12-31,a,end,,,,0,,gone\n", 0, "km2");
    parse(HEAD "2021-12-31,a,end,,,,many,,gone\n", 0, "km2");
    parse(HEAD "2021-12-31,a,end,,,,,x=1,gone\n", 0, "set");
    parse(HEAD "2021-12-31,a,set,,,,,,why\n", 0, "set");
    parse(HEAD "2021-12-31,a,end,,,,,,\n", 0, "why");
    parse(HEAD "2021-12-31,a,end,,,,,gone\n", 0, "why");       /* a column short */
    parse(HEAD "2021-12-31,a,end,,,,,,gone,more\n", 0, "why"); /* one too many */
}

static void quoted_cells(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_arena *arena = NULL;
    sy_year_row *rows = NULL;
    size_t n = 0;
    char text[] = HEAD "2022-12-31,land,set,\"a IN ('x', 'y') AND b = \"\"q\"\"\",f,part = 1,2.5,"
                       "kind=built,\"why,\nso\"\n2023-01-01,land,end,,,,,,gone\n";
    assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
    assert_ok(ctx, sy_years_parse(ctx, arena, "t.csv", text, &rows, &n));
    assert_int_equal(n, 2);
    assert_string_equal(rows[0].where, "a IN ('x', 'y') AND b = \"q\"");
    assert_string_equal(rows[0].set_field, "kind");
    assert_string_equal(rows[0].set_to, "built");
    assert_string_equal(rows[0].why, "why,\nso");
    assert_near(rows[0].km2, 2.5, 0);
    assert_int_equal(rows[1].line, 4);
    assert_true(isinf(rows[1].km2) && rows[1].act == SY_ACT_END);
    gt_arena_free(arena);
    gt_ctx_free(ctx);
}

/* ---- played into a map ------------------------------------------------------------------------
 */

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
} town;

/* Ten lots of 1 km2 in a row: 0 .. 9, the even ones `farm`, the odd ones `built`. */
static void town_open(town *t)
{
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_store_open(t->ctx, t->dir, "tests/indicator/package", &t->package, &t->store);
    gt_commit *c = test_begin(t->ctx, t->store);
    test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
    const gt_standard *s = gt_package_find_layer(t->package, "land_use");
    int code = gt_standard_field(s, "code"), dlbm = gt_standard_field(s, "dlbm");
    for (int i = 0; i < 10; i++) {
        gt_value values[8] = {0};
        gt_geom g;
        char id[16];
        (void)snprintf(id, sizeof id, "P%d", i);
        gt_geom_init(&g);
        gt_geom_reset(&g, GT_MULTIPOLYGON);
        for (int k = 0; k <= 4; k++) {
            int at = k % 4;
            assert_ok(t->ctx, gt_geom_add_point(t->ctx, &g,
                                                TEST_X0 + 1000 * (i + (at == 1 || at == 2 ? 1 : 0)),
                                                TEST_Y0 + (at >= 2 ? 1000 : 0)));
        }
        assert_ok(t->ctx, gt_geom_end_ring(t->ctx, &g));
        assert_ok(t->ctx, gt_geom_end_part(t->ctx, &g));
        values[code] = (gt_value){.kind = GT_VAL_TEXT, .text = id, .len = strlen(id)};
        const char *class = i % 2 == 0 ? "0103" : "0701";
        values[dlbm] = (gt_value){.kind = GT_VAL_TEXT, .text = class, .len = 4};
        test_put_geom(t->ctx, c, "land_use", id, &g, values, s->n_fields,
                      gt_date_from_ymd(2020, 12, 31));
        gt_geom_free(t->ctx, &g);
    }
    (void)test_finish(t->ctx, c);
}

static gt_status play(town *t, const char *rows, size_t *n, size_t *n_rows)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "%s%s", HEAD, rows);
    test_write_file(test_path(t->dir, "c.csv"), text, strlen(text));
    return gt_synth_years(t->ctx, t->store, t->package, test_path(t->dir, "c.csv"), "test", n,
                          n_rows);
}

static int count(town *t, const char *class, int year)
{
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = true;
    int n = 0;
    int dlbm = gt_standard_field(gt_package_find_layer(t->package, "land_use"), "dlbm");
    gt_query_init(&q, "land_use");
    q.as_of_date = gt_date_from_ymd(year, 12, 31);
    assert_ok(t->ctx, gt_scan_open(t->ctx, t->store, &q, &scan));
    for (;;) {
        assert_ok(t->ctx, gt_scan_next(t->ctx, scan, &f, &more));
        if (!more) {
            break;
        }
        n += class == NULL || strcmp(f.values[dlbm].text, class) == 0;
    }
    gt_scan_close(scan);
    return n;
}

static void changes_are_dated_and_measured(void **state)
{
    (void)state;
    town t;
    size_t n = 0, n_rows = 0;
    town_open(&t);
    assert_ok(t.ctx, play(&t,
                          "2021-12-31,land_use,set,dlbm = '0701',,,2,dlbm=0103,two come back\n"
                          "2022-12-31,land_use,end,dlbm = '0103',,,3,,three end\n"
                          "2023-12-31,land_use,back,,,,1,,one returns\n"
                          "2024-12-31,land_use,set,dlbm = '9999',,,,dlbm=0103,none is so\n",
                          &n, &n_rows));
    assert_int_equal(n_rows, 4);
    assert_int_equal(n, 3); /* what matches nothing makes no revision */
    assert_int_equal(count(&t, "0701", 2020), 5);
    assert_int_equal(count(&t, "0701", 2021), 3);
    assert_int_equal(count(&t, "0103", 2021), 7);
    assert_int_equal(count(&t, "0103", 2022), 4);
    assert_int_equal(count(&t, NULL, 2023), 8);
    assert_int_equal(count(&t, NULL, 2020), 10); /* what was stays */
    assert_ok(t.ctx, gt_store_verify(t.ctx, t.store));
    test_store_shut(t.ctx, t.dir, t.package, t.store);
}

static void a_lot_larger_than_asked_is_taken(void **state)
{
    (void)state;
    town t;
    size_t n = 0, n_rows = 0;
    town_open(&t);
    assert_ok(t.ctx, play(&t, "2021-12-31,land_use,end,,,,0.1,,one\n", &n, &n_rows));
    assert_int_equal(count(&t, NULL, 2021), 9);
    /* only on parcels of another layer: here of its own, by number */
    assert_ok(t.ctx,
              play(&t, "2022-12-31,land_use,end,dlbm = '0103',land_use,code = 'P4',,,that one\n",
                   &n, &n_rows));
    assert_int_equal(n, count(&t, NULL, 2021) == count(&t, NULL, 2022) ? 0 : 1);
    test_store_shut(t.ctx, t.dir, t.package, t.store);
}

static void faults_name_their_line(void **state)
{
    (void)state;
    town t;
    size_t n = 0, n_rows = 0;
    town_open(&t);
    assert_fails(t.ctx, play(&t, "2021-12-31,landuse,end,,,,,,x\n", &n, &n_rows), GT_E_NOT_FOUND,
                 NULL);
    assert_fails(t.ctx, play(&t, "2021-12-31,land_use,end,colour = 1,,,,,x\n", &n, &n_rows),
                 GT_E_INPUT, NULL);
    assert_fails(t.ctx, play(&t, "2021-12-31,land_use,set,,,,,colour=1,x\n", &n, &n_rows),
                 GT_E_INPUT, "synth.years-cell");
    assert_fails(t.ctx, play(&t, "2021-12-31,land_use,end,,lands,,,,x\n", &n, &n_rows),
                 GT_E_NOT_FOUND, NULL);
    assert_int_equal(count(&t, NULL, 2025), 10);
    assert_ok(t.ctx, gt_synth_years(t.ctx, t.store, t.package, test_path(t.dir, "none.csv"), "test",
                                    &n, &n_rows));
    assert_int_equal(n_rows, 0);
    test_store_shut(t.ctx, t.dir, t.package, t.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_or_refused),
        cmocka_unit_test(changes_are_dated_and_measured),
        cmocka_unit_test(a_lot_larger_than_asked_is_taken),
        cmocka_unit_test(faults_name_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
