/* Least-cost distance. The grid is cut into working tiles of 254 x 254 cells with a ring of their
 * neighbours' cells, so that the inner loop needs no bounds and stays in the second cache (the
 * reason why it is several times faster than one queue over the whole grid, which misses the cache
 * at every row). Rounds of rising bounds: in a round every tile that has something to do below the
 * bound runs a bucket queue of its own, on any thread; what crosses its border goes to the
 * neighbour's inbox. A tile is held from the first cell reached to the last (cost_tiles.c): once
 * nothing below its greatest cost is on its way anywhere, it is written and let go.
 *
 * The result is the least fixed point of d[t] = min(d[s] + step), which is unique because rounded
 * addition is monotone: order of work, threads and bounds cannot be seen in it.
 *
 * Locks: locks[tile % LOCKS] guards the inbox of a tile; one at a time. */
#include "grid/cost.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/pool.h"

enum {
    SIDE = COST_SIDE,
    INNER = COST_INNER,
    CELLS = COST_CELLS,
    BUCKETS = COST_BUCKETS,
    LOCKS = COST_LOCKS,
    MANY = 256,            /* tiles: below it a scratch file is not worth having */
    QUEUE_BYTES = 4 << 20, /* nodes of a queue: two for each cell of a tile */
    NONE = -1
};

/* Neighbours in the fixed order of ties: E N W S NE NW SW SE. */
static const int MOVE[8] = {1, -SIDE, -1, SIDE, -SIDE + 1, -SIDE - 1, SIDE - 1, SIDE + 1};
static const int BACK_CODE[8] = {1, 3, 5, 7, 2, 4, 6, 8};

void gt_cost_options_init(gt_cost_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static void release(gt_ctx *ctx, cost_run *c)
{
    cost_tiles_free(ctx, c);
    for (int64_t t = 0; c->box != NULL && t < c->across * c->down; t++) {
        gt_free(ctx, c->box[t].list);
    }
    for (int i = 0; c->queues != NULL && i < gt_ctx_threads(ctx); i++) {
        gt_free(ctx, c->queues[i].nodes);
        gt_free(ctx, c->queues[i].mine.list);
    }
    for (int i = 0; i < LOCKS; i++) {
        (void)pthread_mutex_destroy(&c->locks[i]);
    }
    (void)pthread_mutex_destroy(&c->store.lock);
    gt_free(ctx, c->box);
    gt_free(ctx, c->queues);
    gt_free(ctx, c->active);
    gt_free(ctx, c->top);
    gt_free(ctx, c->done);
    gt_free(ctx, c->rim);
    gt_free(ctx, c->found);
    gt_free(ctx, c->most);
}

static gt_status offer_to(gt_ctx *ctx, inbox *b, uint32_t cell, double d)
{
    if (b->n == b->cap) {
        gt_status st = gt_grow(ctx, (void **)&b->list, &b->cap, b->n + 1, sizeof *b->list);
        if (st != GT_OK) {
            return st;
        }
    }
    b->list[b->n++] = (offer){d, cell};
    b->least = d < b->least ? d : b->least;
    return GT_OK;
}

/* ---- filling the tiles --------------------------------------------------------------------------
 */

static gt_status bad_friction(gt_ctx *ctx, const cost_run *c, const gt_window *w, int64_t i,
                              float r)
{
    char value[40];
    (void)snprintf(value, sizeof value, "%.9g", (double)r);
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_FRICTION,
                   GT_PLACE(.file = gt_grid_path(c->friction)),
                   GT_ARGS(GT_TEXT("value", value), GT_INT("col", w->col + i % INNER),
                           GT_INT("row", w->row + i / INNER)));
}

/* Checks the friction, sums it, and puts the sources into the tile's inbox. */
static gt_status look_over(gt_ctx *ctx, void *user, size_t task, int worker)
{
    cost_run *c = user;
    queue *q = &c->queues[worker];
    const gt_window w = cost_inner(c, (int64_t)task);
    double sum = 0;
    int64_t n = 0;
    inbox *b = &c->box[task];
    b->least = (double)INFINITY;
    gt_status st = gt_grid_read(ctx, c->friction, &w, GT_CELL_F32, q->look.friction, INNER);
    st = st == GT_OK ? gt_grid_read(ctx, c->sources, &w, GT_CELL_I32, q->look.source, INNER) : st;
    for (int64_t y = 0; st == GT_OK && y < w.n_rows; y++) {
        for (int64_t i = y * INNER; st == GT_OK && i < y * INNER + w.n_cols; i++) {
            float r = q->look.friction[i];
            int32_t s = q->look.source[i];
            bool open = !isnan(r) && !isinf(r);
            sum += open ? (double)r : 0;
            n += open;
            if (r <= 0) {
                st = bad_friction(ctx, c, &w, i, r);
            } else if (s != 0 && s != GT_NODATA_I32 && open) {
                st = offer_to(ctx, b, (uint32_t)((y + 1) * SIDE + i % INNER + 1), 0);
            }
        }
    }
    c->found[task] = b->n;
    c->most[task] = n > 0 ? sum / (double)n : 0;
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* ---- one visit ----------------------------------------------------------------------------------
 */

static inline int bucket_of(const cost_run *c, double d)
{
    return (int)((d - c->low) * (BUCKETS / (c->bound - c->low)));
}

static gt_status push(gt_ctx *ctx, queue *q, int b, uint32_t cell, double d)
{
    if (q->n == q->cap) {
        gt_status st = gt_grow(ctx, (void **)&q->nodes, &q->cap, q->n + 1, sizeof *q->nodes);
        if (st != GT_OK) {
            return st;
        }
    }
    q->nodes[q->n] = (node){d, q->head[b], cell};
    q->head[b] = (int32_t)q->n++;
    return GT_OK;
}

static inline bool on_ring(uint32_t cell)
{
    uint32_t x = cell % SIDE, y = cell / SIDE;
    return x == 0 || y == 0 || x == SIDE - 1 || y == SIDE - 1;
}

/* A cell has a better cost: into a bucket, to the ring's list, or kept for a later round. */
static gt_status improved(gt_ctx *ctx, cost_run *c, queue *q, inbox *later, uint32_t cell, double d,
                          int bucket)
{
    if (on_ring(cell)) {
        if (!q->marked[cell]) {
            q->marked[cell] = true;
            q->ring[q->n_ring++] = cell;
        }
        return GT_OK;
    }
    if (d >= c->bound) {
        return d <= c->limit ? offer_to(ctx, later, cell, d) : GT_OK;
    }
    int b = bucket_of(c, d);
    b = b < bucket ? bucket : b >= BUCKETS ? BUCKETS - 1 : b;
    return push(ctx, q, b, cell, d);
}

static gt_status expand(gt_ctx *ctx, cost_run *c, queue *q, work_tile *t, inbox *later,
                        const node *from, int bucket)
{
    double d = from->d, r = (double)t->r[from->cell];
    gt_status st = GT_OK;
    for (int e = 0; e < 8; e++) {
        uint32_t to = (uint32_t)((int)from->cell + MOVE[e]);
        double v = d + c->step[e] * (r + (double)t->r[to]);
        if (v < t->d[to]) {
            t->d[to] = v;
            st = improved(ctx, c, q, later, to, v, bucket);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return st;
}

/* The tile that owns a ring cell of `tile`, and the cell's number there. */
static int64_t owner_of(const cost_run *c, int64_t tile, uint32_t cell, uint32_t *there)
{
    int x = (int)(cell % SIDE), y = (int)(cell / SIDE);
    int sx = x == 0 ? -1 : x == SIDE - 1, sy = y == 0 ? -1 : y == SIDE - 1;
    int64_t tc = tile % c->across + sx, tr = tile / c->across + sy;
    if (tc < 0 || tr < 0 || tc >= c->across || tr >= c->down) {
        return NONE;
    }
    *there = (uint32_t)((y - sy * INNER) * SIDE + (x - sx * INNER));
    return tr * c->across + tc;
}

static gt_status send_ring(gt_ctx *ctx, cost_run *c, queue *q, const work_tile *t, int64_t tile)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < q->n_ring; i++) {
        uint32_t cell = q->ring[i], there = 0;
        int64_t to = owner_of(c, tile, cell, &there);
        q->marked[cell] = false;
        if (st == GT_OK && to != NONE && t->d[cell] <= c->limit &&
            !c->done[to]) { /* it has less already */
            pthread_mutex_t *lock = &c->locks[to % LOCKS];
            (void)pthread_mutex_lock(lock);
            st = offer_to(ctx, &c->box[to], there, t->d[cell]);
            (void)pthread_mutex_unlock(lock);
        }
    }
    q->n_ring = 0;
    return st;
}

/* Number of a border cell of a tile, x and y with the ring. */
static size_t rim_number(int x, int y)
{
    return (size_t)(y == 1       ? x - 1
                    : y == INNER ? INNER + x - 1
                    : x == 1     ? 2 * INNER + y - 1
                                 : 3 * INNER + y - 1);
}

/* What others and the next rounds must know of a tile: its greatest cost, the costs of its border.
 */
static void note_tile(const cost_run *c, int64_t tile, const work_tile *t, bool more)
{
    double top = 0;
    for (int y = 1; !more && y <= INNER; y++) {
        const double *d = t->d + (ptrdiff_t)y * SIDE;
        const float *r = t->r + (ptrdiff_t)y * SIDE;
        for (int x = 1; x <= INNER; x++) {
            double v = isinf(r[x]) ? 0 : d[x];
            top = v > top ? v : top;
        }
    }
    c->top[tile] = more ? (double)INFINITY : top;
    double *rim = c->rim == NULL ? NULL : c->rim + tile * COST_RIM;
    for (int k = 1; rim != NULL && k <= INNER; k++) {
        rim[rim_number(k, 1)] = t->d[SIDE + k];
        rim[rim_number(k, INNER)] = t->d[INNER * SIDE + k];
        rim[rim_number(1, k)] = t->d[k * SIDE + 1];
        rim[rim_number(INNER, k)] = t->d[k * SIDE + INNER];
    }
}

/* Takes the inbox, which is swapped for an empty one as others go on writing. */
static void empty_box(cost_run *c, queue *q, int64_t tile)
{
    pthread_mutex_t *lock = &c->locks[tile % LOCKS];
    (void)pthread_mutex_lock(lock);
    inbox mine = c->box[tile];
    c->box[tile] = q->mine;
    c->box[tile].n = 0;
    c->box[tile].least = (double)INFINITY;
    (void)pthread_mutex_unlock(lock);
    q->mine = mine;
}

static gt_status run_queue(gt_ctx *ctx, cost_run *c, queue *q, work_tile *t, inbox *later)
{
    gt_status st = GT_OK;
    q->n = 0;
    q->visits++;
    memset(q->head, 0xff, sizeof q->head);
    for (size_t i = 0; st == GT_OK && i < q->mine.n; i++) {
        const offer *o = &q->mine.list[i];
        /* equal: kept from an earlier round, not yet expanded */
        if (o->d <= t->d[o->cell]) {
            t->d[o->cell] = o->d;
            st = improved(ctx, c, q, later, o->cell, o->d, 0);
        }
    }
    for (int b = 0; st == GT_OK && b < BUCKETS; b++) {
        while (st == GT_OK && q->head[b] >= 0) {
            node from = q->nodes[q->head[b]];
            q->head[b] = from.next;
            if (from.d == t->d[from.cell]) {
                st = expand(ctx, c, q, t, later, &from, b);
            }
        }
    }
    return st;
}

static gt_status visit(gt_ctx *ctx, void *user, size_t task, int worker)
{
    cost_run *c = user;
    queue *q = &c->queues[worker];
    int64_t tile = c->active[task];
    work_tile *t = NULL;
    inbox later = {.least = (double)INFINITY};
    bool more = false;
    gt_status st = cost_take(ctx, c, tile, &t);
    if (st != GT_OK) {
        return st;
    }
    empty_box(c, q, tile);
    st = run_queue(ctx, c, q, t, &later);
    st = st == GT_OK ? send_ring(ctx, c, q, t, tile) : st;
    pthread_mutex_t *lock = &c->locks[tile % LOCKS];
    (void)pthread_mutex_lock(lock);
    for (size_t i = 0; st == GT_OK && i < later.n; i++) {
        if (later.list[i].d == t->d[later.list[i].cell]) {
            more = true;
            st = offer_to(ctx, &c->box[tile], later.list[i].cell, later.list[i].d);
        }
    }
    (void)pthread_mutex_unlock(lock);
    note_tile(c, tile, t, more);
    gt_free(ctx, later.list);
    cost_give(c, tile, false);
    return st;
}

/* ---- results ------------------------------------------------------------------------------------
 */

/* Costs of the cells around a tile are its neighbours': the ring held only what this tile offered.
 * What is greater than the cost of a cell beside may yet fall, but never below that cost, so links
 * do not depend on it. */
static void true_ring(const cost_run *c, int64_t tile, double *d)
{
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x += y == 0 || y == SIDE - 1 ? 1 : SIDE - 1) {
            uint32_t cell = (uint32_t)(y * SIDE + x), there = 0;
            int64_t owner = owner_of(c, tile, cell, &there);
            size_t k = rim_number((int)(there % SIDE), (int)(there / SIDE));
            d[cell] = owner == NONE ? (double)INFINITY : c->rim[(size_t)owner * COST_RIM + k];
        }
    }
}

static int back_of(const cost_run *c, const work_tile *t, uint32_t cell)
{
    const double *d = t->d;
    if (d[cell] == 0) {
        return 0;
    }
    for (int e = 0; e < 8; e++) {
        uint32_t from = (uint32_t)((int)cell + MOVE[e]);
        if (d[from] + c->step[e] * ((double)t->r[from] + (double)t->r[cell]) == d[cell]) {
            return BACK_CODE[e];
        }
    }
    return GT_NODATA_I32; /* not reached */
}

/* A tile whose costs stand. */
static gt_status write_tile(gt_ctx *ctx, void *user, size_t task, int worker)
{
    cost_run *c = user;
    queue *q = &c->queues[worker];
    int64_t tile = c->active[task];
    const gt_window w = cost_inner(c, tile);
    work_tile *t = NULL;
    gt_status st = cost_take(ctx, c, tile, &t);
    if (st != GT_OK) {
        return st;
    }
    if (c->back != NULL) {
        true_ring(c, tile, t->d);
    }
    for (int64_t y = 0; y < w.n_rows; y++) {
        for (int64_t x = 0; x < w.n_cols; x++) {
            uint32_t cell = (uint32_t)((y + 1) * SIDE + x + 1);
            double v = t->d[cell];
            bool reached = v <= c->limit && !isinf(v);
            q->out.cost[y * INNER + x] = reached ? (float)v : (float)NAN;
            c->found[tile] += reached;
            c->most[tile] = reached && v > c->most[tile] ? v : c->most[tile];
            if (c->back != NULL) {
                q->out.back[y * INNER + x] = reached ? back_of(c, t, cell) : GT_NODATA_I32;
            }
        }
    }
    c->box[tile].n = 0; /* what is on its way to it comes too late */
    c->box[tile].least = (double)INFINITY;
    c->done[tile] = true;
    cost_give(c, tile, true);
    st = gt_grid_write(ctx, c->cost, &w, GT_CELL_F32, q->out.cost, INNER);
    if (st == GT_OK && c->back != NULL) {
        st = gt_grid_write(ctx, c->back, &w, GT_CELL_I32, q->out.back, INNER);
    }
    return st;
}

/* Writes the tiles in work whose costs are all below `low`; INFINITY: all. */
static gt_status write_done(gt_ctx *ctx, cost_run *c, double low)
{
    size_t n = 0;
    for (int64_t t = 0; t < c->across * c->down; t++) {
        tile_state is = c->store.state[t];
        if ((is == TILE_HELD || is == TILE_AWAY) && (isinf(low) || c->top[t] < low)) {
            c->active[n++] = t;
        }
    }
    return gt_parallel_for(ctx, n, write_tile, c);
}

/* Rounds until no inbox holds anything. */
static gt_status spread(gt_ctx *ctx, cost_run *c, double width)
{
    int64_t n_tiles = c->across * c->down;
    for (;;) {
        double least = (double)INFINITY;
        size_t n = 0;
        for (int64_t t = 0; t < n_tiles; t++) {
            least = c->box[t].least < least ? c->box[t].least : least;
        }
        gt_status st = write_done(ctx, c, least); /* the last time, all */
        if (st != GT_OK || isinf(least)) {
            return st;
        }
        c->low = least;
        c->bound = least + width;
        c->store.round++;
        for (int64_t t = 0; t < n_tiles; t++) {
            if (c->box[t].least < c->bound) {
                c->active[n++] = t;
            }
        }
        st = gt_check_cancel(ctx);
        st = st == GT_OK ? gt_parallel_for(ctx, n, visit, c) : st;
        if (st != GT_OK) {
            return st;
        }
    }
}

/* Tiles at once in memory: what three quarters of the ceiling leave beside the queues, and never
 * all of many, so that the worst case, work everywhere, stays below 12 bytes a cell. */
static size_t most_tiles(gt_ctx *ctx, const cost_run *c)
{
    size_t n = (size_t)(c->across * c->down), threads = (size_t)gt_ctx_threads(ctx);
    size_t ceiling = gt_ctx_memory_ceiling(ctx);
    size_t used = gt_ctx_memory_used(ctx) + threads * QUEUE_BYTES;
    size_t have = ceiling / 4 * 3 > used ? (ceiling / 4 * 3 - used) / sizeof(work_tile) : 0;
    size_t most = n > MANY ? n - n / 16 : n;
    most = ceiling != 0 && have < most ? have : most;
    return most > threads ? most : threads + 1;
}

static gt_status prepare(gt_ctx *ctx, cost_run *c)
{
    const gt_grid_spec *s = gt_grid_facts(c->friction);
    c->cols = s->n_cols;
    c->rows = s->n_rows;
    c->across = (c->cols + INNER - 1) / INNER;
    c->down = (c->rows + INNER - 1) / INNER;
    double x = c->o->per_cell ? 1 : s->cell_x, y = c->o->per_cell ? 1 : s->cell_y;
    for (int e = 0; e < 8; e++) {
        c->step[e] = (e >= 4 ? sqrt(x * x + y * y) : e % 2 == 0 ? x : y) / 2;
    }
    c->limit = c->o->max_cost > 0 ? c->o->max_cost : (double)INFINITY;
    size_t n = (size_t)(c->across * c->down);
    c->box = gt_zalloc(ctx, n, sizeof *c->box);
    c->queues = gt_zalloc(ctx, (size_t)gt_ctx_threads(ctx), sizeof *c->queues);
    c->active = gt_alloc(ctx, n, sizeof *c->active);
    c->found = gt_zalloc(ctx, n, sizeof *c->found);
    c->most = gt_zalloc(ctx, n, sizeof *c->most);
    c->top = gt_alloc(ctx, n, sizeof *c->top);
    c->done = gt_zalloc(ctx, n, sizeof *c->done);
    c->rim = c->back == NULL ? NULL : gt_alloc(ctx, n * COST_RIM, sizeof *c->rim);
    if (c->box == NULL || c->queues == NULL || c->active == NULL || c->found == NULL ||
        c->most == NULL || c->top == NULL || c->done == NULL ||
        (c->back != NULL && c->rim == NULL)) {
        return GT_E_MEMORY;
    }
    for (size_t t = 0; t < n; t++) {
        c->top[t] = (double)INFINITY;
    }
    for (size_t k = 0; c->rim != NULL && k < n * COST_RIM; k++) {
        c->rim[k] = (double)INFINITY;
    }
    return cost_tiles_new(ctx, c, most_tiles(ctx, c));
}

static void total(const cost_run *c, uint64_t *found, double *most, double *sum)
{
    *found = 0;
    *most = *sum = 0;
    for (int64_t t = 0; t < c->across * c->down; t++) {
        *found += c->found[t];
        *sum += c->most[t];
        *most = c->most[t] > *most ? c->most[t] : *most;
    }
}

gt_status gt_grid_cost_distance(gt_ctx *ctx, gt_grid *friction, gt_grid *sources,
                                const gt_cost_options *options, gt_grid *cost, gt_grid *back,
                                gt_cost_facts *facts)
{
    gt_cost_options o;
    gt_cost_facts f = {0};
    double mean = 0;
    gt_cost_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    cost_run c = {.friction = friction, .sources = sources, .cost = cost, .back = back, .o = &o};
    for (int i = 0; i < LOCKS; i++) {
        (void)pthread_mutex_init(&c.locks[i], NULL);
    }
    (void)pthread_mutex_init(&c.store.lock, NULL);
    gt_status st = gt_grid_check_aligned(ctx, friction, sources, true, NULL, NULL);
    if (st == GT_OK) {
        st = gt_grid_check_aligned(ctx, friction, cost, true, NULL, NULL);
    }
    if (st == GT_OK && back != NULL) {
        st = gt_grid_check_aligned(ctx, friction, back, true, NULL, NULL);
    }
    st = st == GT_OK ? prepare(ctx, &c) : st;
    size_t n = (size_t)(c.across * c.down);
    st = st == GT_OK ? gt_parallel_for(ctx, n, look_over, &c) : st;
    if (st == GT_OK) {
        total(&c, &f.n_sources, &f.max, &mean);
        st = f.n_sources == 0 ? gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NO_SOURCE,
                                        GT_PLACE(.file = gt_grid_path(sources)), GT_NO_ARGS)
                              : GT_OK;
    }
    if (st == GT_OK) {
        memset(c.found, 0, n * sizeof *c.found);
        memset(c.most, 0, n * sizeof *c.most);
        /* the cost of crossing about a quarter of a tile at the mean friction: measured best */
        st = spread(ctx, &c, mean / (double)n * 2 * c.step[0] * INNER / 4);
    }
    if (st == GT_OK && facts != NULL) {
        total(&c, &f.n_reached, &f.max, &mean);
        for (int i = 0; i < gt_ctx_threads(ctx); i++) {
            f.n_visits += c.queues[i].visits;
        }
        *facts = f;
    }
    release(ctx, &c);
    return st;
}

gt_status gt_grid_cost_path(gt_ctx *ctx, gt_grid *back, int64_t col, int64_t row, int64_t **out,
                            size_t *n)
{
    static const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    const gt_grid_spec *s = gt_grid_facts(back);
    int64_t *list = NULL, c = col, r = row;
    size_t cap = 0, k = 0, most = (size_t)s->n_cols * (size_t)s->n_rows;
    gt_status st = GT_OK;
    for (;;) {
        double code = (double)NAN;
        st = gt_grid_at(ctx, back, c, r, &code);
        if (st == GT_OK && (!(code >= 0 && code <= 8) || k > most)) {
            st =
                gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NO_PATH, GT_PLACE(.file = gt_grid_path(back)),
                        GT_ARGS(GT_INT("col", col), GT_INT("row", row)));
        }
        if (st == GT_OK) {
            st = gt_grow(ctx, (void **)&list, &cap, 2 * k + 2, sizeof *list);
        }
        if (st == GT_OK && k % 4096 == 0) {
            st = gt_check_cancel(ctx);
        }
        if (st != GT_OK) {
            gt_free(ctx, list);
            return st;
        }
        list[2 * k] = c;
        list[2 * k + 1] = r;
        k++;
        int d = (int)code;
        if (d == 0) {
            *out = list;
            *n = k;
            return GT_OK;
        }
        c += dx[d];
        r += dy[d];
    }
}
