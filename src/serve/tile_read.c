/* Reading the features of a tile, and what of a layer changed, on the map of Web Mercator. */
#include "serve/tile_read.h"

#include <math.h>
#include <string.h>

static const double OFF = 0.02; /* units that points may be off */

void gt_tile_reader_open(gt_tile_reader *m, gt_desk *desk, const gt_layer_info *info,
                         gt_place_of at, const gt_then *then)
{
    *m = (gt_tile_reader){
        .desk = desk, .info = info, .at = at, .box = gt_place_box(at), .then = *then};
    m->unit = (m->box.xmax - m->box.xmin) / GT_MVT_EXTENT;
    gt_geom_init(&m->geom);
}

void gt_tile_reader_close(gt_tile_reader *m)
{
    gt_geom_free(m->desk->ctx, &m->geom);
}

static gt_status to_tile(gt_tile_reader *m, const gt_feature *f)
{
    gt_ctx *ctx = m->desk->ctx;
    gt_geom *geom = &m->geom;
    gt_status st = gt_geom_from_gpkg(ctx, f->blob, f->blob_len, NULL, geom);
    st = st == GT_OK ? gt_warp_points(m->desk, &m->warp, geom->xy, geom->n_points) : st;
    for (size_t i = 0; st == GT_OK && i < geom->n_points; i++) {
        geom->xy[2 * i] = (geom->xy[2 * i] - m->box.xmin) / m->unit;
        geom->xy[2 * i + 1] = (m->box.ymax - geom->xy[2 * i + 1]) / m->unit;
    }
    return st;
}

/* By a fifth all round: features reach over the border. */
static gt_box wider(gt_box b)
{
    double dx = (b.xmax - b.xmin) / 5, dy = (b.ymax - b.ymin) / 5;
    return (gt_box){b.xmin - dx, b.ymin - dy, b.xmax + dx, b.ymax + dy};
}

gt_status gt_tile_each(gt_tile_reader *m, double buffer, gt_tile_feature_fn fn, void *user)
{
    gt_desk *desk = m->desk;
    gt_scan *scan = NULL;
    gt_feature f;
    gt_query query;
    bool more = true;
    double margin = m->unit * buffer;
    const double half = GT_MERCATOR_HALF;
    gt_box wide = {fmax(m->box.xmin - margin, -half), fmax(m->box.ymin - margin, -half),
                   fmin(m->box.xmax + margin, half), fmin(m->box.ymax + margin, half)};
    gt_query_init(&query, m->info->standard->id);
    query.has_box = true;
    query.as_of_date = m->then.date;
    query.as_of_rev = m->then.revision;
    gt_status st = gt_tile_box(desk, wide, &query.box);
    st = st == GT_OK ? gt_warp_fit(desk, wider(query.box), m->unit * OFF, &m->warp) : st;
    st = st == GT_OK ? gt_scan_open(desk->ctx, desk->store, &query, &scan) : st;
    while (st == GT_OK) {
        st = gt_scan_next(desk->ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = gt_desk_time(desk);
        st = st == GT_OK ? to_tile(m, &f) : st;
        st = st == GT_OK ? fn(m, &f, user) : st;
    }
    gt_scan_close(scan);
    return st;
}

bool gt_tile_has_areas(const gt_layer_info *info)
{
    return info->standard->geom_type == GT_POLYGON || info->standard->geom_type == GT_MULTIPOLYGON;
}

const char *gt_tile_class_key(const gt_layer_info *info)
{
    const char *key = info->standard->class_field;
    return key == NULL ? "class" : key;
}

const char *gt_tile_class_text(const gt_layer_info *info, const gt_feature *f)
{
    const gt_standard *s = info->standard;
    int field = s->class_field == NULL ? -1 : gt_standard_field(s, s->class_field);
    bool text = field >= 0 && f->values[field].kind == GT_VAL_TEXT;
    return text ? f->values[field].text : "";
}

/* ---- the layer on the map ---------------------------------------------------------------------
 */

gt_status gt_tile_mercator_box(gt_desk *desk, gt_box b, gt_box *out)
{
    enum { SIDE = 8 };
    double xy[8 * SIDE];
    gt_transform *transform = NULL;
    gt_status st = gt_desk_out(desk, GT_EPSG_3857, &transform);
    for (int i = 0; i < SIDE; i++) {
        double t = (double)i / SIDE, w = b.xmax - b.xmin, h = b.ymax - b.ymin;
        const double points[8] = {b.xmin + t * w, b.ymin, b.xmax, b.ymin + t * h,
                                  b.xmax - t * w, b.ymax, b.xmin, b.ymax - t * h};
        memcpy(&xy[8 * i], points, sizeof points);
    }
    st = st == GT_OK ? gt_transform_points(desk->ctx, transform, xy, 4 * (size_t)SIDE) : st;
    *out = (gt_box){xy[0], xy[1], xy[0], xy[1]};
    for (size_t i = 1; i < 4 * (size_t)SIDE; i++) {
        *out = (gt_box){fmin(out->xmin, xy[2 * i]), fmin(out->ymin, xy[2 * i + 1]),
                        fmax(out->xmax, xy[2 * i]), fmax(out->ymax, xy[2 * i + 1])};
    }
    double bend = (out->xmax - out->xmin + out->ymax - out->ymin) / (SIDE * SIDE);
    *out = (gt_box){out->xmin - bend, out->ymin - bend, out->xmax + bend, out->ymax + bend};
    return st;
}

gt_status gt_tile_changed_since(gt_desk *desk, const char *layer, int64_t since, gt_box **boxes,
                                size_t *n, bool *all)
{
    enum { MOST = 2048 };
    *boxes = NULL;
    *n = 0;
    *all = since <= 0;
    gt_status st =
        *all ? GT_OK : gt_store_changed_boxes(desk->ctx, desk->store, layer, since, MOST, boxes, n);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(desk->ctx);
        *all = true;
        st = GT_OK;
    }
    *all = *all || *n == MOST;
    for (size_t i = 0; st == GT_OK && !*all && i < *n; i++) {
        gt_box box = (*boxes)[i];
        st = box.xmin > box.xmax ? GT_OK : gt_tile_mercator_box(desk, box, &(*boxes)[i]);
    }
    return st;
}
