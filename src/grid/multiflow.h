/* Flow shared among neighbours inside the room: how cells drain (multiflow.c), and the visits of
 * tiles in which it is added up (multiflow_tiles.c). */
#ifndef GT_GRID_MULTIFLOW_H
#define GT_GRID_MULTIFLOW_H

#include "grid/flow.h"
#include "guotu/grid_water.h"

/* How a cell drains: 0 .. 8 a single direction (0: off the map), SHARED, FACET + k. */
enum { MULTI_SHARED = 16, MULTI_FACET = 32, MULTI_NODATA = 255 };
/* Of inflow, else the number of donors not yet done. */
enum { MULTI_DONE = 64, MULTI_SOURCE = 128 };
enum { MULTI_RING = 2, MULTI_CELL_BYTES = 18 };

/* A tile with a ring of two cells: those beside the tile give to it, and how they do so depends on
 * the heights beside them. */
typedef struct multi_bench {
    int cols, rows, width;
    ptrdiff_t move[9];
    size_t n;     /* with the ring */
    void *block;  /* of n * MULTI_CELL_BYTES; the record on the shelf */
    double *flow; /* weights' sum before, then what is shared out: accumulation, or a unit weight's
                     part of it (SHARED) */
    float *z, *extra; /* extra: share of the corner (FACET); accumulation (SHARED) */
    uint8_t *code, *inflow;
    void *own;      /* memory for a block that is not on the shelf */
    int32_t *row;   /* as wide as the bench */
    uint32_t *list; /* stack of cells whose donors are done */
    size_t n_list, cap_list;
} multi_bench;

/* The sums of one tile. */
typedef struct multi_part {
    uint64_t n_cells, n_outlets, n_single;
    uint64_t drained, parts; /* whole cells and 2^-40 of them: the order of adding cannot be seen */
} multi_part;

typedef struct multi {
    gt_grid *filled, *direction;
    const gt_multiflow_out *out;
    gt_flow_way way;
    double exponent, side;                               /* side: of a cell as large */
    double length[9], inverse[9], contour[9], weight[9]; /* by direction; weight: L, or 1 */
    double reach[8];  /* angle of a facet between its cardinal and its diagonal */
    flow_run tiles;   /* of it the cut */
    grid_shelf shelf; /* tiles that wait for water from beside */
    multi_bench *benches;
    double *rim_flow;     /* per border cell of a tile (flow.h), when it is done */
    uint8_t *rim_done;    /* read and written by several threads at once */
    uint8_t *wake, *open; /* per tile: has news from beside; has cells that wait */
    multi_part *part;
    bool back; /* tiles are visited from the last to the first */
} multi;

/* ---- multiflow.c ---- */

/* Lengths and weights of directions, from the cells' size. */
void multi_measure(multi *m);
static inline size_t multi_cell(const multi_bench *b, int x, int y)
{
    return (size_t)(y + MULTI_RING) * (size_t)b->width + (size_t)(x + MULTI_RING);
}
static inline size_t multi_beside(const multi_bench *b, size_t cell, int e)
{
    return (size_t)((ptrdiff_t)cell + b->move[e]);
}
static inline int multi_back(int e)
{
    return e <= 4 ? e + 4 : e - 4;
}
/* Takes the measures of a tile, its block at `block`. */
void multi_set(const multi *m, multi_bench *b, size_t tile, void *block);
/* Heights and codes of a tile and its ring, what they drain to, and inflows of the tile's cells. */
gt_status multi_read_tile(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile,
                          multi_part *part) GT_CHECKED;
/* Angles and widths of a tile. */
gt_status multi_write_ways(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile) GT_CHECKED;
gt_status multi_write_sums(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile) GT_CHECKED;
/* Does the cell give to its neighbour in direction e? */
bool multi_gives(const multi_bench *b, size_t cell, int e, size_t to);
/* Adds up a cell whose donors are done. */
void multi_finish_cell(const multi *m, const multi_bench *b, size_t cell);
/* An error of the directions at a cell of a bench. */
gt_status multi_bad_direction(gt_ctx *ctx, const multi *m, const multi_bench *b, size_t tile,
                              size_t cell, const char *what, const char *what_zh) GT_CHECKED;

#endif
