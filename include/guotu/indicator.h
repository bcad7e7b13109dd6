/* Indicators: figures that the plans watch, their values from the account of weave, and how they
 * stand to the targets of a year. What an indicator is stands in the package (package.h); nothing
 * here knows a city. Source: card IN-5 of the model library (progress against time). */
#ifndef GUOTU_INDICATOR_H
#define GUOTU_INDICATOR_H

#include "guotu/coverage.h"
#include "guotu/package.h"
#include "guotu/store.h"

typedef enum gt_standing {
    GT_MET = 0,     /* the target holds */
    GT_ON_PATH,     /* not yet due; at least 0.9 of the way that the time passed asks for */
    GT_BEHIND,      /* not yet due and less than that; or due, missed, and only guidance */
    GT_BROKEN,      /* due and missed, or below a base that must not fall */
    GT_UNDECIDABLE, /* see why */
    GT_NO_TARGET    /* nothing is asked: a part of the city, or a figure without targets */
} gt_standing;

typedef enum gt_grade { GT_GREY = 0, GT_GREEN, GT_YELLOW, GT_ORANGE, GT_RED } gt_grade;

typedef enum gt_why {
    GT_WHY_NONE = 0,
    GT_WHY_NO_VALUE,   /* no formula, or the data for it were not loaded */
    GT_WHY_OPEN,       /* the plan leaves the number to others */
    GT_WHY_NO_BASE,    /* not due, and no earlier value to measure progress from */
    GT_WHY_BEFORE_BASE /* the year lies before the base year */
} gt_why;

typedef struct gt_judgement {
    gt_standing standing;
    gt_grade grade;  /* red: broken; orange: ratio < 0.6, or guidance missed; yellow: ratio < 0.9 */
    gt_why why;      /* of GT_UNDECIDABLE */
    double progress; /* (x - base) / (target - base); NAN when not used */
    double time;     /* (year - base year) / (target year - base year); NAN when not used */
} gt_judgement;

/* Judges value x (base unit: m2, 1; not read when !known) of year against one target of the
 * indicator. Areas are compared to 1e-6 m2, so that a target missed by one square metre is missed;
 * shares to 1e-12. Cannot fail. */
gt_judgement gt_indicator_judge(const gt_indicator *indicator, const gt_target *target, bool known,
                                double x, int year);
/* Static words: "met", "on_path", ...; and for readers. */
const char *gt_standing_name(gt_standing standing);
gt_title gt_standing_title(gt_standing standing);
gt_title gt_grade_title(gt_grade grade);
const char *gt_grade_name(gt_grade grade);
gt_title gt_why_title(gt_why why);
/* "<=", ">=", ... as the package writes it; static. */
const char *gt_target_op_name(gt_target_op op);

typedef struct gt_indicator_row {
    const gt_indicator *indicator;
    const char *unit; /* name of the district, "" for the city; borrowed from the table */
    bool known;
    double value;            /* base unit */
    const gt_target *target; /* NULL: none */
    gt_judgement judgement;
} gt_indicator_row;

typedef struct gt_indicator_table gt_indicator_table;

typedef struct gt_indicators_options {
    size_t size;
    int year;   /* judged for; 0: the year of today (UTC) and the newest state */
    bool units; /* rows of the districts too */
} gt_indicators_options;
void gt_indicators_options_init(gt_indicators_options *options);

/* Every indicator of the package: the city against each target of the next year that has one (the
 * last one when all are past), targets overruled by another plan included; then its districts. A
 * year given reads the map as valid on its last day. Areas are summed as whole square millimetres,
 * so that districts add up to the city exactly. A figure whose data are missing is undecidable, not
 * an error. Owned by the caller. Cost: one gt_areas for each distinct `account`. */
gt_status gt_indicators_run(gt_ctx *ctx, gt_store *store, const gt_package *package,
                            const gt_indicators_options *options,
                            gt_indicator_table **out) GT_CHECKED;
void gt_indicator_table_free(gt_indicator_table *table);
size_t gt_indicator_table_n_rows(const gt_indicator_table *table);
const gt_indicator_row *gt_indicator_table_row(const gt_indicator_table *table, size_t i);
int gt_indicator_table_year(const gt_indicator_table *table);

#endif
