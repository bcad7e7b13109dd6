/* Packing bodies. */
#include "serve/pack.h"

#include <brotli/encode.h>
#include <libdeflate.h>

enum { GZIP_LEVEL = 6, BROTLI_LEVEL = 5 }; /* of equal speed, about; higher ones are not worth it */

static gt_status add(const uint8_t *data, size_t len, gt_text *out)
{
    gt_text_add(out, (const char *)data, len);
    return gt_text_status(out);
}

static gt_status pack_gzip(gt_ctx *ctx, const gt_text *body, gt_text *out)
{
    gt_status st = GT_E_MEMORY;
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(GZIP_LEVEL);
    size_t room = c == NULL ? 0 : libdeflate_gzip_compress_bound(c, body->len);
    uint8_t *data = c == NULL ? NULL : gt_alloc(ctx, room, 1);
    if (data != NULL) {
        size_t len = libdeflate_gzip_compress(c, gt_text_cstr(body), body->len, data, room);
        st = len == 0 ? GT_E_MEMORY : add(data, len, out);
    }
    gt_free(ctx, data);
    libdeflate_free_compressor(c);
    return st;
}

static gt_status pack_brotli(gt_ctx *ctx, const gt_text *body, gt_text *out)
{
    size_t len = BrotliEncoderMaxCompressedSize(body->len);
    uint8_t *data = gt_alloc(ctx, len, 1);
    if (data == NULL) {
        return GT_E_MEMORY;
    }
    bool good =
        BrotliEncoderCompress(BROTLI_LEVEL, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, body->len,
                              (const uint8_t *)gt_text_cstr(body), &len, data) == BROTLI_TRUE;
    gt_status st = good ? add(data, len, out) : GT_E_MEMORY;
    gt_free(ctx, data);
    return st;
}

gt_status gt_pack(gt_ctx *ctx, gt_encoding encoding, const gt_text *body, gt_text *out)
{
    switch (encoding) {
    case GT_GZIP:
        return pack_gzip(ctx, body, out);
    case GT_BROTLI:
        return pack_brotli(ctx, body, out);
    case GT_AS_IS:
    case GT_N_ENCODINGS:
        gt_text_add(out, gt_text_cstr(body), body->len);
        return gt_text_status(out);
    }
    return GT_OK;
}
