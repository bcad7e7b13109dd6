/* Records of one size by number, for kernels that work tile by tile: in memory when they fit, else
 * in an unlinked file, read and written whole by explicit calls (no mapping: what a pass does not
 * touch takes no memory, and reads run in the order of the file). */
#ifndef GT_GRID_SHELF_H
#define GT_GRID_SHELF_H

#include "guotu/context.h"

typedef struct grid_shelf {
    unsigned char *at; /* NULL: in the file */
    int fd;
    bool open;
    size_t bytes; /* of a record */
} grid_shelf;

/* n records, contents unknown: in memory when `n * bytes` and what the context holds leave the
 * share 1 - 1 / `part` of its ceiling free, else in a file in scratch_dir (NULL: TMPDIR, else
 * /tmp), whose space is taken at once. Owner: the caller, to be given to grid_shelf_free also after
 * an error. GT_E_MEMORY, or a system error that names the folder. */
gt_status grid_shelf_new(gt_ctx *ctx, size_t n, size_t bytes, size_t part, const char *scratch_dir,
                         grid_shelf *out) GT_CHECKED;
void grid_shelf_free(gt_ctx *ctx, grid_shelf *shelf);
/* The first n bytes of a record, to and from. Any thread, one at a time for one record. */
gt_status grid_shelf_get(gt_ctx *ctx, const grid_shelf *shelf, size_t record, void *to,
                         size_t n) GT_CHECKED;
gt_status grid_shelf_put(gt_ctx *ctx, const grid_shelf *shelf, size_t record, const void *from,
                         size_t n) GT_CHECKED;
/* The record where it lies, or NULL when it lies in the file. */
void *grid_shelf_at(const grid_shelf *shelf, size_t record);

#endif
