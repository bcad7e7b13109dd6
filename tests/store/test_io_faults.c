/* Every file operation of a revision fails in turn (a shim under SQLite): the revision is there as
 * a whole or not at all, the error is told as one of the machine, and the workspace proves. */
#include <unistd.h>

#include "store/world.h"

static const gt_date D2018 = 17531;

/* ---- the shim: SQLite's default VFS, with a countdown -------------------------------------------
 */

typedef struct shim_file {
    sqlite3_file base;
    sqlite3_file *real;
} shim_file;

static sqlite3_vfs *real_vfs;
static long countdown = -1; /* operations until the failure; < 0: never */
static int failures;
static int fail_code;

static int strike(void)
{
    if (countdown < 0) {
        return 0;
    }
    if (countdown == 0) {
        failures++; /* and ever after: a disk that is gone stays gone */
        return 1;
    }
    countdown--;
    return 0;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((shim_file *)(void *)f)->real;
}

#define PASS(f, call, ...) real_of(f)->pMethods->call(real_of(f), ##__VA_ARGS__)

static int shim_close(sqlite3_file *f)
{
    return real_of(f)->pMethods == NULL ? SQLITE_OK : PASS(f, xClose);
}

static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return PASS(f, xRead, to, n, at);
}

static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    return strike() ? fail_code : PASS(f, xWrite, from, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return strike() ? SQLITE_IOERR_TRUNCATE : PASS(f, xTruncate, size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    return strike() ? SQLITE_IOERR_FSYNC : PASS(f, xSync, flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return PASS(f, xFileSize, size);
}

static int shim_lock(sqlite3_file *f, int kind)
{
    return PASS(f, xLock, kind);
}

static int shim_unlock(sqlite3_file *f, int kind)
{
    return PASS(f, xUnlock, kind);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
    return PASS(f, xCheckReservedLock, out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
    return PASS(f, xFileControl, op, arg);
}

static int shim_sector(sqlite3_file *f)
{
    return PASS(f, xSectorSize);
}

static int shim_device(sqlite3_file *f)
{
    return PASS(f, xDeviceCharacteristics);
}

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return PASS(f, xShmMap, page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return PASS(f, xShmLock, offset, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
    PASS(f, xShmBarrier);
}

static int shim_shm_unmap(sqlite3_file *f, int delete_it)
{
    return PASS(f, xShmUnmap, delete_it);
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2, /* no memory mapping: every access passes here */
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_device,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    (void)vfs;
    shim_file *s = (shim_file *)(void *)f;
    s->real = (sqlite3_file *)(void *)(s + 1);
    s->base.pMethods = NULL;
    int rc = real_vfs->xOpen(real_vfs, name, s->real, flags, out);
    if (rc == SQLITE_OK) {
        s->base.pMethods = &shim_methods;
    }
    return rc;
}

static int shim_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return real_vfs->xDelete(real_vfs, name, sync);
}

static int shim_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    return real_vfs->xAccess(real_vfs, name, flags, out);
}

static int shim_full_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    return real_vfs->xFullPathname(real_vfs, name, n, out);
}

static sqlite3_vfs shim;

static void install_shim(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    assert_non_null(real_vfs);
    shim = *real_vfs;
    shim.zName = "shim";
    shim.szOsFile = (int)sizeof(shim_file) + real_vfs->szOsFile;
    shim.pNext = NULL;
    shim.xOpen = shim_open;
    shim.xDelete = shim_delete;
    shim.xAccess = shim_access;
    shim.xFullPathname = shim_full_path;
    assert_int_equal(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
}

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
    fail_code = code;
    for (;; n += step) {
        char *dir = test_dir();
        start(dir);
        gt_ctx *ctx = test_ctx();
        failures = 0;
        countdown = n;
        gt_status st = write_two(ctx, dir);
        int struck = failures;
        countdown = -1;
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
    install_shim();
    print_message("%ld operations, each failed as an error of the disk\n",
                  fail_in_turn(SQLITE_IOERR_WRITE, 1));
    print_message("%ld operations, every third failed as a full disk\n",
                  fail_in_turn(SQLITE_FULL, 3));
    (void)sqlite3_vfs_unregister(&shim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_write_may_fail)};
    return cmocka_run_group_tests_name("store.io_faults", tests, NULL, NULL);
}
