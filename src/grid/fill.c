/* Depression filling in tiles, on all threads (Barnes 2016): every tile is flooded from its edges
 * alone, and each cell gets the number of the edge cell its water came from; what it costs to pass
 * from one number to another, in the tile and over its borders, makes a small graph; flooding that
 * graph from the outside gives each number the level it is raised to. The filled surface is the
 * least that drains, so tiles cannot be seen in it.
 *
 * In a tile: priority-flood with a queue for depressions (Barnes, Lehman and Mulla 2014) over a
 * radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990: keys never fall, so a push is one append), on
 * a copy that stays in the second cache. */
#include <math.h>
#include <string.h>

#include "grid/flow.h"
#include "guotu/pool.h"

enum { SIDE = 512, LEVELS = 33, OUTSIDE = 1, BLOCKED = 65535, SLOTS = 1 << 12 };

typedef struct item {
    uint32_t key, cell;
} item;

typedef struct stack {
    item *list;
    size_t n, cap;
} stack;

typedef struct heap {
    stack level[LEVELS];
    uint32_t last; /* key popped last; no key below it is ever pushed */
    size_t n;
} heap;

/* The least height at which water passes between two numbers. */
typedef struct pass {
    uint32_t a, b; /* a < b */
    float z;
} pass;

typedef struct passes {
    pass *list;
    size_t n, cap;
} passes;

/* Of one worker: a tile with a ring. */
typedef struct basin {
    int cols, rows, width;
    float *z;
    uint16_t *label;
    uint8_t *raised, *edge; /* edge: in the heap from the start */
    heap heap;
    uint32_t *queue;
    size_t head, tail, cap_queue;
    uint32_t *slot; /* hash table: index into found, + 1 */
    size_t n_slots;
    passes found;
    uint16_t n_labels;
    int move[8];
} basin;

typedef struct fill_run {
    flow_run *flow;
    int64_t side, across, down;
    basin *basins;  /* per worker */
    passes *passes; /* per tile, numbers of the tile */
    uint32_t *base; /* per tile: number k >= 2 is base + k - 1 overall; OUTSIDE is 0 */
    float *level;   /* per number */
} fill_run;

/* ---- heap ---------------------------------------------------------------------------------------
 */

/* Order of floats as order of unsigned numbers. */
static inline uint32_t key_of(float z)
{
    uint32_t u = 0;
    memcpy(&u, &z, sizeof u);
    return (u & 0x80000000U) != 0 ? ~u : u | 0x80000000U;
}

static inline float height_of(uint32_t key)
{
    uint32_t u = (key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key;
    float z = 0;
    memcpy(&z, &u, sizeof z);
    return z;
}

static inline int level_of(const heap *h, uint32_t key)
{
    return key == h->last ? 0 : 32 - __builtin_clz(key ^ h->last);
}

static inline gt_status heap_push(gt_ctx *ctx, heap *h, uint32_t key, uint32_t cell)
{
    stack *s = &h->level[level_of(h, key)];
    if (s->n == s->cap) {
        gt_status st = gt_grow(ctx, (void **)&s->list, &s->cap, s->n + 1, sizeof *s->list);
        if (st != GT_OK) {
            return st;
        }
    }
    s->list[s->n++] = (item){key, cell};
    h->n++;
    return GT_OK;
}

static gt_status heap_pop(gt_ctx *ctx, heap *h, item *out)
{
    gt_status st = GT_OK;
    if (h->level[0].n == 0) {
        int l = 1;
        while (h->level[l].n == 0) {
            l++;
        }
        stack full = h->level[l];
        uint32_t least = UINT32_MAX;
        for (size_t i = 0; i < full.n; i++) {
            least = full.list[i].key < least ? full.list[i].key : least;
        }
        h->last = least;
        h->level[l].n = 0; /* all of it moves to lower levels, never to this one */
        h->n -= full.n;
        for (size_t i = 0; st == GT_OK && i < full.n; i++) {
            st = heap_push(ctx, h, full.list[i].key, full.list[i].cell);
        }
        if (st != GT_OK) {
            return st;
        }
    }
    *out = h->level[0].list[--h->level[0].n];
    h->n--;
    return GT_OK;
}

static void heap_free(gt_ctx *ctx, heap *h)
{
    for (int i = 0; i < LEVELS; i++) {
        gt_free(ctx, h->level[i].list);
    }
}

/* ---- passes between numbers ---------------------------------------------------------------------
 */

static inline size_t slot_of(const basin *b, uint32_t lo, uint32_t hi)
{
    return (lo * 2654435761U ^ hi * 2246822519U) & (b->n_slots - 1);
}

static gt_status more_slots(gt_ctx *ctx, basin *b)
{
    size_t n = b->n_slots == 0 ? SLOTS : b->n_slots * 2;
    uint32_t *slot = gt_zalloc(ctx, n, sizeof *slot);
    if (slot == NULL) {
        return GT_E_MEMORY;
    }
    gt_free(ctx, b->slot);
    b->slot = slot;
    b->n_slots = n;
    for (size_t i = 0; i < b->found.n; i++) {
        size_t s = slot_of(b, b->found.list[i].a, b->found.list[i].b);
        while (b->slot[s] != 0) {
            s = (s + 1) & (n - 1);
        }
        b->slot[s] = (uint32_t)i + 1;
    }
    return GT_OK;
}

static gt_status add_pass(gt_ctx *ctx, passes *p, uint32_t a, uint32_t b, float z)
{
    gt_status st = GT_OK;
    if (p->n == p->cap) {
        st = gt_grow(ctx, (void **)&p->list, &p->cap, p->n + 1, sizeof *p->list);
    }
    if (st == GT_OK) {
        p->list[p->n++] = (pass){a, b, z};
    }
    return st;
}

static gt_status meet(gt_ctx *ctx, basin *b, uint32_t x, uint32_t y, float z)
{
    uint32_t lo = x < y ? x : y, hi = x < y ? y : x;
    size_t s = slot_of(b, lo, hi);
    for (; b->slot[s] != 0; s = (s + 1) & (b->n_slots - 1)) {
        pass *p = &b->found.list[b->slot[s] - 1];
        if (p->a == lo && p->b == hi) {
            p->z = z < p->z ? z : p->z;
            return GT_OK;
        }
    }
    gt_status st = add_pass(ctx, &b->found, lo, hi, z);
    if (st == GT_OK) {
        b->slot[s] = (uint32_t)b->found.n;
        st = b->found.n * 2 > b->n_slots ? more_slots(ctx, b) : GT_OK;
    }
    return st;
}

/* ---- one tile -----------------------------------------------------------------------------------
 */

static gt_window tile_at(const fill_run *r, size_t tile)
{
    int64_t col = (int64_t)tile % r->across * r->side, row = (int64_t)tile / r->across * r->side;
    const flow_run *f = r->flow;
    return (gt_window){col, row, f->cols - col < r->side ? f->cols - col : r->side,
                       f->rows - row < r->side ? f->rows - row : r->side};
}

static gt_status open_basin(gt_ctx *ctx, basin *b, int64_t side)
{
    size_t n = (size_t)(side + 2) * (size_t)(side + 2);
    if (b->z != NULL) {
        return GT_OK;
    }
    b->z = gt_alloc(ctx, n, sizeof *b->z);
    b->label = gt_alloc(ctx, n, sizeof *b->label);
    b->raised = gt_alloc(ctx, n, 1);
    b->edge = gt_alloc(ctx, n, 1);
    bool got = b->z != NULL && b->label != NULL && b->raised != NULL && b->edge != NULL;
    return got ? more_slots(ctx, b) : GT_E_MEMORY;
}

static void close_basin(gt_ctx *ctx, basin *b)
{
    heap_free(ctx, &b->heap);
    gt_free(ctx, b->z);
    gt_free(ctx, b->label);
    gt_free(ctx, b->raised);
    gt_free(ctx, b->edge);
    gt_free(ctx, b->queue);
    gt_free(ctx, b->slot);
    gt_free(ctx, b->found.list);
}

/* Copies the tile; marks in `edge` cells where water leaves (2) and other cells of the border (1).
 */
static void copy_tile(const flow_run *f, const gt_window *w, basin *b)
{
    b->cols = (int)w->n_cols;
    b->rows = (int)w->n_rows;
    b->width = b->cols + 2;
    const int move[8] = {1,  1 - b->width, -b->width, -b->width - 1,
                         -1, b->width - 1, b->width,  b->width + 1};
    memcpy(b->move, move, sizeof move);
    size_t n = (size_t)b->width * (size_t)(b->rows + 2);
    for (size_t i = 0; i < n; i++) {
        b->label[i] = BLOCKED;
    }
    memset(b->raised, 0, n);
    for (int r = 0; r < b->rows; r++) {
        size_t from = (size_t)(w->row + r + 1) * f->width + (size_t)w->col + 1;
        size_t to = (size_t)(r + 1) * (size_t)b->width + 1;
        const uint8_t *u = f->dir + from - f->width, *m = f->dir + from,
                      *d = f->dir + from + f->width;
        bool end = r == 0 || r == b->rows - 1;
        memcpy(b->z + to, f->z + from, (size_t)b->cols * sizeof *b->z);
        for (ptrdiff_t c = 0; c < b->cols; c++) {
            uint8_t most = u[c - 1];
            most = u[c] > most ? u[c] : most;
            most = u[c + 1] > most ? u[c + 1] : most;
            most = m[c - 1] > most ? m[c - 1] : most;
            most = m[c + 1] > most ? m[c + 1] : most;
            most = d[c - 1] > most ? d[c - 1] : most;
            most = d[c] > most ? d[c] : most;
            most = d[c + 1] > most ? d[c + 1] : most;
            size_t i = to + (size_t)c;
            b->label[i] = m[c] == FLOW_NODATA ? BLOCKED : 0;
            b->edge[i] = most == FLOW_NODATA ? 2 : end;
        }
        b->edge[to] |= 1;
        b->edge[to + (size_t)b->cols - 1] |= 1;
    }
}

static gt_status seed_tile(gt_ctx *ctx, basin *b)
{
    gt_status st = GT_OK;
    b->n_labels = OUTSIDE;
    b->heap.last = 0;
    b->heap.n = 0;
    b->head = b->tail = 0;
    b->found.n = 0;
    memset(b->slot, 0, b->n_slots * sizeof *b->slot);
    for (int r = 0; st == GT_OK && r < b->rows; r++) {
        size_t at = (size_t)(r + 1) * (size_t)b->width + 1;
        for (size_t i = at; st == GT_OK && i < at + (size_t)b->cols; i++) {
            if (b->edge[i] != 0 && b->label[i] != BLOCKED) {
                b->label[i] = b->edge[i] >= 2 ? OUTSIDE : 0;
                st = heap_push(ctx, &b->heap, key_of(b->z[i]), (uint32_t)i);
            }
        }
    }
    return st;
}

static inline gt_status queue_push(gt_ctx *ctx, basin *b, uint32_t cell)
{
    if (b->head == b->tail) {
        b->head = b->tail = 0;
    }
    if (b->tail == b->cap_queue) {
        gt_status st =
            gt_grow(ctx, (void **)&b->queue, &b->cap_queue, b->tail + 1, sizeof *b->queue);
        if (st != GT_OK) {
            return st;
        }
    }
    b->queue[b->tail++] = cell;
    return GT_OK;
}

static gt_status flood_from(gt_ctx *ctx, basin *b, uint32_t cell)
{
    float level = b->z[cell];
    gt_status st = GT_OK;
    if (b->label[cell] == 0) {
        b->label[cell] = ++b->n_labels;
    }
    uint16_t mine = b->label[cell];
    for (int e = 0; st == GT_OK && e < 8; e++) {
        uint32_t next = (uint32_t)((int)cell + b->move[e]);
        uint16_t other = b->label[next];
        if (other == mine || other == BLOCKED) {
            continue;
        }
        if (other != 0) {
            st = meet(ctx, b, mine, other, level > b->z[next] ? level : b->z[next]);
            continue;
        }
        b->label[next] = mine;
        if (b->edge[next] != 0) {
            continue; /* it waits in the heap and lies no lower */
        }
        if (b->z[next] <= level) {
            b->raised[next] = b->z[next] < level;
            b->z[next] = level;
            st = queue_push(ctx, b, next);
        } else {
            st = heap_push(ctx, &b->heap, key_of(b->z[next]), next);
        }
    }
    return st;
}

static gt_status flood_tile(gt_ctx *ctx, void *user, size_t task, int worker)
{
    fill_run *r = user;
    flow_run *f = r->flow;
    basin *b = &r->basins[worker];
    const gt_window w = tile_at(r, task);
    gt_status st = open_basin(ctx, b, r->side);
    if (st == GT_OK) {
        copy_tile(f, &w, b);
        st = seed_tile(ctx, b);
    }
    while (st == GT_OK && (b->head < b->tail || b->heap.n > 0)) {
        item next = {0, 0};
        if (b->head < b->tail) {
            next.cell = b->queue[b->head++];
        } else {
            st = heap_pop(ctx, &b->heap, &next);
        }
        st = st == GT_OK ? flood_from(ctx, b, next.cell) : st;
    }
    for (int i = 0; st == GT_OK && i < b->rows; i++) {
        size_t to = (size_t)(w.row + i + 1) * f->width + (size_t)w.col + 1;
        size_t from = (size_t)(i + 1) * (size_t)b->width + 1;
        memcpy(f->z + to, b->z + from, (size_t)b->cols * sizeof *f->z);
        memcpy(f->label + to, b->label + from, (size_t)b->cols * sizeof *f->label);
        memcpy(f->inflow + to, b->raised + from, (size_t)b->cols);
    }
    passes *mine = &r->passes[task];
    mine->list = st == GT_OK ? gt_alloc(ctx, b->found.n, sizeof *mine->list) : NULL;
    if (st == GT_OK && mine->list != NULL && b->found.n > 0) {
        memcpy(mine->list, b->found.list, b->found.n * sizeof *mine->list);
        mine->n = b->found.n;
    }
    r->base[task + 1] = (uint32_t)(b->n_labels - OUTSIDE);
    st = st == GT_OK && mine->list == NULL ? GT_E_MEMORY : st;
    grid_hold_mind(&f->held);
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* ---- the graph of numbers -----------------------------------------------------------------------
 */

static uint32_t number_of(const fill_run *r, size_t tile, uint32_t label)
{
    return label == OUTSIDE ? 0 : r->base[tile] + label - OUTSIDE;
}

/* Adds the pass between two cells on either side of a border; runs of the same pair become one. */
static gt_status over_border(gt_ctx *ctx, const fill_run *r, int64_t c0, int64_t r0, int64_t c1,
                             int64_t r1, passes *all)
{
    const flow_run *f = r->flow;
    if (c0 < 0 || c1 < 0 || r0 < 0 || r1 < 0 || c0 >= f->cols || c1 >= f->cols || r0 >= f->rows ||
        r1 >= f->rows) {
        return GT_OK;
    }
    size_t i = (size_t)(r0 + 1) * f->width + (size_t)c0 + 1;
    size_t j = (size_t)(r1 + 1) * f->width + (size_t)c1 + 1;
    if (f->label[i] == BLOCKED || f->label[j] == BLOCKED) {
        return GT_OK;
    }
    uint32_t a = number_of(r, (size_t)(r0 / r->side * r->across + c0 / r->side), f->label[i]);
    uint32_t b = number_of(r, (size_t)(r1 / r->side * r->across + c1 / r->side), f->label[j]);
    uint32_t lo = a < b ? a : b, hi = a < b ? b : a;
    float z = f->z[i] > f->z[j] ? f->z[i] : f->z[j];
    pass *last = all->n > 0 ? &all->list[all->n - 1] : NULL;
    if (a == b) {
        return GT_OK;
    }
    if (last != NULL && last->a == lo && last->b == hi) {
        last->z = z < last->z ? z : last->z;
        return GT_OK;
    }
    return add_pass(ctx, all, lo, hi, z);
}

static gt_status collect(gt_ctx *ctx, const fill_run *r, passes *all)
{
    const flow_run *f = r->flow;
    gt_status st = GT_OK;
    for (size_t t = 0; st == GT_OK && t < (size_t)(r->across * r->down); t++) {
        for (size_t i = 0; st == GT_OK && i < r->passes[t].n; i++) {
            const pass *p = &r->passes[t].list[i];
            uint32_t a = number_of(r, t, p->a), b = number_of(r, t, p->b);
            st = add_pass(ctx, all, a < b ? a : b, a < b ? b : a, p->z);
        }
    }
    for (int64_t t = 0; st == GT_OK && t < r->across * r->down; t++) { /* as they lie in memory */
        int64_t x = t % r->across * r->side, top = t / r->across * r->side;
        for (int64_t y = top; st == GT_OK && x > 0 && y < top + r->side; y++) {
            for (int64_t d = -1; st == GT_OK && d <= 1; d++) {
                st = over_border(ctx, r, x - 1, y, x, y + d, all);
            }
        }
    }
    for (int64_t y = r->side; st == GT_OK && y < f->rows; y += r->side) {
        for (int64_t x = 0; st == GT_OK && x < f->cols; x++) {
            for (int64_t d = -1; st == GT_OK && d <= 1; d++) {
                st = over_border(ctx, r, x, y - 1, x + d, y, all);
            }
        }
    }
    return st;
}

/* Passes by number: to[first[k] .. first[k + 1]) are the ends of those of k. */
typedef struct graph {
    uint32_t *first, *to;
    float *z;
} graph;

static gt_status make_graph(gt_ctx *ctx, const passes *all, size_t n, graph *g)
{
    g->first = gt_zalloc(ctx, n + 2, sizeof *g->first);
    g->to = gt_alloc(ctx, 2 * all->n, sizeof *g->to);
    g->z = gt_alloc(ctx, 2 * all->n, sizeof *g->z);
    if (g->first == NULL || g->to == NULL || g->z == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < all->n; i++) {
        g->first[all->list[i].a + 2]++;
        g->first[all->list[i].b + 2]++;
    }
    for (size_t k = 2; k < n + 2; k++) {
        g->first[k] += g->first[k - 1];
    }
    for (size_t i = 0; i < all->n; i++) { /* leaves first[k + 1] at the end of k */
        const pass *p = &all->list[i];
        uint32_t a = g->first[p->a + 1]++, b = g->first[p->b + 1]++;
        g->to[a] = p->b;
        g->to[b] = p->a;
        g->z[a] = g->z[b] = p->z;
    }
    return GT_OK;
}

static gt_status offer(gt_ctx *ctx, fill_run *r, heap *h, const graph *g, uint32_t k, float level)
{
    gt_status st = GT_OK;
    for (uint32_t i = g->first[k]; st == GT_OK && i < g->first[k + 1]; i++) {
        float z = g->z[i] > level ? g->z[i] : level;
        if (z < r->level[g->to[i]]) {
            r->level[g->to[i]] = z;
            st = heap_push(ctx, h, key_of(z), g->to[i]);
        }
    }
    return st;
}

/* Floods the graph from the outside: level[k] is the least height that k drains at. */
static gt_status flood_graph(gt_ctx *ctx, fill_run *r, size_t n)
{
    passes all = {0};
    graph g = {0};
    heap h = {.last = 0};
    gt_status st = collect(ctx, r, &all);
    st = st == GT_OK ? make_graph(ctx, &all, n, &g) : st;
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        r->level[k] = k == 0 ? -(float)INFINITY : (float)INFINITY;
    }
    st = st == GT_OK ? offer(ctx, r, &h, &g, 0, -(float)INFINITY) : st;
    while (st == GT_OK && h.n > 0) {
        item next = {0, 0};
        st = heap_pop(ctx, &h, &next);
        if (st == GT_OK && height_of(next.key) == r->level[next.cell]) {
            st = offer(ctx, r, &h, &g, next.cell, r->level[next.cell]);
        }
    }
    heap_free(ctx, &h);
    gt_free(ctx, g.first);
    gt_free(ctx, g.to);
    gt_free(ctx, g.z);
    gt_free(ctx, all.list);
    return st;
}

static gt_status raise_tile(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    fill_run *r = user;
    flow_run *f = r->flow;
    const gt_window w = tile_at(r, task);
    uint64_t raised = 0;
    for (int64_t i = 0; i < w.n_rows; i++) {
        size_t at = (size_t)(w.row + i + 1) * f->width + (size_t)w.col + 1;
        for (size_t c = at; c < at + (size_t)w.n_cols; c++) {
            if (f->label[c] == BLOCKED) {
                continue;
            }
            float level = r->level[number_of(r, task, f->label[c])];
            raised += f->z[c] < level || f->inflow[c] != 0;
            f->z[c] = f->z[c] < level ? level : f->z[c];
        }
    }
    f->part[task].n_raised = raised;
    grid_hold_mind(&f->held);
    return gt_check_cancel(ctx);
}

/* Smaller tiles where the ceiling leaves little: about 14 bytes a cell of a tile and thread. */
static int64_t side_for(gt_ctx *ctx, const flow_run *f)
{
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    size_t have = ceiling == 0 ? SIZE_MAX : ceiling > used ? (ceiling - used) / 2 : 0;
    int64_t side = f->o->tile > 0 ? f->o->tile : SIDE;
    while (f->o->tile == 0 && side > 32 &&
           (size_t)(side * side) * 14 * (size_t)gt_ctx_threads(ctx) > have) {
        side /= 2;
    }
    return side;
}

gt_status flow_fill(gt_ctx *ctx, flow_run *f)
{
    fill_run r = {.flow = f, .side = side_for(ctx, f)};
    r.across = (f->cols + r.side - 1) / r.side;
    r.down = (f->rows + r.side - 1) / r.side;
    size_t n = (size_t)(r.across * r.down), threads = (size_t)gt_ctx_threads(ctx), total = 1;
    r.basins = gt_zalloc(ctx, threads, sizeof *r.basins);
    r.passes = gt_zalloc(ctx, n, sizeof *r.passes);
    r.base = gt_zalloc(ctx, n + 1, sizeof *r.base);
    f->part = gt_zalloc(ctx, n, sizeof *f->part);
    bool got = r.basins != NULL && r.passes != NULL && r.base != NULL && f->part != NULL;
    gt_status st = got ? gt_parallel_for(ctx, n, flood_tile, &r) : GT_E_MEMORY;
    if (st == GT_OK) {
        for (size_t t = 0; t < n; t++) {
            r.base[t + 1] += r.base[t];
        }
        total += r.base[n];
        r.level = gt_alloc(ctx, total, sizeof *r.level);
        st = r.level == NULL ? GT_E_MEMORY : flood_graph(ctx, &r, total);
    }
    st = st == GT_OK ? gt_parallel_for(ctx, n, raise_tile, &r) : st;
    for (size_t t = 0; st == GT_OK && t < n; t++) {
        f->facts.n_raised += f->part[t].n_raised;
    }
    for (size_t i = 0; r.basins != NULL && i < threads; i++) {
        close_basin(ctx, &r.basins[i]);
    }
    for (size_t t = 0; r.passes != NULL && t < n; t++) {
        gt_free(ctx, r.passes[t].list);
    }
    gt_free(ctx, r.basins);
    gt_free(ctx, r.passes);
    gt_free(ctx, r.base);
    gt_free(ctx, r.level);
    gt_free(ctx, f->part);
    f->part = NULL;
    return st;
}
