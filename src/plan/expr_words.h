/* Cutting a guarded expression into words. */
#ifndef GT_PLAN_EXPR_WORDS_H
#define GT_PLAN_EXPR_WORDS_H

#include "plan/expr.h"

enum { GT_EXPR_WORDS = 2048 }; /* of one expression */

typedef struct gt_cutter {
    gt_ctx *ctx;
    const gt_package *package; /* parameters; may be NULL */
    const char *text;
    size_t at, len;
    const char *const *names;
    size_t n_names;
    gt_expr_sink sink;
    void *user;
    size_t faults;
    gt_text out;  /* the SQL handed to SQLite */
    size_t *used; /* variable -> index of the name, or SIZE_MAX - k for parameter k */
    size_t n_used, cap_used;
    size_t *places; /* pairs: offset in out, offset in text */
    size_t n_places, cap_places;
    int parens;
    gt_status status;
} gt_cutter;

/* Hands one mistake to the sink. */
void gt_cutter_fault(gt_cutter *cutter, const gt_message *message, size_t at, const gt_arg *args);
/* Writes "SELECT (...)" with every name and parameter as a variable into cutter->out; mistakes go
 * to the sink, memory to cutter->status. */
void gt_cut(gt_cutter *cutter);
/* Is the function one an expression may call? */
bool gt_expr_allows(const char *function);

#endif
