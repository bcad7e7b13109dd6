/* Hillshade of a grid of heights over the ground colours. */
#ifndef GT_REPORT_RELIEF_H
#define GT_REPORT_RELIEF_H

#include "report/gather.h"

/* GT_E_USAGE "report.bad-relief". */
gt_status gt_relief_check(gt_ctx *ctx, const gt_map_relief *relief) GT_CHECKED;
/* Multiplies the ground within the frame by the shade. White where there are no heights. */
gt_status gt_relief_draw(gt_ctx *ctx, const gt_map_relief *relief, const gt_window *view,
                         const gt_pen *pen) GT_CHECKED;

#endif
