/* check --bulk: many subjects from a file or a layer, findings as a GeoPackage. */
#ifndef GT_CLI_CHECK_BULK_H
#define GT_CLI_CHECK_BULK_H

#include "cli.h"

gt_status cli_check_bulk(cli *app, gt_store *store, const gt_package *package,
                         gt_arena *arena) GT_CHECKED;

#endif
