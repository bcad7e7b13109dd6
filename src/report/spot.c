#include "report/spot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 15 };

void gt_rings_free(gt_ctx *ctx, gt_rings *rings)
{
    gt_free(ctx, rings->xy);
    gt_free(ctx, rings->end);
    *rings = (gt_rings){0};
}

void gt_rings_clear(gt_rings *rings)
{
    rings->n_points = 0;
    rings->n_rings = 0;
}

gt_status gt_rings_add(gt_ctx *ctx, gt_rings *rings, const double *xy, size_t n)
{
    gt_status st = gt_grow(ctx, (void **)&rings->xy, &rings->cap_xy, 2 * (rings->n_points + n),
                           sizeof *rings->xy);
    if (st == GT_OK) {
        st = gt_grow(ctx, (void **)&rings->end, &rings->cap_end, rings->n_rings + 1,
                     sizeof *rings->end);
    }
    if (st == GT_OK) {
        memcpy(rings->xy + 2 * rings->n_points, xy, 2 * n * sizeof *xy);
        rings->n_points += n;
        rings->end[rings->n_rings++] = rings->n_points;
    }
    return st;
}

typedef struct crossings { /* sorted x where a level line meets the rings; pairs are inside */
    double *x;
    size_t n, cap;
} crossings;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static gt_status cross(gt_ctx *ctx, const gt_rings *rings, double y, crossings *out)
{
    out->n = 0;
    size_t start = 0;
    for (size_t r = 0; r < rings->n_rings; r++) {
        size_t end = rings->end[r];
        for (size_t i = start; i < end; i++) {
            const double *a = rings->xy + 2 * (i == start ? end - 1 : i - 1);
            const double *b = rings->xy + 2 * i;
            if ((a[1] <= y) != (b[1] <= y)) {
                gt_status st =
                    gt_grow(ctx, (void **)&out->x, &out->cap, out->n + 1, sizeof *out->x);
                if (st != GT_OK) {
                    return st;
                }
                out->x[out->n++] = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
            }
        }
        start = end;
    }
    if (out->n > 1) {
        qsort(out->x, out->n, sizeof *out->x, by_value);
    }
    return GT_OK;
}

/* Shrinks [a, b] to its longest common part with one inside interval of the line. */
static void common(const crossings *line, double *a, double *b)
{
    double best_a = 0;
    double best_b = 0;
    for (size_t i = 0; i + 1 < line->n; i += 2) {
        double from = fmax(*a, line->x[i]);
        double to = fmin(*b, line->x[i + 1]);
        if (to - from > best_b - best_a) {
            best_a = from;
            best_b = to;
        }
    }
    *a = best_a;
    *b = best_b;
}

typedef struct middle {
    double x, y, size; /* centroid, square root of the area */
    double top, bottom;
} middle;

static middle middle_of(const gt_rings *rings)
{
    middle m = {.top = HUGE_VAL, .bottom = -HUGE_VAL};
    double area = 0;
    double sx = 0;
    double sy = 0;
    size_t start = 0;
    double ox = rings->xy[0];
    double oy = rings->xy[1];
    for (size_t r = 0; r < rings->n_rings; r++) {
        size_t end = rings->end[r];
        for (size_t i = start; i < end; i++) {
            const double *a = rings->xy + 2 * (i == start ? end - 1 : i - 1);
            const double *b = rings->xy + 2 * i;
            double f = (a[0] - ox) * (b[1] - oy) - (b[0] - ox) * (a[1] - oy);
            area += f;
            sx += f * (a[0] + b[0] - 2 * ox);
            sy += f * (a[1] + b[1] - 2 * oy);
            m.top = fmin(m.top, b[1]);
            m.bottom = fmax(m.bottom, b[1]);
        }
        start = end;
    }
    m.size = sqrt(fabs(area) / 2);
    m.x = ox + (area != 0 ? sx / (3 * area) : 0);
    m.y = oy + (area != 0 ? sy / (3 * area) : 0);
    return m;
}

typedef struct best { /* places so far, best first */
    gt_spot spot[GT_SPOTS];
    double score[GT_SPOTS];
    int n;
} best;

static void keep(best *list, gt_spot spot, double score)
{
    int at = list->n < GT_SPOTS ? list->n : GT_SPOTS - 1;
    if (list->n == GT_SPOTS && score <= list->score[at]) {
        return;
    }
    while (at > 0 && score > list->score[at - 1]) {
        list->spot[at] = list->spot[at - 1];
        list->score[at] = list->score[at - 1];
        at--;
    }
    list->spot[at] = spot;
    list->score[at] = score;
    list->n = list->n < GT_SPOTS ? list->n + 1 : GT_SPOTS;
}

/* Every stretch of the line at y, narrowed to what is inside over the text's whole height. */
static void judge_line(const crossings line[3], double y, double w, const middle *m, best *list)
{
    for (size_t i = 0; i + 1 < line[1].n; i += 2) {
        double a = line[1].x[i];
        double b = line[1].x[i + 1];
        common(&line[0], &a, &b);
        common(&line[2], &a, &b);
        double room = b - a;
        if (!(room > 0)) {
            a = line[1].x[i];
            b = line[1].x[i + 1];
            room = 0;
        }
        double x = 0.5 * (a + b);
        if (room > w) { /* slide towards the middle of the area as far as the text allows */
            x = fmax(a + 0.5 * w, fmin(m->x, b - 0.5 * w));
        }
        double away = hypot(x - m->x, y - m->y) / fmax(m->size, 1e-9);
        double fit = fmin(room, 1.3 * w) / w + 1e-3 * fmin(b - a, w) / w;
        keep(list, (gt_spot){x, y, room}, fit - 0.35 * away);
    }
}

gt_status gt_spots_find(gt_ctx *ctx, const gt_rings *rings, double w, double h,
                        gt_spot spots[GT_SPOTS], int *n)
{
    *n = 0;
    if (rings->n_points < 3 || !(w > 0)) {
        return GT_OK;
    }
    middle m = middle_of(rings);
    best list = {.n = 0};
    crossings line[3] = {{0}, {0}, {0}};
    gt_status st = GT_OK;
    for (int k = 0; st == GT_OK && k < LINES; k++) {
        double y = m.top + (m.bottom - m.top) * (k + 0.5) / LINES;
        for (int j = 0; st == GT_OK && j < 3; j++) {
            st = cross(ctx, rings, y + (j - 1) * 0.5 * h, &line[j]);
        }
        if (st == GT_OK) {
            judge_line(line, y, w, &m, &list);
        }
    }
    for (int j = 0; j < 3; j++) {
        gt_free(ctx, line[j].x);
    }
    if (st == GT_OK) {
        memcpy(spots, list.spot, sizeof list.spot);
        *n = list.n;
    }
    return st;
}
