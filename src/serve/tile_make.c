/* Making vector tiles.
 *
 * A large layer of polygons has a zoom from which its features are drawn themselves ("direct").
 * Tiles above that are merged: the lowest of them from the features within, the others from the
 * four tiles below, each kept in the pyramid. An edit takes with it one tile a zoom, and they are
 * made anew when they are asked for. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/box.h"
#include "serve/tiles.h"

enum {
    PER_TILE = 1200,  /* features of a mean tile that are drawn themselves */
    DIRECT_MAX = 16,  /* beyond, tiles are direct whatever they hold */
    MOST_PARTS = 6000 /* of a merged tile: 80 bytes each */
};
static const double MIN_AREA = 256, TOLERANCE = 4; /* units: 2 x 2 and half a pixel of 512 */

/* ---- features ---------------------------------------------------------------------------------
 */

typedef struct maker {
    gt_desk *desk;
    const gt_layer_info *info;
    gt_place_of at;
    gt_box box; /* EPSG:3857 */
    double unit;
    gt_geom geom; /* scratch */
    gt_frame_cut cut;
    gt_then then;
} maker;

static const gt_then present = {GT_DATE_NONE, 0};

static void maker_open(maker *m, gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                       const gt_then *then)
{
    *m = (maker){.desk = desk, .info = info, .at = at, .box = gt_place_box(at), .then = *then};
    m->unit = (m->box.xmax - m->box.xmin) / GT_MVT_EXTENT;
    gt_geom_init(&m->geom);
}

static void maker_close(maker *m)
{
    gt_geom_free(m->desk->ctx, &m->geom);
    gt_frame_cut_free(m->desk->ctx, &m->cut);
}

static gt_status to_tile(maker *m, const gt_feature *f)
{
    gt_ctx *ctx = m->desk->ctx;
    gt_transform *transform = NULL;
    gt_geom *geom = &m->geom;
    gt_status st = gt_geom_from_gpkg(ctx, f->blob, f->blob_len, NULL, geom);
    st = st == GT_OK ? gt_desk_out(m->desk, GT_EPSG_3857, &transform) : st;
    st = st == GT_OK ? gt_transform_points(ctx, transform, geom->xy, geom->n_points) : st;
    for (size_t i = 0; st == GT_OK && i < geom->n_points; i++) {
        geom->xy[2 * i] = (geom->xy[2 * i] - m->box.xmin) / m->unit;
        geom->xy[2 * i + 1] = (m->box.ymax - geom->xy[2 * i + 1]) / m->unit;
    }
    return st;
}

static const char *class_text(const gt_standard *s, const gt_feature *f)
{
    int field = s->class_field == NULL ? -1 : gt_standard_field(s, s->class_field);
    bool text = field >= 0 && f->values[field].kind == GT_VAL_TEXT;
    return text ? f->values[field].text : "";
}

/* What is done with each feature, m->geom being its geometry in tile units. */
typedef gt_status (*feature_fn)(maker *m, const gt_feature *f, void *user);

static gt_status each_feature(maker *m, double buffer, feature_fn fn, void *user)
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

/* ---- features themselves ----------------------------------------------------------------------
 */

typedef struct drawing {
    gt_mvt *mvt;
    double grain; /* > 0: of points and short lines, one a square of this side (units) */
    uint64_t *taken;
    size_t across;
} drawing;

/* Is the feature the first small one in its square? */
static bool has_room(const maker *m, drawing *d)
{
    gt_box box = gt_geom_box(&m->geom);
    if (d->taken == NULL || fmax(box.xmax - box.xmin, box.ymax - box.ymin) > d->grain) {
        return true;
    }
    double x = floor((box.xmin + GT_MVT_BUFFER) / d->grain);
    double y = floor((box.ymin + GT_MVT_BUFFER) / d->grain);
    if (x < 0 || y < 0 || x >= (double)d->across || y >= (double)d->across) {
        return false;
    }
    size_t bit = (size_t)y * d->across + (size_t)x;
    bool free = (d->taken[bit / 64] >> bit % 64 & 1) == 0;
    d->taken[bit / 64] |= 1ULL << bit % 64;
    return free;
}

static gt_status draw(maker *m, const gt_feature *f, void *user)
{
    drawing *d = user;
    return has_room(m, d) ? gt_mvt_add(d->mvt, f->id, class_text(m->info->standard, f), &m->geom)
                          : GT_OK;
}

static const char *class_key(const gt_layer_info *info)
{
    const char *key = info->standard->class_field;
    return key == NULL ? "class" : key;
}

static gt_status make_direct(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                             const gt_then *then, double grain, gt_text *out)
{
    maker m;
    gt_mvt mvt;
    drawing d = {.mvt = &mvt, .grain = grain};
    gt_status st = GT_OK;
    maker_open(&m, desk, info, at, then);
    gt_mvt_open(desk->ctx, desk->arena, &mvt);
    if (grain > 0) {
        d.across = (size_t)((GT_MVT_EXTENT + 2 * GT_MVT_BUFFER) / grain) + 1;
        d.taken = gt_zalloc(desk->ctx, d.across * d.across / 64 + 1, sizeof *d.taken);
        st = d.taken == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? each_feature(&m, GT_MVT_BUFFER, draw, &d) : st;
    gt_text_clear(out);
    st = st == GT_OK ? gt_mvt_finish(&mvt, info->standard->id, class_key(info), out) : st;
    gt_free(desk->ctx, d.taken);
    gt_mvt_close(&mvt);
    maker_close(&m);
    return st;
}

/* ---- merged ones ------------------------------------------------------------------------------
 */

/* Which border of the tile both points lie on: 1 left, 2 right, 3 top, 4 bottom; 0: none. */
static int border_of(const double *p, const double *q)
{
    const double near = 0.05; /* units; kept tiles are rounded to a sixteenth */
    return fabs(p[0]) < near && fabs(q[0]) < near                                   ? 1
           : fabs(p[0] - GT_MVT_EXTENT) < near && fabs(q[0] - GT_MVT_EXTENT) < near ? 2
           : fabs(p[1]) < near && fabs(q[1]) < near                                 ? 3
           : fabs(p[1] - GT_MVT_EXTENT) < near && fabs(q[1] - GT_MVT_EXTENT) < near ? 4
                                                                                    : 0;
}

static gt_status out_there(gt_ctx *ctx, gt_geom *geom, const double *p, int side, int other)
{
    static const double step[5][2] = {
        {0, 0}, {-GT_MVT_BUFFER, 0}, {GT_MVT_BUFFER, 0}, {0, -GT_MVT_BUFFER}, {0, GT_MVT_BUFFER}};
    int again = other == side ? 0 : other;
    return gt_geom_add_point(ctx, geom, p[0] + step[side][0] + step[again][0],
                             p[1] + step[side][1] + step[again][1]);
}

/* A closed ring, its edges on the border of the tile moved out by the buffer. */
static gt_status put_ring(gt_ctx *ctx, gt_geom *geom, const double *xy, size_t n)
{
    gt_status st = GT_OK;
    uint32_t from = geom->n_rings == 0 ? 0 : geom->ring_end[geom->n_rings - 1];
    for (size_t i = 0; st == GT_OK && i + 1 < n; i++) {
        const double *p = &xy[2 * i], *before = i == 0 ? &xy[2 * (n - 2)] : p - 2;
        int in = border_of(before, p), on = border_of(p, p + 2);
        if (in == 0) {
            st = gt_geom_add_point(ctx, geom, p[0], p[1]);
        }
        if (in != 0 || on != 0) {
            st = st == GT_OK ? out_there(ctx, geom, p, in == 0 ? on : in, on == 0 ? in : on) : st;
        }
        if (st == GT_OK && in != 0 && on == 0) {
            st = gt_geom_add_point(ctx, geom, p[0], p[1]);
        }
    }
    if (st == GT_OK) {
        const double *first = &geom->xy[2 * (size_t)from];
        st = gt_geom_add_point(ctx, geom, first[0], first[1]);
    }
    return st == GT_OK ? gt_geom_end_ring(ctx, geom) : st;
}

gt_status gt_shapes_mvt(gt_ctx *ctx, gt_arena *arena, const gt_shapes *s, const char *layer,
                        const char *key, gt_text *out)
{
    gt_mvt mvt;
    gt_geom geom;
    gt_status st = GT_OK;
    size_t ring = 0, from = 0;
    gt_mvt_open(ctx, arena, &mvt);
    gt_geom_init(&geom);
    for (size_t p = 0; st == GT_OK && p < s->n_parts; p++) {
        gt_geom_reset(&geom, GT_POLYGON);
        for (; st == GT_OK && ring < s->part_end[p]; from = s->ring_end[ring++]) {
            st = put_ring(ctx, &geom, &s->xy[2 * from], s->ring_end[ring] - from);
        }
        st = st == GT_OK ? gt_geom_end_part(ctx, &geom) : st;
        st = st == GT_OK ? gt_mvt_add(&mvt, NULL, s->texts[s->klass[p]], &geom) : st;
    }
    gt_text_clear(out);
    st = st == GT_OK ? gt_mvt_finish(&mvt, layer, key, out) : st;
    gt_geom_free(ctx, &geom);
    gt_mvt_close(&mvt);
    return st;
}

gt_status gt_shapes_fit(gt_ctx *ctx, gt_arena *arena, const gt_shapes *in, size_t most,
                        gt_shapes *out)
{
    gt_merge_options options = {MIN_AREA, TOLERANCE, MOST_PARTS};
    gt_shapes again;
    gt_text body;
    double least = 0;
    gt_shapes_init(&again);
    gt_text_init(&body, ctx, GT_REPLY_MAX);
    gt_status st = gt_merge(ctx, in, &options, out, &least);
    st = st == GT_OK ? gt_shapes_mvt(ctx, arena, out, "layer", "class", &body) : st;
    for (int i = 0; st == GT_OK && body.len > most && i < 12; i++) {
        options.min_area = 2 * least;
        options.tolerance *= 1.5;
        options.most_parts = options.most_parts * 2 / 3;
        st = gt_merge(ctx, out, &options, &again, &least);
        gt_shapes t = again;
        again = *out;
        *out = t;
        st = st == GT_OK ? gt_shapes_mvt(ctx, arena, out, "layer", "class", &body) : st;
    }
    gt_text_free(&body);
    gt_shapes_free(ctx, &again);
    return st;
}

/* One ring after the other: a hole stays a hole of the part, cut as the shell is. */
static gt_status collect(maker *m, const gt_feature *f, void *user)
{
    gt_ctx *ctx = m->desk->ctx;
    gt_shapes *out = user;
    const gt_geom *g = &m->geom;
    uint32_t klass = 0, ring = 0, from = 0;
    gt_status st = gt_shapes_class(ctx, out, class_text(m->info->standard, f), &klass);
    for (uint32_t p = 0; st == GT_OK && p < g->n_parts; p++) {
        for (; st == GT_OK && ring < g->part_end[p]; from = g->ring_end[ring++]) {
            size_t n = 0, points = g->ring_end[ring] - from;
            st = points < 4 ? GT_OK
                            : gt_frame_cut_ring(ctx, &m->cut, &g->xy[2 * (size_t)from], points - 1,
                                                0, GT_MVT_EXTENT, &n);
            for (size_t i = 0; st == GT_OK && i < n; i++) {
                st = gt_shapes_point(ctx, out, m->cut.a[2 * i], m->cut.a[2 * i + 1]);
            }
            st = st == GT_OK ? gt_shapes_ring(ctx, out) : st;
        }
        st = st == GT_OK ? gt_shapes_part(ctx, out, klass) : st;
    }
    return st;
}

static gt_status merge_features(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                                const gt_then *then, gt_shapes *out)
{
    maker m;
    gt_shapes in;
    gt_shapes_init(&in);
    maker_open(&m, desk, info, at, then);
    gt_status st = each_feature(&m, 0, collect, &in);
    st = st == GT_OK ? gt_shapes_fit(desk->ctx, desk->arena, &in, GT_TILE_MOST, out) : st;
    maker_close(&m);
    gt_shapes_free(desk->ctx, &in);
    return st;
}

/* ---- the pyramid ------------------------------------------------------------------------------
 */

/* Smallest box of EPSG:3857 around the image of a box of the working CRS. */
static gt_status mercator_box(gt_desk *desk, gt_box b, gt_box *out)
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

static gt_status direct_zoom(gt_desk *desk, const gt_layer_info *info, int *out)
{
    gt_box box;
    *out = 0;
    if (info->n_features <= PER_TILE || info->box.xmin > info->box.xmax) {
        return GT_OK;
    }
    gt_status st = mercator_box(desk, info->box, &box);
    double area = fmax((box.xmax - box.xmin) * (box.ymax - box.ymin), 1);
    for (; *out < DIRECT_MAX; ++*out) {
        double side = 2 * GT_MERCATOR_HALF / (double)(1L << *out);
        if ((double)info->n_features * fmin(side * side / area, 1) <= PER_TILE) {
            break;
        }
    }
    return st;
}

/* Boxes (EPSG:3857) of what changed since a revision; *all: too many, or the revision is not known.
 * Owned by the caller. */
static gt_status changed_since(gt_desk *desk, const char *layer, int64_t since, gt_box **boxes,
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
        st = box.xmin > box.xmax ? GT_OK : mercator_box(desk, box, &(*boxes)[i]);
    }
    return st;
}

/* The layer's pyramid as of its revision. *direct: zoom from which it has none; 0: none at all. */
static gt_status bring_up(gt_desk *desk, const gt_layer_info *info, int *direct)
{
    gt_ctx *ctx = desk->ctx;
    const char *layer = info->standard->id;
    gt_pyramid_state state = {0, 0};
    gt_box *boxes = NULL;
    size_t n = 0;
    char key[256];
    bool there = false, all = true;
    gt_status st =
        info->standard->geom_type == GT_POLYGON || info->standard->geom_type == GT_MULTIPOLYGON
            ? direct_zoom(desk, info, direct)
            : GT_OK;
    if (st != GT_OK || *direct == 0 || desk->pyramid == NULL) {
        return st;
    }
    (void)snprintf(key, sizeof key, "1 %d %.200s", (int)gt_store_srs_id(desk->store),
                   class_key(info));
    st = gt_pyramid_state_get(ctx, desk->pyramid, layer, key, &state, &there);
    if (st == GT_OK && there && state.revision == info->revision) {
        *direct = state.direct;
        return GT_OK;
    }
    bool near = there && state.revision < info->revision && state.direct - *direct <= 1 &&
                *direct - state.direct <= 1;
    st = st == GT_OK && near ? changed_since(desk, layer, state.revision, &boxes, &n, &all) : st;
    if (st == GT_OK && near && !all) {
        st =
            gt_pyramid_advance(ctx, desk->pyramid, layer, state.revision, info->revision, boxes, n);
        *direct = state.direct;
    } else if (st == GT_OK) {
        state = (gt_pyramid_state){info->revision, *direct};
        st = gt_pyramid_begin(ctx, desk->pyramid, layer, key, &state);
    }
    gt_free(ctx, boxes);
    return st;
}

static bool outside(const gt_box *layer, gt_place_of at)
{
    gt_box box = gt_place_box(at);
    return !gt_box_meets(box, *layer);
}

/* A merged tile of zoom at.z < direct: kept, or made of what is below and then kept. */
static gt_status merged(gt_desk *desk, const gt_layer_info *info, const gt_box *within, int direct,
                        gt_place_of at, gt_shapes *out)
{
    gt_ctx *ctx = desk->ctx;
    const char *layer = info->standard->id;
    bool found = false;
    gt_shapes in, part;
    gt_shapes_reset(out);
    if (outside(within, at)) {
        return GT_OK;
    }
    gt_status st =
        desk->pyramid == NULL ? GT_OK : gt_pyramid_get(ctx, desk->pyramid, layer, at, out, &found);
    if (st != GT_OK || found) {
        return st;
    }
    gt_shapes_init(&in);
    gt_shapes_init(&part);
    st = gt_desk_time(desk);
    st = st == GT_OK ? gt_check_cancel(ctx) : st;
    if (st == GT_OK && at.z + 1 >= direct) {
        st = merge_features(desk, info, at, &present, out);
    } else {
        for (int i = 0; st == GT_OK && i < 4; i++) {
            const gt_place_of below = {at.z + 1, 2 * at.row + i / 2, 2 * at.col + i % 2};
            st = merged(desk, info, within, direct, below, &part);
            st = st == GT_OK ? gt_shapes_quarter(ctx, &in, &part, i % 2, i / 2) : st;
        }
        gt_shapes_free(ctx, &part);
        st = st == GT_OK ? gt_shapes_fit(ctx, desk->arena, &in, GT_TILE_MOST, out) : st;
    }
    if (st == GT_OK && desk->pyramid != NULL) {
        st = gt_pyramid_put(ctx, desk->pyramid, layer, info->revision, at, out);
    }
    gt_shapes_free(ctx, &part);
    gt_shapes_free(ctx, &in);
    return st;
}

static gt_status make_merged(gt_desk *desk, const gt_layer_info *info, int direct, gt_place_of at,
                             gt_text *out)
{
    gt_shapes shapes;
    gt_box within;
    gt_shapes_init(&shapes);
    gt_status st = mercator_box(desk, info->box, &within);
    st = st == GT_OK ? merged(desk, info, &within, direct, at, &shapes) : st;
    st = st == GT_OK ? gt_shapes_mvt(desk->ctx, desk->arena, &shapes, info->standard->id,
                                     class_key(info), out)
                     : st;
    gt_shapes_free(desk->ctx, &shapes);
    return st;
}

/* Features themselves; where they are too many for a tile, areas are merged and points thinned. */
static gt_status make_features(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                               const gt_then *then, gt_text *out)
{
    bool areas =
        info->standard->geom_type == GT_POLYGON || info->standard->geom_type == GT_MULTIPOLYGON;
    gt_status st = make_direct(desk, info, at, then, 0, out);
    if (st == GT_OK && out->len > GT_TILE_MOST && areas) { /* dense here, or rich in vertices */
        gt_shapes shapes;
        gt_shapes_init(&shapes);
        st = merge_features(desk, info, at, then, &shapes);
        st = st == GT_OK ? gt_shapes_mvt(desk->ctx, desk->arena, &shapes, info->standard->id,
                                         class_key(info), out)
                         : st;
        gt_shapes_free(desk->ctx, &shapes);
    }
    for (double grain = 8; st == GT_OK && !areas && out->len > GT_TILE_MOST && grain < 4096;
         grain *= 2) {
        st = make_direct(desk, info, at, then, grain, out);
    }
    return st;
}

gt_status gt_tile_make(gt_desk *desk, const gt_layer_info *info, gt_place_of at, gt_text *out)
{
    int direct = 0;
    gt_status st = info->n_features == 0 ? GT_OK : bring_up(desk, info, &direct);
    if (st != GT_OK || info->n_features == 0) {
        return st;
    }
    return at.z < direct ? make_merged(desk, info, direct, at, out)
                         : make_features(desk, info, at, &present, out);
}

gt_status gt_tile_make_then(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                            const gt_then *then, gt_text *out)
{
    return make_features(desk, info, at, then, out);
}

gt_status gt_tile_prepare(gt_desk *desk, const gt_layer_info *info, int64_t *n)
{
    int direct = 0;
    gt_box box;
    *n = 0;
    gt_status st = info->n_features == 0 ? GT_OK : bring_up(desk, info, &direct);
    if (st != GT_OK || direct == 0 || desk->pyramid == NULL) {
        return st;
    }
    gt_shapes shapes;
    gt_shapes_init(&shapes);
    st = mercator_box(desk, info->box, &box);
    const gt_place_of top = {0, 0, 0};
    st = st == GT_OK ? merged(desk, info, &box, direct, top, &shapes) : st;
    *n = direct;
    gt_shapes_free(desk->ctx, &shapes);
    return st;
}

/* ---- the cache in memory ----------------------------------------------------------------------
 */

/* Edits of other programs belong to no revision: while there are any, nothing of the layer is kept.
 */
static gt_status forget_edited(gt_desk *desk)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < gt_store_n_layers(desk->store); i++) {
        gt_layer_info info;
        int64_t n = 0;
        st = gt_store_layer(desk->ctx, desk->store, i, &info);
        st = st == GT_OK ? gt_store_outside_edits(desk->ctx, desk->store, info.standard->id, &n)
                         : st;
        /* a layer that is not everybody's any more is asked for each time */
        if (st == GT_OK && (n > 0 || !gt_desk_is_public(desk, info.standard->id))) {
            gt_tile_cache_drop(desk->tiles, info.standard->id, NULL, 0);
        }
    }
    return st;
}

gt_status gt_tiles_sync(gt_desk *desk, int64_t seen)
{
    gt_status st = GT_OK;
    if (desk->tiles == NULL) {
        return GT_OK;
    }
    int64_t last = -1, now = gt_store_revision(desk->store);
    int64_t from = gt_tile_cache_begin(desk->tiles, &last);
    if (seen >= 0 && seen != last) {
        st = forget_edited(desk);
    }
    for (size_t i = 0; st == GT_OK && from >= 0 && now > from && i < gt_store_n_layers(desk->store);
         i++) {
        gt_layer_info info;
        gt_box *boxes = NULL;
        size_t n = 0;
        bool all = true;
        st = gt_store_layer(desk->ctx, desk->store, i, &info);
        if (st != GT_OK || info.revision <= from) {
            continue;
        }
        st = changed_since(desk, info.standard->id, from, &boxes, &n, &all);
        if (st == GT_OK && (all || n > 0)) {
            gt_tile_cache_drop(desk->tiles, info.standard->id, all ? NULL : boxes, n);
        }
        gt_free(desk->ctx, boxes);
    }
    /* what failed is tried again: the cache stays where it was, and gives nothing till then */
    gt_tile_cache_end(desk->tiles, st == GT_OK && now > from ? now : from, st == GT_OK ? seen : -1);
    return st;
}
