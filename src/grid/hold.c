#include "grid/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static gt_status map_file(gt_ctx *ctx, const char *dir, grid_hold *out)
{
    char path[4096];
    const char *tmp = dir != NULL ? dir : getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%.4000s/guotu-grid-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    int fd = mkostemp(path, O_CLOEXEC), err = 0;
    if (fd < 0) {
        return gt_fail_errno(ctx, errno, "create", path);
    }
    (void)unlink(path); /* nothing is left behind, however the program ends */
    do {
        err = posix_fallocate(fd, 0, (off_t)out->bytes);
    } while (err == EINTR);
    void *at = MAP_FAILED;
    if (err == 0) {
        at = mmap(NULL, out->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        err = at == MAP_FAILED ? errno : 0;
    }
    (void)close(fd);
    if (err != 0) {
        return gt_fail_errno(ctx, err, "reserve", path);
    }
    out->at = at;
    out->mapped = true;
    return GT_OK;
}

gt_status grid_hold_new(gt_ctx *ctx, size_t bytes, const char *scratch_dir, grid_hold *out)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    *out = (grid_hold){.bytes = bytes};
    if (ceiling != 0 && bytes + used >= ceiling / 8 * 7) {
        return map_file(ctx, scratch_dir, out);
    }
    out->at = gt_alloc(ctx, bytes, 1);
    if (out->at == NULL) {
        return GT_E_MEMORY;
    }
    /* large pages: kernels jump between rows; a refusal costs speed only */
    uintptr_t from = ((uintptr_t)out->at + 4095) / 4096 * 4096;
    if (bytes > (size_t)1 << 22) {
        (void)madvise((void *)from, bytes - 4096, MADV_HUGEPAGE);
    }
    return GT_OK;
}

gt_status grid_hold_zeroed(gt_ctx *ctx, size_t bytes, const char *scratch_dir, grid_hold *out)
{
    gt_status st = grid_hold_new(ctx, bytes, scratch_dir, out);
    if (st == GT_OK && !out->mapped) { /* a fresh file is zero */
        memset(out->at, 0, bytes);
    }
    return st;
}

void grid_hold_free(gt_ctx *ctx, grid_hold *hold)
{
    if (hold->mapped) {
        (void)munmap(hold->at, hold->bytes);
    } else {
        gt_free(ctx, hold->at);
    }
    memset(hold, 0, sizeof *hold);
}
