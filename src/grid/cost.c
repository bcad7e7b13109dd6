/* Least-cost distance. The grid is held as working tiles of 254 x 254 cells with a ring of their
 * neighbours' cells, so that the inner loop needs no bounds and stays in the second cache (the
 * reason why it is several times faster than one queue over the whole grid, which misses the cache
 * at every row). Rounds of rising bounds: in a round every tile that has something to do below the
 * bound runs a bucket queue of its own, on any thread; what crosses its border goes to the
 * neighbour's inbox.
 *
 * The result is the least fixed point of d[t] = min(d[s] + step), which is unique because rounded
 * addition is monotone: order of work, threads and bounds cannot be seen in it.
 *
 * Locks: locks[tile % LOCKS] guards the inbox of a tile; one at a time. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "grid/hold.h"
#include "grid/messages.h"
#include "guotu/grid_ops.h"
#include "guotu/pool.h"

enum {
    SIDE = 256, /* with the ring */
    INNER = SIDE - 2,
    CELLS = SIDE * SIDE,
    BUCKETS = 512,
    LOCKS = 64,
    NONE = -1
};

typedef struct work_tile {
    double d[CELLS];
    float r[CELLS]; /* friction; INFINITY: cannot be entered */
} work_tile;

typedef struct offer {
    double d;
    uint32_t cell;
} offer;

typedef struct inbox {
    offer *list;
    size_t n, cap;
    double least; /* of the list */
} inbox;

typedef struct node {
    double d;
    int32_t next;
    uint32_t cell;
} node;

/* Of one worker. */
typedef struct queue {
    int32_t head[BUCKETS];
    node *nodes;
    size_t n, cap;
    inbox mine;              /* the inbox being worked off */
    uint32_t ring[4 * SIDE]; /* ring cells that were improved */
    size_t n_ring;
    uint64_t visits;
    bool marked[CELLS];
} queue;

typedef struct cost_run {
    gt_grid *friction, *sources, *cost, *back;
    const gt_cost_options *o;
    int64_t cols, rows, across, down;
    grid_hold held; /* tiles */
    work_tile *tiles;
    inbox *box;
    pthread_mutex_t locks[LOCKS];
    queue *queues;
    int64_t *active;
    double bound, low, limit;
    double step[8];
    uint64_t *found; /* per tile: sources, then cells reached */
    double *most;    /* per tile: greatest cost; before, sum of frictions */
} cost_run;

/* Neighbours in the fixed order of ties: E N W S NE NW SW SE. */
static const int MOVE[8] = {1, -SIDE, -1, SIDE, -SIDE + 1, -SIDE - 1, SIDE - 1, SIDE + 1};
static const int BACK_CODE[8] = {1, 3, 5, 7, 2, 4, 6, 8};

void gt_cost_options_init(gt_cost_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* ---- memory -------------------------------------------------------------------------------------
 */

static gt_status hold_tiles(gt_ctx *ctx, cost_run *c)
{
    size_t n = (size_t)(c->across * c->down);
    gt_status st = grid_hold_new(ctx, n * sizeof(work_tile), c->o->scratch_dir, &c->held);
    c->tiles = c->held.at;
    return st;
}

/* A mapped tile leaves memory when its work is done; its pages stay in the file. */
static void let_go(const cost_run *c, int64_t tile)
{
    if (c->held.mapped) {
        (void)madvise(&c->tiles[tile], sizeof(work_tile), MADV_DONTNEED);
    }
}

static void release(gt_ctx *ctx, cost_run *c)
{
    grid_hold_free(ctx, &c->held);
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
    gt_free(ctx, c->box);
    gt_free(ctx, c->queues);
    gt_free(ctx, c->active);
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

static gt_window inner_of(const cost_run *c, int64_t tile)
{
    int64_t col = tile % c->across * INNER, row = tile / c->across * INNER;
    return (gt_window){col, row, c->cols - col < INNER ? c->cols - col : INNER,
                       c->rows - row < INNER ? c->rows - row : INNER};
}

static gt_status bad_friction(gt_ctx *ctx, const cost_run *c, const gt_window *w, int i, float r)
{
    char value[40];
    (void)snprintf(value, sizeof value, "%.9g", (double)r);
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_FRICTION,
                   GT_PLACE(.file = gt_grid_path(c->friction)),
                   GT_ARGS(GT_TEXT("value", value), GT_INT("col", w->col - 1 + i % SIDE),
                           GT_INT("row", w->row - 1 + i / SIDE)));
}

static gt_status fill_tile(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    cost_run *c = user;
    work_tile *t = &c->tiles[task];
    const gt_window w = inner_of(c, (int64_t)task);
    const gt_window wide = {w.col - 1, w.row - 1, SIDE, SIDE};
    double sum = 0;
    int64_t n = 0;
    gt_status st = gt_grid_read(ctx, c->friction, &wide, GT_CELL_F32, t->r, SIDE);
    /* d is not yet in use: it holds the sources meanwhile */
    int32_t *source = (int32_t *)(void *)t->d;
    if (st == GT_OK) {
        st = gt_grid_read(ctx, c->sources, &w, GT_CELL_I32, source, SIDE);
    }
    if (st != GT_OK) {
        return st;
    }
    for (int i = 0; i < CELLS; i++) {
        float r = t->r[i];
        if (r <= 0) {
            return bad_friction(ctx, c, &w, i, r);
        }
        bool open = !isnan(r) && !isinf(r);
        sum += open ? (double)r : 0;
        n += open;
        t->r[i] = open ? r : (float)INFINITY;
    }
    inbox *b = &c->box[task];
    b->least = (double)INFINITY;
    for (int64_t y = 0; st == GT_OK && y < w.n_rows; y++) {
        for (int64_t x = 0; st == GT_OK && x < w.n_cols; x++) {
            int32_t s = source[y * SIDE + x];
            uint32_t cell = (uint32_t)((y + 1) * SIDE + x + 1);
            if (s != 0 && s != GT_NODATA_I32 && !isinf(t->r[cell])) {
                st = offer_to(ctx, b, cell, 0);
            }
        }
    }
    for (int i = 0; i < CELLS; i++) {
        t->d[i] = (double)INFINITY;
    }
    c->found[task] = b->n;
    c->most[task] = n > 0 ? sum / (double)n : 0;
    let_go(c, (int64_t)task);
    return st;
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
        if (st == GT_OK && to != NONE && t->d[cell] <= c->limit) {
            pthread_mutex_t *lock = &c->locks[to % LOCKS];
            (void)pthread_mutex_lock(lock);
            st = offer_to(ctx, &c->box[to], there, t->d[cell]);
            (void)pthread_mutex_unlock(lock);
        }
    }
    q->n_ring = 0;
    return st;
}

static gt_status visit(gt_ctx *ctx, void *user, size_t task, int worker)
{
    cost_run *c = user;
    queue *q = &c->queues[worker];
    int64_t tile = c->active[task];
    work_tile *t = &c->tiles[tile];
    inbox later = {.least = (double)INFINITY};
    gt_status st = GT_OK;
    /* the inbox is swapped for an empty one: others go on writing */
    pthread_mutex_t *lock = &c->locks[tile % LOCKS];
    (void)pthread_mutex_lock(lock);
    inbox mine = c->box[tile];
    c->box[tile] = q->mine;
    c->box[tile].n = 0;
    c->box[tile].least = (double)INFINITY;
    (void)pthread_mutex_unlock(lock);
    q->mine = mine;
    q->n = 0;
    q->visits++;
    memset(q->head, 0xff, sizeof q->head);
    for (size_t i = 0; st == GT_OK && i < mine.n; i++) {
        const offer *o = &mine.list[i];
        /* equal: kept from an earlier round, not yet expanded */
        if (o->d <= t->d[o->cell]) {
            t->d[o->cell] = o->d;
            st = improved(ctx, c, q, &later, o->cell, o->d, 0);
        }
    }
    for (int b = 0; st == GT_OK && b < BUCKETS; b++) {
        while (st == GT_OK && q->head[b] >= 0) {
            node from = q->nodes[q->head[b]];
            q->head[b] = from.next;
            if (from.d == t->d[from.cell]) {
                st = expand(ctx, c, q, t, &later, &from, b);
            }
        }
    }
    st = st == GT_OK ? send_ring(ctx, c, q, t, tile) : st;
    (void)pthread_mutex_lock(lock);
    for (size_t i = 0; st == GT_OK && i < later.n; i++) {
        if (later.list[i].d == t->d[later.list[i].cell]) {
            st = offer_to(ctx, &c->box[tile], later.list[i].cell, later.list[i].d);
        }
    }
    (void)pthread_mutex_unlock(lock);
    gt_free(ctx, later.list);
    let_go(c, tile);
    return st;
}

/* Rounds until no inbox holds anything. */
static gt_status spread(gt_ctx *ctx, cost_run *c, double width)
{
    gt_status st = GT_OK;
    int64_t n_tiles = c->across * c->down;
    for (;;) {
        double least = (double)INFINITY;
        size_t n = 0;
        for (int64_t t = 0; t < n_tiles; t++) {
            least = c->box[t].least < least ? c->box[t].least : least;
        }
        if (isinf(least)) {
            return GT_OK;
        }
        c->low = least;
        c->bound = least + width;
        for (int64_t t = 0; t < n_tiles; t++) {
            if (c->box[t].least < c->bound) {
                c->active[n++] = t;
            }
        }
        st = gt_check_cancel(ctx);
        if (st == GT_OK) {
            st = gt_parallel_for(ctx, n, visit, c);
        }
        if (st != GT_OK) {
            return st;
        }
    }
}

/* ---- results ------------------------------------------------------------------------------------
 */

/* Costs of the cells around a tile are its neighbours': the ring holds only what this tile offered.
 */
static void true_ring(const cost_run *c, int64_t tile, double *d)
{
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        if (on_ring(cell)) {
            uint32_t there = 0;
            int64_t owner = owner_of(c, tile, cell, &there);
            d[cell] = owner == NONE ? (double)INFINITY : c->tiles[owner].d[there];
        }
    }
}

static int back_of(const cost_run *c, const work_tile *t, const double *d, uint32_t cell)
{
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

static gt_status write_tile(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    cost_run *c = user;
    const work_tile *t = &c->tiles[task];
    const gt_window w = inner_of(c, (int64_t)task);
    float *out = gt_alloc(ctx, CELLS, sizeof *out);
    int32_t *back = c->back == NULL ? NULL : gt_alloc(ctx, CELLS, sizeof *back);
    double *d = c->back == NULL ? NULL : gt_alloc(ctx, CELLS, sizeof *d);
    gt_status st =
        out == NULL || (c->back != NULL && (back == NULL || d == NULL)) ? GT_E_MEMORY : GT_OK;
    c->found[task] = 0;
    c->most[task] = 0;
    if (st == GT_OK && d != NULL) {
        memcpy(d, t->d, sizeof t->d);
        true_ring(c, (int64_t)task, d);
    }
    for (int64_t y = 0; st == GT_OK && y < w.n_rows; y++) {
        for (int64_t x = 0; x < w.n_cols; x++) {
            uint32_t cell = (uint32_t)((y + 1) * SIDE + x + 1);
            double v = t->d[cell];
            bool reached = v <= c->limit && !isinf(v);
            out[y * INNER + x] = reached ? (float)v : (float)NAN;
            c->found[task] += reached;
            c->most[task] = reached && v > c->most[task] ? v : c->most[task];
            if (d != NULL) {
                back[y * INNER + x] = reached ? back_of(c, t, d, cell) : GT_NODATA_I32;
            }
        }
    }
    if (st == GT_OK) {
        st = gt_grid_write(ctx, c->cost, &w, GT_CELL_F32, out, INNER);
    }
    if (st == GT_OK && c->back != NULL) {
        st = gt_grid_write(ctx, c->back, &w, GT_CELL_I32, back, INNER);
    }
    let_go(c, (int64_t)task);
    gt_free(ctx, out);
    gt_free(ctx, back);
    gt_free(ctx, d);
    return st;
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
    if (c->box == NULL || c->queues == NULL || c->active == NULL || c->found == NULL ||
        c->most == NULL) {
        return GT_E_MEMORY;
    }
    return hold_tiles(ctx, c);
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
    gt_status st = gt_grid_check_aligned(ctx, friction, sources, true, NULL, NULL);
    if (st == GT_OK) {
        st = gt_grid_check_aligned(ctx, friction, cost, true, NULL, NULL);
    }
    if (st == GT_OK && back != NULL) {
        st = gt_grid_check_aligned(ctx, friction, back, true, NULL, NULL);
    }
    st = st == GT_OK ? prepare(ctx, &c) : st;
    size_t n = (size_t)(c.across * c.down);
    st = st == GT_OK ? gt_parallel_for(ctx, n, fill_tile, &c) : st;
    if (st == GT_OK) {
        total(&c, &f.n_sources, &f.max, &mean);
        st = f.n_sources == 0 ? gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NO_SOURCE,
                                        GT_PLACE(.file = gt_grid_path(sources)), GT_NO_ARGS)
                              : GT_OK;
    }
    if (st == GT_OK) {
        /* the cost of crossing about a quarter of a tile at the mean friction: measured best */
        st = spread(ctx, &c, mean / (double)n * 2 * c.step[0] * INNER / 4);
    }
    st = st == GT_OK ? gt_parallel_for(ctx, n, write_tile, &c) : st;
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
