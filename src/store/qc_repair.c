/* Repair: first what needs no judgement (closing, repeated points, rings without area), then GEOS
 * make-valid for faulty structure. Every step is noted; what is left faulty stays an error. */
#include <string.h>

#include "store/qc.h"

static bool same_point(const double *a, const double *b)
{
    return a[0] == b[0] && a[1] == b[1];
}

/* Copies one run of points without repeats. */
static gt_status copy_run(gt_ctx *ctx, const gt_geom *in, uint32_t a, uint32_t z, gt_geom *out,
                          gt_qc_change *change)
{
    gt_status st = GT_OK;
    uint32_t start = out->n_points;
    for (uint32_t i = a; i < z && st == GT_OK; i++) {
        const double *p = in->xy + 2 * (size_t)i;
        if (out->n_points > start && same_point(p, out->xy + 2 * (size_t)(out->n_points - 1))) {
            change->dropped_points = true;
        } else {
            st = gt_geom_add_point(ctx, out, p[0], p[1]);
        }
    }
    return st;
}

/* Copies a ring, closed and clean; *kept = false when nothing with an area is left. */
static gt_status clean_ring(gt_ctx *ctx, const gt_geom *in, uint32_t a, uint32_t z, gt_geom *out,
                            gt_qc_change *change, bool *kept)
{
    uint32_t start = out->n_points;
    gt_status st = copy_run(ctx, in, a, z, out, change);
    *kept = false;
    if (st != GT_OK || out->n_points == start) {
        change->dropped_rings = true;
        return st;
    }
    double first[2] = {out->xy[2 * (size_t)start], out->xy[2 * (size_t)start + 1]};
    if (!same_point(first, out->xy + 2 * (size_t)(out->n_points - 1))) {
        change->closed = true;
        st = gt_geom_add_point(ctx, out, first[0], first[1]);
    }
    uint32_t n = out->n_points - start;
    double area;
    if (st == GT_OK && n >= 4 &&
        qc_ring_area(out->xy + 2 * (size_t)start, out->xy + 2 * (size_t)start + 1, n - 1, 2,
                     &area)) {
        *kept = true;
        return gt_geom_end_ring(ctx, out);
    }
    out->n_points = start;
    change->dropped_rings = true;
    return st;
}

static gt_status clean_polygons(gt_ctx *ctx, const gt_geom *in, gt_geom *out, gt_qc_change *change)
{
    gt_status st = GT_OK;
    gt_geom_reset(out, GT_MULTIPOLYGON);
    for (uint32_t p = 0, r = 0, a = 0; p < in->n_parts && st == GT_OK; p++) {
        uint32_t first = r;
        bool shell = false;
        for (; r < in->part_end[p] && st == GT_OK; a = in->ring_end[r++]) {
            bool kept = false;
            if (r == first || shell) { /* holes go with their shell */
                st = clean_ring(ctx, in, a, in->ring_end[r], out, change, &kept);
            }
            shell = r == first ? kept : shell;
        }
        if (st == GT_OK && shell) {
            st = gt_geom_end_part(ctx, out);
        }
        change->dropped_rings = change->dropped_rings || !shell;
    }
    return st;
}

static gt_status clean_lines(gt_ctx *ctx, const gt_geom *in, gt_geom *out, gt_qc_change *change)
{
    gt_status st = GT_OK;
    gt_geom_reset(out, GT_MULTILINESTRING);
    for (uint32_t r = 0, a = 0; r < in->n_rings && st == GT_OK; a = in->ring_end[r++]) {
        uint32_t start = out->n_points;
        st = copy_run(ctx, in, a, in->ring_end[r], out, change);
        if (st == GT_OK && out->n_points - start >= 2) {
            st = gt_geom_end_ring(ctx, out);
        } else {
            out->n_points = start;
            change->dropped_rings = true;
        }
    }
    return st;
}

static bool has_kind(const gt_qc_result *result, gt_qc_kind from, gt_qc_kind to)
{
    for (size_t i = 0; i < result->n; i++) {
        if (result->findings[i].kind >= from && result->findings[i].kind <= to) {
            return true;
        }
    }
    return false;
}

/* Rebuilds out by make-valid. A geometry that GEOS cannot mend keeps its fault: not an error here.
 */
static gt_status rebuild(gt_ctx *ctx, gt_qc *qc, gt_geom *out, gt_qc_change *change, bool *done)
{
    gt_status st = qc->geos == NULL ? gt_geos_new(ctx, &qc->geos) : GT_OK;
    if (st == GT_OK) {
        st = gt_geos_make_valid(ctx, qc->geos, out, &qc->mended);
    }
    *done = st == GT_OK;
    if (st == GT_E_INPUT) {
        gt_error_clear(ctx);
        return GT_OK;
    }
    change->rebuilt = change->rebuilt || st == GT_OK;
    return st;
}

static gt_status clean(gt_ctx *ctx, const gt_geom *in, gt_geom *out, gt_qc_change *change)
{
    bool area = in->type == GT_POLYGON || in->type == GT_MULTIPOLYGON;
    return area ? clean_polygons(ctx, in, out, change) : clean_lines(ctx, in, out, change);
}

/* Crossing points are rounded to doubles, so that a rebuilt polygon may have a crossing again, some
 * 1e-10 wide, or a ring that collapsed: a second round mends those. */
static gt_status rebuild_until_sound(gt_ctx *ctx, gt_qc *qc, gt_geom *out, gt_qc_result *result,
                                     gt_qc_change *change)
{
    enum { ROUNDS = 4 };
    gt_status st = GT_OK;
    bool done = true;
    gt_qc_change aside = {0}; /* what rounding left is no change of the user's geometry */
    for (int i = 0; i < ROUNDS && st == GT_OK && done && result->error; i++) {
        st = rebuild(ctx, qc, out, change, &done);
        if (st == GT_OK && done) {
            st = clean(ctx, &qc->mended, out, &aside);
        }
        if (st == GT_OK && done) {
            st = gt_qc_geometry(ctx, qc, out, result);
        }
        done = done && has_kind(result, GT_QC_CROSSING, GT_QC_SPLIT_INTERIOR);
    }
    return st;
}

static void note_place(const gt_qc_result *result, gt_qc_change *change)
{
    for (size_t i = 0; i < result->n && !change->has_xy; i++) {
        change->has_xy = result->findings[i].has_xy;
        change->x = result->findings[i].x;
        change->y = result->findings[i].y;
    }
}

gt_status gt_qc_repair(gt_ctx *ctx, gt_qc *qc, const gt_geom *geom, gt_geom *out,
                       gt_qc_result *result, gt_qc_change *change)
{
    memset(change, 0, sizeof *change);
    bool hopeless = has_kind(result, GT_QC_EMPTY, GT_QC_TOO_MANY) ||
                    has_kind(result, GT_QC_OUT_OF_BOUNDS, GT_QC_OUT_OF_BOUNDS);
    bool mendable = has_kind(result, GT_QC_TOO_FEW, GT_QC_SPLIT_INTERIOR) ||
                    has_kind(result, GT_QC_REPEATED, GT_QC_REPEATED);
    if (hopeless || !mendable) {
        return GT_OK;
    }
    change->points_before = geom->n_points;
    change->area_before = gt_geom_plane_area(geom);
    note_place(result, change);
    gt_status st = clean(ctx, geom, out, change);
    if (st == GT_OK) {
        st = gt_qc_geometry(ctx, qc, out, result);
    }
    if (st == GT_OK && has_kind(result, GT_QC_CROSSING, GT_QC_SPLIT_INTERIOR)) {
        st = rebuild_until_sound(ctx, qc, out, result, change);
    }
    change->changed =
        change->closed || change->dropped_points || change->dropped_rings || change->rebuilt;
    change->points_after = out->n_points;
    change->area_after = gt_geom_plane_area(out);
    return st;
}
