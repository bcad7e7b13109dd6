#include "io/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/messages.h"

struct gt_staging {
    gt_ctx *ctx;
    char *target; /* as the user gave it */
    char *parent; /* its folder */
    char *dir;    /* the hidden folder */
    char *old;    /* a folder in it for what is replaced */
    char *path;   /* dir/name */
    bool overwrite;
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    (void)remove(path);
    return 0;
}

void gt_io_remove_tree(const char *dir)
{
    enum { OPEN_DIRS = 16 };
    (void)nftw(dir, remove_one, OPEN_DIRS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* "a/b", owned by the caller. */
static char *joined(gt_ctx *ctx, const char *a, const char *b)
{
    const size_t size = strlen(a) + strlen(b) + 2;
    char *path = gt_alloc(ctx, size, 1);
    if (path != NULL) {
        (void)snprintf(path, size, "%s/%s", a, b);
    }
    return path;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* ---- companions: files of the same stem that belong to a shapefile or MapInfo file ----------- */

static bool is_companion(const char *name, const char *main_name)
{
    static const char *const shape[] = {"shp", "shx", "dbf", "prj", "cpg", "qpj", "sbn", "sbx",
                                        "qix", "fbn", "fbx", "ain", "aih", "idm", "ind", NULL};
    static const char *const tab[] = {"tab", "dat", "map", "id", "ind", "mif", "mid", NULL};
    static const char *const gml[] = {"gml", "xsd", "gfs", NULL};
    static const char *const *const families[] = {shape, tab, gml};
    const char *dot = strrchr(main_name, '.'), *other = strrchr(name, '.');
    if (strcmp(name, main_name) == 0) {
        return true;
    }
    if (dot == NULL || other == NULL || dot - main_name != other - name ||
        strncmp(name, main_name, (size_t)(dot - main_name)) != 0) {
        return false;
    }
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        bool a = false, b = false;
        for (const char *const *e = families[f]; *e != NULL; e++) {
            a = a || strcasecmp(*e, dot + 1) == 0;
            b = b || strcasecmp(*e, other + 1) == 0;
        }
        if (a && b) {
            return true;
        }
    }
    return false;
}

static gt_status refuse_existing(gt_ctx *ctx, const gt_staging *s)
{
    gt_status st = GT_OK;
    DIR *dir = opendir(s->parent);
    if (dir == NULL) {
        return gt_fail_errno(ctx, errno, "open folder", s->parent);
    }
    for (struct dirent *e = readdir(dir); e != NULL && st == GT_OK; e = readdir(dir)) {
        if (is_companion(e->d_name, name_of(s->target))) {
            st = gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_IO_EXISTS, GT_PLACE(.file = s->target),
                         GT_ARGS(GT_TEXT("name", e->d_name)));
        }
    }
    (void)closedir(dir);
    return st;
}

/* ---- making ---------------------------------------------------------------------------------- */

static gt_status make_dirs(gt_ctx *ctx, gt_staging *s)
{
    const char *slash = strrchr(s->target, '/');
    s->parent = gt_strdup(ctx, slash == NULL ? "." : slash == s->target ? "/" : s->target);
    if (s->parent == NULL) {
        return GT_E_MEMORY;
    }
    if (slash != NULL && slash != s->target) {
        s->parent[slash - s->target] = '\0';
    }
    char *dir = joined(ctx, s->parent, ".guotu-XXXXXX");
    if (dir == NULL) {
        return GT_E_MEMORY;
    }
    if (mkdtemp(dir) == NULL) {
        gt_status st = gt_fail_errno(ctx, errno, "make a folder beside the file", s->target);
        gt_free(ctx, dir);
        return st;
    }
    s->dir = dir;
    s->old = joined(ctx, dir, ".old");
    s->path = joined(ctx, dir, name_of(s->target));
    return s->old == NULL || s->path == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status gt_staging_new(gt_ctx *ctx, const char *path, bool overwrite, gt_staging **out)
{
    gt_staging *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    s->ctx = ctx;
    s->overwrite = overwrite;
    s->target = gt_strdup(ctx, path);
    gt_status st = s->target == NULL ? GT_E_MEMORY : make_dirs(ctx, s);
    if (st == GT_OK && !overwrite) {
        st = refuse_existing(ctx, s);
    }
    if (st != GT_OK) {
        gt_staging_free(s);
        return st;
    }
    *out = s;
    return GT_OK;
}

const char *gt_staging_path(const gt_staging *s)
{
    return s->path;
}

const char *gt_staging_dir(const gt_staging *s)
{
    return s->dir;
}

void gt_staging_free(gt_staging *s)
{
    if (s == NULL) {
        return;
    }
    gt_ctx *ctx = s->ctx;
    if (s->dir != NULL) {
        gt_io_remove_tree(s->dir);
    }
    gt_free(ctx, s->target);
    gt_free(ctx, s->parent);
    gt_free(ctx, s->dir);
    gt_free(ctx, s->old);
    gt_free(ctx, s->path);
    gt_free(ctx, s);
}

/* ---- commit ---------------------------------------------------------------------------------- */

static int sync_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    const int fd = flag == FTW_F || flag == FTW_D ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        const int e = fsync(fd);
        (void)close(fd);
        return e == 0 ? 0 : errno;
    }
    return 0;
}

/* Moves name from one folder to another; a fresh name unless it may replace. */
static gt_status move(gt_ctx *ctx, const gt_staging *s, const char *from_dir, const char *to_dir,
                      const char *name)
{
    char *from = joined(ctx, from_dir, name), *to = joined(ctx, to_dir, name);
    gt_status st = from == NULL || to == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
        const int e = errno;
        if (e == EEXIST) {
            st = gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_IO_EXISTS, GT_PLACE(.file = s->target),
                         GT_ARGS(GT_TEXT("name", name)));
        } else if ((e != EINVAL && e != ENOSYS) || exists(to) || rename(from, to) != 0) {
            /* some file systems cannot promise no replacement: checked by hand then */
            st = gt_fail_errno(ctx, e, "move into place", s->target);
        }
    }
    gt_free(ctx, from);
    gt_free(ctx, to);
    return st;
}

typedef struct name_list {
    char **names;
    size_t n, cap;
} name_list;

static void free_names(gt_ctx *ctx, name_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        gt_free(ctx, l->names[i]);
    }
    gt_free(ctx, l->names);
}

static gt_status add_name(gt_ctx *ctx, name_list *l, const char *name)
{
    void *block = l->names;
    gt_status st = gt_grow(ctx, &block, &l->cap, l->n + 1, sizeof *l->names);
    l->names = block;
    char *copy = st == GT_OK ? gt_strdup(ctx, name) : NULL;
    if (copy == NULL) {
        return GT_E_MEMORY;
    }
    l->names[l->n++] = copy;
    return GT_OK;
}

/* Names in a folder: all but dot files, or the companions of main_name. */
static gt_status list_names(gt_ctx *ctx, const char *folder, const char *main_name, name_list *out)
{
    DIR *dir = opendir(folder);
    gt_status st = GT_OK;
    if (dir == NULL) {
        return gt_fail_errno(ctx, errno, "open folder", folder);
    }
    for (struct dirent *e = readdir(dir); e != NULL && st == GT_OK; e = readdir(dir)) {
        const bool wanted =
            main_name == NULL ? e->d_name[0] != '.' : is_companion(e->d_name, main_name);
        if (wanted) {
            st = add_name(ctx, out, e->d_name);
        }
    }
    (void)closedir(dir);
    return st;
}

/* Moves the list; *moved says how far it came. */
static gt_status move_all(gt_ctx *ctx, const gt_staging *s, const name_list *l, const char *from,
                          const char *to, size_t *moved)
{
    gt_status st = GT_OK;
    for (*moved = 0; *moved < l->n && st == GT_OK;) {
        st = move(ctx, s, from, to, l->names[*moved]);
        *moved += st == GT_OK ? 1 : 0;
    }
    return st;
}

static void move_back(gt_ctx *ctx, const gt_staging *s, name_list *l, const char *from,
                      const char *to, size_t moved)
{
    const name_list done = {.names = l->names, .n = moved};
    size_t back = 0;
    (void)!move_all(ctx, s, &done, from, to, &back); /* the first error is recorded already */
}

gt_status gt_staging_commit(gt_ctx *ctx, gt_staging *s)
{
    name_list fresh = {0}, old = {0};
    size_t set_aside = 0, placed = 0;
    const int e = nftw(s->dir, sync_one, 8, FTW_PHYS);
    gt_status st = e == 0 ? GT_OK : gt_fail_errno(ctx, e < 0 ? errno : e, "sync", s->target);
    if (st == GT_OK) {
        st = list_names(ctx, s->dir, NULL, &fresh);
    }
    if (st == GT_OK && s->overwrite) {
        st = list_names(ctx, s->parent, name_of(s->target), &old);
    }
    if (st == GT_OK && old.n > 0 && mkdir(s->old, S_IRWXU) != 0) {
        st = gt_fail_errno(ctx, errno, "mkdir", s->old);
    }
    if (st == GT_OK) {
        st = move_all(ctx, s, &old, s->parent, s->old, &set_aside);
    }
    if (st == GT_OK) {
        st = move_all(ctx, s, &fresh, s->dir, s->parent, &placed);
    }
    if (st != GT_OK) {
        move_back(ctx, s, &fresh, s->parent, s->dir, placed);
        move_back(ctx, s, &old, s->old, s->parent, set_aside);
    } else {
        struct stat unused;
        memset(&unused, 0, sizeof unused);
        (void)sync_one(s->parent, &unused, FTW_D, NULL); /* best effort: the data are safe */
    }
    free_names(ctx, &fresh);
    free_names(ctx, &old);
    return st;
}
