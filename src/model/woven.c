#include "model/woven.h"

static double scale_of(const void *user, double x, double y)
{
    return gt_plane_scale(user, x, y);
}

gt_status gt_woven_table(gt_ctx *ctx, const gt_polygon_table *t, const gt_plane *plane,
                         gt_weave **out)
{
    gt_weave_options o;
    gt_weave_batch b = {0};
    gt_weave_options_init(&o);
    o.keep_lines = true;
    o.scale = plane == NULL ? NULL : scale_of;
    o.scale_user = plane;
    if (t->n_runs > 0) {
        const gt_polygon_run *r = &t->runs[0];
        b = (gt_weave_batch){.n_features = r->n_features,
                             .xy = r->xy,
                             .ring_end = r->ring_end,
                             .part_end = r->part_end,
                             .feature_end = r->feature_end};
    }
    return gt_weave_run(ctx, 1, &b, t->n_runs, &o, out);
}
