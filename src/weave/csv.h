/* Inside weave: a CSV file written fast and whole: beside its place first, renamed when complete.
 * Pieces made by workers have no file: they are memory, to be joined in order. Writing is sticky:
 * errors show at close or join. */
#ifndef GT_WEAVE_CSV_H
#define GT_WEAVE_CSV_H

#include <stdio.h>

#include "guotu/context.h"

typedef struct wv_csv {
    gt_ctx *ctx; /* of the running task, borrowed */
    FILE *file;  /* NULL: a piece */
    char *path, *part;
    char *data; /* not yet written */
    size_t n, cap;
    gt_status st;
} wv_csv;

gt_status wv_csv_open(gt_ctx *ctx, wv_csv *csv, const char *path) GT_CHECKED;
void wv_csv_text(wv_csv *csv, const char *text, size_t len);
void wv_csv_integer(wv_csv *csv, int64_t value);
/* Six decimals, rounded half away from zero. */
void wv_csv_micro(wv_csv *csv, double value);
/* Moves what a piece holds to the end of the file. */
gt_status wv_csv_join(wv_csv *csv, wv_csv *piece) GT_CHECKED;
gt_status wv_csv_close(gt_ctx *ctx, wv_csv *csv) GT_CHECKED;
void wv_csv_abandon(gt_ctx *ctx, wv_csv *csv);

#endif
