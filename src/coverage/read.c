#include "coverage/read.h"

#include <string.h>

#include "coverage/messages.h"

static gt_status room_for(gt_ctx *ctx, gt_flat *f, const gt_geom *g)
{
    void *xy = f->xy, *rings = f->ring_end, *parts = f->part_end, *features = f->feature_end;
    gt_status st = gt_grow(ctx, &xy, &f->cap_xy, f->n_points + g->n_points, 2 * sizeof *f->xy);
    f->xy = xy;
    if (st == GT_OK) {
        st = gt_grow(ctx, &rings, &f->cap_rings, f->n_rings + g->n_rings, sizeof *f->ring_end);
        f->ring_end = rings;
    }
    if (st == GT_OK) {
        st = gt_grow(ctx, &parts, &f->cap_parts, f->n_parts + g->n_parts, sizeof *f->part_end);
        f->part_end = parts;
    }
    if (st == GT_OK) {
        st = gt_grow(ctx, &features, &f->cap_features, f->n_features + 1, sizeof *f->feature_end);
        f->feature_end = features;
    }
    return st;
}

static gt_status add(gt_ctx *ctx, gt_flat *f, const gt_geom *g)
{
    gt_status st = room_for(ctx, f, g);
    if (st != GT_OK) {
        return st;
    }
    if (g->n_points > 0) {
        memcpy(f->xy + 2 * f->n_points, g->xy, 2 * sizeof(double) * g->n_points);
    }
    for (uint32_t r = 0; r < g->n_rings; r++) {
        f->ring_end[f->n_rings + r] = (uint32_t)f->n_points + g->ring_end[r];
    }
    for (uint32_t p = 0; p < g->n_parts; p++) {
        f->part_end[f->n_parts + p] = (uint32_t)f->n_rings + g->part_end[p];
    }
    f->n_points += g->n_points;
    f->n_rings += g->n_rings;
    f->n_parts += g->n_parts;
    f->feature_end[f->n_features++] = (uint32_t)f->n_parts;
    return GT_OK;
}

gt_status gt_flat_read(gt_ctx *ctx, gt_store *store, const gt_query *query, gt_flat_fn seen,
                       void *user, gt_flat *out)
{
    gt_scan *scan = NULL;
    gt_geom geom;
    bool more = true;
    gt_geom_init(&geom);
    memset(out, 0, sizeof *out);
    gt_status st = gt_scan_open(ctx, store, query, &scan);
    while (st == GT_OK) {
        gt_feature f;
        st = gt_check_cancel(ctx);
        if (st == GT_OK) {
            st = gt_scan_next(ctx, scan, &f, &more);
        }
        if (st != GT_OK || !more) {
            break;
        }
        if (f.blob == NULL) {
            gt_geom_reset(&geom, GT_MULTIPOLYGON);
        } else {
            st = gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &geom);
        }
        if (st == GT_OK && seen != NULL) {
            st = seen(ctx, user, &f, (uint32_t)out->n_features);
        }
        if (st == GT_OK) {
            st = add(ctx, out, &geom);
        }
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.layer = query->layer, .feature = f.id));
        }
        gt_progress_step(ctx, out->n_features);
    }
    gt_scan_close(scan);
    gt_geom_free(ctx, &geom);
    return st;
}

void gt_flat_free(gt_ctx *ctx, gt_flat *f)
{
    gt_free(ctx, f->xy);
    gt_free(ctx, f->ring_end);
    gt_free(ctx, f->part_end);
    gt_free(ctx, f->feature_end);
    memset(f, 0, sizeof *f);
}

gt_weave_batch gt_flat_batch(const gt_flat *f, uint32_t layer)
{
    return (gt_weave_batch){.layer = layer,
                            .n_features = f->n_features,
                            .xy = f->xy,
                            .ring_end = f->ring_end,
                            .part_end = f->part_end,
                            .feature_end = f->feature_end};
}

double gt_flat_scale(const void *user, double x, double y)
{
    return gt_plane_scale(user, x, y);
}
