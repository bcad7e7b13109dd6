/* Packing of one tile: deflate (libdeflate) or zstd, and the TIFF predictors: 2, differences along
 * the row; 3, bytes of real numbers split into planes and differenced (TIFF technote 3). */
#include <libdeflate.h>
#include <string.h>
#include <zstd.h>

#include "base/messages.h"
#include "grid/internal.h"
#include "grid/messages.h"

enum { ZSTD_LEVEL = 1, DEFLATE_LEVEL = 4 }; /* for speed: the size falls by a few percent above */

struct grid_packer {
    gt_grid_packing packing;
    int predictor;
    gt_cell type;
    size_t bytes, width, height, raw_bytes, cap;
    struct libdeflate_compressor *squeeze;
    struct libdeflate_decompressor *inflate;
    ZSTD_CCtx *zc;
    ZSTD_DCtx *zd;
    unsigned char *row; /* predictor 3 */
    unsigned char *packed;
};

static size_t bound(gt_grid_packing packing, size_t raw)
{
    return packing == GT_GRID_ZSTD ? ZSTD_compressBound(raw)
                                   : libdeflate_zlib_compress_bound(NULL, raw);
}

gt_status grid_packer_new(gt_ctx *ctx, gt_grid_packing packing, int predictor, gt_cell type,
                          int64_t tile_w, int64_t tile_h, grid_packer **out)
{
    grid_packer *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    p->packing = packing;
    p->predictor = predictor;
    p->type = type;
    p->bytes = gt_cell_bytes(type);
    p->width = (size_t)tile_w;
    p->height = (size_t)tile_h;
    p->raw_bytes = p->bytes * p->width * p->height;
    p->cap = bound(packing, p->raw_bytes);
    p->row = gt_alloc(ctx, p->width, p->bytes);
    bool made = p->row != NULL;
    if (packing == GT_GRID_ZSTD) {
        p->zd = ZSTD_createDCtx();
        p->zc = ZSTD_createCCtx();
        made = made && p->zd != NULL && p->zc != NULL;
    } else if (packing == GT_GRID_DEFLATE) {
        p->inflate = libdeflate_alloc_decompressor();
        p->squeeze = libdeflate_alloc_compressor(DEFLATE_LEVEL);
        made = made && p->inflate != NULL && p->squeeze != NULL;
    }
    if (!made) {
        grid_packer_free(ctx, p);
        return gt_fail(ctx, GT_E_MEMORY, &GT_MSG_NO_MEMORY, GT_NOWHERE,
                       GT_ARGS(GT_INT("bytes", sizeof *p)));
    }
    *out = p;
    return GT_OK;
}

void grid_packer_free(gt_ctx *ctx, grid_packer *p)
{
    if (p == NULL) {
        return;
    }
    libdeflate_free_compressor(p->squeeze);
    libdeflate_free_decompressor(p->inflate);
    (void)ZSTD_freeCCtx(p->zc);
    (void)ZSTD_freeDCtx(p->zd);
    gt_free(ctx, p->row);
    gt_free(ctx, p->packed);
    gt_free(ctx, p);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type is meant */
#define SUM_ROW(type)                                                                              \
    {                                                                                              \
        type *v = row;                                                                             \
        for (size_t i = 1; i < n; i++) {                                                           \
            v[i] = (type)(v[i] + v[i - 1]);                                                        \
        }                                                                                          \
        return;                                                                                    \
    }
#define DIFFERENCE_ROW(type)                                                                       \
    {                                                                                              \
        type *v = row;                                                                             \
        for (size_t i = n; i-- > 1;) {                                                             \
            v[i] = (type)(v[i] - v[i - 1]);                                                        \
        }                                                                                          \
        return;                                                                                    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

static void sum_row(void *row, size_t n, size_t bytes)
{
    switch (bytes) {
    case 1:
        SUM_ROW(uint8_t)
    case 2:
        SUM_ROW(uint16_t)
    case 4:
        SUM_ROW(uint32_t)
    default:
        SUM_ROW(uint64_t)
    }
}

static void difference_row(void *row, size_t n, size_t bytes)
{
    switch (bytes) {
    case 1:
        DIFFERENCE_ROW(uint8_t)
    case 2:
        DIFFERENCE_ROW(uint16_t)
    case 4:
        DIFFERENCE_ROW(uint32_t)
    default:
        DIFFERENCE_ROW(uint64_t)
    }
}

/* Predictor 3: byte planes, most significant first. */
static void join_planes(grid_packer *p, unsigned char *row)
{
    size_t n = p->width, b = p->bytes;
    sum_row(row, n * b, 1);
    memcpy(p->row, row, n * b);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < b; k++) {
            row[i * b + k] = p->row[(b - 1 - k) * n + i];
        }
    }
}

static void split_planes(grid_packer *p, unsigned char *row)
{
    size_t n = p->width, b = p->bytes;
    memcpy(p->row, row, n * b);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < b; k++) {
            row[(b - 1 - k) * n + i] = p->row[i * b + k];
        }
    }
    difference_row(row, n * b, 1);
}

bool grid_unpack(grid_packer *p, const void *packed, size_t n, void *raw, int64_t rows)
{
    size_t want = (size_t)rows * p->width * p->bytes, got = 0;
    if (p->packing == GT_GRID_ZSTD) {
        got = ZSTD_decompressDCtx(p->zd, raw, p->raw_bytes, packed, n);
        if (ZSTD_isError(got)) {
            return false;
        }
    } else if (libdeflate_zlib_decompress(p->inflate, packed, n, raw, p->raw_bytes, &got) !=
               LIBDEFLATE_SUCCESS) {
        return false;
    }
    if (got < want) {
        return false;
    }
    unsigned char *at = raw;
    for (size_t r = 0; r < (size_t)rows; r++, at += p->width * p->bytes) {
        if (p->predictor == 2) {
            sum_row(at, p->width, p->bytes);
        } else if (p->predictor == 3) {
            join_planes(p, at);
        }
    }
    return true;
}

gt_status grid_pack(gt_ctx *ctx, grid_packer *p, void *raw, const void **packed, size_t *n)
{
    if (p->packed == NULL) {
        p->packed = gt_alloc(ctx, p->cap, 1);
        if (p->packed == NULL) {
            return GT_E_MEMORY;
        }
    }
    unsigned char *at = raw;
    for (size_t r = 0; r < p->height; r++, at += p->width * p->bytes) {
        if (p->predictor == 2) {
            difference_row(at, p->width, p->bytes);
        } else if (p->predictor == 3) {
            split_planes(p, at);
        }
    }
    *n = p->packing == GT_GRID_ZSTD
             ? ZSTD_compressCCtx(p->zc, p->packed, p->cap, raw, p->raw_bytes, ZSTD_LEVEL)
             : libdeflate_zlib_compress(p->squeeze, raw, p->raw_bytes, p->packed, p->cap);
    *packed = p->packed;
    if (*n == 0 || (p->packing == GT_GRID_ZSTD && ZSTD_isError(*n))) {
        return gt_fail(ctx, GT_E_INTERNAL, &GT_MSG_NO_MEMORY, GT_NOWHERE,
                       GT_ARGS(GT_INT("bytes", p->cap)));
    }
    return GT_OK;
}
