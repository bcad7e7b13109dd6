/* CQL2 text (OGC 21-065r2): the filter of a request, translated into a guarded expression.
 *
 * Read: comparisons (= <> < <= > >=), IS [NOT] NULL, [NOT] LIKE, [NOT] BETWEEN, [NOT] IN, AND, OR,
 * NOT, brackets, TRUE, FALSE, numbers, 'text', DATE('...'), CASEI(...); names plain or "quoted".
 * Nothing of the request's text reaches SQL: attributes become f0, f1, ... and literals v0, v1,
 * ..., both bound variables of guotu/expr.h, whose authorizer lets no table be read. Internal to
 * serve. */
#ifndef GT_SERVE_CQL2_H
#define GT_SERVE_CQL2_H

#include "guotu/arena.h"
#include "guotu/expr.h"
#include "guotu/standard.h"

enum {
    GT_FILTER_TEXT = 4096,
    GT_FILTER_DEPTH = 24,
    GT_FILTER_LITERALS = 256,
    GT_FILTER_PATTERN = 256 /* bytes of a LIKE pattern, as expr.h bounds it */
};

typedef struct gt_filter {
    const gt_standard *standard; /* borrowed */
    gt_arena *arena;             /* borrowed */
    gt_text sql;
    gt_value *values; /* fields, then the feature's id, then literals */
    size_t n_literals;
    gt_sql *engine;
    gt_expr *expr; /* NULL: everything passes */
} gt_filter;

/* Empty filter. Holds memory from now on: gt_filter_close. */
gt_status gt_filter_open(gt_ctx *ctx, const gt_standard *standard, gt_arena *arena,
                         gt_filter *out) GT_CHECKED;
/* And what the text says. GT_E_INPUT with the position; GT_E_LIMIT. */
gt_status gt_filter_cql2(gt_ctx *ctx, gt_filter *filter, const char *text) GT_CHECKED;
/* And `field` equals the text, read as the field's type. GT_E_INPUT: no such value is possible. */
gt_status gt_filter_equal(gt_ctx *ctx, gt_filter *filter, int field, const char *text) GT_CHECKED;
/* After the last condition, before the first test. */
gt_status gt_filter_ready(gt_ctx *ctx, gt_filter *filter) GT_CHECKED;
gt_status gt_filter_test(gt_ctx *ctx, gt_filter *filter, const gt_feature *feature,
                         bool *out) GT_CHECKED;
void gt_filter_close(gt_ctx *ctx, gt_filter *filter);

#endif
