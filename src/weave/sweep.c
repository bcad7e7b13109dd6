/* Polygons of cells that come row by row. Every tuple that is not whole yet keeps the edges found
 * so far in pieces of a common store; when the last row it can reach is done, they are traced. */
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "weave/messages.h"
#include "weave/ring.h"
#include "weave/rows.h"
#include "weave/simplify.h"
#include "weave/window.h"

enum { PIECE = 8, SLAB = 1024, BLOCK = 2048, PER_TASK = 32, FIRST_HEADS = 1024 };

/* Some edges of a group; mm from the grid's corner. */
typedef struct piece {
    wv_arrow a[PIECE];
    uint32_t n, next;
} piece;

/* A tuple that has been met. */
typedef struct group {
    wv_wide area, plane; /* 2^-11 mm2 */
    uint64_t n_arrows;
    uint32_t pieces; /* first of its list */
    uint32_t chain;  /* next of the same hash; of the free list */
    uint32_t mate;   /* next that ends in the same row */
    bool done;       /* handed out: nothing may come any more */
} group;

struct gt_weave_sweep {
    gt_ctx *ctx;
    gt_weave_sweep_options o;
    wv_window win;
    gt_status status; /* of putting edges */
    WV_LIST(group, groups);
    WV_LIST(uint32_t, codes);        /* n_layers a group */
    uint32_t free_group, late_group; /* free now; free once the next row is done */
    uint32_t *heads;                 /* of hash chains */
    size_t n_heads, n_live;
    uint32_t *ends, rest; /* by row: first group that ends there; those of unknown end */
    piece **slabs;
    size_t n_slabs, cap_slabs;
    uint32_t free_piece;
    size_t *first[2];             /* by row and column: its first entry in of */
    WV_LIST(uint32_t, of_before); /* group of each entry of row 0 */
    WV_LIST(uint32_t, of_here);
    WV_LIST(wv_seg, segs); /* with a tolerance: all edges */
    /* handing out */
    WV_LIST(uint32_t, list);
    WV_LIST(wv_arrow, arrows); /* of a block of groups */
    size_t *start;             /* BLOCK + 1 */
    size_t block;              /* first of the list */
    wv_tracer *tracers;
    gt_geom *geoms; /* BLOCK */
    uint32_t scratch[GT_WEAVE_LAYERS_MAX];
};

#define SWEEP_RESERVE(s, name, need)                                                               \
    gt_grow((s)->ctx, (void **)&(s)->name, &(s)->cap_##name, (need), sizeof *(s)->name)

void gt_weave_sweep_options_init(gt_weave_sweep_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* ---- pieces -------------------------------------------------------------------------------- */

static piece *piece_at(const gt_weave_sweep *s, uint32_t i)
{
    return &s->slabs[i / SLAB][i % SLAB];
}

static gt_status more_pieces(gt_weave_sweep *s)
{
    if (s->n_slabs >= WV_END / SLAB) {
        return GT_E_MEMORY;
    }
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    gt_status st = SWEEP_RESERVE(s, slabs, s->n_slabs + 1);
    piece *slab = st == GT_OK ? gt_alloc(s->ctx, SLAB, sizeof *slab) : NULL;
    if (slab == NULL) {
        return GT_E_MEMORY;
    }
    uint32_t first = (uint32_t)(s->n_slabs * SLAB);
    s->slabs[s->n_slabs++] = slab;
    for (uint32_t i = 0; i < SLAB; i++) {
        slab[i].next = i + 1 < SLAB ? first + i + 1 : s->free_piece;
    }
    s->free_piece = first;
    return GT_OK;
}

static void put_arrow(gt_weave_sweep *s, uint32_t at, wv_arrow a)
{
    if (at == WV_END || s->status != GT_OK) {
        return;
    }
    group *g = &s->groups[at];
    piece *p = g->pieces == WV_END ? NULL : piece_at(s, g->pieces);
    if (g->done) {
        s->status = gt_fail(s->ctx, GT_E_INTERNAL, &GT_MSG_WEAVE_OPEN, GT_NOWHERE, GT_NO_ARGS);
        return;
    }
    if (p == NULL || p->n == PIECE) {
        if (s->free_piece == WV_END) {
            s->status = more_pieces(s);
            if (s->status != GT_OK) {
                return;
            }
        }
        uint32_t fresh = s->free_piece;
        p = piece_at(s, fresh);
        s->free_piece = p->next;
        p->n = 0;
        p->next = g->pieces;
        g->pieces = fresh;
    }
    p->a[p->n++] = a;
    g->n_arrows++;
}

/* One piece of boundary between two groups. */
static void put_edge(gt_weave_sweep *s, wv_arrow a, uint32_t left, uint32_t right)
{
    if (left == right) {
        return;
    }
    if (s->o.tolerance > 0) {
        if (s->status == GT_OK) {
            s->status = SWEEP_RESERVE(s, segs, s->n_segs + 1);
        }
        if (s->status == GT_OK) {
            s->segs[s->n_segs++] = (wv_seg){a.x0, a.y0, a.x1, a.y1, left, right};
        }
        return;
    }
    put_arrow(s, left, a);
    put_arrow(s, right, (wv_arrow){a.x1, a.y1, a.x0, a.y0});
}

/* ---- groups -------------------------------------------------------------------------------- */

static size_t hash_codes(const uint32_t *codes, uint32_t n, size_t n_heads)
{
    uint64_t h = 0x243F6A8885A308D3ULL;
    for (uint32_t i = 0; i < n; i++) {
        h = (h ^ codes[i]) * 0x9E3779B97F4A7C15ULL;
        h ^= h >> 32;
    }
    return (size_t)h & (n_heads - 1);
}

static uint32_t *codes_at(const gt_weave_sweep *s, uint32_t at)
{
    return s->codes + (size_t)at * s->o.n_layers;
}

static gt_status grow_heads(gt_weave_sweep *s)
{
    size_t n = s->n_heads == 0 ? FIRST_HEADS : 2 * s->n_heads;
    uint32_t *heads = gt_alloc(s->ctx, n, sizeof *heads);
    if (heads == NULL) {
        return GT_E_MEMORY;
    }
    memset(heads, 0xFF, n * sizeof *heads);
    for (size_t i = 0; i < s->n_heads; i++) {
        for (uint32_t at = s->heads[i], next = 0; at != WV_END; at = next) {
            size_t h = hash_codes(codes_at(s, at), s->o.n_layers, n);
            next = s->groups[at].chain;
            s->groups[at].chain = heads[h];
            heads[h] = at;
        }
    }
    gt_free(s->ctx, s->heads);
    s->heads = heads;
    s->n_heads = n;
    return GT_OK;
}

/* Where the group is listed until its last row is done. */
static uint32_t *end_of(gt_weave_sweep *s, const uint32_t *codes)
{
    int64_t row = s->o.last == NULL || s->o.tolerance > 0 ? INT64_MAX : s->o.last(s->o.user, codes);
    int64_t here = wv_window_row(&s->win);
    row = row < here ? here : row;
    return row > s->win.last ? &s->rest : &s->ends[row - s->win.first];
}

static gt_status add_group(gt_weave_sweep *s, size_t hash, uint32_t *out)
{
    uint32_t at = s->free_group;
    gt_status st = GT_OK;
    if (at != WV_END) {
        s->free_group = s->groups[at].chain;
    } else {
        at = (uint32_t)s->n_groups;
        st = s->n_groups + 1 >= WV_END ? GT_E_MEMORY : SWEEP_RESERVE(s, groups, s->n_groups + 1);
        if (st == GT_OK) {
            st = SWEEP_RESERVE(s, codes, (s->n_groups + 1) * s->o.n_layers);
        }
        if (st != GT_OK) {
            return st;
        }
        s->n_groups++;
    }
    uint32_t *end = end_of(s, s->scratch);
    memcpy(codes_at(s, at), s->scratch, s->o.n_layers * sizeof *s->scratch);
    s->groups[at] = (group){.pieces = WV_END, .chain = s->heads[hash], .mate = *end};
    s->heads[hash] = *end = *out = at;
    s->n_live++;
    return GT_OK;
}

/* The group of the codes in scratch; WV_END when it is not wanted. */
static gt_status find_group(gt_weave_sweep *s, uint32_t *out)
{
    size_t bytes = s->o.n_layers * sizeof *s->scratch;
    gt_status st = s->n_live >= s->n_heads ? grow_heads(s) : GT_OK;
    if (st != GT_OK) {
        return st;
    }
    size_t hash = hash_codes(s->scratch, s->o.n_layers, s->n_heads);
    for (*out = s->heads[hash]; *out != WV_END; *out = s->groups[*out].chain) {
        if (memcmp(codes_at(s, *out), s->scratch, bytes) == 0) {
            return GT_OK;
        }
    }
    bool wanted = s->o.want == NULL || s->o.want(s->o.user, s->scratch);
    return wanted ? add_group(s, hash, out) : GT_OK;
}

/* Codes of a label into scratch; false when there is none. */
static bool codes_of(gt_weave_sweep *s, const uint64_t *keys, uint32_t n)
{
    bool any = false;
    memset(s->scratch, 0xFF, s->o.n_layers * sizeof *s->scratch);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t layer = (uint32_t)(keys[i] >> 32), code = (uint32_t)keys[i];
        code = s->o.code != NULL ? s->o.code(s->o.user, layer, code) : code;
        if (code != GT_WEAVE_NONE) {
            uint32_t *to = &s->scratch[layer];
            *to = *to == GT_WEAVE_NONE || *to == code ? code : GT_WEAVE_SEVERAL;
            any = true;
        }
    }
    return any;
}

/* Groups of the entries of a cell at hand, which get its areas. */
static gt_status group_entries(gt_weave_sweep *s, size_t column, const wv_cell *c)
{
    gt_status st = SWEEP_RESERVE(s, of_here, s->n_of_here + c->n_entries + 1);
    s->first[1][column] = s->n_of_here;
    for (uint32_t i = 0; st == GT_OK && i < c->n_entries; i++) {
        const wv_entry *e = &wv_entries(c)[i];
        uint32_t at = WV_END;
        if (codes_of(s, wv_keys(c) + e->keys, e->n_keys)) {
            st = find_group(s, &at);
        }
        if (st == GT_OK && at != WV_END) {
            s->groups[at].area += e->area;
            s->groups[at].plane += e->plane;
        }
        s->of_here[s->n_of_here++] = at;
    }
    return st;
}

/* ---- edges --------------------------------------------------------------------------------- */

static void put_lines(gt_weave_sweep *s, size_t column, const wv_cell *c)
{
    uint64_t side = (uint64_t)s->win.w.grid.side;
    uint32_t ox = (uint32_t)(column * side);
    uint32_t oy = (uint32_t)((uint64_t)(wv_window_row(&s->win) - s->win.first) * side);
    const uint32_t *of = s->of_here + s->first[1][column];
    for (uint32_t i = 0; i < c->n_lines; i++) {
        const wv_line *l = &wv_lines(c)[i];
        put_edge(s,
                 (wv_arrow){ox + (uint32_t)l->x0, oy + (uint32_t)l->y0, ox + (uint32_t)l->x1,
                            oy + (uint32_t)l->y1},
                 of[l->left], of[l->right]);
    }
}

static uint32_t group_at(const gt_weave_sweep *s, size_t cell, uint32_t face)
{
    if (cell == WV_NO_CELL || face == WV_END) {
        return WV_END;
    }
    size_t n = s->win.w.grid.n_cols;
    uint32_t entry = wv_faces(s->win.w.cells[cell])[face].entry;
    return cell < n ? s->of_before[s->first[0][cell] + entry]
                    : s->of_here[s->first[1][cell - n] + entry];
}

/* Where the groups differ across a side between cells, the side itself is their boundary. */
static gt_status put_seam(void *user, const wv_seam *m)
{
    gt_weave_sweep *s = user;
    uint32_t a = group_at(s, m->a, m->face_a), b = group_at(s, m->b, m->face_b);
    if (a == b) {
        return GT_OK;
    }
    size_t n = s->win.w.grid.n_cols, cell = m->a != WV_NO_CELL ? m->a : m->b;
    uint64_t side = (uint64_t)s->win.w.grid.side, step = m->a != WV_NO_CELL ? side : 0;
    uint64_t row = (uint64_t)(wv_window_row(&s->win) - s->win.first) - (cell < n ? 1 : 0);
    uint64_t x = (cell % n) * side, y = row * side, lo = (uint64_t)m->lo, hi = (uint64_t)m->hi;
    wv_arrow up = m->vertical ? (wv_arrow){(uint32_t)(x + step), (uint32_t)(y + lo),
                                           (uint32_t)(x + step), (uint32_t)(y + hi)}
                              : (wv_arrow){(uint32_t)(x + hi), (uint32_t)(y + step),
                                           (uint32_t)(x + lo), (uint32_t)(y + step)};
    put_edge(s, up, a, b);
    return s->status;
}

/* ---- handing out --------------------------------------------------------------------------- */

static int list_order(const void *a, const void *b, void *user)
{
    const gt_weave_sweep *s = user;
    const uint32_t *p = codes_at(s, *(const uint32_t *)a), *q = codes_at(s, *(const uint32_t *)b);
    if (s->o.order != NULL) {
        return s->o.order(s->o.user, p, q);
    }
    for (uint32_t i = 0; i < s->o.n_layers; i++) {
        if (p[i] != q[i]) {
            return p[i] < q[i] ? -1 : 1;
        }
    }
    return 0;
}

static gt_status trace_task(gt_ctx *ctx, void *user, size_t task, int worker)
{
    gt_weave_sweep *s = user;
    gt_status st = GT_OK;
    size_t n = s->n_list - s->block < BLOCK ? s->n_list - s->block : BLOCK;
    s->tracers[worker].ctx = ctx;
    for (size_t i = task * PER_TASK; st == GT_OK && i < (task + 1) * PER_TASK && i < n; i++) {
        st = gt_wv_trace(&s->tracers[worker], s->arrows + s->start[i],
                         s->start[i + 1] - s->start[i], &s->geoms[i]);
    }
    return st;
}

/* Moves a group's edges behind those of the block and gives its pieces up. */
static gt_status take_edges(gt_weave_sweep *s, group *g)
{
    gt_status st = SWEEP_RESERVE(s, arrows, s->n_arrows + g->n_arrows + 1);
    while (st == GT_OK && g->pieces != WV_END) {
        uint32_t at = g->pieces;
        piece *p = piece_at(s, at);
        memcpy(s->arrows + s->n_arrows, p->a, p->n * sizeof *p->a);
        s->n_arrows += p->n;
        g->pieces = p->next;
        p->next = s->free_piece;
        s->free_piece = at;
    }
    return st;
}

/* Takes the group out of the table; its place is free once the next row is done. */
static void drop_group(gt_weave_sweep *s, uint32_t at)
{
    size_t hash = hash_codes(codes_at(s, at), s->o.n_layers, s->n_heads);
    uint32_t *from = &s->heads[hash];
    while (*from != at) {
        from = &s->groups[*from].chain;
    }
    *from = s->groups[at].chain;
    s->groups[at].done = true;
    s->groups[at].chain = s->late_group;
    s->late_group = at;
    s->n_live--;
}

static gt_status hand_out_block(gt_weave_sweep *s)
{
    size_t n = s->n_list - s->block < BLOCK ? s->n_list - s->block : BLOCK;
    gt_status st = GT_OK;
    s->n_arrows = 0;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        s->start[i] = s->n_arrows;
        st = take_edges(s, &s->groups[s->list[s->block + i]]);
    }
    s->start[n] = s->n_arrows;
    if (st == GT_OK) {
        st = gt_parallel_for(s->ctx, (n + PER_TASK - 1) / PER_TASK, trace_task, s);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        uint32_t at = s->list[s->block + i];
        const group *g = &s->groups[at];
        st = s->o.fn(s->ctx, s->o.user, codes_at(s, at), (double)g->area * GT_WEAVE_UNIT,
                     (double)g->plane * GT_WEAVE_UNIT, &s->geoms[i]);
        drop_group(s, at);
    }
    return st;
}

static gt_status hand_out(gt_weave_sweep *s, uint32_t *end)
{
    gt_status st = GT_OK;
    s->n_list = 0;
    for (uint32_t at = *end; st == GT_OK && at != WV_END; at = s->groups[at].mate) {
        st = SWEEP_RESERVE(s, list, s->n_list + 1);
        if (st == GT_OK) {
            s->list[s->n_list++] = at;
        }
    }
    *end = WV_END;
    if (st == GT_OK && s->n_list > 1) {
        qsort_r(s->list, s->n_list, sizeof *s->list, list_order, s);
    }
    for (s->block = 0; st == GT_OK && s->block < s->n_list; s->block += BLOCK) {
        st = hand_out_block(s);
    }
    return st;
}

/* Those handed out in the row before can be used again: no side names them any more. */
static void free_late(gt_weave_sweep *s)
{
    while (s->late_group != WV_END) {
        uint32_t at = s->late_group;
        s->late_group = s->groups[at].chain;
        s->groups[at].chain = s->free_group;
        s->free_group = at;
    }
}

static gt_status close_row(gt_ctx *ctx, void *user, bool top)
{
    gt_weave_sweep *s = user;
    size_t n = s->win.w.grid.n_cols;
    gt_status st = GT_OK;
    s->ctx = ctx;
    s->n_of_here = 0;
    for (size_t c = 0; st == GT_OK && c < n; c++) {
        if (s->win.w.cells[n + c] != NULL) {
            st = group_entries(s, c, s->win.w.cells[n + c]);
        }
    }
    for (size_t c = 0; st == GT_OK && c < n; c++) {
        if (s->win.w.cells[n + c] != NULL) {
            put_lines(s, c, s->win.w.cells[n + c]);
            st = s->status;
        }
    }
    st = st == GT_OK ? gt_wv_window_seams(&s->win, top, put_seam, s) : st;
    free_late(s);
    if (st == GT_OK) {
        st = hand_out(s, &s->ends[wv_window_row(&s->win) - s->win.first]);
    }
    uint32_t *of = s->of_here;
    s->of_here = s->of_before;
    s->of_before = of;
    size_t cap = s->cap_of_here;
    s->cap_of_here = s->cap_of_before;
    s->cap_of_before = cap;
    size_t *first = s->first[1];
    s->first[1] = s->first[0];
    s->first[0] = first;
    return st;
}

/* ---- life ---------------------------------------------------------------------------------- */

static gt_status check_options(gt_ctx *ctx, const gt_weave_sweep_options *o)
{
    if (!(o->tolerance >= 0 && o->tolerance <= 1e6)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OPTION, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "tolerance"), GT_REAL("value", o->tolerance)));
    }
    if ((double)o->of.n_columns * o->of.cell * 1000 > UINT32_MAX ||
        (double)o->of.n_rows * o->of.cell * 1000 > UINT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_WEAVE_TOO_WIDE, GT_NOWHERE, GT_NO_ARGS);
    }
    return GT_OK;
}

static gt_status open_arrays(gt_ctx *ctx, gt_weave_sweep *s)
{
    uint32_t n_rows = s->o.of.n_rows;
    s->ends = gt_alloc(ctx, n_rows, sizeof *s->ends);
    s->start = gt_zalloc(ctx, BLOCK + 1, sizeof *s->start);
    s->geoms = gt_zalloc(ctx, BLOCK, sizeof *s->geoms);
    s->tracers = gt_zalloc(ctx, (size_t)gt_ctx_threads(ctx), sizeof *s->tracers);
    bool good = s->ends != NULL && s->start != NULL && s->geoms != NULL && s->tracers != NULL;
    for (int k = 0; good && k < 2; k++) {
        s->first[k] = gt_zalloc(ctx, s->o.of.n_columns, sizeof *s->first[k]);
        good = s->first[k] != NULL;
    }
    if (!good) {
        return GT_E_MEMORY;
    }
    memset(s->ends, 0xFF, n_rows * sizeof *s->ends);
    for (int i = 0; i < gt_ctx_threads(ctx); i++) {
        s->tracers[i].ox = (double)(s->win.w.grid.col0 * s->win.w.grid.side);
        s->tracers[i].oy = (double)(s->win.first * s->win.w.grid.side);
    }
    return GT_OK;
}

gt_status gt_weave_sweep_new(gt_ctx *ctx, const gt_weave_sweep_options *options,
                             gt_weave_sweep **out)
{
    gt_weave_sweep *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    s->ctx = ctx;
    gt_weave_sweep_options_init(&s->o);
    memcpy(&s->o, options, options->size < sizeof s->o ? options->size : sizeof s->o);
    s->free_group = s->late_group = s->free_piece = s->rest = WV_END;
    gt_status st = gt_wv_window_open(ctx, &s->win, s->o.n_layers, &s->o.of);
    st = st == GT_OK ? check_options(ctx, &s->o) : st;
    st = st == GT_OK ? open_arrays(ctx, s) : st;
    if (st == GT_OK) {
        *out = s;
    } else {
        gt_weave_sweep_free(ctx, s);
    }
    return st;
}

void gt_weave_sweep_free(gt_ctx *ctx, gt_weave_sweep *s)
{
    if (s == NULL) {
        return;
    }
    for (int i = 0; s->tracers != NULL && i < gt_ctx_threads(ctx); i++) {
        gt_wv_tracer_free(ctx, &s->tracers[i]);
    }
    for (size_t i = 0; s->geoms != NULL && i < BLOCK; i++) {
        gt_free(ctx, s->geoms[i].xy);
        gt_free(ctx, s->geoms[i].ring_end);
        gt_free(ctx, s->geoms[i].part_end);
    }
    for (size_t i = 0; i < s->n_slabs; i++) {
        gt_free(ctx, s->slabs[i]);
    }
    void *const all[] = {s->groups,   s->codes,    s->heads,     s->ends,    s->slabs,
                         s->first[0], s->first[1], s->of_before, s->of_here, s->segs,
                         s->list,     s->arrows,   s->start,     s->tracers, s->geoms};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gt_free(ctx, all[i]);
    }
    gt_wv_window_free(ctx, &s->win);
    gt_free(ctx, s);
}

gt_status gt_weave_sweep_cell(gt_ctx *ctx, gt_weave_sweep *s, const gt_weave_cell *cell)
{
    return gt_wv_window_put(ctx, &s->win, cell, close_row, s);
}

gt_status gt_weave_sweep_row(gt_ctx *ctx, gt_weave_sweep *s, int64_t row)
{
    return gt_wv_window_upto(ctx, &s->win, row, close_row, s);
}

gt_status gt_weave_sweep_end(gt_ctx *ctx, gt_weave_sweep *s)
{
    gt_status st = gt_wv_window_upto(ctx, &s->win, s->win.last, close_row, s);
    s->ctx = ctx;
    if (st == GT_OK && s->n_segs > 0) {
        st = gt_wv_simplify(ctx, s->segs, &s->n_segs, s->o.tolerance * 1000);
        s->o.tolerance = 0;
    }
    for (size_t i = 0; st == GT_OK && i < s->n_segs; i++) {
        const wv_seg *e = &s->segs[i];
        put_edge(s, (wv_arrow){e->x0, e->y0, e->x1, e->y1}, e->left, e->right);
        st = s->status;
    }
    gt_free(ctx, s->segs);
    s->segs = NULL;
    s->n_segs = s->cap_segs = 0;
    return st == GT_OK ? hand_out(s, &s->rest) : st;
}
