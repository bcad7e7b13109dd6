/* Features held in memory with what they say: of layers as a whole (conflicts), or of the strip at
 * hand (flow.h). Internal. */
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
    gt_class class;              /* classes[] follow it */
    gt_flat flat;
    const char **ids;     /* by index; in the arena */
    const char **classes; /* by index; "" for none */
    gt_value *values;     /* n_keep by index; texts in the arena */
    size_t cap_ids, cap_classes, cap_values;
    const size_t *keep; /* fields kept; borrowed */
    size_t n_keep;
    const gt_rows *only; /* NULL: all; borrowed */
} gt_loaded;

/* Fills a gt_loaded feature by feature. */
typedef struct gt_loading {
    gt_loaded *to;   /* borrowed; keep, only are set by the caller */
    gt_arena *arena; /* texts go there; borrowed, may be changed between strips */
    gt_sql *sql;
    gt_expr *where;
    gt_text text;
} gt_loading;
/* field: index of the one that gives the classes; -1: the layer's own. To be closed in any case.
 * GT_E_NOT_FOUND: nothing there. */
gt_status gt_loading_open(gt_ctx *ctx, gt_store *store, const gt_package *package,
                          const gt_part *part, int field, gt_arena *arena, gt_loaded *to,
                          gt_loading *out) GT_CHECKED;
/* Notes a feature as index; *take = false when the part's condition leaves it out. */
gt_status gt_loading_see(gt_ctx *ctx, gt_loading *loading, const gt_feature *feature, size_t index,
                         bool *take) GT_CHECKED;
void gt_loading_close(gt_loading *loading);

/* Reads the features of a part at its time; texts go to the arena. only: these rows, NULL for all.
 * GT_E_NOT_FOUND: nothing there. */
gt_status gt_load_only(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                       const gt_rows *only, gt_arena *arena, gt_loaded *out) GT_CHECKED;
/* The filter of a part over the fields of its layer; the evaluator's. */
gt_status gt_filter_compile(gt_ctx *ctx, gt_sql *sql, const gt_standard *standard,
                            const char *where, gt_expr **out) GT_CHECKED;
void gt_loaded_free(gt_loaded *loaded);
/* Weaves loaded layers with lines kept. */
gt_status gt_loaded_weave(gt_ctx *ctx, gt_store *store, const gt_loaded *layers, size_t n,
                          gt_weave **out) GT_CHECKED;
/* Id of the feature of a code (number); "" for none, "*" for several. */
const char *gt_loaded_id(const gt_loaded *loaded, uint32_t code);
/* The same for its class. */
const char *gt_loaded_class(const gt_loaded *loaded, uint32_t code);
/* Centroid of the polygons; the middle of the box when they have no area. */
void gt_centroid(const gt_geom *geom, double *x, double *y);

#endif
