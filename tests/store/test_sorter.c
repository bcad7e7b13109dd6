/* External sort and the packed R-tree. */
#include "store/db.h"
#include "store/rtree.h"
#include "store/sorter.h"
#include "store/world.h"

static void sort_and_check(size_t n, size_t max_items, uint64_t key_mask)
{
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_sorter *s = NULL;
    gt_sort_item item = {0}, last = {0};
    test_rng rng;
    uint64_t sum = 0, sum_out = 0;
    bool more = true;
    size_t got = 0;
    test_rng_seed(&rng, n + max_items);
    assert_ok(ctx, gt_sorter_new(ctx, dir, max_items, &s));
    for (size_t i = 0; i < n; i++) {
        item =
            (gt_sort_item){.key = test_rng_next(&rng) & key_mask, .id = test_rng_next(&rng) % 97};
        item.box[2] = (float)(item.key % 1000);
        sum += item.key * 31 + item.id;
        assert_ok(ctx, gt_sorter_add(ctx, s, &item));
    }
    assert_int_equal(gt_sorter_count(s), n);
    assert_ok(ctx, gt_sorter_finish(ctx, s));
    for (;; got++) {
        assert_ok(ctx, gt_sorter_next(ctx, s, &item, &more));
        if (!more) {
            break;
        }
        assert_true(got == 0 || last.key < item.key ||
                    (last.key == item.key && last.id <= item.id));
        assert_true(item.box[2] == (float)(item.key % 1000));
        sum_out += item.key * 31 + item.id;
        last = item;
    }
    assert_int_equal(got, n);
    assert_int_equal(sum, sum_out);
    gt_sorter_free(ctx, s);
    assert_true(gt_ctx_memory_peak(ctx) < max_items * sizeof item + 65536);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void items_come_in_order_in_memory_and_from_disk(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 49, 1023, 1024, 1025, 2048, 5000, 20000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        sort_and_check(counts[i], 1024, UINT64_MAX);
        sort_and_check(counts[i], 1024, 0xff00);
        sort_and_check(counts[i], 1024, 0); /* one key: order by id */
        sort_and_check(counts[i], 1 << 16, UINT64_MAX >> 20);
    }
}

static void a_sorter_without_a_folder_says_so(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_sorter *s = NULL;
    gt_sort_item item = {0};
    gt_status st = GT_OK;
    assert_ok(ctx, gt_sorter_new(ctx, "/nowhere/at/all", 1024, &s));
    for (int i = 0; st == GT_OK && i < 3000; i++) {
        item.key = (uint64_t)i;
        st = gt_sorter_add(ctx, s, &item);
    }
    assert_fails(ctx, st, GT_E_ENV, "base.system");
    gt_sorter_free(ctx, s);
    gt_ctx_free(ctx);
}

/* ---- R-tree ---------------------------------------------------------------------------------- */

static sqlite3 *two_trees(gt_ctx *ctx)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_ok(ctx,
              gt_db_exec(ctx, db,
                         "CREATE VIRTUAL TABLE rtree_a_geom USING rtree(id,minx,maxx,miny,maxy);"
                         "CREATE VIRTUAL TABLE rtree_b_geom USING rtree(id,minx,maxx,miny,maxy);"
                         "BEGIN"));
    return db;
}

static gt_box any_box(test_rng *rng, int kind)
{
    double scale = kind == 0 ? 1e5 : kind == 1 ? 1e-3 : 180;
    double x = (test_rng_real(rng) - 0.5) * 2 * scale + (kind == 0 ? 4e7 : 0);
    double y = (test_rng_real(rng) - 0.5) * 2 * scale;
    double w = kind == 3 ? 0 : test_rng_real(rng) * scale / 50;
    return (gt_box){x, y, x + w, y + w};
}

static int64_t ask(gt_ctx *ctx, sqlite3 *db, const char *sql)
{
    int64_t n = 0;
    assert_ok(ctx, gt_db_int(ctx, db, sql, -1, &n));
    return n;
}

/* Packed (a) and inserted by the module itself (b): the same entries to the bit, sound trees, and
 * still sound after changes. */
static void pack_and_compare(int n, int kind)
{
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    sqlite3 *db = two_trees(ctx);
    sqlite3_stmt *put = NULL;
    gt_sorter *items = NULL;
    test_rng rng;
    test_rng_seed(&rng, (uint64_t)n * 7 + (uint64_t)kind);
    assert_ok(ctx, gt_sorter_new(ctx, dir, 4096, &items));
    assert_ok(ctx, gt_db_prepare(ctx, db, "INSERT INTO rtree_b_geom VALUES(?1,?2,?3,?4,?5)", &put));
    for (int i = 0; i < n; i++) {
        gt_box box = any_box(&rng, kind);
        gt_sort_item item = {.key = gt_rtree_key(box, 67108864.0), .id = (uint64_t)(i * 3 + 5)};
        gt_rtree_box(box, item.box);
        assert_ok(ctx, gt_sorter_add(ctx, items, &item));
        sqlite3_bind_int(put, 1, i * 3 + 5);
        sqlite3_bind_double(put, 2, box.xmin);
        sqlite3_bind_double(put, 3, box.xmax);
        sqlite3_bind_double(put, 4, box.ymin);
        sqlite3_bind_double(put, 5, box.ymax);
        assert_ok(ctx, gt_db_run(ctx, put));
    }
    sqlite3_finalize(put);
    assert_ok(ctx, gt_sorter_finish(ctx, items));
    assert_ok(ctx, gt_rtree_pack(ctx, db, "a", dir, items));
    gt_sorter_free(ctx, items);
    assert_int_equal(ask(ctx, db, "SELECT rtreecheck('rtree_a_geom') = 'ok'"), 1);
    assert_int_equal(ask(ctx, db, "SELECT count(*) FROM rtree_a_geom"), n);
    assert_int_equal(ask(ctx, db,
                         "SELECT count(*) FROM rtree_a_geom a JOIN rtree_b_geom b ON a.id = b.id"
                         " WHERE a.minx = b.minx AND a.maxx = b.maxx AND a.miny = b.miny AND"
                         " a.maxy = b.maxy"),
                     n);
    assert_ok(ctx, gt_db_exec(ctx, db,
                              "DELETE FROM rtree_a_geom WHERE id % 2 = 0;"
                              "INSERT INTO rtree_a_geom SELECT id, minx, maxx, miny, maxy FROM"
                              " rtree_b_geom WHERE id % 2 = 0"));
    assert_int_equal(ask(ctx, db, "SELECT rtreecheck('rtree_a_geom') = 'ok'"), 1);
    assert_int_equal(ask(ctx, db, "SELECT count(*) FROM rtree_a_geom"), n);
    (void)sqlite3_close(db);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void packed_trees_are_sound(void **state)
{
    (void)state;
    /* around the sizes where a node fills and a level is added: 51, 51^2 */
    static const int counts[] = {0, 1, 2, 50, 51, 52, 102, 103, 2600, 2601, 2602, 2652, 6000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (int kind = 0; kind < 4; kind++) {
            pack_and_compare(counts[i], kind);
        }
    }
}

static void nodes_are_full(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    sqlite3 *db = two_trees(ctx);
    gt_sorter *items = NULL;
    assert_ok(ctx, gt_sorter_new(ctx, dir, 4096, &items));
    for (int i = 0; i < 51 * 51; i++) {
        gt_sort_item item = {.key = (uint64_t)i, .id = (uint64_t)i};
        assert_ok(ctx, gt_sorter_add(ctx, items, &item));
    }
    assert_ok(ctx, gt_sorter_finish(ctx, items));
    assert_ok(ctx, gt_rtree_pack(ctx, db, "a", dir, items));
    gt_sorter_free(ctx, items);
    /* 51 leaves and the root: no level with a single child */
    assert_int_equal(ask(ctx, db, "SELECT count(*) FROM rtree_a_geom_node"), 52);
    (void)sqlite3_close(db);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void a_foreign_node_size_is_damage(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    sqlite3 *db = two_trees(ctx);
    gt_sorter *items = NULL;
    assert_ok(ctx, gt_sorter_new(ctx, dir, 4096, &items));
    assert_ok(ctx, gt_sorter_finish(ctx, items));
    assert_ok(ctx, gt_db_exec(ctx, db, "UPDATE rtree_a_geom_node SET data = zeroblob(20)"));
    assert_fails(ctx, gt_rtree_pack(ctx, db, "a", dir, items), GT_E_INPUT, "store.damaged");
    assert_ok(ctx, gt_db_exec(ctx, db, "DELETE FROM rtree_b_geom_node"));
    assert_fails(ctx, gt_rtree_pack(ctx, db, "b", dir, items), GT_E_INPUT, "store.damaged");
    gt_sorter_free(ctx, items);
    (void)sqlite3_close(db);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void the_curve_keeps_neighbours_together(void **state)
{
    (void)state;
    /* consecutive cells of a Hilbert curve share a side: walk all cells of a 16 x 16 grid by key */
    int x_of[256], y_of[256];
    const double half = 8;
    for (int x = 0; x < 16; x++) {
        for (int y = 0; y < 16; y++) {
            gt_box cell = {x - half + 0.4, y - half + 0.4, x - half + 0.4, y - half + 0.4};
            uint64_t key = gt_rtree_key(cell, half) >> 56;
            x_of[key] = x;
            y_of[key] = y;
        }
    }
    for (int i = 1; i < 256; i++) {
        assert_int_equal(abs(x_of[i] - x_of[i - 1]) + abs(y_of[i] - y_of[i - 1]), 1);
    }
    gt_box far = {1e300, -1e300, 1e300, -1e300};
    (void)gt_rtree_key(far, half); /* outside the square: some key, no overflow */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_in_order_in_memory_and_from_disk),
        cmocka_unit_test(a_sorter_without_a_folder_says_so),
        cmocka_unit_test(packed_trees_are_sound),
        cmocka_unit_test(nodes_are_full),
        cmocka_unit_test(a_foreign_node_size_is_damage),
        cmocka_unit_test(the_curve_keeps_neighbours_together),
    };
    return cmocka_run_group_tests_name("store.sorter", tests, NULL, NULL);
}
