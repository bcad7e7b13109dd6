#include "coverage/region.h"

#include <math.h>
#include <string.h>

#include "coverage/messages.h"

/* A strip holds this many points unless the ceiling leaves less: 250 MB with the kernel's share. */
static const size_t MOST_POINTS = (size_t)2 << 20;
static const size_t FEWEST_POINTS = 8192;
/* Bytes a point while a strip is woven: 16 read, 28 as pieces, about 60 of graph and result; edges
 * that are kept, and what their users know of a feature, take more. */
static const size_t BYTES_PER_POINT = 110, BYTES_WITH_LINES = 180;
enum { SAMPLE = 256, EDGES_PER_CELL = 1600, POINT_BYTES = 16 };
static const double LONGEST_SIDE = 32768, SHORTEST_SIDE = 1, MOST_ACROSS = 8000;
static const double MARGIN = 0.002; /* m: rounding to the grid moves a point by up to 0.5 mm */

static bool is_empty(gt_box b)
{
    return !(b.xmin <= b.xmax && b.ymin <= b.ymax);
}

static void grow_box(gt_box *to, gt_box b)
{
    if (is_empty(b)) {
        return;
    }
    if (is_empty(*to)) {
        *to = b;
        return;
    }
    to->xmin = b.xmin < to->xmin ? b.xmin : to->xmin;
    to->ymin = b.ymin < to->ymin ? b.ymin : to->ymin;
    to->xmax = b.xmax > to->xmax ? b.xmax : to->xmax;
    to->ymax = b.ymax > to->ymax ? b.ymax : to->ymax;
}

/* ---- side ---------------------------------------------------------------------------------------
 */

static void layer_query(const gt_woven_layer *layer, gt_query *q)
{
    gt_query_init(q, layer->id);
    q->as_of_date = layer->as_of;
    q->as_of_rev = layer->as_of_rev;
}

/* Reads boxes and sizes of the first `most` features of a layer (0: all). */
static gt_status look_at(gt_ctx *ctx, gt_store *store, const gt_woven_layer *layer, size_t most,
                         gt_box *box, uint64_t *n, uint64_t *bytes)
{
    gt_scan *scan = NULL;
    gt_query q;
    bool more = true;
    layer_query(layer, &q);
    gt_status st = gt_scan_open(ctx, store, &q, &scan);
    *n = *bytes = 0;
    while (st == GT_OK && (most == 0 || *n < most)) {
        gt_feature f;
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        ++*n;
        *bytes += f.blob_len;
        grow_box(box, f.box);
    }
    gt_scan_close(scan);
    return st;
}

gt_status gt_region_side(gt_ctx *ctx, gt_store *store, const gt_woven_layer *layers, uint32_t n,
                         double *side, gt_box *extent)
{
    double edges = 0;
    *extent = (gt_box){1, 1, 0, 0};
    for (uint32_t k = 0; k < n; k++) {
        gt_layer_info info;
        uint64_t seen = 0, bytes = 0;
        gt_box box = {1, 1, 0, 0};
        if (layers[k].traced != NULL) {
            edges += (double)layers[k].traced->n_points;
            grow_box(extent, layers[k].traced->extent);
            continue;
        }
        bool now = layers[k].as_of == GT_DATE_NONE && layers[k].as_of_rev == 0;
        gt_status st = gt_store_find_layer(ctx, store, layers[k].id, &info);
        if (st == GT_OK) {
            st = look_at(ctx, store, &layers[k], now ? SAMPLE : 0, &box, &seen, &bytes);
        }
        if (st != GT_OK) {
            return st;
        }
        double points = seen == 0 ? 0 : (double)bytes / (double)seen / POINT_BYTES;
        edges += points * (now ? (double)info.n_features : (double)seen);
        grow_box(extent, box);
        if (now && info.n_features > 0) {
            grow_box(extent, info.box);
        }
    }
    if (is_empty(*extent)) {
        *side = SHORTEST_SIDE;
        return GT_OK;
    }
    double w = extent->xmax - extent->xmin + 0.001, h = extent->ymax - extent->ymin + 0.001;
    double longest = w > h ? w : h, s = sqrt(w * h * EDGES_PER_CELL / (edges + 1));
    s = s > longest ? longest : s;
    s = s < longest / MOST_ACROSS ? longest / MOST_ACROSS : s;
    s = exp2(floor(log2(s) + 0.5)); /* half to twice the edges aimed at */
    *side = s < SHORTEST_SIDE ? SHORTEST_SIDE : s > LONGEST_SIDE ? LONGEST_SIDE : s;
    return GT_OK;
}

int64_t gt_region_row(double side, double v)
{
    int64_t mm = (int64_t)floor(v * 1000.0 + 0.5), s = (int64_t)llround(side * 1000);
    return mm / s - (mm % s != 0 && mm < 0);
}

gt_rect gt_region_rect(double side, gt_box box)
{
    return (gt_rect){gt_region_row(side, box.xmin), gt_region_row(side, box.ymin),
                     gt_region_row(side, box.xmax), gt_region_row(side, box.ymax)};
}

/* ---- strips -------------------------------------------------------------------------------------
 */

typedef struct strip_work {
    const gt_region *region;
    gt_flat *flats;
    uint32_t **codes;
    size_t *cap_codes;
    gt_weave_batch *batches;
    gt_weave *weave;
    gt_strip strip;
    gt_box all; /* extent of all features */
} strip_work;

typedef struct reader {
    strip_work *w;
    uint32_t layer;
} reader;

uint32_t gt_strip_code(const gt_strip *strip, uint64_t key)
{
    uint32_t layer = (uint32_t)(key >> 32);
    size_t i = gt_flat_find(&strip->flats[layer], (uint32_t)key);
    return i == SIZE_MAX ? GT_WEAVE_NONE : strip->codes[layer][i];
}

static gt_status note_code(gt_ctx *ctx, void *user, const gt_feature *f, size_t index, bool *take)
{
    const reader *r = user;
    strip_work *w = r->w;
    if (w->region->see != NULL) {
        gt_status seen = w->region->see(ctx, w->region->user, r->layer, f, index, take);
        if (seen != GT_OK || !*take) {
            return seen;
        }
    }
    void *block = w->codes[r->layer];
    gt_status st = gt_grow(ctx, &block, &w->cap_codes[r->layer], index + 1, sizeof(uint32_t));
    w->codes[r->layer] = block;
    if (st == GT_OK) {
        w->codes[r->layer][index] = 0;
        if (w->region->code != NULL) {
            st = w->region->code(ctx, w->region->user, r->layer, f, &w->codes[r->layer][index]);
        }
    }
    return st;
}

static size_t most_points(gt_ctx *ctx, const gt_region *region)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    if (region->most_points > 0) {
        return region->most_points;
    }
    size_t most = MOST_POINTS;
    if (ceiling > 0) {
        size_t left = ceiling > used ? ceiling - used : 0;
        size_t fits = left * 6 / 10 / (region->lines ? BYTES_WITH_LINES : BYTES_PER_POINT);
        most = fits < most ? fits : most;
    }
    return most < FEWEST_POINTS ? FEWEST_POINTS : most;
}

static void free_strip(gt_ctx *ctx, strip_work *w)
{
    for (uint32_t k = 0; k < w->region->n_layers; k++) {
        gt_flat_free(ctx, &w->flats[k]);
    }
}

/* Reads the features that meet the rows; *whole: within the limit of points. */
static gt_status read_strip(gt_ctx *ctx, strip_work *w, const gt_rect *rect, size_t most,
                            bool *whole)
{
    const gt_region *g = w->region;
    size_t n = 0;
    gt_status st = g->start == NULL ? GT_OK : g->start(ctx, g->user);
    *whole = true;
    for (uint32_t k = 0; st == GT_OK && *whole && k < g->n_layers; k++) {
        gt_query q;
        reader r = {w, k};
        layer_query(&g->layers[k], &q);
        q.box = (gt_box){(double)rect->c0 * g->side - MARGIN, (double)rect->r0 * g->side - MARGIN,
                         (double)(rect->c1 + 1) * g->side + MARGIN,
                         (double)(rect->r1 + 1) * g->side + MARGIN};
        /* everything: a plain scan is faster than the R-tree */
        q.has_box = !(q.box.xmin <= w->all.xmin && q.box.ymin <= w->all.ymin &&
                      q.box.xmax >= w->all.xmax && q.box.ymax >= w->all.ymax);
        size_t left = most == 0 ? 0 : most > n ? most - n : 1;
        const gt_traced *traced = g->layers[k].traced;
        st = traced != NULL
                 ? gt_traced_read(ctx, traced, q.has_box ? &q.box : NULL, left, note_code, &r,
                                  &w->flats[k], whole)
                 : gt_flat_read(ctx, g->store, &q, left, note_code, &r, &w->flats[k], whole);
        n += w->flats[k].n_points;
        w->batches[k] = gt_flat_batch(&w->flats[k], k);
    }
    return st == GT_OK && *whole && g->ready != NULL ? g->ready(ctx, g->user, &w->strip) : st;
}

static gt_status hand_over(gt_ctx *ctx, void *user, const gt_weave_cell *cell)
{
    strip_work *w = user;
    return w->region->cell(ctx, w->region->user, cell, &w->strip);
}

/* The grid holds whatever may be given; a feature beyond it would be an error of the store. */
static gt_status check_inside(gt_ctx *ctx, const strip_work *w, gt_box extent)
{
    for (uint32_t k = 0; k < w->region->n_layers; k++) {
        gt_box b = gt_flat_box(&w->flats[k]);
        if (!is_empty(b) && !(b.xmin >= extent.xmin - MARGIN && b.ymin >= extent.ymin - MARGIN &&
                              b.xmax <= extent.xmax + MARGIN && b.ymax <= extent.ymax + MARGIN)) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_COVERAGE_OUTSIDE, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("layer", w->region->layers[k].id)));
        }
    }
    return GT_OK;
}

static gt_status weave_strip(gt_ctx *ctx, strip_work *w, gt_box extent, const gt_rect *rect)
{
    const gt_region *g = w->region;
    /* from the centre of the first cell to that of the last: these cells and no other */
    const gt_box cells = {((double)rect->c0 + 0.5) * g->side, ((double)rect->r0 + 0.5) * g->side,
                          ((double)rect->c1 + 0.5) * g->side, ((double)rect->r1 + 0.5) * g->side};
    gt_status st = check_inside(ctx, w, extent);
    if (st == GT_OK) {
        st = gt_weave_update(ctx, w->weave, w->batches, g->n_layers, &cells, 1);
    }
    st = st == GT_OK ? gt_weave_drain(ctx, w->weave, hand_over, w) : st;
    return st == GT_OK && g->done != NULL ? g->done(ctx, g->user, rect) : st;
}

static gt_status run_strips(gt_ctx *ctx, strip_work *w, gt_box extent, const gt_rect *rect)
{
    int64_t rows = rect->r1 - rect->r0 + 1, step = rows;
    gt_status st = GT_OK;
    for (int64_t row = rect->r0; st == GT_OK && row <= rect->r1;) {
        gt_rect strip = *rect;
        bool whole = false;
        strip.r0 = row;
        strip.r1 = row + step - 1 < rect->r1 ? row + step - 1 : rect->r1;
        st = read_strip(ctx, w, &strip, step == 1 ? 0 : most_points(ctx, w->region), &whole);
        if (st == GT_OK && !whole) {
            step = (step + 1) / 2;
            free_strip(ctx, w);
            continue;
        }
        if (st == GT_OK) {
            st = weave_strip(ctx, w, extent, &strip);
        }
        free_strip(ctx, w);
        row = strip.r1 + 1;
        gt_progress_step(ctx, (uint64_t)(row - rect->r0));
        step += (step + 3) / 4; /* sparser land may follow */
    }
    return st;
}

gt_status gt_region_weave(gt_ctx *ctx, const gt_region *region, gt_box extent, const gt_rect *rect)
{
    strip_work w = {.region = region, .all = extent};
    gt_weave_options o;
    gt_weave_options_init(&o);
    o.cell = region->side;
    o.keep_lines = region->lines;
    o.coverage = region->coverage;
    o.sliver_width = region->sliver_width > 0 ? region->sliver_width : o.sliver_width;
    o.scale = gt_flat_scale;
    o.scale_user = gt_store_plane(region->store);
    uint32_t n = region->n_layers;
    gt_box grid = {extent.xmin - region->side, extent.ymin - region->side,
                   extent.xmax + region->side, extent.ymax + region->side};
    grow_box(&grid, (gt_box){(double)rect->c0 * region->side, (double)rect->r0 * region->side,
                             (double)(rect->c1 + 1) * region->side,
                             (double)(rect->r1 + 1) * region->side});
    gt_status st = GT_E_MEMORY;
    w.flats = gt_zalloc(ctx, n, sizeof *w.flats);
    w.codes = gt_zalloc(ctx, n, sizeof *w.codes);
    w.cap_codes = gt_zalloc(ctx, n, sizeof *w.cap_codes);
    w.batches = gt_zalloc(ctx, n, sizeof *w.batches);
    if (w.flats != NULL && w.codes != NULL && w.cap_codes != NULL && w.batches != NULL) {
        w.strip = (gt_strip){w.flats, w.codes};
        st = gt_weave_open(ctx, n, &o, grid, &w.weave);
    }
    if (st == GT_OK) {
        gt_progress_begin(ctx, &GT_PROGRESS_WEAVE, (uint64_t)(rect->r1 - rect->r0 + 1));
        st = run_strips(ctx, &w, grid, rect);
        gt_progress_end(ctx);
    }
    gt_weave_free(ctx, w.weave);
    for (uint32_t k = 0; k < n; k++) {
        if (w.flats != NULL) {
            gt_flat_free(ctx, &w.flats[k]);
        }
        if (w.codes != NULL) {
            gt_free(ctx, w.codes[k]);
        }
    }
    gt_free(ctx, w.flats);
    gt_free(ctx, w.codes);
    gt_free(ctx, w.cap_codes);
    gt_free(ctx, w.batches);
    return st;
}
