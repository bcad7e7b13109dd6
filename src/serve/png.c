#include "serve/png.h"

#include <libdeflate.h>
#include <string.h>

enum { LEVEL = 6 };

static void put_u32(uint8_t *out, uint32_t v)
{
    out[0] = (uint8_t)(v >> 24);
    out[1] = (uint8_t)(v >> 16);
    out[2] = (uint8_t)(v >> 8);
    out[3] = (uint8_t)v;
}

static void put_chunk(const char type[5], const uint8_t *data, size_t len, gt_text *out)
{
    uint8_t word[4];
    put_u32(word, (uint32_t)len);
    gt_text_add(out, (const char *)word, sizeof word);
    gt_text_add(out, type, 4);
    gt_text_add(out, (const char *)data, len);
    uint32_t sum = libdeflate_crc32(libdeflate_crc32(0, type, 4), data, len);
    put_u32(word, sum);
    gt_text_add(out, (const char *)word, sizeof word);
}

/* Rows with their filter byte (none: indexes do not gain by others), packed. */
static gt_status put_pixels(gt_ctx *ctx, const gt_png *png, gt_text *out)
{
    size_t row = (size_t)png->width + 1, len = row * (size_t)png->height;
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
    size_t room = c == NULL ? 0 : libdeflate_zlib_compress_bound(c, len);
    uint8_t *plain = c == NULL ? NULL : gt_zalloc(ctx, len, 1);
    uint8_t *packed = plain == NULL ? NULL : gt_alloc(ctx, room, 1);
    gt_status st = packed == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        for (int r = 0; r < png->height; r++) {
            memcpy(plain + (size_t)r * row + 1, png->pixels + (size_t)r * (size_t)png->width,
                   (size_t)png->width);
        }
        size_t n = libdeflate_zlib_compress(c, plain, len, packed, room);
        st = n == 0 ? GT_E_MEMORY : GT_OK;
        if (st == GT_OK) {
            put_chunk("IDAT", packed, n, out);
        }
    }
    gt_free(ctx, packed);
    gt_free(ctx, plain);
    libdeflate_free_compressor(c);
    return st;
}

gt_status gt_png_write(gt_ctx *ctx, const gt_png *png, gt_text *out)
{
    static const char mark[] = "\x89PNG\r\n\x1a\n";
    enum { DEPTH = 8, INDEXED = 3 };
    uint8_t head[13] = {0}, colors[256 * 3], opacity[256];
    put_u32(head, (uint32_t)png->width);
    put_u32(head + 4, (uint32_t)png->height);
    head[8] = DEPTH;
    head[9] = INDEXED;
    for (int i = 0; i < png->n_colors; i++) {
        memcpy(colors + 3 * i, png->palette[i], 3);
        opacity[i] = png->palette[i][3];
    }
    gt_text_add(out, mark, sizeof mark - 1);
    put_chunk("IHDR", head, sizeof head, out);
    put_chunk("PLTE", colors, 3 * (size_t)png->n_colors, out);
    put_chunk("tRNS", opacity, (size_t)png->n_colors, out);
    gt_status st = put_pixels(ctx, png, out);
    put_chunk("IEND", opacity, 0, out);
    return st == GT_OK ? gt_text_status(out) : st;
}
