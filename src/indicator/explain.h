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
    gt_area_table *table; /* the account by feature; NULL: no data */
    gt_book_cut cut;
    int64_t sums[GT_MOST_SUMS]; /* quanta of the sums of ledgers */
} side;

/* A row of the account of one side. */
typedef struct bit {
    const char *where, *unit, *classes;
    const char *ground;     /* features of the layers that `of` reads */
    int64_t counted, total; /* mm2, negative before */
    int64_t mm2;
    bool after;
} bit;

/* What one place gained. */
typedef struct move {
    const char *where, *unit, *before, *after, *ground;
    int64_t counted, total;
    double net_total; /* of total, what others on the same ground do not give or take */
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
    bool of_reads[MOST_LAYERS]; /* the condition `of` reads the layer */
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

/* The features of a row of the account, and the texts of its words, into j->scratch. */
void gt_explain_where(job *j, const gt_area_table *t, size_t row);
void gt_explain_classes(job *j, const gt_area_table *t, size_t row);
/* Sums the bits of one place into moves, by place; what did not move is dropped. A denominator
 * moves by what it gained or lost on the whole, not by land that one feature leaves and another
 * takes. */
gt_status gt_explain_gather(job *j) GT_CHECKED;
/* What moves were before, or are after, where that is not counted: from the account of that side.
 */
gt_status gt_explain_ends(job *j, const gt_area_table *t, bool after) GT_CHECKED;

/* Layer of a word of the account; in the arena. NULL: no memory. */
const char *gt_explain_layer(job *j, const char *word);
/* Does every column of the account say something? A layer that covers nothing was not there yet. */
bool gt_explain_speaks(const job *j, const gt_area_table *t);
/* Sums and knownness of both sides: those of one from its account, which is kept where it can be,
 * those of the other by what moved, which their `given` hold. */
gt_status gt_explain_sums(job *j, side *a, side *b) GT_CHECKED;

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
