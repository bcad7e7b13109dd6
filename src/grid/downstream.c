/* Along directions: the first target on the way of every cell, heights above it, wetness; tile by
 * tile. Pass 1 follows the ways of each tile's border cells through the tile: to a target, off the
 * map, or to a border cell of the next tile. These make a small graph, whose ways are followed once
 * each; pass 2 follows the ways of all cells of a tile, up to what its neighbours' borders lead to.
 * Ways are unique, so tiles and threads cannot be seen. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "grid/internal.h"
#include "grid/messages.h"
#include "grid/ways.h"
#include "guotu/grid_analysis.h"
#include "guotu/grid_ops.h"
#include "guotu/pool.h"

enum { BENCH_BYTES = 11 };

static const int DX[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, DY[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};

/* ---- tiles --------------------------------------------------------------------------------------
 */

gt_status way_bad(gt_ctx *ctx, const way_run *w, size_t tile, int64_t x, int64_t y,
                  const char *what, const char *what_zh)
{
    const gt_window at = flow_tile_at(&w->tiles, tile);
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_DIRECTION,
                   GT_PLACE(.file = gt_grid_path(w->direction)),
                   GT_ARGS(GT_TEXT("what", what), GT_TEXT("what_zh", what_zh),
                           GT_INT("col", at.col + x), GT_INT("row", at.row + y)));
}

gt_status way_circle(gt_ctx *ctx, const way_run *w, const flow_bench *b, size_t tile, size_t cell)
{
    return way_bad(ctx, w, tile, (int64_t)cell % b->width - 1, (int64_t)cell / b->width - 1,
                   "the way runs in a circle", "流路成环");
}

size_t way_beside(const way_run *w, size_t tile, int x, int y, int direction)
{
    const gt_window at = flow_tile_at(&w->tiles, tile);
    return flow_slot_at(&w->tiles, at.col + x + DX[direction], at.row + y + DY[direction]);
}

static bool none(gt_cell type, uint32_t bits)
{
    float v = 0;
    memcpy(&v, &bits, sizeof v);
    return type == GT_CELL_I32 ? (int32_t)bits == GT_NODATA_I32 : isnan(v);
}

gt_status way_read_tile(gt_ctx *ctx, const way_run *w, flow_bench *b, size_t tile)
{
    const gt_window at = flow_tile_at(&w->tiles, tile);
    size_t first = flow_bench_cell(b, 0, 0), width = (size_t)b->width;
    int32_t *code = (int32_t *)b->steps;
    gt_status st = gt_grid_read(ctx, w->direction, &at, GT_CELL_I32, code + first, width);
    if (st == GT_OK) {
        st = gt_grid_read(ctx, w->targets, &at, w->type, (int32_t *)b->count + first, width);
    }
    memset(b->dir, WAY_OFF | WAY_DONE, b->n);
    for (int y = 0; st == GT_OK && y < b->rows; y++) {
        for (int x = 0; st == GT_OK && x < b->cols; x++) {
            size_t i = flow_bench_cell(b, x, y);
            bool off = code[i] == GT_NODATA_I32;
            if (!off && (code[i] < 0 || code[i] > 8)) {
                st = way_bad(ctx, w, tile, x, y, "no direction (0 .. 8)", "不是流向（0–8）");
            }
            b->dir[i] = (uint8_t)(off                          ? WAY_OFF | WAY_DONE
                                  : none(w->type, b->count[i]) ? code[i]
                                                               : code[i] | WAY_DONE);
        }
    }
    return st;
}

gt_status way_open(gt_ctx *ctx, way_run *w, int64_t side)
{
    flow_run *f = &w->tiles;
    size_t threads = (size_t)gt_ctx_threads(ctx);
    gt_status st = gt_grid_check_aligned(ctx, w->direction, w->targets, true, NULL, NULL);
    st = st == GT_OK ? gt_grid_check_aligned(ctx, w->direction, w->out, true, NULL, NULL) : st;
    if (st != GT_OK) {
        return st;
    }
    flow_cut(ctx, f, gt_grid_facts(w->direction), side, BENCH_BYTES);
    w->n_slots = f->n_tiles * f->rims.per_tile;
    if (w->n_slots > INT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(w->direction)),
                       GT_ARGS(GT_INT("cells", f->cols * f->rows),
                               GT_INT("max", (int64_t)INT32_MAX / 4 * f->side)));
    }
    flow_want_tiles(ctx, f, w->direction);
    flow_want_tiles(ctx, f, w->targets);
    f->benches = gt_zalloc(ctx, threads, sizeof *f->benches);
    size_t n = (size_t)(f->side + 2) * (size_t)(f->side + 2);
    bool got = f->benches != NULL;
    for (size_t i = 0; got && i < threads; i++) {
        flow_bench *b = &f->benches[i];
        b->dir = gt_alloc(ctx, n, 1);
        b->label = gt_alloc(ctx, n, sizeof *b->label);
        b->steps = gt_alloc(ctx, n, sizeof *b->steps);
        b->count = gt_alloc(ctx, n, sizeof *b->count);
        got = b->dir != NULL && b->label != NULL && b->steps != NULL && b->count != NULL;
    }
    return got ? GT_OK : GT_E_MEMORY;
}

void way_close(gt_ctx *ctx, way_run *w)
{
    for (int i = 0; w->tiles.benches != NULL && i < gt_ctx_threads(ctx); i++) {
        flow_bench *b = &w->tiles.benches[i];
        gt_free(ctx, b->dir);
        gt_free(ctx, b->label);
        gt_free(ctx, b->steps);
        gt_free(ctx, b->count);
    }
    gt_free(ctx, w->tiles.benches);
    w->tiles.benches = NULL;
}

/* ---- the first target ---------------------------------------------------------------------------
 */

#define KNOWN UINT32_MAX

typedef struct target_run {
    way_run ways;
    int32_t *value; /* per border cell: bits of what its way leads to, when it is known */
    uint32_t *next; /* border cell of another tile that its way comes in at, or KNOWN */
} target_run;

static int32_t nothing(const target_run *f)
{
    int32_t bits = 0;
    grid_buffer_nodata(f->ways.type, &bits, 1);
    return bits;
}

/* Follows the way of border cell k to its end, out of the tile, or to a way followed before:
 * b->label is the number + 1 of the border cell that passed. */
static gt_status leave(gt_ctx *ctx, target_run *f, const flow_bench *b, size_t tile, int k)
{
    size_t at = tile * f->ways.tiles.rims.per_tile, slot = at + (size_t)k;
    int x = 0, y = 0;
    flow_rim_cell(b, k, &x, &y);
    for (size_t c = flow_bench_cell(b, x, y);; c = flow_bench_cell(b, x, y)) {
        int d = b->dir[c] & WAY_DIRECTION;
        if ((b->dir[c] & WAY_DONE) != 0 || d == 0) {
            f->value[slot] = (int32_t)b->count[c]; /* off the map it is nodata */
            return GT_OK;
        }
        if (b->label[c] == k + 1) {
            return way_circle(ctx, &f->ways, b, tile, c);
        }
        if (b->label[c] != 0) {
            f->value[slot] = f->value[at + b->label[c] - 1];
            f->next[slot] = f->next[at + b->label[c] - 1];
            return GT_OK;
        }
        b->label[c] = (uint16_t)(k + 1);
        x += DX[d];
        y += DY[d];
        if (x < 0 || y < 0 || x >= b->cols || y >= b->rows) {
            size_t to = way_beside(&f->ways, tile, x - DX[d], y - DY[d], d);
            f->value[slot] = nothing(f);
            f->next[slot] = to == SIZE_MAX ? KNOWN : (uint32_t)to;
            return GT_OK;
        }
    }
}

static gt_status first_pass(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    target_run *f = user;
    flow_bench *b = &f->ways.tiles.benches[worker];
    flow_bench_set(&f->ways.tiles, b, tile);
    gt_status st = way_read_tile(ctx, &f->ways, b, tile);
    memset(b->label, 0, b->n * sizeof *b->label);
    for (int k = 0; st == GT_OK && k < flow_rim_size(b->cols, b->rows); k++) {
        st = leave(ctx, f, b, tile, k);
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* Between: ways from tile to tile. */
static gt_status join_ways(gt_ctx *ctx, target_run *f)
{
    const way_run *w = &f->ways;
    uint8_t *passed = gt_zalloc(ctx, w->n_slots, 1);
    gt_status st = passed == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t s = 0; st == GT_OK && s < w->n_slots; s++) {
        size_t c = s;
        while (st == GT_OK && f->next[c] != KNOWN) {
            if (passed[c] != 0) {
                size_t tile = c / w->tiles.rims.per_tile;
                flow_bench b = {0};
                int x = 0, y = 0;
                flow_bench_set(&w->tiles, &b, tile);
                flow_rim_cell(&b, (int)(c % w->tiles.rims.per_tile), &x, &y);
                st = way_bad(ctx, w, tile, x, y, "the way runs in a circle", "流路成环");
            }
            passed[c] = 1;
            c = f->next[c];
        }
        for (size_t i = s; st == GT_OK && f->next[i] != KNOWN;) {
            size_t next = f->next[i];
            f->value[i] = f->value[c];
            f->next[i] = KNOWN;
            i = next;
        }
    }
    gt_free(ctx, passed);
    return st;
}

/* The ring holds what the borders of the tiles beside lead to. */
static void bring_in(const target_run *f, const flow_bench *b, size_t tile)
{
    for (int y = -1; y <= b->rows; y++) {
        bool all = y < 0 || y == b->rows;
        for (int x = -1; x <= b->cols; x += all ? 1 : b->cols + 1) {
            size_t slot = way_beside(&f->ways, tile, x, y, 0);
            b->count[flow_bench_cell(b, x, y)] =
                (uint32_t)(slot == SIZE_MAX ? nothing(f) : f->value[slot]);
        }
    }
}

/* What a way leads to is kept along it, so that every cell is passed twice at most. */
static gt_status follow(gt_ctx *ctx, const target_run *f, const flow_bench *b, size_t tile,
                        size_t cell)
{
    size_t c = cell;
    while ((b->dir[c] & WAY_DONE) == 0) {
        if ((b->dir[c] & WAY_PASSED) != 0) {
            return way_circle(ctx, &f->ways, b, tile, c);
        }
        b->dir[c] |= WAY_PASSED;
        int d = b->dir[c] & WAY_DIRECTION;
        if (d == 0) {
            break; /* off the map: the value is nodata already */
        }
        c = (size_t)((ptrdiff_t)c + b->move[d]);
    }
    uint32_t value = b->count[c];
    for (size_t i = cell; (b->dir[i] & WAY_DONE) == 0;) {
        int d = b->dir[i] & WAY_DIRECTION;
        b->dir[i] = (uint8_t)(d | WAY_DONE);
        b->count[i] = value;
        i = (size_t)((ptrdiff_t)i + b->move[d]); /* d is 0 only at the end of the way */
    }
    return GT_OK;
}

static gt_status second_pass(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    const target_run *f = user;
    flow_bench *b = &f->ways.tiles.benches[worker];
    const gt_window at = flow_tile_at(&f->ways.tiles, tile);
    flow_bench_set(&f->ways.tiles, b, tile);
    gt_status st = way_read_tile(ctx, &f->ways, b, tile);
    bring_in(f, b, tile);
    for (int y = 0; st == GT_OK && y < b->rows; y++) {
        size_t first = flow_bench_cell(b, 0, y);
        for (size_t i = first; st == GT_OK && i < first + (size_t)b->cols; i++) {
            st = follow(ctx, f, b, tile, i);
        }
    }
    if (st == GT_OK) {
        st = gt_grid_write(ctx, f->ways.out, &at, f->ways.type, b->count + flow_bench_cell(b, 0, 0),
                           (size_t)b->width);
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

gt_status way_downstream(gt_ctx *ctx, gt_grid *direction, gt_grid *targets, int64_t side,
                         gt_grid *out)
{
    gt_cell to = gt_grid_facts(out)->type;
    target_run f = {.ways = {.direction = direction, .targets = targets, .out = out}};
    f.ways.type = to == GT_CELL_F32 || to == GT_CELL_F64 ? GT_CELL_F32 : GT_CELL_I32;
    gt_status st = way_open(ctx, &f.ways, side);
    if (st == GT_OK) {
        f.value = gt_alloc(ctx, f.ways.n_slots, sizeof *f.value);
        f.next = gt_alloc(ctx, f.ways.n_slots, sizeof *f.next);
        st = f.value == NULL || f.next == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) { /* KNOWN, also slots beyond the border of a narrow tile */
        memset(f.next, 0xff, f.ways.n_slots * sizeof *f.next);
        st = gt_parallel_for(ctx, f.ways.tiles.n_tiles, first_pass, &f);
    }
    st = st == GT_OK ? join_ways(ctx, &f) : st;
    st = st == GT_OK ? gt_parallel_for(ctx, f.ways.tiles.n_tiles, second_pass, &f) : st;
    gt_free(ctx, f.value);
    gt_free(ctx, f.next);
    way_close(ctx, &f.ways);
    return st;
}

gt_status gt_grid_downstream(gt_ctx *ctx, gt_grid *direction, gt_grid *targets, gt_grid *out)
{
    return way_downstream(ctx, direction, targets, 0, out);
}

/* ---- what is made of it -------------------------------------------------------------------------
 */

gt_status gt_grid_hand(gt_ctx *ctx, gt_grid *dem, gt_grid *direction, gt_grid *streams,
                       const char *scratch_dir, gt_grid *out)
{
    static const char *const one[] = {"z", "s"}, *const two[] = {"z", "b"};
    gt_grid *base = NULL, *below = NULL;
    gt_grid_spec spec;
    gt_grid_spec_like(dem, GT_CELL_F32, &spec);
    gt_status st = gt_grid_create_scratch(ctx, scratch_dir, &spec, &base);
    st = st == GT_OK ? gt_grid_create_scratch(ctx, scratch_dir, &spec, &below) : st;
    if (st == GT_OK) {
        gt_grid *const in[] = {dem, streams};
        st = gt_grid_calc(ctx, "s != 0 ? z : nodata", one, in, 2, base);
    }
    st = st == GT_OK ? gt_grid_downstream(ctx, direction, base, below) : st;
    if (st == GT_OK) {
        gt_grid *const in[] = {dem, below};
        st = gt_grid_calc(ctx, "max(z - b, 0)", two, in, 2, out);
    }
    gt_grid_close(ctx, below);
    gt_grid_close(ctx, base);
    return st;
}

gt_status gt_grid_wetness(gt_ctx *ctx, gt_grid *accumulation, gt_grid *direction, gt_grid *slope,
                          gt_grid *out)
{
    static const char *const names[] = {"a", "d", "s"};
    char text[160];
    gt_grid *const in[] = {accumulation, direction, slope};
    /* even directions but 0 are diagonals */
    (void)snprintf(text, sizeof text,
                   "ln(a * %.17g / (d > 0 && d %% 2 == 0 ? sqrt(2) : 1) / max(tan(s * pi / 180), "
                   "0.001))",
                   gt_grid_facts(accumulation)->cell_x);
    return gt_grid_calc(ctx, text, names, in, 3, out);
}
