/* Inside weave: the result of a run. */
#ifndef GT_WEAVE_WEAVE_H
#define GT_WEAVE_WEAVE_H

#include "weave/bin.h"

struct gt_weave {
    wv_grid grid;
    uint32_t n_layers, n_coverage;
    bool coverage[GT_WEAVE_LAYERS_MAX], keep_lines;
    gt_weave_scale_fn scale;
    const void *scale_user;
    int64_t sliver;
    uint64_t n_edges, n_pieces;
    wv_cell **cells; /* row by row from the south west; NULL: nothing there */
};

static inline size_t wv_n_cells(const gt_weave *w)
{
    return (size_t)w->grid.n_cols * w->grid.n_rows;
}

/* Where two neighbouring cells meet: the faces on both sides of a piece of their common side.
 * vertical: a lies west of b, lo..hi are y; else a lies south of b, lo..hi are x; mm from the
 * corner of the cell. b is WV_NO_CELL, or a, at the rim of the grid. A face is an index into
 * wv_faces, WV_END where the cell is empty or missing. */
#define WV_NO_CELL SIZE_MAX
typedef struct wv_seam {
    size_t a, b;
    uint32_t face_a, face_b;
    int32_t lo, hi;
    bool vertical;
} wv_seam;
typedef gt_status (*wv_seam_fn)(void *user, const wv_seam *seam);
/* Calls fn for every piece of the side between cells a and b (WV_NO_CELL: beyond the rim). */
gt_status gt_wv_seam(const gt_weave *w, size_t a, size_t b, bool vertical, wv_seam_fn fn,
                     void *user) GT_CHECKED;
/* The same for every side between cells, and of the rim, in a fixed order. */
gt_status gt_wv_seams(gt_ctx *ctx, const gt_weave *w, wv_seam_fn fn, void *user) GT_CHECKED;

/* Account that also tells, for each entry of each cell, its row; UINT32_MAX for none. first_entry
 * has n_cells + 1 members; both arrays are the caller's. */
typedef struct wv_groups {
    size_t *first_entry;
    uint32_t *row;
} wv_groups;
typedef gt_weave_codes wv_codes;
gt_status gt_wv_account(gt_ctx *ctx, const gt_weave *w, const wv_codes *codes, wv_groups *groups,
                        gt_account **out) GT_CHECKED;
/* Account of two layers from rows in any order; each pair of numbers stands once. */
typedef struct wv_pair {
    uint32_t a, b;
    double m2, plane_m2;
} wv_pair;
gt_status gt_wv_account_of_pairs(gt_ctx *ctx, wv_pair *pairs, size_t n,
                                 gt_account **out) GT_CHECKED;
void gt_wv_groups_free(gt_ctx *ctx, wv_groups *groups);

#endif
