/* D8 directions on filled heights, tile by tile, and flats. In a flat every cell drains to a
 * neighbour that is one step nearer to where the flat drains: steps are counted over all of the
 * flat, so the pattern depends on the surface alone (departure: Garbrecht and Martz add a gradient
 * away from higher ground).
 *
 * A cell of a flat has no lower neighbour, so two of them side by side are of one height: past the
 * first step heights are not asked. Steps are counted in the tile first. Flats that meet the border
 * of the tile stay open; tiles whose border cells get fewer steps from beside count again, round by
 * round, until nothing changes: the least fixed point of "one more than the least neighbour", which
 * neither order nor threads nor tiles can be seen in. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/flow.h"
#include "guotu/pool.h"

enum { PIECE = 256, IN_WORK = 254 };

const int FLOW_ORDER[8] = {1, 3, 5, 7, 2, 4, 6, 8};

static inline bool is_flat(uint8_t code)
{
    return code >= FLOW_FLAT && code <= FLOW_FLAT + 8;
}

/* ---- steepest way down --------------------------------------------------------------------------
 */

/* On the filled heights, a piece of a row at a time. */
static void direct_piece(const flow_run *f, const flow_bench *b, size_t at, int n)
{
    float best[PIECE], around[PIECE];
    int32_t code[PIECE];
    const float *restrict z = b->z + at;
    for (int i = 0; i < n; i++) {
        best[i] = around[i] = 0;
        code[i] = 0;
    }
    for (int k = 0; k < 8; k++) {
        int e = FLOW_ORDER[k];
        const float *restrict to = z + b->move[e];
        float inverse = f->inverse[e];
        for (int i = 0; i < n; i++) {
            float drop = (z[i] - to[i]) * inverse; /* comparisons with nodata are false */
            code[i] = drop > best[i] ? e : code[i];
            best[i] = drop > best[i] ? drop : best[i];
            around[i] += to[i];
        }
    }
    for (int i = 0; i < n; i++) {
        int32_t none = isnan(around[i]) ? 0 : FLOW_FLAT; /* beside nodata: off the map */
        b->dir[at + (size_t)i] = (uint8_t)(isnan(z[i])   ? FLOW_NODATA
                                           : code[i] > 0 ? code[i]
                                                         : none);
    }
}

static gt_status list_flats(gt_ctx *ctx, flow_bench *b)
{
    gt_status st = GT_OK;
    b->flat.n = 0;
    for (int r = 0; st == GT_OK && r < b->rows; r++) {
        size_t at = flow_bench_cell(b, 0, r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)b->cols; i++) {
            st = is_flat(b->dir[i]) ? add_cell(ctx, &b->flat, i) : GT_OK;
        }
    }
    return st;
}

/* ---- steps in a tile ----------------------------------------------------------------------------
 */

static void swap_cells(cells *a, cells *b)
{
    const cells swap = *a;
    *a = *b;
    *b = swap;
}

static inline gt_status start_at(gt_ctx *ctx, flow_bench *b, uint32_t cell, uint32_t steps)
{
    if (b->steps[cell] <= steps) {
        return GT_OK;
    }
    b->steps[cell] = steps;
    return add_cell(ctx, &b->front, cell);
}

static int by_steps(const void *a, const void *b)
{
    const flow_seed *x = a, *y = b;
    return x->steps < y->steps ? -1 : x->steps > y->steps;
}

/* Steps of all flat cells, from those with a way out beside them in the tile and from the seeds. */
static gt_status spread(gt_ctx *ctx, flow_bench *b)
{
    gt_status st = GT_OK;
    size_t s = 0;
    b->front.n = 0;
    if (b->n_seeds > 1) {
        qsort(b->seeds, b->n_seeds, sizeof *b->seeds, by_steps);
    }
    for (size_t i = 0; st == GT_OK && i < b->flat.n; i++) {
        uint32_t cell = b->flat.list[i];
        st = b->dir[cell] > FLOW_FLAT ? start_at(ctx, b, cell, 1) : GT_OK;
    }
    for (uint32_t steps = 1; st == GT_OK && (b->front.n > 0 || s < b->n_seeds); steps++) {
        if (b->front.n == 0) {
            steps = b->seeds[s].steps;
        }
        for (; st == GT_OK && s < b->n_seeds && b->seeds[s].steps <= steps; s++) {
            st = start_at(ctx, b, b->seeds[s].cell, b->seeds[s].steps);
        }
        b->next.n = 0;
        for (size_t i = 0; st == GT_OK && i < b->front.n; i++) {
            for (int e = 1; st == GT_OK && e <= 8; e++) {
                uint32_t next = (uint32_t)((int)b->front.list[i] + b->move[e]);
                if (b->steps[next] == FLOW_FAR && is_flat(b->dir[next])) {
                    b->steps[next] = steps + 1;
                    st = add_cell(ctx, &b->next, next);
                }
            }
        }
        swap_cells(&b->front, &b->next);
    }
    return st;
}

/* The first neighbour one step nearer; 0 when the flat drains nowhere, which only heights closer
 * than floats can tell apart make. */
static uint8_t way_by_steps(const flow_bench *b, uint32_t cell)
{
    uint32_t steps = b->steps[cell];
    for (int k = 0; steps != FLOW_FAR && k < 8; k++) {
        if (b->steps[(int)cell + b->move[FLOW_ORDER[k]]] == steps - 1) {
            return (uint8_t)FLOW_ORDER[k];
        }
    }
    return 0;
}

static void far_all(const flow_bench *b)
{
    memset(b->steps, 0xff, b->n * sizeof *b->steps);
}

/* ---- a tile for the first time ------------------------------------------------------------------
 */

/* Direction to the first neighbour in the tile as high that drains; 0 when there is none. */
static uint8_t way_out(const flow_bench *b, uint32_t cell)
{
    for (int k = 0; k < 8; k++) {
        int next = (int)cell + b->move[FLOW_ORDER[k]];
        if (b->dir[next] <= 8 && b->z[next] == b->z[cell]) {
            return (uint8_t)FLOW_ORDER[k];
        }
    }
    return 0;
}

/* b->mark = 1 in flats that meet the border of the tile. */
static gt_status mark_open(gt_ctx *ctx, flow_bench *b)
{
    gt_status st = GT_OK;
    b->front.n = 0;
    for (size_t i = 0; i < b->flat.n; i++) {
        b->mark[b->flat.list[i]] = 0;
    }
    for (int k = 0; st == GT_OK && k < flow_rim_size(b->cols, b->rows); k++) {
        int x = 0, y = 0;
        flow_rim_cell(b, k, &x, &y);
        size_t i = flow_bench_cell(b, x, y);
        if (is_flat(b->dir[i])) {
            b->mark[i] = 1;
            st = add_cell(ctx, &b->front, i);
        }
    }
    while (st == GT_OK && b->front.n > 0) {
        uint32_t cell = b->front.list[--b->front.n];
        for (int e = 1; st == GT_OK && e <= 8; e++) {
            uint32_t next = (uint32_t)((int)cell + b->move[e]);
            if (is_flat(b->dir[next]) && b->mark[next] == 0) {
                b->mark[next] = 1;
                st = add_cell(ctx, &b->front, next);
            }
        }
    }
    return st;
}

static void keep_steps(const flow_run *f, const flow_bench *b, size_t tile)
{
    uint32_t *steps = f->rims.steps + tile * f->rims.per_tile;
    for (int k = 0; k < flow_rim_size(b->cols, b->rows); k++) {
        int x = 0, y = 0;
        flow_rim_cell(b, k, &x, &y);
        size_t i = flow_bench_cell(b, x, y);
        steps[k] = is_flat(b->dir[i]) ? b->steps[i] : b->dir[i] <= 8 ? 0 : FLOW_FAR;
    }
}

gt_status flow_direct_tile(gt_ctx *ctx, flow_run *f, flow_bench *b, size_t tile)
{
    memset(b->dir, FLOW_NODATA, b->n);
    for (int r = 0; r < b->rows; r++) {
        for (int c = 0; c < b->cols; c += PIECE) {
            direct_piece(f, b, flow_bench_cell(b, c, r), b->cols - c < PIECE ? b->cols - c : PIECE);
        }
    }
    f->open[tile] = 0;
    b->n_seeds = 0;
    gt_status st = list_flats(ctx, b);
    if (b->flat.n > 0) {
        far_all(b);
        for (size_t i = 0; i < b->flat.n; i++) { /* cells so marked do not drain, for the others */
            uint32_t cell = b->flat.list[i];
            b->dir[cell] = (uint8_t)(FLOW_FLAT + way_out(b, cell));
        }
        st = st == GT_OK ? spread(ctx, b) : st;
        st = st == GT_OK ? mark_open(ctx, b) : st;
    }
    keep_steps(f, b, tile);
    for (size_t i = 0; st == GT_OK && i < b->flat.n; i++) {
        uint32_t cell = b->flat.list[i];
        if (b->mark[cell] != 0) {
            f->open[tile] = 1;
        } else {
            b->dir[cell] = b->dir[cell] > FLOW_FLAT ? (uint8_t)(b->dir[cell] - FLOW_FLAT)
                                                    : way_by_steps(b, cell);
        }
    }
    return st;
}

/* ---- over the borders ---------------------------------------------------------------------------
 */

static uint32_t steps_at(const flow_run *f, size_t slot)
{
    return __atomic_load_n(&f->rims.steps[slot], __ATOMIC_RELAXED);
}

/* Least steps a border cell gets from the tiles around; FLOW_FAR: none. `way`, if it is one step:
 * the first direction in the order of ties, at or before *way when that is not 0. */
static uint32_t from_beside(const flow_run *f, const gt_window *w, int x, int y, size_t slot,
                            uint8_t *way)
{
    static const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    uint32_t least = FLOW_FAR;
    uint8_t found = 0;
    for (int k = 0; k < 8; k++) {
        int e = FLOW_ORDER[k], tx = x + dx[e], ty = y + dy[e];
        if (tx >= 0 && ty >= 0 && tx < w->n_cols && ty < w->n_rows) {
            found = found == 0 && *way == e ? *way : found;
            continue;
        }
        size_t other = flow_slot_at(f, w->col + tx, w->row + ty);
        uint32_t steps = other == SIZE_MAX || f->rims.z[other] != f->rims.z[slot]
                             ? FLOW_FAR
                             : steps_at(f, other);
        least = steps < least ? steps : least;
        found = found == 0 && steps == 0 ? (uint8_t)e : found;
    }
    *way = found;
    return least == FLOW_FAR ? FLOW_FAR : least + 1;
}

/* Seeds of the border cells that are nearer by way of a tile beside: none, nothing is new. */
static gt_status list_seeds(gt_ctx *ctx, const flow_run *f, flow_bench *b, size_t tile)
{
    const gt_window w = flow_tile_at(f, tile);
    gt_status st = GT_OK;
    bool news = false;
    b->n_seeds = 0;
    for (int k = 0; st == GT_OK && k < flow_rim_size(b->cols, b->rows); k++) {
        int x = 0, y = 0;
        uint8_t way = 0;
        size_t slot = tile * f->rims.per_tile + (size_t)k;
        uint32_t had = steps_at(f, slot);
        if (had == 0 || isnan(f->rims.z[slot])) {
            continue;
        }
        flow_rim_cell(b, k, &x, &y);
        uint32_t steps = from_beside(f, &w, x, y, slot, &way);
        if (steps == FLOW_FAR) {
            continue;
        }
        news = news || steps < had;
        st = gt_grow(ctx, (void **)&b->seeds, &b->cap_seeds, b->n_seeds + 1, sizeof *b->seeds);
        if (st == GT_OK) {
            b->seeds[b->n_seeds++] = (flow_seed){steps, (uint32_t)flow_bench_cell(b, x, y)};
        }
    }
    b->n_seeds = news ? b->n_seeds : 0;
    return st;
}

static void wake_around(const flow_run *f, const gt_window *w, int x, int y)
{
    for (int e = 0; e < 9; e++) {
        int tx = x + e % 3 - 1, ty = y + e / 3 - 1;
        bool inside = tx >= 0 && ty >= 0 && tx < w->n_cols && ty < w->n_rows;
        size_t slot = inside ? SIZE_MAX : flow_slot_at(f, w->col + tx, w->row + ty);
        if (slot != SIZE_MAX) {
            __atomic_store_n(&f->wake[slot / f->rims.per_tile], 1, __ATOMIC_RELAXED);
        }
    }
}

/* Codes and steps of an open tile. */
static gt_status take_tile(gt_ctx *ctx, const flow_run *f, flow_bench *b, size_t tile)
{
    gt_status st = grid_shelf_get(ctx, &f->codes, tile, b->dir, b->n);
    st = st == GT_OK ? list_flats(ctx, b) : st;
    far_all(b);
    return st == GT_OK ? spread(ctx, b) : st;
}

static gt_status visit(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const flow_run *f = user;
    flow_bench *b = &f->benches[worker];
    size_t tile = f->active[task];
    const gt_window w = flow_tile_at(f, tile);
    flow_bench_set(f, b, tile);
    gt_status st = list_seeds(ctx, f, b, tile);
    if (st != GT_OK || b->n_seeds == 0) {
        return st;
    }
    st = take_tile(ctx, f, b, tile);
    for (int k = 0; st == GT_OK && k < flow_rim_size(b->cols, b->rows); k++) {
        int x = 0, y = 0;
        uint32_t *steps = &f->rims.steps[tile * f->rims.per_tile + (size_t)k];
        flow_rim_cell(b, k, &x, &y);
        size_t i = flow_bench_cell(b, x, y);
        if (is_flat(b->dir[i]) && b->steps[i] < *steps) {
            __atomic_store_n(steps, b->steps[i], __ATOMIC_RELAXED);
            wake_around(f, &w, x, y);
        }
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

gt_status flow_join_flats(gt_ctx *ctx, flow_run *f)
{
    gt_status st = GT_OK;
    memset(f->wake, 1, f->n_tiles);
    for (size_t n = 1; st == GT_OK && n > 0;) {
        n = 0;
        for (size_t t = 0; t < f->n_tiles; t++) {
            if (f->wake[t] != 0 && f->open[t] != 0) {
                f->active[n++] = (uint32_t)t;
            }
            f->wake[t] = 0;
        }
        st = gt_parallel_for(ctx, n, visit, f);
    }
    return st;
}

/* ---- the last time ------------------------------------------------------------------------------
 */

gt_status flow_close_tile(gt_ctx *ctx, flow_run *f, flow_bench *b, size_t tile)
{
    const gt_window w = flow_tile_at(f, tile);
    const uint32_t *steps = f->rims.steps + tile * f->rims.per_tile;
    flow_bench_set(f, b, tile);
    b->n_seeds = 0;
    gt_status st = GT_OK;
    for (int k = 0; st == GT_OK && k < flow_rim_size(b->cols, b->rows); k++) { /* all are known */
        int x = 0, y = 0;
        flow_rim_cell(b, k, &x, &y);
        st = gt_grow(ctx, (void **)&b->seeds, &b->cap_seeds, b->n_seeds + 1, sizeof *b->seeds);
        if (st == GT_OK && steps[k] != 0 && steps[k] != FLOW_FAR) {
            b->seeds[b->n_seeds++] = (flow_seed){steps[k], (uint32_t)flow_bench_cell(b, x, y)};
        }
    }
    st = st == GT_OK ? take_tile(ctx, f, b, tile) : st;
    for (int y = -1; y <= b->rows; y++) { /* the ring's steps; its drains are seen by height */
        for (int x = -1; x <= b->cols; x += y < 0 || y == b->rows ? 1 : b->cols + 1) {
            size_t slot = flow_slot_at(f, w.col + x, w.row + y);
            uint32_t there = slot == SIZE_MAX ? FLOW_FAR : f->rims.steps[slot];
            b->steps[flow_bench_cell(b, x, y)] = there == 0 ? FLOW_FAR : there;
        }
    }
    for (size_t i = 0; st == GT_OK && i < b->flat.n; i++) {
        uint32_t cell = b->flat.list[i];
        int x = (int)cell % b->width - 1, y = (int)cell / b->width - 1;
        bool border = x == 0 || y == 0 || x == b->cols - 1 || y == b->rows - 1;
        uint8_t way = (uint8_t)(b->dir[cell] - FLOW_FLAT);
        if (border && b->steps[cell] == 1) {
            size_t slot = tile * f->rims.per_tile + (size_t)flow_rim_number(b->cols, b->rows, x, y);
            (void)from_beside(f, &w, x, y, slot, &way);
        }
        b->dir[cell] = way != 0 ? way : way_by_steps(b, cell);
    }
    return st;
}
