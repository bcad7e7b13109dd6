/* What a drawing did, for tests: layout, legend and labels. */
#ifndef GT_REPORT_MAP_H
#define GT_REPORT_MAP_H

#include "report/label.h"
#include "report/legend.h"
#include "report/page.h"

/* Called once after everything is painted and before the file is finished. All borrowed. */
typedef struct gt_map_probe {
    void *user;
    void (*seen)(void *user, const gt_page *page, const gt_window *view, const gt_legend *legend,
                 const gt_labels *labels, const gt_tally *tallies, const gt_scale_bar *bar);
} gt_map_probe;

/* gt_map_draw with a probe (may be NULL). */
gt_status gt_map_draw_probed(gt_ctx *ctx, const gt_map_source *source,
                             const gt_map_options *options, const char *path,
                             const gt_map_probe *probe) GT_CHECKED;
/* Union of the extents of n layers from `first` on, read where not stated; empty when there is
 * nothing. */
gt_status gt_map_extent(gt_ctx *ctx, const gt_map_source *source, const gt_map_layer *layers,
                        size_t first, size_t n, gt_box *out) GT_CHECKED;
/* Frame border. */
void gt_frame_border(gt_rect frame, double factor, cairo_t *cr);

#endif
