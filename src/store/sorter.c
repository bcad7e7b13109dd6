#include "store/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/text.h"

_Static_assert(sizeof(gt_sort_item) == 32, "items are packed");

typedef struct run {
    uint64_t at, end; /* items in the file still to be read */
    size_t pos, n;    /* within its slice of the buffer */
    size_t slice;     /* first item of its slice */
} run;

struct gt_sorter {
    gt_sort_item *items;
    size_t n, cap, max;
    uint64_t count;
    char *dir;
    int fd; /* -1: nothing spilled */
    run *runs;
    size_t n_runs, cap_runs, slice;
    uint32_t *heap; /* runs by their next item, least first */
    size_t n_heap;
    size_t next; /* in memory only */
};

/* ---- in-memory order: most significant byte radix sort in place (American flag) -------------- */

static unsigned byte_of(const gt_sort_item *item, int depth)
{
    uint64_t word = depth < 8 ? item->key : item->id;
    return (unsigned)(word >> (56 - 8 * (depth & 7))) & 0xffU;
}

static bool before(const gt_sort_item *a, const gt_sort_item *b)
{
    return a->key != b->key ? a->key < b->key : a->id < b->id;
}

static void insertion_sort(gt_sort_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        gt_sort_item item = items[i];
        size_t at = i;
        for (; at > 0 && before(&item, &items[at - 1]); at--) {
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

/* Depth is at most 16 bytes of key and id; each level's frame holds two tables of 257 offsets. */
// NOLINTNEXTLINE(misc-no-recursion)
static void radix_sort(gt_sort_item *items, size_t n, int depth)
{
    enum { SMALL = 48 };
    if (n <= SMALL || depth == 16) {
        insertion_sort(items, n);
        return;
    }
    size_t start[257] = {0}, next[256];
    for (size_t i = 0; i < n; i++) {
        start[byte_of(&items[i], depth) + 1]++;
    }
    for (int b = 0; b < 256; b++) {
        start[b + 1] += start[b];
        next[b] = start[b];
    }
    for (unsigned b = 0; b < 256; b++) {
        while (next[b] < start[b + 1]) {
            unsigned to = byte_of(&items[next[b]], depth);
            if (to == b) {
                next[b]++;
            } else {
                gt_sort_item item = items[next[to]];
                items[next[to]++] = items[next[b]];
                items[next[b]] = item;
            }
        }
    }
    for (int b = 0; b < 256; b++) {
        if (start[b + 1] - start[b] > 1) {
            radix_sort(items + start[b], start[b + 1] - start[b], depth + 1);
        }
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

gt_status gt_sorter_new(gt_ctx *ctx, const char *dir, size_t max_items, gt_sorter **out)
{
    gt_sorter *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    s->fd = -1;
    s->max = max_items;
    s->dir = gt_strdup(ctx, dir);
    if (s->dir == NULL) {
        gt_sorter_free(ctx, s);
        return GT_E_MEMORY;
    }
    *out = s;
    return GT_OK;
}

void gt_sorter_free(gt_ctx *ctx, gt_sorter *s)
{
    if (s == NULL) {
        return;
    }
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    gt_free(ctx, s->items);
    gt_free(ctx, s->runs);
    gt_free(ctx, s->heap);
    gt_free(ctx, s->dir);
    gt_free(ctx, s);
}

uint64_t gt_sorter_count(const gt_sorter *s)
{
    return s->count;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static gt_status open_file(gt_ctx *ctx, gt_sorter *s)
{
    gt_status st = GT_OK;
    gt_text path;
    gt_text_init(&path, ctx, 0);
    gt_text_printf(&path, "%s/.sort-XXXXXX", s->dir);
    st = gt_text_status(&path);
    if (st == GT_OK) {
        s->fd = mkostemp(path.data, O_CLOEXEC);
        if (s->fd < 0) {
            st = gt_fail_errno(ctx, errno, "mkostemp", s->dir);
        } else {
            (void)unlink(path.data);
        }
    }
    gt_text_free(&path);
    return st;
}

static gt_status write_all(gt_ctx *ctx, gt_sorter *s, const void *data, size_t len)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = write(s->fd, p, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return gt_fail_errno(ctx, errno, "write", s->dir);
        }
        p += n;
        len -= (size_t)n;
    }
    return GT_OK;
}

static gt_status spill(gt_ctx *ctx, gt_sorter *s)
{
    void *runs = s->runs;
    gt_status st = s->fd < 0 ? open_file(ctx, s) : GT_OK;
    st = st == GT_OK ? gt_grow(ctx, &runs, &s->cap_runs, s->n_runs + 1, sizeof *s->runs) : st;
    s->runs = runs;
    if (st != GT_OK) {
        return st;
    }
    radix_sort(s->items, s->n, 0);
    st = write_all(ctx, s, s->items, s->n * sizeof *s->items);
    if (st == GT_OK) {
        s->runs[s->n_runs++] = (run){.at = s->count - s->n, .end = s->count};
        s->n = 0;
    }
    return st;
}

gt_status gt_sorter_add(gt_ctx *ctx, gt_sorter *s, const gt_sort_item *item)
{
    gt_status st = s->n == s->max ? spill(ctx, s) : GT_OK;
    if (st == GT_OK && s->n == s->cap) {
        /* doubling, but never above the stated maximum */
        size_t want = s->cap < 512 ? 1024 : s->cap * 2;
        want = want > s->max ? s->max : want;
        gt_sort_item *items = gt_realloc(ctx, s->items, want, sizeof *items);
        if (items == NULL) {
            return GT_E_MEMORY;
        }
        s->items = items;
        s->cap = want;
    }
    if (st == GT_OK) {
        s->items[s->n++] = *item;
        s->count++;
    }
    return st;
}

static gt_status refill(gt_ctx *ctx, gt_sorter *s, run *r)
{
    uint64_t left = r->end - r->at;
    size_t want = left < s->slice ? (size_t)left : s->slice, done = 0;
    char *to = (char *)(s->items + r->slice);
    while (done < want * sizeof *s->items) {
        ssize_t n = pread(s->fd, to + done, want * sizeof *s->items - done,
                          (off_t)(r->at * sizeof *s->items + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return gt_fail_errno(ctx, n < 0 ? errno : EIO, "pread", s->dir);
        }
        done += (size_t)n;
    }
    r->at += want;
    r->pos = 0;
    r->n = want;
    return GT_OK;
}

static const gt_sort_item *head_of(const gt_sorter *s, uint32_t which)
{
    const run *r = &s->runs[which];
    return &s->items[r->slice + r->pos];
}

static void sift_down(gt_sorter *s, size_t at)
{
    uint32_t moving = s->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= s->n_heap) {
            break;
        }
        if (child + 1 < s->n_heap &&
            before(head_of(s, s->heap[child + 1]), head_of(s, s->heap[child]))) {
            child++;
        }
        if (!before(head_of(s, s->heap[child]), head_of(s, moving))) {
            break;
        }
        s->heap[at] = s->heap[child];
        at = child;
    }
    s->heap[at] = moving;
}

gt_status gt_sorter_finish(gt_ctx *ctx, gt_sorter *s)
{
    if (s->n_runs == 0) {
        radix_sort(s->items, s->n, 0);
        return GT_OK;
    }
    gt_status st = s->n > 0 ? spill(ctx, s) : GT_OK;
    if (st != GT_OK) {
        return st;
    }
    s->slice = s->cap / s->n_runs;
    if (s->slice == 0) {
        return gt_fail_errno(ctx, EFBIG, "sort", s->dir);
    }
    s->heap = gt_alloc(ctx, s->n_runs, sizeof *s->heap);
    if (s->heap == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; st == GT_OK && i < s->n_runs; i++) {
        s->runs[i].slice = i * s->slice;
        st = refill(ctx, s, &s->runs[i]);
        s->heap[s->n_heap++] = (uint32_t)i;
    }
    for (size_t i = s->n_heap / 2; st == GT_OK && i-- > 0;) {
        sift_down(s, i);
    }
    return st;
}

gt_status gt_sorter_next(gt_ctx *ctx, gt_sorter *s, gt_sort_item *item, bool *more)
{
    if (s->n_runs == 0) {
        *more = s->next < s->n;
        if (*more) {
            *item = s->items[s->next++];
        }
        return GT_OK;
    }
    *more = s->n_heap > 0;
    if (!*more) {
        return GT_OK;
    }
    run *r = &s->runs[s->heap[0]];
    *item = s->items[r->slice + r->pos];
    gt_status st = GT_OK;
    if (++r->pos == r->n) {
        if (r->at < r->end) {
            st = refill(ctx, s, r);
        } else {
            s->heap[0] = s->heap[--s->n_heap];
        }
    }
    if (st == GT_OK && s->n_heap > 0) {
        sift_down(s, 0);
    }
    return st;
}
