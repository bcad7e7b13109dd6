/* Attribute checks: one value against one field of the standard, and findings on their way to the
 * notes. Used by import (raw values of a file) and by the check of stored layers. */
#ifndef GT_STORE_QC_FIELDS_H
#define GT_STORE_QC_FIELDS_H

#include "guotu/arena.h"
#include "guotu/qc.h"

/* ---- findings of one batch: cheap to add, texts borrowed from an arena or static ------------- */

enum { QC_HIT_ARGS = 4 };

typedef struct qc_hit {
    gt_severity severity;
    const gt_message *message;
    int64_t row;         /* 0: of the file as a whole */
    const char *feature; /* or NULL */
    const char *field;   /* or NULL */
    bool has_xy;
    double x, y;
    gt_arg args[QC_HIT_ARGS + 1];
} qc_hit;

typedef struct qc_hits {
    qc_hit *hit;
    size_t n, cap;
    size_t n_errors;
} qc_hits;

/* Next free hit, zeroed; NULL when memory is out. */
qc_hit *qc_hits_add(gt_ctx *ctx, qc_hits *hits, gt_severity severity, const gt_message *message);
/* Findings and repairs of a geometry. */
gt_status qc_hits_geometry(gt_ctx *ctx, qc_hits *hits, const gt_qc_result *result, int64_t row,
                           const char *feature);
gt_status qc_hits_change(gt_ctx *ctx, qc_hits *hits, const gt_qc_change *change, int64_t row,
                         const char *feature);
/* Hands all to notes, in order, and empties the list. */
gt_status qc_hits_flush(gt_ctx *ctx, qc_hits *hits, gt_notes *notes, const char *file,
                        const char *layer);
void qc_hits_free(gt_ctx *ctx, qc_hits *hits);

/* ---- values ---------------------------------------------------------------------------------- */

typedef struct qc_value_check {
    gt_value value; /* as the field wants it; text in the arena or borrowed from the input */
    bool coerced;   /* converted without loss from another type or spelling */
    const gt_message *message; /* NULL: fits. Otherwise why not, with args */
    gt_arg args[QC_HIT_ARGS + 1];
} qc_value_check;

/* Checks and converts one value. hints: look for the nearest code (slow: the whole list).
 * GT_E_MEMORY only. */
gt_status qc_value(gt_ctx *ctx, gt_arena *arena, const gt_field *field, const gt_value *in,
                   bool hints, qc_value_check *out);
/* The code of the list that the user most likely meant, NULL when none is near. */
const gt_code *qc_nearest_code(const gt_codelist *list, const char *text);
/* 64-bit hash of an identifier for the duplicate check. */
uint64_t qc_text_hash(const char *text, size_t len);

#endif
