/* Lists of numbers, a row a line. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "circuit/files.h"
#include "circuit/messages.h"

static bool is_gap(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == '\r';
}

static gt_status bad_number(gt_ctx *ctx, const char *path, int line, const char *a, const char *b)
{
    char shown[41];
    size_t n = (size_t)(b - a), bad = 0;
    n = n < 40 ? n : 40;
    memcpy(shown, a, n);
    if (!gt_utf8_valid(shown, n, &bad)) {
        n = bad;
    }
    shown[n] = '\0';
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_ASC_NUMBER, GT_PLACE(.file = path, .line = line),
                   GT_ARGS(GT_TEXT("text", shown)));
}

/* Number at [a, b); NaN for the word missing (with or without quotes). */
static bool number_of(const char *a, const char *b, double *out)
{
    char *end = NULL;
    size_t n = (size_t)(b - a);
    if ((n == 9 && memcmp(a, "\"missing\"", 9) == 0) || (n == 7 && memcmp(a, "missing", 7) == 0)) {
        *out = (double)NAN;
        return true;
    }
    *out = strtod(a, &end);
    return end == b && isfinite(*out);
}

typedef struct list_maker {
    gt_ctx *ctx;
    const char *path;
    int min_cols;
    size_t cap_v, cap_line, n_v;
    num_list *out;
} list_maker;

/* One line [s, end). */
static gt_status take_row(list_maker *m, const char *s, const char *end, int line)
{
    int n = 0;
    while (s < end) {
        while (s < end && is_gap(*s)) {
            s++;
        }
        const char *a = s;
        while (s < end && !is_gap(*s)) {
            s++;
        }
        if (a == s) {
            break;
        }
        if (gt_grow(m->ctx, (void **)&m->out->v, &m->cap_v, m->n_v + 1, sizeof(double)) != GT_OK) {
            return GT_E_MEMORY;
        }
        if (!number_of(a, s, &m->out->v[m->n_v])) {
            return bad_number(m->ctx, m->path, line, a, s);
        }
        m->n_v++;
        n++;
    }
    if (n == 0) {
        return GT_OK;
    }
    int want = m->out->n == 0 ? (n < m->min_cols ? m->min_cols : n) : m->out->cols;
    if (n != want) {
        return gt_fail(m->ctx, GT_E_INPUT, &GT_MSG_LIST_COLUMNS,
                       GT_PLACE(.file = m->path, .line = line),
                       GT_ARGS(GT_INT("n", n), GT_INT("want", want)));
    }
    if (gt_grow(m->ctx, (void **)&m->out->line, &m->cap_line, m->out->n + 1, sizeof(int)) !=
        GT_OK) {
        return GT_E_MEMORY;
    }
    m->out->line[m->out->n++] = line;
    m->out->cols = n;
    return GT_OK;
}

gt_status num_list_parse(gt_ctx *ctx, const char *path, const char *text, int skip, int min_cols,
                         num_list *out)
{
    memset(out, 0, sizeof *out);
    list_maker m = {.ctx = ctx, .path = path, .min_cols = min_cols, .out = out};
    gt_status st = GT_OK;
    const char *s = text;
    for (int line = 1; st == GT_OK && *s != '\0'; line++) {
        const char *end = strchr(s, '\n');
        end = end == NULL ? s + strlen(s) : end;
        if (line > skip) {
            st = take_row(&m, s, end, line);
        }
        if (st == GT_OK && line % 4096 == 0) {
            st = gt_check_cancel(ctx);
        }
        s = *end == '\0' ? end : end + 1;
    }
    if (st == GT_OK && out->n == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_LIST_EMPTY, GT_PLACE(.file = path), GT_NO_ARGS);
    }
    if (st != GT_OK) {
        num_list_free(ctx, out);
    }
    return st;
}

gt_status num_list_read(gt_ctx *ctx, const char *path, int min_cols, num_list *out)
{
    char *text = NULL;
    size_t len = 0;
    memset(out, 0, sizeof *out);
    gt_status st = circuit_read_text(ctx, path, &text, &len);
    st = st == GT_OK ? num_list_parse(ctx, path, text, 0, min_cols, out) : st;
    gt_free(ctx, text);
    return st;
}

void num_list_free(gt_ctx *ctx, num_list *list)
{
    gt_free(ctx, list->v);
    gt_free(ctx, list->line);
    memset(list, 0, sizeof *list);
}

gt_status num_list_whole(gt_ctx *ctx, const num_list *list, const char *path, size_t row, int col,
                         int64_t min, int64_t max, int64_t *out)
{
    double v = list->v[row * (size_t)list->cols + (size_t)col];
    if (!(v >= (double)min && v <= (double)max) || v != floor(v)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_NOT_WHOLE,
                       GT_PLACE(.file = path, .line = list->line[row]),
                       GT_ARGS(GT_TEXT("what", "id"), GT_REAL("value", v), GT_INT("min", min),
                               GT_INT("max", max)));
    }
    *out = (int64_t)v;
    return GT_OK;
}
