/* Clip: what a subject shares with the polygons of a layer, fast where their position is general.
 *
 * Interactive checks ask it for every layer; GEOS is asked only where this cannot be sure: touching
 * or collinear borders, polygons of the layer that overlap each other. Being sure is decided by
 * orientation tests with a proven error bound (Shewchuk 1997), never by a tolerance. */
#ifndef GT_CHECK_CLIP_H
#define GT_CHECK_CLIP_H

#include "guotu/geometry.h"

typedef struct gt_clip gt_clip; /* one subject; scratch memory; one thread */

/* subject: valid polygon, borrowed for the life of the clip. */
gt_status gt_clip_new(gt_ctx *ctx, const gt_geom *subject, gt_clip **out) GT_CHECKED;
void gt_clip_free(gt_clip *clip);

/* out: the common part of the subject and the union of n valid polygons, neighbours dissolved;
 * POLYGON when it is one piece, else MULTIPOLYGON. meets[i]: do subject and parts[i] share area?
 * *sure = false: nothing is known, out and meets are without meaning. Points are computed in double
 * precision. Cost: boxes of all pairs of edges near the subject; about 5 us for three polygons of
 * 20 points. */
gt_status gt_clip_run(gt_ctx *ctx, gt_clip *clip, const gt_geom *const *parts, size_t n,
                      bool *meets, gt_geom *out, bool *whole, bool *sure) GT_CHECKED;

#endif
