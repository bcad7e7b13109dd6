/* Strahler order, tile by tile. Pass 1 takes each tile alone: what depends on nothing outside it is
 * counted, and what does is made a small graph. Its nodes are the stream cells of borders and the
 * cells inside where two ways from borders meet. Along the way from one node to the next,
 * tributaries that are known change the order x that comes down in one way only:
 *
 *     x < a: low;  a <= x <= low: low + 1;  x > low: x       (a <= low + 1)
 *
 * as a tributary of order h has a = low = h, two of them a = low + 1 = h + 2, none a = 1, low = 0,
 * and two such steps make one again. Between passes the graph is followed downstream; pass 2 counts
 * each tile with its borders known. Orders are unique, so tiles and threads cannot be seen. */
#include <string.h>

#include "grid/internal.h"
#include "grid/messages.h"
#include "grid/ways.h"
#include "guotu/grid_analysis.h"
#include "guotu/pool.h"

#define NOWHERE UINT32_MAX
/* Bits of node.to before they are overall numbers; of flow_bench.steps JOINED: a node stands here,
 * else the node + 1 that the one way from the border comes from. */
#define ELSEWHERE 0x80000000u /* a slot of another tile, not a node of this one */
#define JOINED    0x80000000u

typedef struct step {
    uint8_t a, low;
} step;

typedef struct node {
    uint32_t to; /* node downstream, or NOWHERE */
    uint16_t left;
    uint8_t most, times; /* highest order that comes in, how many of it (2 is enough) */
    step by;             /* what happens on the way to it */
    uint8_t order;       /* 0: not known */
    bool stream;
} node;

typedef struct node_list {
    node *list;
    size_t n, cap;
} node_list;

typedef struct order_run {
    way_run ways;
    node *nodes; /* of border cells by slot, then those inside, by tile */
    size_t n_nodes;
    node_list *inner; /* per tile, until they stand in nodes */
} order_run;

/* ---- orders -------------------------------------------------------------------------------------
 */

static uint8_t order_of(uint8_t most, uint8_t times)
{
    return (uint8_t)(most == 0 ? 1 : most + (times >= 2));
}

static void merge(uint8_t *most, uint8_t *times, uint8_t order)
{
    int n = order > *most ? 1 : order == *most ? *times + 1 : *times;
    *times = (uint8_t)(n > 2 ? 2 : n);
    *most = order > *most ? order : *most;
}

static uint8_t apply(step s, uint8_t x)
{
    return (uint8_t)(x < s.a ? s.low : x <= s.low ? s.low + 1 : x);
}

/* What tributaries known do. */
static step step_of(uint8_t most, uint8_t times)
{
    uint8_t up = (uint8_t)(most + 1);
    return most == 0   ? (step){1, 0}
           : times < 2 ? (step){most, most}
                       : (step){(uint8_t)(up + 1), up};
}

/* First f, then g. */
static step both(step f, step g)
{
    uint8_t up = (uint8_t)(g.low + 1);
    if (f.low > g.low) {
        return f;
    }
    if (f.low >= g.a) { /* all that was not above g.low is raised */
        return (step){(uint8_t)(up + 1), up};
    }
    if (f.low == g.low || f.low + 1 == g.a) {
        return (step){f.a, g.low};
    }
    return g;
}

/* ---- a tile -------------------------------------------------------------------------------------
 * While a tile is counted, flow_bench.count of a stream cell holds: bits 0-7 highest order flowing
 * in, 8-15 how many of it, 16-19 inflows left; label the step since the node in steps. */

static bool is_stream(const flow_bench *b, size_t cell)
{
    return (b->dir[cell] & WAY_DIRECTION) != WAY_OFF;
}

static bool on_rim(const flow_bench *b, size_t cell, int *k)
{
    int x = (int)(cell % (size_t)b->width) - 1, y = (int)(cell / (size_t)b->width) - 1;
    bool rim = x == 0 || y == 0 || x == b->cols - 1 || y == b->rows - 1;
    *k = rim ? flow_rim_number(b->cols, b->rows, x, y) : -1;
    return rim;
}

/* Streams only, with the inflows each has from the tile. */
static gt_status read_streams(gt_ctx *ctx, const order_run *f, flow_bench *b, size_t tile)
{
    flow_bench_set(&f->ways.tiles, b, tile);
    gt_status st = way_read_tile(ctx, &f->ways, b, tile);
    if (st != GT_OK) {
        return st;
    }
    for (size_t i = 0; i < b->n; i++) {
        int d = b->dir[i] & WAY_DIRECTION;
        bool stream = (b->dir[i] & WAY_DONE) != 0 && d <= 8 && b->count[i] != 0;
        b->dir[i] = (uint8_t)(stream ? d : WAY_OFF);
        b->count[i] = b->steps[i] = 0;
    }
    for (size_t i = 0; i < b->n; i++) {
        int d = b->dir[i];
        if (is_stream(b, i) && d > 0) { /* streams do not lie in the ring */
            b->count[(ptrdiff_t)i + b->move[d]] += 1u << 16;
        }
    }
    return GT_OK;
}

/* Adds an inflow; was it the last? */
static bool add_inflow(const flow_bench *b, size_t cell, uint8_t order)
{
    uint32_t held = b->count[cell], left = (held >> 16) - 1;
    uint8_t most = (uint8_t)held, times = (uint8_t)(held >> 8 & 255);
    if (order > 0) { /* else it is not known */
        merge(&most, &times, order);
    }
    b->count[cell] = left << 16 | (uint32_t)times << 8 | most;
    return left == 0;
}

static node *node_at(const order_run *f, size_t tile, uint32_t k)
{
    size_t per_tile = f->ways.tiles.rims.per_tile;
    return k < per_tile ? &f->nodes[tile * per_tile + k] : &f->inner[tile].list[k - per_tile];
}

static void lead(const order_run *f, size_t tile, uint32_t from, uint32_t to, step by)
{
    node *n = node_at(f, tile, from);
    n->to = to;
    n->by = by;
}

/* A way from node `from` comes in at a cell inside: the first is kept, the second makes a node. */
static gt_status take_way(gt_ctx *ctx, order_run *f, const flow_bench *b, size_t tile, size_t cell,
                          uint32_t from, step by)
{
    node_list *in = &f->inner[tile];
    uint32_t had = b->steps[cell];
    if (had == 0) {
        b->steps[cell] = from + 1;
        b->label[cell] = (uint16_t)(by.a << 8 | by.low);
        return GT_OK;
    }
    if ((had & JOINED) == 0) {
        gt_status st = gt_grow(ctx, (void **)&in->list, &in->cap, in->n + 1, sizeof *in->list);
        if (st != GT_OK) {
            return st;
        }
        in->list[in->n] = (node){.to = NOWHERE, .stream = true};
        uint32_t made = (uint32_t)(f->ways.tiles.rims.per_tile + in->n++);
        const step so_far = {(uint8_t)(b->label[cell] >> 8), (uint8_t)b->label[cell]};
        lead(f, tile, had - 1, made, so_far);
        b->steps[cell] = JOINED | made;
    }
    lead(f, tile, from, b->steps[cell] & ~JOINED, by);
    return GT_OK;
}

/* A cell whose inflows from the tile are all done: the node its water comes from (NOWHERE: its
 * order is known), and the step since. */
static uint32_t settle_cell(const order_run *f, const flow_bench *b, size_t tile, size_t cell,
                            int k, step *by)
{
    uint8_t most = (uint8_t)b->count[cell], times = (uint8_t)(b->count[cell] >> 8 & 255);
    uint32_t way = b->steps[cell];
    uint32_t here = k >= 0 ? (uint32_t)k : (way & JOINED) != 0 ? way & ~JOINED : NOWHERE;
    *by = (step){1, 0};
    if (here != NOWHERE) {
        node *n = node_at(f, tile, here);
        n->most = most;
        n->times = times;
        n->stream = true;
        return here;
    }
    if (way == 0) {
        return NOWHERE;
    }
    const step so_far = {(uint8_t)(b->label[cell] >> 8), (uint8_t)b->label[cell]};
    *by = both(so_far, step_of(most, times));
    return way - 1;
}

/* Down the stream from a cell whose inflows are done, as far as they are. */
static gt_status flow_on(gt_ctx *ctx, order_run *f, const flow_bench *b, size_t tile, size_t from)
{
    gt_status st = GT_OK;
    for (size_t c = from; st == GT_OK;) {
        int k = -1, d = b->dir[c];
        step by;
        (void)on_rim(b, c, &k);
        uint32_t source = settle_cell(f, b, tile, c, k, &by);
        uint8_t order = source == NOWHERE
                            ? order_of((uint8_t)b->count[c], (uint8_t)(b->count[c] >> 8 & 255))
                            : 0;
        b->dir[c] |= WAY_PASSED;
        size_t next = (size_t)((ptrdiff_t)c + b->move[d]);
        int x = (int)(next % (size_t)b->width) - 1, y = (int)(next / (size_t)b->width) - 1;
        if (d == 0) {
            break;
        }
        if (x < 0 || y < 0 || x >= b->cols || y >= b->rows) {
            size_t slot = way_beside(&f->ways, tile, x, y, 0);
            lead(f, tile, source, slot == SIZE_MAX ? NOWHERE : ELSEWHERE | (uint32_t)slot, by);
            break;
        }
        if (!is_stream(b, next)) {
            break;
        }
        if (source != NOWHERE && on_rim(b, next, &k)) {
            lead(f, tile, source, (uint32_t)k, by);
        } else if (source != NOWHERE) {
            st = take_way(ctx, f, b, tile, next, source, by);
        }
        if (!add_inflow(b, next, order)) {
            break;
        }
        c = next;
    }
    return st;
}

static gt_status first_pass(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    order_run *f = user;
    flow_bench *b = &f->ways.tiles.benches[worker];
    gt_status st = read_streams(ctx, f, b, tile);
    for (size_t i = 0; st == GT_OK && i < b->n; i++) {
        if (is_stream(b, i) && b->count[i] >> 16 == 0 && (b->dir[i] & WAY_PASSED) == 0) {
            st = flow_on(ctx, f, b, tile, i);
        }
    }
    for (size_t i = 0; st == GT_OK && i < b->n; i++) {
        if (is_stream(b, i) && (b->dir[i] & WAY_PASSED) == 0) {
            st = way_circle(ctx, &f->ways, b, tile, i);
        }
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* ---- between ------------------------------------------------------------------------------------
 */

/* The nodes inside tiles move behind those of borders; all get overall numbers. */
static gt_status gather_nodes(gt_ctx *ctx, order_run *f)
{
    size_t per_tile = f->ways.tiles.rims.per_tile, n = f->ways.n_slots;
    for (size_t t = 0; t < f->ways.tiles.n_tiles; t++) {
        n += f->inner[t].n;
    }
    node *all = gt_realloc(ctx, f->nodes, n, sizeof *f->nodes);
    gt_status st = all == NULL ? GT_E_MEMORY : GT_OK;
    f->nodes = all == NULL ? f->nodes : all;
    f->n_nodes = f->ways.n_slots;
    for (size_t t = 0; st == GT_OK && t < f->ways.tiles.n_tiles; t++) {
        size_t from = f->n_nodes, more = f->inner[t].n;
        if (more > 0) {
            memcpy(f->nodes + from, f->inner[t].list, more * sizeof *f->nodes);
        }
        for (size_t i = 0; i < per_tile + more; i++) {
            node *at = &f->nodes[i < per_tile ? t * per_tile + i : from + i - per_tile];
            if (at->to != NOWHERE && (at->to & ELSEWHERE) != 0) {
                at->to &= ~ELSEWHERE;
            } else if (at->to != NOWHERE) {
                at->to = (uint32_t)(at->to < per_tile ? t * per_tile + at->to
                                                      : from + at->to - per_tile);
            }
        }
        f->n_nodes += more;
        gt_free(ctx, f->inner[t].list);
        f->inner[t] = (node_list){0};
    }
    return st;
}

static gt_status join_streams(gt_ctx *ctx, order_run *f)
{
    gt_status st = gather_nodes(ctx, f);
    for (size_t i = 0; st == GT_OK && i < f->n_nodes; i++) {
        node *n = &f->nodes[i];
        bool on = n->stream && n->to != NOWHERE && f->nodes[n->to].stream;
        n->to = on ? n->to : NOWHERE;
        if (on) {
            f->nodes[n->to].left++;
        }
    }
    for (size_t i = 0; st == GT_OK && i < f->n_nodes; i++) {
        node *n = &f->nodes[i];
        while (n->stream && n->left == 0 && n->order == 0) {
            n->order = order_of(n->most, n->times);
            if (n->to == NOWHERE) {
                break;
            }
            node *to = &f->nodes[n->to];
            merge(&to->most, &to->times, apply(n->by, n->order));
            to->left--;
            n = to;
        }
    }
    for (size_t s = 0; st == GT_OK && s < f->ways.n_slots; s++) { /* no circle is without borders */
        if (f->nodes[s].stream && f->nodes[s].order == 0) {
            size_t per_tile = f->ways.tiles.rims.per_tile;
            flow_bench b = {0};
            int x = 0, y = 0;
            flow_bench_set(&f->ways.tiles, &b, s / per_tile);
            flow_rim_cell(&b, (int)(s % per_tile), &x, &y);
            st = way_bad(ctx, &f->ways, s / per_tile, x, y, "the way runs in a circle", "流路成环");
        }
    }
    return st;
}

/* ---- pass 2 -------------------------------------------------------------------------------------
 */

/* From a cell whose order is known to those that wait for it; borders stand. */
static void hand_down(const flow_bench *b, size_t from)
{
    for (size_t c = from;;) {
        int d = b->dir[c] & WAY_DIRECTION;
        size_t next = (size_t)((ptrdiff_t)c + b->move[d]);
        b->dir[c] |= WAY_PASSED;
        if (d == 0 || !is_stream(b, next) || (b->dir[next] & WAY_PASSED) != 0 ||
            !add_inflow(b, next, (uint8_t)b->count[c])) {
            return;
        }
        b->count[next] = order_of((uint8_t)b->count[next], (uint8_t)(b->count[next] >> 8 & 255));
        c = next;
    }
}

static gt_status second_pass(gt_ctx *ctx, void *user, size_t tile, int worker)
{
    const order_run *f = user;
    flow_bench *b = &f->ways.tiles.benches[worker];
    const gt_window at = flow_tile_at(&f->ways.tiles, tile);
    gt_status st = read_streams(ctx, f, b, tile);
    if (st != GT_OK) {
        return st;
    }
    const node *rim = f->nodes + tile * f->ways.tiles.rims.per_tile;
    int n = flow_rim_size(b->cols, b->rows);
    for (int turn = 0; turn < 2; turn++) { /* all stand before any is handed down */
        for (int k = 0; k < n; k++) {
            int x = 0, y = 0;
            flow_rim_cell(b, k, &x, &y);
            size_t c = flow_bench_cell(b, x, y);
            if (is_stream(b, c) && turn == 0) {
                b->count[c] = rim[k].order;
                b->dir[c] |= WAY_PASSED;
            } else if (is_stream(b, c)) {
                hand_down(b, c);
            }
        }
    }
    for (size_t i = 0; i < b->n; i++) {
        if (is_stream(b, i) && b->count[i] == 0) { /* a source inside */
            b->count[i] = 1;
            hand_down(b, i);
        }
    }
    for (size_t i = 0; i < b->n; i++) {
        b->count[i] = is_stream(b, i) ? b->count[i] & 255 : (uint32_t)GT_NODATA_I32;
    }
    st = gt_grid_write(ctx, f->ways.out, &at, GT_CELL_I32, b->count + flow_bench_cell(b, 0, 0),
                       (size_t)b->width);
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

gt_status way_stream_order(gt_ctx *ctx, gt_grid *direction, gt_grid *streams, int64_t side,
                           gt_grid *out)
{
    order_run f = {
        .ways = {.direction = direction, .targets = streams, .out = out, .type = GT_CELL_I32}};
    gt_status st = way_open(ctx, &f.ways, side);
    if (st == GT_OK) {
        f.nodes = gt_zalloc(ctx, f.ways.n_slots, sizeof *f.nodes);
        f.inner = gt_zalloc(ctx, f.ways.tiles.n_tiles, sizeof *f.inner);
        st = f.nodes == NULL || f.inner == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < f.ways.n_slots; i++) {
        f.nodes[i].to = NOWHERE;
    }
    st = st == GT_OK ? gt_parallel_for(ctx, f.ways.tiles.n_tiles, first_pass, &f) : st;
    st = st == GT_OK ? join_streams(ctx, &f) : st;
    st = st == GT_OK ? gt_parallel_for(ctx, f.ways.tiles.n_tiles, second_pass, &f) : st;
    for (size_t t = 0; f.inner != NULL && t < f.ways.tiles.n_tiles; t++) {
        gt_free(ctx, f.inner[t].list);
    }
    gt_free(ctx, f.inner);
    gt_free(ctx, f.nodes);
    way_close(ctx, &f.ways);
    return st;
}

gt_status gt_grid_stream_order(gt_ctx *ctx, gt_grid *direction, gt_grid *streams, gt_grid *out)
{
    return way_stream_order(ctx, direction, streams, 0, out);
}
