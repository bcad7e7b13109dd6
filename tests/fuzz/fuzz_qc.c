/* Any bytes as a small polygon on a grid: our verdict must be GEOS's, and what repair gives must be
 * sound. Byte 0: size of the grid and number system; then two bytes a point; 255 ends a ring, 254 a
 * part. */
#include <geos_c.h>
#include <math.h>
#include <stdlib.h>

#include "guotu/qc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct draft {
    gt_ctx *ctx;
    gt_geom geom;
    uint32_t ring, part; /* where the open ring and part begin */
    bool bad;
} draft;

static void end_ring(draft *d)
{
    gt_geom *g = &d->geom;
    if (g->n_points - d->ring < 3) {
        g->n_points = d->ring; /* GEOS cannot hold such a ring */
        return;
    }
    d->bad |= gt_geom_add_point(d->ctx, g, g->xy[2 * d->ring], g->xy[2 * d->ring + 1]) != GT_OK;
    d->bad |= gt_geom_end_ring(d->ctx, g) != GT_OK;
    d->ring = g->n_points;
}

static void end_part(draft *d)
{
    end_ring(d);
    if (d->geom.n_rings > d->part) {
        d->bad |= gt_geom_end_part(d->ctx, &d->geom) != GT_OK;
        d->part = d->geom.n_rings;
    }
}

static void read_draft(draft *d, const uint8_t *data, size_t size)
{
    double step = data[0] % 3 == 0 ? 1.0 : data[0] % 3 == 1 ? 1.0 / 3.0 : 0.1;
    double shift = (data[0] & 64) != 0 ? 4400000.0 : 0.0;
    unsigned side = 2U + data[0] % 16U;
    gt_geom_reset(&d->geom, GT_MULTIPOLYGON);
    for (size_t i = 1; i + 1 < size && i < 200; i += 2) {
        if (data[i] >= 254) {
            data[i] == 255 ? end_ring(d) : end_part(d);
            continue;
        }
        d->bad |= gt_geom_add_point(d->ctx, &d->geom, shift + data[i] % side * step,
                                    shift + data[i + 1] % side * step) != GT_OK;
    }
    end_part(d);
}

static GEOSGeometry *to_geos(GEOSContextHandle_t h, const gt_geom *g)
{
    GEOSGeometry *parts[128];
    for (uint32_t p = 0, r = 0, a = 0; p < g->n_parts; p++) {
        GEOSGeometry *rings[128];
        unsigned n = 0;
        for (; r < g->part_end[p]; a = g->ring_end[r++]) {
            GEOSCoordSequence *seq =
                GEOSCoordSeq_copyFromBuffer_r(h, g->xy + 2 * (size_t)a, g->ring_end[r] - a, 0, 0);
            rings[n++] = GEOSGeom_createLinearRing_r(h, seq);
        }
        parts[p] = GEOSGeom_createPolygon_r(h, rings[0], rings + 1, n - 1);
    }
    return GEOSGeom_createCollection_r(h, GEOS_MULTIPOLYGON, parts, g->n_parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    draft d = {.ctx = gt_ctx_new(NULL)};
    gt_qc *qc = NULL;
    gt_qc_result result;
    gt_qc_change change;
    gt_geom mended;
    gt_geom_init(&d.geom);
    gt_geom_init(&mended);
    read_draft(&d, data, size);
    if (d.bad || gt_qc_new(d.ctx, GT_MULTIPOLYGON, NULL, 0, &qc) != GT_OK ||
        gt_qc_geometry(d.ctx, qc, &d.geom, &result) != GT_OK) {
        abort();
    }
    if (d.geom.n_parts > 0) {
        GEOSContextHandle_t h = GEOS_init_r();
        GEOSGeometry *g = to_geos(h, &d.geom);
        if ((GEOSisValid_r(h, g) == 1) == result.error) {
            abort();
        }
        GEOSGeom_destroy_r(h, g);
        GEOS_finish_r(h);
    }
    if (gt_qc_repair(d.ctx, qc, &d.geom, &mended, &result, &change) != GT_OK) {
        abort();
    }
    if (change.rebuilt && result.error && result.findings[0].kind != GT_QC_EMPTY) {
        abort(); /* rebuilt, and not sound (GEOS gives up on some: then nothing is rebuilt) */
    }
    gt_geom_free(d.ctx, &d.geom);
    gt_geom_free(d.ctx, &mended);
    gt_qc_free(d.ctx, qc);
    if (gt_ctx_memory_used(d.ctx) != 0) {
        abort();
    }
    gt_ctx_free(d.ctx);
    return 0;
}
