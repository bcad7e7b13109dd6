/* Best ways of the wind, one for each lane across an area, and the ground beside them: see
 * wind_corridors.c. */
#include <math.h>

#include "model/hazard/wind_lanes.h"

enum { START = 8 }; /* no step before it */

static const int COL[8] = {1, 1, 0, -1, -1, -1, 0, 1}, ROW[8] = {0, -1, -1, -1, 0, 1, 1, 1};

/* ---- what is due next: a binary heap, of equal costs the first cell -------------------------- */

typedef struct due {
    double cost;
    int64_t cell;
} due;

typedef struct queue {
    due *list;
    size_t n, cap;
} queue;

static bool sooner(const due *a, const due *b)
{
    return a->cost < b->cost || (a->cost == b->cost && a->cell < b->cell);
}

static gt_status push(gt_ctx *ctx, queue *q, double cost, int64_t cell)
{
    const due item = {cost, cell};
    gt_status st = gt_grow(ctx, (void **)&q->list, &q->cap, q->n + 1, sizeof *q->list);
    if (st != GT_OK) {
        return st;
    }
    size_t i = q->n++;
    for (; i > 0 && sooner(&item, &q->list[(i - 1) / 2]); i = (i - 1) / 2) {
        q->list[i] = q->list[(i - 1) / 2];
    }
    q->list[i] = item;
    return GT_OK;
}

static due pop(queue *q)
{
    due first = q->list[0], last = q->list[--q->n];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        child += child + 1 < q->n && sooner(&q->list[child + 1], &q->list[child]) ? 1 : 0;
        if (child >= q->n || !sooner(&q->list[child], &last)) {
            break;
        }
        q->list[i] = q->list[child];
        i = child;
    }
    q->list[i] = last;
    return first;
}

/* ---- lanes ----------------------------------------------------------------------------------
 * Strips along the wind, side by side over the breadth of the area, with as much ground that can be
 * passed in each. In each line of cells along the wind the first such cell is windward, the last
 * leeward; ways begin and end in the middle half of their lane, else the shortest chord would win.
 */

static double on_axis(const double *axis, const gt_lanes *w, int64_t cell)
{
    int64_t col = cell % w->cols, row = cell / w->cols;
    return axis[0] * (double)col + axis[1] * (double)row;
}

static size_t line_of(const gt_lanes *w, int64_t cell)
{
    double at = on_axis(w->across, w, cell) - w->across_least + 1e-6; /* rounding of the axes */
    return at <= 0 ? 0 : at >= (double)(w->n_lines - 1) ? w->n_lines - 1 : (size_t)at;
}

typedef struct ends { /* by line of cells along the wind; -1: none */
    int64_t *first, *last;
} ends;

static gt_status new_lines(gt_lanes *w, ends *e)
{
    w->n_lines = (size_t)(w->across_span + 1e-6) + 1;
    w->place = gt_zalloc(w->ctx, w->n_lines, sizeof *w->place);
    e->first = gt_alloc(w->ctx, w->n_lines, sizeof *e->first);
    e->last = gt_alloc(w->ctx, w->n_lines, sizeof *e->last);
    if (w->place == NULL || e->first == NULL || e->last == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < w->n_lines; i++) {
        e->first[i] = e->last[i] = -1;
    }
    return GT_OK;
}

/* Where across the wind each line lies: 0 .. n_lanes. */
static void share_lanes(gt_lanes *w)
{
    double all = 0, before = 0;
    for (size_t i = 0; i < w->n_lines; i++) {
        all += w->place[i];
    }
    for (size_t i = 0; i < w->n_lines; i++) {
        double here = w->place[i];
        w->place[i] = all > 0 ? (before + here / 2) / all * w->n_lanes : 0;
        before += here;
    }
}

static gt_status find_ends(gt_lanes *w, ends *e)
{
    gt_status st = new_lines(w, e);
    for (int64_t i = 0; st == GT_OK && i < w->n; i++) {
        st = i % (1 << 16) == 0 ? gt_check_cancel(w->ctx) : GT_OK;
        if (isnan(w->friction[i])) {
            continue;
        }
        size_t line = line_of(w, i);
        double at = on_axis(w->along, w, i);
        w->place[line] += 1;
        if (e->first[line] < 0 || at < on_axis(w->along, w, e->first[line])) {
            e->first[line] = i;
        }
        if (e->last[line] < 0 || at > on_axis(w->along, w, e->last[line])) {
            e->last[line] = i;
        }
    }
    if (st == GT_OK) {
        share_lanes(w);
    }
    return st;
}

/* May a way of the lane begin or end in this line? */
static bool is_end(const gt_lanes *w, int lane, size_t line)
{
    return fabs(w->place[line] - lane - 0.5) <= (w->n_lanes > 1 ? 0.25 : 0.5);
}

/* ---- ways ----------------------------------------------------------------------------------- */

typedef struct search {
    gt_lanes *w;
    int lane;
    bool forward; /* with the wind; else from the leeward side, against it */
    double *cost;
    queue due;
} search;

static bool may_pass(const search *s, int64_t cell)
{
    double place = s->w->place[line_of(s->w, cell)];
    return !isnan(s->w->friction[cell]) && place >= s->lane - s->w->sway &&
           place <= s->lane + 1 + s->w->sway;
}

/* Cost of a step for the wind, whichever way it is looked at. */
static double step_cost(const search *s, int64_t from, int64_t to, int k)
{
    const gt_lanes *w = s->w;
    double length = k % 2 == 0 ? 1 : sqrt(2), sign = s->forward ? 1 : -1;
    double with_wind = sign * (COL[k] * w->along[0] + ROW[k] * w->along[1]) / length;
    double friction = ((double)w->friction[from] + (double)w->friction[to]) / 2;
    return length * w->cell * friction * (1 + w->turn * (1 - with_wind));
}

static gt_status relax(search *s, const due *at)
{
    const gt_lanes *w = s->w;
    gt_status st = GT_OK;
    int64_t col = at->cell % w->cols, row = at->cell / w->cols;
    for (int k = 0; st == GT_OK && k < 8; k++) {
        int64_t c = col + COL[k], r = row + ROW[k], to = r * w->cols + c;
        if (c < 0 || r < 0 || c >= w->cols || r >= w->rows || !may_pass(s, to)) {
            continue;
        }
        double cost = at->cost + step_cost(s, at->cell, to, k);
        if (cost < s->cost[to]) {
            s->cost[to] = cost;
            if (s->forward) {
                w->step[to] = (uint8_t)k;
            }
            st = push(w->ctx, &s->due, cost, to);
        }
    }
    return st;
}

/* Costs from the ends of this lane's lines. */
static gt_status spread(search *s, const int64_t *from)
{
    gt_lanes *w = s->w;
    gt_status st = gt_check_cancel(w->ctx);
    size_t done = 0;
    for (int64_t i = 0; i < w->n; i++) {
        s->cost[i] = INFINITY;
    }
    for (size_t i = 0; st == GT_OK && i < w->n_lines; i++) {
        if (from[i] >= 0 && is_end(w, s->lane, i)) {
            s->cost[from[i]] = 0;
            w->step[from[i]] = s->forward ? START : w->step[from[i]];
            st = push(w->ctx, &s->due, 0, from[i]);
        }
    }
    while (st == GT_OK && s->due.n > 0) {
        due at = pop(&s->due);
        st = ++done % 4096 == 0 ? gt_check_cancel(w->ctx) : GT_OK;
        if (st == GT_OK && at.cost <= s->cost[at.cell]) {
            st = relax(s, &at);
        }
    }
    gt_free(w->ctx, s->due.list);
    s->due = (queue){0};
    return st;
}

/* The way, from its leeward end back to the windward one. */
static gt_status keep_way(gt_lanes *w, gt_lane *lane, int64_t end)
{
    gt_status st = GT_OK;
    lane->from = w->n_axis;
    for (int64_t at = end;; at -= ROW[w->step[at]] * w->cols + COL[w->step[at]]) {
        st = gt_grow(w->ctx, (void **)&w->axis, &w->cap_axis, w->n_axis + 1, sizeof *w->axis);
        if (st != GT_OK) {
            break;
        }
        w->axis[w->n_axis++] = at;
        if (w->step[at] == START) {
            break;
        }
    }
    lane->to = w->n_axis;
    return st;
}

/* Cells in the order in which they were met. */
typedef struct front {
    int64_t *cell;
    size_t n, cap;
} front;

static gt_status meet(gt_lanes *w, front *f, int64_t cell)
{
    uint8_t *seen = w->step; /* the way is kept: free from here on */
    gt_status st = gt_grow(w->ctx, (void **)&f->cell, &f->cap, f->n + 1, sizeof *f->cell);
    if (st == GT_OK) {
        f->cell[f->n++] = cell;
        seen[cell] = 1;
    }
    return st;
}

static gt_status meet_around(gt_lanes *w, front *f, int64_t at)
{
    gt_status st = GT_OK;
    for (int k = 0; st == GT_OK && k < 8; k++) {
        int64_t c = at % w->cols + COL[k], r = at / w->cols + ROW[k], to = r * w->cols + c;
        if (c >= 0 && r >= 0 && c < w->cols && r < w->rows && w->step[to] == 0) {
            st = meet(w, f, to);
        }
    }
    return st;
}

/* Cells no farther from the way than the breadth get the lane's number into far2, which is free. */
static gt_status mark_beside(gt_lanes *w, int k)
{
    double most = w->breadth / w->cell;
    int64_t side = w->cols > w->rows ? w->cols : w->rows;
    int64_t reach = most < (double)side ? (int64_t)most : side;
    gt_status st = GT_OK;
    for (size_t i = w->lane[k].from; st == GT_OK && i < w->lane[k].to; i++) {
        int64_t col = w->axis[i] % w->cols, row = w->axis[i] / w->cols;
        st = gt_check_cancel(w->ctx);
        for (int64_t y = -reach; y <= reach; y++) {
            for (int64_t x = -reach; x <= reach; x++) {
                int64_t c = col + x, r = row + y;
                if ((double)(x * x + y * y) <= most * most && c >= 0 && r >= 0 && c < w->cols &&
                    r < w->rows) {
                    w->far2[r * w->cols + c] = k + 1;
                }
            }
        }
    }
    return st;
}

/* Open cells within reach and breadth that are joined to the way become the lane's, unless
 * another's way is nearer to them. */
static gt_status keep_ground(gt_lanes *w, int k)
{
    const gt_lane *lane = &w->lane[k];
    front f = {0};
    gt_status st = mark_beside(w, k);
    for (int64_t i = 0; i < w->n; i++) {
        w->step[i] = 0;
    }
    for (size_t i = lane->from; st == GT_OK && i < lane->to; i++) {
        st = meet(w, &f, w->axis[i]);
    }
    for (size_t head = 0; st == GT_OK && head < f.n; head++) {
        int64_t at = f.cell[head];
        double over = w->there[at] + w->back[at] - lane->best;
        float extra = (float)(lane->best > 0 ? over / lane->best : over);
        st = head % 4096 == 0 ? gt_check_cancel(w->ctx) : GT_OK;
        if (w->open[at] == 0 || w->far2[at] != k + 1 || !(extra <= (float)w->reach)) {
            continue;
        }
        if (w->number[at] == 0 || extra < w->extra[at]) {
            w->number[at] = (uint8_t)(k + 1);
            w->extra[at] = extra;
        }
        st = st == GT_OK ? meet_around(w, &f, at) : st;
    }
    gt_free(w->ctx, f.cell);
    return st;
}

static gt_status find_lane(gt_lanes *w, const ends *e, int k)
{
    gt_lane *lane = &w->lane[k];
    search s = {.w = w, .lane = k, .forward = true, .cost = w->there};
    gt_status st = spread(&s, e->first);
    int64_t end = -1;
    for (size_t i = 0; st == GT_OK && i < w->n_lines; i++) {
        int64_t at = e->last[i];
        if (at >= 0 && is_end(w, k, i) && w->there[at] < INFINITY &&
            (end < 0 || w->there[at] < w->there[end])) {
            end = at;
        }
    }
    if (st != GT_OK || end < 0) {
        return st;
    }
    lane->found = true;
    lane->best = w->there[end];
    st = keep_way(w, lane, end);
    s.forward = false;
    s.cost = w->back;
    st = st == GT_OK ? spread(&s, e->last) : st;
    return st == GT_OK ? keep_ground(w, k) : st;
}

gt_status gt_lanes_find(gt_lanes *w)
{
    ends e = {NULL, NULL};
    gt_status st = find_ends(w, &e);
    for (int k = 0; st == GT_OK && k < w->n_lanes; k++) {
        st = find_lane(w, &e, k);
    }
    gt_free(w->ctx, e.first);
    gt_free(w->ctx, e.last);
    return st;
}
