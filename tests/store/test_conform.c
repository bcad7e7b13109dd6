/* onemap.gpkg as a GeoPackage 1.3: the tables and records that OGC 12-128r18 asks for, and triggers
 * that keep the R-tree in every case its annex F.3 lists. */
#include "store/world.h"

static const gt_date D2018 = 17531;

static void start(const char *dir)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_new(ctx, dir);
    gt_standard parcels = world_standard("parcels"), wells = world_standard("wells"),
                notes = world_standard("notes");
    wells.geom_type = GT_POINT;
    notes.geom_type = GT_GEOM_NONE;
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &parcels, GT_ORIGIN_GENERATED));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &wells, GT_ORIGIN_OPEN));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &notes, GT_ORIGIN_SURVEY));
    for (int i = 0; i < 10; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "p%d", i);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_box(20 * i, 0, 10), i, D2018));
    }
    world_finish(ctx, c);
    gt_store_close(store);
    gt_ctx_free(ctx);
}

typedef struct question {
    const char *sql, *answer;
} question;

static void ask_all(const char *dir, const question *questions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = world_ask(dir, questions[i].sql);
        if (strcmp(got, questions[i].answer) != 0) {
            fail_msg("%s\ngives \"%s\", not \"%s\"", questions[i].sql, got, questions[i].answer);
        }
    }
}

static void the_standard_is_met(void **state)
{
    (void)state;
    static const question questions[] = {
        {"PRAGMA application_id", "1196444487"}, /* "GPKG", requirement 2 */
        {"PRAGMA user_version", "10300"},
        {"PRAGMA integrity_check", "ok"},                       /* requirement 6 */
        {"SELECT count(*) FROM pragma_foreign_key_check", "0"}, /* requirement 7 */
        {"PRAGMA journal_mode", "wal"},
        {"PRAGMA page_size", "16384"},
        /* requirement 10, 11: reference systems */
        {"SELECT count(*) FROM gpkg_spatial_ref_sys WHERE srs_id IN (-1, 0, 4326, 4548)", "4"},
        {"SELECT organization || organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id ="
         " 4326",
         "EPSG4326"},
        {"SELECT organization || organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id ="
         " 4548",
         "EPSG4548"},
        {"SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = -1", "undefined"},
        {"SELECT definition LIKE 'PROJCS[%' FROM gpkg_spatial_ref_sys WHERE srs_id = 4548", "1"},
        /* contents */
        {"SELECT group_concat(table_name || ':' || data_type, ' ') FROM (SELECT * FROM "
         "gpkg_contents"
         " ORDER BY table_name)",
         "gt_revision:attributes notes:attributes parcels:features wells:features"},
        {"SELECT count(*) FROM gpkg_contents c WHERE NOT EXISTS (SELECT 1 FROM sqlite_master m "
         "WHERE"
         " m.name = c.table_name)",
         "0"},
        {"SELECT min_x || ' ' || min_y || ' ' || max_x || ' ' || max_y FROM gpkg_contents WHERE"
         " table_name = 'parcels'",
         "500000.0 4400000.0 500190.0 4400010.0"},
        {"SELECT last_change GLOB '20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5]"
         "[0-9].[0-9][0-9][0-9]Z' FROM gpkg_contents WHERE table_name = 'parcels'",
         "1"},
        {"SELECT description FROM gpkg_contents WHERE table_name = 'parcels'",
         "parcels; 生成数据 generated, not survey data; TD/T 1055"},
        {"SELECT description FROM gpkg_contents WHERE table_name = 'wells'",
         "parcels; 开放数据 open data, not survey data; TD/T 1055"},
        {"SELECT count(DISTINCT identifier) = count(*) FROM gpkg_contents", "1"},
        /* geometry columns, requirement 24 on */
        {"SELECT group_concat(table_name || ':' || column_name || ':' || geometry_type_name || ':' "
         "||"
         " srs_id || z || m, ' ') FROM (SELECT * FROM gpkg_geometry_columns ORDER BY table_name)",
         "parcels:geom:MULTIPOLYGON:454800 wells:geom:POINT:454800"},
        {"SELECT type FROM pragma_table_info('parcels') WHERE name = 'geom'", "MULTIPOLYGON"},
        {"SELECT pk FROM pragma_table_info('parcels') WHERE name = 'fid' AND type = 'INTEGER'",
         "1"},
        {"SELECT pk FROM pragma_table_info('gt_revision') WHERE name = 'id' AND type = 'INTEGER'",
         "1"},
        /* extensions, requirement 58 on */
        {"SELECT group_concat(table_name || ':' || column_name || ':' || scope, ' ') FROM (SELECT *"
         " FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index' ORDER BY table_name)",
         "parcels:geom:write-only wells:geom:write-only"},
        {"SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_schema' AND definition "
         "="
         " 'http://www.geopackage.org/spec121/#extension_schema'",
         "2"},
        {"SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE"
         " 'rtree_parcels_geom_%'",
         "6"},
        {"SELECT count(*) FROM sqlite_master WHERE name = 'rtree_notes_geom'", "0"},
        /* blobs: magic, version, little endian with an xy envelope, the layer's srs id */
        {"SELECT count(*) FROM parcels WHERE substr(hex(geom), 1, 8) = '47500003' AND"
         " substr(hex(geom), 9, 8) = 'C4110000'",
         "10"},
    };
    char *dir = test_dir();
    start(dir);
    ask_all(dir, questions, sizeof questions / sizeof *questions);
    test_dir_remove(dir);
}

/* What the index should hold, worked out from the table. */
static const char INDEX_IS_RIGHT[] =
    "SELECT (SELECT count(*) FROM parcels WHERE geom IS NOT NULL) = (SELECT count(*) FROM"
    " rtree_parcels_geom) AND NOT EXISTS (SELECT 1 FROM parcels t LEFT JOIN rtree_parcels_geom r ON"
    " r.id = t.fid WHERE t.geom IS NOT NULL AND r.id IS NULL)";

static void triggers_keep_the_index(void **state)
{
    (void)state;
    static const char *const edits[] = {
        "INSERT INTO parcels(geom) SELECT geom FROM parcels WHERE gt_id = 'p1'",
        "INSERT INTO parcels(n) VALUES(5)", /* no geometry */
        "INSERT OR REPLACE INTO parcels(fid, geom, n) SELECT 3, geom, 1 FROM parcels WHERE gt_id ="
        " 'p5'",
        "UPDATE parcels SET geom = (SELECT geom FROM parcels WHERE gt_id = 'p7') WHERE gt_id = "
        "'p1'",
        "UPDATE parcels SET geom = NULL WHERE gt_id = 'p4'", /* update2 */
        "UPDATE parcels SET geom = (SELECT geom FROM parcels WHERE gt_id = 'p7') WHERE gt_id = "
        "'p4'",
        "UPDATE parcels SET fid = 5000 WHERE gt_id = 'p5'",              /* update3 */
        "UPDATE parcels SET fid = 5001, geom = NULL WHERE gt_id = 'p6'", /* update4 */
        "UPDATE parcels SET n = 1",
        "DELETE FROM parcels WHERE gt_id = 'p8'",
        "DELETE FROM parcels WHERE geom IS NULL",
        "DELETE FROM parcels",
    };
    char *dir = test_dir();
    start(dir);
    assert_string_equal(world_ask(dir, INDEX_IS_RIGHT), "1");
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        assert_int_equal(world_sql(dir, edits[i]), SQLITE_OK);
        if (strcmp(world_ask(dir, INDEX_IS_RIGHT), "1") != 0) {
            fail_msg("after: %s", edits[i]);
        }
        assert_string_equal(world_ask(dir, "SELECT rtreecheck('rtree_parcels_geom')"), "ok");
    }
    /* and whatever was done can be taken back, row for row */
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_open(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    int64_t n = 0;
    assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", false, GT_DATE_NONE, &n));
    assert_true(n >= 10);
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_verify(ctx, store));
    assert_string_equal(world_ask(dir, INDEX_IS_RIGHT), "1");
    assert_string_equal(world_ask(dir, "SELECT group_concat(fid || gt_id || n, ' ') FROM (SELECT *"
                                       " FROM parcels ORDER BY fid)"),
                        "1p00 2p11 3p22 4p33 5p44 6p55 7p66 8p77 9p88 10p99");
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    test_dir_remove(dir);
}

/* Random edits by SQL, then taken back: always the state from before. */
static void any_edits_can_be_taken_back(void **state)
{
    (void)state;
    test_rng rng;
    for (uint64_t seed = 1; seed <= 25; seed++) {
        char *dir = test_dir();
        test_rng_seed(&rng, seed);
        start(dir);
        static const char all[] =
            "SELECT group_concat(fid || gt_id || n || hex(geom) || gt_rev, ' ')"
            " FROM (SELECT * FROM parcels ORDER BY fid)";
        char sql[8192] = "", one[256];
        for (int i = 0; i < 14; i++) {
            int a = (int)(test_rng_next(&rng) % 14) + 1, b = (int)(test_rng_next(&rng) % 14) + 1;
            switch (test_rng_next(&rng) % 7) {
            case 0:
                (void)snprintf(one, sizeof one, "UPDATE parcels SET n = n + 100 WHERE fid = %d;",
                               a);
                break;
            case 1:
                (void)snprintf(one, sizeof one, "DELETE FROM parcels WHERE fid = %d;", a);
                break;
            case 2:
                (void)snprintf(one, sizeof one,
                               "INSERT INTO parcels(geom, n) SELECT geom, %d FROM parcels WHERE fid"
                               " = %d;",
                               a, b);
                break;
            case 3:
                (void)snprintf(one, sizeof one,
                               "UPDATE parcels SET geom = (SELECT geom FROM parcels WHERE fid = %d)"
                               " WHERE fid = %d;",
                               b, a);
                break;
            case 4:
                (void)snprintf(
                    one, sizeof one,
                    "INSERT OR REPLACE INTO parcels(fid, gt_id, geom, n) SELECT %d, gt_id,"
                    " geom, 7 FROM parcels WHERE fid = %d;",
                    a, b);
                break;
            case 5:
                (void)snprintf(one, sizeof one,
                               "UPDATE OR REPLACE parcels SET gt_id = 'p%d' WHERE fid = %d;", b, a);
                break;
            default:
                (void)snprintf(one, sizeof one,
                               "UPDATE OR IGNORE parcels SET fid = %d WHERE fid = %d;", b, a);
                break;
            }
            (void)strncat(sql, one, sizeof sql - strlen(sql) - 1);
        }
        char before[512];
        (void)snprintf(before, sizeof before, "%s", world_ask(dir, all));
        assert_int_equal(world_sql(dir, sql), SQLITE_OK);
        gt_ctx *ctx = test_ctx();
        gt_store *store = world_open(ctx, dir);
        gt_commit *c = world_begin(ctx, store);
        assert_ok(ctx, gt_commit_take_edits(ctx, c, "parcels", false, GT_DATE_NONE, NULL));
        world_finish(ctx, c);
        assert_ok(ctx, gt_store_verify(ctx, store));
        gt_store_close(store);
        gt_ctx_free(ctx);
        assert_string_equal(world_ask(dir, all), before);
        assert_string_equal(world_ask(dir, INDEX_IS_RIGHT), "1");
        test_dir_remove(dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standard_is_met),
        cmocka_unit_test(triggers_keep_the_index),
        cmocka_unit_test(any_edits_can_be_taken_back),
    };
    return cmocka_run_group_tests_name("store.conform", tests, NULL, NULL);
}
