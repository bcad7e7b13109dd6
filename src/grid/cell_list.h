/* A list of cells that grows. Internal to grid. */
#ifndef GT_GRID_CELL_LIST_H
#define GT_GRID_CELL_LIST_H

#include "guotu/context.h"

typedef struct cells {
    uint32_t *list; /* owned by whoever holds the struct (gt_free) */
    size_t n, cap;
} cells;

static inline gt_status add_cell(gt_ctx *ctx, cells *c, size_t cell)
{
    gt_status st = GT_OK;
    if (c->n == c->cap) {
        st = gt_grow(ctx, (void **)&c->list, &c->cap, c->n + 1, sizeof *c->list);
    }
    if (st == GT_OK) {
        c->list[c->n++] = (uint32_t)cell;
    }
    return st;
}

#endif
