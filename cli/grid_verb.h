/* Operations of the verb grid that have files of their own. */
#ifndef GT_CLI_GRID_VERB_H
#define GT_CLI_GRID_VERB_H

#include "cli.h"
#include "guotu/grid.h"

gt_status cli_grid_bad(cli *app, const char *option, const char *value,
                       const char *allowed) GT_CHECKED;
/* Output of the place of `like`, options of the command line applied. */
gt_status cli_grid_output(cli *app, const gt_grid *like, gt_cell type, const char *path,
                          gt_grid **out) GT_CHECKED;
/* A real option; `fallback` when it was not given. */
gt_status cli_grid_real(cli *app, const char *option, double fallback, double low, double high,
                        double *out) GT_CHECKED;

gt_status cli_grid_calc(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_zonal(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_rasterize(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_focal(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_distance(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_patches(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_classify(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_downstream(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_hand(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_wetness(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_order(cli *app, const char *const *files, int n) GT_CHECKED;
gt_status cli_grid_view(cli *app, const char *const *files, int n) GT_CHECKED;
/* What the operation of the command line would hold; answers no when it cannot run. */
gt_status cli_grid_plan(cli *app) GT_CHECKED;

#endif
