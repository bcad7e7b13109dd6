/* Depression filling, D8 directions and accumulation of a grid of any size, tile by tile: six
 * passes over tiles and, between them, three small problems on their borders (README.md). */
#include "grid/flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/internal.h"
#include "grid/messages.h"
#include "guotu/pool.h"

enum { SIDE = 512, LEAST_SIDE = 32, BENCH_BYTES = 32 };

void gt_flow_options_init(gt_flow_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* ---- tiles --------------------------------------------------------------------------------------
 */

gt_window flow_tile_at(const flow_run *f, size_t tile)
{
    int64_t col = (int64_t)tile % f->across * f->side, row = (int64_t)tile / f->across * f->side;
    return (gt_window){col, row, f->cols - col < f->side ? f->cols - col : f->side,
                       f->rows - row < f->side ? f->rows - row : f->side};
}

int flow_rim_size(int cols, int rows)
{
    return rows == 1 ? cols : 2 * cols + (cols == 1 ? 1 : 2) * (rows - 2);
}

void flow_rim_cell(const flow_bench *b, int k, int *x, int *y)
{
    int inner = b->rows - 2, side = k - 2 * b->cols;
    if (k < 2 * b->cols) {
        *x = k < b->cols ? k : k - b->cols;
        *y = k < b->cols ? 0 : b->rows - 1;
        return;
    }
    *x = side < inner ? 0 : b->cols - 1;
    *y = (side < inner ? side : side - inner) + 1;
}

size_t flow_slot_at(const flow_run *f, int64_t col, int64_t row)
{
    if (col < 0 || row < 0 || col >= f->cols || row >= f->rows) {
        return SIZE_MAX;
    }
    int64_t tc = col / f->side, tr = row / f->side;
    int64_t cols = f->cols - tc * f->side, rows = f->rows - tr * f->side;
    int k = flow_rim_number((int)(cols < f->side ? cols : f->side),
                            (int)(rows < f->side ? rows : f->side), (int)(col - tc * f->side),
                            (int)(row - tr * f->side));
    return (size_t)(tr * f->across + tc) * f->rims.per_tile + (size_t)k;
}

void flow_bench_set(const flow_run *f, flow_bench *b, size_t tile)
{
    const gt_window w = flow_tile_at(f, tile);
    b->cols = (int)w.n_cols;
    b->rows = (int)w.n_rows;
    b->width = b->cols + 2;
    b->n = (size_t)b->width * (size_t)(b->rows + 2);
    const int move[9] = {
        0, 1, 1 - b->width, -b->width, -b->width - 1, -1, b->width - 1, b->width, b->width + 1};
    memcpy(b->move, move, sizeof move);
}

gt_status flow_read_tile(gt_ctx *ctx, const flow_run *f, flow_bench *b, size_t tile)
{
    const gt_window w = flow_tile_at(f, tile);
    float *at = b->z + flow_bench_cell(b, 0, 0);
    gt_status st = gt_grid_read(ctx, f->dem, &w, GT_CELL_F32, at, (size_t)b->width);
    for (int r = 0; st == GT_OK && r < b->rows; r++) {
        float *z = at + (size_t)r * (size_t)b->width;
        for (int c = 0; c < b->cols; c++) {
            z[c] = isinf(z[c]) ? (float)NAN : z[c] + 0.0f; /* -0 as 0 */
        }
    }
    return st;
}

/* ---- passes -------------------------------------------------------------------------------------
 */

static gt_status second_pass(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    flow_run *f = user;
    flow_bench *b = &f->benches[worker];
    const gt_window w = flow_tile_at(f, tile);
    flow_bench_set(f, b, tile);
    gt_status st = flow_read_tile(ctx, f, b, tile);
    st = st == GT_OK ? flow_fill_tile(ctx, f, b, tile, &f->part[tile]) : st;
    if (st == GT_OK && f->filled != NULL) {
        st = gt_grid_write(ctx, f->filled, &w, GT_CELL_F32, b->z + flow_bench_cell(b, 0, 0),
                           (size_t)b->width);
    }
    if (st == GT_OK && f->accumulation != NULL) {
        st = flow_direct_tile(ctx, f, b, tile);
        if (st == GT_OK) {
            st = f->open[tile] != 0 ? grid_shelf_put(ctx, &f->codes, tile, b->dir, b->n)
                                    : flow_account_tile(ctx, f, b, tile);
        }
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

static gt_status third_pass(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    flow_run *f = user;
    flow_bench *b = &f->benches[worker];
    if (f->open[tile] == 0) {
        return GT_OK;
    }
    gt_status st = flow_close_tile(ctx, f, b, tile);
    st = st == GT_OK ? flow_account_tile(ctx, f, b, tile) : st;
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

static gt_status last_pass(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    flow_run *f = user;
    flow_bench *b = &f->benches[worker];
    const gt_window w = flow_tile_at(f, tile);
    size_t at = 0;
    flow_bench_set(f, b, tile);
    at = flow_bench_cell(b, 0, 0);
    gt_status st = grid_shelf_get(ctx, &f->codes, tile, b->dir, b->n);
    if (st != GT_OK) {
        return st;
    }
    flow_count_tile(f, b, tile, &f->part[tile]);
    int32_t *codes = (int32_t *)b->steps;
    for (size_t i = 0; i < b->n; i++) {
        b->count[i] = b->dir[i] == FLOW_NODATA ? (uint32_t)GT_NODATA_I32 : b->count[i];
        codes[i] = b->dir[i] == FLOW_NODATA ? GT_NODATA_I32 : b->dir[i];
    }
    st = gt_grid_write(ctx, f->accumulation, &w, GT_CELL_I32, (int32_t *)b->count + at,
                       (size_t)b->width);
    if (st == GT_OK && f->direction != NULL) {
        st = gt_grid_write(ctx, f->direction, &w, GT_CELL_I32, codes + at, (size_t)b->width);
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* ---- memory -------------------------------------------------------------------------------------
 */

/* Smaller tiles where the ceiling leaves little. */
static int64_t side_for(gt_ctx *ctx, const flow_run *f, int64_t given, size_t bench_bytes)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    size_t have = ceiling == 0 ? SIZE_MAX : ceiling > used ? (ceiling - used) / 2 : 0;
    int64_t side = given > 0 ? given : SIDE;
    while (given == 0 && side > LEAST_SIDE &&
           (size_t)(side * side) * bench_bytes * (size_t)gt_ctx_threads(ctx) > have) {
        side /= 2;
    }
    int64_t most = f->cols > f->rows ? f->cols : f->rows;
    return side < most ? side : most;
}

void flow_cut(gt_ctx *ctx, flow_run *f, const gt_grid_spec *s, int64_t side, size_t bench_bytes)
{
    f->cols = s->n_cols;
    f->rows = s->n_rows;
    f->side = side_for(ctx, f, side, bench_bytes);
    f->across = (f->cols + f->side - 1) / f->side;
    f->down = (f->rows + f->side - 1) / f->side;
    f->n_tiles = (size_t)(f->across * f->down);
    f->rims.per_tile = 4 * (size_t)f->side;
}

void flow_want_tiles(gt_ctx *ctx, const flow_run *f, const gt_grid *g)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx);
    size_t want = (size_t)(f->side / g->tile_h + 2) * (size_t)gt_ctx_threads(ctx);
    if (g->cache != NULL && (ceiling == 0 || want * g->tile_bytes < ceiling / 8)) {
        grid_cache_want(g->cache, want * (size_t)(f->side / g->tile_w + 2));
    }
}

static gt_status new_bench(gt_ctx *ctx, const flow_run *f, flow_bench *b)
{
    size_t n = (size_t)(f->side + 2) * (size_t)(f->side + 2);
    b->z = gt_alloc(ctx, n, sizeof *b->z);
    b->count = (uint32_t *)(void *)b->z;
    b->label = gt_alloc(ctx, n, sizeof *b->label);
    b->mark = gt_zalloc(ctx, n, 1);
    b->edge = gt_zalloc(ctx, n, 1);
    b->dir = gt_alloc(ctx, n, 1);
    b->steps = gt_alloc(ctx, n, sizeof *b->steps);
    bool got = b->z != NULL && b->label != NULL && b->mark != NULL && b->edge != NULL &&
               b->dir != NULL && b->steps != NULL;
    return got ? GT_OK : GT_E_MEMORY;
}

static void free_bench(gt_ctx *ctx, flow_bench *b)
{
    heap_free(ctx, &b->heap);
    gt_free(ctx, b->z);
    gt_free(ctx, b->label);
    gt_free(ctx, b->mark);
    gt_free(ctx, b->edge);
    gt_free(ctx, b->dir);
    gt_free(ctx, b->steps);
    gt_free(ctx, b->queue);
    gt_free(ctx, b->slot);
    gt_free(ctx, b->found.list);
    gt_free(ctx, b->flat.list);
    gt_free(ctx, b->front.list);
    gt_free(ctx, b->next.list);
    gt_free(ctx, b->seeds);
}

static gt_status new_rims(gt_ctx *ctx, const flow_run *f, flow_rims *r)
{
    size_t n = f->n_tiles * r->per_tile;
    bool flow = f->accumulation != NULL;
    r->z = gt_alloc(ctx, n, sizeof *r->z);
    r->label = gt_alloc(ctx, n, sizeof *r->label);
    bool got = r->z != NULL && r->label != NULL;
    if (flow && got) {
        r->steps = gt_alloc(ctx, n, sizeof *r->steps);
        r->flow = gt_alloc(ctx, n, sizeof *r->flow);
        r->in = gt_alloc(ctx, n, sizeof *r->in);
        r->link = gt_alloc(ctx, n, sizeof *r->link);
        r->left = gt_alloc(ctx, n, sizeof *r->left);
        r->out = gt_zalloc(ctx, n, sizeof *r->out); /* slots beyond a tile's border stay 0 */
        got = r->steps != NULL && r->flow != NULL && r->in != NULL && r->link != NULL &&
              r->left != NULL && r->out != NULL;
    }
    return got ? GT_OK : GT_E_MEMORY;
}

static void release(gt_ctx *ctx, flow_run *f)
{
    for (int i = 0; f->benches != NULL && i < gt_ctx_threads(ctx); i++) {
        free_bench(ctx, &f->benches[i]);
    }
    for (size_t t = 0; f->passes != NULL && t < f->n_tiles; t++) {
        gt_free(ctx, f->passes[t].list);
    }
    flow_rims *r = &f->rims;
    gt_free(ctx, r->z);
    gt_free(ctx, r->label);
    gt_free(ctx, r->steps);
    gt_free(ctx, r->flow);
    gt_free(ctx, r->in);
    gt_free(ctx, r->link);
    gt_free(ctx, r->left);
    gt_free(ctx, r->out);
    gt_free(ctx, f->benches);
    gt_free(ctx, f->passes);
    gt_free(ctx, f->base);
    gt_free(ctx, f->level);
    gt_free(ctx, f->open);
    gt_free(ctx, f->wake);
    gt_free(ctx, f->active);
    gt_free(ctx, f->part);
    grid_shelf_free(ctx, &f->codes);
}

static gt_status hold(gt_ctx *ctx, flow_run *f)
{
    size_t threads = (size_t)gt_ctx_threads(ctx), wide = (size_t)f->side + 2;
    f->benches = gt_zalloc(ctx, threads, sizeof *f->benches);
    f->passes = gt_zalloc(ctx, f->n_tiles, sizeof *f->passes);
    f->base = gt_zalloc(ctx, f->n_tiles + 1, sizeof *f->base);
    f->open = gt_zalloc(ctx, f->n_tiles, 1);
    f->wake = gt_zalloc(ctx, f->n_tiles, 1);
    f->active = gt_alloc(ctx, f->n_tiles, sizeof *f->active);
    f->part = gt_zalloc(ctx, f->n_tiles, sizeof *f->part);
    bool got = f->benches != NULL && f->passes != NULL && f->base != NULL && f->open != NULL &&
               f->wake != NULL && f->active != NULL && f->part != NULL;
    gt_status st = got ? new_rims(ctx, f, &f->rims) : GT_E_MEMORY;
    for (size_t i = 0; st == GT_OK && i < threads; i++) {
        st = new_bench(ctx, f, &f->benches[i]);
    }
    if (st == GT_OK && f->accumulation != NULL) { /* the other half is for the graph of the flood */
        st = grid_shelf_new(ctx, f->n_tiles, wide * wide, 2, f->o->scratch_dir, &f->codes);
    }
    return st;
}

/* ---- all of it ----------------------------------------------------------------------------------
 */

static gt_status prepare(gt_ctx *ctx, flow_run *f)
{
    const gt_grid_spec *s = gt_grid_facts(f->dem);
    const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    if ((s->n_cols + 2) * (s->n_rows + 2) > INT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(f->dem)),
                       GT_ARGS(GT_INT("cells", s->n_cols * s->n_rows), GT_INT("max", INT32_MAX)));
    }
    flow_cut(ctx, f, s, f->o->tile, BENCH_BYTES);
    for (int e = 1; e <= 8; e++) {
        f->inverse[e] = (float)(1 / hypot(dx[e] * s->cell_x, dy[e] * s->cell_y));
    }
    flow_want_tiles(ctx, f, f->dem);
    return hold(ctx, f);
}

static gt_status accumulate(gt_ctx *ctx, flow_run *f)
{
    gt_status st = flow_join_flats(ctx, f);
    st = st == GT_OK ? gt_parallel_for(ctx, f->n_tiles, third_pass, f) : st;
    if (st == GT_OK) {
        flow_join_rims(f);
        st = gt_parallel_for(ctx, f->n_tiles, last_pass, f);
    }
    return st;
}

gt_status gt_grid_flow(gt_ctx *ctx, gt_grid *dem, const gt_flow_options *options, gt_grid *filled,
                       gt_grid *direction, gt_grid *accumulation, gt_flow_facts *facts)
{
    gt_flow_options o;
    gt_grid *const outs[] = {filled, direction, accumulation};
    gt_status st = GT_OK;
    gt_flow_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    flow_run f = {.dem = dem,
                  .filled = filled,
                  .direction = direction,
                  .accumulation = accumulation,
                  .codes = {.fd = -1},
                  .o = &o};
    if (o.tile != 0 && (o.tile < 8 || o.tile > 4096)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "side of the tiles of a flood")));
    }
    for (int i = 0; st == GT_OK && i < 3; i++) {
        if (outs[i] != NULL) {
            st = gt_grid_check_aligned(ctx, dem, outs[i], true, NULL, NULL);
        }
    }
    st = st == GT_OK ? prepare(ctx, &f) : st;
    st = st == GT_OK ? gt_parallel_for(ctx, f.n_tiles, flow_flood_tile, &f) : st;
    st = st == GT_OK ? flow_spill(ctx, &f) : st;
    st = st == GT_OK ? gt_parallel_for(ctx, f.n_tiles, second_pass, &f) : st;
    st = st == GT_OK && accumulation != NULL ? accumulate(ctx, &f) : st;
    for (size_t t = 0; st == GT_OK && t < f.n_tiles; t++) {
        f.facts.n_cells += f.part[t].n_cells;
        f.facts.n_raised += f.part[t].n_raised;
        f.facts.n_outlets += f.part[t].n_outlets;
        f.facts.n_drained += f.part[t].n_drained;
    }
    if (st == GT_OK && facts != NULL) {
        *facts = f.facts;
    }
    release(ctx, &f);
    return st;
}
