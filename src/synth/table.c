#include "synth/table.h"

#include <errno.h>
#include <stdio.h>

#include "synth/messages.h"
#include "synth/noise.h"

enum { MAX_BYTES = 4 << 20 };

/* The next cell, with quotes taken off; *last: the record ends after it. */
static char *cell(sy_cursor *c, bool *last)
{
    char *out = c->at, *to = c->at;
    bool quoted = *c->at == '"';
    c->at += quoted;
    for (; *c->at != '\0'; c->at++) {
        if (quoted && *c->at == '"') {
            if (c->at[1] != '"') {
                quoted = false;
                continue;
            }
            c->at++;
        } else if (!quoted && (*c->at == ',' || *c->at == '\n' || *c->at == '\r')) {
            break;
        }
        c->line += *c->at == '\n';
        *to++ = *c->at;
    }
    *last = *c->at != ',';
    char end = *c->at;
    c->at += end != '\0';
    if (end == '\r' && *c->at == '\n') {
        c->at++;
    }
    c->line += *last;
    *to = '\0';
    return out;
}

int sy_table_record(sy_cursor *c, char **cells, int most)
{
    bool last = false;
    int k = 0;
    for (; !last; k++) {
        cells[k < most ? k : most - 1] = cell(c, &last);
    }
    return k;
}

gt_status sy_table_load(gt_ctx *ctx, const char *path, char **out)
{
    *out = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return errno == ENOENT ? GT_OK : gt_fail_errno(ctx, errno, "fopen", path);
    }
    gt_status st = GT_OK;
    char *text = gt_alloc(ctx, MAX_BYTES + 1, 1);
    size_t len = text == NULL ? 0 : fread(text, 1, MAX_BYTES, file);
    if (text == NULL) {
        st = GT_E_MEMORY;
    } else if (ferror(file) != 0) {
        st = gt_fail_errno(ctx, EIO, "fread", path);
        gt_free(ctx, text);
    } else {
        text[len] = '\0';
        *out = text;
    }
    (void)fclose(file);
    return st;
}

uint64_t sy_hash_text(const char *text)
{
    uint64_t h = 0;
    for (; *text != '\0'; text++) {
        h = sy_hash(7, h, (unsigned char)*text);
    }
    return h;
}
