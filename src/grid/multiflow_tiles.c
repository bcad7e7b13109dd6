/* Shared flow added up, tile by tile. A cell is summed when its last donor is, from its neighbours
 * in a fixed order: so sums do not depend on which tile or thread came first. The first visit of a
 * tile finds how its cells drain and sums those that wait for nothing outside; what its border
 * cells hold is told to the tiles beside (rims), and tiles with news are visited again, forth and
 * back over the grid, until none has any. A tile that waits lies on a shelf, 18 bytes a cell; one
 * that is done is written and forgotten. */
#include <math.h>
#include <string.h>

#include "grid/internal.h"
#include "grid/messages.h"
#include "grid/multiflow.h"
#include "guotu/pool.h"

enum { BENCH_BYTES = 19, PARTS = 40 /* bits of parts of a cell, in sums */ };

/* ---- a visit ------------------------------------------------------------------------------------
 */

static gt_status push(gt_ctx *ctx, multi_bench *b, size_t cell)
{
    gt_status st = GT_OK;
    if (b->n_list == b->cap_list) {
        st = gt_grow(ctx, (void **)&b->list, &b->cap_list, b->n_list + 1, sizeof *b->list);
    }
    if (st == GT_OK) {
        b->list[b->n_list++] = (uint32_t)cell;
    }
    return st;
}

static bool is_own(const multi_bench *b, size_t cell)
{
    int x = (int)(cell % (size_t)b->width) - MULTI_RING;
    int y = (int)(cell / (size_t)b->width) - MULTI_RING;
    return x >= 0 && y >= 0 && x < b->cols && y < b->rows;
}

/* A cell is done: takes it off what its neighbours in the tile wait for. */
static gt_status tell(gt_ctx *ctx, multi_bench *b, size_t cell)
{
    gt_status st = GT_OK;
    for (int e = 1; st == GT_OK && e <= 8; e++) {
        size_t to = multi_beside(b, cell, e);
        uint8_t left = b->inflow[to]; /* 0 in the ring: nobody sums there */
        if (left > 0 && left < MULTI_DONE && multi_gives(b, cell, e, to)) {
            b->inflow[to] = (uint8_t)(left - 1);
            st = left == 1 ? push(ctx, b, to) : GT_OK;
        }
    }
    b->inflow[cell] = MULTI_DONE;
    return st;
}

static gt_status drain(gt_ctx *ctx, const multi *m, multi_bench *b)
{
    gt_status st = GT_OK;
    while (st == GT_OK && b->n_list > 0) {
        size_t cell = b->list[--b->n_list];
        multi_finish_cell(m, b, cell);
        st = tell(ctx, b, cell);
    }
    return st;
}

/* What is done beside the tile comes in, once. */
static gt_status bring_in(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile)
{
    const gt_window w = flow_tile_at(&m->tiles, tile);
    gt_status st = GT_OK;
    for (int y = -1; st == GT_OK && y <= b->rows; y++) {
        bool all = y < 0 || y == b->rows;
        for (int x = -1; st == GT_OK && x <= b->cols; x += all ? 1 : b->cols + 1) {
            size_t i = multi_cell(b, x, y), slot = SIZE_MAX;
            if (b->code[i] != MULTI_NODATA && b->inflow[i] != MULTI_DONE) {
                slot = flow_slot_at(&m->tiles, w.col + x, w.row + y);
            }
            if (slot != SIZE_MAX && __atomic_load_n(&m->rim_done[slot], __ATOMIC_ACQUIRE) != 0) {
                b->flow[i] = m->rim_flow[slot];
                st = tell(ctx, b, i);
            }
        }
    }
    return st;
}

/* Tells the tiles beside what of the border is done since the last visit. */
static void tell_beside(const multi *m, const multi_bench *b, size_t tile)
{
    static const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    const flow_bench shape = {.cols = b->cols, .rows = b->rows};
    const flow_run *f = &m->tiles;
    for (int k = 0; k < flow_rim_size(b->cols, b->rows); k++) {
        size_t slot = tile * f->rims.per_tile + (size_t)k;
        int x = 0, y = 0;
        flow_rim_cell(&shape, k, &x, &y);
        size_t i = multi_cell(b, x, y);
        if (b->inflow[i] != MULTI_DONE || m->rim_done[slot] != 0) { /* written here alone */
            continue;
        }
        m->rim_flow[slot] = b->flow[i];
        __atomic_store_n(&m->rim_done[slot], 1, __ATOMIC_RELEASE);
        for (int e = 1; e <= 8; e++) {
            size_t to = multi_beside(b, i, e);
            if (!is_own(b, to) && multi_gives(b, i, e, to)) { /* none is off the grid */
                int64_t across =
                    (int64_t)tile % f->across + (x + dx[e] >= b->cols) - (x + dx[e] < 0);
                int64_t down = (int64_t)tile / f->across + (y + dy[e] >= b->rows) - (y + dy[e] < 0);
                __atomic_store_n(&m->wake[down * f->across + across], 1, __ATOMIC_RELEASE);
            }
        }
    }
}

/* The first cell of the tile that still waits; SIZE_MAX: none. */
static size_t waiting(const multi_bench *b)
{
    for (int y = 0; y < b->rows; y++) {
        for (size_t i = multi_cell(b, 0, y); i < multi_cell(b, b->cols, y); i++) {
            if (b->code[i] != MULTI_NODATA && b->inflow[i] != MULTI_DONE) {
                return i;
            }
        }
    }
    return SIZE_MAX;
}

static gt_status leave(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile)
{
    m->open[tile] = waiting(b) != SIZE_MAX;
    if (m->open[tile] != 0) {
        return b->block == b->own
                   ? grid_shelf_put(ctx, &m->shelf, tile, b->block, b->n * MULTI_CELL_BYTES)
                   : GT_OK;
    }
    for (int y = 0; y < b->rows; y++) {
        for (size_t i = multi_cell(b, 0, y); i < multi_cell(b, b->cols, y); i++) {
            if (b->code[i] == 0) {
                double whole = floor(b->flow[i]);
                m->part[tile].drained += (uint64_t)whole;
                m->part[tile].parts += (uint64_t)llround(ldexp(b->flow[i] - whole, PARTS));
            }
        }
    }
    return multi_write_sums(ctx, m, b, tile);
}

/* Where the tile is worked on: on the shelf itself when that lies in memory. */
static void set_out(const multi *m, multi_bench *b, size_t tile)
{
    void *at = grid_shelf_at(&m->shelf, tile);
    multi_set(m, b, tile, at != NULL ? at : b->own);
}

static gt_status end_visit(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile)
{
    gt_status st = bring_in(ctx, m, b, tile);
    st = st == GT_OK ? drain(ctx, m, b) : st;
    if (st == GT_OK) {
        tell_beside(m, b, tile);
        st = leave(ctx, m, b, tile);
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

static gt_status first_visit(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    multi *m = user;
    multi_bench *b = &m->benches[worker];
    set_out(m, b, tile);
    gt_status st = multi_read_tile(ctx, m, b, tile, &m->part[tile]);
    st = st == GT_OK ? multi_write_ways(ctx, m, b, tile) : st;
    b->n_list = 0;
    for (int y = 0; st == GT_OK && y < b->rows; y++) {
        for (size_t i = multi_cell(b, 0, y); st == GT_OK && i < multi_cell(b, b->cols, y); i++) {
            if (b->code[i] != MULTI_NODATA && b->inflow[i] == MULTI_SOURCE) {
                st = push(ctx, b, i);
                st = st == GT_OK ? drain(ctx, m, b) : st;
            }
        }
    }
    return st == GT_OK ? end_visit(ctx, m, b, tile) : st;
}

static gt_status next_visit(gt_ctx *ctx, void *user, size_t task, int worker)
{
    multi *m = user;
    multi_bench *b = &m->benches[worker];
    size_t tile = m->back ? m->tiles.n_tiles - 1 - task : task;
    if (__atomic_exchange_n(&m->wake[tile], 0, __ATOMIC_ACQ_REL) == 0 || m->open[tile] == 0) {
        return GT_OK;
    }
    set_out(m, b, tile);
    gt_status st = GT_OK;
    if (b->block == b->own) {
        st = grid_shelf_get(ctx, &m->shelf, tile, b->block, b->n * MULTI_CELL_BYTES);
    }
    b->n_list = 0;
    return st == GT_OK ? end_visit(ctx, m, b, tile) : st;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

static gt_status hold(gt_ctx *ctx, multi *m, const char *scratch_dir)
{
    const flow_run *f = &m->tiles;
    size_t wide = (size_t)f->side + 2 * MULTI_RING, threads = (size_t)gt_ctx_threads(ctx);
    size_t n_slots = f->n_tiles * f->rims.per_tile, bytes = wide * wide * MULTI_CELL_BYTES;
    bytes = (bytes + 7) / 8 * 8;
    m->rim_flow = gt_alloc(ctx, n_slots, sizeof *m->rim_flow);
    m->rim_done = gt_zalloc(ctx, n_slots, 1);
    m->wake = gt_zalloc(ctx, f->n_tiles, 1);
    m->open = gt_zalloc(ctx, f->n_tiles, 1);
    m->part = gt_zalloc(ctx, f->n_tiles, sizeof *m->part);
    m->benches = gt_zalloc(ctx, threads, sizeof *m->benches);
    bool got = m->rim_flow != NULL && m->rim_done != NULL && m->wake != NULL && m->open != NULL &&
               m->part != NULL && m->benches != NULL;
    gt_status st =
        got ? grid_shelf_new(ctx, f->n_tiles, bytes, 2, scratch_dir, &m->shelf) : GT_E_MEMORY;
    for (size_t i = 0; st == GT_OK && i < threads; i++) {
        multi_bench *b = &m->benches[i];
        b->row = gt_alloc(ctx, wide, sizeof *b->row);
        b->own = m->shelf.at == NULL ? gt_alloc(ctx, bytes, 1) : NULL;
        st = b->row == NULL || (b->own == NULL && m->shelf.at == NULL) ? GT_E_MEMORY : GT_OK;
    }
    return st;
}

static void release(gt_ctx *ctx, multi *m)
{
    for (int i = 0; m->benches != NULL && i < gt_ctx_threads(ctx); i++) {
        gt_free(ctx, m->benches[i].row);
        gt_free(ctx, m->benches[i].own);
        gt_free(ctx, m->benches[i].list);
    }
    gt_free(ctx, m->benches);
    gt_free(ctx, m->rim_flow);
    gt_free(ctx, m->rim_done);
    gt_free(ctx, m->wake);
    gt_free(ctx, m->open);
    gt_free(ctx, m->part);
    grid_shelf_free(ctx, &m->shelf);
}

static gt_status check_call(gt_ctx *ctx, const multi *m)
{
    gt_grid *const outs[] = {m->out->accumulation, m->out->angle, m->out->width};
    const gt_grid_spec *s = gt_grid_facts(m->filled);
    if ((s->n_cols + 2) * (s->n_rows + 2) > INT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(m->filled)),
                       GT_ARGS(GT_INT("cells", s->n_cols * s->n_rows), GT_INT("max", INT32_MAX)));
    }
    gt_status st = gt_grid_check_aligned(ctx, m->filled, m->direction, true, NULL, NULL);
    if (!(m->exponent > 0 && m->exponent <= GT_FLOW_EXPONENT_MAX)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "exponent of the flow")));
    }
    if (m->out->angle != NULL && m->way != GT_FLOW_DINF) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "angle of a flow that has several ways")));
    }
    for (int i = 0; st == GT_OK && i < 3; i++) {
        if (outs[i] != NULL) {
            st = gt_grid_check_aligned(ctx, m->filled, outs[i], true, NULL, NULL);
        }
    }
    return st;
}

/* Tiles that still wait have no news: something goes round. */
static gt_status check_done(gt_ctx *ctx, const multi *m)
{
    for (size_t t = 0; t < m->tiles.n_tiles; t++) {
        multi_bench *b = &m->benches[0];
        gt_status st = GT_OK;
        if (m->open[t] == 0) {
            continue;
        }
        set_out(m, b, t);
        if (b->block == b->own) {
            st = grid_shelf_get(ctx, &m->shelf, t, b->block, b->n * MULTI_CELL_BYTES);
        }
        return st == GT_OK
                   ? multi_bad_direction(ctx, m, b, t, waiting(b), "lies on, or below, a circle",
                                         "处于环流之中或其下游")
                   : st;
    }
    return GT_OK;
}

static gt_status visit_all(gt_ctx *ctx, multi *m)
{
    gt_status st = gt_parallel_for(ctx, m->tiles.n_tiles, first_visit, m);
    for (bool more = true; st == GT_OK && more;) {
        m->back = !m->back;
        st = gt_parallel_for(ctx, m->tiles.n_tiles, next_visit, m);
        more = st == GT_OK && memchr(m->wake, 1, m->tiles.n_tiles) != NULL;
    }
    return st == GT_OK ? check_done(ctx, m) : st;
}

gt_status gt_grid_multiflow(gt_ctx *ctx, gt_grid *filled, gt_grid *direction,
                            const gt_multiflow_options *options, const gt_multiflow_out *out,
                            gt_multiflow_facts *facts)
{
    gt_multiflow_options o;
    gt_multiflow_facts sum = {0};
    gt_multiflow_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    double usual = o.way == GT_FLOW_FREEMAN ? 1.1 : 1;
    multi m = {.filled = filled,
               .direction = direction,
               .out = out,
               .way = o.way,
               .shelf = {.fd = -1},
               .exponent = o.exponent == 0 ? usual : o.exponent};
    if (o.tile != 0 && (o.tile < 1 || o.tile > 4096)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "side of the tiles of a flow")));
    }
    gt_status st = check_call(ctx, &m);
    if (st == GT_OK) {
        multi_measure(&m);
        flow_cut(ctx, &m.tiles, gt_grid_facts(filled), o.tile, BENCH_BYTES);
        flow_want_tiles(ctx, &m.tiles, filled);
        flow_want_tiles(ctx, &m.tiles, direction);
        st = hold(ctx, &m, o.scratch_dir);
    }
    st = st == GT_OK ? visit_all(ctx, &m) : st;
    uint64_t drained = 0, parts = 0;
    for (size_t t = 0; st == GT_OK && t < m.tiles.n_tiles; t++) {
        sum.n_cells += m.part[t].n_cells;
        sum.n_outlets += m.part[t].n_outlets;
        sum.n_single += m.part[t].n_single;
        drained += m.part[t].drained + (m.part[t].parts >> PARTS);
        parts += m.part[t].parts & (((uint64_t)1 << PARTS) - 1);
        drained += parts >> PARTS;
        parts &= ((uint64_t)1 << PARTS) - 1;
    }
    sum.drained = (double)drained + ldexp((double)parts, -PARTS);
    if (st == GT_OK && facts != NULL) {
        *facts = sum;
    }
    release(ctx, &m);
    return st;
}
