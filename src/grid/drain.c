/* Accumulation, tile by tile (Barnes 2017). Pass 1 counts each tile alone: what leaves it where,
 * and where what comes in at a border cell leaves it again. The borders make a small graph without
 * circles, along which counts are added; pass 2 counts each tile again with what comes in. Whole
 * numbers, so the order cannot be seen. */
#include <math.h>
#include <string.h>

#include "grid/flow.h"

enum { SOURCE = 128, END = 127 };

static const int DX[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, DY[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};

/* Inflows of each cell from the tile, in b->mark: SOURCE: none; the ring: END, never the last. */
static void count_inflows(const flow_bench *b)
{
    memset(b->mark, END, b->n);
    for (int r = 0; r < b->rows; r++) {
        size_t at = flow_bench_cell(b, 0, r);
        uint8_t *restrict in = b->mark + at;
        memset(in, 0, (size_t)b->cols);
        for (int e = 1; e <= 8; e++) {
            const uint8_t *restrict from = b->dir + at + b->move[e];
            uint8_t towards = (uint8_t)(e <= 4 ? e + 4 : e - 4);
            for (int i = 0; i < b->cols; i++) {
                in[i] = (uint8_t)(in[i] + (from[i] == towards));
            }
        }
        for (size_t i = at; i < at + (size_t)b->cols; i++) {
            b->count[i] = b->dir[i] == FLOW_NODATA ? 0 : 1;
            b->mark[i] = b->dir[i] == FLOW_NODATA ? END : b->mark[i] == 0 ? SOURCE : b->mark[i];
        }
    }
}

/* From every cell without inflow down the stream, as far as all inflows are known. */
static void add_up(const flow_bench *b)
{
    for (int r = 0; r < b->rows; r++) {
        size_t at = flow_bench_cell(b, 0, r);
        for (size_t i = at; i < at + (size_t)b->cols; i++) {
            size_t c = i;
            if (b->mark[i] != SOURCE) {
                continue;
            }
            for (int d = b->dir[c]; d != 0; d = b->dir[c]) {
                size_t next = (size_t)((ptrdiff_t)c + b->move[d]);
                b->count[next] += b->count[c];
                if (--b->mark[next] != 0) {
                    break;
                }
                c = next;
            }
        }
    }
}

/* ---- pass 1 -------------------------------------------------------------------------------------
 */

/* Follows the way of a border cell; b->label: number + 1 of the border cell that passed before. */
static uint16_t link_of(const flow_bench *b, const uint16_t *link, int k, int x, int y)
{
    size_t c = flow_bench_cell(b, x, y);
    for (;;) {
        if (b->label[c] != 0) {
            return link[b->label[c] - 1];
        }
        int d = b->dir[c], cx = (int)c % b->width - 1 + DX[d], cy = (int)c / b->width - 1 + DY[d];
        b->label[c] = (uint16_t)(k + 1);
        if (d == 0) {
            return FLOW_NO_LINK;
        }
        if (cx < 0 || cy < 0 || cx >= b->cols || cy >= b->rows) {
            return (uint16_t)flow_rim_number(b->cols, b->rows, cx - DX[d], cy - DY[d]);
        }
        c = (size_t)((ptrdiff_t)c + b->move[d]);
    }
}

gt_status flow_account_tile(gt_ctx *ctx, flow_run *f, flow_bench *b, size_t tile)
{
    size_t at = tile * f->rims.per_tile;
    count_inflows(b);
    add_up(b);
    memset(b->label, 0, b->n * sizeof *b->label);
    for (int k = 0; k < flow_rim_size(b->cols, b->rows); k++) {
        int x = 0, y = 0;
        flow_rim_cell(b, k, &x, &y);
        size_t i = flow_bench_cell(b, x, y), slot = at + (size_t)k;
        uint8_t d = b->dir[i] == FLOW_NODATA ? 0 : b->dir[i];
        bool leaves = d != 0 && (x + DX[d] < 0 || y + DY[d] < 0 || x + DX[d] >= b->cols ||
                                 y + DY[d] >= b->rows);
        f->rims.link[slot] =
            b->dir[i] == FLOW_NODATA ? FLOW_NO_LINK : link_of(b, f->rims.link + at, k, x, y);
        f->rims.flow[slot] = leaves ? b->count[i] : 0;
        f->rims.out[slot] = leaves ? d : 0;
    }
    return grid_shelf_put(ctx, &f->codes, tile, b->dir, b->n);
}

/* ---- between ------------------------------------------------------------------------------------
 */

/* The border cell of another tile that what leaves at a border cell comes in at. */
static size_t target_of(const flow_run *f, size_t slot)
{
    size_t tile = slot / f->rims.per_tile;
    const gt_window w = flow_tile_at(f, tile);
    const flow_bench b = {.cols = (int)w.n_cols, .rows = (int)w.n_rows};
    int x = 0, y = 0, d = f->rims.out[slot];
    flow_rim_cell(&b, (int)(slot % f->rims.per_tile), &x, &y);
    return flow_slot_at(f, w.col + x + DX[d], w.row + y + DY[d]);
}

/* Where what comes in at a border cell leaves the tile again; SIZE_MAX: it stays. */
static size_t exit_of(const flow_run *f, size_t slot)
{
    uint16_t link = f->rims.link[slot];
    return link == FLOW_NO_LINK ? SIZE_MAX : slot / f->rims.per_tile * f->rims.per_tile + link;
}

void flow_join_rims(const flow_run *f)
{
    const flow_rims *r = &f->rims;
    size_t n = f->n_tiles * r->per_tile;
    memset(r->in, 0, n * sizeof *r->in);
    memset(r->left, 0, n * sizeof *r->left);
    for (size_t s = 0; s < n; s++) {
        size_t on = r->out[s] == 0 ? SIZE_MAX : exit_of(f, target_of(f, s));
        if (on != SIZE_MAX) {
            r->left[on]++;
        }
    }
    for (size_t s = 0; s < n; s++) {
        size_t c = r->left[s] == 0 && r->out[s] != 0 ? s : SIZE_MAX;
        while (c != SIZE_MAX) {
            size_t to = target_of(f, c), on = exit_of(f, to);
            r->in[to] += r->flow[c];
            r->out[c] = 0; /* done: cells passed on the way are not taken again */
            if (on != SIZE_MAX) {
                r->flow[on] += r->flow[c];
                on = --r->left[on] == 0 ? on : SIZE_MAX;
            }
            c = on;
        }
    }
}

/* ---- pass 2 -------------------------------------------------------------------------------------
 */

void flow_count_tile(const flow_run *f, flow_bench *b, size_t tile, gt_flow_facts *facts)
{
    const uint32_t *in = f->rims.in + tile * f->rims.per_tile;
    count_inflows(b);
    for (int k = 0; k < flow_rim_size(b->cols, b->rows); k++) {
        int x = 0, y = 0;
        flow_rim_cell(b, k, &x, &y);
        b->count[flow_bench_cell(b, x, y)] += in[k];
    }
    add_up(b);
    for (int r = 0; r < b->rows; r++) {
        size_t at = flow_bench_cell(b, 0, r);
        for (size_t i = at; i < at + (size_t)b->cols; i++) {
            if (b->dir[i] == 0) {
                facts->n_outlets++;
                facts->n_drained += b->count[i];
            }
        }
    }
}
