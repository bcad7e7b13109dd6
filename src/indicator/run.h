/* Inside indicator: one run over a workspace. */
#ifndef GT_INDICATOR_RUN_H
#define GT_INDICATOR_RUN_H

#include "guotu/arena.h"
#include "guotu/indicator.h"
#include "guotu/ledger.h"

enum {
    MOST_VALUES = GT_SERIES_NAMES * GT_MOST_SERIES + GT_MOST_SUMS, /* a formula's own */
    MOST_TEXTS = 63,
    MOST_COLUMNS = 16 /* of gt_areas */
};

typedef struct unit_sums {
    const char *district, *town;
    int64_t counted, total; /* mm2 */
} unit_sums;

/* What one unit has in the sums of ledgers of the indicator at hand. */
typedef struct unit_books {
    const char *unit; /* in the table's arena */
    int64_t quanta[GT_MOST_SUMS];
} unit_books;

/* The sums of ledgers of the indicator at hand in one state of the books. */
typedef struct books_at {
    int year;            /* of a past state; 0: none read yet */
    unit_books whole;    /* the city */
    unit_books *by_unit; /* and its units, by name */
    size_t n, cap;
    bool known[GT_MOST_SUMS];
} books_at;

typedef struct account {
    const char *words;
    gt_area_table *table; /* NULL: no data */
    struct account *next;
} account;

struct gt_indicator_table {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_indicator_row *rows;
    size_t n_rows, cap;
    int year;
};

typedef struct run {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    const gt_indicators_options *options;
    gt_areas_options areas;
    gt_sql *sql;
    gt_series_book *book;
    account *accounts;
    account *common; /* one of them, or NULL */
    gt_indicator_table *table;
    unit_sums *units; /* of the indicator at hand */
    size_t n_units, cap_units;
    gt_book *ledgers; /* opened when the first indicator reads them */
    gt_book_cut cut;  /* their state that goes with the map's */
    books_at books;   /* of the indicator at hand, in that state */
    books_at past;    /* and at the end of a year: where its base is looked for */
    int first_year;   /* of its books; 0: none, -1: not asked yet */
    bool books_generated[GT_MOST_SUMS];
} run;

/* The table that holds the words of the indicator's account; *out NULL or without a table: no data.
 */
gt_status gt_run_account(run *r, const gt_indicator *in, account **out) GT_CHECKED;
/* Is the piece of `len` bytes of a table's words the word, or asks whether it has a text? */
bool gt_run_is_word(const char *piece, size_t len, const char *word);
/* Sums of the indicator for every unit: r->units, sorted. *known: its layers cover something. */
gt_status gt_run_count(run *r, const gt_indicator *in, bool *known) GT_CHECKED;

/* Where the values of the indicator's sums of ledgers stand among a formula's own. */
static inline size_t gt_first_sum(const gt_indicator *in)
{
    return GT_SERIES_NAMES * in->n_series;
}
/* Adds up the sums of ledgers for the city and every unit: r->books. */
gt_status gt_run_books(run *r, const gt_indicator *in) GT_CHECKED;
/* The same as the books were at the end of a year: r->past. */
gt_status gt_run_past_books(run *r, const gt_indicator *in, int year) GT_CHECKED;
/* First year in which a ledger of the indicator has an entry; 0: none. */
gt_status gt_run_first_book_year(run *r, const gt_indicator *in, int *year) GT_CHECKED;
/* Writes the sums for a place ("": the city) into values, the formula's own. */
void gt_run_book_values(const books_at *books, const gt_indicator *in, const char *place,
                        gt_value *values);
/* Books as the map's state `rev` (0: newest) and `date` has them. */
gt_status gt_book_cut_of(gt_ctx *ctx, gt_store *store, int64_t rev, gt_date date, int year,
                         gt_book_cut *out) GT_CHECKED;

/* The conditions of an indicator, compiled; NULL members where it has none. */
typedef struct gt_counter {
    gt_expr *count, *of; /* of the evaluator */
} gt_counter;
gt_status gt_counter_open(gt_ctx *ctx, gt_sql *sql, const gt_indicator *indicator,
                          gt_counter *out) GT_CHECKED;
/* Which sums a row goes into. texts as gt_piece. */
gt_status gt_counter_test(gt_ctx *ctx, const gt_counter *counter, const gt_indicator *indicator,
                          int year, const char *const *texts, bool *counted,
                          bool *total) GT_CHECKED;

/* Layer of a word of the account, as in gt_areas; scratch may hold it. NULL: too long. */
const char *gt_indicator_layer(const gt_package *package, const char *word, char *scratch,
                               size_t cap);

/* Fills missing, vintage and generated of a row whose value is known or not. */
gt_status gt_indicator_sources(run *r, const gt_indicator *indicator, bool counted,
                               const char *place, gt_indicator_row *row) GT_CHECKED;

#endif
