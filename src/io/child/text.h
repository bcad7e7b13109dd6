/* Attribute text to UTF-8, without silent loss: iconv on the raw bytes. */
#ifndef GT_IO_CHILD_TEXT_H
#define GT_IO_CHILD_TEXT_H

#include <iconv.h>

#include "session.h"

typedef struct io_decoder {
    gt_ctx *ctx;
    char name[32]; /* as shown to the user */
    bool is_utf8;
    bool utf8_first; /* text that is UTF-8 already stays (readers that convert by themselves) */
    iconv_t to_utf8; /* (iconv_t)-1 when is_utf8 */
    char *buffer;
    size_t cap;
} io_decoder;

/* GT_E_USAGE when the encoding is not known. */
gt_status io_decoder_open(gt_ctx *ctx, const char *encoding, io_decoder *out) GT_CHECKED;
void io_decoder_close(io_decoder *decoder);
/* True and *text (n bytes, NUL after; the input itself or borrowed until the next call), or false
 * and *bad = 1-based number of the first byte that cannot be read (0: out of memory). */
bool io_decode(io_decoder *decoder, const char *raw, size_t len, const char **text, size_t *n,
               size_t *bad);
/* UTF-8 to the encoding, for filters: NULL when it cannot be said in it. Owned by the caller. */
char *io_encode(gt_ctx *ctx, const char *encoding, const char *text);

#endif
