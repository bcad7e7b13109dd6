/* Who may override a verdict: WORKSPACE/actors.csv, one "actor,role" a line, # for remarks. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "cli.h"
#include "messages.h"

static const char power[] = "approver"; /* the role that may decide against a verdict */

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t') {
        text++;
    }
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL) {
        text[--n] = '\0';
    }
    return text;
}

gt_status cli_actor_role(cli *app, const gt_store *store, const char *actor, char *role, size_t cap,
                         bool *may_override)
{
    char path[PATH_MAX], line[1024];
    gt_status st = GT_OK;
    role[0] = '\0';
    *may_override = false;
    (void)snprintf(path, sizeof path, "%.4000s/actors.csv", gt_store_dir(store));
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return errno == ENOENT ? GT_OK : gt_fail_errno(app->ctx, errno, "fopen", path);
    }
    for (int number = 1; st == GT_OK && fgets(line, sizeof line, file) != NULL; number++) {
        char *text = trim(line), *comma = strchr(text, ',');
        if (*text == '\0' || *text == '#') {
            continue;
        }
        if (comma == NULL) {
            st = gt_fail(app->ctx, GT_E_INPUT, &CLI_MSG_ACTORS,
                         GT_PLACE(.file = path, .line = number, .column = 1), GT_NO_ARGS);
            break;
        }
        *comma = '\0';
        if (strcmp(trim(text), actor) == 0) {
            (void)snprintf(role, cap, "%s", trim(comma + 1));
            *may_override = *may_override || strcmp(role, power) == 0;
        }
    }
    (void)fclose(file);
    return st;
}
