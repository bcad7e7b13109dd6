/* Area tables of the places alone in which two revisions differ. */
#include "coverage/area_cells.h"
#include "coverage/area_job.h"
#include "coverage/messages.h"

static gt_status add_changes(gt_ctx *ctx, const gt_area_job *j, const char *layer, int64_t since,
                             gt_area_cells *cells)
{
    gt_box *boxes = NULL;
    size_t n = 0;
    gt_status st = gt_store_changed_boxes(ctx, j->store, layer, since, GT_AREA_BOXES, &boxes, &n);
    for (size_t i = 0; st == GT_OK && i < n && !cells->many; i++) {
        gt_area_cells_add(cells, boxes[i]);
    }
    cells->many = cells->many || n == GT_AREA_BOXES;
    gt_free(ctx, boxes);
    return st;
}

/* Cells and their side depend on what is stored and on the earlier revision only: both tables of
 * a pair are made of the same. */
static gt_status differing_cells(gt_ctx *ctx, const gt_area_job *j, gt_area_cells *cells)
{
    gt_woven_layer layers[GT_AREA_COLUMNS];
    int64_t newest = gt_store_revision(j->store), rev = j->options->as_of_rev;
    int64_t since = rev == 0 ? newest : rev;
    since = j->options->than < since ? j->options->than : since;
    for (size_t i = 0; i < j->n_layers; i++) {
        layers[i] = (gt_woven_layer){.id = j->layers[i].id, .as_of = GT_DATE_NONE};
    }
    gt_status st =
        gt_region_side(ctx, j->store, layers, (uint32_t)j->n_layers, &cells->side, &cells->extent);
    for (size_t i = 0; st == GT_OK && i < j->n_layers && !cells->many; i++) {
        st = add_changes(ctx, j, j->layers[i].id, since, cells);
    }
    if (st == GT_OK && cells->extent.xmin <= cells->extent.xmax) {
        gt_area_cells_weigh(cells);
    }
    return st;
}

/* All that is and was: what the map held then and holds no more is among the changes, unless their
 * list was cut. */
static gt_status widen(gt_ctx *ctx, gt_area_job *j, const gt_woven_layer *then, gt_box *extent)
{
    gt_area_cells all = {.extent = *extent};
    double side = 0;
    gt_box older;
    gt_status st = gt_region_side(ctx, j->store, then, (uint32_t)j->n_layers, &side, &older);
    all.side = side;
    if (st == GT_OK && older.xmin <= older.xmax) {
        gt_area_cells_add(&all, older);
        *extent = all.extent;
    }
    return st;
}

static gt_status accept(gt_ctx *ctx, const gt_area_job *j)
{
    gt_revision info;
    if (j->options->as_of != GT_DATE_NONE) {
        char day[GT_DATE_TEXT];
        gt_date_format(j->options->as_of, day);
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_THAN_DAY, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("day", day)));
    }
    gt_status st = gt_store_revision_info(ctx, j->store, j->options->than, &info);
    return st != GT_OK || j->options->as_of_rev == 0
               ? st
               : gt_store_revision_info(ctx, j->store, j->options->as_of_rev, &info);
}

gt_status gt_area_weave_differing(gt_ctx *ctx, gt_area_job *j)
{
    gt_woven_layer layers[GT_AREA_COLUMNS];
    gt_area_cells *cells = gt_zalloc(ctx, 1, sizeof *cells);
    gt_status st = cells == NULL ? GT_E_MEMORY : accept(ctx, j);
    for (size_t i = 0; i < j->n_layers; i++) {
        layers[i] = (gt_woven_layer){
            .id = j->layers[i].id, .as_of = GT_DATE_NONE, .as_of_rev = j->options->as_of_rev};
    }
    st = st == GT_OK ? differing_cells(ctx, j, cells) : st;
    st = st == GT_OK && cells->many ? widen(ctx, j, layers, &cells->extent) : st;
    if (st == GT_OK && cells->extent.xmin <= cells->extent.xmax) {
        if (cells->many) {
            st = gt_area_weave(ctx, j, layers, cells->side, cells->extent, NULL);
        }
        for (size_t i = 0; st == GT_OK && !cells->many && i < cells->n; i++) {
            st = gt_area_weave(ctx, j, layers, cells->side, cells->extent, &cells->rects[i]);
        }
    }
    gt_free(ctx, cells);
    return st;
}
