/* The district borders as one planar network of straight segments, each with the district on either
 * side, under a bucket grid. Built once, then read by any number of threads. */
#ifndef GT_SYNTH_BORDER_H
#define GT_SYNTH_BORDER_H

#include "synth/space.h"

enum { SY_CLEAR = 20 }; /* mm kept between a cell vertex and any border */

typedef struct sy_seg {
    sy_pt a, b;          /* canonical: a before b */
    int16_t left, right; /* districts, -1 = outside the territory */
} sy_seg;

typedef struct sy_border {
    sy_seg *segs;
    size_t n_segs;
    int n_units;
    int64_t *area2;  /* per district: twice its plane area, mm2 */
    sy_faces units;  /* the districts themselves: one face per part, unit = district; parts do not
                        share edges */
    int n_cells;     /* bucket grid of n_cells x n_cells over the world */
    int32_t cell;    /* mm */
    uint32_t *start; /* n_cells^2 + 1 offsets into items */
    uint32_t *items; /* segment numbers */
} sy_border;

/* One district: rings in metres of the working CRS as gt_geom lays them out. */
typedef struct sy_unit_rings {
    const char *name;
    const double *xy;
    const uint32_t *ring_end, *part_end;
    uint32_t n_rings, n_parts;
} sy_unit_rings;

/* Smallest world that holds all points with `pad` mm to spare. GT_E_INPUT: no units, NaN, too wide.
 */
gt_status sy_world_fit(gt_ctx *ctx, const sy_unit_rings *units, size_t n, int64_t pad,
                       sy_world *out) GT_CHECKED;
/* Rounds to mm and builds the network. GT_E_INPUT: an empty district, overlap, borders that cross
 * or touch without a shared vertex. *out is zeroed first; sy_border_free after any outcome. */
gt_status sy_border_build(gt_ctx *ctx, const sy_world *world, const sy_unit_rings *units, size_t n,
                          sy_border *out) GT_CHECKED;
void sy_border_free(gt_ctx *ctx, sy_border *b);

/* District that holds the point, -1 outside. Exact but for points within 0.5 mm of a border. */
int sy_border_locate(const sy_border *b, sy_pt p);
/* No border segment within r mm of the point. */
bool sy_border_clear(const sy_border *b, sy_pt p, int32_t r);
/* Numbers of the segments whose envelope meets the rectangle, ascending, each once. *list grows. */
gt_status sy_border_query(gt_ctx *ctx, const sy_border *b, sy_rect rect, uint32_t **list,
                          size_t *cap, size_t *n) GT_CHECKED;
/* Whether any segment's bucket meets the rectangle (cheap, may say yes in vain). */
bool sy_border_near(const sy_border *b, sy_rect rect);
sy_rect sy_seg_rect(const sy_seg *s);

#endif
