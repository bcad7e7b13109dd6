/* Inside indicator: the working state of one explanation. */
#ifndef GT_INDICATOR_EXPLAIN_H
#define GT_INDICATOR_EXPLAIN_H

#include "guotu/text.h"
#include "indicator/run.h"

enum { MOST_LAYERS = 8, LOOKED_UP = 500 };

typedef struct side {
    gt_state state;
    gt_series_book *book;
    gt_value values[MOST_VALUES];
    gt_ingredients given;
    gt_book_cut cut;
    int64_t sums[GT_MOST_SUMS]; /* quanta of the sums of ledgers */
} side;

/* A row of the account of one side. */
typedef struct bit {
    const char *where, *unit, *classes;
    int64_t counted, total; /* mm2, negative before */
    int64_t mm2;
    bool after;
} bit;

/* What one place gained. */
typedef struct move {
    const char *where, *unit, *before, *after;
    int64_t counted, total;
} move;

/* What one event of a ledger gained a sum. */
typedef struct deed {
    const char *where, *unit, *before, *after;
    int64_t event, quanta;
} deed;

typedef struct share {
    size_t at;
    int64_t quanta;
    double rest;
} share;

typedef struct owned {
    gt_explanation explanation; /* first: it is what callers hold */
    gt_arena *arena;
} owned;

typedef struct job {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    const gt_indicator *in;
    const char *unit;
    gt_state from, to;
    gt_sql *sql;
    gt_book *ledgers; /* NULL: the indicator reads none */
    gt_arena *arena;
    gt_text scratch;
    const char *layers[MOST_LAYERS];
    size_t n_layers;
    bit *bits;
    size_t n_bits, cap_bits;
    move *moves;
    size_t n_moves, cap_moves;
    deed *deeds; /* of the sum at hand */
    size_t n_deeds, cap_deeds;
    gt_contribution *list;
    size_t n_list, cap_list;
} job;

gt_status gt_explain_value(job *j, const gt_ingredients *given, bool *known,
                           int64_t *quanta) GT_CHECKED;
gt_status gt_explain_add(job *j, gt_contribution contribution) GT_CHECKED;
/* Splits a step into floors of weight * slope, what is left to the largest remainders. Returns what
 * is more than rounding: the bend of a formula. */
int64_t gt_explain_deal(int64_t step, const double *weights, double slope, share *shares, size_t n);
/* Sums of ledgers of one side, into sums and values. */
gt_status gt_explain_books(job *j, side *s) GT_CHECKED;
/* The step that sum i makes, from `given` with the sum of `a` to the same with that of `b`. */
gt_status gt_explain_book_step(job *j, const side *a, const side *b, size_t i,
                               const gt_ingredients *given, int64_t step) GT_CHECKED;

#endif
