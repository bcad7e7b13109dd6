/* One run of bytes for a whole grid: in memory while it fits the ceiling, else mapped from an
 * unlinked scratch file, which the system pages. */
#ifndef GT_GRID_HELD_H
#define GT_GRID_HELD_H

#include "guotu/context.h"

typedef struct held {
    void *at; /* zeroed; NULL before held_open */
    size_t bytes;
    bool mapped;
} held;

/* dir: folder of the scratch file, NULL: $TMPDIR, else /tmp. GT_E_ENV, GT_E_MEMORY. */
gt_status held_open(gt_ctx *ctx, size_t bytes, const char *dir, held *out) GT_CHECKED;
void held_close(gt_ctx *ctx, held *h);

#endif
