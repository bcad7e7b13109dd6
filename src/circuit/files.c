/* Reading and writing whole files; gzip by libdeflate. */
#include "circuit/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "circuit/messages.h"

/* gzip's length is told in the last four bytes, modulo 2^32; deflate packs at most 1032 to 1. */
static gt_status unpack(gt_ctx *ctx, const char *path, char **text, size_t *len)
{
    const unsigned char *z = (const unsigned char *)*text;
    size_t n = *len < 18 ? 0
                         : (size_t)z[*len - 4] | (size_t)z[*len - 3] << 8 |
                               (size_t)z[*len - 2] << 16 | (size_t)z[*len - 1] << 24;
    size_t got = 0;
    gt_status st = GT_OK;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    char *out = n > 0 && n / 1032 <= *len && d != NULL ? gt_alloc(ctx, n + 1, 1) : NULL;
    if (gt_failed(ctx)) {
        st = GT_E_MEMORY;
    } else if (out == NULL ||
               libdeflate_gzip_decompress(d, z, *len, out, n, &got) != LIBDEFLATE_SUCCESS) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_GZIP, GT_PLACE(.file = path), GT_NO_ARGS);
        gt_free(ctx, out);
    } else {
        out[got] = '\0';
        gt_free(ctx, *text);
        *text = out;
        *len = got;
    }
    libdeflate_free_decompressor(d);
    return st;
}

static gt_status read_all(gt_ctx *ctx, int fd, const char *path, char **text, size_t *len)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0) {
        return gt_fail_errno(ctx, errno, "fstat", path);
    }
    if (!S_ISREG(facts.st_mode)) {
        return gt_fail_errno(ctx, S_ISDIR(facts.st_mode) ? EISDIR : EINVAL, "read", path);
    }
    size_t size = (size_t)facts.st_size, n = 0;
    char *out = size < CIRCUIT_FILE_MAX ? gt_alloc(ctx, size + 1, 1) : NULL;
    if (out == NULL) {
        return gt_failed(ctx) ? GT_E_MEMORY : gt_fail_errno(ctx, EFBIG, "read", path);
    }
    while (n < size) {
        ssize_t got = read(fd, out + n, size - n < (1U << 24) ? size - n : (1U << 24));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || gt_check_cancel(ctx) != GT_OK) {
            break;
        }
        n += (size_t)got;
    }
    out[n] = '\0';
    *text = out;
    *len = n;
    return gt_check_cancel(ctx);
}

gt_status circuit_read_text(gt_ctx *ctx, const char *path, char **text, size_t *len)
{
    *text = NULL;
    *len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return gt_fail_errno(ctx, errno, "open", path);
    }
    gt_status st = read_all(ctx, fd, path, text, len);
    (void)close(fd);
    if (st == GT_OK && *len > 2 && (unsigned char)(*text)[0] == 0x1f &&
        (unsigned char)(*text)[1] == 0x8b) {
        st = unpack(ctx, path, text, len);
    }
    if (st != GT_OK) {
        gt_free(ctx, *text);
        *text = NULL;
    }
    return st;
}

gt_status circuit_write_text(gt_ctx *ctx, const char *path, const char *text, size_t len)
{
    gt_text part;
    gt_text_init(&part, ctx, 0);
    gt_text_printf(&part, "%s.part", path);
    gt_status st = gt_text_status(&part);
    FILE *f = NULL;
    if (st == GT_OK) {
        f = fopen(gt_text_cstr(&part), "wbe");
        st = f == NULL ? gt_fail_errno(ctx, errno, "open", path) : GT_OK;
    }
    if (f != NULL) {
        bool ok = fwrite(text, 1, len, f) == len;
        ok = fclose(f) == 0 && ok;
        ok = ok && rename(gt_text_cstr(&part), path) == 0;
        if (!ok) {
            st = gt_fail_errno(ctx, errno, "write", path);
            (void)unlink(gt_text_cstr(&part));
        }
    }
    gt_text_free(&part);
    return st;
}
