/* Bridge to GEOS (reentrant API only): plain, correct, pairwise. Interactive checks use it; the tests
 * compare the weave kernel with it. Results keep their polygonal part only. */
#ifndef GUOTU_GEOS_H
#define GUOTU_GEOS_H

#include "guotu/geometry.h"

typedef struct gt_geos gt_geos; /* one GEOS context: belongs to one thread */

gt_status gt_geos_new(gt_ctx *ctx, gt_geos **out) GT_CHECKED;
void gt_geos_free(gt_geos *geos);

/* Polygonal part of a AND b, a MINUS b, a OR b, in out (reused). Inputs must be valid: GT_E_INPUT with
 * GEOS's reason and place otherwise. */
gt_status gt_geos_intersection(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                               gt_geom *out) GT_CHECKED;
gt_status gt_geos_difference(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                             gt_geom *out) GT_CHECKED;
gt_status gt_geos_union(gt_ctx *ctx, gt_geos *geos, const gt_geom *const *parts, size_t n,
                        gt_geom *out) GT_CHECKED;
/* *valid, and when it is not: reason (static English text of GEOS, copied into reason[]) and place. */
gt_status gt_geos_validity(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, bool *valid,
                           char reason[64], double *x, double *y) GT_CHECKED;
/* OGC make-valid (structure method: keeps the outer boundary), polygonal part. */
gt_status gt_geos_make_valid(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom,
                             gt_geom *out) GT_CHECKED;
gt_status gt_geos_distance(gt_ctx *ctx, gt_geos *geos, const gt_geom *a, const gt_geom *b,
                           double *metres) GT_CHECKED;
gt_status gt_geos_buffer(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, double metres,
                         gt_geom *out) GT_CHECKED;
/* A point inside (label place). */
gt_status gt_geos_label_point(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom, double *x,
                              double *y) GT_CHECKED;

/* One geometry prepared for many questions. */
typedef struct gt_prepared gt_prepared;
gt_status gt_geos_prepare(gt_ctx *ctx, gt_geos *geos, const gt_geom *geom,
                          gt_prepared **out) GT_CHECKED;
void gt_prepared_free(gt_prepared *prepared);
gt_status gt_prepared_intersects(gt_ctx *ctx, gt_prepared *prepared, const gt_geom *other,
                                 bool *yes) GT_CHECKED;
gt_status gt_prepared_covers(gt_ctx *ctx, gt_prepared *prepared, const gt_geom *other,
                             bool *yes) GT_CHECKED;

#endif
