/* Filling, directions and accumulation inside the room: a grid taken tile by tile. Between passes
 * only the border cells of tiles are kept (rims), and one byte a cell (codes). See README.md. */
#ifndef GT_GRID_FLOW_H
#define GT_GRID_FLOW_H

#include "grid/cell_list.h"
#include "grid/heap.h"
#include "grid/shelf.h"
#include "guotu/grid_ops.h"

/* Codes of cells: 0 .. 8 directions (0: off the map), 16 .. 24 in a flat that meets a border of the
 * tile, 16 + the way to a cell of the tile as high that drains, 16: none is beside it. */
enum { FLOW_FLAT = 16, FLOW_NODATA = 255 };

/* Labels of a tile's flood: 0 not reached, OUTSIDE drains off the map, BLOCKED no cell. */
enum { FLOW_OUTSIDE = 1, FLOW_BLOCKED = 65535 };

enum { FLOW_NO_LINK = 65535 };
#define FLOW_FAR UINT32_MAX /* steps not known */

extern const int FLOW_ORDER[8]; /* of ties */

/* The least height at which water passes between two numbers. */
typedef struct flow_pass {
    uint32_t a, b;
    float z;
} flow_pass;

typedef struct flow_passes {
    flow_pass *list;
    size_t n, cap;
} flow_passes;

/* A border cell that its neighbour tile brings nearer to a drain. */
typedef struct flow_seed {
    uint32_t steps, cell;
} flow_seed;

/* Of one worker: a tile with a ring of one cell. */
typedef struct flow_bench {
    int cols, rows, width, move[9]; /* move: to the neighbour of a direction */
    size_t n;                       /* cells with the ring */
    float *z;
    uint32_t *count; /* the same memory, when the heights are done */
    uint16_t *label;
    uint8_t *mark, *edge, *dir;
    uint32_t *steps;
    heap heap;
    uint32_t *queue;
    size_t head, tail, cap_queue;
    uint32_t *slot; /* hash table: index into found, + 1 */
    size_t n_slots;
    flow_passes found;
    uint16_t n_labels;
    cells flat, front, next;
    flow_seed *seeds;
    size_t n_seeds, cap_seeds;
} flow_bench;

/* Of the border cells of all tiles: tile * per_tile + the cell's number in its tile. */
typedef struct flow_rims {
    size_t per_tile;
    float *z;        /* raw, then filled; NaN nodata */
    uint16_t *label; /* of pass 1 */
    uint32_t *steps; /* to where the flat drains; 0 drains itself; FLOW_FAR */
    uint32_t *flow;  /* cells that leave the tile here */
    uint32_t *in;    /* cells that come from other tiles */
    uint16_t *link;  /* number where what comes in here leaves the tile again; FLOW_NO_LINK */
    uint16_t *left;  /* inflows not yet known */
    uint8_t *out;    /* direction in which it leaves the tile; 0 stays */
} flow_rims;

typedef struct flow_run {
    gt_grid *dem, *filled, *direction, *accumulation;
    const gt_flow_options *o;
    int64_t cols, rows, side, across, down;
    size_t n_tiles;
    float inverse[9]; /* 1 / distance */
    flow_bench *benches;
    flow_rims rims;
    flow_passes *passes;  /* per tile */
    uint32_t *base;       /* per tile: label k >= 2 is number base + k - 1 overall */
    float *level;         /* per number */
    grid_shelf codes;     /* per tile, with the ring */
    uint8_t *open, *wake; /* per tile: has flats that meet its border; has news from beside */
    uint32_t *active;     /* tiles of a round */
    gt_flow_facts *part;  /* per tile, summed in order */
    gt_flow_facts facts;
} flow_run;

/* ---- flow.c: tiles and their borders ---- */

/* Cuts a grid into tiles (cols .. n_tiles, rims.per_tile): of that side, or with 0 of 512, less
 * where benches of so many bytes a cell, one a thread, take more than half of what the ceiling
 * leaves. */
void flow_cut(gt_ctx *ctx, flow_run *f, const gt_grid_spec *s, int64_t side, size_t bench_bytes);
/* A packed file whose tiles are wider than ours keeps a row of them unpacked, else each is unpacked
 * once. */
void flow_want_tiles(gt_ctx *ctx, const flow_run *f, const gt_grid *g);
gt_window flow_tile_at(const flow_run *f, size_t tile);
/* Border cells of a tile of that size, and the place of one of them. */
int flow_rim_size(int cols, int rows);
void flow_rim_cell(const flow_bench *b, int k, int *x, int *y);
/* Number of the border cell at x, y. */
static inline int flow_rim_number(int cols, int rows, int x, int y)
{
    return y == 0          ? x
           : y == rows - 1 ? cols + x
           : x == 0        ? 2 * cols + y - 1
                           : 2 * cols + (rows - 2) + y - 1;
}
/* Slot in the rims of a border cell of any tile; SIZE_MAX off the grid. */
size_t flow_slot_at(const flow_run *f, int64_t col, int64_t row);
static inline size_t flow_bench_cell(const flow_bench *b, int x, int y)
{
    return (size_t)(y + 1) * (size_t)b->width + (size_t)(x + 1);
}
/* Takes the measures of the tile. */
void flow_bench_set(const flow_run *f, flow_bench *b, size_t tile);
/* Heights of the tile, nodata NaN. The ring is not touched. */
gt_status flow_read_tile(gt_ctx *ctx, const flow_run *f, flow_bench *b, size_t tile) GT_CHECKED;

/* ---- fill.c, spill.c: heights ---- */

/* Pass 1: floods the tile from its border alone; leaves labels of the border and passes. */
gt_status flow_flood_tile(gt_ctx *ctx, void *user, size_t tile, int worker) GT_CHECKED;
/* Between: raises the rims so that every cell drains. */
gt_status flow_spill(gt_ctx *ctx, flow_run *f) GT_CHECKED;
/* Pass 2: fills the tile in b->z from its border and the ring, that stand. */
gt_status flow_fill_tile(gt_ctx *ctx, const flow_run *f, flow_bench *b, size_t tile,
                         gt_flow_facts *facts) GT_CHECKED;
gt_status flow_add_pass(gt_ctx *ctx, flow_passes *p, uint32_t a, uint32_t b, float z) GT_CHECKED;

/* ---- flats.c: directions ---- */

/* D8 on the filled heights; flats that lie inside the tile; sets f->open. */
gt_status flow_direct_tile(gt_ctx *ctx, flow_run *f, flow_bench *b, size_t tile) GT_CHECKED;
/* Between: steps of all flats over the borders of tiles. */
gt_status flow_join_flats(gt_ctx *ctx, flow_run *f) GT_CHECKED;
/* Directions of the flats left open. */
gt_status flow_close_tile(gt_ctx *ctx, flow_run *f, flow_bench *b, size_t tile) GT_CHECKED;

/* ---- drain.c: accumulation ---- */

/* What leaves the tile where, and which way through it what comes in takes. */
gt_status flow_account_tile(gt_ctx *ctx, flow_run *f, flow_bench *b, size_t tile) GT_CHECKED;
/* Between: what comes in. */
void flow_join_rims(const flow_run *f);
/* Counts of all cells in b->count. */
void flow_count_tile(const flow_run *f, flow_bench *b, size_t tile, gt_flow_facts *facts);

#endif
