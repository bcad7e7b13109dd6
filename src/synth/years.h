/* What happens to the generated city after its base year: a table of changes, each a revision. */
#ifndef GT_SYNTH_YEARS_H
#define GT_SYNTH_YEARS_H

#include "guotu/synth.h"

enum { SY_YEAR_COLUMNS = 9 };

typedef enum sy_act { SY_ACT_SET = 0, SY_ACT_END, SY_ACT_BACK } sy_act;

typedef struct sy_year_row { /* texts borrowed from the table */
    gt_date date;
    sy_act act;
    const char *layer, *where;      /* "" = every feature */
    const char *over, *over_where;  /* only on parcels of that layer, "" = anywhere */
    double km2;                     /* INFINITY: all that match */
    const char *set_field, *set_to; /* of SY_ACT_SET */
    const char *why;
    int line;
} sy_year_row;

/* Cuts a CSV text (RFC 4180) in place. Rows in arena. GT_E_INPUT names the line and the column. */
gt_status sy_years_parse(gt_ctx *ctx, gt_arena *arena, const char *file, char *text,
                         sy_year_row **rows, size_t *n) GT_CHECKED;

#endif
