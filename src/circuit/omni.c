/* The moving window. For each block of cells its centre is the target: held at 0, while the sources
 * within the radius share the block's strength among them. All windows' currents add up.
 * Source: Landau and others (2021), JOSS 6(57): 2829; McRae and others (2016), Conserving Nature's
 * Stage. */
#include "circuit/omni.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/messages.h"
#include "guotu/pool.h"

#define KEPT_CELLS                                                                                 \
    ((size_t)1 << 24) /* of windows that are kept until they are added up, in order */
#define KEPT_MOST 256 /* windows */
#define TOGETHER  8   /* windows of one shape whose flow is solved at a time */

typedef struct target {
    int64_t col, row;
    double strength;
} target;

typedef struct window {
    int64_t col, row;   /* of its first cell */
    int64_t cols, rows; /* clipped at the map's edge */
    int64_t at;         /* the target's cell in it */
} window;

/* Targets first .. first + n - 1 in the order of shapes: their windows are alike, and on even
 * ground so are their equations. */
typedef struct group {
    size_t first, n;
} group;

typedef struct omni_run {
    const omni *o;
    const target *targets;
    size_t first;            /* target, or group, of task 0 */
    double *correction;      /* side * side, or NULL */
    int64_t side;            /* of a whole window */
    double *kept;            /* at_a_time windows */
    size_t at_a_time, room;  /* room: cells of a window */
    circuit_report *reports; /* of each task */
    const struct group *groups;
} omni_run;

static window window_of(const omni *o, int64_t col, int64_t row)
{
    int64_t d = o->radius + o->buffer;
    int64_t w = col - d > 0 ? col - d : 0, n = row - d > 0 ? row - d : 0;
    int64_t e = col + d < o->n_cols - 1 ? col + d : o->n_cols - 1;
    int64_t s = row + d < o->n_rows - 1 ? row + d : o->n_rows - 1;
    window out = {.col = w, .row = n, .cols = e - w + 1, .rows = s - n + 1};
    out.at = (row - n) * out.cols + col - w;
    return out;
}

static bool within(int64_t dc, int64_t dr, int64_t distance)
{
    return dc * dc + dr * dr <= distance * distance;
}

/* ---- conditions ------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median or most frequent value of the target's block; NaN when all is nodata. */
static gt_status block_value(gt_ctx *ctx, const omni *o, const omni_condition *c, int64_t col,
                             int64_t row, double *out)
{
    int64_t half = o->block / 2;
    size_t n = 0, best = 0;
    double *v = gt_alloc(ctx, (size_t)(o->block * o->block), sizeof *v);
    *out = (double)NAN;
    if (v == NULL) {
        return GT_E_MEMORY;
    }
    for (int64_t r = row - half; r <= row + half; r++) {
        for (int64_t k = col - half; k <= col + half; k++) {
            if (r >= 0 && k >= 0 && r < o->n_rows && k < o->n_cols &&
                !isnan(c->future[r * o->n_cols + k])) {
                v[n++] = c->future[r * o->n_cols + k];
            }
        }
    }
    if (n > 0) {
        qsort(v, n, sizeof *v, by_size);
        *out = n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
    }
    for (size_t i = 0, run = 0; c->equal && i < n; i++) {
        run = i > 0 && v[i] == v[i - 1] ? run + 1 : 1;
        if (run > best) {
            best = run;
            *out = v[i];
        }
    }
    gt_free(ctx, v);
    return GT_OK;
}

static gt_status apply_conditions(gt_ctx *ctx, const omni *o, const window *w, int64_t col,
                                  int64_t row, double *source)
{
    for (int k = 0; k < o->n_conditions; k++) {
        const omni_condition *c = &o->condition[k];
        double value = 0;
        gt_status st = block_value(ctx, o, c, col, row, &value);
        if (st != GT_OK) {
            return st;
        }
        for (int64_t i = 0; i < w->cols * w->rows; i++) {
            double there = c->present[(w->row + i / w->cols) * o->n_cols + w->col + i % w->cols];
            double d = there - value;
            bool unlike = c->equal ? d != 0 : d > c->upper || d < c->lower;
            source[i] = unlike && !isnan(d) ? 0 : source[i];
        }
    }
    return GT_OK;
}

/* ---- one window ------------------------------------------------------------------------------ */

/* Sources of the window: within the radius, not in the block; they share `strength`. Where the
 * map's edge cuts the window, the cells taken for the block are those at the middle of a whole
 * window (a quirk of Omniscape that its expected grids have). */
static void share_out(const omni *o, const window *w, const double *strengths, int64_t stride,
                      double strength, double *source)
{
    const int64_t half = o->block / 2, tc = w->at % w->cols, tr = w->at / w->cols;
    const int64_t whole = o->radius + o->buffer;
    double sum = 0;
    for (int64_t i = 0; i < w->cols * w->rows; i++) {
        int64_t dc = i % w->cols - tc, dr = i / w->cols - tr;
        int64_t qc = o->original ? i % w->cols - whole : dc;
        int64_t qr = o->original ? i / w->cols - whole : dr;
        bool block = qc >= -half && qc <= half && qr >= -half && qr <= half;
        source[i] = within(dc, dr, o->radius) && !block
                        ? strengths[(w->row + i / w->cols) * stride + w->col + i % w->cols]
                        : 0;
        sum += source[i];
    }
    for (int64_t i = 0; sum > 0 && i < w->cols * w->rows; i++) {
        source[i] = source[i] * strength / sum;
    }
}

/* Currents of k windows of one shape on the same conductances, the target held at 0; source and
 * out: k times the window's cells. */
static gt_status solve_windows(gt_ctx *ctx, const omni *o, const window *w, const double *g,
                               const double *source, size_t k, circuit_report *report, double *out)
{
    circuit_graph graph = {0};
    circuit_solver *solver = NULL;
    uint8_t *fixed = NULL;
    double *v = NULL, *scratch = NULL;
    const size_t n = (size_t)(w->cols * w->rows);
    double sum = 0;
    memset(out, 0, k * n * sizeof *out);
    if (!(g[w->at] > 0)) {
        return GT_OK; /* the target is on nodata: nothing can reach it */
    }
    gt_status st = circuit_graph_grid(ctx, w->cols, w->rows, g, NULL, o->four, false, &graph);
    if (st == GT_OK) {
        fixed = gt_zalloc(ctx, graph.n, 1);
        v = gt_zalloc(ctx, k * graph.n, sizeof *v);
        scratch = gt_alloc(ctx, 3 * graph.n, sizeof *scratch);
        st = fixed == NULL || v == NULL || scratch == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        const uint32_t ground = graph.node[w->at];
        fixed[ground] = 1;
        for (size_t i = 0; i < n; i++) {
            uint32_t node = graph.node[i];
            bool live =
                node != CIRCUIT_NONE && node != ground && graph.part[node] == graph.part[ground];
            for (size_t c = 0; live && c < k; c++) {
                v[node * k + c] = source[c * n + i];
                sum += source[c * n + i];
            }
        }
    }
    if (st == GT_OK && sum > 0) {
        st = circuit_solver_new(ctx, &graph, fixed, NULL, CIRCUIT_AUTO, o->tolerance, &solver);
        st = st == GT_OK ? circuit_solver_run(ctx, solver, v, k, report) : st;
        for (size_t c = 0; st == GT_OK && c < k; c++) {
            double *current = scratch + 2 * graph.n;
            st = circuit_node_currents(ctx, &graph, v + c, k, NULL, scratch, current);
            st = st == GT_OK ? circuit_to_cells(ctx, &graph, current, 0, out + c * n) : st;
        }
    }
    circuit_solver_free(ctx, solver);
    circuit_graph_free(ctx, &graph);
    gt_free(ctx, fixed);
    gt_free(ctx, v);
    gt_free(ctx, scratch);
    return st;
}

/* Conductances of the window: within radius and buffer. */
static void cut_out(const omni *o, const window *w, double *g)
{
    const int64_t tc = w->at % w->cols, tr = w->at / w->cols;
    for (int64_t i = 0; i < w->cols * w->rows; i++) {
        int64_t dc = i % w->cols - tc, dr = i / w->cols - tr;
        g[i] = within(dc, dr, o->radius + o->buffer)
                   ? o->g[(w->row + i / w->cols) * o->n_cols + w->col + i % w->cols]
                   : 0;
    }
}

static void correct(const omni_run *run, const window *w, int64_t col, int64_t row, double *v)
{
    const omni *o = run->o;
    const int64_t d = o->radius + o->buffer;
    for (int64_t i = 0; run->correction != NULL && i < w->cols * w->rows; i++) {
        int64_t c = w->col + i % w->cols - (col - d), r = w->row + i / w->cols - (row - d);
        v[i] *= run->correction[r * run->side + c];
    }
}

/* Sources of the window of a target. */
static gt_status find_sources(gt_ctx *ctx, const omni *o, const target *t, const window *w,
                              double *source)
{
    share_out(o, w, o->source, o->n_cols, t->strength, source);
    return apply_conditions(ctx, o, w, t->col, t->row, source);
}

static gt_status do_target(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const omni_run *run = user;
    const omni *o = run->o;
    const target *t = &run->targets[run->first + task];
    const window w = window_of(o, t->col, t->row);
    const size_t n = (size_t)(w.cols * w.rows);
    double *out = run->kept + task * run->room;
    (void)worker;
    double *source = gt_alloc(ctx, 2 * n, sizeof *source);
    if (source == NULL) {
        return GT_E_MEMORY;
    }
    double *g = source + n;
    gt_status st = find_sources(ctx, o, t, &w, source);
    cut_out(o, &w, g);
    st = st == GT_OK ? solve_windows(ctx, o, &w, g, source, 1, &run->reports[task], out) : st;
    if (st == GT_OK) {
        correct(run, &w, t->col, t->row, out);
    }
    gt_free(ctx, source);
    return st;
}

/* Flow of a group: resistance 1 everywhere. */
static gt_status do_group(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const omni_run *run = user;
    const omni *o = run->o;
    const group *all = &run->groups[run->first + task];
    const target *t = &run->targets[all->first];
    const window w = window_of(o, t->col, t->row);
    const size_t n = (size_t)(w.cols * w.rows);
    double *out = run->kept + task * TOGETHER * run->room;
    gt_status st = GT_OK;
    (void)worker;
    double *source = gt_alloc(ctx, (all->n + 1) * n, sizeof *source);
    if (source == NULL) {
        return GT_E_MEMORY;
    }
    double *g = source + all->n * n;
    for (size_t i = 0; i < n; i++) {
        g[i] = 1;
    }
    for (size_t c = 0; st == GT_OK && c < all->n; c++) {
        const window own = window_of(o, t[c].col, t[c].row);
        st = find_sources(ctx, o, &t[c], &own, source + c * n);
    }
    if (st == GT_OK) {
        st = solve_windows(ctx, o, &w, g, source, all->n, &run->reports[task], out);
    }
    for (size_t c = 0; st == GT_OK && c < all->n; c++) {
        const window own = window_of(o, t[c].col, t[c].row);
        correct(run, &own, t[c].col, t[c].row, out + c * n);
    }
    gt_free(ctx, source);
    return st;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* What single cells as targets would give in place of one block, by cell of the window: on even
 * ground, the sum over the block's cells to what the block as a whole gives. */
static gt_status make_correction(gt_ctx *ctx, omni_run *run)
{
    const omni *o = run->o;
    const int64_t side = run->side, n = side * side, half = o->block / 2;
    const omni even = {.n_cols = side,
                       .n_rows = side,
                       .radius = o->radius,
                       .buffer = o->buffer,
                       .block = o->block,
                       .four = o->four,
                       .tolerance = o->tolerance};
    omni single = even;
    single.block = 1;
    const window w = {.cols = side, .rows = side, .at = n / 2};
    circuit_report unread = {0};
    double *room = gt_alloc(ctx, (size_t)(5 * n), sizeof *room);
    if (room == NULL) {
        return GT_E_MEMORY;
    }
    double *ones = room, *g = room + n, *source = room + 2 * n, *blocked = room + 3 * n;
    double *alone = room + 4 * n;
    for (int64_t i = 0; i < n; i++) {
        ones[i] = 1;
        g[i] = within(i % side - side / 2, i / side - side / 2, o->radius + o->buffer) ? 1 : 0;
    }
    share_out(&even, &w, ones, side, (double)(o->block * o->block), source);
    gt_status st = solve_windows(ctx, &even, &w, g, source, 1, &unread, blocked);
    share_out(&single, &w, ones, side, 1, source);
    st = st == GT_OK ? solve_windows(ctx, &single, &w, g, source, 1, &unread, alone) : st;
    run->correction = st == GT_OK ? gt_alloc(ctx, (size_t)n, sizeof *run->correction) : NULL;
    for (int64_t i = 0; run->correction != NULL && i < n; i++) {
        double sum = 0;
        for (int64_t dr = -half; dr <= half; dr++) {
            for (int64_t dc = -half; dc <= half; dc++) {
                int64_t c = i % side + dc, r = i / side + dr;
                bool inside = c >= 0 && r >= 0 && c < side && r < side;
                sum += inside ? alone[r * side + c] : 0;
            }
        }
        run->correction[i] = blocked[i] == 0 || sum == 0 ? 1 : sum / blocked[i];
        if (blocked[i] != 0 && sum == 0) {
            run->correction[i] = 1 / blocked[i];
        }
    }
    gt_free(ctx, room);
    return st == GT_OK && run->correction == NULL ? GT_E_MEMORY : st;
}

static gt_status find_targets(gt_ctx *ctx, const omni *o, target **out, size_t *n)
{
    const int64_t half = o->block / 2;
    int64_t across = o->n_cols < o->block ? 0 : (o->n_cols - o->block) / o->block + 1;
    int64_t down = o->n_rows < o->block ? 0 : (o->n_rows - o->block) / o->block + 1;
    *n = 0;
    *out = gt_alloc(ctx, (size_t)(across * down), sizeof **out);
    if (*out == NULL) {
        return GT_E_MEMORY;
    }
    for (int64_t c = 0; c < across; c++) {
        if (gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
        for (int64_t r = 0; r < down; r++) {
            target t = {.col = c * o->block + half, .row = r * o->block + half};
            for (int64_t i = 0; i < o->block * o->block; i++) {
                t.strength += o->source[(r * o->block + i / o->block) * o->n_cols + c * o->block +
                                        i % o->block];
            }
            if (t.strength > 0) {
                (*out)[(*n)++] = t;
            }
        }
    }
    return GT_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

static void add_up(const omni *o, const target *t, const double *v, double *sum)
{
    const window w = window_of(o, t->col, t->row);
    for (int64_t r = 0; r < w.rows; r++) {
        double *to = sum + (w.row + r) * o->n_cols + w.col;
        for (int64_t c = 0; c < w.cols; c++) {
            to[c] += v[r * w.cols + c];
        }
    }
}

static void add_report(circuit_report *to, const circuit_report *from)
{
    to->solves += from->solves;
    to->steps = from->steps > to->steps ? from->steps : to->steps;
    to->residual = from->residual > to->residual ? from->residual : to->residual;
    to->nodes = from->nodes > to->nodes ? from->nodes : to->nodes;
    to->setup_s += from->setup_s;
    to->run_s += from->run_s;
}

static gt_status run_currents(gt_ctx *ctx, omni_run *run, size_t n, double *cum,
                              circuit_report *report)
{
    gt_status st = GT_OK;
    for (run->first = 0; st == GT_OK && run->first < n; run->first += run->at_a_time) {
        size_t k = n - run->first < run->at_a_time ? n - run->first : run->at_a_time;
        memset(run->reports, 0, k * sizeof *run->reports);
        gt_progress_from(ctx, run->first);
        st = gt_parallel_for(ctx, k, do_target, run);
        for (size_t i = 0; st == GT_OK && i < k; i++) {
            add_up(run->o, &run->targets[run->first + i], run->kept + i * run->room, cum);
            add_report(report, &run->reports[i]);
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

/* groups, n of them; targets before them count as done. */
static gt_status run_groups(gt_ctx *ctx, omni_run *run, size_t n, size_t done, double *flow,
                            circuit_report *report)
{
    const size_t together = run->at_a_time / TOGETHER;
    gt_status st = GT_OK;
    for (run->first = 0; st == GT_OK && run->first < n; run->first += together) {
        size_t k = n - run->first < together ? n - run->first : together;
        memset(run->reports, 0, k * sizeof *run->reports);
        gt_progress_from(ctx, done + run->groups[run->first].first);
        st = gt_parallel_for(ctx, k, do_group, run);
        for (size_t i = 0; st == GT_OK && i < k; i++) {
            const group *all = &run->groups[run->first + i];
            const window w =
                window_of(run->o, run->targets[all->first].col, run->targets[all->first].row);
            const double *v = run->kept + i * TOGETHER * run->room;
            for (size_t c = 0; c < all->n; c++) {
                add_up(run->o, &run->targets[all->first + c], v, flow);
                v += w.cols * w.rows;
            }
            add_report(report, &run->reports[i]);
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

/* A target, and the shape of its window. */
typedef struct shaped {
    window w;
    target t;
    size_t order;
} shaped;

static int by_shape(const void *a, const void *b)
{
    const shaped *x = a, *y = b;
    const int64_t p[] = {x->w.cols, x->w.rows, x->w.at, (int64_t)x->order};
    const int64_t q[] = {y->w.cols, y->w.rows, y->w.at, (int64_t)y->order};
    for (int i = 0; i < 4; i++) {
        if (p[i] != q[i]) {
            return p[i] < q[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Puts the targets into the order of shapes; groups of at most TOGETHER of one shape. */
static gt_status make_groups(gt_ctx *ctx, const omni *o, target *targets, size_t n, group **out,
                             size_t *n_groups)
{
    shaped *all = gt_alloc(ctx, n, sizeof *all);
    group *groups = gt_alloc(ctx, n, sizeof *groups);
    *out = groups;
    *n_groups = 0;
    if (all == NULL || groups == NULL) {
        gt_free(ctx, all);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        all[i] = (shaped){window_of(o, targets[i].col, targets[i].row), targets[i], i};
    }
    if (n > 0) {
        qsort(all, n, sizeof *all, by_shape);
    }
    for (size_t i = 0; i < n; i++) {
        group *last = *n_groups > 0 ? &groups[*n_groups - 1] : NULL;
        const window *w = &all[i].w, *before = &all[i > 0 ? i - 1 : 0].w;
        bool alike = w->cols == before->cols && w->rows == before->rows && w->at == before->at;
        if (last != NULL && alike && last->n < TOGETHER) {
            last->n++;
        } else {
            groups[(*n_groups)++] = (group){i, 1};
        }
        targets[i] = all[i].t;
    }
    gt_free(ctx, all);
    return GT_OK;
}

static gt_status run_flow(gt_ctx *ctx, omni_run *run, target *targets, size_t n, double *flow,
                          circuit_report *report)
{
    group *groups = NULL;
    size_t n_groups = 0;
    gt_status st = make_groups(ctx, run->o, targets, n, &groups, &n_groups);
    run->groups = groups;
    st = st == GT_OK ? run_groups(ctx, run, n_groups, n, flow, report) : st;
    gt_free(ctx, groups);
    return st;
}

/* Room for the windows of one turn; how many these are depends on their size alone. */
static gt_status make_room(gt_ctx *ctx, omni_run *run, size_t map)
{
    const size_t whole = (size_t)(run->side * run->side);
    run->room = whole < map ? whole : map;
    run->at_a_time = KEPT_CELLS / run->room / TOGETHER * TOGETHER;
    run->at_a_time = run->at_a_time > KEPT_MOST ? KEPT_MOST : run->at_a_time;
    run->at_a_time = run->at_a_time < TOGETHER ? TOGETHER : run->at_a_time;
    run->kept = gt_alloc(ctx, run->at_a_time * run->room, sizeof *run->kept);
    run->reports = gt_alloc(ctx, run->at_a_time, sizeof *run->reports);
    return run->kept == NULL || run->reports == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status omni_solve(gt_ctx *ctx, const omni *o, double *cum, double *flow, circuit_report *report,
                     size_t *n_targets)
{
    omni_run run = {.o = o, .side = 2 * (o->radius + o->buffer) + 1};
    target *targets = NULL;
    size_t n = 0;
    const size_t map = (size_t)(o->n_cols * o->n_rows);
    gt_status st = find_targets(ctx, o, &targets, &n);
    st = st == GT_OK ? make_room(ctx, &run, map) : st;
    run.targets = targets;
    if (st == GT_OK && o->correct && o->block > 1) {
        st = make_correction(ctx, &run);
    }
    memset(cum, 0, map * sizeof *cum);
    if (o->flow) {
        memset(flow, 0, map * sizeof *flow);
    }
    gt_progress_begin(ctx, &GT_MSG_CIRCUIT_SOLVING, o->flow ? 2 * n : n);
    st = st == GT_OK ? run_currents(ctx, &run, n, cum, report) : st;
    if (st == GT_OK && o->flow) {
        st = run_flow(ctx, &run, targets, n, flow, report);
    }
    gt_progress_end(ctx);
    *n_targets = n;
    gt_free(ctx, targets);
    gt_free(ctx, run.kept);
    gt_free(ctx, run.reports);
    gt_free(ctx, run.correction);
    return st;
}
