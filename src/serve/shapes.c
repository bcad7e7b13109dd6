/* Polygons with classes. */
#include "serve/shapes.h"

#include <math.h>
#include <string.h>

enum { CLASSES_MAX = 4096 };

void gt_shapes_init(gt_shapes *s)
{
    *s = (gt_shapes){0};
}

void gt_shapes_free(gt_ctx *ctx, gt_shapes *s)
{
    for (size_t i = 0; i < s->n_texts; i++) {
        gt_free(ctx, s->texts[i]);
    }
    gt_free(ctx, s->texts);
    gt_free(ctx, s->xy);
    gt_free(ctx, s->ring_end);
    gt_free(ctx, s->part_end);
    gt_free(ctx, s->klass);
    *s = (gt_shapes){0};
}

void gt_shapes_reset(gt_shapes *s)
{
    s->n_points = s->n_rings = s->n_parts = 0;
}

gt_status gt_shapes_class(gt_ctx *ctx, gt_shapes *s, const char *text, uint32_t *out)
{
    for (size_t i = 0; i < s->n_texts; i++) {
        if (strcmp(s->texts[i], text) == 0) {
            *out = (uint32_t)i;
            return GT_OK;
        }
    }
    *out = 0;
    if (s->n_texts == CLASSES_MAX) { /* the rest are drawn as the last */
        *out = CLASSES_MAX - 1;
        return GT_OK;
    }
    gt_status st =
        gt_grow(ctx, (void **)&s->texts, &s->cap_texts, s->n_texts + 1, sizeof *s->texts);
    if (st == GT_OK) {
        s->texts[s->n_texts] = gt_strdup(ctx, text);
        st = s->texts[s->n_texts] == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        *out = (uint32_t)s->n_texts++;
    }
    return st;
}

gt_status gt_shapes_point(gt_ctx *ctx, gt_shapes *s, double x, double y)
{
    gt_status st = gt_grow(ctx, (void **)&s->xy, &s->cap_xy, 2 * s->n_points + 2, sizeof *s->xy);
    if (st == GT_OK) {
        s->xy[2 * s->n_points] = x;
        s->xy[2 * s->n_points++ + 1] = y;
    }
    return st;
}

gt_status gt_shapes_ring(gt_ctx *ctx, gt_shapes *s)
{
    size_t from = s->n_rings == 0 ? 0 : s->ring_end[s->n_rings - 1];
    size_t n = s->n_points - from;
    bool closed = n > 1 && s->xy[2 * from] == s->xy[2 * s->n_points - 2] &&
                  s->xy[2 * from + 1] == s->xy[2 * s->n_points - 1];
    if (n < (closed ? 4U : 3U)) {
        s->n_points = from;
        return GT_OK;
    }
    gt_status st = closed ? GT_OK : gt_shapes_point(ctx, s, s->xy[2 * from], s->xy[2 * from + 1]);
    st = st == GT_OK ? gt_grow(ctx, (void **)&s->ring_end, &s->cap_rings, s->n_rings + 1,
                               sizeof *s->ring_end)
                     : st;
    if (st == GT_OK) {
        s->ring_end[s->n_rings++] = (uint32_t)s->n_points;
    }
    return st;
}

gt_status gt_shapes_part(gt_ctx *ctx, gt_shapes *s, uint32_t klass)
{
    size_t from = s->n_parts == 0 ? 0 : s->part_end[s->n_parts - 1];
    if (s->n_rings == from) {
        return GT_OK;
    }
    gt_status st =
        gt_grow(ctx, (void **)&s->part_end, &s->cap_parts, s->n_parts + 1, sizeof *s->part_end);
    st = st == GT_OK
             ? gt_grow(ctx, (void **)&s->klass, &s->cap_class, s->n_parts + 1, sizeof *s->klass)
             : st;
    if (st == GT_OK) {
        s->klass[s->n_parts] = klass;
        s->part_end[s->n_parts++] = (uint32_t)s->n_rings;
    }
    return st;
}

gt_status gt_shapes_geom(gt_ctx *ctx, gt_shapes *s, const gt_geom *g, uint32_t klass)
{
    gt_status st = GT_OK;
    uint32_t ring = 0, point = 0;
    for (uint32_t p = 0; st == GT_OK && p < g->n_parts; p++) {
        for (; st == GT_OK && ring < g->part_end[p]; ring++) {
            for (; st == GT_OK && point < g->ring_end[ring]; point++) {
                st =
                    gt_shapes_point(ctx, s, g->xy[2 * (size_t)point], g->xy[2 * (size_t)point + 1]);
            }
            st = st == GT_OK ? gt_shapes_ring(ctx, s) : st;
        }
        st = st == GT_OK ? gt_shapes_part(ctx, s, klass) : st;
    }
    return st;
}

double gt_shapes_ring_area(const gt_shapes *s, size_t ring)
{
    size_t from = ring == 0 ? 0 : s->ring_end[ring - 1];
    double sum = 0;
    const double *o = &s->xy[2 * from];
    for (size_t i = from; i + 1 < s->ring_end[ring]; i++) {
        const double *p = &s->xy[2 * i];
        sum += (p[0] - o[0]) * (p[3] - o[1]) - (p[2] - o[0]) * (p[1] - o[1]);
    }
    return sum / 2;
}
