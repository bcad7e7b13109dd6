/* Memory for whole grids: see held.h. */
#include "grid/held.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

gt_status held_open(gt_ctx *ctx, size_t bytes, const char *dir, held *out)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    *out = (held){.bytes = bytes};
    if (ceiling == 0 || (bytes < ceiling && bytes + used < ceiling / 8 * 7)) {
        out->at = gt_zalloc(ctx, bytes, 1);
        return out->at == NULL ? GT_E_MEMORY : GT_OK;
    }
    char path[4096];
    const char *tmp = dir != NULL ? dir : getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%s/guotu-grid-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    int fd = mkstemp(path);
    if (fd < 0) {
        return gt_fail_errno(ctx, errno, "create", path);
    }
    (void)unlink(path);
    void *at = ftruncate(fd, (off_t)bytes) != 0
                   ? MAP_FAILED
                   : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int err = errno;
    (void)close(fd);
    if (at == MAP_FAILED) {
        return gt_fail_errno(ctx, err, "mmap", path);
    }
    out->at = at;
    out->mapped = true;
    return GT_OK;
}

void held_close(gt_ctx *ctx, held *h)
{
    if (h->mapped) {
        (void)munmap(h->at, h->bytes);
    } else {
        gt_free(ctx, h->at);
    }
    h->at = NULL;
}
