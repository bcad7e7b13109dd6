/* Areas of a subject with features near it, by pairs of edges. Internal to check.
 *
 * A polygon is the signed sum of the regions below its edges; what two polygons share is the sum
 * over their edge pairs of sign * sign * integral of the lower edge. Edges of a feature are first
 * cut to the subject's box: what lies beside or below it counts nothing, what lies above it is a
 * level piece at the top. So only the few edges inside the box cost anything, numbers stay small
 * (metres from the corner of the box), and long rings are passed over by boxes of 16 and 256 edges.
 * Source: the same sum as gt_weave_pair_areas (src/weave/pairs.c). */
#ifndef GT_CHECK_BULK_AREA_H
#define GT_CHECK_BULK_AREA_H

#include "guotu/geometry.h"

/* A feature with what makes cutting it fast. */
typedef struct gt_shape {
    gt_geom geom;        /* view: owns nothing */
    const int8_t *sign;  /* of each ring: +1 where its interior lies to the left */
    const size_t *spans; /* of each ring: its first box, or SIZE_MAX where it is short */
    const gt_box *boxes; /* of every 16 edges of a long ring, then of every 256 */
} gt_shape;

enum { GT_SPAN = 16, GT_LONG_RING = 64 };
/* Boxes that a ring of n points takes; 0: it is short. */
size_t gt_span_count(size_t n_points);
void gt_span_fill(const double *xy, size_t n_points, gt_box *boxes);
/* Sign of a ring. hole: it bounds a hole. */
int8_t gt_ring_sign(const double *xy, size_t n_points, bool hole);

typedef struct gt_slope { /* piece of an edge, left to right, from the corner of the box */
    double x0, x1, y0, y1, sign;
} gt_slope;

typedef enum gt_relation {
    GT_APART = 0, /* no common area, and no common point */
    GT_COVERS,    /* the feature covers the subject's whole box */
    GT_CUTS       /* edges of the feature lie in the subject's box: see m2 */
} gt_relation;

typedef struct gt_cut {
    gt_relation relation;
    double m2;       /* of the plane; GT_CUTS */
    size_t first, n; /* pieces in the cutter */
} gt_cut;

typedef struct gt_cutter { /* one subject and its cuts; zeroed at first */
    gt_box box;
    double m2; /* plane area of the subject */
    gt_slope *subject, *pieces;
    size_t n_subject, cap_subject, n_pieces, cap_pieces;
} gt_cutter;

/* Takes a valid polygon and forgets the cuts of the one before. */
gt_status gt_cutter_take(gt_ctx *ctx, gt_cutter *cutter, const gt_geom *subject) GT_CHECKED;
/* shape: polygons. */
gt_status gt_cutter_cut(gt_ctx *ctx, gt_cutter *cutter, const gt_shape *shape,
                        gt_cut *out) GT_CHECKED;
/* Plane area that two cuts share inside the subject's box. */
double gt_cutter_shared(const gt_cutter *cutter, const gt_cut *a, const gt_cut *b);
void gt_cutter_free(gt_ctx *ctx, gt_cutter *cutter);

#endif
