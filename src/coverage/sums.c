#include "coverage/sums.h"

#include <stdlib.h>
#include <string.h>

gt_status gt_sums_init(gt_ctx *ctx, gt_sums *s)
{
    memset(s, 0, sizeof *s);
    s->ctx = ctx;
    return gt_words_new(ctx, &s->keys);
}

void gt_sums_free(gt_sums *s)
{
    if (s->ctx != NULL) {
        gt_words_free(s->keys);
        gt_free(s->ctx, s->sums);
        memset(s, 0, sizeof *s);
    }
}

static int key_order(const void *a, const void *b)
{
    const uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;
    return (p > q) - (p < q);
}

size_t gt_sum_keys_tidy(uint64_t *keys, size_t n)
{
    size_t kept = 0;
    for (size_t i = 1; i < n; i++) {
        if (keys[i] < keys[i - 1]) {
            qsort(keys, n, sizeof *keys, key_order);
            break;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || keys[i] != keys[i - 1]) {
            keys[kept++] = keys[i];
        }
    }
    return kept;
}

gt_status gt_sums_add(gt_sums *s, const uint64_t *keys, size_t n, const gt_sum *add)
{
    uint32_t at = 0;
    size_t had = gt_words_count(s->keys);
    gt_status st = gt_words_add(s->keys, (const char *)keys, n * sizeof *keys, &at);
    if (st == GT_OK && at >= had) {
        void *block = s->sums;
        st = gt_grow(s->ctx, &block, &s->cap, (size_t)at + 1, sizeof *s->sums);
        s->sums = block;
        if (st == GT_OK) {
            memset(&s->sums[at], 0, sizeof *s->sums);
        }
    }
    if (st == GT_OK) {
        s->sums[at].area += add->area;
        s->sums[at].plane += add->plane;
        s->sums[at].n += add->n;
    }
    return st;
}

const char *gt_sums_keys(const gt_sums *s, size_t i, size_t *n)
{
    size_t len = 0;
    const char *keys = gt_words_text(s->keys, (uint32_t)i, &len);
    *n = len / sizeof(uint64_t);
    return keys;
}

uint64_t gt_sum_key_at(const char *keys, size_t i)
{
    uint64_t key = 0;
    memcpy(&key, keys + i * sizeof key, sizeof key);
    return key;
}
