#include "coverage/meet.h"

#include <string.h>

#include "coverage/region.h"
#include "coverage/stored.h"

enum { MOST_PARTS = 16, IN = 1, OUT = 0 };
static const double MANY = 200000;
/* Held whole: 22 points a feature, 16 bytes a point and about 130 an edge. */
static const double BYTES_A_FEATURE = 22 * 146.0;

typedef struct job {
    const gt_part *parts;
    size_t n;
    gt_expr *where[MOST_PARTS];
    const gt_strip *strip;
    gt_rows *rows;
} job;

bool gt_rows_has(const gt_rows *r, int64_t row)
{
    size_t word = (size_t)row / 64;
    return word < r->words && (r->bits[word] >> ((uint64_t)row % 64) & 1) != 0;
}

void gt_rows_free(gt_ctx *ctx, gt_rows *r)
{
    gt_free(ctx, r->bits);
    memset(r, 0, sizeof *r);
}

static gt_status add_row(gt_ctx *ctx, gt_rows *r, uint32_t row)
{
    size_t word = row / 64, before = r->words;
    if (word >= r->words) {
        void *block = r->bits;
        gt_status st = gt_grow(ctx, &block, &r->words, word + 1, sizeof *r->bits);
        r->bits = block;
        if (st != GT_OK) {
            return st;
        }
        memset(r->bits + before, 0, (r->words - before) * sizeof *r->bits);
    }
    r->bits[word] |= (uint64_t)1 << (row % 64);
    return GT_OK;
}

gt_status gt_meet_pays(gt_ctx *ctx, gt_store *store, const gt_part *parts, size_t n, bool *pays)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    double features = 0;
    for (size_t k = 0; k < n; k++) {
        gt_layer_info info;
        gt_status st = gt_stored_layer(ctx, store, parts[k].layer, &info);
        if (st != GT_OK) {
            return st;
        }
        features += (double)info.n_features;
    }
    double left = ceiling > used ? (double)(ceiling - used) : 0;
    *pays = features > MANY || (ceiling > 0 && features * BYTES_A_FEATURE > left / 2);
    return GT_OK;
}

static gt_status code_of(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *f,
                         uint32_t *code)
{
    job *j = user;
    gt_truth truth = GT_TRUE;
    gt_status st = GT_OK;
    if (j->where[layer] != NULL) {
        st = gt_expr_test(ctx, j->where[layer], f->values, &truth);
    }
    *code = truth == GT_TRUE ? IN : OUT;
    return st;
}

static gt_status take_entry(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n, int64_t area,
                            int64_t plane)
{
    job *j = user;
    uint32_t first = UINT32_MAX;
    bool several = false;
    (void)area;
    (void)plane;
    for (size_t i = 0; i < n; i++) {
        if (gt_strip_code(j->strip, keys[i]) == IN) {
            uint32_t layer = (uint32_t)(keys[i] >> 32);
            several = several || (first != UINT32_MAX && first != layer);
            first = layer;
        }
    }
    gt_status st = GT_OK;
    for (size_t i = 0; several && st == GT_OK && i < n; i++) {
        if (gt_strip_code(j->strip, keys[i]) == IN) {
            st = add_row(ctx, &j->rows[keys[i] >> 32], (uint32_t)keys[i]);
        }
    }
    return st;
}

static gt_status take_cell(gt_ctx *ctx, void *user, const gt_weave_cell *cell,
                           const gt_strip *strip)
{
    job *j = user;
    j->strip = strip;
    return gt_weave_cell_entries(ctx, cell, take_entry, j);
}

static gt_status compile(gt_ctx *ctx, job *j, gt_store *store, gt_sql *sql)
{
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < j->n; k++) {
        gt_layer_info info;
        st = gt_stored_layer(ctx, store, j->parts[k].layer, &info);
        if (st == GT_OK && j->parts[k].where != NULL) {
            st = gt_filter_compile(ctx, sql, info.standard, j->parts[k].where, &j->where[k]);
        }
    }
    return st;
}

gt_status gt_meet_rows(gt_ctx *ctx, gt_store *store, const gt_package *package,
                       const gt_part *parts, size_t n, gt_rows *out)
{
    gt_woven_layer layers[MOST_PARTS];
    gt_sql *sql = NULL;
    gt_box extent;
    job j = {.parts = parts, .n = n, .rows = out};
    memset(out, 0, n * sizeof *out);
    for (size_t k = 0; k < n; k++) {
        layers[k] = (gt_woven_layer){.id = parts[k].layer, .as_of = parts[k].as_of};
    }
    gt_region region = {.store = store,
                        .layers = layers,
                        .n_layers = (uint32_t)n,
                        .code = code_of,
                        .cell = take_cell,
                        .user = &j};
    gt_status st = gt_sql_new(ctx, package, &sql);
    st = st == GT_OK ? compile(ctx, &j, store, sql) : st;
    st = st == GT_OK ? gt_region_side(ctx, store, layers, (uint32_t)n, &region.side, &extent) : st;
    if (st == GT_OK && extent.xmin <= extent.xmax) {
        gt_rect rect = gt_region_rect(region.side, extent);
        st = gt_region_weave(ctx, &region, extent, &rect);
    }
    gt_sql_free(sql);
    return st;
}
