#include "synth/space.h"

#include <string.h>

void sy_faces_free(gt_ctx *ctx, sy_faces *f)
{
    gt_free(ctx, f->pts);
    gt_free(ctx, f->ring_end);
    gt_free(ctx, f->faces);
    memset(f, 0, sizeof *f);
}

void sy_faces_reset(sy_faces *f)
{
    f->n_pts = f->n_rings = f->n_faces = 0;
}

gt_status sy_faces_pt(gt_ctx *ctx, sy_faces *f, sy_pt p)
{
    gt_status st = gt_grow(ctx, (void **)&f->pts, &f->cap_pts, f->n_pts + 1, sizeof *f->pts);
    if (st == GT_OK) {
        f->pts[f->n_pts++] = p;
    }
    return st;
}

gt_status sy_faces_end_ring(gt_ctx *ctx, sy_faces *f)
{
    gt_status st =
        gt_grow(ctx, (void **)&f->ring_end, &f->cap_rings, f->n_rings + 1, sizeof *f->ring_end);
    if (st == GT_OK) {
        f->ring_end[f->n_rings++] = (uint32_t)f->n_pts;
    }
    return st;
}

int64_t sy_ring_area2(const sy_pt *p, size_t n)
{
    sy_wide sum = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        sum += sy_turn(p[0], p[i], p[i + 1]);
    }
    return (int64_t)sum;
}

static double clamp(double v, double lo, double hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

/* Centroid of a ring, by the usual moments about its first point; kept inside the envelope, which
 * rounding leaves when a ring is all but flat. */
static sy_pt ring_centroid(const sy_pt *p, size_t n, int64_t area2)
{
    double sx = 0, sy = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        double w = (double)sy_turn(p[0], p[i], p[i + 1]);
        sx += w * ((double)p[i].x + (double)p[i + 1].x - 2.0 * (double)p[0].x);
        sy += w * ((double)p[i].y + (double)p[i + 1].y - 2.0 * (double)p[0].y);
    }
    if (area2 == 0) {
        return p[0];
    }
    double d = 3.0 * (double)area2;
    sy_rect r = sy_ring_rect(p, n);
    return (sy_pt){(int32_t)clamp((double)p[0].x + sx / d, r.x0, r.x1),
                   (int32_t)clamp((double)p[0].y + sy / d, r.y0, r.y1)};
}

gt_status sy_faces_end_face(gt_ctx *ctx, sy_faces *f, int unit, uint32_t leaf, uint32_t piece)
{
    gt_status st =
        gt_grow(ctx, (void **)&f->faces, &f->cap_faces, f->n_faces + 1, sizeof *f->faces);
    if (st != GT_OK) {
        return st;
    }
    uint32_t first = 0;
    if (f->n_faces > 0) {
        const sy_face *last = &f->faces[f->n_faces - 1];
        first = last->first_ring + last->n_rings;
    }
    sy_face *face = &f->faces[f->n_faces++];
    *face = (sy_face){.unit = (int16_t)unit,
                      .piece = (uint8_t)(piece > 255 ? 255 : piece),
                      .leaf = leaf,
                      .first_ring = first,
                      .n_rings = (uint32_t)f->n_rings - first};
    for (uint32_t r = 0; r < face->n_rings; r++) {
        size_t s = sy_ring_start(f, first + r);
        face->area2 += sy_ring_area2(f->pts + s, f->ring_end[first + r] - s);
    }
    size_t s = sy_ring_start(f, first);
    size_t n = f->ring_end[first] - s;
    face->at = ring_centroid(f->pts + s, n, sy_ring_area2(f->pts + s, n));
    return GT_OK;
}

gt_status sy_faces_copy(gt_ctx *ctx, const sy_faces *from, size_t i, sy_faces *to)
{
    const sy_face *face = &from->faces[i];
    gt_status st = GT_OK;
    for (uint32_t r = 0; st == GT_OK && r < face->n_rings; r++) {
        size_t ring = face->first_ring + r;
        for (size_t k = sy_ring_start(from, ring); st == GT_OK && k < from->ring_end[ring]; k++) {
            st = sy_faces_pt(ctx, to, from->pts[k]);
        }
        if (st == GT_OK) {
            st = sy_faces_end_ring(ctx, to);
        }
    }
    if (st == GT_OK) {
        st = sy_faces_end_face(ctx, to, face->unit, face->leaf, face->piece);
    }
    if (st == GT_OK) {
        to->faces[to->n_faces - 1].merged = face->merged;
    }
    return st;
}

int sy_ring_side(const sy_pt *p, size_t n, int64_t x2, int64_t y2)
{
    bool inside = false;
    for (size_t i = 0; i < n; i++) {
        sy_pt a = p[i], b = p[i + 1 == n ? 0 : i + 1];
        int64_t ax = 2 * (int64_t)a.x, ay = 2 * (int64_t)a.y;
        int64_t bx = 2 * (int64_t)b.x, by = 2 * (int64_t)b.y;
        sy_wide turn = (sy_wide)(bx - ax) * (y2 - ay) - (sy_wide)(by - ay) * (x2 - ax);
        if (turn == 0 && x2 >= (ax < bx ? ax : bx) && x2 <= (ax > bx ? ax : bx) &&
            y2 >= (ay < by ? ay : by) && y2 <= (ay > by ? ay : by)) {
            return 0;
        }
        if ((ay <= y2) != (by <= y2) && (turn > 0) == (by > ay)) {
            inside = !inside;
        }
    }
    return inside ? 1 : -1;
}

sy_rect sy_ring_rect(const sy_pt *p, size_t n)
{
    sy_rect r = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (size_t i = 0; i < n; i++) {
        r.x0 = p[i].x < r.x0 ? p[i].x : r.x0;
        r.x1 = p[i].x > r.x1 ? p[i].x : r.x1;
        r.y0 = p[i].y < r.y0 ? p[i].y : r.y0;
        r.y1 = p[i].y > r.y1 ? p[i].y : r.y1;
    }
    return r;
}
