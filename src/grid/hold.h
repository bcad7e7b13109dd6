/* One large piece of memory for kernels that hold a whole grid.
 *
 * A mapped piece does not fill memory: pages that a pass has done with would stay in the process
 * until the system is short, so a keeper, one thread a piece, looks at the process's resident size
 * and gives the pages of the piece back to the file when it nears the ceiling. What the piece holds
 * stays; a page that is wanted again comes back from the system's cache or the disk. */
#ifndef GT_GRID_HOLD_H
#define GT_GRID_HOLD_H

#include "guotu/context.h"

typedef struct grid_hold {
    void *at; /* page-aligned when mapped */
    size_t bytes;
    bool mapped; /* from an unlinked file */
    struct grid_keeper *keeper;
} grid_hold;

/* bytes of memory in out->at, contents unknown: in memory when they fit the context's ceiling, else
 * mapped from an unlinked file in scratch_dir (NULL: TMPDIR, else /tmp), whose space is taken at
 * once: a disk that is full is an error here, not a signal later. Owner: the caller, to be given to
 * grid_hold_free also after an error. GT_E_MEMORY, or a system error that names the folder. */
gt_status grid_hold_new(gt_ctx *ctx, size_t bytes, const char *scratch_dir,
                        grid_hold *out) GT_CHECKED;
/* The same, all zero. */
gt_status grid_hold_zeroed(gt_ctx *ctx, size_t bytes, const char *scratch_dir,
                           grid_hold *out) GT_CHECKED;
void grid_hold_free(gt_ctx *ctx, grid_hold *hold);
/* Gives the pages of a mapped piece back to its file now; any thread may be at work on it. */
void grid_hold_trim(const grid_hold *hold);
/* The same if the process nears its ceiling: to be called by tasks that touch much of the piece,
 * as the keeper may come late on a busy machine. Cost: about 5 us. */
void grid_hold_mind(const grid_hold *hold);
/* Resident bytes of the process: all of them, and those of mapped files; 0 when unknown. */
void grid_resident(size_t *all, size_t *of_files);

#endif
