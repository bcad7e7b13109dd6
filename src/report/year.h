/* Inside report: what a yearly report says, gathered once for every form it takes. */
#ifndef GT_REPORT_YEAR_H
#define GT_REPORT_YEAR_H

#include "guotu/ledger.h"
#include "guotu/yearly.h"
#include "report/words.h"

enum { GT_YEARS_MOST = 10, GT_GRADES = 5 };

typedef struct gt_year_item {
    const gt_indicator *in;
    size_t first, n; /* its rows in the table of the year: the city first */
    bool known[GT_YEARS_MOST];
    double value[GT_YEARS_MOST];    /* in the indicator's unit, by year */
    const gt_indicator_row *judged; /* row that counts: of the city, in force, the worst; of its
                                       districts where the target is each one's own */
    size_t n_each, n_missed;        /* districts asked each for itself; behind or broken of them */
    gt_explanation *why;            /* NULL: it did not move, or an end is not known */
} gt_year_item;

typedef struct gt_year_ledger { /* a ledger that holds records */
    const gt_ledger *ledger;
    int64_t all, open, of_year, overdue; /* overdue: on the last day of the year */
} gt_year_ledger;

typedef struct gt_year {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    const gt_yearly_options *o;
    gt_indicator_table *table; /* of the year, down to districts */
    gt_year_item *items;
    size_t n_items;
    int first_year, n_years;
    size_t standings[GT_STAND_NO_TARGET + 1];
    gt_arena *arena; /* of what follows */
    gt_year_ledger *ledgers;
    size_t n_ledgers;
    gt_balance_result *balances; /* those with lines */
    size_t n_balances;
    bool generated;
    char revision[64], package_text[128];
} gt_year;

gt_status gt_year_gather(gt_ctx *ctx, gt_store *store, const gt_package *package,
                         const gt_yearly_options *options, gt_year *out) GT_CHECKED;
void gt_year_free(gt_year *year);
gt_status gt_year_pdf(const gt_year *year, const char *path) GT_CHECKED;
gt_status gt_year_xlsx(const gt_year *year, const char *path) GT_CHECKED;

/* Ledgers and accounts into `year`. */
gt_status gt_year_books(gt_year *year) GT_CHECKED;
/* "closes; condition met" ...; static. */
const char *gt_year_balance_standing(const gt_balance_result *balance, bool zh);

/* Row i of an item. */
const gt_indicator_row *gt_year_row(const gt_year *year, const gt_year_item *item, size_t i);
/* The row whose target stands beside `row` in tables: itself, or the worst district's where each is
 * asked for itself. */
const gt_indicator_row *gt_year_asked(const gt_year_item *item, const gt_indicator_row *row);
/* "≥ 45 (2025)", "45 左右（2025）"; "" without a target. */
void gt_year_target(const gt_year *year, const gt_indicator_row *row, char *out, size_t cap);
/* The value with thousands apart, "-" when unknown. */
void gt_year_value(const gt_indicator_row *row, char out[GT_NUMBER_TEXT]);
/* Unit as a reader writes it: "万亩", "km²". */
const char *gt_year_unit(const gt_indicator *in, gt_lang lang);
/* Its title with the unit in brackets where it has one. */
void gt_year_heading(const gt_indicator *in, gt_lang lang, char *out, size_t cap);
gt_rgb gt_grade_color(gt_grade grade);

#endif
