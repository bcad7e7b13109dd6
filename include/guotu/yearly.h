/* The yearly check-up: targets, standing, maps, trends, what moved and why, as a document (PDF) or
 * a workbook (XLSX). */
#ifndef GUOTU_YEARLY_H
#define GUOTU_YEARLY_H

#include "guotu/indicator.h"

typedef struct gt_yearly_options {
    size_t size;
    int year;      /* needed */
    gt_lang lang;  /* of all text */
    int back;      /* years of the trends before it, 1 .. 9; 0: no trends, no movements */
    size_t movers; /* contributions listed for an indicator, at most 12 */
} gt_yearly_options;
/* The context's language, 5 years back, 4 movers. */
void gt_yearly_options_init(gt_ctx *ctx, gt_yearly_options *options);

/* Writes the report of a year to path (.pdf or .xlsx, by extension; else GT_E_USAGE). Values of the
 * earlier years are those of the map as valid then and of today's series. What moved compares the
 * last days of the year and of the one before; indicators whose value did not change are left out.
 * Written beside the path and renamed at the end. PDF: fonts as in map.h. Cost: one run of all
 * indicators a year, and two weaves for each counted indicator that moved. Errors of the parts are
 * passed on; GT_E_ENV: fonts, libxlsxwriter or the path. */
gt_status gt_yearly_report(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_yearly_options *options, const char *path) GT_CHECKED;

#endif
