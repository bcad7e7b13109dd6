/* Edits of other programs on the tables: noticed, adopted, discarded. */
#include "store/world.h"

static const gt_date D2019 = 17896, D2020 = 18262;

static gt_store *start(gt_ctx *ctx, const char *dir)
{
    gt_store *store = world_new(ctx, dir);
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    for (int i = 0; i < 6; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "p%d", i);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_box(20 * i, 0, 10), i, D2019));
    }
    assert_int_equal(world_finish(ctx, c), 1);
    return store;
}

/* p1 gets another number, p2 another shape, p3 goes, p4 another id, a row without id comes. */
static void edit(const char *dir)
{
    assert_int_equal(
        world_sql(dir, "UPDATE parcels SET n = 77 WHERE gt_id = 'p1';"
                       "UPDATE parcels SET geom = (SELECT geom FROM parcels WHERE gt_id = 'p5')"
                       " WHERE gt_id = 'p2';"
                       "UPDATE parcels SET n = 78 WHERE gt_id = 'p2';"
                       "DELETE FROM parcels WHERE gt_id = 'p3';"
                       "UPDATE parcels SET gt_id = 'q4' WHERE gt_id = 'p4';"
                       "INSERT INTO parcels(geom, n) SELECT geom, 99 FROM parcels WHERE gt_id ="
                       " 'p0';"
                       "INSERT INTO parcels(geom, n) SELECT geom, 100 FROM parcels WHERE gt_id ="
                       " 'p0'; DELETE FROM parcels WHERE n = 100"),
        SQLITE_OK);
}

static const char *ids(const char *dir)
{
    return world_ask(dir, "SELECT group_concat(coalesce(gt_id, '-') || ':' || n, ' ') FROM"
                          " (SELECT * FROM parcels ORDER BY gt_id)");
}

static void edits_show_and_close_the_layer(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    int64_t n = 7;
    assert_ok(ctx, gt_store_outside_edits(ctx, store, "parcels", &n));
    assert_int_equal(n, 0);
    assert_fails(ctx, gt_store_outside_edits(ctx, store, "roads", &n), GT_E_NOT_FOUND,
                 "store.no-layer");
    edit(dir);
    assert_ok(ctx, gt_store_outside_edits(ctx, store, "parcels", &n));
    assert_int_equal(n, 6);
    gt_status st = gt_store_verify(ctx, store);
    assert_string_equal(gt_error_place(ctx)->layer, "parcels");
    assert_string_equal(gt_error_place(ctx)->feature, "p1");
    assert_fails(ctx, st, GT_E_INPUT, "store.outside-edit");
    gt_commit *c = world_begin(ctx, store);
    assert_fails(ctx, world_put_box(ctx, c, "parcels", "x", world_box(0, 0, 1), 1, D2020),
                 GT_E_CONFLICT, "store.pending-edits");
    assert_fails(ctx, gt_commit_replace_layer(ctx, c, "parcels", D2020), GT_E_CONFLICT,
                 "store.pending-edits");
    assert_fails(ctx, gt_commit_delete(ctx, c, "parcels", "p0", D2020), GT_E_CONFLICT,
                 "store.pending-edits");
    /* other layers are not concerned */
    gt_standard s = world_standard("roads");
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    assert_ok(ctx, world_put_box(ctx, c, "roads", "r", world_box(0, 0, 1), 1, D2020));
    assert_int_equal(world_finish(ctx, c), 2);
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void discarding_restores_every_row(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    int64_t n = 0;
    const char *before = ids(dir);
    edit(dir);
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", false, GT_DATE_NONE, &n));
    assert_int_equal(n, 6);
    gt_commit_abort(c); /* thought better of it: still pending */
    assert_ok(ctx, gt_store_outside_edits(ctx, store, "parcels", &n));
    assert_int_equal(n, 6);
    c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", false, GT_DATE_NONE, &n));
    assert_int_equal(world_finish(ctx, c), 2);
    assert_string_equal(ids(dir), before);
    assert_ok(ctx, gt_store_verify(ctx, store));
    assert_string_equal(world_ask(dir, "SELECT rtreecheck('rtree_parcels_geom')"), "ok");
    assert_string_equal(world_ask(dir, "SELECT count(*) FROM rtree_parcels_geom"), "6");
    assert_string_equal(world_ask(dir, "SELECT count(*) FROM parcels__before"), "0");
    c = world_begin(ctx, store); /* nothing to take is no error */
    assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", true, GT_DATE_NONE, &n));
    assert_int_equal(n, 0);
    assert_fails(ctx, gt_commit_take_edits(ctx, c, "parcel", true, GT_DATE_NONE, &n),
                 GT_E_NOT_FOUND, "store.no-layer-near");
    gt_commit_abort(c);
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void adopting_makes_them_a_revision(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    int64_t n = 0;
    edit(dir);
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", true, D2020, &n));
    assert_int_equal(n, 6);
    assert_int_equal(world_finish(ctx, c), 2);
    assert_string_equal(ids(dir), "#10:99 p0:0 p1:77 p2:78 p5:5 q4:4");
    assert_string_equal(world_ask(dir, "SELECT group_concat(gt_id || ':' || n || ':' ||"
                                       " gt_valid_to, ' ') FROM (SELECT * FROM parcels__history"
                                       " ORDER BY gt_id)"),
                        "p1:1:2020-01-01 p2:2:2020-01-01 p3:3:2020-01-01 p4:4:2020-01-01");
    gt_revision r;
    gt_layer_info info;
    assert_ok(ctx, gt_store_revision_info(ctx, store, 2, &r));
    assert_int_equal(r.n_put, 4);
    assert_int_equal(r.n_deleted, 2);
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.n_features, 6);
    assert_near(info.area_m2, 600, 0.5); /* four of them measured by the store itself */
    assert_true(info.area_m2 != 600);
    assert_ok(ctx, gt_store_verify(ctx, store));
    assert_string_equal(world_ask(dir, "SELECT rtreecheck('rtree_parcels_geom')"), "ok");
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void bad_edits_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *id;
        gt_status status;
    } cases[] = {
        {"UPDATE parcels SET n = 'many' WHERE gt_id = 'p1'", "store.value-type", GT_E_INPUT},
        {"UPDATE parcels SET dlbm = 'far too long' WHERE gt_id = 'p1'", "store.value-long",
         GT_E_INPUT},
        {"UPDATE parcels SET seen = 'yesterday' WHERE gt_id = 'p1'", "store.value-date",
         GT_E_INPUT},
        {"UPDATE parcels SET gt_id = 'x' WHERE gt_id = 'p1';"
         "UPDATE parcels SET gt_id = 'p1' WHERE gt_id = 'p2';"
         "UPDATE parcels SET gt_id = 'p2' WHERE gt_id = 'x'",
         "store.put-twice", GT_E_CONFLICT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_ctx *ctx = test_ctx();
        char *dir = test_dir();
        gt_store *store = start(ctx, dir);
        assert_int_equal(world_sql(dir, cases[i].sql), SQLITE_OK);
        gt_commit *c = world_begin(ctx, store);
        assert_fails(ctx, gt_commit_take_edits(ctx, c, "parcels", true, D2020, NULL),
                     cases[i].status, cases[i].id);
        assert_fails(ctx, gt_commit_finish(ctx, c, NULL), GT_E_USAGE, "store.broken-commit");
        c = world_begin(ctx, store);
        assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", false, D2020, NULL));
        world_finish(ctx, c);
        assert_ok(ctx, gt_store_verify(ctx, store));
        gt_store_close(store);
        test_dir_remove(dir);
        gt_ctx_free(ctx);
    }
}

static void edits_survive_a_new_field(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_field more[N_FIELDS + 1];
    memcpy(more + 1, world_fields, sizeof world_fields);
    more[0] = (gt_field){.name = "note", .title = {"备注", "note"}, .type = GT_FIELD_TEXT};
    gt_standard s = world_standard("parcels");
    s.fields = more;
    s.n_fields = N_FIELDS + 1;
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    world_finish(ctx, c);
    assert_int_equal(world_sql(dir, "UPDATE parcels SET note = '新' WHERE gt_id = 'p1';"
                                    "UPDATE parcels SET note = '新新' WHERE gt_id = 'p1'"),
                     SQLITE_OK);
    c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", true, GT_DATE_NONE, NULL));
    world_finish(ctx, c);
    assert_string_equal(world_ask(dir, "SELECT note FROM parcels WHERE gt_id = 'p1'"), "新新");
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_show_and_close_the_layer),
        cmocka_unit_test(discarding_restores_every_row),
        cmocka_unit_test(adopting_makes_them_a_revision),
        cmocka_unit_test(bad_edits_are_refused_by_name),
        cmocka_unit_test(edits_survive_a_new_field),
    };
    return cmocka_run_group_tests_name("store.edits", tests, NULL, NULL);
}
