/* Inside of guarded expressions: compiling with every mistake handed to a sink. */
#ifndef GT_PLAN_EXPR_H
#define GT_PLAN_EXPR_H

#include "guotu/expr.h"

/* One mistake: offset is a byte of the text. args live for the call only. */
typedef void (*gt_expr_sink)(void *user, const gt_message *message, size_t offset,
                             const gt_arg *args);

/* As gt_expr_compile, but hands all mistakes to the sink and returns GT_E_INPUT then. out may be
 * NULL: check only. */
gt_status gt_expr_check(gt_ctx *ctx, gt_sql *sql, const char *text, const char *const *names,
                        size_t n_names, gt_expr_sink sink, void *user, gt_expr **out) GT_CHECKED;
/* Appends text with each name that has a default (fallback) rewritten to coalesce(name, (default));
 * strings, parameters and calls are left. */
void gt_expr_expand(const char *text, const gt_name *names, size_t n, gt_text *out);
/* The package whose parameters and land classes count; may be NULL. */
void gt_sql_set_package(gt_sql *sql, const gt_package *package);

#endif
