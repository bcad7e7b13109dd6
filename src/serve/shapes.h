/* Polygons with classes, as tiles are merged from: flat arrays, a part is a polygon with its holes.
 * Coordinates are tile units (4096 a side), y down. Internal to serve. */
#ifndef GT_SERVE_SHAPES_H
#define GT_SERVE_SHAPES_H

#include "guotu/context.h"
#include "guotu/geometry.h"

typedef struct gt_shapes {
    double *xy;         /* closed rings */
    uint32_t *ring_end; /* one past the last point of each ring */
    uint32_t *part_end; /* one past the last ring of each part */
    uint32_t *klass;    /* of each part: index of its text */
    char **texts;       /* classes, each once; owned */
    size_t n_points, n_rings, n_parts, n_texts;
    size_t cap_xy, cap_rings, cap_parts, cap_class, cap_texts;
} gt_shapes;

void gt_shapes_init(gt_shapes *shapes);
void gt_shapes_free(gt_ctx *ctx, gt_shapes *shapes);
/* Empties; memory and classes stay. */
void gt_shapes_reset(gt_shapes *shapes);
/* Index of a class, added when it is new. */
gt_status gt_shapes_class(gt_ctx *ctx, gt_shapes *shapes, const char *text,
                          uint32_t *out) GT_CHECKED;
gt_status gt_shapes_point(gt_ctx *ctx, gt_shapes *shapes, double x, double y) GT_CHECKED;
/* Closes the ring begun after the last one; one of fewer than three points is taken back. */
gt_status gt_shapes_ring(gt_ctx *ctx, gt_shapes *shapes) GT_CHECKED;
/* Ends the part; without a ring there is none. */
gt_status gt_shapes_part(gt_ctx *ctx, gt_shapes *shapes, uint32_t klass) GT_CHECKED;
/* Copies the parts of a geometry as one class. */
gt_status gt_shapes_geom(gt_ctx *ctx, gt_shapes *shapes, const gt_geom *geom,
                         uint32_t klass) GT_CHECKED;
/* Signed area of ring r. */
double gt_shapes_ring_area(const gt_shapes *shapes, size_t ring);

/* ---- merging -----------------------------------------------------------------------------------
 */
typedef struct gt_merge_options {
    double min_area;   /* square units: smaller patches are merged into a neighbour */
    double tolerance;  /* units: borders are simplified together, as in gt_weave_view */
    size_t most_parts; /* about; min_area is raised until so few are left */
} gt_merge_options;

/* The same land with fewer pieces; what out held is forgotten, its classes too: patches of one
 * class become one; a patch under min_area goes to the neighbour with which it shares the longest
 * border, borders with a related class (codes that begin alike) counting more. What a class loses
 * so, and patches that stand alone, are owed to it: once it is owed min_area a square of that area
 * stands where the last of them lies; so classes keep their share of the picture. What is left
 * shares every vertex of its borders (guotu/weave.h), simplified or not. Places where classes
 * overlap are of class "*". *least: min_area used. Cost: 2 us a vertex. */
gt_status gt_merge(gt_ctx *ctx, const gt_shapes *in, const gt_merge_options *options,
                   gt_shapes *out, double *least) GT_CHECKED;

#endif
