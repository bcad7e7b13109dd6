/* Depressions opened by least-cost channels (Lindsay and Dhun 2015; selective breaching of Lindsay
 * 2016). Heights of the whole grid in memory with a ring of nodata; pits from the lowest up; for
 * each a search by Dijkstra over what would have to be dug, in a table that holds only the cells it
 * met. Each channel changes what later searches see, so pits are taken one after the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/cell_list.h"
#include "grid/hold.h"
#include "grid/messages.h"
#include "guotu/grid_ops.h"
#include "guotu/grid_water.h"
#include "guotu/pool.h"

enum { BAND = 64, FIRST_SLOTS = 1024 };

typedef struct node {    /* a cell that the search met */
    uint32_t cell, from; /* from: node; itself for the cells of the pit */
    double cost, length; /* dug up to here and in it; way from the rim */
    bool done;
} node;

typedef struct waiting {
    double cost, length;
    uint32_t cell, node;
} waiting;

typedef struct breach {
    gt_grid *dem;
    gt_breach_options o;
    int64_t cols, rows;
    size_t width, n;
    grid_hold held;
    float *z;
    ptrdiff_t move[9];
    double length[9];
    cells *of;     /* per band: cells without a lower neighbour */
    cells pits;    /* all of them, from the lowest */
    cells flat;    /* of the pit at hand */
    uint8_t *seen; /* bits: cells of flats that had their turn */
    node *nodes;
    size_t n_nodes, cap_nodes;
    waiting *heap;
    size_t n_heap, cap_heap;
    uint32_t *slot; /* hash table of the nodes, by cell; index + 1 */
    size_t n_slots;
    gt_breach_facts facts;
} breach;

void gt_breach_options_init(gt_breach_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->fill = true;
}

static gt_window band_of(const breach *b, size_t task)
{
    int64_t row = (int64_t)task * BAND;
    return (gt_window){0, row, b->cols, b->rows - row < BAND ? b->rows - row : BAND};
}

static size_t first_of(const breach *b, int64_t row)
{
    return (size_t)(row + 1) * b->width + 1;
}

static size_t beside(const breach *b, size_t cell, int e)
{
    return (size_t)((ptrdiff_t)cell + b->move[e]);
}

/* ---- pits ---------------------------------------------------------------------------------------
 */

static gt_status read_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    breach *b = user;
    const gt_window w = band_of(b, task);
    gt_status st = gt_grid_read(ctx, b->dem, &w, GT_CELL_F32, b->z + first_of(b, w.row), b->width);
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        float *z = b->z + first_of(b, w.row + r);
        z[-1] = z[b->cols] = (float)NAN;
        for (int64_t c = 0; c < b->cols; c++) {
            z[c] = isinf(z[c]) ? (float)NAN : z[c];
        }
    }
    return st;
}

/* Does water leave here: over the edge of the heights, or to a lower cell? */
static bool leaves(const breach *b, size_t cell, bool *edge)
{
    bool lower = false;
    *edge = false;
    for (int e = 1; e <= 8; e++) {
        float to = b->z[beside(b, cell, e)];
        *edge = *edge || isnan(to);
        lower = lower || to < b->z[cell];
    }
    return lower || *edge;
}

static gt_status pit_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    breach *b = user;
    const gt_window w = band_of(b, task);
    gt_status st = GT_OK;
    bool edge = false;
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        size_t at = first_of(b, w.row + r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)b->cols; i++) {
            if (!isnan(b->z[i]) && !leaves(b, i, &edge)) {
                st = add_cell(ctx, &b->of[task], i);
            }
        }
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

typedef struct ranked {
    float z;
    uint32_t cell;
} ranked;

static int by_height(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->z != y->z) {
        return x->z < y->z ? -1 : 1;
    }
    return x->cell < y->cell ? -1 : x->cell > y->cell;
}

static gt_status sort_pits(gt_ctx *ctx, breach *b, size_t bands)
{
    size_t n = 0;
    for (size_t t = 0; t < bands; t++) {
        n += b->of[t].n;
    }
    ranked *all = gt_alloc(ctx, n + 1, sizeof *all);
    gt_status st = all == NULL ? GT_E_MEMORY : GT_OK;
    n = 0;
    for (size_t t = 0; st == GT_OK && t < bands; t++) {
        for (size_t i = 0; i < b->of[t].n; i++) {
            uint32_t cell = b->of[t].list[i];
            all[n++] = (ranked){b->z[cell], cell};
        }
    }
    if (st == GT_OK) {
        qsort(all, n, sizeof *all, by_height);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = add_cell(ctx, &b->pits, all[i].cell);
    }
    gt_free(ctx, all);
    return st;
}

/* ---- the search ---------------------------------------------------------------------------------
 */

static size_t slot_of(const breach *b, uint32_t cell)
{
    size_t s = (cell * 2654435761U) & (b->n_slots - 1);
    while (b->slot[s] != 0 && b->nodes[b->slot[s] - 1].cell != cell) {
        s = (s + 1) & (b->n_slots - 1);
    }
    return s;
}

/* A table with room for twice the nodes, those there are put in anew. */
static gt_status more_slots(gt_ctx *ctx, breach *b, size_t n)
{
    uint32_t *slot = gt_zalloc(ctx, n, sizeof *slot);
    if (slot == NULL) {
        return GT_E_MEMORY;
    }
    gt_free(ctx, b->slot);
    b->slot = slot;
    b->n_slots = n;
    for (size_t i = 0; i < b->n_nodes; i++) {
        b->slot[slot_of(b, b->nodes[i].cell)] = (uint32_t)i + 1;
    }
    return GT_OK;
}

static void forget(breach *b)
{
    if (b->n_nodes * 8 > b->n_slots) {
        memset(b->slot, 0, b->n_slots * sizeof *b->slot);
    } else {
        for (size_t i = b->n_nodes; i-- > 0;) { /* the last put in goes first: chains stay whole */
            b->slot[slot_of(b, b->nodes[i].cell)] = 0;
        }
    }
    b->n_nodes = 0;
    b->n_heap = 0;
}

/* Order of work and of ways that are equal. */
static bool sooner(const waiting *a, const waiting *b)
{
    if (a->cost != b->cost) {
        return a->cost < b->cost;
    }
    return a->length != b->length ? a->length < b->length : a->cell < b->cell;
}

static gt_status heap_push(gt_ctx *ctx, breach *b, waiting w)
{
    if (b->n_heap == b->cap_heap) {
        gt_status st =
            gt_grow(ctx, (void **)&b->heap, &b->cap_heap, b->n_heap + 1, sizeof *b->heap);
        if (st != GT_OK) {
            return st;
        }
    }
    size_t i = b->n_heap++;
    for (; i > 0 && sooner(&w, &b->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        b->heap[i] = b->heap[(i - 1) / 2];
    }
    b->heap[i] = w;
    return GT_OK;
}

static waiting heap_pop(breach *b)
{
    waiting top = b->heap[0], last = b->heap[--b->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= b->n_heap) {
            break;
        }
        if (child + 1 < b->n_heap && sooner(&b->heap[child + 1], &b->heap[child])) {
            child++;
        }
        if (!sooner(&b->heap[child], &last)) {
            break;
        }
        b->heap[i] = b->heap[child];
        i = child;
    }
    b->heap[i] = last;
    return top;
}

/* Offers a way to a cell: kept when it is the first or better than what is known. */
static gt_status offer(gt_ctx *ctx, breach *b, uint32_t cell, uint32_t from, double cost,
                       double length)
{
    size_t s = slot_of(b, cell);
    gt_status st = GT_OK;
    if (b->slot[s] == 0) {
        if (b->n_nodes == b->cap_nodes) {
            st = gt_grow(ctx, (void **)&b->nodes, &b->cap_nodes, b->n_nodes + 1, sizeof *b->nodes);
        }
        if (st != GT_OK) {
            return st;
        }
        uint32_t me = (uint32_t)b->n_nodes;
        b->nodes[b->n_nodes++] = (node){cell, from == UINT32_MAX ? me : from, cost, length, false};
        b->slot[s] = me + 1;
        st = b->n_nodes * 2 > b->n_slots ? more_slots(ctx, b, b->n_slots * 2) : GT_OK;
        return st == GT_OK ? heap_push(ctx, b, (waiting){cost, length, cell, me}) : st;
    }
    uint32_t k = b->slot[s] - 1;
    node *known = &b->nodes[k];
    const waiting mine = {cost, length, 0, 0}, theirs = {known->cost, known->length, 0, 0};
    if (known->done || !sooner(&mine, &theirs)) {
        return GT_OK;
    }
    known->cost = cost;
    known->length = length;
    known->from = from;
    return heap_push(ctx, b, (waiting){cost, length, cell, k});
}

static gt_status spread(gt_ctx *ctx, breach *b, uint32_t k, double level)
{
    const node at = b->nodes[k];
    gt_status st = GT_OK;
    for (int e = 1; st == GT_OK && e <= 8; e++) {
        size_t next = beside(b, at.cell, e);
        double z = b->z[next];
        if (isnan(z)) {
            continue;
        }
        double depth = fmax(z - level, 0), length = at.length + b->length[e];
        if ((b->o.max_depth > 0 && depth > b->o.max_depth) ||
            (b->o.max_length > 0 && length > b->o.max_length * (1 + 1e-9))) {
            continue;
        }
        st = offer(ctx, b, (uint32_t)next, k, at.cost + depth, length);
    }
    return st;
}

static bool was_seen(const breach *b, size_t cell)
{
    return (b->seen[cell / 8] >> (cell % 8) & 1) != 0;
}

/* All cells of the flat that the pit belongs to become sources; *drains when water leaves one of
 * them. All are gone through even then, so that none has to be gone through again. */
static gt_status gather_flat(gt_ctx *ctx, breach *b, size_t cell, bool *drains)
{
    float level = b->z[cell];
    bool edge = false;
    b->flat.n = 0;
    gt_status st = offer(ctx, b, (uint32_t)cell, UINT32_MAX, 0, 0);
    st = st == GT_OK ? add_cell(ctx, &b->flat, cell) : st;
    for (size_t i = 0; st == GT_OK && i < b->flat.n; i++) {
        size_t at = b->flat.list[i];
        b->seen[at / 8] |= (uint8_t)(1U << (at % 8));
        *drains = *drains || leaves(b, at, &edge);
        for (int e = 1; st == GT_OK && e <= 8; e++) {
            size_t next = beside(b, at, e);
            if (b->z[next] == level && b->slot[slot_of(b, (uint32_t)next)] == 0) {
                st = offer(ctx, b, (uint32_t)next, UINT32_MAX, 0, 0);
                st = st == GT_OK ? add_cell(ctx, &b->flat, next) : st;
            }
        }
    }
    return st;
}

static void dig(breach *b, uint32_t k, float level)
{
    for (;; k = b->nodes[k].from) {
        float *z = &b->z[b->nodes[k].cell];
        if (*z > level) {
            b->facts.n_dug++;
            b->facts.dug += (double)*z - (double)level;
            *z = level;
        }
        if (b->nodes[k].from == k) {
            return;
        }
    }
}

static gt_status open_pit(gt_ctx *ctx, breach *b, size_t cell)
{
    float level = b->z[cell];
    bool edge = false, drains = leaves(b, cell, &edge), found = false;
    if (drains || was_seen(b, cell)) {
        return GT_OK; /* a channel that came by has opened it, or its flat had its turn */
    }
    gt_status st = gather_flat(ctx, b, cell, &drains);
    b->facts.n_pits += !drains;
    while (st == GT_OK && !drains && !found && b->n_heap > 0) {
        const waiting w = heap_pop(b);
        if (b->nodes[w.node].done) {
            continue;
        }
        b->nodes[w.node].done = true;
        (void)leaves(b, w.cell, &edge);
        found = b->z[w.cell] < level || edge;
        if (found) {
            dig(b, w.node, level);
            b->facts.n_opened++;
        } else {
            st = spread(ctx, b, w.node, level);
        }
    }
    forget(b);
    return st;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

static gt_status prepare(gt_ctx *ctx, breach *b)
{
    static const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    const gt_grid_spec *s = gt_grid_facts(b->dem);
    b->cols = s->n_cols;
    b->rows = s->n_rows;
    b->width = (size_t)b->cols + 2;
    b->n = b->width * ((size_t)b->rows + 2);
    if (b->n > INT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(b->dem)),
                       GT_ARGS(GT_INT("cells", b->n), GT_INT("max", INT32_MAX)));
    }
    for (int e = 1; e <= 8; e++) {
        b->move[e] = dy[e] * (ptrdiff_t)b->width + dx[e];
        b->length[e] = hypot(dx[e] * s->cell_x, dy[e] * s->cell_y);
    }
    gt_status st =
        grid_hold_zeroed(ctx, b->n * sizeof *b->z + b->n / 8 + 1, b->o.scratch_dir, &b->held);
    if (st != GT_OK) {
        return st;
    }
    b->z = b->held.at;
    b->seen = (uint8_t *)(b->z + b->n);
    for (size_t i = 0; i < b->width; i++) {
        b->z[i] = b->z[b->n - b->width + i] = (float)NAN;
    }
    return more_slots(ctx, b, FIRST_SLOTS);
}

static gt_status write_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const breach *b = user;
    const gt_window w = band_of(b, task);
    return gt_grid_write(ctx, b->dem, &w, GT_CELL_F32, b->z + first_of(b, w.row), b->width);
}

/* Writes the heights, filled where that is wanted. */
static gt_status put(gt_ctx *ctx, breach *b, size_t bands, gt_grid *out)
{
    gt_grid *opened = NULL;
    gt_grid_spec spec;
    gt_flow_options o;
    gt_flow_facts facts = {0};
    if (!b->o.fill) {
        b->dem = out;
        return gt_parallel_for(ctx, bands, write_band, b);
    }
    gt_grid_spec_like(out, GT_CELL_F32, &spec);
    spec.items = NULL;
    spec.n_items = 0;
    spec.overviews = 0;
    spec.packing = GT_GRID_PLAIN;
    gt_status st = gt_grid_create_scratch(ctx, b->o.scratch_dir, &spec, &opened);
    b->dem = opened;
    st = st == GT_OK ? gt_parallel_for(ctx, bands, write_band, b) : st;
    grid_hold_free(ctx, &b->held); /* filling holds the grid once more */
    gt_flow_options_init(&o);
    o.scratch_dir = b->o.scratch_dir;
    st = st == GT_OK ? gt_grid_flow(ctx, opened, &o, out, NULL, NULL, &facts) : st;
    gt_grid_close(ctx, opened);
    b->facts.n_raised = facts.n_raised;
    return st;
}

static void release(gt_ctx *ctx, breach *b, size_t bands)
{
    for (size_t t = 0; b->of != NULL && t < bands; t++) {
        gt_free(ctx, b->of[t].list);
    }
    gt_free(ctx, b->of);
    gt_free(ctx, b->pits.list);
    gt_free(ctx, b->flat.list);
    gt_free(ctx, b->nodes);
    gt_free(ctx, b->heap);
    gt_free(ctx, b->slot);
    grid_hold_free(ctx, &b->held);
}

gt_status gt_grid_breach(gt_ctx *ctx, gt_grid *dem, const gt_breach_options *options, gt_grid *out,
                         gt_breach_facts *facts)
{
    breach b = {.dem = dem};
    gt_breach_options_init(&b.o);
    if (options != NULL) {
        memcpy(&b.o, options, options->size < sizeof b.o ? options->size : sizeof b.o);
    }
    if (!(b.o.max_length >= 0) || !(b.o.max_depth >= 0)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "length or depth of a breach")));
    }
    gt_status st = gt_grid_check_aligned(ctx, dem, out, true, NULL, NULL);
    st = st == GT_OK ? prepare(ctx, &b) : st;
    size_t bands = (size_t)(b.rows + BAND - 1) / BAND;
    if (st == GT_OK) {
        b.of = gt_zalloc(ctx, bands, sizeof *b.of);
        st = b.of == NULL ? GT_E_MEMORY : gt_parallel_for(ctx, bands, read_band, &b);
    }
    st = st == GT_OK ? gt_parallel_for(ctx, bands, pit_band, &b) : st;
    st = st == GT_OK ? sort_pits(ctx, &b, bands) : st;
    for (size_t i = 0; st == GT_OK && i < b.n; i++) {
        b.facts.n_cells += isnan(b.z[i]) ? 0 : 1;
    }
    for (size_t i = 0; st == GT_OK && i < b.pits.n; i++) {
        st = open_pit(ctx, &b, b.pits.list[i]);
        st = st == GT_OK && i % 256 == 0 ? gt_check_cancel(ctx) : st;
    }
    st = st == GT_OK ? put(ctx, &b, bands, out) : st;
    if (st == GT_OK && facts != NULL) {
        *facts = b.facts;
    }
    release(ctx, &b, bands);
    return st;
}
