/* Who ran what, and when: one line of JSON for each run of a model. Lines are added in one write,
 * so that a kill leaves whole lines; a line that is not whole is passed over when reading. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/internal.h"
#include "guotu/date.h"

enum { PATH = 4096 };

static gt_status append(gt_ctx *ctx, const char *path, const gt_text *line)
{
    const char *data = gt_text_cstr(line);
    size_t n = strlen(data);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    bool good = fd >= 0 && write(fd, data, n) == (ssize_t)n;
    gt_status st = good ? GT_OK : gt_fail_errno(ctx, fd >= 0 ? EIO : errno, "write", path);
    if (fd >= 0) {
        (void)close(fd);
    }
    return st;
}

gt_status gt_record_run(gt_ctx *ctx, const char *kept, const char *author, const node *n,
                        const char *how)
{
    char path[PATH], at[GT_TIME_TEXT];
    gt_text line;
    bool first = true;
    if (snprintf(path, sizeof path, "%s/%s", kept, GT_RUN_RECORD) >= PATH) {
        return gt_fail_errno(ctx, ENAMETOOLONG, "write", kept);
    }
    gt_time_format(gt_time_now(), at);
    gt_text_init(&line, ctx, 0);
    gt_text_printf(&line, "{\"at\":\"%s\",\"by\":", at);
    gt_text_json_string(&line, author);
    gt_text_puts(&line, ",\"model\":");
    gt_text_json_string(&line, n->decl->id);
    gt_text_puts(&line, ",\"kernel\":");
    gt_text_json_string(&line, n->kernel->name);
    gt_text_printf(&line, ",\"how\":\"%s\",\"outputs\":[", how);
    for (size_t k = 0; k < GT_MODEL_PORTS_MAX; k++) {
        if (n->out[k] != NULL) {
            gt_text_puts(&line, first ? "" : ",");
            gt_text_json_string(&line, n->out[k]);
            first = false;
        }
    }
    gt_text_puts(&line, "]}\n");
    gt_status st = gt_text_status(&line);
    st = st == GT_OK ? append(ctx, path, &line) : st;
    gt_text_free(&line);
    return st;
}

/* Is this line whole, and does it name the grid among its outputs? */
static bool names(const char *line, size_t n, const char *name)
{
    char mark[320];
    const char *outputs = strstr(line, ",\"outputs\":[");
    (void)snprintf(mark, sizeof mark, "\"%.255s\"", name);
    return n > 3 && strcmp(line + n - 3, "]}\n") == 0 && line[0] == '{' && outputs != NULL &&
           strstr(outputs, mark) != NULL;
}

/* WORKSPACE/grids/NAME.tif to the record and NAME. */
static bool record_of(const char *grid, char path[PATH], char name[256])
{
    const char *slash = strrchr(grid, '/'), *base = slash == NULL ? grid : slash + 1;
    size_t n = strlen(base);
    int dir = slash == NULL ? 1 : (int)(slash - grid);
    if (n < 5 || n >= 256 || strcmp(base + n - 4, ".tif") != 0) {
        return false;
    }
    (void)snprintf(name, 256, "%.*s", (int)(n - 4), base);
    return snprintf(path, PATH, "%.*s/.build/%s", dir, slash == NULL ? "." : grid, GT_RUN_RECORD) <
           PATH;
}

gt_status gt_graph_last_run(gt_ctx *ctx, const char *grid, gt_text *out, bool *found)
{
    char path[PATH], name[256], *line = NULL;
    size_t room = 0;
    *found = false;
    FILE *in = record_of(grid, path, name) ? fopen(path, "re") : NULL;
    gt_status st = GT_OK;
    while (in != NULL && st == GT_OK) {
        ssize_t n = getline(&line, &room, in);
        if (n < 0) {
            break;
        }
        if (names(line, (size_t)n, name)) {
            *found = true;
            gt_text_clear(out);
            line[n - 1] = '\0';
            gt_text_puts(out, line);
            st = gt_text_status(out);
        }
    }
    if (in != NULL) {
        (void)fclose(in);
    }
    free(line); /* getline's own */
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}
