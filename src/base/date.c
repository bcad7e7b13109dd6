/* Dates by the days-from-civil algorithm on the proleptic Gregorian calendar (eras of 400 years,
 * year starting in March), exact for all int years. Source: E. G. Richards, Mapping Time, ch. 25.
 */
#include "guotu/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAYS_PER_ERA = 146097, EPOCH_SHIFT = 719468 };

gt_date gt_date_from_ymd(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int yoe = y - era * 400;
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return (gt_date)(era * DAYS_PER_ERA + doe - EPOCH_SHIFT);
}

void gt_date_to_ymd(gt_date date, int *year, int *month, int *day)
{
    int z = date + EPOCH_SHIFT;
    int era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int doe = z - era * DAYS_PER_ERA;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

static bool digits(const char *s, int n, int *out)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
        v = v * 10 + (s[i] - '0');
    }
    *out = v;
    return true;
}

bool gt_date_parse(const char *text, gt_date *out)
{
    int y = 0, m = 0, d = 0;
    if (strnlen(text, 11) != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 4, &y) ||
        !digits(text + 5, 2, &m) || !digits(text + 8, 2, &d) || y < 1 || m < 1 || d < 1) {
        return false;
    }
    gt_date date = gt_date_from_ymd(y, m, d);
    int y2 = 0, m2 = 0, d2 = 0;
    gt_date_to_ymd(date, &y2, &m2, &d2); /* 2023-02-30 comes back as another day */
    if (y2 != y || m2 != m || d2 != d) {
        return false;
    }
    *out = date;
    return true;
}

void gt_date_format(gt_date date, char out[GT_DATE_TEXT])
{
    out[0] = '\0';
    if (date != GT_DATE_NONE) {
        int y = 0, m = 0, d = 0;
        gt_date_to_ymd(date, &y, &m, &d);
        (void)snprintf(out, GT_DATE_TEXT, "%04u-%02u-%02u", (unsigned)y % 10000U,
                       (unsigned)m % 100U, (unsigned)d % 100U);
    }
}

int64_t gt_time_now(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

gt_date gt_date_today(void)
{
    return (gt_date)(gt_time_now() / 86400000);
}

void gt_time_format(int64_t ms, char out[GT_TIME_TEXT])
{
    int64_t day = ms / 86400000;
    if (ms % 86400000 < 0) {
        day--;
    }
    int64_t rest = ms - day * 86400000;
    char date[GT_DATE_TEXT];
    gt_date_format((gt_date)day, date);
    (void)snprintf(out, GT_TIME_TEXT, "%sT%02u:%02u:%02u.%03uZ", date,
                   (unsigned)(rest / 3600000) % 24U, (unsigned)(rest / 60000 % 60),
                   (unsigned)(rest / 1000 % 60), (unsigned)(rest % 1000));
}

double gt_clock(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}
