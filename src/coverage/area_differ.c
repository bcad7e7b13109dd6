/* Area tables of what two states of the map differ by.
 *
 * The layers are woven as they are in both states at once, 2 n layers in one weave: a piece of
 * ground that has the same versions of features on both sides says nothing, the others go to the
 * table of each side. Both tables are thus cut alike and their difference is exact. Texts are
 * numbered for a strip at a time; only those of pieces that differ are kept. */
#include <string.h>

#include "coverage/area_cells.h"
#include "coverage/area_job.h"

enum { VERSION_MARK = 0x1E }; /* between the texts of a feature and its row */

typedef struct differ {
    gt_area_job *sides[2];
    gt_map_state states[2];
    size_t n;                         /* layers of one side */
    gt_words *local[GT_AREA_COLUMNS]; /* texts of the strip at hand, by layer; of both sides */
    gt_tally tally;
    gt_woven_layer layers[2 * GT_AREA_COLUMNS];
    gt_area_cells cells;
} differ;

/* ---- cells of a strip -------------------------------------------------------------------------
 */

static gt_status forget_texts(gt_ctx *ctx, void *user)
{
    differ *d = user;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < d->n; i++) {
        gt_words_free(d->local[i]);
        d->local[i] = NULL;
        st = gt_words_new(ctx, &d->local[i]);
    }
    return st;
}

static gt_status code_of(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *f,
                         uint32_t *code)
{
    differ *d = user;
    gt_area_job *j = d->sides[0];
    uint32_t use = layer % (uint32_t)d->n;
    (void)ctx;
    gt_status st = gt_area_text_of(j, use, f);
    gt_text_printf(&j->key, "%c%lld", VERSION_MARK, (long long)f->row);
    st = st == GT_OK ? gt_text_status(&j->key) : st;
    return st == GT_OK ? gt_words_add(d->local[use], gt_text_cstr(&j->key), j->key.len, code) : st;
}

static bool alike(const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b, uint64_t shift)
{
    bool same = n_a == n_b;
    for (size_t i = 0; same && i < n_a; i++) {
        same = a[i] + shift == b[i];
    }
    return same;
}

/* Adds a piece to a side: its keys by the texts of the side. */
static gt_status add_to_side(differ *d, int side, uint64_t *keys, size_t n, uint64_t shift,
                             const gt_sum *add)
{
    gt_area_job *j = d->sides[side];
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        uint64_t key = keys[i] - shift;
        uint32_t use = (uint32_t)(key >> 32), code = 0;
        size_t len = 0;
        const char *text = gt_words_text(d->local[use], (uint32_t)key, &len);
        const char *mark = memrchr(text, VERSION_MARK, len);
        st = gt_words_add(j->layers[use].words, text, (size_t)(mark - text), &code);
        keys[i] = gt_sum_key(use, code);
    }
    n = gt_sum_keys_tidy(keys, n);
    return st == GT_OK && n > 0 ? gt_sums_add(&j->sums, keys, n, add) : st;
}

static gt_status add_cell(gt_ctx *ctx, void *user, const gt_weave_cell *cell, const gt_strip *strip)
{
    differ *d = user;
    const uint64_t shift = (uint64_t)d->n << 32;
    gt_status st = gt_tally_cell(ctx, &d->tally, cell, strip);
    for (size_t i = 0; st == GT_OK && i < d->tally.n_rows; i++) {
        const gt_tally_row *r = &d->tally.rows[i];
        const gt_sum add = {r->area, r->plane, 1};
        uint64_t *keys = d->tally.keys + r->first;
        size_t first = 0; /* of the second side: keys are sorted by layer */
        while (first < r->n && keys[first] < shift) {
            first++;
        }
        if (!alike(keys, first, keys + first, r->n - first, shift)) {
            st = add_to_side(d, 0, keys, first, 0, &add);
            st = st == GT_OK ? add_to_side(d, 1, keys + first, r->n - first, shift, &add) : st;
        }
    }
    return st;
}

/* ---- which cells ------------------------------------------------------------------------------
 */

static gt_status add_changes(gt_ctx *ctx, differ *d, const char *layer, int64_t since)
{
    gt_box *boxes = NULL;
    size_t n = 0;
    gt_status st =
        gt_store_changed_boxes(ctx, d->sides[0]->store, layer, since, GT_AREA_BOXES, &boxes, &n);
    for (size_t i = 0; st == GT_OK && i < n && !d->cells.many; i++) {
        gt_area_cells_add(&d->cells, boxes[i]);
    }
    d->cells.many = d->cells.many || n == GT_AREA_BOXES;
    gt_free(ctx, boxes);
    return st;
}

/* The extent of one side, from all its features. */
static gt_status widen(gt_ctx *ctx, differ *d, const gt_woven_layer *layers)
{
    double side = 0;
    gt_box box;
    gt_status st = gt_region_side(ctx, d->sides[0]->store, layers, (uint32_t)d->n, &side, &box);
    if (st == GT_OK && box.xmin <= box.xmax) {
        gt_area_cells_grow(&d->cells, box);
    }
    return st;
}

/* Side and extent of the newest state; what an earlier one held and it does not is among the
 * changes, where their list is whole. */
static gt_status choose_cells(gt_ctx *ctx, differ *d)
{
    gt_woven_layer now[GT_AREA_COLUMNS];
    gt_store *store = d->sides[0]->store;
    int64_t a = d->states[0].rev, b = d->states[1].rev, newest = gt_store_revision(store);
    a = a == 0 ? newest : a;
    b = b == 0 ? newest : b;
    d->cells.many = d->states[0].as_of != d->states[1].as_of;
    for (size_t i = 0; i < d->n; i++) {
        now[i] = (gt_woven_layer){.id = d->layers[i].id, .as_of = GT_DATE_NONE};
    }
    gt_status st =
        gt_region_side(ctx, store, now, (uint32_t)d->n, &d->cells.side, &d->cells.extent);
    for (size_t i = 0; st == GT_OK && i < d->n && !d->cells.many; i++) {
        st = add_changes(ctx, d, d->layers[i].id, a < b ? a : b);
    }
    if (st == GT_OK && d->cells.extent.xmin <= d->cells.extent.xmax) {
        gt_area_cells_weigh(&d->cells);
    }
    st = st == GT_OK && d->cells.many ? widen(ctx, d, d->layers) : st;
    return st == GT_OK && d->cells.many ? widen(ctx, d, d->layers + d->n) : st;
}

/* ---- all of it --------------------------------------------------------------------------------
 */

static gt_status weave(gt_ctx *ctx, differ *d)
{
    const gt_region region = {.store = d->sides[0]->store,
                              .layers = d->layers,
                              .n_layers = 2 * (uint32_t)d->n,
                              .side = d->cells.side,
                              .code = code_of,
                              .cell = add_cell,
                              .start = forget_texts,
                              .user = d};
    if (!(d->cells.extent.xmin <= d->cells.extent.xmax)) {
        return GT_OK;
    }
    if (d->cells.many) {
        const gt_rect all = gt_region_rect(d->cells.side, d->cells.extent);
        return gt_region_weave(ctx, &region, d->cells.extent, &all);
    }
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < d->cells.n; i++) {
        st = gt_region_weave(ctx, &region, d->cells.extent, &d->cells.rects[i]);
    }
    return st;
}

static gt_status open_sides(gt_ctx *ctx, differ *d, gt_store *store, const gt_package *package,
                            const char *by, const gt_areas_options options[2])
{
    gt_revision info;
    gt_status st = GT_OK;
    for (int s = 0; st == GT_OK && s < 2; s++) {
        if (d->states[s].rev != 0) {
            st = gt_store_revision_info(ctx, store, d->states[s].rev, &info);
        }
        st = st == GT_OK ? gt_area_open(ctx, store, package, &options[s], by, &d->sides[s]) : st;
    }
    d->n = st == GT_OK ? d->sides[0]->n_layers : 0;
    for (size_t i = 0; i < 2 * d->n; i++) {
        const gt_map_state *s = &d->states[i / d->n];
        d->layers[i] = (gt_woven_layer){
            .id = d->sides[0]->layers[i % d->n].id, .as_of = s->as_of, .as_of_rev = s->rev};
    }
    return st;
}

gt_status gt_areas_differing(gt_ctx *ctx, gt_store *store, const gt_package *package,
                             const char *by, const gt_map_state *from, const gt_map_state *to,
                             gt_area_table **before, gt_area_table **after)
{
    gt_areas_options options[2];
    differ *d = gt_zalloc(ctx, 1, sizeof *d);
    *before = *after = NULL;
    if (d == NULL) {
        return GT_E_MEMORY;
    }
    d->states[0] = *from;
    d->states[1] = *to;
    for (int s = 0; s < 2; s++) { /* a revision is always told: no grid is of one */
        gt_areas_options_init(&options[s]);
        options[s].as_of = d->states[s].as_of;
        options[s].as_of_rev = d->states[s].rev != 0 ? d->states[s].rev : gt_store_revision(store);
    }
    gt_status st = open_sides(ctx, d, store, package, by, options);
    st = st == GT_OK ? choose_cells(ctx, d) : st;
    st = st == GT_OK ? weave(ctx, d) : st;
    st = st == GT_OK ? gt_area_finish(ctx, d->sides[0], before) : st;
    st = st == GT_OK ? gt_area_finish(ctx, d->sides[1], after) : st;
    if (st != GT_OK) {
        gt_area_table_free(*before);
        *before = NULL;
    }
    gt_area_close(ctx, d->sides[0]);
    gt_area_close(ctx, d->sides[1]);
    for (size_t i = 0; i < GT_AREA_COLUMNS; i++) {
        gt_words_free(d->local[i]);
    }
    gt_tally_free(ctx, &d->tally);
    gt_free(ctx, d);
    return st;
}
