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
    if (st == GT_OK) {
        void *numbers = f->number;
        st = gt_grow(ctx, &numbers, &f->cap_numbers, f->n_features + 1, sizeof *f->number);
        f->number = numbers;
    }
    return st;
}

gt_status gt_flat_add(gt_ctx *ctx, gt_flat *f, const gt_geom *g, int64_t row)
{
    gt_status st = room_for(ctx, f, g);
    if (st == GT_OK && (row < 0 || row >= GT_WEAVE_SEVERAL)) {
        st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_COVERAGE_ROWS, GT_NOWHERE, GT_NO_ARGS);
    }
    if (st == GT_OK && f->n_points + g->n_points > UINT32_MAX) {
        st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_COVERAGE_POINTS, GT_NOWHERE, GT_NO_ARGS);
    }
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
    f->number[f->n_features] = (uint32_t)row;
    f->feature_end[f->n_features++] = (uint32_t)f->n_parts;
    return GT_OK;
}

static gt_status decode(gt_ctx *ctx, const gt_feature *f, gt_geom *geom)
{
    if (f->blob == NULL) {
        gt_geom_reset(geom, GT_MULTIPOLYGON);
        return GT_OK;
    }
    return gt_geom_from_gpkg(ctx, f->blob, f->blob_len, NULL, geom);
}

gt_status gt_flat_read(gt_ctx *ctx, gt_store *store, const gt_query *query, size_t most,
                       gt_flat_fn seen, void *user, gt_flat *out, bool *whole)
{
    gt_scan *scan = NULL;
    gt_geom geom;
    bool all = true;
    gt_geom_init(&geom);
    memset(out, 0, sizeof *out);
    gt_status st = gt_scan_open(ctx, store, query, &scan);
    while (st == GT_OK) {
        gt_feature f;
        bool more = false;
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = decode(ctx, &f, &geom);
        if (st == GT_OK && most > 0 && out->n_points + geom.n_points > most) {
            all = false;
            break;
        }
        bool take = true;
        if (st == GT_OK && seen != NULL) {
            st = seen(ctx, user, &f, out->n_features, &take);
        }
        if (st == GT_OK && take) {
            st = gt_flat_add(ctx, out, &geom, f.row);
        }
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.layer = query->layer, .feature = f.id));
        }
    }
    gt_scan_close(scan);
    gt_geom_free(ctx, &geom);
    if (whole != NULL) {
        *whole = all;
    }
    return st;
}

size_t gt_flat_find(const gt_flat *f, uint32_t number)
{
    size_t lo = 0, hi = f->n_features;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (f->number[mid] < number) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < f->n_features && f->number[lo] == number ? lo : SIZE_MAX;
}

gt_box gt_flat_box(const gt_flat *f)
{
    gt_box box = {1, 1, 0, 0};
    for (size_t i = 0; i < f->n_points; i++) {
        double x = f->xy[2 * i], y = f->xy[2 * i + 1];
        if (i == 0) {
            box = (gt_box){x, y, x, y};
        }
        box.xmin = x < box.xmin ? x : box.xmin;
        box.ymin = y < box.ymin ? y : box.ymin;
        box.xmax = x > box.xmax ? x : box.xmax;
        box.ymax = y > box.ymax ? y : box.ymax;
    }
    return box;
}

void gt_flat_free(gt_ctx *ctx, gt_flat *f)
{
    gt_free(ctx, f->xy);
    gt_free(ctx, f->ring_end);
    gt_free(ctx, f->part_end);
    gt_free(ctx, f->feature_end);
    gt_free(ctx, f->number);
    memset(f, 0, sizeof *f);
}

gt_weave_batch gt_flat_batch(const gt_flat *f, uint32_t layer)
{
    return (gt_weave_batch){.layer = layer,
                            .n_features = f->n_features,
                            .xy = f->xy,
                            .ring_end = f->ring_end,
                            .part_end = f->part_end,
                            .feature_end = f->feature_end,
                            .number = f->number};
}

double gt_flat_scale(const void *user, double x, double y)
{
    return gt_plane_scale(user, x, y);
}
