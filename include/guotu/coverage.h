/* Coverage: the stored layers of a workspace woven together, and what falls out of it.
 *
 * This room joins the store to the pure kernel (weave.h): it reads layers into batches, gives the
 * kernel the plane's scale, and turns codes back into words. Areas are the account's: additive,
 * parts sum to the whole exactly (area.h names the three kinds of area and why they are never
 * mixed). */
#ifndef GUOTU_COVERAGE_H
#define GUOTU_COVERAGE_H

#include "guotu/package.h"
#include "guotu/qc.h"
#include "guotu/store.h"
#include "guotu/weave.h"

/* ---- the stored weave -------------------------------------------------------------------------
 * WORKSPACE/cache/weave/NAME.weave holds, for a list of layers, every cell's result and the sums of
 * areas by class (class field, name of a unit, or feature of a small layer). It may be deleted at
 * any time. What edits of other programs change outside a revision is not seen ('log --verify'
 * names those). */

typedef struct gt_stored_options {
    size_t size;
    const char *const *layers; /* NULL: every polygon layer of the package that holds data */
    size_t n_layers;
    bool full;     /* weave everything anew */
    double side;   /* of the cells, m, a multiple of 1 mm; 0: from the data */
    size_t points; /* of a strip; 0: from the memory ceiling, at most 2 M */
    bool coverage; /* each layer should cover everything: a file of its own (NAME.qc), without sums
                    * by class, that keeps what gt_coverage_faults asks for */
} gt_stored_options;
void gt_stored_options_init(gt_stored_options *options);

typedef struct gt_stored_facts {
    int64_t revision;
    const char *why; /* why all was woven: "absent", "damaged", "format", "layers", "cells",
                      * "history", "asked"; "" when not; static */
    size_t n_layers;
    uint64_t n_cells, n_woven; /* held; woven by this call */
    size_t n_rows;             /* distinct sets of classes */
    uint64_t bytes;            /* of the file */
    double side;               /* m */
    double m2;                 /* everything that is covered */
} gt_stored_facts;

/* Brings the stored weave of these layers up to date with the newest revision: weaves the cells
 * that changes since its revision meet, or everything when there is none, it is damaged, or the
 * layers, their classes or the side of the cells have changed. The result is the same, bit for bit,
 * either way. On failure and on cancel the old one stays. Two calls at once wait for each other.
 * facts may be NULL. GT_E_NOT_FOUND: a layer without data, no layer at all; GT_E_USAGE: not
 * polygons, a layer named twice; GT_E_ENV: cannot be written. Memory: a strip (110 bytes a point, 2
 * M points or what the ceiling leaves), 40 bytes a cell, the sums. Cost: 1 us an edge, or by what
 * changed. */
gt_status gt_stored_update(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_stored_options *options, gt_stored_facts *facts) GT_CHECKED;
/* Digest of the stored weave of these layers: every cell by its place, every sum by its texts.
 * Equal digests mean equal results, however they came about. GT_E_NOT_FOUND when there is none.
 * Reads the whole file. */
gt_status gt_stored_digest(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_stored_options *options, unsigned char out[32]) GT_CHECKED;

/* ---- area tables ------------------------------------------------------------------------------
 */

/* One column of an area table. */
typedef struct gt_area_column {
    const char *name;  /* as asked for */
    const char *layer; /* of a grid its word, "grid.NAME" */
    const char *grid;  /* NAME of a grid of the workspace, or NULL: a layer */
    bool generated;    /* the grid says that it rests on generated data */
    int field;         /* index into the layer's fields; -1: the feature id, or a grid's class */
    bool big_class;    /* the code's big class (farm, construction, unused) instead of the code */
    bool any;          /* "1" instead of any text but the empty one */
    const gt_codelist *codes; /* titles of the codes, or NULL */
} gt_area_column;

typedef struct gt_area_table gt_area_table;

typedef struct gt_areas_options {
    size_t size;
    gt_date as_of;     /* GT_DATE_NONE: valid now */
    int64_t as_of_rev; /* 0: newest */
    bool afresh;       /* do not use a stored weave */
    bool whole; /* the newest state: first bring the stored weave of every polygon layer up to
                 * date, so that all tables come from one account and agree with each other;
                 * passed over where the workspace cannot be written */
    bool keep;  /* keep the account in WORKSPACE/cache/weave/NAME.account and bring it up to date
                 * by what has changed since: of the newest state where the classes of the stored
                 * weave tell every column, and of any as_of. The same numbers, to the bit, as
                 * without. Passed over where the workspace cannot be written */
} gt_areas_options;
void gt_areas_options_init(gt_areas_options *options);

/* Area per distinct combination of `by`: comma-separated words, each a layer id (its class field,
 * else the feature id), LAYER.FIELD, LAYER.gt_id (the feature id), LAYER.gt_any ("1" wherever
 * LAYER would have a text: is something there?), `grid.NAME` (the classes of an integer grid of the
 * workspace, whose cells are cut by the borders of the other layers and counted exactly; of the
 * newest state only), or one of the package's own words: `district` (the
 * unit layer's name), `land_class`, `big_class`, `township`. Rows are sorted by column texts;
 * places without a feature of some layer have the empty text there; places without any feature are
 * left out. Owned by the caller. GT_E_USAGE: unknown word (the known ones are listed);
 * GT_E_NOT_FOUND: a layer without data, a grid that is not there, a grid on another day than now
 * ("coverage.grid-then"); GT_E_INPUT: a grid in another CRS, or not of whole numbers. Grids are in
 * no stored weave: what names one is woven afresh. Reads the stored weave that holds the layers
 * (the one with the most layers, brought up to date first) where there is one and the newest state
 * is asked for; else weaves the layers named, in strips. Either way the same numbers to the bit for
 * the same list of layers; a list with more layers cuts more, which moves borders within the bound
 * of weave (1.5 mm). Cost: about 1 us an edge, or the stored rows; memory as gt_stored_update. */
gt_status gt_areas(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *by,
                   const gt_areas_options *options, gt_area_table **out) GT_CHECKED;

/* A state of the map: as it was on a day, as known at a revision. */
typedef struct gt_map_state {
    gt_date as_of; /* GT_DATE_NONE: valid at the revision */
    int64_t rev;   /* 0: newest */
} gt_map_state;

/* What two states differ by: the ground that has other versions of features in the one (*before)
 * than in the other (*after), with the columns' texts in each. What lies under the same versions in
 * both is not in. Both layers' states are woven at once, in the same cells, so that the tables
 * differ by just what moved, to the last digit. Owned by the caller. Errors of gt_areas;
 * GT_E_NOT_FOUND: a revision that is not; no grids. Cost: of two revisions the cells that changes
 * met (of more than a quarter of the cells, or 1024 row versions, all), of two days all: about 1.5
 * us an edge; memory: a strip, and what differs. */
gt_status gt_areas_differing(gt_ctx *ctx, gt_store *store, const gt_package *package,
                             const char *by, const gt_map_state *from, const gt_map_state *to,
                             gt_area_table **before, gt_area_table **after) GT_CHECKED;
void gt_area_table_free(gt_area_table *table);
size_t gt_area_table_n_columns(const gt_area_table *table);
const gt_area_column *gt_area_table_column(const gt_area_table *table, size_t i);
size_t gt_area_table_n_rows(const gt_area_table *table);
/* Text of column c in row r ("" = none there); borrowed. */
const char *gt_area_table_text(const gt_area_table *table, size_t r, size_t c);
/* Number of that text among the column's texts, from 0; equal texts have equal numbers. */
uint32_t gt_area_table_code(const gt_area_table *table, size_t r, size_t c);
double gt_area_table_m2(const gt_area_table *table, size_t r);
/* Sum of all rows, rounded once. */
double gt_area_table_total(const gt_area_table *table);

/* ---- places: conflicts, atoms, faults ---------------------------------------------------------
 * Woven in strips that fit the memory there is (180 bytes a point, as the stored weave), with the
 * same polygons in the same order whatever the memory or threads. What is begun and not yet whole
 * is held beside: 35 bytes an edge of the features that meet the strip's upper end; for a dissolve,
 * of all borders handed out. GT_E_MEMORY when the ceiling does not hold that. Conflicts of large
 * layers are found in strips first, and the features that take part in one are held whole. */

/* A layer, or a part of it, at a time. */
typedef struct gt_part {
    const char *layer;
    const char *where; /* SQL over the layer's fields (expr.h), or NULL */
    gt_date as_of;     /* GT_DATE_NONE: valid now */
} gt_part;

/* A place: a set of features that lie over each other. Borrowed for the call. */
typedef struct gt_place_found {
    size_t a, b;                 /* parts of the conflict; atoms: 0, 0 */
    const char *const *features; /* conflicts: of a and of b; atoms: of every part. "": none, "*":
                                  * several features of one part */
    const char *const *classes;  /* the same, by class field; "": none */
    double m2;                   /* ellipsoidal */
    double x, y;                 /* centroid, working CRS */
    gt_box box;
    const gt_geom *geom; /* MULTIPOLYGON, working CRS */
} gt_place_found;
typedef gt_status (*gt_place_fn)(gt_ctx *ctx, void *user, const gt_place_found *place);

/* Places of at least min_m2 where two of the parts (2 .. 16) lie over each other, pair by pair
 * (0-1, 0-2, 1-2, ...), by features. GT_E_USAGE: fewer than two parts, the same twice, an
 * expression; GT_E_NOT_FOUND: a layer without data. */
gt_status gt_conflicts(gt_ctx *ctx, gt_store *store, const gt_package *package,
                       const gt_part *parts, size_t n, double min_m2, gt_place_fn fn,
                       void *user) GT_CHECKED;

/* The atoms of the parts (1 .. 32) for which `where` holds (NULL: all): SQL over LAYER (feature id,
 * NULL where there is none), LAYER_FIELD, FIELD where only one of the layers has it, and m2. fn
 * gets them from south to north, by the row of cells where the first of their features ends, then
 * in the order of features. */
gt_status gt_atoms(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *parts,
                   size_t n, const char *where, gt_place_fn fn, void *user) GT_CHECKED;

typedef struct gt_dissolve_options {
    size_t size;
    const char *field; /* merge features of equal value; NULL: the layer's class field */
    double tolerance;  /* m: borders are simplified together, as in gt_weave_view; 0: not */
} gt_dissolve_options;
void gt_dissolve_options_init(gt_dissolve_options *options);

/* The areas of a part merged by the value of a field: one place for each value, in the order of
 * texts, all in one graph, so that neighbours share every vertex and there is neither gap nor
 * overlap between them, simplified or not (for low zooms: a tolerance of a pixel). classes[0] is
 * the value ("" for none, "*" where features of different values lie over each other), features[0]
 * is ""; m2 is that of the unsimplified area. options may be NULL. GT_E_USAGE: unknown field, no
 * class field, tolerance; GT_E_NOT_FOUND: a layer without data. */
gt_status gt_dissolve(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                      const gt_dissolve_options *options, gt_place_fn fn, void *user) GT_CHECKED;

/* Faults of one layer as a coverage: gaps it encloses, overlaps, self-crossings, slivers narrower
 * than sliver_width (m; 0: none), sorted by kind and place. `feature` and `other` are ids, "" where
 * there is none. A layer as it is now is kept woven (WORKSPACE/cache/weave/NAME.qc) and brought up
 * to date by the cells that changes meet, as gt_stored_update does it; its cells are then judged,
 * row by row. With a condition, a day, a sliver_width over 5 m or a folder that cannot be written
 * it is woven afresh. Either way the same findings. Memory: a strip, 40 bytes a cell, two rows of
 * cells, 110 bytes a finding. */
typedef gt_status (*gt_fault_fn)(gt_ctx *ctx, void *user, const gt_weave_finding *finding,
                                 const char *feature, const char *other);
gt_status gt_coverage_faults(gt_ctx *ctx, gt_store *store, const gt_package *package,
                             const gt_part *part, double sliver_width, gt_fault_fn fn,
                             void *user) GT_CHECKED;

/* gt_qc_layer, with the checks that need all features together taken from weave, linear in the
 * layer: overlaps (rule no_overlap) and gaps (rule no_gaps) of at least min_overlap_m2 and 1 mm, as
 * errors with place, area on the ellipsoid and mean width. An old revision (as_of_rev) is compared
 * pair by pair and its gaps are not looked for. Arguments, errors and memory of gt_qc_layer and
 * gt_coverage_faults; options may be NULL. */
gt_status gt_coverage_qc_layer(gt_ctx *ctx, gt_store *store, const gt_package *package,
                               const char *layer, const gt_qc_options *options, gt_notes *notes,
                               gt_qc_summary *out) GT_CHECKED;

/* ---- transitions: one layer at two dates ------------------------------------------------------
 * T[i][j] is the area that was class i and became class j. Sums are exact integers: rows
 * and columns balance before they are rounded once. */

typedef struct gt_transition gt_transition;

typedef struct gt_transition_options {
    size_t size;
    gt_date from, to;  /* both needed, from < to */
    const char *field; /* NULL: the layer's class field */
    const char *by;    /* layer of units (its class), or NULL */
} gt_transition_options;
void gt_transition_options_init(gt_transition_options *options);

/* Owned by the caller. GT_E_USAGE: dates, a layer without classes, unknown field; GT_E_NOT_FOUND: a
 * layer without data, a day on which nothing was valid. Woven in strips. */
gt_status gt_transition_run(gt_ctx *ctx, gt_store *store, const gt_package *package,
                            const char *layer, const gt_transition_options *options,
                            gt_transition **out) GT_CHECKED;
void gt_transition_free(gt_transition *transition);
/* The pieces that changed class, by features: features and classes are of `from`, of `to` and, with
 * `by`, of the unit. In the order of gt_atoms. */
gt_status gt_transition_places(gt_ctx *ctx, gt_store *store, const gt_package *package,
                               const char *layer, const gt_transition_options *options,
                               gt_place_fn fn, void *user) GT_CHECKED;
/* Classes, sorted; "" is no feature or no value, "*" several classes at one place. */
size_t gt_transition_n_classes(const gt_transition *transition);
const char *gt_transition_class(const gt_transition *transition, size_t i);
/* Code list of the class field, or NULL; the package's. */
const gt_codelist *gt_transition_codes(const gt_transition *transition);
/* Units, sorted; 0 without `by`. Unit n_units is all of them together. */
size_t gt_transition_n_units(const gt_transition *transition);
const char *gt_transition_unit(const gt_transition *transition, size_t unit);
/* m2 from class i to class j; i or j == n_classes: sum over the row or column. */
double gt_transition_m2(const gt_transition *transition, size_t unit, size_t i, size_t j);

typedef struct gt_change { /* m2 */
    double before, after, loss, gain, net, swap;
    double degree; /* dynamic degree, share a year; NaN when there was none before */
} gt_change;
gt_change gt_transition_change(const gt_transition *transition, size_t unit, size_t i);
typedef struct gt_disagreement { /* m2 */
    double change;               /* all that changed class: sum of losses */
    double quantity, allocation; /* half the net changes; the rest */
    double degree;               /* comprehensive, share a year: change / (2 * area) */
    double years;
} gt_disagreement;
gt_disagreement gt_transition_disagreement(const gt_transition *transition, size_t unit);

#endif
