/* Indicators: figures that the plans watch, their values from the account of weave and from series,
 * and how they stand to the targets of a year. What an indicator is stands in the package
 * (package.h); nothing here knows a city. Source: cards IN-4 and IN-5 of the model library
 * (composition; progress against time). */
#ifndef GUOTU_INDICATOR_H
#define GUOTU_INDICATOR_H

#include "guotu/coverage.h"
#include "guotu/expr.h"
#include "guotu/package.h"
#include "guotu/series.h"
#include "guotu/store.h"

/* ---- standing of one value to one target ------------------------------------------------------
 */

typedef enum gt_standing {
    GT_STAND_MET = 0,     /* the target holds */
    GT_STAND_ON_PATH,     /* not yet due; at least 0.9 of the way that the time passed asks for */
    GT_STAND_BEHIND,      /* not yet due and less than that; or due, missed, and only guidance */
    GT_STAND_BROKEN,      /* due and missed, or below a base that must not fall */
    GT_STAND_UNDECIDABLE, /* see why */
    GT_STAND_NO_TARGET    /* nothing is asked: a part of the city, or a figure without targets */
} gt_standing;

typedef enum gt_grade { GT_GREY = 0, GT_GREEN, GT_YELLOW, GT_ORANGE, GT_RED } gt_grade;

typedef enum gt_why {
    GT_WHY_NONE = 0,
    GT_WHY_NO_VALUE,    /* no formula, or the data for it were not loaded */
    GT_WHY_OPEN,        /* the plan leaves the number to others, and it was not loaded */
    GT_WHY_NO_BASE,     /* no earlier value to measure from */
    GT_WHY_BEFORE_BASE, /* the year lies before the base year */
    GT_WHY_ALTERNATIVE  /* the plan prints several figures; some hold and some do not */
} gt_why;

typedef struct gt_judgement {
    gt_standing standing;
    gt_grade grade;  /* red: broken; orange: ratio < 0.6, or guidance missed; yellow: ratio < 0.9 */
    gt_why why;      /* of GT_STAND_UNDECIDABLE */
    double progress; /* (x - base) / (target - base); NAN when not used */
    double time;     /* (year - base year) / (target year - base year); NAN when not used */
} gt_judgement;

/* What is judged. Base units: m2, 1. */
typedef struct gt_judged {
    int year;
    bool known;
    double x;
    bool asked_known; /* of a target whose figure is in a series */
    double asked;
    int base_year; /* 0: there is no base value */
    double base;
} gt_judged;

/* Areas are compared to 1e-6 m2, so that a target missed by one square metre is missed; shares to
 * 1e-12. target NULL: nothing is asked. Cannot fail. */
gt_judgement gt_indicator_judge(const gt_indicator *indicator, const gt_target *target,
                                const gt_judged *value);
/* Static words: "met", "on_path", ...; and for readers. */
const char *gt_standing_name(gt_standing standing);
gt_title gt_standing_title(gt_standing standing);
gt_title gt_grade_title(gt_grade grade);
const char *gt_grade_name(gt_grade grade);
gt_title gt_why_title(gt_why why);
/* "<=", ">=", ... as the package writes it; static. And for readers: "≤", "不减少". */
const char *gt_target_op_name(gt_target_op op);
gt_title gt_target_op_title(gt_target_op op);

/* ---- one value from given facts ---------------------------------------------------------------
 */

/* A piece of the account: texts of the indicator's names but the year, "" or NULL for none. */
typedef struct gt_piece {
    const char *const *texts; /* n_names - 1: district, then the account's words */
    int64_t mm2;
} gt_piece;

/* Everything a value is made of. */
typedef struct gt_ingredients {
    int year;
    bool counted_known;     /* the account has data */
    int64_t counted, total; /* mm2 */
    const gt_value *series; /* GT_SERIES_NAMES for each series, then one for each sum of ledgers;
                               base units; GT_NULL: not known */
} gt_ingredients;

/* Sums the pieces by `count` and `of` into counted and total. */
gt_status gt_indicator_count(gt_ctx *ctx, gt_sql *sql, const gt_indicator *indicator, int year,
                             const gt_piece *pieces, size_t n, gt_ingredients *out) GT_CHECKED;
/* The value in base units; *known = false where a part is missing. Errors of the formula as
 * gt_expr_eval. */
gt_status gt_indicator_value(gt_ctx *ctx, gt_sql *sql, const gt_indicator *indicator,
                             const gt_ingredients *given, bool *known, double *out) GT_CHECKED;

/* ---- all values of a workspace ------------------------------------------------------------------
 */

typedef enum gt_level { GT_LEVEL_CITY = 0, GT_LEVEL_DISTRICT, GT_LEVEL_TOWN } gt_level;

typedef struct gt_indicator_row {
    const gt_indicator *indicator;
    gt_level level;
    const char *unit;   /* name of the unit, "" for the city */
    const char *parent; /* a town's district, else "" */
    bool known;
    double value;            /* base unit */
    const gt_target *target; /* NULL: none */
    double asked;            /* the target's figure, base unit; NAN when there is none */
    int base_year;           /* 0: none */
    double base;
    gt_judgement judgement;
    const char *missing; /* what is missing where undecidable: series or layer ids, else "" */
    const char *vintage; /* what it was made from: "land_use 2020-12-31; gdp 2023" */
    bool generated;      /* some of that is generated */
} gt_indicator_row;

typedef struct gt_indicator_table gt_indicator_table;

typedef struct gt_indicators_options {
    size_t size;
    int year;          /* judged for; 0: the year of today (UTC) and the newest state */
    int64_t as_of_rev; /* 0: newest */
    gt_level level;    /* rows down to this level */
    const char *only;  /* id of the only indicator wanted, or NULL */
} gt_indicators_options;
void gt_indicators_options_init(gt_indicators_options *options);

/* Every indicator of the package: the city against each target of the next year that has one (the
 * last one when all are past), targets overruled by another plan included; then its districts and
 * towns. A year given reads the map as valid on its last day. Areas are summed as whole square
 * millimetres, so that districts add up to the city exactly. A figure whose data are missing is
 * undecidable, not an error. Owned by the caller. Cost: one gt_areas for each distinct `account`.
 * GT_E_NOT_FOUND: `only` names no indicator. */
gt_status gt_indicators_run(gt_ctx *ctx, gt_store *store, const gt_package *package,
                            const gt_indicators_options *options,
                            gt_indicator_table **out) GT_CHECKED;
void gt_indicator_table_free(gt_indicator_table *table);
size_t gt_indicator_table_n_rows(const gt_indicator_table *table);
const gt_indicator_row *gt_indicator_table_row(const gt_indicator_table *table, size_t i);
int gt_indicator_table_year(const gt_indicator_table *table);
/* A name that a person gave: GT_E_NOT_FOUND with a hint when the package's layer of units (the
 * districts) has features and none, at any time, is called so; with `towns`, none of the other unit
 * layers either. "" and NULL are the whole. Cost: a read of those layers without geometry. */
gt_status gt_indicator_check_unit(gt_ctx *ctx, gt_store *store, const gt_package *package,
                                  const char *name, bool towns) GT_CHECKED;
/* A unit of the package as a reader writes it: "wan_mu" is "万亩", "10⁴ mu"; "" for a count in
 * English; one that is not known stays as it is. Static or borrowed from `unit`. */
const char *gt_unit_word(const char *unit, gt_lang lang);
/* `vintage` or `missing` of a row with titles for ids, each source once: "Land use 2020-12-31".
 * Appends. */
void gt_source_words(const gt_package *package, const char *list, gt_lang lang, gt_text *out);
/* A line a person can read, without the unit's name: "2801.37 km², asked ≤ 2790 (2025, LND-022):
 * behind, 42 % done in 60 % of the time". Appends. */
void gt_indicator_line(const gt_indicator_row *row, gt_lang lang, gt_text *out);
/* A base value in the indicator's unit, with the decimals the unit is read with. */
void gt_indicator_number(const gt_indicator *indicator, double base, gt_text *out);

/* ---- why did it move? ---------------------------------------------------------------------------
 */

/* A state of the map: what revision `rev` (0: newest) held as valid on `date` (GT_DATE_NONE: open-
 * ended at that revision), with the series' values of `year`. Of the ledgers it has the events that
 * were written until that revision was committed (0: all) and are dated until `date`. */
typedef struct gt_state {
    int64_t rev;
    gt_date date;
    int year;
} gt_state;

typedef struct gt_contribution {
    const char *series; /* the series whose change it is; NULL: a piece of the map */
    const char *sum; /* the sum of ledgers that an event moved (its name in the formula), or NULL */
    int64_t event;   /* of sum: number of that event; 0: none, another year is asked for */
    const char *where;          /* "land_use:P-17 farmland_space:B-2": the features; of an event
                                   "reduction:JL-2024-0003", ledger and record; "" for a series */
    const char *unit;           /* district it lies in (most of it) */
    const char *before, *after; /* texts of the account there, "" for none; of a series, values; of
                                   an event, the states */
    int64_t quanta;
    int64_t revision; /* that changed a feature of the place between the two states; 0: none found,
                         or beyond the 500 largest */
} gt_contribution;

/* The quanta of all contributions sum to after - before, to the last digit: whole square
 * millimetres for an area counted plainly, 1e-12 for shares, 1e-6 of the unit otherwise. */
typedef struct gt_explanation {
    const gt_indicator *indicator;
    const char *unit; /* explained for, "" the city */
    bool known_before, known_after;
    int64_t before, after;       /* quanta */
    double quantum;              /* one quantum in the indicator's unit */
    const gt_contribution *list; /* largest first, then by text; none is 0 */
    size_t n;
} gt_explanation;

/* Decomposes the movement of an indicator between two states into features of the layers of its
 * account, series and events of ledgers. A feature of a plain area counts with what it gained or
 * lost; of a share, with what it moves the ratio (dn - r0 dd) / d1, which sums exactly; of a
 * formula, with its part of the step that the account makes. Series follow one after the other in
 * the order of the package, then the sums of ledgers, each of whose events has its part of the
 * sum's step. What rounding leaves is dealt to the largest remainders. Both values are computed
 * from the account's own layers. unit NULL or "": the city. GT_E_NOT_FOUND: indicator, revision.
 * Owned by the caller. Memory and cost: an area table by feature of the layers that changed. */
gt_status gt_indicator_explain(gt_ctx *ctx, gt_store *store, const gt_package *package,
                               const char *id, const char *unit, const gt_state *from,
                               const gt_state *to, gt_explanation **out) GT_CHECKED;
void gt_explanation_free(gt_ctx *ctx, gt_explanation *explanation);
/* A contribution for a reader: the features, series or record by title, and what changed from
 * `before` to `after`: classes by title (those that are the same on both sides are left out),
 * values with their unit, states of a record. Appends to the three. */
void gt_contribution_words(const gt_package *package, const gt_explanation *explanation,
                           const gt_contribution *contribution, gt_lang lang, gt_text *what,
                           gt_text *before, gt_text *after);

#endif
