/* CSV tables: see tables.h. */
#include "model/connect/tables.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/connect/messages.h"

enum { NAMES_MAX = 16, FIELD_MAX = 256 };

gt_status gt_table_write(gt_ctx *ctx, const char *path, const gt_text *text)
{
    gt_text part;
    if (path == NULL) {
        return GT_OK;
    }
    gt_text_init(&part, ctx, 0);
    gt_text_printf(&part, "%s.part", path);
    gt_status st = gt_text_status(text);
    st = st == GT_OK ? gt_text_status(&part) : st;
    if (st == GT_OK) {
        FILE *f = fopen(gt_text_cstr(&part), "we");
        bool good = f != NULL && fwrite(gt_text_cstr(text), 1, text->len, f) == text->len;
        int e = errno;
        if (f != NULL && fclose(f) != 0 && good) {
            good = false;
            e = errno;
        }
        if (good && rename(gt_text_cstr(&part), path) != 0) {
            good = false;
            e = errno;
        }
        if (!good) {
            (void)unlink(gt_text_cstr(&part));
            st = gt_fail_errno(ctx, e, "write", path);
        }
    }
    gt_text_free(&part);
    return st;
}

void gt_table_real(gt_text *out, double v)
{
    char text[40];
    if (isnan(v)) {
        return;
    }
    for (int digits = 9; digits <= 17; digits += 4) {
        (void)snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) {
            break;
        }
    }
    gt_text_puts(out, text);
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static gt_status load(gt_ctx *ctx, const char *path, char **out, size_t *n)
{
    char *data = NULL;
    long size = 0;
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        bool missing = errno == ENOENT;
        gt_status bad = gt_fail_errno(ctx, errno, "read", path);
        return missing ? GT_E_NOT_FOUND : bad;
    }
    bool good = fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0;
    gt_status st = good ? GT_OK : gt_fail_errno(ctx, errno, "read", path);
    if (st == GT_OK && (size_t)size > GT_TABLE_BYTES_MAX) {
        st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_CONNECT_TOO_MANY, GT_PLACE(.file = path),
                     GT_ARGS(GT_INT("n", size), GT_INT("most", (long long)GT_TABLE_BYTES_MAX),
                             GT_TEXT("what", "bytes"), GT_TEXT("what_zh", "字节")));
    }
    if (st == GT_OK) {
        data = gt_alloc(ctx, (size_t)size + 1, 1);
        st = data == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK && fread(data, 1, (size_t)size, f) != (size_t)size) {
        st = gt_fail_errno(ctx, EIO, "read", path);
    }
    (void)fclose(f);
    if (st != GT_OK) {
        gt_free(ctx, data);
        return st;
    }
    data[size] = '\0';
    *out = data;
    *n = (size_t)size;
    return GT_OK;
}

/* Next field into text (cut at FIELD_MAX); *more: another one follows on this line. */
static const char *next_field(const char *s, char text[FIELD_MAX], bool *more, int *line)
{
    size_t n = 0;
    bool quoted = *s == '"';
    s += quoted ? 1 : 0;
    while (*s != '\0') {
        if (quoted && *s == '"') {
            if (s[1] != '"') {
                quoted = false;
                s++;
                continue;
            }
            s++;
        } else if (!quoted && (*s == ',' || *s == '\n' || *s == '\r')) {
            break;
        }
        *line += *s == '\n' ? 1 : 0;
        if (n + 1 < FIELD_MAX) {
            text[n++] = *s;
        }
        s++;
    }
    text[n] = '\0';
    *more = *s == ',';
    s += *s == '\r' ? 1 : 0;
    return *s == '\0' ? s : s + 1;
}

typedef struct reader {
    gt_ctx *ctx;
    const char *path;
    int line;
    int *column; /* of each name */
    size_t n_names;
    double *out;
    size_t rows, cap;
} reader;

static gt_status read_names(reader *r, const char **s, const char *const *names)
{
    char text[FIELD_MAX], known[1024] = "";
    bool more = true;
    for (size_t k = 0; k < r->n_names; k++) {
        r->column[k] = -1;
    }
    *s += strncmp(*s, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (int c = 0; more; c++) {
        *s = next_field(*s, text, &more, &r->line);
        for (size_t k = 0; k < r->n_names; k++) {
            r->column[k] = strcmp(text, names[k]) == 0 ? c : r->column[k];
        }
        size_t at = strlen(known);
        (void)snprintf(known + at, sizeof known - at, "%s%s", c > 0 ? ", " : "", text);
    }
    r->line++;
    for (size_t k = 0; k < r->n_names; k++) {
        if (r->column[k] < 0) {
            return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_CONNECT_COLUMN, GT_PLACE(.file = r->path),
                           GT_ARGS(GT_TEXT("name", names[k]), GT_TEXT("known", known)));
        }
    }
    return GT_OK;
}

static gt_status bad_line(const reader *r, int line, const char *what, const char *zh)
{
    return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_CONNECT_TABLE,
                   GT_PLACE(.file = r->path, .line = line),
                   GT_ARGS(GT_INT("line", line), GT_TEXT("what", what), GT_TEXT("what_zh", zh)));
}

static gt_status read_row(reader *r, const char **s)
{
    char text[FIELD_MAX];
    bool more = true;
    size_t found = 0;
    int line = r->line;
    gt_status st =
        gt_grow(r->ctx, (void **)&r->out, &r->cap, (r->rows + 1) * r->n_names, sizeof *r->out);
    if (st != GT_OK) {
        return st;
    }
    for (int c = 0; more; c++) {
        *s = next_field(*s, text, &more, &r->line);
        for (size_t k = 0; k < r->n_names; k++) {
            char *end = text;
            if (r->column[k] != c) {
                continue;
            }
            double v = strtod(text, &end);
            if (end == text || *end != '\0' || !isfinite(v)) {
                return bad_line(r, line, "a number is missing or is none", "缺少数值或不是数");
            }
            r->out[r->rows * r->n_names + k] = v;
            found++;
        }
    }
    r->line++;
    if (found < r->n_names) {
        return bad_line(r, line, "the line is too short", "列数不足");
    }
    r->rows++;
    return GT_OK;
}

gt_status gt_table_read(gt_ctx *ctx, const char *path, const char *const *names, size_t n_names,
                        double **out, size_t *rows)
{
    char *data = NULL;
    size_t n = 0;
    int column[NAMES_MAX];
    reader r = {.ctx = ctx, .path = path, .line = 1, .column = column, .n_names = n_names};
    gt_status st = load(ctx, path, &data, &n);
    const char *s = data;
    if (st == GT_OK && strlen(data) != n) {
        st = bad_line(&r, 1, "the file is not text", "不是文本文件");
    }
    st = st == GT_OK ? read_names(&r, &s, names) : st;
    while (st == GT_OK && *s != '\0') {
        if (*s == '\n' || *s == '\r') {
            r.line += *s == '\n' ? 1 : 0;
            s++;
            continue;
        }
        st = read_row(&r, &s);
        if (st == GT_OK && r.rows % 4096 == 0) {
            st = gt_check_cancel(ctx);
        }
    }
    gt_free(ctx, data);
    if (st != GT_OK) {
        gt_free(ctx, r.out);
        return st;
    }
    *out = r.out;
    *rows = r.rows;
    return GT_OK;
}
