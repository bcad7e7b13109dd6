/* Helpers the verbs share: options, workspace, package, output. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "guotu/hash.h"
#include "messages.h"
#include "parse.h"

const char *cli_option_value(const cli *app, const char *name, const char *fallback)
{
    for (int i = 0; i < app->n_values; i++) {
        if (strcmp(app->values[i].name, name) == 0) {
            return app->values[i].value;
        }
    }
    return fallback;
}

bool cli_has(const cli *app, const char *name)
{
    return cli_option_value(app, name, NULL) != NULL;
}

const char *cli_title(const cli *app, gt_title title)
{
    return app->lang == GT_LANG_ZH ? title.zh : title.en;
}

static gt_status bad_value(cli *app, const char *option, const char *value, const char *allowed)
{
    return gt_fail(
        app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
        GT_ARGS(GT_TEXT("option", option), GT_TEXT("value", value), GT_TEXT("allowed", allowed)));
}

gt_status cli_get_format(cli *app, unsigned allowed, cli_format *out)
{
    static const char *const names[] = {"text", "csv", "json", "gpkg", "pdf", "png", "xlsx"};
    const char *given = cli_option_value(app, "format", "text");
    char list[64] = "";
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if ((allowed & (1U << i)) == 0) {
            continue;
        }
        if (strcmp(given, names[i]) == 0) {
            *out = (cli_format)i;
            return GT_OK;
        }
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "", names[i]);
    }
    return bad_value(app, "format", given, list);
}

gt_status cli_get_date(cli *app, const char *option, gt_date *out)
{
    const char *given = cli_option_value(app, option, NULL);
    *out = GT_DATE_NONE;
    if (given != NULL && !gt_date_parse(given, out)) {
        return bad_value(app, option, given, "YYYY-MM-DD");
    }
    return GT_OK;
}

gt_status cli_get_long(cli *app, const char *option, long fallback, long min, long max, long *out)
{
    const char *given = cli_option_value(app, option, NULL);
    *out = fallback;
    if (given == NULL) {
        return GT_OK;
    }
    char *end = NULL;
    errno = 0;
    long v = strtol(given, &end, 10);
    if (errno == 0 && end != given &&
        (*end == 'e' || *end == 'E')) { /* 1e6 is a whole number too */
        double d = strtod(given, &end);
        bool whole = d >= (double)min && d <= (double)max && floor(d) == d;
        v = whole ? (long)d : 0;
        errno = whole ? errno : ERANGE;
    }
    if (errno != 0 || end == given || *end != '\0' || v < min || v > max) {
        char range[64];
        (void)snprintf(range, sizeof range, "%ld .. %ld", min, max);
        return bad_value(app, option, given, range);
    }
    *out = v;
    return GT_OK;
}

gt_status cli_get_metres(cli *app, const char *option, double fallback, double most, double *out)
{
    const char *given = cli_option_value(app, option, NULL);
    *out = fallback;
    if (given == NULL) {
        return GT_OK;
    }
    char *end = NULL;
    double v = strtod(given, &end);
    if (end == given || *end != '\0' || !(v >= 0 && v <= most)) {
        char range[64];
        (void)snprintf(range, sizeof range, "0 .. %.0f (m)", most);
        return bad_value(app, option, given, range);
    }
    *out = v;
    return GT_OK;
}

gt_status cli_get_datum(cli *app, gt_datum_shift *out)
{
    const char *given = cli_option_value(app, "datum", "none");
    return gt_datum_parse(given, out) ? GT_OK : bad_value(app, "datum", given, "none, gcj02, bd09");
}

gt_status cli_open_store(cli *app, bool read_only, gt_store **out)
{
    if (app->workspace == NULL || *app->workspace == '\0') {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NO_WORKSPACE, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_store_options o;
    gt_store_options_init(&o);
    o.read_only = read_only;
    return gt_store_open(app->ctx, app->workspace, &o, out);
}

/* Which program this is: a rebuilt one does not trust what the last one found good. */
static void engine_identity(char out[96])
{
    struct stat self;
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    bool known = stat(exe, &self) == 0;
    (void)snprintf(out, 96, "guotu %s %lld %lld.%09ld", GT_VERSION,
                   known ? (long long)self.st_size : 0LL,
                   known ? (long long)self.st_mtim.tv_sec : 0LL, known ? self.st_mtim.tv_nsec : 0L);
}

/* Where the parsed form of a package is kept: beside the package of a workspace, else in the user's
 * cache under a name made of the folder's. Empty when there is no place. */
static void kept_path(const cli *app, const char *dir, char out[PATH_MAX])
{
    char own[PATH_MAX], real[PATH_MAX];
    *out = '\0';
    (void)snprintf(own, sizeof own, "%.4000s/package", app->workspace ? app->workspace : "");
    if (app->workspace != NULL && strcmp(own, dir) == 0) {
        (void)snprintf(out, PATH_MAX, "%.4000s.kept", own);
        return;
    }
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool given = cache != NULL && *cache == '/';
    if ((!given && (home == NULL || *home != '/')) || realpath(dir, real) == NULL) {
        return;
    }
    unsigned char digest[GT_HASH_BYTES];
    char hex[GT_HASH_HEX], folder[PATH_MAX];
    gt_hash hash;
    gt_hash_init(&hash);
    gt_hash_add_text(&hash, real);
    gt_hash_final(&hash, digest);
    gt_hash_hex(digest, hex);
    int n = snprintf(folder, sizeof folder, "%.3000s%s/guotu", given ? cache : home,
                     given ? "" : "/.cache");
    if (n > 0 && (mkdir(folder, 0700) == 0 || errno == EEXIST)) {
        (void)snprintf(out, PATH_MAX, "%.3500s/%.16s.kept", folder, hex);
    }
}

gt_status cli_read_package(cli *app, const char *dir, gt_package **out)
{
    char path[PATH_MAX], engine[96];
    gt_notes *notes = NULL;
    gt_status st = gt_notes_new(app->ctx, 0, &notes);
    if (st != GT_OK) {
        return st;
    }
    kept_path(app, dir, path);
    engine_identity(engine);
    const gt_package_keep keep = {.path = path, .engine = engine};
    st = *path == '\0' ? gt_package_read(app->ctx, dir, notes, out)
                       : gt_package_read_kept(app->ctx, dir, &keep, notes, out);
    size_t errors = gt_notes_count(notes, GT_ERROR);
    if (errors > 0) {
        gt_text text;
        gt_text_init(&text, app->ctx, 0);
        gt_notes_render_all(notes, app->lang, &text);
        (void)fputs(gt_text_cstr(&text), stderr);
        gt_text_free(&text);
        gt_error_clear(app->ctx);
        st = gt_fail(app->ctx, GT_E_INPUT, &CLI_MSG_PACKAGE_BAD, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("name", dir), GT_INT("n", errors)));
    }
    gt_notes_free(notes);
    return st;
}

gt_status cli_open_package(cli *app, gt_store *store, gt_package **out)
{
    char dir[PATH_MAX];
    (void)snprintf(dir, sizeof dir, "%s/package", gt_store_dir(store));
    return cli_read_package(app, dir, out);
}

gt_status cli_find_layer(cli *app, const gt_package *package, const char *id,
                         const gt_standard **out)
{
    *out = gt_package_find_layer(package, id);
    if (*out != NULL) {
        return GT_OK;
    }
    size_t n = gt_package_n_layers(package);
    const char **names = gt_alloc(app->ctx, n + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = gt_package_layer(package, i)->id;
    }
    names[n] = NULL;
    gt_status st = gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_LAYER, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("layer", id), GT_TEXT("package", gt_package_id(package)),
                                   GT_TEXT("near", n > 0 ? cli_nearest(id, names) : "")));
    gt_free(app->ctx, names);
    return st;
}

/* Folders that may hold packages: GUOTU_PLANS, beside the program, installed, in the source tree.
 */
static void plan_folders(char folders[4][PATH_MAX])
{
    char exe[PATH_MAX] = "";
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    const char *given = getenv("GUOTU_PLANS");
    (void)snprintf(folders[0], PATH_MAX, "%s", given != NULL ? given : "plans");
    (void)snprintf(folders[1], PATH_MAX, "%.4000s/../share/guotu/plans", exe);
    (void)snprintf(folders[2], PATH_MAX, "%.4000s/../../plans", exe);
    (void)snprintf(folders[3], PATH_MAX, "%.4000s/plans", exe);
}

gt_status cli_package_dir(cli *app, const char *name, char *out, size_t cap)
{
    char folders[4][PATH_MAX];
    char file[PATH_MAX + 32];
    (void)snprintf(file, sizeof file, "%.4000s/package.yaml", name);
    if (access(file, R_OK) == 0) {
        (void)snprintf(out, cap, "%s", name);
        return GT_OK;
    }
    plan_folders(folders);
    for (int i = 0; i < 4 && strchr(name, '/') == NULL; i++) {
        (void)snprintf(file, sizeof file, "%.3800s/%.200s/package.yaml", folders[i], name);
        if (access(file, R_OK) == 0) {
            (void)snprintf(out, cap, "%.3800s/%.200s", folders[i], name);
            return GT_OK;
        }
    }
    return gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_NO_PACKAGE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", name), GT_TEXT("known", "beijing, liechtenstein")));
}

gt_status cli_asked_package_dir(cli *app, char *out, size_t cap)
{
    const char *name = cli_option_value(app, "package", NULL);
    if (name != NULL || app->workspace == NULL) {
        return cli_package_dir(app, name != NULL ? name : "beijing", out, cap);
    }
    (void)snprintf(out, cap, "%.4000s/package", app->workspace);
    return GT_OK;
}

gt_status cli_asked_package(cli *app, gt_package **out)
{
    char dir[PATH_MAX];
    gt_status st = cli_asked_package_dir(app, dir, sizeof dir);
    return st == GT_OK ? cli_read_package(app, dir, out) : st;
}

gt_status cli_flush(cli *app)
{
    gt_status st = gt_text_status(&app->out);
    if (st != GT_OK) {
        return st;
    }
    bool failed =
        app->out.len > 0 && fwrite(app->out.data, 1, app->out.len, stdout) != app->out.len;
    if (failed || fflush(stdout) != 0) {
        if (errno == EPIPE) {
            return GT_OK; /* the reader had enough (head, less): not our failure */
        }
        return gt_fail(app->ctx, GT_E_ENV, &CLI_MSG_WRITE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("reason", strerrordesc_np(errno))));
    }
    gt_text_clear(&app->out);
    return GT_OK;
}

const char *cli_author(const cli *app)
{
    const char *given = cli_option_value(app, "author", NULL);
    if (given == NULL || *given == '\0') {
        given = getenv("GUOTU_AUTHOR");
    }
    if (given == NULL || *given == '\0') {
        given = getenv("USER");
    }
    if (given == NULL || *given == '\0') {
        const struct passwd *me = getpwuid(getuid()); /* the program has one thread here */
        given = me != NULL ? me->pw_name : NULL;
    }
    return given != NULL && *given != '\0' ? given : "unknown";
}

const char *cli_actor(const cli *app)
{
    const char *given = cli_option_value(app, "as", cli_option_value(app, "author", NULL));
    if (given == NULL || *given == '\0') {
        given = getenv("GUOTU_ACTOR");
    }
    return given != NULL && *given != '\0' ? given : cli_author(app);
}
