/* Landscape metrics: what is counted on the map, and what formulas are made of. Internal. */
#ifndef GT_MODEL_CONNECT_LANDSCAPE_H
#define GT_MODEL_CONNECT_LANDSCAPE_H

#include "guotu/grid_analysis.h"

typedef struct gt_scape_patch {
    double sides, sum_col, sum_row, contiguity, reach;
    double core;
    double nearest2;
    size_t class; /* index */
} gt_scape_patch;

typedef struct gt_scape_class {
    int32_t code;
    double cells, patches, border; /* border: sides to nodata and beyond the map */
    double core;
    size_t rim; /* cells with a side to another patch */
} gt_scape_class;

typedef struct gt_scape {
    gt_ctx *ctx;
    int64_t cols, rows;
    double cell; /* m */
    bool eight;
    int depth;
    gt_grid *patches;    /* numbers from 1, a scratch file */
    int64_t band;        /* rows of one */
    int64_t top, bottom; /* rows in hand: the band and those around */
    int32_t *patch;      /* of them, from 0; -1 none */
    int32_t *deep;       /* steps over sides to the nearest cell of another patch, as far as
                            `depth` */
    gt_patch *list;      /* of patches */
    gt_scape_patch *of;  /* the same */
    size_t n_patches;
    gt_scape_class *classes;
    size_t n_classes;
    double *sides; /* n_classes x n_classes: g_ik; like sides counted twice */
    double cells;
} gt_scape;

/* Patches, classes and all counts of the map; ctx, eight and depth are given. GT_E_INPUT
 * "connect.square", "connect.no-cells"; GT_E_LIMIT "connect.too-many". */
gt_status gt_scape_count(gt_scape *s, gt_grid *grid) GT_CHECKED;
void gt_scape_free(gt_scape *s);
/* Index of a class, or where it belongs. */
size_t gt_scape_class_at(const gt_scape *s, int32_t code);

#endif
