/* Bridge to GEOS (reentrant API only): plain, correct, pairwise. Interactive checks use it; the
 * tests compare the weave kernel with it. Results keep their polygonal part only. */
#ifndef GUOTU_GEOS_H
#define GUOTU_GEOS_H

#include "guotu/geometry.h"

typedef struct gt_geos gt_geos; /* one GEOS context: belongs to one thread */

gt_status gt_geos_new(gt_ctx *ctx, gt_geos **out) GT_CHECKED;
void gt_geos_free(gt_geos *geos);

/* Geometries that passed QC need not be checked again: after trust(geos, true) the overlay calls
 * skip the validity check of their inputs, which costs about as much as the overlay. Off at first.
 */
void gt_geos_trust(gt_geos *geos, bool inputs_are_valid);

/* Polygonal part of a AND b, a MINUS b, a OR b, in out (reused; must not be an input). One part
 * gives a POLYGON, several or none a MULTIPOLYGON. Inputs must be valid: GT_E_INPUT with GEOS's
 * reason and place otherwise. *out is empty on failure. Time and memory n log n in the points. */
gt_status gt_geos_intersection(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                               gt_geom *out) GT_CHECKED;
gt_status gt_geos_difference(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                             gt_geom *out) GT_CHECKED;
gt_status gt_geos_union(gt_ctx *ctx, gt_geos *geos, const gt_geom *const *parts, size_t n,
                        gt_geom *out) GT_CHECKED;
/* *valid, and when it is not: reason (GEOS's English text, copied into reason[]) and place. x and y
 * are the place of the fault, the first point where GEOS names none. Outputs may not be NULL. */
gt_status gt_geos_validity(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, bool *valid,
                           char reason[64], double *x, double *y) GT_CHECKED;
/* OGC make-valid (structure method: keeps the outer boundary), polygonal part. Open rings are
 * closed, rings of under 4 points are dropped. */
gt_status gt_geos_make_valid(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom,
                             gt_geom *out) GT_CHECKED;
/* Plane distance in the unit of the CRS, 0 when they meet; GT_E_INPUT when one of them is empty. */
gt_status gt_geos_distance(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                           double *metres) GT_CHECKED;
/* Polygons within `metres` (unit of the CRS; negative shrinks) of geom; round joins, 16 segments to
 * a quarter circle (inside the true arc by at most 0.12 % of the distance). */
gt_status gt_geos_buffer(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, double metres,
                         gt_geom *out) GT_CHECKED;
/* Length of the lines of `line` that lie inside polygon, metres of the plane. */
gt_status gt_geos_length_inside(gt_ctx *ctx, gt_geos *geos, const gt_geom *line,
                                const gt_geom *polygon, double *metres) GT_CHECKED;
/* A point inside (label place); GT_E_INPUT for an empty geometry. */
gt_status gt_geos_label_point(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, double *x,
                              double *y) GT_CHECKED;

/* One geometry prepared for many questions. Keeps its own copy of geom; must be freed before geos.
 */
typedef struct gt_prepared gt_prepared;
gt_status gt_geos_prepare(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom,
                          gt_prepared **out) GT_CHECKED;
void gt_prepared_free(gt_prepared *prepared);
/* Do they share a point? Does the prepared one hold every point of other (borders count as inside)?
 */
gt_status gt_prepared_intersects(gt_ctx *ctx, gt_prepared *prepared, const gt_geom *other,
                                 bool *yes) GT_CHECKED;
gt_status gt_prepared_covers(gt_ctx *ctx, gt_prepared *prepared, const gt_geom *other,
                             bool *yes) GT_CHECKED;

#endif
