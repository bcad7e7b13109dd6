/* What is asked of guotu-io for reading, and what it says about a file before the features. */
#ifndef GT_IO_INFO_H
#define GT_IO_INFO_H

#include "guotu/arena.h"
#include "guotu/source.h"
#include "io/wire.h"

typedef enum gt_task { GT_TASK_READ = 1, GT_TASK_LIST, GT_TASK_WRITE, GT_TASK_RASTER } gt_task;

typedef struct gt_read_ask {
    const char *path, *layer, *encoding, *crs, *target_crs, *where;
    gt_datum_shift datum;
    const char *temp_dir; /* exists, empty, ours to fill; the parent removes it */
    bool plain;           /* feature by feature, never in columns (for comparison in tests) */
} gt_read_ask;

/* ASK payload: u8 task, then the task's own. */
void gt_read_ask_put(gt_wire *wire, gt_task task, const gt_read_ask *ask);
/* Texts borrowed from the payload. The task byte has been read. */
bool gt_read_ask_get(gt_wire_in *in, gt_read_ask *out);

void gt_info_put(gt_wire *wire, const gt_source_info *info);
/* Texts are copied into the arena. GT_E_ENV (io.protocol) for nonsense. */
gt_status gt_info_get(gt_ctx *ctx, gt_arena *arena, gt_wire_in *in, gt_source_info *out) GT_CHECKED;

void gt_layers_put(gt_wire *wire, const gt_source_layers *layers);
gt_status gt_layers_get(gt_ctx *ctx, gt_arena *arena, gt_wire_in *in,
                        gt_source_layers *out) GT_CHECKED;

#endif
