#include "store/qc_twins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_BYTES = 4 * 1024 * 1024, READ_ROWS = 2048 };

typedef struct run {
    off_t next, end; /* bytes of the file not read yet */
    qc_twin *rows;   /* READ_ROWS of them, part of one block */
    size_t at, n;
} run;

struct qc_twins {
    qc_twin *rows, *other; /* other: for sorting */
    size_t n, cap;
    int fd; /* -1: nothing was written yet */
    char *dir;
    off_t size;
    off_t *run_end;
    size_t n_runs, cap_runs;
};

gt_status qc_twins_new(gt_ctx *ctx, size_t bytes, const char *dir, qc_twins **out)
{
    qc_twins *t = gt_zalloc(ctx, 1, sizeof *t);
    if (t == NULL) {
        return GT_E_MEMORY;
    }
    t->fd = -1;
    t->cap = (bytes == 0 ? DEFAULT_BYTES : bytes) / sizeof *t->rows;
    t->cap = t->cap < 2 ? 2 : t->cap;
    t->rows = gt_alloc(ctx, t->cap, sizeof *t->rows);
    t->dir = gt_strdup(ctx, dir);
    if (t->rows == NULL || t->dir == NULL) {
        qc_twins_free(ctx, t);
        return GT_E_MEMORY;
    }
    *out = t;
    return GT_OK;
}

void qc_twins_free(gt_ctx *ctx, qc_twins *t)
{
    if (t == NULL) {
        return;
    }
    if (t->fd >= 0) {
        (void)close(t->fd);
    }
    gt_free(ctx, t->rows);
    gt_free(ctx, t->other);
    gt_free(ctx, t->dir);
    gt_free(ctx, t->run_end);
    gt_free(ctx, t);
}

/* By hash; rows were added in order and the sort is stable, so equal hashes stay in row order.
 * Eight passes of a byte: 20 ms for a run of the default size. */
static gt_status sort_rows(gt_ctx *ctx, qc_twins *t)
{
    if (t->other == NULL) {
        t->other = gt_alloc(ctx, t->cap, sizeof *t->other);
        if (t->other == NULL) {
            return GT_E_MEMORY;
        }
    }
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t count[257] = {0};
        for (size_t i = 0; i < t->n; i++) {
            count[((t->rows[i].hash >> shift) & 0xFF) + 1]++;
        }
        for (size_t i = 1; i < 257; i++) {
            count[i] += count[i - 1];
        }
        for (size_t i = 0; i < t->n; i++) {
            t->other[count[(t->rows[i].hash >> shift) & 0xFF]++] = t->rows[i];
        }
        qc_twin *swap = t->rows;
        t->rows = t->other;
        t->other = swap;
    }
    return GT_OK;
}

static gt_status open_file(gt_ctx *ctx, qc_twins *t)
{
    t->fd = open(t->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return t->fd < 0 ? gt_fail_errno(ctx, errno, "open a temporary file", t->dir) : GT_OK;
}

static gt_status write_run(gt_ctx *ctx, qc_twins *t)
{
    gt_status st = sort_rows(ctx, t);
    if (st == GT_OK && t->fd < 0) {
        st = open_file(ctx, t);
    }
    const char *data = (const char *)t->rows;
    size_t left = t->n * sizeof *t->rows;
    while (st == GT_OK && left > 0) {
        ssize_t n = pwrite(t->fd, data, left, t->size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return gt_fail_errno(ctx, errno, "write a temporary file", t->dir);
        }
        data += n;
        left -= (size_t)n;
        t->size += n;
    }
    if (st == GT_OK) {
        void *block = t->run_end;
        st = gt_grow(ctx, &block, &t->cap_runs, t->n_runs + 1, sizeof *t->run_end);
        if (st == GT_OK) {
            t->run_end = block;
            t->run_end[t->n_runs++] = t->size;
            t->n = 0;
        }
    }
    return st;
}

gt_status qc_twins_add(gt_ctx *ctx, qc_twins *t, uint64_t hash, int64_t row)
{
    if (t->n == t->cap) {
        gt_status st = write_run(ctx, t);
        if (st != GT_OK) {
            return st;
        }
    }
    t->rows[t->n++] = (qc_twin){hash, row};
    return GT_OK;
}

/* ---- merge ----------------------------------------------------------------------------------- */

static gt_status refill(gt_ctx *ctx, const qc_twins *t, run *r)
{
    size_t want = (size_t)(r->end - r->next) / sizeof(qc_twin);
    want = want < READ_ROWS ? want : READ_ROWS;
    r->at = 0;
    r->n = 0;
    while (want > r->n) {
        ssize_t got = pread(t->fd, (char *)r->rows + r->n * sizeof(qc_twin),
                            (want - r->n) * sizeof(qc_twin), r->next);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < (ssize_t)sizeof(qc_twin)) { /* whole rows were written: less is a lost file */
            return gt_fail_errno(ctx, got < 0 ? errno : EIO, "read a temporary file", t->dir);
        }
        size_t rows = (size_t)got / sizeof(qc_twin);
        r->n += rows;
        r->next += (off_t)(rows * sizeof(qc_twin));
    }
    return GT_OK;
}

typedef struct finder {
    qc_twin *found;
    size_t n, cap, max;
    uint64_t total;
    qc_twin last;
    bool any, last_kept;
} finder;

static gt_status keep(gt_ctx *ctx, finder *f, qc_twin row)
{
    f->total++;
    if (f->n == f->max) {
        return GT_OK;
    }
    void *block = f->found;
    gt_status st = gt_grow(ctx, &block, &f->cap, f->n + 1, sizeof *f->found);
    if (st == GT_OK) {
        f->found = block;
        f->found[f->n++] = row;
    }
    return st;
}

/* Rows come sorted by hash. */
static gt_status look_at(gt_ctx *ctx, finder *f, qc_twin row)
{
    gt_status st = GT_OK;
    bool same = f->any && row.hash == f->last.hash;
    if (same && !f->last_kept) {
        st = keep(ctx, f, f->last);
    }
    if (same && st == GT_OK) {
        st = keep(ctx, f, row);
    }
    f->last = row;
    f->last_kept = same;
    f->any = true;
    return st;
}

static gt_status merge_runs(gt_ctx *ctx, qc_twins *t, finder *f)
{
    gt_status st = GT_OK;
    run *runs = gt_zalloc(ctx, t->n_runs, sizeof *runs);
    qc_twin *rows = gt_alloc(ctx, t->n_runs * READ_ROWS, sizeof *rows);
    if (runs == NULL || rows == NULL) {
        st = GT_E_MEMORY;
    }
    for (size_t i = 0; i < t->n_runs && st == GT_OK; i++) {
        runs[i] = (run){i == 0 ? 0 : t->run_end[i - 1], t->run_end[i], rows + i * READ_ROWS, 0, 0};
        st = refill(ctx, t, &runs[i]);
    }
    while (st == GT_OK) {
        run *least = NULL; /* the earliest of equals: runs are in row order */
        for (size_t i = 0; i < t->n_runs; i++) {
            run *r = &runs[i];
            if (r->at < r->n &&
                (least == NULL || r->rows[r->at].hash < least->rows[least->at].hash)) {
                least = r;
            }
        }
        if (least == NULL) {
            break;
        }
        st = look_at(ctx, f, least->rows[least->at]);
        if (++least->at == least->n && st == GT_OK && least->next < least->end) {
            st = refill(ctx, t, least);
        }
    }
    gt_free(ctx, runs);
    gt_free(ctx, rows);
    return st;
}

gt_status qc_twins_finish(gt_ctx *ctx, qc_twins *t, size_t max, qc_twin **out, size_t *n,
                          uint64_t *total)
{
    finder f = {.max = max};
    gt_status st = GT_OK;
    if (t->n_runs == 0) {
        st = sort_rows(ctx, t);
        for (size_t i = 0; i < t->n && st == GT_OK; i++) {
            st = look_at(ctx, &f, t->rows[i]);
        }
    } else {
        st = t->n > 0 ? write_run(ctx, t) : GT_OK;
        if (st == GT_OK) {
            st = merge_runs(ctx, t, &f);
        }
    }
    if (st != GT_OK) {
        gt_free(ctx, f.found);
        return st;
    }
    *out = f.found;
    *n = f.n;
    *total = f.total;
    return GT_OK;
}
