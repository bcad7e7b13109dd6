/* Depression filling, tile by tile (Barnes 2016). Pass 1 floods every tile from its border alone:
 * each cell gets the number of the border cell its water came from, and what it costs to pass from
 * one number to another makes a small graph (spill.c), whose flood from the outside tells how high
 * each border cell stands. Pass 2 floods the tile again from a border that stands. The filled
 * surface is the least that drains, so tiles cannot be seen in it.
 *
 * In a tile: priority-flood with one queue for depressions and slopes (Barnes, Lehman and Mulla
 * 2014; Zhou, Sun and Fu 2016): a cell above the water level is final as soon as it is reached, and
 * goes to the heap only when a lower cell beside it is not yet reached. */
#include <math.h>
#include <string.h>

#include "grid/flow.h"

enum { SLOTS = 1 << 12, BESIDE_NODATA = 2 };

/* ---- passes between numbers ---------------------------------------------------------------------
 */

static inline size_t slot_of(const flow_bench *b, uint32_t lo, uint32_t hi)
{
    return (lo * 2654435761U ^ hi * 2246822519U) & (b->n_slots - 1);
}

static gt_status more_slots(gt_ctx *ctx, flow_bench *b)
{
    size_t n = b->n_slots == 0 ? SLOTS : b->n_slots * 2;
    uint32_t *slot = gt_zalloc(ctx, n, sizeof *slot);
    if (slot == NULL) {
        return GT_E_MEMORY;
    }
    gt_free(ctx, b->slot);
    b->slot = slot;
    b->n_slots = n;
    for (size_t i = 0; i < b->found.n; i++) {
        size_t s = slot_of(b, b->found.list[i].a, b->found.list[i].b);
        while (b->slot[s] != 0) {
            s = (s + 1) & (n - 1);
        }
        b->slot[s] = (uint32_t)i + 1;
    }
    return GT_OK;
}

static gt_status meet(gt_ctx *ctx, flow_bench *b, uint32_t x, uint32_t y, float z)
{
    uint32_t lo = x < y ? x : y, hi = x < y ? y : x;
    size_t s = slot_of(b, lo, hi);
    for (; b->slot[s] != 0; s = (s + 1) & (b->n_slots - 1)) {
        flow_pass *p = &b->found.list[b->slot[s] - 1];
        if (p->a == lo && p->b == hi) {
            p->z = z < p->z ? z : p->z;
            return GT_OK;
        }
    }
    gt_status st = flow_add_pass(ctx, &b->found, lo, hi, z);
    if (st == GT_OK) {
        b->slot[s] = (uint32_t)b->found.n;
        st = b->found.n * 2 > b->n_slots ? more_slots(ctx, b) : GT_OK;
    }
    return st;
}

/* ---- both passes --------------------------------------------------------------------------------
 */

/* Marks in `edge` the cells the flood starts from: those of the tile's border (1) and those beside
 * nodata or the end of the grid (2). b->mark: 1 where there is no cell. */
static void mark_edges(const flow_bench *b)
{
    size_t width = (size_t)b->width;
    for (int r = 0; r < b->rows; r++) {
        size_t at = flow_bench_cell(b, 0, r);
        const uint8_t *u = b->mark + at - width, *m = b->mark + at, *d = b->mark + at + width;
        uint8_t end = r == 0 || r == b->rows - 1, *to = b->edge + at;
        for (ptrdiff_t c = 0; c < b->cols; c++) {
            uint8_t any = (uint8_t)(u[c - 1] | u[c] | u[c + 1] | m[c - 1] | m[c] | m[c + 1] |
                                    d[c - 1] | d[c] | d[c + 1]);
            to[c] = any != 0 ? BESIDE_NODATA : end;
        }
        to[0] |= 1;
        to[b->cols - 1] |= 1;
    }
}

static inline gt_status queue_push(gt_ctx *ctx, flow_bench *b, uint32_t cell)
{
    if (b->head == b->tail) {
        b->head = b->tail = 0;
    }
    if (b->tail == b->cap_queue) {
        gt_status st =
            gt_grow(ctx, (void **)&b->queue, &b->cap_queue, b->tail + 1, sizeof *b->queue);
        if (st != GT_OK) {
            return st;
        }
    }
    b->queue[b->tail++] = cell;
    return GT_OK;
}

static gt_status next_cell(gt_ctx *ctx, flow_bench *b, float *level, uint32_t *cell)
{
    heap_item next = {0, 0};
    gt_status st = GT_OK;
    if (b->head < b->tail) {
        *cell = b->queue[b->head++];
        return GT_OK;
    }
    st = heap_pop(ctx, &b->heap, &next);
    *level = heap_height(next.key);
    *cell = next.cell;
    return st;
}

static gt_status seed(gt_ctx *ctx, flow_bench *b)
{
    gt_status st = GT_OK;
    heap_clear(&b->heap);
    b->head = b->tail = 0;
    for (int r = 0; st == GT_OK && r < b->rows; r++) {
        size_t at = flow_bench_cell(b, 0, r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)b->cols; i++) {
            if (b->edge[i] != 0 && !isnan(b->z[i])) {
                st = heap_push(ctx, &b->heap, heap_key(b->z[i]), (uint32_t)i);
            }
        }
    }
    return st;
}

/* ---- pass 1 -------------------------------------------------------------------------------------
 */

/* In the tile, nodata; in the ring, what lies off the grid: other tiles' cells are seen later. */
static void mark_nodata(const flow_run *f, const flow_bench *b, size_t tile)
{
    const gt_window w = flow_tile_at(f, tile);
    for (int r = -1; r <= b->rows; r++) {
        size_t at = flow_bench_cell(b, -1, r);
        bool off = w.row + r < 0 || w.row + r >= f->rows;
        for (int c = 0; c < b->width; c++) {
            bool ring = r < 0 || r == b->rows || c == 0 || c == b->width - 1;
            bool none = ring ? off || w.col + c - 1 < 0 || w.col + c - 1 >= f->cols
                             : isnan(b->z[at + (size_t)c]) != 0;
            b->mark[at + (size_t)c] = none;
            b->label[at + (size_t)c] = ring || none ? FLOW_BLOCKED : 0;
        }
    }
}

static gt_status flood_from(gt_ctx *ctx, flow_bench *b, uint32_t cell, float level)
{
    float z = b->z[cell];
    bool above = z > level, kept = false;
    gt_status st = GT_OK;
    if (b->label[cell] == 0) {
        b->label[cell] = ++b->n_labels;
    }
    uint16_t mine = b->label[cell];
    for (int e = 1; st == GT_OK && e <= 8; e++) {
        uint32_t next = (uint32_t)((int)cell + b->move[e]);
        uint16_t other = b->label[next];
        if (other == mine || other == FLOW_BLOCKED) {
            continue;
        }
        if (other != 0) {
            st = meet(ctx, b, mine, other, z > b->z[next] ? z : b->z[next]);
            continue;
        }
        if (above && b->z[next] < z) { /* others may reach it lower: in its turn */
            st = kept ? GT_OK : heap_push(ctx, &b->heap, heap_key(z), cell);
            kept = true;
            continue;
        }
        b->label[next] = mine;
        if (b->edge[next] != 0) {
            continue; /* it waits in the heap */
        }
        b->z[next] = b->z[next] < z ? z : b->z[next];
        st = queue_push(ctx, b, next);
    }
    return st;
}

static gt_status keep_rim(gt_ctx *ctx, const flow_run *f, const flow_bench *b, size_t tile)
{
    float *z = f->rims.z + tile * f->rims.per_tile;
    uint16_t *label = f->rims.label + tile * f->rims.per_tile;
    for (int k = 0; k < flow_rim_size(b->cols, b->rows); k++) {
        int x = 0, y = 0;
        flow_rim_cell(b, k, &x, &y);
        z[k] = b->z[flow_bench_cell(b, x, y)];
        label[k] = b->label[flow_bench_cell(b, x, y)];
    }
    flow_passes *mine = &f->passes[tile];
    f->base[tile + 1] = (uint32_t)(b->n_labels - FLOW_OUTSIDE);
    if (b->found.n == 0) {
        return GT_OK;
    }
    mine->list = gt_alloc(ctx, b->found.n, sizeof *mine->list);
    if (mine->list == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(mine->list, b->found.list, b->found.n * sizeof *mine->list);
    mine->n = mine->cap = b->found.n;
    return GT_OK;
}

gt_status flow_flood_tile(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    flow_run *f = user;
    flow_bench *b = &f->benches[worker];
    flow_bench_set(f, b, tile);
    gt_status st = b->n_slots == 0 ? more_slots(ctx, b) : GT_OK;
    st = st == GT_OK ? flow_read_tile(ctx, f, b, tile) : st;
    if (st != GT_OK) {
        return st;
    }
    mark_nodata(f, b, tile);
    mark_edges(b);
    b->n_labels = FLOW_OUTSIDE;
    b->found.n = 0;
    memset(b->slot, 0, b->n_slots * sizeof *b->slot);
    for (int r = 0; r < b->rows; r++) {
        size_t at = flow_bench_cell(b, 0, r);
        for (size_t i = at; i < at + (size_t)b->cols; i++) {
            bool out = b->label[i] == 0 && (b->edge[i] & BESIDE_NODATA) != 0;
            b->label[i] = out ? FLOW_OUTSIDE : b->label[i];
        }
    }
    st = seed(ctx, b);
    float level = -(float)INFINITY;
    while (st == GT_OK && (b->head < b->tail || b->heap.n > 0)) {
        uint32_t cell = 0;
        st = next_cell(ctx, b, &level, &cell);
        st = st == GT_OK ? flood_from(ctx, b, cell, level) : st;
    }
    st = st == GT_OK ? keep_rim(ctx, f, b, tile) : st;
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* ---- pass 2 -------------------------------------------------------------------------------------
 */

static gt_status fill_from(gt_ctx *ctx, flow_bench *b, uint32_t cell, float level, uint64_t *raised)
{
    float z = b->z[cell];
    bool above = z > level, kept = false;
    gt_status st = GT_OK;
    for (int e = 1; st == GT_OK && e <= 8; e++) {
        uint32_t next = (uint32_t)((int)cell + b->move[e]);
        if (b->mark[next] != 0) {
            continue;
        }
        if (b->z[next] < z) {
            if (above) {
                st = kept ? GT_OK : heap_push(ctx, &b->heap, heap_key(z), cell);
                kept = true;
                continue;
            }
            b->z[next] = z;
            ++*raised;
        }
        b->mark[next] = 1;
        st = queue_push(ctx, b, next);
    }
    return st;
}

/* The ring from the rims of the tiles around, the border from its own. */
static void stand_rim(const flow_run *f, flow_bench *b, size_t tile, uint64_t *raised)
{
    const gt_window w = flow_tile_at(f, tile);
    const float *z = f->rims.z + tile * f->rims.per_tile;
    for (int y = -1; y <= b->rows; y++) {
        for (int x = -1; x <= b->cols; x += y < 0 || y == b->rows ? 1 : b->cols + 1) {
            size_t slot = flow_slot_at(f, w.col + x, w.row + y);
            b->z[flow_bench_cell(b, x, y)] = slot == SIZE_MAX ? (float)NAN : f->rims.z[slot];
        }
    }
    for (int k = 0; k < flow_rim_size(b->cols, b->rows); k++) {
        int x = 0, y = 0;
        flow_rim_cell(b, k, &x, &y);
        size_t i = flow_bench_cell(b, x, y);
        *raised += b->z[i] < z[k];
        b->z[i] = z[k];
    }
}

gt_status flow_fill_tile(gt_ctx *ctx, const flow_run *f, flow_bench *b, size_t tile,
                         gt_flow_facts *facts)
{
    float level = -(float)INFINITY;
    uint64_t n_cells = 0, raised = 0;
    stand_rim(f, b, tile, &raised);
    for (size_t i = 0; i < b->n; i++) {
        b->mark[i] = (uint8_t)(isnan(b->z[i]) != 0);
    }
    mark_edges(b);
    gt_status st = seed(ctx, b);
    for (int r = -1; r <= b->rows; r++) { /* the ring stands, and what is in the heap */
        size_t at = flow_bench_cell(b, -1, r);
        bool end = r < 0 || r == b->rows;
        for (int c = 0; c < b->width; c++) {
            bool ring = end || c == 0 || c == b->width - 1, none = b->mark[at + (size_t)c] != 0;
            n_cells += !ring && !none;
            b->mark[at + (size_t)c] = (uint8_t)(ring || none || b->edge[at + (size_t)c] != 0);
        }
    }
    while (st == GT_OK && (b->head < b->tail || b->heap.n > 0)) {
        uint32_t cell = 0;
        st = next_cell(ctx, b, &level, &cell);
        st = st == GT_OK ? fill_from(ctx, b, cell, level, &raised) : st;
    }
    facts->n_cells = n_cells;
    facts->n_raised = raised;
    return st;
}
