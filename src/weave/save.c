/* Cells apart from their weave: an empty result to fill, cells handed over, their entries. */
#include <math.h>
#include <string.h>

#include "weave/messages.h"
#include "weave/weave.h"

static const uint64_t MOST_CELLS = 1U << 27;

static int64_t cell_at(double metres, int64_t side)
{
    int64_t mm = (int64_t)floor(metres * 1000.0 + 0.5);
    return mm / side - (mm % side != 0 && mm < 0);
}

static gt_status bad(gt_ctx *ctx, const char *what, double value)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OPTION, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("what", what), GT_REAL("value", value)));
}

static gt_status make_grid(gt_ctx *ctx, double cell, gt_box e, wv_grid *grid)
{
    const double v[4] = {e.xmin, e.ymin, e.xmax, e.ymax};
    for (int k = 0; k < 4; k++) {
        if (!(fabs(v[k]) <= 1e9)) {
            return bad(ctx, "extent", v[k]);
        }
    }
    if (!(e.xmin <= e.xmax && e.ymin <= e.ymax)) {
        return bad(ctx, "extent", e.xmax - e.xmin);
    }
    grid->side = (int64_t)llround(cell * 1000);
    grid->col0 = cell_at(e.xmin, grid->side);
    grid->row0 = cell_at(e.ymin, grid->side);
    int64_t cols = cell_at(e.xmax, grid->side) - grid->col0 + 1;
    int64_t rows = cell_at(e.ymax, grid->side) - grid->row0 + 1;
    if ((double)cols * (double)rows > (double)MOST_CELLS) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_WEAVE_EXTENT, GT_NOWHERE,
                       GT_ARGS(GT_REAL("count", (double)cols * (double)rows), GT_REAL("cell", cell),
                               GT_INT("most", MOST_CELLS)));
    }
    grid->n_cols = (uint32_t)cols;
    grid->n_rows = (uint32_t)rows;
    return GT_OK;
}

gt_status gt_weave_open(gt_ctx *ctx, uint32_t n_layers, const gt_weave_options *options,
                        gt_box extent, gt_weave **out)
{
    gt_weave_options o;
    gt_weave_options_init(&o);
    memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    if (n_layers == 0 || n_layers > GT_WEAVE_LAYERS_MAX) {
        return bad(ctx, "n_layers", n_layers);
    }
    if (!(o.cell >= 0.016 && o.cell * 1000 <= WV_CELL_MAX)) {
        return bad(ctx, "cell", o.cell);
    }
    if (!(o.sliver_width >= 0 && o.sliver_width <= 1e6)) {
        return bad(ctx, "sliver_width", o.sliver_width);
    }
    gt_weave *w = gt_zalloc(ctx, 1, sizeof *w);
    if (w == NULL) {
        return GT_E_MEMORY;
    }
    w->n_layers = n_layers;
    w->keep_lines = o.keep_lines;
    w->scale = o.scale;
    w->scale_user = o.scale_user;
    w->sliver = (int64_t)(o.sliver_width * 1000 * WV_LENGTH_UNITS);
    for (uint32_t k = 0; k < n_layers; k++) {
        w->coverage[k] = o.coverage != NULL && o.coverage[k];
        w->n_coverage += w->coverage[k];
    }
    gt_status st = make_grid(ctx, o.cell, extent, &w->grid);
    if (st == GT_OK) {
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
        w->cells = gt_zalloc(ctx, wv_n_cells(w), sizeof *w->cells);
        st = w->cells == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st != GT_OK) {
        gt_weave_free(ctx, w);
        return st;
    }
    *out = w;
    return GT_OK;
}

gt_status gt_weave_drain(gt_ctx *ctx, gt_weave *w, gt_weave_cell_fn fn, void *user)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < wv_n_cells(w); i++) {
        wv_cell *c = w->cells[i];
        if (c == NULL) {
            continue;
        }
        if (st == GT_OK) {
            const gt_weave_cell cell = {.column = w->grid.col0 + (int64_t)(i % w->grid.n_cols),
                                        .row = w->grid.row0 + (int64_t)(i / w->grid.n_cols),
                                        .block = c,
                                        .bytes = c->bytes};
            st = fn(ctx, user, &cell);
        }
        gt_free(ctx, c);
        w->cells[i] = NULL;
    }
    return st;
}

static bool sizes_agree(const wv_cell *c, size_t bytes)
{
    /* products of 32-bit counts and small sizes: no overflow in 64 bits */
    uint64_t want =
        sizeof *c + (uint64_t)c->n_entries * sizeof(wv_entry) +
        (uint64_t)c->n_faces * sizeof(wv_face) + (uint64_t)c->n_keys * sizeof(uint64_t) +
        (uint64_t)c->n_borders * sizeof(wv_border) + (uint64_t)c->n_lines * sizeof(wv_line);
    return c->bytes == bytes && want == bytes;
}

bool gt_weave_cell_check(const gt_weave_cell *cell, uint32_t n_layers)
{
    const wv_cell *c = cell->block;
    if (cell->bytes < sizeof *c || !sizes_agree(c, cell->bytes)) {
        return false;
    }
    bool good = true;
    for (uint32_t i = 0; i < c->n_entries; i++) {
        const wv_entry *e = &wv_entries(c)[i];
        good = good && e->keys <= c->n_keys && e->n_keys <= c->n_keys - e->keys;
    }
    for (uint32_t i = 0; i < c->n_keys; i++) {
        good = good && wv_keys(c)[i] >> 32 < n_layers;
    }
    for (uint32_t i = 0; i < c->n_faces; i++) {
        good = good && wv_faces(c)[i].entry < c->n_entries;
    }
    for (uint32_t i = 0; i < c->n_borders; i++) {
        good = good && wv_borders(c)[i].face < c->n_faces;
    }
    for (uint32_t i = 0; i < c->n_lines; i++) {
        good = good && wv_lines(c)[i].left < c->n_entries && wv_lines(c)[i].right < c->n_entries;
    }
    return good;
}

gt_status gt_weave_cell_entries(gt_ctx *ctx, const gt_weave_cell *cell, gt_weave_entry_fn fn,
                                void *user)
{
    const wv_cell *c = cell->block;
    gt_status st = GT_OK;
    for (uint32_t i = 0; st == GT_OK && i < c->n_entries; i++) {
        const wv_entry *e = &wv_entries(c)[i];
        st = fn(ctx, user, wv_keys(c) + e->keys, e->n_keys, e->area, e->plane);
    }
    return st;
}
