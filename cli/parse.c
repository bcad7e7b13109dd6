#include "parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

bool cli_parse_bytes(const char *text, size_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *text == '-') {
        return false;
    }
    int shift = 0;
    switch (*end) {
    case 'k':
    case 'K':
        shift = 10;
        break;
    case 'm':
    case 'M':
        shift = 20;
        break;
    case 'g':
    case 'G':
        shift = 30;
        break;
    case '\0':
        break;
    default:
        return false;
    }
    if (shift > 0) {
        end++;
        if (strcmp(end, "iB") == 0 || strcmp(end, "B") == 0) {
            end += strlen(end);
        }
    }
    if (*end != '\0' || v > (SIZE_MAX >> shift)) {
        return false;
    }
    *out = (size_t)v << shift;
    return true;
}

/* One global option: how many arguments it takes up, 0 when it is none; *wrong: a bad value. */
static int take_global(cli *app, const char *a, const char *next, cli_globals *g,
                       const char **wrong)
{
    if (strcmp(a, "--version") == 0) {
        g->version = true;
        return 1;
    }
    if (strcmp(a, "-q") == 0 || strcmp(a, "--quiet") == 0) {
        app->quiet = true;
        return 1;
    }
    if (next == NULL) {
        return 0;
    }
    if (strcmp(a, "-w") == 0 || strcmp(a, "--workspace") == 0) {
        app->workspace = next;
        return 2;
    }
    if (strcmp(a, "--threads") == 0) {
        char *end = NULL;
        long n = strtol(next, &end, 10);
        *wrong = end == next || *end != '\0' || n < 1 || n > 1024 ? next : NULL;
        g->threads = (int)n;
        return 2;
    }
    if (strcmp(a, "--memory") == 0) {
        *wrong = cli_parse_bytes(next, &g->memory) ? NULL : next;
        return 2;
    }
    if (strcmp(a, "--lang") == 0) {
        *wrong = strcmp(next, "zh") != 0 && strcmp(next, "en") != 0 ? next : NULL;
        app->lang = strcmp(next, "zh") == 0 ? GT_LANG_ZH : GT_LANG_EN;
        return 2;
    }
    return 0;
}

/* The verb's own option that `a` names, or NULL. */
static const cli_option *own_option(const cli_verb *verb, const char *a)
{
    const char *name = a + strspn(a, "-");
    size_t len = strcspn(name, "=");
    for (const cli_option *o = verb->options; o != NULL && o->name != NULL; o++) {
        if (strlen(o->name) == len && strncmp(o->name, name, len) == 0) {
            return o;
        }
    }
    return NULL;
}

/* Global options after the verb count, too, unless the verb has one of that name: they are taken
 * out of the list. */
static const char *take_late_globals(cli *app, cli_globals *g)
{
    const cli_verb *verb = g->argc > 0 ? cli_find_verb(g->argv[0]) : NULL;
    const char *wrong = NULL;
    int kept = 1;
    for (int i = 1; verb != NULL && i < g->argc && wrong == NULL;) {
        char *a = g->argv[i];
        if (strcmp(a, "--") == 0) {
            while (i < g->argc) {
                g->argv[kept++] = g->argv[i++];
            }
            break;
        }
        const cli_option *own = a[0] == '-' && a[1] != '\0' ? own_option(verb, a) : NULL;
        int used = a[0] == '-' && own == NULL
                       ? take_global(app, a, i + 1 < g->argc ? g->argv[i + 1] : NULL, g, &wrong)
                       : 0;
        bool with_value = own != NULL && own->arg != NULL && strchr(a, '=') == NULL;
        for (int k = 0; used == 0 && k < (with_value ? 2 : 1) && i < g->argc; k++) {
            g->argv[kept++] = g->argv[i++];
        }
        i += used;
    }
    g->argc = verb != NULL ? kept : g->argc;
    return wrong;
}

const char *cli_parse_globals(cli *app, int argc, char **argv, cli_globals *g)
{
    memset(g, 0, sizeof *g);
    app->workspace = getenv("GUOTU_WORKSPACE");
    int i = 1;
    while (i < argc && argv[i][0] == '-') {
        const char *wrong = NULL;
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            break; /* cli_parse_verb knows it */
        }
        int used = take_global(app, argv[i], i + 1 < argc ? argv[i + 1] : NULL, g, &wrong);
        if (used == 0 || wrong != NULL) {
            return wrong != NULL ? wrong : argv[i];
        }
        i += used;
    }
    g->argc = argc - i;
    g->argv = argv + i;
    return take_late_globals(app, g);
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static size_t edit_distance(const char *a, const char *b)
{
    enum { MAX = 64 };
    size_t row[MAX + 1];
    size_t n = strnlen(a, MAX), m = strnlen(b, MAX);
    for (size_t j = 0; j <= m; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t up = row[j];
            row[j] = min3(up + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = up;
        }
    }
    return row[m];
}

const char *cli_nearest(const char *word, const char *const *names)
{
    const char *best = names[0];
    size_t least = SIZE_MAX;
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t d = edit_distance(word, names[i]);
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

const cli_verb *cli_find_verb(const char *name)
{
    for (size_t i = 0; CLI_VERBS[i] != NULL; i++) {
        if (strcmp(CLI_VERBS[i]->name, name) == 0) {
            return CLI_VERBS[i];
        }
    }
    return NULL;
}

static gt_status unknown_verb(cli *app, const char *name)
{
    const char *names[64];
    size_t n = 0;
    for (; CLI_VERBS[n] != NULL && n < 63; n++) {
        names[n] = CLI_VERBS[n]->name;
    }
    names[n] = NULL;
    return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_VERB, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("verb", name), GT_TEXT("near", cli_nearest(name, names))));
}

static const cli_option *find_option(const cli_verb *verb, const char *name, size_t len)
{
    for (const cli_option *o = verb->options; o != NULL && o->name != NULL; o++) {
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) {
            return o;
        }
    }
    return NULL;
}

static gt_status take_option(cli *app, const char *arg, const char *next, int *used)
{
    const char *name = arg + (arg[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    const cli_option *o = find_option(app->verb, name, len);
    if (o == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_OPTION, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("verb", app->verb->name), GT_TEXT("option", name)));
    }
    if (!o->repeat && cli_has(app, o->name)) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_TWICE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", o->name)));
    }
    const char *value = equals != NULL ? equals + 1 : "";
    if (o->arg != NULL && equals == NULL) {
        if (next == NULL) {
            return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("option", o->name), GT_TEXT("arg", o->arg)));
        }
        value = next;
        *used = 2;
    }
    if (app->n_values >= CLI_MAX_VALUES) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_TOO_MANY, GT_NOWHERE,
                       GT_ARGS(GT_INT("max", CLI_MAX_VALUES)));
    }
    app->values[app->n_values++] = (cli_value){o->name, value};
    return GT_OK;
}

static gt_status take_arguments(cli *app, int argc, char **argv)
{
    bool plain = false; /* after "--" */
    for (int i = 0; i < argc;) {
        int used = 1;
        const char *a = argv[i];
        if (!plain && strcmp(a, "--") == 0) {
            plain = true;
        } else if (!plain && a[0] == '-' && a[1] != '\0') {
            gt_status st = take_option(app, a, i + 1 < argc ? argv[i + 1] : NULL, &used);
            if (st != GT_OK) {
                return st;
            }
        } else if (app->n_operands >= CLI_MAX_OPERANDS) {
            return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_TOO_MANY, GT_NOWHERE,
                           GT_ARGS(GT_INT("max", CLI_MAX_OPERANDS)));
        } else {
            app->operands[app->n_operands++] = a;
        }
        i += used;
    }
    return GT_OK;
}

gt_status cli_parse_verb(cli *app, const cli_globals *g)
{
    const char *name = g->argc > 0 ? g->argv[0] : "help";
    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0) {
        name = "help";
    }
    app->verb = cli_find_verb(name);
    if (app->verb == NULL) {
        return unknown_verb(app, name);
    }
    for (int i = 1; i < g->argc; i++) {
        if (strcmp(g->argv[i], "--help") == 0 || strcmp(g->argv[i], "-h") == 0) {
            app->operands[app->n_operands++] = name; /* VERB --help is help VERB */
            app->verb = cli_find_verb("help");
            return GT_OK;
        }
    }
    gt_status st = g->argc > 1 ? take_arguments(app, g->argc - 1, g->argv + 1) : GT_OK;
    if (st == GT_OK &&
        (app->n_operands < app->verb->min_operands || app->n_operands > app->verb->max_operands)) {
        st = gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_OPERANDS, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("verb", app->verb->name),
                             GT_TEXT("operands", *app->verb->operands == '\0'
                                                     ? cli_say(app, "（无）", "(none)")
                                                     : app->verb->operands)));
    }
    return st;
}
