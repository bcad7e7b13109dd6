/* Calendar dates (proleptic Gregorian) as days since 1970-01-01, and UTC time stamps. */
#ifndef GUOTU_DATE_H
#define GUOTU_DATE_H

#include <limits.h>
#include <stdint.h>

#include "guotu/context.h"

typedef int32_t gt_date;
#define GT_DATE_NONE INT32_MIN /* open end, or not given */
#define GT_DATE_TEXT 11        /* "YYYY-MM-DD" and NUL */
#define GT_TIME_TEXT 25        /* "YYYY-MM-DDTHH:MM:SS.mmmZ" and NUL */

/* Reads YYYY-MM-DD (years 0001..9999). false on anything else, trailing text included. */
bool gt_date_parse(const char *text, gt_date *out);
/* "" for GT_DATE_NONE. */
void gt_date_format(gt_date date, char out[GT_DATE_TEXT]);
gt_date gt_date_from_ymd(int year, int month, int day);
void gt_date_to_ymd(gt_date date, int *year, int *month, int *day);
gt_date gt_date_today(void); /* UTC */

/* Milliseconds since 1970 UTC. */
int64_t gt_time_now(void);
void gt_time_format(int64_t ms, char out[GT_TIME_TEXT]);
/* Seconds on a monotonic clock, for measuring. */
double gt_clock(void);

#endif
