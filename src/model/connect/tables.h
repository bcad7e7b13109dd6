/* Tables of kernels: CSV with a line of names, written beside their place and renamed. Internal. */
#ifndef GT_MODEL_CONNECT_TABLES_H
#define GT_MODEL_CONNECT_TABLES_H

#include "guotu/context.h"
#include "guotu/text.h"

/* Puts the text in place at path, whole or not at all. Nothing when path is NULL. */
gt_status gt_table_write(gt_ctx *ctx, const char *path, const gt_text *text) GT_CHECKED;
/* A number as short as it can be and still be the same double; nothing when it is NaN. */
void gt_table_real(gt_text *out, double v);

#define GT_TABLE_BYTES_MAX ((size_t)256 << 20)

/* Columns of numbers of a CSV file, by name; other columns are passed over, quotes as RFC 4180 has
 * them. *out: rows x n_names, row by row, owned by the caller (gt_free). GT_E_NOT_FOUND;
 * GT_E_INPUT "connect.column", "connect.table" with the line; GT_E_LIMIT beyond
 * GT_TABLE_BYTES_MAX. */
gt_status gt_table_read(gt_ctx *ctx, const char *path, const char *const *names, size_t n_names,
                        double **out, size_t *rows) GT_CHECKED;

#endif
