/* Layers held whole in memory, with what their features say: for the calls that make polygons.
 * Internal. */
#ifndef GT_COVERAGE_LOAD_H
#define GT_COVERAGE_LOAD_H

#include "coverage/class.h"
#include "coverage/read.h"
#include "guotu/arena.h"
#include "guotu/coverage.h"
#include "guotu/expr.h"

typedef struct gt_rows { /* a set of row ids (meet.c) */
    uint64_t *bits;
    size_t words;
} gt_rows;
bool gt_rows_has(const gt_rows *rows, int64_t row);
void gt_rows_free(gt_ctx *ctx, gt_rows *rows);

typedef struct gt_loaded {
    gt_ctx *ctx;
    const gt_standard *standard; /* as stored */
    gt_class class; /* classes[] follow it; may be changed to another field by gt_load_by */
    gt_flat flat;
    const char **ids;     /* by index; in the arena */
    const char **classes; /* by index; "" for none */
    gt_value *values;     /* n_keep by index; texts in the arena */
    size_t cap_ids, cap_classes, cap_values;
    const size_t *keep; /* fields kept; borrowed */
    size_t n_keep;
    const gt_rows *only; /* NULL: all; borrowed */
} gt_loaded;

/* Reads the features of a part at its time; texts go to the arena. GT_E_NOT_FOUND: nothing there.
 */
gt_status gt_load(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                  const size_t *keep, size_t n_keep, gt_arena *arena, gt_loaded *out) GT_CHECKED;
/* As gt_load without fields; only: these rows, NULL for all. */
gt_status gt_load_only(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                       const gt_rows *only, gt_arena *arena, gt_loaded *out) GT_CHECKED;
/* The filter of a part over the fields of its layer; the evaluator's. */
gt_status gt_filter_compile(gt_ctx *ctx, gt_sql *sql, const gt_standard *standard,
                            const char *where, gt_expr **out) GT_CHECKED;
/* As gt_load, but classes are the texts of this field (index). */
gt_status gt_load_by(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                     int field, gt_arena *arena, gt_loaded *out) GT_CHECKED;
void gt_loaded_free(gt_loaded *loaded);
/* Weaves loaded layers with lines kept. */
gt_status gt_loaded_weave(gt_ctx *ctx, gt_store *store, const gt_loaded *layers, size_t n,
                          const bool *coverage, double sliver_width, bool lines,
                          gt_weave **out) GT_CHECKED;
/* Id of the feature of a code (number); "" for none, "*" for several. */
const char *gt_loaded_id(const gt_loaded *loaded, uint32_t code);
/* The same for its class. */
const char *gt_loaded_class(const gt_loaded *loaded, uint32_t code);
/* Centroid of the polygons; the middle of the box when they have no area. */
void gt_centroid(const gt_geom *geom, double *x, double *y);

#endif
