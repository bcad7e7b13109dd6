/* Lists of pairs to solve or to leave out: "mode include" and two ids a line, or "min", "max" and a
 * square of values of which those within are solved. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/job.h"
#include "circuit/messages.h"

#define IDS_MAX 20000 /* points of one list of pairs */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static size_t place_of(const circuit_pairs *pairs, int64_t id)
{
    const int64_t *at =
        pairs->n == 0 ? NULL : bsearch(&id, pairs->id, pairs->n, sizeof id, by_value);
    return at == NULL ? SIZE_MAX : (size_t)(at - pairs->id);
}

bool circuit_pairs_name(const circuit_pairs *pairs, int64_t id)
{
    return place_of(pairs, id) != SIZE_MAX;
}

bool circuit_pair_wanted(const circuit_pairs *pairs, int64_t a, int64_t b)
{
    if (!pairs->given) {
        return true;
    }
    size_t i = place_of(pairs, a), j = place_of(pairs, b);
    bool named = i != SIZE_MAX && j != SIZE_MAX && pairs->named[i * pairs->n + j] != 0;
    return named == pairs->include;
}

void circuit_pairs_free(gt_ctx *ctx, circuit_pairs *pairs)
{
    gt_free(ctx, pairs->id);
    gt_free(ctx, pairs->named);
    memset(pairs, 0, sizeof *pairs);
}

/* Sorts and thins out the ids, makes the square. */
static gt_status settle(gt_ctx *ctx, const char *path, circuit_pairs *p)
{
    size_t k = 0;
    qsort(p->id, p->n, sizeof *p->id, by_value);
    for (size_t i = 0; i < p->n; i++) {
        if (k == 0 || p->id[i] != p->id[k - 1]) {
            p->id[k++] = p->id[i];
        }
    }
    p->n = k;
    if (k > IDS_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SYSTEM_LARGE, GT_PLACE(.file = path),
                       GT_ARGS(GT_INT("n", k), GT_INT("max", IDS_MAX)));
    }
    p->named = gt_zalloc(ctx, k * k, 1);
    return p->named == NULL ? GT_E_MEMORY : GT_OK;
}

static void name_pair(circuit_pairs *p, int64_t a, int64_t b)
{
    size_t i = place_of(p, a), j = place_of(p, b);
    p->named[i * p->n + j] = p->named[j * p->n + i] = 1;
}

static gt_status from_list(gt_ctx *ctx, const char *path, const char *text, circuit_pairs *out)
{
    num_list list = {0};
    gt_status st = num_list_parse(ctx, path, text, 1, 2, &list);
    if (st == GT_OK) {
        out->id = gt_alloc(ctx, 2 * list.n, sizeof *out->id);
        st = out->id == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < list.n; i++) {
        for (int c = 0; st == GT_OK && c < 2; c++) {
            st = num_list_whole(ctx, &list, path, i, c, INT32_MIN + 1, INT32_MAX, &out->id[out->n]);
            out->n += st == GT_OK;
        }
    }
    st = st == GT_OK ? settle(ctx, path, out) : st;
    for (size_t i = 0; st == GT_OK && i < list.n; i++) {
        const double *row = list.v + i * (size_t)list.cols;
        name_pair(out, (int64_t)row[0], (int64_t)row[1]);
    }
    num_list_free(ctx, &list);
    return st;
}

static gt_status from_square(gt_ctx *ctx, const char *path, const char *text, double min,
                             double max, circuit_pairs *out)
{
    num_list list = {0};
    gt_status st = num_list_parse(ctx, path, text, 2, 2, &list);
    size_t n = list.n == 0 ? 0 : list.n - 1;
    if (st == GT_OK && (size_t)list.cols != list.n) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_LIST_COLUMNS,
                     GT_PLACE(.file = path, .line = list.line[0]),
                     GT_ARGS(GT_INT("n", list.cols), GT_INT("want", list.n)));
    }
    if (st == GT_OK) {
        out->id = gt_alloc(ctx, n, sizeof *out->id);
        st = out->id == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = num_list_whole(ctx, &list, path, i + 1, 0, INT32_MIN + 1, INT32_MAX, &out->id[out->n]);
        out->n += st == GT_OK;
        int64_t head = 0;
        st = st == GT_OK
                 ? num_list_whole(ctx, &list, path, 0, (int)i + 1, INT32_MIN + 1, INT32_MAX, &head)
                 : st;
        if (st == GT_OK && head != out->id[i]) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_PAIRS_FORM,
                         GT_PLACE(.file = path, .line = list.line[i + 1]), GT_NO_ARGS);
        }
    }
    st = st == GT_OK ? settle(ctx, path, out) : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double v = list.v[(i + 1) * (size_t)list.cols + j + 1];
            if (v >= min && v <= max && i != j) {
                name_pair(out, (int64_t)list.v[(i + 1) * (size_t)list.cols],
                          (int64_t)list.v[j + 1]);
            }
        }
    }
    num_list_free(ctx, &list);
    return st;
}

gt_status circuit_pairs_parse(gt_ctx *ctx, const char *path, const char *text, circuit_pairs *out)
{
    char word[16] = "", more[16] = "";
    double min = 0, max = 0;
    memset(out, 0, sizeof *out);
    gt_status st = GT_OK;
    if (sscanf(text, "%15s %15s", word, more) == 2 && strcmp(word, "mode") == 0 &&
        (strcmp(more, "include") == 0 || strcmp(more, "exclude") == 0)) {
        out->include = strcmp(more, "include") == 0;
        st = from_list(ctx, path, text, out);
    } else if (sscanf(text, "min %lf max %lf", &min, &max) == 2 && isfinite(min) && isfinite(max)) {
        out->include = true;
        st = from_square(ctx, path, text, min, max, out);
    } else {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_PAIRS_FORM, GT_PLACE(.file = path, .line = 1),
                     GT_NO_ARGS);
    }
    out->given = true;
    if (st != GT_OK) {
        circuit_pairs_free(ctx, out);
    }
    return st;
}
