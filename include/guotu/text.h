/* Growing, bounded UTF-8 buffer with a sticky failure: write freely, check once.
 *
 * The text is always terminated by a NUL that is not counted. When memory is out or the maximum is
 * met, the buffer stops growing, `failed` is set and the context holds the error. */
#ifndef GUOTU_TEXT_H
#define GUOTU_TEXT_H

#include <stdarg.h>

#include "guotu/context.h"

struct gt_text {
    gt_ctx *ctx; /* borrowed */
    char *data;  /* owned; valid after the first append, "" before */
    size_t len, cap, max;
    bool failed;
};

/* Empty buffer that will hold at most `max` bytes (0: 64 MiB). No allocation yet. */
void gt_text_init(gt_text *text, gt_ctx *ctx, size_t max);
void gt_text_free(gt_text *text);
/* Empties, keeps the memory, clears the failure. */
void gt_text_clear(gt_text *text);
void gt_text_add(gt_text *text, const char *data, size_t len);
void gt_text_puts(gt_text *text, const char *string);
void gt_text_putc(gt_text *text, char c);
void gt_text_printf(gt_text *text, const char *format, ...) GT_PRINTF(2, 3);
void gt_text_vprintf(gt_text *text, const char *format, va_list args) GT_PRINTF(2, 0);
/* JSON string with quotes; NULL gives null. Invalid UTF-8 is replaced by U+FFFD. */
void gt_text_json_string(gt_text *text, const char *string);
/* Shortest decimal that reads back as the same double; null for NaN and infinities. */
void gt_text_json_real(gt_text *text, double value);
/* RFC 4180 field: quoted where it must be. */
void gt_text_csv_field(gt_text *text, const char *string);
/* GT_OK, or the status of the failure. */
gt_status gt_text_status(const gt_text *text) GT_CHECKED;
/* The text, never NULL; borrowed until the next write. */
const char *gt_text_cstr(const gt_text *text);

/* Columns a UTF-8 text takes on a terminal (CJK wide characters count 2). */
size_t gt_text_columns(const char *string);
/* Checks well-formed UTF-8 (no overlongs, surrogates, > U+10FFFF); *bad = offset of first fault. */
bool gt_utf8_valid(const char *data, size_t len, size_t *bad);

#endif
