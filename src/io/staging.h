/* New files are made in a hidden folder beside their place and moved there at the end, all or none:
 * what they replace is set aside first and put back when a move fails. */
#ifndef GT_IO_STAGING_H
#define GT_IO_STAGING_H

#include "guotu/text.h"

typedef struct gt_staging gt_staging;

/* Makes the folder beside `path`. GT_E_CONFLICT when something is at the path (or, for a shapefile,
 * beside it under the same name) and overwrite is false. */
gt_status gt_staging_new(gt_ctx *ctx, const char *path, bool overwrite,
                         gt_staging **out) GT_CHECKED;
/* Where to write: the file name of the path, in the folder. Borrowed. */
const char *gt_staging_dir(const gt_staging *staging);
const char *gt_staging_path(const gt_staging *staging);
/* Syncs and moves everything that is in the folder beside the path. */
gt_status gt_staging_commit(gt_ctx *ctx, gt_staging *staging) GT_CHECKED;
/* Removes the folder and what is left in it. NULL accepted. */
void gt_staging_free(gt_staging *staging);

/* Removes a folder with all that is in it; failures are ignored. */
void gt_io_remove_tree(const char *dir);

#endif
