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
    bool keep_lines;         /* keep the edges, so that polygons can be made: 24 bytes each */
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
/* The same three as one: how features become codes. */
typedef struct gt_weave_codes {
    const uint32_t *const *code_of;
    const size_t *code_len;
    const bool *use_layer;
} gt_weave_codes;
/* gt_weave_run and gt_weave_account in one, when nothing else is asked of the result: cells are
 * summed as they are woven and forgotten. The same rows. stats may be NULL. Errors as of both.
 * Memory: beside the batches 16 bytes and a few bits a code for each row that a cell adds (24 for
 * ten layers of 20 classes); where they repeat, they are summed as they come. codes NULL: the
 * features themselves. */
gt_status gt_weave_sum(gt_ctx *ctx, uint32_t n_layers, const gt_weave_batch *batches,
                       size_t n_batches, const gt_weave_options *options,
                       const gt_weave_codes *codes, gt_weave_stats *stats,
                       gt_account **out) GT_CHECKED;
void gt_account_free(gt_ctx *ctx, gt_account *account);
size_t gt_account_rows(const gt_account *account);
/* Row i: n_layers codes (borrowed), ellipsoidal (or plane) area, plane area, m2. */
void gt_account_get(const gt_account *account, size_t i, const uint32_t **codes, double *m2,
                    double *plane_m2);
/* Exact sum of all rows, rounded once. */
double gt_account_total(const gt_account *account);

/* ---- areas of two layers alone ------------------------------------------------------------------
 */

/* Area shared by every feature of a with every feature of b, without any graph: the signed sum over
 * pairs of edges of the area below both. Nothing is snapped. Holes, parts and overlaps inside a
 * layer need no care; shells counter-clockwise or not. Rows (number in a, number in b) of more than
 * 1e-6 m2, sorted, as an account of two layers. `cell` and sliver_width are not used. Errors as
 * gt_weave_run, GT_E_LIMIT for 2^32 points in a layer. Cost: 0.2 us an edge pair of boxes that
 * meet; 80 bytes a feature of b. The check of gt_weave_run in the tests, and what it is measured
 * against. */
gt_status gt_weave_pair_areas(gt_ctx *ctx, const gt_weave_batch *a, size_t n_a,
                              const gt_weave_batch *b, size_t n_b, const gt_weave_options *options,
                              gt_account **out) GT_CHECKED;

/* ---- polygons: any dissolve of the graph ------------------------------------------------------
 */

/* One tuple's polygons (MULTIPOLYGON, borrowed): shells counter-clockwise, holes clockwise. */
typedef gt_status (*gt_weave_polygon_fn)(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                                         double plane_m2, const gt_geom *geom);
/* Which tuples are wanted. */
typedef bool (*gt_weave_want_fn)(void *user, const uint32_t *codes);

typedef struct gt_weave_view {
    size_t size;                    /* set by gt_weave_view_init */
    const uint32_t *const *code_of; /* these three as in gt_weave_account */
    const size_t *code_len;
    const bool *use_layer;
    gt_weave_want_fn want; /* NULL: all tuples */
    double tolerance;      /* m: boundaries are simplified together where a corner's triangle is
                              smaller than tolerance^2; 0: as they are */
} gt_weave_view;
void gt_weave_view_init(gt_weave_view *view);

/* Polygons of every tuple of codes, in the order of the account with the same codes: without codes
 * these are the atoms, by one layer's code a dissolve without gaps, with `want` the places of a
 * conflict or of a transition. Neighbours share every vertex, also when simplified (Visvalingam,
 * topology kept: no gap, no overlap, nothing vanishes); m2 is always that of the unsimplified
 * tuple. view NULL: all atoms. fn runs on the caller's thread; user goes to fn and want. GT_E_USAGE
 * without keep_lines; GT_E_LIMIT when the extent passes 4294 km. Cost: 16 bytes and 0.1 us an edge;
 * simplified 100 bytes and 1 us. */
gt_status gt_weave_polygons(gt_ctx *ctx, const gt_weave *weave, const gt_weave_view *view,
                            gt_weave_polygon_fn fn, void *user) GT_CHECKED;

/* ---- coverage QC ------------------------------------------------------------------------------
 */

typedef enum gt_weave_fault {
    GT_WEAVE_GAP = 0, /* covered by nothing of `layer`: enclosed, or where another layer covers */
    GT_WEAVE_OVERLAP, /* two features of `layer` */
    GT_WEAVE_SELF_CROSS, /* a feature lies over itself, or inside out: its ring crosses itself */
    GT_WEAVE_SLIVER      /* a face thinner than sliver_width, none of the above */
} gt_weave_fault;

typedef struct gt_weave_finding {
    gt_weave_fault fault;
    uint32_t layer;
    uint32_t first, second; /* features; GT_WEAVE_NONE where there is none */
    double m2;
    double width; /* m: 2 A / P */
    gt_box box;   /* where */
} gt_weave_finding;

/* Faults of the coverage layers of the run (gaps, slivers) and of all layers (overlaps), faces
 * joined across cells, sorted by fault, layer and place. For the gaps of one layer weave it alone,
 * or with the boundary it should fill. *out owned by the caller (gt_free). */
gt_status gt_weave_qc(gt_ctx *ctx, const gt_weave *weave, gt_weave_finding **out,
                      size_t *n) GT_CHECKED;
/* "gap", "overlap", "self-cross", "sliver". */
const char *gt_weave_fault_name(gt_weave_fault fault);

/* The same for cells that come one after the other and need not be held (below: cells apart): rows
 * from the south, columns in any order. The cells must come from a run with these coverage layers
 * and at least this sliver_width; coverage may be NULL. Memory: two rows of cells, 64 bytes a face
 * that touches the side between two rows, 88 a finding. */
typedef struct gt_weave_judge gt_weave_judge;
struct gt_weave_rows_of;
struct gt_weave_cell;
/* Owned by the caller. GT_E_USAGE: an option out of range. */
gt_status gt_weave_judge_new(gt_ctx *ctx, uint32_t n_layers, const struct gt_weave_rows_of *of,
                             const bool *coverage, double sliver_width,
                             gt_weave_judge **out) GT_CHECKED;
void gt_weave_judge_free(gt_ctx *ctx, gt_weave_judge *judge);
/* Borrows the cell for the call. GT_E_USAGE: outside, or out of order. */
gt_status gt_weave_judge_cell(gt_ctx *ctx, gt_weave_judge *judge,
                              const struct gt_weave_cell *cell) GT_CHECKED;
/* After the last cell; *out as of gt_weave_qc. */
gt_status gt_weave_judge_end(gt_ctx *ctx, gt_weave_judge *judge, gt_weave_finding **out,
                             size_t *n) GT_CHECKED;

/* ---- cells apart ------------------------------------------------------------------------------
 * For results that are kept outside memory, or made piece by piece. What a cell yields depends on
 * the features that meet it and on the side of the cells, not on the extent of the grid. */

/* Raised whenever the same input gives other blocks: stored ones are then made anew. */
#define GT_WEAVE_FORMAT 1

/* A cell: its place counted in cells from the origin of the CRS, and its result, one block of bytes
 * of this build of the kernel (same machine type; not a format for exchange). Borrowed. */
typedef struct gt_weave_cell {
    int64_t column, row;
    const void *block;
    size_t bytes;
} gt_weave_cell;
typedef gt_status (*gt_weave_cell_fn)(gt_ctx *ctx, void *user, const gt_weave_cell *cell);

/* The cells that may come to a judge or a sweep. */
typedef struct gt_weave_rows_of {
    double cell;         /* side, m */
    int64_t column, row; /* the first, counted from the origin of the CRS */
    uint32_t n_columns, n_rows;
} gt_weave_rows_of;

/* Result without any feature on a grid of options->cell metres (must be given) that covers extent
 * (m): to be filled by gt_weave_update. Owned by the caller. GT_E_USAGE, GT_E_LIMIT as
 * gt_weave_run. Cost: 8 bytes a cell of the grid. */
gt_status gt_weave_open(gt_ctx *ctx, uint32_t n_layers, const gt_weave_options *options,
                        gt_box extent, gt_weave **out) GT_CHECKED;
/* Hands over every cell that holds something, row by row from the south west, and forgets it, also
 * when fn fails (then the others are forgotten unseen). */
gt_status gt_weave_drain(gt_ctx *ctx, gt_weave *weave, gt_weave_cell_fn fn, void *user) GT_CHECKED;
/* Is the block whole in itself: counts, indexes and length agree? For blocks that were stored. */
bool gt_weave_cell_check(const gt_weave_cell *cell, uint32_t n_layers);

/* One distinct set of features over part of a cell: sorted keys (layer << 32 | number; one that
 * stands twice crosses itself), areas in units of 2^-11 mm2: GT_WEAVE_UNIT m2. */
#define GT_WEAVE_UNIT (0x1p-11 * 1e-6)
typedef gt_status (*gt_weave_entry_fn)(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n,
                                       int64_t area, int64_t plane);
/* Calls fn for every entry of a cell; those without a feature too (n = 0). */
gt_status gt_weave_cell_entries(gt_ctx *ctx, const gt_weave_cell *cell, gt_weave_entry_fn fn,
                                void *user) GT_CHECKED;

/* ---- polygons of cells that come row by row ---------------------------------------------------
 * The same polygons and areas as gt_weave_polygons, of cells that need not be held: a tuple is
 * handed out as soon as no further row can hold a piece of it. Cells come from a run with
 * keep_lines, rows from the south, columns in any order. */
typedef struct gt_weave_sweep gt_weave_sweep;
/* Code of a feature; GT_WEAVE_NONE: it does not count. Asked while its cell is handed over. */
typedef uint32_t (*gt_weave_code_fn)(void *user, uint32_t layer, uint32_t number);
/* Last row of cells that can hold a piece of the tuple; INT64_MAX: not known. Asked when the tuple
 * is first met. */
typedef int64_t (*gt_weave_last_fn)(void *user, const uint32_t *codes);
typedef int (*gt_weave_order_fn)(void *user, const uint32_t *a, const uint32_t *b);

typedef struct gt_weave_sweep_options {
    size_t size; /* set by gt_weave_sweep_options_init */
    uint32_t n_layers;
    gt_weave_rows_of of;
    double tolerance;        /* as in gt_weave_view; then everything is handed out at the end */
    gt_weave_code_fn code;   /* NULL: the number itself */
    gt_weave_last_fn last;   /* NULL: not known; all is handed out at the end */
    gt_weave_want_fn want;   /* NULL: all tuples that have a feature */
    gt_weave_order_fn order; /* of tuples whose last row is the same; NULL: by codes */
    gt_weave_polygon_fn fn;
    void *user; /* of all of them; borrowed */
} gt_weave_sweep_options;
void gt_weave_sweep_options_init(gt_weave_sweep_options *options);

/* Owned by the caller. GT_E_USAGE: an option; GT_E_LIMIT: an extent over 4294 km. Memory: two rows
 * of cells, and 17 bytes an edge (twice: once a side) of the tuples begun and not yet handed out.
 * Tuples come in order of their last row, then as `order` says, whatever the memory or threads. */
gt_status gt_weave_sweep_new(gt_ctx *ctx, const gt_weave_sweep_options *options,
                             gt_weave_sweep **out) GT_CHECKED;
void gt_weave_sweep_free(gt_ctx *ctx, gt_weave_sweep *sweep);
/* Borrows the cell for the call; fn may be called. GT_E_USAGE: outside, or out of order. */
gt_status gt_weave_sweep_cell(gt_ctx *ctx, gt_weave_sweep *sweep,
                              const gt_weave_cell *cell) GT_CHECKED;
/* No cell of this row, or below, will come: hands out the tuples that end there. */
gt_status gt_weave_sweep_row(gt_ctx *ctx, gt_weave_sweep *sweep, int64_t row) GT_CHECKED;
/* Hands out what is left. */
gt_status gt_weave_sweep_end(gt_ctx *ctx, gt_weave_sweep *sweep) GT_CHECKED;

/* ---- plain files ------------------------------------------------------------------------------
 */

typedef struct gt_weave_files_options {
    size_t size; /* set by gt_weave_files_options_init */
    size_t n_files;
    const char *const *files;  /* GeoPackages, "FILE" or "FILE:TABLE", or grids of classes (GeoTIFF:
                                  each patch a feature, its class the field "value"); borrowed */
    const char *const *fields; /* per file: count by this field, NULL by feature; NULL: all so */
    const char *account;       /* CSV to write, or NULL */
    const char *atoms;    /* GeoPackage to write, or NULL: a multipolygon per tuple of features */
    const char *qc;       /* CSV of coverage faults to write, or NULL */
    const char *dissolve; /* GeoPackage to write, or NULL: a multipolygon per row of the account */
    double tolerance;     /* m: of the dissolve, as in gt_weave_view */
    bool plane;           /* areas of the plane even where the CRS is known */
    double cell;          /* as in gt_weave_options */
} gt_weave_files_options;
void gt_weave_files_options_init(gt_weave_files_options *options);

typedef struct gt_weave_files_facts {
    gt_weave_stats stats;
    size_t n_rows, n_atoms, n_faults, n_dissolved;
    double m2; /* all rows */
    bool ellipsoidal;
} gt_weave_files_facts;

/* Reads the files, weaves them and writes what is asked for. All files must be in one projected CRS
 * in metres: GT_E_INPUT. CSV columns: one per file (NAME.fid or NAME.FIELD), m2, plane_m2; rows
 * sorted; fields empty where a layer has nothing, "*" where features with different values overlap.
 */
gt_status gt_weave_files(gt_ctx *ctx, const gt_weave_files_options *options,
                         gt_weave_files_facts *facts) GT_CHECKED;

#endif
