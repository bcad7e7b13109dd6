/* Open addressing with linear probing, load at most one half, FNV-1a; texts live in an arena. */
#include "coverage/words.h"

#include <string.h>

typedef struct word {
    const char *text;
    size_t len;
    uint64_t hash;
} word;

struct gt_words {
    gt_ctx *ctx;
    gt_arena *arena;
    word *list;
    size_t n, cap;
    uint32_t *slots; /* number + 1, 0 = free */
    size_t n_slots;
};

gt_status gt_words_new(gt_ctx *ctx, gt_words **out)
{
    gt_words *w = gt_zalloc(ctx, 1, sizeof *w);
    if (w == NULL) {
        return GT_E_MEMORY;
    }
    w->ctx = ctx;
    gt_status st = gt_arena_new(ctx, 0, &w->arena);
    if (st != GT_OK) {
        gt_free(ctx, w);
        return st;
    }
    *out = w;
    return GT_OK;
}

void gt_words_free(gt_words *w)
{
    if (w == NULL) {
        return;
    }
    gt_arena_free(w->arena);
    gt_free(w->ctx, w->list);
    gt_free(w->ctx, w->slots);
    gt_free(w->ctx, w);
}

static uint64_t fnv(const char *text, size_t len)
{
    uint64_t h = 1469598103934665603ULL;
    for (size_t i = 0; i < len; i++) {
        h = (h ^ (unsigned char)text[i]) * 1099511628211ULL;
    }
    return h;
}

static gt_status widen(gt_words *w)
{
    size_t n = w->n_slots == 0 ? 64 : w->n_slots * 2;
    uint32_t *slots = gt_zalloc(w->ctx, n, sizeof *slots);
    if (slots == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < w->n; i++) {
        size_t s = (size_t)w->list[i].hash & (n - 1);
        while (slots[s] != 0) {
            s = (s + 1) & (n - 1);
        }
        slots[s] = (uint32_t)i + 1;
    }
    gt_free(w->ctx, w->slots);
    w->slots = slots;
    w->n_slots = n;
    return GT_OK;
}

gt_status gt_words_add(gt_words *w, const char *text, size_t len, uint32_t *number)
{
    gt_status st = GT_OK;
    if (2 * (w->n + 1) > w->n_slots) {
        st = widen(w);
        if (st != GT_OK) {
            return st;
        }
    }
    uint64_t h = fnv(text, len);
    size_t s = (size_t)h & (w->n_slots - 1);
    for (; w->slots[s] != 0; s = (s + 1) & (w->n_slots - 1)) {
        const word *k = &w->list[w->slots[s] - 1];
        if (k->hash == h && k->len == len && memcmp(k->text, text, len) == 0) {
            *number = w->slots[s] - 1;
            return GT_OK;
        }
    }
    void *block = w->list;
    st = gt_grow(w->ctx, &block, &w->cap, w->n + 1, sizeof *w->list);
    if (st != GT_OK) {
        return st;
    }
    w->list = block;
    const char *copy = gt_arena_strndup(w->arena, text, len);
    if (copy == NULL) {
        return GT_E_MEMORY;
    }
    w->list[w->n] = (word){copy, len, h};
    w->n++;
    w->slots[s] = (uint32_t)w->n;
    *number = (uint32_t)w->n - 1;
    return GT_OK;
}

size_t gt_words_count(const gt_words *w)
{
    return w->n;
}

const char *gt_words_text(const gt_words *w, uint32_t number, size_t *len)
{
    if (len != NULL) {
        *len = w->list[number].len;
    }
    return w->list[number].text;
}
