/* Depression filling, D8 directions and accumulation over a whole grid held in memory: 6 bytes a
 * cell (heights, later counts, in 4; direction and number of inflows in 1 each) and the front of
 * the flood. The flood runs on one thread: its order is what makes it right; reading, directions,
 * inflows and writing run on all.
 *
 * Cells carry a ring of nodata, so that neighbours need no bounds. Sources: Barnes, Lehman and
 * Mulla 2014 (priority-flood with a queue for depressions); radix heap: Ahuja, Mehlhorn, Orlin and
 * Tarjan 1990 (keys never fall, so a push is one append). Departure: in flats a cell drains to the
 * cell it was flooded from, which needs no second pass and always drains; the pattern in a flat is
 * that of the flood, not of Garbrecht and Martz. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "grid/messages.h"
#include "guotu/grid_ops.h"
#include "guotu/pool.h"

enum { BAND = 64, LEVELS = 33, UNSEEN = 254, NODATA = 255, STEPS_PER_CHECK = 1 << 16 };

typedef struct item {
    uint32_t key, cell;
} item;

typedef struct stack {
    item *list;
    size_t n, cap;
} stack;

typedef struct heap {
    stack level[LEVELS];
    uint32_t last; /* key popped last; no key below it is ever pushed */
    size_t n;
} heap;

typedef struct flow_run {
    gt_grid *dem, *filled, *direction, *accumulation;
    const gt_flow_options *o;
    int64_t cols, rows;
    size_t width, n; /* with the ring */
    float *z;
    uint32_t *count; /* the same memory, after the heights are done */
    uint8_t *dir, *inflow;
    void *held;
    size_t bytes;
    bool mapped;
    int move[9];      /* to the neighbour of a direction code */
    float inverse[9]; /* 1 / distance */
    heap heap;
    uint32_t *queue;
    size_t head, tail, cap;
    uint64_t *valid; /* per band */
    gt_flow_facts facts;
} flow_run;

void gt_flow_options_init(gt_flow_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* ---- queues -------------------------------------------------------------------------------------
 */

/* Order of floats as order of unsigned numbers. */
static inline uint32_t key_of(float z)
{
    uint32_t u = 0;
    memcpy(&u, &z, sizeof u);
    return (u & 0x80000000U) != 0 ? ~u : u | 0x80000000U;
}

static inline int level_of(const heap *h, uint32_t key)
{
    return key == h->last ? 0 : 32 - __builtin_clz(key ^ h->last);
}

static inline gt_status heap_push(gt_ctx *ctx, heap *h, uint32_t key, uint32_t cell)
{
    stack *s = &h->level[level_of(h, key)];
    if (s->n == s->cap) {
        gt_status st = gt_grow(ctx, (void **)&s->list, &s->cap, s->n + 1, sizeof *s->list);
        if (st != GT_OK) {
            return st;
        }
    }
    s->list[s->n++] = (item){key, cell};
    h->n++;
    return GT_OK;
}

static gt_status heap_pop(gt_ctx *ctx, heap *h, uint32_t *cell)
{
    gt_status st = GT_OK;
    if (h->level[0].n == 0) {
        int l = 1;
        while (h->level[l].n == 0) {
            l++;
        }
        stack full = h->level[l];
        uint32_t least = UINT32_MAX;
        for (size_t i = 0; i < full.n; i++) {
            least = full.list[i].key < least ? full.list[i].key : least;
        }
        h->last = least;
        h->level[l].n = 0; /* all of it moves to lower levels, never to this one */
        h->n -= full.n;
        for (size_t i = 0; st == GT_OK && i < full.n; i++) {
            st = heap_push(ctx, h, full.list[i].key, full.list[i].cell);
        }
        if (st != GT_OK) {
            return st;
        }
    }
    *cell = h->level[0].list[--h->level[0].n].cell;
    h->n--;
    return GT_OK;
}

static inline gt_status queue_push(gt_ctx *ctx, flow_run *f, uint32_t cell)
{
    if (f->head == f->tail) {
        f->head = f->tail = 0;
    }
    if (f->tail == f->cap) {
        gt_status st = gt_grow(ctx, (void **)&f->queue, &f->cap, f->tail + 1, sizeof *f->queue);
        if (st != GT_OK) {
            return st;
        }
    }
    f->queue[f->tail++] = cell;
    return GT_OK;
}

/* ---- memory -------------------------------------------------------------------------------------
 */

/* In memory when it fits the ceiling, else mapped from an unlinked file, which the system pages. */
static gt_status hold(gt_ctx *ctx, flow_run *f)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    f->bytes = f->n * 6;
    if (ceiling == 0 || f->bytes + used < ceiling / 8 * 7) {
        f->held = gt_alloc(ctx, f->n, 6);
        if (f->held == NULL) {
            return GT_E_MEMORY;
        }
        uintptr_t from = ((uintptr_t)f->held + 4095) / 4096 * 4096;
        if (f->bytes > (size_t)1 << 22) {
            (void)madvise((void *)from, f->bytes - 4096, MADV_HUGEPAGE);
        }
    } else {
        char path[4096];
        const char *tmp = f->o->scratch_dir != NULL ? f->o->scratch_dir : getenv("TMPDIR");
        (void)snprintf(path, sizeof path, "%s/guotu-flow-XXXXXX", tmp == NULL ? "/tmp" : tmp);
        int fd = mkstemp(path);
        if (fd < 0) {
            return gt_fail_errno(ctx, errno, "create", path);
        }
        (void)unlink(path);
        void *at = ftruncate(fd, (off_t)f->bytes) != 0
                       ? MAP_FAILED
                       : mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        int err = errno;
        (void)close(fd);
        if (at == MAP_FAILED) {
            return gt_fail_errno(ctx, err, "mmap", path);
        }
        f->held = at;
        f->mapped = true;
    }
    f->z = f->held;
    f->count = f->held;
    f->dir = (uint8_t *)f->held + f->n * 4;
    f->inflow = f->dir + f->n;
    return GT_OK;
}

static void release(gt_ctx *ctx, flow_run *f)
{
    if (f->mapped) {
        (void)munmap(f->held, f->bytes);
    } else {
        gt_free(ctx, f->held);
    }
    for (int i = 0; i < LEVELS; i++) {
        gt_free(ctx, f->heap.level[i].list);
    }
    gt_free(ctx, f->queue);
    gt_free(ctx, f->valid);
}

/* ---- the passes, band by band -------------------------------------------------------------------
 */

static gt_window band_of(const flow_run *f, size_t task)
{
    int64_t row = (int64_t)task * BAND;
    return (gt_window){0, row, f->cols, f->rows - row < BAND ? f->rows - row : BAND};
}

static size_t first_of(const flow_run *f, int64_t row)
{
    return (size_t)(row + 1) * f->width + 1;
}

static gt_status read_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    flow_run *f = user;
    const gt_window w = band_of(f, task);
    float *z = f->z + first_of(f, w.row);
    gt_status st = gt_grid_read(ctx, f->dem, &w, GT_CELL_F32, z, f->width);
    uint64_t valid = 0;
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        size_t at = first_of(f, w.row + r);
        f->z[at - 1] = f->z[at + (size_t)f->cols] = (float)NAN;
        f->dir[at - 1] = f->dir[at + (size_t)f->cols] = NODATA;
        for (size_t i = at; i < at + (size_t)f->cols; i++) {
            bool none = isnan(f->z[i]) || isinf(f->z[i]);
            f->z[i] = none ? (float)NAN : f->z[i] + 0.0f; /* -0 as 0 */
            f->dir[i] = none ? NODATA : UNSEEN;
            valid += !none;
        }
    }
    f->valid[task] = valid;
    return st;
}

/* Steepest way down on the filled heights; where there is none, the way the flood came. */
static gt_status direct_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    flow_run *f = user;
    const gt_window w = band_of(f, task);
    static const int order[8] = {1, 3, 5, 7, 2, 4, 6, 8}; /* of ties */
    for (int64_t r = 0; r < w.n_rows; r++) {
        size_t at = first_of(f, w.row + r);
        for (size_t i = at; i < at + (size_t)f->cols; i++) {
            float best = 0, z = f->z[i];
            int code = f->dir[i];
            for (int k = 0; k < 8; k++) {
                int e = order[k];
                float drop = (z - f->z[(ptrdiff_t)i + f->move[e]]) * f->inverse[e];
                code = drop > best ? e : code; /* false for nodata */
                best = drop > best ? drop : best;
            }
            f->dir[i] = (uint8_t)code;
        }
    }
    return gt_check_cancel(ctx);
}

static gt_status inflow_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    flow_run *f = user;
    const gt_window w = band_of(f, task);
    for (int64_t r = 0; r < w.n_rows; r++) {
        size_t at = first_of(f, w.row + r);
        memset(f->inflow + at, 0, (size_t)f->cols);
        for (int e = 1; e <= 8; e++) {
            const uint8_t *from = f->dir + at + f->move[e];
            uint8_t *in = f->inflow + at, towards = (uint8_t)(e <= 4 ? e + 4 : e - 4);
            for (size_t i = 0; i < (size_t)f->cols; i++) {
                in[i] = (uint8_t)(in[i] + (from[i] == towards));
            }
        }
        for (size_t i = at; i < at + (size_t)f->cols; i++) {
            f->count[i] = f->dir[i] == NODATA ? 0 : 1;
        }
    }
    return gt_check_cancel(ctx);
}

static gt_status filled_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    flow_run *f = user;
    const gt_window w = band_of(f, task);
    return gt_grid_write(ctx, f->filled, &w, GT_CELL_F32, f->z + first_of(f, w.row), f->width);
}

static gt_status out_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    flow_run *f = user;
    const gt_window w = band_of(f, task);
    int32_t *row = gt_alloc(ctx, (size_t)f->cols, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        size_t at = first_of(f, w.row + r);
        const gt_window one = {0, w.row + r, f->cols, 1};
        for (size_t i = 0; i < (size_t)f->cols; i++) {
            row[i] = f->dir[at + i] == NODATA ? GT_NODATA_I32 : (int32_t)f->count[at + i];
        }
        st = gt_grid_write(ctx, f->accumulation, &one, GT_CELL_I32, row, (size_t)f->cols);
        for (size_t i = 0; f->direction != NULL && i < (size_t)f->cols; i++) {
            row[i] = f->dir[at + i] == NODATA ? GT_NODATA_I32 : f->dir[at + i];
        }
        if (st == GT_OK && f->direction != NULL) {
            st = gt_grid_write(ctx, f->direction, &one, GT_CELL_I32, row, (size_t)f->cols);
        }
    }
    gt_free(ctx, row);
    return st;
}

/* ---- flood and accumulation ---------------------------------------------------------------------
 */

/* Seeds: cells beside nodata or the border, lowest first. */
static gt_status seed(gt_ctx *ctx, flow_run *f)
{
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < f->rows; r++) {
        size_t at = first_of(f, r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)f->cols; i++) {
            float around = 0;
            for (int e = 1; e <= 8; e++) {
                around += f->z[(ptrdiff_t)i + f->move[e]];
            }
            if (isnan(around) && f->dir[i] == UNSEEN) {
                f->dir[i] = 0;
                st = heap_push(ctx, &f->heap, key_of(f->z[i]), (uint32_t)i);
            }
        }
        if (st == GT_OK) {
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

static gt_status flood_from(gt_ctx *ctx, flow_run *f, uint32_t cell)
{
    float level = f->z[cell];
    gt_status st = GT_OK;
    for (int e = 1; st == GT_OK && e <= 8; e++) {
        uint32_t next = (uint32_t)((int64_t)cell + f->move[e]);
        if (f->dir[next] != UNSEEN) {
            continue;
        }
        f->dir[next] = (uint8_t)(e <= 4 ? e + 4 : e - 4); /* back to where the flood came from */
        if (f->z[next] <= level) {
            f->facts.n_raised += f->z[next] < level;
            f->z[next] = level;
            st = queue_push(ctx, f, next);
        } else {
            st = heap_push(ctx, &f->heap, key_of(f->z[next]), next);
        }
    }
    return st;
}

static gt_status flood(gt_ctx *ctx, flow_run *f)
{
    gt_status st = seed(ctx, f);
    for (size_t step = 0; st == GT_OK && (f->head < f->tail || f->heap.n > 0); step++) {
        uint32_t cell = 0;
        if (f->head < f->tail) {
            cell = f->queue[f->head++];
        } else {
            st = heap_pop(ctx, &f->heap, &cell);
        }
        if (st == GT_OK) {
            st = flood_from(ctx, f, cell);
        }
        if (st == GT_OK && step % STEPS_PER_CHECK == 0) {
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

/* From every cell without inflow down the stream, as far as all inflows are known. */
static gt_status accumulate(gt_ctx *ctx, flow_run *f)
{
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < f->rows; r++) {
        size_t at = first_of(f, r);
        for (size_t i = at; i < at + (size_t)f->cols; i++) {
            size_t c = i;
            /* a cell done on the way of another is marked by an inflow of 255 */
            while (f->inflow[c] == 0 && f->dir[c] != NODATA) {
                f->inflow[c] = NODATA;
                int d = f->dir[c];
                if (d == 0) {
                    f->facts.n_outlets++;
                    f->facts.n_drained += f->count[c];
                    break;
                }
                size_t next = (size_t)((ptrdiff_t)c + f->move[d]);
                f->count[next] += f->count[c];
                f->inflow[next]--;
                c = next;
            }
        }
        st = gt_check_cancel(ctx);
    }
    return st;
}

static gt_status prepare(gt_ctx *ctx, flow_run *f)
{
    const gt_grid_spec *s = gt_grid_facts(f->dem);
    const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    f->cols = s->n_cols;
    f->rows = s->n_rows;
    f->width = (size_t)f->cols + 2;
    f->n = f->width * ((size_t)f->rows + 2);
    if (f->n > INT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(f->dem)),
                       GT_ARGS(GT_INT("cells", f->n), GT_INT("max", INT32_MAX)));
    }
    for (int e = 1; e <= 8; e++) {
        f->move[e] = dy[e] * (int)f->width + dx[e];
        f->inverse[e] = (float)(1 / hypot(dx[e] * s->cell_x, dy[e] * s->cell_y));
    }
    f->valid = gt_zalloc(ctx, (size_t)(f->rows + BAND - 1) / BAND, sizeof *f->valid);
    gt_status st = f->valid == NULL ? GT_E_MEMORY : hold(ctx, f);
    for (size_t i = 0; st == GT_OK && i < f->width; i++) {
        size_t last = f->n - f->width + i;
        f->z[i] = f->z[last] = (float)NAN;
        f->dir[i] = f->dir[last] = NODATA;
    }
    return st;
}

gt_status gt_grid_flow(gt_ctx *ctx, gt_grid *dem, const gt_flow_options *options, gt_grid *filled,
                       gt_grid *direction, gt_grid *accumulation, gt_flow_facts *facts)
{
    gt_flow_options o;
    gt_grid *const outs[] = {filled, direction, accumulation};
    gt_status st = GT_OK;
    gt_flow_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    flow_run f = {.dem = dem,
                  .filled = filled,
                  .direction = direction,
                  .accumulation = accumulation,
                  .o = &o};
    for (int i = 0; st == GT_OK && i < 3; i++) {
        if (outs[i] != NULL) {
            st = gt_grid_check_aligned(ctx, dem, outs[i], true, NULL, NULL);
        }
    }
    st = st == GT_OK ? prepare(ctx, &f) : st;
    size_t bands = (size_t)(f.rows + BAND - 1) / BAND;
    st = st == GT_OK ? gt_parallel_for(ctx, bands, read_band, &f) : st;
    st = st == GT_OK ? flood(ctx, &f) : st;
    if (st == GT_OK && filled != NULL) {
        st = gt_parallel_for(ctx, bands, filled_band, &f);
    }
    if (st == GT_OK && accumulation != NULL) {
        st = gt_parallel_for(ctx, bands, direct_band, &f);
        st = st == GT_OK ? gt_parallel_for(ctx, bands, inflow_band, &f) : st;
        st = st == GT_OK ? accumulate(ctx, &f) : st;
        st = st == GT_OK ? gt_parallel_for(ctx, bands, out_band, &f) : st;
    }
    for (size_t i = 0; st == GT_OK && i < bands; i++) {
        f.facts.n_cells += f.valid[i];
    }
    if (st == GT_OK && facts != NULL) {
        *facts = f.facts;
    }
    release(ctx, &f);
    return st;
}
