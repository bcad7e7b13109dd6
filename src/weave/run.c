/* Plan, allocate, run: extent -> grid -> bands of rows (bands.c); update; facts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/hash.h"
#include "guotu/pool.h"
#include "weave/bands.h"
#include "weave/messages.h"
#include "weave/rows.h"

enum {
    EDGES_PER_CELL = 1600 /* measured best within 20 % from 800 to 3000 (README) */
};
static const uint64_t MOST_CELLS = 1U << 27;

void gt_weave_options_init(gt_weave_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->sliver_width = 0.05;
}

/* ---- grid
 * ------------------------------------------------------------------------------------------ */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Side in mm so that a cell over evenly spread data has about EDGES_PER_CELL edges. */
static int64_t choose_side(const int64_t box[4], uint64_t n_edges)
{
    double w = (double)(box[2] - box[0]) + 1, h = (double)(box[3] - box[1]) + 1;
    double side = sqrt(w * h * EDGES_PER_CELL / ((double)n_edges + 1));
    double longest = w > h ? w : h;
    side = side > longest ? longest : side; /* one cell is enough */
    side = side < longest / 8000 ? longest / 8000 : side;
    side = side < 1000 ? 1000 : side;
    return side > WV_CELL_MAX ? WV_CELL_MAX : (int64_t)side;
}

static gt_status make_grid(gt_ctx *ctx, const int64_t box[4], uint64_t n_edges, double cell,
                           wv_grid *grid)
{
    grid->side = cell > 0 ? (int64_t)llround(cell * 1000) : choose_side(box, n_edges);
    grid->col0 = floor_div(box[0], grid->side);
    grid->row0 = floor_div(box[1], grid->side);
    int64_t cols = floor_div(box[2], grid->side) - grid->col0 + 1;
    int64_t rows = floor_div(box[3], grid->side) - grid->row0 + 1;
    if ((double)cols * (double)rows > (double)MOST_CELLS) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_WEAVE_EXTENT, GT_NOWHERE,
                       GT_ARGS(GT_REAL("count", (double)cols * (double)rows),
                               GT_REAL("cell", (double)grid->side / 1000),
                               GT_INT("most", MOST_CELLS)));
    }
    grid->n_cols = (uint32_t)cols;
    grid->n_rows = (uint32_t)rows;
    return GT_OK;
}

/* ---- run
 * ------------------------------------------------------------------------------------------------
 */

static gt_status bad_option(gt_ctx *ctx, const char *what, double value)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OPTION, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("what", what), GT_REAL("value", value)));
}

static gt_status check_usage(gt_ctx *ctx, uint32_t n_layers, const gt_weave_batch *batches,
                             size_t n, const gt_weave_options *o)
{
    if (n_layers == 0 || n_layers > GT_WEAVE_LAYERS_MAX) {
        return bad_option(ctx, "n_layers", n_layers);
    }
    if (!(o->cell == 0 || (o->cell >= 0.016 && o->cell * 1000 <= WV_CELL_MAX))) {
        return bad_option(ctx, "cell", o->cell);
    }
    if (!(o->sliver_width >= 0 && o->sliver_width <= 1e6)) {
        return bad_option(ctx, "sliver_width", o->sliver_width);
    }
    for (size_t i = 0; i < n; i++) {
        if (batches[i].layer >= n_layers) {
            return bad_option(ctx, "layer", batches[i].layer);
        }
        if (batches[i].number == NULL &&
            batches[i].n_features > GT_WEAVE_SEVERAL - (size_t)batches[i].first_number) {
            return bad_option(ctx, "first_number", batches[i].first_number);
        }
    }
    return GT_OK;
}

static gt_status find_extent(gt_ctx *ctx, wv_bin *bin, int64_t box[4], uint64_t *n_edges)
{
    gt_status st = gt_parallel_for(ctx, gt_wv_bin_tasks(bin), gt_wv_extent_task, bin);
    box[0] = box[1] = INT64_MAX;
    box[2] = box[3] = INT64_MIN;
    *n_edges = 0;
    for (int i = 0; i < gt_ctx_threads(ctx); i++) {
        const wv_ring *r = &bin->rings[i];
        *n_edges += r->n_edges;
        for (int k = 0; k < 2; k++) {
            box[k] = r->box[k] < box[k] ? r->box[k] : box[k];
            box[k + 2] = r->box[k + 2] > box[k + 2] ? r->box[k + 2] : box[k + 2];
        }
    }
    if (*n_edges == 0) { /* nothing at all: one empty cell */
        memset(box, 0, 4 * sizeof *box);
    }
    return st;
}

static void set_options(gt_weave *w, uint32_t n_layers, const gt_weave_options *o)
{
    w->n_layers = n_layers;
    w->keep_lines = o->keep_lines;
    w->scale = o->scale;
    w->scale_user = o->scale_user;
    w->sliver = (int64_t)(o->sliver_width * 1000 * WV_LENGTH_UNITS);
    for (uint32_t k = 0; k < n_layers; k++) {
        w->coverage[k] = o->coverage != NULL && o->coverage[k];
        w->n_coverage += w->coverage[k];
    }
}

/* What a run works on, from the caller's batches. */
typedef struct job {
    const gt_weave_batch *batches;
    size_t n_batches;
    gt_weave_options o;
    wv_bin bin;
    gt_weave *w;
} job;

/* Checks everything and makes the grid; w and bin are to be freed in any case. */
static gt_status job_open(gt_ctx *ctx, job *j, uint32_t n_layers, const gt_weave_options *options)
{
    gt_weave_options_init(&j->o);
    if (options != NULL) {
        memcpy(&j->o, options, options->size < sizeof j->o ? options->size : sizeof j->o);
    }
    gt_status st = check_usage(ctx, n_layers, j->batches, j->n_batches, &j->o);
    if (st != GT_OK) {
        return st;
    }
    j->w = gt_zalloc(ctx, 1, sizeof *j->w);
    st = gt_wv_bin_init(ctx, &j->bin, j->batches, j->n_batches);
    if (j->w == NULL || st != GT_OK) {
        return GT_E_MEMORY;
    }
    int64_t box[4];
    set_options(j->w, n_layers, &j->o);
    st = find_extent(ctx, &j->bin, box, &j->w->n_edges);
    if (st == GT_OK) {
        st = make_grid(ctx, box, j->w->n_edges, j->o.cell, &j->w->grid);
    }
    j->bin.grid = j->w->grid;
    return st;
}

gt_status gt_weave_run(gt_ctx *ctx, uint32_t n_layers, const gt_weave_batch *batches,
                       size_t n_batches, const gt_weave_options *options, gt_weave **out)
{
    job j = {.batches = batches, .n_batches = n_batches};
    gt_status st = job_open(ctx, &j, n_layers, options);
    if (st == GT_OK) {
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
        j.w->cells = gt_zalloc(ctx, wv_n_cells(j.w), sizeof *j.w->cells);
        const wv_target to = {.cells = j.w->cells};
        st = j.w->cells == NULL ? GT_E_MEMORY : gt_wv_bands(ctx, j.w, &j.bin, &to);
    }
    gt_wv_bin_free(ctx, &j.bin);
    if (st == GT_OK) {
        *out = j.w;
    } else {
        gt_weave_free(ctx, j.w);
    }
    return st;
}

/* Largest feature number of each layer. */
static void largest_numbers(const job *j, uint32_t most[GT_WEAVE_LAYERS_MAX])
{
    memset(most, 0, GT_WEAVE_LAYERS_MAX * sizeof *most);
    for (size_t i = 0; i < j->n_batches; i++) {
        const gt_weave_batch *b = &j->batches[i];
        uint32_t *m = &most[b->layer];
        if (b->number == NULL && b->n_features > 0) {
            uint32_t last = b->first_number + (uint32_t)(b->n_features - 1);
            *m = last > *m ? last : *m;
        }
        for (size_t f = 0; b->number != NULL && f < b->n_features; f++) {
            *m = b->number[f] > *m ? b->number[f] : *m;
        }
    }
}

gt_status gt_wv_run_rows(gt_ctx *ctx, uint32_t n_layers, const gt_weave_batch *batches,
                         size_t n_batches, const gt_weave_options *options, const wv_codes *codes,
                         gt_weave_stats *stats, wv_rows **out)
{
    job j = {.batches = batches, .n_batches = n_batches};
    uint32_t most[GT_WEAVE_LAYERS_MAX];
    wv_target to = {.stats = stats};
    memset(stats, 0, sizeof *stats);
    gt_status st = job_open(ctx, &j, n_layers, options);
    if (st == GT_OK) {
        largest_numbers(&j, most);
        st = gt_wv_rows_new(ctx, n_layers, codes, most, j.w->n_edges, false, &to.fold);
    }
    if (st == GT_OK) {
        st = gt_wv_bands(ctx, j.w, &j.bin, &to);
    }
    if (st == GT_OK) {
        stats->n_cells = wv_n_cells(j.w);
        stats->n_edges = j.w->n_edges;
        stats->n_pieces = j.w->n_pieces;
        stats->cell = (double)j.w->grid.side / 1000;
        stats->n_columns = j.w->grid.n_cols;
        stats->n_rows = j.w->grid.n_rows;
        *out = to.fold;
    } else {
        gt_wv_rows_free(ctx, to.fold);
    }
    gt_wv_bin_free(ctx, &j.bin);
    gt_weave_free(ctx, j.w);
    return st;
}

void gt_weave_free(gt_ctx *ctx, gt_weave *w)
{
    if (w == NULL) {
        return;
    }
    for (size_t i = 0; w->cells != NULL && i < wv_n_cells(w); i++) {
        gt_free(ctx, w->cells[i]);
    }
    gt_free(ctx, w->cells);
    gt_free(ctx, w);
}

/* ---- update
 * -----------------------------------------------------------------------------------------------
 */

/* Columns and rows of the cells that meet a box; false when the box leaves the grid. */
static bool cells_of(const wv_grid *g, gt_box box, int64_t at[4])
{
    const double v[4] = {box.xmin, box.ymin, box.xmax, box.ymax};
    for (int k = 0; k < 4; k++) {
        if (!(fabs(v[k]) <= 1e9)) {
            return false;
        }
        int64_t mm = (int64_t)floor(v[k] * 1000.0 + 0.5);
        at[k] = floor_div(mm, g->side) - (k % 2 == 0 ? g->col0 : g->row0);
    }
    return at[0] >= 0 && at[1] >= 0 && at[0] <= at[2] && at[1] <= at[3] && at[2] < g->n_cols &&
           at[3] < g->n_rows;
}

gt_box gt_weave_cells_of(const gt_weave *w, gt_box box)
{
    int64_t at[4];
    (void)cells_of(&w->grid, box, at);
    double side = (double)w->grid.side / 1000;
    return (gt_box){(double)(at[0] + w->grid.col0) * side, (double)(at[1] + w->grid.row0) * side,
                    (double)(at[2] + w->grid.col0 + 1) * side,
                    (double)(at[3] + w->grid.row0 + 1) * side};
}

static gt_status mark_wanted(gt_ctx *ctx, const gt_weave *w, const gt_box *boxes, size_t n,
                             uint8_t *wanted)
{
    for (size_t i = 0; i < n; i++) {
        int64_t at[4];
        if (!cells_of(&w->grid, boxes[i], at)) {
            return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OUTSIDE,
                           GT_PLACE(.has_xy = true, .x = boxes[i].xmin, .y = boxes[i].ymin),
                           GT_NO_ARGS);
        }
        for (int64_t r = at[1]; r <= at[3]; r++) {
            memset(wanted + r * w->grid.n_cols + at[0], 1, (size_t)(at[2] - at[0] + 1));
        }
    }
    return GT_OK;
}

gt_status gt_weave_update(gt_ctx *ctx, gt_weave *w, const gt_weave_batch *batches, size_t n_batches,
                          const gt_box *boxes, size_t n_boxes)
{
    gt_weave_options o;
    gt_weave_options_init(&o);
    gt_status st = check_usage(ctx, w->n_layers, batches, n_batches, &o);
    if (st != GT_OK) {
        return st;
    }
    wv_bin bin;
    size_t n_cells = wv_n_cells(w);
    uint64_t n_pieces = w->n_pieces;
    uint8_t *wanted = gt_zalloc(ctx, n_cells, 1);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    wv_cell **fresh = gt_zalloc(ctx, n_cells, sizeof *fresh);
    st = gt_wv_bin_init(ctx, &bin, batches, n_batches);
    if (wanted == NULL || fresh == NULL || st != GT_OK) {
        st = GT_E_MEMORY;
        goto done;
    }
    st = mark_wanted(ctx, w, boxes, n_boxes, wanted);
    if (st == GT_OK) {
        int64_t box[4];
        uint64_t n_edges = 0;
        st = find_extent(ctx, &bin, box, &n_edges);
    }
    if (st != GT_OK) {
        goto done;
    }
    bin.grid = w->grid;
    bin.wanted = wanted;
    const wv_target to = {.cells = fresh};
    st = gt_wv_bands(ctx, w, &bin, &to);
    w->n_pieces = n_pieces;
    for (size_t i = 0; st == GT_OK && i < n_cells; i++) {
        if (wanted[i] != 0) {
            gt_free(ctx, w->cells[i]);
            w->cells[i] = fresh[i];
            fresh[i] = NULL;
        }
    }
done:
    for (size_t i = 0; fresh != NULL && i < n_cells; i++) {
        gt_free(ctx, fresh[i]);
    }
    gt_free(ctx, fresh);
    gt_free(ctx, wanted);
    gt_wv_bin_free(ctx, &bin);
    return st;
}

/* ---- facts
 * --------------------------------------------------------------------------------------------------
 */

gt_weave_stats gt_weave_statistics(const gt_weave *w)
{
    gt_weave_stats s = {.n_cells = wv_n_cells(w),
                        .n_edges = w->n_edges,
                        .n_pieces = w->n_pieces,
                        .cell = (double)w->grid.side / 1000,
                        .n_columns = w->grid.n_cols,
                        .n_rows = w->grid.n_rows};
    for (size_t i = 0; i < wv_n_cells(w); i++) {
        const wv_cell *c = w->cells[i];
        if (c != NULL) {
            s.n_cells_with_edges += c->n_edges > 4;
            s.n_unique += c->n_edges;
            s.n_crossings += c->n_crossings;
            s.n_faces += c->n_all_faces;
            s.n_entries += c->n_entries;
        }
    }
    return s;
}

void gt_weave_digest(const gt_weave *w, unsigned char out[32])
{
    gt_hash hash;
    gt_hash_init(&hash);
    gt_hash_add(&hash, &w->grid, sizeof w->grid);
    for (size_t i = 0; i < wv_n_cells(w); i++) {
        if (w->cells[i] != NULL) {
            gt_hash_add_u64(&hash, i);
            gt_hash_add(&hash, w->cells[i], w->cells[i]->bytes);
        }
    }
    gt_hash_final(&hash, out);
}
