/* Links of neighbouring sources: see network.h. */
#include "model/connect/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "model/connect/messages.h"
#include "model/messages.h"

enum { BATCH_PER_THREAD = 4 };

#define ROUNDING (1 + 1e-9) /* of sums of costs added up in another order */

/* ---- neighbours ---------------------------------------------------------------------------------
 */

typedef struct partner {
    size_t b;
    double bound;
} partner;

typedef struct partners {
    partner *list;
    size_t n, cap;
} partners;

static gt_status meet(gt_ctx *ctx, partners *all, size_t a, size_t b, double bound)
{
    if (a > b) {
        size_t t = a;
        a = b;
        b = t;
    }
    partners *p = &all[a];
    for (size_t i = 0; i < p->n; i++) {
        if (p->list[i].b == b) {
            p->list[i].bound = fmin(p->list[i].bound, bound);
            return GT_OK;
        }
    }
    gt_status st = gt_grow(ctx, (void **)&p->list, &p->cap, p->n + 1, sizeof *p->list);
    if (st == GT_OK) {
        p->list[p->n++] = (partner){b, bound};
    }
    return st;
}

static gt_status meet_row(gt_ctx *ctx, const gt_ground *g, int64_t row, partners *all)
{
    static const int forward[4] = {0, 3, 6, 7}; /* E, S, SW, SE: each pair of cells once */
    for (int64_t col = 0; col < g->cols; col++) {
        int64_t i = row * g->cols + col;
        for (int k = 0; g->zone[i] >= 0 && k < 4; k++) {
            int e = forward[k];
            int64_t c = col + GT_NEAR_COL[e], y = row + GT_NEAR_ROW[e], j = y * g->cols + c;
            if (c < 0 || c >= g->cols || y >= g->rows || g->zone[j] < 0 ||
                g->zone[j] == g->zone[i]) {
                continue;
            }
            double bound = (double)g->near[i] + (double)g->near[j] +
                           g->half[e] * ((double)g->friction[i] + (double)g->friction[j]);
            gt_status st = meet(ctx, all, (size_t)g->zone[i], (size_t)g->zone[j], bound);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return row % 64 == 0 ? gt_check_cancel(ctx) : GT_OK;
}

static int by_partner(const void *x, const void *y)
{
    const partner *a = x, *b = y;
    return (a->b > b->b) - (a->b < b->b);
}

gt_status gt_network_neighbours(gt_ctx *ctx, const gt_ground *g, gt_network *net)
{
    memset(net, 0, sizeof *net);
    partners *all = gt_zalloc(ctx, g->n_sources, sizeof *all);
    gt_status st = all == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t row = 0; st == GT_OK && row < g->rows; row++) {
        st = meet_row(ctx, g, row, all);
    }
    for (size_t a = 0; all != NULL && a < g->n_sources; a++) {
        if (st == GT_OK && all[a].n > 0) {
            qsort(all[a].list, all[a].n, sizeof(partner), by_partner);
            st = gt_grow(ctx, (void **)&net->links, &net->cap, net->n + all[a].n,
                         sizeof *net->links);
        }
        for (size_t i = 0; st == GT_OK && i < all[a].n; i++) {
            /* near was rounded to float32 */
            net->links[net->n++] = (gt_link){.a = a,
                                             .b = all[a].list[i].b,
                                             .bound = all[a].list[i].bound * (1 + 1e-6),
                                             .cost = (double)INFINITY};
        }
        gt_free(ctx, all[a].list);
    }
    gt_free(ctx, all);
    return st;
}

/* Bound of the link between a and b; INFINITY: none. Links are sorted by a, then b. */
static double bound_of(const gt_network *net, size_t a, size_t b)
{
    size_t low = 0, high = net->n, first = a < b ? a : b, second = a < b ? b : a;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const gt_link *l = &net->links[mid];
        if (l->a < first || (l->a == first && l->b < second)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    bool there = low < net->n && net->links[low].a == first && net->links[low].b == second;
    return there ? net->links[low].bound : (double)INFINITY;
}

/* Does some link from `from` lead to a common neighbour by which the link is a detour? */
static bool is_detour(const gt_ground *g, const gt_network *net, const gt_link *link)
{
    for (size_t c = 0; c < g->n_sources; c++) {
        double first = c == link->a || c == link->b ? (double)INFINITY : bound_of(net, link->a, c);
        if (first < link->bound && first + bound_of(net, c, link->b) < link->bound) {
            return true;
        }
    }
    return false;
}

size_t gt_network_drop_detours(const gt_ground *g, gt_network *net)
{
    size_t kept = 0, n = net->n;
    for (size_t i = 0; i < n; i++) { /* told first, for all see the whole network */
        net->links[i].n_cells = is_detour(g, net, &net->links[i]) ? 1 : 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (net->links[i].n_cells == 0) {
            net->links[kept++] = net->links[i];
        }
    }
    net->n = kept;
    return n - kept;
}

/* ---- fields and links ---------------------------------------------------------------------------
 */

typedef struct net_run {
    const gt_ground *g;
    gt_network *net;
    const gt_network_options *o;
    gt_cost_field **field; /* by source; NULL: not made yet, or no longer needed */
    double *limit;         /* by source */
    size_t *left;          /* links of the source still to be done */
    size_t first;          /* source of task 0 */
    size_t *ready;         /* links whose ends both stand */
} net_run;

static gt_field_options options_of(const net_run *r, size_t index)
{
    return (gt_field_options){r->limit[index], r->o->tight && !r->o->halves, r->o->through};
}

static gt_status make_field(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    net_run *r = user;
    size_t index = r->first + task;
    const gt_field_options o = options_of(r, index);
    return r->left[index] == 0 ? GT_OK : gt_field_new(ctx, r->g, index, &o, &r->field[index]);
}

/* The cell of b that a's field reaches first; of equals the least. */
static void nearest_cell(const gt_ground *g, const gt_cost_field *a, gt_link *link, int64_t *cell)
{
    for (size_t i = g->from[link->b]; i < g->from[link->b + 1]; i++) {
        double d = gt_field_at(a, g->cells[i] % g->cols, g->cells[i] / g->cols);
        if (d < link->cost) {
            link->cost = d;
            *cell = g->cells[i];
        }
    }
}

static gt_status use_link(gt_ctx *ctx, const net_run *r, gt_link *link, const gt_cost_field *a,
                          const gt_cost_field *b)
{
    int64_t cell = 0;
    gt_status st = GT_OK;
    nearest_cell(r->g, a, link, &cell);
    if (isinf(link->cost) || (r->o->longest > 0 && link->cost > r->o->longest)) {
        link->cost = (double)INFINITY;
        return GT_OK;
    }
    if (r->o->paths) {
        const gt_field_options o = options_of(r, link->a);
        st = gt_field_path(ctx, r->g, a, link->a, &o, cell, &link->cells, &link->n_cells);
    }
    return st == GT_OK && r->o->fn != NULL ? r->o->fn(ctx, r->o->user, link, a, b) : st;
}

/* Cost up to which the ways of a link matter. */
static double reach_of(const gt_network_options *o, const gt_link *link)
{
    return (o->longest > 0 ? fmin(link->bound, o->longest) : link->bound) + o->extra;
}

static gt_status do_link(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const net_run *r = user;
    gt_link *link = &r->net->links[r->ready[task]];
    const gt_cost_field *a = r->field[link->a], *b = r->field[link->b];
    gt_cost_field *whole_a = NULL, *whole_b = NULL;
    if (!r->o->halves) {
        return use_link(ctx, r, link, a, b);
    }
    const gt_field_options o = {.limit = reach_of(r->o, link) * ROUNDING, .through = r->o->through};
    gt_status st = gt_field_extend(ctx, r->g, link->a, &o, a, b, &whole_a);
    st = st == GT_OK ? gt_field_extend(ctx, r->g, link->b, &o, b, a, &whole_b) : st;
    st = st == GT_OK ? use_link(ctx, r, link, whole_a, whole_b) : st;
    gt_field_free(ctx, whole_a);
    gt_field_free(ctx, whole_b);
    return st;
}

static void release(gt_ctx *ctx, net_run *r, size_t index)
{
    if (--r->left[index] == 0) {
        gt_field_free(ctx, r->field[index]);
        r->field[index] = NULL;
    }
}

/* Fields of one batch of sources, then the links that can now be done. */
static gt_status run_batch(gt_ctx *ctx, net_run *r, size_t n)
{
    size_t n_ready = 0, end = r->first + n;
    gt_status st = gt_parallel_for(ctx, n, make_field, r);
    for (size_t i = r->first; st == GT_OK && i < end; i++) {
        r->net->n_reached += r->field[i] == NULL ? 0 : r->field[i]->n_cells;
    }
    for (size_t i = 0; i < r->net->n; i++) {
        if (r->net->links[i].b >= r->first && r->net->links[i].b < end) {
            r->ready[n_ready++] = i; /* a < b: its field stands too */
        }
    }
    st = st == GT_OK ? gt_parallel_for(ctx, n_ready, do_link, r) : st;
    for (size_t i = 0; st == GT_OK && i < n_ready; i++) {
        release(ctx, r, r->net->links[r->ready[i]].a);
        release(ctx, r, r->net->links[r->ready[i]].b);
    }
    return st;
}

gt_status gt_network_run(gt_ctx *ctx, const gt_ground *g, gt_network *net,
                         const gt_network_options *options)
{
    size_t batch = (size_t)gt_ctx_threads(ctx) * BATCH_PER_THREAD;
    net_run r = {.g = g, .net = net, .o = options};
    r.field = gt_zalloc(ctx, g->n_sources, sizeof(gt_cost_field *));
    r.limit = gt_zalloc(ctx, g->n_sources, sizeof *r.limit);
    r.left = gt_zalloc(ctx, g->n_sources, sizeof *r.left);
    r.ready = gt_alloc(ctx, net->n + 1, sizeof *r.ready);
    gt_status st = r.field == NULL || r.limit == NULL || r.left == NULL || r.ready == NULL
                       ? GT_E_MEMORY
                       : GT_OK;
    for (size_t i = 0; st == GT_OK && i < net->n; i++) {
        const gt_link *l = &net->links[i];
        double reach = reach_of(options, l) * (options->halves ? ROUNDING / 2 : 1);
        r.limit[l->a] = fmax(r.limit[l->a], reach);
        r.limit[l->b] = fmax(r.limit[l->b], reach);
        r.left[l->a]++;
        r.left[l->b]++;
    }
    gt_progress_begin(ctx, &GT_MSG_MODEL_RUNNING, g->n_sources);
    for (r.first = 0; st == GT_OK && r.first < g->n_sources; r.first += batch) {
        size_t n = g->n_sources - r.first < batch ? g->n_sources - r.first : batch;
        st = run_batch(ctx, &r, n);
        gt_progress_step(ctx, r.first + n);
    }
    gt_progress_end(ctx);
    for (size_t i = 0; r.field != NULL && i < g->n_sources; i++) {
        gt_field_free(ctx, r.field[i]);
    }
    gt_free(ctx, r.field);
    gt_free(ctx, r.limit);
    gt_free(ctx, r.left);
    gt_free(ctx, r.ready);
    return st;
}

void gt_network_free(gt_ctx *ctx, gt_network *net)
{
    for (size_t i = 0; i < net->n; i++) {
        gt_free(ctx, net->links[i].cells);
    }
    gt_free(ctx, net->links);
    memset(net, 0, sizeof *net);
}
