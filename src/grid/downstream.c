/* Along directions: the first target on the way of every cell, heights above it, wetness, the order
 * of streams. A ring of cells off the map around the grid, as in flow.c; ways are followed once and
 * what they lead to is kept along them, so that every cell is passed twice at most. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "grid/internal.h"
#include "grid/messages.h"
#include "guotu/grid_analysis.h"
#include "guotu/grid_ops.h"
#include "guotu/pool.h"

enum { BAND = 64, DIRECTION = 15, OFF = 15, DONE = 16, PASSED = 32 };

typedef struct way_run {
    gt_grid *direction, *targets, *out;
    gt_cell type; /* int32 or float32 */
    int64_t cols, rows;
    size_t width, n;
    uint8_t *dir;  /* with DONE and PASSED */
    int32_t *held; /* bits of the value */
    ptrdiff_t move[9];
} way_run;

static size_t first_of(const way_run *f, int64_t row)
{
    return (size_t)(row + 1) * f->width + 1;
}

static gt_status bad_direction(gt_ctx *ctx, const way_run *f, size_t cell, const char *what,
                               const char *what_zh)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_DIRECTION,
                   GT_PLACE(.file = gt_grid_path(f->direction)),
                   GT_ARGS(GT_TEXT("what", what), GT_TEXT("what_zh", what_zh),
                           GT_INT("col", (int64_t)(cell % f->width) - 1),
                           GT_INT("row", (int64_t)(cell / f->width) - 1)));
}

static gt_window band_of(const way_run *f, size_t task)
{
    int64_t row = (int64_t)task * BAND;
    return (gt_window){0, row, f->cols, f->rows - row < BAND ? f->rows - row : BAND};
}

static bool none(const way_run *f, int32_t bits)
{
    float v = 0;
    memcpy(&v, &bits, sizeof v);
    return f->type == GT_CELL_I32 ? bits == GT_NODATA_I32 : isnan(v);
}

/* Directions, and targets where there are any. */
static gt_status read_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    way_run *f = user;
    const gt_window w = band_of(f, task);
    int32_t *code = gt_alloc(ctx, (size_t)f->cols, sizeof *code);
    gt_status st = code == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        const gt_window one = {0, w.row + r, f->cols, 1};
        size_t at = first_of(f, w.row + r);
        st = gt_grid_read(ctx, f->direction, &one, GT_CELL_I32, code, (size_t)f->cols);
        if (st == GT_OK) {
            st = gt_grid_read(ctx, f->targets, &one, f->type, f->held + at, (size_t)f->cols);
        }
        for (int64_t c = 0; st == GT_OK && c < f->cols; c++) {
            size_t i = at + (size_t)c;
            bool off = code[c] == GT_NODATA_I32;
            if (!off && (code[c] < 0 || code[c] > 8)) {
                st = bad_direction(ctx, f, i, "no direction (0 .. 8)", "不是流向（0–8）");
            }
            f->dir[i] = (uint8_t)(off                   ? OFF | DONE
                                  : none(f, f->held[i]) ? code[c]
                                                        : code[c] | DONE);
        }
    }
    gt_free(ctx, code);
    return st;
}

static gt_status write_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const way_run *f = user;
    const gt_window w = band_of(f, task);
    return gt_grid_write(ctx, f->out, &w, f->type, f->held + first_of(f, w.row), f->width);
}

static gt_status follow(gt_ctx *ctx, way_run *f, size_t cell)
{
    size_t c = cell;
    while ((f->dir[c] & DONE) == 0) {
        if ((f->dir[c] & PASSED) != 0) {
            return bad_direction(ctx, f, c, "the way runs in a circle", "流路成环");
        }
        f->dir[c] |= PASSED;
        int d = f->dir[c] & DIRECTION;
        if (d == 0) {
            break; /* off the map: the value is nodata already */
        }
        c = (size_t)((ptrdiff_t)c + f->move[d]);
    }
    int32_t value = f->held[c];
    for (size_t i = cell; (f->dir[i] & DONE) == 0;) {
        int d = f->dir[i] & DIRECTION;
        f->dir[i] = (uint8_t)(d | DONE);
        f->held[i] = value;
        i = (size_t)((ptrdiff_t)i + f->move[d]); /* d is 0 only at the end of the way */
    }
    return GT_OK;
}

static gt_status open_way(gt_ctx *ctx, way_run *f)
{
    const gt_grid_spec *s = gt_grid_facts(f->direction);
    const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    f->cols = s->n_cols;
    f->rows = s->n_rows;
    f->width = (size_t)f->cols + 2;
    f->n = f->width * ((size_t)f->rows + 2);
    for (int e = 0; e <= 8; e++) {
        f->move[e] = dy[e] * (ptrdiff_t)f->width + dx[e];
    }
    gt_status st = gt_grid_check_aligned(ctx, f->direction, f->targets, true, NULL, NULL);
    st = st == GT_OK ? gt_grid_check_aligned(ctx, f->direction, f->out, true, NULL, NULL) : st;
    if (st != GT_OK) {
        return st;
    }
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    if (ceiling > 0 && used + f->n * 5 > ceiling) {
        return gt_fail(
            ctx, GT_E_MEMORY, &GT_MSG_GRID_CEILING, GT_NOWHERE,
            GT_ARGS(GT_INT("need", (f->n * 5 >> 20) + 1), GT_INT("have", (ceiling - used) >> 20)));
    }
    f->dir = gt_alloc(ctx, f->n, 1);
    f->held = gt_alloc(ctx, f->n, sizeof *f->held);
    if (f->dir == NULL || f->held == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t r = 0; r < (size_t)f->rows + 2; r++) { /* the ring */
        bool all = r == 0 || r == (size_t)f->rows + 1;
        for (size_t c = 0; c < f->width; c += all ? 1 : f->width - 1) {
            grid_buffer_nodata(f->type, &f->held[r * f->width + c], 1);
            f->dir[r * f->width + c] = OFF | DONE;
        }
    }
    return GT_OK;
}

gt_status gt_grid_downstream(gt_ctx *ctx, gt_grid *direction, gt_grid *targets, gt_grid *out)
{
    gt_cell to = gt_grid_facts(out)->type;
    way_run f = {.direction = direction, .targets = targets, .out = out};
    f.type = to == GT_CELL_F32 || to == GT_CELL_F64 ? GT_CELL_F32 : GT_CELL_I32;
    gt_status st = open_way(ctx, &f);
    size_t bands = (size_t)(f.rows + BAND - 1) / BAND;
    st = st == GT_OK ? gt_parallel_for(ctx, bands, read_band, &f) : st;
    for (int64_t r = 0; st == GT_OK && r < f.rows; r++) {
        size_t at = first_of(&f, r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)f.cols; i++) {
            st = follow(ctx, &f, i);
        }
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    st = st == GT_OK ? gt_parallel_for(ctx, bands, write_band, &f) : st;
    gt_free(ctx, f.dir);
    gt_free(ctx, f.held);
    return st;
}

/* ---- what is made of it -------------------------------------------------------------------------
 */

gt_status gt_grid_hand(gt_ctx *ctx, gt_grid *dem, gt_grid *direction, gt_grid *streams,
                       const char *scratch_dir, gt_grid *out)
{
    static const char *const one[] = {"z", "s"}, *const two[] = {"z", "b"};
    gt_grid *base = NULL, *below = NULL;
    gt_grid_spec spec;
    gt_grid_spec_like(dem, GT_CELL_F32, &spec);
    gt_status st = gt_grid_create_scratch(ctx, scratch_dir, &spec, &base);
    st = st == GT_OK ? gt_grid_create_scratch(ctx, scratch_dir, &spec, &below) : st;
    if (st == GT_OK) {
        gt_grid *const in[] = {dem, streams};
        st = gt_grid_calc(ctx, "s != 0 ? z : nodata", one, in, 2, base);
    }
    st = st == GT_OK ? gt_grid_downstream(ctx, direction, base, below) : st;
    if (st == GT_OK) {
        gt_grid *const in[] = {dem, below};
        st = gt_grid_calc(ctx, "max(z - b, 0)", two, in, 2, out);
    }
    gt_grid_close(ctx, below);
    gt_grid_close(ctx, base);
    return st;
}

gt_status gt_grid_wetness(gt_ctx *ctx, gt_grid *accumulation, gt_grid *direction, gt_grid *slope,
                          gt_grid *out)
{
    static const char *const names[] = {"a", "d", "s"};
    char text[160];
    gt_grid *const in[] = {accumulation, direction, slope};
    /* even directions but 0 are diagonals */
    (void)snprintf(text, sizeof text,
                   "ln(a * %.17g / (d > 0 && d %% 2 == 0 ? sqrt(2) : 1) / max(tan(s * pi / 180), "
                   "0.001))",
                   gt_grid_facts(accumulation)->cell_x);
    return gt_grid_calc(ctx, text, names, in, 3, out);
}

/* ---- order of streams ---------------------------------------------------------------------------
 */

/* held: bits 0-7 highest order flowing in, 8-15 how many of it (2 is enough), 16-19 inflows left.
 */
static void flow_on(way_run *f, size_t from)
{
    size_t c = from;
    while (c != 0 && f->held[c] >> 16 == 0 && (f->dir[c] & PASSED) == 0) {
        int order = f->held[c] & 255, twice = f->held[c] >> 8 & 255;
        order = order == 0 ? 1 : order + (twice >= 2);
        f->dir[c] |= PASSED;
        int d = f->dir[c] & DIRECTION;
        f->held[c] = order;
        size_t next = d == 0 ? 0 : (size_t)((ptrdiff_t)c + f->move[d]);
        if (d == 0 || (f->dir[next] & DONE) == 0) {
            return;
        }
        int had = f->held[next] & 255, n = f->held[next] >> 8 & 255, left = f->held[next] >> 16;
        n = order > had ? 1 : order == had ? n + 1 : n;
        had = order > had ? order : had;
        f->held[next] = (left - 1) << 16 | (n > 2 ? 2 : n) << 8 | had;
        c = next;
    }
}

static gt_status order_streams(gt_ctx *ctx, way_run *f)
{
    for (size_t i = f->width; i < f->n - f->width; i++) {
        int d = f->dir[i] & DIRECTION;
        bool stream = (f->dir[i] & DONE) != 0 && d <= 8 && f->held[i] != 0;
        f->dir[i] = (uint8_t)(stream ? d | DONE : d);
        f->held[i] = 0;
    }
    for (size_t i = f->width; i < f->n - f->width; i++) {
        int d = f->dir[i] & DIRECTION;
        if ((f->dir[i] & DONE) != 0 && d > 0) {
            f->held[(ptrdiff_t)i + f->move[d]] += 1 << 16;
        }
    }
    gt_status st = gt_check_cancel(ctx);
    for (size_t i = f->width; st == GT_OK && i < f->n - f->width; i++) {
        if ((f->dir[i] & DONE) != 0) {
            flow_on(f, i);
        }
    }
    for (size_t i = f->width; st == GT_OK && i < f->n - f->width; i++) {
        bool stream = (f->dir[i] & DONE) != 0;
        if (stream && (f->dir[i] & PASSED) == 0) {
            return bad_direction(ctx, f, i, "the way runs in a circle", "流路成环");
        }
        f->held[i] = stream ? f->held[i] : GT_NODATA_I32;
    }
    return st;
}

gt_status gt_grid_stream_order(gt_ctx *ctx, gt_grid *direction, gt_grid *streams, gt_grid *out)
{
    way_run f = {.direction = direction, .targets = streams, .out = out, .type = GT_CELL_I32};
    gt_status st = open_way(ctx, &f);
    size_t bands = (size_t)(f.rows + BAND - 1) / BAND;
    st = st == GT_OK ? gt_parallel_for(ctx, bands, read_band, &f) : st;
    st = st == GT_OK ? order_streams(ctx, &f) : st;
    st = st == GT_OK ? gt_parallel_for(ctx, bands, write_band, &f) : st;
    gt_free(ctx, f.dir);
    gt_free(ctx, f.held);
    return st;
}
