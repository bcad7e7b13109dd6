/* Rectangles of cells that changes meet. */
#include "coverage/area_cells.h"

static bool meet(gt_rect a, gt_rect b)
{
    return a.c0 <= b.c1 && b.c0 <= a.c1 && a.r0 <= b.r1 && b.r0 <= a.r1;
}

static gt_rect both(gt_rect a, gt_rect b)
{
    return (gt_rect){a.c0 < b.c0 ? a.c0 : b.c0, a.r0 < b.r0 ? a.r0 : b.r0,
                     a.c1 > b.c1 ? a.c1 : b.c1, a.r1 > b.r1 ? a.r1 : b.r1};
}

void gt_area_cells_grow(gt_area_cells *cells, gt_box b)
{
    gt_box *to = &cells->extent;
    if (!(to->xmin <= to->xmax)) {
        *to = b;
        return;
    }
    to->xmin = b.xmin < to->xmin ? b.xmin : to->xmin;
    to->ymin = b.ymin < to->ymin ? b.ymin : to->ymin;
    to->xmax = b.xmax > to->xmax ? b.xmax : to->xmax;
    to->ymax = b.ymax > to->ymax ? b.ymax : to->ymax;
}

void gt_area_cells_add(gt_area_cells *cells, gt_box box)
{
    gt_rect fresh = gt_region_rect(cells->side, box);
    gt_area_cells_grow(cells, box);
    for (size_t i = 0; i < cells->n;) {
        if (meet(cells->rects[i], fresh)) {
            fresh = both(cells->rects[i], fresh);
            cells->rects[i] = cells->rects[--cells->n];
            i = 0; /* larger than before, it may meet those already passed */
        } else {
            i++;
        }
    }
    if (cells->n == GT_AREA_RECTS) {
        cells->many = true;
        return;
    }
    cells->rects[cells->n++] = fresh;
}

static double cells_in(const gt_rect *r)
{
    return (double)(r->c1 - r->c0 + 1) * (double)(r->r1 - r->r0 + 1);
}

void gt_area_cells_weigh(gt_area_cells *cells)
{
    const gt_rect whole = gt_region_rect(cells->side, cells->extent);
    double all = cells_in(&whole), some = 0;
    for (size_t i = 0; i < cells->n; i++) {
        some += cells_in(&cells->rects[i]);
    }
    cells->many = cells->many || (some > 0.25 * all && all > 4);
}
