#include "text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "guotu/text.h"
#include "io/messages.h"

static bool is_utf8_name(const char *name)
{
    return strcasecmp(name, "UTF-8") == 0 || strcasecmp(name, "UTF8") == 0;
}

gt_status io_decoder_open(gt_ctx *ctx, const char *encoding, io_decoder *d)
{
    memset(d, 0, sizeof *d);
    d->ctx = ctx;
    d->is_utf8 = is_utf8_name(encoding);
    const char *name = d->is_utf8 ? "UTF-8" : encoding;
    d->to_utf8 = (iconv_t)-1;
    if (!d->is_utf8) {
        d->to_utf8 = iconv_open("UTF-8", encoding);
    }
    if (strlen(name) >= sizeof d->name || (!d->is_utf8 && d->to_utf8 == (iconv_t)-1)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_IO_ENCODING, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", encoding)));
    }
    memcpy(d->name, name, strlen(name) + 1);
    return GT_OK;
}

void io_decoder_close(io_decoder *d)
{
    if (d->ctx != NULL && d->to_utf8 != (iconv_t)-1) {
        (void)iconv_close(d->to_utf8);
    }
    if (d->ctx != NULL) {
        gt_free(d->ctx, d->buffer);
    }
    memset(d, 0, sizeof *d);
}

static bool is_ascii(const char *s, size_t n)
{
    unsigned char all = 0;
    for (size_t i = 0; i < n; i++) {
        all |= (unsigned char)s[i];
    }
    return all < 0x80;
}

bool io_decode(io_decoder *d, const char *raw, size_t len, const char **text, size_t *n,
               size_t *bad)
{
    *text = raw;
    *n = len;
    if (is_ascii(raw, len)) { /* all encodings met here agree on ASCII */
        return true;
    }
    if (d->is_utf8) {
        if (gt_utf8_valid(raw, len, bad)) {
            return true;
        }
        ++*bad;
        return false;
    }
    if (d->utf8_first && gt_utf8_valid(raw, len, NULL)) {
        return true;
    }
    void *block = d->buffer;
    *bad = 0;
    if (gt_grow(d->ctx, &block, &d->cap, 4 * len + 4, 1) != GT_OK) {
        return false;
    }
    d->buffer = block;
    char *from = (char *)raw, *to = d->buffer;
    size_t left = len, room = 4 * len + 3;
    (void)iconv(d->to_utf8, NULL, NULL, NULL, NULL);
    if (iconv(d->to_utf8, &from, &left, &to, &room) == (size_t)-1) {
        *bad = (size_t)(from - raw) + 1;
        return false;
    }
    *to = '\0';
    *text = d->buffer;
    *n = (size_t)(to - d->buffer);
    return true;
}

char *io_encode(gt_ctx *ctx, const char *encoding, const char *text)
{
    const iconv_t cd = iconv_open(encoding, "UTF-8");
    if (cd == (iconv_t)-1) {
        return NULL;
    }
    size_t left = strlen(text), room = 4 * left + 4;
    char *out = gt_alloc(ctx, room + 1, 1);
    char *from = (char *)text, *to = out;
    if (out != NULL && iconv(cd, &from, &left, &to, &room) == (size_t)-1) {
        gt_free(ctx, out);
        out = NULL;
    }
    if (out != NULL) {
        *to = '\0';
    }
    (void)iconv_close(cd);
    return out;
}
