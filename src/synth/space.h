/* The generator's plane: whole millimetres from a world origin, in a square whose side is a power
 * of two. All topology is integer; a coordinate leaves the room as metres in the working CRS,
 * always by sy_metres, so that the same point has the same bits in every layer. */
#ifndef GT_SYNTH_SPACE_H
#define GT_SYNTH_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guotu/context.h"

__extension__ typedef __int128 sy_wide; /* products of coordinates, exact */

typedef struct sy_pt {
    int32_t x, y; /* mm from the world origin */
} sy_pt;

typedef struct sy_world {
    int64_t ox, oy; /* mm: origin (lower left corner) in the working CRS */
    int32_t side;   /* mm, a power of two, at most SY_SIDE_MAX */
} sy_world;

#define SY_SIDE_MAX (INT32_C(1) << 30) /* 1073 km: cross products of int32 stay within int64 */

static inline double sy_metres(int64_t origin, int32_t v)
{
    return (double)(origin + v) / 1000.0;
}

typedef struct sy_rect {
    int32_t x0, y0, x1, y1; /* closed */
} sy_rect;

static inline bool sy_rects_meet(sy_rect a, sy_rect b)
{
    return a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1;
}
static inline bool sy_same(sy_pt a, sy_pt b)
{
    return a.x == b.x && a.y == b.y;
}
/* x first, then y: the canonical order of the ends of an edge. */
static inline bool sy_before(sy_pt a, sy_pt b)
{
    return a.x < b.x || (a.x == b.x && a.y < b.y);
}
static inline uint64_t sy_key(sy_pt p)
{
    return ((uint64_t)(uint32_t)p.x << 32) | (uint32_t)p.y;
}
/* > 0: c is left of a->b. Exact. */
static inline int64_t sy_turn(sy_pt a, sy_pt b, sy_pt c)
{
    return (int64_t)(b.x - a.x) * (c.y - a.y) - (int64_t)(b.y - a.y) * (c.x - a.x);
}

/* Faces with rings in one flat array. Rings are not closed (the first point is not repeated); the
 * first ring of a face is its shell, counter-clockwise, the others are holes, clockwise. */
typedef struct sy_face {
    int16_t unit;        /* district */
    uint8_t piece;       /* number of the piece within its cell */
    uint8_t merged;      /* made of several pieces */
    uint8_t pair;        /* to be joined with the next face in other editions */
    uint32_t leaf;       /* number of the cell within its block */
    uint32_t first_ring; /* rings first_ring .. first_ring + n_rings - 1 */
    uint32_t n_rings;
    int64_t area2; /* twice the plane area, mm2 */
    sy_pt at;      /* centroid of the shell, mm */
} sy_face;

typedef struct sy_faces {
    sy_pt *pts;
    uint32_t *ring_end; /* one past the last point of ring r */
    sy_face *faces;
    size_t n_pts, n_rings, n_faces;
    size_t cap_pts, cap_rings, cap_faces;
} sy_faces;

void sy_faces_free(gt_ctx *ctx, sy_faces *f);
void sy_faces_reset(sy_faces *f);
gt_status sy_faces_pt(gt_ctx *ctx, sy_faces *f, sy_pt p) GT_CHECKED;
gt_status sy_faces_end_ring(gt_ctx *ctx, sy_faces *f) GT_CHECKED;
/* Closes a face over the rings added since the last face; computes area and centroid. */
gt_status sy_faces_end_face(gt_ctx *ctx, sy_faces *f, int unit, uint32_t leaf,
                            uint32_t piece) GT_CHECKED;
/* Copies face i of `from` to the end of `to`. */
gt_status sy_faces_copy(gt_ctx *ctx, const sy_faces *from, size_t i, sy_faces *to) GT_CHECKED;
static inline size_t sy_ring_start(const sy_faces *f, size_t ring)
{
    return ring == 0 ? 0 : f->ring_end[ring - 1];
}

/* Twice the signed area of a ring of n points (counter-clockwise > 0). Exact. */
int64_t sy_ring_area2(const sy_pt *p, size_t n);
/* 1 inside, 0 on the boundary, -1 outside; exact. The point is given in half millimetres. */
int sy_ring_side(const sy_pt *p, size_t n, int64_t x2, int64_t y2);
sy_rect sy_ring_rect(const sy_pt *p, size_t n);

#endif
