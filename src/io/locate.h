/* Where guotu-io is: $GUOTU_IO, beside the running program, in ../libexec/guotu of it, or one
 * folder up (a test in a build tree). */
#ifndef GT_IO_LOCATE_H
#define GT_IO_LOCATE_H

#include "guotu/text.h"

/* Appends the path of an executable file. GT_E_ENV (io.program-missing) lists what was tried. */
gt_status gt_io_locate(gt_ctx *ctx, gt_text *path) GT_CHECKED;

#endif
