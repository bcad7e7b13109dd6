/* The rows of an area table. Internal. */
#ifndef GT_COVERAGE_AREA_TABLE_H
#define GT_COVERAGE_AREA_TABLE_H

#include "coverage/words.h"
#include "guotu/arena.h"
#include "guotu/coverage.h"

enum { GT_AREA_COLUMNS = 16 };

struct gt_area_table {
    gt_ctx *ctx;
    gt_arena *arena;
    size_t n_columns, n_rows;
    gt_area_column columns[GT_AREA_COLUMNS];
    const char **texts; /* n_rows * n_columns */
    uint32_t *codes;    /* the same: number of the text among the column's */
    uint32_t n_codes[GT_AREA_COLUMNS];
    double *m2;
    double total;
};

/* Sorts the rows by their texts. */
gt_status gt_area_table_order(gt_area_table *table) GT_CHECKED;

#endif
