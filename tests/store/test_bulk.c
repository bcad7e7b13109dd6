/* Large and mixed revisions: the bulk path, packed and repaired indexes, exact boxes, many layers
 * at once, spilled sorters. */
#include <sys/stat.h>

#include "store/world.h"

static const gt_date D2018 = 17531, D2020 = 18262;

static gt_store *start(gt_ctx *ctx, const char *dir)
{
    gt_store *store = world_new(ctx, dir);
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    world_finish(ctx, c);
    return store;
}

static void end(gt_ctx *ctx, gt_store *store, char *dir)
{
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static gt_status put_cell(gt_ctx *ctx, gt_commit *c, const char *layer, int i, int64_t n,
                          double size)
{
    char id[32];
    (void)snprintf(id, sizeof id, "f%d", i);
    return world_put_box(ctx, c, layer, id, world_cell(i, 100, 10, size), n, GT_DATE_NONE);
}

/* The index holds exactly the boxes of the rows, rounded outward. */
static void check_index(const char *dir, const char *layer, int n)
{
    char sql[512], want[32];
    (void)snprintf(sql, sizeof sql, "SELECT rtreecheck('rtree_%s_geom')", layer);
    assert_string_equal(world_ask(dir, sql), "ok");
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM rtree_%s_geom r JOIN %s t ON t.fid = r.id", layer, layer);
    (void)snprintf(want, sizeof want, "%d", n);
    assert_string_equal(world_ask(dir, sql), want);
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM rtree_%s_geom", layer);
    assert_string_equal(world_ask(dir, sql), want);
}

static int count_in(gt_ctx *ctx, gt_store *store, gt_box box)
{
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = true;
    int n = 0;
    gt_query_init(&q, "parcels");
    q.has_box = true;
    q.box = box;
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    for (;; n++) {
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
        if (!more) {
            break;
        }
    }
    gt_scan_close(scan);
    return n;
}

static void a_large_load_finds_duplicates_at_the_end(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    for (int i = 0; i < 5000; i++) {
        assert_ok(ctx, put_cell(ctx, c, "parcels", i, i, 9));
    }
    assert_ok(ctx,
              put_cell(ctx, c, "parcels", 17, 0, 9)); /* not looked up: this is the bulk path */
    gt_status st = gt_commit_finish(ctx, c, NULL);
    assert_string_equal(gt_error_place(ctx)->layer, "parcels");
    assert_string_equal(gt_error_place(ctx)->feature, "f17");
    assert_fails(ctx, st, GT_E_CONFLICT, "store.put-twice");
    assert_int_equal(gt_store_revision(store), 1);
    /* before the bulk path begins they are found at once */
    c = world_begin(ctx, store);
    for (int i = 0; i < 1000; i++) {
        assert_ok(ctx, put_cell(ctx, c, "parcels", i, i, 9));
    }
    assert_fails(ctx, put_cell(ctx, c, "parcels", 17, 0, 9), GT_E_CONFLICT, "store.put-twice");
    gt_commit_abort(c);
    /* and a deletion of what the load itself wrote is one change too many */
    c = world_begin(ctx, store);
    for (int i = 0; i < 3000; i++) {
        assert_ok(ctx, put_cell(ctx, c, "parcels", i, i, 9));
    }
    assert_fails(ctx, gt_commit_delete(ctx, c, "parcels", "f3", GT_DATE_NONE), GT_E_CONFLICT,
                 "store.put-twice");
    assert_fails(ctx, gt_commit_delete(ctx, c, "parcels", "g", GT_DATE_NONE), GT_E_NOT_FOUND,
                 "store.no-feature");
    assert_int_equal(world_finish(ctx, c), 2);
    check_index(dir, "parcels", 3000);
    assert_ok(ctx, gt_store_verify(ctx, store));
    end(ctx, store, dir);
}

static void the_index_is_packed_or_mended_as_fits(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    for (int i = 0; i < 6000; i++) {
        assert_ok(ctx, put_cell(ctx, c, "parcels", i, i, 9));
    }
    world_finish(ctx, c);
    check_index(dir, "parcels", 6000);
    const char *nodes = world_ask(dir, "SELECT count(*) FROM rtree_parcels_geom_node");
    assert_string_equal(nodes, "122"); /* ceil(6000/51) leaves, 3 above, the root */
    assert_int_equal(count_in(ctx, store, world_box(0, 0, 99.5)), 100);
    /* few changes: entries go in and out one by one */
    c = world_begin(ctx, store);
    for (int i = 0; i < 40; i++) {
        assert_ok(ctx, put_cell(ctx, c, "parcels", i * 7, -i, 8));
    }
    assert_ok(ctx, gt_commit_delete(ctx, c, "parcels", "f5999", GT_DATE_NONE));
    world_finish(ctx, c);
    check_index(dir, "parcels", 5999);
    assert_int_equal(count_in(ctx, store, world_box(0, 0, 99.5)), 100);
    /* many changes: packed anew */
    c = world_begin(ctx, store);
    for (int i = 0; i < 3000; i++) {
        assert_ok(ctx, put_cell(ctx, c, "parcels", i, 1, 7));
    }
    world_finish(ctx, c);
    check_index(dir, "parcels", 5999);
    assert_int_equal(count_in(ctx, store, world_box(7.5, 0, 1)), 0); /* cells shrank to 7 m */
    assert_int_equal(count_in(ctx, store, world_box(6.5, 0, 1)), 1);
    assert_ok(ctx, gt_store_verify(ctx, store));
    end(ctx, store, dir);
}

static void the_box_shrinks_exactly(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_layer_info info;
    gt_commit *c = world_begin(ctx, store);
    for (int i = 0; i < 300; i++) { /* sides that float32 cannot hold; many share the extreme */
        char id[32];
        (void)snprintf(id, sizeof id, "s%d", i);
        double d = 0.001 * (i % 7);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_box(d + i % 3, d + i % 5, 1.0001),
                                     i, GT_DATE_NONE));
    }
    assert_ok(ctx,
              world_put_box(ctx, c, "parcels", "west", world_box(-1000, 2, 1), 0, GT_DATE_NONE));
    assert_ok(ctx,
              world_put_box(ctx, c, "parcels", "north", world_box(2, 1000, 1), 0, GT_DATE_NONE));
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_near(info.box.xmin, 499000, 0);
    assert_near(info.box.ymax, 4401001, 0);
    c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_delete(ctx, c, "parcels", "west", GT_DATE_NONE));
    assert_ok(ctx, gt_commit_delete(ctx, c, "parcels", "north", GT_DATE_NONE));
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    gt_box want = {1e300, 1e300, -1e300, -1e300};
    for (int i = 0; i < 300; i++) {
        double d = 0.001 * (i % 7);
        gt_box b = world_box(d + i % 3, d + i % 5, 1.0001);
        want = (gt_box){fmin(want.xmin, b.xmin), fmin(want.ymin, b.ymin), fmax(want.xmax, b.xmax),
                        fmax(want.ymax, b.ymax)};
    }
    assert_memory_equal(&info.box, &want, sizeof want);
    c = world_begin(ctx, store); /* everything goes: no box, no area */
    assert_ok(ctx, gt_commit_replace_layer(ctx, c, "parcels", D2020));
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.n_features, 0);
    assert_true(info.box.xmin > info.box.xmax);
    assert_near(info.area_m2, 0, 0);
    assert_string_equal(world_ask(dir, "SELECT min_x IS NULL FROM gpkg_contents WHERE table_name ="
                                       " 'parcels'"),
                        "1");
    assert_ok(ctx, gt_store_verify(ctx, store));
    end(ctx, store, dir);
}

static void areas_do_not_drift(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    const gt_value v[N_FIELDS] = {{.kind = GT_NULL}};
    gt_layer_info info;
    test_rng rng;
    test_rng_seed(&rng, 3);
    double last[50] = {0};
    for (int round = 0; round < 40; round++) {
        gt_commit *c = world_begin(ctx, store);
        for (int i = 0; i < 50; i++) { /* from a square metre to a province */
            char id[32];
            (void)snprintf(id, sizeof id, "f%d", i);
            world_blob blob = world_polygon(world_cell(i, 10, 10, 5));
            last[i] = pow(10, test_rng_real(&rng) * 11);
            const gt_feature f = {.id = id,
                                  .valid_from = GT_DATE_NONE,
                                  .blob = blob.bytes,
                                  .blob_len = blob.len,
                                  .values = v,
                                  .n_values = N_FIELDS};
            assert_ok(ctx, gt_commit_put(ctx, c, "parcels", &f, last[i]));
        }
        world_finish(ctx, c);
    }
    long double sum = 0;
    for (int i = 0; i < 50; i++) {
        sum += last[i];
    }
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_near(info.area_m2, (double)sum, 1e-15 * (double)sum);
    end(ctx, store, dir);
}

static void layers_may_be_written_in_turn(void **state)
{
    (void)state;
    enum { LAYERS = 12, ROWS = 400 };
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = world_new(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    char names[LAYERS][32];
    for (int k = LAYERS - 1; k >= 0; k--) { /* declared in an order of their own */
        (void)snprintf(names[k], sizeof names[k], "layer_%d", k);
        gt_standard s = world_standard(names[k]);
        assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    }
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < LAYERS; k++) {
            assert_ok(ctx, put_cell(ctx, c, names[k], i, k, 9));
        }
    }
    world_finish(ctx, c);
    c = world_begin(ctx, store); /* only two are touched */
    assert_ok(ctx, put_cell(ctx, c, "layer_3", 0, 99, 5));
    assert_ok(ctx, gt_commit_delete(ctx, c, "layer_7", "f9", D2020));
    world_finish(ctx, c);
    assert_int_equal(gt_store_n_layers(store), LAYERS);
    for (int k = 0; k < LAYERS; k++) {
        gt_layer_info info;
        assert_ok(ctx, gt_store_find_layer(ctx, store, names[k], &info));
        assert_int_equal(info.n_features, k == 7 ? ROWS - 1 : ROWS);
        assert_int_equal(info.revision, k == 3 || k == 7 ? 2 : 1);
        check_index(dir, names[k], k == 7 ? ROWS - 1 : ROWS);
    }
    assert_string_equal(world_ask(dir, "SELECT count(*) FROM gt_revision_layer WHERE rev = 2"),
                        "2");
    assert_ok(ctx, gt_store_verify(ctx, store));
    end(ctx, store, dir);
}

static void a_survey_of_thousands_replaces_another(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_layer_info info;
    gt_revision r;
    for (int survey = 0; survey < 4; survey++) {
        gt_commit *c = world_begin(ctx, store);
        assert_ok(ctx, gt_commit_replace_layer(ctx, c, "parcels", D2018 + survey * 365));
        for (int i = survey * 500; i < survey * 500 + 4000; i++) {
            /* 500 end, 500 are new, of the rest every third changes */
            assert_ok(ctx, put_cell(ctx, c, "parcels", i, i % 3 == 0 ? survey : 7, 9));
        }
        world_finish(ctx, c);
        assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
        assert_int_equal(info.n_features, 4000);
        assert_near(info.area_m2, 4000 * 81, 0);
        assert_ok(ctx, gt_store_revision_info(ctx, store, survey + 2, &r));
        assert_int_equal(r.n_deleted, survey == 0 ? 0 : 500);
        int changed = 0;
        for (int i = survey * 500; i < survey * 500 + 3500; i++) {
            changed += i % 3 == 0;
        }
        assert_int_equal(r.n_put, survey == 0 ? 4000 : 500 + changed);
    }
    check_index(dir, "parcels", 4000);
    for (int survey = 0; survey < 4; survey++) { /* every survey reads as it was */
        gt_query q;
        gt_scan *scan = NULL;
        gt_feature f;
        bool more = true;
        int n = 0;
        int64_t sum = 0;
        gt_query_init(&q, "parcels");
        q.as_of_date = D2018 + survey * 365 + 100;
        assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
        for (;; n++) {
            assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
            if (!more) {
                break;
            }
            sum += f.values[1].integer;
        }
        gt_scan_close(scan);
        assert_int_equal(n, 4000);
        int64_t want = 0;
        for (int i = survey * 500; i < survey * 500 + 4000; i++) {
            want += i % 3 == 0 ? survey : 7;
        }
        assert_int_equal(sum, want);
    }
    assert_ok(ctx, gt_store_verify(ctx, store));
    end(ctx, store, dir);
}

/* 80 features of 1 MB. */
static void load_much(gt_ctx *ctx, gt_store *store, const char *megabyte, int round)
{
    gt_commit *c = world_begin(ctx, store);
    for (int i = 0; i < 80; i++) {
        char id[32];
        gt_box box = world_cell(i, 10, 10, 5);
        world_blob blob = world_polygon(box);
        const gt_value values[N_FIELDS] = {
            world_text(megabyte), world_int(i), {.kind = GT_NULL}, {.kind = GT_NULL}};
        const gt_feature f = {.id = id,
                              .valid_from = GT_DATE_NONE,
                              .blob = blob.bytes,
                              .blob_len = blob.len,
                              .values = values,
                              .n_values = N_FIELDS};
        (void)snprintf(id, sizeof id, "r%d-%d", round, i);
        assert_ok(ctx, gt_commit_put(ctx, c, "notes", &f, 25));
    }
    world_finish(ctx, c);
}

/* The log of a large load is cut off by the load, not by the edit after it; not while somebody
 * reads from it, but nobody waits for that. */
static void a_long_log_is_cut_off_at_once(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir), *reader = NULL;
    struct stat info;
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    gt_field fields[N_FIELDS];
    gt_standard s = world_standard("notes");
    memcpy(fields, world_fields, sizeof fields);
    fields[0].max_length = 2000000;
    s.fields = fields;
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    world_finish(ctx, c);
    char *megabyte = malloc(1000001);
    assert_non_null(megabyte);
    memset(megabyte, 'x', 1000000);
    megabyte[1000000] = '\0';
    load_much(ctx, store, megabyte, 0);
    assert_int_equal(stat(test_path(dir, "onemap.gpkg-wal"), &info), 0);
    assert_int_equal(info.st_size, 0);
    reader = world_open(ctx, dir);
    gt_query_init(&q, "notes");
    assert_ok(ctx, gt_scan_open(ctx, reader, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_true(more);
    load_much(ctx, store, megabyte, 1);
    assert_int_equal(stat(test_path(dir, "onemap.gpkg-wal"), &info), 0);
    assert_true(info.st_size > 70000000);
    int n = 1;
    for (; more; n += more) {
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    }
    assert_int_equal(n, 80); /* what was there when the reading began */
    gt_scan_close(scan);
    gt_store_close(reader);
    c = world_begin(ctx, store);
    assert_ok(ctx, put_cell(ctx, c, "parcels", 7000, 1, 9));
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_verify(ctx, store));
    free(megabyte);
    end(ctx, store, dir);
}

static void an_empty_revision_is_a_revision(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_revision r;
    gt_commit *c = world_begin(ctx, store);
    assert_int_equal(world_finish(ctx, c), 2);
    assert_ok(ctx, gt_store_revision_info(ctx, store, 2, &r));
    assert_int_equal(r.n_put, 0);
    assert_true(r.dirty.xmin > r.dirty.xmax);
    char first[GT_HASH_HEX];
    (void)snprintf(first, sizeof first, "%s", r.hash);
    assert_int_equal(strlen(first), 64);
    c = world_begin(ctx, store);
    assert_int_equal(world_finish(ctx, c), 3);
    assert_ok(ctx, gt_store_revision_info(ctx, store, 3, &r));
    assert_string_equal(r.parent_hash, first);
    assert_string_not_equal(r.hash, first);
    assert_ok(ctx, gt_store_verify(ctx, store));
    end(ctx, store, dir);
}

static void cancelling_stops_reading_and_proving(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    for (int i = 0; i < 3000; i++) {
        assert_ok(ctx, put_cell(ctx, c, "parcels", i, i, 9));
    }
    world_finish(ctx, c);
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    gt_query_init(&q, "parcels");
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    gt_cancel(ctx);
    assert_fails(ctx, gt_scan_next(ctx, scan, &f, &more), GT_E_CANCELLED, "base.cancelled");
    gt_scan_close(scan);
    assert_fails(ctx, gt_store_verify(ctx, store), GT_E_CANCELLED, "base.cancelled");
    end(ctx, store, dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_load_finds_duplicates_at_the_end),
        cmocka_unit_test(the_index_is_packed_or_mended_as_fits),
        cmocka_unit_test(the_box_shrinks_exactly),
        cmocka_unit_test(areas_do_not_drift),
        cmocka_unit_test(layers_may_be_written_in_turn),
        cmocka_unit_test(a_survey_of_thousands_replaces_another),
        cmocka_unit_test(a_long_log_is_cut_off_at_once),
        cmocka_unit_test(an_empty_revision_is_a_revision),
        cmocka_unit_test(cancelling_stops_reading_and_proving),
    };
    return cmocka_run_group_tests_name("store.bulk", tests, NULL, NULL);
}
