#include "grid/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guotu/grid.h"

static const char MARK[] = ".part-";
enum { RANDOM = 6, DIR_MAX = 4096 };

/* NAME.part-XXXXXX, for this name when one is given. */
static bool is_part(const char *entry, const char *name)
{
    const size_t n = strlen(entry), tail = sizeof MARK - 1 + RANDOM;
    if (n <= tail || strncmp(entry + n - tail, MARK, sizeof MARK - 1) != 0) {
        return false;
    }
    return name == NULL || (strlen(name) == n - tail && strncmp(entry, name, n - tail) == 0);
}

/* Nobody can come to hold it between the lock and the unlink: its maker looks after locking whether
 * it is still there. */
static void clear_one(int dir, const char *entry)
{
    const int fd = openat(dir, entry, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        (void)unlinkat(dir, entry, 0);
    }
    (void)close(fd);
}

void grid_part_clear(const char *dir, const char *name)
{
    DIR *all = opendir(dir);
    if (all == NULL) {
        return;
    }
    for (struct dirent *e = readdir(all); e != NULL; e = readdir(all)) {
        if (is_part(e->d_name, name)) {
            clear_one(dirfd(all), e->d_name);
        }
    }
    (void)closedir(all);
}

void gt_grid_clear_parts(const char *dir)
{
    grid_part_clear(dir, NULL);
}

static void clear_beside(const char *path)
{
    char dir[DIR_MAX];
    const char *slash = strrchr(path, '/');
    const size_t n = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (n < sizeof dir) {
        (void)snprintf(dir, sizeof dir, "%.*s", (int)n, path);
        grid_part_clear(n == 0 ? "." : dir, path + n);
    }
}

gt_status grid_part_make(gt_ctx *ctx, const char *path, char **out, int *fd)
{
    const size_t n = strlen(path) + sizeof MARK + RANDOM;
    struct stat st;
    char *part = gt_alloc(ctx, n, 1);
    if (part == NULL) {
        return GT_E_MEMORY;
    }
    clear_beside(path);
    for (;;) {
        (void)snprintf(part, n, "%s%sXXXXXX", path, MARK);
        const int f = mkostemp(part, O_CLOEXEC);
        if (f < 0) {
            const gt_status failed = gt_fail_errno(ctx, errno, "create", path);
            gt_free(ctx, part);
            return failed;
        }
        /* a file system without locks has no other clearer either: the part stays */
        if (flock(f, LOCK_EX) != 0 || fstat(f, &st) != 0 || st.st_nlink > 0) {
            *out = part;
            *fd = f;
            return GT_OK;
        }
        (void)close(f); /* somebody cleared it away between the two calls */
    }
}

void grid_part_done(int fd)
{
    (void)flock(fd, LOCK_UN);
}
