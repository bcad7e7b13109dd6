#include "grid/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* ---- the keeper ---------------------------------------------------------------------------------
 */

enum {
    LOOK_NS = 4000000, /* pages come in at about 2 GB/s a thread at most: 8 MB between two looks */
    LEAST_TRIM = 32 << 20 /* bytes of files: below that the ceiling is passed by something else */
};

typedef struct grid_keeper {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop; /* guarded by lock */
    void *at;
    size_t bytes, limit;
} grid_keeper;

void grid_resident(size_t *all, size_t *of_files)
{
    char text[128];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *all = *of_files = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) {
        (void)close(fd);
    }
    text[n < 0 ? 0 : n] = '\0';
    char *at = text;
    (void)strtoull(at, &at, 10); /* size of the address space */
    *all = (size_t)strtoull(at, &at, 10) * page;
    *of_files = (size_t)strtoull(at, &at, 10) * page;
}

static void mind(const grid_keeper *k)
{
    size_t all = 0, of_files = 0;
    grid_resident(&all, &of_files);
    if (all > k->limit && of_files > LEAST_TRIM) {
        (void)madvise(k->at, k->bytes, MADV_DONTNEED);
    }
}

static void *keep(void *user)
{
    grid_keeper *k = user;
    (void)pthread_mutex_lock(&k->lock);
    while (!k->stop) {
        struct timespec until;
        mind(k);
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&k->wake, &k->lock, &until);
    }
    (void)pthread_mutex_unlock(&k->lock);
    return NULL;
}

static gt_status keeper_new(gt_ctx *ctx, grid_hold *hold)
{
    pthread_condattr_t attr;
    grid_keeper *k = gt_zalloc(ctx, 1, sizeof *k);
    if (k == NULL) {
        return GT_E_MEMORY;
    }
    k->at = hold->at;
    k->bytes = hold->bytes;
    k->limit = gt_ctx_memory_ceiling(ctx) / 4 * 3; /* pages come in between two looks */
    (void)pthread_mutex_init(&k->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&k->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    int err = pthread_create(&k->thread, NULL, keep, k);
    if (err != 0) {
        (void)pthread_cond_destroy(&k->wake);
        (void)pthread_mutex_destroy(&k->lock);
        gt_free(ctx, k);
        return gt_fail_errno(ctx, err, "pthread_create", "");
    }
    hold->keeper = k;
    return GT_OK;
}

static void keeper_free(gt_ctx *ctx, grid_keeper *k)
{
    if (k == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&k->lock);
    k->stop = true;
    (void)pthread_cond_signal(&k->wake);
    (void)pthread_mutex_unlock(&k->lock);
    (void)pthread_join(k->thread, NULL);
    (void)pthread_cond_destroy(&k->wake);
    (void)pthread_mutex_destroy(&k->lock);
    gt_free(ctx, k);
}

void grid_hold_trim(const grid_hold *hold)
{
    if (hold->mapped) {
        (void)madvise(hold->at, hold->bytes, MADV_DONTNEED); /* shared: dirty pages are kept */
    }
}

void grid_hold_mind(const grid_hold *hold)
{
    if (hold->keeper != NULL) {
        mind(hold->keeper);
    }
}

/* ---- the piece ----------------------------------------------------------------------------------
 */

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
    return keeper_new(ctx, out);
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
        keeper_free(ctx, hold->keeper);
        (void)munmap(hold->at, hold->bytes);
    } else {
        gt_free(ctx, hold->at);
    }
    memset(hold, 0, sizeof *hold);
}
