/* One locked file a server: flock(2) is given up by the kernel, whatever ends the process. */
#include "serve/job_owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = ".owner-";

static bool path_of(const char *dir, const char *name, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%s/%s", dir, name);
    return n > 0 && (size_t)n < cap;
}

/* Is the file there, and held by somebody? */
static bool held(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    bool locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
    (void)close(fd); /* a lock that was got goes with it */
    return locked;
}

bool gt_owner_alive(const char *dir, const char *id)
{
    char name[sizeof prefix + GT_OWNER_ID], path[4200];
    (void)snprintf(name, sizeof name, "%s%s", prefix, id);
    bool good = id[0] != '\0' && strspn(id, "0123456789abcdef") == strlen(id);
    return good && path_of(dir, name, path, sizeof path) && held(path);
}

static void sweep(const char *dir)
{
    DIR *folder = opendir(dir);
    const struct dirent *entry = NULL;
    char path[4200];
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) == 0 &&
            path_of(dir, entry->d_name, path, sizeof path) && !held(path)) {
            (void)unlink(path);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

void gt_owner_open(const char *dir, gt_owner *out)
{
    unsigned char bytes[(GT_OWNER_ID - 1) / 2];
    char name[sizeof prefix + GT_OWNER_ID], hidden[4300];
    *out = (gt_owner){.fd = -1};
    (void)mkdir(dir, 0700);
    sweep(dir);
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2hex(out->id, sizeof out->id, bytes, sizeof bytes);
    (void)snprintf(name, sizeof name, "%s%s", prefix, out->id);
    if (path_of(dir, name, out->path, sizeof out->path)) {
        /* locked before it bears the name that others sweep */
        (void)snprintf(hidden, sizeof hidden, "%s/.new-%s", dir, out->id);
        out->fd = open(hidden, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        bool good = out->fd >= 0 && flock(out->fd, LOCK_EX | LOCK_NB) == 0 &&
                    rename(hidden, out->path) == 0;
        if (!good && out->fd >= 0) {
            (void)unlink(hidden);
            (void)close(out->fd);
            out->fd = -1;
        }
    }
    if (out->fd < 0) {
        out->id[0] = '\0';
    }
}

void gt_owner_close(gt_owner *owner)
{
    if (owner->fd >= 0) {
        (void)unlink(owner->path);
        (void)close(owner->fd);
        owner->fd = -1;
    }
}
