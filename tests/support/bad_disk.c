/* SQLite's default VFS with a countdown to its failure. */
#include "support/bad_disk.h"

#include <sqlite3.h>

#include "support/support.h"

typedef struct shim_file {
    sqlite3_file base;
    sqlite3_file *real;
} shim_file;

static sqlite3_vfs *real_vfs;
static long countdown = -1; /* operations until the failure; < 0: never */
static int struck;
static int fail_code;

static int strike(void)
{
    if (countdown < 0) {
        return 0;
    }
    if (countdown == 0) {
        struck++; /* and ever after: a disk that is gone stays gone */
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

void bad_disk_install(void)
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

void bad_disk_remove(void)
{
    (void)sqlite3_vfs_unregister(&shim);
}

void bad_disk_arm(long operations, int code)
{
    countdown = operations;
    fail_code = code;
    struck = 0;
}

int bad_disk_disarm(void)
{
    countdown = -1;
    return struck;
}
