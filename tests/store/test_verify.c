/* Tampering: whatever is changed behind the store's back, verify says where. */
#include "store/world.h"

static const gt_date D2018 = 17531, D2020 = 18262;

/* Three revisions over two layers, with history of both kinds and a setting. */
static gt_store *start(gt_ctx *ctx, const char *dir)
{
    gt_store *store = world_new(ctx, dir);
    gt_standard parcels = world_standard("parcels"), roads = world_standard("roads");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &parcels, GT_ORIGIN_SURVEY));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &roads, GT_ORIGIN_OPEN));
    assert_ok(ctx, gt_commit_setting_set(ctx, c, "package", "beijing 1"));
    for (int i = 0; i < 40; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "p%d", i);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_box(20 * i, 0, 10), i, D2018));
        assert_ok(ctx, world_put_box(ctx, c, "roads", id, world_box(20 * i, 0, 5), i, D2018));
    }
    world_finish(ctx, c);
    c = world_begin(ctx, store);
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "p1", world_box(0, 0, 9), 101, D2020));
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "p2", world_box(0, 0, 8), 102, GT_DATE_NONE));
    assert_ok(ctx, gt_commit_delete(ctx, c, "parcels", "p3", D2020));
    world_finish(ctx, c);
    c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_setting_set(ctx, c, "package", "beijing 2"));
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_verify(ctx, store));
    return store;
}

/* Triggers off, as somebody would who knows about them. */
#define QUIET(sql)                                                                                 \
    "DROP TRIGGER gt_watch_parcels_update; DROP TRIGGER gt_watch_parcels_delete;"                  \
    "DROP TRIGGER gt_watch_parcels_insert; DROP TRIGGER gt_watch_parcels_change;"                  \
    "DROP TRIGGER gt_watch_parcels_replace;" sql

typedef struct tampering {
    const char *sql, *id;        /* message */
    const char *layer, *feature; /* place that must be named, or NULL */
} tampering;

static const tampering cases[] = {
    {"UPDATE parcels SET n = n + 1 WHERE gt_id = 'p7'", "store.outside-edit", "parcels", "p7"},
    {"DELETE FROM parcels WHERE gt_id = 'p7'", "store.outside-edit", "parcels", "p7"},
    {QUIET("UPDATE parcels SET n = n + 1 WHERE gt_id = 'p7'"), "store.chain-row", "parcels", "p7"},
    {QUIET("UPDATE parcels SET dlbm = NULL WHERE gt_id = 'p7'"), "store.chain-row", "parcels",
     "p7"},
    {QUIET("UPDATE parcels SET share = CAST(n AS INTEGER) WHERE gt_id = 'p7'"), "store.chain-row",
     "parcels", "p7"},
    {QUIET("UPDATE parcels SET gt_area_m2 = 99 WHERE gt_id = 'p7'"), "store.chain-row", "parcels",
     "p7"},
    {QUIET("UPDATE parcels SET gt_valid_from = '2019-01-01' WHERE gt_id = 'p7'"), "store.chain-row",
     "parcels", "p7"},
    {QUIET("UPDATE parcels SET gt_id = 'z' WHERE gt_id = 'p7'"), "store.chain-row", "parcels", "z"},
    {QUIET("UPDATE parcels SET gt_rev = 2 WHERE gt_id = 'p7'"), "store.chain-row", "parcels", "p7"},
    {QUIET("UPDATE parcels SET geom = (SELECT geom FROM parcels WHERE gt_id = 'p8') WHERE gt_id ="
           " 'p7'"),
     "store.chain-row", "parcels", "p7"},
    {QUIET("UPDATE parcels SET geom = NULL WHERE gt_id = 'p7'"), "store.chain-row", "parcels",
     "p7"},
    {QUIET("DELETE FROM parcels WHERE gt_id = 'p7'"), "store.chain-missing", "parcels", NULL},
    {QUIET("DELETE FROM parcels WHERE gt_id = 'p39'"), "store.chain-missing", "parcels", NULL},
    {QUIET("INSERT INTO parcels(geom, gt_id, gt_rev) SELECT geom, 'new', 3 FROM parcels WHERE gt_id"
           " = 'p7'"),
     "store.chain-extra", "parcels", "new"},
    {QUIET("UPDATE parcels SET fid = 1000 WHERE gt_id = 'p7'"), "store.chain-missing", "parcels",
     NULL},
    /* the history */
    {"UPDATE parcels__history SET n = 5 WHERE gt_id = 'p1'", "store.chain-row", "parcels", "p1"},
    {"UPDATE parcels__history SET gt_valid_to = '2021-01-01' WHERE gt_id = 'p1'",
     "store.chain-ended", "parcels", NULL},
    {"UPDATE parcels__history SET gt_rev_to = 3 WHERE gt_id = 'p2'", "store.chain-ended", "parcels",
     NULL},
    {"UPDATE parcels__history SET gt_valid_to_rev = NULL WHERE gt_id = 'p3'", "store.chain-ended",
     "parcels", NULL},
    {"UPDATE parcels__history SET gt_rev_to = 9 WHERE gt_id = 'p3'", "store.chain-ended", "parcels",
     NULL},
    {"DELETE FROM parcels__history WHERE gt_id = 'p3'", "store.chain-missing", "parcels", NULL},
    {QUIET(
         "INSERT INTO parcels(fid, gt_id, dlbm, n, share, gt_valid_from, gt_rev, gt_area_m2, geom)"
         " SELECT fid, gt_id, dlbm, n, share, gt_valid_from, gt_rev, gt_area_m2, geom FROM"
         " parcels__history WHERE gt_id = 'p3'; DELETE FROM parcels__history WHERE gt_id = 'p3'"),
     "store.chain-ended", "parcels", NULL},
    {QUIET(
         "INSERT INTO parcels__history(fid, gt_id, dlbm, n, share, gt_valid_from, gt_rev,"
         " gt_area_m2, geom) SELECT fid, gt_id, dlbm, n, share, gt_valid_from, gt_rev, gt_area_m2,"
         " geom FROM parcels WHERE gt_id = 'p7'; DELETE FROM parcels WHERE gt_id = 'p7'"),
     "store.chain-ended", "parcels", NULL},
    /* the log */
    {"UPDATE gt_revision SET message = 'another' WHERE id = 2", "store.chain-record", NULL, NULL},
    {"UPDATE gt_revision SET author = 'somebody' WHERE id = 2", "store.chain-record", NULL, NULL},
    {"UPDATE gt_revision SET reason = NULL WHERE id = 2", "store.chain-record", NULL, NULL},
    {"UPDATE gt_revision SET time_ms = time_ms - 1 WHERE id = 2", "store.chain-record", NULL, NULL},
    {"UPDATE gt_revision SET time = '2000-01-01T00:00:00.000Z' WHERE id = 2", "store.chain-record",
     NULL, NULL},
    {"UPDATE gt_revision SET n_put = 1 WHERE id = 2", "store.chain-record", NULL, NULL},
    {"UPDATE gt_revision SET min_x = min_x - 1 WHERE id = 2", "store.chain-record", NULL, NULL},
    {"UPDATE gt_revision SET package = '' WHERE id = 2", "store.chain-record", NULL, NULL},
    {"UPDATE gt_revision SET hash = zeroblob(32) WHERE id = 3", "store.chain-record", NULL, NULL},
    {"UPDATE gt_revision SET hash = zeroblob(32) WHERE id = 2", "store.chain-record", NULL, NULL},
    {"DELETE FROM gt_revision WHERE id = 1", "store.chain-order", NULL, NULL},
    {"DELETE FROM gt_revision WHERE id = 2", "store.chain-order", NULL, NULL},
    {"UPDATE gt_revision SET id = 4 WHERE id = 3", "store.chain-order", NULL, NULL},
    {"UPDATE gt_revision SET id = 9 WHERE id = 2; UPDATE gt_revision SET id = 2 WHERE id = 3;"
     "UPDATE gt_revision SET id = 3 WHERE id = 9",
     "store.chain-order", NULL, NULL},
    {"UPDATE gt_setting SET value = 'other 1' WHERE rev = 1", "store.chain-content", NULL, NULL},
    {"DELETE FROM gt_setting WHERE rev = 3", "store.chain-content", NULL, NULL},
    {"INSERT INTO gt_setting VALUES('extra', 2, 'x')", "store.chain-content", NULL, NULL},
    {"UPDATE gt_layer_def SET definition = replace(definition, '\"origin\":1', '\"origin\":0')",
     "store.chain-content", NULL, NULL},
    {"INSERT INTO gt_setting VALUES('later', 9, 'x')", "store.chain-content", NULL, NULL},
    {"INSERT INTO gt_layer_def SELECT layer, 9, definition FROM gt_layer_def",
     "store.chain-content", NULL, NULL},
    {"INSERT INTO gt_revision_layer SELECT 0, layer, 900, 0, 0, put_hash, closed_hash, NULL, NULL,"
     " NULL, NULL FROM gt_revision_layer WHERE rev = 2",
     "store.chain-content", NULL, NULL},
    {"DELETE FROM gt_revision_layer WHERE rev = 2", "store.chain-content", NULL, NULL},
    {"UPDATE gt_revision_layer SET n_put = n_put - 1 WHERE rev = 2", "store.chain-content",
     "parcels", NULL},
    {"UPDATE gt_revision_layer SET first_fid = -5 WHERE rev = 2", "store.chain-content", NULL,
     NULL},
    {"UPDATE gt_revision_layer SET closed_hash = NULL WHERE 0; UPDATE gt_revision_layer SET"
     " closed_hash = zeroblob(32) WHERE rev = 2",
     "store.chain-ended", "parcels", NULL},
    {"UPDATE gt_revision_layer SET put_hash = zeroblob(3) WHERE rev = 2", "store.chain-content",
     "parcels", NULL},
    {"UPDATE gt_row_digest SET digests = zeroblob(length(digests)) WHERE layer = 0 AND first_fid ="
     " 1",
     "store.chain-row", "parcels", "p0"},
    {"DELETE FROM gt_row_digest WHERE first_fid > 1", "store.chain-row", "parcels", "p1"},
    /* figures and index */
    {"UPDATE gt_layer SET n_features = 12 WHERE id = 'roads'", "store.chain-figures", "roads",
     NULL},
    {"UPDATE gt_layer SET area_m2 = area_m2 + 1 WHERE id = 'parcels'", "store.chain-summary",
     "parcels", NULL},
    {"UPDATE gt_layer SET area_low = 0.01 WHERE id = 'parcels'", "store.chain-summary", "parcels",
     NULL},
    {"UPDATE gt_layer SET revision = 1 WHERE id = 'parcels'", "store.chain-summary", "parcels",
     NULL},
    {"UPDATE gt_layer SET valid_from = '2018-01-01' WHERE id = 'parcels'", "store.chain-summary",
     "parcels", NULL},
    {"UPDATE gt_layer SET next_fid = 3 WHERE id = 'roads'", "store.chain-summary", "roads", NULL},
    {"UPDATE gt_layer SET max_x = min_x + 50 WHERE id = 'roads'", "store.chain-summary", "roads",
     NULL},
    {"UPDATE gt_revision_layer SET max_x = max_x - 5 WHERE rev = 2", "store.chain-extent", NULL,
     NULL},
    {"UPDATE gt_revision_layer SET min_y = NULL WHERE rev = 2", "store.chain-extent", NULL, NULL},
    {"DELETE FROM rtree_roads_geom WHERE id = 3", "store.chain-index", "roads", NULL},
    {"UPDATE rtree_roads_geom_rowid SET nodeno = 77 WHERE rowid = 3", "store.chain-index", "roads",
     NULL},
    {"INSERT INTO rtree_roads_geom VALUES(555, 0, 1, 0, 1); DELETE FROM rtree_roads_geom WHERE id ="
     " 3",
     "store.chain-index", "roads", NULL},
};

static void every_tampering_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const tampering *t = &cases[i];
        gt_ctx *ctx = test_ctx();
        char *dir = test_dir();
        gt_store *store = start(ctx, dir);
        print_message("%s\n", t->sql);
        assert_int_equal(world_sql(dir, t->sql), SQLITE_OK);
        gt_status st = gt_store_verify(ctx, store);
        const gt_place *place = gt_error_place(ctx);
        assert_non_null(place);
        assert_non_null(place->file);
        if (t->layer != NULL) {
            assert_non_null(place->layer);
            assert_string_equal(place->layer, t->layer);
        }
        if (t->feature != NULL) {
            assert_non_null(place->feature);
            assert_string_equal(place->feature, t->feature);
        }
        assert_fails(ctx, st, GT_E_INPUT, t->id);
        gt_store_close(store);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        test_dir_remove(dir);
        gt_ctx_free(ctx);
    }
}

/* Somebody who also recomputes what he can, but does not change the later hashes. */
static void a_row_and_its_digest_changed_together_break_the_chain(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    char *other = test_dir();
    gt_store *store = start(ctx, dir), *twin = NULL;
    /* a twin workspace in which p7 is another: its digests fit the changed row */
    twin = world_new(ctx, other);
    gt_standard parcels = world_standard("parcels");
    gt_commit *c = world_begin(ctx, twin);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &parcels, GT_ORIGIN_SURVEY));
    for (int i = 0; i < 40; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "p%d", i);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_box(20 * i, 0, 10),
                                     i == 7 ? 700 : i, D2018));
    }
    world_finish(ctx, c);
    gt_store_close(twin);
    char sql[4096];
    (void)snprintf(sql, sizeof sql,
                   QUIET("ATTACH '%s' AS twin; UPDATE parcels SET n = 700, share = 87.5 WHERE gt_id"
                         " = 'p7'; UPDATE gt_row_digest SET digests = (SELECT digests FROM"
                         " twin.gt_row_digest WHERE layer = 0 AND first_fid = 1) WHERE layer = 0"
                         " AND first_fid = 1"),
                   test_path(other, "onemap.gpkg"));
    assert_int_equal(world_sql(dir, sql), SQLITE_OK);
    assert_fails(ctx, gt_store_verify(ctx, store), GT_E_INPUT, "store.chain-content");
    (void)snprintf(sql, sizeof sql,
                   "ATTACH '%s' AS twin; UPDATE gt_revision_layer SET put_hash = (SELECT put_hash"
                   " FROM twin.gt_revision_layer WHERE layer = 0 AND rev = 1) WHERE layer = 0 AND"
                   " rev = 1",
                   test_path(other, "onemap.gpkg"));
    assert_int_equal(world_sql(dir, sql), SQLITE_OK);
    assert_fails(ctx, gt_store_verify(ctx, store), GT_E_INPUT, "store.chain-content");
    gt_store_close(store);
    test_dir_remove(dir);
    test_dir_remove(other);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tampering_is_named),
        cmocka_unit_test(a_row_and_its_digest_changed_together_break_the_chain),
    };
    return cmocka_run_group_tests_name("store.verify", tests, NULL, NULL);
}
