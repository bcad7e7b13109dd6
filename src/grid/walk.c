/* The walker. The grid is cut into blocks, by default flat ones whose buffers stay in the second
 * cache: what is read, computed and written then crosses memory twice, not six times. Workers take
 * runs of blocks one below the other, a tile high, so that a tile is near while it is in work; they
 * read what they need, call the kernel, write. Each worker owns one set of buffers, so memory is
 * threads x set, whatever the grid; blocks shrink when the ceiling is near. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "grid/internal.h"
#include "grid/messages.h"
#include "guotu/pool.h"

enum {
    HALO_MAX = 1024,
    RUN_ROWS = 512,    /* of blocks one below the other */
    BLOCK_ROWS = 32,   /* with BLOCK_COLS, inputs and output in about 1 MB */
    HALO_ROWS = 16,    /* a block has so many rows for each of its halo, at most RUN_ROWS */
    BLOCK_COLS = 2048, /* wider with a halo, which costs whole tiles left and right */
    BLOCK_LEAST = 64
};

typedef struct worker_set {
    void *in[GT_WALK_MAX], *out[GT_WALK_MAX], *mask, *scratch;
} worker_set;

typedef struct walker {
    const gt_walk *walk;
    gt_walk_plan plan;
    gt_window all;        /* the cells to walk */
    int64_t across, deep; /* blocks; deep: of a run */
    gt_block_fn fn;
    void *user;
    worker_set *sets;
} walker;

void gt_walk_init(gt_walk *walk)
{
    memset(walk, 0, sizeof *walk);
    walk->size = sizeof *walk;
}

static gt_status misuse(gt_ctx *ctx, const char *what)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE, GT_ARGS(GT_TEXT("what", what)));
}

static gt_grid *first_grid(const gt_walk *walk)
{
    return walk->n_in > 0 ? walk->in[0].grid : walk->n_out > 0 ? walk->out[0].grid : walk->mask;
}

static bool buffer_type(gt_cell type)
{
    return type == GT_CELL_F32 || type == GT_CELL_F64 || type == GT_CELL_I32;
}

static gt_status check(gt_ctx *ctx, const gt_walk *walk)
{
    if (walk->n_in < 0 || walk->n_in > GT_WALK_MAX || walk->n_out < 0 ||
        walk->n_out > GT_WALK_MAX || walk->block_cols < 0 || walk->block_rows < 0) {
        return misuse(ctx, "number of grids or size of blocks");
    }
    const gt_grid *a = first_grid(walk);
    if (a == NULL) {
        return misuse(ctx, "no grid");
    }
    gt_status st = GT_OK;
    for (int i = 0; st == GT_OK && i < walk->n_in; i++) {
        if (walk->in[i].halo < 0 || walk->in[i].halo > HALO_MAX || !buffer_type(walk->in[i].type)) {
            return misuse(ctx, "halo or type of an input");
        }
        st = gt_grid_check_aligned(ctx, a, walk->in[i].grid, true, NULL, NULL);
    }
    for (int i = 0; st == GT_OK && i < walk->n_out; i++) {
        if (!walk->out[i].grid->writable || !buffer_type(walk->out[i].type)) {
            return misuse(ctx, "an output that cannot be written");
        }
        st = gt_grid_check_aligned(ctx, a, walk->out[i].grid, true, NULL, NULL);
    }
    if (st == GT_OK && walk->mask != NULL) {
        st = gt_grid_check_aligned(ctx, a, walk->mask, true, NULL, NULL);
    }
    const gt_window *w = walk->only;
    if (st == GT_OK && w != NULL &&
        (w->col < 0 || w->row < 0 || w->n_cols < 1 || w->n_rows < 1 ||
         w->col + w->n_cols > a->spec.n_cols || w->row + w->n_rows > a->spec.n_rows)) {
        st = misuse(ctx, "the part to walk leaves the grid");
    }
    return st;
}

/* ---- the memory law -----------------------------------------------------------------------------
 */

static size_t in_cells(const gt_walk_input *in, int cols, int rows)
{
    return (size_t)(cols + 2 * in->halo) * (size_t)(rows + 2 * in->halo);
}

/* Bytes of one worker's buffers for blocks of that size. */
static size_t set_bytes(const gt_walk *walk, int cols, int rows)
{
    size_t bytes = walk->scratch, cells = (size_t)cols * (size_t)rows;
    for (int i = 0; i < walk->n_in; i++) {
        bytes += in_cells(&walk->in[i], cols, rows) * gt_cell_bytes(walk->in[i].type);
    }
    for (int i = 0; i < walk->n_out; i++) {
        bytes += cells * gt_cell_bytes(walk->out[i].type);
    }
    return bytes + (walk->mask != NULL ? cells * sizeof(int32_t) : 0);
}

static bool packed(const gt_grid *g)
{
    return g->cache != NULL;
}

/* Unpacked tiles a packed input keeps: two rows of tiles across a block, for each worker. */
static size_t cache_tiles(const gt_grid *g, int cols, int threads)
{
    size_t across = (size_t)(cols / g->tile_w) + 2;
    size_t most = (size_t)(g->across * g->down), want = across * ((size_t)threads + 1) * 2;
    return want < most ? want : most;
}

static size_t cache_bytes(const gt_walk *walk, int cols, int threads)
{
    size_t bytes = 0;
    for (int i = 0; i < walk->n_in; i++) {
        const gt_grid *g = walk->in[i].grid;
        bytes += packed(g) ? cache_tiles(g, cols, threads) * (size_t)g->tile_bytes : 0;
    }
    return bytes;
}

static int at_most(int64_t a, int64_t b)
{
    return (int)(a < b ? a : b);
}

static int widest_halo(const gt_walk *walk)
{
    int halo = 0;
    for (int i = 0; i < walk->n_in; i++) {
        halo = walk->in[i].halo > halo ? walk->in[i].halo : halo;
    }
    return halo;
}

gt_status gt_walk_law(gt_ctx *ctx, const gt_walk *walk, gt_walk_plan *out)
{
    gt_status st = check(ctx, walk);
    if (st != GT_OK) {
        return st;
    }
    const gt_grid *g = first_grid(walk);
    int64_t all_cols = walk->only != NULL ? walk->only->n_cols : g->spec.n_cols;
    int64_t all_rows = walk->only != NULL ? walk->only->n_rows : g->spec.n_rows;
    bool fixed = walk->block_cols > 0 && walk->block_rows > 0;
    int halo = widest_halo(walk), wide = halo > 0 ? 2 * BLOCK_COLS : BLOCK_COLS;
    int high = at_most(halo * HALO_ROWS, RUN_ROWS);
    high = high > BLOCK_ROWS ? high : BLOCK_ROWS;
    int cols = at_most(walk->block_cols > 0 ? walk->block_cols : wide, all_cols);
    int rows = at_most(walk->block_rows > 0 ? walk->block_rows : high, all_rows);
    int threads = gt_ctx_threads(ctx);
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    size_t have = ceiling == 0 ? SIZE_MAX : ceiling > used ? (ceiling - used) / 8 * 7 : 0;
    size_t each = set_bytes(walk, cols, rows), kept = cache_bytes(walk, cols, threads);
    while (each * (size_t)threads + kept > have) {
        if (!fixed && cols > 2 * BLOCK_LEAST) {
            cols = (cols + 1) / 2;
        } else if (!fixed && rows > BLOCK_LEAST) {
            rows = (rows + 1) / 2;
        } else if (threads > 1) {
            threads--;
        } else {
            return gt_fail(
                ctx, GT_E_MEMORY, &GT_MSG_GRID_CEILING, GT_NOWHERE,
                GT_ARGS(GT_INT("need", ((each + kept) >> 20) + 1), GT_INT("have", have >> 20)));
        }
        each = set_bytes(walk, cols, rows);
        kept = cache_bytes(walk, cols, threads);
    }
    out->block_cols = cols;
    out->block_rows = rows;
    out->n_blocks = (size_t)((all_cols + cols - 1) / cols) * (size_t)((all_rows + rows - 1) / rows);
    out->threads = threads;
    out->bytes_per_worker = each;
    out->bytes = each * (size_t)threads + kept;
    return GT_OK;
}

/* ---- the walk -----------------------------------------------------------------------------------
 */

static gt_status alloc_set(gt_ctx *ctx, const walker *w, worker_set *s)
{
    const gt_walk *walk = w->walk;
    int cols = w->plan.block_cols, rows = w->plan.block_rows;
    bool got = true;
    for (int i = 0; i < walk->n_in; i++) {
        s->in[i] =
            gt_alloc(ctx, in_cells(&walk->in[i], cols, rows), gt_cell_bytes(walk->in[i].type));
        got = got && s->in[i] != NULL;
    }
    for (int i = 0; i < walk->n_out; i++) {
        s->out[i] = gt_alloc(ctx, (size_t)cols * (size_t)rows, gt_cell_bytes(walk->out[i].type));
        got = got && s->out[i] != NULL;
    }
    if (walk->mask != NULL) {
        s->mask = gt_alloc(ctx, (size_t)cols * (size_t)rows, sizeof(int32_t));
        got = got && s->mask != NULL;
    }
    s->scratch = gt_zalloc(ctx, walk->scratch, 1);
    return got && s->scratch != NULL ? GT_OK : GT_E_MEMORY;
}

static void free_set(gt_ctx *ctx, worker_set *s)
{
    for (int i = 0; i < GT_WALK_MAX; i++) {
        gt_free(ctx, s->in[i]);
        gt_free(ctx, s->out[i]);
    }
    gt_free(ctx, s->mask);
    gt_free(ctx, s->scratch);
}

/* Tells the system that the tiles below those of a block will be wanted: the reading of the next
 * row of tiles runs while this one is computed. */
static void prefetch(const gt_grid *g, const gt_window *w)
{
    int64_t tr = w->row / g->tile_h + 1;
    if (w->row % g->tile_h >= w->n_rows || tr >= g->down || g->fd < 0) {
        return; /* not the first block of these tiles */
    }
    for (int64_t tc = w->col / g->tile_w; tc <= (w->col + w->n_cols - 1) / g->tile_w; tc++) {
        int64_t t = tr * g->across + tc;
        if (tc >= g->across || t >= g->across * g->down) {
            break;
        }
        uint64_t n = g->length != NULL ? g->length[t] : g->tile_bytes;
        (void)posix_fadvise(g->fd, (off_t)grid_tile_at(g, t), (off_t)n, POSIX_FADV_WILLNEED);
    }
}

static gt_status apply_mask(gt_ctx *ctx, const walker *w, const gt_window *at, const gt_block *b,
                            int32_t *mask)
{
    const gt_walk *walk = w->walk;
    size_t n = (size_t)at->n_cols;
    gt_status st = gt_grid_read(ctx, walk->mask, at, GT_CELL_I32, mask, n);
    for (int r = 0; st == GT_OK && r < b->n_rows; r++) {
        for (size_t c = 0; c < n; c++) {
            int32_t m = mask[(size_t)r * n + c];
            for (int i = 0; (m == 0 || m == GT_NODATA_I32) && i < walk->n_out; i++) {
                size_t bytes = gt_cell_bytes(walk->out[i].type);
                unsigned char *cell = b->out[i].cells;
                grid_buffer_nodata(walk->out[i].type,
                                   cell + ((size_t)r * b->out[i].stride + c) * bytes, 1);
            }
        }
    }
    return st;
}

static gt_status one_block(gt_ctx *ctx, void *user, size_t task, int worker)
{
    walker *w = user;
    const gt_walk *walk = w->walk;
    worker_set *s = &w->sets[worker];
    gt_plane in[GT_WALK_MAX], out[GT_WALK_MAX];
    int64_t col = (int64_t)task % w->across * w->plan.block_cols;
    int64_t row = (int64_t)task / w->across * w->plan.block_rows;
    gt_window at = {w->all.col + col, w->all.row + row,
                    at_most(w->plan.block_cols, w->all.n_cols - col),
                    at_most(w->plan.block_rows, w->all.n_rows - row)};
    gt_status st = GT_OK;
    for (int i = 0; st == GT_OK && i < walk->n_in; i++) {
        int h = walk->in[i].halo;
        const gt_window wide = {at.col - h, at.row - h, at.n_cols + 2 * h, at.n_rows + 2 * h};
        size_t stride = (size_t)wide.n_cols;
        st = gt_grid_read(ctx, walk->in[i].grid, &wide, walk->in[i].type, s->in[i], stride);
        in[i].stride = stride;
        in[i].cells = (unsigned char *)s->in[i] +
                      ((size_t)h * stride + (size_t)h) * gt_cell_bytes(walk->in[i].type);
        prefetch(walk->in[i].grid, &at);
    }
    for (int i = 0; i < walk->n_out; i++) {
        out[i] = (gt_plane){s->out[i], (size_t)at.n_cols};
    }
    const gt_block b = {task, at.col, at.row,     (int)at.n_cols, (int)at.n_rows,
                        in,   out,    s->scratch, worker};
    if (st == GT_OK) {
        st = w->fn(ctx, w->user, &b);
    }
    if (st == GT_OK && walk->mask != NULL) {
        st = apply_mask(ctx, w, &at, &b, s->mask);
    }
    for (int i = 0; st == GT_OK && i < walk->n_out; i++) {
        st = gt_grid_write(ctx, walk->out[i].grid, &at, walk->out[i].type, out[i].cells,
                           out[i].stride);
    }
    return st;
}

/* Blocks one below the other. Blocks are numbered row by row. */
static gt_status one_run(gt_ctx *ctx, void *user, size_t task, int worker)
{
    walker *w = user;
    size_t across = (size_t)w->across, top = task / across * (size_t)w->deep;
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < (size_t)w->deep; k++) {
        size_t b = (top + k) * across + task % across;
        if (b >= w->plan.n_blocks) {
            break;
        }
        st = one_block(ctx, w, b, worker);
    }
    return st;
}

static size_t runs_of(const walker *w)
{
    size_t down = w->plan.n_blocks / (size_t)w->across, deep = (size_t)w->deep;
    return (down + deep - 1) / deep * (size_t)w->across;
}

/* gt_parallel_for runs as many threads as the context has; fewer are got by handing each task a
 * stripe of runs. */
typedef struct stripes {
    walker *walker;
    size_t n;
} stripes;

static gt_status one_stripe(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const stripes *s = user;
    gt_status st = GT_OK;
    for (size_t b = task; st == GT_OK && b < runs_of(s->walker); b += s->n) {
        st = gt_check_cancel(ctx);
        if (st == GT_OK) {
            st = one_run(ctx, s->walker, b, (int)task);
        }
    }
    return st;
}

gt_status gt_grid_restrict(gt_ctx *ctx, gt_grid *grid, const gt_window *windows, size_t n)
{
    gt_window *own = gt_alloc(ctx, n, sizeof *own);
    if (own == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(own, windows, n * sizeof *own);
    gt_free(ctx, grid->only);
    grid->only = own;
    grid->n_only = n;
    return GT_OK;
}

/* The output whose windows alone are to be walked; NULL: all cells are. */
static const gt_grid *restricted(const gt_walk *walk)
{
    for (int i = 0; i < walk->n_out; i++) {
        if (walk->out[i].grid->only == NULL) {
            return NULL;
        }
    }
    return walk->only == NULL && walk->n_out > 0 ? walk->out[0].grid : NULL;
}

static gt_status walk_all(gt_ctx *ctx, const gt_walk *walk, gt_block_fn fn, void *user);

gt_status gt_grid_walk(gt_ctx *ctx, const gt_walk *walk, gt_block_fn fn, void *user)
{
    const gt_grid *part = restricted(walk);
    if (part == NULL) {
        return walk_all(ctx, walk, fn, user);
    }
    gt_walk one = *walk;
    gt_status st = GT_OK;
    one.what = NULL; /* too short to be told of */
    for (size_t i = 0; st == GT_OK && i < part->n_only; i++) {
        one.only = &part->only[i];
        st = walk_all(ctx, &one, fn, user);
    }
    return st;
}

/* Every cell of the outputs will be written: tiles written in parts need no nodata before. */
static void promise(const gt_walk *walk)
{
    for (int i = 0; walk->only == NULL && i < walk->n_out; i++) {
        gt_grid *g = walk->out[i].grid;
        for (int64_t t = 0; g->update == NULL && g->touched != NULL && t < g->across * g->down;
             t++) {
            atomic_store_explicit(&g->touched[t], 1, memory_order_release);
        }
    }
}

static gt_status walk_all(gt_ctx *ctx, const gt_walk *walk, gt_block_fn fn, void *user)
{
    walker w = {.walk = walk, .fn = fn, .user = user};
    gt_status st = gt_walk_law(ctx, walk, &w.plan);
    if (st != GT_OK) {
        return st;
    }
    const gt_grid *g = first_grid(walk);
    w.all = (gt_window){0, 0, g->spec.n_cols, g->spec.n_rows};
    if (walk->only != NULL) {
        w.all = *walk->only;
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): the law gives blocks of one cell or more */
    w.across = (w.all.n_cols + w.plan.block_cols - 1) / w.plan.block_cols;
    bool given = walk->block_cols > 0 || walk->block_rows > 0;
    w.deep = given || w.plan.block_rows >= RUN_ROWS ? 1 : RUN_ROWS / w.plan.block_rows;
    w.sets = gt_zalloc(ctx, (size_t)w.plan.threads, sizeof *w.sets);
    st = w.sets == NULL ? GT_E_MEMORY : GT_OK;
    for (int i = 0; st == GT_OK && i < w.plan.threads; i++) {
        st = alloc_set(ctx, &w, &w.sets[i]);
    }
    for (int i = 0; i < walk->n_in; i++) {
        if (packed(walk->in[i].grid)) {
            grid_cache_want(walk->in[i].grid->cache,
                            cache_tiles(walk->in[i].grid, w.plan.block_cols, w.plan.threads));
        }
    }
    if (st == GT_OK && walk->what != NULL) {
        gt_progress_begin(ctx, walk->what, runs_of(&w));
    }
    if (st == GT_OK) {
        promise(walk);
    }
    if (st == GT_OK && w.plan.threads == gt_ctx_threads(ctx)) {
        st = gt_parallel_for(ctx, runs_of(&w), one_run, &w);
    } else if (st == GT_OK) {
        stripes s = {&w, (size_t)w.plan.threads};
        st = gt_parallel_for(ctx, s.n, one_stripe, &s);
    }
    if (walk->what != NULL) {
        gt_progress_end(ctx);
    }
    for (int i = 0; w.sets != NULL && i < w.plan.threads; i++) {
        free_set(ctx, &w.sets[i]);
    }
    gt_free(ctx, w.sets);
    return st;
}
