/* Least-cost distance inside the room: working tiles and who holds them. */
#ifndef GT_GRID_COST_H
#define GT_GRID_COST_H

#include <pthread.h>

#include "grid/shelf.h"
#include "guotu/grid_ops.h"

enum {
    COST_SIDE = 256, /* with the ring */
    COST_INNER = COST_SIDE - 2,
    COST_CELLS = COST_SIDE * COST_SIDE,
    COST_RIM = 4 * COST_INNER, /* border cells of a tile, by number */
    COST_BUCKETS = 512,
    COST_LOCKS = 64
};

typedef struct work_tile {
    double d[COST_CELLS]; /* costs; of the ring: what this tile offered */
    float r[COST_CELLS];  /* friction; INFINITY: cannot be entered */
} work_tile;

typedef struct offer {
    double d;
    uint32_t cell;
} offer;

typedef struct inbox {
    offer *list;
    size_t n, cap;
    double least; /* of the list */
} inbox;

typedef struct node {
    double d;
    int32_t next;
    uint32_t cell;
} node;

/* Of one worker. */
typedef struct queue {
    union {
        struct {
            int32_t head[COST_BUCKETS];
            uint32_t ring[4 * COST_SIDE]; /* ring cells that were improved */
        };
        struct { /* before the rounds */
            float friction[COST_INNER * COST_INNER];
            int32_t source[COST_INNER * COST_INNER];
        } look;
        struct { /* after a tile's last round */
            float cost[COST_INNER * COST_INNER];
            int32_t back[COST_INNER * COST_INNER];
        } out;
    };
    bool marked[COST_CELLS]; /* in ring; all false between visits */
    node *nodes;
    size_t n, cap;
    inbox mine; /* the inbox being worked off */
    size_t n_ring;
    uint64_t visits;
} queue;

typedef enum tile_state {
    TILE_NEW = 0, /* no cell reached yet */
    TILE_HELD,    /* in memory */
    TILE_AWAY,    /* costs in the scratch file */
    TILE_DONE     /* written */
} tile_state;

/* A place for a tile in memory. */
typedef struct tile_place {
    work_tile *tile;
    int64_t number; /* -1: free */
    uint64_t round; /* of the last visit */
    bool pinned;
} tile_place;

/* Guarded by lock: all but the tiles that are pinned, and what belongs to them. */
typedef struct tile_store {
    pthread_mutex_t lock;
    tile_place *places;
    size_t n, cap, most; /* most: places the ceiling allows */
    int32_t *place;      /* per tile */
    tile_state *state;   /* per tile */
    grid_shelf away;     /* per tile, made when first needed */
    bool has_away;
    uint64_t round;
} tile_store;

typedef struct cost_run {
    gt_grid *friction, *sources, *cost, *back;
    const gt_cost_options *o;
    int64_t cols, rows, across, down;
    tile_store store;
    inbox *box;
    pthread_mutex_t locks[COST_LOCKS];
    queue *queues;
    int64_t *active;
    double *top; /* per tile: greatest cost of its cells; INFINITY: some are not reached */
    bool *done;  /* per tile: written; set between rounds */
    double *rim; /* per tile: costs of the border cells; NULL without back-links */
    double bound, low, limit;
    double step[8];
    uint64_t *found; /* per tile: sources, then cells reached */
    double *most;    /* per tile: greatest cost; before, mean friction */
} cost_run;

/* The cells of a tile that are its own. */
gt_window cost_inner(const cost_run *c, int64_t tile);

/* ---- cost_tiles.c ---- */

/* c->across and c->down are set; `most` tiles at once in memory, 1 a thread or more. */
gt_status cost_tiles_new(gt_ctx *ctx, cost_run *c, size_t most) GT_CHECKED;
void cost_tiles_free(gt_ctx *ctx, cost_run *c);
/* The tile, ready for work and held until given back; a new one has no cost yet. Another tile may
 * have to go to the scratch file for it: one that this round has done with, if there is one. */
gt_status cost_take(gt_ctx *ctx, cost_run *c, int64_t tile, work_tile **out) GT_CHECKED;
/* done: it will not be wanted again. */
void cost_give(cost_run *c, int64_t tile, bool done);

#endif
