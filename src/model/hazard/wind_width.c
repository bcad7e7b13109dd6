/* How wide the ground of the wind is, and how wide it is along each way: see wind_corridors.c.
 *
 * The width at a cell is the diameter of the greatest disc that lies in the corridors and covers
 * the cell (local thickness, Hildebrand and Rueegsegger 1997): twice the medial axis' distance for
 * cells on it. A row of cells is one cell wide; an even number of them counts as one less. */
#include <math.h>
#include <stdlib.h>

#include "model/hazard/wind_lanes.h"

enum { MOST_WIDTHS = 4 }; /* discs beyond so many times the widest bound are not told apart */

static int64_t most_cells(const gt_lanes *w)
{
    double radius = MOST_WIDTHS * w->widths[w->n_widths - 1] / w->cell / 2 + 1;
    double side = (double)(w->cols > w->rows ? w->cols : w->rows);
    return (int64_t)ceil(fmin(radius, side));
}

static bool in_corridor(const gt_lanes *w, int64_t col, int64_t row)
{
    return col >= 0 && row >= 0 && col < w->cols && row < w->rows &&
           w->number[row * w->cols + col] != 0;
}

/* Cells up the column to what is no corridor, and down: into width for now, as whole numbers. */
static gt_status down_columns(gt_lanes *w, int64_t most)
{
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < w->rows; r++) {
        for (int64_t c = 0; c < w->cols; c++) {
            int64_t i = r * w->cols + c;
            float above = r > 0 ? w->width[i - w->cols] : 0;
            w->width[i] = w->number[i] == 0 ? 0 : fminf(above + 1, (float)most);
        }
        st = gt_check_cancel(w->ctx);
    }
    for (int64_t r = w->rows; st == GT_OK && r-- > 0;) {
        for (int64_t c = 0; c < w->cols; c++) {
            int64_t i = r * w->cols + c;
            float below = r + 1 < w->rows ? w->width[i + w->cols] : 0;
            w->width[i] = fminf(w->width[i], below + 1);
        }
        st = gt_check_cancel(w->ctx);
    }
    return st;
}

static gt_status distances(gt_lanes *w, int64_t most)
{
    gt_status st = down_columns(w, most);
    for (int64_t r = 0; st == GT_OK && r < w->rows; r++) {
        for (int64_t c = 0; c < w->cols; c++) {
            int64_t best = w->number[r * w->cols + c] == 0 ? 0 : most * most;
            for (int64_t x = 0; x * x < best; x++) {
                for (int64_t side = -1; side <= 1; side += 2) {
                    bool there = c + side * x >= 0 && c + side * x < w->cols;
                    int64_t up = there ? (int64_t)w->width[r * w->cols + c + side * x] : 0;
                    best = x * x + up * up < best ? x * x + up * up : best;
                }
            }
            w->far2[r * w->cols + c] = (int32_t)best;
        }
        st = gt_check_cancel(w->ctx);
    }
    return st;
}

/* The disc around a cell, on what it covers. */
static void paint(gt_lanes *w, int64_t col, int64_t row)
{
    double radius = sqrt(w->far2[row * w->cols + col]) - 0.5;
    int64_t reach = (int64_t)radius;
    for (int64_t y = -reach; y <= reach; y++) {
        for (int64_t x = -reach; x <= reach; x++) {
            int64_t i = (row + y) * w->cols + col + x;
            if ((double)(x * x + y * y) <= radius * radius && in_corridor(w, col + x, row + y)) {
                w->width[i] = fmaxf(w->width[i], (float)(2 * radius * w->cell));
            }
        }
    }
}

/* Does a neighbour's disc cover this one? Then it need not be painted. */
static bool covered(const gt_lanes *w, int64_t col, int64_t row)
{
    double radius = sqrt(w->far2[row * w->cols + col]);
    for (int64_t y = -1; y <= 1; y++) {
        for (int64_t x = -1; x <= 1; x++) {
            double step = sqrt((double)(x * x + y * y));
            if (step > 0 && in_corridor(w, col + x, row + y) &&
                sqrt(w->far2[(row + y) * w->cols + col + x]) >= radius + step) {
                return true;
            }
        }
    }
    return false;
}

static gt_status thickness(gt_lanes *w)
{
    gt_status st = distances(w, most_cells(w));
    for (int64_t i = 0; st == GT_OK && i < w->n; i++) {
        st = i % (1 << 16) == 0 ? gt_check_cancel(w->ctx) : GT_OK;
        w->width[i] = 0;
    }
    for (int64_t r = 0; st == GT_OK && r < w->rows; r++) {
        for (int64_t c = 0; c < w->cols; c++) {
            if (in_corridor(w, c, r) && !covered(w, c, r)) {
                paint(w, c, r);
            }
        }
        st = gt_check_cancel(w->ctx);
    }
    return st;
}

/* ---- along the ways ------------------------------------------------------------------------ */

/* Length of the way that cell i of it stands for: half of the step to either side. */
static double length_at(const gt_lanes *w, const gt_lane *lane, size_t i)
{
    double length = 0;
    for (size_t k = i > lane->from ? i - 1 : i; k < i + 1 && k + 1 < lane->to; k++) {
        int64_t step = llabs(w->axis[k + 1] - w->axis[k]);
        length += (step == 1 || step == w->cols ? 1 : sqrt(2)) * w->cell / 2;
    }
    return length;
}

static void measure(gt_lanes *w, gt_lane *lane)
{
    double sum = 0;
    lane->least_m = INFINITY;
    lane->narrowest = w->axis[lane->from];
    for (size_t i = lane->from; i < lane->to; i++) {
        int64_t at = w->axis[i];
        double length = length_at(w, lane, i), width = (double)w->width[at];
        lane->length_m += length;
        sum += length * width;
        lane->blocked_m += w->number[at] == 0 ? length : 0;
        for (int k = 0; k < w->n_widths; k++) {
            lane->reached_m[k] += width >= w->widths[k] ? length : 0;
        }
        if (width < lane->least_m) {
            lane->least_m = width;
            lane->narrowest = at;
        }
    }
    lane->mean_m = lane->length_m > 0 ? sum / lane->length_m : (double)w->width[lane->narrowest];
    for (int k = 0; k < w->n_widths; k++) { /* the widest bound is level 1 */
        if (lane->reached_m[k] >= w->share * lane->length_m && lane->length_m > 0) {
            lane->level = w->n_widths - k;
        }
    }
}

gt_status gt_lanes_measure(gt_lanes *w)
{
    gt_status st = thickness(w);
    for (int k = 0; st == GT_OK && k < w->n_lanes; k++) {
        if (w->lane[k].found) {
            measure(w, &w->lane[k]);
        }
        st = gt_check_cancel(w->ctx);
    }
    return st;
}
