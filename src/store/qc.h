/* Inside of the geometry checks: scratch arrays, the exact predicate, the ring scan and the sweep.
 *
 * Steps of one polygon check, each in its own file:
 *   qc_rings.c    scan: finite, closed, repeats; rings are copied to SoA arrays without repeats and
 *                 without the closing point; area, perimeter, corners, shape hash
 *   qc_quick.c    quick yes: one small ring whose edges' boxes hardly meet
 *   qc_sweep.c    plane sweep with exact predicates over all edges of all rings: first fault, ring
 *                 nesting and touches in O(n log n), whatever the input
 *   qc_order.c    the sweep's status: edges crossing the sweep line, bottom to top
 *   qc_structure.c  what nesting and touches mean: holes, parts, connected inside */
#ifndef GT_STORE_QC_H
#define GT_STORE_QC_H

#include <math.h>

#include "guotu/geos.h"
#include "guotu/qc.h"

#define QC_NONE UINT32_MAX
/* |x| beyond this is no place on Earth in any unit; below QC_TINY it is taken as 0. Between the
 * two, no product in the predicate can overflow or underflow, which is what its exactness rests on.
 */
#define QC_HUGE 1e15
#define QC_TINY 1e-90

/* ---- exact predicate ----------------------------------------------------------------------------
 */

int qc_side_exact(double ax, double ay, double bx, double by, double px, double py);

/* Sign of the area of (a, b, p): 1 when p is left of a -> b, -1 right, 0 on the line. Exact. The
 * filter bound is (3 + 16 eps) eps of Shewchuk 1997, "Adaptive precision floating-point arithmetic
 * and fast robust geometric predicates", fig. 21. */
static inline int qc_side(double ax, double ay, double bx, double by, double px, double py)
{
    double left = (ax - px) * (by - py);
    double right = (ay - py) * (bx - px);
    double det = left - right;
    double bound = 3.3306690738754716e-16 * (fabs(left) + fabs(right));
    if (det > bound) {
        return 1;
    }
    if (det < -bound) {
        return -1;
    }
    return bound == 0.0 ? 0 : qc_side_exact(ax, ay, bx, by, px, py);
}

/* ---- scratch --------------------------------------------------------------------------------- */

typedef struct qc_ring {
    uint32_t first, end; /* vertices [first, end) of the SoA arrays; no repeats, not closed */
    uint32_t part;
    bool hole;
    double area;      /* >= 0 */
    double perimeter; /* 0 unless asked for */
} qc_ring;

typedef struct qc_vert { /* of the sweep */
    double x, y;
    uint32_t prev, next, ring;
} qc_vert;

typedef struct qc_key { /* sweep order: x, then y */
    double x, y;
    uint32_t vert;
} qc_key;

typedef struct qc_touch { /* rings that meet in one point; point counts the places */
    uint32_t point, ring;
    uint32_t vert;
} qc_touch;

/* An edge is named by its first vertex in ring order; the top bit says that the ring runs along it
 * from right to left. */
#define QC_BACKWARD 0x80000000u

enum { QC_BLOCK = 126 };
typedef struct qc_block {
    uint32_t n;
    uint32_t edge[QC_BLOCK];
} qc_block;

/* Sorted list in blocks: a search is two binary searches, a change moves at most one block. */
typedef struct qc_order {
    qc_block *block;
    size_t cap_block;
    uint32_t n_block; /* ever handed out */
    uint32_t *dir;    /* blocks from bottom to top */
    size_t cap_dir;
    uint32_t n_dir;
    uint32_t *spare; /* blocks given back */
    size_t cap_spare;
    uint32_t n_spare;
} qc_order;

typedef struct qc_pos {
    uint32_t dir, at;
} qc_pos;

typedef struct qc_arm { /* an edge end leaving the event point */
    double x, y;        /* the other end */
    uint32_t edge;      /* with direction bit */
    uint32_t visit;     /* which passage of a ring through the point it belongs to */
    uint32_t ring;
    bool right; /* the other end is later in sweep order */
} qc_arm;

typedef struct qc_fault {
    bool found;
    gt_qc_kind kind;
    uint32_t ring;
    double x, y;
} qc_fault;

typedef struct qc_scratch {
    double *x, *y; /* one more than n on either side of each use: see qc_rings.c */
    size_t cap_x, cap_y;
    uint32_t n;
    qc_ring *rings;
    size_t cap_rings;
    uint32_t n_rings;

    float *boxes; /* quick check: 4 arrays in a row */
    size_t cap_boxes;

    qc_vert *vert;
    size_t cap_vert;
    qc_key *key, *key_other;
    size_t cap_key, cap_key_other;
    qc_order order;
    qc_arm *arm;
    size_t cap_arm;
    qc_touch *touch;
    size_t cap_touch;
    uint32_t n_touch, n_touch_points;
    uint32_t *container; /* of each ring: the ring that holds it, or QC_NONE */
    size_t cap_container;
    bool *ccw;
    size_t cap_ccw;
    uint32_t *parent; /* union-find over rings */
    size_t cap_parent;
} qc_scratch;

struct gt_qc {
    gt_geom_type declared;
    gt_qc_rules rules;
    uint32_t max_points;
    double spike_tan2; /* square of the tangent of the sharpest corner allowed */
    qc_scratch s;
    gt_geos *geos; /* made at the first repair that needs it */
    gt_geom mended;
};

/* ---- steps ----------------------------------------------------------------------------------- */

/* Fills s->x, y, rings from a polygonal geometry; notes what it meets in result. false in *sound
 * when a fault was found that makes the sweep senseless. */
gt_status qc_rings_scan(gt_ctx *ctx, gt_qc *qc, const gt_geom *geom, gt_qc_result *result,
                        bool *sound);
/* Area of a ring (n points without the closing one, `stride` doubles apart). false when it has none
 * because all points lie on one line. */
bool qc_ring_area(const double *x, const double *y, uint32_t n, uint32_t stride, double *area);
/* true: the only ring is simple. false: not known. Needs n <= QC_QUICK_MAX. */
enum { QC_QUICK_MAX = 96 };
gt_status qc_quick_simple(gt_ctx *ctx, qc_scratch *s, bool *simple);
/* All edges of all rings: fault->found with the first fault, else s->container, s->touch are set.
 */
gt_status qc_sweep(gt_ctx *ctx, qc_scratch *s, qc_fault *fault);
/* After a sweep without fault. */
gt_status qc_structure(gt_ctx *ctx, qc_scratch *s, qc_fault *fault);

gt_status qc_order_reset(gt_ctx *ctx, qc_order *order);
void qc_order_free(gt_ctx *ctx, qc_order *order);
gt_status qc_order_insert(gt_ctx *ctx, qc_order *order, qc_pos at, uint32_t edge, qc_pos *where);
gt_status qc_order_remove(gt_ctx *ctx, qc_order *order, qc_pos at, qc_pos *after);

/* Adds or counts a finding; the first of a kind keeps its place. */
gt_qc_finding *qc_find(gt_qc_result *result, gt_qc_kind kind);
void qc_find_at(gt_qc_result *result, gt_qc_kind kind, uint32_t part, uint32_t ring, double x,
                double y);

#endif
