/* Content of a grid as a hash of its place and of its cells, block by block: packing, tiles and
 * texts kept with the file do not matter, and two contents can be compared to see which blocks
 * differ. */
#include <math.h>
#include <string.h>

#include "guotu/grid.h"
#include "guotu/pool.h"
#include "model/call.h"

typedef struct hashing {
    gt_grid *grid;
    gt_grid_print *print;
    gt_cell buffer;
    void **cells;              /* by worker */
    const unsigned char *only; /* blocks to look at; NULL: all */
} hashing;

/* int32 back to what the file's own type holds, in place: hashing is most of the cost. */
static size_t narrow(const gt_grid_spec *s, void *cells, size_t n)
{
    int32_t *v = cells;
    int32_t nodata = isnan(s->nodata) ? 0 : (int32_t)s->nodata;
    if (s->type == GT_CELL_U8) {
        unsigned char *to = cells;
        for (size_t i = 0; i < n; i++) {
            to[i] = (unsigned char)(v[i] == GT_NODATA_I32 ? nodata : v[i]);
        }
        return n;
    }
    if (s->type == GT_CELL_I16 || s->type == GT_CELL_U16) {
        uint16_t *to = cells;
        for (size_t i = 0; i < n; i++) {
            int32_t whole = v[i] == GT_NODATA_I32 ? nodata : v[i];
            memcpy(&to[i], &(uint16_t){(uint16_t)whole}, sizeof to[i]);
        }
        return n * sizeof *to;
    }
    return n * gt_cell_bytes(s->type);
}

static gt_status hash_block(gt_ctx *ctx, void *user, size_t task, int worker)
{
    hashing *h = user;
    if (h->only != NULL && h->only[task] == 0) {
        return GT_OK;
    }
    const gt_grid_spec *s = gt_grid_facts(h->grid);
    int64_t across = (int64_t)h->print->across;
    gt_window w = {(int64_t)task % across * GT_PRINT_SIDE, (int64_t)task / across * GT_PRINT_SIDE,
                   GT_PRINT_SIDE, GT_PRINT_SIDE};
    w.n_cols = w.col + w.n_cols > s->n_cols ? s->n_cols - w.col : w.n_cols;
    w.n_rows = w.row + w.n_rows > s->n_rows ? s->n_rows - w.row : w.n_rows;
    void *cells = h->cells[worker];
    gt_status st = gt_grid_read(ctx, h->grid, &w, h->buffer, cells, (size_t)w.n_cols);
    if (st == GT_OK) {
        gt_hash hash;
        unsigned char digest[GT_HASH_BYTES];
        gt_hash_init(&hash);
        gt_hash_add(&hash, cells, narrow(s, cells, (size_t)(w.n_cols * w.n_rows)));
        gt_hash_final(&hash, digest);
        memcpy(h->print->blocks[task], digest, GT_PRINT_BYTES);
    }
    return st;
}

static void hash_place(const gt_grid *g, gt_hash *h)
{
    const gt_grid_spec *s = gt_grid_facts(g);
    gt_hash_add_text(h, "grid 1");
    gt_hash_add_u64(h, (uint64_t)s->n_cols);
    gt_hash_add_u64(h, (uint64_t)s->n_rows);
    gt_hash_add_real(h, s->x_west);
    gt_hash_add_real(h, s->y_north);
    gt_hash_add_real(h, s->cell_x);
    gt_hash_add_real(h, s->cell_y);
    gt_hash_add_text(h, s->crs);
    gt_hash_add_u64(h, (uint64_t)s->type);
    gt_hash_add_u64(h, isnan(s->nodata) ? 0U : 1U);
    gt_hash_add_real(h, isnan(s->nodata) ? 0 : s->nodata);
}

/* Hashes the blocks, then the whole. */
static gt_status hash_blocks(gt_ctx *ctx, gt_grid *grid, const unsigned char *only,
                             gt_grid_print *p)
{
    const gt_grid_spec *s = gt_grid_facts(grid);
    int threads = gt_ctx_threads(ctx);
    hashing h = {.grid = grid, .print = p, .only = only};
    h.buffer = s->type == GT_CELL_F32 || s->type == GT_CELL_F64 ? s->type : GT_CELL_I32;
    h.cells = gt_zalloc(ctx, (size_t)threads, sizeof *h.cells);
    gt_status st = h.cells == NULL ? GT_E_MEMORY : GT_OK;
    for (int i = 0; st == GT_OK && i < threads; i++) {
        h.cells[i] = gt_alloc(ctx, (size_t)GT_PRINT_SIDE * GT_PRINT_SIDE, gt_cell_bytes(h.buffer));
        st = h.cells[i] == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, p->across * p->down, hash_block, &h);
    }
    if (st == GT_OK) {
        gt_hash whole;
        unsigned char digest[GT_HASH_BYTES];
        gt_hash_init(&whole);
        hash_place(grid, &whole);
        gt_hash_final(&whole, digest);
        memcpy(p->place, digest, GT_PRINT_BYTES);
        gt_hash_init(&whole);
        gt_hash_add(&whole, p->place, GT_PRINT_BYTES);
        gt_hash_add(&whole, p->blocks, p->across * p->down * GT_PRINT_BYTES);
        gt_hash_final(&whole, p->digest);
    }
    for (int i = 0; h.cells != NULL && i < threads; i++) {
        gt_free(ctx, h.cells[i]);
    }
    gt_free(ctx, h.cells);
    return st;
}

gt_status gt_grid_print_new(gt_ctx *ctx, gt_grid *grid, gt_grid_print **out)
{
    const gt_grid_spec *s = gt_grid_facts(grid);
    gt_grid_print *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    p->across = (size_t)((s->n_cols + GT_PRINT_SIDE - 1) / GT_PRINT_SIDE);
    p->down = (size_t)((s->n_rows + GT_PRINT_SIDE - 1) / GT_PRINT_SIDE);
    p->blocks = gt_alloc(ctx, p->across * p->down, sizeof *p->blocks);
    gt_status st = p->blocks == NULL ? GT_E_MEMORY : hash_blocks(ctx, grid, NULL, p);
    if (st == GT_OK) {
        *out = p;
    } else {
        gt_grid_print_free(ctx, p);
    }
    return st;
}

gt_status gt_grid_print_renew(gt_ctx *ctx, gt_grid *grid, const gt_window *windows, size_t n,
                              gt_grid_print *print)
{
    unsigned char *only = gt_zalloc(ctx, print->across * print->down, 1);
    if (only == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        const gt_window *w = &windows[i];
        size_t last_col = (size_t)((w->col + w->n_cols - 1) / GT_PRINT_SIDE);
        size_t last_row = (size_t)((w->row + w->n_rows - 1) / GT_PRINT_SIDE);
        for (size_t r = (size_t)(w->row / GT_PRINT_SIDE); r <= last_row; r++) {
            for (size_t c = (size_t)(w->col / GT_PRINT_SIDE); c <= last_col; c++) {
                only[r * print->across + c] = 1;
            }
        }
    }
    gt_status st = hash_blocks(ctx, grid, only, print);
    gt_free(ctx, only);
    return st;
}

void gt_grid_print_free(gt_ctx *ctx, gt_grid_print *print)
{
    if (print != NULL) {
        gt_free(ctx, print->blocks);
        gt_free(ctx, print);
    }
}

/* A grid of ours by its content; what is no grid, or has to be imported first, by its bytes. */
gt_status gt_model_digest_file(gt_ctx *ctx, gt_port_kind kind, const char *path,
                               unsigned char out[GT_HASH_BYTES])
{
    gt_grid *grid = NULL;
    gt_grid_print *print = NULL;
    if (kind != GT_PORT_GRID || gt_grid_open(ctx, path, &grid) != GT_OK) {
        gt_error_clear(ctx);
        return gt_hash_file(ctx, path, out);
    }
    gt_status st = gt_grid_print_new(ctx, grid, &print);
    if (st == GT_OK) {
        memcpy(out, print->digest, GT_HASH_BYTES);
    }
    gt_grid_print_free(ctx, print);
    gt_grid_close(ctx, grid);
    return st;
}
