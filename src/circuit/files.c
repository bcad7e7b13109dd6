/* Reading and writing whole files. gzip is written by libdeflate and read by zlib, which is slower,
 * but can stop on the way: one member may hold gigabytes, and a cancel must not wait for them. */
#include "circuit/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "circuit/messages.h"

enum { MEMBER = 4 << 20, PACKED_MOST = 1032 }; /* bytes; deflate packs at most 1032 to 1 */

/* One piece of output. *ended: the member is complete. */
static gt_status unpack_piece(gt_ctx *ctx, z_stream *z, char **out, size_t *cap, size_t *at,
                              bool *ended)
{
    if (*at + 1 >= *cap) {
        if (*cap > CIRCUIT_FILE_MAX) {
            return GT_E_INPUT;
        }
        gt_status st = gt_grow(ctx, (void **)out, cap, *cap * 2, 1);
        if (st != GT_OK) {
            return st;
        }
    }
    size_t room = *cap - *at - 1 < MEMBER ? *cap - *at - 1 : MEMBER;
    z->next_out = (unsigned char *)*out + *at;
    z->avail_out = (unsigned)room;
    int r = inflate(z, Z_NO_FLUSH);
    *at += room - z->avail_out;
    *ended = r == Z_STREAM_END;
    return r == Z_OK || r == Z_STREAM_END ? gt_check_cancel(ctx)
           : r == Z_MEM_ERROR             ? gt_fail_errno(ctx, ENOMEM, "inflate", "")
                                          : GT_E_INPUT; /* cut off: Z_BUF_ERROR */
}

/* All members of a gzip file, one behind the other (RFC 1952), a piece at a time. */
static gt_status unpack_all(gt_ctx *ctx, const char *packed, size_t len, char **out, size_t *cap,
                            size_t *at)
{
    enum { GZIP = 16 + MAX_WBITS };
    z_stream z = {0};
    bool ended = false;
    size_t from = 0;
    if (inflateInit2(&z, GZIP) != Z_OK) {
        return gt_fail_errno(ctx, ENOMEM, "inflate", "");
    }
    gt_status st = GT_OK;
    while (st == GT_OK && (from < len || !ended)) {
        size_t give = len - from < MEMBER ? len - from : MEMBER;
        if (ended && inflateReset(&z) != Z_OK) {
            st = GT_E_INPUT;
            break;
        }
        z.next_in = (unsigned char *)(uintptr_t)(packed + from);
        z.avail_in = (unsigned)give;
        st = unpack_piece(ctx, &z, out, cap, at, &ended);
        from += give - z.avail_in;
    }
    (void)inflateEnd(&z);
    return st;
}

static gt_status unpack(gt_ctx *ctx, const char *path, char **text, size_t *len)
{
    /* the last four bytes hold the length of the last member, modulo 2^32: most files have one */
    const unsigned char *z = (const unsigned char *)*text;
    size_t n = *len < 18 ? 0
                         : (size_t)z[*len - 4] | (size_t)z[*len - 3] << 8 |
                               (size_t)z[*len - 2] << 16 | (size_t)z[*len - 1] << 24;
    size_t cap = 0, at = 0;
    char *out = NULL;
    n = n / PACKED_MOST > *len ? 0 : n;
    gt_status st = gt_grow(ctx, (void **)&out, &cap, n + 2, 1);
    st = st == GT_OK ? unpack_all(ctx, *text, *len, &out, &cap, &at) : st;
    if (st != GT_OK) {
        gt_free(ctx, out);
        return st != GT_E_INPUT
                   ? st
                   : gt_fail(ctx, GT_E_INPUT, &GT_MSG_GZIP, GT_PLACE(.file = path), GT_NO_ARGS);
    }
    out[at] = '\0';
    gt_free(ctx, *text);
    *text = out;
    *len = at;
    return GT_OK;
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

/* To a file that appears under its name only when it is complete. */
typedef struct part_file {
    FILE *f;
    gt_text name;
} part_file;

static gt_status part_open(gt_ctx *ctx, const char *path, part_file *p)
{
    p->f = NULL;
    gt_text_init(&p->name, ctx, 0);
    gt_text_printf(&p->name, "%s.part", path);
    gt_status st = gt_text_status(&p->name);
    if (st == GT_OK) {
        p->f = fopen(gt_text_cstr(&p->name), "wbe");
        st = p->f == NULL ? gt_fail_errno(ctx, errno, "open", path) : GT_OK;
    }
    return st;
}

static gt_status part_write(gt_ctx *ctx, const char *path, const part_file *p, const char *data,
                            size_t len)
{
    return fwrite(data, 1, len, p->f) == len ? gt_check_cancel(ctx)
                                             : gt_fail_errno(ctx, errno, "write", path);
}

/* st: of what was done with it. */
static gt_status part_close(gt_ctx *ctx, const char *path, part_file *p, gt_status st)
{
    if (p->f != NULL) {
        bool ok = fclose(p->f) == 0;
        ok = ok && (st != GT_OK || rename(gt_text_cstr(&p->name), path) == 0);
        st = st == GT_OK && !ok ? gt_fail_errno(ctx, errno, "write", path) : st;
        if (st != GT_OK) {
            (void)unlink(gt_text_cstr(&p->name));
        }
    }
    gt_text_free(&p->name);
    return st;
}

gt_status circuit_write_text(gt_ctx *ctx, const char *path, const char *text, size_t len)
{
    part_file p;
    gt_status st = part_open(ctx, path, &p);
    for (size_t at = 0; st == GT_OK && at < len; at += MEMBER) {
        st = part_write(ctx, path, &p, text + at, len - at < MEMBER ? len - at : MEMBER);
    }
    return part_close(ctx, path, &p, st);
}

gt_status circuit_write_packed(gt_ctx *ctx, const char *path, const char *text, size_t len)
{
    part_file p;
    struct libdeflate_compressor *z = libdeflate_alloc_compressor(6);
    size_t room = libdeflate_gzip_compress_bound(z, MEMBER);
    char *out = z == NULL ? NULL : gt_alloc(ctx, room, 1);
    gt_status st = part_open(ctx, path, &p);
    st = st == GT_OK && out == NULL ? GT_E_MEMORY : st;
    for (size_t at = 0; st == GT_OK && at < len; at += MEMBER) {
        size_t n = libdeflate_gzip_compress(z, text + at, len - at < MEMBER ? len - at : MEMBER,
                                            out, room);
        st = part_write(ctx, path, &p, out, n);
    }
    gt_free(ctx, out);
    libdeflate_free_compressor(z);
    return part_close(ctx, path, &p, st);
}
