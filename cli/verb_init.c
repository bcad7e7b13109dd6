/* init --package P: makes a workspace around a plan package. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "guotu/ledger.h"
#include "messages.h"

enum { COPY_DEPTH = 6 };

static gt_status copy_file(gt_ctx *ctx, const char *from, const char *to)
{
    gt_status st = GT_OK;
    char buffer[16384];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (in < 0 || out < 0) {
        st = gt_fail_errno(ctx, errno, in < 0 ? "open" : "create", in < 0 ? from : to);
        goto done;
    }
    for (;;) {
        ssize_t n = read(in, buffer, sizeof buffer);
        if (n == 0) {
            break;
        }
        if (n < 0 || write(out, buffer, (size_t)n) != n) {
            st = gt_fail_errno(ctx, errno, n < 0 ? "read" : "write", n < 0 ? from : to);
            goto done;
        }
    }
done:
    if (in >= 0) {
        (void)close(in);
    }
    if (out >= 0 && close(out) != 0 && st == GT_OK) {
        st = gt_fail_errno(ctx, errno, "close", to);
    }
    return st;
}

/* Copies a package folder: YAML and CSV files and folders, nothing else. */
static gt_status copy_tree(gt_ctx *ctx, const char *from, const char *to, int depth)
{
    gt_status st = GT_OK;
    if (mkdir(to, 0755) != 0 && errno != EEXIST) {
        return gt_fail_errno(ctx, errno, "mkdir", to);
    }
    DIR *dir = opendir(from);
    if (dir == NULL) {
        return gt_fail_errno(ctx, errno, "open folder", from);
    }
    for (struct dirent *e = readdir(dir); st == GT_OK && e != NULL; e = readdir(dir)) {
        char a[PATH_MAX], b[PATH_MAX];
        struct stat info;
        if (e->d_name[0] == '.') {
            continue;
        }
        int na = snprintf(a, sizeof a, "%s/%s", from, e->d_name);
        int nb = snprintf(b, sizeof b, "%s/%s", to, e->d_name);
        if (na >= (int)sizeof a || nb >= (int)sizeof b) {
            st = gt_fail_errno(ctx, ENAMETOOLONG, "copy", from);
        } else if (stat(a, &info) != 0) {
            st = gt_fail_errno(ctx, errno, "stat", a);
        } else if (S_ISDIR(info.st_mode)) {
            st = depth < COPY_DEPTH ? copy_tree(ctx, a, b, depth + 1) : GT_OK;
        } else {
            const char *dot = strrchr(e->d_name, '.');
            bool wanted = dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".csv") == 0);
            st = wanted ? copy_file(ctx, a, b) : GT_OK;
        }
    }
    (void)closedir(dir);
    return st;
}

/* A whole folder, links not followed. A path too long to be the one meant does not exist. */
static void remove_tree(const char *path, int depth)
{
    DIR *dir = depth < COPY_DEPTH && strlen(path) < PATH_MAX - 300 ? opendir(path) : NULL;
    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        char inner[PATH_MAX];
        struct stat info;
        bool dots = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
        int n = snprintf(inner, sizeof inner, "%.3800s/%s", path, e->d_name);
        if (dots || n <= 0 || lstat(inner, &info) != 0) {
            continue;
        }
        if (S_ISDIR(info.st_mode)) {
            remove_tree(inner, depth + 1);
        } else {
            (void)unlink(inner);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    (void)rmdir(path);
}

/* grids/ and reports/ go only when they are empty: they may have been there before. */
static void undo(const char *workspace)
{
    static const char *const files[] = {"onemap.gpkg", "onemap.gpkg-wal", "onemap.gpkg-shm"};
    static const char *const folders[] = {"grids", "reports", ""};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%.4000s/%s", workspace, files[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%.4000s/package", workspace);
    remove_tree(path, 0);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        (void)snprintf(path, sizeof path, "%.4000s/%s", workspace, folders[i]);
        (void)rmdir(path);
    }
}

static gt_status define_layers(cli *app, gt_store *store, const gt_package *package)
{
    gt_commit *commit = NULL;
    gt_commit_info info = {
        .author = cli_author(app),
        .message = cli_say(app, "以规划包新建工作空间", "workspace made from a plan package"),
        .reason = gt_package_id(package),
        .expect_revision = -1};
    gt_status st = gt_commit_begin(app->ctx, store, &info, &commit);
    for (size_t i = 0; st == GT_OK && i < gt_package_n_layers(package); i++) {
        st = gt_commit_define_layer(app->ctx, commit, gt_package_layer(package, i),
                                    GT_ORIGIN_SURVEY);
    }
    if (st != GT_OK) {
        gt_commit_abort(commit);
        return st;
    }
    int64_t revision = 0;
    return gt_commit_finish(app->ctx, commit, &revision);
}

/* A folder package/ that stands here without a map is somebody's: it is neither mixed nor undone.
 */
static gt_status folder_is_free(cli *app)
{
    char map[PATH_MAX], package[PATH_MAX];
    struct stat info;
    (void)snprintf(map, sizeof map, "%.4000s/onemap.gpkg", app->workspace);
    (void)snprintf(package, sizeof package, "%.4000s/package", app->workspace);
    bool taken = lstat(map, &info) != 0 && lstat(package, &info) == 0;
    return taken ? gt_fail_errno(app->ctx, EEXIST, "mkdir", package) : GT_OK;
}

static gt_status run(cli *app)
{
    gt_status st = GT_OK;
    char dir[PATH_MAX], copy[PATH_MAX];
    gt_package *package = NULL;
    gt_store *store = NULL;
    gt_book *book = NULL;
    const char *name = cli_option_value(app, "package", NULL);
    if (app->workspace == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NO_WORKSPACE, GT_NOWHERE, GT_NO_ARGS);
    }
    if (name == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "package"), GT_TEXT("arg", "P")));
    }
    st = cli_package_dir(app, name, dir, sizeof dir);
    if (st == GT_OK) {
        st = cli_read_package(app, dir, &package);
    }
    if (st != GT_OK) {
        goto done;
    }
    gt_store_options options;
    gt_store_options_init(&options);
    options.crs = gt_package_crs(package);
    options.title = gt_package_title(package);
    st = folder_is_free(app);
    if (st == GT_OK) {
        st = gt_store_create(app->ctx, app->workspace, &options, &store);
    }
    if (st == GT_OK) {
        (void)snprintf(copy, sizeof copy, "%.4000s/package", app->workspace);
        st = copy_tree(app->ctx, dir, copy, 0);
    }
    if (st == GT_OK) {
        st = define_layers(app, store, package);
    }
    if (st == GT_OK) { /* others find the views of the ledgers from the first day */
        st = gt_book_open(app->ctx, store, true, &book);
        gt_book_close(book);
    }
    if (st == GT_OK) {
        gt_text_printf(&app->out,
                       cli_say(app, "已建立工作空间 %s：%s %s，%zu 个图层，%zu 条规则\n",
                               "workspace %s made: %s %s, %zu layers, %zu rules\n"),
                       app->workspace, cli_title(app, gt_package_title(package)),
                       gt_package_version(package), gt_package_n_layers(package),
                       gt_package_n_rules(package));
    }
done:
    gt_store_close(store);
    if (st != GT_OK && store != NULL) {
        undo(app->workspace);
    }
    gt_package_free(package);
    return st;
}

static const cli_option options[] = {
    {"package",
     "P",
     {"规划包名称或目录，如 beijing", "plan package, by name or folder, e.g. beijing"},
     false},
    {"author", "NAME", {"操作人", "who does it"}, false},
    {0},
};

const cli_verb CLI_INIT = {
    .name = "init",
    .operands = "",
    .summary = {"以规划包新建工作空间", "make a workspace from a plan package"},
    .options = options,
    .run = run,
};
