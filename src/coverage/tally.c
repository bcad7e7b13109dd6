#include "coverage/tally.h"

#include <stdlib.h>
#include <string.h>

static gt_status add_entry(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n, int64_t area,
                           int64_t plane)
{
    gt_tally *t = user;
    void *block = t->keys, *rows = t->rows;
    gt_status st = gt_grow(ctx, &block, &t->cap_keys, t->n_keys + n + 1, sizeof *t->keys);
    t->keys = block;
    st = st == GT_OK ? gt_grow(ctx, &rows, &t->cap_rows, t->n_rows + 1, sizeof *t->rows) : st;
    t->rows = rows;
    if (st != GT_OK) {
        return st;
    }
    uint64_t *to = t->keys + t->n_keys;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t code = gt_strip_code(t->strip, keys[i]);
        if (code != GT_WEAVE_NONE) {
            to[kept++] = gt_sum_key((uint32_t)(keys[i] >> 32), code);
        }
    }
    kept = gt_sum_keys_tidy(to, kept);
    if (kept > 0) {
        t->rows[t->n_rows++] = (gt_tally_row){t->n_keys, kept, area, plane};
        t->n_keys += kept;
    }
    return GT_OK;
}

static int row_order(const void *a, const void *b, void *user)
{
    const gt_tally *t = user;
    const gt_tally_row *p = a, *q = b;
    size_t n = p->n < q->n ? p->n : q->n;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = t->keys[p->first + i], y = t->keys[q->first + i];
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return (p->n > q->n) - (p->n < q->n);
}

gt_status gt_tally_cell(gt_ctx *ctx, gt_tally *t, const gt_weave_cell *cell, const gt_strip *strip)
{
    t->n_keys = t->n_rows = 0;
    t->strip = strip;
    gt_status st = gt_weave_cell_entries(ctx, cell, add_entry, t);
    if (st != GT_OK || t->n_rows < 2) {
        return st;
    }
    qsort_r(t->rows, t->n_rows, sizeof *t->rows, row_order, t);
    size_t kept = 0;
    for (size_t i = 1; i < t->n_rows; i++) {
        if (row_order(&t->rows[kept], &t->rows[i], t) == 0) {
            t->rows[kept].area += t->rows[i].area;
            t->rows[kept].plane += t->rows[i].plane;
        } else {
            t->rows[++kept] = t->rows[i];
        }
    }
    t->n_rows = kept + 1;
    return GT_OK;
}

void gt_tally_free(gt_ctx *ctx, gt_tally *t)
{
    gt_free(ctx, t->keys);
    gt_free(ctx, t->rows);
    memset(t, 0, sizeof *t);
}
