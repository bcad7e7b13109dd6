/* Reclassification of habitat values, as version 4 of the original does it: the rows "old new" in
 * the order of their old values, one after the other, so that a value that became another one is
 * met by that one's row, too, when it comes later. -9999 is nodata on both sides. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/job.h"
#include "circuit/messages.h"

#define NODATA (-9999.0)

typedef struct change {
    double from, to;
    int line;
} change;

static int by_from(const void *a, const void *b)
{
    const change *x = a, *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1)
                              : (x->line > y->line) - (x->line < y->line);
}

static gt_status load_table(gt_ctx *ctx, circuit_job *job, change **out, size_t *n)
{
    char *path = NULL;
    num_list list = {0};
    gt_status st = ini_file(ctx, &job->in, "reclass_file", job->o->root, &path);
    st = st == GT_OK ? num_list_read(ctx, path, 2, &list) : st;
    change *all = st == GT_OK ? gt_alloc(ctx, list.n, sizeof *all) : NULL;
    st = st == GT_OK && all == NULL ? GT_E_MEMORY : st;
    for (size_t i = 0; st == GT_OK && i < list.n; i++) {
        const double *row = list.v + i * (size_t)list.cols;
        all[i] = (change){row[0], row[1], list.line[i]};
        if (isnan(row[0]) || isnan(row[1])) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_ASC_NUMBER,
                         GT_PLACE(.file = path, .line = list.line[i]),
                         GT_ARGS(GT_TEXT("text", "missing")));
        }
    }
    if (st == GT_OK) {
        qsort(all, list.n, sizeof *all, by_from);
    }
    for (size_t i = 1; st == GT_OK && i < list.n; i++) {
        if (all[i].from == all[i - 1].from) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_RECLASS_TWICE,
                         GT_PLACE(.file = path, .line = all[i].line),
                         GT_ARGS(GT_REAL("value", all[i].from), GT_INT("line", all[i - 1].line)));
        }
    }
    *n = list.n;
    *out = all;
    num_list_free(ctx, &list);
    gt_free(ctx, path);
    return st;
}

/* First row at or after `low` whose old value is v; n: none. */
static size_t row_of(const change *all, size_t low, size_t n, double v)
{
    size_t high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (all[mid].from < v) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < n && all[low].from == v ? low : n;
}

gt_status circuit_reclass(gt_ctx *ctx, circuit_job *job, double *values, size_t n_values,
                          size_t stride)
{
    bool use = false;
    change *all = NULL;
    size_t n = 0;
    gt_status st = ini_flag(ctx, &job->in, "use_reclass_table", false, &use);
    if (st != GT_OK || !use) {
        return st;
    }
    st = load_table(ctx, job, &all, &n);
    for (size_t i = 0; st == GT_OK && i < n_values; i++) {
        double v = isnan(values[i * stride]) ? NODATA : values[i * stride];
        for (size_t k = row_of(all, 0, n, v); k < n; k = row_of(all, k + 1, n, v)) {
            v = all[k].to;
        }
        values[i * stride] = v == NODATA ? (double)NAN : v;
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
    }
    gt_free(ctx, all);
    return st;
}
