/* The file a grid gathers in until it is finished: NAME.part-XXXXXX beside NAME. Its maker holds a
 * lock on it, which ends with the maker however it ends; a part that nobody holds was left behind
 * by a run that was killed, and goes when the next part of the same name, or a build, begins. */
#ifndef GT_GRID_PART_H
#define GT_GRID_PART_H

#include "guotu/context.h"

/* Makes and locks the part of the file `path`, and removes those left behind. *out: owned by the
 * caller (gt_free; unlink before, unless renamed). *fd: open for reading and writing; closing it
 * gives the lock up. */
gt_status grid_part_make(gt_ctx *ctx, const char *path, char **out, int *fd) GT_CHECKED;
/* The part stands under its own name now: others may lock it for updates. */
void grid_part_done(int fd);
/* Removes the parts in the folder that nobody holds: of the file `name`, or of any file (NULL). */
void grid_part_clear(const char *dir, const char *name);

#endif
