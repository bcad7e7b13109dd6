/* weave: the coverage kernel. All polygon layers are cut together, once, cell by cell, on a 1 mm
 * grid; every face of the planar graph knows its features in every layer. Areas are integers
 * inside, so that parts sum to the parent exactly and results are equal at any thread count.
 *
 * Pure: arrays in, arrays out; no files, no globals. How it works, its bounds and its sources are
 * told in src/weave/README.md. Coordinates are metres in a plane CRS, east then north. */
#ifndef GUOTU_WEAVE_H
#define GUOTU_WEAVE_H

#include "guotu/context.h"
#include "guotu/geometry.h"

#define GT_WEAVE_LAYERS_MAX 256
#define GT_WEAVE_NONE       UINT32_MAX       /* no feature of the layer here */
#define GT_WEAVE_SEVERAL    (UINT32_MAX - 1) /* features with different codes overlap here */

/* Some features of one layer. All arrays are borrowed until the call returns. A feature is a run of
 * parts, a part a run of rings (shell first), a ring a closed run of points, as in geometry.h. */
typedef struct gt_weave_batch {
    uint32_t layer; /* 0 .. n_layers-1 */
    uint32_t first_number;
    size_t n_features;
    const double *xy;            /* m, |v| <= 1e9 */
    const uint32_t *ring_end;    /* one past the last point of each ring */
    const uint32_t *part_end;    /* one past the last ring of each part */
    const uint32_t *feature_end; /* one past the last part of each feature */
    const uint32_t *number; /* stable number of each feature, < 2^32 - 2; NULL: first_number + i */
} gt_weave_batch;

/* Scale factor m of the plane at (x, y) in metres: dA = dx dy / m^2. Must be thread safe. */
typedef double (*gt_weave_scale_fn)(const void *user, double x, double y);

typedef struct gt_weave_options {
    size_t size;             /* set by gt_weave_options_init */
    double cell;             /* side of a cell, m, 0.001 .. 33000; 0: from the density of edges */
    gt_weave_scale_fn scale; /* NULL: areas of the plane */
    const void *scale_user;  /* borrowed */
    const bool *coverage;    /* per layer: should it cover everything (gaps are findings)? borrowed
                                for the call; NULL: none */
    double sliver_width;     /* m: faces with 2 A / P below are slivers; default 0.05 */
} gt_weave_options;

void gt_weave_options_init(gt_weave_options *options);

typedef struct gt_weave gt_weave; /* result; immutable but for gt_weave_update; shareable */

/* Weaves n_layers layers given in batches. Owned by the caller. GT_E_USAGE: layer or number out of
 * range, cell size; GT_E_INPUT: a ring with fewer than 3 distinct points is dropped, not an error;
 * a coordinate that is not finite or too large is, with layer, feature and place. GT_E_MEMORY when
 * one band of cells does not fit the ceiling. Cost: about 0.3 us and 80 bytes an edge (README). */
gt_status gt_weave_run(gt_ctx *ctx, uint32_t n_layers, const gt_weave_batch *batches,
                       size_t n_batches, const gt_weave_options *options,
                       gt_weave **out) GT_CHECKED;
void gt_weave_free(gt_ctx *ctx, gt_weave *weave);

/* Re-weaves the cells that meet any of the boxes (old and new extent of what changed). batches must
 * hold every feature, of every layer, whose box meets one of those cells; more does no harm. The
 * result is byte for byte that of a full run on the same grid. GT_E_USAGE when a box leaves the
 * grid: run afresh. On failure the old result stands. */
gt_status gt_weave_update(gt_ctx *ctx, gt_weave *weave, const gt_weave_batch *batches,
                          size_t n_batches, const gt_box *boxes, size_t n_boxes) GT_CHECKED;
/* Extent of all cells that meet the box (what gt_weave_update must be given features for). */
gt_box gt_weave_cells_of(const gt_weave *weave, gt_box box);

typedef struct gt_weave_stats {
    uint64_t n_cells, n_cells_with_edges;
    uint64_t n_edges;     /* edges of the rings given, after dropping null ones */
    uint64_t n_pieces;    /* after cutting at cell borders */
    uint64_t n_unique;    /* edges of the final graph, cell frames included */
    uint64_t n_crossings; /* new vertices made by crossings */
    uint64_t n_faces;     /* faces of all cells */
    uint64_t n_entries;   /* distinct feature tuples per cell, summed */
    double cell;          /* m */
    uint32_t n_columns, n_rows;
} gt_weave_stats;
gt_weave_stats gt_weave_statistics(const gt_weave *weave);
/* BLAKE2b of all cells' results: equal hashes mean equal results. */
void gt_weave_digest(const gt_weave *weave, unsigned char out[32]);

/* ---- account: distinct tuple of codes -> area -------------------------------------------------
 */

typedef struct gt_account gt_account;

/* Area per distinct tuple. code_of[k] maps feature numbers of layer k to codes (array indexed by
 * number, code_len[k] long, numbers beyond it map to GT_WEAVE_NONE); code_of[k] NULL: the number
 * itself; use_layer[k] false: the layer is left out of the tuple. code_of, use_layer may be NULL.
 * Rows are sorted by tuple. The tuple with no feature at all is left out. Owned by the caller. */
gt_status gt_weave_account(gt_ctx *ctx, const gt_weave *weave, const uint32_t *const *code_of,
                           const size_t *code_len, const bool *use_layer,
                           gt_account **out) GT_CHECKED;
void gt_account_free(gt_ctx *ctx, gt_account *account);
size_t gt_account_rows(const gt_account *account);
/* Row i: n_layers codes (borrowed), ellipsoidal (or plane) area, plane area, m2. */
void gt_account_get(const gt_account *account, size_t i, const uint32_t **codes, double *m2,
                    double *plane_m2);
/* Exact sum of all rows, rounded once. */
double gt_account_total(const gt_account *account);

#endif
