#include "grid/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static gt_status open_file(gt_ctx *ctx, size_t bytes, const char *dir, grid_shelf *out)
{
    char path[4096];
    const char *tmp = dir != NULL ? dir : getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%.4000s/guotu-grid-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    int err = 0;
    out->fd = mkostemp(path, O_CLOEXEC);
    if (out->fd < 0) {
        return gt_fail_errno(ctx, errno, "create", path);
    }
    out->open = true;
    (void)unlink(path); /* nothing is left behind, however the program ends */
    do {
        err = posix_fallocate(out->fd, 0, (off_t)bytes);
    } while (err == EINTR);
    return err == 0 ? GT_OK : gt_fail_errno(ctx, err, "reserve", path);
}

gt_status grid_shelf_new(gt_ctx *ctx, size_t n, size_t bytes, size_t part, const char *scratch_dir,
                         grid_shelf *out)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    *out = (grid_shelf){.fd = -1, .bytes = bytes};
    if (ceiling != 0 && n * bytes + used > ceiling / part) {
        return open_file(ctx, n * bytes, scratch_dir, out);
    }
    out->at = gt_alloc(ctx, n, bytes);
    if (out->at == NULL) {
        return GT_E_MEMORY;
    }
    /* large pages: a refusal costs speed only */
    uintptr_t from = ((uintptr_t)out->at + 4095) / 4096 * 4096;
    if (n * bytes > (size_t)1 << 22) {
        (void)madvise((void *)from, n * bytes - 4096, MADV_HUGEPAGE);
    }
    return GT_OK;
}

void grid_shelf_free(gt_ctx *ctx, grid_shelf *shelf)
{
    gt_free(ctx, shelf->at);
    if (shelf->open) {
        (void)close(shelf->fd);
    }
    *shelf = (grid_shelf){.fd = -1};
}

void *grid_shelf_at(const grid_shelf *shelf, size_t record)
{
    return shelf->at == NULL ? NULL : shelf->at + record * shelf->bytes;
}

gt_status grid_shelf_get(gt_ctx *ctx, const grid_shelf *shelf, size_t record, void *to, size_t n)
{
    unsigned char *at = to;
    off_t from = (off_t)(record * shelf->bytes);
    if (shelf->at != NULL) {
        memcpy(to, shelf->at + record * shelf->bytes, n);
        return GT_OK;
    }
    while (n > 0) {
        ssize_t got = pread(shelf->fd, at, n, from);
        if (got <= 0 && !(got < 0 && errno == EINTR)) {
            return gt_fail_errno(ctx, got == 0 ? EIO : errno, "pread", "guotu-grid");
        }
        got = got < 0 ? 0 : got;
        at += got;
        from += got;
        n -= (size_t)got;
    }
    return GT_OK;
}

gt_status grid_shelf_put(gt_ctx *ctx, const grid_shelf *shelf, size_t record, const void *from,
                         size_t n)
{
    const unsigned char *at = from;
    off_t to = (off_t)(record * shelf->bytes);
    if (shelf->at != NULL) {
        memcpy(shelf->at + record * shelf->bytes, from, n);
        return GT_OK;
    }
    while (n > 0) {
        ssize_t put = pwrite(shelf->fd, at, n, to);
        if (put < 0 && errno != EINTR) {
            return gt_fail_errno(ctx, errno, "pwrite", "guotu-grid");
        }
        put = put < 0 ? 0 : put;
        at += put;
        to += put;
        n -= (size_t)put;
    }
    return GT_OK;
}
