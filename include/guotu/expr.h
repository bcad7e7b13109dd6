/* Guarded SQL expressions: the conditions of rules, evaluated by SQLite and by nothing else.
 *
 * An expression is one SQL value expression (SQLite's dialect): comparisons, AND OR NOT, IN (...),
 * BETWEEN, LIKE, GLOB, IS [NOT] NULL, CASE, arithmetic, ||, CAST, and the functions
 *
 *   abs ceil ceiling coalesce floor glob ifnull iif instr length like lower ltrim max min nullif
 *   replace round rtrim sign substr substring trim upper
 *   days(date)           days since 1970-01-01; dates are text YYYY-MM-DD, anything else gives NULL
 *   year(date)
 *
 * and, with a package that names its land classes,
 *
 *   big_class(code)      'farm', 'construction', 'unused'; NULL for a code not in the list
 *   is_class(code, c...) 1 when code is one of c or lies below one of them in the list
 *   planning_class(code) the class of the mapped list
 *
 * Names are those given to gt_expr_compile; `:id` is a parameter of the package in its base unit
 * (m2, m, 1). There is no table to read: SELECT, subqueries, comments and bound variables are
 * refused when compiling, as are functions not listed. Every evaluation is bounded: SQL text 8 KiB,
 * 32 levels of brackets, text values 64 KiB, 50 000 steps. Nothing depends on the clock or the
 * machine. Values are compared as SQLite compares them: text with text, number with number, no
 * conversion. */
#ifndef GUOTU_EXPR_H
#define GUOTU_EXPR_H

#include "guotu/package.h"

typedef struct gt_sql gt_sql;   /* an evaluator: one SQLite connection in memory; one thread */
typedef struct gt_expr gt_expr; /* a compiled expression of one evaluator */

typedef enum gt_truth { GT_FALSE = 0, GT_TRUE = 1, GT_UNKNOWN = 2 } gt_truth;

/* New evaluator, owned by the caller. package (borrowed, may be NULL) gives the parameters and land
 * classes. Cost: about 60 us and 60 KiB. */
gt_status gt_sql_new(gt_ctx *ctx, const gt_package *package, gt_sql **out) GT_CHECKED;
/* Frees the evaluator and every expression of it. NULL is accepted. */
void gt_sql_free(gt_sql *sql);

/* Compiles `text`. names: what it may use (ASCII case-insensitive), borrowed for the call. place
 * (may be NULL): where the text stands; the error's column is moved to the faulty word when the
 * text is on one line. GT_E_INPUT with a hint. Owned by the evaluator. Cost: 5-20 us. */
gt_status gt_expr_compile(gt_ctx *ctx, gt_sql *sql, const char *text, const char *const *names,
                          size_t n_names, const gt_place *place, gt_expr **out) GT_CHECKED;
/* Indexes of the names it uses, ascending; borrowed. */
const size_t *gt_expr_used(const gt_expr *expr, size_t *n);
/* Evaluates with values[i] for names[i] (only the used ones are looked at; texts are borrowed for
 * the call). Text in *out is borrowed until the next evaluation of the expression, and may
 * point into the values. GT_E_LIMIT when a bound is met.
 * About 0.5 us and up. */
gt_status gt_expr_eval(gt_ctx *ctx, gt_expr *expr, const gt_value *values,
                       gt_value *out) GT_CHECKED;
/* As a condition: NULL is unknown, 0 false, other numbers true; a text counts as its number. */
gt_status gt_expr_test(gt_ctx *ctx, gt_expr *expr, const gt_value *values,
                       gt_truth *out) GT_CHECKED;

/* Does `text` use `name` for nothing but `name IS NULL` and `name IS NOT NULL`? Then any value that
 * is not NULL gives the same result. True as well when it does not use it, or is NULL; false in
 * doubt. No memory, linear. */
bool gt_expr_asks_only_null(const char *text, const char *name);

#endif
