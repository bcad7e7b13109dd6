/* Coverage: the stored layers of a workspace woven together, and what falls out of it.
 *
 * This room joins the store to the pure kernel (weave.h): it reads layers into batches, gives the
 * kernel the plane's scale, and turns codes back into words. Areas are the account's: additive,
 * parts sum to the whole exactly (area.h names the three kinds of area and why they are never
 * mixed). */
#ifndef GUOTU_COVERAGE_H
#define GUOTU_COVERAGE_H

#include "guotu/package.h"
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
    bool full;      /* weave everything anew */
    double side;    /* of the cells, m, a multiple of 1 mm; 0: from the data */
    size_t points;  /* of a strip; 0: from the memory ceiling, at most 2 M */
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

/* Brings the stored weave of these layers up to date with the newest revision: weaves the cells that
 * changes since its revision meet, or everything when there is none, it is damaged, or the layers,
 * their classes or the side of the cells have changed. The result is the same, bit for bit, either
 * way. On failure and on cancel the old one stays. Two calls at once wait for each other.
 * facts may be NULL. GT_E_NOT_FOUND: a layer without data, no layer at all; GT_E_USAGE: not polygons,
 * a layer named twice; GT_E_ENV: cannot be written. Memory: a strip (110 bytes a point, 2 M points
 * or what the ceiling leaves), 40 bytes a cell, the sums. Cost: 1 us an edge, or by what changed. */
gt_status gt_stored_update(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_stored_options *options, gt_stored_facts *facts) GT_CHECKED;
/* Digest of the stored weave of these layers: every cell by its place, every sum by its texts. Equal
 * digests mean equal results, however they came about. GT_E_NOT_FOUND when there is none. Reads the
 * whole file. */
gt_status gt_stored_digest(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_stored_options *options, unsigned char out[32]) GT_CHECKED;

/* ---- area tables ------------------------------------------------------------------------------
 */

/* One column of an area table. */
typedef struct gt_area_column {
    const char *name; /* as asked for */
    const char *layer;
    int field;      /* index into the layer's fields; -1: the feature id */
    bool big_class; /* the code's big class (farm, construction, unused) instead of the code */
    const gt_codelist *codes; /* titles of the codes, or NULL */
} gt_area_column;

typedef struct gt_area_table gt_area_table;

typedef struct gt_areas_options {
    size_t size;
    gt_date as_of;     /* GT_DATE_NONE: valid now */
    int64_t as_of_rev; /* 0: newest */
    bool afresh;       /* do not use a stored weave */
} gt_areas_options;
void gt_areas_options_init(gt_areas_options *options);

/* Area per distinct combination of `by`: comma-separated words, each a layer id (its class field,
 * else the feature id), LAYER.FIELD, or one of the package's own words: `district` (the unit
 * layer's name), `land_class`, `big_class`, `township`. Rows are sorted by column texts; places
 * without a feature of some layer have the empty text there; places without any feature are left
 * out. Owned by the caller. GT_E_USAGE: unknown word (the known ones are listed); GT_E_NOT_FOUND: a
 * layer without data. Reads the stored weave that holds the layers (bringing it up to date first)
 * where there is one and the newest state is asked for; else weaves the layers named, in strips.
 * Either way the same numbers to the bit for the same list of layers; a list with more layers cuts
 * more, which moves borders within the bound of weave (1.5 mm). Cost: about 1 us an edge, or the
 * stored rows; memory as gt_stored_update. */
gt_status gt_areas(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *by,
                   const gt_areas_options *options, gt_area_table **out) GT_CHECKED;
void gt_area_table_free(gt_area_table *table);
size_t gt_area_table_n_columns(const gt_area_table *table);
const gt_area_column *gt_area_table_column(const gt_area_table *table, size_t i);
size_t gt_area_table_n_rows(const gt_area_table *table);
/* Text of column c in row r ("" = none there); borrowed. */
const char *gt_area_table_text(const gt_area_table *table, size_t r, size_t c);
double gt_area_table_m2(const gt_area_table *table, size_t r);
/* Sum of all rows, rounded once. */
double gt_area_table_total(const gt_area_table *table);

#endif
