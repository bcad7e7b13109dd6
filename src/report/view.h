/* From map coordinates to the page: one scale, north up. */
#ifndef GT_REPORT_VIEW_H
#define GT_REPORT_VIEW_H

#include "guotu/map.h"

typedef struct gt_rect { /* points, y down */
    double x, y, w, h;
} gt_rect;

bool gt_rect_meets(gt_rect a, gt_rect b);
bool gt_rect_holds(gt_rect outer, gt_rect inner);

typedef struct gt_window {
    gt_box box;       /* shown, map CRS; same shape as the frame */
    gt_rect frame;    /* on the page */
    double kx, ky;    /* points per map unit */
    double per_metre; /* points per metre on the ground at the middle of the map */
} gt_window;

/* Fits box into frame, grown to the frame's shape, with a margin (share of the frame's side).
 * GT_E_USAGE "report.bad-box". */
gt_status gt_window_fit(gt_ctx *ctx, const gt_map_source *source, gt_box box, gt_rect frame,
                        double margin, gt_window *out) GT_CHECKED;
double gt_window_x(const gt_window *view, double x);
double gt_window_y(const gt_window *view, double y);
/* Checks a box given by the user. */
gt_status gt_box_check(gt_ctx *ctx, const gt_map_source *source, gt_box box) GT_CHECKED;

/* ---- clipping: rings as flat x, y, without the closing point ---- */

typedef struct gt_clipper { /* two buffers that grow; zeroed at first */
    double *a, *b;          /* owned; input and result are in a */
    size_t cap_a, cap_b;    /* doubles */
} gt_clipper;
void gt_clipper_free(gt_ctx *ctx, gt_clipper *clipper);
/* Sutherland-Hodgman: *n points in clipper->a are cut to the box. Degenerate edges along the box
 * may remain; areas are right. */
gt_status gt_clip_ring(gt_ctx *ctx, gt_clipper *clipper, gt_box box, size_t *n) GT_CHECKED;
/* Liang-Barsky: shortens the segment a-b to the box; false when nothing is left. */
bool gt_clip_segment(double *ax, double *ay, double *bx, double *by, gt_box box);

#endif
