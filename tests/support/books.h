/* Books for tests: a workspace of a package of the test tree, its ledgers open for writing, the
 * actor "bureau" registered as the first. Each function fails the test when the call below it
 * fails. */
#ifndef GT_TESTS_BOOKS_H
#define GT_TESTS_BOOKS_H

#include "guotu/ledger.h"
#include "support/store.h"

typedef struct test_books {
    gt_ctx *ctx;
    char *dir; /* the workspace is dir/w */
    gt_package *package;
    gt_store *store;
    gt_book *book;
} test_books;

void test_books_open(test_books *b, const char *package_dir);
/* Frees everything, and finds leaks. */
void test_books_shut(test_books *b);

/* An action of the bureau's on a day (GT_DATE_NONE: today). */
gt_act test_act(gt_date day);
/* "name=value;name=value" as fields; the texts stay valid until the next call. */
size_t test_fields(const char *text, gt_field_text *out, size_t most);
/* Adds a record of that id, unit and fields ("name=value;..."); the status is the action's own. */
gt_status test_add(test_books *b, const char *ledger, const char *id, const char *unit,
                   const char *fields, gt_date day) GT_CHECKED;
gt_status test_set(test_books *b, const char *ledger, const char *id, const char *unit,
                   const char *fields, gt_date day) GT_CHECKED;
gt_status test_move(test_books *b, const char *ledger, const char *id, const char *move,
                    gt_date day) GT_CHECKED;
/* A polygon box of w by h metres at (x, y) from the corner of the test area. */
void test_box_geom(gt_ctx *ctx, double x, double y, double w, double h, gt_geom *out);

#endif
