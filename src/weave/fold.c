/* The account without results of cells: the labels of each cell go straight to the sums, and the
 * cell is forgotten. For when neither polygons nor faults will be asked for. */
#include <string.h>

#include "weave/face.h"
#include "weave/rows.h"

/* Adds the faces' areas to their labels. */
static void sum_labels(wv_work *w, uint32_t root)
{
    for (size_t i = 0; i < w->n_cycles; i++) {
        const wv_cycle *c = &w->cycles[i];
        if (i == root || c->parent != i) {
            continue;
        }
        int64_t area2 = c->area2, curve = c->curve;
        for (uint32_t k = c->sibling; k != WV_END; k = w->cycles[k].sibling) {
            area2 += w->cycles[k].area2;
            curve += w->cycles[k].curve;
        }
        wv_label *l = &w->labels[c->label];
        int64_t plane = area2 * (1 << WV_AREA_SHIFT);
        l->plane += plane;
        l->area += plane + curve;
        l->n_faces++;
    }
}

static gt_status add_covers(wv_work *w, wv_rows *rows, int worker, const wv_cover *covers, size_t n,
                            int64_t area, int64_t plane)
{
    gt_status st = WV_RESERVE(w, keys, n + 1);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        w->keys[i] = covers[i].key;
    }
    return st == GT_OK ? gt_wv_rows_add(w->ctx, rows, worker, w->keys, n, area, plane, 0) : st;
}

static gt_status fold_labels(wv_work *w, wv_rows *rows, int worker)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < w->n_labels; i++) {
        const wv_label *l = &w->labels[i];
        if (l->n_faces > 0) {
            st = add_covers(w, rows, worker, w->covers + l->first, l->n, l->area, l->plane);
            w->stats.n_entries++;
            w->stats.n_faces += l->n_faces;
        }
    }
    return st;
}

gt_status gt_wv_fold(wv_work *w, const wv_cell_in *in, wv_rows *rows, int worker)
{
    uint32_t root = 0;
    gt_status st = gt_wv_cycles(w, in, &root);
    if (st == GT_OK) {
        st = gt_wv_holes(w, root);
    }
    if (st == GT_OK) {
        st = gt_wv_labels(w, root);
    }
    if (st != GT_OK) {
        return st;
    }
    sum_labels(w, root);
    for (size_t i = 0; i < w->n_edges; i++) {
        w->stats.n_unique += w->edges[i].dead == 0;
    }
    w->stats.n_crossings += w->n_crossings;
    w->stats.n_cells_with_edges++;
    return fold_labels(w, rows, worker);
}

gt_status gt_wv_fold_plain(wv_work *w, const wv_cell_in *in, wv_rows *rows, int worker)
{
    int64_t plane = 0, area = 0;
    gt_wv_plain_area(in, &area, &plane);
    w->stats.n_unique += 4;
    w->stats.n_faces++;
    w->stats.n_entries++;
    return add_covers(w, rows, worker, in->corner, in->n_corner, area, plane);
}
