/* Where the cases of indicators, ledgers, models ... stand: the first column of KIND-cases.csv. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/cases.h"
#include "plan/messages.h"

enum { MAX_BYTES = 4 << 20, MAX_PATH = 4096 };

struct gt_proofs {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_proof *list;
    size_t n, cap;
};

typedef struct sheet { /* one file */
    const gt_package *package;
    gt_notes *notes;
    gt_proofs *proofs;
    gt_item_kind kind;
    const char *file;
} sheet;

static bool is_item(const sheet *s, const char *id)
{
    for (size_t i = 0; i < gt_package_n_items(s->package); i++) {
        const gt_item *item = gt_package_item(s->package, i);
        if (item->kind == s->kind && strcmp(item->id, id) == 0) {
            return true;
        }
    }
    return false;
}

static gt_status add(sheet *s, const char *id, int line)
{
    gt_proofs *p = s->proofs;
    gt_title kind = gt_item_kind_title(s->kind);
    if (!is_item(s, id)) {
        return s->notes == NULL ? GT_OK
                                : gt_notes_add(s->notes, GT_ERROR, &GT_MSG_CASE_ITEM,
                                               GT_PLACE(.file = s->file, .line = line, .column = 1),
                                               GT_ARGS(GT_TEXT("id", id), GT_TEXT("kind", kind.en),
                                                       GT_TEXT("kind_zh", kind.zh)));
    }
    void *block = p->list;
    gt_status st = gt_grow(p->ctx, &block, &p->cap, p->n + 1, sizeof *p->list);
    p->list = block;
    if (st == GT_OK) {
        p->list[p->n++] = (gt_proof){s->kind, id, s->file, line};
    }
    return st;
}

/* The record's first column, with its quotes taken off. */
static const char *first_column(const sheet *s, const char *record, const char *stop)
{
    bool quoted = record < stop && *record == '"';
    const char *from = quoted ? record + 1 : record, *to = from;
    while (to < stop && (quoted ? *to != '"' : *to != ',' && *to != '\r' && *to != '\n')) {
        to++;
    }
    return gt_arena_strndup(s->proofs->arena, from, (size_t)(to - from));
}

static gt_status take_records(sheet *s, const char *text, size_t len)
{
    gt_status st = GT_OK;
    const char *stop = text + len;
    int line = 1;
    for (const char *p = text; st == GT_OK && p < stop;) {
        const char *record = p;
        int first = line;
        bool quoted = false;
        for (; p < stop && (quoted || *p != '\n'); p++) {
            quoted = *p == '"' ? !quoted : quoted;
            line += *p == '\n';
        }
        p += p < stop;
        line++;
        bool blank = *record == '\n' || *record == '\r';
        if (first > 1 && !blank) {
            const char *id = first_column(s, record, p);
            st = id == NULL ? GT_E_MEMORY : add(s, id, first);
        }
    }
    return st;
}

/* The whole file; *len 0 when there is none. */
static gt_status load(gt_ctx *ctx, const char *path, char **out, size_t *len)
{
    FILE *file = fopen(path, "rb");
    *len = 0;
    if (file == NULL) {
        return errno == ENOENT ? GT_OK : gt_fail_errno(ctx, errno, "fopen", path);
    }
    gt_status st = GT_OK;
    *out = gt_alloc(ctx, MAX_BYTES + 1, 1);
    if (*out == NULL) {
        st = GT_E_MEMORY;
    } else {
        *len = fread(*out, 1, MAX_BYTES + 1, file);
        if (ferror(file) != 0) {
            st = gt_fail_errno(ctx, EIO, "fread", path);
        } else if (*len > MAX_BYTES) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_FILE_TOO_LARGE, GT_PLACE(.file = path),
                         GT_ARGS(GT_INT("bytes", (long long)*len), GT_INT("max", MAX_BYTES)));
        }
    }
    (void)fclose(file);
    return st;
}

static gt_status take_kind(sheet *s)
{
    gt_ctx *ctx = s->proofs->ctx;
    char path[2 * MAX_PATH], name[64];
    char *text = NULL;
    size_t len = 0;
    (void)snprintf(name, sizeof name, "%s-cases.csv", gt_item_kind_name(s->kind));
    (void)snprintf(path, sizeof path, "%.4000s/%s", gt_package_dir(s->package), name);
    gt_status st = load(ctx, path, &text, &len);
    if (st == GT_OK && len > 0) {
        s->file = gt_arena_strdup(s->proofs->arena, name);
        st = s->file == NULL ? GT_E_MEMORY : take_records(s, text, len);
    }
    gt_free(ctx, text);
    return st;
}

gt_status gt_proofs_read(gt_ctx *ctx, const gt_package *package, gt_notes *notes, gt_proofs **out)
{
    gt_proofs *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    p->ctx = ctx;
    gt_status st = gt_arena_new(ctx, 0, &p->arena);
    for (int k = 0; st == GT_OK && k < GT_ITEM_KINDS; k++) {
        if (k != GT_ITEM_RULE) { /* those stand in cases/ */
            sheet s = {package, notes, p, (gt_item_kind)k, NULL};
            st = take_kind(&s);
        }
    }
    if (st != GT_OK) {
        gt_proofs_free(p);
        return st;
    }
    *out = p;
    return GT_OK;
}

void gt_proofs_free(gt_proofs *p)
{
    if (p != NULL) {
        gt_free(p->ctx, p->list);
        gt_arena_free(p->arena);
        gt_free(p->ctx, p);
    }
}

size_t gt_proofs_n(const gt_proofs *p)
{
    return p->n;
}

const gt_proof *gt_proofs_get(const gt_proofs *p, size_t i)
{
    return &p->list[i];
}
