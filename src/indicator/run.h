/* Inside indicator: one run over a workspace. */
#ifndef GT_INDICATOR_RUN_H
#define GT_INDICATOR_RUN_H

#include "guotu/arena.h"
#include "guotu/indicator.h"

enum { MOST_SERIES = 12, MOST_TEXTS = 63, MOST_COLUMNS = 16 /* of gt_areas */ };

typedef struct unit_sums {
    const char *district, *town;
    int64_t counted, total; /* mm2 */
} unit_sums;

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
} run;

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
