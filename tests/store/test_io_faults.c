/* Every file operation of a revision fails in turn (a shim under SQLite): the revision is there as
 * a whole or not at all, the error is told as one of the machine, and the workspace proves. */
#include <unistd.h>

#include "store/world.h"
#include "support/bad_disk.h"

static const gt_date D2018 = 17531;

/* ---- the story
 * ------------------------------------------------------------------------------------ */

enum { ROWS = 2600 }; /* enough for the bulk load and for several pages of everything */

static void start(const char *dir)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_new(ctx, dir);
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    world_finish(ctx, c);
    gt_store_close(store);
    gt_ctx_free(ctx);
}

/* Two revisions: a load and an edit of a part. */
static gt_status write_two(gt_ctx *ctx, const char *dir)
{
    gt_store *store = NULL;
    gt_status st = gt_store_open(ctx, dir, NULL, &store);
    for (int round = 0; st == GT_OK && round < 2; round++) {
        gt_commit *c = NULL;
        gt_commit_info info = {.author = "a", .message = "m", .expect_revision = -1};
        st = gt_commit_begin(ctx, store, &info, &c);
        for (int i = 0; st == GT_OK && i < (round == 0 ? ROWS : 40); i++) {
            char id[32];
            (void)snprintf(id, sizeof id, "f%d", i);
            st = world_put_box(ctx, c, "parcels", id, world_cell(i, 60, 10, 9), round,
                               D2018 + (gt_date)round);
        }
        if (st == GT_OK) {
            st = gt_commit_finish(ctx, c, NULL);
        } else {
            gt_commit_abort(c);
        }
    }
    gt_store_close(store);
    return st;
}

static void check(const char *dir)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_open(ctx, dir);
    gt_layer_info info;
    int64_t r = gt_store_revision(store);
    assert_true(r >= 1 && r <= 3);
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.n_features, r == 1 ? 0 : ROWS);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    gt_ctx_free(ctx);
}

static long fail_in_turn(int code, long step)
{
    long n = 0;
    for (;; n += step) {
        char *dir = test_dir();
        start(dir);
        gt_ctx *ctx = test_ctx();
        bad_disk_arm(n, code);
        gt_status st = write_two(ctx, dir);
        int struck = bad_disk_disarm();
        if (st != GT_OK) {
            assert_true(struck > 0);
            assert_true(gt_failed(ctx));
            assert_fails(ctx, st, GT_E_ENV, NULL);
        }
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
        check(dir);
        test_dir_remove(dir);
        if (struck == 0) {
            assert_int_equal(st, GT_OK);
            return n;
        }
    }
}

static void every_write_may_fail(void **state)
{
    (void)state;
    bad_disk_install();
    print_message("%ld operations, each failed as an error of the disk\n",
                  fail_in_turn(SQLITE_IOERR_WRITE, 1));
    print_message("%ld operations, every third failed as a full disk\n",
                  fail_in_turn(SQLITE_FULL, 3));
    bad_disk_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_write_may_fail)};
    return cmocka_run_group_tests_name("store.io_faults", tests, NULL, NULL);
}
