/* Filling, directions and accumulation inside the room: one grid held in memory. */
#ifndef GT_GRID_FLOW_H
#define GT_GRID_FLOW_H

#include "grid/hold.h"
#include "guotu/grid_ops.h"

/* dir of a cell that has no direction (1 .. 8, 0: off the map). */
enum { FLOW_SEEN = 251, FLOW_PENDING = 252, FLOW_FLAT = 253, FLOW_UNSEEN = 254, FLOW_NODATA = 255 };

typedef struct flow_run {
    gt_grid *dem, *filled, *direction, *accumulation;
    const gt_flow_options *o;
    int64_t cols, rows;
    size_t width, n; /* with the ring */
    float *z;
    uint32_t *count;       /* the same memory, after the heights are done */
    uint16_t *label;       /* of the tile's flood */
    uint8_t *dir, *inflow; /* inflow: first, was the cell raised? */
    grid_hold held;
    int move[9];         /* to the neighbour of a direction code */
    float inverse[9];    /* 1 / distance */
    gt_flow_facts *part; /* per task, summed in order */
    gt_flow_facts facts;
} flow_run;

/* Raises f->z so that every cell drains; f->dir holds FLOW_NODATA or FLOW_UNSEEN and is not
 * changed; counts raised cells. */
gt_status flow_fill(gt_ctx *ctx, flow_run *f) GT_CHECKED;

#endif
