/* Shared by the codecs: room for what is to come, and the rules of a ring.
 *
 * Codecs reserve from a count that was checked against the bytes left, then write straight into the
 * arrays; the functions below keep n_* and the ends in step. */
#ifndef GT_GEO_GEOM_H
#define GT_GEO_GEOM_H

#include "guotu/geometry.h"

/* Room for so many points, rings, parts more. Fails when over 2^32 - 1 points or out of memory. */
gt_status gt_geom_reserve(gt_ctx *ctx, gt_geom *geom, size_t points, size_t rings,
                          size_t parts) GT_CHECKED;
/* Are type, counts and ends in step? GT_E_USAGE otherwise: a defect of the caller. */
gt_status gt_geom_check(gt_ctx *ctx, const gt_geom *geom) GT_CHECKED;
/* First point of the ring or line that is being filled. */
uint32_t gt_geom_ring_start(const gt_geom *geom);
/* Index of the first point in [from, n_points) that has a NaN or infinite ordinate, else n_points.
 */
uint32_t gt_geom_first_bad(const gt_geom *geom, uint32_t from);
/* Ends a polygon ring after checking that it is closed and has 4 points. */
gt_status gt_geom_finish_ring(gt_ctx *ctx, gt_geom *geom) GT_CHECKED;
/* Ends a line after checking that it has 2 points. */
gt_status gt_geom_finish_line(gt_ctx *ctx, gt_geom *geom) GT_CHECKED;
/* Fails with GT_MSG_GEO_NOT_FINITE; `point` is the 0-based index, the message counts from 1. */
gt_status gt_geom_fail_not_finite(gt_ctx *ctx, uint32_t point) GT_CHECKED;
/* Twice the signed shoelace area of points [from, to), > 0 counter-clockwise. */
double gt_ring_twice_area(const double *xy, uint32_t from, uint32_t to);
/* Ring r of a polygon: [from, to), and whether writing must turn it round (shells run counter-
 * clockwise, holes clockwise). */
typedef struct gt_ring_view {
    uint32_t from, to;
    bool turn;
} gt_ring_view;
gt_ring_view gt_geom_ring_view(const gt_geom *geom, uint32_t ring, bool is_shell);

/* ---- numbers in text, the same in every locale ---- */

/* Reads a decimal number at `text` (at most `len` bytes); *used = bytes read, 0 when there is none.
 * NaN and infinities are not read; an overflow gives infinity. */
double gt_number_read(const char *text, size_t len, size_t *used);
/* Writes value with at most `digits` decimals (0-17), without trailing zeros, never "-0". */
void gt_number_put(gt_text *out, double value, int digits);

#endif
