/* The rows behind a condition of a balance that does not hold. Internal. */
#ifndef GT_LEDGER_BALANCE_ROWS_H
#define GT_LEDGER_BALANCE_ROWS_H

#include "guotu/expr.h"
#include "ledger/book.h"

typedef struct gt_rows_ask {
    gt_ctx *ctx;
    gt_book *book;
    const gt_balance *balance;
    int year;
    gt_sql *sql;
    gt_arena *arena; /* of the rows */
} gt_rows_ask;

/* Fills rows, n_rows and n_all of what is broken, whose must, unit and open stand already. must:
 * its compiled condition, NULL for the balance's own test. */
gt_status gt_balance_name_rows(const gt_rows_ask *ask, const gt_expr *must,
                               gt_balance_broken *broken) GT_CHECKED;

#endif
