/* Exact sums of areas over sets of codes: what an account is made of. Internal. */
#ifndef GT_COVERAGE_SUMS_H
#define GT_COVERAGE_SUMS_H

#include "coverage/words.h"

__extension__ typedef __int128 gt_wide;

/* Units of GT_WEAVE_UNIT m2. n: how many pieces were added, less those taken away; a row with
 * n == 0 is no more. */
typedef struct gt_sum {
    gt_wide area, plane;
    int64_t n;
} gt_sum;

typedef struct gt_sums {
    gt_ctx *ctx;
    gt_words *keys; /* a row's keys as bytes */
    gt_sum *sums;   /* by number of its key */
    size_t cap;
} gt_sums;

/* layer << 32 | code. */
static inline uint64_t gt_sum_key(uint32_t layer, uint32_t code)
{
    return (uint64_t)layer << 32 | code;
}
gt_status gt_sums_init(gt_ctx *ctx, gt_sums *sums) GT_CHECKED;
void gt_sums_free(gt_sums *sums);
/* Sorts keys[0..n) and drops doubles; returns how many are left. */
size_t gt_sum_keys_tidy(uint64_t *keys, size_t n);
/* Adds to the row of these tidy keys. */
gt_status gt_sums_add(gt_sums *sums, const uint64_t *keys, size_t n, const gt_sum *add) GT_CHECKED;
static inline size_t gt_sums_count(const gt_sums *sums)
{
    return gt_words_count(sums->keys);
}
/* Keys of row i, borrowed. Not aligned: read with gt_sum_key_at. */
const char *gt_sums_keys(const gt_sums *sums, size_t i, size_t *n);
uint64_t gt_sum_key_at(const char *keys, size_t i);

#endif
