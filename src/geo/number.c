/* Numbers in text, the same in every locale: strtod and printf follow LC_NUMERIC, which belongs to
 * the host program. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/geom.h"

enum { EXACT_DIGITS = 15, EXACT_POWER = 22, LONGEST = 400 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the longest number at text: [+-] digits [. digits] [e [+-] digits]. */
static size_t number_length(const char *text, size_t len)
{
    size_t i = 0, digits = 0;
    if (i < len && (text[i] == '+' || text[i] == '-')) {
        i++;
    }
    for (; i < len && is_digit(text[i]); i++) {
        digits++;
    }
    if (i < len && text[i] == '.') {
        for (i++; i < len && is_digit(text[i]); i++) {
            digits++;
        }
    }
    if (digits == 0) {
        return 0;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        size_t j = i + 1;
        if (j < len && (text[j] == '+' || text[j] == '-')) {
            j++;
        }
        if (j < len && is_digit(text[j])) {
            for (i = j; i < len && is_digit(text[i]); i++) {
            }
        }
    }
    return i;
}

/* Clinger's fast path: at most 15 digits and a power of ten that is a double give the correctly
 * rounded result in one operation. */
static bool read_short(const char *text, size_t len, double *value)
{
    static const double power[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t whole = 0;
    size_t digits = 0, decimals = 0;
    bool dot = false, minus = text[0] == '-';
    for (size_t i = minus || text[0] == '+' ? 1 : 0; i < len; i++) {
        if (text[i] == '.') {
            dot = true;
            continue;
        }
        if (!is_digit(text[i]) || ++digits > EXACT_DIGITS) {
            return false;
        }
        whole = whole * 10 + (uint64_t)(text[i] - '0');
        decimals += dot ? 1 : 0;
    }
    double v = (double)whole / power[decimals];
    *value = minus ? -v : v;
    return true;
}

/* strtod of a copy whose point is the one that the locale of the moment wants. */
static double read_long(const char *text, size_t len)
{
    char copy[LONGEST];
    char point[8];
    (void)snprintf(point, sizeof point, "%.1f", 0.0); /* "0.0", "0,0", ... */
    size_t point_len = strlen(point) - 2, n = 0;
    for (size_t i = 0; i < len && n + point_len + 1 < sizeof copy; i++) {
        if (text[i] == '.') {
            memcpy(copy + n, point + 1, point_len);
            n += point_len;
        } else {
            copy[n++] = text[i];
        }
    }
    copy[n] = '\0';
    return strtod(copy, NULL);
}

double gt_number_read(const char *text, size_t len, size_t *used)
{
    double value = 0;
    *used = number_length(text, len);
    if (*used == 0 || read_short(text, *used, &value)) {
        return value;
    }
    /* more digits than any double needs to be told apart (767) are refused by the callers' limit */
    return *used < LONGEST - 8 ? read_long(text, *used) : NAN;
}

void gt_number_put(gt_text *out, double value, int digits)
{
    char text[LONGEST];
    int n = snprintf(text, sizeof text, "%.*f", digits < 0 ? 0 : digits > 17 ? 17 : digits, value);
    if (n <= 0 || (size_t)n >= sizeof text || !isfinite(value)) {
        gt_text_puts(out, "0"); /* codecs hold finite ordinates only */
        return;
    }
    char *point = NULL;
    size_t end = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (is_digit(text[i]) || text[i] == '-') {
            text[end++] = text[i];
        } else if (point == NULL) { /* one or more bytes, by locale */
            point = text + end;
            text[end++] = '.';
        }
    }
    while (point != NULL && end > 0 && text[end - 1] == '0') {
        end--;
    }
    if (point != NULL && text + end == point + 1) {
        end--;
    }
    bool minus_zero = end == 2 && text[0] == '-' && text[1] == '0';
    gt_text_add(out, minus_zero ? "0" : text, minus_zero ? 1 : end);
}
