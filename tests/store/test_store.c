/* The store as its callers see it: create, declare, put, end, read at other times. */
#include "store/world.h"

static const gt_date D2018 = 17531, D2019 = 17896, D2020 = 18262;

static gt_store *with_layer(gt_ctx *ctx, const char *dir)
{
    gt_store *store = world_new(ctx, dir);
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_GENERATED));
    assert_int_equal(world_finish(ctx, c), 1);
    return store;
}

/* "id:n;" for every feature of a query, in row order. */
static const char *read_all(gt_ctx *ctx, gt_store *store, const gt_query *q)
{
    static char out[4096];
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    size_t len = 0;
    out[0] = '\0';
    assert_ok(ctx, gt_scan_open(ctx, store, q, &scan));
    for (;;) {
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
        if (!more) {
            break;
        }
        len += (size_t)snprintf(out + len, sizeof out - len, "%s:%lld;", f.id,
                                (long long)f.values[1].integer);
        assert_true(len < sizeof out);
    }
    gt_scan_close(scan);
    return out;
}

static const char *read_at(gt_ctx *ctx, gt_store *store, int64_t rev, gt_date date)
{
    gt_query q;
    gt_query_init(&q, "parcels");
    q.as_of_rev = rev;
    q.as_of_date = date;
    return read_all(ctx, store, &q);
}

static void a_new_workspace_is_empty_and_refuses_a_second(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const char *ws = test_path(dir, "a/b/ws");
    gt_store *store = world_new(ctx, ws), *other = NULL;
    assert_int_equal(gt_store_revision(store), 0);
    assert_int_equal(gt_store_n_layers(store), 0);
    assert_string_equal(gt_store_title(store).zh, "北京一张图");
    assert_int_equal(gt_store_srs_id(store), SRS);
    assert_string_equal(gt_store_package_dir(store), test_path(ws, "package"));
    gt_store_options o;
    gt_store_options_init(&o);
    assert_fails(ctx, gt_store_create(ctx, test_path(dir, "x"), &o, &other), GT_E_USAGE,
                 "store.no-crs");
    o.crs = "EPSG:4548";
    assert_fails(ctx, gt_store_create(ctx, ws, &o, &other), GT_E_CONFLICT, "store.exists");
    assert_null(other);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void features_come_back_as_they_were_put(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = with_layer(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "a", world_box(0, 0, 10), 7, D2019));
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "b", world_box(20, 0, 10), 8, D2019));
    assert_int_equal(world_finish(ctx, c), 2);
    gt_store_close(store);
    store = world_open(ctx, dir);

    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    gt_query_init(&q, "parcels");
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_true(more);
    world_blob multi = world_multi(world_box(0, 0, 10));
    assert_string_equal(f.id, "a");
    assert_int_equal(f.row, 1);
    assert_int_equal(f.blob_len, multi.len);
    assert_memory_equal(f.blob, multi.bytes, multi.len);
    assert_int_equal(f.valid_from, D2019);
    assert_int_equal(f.valid_to, GT_DATE_NONE);
    assert_int_equal(f.rev_from, 2);
    assert_int_equal(f.n_values, N_FIELDS);
    assert_string_equal(f.values[0].text, "0103");
    assert_int_equal(f.values[1].integer, 7);
    assert_near(f.values[2].real, 7.0 / 8, 0);
    assert_int_equal(f.values[3].kind, GT_NULL);
    assert_near(f.box.xmax, 500010, 0);
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_false(more);
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_false(more);
    gt_scan_close(scan);

    gt_layer_info info;
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.n_features, 2);
    assert_near(info.area_m2, 200, 0);
    assert_near(info.box.xmax, 500030, 0);
    assert_int_equal(info.valid_from, D2019);
    assert_int_equal(info.origin, GT_ORIGIN_GENERATED);
    assert_string_equal(info.standard->title.zh, "地类图斑");
    assert_string_equal(info.standard->clauses[0], "LND-1");
    assert_int_equal(info.standard->fields[0].max_length, 5);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void both_times_can_be_asked(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = with_layer(ctx, dir);
    gt_commit *c = world_begin(ctx, store); /* 2: the survey of 2018 */
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "a", world_box(0, 0, 10), 1, D2018));
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "b", world_box(20, 0, 10), 2, D2018));
    world_finish(ctx, c);
    c = world_begin(ctx, store); /* 3: a changes in 2019, b ends in 2020 */
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "a", world_box(0, 0, 12), 11, D2019));
    assert_ok(ctx, gt_commit_delete(ctx, c, "parcels", "b", D2020));
    world_finish(ctx, c);
    c = world_begin(ctx, store); /* 4: the change of a was wrong */
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "a", world_box(0, 0, 12), 12, GT_DATE_NONE));
    world_finish(ctx, c);

    assert_string_equal(read_at(ctx, store, 0, GT_DATE_NONE), "a:12;");
    assert_string_equal(read_at(ctx, store, 0, D2018), "a:1;b:2;");
    assert_string_equal(read_at(ctx, store, 0, D2019), "b:2;a:12;");
    assert_string_equal(read_at(ctx, store, 0, D2020), "a:12;");
    assert_string_equal(read_at(ctx, store, 0, D2018 - 1), "");
    assert_string_equal(read_at(ctx, store, 3, D2019), "b:2;a:11;");
    assert_string_equal(read_at(ctx, store, 3, GT_DATE_NONE), "a:11;");
    assert_string_equal(read_at(ctx, store, 2, GT_DATE_NONE), "a:1;b:2;");
    assert_string_equal(read_at(ctx, store, 2, D2020), "a:1;b:2;");
    assert_string_equal(read_at(ctx, store, 1, GT_DATE_NONE), "");
    gt_query q;
    gt_scan *scan = NULL;
    gt_query_init(&q, "parcels");
    q.as_of_rev = 5;
    assert_fails(ctx, gt_scan_open(ctx, store, &q, &scan), GT_E_NOT_FOUND, "store.no-revision");
    gt_query_init(&q, "parcel");
    assert_fails(ctx, gt_scan_open(ctx, store, &q, &scan), GT_E_NOT_FOUND, "store.no-layer-near");
    gt_query_init(&q, "waters");
    assert_fails(ctx, gt_scan_open(ctx, store, &q, &scan), GT_E_NOT_FOUND, "store.no-layer");
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void a_survey_replaces_a_layer(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = with_layer(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_replace_layer(ctx, c, "parcels", D2018));
    for (int i = 0; i < 5; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "p%d", i);
        assert_ok(ctx,
                  world_put_box(ctx, c, "parcels", id, world_box(20 * i, 0, 10), i, GT_DATE_NONE));
    }
    world_finish(ctx, c);
    c = world_begin(ctx, store); /* p0 stays, p1 changes, p2..p4 end, q is new */
    assert_ok(ctx, gt_commit_replace_layer(ctx, c, "parcels", D2020));
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "p0", world_box(0, 0, 10), 0, GT_DATE_NONE));
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "p1", world_box(20, 0, 10), 9, GT_DATE_NONE));
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "q", world_box(40, 0, 10), 5, GT_DATE_NONE));
    assert_fails(ctx, world_put_box(ctx, c, "parcels", "p0", world_box(0, 0, 10), 0, GT_DATE_NONE),
                 GT_E_CONFLICT, "store.put-twice");
    assert_int_equal(world_finish(ctx, c), 3);
    assert_string_equal(read_at(ctx, store, 0, GT_DATE_NONE), "p0:0;p1:9;q:5;");
    assert_string_equal(read_at(ctx, store, 0, D2020), "p0:0;p1:9;q:5;");
    assert_string_equal(read_at(ctx, store, 0, D2019), "p0:0;p1:1;p2:2;p3:3;p4:4;");
    assert_string_equal(read_at(ctx, store, 2, D2020), "p0:0;p1:1;p2:2;p3:3;p4:4;");
    gt_revision r;
    assert_ok(ctx, gt_store_revision_info(ctx, store, 3, &r));
    assert_int_equal(r.n_put, 2);
    assert_int_equal(r.n_deleted, 3);
    assert_near(r.dirty.xmin, 500020, 0);
    gt_layer_info info;
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.n_features, 3);
    assert_near(info.area_m2, 300, 0);
    assert_near(info.box.xmax, 500050, 0); /* the far ones are gone */
    assert_int_equal(info.valid_from, D2020);

    c = world_begin(ctx, store); /* a survey older than what is in force */
    assert_ok(ctx, gt_commit_replace_layer(ctx, c, "parcels", D2019));
    assert_fails(ctx, gt_commit_finish(ctx, c, NULL), GT_E_CONFLICT, "store.valid-before");
    c = world_begin(ctx, store);
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "r", world_box(0, 50, 10), 0, D2020));
    assert_fails(ctx, gt_commit_replace_layer(ctx, c, "parcels", D2020), GT_E_USAGE,
                 "store.replace-late");
    gt_commit_abort(c);
    assert_string_equal(read_at(ctx, store, 0, GT_DATE_NONE), "p0:0;p1:9;q:5;");
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void boxes_filter_exactly(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = with_layer(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    for (int i = 0; i < 400; i++) { /* several leaves */
        char id[32];
        (void)snprintf(id, sizeof id, "%d", i);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_cell(i, 20, 10, 9.99), i, D2019));
    }
    world_finish(ctx, c);
    gt_query q;
    gt_query_init(&q, "parcels");
    q.has_box = true;
    q.box = world_box(9.995, 9.995, 0.001); /* in the gap: the float32 boxes do meet it */
    assert_string_equal(read_all(ctx, store, &q), "");
    q.box = world_box(5, 5, 10);
    assert_string_equal(read_all(ctx, store, &q), "0:0;1:1;20:20;21:21;");
    q.as_of_rev = 2; /* by way of the history */
    assert_string_equal(read_all(ctx, store, &q), "0:0;1:1;20:20;21:21;");
    q.no_geometry = true;
    assert_string_equal(read_all(ctx, store, &q), "0:0;1:1;20:20;21:21;");
    q.id = "21";
    assert_string_equal(read_all(ctx, store, &q), "21:21;");
    gt_store_close(store);
    assert_string_equal(world_ask(dir, "SELECT rtreecheck('rtree_parcels_geom')"), "ok");
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_workspace_is_empty_and_refuses_a_second),
        cmocka_unit_test(features_come_back_as_they_were_put),
        cmocka_unit_test(both_times_can_be_asked),
        cmocka_unit_test(a_survey_replaces_a_layer),
        cmocka_unit_test(boxes_filter_exactly),
    };
    return cmocka_run_group_tests_name("store.store", tests, NULL, NULL);
}
