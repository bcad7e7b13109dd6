/* The rule "features do not overlap" while a layer is imported, before anything is committed.
 *
 * Features are spooled to an unlinked file, sorted by their west edge, and swept from west to east:
 * only those that cross the sweep line are held. Neighbours whose boxes share more than a border
 * are measured by the signed sum over pairs of edges of the area below both (no graph, nothing
 * snapped); what that finds is confirmed by GEOS, which also gives the place. */
#ifndef GT_STORE_QC_COVER_H
#define GT_STORE_QC_COVER_H

#include "guotu/geometry.h"
#include "guotu/geos.h"

/* What is smaller is rounding, not a fault. */
#define QC_OVERLAP_M2 0.01 /* 1 cm x 1 m */
#define QC_OVERLAP_WIDTH                                                                           \
    0.001 /* m, 2 A / P: the grid on which weave and the surveys' own files round */

typedef struct qc_cover qc_cover;

typedef struct qc_cover_item {
    int64_t row;
    const char *id; /* may be NULL */
    uint64_t shape; /* equal shapes are duplicates, which are found elsewhere: not compared */
    gt_box box;
    const uint8_t *blob; /* GeoPackage geometry, polygonal, valid, shells counter-clockwise */
    size_t blob_len;
} qc_cover_item;

typedef struct qc_overlap {
    int64_t row, other_row; /* row > other_row */
    const char *id, *other; /* may be NULL */
    double m2;              /* on the plane */
    double x, y;            /* a point within the overlap */
} qc_overlap;
typedef gt_status (*qc_overlap_fn)(gt_ctx *ctx, void *user, const qc_overlap *overlap);

/* dir: where the spool is made. Owned by the caller. */
gt_status qc_cover_new(gt_ctx *ctx, const char *dir, qc_cover **out) GT_CHECKED;
void qc_cover_free(gt_ctx *ctx, qc_cover *cover);
gt_status qc_cover_add(gt_ctx *ctx, qc_cover *cover, const qc_cover_item *item) GT_CHECKED;
/* Ends adding. metre: metres a unit of the coordinates (x, y). fn gets every overlap in the order
 * of the sweep. Memory: 8 MiB for the sort, 64 bytes a vertex of the features that cross one
 * north-south line. Cost: 1 us a pair of neighbours. */
gt_status qc_cover_sweep(gt_ctx *ctx, qc_cover *cover, const double metre[2], qc_overlap_fn fn,
                         void *user) GT_CHECKED;

/* Is an intersection more than rounding? common: polygonal or empty; scale as metre above. *m2 (may
 * be NULL) gets its plane area. */
bool qc_overlap_counts(const gt_geom *common, const double metre[2], double min_m2, double *m2);

#endif
