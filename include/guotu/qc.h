/* Quality control: is a geometry sound, do attributes fit the standard, does a layer hold together?
 *
 * Three levels, each usable alone:
 *   gt_qc_geometry    one geometry against the OGC rules and a layer's thresholds: pure, no I/O
 *   gt_qc_repair      mends what can be mended, and says what it changed
 *   gt_qc_layer       a stored layer: geometry, attributes, duplicates, overlaps
 * Import (import.h) runs the first two and the attribute checks on every feature of a file.
 *
 * Validity is decided exactly: every sign comes from an exact orientation predicate (Shewchuk 1997)
 * on the coordinates as given, so no tolerance can turn a good polygon bad or a bad one good.
 * Coordinates are read as plane coordinates of whatever CRS they are in. */
#ifndef GUOTU_QC_H
#define GUOTU_QC_H

#include "guotu/notes.h"
#include "guotu/standard.h"
#include "guotu/store.h"

/* What can be wrong with a geometry. The text of each is gt_qc_message(). */
typedef enum gt_qc_kind {
    /* errors: the geometry cannot be stored as it is */
    GT_QC_EMPTY = 0,  /* no geometry, or no points */
    GT_QC_WRONG_TYPE, /* not the type the layer declares */
    GT_QC_NOT_FINITE, /* NaN, infinite, or beyond 1e15: not a place on Earth */
    GT_QC_TOO_MANY,   /* more vertices than the limit */
    GT_QC_TOO_FEW,    /* a ring of fewer than three, a line of fewer than two different points */
    GT_QC_UNCLOSED,   /* a ring's last point is not its first (mendable) */
    GT_QC_ZERO_AREA,  /* a ring without area */
    GT_QC_CROSSING,   /* edges cross: bow-tie, or two rings through each other */
    GT_QC_LINE_TOUCH, /* edges lie on each other along a line */
    GT_QC_DUPLICATE_RING, /* a ring is there twice */
    GT_QC_RING_TOUCH,     /* a ring meets itself in a point */
    GT_QC_HOLE_OUTSIDE,   /* a hole is not inside its shell */
    GT_QC_NESTED_HOLES,   /* a hole lies in another hole of its part */
    GT_QC_NESTED_PARTS,   /* a part lies inside another part: they overlap */
    GT_QC_SPLIT_INTERIOR, /* holes touch so that the inside falls apart */
    GT_QC_OUT_OF_BOUNDS,  /* beyond the bounds of the layer */
    /* warnings: sound, but worth a look */
    GT_QC_SLIVER_AREA,  /* a part smaller than min_area_m2 */
    GT_QC_SLIVER_WIDTH, /* a part thinner than min_width_m (2 * area / perimeter) */
    GT_QC_SPIKE,        /* a corner sharper than min_angle_deg */
    /* remarks */
    GT_QC_REPEATED, /* a point repeated in a row (mendable) */
    GT_QC_N_KINDS
} gt_qc_kind;

gt_severity gt_qc_severity(gt_qc_kind kind);
/* Short stable name, e.g. "self-crossing": the id of the message without "qc.". */
const char *gt_qc_kind_name(gt_qc_kind kind);
const gt_message *gt_qc_message(gt_qc_kind kind);

/* The first place where a kind of fault was found, and how many there are of it. Faults of
 * structure (CROSSING ... SPLIT_INTERIOR) stop at the first: count is 1. */
typedef struct gt_qc_finding {
    gt_qc_kind kind;
    uint32_t count;
    uint32_t part, ring; /* 0-based, within the geometry */
    bool has_xy;
    double x, y;         /* where to look: the crossing point, the corner, a vertex of the ring */
    double value, limit; /* area in m2, width in m, angle in degrees, vertices; else 0 */
} gt_qc_finding;

typedef struct gt_qc_result {
    gt_qc_finding findings[GT_QC_N_KINDS]; /* at most one of a kind, in the order of the enum */
    size_t n;
    bool error;        /* one of them is an error */
    gt_box box;        /* of the geometry; empty when it has no finite points */
    double plane_area; /* shells minus holes, plane units squared */
    uint64_t shape;    /* the same for the same set of rings, whatever their start and direction */
} gt_qc_result;

/* Rules and working memory: belongs to one thread. */
typedef struct gt_qc gt_qc;

/* declared: type of the layer; a polygon is accepted where multipolygons are declared and the other
 * way round (likewise lines, points); GT_GEOM_NONE accepts all. rules may be NULL: validity only;
 * thresholds are in metres, so the geometry must be in a plane CRS for them. max_points: vertex
 * limit of one geometry (0: 10 million). Owned by the caller. */
gt_status gt_qc_new(gt_ctx *ctx, gt_geom_type declared, const gt_qc_rules *rules,
                    uint32_t max_points, gt_qc **out) GT_CHECKED;
void gt_qc_free(gt_ctx *ctx, gt_qc *qc);

/* Checks one geometry. Never fails for a bad one: faults are findings; GT_E_MEMORY and
 * GT_E_CANCELLED only. Cost: about 0.6 us for a ring of 22 vertices, O(n log n) always (1e6
 * vertices: under a second); 90 bytes of scratch a vertex, kept for the next call. */
gt_status gt_qc_geometry(gt_ctx *ctx, gt_qc *qc, const gt_geom *geom, gt_qc_result *out) GT_CHECKED;

/* Adds the findings to notes; place gives file, layer, feature and row (may be NULL). */
gt_status gt_qc_note(gt_ctx *ctx, gt_notes *notes, const gt_qc_result *result,
                     const gt_place *place) GT_CHECKED;

/* ---- repair -----------------------------------------------------------------------------------
 */

typedef struct gt_qc_change {
    bool changed;        /* `out` differs from the input */
    bool closed;         /* rings were closed */
    bool dropped_points; /* repeated points were dropped */
    bool dropped_rings;  /* rings without area, or parts left without points, were dropped */
    bool rebuilt;        /* crossings were mended by make-valid (structure method) */
    uint32_t points_before, points_after;
    bool has_xy;
    double x, y;                    /* place of the first fault mended */
    double area_before, area_after; /* plane, m2; before = shells minus holes as drawn */
} gt_qc_change;

/* Mends what can be mended, in this order and only as far as needed: closes rings, drops repeated
 * points, drops rings without area, rebuilds faulty structure with GEOS make-valid (structure
 * method), drops empty parts. `result` is what gt_qc_geometry found; it is replaced by the findings
 * of `out`. What cannot be mended (NaN, wrong type, out of bounds, nothing left) stays in it as an
 * error. out: reused; untouched when nothing was changed. */
gt_status gt_qc_repair(gt_ctx *ctx, gt_qc *qc, const gt_geom *geom, gt_geom *out,
                       gt_qc_result *result, gt_qc_change *change) GT_CHECKED;
/* Adds one note per kind of change (info). */
gt_status gt_qc_note_change(gt_ctx *ctx, gt_notes *notes, const gt_qc_change *change,
                            const gt_place *place) GT_CHECKED;

/* ---- stored layers --------------------------------------------------------------------------- */

typedef struct gt_qc_options {
    size_t size;
    const gt_standard *standard; /* of the package, with code lists; NULL: as stored, no codes */
    int64_t as_of_rev;           /* 0 = newest */
    gt_date as_of_date;          /* GT_DATE_NONE = valid now */
    double min_overlap_m2;       /* smaller overlaps, or thinner than 1 mm on average, are not
                                  * reported (default 0.01: 1 cm x 1 m; 0: all are) */
    double area_tolerance;       /* stated area may differ by this share (default 0.01) */
    uint32_t max_points;         /* as in gt_qc_new */
    bool no_overlaps;            /* skip the pairwise overlap check even if the rules ask for it */
} gt_qc_options;
void gt_qc_options_init(gt_qc_options *options);

typedef struct gt_qc_summary {
    int64_t n_features;
    int64_t n_overlaps; /* pairs that overlap by more than min_overlap_m2 */
    double overlap_m2;  /* plane area of all of them */
} gt_qc_summary;

/* Checks a stored layer; findings go to notes (owned by the caller). A layer with errors is not a
 * failure of the call: ask gt_notes_count(notes, GT_ERROR). GT_E_NOT_FOUND for an unknown layer.
 * Overlaps: R-tree and GEOS, pair by pair (no_overlap layers only); gt_coverage_qc_layer
 * (coverage.h) finds them, and gaps, at once. Memory: 8 MiB for duplicates
 * plus the largest feature. */
gt_status gt_qc_layer(gt_ctx *ctx, gt_store *store, const char *layer, const gt_qc_options *options,
                      gt_notes *notes, gt_qc_summary *out) GT_CHECKED;

/* ---- reports --------------------------------------------------------------------------------- */

/* Writes DIR/STEM.txt (both languages' reader: the context's language), DIR/STEM.json (schema
 * guotu.qc/1, see docs/reference/qc-report.md) and DIR/STEM.gpkg with the point layer qc_findings
 * (one point per finding that has a place; left out when none has). crs: of the places. DIR is made
 * when missing. Files are written beside and renamed: never half a report. */
typedef struct gt_qc_report_info {
    const char *layer, *file; /* file: NULL for a stored layer */
    const char *crs;          /* of the places; NULL: no GeoPackage */
    const char *verdict;      /* "passed", "refused", "repaired" ... */
    int64_t n_features, revision;
} gt_qc_report_info;
gt_status gt_qc_report_write(gt_ctx *ctx, const gt_notes *notes, const gt_qc_report_info *info,
                             const char *dir, const char *stem) GT_CHECKED;

#endif
