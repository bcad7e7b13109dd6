/* Windows: the parts of tiles that a window meets, copied or turned. Plain tiles go straight from
 * and to the file; where types agree, one vectored call a tile and no copy of our own. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "grid/internal.h"
#include "grid/messages.h"

enum {
    IOV = 256,
    ROW_GAP = 4096 /* bytes between wanted cells worth one more call: about 0.4 us of copying */
};

/* Where a window meets a tile. */
typedef struct part {
    int64_t tile;
    int64_t col, row, n_cols, n_rows; /* in the tile */
    int64_t to_col, to_row;           /* in the window */
    bool whole;                       /* every cell of the tile that is in the grid */
} part;

typedef struct job {
    gt_ctx *ctx;
    gt_grid *grid;
    const gt_window *window;
    cell_map map;
    unsigned char *cells; /* of the window */
    size_t stride;        /* bytes */
    size_t bytes;         /* of a buffer's cell */
} job;

static unsigned char *place_of(const job *j, const part *p, int64_t r)
{
    return j->cells + (size_t)(p->to_row + r) * j->stride + (size_t)p->to_col * j->bytes;
}

/* Value that made cell i of a row fail, reported with its place in the grid. */
static gt_status bad_value(const job *j, const part *p, int64_t r, size_t i, double v, bool in)
{
    char text[40];
    const gt_message *what = !in             ? &GT_MSG_GRID_VALUE_RANGE
                             : v == floor(v) ? &GT_MSG_GRID_CLASS_RANGE /* infinity too */
                                             : &GT_MSG_GRID_NOT_INTEGER;
    (void)snprintf(text, sizeof text, "%.10g", v);
    return gt_fail(j->ctx, GT_E_INPUT, what, GT_PLACE(.file = j->grid->path),
                   GT_ARGS(GT_TEXT("value", text),
                           GT_INT("col", j->window->col + p->to_col + (int64_t)i),
                           GT_INT("row", j->window->row + p->to_row + r),
                           GT_TEXT("type", gt_cell_name(j->grid->spec.type)),
                           GT_INT("least", -INT32_MAX), GT_INT("most", INT32_MAX)));
}

static double value_at(gt_cell type, const void *cells, size_t i)
{
    double v = 0;
    const cell_map map = {type, GT_CELL_F64, (double)NAN};
    (void)grid_cells_in(&map, (const unsigned char *)cells + i * gt_cell_bytes(type), &v, 1);
    return v;
}

static gt_status row_in(const job *j, const part *p, int64_t r, const void *from)
{
    size_t n = (size_t)p->n_cols, got = grid_cells_in(&j->map, from, place_of(j, p, r), n);
    return got == n ? GT_OK : bad_value(j, p, r, got, value_at(j->map.file, from, got), true);
}

static int64_t at_least(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- plain tiles: pieces of at most GRID_CHUNK bytes -------------------------------------------
 */

/* All of these bytes, in as many calls as it takes. */
static gt_status vectored(const job *j, struct iovec *iov, int n, uint64_t at, bool write)
{
    while (n > 0) {
        ssize_t got = write ? pwritev(j->grid->fd, iov, n, (off_t)at)
                            : preadv(j->grid->fd, iov, n, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return gt_fail_errno(j->ctx, errno, write ? "pwrite" : "pread", j->grid->path);
        }
        if (got == 0) {
            return grid_damaged(j->ctx, j->grid, "it ends too early", "文件提前结束");
        }
        at += (uint64_t)got;
        size_t left = (size_t)got;
        while (n > 0 && left >= iov->iov_len) {
            left -= iov->iov_len;
            iov++;
            n--;
        }
        if (n > 0) {
            iov->iov_base = (char *)iov->iov_base + left;
            iov->iov_len -= left;
        }
    }
    return GT_OK;
}

static gt_status copy_rows(const job *j, const part *p, bool write)
{
    const gt_grid *g = j->grid;
    struct iovec iov[IOV];
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < p->n_rows; r += IOV) {
        int n = (int)(p->n_rows - r < IOV ? p->n_rows - r : IOV);
        for (int k = 0; k < n; k++) {
            iov[k] = (struct iovec){place_of(j, p, r + k), (size_t)p->n_cols * j->bytes};
        }
        st = vectored(j, iov, n,
                      grid_tile_at(g, p->tile) +
                          (uint64_t)((p->row + r) * g->tile_w * (int64_t)g->bytes),
                      write);
    }
    return st;
}

/* Rows [r, r + n) of the part, columns [c, c + w) of it, in one piece of memory. */
static gt_status turn_piece(const job *j, const part *p, int64_t c, int64_t w, int64_t r, int64_t n,
                            const unsigned char *from, size_t row_bytes)
{
    part q = *p;
    q.to_col += c;
    q.n_cols = w;
    gt_status st = GT_OK;
    for (int64_t k = 0; st == GT_OK && k < n; k++) {
        st = row_in(j, &q, r + k, from + (size_t)k * row_bytes);
    }
    return st;
}

static gt_status read_plain(const job *j, const part *p)
{
    const gt_grid *g = j->grid;
    bool untouched =
        g->touched != NULL && atomic_load_explicit(&g->touched[p->tile], memory_order_acquire) == 0;
    if (untouched || (g->length != NULL && g->length[p->tile] == 0)) {
        double sparse = 0;
        grid_cells_fill(g->spec.type, g->sparse_value, &sparse, 1);
        for (int64_t r = 0; r < p->n_rows; r++) {
            for (int64_t c = 0; c < p->n_cols; c++) {
                part q = *p;
                q.to_col += c;
                q.n_cols = 1;
                gt_status st = row_in(j, &q, r, &sparse);
                if (st != GT_OK) {
                    return st;
                }
            }
        }
        return GT_OK;
    }
    uint64_t at = grid_tile_at(g, p->tile);
    int64_t b = g->bytes, line = g->tile_w * b;
    if (p->n_cols == g->tile_w && grid_cells_same(&j->map)) {
        return copy_rows(j, p, false);
    }
    _Alignas(16) unsigned char chunk[GRID_CHUNK];
    bool by_row = line > GRID_CHUNK || (g->tile_w - p->n_cols) * b > ROW_GAP;
    int64_t rows = by_row ? 1 : GRID_CHUNK / line, most = GRID_CHUNK / b;
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < p->n_rows; r += rows) {
        int64_t n = p->n_rows - r < rows ? p->n_rows - r : rows;
        if (!by_row) {
            st = grid_pread(j->ctx, g, chunk, (size_t)(((n - 1) * g->tile_w + p->n_cols) * b),
                            at + (uint64_t)((p->row + r) * line + p->col * b));
            if (st == GT_OK) {
                st = turn_piece(j, p, 0, p->n_cols, r, n, chunk, (size_t)line);
            }
            continue;
        }
        for (int64_t c = 0; st == GT_OK && c < p->n_cols; c += most) {
            int64_t w = p->n_cols - c < most ? p->n_cols - c : most;
            st = grid_pread(j->ctx, g, chunk, (size_t)(w * b),
                            at + (uint64_t)((p->row + r) * line + (p->col + c) * b));
            if (st == GT_OK) {
                st = turn_piece(j, p, c, w, r, 1, chunk, 0);
            }
        }
    }
    return st;
}

static gt_status read_packed(const job *j, const part *p)
{
    const gt_grid *g = j->grid;
    const void *raw = NULL;
    gt_status st = grid_cache_get(j->ctx, j->grid, p->tile, &raw);
    if (st != GT_OK) {
        return st;
    }
    for (int64_t r = 0; st == GT_OK && r < p->n_rows; r++) {
        st = row_in(j, p, r,
                    (const unsigned char *)raw +
                        (size_t)((p->row + r) * g->tile_w + p->col) * (size_t)g->bytes);
    }
    grid_cache_put(j->grid, p->tile);
    return st;
}

static gt_status write_plain(const job *j, const part *p)
{
    gt_grid *g = j->grid;
    gt_status st = GT_OK;
    if (g->update != NULL) {
        st = grid_move(j->ctx, g, p->tile, !p->whole);
    } else if (!p->whole) {
        st = grid_touch(j->ctx, g, p->tile);
    }
    if (st != GT_OK) {
        return st;
    }
    if (g->touched != NULL) {
        atomic_store_explicit(&g->touched[p->tile], 1, memory_order_release);
    }
    uint64_t at = grid_tile_at(g, p->tile);
    int64_t b = g->bytes, line = g->tile_w * b;
    if (p->n_cols == g->tile_w && grid_cells_same(&j->map)) {
        return copy_rows(j, p, true);
    }
    _Alignas(16) unsigned char chunk[GRID_CHUNK];
    /* beyond the end of the grid a tile holds zeros: its rows go together with them */
    int64_t width = at_most(g->tile_w, g->spec.n_cols - p->tile % g->across * g->tile_w);
    bool joined = p->n_cols == width && line <= GRID_CHUNK;
    int64_t rows = joined ? GRID_CHUNK / line : 1;
    if (joined && width < g->tile_w) {
        memset(chunk, 0, sizeof chunk);
    }
    for (int64_t r = 0; st == GT_OK && r < p->n_rows; r += rows) {
        int64_t n = p->n_rows - r < rows ? p->n_rows - r : rows;
        for (int64_t k = 0; st == GT_OK && k < n; k++) {
            size_t got =
                grid_cells_out(&j->map, place_of(j, p, r + k), chunk + k * line, (size_t)p->n_cols);
            if (got != (size_t)p->n_cols) {
                st = bad_value(j, p, r + k, got,
                               value_at(j->map.buffer, place_of(j, p, r + k), got), false);
            }
        }
        if (st == GT_OK) {
            st = grid_pwrite(j->ctx, g, g->fd, chunk,
                             (size_t)(((n - 1) * g->tile_w + p->n_cols) * b),
                             at + (uint64_t)((p->row + r) * line + p->col * b));
        }
    }
    return st;
}

/* ---- a window, tile by tile ---------------------------------------------------------------------
 */

static part part_of(const gt_grid *g, const gt_window *w, int64_t tc, int64_t tr)
{
    part p;
    int64_t c0 = tc * g->tile_w, r0 = tr * g->tile_h;
    int64_t c1 = at_most(c0 + g->tile_w, g->spec.n_cols);
    int64_t r1 = at_most(r0 + g->tile_h, g->spec.n_rows);
    int64_t from_c = at_least(w->col, c0), to_c = at_most(w->col + w->n_cols, c1);
    int64_t from_r = at_least(w->row, r0), to_r = at_most(w->row + w->n_rows, r1);
    p.tile = tr * g->across + tc;
    p.col = from_c - c0;
    p.row = from_r - r0;
    p.n_cols = to_c - from_c;
    p.n_rows = to_r - from_r;
    p.to_col = from_c - w->col;
    p.to_row = from_r - w->row;
    p.whole = from_c == c0 && to_c == c1 && from_r == r0 && to_r == r1;
    return p;
}

static gt_status each_tile(const job *j, gt_status (*fn)(const job *j, const part *p))
{
    const gt_grid *g = j->grid;
    const gt_window *w = j->window;
    int64_t c0 = at_least(w->col, 0), c1 = at_most(w->col + w->n_cols, g->spec.n_cols);
    int64_t r0 = at_least(w->row, 0), r1 = at_most(w->row + w->n_rows, g->spec.n_rows);
    gt_status st = GT_OK;
    if (c0 >= c1 || r0 >= r1) {
        return GT_OK;
    }
    for (int64_t tr = r0 / g->tile_h; st == GT_OK && tr <= (r1 - 1) / g->tile_h; tr++) {
        for (int64_t tc = c0 / g->tile_w; st == GT_OK && tc <= (c1 - 1) / g->tile_w; tc++) {
            part p = part_of(g, w, tc, tr);
            st = fn(j, &p);
        }
    }
    return st;
}

static gt_status check_buffer(gt_ctx *ctx, gt_cell type)
{
    if (type == GT_CELL_F32 || type == GT_CELL_F64 || type == GT_CELL_I32) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_BUFFER, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("type", gt_cell_name(type))));
}

static gt_status bad_window(gt_ctx *ctx, const gt_grid *g, const gt_window *w)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WINDOW, GT_PLACE(.file = g->path),
                   GT_ARGS(GT_INT("cols", w->n_cols), GT_INT("rows", w->n_rows),
                           GT_INT("col", w->col), GT_INT("row", w->row)));
}

static bool sane(const gt_window *w)
{
    const int64_t far = (int64_t)4 * GT_GRID_SIDE_MAX;
    return w->n_cols >= 0 && w->n_rows >= 0 && w->n_cols <= far && w->n_rows <= far &&
           w->col >= -far && w->col <= far && w->row >= -far && w->row <= far;
}

/* Nodata where the window leaves the grid. */
static void fill_outside(const job *j)
{
    const gt_grid *g = j->grid;
    const gt_window *w = j->window;
    int64_t c0 = at_most(at_least(-w->col, 0), w->n_cols);
    int64_t c1 = at_least(at_most(g->spec.n_cols - w->col, w->n_cols), c0);
    for (int64_t r = 0; r < w->n_rows; r++) {
        unsigned char *row = j->cells + (size_t)r * j->stride;
        if (w->row + r < 0 || w->row + r >= g->spec.n_rows) {
            grid_buffer_nodata(j->map.buffer, row, (size_t)w->n_cols);
            continue;
        }
        grid_buffer_nodata(j->map.buffer, row, (size_t)c0);
        grid_buffer_nodata(j->map.buffer, row + (size_t)c1 * j->bytes, (size_t)(w->n_cols - c1));
    }
}

gt_status gt_grid_read(gt_ctx *ctx, gt_grid *grid, const gt_window *window, gt_cell type,
                       void *cells, size_t stride)
{
    gt_status st = check_buffer(ctx, type);
    if (st == GT_OK && !sane(window)) {
        st = bad_window(ctx, grid, window);
    }
    if (st != GT_OK) {
        return st;
    }
    size_t bytes = gt_cell_bytes(type);
    const job j = {ctx,   grid,           window, {grid->spec.type, type, grid->spec.nodata},
                   cells, stride * bytes, bytes};
    fill_outside(&j);
    return each_tile(&j, grid->packing == GT_GRID_PLAIN ? read_plain : read_packed);
}

gt_status gt_grid_write(gt_ctx *ctx, gt_grid *grid, const gt_window *window, gt_cell type,
                        const void *cells, size_t stride)
{
    gt_status st = check_buffer(ctx, type);
    if (st == GT_OK && !grid->writable) {
        st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_READ_ONLY, GT_PLACE(.file = grid->path),
                     GT_NO_ARGS);
    }
    if (st == GT_OK && (!sane(window) || window->col < 0 || window->row < 0 ||
                        window->col + window->n_cols > grid->spec.n_cols ||
                        window->row + window->n_rows > grid->spec.n_rows)) {
        st = bad_window(ctx, grid, window);
    }
    if (st != GT_OK) {
        return st;
    }
    size_t bytes = gt_cell_bytes(type);
    /* the cells are only read: write_plain never stores through the pointer */
    const job j = {ctx,
                   grid,
                   window,
                   {grid->spec.type, type, grid->spec.nodata},
                   (unsigned char *)(uintptr_t)cells,
                   stride * bytes,
                   bytes};
    return each_tile(&j, write_plain);
}

gt_status gt_grid_at(gt_ctx *ctx, gt_grid *grid, int64_t col, int64_t row, double *out)
{
    const gt_window w = {col, row, 1, 1};
    *out = (double)NAN;
    if (col < 0 || row < 0 || col >= grid->spec.n_cols || row >= grid->spec.n_rows) {
        return GT_OK;
    }
    return gt_grid_read(ctx, grid, &w, GT_CELL_F64, out, 1);
}

void gt_grid_cell_of(const gt_grid *grid, double x, double y, int64_t *col, int64_t *row)
{
    const gt_grid_spec *s = &grid->spec;
    double c = floor((x - s->x_west) / s->cell_x), r = floor((s->y_north - y) / s->cell_y);
    const double far = 1e15; /* beyond any grid, within int64 */
    *col = (int64_t)fmax(-far, fmin(far, c));
    *row = (int64_t)fmax(-far, fmin(far, r));
}
