/* Weaving stored layers region by region, in strips of cells that fit the memory there is.
 *
 * Cells are squares of `side` counted from the origin of the CRS, so what a cell yields does not
 * depend on how the territory was cut into strips, nor on what was woven before: a part woven again
 * is the same, bit for bit, as in a weave of everything. Internal. */
#ifndef GT_COVERAGE_REGION_H
#define GT_COVERAGE_REGION_H

#include "coverage/read.h"
#include "coverage/traced.h"

/* A layer of the weave, at a time. */
typedef struct gt_woven_layer {
    const char *id;
    gt_date as_of;           /* GT_DATE_NONE: valid now */
    int64_t as_of_rev;       /* 0: newest */
    const gt_traced *traced; /* the patches of a grid, not a stored layer; borrowed; or NULL */
} gt_woven_layer;

typedef struct gt_rect { /* cells, both ends included */
    int64_t c0, r0, c1, r1;
} gt_rect;

/* The features of a strip, by layer; code[k][i] is what `code` gave for feature i of layer k. */
typedef struct gt_strip {
    const gt_flat *flats;
    uint32_t *const *codes;
} gt_strip;
/* Code of a key (layer << 32 | number). */
uint32_t gt_strip_code(const gt_strip *strip, uint64_t key);

typedef struct gt_region {
    gt_store *store;
    const gt_woven_layer *layers;
    uint32_t n_layers;
    double side; /* m */
    /* Code of a feature; called once for every strip that holds the feature. NULL: none. */
    gt_status (*code)(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *feature,
                      uint32_t *code);
    /* Every cell that holds something. */
    gt_status (*cell)(gt_ctx *ctx, void *user, const gt_weave_cell *cell, const gt_strip *strip);
    void *user;
    size_t most_points;   /* of a strip; 0: from the ceiling of the context */
    bool lines;           /* cells keep their edges: for gt_weave_sweep */
    const bool *coverage; /* by layer, as in gt_weave_options; NULL: none */
    double sliver_width;  /* m; 0: the kernel's own default */
    /* The four below may be NULL. A strip is read from its first feature on (what was seen of a
     * strip before is forgotten); a feature was read, as index of its layer, *take = false leaves
     * it out; all are read; all cells were handed over. */
    gt_status (*start)(gt_ctx *ctx, void *user);
    gt_status (*see)(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *feature,
                     size_t index, bool *take);
    gt_status (*ready)(gt_ctx *ctx, void *user, const gt_strip *strip);
    gt_status (*done)(gt_ctx *ctx, void *user, const gt_rect *rows);
} gt_region;

/* Side of the cells for these layers, m: a power of two that gives some 1600 edges a cell, from the
 * layers' extents, counts and a sample of their features. Depends on what is stored now, not on how
 * it came there. *extent: of all layers at their times; empty when there is nothing. */
gt_status gt_region_side(gt_ctx *ctx, gt_store *store, const gt_woven_layer *layers, uint32_t n,
                         double *side, gt_box *extent) GT_CHECKED;
/* Cells that meet the box. */
gt_rect gt_region_rect(double side, gt_box box);
/* Row (column) of the cells that a coordinate lies in, m. */
int64_t gt_region_row(double side, double y);
/* Weaves the cells of rect. extent: of all features that may be met. */
gt_status gt_region_weave(gt_ctx *ctx, const gt_region *region, gt_box extent,
                          const gt_rect *rect) GT_CHECKED;

#endif
