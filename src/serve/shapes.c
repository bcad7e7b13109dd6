/* Polygons with classes and their bytes.
 *
 * Bytes: varints (as in Protocol Buffers). Number of classes, then each as length and text; number
 * of parts, then each: class, number of rings, each ring: number of points without the last, then
 * their differences (x, y) as zigzag sixteenths of a unit, running on from ring to ring. */
#include "serve/shapes.h"

#include <math.h>
#include <string.h>

#include "serve/messages.h"

enum { STEPS = 16, CLASSES_MAX = 4096, TEXT_MAX = 1024, FAR = 1 << 24 };

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

gt_status gt_shapes_quarter(gt_ctx *ctx, gt_shapes *s, const gt_shapes *from, int column, int row)
{
    gt_status st = GT_OK;
    size_t ring = 0, point = 0;
    const double dx = 2048.0 * column, dy = 2048.0 * row;
    for (size_t p = 0; st == GT_OK && p < from->n_parts; p++) {
        uint32_t klass = 0;
        for (; st == GT_OK && ring < from->part_end[p]; ring++) {
            for (; st == GT_OK && point < from->ring_end[ring]; point++) {
                st = gt_shapes_point(ctx, s, from->xy[2 * point] / 2 + dx,
                                     from->xy[2 * point + 1] / 2 + dy);
            }
            st = st == GT_OK ? gt_shapes_ring(ctx, s) : st;
        }
        st = st == GT_OK ? gt_shapes_class(ctx, s, from->texts[from->klass[p]], &klass) : st;
        st = st == GT_OK ? gt_shapes_part(ctx, s, klass) : st;
    }
    return st;
}

/* ---- bytes ------------------------------------------------------------------------------------
 */

static void put(gt_text *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        gt_text_putc(out, (char)(unsigned char)((value & 0x7f) | 0x80));
    }
    gt_text_putc(out, (char)(unsigned char)value);
}

static void put_signed(gt_text *out, int64_t value)
{
    put(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

void gt_shapes_pack(const gt_shapes *s, gt_text *out)
{
    size_t ring = 0, point = 0;
    int64_t x = 0, y = 0;
    put(out, s->n_texts);
    for (size_t i = 0; i < s->n_texts; i++) {
        put(out, strlen(s->texts[i]));
        gt_text_puts(out, s->texts[i]);
    }
    put(out, s->n_parts);
    for (size_t p = 0; p < s->n_parts; p++) {
        put(out, s->klass[p]);
        put(out, s->part_end[p] - ring);
        for (; ring < s->part_end[p]; ring++) {
            put(out, s->ring_end[ring] - point - 1);
            for (; point + 1 < s->ring_end[ring]; point++) {
                int64_t px = llround(s->xy[2 * point] * STEPS);
                int64_t py = llround(s->xy[2 * point + 1] * STEPS);
                put_signed(out, px - x);
                put_signed(out, py - y);
                x = px;
                y = py;
            }
            point++;
        }
    }
}

typedef struct reader {
    const unsigned char *at, *end;
    bool bad;
} reader;

static uint64_t take(reader *r, uint64_t most)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 63 && r->at < r->end; shift += 7) {
        unsigned char byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            r->bad = r->bad || value > most;
            return r->bad ? 0 : value;
        }
    }
    r->bad = true;
    return 0;
}

static int64_t take_signed(reader *r)
{
    uint64_t value = take(r, 1U << 24);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static gt_status unpack_texts(gt_ctx *ctx, reader *r, gt_shapes *out)
{
    gt_status st = GT_OK;
    char text[TEXT_MAX + 1];
    uint64_t n = take(r, CLASSES_MAX);
    for (uint64_t i = 0; st == GT_OK && !r->bad && i < n; i++) {
        uint32_t klass = 0;
        uint64_t len = take(r, TEXT_MAX);
        r->bad = r->bad || len > (uint64_t)(r->end - r->at);
        if (!r->bad) {
            memcpy(text, r->at, len);
            text[len] = '\0';
            r->at += len;
            st = gt_shapes_class(ctx, out, text, &klass);
            r->bad = r->bad || klass != i;
        }
    }
    return st;
}

static gt_status unpack_parts(gt_ctx *ctx, reader *r, gt_shapes *out)
{
    gt_status st = GT_OK;
    int64_t x = 0, y = 0;
    uint64_t n_parts = take(r, UINT32_MAX);
    for (uint64_t p = 0; st == GT_OK && !r->bad && p < n_parts; p++) {
        uint64_t klass = take(r, UINT32_MAX), rings = take(r, UINT32_MAX);
        r->bad = r->bad || klass >= out->n_texts;
        for (uint64_t k = 0; st == GT_OK && !r->bad && k < rings; k++) {
            uint64_t points = take(r, (uint64_t)(r->end - r->at));
            for (uint64_t i = 0; st == GT_OK && !r->bad && i < points; i++) {
                x += take_signed(r);
                y += take_signed(r);
                r->bad = r->bad || x > FAR || x < -FAR || y > FAR || y < -FAR;
                st = gt_shapes_point(ctx, out, (double)x / STEPS, (double)y / STEPS);
            }
            st = st == GT_OK ? gt_shapes_ring(ctx, out) : st;
        }
        st = st == GT_OK && !r->bad ? gt_shapes_part(ctx, out, (uint32_t)klass) : st;
    }
    return st;
}

gt_status gt_shapes_unpack(gt_ctx *ctx, const void *data, size_t len, gt_shapes *out)
{
    reader r = {data, (const unsigned char *)data + len, false};
    gt_shapes_reset(out);
    gt_status st = unpack_texts(ctx, &r, out);
    st = st == GT_OK && !r.bad ? unpack_parts(ctx, &r, out) : st;
    if (st == GT_OK && (r.bad || r.at != r.end)) {
        gt_shapes_reset(out);
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_SHAPES, GT_NOWHERE, GT_NO_ARGS);
    }
    return st;
}
