/* Bands of rows, one after the other: pieces by cell, what covers each corner, cells in parallel.
 * Pieces are counted once, for the whole grid and in the order of the input; the counts tell where
 * bands end, and each band then visits only the features that meet it. */
#include "weave/bands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "weave/messages.h"
#include "weave/rows.h"

enum { BAND_BYTES = 40 << 20 }; /* pieces of a band: near the cache (README) */

/* ---- what covers each corner
 * ----------------------------------------------------------------------- */

typedef struct corners {
    wv_cover *covers;
    size_t n, cap;
    size_t *start; /* per cell of the band, + 1 */
} corners;

typedef struct band {
    gt_weave *weave;
    wv_bin *bin;
    size_t n_cells;
    wv_work *works; /* one per worker */
    wv_rows *fold;  /* areas go here and nothing is kept; NULL: results are */
    corners corner;
    const wv_crossing *crossings; /* sorted by cell */
    const size_t *crossing_start;
    size_t n_workers;
    size_t first_cell; /* of the band, in the grid */
    wv_cell **cells;   /* results of the band */
} band;

/* Changes a sorted run at the end of c->covers by one crossing. */
static gt_status cover_add(gt_ctx *ctx, corners *c, size_t first, uint64_t key, int64_t n)
{
    size_t i = first;
    while (i < c->n && c->covers[i].key < key) {
        i++;
    }
    if (i < c->n && c->covers[i].key == key) {
        c->covers[i].n += n;
        return GT_OK;
    }
    gt_status st = gt_grow(ctx, (void **)&c->covers, &c->cap, c->n + 1, sizeof *c->covers);
    if (st == GT_OK) {
        memmove(&c->covers[i + 1], &c->covers[i], (c->n - i) * sizeof *c->covers);
        c->covers[i] = (wv_cover){key, n};
        c->n++;
    }
    return st;
}

/* From cell to cell along each row: the corner to the right sees one bottom side more. */
static gt_status follow_rows(gt_ctx *ctx, band *b)
{
    corners *c = &b->corner;
    uint32_t n_cols = b->bin->grid.n_cols;
    c->n = 0;
    gt_status st = gt_grow(ctx, (void **)&c->covers, &c->cap, 1, sizeof *c->covers);
    if (st != GT_OK) {
        return st;
    }
    for (size_t i = 0; i < b->n_cells; i++) {
        size_t first = c->n;
        size_t from = i % n_cols == 0 ? first : c->start[i - 1];
        c->start[i] = first;
        if (i % n_cols != 0) {
            size_t had = first - from;
            st = gt_grow(ctx, (void **)&c->covers, &c->cap, first + had + 1, sizeof *c->covers);
            if (st != GT_OK) {
                return st;
            }
            memcpy(c->covers + first, c->covers + from, had * sizeof *c->covers);
            c->n += had;
            for (size_t k = b->crossing_start[i - 1]; k < b->crossing_start[i]; k++) {
                const wv_crossing *x = &b->crossings[k];
                st = cover_add(ctx, c, first, wv_key(x->layer, x->number), x->n);
                if (st != GT_OK) {
                    return st;
                }
            }
            size_t kept = first;
            for (size_t k = first; k < c->n; k++) {
                if (c->covers[k].n != 0) {
                    c->covers[kept++] = c->covers[k];
                }
            }
            c->n = kept;
        }
    }
    c->start[b->n_cells] = c->n;
    return GT_OK;
}

/* Gathers the workers' crossings by cell, then follows the rows. */
static gt_status find_corners(gt_ctx *ctx, band *b)
{
    size_t total = 0;
    wv_crossing *sorted = NULL;
    size_t *start = NULL;
    for (size_t i = 0; i < b->n_workers; i++) {
        total += b->bin->rings[i].n_crossings;
    }
    gt_status st = GT_E_MEMORY;
    sorted = gt_alloc(ctx, total + 1, sizeof *sorted);
    start = gt_zalloc(ctx, b->n_cells + 2, sizeof *start);
    b->corner.start = gt_zalloc(ctx, b->n_cells + 1, sizeof *b->corner.start);
    if (sorted == NULL || start == NULL || b->corner.start == NULL) {
        goto done;
    }
    for (size_t i = 0; i < b->n_workers; i++) {
        const wv_ring *r = &b->bin->rings[i];
        for (size_t k = 0; k < r->n_crossings; k++) {
            start[r->crossings[k].cell + 2]++;
        }
    }
    for (size_t i = 2; i < b->n_cells + 2; i++) {
        start[i] += start[i - 1];
    }
    for (size_t i = 0; i < b->n_workers; i++) { /* leaves start[i] as the first of cell i */
        wv_ring *r = &b->bin->rings[i];
        for (size_t k = 0; k < r->n_crossings; k++) {
            sorted[start[r->crossings[k].cell + 1]++] = r->crossings[k];
        }
        r->n_crossings = 0;
    }
    b->crossings = sorted;
    b->crossing_start = start;
    st = follow_rows(ctx, b);
done:
    gt_free(ctx, sorted);
    gt_free(ctx, start);
    b->crossings = NULL;
    b->crossing_start = NULL;
    return st;
}

/* ---- cells
 * -------------------------------------------------------------------------------------------- */

static gt_status cell_task(gt_ctx *ctx, void *user, size_t i, int worker)
{
    band *b = user;
    const gt_weave *w = b->weave;
    const wv_grid *g = &w->grid;
    if (b->bin->wanted != NULL && b->bin->wanted[b->first_cell + i] == 0) {
        return GT_OK;
    }
    size_t first = b->bin->start[i];
    wv_cell_in in = {.side = (int32_t)g->side,
                     .recs = b->bin->recs + first,
                     .n_recs = b->bin->start[i + 1] - first,
                     .corner = b->corner.covers + b->corner.start[i],
                     .n_corner = b->corner.start[i + 1] - b->corner.start[i],
                     .sliver = w->sliver,
                     .coverage = w->coverage,
                     .n_coverage = w->n_coverage,
                     .keep_lines = w->keep_lines,
                     .no_lengths = b->fold != NULL};
    if (in.n_recs == 0 && in.n_corner == 0) {
        return GT_OK;
    }
    size_t cell = b->first_cell + i;
    double x = (double)((g->col0 + (int64_t)(cell % g->n_cols)) * g->side) / 1000;
    double y = (double)((g->row0 + (int64_t)(cell / g->n_cols)) * g->side) / 1000;
    double side = (double)g->side / 1000;
    gt_wv_metric_fit(w->scale, w->scale_user, x, y, side, &in.metric);
    wv_work *work = &b->works[worker];
    work->ctx = ctx;
    if (in.n_recs == 0) {
        return b->fold != NULL ? gt_wv_fold_plain(work, &in, b->fold, worker)
                               : gt_wv_plain(ctx, &in, &b->cells[i]);
    }
    gt_status st = gt_wv_graph(work, &in);
    if (st == GT_OK) {
        st = b->fold != NULL ? gt_wv_fold(work, &in, b->fold, worker)
                             : gt_wv_faces(work, &in, &b->cells[i]);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.has_xy = true, .x = x, .y = y));
    }
    return st;
}

/* First record of each cell of the band from the counts; empties the counts. */
static void place_records(wv_bin *bin, size_t *start, size_t n_cells, size_t first_cell)
{
    size_t sum = 0;
    for (size_t i = 0; i < n_cells; i++) {
        start[i] = sum;
        sum += atomic_load_explicit(&bin->count[first_cell + i], memory_order_relaxed);
        atomic_store_explicit(&bin->count[first_cell + i], 0, memory_order_relaxed);
    }
    start[n_cells] = sum;
}

static gt_status run_band(gt_ctx *ctx, band *b, size_t which)
{
    wv_bin *bin = b->bin;
    bin->band = which;
    bin->row_from = bin->first_row[which];
    bin->row_to = bin->first_row[which + 1];
    b->n_cells = (size_t)(bin->row_to - bin->row_from) * bin->grid.n_cols;
    b->first_cell = (size_t)bin->row_from * bin->grid.n_cols;
    size_t *start = gt_alloc(ctx, b->n_cells + 1, sizeof *start);
    if (start == NULL) {
        return GT_E_MEMORY;
    }
    place_records(bin, start, b->n_cells, b->first_cell);
    bin->start = start;
    gt_status st = gt_parallel_for(ctx, gt_wv_bin_tasks(bin), gt_wv_bin_task, bin);
    if (st == GT_OK) {
        st = find_corners(ctx, b);
    }
    if (st == GT_OK) {
        gt_progress_from(ctx, b->first_cell);
        st = gt_parallel_for(ctx, b->n_cells, cell_task, b);
    }
    gt_free(ctx, start);
    gt_free(ctx, b->corner.start);
    gt_free(ctx, b->corner.covers);
    memset(&b->corner, 0, sizeof b->corner);
    bin->start = NULL;
    return st;
}

/* ---- plan ----------------------------------------------------------------------------------- */

/* Counts the pieces of all cells. */
static gt_status count_pieces(gt_ctx *ctx, gt_weave *w, wv_bin *bin)
{
    size_t n = wv_n_cells(w);
    bin->count = gt_zalloc(ctx, n + 1, sizeof *bin->count);
    if (bin->count == NULL) {
        return GT_E_MEMORY;
    }
    bin->row_from = 0;
    bin->row_to = bin->grid.n_rows;
    gt_status st = gt_parallel_for(ctx, gt_wv_bin_tasks(bin), gt_wv_bin_task, bin);
    for (size_t i = 0; i < n; i++) {
        w->n_pieces += atomic_load_explicit(&bin->count[i], memory_order_relaxed);
    }
    return st;
}

/* Bytes of pieces a band may have: near the cache, and within a third of what the ceiling leaves,
 * for what the cells yield is still to come. One row at least. */
static double band_bytes(gt_ctx *ctx)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    double left = ceiling > used ? (double)(ceiling - used) : 0;
    return ceiling != 0 && left / 3 < BAND_BYTES ? left / 3 : BAND_BYTES;
}

/* Rows of the bands; *most: pieces of the largest. */
static gt_status plan_bands(gt_ctx *ctx, wv_bin *bin, size_t *most)
{
    double room = band_bytes(ctx);
    size_t n = 0, sum = 0;
    bin->first_row = gt_alloc(ctx, (size_t)bin->grid.n_rows + 1, sizeof *bin->first_row);
    if (bin->first_row == NULL) {
        return GT_E_MEMORY;
    }
    *most = 0;
    for (uint32_t row = 0; row < bin->grid.n_rows; row++) {
        const _Atomic uint32_t *count = bin->count + (size_t)row * bin->grid.n_cols;
        size_t pieces = 0;
        for (uint32_t c = 0; c < bin->grid.n_cols; c++) {
            pieces += atomic_load_explicit(&count[c], memory_order_relaxed);
        }
        double bytes = (double)(sum + pieces) * sizeof(wv_rec);
        if (row == 0 || bytes > room) {
            bin->first_row[n++] = row;
            sum = 0;
        }
        sum += pieces;
        *most = sum > *most ? sum : *most;
    }
    bin->first_row[n] = bin->grid.n_rows;
    bin->n_bands = n;
    return GT_OK;
}

static void add_stats(gt_weave_stats *sum, const gt_weave_stats *s)
{
    sum->n_cells_with_edges += s->n_cells_with_edges;
    sum->n_unique += s->n_unique;
    sum->n_crossings += s->n_crossings;
    sum->n_faces += s->n_faces;
    sum->n_entries += s->n_entries;
}

/* Has the band a cell that is wanted? */
static bool is_wanted(const wv_bin *bin, size_t which)
{
    size_t from = (size_t)bin->first_row[which] * bin->grid.n_cols;
    size_t to = (size_t)bin->first_row[which + 1] * bin->grid.n_cols;
    return bin->wanted == NULL || memchr(bin->wanted + from, 1, to - from) != NULL;
}

static gt_status each_band(gt_ctx *ctx, band *b, const wv_target *to)
{
    wv_bin *bin = b->bin;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < bin->n_bands; i++) {
        if (is_wanted(bin, i)) {
            b->cells =
                to->cells == NULL ? NULL : to->cells + (size_t)bin->first_row[i] * bin->grid.n_cols;
            st = run_band(ctx, b, i);
        }
    }
    return st;
}

gt_status gt_wv_bands(gt_ctx *ctx, gt_weave *w, wv_bin *bin, const wv_target *to)
{
    size_t n_workers = (size_t)gt_ctx_threads(ctx), most = 0;
    band b = {.weave = w, .bin = bin, .fold = to->fold, .n_workers = n_workers};
    gt_progress_begin(ctx, &GT_MSG_WEAVE_RUNNING, wv_n_cells(w));
    b.works = gt_zalloc(ctx, n_workers, sizeof *b.works);
    gt_status st = b.works == NULL ? GT_E_MEMORY : count_pieces(ctx, w, bin);
    if (st == GT_OK) {
        st = plan_bands(ctx, bin, &most);
    }
    if (st == GT_OK) {
        st = gt_wv_bin_by_band(ctx, bin);
    }
    if (st == GT_OK) {
        bin->recs = gt_alloc(ctx, most + 1, sizeof *bin->recs);
        st = bin->recs == NULL ? GT_E_MEMORY : each_band(ctx, &b, to);
    }
    gt_progress_end(ctx);
    for (size_t i = 0; b.works != NULL && i < n_workers; i++) {
        if (to->stats != NULL) {
            add_stats(to->stats, &b.works[i].stats);
        }
        gt_wv_work_free(ctx, &b.works[i]);
    }
    gt_free(ctx, b.works);
    gt_free(ctx, bin->recs);
    bin->recs = NULL;
    return st;
}
