/* Plan, allocate, run: extent -> grid -> bands of rows -> pieces by cell -> cells in parallel. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/hash.h"
#include "guotu/pool.h"
#include "weave/messages.h"
#include "weave/rows.h"

enum {
    EDGES_PER_CELL = 1600, /* measured best within 20 % from 800 to 3000 (README) */
    BAND_BYTES = 40 << 20  /* pieces of a band: fewer passes against fewer page faults (README) */
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
    wv_rec *recs;      /* room for pieces, kept from band to band */
    size_t cap_recs;
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
static size_t place_records(wv_bin *bin, size_t *start, size_t n_cells)
{
    size_t sum = 0;
    for (size_t i = 0; i < n_cells; i++) {
        start[i] = sum;
        sum += atomic_load_explicit(&bin->count[i], memory_order_relaxed);
        atomic_store_explicit(&bin->count[i], 0, memory_order_relaxed);
    }
    start[n_cells] = sum;
    return sum;
}

static gt_status run_band(gt_ctx *ctx, band *b, uint32_t row_from, uint32_t row_to)
{
    wv_bin *bin = b->bin;
    b->n_cells = (size_t)(row_to - row_from) * bin->grid.n_cols;
    b->first_cell = (size_t)row_from * bin->grid.n_cols;
    bin->row_from = row_from;
    bin->row_to = row_to;
    bin->recs = NULL;
    gt_status st = GT_E_MEMORY;
    size_t *start = gt_alloc(ctx, b->n_cells + 1, sizeof *start);
    bin->count = gt_zalloc(ctx, b->n_cells + 1, sizeof *bin->count);
    if (start == NULL || bin->count == NULL) {
        goto done;
    }
    st = gt_parallel_for(ctx, gt_wv_bin_tasks(bin), gt_wv_bin_task, bin);
    if (st != GT_OK) {
        goto done;
    }
    size_t n = place_records(bin, start, b->n_cells);
    b->weave->n_pieces += n;
    bin->start = start;
    st = gt_grow(ctx, (void **)&b->recs, &b->cap_recs, n + 1, sizeof *b->recs);
    if (st != GT_OK) {
        goto done;
    }
    bin->recs = b->recs;
    st = gt_parallel_for(ctx, gt_wv_bin_tasks(bin), gt_wv_bin_task, bin);
    if (st == GT_OK) {
        st = find_corners(ctx, b);
    }
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, b->n_cells, cell_task, b);
    }
done:
    gt_free(ctx, start);
    gt_free(ctx, (void *)bin->count);
    gt_free(ctx, b->corner.start);
    gt_free(ctx, b->corner.covers);
    memset(&b->corner, 0, sizeof b->corner);
    bin->count = NULL;
    bin->recs = NULL;
    return st;
}

/* Rows per band, so that the pieces of a band stay near the cache and within a third of what the
 * ceiling leaves. Places with many edges may take three times the average. */
static uint32_t rows_per_band(gt_ctx *ctx, const gt_weave *w)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    double left = ceiling > used ? (double)(ceiling - used) : 0;
    /* every band looks at every feature's span: more data, larger bands */
    double target = (double)w->n_edges > BAND_BYTES ? (double)w->n_edges : BAND_BYTES;
    target = ceiling != 0 && left / 9 < target ? left / 9 : target;
    /* 1.15 pieces an edge at the usual density; 12 bytes a cell for counts and starts */
    double need = (double)w->n_edges * 1.15 * sizeof(wv_rec) + 12.0 * (double)wv_n_cells(w);
    double bands = ceil(need / (target + 1));
    double rows = ceil((double)w->grid.n_rows / (bands < 1 ? 1 : bands));
    return rows < 1 ? 1 : (uint32_t)rows;
}

static void add_stats(gt_weave_stats *sum, const gt_weave_stats *s)
{
    sum->n_cells_with_edges += s->n_cells_with_edges;
    sum->n_unique += s->n_unique;
    sum->n_crossings += s->n_crossings;
    sum->n_faces += s->n_faces;
    sum->n_entries += s->n_entries;
}

/* Where results go: cells, or areas to fold with counts to stats. */
typedef struct target {
    wv_cell **cells;
    wv_rows *fold;
    gt_weave_stats *stats;
} target;

static gt_status run_bands(gt_ctx *ctx, gt_weave *w, wv_bin *bin, const target *to)
{
    size_t n_workers = (size_t)gt_ctx_threads(ctx);
    band b = {.weave = w, .bin = bin, .fold = to->fold, .n_workers = n_workers};
    gt_status st = GT_OK;
    b.works = gt_zalloc(ctx, n_workers, sizeof *b.works);
    if (b.works == NULL) {
        return GT_E_MEMORY;
    }
    uint32_t step = rows_per_band(ctx, w);
    for (uint32_t row = 0; st == GT_OK && row < w->grid.n_rows; row += step) {
        uint32_t end = w->grid.n_rows - row < step ? w->grid.n_rows : row + step;
        if (bin->wanted != NULL) { /* an update: only rows with a wanted cell */
            size_t from = (size_t)row * w->grid.n_cols, n = (size_t)(end - row) * w->grid.n_cols;
            if (memchr(bin->wanted + from, 1, n) == NULL) {
                continue;
            }
        }
        b.cells = to->cells == NULL ? NULL : to->cells + (size_t)row * w->grid.n_cols;
        st = run_band(ctx, &b, row, end);
    }
    for (size_t i = 0; i < n_workers; i++) {
        if (to->stats != NULL) {
            add_stats(to->stats, &b.works[i].stats);
        }
        gt_wv_work_free(ctx, &b.works[i]);
    }
    gt_free(ctx, b.works);
    gt_free(ctx, b.recs);
    return st;
}

/* ---- run
 * ------------------------------------------------------------------------------------------------
 */

static gt_status bin_init(gt_ctx *ctx, wv_bin *bin, const gt_weave_batch *batches, size_t n)
{
    memset(bin, 0, sizeof *bin);
    bin->batches = batches;
    bin->n_batches = n;
    bin->first_feature = gt_zalloc(ctx, n + 1, sizeof *bin->first_feature);
    bin->rings = gt_zalloc(ctx, (size_t)gt_ctx_threads(ctx), sizeof *bin->rings);
    if (bin->first_feature == NULL || bin->rings == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        bin->first_feature[i + 1] = bin->first_feature[i] + batches[i].n_features;
    }
    bin->span = gt_alloc(ctx, bin->first_feature[n] + 1, sizeof *bin->span);
    if (bin->span == NULL) {
        return GT_E_MEMORY;
    }
    for (int i = 0; i < gt_ctx_threads(ctx); i++) {
        int64_t *box = bin->rings[i].box;
        box[0] = box[1] = INT64_MAX;
        box[2] = box[3] = INT64_MIN;
    }
    return GT_OK;
}

static void bin_free(gt_ctx *ctx, wv_bin *bin)
{
    for (int i = 0; bin->rings != NULL && i < gt_ctx_threads(ctx); i++) {
        gt_free(ctx, bin->rings[i].at);
        gt_free(ctx, bin->rings[i].crossings);
    }
    gt_free(ctx, bin->rings);
    gt_free(ctx, bin->first_feature);
    gt_free(ctx, bin->span);
}

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
    st = bin_init(ctx, &j->bin, j->batches, j->n_batches);
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
        const target to = {.cells = j.w->cells};
        st = j.w->cells == NULL ? GT_E_MEMORY : run_bands(ctx, j.w, &j.bin, &to);
    }
    bin_free(ctx, &j.bin);
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
    target to = {.stats = stats};
    memset(stats, 0, sizeof *stats);
    gt_status st = job_open(ctx, &j, n_layers, options);
    if (st == GT_OK) {
        largest_numbers(&j, most);
        st = gt_wv_rows_new(ctx, n_layers, codes, most, j.w->n_edges, false, &to.fold);
    }
    if (st == GT_OK) {
        st = run_bands(ctx, j.w, &j.bin, &to);
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
    bin_free(ctx, &j.bin);
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
    st = bin_init(ctx, &bin, batches, n_batches);
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
    const target to = {.cells = fresh};
    st = run_bands(ctx, w, &bin, &to);
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
    bin_free(ctx, &bin);
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
