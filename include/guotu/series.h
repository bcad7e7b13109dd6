/* Series: figures over time of the city, its units and stations, as the package declares them.
 *
 * The values of a series are kept in the workspace's settings ("series/ID"), so that loading them
 * is a revision: who, when, why, hash-linked, and readable as of any revision. Times are years,
 * months or days; a formula sees one value a year. Source: card IN-4 of the model library. */
#ifndef GUOTU_SERIES_H
#define GUOTU_SERIES_H

#include "guotu/notes.h"
#include "guotu/package.h"
#include "guotu/store.h"

typedef struct gt_series_load_options {
    size_t size;
    const char *series;           /* of files without such a column; NULL: the column is needed */
    const char *sheet;            /* of a workbook with several; NULL: the only one */
    gt_origin origin;             /* of the values; generated ones stay marked */
    const char *author, *message; /* of the revision; message NULL: "series loaded" */
} gt_series_load_options;
void gt_series_load_options_init(gt_series_load_options *options);

typedef struct gt_series_loaded {
    size_t n_series, n_rows;
    size_t n_new, n_changed, n_same; /* values */
    int64_t revision;                /* made, or the newest when nothing changed */
} gt_series_loaded;

/* Reads a table (CSV, XLSX, ODS: whatever guotu-io reads) with the columns series, place, time,
 * value and unit, in English or Chinese; place and unit may be absent. Quality control of every
 * row: unknown series, a unit that does not fit, no number, beyond the range the package states,
 * a time that is none or lies ahead, the same place and time twice; gaps between years are
 * warnings. One error and nothing is stored (GT_E_INPUT, findings in notes). Values of a place and
 * time already held are replaced. Cost: some microseconds a row and the start of guotu-io. */
gt_status gt_series_load(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *path,
                         const gt_series_load_options *options, gt_notes *notes,
                         gt_series_loaded *out) GT_CHECKED;

typedef struct gt_series_book gt_series_book; /* immutable; the package must outlive it */

typedef struct gt_point {
    const char *place; /* "" is the city; borrowed */
    const char *time;  /* YYYY, YYYY-MM or YYYY-MM-DD */
    int year;
    double value; /* in the series' unit */
} gt_point;

/* All series of the package at a revision (0: newest). Owned by the caller. */
gt_status gt_series_book_open(gt_ctx *ctx, gt_store *store, const gt_package *package,
                              int64_t as_of_rev, gt_series_book **out) GT_CHECKED;
void gt_series_book_free(gt_series_book *book);
/* Points by place, then time; 0 where nothing was loaded. */
size_t gt_series_n_points(const gt_series_book *book, const gt_series *series);
const gt_point *gt_series_point(const gt_series_book *book, const gt_series *series, size_t i);
gt_origin gt_series_origin(const gt_series_book *book, const gt_series *series);
/* The value of a place ("" the city) in a year, in the series' unit: the values of the year
 * gathered as `yearly` says. For the city, where it has no value of its own, those of the places
 * are gathered as `places` says; a sum needs every place the series knows. false: not known. */
bool gt_series_value(const gt_series_book *book, const gt_series *series, const char *place,
                     int year, double *out);
/* First and last year of a place (of all, for the city); false when there is none. */
bool gt_series_years(const gt_series_book *book, const gt_series *series, const char *place,
                     int *first, int *last);

#endif
