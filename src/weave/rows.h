/* Inside weave: sums of area by tuple of codes.
 *
 * Workers add entries without locks. A tuple is packed into as few words as its codes need, in the
 * order of tuples; a record is those words, the areas and, when asked, the entry it came from: 24
 * bytes for ten layers of 20 classes. Records lie in piles, one for each worker and range of
 * tuples (part), in small chunks. A pile in which many tuples repeat is summed as it grows. In the
 * end each part is sorted by radix in the cache and summed; parts follow each other in order. Sums
 * are integers: neither workers nor parts can be seen in them. */
#ifndef GT_WEAVE_ROWS_H
#define GT_WEAVE_ROWS_H

#include "weave/weave.h"

__extension__ typedef __int128 wv_wide;

/* Areas of a row, 2^-11 mm2. */
typedef struct wv_sum {
    wv_wide area, plane;
} wv_sum;

typedef struct wv_rows wv_rows;

/* most: largest feature number of each layer; codes: borrowed while rows are added; expect: how
 * many records may come, for the number of parts. indexed: remember where records came from. */
gt_status gt_wv_rows_new(gt_ctx *ctx, uint32_t n_layers, const wv_codes *codes,
                         const uint32_t *most, uint64_t expect, bool indexed,
                         wv_rows **out) GT_CHECKED;
void gt_wv_rows_free(gt_ctx *ctx, wv_rows *rows);
/* Adds one entry: keys as in wv_cell. Of a tuple without any code nothing is kept. */
gt_status gt_wv_rows_add(gt_ctx *ctx, wv_rows *rows, int worker, const uint64_t *keys, size_t n,
                         int64_t area, int64_t plane, size_t index) GT_CHECKED;

size_t gt_wv_rows_parts(const wv_rows *rows);

/* Rows of a part in order; arrays belong to the worker and last until its next call. */
typedef struct wv_part {
    size_t n;
    const uint64_t *keys; /* packed: for gt_wv_rows_codes, gt_wv_rows_words each */
    const wv_sum *sums;
    size_t n_records; /* when indexed: record i came from entry index[i] and went to row row[i] */
    const size_t *index;
    const uint32_t *row;
} wv_part;
/* Sorts and sums a part, and gives up its records: once for each part, by any worker. */
gt_status gt_wv_rows_part(gt_ctx *ctx, wv_rows *rows, size_t part, int worker,
                          wv_part *out) GT_CHECKED;
size_t gt_wv_rows_words(const wv_rows *rows);
/* n_layers codes of a packed tuple. */
void gt_wv_rows_codes(const wv_rows *rows, const uint64_t *key, uint32_t *codes);

/* The entries of all cells. first_entry (n_cells + 1, the caller's) makes the rows indexed, by
 * entries counted through all cells; NULL: not. */
gt_status gt_wv_rows_of(gt_ctx *ctx, const gt_weave *w, const wv_codes *codes,
                        const size_t *first_entry, wv_rows **out) GT_CHECKED;
/* gt_weave_run that keeps nothing but the areas by tuple: gt_weave_sum without its last step. */
gt_status gt_wv_run_rows(gt_ctx *ctx, uint32_t n_layers, const gt_weave_batch *batches,
                         size_t n_batches, const gt_weave_options *options, const wv_codes *codes,
                         gt_weave_stats *stats, wv_rows **out) GT_CHECKED;

#endif
