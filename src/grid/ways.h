/* Along directions inside the room: a grid of directions and one of targets (or streams), taken
 * tile by tile; only border cells of tiles outlive a pass (flow.h has the tiles). */
#ifndef GT_GRID_WAYS_H
#define GT_GRID_WAYS_H

#include "grid/flow.h"

enum { WAY_DIRECTION = 15, WAY_OFF = 15, WAY_DONE = 16, WAY_PASSED = 32 }; /* in flow_bench.dir */

typedef struct way_run {
    flow_run tiles; /* of it the cut and the benches: dir, label, steps, count */
    gt_grid *direction, *targets, *out;
    gt_cell type; /* of targets and out: int32 or float32 */
    size_t n_slots;
} way_run;

/* Checks the grids, cuts them (side: of the tiles, 0: chosen) and makes the benches. To be given to
 * way_close also after an error. GT_E_LIMIT "grid.too-many" when border cells pass 2^31. */
gt_status way_open(gt_ctx *ctx, way_run *w, int64_t side) GT_CHECKED;
void way_close(gt_ctx *ctx, way_run *w);
/* b->dir: direction, WAY_DONE added where there is a target, WAY_OFF | WAY_DONE off the map and in
 * the ring; b->count: bits of the targets. */
gt_status way_read_tile(gt_ctx *ctx, const way_run *w, flow_bench *b, size_t tile) GT_CHECKED;
/* An error at cell x, y of a tile. */
gt_status way_bad(gt_ctx *ctx, const way_run *w, size_t tile, int64_t x, int64_t y,
                  const char *what, const char *what_zh) GT_CHECKED;
/* The same for a circle met at a cell of the bench. */
gt_status way_circle(gt_ctx *ctx, const way_run *w, const flow_bench *b, size_t tile,
                     size_t cell) GT_CHECKED;
/* Slot of the cell beside x, y of a tile in a direction; SIZE_MAX off the grid. */
size_t way_beside(const way_run *w, size_t tile, int x, int y, int direction);

/* gt_grid_downstream and gt_grid_stream_order with tiles of a side (0: chosen; 1 .. 4096), for
 * tests that hold them against each other. */
gt_status way_downstream(gt_ctx *ctx, gt_grid *direction, gt_grid *targets, int64_t side,
                         gt_grid *out) GT_CHECKED;
gt_status way_stream_order(gt_ctx *ctx, gt_grid *direction, gt_grid *streams, int64_t side,
                           gt_grid *out) GT_CHECKED;

#endif
