/* Shared by the callers of guotu-io, and what only tests ask. */
#ifndef GT_IO_SOURCE_H
#define GT_IO_SOURCE_H

#include "guotu/source.h"

/* Errors about the path alone: missing, a pipe or device, empty. */
gt_status gt_io_check_path(gt_ctx *ctx, const char *path) GT_CHECKED;
/* CPU seconds for reading this path when the caller names none. */
int gt_io_time_limit(const char *path, int asked);
/* GT_GUARD_* bits in force in the child. */
uint32_t gt_source_guards(const gt_source *source);

#endif
