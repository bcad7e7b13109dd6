/* What a condition compares its names with: codes, dates, numbers, texts. */
#ifndef GT_PLAN_EXPR_LITERALS_H
#define GT_PLAN_EXPR_LITERALS_H

#include "guotu/arena.h"
#include "plan/expr.h"

typedef struct gt_literal_name {
    const char *name;
    gt_field_type type;       /* 0: not known, anything goes */
    const gt_codelist *codes; /* NULL: free */
} gt_literal_name;

/* Hands every comparison that can never be true to the sink: a code that is not in the name's list,
 * a land class that is none, no date, a text for a number, a number for a text. `text` is one that
 * compiles. Scratch is the arena's, 24 bytes a byte of text. */
gt_status gt_expr_literals(gt_arena *arena, const gt_package *package, const char *text,
                           const gt_literal_name *names, size_t n, gt_expr_sink sink,
                           void *user) GT_CHECKED;

#endif
