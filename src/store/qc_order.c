/* The sweep's status list. Up to a million edges may cross the sweep line at once (a comb), most
 * often it is a handful: blocks of 126 edges under one directory serve both. */
#include <string.h>

#include "store/qc.h"

gt_status qc_order_reset(gt_ctx *ctx, qc_order *o)
{
    (void)ctx;
    o->n_block = 0;
    o->n_dir = 0;
    o->n_spare = 0;
    return GT_OK;
}

void qc_order_free(gt_ctx *ctx, qc_order *o)
{
    gt_free(ctx, o->block);
    gt_free(ctx, o->dir);
    gt_free(ctx, o->spare);
}

static gt_status new_block(gt_ctx *ctx, qc_order *o, uint32_t *out)
{
    if (o->n_spare > 0) {
        *out = o->spare[--o->n_spare];
    } else {
        void *block = o->block;
        gt_status st =
            gt_grow(ctx, &block, &o->cap_block, (size_t)o->n_block + 1, sizeof(qc_block));
        if (st != GT_OK) {
            return st;
        }
        o->block = block;
        *out = o->n_block++;
    }
    o->block[*out].n = 0;
    return GT_OK;
}

static gt_status dir_insert(gt_ctx *ctx, qc_order *o, uint32_t at, uint32_t block)
{
    void *dir = o->dir;
    gt_status st = gt_grow(ctx, &dir, &o->cap_dir, (size_t)o->n_dir + 1, sizeof *o->dir);
    if (st != GT_OK) {
        return st;
    }
    o->dir = dir;
    memmove(o->dir + at + 1, o->dir + at, (o->n_dir - at) * sizeof *o->dir);
    o->dir[at] = block;
    o->n_dir++;
    return GT_OK;
}

/* Moves the upper half of a full block to a new one above it. */
static gt_status split_block(gt_ctx *ctx, qc_order *o, uint32_t dir)
{
    uint32_t fresh;
    gt_status st = new_block(ctx, o, &fresh);
    if (st == GT_OK) {
        st = dir_insert(ctx, o, dir + 1, fresh);
    }
    if (st != GT_OK) {
        return st;
    }
    qc_block *from = &o->block[o->dir[dir]], *to = &o->block[fresh];
    uint32_t half = from->n / 2;
    to->n = from->n - half;
    memcpy(to->edge, from->edge + half, to->n * sizeof *to->edge);
    from->n = half;
    return GT_OK;
}

gt_status qc_order_insert(gt_ctx *ctx, qc_order *o, qc_pos at, uint32_t edge, qc_pos *where)
{
    gt_status st = GT_OK;
    if (at.dir == o->n_dir && o->n_dir > 0) { /* at the very top: append to the last block */
        at.dir = o->n_dir - 1;
        at.at = o->block[o->dir[at.dir]].n;
    }
    if (o->n_dir == 0) {
        uint32_t fresh;
        st = new_block(ctx, o, &fresh);
        if (st == GT_OK) {
            st = dir_insert(ctx, o, 0, fresh);
        }
        at = (qc_pos){0, 0};
    } else if (o->block[o->dir[at.dir]].n == QC_BLOCK) {
        st = split_block(ctx, o, at.dir);
        if (st == GT_OK && at.at > o->block[o->dir[at.dir]].n) {
            at.at -= o->block[o->dir[at.dir]].n;
            at.dir++;
        }
    }
    if (st != GT_OK) {
        return st;
    }
    qc_block *b = &o->block[o->dir[at.dir]];
    memmove(b->edge + at.at + 1, b->edge + at.at, (b->n - at.at) * sizeof *b->edge);
    b->edge[at.at] = edge;
    b->n++;
    *where = at;
    return GT_OK;
}

gt_status qc_order_remove(gt_ctx *ctx, qc_order *o, qc_pos at, qc_pos *after)
{
    qc_block *b = &o->block[o->dir[at.dir]];
    b->n--;
    memmove(b->edge + at.at, b->edge + at.at + 1, (b->n - at.at) * sizeof *b->edge);
    if (b->n == 0) {
        void *spare = o->spare;
        gt_status st =
            gt_grow(ctx, &spare, &o->cap_spare, (size_t)o->n_spare + 1, sizeof *o->spare);
        if (st != GT_OK) {
            return st;
        }
        o->spare = spare;
        o->spare[o->n_spare++] = o->dir[at.dir];
        o->n_dir--;
        memmove(o->dir + at.dir, o->dir + at.dir + 1, (o->n_dir - at.dir) * sizeof *o->dir);
        at.at = 0;
    } else if (at.at == b->n) {
        at.dir++;
        at.at = 0;
    }
    *after = at;
    return GT_OK;
}
