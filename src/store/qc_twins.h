/* Equal values in a stream of any length, in bounded memory: 8-byte hashes with row numbers, sorted
 * in runs that go to an unnamed temporary file when there are many. Finds rows whose hashes are
 * equal; whether the values are equal is for the caller to confirm. */
#ifndef GT_STORE_QC_TWINS_H
#define GT_STORE_QC_TWINS_H

#include "guotu/context.h"

typedef struct qc_twin {
    uint64_t hash;
    int64_t row;
} qc_twin;

typedef struct qc_twins qc_twins;

/* bytes: memory for one run (0: 4 MiB, 262,144 rows). dir: where the temporary file goes. */
gt_status qc_twins_new(gt_ctx *ctx, size_t bytes, const char *dir, qc_twins **out) GT_CHECKED;
gt_status qc_twins_add(gt_ctx *ctx, qc_twins *twins, uint64_t hash, int64_t row) GT_CHECKED;
/* Rows that share their hash with another, sorted by hash, then row: at most `max` of them are kept
 * in *out (owned by the caller), *total counts all. Ends the collecting. */
gt_status qc_twins_finish(gt_ctx *ctx, qc_twins *twins, size_t max, qc_twin **out, size_t *n,
                          uint64_t *total) GT_CHECKED;
void qc_twins_free(gt_ctx *ctx, qc_twins *twins);

#endif
