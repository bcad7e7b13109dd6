/* Tiles whose features are too many or too rich in vertices to be drawn themselves: merged once, by
 * weave (merge.c), as far as their bytes ask for. */
#include <math.h>

#include "serve/cutter.h"
#include "serve/shapes.h"
#include "serve/tile_read.h"

enum { MOST_PARTS = 6000 };                        /* of a merged tile: 80 bytes each */
static const double MIN_AREA = 256, TOLERANCE = 4; /* units: 2 x 2 and half a pixel of 512 */

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

/* ---- features ---------------------------------------------------------------------------------
 */

typedef struct collector {
    gt_shapes shapes;
    gt_frame_cut cut;
} collector;

/* One ring after the other: a hole stays a hole of the part, cut as the shell is. */
static gt_status collect(gt_tile_reader *m, const gt_feature *f, void *user)
{
    gt_ctx *ctx = m->desk->ctx;
    collector *k = user;
    gt_shapes *out = &k->shapes;
    const gt_geom *g = &m->geom;
    uint32_t klass = 0, ring = 0, from = 0;
    gt_status st = gt_shapes_class(ctx, out, gt_tile_class_text(m->info, f), &klass);
    for (uint32_t p = 0; st == GT_OK && p < g->n_parts; p++) {
        for (; st == GT_OK && ring < g->part_end[p]; from = g->ring_end[ring++]) {
            size_t n = 0, points = g->ring_end[ring] - from;
            st = points < 4 ? GT_OK
                            : gt_frame_cut_ring(ctx, &k->cut, &g->xy[2 * (size_t)from], points - 1,
                                                0, GT_MVT_EXTENT, &n);
            for (size_t i = 0; st == GT_OK && i < n; i++) {
                st = gt_shapes_point(ctx, out, k->cut.a[2 * i], k->cut.a[2 * i + 1]);
            }
            st = st == GT_OK ? gt_shapes_ring(ctx, out) : st;
        }
        st = st == GT_OK ? gt_shapes_part(ctx, out, klass) : st;
    }
    return st;
}

gt_status gt_tile_dense(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                        const gt_then *then, gt_text *out)
{
    gt_tile_reader m;
    collector k = {.cut = {0}};
    gt_shapes merged;
    gt_shapes_init(&k.shapes);
    gt_shapes_init(&merged);
    gt_tile_reader_open(&m, desk, info, at, then);
    gt_status st = gt_tile_each(&m, 0, collect, &k);
    st = st == GT_OK ? gt_shapes_fit(desk->ctx, desk->arena, &k.shapes, GT_TILE_MOST, &merged) : st;
    st = st == GT_OK ? gt_shapes_mvt(desk->ctx, desk->arena, &merged, info->standard->id,
                                     gt_tile_class_key(info), out)
                     : st;
    gt_tile_reader_close(&m);
    gt_frame_cut_free(desk->ctx, &k.cut);
    gt_shapes_free(desk->ctx, &k.shapes);
    gt_shapes_free(desk->ctx, &merged);
    return st;
}
