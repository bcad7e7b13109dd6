/* External sort of fixed 32-byte items by (key, id): a bounded buffer in memory, sorted runs in an
 * unlinked temporary file when it is full, merged on the way out. Order is total, so the result
 * does not depend on the buffer's size. Cost: n log n comparisons in memory, each item written and
 * read at most once on disk. */
#ifndef GT_STORE_SORTER_H
#define GT_STORE_SORTER_H

#include "guotu/context.h"

typedef struct gt_sort_item {
    uint64_t key, id;
    float box[4]; /* payload: minx, maxx, miny, maxy as the R-tree keeps them */
} gt_sort_item;

typedef struct gt_sorter gt_sorter;

/* dir: where runs are spilled. max_items: items in memory (>= 1024). Owned by the caller. */
gt_status gt_sorter_new(gt_ctx *ctx, const char *dir, size_t max_items, gt_sorter **out) GT_CHECKED;
void gt_sorter_free(gt_ctx *ctx, gt_sorter *sorter);
uint64_t gt_sorter_count(const gt_sorter *sorter);
gt_status gt_sorter_add(gt_ctx *ctx, gt_sorter *sorter, const gt_sort_item *item) GT_CHECKED;
/* Ends adding; then next gives the items in order, *more = false after the last. */
gt_status gt_sorter_finish(gt_ctx *ctx, gt_sorter *sorter) GT_CHECKED;
gt_status gt_sorter_next(gt_ctx *ctx, gt_sorter *sorter, gt_sort_item *item, bool *more) GT_CHECKED;

#endif
