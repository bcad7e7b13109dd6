/* A radix heap of cells by height (Ahuja, Mehlhorn, Orlin and Tarjan 1990): keys never fall below
 * the one popped last, so a push is one append. Internal to grid. */
#ifndef GT_GRID_HEAP_H
#define GT_GRID_HEAP_H

#include <string.h>

#include "guotu/context.h"

enum { HEAP_LEVELS = 33 };

typedef struct heap_item {
    uint32_t key, cell;
} heap_item;

typedef struct heap_level {
    heap_item *list;
    size_t n, cap;
} heap_level;

/* Owned by whoever holds it (heap_free); all zero is empty. */
typedef struct heap {
    heap_level level[HEAP_LEVELS];
    uint32_t last; /* key popped last; no key below it is ever pushed */
    size_t n;
} heap;

/* Order of floats as order of unsigned numbers. */
static inline uint32_t heap_key(float z)
{
    uint32_t u = 0;
    memcpy(&u, &z, sizeof u);
    return (u & 0x80000000U) != 0 ? ~u : u | 0x80000000U;
}

static inline float heap_height(uint32_t key)
{
    uint32_t u = (key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key;
    float z = 0;
    memcpy(&z, &u, sizeof z);
    return z;
}

static inline gt_status heap_push(gt_ctx *ctx, heap *h, uint32_t key, uint32_t cell)
{
    heap_level *s = &h->level[key == h->last ? 0 : 32 - __builtin_clz(key ^ h->last)];
    if (s->n == s->cap) {
        gt_status st = gt_grow(ctx, (void **)&s->list, &s->cap, s->n + 1, sizeof *s->list);
        if (st != GT_OK) {
            return st;
        }
    }
    s->list[s->n++] = (heap_item){key, cell};
    h->n++;
    return GT_OK;
}

/* Moves the items of the lowest level that has any to the levels below it. */
static inline gt_status heap_sink(gt_ctx *ctx, heap *h)
{
    gt_status st = GT_OK;
    int l = 1;
    while (h->level[l].n == 0) {
        l++;
    }
    heap_level full = h->level[l];
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < full.n; i++) {
        least = full.list[i].key < least ? full.list[i].key : least;
    }
    h->last = least;
    h->level[l].n = 0; /* all of it moves to lower levels, never to this one */
    h->n -= full.n;
    for (size_t i = 0; st == GT_OK && i < full.n; i++) {
        st = heap_push(ctx, h, full.list[i].key, full.list[i].cell);
    }
    return st;
}

/* h->n > 0. */
static inline gt_status heap_pop(gt_ctx *ctx, heap *h, heap_item *out)
{
    gt_status st = h->level[0].n == 0 ? heap_sink(ctx, h) : GT_OK;
    if (st == GT_OK) {
        *out = h->level[0].list[--h->level[0].n];
        h->n--;
    }
    return st;
}

/* Empty again, with the memory it has. */
static inline void heap_clear(heap *h)
{
    for (int i = 0; i < HEAP_LEVELS; i++) {
        h->level[i].n = 0;
    }
    h->last = 0;
    h->n = 0;
}

static inline void heap_free(gt_ctx *ctx, heap *h)
{
    for (int i = 0; i < HEAP_LEVELS; i++) {
        gt_free(ctx, h->level[i].list);
    }
}

#endif
