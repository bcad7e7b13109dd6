/* Inside indicator: the working state of one explanation. */
#ifndef GT_INDICATOR_EXPLAIN_H
#define GT_INDICATOR_EXPLAIN_H

#include "guotu/text.h"
#include "indicator/run.h"

enum { MOST_LAYERS = 8, LOOKED_UP = 500 };

typedef struct side {
    gt_state state;
    gt_series_book *book;
    gt_value values[GT_SERIES_NAMES * MOST_SERIES];
    gt_ingredients given;
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
    gt_arena *arena;
    gt_text scratch;
    const char *layers[MOST_LAYERS];
    size_t n_layers;
    bit *bits;
    size_t n_bits, cap_bits;
    move *moves;
    size_t n_moves, cap_moves;
    gt_contribution *list;
    size_t n_list, cap_list;
} job;

#endif
