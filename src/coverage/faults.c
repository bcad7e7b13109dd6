/* Faults of one layer as a coverage: weave's QC with the features' own ids. The layer's cells come
 * from its stored weave, brought up to date, or are woven strip by strip. */
#include <stdlib.h>
#include <string.h>

#include "coverage/load.h"
#include "coverage/region.h"
#include "coverage/stored_job.h"

enum {
    FEW = 500, /* findings whose features are looked up one by one */
    RUN = 64   /* cells read at once */
};

static const bool COVERS[] = {true};

typedef struct name {
    uint32_t number;
    const char *id; /* in the arena */
} name;

typedef struct job {
    gt_store *store;
    const gt_package *package;
    const gt_part *part;
    double sliver;
    gt_weave_judge *judge;
    gt_weave_finding *found;
    size_t n;
    name *names; /* sorted by number */
    size_t n_names;
    gt_arena *arena;
    /* woven afresh: the strip at hand */
    gt_loaded layer;
    gt_loading loading;
} job;

/* ---- from the stored weave ----------------------------------------------------------------------
 */

static gt_weave_rows_of rows_of(const gt_vault *v)
{
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    for (size_t i = 0; i < v->n_cells; i++) {
        lo = v->cells[i].column < lo ? v->cells[i].column : lo;
        hi = v->cells[i].column > hi ? v->cells[i].column : hi;
    }
    int64_t first = v->cells[0].row, last = v->cells[v->n_cells - 1].row;
    return (gt_weave_rows_of){.cell = v->side,
                              .column = lo,
                              .row = first,
                              .n_columns = (uint32_t)(hi - lo + 1),
                              .n_rows = (uint32_t)(last - first + 1)};
}

/* *good = false: a cell is damaged. */
static gt_status judge_vault(gt_ctx *ctx, job *j, gt_vault *v, bool *good)
{
    *good = true;
    if (v->n_cells == 0) {
        return GT_OK;
    }
    gt_weave_rows_of of = rows_of(v);
    gt_status st = gt_weave_judge_new(ctx, 1, &of, COVERS, j->sliver, &j->judge);
    for (size_t i = 0; st == GT_OK && *good && i < v->n_cells; i += RUN) {
        const uint8_t *blocks[RUN];
        size_t n = v->n_cells - i < RUN ? v->n_cells - i : RUN;
        st = gt_vault_get_run(ctx, v, i, n, blocks);
        for (size_t k = 0; st == GT_OK && *good && k < n; k++) {
            const gt_vault_cell *c = &v->cells[i + k];
            const gt_weave_cell cell = {c->column, c->row, blocks[k], c->bytes};
            *good = blocks[k] != NULL && gt_weave_cell_check(&cell, 1);
            st = *good ? gt_weave_judge_cell(ctx, j->judge, &cell) : GT_OK;
        }
    }
    if (st == GT_OK && *good) {
        st = gt_weave_judge_end(ctx, j->judge, &j->found, &j->n);
    }
    gt_weave_judge_free(ctx, j->judge);
    j->judge = NULL;
    return st;
}

static gt_status from_stored(gt_ctx *ctx, job *j, bool full, bool *good)
{
    gt_stored_options o;
    gt_stored_job stored;
    gt_stored_options_init(&o);
    o.layers = &j->part->layer;
    o.n_layers = 1;
    o.coverage = true;
    o.full = full;
    gt_status st = gt_stored_job_open(ctx, &stored, j->store, j->package, &o);
    st = st == GT_OK ? gt_stored_job_run(ctx, &stored) : st;
    st = st == GT_OK ? judge_vault(ctx, j, stored.vault, good) : st;
    gt_stored_job_close(ctx, &stored);
    return st;
}

/* ---- woven afresh -------------------------------------------------------------------------------
 */

static gt_status start(gt_ctx *ctx, void *user)
{
    const job *j = user;
    (void)ctx;
    gt_arena_reset(j->arena);
    return GT_OK;
}

static gt_status see(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *f, size_t index,
                     bool *take)
{
    job *j = user;
    (void)layer;
    return gt_loading_see(ctx, &j->loading, f, index, take);
}

static gt_status judge_cell(gt_ctx *ctx, void *user, const gt_weave_cell *cell,
                            const gt_strip *strip)
{
    const job *j = user;
    (void)strip;
    return gt_weave_judge_cell(ctx, j->judge, cell);
}

static gt_status afresh(gt_ctx *ctx, job *j)
{
    const gt_woven_layer layer = {.id = j->part->layer, .as_of = j->part->as_of};
    gt_box extent;
    gt_region region = {.store = j->store,
                        .layers = &layer,
                        .n_layers = 1,
                        .cell = judge_cell,
                        .user = j,
                        .coverage = COVERS,
                        .sliver_width = j->sliver,
                        .start = start,
                        .see = see};
    gt_status st =
        gt_loading_open(ctx, j->store, j->package, j->part, -1, j->arena, &j->layer, &j->loading);
    st = st == GT_OK ? gt_region_side(ctx, j->store, &layer, 1, &region.side, &extent) : st;
    if (st == GT_OK && extent.xmin <= extent.xmax) {
        gt_rect rect = gt_region_rect(region.side, extent);
        const gt_weave_rows_of of = {.cell = region.side,
                                     .column = rect.c0,
                                     .row = rect.r0,
                                     .n_columns = (uint32_t)(rect.c1 - rect.c0 + 1),
                                     .n_rows = (uint32_t)(rect.r1 - rect.r0 + 1)};
        st = gt_weave_judge_new(ctx, 1, &of, COVERS, j->sliver, &j->judge);
        st = st == GT_OK ? gt_region_weave(ctx, &region, extent, &rect) : st;
        st = st == GT_OK ? gt_weave_judge_end(ctx, j->judge, &j->found, &j->n) : st;
    }
    gt_weave_judge_free(ctx, j->judge);
    j->judge = NULL;
    gt_loading_close(&j->loading);
    gt_loaded_free(&j->layer);
    return st;
}

/* ---- names of the features ----------------------------------------------------------------------
 */

static int number_order(const void *a, const void *b)
{
    const name *p = a, *q = b;
    return (p->number > q->number) - (p->number < q->number);
}

static name *find_name(const job *j, uint32_t number)
{
    const name key = {number, NULL};
    return j->n_names == 0 ? NULL
                           : bsearch(&key, j->names, j->n_names, sizeof *j->names, number_order);
}

static gt_status list_names(gt_ctx *ctx, job *j)
{
    size_t n = 0;
    j->names = gt_alloc(ctx, 2 * j->n + 1, sizeof *j->names);
    if (j->names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < j->n; i++) {
        const uint32_t both[] = {j->found[i].first, j->found[i].second};
        for (int k = 0; k < 2; k++) {
            if (both[k] < GT_WEAVE_SEVERAL) {
                j->names[n++] = (name){both[k], NULL};
            }
        }
    }
    if (n > 1) {
        qsort(j->names, n, sizeof *j->names, number_order);
    }
    for (size_t i = 0; i < n; i++) {
        if (j->n_names == 0 || j->names[j->n_names - 1].number != j->names[i].number) {
            j->names[j->n_names++] = j->names[i];
        }
    }
    return GT_OK;
}

/* Ids of the features in a box (NULL: of all) that are on the list. */
static gt_status look_up(gt_ctx *ctx, job *j, const gt_box *box)
{
    gt_scan *scan = NULL;
    gt_query q;
    bool more = true;
    gt_query_init(&q, j->part->layer);
    q.as_of_date = j->part->as_of;
    q.no_geometry = true;
    q.has_box = box != NULL;
    q.box = box != NULL ? *box : q.box;
    gt_status st = gt_scan_open(ctx, j->store, &q, &scan);
    while (st == GT_OK) {
        gt_feature f;
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        name *at = f.row < 0 || f.row >= GT_WEAVE_SEVERAL ? NULL : find_name(j, (uint32_t)f.row);
        if (at != NULL && at->id == NULL) {
            at->id = gt_arena_strdup(j->arena, f.id);
            st = at->id == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    gt_scan_close(scan);
    return st;
}

static gt_status find_names(gt_ctx *ctx, job *j)
{
    gt_status st = list_names(ctx, j);
    gt_arena_reset(j->arena);
    if (st == GT_OK && j->n > FEW) {
        return look_up(ctx, j, NULL);
    }
    for (size_t i = 0; st == GT_OK && i < j->n; i++) {
        st = look_up(ctx, j, &j->found[i].box);
    }
    return st;
}

static const char *id_of(const job *j, uint32_t number)
{
    const name *at = number < GT_WEAVE_SEVERAL ? find_name(j, number) : NULL;
    return at == NULL || at->id == NULL ? "" : at->id;
}

gt_status gt_coverage_faults(gt_ctx *ctx, gt_store *store, const gt_package *package,
                             const gt_part *part, double sliver_width, gt_fault_fn fn, void *user)
{
    job j = {.store = store, .package = package, .part = part, .sliver = sliver_width};
    bool good = false;
    bool kept =
        part->where == NULL && part->as_of == GT_DATE_NONE && sliver_width <= GT_STORED_SLIVER;
    gt_status st = gt_arena_new(ctx, 0, &j.arena);
    for (int round = 0; st == GT_OK && kept && !good && round < 2; round++) {
        st = from_stored(ctx, &j, round > 0, &good);
        if (st == GT_E_ENV) { /* nothing can be written there */
            gt_error_clear(ctx);
            st = GT_OK;
            break;
        }
    }
    st = st == GT_OK && !good ? afresh(ctx, &j) : st;
    st = st == GT_OK ? find_names(ctx, &j) : st;
    for (size_t i = 0; st == GT_OK && i < j.n; i++) {
        st = fn(ctx, user, &j.found[i], id_of(&j, j.found[i].first), id_of(&j, j.found[i].second));
    }
    gt_free(ctx, j.found);
    gt_free(ctx, j.names);
    gt_arena_free(j.arena);
    return st;
}
