/* Depression filling (fill.c), D8 directions and accumulation over a whole grid held in memory: 8
 * bytes a cell (heights, later counts, in 4; label of the flood in 2; direction and number of
 * inflows in 1 each). Every step runs on all threads but the last resort of flats.
 *
 * Cells carry a ring of nodata, so that neighbours need no bounds. In flats every cell drains to a
 * neighbour that is one step nearer to where the flat drains: steps are counted over all of the
 * flat, so the pattern depends on the surface alone (departure: Garbrecht and Martz add a gradient
 * away from higher ground). Counts are added by whichever thread knows the last inflow of a cell:
 * whole numbers, so the order cannot be seen. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/cell_list.h"
#include "grid/flow.h"
#include "grid/messages.h"
#include "guotu/pool.h"

enum { BAND = 64, PIECE = 256, SOURCE = 128, CELL_BYTES = 8 };

typedef struct flat_lists { /* of the flat in work; kept from one to the next */
    cells front, next, drains;
} flat_lists;

typedef struct flats {
    flow_run *flow;
    cells *of; /* per band */
} flats;

static const int ORDER[8] = {1, 3, 5, 7, 2, 4, 6, 8}; /* of ties */

void gt_flow_options_init(gt_flow_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* ---- memory -------------------------------------------------------------------------------------
 */

static gt_status hold(gt_ctx *ctx, flow_run *f)
{
    gt_status st = grid_hold_new(ctx, f->n * CELL_BYTES, f->o->scratch_dir, &f->held);
    f->z = f->held.at;
    f->count = f->held.at;
    if (st == GT_OK) {
        f->label = (uint16_t *)f->held.at + f->n * 2;
        f->dir = (uint8_t *)f->held.at + f->n * 6;
        f->inflow = f->dir + f->n;
    }
    return st;
}

static void release(gt_ctx *ctx, flow_run *f)
{
    grid_hold_free(ctx, &f->held);
    gt_free(ctx, f->part);
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
        f->dir[at - 1] = f->dir[at + (size_t)f->cols] = FLOW_NODATA;
        for (size_t i = at; i < at + (size_t)f->cols; i++) {
            bool none = isnan(f->z[i]) || isinf(f->z[i]);
            f->z[i] = none ? (float)NAN : f->z[i] + 0.0f; /* -0 as 0 */
            f->dir[i] = none ? FLOW_NODATA : FLOW_UNSEEN;
            valid += !none;
        }
    }
    f->part[task].n_cells = valid;
    grid_hold_mind(&f->held);
    return st;
}

/* Steepest way down on the filled heights, a piece of a row at a time. */
static void direct_piece(flow_run *f, size_t at, int n)
{
    float best[PIECE], around[PIECE];
    int32_t code[PIECE];
    const float *restrict z = f->z + at;
    for (int i = 0; i < n; i++) {
        best[i] = around[i] = 0;
        code[i] = 0;
    }
    for (int k = 0; k < 8; k++) {
        int e = ORDER[k];
        const float *restrict to = z + f->move[e];
        float inverse = f->inverse[e];
        for (int i = 0; i < n; i++) {
            float drop = (z[i] - to[i]) * inverse; /* comparisons with nodata are false */
            code[i] = drop > best[i] ? e : code[i];
            best[i] = drop > best[i] ? drop : best[i];
            around[i] += to[i];
        }
    }
    for (int i = 0; i < n; i++) {
        int32_t none = isnan(around[i]) ? 0 : FLOW_FLAT; /* beside nodata: off the map */
        f->dir[at + (size_t)i] = (uint8_t)(isnan(z[i])   ? FLOW_NODATA
                                           : code[i] > 0 ? code[i]
                                                         : none);
    }
}

static gt_status direct_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    flow_run *f = user;
    const gt_window w = band_of(f, task);
    for (int64_t r = 0; r < w.n_rows; r++) {
        for (int64_t c = 0; c < f->cols; c += PIECE) {
            int n = (int)(f->cols - c < PIECE ? f->cols - c : PIECE);
            direct_piece(f, first_of(f, w.row + r) + (size_t)c, n);
        }
    }
    grid_hold_mind(&f->held);
    return gt_check_cancel(ctx);
}

/* Direction to the first neighbour as high that drains; FLOW_FLAT when there is none. */
static uint8_t way_in_flat(const flow_run *f, size_t cell)
{
    for (int k = 0; k < 8; k++) {
        size_t next = (size_t)((ptrdiff_t)cell + f->move[ORDER[k]]);
        if (f->dir[next] <= 8 && f->z[next] == f->z[cell]) {
            return (uint8_t)ORDER[k];
        }
    }
    return FLOW_FLAT;
}

static gt_status flat_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const flats *a = user;
    const flow_run *f = a->flow;
    const gt_window w = band_of(f, task);
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        size_t at = first_of(f, w.row + r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)f->cols; i++) {
            if (f->dir[i] == FLOW_FLAT && way_in_flat(f, i) != FLOW_FLAT) {
                st = add_cell(ctx, &a->of[task], i);
            }
        }
    }
    grid_hold_mind(&f->held);
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

static void swap_cells(cells *a, cells *b)
{
    const cells swap = *a;
    *a = *b;
    *b = swap;
}

/* Neighbours as high whose dir is `from` become `to` and come to the list. */
static gt_status take_around(gt_ctx *ctx, flow_run *f, size_t cell, uint8_t from, uint8_t to,
                             cells *list)
{
    gt_status st = GT_OK;
    for (int e = 1; st == GT_OK && e <= 8; e++) {
        size_t next = (size_t)((ptrdiff_t)cell + f->move[e]);
        if (f->dir[next] == from && f->z[next] == f->z[cell]) {
            f->dir[next] = to;
            st = add_cell(ctx, list, next);
        }
    }
    return st;
}

/* Looks over the flat a cell lies in: all of it becomes FLOW_SEEN, drains gets the cells that have
 * a way out beside them, which become FLOW_PENDING. */
static gt_status look_over(gt_ctx *ctx, flow_run *f, size_t cell, flat_lists *l)
{
    l->front.n = l->drains.n = 0;
    f->dir[cell] = FLOW_SEEN;
    gt_status st = add_cell(ctx, &l->front, cell);
    while (st == GT_OK && l->front.n > 0) {
        l->next.n = 0;
        for (size_t i = 0; st == GT_OK && i < l->front.n; i++) {
            size_t at = l->front.list[i];
            st = take_around(ctx, f, at, FLOW_FLAT, FLOW_SEEN, &l->next);
            if (st == GT_OK && way_in_flat(f, at) != FLOW_FLAT) {
                st = add_cell(ctx, &l->drains, at);
            }
        }
        swap_cells(&l->front, &l->next);
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    for (size_t i = 0; i < l->drains.n; i++) {
        f->dir[l->drains.list[i]] = FLOW_PENDING;
    }
    return st;
}

/* One flat, step by step from where it drains: cells of one step see only those of the steps
 * before. Flat by flat and not all at once, as a flat is in one place and all of them are
 * everywhere. */
static gt_status drain_flat(gt_ctx *ctx, flow_run *f, size_t cell, flat_lists *l)
{
    gt_status st = look_over(ctx, f, cell, l);
    swap_cells(&l->front, &l->drains);
    while (st == GT_OK && l->front.n > 0) {
        const cells *front = &l->front;
        l->next.n = 0;
        for (size_t i = 0; i < front->n; i++) { /* ways are kept beside until all are known */
            f->inflow[front->list[i]] = way_in_flat(f, front->list[i]);
        }
        for (size_t i = 0; i < front->n; i++) {
            f->dir[front->list[i]] = f->inflow[front->list[i]];
        }
        for (size_t i = 0; st == GT_OK && i < front->n; i++) {
            st = take_around(ctx, f, front->list[i], FLOW_SEEN, FLOW_PENDING, &l->next);
        }
        swap_cells(&l->front, &l->next);
    }
    return st;
}

static gt_status resolve_flats(gt_ctx *ctx, flow_run *f, size_t bands)
{
    flat_lists l = {0};
    flats a = {f, gt_zalloc(ctx, bands, sizeof(cells))};
    gt_status st = a.of == NULL ? GT_E_MEMORY : gt_parallel_for(ctx, bands, flat_band, &a);
    for (size_t b = 0; a.of != NULL && b < bands; b++) {
        for (size_t i = 0; st == GT_OK && i < a.of[b].n; i++) {
            if (f->dir[a.of[b].list[i]] == FLOW_FLAT) { /* not with another of its flat */
                st = drain_flat(ctx, f, a.of[b].list[i], &l);
            }
        }
        gt_free(ctx, a.of[b].list);
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    gt_free(ctx, a.of);
    gt_free(ctx, l.front.list);
    gt_free(ctx, l.next.list);
    gt_free(ctx, l.drains.list);
    return st;
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
            f->count[i] = f->dir[i] == FLOW_NODATA ? 0 : 1;
            f->inflow[i] = f->inflow[i] == 0 ? SOURCE : f->inflow[i];
        }
    }
    grid_hold_mind(&f->held);
    return gt_check_cancel(ctx);
}

static gt_status filled_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    flow_run *f = user;
    const gt_window w = band_of(f, task);
    grid_hold_mind(&f->held);
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
            row[i] = f->dir[at + i] == FLOW_NODATA ? GT_NODATA_I32 : (int32_t)f->count[at + i];
        }
        st = gt_grid_write(ctx, f->accumulation, &one, GT_CELL_I32, row, (size_t)f->cols);
        for (size_t i = 0; f->direction != NULL && i < (size_t)f->cols; i++) {
            row[i] = f->dir[at + i] == FLOW_NODATA ? GT_NODATA_I32 : f->dir[at + i];
        }
        if (st == GT_OK && f->direction != NULL) {
            st = gt_grid_write(ctx, f->direction, &one, GT_CELL_I32, row, (size_t)f->cols);
        }
    }
    gt_free(ctx, row);
    grid_hold_mind(&f->held);
    return st;
}

/* From every cell without inflow down the stream, as far as all inflows are known: whoever brings
 * the last one goes on. */
static gt_status accumulate_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    flow_run *f = user;
    gt_flow_facts *facts = &f->part[task];
    const gt_window w = band_of(f, task);
    for (int64_t r = 0; r < w.n_rows; r++) {
        size_t at = first_of(f, w.row + r);
        for (size_t i = at; i < at + (size_t)f->cols; i++) {
            size_t c = i;
            bool on = f->dir[i] != FLOW_NODATA &&
                      __atomic_load_n(&f->inflow[i], __ATOMIC_RELAXED) == SOURCE;
            while (on) {
                int d = f->dir[c];
                uint32_t count = __atomic_load_n(&f->count[c], __ATOMIC_RELAXED);
                if (d == 0) {
                    facts->n_outlets++;
                    facts->n_drained += count;
                    break;
                }
                size_t next = (size_t)((ptrdiff_t)c + f->move[d]);
                (void)__atomic_fetch_add(&f->count[next], count, __ATOMIC_RELAXED);
                on = __atomic_fetch_sub(&f->inflow[next], 1, __ATOMIC_ACQ_REL) == 1;
                c = next;
            }
        }
    }
    grid_hold_mind(&f->held);
    return gt_check_cancel(ctx);
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
    gt_status st = hold(ctx, f);
    for (size_t i = 0; st == GT_OK && i < f->width; i++) {
        size_t last = f->n - f->width + i;
        f->z[i] = f->z[last] = (float)NAN;
        f->dir[i] = f->dir[last] = FLOW_NODATA;
    }
    return st;
}

static gt_status fill_grid(gt_ctx *ctx, flow_run *f, size_t bands)
{
    f->part = gt_zalloc(ctx, bands, sizeof *f->part);
    gt_status st = f->part == NULL ? GT_E_MEMORY : gt_parallel_for(ctx, bands, read_band, f);
    for (size_t i = 0; st == GT_OK && i < bands; i++) {
        f->facts.n_cells += f->part[i].n_cells;
    }
    gt_free(ctx, f->part);
    f->part = NULL;
    return st == GT_OK ? flow_fill(ctx, f) : st;
}

static gt_status accumulate_grid(gt_ctx *ctx, flow_run *f, size_t bands)
{
    gt_status st = gt_parallel_for(ctx, bands, direct_band, f);
    st = st == GT_OK ? resolve_flats(ctx, f, bands) : st;
    st = st == GT_OK ? gt_parallel_for(ctx, bands, inflow_band, f) : st;
    f->part = gt_zalloc(ctx, bands, sizeof *f->part);
    st = st == GT_OK && f->part == NULL ? GT_E_MEMORY : st;
    st = st == GT_OK ? gt_parallel_for(ctx, bands, accumulate_band, f) : st;
    for (size_t i = 0; st == GT_OK && i < bands; i++) {
        f->facts.n_outlets += f->part[i].n_outlets;
        f->facts.n_drained += f->part[i].n_drained;
    }
    return st == GT_OK ? gt_parallel_for(ctx, bands, out_band, f) : st;
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
    if (o.tile != 0 && (o.tile < 8 || o.tile > 4096)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "side of the tiles of a flood")));
    }
    for (int i = 0; st == GT_OK && i < 3; i++) {
        if (outs[i] != NULL) {
            st = gt_grid_check_aligned(ctx, dem, outs[i], true, NULL, NULL);
        }
    }
    st = st == GT_OK ? prepare(ctx, &f) : st;
    size_t bands = (size_t)(f.rows + BAND - 1) / BAND;
    st = st == GT_OK ? fill_grid(ctx, &f, bands) : st;
    if (st == GT_OK && filled != NULL) {
        st = gt_parallel_for(ctx, bands, filled_band, &f);
    }
    st = st == GT_OK && accumulation != NULL ? accumulate_grid(ctx, &f, bands) : st;
    if (st == GT_OK && facts != NULL) {
        *facts = f.facts;
    }
    release(ctx, &f);
    return st;
}
