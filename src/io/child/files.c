/* Landlock: from here on the process sees the folder of its file and the data of the system, to
 * read, and one or two folders of its own, to write. Source: landlock(7); kernel 5.13 and later. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard.h"
#include "io/wire.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

/* Bits of the kernel's interface, which older headers do not have in full. */
enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_ALL_ABI1 = (1 << 13) - 1,
    FS_REFER = 1 << 13,    /* ABI 2 */
    FS_TRUNCATE = 1 << 14, /* ABI 3 */
    ASK_VERSION = 1,
    RULE_PATH = 1
};
static const uint64_t READ = FS_READ_FILE | FS_READ_DIR;

typedef struct path_rule { /* packed in the kernel's header: 12 bytes are read */
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed)) path_rule;

static long abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
}

uint32_t io_guard_files_known(void)
{
    return abi() >= 1 ? GT_GUARD_FILES : 0;
}

static void allow(int rules, const char *path, uint64_t access)
{
    struct stat st;
    const int fd = path == NULL ? -1 : open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return; /* what is not there needs no rule */
    }
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)) {
        access &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
    }
    const path_rule rule = {.allowed = access, .fd = fd};
    (void)syscall(SYS_landlock_add_rule, rules, RULE_PATH, &rule, 0);
    (void)close(fd);
}

/* The folder a path lies in; for a path through an archive, the folder of the archive. */
static void allow_folder_of(int rules, const char *path)
{
    char folder[PATH_MAX], real[PATH_MAX];
    struct stat st;
    if (strlen(path) >= sizeof folder) {
        return;
    }
    memcpy(folder, path, strlen(path) + 1);
    while (stat(folder, &st) != 0) { /* inside an archive: up to what exists */
        char *slash = strrchr(folder, '/');
        if (slash == NULL || slash == folder) {
            return;
        }
        *slash = '\0';
    }
    const char *found[2] = {folder, realpath(folder, real)}; /* a link lies in two folders */
    for (int i = 0; i < 2; i++) {
        char *slash = found[i] == NULL ? NULL : strrchr(found[i], '/');
        if (slash == NULL) {
            allow(rules, ".", READ);
            continue;
        }
        slash[slash == found[i] ? 1 : 0] = '\0';
        allow(rules, found[i], READ);
    }
}

/* A GeoPackage that is being written has its log beside it, which readers must lock. */
static void allow_log_of(int rules, const char *path, uint64_t access)
{
    static const char *const tails[] = {"-shm", "-wal"};
    char name[PATH_MAX];
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        if (snprintf(name, sizeof name, "%s%s", path, tails[i]) < (int)sizeof name) {
            allow(rules, name, access);
        }
    }
}

/* A folder to write, and the right to remove it from the one it lies in. */
static void allow_own(int rules, const char *dir, uint64_t all)
{
    char above[PATH_MAX];
    allow(rules, dir, all & ~(uint64_t)FS_EXECUTE);
    if (snprintf(above, sizeof above, "%s/..", dir) < (int)sizeof above) {
        allow(rules, above, FS_REMOVE_DIR);
    }
}

static void remember(io_watch *watch, const char *const *own)
{
    size_t n = 0;
    while (own[n] != NULL && n < sizeof watch->own / sizeof watch->own[0] &&
           snprintf(watch->own[n], PATH_MAX, "%s", own[n]) < PATH_MAX) {
        n++;
    }
    atomic_store(&watch->n_own, n);
}

void io_guard_files(io_watch *watch, const char *file, const char *const *own)
{
    static const char *const system[] = {"/usr", "/lib", "/lib64", "/etc", "/proc", "/dev", "/opt"};
    static const char *const named[] = {"PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "LD_LIBRARY_PATH"};
    const long version = abi();
    const uint64_t all =
        FS_ALL_ABI1 | (version >= 2 ? FS_REFER : 0) | (version >= 3 ? FS_TRUNCATE : 0);
    const int rules =
        version < 1 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    remember(watch, own);
    if (rules < 0) {
        return;
    }
    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++) {
        allow(rules, system[i], READ);
    }
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        allow(rules, getenv(named[i]), READ);
    }
    allow(rules, "/dev/null", FS_READ_FILE | FS_WRITE_FILE);
    if (file != NULL) {
        allow_folder_of(rules, file);
        allow_log_of(rules, file, FS_READ_FILE | FS_WRITE_FILE);
    }
    for (size_t i = 0; own[i] != NULL; i++) {
        allow_own(rules, own[i], all);
    }
    (void)syscall(SYS_landlock_restrict_self, rules, 0);
    (void)close(rules);
}
