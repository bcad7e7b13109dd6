/* Arena: a list of blocks, newest first; reset keeps the largest (the newest, as blocks double). */
#include "guotu/arena.h"

#include <string.h>

#include "base/messages.h"

typedef struct block {
    struct block *next;
    size_t cap, used; /* of bytes that follow the head */
    _Alignas(16) char bytes[];
} block;

struct gt_arena {
    gt_ctx *ctx; /* borrowed */
    size_t block_size;
    block *head;
};

static gt_status add_block(gt_arena *a, size_t at_least)
{
    size_t cap = a->head == NULL ? a->block_size : a->head->cap * 2;
    enum { BIGGEST_STEP = 8 * 1024 * 1024 };
    if (cap > BIGGEST_STEP) {
        cap = BIGGEST_STEP;
    }
    if (cap < at_least) {
        cap = at_least;
    }
    block *b = gt_alloc(a->ctx, sizeof *b + cap, 1);
    if (b == NULL) {
        return GT_E_MEMORY;
    }
    b->next = a->head;
    b->cap = cap;
    b->used = 0;
    a->head = b;
    return GT_OK;
}

gt_status gt_arena_new(gt_ctx *ctx, size_t block_size, gt_arena **out)
{
    gt_arena *a = gt_zalloc(ctx, 1, sizeof *a);
    if (a == NULL) {
        return GT_E_MEMORY;
    }
    a->ctx = ctx;
    a->block_size = block_size == 0 ? 64 * 1024 : block_size;
    *out = a;
    return GT_OK;
}

static void free_from(gt_arena *a, block *b)
{
    while (b != NULL) {
        block *next = b->next;
        gt_free(a->ctx, b);
        b = next;
    }
}

void gt_arena_free(gt_arena *a)
{
    if (a != NULL) {
        free_from(a, a->head);
        gt_free(a->ctx, a);
    }
}

void gt_arena_reset(gt_arena *a)
{
    if (a->head != NULL) {
        free_from(a, a->head->next);
        a->head->next = NULL;
        a->head->used = 0;
    }
}

void *gt_arena_alloc(gt_arena *a, size_t count, size_t size)
{
    size_t want = 0;
    if (__builtin_mul_overflow(count, size, &want) || want > SIZE_MAX / 4) {
        (void)gt_fail(a->ctx, GT_E_MEMORY, &GT_MSG_TOO_LARGE, GT_NOWHERE,
                      GT_ARGS(GT_INT("count", count), GT_INT("size", size)));
        return NULL;
    }
    want = (want + 15) & ~(size_t)15;
    if (a->head == NULL || a->head->cap - a->head->used < want) {
        if (add_block(a, want) != GT_OK) {
            return NULL;
        }
    }
    void *p = a->head->bytes + a->head->used;
    a->head->used += want;
    return p;
}

void *gt_arena_zalloc(gt_arena *a, size_t count, size_t size)
{
    void *p = gt_arena_alloc(a, count, size);
    if (p != NULL) {
        memset(p, 0, count * size);
    }
    return p;
}

char *gt_arena_strndup(gt_arena *a, const char *text, size_t len)
{
    char *copy = gt_arena_alloc(a, len + 1, 1);
    if (copy != NULL) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

char *gt_arena_strdup(gt_arena *a, const char *text)
{
    return gt_arena_strndup(a, text, strlen(text));
}
