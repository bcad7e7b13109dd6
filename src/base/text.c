#include "guotu/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/messages.h"

enum { DEFAULT_MAX = 64 * 1024 * 1024 };

void gt_text_init(gt_text *t, gt_ctx *ctx, size_t max)
{
    memset(t, 0, sizeof *t);
    t->ctx = ctx;
    t->max = max == 0 ? DEFAULT_MAX : max;
}

void gt_text_free(gt_text *t)
{
    gt_free(t->ctx, t->data);
    t->data = NULL;
    t->len = t->cap = 0;
}

void gt_text_clear(gt_text *t)
{
    t->len = 0;
    t->failed = false;
    if (t->data != NULL) {
        t->data[0] = '\0';
    }
}

/* Makes room for `more` bytes and the NUL; sets failed when it cannot be had. */
static bool make_room(gt_text *t, size_t more)
{
    if (t->failed) {
        return false;
    }
    if (more > t->max - t->len) {
        t->failed = true;
        (void)gt_fail(t->ctx, GT_E_LIMIT, &GT_MSG_TEXT_LIMIT, GT_NOWHERE,
                      GT_ARGS(GT_INT("max", t->max)));
        return false;
    }
    void *block = t->data;
    if (gt_grow(t->ctx, &block, &t->cap, t->len + more + 1, 1) != GT_OK) {
        t->failed = true;
        return false;
    }
    t->data = block;
    return true;
}

/* The same, short where there is room: most writes are of a few bytes. */
static inline bool reserve(gt_text *t, size_t more)
{
    bool fits = !t->failed && more < t->cap - t->len && more <= t->max - t->len;
    return fits || make_room(t, more);
}

void gt_text_add(gt_text *t, const char *data, size_t len)
{
    if (!reserve(t, len)) {
        return;
    }
    if (len > 0) {
        memcpy(t->data + t->len, data, len);
    }
    t->len += len;
    t->data[t->len] = '\0';
}

void gt_text_puts(gt_text *t, const char *string)
{
    gt_text_add(t, string, strlen(string));
}

void gt_text_putc(gt_text *t, char c)
{
    if (reserve(t, 1)) {
        t->data[t->len++] = c;
        t->data[t->len] = '\0';
    }
}

void gt_text_vprintf(gt_text *t, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = t->failed ? 0 : t->cap - t->len;
    int n = vsnprintf(room > 0 ? t->data + t->len : NULL, room, format, args);
    bool written = n >= 0 && (size_t)n < room && (size_t)n <= t->max - t->len;
    if (!written && n > 0 && reserve(t, (size_t)n)) {
        written = vsnprintf(t->data + t->len, (size_t)n + 1, format, again) == n;
    }
    if (written) {
        t->len += (size_t)n;
    } else if (t->data != NULL) {
        t->data[t->len] = '\0'; /* what did not fit was cut in the middle */
    }
    va_end(again);
}

void gt_text_printf(gt_text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    gt_text_vprintf(t, format, args);
    va_end(args);
}

/* Length of the well-formed character at p (n bytes left), 0 when malformed. RFC 3629. */
static size_t utf8_char(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80) {
        return 1;
    }
    size_t len = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || len > n) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    bool bad = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
               (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F);
    return bad ? 0 : len;
}

bool gt_utf8_valid(const char *data, size_t len, size_t *bad)
{
    const uint64_t high = 0x8080808080808080U;
    size_t i = 0;
    while (i < len) {
        uint64_t eight = high;
        if (len - i >= sizeof eight) {
            memcpy(&eight, data + i, sizeof eight);
        }
        if ((eight & high) == 0) { /* ASCII: no byte has its top bit */
            i += sizeof eight;
            continue;
        }
        size_t n = utf8_char((const unsigned char *)data + i, len - i);
        if (n == 0) {
            if (bad != NULL) {
                *bad = i;
            }
            return false;
        }
        i += n;
    }
    return true;
}

static void json_escape(gt_text *t, unsigned char c)
{
    switch (c) {
    case '"':
        gt_text_puts(t, "\\\"");
        break;
    case '\\':
        gt_text_puts(t, "\\\\");
        break;
    case '\n':
        gt_text_puts(t, "\\n");
        break;
    case '\r':
        gt_text_puts(t, "\\r");
        break;
    case '\t':
        gt_text_puts(t, "\\t");
        break;
    default:
        gt_text_printf(t, "\\u%04x", c);
        break;
    }
}

void gt_text_json_string(gt_text *t, const char *string)
{
    if (string == NULL) {
        gt_text_puts(t, "null");
        return;
    }
    size_t len = strlen(string);
    const unsigned char *p = (const unsigned char *)string;
    gt_text_putc(t, '"');
    for (size_t i = 0; i < len;) {
        size_t n = utf8_char(p + i, len - i);
        if (n == 0) {
            gt_text_puts(t, "\xEF\xBF\xBD");
            i++;
        } else if (n == 1 && (p[i] < 0x20 || p[i] == '"' || p[i] == '\\' || p[i] == 0x7F)) {
            json_escape(t, p[i]);
            i++;
        } else {
            gt_text_add(t, string + i, n);
            i += n;
        }
    }
    gt_text_putc(t, '"');
}

void gt_text_json_real(gt_text *t, double value)
{
    if (!isfinite(value)) {
        gt_text_puts(t, "null");
        return;
    }
    char buffer[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(buffer, sizeof buffer, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value) {
            break;
        }
    }
    gt_text_puts(t, buffer);
}

void gt_text_csv_field(gt_text *t, const char *string)
{
    if (strpbrk(string, ",\"\r\n") == NULL) {
        gt_text_puts(t, string);
        return;
    }
    gt_text_putc(t, '"');
    for (const char *p = string; *p != '\0'; p++) {
        if (*p == '"') {
            gt_text_putc(t, '"');
        }
        gt_text_putc(t, *p);
    }
    gt_text_putc(t, '"');
}

gt_status gt_text_status(const gt_text *t)
{
    if (!t->failed) {
        return GT_OK;
    }
    return gt_failed(t->ctx) ? gt_error_status(t->ctx) : GT_E_MEMORY;
}

const char *gt_text_cstr(const gt_text *t)
{
    return t->data == NULL ? "" : t->data;
}

static bool wide(unsigned long c)
{
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
           (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
           (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x20000 && c <= 0x3FFFD);
}

size_t gt_text_columns(const char *string)
{
    size_t columns = 0, len = strlen(string);
    const unsigned char *p = (const unsigned char *)string;
    for (size_t i = 0; i < len;) {
        if (p[i] < 0x80) {
            columns++;
            i++;
            continue;
        }
        size_t n = utf8_char(p + i, len - i);
        static const unsigned char first_mask[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
        unsigned long c = n == 0 ? 0xFFFD : p[i] & first_mask[n];
        for (size_t k = 1; k < n; k++) {
            c = (c << 6) | (p[i + k] & 0x3FU);
        }
        columns += wide(c) ? 2 : 1;
        i += n == 0 ? 1 : n;
    }
    return columns;
}
