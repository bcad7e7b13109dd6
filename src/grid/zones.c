/* Statistics of a grid by polygons and polygons as a grid; one polygon, or one block, is one task.
 * Sums are made in the order of rows by one thread, so they are the same on any number. */
#include "guotu/grid_zones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/cover.h"
#include "grid/messages.h"
#include "guotu/pool.h"

enum { STRIP_CELLS = 1 << 20, BLOCK_COLS = 1024, BLOCK_ROWS = 512 };

/* Scratch of a worker. */
typedef struct zone_scratch {
    double *acc;
    void *values;
    gt_zone_class *classes; /* of its feature, unsorted, one for each run of equal values */
    size_t n_classes, cap_classes;
} zone_scratch;

typedef struct class_list {
    gt_zone_class *list; /* owned */
    size_t n;
} class_list;

typedef struct zone_run {
    gt_grid *grid;
    cover_zone *zones;
    size_t n;
    zone_scratch *scratch;
    gt_zone_stats *stats; /* or */
    class_list *classes;
    gt_cell type; /* of values */
} zone_run;

/* ---- the table as a list ------------------------------------------------------------------------
 */

static gt_status check_crs(gt_ctx *ctx, const gt_grid *grid, const gt_polygon_table *zones)
{
    const gt_crs *crs = gt_grid_crs(grid);
    int epsg = crs == NULL ? 0 : gt_crs_epsg(crs);
    if (epsg <= 0 || zones->srs_id <= 0 || epsg == zones->srs_id) {
        return GT_OK;
    }
    gt_text a;
    gt_text_init(&a, ctx, 64);
    gt_text_printf(&a, "EPSG:%d", (int)zones->srs_id);
    gt_status st = gt_text_status(&a);
    if (st == GT_OK) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_CRS, GT_PLACE(.layer = zones->name),
                     GT_ARGS(GT_TEXT("a", gt_grid_path(grid)), GT_TEXT("b", zones->name),
                             GT_TEXT("crs_a", gt_crs_name(crs)),
                             GT_TEXT("crs_b", gt_text_cstr(&a))));
    }
    gt_text_free(&a);
    return st;
}

static gt_status list_zones(gt_ctx *ctx, const gt_polygon_table *t, cover_zone **out)
{
    cover_zone *z = gt_alloc(ctx, t->n_features, sizeof *z);
    size_t n = 0;
    if (z == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t r = 0; r < t->n_runs; r++) {
        for (size_t i = 0; i < t->runs[r].n_features; i++) {
            z[n++] = (cover_zone){&t->runs[r], i};
        }
    }
    *out = z;
    return GT_OK;
}

/* ---- statistics ---------------------------------------------------------------------------------
 */

typedef struct sums {
    double shares, shift, sum, squares; /* of value - shift */
    double min, max;
} sums;

static void add_row(sums *s, const double *share, const double *value, int64_t n)
{
    for (int64_t c = 0; c < n; c++) {
        double f = share[c], v = value[c];
        if (!(f > 0) || isnan(v)) {
            continue;
        }
        if (s->shares == 0) {
            s->shift = v;
        }
        double d = v - s->shift;
        s->shares += f;
        s->sum += f * d;
        s->squares += f * d * d;
        s->min = v < s->min ? v : s->min;
        s->max = v > s->max ? v : s->max;
    }
}

static gt_status add_classes(gt_ctx *ctx, zone_scratch *s, const double *share,
                             const int32_t *value, int64_t n)
{
    for (int64_t c = 0; c < n; c++) {
        if (!(share[c] > 0) || value[c] == GT_NODATA_I32) {
            continue;
        }
        gt_zone_class *last = s->n_classes > 0 ? &s->classes[s->n_classes - 1] : NULL;
        if (last != NULL && last->value == value[c]) {
            last->cells += share[c];
            continue;
        }
        gt_status st = gt_grow(ctx, (void **)&s->classes, &s->cap_classes, s->n_classes + 1,
                               sizeof *s->classes);
        if (st != GT_OK) {
            return st;
        }
        s->classes[s->n_classes++] = (gt_zone_class){0, value[c], share[c]};
    }
    return GT_OK;
}

/* The feature's rows in strips that fit the scratch. */
static gt_status walk_zone(gt_ctx *ctx, zone_run *run, size_t i, zone_scratch *s, sums *to)
{
    const gt_window all = cover_window(run->grid, &run->zones[i]);
    gt_status st = GT_OK;
    if (all.n_cols == 0) {
        return GT_OK;
    }
    int64_t rows = STRIP_CELLS / (all.n_cols + 1);
    rows = rows < 1 ? 1 : rows;
    for (int64_t r0 = 0; st == GT_OK && r0 < all.n_rows; r0 += rows) {
        gt_window w = {all.col, all.row + r0, all.n_cols,
                       all.n_rows - r0 < rows ? all.n_rows - r0 : rows};
        cover_edges(run->grid, &run->zones[i], &w, s->acc);
        st = gt_grid_read(ctx, run->grid, &w, run->type, s->values, (size_t)w.n_cols);
        for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
            double *share = s->acc + r * (w.n_cols + 1);
            cover_row(share, w.n_cols);
            if (to != NULL) {
                add_row(to, share, (const double *)s->values + r * w.n_cols, w.n_cols);
            } else {
                st =
                    add_classes(ctx, s, share, (const int32_t *)s->values + r * w.n_cols, w.n_cols);
            }
        }
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    return st;
}

static gt_status stats_of(gt_ctx *ctx, void *user, size_t i, int worker)
{
    zone_run *run = user;
    const gt_grid_spec *s = gt_grid_facts(run->grid);
    const cover_zone *z = &run->zones[i];
    sums t = {.min = (double)INFINITY, .max = -(double)INFINITY};
    gt_status st = walk_zone(ctx, run, i, &run->scratch[worker], &t);
    gt_zone_stats *o = &run->stats[i];
    double missed = cover_area(z) / (s->cell_x * s->cell_y) - t.shares, none = (double)NAN;
    bool some = t.shares > 0;
    double off = some ? t.sum / t.shares : 0, var = some ? t.squares / t.shares - off * off : 0;
    o->fid = z->run->fid[z->feature];
    o->cells = t.shares;
    o->outside = missed > 1e-6 ? missed : 0; /* rounding of two ways to the same area */
    o->sum = t.sum + t.shift * t.shares;
    o->mean = some ? t.shift + off : none;
    o->sd = some ? sqrt(var > 0 ? var : 0) : none;
    o->min = some ? t.min : none;
    o->max = some ? t.max : none;
    return st;
}

static int by_value(const void *a, const void *b)
{
    const gt_zone_class *x = a, *y = b;
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return x->fid < y->fid ? -1 : x->fid > y->fid;
}

static gt_status classes_of(gt_ctx *ctx, void *user, size_t i, int worker)
{
    zone_run *run = user;
    zone_scratch *s = &run->scratch[worker];
    const cover_zone *z = &run->zones[i];
    class_list *to = &run->classes[i];
    s->n_classes = 0;
    gt_status st = walk_zone(ctx, run, i, s, NULL);
    if (st != GT_OK || s->n_classes == 0) {
        return st;
    }
    /* numbered by place, so that the shares of a value are summed in that order */
    for (size_t k = 0; k < s->n_classes; k++) {
        s->classes[k].fid = (int64_t)k;
    }
    qsort(s->classes, s->n_classes, sizeof *s->classes, by_value);
    size_t n = 0;
    for (size_t k = 0, end = 0; k < s->n_classes; k = end, n++) {
        gt_zone_class sum = {z->run->fid[z->feature], s->classes[k].value, 0};
        for (end = k; end < s->n_classes && s->classes[end].value == sum.value; end++) {
            sum.cells += s->classes[end].cells;
        }
        s->classes[n] = sum;
    }
    to->list = gt_alloc(ctx, n, sizeof *to->list);
    if (to->list == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(to->list, s->classes, n * sizeof *to->list);
    to->n = n;
    return GT_OK;
}

static gt_status run_zones(gt_ctx *ctx, zone_run *run, const gt_polygon_table *zones,
                           gt_task_fn task)
{
    int threads = gt_ctx_threads(ctx);
    /* at least one row of the widest window */
    size_t cells = (size_t)gt_grid_facts(run->grid)->n_cols + 1;
    cells = cells < STRIP_CELLS ? STRIP_CELLS : cells;
    gt_status st = check_crs(ctx, run->grid, zones);
    run->n = zones->n_features;
    st = st == GT_OK ? list_zones(ctx, zones, &run->zones) : st;
    run->scratch = gt_zalloc(ctx, (size_t)threads, sizeof *run->scratch);
    st = st == GT_OK && run->scratch == NULL ? GT_E_MEMORY : st;
    for (int i = 0; st == GT_OK && i < threads; i++) {
        run->scratch[i].acc = gt_alloc(ctx, cells, sizeof(double));
        run->scratch[i].values = gt_alloc(ctx, cells, sizeof(double));
        st = run->scratch[i].acc == NULL || run->scratch[i].values == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? gt_parallel_for(ctx, run->n, task, run) : st;
    for (int i = 0; run->scratch != NULL && i < threads; i++) {
        gt_free(ctx, run->scratch[i].acc);
        gt_free(ctx, run->scratch[i].values);
        gt_free(ctx, run->scratch[i].classes);
    }
    gt_free(ctx, run->scratch);
    gt_free(ctx, run->zones);
    return st;
}

gt_status gt_grid_zonal(gt_ctx *ctx, gt_grid *grid, const gt_polygon_table *zones,
                        gt_zone_stats **out)
{
    zone_run run = {.grid = grid, .type = GT_CELL_F64};
    run.stats = gt_zalloc(ctx, zones->n_features, sizeof *run.stats);
    gt_status st = run.stats == NULL ? GT_E_MEMORY : run_zones(ctx, &run, zones, stats_of);
    if (st != GT_OK) {
        gt_free(ctx, run.stats);
        return st;
    }
    *out = run.stats;
    return GT_OK;
}

gt_status gt_grid_zone_classes(gt_ctx *ctx, gt_grid *grid, const gt_polygon_table *zones,
                               gt_zone_class **out, size_t *n)
{
    zone_run run = {.grid = grid, .type = GT_CELL_I32};
    size_t total = 0;
    run.classes = gt_zalloc(ctx, zones->n_features, sizeof *run.classes);
    gt_status st = run.classes == NULL ? GT_E_MEMORY : run_zones(ctx, &run, zones, classes_of);
    for (size_t i = 0; st == GT_OK && i < zones->n_features; i++) {
        total += run.classes[i].n;
    }
    gt_zone_class *all = st == GT_OK ? gt_alloc(ctx, total, sizeof *all) : NULL;
    st = st == GT_OK && all == NULL ? GT_E_MEMORY : st;
    *n = 0;
    for (size_t i = 0; run.classes != NULL && i < zones->n_features; i++) {
        if (st == GT_OK && run.classes[i].n > 0) {
            memcpy(all + *n, run.classes[i].list, run.classes[i].n * sizeof *all);
            *n += run.classes[i].n;
        }
        gt_free(ctx, run.classes[i].list);
    }
    gt_free(ctx, run.classes);
    if (st == GT_OK) {
        *out = all;
    }
    return st;
}

/* ---- polygons as a grid -------------------------------------------------------------------------
 */

typedef struct raster_run {
    gt_grid *out;
    cover_zone *zones;
    const gt_rasterize_options *o;
    uint32_t *first, *list; /* features by block: list[first[b] .. first[b + 1]) */
    int64_t across;
} raster_run;

void gt_rasterize_options_init(gt_rasterize_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* Counts (list NULL) or lists the blocks a feature meets. */
static size_t blocks_of(const raster_run *run, size_t i, bool list)
{
    const gt_window w = cover_window(run->out, &run->zones[i]);
    size_t n = 0;
    for (int64_t r = w.row / BLOCK_ROWS; w.n_cols > 0 && r <= (w.row + w.n_rows - 1) / BLOCK_ROWS;
         r++) {
        for (int64_t c = w.col / BLOCK_COLS; c <= (w.col + w.n_cols - 1) / BLOCK_COLS; c++) {
            size_t b = (size_t)(r * run->across + c);
            if (list) {
                run->list[run->first[b]++] = (uint32_t)i;
            } else {
                run->first[b + 1]++;
            }
            n++;
        }
    }
    return n;
}

static gt_status index_blocks(gt_ctx *ctx, raster_run *run, size_t n, size_t n_blocks)
{
    size_t total = 0;
    run->first = gt_zalloc(ctx, n_blocks + 1, sizeof *run->first);
    if (run->first == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        total += blocks_of(run, i, false);
    }
    if (total > UINT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY, GT_NOWHERE,
                       GT_ARGS(GT_INT("cells", total), GT_INT("max", UINT32_MAX)));
    }
    run->list = gt_alloc(ctx, total, sizeof *run->list);
    if (run->list == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t b = 0; b < n_blocks; b++) {
        run->first[b + 1] += run->first[b];
    }
    for (size_t i = 0; i < n; i++) { /* leaves first[b] at the end of block b */
        (void)blocks_of(run, i, true);
    }
    memmove(run->first + 1, run->first, n_blocks * sizeof *run->first);
    run->first[0] = 0;
    return GT_OK;
}

static gt_window meet(gt_window a, gt_window b)
{
    int64_t col = a.col > b.col ? a.col : b.col, row = a.row > b.row ? a.row : b.row;
    int64_t east = a.col + a.n_cols < b.col + b.n_cols ? a.col + a.n_cols : b.col + b.n_cols;
    int64_t south = a.row + a.n_rows < b.row + b.n_rows ? a.row + a.n_rows : b.row + b.n_rows;
    return (gt_window){col, row, east - col, south - row};
}

static gt_status raster_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const raster_run *run = user;
    const double *values = run->o->values;
    double *acc = b->scratch;
    double *best = acc + (size_t)(BLOCK_COLS + 1) * BLOCK_ROWS;
    const gt_window at = {b->col, b->row, b->n_cols, b->n_rows};
    size_t stride = b->out[0].stride;
    double *out = b->out[0].cells;
    for (size_t i = 0; i < (size_t)b->n_rows * stride; i++) {
        out[i] = values != NULL ? (double)NAN : 0;
        best[i] = 0;
    }
    for (uint32_t k = run->first[b->index]; k < run->first[b->index + 1]; k++) {
        uint32_t i = run->list[k];
        const gt_window w = meet(at, cover_window(run->out, &run->zones[i]));
        cover_edges(run->out, &run->zones[i], &w, acc);
        for (int64_t r = 0; r < w.n_rows; r++) {
            double *share = acc + r * (w.n_cols + 1);
            size_t to = (size_t)(w.row - b->row + r) * stride + (size_t)(w.col - b->col);
            cover_row(share, w.n_cols);
            for (int64_t c = 0; c < w.n_cols; c++, to++) {
                if (values == NULL) {
                    out[to] = out[to] + share[c] > 1 ? 1 : out[to] + share[c];
                } else if (share[c] > best[to] && share[c] >= run->o->least) {
                    best[to] = share[c];
                    out[to] = values[i];
                }
            }
        }
    }
    return gt_check_cancel(ctx);
}

gt_status gt_grid_rasterize(gt_ctx *ctx, const gt_polygon_table *zones,
                            const gt_rasterize_options *options, gt_grid *out)
{
    gt_rasterize_options o;
    gt_walk walk;
    gt_walk_plan plan;
    gt_rasterize_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    raster_run run = {.out = out, .o = &o};
    const gt_walk_output to = {out, GT_CELL_F64};
    gt_walk_init(&walk);
    walk.out = &to;
    walk.n_out = 1;
    walk.block_cols = BLOCK_COLS;
    walk.block_rows = BLOCK_ROWS;
    walk.scratch = (size_t)(2 * BLOCK_COLS + 1) * BLOCK_ROWS * sizeof(double);
    run.across = (gt_grid_facts(out)->n_cols + BLOCK_COLS - 1) / BLOCK_COLS;
    gt_status st = check_crs(ctx, out, zones);
    st = st == GT_OK ? list_zones(ctx, zones, &run.zones) : st;
    st = st == GT_OK ? gt_walk_law(ctx, &walk, &plan) : st;
    st = st == GT_OK ? index_blocks(ctx, &run, zones->n_features, plan.n_blocks) : st;
    st = st == GT_OK ? gt_grid_walk(ctx, &walk, raster_block, &run) : st;
    gt_free(ctx, run.zones);
    gt_free(ctx, run.first);
    gt_free(ctx, run.list);
    return st;
}
