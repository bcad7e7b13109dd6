#include "coverage/flow.h"

#include <math.h>
#include <string.h>

#include "coverage/region.h"

/* What the strip at hand knows of a layer's features, beside gt_loaded. */
typedef struct lane {
    gt_loading loading;
    bool open;
    int64_t *last; /* row of cells where a feature ends, by index */
    size_t cap_last;
    uint32_t *word; /* number of its class, by index */
    size_t cap_word;
} lane;

typedef struct job {
    const gt_flow *flow;
    lane *lanes;
    gt_arena *arena; /* texts of the strip */
    double side;
    gt_weave_sweep *sweep;
} job;

static gt_status start(gt_ctx *ctx, void *user)
{
    job *j = user;
    (void)ctx;
    gt_arena_reset(j->arena);
    return GT_OK;
}

static gt_status see(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *f, size_t index,
                     bool *take)
{
    const job *j = user;
    lane *l = &j->lanes[layer];
    gt_status st = gt_loading_see(ctx, &l->loading, f, index, take);
    if (st != GT_OK || !*take || j->flow->words == NULL) {
        return st;
    }
    void *block = l->word;
    st = gt_grow(ctx, &block, &l->cap_word, index + 1, sizeof *l->word);
    l->word = block;
    const char *text = j->flow->layers[layer].classes[index];
    return st == GT_OK ? gt_words_add(j->flow->words, text, strlen(text), &l->word[index]) : st;
}

/* Northernmost row of every feature. */
static gt_status find_last(gt_ctx *ctx, const job *j, lane *l, const gt_flat *flat)
{
    void *block = l->last;
    gt_status st = gt_grow(ctx, &block, &l->cap_last, flat->n_features + 1, sizeof *l->last);
    l->last = block;
    size_t point = 0;
    for (size_t f = 0; st == GT_OK && f < flat->n_features; f++) {
        uint32_t parts = flat->feature_end[f], rings = parts == 0 ? 0 : flat->part_end[parts - 1];
        size_t end = rings == 0 ? 0 : flat->ring_end[rings - 1];
        double top = -INFINITY;
        for (; point < end; point++) {
            double y = flat->xy[2 * point + 1];
            top = y > top ? y : top;
        }
        l->last[f] = isfinite(top) ? gt_region_row(j->side, top) : INT64_MIN;
    }
    return st;
}

static gt_status ready(gt_ctx *ctx, void *user, const gt_strip *strip)
{
    job *j = user;
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < j->flow->n; k++) {
        j->flow->layers[k].flat = strip->flats[k]; /* lent until the strip is done */
        st = j->flow->words == NULL ? find_last(ctx, j, &j->lanes[k], &strip->flats[k]) : GT_OK;
    }
    return st;
}

static gt_status cell(gt_ctx *ctx, void *user, const gt_weave_cell *at, const gt_strip *strip)
{
    const job *j = user;
    (void)strip;
    return gt_weave_sweep_cell(ctx, j->sweep, at);
}

static void give_back(const job *j)
{
    for (size_t k = 0; k < j->flow->n; k++) {
        memset(&j->flow->layers[k].flat, 0, sizeof j->flow->layers[k].flat);
    }
}

/* What ends in the strip is handed out while its features are known. */
static gt_status done(gt_ctx *ctx, void *user, const gt_rect *rows)
{
    const job *j = user;
    gt_status st = gt_weave_sweep_row(ctx, j->sweep, rows->r1);
    give_back(j);
    return st;
}

/* ---- for the sweep ------------------------------------------------------------------------------
 */

static int64_t last_row(void *user, const uint32_t *codes)
{
    const job *j = user;
    int64_t last = INT64_MAX;
    for (size_t k = 0; k < j->flow->n; k++) {
        size_t at = codes[k] >= GT_WEAVE_SEVERAL ? SIZE_MAX
                                                 : gt_flat_find(&j->flow->layers[k].flat, codes[k]);
        if (at != SIZE_MAX) {
            last = j->lanes[k].last[at] < last ? j->lanes[k].last[at] : last;
        }
    }
    return last;
}

static uint32_t word_of(void *user, uint32_t layer, uint32_t number)
{
    const job *j = user;
    size_t at = gt_flat_find(&j->flow->layers[layer].flat, number);
    return at == SIZE_MAX ? GT_WEAVE_NONE : j->lanes[layer].word[at];
}

static bool want(void *user, const uint32_t *codes)
{
    const job *j = user;
    return j->flow->want(j->flow->user, codes);
}

static int order(void *user, const uint32_t *a, const uint32_t *b)
{
    const job *j = user;
    return j->flow->order(j->flow->user, a, b);
}

static gt_status polygon(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                         const gt_geom *geom)
{
    const job *j = user;
    return j->flow->fn(ctx, j->flow->user, codes, m2, plane_m2, geom);
}

static gt_status open_sweep(gt_ctx *ctx, job *j, const gt_rect *rect)
{
    const gt_flow *f = j->flow;
    gt_weave_sweep_options o;
    gt_weave_sweep_options_init(&o);
    o.n_layers = (uint32_t)f->n;
    o.of = (gt_weave_rows_of){.cell = j->side,
                              .column = rect->c0,
                              .row = rect->r0,
                              .n_columns = (uint32_t)(rect->c1 - rect->c0 + 1),
                              .n_rows = (uint32_t)(rect->r1 - rect->r0 + 1)};
    o.tolerance = f->tolerance;
    o.code = f->words != NULL ? word_of : NULL;
    o.last = f->words != NULL ? NULL : last_row;
    o.want = f->want != NULL ? want : NULL;
    o.order = f->order != NULL ? order : NULL;
    o.fn = polygon;
    o.user = j;
    return gt_weave_sweep_new(ctx, &o, &j->sweep);
}

static gt_status weave(gt_ctx *ctx, job *j, gt_store *store, const gt_woven_layer *layers)
{
    gt_box extent;
    gt_region region = {.store = store,
                        .layers = layers,
                        .n_layers = (uint32_t)j->flow->n,
                        .cell = cell,
                        .user = j,
                        .lines = true,
                        .start = start,
                        .see = see,
                        .ready = ready,
                        .done = done};
    gt_status st = gt_region_side(ctx, store, layers, region.n_layers, &region.side, &extent);
    j->side = region.side;
    if (st != GT_OK || extent.xmin > extent.xmax) {
        return st;
    }
    gt_rect rect = gt_region_rect(region.side, extent);
    st = open_sweep(ctx, j, &rect);
    st = st == GT_OK ? gt_region_weave(ctx, &region, extent, &rect) : st;
    return st == GT_OK ? gt_weave_sweep_end(ctx, j->sweep) : st;
}

gt_status gt_flow_run(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_flow *flow)
{
    job j = {.flow = flow};
    gt_woven_layer *layers = gt_zalloc(ctx, flow->n, sizeof *layers);
    j.lanes = gt_zalloc(ctx, flow->n, sizeof *j.lanes);
    gt_status st = layers == NULL || j.lanes == NULL ? GT_E_MEMORY : gt_arena_new(ctx, 0, &j.arena);
    for (size_t k = 0; st == GT_OK && k < flow->n; k++) {
        const gt_part *p = &flow->parts[k];
        layers[k] = (gt_woven_layer){.id = p->layer, .as_of = p->as_of};
        j.lanes[k].open = true;
        st = gt_loading_open(ctx, store, package, p, flow->fields == NULL ? -1 : flow->fields[k],
                             j.arena, &flow->layers[k], &j.lanes[k].loading);
    }
    st = st == GT_OK ? weave(ctx, &j, store, layers) : st;
    give_back(&j);
    gt_weave_sweep_free(ctx, j.sweep);
    for (size_t k = 0; j.lanes != NULL && k < flow->n; k++) {
        if (j.lanes[k].open) {
            gt_loading_close(&j.lanes[k].loading);
        }
        gt_free(ctx, j.lanes[k].last);
        gt_free(ctx, j.lanes[k].word);
        gt_loaded_free(&flow->layers[k]);
    }
    gt_arena_free(j.arena);
    gt_free(ctx, j.lanes);
    gt_free(ctx, layers);
    return st;
}
