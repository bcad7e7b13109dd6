#include "io/temp_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/staging.h"

static const char PREFIX[] = "guotu-io-";

/* A folder is made first and locked after: younger ones may be between the two. */
enum { YOUNG_S = 60 };

static bool left_behind(int base, const char *name)
{
    struct stat is;
    const int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const bool ours = fstat(fd, &is) == 0 && is.st_uid == geteuid();
    const bool old = ours && time(NULL) - is.st_mtime > YOUNG_S;
    const bool free_now = old && flock(fd, LOCK_EX | LOCK_NB) == 0;
    (void)close(fd);
    return free_now;
}

static void clear_left_behind(gt_ctx *ctx, const char *base)
{
    DIR *all = opendir(base);
    if (all == NULL) {
        return;
    }
    for (struct dirent *e = readdir(all); e != NULL; e = readdir(all)) {
        if (strncmp(e->d_name, PREFIX, sizeof PREFIX - 1) != 0 ||
            !left_behind(dirfd(all), e->d_name)) {
            continue;
        }
        gt_text path;
        gt_text_init(&path, ctx, 4096);
        gt_text_printf(&path, "%s/%s", base, e->d_name);
        if (gt_text_status(&path) == GT_OK) {
            gt_io_remove_tree(gt_text_cstr(&path));
        }
        gt_text_free(&path);
    }
    (void)closedir(all);
}

static gt_status template_of(gt_ctx *ctx, const char *base, char **out)
{
    gt_text path;
    gt_text_init(&path, ctx, 4096);
    gt_text_printf(&path, "%s/%sXXXXXX", base, PREFIX);
    gt_status st = gt_text_status(&path);
    if (st == GT_OK) {
        *out = gt_strdup(ctx, gt_text_cstr(&path));
        st = *out == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&path);
    return st;
}

gt_status gt_temp_dir_make(gt_ctx *ctx, gt_temp_dir *out)
{
    const char *base = getenv("TMPDIR");
    base = base == NULL || base[0] == '\0' ? "/tmp" : base;
    clear_left_behind(ctx, base);
    char *path = NULL;
    gt_status st = template_of(ctx, base, &path);
    if (st != GT_OK) {
        return st;
    }
    if (mkdtemp(path) == NULL) {
        st = gt_fail_errno(ctx, errno, "mkdtemp", path);
        gt_free(ctx, path);
        return st;
    }
    /* without the lock the folder still serves: it may only be cleared too early on a file system
     * that knows no locks, and there nobody gets the lock to clear it by */
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)flock(fd, LOCK_SH | LOCK_NB);
    }
    *out = (gt_temp_dir){.path = path, .lock = fd};
    return GT_OK;
}

void gt_temp_dir_remove(gt_ctx *ctx, gt_temp_dir *dir)
{
    if (dir->path != NULL) {
        gt_io_remove_tree(dir->path);
        if (dir->lock >= 0) {
            (void)close(dir->lock);
        }
    }
    gt_free(ctx, dir->path);
    *dir = (gt_temp_dir){.lock = -1};
}
